/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Over libfdt: cells, reg, ranges and interrupts, each bounds-checked. Pure: reads a tree, keeps
 * nothing. The tree was checked by fdt_check_full before anything here looks at it; lengths are
 * checked all the same.
 */
#include "dt_reg.h"

#define GIC_CELL_SPI	0u
#define GIC_CELL_PPI	1u
#define GIC_FLAG_EDGE	3u	/* rising 1, falling 2 */

static int cells_of(const void *fdt, int node, const char *prop, int otherwise)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, prop, &len);

	if (!p)
		return otherwise;
	return len == 4 && fdt32_to_cpu(*p) <= 3 ? (int)fdt32_to_cpu(*p) : -EINVAL;
}

int dt_address_cells(const void *fdt, int node)
{
	return cells_of(fdt, node, "#address-cells", 2);
}

int dt_size_cells(const void *fdt, int node)
{
	return cells_of(fdt, node, "#size-cells", 1);
}

/* One or two big-endian cells; of three (PCI) the low two. */
uint64_t dt_read_cells(const uint32_t *p, int cells)
{
	uint64_t v = 0;

	for (; cells > 0; cells--, p++)
		v = v << 32 | fdt32_to_cpu(*p);
	return v;
}

uint64_t dt_u32_or_u64(const void *fdt, int node, const char *prop)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, prop, &len);

	return p && (len == 4 || len == 8) ? dt_read_cells(p, len / 4) : 0;
}

uint32_t dt_u32(const void *fdt, int node, const char *prop, uint32_t otherwise)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, prop, &len);

	return p && len == 4 ? fdt32_to_cpu(*p) : otherwise;
}

bool dt_is_compatible(const void *fdt, int node, const char *compatible)
{
	return fdt_stringlist_search(fdt, node, "compatible", compatible) >= 0;
}

bool dt_is_available(const void *fdt, int node)
{
	int len;
	const char *s = fdt_getprop(fdt, node, "status", &len);

	return !s || len <= 0 || !strncmp(s, "ok", 2);
}

/* Through one level's ranges: addr in node's children's space -> in its parent's. */
static int through_ranges(const void *fdt, int node, uint64_t *addr)
{
	int len, parent = fdt_parent_offset(fdt, node);
	const fdt32_t *p = fdt_getprop(fdt, node, "ranges", &len);
	int ca = dt_address_cells(fdt, node), cs = dt_size_cells(fdt, node);
	int pa = dt_address_cells(fdt, parent);
	int row = ca + pa + cs, i;

	if (!p || ca < 1 || cs < 1 || pa < 1)
		return -EINVAL;
	if (len == 0)
		return 0;
	for (i = 0; (i + row) * 4 <= len; i += row) {
		uint64_t child = dt_read_cells(p + i, ca);
		uint64_t host = dt_read_cells(p + i + ca, pa);
		uint64_t size = dt_read_cells(p + i + ca + pa, cs);

		if (*addr - child < size) {
			*addr = host + (*addr - child);
			return 0;
		}
	}
	return -EINVAL;
}

/* Translate addr, as a child of `parent` would name it, to the root's space. */
int dt_translate(const void *fdt, int parent, uint64_t *addr)
{
	for (int depth = 0; parent > 0 && depth < DT_MAX_DEPTH; depth++) {
		if (through_ranges(fdt, parent, addr))
			return -EINVAL;
		parent = fdt_parent_offset(fdt, parent);
	}
	return parent == 0 ? 0 : -EINVAL;
}

int dt_reg(const void *fdt, int node, unsigned int n, uint64_t *base, uint64_t *size)
{
	int len, parent = fdt_parent_offset(fdt, node);
	const fdt32_t *p = fdt_getprop(fdt, node, "reg", &len);
	int ac = dt_address_cells(fdt, parent), sc = dt_size_cells(fdt, parent);
	int row = (ac + sc) * 4;

	if (!p || parent < 0)
		return -ENOENT;
	if (ac < 1 || ac > 2 || sc < 0 || sc > 2)
		return -EINVAL;
	if (n >= (unsigned int)(len / row))
		return len % row ? -EINVAL : -ENOENT;
	p += n * (unsigned int)row / 4;
	uint64_t b = dt_read_cells(p, ac);
	uint64_t s = dt_read_cells(p + ac, sc);
	if (dt_translate(fdt, parent, &b) || b + s < b)
		return -EINVAL;
	*base = b;
	*size = s;
	return 0;
}

uint32_t dt_interrupt_parent(const void *fdt, int node)
{
	uint32_t phandle = 0;

	for (int depth = 0; node >= 0 && !phandle && depth < DT_MAX_DEPTH; depth++) {
		phandle = dt_u32(fdt, node, "interrupt-parent", 0);
		node = fdt_parent_offset(fdt, node);
	}
	return phandle;
}

int dt_decode_gic_cells(const uint32_t *cells, struct dt_irq *irq)
{
	uint32_t type = fdt32_to_cpu(cells[0]), nr = fdt32_to_cpu(cells[1]);

	if (type == GIC_CELL_SPI && nr < 1020 - 32)
		irq->intid = nr + 32;
	else if (type == GIC_CELL_PPI && nr < 16)
		irq->intid = nr + 16;
	else
		return -EINVAL;
	irq->is_ppi = type == GIC_CELL_PPI;
	irq->edge = fdt32_to_cpu(cells[2]) & GIC_FLAG_EDGE;
	return 0;
}

int dt_gic_irq(const void *fdt, int node, uint32_t gic_phandle, unsigned int n, struct dt_irq *irq)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, "interrupts-extended", &len);
	unsigned int row = p ? 4 : 3;	/* in the extended form the phandle comes first */

	if (!p)
		p = fdt_getprop(fdt, node, "interrupts", &len);
	if (!p)
		return -ENOENT;
	if (n >= (unsigned int)len / (row * 4))
		return row == 3 && len % 12 ? -EINVAL : -ENOENT;
	p += n * row;
	if ((row == 4 ? fdt32_to_cpu(*p++) : dt_interrupt_parent(fdt, node)) != gic_phandle)
		return -EINVAL;
	return dt_decode_gic_cells(p, irq);
}
