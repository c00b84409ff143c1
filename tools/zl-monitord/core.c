/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Core dumps of crashed domains. Gigabytes take their time, and other domains must not wait for
 * it: a child does it and nothing else, and is killed by the kernel when the monitor ends.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <xentools/core_dump.h>

#include "tools/zl-monitord/monitor.h"

#define CORES_MAX 8u			/* of one domain; who has looked at them removes them */

/* Never returns. The parent's descriptors are its own affair: a fresh way to the hypervisor. */
static void dump(const struct domain_ctx *parent, const struct domain_state *s)
{
	struct core_dump_opts opts = { .live = true, .fd = -1 };	/* it has ended */
	struct zlog_about about = MONITOR_ABOUT(s, "dump-core");
	_cleanup_free_ char *path = NULL;
	struct domain_ctx ctx = *parent;
	struct zerr *err = NULL;
	int rc = -1;

	ctx.xs = NULL;
	path = domain_core_path(&ctx, s->name, &err);
	if (path && hyp_open(&ctx.hyp, &err) == 0)
		rc = domain_dump_core(&ctx, s->domid, path, &opts, &err);
	if (rc == 0) {
		domain_log(&ctx, &about, "the core of domain %u is %s", s->domid, path);
		domain_event(&ctx, s->domid, s->name, "core-dumped", path);
	} else {
		about.level = ZLOG_ERROR;
		domain_log(&ctx, &about, "no core of domain %u: %s", s->domid,
			   err ? err->message : "?");
	}
	_exit(rc == 0 ? 0 : 1);
}

int monitor_core_begin(const struct domain_ctx *ctx, const struct domain_state *s, pid_t *ret_pid,
		       int *ret_fd, struct zerr **err)
{
	int ends[2];
	pid_t pid, parent = getpid();

	/* A guest crashes as often as it likes. */
	if (domain_core_count(ctx, s->name) >= CORES_MAX)
		return zerr_set(err, ZERR_NO_RESOURCES, "E602", 0,
				"no core is written: there are %u of this domain already",
				CORES_MAX);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", errno, "no pipe for a core dump");
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		close(ends[0]);
		dump(ctx, s);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", errno,
				"no process for a core dump");
	}
	*ret_pid = pid;
	*ret_fd = ends[0];
	return 0;
}

bool monitor_core_end(pid_t pid, int fd)
{
	int status = 1;

	close(fd);
	TEMP_FAILURE_RETRY(waitpid(pid, &status, 0));
	return status == 0;
}
