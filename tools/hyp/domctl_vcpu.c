/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domain control of virtual CPUs: start state, accounting, affinity, and the scheduler's
 * parameters of their domain.
 */
#include <errno.h>
#include <string.h>

#include <public/zazen.h>
#include <xentools/cpu_feature.h>

#include "tools/hyp/domctl.h"

#define MODE_BITS 0x1f				/* of SPSR and CPSR */

/* In as many calls as it takes. */
int hyp_domain_cpu_model(struct hyp *h, uint16_t domid, uint32_t midr,
			 const struct cpu_field *fields, size_t count, struct zerr **err)
{
	do {
		struct xen_domctl *op = domctl_new(h, ZAZEN_DOMCTL_cpu_model, domid, err);
		struct zazen_domctl_cpu_model *m;

		if (!op)
			return -1;
		m = &((struct zazen_domctl *)op)->u.cpu_model;
		m->midr = midr;
		for (; count > 0 && m->nr_fields < ZAZEN_CPU_FIELDS; count--, fields++)
			m->field[m->nr_fields++] = (struct zazen_id_field){
				.reg = fields->reg, .shift = fields->shift, .max = fields->max,
			};
		if (domctl_do(h, op, "cpu_model", err) != 0)
			return -1;
	} while (count > 0);
	return 0;
}

/* A call about a vCPU's registers, with room for them, zeroed, at *ret. NULL: no memory. */
static struct xen_domctl *context_op(struct hyp *h, uint32_t cmd, uint16_t domid, uint32_t vcpu,
				     struct vcpu_guest_context **ret, struct zerr **err)
{
	struct xen_domctl *op = domctl_new(h, cmd, domid, err);

	if (!op)
		return NULL;
	*ret = hcall_alloc(h, sizeof(**ret));
	if (!*ret) {
		hcall_no_memory(err);
		return NULL;
	}
	op->u.vcpucontext.vcpu = vcpu;
	set_xen_guest_handle(op->u.vcpucontext.ctxt, *ret);
	return op;
}

/* Everything off, interrupts masked, EL1: as Linux's boot protocols want it. */
int hyp_vcpu_start_state(struct hyp *h, uint16_t domid, uint32_t vcpu,
			 const struct hyp_vcpu_start *s, struct zerr **err)
{
	struct vcpu_guest_context *c;
	struct xen_domctl *op = context_op(h, XEN_DOMCTL_setvcpucontext, domid, vcpu, &c, err);

	if (!op)
		return -1;
	c->flags = VGCF_online;
	c->user_regs.pc64 = s->pc;
	if (s->aarch32) {
		c->user_regs.x1 = 0xffffffff;	/* no machine number: the tree tells */
		c->user_regs.x2 = s->dtb;
		c->user_regs.cpsr = PSR_GUEST32_INIT;
	} else {
		c->user_regs.x0 = s->dtb;
		c->user_regs.cpsr = PSR_GUEST64_INIT;
	}
	c->sctlr = SCTLR_GUEST_INIT;
	return domctl_do(h, op, "setvcpucontext", err);
}

/* 1 found, 0 no such vCPU or it never ran, -1 error. */
int hyp_vcpu_regs(struct hyp *h, uint16_t domid, uint32_t vcpu, struct hyp_vcpu_regs *ret,
		  struct zerr **err)
{
	struct vcpu_guest_context *c;
	struct xen_domctl *op = context_op(h, XEN_DOMCTL_getvcpucontext, domid, vcpu, &c, err);
	const struct vcpu_guest_core_regs *r;
	long rc;

	if (!op)
		return -1;
	rc = domctl_call(h, op);
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
	struct vcpu_guest_context saved, *c;
	struct xen_domctl *op = context_op(h, XEN_DOMCTL_getvcpucontext, domid, vcpu, &c, err);

	if (!op || domctl_do(h, op, "getvcpucontext", err) != 0)
		return -1;
	saved = *c;
	saved.user_regs.x0 = value;
	op = context_op(h, XEN_DOMCTL_setvcpucontext, domid, vcpu, &c, err);
	if (!op)
		return -1;
	*c = saved;
	return domctl_do(h, op, "setvcpucontext", err);
}

/* A button of the machine; errnum ENOSYS or EOPNOTSUPP: the hypervisor has no such. */
int hyp_domain_trigger(struct hyp *h, uint16_t domid, enum hyp_trigger trigger, uint32_t vcpu,
		       struct zerr **err)
{
	struct xen_domctl *op = domctl_new(h, XEN_DOMCTL_sendtrigger, domid, err);

	if (!op)
		return -1;
	op->u.sendtrigger.trigger = (uint32_t)trigger;
	op->u.sendtrigger.vcpu = vcpu;
	return domctl_do(h, op, "sendtrigger", err);
}

/* Let a domain that has shut down (to suspend) go on. */
int hyp_domain_resume(struct hyp *h, uint16_t domid, struct zerr **err)
{
	struct xen_domctl *op = domctl_new(h, XEN_DOMCTL_resumedomain, domid, err);

	return op ? domctl_do(h, op, "resumedomain", err) : -1;
}

