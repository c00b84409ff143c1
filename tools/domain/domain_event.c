/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling the monitor what a tool has done to a domain: a line of JSON to its socket, one
 * connection each, so that nothing is lost while the monitor is busy. Never waits and never fails
 * aloud: a watcher's comfort must not stop a tool.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <xentools/clock.h>

#include "tools/domain/domain_priv.h"

static int connect_monitor(const struct domain_ctx *ctx)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;

	if (snprintf(a.sun_path, sizeof(a.sun_path), "%s/" DOMAIN_NOTIFY_SOCKET,
		     domain_run_dir(ctx)) >= (int)sizeof(a.sun_path))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		return -1;
	return steal_fd(&fd);
}

static void add_member(struct strbuf *sb, const char *key, const char *value)
{
	if (!value)
		return;
	strbuf_addf(sb, ",\"%s\":", key);
	strbuf_add_json(sb, value);
}

bool domain_event(const struct domain_ctx *ctx, uint16_t domid, const char *name,
		  const char *event, const char *detail)
{
	_cleanup_close_ int fd = connect_monitor(ctx);
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (fd < 0)
		return false;
	strbuf_addstr(&sb, "{\"time\":\"");
	domain_add_time(&sb, clock_ns(CLOCK_REALTIME));
	strbuf_addch(&sb, '"');
	add_member(&sb, "event", event);
	strbuf_addf(&sb, ",\"domid\":%u", domid);
	add_member(&sb, "name", name);
	add_member(&sb, "detail", detail);
	strbuf_addstr(&sb, "}\n");
	return !sb.failed && send(fd, sb.buf, sb.len, MSG_NOSIGNAL) == (ssize_t)sb.len;
}

void domain_did(struct domain_ctx *ctx, uint16_t domid, const char *event, const char *detail)
{
	_cleanup_free_ char *name = NULL;
	struct hyp_domain_info info;
	bool found = hyp_domain_info(ctx->hyp, domid, &info, NULL) == 1;

	if (domain_store_read(ctx, domid, "name", &name, NULL) == 1)
		domain_log(ctx, &ZLOG_ABOUT(ZLOG_INFO, name, found ? info.uuid : NULL, event),
			   "domain %u: %s%s%s", domid, event, detail ? " " : "",
			   detail ? detail : "");
	domain_event(ctx, domid, name, event, detail);
}
