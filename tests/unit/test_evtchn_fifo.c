/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FIFO delivery: control blocks, event arrays, queues as a guest consumes them, guests that
 * misbehave.
 */
#include <xen/event/event.h>
#include "evtchn_world.h"

#define CB_PAGE		1u
#define ARRAY_PAGE	4u
#define B(n)		(1u << EVTCHN_FIFO_##n)

static struct evtchn_fifo_control_block *cb(struct domain *d, unsigned int vcpu)
{
	return fake_guest_ptr(d, ram(d, CB_PAGE + vcpu) + 128);
}

static uint32_t *word(struct domain *d, uint32_t port)
{
	uint32_t page = port / FIFO_WORDS_PER_PAGE;

	return (uint32_t *)fake_guest_ptr(d, ram(d, ARRAY_PAGE + page)) + port % FIFO_WORDS_PER_PAGE;
}

static int init_control(struct domain *d, unsigned int vcpu)
{
	struct evtchn_init_control ic = {
		.control_gfn = ram_gfn(d, CB_PAGE + vcpu).v, .offset = 128, .vcpu = vcpu,
	};
	int rc = evtchn_fifo_init_control(d, &ic);

	if (!rc)
		assert_int_equal(ic.link_bits, 17);
	return rc;
}

static int expand(struct domain *d, unsigned int page)
{
	return evtchn_fifo_expand_array(d, ram_gfn(d, ARRAY_PAGE + page));
}

/* What a guest's handler does with vCPU's queue q: the next port, 0 when the queue is empty. */
static uint32_t queue_head[2][EVTCHN_FIFO_MAX_QUEUES];

static uint32_t consume(struct domain *d, unsigned int vcpu, unsigned int q)
{
	struct evtchn_fifo_control_block *c = cb(d, vcpu);
	uint32_t port = queue_head[vcpu][q];

	if (!(c->ready & (1u << q)))
		return 0;
	if (!port)
		port = c->head[q];
	queue_head[vcpu][q] = *word(d, port) & EVTCHN_FIFO_LINK_MASK;
	*word(d, port) &= ~(B(LINKED) | EVTCHN_FIFO_LINK_MASK);
	if (!queue_head[vcpu][q])
		c->ready &= ~(1u << q);
	*word(d, port) &= ~B(PENDING);
	return port;
}

/* d1 with FIFO and one page of words; ports 1..n of it joined to dom0's. */
static void fifo_up(uint32_t n, uint32_t *d0_port)
{
	uint32_t i, p;

	memset(queue_head, 0, sizeof(queue_head));
	assert_int_equal(init_control(d1, 0), 0);
	assert_int_equal(init_control(d1, 1), 0);
	assert_int_equal(expand(d1, 0), 0);
	for (i = 0; i < n; i++) {
		assert_int_equal(evtchn_alloc(d1, 0, false, &p), 0);
		assert_int_equal(p, i + 1);
		assert_int_equal(evtchn_bind_interdomain(d0, NULL, d1->id, p, &d0_port[i]), 0);
	}
	d1->shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
}

static void test_control(void **state)
{
	struct evtchn_init_control ic = { .control_gfn = ram_gfn(d1, CB_PAGE).v };

	(void)state;
	ic.vcpu = 2;
	assert_int_equal(evtchn_fifo_init_control(d1, &ic), -ENOENT);
	ic.vcpu = 0;
	ic.offset = 4;
	assert_int_equal(evtchn_fifo_init_control(d1, &ic), -EINVAL);
	ic.offset = 4096 - 64;
	assert_int_equal(evtchn_fifo_init_control(d1, &ic), -EINVAL);
	ic.offset = ~7u;
	assert_int_equal(evtchn_fifo_init_control(d1, &ic), -EINVAL);
	ic.offset = 0;
	ic.control_gfn = 5;
	assert_int_equal(evtchn_fifo_init_control(d1, &ic), -EINVAL);
	assert_null(d1->evtchn->fifo);
	assert_int_equal(init_control(d1, 0), 0);
	assert_int_equal(init_control(d1, 0), -EINVAL);
	assert_int_equal(init_control(d1, 1), 0);
	assert_non_null(d1->evtchn->fifo);
}

