/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registers of a vCPU as rows of {name, place}: all that a guest can see or change at EL1 and
 * EL0, to save them and to bring them back. Not here: what follows from the domain (HCR_EL2,
 * VMPIDR_EL2, VPIDR_EL2), interrupts in list registers (vgic/), and hints of a switch. A test
 * compares the rows with struct vcpu_ctxt.
 */
#include <arch/gic.h>
#include <xen/aarch32.h>
#include <xen/id_regs.h>
#include <xen/lib.h>
#include <xen/sve.h>
#include <xen/vcpu_state.h>
#include <xen/vdebug.h>
#include <xen/vpmu.h>

#define SYS(op0, op1, crn, crm, op2) \
	((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define CNTP_CVAL	SYS(3, 3, 14, 2, 2)
#define POINT_STEP	8u		/* between ids of one break- or watchpoint and the next */

/* Where a register is: in struct vcpu, or in what that points to. */
enum where { IN_VCPU, IN_DEBUG, IN_BREAKPOINT, IN_WATCHPOINT, IN_PMU, IN_V, IN_SVE, IN_SVE_REGS };

struct reg_row {
	uint32_t id;		/* of the first */
	uint16_t offset;
	uint8_t nr;		/* so many, one behind the other; of IN_SVE_REGS by the length */
	uint8_t in;		/* enum where */
};

#define ROW(id, nr, in, type, member)	{ (id), offsetof(struct type, member), (nr), (in) },
#define REGS(member)			ROW(ZAZEN_REG_X(0), 31, IN_VCPU, vcpu, regs.member)
#define EL1(op1, crn, crm, op2, member)	CTXT(SYS(3, op1, crn, crm, op2), 1, member)
#define CTXT(id, nr, member)		ROW(id, nr, IN_VCPU, vcpu, ctxt.member)
#define DEBUG(op1, crn, crm, op2, reg_)	ROW(SYS(2, op1, crn, crm, op2), 1, IN_DEBUG, vdebug, reg[reg_])
#define POINT(op2, in, member)		ROW(SYS(2, 0, 0, 0, op2), 16, in, debug_point, member)
#define PMU(op1, crn, crm, op2, nr, member) \
	ROW(SYS(3, op1, crn, crm, op2), nr, IN_PMU, vpmu, state.member)

static const struct reg_row rows[] = {
	REGS(x)
	ROW(SYS(3, 4, 4, 0, 1), 1, IN_VCPU, vcpu, regs.elr)
	ROW(SYS(3, 4, 4, 0, 0), 1, IN_VCPU, vcpu, regs.spsr)
	EL1(0, 4, 1, 0, sp_el0) EL1(4, 4, 1, 0, sp_el1)
	EL1(0, 4, 0, 1, elr_el1) EL1(0, 4, 0, 0, spsr_el1)
	EL1(0, 1, 0, 2, cpacr) EL1(0, 12, 0, 0, vbar)
	EL1(0, 5, 2, 0, esr) EL1(0, 6, 0, 0, far) EL1(0, 7, 4, 0, par)
	EL1(3, 13, 0, 2, tpidr_el0) EL1(3, 13, 0, 3, tpidrro_el0) EL1(0, 13, 0, 4, tpidr_el1)
	EL1(0, 14, 1, 0, cntkctl) EL1(2, 0, 0, 0, csselr)
	EL1(0, 1, 0, 0, sctlr) EL1(0, 2, 0, 2, tcr) EL1(0, 2, 0, 0, ttbr0) EL1(0, 2, 0, 1, ttbr1)
	EL1(0, 10, 2, 0, mair) EL1(0, 13, 0, 1, contextidr)
	EL1(0, 5, 1, 0, afsr0) EL1(0, 5, 1, 1, afsr1) EL1(0, 10, 3, 0, amair)
	EL1(3, 14, 3, 2, cntv_cval) EL1(3, 14, 3, 1, cntv_ctl)
	EL1(3, 14, 2, 2, cntp_cval) EL1(3, 14, 2, 1, cntp_ctl)
	/* Keys IA and IB, DA and DB, GA: lower and upper halves. */
	CTXT(SYS(3, 0, 2, 1, 0), 4, pauth_keys[0]) CTXT(SYS(3, 0, 2, 2, 0), 4, pauth_keys[4])
	CTXT(SYS(3, 0, 2, 3, 0), 2, pauth_keys[8])
	EL1(3, 13, 0, 7, scxtnum[0]) EL1(0, 13, 0, 7, scxtnum[1]) EL1(0, 12, 1, 1, disr)
	/* AArch32: SPSR_abt, _und, _irq, _fiq, DACR32, IFSR32, FPEXC32 */
	EL1(4, 4, 3, 1, spsr_abt) EL1(4, 4, 3, 2, spsr_und) EL1(4, 4, 3, 0, spsr_irq)
	EL1(4, 4, 3, 3, spsr_fiq) EL1(4, 3, 0, 0, dacr) EL1(4, 5, 0, 1, ifsr)
	EL1(4, 5, 3, 0, fpexc)
	ROW(ZAZEN_REG_V(0), 64, IN_V, vcpu, ctxt.fp.q)
	ROW(SYS(3, 0, 1, 2, 0), 1, IN_SVE, vcpu_sve, zcr)
	ROW(ZAZEN_REG_SVE(0), 0, IN_SVE_REGS, vcpu_sve, regs)
	EL1(3, 4, 4, 0, fp.fpcr) EL1(3, 4, 4, 1, fp.fpsr)
	/* ICH_VMCR, ICH_AP0R<n>, ICH_AP1R<n> */
	EL1(4, 12, 11, 7, gic.vmcr) CTXT(SYS(3, 4, 12, 8, 0), 2, gic.ap0r)
	CTXT(SYS(3, 4, 12, 9, 0), 2, gic.ap1r)
	DEBUG(0, 0, 2, 2, VDEBUG_MDSCR) DEBUG(0, 0, 2, 0, VDEBUG_MDCCINT)
	DEBUG(0, 1, 0, 4, VDEBUG_OSLK) DEBUG(0, 1, 3, 4, VDEBUG_DLK)
	DEBUG(0, 1, 4, 4, VDEBUG_PRCR) DEBUG(0, 7, 8, 6, VDEBUG_CLAIM)
	POINT(4, IN_BREAKPOINT, value) POINT(5, IN_BREAKPOINT, control)
	POINT(6, IN_WATCHPOINT, value) POINT(7, IN_WATCHPOINT, control)
	PMU(3, 9, 12, 0, 1, pmcr) PMU(3, 9, 12, 1, 1, cntenset) PMU(0, 9, 14, 1, 1, intenset)
	PMU(3, 9, 14, 3, 1, ovsset) PMU(3, 9, 14, 0, 1, userenr) PMU(3, 9, 12, 5, 1, selr)
	PMU(3, 9, 13, 0, 1, ccntr) PMU(3, 14, 15, 7, 1, ccfiltr)
	PMU(3, 14, 8, 0, 31, evcntr) PMU(3, 14, 12, 0, 31, evtyper)
};

static bool is_point(const struct reg_row *r)
{
	return r->in == IN_BREAKPOINT || r->in == IN_WATCHPOINT;
}

/* How many of row r v has. */
static uint32_t count(const struct vcpu *v, const struct reg_row *r)
{
	if (is_point(r))
		return vdebug_nr_points(r->in == IN_WATCHPOINT);
	switch (r->in) {
	case IN_PMU:
		return v->vpmu ? r->nr : 0;
	case IN_V:
		return v->sve ? 0 : r->nr;
	case IN_SVE:
		return v->sve ? r->nr : 0;
	case IN_SVE_REGS:
		return v->sve ? sve_words(v->domain) : 0;
	default:
		return r->nr;
	}
}

/* Number k of row r, which v has. */
static uint64_t *place(struct vcpu *v, const struct reg_row *r, uint32_t k)
{
	char *base = (char *)v;

	if (is_point(r))
		return (uint64_t *)((char *)vdebug_point(v->debug, r->in == IN_WATCHPOINT, k) +
				    r->offset);
	if (r->in == IN_DEBUG)
		base = (char *)v->debug;
	else if (r->in == IN_PMU)
		base = (char *)v->vpmu;
	else if (r->in == IN_SVE || r->in == IN_SVE_REGS)
		base = (char *)v->sve;
	return (uint64_t *)(base + r->offset) + k;
}

bool vcpu_reg_next(struct vcpu *v, struct vcpu_reg_at *at, struct zazen_save_reg *r)
{
	while (at->row < ARRAY_SIZE(rows) && at->k >= count(v, &rows[at->row]))
		*at = (struct vcpu_reg_at){ at->row + 1, 0 };
	if (at->row == ARRAY_SIZE(rows))
		return false;
	const struct reg_row *row = &rows[at->row];
	r->id = row->id + at->k * (is_point(row) ? POINT_STEP : 1);
	r->value = r->id == CNTP_CVAL ? vptimer_cval_get(v) : *place(v, row, at->k);
	at->k++;
	return true;
}

int vcpu_reg_put(struct vcpu *v, const struct zazen_save_reg *r)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t step = is_point(&rows[i]) ? POINT_STEP : 1;
		uint64_t off = r->id - rows[i].id, nr = count(v, &rows[i]);

		if (off % step || off / step >= nr)
			continue;
		*place(v, &rows[i], (uint32_t)index_nospec(off / step, nr)) = r->value;
		return 0;
	}
	return r->value ? -EOPNOTSUPP : 0;
}

