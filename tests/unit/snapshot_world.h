/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A defined guest with files for disks, and system calls that fail while a snapshot is made. */
#ifndef SNAPSHOT_WORLD_H
#define SNAPSHOT_WORLD_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "zl_world.h"

/* ---- system calls that fail, or are the last thing that happens ---- */

static unsigned int calls, fail_at, kill_at, signal_at;
static bool no_room, was_paused;

static bool fails(void)
{
	calls++;
	if (calls == kill_at)
		_exit(99);
	if (calls == signal_at)
		raise(SIGTERM);
	errno = ENOSPC;
	return calls == fail_at;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int mkostemp(char *path, int flags)
{
	return fails() ? -1 : REAL(mkostemp)(path, flags);
}

int mkdir(const char *path, mode_t mode)
{
	return fails() ? -1 : REAL(mkdir)(path, mode);
}

ssize_t copy_file_range(int in, off_t *from, int out, off_t *to, size_t len, unsigned int flags)
{
	struct fake_domain *d = fake_hyp_domain(&fake, 3);

	was_paused = d != NULL && d->info.flags & XEN_DOMINF_paused;
	return fails() ? -1 : REAL(copy_file_range)(in, from, out, to, len, flags);
}

int fsync(int fd)
{
	struct stat st;

	/* What has its name already is not taken back. */
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return fails() ? -1 : REAL(fsync)(fd);
}

int rename(const char *from, const char *to)
{
	return fails() ? -1 : REAL(rename)(from, to);
}

int symlink(const char *to, const char *from)
{
	return fails() ? -1 : REAL(symlink)(to, from);
}

int statvfs(const char *path, struct statvfs *ret)
{
	int rc = REAL(statvfs)(path, ret);

	if (no_room)
		ret->f_bavail = 0;
	return rc;
}

/* ---- the world: a guest with two disks that can be written, and one that cannot ---- */

static char line[300];

static const char *of_dir(const char *fmt)
{
	snprintf(line, sizeof(line), fmt, dir, dir, dir, dir);
	return line;
}

static void put(const char *name, const char *text)
{
	char path[120];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(fd_write_file_atomic(path, text, strlen(text), 0640), 0);
}

__attribute__((unused)) static void holds(const char *name, const char *text)
{
	_cleanup_free_ char *got = NULL;
	char path[120];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(fd_read_file(path, 1000, &got, NULL), 0);
	assert_string_equal(got, text);
}

#define DISK(file, target, more) "<disk type='file'><driver type='raw'/><source file='%s/" file \
	"'/><target dev='" target "'/>" more "</disk>"

static void define_guest(const char *extra)
{
	char xml[1500], all[1600];

	snprintf(xml, sizeof(xml), "<domain type='xen'><name>g 1</name>"
		 "<uuid>11223344-0000-0000-0000-000000000003</uuid><memory>16384</memory>"
		 "<os><kernel>%s/Image</kernel></os><devices>"
		 DISK("a.img", "xvda", "") DISK("b.img", "xvdb", "")
		 DISK("c.img", "xvdc", "<readonly/>"), dir, dir, dir, dir);
	snprintf(all, sizeof(all), "%s%s</devices></domain>\n", xml, extra);
	put("g.xml", all);
	expect(of_dir("define --replace %s/g.xml"), 0, NULL, "is defined");
}

static int snapshot_world(void **state)
{
	fail_at = kill_at = signal_at = 0;
	no_room = false;
	if (set_up(state) != 0)
		return -1;
	put("a.img", "first a");
	put("b.img", "first b");
	put("c.img", "c");
	define_guest("");
	return 0;
}

#define GUEST "uuid=11223344-0000-0000-0000-000000000003"
#define SNAP(verb, rest) "snapshot " verb " " GUEST " " rest

/* A signal that came is blocked, and there still. */
static void take_signal(int which)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, which);
	assert_int_equal(sigwait(&set, &sig), 0);
}

#endif
