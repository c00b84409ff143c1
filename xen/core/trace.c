/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ring of records for each CPU, which writes it alone and without a lock: the oldest are
 * overwritten. Who reads looks afterwards whether that happened meanwhile. Rings are freed when no
 * CPU writes any more, which each of them says itself (trace_here), unless it is off.
 */
#include <xen/heap.h>
#include <xen/hypercall/domctl.h>
#include <xen/trace.h>

static struct trace_ring {
	struct zazen_trace_record *records;	/* lock; its CPU's while it writes */
	uint64_t head;		/* records since the start; its CPU's, public */
	s_time_t idle;		/* its CPU's: pcpu.idle_time when the visit began */
	bool writes;		/* its CPU may write; public */
	bool open;		/* its CPU's: a visit has begun */
} rings[MAX_CPUS];

static spinlock_t lock = SPINLOCK_INIT(LOCK_TRACE);
static bool wanted;		/* CPUs should write; lock */
static uint32_t ring_order;	/* in pages; constant while there are rings, as is the rest */
static uint64_t ring_mask, events[2];	/* mask 0: there are not all of them */
_Static_assert(sizeof(struct zazen_trace_record) == 64, "a page has 64");

bool trace_here(void)
{
	struct trace_ring *r = &rings[this_cpu()->id];

	r->open = false;
	WRITE_ONCE(r->writes, true);
	smp_mb();	/* either stop() sees that, or this CPU what it did before it looked */
	WRITE_ONCE(r->writes, READ_ONCE(wanted));
	return r->writes;
}

struct zazen_trace_record *trace_open(const struct vcpu *v, uint32_t reason)
{
	struct trace_ring *r = &rings[this_cpu()->id];

	if (!r->writes || !(events[reason / 64] >> (reason % 64) & 1))
		return NULL;
	struct zazen_trace_record *t = &r->records[r->head & ring_mask];
	smp_wmb();	/* who sees this record change sees that head has moved on */
	r->open = true;
	r->idle = this_cpu()->idle_time;
	t->begin = (uint64_t)system_time();
	t->domain = v->domain->id;
	t->vcpu = (uint16_t)v->id;
	t->reason = reason;
	return t;
}

struct vcpu *trace_close(struct vcpu *v)
{
	struct trace_ring *r = &rings[this_cpu()->id];

	if (!r->open)
		return v;
	struct zazen_trace_record *t = &r->records[r->head & ring_mask];
	r->open = false;
	t->next_domain = v->domain->id;
	t->next_vcpu = (uint16_t)v->id;
	t->idle = (uint64_t)(this_cpu()->idle_time - r->idle);
	t->end = (uint64_t)system_time();
	store_release(&r->head, r->head + 1);
	return v;
}

static void free_rings(void)
{
	for (uint32_t i = 0; i < nr_cpus; i++) {
		if (rings[i].records)
			heap_free_pages(rings[i].records, ring_order);
		rings[i] = (struct trace_ring){ 0 };
	}
	ring_mask = 0;
}

/* Rings are zeroed one at a time: whoever waits comes between. */
static int start(const struct zazen_domctl_trace *t, bool resumed)
{
	if (ring_mask || (rings[0].records && !resumed))
		return -EEXIST;
	if (t->order > ZAZEN_TRACE_ORDER_MAX)
		return -EINVAL;
	if (!rings[0].records)
		ring_order = t->order;
	memcpy(events, t->events, sizeof(events));
	for (uint32_t i = 0; i < nr_cpus; i++) {
		if (rings[i].records)
			continue;
		rings[i].records = heap_alloc_pages(ring_order);
		if (!rings[i].records) {
			free_rings();
			return -ENOMEM;
		}
		if (hypercall_preempt())
			return -ERESTART;
	}
	ring_mask = (64UL << ring_order) - 1;
	WRITE_ONCE(wanted, true);
	traps_update();
	return 0;
}

/* A CPU that is off does not write, and looks whether it should when it comes back. */
static int stop(void)
{
	if (wanted) {
		WRITE_ONCE(wanted, false);
		traps_update();
	}
	for (uint32_t i = 0; i < nr_cpus; i++)
		if (READ_ONCE(rings[i].writes) && READ_ONCE(cpus[i]->online))
			return -ERESTART;
	free_rings();
	return 0;
}

/* Those that are in one page of the ring: no need to be preemptible. */
static int read_records(struct zazen_domctl_trace *t)
{
	if (t->cpu >= nr_cpus)
		return -EINVAL;
	const struct trace_ring *r = &rings[index_nospec(t->cpu, MAX_CPUS)];
	uint64_t head = load_acquire(&r->head), kept = MIN(head, ring_mask), at;

	t->first = MAX(t->first, head - kept);
	t->first = MIN(t->first, head);
	at = t->first & ring_mask;
	head = MIN(head - t->first, 64 - at % 64);
	t->count = (uint32_t)MIN(head, (uint64_t)t->count);
	if (copy_to_guest(t->records.p, r->records + at, t->count * sizeof(*r->records)))
		return -EFAULT;
	smp_mb();
	head = READ_ONCE(r->head) - t->first;
	t->torn = (uint32_t)(head > ring_mask ? MIN(head - ring_mask, (uint64_t)t->count) : 0);
	return 0;
}

/* Privileged, as every domctl. Errors: public/zazen.h. */
int domctl_trace(struct control_call *c)
{
	struct zazen_domctl_trace *t = &c->zazen.u.trace;
	SPIN_GUARD(&lock);

	if (t->op == ZAZEN_TRACE_start)
		return start(t, c->resumed);
	if (t->op > ZAZEN_TRACE_read)
		return -ENOSYS;
	if (!rings[0].records)
		return -ENOENT;
	return t->op == ZAZEN_TRACE_stop ? stop() : read_records(t);
}