bool vcpu_psr_is_legal(const struct domain *d, uint64_t psr)
{
	static const uint32_t modes32 = 1u << (PSR_MODE_USR & 0xf) | 1u << (PSR_MODE_FIQ & 0xf) |
					1u << (PSR_MODE_IRQ & 0xf) | 1u << (PSR_MODE_SVC & 0xf) |
					1u << (PSR_MODE_ABT & 0xf) | 1u << (PSR_MODE_UND & 0xf) |
					1u << (PSR_MODE_SYS & 0xf);
	uint64_t mode = psr & (PSR_MODE_BIT | 0xf);

	if (READ_ONCE(d->is_aarch32))
		return (mode & PSR_MODE_BIT) && (modes32 & BIT(mode & 0xf));
	return mode == PSR_MODE_EL1h || mode == PSR_MODE_EL1t || mode == PSR_MODE_EL0t;
}

/* The same of a guest that has run: its EL0 may be at a 32-bit program, where the CPUs have that. */
static bool was_legal(const struct domain *d, uint64_t psr)
{
	return vcpu_psr_is_legal(d, psr) ||
	       ((psr & (PSR_MODE_BIT | 0xf)) == PSR_MODE_USR && !d->is_aarch32 &&
		ID_FIELD(guest_id_regs[ID_AA64PFR0], 0) == 2);
}

int vcpu_regs_done(struct vcpu *v)
{
	struct vgic_hw *gic = &v->ctxt.gic;

	v->regs.spsr = (uint32_t)v->regs.spsr;
	if (!was_legal(v->domain, v->regs.spsr) || (v->sve && v->sve->zcr >= SVE_VL_MAX))
		return -EINVAL;
	if (guest_is_aarch32(&v->regs))
		v->regs.elr = (uint32_t)v->regs.elr & ~1u;
	gic->vmcr &= ICH_VMCR_MASK;
	for (unsigned int n = 0; n < ARRAY_SIZE(gic->ap0r); n++) {
		gic->ap0r[n] = (uint32_t)gic->ap0r[n];
		gic->ap1r[n] = (uint32_t)gic->ap1r[n];
	}
	vtimer_restored(v);
	vdebug_restored(v);
	vpmu_restored(v);
	return 0;
}
