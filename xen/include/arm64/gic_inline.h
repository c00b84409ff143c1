/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first list registers of a GICv3 without a call: the machine's side of arch/gic.h. */
#pragma once

#include <arm64/sysreg.h>

#define GIC_NR_LOW_LRS	2u

static inline uint64_t gic_lr_read_low(unsigned int n)
{
	return likely(n == 0) ? read_sysreg(S3_4_C12_C12_0) : read_sysreg(S3_4_C12_C12_1);
}

static inline void gic_lr_write_low(unsigned int n, uint64_t v)
{
	if (likely(n == 0))
		write_sysreg(S3_4_C12_C12_0, v);
	else
		write_sysreg(S3_4_C12_C12_1, v);
}
