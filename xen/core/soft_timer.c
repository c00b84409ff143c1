/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers in software: a binary heap of armed timers per CPU, in arrays that have room for every
 * timer that exists, so arming never fails. A heap, and expires and heap_index of its timers, are
 * under the CPU's timer_lock (LOCK_TIMER); handlers run without it. The hardware timer is set to
 * the earliest one and is left alone when a timer is stopped: an interrupt too many costs less
 * than setting it each time.
 */
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/soft_timer.h>

#define MIN_ROOM	64u
/* Handlers run in one go; more wait for the next interrupt, so that nobody can keep a CPU here. */
#define MAX_RUN		64u

static uint32_t reserved;	/* timers that may be armed at once; atomic */

/* Lock the CPU that t belongs to; it may move until the lock is held. */
static struct pcpu *lock_cpu_of(struct soft_timer *t)
{
	for (;;) {
		uint32_t cpu = READ_ONCE(t->cpu);
		struct pcpu *c = cpus[cpu];

		spin_lock(&c->timer_lock);
		if (likely(cpu == t->cpu))
			return c;
		spin_unlock(&c->timer_lock);
	}
}

static void heap_put(struct pcpu *c, uint32_t i, struct soft_timer *t)
{
	c->timers[i] = t;
	t->heap_index = i + 1;
}

/*
 * Place t, starting at the free place i, where it is neither before its parent nor after a child.
 */
static void sift(struct pcpu *c, uint32_t i, struct soft_timer *t)
{
	uint32_t child;

	for (; i > 0 && c->timers[(i - 1) / 2]->expires > t->expires; i = (i - 1) / 2)
		heap_put(c, i, c->timers[(i - 1) / 2]);
	for (; (child = 2 * i + 1) < c->nr_timers; i = child) {
		if (child + 1 < c->nr_timers &&
		    c->timers[child + 1]->expires < c->timers[child]->expires)
			child++;
		if (t->expires <= c->timers[child]->expires)
			break;
		heap_put(c, i, c->timers[child]);
	}
	heap_put(c, i, t);
}

static void heap_remove(struct pcpu *c, struct soft_timer *t)
{
	uint32_t i = t->heap_index - 1;
	struct soft_timer *last = c->timers[--c->nr_timers];

	t->heap_index = 0;
	if (last != t)
		sift(c, i, last);
}

/* The head of c's heap changed to an earlier time: tell the hardware, on the CPU that owns it. */
static void program_earlier(struct pcpu *c, s_time_t expires)
{
	if (c->timer_deadline && c->timer_deadline <= expires)
		return;
	if (c == this_cpu()) {
		c->timer_deadline = expires;
		timer_set_deadline(expires);
	} else {
		ipi_send(c->id, IPI_RESCHED);
	}
}

/* Grow c's heap to hold want timers. Takes timer_lock; -ENOMEM leaves it as it was. */
static int make_room(struct pcpu *c, uint32_t want)
{
	FREED struct soft_timer **spare = NULL;
	uint32_t room = MIN_ROOM;

	if (READ_ONCE(c->max_timers) >= want)
		return 0;
	while (room < want)
		room *= 2;
	spare = xzalloc_array(struct soft_timer *, room);
	if (!spare)
		return -ENOMEM;
	SPIN_GUARD(&c->timer_lock);
	if (c->max_timers < room) {
		struct soft_timer **old = c->timers;

		if (c->nr_timers)
			memcpy(spare, old, c->nr_timers * sizeof(*spare));
		c->timers = spare;
		c->max_timers = room;
		spare = old;
	}
	return 0;
}

/* Make CPU c's heap, before c arms anything. -ENOMEM. */
int soft_timer_init_cpu(struct pcpu *c)
{
	spin_lock_init(&c->timer_lock, LOCK_TIMER);
	return make_room(c, MAX(MIN_ROOM, __atomic_load_n(&reserved, __ATOMIC_RELAXED)));
}

/*
 * Make room for n more timers in every CPU's heap, or give the room of -n back (it is kept for
 * the next). -ENOMEM changes nothing.
 */
int soft_timer_reserve(int n)
{
	uint32_t want = __atomic_add_fetch(&reserved, (uint32_t)n, __ATOMIC_RELAXED);

	for (uint32_t cpu = 0; n > 0 && cpu < nr_cpus; cpu++) {
		/* The slice timer and the policy's own are beside the reserved ones. */
		if (cpus[cpu]->max_timers && make_room(cpus[cpu], want + 4)) {
			__atomic_sub_fetch(&reserved, (uint32_t)n, __ATOMIC_RELAXED);
			return -ENOMEM;
		}
	}
	return 0;
}

