/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's state out and into another one: every register of a vCPU, by the struct that holds
 * them; interrupts.
 */
#include "context_world.h"
#include <xen/id_regs.h>
#include <xen/mmio.h>

/* ---- registers ---- */

/* Members of struct vcpu_ctxt that are not the guest's registers, or follow from its domain. */
static const struct { size_t begin, end; } not_regs[] = {
#define SPAN(first, behind) \
	{ offsetof(struct vcpu_ctxt, first), offsetof(struct vcpu_ctxt, behind) }
	SPAN(vmpidr, sp_el0), SPAN(lazy, gic.vmcr), SPAN(gic.hcr, gic.ap0r), SPAN(gic.lr, spsr_abt),
	/* What is masked or moved, apart below; padding. */
	SPAN(gic.vmcr, gic.hcr), SPAN(gic.ap0r, gic.lr), SPAN(cntv_ctl, lazy),
	SPAN(cntp_ctl, pauth_keys),
	{ offsetof(struct vcpu_ctxt, amair) + 8, offsetof(struct vcpu_ctxt, fp) },
	{ offsetof(struct vcpu_ctxt, fp) + offsetof(struct fp_regs, fpcr) + 8,
	  sizeof(struct vcpu_ctxt) },
};

static bool is_reg(size_t off)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_regs); i++)
		if (off >= not_regs[i].begin && off < not_regs[i].end)
			return false;
	return true;
}

static uint64_t *words(struct vcpu *v) { return (uint64_t *)&v->ctxt; }

/* Every word is different, in both halves. */
static uint64_t pattern(uint32_t vcpu, size_t n)
{
	return (n + 1) * 0x0001000300050007UL + vcpu * 0x1111111111111111UL;
}

static void fill(struct vcpu *v)
{
	struct vgic_hw *g = &v->ctxt.gic;
	size_t n;

	for (n = 0; n < sizeof(v->ctxt) / 8; n++)
		if (is_reg(n * 8))
			words(v)[n] = pattern(v->id, n);
	for (n = 0; n < 31; n++)
		v->regs.x[n] = pattern(v->id, 1000 + n);
	v->regs.elr = pattern(v->id, 2000);
	v->regs.spsr = 0xf1e00000 | SPSR_SS | PSR_MODE_EL1h;
	g->vmcr = 0xa5fc021f;
	g->ap0r[0] = 0x1234;
	g->ap0r[1] = 0x5678;
	g->ap1r[0] = 0x9abc;
	g->ap1r[1] = 0xdef0;
	v->ctxt.cntv_ctl = 3;
	v->ctxt.cntp_ctl = 3;
	v->ctxt.cntp_cval = 12345678;
}

static void test_every_register(void **state)
{
	(void)state;
	fill(domu->vcpu[0]);
	fill(domu->vcpu[1]);
	fresh->cntvoff = domu->cntvoff;
	assert_int_equal(get_records(domu), 0);
	assert_int_equal(set_records(fresh), 0);
	for_each_vcpu(fresh, v) {
		const struct vcpu *old = domu->vcpu[v->id];
		const struct vgic_hw *g = &v->ctxt.gic;

		/* A member that is in no row fails here. */
		for (size_t n = 0; n < sizeof(v->ctxt) / 8; n++)
			if (is_reg(n * 8) && words(v)[n] != pattern(v->id, n))
				fail_msg("offset %zu of struct vcpu_ctxt", n * 8);
		assert_memory_equal(&v->regs, &old->regs, sizeof(v->regs));
		assert_int_equal(g->vmcr, 0xa5fc021f);
		assert_memory_equal(g->ap0r, old->ctxt.gic.ap0r, sizeof(g->ap0r));
		assert_memory_equal(g->ap1r, old->ctxt.gic.ap1r, sizeof(g->ap1r));
		assert_int_equal(v->ctxt.cntv_ctl, 3);
		assert_int_equal(v->ctxt.cntp_ctl, 3);
		assert_int_equal(v->ctxt.cntp_cval, 12345678);
	}
}

