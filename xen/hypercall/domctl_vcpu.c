/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl: a domain's vCPUs - their number, registers, affinity and share of the CPUs. Registers
 * are read and written under a pause of the call's own (domctl.c).
 */
#include <xen/aarch32.h>
#include <xen/id_regs.h>
#include <xen/sched.h>
#include <xen/sve.h>
#include <xen/vcpu_state.h>
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

/* One maker of vCPUs at a time in the machine; whoever comes second asks again. */
static uint8_t busy;

static int lower_fields(struct domain *d, const struct zazen_domctl_cpu_model *m)
{
	uint64_t *regs = id_regs_own(d);
	int rc = 0;

	if (!regs)
		return -ENOMEM;
	for (uint32_t i = 0; i < m->nr_fields && !rc; i++)
		rc = m->field[i].pad ? -EINVAL : id_regs_lower(regs, m->field[i].reg,
							       m->field[i].shift, m->field[i].max);
	return rc;
}

/* What the vCPUs to be made will show. -EBUSY: there are some; -EINVAL, -EOPNOTSUPP, -ENOMEM. */
int domctl_cpu_model(struct control_call *call)
{
	const struct zazen_domctl_cpu_model *m = &call->zazen.u.cpu_model;
	int rc = -EBUSY;

	if (m->nr_fields > ARRAY_SIZE(m->field))
		return -EINVAL;
	if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		return -ERESTART;
	if (!call->d->vcpu[0]) {
		call->d->midr = m->midr;
		rc = sve_choose(call->d, m->sve_vl);
		rc = rc ? rc : lower_fields(call->d, m);
	}
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	return rc;
}

/* Make all vCPUs, down. -EINVAL for a number other than createdomain's, -ENOMEM. */
int domctl_max_vcpus(struct control_call *call)
{
	if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		return -ERESTART;
	int rc = domain_is_dying(call->d) ? -ESRCH :
		 domain_create_vcpus(call->d, call->domctl.u.max_vcpus.max);
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	return rc;
}

/* Registers of a vCPU's context, and what they are in the toolstack's. */
#define CONTEXT_REGS(REG)								\
	REG(spsr_el1, user_regs.spsr_el1) REG(spsr_fiq, user_regs.spsr_fiq)		\
	REG(spsr_irq, user_regs.spsr_irq) REG(spsr_und, user_regs.spsr_und)		\
	REG(spsr_abt, user_regs.spsr_abt) REG(elr_el1, user_regs.elr_el1)		\
	REG(sp_el0, user_regs.sp_el0) REG(sp_el1, user_regs.sp_el1)			\
	REG(sctlr, sctlr) REG(tcr, ttbcr) REG(ttbr0, ttbr0) REG(ttbr1, ttbr1)
#define SET_REG(reg, member)	v->ctxt.reg = c->member;
#define GET_REG(reg, member)	c->member = (__typeof__(c->member))v->ctxt.reg;

/* x0..x30 are copied as an array from the beginning. */
_Static_assert(offsetof(struct vcpu_guest_core_regs, x30) == 30 * sizeof(uint64_t) &&
	       sizeof(((struct vcpu *)0)->regs.x) == 31 * sizeof(uint64_t), "x0..x30 in a row");

/* A vCPU that has run keeps what the context has no room for: vectors, floating point, timers. */
static void write_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	if (!v->initialised || guest_is_aarch32(&v->regs) != v->domain->is_aarch32)
		vcpu_reset(v, c->user_regs.pc64, c->user_regs.x0);
	v->regs.elr = guest_is_aarch32(&v->regs) ? (uint32_t)c->user_regs.pc64 & ~1u :
			c->user_regs.pc64;
	memset(&v->hcall, 0, sizeof(v->hcall));
	memcpy(v->regs.x, &c->user_regs, sizeof(v->regs.x));
	/* The address size may have changed since the check: the machine must not see both. */
	if (vcpu_psr_is_legal(v->domain, c->user_regs.cpsr) &&
	    guest_is_aarch32(&v->regs) == !!(c->user_regs.cpsr & PSR_MODE_BIT))
		v->regs.spsr = c->user_regs.cpsr & CPSR_SETTABLE;
	CONTEXT_REGS(SET_REG)
	if (c->flags & VGCF_online)
		vcpu_clear_flag(v, VPF_DOWN);
	else
		vcpu_set_flag(v, VPF_DOWN);
}

