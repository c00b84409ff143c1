/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl: a domain's state as records (public/zazen.h), out of a domain that stands still and into
 * one that has not run. One row says what each record is; both ways go through the rows in order,
 * a record at a time, and may stop after each. What comes in may be forged, or change while it is
 * read: each record is copied once and checked by itself, the order is the rows', and until the end
 * has come the domain cannot run.
 */
#include <xen/id_regs.h>
#include <xen/vcpu_state.h>
#include <xen/vgic.h>
#include <arch/gic.h>
#include "domctl.h"

#define REGS_MAX	32u	/* registers in a record */
#define IRQS_MAX	32u

union record {
	struct zazen_save_header header;
	uint64_t cpu[NR_ID_REGS];
	struct zazen_save_domain domain;
	struct zazen_save_vcpu vcpu;
	struct zazen_save_reg regs[REGS_MAX];
	struct zazen_save_irq irqs[IRQS_MAX];
	struct zazen_save_areas areas;
	struct zazen_save_uart uart;
};

/* A call's way through the buffer. */
struct context {
	struct domain *d;
	uint64_t va;		/* of the buffer; 0: what goes there is only counted */
	uint32_t size, at;	/* of the buffer; bytes done */
};

/* Instance n of a record, in place of which r->set gets what was copied in, of that length. */
typedef uint32_t count_fn(const struct domain *d);
typedef int record_fn(struct context *x, uint32_t n, union record *r, uint32_t length);

struct record_row {
	uint16_t type;
	uint16_t length;	/* 0: get writes its records, and set checks their length */
	count_fn *count;	/* of instances; NULL one */
	record_fn *get, *set;
};

static uint32_t nr_vcpus(const struct domain *d) { return d->max_vcpus; }
static uint32_t nr_spis(const struct domain *d) { return MIN(d->nr_spis, GIC_SPURIOUS - 32); }
static uint32_t nr_spi_blocks(const struct domain *d) { return DIV_ROUND_UP(nr_spis(d), IRQS_MAX); }
static uint32_t nr_uarts(const struct domain *d) { return load_acquire(&d->vpl011) != NULL; }

static int put(struct context *x, uint16_t type, uint32_t n, const void *data, uint32_t length)
{
	struct hvm_save_descriptor head = { type, (uint16_t)n, length };

	if (x->size - x->at < sizeof(head) + length)
		return -ENOSPC;
	if (x->va && (copy_to_guest(x->va + x->at, &head, sizeof(head)) ||
		      (length && copy_to_guest(x->va + x->at + sizeof(head), data, length))))
		return -EFAULT;
	x->at += (uint32_t)sizeof(head) + length;
	return 0;
}

/* ---- the records ---- */

static void fill_header(const struct domain *d, struct zazen_save_header *h)
{
	*h = (struct zazen_save_header){
		.magic = ZAZEN_SAVE_MAGIC, .version = ZAZEN_SAVE_VERSION,
		.nr_vcpus = d->max_vcpus, .nr_spis = d->nr_spis,
		.frequency = (uint32_t)timer_frequency(), .gic_version = d->gic_version,
		.host_gic_version = gic_info.version, .host_pri_bits = gic_info.nr_pri_bits,
		.flags = (uint8_t)((d->is_aarch32 ? ZAZEN_SAVE_AARCH32 : 0) |
				   (d->vpmu ? ZAZEN_SAVE_PMU : 0) | ZAZEN_SAVE_SVE(d->sve_vl)),
	};
}

static int get_header(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	fill_header(x->d, &r->header);
	return 0;
}

static int set_header(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	const struct zazen_save_header *h = &r->header;
	struct zazen_save_header ours;

	fill_header(x->d, &ours);
	if (h->magic != ours.magic)
		return -EINVAL;
	if (h->version != ours.version || h->frequency != ours.frequency ||
	    h->host_gic_version != ours.host_gic_version ||
	    h->host_pri_bits != ours.host_pri_bits)
		return -EOPNOTSUPP;
	return memcmp(h, &ours, sizeof(ours)) ? -EINVAL : 0;
}

static int get_cpu(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	memcpy(r->cpu, x->d->id_regs, sizeof(r->cpu));
	return 0;
}

static int set_cpu(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	return id_regs_restore(x->d, r->cpu);
}

