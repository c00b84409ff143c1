/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XEN_DOMCTL_shadow_op: which frames a domain wrote. What it answers when, what becomes of entries
 * and TLBs, everybody who may write and how that is seen, bits that cannot be handed out, no memory.
 */
#include "domctl_world.h"
#include <xen/p2m_walk.h>
#include <public/vcpu.h>

#define G	0x90000UL	/* aligned to 2 MiB; nothing of a guest's is there */
#define BLOCK	512u
#define NR	(G + 2 * BLOCK)

static struct xen_domctl_shadow_op *const s = &op.u.shadow_op;
static uint8_t *bits;			/* in the caller's memory, from buf_va() on */

static int64_t shadow(uint32_t what, uint64_t nr)
{
	memset(&op.u, 0, sizeof(op.u));
	s->op = what;
	s->pages = nr;
	s->dirty_bitmap.p = what == XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY ? 0 : buf_va();
	return call(XEN_DOMCTL_shadow_op, domu->id);
}

static int64_t enable(void) { return shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, 0); }

/* How many were written; the bitmap is at bits. */
static uint32_t take(uint32_t what)
{
	for (uint64_t at = 0; at < NR / 8; at += PAGE_SIZE)
		memset(guest(buf_va() + at), 0xff, PAGE_SIZE);
	assert_int_equal(shadow(what, NR), 0);
	bits = guest(buf_va());
	return s->stats.dirty_count;
}

static uint32_t clean(void) { return take(XEN_DOMCTL_SHADOW_OP_CLEAN); }

static bool bit(uint64_t g) { return bits[g / 8] >> g % 8 & 1; }

static pte_t pte_at(uint64_t g, unsigned int *level)
{
	return *p2m_find_entry(&domu->p2m, g, level);
}

/* In blocks or pages, writable or clean. */
static void assert_entry(uint64_t g, unsigned int order, bool is_clean)
{
	unsigned int level;

	assert_int_equal(pte_is_clean(pte_at(g, &level)), is_clean);
	assert_int_equal(pt_order(level), order);
	assert_int_equal(p2m_lookup(domu, gfn(g)).kind, P2M_RAM_RW);
}

/* The guest's own store, traps and all; how many there were. */
static unsigned int store(uint64_t g)
{
	unsigned int traps = 0;
	pa_t pa;

	for (; !fake_guest_access(&domu->p2m, g << PAGE_SHIFT, true, &pa); traps++) {
		assert_true(traps < 3);
		assert_true(p2m_fault_is_spurious(domu, g << PAGE_SHIFT, true));
	}
	assert_false(fake_tlb_is_stale(&domu->p2m));
	return traps;
}

/* domU has two blocks at G beside its pages. */
static int setup(void **state)
{
	world_setup(state);
	vmid_make_current(&domu->p2m);
	for (unsigned int i = 0; i < 2; i++) {
		mfn_t m = domain_alloc_pages(domu, 9);

		assert_int_equal(p2m_map(domu, gfn(G + i * BLOCK), m, 9, P2M_RAM_RW), 0);
	}
	return 0;
}

