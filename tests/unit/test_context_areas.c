/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's state out and into another one: what it shares with the hypervisor, its clock, its
 * serial port.
 */
#include "context_world.h"
#include <xen/vdev.h>
#include <xen/vpl011.h>
#include "xen/hypercall/ops.h"

#define SECOND	1000000000UL
#define HZ	FAKE_TIMER_HZ

/* ---- areas ---- */

#define RAM_GFN		(DOMU_RAM >> PAGE_SHIFT)

static void *at(struct domain *d, uint64_t ipa) { return fake_guest_ptr(d, ipa); }

static void test_areas(void **state)
{
	const gfn_t two[2] = { gfn(RAM_GFN + 5), gfn(RAM_GFN + 9) }, one[2] = { two[1], two[1] };
	uint64_t info0 = DOMU_RAM + 3 * PAGE_SIZE + 128, info1 = DOMU_RAM + 4 * PAGE_SIZE;
	struct zazen_save_areas *a;
	struct vcpu_info *info;

	(void)state;
	assert_int_equal(map_shared_info(domu, gfn(RAM_GFN + 7)), 0);
	assert_int_equal(vcpu_register_info(domu->vcpu[0], gfn(RAM_GFN + 3), 128), 0);
	assert_int_equal(vcpu_register_info(domu->vcpu[1], gfn(RAM_GFN + 4), 0), 0);
	assert_int_equal(vcpu_register_runstate(domu->vcpu[0], two, PAGE_SIZE - 16, false), 0);
	assert_int_equal(vcpu_register_runstate(domu->vcpu[1], one, 64, true), 0);
	domu->runstate_update_flag = true;
	assert_int_equal(get_records(domu), 0);
	a = contents(ZAZEN_SAVE_AREAS, 0);
	assert_int_equal(a->info, info0);
	assert_int_equal(a->runstate, DOMU_RAM + 6 * PAGE_SIZE - 16);
	assert_int_equal(a->runstate_next, DOMU_RAM + 9 * PAGE_SIZE);
	assert_int_equal(set_records(fresh), 0);
	assert_true(fresh->runstate_update_flag);
	assert_ptr_equal(at(fresh, DOMU_RAM + 7 * PAGE_SIZE), fake_raw(mfn_to_pa(fresh->shared_info_mfn)));
	assert_true(fresh->vcpu[1]->runstate_phys);
	assert_false(fresh->vcpu[0]->runstate_phys);
	/* Each looks at all of its events, whatever its interrupts were. */
	info = at(fresh, info0);
	assert_int_equal(info->evtchn_pending_sel, ~0UL);
	assert_int_equal(info->evtchn_upcall_pending, 1);
	assert_true(irq_of(fresh, 0, EVTCHN_PPI_DOMU)->latch);
	assert_true(irq_of(fresh, 1, EVTCHN_PPI_DOMU)->latch);
	assert_int_equal(((struct vcpu_info *)at(fresh, info1))->evtchn_upcall_pending, 1);
	/* Again, and the same comes out. */
	assert_int_equal(set_records(fresh), 0);
	assert_true(irq_of(fresh, 1, EVTCHN_PPI_DOMU)->latch);
	assert_int_equal(domain_pause(fresh), 0);
	{
		static uint8_t first[BUFFER_SIZE];
		uint32_t n = nr_bytes;

		memcpy(first, records, n);
		assert_int_equal(get_records(fresh), 0);
		assert_int_equal(nr_bytes, n);
		a = contents(ZAZEN_SAVE_AREAS, 0);
		assert_int_equal(a->info, info0);
		assert_int_equal(a->runstate_next, DOMU_RAM + 9 * PAGE_SIZE);
		memcpy(records, first, n);
	}
	/* Elsewhere than before: others may be writing to the old one. */
	a->info = info1;
	assert_int_equal(set_records(fresh), -EINVAL);
	a->info = ZAZEN_SAVE_NOWHERE;
	assert_int_equal(set_records(fresh), -EINVAL);
}

