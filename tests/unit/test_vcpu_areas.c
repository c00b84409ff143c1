/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCPUs, and the guest memory they register: where it may lie, who may change it, and its end. */
#include <xen/errno.h>
#include <xen/sched.h>
#include <xen/vgic.h>
#include <public/vcpu.h>
#include "evtchn_world.h"

#define UPDATE (1UL << 63)

static struct vcpu *v0, *v1;

/* Pages of d1's RAM, and references on one of them beyond its own. */
static uint32_t refs(unsigned int page)
{
	return mfn_to_page(p2m_lookup(d1, ram_gfn(d1, page)).mfn)->count;
}

static void *at(unsigned int page, uint32_t offset)
{
	return fake_guest_ptr(d1, ram(d1, page) + offset);
}

static int areas_up(void **state)
{
	world_up(state);
	v0 = d1->vcpu[0];
	v1 = d1->vcpu[1];
	run_as(d1, 0);
	fake_log_clear();
	return 0;
}

static int runstate(struct vcpu *v, unsigned int page, unsigned int second, uint32_t offset)
{
	const gfn_t g[2] = { ram_gfn(d1, page), ram_gfn(d1, second) };

	return vcpu_register_runstate(v, g, offset, false);
}

static void test_info(void **state)
{
	struct vcpu_info *info = at(3, 64);
	uint32_t before = refs(3);

	(void)state;
	memset(at(3, 0), 0xee, PAGE_SIZE);
	v0->info->evtchn_upcall_pending = 0;
	d1->shared_info->vcpu_info[0].time.version = 1234;
	assert_int_equal(vcpu_register_info(v0, ram_gfn(d1, 3), 64), 0);
	assert_int_equal(refs(3), before + 1);
	assert_int_equal(v0->info_mfn.v, p2m_lookup(d1, ram_gfn(d1, 3)).mfn.v);
	/* What was in the old place is in the new; every word counts as pending. */
	assert_int_equal(info->time.version, 1234);
	assert_int_equal(info->evtchn_pending_sel, ~0UL);
	assert_int_equal(info->evtchn_upcall_pending, 1);
	/* Its neighbours are untouched. */
	assert_int_equal(*(uint8_t *)at(3, 63), 0xee);
	assert_int_equal(*(uint8_t *)at(3, 64 + sizeof(*info)), 0xee);
	/* Only once. */
	assert_int_equal(vcpu_register_info(v0, ram_gfn(d1, 4), 64), -EINVAL);
	assert_int_equal(refs(4), before);
	/* One that has had none begins with nothing. */
	assert_int_equal(vcpu_register_info(v1, ram_gfn(d1, 3), PAGE_SIZE - sizeof(*info)), 0);
	info = at(3, PAGE_SIZE - sizeof(*info));
	assert_int_equal(info->time.version, 0);
	assert_int_equal(info->evtchn_upcall_pending, 1);
	assert_int_equal(refs(3), before + 2);
}

static void test_info_refused(void **state)
{
	uint32_t before = refs(3), offset;
	unsigned int n;

	(void)state;
	assert_int_equal(vcpu_register_info(v0, ram_gfn(d1, 3), 4), -ENXIO);
	assert_int_equal(vcpu_register_info(v0, ram_gfn(d1, 3), PAGE_SIZE - 40), -ENXIO);
	assert_int_equal(vcpu_register_info(v0, ram_gfn(d1, 3), PAGE_SIZE), -ENXIO);
	for (offset = PAGE_SIZE + 8; offset; offset <<= 1)
		assert_int_equal(vcpu_register_info(v0, ram_gfn(d1, 3), offset & ~7u), -ENXIO);
	assert_int_equal(vcpu_register_info(v0, gfn(0x99999), 64), -EINVAL);
	assert_int_equal(vcpu_register_info(v0, INVALID_GFN, 64), -EINVAL);
	for (n = 1;; n++) {
		int rc;

		fake_fail_alloc(n);
		rc = vcpu_register_info(v0, ram_gfn(d1, 3), 64);
		if (!fake_alloc_failed())
			break;
		assert_int_equal(rc, -ENOMEM);
		assert_int_equal(refs(3), before);
		assert_false(mfn_valid(v0->info_mfn));
	}
	assert_true(n > 1);
}