static void test_answers(void **state)
{
	(void)state;
	/* Not on. */
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, NR), -EINVAL);
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_PEEK, NR), -EINVAL);
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_OFF, 0), 0);
	assert_int_equal(enable(), 0);
	assert_int_equal(enable(), -EINVAL);
	/* What there is no use for. */
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_TEST, 0), -EINVAL);
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_ENABLE, 0), -EINVAL);
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, 0), -EINVAL);
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION, 0), -EINVAL);
	assert_int_equal(shadow(~0u, 0), -EINVAL);
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, NR), 0);
	s->mode = XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL;
	assert_int_equal(call(XEN_DOMCTL_shadow_op, domu->id), 0);
	s->mode = 2;
	assert_int_equal(call(XEN_DOMCTL_shadow_op, domu->id), -EINVAL);
	/* Sizes: what the domain has not is not looked at. */
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, 0), 0);
	assert_int_equal(s->pages, 0);
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, ~0UL), 0);
	assert_int_equal(s->pages, domu->p2m.max_gfn + 1);
	s->dirty_bitmap.p = ~0UL - 5;
	assert_int_equal(call(XEN_DOMCTL_shadow_op, domu->id), -EINVAL);
	/* Continuations that nobody was asked for. */
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, NR), 0);
	memcpy(guest(arg_va()), &op, sizeof(op));
	assert_int_equal(hcall5(__HYPERVISOR_domctl, arg_va(), 0x7a617a656e2d6f70UL, 511, 0, 0),
			 -EINVAL);
	assert_int_equal(hcall5(__HYPERVISOR_domctl, arg_va(), 0x7a617a656e2d6f70UL, ~511UL, 0, 0),
			 -EINVAL);
	assert_int_equal(call(XEN_DOMCTL_shadow_op, 0), -EINVAL);
	/* It has a device now, or dies. */
	domu->has_device = true;
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, NR), -EOPNOTSUPP);
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_OFF, 0), 0);
	assert_int_equal(enable(), -EOPNOTSUPP);
	domu->has_device = false;
	assert_int_equal(enable(), 0);
	store_release(&domu->dying, DOMAIN_DYING);
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, NR), -ESRCH);
	store_release(&domu->dying, DOMAIN_ALIVE);
}

/* Written pages are told once; a block is split at its first write, and others stay. */
static void test_written(void **state)
{
	(void)state;
	assert_int_equal(store(G + 5), 0);
	assert_int_equal(enable(), 0);
	assert_entry(G, 9, true);
	assert_int_equal(clean(), 0);
	assert_false(bit(G) || bit(G + 5));
	assert_int_equal(store(G + 5), 1);
	assert_int_equal(store(G + 5), 0);
	assert_int_equal(store(DOMU_RAM >> 12), 1);
	assert_entry(G + 5, 0, false);
	assert_entry(G + 6, 0, true);
	assert_entry(G + BLOCK, 9, true);
	assert_int_equal(take(XEN_DOMCTL_SHADOW_OP_PEEK), 2);
	assert_int_equal(s->stats.fault_count, 2);
	assert_int_equal(clean(), 2);
	assert_int_equal(s->stats.fault_count, 2);
	for (uint64_t g = 0; g < NR; g++)
		assert_int_equal(bit(g), g == G + 5 || g == DOMU_RAM >> 12);
	assert_int_equal(clean(), 0);
	assert_int_equal(s->stats.fault_count, 0);
	assert_int_equal(store(G + 5), 1);
	/* Off: nobody is asked; on again: as at first. */
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_OFF, 0), 0);
	assert_int_equal(store(G + BLOCK + 9), 1);
	assert_entry(G + BLOCK, 9, false);
	assert_int_equal(store(G + BLOCK + 100), 0);
	assert_int_equal(enable(), 0);
	assert_int_equal(clean(), 0);
	/* New memory is told, lost memory is not. */
	store(G + 7);
	assert_int_equal(p2m_unmap(domu, gfn(G + 7), 0), 0);
	fake_domain_add_ram(domu, gfn(G - 1), 1);
	assert_int_equal(clean(), 1);
	assert_true(bit(G - 1));
	/* Less than a block: the rest is told later. */
	store(G + BLOCK);
	store(G + BLOCK + 300);
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, G + BLOCK + 200), 0);
	assert_int_equal(s->stats.dirty_count, 1);
	assert_int_equal(clean(), 1);
	assert_true(bit(G + BLOCK + 300));
	assert_true(p2m_fault_is_spurious(domu, (G + 1) << PAGE_SHIFT, false));
}

static void flushes_under_lock(const struct fake_event *e)
{
	if (e->kind == FAKE_TLB_VMID || e->kind == FAKE_TLB_IPA)
		assert_int_not_equal(domu->p2m.lock.locked, 0);
}

