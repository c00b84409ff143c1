/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trapped system registers: the encoding that ESR_EL2.ISS gives of an MSR or MRS, and the rows of
 * the one table (arm64/trap_sysreg.c) that says what each does. What has no row is UNDEF.
 */
#pragma once

#include <xen/vdev.h>

/* ISS of a trapped MSR/MRS, without Rt and direction. */
#define ISS_SYS_ENC(op0, op1, crn, crm, op2) \
	(((op0) << 20) | ((op2) << 17) | ((op1) << 14) | ((crn) << 10) | ((crm) << 1))
#define ISS_SYS_ENC_MASK	ISS_SYS_ENC(3, 7, 15, 15, 7)
#define ISS_SYS_RT(iss)		((iss) >> 5 & 0x1f)
#define ISS_SYS_READ		BIT(0)

/* Does all of an access; false: UNDEF. */
typedef bool sysreg_trap_fn(struct vcpu *v, uint32_t iss);
struct sysreg_row {
	uint32_t enc;			/* ISS_SYS_ENC */
	uint32_t mask;			/* bits of enc that count: a row may stand for a group */
	sysreg_read_fn *read;		/* NULL: reading is UNDEF */
	sysreg_write_fn *write;		/* NULL: writing is UNDEF */
	sysreg_trap_fn *trap;
};
/* The first row that fits counts. */
extern const struct sysreg_row sysreg_rows[];
extern const uint32_t sysreg_nr_rows;

#define SYSREG_EXACT		ISS_SYS_ENC_MASK
/* Any CRm and op2 of one CRn. */
#define SYSREG_ANY_CRM_OP2	(ISS_SYS_ENC_MASK & ~ISS_SYS_ENC(0, 0, 0, 15, 7))

/* MSR or MRS of the current vCPU that EL2 trapped. */
void trap_sysreg(struct vcpu *v, uint32_t iss);
