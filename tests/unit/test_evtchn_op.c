/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_event_channel_op as a guest calls it: structs in guest memory, results as on Xen
 * 4.17.
 */
#include <xen/event/event.h>
#include "evtchn_world.h"

hypercall_fn do_event_channel_op;

#define ARG	(ram(this_vcpu()->domain, 7) + 0xff8)	/* crosses into the next page */

/* Call cmd with a copy of *arg, which gets the guest's copy back. */
static int64_t op(unsigned int cmd, void *arg, size_t size)
{
	struct domain *d = this_vcpu()->domain;
	size_t i;
	int64_t rc;

	for (i = 0; i < size; i++)
		*(char *)fake_guest_ptr(d, ARG + i) = ((char *)arg)[i];
	rc = do_event_channel_op(cmd | 0xdead00000000UL, ARG, 0, 0, 0);
	while (rc == -ERESTART) {
		uint64_t *a = this_vcpu()->hcall.args;

		this_cpu()->work = 0;
		rc = do_event_channel_op(a[0], a[1], a[2], a[3], a[4]);
	}
	for (i = 0; i < size; i++)
		((char *)arg)[i] = *(char *)fake_guest_ptr(d, ARG + i);
	return rc;
}

#define OP(cmd, arg)	op(EVTCHNOP_##cmd, &(arg), sizeof(arg))

static struct evtchn_status status_of(domid_t dom, uint32_t port, int64_t want)
{
	struct evtchn_status s;

	memset(&s, 0xee, sizeof(s));
	s.dom = dom;
	s.port = port;
	assert_int_equal(OP(status, s), want);
	return s;
}

static void test_numbers(void **state)
{
	struct evtchn_bind_pirq pirq = { 0 };
	char none[8] = { 0 };

	(void)state;
	assert_int_equal(op(77, none, sizeof(none)), -ENOSYS);
	assert_int_equal(op(14, none, sizeof(none)), -ENOSYS);
	assert_int_equal(op(~0u, none, sizeof(none)), -ENOSYS);
	assert_int_equal(OP(bind_pirq, pirq), -EINVAL);
}

/* What Debian's Xen answered to dom0's probes. */
static void test_golden(void **state)
{
	struct evtchn_bind_virq virq = { .virq = VIRQ_DOM_EXC };
	struct evtchn_alloc_unbound alloc = { .dom = 4000 };
	struct evtchn_bind_interdomain bind = { .remote_dom = d1->id };
	struct evtchn_send send = { 0 };
	struct evtchn_close close = { 3000 };
	struct evtchn_status s;
	uint32_t port;

	(void)state;
	assert_int_equal(OP(bind_virq, virq), 0);
	s = status_of(DOMID_SELF, virq.port, 0);
	assert_int_equal(s.status, 4);
	assert_int_equal(s.vcpu, 0);
	assert_int_equal(s.u.virq, VIRQ_DOM_EXC);
	assert_int_equal(status_of(DOMID_SELF, 0, 0).status, 0);
	assert_int_equal(status_of(DOMID_SELF, 8, 0).status, 0);
	s = status_of(DOMID_SELF, 1u << 20, -EINVAL);
	assert_int_equal(s.status, 0xeeeeeeee);
	virq.vcpu = 1;
	assert_int_equal(OP(bind_virq, virq), -EINVAL);
	virq = (struct evtchn_bind_virq){ .virq = VIRQ_CONSOLE };
	assert_int_equal(OP(bind_virq, virq), 0);
	assert_int_equal(OP(bind_virq, virq), -EEXIST);
	virq.virq = 99;
	assert_int_equal(OP(bind_virq, virq), -EINVAL);
	virq = (struct evtchn_bind_virq){ .virq = VIRQ_TIMER, .vcpu = 99 };
	assert_int_equal(OP(bind_virq, virq), -ENOENT);
	assert_int_equal(OP(send, send), -EINVAL);
	send.port = 3000;
	assert_int_equal(OP(send, send), -EINVAL);
	assert_int_equal(OP(close, close), -EINVAL);
	assert_int_equal(OP(alloc_unbound, alloc), -ESRCH);
	alloc = (struct evtchn_alloc_unbound){ .dom = d1->id, .remote_dom = DOMID_SELF };
	assert_int_equal(OP(alloc_unbound, alloc), 0);
	assert_int_equal(alloc.port, 1);
	assert_int_equal(OP(alloc_unbound, alloc), 0);
	assert_int_equal(alloc.port, 2);
	assert_int_equal(status_of(d1->id, 2, 0).u.unbound.dom, 0);
	bind.remote_port = 1;
	assert_int_equal(OP(bind_interdomain, bind), 0);
	port = bind.local_port;
	assert_int_equal(OP(bind_interdomain, bind), -EINVAL);
	bind.remote_port = 0;
	assert_int_equal(OP(bind_interdomain, bind), -EINVAL);
	close.port = port;
	assert_int_equal(OP(close, close), 0);
}

