/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way to the hypervisor and the store, opened only when a command needs it; domain
 * arguments; signals as a descriptor. With --run-dir everything is looked for below that
 * directory.
 */
#include "zl.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "xentools/event_loop.h"
#include "xentools/log.h"

#define WANT_STORE_MS 10000	/* for a daemon that is there and does not answer */

static void on_progress(void *arg, int level, const char *text)
{
	struct zl *zl = arg;

	zl_verbose(zl, level, "%s", text);
	if (zl->record.cmd != NULL)
		zlog_of(&(struct zlog_about){ .level = ZLOG_DEBUG, .domain = zl->record.dom,
					      .op = zl->record.cmd->name }, text);
}

static void on_warn(void *arg, const char *code, const char *text)
{
	zl_warn_coded(arg, code != NULL && code[0] != '\0' ? code : NULL, text);
}

/* Read zl.conf, once; see zl.h. */
int zl_load_conf(struct zl *zl, struct zerr **err)
{
	const char *dir = DOMAIN_CONFIG_DIR;
	_cleanup_config_diags_ struct config_diags diags = { .count = 0 };
	_cleanup_free_ char *path = NULL;
	int rc;

	if (zl->conf != NULL)
		return 0;
	if (zl->ctx.config_dir == NULL)
		zl->ctx.config_dir = zl->config_dir;
	if (zl->ctx.config_dir != NULL)
		dir = zl->ctx.config_dir;
	if (asprintf(&path, "%s/zl.conf", dir) < 0) {
		path = NULL;
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	}
	rc = zl_conf_load(path, &zl->conf, &diags, err);
	zl_print_diags(zl, &diags);
	if (rc < 0)
		return -1;
	if (!zl->timeout_set)
		zl->timeout_s = (unsigned int)zl_conf_uint(zl->conf, "default.timeout");
	if (zl->record.cmd != NULL && zl->verbose < 2)
		zlog_set_level_word(zl_conf_str(zl->conf, "log.level"));
	return 0;
}

static int set_paths(struct zl *zl, struct zerr **err)
{
	struct domain_ctx *c = &zl->ctx;

	if (zl_load_conf(zl, err) < 0)
		return -1;
	c->conf = zl->conf;
	c->progress = on_progress;
	c->progress_arg = zl;
	c->warn = on_warn;
	c->warn_arg = zl;
	if (zl->run_dir == NULL || c->run_dir != NULL)
		return 0;
	if (asprintf(&zl->xs_dir, "%s/xenstored", zl->run_dir) < 0)
		zl->xs_dir = NULL;
	if (asprintf(&zl->log_dir, "%s/log", zl->run_dir) < 0)
		zl->log_dir = NULL;
	if (zl->xs_dir == NULL || zl->log_dir == NULL)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	c->run_dir = zl->run_dir;
	c->log_dir = zl->log_dir;
	return 0;
}

/* Open what a command needs; see zl.h. Opening twice is fine. */
int zl_open(struct zl *zl, enum zl_need need, struct zerr **err)
{
	struct domain_ctx *c = &zl->ctx;
	struct zerr *store_err = NULL;

	if (set_paths(zl, err) < 0)
		return -1;
	if (need == ZL_NEED_PATHS)
		return 0;
	if (c->hyp == NULL && hyp_open(&c->hyp, err) < 0)
		return -1;
	if (need == ZL_NEED_HYP || c->xs != NULL)
		return 0;
	/* Where no daemon ever ran the kernel would wait for one. */
	if (need == ZL_WANT_STORE && zl->xs_dir == NULL && access(XS_RUN_DIR "/socket", F_OK) != 0)
		return 0;
	if (xs_open(&c->xs, zl->xs_dir, need == ZL_NEED_STORE ? err : &store_err) == 0) {
		if (need == ZL_WANT_STORE)
			xs_set_timeout(c->xs, WANT_STORE_MS);
		return 0;
	}
	c->xs = NULL;
	if (need == ZL_NEED_STORE)
		return -1;
	zl_verbose(zl, 1, "going on without the store: %s",
		   store_err != NULL && store_err->message != NULL ? store_err->message : "?");
	zerr_free(store_err);
	return 0;
}

struct zerr *zl_open_quietly(struct zl *zl, enum zl_need need)
{
	struct zerr *err = NULL;

	(void)zl_open(zl, need, &err);
	return err;
}

/* Close what zl_open() opened. */
void zl_close(struct zl *zl)
{
	if (zl->ctx.xs != NULL)
		xs_close(zl->ctx.xs);
	if (zl->ctx.hyp != NULL)
		hyp_close(zl->ctx.hyp);
	zl_conf_free(zl->conf);
	zl->conf = NULL;
	free(zl->xs_dir);
	free(zl->log_dir);
	memset(&zl->ctx, 0, sizeof(zl->ctx));
	zl->xs_dir = zl->log_dir = NULL;
}

