/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a guest: memory map, kernel and initrd into its memory, its device tree, the pages it
 * shares with the control domain. guest_layout_* and guest_dt_* are pure; domain_build() talks to
 * the hypervisor. It expects a domain with vCPUs and a memory limit, and leaves a domain that
 * lacks store nodes and the first unpause. On failure the caller destroys the domain.
 */
#ifndef XENTOOLS_BUILD_H
#define XENTOOLS_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/image_arm64.h>

#include <xentools/hyp.h>

struct zerr;

#define GUEST_DTB_MAX (64u * 1024)		/* bytes; room kept for the tree */
#define GUEST_FILE_MAX (1ull << 30)		/* bytes of a kernel or initrd file */
#define GUEST_CMDLINE_MAX 4095u			/* bytes without the NUL */

/* Frames of the rings that every guest shares with dom0's daemons. */
#define GUEST_CONSOLE_GFN 0x39000u
#define GUEST_STORE_GFN 0x39001u
#define GUEST_VUART_GFN 0x39003u
/* Grant of the serial port's ring, behind those that the ABI reserves for console and store. */
#define GUEST_VUART_GRANT 2u

struct guest_range {
	uint64_t base, size;			/* guest physical, bytes */
};

struct guest_layout {
	struct guest_range ram[2];
	unsigned int nr_ram;
	struct guest_range kernel;		/* image with bss */
	struct guest_range initrd;		/* size 0: none */
	struct guest_range dtb;			/* size GUEST_DTB_MAX until the tree is made */
};

/* Bytes to load: a file of the host, or memory that holds it unpacked. fd -1: none. */
struct image_file {
	const char *path;			/* caller's; names it in errors */
	int fd;
	uint64_t size;				/* bytes, as seen when it was opened */
};

struct guest_dt_args {
	const struct guest_layout *layout;
	const char *cmdline;			/* NULL: none */
	unsigned int vcpus;
	unsigned int gic_version;		/* 2 or 3 */
	bool vpmu;				/* performance monitors */
	uint32_t clock_frequency;		/* 0: the guest reads CNTFRQ_EL0 */
	unsigned int gpaddr_bits;		/* IPA bits of the domain */
	const uint8_t *rng_seed;		/* NULL: none */
	size_t rng_seed_size;
	bool vuart;				/* a serial port, /sbsa-pl011 */
	const void *part;			/* NULL, or a tree to be merged: its nodes are added */
};

struct domain_build_args {
	uint16_t domid;
	uint64_t memory_bytes;			/* multiple of 4 KiB */
	const char *kernel, *initrd, *cmdline;	/* initrd, cmdline may be NULL */
	const char *dtb;			/* NULL, or a file: partial tree for devices */
	bool aarch32;				/* a 32-bit kernel: zImage */
	bool vuart;				/* a serial port */
	unsigned int vcpus;
	unsigned int gic_version;
	bool vpmu;
	uint32_t clock_frequency;
	uint32_t store_port, console_port;	/* in the guest's port space */
	uint16_t store_domid, console_domid;
	void (*progress)(void *arg, int level, const char *text);
	void *progress_arg;
};

int guest_layout_plan(uint64_t memory_bytes, const struct image_arm64 *kernel,
		      uint64_t initrd_size, struct guest_layout *ret, struct zerr **err);
int guest_dt_make(const struct guest_dt_args *args, void *buf, size_t size, size_t *ret_size,
		  struct zerr **err);

int image_arm64_probe(const void *head, uint64_t len, struct image_arm64 *out);
int image_open_kernel(const char *path, uint64_t max_bytes, bool aarch32,
		      struct image_file *ret, struct image_arm64 *image, struct zerr **err);
int image_open_initrd(const char *path, uint64_t max_bytes, struct image_file *ret,
		      struct zerr **err);
void image_close(struct image_file *f);

/* Kernel and initrd opened, checked and placed: all that can be refused before a domain exists. */
struct domain_images {
	struct image_file kernel, initrd;
	void *part;				/* NULL: no partial tree */
	struct image_arm64 header;
	struct guest_layout layout;
};

int domain_images_open(const struct domain_build_args *args, struct domain_images *ret,
		       struct zerr **err);
void domain_images_close(struct domain_images *images);
int domain_build(struct hyp *h, const struct domain_build_args *args,
		 const struct domain_images *images, struct zerr **err);
/* One that was saved: fill gives it its memory and what was in it. The rings' pages are there. */
typedef int domain_fill_fn(void *arg, uint16_t domid, struct zerr **err);
int domain_build_saved(struct hyp *h, const struct domain_build_args *args, domain_fill_fn *fill,
		       void *arg, struct zerr **err);

int guest_memory_populate(struct hyp *h, uint16_t domid, const struct guest_range *ram, size_t n,
			  struct zerr **err);
/* Behind caches, too. */
int guest_memory_write(struct hyp *h, uint16_t domid, uint64_t address, const void *data,
		       size_t size, struct zerr **err);

#endif