static void test_foreign_page(void **state)
{
	struct p2m_entry e = p2m_lookup(d2, ram_gfn(d2, 0));
	struct evtchn_init_control ic = { .control_gfn = 0x50000 };

	(void)state;
	assert_true(page_get(e.mfn));
	assert_int_equal(p2m_map(d1, gfn(0x50000), e.mfn, 0, P2M_GRANT_RW), 0);
	assert_int_equal(evtchn_fifo_init_control(d1, &ic), -EINVAL);
	assert_int_equal(init_control(d1, 0), 0);
	assert_int_equal(evtchn_fifo_expand_array(d1, gfn(0x50000)), -EINVAL);
	assert_int_equal(evtchn_fifo_expand_array(d1, gfn(~0UL)), -EINVAL);
}

static void test_array(void **state)
{
	uint32_t i;

	(void)state;
	assert_int_equal(expand(d1, 0), -EOPNOTSUPP);
	assert_int_equal(init_control(d1, 0), 0);
	d1->evtchn->limit = 3000;
	for (i = 0; i < 3; i++)
		assert_int_equal(expand(d1, i), 0);
	assert_int_equal(expand(d1, 3), -ENOSPC);
}

static void test_queue(void **state)
{
	uint32_t p0[3];

	(void)state;
	fifo_up(3, p0);
	/* Empty -> head and ready and upcall; the next ones are linked behind it. */
	assert_int_equal(evtchn_send(d0, p0[1]), 0);
	assert_int_equal(cb(d1, 0)->head[7], 2);
	assert_int_equal(cb(d1, 0)->ready, 1u << 7);
	assert_int_equal(d1->shared_info->vcpu_info[0].evtchn_upcall_pending, 1);
	assert_int_equal(*word(d1, 2), B(PENDING) | B(LINKED));
	assert_int_equal(evtchn_send(d0, p0[0]), 0);
	assert_int_equal(*word(d1, 2), B(PENDING) | B(LINKED) | 1);
	assert_int_equal(evtchn_send(d0, p0[1]), 0);
	assert_int_equal(evtchn_send(d0, p0[2]), 0);
	assert_int_equal(evtchn_port_pending(d1, 3), 1);
	assert_int_equal(consume(d1, 0, 7), 2);
	assert_int_equal(evtchn_send(d0, p0[1]), 0);
	assert_int_equal(consume(d1, 0, 7), 1);
	assert_int_equal(consume(d1, 0, 7), 3);
	assert_int_equal(consume(d1, 0, 7), 2);
	assert_int_equal(consume(d1, 0, 7), 0);
	/* The queue was emptied: the head is written anew, also for the port that was its tail. */
	assert_int_equal(evtchn_send(d0, p0[1]), 0);
	assert_int_equal(cb(d1, 0)->head[7], 2);
	assert_int_equal(consume(d1, 0, 7), 2);
	assert_int_equal(evtchn_port_pending(d1, 2), 0);
}

static void test_mask(void **state)
{
	uint32_t p0[1];

	(void)state;
	fifo_up(1, p0);
	*word(d1, 1) = B(MASKED);
	assert_int_equal(evtchn_send(d0, p0[0]), 0);
	assert_int_equal(*word(d1, 1), B(MASKED) | B(PENDING));
	assert_int_equal(cb(d1, 0)->ready, 0);
	assert_int_equal(evtchn_send(d0, p0[0]), 0);
	assert_int_equal(evtchn_unmask_port(d1, 1), 0);
	assert_int_equal(*word(d1, 1), B(LINKED) | B(PENDING));
	assert_int_equal(cb(d1, 0)->ready, 1u << 7);
	assert_int_equal(consume(d1, 0, 7), 1);
	assert_int_equal(evtchn_unmask_port(d1, 1), 0);
	assert_int_equal(*word(d1, 1), 0);
}

