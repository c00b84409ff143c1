/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl: a domain's vCPUs - their number, registers, affinity and share of the CPUs. Registers
 * are read and written under a pause of this call's own, which is taken once and given back when
 * the call ends.
 */
#include <xen/lib.h>
#include <xen/sched.h>
#include <arch/vcpu_ctxt.h>
#include "domctl.h"

#define CAP_UNCHANGED	0xffffu
/* SPSR_EL1's upper half and what would make the first instruction trap. */
#define CPSR_SETTABLE	(0xffffffffUL & ~(SPSR_IL | SPSR_SS))

/* The vCPU, -EINVAL above the domain's number, -ESRCH when it was not made yet. */
static int find_vcpu(const struct domain *d, uint32_t id, struct vcpu **v)
{
	if (id >= d->max_vcpus)
		return -EINVAL;
	*v = domain_vcpu(d, id);
	return *v ? 0 : -ESRCH;
}

/* Make all vCPUs, down. -EINVAL for a number other than createdomain's, -ENOMEM. */
int domctl_max_vcpus(struct domain *d, struct xen_domctl *op, struct op_progress *p __unused)
{
	/* One maker at a time in the machine; whoever comes second asks again. */
	static uint8_t busy;
	int rc;

	if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		return -ERESTART;
	rc = domain_is_dying(d) ? -ESRCH : domain_create_vcpus(d, op->u.max_vcpus.max);
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	return rc;
}

/*
 * d paused once more by this call, and on no CPU: 0. -ERESTART: not yet off the CPUs.
 * -EOVERFLOW, -EINVAL (nobody holds the pause that the caller says it took).
 */
static int pause_for_call(struct domain *d, const struct op_progress *p)
{
	int rc = 0;

	if (!p->resumed)
		rc = domain_pause(d);
	else if (!READ_ONCE(d->pause_count))
		rc = -EINVAL;
	if (rc)
		return rc;
	return domain_is_quiet(d) ? 0 : -ERESTART;
}

static void unpause_for_call(struct domain *d)
{
	/* Fails only if somebody else took our pause away: nothing is left to undo then. */
	if (domain_unpause(d))
		return;
}

static bool legal_cpsr(uint64_t cpsr)
{
	uint64_t mode = cpsr & (PSR_MODE_BIT | 0xf);

	return mode == PSR_MODE_EL1h || mode == PSR_MODE_EL1t || mode == PSR_MODE_EL0t;
}

static void write_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	const struct vcpu_guest_core_regs *r = &c->user_regs;
	const uint64_t *x = &r->x0;
	uint32_t i;

	vcpu_reset(v, r->pc64, r->x0);
	for (i = 0; i < ARRAY_SIZE(v->regs.x); i++)
		v->regs.x[i] = x[i];
	v->regs.spsr = r->cpsr & CPSR_SETTABLE;
	v->ctxt.spsr_el1 = r->spsr_el1;
	v->ctxt.spsr_fiq = r->spsr_fiq;
	v->ctxt.spsr_irq = r->spsr_irq;
	v->ctxt.spsr_und = r->spsr_und;
	v->ctxt.spsr_abt = r->spsr_abt;
	v->ctxt.sp_el0 = r->sp_el0;
	v->ctxt.sp_el1 = r->sp_el1;
	v->ctxt.elr_el1 = r->elr_el1;
	v->ctxt.sctlr = c->sctlr;
	v->ctxt.tcr = c->ttbcr;
	v->ctxt.ttbr0 = c->ttbr0;
	v->ctxt.ttbr1 = c->ttbr1;
	if (c->flags & VGCF_online)
		vcpu_clear_flag(v, VPF_DOWN);
	else
		vcpu_set_flag(v, VPF_DOWN);
}

/* x0..x30 are used as an array. */
_Static_assert(offsetof(struct vcpu_guest_core_regs, x30) ==
	       offsetof(struct vcpu_guest_core_regs, x0) + 30 * sizeof(uint64_t),
		       "x0..x30 in a row");

