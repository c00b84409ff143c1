/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl on a domain's memory: written and brought out of the caches for who builds it, in pieces
 * that something else may come between; limits, nodes, and what is as small.
 */
#include "domctl_world.h"
#include <public/memory.h>

static void test_cacheflush(void **state)
{
	(void)state;
	memset(&op.u, 0, sizeof(op.u));
	op.u.cacheflush.start_pfn = (DOMU_RAM >> 12) - 3;
	op.u.cacheflush.nr_pfns = DOMU_PAGES + 100;
	fake_log_clear();
	assert_int_equal(call(XEN_DOMCTL_cacheflush, domu->id), 0);
	assert_int_equal(fake_log_count(FAKE_CACHE_CLEAN_INVAL), DOMU_PAGES);
	/* In pieces, each frame once. */
	fake_domain_add_ram(domu, gfn(0x90000), 200);
	op.u.cacheflush.start_pfn = 0x90000;
	op.u.cacheflush.nr_pfns = 200;
	fake_irq_pending = true;
	fake_log_clear();
	assert_int_equal(call(XEN_DOMCTL_cacheflush, domu->id), 0);
	assert_int_equal(fake_log_count(FAKE_CACHE_CLEAN_INVAL), 200);
	assert_true(restarts > 3);
	fake_irq_pending = false;
	op.u.cacheflush.nr_pfns = (1UL << 18) + 1;
	assert_int_equal(call(XEN_DOMCTL_cacheflush, domu->id), -EINVAL);
	op.u.cacheflush.start_pfn = ~0UL;
	op.u.cacheflush.nr_pfns = 2;
	assert_int_equal(call(XEN_DOMCTL_cacheflush, domu->id), -EINVAL);
	op.u.cacheflush.start_pfn = 1UL << 50;
	assert_int_equal(call(XEN_DOMCTL_cacheflush, domu->id), 0);
	/* A forged continuation beyond the end. */
	memcpy(guest(arg_va()), &op, sizeof(op));
	assert_int_equal(hcall5(__HYPERVISOR_domctl, arg_va(), 0x7a617a656e2d6f70UL, 1000, 0, 0),
			 -EINVAL);
}

/* ---- write_memory ---- */

#define GUARD	0xee	/* what stood there before */
#define TO	(DOMU_RAM + 3 * PAGE_SIZE + 100)

static uint8_t pattern(uint64_t i) { return (uint8_t)(i * 7 + i / 251 + 1); }

/* size bytes of the pattern at the caller's from. */
static void fill(uint64_t from, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++)
		*(uint8_t *)guest(from + i) = pattern(i);
}

static void guard(struct domain *d)
{
	for (unsigned int i = 0; i < DOMU_PAGES; i++)
		memset(fake_guest_ptr(d, DOMU_RAM + i * PAGE_SIZE), GUARD, PAGE_SIZE);
}

/* domu's memory has the pattern in the `done` bytes at `to`, and else what was there. */
static void check_written(uint64_t to, uint64_t done)
{
	for (uint64_t at = DOMU_RAM; at < DOMU_RAM + DOMU_PAGES * PAGE_SIZE; at++)
		if (*(uint8_t *)fake_guest_ptr(domu, at) !=
		    (at >= to && at < to + done ? pattern(at - to) : GUARD))
			fail_msg("wrong byte at %#lx", (unsigned long)at);
}

static int64_t write_memory(domid_t id, uint64_t to, uint64_t from, uint64_t size)
{
	struct zazen_domctl_write_memory w = { .gpa = to, .size = size, .bytes.p = from };

	memset(&op.u, 0, sizeof(op.u));
	memcpy(&op.u, &w, sizeof(w));
	fake_log_clear();
	return call(ZAZEN_DOMCTL_write_memory, id);
}

/* Bytes that were cleaned, which must be those written. */
static uint64_t cleaned(void)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < fake_log_len; i++)
		if (fake_log[i].kind == FAKE_CACHE_CLEAN_INVAL)
			n += fake_log[i].b;
	return n;
}

