/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time of four vCPUs on two CPUs against a simple model. First a million periodic interrupts of
 * both timers while vCPUs move, sleep and are preempted at random: one comes only while its timer
 * is due, none stays away, and a sleeper is woken. Then the physical timer's registers under
 * random, extreme writes. The test is the hardware's virtual timer. SEED and TICKS replay a run.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <xen/boot.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/soft_timer.h>
#include <xen/vdev.h>
#include <xen/vgic/vgic.h>
#include "vgic_world.h"

#define NR_VCPUS	4u
#define NR_PCPUS	2u
#define TICK		16u		/* ns */
#define VIRT		27u
#define PHYS		30u
#define OFFSET		5000u		/* of the virtual counter */

static struct model {
	uint64_t cval[2], period[2], taken[2];	/* virtual, physical */
	int cpu;				/* -1: on none */
	unsigned int busy;			/* INTID in the guest's handler; 0 none */
} m[NR_VCPUS];
static bool ppi_active[MAX_CPUS];	/* the physical virtual-timer interrupt of each CPU */
static unsigned int seed, first_seed;
static uint64_t step;

static unsigned int rnd(unsigned int n) { return (unsigned int)rand_r(&seed) % n; }

#define CHECK(c, ...) do { if (!(c)) {							\
	fprintf(stderr, "SEED=%u, step %llu: ", first_seed, (unsigned long long)step);	\
	fprintf(stderr, __VA_ARGS__);							\
	fail_msg("%s", #c);								\
} } while (0)

static uint64_t counter(unsigned int i)
{
	return fake_now / TICK - (i == 0 ? OFFSET : 0);
}

static bool is_due(unsigned int v, unsigned int i)
{
	return counter(i) >= m[v].cval[i];
}

/* What the hypervisor does to the interrupt that the timers of all CPUs share in the fake. */
static void watch_ppi(const struct fake_event *e)
{
	if (e->kind == FAKE_GIC_ACTIVE && e->a == VIRT)
		ppi_active[e->cpu] = e->b;
	if (e->kind == FAKE_GIC_DEACTIVATE && e->a == VIRT)
		ppi_active[e->cpu] = false;
}

/* ---- the machine ---- */

static unsigned int on_cpu(unsigned int cpu)
{
	unsigned int v = 0;

	while (v < NR_VCPUS && m[v].cpu != (int)cpu)
		v++;
	return v;
}

/* All that a CPU does before its next entry: timers, interrupts, list registers. */
static void settle_cpu(unsigned int cpu)
{
	unsigned int v = on_cpu(cpu), turns = 0;

	fake_cpu_enter(cpu);
	for (;;) {
		CHECK(turns++ < 20, "CPU %u never comes to rest\n", cpu);
		if (fake_deadline[cpu] && fake_deadline[cpu] <= fake_now) {
			soft_timer_run();
			continue;
		}
		if (v == NR_VCPUS)
			break;
		if (is_due(v, 0) && !ppi_active[cpu]) {
			ppi_active[cpu] = true;
			vgic_hw_vtimer(d->vcpu[v], VIRT, VIRT);
			continue;
		}
		if (maintenance_is_up(cpu)) {
			vgic_maintenance(d->vcpu[v]);
			continue;
		}
		if (!this_cpu()->work)
			break;
		this_cpu()->work = 0;
		vgic_flush(d->vcpu[v]);
	}
	this_cpu()->work = 0;
}

static void settle(void)
{
	/* Twice: one CPU's timer may have work for another. */
	for (unsigned int n = 0; n < 2 * NR_PCPUS; n++)
		settle_cpu(n % NR_PCPUS);
}