/* What the guest cannot see any more is of no use to it. */
static void test_areas_gone(void **state)
{
	const gfn_t two[2] = { gfn(RAM_GFN + 5), gfn(RAM_GFN + 9) };
	struct zazen_save_areas *a;

	(void)state;
	assert_int_equal(map_shared_info(domu, gfn(RAM_GFN + 7)), 0);
	assert_int_equal(vcpu_register_info(domu->vcpu[1], gfn(RAM_GFN + 4), 0), 0);
	assert_int_equal(vcpu_register_runstate(domu->vcpu[0], two, PAGE_SIZE - 16, false), 0);
	assert_int_equal(p2m_unmap(domu, gfn(RAM_GFN + 4), 0), 0);
	assert_int_equal(p2m_unmap(domu, gfn(RAM_GFN + 7), 0), 0);
	assert_int_equal(p2m_unmap(domu, gfn(RAM_GFN + 9), 0), 0);
	assert_int_equal(get_records(domu), 0);
	a = contents(ZAZEN_SAVE_AREAS, 1);
	assert_int_equal(a->info, ZAZEN_SAVE_NOWHERE);
	a = contents(ZAZEN_SAVE_AREAS, 0);
	assert_int_equal(a->info, ZAZEN_SAVE_NOWHERE);
	assert_int_equal(a->runstate, ZAZEN_SAVE_NOWHERE);
	assert_int_equal(a->runstate_next, ZAZEN_SAVE_NOWHERE);
	assert_int_equal(((struct zazen_save_domain *)contents(ZAZEN_SAVE_DOMAIN, 0))->shared_info,
			 ZAZEN_SAVE_NOWHERE);
	assert_int_equal(set_records(fresh), 0);
	assert_false(mfn_valid(fresh->vcpu[1]->info_mfn));
}

static void test_areas_refused(void **state)
{
	static const struct { uint64_t info, runstate, next; uint32_t phys, pad; int rc; } bad[] = {
#define NONE ZAZEN_SAVE_NOWHERE
		{ DOMU_RAM, NONE, NONE, 0, 1, -EINVAL }, { NONE, NONE, NONE, 2, 0, -EINVAL },
		{ NOWHERE, NONE, NONE, 0, 0, -EINVAL }, { DOMU_RAM + 4, NONE, NONE, 0, 0, -ENXIO },
		{ DOMU_RAM + PAGE_SIZE - 8, NONE, NONE, 0, 0, -ENXIO },
		{ NONE - 8, NONE, NONE, 0, 0, -ENXIO },
		{ NONE, NOWHERE, NONE, 0, 0, -EFAULT }, { NONE, NOWHERE, NONE, 1, 0, -EINVAL },
		{ NONE, DOMU_RAM + 4, NONE, 0, 0, -EINVAL }, { NONE, NONE, DOMU_RAM, 0, 0, -EINVAL },
		{ NONE, DOMU_RAM, DOMU_RAM, 0, 0, -EINVAL },
		{ NONE, DOMU_RAM + PAGE_SIZE - 8, NONE, 0, 0, -EINVAL },
		{ NONE, DOMU_RAM + PAGE_SIZE - 8, DOMU_RAM + 8, 0, 0, -EINVAL },
		{ NONE, DOMU_RAM + PAGE_SIZE - 8, DOMU_RAM + PAGE_SIZE, 1, 0, -EINVAL },
		{ NONE, DOMU_RAM + PAGE_SIZE - 8, NOWHERE, 0, 0, -EFAULT },
	};
	struct zazen_save_domain *s;
	struct zazen_save_areas *a;

	(void)state;
	assert_int_equal(get_records(domu), 0);
	a = contents(ZAZEN_SAVE_AREAS, 1);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		*a = (struct zazen_save_areas){ bad[i].info, bad[i].runstate, bad[i].next,
						bad[i].phys, bad[i].pad };
		assert_int_equal(set_records(fresh), bad[i].rc);
	}
	*a = (struct zazen_save_areas){ NONE, NONE, NONE, 0, 0 };
	s = contents(ZAZEN_SAVE_DOMAIN, 0);
	s->shared_info = DOMU_RAM + 8;
	assert_int_equal(set_records(fresh), -EINVAL);
	s->shared_info = NONE & PAGE_MASK;
	assert_int_equal(set_records(fresh), -EINVAL);
	s->shared_info = NONE;
	s->gicd_ctlr = 4;
	assert_int_equal(set_records(fresh), -EINVAL);
	s->gicd_ctlr = 0;
	s->flags = 2;
	assert_int_equal(set_records(fresh), -EINVAL);
	s->flags = 0;
	assert_int_equal(set_records(fresh), 0);
}

/* ---- time ---- */

static uint64_t count_of(const struct domain *d) { return timer_ticks() - d->cntvoff; }

static uint64_t utc_of_zero(const struct domain *d)
{
	const struct shared_info *s = d->shared_info;

	return ((uint64_t)s->wc_sec_hi << 32 | s->wc_sec) * SECOND + s->wc_nsec;
}

