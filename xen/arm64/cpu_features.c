/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the CPUs can do: each reads its ID registers once, for the guests' view (core/id_regs.c)
 * and for what the hypervisor itself decides by them. The CPUs come up one after the other.
 */
#include <xen/aarch32.h>
#include <xen/domain.h>
#include <xen/id_regs.h>
#include <xen/sve.h>
#include "machine.h"

static uint64_t boot_regs[NR_ID_REGS] __ro_after_init;

#define READ(crm, op2)	raw[ID_REG(crm, op2)] = read_sysreg(S3_0_C0_C##crm##_##op2);
#define READ_ALL(crm) \
	READ(crm, 0) READ(crm, 1) READ(crm, 2) READ(crm, 3) \
	READ(crm, 4) READ(crm, 5) READ(crm, 6) READ(crm, 7)

/* All of the ID space: what is not allocated reads as zero. */
static void read_cpu(uint64_t *raw)
{
	memset(raw, 0, sizeof(boot_regs));
	READ_ALL(1) READ_ALL(2) READ_ALL(3) READ_ALL(4) READ_ALL(5) READ_ALL(6) READ_ALL(7)
}

/* The vector lengths of this CPU: bit n is (n + 1) * 128 bits. One that it lacks gives a shorter. */
static uint32_t sve_lengths(const uint64_t *raw)
{
	uint64_t cptr = read_sysreg(cptr_el2);
	uint32_t lengths = 0;

	if (!ID_FIELD(raw[ID_AA64PFR0], 32))
		return 0;
	write_sysreg(cptr_el2, CPTR_GUEST & ~CPTR_TZ);
	isb();
	for (uint32_t len = 0; len < SVE_VL_MAX; len++) {
		write_sysreg(ZCR_EL2, len);
		isb();
		lengths |= 1u << (sve_vector_bytes() / 16 - 1);
	}
	write_sysreg(cptr_el2, cptr);
	isb();
	return lengths;
}

static void add_cpu(const uint64_t *raw, bool first)
{
	host_has_aarch32 = ID_FIELD(raw[ID_AA64PFR0], 4) == 2 && (first || host_has_aarch32);
	id_regs_add_cpu(raw, read_sysreg(ctr_el0), first);
	sve_add_cpu(sve_lengths(raw), first);
	vsmccc_add_cpu(raw, (uint32_t)read_sysreg(midr_el1), first);
}

/* Boot CPU: begin the guests' view; the stage-2 input size and the VMID size. */
__init void cpu_features_init_boot(void)
{
	read_cpu(boot_regs);
	add_cpu(boot_regs, true);
	p2m_host_ipa_bits = id_regs_pa_bits(boot_regs);
	vmid_init(ID_FIELD(boot_regs[ID_AA64MMFR1], 4) == 2 ? 16 : 8);
	cpu_has_lse = ID_FIELD(boot_regs[ID_AA64ISAR0], 20) >= 2;
	pr_info("CPU MIDR 0x%lx, %u-bit physical addresses, atomics %s\n", read_sysreg(midr_el1),
		p2m_host_ipa_bits, cpu_has_lse ? "LSE" : "LL/SC");
}

/*
 * A CPU that comes up: guests see what it has in common with those before it. False when it lacks
 * what the boot CPU has and we rely on.
 */
bool cpu_features_add_secondary(unsigned int cpu)
{
	uint64_t raw[NR_ID_REGS];

	read_cpu(raw);
	if (!id_regs_cpu_fits(raw, boot_regs)) {
		pr_err("CPU%u lacks what CPU0 has: it is left out\n", cpu);
		return false;
	}
	add_cpu(raw, false);
	return true;
}

/* Lo and Hi of the keys IA, IB, DA, DB and G. */
#define FOR_EACH_KEY(op)								\
	op(S3_0_C2_C1_0, 0) op(S3_0_C2_C1_1, 1) op(S3_0_C2_C1_2, 2) op(S3_0_C2_C1_3, 3)	\
	op(S3_0_C2_C2_0, 4) op(S3_0_C2_C2_1, 5) op(S3_0_C2_C2_2, 6) op(S3_0_C2_C2_3, 7)	\
	op(S3_0_C2_C3_0, 8) op(S3_0_C2_C3_1, 9)
#define SAVE_KEY(reg, n)	v->ctxt.pauth_keys[n] = read_sysreg(reg);
#define LOAD_KEY(reg, n)	write_sysreg(reg, v->ctxt.pauth_keys[n]);

/* The keys may stay in the CPU: EL2 does not use them, and without HCR_EL2.API nobody can. */
void pauth_save(struct vcpu *v) { FOR_EACH_KEY(SAVE_KEY) }
void pauth_load(struct vcpu *v) { FOR_EACH_KEY(LOAD_KEY) }

#define SCXTNUM_EL0	S3_3_C13_C0_7
#define SCXTNUM_EL1	S3_0_C13_C0_7
#define FOR_EACH_SCXTNUM(op)	op(SCXTNUM_EL0, scxtnum[0]) op(SCXTNUM_EL1, scxtnum[1])

void scxtnum_save(struct vcpu *v) { FOR_EACH_SCXTNUM(SAVE_REG) }
void scxtnum_load(struct vcpu *v) { FOR_EACH_SCXTNUM(LOAD_REG) }

/*
 * DISR_EL1 of a guest, hidden with RAS but within its reach. Among CPUs that differ one may be
 * without.
 */
#define VDISR_EL2	S3_4_C12_C1_1

static bool has_ras(void) { return ID_FIELD(read_sysreg(id_aa64pfr0_el1), 28); }

void disr_save(struct vcpu *v)
{
	if (has_ras())
		v->ctxt.disr = read_sysreg(VDISR_EL2);
}

void disr_load(struct vcpu *v)
{
	if (has_ras())
		write_sysreg(VDISR_EL2, v->ctxt.disr);
}

/* Others of this CPU see its own: it is put back. */
void midr_save(struct vcpu *v __unused) { write_sysreg(vpidr_el2, read_sysreg(midr_el1)); }
void midr_load(struct vcpu *v) { write_sysreg(vpidr_el2, v->domain->midr); }
