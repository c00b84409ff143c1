/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory that a vCPU registers to be shared with the hypervisor: vcpu_info and the runstate
 * area. Checked once, pinned and mapped until the domain dies, or the vCPU itself moves its area.
 * Written by the CPU that runs the vCPU; under the domain's lock at registration.
 */
#include <xen/domain.h>
#include <xen/evtchn.h>
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/vcpu_state.h>
#include <arch/guest_atomic.h>
#include <public/vcpu.h>

/* Bit 63 of state_entry_time while an update is under way (vm_assist type 5). */
#define RUNSTATE_UPDATE	BIT(63)


/* Let v's guest look at every word: what was sent before may have gone elsewhere. */
static void all_pending(struct vcpu *v)
{
	shared_write(&v->info->evtchn_pending_sel, ~0UL);
	shared_write(&v->info->evtchn_upcall_pending, 0);
	evtchn_mark_upcall(v);
}

/*
 * Move v's vcpu_info to offset in guest frame g. Once per vCPU: -EINVAL the second time or for no
 * RAM, -ENXIO for a bad offset, -ENOMEM. All events count as pending afterwards (the ABI's rule).
 */
int vcpu_register_info(struct vcpu *v, gfn_t g, uint32_t offset)
{
	struct domain *d = v->domain;
	void *page;
	mfn_t m;

	if (offset > PAGE_SIZE - sizeof(struct vcpu_info) || (offset & 7))
		return -ENXIO;
	int rc = shared_map_ram(d, &g, 1, &m, &page);
	if (rc)
		return rc;
	spin_lock(&d->lock);
	if (mfn_valid(v->info_mfn) || domain_is_dying(d)) {
		spin_unlock(&d->lock);
		shared_unmap_ram(page, &m, 1);
		return -EINVAL;
	}
	struct vcpu_info *fresh = (struct vcpu_info *)((char *)page + offset);
	if (v->id == 0)
		memcpy(fresh, v->info, sizeof(*fresh));
	else
		memset(fresh, 0, sizeof(*fresh));
	v->info_mfn = m;
	v->info_at = gfn_to_ipa(g) + offset;
	store_release(&v->info, fresh);
	spin_unlock(&d->lock);
	all_pending(v);
	return 0;
}

/* The domain's lock is held. */
static void take_runstate_down(struct vcpu *v)
{
	unsigned int nr = mfn_valid(v->runstate_mfn[1]) ? 2 : 1;
	void *page = (void *)((uintptr_t)v->runstate_area & PAGE_MASK);
	mfn_t m[2] = { v->runstate_mfn[0], v->runstate_mfn[1] };

	if (!v->runstate_area)
		return;
	v->runstate_area = NULL;
	v->runstate_mfn[0] = v->runstate_mfn[1] = INVALID_MFN;
	shared_unmap_ram(page, m, nr);
}

/* Take v's runstate area down, if it has one. v is the caller, or runs nowhere and never will. */
void vcpu_release_runstate(struct vcpu *v)
{
	SPIN_GUARD(&v->domain->lock);
	take_runstate_down(v);
}

/*
 * Register the runstate area at offset in g[0], running over into g[1] when it does not fit. The
 * caller replaces its own; another vCPU's CPU may be writing to the one it has, so that stays:
 * -EINVAL. When the frames are not the guest's RAM: -EFAULT, -EINVAL if named by the guest (phys);
 * -ENOMEM.
 */
int vcpu_register_runstate(struct vcpu *v, const gfn_t g[2], uint32_t offset, bool phys)
{
	unsigned int nr = offset + sizeof(struct vcpu_runstate_info) > PAGE_SIZE ? 2 : 1;
	mfn_t m[2] = { INVALID_MFN, INVALID_MFN };
	struct domain *d = v->domain;
	void *page;
	int rc = shared_map_ram(d, g, nr, m, &page);

	if (rc)
		return rc == -EINVAL && !phys ? -EFAULT : rc;
	spin_lock(&d->lock);
	if ((v != this_vcpu() && v->runstate_area) || domain_is_dying(d)) {
		spin_unlock(&d->lock);
		shared_unmap_ram(page, m, nr);
		return -EINVAL;
	}
	take_runstate_down(v);
	v->runstate_mfn[0] = m[0];
	v->runstate_mfn[1] = m[1];
	v->runstate_at[0] = gfn_to_ipa(g[0]) + offset;
	v->runstate_at[1] = gfn_to_ipa(g[1]);
	v->runstate_phys = phys;
	store_release(&v->runstate_area, (struct vcpu_runstate_info *)((char *)page + offset));
	vcpu_update_runstate_area(v);
	spin_unlock(&d->lock);
	return 0;
}

