/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Part of test_support_hyp.c: a host of two CPUs: pools, their schedulers, counters. */
#ifndef TEST_SUPPORT_HYP_POOL_H
#define TEST_SUPPORT_HYP_POOL_H

static uint8_t free_cpus(const struct fake_hyp *f)
{
	uint8_t used = 0;

	for (size_t i = 0; i < FAKE_POOLS; i++)
		used |= f->pools[i].cpus;
	return 3 & ~used & ~f->offline;
}

static uint32_t domains_in(struct fake_hyp *f, uint32_t pool)
{
	uint32_t n = 0;

	for (size_t i = 0; i < FAKE_DOMAINS; i++)
		n += f->domains[i].exists && f->domains[i].info.cpupool == pool &&
		     fake_hyp_domain(f, f->domains[i].domid) == &f->domains[i];
	return n;
}

static uint32_t sched_of(const struct fake_hyp *f, uint32_t pool)
{
	return f->pools[pool].sched_id ? f->pools[pool].sched_id :
	       f->sched_id ? f->sched_id : XEN_SCHEDULER_CREDIT2;
}

static long rtds(struct fake_domain *d, const struct xen_domctl_scheduler_op *s)
{
	struct xen_domctl_schedparam_vcpu *v = PTR(struct xen_domctl_schedparam_vcpu,
						   s->u.v.vcpus.p);
	struct xen_domctl_sched_rtds *r = &d->rtds[v->vcpuid % 8];

	if (s->u.v.nr_vcpus != 1 || v->vcpuid > d->info.max_vcpu_id)
		return -EINVAL;
	if (!r->period)
		*r = (struct xen_domctl_sched_rtds){ 10000, 4000, XEN_DOMCTL_SCHEDRT_extra };
	if (s->cmd == XEN_DOMCTL_SCHEDOP_getvcpuinfo)
		v->u.rtds = *r;
	else if (s->cmd != XEN_DOMCTL_SCHEDOP_putvcpuinfo || v->u.rtds.budget < 10 ||
		 v->u.rtds.budget > v->u.rtds.period)
		return -EINVAL;
	*r = v->u.rtds;
	return 0;
}

static long sched(const struct fake_hyp *f, struct fake_domain *d,
		  struct xen_domctl_scheduler_op *s)
{
	if (s->sched_id != sched_of(f, d->info.cpupool))
		return -EINVAL;
	if (s->sched_id == XEN_SCHEDULER_RTDS)
		return rtds(d, s);
	if (s->sched_id != XEN_SCHEDULER_CREDIT2)
		return -EINVAL;
	if (s->cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
		s->u.credit2.weight = d->weight;
		s->u.credit2.cap = d->cap;
	} else {
		d->weight = s->u.credit2.weight;
		d->cap = s->u.credit2.cap;
	}
	return 0;
}

static long cpupool_info(struct fake_hyp *f, struct xen_sysctl_cpupool_op *c)
{
	for (uint32_t i = c->cpupool_id; i < FAKE_POOLS; i++) {
		if (!f->pools[i].exists)
			continue;
		c->cpupool_id = i;
		c->sched_id = sched_of(f, i);
		c->n_dom = domains_in(f, i);
		*PTR(uint8_t, c->cpumap.bitmap.p) = f->pools[i].cpus;
		return 0;
	}
	return -ENOENT;
}

static long cpupool(struct fake_hyp *f, struct xen_sysctl_cpupool_op *c)
{
	struct fake_pool *p = c->cpupool_id < FAKE_POOLS && f->pools[c->cpupool_id].exists ?
			      &f->pools[c->cpupool_id] : NULL;
	uint8_t cpu = (uint8_t)(1u << c->cpu % 8);
	struct fake_domain *d;

	switch (c->op) {
	case XEN_SYSCTL_CPUPOOL_OP_CREATE:
		for (c->cpupool_id = 1; f->pools[c->cpupool_id].exists;)
			if (++c->cpupool_id == FAKE_POOLS)
				return -ENOSPC;
		if (c->sched_id < XEN_SCHEDULER_CREDIT2 || c->sched_id == XEN_SCHEDULER_ARINC653)
			return -ENOENT;
		f->pools[c->cpupool_id] = (struct fake_pool){ .exists = true,
							      .sched_id = c->sched_id };
		return 0;
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		return cpupool_info(f, c);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		*PTR(uint8_t, c->cpumap.bitmap.p) = free_cpus(f);
		return 0;
	case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
		if (!p || p->cpus || domains_in(f, c->cpupool_id))
			return p ? -EBUSY : -ENOENT;
		p->exists = false;
		return 0;
	case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
		if (!p || !(free_cpus(f) & cpu))
			return p ? -ENODEV : -ENOENT;
		p->cpus |= cpu;
		return 0;
	case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
		if (!p || !(p->cpus & cpu))
			return p ? -EADDRNOTAVAIL : -ENOENT;
		p->cpus &= (uint8_t)~cpu;
		return 0;
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		d = fake_hyp_domain(f, (uint16_t)c->domid);
		if (!d || !p || !p->cpus)
			return d ? -ENOENT : -ESRCH;
		d->info.cpupool = c->cpupool_id;
		return 0;
	default:
		return -ENOSYS;
	}
}