static void test_clock(void **state)
{
	struct zazen_save_domain *s;

	(void)state;
	fake_now = (s_time_t)(100 * SECOND);
	domu->cntvoff = 40 * HZ;
	domu->vcpu[0]->ctxt.cntp_ctl = 1;
	domu->vcpu[0]->ctxt.cntp_cval = 107 * HZ;
	domu->vcpu[1]->ctxt.cntp_cval = 99 * HZ;
	assert_int_equal(get_records(domu), 0);
	s = contents(ZAZEN_SAVE_DOMAIN, 0);
	assert_int_equal(s->count, 60 * HZ);
	assert_int_equal(s->utc, 0);
	/* Nobody knows what time it is: the counter goes on where it was. */
	fake_now = (s_time_t)(5000 * SECOND);
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(count_of(fresh), 60 * HZ);
	assert_int_equal(fresh->vcpu[0]->ctxt.cntp_cval, 5007 * HZ);
	assert_int_equal(fresh->vcpu[1]->ctxt.cntp_cval, 4999 * HZ);
	assert_int_equal(fresh->vcpu[0]->ptimer.expires, 5007 * SECOND);
	/* By the wall clock, on a host that came up after the domain did. */
	wallclock_set(1700000000, 0, (s_time_t)(5000 * SECOND));
	s->utc = 1700000000 * SECOND - 86400 * SECOND;
	fake_now = (s_time_t)(5010 * SECOND);
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(count_of(fresh), (60 + 86400 + 10) * HZ);
	assert_true(fresh->cntvoff >> 63);
	assert_int_equal(utc_of_zero(fresh), (1700000000UL - 86400 - 60) * SECOND);
	/* The wait for the timer is over meanwhile. */
	assert_true(fresh->vcpu[0]->ctxt.cntp_cval < 5010 * HZ);
	assert_true(irq_of(fresh, 0, 30)->line);
	/* A clock that went back stands still. */
	s->utc = 1700000020 * SECOND;
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(count_of(fresh), 60 * HZ);
	/* Its first unpause does not begin it anew. */
	fake_now += 5 * (s_time_t)SECOND;
	assert_int_equal(domain_unpause(fresh), 0);
	assert_int_equal(count_of(fresh), 65 * HZ);
	wallclock_set(0, 0, 0);
}

/* The virtual timer of a sleeping vCPU whose domain counts from before the host's start. */
static void test_sleeps_on(void **state)
{
	struct vcpu *v = fresh->vcpu[0];

	(void)state;
	fake_now = (s_time_t)(5 * SECOND);
	fresh->cntvoff = 0 - 1000 * HZ;		/* 1005 s */
	v->flags = VPF_BLOCKED;
	v->ctxt.cntv_ctl = 1;
	v->ctxt.cntv_cval = 1008 * HZ;
	vtimer_put_cpu(v);
	assert_int_equal(v->vtimer.expires, 8 * SECOND);
	v->ctxt.cntv_cval = 900 * HZ;		/* before the host was there */
	vtimer_put_cpu(v);
	assert_int_equal(v->vtimer.expires, 1);
	soft_timer_stop(&v->vtimer);
	v->vtimer.expires = 0;
	fresh->cntvoff = 2 * HZ;
	v->ctxt.cntv_cval = ~0UL;		/* never */
	vtimer_put_cpu(v);
	assert_int_equal(v->vtimer.expires, 0);
}

/* ---- serial port ---- */

static void test_uart(void **state)
{
	uint32_t port;

	(void)state;
	assert_int_equal(vpl011_init(domu, gfn(RAM_GFN + 3), 0, &port), 0);
	vpl011_imsc_set(domu, 0x20);
	assert_int_equal(get_records(domu), 0);
	/* The new one has none yet. */
	assert_int_equal(set_records(fresh), -EINVAL);
	assert_int_equal(vpl011_init(fresh, gfn(RAM_GFN + 3), 0, &port), 0);
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(vpl011_imsc_get(fresh), 0x20);
	assert_true(irq_of(fresh, 0, 32)->line);
	((struct zazen_save_uart *)contents(ZAZEN_SAVE_UART, 0))->pad = 1;
	assert_int_equal(set_records(fresh), -EINVAL);
	((struct zazen_save_uart *)contents(ZAZEN_SAVE_UART, 0))->pad = 0;
	((struct zazen_save_uart *)contents(ZAZEN_SAVE_UART, 0))->imsc = ~0u;
	assert_int_equal(set_records(fresh), 0);
	assert_int_equal(vpl011_imsc_get(fresh), 0x7ff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		context_test(test_areas), context_test(test_areas_gone),
		context_test(test_areas_refused), context_test(test_clock),
		context_test(test_sleeps_on), context_test(test_uart),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
