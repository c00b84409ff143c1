/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FIFO event delivery: an event word per port in pages of the guest's, queues of 16 priorities for
 * each vCPU threaded through the words, and a control block per vCPU with the queue heads. Those
 * pages stay mapped and referenced until a reset or death. We only append, at a tail that we keep
 * ourselves, and never follow a link that the guest can write. f->lock covers appending; words
 * change by atomics only.
 */
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/vcpu.h>
#include <arch/guest_atomic.h>
#include "event.h"

#define W_PENDING	(1u << EVTCHN_FIFO_PENDING)
#define W_MASKED	(1u << EVTCHN_FIFO_MASKED)
#define W_LINKED	(1u << EVTCHN_FIFO_LINKED)
#define W_BUSY		(1u << EVTCHN_FIFO_BUSY)
#define LINK_TRIES	4u

/* The word of port; NULL while its page has not come. port is one of the domain's. */
static event_word_t *word_of(struct evtchn_fifo *f, uint32_t port)
{
	uint32_t p = port / FIFO_WORDS_PER_PAGE;

	if (p >= load_acquire(&f->nr_pages))
		return NULL;
	return &f->page[index_nospec(p, FIFO_MAX_PAGES)][port % FIFO_WORDS_PER_PAGE];
}

enum link_result { LINK_DONE, LINK_EMPTY, LINK_AGAIN };

/* Put link into *word if that is still linked; *w is its last seen value. */
static enum link_result try_link(struct domain *d, event_word_t *word, event_word_t *w,
				 uint32_t link)
{
	if (!(*w & W_LINKED))
		return LINK_EMPTY;
	event_word_t fresh = (*w & ~(W_BUSY | (event_word_t)EVTCHN_FIFO_LINK_MASK)) | link;
	event_word_t found = guest_cmpxchg32(word, *w, fresh, d);
	if (found == *w)
		return LINK_DONE;
	*w = found;
	return LINK_AGAIN;
}

/*
 * Append link behind the tail's word. False when the guest has taken that word off the queue
 * already, so that the queue is empty. While BUSY is set a well-behaved guest does not unmask,
 * which bounds the changes.
 */
static bool link_behind(struct domain *d, event_word_t *word, uint32_t link)
{
	event_word_t w = shared_read(word);
	enum link_result r = try_link(d, word, &w, link);

	if (r == LINK_AGAIN && !d->starves) {
		(void)guest_test_and_set_bit32(EVTCHN_FIFO_BUSY, word, d);
		w = shared_read(word);
		for (unsigned int i = 0; i < LINK_TRIES && r == LINK_AGAIN && !d->starves; i++)
			r = try_link(d, word, &w, link);
		if (r == LINK_AGAIN)
			domain_starves(d);	/* it goes on changing the word: on purpose */
		if (r == LINK_EMPTY)
			(void)guest_test_and_clear_bit32(EVTCHN_FIFO_BUSY, word, d);
	}
	return r == LINK_DONE;
}

/*
 * Append port to the queue q of fv. True when the queue was empty: its ready bit has to be set.
 * f->lock held.
 */
static bool append(struct domain *d, struct evtchn_fifo *f, struct fifo_vcpu *fv, uint32_t q,
		   uint32_t port)
{
	bool linked = false;

	if (fv->tail[q])
		linked = link_behind(d, word_of(f, fv->tail[q]), port);
	if (!linked)
		shared_write(&fv->cb->head[q], port);
	fv->tail[q] = port;
	return !linked;
}

/*
 * port is pending and unmasked: put it on the queue of its vCPU and priority unless it is on one.
 * Without a control block the event is dropped: the ABI has the guest unmask nothing before.
 */
static void enqueue(struct domain *d, struct evtchn_fifo *f, struct evtchn *chn, event_word_t *word,
		    uint32_t port)
{
	uint32_t id = READ_ONCE(chn->notify_vcpu), q = READ_ONCE(chn->priority);
	struct fifo_vcpu *old;
	bool first = false;

	spin_lock(&f->lock);
	struct fifo_vcpu *fv = f->vcpu[id];
	if (fv && !guest_test_and_set_bit32(EVTCHN_FIFO_LINKED, word, d)) {
		/*
		 * If the guest took it off as the last of its old queue, that queue has no tail
		 * now.
		 */
		old = f->vcpu[chn->last_vcpu];
		if (old && old->tail[chn->last_priority] == port)
			old->tail[chn->last_priority] = 0;
		chn->last_vcpu = (uint8_t)id;
		chn->last_priority = (uint8_t)q;
		first = append(d, f, fv, q, port);
	}
	spin_unlock(&f->lock);
	if (first && !guest_test_and_set_bit32(q, &fv->cb->ready, d))
		evtchn_mark_upcall(load_acquire(&d->vcpu[id]));
}

