/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which UART is the console: the node that dtuart= or /chosen/stdout-path names, with a driver
 * found by its `compatible`. A UART is welcome, not needed; why there is none goes to the ring.
 */
#include <xen/boot.h>
#include <xen/drivers.h>
#include "dt_reg.h"

/* Path or alias, options after ':' ignored; libfdt looks an alias up. Negative: no such node. */
static int find_node(const void *fdt, const char *dtuart)
{
	int node = fdt_path_offset(fdt, "/chosen");
	const char *s = dtuart, *end;
	char path[128];

	if (!s || !*s)
		s = fdt_getprop(fdt, node, "stdout-path", NULL);
	if (!s)
		s = fdt_getprop(fdt, node, "linux,stdout-path", NULL);
	if (!s) {
		pr_warn("console: neither dtuart= nor /chosen/stdout-path: no UART\n");
		return -1;
	}
	end = strchr(s, ':');
	strlcpy(path, s, end ? MIN((size_t)(end - s) + 1, sizeof(path)) : sizeof(path));
	node = fdt_path_offset(fdt, path);
	if (node < 0)
		pr_warn("console: no node %s: no UART\n", path);
	return node;
}

static const struct uart_driver *find_driver(const void *fdt, int node)
{
	const struct uart_driver *const *d;
	const char *const *c;

	for (d = uart_drivers; *d; d++)
		for (c = (*d)->compatible; c < (*d)->compatible + 4 && *c; c++)
			if (dt_is_compatible(fdt, node, *c))
				return *d;
	return NULL;
}

/* Fill h->uart, h->uart_irq and h->uart_node; without a driver, or a reg, there is no UART. */
void dt_uart_parse(const void *fdt, const char *dtuart, struct host_info *h)
{
	int node = find_node(fdt, dtuart);
	struct host_uart u;
	struct dt_irq irq;
	uint64_t size;

	h->uart_node = -1;
	if (node < 0)
		return;
	u.driver = find_driver(fdt, node);
	if (!u.driver || dt_reg(fdt, node, 0, &u.base, &size)) {
		pr_warn("console: no driver for %s, or no registers: no UART\n",
			fdt_get_name(fdt, node, NULL));
		return;
	}
	u.base += dt_u32(fdt, node, "reg-offset", 0);
	u.reg_shift = (uint8_t)MIN(dt_u32(fdt, node, "reg-shift", u.driver->reg_shift), 4u);
	u.io_width = dt_u32(fdt, node, "reg-io-width", u.driver->io_width) == 4 ? 4 : 1;
	h->uart = u;
	h->uart_node = node;
	if (dt_gic_irq(fdt, node, h->gic_phandle, 0, &irq) || irq.is_ppi)
		pr_warn("console: the UART has no interrupt: nothing typed is read\n");
	else
		h->uart_irq = (struct host_irq){ irq.intid, irq.edge };
}
