/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Static domains in the host's tree: children of /chosen that are compatible with "xen,domain",
 * each with its figures and its modules as children. A domain that is not right is left out with
 * a line that says why; the others and the host go on. What is accepted was checked against the
 * host's memory, so building it reads nothing that is not a module.
 */
#include <public/arch-arm.h>
#include <xen/domain.h>
#include "boot_module.h"
#include "dt_reg.h"

#define MAX_SPIS	960u	/* a multiple of 32 below what an interrupt controller has */

/* Whole pages of RAM, and not the firmware's, the tree's or our own. */
static bool is_module_memory(const struct bootinfo *bi, uint64_t base, uint64_t size)
{
	if (!size || (base & (PAGE_SIZE - 1)) || boot_overlaps(&bi->image, base, size))
		return false;
	for (uint32_t i = 0; i < bi->nr_firmware; i++)
		if (boot_overlaps(&bi->reserved[i], base, size))
			return false;
	for (uint32_t i = 0; i < bi->nr_banks; i++)
		if (boot_contains(&bi->banks[i], base, size))
			return true;
	return false;
}

/* A string that ends within its property; NULL. */
static const char *string_prop(const void *fdt, int node, const char *name)
{
	int len;
	const char *s = fdt_getprop(fdt, node, name, &len);

	return s && len > 0 && !s[len - 1] ? s : NULL;
}

static const char *parse_module(const struct bootinfo *bi, int domain, int node,
				struct static_domain *s)
{
	enum module_kind kind = boot_module_kind(bi->fdt, node);
	struct boot_module m = { .present = true }, *slot;

	if (kind == MODULE_NONE)
		return NULL;
	if (kind == MODULE_OTHER)
		return "it has a module that is neither kernel nor ramdisk";
	if (boot_module_reg(bi->fdt, domain, node, &m.base, &m.size))
		return "the reg of a module is malformed";
	if (!is_module_memory(bi, m.base, m.size))
		return "a module is not in free memory, or not page-aligned";
	bool is_kernel = kind == MODULE_KERNEL || (kind == MODULE_GUESS && !s->kernel.present);
	slot = is_kernel ? &s->kernel : &s->ramdisk;
	if (slot->present)
		return is_kernel ? "it has two kernels" : "it has two ramdisks";
	*slot = m;
	if (is_kernel)
		s->bootargs = string_prop(bi->fdt, node, "bootargs");
	return NULL;
}

/* Fill *s from its node. NULL, or what is wrong. */
static const char *parse(const struct bootinfo *bi, int node, struct static_domain *s)
{
	const void *fdt = bi->fdt;
	uint64_t kib = dt_u32_or_u64(fdt, node, "memory");
	int child;

	*s = (struct static_domain){
		.name = fdt_get_name(fdt, node, NULL),
		.memory = ROUND_UP(kib << 10, PAGE_SIZE),
		.cpus = dt_u32(fdt, node, "cpus", 0),
		.nr_spis = dt_u32(fdt, node, "nr_spis", 0),
		.vpl011 = fdt_getprop(fdt, node, "vpl011", NULL),
		.enhanced = fdt_getprop(fdt, node, "xen,enhanced", NULL) &&
			    fdt_stringlist_search(fdt, node, "xen,enhanced", "disabled"),
	};
	if (!kib || kib > GUEST_RAM_MAX >> 10)
		return "memory (in KiB) is missing or out of range";
	if (!s->cpus || s->cpus > MAX_VCPUS)
		return "cpus is missing or out of range";
	if (s->nr_spis > MAX_SPIS)
		return "nr_spis is out of range";
	fdt_for_each_subnode(child, fdt, node) {
		const char *why = parse_module(bi, node, child, s);

		if (why)
			return why;
	}
	return s->kernel.present ? NULL : "it has no kernel module";
}

static const char *reserve(struct bootinfo *bi, const struct boot_module *m)
{
	return m->present && bootinfo_reserve(bi, m->base, m->size) ? "too many modules" : NULL;
}

/*
 * Find the static domains, and keep their modules out of free memory. The image's place is known;
 * the allocator has nothing yet.
 */
void domus_find(struct bootinfo *bi)
{
	int chosen = fdt_path_offset(bi->fdt, "/chosen"), node;

	if (chosen < 0)
		return;
	fdt_for_each_subnode(node, bi->fdt, chosen) {
		struct static_domain s;

		if (!dt_is_compatible(bi->fdt, node, "xen,domain"))
			continue;
		const char *why = bi->nr_statics == BOOT_MAX_STATICS ? "there are too many" :
								       parse(bi, node, &s);
		if (!why)
			why = reserve(bi, &s.kernel);
		if (!why)
			why = reserve(bi, &s.ramdisk);
		if (why)
			pr_err("static domain /chosen/%s is left out: %s\n",
			       fdt_get_name(bi->fdt, node, NULL), why);
		else
			bi->statics[bi->nr_statics++] = s;
	}
}