static void check(void)
{
	for (unsigned int v = 0; v < NR_VCPUS; v++)
		for (unsigned int i = 0; i < 2; i++) {
			unsigned int intid = i == 0 ? VIRT : PHYS;

			if (!is_due(v, i) || m[v].busy == intid)
				continue;
			if (m[v].cpu < 0)
				CHECK(!(d->vcpu[v]->flags & VPF_BLOCKED),
				      "vCPU %u sleeps on its timer %u\n", v, i);
			else
				CHECK(lr_of((unsigned int)m[v].cpu, intid) & LR_STATE_PENDING,
				      "vCPU %u: timer %u is lost\n", v, i);
		}
}

/* ---- what may happen ---- */

static void leave_cpu(unsigned int v)
{
	struct vcpu *vc = d->vcpu[v];

	fake_cpu_enter((unsigned int)m[v].cpu);
	/* Asleep, if it is not in its handler and nothing waits; else preempted. */
	vc->flags = VPF_DOWN | (!m[v].busy && rnd(2) && !vgic_pending(vc) ? VPF_BLOCKED : 0);
	vc->ctxt.cntv_ctl = 1;
	vc->ctxt.cntv_cval = m[v].cval[0];
	put(vc);
	vtimer_put_cpu(vc);
	m[v].cpu = -1;
}

static void enter_cpu(unsigned int v, unsigned int cpu)
{
	fake_cpu_enter(cpu);
	vtimer_load_cpu(d->vcpu[v]);
	load(d->vcpu[v]);
	d->vcpu[v]->flags = 0;
	cpu_raise_work(WORK_VGIC);
	m[v].cpu = (int)cpu;
}

static void begin_handler(unsigned int v)
{
	int intid = guest_ack((unsigned int)m[v].cpu);
	unsigned int i = intid == PHYS;

	if (intid < 0)
		return;
	CHECK(intid == VIRT || intid == PHYS, "vCPU %u takes INTID %d\n", v, intid);
	CHECK(is_due(v, i), "vCPU %u: timer %u comes without being due\n", v, i);
	m[v].busy = (unsigned int)intid;
	m[v].taken[i]++;
	m[v].cval[i] += m[v].period[i];
	if (i == 1) {
		fake_cpu_enter((unsigned int)m[v].cpu);
		vptimer_write_cval(d->vcpu[v], m[v].cval[1]);
	}
}

static void end_handler(unsigned int v)
{
	unsigned int cpu = (unsigned int)m[v].cpu;
	bool hw = lr_of(cpu, m[v].busy) & LR_HW;

	fake_cpu_enter(cpu);
	guest_end(cpu, m[v].busy);
	if (m[v].busy == VIRT && hw)
		ppi_active[cpu] = false;
	m[v].busy = 0;
}

static void random_step(void)
{
	unsigned int v = rnd(NR_VCPUS), cpu = rnd(NR_PCPUS);

	switch (rnd(8)) {
	case 0 ... 4:
		if (m[v].cpu < 0)
			break;
		if (m[v].busy)
			end_handler(v);
		else
			begin_handler(v);
		break;
	case 5:
		if (m[v].cpu >= 0)
			leave_cpu(v);
		break;
	case 6:
		if (m[v].cpu < 0 && on_cpu(cpu) == NR_VCPUS && !(d->vcpu[v]->flags & VPF_BLOCKED))
			enter_cpu(v, cpu);
		break;
	default:
		fake_now += rnd(200) * TICK;
	}
}

static uint64_t total(void)
{
	uint64_t n = 0;

	for (unsigned int v = 0; v < NR_VCPUS; v++)
		n += m[v].taken[0] + m[v].taken[1];
	return n;
}

static int many(void **state)
{
	(void)state;
	(void)set_up_with(3, NR_VCPUS);
	d->cntvoff = OFFSET;
	memset(ppi_active, 0, sizeof(ppi_active));
	fake_on_event = watch_ppi;
	for (unsigned int v = 0; v < NR_VCPUS; v++) {
		m[v] = (struct model){ .cpu = v == 0 ? 0 : -1 };
		d->vcpu[v]->flags = v == 0 ? 0 : VPF_DOWN;
		enable(d->vcpu[v], VIRT);
		enable(d->vcpu[v], PHYS);
		for (unsigned int i = 0; i < 2; i++) {
			m[v].period[i] = 40 + rnd(200);
			m[v].cval[i] = counter(i) + m[v].period[i];
		}
		vptimer_write_cval(d->vcpu[v], m[v].cval[1]);
		vptimer_write_ctl(d->vcpu[v], 1);
	}
	return 0;
}

