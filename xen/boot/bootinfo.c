/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the loader hands over: banks of RAM, ranges that are not free, the modules for dom0 and
 * the two command lines (abi/boot.md 1.3, 1.4). Read once from the host's tree at start-up.
 */
#include "boot_module.h"
#include "dt_reg.h"

struct bootinfo bootinfo;

/*
 * Round base..base+size outwards and remember it as not free; a sum that wraps means all above
 * base. -ENOSPC.
 */
int bootinfo_reserve(struct bootinfo *bi, pa_t base, uint64_t size)
{
	pa_t end;

	if (checked_add(base, size, &end) || end > PAGE_MASK)
		end = PAGE_MASK;
	end = ROUND_UP(end, PAGE_SIZE);
	base = ROUND_DOWN(base, PAGE_SIZE);
	if (bi->nr_reserved == BOOT_MAX_RESERVED)
		return -ENOSPC;
	bi->reserved[bi->nr_reserved++] = (struct mem_range){ base, end - base };
	return 0;
}

/* Insert a bank in order, whole pages only; touching ones become one. */
static int add_bank(struct bootinfo *bi, pa_t base, uint64_t size)
{
	pa_t end = ROUND_DOWN(base + size, PAGE_SIZE);
	uint32_t i;

	/* In the very last page there is nothing whole. */
	if (base > PAGE_MASK || end <= ROUND_UP(base, PAGE_SIZE))
		return 0;
	base = ROUND_UP(base, PAGE_SIZE);
	if (bi->nr_banks == BOOT_MAX_BANKS)
		return -ENOSPC;
	for (i = bi->nr_banks++; i > 0 && bi->banks[i - 1].base > base; i--)
		bi->banks[i] = bi->banks[i - 1];
	bi->banks[i] = (struct mem_range){ base, end - base };
	return 0;
}

static void merge_banks(struct bootinfo *bi)
{
	uint32_t i, n = 0;

	for (i = 1; i < bi->nr_banks; i++) {
		struct mem_range *last = &bi->banks[n];

		if (bi->banks[i].base <= last->base + last->size)
			last->size = MAX(last->size,
					 bi->banks[i].base + bi->banks[i].size - last->base);
		else
			bi->banks[++n] = bi->banks[i];
	}
	if (bi->nr_banks)
		bi->nr_banks = n + 1;
}

static int parse_memory(struct bootinfo *bi)
{
	const void *fdt = bi->fdt;
	int node, rc = 0;

	fdt_for_each_subnode(node, fdt, 0) {
		uint64_t base, size;

		if (fdt_stringlist_search(fdt, node, "device_type", "memory") ||
		    !dt_is_available(fdt, node))
			continue;
		for (unsigned int n = 0; dt_reg(fdt, node, n, &base, &size) == 0 && !rc; n++)
			rc = add_bank(bi, base, size);
	}
	merge_banks(bi);
	if (!bi->nr_banks)
		pr_err("no memory in the host's device tree\n");
	return bi->nr_banks ? rc : -EINVAL;
}

static int parse_reserved(struct bootinfo *bi)
{
	const void *fdt = bi->fdt;
	int i, node, parent, rc = 0;
	uint64_t base, size;

	for (i = 0; i < fdt_num_mem_rsv(fdt) && !rc; i++)
		if (fdt_get_mem_rsv(fdt, i, &base, &size) == 0)
			rc = bootinfo_reserve(bi, base, size);
	parent = fdt_path_offset(fdt, "/reserved-memory");
	if (parent < 0 || rc)
		return rc;
	fdt_for_each_subnode(node, fdt, parent) {
		for (unsigned int n = 0; dt_reg(fdt, node, n, &base, &size) == 0 && !rc; n++)
			rc = bootinfo_reserve(bi, base, size);
	}
	return rc;
}

/* Is there such a property? Then dst is its value. */
static bool copy_string(char *dst, const void *fdt, int node, const char *prop)
{
	int len;
	const char *s = fdt_getprop(fdt, node, prop, &len);

	if (s && len > 0)
		strlcpy(dst, s, MIN((size_t)len, (size_t)BOOT_CMDLINE));
	return s;
}

/*
 * A module that says what it is beats one whose kind is guessed; of two alike the later one
 * stays.
 */
static void note_module(struct bootinfo *bi, enum module_kind kind, const struct boot_module *m,
			int node, int *kernel_node)
{
	if (kind == MODULE_KERNEL || (kind == MODULE_GUESS && !bi->kernel.present)) {
		bi->kernel = *m;
		*kernel_node = node;
	} else if (kind == MODULE_RAMDISK || (kind == MODULE_GUESS && !bi->ramdisk.present)) {
		bi->ramdisk = *m;
	}
}

