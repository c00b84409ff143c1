/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System registers that trap: one row each. ID registers are not here but in a table of their own
 * (core/id_regs.c). What is in neither is UNDEF to the guest (vdev/vsysreg.c).
 */
#include <xen/id_regs.h>
#include <xen/vdebug.h>
#include <xen/vgic.h>
#include <xen/vpmu.h>
#include "machine.h"

/*
 * The cache's description traps only where the host's CPUs differ: then line sizes are those that
 * fit all of them, and sizes are those of the CPU at hand.
 */
#define READER(name, value) static uint64_t name(struct vcpu *v __unused) { return value; }
READER(read_zero, 0)
READER(read_ctr, guest_ctr)
READER(read_ccsidr, read_sysreg(ccsidr_el1))
READER(read_clidr, read_sysreg(clidr_el1))
READER(read_csselr, read_sysreg(csselr_el1))

static void write_ignored(struct vcpu *v __unused, uint64_t val __unused) { }

static void write_csselr(struct vcpu *v __unused, uint64_t val)
{
	write_sysreg(csselr_el1, val & 0xf);
	isb();
}

#define ROW(op0, op1, crn, crm, op2)	.enc = ISS_SYS_ENC(op0, op1, crn, crm, op2)

const struct sysreg_row sysreg_rows[] = {
	/* ICC_SGI1R_EL1, ICC_ASGI1R_EL1, ICC_SGI0R_EL1, ICC_SRE_EL1 */
	{ ROW(3, 0, 12, 11, 5), SYSREG_EXACT, NULL, vgic_sgi1r },
	{ ROW(3, 0, 12, 11, 6), ISS_SYS_ENC(3, 7, 15, 15, 6), .trap = vgic_trap_icc },
	{ ROW(3, 0, 12, 12, 5), SYSREG_EXACT, .trap = vgic_trap_icc },
	/* CNTPCT_EL0, which QEMU traps for EL0 with the timer; CNTP_TVAL, CNTP_CTL, CNTP_CVAL */
	{ ROW(3, 3, 14, 0, 1), SYSREG_EXACT, vptimer_read_count, NULL },
	{ ROW(3, 3, 14, 2, 0), SYSREG_EXACT, vptimer_read_tval, vptimer_write_tval },
	{ ROW(3, 3, 14, 2, 1), SYSREG_EXACT, vptimer_read_ctl, vptimer_write_ctl },
	{ ROW(3, 3, 14, 2, 2), SYSREG_EXACT, vptimer_read_cval, vptimer_write_cval },
	/* Debug: vdev/vdebug.c */
	{ ROW(2, 0, 0, 0, 0), ISS_SYS_ENC(3, 0, 0, 0, 0), .trap = vdebug_trap },
	/* PMU: CRn = 9, CRm 12..15 for EL0 and EL1; PMEVCNTR, PMEVTYPER, PMCCFILTR (CRm 8..15) */
	{ ROW(3, 3, 9, 12, 0), ISS_SYS_ENC(3, 7, 15, 12, 0), .trap = vpmu_trap },
	{ ROW(3, 0, 9, 12, 0), ISS_SYS_ENC(3, 7, 15, 12, 0), .trap = vpmu_trap },
	{ ROW(3, 3, 14, 8, 0), ISS_SYS_ENC(3, 7, 15, 8, 0), .trap = vpmu_trap },
	{ ROW(3, 0, 1, 0, 1), SYSREG_EXACT, read_zero, write_ignored },	/* ACTLR_EL1 */
	/* DC ISW, CSW, CISW: CRm 6, 10 and 14; there is none with 2 */
	{ ROW(1, 0, 7, 2, 2), ISS_SYS_ENC(3, 7, 15, 3, 7), .trap = trap_set_way },
	/* Those of HCR_EL2.TVM: TTBR, TCR; SCTLR; ESR, AFSR; FAR; MAIR, AMAIR; CONTEXTIDR */
	{ ROW(3, 0, 2, 0, 0), SYSREG_ANY_CRM_OP2, .trap = trap_translation_reg },
	{ ROW(3, 0, 1, 0, 0), SYSREG_EXACT, .trap = trap_translation_reg },
	{ ROW(3, 0, 5, 0, 0), SYSREG_ANY_CRM_OP2, .trap = trap_translation_reg },
	{ ROW(3, 0, 6, 0, 0), SYSREG_EXACT, .trap = trap_translation_reg },
	{ ROW(3, 0, 10, 0, 0), SYSREG_ANY_CRM_OP2, .trap = trap_translation_reg },
	{ ROW(3, 0, 13, 0, 1), SYSREG_EXACT, .trap = trap_translation_reg },
	/* CTR_EL0, CCSIDR_EL1, CLIDR_EL1, CSSELR_EL1 */
	{ ROW(3, 3, 0, 0, 1), SYSREG_EXACT, read_ctr, NULL },
	{ ROW(3, 1, 0, 0, 0), SYSREG_EXACT, read_ccsidr, NULL },
	{ ROW(3, 1, 0, 0, 1), SYSREG_EXACT, read_clidr, NULL },
	{ ROW(3, 2, 0, 0, 0), SYSREG_EXACT, read_csselr, write_csselr },
};
const uint32_t sysreg_nr_rows = ARRAY_SIZE(sysreg_rows);
