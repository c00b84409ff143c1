/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trace: records of visits on all CPUs against a model, read in pieces and while they are
 * written, CPUs that are late or off, memory that is short. SEED, STEPS.
 */
#include <pthread.h>	/* before ours: <sched.h> */
#include "hcall_world.h"
#include <stdlib.h>
#include <xen/trace.h>

#define ALL	(~0ULL)
#define ROOM	(15 * PAGE_SIZE / sizeof(struct zazen_trace_record))

static struct zazen_domctl op;
#define T	(&op.u.trace)

static int64_t call(uint32_t what)
{
	int64_t ret;

	op.cmd = ZAZEN_DOMCTL_trace;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	T->op = what;
	memcpy(guest(arg_va()), &op, sizeof(op));
	ret = hcall5(__HYPERVISOR_domctl, arg_va(), 0x1234, 5, 6, 7);
	memcpy(&op, guest(arg_va()), sizeof(op));
	return ret;
}

static int64_t start(uint32_t order, uint64_t events)
{
	memset(&op, 0, sizeof(op));
	T->order = order;
	T->events[0] = events;
	T->events[1] = events == ALL ? ALL : 0;
	return call(ZAZEN_TRACE_start);
}

/* What is read lies in the caller's second page and on. */
static int64_t read_cpu(uint32_t cpu, uint64_t first, uint32_t count)
{
	memset(&op, 0, sizeof(op));
	T->cpu = cpu;
	T->first = first;
	T->count = count;
	T->records.p = buf_va();
	return call(ZAZEN_TRACE_read);
}

static const struct zazen_trace_record *record(uint32_t n)
{
	static struct zazen_trace_record r;

	assert_int_equal(copy_elem_from_guest(&r, buf_va(), n, sizeof(r)), 0);
	return &r;
}

/* v comes on a CPU, next leaves. */
static void visit(uint32_t cpu, const struct vcpu *v, uint32_t reason, uint64_t info,
		  struct vcpu *next)
{
	struct pcpu *here = fake_this_cpu;

	fake_this_cpu = cpus[cpu];
	struct zazen_trace_record *r = trace_open(v, reason);
	if (r) {
		r->info = r->pc = info;
		r->number = (uint32_t)info;
	}
	trace_close(next);
	fake_this_cpu = here;
}

static void test_errors(void **state)
{
	uint64_t used = heap_pages_used();

	(void)state;
	assert_int_equal(call(ZAZEN_TRACE_stop), -ENOENT);
	assert_int_equal(read_cpu(0, 0, 1), -ENOENT);
	assert_int_equal(call(3), -ENOSYS);
	assert_int_equal(start(ZAZEN_TRACE_ORDER_MAX + 1, ALL), -EINVAL);
	assert_int_equal(start(~0u, ALL), -EINVAL);
	visit(0, domu->vcpu[0], 1, 1, domu->vcpu[0]);
	assert_int_equal(heap_pages_used(), used);
	assert_int_equal(start(0, ALL), 0);
	assert_int_equal(heap_pages_used(), used + FAKE_NR_CPUS);
	assert_int_equal(start(0, ALL), -EEXIST);
	assert_int_equal(read_cpu(FAKE_NR_CPUS, 0, 1), -EINVAL);
	assert_int_equal(read_cpu(~0u, 0, 1), -EINVAL);
	visit(0, domu->vcpu[0], TRAP_SERROR, 1, domu->vcpu[1]);
	op.u.trace = (struct zazen_domctl_trace){ .count = 1, .records.p = NOWHERE };
	assert_int_equal(call(ZAZEN_TRACE_read), -EFAULT);
	assert_int_equal(read_cpu(0, ~0ULL, 1), 0);
	assert_int_equal(T->first, 1);
	assert_int_equal(T->count, 0);
	/* Nobody else's. */
	run_as(domu, 0);
	assert_int_equal(read_cpu(0, 0, 1), -EPERM);
	assert_int_equal(call(ZAZEN_TRACE_stop), -EPERM);
	run_as(dom0, 0);
	assert_int_equal(read_cpu(0, 0, 1), 0);
	assert_int_equal(T->count, 1);
	assert_int_equal(record(0)->domain, domu->id);
	assert_int_equal(record(0)->vcpu, 0);
	assert_int_equal(record(0)->next_vcpu, 1);
	assert_int_equal(record(0)->reason, TRAP_SERROR);
	assert_int_equal(call(ZAZEN_TRACE_stop), 0);
	assert_int_equal(heap_pages_used(), used);
	assert_int_equal(call(ZAZEN_TRACE_stop), -ENOENT);
}

