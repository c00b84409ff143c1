/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests that call at random what they may and what they may not, scribble on all that they share,
 * are interrupted, meet failing allocations and die in the middle of everything; dom0 maps them and
 * calls as wildly. Another CPU may call whenever one is about to take its first lock, so that what
 * was looked at before is stale. What has to hold all the time: each page of RAM has as many
 * references as there are entries and registrations of it, a domain owns as many pages as it is
 * counted for, no TLB knows what the tables no longer say, no lock and no window stays. SEED,
 * STEPS.
 */
#include <stdlib.h>
#include <public/vcpu.h>
#include <public/zazen.h>
#include "hostile_check.h"

#define BLOCK_GFN	0x80000UL	/* 2 MiB of each guest */
#define HOLES_GFN	0x90000UL	/* where it maps things */
#define NOBODYS		0x7ff4u
#define ARG_PAGES	4u		/* of each domain, which it keeps */

static uint32_t rnd(uint32_t n) { return (uint32_t)(((uint64_t)random() * n) >> 31); }
static bool one_in(uint32_t n) { return rnd(n) == 0; }

static void check_step(struct domain *d)
{
	assert_true(map_window_empty());
	assert_true(lock_rank_none_held());
	assert_false(fake_tlb_is_stale(&d->p2m));
	for (unsigned int n = rnd(4); n; n--) {
		pa_t pa;

		(void)fake_guest_access(&d->p2m, (BLOCK_GFN + rnd(520)) << PAGE_SHIFT, rnd(2), &pa);
		(void)fake_guest_access(&d->p2m, (HOLES_GFN + rnd(64)) << PAGE_SHIFT, rnd(2), &pa);
		(void)fake_guest_access(&d->p2m, ram(d, rnd(RAM_PAGES)), rnd(2), &pa);
	}
}

/* ---- what guests choose ---- */

static uint64_t any_gfn(struct domain *d)
{
	switch (rnd(12)) {
	case 0: case 1: case 2: return ram_gfn(d, ARG_PAGES + rnd(RAM_PAGES - ARG_PAGES)).v;
	case 3: case 4: return BLOCK_GFN + rnd(512);
	case 5: return BLOCK_GFN;
	case 6: return BLOCK_GFN + 8 * rnd(64);
	case 7: return one_in(4) ? (uint64_t)random() << rnd(34) : BLOCK_GFN + 512;
	case 8: return HOLES_GFN - 1;
	default: return HOLES_GFN + rnd(64);
	}
}

static uint16_t any_domid(struct domain *d)
{
	return one_in(16) ? (uint16_t)random() : one_in(8) ? NOBODYS : one_in(3) ? DOMID_SELF :
	       one_in(2) ? d->id : dom(rnd(NR_DOMS))->id;
}

static uint32_t any_port(void)
{
	return one_in(20) ? (uint32_t)random() : rnd(16);
}

/* One of owner's that is joined, or that it offers to d, if there is any. */
static uint32_t port_for(struct domain *d, struct domain *owner, uint8_t state)
{
	uint32_t n = MIN(owner->evtchn->nr_ports, 128u), first = rnd(128);

	for (uint32_t i = 0; i < n; i++) {
		const struct evtchn *c = evtchn_at(owner->evtchn, (first + i) % n);

		if (c->state == state && !one_in(8) &&
		    (state != EVTCHNSTAT_unbound || c->u.remote == d->id))
			return (first + i) % n;
	}
	return any_port();
}

static uint64_t any_list(struct domain *d)
{
	return one_in(20) ? (uint64_t)random() << rnd(33) : ram(d, rnd(ARG_PAGES)) + 8 * rnd(512);
}

