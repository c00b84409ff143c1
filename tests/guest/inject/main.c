/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions that the hypervisor raises in this EL1: each with the vector, return address, saved
 * state and syndrome that the architecture has for it, from EL1 and EL0, from AArch64 and, where
 * the CPU can, from AArch32 at EL0.
 */
#include "../lib/probe.h"

#define HOLE 0x800000000ul		/* 32 GiB: beyond this machine's memory */
#define HOLE32 0x0b000000ul
#define IL (1ul << 25)
#define EC(ec) ((uint64_t)(ec) << 26)
#define FSC_EXTERNAL 0x10u
#define FSC_EXTERNAL_WALK 0x15u
#define WNR (1u << 6)
#define DAIF_ALL 0x3c0u
#define LDR_W0_X1 0xb9400020u
#define STR_W0_X1 0xb9000020u
#define A32_LDR_R0_R1 0xe5910000u
#define A32_MRC_C15 0xee1f0f10u		/* mrc p15, 0, r0, c15, c0, 0 */
#define T32_MRC_C15 0x0f10ee1fu		/* halfwords in memory's order */
#define EL0_TOO (1ul << 6)
#define ROOT_INDEX 200ul		/* an entry of the first level that mmu.c leaves free */

static struct {
	uint64_t kind, esr, far, elr, spsr, daif;
	bool pan;
} seen;

static bool take_note(uint64_t kind, struct frame *f, uint64_t esr)
{
	if (!probe_current)
		return false;
	seen.kind = kind;
	seen.esr = esr;
	seen.far = mrs(far_el1);
	seen.elr = f->elr;
	seen.spsr = f->spsr;
	seen.daif = mrs(daif);
	seen.pan = mrs(id_aa64mmfr1_el1) >> 20 & 0xf && mrs(s3_0_c4_c2_3);
	return false;
}

/* What must be the same for all: masks on entry, the vector, the syndrome. */
static void check(const char *name, bool faulted, uint64_t kind, uint64_t esr)
{
	bool good = faulted && seen.kind == kind && seen.esr == esr && seen.daif == DAIF_ALL;

	if (!good)
		printk("# vector %lu esr %lx far %lx elr %lx spsr %lx daif %lx\n", seen.kind,
		       seen.esr, seen.far, seen.elr, seen.spsr, seen.daif);
	result(good, name, faulted ? "vector, syndrome or masks" : "no exception");
}

static bool run(enum probe_from from, uint32_t insn, uint64_t x1)
{
	memset(&seen, 0xff, sizeof(seen));
	memset(&probe_last, 0, sizeof(probe_last));
	probe_last.x[1] = x1;
	return !probe_run(&probe_last, from, &insn, 1);
}

/* The return address is the instruction itself: the word there is it. */
static void check_return(const char *name, uint32_t insn, uint64_t spsr)
{
	result(seen.elr != ~0ul && *(volatile uint32_t *)seen.elr == insn && (seen.spsr & 0x3ff) == spsr, name,
	       "return address or saved state");
}

static void undefined(void)
{
	static const struct { const char *name; uint32_t insn; } rows[] = {
		{ "hvc-1", INSN_HVC(1) }, { "smc-1", INSN_SMC(1) },
		{ "mrs-c9", INSN_MRS(SYSREG(3, 7, 9, 3, 3), 0) },
		{ "msr-c11", INSN_MSR(SYSREG(3, 0, 11, 0, 0), 0) },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check(rows[i].name, run(FROM_EL1, rows[i].insn, 0), 4, EC(EC_UNDEF) | IL);
		check_return(rows[i].name, rows[i].insn, 0x3c5);
	}
}

