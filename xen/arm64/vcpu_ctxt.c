/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU's EL1 state, between memory and machine. Everything a guest can see or change at EL1 and
 * EL0 is either in this list or traps. FP/SIMD registers move lazily: they are saved at a switch
 * only if used, and loaded at first use, or at once for a vCPU that used them twice in a row.
 */
#include <xen/domain.h>
#include <xen/vdebug.h>
#include <xen/vgic.h>
#include <xen/vpmu.h>
#include "fp_switch.h"
#include "pairs.h"

/* abi/boot.md 4: SCTLR_GUEST_INIT and the architecture's RES1 bits. MMU and caches off. */
#define SCTLR_EL1_RESET		0x30d50878UL
#define MPIDR_RES1		BIT(31)
#define EAGER_AFTER_USES	2u

/*
 * EL1/EL0 registers that are simply moved, two at a time: each with its member of struct vcpu_ctxt,
 * which are side by side. Of those whose writes HCR_EL2.TVM traps, the machine itself writes ESR
 * and FAR at exceptions, and AFSR, which is apart.
 */
#define FOR_EACH_PAIR(op)									\
	op(sp_el0, sp_el0, sp_el1, sp_el1) op(elr_el1, elr_el1, spsr_el1, spsr_el1)		\
	op(cpacr_el1, cpacr, vbar_el1, vbar) op(esr_el1, esr, far_el1, far)			\
	op(par_el1, par, tpidr_el0, tpidr_el0)							\
	op(tpidrro_el0, tpidrro_el0, tpidr_el1, tpidr_el1)					\
	op(cntkctl_el1, cntkctl, csselr_el1, csselr)
/* Nobody but the guest writes these, so while writes trap they need not be saved. */
#define FOR_EACH_TVM_PAIR(op)									\
	op(sctlr_el1, sctlr, tcr_el1, tcr) op(ttbr0_el1, ttbr0, ttbr1_el1, ttbr1)		\
	op(mair_el1, mair, contextidr_el1, contextidr)

/*
 * Keys of the short ways (vectors.S): bits of ESR_EL2 that count, and above them their values. MRS
 * with op0 = 3, op1 = 0, CRn = 0, CRm 0..7; and a word read into a register, without sign
 * extension, by a translation fault of the access itself.
 */
#define KEY(mask, value)	((uint64_t)(value) << 32 | (uint32_t)(mask))
#define ESR(ec, iss)		((uint32_t)(ec) << 26 | ESR_IL | (iss))
#define ID_KEY	KEY(~ISS_SYS_ENC(0, 0, 0, 7, 7) & ~(0x1fU << 5),				\
		    ESR(EC_SYS64, ISS_SYS_ENC(3, 0, 0, 0, 0) | ISS_SYS_READ))
#define MMIO_KEY KEY(ESR(0x3f, ISS_DABT_ISV | 3 << 22 | ISS_DABT_SSE | ISS_DABT_CM |		\
			 ISS_DABT_S1PTW | ISS_DABT_WNR | 0x3c),					\
		     ESR(EC_DABT_LOWER, ISS_DABT_ISV | 2 << 22 | FSC_TRANSLATION))
/* MSR of ICC_SGI1R_EL1 */
#define SGI_KEY	KEY(~(0x1fU << 5), ESR(EC_SYS64, ISS_SYS_ENC(3, 0, 12, 11, 5)))
#define KEY_NEVER		KEY(~0, 0)

void vcpu_short_ways(struct vcpu *v, bool on)
{
	v->id_key = on ? ID_KEY : KEY_NEVER;
	v->sgi_key = on ? SGI_KEY : KEY_NEVER;
	v->mmio_key = on ? MMIO_KEY : KEY_NEVER;
}

/* Change bits of HCR_EL2 for v, on this CPU or on its way here. The machine clears VSE itself. */
static void set_hcr(struct vcpu *v, uint64_t mask, uint64_t bits)
{
	v->ctxt.hcr = (v->ctxt.hcr & ~mask) | bits;
	if (this_cpu()->el1_owner == v)
		write_sysreg(hcr_el2, (read_sysreg(hcr_el2) & ~mask) | bits);
}

void vcpu_trap_waits(struct vcpu *v, bool wfi, bool wfe)
{
	set_hcr(v, HCR_TWI | HCR_TWE, (wfi ? HCR_TWI : 0) | (wfe ? HCR_TWE : 0));
}

void vcpu_ctxt_init(struct vcpu *v)
{
	v->ctxt = (struct vcpu_ctxt){ .vmpidr = MPIDR_RES1 | vcpu_affinity(v->id),
				      .sctlr = SCTLR_EL1_RESET, .fp_cpu = ~0u,
				      .gic.hcr = ICH_HCR_EN };
	el2_controls_vcpu(v);
	v->mmio_page = ~0UL;
	vcpu_short_ways(v, true);
	v->sched.traps = WAIT_WFI;	/* as HCR_GUEST has it */
}

/*
 * v gets its FP/SIMD registers: it touched them while they trapped, and the instruction runs
 * again.
 */
