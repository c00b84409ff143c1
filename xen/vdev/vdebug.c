/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's self-hosted debug. Every access to a debug register traps, so that memory is always
 * current and a switch saves nothing; break- and watchpoints are in the machine while
 * MDSCR_EL1.MDE or SS is set and no lock forbids, and work there without us. The trap stays on
 * meanwhile because MDCR_EL2.TDA also covers the claim tags and the communication channel, of
 * which a CPU has one for all its guests. No external debugger is ever seen. Touched by its own
 * vCPU's CPU only: no locks.
 */
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/id_regs.h>
#include <xen/lib.h>
#include <xen/vcpu.h>
#include <xen/vdebug.h>
#include <xen/vsysreg.h>

#define SPSR_M_EL	0xcUL		/* of an exception from AArch64: which level */

/* A debug register: those of break- and watchpoints have their number in CRm. */
#define DBG(op1, crn, crm, op2)	ISS_SYS_ENC(2u, op1, crn, crm, op2)
#define POINT			DBG(0, 0, 0, 4)
#define POINT_MASK		DBG(7, 15, 0, 4)
#define CRM(enc)		((enc) >> 1 & 0xf)
#define OP2(enc)		((enc) >> 17 & 7)

/* What all CPUs have, and guests are told: fields of ID_AA64DFR0_EL1. */
#define NR_BPS		(ID_FIELD(guest_id_regs[ID_AA64DFR0], 12) + 1)
#define NR_WPS		(ID_FIELD(guest_id_regs[ID_AA64DFR0], 20) + 1)
#define HAS_DOUBLE_LOCK	(ID_FIELD(guest_id_regs[ID_AA64DFR0], 36) == 0)

#define VDEBUG_SIZE	(sizeof(struct vdebug) + sizeof(struct debug_point) * (NR_BPS + NR_WPS))

/* Writable bits of DBGBVR, DBGBCR (less the types that need an EL2), DBGWVR, DBGWCR. */
static const uint64_t point_rw[4] = { ~0UL, 0x7fe1e7, ~3UL, 0x1f1fffff };

/* All the others: where kept, what a write sets, and bits that read as one. */
enum access { RW, RO, WO, SET, CLEAR };
static const struct row { uint32_t enc; uint8_t reg, access; uint32_t rw, ones; } rows[] = {
	{ DBG(0, 0, 2, 2), VDEBUG_MDSCR, RW, MDSCR_SS | MDSCR_TDCC | MDSCR_KDE | MDSCR_MDE, 0 },
	{ DBG(0, 1, 0, 4), VDEBUG_OSLK, WO, 1, 0 },		/* OSLAR_EL1 */
	{ DBG(0, 1, 1, 4), VDEBUG_OSLK, RO, 0, 8 },		/* OSLSR_EL1: OSLM */
	{ DBG(0, 1, 3, 4), VDEBUG_DLK, RW, 1, 0 },		/* OSDLR_EL1 */
	{ DBG(0, 1, 4, 4), VDEBUG_PRCR, RW, 1, 0 },		/* DBGPRCR_EL1: CORENPDRQ */
	{ DBG(0, 7, 8, 6), VDEBUG_CLAIM, SET, 0xff, 0xff },	/* DBGCLAIMSET_EL1 */
	{ DBG(0, 7, 9, 6), VDEBUG_CLAIM, CLEAR, 0xff, 0 },	/* DBGCLAIMCLR_EL1 */
	{ DBG(0, 7, 14, 6), VDEBUG_ZERO, RO, 0, 0xa },		/* DBGAUTHSTATUS_EL1: disabled */
	{ DBG(0, 1, 0, 0), VDEBUG_ZERO, RO, 0, 0 },		/* MDRAR_EL1: no ROM table */
	{ DBG(0, 0, 6, 2), VDEBUG_ZERO, RW, 0, 0 },		/* OSECCR_EL1 */
	/* MDCCINT, MDCCSR, OSDTRRX, OSDTRTX, DBGDTR, DBGDTRRX and DBGDTRTX: nothing ever comes */
	{ DBG(0, 0, 2, 0), VDEBUG_MDCCINT, RW, 3u << 29, 0 },
	{ DBG(3, 0, 1, 0), VDEBUG_ZERO, RO, 0, 0 },
	{ DBG(0, 0, 0, 2), VDEBUG_ZERO, RW, 0, 0 },
	{ DBG(0, 0, 3, 2), VDEBUG_ZERO, RW, 0, 0 },
	{ DBG(3, 0, 4, 0), VDEBUG_ZERO, RW, 0, 0 },
	{ DBG(3, 0, 5, 0), VDEBUG_ZERO, RW, 0, 0 },
};

void vdebug_load(struct vcpu *v)
{
	debug_hw_load(v->debug->point, NR_BPS, NR_WPS, v->debug->live);
}