static void test_priority(void **state)
{
	uint32_t p0[2];

	(void)state;
	fifo_up(2, p0);
	assert_int_equal(evtchn_set_priority(d1, 1, 16), -EINVAL);
	assert_int_equal(evtchn_set_priority(d1, 77, 1), -EINVAL);
	assert_int_equal(evtchn_set_priority(d1, 7777, 1), -EINVAL);
	assert_int_equal(evtchn_set_priority(d1, 1, 0), 0);
	assert_int_equal(evtchn_send(d0, p0[0]), 0);
	assert_int_equal(evtchn_send(d0, p0[1]), 0);
	assert_int_equal(cb(d1, 0)->ready, 1u << 7 | 1);
	assert_int_equal(consume(d1, 0, 0), 1);
	/* It was the tail of queue 0; on queue 15 of vCPU 1 it is a new one. */
	assert_int_equal(evtchn_set_priority(d1, 1, 15), 0);
	assert_int_equal(evtchn_bind_vcpu(d1, 1, 1), 0);
	assert_int_equal(evtchn_send(d0, p0[0]), 0);
	assert_int_equal(cb(d1, 1)->ready, 1u << 15);
	assert_int_equal(d1->evtchn->fifo->vcpu[0]->tail[0], 0);
	assert_int_equal(consume(d1, 1, 15), 1);
	assert_int_equal(consume(d1, 0, 7), 2);
}

static void test_early(void **state)
{
	uint32_t p1, p2, p0, q0;

	(void)state;
	memset(queue_head, 0, sizeof(queue_head));
	/* One pending in the bitmaps when FIFO comes, one sent before the words come. */
	assert_int_equal(evtchn_alloc(d1, 0, false, &p1), 0);
	assert_int_equal(evtchn_bind_interdomain(d0, NULL, d1->id, p1, &p0), 0);
	assert_int_equal(evtchn_alloc(d1, 0, false, &p2), 0);
	assert_int_equal(evtchn_bind_interdomain(d0, NULL, d1->id, p2, &q0), 0);
	assert_int_equal(evtchn_send(d0, p0), 0);
	d1->shared_info->evtchn_pending[5] = 1;		/* nobody's */
	assert_int_equal(init_control(d1, 0), 0);
	assert_int_equal(d1->shared_info->evtchn_pending[0], 0);
	assert_int_equal(evtchn_send(d0, q0), 0);
	assert_int_equal(evtchn_send(d0, q0), 0);
	assert_int_equal(evtchn_port_pending(d1, p1), 1);
	assert_int_equal(evtchn_port_pending(d1, p2), 1);
	assert_int_equal(evtchn_unmask_port(d1, p2), 0);
	assert_int_equal(d1->evtchn->fifo->nr_early, 2);
	assert_int_equal(expand(d1, 0), 0);
	assert_int_equal(d1->evtchn->fifo->nr_early, 0);
	assert_int_equal(consume(d1, 0, 7), p1);
	assert_int_equal(consume(d1, 0, 7), p2);
	assert_int_equal(consume(d1, 0, 7), 0);
}

static void test_early_closed(void **state)
{
	uint32_t p1, p0;

	(void)state;
	assert_int_equal(init_control(d1, 0), 0);
	assert_int_equal(evtchn_alloc(d1, 0, false, &p1), 0);
	assert_int_equal(evtchn_bind_interdomain(d0, NULL, d1->id, p1, &p0), 0);
	assert_int_equal(evtchn_send(d0, p0), 0);
	assert_int_equal(evtchn_close(d1, p1), 0);
	assert_int_equal(d1->evtchn->fifo->nr_early, 0);
	assert_int_equal(expand(d1, 0), 0);
	assert_int_equal(*word(d1, p1), 0);
}

static void test_no_control_block(void **state)
{
	uint32_t p1, p0;

	(void)state;
	assert_int_equal(init_control(d1, 0), 0);
	assert_int_equal(expand(d1, 0), 0);
	assert_int_equal(evtchn_alloc(d1, 0, false, &p1), 0);
	assert_int_equal(evtchn_bind_interdomain(d0, NULL, d1->id, p1, &p0), 0);
	assert_int_equal(evtchn_bind_vcpu(d1, p1, 1), 0);
	assert_int_equal(evtchn_send(d0, p0), 0);
	assert_int_equal(*word(d1, p1), B(PENDING));
}

static void test_many_ports(void **state)
{
	uint32_t port = 0, i, b;

	(void)state;
	assert_int_equal(init_control(d1, 0), 0);
	for (i = 0; i < 5000; i++)
		assert_int_equal(evtchn_bind_ipi(d1, 0, &port), 0);
	assert_int_equal(port, 5000);
	assert_int_equal(evtchn_send(d1, 5000), 0);
	for (b = 0; b < 5; b++)
		assert_int_equal(expand(d1, b), 0);
	assert_int_equal(cb(d1, 0)->head[7], 5000);
}

