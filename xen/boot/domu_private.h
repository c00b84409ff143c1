/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that build static domains. */
#ifndef BOOT_DOMU_PRIVATE_H
#define BOOT_DOMU_PRIVATE_H

#include <xen/boot.h>

/* The tree of a domain whose memory is p's banks, into buf. Size in bytes or negative errno. */
int domu_tree_make(const struct static_domain *s, const struct dom0_plan *p, void *buf,
		   size_t size) __must_check;

#endif
