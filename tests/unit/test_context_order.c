/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's records as a hostile or a clumsy caller hands them over: in any order and length, cut
 * anywhere, at the wrong time, in pieces, forged in the middle, without memory.
 */
#include "context_world.h"
#include <xen/id_regs.h>
#include <xen/vgic.h>

#define OP_RESUMED	0x7a617a656e2d6f70UL	/* domctl.c */

static int64_t unpause(struct domain *d) { return call(XEN_DOMCTL_unpausedomain, d->id); }

/* ---- when ---- */

static void test_when(void **state)
{
	(void)state;
	/* Running; paused, but still on a CPU for a while. */
	assert_int_equal(domain_resume(domu), 0);
	assert_int_equal(get_records(domu), -EBUSY);
	assert_int_equal(domain_pause(domu), 0);
	assert_int_equal(get_records(domu), 0);
	assert_int_equal(set_records(domu), -EBUSY);	/* it has run */
	assert_int_equal(call(XEN_DOMCTL_gethvmcontext, 0), -EINVAL);
	assert_int_equal(call(XEN_DOMCTL_sethvmcontext, 0), -EINVAL);
	/* A part of it, and it cannot go on by itself; pauses beside it come and go. */
	assert_int_equal(set_bytes(fresh, records, nr_bytes - 1), -ENODATA);
	assert_int_equal(unpause(fresh), -EBUSY);
	assert_int_equal(call(XEN_DOMCTL_pausedomain, fresh->id), 0);
	assert_int_equal(unpause(fresh), 0);
	assert_int_equal(unpause(fresh), -EBUSY);
	assert_int_equal(fresh->pause_count, 1);
	assert_false(fresh->creation_finished);
	assert_int_equal(get_records(fresh), -EBUSY);
	assert_int_equal(get_records(domu), 0);
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(unpause(fresh), 0);
	assert_int_equal(set_records(fresh), -EBUSY);
	assert_int_equal(unpause(fresh), -EINVAL);
}

static void leave_cpu(void)
{
	fake_cpu_enter(1);
	fake_set_current(NULL);
	fake_cpu_enter(0);
}

/* One vCPU is still on its way out. */
static void test_waits(void **state)
{
	(void)state;
	fake_cpu_enter(1);
	run_as(domu, 1);
	fake_cpu_enter(0);
	on_restart = leave_cpu;
	assert_int_equal(get_records(domu), 0);
	assert_int_equal(restarts, 1);
}

static void test_other_states(void **state)
{
	struct domain *d;

	(void)state;
	assert_int_equal(get_records(domu), 0);
	/* Without vCPUs. */
	assert_int_equal(domain_create(0x7FF4, &shape, &d), 0);
	assert_int_equal(get_records(d), -EINVAL);
	assert_int_equal(get_sized(d, 0), -EINVAL);
	assert_int_equal(domain_create_vcpus(d, shape.max_vcpus), 0);
	assert_int_equal(get_records(domu), 0);
	assert_int_equal(set_records(d), 0);
	d->has_device = true;
	assert_int_equal(get_records(d), -EOPNOTSUPP);
	d->has_device = false;
	assert_int_equal(get_records(domu), 0);
	fake_domain_destroy(d);
	domu->dying = DOMAIN_DYING;
	assert_int_equal(get_records(domu), -ESRCH);
	assert_int_equal(set_records(domu), -ESRCH);
	domu->dying = DOMAIN_ALIVE;
}

/* ---- lengths ---- */

static void test_size(void **state)
{
	uint32_t n;

	(void)state;
	assert_int_equal(get_records(domu), 0);
	n = nr_bytes;
	memset(&op.u, 0, sizeof(op.u));
	assert_int_equal(call(XEN_DOMCTL_gethvmcontext, domu->id), 0);
	assert_int_equal(op.u.hvmcontext.size, n);
	assert_int_equal(get_sized(domu, n), 0);
	for (uint32_t size = 0; size < n; size += 5)
		assert_int_equal(get_sized(domu, size), -ENOSPC);
	assert_int_equal(get_sized(domu, n - 1), -ENOSPC);
	assert_int_equal(get_sized(domu, ~0u), 0);
	assert_int_equal(nr_bytes, n);
	/* Nothing behind the buffer is touched. */
	memset(guest(buf_va() + (n & PAGE_MASK)), 0xee, PAGE_SIZE);
	assert_int_equal(get_sized(domu, n), 0);
	assert_int_equal(*(uint8_t *)guest(buf_va() + n), 0xee);
}

