/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A partial device tree that an administrator gives for devices passed through: its nodes are
 * copied behind those of the guest's own tree. Its cells are as the guest's (two and two), its
 * interrupts go to the guest's controller, and what the guest's tree has it cannot replace.
 * libfdt checks the whole of a file before anything is looked for in it.
 */
#include <stdarg.h>
#include <string.h>

#include <libfdt.h>

#include <xentools/fd_util.h>
#include <xentools/strbuf.h>

#include "tools/build/build_priv.h"
#include "tools/build/guest_map.h"

enum fate { COPY, SKIP, REFUSE };

/* Children of the root, by the part of the name before "@"; others are copied. */
static const struct {
	const char *name;
	enum fate fate;
} fates[] = {
	{ "__fixups__", SKIP }, { "__local_fixups__", SKIP }, { "__symbols__", SKIP },
	{ "chosen", REFUSE }, { "cpus", REFUSE }, { "hypervisor", REFUSE },
	{ "interrupt-controller", REFUSE }, { "memory", REFUSE }, { "pmu", REFUSE },
	{ "psci", REFUSE }, { "sbsa-pl011", REFUSE }, { "timer", REFUSE },
};

static int bad(const char *path, struct zerr **err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int bad(const char *path, struct zerr **err, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	return zerr_set(err, ZERR_BAD_CONFIG, "E302", 0, "the device tree %s cannot be merged: %s",
			path, strbuf_cstr(&text));
}

static bool has(const void *part, int node, const char *property)
{
	return fdt_getprop(part, node, property, NULL) != NULL;
}

/* dtc wants a node to refer to: it stands for the guest's controller, and is not copied. */
static bool is_gic(const void *part, int node)
{
	return has(part, node, "interrupt-controller") && !has(part, node, "compatible");
}

static enum fate fate_of(const void *part, int node)
{
	const char *name = fdt_get_name(part, node, NULL);
	size_t len = strcspn(name, "@");

	if (is_gic(part, node))
		return SKIP;
	for (size_t i = 0; i < ARRAY_SIZE(fates); i++)
		if (strncmp(fates[i].name, name, len) == 0 && fates[i].name[len] == '\0')
			return fates[i].fate;
	return COPY;
}

static int check_cells(const void *part, const char *path, struct zerr **err)
{
	static const char *const names[] = { "#address-cells", "#size-cells" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int len;
		const fdt32_t *cells = fdt_getprop(part, 0, names[i], &len);

		if (cells && (len != sizeof(*cells) || fdt32_to_cpu(*cells) != 2))
			return bad(path, err, "%s of its root is not 2", names[i]);
	}
	return 0;
}

/* References go by number, and the guest's controller has one. */
static int check_handles(const void *part, const char *path, struct zerr **err)
{
	int depth = 0;

	for (int node = fdt_next_node(part, 0, &depth); node >= 0;
	     node = fdt_next_node(part, node, &depth)) {
		bool own = fdt_get_phandle(part, node) == GUEST_PHANDLE_GIC;
		bool gic = depth == 1 && is_gic(part, node);

		if (gic && !own) {
			bad(path, err, "node /%s stands for the guest's interrupt controller, but "
			    "has another phandle", fdt_get_name(part, node, NULL));
			return zerr_hint(err, "give it phandle = <%u>", GUEST_PHANDLE_GIC);
		}
		if (own && !gic)
			return bad(path, err, "node %s has the phandle of the guest's interrupt "
				   "controller", fdt_get_name(part, node, NULL));
	}
	return 0;
}

/* A property's length is added to offsets that are signed in libfdt: none may pass the end. */
static bool lengths_fit(const char *part, size_t size)
{
	size_t at = fdt_off_dt_struct(part), words;

	for (; at % 4 == 0 && at + 4 <= size; at += words * 4) {
		uint32_t tag = fdt32_ld((const fdt32_t *)(part + at)), len;

		words = 1;
		if (tag == FDT_END)
			return true;
		if (tag == FDT_BEGIN_NODE) {
			words += strnlen(part + at + 4, size - at - 4) / 4 + 1;
		} else if (tag == FDT_PROP) {
			if (size - at < 12)
				return false;
			len = fdt32_ld((const fdt32_t *)(part + at + 4));
			if (len > size)
				return false;
			words += 2 + (len + 3) / 4;
		} else if (tag != FDT_END_NODE && tag != FDT_NOP) {
			return false;
		}
	}
	return false;
}

/*
 * libfdt's own check of the whole, kept from what it does not see (version 1.6.1): a null pointer
 * in versions before 16, and negative lengths.
 */
static bool is_tree(const void *part, size_t size)
{
	return size >= sizeof(struct fdt_header) && fdt_magic(part) == FDT_MAGIC &&
	       fdt_version(part) >= 16 && fdt_last_comp_version(part) <= 17 &&
	       lengths_fit(part, size) && fdt_check_full(part, size) == 0;
}

int guest_dt_part_check(const void *part, size_t size, const char *path, struct zerr **err)
{
	int node;

	if (!is_tree(part, size))
		return bad(path, err, "it is not a whole device tree blob");
	if (fdt_num_mem_rsv(part) != 0)
		return bad(path, err, "it reserves memory");
	if (check_cells(part, path, err) != 0 || check_handles(part, path, err) != 0)
		return -1;
	fdt_for_each_subnode(node, part, 0)
		if (fate_of(part, node) == REFUSE)
			return bad(path, err, "it has a node /%s, which is the guest's own",
				   fdt_get_name(part, node, NULL));
	return 0;
}

/* One node and all below it; returns the first error of the writer. */
static int copy_node(void *fdt, const void *part, int node)
{
	int depth = 0, next, rc = 0;

	/* Not by recursion: how deep it is its writer chose. */
	do {
		uint32_t tag = fdt_next_tag(part, node, &next);
		const char *name;
		const void *value;
		int len;

		switch (tag) {
		case FDT_BEGIN_NODE:
			depth++;
			rc = fdt_begin_node(fdt, fdt_get_name(part, node, NULL));
			break;
		case FDT_PROP:
			value = fdt_getprop_by_offset(part, node, &name, &len);
			rc = value ? fdt_property(fdt, name, value, len) : len;
			break;
		case FDT_END_NODE:
			depth--;
			rc = fdt_end_node(fdt);
			break;
		default:
			break;
		}
		node = next;
	} while (rc == 0 && depth > 0);
	return rc;
}

int guest_dt_part_copy(void *fdt, const void *part)
{
	int node, rc = 0;

	fdt_for_each_subnode(node, part, 0)
		if (rc == 0 && fate_of(part, node) == COPY)
			rc = copy_node(fdt, part, node);
	return rc;
}

int guest_dt_part_read(const char *path, void **ret, struct zerr **err)
{
	_cleanup_free_ char *part = NULL;
	_cleanup_close_ int fd = -1;
	struct stat st;
	size_t size;
	int rc;

	fd = fd_open_regular(path, &st);
	rc = fd < 0 ? fd : fd_read_to_end(fd, GUEST_DTB_MAX, &part, &size);
	if (rc == -EFBIG)
		return bad(path, err, "it has more than %u KiB", GUEST_DTB_MAX / 1024);
	if (rc < 0) {
		zerr_set(err, ZERR_BAD_CONFIG, "E301", -rc, "cannot read the device tree %s",
			 path);
		return zerr_hint(err, "the path is one of the control domain; check <dtb> under "
				 "<os>");
	}
	if (guest_dt_part_check(part, size, path, err) != 0)
		return -1;
	*ret = steal_ptr(part);
	return 0;
}
