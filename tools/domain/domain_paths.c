/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the toolstack keeps files about domains and daemons, and the locked pid file by which a
 * daemon is known to run. A domain's name may hold anything but '/':
 * in file names each byte outside [A-Za-z0-9._-] becomes %XX.
 */
#include <sys/file.h>

#include "tools/domain/domain_priv.h"

const char *domain_run_dir(const struct domain_ctx *ctx)
{
	return ctx && ctx->run_dir ? ctx->run_dir : DOMAIN_RUN_DIR;
}

const char *domain_log_dir(const struct domain_ctx *ctx)
{
	return ctx && ctx->log_dir ? ctx->log_dir : DOMAIN_LOG_DIR;
}

void domain_file_name(struct strbuf *sb, const char *name)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
	const char *p;

	for (p = name; *p; p++) {
		/* A leading dot would hide the file, or be "..". */
		if (strchr(plain, *p) && !(p == name && *p == '.'))
			strbuf_addch(sb, *p);
		else
			strbuf_addf(sb, "%%%02x", (unsigned char)*p);
	}
}

static char *log_path(const struct domain_ctx *ctx, const char *prefix, const char *name)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, domain_log_dir(ctx));
	strbuf_addstr(&sb, prefix);
	domain_file_name(&sb, name);
	strbuf_addstr(&sb, ".log");
	return strbuf_steal(&sb);
}

char *domain_console_log_path(const struct domain_ctx *ctx, const char *name)
{
	return log_path(ctx, "/console/", name);
}

char *domain_log_path(const struct domain_ctx *ctx, const char *name)
{
	return log_path(ctx, "/domain-", name);
}

void domain_warn(const struct domain_ctx *ctx, const char *code, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	if (ctx->warn)
		ctx->warn(ctx->warn_arg, code, strbuf_cstr(&text));
}

static char *pid_path(const char *run_dir, const char *name)
{
	return text_printf("%s/%s.pid", run_dir, name);
}

bool domain_daemon_running(const struct domain_ctx *ctx, const char *name)
{
	_cleanup_free_ char *path = pid_path(domain_run_dir(ctx), name);
	_cleanup_close_ int fd = -1;

	if (!path)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

int daemon_pid_lock(const char *run_dir, const char *name, int *ret_fd, struct zerr **err)
{
	const char *dir = run_dir ? run_dir : DOMAIN_RUN_DIR;
	_cleanup_free_ char *path = pid_path(dir, name);
	_cleanup_close_ int fd = -1;

	if (!path)
		return zerr_no_memory(err);
	fd_mkdir_p(dir, 0755);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		zerr_set(err, ZERR_STATE, "E703", 0, "%s runs already", name);
		return zerr_hint(err, "its process id is in %s", path);
	}
	*ret_fd = steal_fd(&fd);
	return 0;
}

int daemon_pid_write(int fd, struct zerr **err)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot write the pid file");
	return 0;
}

int domain_file_error(struct zerr **err, const char *what, const char *path, int e)
{
	bool full = e == ENOSPC || e == EDQUOT || e == EFBIG;

	return zerr_set(err, full ? ZERR_NO_RESOURCES : ZERR_FAILED, full ? "E602" : "E920", e,
			"cannot %s %s", what, path);
}

/* One tool at a time looks whether a name is free and takes it. */
int domain_lock(const struct domain_ctx *ctx, int *ret_fd, struct zerr **err)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;

	path = text_printf("%s/zl.lock", domain_run_dir(ctx));
	if (!path)
		return zerr_no_memory(err);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 && errno == ENOENT && fd_mkdir_p(domain_run_dir(ctx), 0755) == 0)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot open %s", path);
	if (TEMP_FAILURE_RETRY(flock(fd, LOCK_EX)) != 0)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot lock %s", path);
	*ret_fd = steal_fd(&fd);
	return 0;
}
