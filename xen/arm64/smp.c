/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Physical CPUs: their areas and stacks, and bringing the others up by PSCI or spin table. */
#include <xen/heap.h>
#include <xen/sched.h>
#include "machine.h"

#define BRING_UP_TIMEOUT_NS	(1000 * 1000 * 1000LL)

static struct pcpu boot_cpu = { .stack_top = STACK_VIRT_START + STACK_VIRT_STRIDE };

void secondary_cpu_main(struct pcpu *c) __noreturn;

/* The boot CPU's own area, before there is a heap. */
void smp_init_boot_cpu(void)
{
	boot_cpu.mpidr = read_sysreg(mpidr_el1);
	cpus[0] = &boot_cpu;
	nr_cpus = 1;
	write_sysreg(tpidr_el2, &boot_cpu);
	isb();
}

uint64_t spin_table_context;	/* read by head.S */

static void write_for_mmu_off(void *p, uint64_t v)
{
	*(volatile uint64_t *)p = v;
	cache_clean_poc(p, sizeof(v));
}

/* A CPU that looks at an address for where to go; it finds its area in spin_table_context. */
static int release(pa_t at, uint64_t context)
{
	if (at & 7)
		return -EINVAL;
	write_for_mmu_off(&spin_table_context, context);
	char *page = map_window_get(pa_to_mfn(at));
	write_for_mmu_off(page + (at & (PAGE_SIZE - 1)), image_pa(spin_table_entry));
	map_window_put(page);
	__asm__ volatile("sev" ::: "memory");
	return 0;
}

/* Have CPU c enter secondary_entry with c in x0. */
static int start(const struct pcpu *c)
{
	pa_t at = host_info.cpu_release[c->id];

	return at ? release(at, (uint64_t)c) :
		    psci_cpu_on(c->mpidr, image_pa(secondary_entry), (uint64_t)c);
}

static bool bring_up(uint32_t id)
{
	struct pcpu *c = xzalloc(struct pcpu);

	if (!c)
		return false;
	c->id = id;
	c->mpidr = host_info.cpu_mpidr[id];
	c->stack_top = (uint64_t)cpu_stack_map(id);
	cpus[id] = c;
	if (soft_timer_init_cpu(c) || start(c)) {
		cpus[id] = NULL;
		return false;
	}
	s_time_t limit = system_time() + BRING_UP_TIMEOUT_NS;
	while (!load_acquire(&c->online) && system_time() < limit)
		cpu_relax();
	return c->online;
}

/* Start every other CPU, one at a time; those that do not come are left out, with a line. */
__init void smp_bring_up_others(void)
{
	uint32_t i;

	if (soft_timer_init_cpu(&boot_cpu) || sched_init_cpu(&boot_cpu))
		panic("no memory for the boot CPU");
	boot_cpu.online = true;
	for (i = 1; i < host_info.nr_cpus && bring_up(i); i++)
		;
	/* Numbers must be dense: what follows would have a gap. */
	if (i < host_info.nr_cpus)
		pr_err("CPU%u (MPIDR 0x%lx) does not start: going on with %u\n", i,
		       host_info.cpu_mpidr[i], nr_cpus);
	pr_info("%u CPUs\n", nr_cpus);
}

int cpu_start(const struct pcpu *c)
{
	mmu_map_identity();
	return start(c);
}

/* A secondary CPU, on its own stack: set itself up, then serve. With a run queue it comes back. */
void secondary_cpu_main(struct pcpu *c)
{
	el2_controls_init();
	gic_init_cpu();
	timer_init_cpu();
	el2_controls_check();
	/* Not before: a CPU that never gets here must not be given vCPUs. */
	if (!c->rq && (!cpu_features_add_secondary(c->id) || sched_init_cpu(c)))
		cpu_halt();
	nr_cpus = MAX(nr_cpus, c->id + 1);
	store_release(&c->online, true);
	smp_mb();
	traps_vectors_here();
	enter_guest();
}
