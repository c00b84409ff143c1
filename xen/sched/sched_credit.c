/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The default policy: weighted proportional share by virtual time. Running for t ns costs a vCPU
 * t * 65536 / weight units; the one with the least virtual time runs next. The ABI calls it
 * credit2.
 *
 * Picking takes constant time: vCPUs wait in rings of 64 buckets with a bitmap each. A bucket of
 * the first ring is 2^28 units wide (1 ms at weight 256), of each further ring eight times that;
 * how far a vCPU is ahead of the queue's virtual time chooses the ring, so its place is off by an
 * eighth of that distance at most, while its account stays exact. Who is behind the queue's
 * virtual time, because it slept, waits in the boost list and goes first; a sleeper is credited
 * one slice and no more, so nobody starves, and who yields gives up what it is behind. A domain
 * over its cap is parked until the next period.
 */
#include <public/domctl.h>
#include "sched_private.h"

#define LEVELS		4u
#define BUCKETS		64u
#define LEVEL0_SHIFT	28u
#define LEVEL_STEP	3u
#define BOOST		BIT(LEVELS)	/* of credit_rq.levels */
#define UNITS_PER_NS	65536UL		/* at weight 1 */
#define DEFAULT_WEIGHT	256UL

/* What a sleeper may be behind, and how far ahead the running one must be to be interrupted. */
#define SLEEP_CREDIT	(SCHED_SLICE_NS * (UNITS_PER_NS / DEFAULT_WEIGHT))
#define PREEMPT_LEAD	(500 * 1000UL * (UNITS_PER_NS / DEFAULT_WEIGHT))

#define CAP_PERIOD_NS	(100 * 1000 * 1000UL)
#define CAP_MIN_RUN_NS	(100 * 1000UL) /* no turns shorter than this for a budget's last crumbs */
#define MAX_CHARGE_NS	(1UL << 40) /* 18 minutes alone are charged as that: no overflow */
#define STEAL_LOOKS	32u			/* vCPUs a thief looks at */

struct credit_rq {
	uint64_t vtime; /* no vCPU in a bucket is behind this; public, for migration */
	uint64_t levels; /* bit set: bits[] of the level is not 0; BOOST: that may hold somebody */
	uint64_t bits[LEVELS];		/* bit set: the bucket may hold somebody */
	struct list_head bucket[LEVELS][BUCKETS];
	struct list_head boost;		/* behind vtime, first come first served */
	struct list_head parked;	/* out of budget */
};

static bool is_before(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) < 0;
}

static unsigned int level_shift(unsigned int level)
{
	return LEVEL0_SHIFT + LEVEL_STEP * level;
}

/* Put v where its virtual time belongs. Distances beyond the last ring share its last bucket. */
static inline void insert(struct credit_rq *c, struct vcpu *v)
{
	uint64_t t = v->sched.vruntime;
	unsigned int level;

	if (is_before(t, c->vtime)) {
		list_add_tail(&v->sched.link, &c->boost);
		c->levels |= BOOST;
		return;
	}
	for (level = 0; level < LEVELS; level++)
		if ((t >> level_shift(level)) - (c->vtime >> level_shift(level)) < BUCKETS)
			break;
	if (unlikely(level == LEVELS)) {
		level = LEVELS - 1;
		t = c->vtime + ((uint64_t)(BUCKETS - 1) << level_shift(level));
	}
	unsigned int n = (t >> level_shift(level)) % BUCKETS;
	list_add_tail(&v->sched.link, &c->bucket[level][n]);
	c->bits[level] |= BIT(n);
	c->levels |= BIT(level);
}

static void add(struct sched_rq *rq, struct vcpu *v)
{
	insert(sched_policy_of(rq), v);
	WRITE_ONCE(rq->nr_runnable, rq->nr_runnable + 1);
}

/* Who slept is credited no more than a slice. */
static inline void forget_sleep(const struct credit_rq *c, struct vcpu *v)
{
	if (is_before(v->sched.vruntime, c->vtime - SLEEP_CREDIT))
		v->sched.vruntime = c->vtime - SLEEP_CREDIT;
}

