/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No write is lost: a domain writes through its TLB, is written to by who holds its pages, gets and
 * loses memory in blocks and pages, reports some, with failing allocations, while its writes are
 * taken, looked at, switched off and on. The model is a mark for each frame that was written. What
 * is taken has every mark; and, when no allocation failed and it was on, nothing else but what was
 * mapped anew or is held. Others run at each invalidation, before it takes effect. SEED, STEPS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/p2m_walk.h>
#include <xen/page.h>
#include "fake/fake.h"

#define NR_GFNS	2560u		/* five 2 MiB blocks */
#define NR_HELD	8u

static struct domain *d;
static bool written[NR_GFNS];		/* since it was taken last */
static bool may_tell[NR_GFNS];		/* it would be no wonder */
static bool had[NR_GFNS];		/* memory, when it was taken last */
static bool late[NR_GFNS];		/* by others, to what was dirty: it may be told next time */
static struct { mfn_t m; uint64_t g; bool write; } held[NR_HELD];
static bool exact, nested;		/* exact: nothing but what may is told */
static uint64_t told;

static uint32_t rnd(uint32_t n)
{
	return (uint32_t)(((uint64_t)random() * n) >> 31);
}

static void mark(uint64_t g)
{
	unsigned int level;

	written[g] = may_tell[g] = true;
	late[g] |= nested && !pte_is_clean(*p2m_find_entry(&d->p2m, g, &level));
}

/* A store of the guest's, with the traps that it takes where those can be served now. */
static void guest_writes(uint64_t g, bool can_trap)
{
	unsigned int traps = 0;
	pa_t pa;

	while (!fake_guest_access(&d->p2m, g << PAGE_SHIFT, true, &pa)) {
		if (!can_trap)
			return;
		exact &= d->p2m.dirty_log == DIRTY_LOG_ON;
		if (!p2m_fault_is_spurious(d, g << PAGE_SHIFT, true))
			return;
		if (d->awaits_memory)
			break;
		assert_true(++traps < 20);
	}
	mark(g);
}

/* Another CPU, at an invalidation that has not been heard of yet. */
static void others_run(const struct fake_event *e)
{
	if (nested || (e->kind != FAKE_TLB_VMID && e->kind != FAKE_TLB_IPA))
		return;
	nested = true;
	for (unsigned int i = 0; i < 8; i++)
		guest_writes(rnd(NR_GFNS), !d->p2m.lock.locked);
	nested = false;
}

static void do_map(void)
{
	unsigned int order = rnd(3) ? 9 : rnd(10);
	uint64_t g = rnd(NR_GFNS) & ~((1UL << order) - 1);
	mfn_t m = domain_alloc_pages(d, order);

	if (!mfn_valid(m))
		return;
	if (p2m_map(d, gfn(g), m, order, P2M_RAM_RW)) {
		page_put_range(m, 1UL << order);
		return;
	}
	for (uint64_t i = g; i < g + (1UL << order); i++)
		mark(i);
}

static void do_unmap(void)
{
	unsigned int order = rnd(4) ? 0 : rnd(10);

	(void)!p2m_unmap(d, gfn(rnd(NR_GFNS) & ~((1UL << order) - 1)), order);
}

static void do_report(void)
{
	unsigned int order = rnd(10);

	uint64_t g = rnd(NR_GFNS) & ~((1UL << order) - 1);

	/* Zeroed memory is told when it comes back. */
	if (!p2m_report(d, gfn(g), order))
		memset(may_tell + g, true, 1UL << order);
}

/* Somebody gets hold of a page, to read or to write, and writes to it as long as he has it. */
static void do_hold(void)
{
	unsigned int i = rnd(NR_HELD);

	if (mfn_valid(held[i].m)) {
		page_put(held[i].m);
		held[i].m = INVALID_MFN;
		return;
	}
	held[i].g = rnd(NR_GFNS);
	held[i].write = rnd(2);
	exact &= d->p2m.dirty_log == DIRTY_LOG_ON;
	held[i].m = p2m_get_page(d, gfn(held[i].g), held[i].write, NULL);
	if (mfn_valid(held[i].m) && held[i].write)
		mark(held[i].g);
}

