/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random life of a virtual interrupt controller against a model: an interrupt is owed to the
 * guest from the moment it is raised until it is acknowledged, once; list registers, queues,
 * moves between CPUs and overflow must not show. Once for a GICv3, once for a GICv2. The seed is printed; SEED and STEPS replay a
 * run, or a prefix of it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <xen/heap.h>
#include <xen/sched.h>
#include <xen/vgic/vgic.h>
#include "vgic_world.h"

#define NR_VCPUS	3u
#define SPI0		32u
#define NR_SPIS		12u	/* of which the first four are physical ones */
#define NR_HW		4u
#define NR_PRIV		10u	/* SGIs 0..5, PPIs 16..19 */
#define NR_IRQS		(NR_VCPUS * NR_PRIV + NR_SPIS)
#define HW_BASE		100u	/* INTIDs of the physical ones */

struct model {
	unsigned int intid;
	unsigned int owner;		/* private: vCPU; SPI: target */
	bool spi, hw, level;
	bool line, enabled;
	unsigned int owed;		/* SGI of a GICv2: mask of sources; else 1 */
	int active_on;			/* vCPU, or -1 */
	int last_on;			/* vCPU that had it active last */
	unsigned int raised, taken;
};
static struct model m[NR_IRQS];
static int on_cpu[NR_VCPUS];		/* -1: on none */
static unsigned int seed, first_seed, step;
static bool fresh;
static bool v2;				/* the guest has a GICv2 */

static unsigned int rnd(unsigned int n) { return (unsigned int)rand_r(&seed) % n; }

#define CHECK(c, ...) do { if (!(c)) {						\
	fprintf(stderr, "SEED=%u STEPS=%u: ", first_seed, step + 1);	\
	fprintf(stderr, __VA_ARGS__);						\
	fail_msg("%s", #c);							\
} } while (0)

static struct vgic_irq *real(const struct model *x)
{
	return x->spi ? spi(x->intid) : &d->vcpu[x->owner]->vgic->irq[x->intid];
}

static bool deliverable(const struct model *x)
{
	return x->enabled && (x->owed || (x->level && x->line)) && x->active_on < 0;
}

/* The interrupt that INTID names for vCPU v. */
static struct model *find(unsigned int v, unsigned int intid)
{
	for (unsigned int i = 0; i < NR_IRQS; i++)
		if (m[i].intid == intid && (m[i].spi || m[i].owner == v))
			return &m[i];
	return NULL;
}

/*
 * Every CPU does what it would before its next entry, and takes its maintenance interrupts. Half
 * of the time it has another reason to look (fresh): the most urgent ones must be in then.
 */
static void settle(void)
{
	fresh = rnd(2);
	for (unsigned int v = 0; v < NR_VCPUS; v++) {
		unsigned int turns = 0;

		if (on_cpu[v] < 0)
			continue;
		fake_cpu_enter((unsigned int)on_cpu[v]);
		if (fresh)
			cpu_raise_work(WORK_VGIC);
		while (this_cpu()->work || maintenance_is_up(this_cpu()->id)) {
			CHECK(turns++ < 8, "CPU %d never comes to rest\n", on_cpu[v]);
			if (maintenance_is_up(this_cpu()->id))
				vgic_maintenance(d->vcpu[v]);
			this_cpu()->work = 0;
			vgic_flush(d->vcpu[v]);
		}
	}
	/* Work for one CPU may have come from another's. */
	for (unsigned int v = 0; v < NR_VCPUS; v++)
		if (on_cpu[v] >= 0 && (cpus[on_cpu[v]]->work & WORK_VGIC)) {
			settle();
			return;
		}
}

