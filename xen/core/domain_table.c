/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domain ids and references. A two-level array gives the domain of an id, a bitmap the next id in
 * use or free, so that nothing here grows with the number of domains. The table holds no
 * reference of its own: a domain leaves it when its last reference goes. All under table_lock,
 * which is held for a few instructions at a time.
 */
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/vcpu.h>
#include "domain_private.h"

#define NR_IDS		DOMID_FIRST_RESERVED_NR
#define CHUNK_SHIFT	9
#define CHUNK_SIZE	(1u << CHUNK_SHIFT)
#define NR_CHUNKS	(0x8000u >> CHUNK_SHIFT)
#define NR_WORDS	(0x8000u / 64)

static spinlock_t table_lock = SPINLOCK_INIT(LOCK_DOMAIN_TABLE);
static struct domain **chunks[NR_CHUNKS];
static uint64_t used[NR_WORDS];			/* bit per id */
static uint32_t last_id;

struct domain *dom0;

static struct domain *lookup_locked(uint32_t id)
{
	if (id >= NR_IDS)
		return NULL;
	id = (uint32_t)index_nospec(id, NR_IDS);
	struct domain **chunk = chunks[id >> CHUNK_SHIFT];
	return chunk ? chunk[id & (CHUNK_SIZE - 1)] : NULL;
}

/*
 * Lowest id >= from whose bit in used[] is `want`; NR_IDS when there is none. At most 512 words
 * are looked at.
 */
static uint32_t find_from(uint32_t from, bool want)
{
	uint64_t flip = want ? 0 : ~0UL, word;
	uint32_t w = from / 64;

	if (from >= NR_IDS)
		return NR_IDS;
	for (word = (used[w] ^ flip) & (~0UL << (from % 64)); !word; word = used[w] ^ flip)
		if (++w == NR_WORDS)
			return NR_IDS;
	return MIN(w * 64 + (uint32_t)__builtin_ctzl(word), NR_IDS);
}

/*
 * Enter d under id, or under the next free id after the last one given (never 0) when id is not a
 * plain one. -EEXIST, -ENOSPC (no id left), -ENOMEM. Sets d->id.
 */
int domain_table_insert(struct domain *d, domid_t id)
{
	FREED struct domain **fresh = xzalloc_array(struct domain *, CHUNK_SIZE);
	uint32_t n = id;

	if (!fresh)
		return -ENOMEM;
	SPIN_GUARD(&table_lock);
	if (id >= NR_IDS) {
		n = find_from(last_id + 1, false);
		if (n >= NR_IDS)
			n = find_from(1, false);
		if (n >= NR_IDS)
			return -ENOSPC;
		last_id = n;
	} else if (lookup_locked(n)) {
		return -EEXIST;
	}
	if (!chunks[n >> CHUNK_SHIFT]) {
		chunks[n >> CHUNK_SHIFT] = fresh;
		fresh = NULL;
	}
	d->id = (domid_t)n;
	chunks[n >> CHUNK_SHIFT][n & (CHUNK_SIZE - 1)] = d;
	used[n / 64] |= BIT(n % 64);
	return 0;
}

/* Take a reference on d, unless the last one is gone. */
bool domain_get(struct domain *d)
{
	return ref_get(&d->refcnt, ~0u);
}

/* Reference on domain id, or NULL. */
struct domain *domain_get_by_id(domid_t id)
{
	SPIN_GUARD(&table_lock);
	struct domain *d = lookup_locked(id);
	return d && domain_get(d) ? d : NULL;
}

/* Reference on the domain with the lowest id >= id, but for one still being made; or NULL. */
struct domain *domain_get_from(uint64_t id)
{
	uint32_t n = (uint32_t)MIN(id, (uint64_t)NR_IDS);

	SPIN_GUARD(&table_lock);
	for (; (n = find_from(n, true)) < NR_IDS; n++) {
		struct domain *d = lookup_locked(n);

		if (d && load_acquire(&d->dying) != DOMAIN_CREATING && domain_get(d))
			return d;
	}
	return NULL;
}

/* DOMID_SELF or a plain id -> reference, or NULL. */
struct domain *domain_get_or_self(domid_t id)
{
	struct domain *d = this_vcpu()->domain;

	if (id != DOMID_FIRST_RESERVED_NR)
		return domain_get_by_id(id);
	return domain_get(d) ? d : NULL;
}

/* The owner of a page that is being freed: its tot_pages keeps it in the table. */
struct domain *domain_of_page_owner(domid_t id)
{
	struct domain **chunk = load_acquire(&chunks[id >> CHUNK_SHIFT]);

	/*
	 * No lock: the entry stays as it is while the domain owns pages, and pages are freed
	 * under other locks.
	 */
	return READ_ONCE(chunk[id & (CHUNK_SIZE - 1)]);
}

/* Drop a reference; the last one takes d out of the table and frees it. */
void domain_put(struct domain *d)
{
	if (__atomic_sub_fetch(&d->refcnt, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	spin_lock(&table_lock);
	chunks[d->id >> CHUNK_SHIFT][d->id & (CHUNK_SIZE - 1)] = NULL;
	used[d->id / 64] &= ~BIT(d->id % 64);
	spin_unlock(&table_lock);
	domain_destroy_final(d);
}
