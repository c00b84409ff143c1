/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of hypercalls with each row's permission, guest copies, multicall, permissions on other
 * domains.
 */
#include "hcall_world.h"
#include <public/memory.h>
#include <public/version.h>
#include "xen/hypercall/ops.h"

/* ---- table ---- */

struct row { unsigned int nr; bool privileged; };
static const struct row present[] = {
	{ 7, true }, { 12, false }, { 13, false }, { 17, false }, { 18, false }, { 20, false },
		{ 21, false },
	{ 24, false }, { 29, false }, { 32, false }, { 33, true }, { 34, false }, { 35, true },
		{ 36, true },
};

static const struct row *find(unsigned int nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(present); i++)
		if (present[i].nr == nr)
			return &present[i];
	return NULL;
}

static void test_table(void **state)
{
	(void)state;
	for (unsigned int nr = 0; nr < NR_HYPERCALLS; nr++) {
		const struct row *r = find(nr);

		assert_non_null(hypercall_table[nr]);
		for (int as_domu = 0; as_domu < 2; as_domu++) {
			int64_t ret;

			run_as(as_domu ? domu : dom0, 0);
			/* A command that no call has, and an argument that is nowhere. */
			ret = hcall5(nr, NOWHERE + 0x3f, NOWHERE + 1, 0, 0, 0);
			if (!r)
				assert_int_equal(ret, -ENOSYS);
			else if (r->privileged && as_domu)
				assert_int_equal(ret, -EPERM);
			else
				assert_true(ret < 0 && ret != -EPERM);
		}
	}
}

/* ---- guest copies ---- */

static void test_copy(void **state)
{
	uint8_t out[3 * 4096], in[3 * 4096];
	uint64_t va = buf_va();

	(void)state;
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t size = 0; size < 220; size++) {
		for (uint64_t off = 4096 - 70; off < 4096 + 5; off += 3) {
			memset(in, 0, sizeof(in));
			assert_int_equal(copy_to_guest(va + off, out, size), 0);
			assert_int_equal(copy_from_guest(in, va + off, size), 0);
			assert_memory_equal(in, out, size);
		}
	}
	assert_int_equal(copy_to_guest(va + 100, out, 3 * 4096), 0);
	assert_int_equal(copy_from_guest(in, va + 100, 3 * 4096), 0);
	assert_memory_equal(in, out, sizeof(out));
	assert_int_equal(clear_guest(va + 101, 3 * 4096 - 2), 0);
	assert_int_equal(copy_from_guest(in, va + 100, 3 * 4096), 0);
	assert_int_equal(in[0], out[0]);
	assert_int_equal(in[3 * 4096 - 1], out[3 * 4096 - 1]);
	for (size_t i = 1; i < 3 * 4096 - 1; i++)
		assert_int_equal(in[i], 0);
	assert_true(map_window_empty());
}

static void test_copy_errors(void **state)
{
	uint8_t b[8192] = { 0 };
	uint64_t va = buf_va(), end = DOM0_RAM + DOM0_PAGES * PAGE_SIZE;
	ipa_t ipa;

	(void)state;
	assert_int_equal(copy_from_guest(b, NOWHERE, 8), -EFAULT);
	assert_int_equal(copy_to_guest(NOWHERE, b, 8), -EFAULT);
	/* The last byte beyond the memory, and beyond the address space. */
	assert_int_equal(copy_from_guest(b, end - 8, 9), -EFAULT);
	assert_int_equal(copy_to_guest(end - 8, b, 9), -EFAULT);
	assert_int_equal(copy_from_guest(b, end - 8, 8), 0);
	assert_int_equal(copy_from_guest(b, ~0UL - 3, 8), -EFAULT);
	assert_int_equal(copy_to_guest(~0UL - 3, b, 8), -EFAULT);
	assert_int_equal(copy_from_guest(b, va, ~0UL), -EFAULT);
	assert_int_equal(clear_guest(va, ~0UL), -EFAULT);
	/* The guest's own rights. */
	fake_va_fault(va + 4096, va + 8192, false, true);
	assert_int_equal(copy_from_guest(b, va + 4000, 200), 0);
	assert_int_equal(copy_to_guest(va + 4000, b, 200), -EFAULT);
	assert_int_equal(guest_va_to_ipa(va + 4096, true, &ipa), -EFAULT);
	assert_int_equal(guest_va_to_ipa(va + 4096, false, &ipa), 0);
	assert_true(ipa >> 12 == (va + 4096) >> 12);
	/* Elements: products and sums that overflow. */
	assert_int_equal(copy_elem_from_guest(b, va, 3, 16), 0);
	assert_int_equal(copy_elem_from_guest(b, va, ~0UL / 8, 16), -EFAULT);
	assert_int_equal(copy_elem_from_guest(b, va, ~0UL / 16, 16), -EFAULT);
	assert_int_equal(copy_elem_to_guest(va, 3, b, 16), 0);
	assert_int_equal(copy_elem_to_guest(va, ~0UL / 16, b, 16), -EFAULT);
	assert_int_equal(copy_elem_to_guest(~0UL - 7, 0, b, 16), -EFAULT);
}

/* ---- multicall ---- */

static struct multicall_entry *entries(void)
{
	return guest(buf_va());
}