static void test_cut_anywhere(void **state)
{
	(void)state;
	assert_int_equal(get_records(domu), 0);
	for (uint32_t n = 0; n < nr_bytes; n += 1 + n / 400)
		assert_int_equal(set_bytes(fresh, records, n), -ENODATA);
	assert_int_equal(set_bytes(fresh, records, nr_bytes - 1), -ENODATA);
	assert_int_equal(set_bytes(fresh, records, nr_bytes + 1), -EINVAL);
	assert_int_equal(set_bytes(fresh, records, nr_bytes + 8), -EINVAL);
	assert_int_equal(set_records(fresh), 0);
}

static void test_no_access(void **state)
{
	(void)state;
	assert_int_equal(get_records(domu), 0);
	for (uint32_t n = 0; n < nr_bytes; n += PAGE_SIZE) {
		fake_va_fault(buf_va() + n, buf_va() + n + 1, true, true);
		assert_int_equal(get_records(domu), -EFAULT);
		assert_int_equal(set_records(fresh), -EFAULT);
		fake_va_fault_clear();
	}
	memset(&op.u, 0, sizeof(op.u));
	op.u.hvmcontext.size = nr_bytes;
	op.u.hvmcontext.buffer.p = ~0UL - 100;
	assert_int_equal(call(XEN_DOMCTL_gethvmcontext, domu->id), -EFAULT);
	op.u.hvmcontext.buffer.p = ~0UL - 100;
	assert_int_equal(call(XEN_DOMCTL_sethvmcontext, fresh->id), -EFAULT);
}

/* ---- records ---- */

static uint32_t size_of(const struct hvm_save_descriptor *h)
{
	return (uint32_t)sizeof(*h) + h->length;
}

/* Take record h out; the bytes behind it move. */
static void cut(struct hvm_save_descriptor *h)
{
	uint32_t at = (uint32_t)((uint8_t *)h - records), n = size_of(h);

	memmove(records + at, records + at + n, nr_bytes - at - n);
	nr_bytes -= n;
}

/* Put h twice. */
static void repeat(struct hvm_save_descriptor *h)
{
	uint32_t at = (uint32_t)((uint8_t *)h - records), n = size_of(h);

	memmove(records + at + n, records + at, nr_bytes - at);
	nr_bytes += n;
}

static const struct { uint16_t type, instance; } all[] = {
	{ ZAZEN_SAVE_HEADER, 0 }, { ZAZEN_SAVE_CPU, 0 }, { ZAZEN_SAVE_DOMAIN, 0 },
	{ ZAZEN_SAVE_VCPU, 0 }, { ZAZEN_SAVE_VCPU, 1 }, { ZAZEN_SAVE_PRIVATE, 0 },
	{ ZAZEN_SAVE_PRIVATE, 1 }, { ZAZEN_SAVE_AREAS, 0 }, { ZAZEN_SAVE_AREAS, 1 },
	{ ZAZEN_SAVE_SPIS, 0 }, { ZAZEN_SAVE_SPIS, 1 }, { ZAZEN_SAVE_SPIS, 2 },
};

static void test_each_record(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct hvm_save_descriptor *h;

		assert_int_equal(get_records(domu), 0);
		h = find(all[i].type, all[i].instance, 0);
		cut(h);
		assert_int_equal(set_records(fresh), -EINVAL);
		assert_int_equal(get_records(domu), 0);
		repeat(h);
		assert_int_equal(set_records(fresh), -EINVAL);
		assert_int_equal(get_records(domu), 0);
		h->instance += 1;
		assert_int_equal(set_records(fresh), -EINVAL);
		h->instance -= 1;
		/* Its length is that of its struct. */
		h->length -= 1;
		assert_int_equal(set_records(fresh), -EINVAL);
		h->length += 2;
		assert_int_equal(set_records(fresh), -EINVAL);
		h->length = 0;
		assert_int_equal(set_records(fresh), -EINVAL);
		h->length = ~0u;
		assert_int_equal(set_records(fresh), -ENODATA);
		h->length = 1u << 16;
		assert_int_equal(set_records(fresh), h->length > nr_bytes ? -ENODATA : -EINVAL);
	}
	/* Bytes behind the end. */
	assert_int_equal(get_records(domu), 0);
	find(ZAZEN_SAVE_END, 0, 0)->length = 8;
	nr_bytes += 8;
	assert_int_equal(set_records(fresh), -EINVAL);
}

