/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions to run on another CPU. A small ring per CPU under its own lock; nobody waits for the
 * result, since two CPUs that waited for each other inside EL2 would do so for ever.
 */
#include <xen/errno.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/smp_call.h>
#include <arch/ipi.h>

#define QUEUE_SLOTS 64u

struct smp_call_queue {
	spinlock_t lock;	/* unranked: nothing is taken under it */
	uint32_t head, tail;	/* free-running */
	struct { smp_call_fn *fn; void *arg; } slot[QUEUE_SLOTS];
};

/* Give CPU c its queue. -ENOMEM. */
int smp_call_init_cpu(struct pcpu *c)
{
	c->calls = xzalloc(struct smp_call_queue);
	if (!c->calls)
		return -ENOMEM;
	spin_lock_init(&c->calls->lock, LOCK_NONE);
	return 0;
}

/* Let CPU cpu run fn(arg) before its next guest entry. -EAGAIN when its queue is full. */
int smp_call_async(unsigned int cpu, smp_call_fn *fn, void *arg)
{
	struct smp_call_queue *q = cpus[cpu]->calls;
	int rc = -EAGAIN;

	spin_lock(&q->lock);
	if (q->tail - q->head < QUEUE_SLOTS) {
		q->slot[q->tail % QUEUE_SLOTS].fn = fn;
		q->slot[q->tail % QUEUE_SLOTS].arg = arg;
		q->tail++;
		rc = 0;
	}
	spin_unlock(&q->lock);
	if (rc)
		return rc;
	if (cpu == this_cpu()->id)
		cpu_raise_work(WORK_CALL);
	else
		ipi_send(cpu, IPI_CALL);
	return 0;
}

/* Run what others queued for this CPU; at most one ring full, so that a flood cannot hold it. */
void smp_call_run(void)
{
	struct smp_call_queue *q = this_cpu()->calls;
	uint32_t left = QUEUE_SLOTS;

	while (left-- > 0) {
		smp_call_fn *fn = NULL;
		void *arg = NULL;

		spin_lock(&q->lock);
		if (q->head != q->tail) {
			fn = q->slot[q->head % QUEUE_SLOTS].fn;
			arg = q->slot[q->head % QUEUE_SLOTS].arg;
			q->head++;
		}
		spin_unlock(&q->lock);
		if (!fn)
			return;
		fn(arg);
	}
	cpu_raise_work(WORK_CALL);
}
