/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the fake machine. */
#ifndef FAKE_PRIVATE_H
#define FAKE_PRIVATE_H

#include <xen/types.h>
#include "alloc_hook.h"

/* the test itself, or the fake machine's rules, are broken */
void fake_die(const char *why) __noreturn;
void fake_ram_init(void);
void fake_tlb_clear(void);
void fake_gic_reset(void);
void fake_debug_reset(void);
void fake_guest_reset(void);

#endif