/* Registers come in one record or in many; each vCPU has one at least. */
static void test_registers_in_pieces(void **state)
{
	struct hvm_save_descriptor *h;

	(void)state;
	domu->vcpu[1]->ctxt.vbar = 0x800;
	domu->vcpu[0]->regs.x[0] = 5;
	assert_int_equal(get_records(domu), 0);
	h = find(ZAZEN_SAVE_REGS, 0, 0);
	repeat(h);
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(fresh->vcpu[0]->regs.x[0], 5);
	assert_int_equal(fresh->vcpu[1]->ctxt.vbar, 0x800);
	assert_int_equal(get_records(domu), 0);
	for (h = find(ZAZEN_SAVE_REGS, 0, 1); h->typecode == ZAZEN_SAVE_REGS && !h->instance;)
		cut(h);
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(fresh->vcpu[1]->ctxt.vbar, 0x800);
	cut(find(ZAZEN_SAVE_REGS, 0, 0));
	assert_int_equal(set_records(fresh), -EINVAL);
	assert_int_equal(get_records(domu), 0);
	h = find(ZAZEN_SAVE_REGS, 0, 2);
	h->length -= 8;
	assert_int_equal(set_records(fresh), -EINVAL);
	h->length = 0;
	assert_int_equal(set_records(fresh), -EINVAL);
}

/* What comes from later versions. */
static void test_unknown(void **state)
{
	struct hvm_save_descriptor *h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		assert_int_equal(get_records(domu), 0);
		h = find(all[i].type, all[i].instance, 0);
		repeat(h);
		h->typecode = 0x5aff;
		assert_int_equal(set_records(fresh), i ? -EOPNOTSUPP : -EINVAL);
		h->typecode |= ZAZEN_SAVE_OPTIONAL;
		h->instance = 0x1234;
		/* Nothing comes before the header. */
		assert_int_equal(set_records(fresh), i ? 0 : -EINVAL);
	}
}

static void test_header(void **state)
{
	struct zazen_save_header *h, good;

	(void)state;
	assert_int_equal(get_records(domu), 0);
	h = contents(ZAZEN_SAVE_HEADER, 0);
	good = *h;
	assert_int_equal(good.frequency, FAKE_TIMER_HZ);
#define REFUSED(err, member, value) do { *h = good; h->member = (value); \
		assert_int_equal(set_records(fresh), err); } while (0)
	REFUSED(-EINVAL, magic, 1);
	REFUSED(-EOPNOTSUPP, version, 2);
	REFUSED(-EOPNOTSUPP, version, 0);
	REFUSED(-EOPNOTSUPP, frequency, 24000000);
	REFUSED(-EOPNOTSUPP, host_gic_version, 2);
	REFUSED(-EOPNOTSUPP, host_pri_bits, 7);
	REFUSED(-EINVAL, nr_vcpus, 1);
	REFUSED(-EINVAL, nr_vcpus, 3);
	REFUSED(-EINVAL, nr_spis, 64);
	REFUSED(-EINVAL, gic_version, 2);
	REFUSED(-EINVAL, flags, ZAZEN_SAVE_AARCH32);
	REFUSED(-EINVAL, flags, ZAZEN_SAVE_PMU);
	REFUSED(-EINVAL, flags, 0x80);
	REFUSED(0, magic, good.magic);
}

/* Features: the host has to have them, and those that were not there are not shown. */
static void test_features(void **state)
{
	uint64_t *id;

	(void)state;
	assert_int_equal(get_records(domu), 0);
	id = contents(ZAZEN_SAVE_CPU, 0);
	id[ID_AA64ISAR0] = 1 << 4;
	assert_int_equal(set_records(fresh), -EOPNOTSUPP);
	id[ID_AA64ISAR0] = 0;
	id[ID_AA64DFR0] = 1 << 8;	/* a PMU is not by the rules */
	assert_int_equal(set_records(fresh), -EOPNOTSUPP);
	id[ID_AA64DFR0] = 0;
	id[0] = 1;
	assert_int_equal(set_records(fresh), -EOPNOTSUPP);
	id[0] = 0;
	id[ID_DFR0] = 1UL << 40;	/* beyond its fields */
	assert_int_equal(set_records(fresh), -EOPNOTSUPP);
	id[ID_DFR0] = 0;
	guest_id_regs[ID_AA64ISAR0] = 0x2110;
	id[ID_AA64ISAR0] = 0x1110;
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(fresh->id_regs[ID_AA64ISAR0], 0x1110);
	assert_int_equal(guest_id_regs[ID_AA64ISAR0], 0x2110);
	id[ID_AA64ISAR0] = 0x3110;
	assert_int_equal(set_records(fresh), -EOPNOTSUPP);
	guest_id_regs[ID_AA64ISAR0] = 0;
}

