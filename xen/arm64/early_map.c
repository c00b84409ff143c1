/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first EL2 tables, made by the boot CPU before its MMU is on: the image at XEN_VIRT_START with
 * its permissions, the boot CPU's stack, the tables for copy windows, and the page of head.S 1:1.
 * Runs at the load address: only PC-relative addressing, aligned accesses, no calls.
 */
#include "early_map.h"
#include "machine.h"

#define TABLE(name) pte_el2_t name[512] __aligned(4096) __section(".bss.page_aligned")

TABLE(el2_root);
TABLE(el2_image_l1);
TABLE(el2_image_l2);
TABLE(el2_image_l3[2]);
static TABLE(cpu_l2);
TABLE(el2_window_l3);
TABLE(el2_stack_l3);
TABLE(identity_l1);
static TABLE(identity_l2);
static TABLE(identity_l3);

#define pa_of(p)	((uint64_t)(p))		/* adrp-relative: the load address */

void early_map(uint64_t load);

/* Called from head.S with the image's load address; addresses of symbols are physical here. */
__attribute__((target("strict-align"), optimize("no-stack-protector")))
void early_map(uint64_t load)
{
	uint64_t size = pa_of(_end) - load, off;
	uint64_t va = XEN_VIRT_START, id = load & PAGE_MASK;
	uint64_t stack = STACK_VIRT_START + STACK_VIRT_STRIDE - CPU_STACK_SIZE;

	el2_root[va_index(va, 0)] = pa_of(el2_image_l1) | EL2_TABLE;
	el2_image_l1[va_index(va, 1)] = pa_of(el2_image_l2) | EL2_TABLE;
	el2_image_l2[va_index(va, 2)] = pa_of(el2_image_l3[0]) | EL2_TABLE;
	el2_image_l2[va_index(va, 2) + 1] = pa_of(el2_image_l3[1]) | EL2_TABLE;
	for (off = 0; off < size; off += 0x1000) {
		uint64_t pa = load + off, attr = EL2_PAGE_RW;

		if (pa < pa_of(_etext) || (pa >= pa_of(_sinittext) && pa < pa_of(_einittext)))
			attr = EL2_PAGE_RX;
		else if (pa >= pa_of(_srodata) && pa < pa_of(_erodata))
			attr = EL2_PAGE_RO;
		el2_image_l3[off >> 21][(off >> 12) & 511] = pa | attr;
	}
	el2_image_l1[va_index(WINDOW_VIRT_START, 1)] = pa_of(cpu_l2) | EL2_TABLE;
	cpu_l2[va_index(WINDOW_VIRT_START, 2)] = pa_of(el2_window_l3) | EL2_TABLE;
	cpu_l2[va_index(STACK_VIRT_START, 2)] = pa_of(el2_stack_l3) | EL2_TABLE;
	for (off = 0; off < CPU_STACK_SIZE; off += 0x1000)
		el2_stack_l3[va_index(stack + off, 3)] = (pa_of(cpu_stacks[0]) + off) | EL2_PAGE_RW;
	el2_root[va_index(id, 0)] = pa_of(identity_l1) | EL2_TABLE;
	identity_l1[va_index(id, 1)] = pa_of(identity_l2) | EL2_TABLE;
	identity_l2[va_index(id, 2)] = pa_of(identity_l3) | EL2_TABLE;
	identity_l3[va_index(id, 3)] = id | EL2_PAGE_RX;
}
