/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grants against a model: three domains that lend each other pages, map, unmap, copy, replace
 * mappings behind the hypervisor's back, take entries back as the protocol allows or rewrite them
 * as it does not, and die, with failing allocations and interrupted releases. The model is a list
 * of mappings; pins, flags, stage-2 entries and page counts are recounts of it. SEED, STEPS.
 */
#include <stdlib.h>
#include <xen/grant/grant.h>
#include "evtchn_world.h"

#define NR_DOMS		3u
#define NR_REFS		16u
#define NR_MAPS		40u	/* of each domain */
#define MAP_GFN		0x60000UL

struct mapping {
	bool live, in_p2m;	/* in_p2m: not replaced by the guest */
	unsigned int lender;
	uint32_t ref, handle;
	bool readonly;
	mfn_t page;
};
static struct mapping maps[NR_DOMS][NR_MAPS];

static uint32_t rnd(uint32_t n)
{
	return (uint32_t)(((uint64_t)random() * n) >> 31);
}

static struct domain *dom(unsigned int k)
{
	return k == 0 ? d0 : k == 1 ? d1 : d2;
}

static struct grant_entry_v1 *entry(unsigned int k, uint32_t ref)
{
	return &dom(k)->grant->frame[0].entry[ref];
}

static void recount(unsigned int k, uint32_t ref, uint32_t *readers, uint32_t *writers)
{
	*readers = *writers = 0;
	for (unsigned int b = 0; b < NR_DOMS; b++)
		for (unsigned int i = 0; i < NR_MAPS; i++) {
			const struct mapping *m = &maps[b][i];

			if (!m->live || m->lender != k || m->ref != ref)
				continue;
			if (m->readonly)
				++*readers;
			else
				++*writers;
		}
}

static void check_entry(unsigned int k, uint32_t ref)
{
	const struct grant_pin *p = &dom(k)->grant->frame[0].pin[ref];
	uint32_t readers, writers;

	recount(k, ref, &readers, &writers);
	assert_int_equal(p->readers, readers);
	assert_int_equal(p->writers, writers);
}

static void check_all(void)
{
	for (unsigned int k = 0; k < NR_DOMS; k++) {
		uint32_t live = 0;

		for (uint32_t r = 0; r < NR_REFS; r++)
			check_entry(k, r);
		for (unsigned int i = 0; i < NR_MAPS; i++) {
			const struct mapping *m = &maps[k][i];
			struct p2m_entry e = p2m_lookup(dom(k), gfn(MAP_GFN + i));

			live += m->live;
			if (!m->live || !m->in_p2m)
				continue;
			assert_int_equal(e.kind, m->readonly ? P2M_GRANT_RO : P2M_GRANT_RW);
			assert_int_equal(e.mfn.v, m->page.v);
		}
		assert_int_equal(dom(k)->grant->mt_used, live);
		/* Each page of RAM: its own entry (dom0: its own hold) and the mappings. */
		for (unsigned int page = 0; page < RAM_PAGES; page++) {
			mfn_t m = p2m_lookup(dom(k), ram_gfn(dom(k), page)).mfn;
			uint32_t n = 1;

			for (unsigned int b = 0; b < NR_DOMS; b++)
				for (unsigned int i = 0; i < NR_MAPS; i++)
					n += maps[b][i].live && maps[b][i].in_p2m &&
					     maps[b][i].page.v == m.v;
			assert_int_equal(mfn_to_page(m)->count, n);
		}
	}
	assert_true(map_window_empty());
	assert_true(lock_rank_none_held());
}

