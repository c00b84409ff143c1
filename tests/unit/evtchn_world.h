/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small world of the event channel and grant table tests: dom0 and two guests, each with some
 * pages of RAM. Guest-virtual addresses are guest-physical ones here. The world is made anew for
 * each test, and its end checks that nothing of it stays behind.
 */
#ifndef TESTS_EVTCHN_WORLD_H
#define TESTS_EVTCHN_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "fake/fake.h"
#include <xen/cmdline.h>
#include <xen/evtchn.h>
#include <xen/gnttab.h>
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/page.h>
#include <xen/sched.h>
#include <public/memory.h>
#include <public/xen.h>

#define RAM_GFN		0x40000u	/* of guests */
#define RAM_PAGES	32u
#define DOM0_GFN	0x42000u	/* dom0 is mapped 1:1 */

static struct domain *d0, *d1, *d2;
static uint64_t heap_before;

static inline ipa_t ram(struct domain *d, unsigned int page)
{
	return (uint64_t)((d->is_privileged ? DOM0_GFN : RAM_GFN) + page) << 12;
}

static inline gfn_t ram_gfn(struct domain *d, unsigned int page)
{
	return ipa_to_gfn(ram(d, page));
}

/* Run as d's vCPU n. */
static inline void run_as(struct domain *d, unsigned int n)
{
	fake_set_current(d->vcpu[n]);
}

static void end_dom0(void)
{
	unsigned int i;

	/* dom0 holds its 1:1 RAM outside stage 2, and for good; here it ends, to find leaks. */
	dom0 = NULL;
	for (i = 0; i < RAM_PAGES; i++)
		page_put(mfn(DOM0_GFN + i));
	fake_domain_destroy(d0);
	d0 = NULL;
}

static void make_domains(void)
{
	d0 = fake_dom0_create(2);
	d1 = fake_domain_create(2);
	d2 = fake_domain_create(1);
	fake_domain_add_ram(d0, gfn(DOM0_GFN), RAM_PAGES);
	fake_domain_add_ram(d1, gfn(RAM_GFN), RAM_PAGES);
	fake_domain_add_ram(d2, gfn(RAM_GFN), RAM_PAGES);
}

static void end_domains(void)
{
	fake_set_current(NULL);
	if (d2)
		fake_domain_destroy(d2);
	if (d1)
		fake_domain_destroy(d1);
	d1 = d2 = NULL;
	end_dom0();
}

static int world_up(void **state)
{
	static bool warm;

	(void)state;
	fake_start();
	opt.allow_peers = false;
	/*
	 * What the first use of all leaves for good (domain table, a slab of each size) does not
	 * count.
	 */
	if (!warm) {
		unsigned int size;

		for (size = 16; size <= 2048; size += 16)
			xfree(xzalloc_bytes(size));
		make_domains();
		end_domains();
		warm = true;
	}
	heap_before = heap_pages_used();
	make_domains();
	run_as(d0, 0);
	return 0;
}

static int world_down(void **state)
{
	(void)state;
	fake_atomic_starved = false;
	fake_irq_pending = false;
	fake_irq_pending_after = 0;
	fake_fail_alloc(0);
	fake_va_fault_clear();
	end_domains();
	assert_true(map_window_empty());
	assert_true(lock_rank_none_held());
	/*
	 * Nothing of the domains is left. Domids go on, and their table grows by a page now and
	 * then.
	 */
	assert_in_range(heap_pages_used(), 0, heap_before + 1);
	return 0;
}

#define world_test(f)	cmocka_unit_test_setup_teardown(f, world_up, world_down)

#endif
