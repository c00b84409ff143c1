/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debug builds (CONFIG_LOCK_DEBUG): each CPU keeps the ranks of the locks it holds, and taking
 * one out of order is a panic, since it is a bug of ours. Two locks of one rank are allowed where
 * enum lock_rank names a rule (event channels, run queues).
 */
#include <xen/lib.h>
#include <xen/percpu.h>

#ifdef CONFIG_LOCK_DEBUG

static bool may_nest_in_itself(uint32_t rank)
{
	return rank == LOCK_EVTCHN || rank == LOCK_SCHED || rank == LOCK_TIMER;
}

/* Note that the running CPU takes l. */
void lock_rank_acquire(const spinlock_t *l)
{
	struct pcpu *c = this_cpu();
	uint32_t top = c->nr_held ? c->held_ranks[c->nr_held - 1] : LOCK_NONE;

	if (l->rank == LOCK_NONE)
		return;
	if (l->rank < top || (l->rank == top && !may_nest_in_itself(top)))
		panic("lock order: rank %u taken under rank %u", l->rank, top);
	if (c->nr_held == ARRAY_SIZE(c->held_ranks))
		panic("too many locks held");
	c->held_ranks[c->nr_held++] = l->rank;
}

/* Note that the running CPU releases l; any order. */
void lock_rank_release(const spinlock_t *l)
{
	struct pcpu *c = this_cpu();
	uint32_t i = c->nr_held;

	if (l->rank == LOCK_NONE)
		return;
	while (i-- > 0) {
		if (c->held_ranks[i] != l->rank)
			continue;
		c->nr_held--;
		for (; i < c->nr_held; i++)
			c->held_ranks[i] = c->held_ranks[i + 1];
		return;
	}
	panic("lock of rank %u released but not held", l->rank);
}

/* On return to a guest this must be true. */
bool lock_rank_none_held(void)
{
	return this_cpu()->nr_held == 0;
}

#endif