/* A place for an argument, which may be no memory by now; it is written if it can be. */
static uint64_t put(struct domain *d, const void *arg, size_t size)
{
	uint64_t va = ram(d, rnd(ARG_PAGES)) + 8 * rnd(512 - (uint32_t)size / 8);
	void *p = fake_guest_ptr(d, va);

	if (p)
		memcpy(p, arg, size);
	return one_in(40) ? (uint64_t)random() << rnd(33) : va;
}

static uint64_t put_gfns(struct domain *d, unsigned int n)
{
	uint64_t list[40];

	for (unsigned int i = 0; i < n; i++)
		list[i] = any_gfn(d);
	return put(d, list, n * sizeof(*list));
}

struct call { uint64_t nr, a[5]; };
#define CALL(nr, ...)	((struct call){ __HYPERVISOR_##nr, { __VA_ARGS__ } })
#define PUT(d, x)	put(d, &(x), sizeof(x))

static struct call memory_call(struct domain *d)
{
	static const uint8_t ops[] = { 1, 3, 4, 6, 7, 14, 15, 23, 28, XENMEM_report_free_pages };
	uint64_t op = one_in(20) ? rnd(64) : ops[rnd(ARRAY_SIZE(ops))], va;
	uint32_t n = 1 + rnd(one_in(4) ? 40 : 3), order = one_in(3) ? rnd(11) : 0;
	struct xen_memory_reservation r = { .nr_extents = n, .extent_order = order,
					    .domid = any_domid(d) };
	struct xen_add_to_physmap add = { any_domid(d), 0, rnd(7),
					  one_in(3) ? any_gfn(d) : rnd(3), any_gfn(d) };
	struct xen_add_to_physmap_batch b = { any_domid(d), (uint16_t)rnd(7), (uint16_t)n,
					      .u.res0 = rnd(2) ? any_domid(d) : 0 };
	struct xen_remove_from_physmap rm = { any_domid(d), any_gfn(d) };
	struct xen_mem_acquire_resource x = { any_domid(d), (uint16_t)(1 + one_in(9)), 0, n, 0,
					      rnd(4), { 0 } };

	if (op == 7)
		va = PUT(d, add);
	else if (op == 15)
		va = PUT(d, rm);
	else if (op == 23) {
		b.idxs.p = put_gfns(d, n);
		b.gpfns.p = put_gfns(d, n);
		b.errs.p = any_list(d);
		va = PUT(d, b);
	} else if (op == 28) {
		x.frame_list.p = one_in(8) ? 0 : put_gfns(d, n);
		va = PUT(d, x);
	} else {
		r.extent_start.p = put_gfns(d, n);
		va = PUT(d, r);
	}
	return CALL(memory_op, op | (one_in(8) ? (uint64_t)rnd(50) << MEMOP_EXTENT_SHIFT : 0), va);
}

static struct call grant_call(struct domain *d)
{
	static const uint8_t ops[] = { 0, 0, 0, 1, 1, 2, 5, 5, 5, 6, 7, 8, 9, 12 };
	union {
		struct gnttab_map_grant_ref map;
		struct gnttab_unmap_grant_ref unmap;
		struct gnttab_copy copy;
		struct gnttab_setup_table table;
		struct gnttab_cache_flush flush;
		uint64_t w[10];
	} e[3];
	uint64_t op = one_in(30) ? rnd(16) : ops[rnd(ARRAY_SIZE(ops))], host;
	uint32_t i, n = 1 + rnd(3);
	size_t size = op == 0 ? sizeof(e->map) : op == 1 ? sizeof(e->unmap) :
		      op == 5 ? sizeof(e->copy) : op == 12 ? sizeof(e->flush) : 24;
	const struct maptrack *m;
	char bytes[sizeof(e)];

