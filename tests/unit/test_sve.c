/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SVE of a domain: which lengths a host has, who is given one, what its vCPUs show and cost, and
 * their registers out of one domain and into another.
 */
#include "context_world.h"
#include <xen/aarch32.h>
#include <xen/id_regs.h>
#include <xen/sve.h>
#include <public/sysctl.h>
#include "xen/hypercall/domctl.h"

#define UP_TO(bits)	((1u << (bits) / 128) - 1)
#define POWERS		(1u | 2u | 8u)		/* 128, 256, 512 */

static uint64_t cpu[NR_ID_REGS];

/* A host whose CPUs have these. */
static void host(uint32_t lengths)
{
	memset(cpu, 0, sizeof(cpu));
	cpu[ID_AA64MMFR0] = 2;
	cpu[ID_AA64PFR0] = lengths ? 1UL << 32 : 0;
	cpu[ID_AA64ZFR0] = lengths ? 0x0110110100110021 : 0;
	id_regs_add_cpu(cpu, 0, true);
	sve_add_cpu(lengths, true);
}

static void test_lengths(void **state)
{
	static const struct { uint32_t a, b, max, has, lacks; } cases[] = {
		{ 0, 0, 0, 0, 1 }, { UP_TO(128), 0, 0, 0, 1 }, { 0, UP_TO(2048), 0, 0, 1 },
		{ UP_TO(2048), UP_TO(2048), 16, 16, 17 }, { POWERS, POWERS, 4, 4, 3 },
		{ POWERS, 3, 2, 2, 4 }, { 3, POWERS, 2, 2, 4 },
		/* The same guest would find 384 bits on one and 256 on the other. */
		{ UP_TO(512), POWERS, 2, 2, 4 }, { POWERS, UP_TO(512), 2, 2, 4 },
		{ UP_TO(128), UP_TO(128), 1, 1, 2 },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		sve_add_cpu(cases[i].a, true);
		sve_add_cpu(cases[i].b, false);
		assert_int_equal(sve_max_length(), cases[i].max);
		assert_int_equal(sve_has_length(cases[i].has), cases[i].has != 0);
		assert_false(sve_has_length(cases[i].lacks));
		/* A third that is like the first brings nothing back. */
		sve_add_cpu(cases[i].a, false);
		assert_int_equal(sve_max_length(), cases[i].max);
	}
	assert_false(sve_has_length(0));
	assert_false(sve_has_length(~0u));
}

static int64_t ask(domid_t id, uint32_t vl, uint8_t reg, uint8_t shift)
{
	struct zazen_domctl_cpu_model m = { .sve_vl = vl, .nr_fields = reg != 0,
					    .field[0] = { reg, shift, 0, 0 } };

	memset(&op.u, 0, sizeof(op.u));
	memcpy(&op.u, &m, sizeof(m));
	return call(ZAZEN_DOMCTL_cpu_model, id);
}

static domid_t fresh_domain(void)
{
	good_config();
	assert_int_equal(call(XEN_DOMCTL_createdomain, 0), 0);
	return op.domain;
}

static int64_t address_size(domid_t id, uint32_t size)
{
	memset(&op.u, 0, sizeof(op.u));
	op.u.address_size.size = size;
	return call(XEN_DOMCTL_set_address_size, id);
}

static void test_choice(void **state)
{
	struct domain *d;
	domid_t id;

	(void)state;
	host(POWERS);
	id = fresh_domain();
	d = domain_get_by_id(id);
	assert_int_equal(ask(id, 17, 0, 0), -EINVAL);
	assert_int_equal(ask(id, 3, 0, 0), -EOPNOTSUPP);
	assert_int_equal(ask(id, 8, 0, 0), -EOPNOTSUPP);
	assert_int_equal(d->sve_vl, 0);
	assert_int_equal(d->id_regs[ID_AA64ZFR0], 0);
	fake_fail_alloc(1);
	assert_int_equal(ask(id, 2, 0, 0), -ENOMEM);
	assert_int_equal(d->sve_vl, 0);
	/* It sees what the host has of SVE, the others nothing; fields go down and stay. */
	assert_int_equal(ask(id, 2, ID_AA64ZFR0, 44), 0);
	assert_int_equal(d->sve_vl, 2);
	assert_int_equal(ID_FIELD(d->id_regs[ID_AA64PFR0], 32), 1);
	assert_int_equal(d->id_regs[ID_AA64ZFR0], 0x0110010100110021);
	assert_int_equal(ask(id, 4, 0, 0), 0);
	assert_int_equal(d->id_regs[ID_AA64ZFR0], 0x0110010100110021);
	assert_int_equal(guest_id_regs[ID_AA64ZFR0], 0);
	assert_int_equal(ID_FIELD(guest_id_regs[ID_AA64PFR0], 32), 0);
	/* And off again. */
	assert_int_equal(ask(id, 0, 0, 0), 0);
	assert_int_equal(d->id_regs[ID_AA64ZFR0], 0);
	assert_int_equal(ID_FIELD(d->id_regs[ID_AA64PFR0], 32), 0);
	/* Not together with 32 bits. */
	host_has_aarch32 = true;
	assert_int_equal(ask(id, 4, 0, 0), 0);
	assert_int_equal(address_size(id, 32), -EINVAL);
	assert_int_equal(address_size(id, 64), 0);
	assert_int_equal(ask(id, 0, 0, 0), 0);
	assert_int_equal(address_size(id, 32), 0);
	assert_int_equal(ask(id, 4, 0, 0), -EINVAL);
	host_has_aarch32 = false;
	domain_put(d);
	assert_int_equal(call(XEN_DOMCTL_destroydomain, id), 0);
	/* dom0 has none, and cannot ask. */
	assert_int_equal(ask(0, 1, 0, 0), -EINVAL);
}

