/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage 1 for payloads that want caches on: everything is mapped to itself with 4 KiB granule and
 * 39 bits, blocks only.  Below 1 GiB only the shared pages of a guest (0x38000000 on) and the
 * payload's own 32 MiB are normal memory; from 256 GiB on all is device.  The last GiB of the
 * address space is an alias, open to EL0, of the one that the payload is in; the one below it
 * shows the first GiB as normal memory, where unaligned accesses get as far as stage 2.
 */
#include "guest.h"

#define GIB (1ul << 30)
#define MIB2 (1ul << 21)
#define BLOCK 0x701ul			/* valid block, AF, inner shareable, attribute 0: normal */
#define DEVICE (BLOCK | 1 << 2)		/* attribute 1 */
#define TABLE 3ul
#define EL0_TOO (1ul << 6)
#define ALIAS 511ul
#define NORMAL_ALIAS 510ul

static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t first_gib[512] __attribute__((aligned(4096)));
static volatile bool mmu_is_on;

static void make_tables(void)
{
	uint64_t self = (uint64_t)root;

	for (uint64_t i = 0; i < 512; i++) {
		uint64_t at = i * MIB2;
		bool normal = (at >= 0x38000000 && at < 0x3a000000) ||
			      (at >= self - (self % MIB2) - 16 * MIB2 && at < self + 16 * MIB2);

		first_gib[i] = at | (normal ? BLOCK : DEVICE);
	}
	root[0] = (uint64_t)first_gib | TABLE;
	for (uint64_t i = 1; i < NORMAL_ALIAS; i++)
		root[i] = i * GIB | (i < 256 || i == self / GIB ? BLOCK : DEVICE);
	root[NORMAL_ALIAS] = BLOCK;
	root[ALIAS] = self / GIB * GIB | BLOCK | EL0_TOO;
	asm volatile("dsb ish" : : : "memory");
}

/* Turn this CPU's stage 1 and caches on; the first one makes the tables. */
void mmu_on(void)
{
	uint64_t range = mrs(id_aa64mmfr0_el1) & 7;

	if (!root[0])
		make_tables();
	msr(mair_el1, 0xff);			/* 0: write-back, 1: device nGnRnE */
	msr(tcr_el1, (range > 5 ? 5 : range) << 32 | 1u << 23 | 3u << 12 | 1u << 10 | 1u << 8 |
	    25);
	msr(ttbr0_el1, (uint64_t)root);
	isb();
	asm volatile("tlbi vmalle1\n\tic iallu\n\tdsb nsh\n\tisb" : : : "memory");
	msr(sctlr_el1, (mrs(sctlr_el1) & ~(1ul << 19 | 1ul << 1)) | 1u << 12 | 1u << 2 | 1);
	isb();
	mmu_is_on = true;
}

void mmu_off(void)
{
	msr(sctlr_el1, mrs(sctlr_el1) & ~(1ul << 12 | 1ul << 2 | 1));
	isb();
	mmu_is_on = false;
}

/* Where EL0 finds P. */
uint64_t mmu_user(const void *p)
{
	return mmu_is_on ? ALIAS * GIB | ((uint64_t)p & (GIB - 1)) : (uint64_t)p;
}

/* Where ADDRESS below 1 GiB is seen as normal memory; any other is itself. */
uint64_t mmu_normal(uint64_t address)
{
	return mmu_is_on && address < GIB ? NORMAL_ALIAS * GIB | address : address;
}
