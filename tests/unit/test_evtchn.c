/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports: their states and errors, 2-level delivery, virtual IRQs, domains that die. */
#include <xen/event/event.h>
#include "evtchn_world.h"

static struct shared_info *si(struct domain *d)
{
	return d->shared_info;
}

static bool is_pending(struct domain *d, uint32_t port)
{
	return si(d)->evtchn_pending[port / 64] >> (port % 64) & 1;
}

/* Forget what was delivered to vCPU 0 of d. */
static void quiet(struct domain *d)
{
	memset(si(d)->evtchn_pending, 0, sizeof(si(d)->evtchn_pending));
	si(d)->vcpu_info[0].evtchn_pending_sel = 0;
	si(d)->vcpu_info[0].evtchn_upcall_pending = 0;
}

/* A pair between a and b: ports in *pa and *pb; nothing pending. */
static void make_pair(struct domain *a, struct domain *b, uint32_t *pa, uint32_t *pb)
{
	assert_int_equal(evtchn_alloc(a, b->id, false, pa), 0);
	assert_int_equal(evtchn_bind_interdomain(b, NULL, a->id, *pa, pb), 0);
	quiet(a);
	quiet(b);
}

static struct evtchn_status status(struct domain *d, uint32_t port)
{
	struct evtchn_status s = { .port = port };

	memset(&s.u, 0xff, sizeof(s.u));
	assert_int_equal(evtchn_status_get(d, &s), 0);
	return s;
}

static void test_alloc(void **state)
{
	uint32_t port = 77;

	(void)state;
	assert_int_equal(evtchn_alloc(d1, 0, false, &port), 0);
	assert_int_equal(port, 1);
	assert_int_equal(evtchn_alloc(d1, 0, false, &port), 0);
	assert_int_equal(port, 2);
	assert_int_equal(status(d1, 2).status, EVTCHNSTAT_unbound);
	assert_int_equal(status(d1, 2).u.unbound.dom, 0);
	assert_int_equal(status(d1, 3).status, EVTCHNSTAT_closed);
	assert_int_equal(status(d1, 0).status, EVTCHNSTAT_closed);
	assert_int_equal(status(d2, 5).status, EVTCHNSTAT_closed);
	port = 77;
	assert_int_equal(evtchn_alloc(d1, DOMID_XEN, false, &port), -EINVAL);
	assert_int_equal(evtchn_alloc(d1, 0x7ff0, false, &port), -EINVAL);
	assert_int_equal(port, 77);
}

static void test_bind(void **state)
{
	uint32_t p1, p0, port = 99;

	(void)state;
	assert_int_equal(evtchn_alloc(d1, 0, false, &p1), 0);
	assert_int_equal(evtchn_bind_interdomain(d0, NULL, d1->id, p1, &p0), 0);
	assert_int_equal(status(d1, p1).status, EVTCHNSTAT_interdomain);
	assert_int_equal(status(d1, p1).u.interdomain.dom, 0);
	assert_int_equal(status(d1, p1).u.interdomain.port, p0);
	assert_int_equal(status(d0, p0).u.interdomain.dom, d1->id);
	assert_int_equal(status(d0, p0).u.interdomain.port, p1);
	/* The new end is pending, the old one is not. */
	assert_true(is_pending(d0, p0));
	assert_false(is_pending(d1, p1));
	assert_int_equal(si(d0)->vcpu_info[0].evtchn_upcall_pending, 1);
	assert_int_equal(si(d0)->vcpu_info[0].evtchn_pending_sel, 1);
	/* Again, port 0, none, not ours, no domain. */
	assert_int_equal(evtchn_bind_interdomain(d0, NULL, d1->id, p1, &port), -EINVAL);
	assert_int_equal(evtchn_bind_interdomain(d0, NULL, d1->id, 0, &port), -EINVAL);
	assert_int_equal(evtchn_bind_interdomain(d0, NULL, d1->id, 3000, &port), -EINVAL);
	assert_int_equal(evtchn_alloc(d0, d1->id, false, &p0), 0);
	assert_int_equal(evtchn_bind_interdomain(d2, NULL, 0, p0, &port), -EINVAL);
	assert_int_equal(evtchn_bind_interdomain(d0, NULL, 4000, 1, &port), -ESRCH);
	assert_int_equal(evtchn_bind_interdomain(d0, NULL, DOMID_XEN, 1, &port), -ESRCH);
	assert_int_equal(port, 99);
}

