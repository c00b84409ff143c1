/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that build dom0. */
#ifndef BOOT_DOM0_PRIVATE_H
#define BOOT_DOM0_PRIVATE_H

#include <xen/boot.h>

int dom0_choose_banks(struct dom0_plan *p, uint64_t bytes) __must_check;
/* Lowest PPI that the host uses for nothing we know of: dom0's event channel upcall. */
uint32_t dom0_free_ppi(const struct host_info *h);

#endif
