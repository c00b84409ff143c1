/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PL011 UART (Arm DDI 0183), and the SBSA's subset of it. */
#include <xen/drivers.h>

enum { UARTDR = 0x00, UARTFR = 0x18, UARTIMSC = 0x38, UARTICR = 0x44 };
#define FR_RXFE		BIT(4)
#define FR_TXFF		BIT(5)
#define INT_RX		0x10u
#define INT_RT		0x40u

static void init(void) { uart_write(UARTIMSC, 0); }

const struct uart_driver uart_pl011 = {
	.compatible = { "arm,pl011", "arm,sbsa-uart" }, .io_width = 4, .nr_regs = 0x48,
	.data = UARTDR, .status = UARTFR, .rx_empty = FR_RXFE, .tx_full = FR_TXFF,
	.irq_enable = UARTIMSC, .irq_clear = UARTICR, .irq_bits = INT_RX | INT_RT, .init = init,
};