static void test_bind_loopback(void **state)
{
	uint32_t a, b;

	(void)state;
	run_as(d1, 0);
	assert_int_equal(evtchn_alloc(d1, d1->id, false, &a), 0);
	assert_int_equal(evtchn_bind_interdomain(d1, d1->vcpu[1], DOMID_SELF, a, &b), 0);
	assert_int_equal(status(d1, b).vcpu, 1);
	quiet(d1);
	assert_int_equal(evtchn_send(d1, a), 0);
	assert_true(is_pending(d1, b));
	assert_int_equal(evtchn_send(d1, b), 0);
	assert_true(is_pending(d1, a));
	assert_int_equal(evtchn_close(d1, a), 0);
	assert_false(is_pending(d1, a));
	assert_int_equal(status(d1, b).status, EVTCHNSTAT_unbound);
	assert_int_equal(status(d1, b).u.unbound.dom, d1->id);
}

static void test_peers(void **state)
{
	uint32_t port, p0;

	(void)state;
	assert_int_equal(evtchn_alloc(d1, d2->id, false, &port), -EPERM);
	assert_int_equal(evtchn_alloc(d1, 3000, false, &port), -EPERM);
	assert_int_equal(evtchn_bind_interdomain(d2, NULL, d1->id, 1, &port), -EPERM);
	d1->allow_peers = true;
	assert_int_equal(evtchn_alloc(d1, d2->id, false, &port), -EPERM);
	d2->allow_peers = true;
	assert_int_equal(evtchn_alloc(d1, d2->id, false, &port), 0);
	d2->allow_peers = false;
	assert_int_equal(evtchn_bind_interdomain(d2, NULL, d1->id, port, &p0), -EPERM);
	opt.allow_peers = true;
	assert_int_equal(evtchn_bind_interdomain(d2, NULL, d1->id, port, &p0), 0);
	/* Nobody yet: for dom0, and for all when peers are allowed. */
	assert_int_equal(evtchn_alloc(d0, 3000, false, &port), 0);
	assert_int_equal(evtchn_alloc(d1, 3000, false, &port), 0);
}

static void test_send(void **state)
{
	uint32_t p0, p1, port;

	(void)state;
	make_pair(d1, d0, &p1, &p0);
	assert_int_equal(evtchn_send(d0, p0), 0);
	assert_true(is_pending(d1, p1));
	assert_int_equal(si(d1)->vcpu_info[0].evtchn_pending_sel, 1);
	assert_int_equal(si(d1)->vcpu_info[0].evtchn_upcall_pending, 1);
	/* Already pending: nothing else happens. */
	si(d1)->vcpu_info[0].evtchn_pending_sel = 0;
	si(d1)->vcpu_info[0].evtchn_upcall_pending = 0;
	assert_int_equal(evtchn_send(d0, p0), 0);
	assert_int_equal(si(d1)->vcpu_info[0].evtchn_pending_sel, 0);
	/* Selected already: no upcall. */
	quiet(d1);
	si(d1)->vcpu_info[0].evtchn_pending_sel = 1;
	assert_int_equal(evtchn_send(d0, p0), 0);
	assert_int_equal(si(d1)->vcpu_info[0].evtchn_upcall_pending, 0);
	/* Masked: pending only; unmask tells. */
	quiet(d1);
	si(d1)->evtchn_mask[0] = ~0UL;
	assert_int_equal(evtchn_send(d0, p0), 0);
	assert_true(is_pending(d1, p1));
	assert_int_equal(si(d1)->vcpu_info[0].evtchn_pending_sel, 0);
	assert_int_equal(evtchn_unmask_port(d1, p1), 0);
	assert_int_equal(si(d1)->vcpu_info[0].evtchn_pending_sel, 1);
	assert_int_equal(si(d1)->vcpu_info[0].evtchn_upcall_pending, 1);
	assert_int_equal(si(d1)->evtchn_mask[0], ~BIT(p1));
	/* Unmask of an unmasked or not pending port: nothing. */
	si(d1)->vcpu_info[0].evtchn_pending_sel = 0;
	assert_int_equal(evtchn_unmask_port(d1, p1), 0);
	assert_int_equal(si(d1)->vcpu_info[0].evtchn_pending_sel, 0);
	/* What cannot send. */
	assert_int_equal(evtchn_send(d0, 0), -EINVAL);
	assert_int_equal(evtchn_send(d0, 3000), -EINVAL);
	assert_int_equal(evtchn_send(d0, ~0u), -EINVAL);
	assert_int_equal(evtchn_send(d0, p0 + 1), -EINVAL);
	assert_int_equal(evtchn_alloc(d0, 1, false, &port), 0);
	assert_int_equal(evtchn_send(d0, port), 0);
	assert_int_equal(evtchn_bind_virq(d0, VIRQ_DEBUG, 0, &port), 0);
	assert_int_equal(evtchn_send(d0, port), -EINVAL);
	assert_int_equal(evtchn_unmask_port(d0, 3000), -EINVAL);
	assert_int_equal(evtchn_unmask_port(d0, port + 1), 0);
}