static void holders_write(void)
{
	for (unsigned int i = 0; i < NR_HELD; i++) {
		struct p2m_entry e = p2m_lookup(d, gfn(held[i].g));

		if (!mfn_valid(held[i].m))
			continue;
		may_tell[held[i].g] = true;
		if (held[i].write && mfn_eq(e.mfn, held[i].m))
			mark(held[i].g);
	}
}

static void check_frame(uint64_t g, bool bit, bool was_exact, bool clean)
{
	enum p2m_kind kind = p2m_lookup(d, gfn(g)).kind;

	if (written[g] && kind == P2M_RAM_RW)
		assert_true(bit || late[g]);
	if (was_exact && bit)
		assert_true(may_tell[g] || !had[g]);
	if (clean)
		had[g] = kind == P2M_RAM_RW;
	told += bit;
}

/* Take the frames below a limit, or look at them. */
static void do_take(void)
{
	static uint64_t bits[P2M_DIRTY_BATCH / 64];
	uint64_t nr = rnd(2) ? NR_GFNS : rnd(NR_GFNS), g = 0, count = 0, sum = 0, n, i;
	bool clean = rnd(4), was_exact = exact;

	fake_irq_pending = rnd(2);
	memset(late, 0, sizeof(late));
	while (g < nr) {
		n = p2m_take_dirty(d, gfn(g), nr - g, clean, bits, &count);
		assert_in_range(n, 1, nr - g);
		assert_true(n % 512 == 0 || n == nr - g);
		for (i = 0; i < n; i++) {
			bool bit = bits[i / 64] >> (i % 64) & 1;

			check_frame(g + i, bit, was_exact, clean);
			sum += bit;
			if (clean && (bit || !late[g + i]))
				written[g + i] = false;
			if (clean && !late[g + i])
				may_tell[g + i] = false;
		}
		g += n;
	}
	fake_irq_pending = false;
	assert_int_equal(count, sum);
	if (clean && nr == NR_GFNS && d->p2m.dirty_log == DIRTY_LOG_ON)
		exact = true;
}

static void step(void)
{
	if (rnd(16) == 0)
		fake_fail_alloc(1 + rnd(3));
	switch (rnd(16)) {
	case 0:
		do_map();
		break;
	case 1:
		do_unmap();
		break;
	case 2:
		do_report();
		break;
	case 3:
	case 4:
		do_hold();
		break;
	case 5:
	case 6:
		do_take();
		break;
	case 7:
		d->p2m.dirty_log = rnd(4) ? DIRTY_LOG_ON : DIRTY_LOG_OFF;
		break;
	default:
		for (unsigned int i = 0; i < 10; i++)
			guest_writes(rnd(NR_GFNS), true);
		break;
	}
	exact &= !fake_alloc_failed();
	fake_fail_alloc(0);
	holders_write();
	assert_false(fake_tlb_is_stale(&d->p2m));
	/* What it waits for there is again. */
	d->awaits_memory = false;
	d->vcpu[0]->flags &= ~(uint32_t)VPF_BLOCKED;
}

static void prop_dirty(void **state)
{
	unsigned int seed = getenv("SEED") ? (unsigned int)strtoul(getenv("SEED"), NULL, 0) : 1;
	unsigned int steps = getenv("STEPS") ?
		(unsigned int)strtoul(getenv("STEPS"), NULL, 0) : 2000;

	(void)state;
	print_message("SEED=%u STEPS=%u\n", seed, steps);
	srandom(seed);
	fake_start();
	d = fake_domain_create(1);
	fake_set_current(d->vcpu[0]);
	vmid_make_current(&d->p2m);
	for (unsigned int i = 0; i < NR_HELD; i++)
		held[i].m = INVALID_MFN;
	fake_on_event = others_run;
	for (unsigned int n = 0; n < steps; n++)
		step();
	fake_on_event = NULL;
	assert_true(told > steps);
	for (unsigned int i = 0; i < NR_HELD; i++)
		if (mfn_valid(held[i].m))
			page_put(held[i].m);
	fake_set_current(NULL);
	fake_domain_destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(prop_dirty) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