void fp_trap(struct vcpu *v, uint32_t iss __unused)
{
	fp_get(v);
}

/* An SVE instruction or ZCR_EL1: there for who has it, with the other registers. */
void sve_trap(struct vcpu *v, uint32_t iss)
{
	if (v->ctxt.cptr & CPTR_TZ)
		guest_inject_undef(v);
	else
		fp_trap(v, iss);
}

#define FOR_EACH_AUX(op)	op(afsr0_el1, afsr0) op(afsr1_el1, afsr1) op(amair_el1, amair)
static void aux_save(struct vcpu *v) { FOR_EACH_AUX(SAVE_REG) }
static void aux_load(struct vcpu *v) { FOR_EACH_AUX(LOAD_REG) }

/*
 * The movers of enum vcpu_extra. save leaves this CPU as a vCPU without that state needs it; load
 * follows the common registers.
 */
static const struct extra_mover { uint32_t bit; mover_fn *save, *load; } extras[] = {
	{ CTXT_AARCH32, aarch32_save, aarch32_load },
	{ CTXT_SERROR, serror_save, serror_load },
	{ CTXT_DEVICE, device_save, serror_load },
	{ CTXT_PAUTH, pauth_save, pauth_load },
	{ CTXT_SCXTNUM, scxtnum_save, scxtnum_load },
	{ CTXT_DISR, disr_save, disr_load },
	{ CTXT_AUX, aux_save, aux_load },
	{ CTXT_MIDR, midr_save, midr_load },
	{ CTXT_GICV2, gicv2_guest_save, gicv2_guest_load },
	{ CTXT_DEBUG, vdebug_save, vdebug_load },
	{ CTXT_PMU, vpmu_save, vpmu_load },
	{ .bit = 0 },		/* the end */
};

/* This and the interrupt controller, if it has any. */
static void extras_save(struct vcpu *v)
{
	for (const struct extra_mover *m = extras; m->bit; m++)
		if (v->ctxt.extra & m->bit)
			m->save(v);
	isb();
	vgic_sync(v);
	gic_save(&v->ctxt.gic);
}

static void extras_load(struct vcpu *v)
{
	for (const struct extra_mover *m = extras; m->bit; m++)
		if (v->ctxt.extra & m->bit)
			m->load(v);
	gic_load(&v->ctxt.gic);
	isb();
}

static inline void save_tvm_regs(struct vcpu_ctxt *c)
{
	FOR_EACH_TVM_PAIR(SAVE_PAIR)
}

/* The same at a switch: from then on they trap, if the vCPU leaves them alone. */
static void save_untrapped(struct vcpu_ctxt *c)
{
	uint64_t ttbr0 = c->ttbr0, ttbr1 = c->ttbr1;

	save_tvm_regs(c);
	/*
	 * Who switches address spaces changes one of these; the others are rare. AArch32 has other
	 * registers under this trap.
	 */
	if (el1_lazy_left(&c->lazy, (ttbr0 ^ c->ttbr0) | (ttbr1 ^ c->ttbr1)) &&
	    !(c->extra & CTXT_AARCH32)) {
		el1_lazy_start(&c->lazy);
		c->hcr |= HCR_TVM;
	}
}

/* The current v's translation registers trap from now on, or not. */
static void set_tvm(struct vcpu *v, bool on)
{
	struct vcpu_ctxt *c = &v->ctxt;

	if (on == !!(c->hcr & HCR_TVM))
		return;
	if (on)
		save_tvm_regs(c);
	set_hcr(v, HCR_TVM, on ? HCR_TVM : 0);
}

/* DC by set and way of the current v. */
bool trap_set_way(struct vcpu *v, uint32_t iss)
{
	if (iss & ISS_SYS_READ)
		return false;
	if (!el1_cache_set_way(v, !(v->ctxt.extra & CTXT_AARCH32)))
		return true;
	if (v->ctxt.lazy.watch)
		set_tvm(v, true);
	guest_regs_skip(&v->regs);
	return true;
}

/* A write that HCR_EL2.TVM trapped: to the machine and to memory. */
bool trap_translation_reg(struct vcpu *v, uint32_t iss)
{
	uint64_t val = guest_reg_get(&v->regs, ISS_SYS_RT(iss));
	struct vcpu_ctxt *c = &v->ctxt;

	if (iss & ISS_SYS_READ)
		return false;
#define WRITE_BOTH(reg, member)	c->member = val; write_sysreg(reg, val); break;
	switch (iss & ISS_SYS_ENC_MASK) {
	case ISS_SYS_ENC(3, 0, 1, 0, 0):
		if (!el1_cache_toggle(v, c->sctlr, val))
			return true;
		WRITE_BOTH(sctlr_el1, sctlr)
	case ISS_SYS_ENC(3, 0, 2, 0, 0): WRITE_BOTH(ttbr0_el1, ttbr0)
	case ISS_SYS_ENC(3, 0, 2, 0, 1): WRITE_BOTH(ttbr1_el1, ttbr1)
	case ISS_SYS_ENC(3, 0, 2, 0, 2): WRITE_BOTH(tcr_el1, tcr)
	case ISS_SYS_ENC(3, 0, 5, 1, 0): WRITE_BOTH(afsr0_el1, afsr0)
	case ISS_SYS_ENC(3, 0, 5, 1, 1): WRITE_BOTH(afsr1_el1, afsr1)
	case ISS_SYS_ENC(3, 0, 5, 2, 0): WRITE_BOTH(esr_el1, esr)
	case ISS_SYS_ENC(3, 0, 6, 0, 0): WRITE_BOTH(far_el1, far)
	case ISS_SYS_ENC(3, 0, 10, 2, 0): WRITE_BOTH(mair_el1, mair)
	case ISS_SYS_ENC(3, 0, 10, 3, 0): WRITE_BOTH(amair_el1, amair)
	case ISS_SYS_ENC(3, 0, 13, 0, 1): WRITE_BOTH(contextidr_el1, contextidr)
	default:
		return false;
	}
	set_tvm(v, el1_lazy_trapped(&c->lazy));
	guest_regs_skip(&v->regs);
	return true;
}

