/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * context_probe FROM TO GFN NR [ROUNDS]: domain TO, which has not run, becomes what FROM is, that is
 * paused or suspended: its NR frames of RAM from GFN on, and its context. Before that, in each of
 * ROUNDS, TO is given the context with some bytes changed; whatever it is answered, the host has to
 * stay. With ROUNDS "live" FROM runs while its memory is copied, and what it writes meanwhile is
 * copied again; then it is paused. Built with libxen-dev's headers alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sys/privcmd.h>

#define PAGE 4096u
#define BATCH 256u
#define LIVE_ROUNDS 8u
#define LIVE_PAUSE_US 150000u

static int fd;
static struct xen_domctl domctl;
static uint8_t *context, *changed;

static int die(const char *what)
{
	perror(what);
	exit(1);
}

static long control(uint32_t cmd, domid_t dom)
{
	struct privcmd_hypercall call = { .op = __HYPERVISOR_domctl, .arg = { (uintptr_t)&domctl } };

	domctl.cmd = cmd;
	domctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	domctl.domain = dom;
	return ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call) < 0 ? -errno : 0;
}

static long hvmcontext(uint32_t cmd, domid_t dom, uint8_t *buffer, uint32_t *size)
{
	long rc;

	memset(&domctl, 0, sizeof(domctl));
	domctl.u.hvmcontext.size = *size;
	set_xen_guest_handle_raw(domctl.u.hvmcontext.buffer, buffer);
	rc = control(cmd, dom);
	*size = domctl.u.hvmcontext.size;
	return rc;
}

static uint8_t *map(domid_t dom, uint64_t gfn, unsigned int nr)
{
	static xen_pfn_t frames[BATCH];
	static int errs[BATCH];
	uint8_t *p = mmap(NULL, (size_t)nr * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	privcmd_mmapbatch_v2_t m = {
		.num = nr, .dom = dom, .addr = (uintptr_t)p, .arr = frames, .err = errs,
	};

	for (unsigned int i = 0; i < nr; i++)
		frames[i] = gfn + i;
	if (p == MAP_FAILED || (ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &m) < 0 && errno != ENOENT))
		die("context_probe: map");
	return p;
}

static void copy(domid_t from, domid_t to, uint64_t gfn, uint64_t nr)
{
	for (unsigned int n; nr > 0; gfn += n, nr -= n) {
		uint8_t *src, *dst;

		n = nr < BATCH ? (unsigned int)nr : BATCH;
		src = map(from, gfn, n);
		dst = map(to, gfn, n);
		memcpy(dst, src, (size_t)n * PAGE);
		munmap(src, (size_t)n * PAGE);
		munmap(dst, (size_t)n * PAGE);
		memset(&domctl, 0, sizeof(domctl));
		domctl.u.cacheflush.start_pfn = gfn;
		domctl.u.cacheflush.nr_pfns = n;
		if (control(XEN_DOMCTL_cacheflush, to) != 0)
			die("context_probe: cacheflush");
	}
}

static void rounds(domid_t to, uint32_t size, unsigned int nr)
{
	unsigned int taken = 0;

	srand(1);
	for (unsigned int i = 0; i < nr; i++) {
		uint32_t n = size;

		memcpy(changed, context, size);
		for (int k = rand() % 8; k >= 0; k--)
			changed[(unsigned int)rand() % size] = (uint8_t)(rand() % 3 ? rand() : 0xff);
		if (rand() % 8 == 0)
			n = (uint32_t)rand() % size;
		taken += hvmcontext(XEN_DOMCTL_sethvmcontext, to, changed, &n) == 0;
	}
	printf("CHANGED %u, taken %u\n", nr, taken);
}

static void shadow_op(domid_t from, uint32_t op, uint8_t *bitmap, uint64_t frames)
{
	memset(&domctl, 0, sizeof(domctl));
	domctl.u.shadow_op.op = op;
	domctl.u.shadow_op.pages = frames;
	set_xen_guest_handle_raw(domctl.u.shadow_op.dirty_bitmap, bitmap);
	if (control(XEN_DOMCTL_shadow_op, from) != 0)
		die("context_probe: shadow_op");
}

