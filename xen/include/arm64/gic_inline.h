/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first list registers of a GICv3 without a call: the machine's side of arch/gic.h. */
#ifndef ARM64_GIC_INLINE_H
#define ARM64_GIC_INLINE_H

#include <arm64/sysreg.h>

static inline uint64_t gic_lr_read_low(unsigned int n)
{
	if (likely(n == 0))
		return read_sysreg(S3_4_C12_C12_0);
	switch (n) {
	case 1: return read_sysreg(S3_4_C12_C12_1);
	case 2: return read_sysreg(S3_4_C12_C12_2);
	default: return read_sysreg(S3_4_C12_C12_3);
	}
}

static inline void gic_lr_write_low(unsigned int n, uint64_t v)
{
	if (likely(n == 0)) {
		write_sysreg(S3_4_C12_C12_0, v);
		return;
	}
	switch (n) {
	case 1: write_sysreg(S3_4_C12_C12_1, v); break;
	case 2: write_sysreg(S3_4_C12_C12_2, v); break;
	default: write_sysreg(S3_4_C12_C12_3, v); break;
	}
}

#endif
