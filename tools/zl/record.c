/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is left of a command that changes something: a line in zl.log and in the system's log of
 * when, who, what, how it went and how long it took. Values that look like secrets are left out.
 * Commands that only read leave nothing and pay nothing.
 */
#include "zl.h"

#include <sys/stat.h>

#include "xentools/clock.h"
#include "xentools/log.h"

/* --set PATH=VALUE and KEY=VALUE: from where on a word of argv says a secret, or its end. */
static const char *secret_in(const char *arg)
{
	static const char *const words[] = { "pass", "secret", "token" };
	const char *first = arg + strlen(arg);

	if (strpbrk(arg, "=<") == NULL)
		return first;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *at = strcasestr(arg, words[i]), *value = at ? strchr(at, '=') : NULL;

		if (value != NULL && value + 1 < first)
			first = value + 1;
	}
	/* XML of one's own, as metadata takes it: nobody knows what it says. */
	return strchr(arg, '<') != NULL && strchr(arg, '<') < first ? strchr(arg, '<') : first;
}

static void add_argument(struct strbuf *sb, const char *arg)
{
	const char *secret = secret_in(arg);
	bool quoted = arg[0] == '\0' || strpbrk(arg, " \t\n\"'\\") != NULL;

	strbuf_addch(sb, ' ');
	if (quoted)
		strbuf_addch(sb, '"');
	strbuf_add(sb, arg, (size_t)(secret - arg));
	if (*secret != '\0')
		strbuf_addstr(sb, "***");
	if (quoted)
		strbuf_addch(sb, '"');
}

/*
 * The system's log, where there is one: this program says nothing on stderr that is not asked.
 * With systemd, /dev/log is a link to a socket of the journal's.
 */
void zl_record_begin(struct zl *zl, const struct zl_args *args)
{
	zl->record.cmd = args->cmd;
	zl->record.dom = args->doms == 1 ? args->pos[0] : NULL;
	zl->record.begun_ns = clock_ns(CLOCK_MONOTONIC);
	if (access(ZLOG_SYSLOG, F_OK) == 0)
		zlog_open("zl", true, zl->verbose > 1 ? ZLOG_DEBUG : ZLOG_INFO);
}

#define CLOCK_STEP_NS 20000000u		/* the time of a file may be so old when it is written */

/* Whatever this command has written to the log of the domain, the error says where that is. */
static void name_trail(struct zl *zl, struct zerr *err, const char *name)
{
	_cleanup_free_ char *path = domain_log_path(&zl->ctx, name);
	uint64_t spent = clock_ns(CLOCK_MONOTONIC) - zl->record.begun_ns + CLOCK_STEP_NS;
	struct stat st;

	if (path != NULL && stat(path, &st) == 0 &&
	    (uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec >=
	    clock_ns(CLOCK_REALTIME) - spent)
		zerr_log(&err, path);
}

/* What failed of a domain that is there is in its log at once. */
static char *log_error(struct zl *zl, const struct zerr *err)
{
	struct zlog_about about = { .level = ZLOG_ERROR };
	struct hyp_domain_info info;
	char *name = NULL;
	uint16_t domid;

	if (zl->ctx.hyp == NULL || err->cls == ZERR_NOT_FOUND ||
	    domain_resolve(&zl->ctx, err->object, &domid, NULL) < 0 ||
	    domain_name(&zl->ctx, domid, &name, NULL) < 0)
		return NULL;
	about.domain = name;
	about.op = zl->record.cmd->name;
	if (hyp_domain_info(zl->ctx.hyp, domid, &info, NULL) == 1)
		about.uuid = info.uuid;
	domain_log(&zl->ctx, &about, "%s: %s%s%s", about.op, err->message,
		   err->errnum ? ": " : "", err->errnum ? strerror(err->errnum) : "");
	return name;
}

/* The first failure is told at the end. */
void zl_record_error(struct zl *zl, struct zerr *err)
{
	_cleanup_free_ char *name = NULL;

	if (zl->record.cmd == NULL || err == NULL)
		return;
	if (zl->record.failure == NULL)
		zl->record.failure = text_printf("%s%s%s", err->message, err->errnum ? ": " : "",
						 err->errnum ? strerror(err->errnum) : "");
	if (err->object == NULL)
		return;
	name = log_error(zl, err);
	name_trail(zl, err, name != NULL ? name : err->object);
}

/* A command that had not begun, as its arguments were wrong, has changed nothing. */
void zl_record_end(struct zl *zl, int argc, char **argv, int code)
{
	struct zlog_about about = { .level = code == 0 ? ZLOG_INFO : ZLOG_ERROR };
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	uint64_t ms;

	if (zl->conf != NULL) {
		ms = (clock_ns(CLOCK_MONOTONIC) - zl->record.begun_ns) / 1000000;
		strbuf_addf(&sb, "uid %u, exit code %d, %u ms:", (unsigned int)getuid(), code,
			    (unsigned int)MIN(ms, (uint64_t)UINT32_MAX));
		for (int i = 0; i < argc; i++)
			add_argument(&sb, i == 0 ? zl->prog : argv[i]);
		if (zl->record.failure != NULL)
			strbuf_addf(&sb, ": %s", zl->record.failure);
		strbuf_make_printable(&sb);
		about.domain = zl->record.dom;
		about.op = zl->record.cmd->name;
		domain_log_command(&zl->ctx, &about, strbuf_cstr(&sb));
	}
	free(zl->record.failure);
	zl->record.failure = NULL;
}