/* A closed port that is still in a queue waits; another is given out. */
static void test_busy_port(void **state)
{
	uint32_t p0[2], port, i;

	(void)state;
	fifo_up(2, p0);
	assert_int_equal(evtchn_send(d0, p0[0]), 0);
	assert_int_equal(evtchn_close(d1, 1), 0);
	assert_int_equal(*word(d1, 1), B(LINKED));
	assert_int_equal(evtchn_alloc(d1, 0, false, &port), 0);
	assert_int_equal(port, 3);
	assert_int_equal(consume(d1, 0, 7), 1);
	assert_int_equal(evtchn_alloc(d1, 0, false, &port), 0);
	assert_int_equal(port, 1);
	/* All closed ports busy: looked at a bounded number of times, and there is no space. */
	for (i = 4; i < 104; i++)
		assert_int_equal(evtchn_alloc(d1, 0, false, &port), 0);
	for (i = 4; i < 104; i++) {
		*word(d1, i) = B(LINKED);
		assert_int_equal(evtchn_close(d1, i), 0);
	}
	d1->evtchn->limit = 104;
	assert_int_equal(evtchn_alloc(d1, 0, false, &port), -ENOSPC);
	*word(d1, 100) = 0;
	assert_int_equal(evtchn_alloc(d1, 0, false, &port), 0);
	assert_int_equal(port, 100);
}

/* Guest words full of nonsense: our tails hold, nothing outside is touched. */
static void test_hostile_words(void **state)
{
	uint32_t p0[3];

	(void)state;
	fifo_up(3, p0);
	assert_int_equal(evtchn_send(d0, p0[0]), 0);
	*word(d1, 1) = B(LINKED) | B(BUSY) | 0x1ffff;
	assert_int_equal(evtchn_send(d0, p0[1]), 0);
	assert_int_equal(*word(d1, 1), B(LINKED) | 2);
	/* The tail was taken off behind our back. */
	*word(d1, 2) = 0;
	assert_int_equal(evtchn_send(d0, p0[2]), 0);
	assert_int_equal(cb(d1, 0)->head[7], 3);
	cb(d1, 0)->head[7] = ~0u;
	cb(d1, 0)->ready = ~0u;
	assert_int_equal(evtchn_send(d0, p0[1]), 0);
	assert_false(d1->shut_down);
}

static void test_reset(void **state)
{
	uint32_t p0[2], i;

	(void)state;
	fifo_up(2, p0);
	fake_irq_pending = true;
	for (i = 0; evtchn_reset_all(d1) == -ERESTART; i++) {
		assert_true(i < 100);
		if (d1->evtchn->fifo_dead)
			assert_int_equal(init_control(d1, 0), -EBUSY);
	}
	fake_irq_pending = false;
	assert_null(d1->evtchn->fifo);
	assert_null(d1->evtchn->fifo_dead);
	assert_int_equal(expand(d1, 0), -EOPNOTSUPP);
	/* 2-level again, and then FIFO again. */
	assert_int_equal(evtchn_close(d0, p0[0]), 0);
	assert_int_equal(init_control(d1, 0), 0);
	assert_int_equal(init_control(d1, 1), 0);
	assert_int_equal(evtchn_relinquish(d1), 0);
}

/* Ports that only FIFO delivery has must not come back with the bitmaps, which end before them. */
static void test_reset_leaves_no_high_ports(void **state)
{
	uint32_t i, port;

	(void)state;
	d1->evtchn->limit = EVTCHN_2L_NR_CHANNELS + 100;
	assert_int_equal(init_control(d1, 0), 0);
	for (i = 1; i < d1->evtchn->limit; i++)
		assert_int_equal(evtchn_bind_ipi(d1, 0, &port), 0);
	while (evtchn_reset_all(d1) == -ERESTART)
		;
	for (i = 1; i < EVTCHN_2L_NR_CHANNELS; i++) {
		assert_int_equal(evtchn_bind_ipi(d1, 0, &port), 0);
		assert_in_range(port, 1, EVTCHN_2L_NR_CHANNELS - 1);
	}
	assert_int_equal(evtchn_bind_ipi(d1, 0, &port), -ENOSPC);
	/* With FIFO delivery they are used again. */
	assert_int_equal(init_control(d1, 0), 0);
	assert_int_equal(evtchn_bind_ipi(d1, 0, &port), 0);
	assert_in_range(port, EVTCHN_2L_NR_CHANNELS, d1->evtchn->limit - 1);
}