static void test_ipi(void **state)
{
	uint32_t port;

	(void)state;
	assert_int_equal(evtchn_bind_ipi(d1, 9, &port), -ENOENT);
	assert_int_equal(vcpu_register_info(d1->vcpu[1], ram_gfn(d1, 0), 64), 0);
	assert_int_equal(evtchn_bind_ipi(d1, 1, &port), 0);
	assert_int_equal(status(d1, port).status, EVTCHNSTAT_ipi);
	assert_int_equal(status(d1, port).vcpu, 1);
	assert_int_equal(d1->vcpu[1]->info->evtchn_upcall_pending, 1);
	d1->vcpu[1]->info->evtchn_upcall_pending = 0;
	d1->vcpu[1]->info->evtchn_pending_sel = 0;
	assert_int_equal(evtchn_send(d1, port), 0);
	assert_int_equal(d1->vcpu[1]->info->evtchn_upcall_pending, 1);
	assert_int_equal(d1->vcpu[1]->info->evtchn_pending_sel, 1);
	assert_int_equal(si(d1)->vcpu_info[0].evtchn_upcall_pending, 0);
	assert_int_equal(evtchn_bind_vcpu(d1, port, 0), -EINVAL);
}

static void test_bind_vcpu(void **state)
{
	uint32_t p0, p1, port;

	(void)state;
	make_pair(d1, d0, &p1, &p0);
	assert_int_equal(evtchn_bind_vcpu(d1, p1, 2), -ENOENT);
	assert_int_equal(evtchn_bind_vcpu(d1, 0, 1), -EINVAL);
	assert_int_equal(evtchn_bind_vcpu(d1, 3000, 1), -EINVAL);
	assert_int_equal(evtchn_bind_vcpu(d1, p1, 1), 0);
	assert_int_equal(status(d1, p1).vcpu, 1);
	assert_int_equal(evtchn_alloc(d1, 0, false, &port), 0);
	assert_int_equal(status(d1, port).vcpu, 0);
	assert_int_equal(evtchn_bind_vcpu(d1, port, 1), 0);
	assert_int_equal(evtchn_bind_virq(d1, VIRQ_CONSOLE, 0, &port), 0);
	assert_int_equal(evtchn_bind_vcpu(d1, port, 1), 0);
	assert_int_equal(evtchn_close(d1, port), 0);
	assert_int_equal(evtchn_bind_virq(d1, VIRQ_CONSOLE, 0, &port), 0);
	assert_int_equal(evtchn_bind_virq(d1, VIRQ_TIMER, 1, &port), 0);
	assert_int_equal(evtchn_bind_vcpu(d1, port, 0), -EINVAL);
	/*
	 * Before it has its vcpu_info, an event for vCPU 1 is noted in the bitmap, and raised at
	 * registration.
	 */
	quiet(d1);
	assert_int_equal(evtchn_send(d0, p0), 0);
	assert_true(is_pending(d1, p1));
	assert_int_equal(si(d1)->vcpu_info[0].evtchn_pending_sel, 0);
	assert_int_equal(vcpu_register_info(d1->vcpu[1], ram_gfn(d1, 0), 0), 0);
	assert_int_equal(d1->vcpu[1]->info->evtchn_pending_sel, ~0UL);
}