static int get_domain(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	struct domain *d = x->d;
	gfn_t g = { READ_ONCE(d->shared_info_gfn.v) };
	bool mapped = p2m_lookup(d, g).mfn.v == d->shared_info_mfn.v;

	r->domain = (struct zazen_save_domain){
		.count = timer_ticks() - d->cntvoff, .utc = wallclock_now(),
		.shared_info = mapped ? gfn_to_ipa(g) : ZAZEN_SAVE_NOWHERE,
		.flags = d->runstate_update_flag ? ZAZEN_SAVE_RUNSTATE_FLAG : 0,
		.gicd_ctlr = vgic_ctlr_get(d),
	};
	return 0;
}

/* The guest's counter goes on where it was, and by what has passed since, if that is known. */
static int set_domain(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	const struct zazen_save_domain *s = &r->domain;
	uint64_t utc = wallclock_now(), passed = s->utc && utc > s->utc ? utc - s->utc : 0;
	struct domain *d = x->d;
	int rc = 0;

	if ((s->flags & ~ZAZEN_SAVE_RUNSTATE_FLAG) || s->gicd_ctlr > 3 ||
	    (s->shared_info != ZAZEN_SAVE_NOWHERE && (s->shared_info & ~PAGE_MASK)))
		return -EINVAL;
	d->cntvoff = timer_ticks() - s->count - ns_to_ticks(passed);
	d->counter_is_set = true;
	wallclock_update_domain(d);
	WRITE_ONCE(d->runstate_update_flag, s->flags & ZAZEN_SAVE_RUNSTATE_FLAG);
	vgic_ctlr_set(d, s->gicd_ctlr);
	if (s->shared_info != ZAZEN_SAVE_NOWHERE)
		rc = map_shared_info(d, ipa_to_gfn(s->shared_info));
	return rc;
}

static int get_vcpu(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	const struct vcpu *v = x->d->vcpu[n];

	r->vcpu = (struct zazen_save_vcpu){
		.flags = (READ_ONCE(v->flags) & VPF_DOWN ? 0 : ZAZEN_SAVE_ONLINE) |
			 (v->initialised ? ZAZEN_SAVE_STARTED : 0) |
			 (v->ctxt.extra & CTXT_SERROR ? ZAZEN_SAVE_SERROR : 0) |
			 (vgic_is_asleep(v) ? ZAZEN_SAVE_GICR_ASLEEP : 0),
	};
	return 0;
}

/* What its other records do not have is as after a reset. */
static int set_vcpu(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	struct vcpu *v = x->d->vcpu[n];
	uint32_t flags = r->vcpu.flags;

	if (r->vcpu.pad || flags >= 2 * ZAZEN_SAVE_GICR_ASLEEP ||
	    ((flags & ZAZEN_SAVE_ONLINE) && !(flags & ZAZEN_SAVE_STARTED)))
		return -EINVAL;
	vcpu_reset(v, 0, 0);
	vgic_vcpu_reset(v);
	v->initialised = flags & ZAZEN_SAVE_STARTED;
	vgic_set_asleep(v, flags & ZAZEN_SAVE_GICR_ASLEEP);
	if (flags & ZAZEN_SAVE_SERROR)
		guest_inject_serror(v);
	(flags & ZAZEN_SAVE_ONLINE ? vcpu_clear_flag : vcpu_set_flag)(v, VPF_DOWN);
	return 0;
}

static int get_regs(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	struct vcpu_reg_at at = { 0 };
	uint32_t nr;
	int rc = 0;

	do {
		for (nr = 0; nr < REGS_MAX; nr++)
			if (!vcpu_reg_next(x->d->vcpu[n], &at, &r->regs[nr]))
				break;
		if (nr)
			rc = put(x, ZAZEN_SAVE_REGS, n, r->regs, nr * (uint32_t)sizeof(r->regs[0]));
	} while (!rc && nr == REGS_MAX);
	return rc;
}

static int set_regs(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	int rc = length % sizeof(r->regs[0]) || !length ? -EINVAL : 0;

	for (uint32_t i = 0; i < length / sizeof(r->regs[0]) && !rc; i++)
		rc = vcpu_reg_put(x->d->vcpu[n], &r->regs[i]);
	return rc;
}

static int get_private(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	vgic_irqs_get(x->d, x->d->vcpu[n], 0, GIC_NR_PRIVATE, r->irqs);
	return 0;
}

/* The vCPU's registers are all there now. */
static int set_private(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	struct vcpu *v = x->d->vcpu[n];
	int rc = v->initialised ? vcpu_regs_done(v) : 0;

	return rc ? rc : vgic_irqs_set(x->d, v, 0, GIC_NR_PRIVATE, r->irqs);
}

static int get_areas(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	r->areas = (struct zazen_save_areas){ 0 };
	vcpu_areas_get(x->d->vcpu[n], &r->areas);
	return 0;
}