/* Ids are those of the architecture, and none is there twice. */
static void test_register_names(void **state)
{
	static const struct { uint64_t id; size_t offset; } some[] = {
		{ 0xc080, offsetof(struct vcpu, ctxt.sctlr) },		/* 3, 0, 1, 0, 0 */
		{ 0xc101, offsetof(struct vcpu, ctxt.ttbr1) },		/* 3, 0, 2, 0, 1 */
		{ 0xc600, offsetof(struct vcpu, ctxt.vbar) },		/* 3, 0, 12, 0, 0 */
		{ 0xde82, offsetof(struct vcpu, ctxt.tpidr_el0) },	/* 3, 3, 13, 0, 2 */
		{ 0xe208, offsetof(struct vcpu, ctxt.sp_el1) },		/* 3, 4, 4, 1, 0 */
		{ 0xc113, offsetof(struct vcpu, ctxt.pauth_keys[7]) },	/* APDBKeyHi: 3, 0, 2, 2, 3 */
		{ 0xc119, offsetof(struct vcpu, ctxt.pauth_keys[9]) },	/* APGAKeyHi: 3, 0, 2, 3, 1 */
		{ ZAZEN_REG_X(30), offsetof(struct vcpu, regs.x[30]) },
		{ ZAZEN_REG_V(31) + 1, offsetof(struct vcpu, ctxt.fp.q[31]) + 8 },
	};
	struct vcpu_reg_at at = { 0 };
	struct zazen_save_reg r;
	struct vcpu *v = domu->vcpu[0];
	uint64_t seen[1000];
	uint32_t n = 0, i;

	(void)state;
	fill(v);
	while (vcpu_reg_next(v, &at, &r)) {
		for (i = 0; i < n; i++)
			assert_int_not_equal(seen[i], r.id);
		seen[n++] = r.id;
	}
	assert_true(n > 150);
	assert_int_equal(get_records(domu), 0);
	for (i = 0; i < ARRAY_SIZE(some); i++)
		assert_int_equal(find_reg(0, some[i].id)->value,
				 *(uint64_t *)((char *)v + some[i].offset));
}

/* Registers that the file does not have are as after a reset; unknown ones are zero, or refused. */
static void test_other_lists(void **state)
{
	struct zazen_save_reg *r;

	(void)state;
	fill(domu->vcpu[0]);
	assert_int_equal(get_records(domu), 0);
	r = find_reg(0, 0xc600);
	r->id = 0xffff;
	assert_int_equal(set_records(fresh), -EOPNOTSUPP);
	r->value = 0;
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(fresh->vcpu[0]->ctxt.vbar, 0);
	/* A domain without performance monitors. */
	r->id = 0xdce0;
	assert_int_equal(set_records(fresh), 0);
	r->value = 1;
	assert_int_equal(set_records(fresh), -EOPNOTSUPP);
}

static int setup_points(void **state)
{
	guest_id_regs[ID_AA64DFR0] = 3 << 12 | 1 << 20;		/* 4 break-, 2 watchpoints */
	return context_setup(state);
}

static int teardown_points(void **state)
{
	int rc = context_teardown(state);

	guest_id_regs[ID_AA64DFR0] = 0;
	return rc;
}

/* What a guest cannot write is not taken from a file either. */
static void test_masks(void **state)
{
	struct vcpu *v = fresh->vcpu[0];
	struct vdebug *dbg = v->debug;

	(void)state;
	assert_int_equal(get_records(domu), 0);
	for (uint32_t at = 0; at < nr_bytes;) {
		struct hvm_save_descriptor *h = (void *)(records + at);
		struct zazen_save_reg *r = (void *)(h + 1);

		for (uint32_t i = 0; h->typecode == ZAZEN_SAVE_REGS && i < h->length / 16; i++)
			if (r[i].id != 0xe200)
				r[i].value = ~0UL;
		at += (uint32_t)sizeof(*h) + h->length;
	}
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(v->ctxt.gic.vmcr, 0xfffc021f);
	assert_int_equal(v->ctxt.gic.ap1r[0], 0xffffffff);
	assert_int_equal(v->ctxt.cntv_ctl, 3);
	assert_int_equal(v->ctxt.cntp_ctl, 3);
	assert_int_equal(dbg->reg[VDEBUG_MDSCR], MDSCR_SS | MDSCR_TDCC | MDSCR_KDE | MDSCR_MDE);
	assert_int_equal(dbg->reg[VDEBUG_MDCCINT], 3u << 29);
	assert_int_equal(dbg->reg[VDEBUG_OSLK], 1);
	assert_int_equal(dbg->reg[VDEBUG_CLAIM], 0xff);
	assert_int_equal(dbg->reg[VDEBUG_ZERO], 0);
	assert_int_equal(dbg->point[3].value, ~0UL);
	assert_int_equal(dbg->point[3].control, 0x7fe1e7);
	assert_int_equal(dbg->point[5].value, ~3UL);
	assert_int_equal(dbg->point[5].control, 0x1f1fffff);
	/* The OS lock keeps them out of the machine; without it they are in use. */
	assert_int_equal(v->ctxt.extra & CTXT_DEBUG, 0);
	find_reg(0, 0x8084)->value = 0;
	find_reg(0, 0x809c)->value = 0;
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(v->ctxt.extra & CTXT_DEBUG, CTXT_DEBUG);
	assert_int_equal(v->id_key, 0);
}