/* Any beginning and end in the page, one byte and many pages, of a guest that runs or does not. */
static void test_write(void **state)
{
	static const struct { uint64_t to, from, size; } cases[] = {
		{ DOMU_RAM, 0, 1 }, { DOMU_RAM + PAGE_SIZE - 1, 0, 1 }, { TO, 0, 192 },
		{ TO, 5, 193 }, { DOMU_RAM + PAGE_SIZE, 0, PAGE_SIZE },
		{ DOMU_RAM + PAGE_SIZE - 1, PAGE_SIZE - 1, 2 },
		{ TO, 4001, 5 * PAGE_SIZE + 77 }, { DOMU_RAM, 9, DOMU_PAGES * PAGE_SIZE },
		{ TO, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t from = buf_va() + cases[i].from;
		const struct page_info *page =
			mfn_to_page(p2m_lookup(domu, ipa_to_gfn(cases[i].to)).mfn);

		guard(domu);
		fill(from, cases[i].size);
		assert_int_equal(write_memory(domu->id, cases[i].to, from, cases[i].size), 0);
		assert_int_equal(restarts, 0);
		assert_int_equal(cleaned(), cases[i].size);
		assert_int_equal(page->count, 1);
		check_written(cases[i].to, cases[i].size);
	}
	assert_int_equal(domain_pause(domu), 0);
	guard(domu);
	fill(buf_va(), 10);
	assert_int_equal(write_memory(domu->id, TO, buf_va(), 10), 0);
	check_written(TO, 10);
	assert_int_equal(domain_unpause(domu), 0);
}

static void pages_stay_whole(void)
{
	check_written(TO, ((restarts + 1) * PAGE_SIZE) - (TO & ~PAGE_MASK));
}

/* Something waits all the time: a page is written for each turn, and none twice. */
static void test_write_in_pieces(void **state)
{
	(void)state;
	guard(domu);
	fill(buf_va(), 5 * PAGE_SIZE);
	fake_irq_pending = true;
	on_restart = pages_stay_whole;
	assert_int_equal(write_memory(domu->id, TO, buf_va(), 5 * PAGE_SIZE), 0);
	assert_int_equal(restarts, 5);
	assert_int_equal(cleaned(), 5 * PAGE_SIZE);
	check_written(TO, 5 * PAGE_SIZE);
	on_restart = NULL;
	assert_int_equal(write_memory(domu->id, DOMU_RAM, buf_va(), PAGE_SIZE), 0);
	assert_int_equal(restarts, 0);
	fake_irq_pending = false;
	/* A forged continuation: at the end, within, and beyond it. */
	write_memory(domu->id, TO, buf_va(), 0);
	((struct zazen_domctl *)guest(arg_va()))->u.write_memory.size = 300;
	guard(domu);
	assert_int_equal(hcall5(__HYPERVISOR_domctl, arg_va(), 0x7a617a656e2d6f70UL, 300, 0, 0), 0);
	check_written(TO, 0);
	assert_int_equal(hcall5(__HYPERVISOR_domctl, arg_va(), 0x7a617a656e2d6f70UL, 301, 0, 0),
			 -EINVAL);
	assert_int_equal(hcall5(__HYPERVISOR_domctl, arg_va(), 0x7a617a656e2d6f70UL, ~0UL, 0, 0),
			 -EINVAL);
	check_written(TO, 0);
}

/* While it is written to the guest gives pages away, one of them with another in its place. */
static void change_map(void)
{
	gfn_t g = gfn((DOMU_RAM >> 12) + 4 + restarts);

	assert_int_equal(p2m_unmap(domu, g, 0), 0);
	if (restarts == 0) {
		fake_domain_add_ram(domu, g, 1);
		memset(fake_guest_ptr(domu, gfn_to_ipa(g)), GUARD, PAGE_SIZE);
	}
}

static void test_write_refused(void **state)
{
	uint64_t end = DOMU_RAM + DOMU_PAGES * PAGE_SIZE;
	mfn_t theirs = p2m_lookup(dom0, gfn((DOM0_RAM >> 12) + 40)).mfn;
	mfn_t own = p2m_lookup(domu, gfn(DOMU_RAM >> 12)).mfn;
	static const enum p2m_kind not_these[] = {
		P2M_RAM_RO, P2M_GRANT_RW, P2M_GRANT_RO, P2M_FOREIGN_RW, P2M_FOREIGN_RO,
	};

	(void)state;
	guard(domu);
	fill(buf_va(), 3 * PAGE_SIZE);
	/* Not oneself, not nobody, and not by somebody who controls nobody. */
	assert_int_equal(write_memory(0, DOM0_RAM, buf_va(), 1), -EINVAL);
	assert_int_equal(write_memory(4000, TO, buf_va(), 1), -ESRCH);
	/* Ends that wrap; places beyond what a guest can have. */
	assert_int_equal(write_memory(domu->id, ~0UL - 5, buf_va(), 7), -EINVAL);
	assert_int_equal(write_memory(domu->id, TO, ~0UL - 5, 7), -EINVAL);
	assert_int_equal(write_memory(domu->id, TO, buf_va(), ~0UL), -EINVAL);
	assert_int_equal(write_memory(domu->id, ~0UL - 7, buf_va(), 7), -EFAULT);
	assert_int_equal(write_memory(domu->id, 1UL << p2m_host_ipa_bits, buf_va(), 1), -EFAULT);
	assert_int_equal(write_memory(domu->id, DOMU_RAM - 1, buf_va(), 1), -EFAULT);
	check_written(TO, 0);
	/* A hole behind: what is before it is written, and out of the caches. */
	assert_int_equal(write_memory(domu->id, end - 10, buf_va(), 11), -EFAULT);
	assert_int_equal(cleaned(), 10);
	check_written(end - 10, 10);
	/* The caller's bytes are not there, from the beginning or in the middle. */
	guard(domu);
	assert_int_equal(write_memory(domu->id, TO, NOWHERE, 100), -EFAULT);
	assert_int_equal(write_memory(domu->id, TO, NOWHERE, 1000), -EFAULT);
	fake_va_fault(buf_va() + PAGE_SIZE, buf_va() + 2 * PAGE_SIZE, true, false);
	assert_int_equal(write_memory(domu->id, TO, buf_va(), 2 * PAGE_SIZE), -EFAULT);
	fake_va_fault_clear();
	check_written(TO, PAGE_SIZE);
	/* What is not its own to write to. */
	for (size_t i = 0; i < ARRAY_SIZE(not_these); i++) {
		uint8_t *p = fake_raw(mfn_to_pa(i == 0 ? own : theirs));

		assert_true(page_get(i == 0 ? own : theirs));
		assert_int_equal(p2m_map(domu, gfn(0x90000), i == 0 ? own : theirs, 0,
					 not_these[i]), 0);
		*p = GUARD;
		assert_int_equal(write_memory(domu->id, 0x90000000, buf_va(), 1), -EFAULT);
		assert_int_equal(*p, GUARD);
		assert_int_equal(p2m_unmap(domu, gfn(0x90000), 0), 0);
		assert_int_equal(mfn_to_page(own)->count, 1);
		assert_int_equal(mfn_to_page(theirs)->count, 1);
	}
	assert_int_equal(p2m_map(domu, gfn(0x90000), mfn(0x9000), 0, P2M_MMIO), 0);
	assert_int_equal(write_memory(domu->id, 0x90000000, buf_va(), 1), -EFAULT);
	/* A guest that changes its map between two turns. */
	guard(domu);
	fake_irq_pending = true;
	on_restart = change_map;
	assert_int_equal(write_memory(domu->id, TO, buf_va(), 3 * PAGE_SIZE), -EFAULT);
	assert_int_equal(restarts, 2);
	fake_domain_add_ram(domu, gfn((DOMU_RAM >> 12) + 5), 1);
	memset(fake_guest_ptr(domu, DOMU_RAM + 5 * PAGE_SIZE), GUARD, PAGE_SIZE);
	check_written(TO, 2 * PAGE_SIZE - (TO & ~PAGE_MASK));
}

/* The builder's way to the grant table: its frame is placed, written to, and taken away again. */
static void test_write_shared(void **state)
{
	struct xen_add_to_physmap a = { .domid = domu->id, .space = XENMAPSPACE_grant_table,
					.gpfn = 0x38000 };
	mfn_t m;

	(void)state;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &a, sizeof(a)),
			 0);
	m = p2m_lookup(domu, gfn(0x38000)).mfn;
	fill(buf_va(), 24);
	assert_int_equal(write_memory(domu->id, 0x38000000, buf_va(), 24), 0);
	assert_int_equal(cleaned(), 24);
	assert_memory_equal(mfn_to_heap(m), guest(buf_va()), 24);
}