typedef int (*domain_fn)(struct zl *zl, uint16_t domid, const char *name, void *arg,
			 struct zerr **err);

/* One domain; its own failure is reported here. */
static int call_one(struct zl *zl, const struct zl_args *args, uint16_t domid, const char *name,
		    domain_fn fn, void *arg)
{
	struct zerr *err = NULL;
	int rc = fn(zl, domid, name, arg, &err);

	if (err == NULL)
		return rc < 0 ? ZERR_FAILED : rc;
	zerr_context(&err, args->cmd->name, name);
	return zl_report(zl, err);
}

static int for_all(struct zl *zl, const struct zl_args *args, domain_fn fn, void *arg,
		   struct zerr **err)
{
	_cleanup_free_ struct domain_summary *list = NULL;
	size_t n;
	int worst = 0;

	if (domain_list(&zl->ctx, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *name = list[i].name;
		char buf[16];
		int rc;

		if (list[i].info.domid == 0 || list[i].info.dying)
			continue;
		snprintf(buf, sizeof(buf), "%u", list[i].info.domid);
		rc = call_one(zl, args, list[i].info.domid, name[0] ? name : buf, fn, arg);
		worst = MAX(worst, rc);
		if (rc == ZERR_INTERRUPTED)
			break;
	}
	return worst;
}

/* Call fn for each domain that is named, or for all; see zl.h. */
int zl_for_each(struct zl *zl, const struct zl_args *args, domain_fn fn, void *arg,
		struct zerr **err)
{
	int worst = 0;

	if (zl_all(args))
		return for_all(zl, args, fn, arg, err);
	for (size_t i = 0; i < args->doms; i++) {
		struct zerr *why = NULL;
		uint16_t domid;
		int rc;

		if (domain_resolve(&zl->ctx, args->pos[i], &domid, &why) < 0) {
			zerr_context(&why, args->cmd->name, NULL);
			rc = zl_report(zl, why);
		} else {
			rc = call_one(zl, args, domid, args->pos[i], fn, arg);
		}
		worst = MAX(worst, rc);
		if (rc == ZERR_INTERRUPTED)
			break;
	}
	return worst;
}

/* The name as one word; see zl.h. */
const char *zl_shown_name(const struct domain_summary *d, char *buf, size_t size)
{
	if (d->name[0] == '\0')
		return d->info.domid == 0 ? "Domain-0" : "(null)";
	return zl_word(d->name, buf, size);
}

const char *zl_word(const char *text, char *buf, size_t size)
{
	size_t used = 0;

	for (const char *p = text; *p != '\0' && used + 5 < size; p++) {
		unsigned char c = (unsigned char)*p;

		if (c <= ' ' || c == 0x7f)
			used += (size_t)snprintf(buf + used, size - used, "\\x%02x", c);
		else
			buf[used++] = (char)c;
	}
	buf[used] = '\0';
	return buf;
}

/* Block the signals that end a program and read them from a descriptor instead. -1: errno. */
int zl_signal_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

uint64_t zl_now_ms(void)
{
	return event_now_ns() / 1000000;
}

/* Sleep, but not beyond a signal; see zl.h. */
int zl_nap(int signal_fd, int ms, struct zerr **err)
{
	struct pollfd p = { .fd = signal_fd, .events = POLLIN };

	if (poll(&p, 1, ms) > 0)
		return zerr_set(err, ZERR_INTERRUPTED, "E930", 0, "interrupted");
	return 0;
}

int zl_poll(struct zl *zl, const struct zl_args *args,
	    int (*done)(struct zl *zl, void *arg, struct zerr **err), void *arg, struct zerr **err)
{
	int timeout_ms, signals, rc;
	uint64_t end;

	if (zl_timeout_ms(zl, args, (int)zl->timeout_s * 1000, &timeout_ms, err) < 0)
		return -1;
	signals = zl_signal_fd();
	end = zl_now_ms() + (uint64_t)timeout_ms;
	while ((rc = done(zl, arg, err)) == 0) {
		if (zl_now_ms() >= end)
			rc = zerr_set(err, ZERR_TIMEOUT, "E801", 0,
				      "the guest has not done it within %d s", timeout_ms / 1000);
		else
			rc = zl_nap(signals, 100, err);
		if (rc < 0)
			break;
	}
	if (signals >= 0)
		close(signals);
	return rc < 0 ? -1 : 0;
}
