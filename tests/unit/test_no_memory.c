/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control domain's memory ends in the middle of a command: the n-th allocation of ours fails,
 * for n = 1, 2, ... until the command has asked for no more. Then it went well, or ends with exit
 * code 6 and one message, and leaves nothing. By the linker's --wrap; this file and the models call
 * the real ones (see local.am). The libraries' own allocations do not fail here.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <public/domctl.h>

#include "test_support_device.h"
#include "test_support_hyp.h"
#include "xentools/error.h"
#include "xentools/hyp.h"

static unsigned long asked, fail_at;
static bool armed;

static bool fails(void)
{
	return armed && ++asked == fail_at;
}

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
int __wrap_vasprintf(char **ret, const char *fmt, va_list ap);
int __wrap_asprintf(char **ret, const char *fmt, ...);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : realloc(p, size);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
	return fails() ? NULL : strndup(s, n);
}

int __wrap_vasprintf(char **ret, const char *fmt, va_list ap)
{
	return fails() ? -1 : vasprintf(ret, fmt, ap);
}

int __wrap_asprintf(char **ret, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = __wrap_vasprintf(ret, fmt, ap);
	va_end(ap);
	return n;
}

/* The world's own work before a command. */
static int open_fake(struct hyp **ret, const struct hyp_ops *ops, void *arg, struct zerr **err)
{
	bool was = armed;
	int rc;

	armed = false;
	rc = hyp_open_ops(ret, ops, arg, err);
	armed = was;
	return rc;
}

#define hyp_open_ops open_fake
#include "zl_world.h"

static size_t entries(const char *name)
{
	char path[64];
	size_t n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	d = opendir(name[0] == '/' ? name : path);
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static void write_file(const char *name, const char *text, size_t size)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fflush(f), 0);
	assert_int_equal(ftruncate(fileno(f), (off_t)size), 0);
	fclose(f);
}

static int begin(void **state)
{
	char text[500];
	int rc = set_up(state);

	if (rc != 0)
		return rc;
	fake_devices_begin(store);
	write_guest();
	write_file("a.img", "", 1 << 20);
	snprintf(text, sizeof(text), "<domain type='xen'><name>guest</name>"
		 "<memory unit='MiB'>16</memory><vcpu>2</vcpu><os><kernel>%s/Image</kernel></os>"
		 "<devices><disk type='file'><source file='%s/a.img'/><target dev='xvda'/></disk>"
		 "</devices></domain>\n", dir, dir);
	write_file("g.xml", text, strlen(text));
	return 0;
}

struct left {
	size_t nodes, fds, files, domains;
	uint64_t pages;
};

static struct left look(void)
{
	struct left l = {
		.nodes = fake_xs_count(store), .fds = entries("/proc/self/fd"),
		.files = entries("domains"), .pages = fake.free_pages,
	};

	for (uint16_t domid = 1; domid < 0x7ff0; domid++)
		l.domains += fake_hyp_domain(&fake, domid) != NULL;
	return l;
}

static void same(const char *line, const struct left *want, int rc, const char *said)
{
	struct left now = look();

	if (memcmp(&now, want, sizeof(now)) != 0)
		fail_msg("%s: allocation %lu fails: exit code %d, \"%s\": nodes %zu, were %zu; "
			 "open files %zu, %zu; files %zu, %zu; domains %zu, %zu; pages %llu, "
			 "%llu\n%s", line, fail_at, rc, said,
			 now.nodes, want->nodes, now.fds, want->fds, now.files, want->files,
			 now.domains, want->domains, (unsigned long long)now.pages,
			 (unsigned long long)want->pages, fake_xs_dump(store));
}

static size_t lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/*
 * The command, with each of its allocations failing; undo takes what it made away. The first go
 * makes what stays (directories, logs).
 */
static void sweep(const char *line, const char *undo, unsigned int at_least)
{
	unsigned int refused = 0;
	struct left before;
	struct caught c;
	int rc;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(run(&c, line), 0);
		output_free(&c);
		assert_int_equal(run(&c, undo), 0);
		output_free(&c);
		before = look();
	}
	for (fail_at = 1;; fail_at++) {
		asked = 0;
		output_begin(&c);
		armed = true;
		rc = run_line(line);
		armed = false;
		output_end(&c);
		if (rc != 0 && (rc != ZERR_NO_RESOURCES || !strstr(c.err, "memory") ||
				lines(c.err) > 3))
			fail_msg("%s: allocation %lu fails: exit code %d\n%s", line, fail_at, rc,
				 c.err);
		refused += rc != 0;
		if (rc == 0) {
			struct caught undone;

			if (run(&undone, undo) != 0)
				fail_msg("%s: allocation %lu fails: nothing is made\n%s", line,
					 fail_at, c.err);
			output_free(&undone);
		}
		fake.last_domid = 0;		/* the fake back-end knows the first ones */
		same(line, &before, rc, c.err);
		output_free(&c);
		if (asked < fail_at)
			break;
	}
	print_message("%s: %lu allocations, %u refuse it\n", line, fail_at - 1, refused);
	assert_true(refused >= at_least);
}

static const char *with_dir(const char *fmt)
{
	static char line[200];

	snprintf(line, sizeof(line), fmt, dir);
	return line;
}

static void define(void **state)
{
	(void)state;
	sweep(with_dir("define %s/g.xml"), "undefine guest", 20);
}

static void rename_and_start(void **state)
{
	struct caught c;

	(void)state;
	assert_int_equal(run(&c, with_dir("define %s/g.xml")), 0);
	output_free(&c);
	sweep("rename guest other", "rename other guest", 30);
	sweep("start guest", "destroy guest", 40);
}

static void create(void **state)
{
	(void)state;
	sweep(with_dir("create -q %s/g.xml"), "destroy guest", 40);
}

static void attach(void **state)
{
	(void)state;
	add_domain(3, "web1", XEN_DOMINF_blocked, 512);
	fake_xs_set(store, "/libxl/3/device", "");
	sweep(with_dir("block-attach web1 %s/a.img,,xvdb,w"), "block-detach --force web1 xvdb", 10);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, begin, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = { T(define), T(rename_and_start), T(create), T(attach) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
