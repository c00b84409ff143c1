/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels against a model: three domains, the last with FIFO delivery and dying now and
 * then, with failing allocations and interrupted resets. The model is a table of (state, peer) a
 * port and a pending flag; after each step the ports that the step could touch are compared, now
 * and then all, and a peer always points back. SEED, STEPS.
 */
#include <stdlib.h>
#include <xen/event/event.h>
#include "evtchn_world.h"

#define NR_DOMS		3u
#define NR_PORTS	400u

struct port {
	uint32_t state;
	unsigned int dom;	/* unbound: for whom (NR_DOMS nobody); interdomain: the peer's */
	uint32_t peer;		/* or the virtual IRQ, or the vCPU of an IPI */
	bool pending, masked;
};
static struct port model[NR_DOMS][NR_PORTS];
static uint32_t active[NR_DOMS];

static uint32_t rnd(uint32_t n)
{
	return (uint32_t)(((uint64_t)random() * n) >> 31);
}

static struct domain *dom(unsigned int k)
{
	return k == 0 ? d0 : k == 1 ? d1 : d2;
}

static bool fifo(unsigned int k)
{
	return dom(k)->evtchn->fifo;
}

static uint32_t *fifo_word(unsigned int k, uint32_t port)
{
	return (uint32_t *)fake_guest_ptr(dom(k), ram(dom(k), 2)) + port;
}

static void check_port(unsigned int k, uint32_t port)
{
	const struct port *m = &model[k][port];
	struct evtchn_status s = { .port = port };
	struct evtchn *chn;

	if (port >= dom(k)->evtchn->nr_ports) {
		assert_int_equal(m->state, EVTCHNSTAT_closed);
		return;
	}
	assert_int_equal(evtchn_status_get(dom(k), &s), 0);
	assert_int_equal(s.status, m->state);
	assert_int_equal(evtchn_port_pending(dom(k), port), m->pending);
	if (m->state == EVTCHNSTAT_unbound && m->dom == NR_DOMS) {
		assert_int_equal(s.u.unbound.dom, DOMID_INVALID);
	} else if (m->state == EVTCHNSTAT_unbound) {
		assert_int_equal(s.u.unbound.dom, dom(m->dom)->id);
	} else if (m->state == EVTCHNSTAT_interdomain) {
		assert_int_equal(s.u.interdomain.dom, dom(m->dom)->id);
		assert_int_equal(s.u.interdomain.port, m->peer);
		chn = evtchn_at(dom(k)->evtchn, port);
		assert_ptr_equal(chn->u.peer.chn->u.peer.chn, chn);
		assert_ptr_equal(chn->u.peer.chn->u.peer.dom, dom(k));
		assert_int_equal(chn->u.peer.chn->u.peer.port, port);
	} else if (m->state == EVTCHNSTAT_virq) {
		assert_int_equal(s.u.virq, m->peer);
	}
}

static void check_all(void)
{
	for (unsigned int k = 0; k < NR_DOMS; k++) {
		assert_int_equal(dom(k)->evtchn->nr_active, active[k]);
		for (uint32_t p = 1; p < NR_PORTS; p++)
			check_port(k, p);
	}
	assert_true(lock_rank_none_held());
}

static void model_close(unsigned int k, uint32_t port, bool dies)
{
	struct port *m = &model[k][port];

	if (m->state == EVTCHNSTAT_interdomain) {
		struct port *peer = &model[m->dom][m->peer];

		peer->state = EVTCHNSTAT_unbound;
		peer->dom = dies ? NR_DOMS : k;
	}
	m->state = EVTCHNSTAT_closed;
	m->pending = false;
	active[k]--;
}

static void model_open(unsigned int k, uint32_t port, uint32_t state, unsigned int to, uint32_t peer)
{
	assert_in_range(port, 1, NR_PORTS - 1);
	assert_int_equal(model[k][port].state, EVTCHNSTAT_closed);
	model[k][port] = (struct port){ .state = state, .dom = to, .peer = peer,
					.masked = model[k][port].masked };
	active[k]++;
}

static void try_alloc(unsigned int k, unsigned int to)
{
	uint32_t port;

	if (active[k] > NR_PORTS / 2)
		return;
	if (evtchn_alloc(dom(k), dom(to)->id, false, &port) == 0)
		model_open(k, port, EVTCHNSTAT_unbound, to, 0);
	else
		assert_true(fake_alloc_failed());
}

static void try_bind(unsigned int k, unsigned int to, uint32_t rport)
{
	struct port *r = &model[to][rport];
	bool may = r->state == EVTCHNSTAT_unbound && r->dom == k;
	uint32_t port;
	int rc;

	if (active[k] > NR_PORTS / 2)
		return;
	rc = evtchn_bind_interdomain(dom(k), NULL, dom(to)->id, rport, &port);
	if (!may) {
		assert_int_equal(rc, -EINVAL);
	} else if (rc) {
		assert_int_equal(rc, -ENOMEM);
	} else {
		model_open(k, port, EVTCHNSTAT_interdomain, to, rport);
		*r = (struct port){ .state = EVTCHNSTAT_interdomain, .dom = k, .peer = port,
				    .pending = r->pending, .masked = r->masked };
		model[k][port].pending = true;
		check_port(to, rport);
	}
}