static void test_not_own_ram(void **state)
{
	const gfn_t both[2] = { gfn(0x50000), gfn(0x50001) };
	mfn_t m = p2m_lookup(d2, ram_gfn(d2, 1)).mfn;
	uint32_t before = refs(5);

	(void)state;
	/* A device's page, a read-only one, a page of another domain's. */
	assert_int_equal(p2m_map(d1, gfn(0x50000), mfn(0x9000), 0, P2M_MMIO), 0);
	assert_int_equal(vcpu_register_info(v0, gfn(0x50000), 0), -EINVAL);
	assert_int_equal(vcpu_register_runstate(v0, both, 0, false), -EFAULT);
	assert_true(page_get(m));
	assert_int_equal(p2m_map(d1, gfn(0x50000), m, 0, P2M_GRANT_RW), 0);
	assert_int_equal(vcpu_register_info(v0, gfn(0x50000), 0), -EINVAL);
	assert_int_equal(vcpu_register_runstate(v0, both, 0, false), -EFAULT);
	/* The second page of two is wrong: the first is let go. */
	assert_int_equal(vcpu_register_runstate(v0, (gfn_t[]){ ram_gfn(d1, 5), gfn(0x50000) },
						PAGE_SIZE - 8, false),
			 -EFAULT);
	assert_int_equal(vcpu_register_runstate(v0, both, 0, true), -EINVAL);
	assert_int_equal(refs(5), before);
	assert_int_equal(p2m_unmap(d1, gfn(0x50000), 0), 0);
}

static void test_runstate(void **state)
{
	struct vcpu_runstate_info *area = at(5, 128);
	uint32_t before = refs(5);

	(void)state;
	vcpu_clear_flag(v0, VPF_DOWN);
	assert_int_equal(runstate(v0, 5, 6, 128), 0);
	assert_int_equal(refs(5), before + 1);
	assert_int_equal(refs(6), before);
	assert_int_equal(area->state, (int)v0->runstate.state);
	assert_int_equal(area->state_entry_time, v0->runstate.entry_time);
	/* Again elsewhere: the old page is free of it. */
	assert_int_equal(runstate(v0, 7, 8, 0), 0);
	assert_int_equal(refs(5), before);
	assert_int_equal(refs(7), before + 1);
	memset(area, 0xee, sizeof(*area));
	fake_now += 1000;
	vcpu_update_runstate_area(v0);
	assert_int_equal(area->state, (int)0xeeeeeeee);
	vcpu_release_runstate(v0);
	assert_int_equal(refs(7), before);
	vcpu_release_runstate(v0);
	vcpu_update_runstate_area(v0);
	assert_int_equal(refs(7), before);
}

static void test_runstate_two_pages(void **state)
{
	struct vcpu_runstate_info area;
	uint32_t before = refs(5), n;

	(void)state;
	fake_now = 77;
	sched_cpu_time(v0);
	assert_int_equal(runstate(v0, 5, 9, PAGE_SIZE - 16), 0);
	assert_int_equal(refs(5), before + 1);
	assert_int_equal(refs(9), before + 1);
	memcpy(&area, at(5, PAGE_SIZE - 16), 16);
	memcpy((char *)&area + 16, at(9, 0), sizeof(area) - 16);
	assert_int_equal(area.state, (int)v0->runstate.state);
	assert_int_equal(area.state_entry_time, v0->runstate.entry_time);
	vcpu_release_runstate(v0);
	assert_int_equal(refs(5), before);
	assert_int_equal(refs(9), before);
	/* Just fits; one byte further it would not. */
	assert_int_equal(runstate(v0, 5, 9, PAGE_SIZE - sizeof(area)), 0);
	assert_int_equal(refs(9), before);
	for (n = 1;; n++) {
		int rc;

		fake_fail_alloc(n);
		rc = runstate(v0, 6, 9, PAGE_SIZE - 16);
		if (!fake_alloc_failed())
			break;
		assert_int_equal(rc, -ENOMEM);
		assert_int_equal(refs(5), before + 1); /* the old one stays */
		assert_int_equal(refs(6), before);
		assert_int_equal(refs(9), before);
	}
	assert_true(n > 1);
}

