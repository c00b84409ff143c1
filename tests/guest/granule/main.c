/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage 1 with each granule that the CPU has: RAM through blocks and through pages whose order is
 * turned round, and hypercalls whose pointers lie in such pages, over their ends, and where
 * nothing is mapped or may be written.
 */
#include "../lib/guest.h"

#define PAGES 4u		/* of the alias; the fifth is not mapped, the sixth read-only */
#define EFAULT 14
#define EINVAL 22
#define XENVER_extraversion 1
#define XENVER_get_features 6
#define PAGE_ATTR 0x703ul	/* valid page, AF, inner shareable, attribute 0: normal */
#define BLOCK_ATTR 0x701ul
#define READ_ONLY (2ul << 6)

static const struct granule {
	const char *name;
	unsigned int id_shift, absent;	/* in ID_AA64MMFR0_EL1 */
	unsigned int shift;		/* log2 of a page */
	uint64_t tg0;
	unsigned int va_bits;		/* so that the root is one table of blocks */
	unsigned int block_shift;
} granules[] = {
	{ "4k", 28, 15, 12, 0, 39, 30 },
	{ "16k", 20, 0, 14, 2, 36, 25 },
	{ "64k", 24, 15, 16, 1, 42, 29 },
};

static uint64_t tables[3][8192] __attribute__((aligned(65536)));
static char data[PAGES + 1][65536] __attribute__((aligned(65536)));

/* Everything to itself, and the last block's room as pages. Returns where these are seen. */
static char *make_tables(const struct granule *g)
{
	uint64_t entries = 1ul << (g->va_bits - g->block_shift), i, page = 1ul << g->shift;
	uint64_t *last = tables[1], at = (entries - 1) << g->block_shift;

	memset(tables, 0, sizeof(tables));
	for (i = 0; i + 1 < entries && i << g->block_shift < 1ul << 36; i++)
		tables[0][i] = i << g->block_shift | BLOCK_ATTR;
	tables[0][entries - 1] = (uint64_t)tables[1] | 3;
	if (g->shift == 12) {		/* 1 GiB blocks have a level more below them */
		tables[1][0] = (uint64_t)tables[2] | 3;
		last = tables[2];
	}
	for (i = 0; i < PAGES; i++)
		last[i] = ((uint64_t)data + (PAGES - 1 - i) * page) | PAGE_ATTR;
	last[PAGES + 1] = ((uint64_t)data + PAGES * page) | PAGE_ATTR | READ_ONLY;
	asm volatile("dsb ish" : : : "memory");
	return (char *)at;
}

static void turn_on(const struct granule *g)
{
	uint64_t range = mrs(id_aa64mmfr0_el1) & 7;

	msr(mair_el1, 0xff);
	msr(tcr_el1, (range > 5 ? 5 : range) << 32 | 1u << 23 | g->tg0 << 14 | 3u << 12 |
	    1u << 10 | 1u << 8 | (64 - g->va_bits));
	msr(ttbr0_el1, (uint64_t)tables[0]);
	isb();
	asm volatile("tlbi vmalle1\n\tic iallu\n\tdsb nsh\n\tisb" : : : "memory");
	msr(sctlr_el1, (mrs(sctlr_el1) & ~(1ul << 19 | 1ul << 1)) | 1u << 12 | 1u << 2 | 1);
	isb();
}

static void report(const struct granule *g, const char *what, bool good)
{
	char name[40];
	unsigned int n = 0;

	for (; *what; what++)
		name[n++] = *what;
	name[n++] = '-';
	for (what = g->name; *what; what++)
		name[n++] = *what;
	name[n] = 0;
	result(good, name, "see the payload");
}

static int64_t version(unsigned int op, void *p)
{
	return hypercall(HYPERVISOR_xen_version, op, (uint64_t)p, 0, 0, 0);
}

static bool same(const char *a, const char *b)
{
	return !strncmp(a, b, 16);
}

static void one(const struct granule *g)
{
	uint64_t page = 1ul << g->shift, i;
	char *alias = make_tables(g), want[16];
	uint32_t *features;
	bool good = true;

	turn_on(g);
	for (i = 0; i < PAGES * page; i += 8)
		*(volatile uint64_t *)(alias + i) = i * 0x9e3779b97f4a7c15ul;
	for (i = 0; i < PAGES * page && good; i += 8) {
		uint64_t at = (PAGES - 1 - i / page) * page + i % page;

		good = *(volatile uint64_t *)(&data[0][0] + at) == i * 0x9e3779b97f4a7c15ul;
	}
	report(g, "pages", good);
	/* What the hypervisor writes: in a page, over the end of one, at the very end. */
	good = version(XENVER_extraversion, want) == 0 && want[0];
	report(g, "pointer-block", good);
	good = version(XENVER_extraversion, alias + 64) == 0 && same(alias + 64, want);
	report(g, "pointer-page", good);
	good = true;
	for (i = 1; i < 16; i++) {
		char *p = alias + page - i;

		memset(p, 0x55, 16);
		good = good && version(XENVER_extraversion, p) == 0 && same(p, want);
	}
	report(g, "pointer-over-the-end", good);
	/* What it reads and writes: index in, map out. */
	features = (uint32_t *)(alias + 2 * page - 4);
	features[0] = 0;
	features[1] = 0;
	report(g, "pointer-read", version(XENVER_get_features, features) == 0 && features[1]);
	features[0] = 1;
	features[1] = 1;
	report(g, "pointer-read-again", version(XENVER_get_features, features) == -EINVAL);
	/* Over the last mapped page's end, not mapped, read-only, beyond the address space. */
	report(g, "half-mapped", version(XENVER_extraversion, alias + PAGES * page - 8) == -EFAULT);
	report(g, "not-mapped", version(XENVER_extraversion, alias + PAGES * page) == -EFAULT);
	report(g, "read-only", version(XENVER_extraversion, alias + (PAGES + 1) * page) == -EFAULT);
	report(g, "beyond", version(XENVER_extraversion, (void *)(1ul << 47)) == -EFAULT);
	mmu_off();
}

void guest_main(const void *dtb)
{
	uint64_t id;
	size_t i;

	console_init_any(dtb);
	id = mrs(id_aa64mmfr0_el1);
	for (i = 0; i < sizeof(granules) / sizeof(granules[0]); i++) {
		const struct granule *g = &granules[i];

		if ((id >> g->id_shift & 15) == g->absent)
			printk("GRANULE %s: the CPU has none\n", g->name);
		else
			one(g);
	}
	result_end();
}