static void check_cpu(unsigned int v)
{
	unsigned int cpu = (unsigned int)on_cpu[v], least = 0, used = 0;
	bool all_active = true;

	for (unsigned int n = 0; n < gic_info.nr_lrs; n++) {
		uint64_t lr = fake_lr[cpu][n];
		unsigned int intid = lr & LR_VINTID_MASK;
		struct model *x;

		if (!(lr & (LR_STATE_PENDING | LR_STATE_ACTIVE))) {
			all_active = false;
			continue;
		}
		used++;
		x = find(v, intid);
		CHECK(x, "CPU %u: INTID %u is nobody's\n", cpu, intid);
		for (unsigned int k = 0; k < n; k++)
			CHECK(!(fake_lr[cpu][k] & (LR_STATE_PENDING | LR_STATE_ACTIVE)) ||
				      (fake_lr[cpu][k] & LR_VINTID_MASK) != intid,
			      "INTID %u twice\n", intid);
		if ((lr & LR_STATE_PENDING) && v2 && intid < 16)
			CHECK(x->owed >> (lr >> LR_SOURCE_SHIFT & 7) & 1, "INTID %u: source\n",
			      intid);
		if (lr & LR_STATE_PENDING)
			CHECK((x->owed || (x->level && x->line)) &&
				      (x->enabled || x->active_on >= 0),
			      "CPU %u: INTID %u pending, but owed %d line %d enabled %d\n", cpu,
			      intid, x->owed, x->line, x->enabled);
		CHECK(!!(lr & LR_STATE_ACTIVE) == (x->active_on == (int)v), "INTID %u active\n",
		      intid);
		if (lr & LR_HW)
			CHECK(fake_irqs[x->intid - SPI0 + HW_BASE].active,
			      "INTID %u: physical one gone\n", intid);
		if ((lr & (LR_STATE_PENDING | LR_STATE_ACTIVE)) == LR_STATE_PENDING) {
			all_active = false;
			if ((lr >> LR_PRIORITY_SHIFT & 0xff) > least)
				least = lr >> LR_PRIORITY_SHIFT & 0xff;
		}
	}
	for (unsigned int i = 0; i < NR_IRQS; i++) {
		struct vgic_irq *irq = real(&m[i]);

		if (!deliverable(&m[i]) || m[i].owner != v ||
		    (irq->lr && irq->holder != d->vcpu[v]))
			continue;
		if (lr_of(cpu, m[i].intid) & LR_STATE_PENDING)
			continue;
		/*
		 * It waits: then all are in use, by active ones or by none less urgent, but for
		 * those that the guest ended since; and a maintenance interrupt will come.
		 */
		CHECK(d->vcpu[v]->vgic->lr_used == (1u << gic_info.nr_lrs) - 1 &&
		      (!fresh || all_active || (used == gic_info.nr_lrs && irq->priority >= least)),
		      "vCPU %u: INTID %u not shown\n", v, m[i].intid);
		CHECK((all_active && used == gic_info.nr_lrs) ||
		      (fake_ich_hcr[cpu] & (ICH_HCR_UIE | ICH_HCR_NPIE)), "nobody will look\n");
	}
}

static void check(void)
{
	for (unsigned int v = 0; v < NR_VCPUS; v++) {
		bool any = false, elsewhere = false;

		if (on_cpu[v] >= 0) {
			check_cpu(v);
			continue;
		}
		for (unsigned int i = 0; i < NR_IRQS; i++) {
			struct vgic_irq *irq = real(&m[i]);

			if (m[i].owner == v && deliverable(&m[i])) {
				any = any || irq->holder == d->vcpu[v];
				elsewhere = elsewhere || irq->holder != d->vcpu[v];
			}
		}
		fake_cpu_enter(3);
		CHECK(!any || vgic_pending(d->vcpu[v]), "vCPU %u sleeps on an interrupt\n", v);
	}
}

/* ---- steps ---- */

static void raise_irq(struct model *x)
{
	if (x->hw) {
		/*
		 * The device's interrupt: only when the machine would let it through, on any CPU.
		 */
		struct fake_irq *p = &fake_irqs[x->intid - SPI0 + HW_BASE];

		if (!p->enabled || p->active)
			return;
		p->active = true;
		CHECK(vgic_hw_irq(x->intid - SPI0 + HW_BASE), "tie lost\n");
	} else if (x->spi) {
		spi_pulse(x->intid);
	} else if (x->intid < 16 && v2) {
		unsigned int from = rnd(NR_VCPUS);

		spin_lock(&d->vgic->lock);
		vgic_sgir(d->vgic, d->vcpu[from], 1u << (16 + x->owner) | x->intid);
		spin_unlock(&d->vgic->lock);
		x->raised += !(x->owed >> from & 1);
		x->owed |= 1u << from;
		return;
	} else if (x->intid < 16) {
		vgic_sgi1r(d->vcpu[rnd(NR_VCPUS)], (uint64_t)x->intid << 24 | 1u << x->owner);
	} else {
		assert_int_equal(vgic_inject_ppi(d->vcpu[x->owner], x->intid), 0);
	}
	x->raised += !x->owed;
	x->owed = 1;
}

