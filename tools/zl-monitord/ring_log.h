/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LOG_DIR/hypervisor.log: what the hypervisor prints, beyond what its ring has room for. */
#ifndef TOOLS_ZL_MONITORD_RING_LOG_H
#define TOOLS_ZL_MONITORD_RING_LOG_H

#include <xentools/domain.h>
#include <xentools/event_loop.h>

struct ring_log;

/* The folders and the hypervisor are those of ctx, which outlives the log. */
int ring_log_open(struct ring_log **ret, struct event_loop *loop, const struct domain_ctx *ctx,
		  struct zerr **err);
void ring_log_drain(struct ring_log *r);
void ring_log_close(struct ring_log *r);	/* NULL is fine */

#endif
