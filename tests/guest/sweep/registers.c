/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every encoding of MRS, MSR, SYS and SYSL, and hints.  A written register gets its old value
 * back within the same run of instructions, so nothing needs to be left out, except:
 *  - SCTLR_EL1.M and EE: the next fetch or load would go astray by the payload's own will;
 *  - WFI, WFE: they may rightly sleep for ever.
 */
#include "sweep.h"

#define SCTLR_EL1 SYSREG(3, 0, 1, 0, 0)
#define SCTLR_M_EE (1ul | 1ul << 25)
#define SCTLR_EL0_MAY (1ul << 26 | 1ul << 15 | 1ul << 14 | 1ul << 9)	/* UCI, UCT, DZE, UMA */
#define MIDR_EL1 SYSREG(3, 0, 0, 0, 0)
#define INSN_SPSEL_1 0xd50041bfu
#define INSN_DAIF_SET_ALL 0xd5034fdfu

/*
 * A trapped register is undefined; some are the payload's own traps of EL0, or (its CPACR_EL1 is
 * as it was) of SVE and SME, which come before the hypervisor's.
 */
static void expect_class(const struct probe *p, uint32_t enc)
{
	switch (probe_class(p)) {
	case EC_NONE:
	case EC_UNDEF:
	case EC_SYSREG:
	case EC_FP:
	case EC_SVE:
	case EC_SME:
		break;
	default:
		wrong("an odd exception class", enc, p->esr);
	}
}

static uint64_t hostile_value(uint32_t enc)
{
	uint64_t v = rng_edge(&sweep.rng);

	return enc == SCTLR_EL1 ? v & ~SCTLR_M_EE : v;
}

static void write_and_restore(uint32_t enc)
{
	uint32_t words[] = { INSN_MRS(enc, 2), INSN_MSR(enc, 0), INSN_MRS(enc, 1),
			     INSN_MSR(enc, 2), INSN_SPSEL_1, INSN_DAIF_SET_ALL };
	struct probe p = { .x = { hostile_value(enc) } };

	probe_run(&p, FROM_EL1, words, sizeof(words) / sizeof(words[0]));
	note(enc | 1, probe_class(&p), p.faulted);
	expect_class(&p, enc);
}

static void read_from(enum probe_from from, uint32_t enc)
{
	uint32_t word = INSN_MRS(enc, 0);
	struct probe p = { 0 };

	probe_run(&p, from, &word, 1);
	note(enc, probe_class(&p), p.faulted);
	expect_class(&p, enc);
	/* op1 4, 5, 6 belong to EL2, EL3 and EL1 seen from there. */
	if ((enc >> 16 & 7) >= 4 && (enc >> 16 & 7) <= 6 && enc >> 19 == 3 && !p.faulted)
		wrong("a register of another exception level was read", enc, p.x[0]);
}

/* CALL for all encodings with op0 from FIRST to LAST. */
static void each_encoding(uint32_t first, uint32_t last, void (*call)(uint32_t))
{
	for (uint32_t enc = first << 19; enc < (last + 1) << 19; enc += 32)
		call(enc);
}

static void read_and_write(uint32_t enc)
{
	read_from(FROM_EL1, enc);
	write_and_restore(enc);
}

void sweep_registers(void)
{
	uint64_t midr = 0, tpidr = mrs(tpidr_el1);

	each_encoding(2, 3, read_and_write);
	msr(tpidr_el1, tpidr);
	if (!try_sysreg_read(MIDR_EL1, &midr) || midr != mrs(midr_el1))
		wrong("MIDR_EL1 is not what it was", MIDR_EL1, midr);
}

static void read_and_write_el0(uint32_t enc)
{
	uint32_t save = INSN_MRS(enc, 0), write = INSN_MSR(enc, 0);
	struct probe p = { 0 }, old = { 0 };

	read_from(FROM_EL0, enc);
	probe_run(&old, FROM_EL1, &save, 1);
	p.x[0] = rng_edge(&sweep.rng);
	probe_run(&p, FROM_EL0, &write, 1);
	note(enc | 3, probe_class(&p), p.faulted);
	expect_class(&p, enc);
	if (!p.faulted && !old.faulted)
		probe_run(&old, FROM_EL1, &write, 1);
}

/* EL0 may do most of what its EL1 can grant. */
void sweep_registers_el0(void)
{
	uint64_t sctlr = mrs(sctlr_el1), cntkctl = mrs(cntkctl_el1);

	msr(sctlr_el1, sctlr | SCTLR_EL0_MAY);
	msr(cntkctl_el1, 0x303 | (rng_next(&sweep.rng) & 0xfc));
	isb();
	each_encoding(2, 3, read_and_write_el0);
	msr(sctlr_el1, sctlr);
	msr(cntkctl_el1, cntkctl);
	isb();
}

/* SYS and SYSL, from both levels; an address is never one of our own code or data. */
static void system_instruction(uint32_t enc)
{
	static const enum probe_from levels[] = { FROM_EL1, FROM_EL0 };

	for (int i = 0; i < 4; i++) {
		uint32_t word = i & 2 ? INSN_MRS(enc, 0) : INSN_MSR(enc, 0);
		struct probe p = { .x = { stray_address() } };

		probe_run(&p, levels[i & 1], &word, 1);
		note(enc | (uint32_t)i, probe_class(&p), p.faulted);
	}
}

void sweep_system(void)
{
	uint64_t sctlr = mrs(sctlr_el1);

	each_encoding(1, 1, system_instruction);
	msr(sctlr_el1, sctlr | SCTLR_EL0_MAY);
	isb();
	for (int i = 0; i < 2; i++)
		for (uint32_t enc = SYSREG(1, 3, 7, 0, 0); enc < SYSREG(1, 3, 8, 0, 0); enc += 32)
			system_instruction(enc);
	msr(sctlr_el1, sctlr);
	isb();
}

static void hint(uint32_t word)
{
	uint32_t words[] = { word, INSN_SPSEL_1, INSN_DAIF_SET_ALL };
	struct probe p = { 0 };

	probe_run(&p, FROM_EL1, words, 3);
	note(word, probe_class(&p), p.faulted);
	probe_run(&p, FROM_EL0, words, 1);
	note(word | 1ul << 32, probe_class(&p), p.faulted);
}

/* Hints, barriers, and MSR with an immediate. */
void sweep_hints(void)
{
	for (uint32_t i = 0; i < 128; i++) {
		if (i != 2 && i != 3)
			hint(0xd503201f | i << 5);
		hint(0xd503301f | i << 5);
		for (uint32_t op1 = 0; op1 < 8; op1++)
			hint(0xd500401f | op1 << 16 | i << 5);
	}
}