static void credit_enqueue(struct sched_rq *rq, struct vcpu *v, bool wakeup)
{
	if (wakeup)
		forget_sleep(sched_policy_of(rq), v);
	v->sched.queued = true;
	add(rq, v);
}

static bool credit_resume(struct sched_rq *rq, struct vcpu *v)
{
	struct credit_rq *c = sched_policy_of(rq);

	if (unlikely(v->domain->cap))
		return false;
	forget_sleep(c, v);
	/* As when it is charged: nobody is left behind. */
	if (is_before(c->vtime, v->sched.vruntime))
		WRITE_ONCE(c->vtime, v->sched.vruntime);
	return true;
}

/*
 * First bucket of a level in virtual time, which may be empty by now: its number counted from time
 * 0. bits is not 0.
 */
static inline uint64_t first_bucket(const struct credit_rq *c, unsigned int level)
{
	uint64_t base = c->vtime >> level_shift(level);
	unsigned int turn = base % BUCKETS;
	uint64_t bits = c->bits[level];

	if (turn)
		bits = bits >> turn | bits << (BUCKETS - turn);
	return base + (unsigned int)__builtin_ctzl(bits);
}

static struct vcpu *take_from(struct list_head *list)
{
	struct vcpu *v = list_first_entry(list, struct vcpu, sched.link);

	list_del(&v->sched.link);
	return v;
}

/* Take out whoever is next: boosted ones, else of the earliest bucket; NULL when all is empty. */
static inline struct vcpu *take_first(struct credit_rq *c)
{
	if (unlikely(c->levels & BOOST)) {
		if (!list_empty(&c->boost))
			return take_from(&c->boost);
		c->levels &= ~BOOST;
	}
	while (c->levels) {
		unsigned int at = (unsigned int)__builtin_ctzl(c->levels), level;
		uint64_t number = first_bucket(c, at), best = number << level_shift(at), rest;
		struct vcpu *v = NULL;

		for (rest = c->levels & (c->levels - 1); unlikely(rest); rest &= rest - 1) {
			level = (unsigned int)__builtin_ctzl(rest);
			uint64_t n = first_bucket(c, level);
			if (is_before(n << level_shift(level), best)) {
				best = n << level_shift(level);
				number = n;
				at = level;
			}
		}
		number %= BUCKETS;
		struct list_head *list = &c->bucket[at][number];
		if (likely(!list_empty(list))) {
			v = take_from(list);
			/* Nobody waits before this bucket, so time moves on to it. */
			if (is_before(c->vtime, best))
				WRITE_ONCE(c->vtime, best);
		}
		/* Whoever was alone in one of the first level may well come back: that bit stays. */
		if (likely(v && (!at || !list_empty(list))))
			return v;
		c->bits[at] &= ~BIT(number);
		if (!c->bits[at])
			c->levels &= ~BIT(at);
		if (v)
			return v;
	}
	return NULL;
}

/*
 * ---- caps: a domain may run cap percent of CAP_PERIOD_NS in each period, all its vCPUs together
 * ----
 */

static uint64_t cap_budget(const struct domain *d)
{
	return READ_ONCE(d->cap) * (CAP_PERIOD_NS / 100);
}

