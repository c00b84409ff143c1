/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What EL2 traps: one constant for each control register, a reason for each bit. Bits that are
 * RES0 on older cores are set where that is safe, so that a newer core traps what we do not
 * switch. tests read them back. Registers and bits: Arm ARM, D13.2.
 */
#pragma once

/* HCR_EL2 of every vCPU. */
#define HCR_VM		(1UL << 0)	/* stage 2 on */
#define HCR_SWIO	(1UL << 1)	/* set/way invalidate also cleans */
#define HCR_FMO		(1UL << 3)	/* FIQ to EL2, virtual FIQ to the guest */
#define HCR_IMO		(1UL << 4)	/* IRQ to EL2, virtual IRQ to the guest */
#define HCR_AMO		(1UL << 5)	/* SError to EL2: where it names the guest */
#define HCR_VSE		(1UL << 8)	/* a virtual SError is pending; not in HCR_GUEST */
#define HCR_FB		(1UL << 9)	/* local TLBI and IC reach all CPUs: vCPUs move */
#define HCR_BSU_IS	(1UL << 10)	/* guest's barriers at least inner shareable: same reason */
#define HCR_TWI		(1UL << 13)	/* WFI: run somebody else */
#define HCR_TID2	(1UL << 17)	/* cache geometry: only where the host's CPUs differ */
#define HCR_TWE		(1UL << 14)	/* WFE: the same, set while somebody waits for the CPU */
#define HCR_TID3	(1UL << 18)	/* ID registers: unless guests see the host's */
#define HCR_TSC		(1UL << 19)	/* SMC ends at EL2 */
#define HCR_TIDCP	(1UL << 20)	/* implementation-defined registers: UNDEF */
#define HCR_TACR	(1UL << 21)	/* ACTLR_EL1: reads as zero */
#define HCR_TSW		(1UL << 22)	/* set/way operations: not by address, so emulated */
#define HCR_TVM		(1UL << 26)	/* translation registers: vdev/el1_lazy.c says when */
#define HCR_RW		(1UL << 31)	/* EL1 is AArch64 */
#define HCR_TERR	(1UL << 36)	/* RAS error records: hidden */
#define HCR_TLOR	(1UL << 35)	/* LORegions: hidden */
#define HCR_APK		(1UL << 40)	/* pointer authentication keys: given, and switched */
#define HCR_API		(1UL << 41)	/* its instructions: with APK, or both trap */
#define HCR_ENSCXT	(1UL << 53)	/* SCXTNUM_EL0, _EL1: given where CSV2 promises them */
#define HCR_TID5	(1UL << 58)	/* GMID_EL1: memory tags are hidden */
#define HCR_GUEST	(HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_IS | \
			 HCR_TWI | HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_TSW | \
			 HCR_RW | HCR_TERR | HCR_TLOR | HCR_TID5)
#define HCR_OPTIONAL	(HCR_TERR | HCR_TLOR | HCR_TID5)

/* CPTR_EL2 (E2H = 0). RES1 bits, which are SVE and SME traps where those exist, stay set. */
#define CPTR_RES1	0x000033ffUL
#define CPTR_TZ		(1UL << 8)	/* SVE: of CPTR_RES1, clear while a domain's that has it is loaded */
#define CPTR_TFP	(1UL << 10)	/* FP/SIMD: the lazy switch */
#define CPTR_TTA	(1UL << 20)	/* trace registers */
#define CPTR_TAM	(1UL << 30)	/* activity monitors */
#define CPTR_GUEST	(CPTR_RES1 | CPTR_TTA | CPTR_TAM)
#define CPTR_OPTIONAL	CPTR_GUEST	/* no SVE, no trace, no activity monitors */

/*
 * MDCR_EL2: all debug, PMU, trace and profiling registers trap; HPMN is added at run time, and a
 * vCPU that counts has TPM and TPMCR clear.
 */
#define MDCR_TPMCR	(1UL << 5)
#define MDCR_TPM	(1UL << 6)
#define MDCR_TDA	(1UL << 9)
#define MDCR_TDOSA	(1UL << 10)
#define MDCR_TDRA	(1UL << 11)
#define MDCR_TPMS	(1UL << 14)	/* statistical profiling */
#define MDCR_HPMD	(1UL << 17)	/* EL2's events are not a guest's to count */
#define MDCR_TTRF	(1UL << 19)	/* trace filter */
#define MDCR_HCCD	(1UL << 23)	/* nor its cycles */
#define MDCR_GUEST	(MDCR_TPMCR | MDCR_TPM | MDCR_TDA | MDCR_TDOSA | MDCR_TDRA | MDCR_TPMS | \
			 MDCR_TTRF | MDCR_HPMD | MDCR_HCCD)
/* TDE clear: debug exceptions are EL1's, so that EL2 can have none. */

/* No PMU, no profiling, no trace, and as many counters as there are. */
#define MDCR_OPTIONAL	(MDCR_TPMCR | MDCR_TPM | MDCR_TPMS | MDCR_TTRF | MDCR_HPMD | \
			 MDCR_HCCD | 0x1f)

/* CNTHCTL_EL2: the guest may read the physical counter; its physical timer is emulated. */
#define CNTHCTL_EL1PCTEN	(1UL << 0)
#define CNTHCTL_GUEST		CNTHCTL_EL1PCTEN

/* HSTR_EL2: from AArch32 CP15 registers with CRn 15, which are the CPU's own: UNDEF. */
#define HSTR_GUEST		(1UL << 15)

/* VTCR_EL2 is mm/vmid.c's: stage 2's size and granule, which every domain shares. */
#define VTCR_RES1	(1UL << 31)

/* MPAM2_EL2: EL1's and EL0's registers of memory partitioning trap. */
#define MPAM2_GUEST	(3UL << 48)

/*
 * ICC_SRE_EL2: system registers at EL2, no bypass. Not Enable, which may be fixed to 1 though:
 * which interface EL1 uses is the domain's, and ICC_SRE_EL1 is EL2's to write.
 */
#define ICC_SRE_EL2_VALUE	0x7UL
#define ICC_SRE_OPTIONAL	(1UL << 3)
/* ICH_HCR_EL2 while no vCPU is loaded: off. Then what its list registers need (arch/gic.h). */
#define ICH_HCR_IDLE		0UL

/* EL2's own stage 1. */
#define SCTLR_EL2_RES1	0x30c50830UL
#define SCTLR_M		(1UL << 0)
#define SCTLR_C		(1UL << 2)
#define SCTLR_SA	(1UL << 3)	/* stack alignment */
#define SCTLR_I		(1UL << 12)
#define SCTLR_WXN	(1UL << 19)	/* writable is never executable */
#define SCTLR_EL2_ON	(SCTLR_EL2_RES1 | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_I | SCTLR_WXN)

/* MAIR_EL2: attribute indexes of our descriptors. */
#define MAIR_NORMAL	0		/* write-back, allocate */
#define MAIR_DEVICE	1		/* nGnRE */
#define MAIR_EL2_VALUE	0x04ffUL

/*
 * TCR_EL2: 48-bit addresses, 4 KiB granule, write-back inner-shareable walks; PS is added at run
 * time.
 */
#define TCR_EL2_VALUE	((1UL << 31) | (1UL << 23) | (3UL << 12) | (1UL << 10) | (1UL << 8) | 16UL)
