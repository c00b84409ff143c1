/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device trees for tests: sources of the tree or of the test itself, put through dtc into a block of
 * exactly their size, so that the address sanitizer sees every access beyond it.
 */
#ifndef TESTS_DT_SOURCE_H
#define TESTS_DT_SOURCE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <libfdt.h>
#include <unistd.h>

/* At the start of a source that a test writes itself. */
#define DTS "/dts-v1/;\n"
/* Root with two cells each, as most have it. */
#define ROOT(text) DTS "/ { #address-cells = <2>; #size-cells = <2>; " text " };"

static inline void *dt_compile(const char *path)
{
	char command[512];
	char *blob = malloc(65536);
	size_t n;
	FILE *f;

	snprintf(command, sizeof(command), "dtc -q -I dts -O dtb '%s'", path);
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(blob, 1, 65536, f);
	assert_int_equal(pclose(f), 0);
	blob = realloc(blob, n);
	assert_int_equal(fdt_check_full(blob, n), 0);
	return blob;
}

/* tests/golden/dt/<name>.dts; the caller frees it. */
static inline void *dt_golden(const char *name)
{
	char path[400];

	snprintf(path, sizeof(path), TEST_SRCDIR "/tests/golden/dt/%s.dts", name);
	return dt_compile(path);
}

static inline void *dt_source(const char *source)
{
	char path[] = "/tmp/zazen-dt-XXXXXX";
	int fd = mkstemp(path);
	void *blob;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, source, strlen(source)), strlen(source));
	close(fd);
	blob = dt_compile(path);
	unlink(path);
	return blob;
}

static inline int dt_node(const void *fdt, const char *path)
{
	int node = fdt_path_offset(fdt, path);

	assert_true(node >= 0);
	return node;
}

#endif