/* ---- pieces ---- */

static void test_preempted(void **state)
{
	static uint8_t whole[BUFFER_SIZE];
	uint32_t n;

	(void)state;
	domu->vcpu[1]->ctxt.fp.q[7] = 77;
	assert_int_equal(get_records(domu), 0);
	n = nr_bytes;
	memcpy(whole, records, n);
	memset(records, 0, n);
	fake_irq_pending = true;
	assert_int_equal(get_records(domu), 0);
	assert_true(restarts > 10);
	assert_int_equal(nr_bytes, n);
	assert_memory_equal(records, whole, n);
	assert_int_equal(set_records(fresh), 0);
	assert_true(restarts > 20);
	assert_true(fresh->vcpu[1]->ctxt.fp.q[7] == 77);
	assert_int_equal(unpause(fresh), 0);
}

/* It is unpaused, or runs again, while the call waits. */
static void wake_source(void)
{
	if (domu->shut_down)
		assert_int_equal(domain_resume(domu), 0);
}

static int64_t tried;
static void try_unpause(void) { tried = domain_unpause(fresh); }

static void test_changed_meanwhile(void **state)
{
	(void)state;
	assert_int_equal(get_records(domu), 0);
	fake_irq_pending = true;
	on_restart = try_unpause;
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(tried, -EBUSY);
	on_restart = wake_source;
	assert_int_equal(get_records(domu), -EBUSY);
}

/* Progress of the caller's own making: what it could have asked for afresh, or nothing. */
static void test_forged_progress(void **state)
{
	(void)state;
	for (uint64_t row = 0; row < 12; row++) {
		for (uint64_t n = 0; n < 4; n++) {
			for (uint64_t off = 0; off < 3; off++) {
				uint64_t a = row << 16 | n, b = off == 2 ? ~0UL : off * 32;

				assert_int_equal(get_records(domu), 0);
				copy_bytes(true, records, nr_bytes);
				op.cmd = XEN_DOMCTL_sethvmcontext;
				op.domain = fresh->id;
				op.u.hvmcontext.size = nr_bytes;
				op.u.hvmcontext.buffer.p = buf_va();
				memcpy(guest(arg_va()), &op, sizeof(op));
				assert_int_not_equal(hcall5(__HYPERVISOR_domctl, arg_va(),
							    OP_RESUMED, a, b, 0), -ERESTART);
				op.cmd = XEN_DOMCTL_gethvmcontext;
				op.domain = domu->id;
				memcpy(guest(arg_va()), &op, sizeof(op));
				assert_int_not_equal(hcall5(__HYPERVISOR_domctl, arg_va(),
							    OP_RESUMED, a, b, 0), -ERESTART);
			}
		}
	}
	assert_int_equal(hcall5(__HYPERVISOR_domctl, arg_va(), OP_RESUMED, ~0UL, 0, 0), -EINVAL);
	assert_int_equal(get_records(domu), 0);
	assert_int_equal(set_records(fresh), 0);
}

static int64_t go_on(uint64_t a, uint64_t b)
{
	op.cmd = XEN_DOMCTL_sethvmcontext;
	op.domain = fresh->id;
	op.u.hvmcontext.size = nr_bytes;
	op.u.hvmcontext.buffer.p = buf_va();
	memcpy(guest(arg_va()), &op, sizeof(op));
	return hcall5(__HYPERVISOR_domctl, arg_va(), OP_RESUMED, a, b, 0);
}

static uint64_t offset_of(uint16_t type, uint16_t instance)
{
	return (uint64_t)((uint8_t *)find(type, instance, 0) - records);
}

/* Registers that were not looked at yet never run: no record can be jumped over. */
static void test_forged_end(void **state)
{
	uint64_t end, regs, private;

	(void)state;
	assert_int_equal(get_records(domu), 0);
	find_reg(0, 0xe200)->value = PSR_MODE_EL2h;
	end = offset_of(ZAZEN_SAVE_END, 0);
	regs = offset_of(ZAZEN_SAVE_REGS, 1);
	private = offset_of(ZAZEN_SAVE_PRIVATE, 0);
	copy_bytes(true, records, nr_bytes);
	/* Nothing was begun. */
	assert_int_equal(go_on(9UL << 16, end), -EINVAL);
	assert_false(fresh->restoring);
	assert_int_equal(set_bytes(fresh, records, (uint32_t)private), -ENODATA);
	copy_bytes(true, records, nr_bytes);
	for (uint64_t place = 0; place < 11; place++) {
		assert_int_equal(go_on(place << 16, end), -EINVAL);
		assert_int_equal(go_on(place << 16 | 1, end), -EINVAL);
		assert_int_equal(unpause(fresh), -EBUSY);
	}
	/* Where it goes on from is the caller's to say, what is next is not. */
	assert_int_equal(go_on(0, private), -EINVAL);
	assert_int_equal(go_on(0, private), -EINVAL);
	assert_int_equal(go_on(0, end), -EINVAL);
	assert_int_equal(go_on(0, regs), -EINVAL);
	find_reg(0, 0xe200)->value = PSR_MODE_EL1h;
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(go_on(9UL << 16, end), -EINVAL);
	assert_int_equal(unpause(fresh), 0);
}