/* The word of port, or NULL after remembering that the port was raised. */
static event_word_t *word_or_early(struct evtchn_fifo *f, struct evtchn *chn, uint32_t port)
{
	event_word_t *word = word_of(f, port);

	if (likely(word))
		return word;
	SPIN_GUARD(&f->lock);
	word = word_of(f, port);
	if (!word && !chn->early) {
		chn->early = true;
		f->nr_early++;
	}
	return word;
}

/* evtchn_raise for a domain with FIFO delivery. */
void evtchn_fifo_raise(struct domain *d, struct evtchn_fifo *f, struct evtchn *chn, uint32_t port)
{
	event_word_t *word = word_or_early(f, chn, port);
	bool was_pending = false;
	event_word_t w;

	if (likely(word)) {
		/* As in evtchn_raise: the sender's stores come before our look. */
		smp_mb();
		w = shared_read(word);
		if ((w & W_PENDING) && (w & (W_MASKED | W_LINKED)))
			return;
		was_pending = guest_test_and_set_bit32(EVTCHN_FIFO_PENDING, word, d);
		if (!(shared_read(word) & (W_MASKED | W_LINKED)))
			enqueue(d, f, chn, word, port);
	}
	if (!was_pending)
		evtchn_wake_pollers(d, port);
}

/* Clear the mask; queue the port if it is pending. Owner's lock held. */
void evtchn_fifo_unmask(struct domain *d, struct evtchn_fifo *f, struct evtchn *chn, uint32_t port)
{
	event_word_t *word = word_of(f, port);

	if (!word)
		return;
	(void)guest_test_and_clear_bit32(EVTCHN_FIFO_MASKED, word, d);
	if (shared_read(word) & W_PENDING)
		evtchn_fifo_raise(d, f, chn, port);
}

/* Was the port raised before its word came? Forget it. */
static bool take_early(struct evtchn_fifo *f, struct evtchn *chn)
{
	SPIN_GUARD(&f->lock);
	bool early = chn->early;
	chn->early = false;
	f->nr_early -= early;
	return early;
}

/* Nothing of port stays pending. Owner's lock held. */
void evtchn_fifo_clear(struct domain *d, struct evtchn_fifo *f, struct evtchn *chn, uint32_t port)
{
	(void)take_early(f, chn);
	event_word_t *word = word_of(f, port);
	if (word)
		(void)guest_test_and_clear_bit32(EVTCHN_FIFO_PENDING, word, d);
}

bool evtchn_fifo_is_pending(struct evtchn_fifo *f, const struct evtchn *chn, uint32_t port)
{
	event_word_t *word = word_of(f, port);

	return word ? shared_read(word) & W_PENDING : READ_ONCE(chn->early);
}

bool evtchn_fifo_is_linked(struct evtchn_fifo *f, uint32_t port)
{
	event_word_t *word = word_of(f, port);

	return word && (shared_read(word) & W_LINKED);
}


/*
 * From now on d has FIFO delivery. What is pending in the bitmaps is remembered until the words'
 * pages come. A sender that saw 2-level still set in use looks again after it set its bit
 * (evtchn_raise). e->lock held.
 */
static void migrate(struct domain *d, struct evtchn_fifo *f)
{
	struct evtchn_domain *e = d->evtchn;

	store_release(&e->fifo, f);
	smp_mb();
	for (uint32_t i = 0; i < ARRAY_SIZE(d->shared_info->evtchn_pending); i++) {
		uint64_t bits = shared_read(&d->shared_info->evtchn_pending[i]);

		while (bits && !READ_ONCE(d->starves)) {
			uint32_t port = i * 64 + (uint32_t)__builtin_ctzll(bits);
			struct evtchn *chn = evtchn_at(e, port);

			bits &= bits - 1;
			if (!chn || chn->state == EVTCHNSTAT_closed)
				continue;
			evtchn_2l_clear(d, port);
			(void)word_or_early(f, chn, port);
		}
	}
}

/* Enter fv as vcpu's control block. On 0 *fresh is used up when it was needed. */
static int install_control(struct domain *d, uint32_t vcpu, struct fifo_vcpu *fv,
			   struct evtchn_fifo **fresh)
{
	struct evtchn_domain *e = d->evtchn;

	SPIN_GUARD(&e->lock);
	struct evtchn_fifo *f = e->fifo;
	if (domain_is_dying(d))
		return -ESRCH;
	if (e->fifo_dead)
		return -EBUSY;
	if (!f) {
		f = *fresh;
		*fresh = NULL;
		spin_lock_init(&f->lock, LOCK_EVTCHN_FIFO);
		migrate(d, f);
	}
	if (f->vcpu[vcpu])
		return -EINVAL;
	spin_lock(&f->lock);
	f->vcpu[vcpu] = fv;
	spin_unlock(&f->lock);
	return 0;
}

