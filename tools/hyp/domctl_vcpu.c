/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domain control of virtual CPUs: start state, accounting, affinity, and the scheduler's
 * parameters of their domain.
 */
#include <string.h>

#include <xentools/cpu_feature.h>

#include "tools/hyp/domctl.h"

#define MODE_BITS 0x1f				/* of SPSR and CPSR */

/* In as many calls as it takes. */
int hyp_domain_cpu_model(struct hyp *h, uint16_t domid, uint32_t midr, uint32_t sve_bits,
			 const struct cpu_field *fields, size_t count, struct zerr **err)
{
	do {
		struct zazen_domctl op = ZAZEN_DOMCTL(cpu_model, domid, .cpu_model = {
			.midr = midr, .sve_vl = sve_bits / 128,
		});
		struct zazen_domctl_cpu_model *m = &op.u.cpu_model;

		for (; count > 0 && m->nr_fields < ZAZEN_CPU_FIELDS; count--, fields++)
			m->field[m->nr_fields++] = (struct zazen_id_field){
				.reg = fields->reg, .shift = fields->shift, .max = fields->max,
			};
		if (hyp_result(err, hyp_call_arg(h, __HYPERVISOR_domctl, HCALL_NO_CMD, &op,
						 sizeof(op)), "cpu_model", domid) != 0)
			return -1;
	} while (count > 0);
	return 0;
}

static int set_context(struct hyp *h, uint16_t domid, uint32_t vcpu,
		       const struct vcpu_guest_context *c, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(setvcpucontext, domid, .vcpucontext = {
		.vcpu = vcpu, .ctxt = HANDLE(hcall_put(h, c, sizeof(*c))),
	});

	return domctl_do(h, &op, "setvcpucontext", err);
}

/* *ret stays until the next call. */
static long get_context(struct hyp *h, uint16_t domid, uint32_t vcpu,
			const struct vcpu_guest_context **ret)
{
	struct xen_domctl op;

	*ret = hcall_alloc(h, sizeof(**ret));
	op = (struct xen_domctl)DOMCTL(getvcpucontext, domid, .vcpucontext = {
		.vcpu = vcpu, .ctxt = HANDLE(*ret),
	});
	return domctl_call(h, &op);
}

/* Everything off, interrupts masked, EL1: as Linux's boot protocols want it. */
int hyp_vcpu_start_state(struct hyp *h, uint16_t domid, uint32_t vcpu,
			 const struct hyp_vcpu_start *s, struct zerr **err)
{
	struct vcpu_guest_context c = {
		.flags = VGCF_online,
		.user_regs.pc64 = s->pc,
		.sctlr = SCTLR_GUEST_INIT,
	};

	if (s->aarch32) {
		c.user_regs.x1 = 0xffffffff;	/* no machine number: the tree tells */
		c.user_regs.x2 = s->dtb;
		c.user_regs.cpsr = PSR_GUEST32_INIT;
	} else {
		c.user_regs.x0 = s->dtb;
		c.user_regs.cpsr = PSR_GUEST64_INIT;
	}
	return set_context(h, domid, vcpu, &c, err);
}

/* 1 found, 0 no such vCPU or it never ran, -1 error. */
int hyp_vcpu_regs(struct hyp *h, uint16_t domid, uint32_t vcpu, struct hyp_vcpu_regs *ret,
		  struct zerr **err)
{
	const struct vcpu_guest_context *c;
	const struct vcpu_guest_core_regs *r;
	long rc = get_context(h, domid, vcpu, &c);

	if (rc == -ESRCH || rc == -EINVAL || rc == -ENODATA)
		return 0;
	if (rc < 0)
		return hyp_error(err, rc, "getvcpucontext", domid);
	r = &c->user_regs;
	memcpy(ret->x, r, sizeof(ret->x));
	ret->pc = r->pc64;
	ret->pstate = r->cpsr;
	/* Which stack pointer is SP: EL1h has its own, all else EL0's. */
	ret->sp = (r->cpsr & MODE_BITS) == PSR_MODE_EL1h ? r->sp_el1 : r->sp_el0;
	return 1;
}

/* Change x0 of a vCPU that does not run: what the hypercall it waits in returns. */
int hyp_vcpu_set_x0(struct hyp *h, uint16_t domid, uint32_t vcpu, uint64_t value,
		    struct zerr **err)
{
	const struct vcpu_guest_context *c;
	struct vcpu_guest_context changed;

	if (hyp_result(err, get_context(h, domid, vcpu, &c), "getvcpucontext", domid) != 0)
		return -1;
	changed = *c;
	changed.user_regs.x0 = value;
	return set_context(h, domid, vcpu, &changed, err);
}

/* A button of the machine; errnum ENOSYS or EOPNOTSUPP: the hypervisor has no such. */
int hyp_domain_trigger(struct hyp *h, uint16_t domid, enum hyp_trigger trigger, uint32_t vcpu,
		       struct zerr **err)
{
	struct xen_domctl op = DOMCTL(sendtrigger, domid, .sendtrigger = {
		.trigger = (uint32_t)trigger, .vcpu = vcpu,
	});

	return domctl_do(h, &op, "sendtrigger", err);
}

