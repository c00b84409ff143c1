/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Part of test_support_hyp.c: what the model answers to memory operations. */
#ifndef TEST_SUPPORT_HYP_MEMORY_H
#define TEST_SUPPORT_HYP_MEMORY_H

static long populate(struct fake_hyp *f, const struct xen_memory_reservation *r)
{
	const uint64_t *gfns = PTR(uint64_t, r->extent_start.p);
	struct fake_domain *d = fake_hyp_domain(f, r->domid);
	uint64_t pages = 1ull << r->extent_order, g;
	long done;

	strbuf_addf(&f->log, "populate order %u nr %llu first 0x%llx\n", r->extent_order,
		    (unsigned long long)r->nr_extents, (unsigned long long)gfns[0]);
	for (done = 0; d && (uint64_t)done < r->nr_extents; done++) {
		if (pages > f->free_pages || (r->extent_order >= 9 && f->big_orders == 0) ||
		    (d->info.tot_pages + pages) * 4 > d->max_kib)
			break;
		if (gfns[done] % pages || gfns[done] + pages > FAKE_GFNS)
			return -EINVAL;
		if (r->extent_order >= 9)
			f->big_orders--;
		for (g = gfns[done]; g < gfns[done] + pages; g++) {
			d->populated[g / 8] |= (uint8_t)(1u << g % 8);
			d->dirty[g / 8] |= (uint8_t)(1u << g % 8);
		}
		f->free_pages -= pages;
		d->info.tot_pages += pages;
	}
	return done;
}

void fake_hyp_depopulate(struct fake_hyp *f, struct fake_domain *d, uint64_t gfn)
{
	static const uint8_t zeros[4096];

	d->populated[gfn / 8] &= (uint8_t)~(1u << gfn % 8);
	f->free_pages++;
	d->info.tot_pages--;
	if (pwrite(f->ram_fd, zeros, sizeof(zeros), (off_t)(gfn * 4096)) != sizeof(zeros))
		abort();
}

static long decrease(struct fake_hyp *f, const struct xen_memory_reservation *r)
{
	const uint64_t *gfns = PTR(uint64_t, r->extent_start.p);
	struct fake_domain *d = fake_hyp_domain(f, r->domid);
	uint64_t i;

	strbuf_addf(&f->log, "decrease nr %llu first 0x%llx\n", (unsigned long long)r->nr_extents,
		    (unsigned long long)gfns[0]);
	for (i = 0; d && i < r->nr_extents && gfns[i] < FAKE_GFNS &&
	     d->populated[gfns[i] / 8] >> gfns[i] % 8 & 1; i++)
		fake_hyp_depopulate(f, d, gfns[i]);
	return (long)i;
}

static long max_gpfn(const struct fake_domain *d)
{
	long gfn = FAKE_GFNS - 1;

	while (d && gfn > 0 && !(d->populated[gfn / 8] >> gfn % 8 & 1))
		gfn--;
	return d ? gfn : -ESRCH;
}

static long memory_op(struct fake_hyp *f, unsigned int cmd, void *arg)
{
	const struct xen_remove_from_physmap *r = arg;
	const struct xen_add_to_physmap *a = arg;
	struct fake_domain *d;

	switch (cmd) {
	case XENMEM_populate_physmap:
		return populate(f, arg);
	case XENMEM_decrease_reservation:
		return decrease(f, arg);
	case XENMEM_maximum_gpfn:
		return max_gpfn(fake_hyp_domain(f, *(const uint16_t *)arg));
	case XENMEM_get_sharing_freed_pages:
		return f->freed_by_sharing ? f->freed_by_sharing : -ENOSYS;
	case XENMEM_add_to_physmap:
		d = fake_hyp_domain(f, a->domid);
		strbuf_addstr(&f->log, "add_to_physmap\n");
		d->populated[a->gpfn / 8] |= (uint8_t)(1u << a->gpfn % 8);
		return 0;
	case XENMEM_remove_from_physmap:
		d = fake_hyp_domain(f, r->domid);
		strbuf_addstr(&f->log, "remove_from_physmap\n");
		d->populated[r->gpfn / 8] &= (uint8_t)~(1u << r->gpfn % 8);
		return 0;
	default:
		return -ENOSYS;
	}
}

#endif
