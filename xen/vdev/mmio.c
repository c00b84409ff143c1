/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's emulated device memory: at most 8 frames, each with its handler.
 * The table is written before the domain first runs and is constant then, so accesses take no
 * lock. The frame of the last access is tried first; that guess is shared by the vCPUs, and being
 * wrong costs a search.
 */
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/vcpu.h>

#define MAX_REGIONS	8u

struct mmio_region {
	ipa_t base;
	uint64_t size;
	mmio_fn *fn;
	void *ctx;
	mmio_read32_fn *read32;	/* may be NULL */
};

struct mmio_space {
	uint32_t nr;
	uint32_t last; /* index of the last hit; racy on purpose, always below MAX_REGIONS */
	struct mmio_region region[MAX_REGIONS];
};

/* Give d an empty table. -ENOMEM. */
int mmio_domain_init(struct domain *d, const struct domain_config *cfg)
{
	d->mmio = xzalloc(struct mmio_space);
	return d->mmio ? 0 : -ENOMEM;
}

void mmio_domain_free(struct domain *d)
{
	xfree(d->mmio);
	d->mmio = NULL;
}

/* Is an address of [base, base + size) emulated for d? */
bool mmio_overlaps(const struct domain *d, ipa_t base, uint64_t size)
{
	const struct mmio_space *m = d->mmio;

	for (const struct mmio_region *r = m->region; r < &m->region[m->nr]; r++)
		if (base - r->base < r->size || r->base - base < size)
			return true;
	return false;
}

/*
 * Let fn(..., ctx) answer accesses of d to [base, base + size), and read32 (may be NULL) aligned
 * 4-byte reads the short way. Before d first runs. -EINVAL: empty or wrapping, -EEXIST: overlaps
 * another, -ENOSPC: too many.
 */
int mmio_register(struct domain *d, ipa_t base, uint64_t size, mmio_fn *fn,
		  mmio_read32_fn *read32, void *ctx)
{
	struct mmio_space *m = d->mmio;
	ipa_t end;

	if (size == 0 || checked_add(base, size - 1, &end))
		return -EINVAL;
	if (mmio_overlaps(d, base, size))
		return -EEXIST;
	if (m->nr == MAX_REGIONS)
		return -ENOSPC;
	m->region[m->nr++] = (struct mmio_region){ base, size, fn, ctx, read32 };
	return 0;
}

/* The region that holds ipa; NULL. Remembers it. */
static const struct mmio_region *find(struct mmio_space *m, ipa_t ipa)
{
	for (uint32_t i = 0; i < m->nr; i++)
		if (ipa - m->region[i].base < m->region[i].size) {
			WRITE_ONCE(m->last, i);
			return &m->region[i];
		}
	return NULL;
}

/* v's next reads of words from the page at offset of r, which holds ipa, take the short way. */
static void remember(struct vcpu *v, const struct mmio_region *r, ipa_t ipa, uint64_t offset)
{
	v->mmio_fn = r->read32;
	v->mmio_ctx = r->ctx;
	v->mmio_offset = offset & ~(PAGE_SIZE - 1);
	v->mmio_page = mmio_page_tag(ipa);
}

/* Let whoever emulates a->ipa for v do access a. What was read is cut to the access's size. */
enum mmio_result mmio_dispatch(struct vcpu *v, struct mmio_access *a)
{
	struct mmio_space *m = v->domain->mmio;
	const struct mmio_region *r = &m->region[READ_ONCE(m->last)];
	uint64_t offset = a->ipa - r->base;

	if (unlikely(offset >= r->size)) {
		r = find(m, a->ipa);
		if (!r)
			return MMIO_NONE;
		offset = a->ipa - r->base;
	}
	/* An access that runs over the end is nobody's; handlers refuse unaligned ones. */
	if (unlikely(a->size > r->size - offset))
		return MMIO_ABORT;
	enum mmio_result result = r->fn(v, a, offset, r->ctx);
	if (a->write)
		return result;
	if (a->size < 8)
		a->data &= BIT(8 * a->size) - 1;
	if (a->size == 4 && r->read32 && !((r->base | r->size) & (PAGE_SIZE - 1)))
		remember(v, r, a->ipa, offset);
	return result;
}
