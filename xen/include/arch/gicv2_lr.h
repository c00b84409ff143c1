/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A GICv2's list register (GICH_LR<n>, 32 bits) from and to the GICv3's (ICH_LR<n>_EL2), which
 * vgic/ works with. Both have the VirtualID lowest. With HW = 0 an SGI's source CPU is in bits
 * 12:10 of both, and the EOI bit is bit 9 of the field that else is the PhysicalID.
 */
#pragma once

#include <arch/gic.h>

#define GICH_LR_SOURCE_MASK	0x1c00u		/* HW = 0 */
#define GICH_LR_PID_SHIFT	10
#define GICH_LR_PID_MASK	0xffc00u
#define GICH_LR_PRIORITY_SHIFT	23		/* 5 bits: the upper ones */
#define GICH_LR_HW		(1u << 31)

/* Active, pending, HW, group 1 from bit 63 down; here HW, group 1, active, pending from bit 31. */
static inline uint32_t gicv2_lr_top(uint32_t top)
{
	return top << 30 | (top >> 2 & 3) << 28;
}

static inline uint32_t gicv2_lr_from_v3(uint64_t lr)
{
	return gicv2_lr_top((uint32_t)(lr >> 60)) |
	       (uint32_t)(lr >> (LR_PRIORITY_SHIFT + 3) & 0x1f) << GICH_LR_PRIORITY_SHIFT |
	       ((uint32_t)(lr >> LR_PINTID_SHIFT) << GICH_LR_PID_SHIFT & GICH_LR_PID_MASK) |
	       ((uint32_t)lr & (LR_VINTID_MASK | GICH_LR_SOURCE_MASK));
}

static inline uint64_t gicv2_lr_to_v3(uint32_t val)
{
	uint32_t low = LR_VINTID_MASK | (val & GICH_LR_HW ? 0 : GICH_LR_SOURCE_MASK);
	uint32_t pid = (val & GICH_LR_PID_MASK & ~low) >> GICH_LR_PID_SHIFT;

	return (uint64_t)gicv2_lr_top(val >> 28) << 32 |
	       (uint64_t)(val >> GICH_LR_PRIORITY_SHIFT & 0x1f) << (LR_PRIORITY_SHIFT + 3) |
	       (uint64_t)pid << LR_PINTID_SHIFT | (val & low);
}
