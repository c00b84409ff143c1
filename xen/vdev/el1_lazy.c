/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translation registers of EL1 and the caches. While HCR_EL2.TVM is set every write of SCTLR,
 * TTBR, TCR and the like traps and goes to the memory copy too, so a switch need not save them.
 * That pays for a vCPU which seldom writes them: after some traps in a short time the trap goes, and
 * comes back after a quiet time. Nothing is lost either way: what does not trap is saved.
 *
 * Operations by set and way name no address and reach one CPU's caches only. In their place the
 * domain's memory is cleaned and invalidated, once, and the registers trap until the caches are
 * on: each switch of the caches cleans again.
 */
#include <xen/domain.h>
#include <xen/p2m_walk.h>
#include <xen/vcpu.h>

#define SCTLR_CACHES	(BIT(0) | BIT(2))	/* M and C: data is cached with both */
/* AArch32: operations that follow each other so fast are one loop over the cache. */
#define SET_WAY_LOOP_NS	(10 * 1000 * 1000UL)

static bool caches_are_on(uint64_t sctlr)
{
	return (sctlr & SCTLR_CACHES) == SCTLR_CACHES;
}

/* The trap is set from now on. */
void el1_lazy_start(struct el1_lazy *l)
{
	l->on = true;
	l->quiet = l->traps = 0;
}

/* A write trapped. Shall the next ones? */
bool el1_lazy_trapped(struct el1_lazy *l)
{
	s_time_t now = system_time();

	l->traps -= MIN((uint64_t)(now - l->trapped_at) / EL1_LAZY_NS, l->traps);
	l->trapped_at = now;
	l->on = l->on && ++l->traps < EL1_LAZY_TRAPS;
	return l->on || l->watch;
}

/*
 * Clean and invalidate the memory of v's domain, going on where an earlier call stopped. False:
 * something else wants the CPU first.
 */
static bool flush(struct vcpu *v)
{
	struct el1_lazy *l = &v->ctxt.lazy;
	uint64_t nr = p2m_nr_gfns(&v->domain->p2m) - l->flush_next;
	uint64_t done = p2m_cache_flush(v->domain, gfn(l->flush_next), nr);

	l->flush_next = done == nr ? 0 : l->flush_next + done;
	return done == nr;
}

/*
 * v, current, does an operation by set and way. can_watch: its registers can be trapped, and are to
 * be if l->watch is set then. False: not finished, the instruction is to be executed again.
 */
bool el1_cache_set_way(struct vcpu *v, bool can_watch)
{
	struct el1_lazy *l = &v->ctxt.lazy;

	if (can_watch ? !l->watch :
	    !l->set_way_at || system_time() - l->set_way_at > SET_WAY_LOOP_NS)
		if (!flush(v))
			return false;
	l->watch = can_watch;
	/* Not from before the flush: a slow one would look like the end of the loop. */
	l->set_way_at = system_time();
	return true;
}

/* SCTLR of v, current, is about to go from old to sctlr. False as above. */
bool el1_cache_toggle(struct vcpu *v, uint64_t old, uint64_t sctlr)
{
	struct el1_lazy *l = &v->ctxt.lazy;

	if (!l->watch)
		return true;
	if (caches_are_on(old) != caches_are_on(sctlr) && !flush(v))
		return false;
	l->watch = !caches_are_on(sctlr);
	return true;
}
