/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System registers to and from memory two at a time, for members side by side of what c points to;
 * and with that what every switch moves of a GICv3.
 */
#pragma once

#include <arch/gic.h>
#include "machine.h"

#define SAVE_PAIR(reg, member, reg2, member2)							\
	do {											\
		uint64_t a_ = read_sysreg(reg), b_ = read_sysreg(reg2);				\
												\
		c->member = a_;									\
		c->member2 = b_;								\
	} while (0);
/* One load for both: the compiler makes two of it. */
#define LOAD_PAIR_(reg, member, reg2, member2)							\
	do {											\
		uint64_t a_, b_;								\
												\
		_Static_assert(offsetof(__typeof__(*c), member) + 8 ==				\
			       offsetof(__typeof__(*c), member2), "a pair");			\
		__asm__ volatile("ldp %0, %1, [%2, %3]\n\t"					\
				 "msr " #reg ", %0\n\tmsr " #reg2 ", %1"			\
				 : "=&r"(a_), "=&r"(b_)						\
				 : "r"(c), "i"(offsetof(__typeof__(*c), member)), "m"(*c));	\
	} while (0);
#define LOAD_PAIR(reg, member, reg2, member2)	LOAD_PAIR_(reg, member, reg2, member2)

/* Of the virtual interface, at place g of that (a member with its dot, or nothing). */
#define GIC_SAVE_FEW(g)										\
	SAVE_PAIR(ICH_VMCR_EL2, g vmcr, ICH_AP1R0_EL2, g ap1r[0])				\
	c->g ap0r[0] = read_sysreg(ICH_AP0R0_EL2);						\
	write_sysreg(ICH_HCR_EL2, 0);
#define GIC_LOAD_FEW(g)										\
	LOAD_PAIR(ICH_VMCR_EL2, g vmcr, ICH_AP1R0_EL2, g ap1r[0])				\
	LOAD_PAIR(ICH_HCR_EL2, g hcr, ICH_AP0R0_EL2, g ap0r[0])
