/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes: instructions written into a page of their own, run, and reported.  The page is made
 * coherent for fetches each time; with the MMU on, EL0 reaches it (and all memory) by an alias.
 */
#include "probe.h"

#define A64_RET 0xd65f03c0u
#define A64_SVC 0xd4000001u
#define A32_SVC 0xef000000u
#define T32_SVC 0xdf00df00u
#define SPSR_EL0 0x3c0u			/* EL0t, all masked */
#define SPSR_EL0_A32 0x1d0u		/* User, A32, all masked */
#define SPSR_T (1u << 5)
#define MOST 64

struct probe probe_last;
struct probe *volatile probe_current;
static uint32_t scratch[1024] __attribute__((aligned(4096)));

static uint64_t spsr_for(enum probe_from from)
{
	return from == FROM_EL0 ? SPSR_EL0 : from == FROM_EL0_A32 ? SPSR_EL0_A32 :
	       SPSR_EL0_A32 | SPSR_T;
}

static void run(struct probe *p, enum probe_from from, uint64_t at)
{
	p->faulted = false;
	p->esr = p->far = 0;
	probe_current = p;
	barrier();
	if (from == FROM_EL1)
		probe_enter_el1(p, (const void *)at);
	else
		probe_enter_el0(p, (const void *)at, spsr_for(from));
	barrier();
	probe_current = NULL;
}

bool probe_run(struct probe *p, enum probe_from from, const uint32_t *insn, unsigned int count)
{
	volatile uint32_t *to = scratch;
	unsigned int i;

	p->jump = false;
	for (i = 0; i < count && i < MOST; i++)
		to[i] = insn[i];
	to[i] = from == FROM_EL1 ? A64_RET : from == FROM_EL0 ? A64_SVC :
		from == FROM_EL0_A32 ? A32_SVC : T32_SVC;
	for (uint64_t line = (uint64_t)scratch; line <= (uint64_t)&scratch[i]; line += 16)
		asm volatile("dc cvau, %0" : : "r"(line) : "memory");
	asm volatile("dsb ish\n\tic iallu\n\tdsb ish\n\tisb" : : : "memory");
	run(p, from, from == FROM_EL1 ? (uint64_t)scratch : mmu_user(scratch));
	return !p->faulted;
}

bool probe_jump(struct probe *p, enum probe_from from, uint64_t address)
{
	p->jump = true;
	run(p, from, address);
	return !p->faulted;
}

static bool one(enum probe_from from, uint32_t insn, uint64_t x0, uint64_t x1)
{
	memset(&probe_last, 0, sizeof(probe_last));
	probe_last.x[0] = x0;
	probe_last.x[1] = x1;
	return probe_run(&probe_last, from, &insn, 1);
}

static bool read(enum probe_from from, uint32_t enc, uint64_t *val)
{
	if (!one(from, INSN_MRS(enc, 0), 0, 0))
		return false;
	*val = probe_last.x[0];
	return true;
}

bool try_sysreg_read(uint32_t enc, uint64_t *val)
{
	return read(FROM_EL1, enc, val);
}

bool try_sysreg_read_el0(uint32_t enc, uint64_t *val)
{
	return read(FROM_EL0, enc, val);
}

bool try_sysreg_write(uint32_t enc, uint64_t val)
{
	return one(FROM_EL1, INSN_MSR(enc, 0), val, 0);
}

bool try_sysreg_write_el0(uint32_t enc, uint64_t val)
{
	return one(FROM_EL0, INSN_MSR(enc, 0), val, 0);
}

static uint32_t size_bits(unsigned int width)
{
	return width == 8 ? 3u << 30 : width == 4 ? 2u << 30 : width == 2 ? 1u << 30 : 0;
}

/* LDR x0, [x1] of WIDTH bytes. */
bool try_load(uint64_t address, unsigned int width, uint64_t *val)
{
	if (!one(FROM_EL1, 0x39400020u | size_bits(width), 0, address))
		return false;
	*val = probe_last.x[0];
	return true;
}

/* STR x0, [x1] of WIDTH bytes. */
bool try_store(uint64_t address, unsigned int width, uint64_t val)
{
	return one(FROM_EL1, 0x39000020u | size_bits(width), val, address);
}
