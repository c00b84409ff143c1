/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both ends of the line to the broker. A question is one byte; the answer a count and as many
 * states, or NO_ANSWER. The daemon waits for it: the broker does nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <xentools/confine.h>
#include <xentools/error.h>
#include <xentools/fd_util.h>
#include <xentools/hyp.h>

#include "quota.h"
#include "xen_if.h"

#define NO_ANSWER UINT32_MAX
#define MEMORY_MAX ((size_t)16 << 20)

/* 0 or -errno. */
static int answer(struct hyp *hyp, int fd)
{
	_cleanup_free_ struct hyp_domain_info *infos = NULL;
	_cleanup_free_ struct xen_domain_state *states = NULL;
	uint32_t n = NO_ANSWER;
	size_t count = 0;
	int rc;

	if (!hyp_domain_list(hyp, &infos, &count, NULL))
		states = calloc(count + 1, sizeof(*states));
	if (states)
		n = (uint32_t)count;
	for (size_t i = 0; states && i < count; i++)
		states[i] = (struct xen_domain_state){ infos[i].domid, infos[i].dying,
						       infos[i].shutdown };
	rc = fd_write_all(fd, &n, sizeof(n));
	return rc || !states ? rc : fd_write_all(fd, states, count * sizeof(*states));
}

static void serve(int fd) __attribute__((noreturn));

/* Keeps nothing of the parent's but its end of the line, stdio least of all. */
static void serve(int fd)
{
	int null = open("/dev/null", O_RDWR);
	struct hyp *hyp = NULL;
	char question;

	for (int i = 0; i < 3; i++)
		dup2(null, i);
	dup2(fd, 3);
	syscall(SYS_close_range, 4, ~0U, 0);
	setsid();
	/* What it has open by now is all that it will have. */
	if (hyp_open(&hyp, NULL) || confine_root(MEMORY_MAX, NULL) || confine_calls(NULL, 0))
		_exit(1);
	while (!fd_read_exact(3, &question, 1))
		if (answer(hyp, 3))
			break;
	_exit(0);
}

int xen_broker_start(int *ret_fd, struct zerr **err)
{
	struct hyp *hyp = NULL;
	int fds[2];
	pid_t pid;

	/* Asked here once, since the broker has nobody to tell. */
	if (hyp_open(&hyp, err))
		return -1;
	hyp_close(hyp);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return zerr_set(err, ZERR_FAILED, "E121", errno, "cannot make a socket pair");
	pid = fork();
	if (pid == 0)
		serve(fds[1]);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return zerr_set(err, ZERR_NO_RESOURCES, "E602", errno, "cannot fork");
	}
	*ret_fd = fds[0];
	return 0;
}

int xen_broker_domains(int fd, struct xen_domain_state **ret, size_t *ret_n, struct zerr **err)
{
	_cleanup_free_ struct xen_domain_state *states = NULL;
	uint32_t n;
	int rc = fd_write_all(fd, "?", 1);

	if (!rc)
		rc = fd_read_exact(fd, &n, sizeof(n));
	if (!rc && n > QUOTA_MAX_DOMID + 1)
		rc = -EIO;
	if (!rc) {
		states = calloc(n + 1, sizeof(*states));
		rc = states ? fd_read_exact(fd, states, n * sizeof(*states)) : -ENOMEM;
	}
	if (rc)
		return zerr_set(err, ZERR_NO_HYPERVISOR, "E902", -rc,
				"the broker lists no domains");
	*ret = steal_ptr(states);
	*ret_n = n;
	return 0;
}