	memset(e, 0, sizeof(e));
	for (i = 0; i < n; i++) {
		uint32_t handle = rnd(12);

		host = any_gfn(d) << PAGE_SHIFT;
		m = handle_of(d, handle);
		if (m && m->state == MT_LIVE && op != 0 && !one_in(4))
			host = m->gfn << PAGE_SHIFT;
		if (op == 0)
			e[i].map = (struct gnttab_map_grant_ref){ host, GNTMAP_host_map |
				(rnd(2) ? GNTMAP_readonly : 0), rnd(20), any_domid(d), 0, 0, 0 };
		else if (op == 1 || op == 7)
			e[i].unmap = (struct gnttab_unmap_grant_ref){ .host_addr = host,
								      .handle = handle };
		else if (op == 5)
			e[i].copy = (struct gnttab_copy){
				.source = { .u.gmfn = rnd(2) ? any_gfn(d) : rnd(20),
					    .domid = any_domid(d), .offset = (uint16_t)rnd(4097) },
				.dest = { .u.gmfn = rnd(2) ? any_gfn(d) : rnd(20),
					  .domid = any_domid(d), .offset = (uint16_t)rnd(4097) },
				.len = (uint16_t)rnd(600), .flags = (uint16_t)rnd(5) };
		else if (op == 12)
			e[i].flush = (struct gnttab_cache_flush){
				.a.dev_bus_addr = FAKE_RAM_BASE + ((uint64_t)rnd(NR_FRAMES) << 12),
				.offset = (uint16_t)rnd(4096), .length = 64, .op = rnd(5) };
		else
			e[i].table = (struct gnttab_setup_table){ .dom = any_domid(d),
				.nr_frames = rnd(36), .frame_list.p = any_list(d) };
		memcpy(bytes + i * size, &e[i], size);
	}
	if (op == 2 || op == 6 || (op > 7 && op != 12))
		n = 1;
	return CALL(grant_table_op, op, put(d, bytes, sizeof(bytes)), n);
}

static struct call event_call(struct domain *d)
{
	union {
		struct evtchn_alloc_unbound alloc;
		struct evtchn_bind_interdomain bind;
		struct evtchn_init_control control;
		uint32_t w[8];
		uint64_t q[4];
	} a = { .w = { any_port(), rnd(3), 0 } };
	struct domain *other = dom(rnd(NR_DOMS));
	uint32_t op = rnd(15);

	if (op == EVTCHNOP_alloc_unbound)
		a.alloc = (struct evtchn_alloc_unbound){ rnd(3) ? DOMID_SELF : any_domid(d),
							 rnd(3) ? other->id : any_domid(d), 0 };
	else if (op == EVTCHNOP_bind_interdomain)
		a.bind = (struct evtchn_bind_interdomain){ other->id,
			port_for(d, other, EVTCHNSTAT_unbound), 0 };
	else if (op == EVTCHNOP_close || op == EVTCHNOP_send)
		a.w[0] = port_for(d, d, EVTCHNSTAT_interdomain);
	else if (op == EVTCHNOP_bind_virq)
		a.w[0] = rnd(26);
	else if (op == EVTCHNOP_bind_ipi)
		a.w[0] = rnd(3);
	else if (op == EVTCHNOP_init_control)
		a.control = (struct evtchn_init_control){ any_gfn(d), 8 * rnd(520), rnd(3),
							  0, { 0 } };
	else if (op == EVTCHNOP_expand_array)
		a.q[0] = any_gfn(d);
	else if (op == EVTCHNOP_set_priority)
		a.w[1] = rnd(18);
	else if (op == EVTCHNOP_status || op == EVTCHNOP_reset)
		a.w[0] = any_domid(d), a.w[1] = any_port();
	if (op == EVTCHNOP_reset && !one_in(4))
		op = EVTCHNOP_send;
	return CALL(event_channel_op, op, PUT(d, a));
}

static struct call vcpu_call(struct domain *d)
{
	struct vcpu_register_vcpu_info info = { .mfn = any_gfn(d), .offset = 8 * rnd(520) };
	uint64_t area = one_in(5) ? (rnd(2) ? 0 : ~0UL) : (any_gfn(d) << 12) + 8 * rnd(512);

