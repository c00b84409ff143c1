/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_event_channel_op: decode only. Each operation is a row: how much to copy in, which
 * part of it to copy out, what to call, and how to take it back when the copy out fails. What a
 * port is and who may join whom is decided in event/.
 */
#include <xen/domain.h>
#include <xen/evtchn.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/vcpu.h>
#include <public/event_channel.h>
#include <public/xen.h>

union evtchn_arg {
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

static int op_bind_interdomain(struct domain *d, union evtchn_arg *a)
{
	struct evtchn_bind_interdomain *b = &a->bind_interdomain;

	return evtchn_bind_interdomain(d, NULL, b->remote_dom, b->remote_port, &b->local_port);
}

static void undo_bind_interdomain(struct domain *d, union evtchn_arg *a)
{
	(void)!evtchn_close(d, a->bind_interdomain.local_port);
}

static int op_bind_virq(struct domain *d, union evtchn_arg *a)
{
	return evtchn_bind_virq(d, a->bind_virq.virq, a->bind_virq.vcpu, &a->bind_virq.port);
}

static void undo_bind_virq(struct domain *d, union evtchn_arg *a)
{
	(void)!evtchn_close(d, a->bind_virq.port);
}

/* No physical interrupts by event on arm. */
static int op_bind_pirq(struct domain *d, union evtchn_arg *a)
{
	(void)d;
	(void)a;
	return -EINVAL;
}

static int op_close(struct domain *d, union evtchn_arg *a)
{
	return evtchn_close(d, a->close.port);
}

static int op_send(struct domain *d, union evtchn_arg *a)
{
	return evtchn_send(d, a->send.port);
}

static int op_status(struct domain *d, union evtchn_arg *a)
{
	struct domain *target;
	int rc = access_target(a->status.dom, &target);

	(void)d;
	if (rc)
		return rc;
	rc = evtchn_status_get(target, &a->status);
	domain_put(target);
	return rc;
}

static int op_alloc_unbound(struct domain *d, union evtchn_arg *a)
{
	domid_t remote = a->alloc_unbound.remote_dom;
	struct domain *target;
	int rc = access_target(a->alloc_unbound.dom, &target);

	if (rc)
		return rc;
	if (remote == DOMID_SELF)
		remote = d->id;
	rc = evtchn_alloc_unbound(target, remote, &a->alloc_unbound.port);
	domain_put(target);
	return rc;
}

static void undo_alloc_unbound(struct domain *d, union evtchn_arg *a)
{
	struct domain *target;

	(void)d;
	if (access_target(a->alloc_unbound.dom, &target))
		return;
	(void)!evtchn_close(target, a->alloc_unbound.port);
	domain_put(target);
}

static int op_bind_ipi(struct domain *d, union evtchn_arg *a)
{
	return evtchn_bind_ipi(d, a->bind_ipi.vcpu, &a->bind_ipi.port);
}

static void undo_bind_ipi(struct domain *d, union evtchn_arg *a)
{
	(void)!evtchn_close(d, a->bind_ipi.port);
}

static int op_bind_vcpu(struct domain *d, union evtchn_arg *a)
{
	return evtchn_bind_vcpu(d, a->bind_vcpu.port, a->bind_vcpu.vcpu);
}

static int op_unmask(struct domain *d, union evtchn_arg *a)
{
	return evtchn_unmask_port(d, a->unmask.port);
}

/* Of another domain only while its controller has paused it: nothing new can come meanwhile. */
static int op_reset(struct domain *d, union evtchn_arg *a)
{
	struct domain *target;
	int rc = access_target(a->reset.dom, &target);

	if (rc)
		return rc;
	if (target != d && !READ_ONCE(target->pause_count))
		rc = -EINVAL;
	else
		rc = evtchn_reset_all(target);
	domain_put(target);
	return rc;
}

static int op_init_control(struct domain *d, union evtchn_arg *a)
{
	return evtchn_fifo_init_control(d, &a->init_control);
}

static int op_expand_array(struct domain *d, union evtchn_arg *a)
{
	return evtchn_fifo_expand_array(d, gfn(a->expand_array.array_gfn));
}

static int op_set_priority(struct domain *d, union evtchn_arg *a)
{
	return evtchn_set_priority(d, a->set_priority.port, a->set_priority.priority);
}

struct evtchn_row {
	int (*fn)(struct domain *d, union evtchn_arg *a);
	void (*undo)(struct domain *d, union evtchn_arg *a);	/* when the copy out failed */
	uint16_t size;				/* copied in */
	uint16_t out, out_size;			/* part copied out on success */
};

#define IN(type)		sizeof(struct type)
#define OUT(type, field)	\
	__builtin_offsetof(struct type, field), sizeof(((struct type *)0)->field)

static const struct evtchn_row rows[] = {
	[EVTCHNOP_bind_interdomain] = { op_bind_interdomain, undo_bind_interdomain,
					IN(evtchn_bind_interdomain),
					OUT(evtchn_bind_interdomain, local_port) },
	[EVTCHNOP_bind_virq]	= { op_bind_virq, undo_bind_virq, IN(evtchn_bind_virq),
				    OUT(evtchn_bind_virq, port) },
	[EVTCHNOP_bind_pirq]	= { op_bind_pirq, NULL, 0, 0, 0 },
	[EVTCHNOP_close]	= { op_close, NULL, IN(evtchn_close), 0, 0 },
	[EVTCHNOP_send]		= { op_send, NULL, IN(evtchn_send), 0, 0 },
	[EVTCHNOP_status]	= { op_status, NULL, IN(evtchn_status),
				    __builtin_offsetof(struct evtchn_status, status), 16 },
	[EVTCHNOP_alloc_unbound] = { op_alloc_unbound, undo_alloc_unbound, IN(evtchn_alloc_unbound),
				     OUT(evtchn_alloc_unbound, port) },
	[EVTCHNOP_bind_ipi]	= { op_bind_ipi, undo_bind_ipi, IN(evtchn_bind_ipi),
				    OUT(evtchn_bind_ipi, port) },
	[EVTCHNOP_bind_vcpu]	= { op_bind_vcpu, NULL, IN(evtchn_bind_vcpu), 0, 0 },
	[EVTCHNOP_unmask]	= { op_unmask, NULL, IN(evtchn_unmask), 0, 0 },
	[EVTCHNOP_reset]	= { op_reset, NULL, IN(evtchn_reset), 0, 0 },
	[EVTCHNOP_init_control]	= { op_init_control, NULL, IN(evtchn_init_control),
				    OUT(evtchn_init_control, link_bits) },
	[EVTCHNOP_expand_array]	= { op_expand_array, NULL, IN(evtchn_expand_array), 0, 0 },
	[EVTCHNOP_set_priority]	= { op_set_priority, NULL, IN(evtchn_set_priority), 0, 0 },
};
_Static_assert(__builtin_offsetof(struct evtchn_status, status) + 16 == IN(evtchn_status),
	       "status");

/*
 * x0 cmd (32 bits), x1 the operation's struct. -ENOSYS for an unknown operation, -EFAULT for a
 * struct that cannot be read or written, else what the operation says.
 */
int64_t do_event_channel_op(uint64_t cmd, uint64_t arg, uint64_t a2, uint64_t a3, uint64_t a4)
{
	struct domain *d = this_vcpu()->domain;
	const struct evtchn_row *row;
	union evtchn_arg a;
	int rc;

	(void)a2;
	(void)a3;
	(void)a4;
	cmd = (uint32_t)cmd;
	if (likely(cmd == EVTCHNOP_send)) {
		if (unlikely(copy_from_guest(&a.send, arg, sizeof(a.send))))
			return -EFAULT;
		return evtchn_send(d, a.send.port);
	}
	if (cmd >= ARRAY_SIZE(rows))
		return -ENOSYS;
	row = &rows[index_nospec(cmd, ARRAY_SIZE(rows))];
	if (row->size && copy_from_guest(&a, arg, row->size))
		return -EFAULT;
	rc = row->fn(d, &a);
	if (rc == -ERESTART)
		return hypercall_restart(cmd, arg, 0, 0, 0);
	if (!rc && row->out_size &&
	    copy_to_guest(arg + row->out, (char *)&a + row->out, row->out_size)) {
		if (row->undo)
			row->undo(d, &a);
		rc = -EFAULT;
	}
	return rc;
}
