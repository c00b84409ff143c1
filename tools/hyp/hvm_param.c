/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small calls on behalf of a domain: its HVM parameters, the event channels it is born with, and
 * the word that it counts as shut down.
 */
#include <public/event_channel.h>
#include <public/hvm_op.h>
#include <public/sched.h>

#include "tools/hyp/hyp_priv.h"

static long param_op(struct hyp *h, uint32_t cmd, struct xen_hvm_param *p)
{
	return hyp_call(h, __HYPERVISOR_hvm_op, cmd, hcall_addr(p), 0, 0);
}

static struct xen_hvm_param *param_new(struct hyp *h, uint16_t domid, uint32_t index,
				       uint64_t value, struct zerr **err)
{
	struct xen_hvm_param *p;

	hcall_reset(h);
	p = hcall_alloc(h, sizeof(*p));
	if (!p) {
		hcall_no_memory(err);
		return NULL;
	}
	p->domid = domid;
	p->index = index;
	p->value = value;
	return p;
}

int hyp_param_set(struct hyp *h, uint16_t domid, uint32_t index, uint64_t value,
		  struct zerr **err)
{
	struct xen_hvm_param *p = param_new(h, domid, index, value, err);
	long rc;

	if (!p)
		return -1;
	rc = param_op(h, HVMOP_set_param, p);
	return rc < 0 ? hyp_error(err, rc, "hvm_op set_param", domid) : 0;
}

int hyp_param_get(struct hyp *h, uint16_t domid, uint32_t index, uint64_t *ret, struct zerr **err)
{
	struct xen_hvm_param *p = param_new(h, domid, index, 0, err);
	long rc;

	if (!p)
		return -1;
	rc = param_op(h, HVMOP_get_param, p);
	if (rc < 0)
		return hyp_error(err, rc, "hvm_op get_param", domid);
	*ret = p->value;
	return 0;
}

/* A port of domid's that waits for remote; the number is in domid's port space. */
int hyp_evtchn_alloc_unbound(struct hyp *h, uint16_t domid, uint16_t remote, uint32_t *port,
			     struct zerr **err)
{
	struct evtchn_alloc_unbound *a;
	long rc;

	hcall_reset(h);
	a = hcall_alloc(h, sizeof(*a));
	if (!a)
		return hcall_no_memory(err);
	a->dom = domid;
	a->remote_dom = remote;
	rc = hyp_call(h, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, hcall_addr(a), 0,
		      0);
	if (rc < 0)
		return hyp_error(err, rc, "evtchn alloc_unbound", domid);
	*port = a->port;
	return 0;
}

/* The domain stops at once and counts as shut down with that reason. */
int hyp_domain_remote_shutdown(struct hyp *h, uint16_t domid, enum hyp_shutdown reason,
			       struct zerr **err)
{
	struct sched_remote_shutdown *s;
	long rc;

	hcall_reset(h);
	s = hcall_alloc(h, sizeof(*s));
	if (!s)
		return hcall_no_memory(err);
	s->domain_id = domid;
	s->reason = reason;
	rc = hyp_call(h, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, hcall_addr(s), 0, 0);
	return rc < 0 ? hyp_error(err, rc, "remote_shutdown", domid) : 0;
}
