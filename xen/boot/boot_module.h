/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the files that build domains: what the loader left in memory for them
 * (boot/boot_module.c), and a static domain's tree (boot/domu_tree.c).
 */
#pragma once

#include <xen/boot.h>
#include <xen/image_arm64.h>

/* HVM_PARAM_CALLBACK_IRQ: type 2 (PPI), flag bit 1: active low level. */
#define CALLBACK_PPI(intid)	((2UL << 56) | (2UL << 8) | (intid))
#define BOOT_DTB_ORDER	6u	/* room for a domain's tree: 256 KiB */
#define LINUX_SECTION	(128UL << 20)	/* for whole ones of them Linux has page structures */

enum module_kind { MODULE_NONE, MODULE_GUESS, MODULE_KERNEL, MODULE_RAMDISK, MODULE_OTHER };

enum module_kind boot_module_kind(const void *fdt, int node);
int boot_module_reg(const void *fdt, int parent, int node, uint64_t *base,
		    uint64_t *size) __must_check;
int boot_probe_kernel(const struct boot_module *m, struct image_arm64 *img) __must_check;
int boot_load(struct domain *d, const struct dom0_plan *p, const struct boot_module *kernel,
	      const struct boot_module *ramdisk, void *tree, int tree_size) __must_check;
unsigned int boot_block_order(uint64_t frame, uint64_t nr);
bool boot_overlaps(const struct mem_range *r, uint64_t base, uint64_t size);
bool boot_contains(const struct mem_range *r, uint64_t base, uint64_t size);
mfn_t dom0_bank_start(mfn_t first, uint64_t nr, uint64_t bytes);
int dom0_choose_banks(struct dom0_plan *p, uint64_t bytes) __must_check;
/* Lowest PPI that the host uses for nothing we know of: dom0's event channel upcall. */
uint32_t dom0_free_ppi(const struct host_info *h);
/* The tree of a domain whose memory is p's banks, into buf. Size in bytes or negative errno. */
int domu_tree_make(const struct static_domain *s, const struct dom0_plan *p, void *buf,
		   size_t size) __must_check;