/* The lender writes an entry: as a well-behaved one (only when it is not in use) or not. */
static void write_entry(unsigned int k, uint32_t ref)
{
	struct grant_entry_v1 *e = entry(k, ref);
	const uint16_t kinds[] = { GTF_invalid, GTF_permit_access, GTF_permit_access,
				   GTF_permit_access | GTF_readonly, GTF_accept_transfer, 0xffff };
	bool hostile = rnd(10) == 0;

	if (!hostile && (e->flags & (GTF_reading | GTF_writing)))
		return;
	e->domid = rnd(10) ? dom(rnd(NR_DOMS))->id : (domid_t)random();
	e->frame = rnd(10) ? (uint32_t)ram_gfn(dom(k), rnd(RAM_PAGES)).v : (uint32_t)random();
	e->flags = kinds[rnd(hostile ? 6 : 5)];
}

/* Would the protocol allow it? What a hostile entry says when it is in use is not predicted. */
static bool allowed(unsigned int k, unsigned int lender, uint32_t ref, bool readonly)
{
	const struct grant_entry_v1 *e = entry(lender, ref);
	const struct grant_pin *p = &dom(lender)->grant->frame[0].pin[ref];

	if ((e->flags & GTF_type_mask) != GTF_permit_access || (e->flags & GTF_sub_page) ||
	    e->domid != dom(k)->id || (!readonly && (e->flags & GTF_readonly)))
		return false;
	if ((p->readers || p->writers) && p->by != dom(k)->id)
		return false;
	return p2m_lookup(dom(lender), gfn(e->frame)).kind == P2M_RAM_RW;
}

static void try_map(unsigned int k, unsigned int lender, uint32_t ref)
{
	unsigned int i = rnd(NR_MAPS);
	bool readonly = rnd(2), may = allowed(k, lender, ref, readonly);
	struct gnttab_map_grant_ref op = {
		.host_addr = (MAP_GFN + i) << 12, .ref = ref, .dom = dom(lender)->id,
		.flags = GNTMAP_host_map | (readonly ? GNTMAP_readonly : 0u),
	};

	if (maps[k][i].live)
		return;
	gnttab_map(dom(k), &op);
	if (!may) {
		assert_int_not_equal(op.status, GNTST_okay);
		return;
	}
	if (op.status) {
		assert_true(fake_alloc_failed());
		return;
	}
	assert_int_equal(entry(lender, ref)->flags & GTF_reading, GTF_reading);
	if (!readonly)
		assert_int_equal(entry(lender, ref)->flags & GTF_writing, GTF_writing);
	maps[k][i] = (struct mapping){
		.live = true, .in_p2m = true, .lender = lender, .ref = ref, .handle = op.handle,
		.readonly = readonly, .page = pa_to_mfn(op.dev_bus_addr),
	};
	assert_int_equal(p2m_lookup(dom(lender), gfn(entry(lender, ref)->frame)).mfn.v,
			 maps[k][i].page.v);
}

static void check_flags_gone(const struct mapping *m)
{
	uint32_t readers, writers;

	recount(m->lender, m->ref, &readers, &writers);
	if (!writers)
		assert_false(entry(m->lender, m->ref)->flags & GTF_writing && !m->readonly);
	if (!readers && !writers)
		assert_false(entry(m->lender, m->ref)->flags & GTF_reading);
}

static void try_unmap(unsigned int k, unsigned int i)
{
	struct mapping *m = &maps[k][i];
	struct gnttab_unmap_grant_ref op = {
		.host_addr = (MAP_GFN + (rnd(10) ? i : i + 1)) << 12,
		.handle = m->live ? m->handle : 0xfffff,
	};

	gnttab_unmap(dom(k), &op);
	if (!m->live) {
		assert_int_equal(op.status, GNTST_bad_handle);
	} else if (op.host_addr != (MAP_GFN + i) << 12) {
		assert_int_equal(op.status, GNTST_bad_virt_addr);
	} else {
		assert_int_equal(op.status, GNTST_okay);
		m->live = false;
		check_flags_gone(m);
	}
}

/* The borrower puts its own page, or a hole, where a mapping was. */
static void replace(unsigned int k, unsigned int i)
{
	if (!maps[k][i].live || !maps[k][i].in_p2m)
		return;
	if (p2m_unmap(dom(k), gfn(MAP_GFN + i), 0) == 0)
		maps[k][i].in_p2m = false;
}

