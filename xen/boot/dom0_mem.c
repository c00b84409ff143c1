/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where dom0's memory lies: banks that are machine memory 1:1 (its devices do DMA with guest
 * addresses), as low as possible, and in the first of them kernel, device tree and ramdisk
 * (abi/boot.md 2.1).
 */
#include <xen/lib.h>
#include <xen/page.h>
#include "boot_module.h"

#define BANK_ALIGN	0x200000UL
#define MODULES_OFFSET	(128UL << 20)

/*
 * Where in a free run of `nr` frames a bank for `bytes` begins: 2 MiB aligned, and where all of it
 * fits behind that at a section, for each that dom0 has a part of costs it 2 MiB.
 */
mfn_t dom0_bank_start(mfn_t first, uint64_t nr, uint64_t bytes)
{
	uint64_t section = ROUND_UP(first.v, LINUX_SECTION >> PAGE_SHIFT);

	if (section - first.v + (bytes >> PAGE_SHIFT) <= nr)
		return mfn(section);
	return mfn(ROUND_UP(first.v, BANK_ALIGN >> PAGE_SHIFT));
}

/*
 * Take banks for `bytes` of memory out of the zone, largest free runs below 4 GiB first, then
 * anywhere. -ENOMEM when the host has less; what was taken then stays taken (start-up ends
 * there).
 */
int dom0_choose_banks(struct dom0_plan *p, uint64_t bytes)
{
	static const uint64_t limits[] = { 1UL << 20, ~0UL };	/* frames: 4 GiB, all */
	uint64_t left;

	p->nr_banks = 0;
	if (checked_add(bytes, BANK_ALIGN - 1, &left))
		return -ENOMEM;
	left = ROUND_DOWN(left, BANK_ALIGN);
	for (size_t l = 0; l < ARRAY_SIZE(limits); l++) {
		while (left && p->nr_banks < ARRAY_SIZE(p->bank)) {
			mfn_t first;
			uint64_t nr = zone_largest_run(mfn(limits[l]), &first);
			uint64_t skip = dom0_bank_start(first, nr, left).v - first.v, size;

			size = nr > skip ? ROUND_DOWN((nr - skip) << PAGE_SHIFT, BANK_ALIGN) : 0;
			size = MIN(size, left);
			if (!size)
				break;
			if (zone_take(mfn_add(first, skip), size >> PAGE_SHIFT))
				return -ENOMEM;
			p->bank[p->nr_banks++] =
				(struct mem_range){ mfn_to_pa(mfn_add(first, skip)), size };
			left -= size;
		}
	}
	return left ? -ENOMEM : 0;
}

/*
 * Kernel at the start of bank 0, tree and ramdisk 128 MiB above, else as high as possible.
 * -ENOMEM.
 */
int dom0_place(struct dom0_plan *p, uint64_t text_offset, uint64_t image_size, uint64_t dtb_size,
	       uint64_t initrd_size)
{
	const struct mem_range *b = &p->bank[0];
	uint64_t kernel_end, modules;

	if (checked_add(text_offset, image_size, &kernel_end) || kernel_end > b->size ||
	    dtb_size > b->size || initrd_size > b->size)
		return -ENOMEM;
	uint64_t dtb = ROUND_UP(dtb_size, BANK_ALIGN);
	uint64_t initrd = ROUND_UP(initrd_size, BANK_ALIGN);
	if (dtb + initrd > b->size)
		return -ENOMEM;
	kernel_end = ROUND_UP(kernel_end, BANK_ALIGN);
	if (kernel_end <= MODULES_OFFSET && MODULES_OFFSET + dtb + initrd <= b->size)
		modules = MODULES_OFFSET;
	else
		modules = b->size - dtb - initrd;
	if (modules < kernel_end)
		return -ENOMEM;
	p->kernel = b->base + text_offset;
	p->dtb = b->base + modules;
	p->initrd = initrd_size ? p->dtb + dtb : 0;
	p->initrd_size = initrd_size;
	return 0;
}