/* No state that an exception return from EL2 must not go to. */
static void test_modes(void **state)
{
	static const uint32_t modes32 = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 7 | 1 << 11 | 1 << 15;
	struct zazen_save_reg *psr;

	(void)state;
	assert_int_equal(get_records(domu), 0);
	psr = find_reg(1, 0xe200);
	for (uint64_t m = 0; m < 32; m++) {
		psr->value = 0xdeadUL << 32 | m;
		assert_int_equal(set_records(fresh), m == 0 || m == 4 || m == 5 ? 0 : -EINVAL);
	}
	/* A 32-bit program, where there can be one. */
	psr->value = PSR_MODE_USR;
	guest_id_regs[ID_AA64PFR0] = 2;
	((struct zazen_save_header *)contents(ZAZEN_SAVE_HEADER, 0))->version = 1;
	((uint64_t *)contents(ZAZEN_SAVE_CPU, 0))[ID_AA64PFR0] = 2;
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(fresh->vcpu[1]->regs.spsr, PSR_MODE_USR);
	psr->value = PSR_MODE_SVC;
	assert_int_equal(set_records(fresh), -EINVAL);
	guest_id_regs[ID_AA64PFR0] = 0;
	((uint64_t *)contents(ZAZEN_SAVE_CPU, 0))[ID_AA64PFR0] = 0;
	/* A 32-bit kernel. */
	fresh->is_aarch32 = true;
	((struct zazen_save_header *)contents(ZAZEN_SAVE_HEADER, 0))->flags = ZAZEN_SAVE_AARCH32;
	find_reg(0, 0xe200)->value = PSR_MODE_SYS;
	find_reg(1, 0xe201)->value = 0xffffffff00001235;
	for (uint64_t m = 0; m < 32; m++) {
		psr->value = m;
		assert_int_equal(set_records(fresh),
				 m >= 16 && (modes32 >> (m & 15) & 1) ? 0 : -EINVAL);
	}
	assert_int_equal(fresh->vcpu[1]->regs.elr, 0x1234);
}

static void test_online(void **state)
{
	struct zazen_save_vcpu *s;

	(void)state;
	vcpu_set_flag(domu->vcpu[0], VPF_BLOCKED);
	vcpu_clear_flag(domu->vcpu[0], VPF_DOWN);
	domu->vcpu[0]->ctxt.extra |= CTXT_SERROR;
	domu->vcpu[1]->initialised = false;
	domu->vcpu[1]->regs.spsr = 0;
	vgic_set_asleep(domu->vcpu[0], false);
	vcpu_clear_flag(fresh->vcpu[1], VPF_DOWN);
	assert_int_equal(get_records(domu), 0);
	fake_log_clear();
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(fake_log_count(FAKE_INJECT_SERROR), 1);
	assert_int_equal(fresh->vcpu[0]->flags, VPF_PAUSED);
	assert_int_equal(fresh->vcpu[1]->flags, VPF_PAUSED | VPF_DOWN);
	assert_true(fresh->vcpu[0]->initialised);
	assert_false(fresh->vcpu[1]->initialised);
	assert_false(vgic_is_asleep(fresh->vcpu[0]));
	assert_true(vgic_is_asleep(fresh->vcpu[1]));
	/* On without registers. */
	s = contents(ZAZEN_SAVE_VCPU, 1);
	s->flags = ZAZEN_SAVE_ONLINE;
	assert_int_equal(set_records(fresh), -EINVAL);
	s->flags = 16;
	assert_int_equal(set_records(fresh), -EINVAL);
	s->flags = 0;
	s->pad = 1;
	assert_int_equal(set_records(fresh), -EINVAL);
}

/* ---- interrupts ---- */