static void aborts(void)
{
	check("load", run(FROM_EL1, LDR_W0_X1, HOLE + 4), 4, EC(EC_DABT) | IL | FSC_EXTERNAL);
	result_equal(seen.far, HOLE + 4, "load-far");
	check_return("load-return", LDR_W0_X1, 0x3c5);
	check("store", run(FROM_EL1, STR_W0_X1, HOLE), 4, EC(EC_DABT) | IL | WNR | FSC_EXTERNAL);
	memset(&seen, 0xff, sizeof(seen));
	check("fetch", !probe_jump(&probe_last, FROM_EL1, HOLE), 4, EC(EC_IABT) | IL | FSC_EXTERNAL);
	result(seen.far == HOLE && seen.elr == HOLE, "fetch-far", "FAR or return address");
}

static void flush_tlb(void)
{
	asm volatile("dsb ish\n\ttlbi vmalle1\n\tdsb ish\n\tisb" : : : "memory");
}

static void from_el0(void)
{
	uint64_t *root = (uint64_t *)(mrs(ttbr0_el1) & ~0xffful);

	root[HOLE >> 30] |= EL0_TOO;
	flush_tlb();
	check("el0-load", run(FROM_EL0, LDR_W0_X1, HOLE), 8, EC(EC_DABT_EL0) | IL | FSC_EXTERNAL);
	check("el0-store", run(FROM_EL0, STR_W0_X1, HOLE), 8,
	      EC(EC_DABT_EL0) | IL | WNR | FSC_EXTERNAL);
	check("el0-fetch", !probe_jump(&probe_last, FROM_EL0, HOLE), 8,
	      EC(EC_IABT_EL0) | IL | FSC_EXTERNAL);
}

/* 32-bit programs; they reach memory with the MMU off. */
static void from_aarch32(void)
{
	if ((mrs(id_aa64pfr0_el1) & 0xf) != 2)
		return;
	check("el0-a32-cp15", run(FROM_EL0_A32, A32_MRC_C15, 0), 12, EC(EC_UNDEF) | IL);
	check_return("el0-a32-return", A32_MRC_C15, 0x1d0);
	check("el0-a32-load", run(FROM_EL0_A32, A32_LDR_R0_R1, HOLE32), 12,
	      EC(EC_DABT_EL0) | IL | FSC_EXTERNAL);
	check("el0-t32-cp15", run(FROM_EL0_T32, T32_MRC_C15, 0), 12, EC(EC_UNDEF) | IL);
	check_return("el0-t32-return", T32_MRC_C15, 0x1f0);
}

/* A walk whose table is nowhere: the abort is one of the walk. */
static void walks(void)
{
	uint64_t *root = (uint64_t *)(mrs(ttbr0_el1) & ~0xffful), old = root[ROOT_INDEX];
	uint64_t at = ROOT_INDEX << 30;

	root[ROOT_INDEX] = HOLE | 3;
	flush_tlb();
	check("walk-load", run(FROM_EL1, LDR_W0_X1, at), 4, EC(EC_DABT) | IL | FSC_EXTERNAL_WALK);
	result_equal(seen.far, at, "walk-far");
	check("walk-fetch", !probe_jump(&probe_last, FROM_EL1, at), 4,
	      EC(EC_IABT) | IL | FSC_EXTERNAL_WALK);
	root[ROOT_INDEX] = old;
	flush_tlb();
}

/* SCTLR_EL1.SPAN clear: PAN is set on entry, where there is PAN. */
static void pan(void)
{
	if (!(mrs(id_aa64mmfr1_el1) >> 20 & 0xf))
		return;
	msr(sctlr_el1, mrs(sctlr_el1) & ~(1ul << 23));
	isb();
	run(FROM_EL1, INSN_HVC(1), 0);
	result(seen.pan, "pan-set", "PAN is clear after an exception");
	msr(sctlr_el1, mrs(sctlr_el1) | 1ul << 23);
	isb();
	msr(s3_0_c4_c2_3, 0);
	run(FROM_EL1, INSN_HVC(1), 0);
	result(!seen.pan, "pan-kept", "PAN changed with SPAN set");
}

void guest_main(const void *dtb)
{
	(void)dtb;
	console_init();
	trap_sync = take_note;
	undefined();
	aborts();
	mmu_on();
	aborts();
	from_el0();
	walks();
	mmu_off();
	from_aarch32();
	pan();
	result_end();
}