static void test_dying(void **state)
{
	uint32_t p0[2];

	(void)state;
	fifo_up(2, p0);
	assert_true(domain_get(d1));
	assert_int_equal(domain_kill(d1), 0);
	assert_int_equal(evtchn_send(d0, p0[0]), 0);
	assert_int_equal(init_control(d1, 0), -EINVAL);	/* no RAM left */
	domain_put(d1);
	domain_put(d1);
	d1 = NULL;
}

static void test_no_memory(void **state)
{
	uint32_t n;

	(void)state;
	for (n = 1; ; n++) {
		fake_fail_alloc(n);
		if (init_control(d1, 0) == 0)
			break;
		assert_null(d1->evtchn->fifo);
	}
	assert_true(n > 2);
	fake_fail_alloc(0);
	assert_int_equal(expand(d1, 0), 0);
}

static void test_starved(void **state)
{
	uint32_t p0[3], p1, q0;

	(void)state;
	fifo_up(3, p0);
	fake_atomic_starved = true;
	assert_int_equal(evtchn_send(d0, p0[0]), 0);
	cpu_do_work();
	assert_true(d1->shut_down);
	d1->shut_down = false;
	assert_int_equal(evtchn_unmask_port(d1, 1), 0);
	cpu_do_work();
	assert_true(d1->shut_down);
	d1->shut_down = false;
	assert_int_equal(evtchn_close(d1, 1), 0);
	cpu_do_work();
	assert_true(d1->shut_down);
	fake_atomic_starved = false;
	/* While words come for what was raised before. */
	run_as(d2, 0);
	assert_int_equal(evtchn_alloc(d2, 0, false, &p1), 0);
	assert_int_equal(evtchn_bind_interdomain(d0, NULL, d2->id, p1, &q0), 0);
	assert_int_equal(evtchn_send(d0, q0), 0);
	assert_int_equal(init_control(d2, 0), 0);
	fake_atomic_starved = true;
	assert_int_equal(expand(d2, 0), 0);
	cpu_do_work();
	assert_true(d2->shut_down);
}

/* n ports of d2 become pending. */
static void send_many(unsigned int n)
{
	uint32_t p1, q0;

	while (n-- > 0) {
		assert_int_equal(evtchn_alloc(d2, 0, false, &p1), 0);
		assert_int_equal(evtchn_bind_interdomain(d0, NULL, d2->id, p1, &q0), 0);
		assert_int_equal(evtchn_send(d0, q0), 0);
	}
}

static void test_starved_migration(void **state)
{
	(void)state;
	send_many(5);
	fake_atomic_starved = true;
	fake_nr_starved = 0;
	assert_int_equal(init_control(d2, 0), 0);
	/* Each takes thousands of tries, with a lock held: the first is enough. */
	assert_int_equal(fake_nr_starved, 1);
	cpu_do_work();
	assert_true(d2->shut_down);
}

static void test_starved_early(void **state)
{
	(void)state;
	assert_int_equal(init_control(d2, 0), 0);
	send_many(5);
	fake_atomic_starved = true;
	fake_nr_starved = 0;
	assert_int_equal(expand(d2, 0), 0);
	/* One port's. */
	assert_in_range(fake_nr_starved, 1, 2);
	cpu_do_work();
	assert_true(d2->shut_down);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_control),
		world_test(test_foreign_page),
		world_test(test_array),
		world_test(test_queue),
		world_test(test_mask),
		world_test(test_priority),
		world_test(test_early),
		world_test(test_early_closed),
		world_test(test_no_control_block),
		world_test(test_many_ports),
		world_test(test_busy_port),
		world_test(test_hostile_words),
		world_test(test_reset),
		world_test(test_reset_leaves_no_high_ports),
		world_test(test_dying),
		world_test(test_no_memory),
		world_test(test_starved),
		world_test(test_starved_migration), world_test(test_starved_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
