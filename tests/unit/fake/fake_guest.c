/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side of the fake machine: register state in and out of a CPU, its own
 * address translation (identity, with ranges that fault), exceptions, shared-word atomics.
 */
#include <string.h>
#include <arch/guest_atomic.h>
#include <arch/vcpu_ctxt.h>
#include <xen/errno.h>
#include <xen/p2m_walk.h>
#include "fake.h"
#include "fake_private.h"

bool fake_atomic_starved;
unsigned int fake_nr_starved;

#define MAX_RANGES 16u
static struct { uint64_t start, end; bool reads, writes; } ranges[MAX_RANGES];
static unsigned int nr_ranges;

void fake_va_fault(uint64_t start, uint64_t end, bool reads, bool writes)
{
	if (nr_ranges == MAX_RANGES)
		fake_die("too many fault ranges");
	ranges[nr_ranges].start = start;
	ranges[nr_ranges].end = end;
	ranges[nr_ranges].reads = reads;
	ranges[nr_ranges++].writes = writes;
}

void fake_va_fault_clear(void)
{
	nr_ranges = 0;
}

void fake_guest_reset(void)
{
	nr_ranges = 0;
	fake_atomic_starved = false;
}

int guest_va_to_ipa(uint64_t va, bool write, ipa_t *ipa)
{
	for (unsigned int i = 0; i < nr_ranges; i++)
		if (va >= ranges[i].start && va < ranges[i].end &&
		    (write ? ranges[i].writes : ranges[i].reads))
			return -EFAULT;
	if (va >> 48)
		return -EFAULT;
	*ipa = va;
	return 0;
}

mfn_t guest_va_to_mfn(uint64_t va, bool write)
{
	struct domain *d = this_cpu()->current->domain;
	enum p2m_kind kind;
	unsigned int level;
	gfn_t g;
	ipa_t ipa;
	pte_t pte;

	if (!d->p2m.lock.locked)
		fake_die("guest_va_to_mfn without the p2m lock");
	if (guest_va_to_ipa(va, write, &ipa))
		return INVALID_MFN;
	g = ipa_to_gfn(ipa);
	if (g.v >= p2m_nr_gfns(&d->p2m))
		return INVALID_MFN;
	pte = *p2m_find_entry(&d->p2m, g.v, &level);
	kind = pte & PTE_VALID ? pte_p2m_kind(pte) : P2M_HOLE;
	if (kind == P2M_HOLE || (write && !(pte & BIT(7))))
		return INVALID_MFN;
	return mfn_add(pte_mfn(pte), g.v & ((1UL << pt_order(level)) - 1));
}

void vcpu_short_ways(struct vcpu *v, bool on)
{
	v->id_key = v->mmio_key = on;
}

void vcpu_trap_waits(struct vcpu *v, bool wfi, bool wfe)
{
	v->ctxt.hcr = (wfi ? WAIT_WFI : 0) | (wfe ? WAIT_WFE : 0);
}

void vcpu_ctxt_init(struct vcpu *v)
{
	memset(&v->ctxt, 0, sizeof(v->ctxt));
	v->ctxt.extra = v->domain->is_aarch32 ? CTXT_AARCH32 : 0;
	v->ctxt.sctlr = 0x30d00800;
	v->ctxt.vmpidr = 0x80000000u | vcpu_affinity(v->id);
	vcpu_short_ways(v, true);
	v->ctxt.hcr = v->sched.traps = WAIT_WFI;
}

void vcpu_ctxt_save(struct vcpu *v)
{
	struct vgic_hw *g = &v->ctxt.gic;

	for (unsigned int n = 0; n < g->nr_used; n++)
		g->lr[n] = fake_lr[this_cpu()->id][n];
	fake_event(FAKE_CTXT_SAVE, (uint64_t)(uintptr_t)v, 0, 0);
}

void vcpu_ctxt_stage2(struct domain *d)
{
	if (d)
		vmid_make_current(&d->p2m);
}

void vcpu_ctxt_load(struct vcpu *v)
{
	struct vgic_hw *g = &v->ctxt.gic;

	memset(fake_lr[this_cpu()->id], 0, sizeof(fake_lr[0]));
	for (unsigned int n = 0; n < g->nr_used; n++)
		fake_lr[this_cpu()->id][n] = g->lr[n];
	fake_ich_hcr[this_cpu()->id] = g->hcr;
	this_cpu()->el1_owner = v;
	fake_event(FAKE_CTXT_LOAD, (uint64_t)(uintptr_t)v, 0, 0);
}

void guest_inject_undef(struct vcpu *v)
{
	fake_event(FAKE_INJECT_UNDEF, (uint64_t)(uintptr_t)v, 0, 0);
}

void guest_inject_sysreg(struct vcpu *v, uint32_t iss)
{
	fake_event(FAKE_INJECT_SYSREG, (uint64_t)(uintptr_t)v, iss, 0);
}

void guest_inject_abort(struct vcpu *v, uint64_t far, bool fetch)
{
	fake_event(FAKE_INJECT_ABORT, (uint64_t)(uintptr_t)v, far, fetch);
}

void guest_inject_serror(struct vcpu *v)
{
	fake_event(FAKE_INJECT_SERROR, (uint64_t)(uintptr_t)v, 0, 0);
}

#define STARVED(d, value) do {			\
	if (fake_atomic_starved) {		\
		fake_nr_starved++;		\
		domain_starves(d);		\
		return value;			\
	}					\
} while (0)

bool guest_test_and_set_bit(unsigned int bit, uint64_t *word, struct domain *d)
{
	STARVED(d, true);
	return __atomic_fetch_or(word, 1UL << bit, __ATOMIC_SEQ_CST) >> bit & 1;
}

bool guest_test_and_clear_bit(unsigned int bit, uint64_t *word, struct domain *d)
{
	STARVED(d, false);
	return __atomic_fetch_and(word, ~(1UL << bit), __ATOMIC_SEQ_CST) >> bit & 1;
}

bool guest_test_and_set_bit32(unsigned int bit, uint32_t *word, struct domain *d)
{
	STARVED(d, true);
	return __atomic_fetch_or(word, 1u << bit, __ATOMIC_SEQ_CST) >> bit & 1;
}

bool guest_test_and_clear_bit32(unsigned int bit, uint32_t *word, struct domain *d)
{
	STARVED(d, false);
	return __atomic_fetch_and(word, ~(1u << bit), __ATOMIC_SEQ_CST) >> bit & 1;
}

uint32_t guest_cmpxchg32(uint32_t *p, uint32_t old, uint32_t val, struct domain *d)
{
	STARVED(d, ~old);
	__atomic_compare_exchange_n(p, &old, val, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return old;
}

void guest_clear_mask16(uint16_t mask, uint16_t *p, struct domain *d)
{
	STARVED(d, );
	__atomic_fetch_and(p, (uint16_t)~mask, __ATOMIC_SEQ_CST);
}
