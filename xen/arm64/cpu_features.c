/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the CPUs can do, and what guests are told. A guest reads ID registers through HCR_EL2.TID3
 * from the table made here once: the host's value, less every feature whose state we do not
 * switch. One row a register (op0 = 3, op1 = 0, CRn = 0, CRm, op2): the bits kept, and bits set.
 * What has no row reads as zero.
 */
#include <arm64/sysreg.h>
#include <xen/lib.h>
#include <xen/p2m.h>
#include "machine.h"

uint64_t guest_id_regs[8][8] __ro_after_init;
extern bool cpu_has_lse;

#define FIELD(lo)	(0xfUL << (lo))

/* ID_AA64PFR0_EL1: less EL2, EL3, RAS, SVE, SEL2, MPAM, AMU, RME. */
#define PFR0_KEEP \
	(FIELD(0) | FIELD(16) | FIELD(20) | FIELD(24) | FIELD(48) | FIELD(56) | FIELD(60))
#define PFR0_SET	(1UL << 4)		/* EL1 is AArch64 only */
/* ID_AA64PFR1_EL1: BT, SSBS, CSV2_frac. */
#define PFR1_KEEP	(FIELD(0) | FIELD(4) | FIELD(32))
/* ID_AA64DFR0_EL1: DebugVer, BRPs, WRPs, CTX_CMPs, DoubleLock: no PMU, SPE, trace. */
#define DFR0_KEEP	(FIELD(0) | FIELD(12) | FIELD(20) | FIELD(28) | FIELD(36))
/* ID_AA64ISAR0_EL1: all but TME. */
#define ISAR0_KEEP	(~FIELD(24))
/* ID_AA64ISAR1_EL1: less APA, API, GPA, GPI, XS, LS64. */
#define ISAR1_KEEP	(~(FIELD(4) | FIELD(8) | FIELD(24) | FIELD(28) | FIELD(56) | FIELD(60)))
/* ID_AA64ISAR2_EL1: CLRBHB. */
#define ISAR2_KEEP	FIELD(28)
/* ID_AA64MMFR0_EL1: PARange (capped below), ASIDBits, BigEnd, SNSMem, BigEndEL0, TGran*. */
#define MMFR0_KEEP \
	(FIELD(4) | FIELD(8) | FIELD(12) | FIELD(16) | FIELD(20) | FIELD(24) | FIELD(28))
/* ID_AA64MMFR1_EL1: HAFDBS, HPDS, PAN, ETS, AFP. */
#define MMFR1_KEEP	(FIELD(0) | FIELD(12) | FIELD(20) | FIELD(36) | FIELD(44))
/* ID_AA64MMFR2_EL1: CnP, UAO, LSM, IESB, VARange, CCIDX, ST, AT, IDS, TTL, BBM, E0PD. */
#define MMFR2_KEEP \
	(FIELD(0) | FIELD(4) | FIELD(8) | FIELD(12) | FIELD(16) | FIELD(20) | FIELD(28) | \
	 FIELD(32) | FIELD(36) | FIELD(48) | FIELD(52) | FIELD(60))
#define ID_DFR0_KEEP	(0xffffffffUL & ~(FIELD(24) | FIELD(12) | FIELD(16) | FIELD(20)))
#define ALL32		0xffffffffUL

#define FOR_EACH_ID(op)									\
	op(1, 0, ALL32, 0) op(1, 1, ALL32, 0) op(1, 2, ID_DFR0_KEEP, 0)			\
	op(1, 4, ALL32, 0) op(1, 5, ALL32, 0) op(1, 6, ALL32, 0) op(1, 7, ALL32, 0)	\
	op(2, 0, ALL32, 0) op(2, 1, ALL32, 0) op(2, 2, ALL32, 0) op(2, 3, ALL32, 0)	\
	op(2, 4, ALL32, 0) op(2, 5, ALL32, 0) op(2, 6, ALL32, 0) op(2, 7, ALL32, 0)	\
	op(3, 0, ALL32, 0) op(3, 1, ALL32, 0) op(3, 2, ALL32, 0) op(3, 4, ALL32, 0)	\
	op(4, 0, PFR0_KEEP, PFR0_SET) op(4, 1, PFR1_KEEP, 0)				\
	op(5, 0, DFR0_KEEP, 0)								\
	op(6, 0, ISAR0_KEEP, 0) op(6, 1, ISAR1_KEEP, 0) op(6, 2, ISAR2_KEEP, 0)		\
	op(7, 0, MMFR0_KEEP, 0) op(7, 1, MMFR1_KEEP, 0) op(7, 2, MMFR2_KEEP, 0)

#define READ_ID(crm, op2, keep, set) \
	guest_id_regs[crm][op2] = (read_sysreg(S3_0_C0_C##crm##_##op2) & (keep)) | (set);

/* PARange encodings in bits. */
static const uint8_t pa_bits[] = { 32, 36, 40, 42, 44, 48, 52 };

/* Boot CPU: read the host, set the guests' view, the stage-2 input size and the VMID size. */
__init void cpu_features_init_boot(void)
{
	uint64_t mmfr0 = read_sysreg(id_aa64mmfr0_el1);
	uint32_t parange = (uint32_t)(mmfr0 & 0xf);

	FOR_EACH_ID(READ_ID)
	parange = MIN(parange, 5u);
	guest_id_regs[7][0] |= parange;
	p2m_host_ipa_bits = pa_bits[parange];
	vmid_init((read_sysreg(id_aa64mmfr1_el1) >> 4 & 0xf) == 2 ? 16 : 8);
	cpu_has_lse = (read_sysreg(id_aa64isar0_el1) >> 20 & 0xf) >= 2;
	pr_info("CPU MIDR 0x%lx, %u-bit physical addresses, atomics %s\n", read_sysreg(midr_el1),
		p2m_host_ipa_bits, cpu_has_lse ? "LSE" : "LL/SC");
}

/* A CPU that differs from the boot CPU is told of: guests see the boot CPU's features. */
void cpu_features_check_secondary(unsigned int cpu)
{
	if ((read_sysreg(S3_0_C0_C6_0) & ISAR0_KEEP) != guest_id_regs[6][0] ||
	    ((read_sysreg(S3_0_C0_C4_0) & PFR0_KEEP) | PFR0_SET) != guest_id_regs[4][0])
		pr_warn("CPU%u has other features than CPU0: guests see CPU0's\n", cpu);
}
