/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the domctl tests share: the argument, the call, and usual contents of it. */
#ifndef DOMCTL_WORLD_H
#define DOMCTL_WORLD_H

#include "hcall_world.h"
#include <public/domctl.h>
#include <public/zazen.h>

static struct xen_domctl op;

static inline int64_t call_version(uint32_t cmd, domid_t id, uint32_t version)
{
	int64_t ret;

	op.cmd = cmd;
	op.interface_version = version;
	op.domain = id;
	memcpy(guest(arg_va()), &op, sizeof(op));
	/* What the other argument registers happen to hold must not matter. */
	ret = hcall5(__HYPERVISOR_domctl, arg_va(), 0x1234, 5, 6, 7);
	memcpy(&op, guest(arg_va()), sizeof(op));
	return ret;
}

static inline int64_t call(uint32_t cmd, domid_t id)
{
	return call_version(cmd, id, XEN_DOMCTL_INTERFACE_VERSION);
}

static inline void good_config(void)
{
	memset(&op, 0, sizeof(op));
	op.u.createdomain = (struct xen_domctl_createdomain){
		.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
		.max_vcpus = 2, .max_evtchn_port = 1023, .max_grant_frames = -1,
			.max_maptrack_frames = -1,
		.grant_opts = 1,
	};
}

static inline struct xen_domctl_getdomaininfo *info_of(domid_t id)
{
	memset(&op.u, 0, sizeof(op.u));
	assert_int_equal(call(XEN_DOMCTL_getdomaininfo, id), 0);
	assert_int_equal(op.domain, id);
	assert_int_equal(op.u.getdomaininfo.domain, id);
	return &op.u.getdomaininfo;
}

static inline void fill_context(struct vcpu_guest_context *c)
{
	memset(c, 0, sizeof(*c));
	c->flags = VGCF_online;
	for (unsigned int i = 0; i < 31; i++)
		(&c->user_regs.x0)[i] = 0x1000 + i;
	c->user_regs.pc64 = 0x40000000;
	c->user_regs.cpsr = PSR_GUEST64_INIT;
	c->user_regs.sp_el0 = 1;
	c->user_regs.sp_el1 = 2;
	c->user_regs.elr_el1 = 3;
	c->user_regs.spsr_el1 = 4;
	c->user_regs.spsr_fiq = 5;
	c->user_regs.spsr_irq = 6;
	c->user_regs.spsr_und = 7;
	c->user_regs.spsr_abt = 8;
	c->sctlr = SCTLR_GUEST_INIT;
	c->ttbcr = 9;
	c->ttbr0 = 10;
	c->ttbr1 = 11;
}

static inline int64_t context(uint32_t cmd, domid_t id, uint32_t vcpu, struct vcpu_guest_context *c)
{
	int64_t ret;

	memset(&op.u, 0, sizeof(op.u));
	op.u.vcpucontext.vcpu = vcpu;
	if (c) {
		memcpy(guest(buf_va()), c, sizeof(*c));
		op.u.vcpucontext.ctxt.p = buf_va();
	}
	ret = call(cmd, id);
	if (c)
		memcpy(c, guest(buf_va()), sizeof(*c));
	return ret;
}

#endif
