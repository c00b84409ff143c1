/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that a domain reports as free: its stage-2 entries lose their pages, which go to others,
 * and say P2M_REPORTED in the bits left to software, 2 MiB at once or page by page. Whoever looks
 * such a frame up, or touches it, gets a zeroed page there first. The domain keeps its claim: what
 * it has and what it has reported count together against its maximum. reported_reserve= of the
 * command line allows reporting, and says how many free frames are kept for those who take back.
 */
#include <xen/page.h>
#include <xen/sched.h>
#include "stage2.h"

/* A vCPU for which there is no memory looks again after this time. */
#define WAIT_NS		(10 * 1000 * 1000)

/*
 * Free the pages of the extent of d, the caller's, up to 2 MiB, and say so in its entries. -EINVAL
 * for an extent that is not aligned or not within the map, -ENOMEM when a block cannot be split,
 * -EBUSY when not all of it is private memory: nothing has changed.
 */
int p2m_report(struct domain *d, gfn_t g, uint32_t order)
{
	struct stage2 s = stage2_of(d);
	uint64_t i, nr = 1UL << order, step;
	struct stage2_gather ga;
	unsigned int level;

	if (g.v & (nr - 1) || g.v >= s.tree.nr_gfns)
		return -EINVAL;
	stage2_gather_init(&ga);
	spin_lock(&d->p2m.lock);
	int rc = stage2_prepare(&s, g.v, nr, false, INVALID_MFN);
	/* One block, neighbours in one table, or what stage2_is_private refuses at once. */
	pte_t *ptep = p2m_find_entry(&d->p2m, g.v, &level);
	step = MIN(nr, 1UL << pt_order(level));
	for (i = 0; i < nr && !rc; i += step)
		rc = stage2_is_private(ptep[i / step], step) ? 0 : -EBUSY;
	if (!rc) {
		for (i = 0; i < nr; i += step)
			WRITE_ONCE(ptep[i / step], ptep[i / step] & ~PTE_VALID);
		ga.start = g.v;
		ga.end = g.v + nr;
		stage2_flush(&s, &ga);
		domain_pages_report(d, (int64_t)nr);	/* first: some are kept */
		/* With the lock: the owner is running, so it cannot go with its last page. */
		for (i = 0; i < nr; i += step)
			page_put_range(pte_mfn(ptep[i / step]), step);
		stage2_map(&s, g.v, nr, mfn(0), P2M_REPORTED, &ga);
	}
	spin_unlock(&d->p2m.lock);
	stage2_free_tables(&s, &ga);
	return rc;
}

/* Put 2^order fresh pages where d's memory is reported. -EBUSY when it no longer is. */
static int fill(struct domain *d, gfn_t g, mfn_t m, unsigned int order)
{
	struct stage2 s = stage2_of(d);
	struct stage2_gather ga;
	unsigned int level;

	stage2_gather_init(&ga);
	SPIN_GUARD(&d->p2m.lock);
	pte_t pte = *p2m_find_entry(&d->p2m, g.v, &level);
	if (domain_is_dying(d))
		return -ESRCH;
	if (pte_p2m_kind(pte) != P2M_REPORTED || pt_order(level) < order)
		return -EBUSY;
	int rc = stage2_prepare(&s, g.v, 1UL << order, true, m);
	if (rc)
		return rc;
	stage2_map(&s, g.v, 1UL << order, m, P2M_RAM_RW, &ga);
	domain_pages_report(d, -(int64_t)(1UL << order));
	return 0;
}

/*
 * Give d zeroed memory at g if that is reported: all of the entry, so that blocks stay blocks, or
 * one page when there is no such block free, or no time (the caller cannot restart). No lock of
 * LOCK_P2M's rank or higher is held. 0 also when somebody else did it, -ENOMEM, -ESRCH, -ERESTART.
 */
int p2m_take_back(struct domain *d, gfn_t g, bool can_restart)
{
	struct p2m_entry e = p2m_lookup(d, g);
	unsigned int order = e.order;
	mfn_t m;

	if (e.kind != P2M_REPORTED)
		return 0;
	int rc = domain_retake_pages(d, order, true, &m);
	if (rc && order && !(rc == -ERESTART && can_restart)) {
		order = 0;
		rc = domain_retake_pages(d, order, false, &m);
	}
	if (rc)
		return rc;
	rc = fill(d, gfn(ROUND_DOWN(g.v, 1UL << order)), m, order);
	if (rc)
		page_put_range(m, 1UL << order);
	return rc == -EBUSY ? 0 : rc;
}

/*
 * Take back what the current vCPU touched; it tries again. While the host has no memory it sleeps
 * for a while, or takes its interrupts: others of its domain, and its own handlers, go on.
 */
void p2m_fault_reported(struct domain *d, gfn_t g)
{
	struct vcpu *v = this_vcpu();
	bool none = p2m_take_back(d, g, true) == -ENOMEM;

	if (none && !d->awaits_memory)
		guest_printk(d, "waits for memory that it reported free: the host has none");
	d->awaits_memory = none;
	if (!none)
		return;
	soft_timer_migrate(&v->poll_timer, this_cpu()->id);
	soft_timer_set(&v->poll_timer, system_time() + WAIT_NS);
	vcpu_block(v);
}
