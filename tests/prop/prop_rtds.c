/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real-time policy on one CPU, with vCPUs that wake at random, work a while and sleep: nobody
 * without extra time gets more of a period than its budget, to the nanosecond; when the shares add
 * up to a CPU at most nobody misses a deadline; when they are more nobody starves; extra time is
 * given only while nobody with budget waits. SEED and STEPS replay a run.
 */
#include <stdio.h>
#include "sched_world.h"
#include <xen/lib.h>

#define NR	6u
#define US	1000UL

static struct actor {
	struct vcpu *v;
	s_time_t arrives;		/* when it wakes, asleep */
	s_time_t work;			/* what it wants to run until it sleeps again */
	s_time_t deadline, ran;		/* of its present period, and what it had of it */
	s_time_t left;			/* what it may still have, by the rules */
	s_time_t total, had;		/* ever; since it was last promised something */
	int64_t promised;		/* by the deadline if it waits all the time; 0: nothing */
} actor[NR];
static unsigned int nr, seed, first_seed;
static unsigned long step, most_steps;
static s_time_t late;			/* by which timers are taken too late at most */

static unsigned int rnd(unsigned int n) { return (unsigned int)rand_r(&seed) % n; }

#define CHECK(c, ...) do { if (!(c)) {						\
	fprintf(stderr, "SEED=%u, step %lu: ", first_seed, step);		\
	fprintf(stderr, __VA_ARGS__);						\
	fail_msg("%s", #c);							\
} } while (0)

static struct actor *running(void)
{
	for (unsigned int i = 0; i < nr; i++)
		if (cpus[0]->rq->running == actor[i].v)
			return &actor[i];
	return NULL;
}

/* A period of a's has begun, or a has just woken: what does it get by the deadline at least? */
static void promise(struct actor *a, bool begins)
{
	s_time_t budget = a->v->sched.rt.budget_us * US, period = a->v->sched.rt.period_us * US;
	s_time_t rest = a->v->sched.rt.deadline - fake_now;

	a->promised = a->v->flags ? 0 : a->v->sched.rt.left;
	a->had = 0;
	if (begins)
		a->left = budget;
	/* Who wakes late: its share of the rest of the period. */
	s_time_t share = (s_time_t)((__uint128_t)rest * budget / period);
	if (!begins)
		a->left = MIN(a->left, share);
	CHECK(a->v->flags || late || (a->promised + 20000 >= (int64_t)a->left &&
				      a->promised <= (int64_t)a->left),
	      "%ld ns promised, not %lu\n", a->promised, a->left);
}

/* Has a period of a's ended? What did it get? */
static void look(struct actor *a, bool feasible)
{
	const struct vcpu *v = a->v;
	s_time_t budget = v->sched.rt.budget_us * US, period = v->sched.rt.period_us * US;

	if (v->sched.rt.deadline == a->deadline)
		return;
	CHECK(v->sched.rt.extra || a->ran <= budget + late, "%lu ns of %lu\n", a->ran, budget);
	CHECK(v->sched.rt.deadline - period >= a->deadline, "periods overlap\n");
	CHECK(!feasible || (int64_t)a->had >= a->promised, "missed: %lu of %ld ns, of %lu in %lu\n",
	      a->had, a->promised, budget, period);
	a->deadline = v->sched.rt.deadline;
	a->ran = 0;
	promise(a, true);
}

static void check_choice(void)
{
	const struct actor *now = running();
	bool budget = false, want = false;

	for (unsigned int i = 0; i < nr; i++) {
		const struct vcpu *v = actor[i].v;
		bool can = !v->flags && (v->sched.rt.left > 0 || v->sched.rt.extra);

		CHECK(v->sched.queued == (!v->flags && cpus[0]->rq->running != v), "lost\n");
		CHECK(!v->sched.parked || !can, "parked with budget\n");
		want |= can;
		budget |= !v->flags && v->sched.rt.left > 0;
	}
	CHECK(now ? true : !want, "idle\n");
	CHECK(!now || !budget || now->v->sched.rt.left > 0, "extra time before budget\n");
	CHECK(!now || now->v->sched.rt.left > 0 || now->v->sched.rt.extra, "runs without any\n");
}

/* Let time pass up to what happens next: a timer, somebody wakes, somebody has done its work. */
static void pass(s_time_t until)
{
	struct actor *now = running();
	s_time_t next = until;

	if (fake_deadline[0]) {
		s_time_t timer = MAX(fake_deadline[0], fake_now);

		timer += late ? rnd((unsigned int)late) : 0;
		next = MIN(next, timer);
	}
	if (now)
		next = MIN(next, fake_now + now->work);
	for (unsigned int i = 0; i < nr; i++)
		if (actor[i].v->flags && actor[i].arrives < next)
			next = MAX(actor[i].arrives, fake_now);
	if (now) {
		now->ran += next - fake_now;
		now->had += next - fake_now;
		now->total += next - fake_now;
		now->left -= MIN(now->left, next - fake_now);
		now->work -= next - fake_now;
	}
	fake_now = next;
	if (fake_deadline[0] && fake_deadline[0] <= fake_now) {
		fake_deadline[0] = 0;
		cpus[0]->work |= WORK_TIMER;
	}
}

/* What happened: first the timers, as the CPU takes them. */
static void happen(s_time_t sleep, s_time_t work, bool feasible)
{
	struct actor *now;

	(void)leave(0);
	for (unsigned int i = 0; i < nr; i++)
		look(&actor[i], feasible);
	now = running();
	if (now && !now->work) {
		now->arrives = fake_now + 1 + rnd((unsigned int)sleep);
		now->promised = 0;
		vcpu_block(now->v);
		(void)leave(0);
	}
	for (unsigned int i = 0; i < nr; i++) {
		struct actor *a = &actor[i];

		if (!a->v->flags || a->arrives > fake_now)
			continue;
		a->work = 1 + rnd((unsigned int)work);
		vcpu_wake(a->v);
		look(a, feasible);
		promise(a, false);
	}
	(void)leave(0);
	for (unsigned int i = 0; i < nr; i++)
		look(&actor[i], feasible);
	check_choice();
}

