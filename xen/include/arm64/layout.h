/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EL2's virtual address space (docs/memory-map.md): the image where it is linked, the regions that
 * mmu.c fills. HEAP_BASE is in <arch/mmu.h>, since portable code does arithmetic with it.
 */
#pragma once

#define XEN_VIRT_START		0x0000800000200000
#define FIXED_VIRT_START	0x0000800040000000	/* devices, boot modules: 512 MiB */
#define FIXED_VIRT_SIZE		0x20000000
#define SHARED_VIRT_START	0x0000800080000000	/* guest pages shared for good: 128 MiB */
#define WINDOW_VIRT_START	0x00008000C0000000	/* 64 slots for each of 8 CPUs: 2 MiB */
#define STACK_VIRT_START	0x00008000C0200000	/* 32 KiB a CPU, the lower half unmapped */
#define STACK_VIRT_STRIDE	0x8000
#define FRAMETABLE_VIRT_START	0x0000A00000000000

/* SPs on a stack have this bit set, SPs that ran off its end do not: see vectors.S. */
#define STACK_VALID_BIT		14
