/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading addresses and interrupts out of a device tree (boot/dt_reg.c). */
#pragma once

#include <libfdt.h>
#include <xen/lib.h>

#define DT_MAX_DEPTH	16

struct dt_irq { uint32_t intid; bool edge; bool is_ppi; };

/* Number of cells for addresses or sizes that node gives its children; 1 or 2, else -EINVAL. */
int dt_address_cells(const void *fdt, int node);
int dt_size_cells(const void *fdt, int node);
/* Read an integer of 1 or 2 cells. */
uint64_t dt_read_cells(const uint32_t *p, int cells);
/* The integer in a property: of one cell, or of one or two (0 when there is none). */
uint64_t dt_u32_or_u64(const void *fdt, int node, const char *prop);
uint32_t dt_u32(const void *fdt, int node, const char *prop, uint32_t otherwise);
/* Is one of the strings of `compatible` this one? */
bool dt_is_compatible(const void *fdt, int node, const char *compatible);
/*
 * Entry n of reg, translated to the root's addresses. -ENOENT: no such entry; -EINVAL: malformed
 * or not translatable.
 */
int dt_reg(const void *fdt, int node, unsigned int n, uint64_t *base, uint64_t *size) __must_check;
/* Translate an address from the space of node's parent to the root's. */
int dt_translate(const void *fdt, int parent, uint64_t *addr) __must_check;
/*
 * Interrupt n of a node whose interrupt parent is the GIC (three cells). -ENOENT none, -EINVAL
 * malformed or another parent.
 */
int dt_gic_irq(const void *fdt, int node, uint32_t gic_phandle, unsigned int n,
	       struct dt_irq *irq) __must_check;
/* Decode three GIC cells. -EINVAL. */
int dt_decode_gic_cells(const uint32_t *cells, struct dt_irq *irq) __must_check;
/*
 * The phandle that interrupts of node go to: its own or the nearest ancestor's interrupt-parent;
 * 0 none.
 */
uint32_t dt_interrupt_parent(const void *fdt, int node);
/* Does status allow the device to be used? */
bool dt_is_available(const void *fdt, int node);
