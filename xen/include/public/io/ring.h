/* SPDX-License-Identifier: MIT */
/*
 * The ring of the block and net protocols: one shared page of slots, each holding a request and
 * later a response. Indexes run freely in 32 bits; the slot is index modulo size, size a power of
 * two. A consumer copies a slot before it checks it, because the other side can still write there.
 */
#ifndef XEN_PUBLIC_IO_RING_H
#define XEN_PUBLIC_IO_RING_H

#include <stddef.h>
#include <stdint.h>

typedef uint32_t RING_IDX;

/* Barriers between CPUs that share normal memory. */
#ifndef xen_mb
#define xen_mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xen_wmb()	__atomic_thread_fence(__ATOMIC_RELEASE)
#endif

/* The largest power of two that is not above x (x > 0). */
#define RING_POW2_FLOOR_(x)	(1U << (31 - __builtin_clz((unsigned int)(x))))

/* Slots in a ring of type struct `name`_sring on `bytes` of memory. */
#define RING_SLOTS_(sring, bytes) \
	RING_POW2_FLOOR_(((bytes) - offsetof(sring, ring)) / sizeof(((sring *)0)->ring[0]))
#define __CONST_RING_SIZE(name, bytes)	RING_SLOTS_(struct name ## _sring, bytes)
#define __RING_SIZE(s, bytes)		RING_SLOTS_(__typeof__(*(s)), bytes)

/*
 * DEFINE_RING_TYPES(name, request, response) makes
 *   union name_sring_entry	a slot,
 *   struct name_sring		the shared page,
 *   struct name_front_ring	the requester's private end,
 *   struct name_back_ring	the responder's private end.
 */
#define DEFINE_RING_TYPES(name, req_t, rsp_t)			\
union name ## _sring_entry {					\
	req_t req;						\
	rsp_t rsp;						\
};								\
struct name ## _sring {						\
	RING_IDX req_prod, req_event;				\
	RING_IDX rsp_prod, rsp_event;				\
	union {							\
		struct { uint8_t smartpoll_active; } netif;	\
		struct { uint8_t msg; } tapif_user;		\
		uint8_t pvt_pad[4];				\
	} pvt;							\
	uint8_t __pad[44];					\
	union name ## _sring_entry ring[1];	/* and more */	\
};								\
struct name ## _front_ring {					\
	RING_IDX req_prod_pvt;					\
	RING_IDX rsp_cons;					\
	unsigned int nr_ents;					\
	struct name ## _sring *sring;				\
};								\
struct name ## _back_ring {					\
	RING_IDX rsp_prod_pvt;					\
	RING_IDX req_cons;					\
	unsigned int nr_ents;					\
	struct name ## _sring *sring;				\
};								\
typedef struct name ## _sring name ## _sring_t;			\
typedef struct name ## _front_ring name ## _front_ring_t;	\
typedef struct name ## _back_ring name ## _back_ring_t

/* Start of life: the requester clears the shared page, then each side makes its end. */
#define SHARED_RING_INIT(s) do {				\
	__builtin_memset((s), 0, offsetof(__typeof__(*(s)), ring));	\
	(s)->req_event = 1;					\
	(s)->rsp_event = 1;					\
} while (0)

#define FRONT_RING_ATTACH(r, s, idx, bytes) do {		\
	(r)->req_prod_pvt = (idx);				\
	(r)->rsp_cons = (idx);					\
	(r)->nr_ents = __RING_SIZE(s, bytes);			\
	(r)->sring = (s);					\
} while (0)
#define FRONT_RING_INIT(r, s, bytes)	FRONT_RING_ATTACH(r, s, 0, bytes)

#define BACK_RING_ATTACH(r, s, idx, bytes) do {			\
	(r)->rsp_prod_pvt = (idx);				\
	(r)->req_cons = (idx);					\
	(r)->nr_ents = __RING_SIZE(s, bytes);			\
	(r)->sring = (s);					\
} while (0)
#define BACK_RING_INIT(r, s, bytes)	BACK_RING_ATTACH(r, s, 0, bytes)

