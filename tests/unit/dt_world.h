/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device trees for the boot code's tests, on the fake machine. */
#ifndef TESTS_DT_WORLD_H
#define TESTS_DT_WORLD_H

#include "dt_source.h"
#include "fake/fake.h"
#include <xen/boot.h>

static inline int dt_up(void **state)
{
	(void)state;
	fake_start();
	return 0;
}

#define dt_test(f)	cmocka_unit_test_setup(f, dt_up)

#endif
