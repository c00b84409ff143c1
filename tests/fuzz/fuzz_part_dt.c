/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a partial device tree: refused with a reason, or what is made of it and the guest's
 * own is a whole tree, in which the guest's own nodes are once and as they were.
 */
#include <stdlib.h>

#include <libfdt.h>

#include "tests/fuzz/fuzz.h"
#include "tools/build/build_priv.h"
#include "tools/build/guest_map.h"

static void merge(const void *part)
{
	static const struct guest_layout layout = {
		.ram = { { GUEST_RAM0_BASE, 64 << 20 } }, .nr_ram = 1,
	};
	const struct guest_dt_args args = {
		.layout = &layout, .vcpus = 1, .gic_version = 3, .part = part,
	};
	static uint64_t tree[GUEST_DTB_MAX / 8];
	struct zerr *err = NULL;
	int gic;
	size_t size;

	if (guest_dt_make(&args, tree, sizeof(tree), &size, &err) != 0) {
		zerr_free(err);
		return;
	}
	if (fdt_check_full(tree, size) != 0 || fdt_path_offset(tree, "/psci") < 0)
		abort();
	gic = fdt_node_offset_by_phandle(tree, GUEST_PHANDLE_GIC);
	if (gic < 0 || gic != fdt_path_offset(tree, "/interrupt-controller@3001000"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* As malloc() gives it: libfdt reads words. */
	void *part = memcpy(malloc(size + 1), data, size);
	struct zerr *err = NULL;

	if (guest_dt_part_check(part, size, "part.dtb", &err) == 0)
		merge(part);
	else if (err == NULL)
		abort();
	zerr_free(err);
	free(part);
	return 0;
}

static const char *const tokens[] = { "\xd0\x0d\xfe\xed", "memory", "cpus", "phandle", NULL };

const struct fuzz_inputs fuzz_inputs = {
	.dirs = { "fuzz/corpus/part_dt" },
	.files = 4,
	.tokens = tokens,
};