/* The registers of CPUs that differ, and of a host without SVE. */
static void test_fields(void **state)
{
	domid_t id;

	(void)state;
	host(UP_TO(256));
	cpu[ID_AA64ZFR0] = 0x0010210000120110;
	id_regs_add_cpu(cpu, 0, false);
	sve_add_cpu(UP_TO(256), false);
	id = fresh_domain();
	struct domain *d = domain_get_by_id(id);
	assert_int_equal(ask(id, 2, 0, 0), 0);
	assert_int_equal(d->id_regs[ID_AA64ZFR0], 0x0010110000110010);
	assert_false(id_regs_are_hosts(d));
	domain_put(d);
	assert_int_equal(call(XEN_DOMCTL_destroydomain, id), 0);
	host(0);
	id = fresh_domain();
	assert_int_equal(ask(id, 1, 0, 0), -EOPNOTSUPP);
	assert_int_equal(ask(id, 0, 0, 0), 0);
	assert_int_equal(call(XEN_DOMCTL_destroydomain, id), 0);
}

static void test_physinfo(void **state)
{
	struct control_call c = { .d = NULL };

	(void)state;
	host(POWERS);
	assert_int_equal(sysctl_physinfo(&c), 0);
	assert_int_equal(c.sysctl.u.physinfo.arch_capabilities, 4);
	host(0);
	assert_int_equal(sysctl_physinfo(&c), 0);
	assert_int_equal(c.sysctl.u.physinfo.arch_capabilities, 0);
}

/* Memory for the registers is the domain's, only where there is SVE, and all goes back. */
static void test_memory(void **state)
{
	static const struct { uint32_t vl, pages, words; } cases[] = {
		{ 0, 0, 0 }, { 1, 1, 69 }, { 2, 1, 137 }, { 7, 1, 478 }, { 8, 2, 546 },
		{ 16, 4, 1092 },
	};

	(void)state;
	host(UP_TO(2048));
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		domid_t id = fresh_domain();
		struct domain *d = domain_get_by_id(id);
		uint32_t before = d->heap_pages;
		uint64_t all;

		assert_int_equal(ask(id, cases[i].vl, 0, 0), 0);
		assert_int_equal(sve_words(d), cases[i].words);
		assert_int_equal(sve_pages(d), cases[i].pages);
		all = heap_pages_used();
		/* The second vCPU's is over the limit. */
		if (cases[i].vl) {
			WRITE_ONCE(d->max_heap_pages, before + 2 * cases[i].pages - 1);
			op.u.max_vcpus.max = 2;
			assert_int_equal(call(XEN_DOMCTL_max_vcpus, id), -ENOMEM);
			assert_int_equal(d->heap_pages, before + cases[i].pages);
			WRITE_ONCE(d->max_heap_pages, ~0u);
		}
		op.u.max_vcpus.max = 2;
		assert_int_equal(call(XEN_DOMCTL_max_vcpus, id), 0);
		assert_int_equal(d->heap_pages, before + 2 * cases[i].pages);
		assert_true(heap_pages_used() >= all + 2 * cases[i].pages);
		assert_int_equal(ask(id, 1, 0, 0), -EBUSY);
		if (cases[i].vl) {
			memset(d->vcpu[1]->sve, 0xff, 16 + 8UL * cases[i].words);
			vcpu_reset(d->vcpu[1], 0, 0);
			assert_int_equal(d->vcpu[1]->sve->zcr, 0);
			assert_int_equal(d->vcpu[1]->sve->regs[cases[i].words - 1], 0);
		} else {
			assert_null(d->vcpu[0]->sve);
		}
		domain_put(d);
		assert_int_equal(call(XEN_DOMCTL_destroydomain, id), 0);
		assert_true(heap_pages_used() <= all);
	}
}

