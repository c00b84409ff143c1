/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt controller, IPIs and timer of the fake machine: state in arrays, each call in the log.
 */
#include <string.h>
#include <xen/trace.h>
#include "fake.h"
#include "fake_private.h"

struct gic_info gic_info;
struct fake_irq fake_irqs[1020];
uint64_t fake_lr[MAX_CPUS][16];
uint32_t fake_ich_hcr[MAX_CPUS], fake_eoi_count[MAX_CPUS];
s_time_t fake_now, fake_deadline[MAX_CPUS];

void fake_gic_reset(void)
{
	gic_info = (struct gic_info){
		.version = 3, .nr_lrs = 4, .nr_pri_bits = 5, .nr_irqs = 288,
	};
	memset(fake_irqs, 0, sizeof(fake_irqs));
	memset(fake_lr, 0, sizeof(fake_lr));
	memset(fake_ich_hcr, 0, sizeof(fake_ich_hcr));
	memset(fake_eoi_count, 0, sizeof(fake_eoi_count));
	memset(fake_deadline, 0, sizeof(fake_deadline));
	fake_now = 1000000;
}

static struct fake_irq *irq(uint32_t intid)
{
	if (intid >= gic_info.nr_irqs)
		fake_die("INTID beyond the controller");
	return &fake_irqs[intid];
}

void gic_irq_enable(uint32_t intid)
{
	irq(intid)->enabled = true;
	fake_event(FAKE_GIC_ENABLE, intid, 0, 0);
}

void gic_irq_disable(uint32_t intid)
{
	irq(intid)->enabled = false;
	fake_event(FAKE_GIC_DISABLE, intid, 0, 0);
}

void gic_irq_set_edge(uint32_t intid, bool edge)
{
	irq(intid)->edge = edge;
	fake_event(FAKE_GIC_EDGE, intid, edge, 0);
}

void gic_irq_route(uint32_t intid, unsigned int cpu)
{
	irq(intid)->cpu = cpu;
	fake_event(FAKE_GIC_ROUTE, intid, cpu, 0);
}

void gic_irq_set_active(uint32_t intid, bool active)
{
	irq(intid)->active = active;
	fake_event(FAKE_GIC_ACTIVE, intid, active, 0);
}

void gic_irq_clear_pending(uint32_t intid)
{
	irq(intid)->pending = false;
	fake_event(FAKE_GIC_CLEAR_PENDING, intid, 0, 0);
}

bool gic_irq_is_pending(uint32_t intid)
{
	return irq(intid)->pending;
}

void gic_deactivate(uint32_t intid)
{
	irq(intid)->active = false;
	fake_event(FAKE_GIC_DEACTIVATE, intid, 0, 0);
}

uint64_t gic_lr_read(unsigned int n)
{
	if (n >= gic_info.nr_lrs)
		fake_die("list register beyond the controller");
	fake_event(FAKE_GIC_LR_READ, n, 0, 0);
	return fake_lr[this_cpu()->id][n];
}

void gic_lr_write(unsigned int n, uint64_t lr)
{
	if (n >= gic_info.nr_lrs)
		fake_die("list register beyond the controller");
	fake_lr[this_cpu()->id][n] = lr;
	fake_event(FAKE_GIC_LR_WRITE, n, lr, 0);
}

uint32_t gic_elrsr(void)
{
	uint32_t empty = 0;

	for (unsigned int n = 0; n < gic_info.nr_lrs; n++) {
		uint64_t lr = fake_lr[this_cpu()->id][n];

		/* Empty by the manual: no state and (HW or no EOI interrupt asked for). */
		if (!(lr & (LR_STATE_PENDING | LR_STATE_ACTIVE)) &&
		    ((lr & LR_HW) || !(lr & LR_EOI)))
			empty |= 1u << n;
	}
	return empty;
}

void gic_hcr_set(uint32_t hcr)
{
	fake_ich_hcr[this_cpu()->id] = hcr;
	fake_event(FAKE_GIC_HCR, hcr, 0, 0);
}

uint32_t gic_eoi_count(void)
{
	uint32_t n = fake_eoi_count[this_cpu()->id];

	fake_eoi_count[this_cpu()->id] = 0;
	return n;
}

static void ipi_take(unsigned int cpu, enum ipi ipi)
{
	if (ipi == IPI_RESCHED)
		cpus[cpu]->work |= WORK_RESCHED | WORK_VGIC | WORK_TIMER;
}

void ipi_send(unsigned int cpu, enum ipi ipi)
{
	if (cpu >= nr_cpus)
		fake_die("IPI to a CPU that is not there");
	fake_event(FAKE_IPI, cpu, ipi, 0);
	ipi_take(cpu, ipi);
}

void ipi_send_others(enum ipi ipi)
{
	fake_event(FAKE_IPI, ~0UL, ipi, 0);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (cpu != this_cpu()->id)
			ipi_take(cpu, ipi);
}

bool fake_traps_count;
void traps_count(void) { fake_traps_count = true; }

uint64_t fake_vectors_late;

void fake_take_vectors(unsigned int cpu)
{
	struct pcpu *here = fake_this_cpu;

	fake_this_cpu = cpus[cpu];
	trace_here();
	fake_this_cpu = here;
}

void traps_update(void)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (cpus[cpu]->online && !(fake_vectors_late >> cpu & 1))
			fake_take_vectors(cpu);
}

uint64_t timer_ticks(void) { return fake_now / 16; }
uint64_t timer_frequency(void) { return FAKE_TIMER_HZ; }
s_time_t system_time(void) { return fake_now; }

s_time_t ticks_to_system_time(uint64_t ticks)
{
	return ticks > UINT64_MAX / 16 ? UINT64_MAX : ticks * 16;
}


void timer_set_deadline(s_time_t t)
{
	fake_deadline[this_cpu()->id] = t;
	fake_event(FAKE_TIMER_SET, t, 0, 0);
}