static int set_areas(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	return vcpu_areas_set(x->d->vcpu[n], &r->areas);
}

static uint32_t spis_in(const struct domain *d, uint32_t block)
{
	return MIN(nr_spis(d) - block * IRQS_MAX, IRQS_MAX);
}

static int get_spis(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	uint32_t nr = spis_in(x->d, n);

	vgic_irqs_get(x->d, NULL, GIC_NR_PRIVATE + n * IRQS_MAX, nr, r->irqs);
	return put(x, ZAZEN_SAVE_SPIS, n, r->irqs, nr * (uint32_t)sizeof(r->irqs[0]));
}

static int set_spis(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	uint32_t nr = spis_in(x->d, n);

	return length != nr * sizeof(r->irqs[0]) ? -EINVAL :
	       vgic_irqs_set(x->d, NULL, GIC_NR_PRIVATE + n * IRQS_MAX, nr, r->irqs);
}

static int get_uart(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	r->uart = (struct zazen_save_uart){ .imsc = vpl011_imsc_get(x->d) };
	return 0;
}

static int set_uart(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	if (r->uart.pad)
		return -EINVAL;
	vpl011_imsc_set(x->d, r->uart.imsc);
	return 0;
}

static int get_end(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	return put(x, ZAZEN_SAVE_END, 0, NULL, 0);
}

static int set_end(struct context *x, uint32_t n, union record *r, uint32_t length)
{
	if (length || x->at != x->size)
		return -EINVAL;
	SPIN_GUARD(&x->d->lock);
	x->d->restoring = 0;
	return 0;
}