static void take(unsigned int v)
{
	int intid = guest_iar((unsigned int)on_cpu[v], !v2);
	unsigned int source;
	struct model *x;

	if (intid < 0)
		return;
	source = (unsigned int)intid >> 10;
	intid &= 0x3ff;
	x = find(v, (unsigned int)intid);
	CHECK(x && x->active_on < 0 && (x->owed >> source & 1 || (x->level && x->line)),
	      "INTID %d taken, but not owed\n", intid);
	CHECK(x->owner == v || x->last_on == (int)v, "INTID %d taken by vCPU %u\n", intid, v);
	x->active_on = x->last_on = (int)v;
	x->taken += x->owed >> source & 1;
	x->owed &= ~(1u << source);
}

/* The one whose end vCPU v's next end without a list register is: the most urgent. */
static struct model *evicted(unsigned int v)
{
	struct vgic_irq *irq, *best = NULL;

	list_for_each_entry(irq, &d->vcpu[v]->vgic->queue, link)
		if (irq->active && !irq->lr && (!best || irq->priority < best->priority))
			best = irq;
	return best ? find(v, best->intid) : NULL;
}

static void end_one(unsigned int v)
{
	unsigned int start = rnd(NR_IRQS);

	for (unsigned int k = 0; k < NR_IRQS; k++) {
		struct model *x = &m[(start + k) % NR_IRQS];

		if (x->active_on != (int)v)
			continue;
		if (!(lr_of((unsigned int)on_cpu[v], x->intid) & LR_STATE_ACTIVE))
			x = evicted(v);
		CHECK(x && x->active_on == (int)v, "an active one is lost\n");
		guest_end((unsigned int)on_cpu[v], x->intid);
		x->active_on = -1;
		return;
	}
}

/* A register of vCPU n's private interrupts. */
static uint64_t private(unsigned int n, uint32_t off, unsigned int size, bool write, uint64_t val)
{
	struct mmio_access a = { .size = (uint8_t)size, .write = write, .data = val };

	if (v2)
		assert_int_equal(vgic_dist2_mmio(d->vcpu[n], &a, off, d->vgic), MMIO_DONE);
	else
		assert_int_equal(vgic_redist_mmio(d->vcpu[n], &a, n * STRIDE + 0x10000 + off,
						  d->vgic), MMIO_DONE);
	return a.data;
}

static void set_enabled(struct model *x, bool on)
{
	uint32_t reg = on ? 0x100 : 0x180;

	if (x->spi)
		gicd_write(reg + 4, 1u << (x->intid - 32));
	else
		(void)private(x->owner, reg, 4, true, 1u << x->intid);
	x->enabled = on;
}

static void set_priority(struct model *x)
{
	uint8_t p = (uint8_t)(rnd(32) << 3);

	if (x->spi)
		mmio_write(GICD + 0x400 + x->intid, 1, p);
	else
		(void)private(x->owner, 0x400 + x->intid, 1, true, p);
}

static void go_off(unsigned int v)
{
	fake_cpu_enter((unsigned int)on_cpu[v]);
	put(d->vcpu[v]);
	on_cpu[v] = -1;
}

static void go_on(unsigned int v)
{
	unsigned int cpu = rnd(4);

	for (unsigned int i = 0; i < NR_VCPUS; i++)
		if (on_cpu[i] == (int)cpu)
			return;
	fake_cpu_enter(cpu);
	load(d->vcpu[v]);
	on_cpu[v] = (int)cpu;
}

static void random_step(void)
{
	struct model *x = &m[rnd(NR_IRQS)];
	unsigned int v = rnd(NR_VCPUS);

	/* Registers are written, and interrupts raised, from any CPU. */
	fake_cpu_enter(rnd(4));
	switch (rnd(16)) {
	case 0 ... 4:
		raise_irq(x);
		break;
	case 5 ... 7:
		if (on_cpu[v] >= 0)
			take(v);
		break;
	case 8 ... 10:
		if (on_cpu[v] >= 0)
			end_one(v);
		break;
	case 11:
		set_enabled(x, rnd(4) != 0);
		break;
	case 12:
		if (x->level) {
			x->line = !x->line;
			vgic_set_ppi_level(d->vcpu[x->owner], x->intid, x->line);
		}
		break;
	case 13:
		set_priority(x);
		break;
	case 14:
		if (x->spi) {
			x->owner = rnd(NR_VCPUS);
			if (v2)
				mmio_write(GICD + 0x800 + x->intid, 1, 1u << x->owner);
			else
				gicd_write(0x6000 + 8 * x->intid, x->owner);
		}
		break;
	default:
		if (on_cpu[v] >= 0)
			go_off(v);
		else
			go_on(v);
	}
}

