/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling the monitor what a tool has done to a domain: a line of JSON to its socket, one
 * connection each, so that nothing is lost while the monitor is busy. Never waits and never fails
 * aloud: a watcher's comfort must not stop a tool.
 */
#include <sys/socket.h>
#include <sys/un.h>

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

static void add_time(struct strbuf *sb)
{
	struct timespec now;
	char text[32] = "";
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	strbuf_addf(sb, "{\"time\":\"%s.%03ldZ\"", text, now.tv_nsec / 1000000);
}

static void add_member(struct strbuf *sb, const char *key, const char *value)
{
	if (!value)
		return;
	strbuf_addf(sb, ",\"%s\":", key);
	strbuf_add_json(sb, value);
}

void domain_event(const struct domain_ctx *ctx, uint16_t domid, const char *name,
		  const char *event, const char *detail)
{
	_cleanup_close_ int fd = connect_monitor(ctx);
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	_cleanup_free_ char *found = NULL;

	if (fd < 0)
		return;
	if (!name && domain_store_read((struct domain_ctx *)(uintptr_t)ctx, domid, "name", &found,
				       NULL) == 1)
		name = found;
	add_time(&sb);
	add_member(&sb, "event", event);
	strbuf_addf(&sb, ",\"domid\":%u", domid);
	add_member(&sb, "name", name);
	add_member(&sb, "detail", detail);
	strbuf_addstr(&sb, "}\n");
	if (!sb.failed)
		(void)!send(fd, sb.buf, sb.len, MSG_NOSIGNAL);
}