/* Prepare t: fn(arg) will run on CPU cpu. Not armed. */
void soft_timer_init(struct soft_timer *t, soft_timer_fn *fn, void *arg, unsigned int cpu)
{
	*t = (struct soft_timer){ .cpu = cpu, .fn = fn, .arg = arg };
}

/* Arm t for system time expires (ns), whether it was armed or not. */
void soft_timer_set(struct soft_timer *t, s_time_t expires)
{
	struct pcpu *c = lock_cpu_of(t);

	if (t->heap_index)
		heap_remove(c, t);
	ASSERT(c->nr_timers < c->max_timers);
	t->expires = expires ? expires : 1;	/* 0 means off to the hardware's side */
	sift(c, c->nr_timers++, t);
	if (t->heap_index == 1)
		program_earlier(c, t->expires);
	spin_unlock(&c->timer_lock);
}

/* Disarm t. Its handler may still be running on another CPU: see soft_timer_kill. */
void soft_timer_stop(struct soft_timer *t)
{
	if (!soft_timer_armed(t))
		return;
	struct pcpu *c = lock_cpu_of(t);
	if (t->heap_index)
		heap_remove(c, t);
	spin_unlock(&c->timer_lock);
}

/*
 * Disarm t and wait until its handler runs nowhere, so that t can be freed. No lock that the
 * handler takes is held.
 */
void soft_timer_kill(struct soft_timer *t)
{
	/* Even unarmed: the lock shows us who has just taken it out to run it. */
	struct pcpu *c = lock_cpu_of(t);

	if (t->heap_index)
		heap_remove(c, t);
	spin_unlock(&c->timer_lock);
	for (uint32_t cpu = 0; cpu < nr_cpus; cpu++)
		while (cpus[cpu] != this_cpu() && load_acquire(&cpus[cpu]->timer_running) == t)
			cpu_relax();
	soft_timer_stop(t);	/* the handler may have armed it again */
}

/* Let t belong to CPU cpu from now on, armed or not. */
void soft_timer_migrate(struct soft_timer *t, unsigned int cpu)
{
	if (READ_ONCE(t->cpu) == cpu)
		return;
	struct pcpu *c = lock_cpu_of(t);
	bool armed = t->heap_index != 0;
	if (armed)
		heap_remove(c, t);
	WRITE_ONCE(t->cpu, cpu);
	spin_unlock(&c->timer_lock);
	if (armed)
		soft_timer_set(t, t->expires);
}

#define HAND_OVER	32u	/* timers for which two CPUs' locks are held */

/*
 * The running CPU, c, goes off: its timers are to's, which has a lower number, but those of its run
 * queue: they stop, and are armed again when somebody runs there.
 */
void soft_timer_hand_over(struct pcpu *c, struct pcpu *to)
{
	bool more = true;

	while (more) {
		spin_lock(&to->timer_lock);
		spin_lock(&c->timer_lock);
		for (uint32_t n = 0; n < HAND_OVER && c->nr_timers; n++) {
			struct soft_timer *t = c->timers[0];

			heap_remove(c, t);
			if (t->arg == c->rq)
				continue;
			WRITE_ONCE(t->cpu, to->id);
			sift(to, to->nr_timers++, t);
			if (t->heap_index == 1)
				program_earlier(to, t->expires);
		}
		more = c->nr_timers;
		spin_unlock(&c->timer_lock);
		spin_unlock(&to->timer_lock);
	}
	c->timer_deadline = 0;
	timer_set_deadline(0);
}

/* Run the handlers that are due on this CPU, then set the hardware for the next. */
void soft_timer_run(void)
{
	struct pcpu *c = this_cpu();
	uint32_t left = MAX_RUN;
	s_time_t next = 0;

	spin_lock(&c->timer_lock);
	while (c->nr_timers) {
		struct soft_timer *t = c->timers[0];

		if (t->expires > system_time() || left-- == 0) {
			next = t->expires;
			break;
		}
		heap_remove(c, t);
		store_release(&c->timer_running, t);
		spin_unlock(&c->timer_lock);
		t->fn(t->arg);
		store_release(&c->timer_running, (struct soft_timer *)NULL);
		spin_lock(&c->timer_lock);
	}
	if (next || c->timer_deadline) {
		c->timer_deadline = next;
		timer_set_deadline(next);
	}
	spin_unlock(&c->timer_lock);
}
