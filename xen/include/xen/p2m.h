/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's physical map: guest frame -> machine frame and kind. Every entry holds one
 * reference on its page. Removal goes: clear entry -> TLB invalidate -> drop references, in one
 * helper. All functions take p2m.lock themselves.
 *
 * A direct-mapped domain (dom0) keeps its RAM for life: its 1:1 RAM entries (gfn == mfn) carry no
 * reference of their own, the domain's ownership is the one reference. So unmapping one leaves the
 * page owned by the domain (a reservation), and p2m_map(d, g, mfn(g.v), order, P2M_RAM_RW) puts it
 * back without a new reference.
 */
#pragma once

#include <xen/pte.h>
#include <xen/percpu.h>

struct p2m {
	spinlock_t lock;	/* LOCK_P2M */
	pte_t *root;		/* concatenated start tables; heap */
	uint8_t root_level;	/* 0 or 1 */
	uint8_t root_order;	/* log2 of the number of concatenated tables */
	uint8_t ipa_bits;
	uint64_t vmid_tag;	/* generation << 16 | VMID, which the generation makes valid; 0 none */
	uint64_t vttbr;		/* root | VMID: what VTTBR_EL2 gets */
	uint64_t max_gfn;	/* highest gfn ever mapped */
	uint64_t relinquish_next;	/* progress of p2m_relinquish: next gfn ... */
	mfn_t release_mfn;		/* ... and what is left to drop of a large leaf taken out */
	uint64_t release_nr;
	uint8_t dirty_log;		/* enum dirty_log; read without the lock as well */
	uint32_t write_faults;		/* clean leaves that became dirty; racy when set to 0 */
};

/* Are writes seen? After OFF there still are clean leaves. */
enum dirty_log { DIRTY_LOG_NEVER, DIRTY_LOG_OFF, DIRTY_LOG_ON };

struct p2m_entry {
	mfn_t mfn;
	enum p2m_kind kind;
	unsigned int order;	/* of the mapping that covers the gfn: 0, 9, 18 */
};

/* How many bits of guest-physical address stage 2 takes here (host's PA size, capped at 48). */
extern uint32_t p2m_host_ipa_bits;
/* VTCR_EL2 for p2m_host_ipa_bits. */
uint64_t p2m_vtcr(void);

/* What g maps to; P2M_HOLE outside. Of a hole: at least 2^order gfns, aligned, are one. */
struct p2m_entry p2m_lookup(struct domain *d, gfn_t g);
/*
 * Look up and take a reference on the page: INVALID_MFN for a hole, MMIO, or (write) read-only.
 * *kind may be NULL.
 */
mfn_t p2m_get_page(struct domain *d, gfn_t g, bool write, enum p2m_kind *kind);
/* The same for d's own RAM only. */
mfn_t p2m_get_ram(struct domain *d, gfn_t g, bool write);
/*
 * Map 2^order frames at g. The caller gives one reference on each page to the entries (MMIO: none
 * needed). What was mapped there is unmapped and released first. -ENOMEM (nothing changed),
 * -EINVAL, -ESRCH when dying.
 */
int p2m_map(struct domain *d, gfn_t g, mfn_t m, unsigned int order,
	    enum p2m_kind kind) __must_check;
/*
 * Unmap 2^order frames at g, releasing their pages. -ENOENT when g maps nothing. Splits blocks
 * (-ENOMEM).
 */
int p2m_unmap(struct domain *d, gfn_t g, unsigned int order) __must_check;
/* Unmap g only if it maps m with this kind: -ENOENT otherwise. */
int p2m_unmap_if(struct domain *d, gfn_t g, mfn_t m, enum p2m_kind kind) __must_check;
/* Clean and invalidate to PoC the RAM in [g, g + nr); preemptible: how many gfns are done. */
uint64_t p2m_cache_flush(struct domain *d, gfn_t g, uint64_t nr);
/* Does a stage-2 fault at ipa deserve another try, as it raced with a change? */
bool p2m_fault_is_spurious(struct domain *d, ipa_t ipa, bool write);

/* ---- mm/reported.c: memory that a domain does without until it touches it ---- */
/* 2^order frames at g, d's own memory with contents of no use, become reported; 0 or an errno. */
int p2m_report(struct domain *d, gfn_t g, uint32_t order) __must_check;
/* The reverse for the frame g. 0, -ENOMEM, -ESRCH, and if the caller can try again -ERESTART. */
int p2m_take_back(struct domain *d, gfn_t g, bool can_restart) __must_check;
/* The current vCPU, of d, touched reported memory: take it back, or let it wait for some. */
void p2m_fault_reported(struct domain *d, gfn_t g);

/* ---- mm/dirty.c: which frames a domain writes ---- */
#define P2M_DIRTY_BATCH	8192u
/* Which of the frames [g, g + nr) are dirty, and make them clean. Returns how many are done. */
uint64_t p2m_take_dirty(struct domain *d, gfn_t g, uint64_t nr, bool clean,
			uint64_t bits[P2M_DIRTY_BATCH / 64], uint64_t *count);

/* ---- mm/vmid.c: VMIDs by generation, like ASIDs ---- */
void vmid_init(unsigned int bits);
#define VMID_SHIFT	16		/* of the generation in a tag */
/*
 * Before p2m's stage 2 is loaded on this CPU: its vttbr has a valid VMID afterwards. vmid_renew
 * flushes on a roll-over; it is needed where vmid_take answers false.
 */
void vmid_renew(struct p2m *p2m);
static inline bool vmid_take(struct p2m *p2m)
{
	uint64_t *active = &this_cpu()->vmid_active, old = READ_ONCE(*active);
	uint64_t tag = load_acquire(&p2m->vmid_tag);

	/*
	 * What is active is of the current generation, to which this CPU's TLB has been brought.
	 * The exchange fails when a roll-over took it meanwhile; that has not seen the new one.
	 */
	return likely(old && (old ^ tag) >> VMID_SHIFT == 0 &&
		      __atomic_compare_exchange_n(active, &old, tag, false, __ATOMIC_SEQ_CST,
						  __ATOMIC_RELAXED));
}