int hyp_vcpu_info(struct hyp *h, uint16_t domid, uint32_t vcpu, struct hyp_vcpu_info *ret,
		  struct zerr **err)
{
	struct xen_domctl *op = domctl_new(h, XEN_DOMCTL_getvcpuinfo, domid, err);
	const struct xen_domctl_getvcpuinfo *v;
	long rc;

	if (!op)
		return -1;
	op->u.getvcpuinfo.vcpu = vcpu;
	rc = domctl_call(h, op);
	if (rc == -ESRCH || rc == -EINVAL)
		return 0;
	if (rc < 0)
		return hyp_error(err, rc, "getvcpuinfo", domid);
	v = &op->u.getvcpuinfo;
	*ret = (struct hyp_vcpu_info){
		.online = v->online,
		.blocked = v->blocked,
		.running = v->running,
		.cpu_time_ns = v->cpu_time,
		.cpu = v->cpu,
	};
	return 1;
}

int hyp_vcpu_get_affinity(struct hyp *h, uint16_t domid, uint32_t vcpu, uint8_t *hard,
			  uint8_t *soft, size_t map_len, struct zerr **err)
{
	struct xen_domctl *op = domctl_new(h, XEN_DOMCTL_getvcpuaffinity, domid, err);
	uint8_t *hard_buf, *soft_buf;

	if (!op)
		return -1;
	hard_buf = hcall_alloc(h, map_len);
	soft_buf = hcall_alloc(h, map_len);
	if (!hard_buf || !soft_buf)
		return hcall_no_memory(err);
	op->u.vcpuaffinity.vcpu = vcpu;
	op->u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
	op->u.vcpuaffinity.cpumap_hard.nr_bits = (uint32_t)map_len * 8;
	op->u.vcpuaffinity.cpumap_soft.nr_bits = (uint32_t)map_len * 8;
	set_xen_guest_handle(op->u.vcpuaffinity.cpumap_hard.bitmap, hard_buf);
	set_xen_guest_handle(op->u.vcpuaffinity.cpumap_soft.bitmap, soft_buf);
	if (domctl_do(h, op, "getvcpuaffinity", err) != 0)
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
	struct xen_domctl *op = domctl_new(h, XEN_DOMCTL_setvcpuaffinity, domid, err);
	uint8_t *hard, *soft;

	if (!op)
		return -1;
	/* The hypervisor writes the effective masks back, so each has a buffer of its own. */
	hard = hcall_alloc(h, map_len);
	soft = hcall_alloc(h, map_len);
	if (!hard || !soft)
		return hcall_no_memory(err);
	memcpy(hard, map, map_len);
	memcpy(soft, map, map_len);
	op->u.vcpuaffinity.vcpu = vcpu;
	op->u.vcpuaffinity.flags = which;
	if (which & HYP_AFFINITY_HARD) {
		op->u.vcpuaffinity.cpumap_hard.nr_bits = (uint32_t)map_len * 8;
		set_xen_guest_handle(op->u.vcpuaffinity.cpumap_hard.bitmap, hard);
	}
	if (which & HYP_AFFINITY_SOFT) {
		op->u.vcpuaffinity.cpumap_soft.nr_bits = (uint32_t)map_len * 8;
		set_xen_guest_handle(op->u.vcpuaffinity.cpumap_soft.bitmap, soft);
	}
	return domctl_do(h, op, "setvcpuaffinity", err);
}

static struct xen_domctl *sched_op(struct hyp *h, uint16_t domid, uint32_t sched_id, uint32_t cmd,
				   struct zerr **err)
{
	struct xen_domctl *op = domctl_new(h, XEN_DOMCTL_scheduler_op, domid, err);

	if (op) {
		op->u.scheduler_op.sched_id = sched_id;
		op->u.scheduler_op.cmd = cmd;
	}
	return op;
}

/* credit and credit2 have the same two fields at the same place. */
int hyp_sched_params_get(struct hyp *h, uint16_t domid, uint32_t sched_id, uint16_t *weight,
			 uint16_t *cap, struct zerr **err)
{
	struct xen_domctl *op = sched_op(h, domid, sched_id, XEN_DOMCTL_SCHEDOP_getinfo, err);

	if (!op || domctl_do(h, op, "scheduler_op getinfo", err) != 0)
		return -1;
	*weight = op->u.scheduler_op.u.credit2.weight;
	*cap = op->u.scheduler_op.u.credit2.cap;
	return 0;
}

int hyp_sched_params_set(struct hyp *h, uint16_t domid, uint32_t sched_id, uint16_t weight,
			 uint16_t cap, struct zerr **err)
{
	struct xen_domctl *op = sched_op(h, domid, sched_id, XEN_DOMCTL_SCHEDOP_putinfo, err);

	if (!op)
		return -1;
	op->u.scheduler_op.u.credit2.weight = weight;
	op->u.scheduler_op.u.credit2.cap = cap;
	return domctl_do(h, op, "scheduler_op putinfo", err);
}
