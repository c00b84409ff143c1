/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which waits of a guest trap. WFI does, so that others can run meanwhile, and WFE too while
 * somebody waits on the CPU's run queue. With vwfi=native on the command line WFI does not trap
 * where a vCPU has been alone for a while: the CPU sleeps inside the guest. Nothing tells how long,
 * so all of it is counted as running, and this is for those who asked. A native CPU (a bit in
 * sched_native_cpus) looks idle to nobody, so whoever queues a vCPU behind another takes the bit
 * away and sends an IPI: the sleeper wakes, finds its WFI trapped again, and its CPU can idle,
 * scrub and steal.
 */
#include <xen/cmdline.h>
#include <xen/page.h>
#include "sched_private.h"

union sched_takers sched_takers;

/*
 * Pages are to be zeroed, which CPUs do that idle: this one will not sleep in its guest until that
 * is done. Any lock may be held.
 */
void sched_stop_native(void)
{
	uint32_t cpu = (uint32_t)BIT(this_cpu()->id);

	if (__atomic_fetch_and(&sched_native_cpus, ~cpu, __ATOMIC_RELAXED) & cpu)
		cpu_raise_work(WORK_RESCHED);
}

/* Others see this CPU native, or we see what they queued; then it has to go on trapping. */
static bool start_native(struct sched_rq *rq, const struct vcpu *v)
{
	uint64_t others;

	/* Caps and budgets count what runs; free pages are zeroed by CPUs that idle. */
	if (!opt.vwfi_native || v->domain->cap || rq->sched == &sched_rtds || zone_scrub_some())
		return false;
	__atomic_fetch_or(&sched_native_cpus, BIT(rq->cpu), __ATOMIC_RELAXED);
	smp_mb();
	for (others = READ_ONCE(READ_ONCE(rq->pool)->cpus); others; others &= others - 1)
		if (READ_ONCE(cpus[__builtin_ctzl(others)]->rq->nr_runnable))
			break;
	if (!others)
		return true;
	sched_end_native(rq);
	return false;
}

/* This CPU traps WFI from now on. */
void sched_end_native(struct sched_rq *rq)
{
	rq->native = false;
	__atomic_fetch_and(&sched_native_cpus, ~BIT(rq->cpu), __ATOMIC_RELAXED);
}

/* v goes on or begins on this CPU, with these traps by its queue; 0: it may be native. */
void sched_set_waits(struct sched_rq *rq, struct vcpu *v, uint32_t traps)
{
	if (rq->native && (traps || !(__atomic_load_n(&sched_native_cpus, __ATOMIC_RELAXED) &
				      BIT(rq->cpu)))) {
		/* Somebody came, or took the bit because somebody, or a page, waits elsewhere. */
		sched_end_native(rq);
		v->sched.alone = 0;
		traps |= WAIT_WFI;
	} else if (!traps && !rq->native) {
		rq->native = start_native(rq, v);
		if (!rq->native) {
			v->sched.alone = 0;
			traps = WAIT_WFI;
		}
	}
	if (traps == v->sched.traps)
		return;
	v->sched.traps = (uint8_t)traps;
	vcpu_trap_waits(v, traps & WAIT_WFI, traps & WAIT_WFE);
}
