/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * map_probe DOMID GFN NR [fill]: maps frames of a paused guest, whose RAM has NR frames from GFN on,
 * in all ways that privcmd offers, and prints a row "MAP case: result, errors" for each; errors are
 * a list of runs, "-22x3" for three times EINVAL. What a row says must not depend on how the kernel
 * brings the pages in: test_lean_map.py compares kernels. Every page gets a word of its own through
 * one mapping, which all others have to find at its index. With "fill" that is all: each page is
 * mapped once and written to, as by a toolstack that reads a kernel into a guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/memory.h>
#include <xen/sys/privcmd.h>

#define PAGE 4096u
#define MANY 1500u		/* pages of a large mapping: three of the kernel's blocks and not whole ones */
#define ABSENT_DOMAIN 4321u
#define NOWHERE 0x7000000u	/* a frame that no guest has */
#define WORD(gfn) (0x5a5a000000000000u ^ (gfn) * 0x10001u)

static int fd;
static domid_t domid;
static uint64_t ram, nr_ram;
static xen_pfn_t frames[MANY];
static int errs[MANY];

static uint8_t *window(unsigned int nr)
{
	void *p = mmap(NULL, (size_t)nr * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED) {
		perror("map_probe: mmap");
		exit(1);
	}
	return p;
}

static void unmap(uint8_t *p, unsigned int nr)
{
	if (munmap(p, (size_t)nr * PAGE) != 0)
		perror("map_probe: munmap");
}

static int map(uint8_t *at, domid_t dom, unsigned int nr)
{
	privcmd_mmapbatch_v2_t m = {
		.num = nr, .dom = dom, .addr = (uintptr_t)at, .arr = frames, .err = errs,
	};

	memset(errs, 0x55, sizeof(errs));
	return ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &m) < 0 ? -errno : 0;
}

/* Words that are not where they belong, of the pages that were mapped. */
static unsigned int wrong(const uint8_t *at, unsigned int nr)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr; i++)
		n += errs[i] == 0 && *(const volatile uint64_t *)(at + (size_t)i * PAGE) != WORD(frames[i]);
	return n;
}

static void row(const char *name, int rc, unsigned int nr, unsigned int bad)
{
	unsigned int i, run;

	printf("MAP %s: %d, errors", name, rc);
	for (i = 0; i < nr; i += run) {
		for (run = 1; i + run < nr && errs[i + run] == errs[i]; run++)
			;
		printf(" %dx%u", errs[i], run);
	}
	printf(", %u wrong\n", bad);
}

/* Map frames[] of dom in one go, print the row, unmap. */
static void once(const char *name, domid_t dom, unsigned int nr)
{
	uint8_t *p = window(nr);
	int rc = map(p, dom, nr);

	row(name, rc, nr, dom == domid ? wrong(p, nr) : 0);
	unmap(p, nr);
}

static void fill(unsigned int nr, int step)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		frames[i] = step > 0 ? ram + i : ram + nr - 1 - i;
}

/* So many pages in a mapping. */
static void write_words(unsigned int most)
{
	uint64_t done;
	unsigned int i, nr;

	for (done = 0; done < nr_ram; done += nr) {
		uint8_t *p;

		nr = nr_ram - done < most ? (unsigned int)(nr_ram - done) : most;
		p = window(nr);
		for (i = 0; i < nr; i++)
			frames[i] = ram + done + i;
		if (map(p, domid, nr) != 0)
			perror("map_probe: map");
		for (i = 0; i < nr; i++)
			*(volatile uint64_t *)(p + (size_t)i * PAGE) = WORD(frames[i]);
		unmap(p, nr);
	}
}

/* Absent frames at the edges of the kernel's blocks, at both ends and here and there. */
static void mixed(void)
{
	static const unsigned int edges[] = { 0, 1, 511, 512, 1023, 1026, MANY - 1 };
	unsigned int i;

	fill(MANY, 1);
	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		frames[edges[i]] = NOWHERE + i;
	for (i = 97; i < MANY; i += 97)
		frames[i] = i & 1 ? ram + nr_ram + i : 0;
	once("mixed", domid, MANY);
}