static void test_who_may(void **state)
{
	struct evtchn_alloc_unbound alloc = { .dom = 0, .remote_dom = DOMID_SELF };
	struct evtchn_reset reset = { .dom = 0 };
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };

	(void)state;
	run_as(d1, 0);
	assert_int_equal(OP(alloc_unbound, alloc), -EPERM);
	status_of(0, 1, -EPERM);
	status_of(4000, 1, -EPERM);
	assert_int_equal(OP(reset, reset), -EPERM);
	alloc = (struct evtchn_alloc_unbound){ .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	assert_int_equal(OP(alloc_unbound, alloc), 0);
	assert_int_equal(status_of(d1->id, alloc.port, 0).u.unbound.dom, d1->id);
	alloc = (struct evtchn_alloc_unbound){ .dom = DOMID_SELF, .remote_dom = d2->id };
	assert_int_equal(OP(alloc_unbound, alloc), -EPERM);
	assert_int_equal(OP(bind_ipi, ipi), 0);
	/* Its own reset, and dom0's of it. */
	reset.dom = DOMID_SELF;
	assert_int_equal(OP(reset, reset), 0);
	assert_int_equal(d1->evtchn->nr_active, 0);
	assert_int_equal(OP(bind_ipi, ipi), 0);
	assert_int_equal(domain_unpause(d1), 0);
	run_as(d0, 0);
	reset.dom = d1->id;
	assert_int_equal(OP(reset, reset), -EINVAL);
	assert_int_equal(domain_pause(d1), 0);
	fake_irq_pending = true;
	assert_int_equal(OP(reset, reset), 0);
	assert_int_equal(d1->evtchn->nr_active, 0);
	reset.dom = 4000;
	assert_int_equal(OP(reset, reset), -ESRCH);
}

static void test_rest(void **state)
{
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = 0 };
	struct evtchn_bind_vcpu vcpu = { 0 };
	struct evtchn_unmask unmask = { 0 };
	struct evtchn_set_priority prio = { 0 };
	struct evtchn_init_control ic = { 0 };
	struct evtchn_expand_array array = { 0 };
	struct evtchn_send send;

	(void)state;
	run_as(d1, 0);
	assert_int_equal(OP(alloc_unbound, alloc), 0);
	prio.port = vcpu.port = unmask.port = alloc.port;
	vcpu.vcpu = 1;
	assert_int_equal(OP(bind_vcpu, vcpu), 0);
	assert_int_equal(OP(unmask, unmask), 0);
	assert_int_equal(OP(set_priority, prio), -ENOSYS);
	array.array_gfn = ram_gfn(d1, 2).v;
	assert_int_equal(OP(expand_array, array), -EOPNOTSUPP);
	ic.control_gfn = ram_gfn(d1, 1).v;
	assert_int_equal(OP(init_control, ic), 0);
	assert_int_equal(ic.link_bits, 17);
	assert_int_equal(OP(expand_array, array), 0);
	assert_int_equal(OP(set_priority, prio), 0);
	send.port = alloc.port;
	assert_int_equal(OP(send, send), 0);
}

static void fault_all(struct domain *d, bool reads, bool writes)
{
	fake_va_fault(ram(d, 0), ram(d, 0) + 0x100000, reads, writes);
}

/* Memory that cannot be read: nothing happens. That cannot be written: what was done is undone. */
static void test_faults(void **state)
{
	struct evtchn_bind_interdomain bind = { .remote_dom = d1->id };
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF };
	struct evtchn_bind_virq virq = { .virq = VIRQ_DEBUG };
	struct evtchn_bind_ipi ipi = { 0 };
	struct evtchn_status s = { .dom = DOMID_SELF, .port = 1 };
	struct evtchn_send send = { 1 };
	uint32_t p1;

	(void)state;
	assert_int_equal(evtchn_alloc(d1, 0, false, &p1), 0);
	bind.remote_port = p1;
	fault_all(d0, true, false);
	assert_int_equal(OP(send, send), -EFAULT);
	assert_int_equal(OP(status, s), -EFAULT);
	fake_va_fault_clear();
	fault_all(d0, false, true);
	assert_int_equal(OP(alloc_unbound, alloc), -EFAULT);
	assert_int_equal(OP(bind_interdomain, bind), -EFAULT);
	assert_int_equal(OP(bind_virq, virq), -EFAULT);
	assert_int_equal(OP(bind_ipi, ipi), -EFAULT);
	assert_int_equal(OP(status, s), -EFAULT);
	assert_int_equal(d0->evtchn->nr_active, 0);
	fake_va_fault_clear();
	assert_int_equal(status_of(d1->id, p1, 0).status, EVTCHNSTAT_unbound);
	assert_int_equal(OP(bind_virq, virq), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_numbers),
		world_test(test_golden),
		world_test(test_who_may),
		world_test(test_rest),
		world_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