static void test_no_memory(void **state)
{
	uint64_t used = heap_pages_used();

	(void)state;
	for (unsigned int n = 1;; n++) {
		fake_fail_alloc(n);
		int64_t rc = start(3, ALL);

		if (!fake_alloc_failed()) {
			assert_int_equal(rc, 0);
			assert_true(n > FAKE_NR_CPUS);
			break;
		}
		assert_int_equal(rc, -ENOMEM);
		assert_int_equal(heap_pages_used(), used);
		visit(1, domu->vcpu[0], 1, 1, domu->vcpu[0]);
	}
	assert_int_equal(call(ZAZEN_TRACE_stop), 0);
	assert_int_equal(heap_pages_used(), used);
}

static uint32_t meanwhile;
static int64_t answer;

/* Another caller of the same domain, between two pieces of a start. */
static void ask_between(void)
{
	struct zazen_domctl *mine = guest(buf_va());

	*mine = op;
	mine->u.trace = (struct zazen_domctl_trace){ .op = meanwhile, .cpu = FAKE_NR_CPUS - 1,
						     .count = 1, .order = 1 };
	/* Its own argument may change too: rings are all of one size. */
	((struct zazen_domctl *)guest(arg_va()))->u.trace.order = 0;
	if (restarts == 1)
		answer = hypercall_table[__HYPERVISOR_domctl](buf_va(), 0, 0, 0, 0);
}

/* Who waits comes between two rings, and what is asked then finds no half of a trace. */
static void test_pieces(void **state)
{
	static const int64_t want[] = { -EEXIST, 0, 0 };
	uint64_t used = heap_pages_used();

	(void)state;
	fake_irq_pending = true;
	on_restart = ask_between;
	for (meanwhile = 0; meanwhile < ARRAY_SIZE(want); meanwhile++) {
		bool stopped = meanwhile == ZAZEN_TRACE_stop;

		answer = 1;
		assert_int_equal(start(3, ALL), 0);
		assert_int_equal(answer, want[meanwhile]);
		assert_int_equal(restarts, FAKE_NR_CPUS + (stopped ? 2 : 0));
		assert_int_equal(heap_pages_used(), used + FAKE_NR_CPUS * (stopped ? 1 : 8));
		visit(1, domu->vcpu[0], 1, 1, domu->vcpu[0]);
		assert_int_equal(call(ZAZEN_TRACE_stop), 0);
		assert_int_equal(heap_pages_used(), used);
	}
}

static unsigned int waited;

static void take_on_third(void)
{
	/* It writes as long as it has not been told. */
	visit(2, domu->vcpu[0], 1, 1, domu->vcpu[0]);
	if (++waited == 3)
		fake_take_vectors(2);
}

/* A CPU that is late is waited for, one that is off is not, nor one that comes back. */
static void test_late(void **state)
{
	uint64_t used = heap_pages_used();

	(void)state;
	waited = 0;
	assert_int_equal(start(0, ALL), 0);
	fake_vectors_late = BIT(2);
	on_restart = take_on_third;
	assert_int_equal(call(ZAZEN_TRACE_stop), 0);
	assert_int_equal(waited, 3);
	on_restart = NULL;
	assert_int_equal(heap_pages_used(), used);

	/* Off while it wrote: it is not asked, and asks when it comes back. */
	fake_vectors_late = 0;
	assert_int_equal(start(0, ALL), 0);
	visit(3, domu->vcpu[0], 1, 7, domu->vcpu[0]);
	cpus[3]->online = false;
	assert_int_equal(read_cpu(3, 0, 1), 0);
	assert_int_equal(T->count, 1);
	assert_int_equal(call(ZAZEN_TRACE_stop), 0);
	assert_int_equal(heap_pages_used(), used);
	cpus[3]->online = true;
	visit(3, domu->vcpu[0], 1, 8, domu->vcpu[0]);
	fake_take_vectors(3);
	visit(3, domu->vcpu[0], 1, 9, domu->vcpu[0]);
	assert_int_equal(start(0, ALL), 0);
	assert_int_equal(read_cpu(3, 0, 1), 0);
	assert_int_equal(T->count, 0);
	/* A visit that ends after the stop is nobody's. */
	assert_non_null(trace_open(dom0->vcpu[0], 1));
	assert_int_equal(call(ZAZEN_TRACE_stop), 0);
	trace_close(dom0->vcpu[0]);
	assert_int_equal(heap_pages_used(), used);
}