/* By the guest's own ways: in list registers, active, retargeted, latched, and by a line. */
static void test_interrupts(void **state)
{
	struct vgic_dist *dist = domu->vgic;
	struct vgic_irq *irq;

	(void)state;
	dist->enabled = 2;
	spin_lock(&dist->lock);
	for (uint32_t i = 0; i < 96 + 32; i++) {
		irq = irq_of(domu, 1, i);
		vgic_set_priority(dist, irq, i * 8 & 0xf8);
		vgic_set_group(dist, irq, i % 3 != 0);
		vgic_set_config(dist, irq, i % 5 ? 0 : 2);
		if (i >= 32)
			vgic_set_affinity(dist, irq, i % 7 == 0 ? VGIC_IRM : i % 2);
		if (i % 4 == 1)
			vgic_set_pending(dist, irq, true);
		vgic_set_enabled(dist, irq, i % 2);
	}
	/* Active on vCPU 0, and meanwhile sent to vCPU 1. */
	irq = irq_of(domu, 0, 40);
	vgic_set_affinity(dist, irq, 0);
	vgic_set_active(dist, irq, 1);
	vgic_set_affinity(dist, irq, 1);
	vgic_set_active(dist, irq_of(domu, 1, 5), 1);
	spin_unlock(&dist->lock);
	vgic_set_spi_level(domu, 50, true);
	/* The timer's latch is the machine's doing. */
	vgic_hw_vtimer(domu->vcpu[0], 27, 27);
	assert_int_equal(get_records(domu), 0);
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(fresh->vgic->enabled, 2);
	for (uint32_t i = 0; i < 96 + 32; i++) {
		for (unsigned int n = 0; n < 2; n++) {
			const struct vgic_irq *is = irq_of(fresh, n, i), *was = irq_of(domu, n, i);

			assert_int_equal(is->enabled, was->enabled);
			assert_int_equal(is->group1, was->group1);
			assert_int_equal(is->edge, was->edge);
			assert_int_equal(is->priority, was->priority);
			assert_int_equal(is->lr_base, was->lr_base);
			assert_int_equal(is->affinity, was->affinity);
			assert_int_equal(is->one_of_n, was->one_of_n);
			assert_int_equal(is->active, was->active);
			assert_int_equal(is->latch, was->latch && !was->phys_active);
			assert_false(is->line);
			assert_int_equal(is->target ? (int)is->target->id : -1,
					 was->target ? (int)was->target->id : -1);
			if (!was->line && !was->phys_active)
				assert_int_equal(is->holder ? (int)is->holder->id : -1,
						 was->holder ? (int)was->holder->id : -1);
		}
	}
	assert_ptr_equal(irq_of(fresh, 0, 40)->holder, fresh->vcpu[0]);
	assert_ptr_equal(irq_of(fresh, 0, 40)->target, fresh->vcpu[1]);
	assert_false(irq_of(fresh, 0, 27)->latch);
}

/* A second time: what the first one made pending or active is as the second says. */
static void test_interrupts_twice(void **state)
{
	(void)state;
	irq_of(domu, 0, 33)->latch = irq_of(domu, 0, 3)->latch = true;
	irq_of(domu, 0, 34)->active = irq_of(domu, 1, 4)->active = true;
	assert_int_equal(get_records(domu), 0);
	assert_int_equal(set_records(fresh), 0);
	assert_true(irq_of(fresh, 0, 33)->latch && irq_of(fresh, 0, 34)->active);
	assert_true(irq_of(fresh, 0, 3)->latch && irq_of(fresh, 1, 4)->active);
	assert_ptr_equal(irq_of(fresh, 1, 4)->holder, fresh->vcpu[1]);
	irq_of(domu, 0, 33)->latch = irq_of(domu, 0, 3)->latch = false;
	irq_of(domu, 0, 34)->active = irq_of(domu, 1, 4)->active = false;
	assert_int_equal(get_records(domu), 0);
	assert_int_equal(set_records(fresh), 0);
	assert_false(irq_of(fresh, 0, 33)->latch || irq_of(fresh, 0, 34)->active);
	assert_false(irq_of(fresh, 0, 3)->latch || irq_of(fresh, 1, 4)->active);
	assert_null(irq_of(fresh, 0, 34)->holder);
	assert_null(irq_of(fresh, 1, 4)->holder);
}

