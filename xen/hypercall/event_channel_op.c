/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_event_channel_op: decode only. Each operation is a row: how much to copy in, which
 * part of it to copy out, whose ports it is about; and a case that calls event/, where it is
 * decided what a port is and who may join whom. A new port whose number cannot be told is closed
 * again.
 */
#include <xen/evtchn.h>
#include "ops.h"

union evtchn_arg {
	domid_t dom;			/* of operations with .named */
	struct evtchn_bind_interdomain bind_interdomain;
	struct evtchn_bind_virq bind_virq;
	struct evtchn_close close;
	struct evtchn_send send;
	struct evtchn_status status;
	struct evtchn_alloc_unbound alloc_unbound;
	struct evtchn_bind_ipi bind_ipi;
	struct evtchn_bind_vcpu bind_vcpu;
	struct evtchn_unmask unmask;
	struct evtchn_reset reset;
	struct evtchn_init_control init_control;
	struct evtchn_expand_array expand_array;
	struct evtchn_set_priority set_priority;
};

struct evtchn_row {
	struct arg_row arg;
	bool named;			/* about the ports of the domain that is named first */
	bool opens;			/* the part copied out is a new port */
};

#define IN(op)			.arg = { ARG_IN(evtchn_##op) }
#define OUT(op, first, last)	.arg = { ARG_IN(evtchn_##op), ARG_OUT(evtchn_##op, first, last) }
#define OPENS(op, port)		OUT(op, port, port), .opens = true

/* send has a path of its own, bind_pirq takes nothing. */
static const struct evtchn_row rows[] = {
	[EVTCHNOP_bind_interdomain] = { OPENS(bind_interdomain, local_port) },
	[EVTCHNOP_bind_virq]	= { OPENS(bind_virq, port) },
	[EVTCHNOP_bind_pirq]	= { .arg = { 0 } },
	[EVTCHNOP_close]	= { IN(close) },
	[EVTCHNOP_status]	= { OUT(status, status, u), .named = true },
	[EVTCHNOP_alloc_unbound] = { OPENS(alloc_unbound, port), .named = true },
	[EVTCHNOP_bind_ipi]	= { OPENS(bind_ipi, port) },
	[EVTCHNOP_bind_vcpu]	= { IN(bind_vcpu) },
	[EVTCHNOP_unmask]	= { IN(unmask) },
	[EVTCHNOP_reset]	= { IN(reset), .named = true },
	[EVTCHNOP_init_control]	= { OUT(init_control, link_bits, link_bits) },
	[EVTCHNOP_expand_array]	= { IN(expand_array) },
	[EVTCHNOP_set_priority]	= { IN(set_priority) },
};

/* Operation cmd on the ports of d. */
static int execute(struct domain *d, uint64_t cmd, union evtchn_arg *a)
{
	struct domain *caller = this_vcpu()->domain;
	domid_t remote;

	switch (cmd) {
	case EVTCHNOP_bind_interdomain:
		return evtchn_bind_interdomain(d, NULL, a->bind_interdomain.remote_dom,
					       a->bind_interdomain.remote_port,
					       &a->bind_interdomain.local_port);
	case EVTCHNOP_bind_virq:
		return evtchn_bind_virq(d, a->bind_virq.virq, a->bind_virq.vcpu,
					&a->bind_virq.port);
	case EVTCHNOP_close:
		return evtchn_close(d, a->close.port);
	case EVTCHNOP_status:
		return evtchn_status_get(d, &a->status);
	case EVTCHNOP_alloc_unbound:
		remote = a->alloc_unbound.remote_dom;
		return evtchn_alloc(d, remote == DOMID_SELF ? caller->id : remote, false,
				    &a->alloc_unbound.port);
	case EVTCHNOP_bind_ipi:
		return evtchn_bind_ipi(d, a->bind_ipi.vcpu, &a->bind_ipi.port);
	case EVTCHNOP_bind_vcpu:
		return evtchn_bind_vcpu(d, a->bind_vcpu.port, a->bind_vcpu.vcpu);
	case EVTCHNOP_unmask:
		return evtchn_unmask_port(d, a->unmask.port);
	case EVTCHNOP_reset:
		/* Another one only while its controller has paused it: nothing new can come. */
		if (d != caller && !READ_ONCE(d->pause_count))
			return -EINVAL;
		return evtchn_reset_all(d);
	case EVTCHNOP_init_control:
		return evtchn_fifo_init_control(d, &a->init_control);
	case EVTCHNOP_expand_array:
		return evtchn_fifo_expand_array(d, gfn(a->expand_array.array_gfn));
	case EVTCHNOP_set_priority:
		return evtchn_set_priority(d, a->set_priority.port, a->set_priority.priority);
	default:	/* EVTCHNOP_bind_pirq: no physical interrupts by event on arm */
		return -EINVAL;
	}
}

/*
 * x0 cmd (32 bits), x1 the operation's struct. -ENOSYS for an unknown operation, -EFAULT for a
 * struct that cannot be read or written, else what the operation says.
 */
int64_t do_event_channel_op(uint64_t cmd, uint64_t arg, uint64_t a2, uint64_t a3, uint64_t a4)
{
	union evtchn_arg a;
	struct domain *d;
	char *out;

	cmd = (uint32_t)cmd;
	if (likely(cmd == EVTCHNOP_send)) {
		if (unlikely(copy_from_guest(&a.send, arg, sizeof(a.send))))
			return -EFAULT;
		return evtchn_send(this_vcpu()->domain, a.send.port);
	}
	if (cmd >= ARRAY_SIZE(rows))
		return -ENOSYS;
	cmd = index_nospec(cmd, ARRAY_SIZE(rows));
	const struct evtchn_row *row = &rows[cmd];
	if (row->arg.size && copy_from_guest(&a, arg, row->arg.size))
		return -EFAULT;
	int rc = target_get(row->named ? a.dom : DOMID_SELF, &d);
	if (rc)
		return rc;
	rc = execute(d, cmd, &a);
	out = (char *)&a + row->arg.out;
	if (!rc && row->arg.out_size && copy_to_guest(arg + row->arg.out, out, row->arg.out_size)) {
		if (row->opens)
			(void)!evtchn_close(d, *(evtchn_port_t *)(void *)out);
		rc = -EFAULT;
	}
	target_put(d);
	return rc == -ERESTART ? hypercall_restart(cmd, arg, 0, 0, 0) : rc;
}
