/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine contract: the EL1 state of a vCPU. struct vcpu_ctxt is the same on both sides
 * of the contract; what moves it between memory and machine is not.
 */
#pragma once

#include <xen/el1_lazy.h>
#include <xen/types.h>

#define VGIC_MAX_LRS	16

struct fp_regs {
	__uint128_t q[32];
	uint64_t fpsr, fpcr;
} __aligned(16);

/* GICv3 virtual interface as last saved; vgic/vgic_lr.c fills and folds lr[]. */
struct vgic_hw {
	uint32_t nr_used;		/* lr[0 .. nr_used - 1] hold something */
	uint64_t vmcr;			/* ICH_VMCR_EL2 */
	uint64_t ap1r[2];		/* ICH_AP1R<n>_EL2 */
	uint64_t hcr;			/* ICH_HCR_EL2: EN, and what is wanted of UIE, NPIE, ... */
	uint64_t ap0r[2];
	uint64_t lr[VGIC_MAX_LRS];	/* ICH_LR<n>_EL2 */
};

/*
 * State that few vCPUs have: bits of vcpu_ctxt.extra. It moves with the vCPU while its bit is set;
 * while it is clear the registers trap, or do not exist. arm64/vcpu_ctxt.c: one row each.
 */
enum vcpu_extra {
	CTXT_PAUTH	= 1u << 0,	/* pointer authentication keys */
	CTXT_AARCH32	= 1u << 1,	/* banked registers of an AArch32 EL1 */
	CTXT_DEBUG	= 1u << 2,	/* break- and watchpoints, MDSCR_EL1 */
	CTXT_PMU	= 1u << 3,	/* performance counters */
	CTXT_MIDR	= 1u << 4,	/* VPIDR_EL2: a MIDR_EL1 of the domain's choice */
	CTXT_SCXTNUM	= 1u << 5,	/* SCXTNUM_EL0, SCXTNUM_EL1 */
	CTXT_SERROR	= 1u << 6,	/* a virtual SError that it has not taken yet */
	CTXT_GICV2	= 1u << 7,	/* ICC_SRE_EL1: a GICv2 on a host with a GICv3 */
	CTXT_DISR	= 1u << 8,	/* VDISR_EL2, which DISR_EL1 is: nothing traps it */
	CTXT_GIC	= 1u << 9,	/* a host with a GICv2, or more active priorities */
	CTXT_AUX	= 1u << 10,	/* auxiliary registers: AFSR0_EL1, AFSR1_EL1, AMAIR_EL1 */
	CTXT_FP		= 1u << 11,	/* it used FP/SIMD in its last slice */
	CTXT_DEVICE	= 1u << 12,	/* aborts of its stores to a device that are still to come */
};

struct vcpu_ctxt {
	uint64_t vmpidr, hcr;		/* VMPIDR_EL2: MPIDR_EL1 as the guest reads it; HCR_EL2 */
	/* EL1/EL0 registers, as they are moved in pairs */
	uint64_t sp_el0, sp_el1, elr_el1, spsr_el1, cpacr, vbar, esr, far, par, tpidr_el0;
	uint64_t tpidrro_el0, tpidr_el1, cntkctl, csselr;
	uint64_t sctlr, tcr, ttbr0, ttbr1, mair, contextidr;
	/* virtual timer */
	uint64_t cntv_cval, cntv_ctl;
	struct el1_lazy lazy;		/* whether hcr has TVM */
	uint32_t fp_uses;		/* slices in a row that used FP: eager restore after two */
	uint32_t fp_cpu;		/* CPU that loaded fp last: its fp_owner counts */
	uint32_t extra;			/* enum vcpu_extra */
	uint32_t cptr;			/* CPTR_EL2 while its FP/SIMD, and SVE, registers are loaded */
	struct vgic_hw gic;
	/* of AArch32 alone */
	uint64_t spsr_abt, spsr_und, spsr_irq, spsr_fiq, dacr, ifsr, fpexc;
	/* emulated physical timer */
	uint64_t cntp_ctl, cntp_cval;
	/* extra: pointer authentication keys A, B of instructions and data, G; SCXTNUM_EL0, _EL1 */
	uint64_t pauth_keys[10], scxtnum[2], disr, afsr0, afsr1, amair;
	struct fp_regs fp;
};

/*
 * Let v, current or on no CPU, have the vectors' short ways, or not: they do not clear PSTATE.SS,
 * so a vCPU that steps itself must not. On after a reset.
 */
void vcpu_short_ways(struct vcpu *v, bool on);

/* WFI and WFE of v, current or on its way to this CPU, trap from now on, or not. */
void vcpu_trap_waits(struct vcpu *v, bool wfi, bool wfe);

/* Reset values of the architecture and of abi/boot.md 4. */
void vcpu_ctxt_init(struct vcpu *v);
/* This CPU's stage 2 is d's from now on, with all that is the same for its vCPUs; NULL: nobody's. */
void vcpu_ctxt_stage2(struct domain *d);
/* Save what the CPU holds of v; load v into the CPU (timer, GIC interface, FP trap). */
void vcpu_ctxt_save(struct vcpu *v);
void vcpu_ctxt_load(struct vcpu *v);

/*
 * Translate a virtual address of the current vCPU by its own stage 1 at EL1 privilege
 * (AT S1E1R / S1E1W). 0 and *ipa, or -EFAULT.
 */
int guest_va_to_ipa(uint64_t va, bool write, ipa_t *ipa) __must_check;
/*
 * The same through stage 2 as well: the frame that the current vCPU would reach, INVALID_MFN if it
 * would fault. The lock of its domain's p2m is held: what changes entries also invalidates the TLB
 * under it, so the answer holds as long.
 */
#ifdef ZAZEN_HOST_TEST
mfn_t guest_va_to_mfn(uint64_t va, bool write);
#else
#include <arm64/guest_va_inline.h>
#endif

/*
 * Raise an exception in the current vCPU: UNDEF, an abort with this FAR (fetch: of an instruction),
 * SError, which one on no CPU can have too.
 */
void guest_inject_serror(struct vcpu *v);
void guest_inject_undef(struct vcpu *v);
void guest_inject_abort(struct vcpu *v, uint64_t far, bool fetch);
/* The trapped MSR or MRS of EL0 (ESR_EL2.ISS) goes to EL1, whose trap it is. */
void guest_inject_sysreg(struct vcpu *v, uint32_t iss);
