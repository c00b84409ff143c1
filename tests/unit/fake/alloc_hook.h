/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mm/ asks before each allocation in host tests: shall this one fail? */
#ifndef FAKE_ALLOC_HOOK_H
#define FAKE_ALLOC_HOOK_H

#include <stdbool.h>

bool fake_alloc_should_fail(void);

#endif
