/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMIDs by generation. Within a generation every domain that runs gets the next free number; when
 * they are used up a new generation begins, in which domains that are on a CPU keep theirs, and
 * each CPU empties its guest TLB before it loads the next domain. So any number of domains can
 * live, and a number is never reused while some TLB may still know its old meaning. vmid_lock
 * covers all but the fast path.
 */
#include <xen/p2m.h>
#include <arch/mmu.h>

#define VTTBR_VMID	48
#define VTCR_PS_SHIFT	16

static spinlock_t vmid_lock = SPINLOCK_INIT(LOCK_MMU);
static uint64_t generation = 1;		/* written under vmid_lock */
static uint32_t next_vmid = 1;		/* vmid_lock; 0 is never given out */
static uint32_t vmid_bits = 8;

/*
 * What each CPU had loaded when the generation began (pcpu.vmid_active then): it goes on running
 * that till it loads another domain, and the number stays reserved to the generation's end, since
 * the domain may have taken it over into the generation. vmid_lock.
 */
static uint64_t kept[MAX_CPUS];

static uint64_t tag_of(uint64_t gen, uint32_t vmid)
{
	return gen << VMID_SHIFT | vmid;
}

/* VMIDs have 8 or 16 bits here. Before the first domain runs. */
void vmid_init(unsigned int bits)
{
	vmid_bits = bits;
}

/* Was vmid on a CPU when the generation began? vmid_lock. */
static bool is_kept(uint32_t vmid)
{
	for (unsigned int i = 0; i < MAX_CPUS; i++)
		if (kept[i] && (uint16_t)kept[i] == vmid)
			return true;
	return false;
}

/*
 * Was who has this tag on a CPU when the generation began? Then it keeps its number, in this
 * generation too.
 * vmid_lock.
 */
static bool renew_kept(uint64_t tag)
{
	bool found = false;

	for (unsigned int i = 0; i < MAX_CPUS; i++)
		if (kept[i] == tag && tag) {
			kept[i] = tag_of(generation, (uint16_t)tag);
			found = true;
		}
	return found;
}

/* Begin a generation: what CPUs have loaded stays reserved. vmid_lock. */
static void roll_over(void)
{
	WRITE_ONCE(generation, generation + 1);
	next_vmid = 1;
	for (unsigned int i = 0; i < nr_cpus; i++) {
		uint64_t tag = __atomic_exchange_n(&cpus[i]->vmid_active, 0, __ATOMIC_SEQ_CST);

		/* No load since the last roll-over: the CPU still runs what was kept then. */
		if (tag)
			kept[i] = tag;
	}
}

/*
 * A number for p2m, which has none in this generation. At most MAX_CPUS are kept, so one is found.
 * vmid_lock.
 */
static uint32_t new_vmid(const struct p2m *p2m)
{
	for (;;) {
		if (renew_kept(p2m->vmid_tag))
			return (uint16_t)p2m->vmid_tag;
		while (next_vmid < 1u << vmid_bits && is_kept(next_vmid))
			next_vmid++;
		if (next_vmid < 1u << vmid_bits)
			return next_vmid++;
		roll_over();
	}
}

/* p2m gets a number of the current generation, if it has none, and this CPU knows nothing older. */
void vmid_renew(struct p2m *p2m)
{
	struct pcpu *c = this_cpu();

	SPIN_GUARD(&vmid_lock);
	if (p2m->vmid_tag >> VMID_SHIFT != generation) {
		uint32_t vmid = new_vmid(p2m);

		WRITE_ONCE(p2m->vttbr,
			   (p2m->vttbr & GENMASK(47, 0)) | (uint64_t)vmid << VTTBR_VMID);
		/*
		 * Who clears an entry from here on sees this VTTBR, or its CPU's users see it
		 * cleared (stage2.c).
		 */
		smp_mb();
		store_release(&p2m->vmid_tag, tag_of(generation, vmid));
	}
	if (c->vmid_generation != generation) {
		tlb_flush_all_guests_local();
		c->vmid_generation = generation;
	}
	__atomic_store_n(&c->vmid_active, p2m->vmid_tag, __ATOMIC_SEQ_CST);
}

/* VTCR_EL2: 4 KiB granule, inner-shareable write-back walks, p2m_host_ipa_bits in and out. */
uint64_t p2m_vtcr(void)
{
	static const uint8_t ps_bits[] = { 32, 36, 40, 42, 44, 48 };
	uint64_t ps = 0;

	while (ps + 1 < ARRAY_SIZE(ps_bits) && ps_bits[ps] < p2m_host_ipa_bits)
		ps++;
	return (64 - p2m_host_ipa_bits) |			/* T0SZ */
	       (p2m_host_ipa_bits > 43 ? 2UL : 1UL) << 6 |	/* SL0: start at level 0 or 1 */
	       1UL << 8 | 1UL << 10 | 3UL << 12 |		/* IRGN0, ORGN0, SH0 */
	       ps << VTCR_PS_SHIFT |
	       (uint64_t)(vmid_bits == 16) << 19 |		/* VS */
	       1UL << 31;					/* RES1 */
}
