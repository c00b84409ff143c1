/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl events: what has happened to domains, as the monitor keeps it, and with -f what happens. */
#include "zl.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#define LINE_MAX_BYTES 8192u

static int connect_events(struct zl *zl, struct zerr **err)
{
	const char *dir = zl->ctx.run_dir != NULL ? zl->ctx.run_dir : DOMAIN_RUN_DIR;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int n = snprintf(a.sun_path, sizeof(a.sun_path), "%s/" DOMAIN_EVENTS_SOCKET, dir);

	if (fd < 0 || n >= (int)sizeof(a.sun_path) ||
	    connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		zerr_set(err, ZERR_NO_HYPERVISOR, "E935", errno, "the monitor does not answer");
		return zerr_hint(err, "zl-services start starts it");
	}
	return steal_fd(&fd);
}

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_string(v) : NULL;
}

/* Is it about a domain that was asked for? */
static bool is_wanted(const struct zl_args *args, struct json_object *o)
{
	const char *name = text_of(o, "name"), *id = text_of(o, "domid");

	for (size_t i = 0; i < args->pos_count; i++) {
		const char *word = strchr(args->pos[i], '=');

		word = word != NULL ? word + 1 : args->pos[i];
		if ((name != NULL && strcmp(name, word) == 0) ||
		    (id != NULL && strcmp(id, word) == 0))
			return true;
	}
	return args->pos_count == 0 || id == NULL;
}

static void print_event(struct zl *zl, const struct zl_args *args, const char *line)
{
	struct json_object *o = json_tokener_parse(line);
	const char *name, *detail, *time;

	if (o != NULL && is_wanted(args, o)) {
		name = text_of(o, "name");
		detail = text_of(o, "detail");
		time = text_of(o, "time");
		if (zl->json)
			printf("%s\n", line);
		else if (text_of(o, "domid") == NULL)	/* some were lost */
			printf("%s %s\n", text_of(o, "event"), text_of(o, "count"));
		else
			printf("%s %s %s %s%s%s\n", time != NULL ? time : "-", text_of(o, "domid"),
			       name != NULL && name[0] ? name : "-", text_of(o, "event"),
			       detail != NULL ? ": " : "", detail != NULL ? detail : "");
		fflush(stdout);
	}
	json_object_put(o);
}

static void print_lines(struct zl *zl, const struct zl_args *args, struct strbuf *in)
{
	char *end;

	while (in->len > 0 && (end = memchr(in->buf, '\n', in->len)) != NULL) {
		*end = '\0';
		print_event(zl, args, in->buf);
		strbuf_consume(in, (size_t)(end + 1 - in->buf));
	}
	if (in->len > LINE_MAX_BYTES)
		strbuf_reset(in);
}

static int read_events(struct zl *zl, const struct zl_args *args, int fd, int signals,
		       struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	char buf[4096];
	ssize_t n;

	for (;;) {
		struct pollfd p[2] = { { .fd = fd, .events = POLLIN },
				       { .fd = signals, .events = POLLIN } };

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot wait");
		if (p[1].revents != 0 || ferror(stdout))
			return 0;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		strbuf_add(&in, buf, (size_t)n);
		print_lines(zl, args, &in);
	}
	if (!zl_has(args, "follow"))
		return 0;
	return zerr_set(err, ZERR_NO_HYPERVISOR, "E935", 0, "the monitor went away");
}

ZL_CMD(events)
{
	int fd, signals, rc;

	if (zl_open(zl, ZL_NEED_PATHS, err) < 0)
		return -1;
	fd = connect_events(zl, err);
	if (fd < 0)
		return zerr_context(err, "events", NULL);
	/* Its end of the line tells the monitor that no more is wanted. */
	if (!zl_has(args, "follow"))
		shutdown(fd, SHUT_WR);
	signals = zl_signal_fd();
	rc = read_events(zl, args, fd, signals, err);
	close(signals);
	close(fd);
	return rc < 0 ? zerr_context(err, "events", NULL) : 0;
}
