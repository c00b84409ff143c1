/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small calls on behalf of a domain: its HVM parameters, the event channels it is born with, and
 * the word that it counts as shut down.
 */
#include <public/event_channel.h>
#include <public/hvm_op.h>
#include <public/sched.h>

#include "tools/hyp/hyp_priv.h"

int hyp_param_set(struct hyp *h, uint16_t domid, uint32_t index, uint64_t value,
		  struct zerr **err)
{
	struct xen_hvm_param p = { .domid = domid, .index = index, .value = value };

	return hyp_result(err, hyp_call_arg(h, __HYPERVISOR_hvm_op, HVMOP_set_param, &p, sizeof(p)),
			  "hvm_op set_param", domid);
}

int hyp_param_get(struct hyp *h, uint16_t domid, uint32_t index, uint64_t *ret, struct zerr **err)
{
	struct xen_hvm_param p = { .domid = domid, .index = index };
	long rc = hyp_call_arg(h, __HYPERVISOR_hvm_op, HVMOP_get_param, &p, sizeof(p));

	*ret = p.value;
	return hyp_result(err, rc, "hvm_op get_param", domid);
}

/* A port of domid's that waits for remote; the number is in domid's port space. */
int hyp_evtchn_alloc_unbound(struct hyp *h, uint16_t domid, uint16_t remote, uint32_t *port,
			     struct zerr **err)
{
	struct evtchn_alloc_unbound a = { .dom = domid, .remote_dom = remote };
	long rc = hyp_call_arg(h, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a,
			       sizeof(a));

	if (rc < 0)
		return hyp_error(err, rc, "evtchn alloc_unbound", domid);
	*port = a.port;
	return 0;
}

/* The domain stops at once and counts as shut down with that reason. */
int hyp_domain_remote_shutdown(struct hyp *h, uint16_t domid, enum hyp_shutdown reason,
			       struct zerr **err)
{
	struct sched_remote_shutdown s = { .domain_id = domid, .reason = reason };

	return hyp_result(err, hyp_call_arg(h, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &s,
					    sizeof(s)), "remote_shutdown", domid);
}

/*
 * The caller's own domain ends (dom0: the host starts again) unless this is called again within so
 * many seconds. *id 0: a new watchdog, whose number it becomes; seconds 0: stop it.
 */
int hyp_watchdog(struct hyp *h, uint32_t *id, uint32_t seconds, struct zerr **err)
{
	struct sched_watchdog s = { .id = *id, .timeout = seconds };
	int64_t rc = hyp_call_arg(h, __HYPERVISOR_sched_op, SCHEDOP_watchdog, &s, sizeof(s));

	if (rc > 0)
		*id = (uint32_t)rc;
	return hyp_result(err, rc < 0 ? rc : 0, "watchdog", 0);
}
