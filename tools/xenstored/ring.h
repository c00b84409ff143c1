/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page shared with a domain: index arithmetic and copying, nothing else. Pure functions on
 * memory that the other side changes at will.
 */
#ifndef XENSTORED_RING_H
#define XENSTORED_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RING_SIZE 1024u

/* struct xenstore_domain_interface */
struct ring_page {
	char req[RING_SIZE];		/* guest to store */
	char rsp[RING_SIZE];
	uint32_t req_cons, req_prod;
	uint32_t rsp_cons, rsp_prod;
	uint32_t server_features;
	uint32_t connection;
	uint32_t error;
};

#define RING_FEATURE_RECONNECT 1u
#define RING_FEATURE_ERROR 2u
#define RING_CONNECTED 0u
#define RING_RECONNECT 1u
#define RING_ERROR_COMM 1u
#define RING_ERROR_INDEX 2u
#define RING_ERROR_PROTOCOL 3u

/*
 * Our own indexes are kept apart from the page, where the peer may spoil them. Bytes taken from or
 * put into the ring, -EAGAIN when there is nothing to take or no room, -EIO when the peer's index
 * is impossible. What was taken becomes room for the peer by ring_publish_taken() only.
 */
ssize_t ring_take(const struct ring_page *page, uint32_t *cons, void *buf, size_t len);
void ring_publish_taken(struct ring_page *page, uint32_t cons);
ssize_t ring_put(struct ring_page *page, uint32_t *prod, const void *buf, size_t len);
/* Requests wait, or the indexes are broken (which taking then reports). */
bool ring_has_input(const struct ring_page *page, uint32_t cons);
/* What the page says after a RECONNECT request: empty, connected rings. */
void ring_reset(struct ring_page *page);

#endif