/* ---- context ---- */



static struct domain *make_sve(uint32_t vl)
{
	struct domain *d;

	assert_int_equal(domain_create(0x7FF4, &shape, &d), 0);
	assert_int_equal(sve_choose(d, vl), 0);
	assert_int_equal(domain_create_vcpus(d, shape.max_vcpus), 0);
	d->max_pages = ~0u;
	fake_domain_add_ram(d, gfn(DOMU_RAM >> PAGE_SHIFT), DOMU_PAGES);
	return d;
}

static void make_pair(uint32_t vl)
{
	host(POWERS);
	shape.max_vcpus = 2;
	fake_domain_destroy(domu);
	fake_domain_destroy(fresh);
	domu = make_sve(2);
	fresh = make_sve(vl);
	run_as(dom0, 0);
	for_each_vcpu(domu, v) {
		vcpu_reset(v, 0x40000000, v->id);
		v->sve->zcr = 1 + v->id;
		for (uint32_t i = 0; i < sve_words(domu); i++)
			v->sve->regs[i] = (i + 1) * 0x0001000300050007UL + v->id;
	}
	assert_int_equal(domain_unpause(domu), 0);
	domain_shutdown(domu, SHUTDOWN_suspend);
	assert_int_equal(get_records(domu), 0);
}

static void test_context(void **state)
{
	(void)state;
	make_pair(2);
	assert_int_equal(((struct zazen_save_header *)contents(ZAZEN_SAVE_HEADER, 0))->flags >> 3, 2);
	assert_int_equal(set_records(fresh), 0);
	for_each_vcpu(fresh, v) {
		assert_int_equal(v->sve->zcr, 1 + v->id);
		assert_memory_equal(v->sve->regs, domu->vcpu[v->id]->sve->regs,
				    8UL * sve_words(domu));
	}
	assert_int_equal(fresh->id_regs[ID_AA64ZFR0], domu->id_regs[ID_AA64ZFR0]);
}

/* Other shapes: no SVE, another length, either way. */
static void test_other_shape(void **state)
{
	(void)state;
	make_pair(4);
	assert_int_equal(set_records(fresh), -EINVAL);
	make_pair(0);
	assert_int_equal(set_records(fresh), -EINVAL);
	((struct zazen_save_header *)contents(ZAZEN_SAVE_HEADER, 0))->flags &= 7;
	/* Its registers would be those of nobody. */
	assert_int_equal(set_records(fresh), -EOPNOTSUPP);
}

/* What a file must not have: a length that is none, words that there are not, V beside Z. */
static void test_forged(void **state)
{
	struct zazen_save_reg *zcr, *word;
	uint64_t id;

	(void)state;
	make_pair(2);
	zcr = find_reg(1, 0xc090);
	assert_int_equal(zcr->value, 2);
	zcr->value = SVE_VL_MAX;
	assert_int_equal(set_records(fresh), -EINVAL);
	zcr->value = ~0UL;
	assert_int_equal(set_records(fresh), -EINVAL);
	zcr->value = SVE_VL_MAX - 1;
	word = find_reg(0, ZAZEN_REG_SVE(sve_words(domu) - 1));
	id = word->id;
	word->id++;
	assert_int_equal(set_records(fresh), -EOPNOTSUPP);
	word->id = ZAZEN_REG_SVE(0x8000000);
	assert_int_equal(set_records(fresh), -EOPNOTSUPP);
	word->id = ZAZEN_REG_V(0);
	assert_int_equal(set_records(fresh), -EOPNOTSUPP);
	word->id = id;
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(fresh->vcpu[1]->sve->zcr, SVE_VL_MAX - 1);
}

/* A host that has more of SVE can show less; one that has less cannot. */
static void test_other_host(void **state)
{
	uint64_t *regs;

	(void)state;
	make_pair(2);
	regs = contents(ZAZEN_SAVE_CPU, 0);
	regs[ID_AA64ZFR0] ^= 1UL << 44;
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(fresh->id_regs[ID_AA64ZFR0], 0x0110010100110021);
	make_pair(2);
	regs = contents(ZAZEN_SAVE_CPU, 0);
	regs[ID_AA64ZFR0] += 1UL << 44;
	assert_int_equal(set_records(fresh), -EOPNOTSUPP);
}

static int tear_down(void **state)
{
	int rc = context_teardown(state);

	memset(cpu, 0, sizeof(cpu));
	host(0);
	return rc;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, context_setup, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_lengths), T(test_choice), T(test_fields), T(test_physinfo), T(test_memory),
		T(test_context), T(test_other_shape), T(test_forged), T(test_other_host),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