	if (one_in(4))
		return CALL(vcpu_op, VCPUOP_register_vcpu_info, rnd(3), PUT(d, info));
	return CALL(vcpu_op, rnd(2) ? VCPUOP_register_runstate_memory_area :
				      VCPUOP_register_runstate_phys_area, rnd(3), PUT(d, area));
}

/* dom0's toolstack; others are refused. */
static struct call control_call(struct domain *d)
{
	static const uint32_t ops[] = {
		XEN_DOMCTL_pausedomain, XEN_DOMCTL_unpausedomain, XEN_DOMCTL_getdomaininfo,
		XEN_DOMCTL_cacheflush, XEN_DOMCTL_sendtrigger, XEN_DOMCTL_getvcpucontext,
		XEN_DOMCTL_gethvmcontext, XEN_DOMCTL_sethvmcontext, XEN_DOMCTL_shadow_op,
		XEN_DOMCTL_set_virq_handler, ZAZEN_DOMCTL_write_memory, ZAZEN_DOMCTL_write_memory,
	};
	static const uint32_t shadow_ops[] = {
		XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, XEN_DOMCTL_SHADOW_OP_CLEAN,
		XEN_DOMCTL_SHADOW_OP_CLEAN, XEN_DOMCTL_SHADOW_OP_PEEK, XEN_DOMCTL_SHADOW_OP_OFF,
	};
	union { struct xen_domctl x; struct zazen_domctl z; } u = { .x = {
		one_in(60) ? XEN_DOMCTL_destroydomain : ops[rnd(ARRAY_SIZE(ops))],
		XEN_DOMCTL_INTERFACE_VERSION, any_domid(d), { 0 }, { { 0 } } } };

	if (u.x.cmd == XEN_DOMCTL_cacheflush)
		u.x.u.cacheflush = (struct xen_domctl_cacheflush){ any_gfn(d), rnd(600) };
	else if (u.x.cmd == ZAZEN_DOMCTL_write_memory)
		u.z.u.write_memory = (struct zazen_domctl_write_memory){
			(any_gfn(d) << 12) + rnd(4096), rnd(9000), { any_list(d) } };
	else if (u.x.cmd == XEN_DOMCTL_getvcpucontext)
		u.x.u.vcpucontext = (struct xen_domctl_vcpucontext){ rnd(3), { any_list(d) } };
	else if (u.x.cmd == XEN_DOMCTL_gethvmcontext || u.x.cmd == XEN_DOMCTL_sethvmcontext)
		u.x.u.hvmcontext = (struct xen_domctl_hvmcontext){
			rnd(9000), { one_in(6) ? 0 : any_list(d) } };
	else if (u.x.cmd == XEN_DOMCTL_shadow_op)
		u.x.u.shadow_op = (struct xen_domctl_shadow_op){
			.op = shadow_ops[rnd(ARRAY_SIZE(shadow_ops))], .pages = any_gfn(d),
			.dirty_bitmap = { one_in(6) ? 0 : any_list(d) } };
	else if (u.x.cmd == XEN_DOMCTL_set_virq_handler)
		u.x.u.set_virq_handler.virq = rnd(26);
	return CALL(domctl, PUT(d, u));
}

static struct call any_call(struct domain *d)
{
	switch (rnd(16)) {
	case 0: case 1: case 2: case 3: case 4: return memory_call(d);
	case 5: case 6: case 7: case 8: return grant_call(d);
	case 9: case 10: case 11: case 12: return event_call(d);
	case 13: return vcpu_call(d);
	default: return d == d0 ? control_call(d) : memory_call(d);
	}
}

/* ---- a turn ---- */

static unsigned int between;	/* another CPU may come between: one in so many times */
static struct call interrupted;

