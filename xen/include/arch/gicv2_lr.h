/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A GICv2's list register (GICH_LR<n>, 32 bits) from and to the GICv3's (ICH_LR<n>_EL2), which
 * vgic/ works with. An SGI's source CPU is in bits 12:10 of both.
 */
#ifndef ARCH_GICV2_LR_H
#define ARCH_GICV2_LR_H

#include <arch/gic.h>

#define GICH_LR_LOW_MASK	0x1fffu		/* VirtualID; HW = 0: CPUID */
#define GICH_LR_VID_MASK	0x3ffu
#define GICH_LR_PID_SHIFT	10
#define GICH_LR_EOI		(1u << 19)	/* HW = 0 */
#define GICH_LR_PRIORITY_SHIFT	23		/* 5 bits: the upper ones */
#define GICH_LR_STATE_SHIFT	28		/* pending, active, Grp1, HW: as bits 62, 63, 60, 61 */
#define GICH_LR_GROUP1		(1u << 30)
#define GICH_LR_HW		(1u << 31)

static inline uint32_t gicv2_lr_from_v3(uint64_t lr)
{
	uint32_t val = (uint32_t)(lr >> (LR_PRIORITY_SHIFT + 3) & 0x1f) << GICH_LR_PRIORITY_SHIFT |
		       (uint32_t)(lr >> 62) << GICH_LR_STATE_SHIFT;

	if (lr & LR_GROUP1)
		val |= GICH_LR_GROUP1;
	if (lr & LR_HW)
		return val | GICH_LR_HW | (uint32_t)(lr & GICH_LR_VID_MASK) |
		       (uint32_t)(lr >> LR_PINTID_SHIFT & 0x3ff) << GICH_LR_PID_SHIFT;
	return val | (uint32_t)(lr & GICH_LR_LOW_MASK) | (lr & LR_EOI ? GICH_LR_EOI : 0);
}

static inline uint64_t gicv2_lr_to_v3(uint32_t val)
{
	uint64_t lr = (uint64_t)(val >> GICH_LR_PRIORITY_SHIFT & 0x1f) << (LR_PRIORITY_SHIFT + 3) |
		      (uint64_t)(val >> GICH_LR_STATE_SHIFT & 3) << 62;

	if (val & GICH_LR_GROUP1)
		lr |= LR_GROUP1;
	if (val & GICH_LR_HW)
		return lr | LR_HW | (val & GICH_LR_VID_MASK) |
		       (uint64_t)(val >> GICH_LR_PID_SHIFT & 0x3ff) << LR_PINTID_SHIFT;
	return lr | (val & GICH_LR_LOW_MASK) | (val & GICH_LR_EOI ? LR_EOI : 0);
}

#endif
