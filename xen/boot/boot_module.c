/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot modules: which node is one and of which kind, what a kernel looks like, the way into a
 * domain's memory, and the end, when all domains have been built. Several domains may be given the
 * same module.
 */
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/page.h>
#include "boot_module.h"
#include "dt_reg.h"

/* By membership in `compatible`, never by position or order. */
enum module_kind boot_module_kind(const void *fdt, int node)
{
	static const struct { const char *compatible; enum module_kind kind; } known[] = {
		{ "multiboot,kernel", MODULE_KERNEL }, { "xen,linux-zimage", MODULE_KERNEL },
		{ "multiboot,ramdisk", MODULE_RAMDISK }, { "xen,linux-initrd", MODULE_RAMDISK },
		{ "xen,xsm-policy", MODULE_OTHER }, { "multiboot,device-tree", MODULE_OTHER },
		{ "multiboot,module", MODULE_GUESS }, { "xen,multiboot-module", MODULE_GUESS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (dt_is_compatible(fdt, node, known[i].compatible))
			return known[i].kind;
	return MODULE_NONE;
}

/*
 * The reg of a module, a child of parent. QEMU writes 64-bit cells but no cell counts into
 * /chosen: without them the root's count, not the default of the specification.
 */
int boot_module_reg(const void *fdt, int parent, int node, uint64_t *base, uint64_t *size)
{
	int len, from = fdt_getprop(fdt, parent, "#address-cells", NULL) ? parent : 0;
	const fdt32_t *p = fdt_getprop(fdt, node, "reg", &len);
	int ac = dt_address_cells(fdt, from), sc = dt_size_cells(fdt, from);

	if (!p || ac < 1 || ac > 2 || sc < 1 || sc > 2 || len < (ac + sc) * 4)
		return -EINVAL;
	*base = dt_read_cells(p, ac);
	*size = dt_read_cells(p + ac, sc);
	return *base + *size < *base ? -EINVAL : 0;
}

/* -ENOENT when there is no kernel or it does not begin with a page, -EINVAL for no plain Image. */
int boot_probe_kernel(const struct boot_module *m, struct image_arm64 *img)
{
	char head[IMAGE_ARM64_HEAD];

	if (!m->present || (m->base & (PAGE_SIZE - 1)) || m->size < sizeof(head))
		return -ENOENT;
	char *p = map_window_get(pa_to_mfn(m->base));
	memcpy(head, p, sizeof(head));
	map_window_put(p);
	return image_arm64_probe_plain(head, m->size, img) ? -EINVAL : 0;
}

/*
 * Copy n bytes of machine memory to RAM of d, both page-aligned, clean to PoC: it starts with its
 * caches off.
 */
static void copy_in(struct domain *d, ipa_t to, pa_t from, uint64_t n)
{
	for (uint64_t off = 0; off < n; off += PAGE_SIZE) {
		char *dst = map_window_get(p2m_lookup(d, ipa_to_gfn(to + off)).mfn);
		char *src = map_window_get(pa_to_mfn(from + off));
		size_t len = MIN(n - off, PAGE_SIZE);

		if (len == PAGE_SIZE)
			copy_page(dst, src);
		else
			memcpy(dst, src, len);
		cache_clean_poc(dst, len);
		map_window_put(src);
		map_window_put(dst);
	}
}

/*
 * Copy kernel, ramdisk and tree to where p says, and free the tree's buffer (NULL: there was no
 * memory for one). tree_size may be a negative errno, which is returned then.
 */
int boot_load(struct domain *d, const struct dom0_plan *p, const struct boot_module *kernel,
	      const struct boot_module *ramdisk, void *tree, int tree_size)
{
	if (!tree)
		return -ENOMEM;
	copy_in(d, p->kernel, kernel->base, kernel->size);
	copy_in(d, p->initrd, ramdisk->base, ramdisk->size);
	if (tree_size > 0)
		copy_in(d, p->dtb, mfn_to_pa(heap_to_mfn(tree)), (uint64_t)tree_size);
	heap_free_pages(tree, BOOT_DTB_ORDER);
	return MIN(tree_size, 0);
}

/* Does [base, base + size), which does not wrap, touch r? Is it within? */
bool boot_overlaps(const struct mem_range *r, uint64_t base, uint64_t size)
{
	return r->base < base + size && base < r->base + r->size;
}

bool boot_contains(const struct mem_range *r, uint64_t base, uint64_t size)
{
	return base >= r->base && base - r->base < r->size && size <= r->size - (base - r->base);
}

/* The largest order of a stage-2 leaf that starts at this frame and has nr at most. */
unsigned int boot_block_order(uint64_t frame, uint64_t nr)
{
	unsigned int order = PAGE_ORDER_1G;

	while (order && ((frame & (BIT(order) - 1)) || nr < BIT(order)))
		order -= 9;
	return order;
}

/* What is still kept out of the allocator; a page that several modules share goes once. */
static void free_module(const struct boot_module *m)
{
	pa_t at = ROUND_UP(m->base, PAGE_SIZE), end = ROUND_DOWN(m->base + m->size, PAGE_SIZE);

	for (; m->present && at < end; at += PAGE_SIZE) {
		const struct page_info *pg = mfn_to_page(pa_to_mfn(at));

		if (pg && pg->type == PAGE_RESERVED)
			zone_add(pa_to_mfn(at), 1);
	}
}

/* All domains are built: their modules' memory is free. */
void boot_free_modules(const struct bootinfo *bi)
{
	free_module(&bi->kernel);
	free_module(&bi->ramdisk);
	for (uint32_t i = 0; i < bi->nr_statics; i++) {
		free_module(&bi->statics[i].kernel);
		free_module(&bi->statics[i].ramdisk);
	}
}
