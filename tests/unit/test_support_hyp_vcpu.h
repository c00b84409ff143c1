/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Part of test_support_hyp.c: what the model answers about a domain's vCPUs and what they write. */
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

void fake_hyp_guest_writes(struct fake_hyp *f, struct fake_domain *d, uint64_t gfn, uint8_t byte)
{
	uint8_t page[4096];

	memset(page, byte, sizeof(page));
	d->dirty[gfn / 8] |= (uint8_t)(1u << gfn % 8);
	if (pwrite(f->ram_fd, page, sizeof(page), (off_t)(gfn * 4096)) != sizeof(page))
		abort();
}

/* Frames that were written; those that have no memory any more are not told. */
static void take_dirty(struct fake_domain *d, struct xen_domctl_shadow_op *s)
{
	uint8_t *to = PTR(uint8_t, s->dirty_bitmap.p);
	uint64_t g;

	s->stats.dirty_count = 0;
	s->pages = s->pages < FAKE_GFNS ? s->pages : FAKE_GFNS;
	for (g = 0; g < s->pages; g++) {
		if (g % 8 == 0)
			to[g / 8] = 0;
		if (!(d->dirty[g / 8] & d->populated[g / 8] & 1u << g % 8))
			continue;
		to[g / 8] |= (uint8_t)(1u << g % 8);
		d->dirty[g / 8] &= (uint8_t)~(1u << g % 8);
		s->stats.dirty_count++;
	}
}

static long shadow_op(struct fake_hyp *f, struct fake_domain *d, struct xen_domctl_shadow_op *s)
{
	if (f->dirty_errno)
		return -f->dirty_errno;
	if (s->op == XEN_DOMCTL_SHADOW_OP_OFF) {
		d->dirty_logged = false;
		return 0;
	}
	if (s->op == (d->dirty_logged ? XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY :
		      XEN_DOMCTL_SHADOW_OP_CLEAN))
		return -EINVAL;
	if (s->op == XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY) {
		memset(d->dirty, 0, sizeof(d->dirty));
		d->dirty_logged = true;
		d->dirty_takes = 0;
	} else if (s->op == XEN_DOMCTL_SHADOW_OP_CLEAN) {
		take_dirty(d, s);
		d->dirty_takes++;
	} else {
		return -EOPNOTSUPP;
	}
	if (f->dirty_runs && !(d->info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_paused)))
		f->dirty_runs(f, d, d->dirty_takes);
	return 0;
}

#endif