static void test_memory_misc(void **state)
{
	uint8_t *map = guest(buf_va());

	(void)state;
	memset(&op.u, 0, sizeof(op.u));
	op.u.max_mem.max_memkb = ~0UL;
	assert_int_equal(call(XEN_DOMCTL_max_mem, domu->id), 0);
	assert_int_equal(domu->max_pages, UINT32_MAX - 1);
	assert_int_equal(call(XEN_DOMCTL_get_paging_mempool_size, domu->id), 0);
	assert_int_equal(op.u.paging_mempool.size, 0);
	memset(&op.u, 0, sizeof(op.u));
	op.u.nodeaffinity.nodemap.bitmap.p = buf_va();
	op.u.nodeaffinity.nodemap.nr_bits = 8;
	map[0] = 0;
	assert_int_equal(call(XEN_DOMCTL_setnodeaffinity, domu->id), -EINVAL);
	map[0] = 3;
	assert_int_equal(call(XEN_DOMCTL_setnodeaffinity, domu->id), 0);
	assert_int_equal(call(XEN_DOMCTL_getnodeaffinity, domu->id), 0);
	assert_int_equal(map[0], 1);
	op.u.nodeaffinity.nodemap.bitmap.p = NOWHERE;
	assert_int_equal(call(XEN_DOMCTL_setnodeaffinity, domu->id), -EFAULT);
	assert_int_equal(call(XEN_DOMCTL_setvnumainfo, domu->id), -EINVAL);
	assert_int_equal(call(XEN_DOMCTL_subscribe, domu->id), 0);
	assert_int_equal(call(XEN_DOMCTL_set_target, domu->id), 0);
	memset(op.u.setdomainhandle.handle, 0x21, 16);
	assert_int_equal(call(XEN_DOMCTL_setdomainhandle, domu->id), 0);
	assert_int_equal(domu->handle[7], 0x21);
	op.u.settimeoffset.time_offset_seconds = -3600;
	assert_int_equal(call(XEN_DOMCTL_settimeoffset, domu->id), 0);
	assert_true(domu->wallclock_offset == -3600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_cacheflush),
		world_test(test_write), world_test(test_write_in_pieces),
		world_test(test_write_refused), world_test(test_write_shared),
		world_test(test_memory_misc),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