/*
 * Register a vCPU's control block; the domain's first turns it to FIFO delivery. -ENOENT (vcpu),
 * -EINVAL (offset, frame, or registered already), -ENOMEM, -EBUSY while a reset is under way,
 * -ESRCH.
 */
int evtchn_fifo_init_control(struct domain *d, struct evtchn_init_control *ic)
{
	gfn_t control = gfn(ic->control_gfn);
	uint32_t vcpu;

	if (!domain_vcpu(d, ic->vcpu))
		return -ENOENT;
	vcpu = (uint32_t)index_nospec(ic->vcpu, d->max_vcpus);
	if (ic->offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) || (ic->offset & 7))
		return -EINVAL;
	struct fifo_vcpu *fv = xzalloc(struct fifo_vcpu);
	struct evtchn_fifo *fresh = domain_heap_alloc_page(d);
	int rc = fv && fresh ? shared_map_ram(d, &control, 1, &fv->mfn, &fv->page) : -ENOMEM;
	if (!rc) {
		fv->cb = (void *)((char *)fv->page + ic->offset);
		rc = install_control(d, vcpu, fv, &fresh);
		if (rc)
			shared_unmap_ram(fv->page, &fv->mfn, 1);
	}
	if (rc)
		xfree(fv);
	else
		ic->link_bits = EVTCHN_FIFO_LINK_BITS;
	domain_heap_free_page(d, fresh);
	return rc;
}

/* Raise the ports of array page p that were raised before it came. e->lock held. */
static void raise_early(struct domain *d, struct evtchn_fifo *f, uint32_t p)
{
	struct evtchn_domain *e = d->evtchn;
	uint32_t port, end = MIN((p + 1) * FIFO_WORDS_PER_PAGE, e->nr_ports);

	for (port = p * FIFO_WORDS_PER_PAGE; port < end && READ_ONCE(f->nr_early) &&
	     !READ_ONCE(d->starves); port++) {
		struct evtchn *chn = evtchn_at(e, port);

		if (take_early(f, chn))
			evtchn_fifo_raise(d, f, chn, port);
	}
}

/*
 * Append a page of event words. -EOPNOTSUPP without FIFO delivery, -ENOSPC when the domain's ports
 * have their words, -EINVAL (frame), -ENOMEM, -ESRCH.
 */
int evtchn_fifo_expand_array(struct domain *d, gfn_t g)
{
	struct evtchn_domain *e = d->evtchn;
	void *page;
	mfn_t m;

	if (!load_acquire(&e->fifo))
		return -EOPNOTSUPP;
	int rc = shared_map_ram(d, &g, 1, &m, &page);
	if (rc)
		return rc;
	spin_lock(&e->lock);
	struct evtchn_fifo *f = e->fifo;
	if (!f) {
		rc = -EOPNOTSUPP;
	} else if (domain_is_dying(d)) {
		rc = -ESRCH;
	} else if (f->nr_pages >= DIV_ROUND_UP(e->limit, FIFO_WORDS_PER_PAGE)) {
		rc = -ENOSPC;
	} else {
		spin_lock(&f->lock);
		f->page[f->nr_pages] = page;
		f->mfn[f->nr_pages] = m;
		store_release(&f->nr_pages, f->nr_pages + 1);
		spin_unlock(&f->lock);
		raise_early(d, f, f->nr_pages - 1);
	}
	spin_unlock(&e->lock);
	if (rc)
		shared_unmap_ram(page, &m, 1);
	return rc;
}

/* Unmap one piece of f. False: nothing left. */
static bool free_piece(struct domain *d, struct evtchn_fifo *f)
{
	if (f->nr_pages) {
		f->nr_pages--;
		shared_unmap_ram(f->page[f->nr_pages], &f->mfn[f->nr_pages], 1);
		return true;
	}
	for (uint32_t i = 0; i < d->max_vcpus; i++) {
		struct fifo_vcpu *fv = f->vcpu[i];

		if (!fv)
			continue;
		f->vcpu[i] = NULL;
		shared_unmap_ram(fv->page, &fv->mfn, 1);
		xfree(fv);
		return true;
	}
	return false;
}

/*
 * Free the FIFO state that was cut off, a piece at a time: one caller takes it out, and puts back
 * what it leaves. False: preempted, call again.
 */
bool evtchn_fifo_free_dead(struct domain *d)
{
	struct evtchn_domain *e = d->evtchn;
	struct evtchn_fifo *f = __atomic_exchange_n(&e->fifo_dead, NULL, __ATOMIC_ACQ_REL);
	struct evtchn_fifo *none = NULL;

	if (!f)
		return true;
	while (free_piece(d, f)) {
		/* Should another reset have put its own there, we go on to the end. */
		if (hypercall_preempt() &&
		    __atomic_compare_exchange_n(&e->fifo_dead, &none, f, false, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE))
			return false;
		none = NULL;
	}
	domain_heap_free_page(d, f);
	return true;
}
