/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PL011 UART (Arm DDI 0183), and the SBSA's subset of it. */
#include <xen/drivers.h>
#include <xen/lib.h>

#define UARTDR		0x00
#define UARTFR		0x18
#define UARTIMSC	0x38
#define UARTICR		0x44
#define FR_RXFE		BIT(4)
#define FR_TXFF		BIT(5)
#define INT_RX		0x10u
#define INT_RT		0x40u

static void init(void) { uart_write(UARTIMSC, 0); }
static bool room(void) { return !(uart_read(UARTFR) & FR_TXFF); }
static void tx(uint8_t c) { uart_write(UARTDR, c); }

static int rx(void)
{
	if (uart_read(UARTFR) & FR_RXFE) {
		/*
		 * A byte that comes in before the clear loses its interrupt, and no later one
		 * raises another while it waits: look again behind the clear.
		 */
		uart_write(UARTICR, INT_RX | INT_RT);
		if (uart_read(UARTFR) & FR_RXFE)
			return -1;
	}
	return (int)(uart_read(UARTDR) & 0xff);
}

static void irq(void)
{
	uart_write(UARTICR, INT_RX | INT_RT);
	uart_write(UARTIMSC, INT_RX | INT_RT);
}

const struct uart_driver uart_pl011 = {
	.compatible = { "arm,pl011", "arm,sbsa-uart" }, .io_width = 4, .nr_regs = 0x48,
	.init = init, .room = room, .putc = tx, .getc = rx, .irq = irq,
};