/* Back to the state before the first context: down. */
static void reset_vcpu(struct vcpu *v)
{
	vcpu_set_flag(v, VPF_DOWN);
	vcpu_reset(v, 0, 0);
	v->initialised = false;
}

/*
 * Give a vCPU its registers; no context: reset it. -EINVAL (vCPU, processor state), -EFAULT,
 * -EOVERFLOW.
 */
int domctl_setvcpucontext(struct domain *d, struct xen_domctl *op, struct op_progress *p)
{
	struct vcpu_guest_context c = { 0 };
	struct vcpu *v;
	bool reset = !op->u.vcpucontext.ctxt.p;
	int rc;

	if (find_vcpu(d, op->u.vcpucontext.vcpu, &v))
		rc = -EINVAL;
	else if (!reset && copy_from_guest(&c, op->u.vcpucontext.ctxt.p, sizeof(c)))
		rc = -EFAULT;
	else if (!reset && !legal_cpsr(c.user_regs.cpsr))
		rc = -EINVAL;
	else
		rc = 0;
	if (rc) {
		/*
		 * Resumed, it was right before: the guest's buffer changed. The pause is given
		 * back all the same.
		 */
		if (p->resumed)
			unpause_for_call(d);
		return rc;
	}
	rc = pause_for_call(d, p);
	if (rc)
		return rc;
	if (reset)
		reset_vcpu(v);
	else
		write_context(v, &c);
	unpause_for_call(d);
	return 0;
}

static void read_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	struct vcpu_guest_core_regs *r = &c->user_regs;
	uint64_t *x = &r->x0;
	uint32_t i;

	vcpu_ctxt_sync(v);
	c->flags = READ_ONCE(v->flags) & VPF_DOWN ? 0 : VGCF_online;
	for (i = 0; i < ARRAY_SIZE(v->regs.x); i++)
		x[i] = v->regs.x[i];
	r->pc64 = v->regs.elr;
	r->cpsr = v->regs.spsr;
	r->spsr_el1 = v->ctxt.spsr_el1;
	r->spsr_fiq = (uint32_t)v->ctxt.spsr_fiq;
	r->spsr_irq = (uint32_t)v->ctxt.spsr_irq;
	r->spsr_und = (uint32_t)v->ctxt.spsr_und;
	r->spsr_abt = (uint32_t)v->ctxt.spsr_abt;
	r->sp_el0 = v->ctxt.sp_el0;
	r->sp_el1 = v->ctxt.sp_el1;
	r->elr_el1 = v->ctxt.elr_el1;
	c->sctlr = v->ctxt.sctlr;
	c->ttbcr = v->ctxt.tcr;
	c->ttbr0 = v->ctxt.ttbr0;
	c->ttbr1 = v->ctxt.ttbr1;
}

/* -EINVAL, -ESRCH (vCPU), -ENODATA: it never had a context. -EFAULT, -EOVERFLOW. */
int domctl_getvcpucontext(struct domain *d, struct xen_domctl *op, struct op_progress *p)
{
	struct vcpu_guest_context c = { 0 };
	struct vcpu *v;
	int rc;

	rc = find_vcpu(d, op->u.vcpucontext.vcpu, &v);
	if (!rc && !v->initialised)
		rc = -ENODATA;
	if (rc) {
		if (p->resumed)
			unpause_for_call(d);
		return rc;
	}
	rc = pause_for_call(d, p);
	if (rc)
		return rc;
	read_context(v, &c);
	unpause_for_call(d);
	return copy_to_guest(op->u.vcpucontext.ctxt.p, &c, sizeof(c));
}