static void read_context(const struct vcpu *v, struct vcpu_guest_context *c)
{
	c->flags = READ_ONCE(v->flags) & VPF_DOWN ? 0 : VGCF_online;
	memcpy(&c->user_regs, v->regs.x, sizeof(v->regs.x));
	c->user_regs.pc64 = v->regs.elr;
	c->user_regs.cpsr = v->regs.spsr;
	CONTEXT_REGS(GET_REG)
}

/* Back to the state before the first context: down. */
static void reset_vcpu(struct vcpu *v)
{
	vcpu_set_flag(v, VPF_DOWN);
	vcpu_reset(v, 0, 0);
	v->initialised = false;
}

/*
 * setvcpucontext: give a vCPU its registers; no context: reset it. getvcpucontext: read them;
 * -ENODATA: it never had a context. -EINVAL (vCPU, processor state), -ESRCH (vCPU), -EFAULT.
 */
int domctl_vcpucontext(struct control_call *call)
{
	const struct xen_domctl_vcpucontext *a = &call->domctl.u.vcpucontext;
	bool set = call->domctl.cmd == XEN_DOMCTL_setvcpucontext;
	struct vcpu_guest_context c = { 0 };
	struct vcpu *v;
	int rc = find_vcpu(call->d, a->vcpu, &v);

	if (rc)
		return set ? -EINVAL : rc;
	if (!set) {
		if (!v->initialised)
			return -ENODATA;
		read_context(v, &c);
		return copy_to_guest(a->ctxt.p, &c, sizeof(c));
	}
	if (!a->ctxt.p) {
		reset_vcpu(v);
		return 0;
	}
	if (copy_from_guest(&c, a->ctxt.p, sizeof(c)))
		return -EFAULT;
	if (!vcpu_psr_is_legal(call->d, c.user_regs.cpsr))
		return -EINVAL;
	write_context(v, &c);
	return 0;
}

/*
 * The button NMI: the vCPU has an SError, pending until it unmasks it; waits end. Arm knows no
 * other: -ENOSYS. Errors of the vCPU as above.
 */
int domctl_sendtrigger(struct control_call *call)
{
	const struct xen_domctl_sendtrigger *t = &call->domctl.u.sendtrigger;
	struct vcpu *v;

	if (t->trigger != XEN_DOMCTL_SENDTRIGGER_NMI)
		return -ENOSYS;
	int rc = find_vcpu(call->d, t->vcpu, &v);
	if (rc)
		return rc;
	guest_inject_serror(v);
	vcpu_wake(v);
	return 0;
}