/* vm_assist type 5: flagged in the entry time before the rest changes, cleared after. */
static void test_update_flag(void **state)
{
	struct vcpu_runstate_info *area = at(5, 0);

	(void)state;
	assert_int_equal(runstate(v0, 5, 6, 0), 0);
	d1->runstate_update_flag = true;
	area->state_entry_time = UPDATE;
	vcpu_update_runstate_area(v0);
	assert_int_equal(area->state_entry_time & UPDATE, 0);
}

/* By physical address: flagged without vm_assist; as it was once it is registered otherwise. */
static void test_runstate_phys(void **state)
{
	const gfn_t g[2] = { ram_gfn(d1, 5), ram_gfn(d1, 5) };
	struct vcpu_runstate_info *area = at(5, 64);
	uint32_t before = refs(5);

	(void)state;
	assert_int_equal(vcpu_register_runstate(v0, g, 64, true), 0);
	assert_int_equal(refs(5), before + 1);
	assert_true(v0->runstate_phys);
	area->state_entry_time = UPDATE;
	vcpu_update_runstate_area(v0);
	assert_int_equal(area->state_entry_time, v0->runstate.entry_time);
	assert_int_equal(vcpu_register_runstate(v0, g, 64, true), 0);
	assert_int_equal(refs(5), before + 1);
	assert_int_equal(runstate(v0, 7, 8, 0), 0);
	assert_false(v0->runstate_phys);
	assert_int_equal(refs(5), before);
}

/*
 * Another vCPU's area cannot be moved or taken away: its CPU may be writing there, also while it
 * is on its way down. It may be given one while it has none.
 */
static void test_runstate_of_another(void **state)
{
	uint32_t before = refs(5);
	void *area;

	(void)state;
	assert_true(v1->flags & VPF_DOWN);
	assert_int_equal(runstate(v1, 5, 6, 0), 0);
	area = v1->runstate_area;
	assert_non_null(area);
	assert_int_equal(runstate(v1, 7, 8, 0), -EINVAL);
	assert_ptr_equal(v1->runstate_area, area);
	assert_int_equal(refs(5), before + 1);
	assert_int_equal(refs(7), before);
	/* Itself it may. */
	run_as(d1, 1);
	assert_int_equal(runstate(v1, 7, 8, 0), 0);
	assert_int_equal(refs(5), before);
	assert_int_equal(refs(7), before + 1);
}

static void test_dying(void **state)
{
	struct domain *d = d1;
	uint32_t i;
	mfn_t m;

	(void)state;
	assert_int_equal(vcpu_register_info(v0, ram_gfn(d1, 3), 64), 0);
	assert_int_equal(runstate(v0, 5, 6, PAGE_SIZE - 8), 0);
	assert_int_equal(vcpu_register_info(v1, ram_gfn(d1, 3), 128), 0);
	m = v0->info_mfn;
	assert_true(page_get(m));
	assert_true(domain_get(d));
	d1 = NULL;
	fake_domain_destroy(d);
	/* The areas are gone, and events find a place all the same. */
	for (i = 0; i < 2; i++) {
		assert_false(mfn_valid(d->vcpu[i]->info_mfn));
		assert_null(d->vcpu[i]->runstate_area);
		assert_int_equal(d->vcpu[i]->info->evtchn_upcall_pending, 1);
	}
	assert_int_equal(mfn_to_page(m)->count, 1);
	d1 = d;
	assert_int_equal(vcpu_register_info(v0, ram_gfn(d, 3), 64), -EINVAL);
	assert_int_equal(runstate(v0, 5, 6, 0), -EFAULT);
	d1 = NULL;
	page_put(m);
	domain_put(d);
}

