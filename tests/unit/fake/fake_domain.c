/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domains for tests, made by the real core/domain.c. */
#include <xen/errno.h>
#include <xen/heap.h>
#include <xen/page.h>
#include "fake.h"
#include "fake_private.h"

static struct domain *create(domid_t id, unsigned int nr_vcpus, bool is_dom0, uint32_t nr_spis)
{
	struct domain_config cfg = {
		.max_vcpus = nr_vcpus,
		.max_evtchn_port = 131071,
		.max_grant_frames = 32,
		.max_maptrack_frames = 64,
		.nr_spis = nr_spis,
		.gic_version = 3,
		.is_privileged = is_dom0,
		.is_direct_mapped = is_dom0,
	};
	struct domain *d;

	if (domain_create(id, &cfg, &d) != 0 || domain_create_vcpus(d, nr_vcpus) != 0)
		fake_die("cannot create a domain");
	d->max_pages = ~0u;
	return d;
}

struct domain *fake_domain_create(unsigned int nr_vcpus)
{
	return create(0x7FF4, nr_vcpus, false, 0);
}

struct domain *fake_domain_create_spis(unsigned int nr_vcpus, uint32_t nr_spis)
{
	return create(0x7FF4, nr_vcpus, false, nr_spis);
}

struct domain *fake_dom0_create(unsigned int nr_vcpus)
{
	dom0 = create(0, nr_vcpus, true, 224);
	return dom0;
}

void fake_domain_destroy(struct domain *d)
{
	if (d == dom0)
		dom0 = NULL;
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			store_release(&d->vcpu[i]->is_running, false);
	for (unsigned int c = 0; c < nr_cpus; c++)
		if (cpus[c]->current && cpus[c]->current->domain == d)
			cpus[c]->current = NULL;
	for (int tries = 0; domain_kill(d) == -ERESTART; tries++)
		if (tries == 1000000)
			fake_die("domain_kill does not end");
	domain_put(d);
}

uint32_t fake_domain_count(void)
{
	struct domain *d;
	uint32_t nr = 0;

	for (uint64_t id = 0; (d = domain_get_from(id)); nr++) {
		id = d->id + 1u;
		domain_put(d);
	}
	return nr;
}

mfn_t domain_alloc_pages(struct domain *d, unsigned int order)
{
	mfn_t m = INVALID_MFN;

	(void)!domain_try_alloc_pages(d, order, false, &m);
	return m;
}

void fake_domain_add_ram(struct domain *d, gfn_t g, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		mfn_t m;

		if (d->is_direct_mapped) {
			m = mfn(g.v + i);
			if (zone_take(m, 1) != 0 || domain_own_pages(d, m, 1) != 0)
				fake_die("no RAM for a 1:1 domain");
		} else {
			m = domain_alloc_pages(d, 0);
			if (!mfn_valid(m))
				fake_die("no RAM for a domain");
		}
		if (p2m_map(d, gfn_add(g, i), m, 0, P2M_RAM_RW) != 0)
			fake_die("cannot map RAM of a domain");
	}
}

void *fake_guest_ptr(struct domain *d, ipa_t ipa)
{
	struct p2m_entry e = p2m_lookup(d, ipa_to_gfn(ipa));

	if (!mfn_valid(e.mfn))
		return NULL;
	return (char *)fake_raw(mfn_to_pa(e.mfn)) + (ipa & ~PAGE_MASK);
}
