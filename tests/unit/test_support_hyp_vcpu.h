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