static void test_close(void **state)
{
	uint32_t p0, p1, port;

	(void)state;
	make_pair(d1, d0, &p1, &p0);
	assert_int_equal(evtchn_close(d0, 0), -EINVAL);
	assert_int_equal(evtchn_close(d0, 3000), -EINVAL);
	assert_int_equal(evtchn_send(d1, p1), 0);
	assert_true(is_pending(d0, p0));
	/* From the higher domid's and the lower one's side. */
	assert_int_equal(evtchn_close(d0, p0), 0);
	assert_false(is_pending(d0, p0));
	assert_int_equal(evtchn_close(d0, p0), -EINVAL);
	assert_int_equal(status(d1, p1).status, EVTCHNSTAT_unbound);
	assert_int_equal(status(d1, p1).u.unbound.dom, 0);
	assert_int_equal(evtchn_bind_interdomain(d0, NULL, d1->id, p1, &p0), 0);
	assert_int_equal(evtchn_close(d1, p1), 0);
	assert_int_equal(status(d0, p0).status, EVTCHNSTAT_unbound);
	assert_int_equal(status(d0, p0).u.unbound.dom, d1->id);
	assert_int_equal(evtchn_send(d0, p0), 0);
	assert_int_equal(evtchn_close(d0, p0), 0);
	assert_int_equal(d0->evtchn->nr_active, 0);
	assert_int_equal(d1->evtchn->nr_active, 0);
	/* Ports are used again, the longest closed first. */
	assert_int_equal(evtchn_alloc(d0, 1, false, &port), 0);
	assert_int_equal(port, p0);
}

static void test_virq(void **state)
{
	uint32_t port, timer, con, same = 1;

	(void)state;
	assert_int_equal(evtchn_bind_virq(d0, 99, 0, &port), -EINVAL);
	assert_int_equal(evtchn_bind_virq(d0, NR_VIRQS, 0, &port), -EINVAL);
	assert_int_equal(evtchn_bind_virq(d0, VIRQ_DOM_EXC, 1, &port), -EINVAL);
	assert_int_equal(evtchn_bind_virq(d0, VIRQ_TIMER, 99, &port), -ENOENT);
	assert_int_equal(evtchn_bind_virq(d0, VIRQ_TIMER, 1, &timer), 0);
	assert_int_equal(evtchn_bind_virq(d0, VIRQ_TIMER, 1, &port), -EEXIST);
	assert_int_equal(evtchn_bind_virq(d0, VIRQ_TIMER, 0, &port), 0);
	assert_int_equal(evtchn_bind_virq(d0, VIRQ_CONSOLE, 0, &con), 0);
	assert_int_equal(evtchn_bind_virq(d0, VIRQ_CONSOLE, 0, &same), -EEXIST);
	assert_int_equal(same, 1);
	assert_int_equal(status(d0, con).status, EVTCHNSTAT_virq);
	assert_int_equal(status(d0, con).u.virq, VIRQ_CONSOLE);
	assert_int_equal(status(d0, timer).vcpu, 1);
	quiet(d0);
	assert_false(is_pending(d0, timer));
	assert_false(is_pending(d0, port));
	virq_raise_global(VIRQ_CONSOLE);
	assert_true(is_pending(d0, con));
	virq_raise_global(VIRQ_ARGO);	/* nobody */
	assert_int_equal(evtchn_close(d0, con), 0);
	quiet(d0);
	virq_raise_global(VIRQ_CONSOLE);
	assert_int_equal(si(d0)->evtchn_pending[0], 0);
}