static void try_virq(unsigned int k)
{
	const uint32_t virqs[] = { VIRQ_TIMER, VIRQ_DEBUG, VIRQ_DOM_EXC, VIRQ_ARGO };
	uint32_t virq = virqs[rnd(4)], port, bound = 0;
	int rc;

	for (uint32_t p = 1; p < NR_PORTS; p++)
		if (model[k][p].state == EVTCHNSTAT_virq && model[k][p].peer == virq)
			bound = p;
	if (rnd(2)) {
		if (!virq_is_global(virq) || k != 0)
			return;
		virq_raise_global(virq);
		if (bound)
			model[k][bound].pending = true;
		return;
	}
	rc = evtchn_bind_virq(dom(k), virq, 0, &port);
	if (bound)
		assert_int_equal(rc, -EEXIST);
	else if (!rc)
		model_open(k, port, EVTCHNSTAT_virq, 0, virq);
	else
		assert_int_equal(rc, -ENOMEM);
}

static void try_send(unsigned int k, uint32_t port)
{
	struct port *m = &model[k][port];
	int rc = evtchn_send(dom(k), port);

	if (m->state == EVTCHNSTAT_interdomain) {
		model[m->dom][m->peer].pending = true;
		check_port(m->dom, m->peer);
	} else if (m->state == EVTCHNSTAT_ipi) {
		m->pending = true;
	}
	assert_int_equal(rc, m->state == EVTCHNSTAT_interdomain || m->state == EVTCHNSTAT_ipi ||
			 m->state == EVTCHNSTAT_unbound ? 0 : -EINVAL);
}

/* The guest takes an event: clears pending, and in FIFO whatever of the word. */
static void guest_takes(unsigned int k, uint32_t port)
{
	struct port *m = &model[k][port];

	if (fifo(k)) {
		*fifo_word(k, port) = rnd(4) ? 0 : *fifo_word(k, port) & (uint32_t)random() & 0x7fffffff;
	} else {
		dom(k)->shared_info->evtchn_pending[port / 64] &= ~BIT(port % 64);
		dom(k)->shared_info->vcpu_info[0].evtchn_pending_sel = (uint64_t)random();
		dom(k)->shared_info->vcpu_info[0].evtchn_upcall_pending = (uint8_t)rnd(2);
	}
	m->pending = false;
}

static void model_close_all(unsigned int k, bool dies)
{
	for (uint32_t p = 1; p < NR_PORTS; p++)
		if (model[k][p].state != EVTCHNSTAT_closed)
			model_close(k, p, dies);
}

static void go_fifo(void)
{
	struct evtchn_init_control ic = { .control_gfn = ram_gfn(d2, 1).v };

	fake_fail_alloc(0);
	assert_int_equal(evtchn_fifo_init_control(d2, &ic), 0);
	memset(fake_guest_ptr(d2, ram(d2, 2)), 0, PAGE_SIZE);
	assert_int_equal(evtchn_fifo_expand_array(d2, ram_gfn(d2, 2)), 0);
}

static void reset(unsigned int k)
{
	fake_irq_pending = rnd(2);
	while (evtchn_reset_all(dom(k)) == -ERESTART)
		;
	fake_irq_pending = false;
	model_close_all(k, false);
	if (k == 2)
		go_fifo();
}

/* d2 dies and another takes its place, of another number. */
static void die(void)
{
	fake_fail_alloc(0);
	fake_domain_destroy(d2);
	model_close_all(2, true);
	for (uint32_t p = 1; p < NR_PORTS; p++)
		if (model[0][p].state == EVTCHNSTAT_virq && model[0][p].peer == VIRQ_DOM_EXC)
			model[0][p].pending = true;
	for (unsigned int k = 0; k < 2; k++)
		for (uint32_t p = 1; p < NR_PORTS; p++)
			if (model[k][p].state == EVTCHNSTAT_unbound && model[k][p].dom == 2) {
				assert_int_equal(evtchn_close(dom(k), p), 0);
				model_close(k, p, false);
			}
	memset(model[2], 0, sizeof(model[2]));
	d2 = fake_domain_create(1);
	fake_domain_add_ram(d2, gfn(RAM_GFN), RAM_PAGES);
	go_fifo();
	check_all();
}

static void step(void)
{
	unsigned int k = rnd(NR_DOMS), to = rnd(NR_DOMS);
	uint32_t port = rnd(8) ? rnd(40) : rnd(NR_PORTS), ipi;

	fake_fail_alloc(rnd(8) ? 0 : 1 + rnd(2));
	switch (rnd(12)) {
	case 0:
		try_alloc(k, to);
		break;
	case 1:
	case 2:
		try_bind(k, to, port);
		break;
	case 3:
		if (evtchn_close(dom(k), port) == 0)
			model_close(k, port, false);
		else
			assert_int_equal(model[k][port].state, EVTCHNSTAT_closed);
		break;
	case 4:
		try_virq(k);
		break;
	case 5:
		if (active[k] < NR_PORTS / 2 && evtchn_bind_ipi(dom(k), 0, &ipi) == 0)
			model_open(k, ipi, EVTCHNSTAT_ipi, 0, 0);
		break;
	case 6:
		if (port)
			guest_takes(k, port);
		break;
	case 7:
		if (rnd(200) == 0)
			reset(k);
		else if (rnd(200) == 0)
			die();
		break;
	case 8:
		(void)!evtchn_unmask_port(dom(k), port);
		break;
	default:
		try_send(k, port);
		break;
	}
	if (port)
		check_port(k, port);
}

static void prop_evtchn(void **state)
{
	const char *s = getenv("SEED"), *n_steps = getenv("STEPS");
	unsigned int seed = s ? (unsigned int)strtoul(s, NULL, 0) : 1;
	unsigned int steps = n_steps ? (unsigned int)strtoul(n_steps, NULL, 0) : 50000;

	(void)state;
	print_message("SEED=%u STEPS=%u\n", seed, steps);
	srandom(seed);
	opt.allow_peers = true;
	go_fifo();
	for (unsigned int n = 0; n < steps; n++) {
		step();
		if (n % 64 == 0)
			check_all();
	}
	check_all();
	fake_fail_alloc(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { world_test(prop_evtchn) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