static long cpu_hotplug(struct fake_hyp *f, const struct xen_sysctl_cpu_hotplug *h)
{
	int answer = f->hotplug_errno;
	uint8_t cpu = (uint8_t)(1u << h->cpu);

	f->hotplug_errno = 0;
	if (answer || h->cpu > 1 || (!h->cpu && h->op == XEN_SYSCTL_CPU_HOTPLUG_OFFLINE))
		return answer ? -answer : -EINVAL;
	for (size_t i = 0; i < FAKE_POOLS; i++)
		f->pools[i].cpus &= (uint8_t)~cpu;
	if (h->op == XEN_SYSCTL_CPU_HOTPLUG_ONLINE)
		f->pools[0].cpus |= cpu;
	f->offline = h->op == XEN_SYSCTL_CPU_HOTPLUG_ONLINE ? f->offline & (uint8_t)~cpu :
							       f->offline | cpu;
	return 0;
}

static long cputopo(const struct fake_hyp *f, struct xen_sysctl_cputopoinfo *t)
{
	struct xen_sysctl_cputopo *out = PTR(struct xen_sysctl_cputopo, t->cputopo.p);
	uint32_t room = t->num_cpus;

	for (t->num_cpus = 0; t->num_cpus < 2 && t->num_cpus < room; t->num_cpus++)
		out[t->num_cpus].core = f->offline >> t->num_cpus & 1 ? XEN_INVALID_CORE_ID : 0;
	return 0;
}

static long ratelimit(struct fake_hyp *f, struct xen_sysctl_scheduler_op *s)
{
	uint32_t *us = s->cpupool_id < FAKE_POOLS ? &f->pools[s->cpupool_id].ratelimit_us : NULL;

	if (!us || !f->pools[s->cpupool_id].exists)
		return -ESRCH;
	if (s->cmd == XEN_SYSCTL_SCHEDOP_putinfo)
		*us = s->u.sched_credit2.ratelimit_us;
	s->u.sched_credit2.ratelimit_us = *us;
	return 0;
}

/* CPU 0 has so many records, of which the first quarter is gone. */
static long trace(struct fake_hyp *f, struct zazen_domctl_trace *t)
{
	uint64_t end = t->cpu == 0 ? f->trace_records : 0;

	if (t->op == ZAZEN_TRACE_start) {
		if (f->traces)
			return -EEXIST;
		f->traces = true;
		f->trace_events[0] = t->events[0];
		f->trace_events[1] = t->events[1];
		f->trace_order = t->order;
		return 0;
	}
	if (!f->traces)
		return -ENOENT;
	if (t->op == ZAZEN_TRACE_stop) {
		f->traces = false;
		return 0;
	}
	t->first = MIN(MAX(t->first, end / 4), end);
	t->count = (uint32_t)MIN(MIN(end - t->first, 64 - t->first % 64), (uint64_t)t->count);
	for (uint32_t i = 0; i < t->count; i++) {
		uint64_t n = t->first + i;

		PTR(struct zazen_trace_record, t->records.p)[i] = (struct zazen_trace_record){
			.begin = 1000 * n, .end = 1000 * n + 500 + n, .pc = 0x80000000 + n,
			.info = 5, .esr = 0x5a000ea1, .number = n % 2 ? 12 : 29, .vcpu = 1,
			.domain = (uint16_t)(n % 3), .reason = n % 5 ? 0x16 : 64,
		};
	}
	return 0;
}

/* Two reasons on two CPUs: 7 + 1 and, over 32 bits, 3 + (2 << 32 | 4). */
static long perfc(const struct fake_hyp *f, struct xen_sysctl_perfc_op *p)
{
	static const char *const names[] = { "hvc", "hvc >> 32", "data_abort", "data_abort >> 32" };
	static const uint32_t vals[] = { 7, 1, 0, 0, 3, 4, 0, 2 };

	if (f->no_traps)
		return -ENOSYS;
	for (size_t i = 0; p->desc.p && p->val.p && i < ARRAY_SIZE(names); i++) {
		struct xen_sysctl_perfc_desc *d = PTR(struct xen_sysctl_perfc_desc, p->desc.p) + i;

		strcpy(d->name, names[i]);
		d->nr_vals = 2;
		memcpy(PTR(uint32_t, p->val.p) + 2 * i, vals + 2 * i, 2 * sizeof(*vals));
	}
	p->nr_counters = ARRAY_SIZE(names);
	p->nr_vals = ARRAY_SIZE(vals);
	return p->cmd == XEN_SYSCTL_PERFCOP_query ? 0 : -EINVAL;
}

#endif
