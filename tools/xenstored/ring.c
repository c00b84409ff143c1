/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ring arithmetic. Each index is loaded once per call into a local and compared with the ring's
 * size before use; our own index is kept in the page too, as the protocol wants, and the peer may
 * have spoilt it: then the difference is impossible and the ring is given up.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <xentools/macros.h>

#include "ring.h"

_Static_assert(offsetof(struct ring_page, req_cons) == 2048, "xenstore_domain_interface");
_Static_assert(offsetof(struct ring_page, error) == 2072, "xenstore_domain_interface");
_Static_assert(sizeof(struct ring_page) == 2076, "xenstore_domain_interface");

static uint32_t load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

/* How far one copy goes: not over the end of the array. */
static size_t run(uint32_t index, size_t n)
{
	return MIN(n, (size_t)(RING_SIZE - index % RING_SIZE));
}

ssize_t ring_take(struct ring_page *page, void *buf, size_t len)
{
	uint32_t cons = load(&page->req_cons), prod = load(&page->req_prod);
	size_t n = prod - cons, first;

	if (n > RING_SIZE)
		return -EIO;
	n = MIN(n, len);
	if (!n)
		return -EAGAIN;
	first = run(cons, n);
	memcpy(buf, page->req + cons % RING_SIZE, first);
	memcpy((char *)buf + first, page->req, n - first);
	/* The copy is complete before the peer sees the room; and we look at prod after that. */
	__atomic_store_n(&page->req_cons, cons + (uint32_t)n, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return (ssize_t)n;
}

ssize_t ring_put(struct ring_page *page, const void *buf, size_t len)
{
	uint32_t cons = load(&page->rsp_cons), prod = load(&page->rsp_prod);
	size_t used = prod - cons, n, first;

	if (used > RING_SIZE)
		return -EIO;
	n = MIN(RING_SIZE - used, len);
	if (!n)
		return -EAGAIN;
	first = run(prod, n);
	memcpy(page->rsp + prod % RING_SIZE, buf, first);
	memcpy(page->rsp, (const char *)buf + first, n - first);
	/* The bytes are there before the peer sees the index. */
	__atomic_store_n(&page->rsp_prod, prod + (uint32_t)n, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return (ssize_t)n;
}

bool ring_has_input(const struct ring_page *page)
{
	return load(&page->req_prod) != load(&page->req_cons);
}

void ring_reset(struct ring_page *page)
{
	__atomic_store_n(&page->req_cons, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&page->req_prod, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&page->rsp_cons, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&page->rsp_prod, 0, __ATOMIC_SEQ_CST);
}
