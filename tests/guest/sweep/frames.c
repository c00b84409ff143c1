/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses to the emulated frames (every offset and width, the end crossed, unaligned, without a
 * syndrome), to nowhere, and fetches from where no code is.  With the MMU on, half of them go by
 * an alias that is normal memory, where unaligned ones get past stage 1.  As dom0 it leaves its
 * devices alone: they are its own, and one of them copies memory anywhere.
 */
#include "sweep.h"

struct window {
	uint64_t base, size;
};

static struct window windows[8];
static unsigned int n_windows;

static void add(const char *compatible, unsigned int index, uint64_t most)
{
	struct window *w = &windows[n_windows];

	if (!dt_region(sweep.dtb, compatible, index, &w->base, &w->size))
		return;
	if (w->size > most)
		w->size = most;
	n_windows++;
}

/* All redistributors look alike: a vCPU's own and the end of the next are enough. */
static void find_windows(void)
{
	n_windows = 0;
	add("arm,gic-v3", 0, 0x10000);
	add("arm,gic-v3", 1, 0x40000);
	add("arm,gic-400", 0, 0x1000);
	add("arm,cortex-a15-gic", 0, 0x1000);
	if (guest_is_dom0)
		return;
	add("arm,gic-400", 1, 0x2000);
	add("arm,cortex-a15-gic", 1, 0x2000);
	add("arm,pl011", 0, 0x1000);
	add("arm,sbsa-uart", 0, 0x1000);
}

/*
 * An access is done, or is an abort, or the CPU does not know the instruction, or it is a cache
 * operation that EL0 may not do.
 */
static void access_with(uint32_t word, uint64_t address, enum probe_from from, uint64_t value)
{
	struct probe p = { .x = { value, address, rng_next(&sweep.rng),
				  rng_next(&sweep.rng) } };
	uint32_t class;

	probe_run(&p, from, &word, 1);
	class = probe_class(&p);
	note(address ^ word, class, p.faulted);
	if (class != EC_NONE && class != EC_DABT && class != EC_DABT_EL0 && class != EC_UNDEF &&
	    class != EC_SYSREG)
		wrong("an odd exception class", address, p.esr);
}

static void access(uint32_t word, uint64_t address, enum probe_from from)
{
	access_with(word, address, from, rng_edge(&sweep.rng));
}

static uint32_t random_word(void)
{
	return access_words[rng_below(&sweep.rng, (uint64_t)(access_words_end - access_words))];
}

static uint64_t seen(uint64_t address)
{
	return rng_next(&sweep.rng) & 1 ? mmu_normal(address) : address;
}

static void one_window(const struct window *w)
{
	/* The first eight words: LDR and STR of 1, 2, 4 and 8 bytes. */
	for (uint64_t at = 0; at < w->size; at++)
		for (unsigned int i = 0; i < 8; i++)
			if (chosen())
				access(access_words[i], w->base + at, FROM_EL1);
	for (uint64_t i = 0; i < w->size / sweep.thin; i++)
		access(random_word(), seen(w->base + rng_below(&sweep.rng, w->size)),
		       rng_below(&sweep.rng, 4) ? FROM_EL1 : FROM_EL0);
	for (uint64_t at = w->size - 40; at < w->size + 24; at++)
		for (unsigned int i = 0; i < 4; i++)
			access(random_word(), seen(w->base + at), FROM_EL1);
	for (uint64_t at = 0; at < 32; at++)
		access(random_word(), seen(w->base - at), FROM_EL1);
}

/* Whole banks of the distributor's registers, first and last byte. */
static const struct {
	uint16_t first, last;
} banks[] = {
	{ 0x080, 0x0ff }, { 0x100, 0x17f }, { 0x180, 0x1ff }, { 0x200, 0x27f }, { 0x280, 0x2ff },
	{ 0x300, 0x37f }, { 0x380, 0x3ff }, { 0x400, 0x7ff }, { 0x800, 0xbff }, { 0xc00, 0xcff },
	{ 0xf10, 0xf2f },
};

/* The frame of this CPU's own SGIs and PPIs, or the distributor. */
static uint64_t bank_frame(bool own)
{
	uint64_t gicd = 0, gicr = 0;

	if (own && dt_gicv3(sweep.dtb, &gicd, &gicr))
		return gicr + 0x10000;
	return windows[0].base;
}

/*
 * Interrupts in all states at once: banks written with one value, or one each, and now and then a
 * moment in which what is pending may come in.  None of it may hold the CPU in the hypervisor.
 */
void sweep_states(void)
{
	find_windows();
	if (!n_windows)
		return;
	for (uint64_t i = 0; i < 32768 / sweep.thin; i++) {
		uint64_t bank = rng_below(&sweep.rng, sizeof(banks) / sizeof(banks[0]));
		uint64_t frame = bank_frame(rng_next(&sweep.rng) & 1), value = rng_edge(&sweep.rng);

		for (uint32_t at = banks[bank].first; at < banks[bank].last; at += 4) {
			if (i & 4)
				value = rng_edge(&sweep.rng);
			access_with(access_words[6], frame + at, FROM_EL1, value);
		}
		if (i % 8)
			continue;
		gic_init(sweep.dtb, (uint32_t)value);
		asm volatile("msr daifclr, #3\n\tisb\n\tnop\n\tmsr daifset, #15\n\tisb"
			     : : : "memory");
		note(i, 0, false);
	}
}

void sweep_frames(void)
{
	find_windows();
	if (!n_windows)
		wrong("no frame in the device tree", 0, 0);
	for (unsigned int i = 0; i < n_windows; i++)
		one_window(&windows[i]);
}

/* Beyond memory, around its end, and anywhere. */
void sweep_stray(void)
{
	uint64_t base = 0, size = 0;

	if (dt_region(sweep.dtb, "memory", 0, &base, &size))
		for (int64_t at = -16; at < 48; at++)
			access(random_word(), base + size + (uint64_t)(at < 0 ? 0 : at),
			       FROM_EL1);
	for (uint64_t i = 0; i < 65536 / sweep.thin; i++)
		access(random_word(), stray_address(), i & 3 ? FROM_EL1 : FROM_EL0);
}

static void jump(uint64_t address)
{
	static const enum probe_from levels[] = { FROM_EL1, FROM_EL0 };

	for (int i = 0; i < 2; i++) {
		struct probe p = { 0 };

		if (probe_jump(&p, levels[i], address))
			wrong("a fetch from nowhere went well", address, 0);
		note(address, probe_class(&p), p.faulted);
	}
}

void sweep_fetches(void)
{
	find_windows();
	for (unsigned int i = 0; i < n_windows; i++)
		for (int k = 0; k < 64; k++)
			jump(windows[i].base + rng_below(&sweep.rng, windows[i].size));
	for (uint64_t i = 0; i < 16384 / sweep.thin; i++) {
		uint64_t a = stray_address();

		if (a >= (uint64_t)sink && a < (uint64_t)sink + sizeof(sink))
			a |= 1ul << 40;
		jump(a);
	}
}