/* As the vectors call it, again and again while it asks for that, unless the guest gives it up. */
static void make(struct domain *d, struct call c)
{
	struct vcpu *v = this_vcpu();

	for (unsigned int n = 0; n < 3000; n++) {
		(void)hypercall_table[c.nr](c.a[0], c.a[1], c.a[2], c.a[3], c.a[4]);

		assert_true(map_window_empty());
		assert_true(lock_rank_none_held());
		assert_false(v->hcall.in_multicall);
		if (!(this_cpu()->work & WORK_RESTART))
			break;
		this_cpu()->work &= ~(uint32_t)WORK_RESTART;
		memcpy(c.a, v->hcall.args, sizeof(c.a));
		v->hcall.restart = false;
		if (one_in(6))
			c.a[rnd(3)] ^= 1UL << rnd(12);
		if (one_in(12))
			break;
	}
	this_cpu()->work = 0;
	between = 0;
	check_step(d);
}

static void scribble(struct domain *d)
{
	uint64_t *info = (uint64_t *)(void *)d->shared_info;
	struct grant_entry_v1 *e;
	uint64_t *p;

	switch (rnd(4)) {
	case 0:
		info[rnd(200)] = (uint64_t)random() << rnd(33);
		break;
	case 1:
		p = fake_guest_ptr(d, ram(d, rnd(RAM_PAGES)));
		if (p)
			p[rnd(512)] = rnd(2) ? 0 : (uint64_t)random() << rnd(33);
		break;
	default:
		if (!d->grant->frame || !d->grant->frame[0].entry)
			break;
		e = &d->grant->frame[0].entry[rnd(20)];
		*e = (struct grant_entry_v1){ .flags = one_in(8) ? (uint16_t)random() :
			      GTF_permit_access | (one_in(4) ? GTF_readonly : 0),
			      .domid = dom(rnd(NR_DOMS))->id, .frame = (uint32_t)any_gfn(d) };
	}
}

static void give_block(struct domain *d)
{
	mfn_t m = domain_alloc_pages(d, PAGE_ORDER_2M);

	if (mfn_valid(m))
		assert_int_equal(p2m_map(d, gfn(BLOCK_GFN), m, PAGE_ORDER_2M, P2M_RAM_RW), 0);
	d->max_pages = d->tot_pages + 20;
	d->max_heap_pages = d->heap_pages + 150;
}

/* x unmaps what it has of the dead d. */
static void let_go(struct domain *x, struct domain *d)
{
	struct gnttab_unmap_grant_ref u = { .handle = 0 };
	const struct maptrack *m;
	struct p2m_entry e;
	uint64_t g, step;

	for (; (m = handle_of(x, u.handle)); u.handle++) {
		if (m->state != MT_LIVE || m->lender != d)
			continue;
		u.host_addr = m->gfn << PAGE_SHIFT;
		gnttab_unmap(x, &u);
		assert_int_equal(u.status, GNTST_okay);
	}
	for (g = 0; entry_at(x, g, &e, &step); g += step)
		if ((e.kind == P2M_FOREIGN_RW || e.kind == P2M_FOREIGN_RO) &&
		    mfn_to_page(e.mfn)->owner == d->id)
			assert_int_equal(p2m_unmap_if(x, gfn(g), e.mfn, e.kind), 0);
}

/* A guest dies piece by piece, while the others go on; then there is a new one in its place. */
static void die(unsigned int k)
{
	struct domain *d = dom(k);
	int rc;

	run_as(d0, 0);
	fake_irq_pending = true;
	rc = domain_kill(d);
	fake_irq_pending = false;
	if (rc == -ERESTART)
		return;
	assert_true(rc == 0 || rc == -ESRCH);	/* done now, or by somebody else */
	*doms[k] = NULL;
	let_go(d0, d);
	let_go(dom(3 - k), d);
	assert_int_equal(d->tot_pages, 0);
	assert_int_equal(d->refcnt, 1);
	domain_put(d);
	*doms[k] = fake_domain_create(k == 1 ? 2 : 1);
	fake_domain_add_ram(*doms[k], gfn(RAM_GFN), RAM_PAGES);
	give_block(*doms[k]);
}

