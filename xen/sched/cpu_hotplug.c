/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host CPUs go off and come back. One that is to go leaves its pool first, so that nobody runs or
 * waits there any more; then pcpu.online becomes false, and its idle loop hands on what is left
 * and calls the firmware. One that comes back goes through the way of every secondary CPU and
 * joins pool 0. Its struct pcpu, its run queue and its number stay: only `online` says that it
 * does nothing. cpupool_lock orders who changes that; CPU 0 stays, as interrupts that have nobody
 * else to go to are its.
 */
#include <xen/heap.h>
#include <xen/hypercall/domctl.h>
#include <xen/vgic.h>
#include "sched_private.h"

#define LIMIT_NS	NS_PER_SECOND	/* for the firmware, and the CPU's own part */

/* -ERESTART until the time for it, from call->b on, is over. */
static int wait_more(struct control_call *call)
{
	uint64_t now = system_time() | 1;

	call->b = call->b ? call->b : now;
	if (now - call->b <= LIMIT_NS)
		return -ERESTART;
	pr_err("CPU%u does not answer\n", call->sysctl.u.cpu_hotplug.cpu);
	return -ETIMEDOUT;
}

/* c, out of its pool, is to go off: its interrupts first. -EBUSY: it has come back to a pool. */
static int ask_to_go(struct pcpu *c)
{
	spin_lock(&cpupool_lock);
	if (c->rq->pool == &cpupool_off)
		WRITE_ONCE(c->online, false);
	spin_unlock(&cpupool_lock);
	if (c->online)
		return -EBUSY;
	smp_mb();	/* whoever routes one to c has seen that, or done so already */
	vgic_reroute();
	ipi_send(c->id, IPI_RESCHED);
	return 0;
}

/* -EINVAL: CPU 0; -EBUSY: its pool needs it; -EOPNOTSUPP, -EIO: the firmware's; -ETIMEDOUT. */
static int take_out(struct control_call *call, struct pcpu *c)
{
	int rc;

	if (!c->id)
		return -EINVAL;
	if (!host_info.psci || host_info.cpu_release[c->id])
		return -EOPNOTSUPP;
	if (!call->b) {
		rc = cpupool_switch_cpu(c, &cpupool_off);
		if (!rc)
			rc = cpupool_settle_all(call);
		if (!rc && READ_ONCE(c->online))
			rc = ask_to_go(c);
		if (rc)
			return rc;
	}
	if (cpu_is_off(c))
		return 0;
	if (!READ_ONCE(c->online))
		return wait_more(call);
	/* It is free now: who wants it can have it. */
	rc = cpupool_switch_cpu(c, &cpupool_free);
	return rc ? rc : -EIO;
}

/* -EIO: the firmware does not start it; -ETIMEDOUT. */
static int bring_in(struct control_call *call, struct pcpu *c)
{
	if (!load_acquire(&c->online)) {
		if (!call->b && cpu_start(c))
			return -EIO;
		return wait_more(call);
	}
	int rc = cpupool_switch_cpu(c, cpupools);
	return rc ? rc : cpupool_settle_all(call);
}

/* What is so already is no error. -EINVAL: no such CPU; -EOPNOTSUPP: no such operation. */
int sysctl_cpu_hotplug(struct control_call *call)
{
	const struct xen_sysctl_cpu_hotplug *h = &call->sysctl.u.cpu_hotplug;

	if (h->op > XEN_SYSCTL_CPU_HOTPLUG_OFFLINE)
		return -EOPNOTSUPP;
	if (h->cpu >= nr_cpus)
		return -EINVAL;
	struct pcpu *c = cpus[index_nospec(h->cpu, nr_cpus)];
	return h->op == XEN_SYSCTL_CPU_HOTPLUG_OFFLINE ? take_out(call, c) : bring_in(call, c);
}

/*
 * This CPU, in its idle loop, is to go off. Returns when somebody's state is here still; a CPU that
 * the firmware keeps on begins anew (cpu_power_off).
 */
void cpu_leave(struct pcpu *c)
{
	if (c->el1_owner || READ_ONCE(c->rq->nr_runnable))
		return;
	__atomic_fetch_and(&sched_idle_cpus, ~BIT(c->id), __ATOMIC_RELAXED);
	soft_timer_hand_over(c, cpus[0]);
	/* What it will know of guests when it comes back: nothing. */
	c->fp_owner = NULL;
	c->vmid_generation = 0;
	__atomic_store_n(&c->vmid_active, 0, __ATOMIC_SEQ_CST);
	c->window_clean = 0;
	c->work = 0;
	cpu_power_off();
}