/* -EINVAL, -ESRCH. */
int domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op, struct op_progress *p __unused)
{
	struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
	struct vcpu *v;
	uint32_t flags;
	int rc = find_vcpu(d, info->vcpu, &v);

	if (rc)
		return rc;
	flags = READ_ONCE(v->flags);
	info->online = !(flags & VPF_DOWN);
	info->blocked = !!(flags & VPF_BLOCKED);
	info->running = load_acquire(&v->is_running);
	info->cpu_time = sched_cpu_time(v);
	info->cpu = READ_ONCE(v->sched.cpu);
	return 0;
}

/* Which of the two sets the call is about. False: neither, or an unknown flag. */
static bool affinity_flags(uint32_t flags, bool *hard, bool *soft)
{
	*hard = flags & XEN_VCPUAFFINITY_HARD;
	*soft = flags & XEN_VCPUAFFINITY_SOFT;
	return (*hard || *soft) &&
	       !(flags & ~(XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT | XEN_VCPUAFFINITY_FORCE));
}

/*
 * Set where a vCPU may run and where it likes to; OUT: what of it is effective. -EINVAL, -ESRCH,
 * -EFAULT.
 */
int domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op, struct op_progress *p __unused)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	uint64_t hard = 0, soft = 0;
	bool set_hard, set_soft;
	struct vcpu *v;
	int rc = find_vcpu(d, a->vcpu, &v);

	if (rc)
		return rc;
	if (!affinity_flags(a->flags, &set_hard, &set_soft))
		return -EINVAL;
	if ((set_hard && bitmap_from_guest(&a->cpumap_hard, &hard)) ||
	    (set_soft && bitmap_from_guest(&a->cpumap_soft, &soft)))
		return -EFAULT;
	if ((set_hard && !(hard & all_cpus_mask())) || (set_soft && !(soft & all_cpus_mask())))
		return -EINVAL;
	rc = sched_set_affinity(v, set_hard ? &hard : NULL, set_soft ? &soft : NULL);
	if (rc)
		return rc;
	hard = READ_ONCE(v->sched.affinity) & all_cpus_mask();
	if (set_hard)
		rc = bitmap_to_guest(&a->cpumap_hard, hard);
	if (!rc && set_soft)
		rc = bitmap_to_guest(&a->cpumap_soft, soft & hard);
	return rc;
}

/* -EINVAL, -ESRCH, -EFAULT. */
int domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op, struct op_progress *p __unused)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	bool get_hard, get_soft;
	struct vcpu *v;
	int rc = find_vcpu(d, a->vcpu, &v);

	if (rc)
		return rc;
	if (!affinity_flags(a->flags, &get_hard, &get_soft) || (a->flags & XEN_VCPUAFFINITY_FORCE))
		return -EINVAL;
	if (get_hard)
		rc = bitmap_to_guest(&a->cpumap_hard,
				     READ_ONCE(v->sched.affinity) & all_cpus_mask());
	if (!rc && get_soft)
		rc = bitmap_to_guest(&a->cpumap_soft,
				     READ_ONCE(v->sched.soft_affinity) & all_cpus_mask());
	return rc;
}

/*
 * Weight and cap: the credit schedulers' parameters share a layout. -EINVAL for another
 * scheduler or command.
 */
int domctl_scheduler_op(struct domain *d, struct xen_domctl *op, struct op_progress *p __unused)
{
	struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;
	uint16_t cap;

	if (s->sched_id != sched->sched_id)
		return -EINVAL;
	switch (s->cmd) {
	case XEN_DOMCTL_SCHEDOP_getinfo:
		s->u.credit2.weight = READ_ONCE(d->weight);
		s->u.credit2.cap = READ_ONCE(d->cap);
		return 0;
	case XEN_DOMCTL_SCHEDOP_putinfo:
		cap = s->u.credit2.cap == CAP_UNCHANGED ? READ_ONCE(d->cap) : s->u.credit2.cap;
		return sched_set_params(d, s->u.credit2.weight, cap);
	default:
		return -EINVAL;
	}
}