/* v leaves the CPU. What stays in there is dead. */
void vdebug_save(struct vcpu *v __unused) { debug_hw_load(NULL, 0, 0, 0); }

/* What is live of v's registers, and what follows from that in memory. */
static void settle(struct vcpu *v)
{
	struct vdebug *d = v->debug;

	d->reg[VDEBUG_DLK] &= HAS_DOUBLE_LOCK;
	d->live = d->reg[VDEBUG_MDSCR];
	if (!(d->live & (MDSCR_MDE | MDSCR_SS)) || d->reg[VDEBUG_OSLK] ||
	    d->reg[VDEBUG_DLK] > d->reg[VDEBUG_PRCR])
		d->live = 0;
	v->ctxt.extra = (v->ctxt.extra & ~(uint32_t)CTXT_DEBUG) | (d->live ? CTXT_DEBUG : 0);
	/* What the vectors emulate by themselves does not count as a step. */
	vcpu_short_ways(v, !(d->live & MDSCR_SS));
}

/* Bring the machine in line with what v, current, has just written. */
static void update(struct vcpu *v)
{
	bool was_live = v->debug->live;

	settle(v);
	if (v->debug->live || was_live)
		vdebug_load(v);
}

uint32_t vdebug_nr_points(bool watch) { return watch ? NR_WPS : NR_BPS; }

struct debug_point *vdebug_point(struct vdebug *d, bool watch, uint32_t n)
{
	return &d->point[(watch ? NR_BPS : 0) + index_nospec(n, vdebug_nr_points(watch))];
}

void vdebug_restored(struct vcpu *v)
{
	struct vdebug *d = v->debug;
	uint32_t i;

	for (i = 0; i < NR_BPS + NR_WPS; i++) {
		d->point[i].value &= point_rw[i < NR_BPS ? 0 : 2];
		d->point[i].control &= point_rw[i < NR_BPS ? 1 : 3];
	}
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].access != RO)
			d->reg[rows[i].reg] &= rows[i].rw;
	settle(v);
}

/* A register of a break- or watchpoint that exists; NULL. */
static uint64_t *find_point(struct vdebug *d, uint32_t enc)
{
	bool watch = OP2(enc) & 2;

	if ((enc & POINT_MASK) != POINT || CRM(enc) >= vdebug_nr_points(watch))
		return NULL;
	struct debug_point *p = vdebug_point(d, watch, CRM(enc));
	return OP2(enc) & 1 ? &p->control : &p->value;
}

/* Read a register into *val, or write it. False: there is none, or not for that. */
static bool access(struct vdebug *d, uint32_t enc, bool write, uint64_t *val)
{
	const struct row *row = rows, *end = rows + ARRAY_SIZE(rows);
	uint64_t *reg = find_point(d, enc);

	if (reg) {
		*reg = write ? *val & point_rw[OP2(enc) & 3] : *reg;
		*val = *reg;
		return true;
	}
	while (row < end && row->enc != enc)
		row++;
	if (row == end || row->access == (write ? RO : WO))
		return false;
	reg = &d->reg[row->reg];
	if (!write)
		/* OSLK is bit 1 of OSLSR, and what there is of claim tags reads as ones. */
		*val = *reg << (row->access == RO) | row->ones;
	else if (row->access == SET || row->access == CLEAR)
		*reg = row->access == SET ? *reg | (*val & row->rw) : *reg & ~*val;
	else
		*reg = *val & row->rw;
	return true;
}

/* Access of v, current, to a register of op0 = 2. False: UNDEF. */
bool vdebug_trap(struct vcpu *v, uint32_t iss)
{
	uint32_t rt = ISS_SYS_RT(iss);
	bool write = !(iss & ISS_SYS_READ), user = !(v->regs.spsr & SPSR_M_EL);
	uint64_t val = guest_reg_get(&v->regs, rt);

	/* What EL0 reaches is the communication channel, unless EL1 forbids it. */
	if (user && (v->debug->reg[VDEBUG_MDSCR] & MDSCR_TDCC)) {
		guest_inject_sysreg(v, iss);
		return true;
	}
	if (!access(v->debug, iss & ISS_SYS_ENC_MASK, write, &val))
		return false;
	if (write)
		update(v);
	else
		guest_reg_set(v, rt, val);
	guest_regs_skip(&v->regs);
	return true;
}

/* All as after a cold reset: off, and the OS lock locked. v is on no CPU. */
void vdebug_vcpu_reset(struct vcpu *v)
{
	memset(v->debug, 0, VDEBUG_SIZE);
	v->debug->reg[VDEBUG_OSLK] = 1;
}

/* -ENOMEM. */
int vdebug_vcpu_init(struct vcpu *v)
{
	v->debug = xzalloc_bytes(VDEBUG_SIZE);
	if (v->debug)
		vdebug_vcpu_reset(v);
	return v->debug ? 0 : -ENOMEM;
}

void vdebug_vcpu_free(struct vcpu *v) { xfree(v->debug); }