static void prop_ticks(void **state)
{
	const char *s = getenv("SEED"), *n = getenv("TICKS");
	uint64_t wanted = n ? strtoul(n, NULL, 0) : 1000000, last = 0, quiet = 0;

	(void)state;
	first_seed = seed = s ? (unsigned int)atoi(s) : 0x71c;
	print_message("SEED=%u\n", first_seed);
	for (step = 0; total() < wanted; step++) {
		random_step();
		settle();
		check();
		quiet = total() == last ? quiet + 1 : 0;
		last = total();
		CHECK(quiet < 100000, "nothing happens any more\n");
		if (step % 64 == 0)
			fake_log_clear();
	}
	/* Every interrupt that was due has come, once: each moved its timer by a period. */
	print_message("%llu ticks in %llu steps\n", (unsigned long long)total(),
		      (unsigned long long)step);
	for (unsigned int v = 0; v < NR_VCPUS; v++) {
		if (m[v].cpu >= 0)
			leave_cpu(v);
		vtimer_vcpu_reset(d->vcpu[v]);
		d->vcpu[v]->flags = VPF_DOWN;
	}
	fake_on_event = NULL;
	fake_cpu_enter(0);
}

/* ---- registers of the physical timer ---- */

/* Numbers as guests should not write them, and some near the present. */
static uint64_t strange(void)
{
	static const uint64_t ends[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 1UL << 60,
					 1UL << 62, 1UL << 63, ~0UL - 1, ~0UL };
	uint64_t near = counter(1) + rnd(2000) - 1000;

	return rnd(3) ? near : ends[rnd(sizeof(ends) / sizeof(ends[0]))];
}

static void prop_registers(void **state)
{
	struct vcpu *v = d->vcpu[0];
	uint64_t ctl = 0, cval = 0, val;

	(void)state;
	first_seed = seed = 0x7e6;
	fake_cpu_enter(0);
	vtimer_vcpu_reset(v);
	for (step = 0; step < 200000; step++) {
		val = strange();
		switch (rnd(5)) {
		case 0:
			vptimer_write_ctl(v, val);
			ctl = val & 3;
			break;
		case 1:
			vptimer_write_cval(v, val);
			cval = val;
			break;
		case 2:
			vptimer_write_tval(v, val);
			cval = counter(1) + (uint64_t)(int64_t)(int32_t)(uint32_t)val;
			break;
		default:
			fake_now += rnd(1000) * TICK;
		}
		while (fake_deadline[0] && fake_deadline[0] <= fake_now)
			soft_timer_run();
		this_cpu()->work = 0;
		fake_log_clear();
		CHECK(vptimer_read_cval(v) == cval, "CVAL\n");
		CHECK(vptimer_read_tval(v) == ((cval - counter(1)) & 0xffffffff), "TVAL\n");
		CHECK(vptimer_read_ctl(v) == (ctl | ((ctl & 1) && counter(1) >= cval ? 4 : 0)),
		      "CTL\n");
		CHECK(v->vgic->irq[PHYS].line == (ctl == 1 && counter(1) >= cval), "the line\n");
		CHECK(soft_timer_armed(&v->ptimer) == (ctl == 1 && counter(1) < cval), "armed\n");
	}
	vtimer_vcpu_reset(v);
	CHECK(!v->vgic->irq[PHYS].line && !soft_timer_armed(&v->ptimer), "after reset\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(prop_ticks, many, tear_down),
		cmocka_unit_test_setup_teardown(prop_registers, many, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
