/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has to hold of three domains whatever they do, as recounts of everything: references of
 * pages, owners, joined ports, grants in use.
 */
#ifndef TESTS_HOSTILE_CHECK_H
#define TESTS_HOSTILE_CHECK_H

#include <xen/event/event.h>
#include <xen/grant/grant.h>
#include "evtchn_world.h"

#define NR_DOMS		3u
#define NR_FRAMES	(FAKE_RAM_SIZE >> PAGE_SHIFT)

static uint32_t refs[NR_FRAMES];
static struct domain **doms[NR_DOMS] = { &d0, &d1, &d2 };
static inline struct domain *dom(unsigned int k) { return *doms[k]; }

static void count_ref(mfn_t m)
{
	if (m.v - (FAKE_RAM_BASE >> PAGE_SHIFT) < NR_FRAMES)
		refs[m.v - (FAKE_RAM_BASE >> PAGE_SHIFT)]++;
}

static void count_fifo(const struct domain *d, const struct evtchn_fifo *f)
{
	for (uint32_t i = 0; f && i < f->nr_pages; i++)
		count_ref(f->mfn[i]);
	for (uint32_t i = 0; f && i < d->max_vcpus; i++)
		if (f->vcpu[i])
			count_ref(f->vcpu[i]->mfn);
}

/* What d has at g and as much as that covers; false at the end of its map. */
static bool entry_at(struct domain *d, uint64_t g, struct p2m_entry *e, uint64_t *nr)
{
	*e = p2m_lookup(d, gfn(g));
	*nr = (1UL << e->order) - (g & ((1UL << e->order) - 1));
	return g < 1UL << (d->p2m.ipa_bits - PAGE_SHIFT);
}

static void count_domain(struct domain *d)
{
	uint64_t g, step, reported = 0, i;
	struct p2m_entry e;

	for (g = 0; entry_at(d, g, &e, &step); g += step) {
		if (e.kind == P2M_REPORTED)
			reported += step;
		if (!mfn_valid(e.mfn) || e.kind == P2M_MMIO ||
		    (d->is_direct_mapped && e.mfn.v == g && e.kind == P2M_RAM_RW))
			continue;
		for (i = 0; i < step; i++)
			count_ref(mfn_add(e.mfn, i));
	}
	assert_int_equal(d->reported_pages, reported);
	for_each_vcpu(d, v) {
		count_ref(v->info_mfn);
		count_ref(v->runstate_mfn[0]);
		count_ref(v->runstate_mfn[1]);
	}
	if (d->evtchn) {
		count_fifo(d, d->evtchn->fifo);
		count_fifo(d, d->evtchn->fifo_dead);
	}
}

/* Pairs point at each other, and who is open is counted. */
static void check_ports(struct domain *d)
{
	struct evtchn_domain *e = d->evtchn;
	uint32_t open = 0;

	for (uint32_t port = 0; port < e->nr_ports; port++) {
		const struct evtchn *c = evtchn_at(e, port);

		open += c->state != EVTCHNSTAT_closed;
		if (c->state != EVTCHNSTAT_interdomain)
			continue;
		assert_int_equal(c->u.peer.chn->state, EVTCHNSTAT_interdomain);
		assert_ptr_equal(c->u.peer.chn->u.peer.chn, c);
		assert_ptr_equal(c->u.peer.chn->u.peer.dom, d);
	}
	assert_int_equal(e->nr_active, open);
}

static const struct maptrack *handle_of(struct domain *d, uint32_t handle)
{
	return handle < d->grant->mt_pages * MAPTRACK_PER_PAGE ?
	       &d->grant->mt[handle / MAPTRACK_PER_PAGE][handle % MAPTRACK_PER_PAGE] : NULL;
}

/* Each use of d's grants is a handle of somebody's. */
static void check_pins(struct domain *d)
{
	uint32_t pins = 0, handles = 0;
	const struct grant_pin *p;
	const struct maptrack *m;

	for (uint32_t i = 0; i < d->grant->nr_frames; i++)
		for (uint32_t j = 0; (p = d->grant->frame[i].pin) && j < ENTRIES_PER_FRAME; j++)
			pins += p[j].readers + p[j].writers;
	for (unsigned int k = 0; k < NR_DOMS; k++)
		for (uint32_t h = 0; (m = handle_of(dom(k), h)); h++) {
			assert_int_not_equal(m->state, MT_BUSY);
			handles += m->state == MT_LIVE && m->lender == d;
		}
	assert_int_equal(pins, handles);
}

static void check_all(void)
{
	uint32_t owned[NR_DOMS] = { 0 };

	memset(refs, 0, sizeof(refs));
	for (unsigned int k = 0; k < NR_DOMS; k++)
		count_domain(dom(k));
	for (uint32_t i = 0; i < NR_FRAMES; i++) {
		const struct page_info *pg = mfn_to_page(mfn((FAKE_RAM_BASE >> PAGE_SHIFT) + i));

		if (!pg || pg->type != PAGE_RAM)
			continue;
		for (unsigned int k = 0; k < NR_DOMS; k++)
			owned[k] += pg->owner == dom(k)->id;
		if (pg->owner == 0)
			refs[i]++;	/* dom0's own hold */
		if (pg->count != refs[i])
			fail_msg("frame %x of domain %u: %u references, %u counted", i, pg->owner,
				 pg->count, refs[i]);
	}
	for (unsigned int k = 0; k < NR_DOMS; k++) {
		assert_int_equal(dom(k)->tot_pages, owned[k]);
		check_ports(dom(k));
		check_pins(dom(k));
	}
}

#endif