/* Each allocation on the way fails once; the second try is a good one. */
static void test_no_memory(void **state)
{
	unsigned int nth;

	(void)state;
	assert_int_equal(vcpu_register_info(domu->vcpu[0], gfn(DOMU_RAM >> PAGE_SHIFT), 0), 0);
	assert_int_equal(get_records(domu), 0);
	guest_id_regs[ID_AA64ISAR0] = 0x10;
	for (nth = 1; nth < 100; nth++) {
		fake_fail_alloc(nth);
		int64_t rc = set_records(fresh);
		if (!fake_alloc_failed())
			break;
		assert_int_equal(rc, -ENOMEM);
		assert_int_equal(unpause(fresh), -EBUSY);
	}
	assert_true(nth > 1);
	guest_id_regs[ID_AA64ISAR0] = 0;
}

/* ---- other shapes ---- */

static int setup_large(void **state)
{
	(void)state;
	return make_both(8, 992);
}

static void test_large(void **state)
{
	(void)state;
	domu->vcpu[7]->regs.x[3] = 33;
	vgic_irq_get(domu->vgic, NULL, 1019)->latch = true;
	assert_int_equal(get_records(domu), 0);
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(fresh->vcpu[7]->regs.x[3], 33);
	assert_true(vgic_irq_get(fresh->vgic, NULL, 1019)->latch);
	assert_int_equal(find(ZAZEN_SAVE_SPIS, 30, 0)->length, 28 * 12);
	memset(&op.u, 0, sizeof(op.u));
	assert_int_equal(call(XEN_DOMCTL_gethvmcontext, domu->id), 0);
	assert_int_equal(op.u.hvmcontext.size, nr_bytes);
}

static int setup_none(void **state)
{
	(void)state;
	return make_both(1, 0);
}

static void test_small(void **state)
{
	(void)state;
	assert_int_equal(get_records(domu), 0);
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(unpause(fresh), 0);
}

static int setup_pmu(void **state)
{
	(void)state;
	host_info.pmu_ppi = 23;
	pmu_version = 4;
	return make_both(2, 32);
}

static int teardown_pmu(void **state)
{
	int rc = context_teardown(state);

	host_info.pmu_ppi = 0;
	pmu_version = 0;
	return rc;
}

/* Counters that run are loaded with the vCPU; others when they are touched. */
static void test_pmu(void **state)
{
	uint64_t *words = (uint64_t *)&domu->vcpu[1]->vpmu->state;

	(void)state;
	for (size_t i = 0; i < sizeof(struct pmu_state) / 8; i++)
		words[i] = i * 0x100000001 + 1;
	assert_int_equal(get_records(domu), 0);
	assert_int_equal(set_records(fresh), 0);
	assert_memory_equal(&fresh->vcpu[1]->vpmu->state, words, sizeof(struct pmu_state));
	assert_true(fresh->vcpu[1]->ctxt.extra & CTXT_PMU);
	assert_false(fresh->vcpu[0]->ctxt.extra & CTXT_PMU);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		context_test(test_when), context_test(test_waits), context_test(test_other_states),
		context_test(test_size), context_test(test_cut_anywhere),
		context_test(test_no_access), context_test(test_each_record),
		context_test(test_registers_in_pieces), context_test(test_unknown),
		context_test(test_header), context_test(test_features),
		context_test(test_preempted), context_test(test_changed_meanwhile),
		context_test(test_forged_progress), context_test(test_forged_end),
		context_test(test_no_memory),
		cmocka_unit_test_setup_teardown(test_large, setup_large, context_teardown),
		cmocka_unit_test_setup_teardown(test_small, setup_none, context_teardown),
		cmocka_unit_test_setup_teardown(test_pmu, setup_pmu, teardown_pmu),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
