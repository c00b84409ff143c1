/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System registers that trap: one row each. ID registers are an array of their own, since they are
 * read often. What is in neither is UNDEF to the guest.
 */
#include <arm64/sysreg.h>
#include <xen/vcpu.h>
#include <xen/vdev.h>
#include <xen/vgic.h>
#include "machine.h"

struct sysreg_row {
	uint32_t enc;			/* ISS_SYS_ENC */
	uint32_t mask;			/* bits of enc that count: a row may stand for a group */
	sysreg_read_fn *read;		/* NULL: reading is UNDEF */
	sysreg_write_fn *write;		/* NULL: writing is UNDEF */
};

static uint64_t read_zero(struct vcpu *v __unused)
{
	return 0;
}

static void write_ignored(struct vcpu *v __unused, uint64_t val __unused)
{
}

/* OSLSR_EL1: the OS lock is implemented (OSLM = 0b10) and open. */
static uint64_t read_oslsr(struct vcpu *v __unused)
{
	return 8;
}

#define EXACT	ISS_SYS_ENC_MASK
/* Any CRm and op2: breakpoints, watchpoints and the other debug registers of one CRn. */
#define ANY_CRM_OP2	(ISS_SYS_ENC_MASK & ~ISS_SYS_ENC(0, 0, 0, 15, 7))
#define ROW(op0, op1, crn, crm, op2)	.enc = ISS_SYS_ENC(op0, op1, crn, crm, op2)

static const struct sysreg_row rows[] = {
	/* ICC_SGI1R_EL1, ICC_ASGI1R_EL1, ICC_SGI0R_EL1 */
	{ ROW(3, 0, 12, 11, 5), EXACT, NULL, vgic_sgi1r },
	{ ROW(3, 0, 12, 11, 6), EXACT, NULL, write_ignored },
	{ ROW(3, 0, 12, 11, 7), EXACT, NULL, write_ignored },
	/* CNTP_TVAL_EL0, CNTP_CTL_EL0, CNTP_CVAL_EL0 */
	{ ROW(3, 3, 14, 2, 0), EXACT, vptimer_read_tval, vptimer_write_tval },
	{ ROW(3, 3, 14, 2, 1), EXACT, vptimer_read_ctl, vptimer_write_ctl },
	{ ROW(3, 3, 14, 2, 2), EXACT, vptimer_read_cval, vptimer_write_cval },
	/* OSLSR_EL1; then all AArch64 debug registers: no debugging, no trouble */
	{ ROW(2, 0, 1, 1, 4), EXACT, read_oslsr, NULL },
	{ ROW(2, 0, 0, 0, 0), ANY_CRM_OP2, read_zero, write_ignored },
	{ ROW(2, 0, 1, 0, 0), ANY_CRM_OP2, read_zero, write_ignored },
	{ ROW(2, 0, 7, 0, 0), ANY_CRM_OP2, read_zero, write_ignored },
	{ ROW(2, 3, 0, 1, 0), EXACT, read_zero, NULL },			/* MDCCSR_EL0 */
	{ ROW(3, 0, 1, 0, 1), EXACT, read_zero, write_ignored },	/* ACTLR_EL1 */
	/*
	 * DC ISW, CSW, CISW: HCR_EL2.SWIO and coherent caches; no guest page is left dirty by
	 * them
	 */
	{ ROW(1, 0, 7, 6, 2), EXACT, NULL, write_ignored },
	{ ROW(1, 0, 7, 10, 2), EXACT, NULL, write_ignored },
	{ ROW(1, 0, 7, 14, 2), EXACT, NULL, write_ignored },
};

#define ID_REGS		ISS_SYS_ENC(3, 0, 0, 0, 0)
#define ID_REGS_MASK	(ANY_CRM_OP2 | ISS_SYS_ENC(0, 0, 0, 8, 0))	/* CRm 0..7 */

/* MSR or MRS of the current vCPU that EL2 traps. */
void trap_sysreg(struct vcpu *v, uint32_t iss)
{
	uint32_t enc = iss & ISS_SYS_ENC_MASK;
	uint32_t rt = ISS_SYS_RT(iss);
	const struct sysreg_row *row = rows, *end = rows + ARRAY_SIZE(rows);

	if ((enc & ID_REGS_MASK) == ID_REGS && (iss & ISS_SYS_READ)) {
		guest_reg_set(v, rt, guest_id_regs[enc >> 1 & 7][enc >> 17 & 7]);
		guest_regs_skip(&v->regs);
		return;
	}
	while (row < end && (enc & row->mask) != row->enc)
		row++;
	if (row < end && (iss & ISS_SYS_READ) && row->read) {
		guest_reg_set(v, rt, row->read(v));
		guest_regs_skip(&v->regs);
	} else if (row < end && !(iss & ISS_SYS_READ) && row->write) {
		guest_regs_skip(&v->regs);
		row->write(v, guest_reg_get(&v->regs, rt));
	} else {
		guest_inject_undef(v);
	}
}
