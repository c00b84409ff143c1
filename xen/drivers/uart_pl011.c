/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PL011 UART as the hypervisor's console, set up by the firmware: polled output, interrupt
 * for input (Arm DDI 0183).
 */
#include <arch/gic.h>
#include <arch/mmu.h>
#include <xen/boot.h>
#include <xen/console.h>
#include <xen/drivers.h>
#include <xen/lib.h>

#define UARTDR		0x00
#define UARTFR		0x18
#define UARTIMSC	0x38
#define UARTICR		0x44
#define FR_RXFE		BIT(4)
#define FR_TXFF		BIT(5)
#define INT_RX		BIT(4)
#define INT_RT		BIT(6)
/* A UART that never has room (no cable, no clock) must not stop the hypervisor. */
#define MAX_POLLS	1000000u

static volatile char *regs;

static uint32_t rd(uint32_t reg) { return *(volatile uint32_t *)(regs + reg); }
static void wr(uint32_t reg, uint32_t v) { *(volatile uint32_t *)(regs + reg) = v; }

static void pl011_putc(char c)
{
	static bool stuck;	/* it had no room for so long that nobody waits any more */
	uint32_t left = stuck ? 0 : MAX_POLLS;

	while ((stuck = rd(UARTFR) & FR_TXFF) && left--)
		cpu_relax();
	wr(UARTDR, (uint8_t)c);
}

static int pl011_getc(void)
{
	if (rd(UARTFR) & FR_RXFE) {
		/*
		 * A byte that comes in before the clear loses its interrupt, and no later one
		 * raises another while it waits: look again behind the clear.
		 */
		wr(UARTICR, (uint32_t)(INT_RX | INT_RT));
		if (rd(UARTFR) & FR_RXFE)
			return -1;
	}
	return (int)(rd(UARTDR) & 0xff);
}

static const struct uart_ops ops = { .putc = pl011_putc, .getc = pl011_getc };

void uart_init(const struct host_info *h)
{
	if (h->uart_node < 0)
		return;
	regs = mmu_map_fixed(pa_to_mfn(h->uart_base), 1, MMU_DEVICE);
	if (!regs)
		return;
	wr(UARTIMSC, 0);
	console_set_uart(&ops);
}

void console_enable_rx(void)
{
	const struct host_irq *irq = &host_info.uart_irq;

	if (!regs)
		return;
	gic_irq_set_edge(irq->intid, irq->edge);
	gic_irq_route(irq->intid, 0);
	wr(UARTICR, (uint32_t)(INT_RX | INT_RT));
	wr(UARTIMSC, (uint32_t)(INT_RX | INT_RT));
	gic_irq_enable(irq->intid);
}