/* Two rounds over /chosen: those with a kind of their own, then what is guessed in order. */
static int parse_modules(struct bootinfo *bi, int chosen, int *kernel_node)
{
	const void *fdt = bi->fdt;
	int node, rc;

	*kernel_node = -1;
	for (int guessing = 0; guessing < 2; guessing++) {
		fdt_for_each_subnode(node, fdt, chosen) {
			enum module_kind kind = boot_module_kind(fdt, node);
			struct boot_module m = { .present = true };

			if (kind == MODULE_NONE || (kind == MODULE_GUESS) != guessing)
				continue;
			rc = boot_module_reg(fdt, chosen, node, &m.base, &m.size);
			if (!rc)
				rc = bootinfo_reserve(bi, m.base, m.size);
			if (rc) {
				pr_err("boot module %s is malformed\n",
				       fdt_get_name(fdt, node, NULL));
				return rc;
			}
			note_module(bi, kind, &m, node, kernel_node);
		}
	}
	return 0;
}

/* linux,initrd-start and -end in /chosen also make a ramdisk. */
static int parse_initrd(struct bootinfo *bi, int chosen)
{
	uint64_t start = dt_u32_or_u64(bi->fdt, chosen, "linux,initrd-start");
	uint64_t end = dt_u32_or_u64(bi->fdt, chosen, "linux,initrd-end");

	if (bi->ramdisk.present || !start || end <= start)
		return 0;
	bi->ramdisk = (struct boot_module){ start, end - start, true };
	return bootinfo_reserve(bi, start, end - start);
}

/* The table of abi/boot.md 1.4. */
static void choose_command_lines(struct bootinfo *bi, int chosen, int kernel_node)
{
	const void *fdt = bi->fdt;
	/* Without a kernel's node libfdt finds no property. */
	bool dom0_own = copy_string(bi->dom0_cmdline, fdt, chosen, "xen,dom0-bootargs") ||
			copy_string(bi->dom0_cmdline, fdt, kernel_node, "bootargs");

	if (!copy_string(bi->xen_cmdline, fdt, chosen, "xen,xen-bootargs") && dom0_own)
		copy_string(bi->xen_cmdline, fdt, chosen, "bootargs");
	if (!dom0_own)
		copy_string(bi->dom0_cmdline, fdt, chosen, "bootargs");
}

/*
 * Fill bi from bi->fdt, which is mapped. -EINVAL for a tree that is broken or says nothing about
 * memory.
 */
int bootinfo_parse(struct bootinfo *bi)
{
	int chosen, kernel_node;

	if (fdt_check_header(bi->fdt) || fdt_totalsize(bi->fdt) > 0x200000 ||
	    fdt_check_full(bi->fdt, fdt_totalsize(bi->fdt)))
		return -EINVAL;
	bi->fdt_size = fdt_totalsize(bi->fdt);
	int rc = bootinfo_reserve(bi, bi->fdt_pa, bi->fdt_size);
	if (!rc)
		rc = parse_memory(bi);
	if (!rc)
		rc = parse_reserved(bi);
	bi->nr_firmware = bi->nr_reserved;
	chosen = fdt_path_offset(bi->fdt, "/chosen");
	if (rc || chosen < 0)
		return rc;
	rc = parse_modules(bi, chosen, &kernel_node);
	if (!rc)
		rc = parse_initrd(bi, chosen);
	choose_command_lines(bi, chosen, kernel_node);
	return rc;
}

uint64_t bootinfo_seed(const struct bootinfo *bi)
{
	int len, chosen = fdt_path_offset(bi->fdt, "/chosen");
	const char *p = fdt_getprop(bi->fdt, chosen, "rng-seed", &len);
	uint64_t seed = 0;

	if (!p || len < 8)
		p = fdt_getprop(bi->fdt, chosen, "kaslr-seed", &len);
	if (p && len >= 8)
		memcpy(&seed, p, sizeof(seed));
	return seed;
}

/* Call fn for every piece of RAM that nothing reserves, ascending. */
void bootinfo_for_each_free(const struct bootinfo *bi,
			    void (*fn)(pa_t base, uint64_t size, void *arg), void *arg)
{
	for (uint32_t b = 0; b < bi->nr_banks; b++) {
		pa_t at = bi->banks[b].base, end = at + bi->banks[b].size;

		while (at < end) {
			pa_t stop = end, next = end;

			/* The first reservation that ends behind it ends the piece. */
			for (uint32_t r = 0; r < bi->nr_reserved; r++) {
				pa_t rb = bi->reserved[r].base, re = rb + bi->reserved[r].size;

				if (re > at && rb < stop) {
					stop = rb;
					next = re;
				}
			}
			if (stop > at)
				fn(at, stop - at, arg);
			at = next;
		}
	}
}
