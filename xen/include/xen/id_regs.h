/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What guests read as ID registers: the features that all CPUs of the host have, less what is not
 * switched or emulated. Made at start, CPU by CPU; a domain with features of its own choice has a
 * table of its own, set before it has vCPUs and constant from then on.
 */
#pragma once

#include <xen/types.h>

/* ID registers are op0 = 3, op1 = 0, CRn = 0, CRm 1..7: a table is indexed by CRm and op2. */
#define NR_ID_REGS		64u
#define ID_REG(crm, op2)	((crm) * 8u + (op2))
#define ID_PFR1			ID_REG(1, 1)
#define ID_DFR0			ID_REG(1, 2)
#define ID_AA64PFR0		ID_REG(4, 0)
#define ID_AA64PFR1		ID_REG(4, 1)
#define ID_AA64ZFR0		ID_REG(4, 4)
#define ID_AA64DFR0		ID_REG(5, 0)
#define ID_AA64ISAR0		ID_REG(6, 0)
#define ID_AA64ISAR1		ID_REG(6, 1)
#define ID_AA64ISAR2		ID_REG(6, 2)
#define ID_AA64MMFR0		ID_REG(7, 0)
#define ID_AA64MMFR1		ID_REG(7, 1)

/* The field of 4 bits at shift. */
#define ID_FIELD(value, shift)	((uint32_t)((value) >> (shift)) & 0xfu)

/* Guests' common view; final when the last CPU is up. */
extern uint64_t guest_id_regs[NR_ID_REGS];
extern uint64_t guest_ctr;		/* CTR_EL0 */
extern bool host_ctr_differs;		/* between CPUs: it must trap */

/* One more CPU, with these registers. first: begin anew. */
void id_regs_add_cpu(const uint64_t *raw, uint64_t ctr, bool first);
/* The CPU may do with what was decided for those before it: false when it lacks what we rely on. */
bool id_regs_cpu_fits(const uint64_t *raw, const uint64_t *boot);
/* PARange in bits of physical address. */
uint32_t id_regs_pa_bits(const uint64_t *regs);
/* The table of d's own, made if need be, for a domain without vCPUs. NULL: no memory. */
uint64_t *id_regs_own(struct domain *d);
/* d, without vCPUs, shows SVE as the host's CPUs have it, or not. -ENOMEM. */
int id_regs_set_sve(struct domain *d, bool on) __must_check;
/*
 * Lower field shift of register reg to at most max, in the field's own order. -EINVAL when there
 * is no such field.
 */
int id_regs_lower(uint64_t *regs, uint32_t reg, uint32_t shift, uint32_t max) __must_check;
/*
 * d, that has not run, shows what another host's domain did; its vCPUs are to be reset after that.
 * -EOPNOTSUPP: it has not all of that; -ENOMEM.
 */
int id_regs_restore(struct domain *d, const uint64_t *saved) __must_check;
/* Reads need not trap: d's view is what each CPU of the host has. */
bool id_regs_are_hosts(const struct domain *d);
/* enum vcpu_extra of every vCPU of d that follow from its features. */
uint32_t id_regs_extras(const struct domain *d);
