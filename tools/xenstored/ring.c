/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ring arithmetic. The peer's index is loaded once per call into a local; when its distance to ours
 * is impossible the ring is given up. Ours is written to the page and never read back.
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

ssize_t ring_take(const struct ring_page *page, uint32_t *cons, void *buf, size_t len)
{
	size_t n = load(&page->req_prod) - *cons, first;

	if (n > RING_SIZE)
		return -EIO;
	n = MIN(n, len);
	if (!n)
		return -EAGAIN;
	first = run(*cons, n);
	memcpy(buf, page->req + *cons % RING_SIZE, first);
	memcpy((char *)buf + first, page->req, n - first);
	*cons += (uint32_t)n;
	return (ssize_t)n;
}

/* The copies are complete before the peer sees the room; and we look for input after that. */
void ring_publish_taken(struct ring_page *page, uint32_t cons)
{
	__atomic_store_n(&page->req_cons, cons, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

ssize_t ring_put(struct ring_page *page, uint32_t *prod, const void *buf, size_t len)
{
	size_t used = *prod - load(&page->rsp_cons), n, first;

	if (used > RING_SIZE)
		return -EIO;
	n = MIN(RING_SIZE - used, len);
	if (!n)
		return -EAGAIN;
	first = run(*prod, n);
	memcpy(page->rsp + *prod % RING_SIZE, buf, first);
	memcpy(page->rsp, (const char *)buf + first, n - first);
	/* The bytes are there before the peer sees the index. */
	*prod += (uint32_t)n;
	__atomic_store_n(&page->rsp_prod, *prod, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return (ssize_t)n;
}

bool ring_has_input(const struct ring_page *page, uint32_t cons)
{
	return load(&page->req_prod) != cons;
}

void ring_reset(struct ring_page *page)
{
	__atomic_store_n(&page->req_cons, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&page->req_prod, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&page->rsp_cons, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&page->rsp_prod, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&page->error, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&page->connection, RING_CONNECTED, __ATOMIC_SEQ_CST);
}
