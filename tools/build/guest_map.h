/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's physical address space beyond what the ABI header names: which of the magic pages
 * is which, and the interrupts its device tree tells. The hypervisor emulates the interrupt
 * controller at these places, so they are part of the ABI, not a choice.
 */
#ifndef TOOLS_BUILD_GUEST_MAP_H
#define TOOLS_BUILD_GUEST_MAP_H

#include <public/arch-arm.h>

#include <xentools/build.h>

#define MAGIC_GFN		(GUEST_MAGIC_BASE >> 12)
#define MAGIC_CONSOLE		0
#define MAGIC_STORE		1
#define MAGIC_MONITOR		2
#define MAGIC_VUART		3
#define MAGIC_PAGES		4

_Static_assert(GUEST_CONSOLE_GFN == MAGIC_GFN + MAGIC_CONSOLE &&
	       GUEST_STORE_GFN == MAGIC_GFN + MAGIC_STORE &&
	       GUEST_VUART_GFN == MAGIC_GFN + MAGIC_VUART, "rings lie in the magic pages");

#define GNTTAB_GFN		(GUEST_GNTTAB_BASE >> 12)

/* PPIs as the second cell of an interrupt: INTID - 16. */
#define PPI_TIMER_PHYS_S	(29 - 16)
#define PPI_TIMER_PHYS_NS	(30 - 16)
#define PPI_PMU			(23 - 16)
#define PPI_TIMER_VIRT		(27 - 16)
#define PPI_EVENT		(31 - 16)
#define CALLBACK_IRQ_VALUE	((2ull << 56) + (2ull << 8) + 31)

#endif