static void test_virq_handler(void **state)
{
	uint32_t p0, p1;

	(void)state;
	assert_int_equal(evtchn_bind_virq(d0, VIRQ_CON_RING, 0, &p0), 0);
	assert_int_equal(evtchn_bind_virq(d1, VIRQ_CON_RING, 0, &p1), 0);
	assert_int_equal(virq_set_handler(d1, VIRQ_TIMER), -EINVAL);
	assert_int_equal(virq_set_handler(d1, 24), -EINVAL);
	assert_int_equal(virq_set_handler(d2, VIRQ_CON_RING), 0);
	assert_int_equal(virq_set_handler(d1, VIRQ_CON_RING), 0);
	virq_raise_global(VIRQ_CON_RING);
	assert_false(is_pending(d0, p0));
	assert_true(is_pending(d1, p1));
	/* It dies: dom0 again. */
	fake_domain_destroy(d1);
	d1 = NULL;
	virq_raise_global(VIRQ_CON_RING);
	assert_true(is_pending(d0, p0));
	/* A dying one takes nothing over. */
	assert_true(domain_get(d2));
	assert_int_equal(domain_kill(d2), 0);
	assert_int_equal(virq_set_handler(d2, VIRQ_CON_RING), -ESRCH);
	domain_put(d2);
	domain_put(d2);
	d2 = NULL;
	virq_raise_global(VIRQ_DOM_EXC);
}

static void test_dying(void **state)
{
	uint32_t p0, p1, q0, q1, port;
	domid_t id = d1->id;

	(void)state;
	make_pair(d1, d0, &p1, &p0);
	make_pair(d0, d1, &q0, &q1);
	assert_int_equal(evtchn_bind_virq(d1, VIRQ_TIMER, 0, &port), 0);
	assert_true(domain_get(d1));
	assert_int_equal(domain_kill(d1), 0);
	assert_int_equal(d1->evtchn->nr_active, 0);
	/* dom0's ends wait for nobody: they can be sent through and closed. */
	assert_int_equal(status(d0, p0).status, EVTCHNSTAT_unbound);
	assert_int_equal(status(d0, q0).status, EVTCHNSTAT_unbound);
	assert_int_equal(evtchn_send(d0, p0), 0);
	assert_int_equal(evtchn_close(d0, p0), 0);
	assert_int_equal(evtchn_close(d0, q0), 0);
	/* Nothing new. */
	assert_int_equal(evtchn_alloc(d1, 0, false, &port), -ESRCH);
	assert_int_equal(evtchn_bind_virq(d1, VIRQ_TIMER, 0, &port), -ESRCH);
	assert_int_equal(evtchn_bind_ipi(d1, 0, &port), -ESRCH);
	assert_int_equal(evtchn_alloc(d0, id, false, &q0), 0);
	assert_int_equal(evtchn_bind_interdomain(d1, NULL, 0, q0, &port), -ESRCH);
	assert_int_equal(evtchn_bind_interdomain(d0, NULL, id, 1, &port), -ESRCH);
	domain_put(d1);
	domain_put(d1);
	d1 = NULL;
	assert_int_equal(evtchn_bind_interdomain(d0, NULL, id, 1, &port), -ESRCH);
	/* One that is still being made is not there yet. */
	d2->dying = DOMAIN_CREATING;
	assert_int_equal(evtchn_bind_interdomain(d0, NULL, d2->id, 1, &port), -ESRCH);
	d2->dying = DOMAIN_ALIVE;
}

static void test_reset(void **state)
{
	uint32_t port, i;

	(void)state;
	for (i = 0; i < 300; i++)
		assert_int_equal(evtchn_alloc(d1, 0, false, &port), 0);
	assert_int_equal(port, 300);
	fake_irq_pending = true;
	for (i = 0; evtchn_reset_all(d1) == -ERESTART; i++)
		assert_true(i < 1000);
	assert_true(i > 5);
	fake_irq_pending = false;
	assert_int_equal(d1->evtchn->nr_active, 0);
	assert_int_equal(evtchn_reset_all(d1), 0);
	/* Kill while interrupted all the time. */
	for (i = 0; i < 200; i++)
		assert_int_equal(evtchn_alloc(d1, 0, false, &port), 0);
	fake_irq_pending = true;
	for (i = 0; evtchn_relinquish(d1) == -ERESTART; i++)
		assert_true(i < 1000);
	assert_int_equal(d1->evtchn->nr_active, 0);
}