/* A window whose mapping failed as a whole may be tried again; one that is mapped may not. */
static void retry(void)
{
	uint8_t *p = window(600);
	int rc;

	fill(600, 1);
	rc = map(p, ABSENT_DOMAIN, 600);
	row("retry absent", rc, 600, 0);
	rc = map(p, domid, 600);
	row("retry present", rc, 600, rc ? 0 : wrong(p, 600));
	rc = map(p, domid, 600);
	row("retry mapped", rc, 1, 0);
	unmap(p, 600);
}

/* The first form of the call: errors in the upper bits of the list. */
static void version1(void)
{
	uint8_t *p = window(600);
	privcmd_mmapbatch_t m = { .num = 600, .dom = domid, .addr = (uintptr_t)p, .arr = frames };
	unsigned int i;
	int rc;

	fill(600, 1);
	frames[3] = frames[511] = frames[512] = NOWHERE;
	rc = ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH, &m) < 0 ? -errno : 0;
	for (i = 0; i < 600; i++) {
		errs[i] = (int)(frames[i] >> 28 & 0xf);
		frames[i] &= 0x0fffffff;
	}
	row("version 1", rc, 600, wrong(p, 600));
	unmap(p, 600);
}

static void no_list(void)
{
	uint8_t *p = window(600);
	privcmd_mmapbatch_v2_t m = {
		.num = 600, .dom = domid, .addr = (uintptr_t)p, .arr = frames, .err = (int *)8,
	};
	int rc;

	fill(600, 1);
	rc = ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &m) < 0 ? -errno : 0;
	row("no list of errors", rc, 0, 0);
	unmap(p, 600);
}

/* Two windows with the same pages, one taken away. */
static void twice(void)
{
	uint8_t *p = window(MANY), *q = window(MANY);
	int rc;

	fill(MANY, 1);
	rc = map(p, domid, MANY);
	row("first window", rc, MANY, wrong(p, MANY));
	rc = map(q, domid, MANY);
	row("second window", rc, MANY, wrong(q, MANY));
	unmap(p, MANY);
	row("second alone", 0, MANY, wrong(q, MANY));
	unmap(q, MANY);
}

static void resource(void)
{
	uint8_t *p = window(1);
	privcmd_mmap_resource_t m = {
		.dom = domid, .type = XENMEM_resource_grant_table,
		.id = XENMEM_resource_grant_table_id_shared, .num = 1, .addr = (uintptr_t)p,
	};
	int rc = ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &m) < 0 ? -errno : 0;

	row("grant table", rc, 0, rc ? 0 : *(volatile uint32_t *)(p + PAGE - 4) != 0);
	unmap(p, 1);
}

int main(int argc, char **argv)
{
	unsigned int i;

	if (argc != 4 && (argc != 5 || strcmp(argv[4], "fill") != 0)) {
		fputs("usage: map_probe DOMID GFN NR [fill]\n", stderr);
		return 2;
	}
	domid = (domid_t)strtoul(argv[1], NULL, 0);
	ram = strtoull(argv[2], NULL, 0);
	nr_ram = strtoull(argv[3], NULL, 0);
	fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (fd < 0 || nr_ram < MANY) {
		perror("map_probe: /dev/xen/privcmd");
		return 1;
	}
	if (argc == 5) {
		write_words(MANY);
		puts("MAP-END");
		return 0;
	}
	write_words(100);
	for (i = 1; i <= MANY; i = i * 2 + 1) {
		char name[32];

		snprintf(name, sizeof(name), "forward %u", i);
		fill(i, 1);
		once(name, domid, i);
	}
	fill(MANY, -1);
	once("backward", domid, MANY);
	for (i = 0; i < MANY; i++)
		frames[i] = ram;
	once("one page often", domid, MANY);
	mixed();
	frames[0] = NOWHERE;
	once("one absent", domid, 1);
	for (i = 0; i < 700; i++)
		frames[i] = ram + nr_ram + i;
	once("all absent", domid, 700);
	for (i = 0; i < 700; i++)
		frames[i] = UINT64_MAX - i;
	once("beyond all", domid, 700);
	fill(600, 1);
	once("no domain", ABSENT_DOMAIN, 600);
	once("own frames", 0, 600);
	retry();
	version1();
	no_list();
	twice();
	resource();
	puts("MAP-END");
	return 0;
}