static void test_interrupts_refused(void **state)
{
	struct zazen_save_irq *s;

	(void)state;
	assert_int_equal(get_records(domu), 0);
	s = contents(ZAZEN_SAVE_SPIS, 2);
	s[31].pad = 1;
	assert_int_equal(set_records(fresh), -EINVAL);
	s[31].pad = 0;
	s[31].flags = 32;
	assert_int_equal(set_records(fresh), -EINVAL);
	s[31].flags = ZAZEN_IRQ_ACTIVE;
	s[31].holder = 2;
	assert_int_equal(set_records(fresh), -EINVAL);
	s[31].holder = 0xffff;
	assert_int_equal(set_records(fresh), -EINVAL);
	s[31].holder = 1;
	s[31].affinity = 0x7fffffff;	/* nobody's */
	assert_int_equal(set_records(fresh), 0);
	assert_ptr_equal(irq_of(fresh, 0, 127)->holder, fresh->vcpu[1]);
	assert_null(irq_of(fresh, 0, 127)->target);
	/* Whose they are follows from the record. */
	s = contents(ZAZEN_SAVE_PRIVATE, 1);
	s[7] = (struct zazen_save_irq){ .flags = ZAZEN_IRQ_ACTIVE, .holder = 0xffff, .affinity = 9,
					.sources = 0xff, .source = 0xff };
	assert_int_equal(set_records(fresh), 0);
	assert_ptr_equal(irq_of(fresh, 1, 7)->holder, fresh->vcpu[1]);
	assert_int_equal(irq_of(fresh, 1, 7)->affinity, 0);
	assert_int_equal(irq_of(fresh, 1, 7)->sources, 0);
}

/* ---- a GICv2 ---- */

static int setup_v2(void **state)
{
	(void)state;
	fake_start();
	host_info.gicv = (struct mem_range){ 0x0a000000, 0x20000 };
	gic_info.has_v2_guests = true;
	return make_shape(2, NR_SPIS, 2);
}

static int teardown_v2(void **state)
{
	gic_info.has_v2_guests = false;
	return context_teardown(state);
}

/* SGIs by their sources, of which the active one is to be ended by name; targets by bits. */
static void test_gicv2(void **state)
{
	struct vgic_dist *dist = domu->vgic;
	struct vgic_irq *irq = irq_of(domu, 1, 4);

	(void)state;
	spin_lock(&dist->lock);
	irq->lr_base |= 1UL << LR_SOURCE_SHIFT;
	irq->active = true;
	vgic_set_sources(dist, irq, 3);
	vgic_set_sources(dist, irq_of(domu, 0, 5), 2);
	vgic_set_targets(dist, irq_of(domu, 0, 33), 3);
	vgic_set_targets(dist, irq_of(domu, 0, 34), 2);
	vgic_set_targets(dist, irq_of(domu, 0, 35), 0);
	spin_unlock(&dist->lock);
	assert_int_equal(get_records(domu), 0);
	assert_int_equal(set_records(fresh), 0);
	irq = irq_of(fresh, 1, 4);
	assert_true(irq->active && irq->latch);
	assert_int_equal(irq->sources, 3);
	assert_int_equal(irq->lr_base >> LR_SOURCE_SHIFT & 7, 1);
	assert_int_equal(irq_of(fresh, 0, 5)->sources, 2);
	assert_true(irq_of(fresh, 0, 33)->one_of_n);
	assert_int_equal(irq_of(fresh, 0, 33)->affinity, 3);
	assert_ptr_equal(irq_of(fresh, 0, 34)->target, fresh->vcpu[1]);
	assert_null(irq_of(fresh, 0, 35)->target);
	/* vCPUs that are not there. */
	((struct zazen_save_irq *)contents(ZAZEN_SAVE_PRIVATE, 0))[5].sources = 0xff;
	((struct zazen_save_irq *)contents(ZAZEN_SAVE_SPIS, 0))[1].affinity = ~0u;
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(irq_of(fresh, 0, 5)->sources, 3);
	assert_int_equal(irq_of(fresh, 0, 33)->affinity, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		context_test(test_every_register), context_test(test_register_names),
		context_test(test_other_lists), 
		cmocka_unit_test_setup_teardown(test_masks, setup_points, teardown_points),
		 context_test(test_modes),
		context_test(test_online), context_test(test_interrupts),
		context_test(test_interrupts_twice), context_test(test_interrupts_refused),
		cmocka_unit_test_setup_teardown(test_gicv2, setup_v2, teardown_v2),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