/* -EINVAL, -ESRCH. */
int domctl_getvcpuinfo(struct control_call *call)
{
	struct xen_domctl_getvcpuinfo *info = &call->domctl.u.getvcpuinfo;
	struct vcpu *v;
	uint32_t flags;
	int rc = find_vcpu(call->d, info->vcpu, &v);

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

/*
 * Where a vCPU may run and where it likes to: setvcpuaffinity changes either or both, and tells
 * what of it is effective. -EINVAL, -ESRCH, -EFAULT.
 */
int domctl_vcpuaffinity(struct control_call *call)
{
	const struct xen_domctl_vcpuaffinity *a = &call->domctl.u.vcpuaffinity;
	bool set = call->domctl.cmd == XEN_DOMCTL_setvcpuaffinity;
	bool hard = a->flags & XEN_VCPUAFFINITY_HARD, soft = a->flags & XEN_VCPUAFFINITY_SOFT;
	uint32_t known = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT |
			 (set ? XEN_VCPUAFFINITY_FORCE : 0);
	uint64_t may = 0, likes = 0, all = all_cpus_mask();
	struct vcpu *v;
	int rc = find_vcpu(call->d, a->vcpu, &v);

	if (rc)
		return rc;
	if (!(hard || soft) || (a->flags & ~known))
		return -EINVAL;
	if (set) {
		if ((hard && bitmap_from_guest(&a->cpumap_hard, &may)) ||
		    (soft && bitmap_from_guest(&a->cpumap_soft, &likes)))
			return -EFAULT;
		if (soft && !(likes & all))
			return -EINVAL;
		rc = sched_set_affinity(v, hard ? &may : NULL, soft ? &likes : NULL);
		if (rc)
			return rc;
	}
	may = set ? READ_ONCE(v->sched.affinity) : READ_ONCE(v->sched.hard_affinity) & all;
	likes = READ_ONCE(v->sched.soft_affinity) & (set ? may : all);
	if (hard)
		rc = bitmap_to_guest(&a->cpumap_hard, may);
	return rc || !soft ? rc : bitmap_to_guest(&a->cpumap_soft, likes);
}

/*
 * rtds, one vCPU. As in Xen what is read of a domain is what its vCPUs begin with, and what is set
 * leaves the extra time as it is. -EINVAL.
 */
static int set_rtds(struct vcpu *v, const struct xen_domctl_sched_rtds *p, const bool *extra)
{
	return sched_set_rtds(v, p->period, p->budget, extra ? *extra : v->sched.rt.extra);
}

/* The next of the vCPUs that the array names. -EFAULT, -EINVAL. */
static int one_rtds(struct domain *d, const struct xen_domctl_scheduler_op *s, uint32_t i, bool set)
{
	struct xen_domctl_schedparam_vcpu p;
	struct vcpu *v;

	if (copy_elem_from_guest(&p, s->u.v.vcpus.p, i, sizeof(p)))
		return -EFAULT;
	if (find_vcpu(d, p.vcpuid, &v))
		return -EINVAL;
	if (set) {
		bool extra = p.u.rtds.flags & XEN_DOMCTL_SCHEDRT_extra;

		return set_rtds(v, &p.u.rtds, &extra);
	}
	p.u.rtds = (struct xen_domctl_sched_rtds){
		.period = v->sched.rt.period_us, .budget = v->sched.rt.budget_us,
		.flags = v->sched.rt.extra ? XEN_DOMCTL_SCHEDRT_extra : 0,
	};
	return copy_elem_to_guest(s->u.v.vcpus.p, i, &p, sizeof(p));
}

/* Periods and budgets. An array may be done in part: nr_vcpus says how far. */
static int rtds_op(struct control_call *call, struct xen_domctl_scheduler_op *s)
{
	uint32_t i = 0;
	int rc = 0;

	switch (s->cmd) {
	case XEN_DOMCTL_SCHEDOP_getinfo:
		s->u.rtds.period = SCHED_RTDS_PERIOD_US;
		s->u.rtds.budget = SCHED_RTDS_BUDGET_US;
		return 0;
	case XEN_DOMCTL_SCHEDOP_putinfo:
		while (!rc && call->a < call->d->max_vcpus) {
			struct vcpu *v = domain_vcpu(call->d, (uint32_t)call->a++);

			rc = v ? set_rtds(v, &s->u.rtds, NULL) : 0;
			if (!rc && call->a < call->d->max_vcpus && hypercall_preempt())
				rc = -ERESTART;
		}
		return rc;
	case XEN_DOMCTL_SCHEDOP_putvcpuinfo:
	case XEN_DOMCTL_SCHEDOP_getvcpuinfo:
		while (!rc && i < s->u.v.nr_vcpus && !(i && hypercall_preempt()))
			rc = one_rtds(call->d, s, i++, s->cmd == XEN_DOMCTL_SCHEDOP_putvcpuinfo);
		s->u.v.nr_vcpus = i;
		return rc;
	default:
		return -EINVAL;
	}
}

/*
 * Weight and cap: the credit schedulers' parameters share a layout. -EINVAL for another
 * scheduler or command.
 */
int domctl_scheduler_op(struct control_call *call)
{
	struct xen_domctl_scheduler_op *s = &call->domctl.u.scheduler_op;
	struct domain *d = call->d;
	uint16_t cap;

	if (s->sched_id != READ_ONCE(d->pool)->sched->sched_id)
		return -EINVAL;
	if (s->sched_id == XEN_SCHEDULER_RTDS)
		return rtds_op(call, s);
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