static void try_copy(unsigned int k, unsigned int from, unsigned int to)
{
	uint32_t r1 = rnd(NR_REFS), r2 = rnd(NR_REFS);
	bool may = allowed(k, from, r1, true);
	struct gnttab_copy op = {
		.source = { .u.ref = r1, .domid = dom(from)->id, .offset = (uint16_t)rnd(4096) },
		.dest = { .u.ref = r2, .domid = dom(to)->id, .offset = (uint16_t)rnd(4096) },
		.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
	};

	op.len = (uint16_t)rnd(4097u - MAX(op.source.offset, op.dest.offset));
	may = may && allowed(k, to, r2, false);
	gnttab_copy_one(dom(k), &op);
	assert_int_equal(op.status == GNTST_okay, may);
	check_entry(from, r1);
	check_entry(to, r2);
}

static void make_tables(void)
{
	mfn_t m;

	fake_fail_alloc(0);
	for (unsigned int k = 0; k < NR_DOMS; k++)
		assert_int_equal(gnttab_frame_mfn(dom(k), 0, &m, NULL), 0);
}

/* d2 dies as borrower; as lender it lasts until its mappings are gone, which then follow. */
static void die(void)
{
	struct domain *dead = d2;

	fake_fail_alloc(0);
	assert_true(domain_get(dead));
	fake_irq_pending = rnd(2);
	fake_domain_destroy(dead);
	fake_irq_pending = false;
	for (unsigned int i = 0; i < NR_MAPS; i++) {
		if (maps[2][i].live && maps[2][i].lender != 2) {
			maps[2][i].live = false;
			check_flags_gone(&maps[2][i]);
		}
		maps[2][i].live = false;
	}
	for (unsigned int k = 0; k < 2; k++)
		for (unsigned int i = 0; i < NR_MAPS; i++)
			while (maps[k][i].live && maps[k][i].lender == 2) {
				if (maps[k][i].in_p2m)
					assert_int_equal(mfn_to_page(maps[k][i].page)->owner, dead->id);
				try_unmap(k, i);
			}
	assert_int_equal(dead->tot_pages, 0);
	assert_int_equal(dead->refcnt, 1);
	domain_put(dead);
	d2 = fake_domain_create(1);
	fake_domain_add_ram(d2, gfn(RAM_GFN), RAM_PAGES);
	make_tables();
	check_all();
}

static void step(void)
{
	unsigned int k = rnd(NR_DOMS), other = rnd(NR_DOMS), i = rnd(NR_MAPS);

	fake_fail_alloc(rnd(8) ? 0 : 1 + rnd(3));
	run_as(dom(k), 0);
	switch (rnd(12)) {
	case 0:
	case 1:
		write_entry(k, rnd(NR_REFS));
		break;
	case 2:
	case 3:
	case 4:
		try_unmap(k, i);
		break;
	case 5:
		if (rnd(8) == 0)
			replace(k, i);
		break;
	case 6:
		fake_fail_alloc(0);
		try_copy(k, other, rnd(NR_DOMS));
		break;
	case 7:
		if (rnd(300) == 0)
			die();
		break;
	default:
		try_map(k, other, rnd(NR_REFS));
		break;
	}
}

static void prop_gnttab(void **state)
{
	const char *s = getenv("SEED"), *n_steps = getenv("STEPS");
	unsigned int seed = s ? (unsigned int)strtoul(s, NULL, 0) : 1;
	unsigned int steps = n_steps ? (unsigned int)strtoul(n_steps, NULL, 0) : 50000;

	(void)state;
	print_message("SEED=%u STEPS=%u\n", seed, steps);
	srandom(seed);
	opt.allow_peers = true;
	make_tables();
	for (unsigned int n = 0; n < steps; n++) {
		step();
		if (n % 64 == 0)
			check_all();
	}
	fake_fail_alloc(0);
	check_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = { world_test(prop_gnttab) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
