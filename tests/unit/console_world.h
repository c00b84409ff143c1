/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world of the further consoles' tests: domain 5 with back-ends 1 (pty), 2 (socket), 3 and 10
 * (not ours) in a model store, rings in this process, and programs that join a channel.
 */
#ifndef CONSOLE_WORLD_H
#define CONSOLE_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include <public/sys/evtchn.h>
#include <public/sys/gntdev.h>
#include <xentools/build.h>
#include <xentools/error.h>
#include <xentools/fd_util.h>

#include "has_ptys.h"
#include "test_support_xs.h"
#include "tools/xenconsoled/consoled.h"

#define BACK "/local/domain/0/backend/console/5/"
#define FRONT "/local/domain/5/device/console/"
#define BAD_GRANT 99

static struct consoled d;
static struct domain_console *first;
static struct xencons_interface ring, serial_ring;
static uint32_t mapped;			/* the last grant */
static struct log_note notes[CONSOLED_NOTES * 6];
static unsigned int maps, unmaps, port_bound;
static char dir[40];

static int fake_open(void *priv, const char *path, int flags)
{
	(void)priv;
	(void)path;
	return open("/dev/null", flags);
}

static int fake_close(void *priv, int fd)
{
	(void)priv;
	return close(fd);
}

static int fake_ioctl(void *priv, int fd, unsigned long request, void *arg)
{
	(void)priv;
	(void)fd;
	if (request == IOCTL_EVTCHN_BIND_INTERDOMAIN) {
		const struct ioctl_evtchn_bind_interdomain *b = arg;

		assert_int_equal(b->remote_domain, 5);
		port_bound = b->remote_port;
		return 7;
	}
	if (request == IOCTL_GNTDEV_MAP_GRANT_REF) {
		const struct ioctl_gntdev_map_grant_ref *m = arg;

		assert_int_equal(m->refs[0].domid, 5);
		if (m->refs[0].ref == BAD_GRANT) {
			errno = EINVAL;
			return -1;
		}
		maps++;
		mapped = m->refs[0].ref;
	}
	return 0;
}

static void *fake_mmap(void *priv, size_t len, int prot, int flags, int fd, off_t offset)
{
	(void)priv;
	(void)len;
	(void)prot;
	(void)flags;
	(void)fd;
	(void)offset;
	return mapped == GUEST_VUART_GRANT ? &serial_ring : &ring;
}

static int fake_munmap(void *priv, void *addr, size_t len)
{
	(void)priv;
	(void)addr;
	(void)len;
	unmaps++;
	return 0;
}

static ssize_t fake_write(void *priv, int fd, const void *buf, size_t len)
{
	(void)priv;
	(void)fd;
	(void)buf;
	return (ssize_t)len;
}

static const struct hyp_ops ops = { fake_open, fake_close, fake_ioctl, fake_mmap, fake_munmap,
				    NULL, fake_write };

/* No connection is ever made or lost here. */
int xs_open(struct xs **ret, const char *path, struct zerr **err)
{
	(void)ret;
	(void)path;
	return zerr_set(err, ZERR_FAILED, "E900", 0, "no store");
}

void xs_close(struct xs *xs)
{
	(void)xs;
}

void xs_set_reconnect(struct xs *xs, int timeout_ms)
{
	(void)xs;
	(void)timeout_ms;
}

int xs_is_introduced(struct xs *xs, uint32_t domid, struct zerr **err)
{
	(void)xs;
	(void)err;
	return domid == 5;
}

int xs_are_introduced(struct xs *xs, const uint32_t *domids, size_t n, bool ret[XS_DOMIDS_MAX],
		      struct zerr **err)
{
	for (size_t i = 0; i < n; i++)
		ret[i] = xs_is_introduced(xs, domids[i], err) == 1;
	return 0;
}

static void no_timer(void *data)
{
	(void)data;
}

static int set_up(void **state)
{
	struct console_nodes n = { .domid = 5, .dir = "console", .no_log = true };
	char path[64];

	(void)state;
	strcpy(dir, "/tmp/zl-test-further-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/console", dir);
	mkdir(path, 0700);
	memset(&ring, 0, sizeof(ring));
	memset(&serial_ring, 0, sizeof(serial_ring));
	memset(notes, 0, sizeof(notes));
	maps = unmaps = 0;
	d = (struct consoled){ .xs = fake_xs_new(), .notes = notes, .log_dir = dir,
			       .spare_fd = open("/dev/null", O_RDONLY),
			       .run_dir = dir, .log_size = 4096, .loop = event_loop_new() };
	d.by_domid = calloc(6, sizeof(*d.by_domid));
	d.throttle = event_loop_add_timer(d.loop, no_timer, NULL);
	n.name = strdup("web1");
	n.vm = strdup("/vm/5");
	first = domain_console_new(&d, &n, NULL);
	d.by_domid[5] = first;
	d.nr_consoles = 1;
	fake_xs_set(d.xs, "/local/domain/5/name", "web1");
	fake_xs_set(d.xs, "/local/domain/5/vm", "/vm/5");
	fake_xs_set(d.xs, BACK "1/type", "xenconsoled");
	fake_xs_set(d.xs, BACK "1/state", "1");
	fake_xs_set(d.xs, BACK "2/type", "xenconsoled");
	fake_xs_set(d.xs, BACK "2/connection", "socket");
	fake_xs_set(d.xs, BACK "2/state", "1");
	fake_xs_set(d.xs, BACK "3/state", "1");		/* another toolstack's */
	fake_xs_set(d.xs, BACK "10/type", "xenconsoled");
	fake_xs_set(d.xs, BACK "10/state", "1");
	return evtchn_dev_open(&d.evtchn, &ops, NULL, NULL) |
	       gnttab_dev_open(&d.gnttab, &ops, NULL, NULL);
}

static int tear_down(void **state)
{
	char cmd[80];

	(void)state;
	if (first)
		domain_console_free(first);
	evtchn_dev_close(d.evtchn);
	gnttab_dev_close(d.gnttab);
	event_loop_free(d.loop);
	close(d.spare_fd);
	fake_xs_free(d.xs);
	free(d.by_domid);
	free(d.by_port);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static struct domain_console *number(unsigned int n)
{
	struct domain_console *c = first;

	while (c && c->number != n)
		c = c->next;
	return c;
}

/* The guest's nodes; the back-end's answer is its state. */
static void guest(unsigned int n, const char *state, const char *ref, const char *port,
		  const char *answer)
{
	const char *const keys[][2] = { { "state", state }, { "ring-ref", ref }, { "port", port } };
	char path[80];

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), FRONT "%u/%s", n, keys[i][0]);
		if (keys[i][1])
			fake_xs_set(d.xs, path, keys[i][1]);
		else
			xs_rm(d.xs, XS_NO_TX, path, NULL);
	}
	snprintf(path, sizeof(path), TOKEN_FRONT "5:%u", n);
	further_event(&d, path);
	snprintf(path, sizeof(path), BACK "%u/state", n);
	assert_string_equal(fake_xs_get(d.xs, path), answer);
}

static void turn(void)
{
	for (int i = 0; i < 20; i++)
		event_loop_run_once(d.loop, 0);
}

static int connect_to_socket(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/console/5.2.sock", dir);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static int join(void)
{
	int fd = connect_to_socket();

	turn();
	return fd;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

#endif
