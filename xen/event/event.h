/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels, private to event/. A domain's ports live in chunks that are made on demand and
 * neither move nor go before the domain does, so that a bound pair may point at each other.
 *
 * Locks: e->lock (LOCK_EVTCHN) covers a domain's ports and tables. Joining or parting a pair takes
 * both domains' locks, lower domid first; hence either of the two locks keeps a pair joined, and a
 * sender needs only its own. f->lock (LOCK_EVTCHN_FIFO) covers queue tails and the members of
 * struct evtchn that say so.
 */
#pragma once

#include <xen/domain.h>
#include <xen/evtchn.h>
#include <xen/lib.h>

#define EVTCHN_CHUNK_PORTS	128u	/* one page of struct evtchn */

struct evtchn {
	union {
		struct evtchn_peer {		/* interdomain; both owners' locks */
			struct domain *dom;
			struct evtchn *chn;
			uint32_t port;
		} peer;
		domid_t remote;			/* unbound: who may bind */
		uint32_t virq;			/* virq */
		uint32_t next_free;		/* closed, in the list of closed ports */
	} u;
	uint8_t state;				/* EVTCHNSTAT_*; owner's lock */
	uint8_t notify_vcpu;			/* owner's lock to write, READ_ONCE to read */
	uint8_t priority;			/* FIFO queue; as notify_vcpu */
	uint8_t last_vcpu, last_priority;	/* FIFO queue it was last linked on; f->lock */
	bool early;				/* FIFO: raised before its word came; f->lock */
	bool for_hypervisor;			/* who takes its events; its owner cannot close it */
};
static_assert_size(struct evtchn, 32);

struct fifo_vcpu {
	void *page;				/* shared_map of the frame below */
	mfn_t mfn;
	struct evtchn_fifo_control_block *cb;
	uint32_t tail[EVTCHN_FIFO_MAX_QUEUES];	/* last port linked, 0 none known; f->lock */
};

#define FIFO_WORDS_PER_PAGE	((uint32_t)(PAGE_SIZE / sizeof(event_word_t)))
#define FIFO_MAX_PAGES		((uint32_t)EVTCHN_FIFO_NR_CHANNELS / FIFO_WORDS_PER_PAGE)

/* One heap page. */
struct evtchn_fifo {
	spinlock_t lock;
	uint32_t nr_pages;			/* store-released after page[] */
	uint32_t nr_early;			/* ports with early set; f->lock */
	event_word_t *page[FIFO_MAX_PAGES];
	mfn_t mfn[FIFO_MAX_PAGES];
	struct fifo_vcpu *vcpu[];		/* max_vcpus; NULL without control block; f->lock */
};
_Static_assert(sizeof(struct evtchn_fifo) + MAX_VCPUS * sizeof(void *) <= PAGE_SIZE, "one page");

struct evtchn_domain {
	spinlock_t lock;
	uint32_t limit;				/* ports are below it; constant */
	uint32_t nr_ports;			/* in chunks that exist */
	uint32_t fresh;				/* lowest port never used */
	uint32_t free_first, free_last;		/* closed ports, the longest closed first; 0 none */
	uint32_t nr_active;			/* ports not free */
	uint32_t reset_next;			/* progress of closing all ports */
	struct evtchn **chunk;			/* room for all up to the limit */
	struct evtchn_fifo *fifo;		/* NULL: 2-level; store-released */
	struct evtchn_fifo *fifo_dead;		/* cut off by a reset, being freed */
	uint32_t (*virq)[NR_VIRQS];		/* port, 0 none; row 0, or each vCPU's own */
};

/* The port's struct; NULL when there is none. e->lock. */
static inline struct evtchn *evtchn_at(struct evtchn_domain *e, uint32_t port)
{
	if (port >= e->nr_ports)
		return NULL;
	port = (uint32_t)index_nospec(port, e->nr_ports);
	return &e->chunk[port / EVTCHN_CHUNK_PORTS][port % EVTCHN_CHUNK_PORTS];
}

/* evtchn_send.c. Something keeps the port: its owner's lock, or the peer's. */
void evtchn_raise(struct domain *d, struct evtchn *chn, uint32_t port);
void evtchn_clear_pending(struct domain *d, struct evtchn *chn, uint32_t port);
void evtchn_2l_clear(struct domain *d, uint32_t port);
void evtchn_wake_pollers(struct domain *d, uint32_t port);

/* evtchn_fifo.c */
typedef void evtchn_fifo_fn(struct domain *d, struct evtchn_fifo *f, struct evtchn *chn,
			    uint32_t port);
evtchn_fifo_fn evtchn_fifo_raise, evtchn_fifo_unmask, evtchn_fifo_clear;
bool evtchn_fifo_is_pending(struct evtchn_fifo *f, const struct evtchn *chn, uint32_t port);
bool evtchn_fifo_is_linked(struct evtchn_fifo *f, uint32_t port);
/* Free what a reset or death cut off; false: preempted, call again. */
bool evtchn_fifo_free_dead(struct domain *d) __must_check;

/* virq.c */
bool virq_is_global(uint32_t virq);
uint32_t *virq_slot(struct evtchn_domain *e, uint32_t virq, uint32_t vcpu);
void virq_forget_handler(struct domain *d);