/* Nothing but what every vCPU has, for a switch. */
static bool has_few(const struct vcpu_ctxt *c)
{
	return !((c->extra & ~(uint32_t)CTXT_FP) | c->gic.nr_used);
}

/* The rest of the two functions below, apart: mostly they have no frame to build. */
static __noinline void save_more(struct vcpu *v)
{
	struct vcpu_ctxt *c = &v->ctxt;

	if (likely(has_few(c))) {
		GIC_SAVE_FEW(gic.)
	} else {
		extras_save(v);
	}
	if (!(c->hcr & HCR_TVM))
		save_untrapped(c);
	fp_put(v);
}

static __noinline void load_more(struct vcpu *v)
{
	const struct vcpu_ctxt *c = &v->ctxt;

	if (likely(has_few(c))) {
		GIC_LOAD_FEW(gic.)
	} else {
		extras_load(v);
	}
	if ((c->extra & CTXT_FP) && (fp_is_loaded(v) || c->fp_uses >= EAGER_AFTER_USES))
		fp_trap(v, 0);
}

/*
 * Move v's state from this CPU to memory; the CPU's guest timer is off and its list registers
 * empty afterwards. What the vGIC and the virtual timer do about that is the scheduler's to call
 * (sched/sched.c: evict, switch_to).
 */
void vcpu_ctxt_save(struct vcpu *v)
{
	struct vcpu_ctxt *c = &v->ctxt;

	FOR_EACH_PAIR(SAVE_PAIR)
	SAVE_PAIR(cntv_cval_el0, cntv_cval, cntv_ctl_el0, cntv_ctl)
	write_sysreg(cntv_ctl_el0, 0);
	if (likely((c->hcr & HCR_TVM) && !(c->extra | c->gic.nr_used) &&
		   (read_sysreg(cptr_el2) & CPTR_TFP))) {
		GIC_SAVE_FEW(gic.)
	} else {
		save_more(v);
	}
}

static inline void load_stage2(const struct domain *d)
{
	write_sysreg(vttbr_el2, d->p2m.vttbr);
	write_sysreg(cntvoff_el2, d->cntvoff);
}

static __noinline void renew_stage2(struct domain *d)
{
	vmid_renew(&d->p2m);
	load_stage2(d);
}

/*
 * Nothing may walk a domain's tables once its vCPU has left: they may be freed (and a CPU may
 * speculate through them).
 */
void vcpu_ctxt_stage2(struct domain *d)
{
	if (unlikely(!d))
		write_sysreg(vttbr_el2, 0);
	else if (likely(vmid_take(&d->p2m)))
		load_stage2(d);
	else
		renew_stage2(d);
}

/* Move v's state from memory to this CPU, which has its domain's stage 2. */
void vcpu_ctxt_load(struct vcpu *v)
{
	struct vcpu_ctxt *c = &v->ctxt;

	LOAD_PAIR(vmpidr_el2, vmpidr, hcr_el2, hcr)
	FOR_EACH_PAIR(LOAD_PAIR)
	FOR_EACH_TVM_PAIR(LOAD_PAIR)
	LOAD_PAIR(cntv_cval_el0, cntv_cval, cntv_ctl_el0, cntv_ctl)
	if (likely(!(c->extra | c->gic.nr_used))) {
		GIC_LOAD_FEW(gic.)
	} else {
		load_more(v);
	}
}

/* Translate by the current vCPU's own stage 1, with EL1's rights (AT S1E1x: PAN does not count). */
int guest_va_to_ipa(uint64_t va, bool write, ipa_t *ipa)
{
	uint64_t saved = read_sysreg(par_el1), par;

	if (write)
		__asm__ volatile("at s1e1w, %0" :: "r"(va) : "memory");
	else
		__asm__ volatile("at s1e1r, %0" :: "r"(va) : "memory");
	isb();
	par = read_sysreg(par_el1);
	write_sysreg(par_el1, saved);
	if (par & 1)
		return -EFAULT;
	*ipa = (par & GENMASK(51, 12)) | (va & (PAGE_SIZE - 1));
	return 0;
}
