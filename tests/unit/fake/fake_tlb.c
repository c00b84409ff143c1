/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage-2 TLB of the fake machine: it remembers every translation that a guest access found until
 * an invalidation takes it away, so that a forgotten one shows. The walk has its own decoder of the
 * descriptors, apart from mm/pte.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fake.h"
#include "fake_private.h"

#define TLB_SIZE	1024u
struct entry { bool valid, writable; uint64_t vttbr, page, pa; };
static struct entry tlb[TLB_SIZE];
static unsigned int tlb_used;		/* entries below may be valid */

#define VMID(vttbr)	((vttbr) >> 48)

void fake_tlb_clear(void)
{
	memset(tlb, 0, tlb_used * sizeof(tlb[0]));
	tlb_used = 0;
}

void stage2_sync(void)
{
	fake_event(FAKE_STAGE2_SYNC, 0, 0, 0);
}

void tlb_flush_vmid(uint64_t vttbr)
{
	fake_event(FAKE_TLB_VMID, vttbr, 0, 0);
	for (unsigned int i = 0; i < tlb_used; i++)
		if (VMID(tlb[i].vttbr) == VMID(vttbr))
			tlb[i].valid = false;
}

void tlb_flush_ipa(uint64_t vttbr, ipa_t ipa, uint64_t nr_pages)
{
	fake_event(FAKE_TLB_IPA, vttbr, ipa, nr_pages);
	for (unsigned int i = 0; i < tlb_used; i++)
		if (VMID(tlb[i].vttbr) == VMID(vttbr) &&
		    tlb[i].page - (ipa >> PAGE_SHIFT) < nr_pages)
			tlb[i].valid = false;
}

void tlb_flush_all_guests_local(void)
{
	fake_event(FAKE_TLB_ALL_LOCAL, 0, 0, 0);
	fake_tlb_clear();
}

/*
 * Walk as the machine: start level and concatenation from the p2m, descriptors by the Arm manual.
 */
static bool walk(const struct p2m *p2m, ipa_t ipa, pa_t *pa, bool *writable)
{
	const uint64_t *table = p2m->root;
	unsigned int level = p2m->root_level;
	uint64_t index = ipa >> (39 - 9 * level);

	if (ipa >> p2m->ipa_bits)
		return false;
	for (;; level++) {
		unsigned int shift = 39 - 9 * level;
		uint64_t d = table[index];

		if (!(d & 1) || (level == 3 && !(d & 2)) || (level == 0 && !(d & 2)))
			return false;
		if (level == 3 || !(d & 2)) {
			if (!(d & (1u << 10)) || !(d & (1u << 6)))	/* AF, S2AP[0] */
				return false;
			*writable = d & (1u << 7);
			*pa = (d & 0x0000fffffffff000UL & ~((1UL << shift) - 1)) |
			      (ipa & ((1UL << shift) - 1));
			return true;
		}
		table = HEAP_VA(d & 0x0000fffffffff000UL);
		index = (ipa >> (shift - 9)) & 511;
	}
}

bool fake_guest_access(struct p2m *p2m, ipa_t ipa, bool write, pa_t *pa)
{
	bool writable;
	struct entry *e = NULL;

	for (unsigned int i = 0; i < tlb_used && !e; i++)
		if (tlb[i].valid && VMID(tlb[i].vttbr) == VMID(p2m->vttbr) &&
		    tlb[i].page == ipa >> PAGE_SHIFT)
			e = &tlb[i];
	if (!e) {
		pa_t out;

		if (!walk(p2m, ipa, &out, &writable))
			return false;
		for (unsigned int i = 0; i < tlb_used && !e; i++)
			if (!tlb[i].valid)
				e = &tlb[i];
		if (!e && tlb_used == TLB_SIZE)
			fake_tlb_clear();
		if (!e)
			e = &tlb[tlb_used++];
		*e = (struct entry){
			true, writable, p2m->vttbr, ipa >> PAGE_SHIFT, out & PAGE_MASK,
		};
	}
	*pa = e->pa | (ipa & ~PAGE_MASK);
	return !write || e->writable;
}

bool fake_tlb_is_stale(struct p2m *p2m)
{
	for (unsigned int i = 0; i < tlb_used; i++) {
		bool writable;
		pa_t pa;

		if (!tlb[i].valid || VMID(tlb[i].vttbr) != VMID(p2m->vttbr))
			continue;
		if (!walk(p2m, tlb[i].page << PAGE_SHIFT, &pa, &writable) || pa != tlb[i].pa ||
		    (tlb[i].writable && !writable))
			return true;
	}
	return false;
}