/* n vCPUs, whose shares add up to percent of a CPU. */
static void cast(unsigned int n, unsigned int percent, bool extra)
{
	unsigned int parts[NR], sum = 0;

	use_policy(&sched_rtds);
	nr = n;
	for (unsigned int i = 0; i < n; i++)
		sum += parts[i] = 1 + rnd(20);
	for (unsigned int i = 0; i < n; i++) {
		unsigned int period = 100 + rnd(rnd(2) ? 1000 : 30000);
		unsigned int budget = period * percent * parts[i] / (100 * sum);

		if (budget < 10) {
			budget = 10;
			period = 10 * 100 * sum / (percent * parts[i]) + 1;
		}
		actor[i] = (struct actor){ .v = spinner(256, 0) };
		assert_int_equal(sched_set_rtds(actor[i].v, MAX(period, budget), budget,
						extra && rnd(2)), 0);
		actor[i].work = actor[i].arrives = 1;
		actor[i].deadline = actor[i].v->sched.rt.deadline;
		actor[i].left = budget * US;
	}
	fake_idle_hook = give_up;
	(void)leave(0);
}

static void begin(void)
{
	const char *s = getenv("SEED"), *n = getenv("STEPS");

	seed = first_seed = s ? (unsigned int)strtoul(s, NULL, 0) : 1973;
	most_steps = n ? strtoul(n, NULL, 0) : 40000;
	late = 0;
}

/* The domains go, and others may come. */
static void end(void **state)
{
	assert_int_equal(tear_down(state), 0);
	assert_int_equal(set_up(state), 0);
}

static void test_budgets(void **state)
{
	begin();
	for (unsigned int set = 0; set < 20; set++) {
		cast(1 + rnd(NR), 20 + rnd(200), true);
		for (step = 0; step < most_steps / 20; step++) {
			struct actor *a = &actor[rnd(nr)];

			pass(fake_now + 1 + rnd(200000));
			if (rnd(4) == 0)
				sched_yield();
			/* As if its domain were paused, and goes on. */
			if (rnd(40) == 0 && !a->v->flags) {
				a->arrives = fake_now + rnd(500000);
				vcpu_set_flag(a->v, VPF_BLOCKED);
			}
			happen(2000000, rnd(3) ? 300000 : 30000000, false);
		}
		end(state);
	}
}

/* Nobody misses a deadline, whoever comes whenever. */
static void test_feasible(void **state)
{
	begin();
	for (unsigned int set = 0; set < 20; set++) {
		unsigned int sleep = rnd(2) ? 300000 : 20000000;

		cast(2 + rnd(NR - 1), set % 2 ? 100 : 60 + rnd(40), set % 4 > 1);
		for (step = 0; step < most_steps / 20; step++) {
			pass(fake_now + S);
			happen(sleep, rnd(2) ? 200000 : 40000000, true);
		}
		end(state);
	}
}

/* Whoever has budget gets something of most of its periods, and none of the CPU is wasted. */
static void test_overload(void **state)
{
	begin();
	for (unsigned int set = 0; set < 20; set++) {
		s_time_t from, sum = 0;

		cast(2 + rnd(NR - 1), 150 + rnd(300), false);
		/* Or all alike: every choice is among equals. */
		for (unsigned int i = 0; set % 3 == 0 && i < nr; i++)
			assert_int_equal(sched_set_rtds(actor[i].v, 10000, 10000, false), 0);
		for (unsigned int i = 0; i < nr; i++) {
			actor[i].work = 1000 * S;
			vcpu_wake(actor[i].v);
		}
		(void)leave(0);
		from = fake_now;
		while (fake_now < from + 4 * S) {
			pass(from + 4 * S);
			(void)leave(0);
			check_choice();
			sum += !running();
		}
		CHECK(!sum, "idle %lu times\n", sum);
		for (unsigned int i = 0; i < nr; i++) {
			s_time_t least = MIN(100 * US, actor[i].v->sched.rt.budget_us * US);
			s_time_t periods = 4 * S / (actor[i].v->sched.rt.period_us * US);

			CHECK(actor[i].total >= periods * least / 20,
			      "vCPU %u of %u has %lu ns in %lu periods\n", i, nr, actor[i].total,
			      periods);
			sum += actor[i].total;
		}
		CHECK(sum == 4 * S, "%lu ns given\n", sum);
		end(state);
	}
}

/* Timers that are taken too late give nobody more in the long run. */
static void test_late(void **state)
{
	begin();
	for (unsigned int set = 0; set < 10; set++) {
		s_time_t from;

		late = 0;
		cast(1 + rnd(NR), 50, false);
		late = 20 * US;
		for (unsigned int i = 0; i < nr; i++) {
			actor[i].work = 1000 * S;
			vcpu_wake(actor[i].v);
		}
		(void)leave(0);
		from = fake_now;
		while (fake_now < from + S) {
			pass(from + S);
			(void)leave(0);
		}
		for (unsigned int i = 0; i < nr; i++) {
			s_time_t period = actor[i].v->sched.rt.period_us * US;
			s_time_t budget = actor[i].v->sched.rt.budget_us * US;

			CHECK(actor[i].total <= (S / period + 2) * budget + late,
			      "%lu ns of %lu in %lu\n", actor[i].total, budget, period);
		}
		end(state);
	}
	late = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_budgets), T(test_feasible), T(test_overload), T(test_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