/* Dying already, pages still there: nothing new is registered. */
static void test_dying_begun(void **state)
{
	uint32_t before = refs(3);

	(void)state;
	assert_int_equal(domain_kill(d1), -ERESTART); /* vCPU 0 runs */
	assert_int_equal(vcpu_register_info(v0, ram_gfn(d1, 3), 64), -EINVAL);
	assert_int_equal(refs(3), before);
	assert_int_equal(runstate(v0, 5, 6, 0), -EINVAL);
	assert_int_equal(refs(5), before);
}

/* ---- vCPUs themselves ---- */

static void test_find(void **state)
{
	struct domain *big = fake_domain_create(18);

	(void)state;
	assert_ptr_equal(domain_vcpu(d1, 1), v1);
	assert_null(domain_vcpu(d1, 2));
	assert_null(domain_vcpu(d1, ~0UL));
	assert_ptr_equal(domain_vcpu_by_affinity(big, 0x101), big->vcpu[17]);
	assert_ptr_equal(domain_vcpu_by_affinity(big, 0xf), big->vcpu[15]);
	assert_null(domain_vcpu_by_affinity(big, 0x10));
	assert_null(domain_vcpu_by_affinity(big, 0x102));
	assert_null(domain_vcpu_by_affinity(big, 0x10000));
	assert_null(domain_vcpu_by_affinity(big, 1UL << 32));
	/* Bits that are no affinity do not count. */
	assert_ptr_equal(domain_vcpu_by_affinity(big, 0x80000100), big->vcpu[16]);
	assert_int_equal(big->vcpu[17]->ctxt.vmpidr, 0x80000101);
	fake_domain_destroy(big);
}

static void test_reset(void **state)
{
	(void)state;
	memset(&v1->regs, 0xff, sizeof(v1->regs));
	memset(&v1->hcall, 0xff, sizeof(v1->hcall));
	vcpu_reset(v1, 0x40080000, 0x48000000);
	assert_int_equal(v1->regs.elr, 0x40080000);
	assert_int_equal(v1->regs.x[0], 0x48000000);
	assert_int_equal(v1->regs.x[1], 0);
	assert_int_equal(v1->regs.spsr, 0x3c5);
	assert_int_equal(v1->hcall.progress_key, 0);
	assert_false(v1->hcall.restart);
	assert_true(v1->initialised);
	assert_false(vgic_pending(v1));
}

/* A CPU that still holds the registers of a vCPU forgets whose they are when it is freed. */
static void test_free_forgets(void **state)
{
	struct domain *d = fake_domain_create(2);

	(void)state;
	cpus[1]->fp_owner = d->vcpu[0];
	cpus[2]->el1_owner = d->vcpu[1];
	cpus[3]->fp_owner = v0;
	fake_domain_destroy(d);
	assert_null(cpus[1]->fp_owner);
	assert_null(cpus[2]->el1_owner);
	assert_ptr_equal(cpus[3]->fp_owner, v0);
	cpus[3]->fp_owner = NULL;
}

/* Each page that goes is told to all CPUs: not those of many vCPUs in one go. */
static void test_end_is_preemptible(void **state)
{
	struct domain *d = fake_domain_create(8);
	unsigned int calls = 1;

	(void)state;
	fake_domain_add_ram(d, gfn(RAM_GFN), 16);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(vcpu_register_info(d->vcpu[i], gfn(RAM_GFN + i), 0), 0);
	store_release(&d->dying, DOMAIN_DYING);
	fake_irq_pending = true;
	while (vcpu_areas_relinquish(d) == -ERESTART)
		calls++;
	fake_irq_pending = false;
	assert_in_range(calls, 2, 9);
	for_each_vcpu(d, v)
		assert_false(mfn_valid(v->info_mfn));
	store_release(&d->dying, DOMAIN_ALIVE);
	fake_domain_destroy(d);
}

#define row(f) cmocka_unit_test_setup_teardown(f, areas_up, world_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_info),
		row(test_info_refused),
		row(test_not_own_ram),
		row(test_runstate),
		row(test_runstate_two_pages),
		row(test_update_flag),
		row(test_runstate_phys),
		row(test_runstate_of_another),
		row(test_dying),
		row(test_dying_begun),
		row(test_end_is_preemptible),
		row(test_find),
		row(test_reset),
		row(test_free_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