static void test_limits(void **state)
{
	uint32_t port, i;

	(void)state;
	for (i = 1; i < EVTCHN_2L_NR_CHANNELS; i++)
		assert_int_equal(evtchn_alloc(d1, 0, false, &port), 0);
	assert_int_equal(port, 4095);
	assert_int_equal(evtchn_alloc(d1, 0, false, &port), -ENOSPC);
	assert_int_equal(evtchn_bind_virq(d1, VIRQ_TIMER, 0, &port), -ENOSPC);
	assert_int_equal(evtchn_bind_ipi(d1, 0, &port), -ENOSPC);
	assert_int_equal(evtchn_alloc(d0, d1->id, false, &port), 0);
	assert_int_equal(evtchn_bind_interdomain(d1, NULL, 0, port, &port), -ENOSPC);
	assert_int_equal(evtchn_close(d1, 17), 0);
	assert_int_equal(evtchn_alloc(d1, 0, false, &port), 0);
	assert_int_equal(port, 17);
	d2->evtchn->limit = 3;
	assert_int_equal(evtchn_alloc(d2, 0, false, &port), 0);
	assert_int_equal(evtchn_alloc(d2, 0, false, &port), 0);
	assert_int_equal(evtchn_alloc(d2, 0, false, &port), -ENOSPC);
}

static void test_status_range(void **state)
{
	struct evtchn_status s = { .port = 200 };
	uint32_t port, i;

	(void)state;
	assert_int_equal(evtchn_status_get(d1, &s), -EINVAL);
	for (i = 0; i < 130; i++)
		assert_int_equal(evtchn_alloc(d1, 0, false, &port), 0);
	assert_int_equal(evtchn_status_get(d1, &s), 0);
	assert_int_equal(s.status, EVTCHNSTAT_closed);
	s.port = ~0u;
	assert_int_equal(evtchn_status_get(d1, &s), -EINVAL);
}

static void test_no_memory(void **state)
{
	uint32_t port, n, p1;

	(void)state;
	for (n = 1; ; n++) {
		fake_fail_alloc(n);
		port = 55;
		if (evtchn_alloc(d1, 0, false, &port) == 0)
			break;
		assert_true(fake_alloc_failed());
		assert_int_equal(port, 55);
		assert_int_equal(d1->evtchn->nr_active, 0);
	}
	assert_true(n > 1);
	assert_false(fake_alloc_failed());
	fake_fail_alloc(0);
	assert_int_equal(port, 1);
	assert_int_equal(evtchn_alloc(d2, 0, false, &p1), 0);
	for (n = 1; ; n++) {
		fake_fail_alloc(n);
		if (evtchn_bind_interdomain(d0, NULL, d2->id, p1, &port) == 0)
			break;
		assert_int_equal(status(d2, p1).status, EVTCHNSTAT_unbound);
	}
	fake_fail_alloc(0);
	assert_int_equal(status(d2, p1).status, EVTCHNSTAT_interdomain);
}

static void test_init_no_memory(void **state)
{
	struct domain_config cfg = { .max_evtchn_port = ~0u };
	struct domain fresh = { .max_vcpus = 2 };
	uint32_t n;

	(void)state;
	for (n = 1; n < 10; n++) {
		fake_fail_alloc(n);
		if (evtchn_domain_init(&fresh, &cfg) == 0)
			break;
		assert_null(fresh.evtchn);
	}
	fake_fail_alloc(0);
	assert_int_equal(n, 4);
	assert_int_equal(fresh.evtchn->limit, EVTCHN_FIFO_NR_CHANNELS);
	evtchn_domain_free(&fresh);
	evtchn_domain_free(&fresh);
}