/*
 * One invalidation for many, before anything is handed out; and not while a copy to the domain is
 * under way, which holds the lock from its translation, by the TLB, to its last byte.
 */
static void test_flush(void **state)
{
	pa_t pa;

	(void)state;
	store(G);
	store(G + BLOCK);
	fake_log_clear();
	fake_on_event = flushes_under_lock;
	assert_int_equal(enable(), 0);
	fake_on_event = NULL;
	assert_in_range(fake_log_count(FAKE_TLB_VMID), 1, 2);	/* the pages' batch and theirs */
	assert_false(fake_tlb_is_stale(&domu->p2m));
	assert_false(fake_guest_access(&domu->p2m, G << PAGE_SHIFT, true, &pa));
	fake_log_clear();
	assert_int_equal(clean(), 0);
	assert_int_equal(fake_log_count(FAKE_TLB_VMID) + fake_log_count(FAKE_TLB_IPA), 0);
	store(G);
	assert_int_equal(take(XEN_DOMCTL_SHADOW_OP_PEEK), 1);
	assert_true(fake_guest_access(&domu->p2m, G << PAGE_SHIFT, true, &pa));
	/* In pieces, with others running in between. */
	fake_irq_pending = true;
	assert_int_equal(clean(), 1);
	assert_true(restarts > 10);
}

/* Pages that somebody else holds are told each time, alone. */
static void test_held(void **state)
{
	struct vcpu_register_vcpu_info reg = { .mfn = G + BLOCK + 3 };
	mfn_t m = p2m_get_page(domu, gfn(G + 8), true, NULL), r;

	(void)state;
	run_as(domu, 0);
	assert_int_equal(hcall_arg(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, &reg,
				   sizeof(reg)), -ENOENT);
	assert_int_equal(vcpu_register_info(domu->vcpu[0], gfn(G + BLOCK + 3), 0), 0);
	run_as(dom0, 0);
	assert_int_equal(enable(), 0);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(clean(), 2);
		assert_true(bit(G + 8) && bit(G + BLOCK + 3));
	}
	assert_entry(G + 9, 0, true);
	page_put(m);
	assert_int_equal(clean(), 2);
	assert_int_equal(clean(), 1);
	/* To read it, as who sends it does: not dirty; if held while it is taken, as it was. */
	r = p2m_get_page(domu, gfn(G + 9), false, NULL);
	assert_int_equal(clean(), 1);
	assert_entry(G + 9, 0, true);
	/* To write it. */
	m = p2m_get_page(domu, gfn(G + 9), true, NULL);
	assert_entry(G + 9, 0, false);
	page_put(m);
	assert_int_equal(clean(), 2);
	page_put(r);
	assert_int_equal(clean(), 2);
	assert_true(bit(G + 9));
	assert_int_equal(clean(), 1);
}

/* Copies to the domain: its own calls' results, short and long, and what its builder writes. */
static void test_copies(void **state)
{
	static char text[3 * PAGE_SIZE];

	(void)state;
	assert_int_equal(enable(), 0);
	run_as(domu, 0);
	assert_int_equal(copy_to_guest((G + 1) << PAGE_SHIFT, "short", 5), 0);
	assert_int_equal(copy_from_guest(text, (G + 2) << PAGE_SHIFT, 5), 0);
	assert_int_equal(copy_to_guest((G + 3) << PAGE_SHIFT, text, 2 * PAGE_SIZE), 0);
	assert_int_equal(clear_guest((G + 7) << PAGE_SHIFT, 8), 0);
	run_as(dom0, 0);
	assert_int_equal(clean(), 4);
	assert_true(bit(G + 1) && bit(G + 3) && bit(G + 4) && bit(G + 7));
	memcpy(guest(buf_va()), "built", 5);
	op.u = (typeof(op.u)){ 0 };
	((struct zazen_domctl *)(void *)&op)->u.write_memory = (struct zazen_domctl_write_memory){
		.gpa = (G + 11) << PAGE_SHIFT, .size = 5, .bytes.p = buf_va(),
	};
	assert_int_equal(call(ZAZEN_DOMCTL_write_memory, domu->id), 0);
	assert_int_equal(clean(), 1);
	assert_true(bit(G + 11));
	/* Its calls' arguments where it may not write itself. */
	run_as(domu, 0);
	fake_va_fault((G + 1) << PAGE_SHIFT, (G + 2) << PAGE_SHIFT, false, true);
	assert_int_equal(copy_to_guest((G + 1) << PAGE_SHIFT, "short", 5), -EFAULT);
	run_as(dom0, 0);
	assert_int_equal(clean(), 0);
}

