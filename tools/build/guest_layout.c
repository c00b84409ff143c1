/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's physical memory map: RAM banks, and where kernel, initrd and device tree go in it.
 * Pure arithmetic on checked sizes. Bank 0 is filled before bank 1; all modules are in bank 0,
 * the kernel at its start, the others 128 MiB above when that fits.
 */
#include <string.h>

#include <xentools/build.h>
#include <xentools/error.h>

#include "tools/build/guest_map.h"

#define MIB (1024 * 1024ull)
#define MODULES_OFFSET (128 * MIB)	/* above the start of bank 0 */

static uint64_t page_up(uint64_t v)
{
	return (v + HYP_PAGE_SIZE - 1) & ~(HYP_PAGE_SIZE - 1);
}

static void plan_ram(uint64_t bytes, struct guest_layout *l)
{
	l->ram[0].base = GUEST_RAM0_BASE;
	l->ram[0].size = bytes < GUEST_RAM0_SIZE ? bytes : GUEST_RAM0_SIZE;
	l->nr_ram = 1;
	if (bytes > GUEST_RAM0_SIZE) {
		l->ram[1].base = GUEST_RAM1_BASE;
		l->ram[1].size = bytes - GUEST_RAM0_SIZE;
		l->nr_ram = 2;
	}
}

/*
 * Where initrd and tree, `size` bytes together, start: 128 MiB into bank 0, else at its top, else
 * below the kernel. 0: no room.
 */
static uint64_t place_modules(const struct guest_layout *l, uint64_t size)
{
	uint64_t bank_end = l->ram[0].base + l->ram[0].size;
	uint64_t kernel_end = page_up(l->kernel.base + l->kernel.size);
	uint64_t base = l->ram[0].base + MODULES_OFFSET;

	if (kernel_end <= base && base + size <= bank_end)
		return base;
	if (size <= l->ram[0].size && bank_end - size >= kernel_end)
		return bank_end - size;
	if (l->kernel.base - l->ram[0].base >= size)
		return l->ram[0].base;
	return 0;
}

/*
 * Plan a guest of memory_bytes for a kernel and an initrd (0: none). The tree gets GUEST_DTB_MAX
 * bytes. Class ZERR_BAD_CONFIG with the figures when it does not fit.
 */
int guest_layout_plan(uint64_t memory_bytes, const struct image_arm64 *kernel,
		      uint64_t initrd_size, struct guest_layout *ret, struct zerr **err)
{
	struct guest_layout l;
	uint64_t modules, need, base;

	memset(&l, 0, sizeof(l));
	if (memory_bytes == 0 || memory_bytes % HYP_PAGE_SIZE != 0 ||
	    memory_bytes > GUEST_RAM0_SIZE + GUEST_RAM1_SIZE)
		return zerr_set(err, ZERR_BAD_CONFIG, "E340", 0,
				"%llu bytes of memory are not possible for a guest",
				(unsigned long long)memory_bytes);
	if (initrd_size > GUEST_FILE_MAX || kernel->mem_size > IMAGE_ARM64_MAX)
		return zerr_set(err, ZERR_BAD_CONFIG, "E304", 0, "kernel or initrd is too large");
	plan_ram(memory_bytes, &l);
	l.kernel.base = l.ram[0].base + kernel->text_offset;
	l.kernel.size = kernel->mem_size;
	modules = page_up(initrd_size) + GUEST_DTB_MAX;
	need = page_up(kernel->text_offset + kernel->mem_size) + modules;
	base = need <= l.ram[0].size ? place_modules(&l, modules) : 0;
	if (base == 0) {
		zerr_set(err, ZERR_BAD_CONFIG, "E304", 0,
			 "kernel and initrd need %llu MiB, the guest has %llu MiB",
			 (unsigned long long)((need + MIB - 1) / MIB),
			 (unsigned long long)(memory_bytes / MIB));
		return zerr_hint(err,
				 "give the guest more <memory>, 64 MiB above that for a start");
	}
	l.initrd.base = initrd_size ? base : 0;
	l.initrd.size = initrd_size;
	l.dtb.base = base + page_up(initrd_size);
	l.dtb.size = GUEST_DTB_MAX;
	*ret = l;
	return 0;
}