struct model { uint64_t head, next, *info; };

/* Read on from where the model is: what comes is what was written, and what is gone is counted. */
static void check_read(struct model *m, uint32_t cpu, uint64_t size)
{
	uint64_t kept = MIN(m->head, size - 1), oldest = m->head - kept;
	uint32_t want = 1 + (uint32_t)random() % ROOM;

	assert_int_equal(read_cpu(cpu, m->next, want), 0);
	assert_true(T->first == MAX(m->next, oldest));
	assert_true(T->count <= MIN(want, 64u) && !T->torn);
	assert_true(T->count > 0 || T->first == m->head);
	for (uint32_t i = 0; i < T->count; i++) {
		const struct zazen_trace_record *r = record(i);
		uint64_t info = m->info[T->first + i];

		assert_true(r->info == info && r->pc == info && r->number == (uint32_t)info);
		assert_true(r->begin <= r->end && !r->pad);
	}
	m->next = T->first + T->count;
}

static void test_random(void **state)
{
	const char *seed = getenv("SEED"), *steps = getenv("STEPS");
	unsigned int n = steps ? (unsigned int)atoi(steps) : 20000;
	struct model m[FAKE_NR_CPUS] = { 0 };

	(void)state;
	srandom(seed ? (unsigned int)atoi(seed) : 1);
	for (uint32_t cpu = 0; cpu < FAKE_NR_CPUS; cpu++)
		m[cpu].info = calloc(n, sizeof(uint64_t));
	for (uint32_t order = 0; order < 4; order += 3) {
		uint64_t wanted = (uint64_t)random() << 32 | BIT(5);

		assert_int_equal(start(order, wanted), 0);
		for (uint32_t cpu = 0; cpu < FAKE_NR_CPUS; cpu++)
			m[cpu].head = m[cpu].next = 0;
		for (unsigned int i = 0; i < n; i++) {
			uint32_t cpu = (uint32_t)random() % FAKE_NR_CPUS;
			uint32_t reason = random() % 2 ? 5 : (uint32_t)random() % NR_TRAPS;

			fake_now++;
			if (random() % 200 == 0) {
				check_read(&m[cpu], cpu, 64u << order);
				continue;
			}
			uint64_t info = (uint64_t)random() << 20 | i;

			visit(cpu, dom0->vcpu[0], reason, info, domu->vcpu[1]);
			if (reason < 64 && wanted >> reason & 1)
				m[cpu].info[m[cpu].head++] = info;
		}
		assert_int_equal(call(ZAZEN_TRACE_stop), 0);
	}
	for (uint32_t cpu = 0; cpu < FAKE_NR_CPUS; cpu++)
		free(m[cpu].info);
}

static bool enough;

static void *write_on(void *arg)
{
	(void)arg;
	for (uint64_t n = 0; !__atomic_load_n(&enough, __ATOMIC_RELAXED); n++)
		visit(1, domu->vcpu[0], 1, n, domu->vcpu[0]);
	return NULL;
}

/* Reading what another CPU writes as fast as it can: no record is torn, none comes twice. */
static void test_torn(void **state)
{
	uint64_t next = 0, got = 0, lost = 0;
	pthread_t writer;

	(void)state;
	enough = false;
	assert_int_equal(start(0, ALL), 0);
	assert_int_equal(pthread_create(&writer, NULL, write_on, NULL), 0);
	for (unsigned int i = 0; i < 100000 && got < 20000; i++) {
		assert_int_equal(read_cpu(1, next, 60), 0);
		assert_true(T->first >= next);
		lost += T->first - next;
		for (uint32_t j = T->torn; j < T->count; j++) {
			const struct zazen_trace_record *r = record(j);

			assert_true(r->info == T->first + j);
			assert_true(r->pc == r->info && r->number == (uint32_t)r->info);
		}
		next = T->first + T->count;
		lost += T->torn;
		got += T->count - T->torn;
	}
	__atomic_store_n(&enough, true, __ATOMIC_RELAXED);
	pthread_join(writer, NULL);
	printf("# %lu records, %lu lost\n", got, lost);
	assert_true(got >= 1000);
	assert_int_equal(call(ZAZEN_TRACE_stop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_errors),
		world_test(test_no_memory),
		world_test(test_pieces),
		world_test(test_late),
		world_test(test_random),
		world_test(test_torn),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
