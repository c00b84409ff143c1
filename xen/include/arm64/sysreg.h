/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System registers: accessors under the architecture's own names, and the fields we use. EL2
 * controls that decide what a guest may do are composed in arm64/el2_controls.h, each bit with
 * its reason.
 */
#ifndef ARM64_SYSREG_H
#define ARM64_SYSREG_H

#include <xen/types.h>

#define read_sysreg(reg)	read_sysreg_(reg)	/* expands the names below */
#define read_sysreg_(reg) ({						\
	uint64_t v_;							\
	__asm__ volatile("mrs %0, " #reg : "=r"(v_));			\
	v_;								\
})
#define write_sysreg(reg, val)	write_sysreg_(reg, val)
#define write_sysreg_(reg, val)						\
	__asm__ volatile("msr " #reg ", %x0" :: "rZ"((uint64_t)(val)))

static inline void isb(void) { __asm__ volatile("isb" ::: "memory"); }
#define dsb(opt)	__asm__ volatile("dsb " #opt ::: "memory")
/* After all stores, ended when it returns, for those whom reach names: nsh, ish. */
#define flush_tlb(op, reach) \
	__asm__ volatile("dsb " #reach "st\n\t" op "\n\tdsb " #reach "\n\tisb" ::: "memory")

/* ESR_EL2 */
#define ESR_IL			BIT(25)
enum {
	/* AArch32: MCR and MRC, MCRR and MRRC, LDC and STC; CP10: VMRS of an ID register */
	EC_UNKNOWN, EC_WFX, EC_CP15 = 0x03, EC_CP15_WIDE, EC_CP14, EC_CP14_MEM, EC_FP, EC_CP10,
	EC_CP14_WIDE = 0x0c, EC_HVC32 = 0x12, EC_SMC32, EC_HVC64 = 0x16, EC_SMC64, EC_SYS64, EC_SVE,
	EC_IABT_LOWER = 0x20, EC_DABT_LOWER = 0x24,
};
#define ISS_DABT_ISV		BIT(24)
#define ISS_DABT_SAS(iss)	((iss) >> 22 & 3)
#define ISS_DABT_SSE		BIT(21)
#define ISS_DABT_SRT(iss)	((iss) >> 16 & 0x1f)
#define ISS_DABT_SF		BIT(15)
#define ISS_DABT_CM		BIT(8)
#define ISS_DABT_S1PTW		BIT(7)
#define ISS_DABT_WNR		BIT(6)
#define FSC_TRANSLATION		0x04	/* + level */
#define FSC_PERMISSION		0x0c	/* + level */
#define FSC_TYPE(iss)		((iss) & 0x3c)

/* CNTx_CTL */
#define TIMER_ENABLE		BIT(0)

#endif