/* Let a domain that has shut down (to suspend) go on. */
int hyp_domain_resume(struct hyp *h, uint16_t domid, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(resumedomain, domid);

	return domctl_do(h, &op, "resumedomain", err);
}

int hyp_vcpu_info(struct hyp *h, uint16_t domid, uint32_t vcpu, struct hyp_vcpu_info *ret,
		  struct zerr **err)
{
	struct xen_domctl op = DOMCTL(getvcpuinfo, domid, .getvcpuinfo.vcpu = vcpu);
	const struct xen_domctl_getvcpuinfo *v = &op.u.getvcpuinfo;
	long rc = domctl_call(h, &op);

	if (rc == -ESRCH || rc == -EINVAL)
		return 0;
	if (rc < 0)
		return hyp_error(err, rc, "getvcpuinfo", domid);
	*ret = (struct hyp_vcpu_info){
		.online = v->online, .blocked = v->blocked, .running = v->running,
		.cpu_time_ns = v->cpu_time, .cpu = v->cpu,
	};
	return 1;
}

/* A map of CPUs in a buffer. */
#define CPUMAP(buf, len) { .nr_bits = (uint32_t)(len) * 8, .bitmap = HANDLE(buf) }

int hyp_vcpu_get_affinity(struct hyp *h, uint16_t domid, uint32_t vcpu, uint8_t *hard,
			  uint8_t *soft, size_t map_len, struct zerr **err)
{
	const uint8_t *hard_buf = hcall_alloc(h, map_len), *soft_buf = hcall_alloc(h, map_len);
	struct xen_domctl op = DOMCTL(getvcpuaffinity, domid, .vcpuaffinity = {
		.vcpu = vcpu, .flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT,
		.cpumap_hard = CPUMAP(hard_buf, map_len), .cpumap_soft = CPUMAP(soft_buf, map_len),
	});

	if (domctl_do(h, &op, "getvcpuaffinity", err) != 0)
		return -1;
	if (hard)
		memcpy(hard, hard_buf, map_len);
	if (soft)
		memcpy(soft, soft_buf, map_len);
	return 0;
}

/* `which`: HYP_AFFINITY_HARD, HYP_AFFINITY_SOFT or both; the same map for both. */
int hyp_vcpu_set_affinity(struct hyp *h, uint16_t domid, uint32_t vcpu, uint32_t which,
			  const uint8_t *map, size_t map_len, struct zerr **err)
{
	/* The hypervisor writes the effective masks back, so each has a buffer of its own. */
	struct xen_domctl op = DOMCTL(setvcpuaffinity, domid, .vcpuaffinity = {
		.vcpu = vcpu, .flags = which,
		.cpumap_hard = CPUMAP(hcall_put(h, map, map_len), map_len),
		.cpumap_soft = CPUMAP(hcall_put(h, map, map_len), map_len),
	});

	return domctl_do(h, &op, "setvcpuaffinity", err);
}

/* credit and credit2 have the same two fields at the same place. */
int hyp_sched_params_get(struct hyp *h, uint16_t domid, uint32_t sched_id, uint16_t *weight,
			 uint16_t *cap, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(scheduler_op, domid, .scheduler_op = {
		.sched_id = sched_id, .cmd = XEN_DOMCTL_SCHEDOP_getinfo,
	});

	if (domctl_do(h, &op, "scheduler_op getinfo", err) != 0)
		return -1;
	*weight = op.u.scheduler_op.u.credit2.weight;
	*cap = op.u.scheduler_op.u.credit2.cap;
	return 0;
}

int hyp_sched_params_set(struct hyp *h, uint16_t domid, uint32_t sched_id, uint16_t weight,
			 uint16_t cap, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(scheduler_op, domid, .scheduler_op = {
		.sched_id = sched_id, .cmd = XEN_DOMCTL_SCHEDOP_putinfo,
		.u.credit2 = { .weight = weight, .cap = cap },
	});

	return domctl_do(h, &op, "scheduler_op putinfo", err);
}

int hyp_rtds(struct hyp *h, uint16_t domid, uint32_t vcpu, struct hyp_rtds *p, bool set,
	     struct zerr **err)
{
	struct xen_domctl_schedparam_vcpu v = {
		.vcpuid = vcpu, .u.rtds = { p->period_us, p->budget_us,
					    p->extra ? XEN_DOMCTL_SCHEDRT_extra : 0 },
	}, *at = hcall_put(h, &v, sizeof(v));
	struct xen_domctl op = DOMCTL(scheduler_op, domid, .scheduler_op = {
		.sched_id = XEN_SCHEDULER_RTDS,
		.cmd = set ? XEN_DOMCTL_SCHEDOP_putvcpuinfo : XEN_DOMCTL_SCHEDOP_getvcpuinfo,
		.u.v = { .vcpus = HANDLE(at), .nr_vcpus = 1 },
	});

	if (domctl_do(h, &op, "scheduler_op of rtds", err) != 0)
		return -1;
	*p = (struct hyp_rtds){ at->u.rtds.period, at->u.rtds.budget,
				at->u.rtds.flags & XEN_DOMCTL_SCHEDRT_extra };
	return 0;
}