/*
 * Show v's guest its present runstate. The guest may read at any time: entry time is flagged
 * meanwhile, if the guest knows of that. By physical address it always does.
 */
void vcpu_update_runstate_area(struct vcpu *v)
{
	struct vcpu_runstate_info *area = v->runstate_area;
	bool flag = v->runstate_phys || READ_ONCE(v->domain->runstate_update_flag);
	uint64_t time[4], entry;
	s_time_t entry_time;
	uint32_t state;

	if (!area)
		return;
	sched_get_runstate(v, &state, &entry_time, time);
	entry = (uint64_t)entry_time;
	if (flag) {
		shared_write(&area->state_entry_time, entry | RUNSTATE_UPDATE);
		smp_wmb();
	}
	shared_write(&area->state, (int)state);
	for (unsigned int i = 0; i < 4; i++)
		shared_write(&area->time[i], time[i]);
	if (flag)
		smp_wmb();
	shared_write(&area->state_entry_time, entry);
}

/* at, if d still sees m there; of no use to it elsewhere. */
static uint64_t seen_at(struct domain *d, ipa_t at, mfn_t m)
{
	struct p2m_entry e = p2m_lookup(d, ipa_to_gfn(at));

	return mfn_valid(m) && e.kind == P2M_RAM_RW && e.mfn.v == m.v ? at : ZAZEN_SAVE_NOWHERE;
}

void vcpu_areas_get(struct vcpu *v, struct zazen_save_areas *a)
{
	struct domain *d = v->domain;

	a->info = seen_at(d, v->info_at, v->info_mfn);
	a->runstate = seen_at(d, v->runstate_at[0], v->runstate_mfn[0]);
	a->runstate_next = seen_at(d, v->runstate_at[1], v->runstate_mfn[1]);
	if (mfn_valid(v->runstate_mfn[1]) && a->runstate_next == ZAZEN_SAVE_NOWHERE)
		a->runstate = ZAZEN_SAVE_NOWHERE;
	a->runstate_phys = v->runstate_phys;
}

static int set_info(struct vcpu *v, uint64_t at)
{
	/* Others may be writing to the one that it has. */
	if (mfn_valid(v->info_mfn)) {
		all_pending(v);
		return v->info_at == at ? 0 : -EINVAL;
	}
	if (at == ZAZEN_SAVE_NOWHERE)
		return 0;
	return vcpu_register_info(v, ipa_to_gfn(at), (uint32_t)(at & ~PAGE_MASK));
}

static int set_runstate(struct vcpu *v, const struct zazen_save_areas *a)
{
	uint32_t offset = (uint32_t)(a->runstate & ~PAGE_MASK);
	bool two = offset + sizeof(struct vcpu_runstate_info) > PAGE_SIZE;

	vcpu_release_runstate(v);
	if (a->runstate == ZAZEN_SAVE_NOWHERE)
		return a->runstate_next == ZAZEN_SAVE_NOWHERE ? 0 : -EINVAL;
	if ((offset & 7) || two != (a->runstate_next != ZAZEN_SAVE_NOWHERE) ||
	    (two && (a->runstate_phys || (a->runstate_next & ~PAGE_MASK))))
		return -EINVAL;
	return vcpu_register_runstate(v, (gfn_t[]){ ipa_to_gfn(a->runstate),
						    ipa_to_gfn(a->runstate_next) },
				      offset, a->runstate_phys);
}

int vcpu_areas_set(struct vcpu *v, const struct zazen_save_areas *a)
{
	if (a->pad || a->runstate_phys > 1)
		return -EINVAL;
	int rc = set_info(v, a->info);
	return rc ? rc : set_runstate(v, a);
}

/*
 * The domain dies: release every registered page. Its vCPUs run nowhere. -ERESTART, when some are
 * gone, to be called again.
 */
int vcpu_areas_relinquish(struct domain *d)
{
	static struct vcpu_info gone = { .evtchn_upcall_pending = 1 };

	for_each_vcpu(d, v) {
		bool any = v->runstate_area || mfn_valid(v->info_mfn);

		vcpu_release_runstate(v);
		if (mfn_valid(v->info_mfn)) {
			void *page = (void *)((uintptr_t)v->info & PAGE_MASK);

			store_release(&v->info, &gone);
			shared_unmap_ram(page, &v->info_mfn, 1);
			v->info_mfn = INVALID_MFN;
		}
		if (any && hypercall_preempt())
			return -ERESTART;
	}
	return 0;
}