#define ROW(type, member, count, name) \
	{ ZAZEN_SAVE_##type, sizeof(((union record *)0)->member), count, get_##name, set_##name }
#define ROW_OF_ANY_LENGTH(type, count, name) \
	{ ZAZEN_SAVE_##type, 0, count, get_##name, set_##name }

/* Interrupts after registers, areas (which raise one) after interrupts. */
static const struct record_row rows[] = {
	ROW(HEADER, header, NULL, header),
	ROW(CPU, cpu, NULL, cpu),
	ROW(DOMAIN, domain, NULL, domain),
	ROW(VCPU, vcpu, nr_vcpus, vcpu),
	ROW_OF_ANY_LENGTH(REGS, nr_vcpus, regs),
	ROW(PRIVATE, irqs, nr_vcpus, private),
	ROW(AREAS, areas, nr_vcpus, areas),
	ROW_OF_ANY_LENGTH(SPIS, nr_spi_blocks, spis),
	ROW(UART, uart, nr_uarts, uart),
	ROW_OF_ANY_LENGTH(END, NULL, end),
};
#define NR_ROWS		((uint32_t)ARRAY_SIZE(rows))

/* ---- the way through them ---- */

/* A place in the order: row << 16 | instance. */
static uint32_t instances(const struct domain *d, uint32_t row)
{
	return rows[row].count ? rows[row].count(d) : 1;
}

/* The one behind place, which is not the end. */
static uint32_t next(const struct domain *d, uint32_t place)
{
	uint32_t row = place >> 16;

	if ((place & 0xffff) + 1 < instances(d, row))
		return place + 1;
	while (!instances(d, ++row))
		;	/* the last one has an instance */
	return row << 16;
}

/* What the caller gave us back may be forged. */
static bool is_place(const struct domain *d, uint64_t place)
{
	return place >> 16 < NR_ROWS && (place & 0xffff) < instances(d, (uint32_t)(place >> 16));
}

/* All vCPUs are made, and the domain stands still. -EINVAL, -EBUSY, -EOPNOTSUPP, -ESRCH. */
static int check(const struct domain *d, bool set)
{
	if (domain_is_dying(d))
		return -ESRCH;
	if (!load_acquire(&d->vcpu[d->max_vcpus - 1]))
		return -EINVAL;
	if (set)
		return READ_ONCE(d->creation_finished) ? -EBUSY : 0;
	if (d->has_device || READ_ONCE(d->restoring))
		return d->has_device ? -EOPNOTSUPP : -EBUSY;
	if (!READ_ONCE(d->pause_count) && !READ_ONCE(d->shut_down))
		return -EBUSY;
	return domain_is_quiet(d) ? 0 : -ERESTART;
}

static struct context start(const struct control_call *call)
{
	const struct xen_domctl_hvmcontext *h = &call->domctl.u.hvmcontext;
	uint32_t size = h->buffer.p ? h->size : UINT32_MAX;

	return (struct context){ .d = call->d, .va = h->buffer.p, .size = size,
				 .at = (uint32_t)MIN(call->b, (uint64_t)size) };
}

static int get_one(struct context *x, uint32_t place)
{
	const struct record_row *row = &rows[place >> 16];
	COPIED_IN union record r;
	int rc = row->get(x, place & 0xffff, &r, 0);

	return rc || !row->length ? rc : put(x, row->type, place & 0xffff, &r, row->length);
}

/* Preemptible: call->a is the record to come, call->b how many bytes are done. */
int domctl_gethvmcontext(struct control_call *call)
{
	struct context x = start(call);
	int rc = check(call->d, false);

	if (rc)
		return rc;
	for (;;) {
		if (!is_place(x.d, call->a))
			return -EINVAL;
		rc = get_one(&x, (uint32_t)call->a);
		if (rc)
			return rc;
		if (call->a >> 16 == NR_ROWS - 1)
			break;
		call->a = next(x.d, (uint32_t)call->a);
		call->b = x.at;
		if (hypercall_preempt())
			return -ERESTART;
	}
	call->domctl.u.hvmcontext.size = x.at;
	return 0;
}

static bool is_known(uint16_t type)
{
	for (uint32_t row = 0; row < NR_ROWS; row++)
		if (rows[row].type == type)
			return true;
	return false;
}

/* How far a domain is with its context, which it alone knows: a caller may forge its progress. */
enum { NOT_RESTORING, BEGUN, BEHIND };	/* BEHIND + place of the last record that was taken */

/* The place of the record that head begins, by the order. -EINVAL: it is another's turn. */
static int find_place(const struct domain *d, const struct hvm_save_descriptor *head,
		      uint32_t *place)
{
	uint32_t last = d->restoring - BEHIND;

	if (d->restoring == BEGUN)
		*place = 0;
	else if (head->typecode == ZAZEN_SAVE_REGS && rows[last >> 16].type == ZAZEN_SAVE_REGS &&
		 head->instance == (last & 0xffff))
		*place = last;	/* they come in several */
	else
		*place = next(d, last);
	return head->typecode == rows[*place >> 16].type && head->instance == (*place & 0xffff) ?
	       0 : -EINVAL;
}

/* Take the next record. */
static int set_one(struct context *x)
{
	struct hvm_save_descriptor head;
	COPIED_IN union record r;
	uint32_t place, begin = x->at + (uint32_t)sizeof(head);

	if (x->size - x->at < sizeof(head))
		return -ENODATA;
	if (copy_from_guest(&head, x->va + x->at, sizeof(head)))
		return -EFAULT;
	if (head.length > x->size - begin)
		return -ENODATA;
	x->at = begin + head.length;
	/* Nothing comes before the header. */
	if (x->d->restoring != BEGUN && !is_known(head.typecode))
		return head.typecode & ZAZEN_SAVE_OPTIONAL ? 0 : -EOPNOTSUPP;
	int rc = find_place(x->d, &head, &place);
	const struct record_row *row = &rows[place >> 16];
	if (rc || head.length > sizeof(r) || (row->length && head.length != row->length))
		return -EINVAL;
	if (head.length && copy_from_guest(&r, x->va + begin, head.length))
		return -EFAULT;
	rc = row->set(x, place & 0xffff, &r, head.length);
	if (!rc && row != &rows[NR_ROWS - 1])
		WRITE_ONCE(x->d->restoring, BEHIND + place);
	return rc;
}

/*
 * From here on it cannot be unpaused, until the last record has come. -EBUSY: it has run; -EINVAL:
 * the caller goes on with what it did not begin.
 */
static int begin_set(struct domain *d, bool resumed)
{
	SPIN_GUARD(&d->lock);
	if (d->creation_finished)
		return -EBUSY;
	if (!resumed)
		d->restoring = BEGUN;
	return d->restoring == NOT_RESTORING ? -EINVAL : 0;
}

/* Preemptible: call->b bytes are done. */
static int set_all(struct control_call *call)
{
	struct context x = start(call);

	for (;;) {
		int rc = set_one(&x);

		if (rc || x.d->restoring == NOT_RESTORING)
			return rc;
		call->b = x.at;
		if (hypercall_preempt())
			return -ERESTART;
	}
}

int domctl_sethvmcontext(struct control_call *call)
{
	static uint8_t busy;
	int rc = check(call->d, true);

	if (rc)
		return rc;
	/* One at a time in the machine; whoever comes second asks again. */
	if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		return -ERESTART;
	rc = begin_set(call->d, call->resumed && call->b);
	if (!rc)
		rc = set_all(call);
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	return rc;
}