/* The bitmap goes away in the middle: what it has not is told by the next one. */
static void test_fault(void **state)
{
	uint64_t at = G / 8;

	(void)state;
	assert_int_equal(enable(), 0);
	store(DOMU_RAM >> 12);
	store(G + 1);
	store(G + BLOCK + 2);
	fake_va_fault(buf_va() + at, buf_va() + at + 1, false, true);
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, NR), -EFAULT);
	fake_va_fault_clear();
	bits = guest(buf_va());
	assert_true(bit(DOMU_RAM >> 12));
	assert_int_equal(clean(), 2);
	assert_true(bit(G + 1) && bit(G + BLOCK + 2));
}

/* No table: the block is told as a whole, and nothing fails. */
static void test_no_memory(void **state)
{
	mfn_t m;

	(void)state;
	assert_int_equal(enable(), 0);
	domu->max_heap_pages = 0;
	assert_int_equal(store(G + 5), 1);
	assert_entry(G, 9, false);
	assert_int_equal(clean(), BLOCK);
	assert_entry(G, 9, true);
	m = p2m_get_page(domu, gfn(G + 5), true, NULL);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(clean(), BLOCK);
		assert_entry(G, 9, false);
	}
	/* A part of it is asked for. */
	page_put(m);
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, G + 100), 0);
	assert_int_equal(s->stats.dirty_count, 100);
	assert_int_equal(clean(), BLOCK);
	domu->max_heap_pages = ~0u;
	assert_int_equal(clean(), 0);
	m = p2m_get_page(domu, gfn(G + 5), true, NULL);
	assert_int_equal(clean(), 1);
	assert_entry(G + 6, 0, true);
	page_put(m);
}

/*
 * A block of 1 GiB is taken in blocks of 2 MiB, as there is too much of it to be looked at. There is
 * no such memory here: its first frames are somebody's, and the others are not touched.
 */
static void test_large(void **state)
{
	uint64_t g, at = 5UL << 18;
	unsigned int level;
	pte_t *ptep = p2m_find_entry(&domu->p2m, at, &level);

	(void)state;
	assert_int_equal(level, 1);
	*ptep = stage2_leaf_pte(mfn(FAKE_RAM_BASE >> PAGE_SHIFT), P2M_RAM_RW, 1);
	domu->p2m.dirty_log = DIRTY_LOG_ON;
	domu->p2m.max_gfn = at + BLOCK - 1;
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_PEEK, ~0UL), 0);
	assert_int_equal(s->stats.dirty_count, DOMU_PAGES + 3 * BLOCK);
	assert_entry(at, 18, false);
	domu->max_heap_pages = 0;
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, ~0UL), 0);
	assert_int_equal(s->stats.dirty_count, DOMU_PAGES + 3 * BLOCK);
	assert_entry(at, 18, false);
	domu->max_heap_pages = ~0u;
	assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, ~0UL), 0);
	assert_int_equal(s->stats.dirty_count, BLOCK);
	assert_int_equal(p2m_lookup(domu, gfn(at)).order, 0);
	assert_entry(at + BLOCK, 9, false);
	for (g = at; g < at + (1UL << 18); g += g < at + BLOCK ? 1 : BLOCK)
		*p2m_find_entry(&domu->p2m, g, &level) = 0;
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_answers), T(test_written), T(test_flush), T(test_held), T(test_copies),
		T(test_fault), T(test_no_memory), T(test_large),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
