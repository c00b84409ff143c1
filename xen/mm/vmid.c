/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMIDs by generation. Within a generation every domain that runs gets the next free number; when
 * they are used up a new generation begins, in which domains that are on a CPU keep theirs, and
 * each CPU empties its guest TLB before it loads the next domain. So any number of domains can
 * live, and a number is never reused while some TLB may still know its old meaning. vmid_lock
 * covers all but the fast path.
 */
#include <xen/lib.h>
#include <xen/p2m.h>
#include <xen/percpu.h>
#include <arch/mmu.h>

#define VMID_SHIFT	16		/* of the generation in a tag: generation << 16 | VMID */
#define VTTBR_VMID	48
#define VTCR_PS_SHIFT	16

static spinlock_t vmid_lock = SPINLOCK_INIT(LOCK_MMU);
static uint64_t generation = 1;		/* written under vmid_lock */
static uint32_t next_vmid = 1;		/* vmid_lock; 0 is never given out */
static uint32_t vmid_bits = 8;

/*
 * What each CPU has loaded: a tag, atomic; 0 after a roll-over took it. `kept` (vmid_lock) is what
 * it had loaded when the generation began: it goes on running that till it loads another domain,
 * and the number stays reserved to the generation's end, since the domain may have taken it over
 * into the generation.
 */
static struct { uint64_t active, kept; } cpu_vmid[MAX_CPUS];

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
	unsigned int i;

	for (i = 0; i < MAX_CPUS; i++)
		if (cpu_vmid[i].kept && (uint16_t)cpu_vmid[i].kept == vmid)
			return true;
	return false;
}

/*
 * Was p2m on a CPU when the generation began? Then it keeps its number, in this generation too.
 * vmid_lock.
 */
static bool renew_kept(const struct p2m *p2m)
{
	uint64_t tag = tag_of(p2m->vmid_generation, p2m->vmid);
	bool found = false;
	unsigned int i;

	for (i = 0; i < MAX_CPUS; i++)
		if (cpu_vmid[i].kept == tag && p2m->vmid_generation) {
			cpu_vmid[i].kept = tag_of(generation, p2m->vmid);
			found = true;
		}
	return found;
}

/* Begin a generation: what CPUs have loaded stays reserved. vmid_lock. */
static void roll_over(void)
{
	unsigned int i;

	WRITE_ONCE(generation, generation + 1);
	next_vmid = 1;
	for (i = 0; i < MAX_CPUS; i++) {
		uint64_t tag = __atomic_exchange_n(&cpu_vmid[i].active, 0, __ATOMIC_SEQ_CST);

		/* No load since the last roll-over: the CPU still runs what was kept then. */
		if (tag)
			cpu_vmid[i].kept = tag;
	}
}

/*
 * A number for p2m, which has none in this generation. At most MAX_CPUS are kept, so one is found.
 * vmid_lock.
 */
static uint32_t new_vmid(const struct p2m *p2m)
{
	for (;;) {
		if (renew_kept(p2m))
			return p2m->vmid;
		while (next_vmid < 1u << vmid_bits && is_kept(next_vmid))
			next_vmid++;
		if (next_vmid < 1u << vmid_bits)
			return next_vmid++;
		roll_over();
	}
}

static __noinline void make_current_slow(struct p2m *p2m, struct pcpu *c)
{
	SPIN_GUARD(&vmid_lock);
	if (p2m->vmid_generation != generation) {
		uint32_t vmid = new_vmid(p2m);

		p2m->vmid = (uint16_t)vmid;
		WRITE_ONCE(p2m->vttbr,
			   (p2m->vttbr & GENMASK(47, 0)) | (uint64_t)vmid << VTTBR_VMID);
		/*
		 * Who clears an entry from here on sees this VTTBR, or its CPU's users see it
		 * cleared (stage2.c).
		 */
		smp_mb();
		store_release(&p2m->vmid_generation, generation);
	}
	if (c->vmid_generation != generation) {
		tlb_flush_all_guests_local();
		c->vmid_generation = generation;
	}
	__atomic_store_n(&cpu_vmid[c->id].active, tag_of(generation, p2m->vmid), __ATOMIC_SEQ_CST);
}

/*
 * p2m is about to be loaded on this CPU: afterwards p2m->vttbr holds a VMID of the current
 * generation, and this CPU's TLB knows nothing older of that number.
 */
void vmid_make_current(struct p2m *p2m)
{
	struct pcpu *c = this_cpu();
	uint64_t old = __atomic_load_n(&cpu_vmid[c->id].active, __ATOMIC_RELAXED);
	uint64_t gen = load_acquire(&p2m->vmid_generation);

	/*
	 * The exchange fails when a roll-over took our tag meanwhile; then it has not seen the new
	 * one.
	 */
	if (likely(old && gen == READ_ONCE(generation) && c->vmid_generation == gen &&
		   __atomic_compare_exchange_n(&cpu_vmid[c->id].active, &old,
					       tag_of(gen, p2m->vmid), false,
					       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)))
		return;
	make_current_slow(p2m, c);
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