static void test_multicall(void **state)
{
	struct multicall_entry *e = entries();
	struct xen_feature_info *fi = guest(arg_va());

	(void)state;
	memset(e, 0x55, 5 * sizeof(*e));
	e[0].op = __HYPERVISOR_xen_version; e[0].args[0] = XENVER_version;
	e[1].op = 999;
	e[2].op = __HYPERVISOR_multicall; e[2].args[0] = buf_va(); e[2].args[1] = 1;
	e[3].op = __HYPERVISOR_xen_version; e[3].args[0] = XENVER_get_features; e[3].args[1] =
		arg_va();
	e[4].op = ~0UL;
	fi->submap_idx = 0;
	assert_int_equal(hcall(multicall, buf_va(), 5, 0), 0);
	assert_int_equal(restarts, 0);
	assert_true(e[0].result == 0x40011);
	assert_true((int64_t)e[1].result == -ENOSYS);
	assert_true((int64_t)e[2].result == -EINVAL);
	assert_true(e[3].result == 0);
	assert_int_equal(fi->submap, 0x66805);
	assert_true((int64_t)e[4].result == -ENOSYS);
	assert_true(e[0].args[1] == 0x5555555555555555UL);
	/* Preempted between all entries. */
	fake_irq_pending = true;
	for (int i = 0; i < 5; i++)
		e[i].result = 77;
	assert_int_equal(hcall(multicall, buf_va(), 5, 0), 0);
	assert_int_equal(restarts, 4);
	for (int i = 0; i < 5; i++)
		assert_true(e[i].result != 77);
	fake_irq_pending = false;
	assert_int_equal(hcall(multicall, 0, 0, 0), -EFAULT);
	assert_int_equal(hcall(multicall, NOWHERE, 1, 0), -EFAULT);
	assert_int_equal(hcall(multicall, buf_va(), 0, 0), 0);
	/* The result cannot be written. */
	fake_va_fault(buf_va(), buf_va() + 4096, false, true);
	assert_int_equal(hcall(multicall, buf_va(), 1, 0), -EFAULT);
	assert_false(this_vcpu()->hcall.in_multicall);
}

/* An entry that is itself preempted gets new arguments, and its result at the end. */
static void test_multicall_restart(void **state)
{
	struct multicall_entry *e = entries();
	struct xen_memory_reservation *r = guest(arg_va());
	uint64_t *frames = guest(buf_va() + PAGE_SIZE);

	(void)state;
	for (int i = 0; i < 200; i++)
		frames[i] = 0x90000 + (uint64_t)i;
	r->extent_start.p = buf_va() + PAGE_SIZE;
	r->nr_extents = 200;
	r->domid = domu->id;
	memset(e, 0, 2 * sizeof(*e));
	e[0].op = __HYPERVISOR_memory_op;
	e[0].args[0] = XENMEM_populate_physmap; e[0].args[1] = arg_va();
	e[1].op = __HYPERVISOR_xen_version;
	fake_irq_pending = true;
	assert_int_equal(hcall(multicall, buf_va(), 2, 0), 0);
	assert_int_equal(e[0].result, 200);
	assert_int_equal(e[1].result, 0x40011);
	assert_true(restarts > 3);
	assert_int_equal(domu->tot_pages, DOMU_PAGES + 200);
	/* The list cannot take the new arguments. */
	e[0].args[0] = XENMEM_populate_physmap;
	fake_va_fault(buf_va(), buf_va() + 4096, false, true);
	assert_int_equal(hcall(multicall, buf_va(), 1, 0), -EFAULT);
	assert_false(this_vcpu()->hcall.restart);
}

/* ---- permissions ---- */

static void test_target(void **state)
{
	struct domain *d;

	(void)state;
	assert_int_equal(target_get(domu->id, &d), 0);
	assert_ptr_equal(d, domu);
	target_put(d);
	assert_int_equal(target_get(DOMID_SELF, &d), 0);
	assert_ptr_equal(d, dom0);
	target_put(d);
	assert_int_equal(target_get(4000, &d), -ESRCH);
	assert_int_equal(target_get(DOMID_INVALID, &d), -ESRCH);
	run_as(domu, 0);
	assert_int_equal(target_get(0, &d), -EPERM);
	assert_int_equal(target_get(4000, &d), -EPERM);
	assert_int_equal(target_get(domu->id, &d), 0);
	assert_ptr_equal(d, domu);
	target_put(d);
	assert_false(caller_is_privileged());
	/* A domain that is being made is nobody's target yet. */
	run_as(dom0, 0);
	store_release(&domu->dying, DOMAIN_CREATING);
	assert_int_equal(target_get(domu->id, &d), -ESRCH);
	store_release(&domu->dying, DOMAIN_ALIVE);
}

static void test_preempt(void **state)
{
	(void)state;
	assert_false(hypercall_preempt());
	fake_irq_pending = true;
	assert_true(hypercall_preempt());
	fake_irq_pending = false;
	this_cpu()->work = WORK_VGIC;
	assert_false(hypercall_preempt());
	this_cpu()->work = WORK_RESCHED;
	assert_true(hypercall_preempt());
	this_cpu()->work = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_table),
		world_test(test_copy),
		world_test(test_copy_errors),
		world_test(test_multicall),
		world_test(test_multicall_restart),
		world_test(test_target),
		world_test(test_preempt),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
