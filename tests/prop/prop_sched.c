/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The credit policy's queue under random turns, yields, sleeps, pauses, weights and caps on one
 * CPU: who can run is in one place of it, the marks of its rings are never missing, everybody's
 * time adds up to the clock's to the nanosecond. Then vCPUs of one weight that only yield get
 * turns alike, and of any weight go in the order of their virtual times. SEED and STEPS replay a
 * run.
 */
#include <stdio.h>
#include "sched_world.h"
#include <xen/lib.h>
#pragma GCC diagnostic ignored "-Wunused-parameter"	/* as for the hypervisor */
#include "xen/sched/sched_credit.c"
#pragma GCC diagnostic warning "-Wunused-parameter"

#define NR 7u

static struct vcpu *v[NR];
static s_time_t born[NR];
static unsigned int seed, first_seed;
static unsigned long step;

static unsigned int rnd(unsigned int n) { return (unsigned int)rand_r(&seed) % n; }

#define CHECK(c, ...) do { if (!(c)) {						\
	fprintf(stderr, "SEED=%u, step %lu: ", first_seed, step);		\
	fprintf(stderr, __VA_ARGS__);						\
	fail_msg("%s", #c);							\
} } while (0)

/* How often v is in list. */
static unsigned int count(const struct list_head *list, const struct vcpu *x, unsigned int *all)
{
	const struct list_head *l;
	unsigned int n = 0;

	for (l = list->next; l != list; l = l->next) {
		CHECK(l->next->prev == l, "broken list\n");
		n += list_entry(l, struct vcpu, sched.link) == x;
		++*all;
	}
	return n;
}

static void check_place(unsigned int i, unsigned int *waiting)
{
	struct sched_rq *rq = cpus[0]->rq;
	const struct credit_rq *c = sched_policy_of(rq);
	unsigned int level, n, queued, all = 0, parked, ignored = 0;

	queued = count(&c->boost, v[i], &all);
	CHECK(list_empty(&c->boost) || (c->levels & BOOST), "boost list without its mark\n");
	for (level = 0; level < LEVELS; level++)
		for (n = 0; n < BUCKETS; n++) {
			const struct list_head *list = &c->bucket[level][n];

			if (list_empty(list))
				continue;
			queued += count(list, v[i], &all);
			CHECK(c->bits[level] >> n & 1, "level %u, bucket %u has no mark\n", level, n);
			CHECK(c->levels >> level & 1, "level %u has no mark\n", level);
		}
	parked = count(&c->parked, v[i], &ignored);
	CHECK(all == rq->nr_runnable, "%u wait, %u are counted\n", all, rq->nr_runnable);
	CHECK(queued + parked + (rq->running == v[i]) == !v[i]->flags,
	      "vCPU %u: queued %u, parked %u, running %d, flags %x\n", i, queued, parked,
	      rq->running == v[i], v[i]->flags);
	CHECK(v[i]->sched.queued == queued + parked && v[i]->sched.parked == parked,
	      "vCPU %u: its own marks\n", i);
	*waiting = all;
}

static void check(void)
{
	uint64_t ran = 0;

	for (unsigned int i = 0; i < NR; i++) {
		uint64_t time[4], sum = 0;
		unsigned int waiting;
		s_time_t entry;
		uint32_t state;

		check_place(i, &waiting);
		sched_get_runstate(v[i], &state, &entry, time);
		time[state] += fake_now - entry;
		for (unsigned int n = 0; n < 4; n++)
			sum += time[n];
		CHECK(sum == (uint64_t)(fake_now - born[i]), "vCPU %u: %lu ns of %lu\n", i, sum,
		      (uint64_t)(fake_now - born[i]));
		CHECK(state == (v[i]->flags ? sched_state_of(v[i]->flags) :
				cpus[0]->rq->running == v[i] ? RUNSTATE_running_ : RUNSTATE_runnable_),
		      "vCPU %u: state %u\n", i, state);
		ran += time[RUNSTATE_running_];
		CHECK(cpus[0]->rq->running || !waiting, "idle while %u wait\n", waiting);
	}
	CHECK(ran <= (uint64_t)fake_now, "more than one CPU was given\n");
}