/* Nobody runs: what was copied is what there is, to the byte. nr is of whole batches. */
static void compare(domid_t from, domid_t to, uint64_t gfn, uint64_t nr)
{
	unsigned int different = 0;

	for (uint64_t g = gfn; g < gfn + nr; g += BATCH) {
		uint8_t *a = map(from, g, BATCH), *b = map(to, g, BATCH);

		for (size_t i = 0; i < BATCH; i++)
			if (memcmp(a + i * PAGE, b + i * PAGE, PAGE) != 0 && different++ < 8)
				printf("DIFFERENT frame %#llx\n", (unsigned long long)(g + i));
		munmap(a, (size_t)BATCH * PAGE);
		munmap(b, (size_t)BATCH * PAGE);
	}
	printf("COMPARED %llu frames, %u different\n", (unsigned long long)nr, different);
}

static void copy_live(domid_t from, domid_t to, uint64_t gfn, uint64_t nr)
{
	size_t size = (size_t)(gfn + nr + 7) / 8;
	uint8_t *bitmap = mmap(NULL, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);

	if (bitmap == MAP_FAILED)
		die("context_probe: bitmap");
	shadow_op(from, XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, NULL, 0);
	copy(from, to, gfn, nr);
	for (unsigned int i = 0; i <= LIVE_ROUNDS; i++) {
		if (i == LIVE_ROUNDS && control(XEN_DOMCTL_pausedomain, from) != 0)
			die("context_probe: pause");
		usleep(LIVE_PAUSE_US);	/* paused: its vCPUs leave their CPUs soon */
		shadow_op(from, XEN_DOMCTL_SHADOW_OP_CLEAN, bitmap, gfn + nr);
		printf("LIVE %u dirty, %u faults\n", domctl.u.shadow_op.stats.dirty_count,
		       domctl.u.shadow_op.stats.fault_count);
		for (uint64_t g = gfn; g < gfn + nr; g++)
			if (bitmap[g / 8] >> g % 8 & 1)
				copy(from, to, g, 1);
	}
	shadow_op(from, XEN_DOMCTL_SHADOW_OP_OFF, NULL, 0);
	compare(from, to, gfn, nr);
	munmap(bitmap, size);
}

int main(int argc, char **argv)
{
	bool live = argc > 5 && strcmp(argv[5], "live") == 0;
	domid_t from, to;
	uint32_t size = 0;

	if (argc < 5) {
		fputs("usage: context_probe FROM TO GFN NR [ROUNDS]\n", stderr);
		return 2;
	}
	from = (domid_t)strtoul(argv[1], NULL, 0);
	to = (domid_t)strtoul(argv[2], NULL, 0);
	fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("context_probe: /dev/xen/privcmd");
	if (live)
		copy_live(from, to, strtoull(argv[3], NULL, 0), strtoull(argv[4], NULL, 0));
	if (hvmcontext(XEN_DOMCTL_gethvmcontext, from, NULL, &size) != 0)
		die("context_probe: size");
	/* Locked and touched: the hypervisor takes no faults for us. */
	context = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
	changed = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
	if (context == MAP_FAILED || changed == MAP_FAILED ||
	    hvmcontext(XEN_DOMCTL_gethvmcontext, from, context, &size) != 0)
		die("context_probe: get");
	if (argc > 5 && !live)
		rounds(to, size, (unsigned int)atoi(argv[5]));
	if (!live)
		copy(from, to, strtoull(argv[3], NULL, 0), strtoull(argv[4], NULL, 0));
	if (hvmcontext(XEN_DOMCTL_sethvmcontext, to, context, &size) != 0)
		die("context_probe: set");
	printf("CONTEXT %u bytes\n", size);
	return 0;
}
