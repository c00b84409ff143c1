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
#define MDSCR_RW	(MDSCR_SS | MDSCR_TDCC | MDSCR_KDE | MDSCR_MDE)
#define MDCCINT_RW	(3UL << 29)
#define OSLSR_OSLM	BIT(3)		/* the OS lock is implemented */
#define OSLSR_OSLK	BIT(1)
#define CLAIM_ALL	0xffUL
#define AUTHSTATUS	0x0aUL		/* non-secure debug exists, and is not enabled */

/* A debug register: those of break- and watchpoints have their number in CRm. */
#define DBG(op1, crn, crm, op2)	ISS_SYS_ENC(2u, op1, crn, crm, op2)
#define POINT			DBG(0, 0, 0, 4)
#define POINT_MASK		DBG(7, 15, 0, 4)
#define CRM(enc)		((enc) >> 1 & 0xf)
#define OP2(enc)		((enc) >> 17 & 7)

/* Writable bits of DBGBVR, DBGBCR (less the types that need an EL2), DBGWVR, DBGWCR. */
static const uint64_t point_rw[4] = { ~0UL, 0x7fe1e7, ~3UL, 0x1f1fffff };

/* What all CPUs have, and guests are told: fields of ID_AA64DFR0_EL1. */
static uint32_t nr_bps(void)
{
	return ID_FIELD(guest_id_regs[ID_AA64DFR0], 12) + 1;
}

static uint32_t nr_wps(void)
{
	return ID_FIELD(guest_id_regs[ID_AA64DFR0], 20) + 1;
}

static bool has_double_lock(void)
{
	return ID_FIELD(guest_id_regs[ID_AA64DFR0], 36) == 0;
}

static size_t vdebug_size(void)
{
	return sizeof(struct vdebug) + sizeof(struct debug_point) * (nr_bps() + nr_wps());
}

/* Bring the machine in line with what v, current, has just written. */
static void update(struct vcpu *v)
{
	struct vdebug *d = v->debug;
	bool locked = d->os_lock || d->double_lock > d->no_power_down;

	d->live = !locked && (d->mdscr & (MDSCR_MDE | MDSCR_SS)) ? d->mdscr : 0;
	if (d->live) {
		v->ctxt.extra |= CTXT_DEBUG;
		vdebug_load(v);
	} else if (v->ctxt.extra & CTXT_DEBUG) {
		v->ctxt.extra &= ~(uint32_t)CTXT_DEBUG;
		debug_hw_off();
	}
	/* What the vectors emulate by themselves does not count as a step. */
	vcpu_short_ways(v, !(d->live & MDSCR_SS));
}

/* The movers of CTXT_DEBUG. What stays in the machine after a save is dead. */
void vdebug_save(struct vcpu *v __unused)
{
	debug_hw_off();
}

void vdebug_load(struct vcpu *v)
{
	debug_hw_load(v->debug->point, nr_bps(), nr_wps(), v->debug->live);
}

/* A register of a break- or watchpoint that exists; NULL. */
static uint64_t *find_point(struct vdebug *d, uint32_t enc)
{
	bool watch = OP2(enc) & 2;
	uint32_t n = CRM(enc), nr = watch ? nr_wps() : nr_bps();
	struct debug_point *p;

	if ((enc & POINT_MASK) != POINT || n >= nr)
		return NULL;
	p = &d->point[(watch ? nr_bps() : 0) + index_nospec(n, nr)];
	return OP2(enc) & 1 ? &p->control : &p->value;
}

/* Read a register into *val, or write it. False: there is none, or not for that. */
static bool access(struct vdebug *d, uint32_t enc, bool write, uint64_t *val)
{
	uint64_t *reg = find_point(d, enc), rw = point_rw[OP2(enc) & 3];

	switch (reg ? 0 : enc) {
	case 0:
		break;
	case DBG(0, 0, 2, 0):	/* MDCCINT_EL1 */
		reg = &d->mdccint;
		rw = MDCCINT_RW;
		break;
	case DBG(0, 0, 2, 2):	/* MDSCR_EL1 */
		reg = &d->mdscr;
		rw = MDSCR_RW;
		break;
	case DBG(0, 1, 3, 4):	/* OSDLR_EL1 */
		reg = &d->double_lock;
		rw = has_double_lock();
		break;
	case DBG(0, 1, 4, 4):	/* DBGPRCR_EL1: CORENPDRQ */
		reg = &d->no_power_down;
		rw = 1;
		break;
	case DBG(0, 1, 0, 4):	/* OSLAR_EL1 */
		d->os_lock = write ? *val & 1 : d->os_lock;
		return write;
	case DBG(0, 1, 1, 4):	/* OSLSR_EL1 */
		*val = OSLSR_OSLM | (d->os_lock ? OSLSR_OSLK : 0);
		return !write;
	case DBG(0, 7, 8, 6):	/* DBGCLAIMSET_EL1: reads as the tags that there are */
		d->claim |= write ? *val & CLAIM_ALL : 0;
		*val = CLAIM_ALL;
		return true;
	case DBG(0, 7, 9, 6):	/* DBGCLAIMCLR_EL1 */
		d->claim &= write ? ~*val : ~0UL;
		*val = d->claim;
		return true;
	case DBG(0, 7, 14, 6):	/* DBGAUTHSTATUS_EL1 */
		*val = AUTHSTATUS;
		return !write;
	case DBG(0, 1, 0, 0):	/* MDRAR_EL1: no ROM table */
	case DBG(3, 0, 1, 0):	/* MDCCSR_EL0: nothing came, and there is room */
		*val = 0;
		return !write;
	case DBG(0, 0, 0, 2):	/* OSDTRRX_EL1 */
	case DBG(0, 0, 3, 2):	/* OSDTRTX_EL1 */
	case DBG(0, 0, 6, 2):	/* OSECCR_EL1 */
	case DBG(3, 0, 4, 0):	/* DBGDTR_EL0 */
	case DBG(3, 0, 5, 0):	/* DBGDTRRX_EL0, DBGDTRTX_EL0 */
		*val = 0;
		return true;
	default:
		return false;
	}
	if (write)
		*reg = *val & rw;
	*val = *reg;
	return true;
}

/* Access of v, current, to a register of op0 = 2. False: UNDEF. */
bool vdebug_trap(struct vcpu *v, uint32_t iss)
{
	struct vdebug *d = v->debug;
	uint32_t enc = iss & ISS_SYS_ENC_MASK, rt = ISS_SYS_RT(iss);
	bool write = !(iss & ISS_SYS_READ), user = !(v->regs.spsr & SPSR_M_EL);
	uint64_t val = guest_reg_get(&v->regs, rt);

	/* What EL0 reaches is the communication channel, unless EL1 forbids it. */
	if (user && (d->mdscr & MDSCR_TDCC)) {
		guest_inject_sysreg(v, iss);
		return true;
	}
	if (!access(d, enc, write, &val))
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
	memset(v->debug, 0, vdebug_size());
	v->debug->os_lock = true;
}

/* -ENOMEM. */
int vdebug_vcpu_init(struct vcpu *v)
{
	v->debug = xzalloc_bytes(vdebug_size());
	if (!v->debug)
		return -ENOMEM;
	v->debug->os_lock = true;
	return 0;
}

void vdebug_vcpu_free(struct vcpu *v)
{
	xfree(v->debug);
}