static void random_step(void)
{
	struct vcpu *x = v[rnd(NR)], *now = cpus[0]->current;

	switch (rnd(12)) {
	case 0:
		vcpu_set_flag(x, VPF_PAUSED);
		break;
	case 1: case 2:
		vcpu_clear_flag(x, VPF_PAUSED);
		break;
	case 3:
		if (now && !now->flags)
			vcpu_block(now);
		break;
	case 4: case 5:
		vcpu_wake(x);
		break;
	case 6:
		if (rnd(20) == 0)
			assert_int_equal(sched_set_params(x->domain, (uint16_t)(1 + rnd(2000)),
							  rnd(3) ? 0 : (uint16_t)(1 + rnd(100))), 0);
		break;
	case 7:
		run_for(1 + rnd(rnd(30) ? 3000000 : 400000000));
		break;
	default:
		fake_now += rnd(3000);
		sched_yield();
	}
	(void)leave(0);
}

static void test_random(void **state)
{
	const char *s = getenv("SEED"), *n = getenv("STEPS");
	unsigned long steps = n ? strtoul(n, NULL, 0) : 20000;

	(void)state;
	seed = first_seed = s ? (unsigned int)strtoul(s, NULL, 0) : 20260;
	for (unsigned int i = 0; i < NR; i++) {
		v[i] = spinner((uint16_t)(64u << rnd(5)), 0);
		born[i] = fake_now - (fake_now - v[i]->runstate.entry_time);
		for (unsigned int k = 0; k < 4; k++)
			born[i] -= (s_time_t)v[i]->runstate.time[k];
	}
	(void)leave(0);
	for (step = 0; step < steps; step++) {
		random_step();
		check();
	}
	for (unsigned int i = 0; i < NR; i++) {
		vcpu_clear_flag(v[i], VPF_PAUSED);
		vcpu_wake(v[i]);
	}
}

/* Whatever they were ahead or behind at first, those who only yield take turns. */
static void test_turns(void **state)
{
	unsigned int turns[NR] = { 0 }, waits[NR] = { 0 }, most = 0;

	(void)state;
	seed = first_seed = 4711;
	for (unsigned int i = 0; i < NR; i++) {
		v[i] = spinner(256, 0);
		run_for(1 + rnd(30000000));
	}
	for (step = 0; step < 200000; step++) {
		struct vcpu *now = cpus[0]->current;

		for (unsigned int i = 0; i < NR; i++) {
			waits[i] = v[i] == now ? 0 : waits[i] + 1;
			if (step >= 100000) {
				turns[i] += v[i] == now;
				most = MAX(most, waits[i]);
			}
		}
		fake_now += 1000 + rnd(500);
		sched_yield();
		CHECK(leave(0) != now, "a yield did nothing\n");
	}
	for (unsigned int i = 0; i < NR; i++)
		CHECK(turns[i] > 100000 / NR * 98 / 100, "vCPU %u had %u turns\n", i, turns[i]);
	CHECK(most < 200, "somebody waited %u turns\n", most);
}

/* Whoever comes is not ahead of who waits by more than places are wide there. */
static void test_order(void **state)
{
	const struct credit_rq *c = sched_policy_of(cpus[0]->rq);

	(void)state;
	seed = first_seed = 77;
	for (unsigned int i = 0; i < NR; i++)
		v[i] = spinner((uint16_t)(16u << rnd(9)), 0);
	for (step = 0; step < 50000; step++) {
		struct vcpu *now;

		fake_now += 1 + rnd(rnd(10) ? 2000 : 3000000);
		sched_yield();
		now = leave(0);
		for (unsigned int i = 0; i < NR; i++) {
			int64_t lead = (int64_t)(now->sched.vruntime - v[i]->sched.vruntime);
			int64_t far = (int64_t)(now->sched.vruntime - c->vtime);

			CHECK(v[i] == now || is_before(now->sched.vruntime, c->vtime) ||
			      lead <= (int64_t)BIT(LEVEL0_SHIFT) + MAX(far, (int64_t)0) / 4,
			      "%ld ahead of vCPU %u, %ld of the queue\n", lead, i, far);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { T(test_random), T(test_turns), T(test_order) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