static struct call any_list_of_calls(struct domain *d)
{
	struct multicall_entry list[3];
	struct call c = any_call(d);

	if (one_in(12)) {
		memset(list, 0, sizeof(list));
		for (unsigned int i = 0; i < 3; i++) {
			c = any_call(d);
			list[i].op = one_in(30) ? (uint64_t)random() : c.nr;
			memcpy(list[i].args, c.a, sizeof(c.a));
		}
		c = CALL(multicall, put(d, list, sizeof(list)), 1 + rnd(3));
	}
	return c;
}

/* The second CPU has its turn, while the first is somewhere in a call. */
static void come_between(void)
{
	unsigned int k = rnd(NR_DOMS), cpu = this_cpu()->id, times = between;
	struct domain *first = this_vcpu()->domain;
	struct vcpu *v = dom(k)->vcpu[rnd(dom(k)->max_vcpus)];

	if (v->is_running || domain_is_dying(dom(k)))
		return;
	between = 0;
	fake_cpu_enter(1);
	if (k && one_in(40)) {
		run_as(d0, 1 - (cpus[cpu]->current == d0->vcpu[1]));
		for (unsigned int n = rnd(20); n && domain_kill(dom(k)) == -ERESTART; n--)
			;
	} else {
		fake_set_current(v);
		vmid_make_current(&dom(k)->p2m);
		if (one_in(4))
			scribble(dom(k));
		/* What hurts most is the same once more. */
		make(dom(k), dom(k) == first && rnd(2) ? interrupted : any_call(dom(k)));
	}
	fake_set_current(NULL);
	fake_cpu_enter(cpu);
	between = times;
}

void __real_lock_rank_acquire(const spinlock_t *l);
void __wrap_lock_rank_acquire(const spinlock_t *l);

void __wrap_lock_rank_acquire(const spinlock_t *l)
{
	if (between && lock_rank_none_held() && one_in(between))
		come_between();
	__real_lock_rank_acquire(l);
}

static void step(void)
{
	unsigned int k = rnd(NR_DOMS);
	struct domain *d = dom(k);
	struct call c;

	if (one_in(400) || (k && domain_is_dying(d))) {
		if (k)
			die(k);
		return;
	}
	if (one_in(4))
		scribble(d);
	run_as(d, rnd(d->max_vcpus));
	vmid_make_current(&d->p2m);
	c = any_list_of_calls(d);
	fake_fail_alloc(one_in(8) ? 1 + rnd(3) : 0);
	fake_irq_pending_after = one_in(3) ? 1 + rnd(6) : 0;
	between = one_in(3) ? 1 + rnd(12) : 0;
	interrupted = c;
	make(d, c);
	fake_fail_alloc(0);
	fake_irq_pending_after = 0;
	fake_set_current(NULL);
}

static void prop_hostile(void **state)
{
	const char *s = getenv("SEED"), *n_steps = getenv("STEPS");
	unsigned int seed = s ? (unsigned int)strtoul(s, NULL, 0) : 1;
	unsigned int steps = n_steps ? (unsigned int)strtoul(n_steps, NULL, 0) : 20000;

	(void)state;
	print_message("SEED=%u STEPS=%u\n", seed, steps);
	srandom(seed);
	opt.allow_peers = true;
	opt.reported_reserve = 1 << 20;
	give_block(d1);
	give_block(d2);
	for (unsigned int n = 0; n < steps; n++) {
		step();
		if (n % 64 == 0 || getenv("EACH"))
			check_all();
	}
	check_all();
	while (domain_is_dying(d1))
		die(1);
	while (domain_is_dying(d2))
		die(2);
	opt.reported_reserve = REPORTING_OFF;
}

int main(void)
{
	const struct CMUnitTest tests[] = { world_test(prop_hostile) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
