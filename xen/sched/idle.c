/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The idle loop's body. There is no idle vCPU: a CPU without work zeroes free pages for later,
 * then sleeps until an interrupt, which it takes here. Interrupts stay masked; one that is
 * pending ends the sleep all the same.
 */
#include <xen/page.h>
#include <xen/sched.h>

/* Wait on this CPU until its run queue or another CPU asks for a look, or somebody runs. */
void idle_wait(struct pcpu *c)
{
	const struct sched_rq *rq = c->rq;

	while (!(c->work & WORK_RESCHED) && !READ_ONCE(rq->nr_runnable) &&
	       !READ_ONCE(rq->running)) {
		bool more = zone_scrub_some();

		if (!more && !cpu_irq_pending())
			cpu_idle_wait();
		arch_handle_irqs();
		cpu_do_work();
	}
}