/* At the end everything owed comes, once, and nothing of it stays in the machine. */
static void drain(void)
{
	for (unsigned int i = 0; i < NR_IRQS; i++) {
		fake_cpu_enter(3);
		if (m[i].line) {
			vgic_set_ppi_level(d->vcpu[m[i].owner], m[i].intid, false);
			m[i].line = false;
		}
		set_enabled(&m[i], true);
	}
	for (unsigned int turn = 0; turn < 500; turn++) {
		unsigned int v = turn % NR_VCPUS;

		if (on_cpu[v] < 0)
			go_on(v);
		settle();
		check();
		if (on_cpu[v] < 0)
			continue;
		take(v);
		end_one(v);
		settle();
	}
	for (unsigned int i = 0; i < NR_IRQS; i++) {
		CHECK(!m[i].owed && m[i].active_on < 0, "INTID %u of %u never came\n", m[i].intid,
		      m[i].owner);
		CHECK(m[i].raised == m[i].taken, "INTID %u: %u raised, %u taken\n", m[i].intid,
		      m[i].raised, m[i].taken);
	}
	for (unsigned int i = 0; i < NR_HW; i++)
		CHECK(!fake_irqs[HW_BASE + i].active, "physical %u stays active\n", HW_BASE + i);
}

static void make_model(void)
{
	unsigned int i = 0;

	for (unsigned int v = 0; v < NR_VCPUS; v++) {
		on_cpu[v] = v == 0 ? 0 : -1;
		for (unsigned int k = 0; k < NR_PRIV; k++, i++) {
			m[i] = (struct model) { .intid = k < 6 ? k : 10 + k,
						.owner = v,
						.active_on = -1,
						.last_on = -1 };
			m[i].level = m[i].intid >= 18;
			if (m[i].intid >= 16 && !m[i].level)
				(void)private(v, 0xc04, 4, true, private(v, 0xc04, 4, false, 0) |
								 2u << (m[i].intid - 16) * 2);
		}
	}
	for (unsigned int k = 0; k < NR_SPIS; k++, i++) {
		m[i] = (struct model) { .intid = SPI0 + k,
					.spi = true,
					.hw = k < NR_HW,
					.active_on = -1,
					.last_on = -1 };
		if (m[i].hw)
			assert_int_equal(vgic_route_hw_spi(d, HW_BASE + k, SPI0 + k, true), 0);
	}
	for (i = 0; i < NR_IRQS; i++) {
		set_enabled(&m[i], true);
		set_priority(&m[i]);
	}
}

static void prop_vgic(void **state)
{
	const char *s = getenv("SEED"), *n = getenv("STEPS");
	unsigned int steps = n ? (unsigned int)atoi(n) : 4000;

	(void)state;
	for (unsigned int run = 0; run < (s ? 1u : 12u); run++) {
		if (run > 0)
			assert_int_equal(set_up_with(v2 ? 2 : 3, NR_VCPUS), 0);
		first_seed = seed = s ? (unsigned int)atoi(s) : 0x5eed + run;
		print_message("SEED=%u\n", first_seed);
		/* Four, three and two list registers make different trouble. */
		gic_info.nr_lrs = 4 - run % 3;
		make_model();
		for (step = 0; step < steps; step++) {
			fake_log_clear();
			random_step();
			settle();
			check();
		}
		drain();
		fake_cpu_enter(0);
		if (!s && run < 11)
			(void)tear_down(state);
	}
}

static int set_up_v2(void **state)
{
	(void)state;
	v2 = true;
	return set_up_with(2, NR_VCPUS);
}

static int set_up_v3(void **state)
{
	v2 = false;
	return set_up(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(prop_vgic, set_up_v3, tear_down),
		cmocka_unit_test_setup_teardown(prop_vgic, set_up_v2, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
