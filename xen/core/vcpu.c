/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual CPUs: make, find, reset, free. Their states and everything that moves them between
 * CPUs belong to sched/.
 */
#include <xen/aarch32.h>
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/sve.h>
#include <xen/vcpu.h>
#include <xen/vdebug.h>
#include <xen/vdev.h>
#include <xen/vpmu.h>
#include <public/xen.h>

/* PSTATE at the start of a vCPU: EL1h, D, A, I and F masked (abi/boot.md 4). */
#define SPSR_START	0x3c5u

/*
 * Events for a vCPU that has no vcpu_info yet are only noted in the shared bitmap: its upcall
 * byte is set for good, so nothing is ever injected through it. Registration raises them.
 */
static struct vcpu_info no_info = { .evtchn_upcall_pending = 1 };

/* Make vCPU id of d, down and paused as its domain is. NULL: no memory. */
struct vcpu *vcpu_create(struct domain *d, uint32_t id)
{
	struct vcpu *v = xzalloc(struct vcpu);

	if (!v)
		return NULL;
	v->domain = d;
	v->id = id;
	v->flags = VPF_DOWN | (d->pause_count ? VPF_PAUSED : 0);
	v->cpu = cpus[0];
	v->ran_before_on = ~0UL;
	v->info = id == 0 ? &d->shared_info->vcpu_info[0] : &no_info;
	v->info_mfn = INVALID_MFN;
	v->runstate_mfn[0] = v->runstate_mfn[1] = INVALID_MFN;
	vcpu_ctxt_init(v);
	if (domain_vcpu_hooks_init(v)) {
		xfree(v);
		return NULL;
	}
	return v;
}

/* Registers of v left in a CPU by a lazy switch are nobody's now. */
static void disown(struct vcpu **owner, struct vcpu *v)
{
	(void)__atomic_compare_exchange_n(owner, &v, NULL, false, __ATOMIC_RELAXED,
					  __ATOMIC_RELAXED);
}

/* Free v, which runs nowhere and which nothing refers to. */
void vcpu_free(struct vcpu *v)
{
	for (uint32_t i = 0; i < nr_cpus; i++) {
		disown(&cpus[i]->fp_owner, v);
		disown(&cpus[i]->el1_owner, v);
	}
	domain_vcpu_hooks_free(v);
	xfree(v);
}

/* vCPU number id of d; NULL when there is none. */
struct vcpu *domain_vcpu(const struct domain *d, uint64_t id)
{
	if (id >= d->max_vcpus)
		return NULL;
	return load_acquire(&d->vcpu[index_nospec(id, d->max_vcpus)]);
}

/* The vCPU of d that has these MPIDR affinity bits; NULL. */
struct vcpu *domain_vcpu_by_affinity(const struct domain *d, uint64_t aff)
{
	uint64_t id = (aff & 0xf) | ((aff >> 8 & 0xff) << 4);

	if ((aff & 0xff00ffffffUL) != vcpu_affinity((uint32_t)id))
		return NULL;
	return domain_vcpu(d, id);
}

/* Fresh EL1 state that starts at pc (AArch32: bit 0 is Thumb) with x0 = arg. v runs nowhere. */
void vcpu_reset(struct vcpu *v, uint64_t pc, uint64_t arg)
{
	memset(&v->regs, 0, sizeof(v->regs));
	vcpu_ctxt_init(v);
	vtimer_vcpu_reset(v);
	vdebug_vcpu_reset(v);
	vpmu_vcpu_reset(v);
	sve_vcpu_reset(v);
	v->regs.x[0] = arg;
	v->regs.elr = pc;
	v->regs.spsr = SPSR_START;
	if (v->ctxt.extra & CTXT_AARCH32) {
		v->regs.elr = pc & 0xfffffffe;
		v->regs.spsr = SPSR32_START | (pc & 1 ? SPSR32_T : 0);
	}
	memset(&v->hcall, 0, sizeof(v->hcall));
	v->initialised = true;
}