static void test_starved(void **state)
{
	uint32_t p0, p1, q0, q2;

	(void)state;
	make_pair(d1, d0, &p1, &p0);
	fake_atomic_starved = true;
	assert_int_equal(evtchn_send(d0, p0), 0);
	fake_atomic_starved = false;
	cpu_do_work();
	assert_true(d1->shut_down);
	assert_int_equal(d1->shutdown_code, 3);
	assert_false(d0->shut_down);
	assert_true(lock_rank_none_held());
	/* Two before the CPU gets to it; once each. */
	d1->shut_down = false;
	make_pair(d1, d0, &p1, &p0);
	make_pair(d2, d0, &q2, &q0);
	fake_atomic_starved = true;
	assert_int_equal(evtchn_send(d0, p0), 0);
	assert_int_equal(evtchn_send(d0, q0), 0);
	fake_atomic_starved = false;
	assert_false(d1->shut_down || d2->shut_down);
	cpu_do_work();
	assert_true(d1->shut_down && d2->shut_down);
	d1->shut_down = d2->shut_down = false;
	cpu_do_work();
	assert_false(d1->shut_down || d2->shut_down);
	/* In its own call, at closing, unmasking, upcall. */
	assert_int_equal(evtchn_alloc(d2, 0, false, &p0), 0);
	fake_atomic_starved = true;
	assert_int_equal(evtchn_close(d2, p0), 0);
	cpu_do_work();
	assert_true(d2->shut_down);
	assert_int_equal(evtchn_alloc(d2, 0, false, &p0), 0);
	d2->shut_down = false;
	assert_int_equal(evtchn_unmask_port(d2, p0), 0);
	cpu_do_work();
	assert_true(d2->shut_down);
	d2->shut_down = false;
	evtchn_mark_upcall(d2->vcpu[0]);
	cpu_do_work();
	assert_true(d2->shut_down);
	fake_atomic_starved = false;
	assert_int_equal(evtchn_bind_ipi(d2, 0, &p0), 0);
	assert_int_equal(evtchn_bind_virq(d2, VIRQ_CONSOLE, 0, &p1), 0);
	d2->shut_down = false;
	fake_atomic_starved = true;
	assert_int_equal(evtchn_send(d2, p0), 0);
	cpu_do_work();
	assert_true(d2->shut_down);
	d2->shut_down = false;
	assert_int_equal(virq_set_handler(d2, VIRQ_CONSOLE), 0);
	virq_raise_global(VIRQ_CONSOLE);
	cpu_do_work();
	assert_true(d2->shut_down);
}

static void test_pending_and_poll(void **state)
{
	struct vcpu *v = d1->vcpu[0], *w = d1->vcpu[1];
	uint32_t p0, p1;

	(void)state;
	make_pair(d1, d0, &p1, &p0);
	assert_int_equal(evtchn_port_pending(d1, p1), 0);
	v->poll_ports_left = 1;
	v->poll_port = p1 + 1;
	w->poll_ports_left = 1;
	w->poll_port = p1;
	assert_int_equal(evtchn_send(d0, p0), 0);
	assert_int_equal(evtchn_port_pending(d1, p1), 1);
	assert_int_equal(w->poll_ports_left, 0);
	assert_int_equal(v->poll_ports_left, 1);
	/* Masked ones too; several ports: any of them. */
	quiet(d1);
	si(d1)->evtchn_mask[0] = ~0UL;
	v->poll_port = 0;
	assert_int_equal(evtchn_send(d0, p0), 0);
	assert_int_equal(v->poll_ports_left, 0);
	assert_int_equal(evtchn_port_pending(d1, 3000), -EINVAL);
	assert_int_equal(evtchn_port_pending(d1, 9), 0);
}

static void test_before_vcpus(void **state)
{
	uint32_t p1, p0;
	struct vcpu *v = d1->vcpu[0];

	(void)state;
	make_pair(d1, d0, &p1, &p0);
	d1->vcpu[0] = NULL;
	assert_int_equal(evtchn_send(d0, p0), 0);
	assert_true(is_pending(d1, p1));
	d1->vcpu[0] = v;
	assert_int_equal(evtchn_set_priority(d1, p1, 3), -ENOSYS);
	assert_int_equal(evtchn_fifo_expand_array(d1, ram_gfn(d1, 0)), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_alloc),
		world_test(test_bind),
		world_test(test_bind_loopback),
		world_test(test_peers),
		world_test(test_send),
		world_test(test_ipi),
		world_test(test_bind_vcpu),
		world_test(test_close),
		world_test(test_virq),
		world_test(test_virq_handler),
		world_test(test_dying),
		world_test(test_reset),
		world_test(test_limits),
		world_test(test_status_range),
		world_test(test_no_memory),
		world_test(test_init_no_memory),
		world_test(test_starved),
		world_test(test_pending_and_poll),
		world_test(test_before_vcpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