#define RING_SIZE(r)			((r)->nr_ents)
#define RING_SLOT_(r, idx)		(&(r)->sring->ring[(idx) & (RING_SIZE(r) - 1)])
#define RING_GET_REQUEST(r, idx)	(&RING_SLOT_(r, idx)->req)
#define RING_GET_RESPONSE(r, idx)	(&RING_SLOT_(r, idx)->rsp)

/* One copy; the barrier keeps the compiler from reading the slot again later. */
#define RING_COPY_SLOT_(dst, src) do {				\
	*(dst) = *(src);					\
	__asm__ volatile ("" : : : "memory");			\
} while (0)
#define RING_COPY_REQUEST(r, idx, req)	RING_COPY_SLOT_(req, RING_GET_REQUEST(r, idx))
#define RING_COPY_RESPONSE(r, idx, rsp)	RING_COPY_SLOT_(rsp, RING_GET_RESPONSE(r, idx))

#define RING_FREE_REQUESTS(r)	(RING_SIZE(r) - ((r)->req_prod_pvt - (r)->rsp_cons))
#define RING_FULL(r)		(RING_FREE_REQUESTS(r) == 0)

#define RING_READ_(field)	__atomic_load_n(&(field), __ATOMIC_RELAXED)
#define RING_WRITE_(field, v)	__atomic_store_n(&(field), (v), __ATOMIC_RELAXED)

/* How many wait for the consumer. A result above RING_SIZE means that the other side lies. */
#define RING_HAS_UNCONSUMED_RESPONSES(r) \
	((RING_IDX)(RING_READ_((r)->sring->rsp_prod) - (r)->rsp_cons))
#define RING_HAS_UNCONSUMED_REQUESTS(r) \
	((RING_IDX)(RING_READ_((r)->sring->req_prod) - (r)->req_cons))

#define RING_PUSH_(shared_prod, new_prod) do {			\
	xen_wmb();	/* slots before index */		\
	RING_WRITE_(shared_prod, new_prod);			\
} while (0)
#define RING_PUSH_REQUESTS(r)	RING_PUSH_((r)->sring->req_prod, (r)->req_prod_pvt)
#define RING_PUSH_RESPONSES(r)	RING_PUSH_((r)->sring->rsp_prod, (r)->rsp_prod_pvt)

/* Publishes, and says whether the other side asked to be told of an index just passed. */
#define RING_PUSH_NOTIFY_(prod, event, new_prod, notify) do {	\
	RING_IDX old_ = (prod);					\
	RING_IDX new_ = (new_prod);				\
	RING_PUSH_(prod, new_);					\
	xen_mb();	/* index before the look at event */	\
	(notify) = (RING_IDX)(new_ - RING_READ_(event)) < (RING_IDX)(new_ - old_); \
} while (0)
#define RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(r, notify) \
	RING_PUSH_NOTIFY_((r)->sring->req_prod, (r)->sring->req_event, (r)->req_prod_pvt, notify)
#define RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(r, notify) \
	RING_PUSH_NOTIFY_((r)->sring->rsp_prod, (r)->sring->rsp_event, (r)->rsp_prod_pvt, notify)

/* Before sleeping: ask to be told of the next one, then look again. */
#define RING_FINAL_CHECK_(event, cons, has_more, work) do {	\
	(work) = (has_more) != 0;				\
	if (!(work)) {						\
		RING_WRITE_(event, (cons) + 1);			\
		xen_mb();	/* event before the second look */	\
		(work) = (has_more) != 0;			\
	}							\
} while (0)
#define RING_FINAL_CHECK_FOR_REQUESTS(r, work) \
	RING_FINAL_CHECK_((r)->sring->req_event, (r)->req_cons, \
			  RING_HAS_UNCONSUMED_REQUESTS(r), work)
#define RING_FINAL_CHECK_FOR_RESPONSES(r, work) \
	RING_FINAL_CHECK_((r)->sring->rsp_event, (r)->rsp_cons, \
			  RING_HAS_UNCONSUMED_RESPONSES(r), work)

#endif /* XEN_PUBLIC_IO_RING_H */
