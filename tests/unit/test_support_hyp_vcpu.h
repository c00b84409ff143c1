/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Part of test_support_hyp.c: what the model answers about a domain's vCPUs. */
#ifndef TEST_SUPPORT_HYP_VCPU_H
#define TEST_SUPPORT_HYP_VCPU_H

static long setaffinity(struct fake_domain *d, const struct xen_domctl_vcpuaffinity *a)
{
	const struct xenctl_bitmap *from = a->flags & XEN_VCPUAFFINITY_HARD ? &a->cpumap_hard :
		&a->cpumap_soft;
	uint8_t *to;

	if (a->vcpu >= 8 || a->vcpu > d->info.max_vcpu_id ||
	    !(a->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)))
		return -EINVAL;
	to = a->flags & XEN_VCPUAFFINITY_HARD ? d->affinity[a->vcpu] : d->soft_affinity[a->vcpu];
	memcpy(to, PTR(uint8_t, from->bitmap.p), from->nr_bits / 8 < 16 ? from->nr_bits / 8 : 16);
	return 0;
}

static long getaffinity(struct fake_domain *d, const struct xen_domctl_vcpuaffinity *a)
{
	if (a->vcpu >= 8 || a->vcpu > d->info.max_vcpu_id)
		return -EINVAL;
	memcpy(PTR(uint8_t, a->cpumap_hard.bitmap.p), d->affinity[a->vcpu], 16);
	memcpy(PTR(uint8_t, a->cpumap_soft.bitmap.p), d->soft_affinity[a->vcpu], 16);
	return 0;
}

/* As long as the domain is shut down: its id, in words. */
static long get_context(const struct fake_domain *d, struct xen_domctl_hvmcontext *c)
{
	char text[32];
	uint32_t len = (uint32_t)snprintf(text, sizeof(text), "state of domain %u", d->domid);

	if (!(d->info.flags & XEN_DOMINF_shutdown))
		return -EBUSY;
	if (c->buffer.p && c->size < len)
		return -ENOSPC;
	if (c->buffer.p)
		memcpy(PTR(char, c->buffer.p), text, len);
	c->size = len;
	return 0;
}

static long put_context(const struct fake_hyp *f, struct fake_domain *d,
			const struct xen_domctl_hvmcontext *c)
{
	if (f->context_errno || c->size >= sizeof(d->context) || d->started)
		return f->context_errno ? -f->context_errno : -EINVAL;
	memcpy(d->context, PTR(void, c->buffer.p), c->size);
	return 0;
}

static long getvcpuinfo(struct fake_domain *d, struct xen_domctl_getvcpuinfo *v)
{
	if (d->info.max_vcpu_id == XEN_INVALID_MAX_VCPU_ID || v->vcpu > d->info.max_vcpu_id)
		return -EINVAL;
	v->online = v->vcpu < d->info.nr_online_vcpus;
	v->blocked = !!(d->info.flags & XEN_DOMINF_blocked);
	v->running = v->online && !v->blocked;
	v->cpu = v->vcpu % 2;
	v->cpu_time = d->info.cpu_time / (d->info.max_vcpu_id + 1);
	return 0;
}

#endif