/* Give d the budgets of the periods that began since it last ran; what it overran stays owed. */
static void cap_roll(struct domain *d)
{
	uint64_t period = system_time() / CAP_PERIOD_NS;
	uint64_t old = __atomic_load_n(&d->cap_period, __ATOMIC_RELAXED);
	uint64_t left;

	if (likely(old >= period) ||
	    !__atomic_compare_exchange_n(&d->cap_period, &old, period, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return;
	uint64_t refund = MIN(period - old, 1000UL) * cap_budget(d);
	uint64_t used = __atomic_load_n(&d->cap_used, __ATOMIC_RELAXED);
	do {
		left = used > refund ? used - refund : 0;
	} while (!__atomic_compare_exchange_n(&d->cap_used, &used, left, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
}

/* ns that d may still run in this period. */
static uint64_t cap_left(struct domain *d)
{
	uint64_t used, budget = cap_budget(d);

	cap_roll(d);
	used = __atomic_load_n(&d->cap_used, __ATOMIC_RELAXED);
	return used < budget ? budget - used : 0;
}

/* Set v aside until its domain's next period. It is in no list and not counted. */
static void park(struct sched_rq *rq, struct vcpu *v)
{
	struct credit_rq *c = sched_policy_of(rq);

	v->sched.parked = true;
	rq->nr_parked++;
	list_add_tail(&v->sched.link, &c->parked);
	if (!soft_timer_armed(&rq->replenish))
		soft_timer_set(&rq->replenish, (system_time() / CAP_PERIOD_NS + 1) * CAP_PERIOD_NS);
}

/* A cap period began: all parked vCPUs compete again; pick parks those that still owe. */
static uint64_t credit_replenish(struct sched_rq *rq)
{
	struct credit_rq *c = sched_policy_of(rq);

	while (!list_empty(&c->parked)) {
		struct vcpu *v = list_first_entry(&c->parked, struct vcpu, sched.link);

		list_del(&v->sched.link);
		v->sched.parked = false;
		rq->nr_parked--;
		add(rq, v);
	}
	rq->must_look = true;
	return 0;
}

/*
 * v was taken out, of a domain with a cap. Each turn takes one more out, so the loop is as long as
 * vCPUs have to be parked, once a period.
 */
static __noinline struct vcpu *pick_capped(struct sched_rq *rq, struct vcpu *v)
{
	struct credit_rq *c = sched_policy_of(rq);

	while (v && v->domain->cap && !cap_left(v->domain)) {
		park(rq, v);
		v = take_first(c);
		if (v)
			WRITE_ONCE(rq->nr_runnable, rq->nr_runnable - 1);
	}
	if (!v)
		return NULL;
	v->sched.queued = false;
	/* Its turn may have to end early: let the slice timer be set anew. */
	if (v->domain->cap)
		soft_timer_stop(&rq->slice);
	return v;
}

static struct vcpu *credit_pick(struct sched_rq *rq)
{
	struct vcpu *v = take_first(sched_policy_of(rq));

	if (unlikely(!v))
		return NULL;
	WRITE_ONCE(rq->nr_runnable, rq->nr_runnable - 1);
	if (unlikely(v->domain->cap))
		return pick_capped(rq, v);
	v->sched.queued = false;
	return v;
}

static __noinline void cap_charge(struct domain *d, s_time_t ran)
{
	cap_roll(d);
	__atomic_fetch_add(&d->cap_used, ran, __ATOMIC_RELAXED);
}

static void credit_charge(struct sched_rq *rq, struct vcpu *v, s_time_t ran)
{
	struct credit_rq *c = sched_policy_of(rq);

	v->sched.vruntime += MIN(ran, MAX_CHARGE_NS) * UNITS_PER_NS / v->domain->weight;
	/* Alone: the queue's time is its own, so that whoever comes competes from here on. */
	if (!rq->nr_runnable && is_before(c->vtime, v->sched.vruntime))
		WRITE_ONCE(c->vtime, v->sched.vruntime);
	if (unlikely(v->domain->cap))
		cap_charge(v->domain, ran);
}

/* What else than the short way below. */
static __noinline struct vcpu *exchange(struct sched_rq *rq, struct vcpu *v, s_time_t ran)
{
	struct credit_rq *c = sched_policy_of(rq);

	credit_charge(rq, v, ran);
	struct vcpu *next = credit_pick(rq);
	if (!next)
		return NULL;
	if (is_before(v->sched.vruntime, c->vtime))
		v->sched.vruntime = c->vtime;
	credit_enqueue(rq, v, false);
	return next;
}

/*
 * The short way is that of vCPUs that take turns: all wait in the first ring, those of the bucket
 * where virtual time is are next, and v belongs to the end of it.
 */
static struct vcpu *credit_exchange(struct sched_rq *rq, struct vcpu *v, s_time_t ran)
{
	const struct domain *d = v->domain;
	struct credit_rq *c = sched_policy_of(rq);
	uint64_t t = v->sched.vruntime + ran * UNITS_PER_NS / d->weight;
	struct list_head *list = &c->bucket[0][(t >> LEVEL0_SHIFT) % BUCKETS];
	struct vcpu *next = list_first_entry(list, struct vcpu, sched.link);

	if (unlikely(c->levels != 1 || (t ^ c->vtime) >> LEVEL0_SHIFT || list_empty(list) ||
		     (ran / MAX_CHARGE_NS | d->cap | next->domain->cap)))
		return exchange(rq, v, ran);
	v->sched.vruntime = t;
	list->next = next->sched.link.next;
	list->next->prev = list;
	list_add_tail(&v->sched.link, list);
	v->sched.queued = true;
	next->sched.queued = false;
	return next;
}

static bool credit_preempts(struct sched_rq *rq, const struct vcpu *waker,
			    const struct vcpu *running)
{
	return is_before(waker->sched.vruntime + PREEMPT_LEAD, running->sched.vruntime);
}

static s_time_t credit_slice_end(struct sched_rq *rq, const struct vcpu *v)
{
	s_time_t end = rq->nr_runnable ? rq->slice_start + SCHED_SLICE_NS : 0;

	if (unlikely(v->domain->cap)) {
		uint64_t left = cap_left(v->domain);
		s_time_t broke = system_time() + (left ? MAX(left, CAP_MIN_RUN_NS) : 0);

		if (!end || broke < end)
			end = broke;
	}
	return end;
}

static struct vcpu *credit_steal(struct sched_rq *rq, unsigned int cpu)
{
	struct credit_rq *c = sched_policy_of(rq);
	unsigned int level, looks = STEAL_LOOKS;
	struct vcpu *v = sched_find_for(&c->boost, cpu, &looks);

	for (level = 0; !v && level < LEVELS; level++) {
		uint64_t bits = c->bits[level];

		for (; !v && looks && bits; bits &= bits - 1)
			v = sched_find_for(&c->bucket[level][__builtin_ctzl(bits)], cpu, &looks);
	}
	return v;
}

/*
 * Virtual times of two queues have nothing to do with each other: keep how far v is ahead. Who
 * comes from another policy is neither ahead nor behind.
 */
static void credit_migrate(struct sched_rq *from, struct sched_rq *to, struct vcpu *v)
{
	const struct credit_rq *f = sched_policy_of(from), *t = sched_policy_of(to);

	if (from->sched != to->sched)
		v->sched.vruntime = READ_ONCE(t->vtime);
	else
		v->sched.vruntime += READ_ONCE(t->vtime) - READ_ONCE(f->vtime);
}

static void credit_init_cpu(struct sched_rq *rq)
{
	struct credit_rq *c = sched_policy_of(rq);

	for (unsigned int level = 0; level < LEVELS; level++)
		for (unsigned int n = 0; n < BUCKETS; n++)
			list_init(&c->bucket[level][n]);
	list_init(&c->boost);
	list_init(&c->parked);
}

const struct sched_policy sched_credit = {
	.name = "credit2",
	.sched_id = XEN_SCHEDULER_CREDIT2,
	.rq_size = sizeof(struct credit_rq),
	.init_cpu = credit_init_cpu,
	.enqueue = credit_enqueue,
	.resume = credit_resume,
	.pick = credit_pick,
	.charge = credit_charge,
	.exchange = credit_exchange,
	.preempts = credit_preempts,
	.slice_end = credit_slice_end,
	.steal = credit_steal,
	.migrate = credit_migrate,
	.replenish = credit_replenish,
};
