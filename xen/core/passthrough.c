/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may have which device of the platform. A domain's permissions are a short list of ranges of
 * frames and of interrupts, kept from the first one on; d->lock covers them. Device memory that is
 * mapped goes with the stage 2 (p2m_relinquish), an interrupt with the vGIC (vgic_relinquish).
 * Taking a permission back does not unmap: that is a call of its own.
 */
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/p2m.h>
#include <xen/passthrough.h>
#include <xen/vgic.h>

#define MAX_RANGES	32u	/* of frames and of interrupts together */

struct range { uint64_t first, nr; bool is_irq; };
struct passthrough {
	uint32_t nr;
	struct range range[MAX_RANGES];
};

void passthrough_domain_free(struct domain *d)
{
	xfree(d->passthrough);
	d->passthrough = NULL;
}

/* Is all of [first, first + nr) permitted by one range? d->lock is held. */
static struct range *find(const struct domain *d, bool is_irq, uint64_t first, uint64_t nr)
{
	struct passthrough *p = d->passthrough;
	uint32_t i;

	for (i = 0; p && i < p->nr; i++) {
		struct range *r = &p->range[i];

		if (r->is_irq == is_irq && first >= r->first && nr <= r->nr &&
		    first - r->first <= r->nr - nr)
			return r;
	}
	return NULL;
}

static bool is_permitted(struct domain *d, bool is_irq, uint64_t first, uint64_t nr)
{
	bool ret;

	spin_lock(&d->lock);
	ret = find(d, is_irq, first, nr);
	spin_unlock(&d->lock);
	return ret;
}

/* Add or remove one range. Removing takes exactly one that was added; -ENOSPC, -ENOMEM. */
static int permit(struct domain *d, bool is_irq, uint64_t first, uint64_t nr, bool allow)
{
	struct passthrough *fresh = allow ? xzalloc(struct passthrough) : NULL, *p;
	struct range *r;
	int rc = 0;

	if (allow && !fresh)
		return -ENOMEM;
	spin_lock(&d->lock);
	if (!d->passthrough) {
		d->passthrough = fresh;
		fresh = NULL;
	}
	p = d->passthrough;
	r = find(d, is_irq, first, nr);
	if (allow && !r && p->nr < MAX_RANGES)
		p->range[p->nr++] = (struct range){ first, nr, is_irq };
	else if (allow && !r)
		rc = -ENOSPC;
	else if (!allow && r && r->first == first && r->nr == nr)
		*r = p->range[--p->nr];
	else if (!allow && r)
		rc = -EINVAL;
	spin_unlock(&d->lock);
	xfree(fresh);
	return rc;
}

/* Is the frame device memory that dom0 has? */
static bool dom0_maps(uint64_t frame)
{
	struct p2m_entry e;

	if (!dom0)
		return false;
	e = p2m_lookup(dom0, gfn(frame));
	return e.kind == P2M_MMIO && e.mfn.v == frame;
}

/*
 * Let d be given frames [first, first + nr), or no more. -EINVAL: empty, wrapping, or a part of
 * what was permitted; -EPERM: an end of it is no device memory of dom0's (what is between is asked
 * when it is mapped); -ENOSPC, -ENOMEM.
 */
int passthrough_permit_mmio(struct domain *d, uint64_t first, uint64_t nr, bool allow)
{
	uint64_t last;

	if (nr == 0 || checked_add(first, nr - 1, &last))
		return -EINVAL;
	if (allow && (!dom0_maps(first) || !dom0_maps(last)))
		return -EPERM;
	return permit(d, false, first, nr, allow);
}

/* The same for a shared interrupt: -EPERM for any other. Binding it shows if dom0 can spare it. */
int passthrough_permit_irq(struct domain *d, uint32_t intid, bool allow)
{
	if (intid < 32 || intid >= 1020)
		return allow ? -EPERM : 0;
	return permit(d, true, intid, 1, allow);
}

static bool unmap(struct domain *d, gfn_t g, uint64_t frame)
{
	return p2m_unmap_if(d, g, mfn(frame), P2M_MMIO) == 0;
}

/*
 * Map (add) or unmap permitted frames, at most 64, from guest frame g on; what is done before an
 * error is undone when adding. -EPERM, -ENOMEM, -EINVAL, -ESRCH; -ENOENT when nothing of it was mapped.
 */
int passthrough_map(struct domain *d, gfn_t g, uint64_t first, uint64_t nr, bool add)
{
	int rc = add ? 0 : -ENOENT;
	uint64_t i;

	if (add && !is_permitted(d, false, first, nr))
		return -EPERM;
	for (i = 0; i < nr && (!add || !rc); i++) {
		if (!add)
			rc = unmap(d, gfn_add(g, i), first + i) ? 0 : rc;
		else if (dom0_maps(first + i))
			rc = p2m_map(d, gfn_add(g, i), mfn(first + i), 0, P2M_MMIO);
		else
			rc = -EPERM;
	}
	for (; add && rc && i-- > 0;)
		(void)unmap(d, gfn_add(g, i), first + i);
	return rc;
}

int passthrough_bind_irq(struct domain *d, uint32_t intid, bool bind)
{
	if (!bind)
		return vgic_take_back_hw_spi(d, intid);
	return is_permitted(d, true, intid, 1) ? vgic_lend_hw_spi(d, intid) : -EPERM;
}
