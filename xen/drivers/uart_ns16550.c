/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UARTs of the 8250 family. The node says how far apart the registers are and how wide; the
 * Raspberry Pi's mini UART has them as words and lacks only what is not used here.
 */
#include <xen/drivers.h>

enum { RBR_THR, IER, FCR, LCR, MCR, LSR };
#define IER_RX		0x05u	/* received data, line status: the mini UART wants both */
#define FCR_FIFO	0x01u
#define LCR_DLAB	0x80u
#define MCR_ON		0x0bu	/* DTR, RTS, OUT2: PC boards let interrupts through by it */
#define LSR_DR		BIT(0)
#define LSR_THRE	BIT(5)

static void init(void)
{
	uint32_t lcr = uart_read(LCR);

	/* Some of the family raise an interrupt for a write of LCR that comes while they send. */
	if (lcr & LCR_DLAB)
		uart_write(LCR, lcr & ~LCR_DLAB);
	uart_write(IER, 0);
	uart_write(FCR, FCR_FIFO);
	uart_write(MCR, MCR_ON);
}

#define REGS .nr_regs = 8, .data = RBR_THR, .status = LSR, .flip = LSR_DR | LSR_THRE, \
	.rx_empty = LSR_DR, .tx_full = LSR_THRE, .irq_enable = IER, .irq_bits = IER_RX, .init = init

const struct uart_driver uart_ns16550 = {
	.compatible = { "ns16550a", "ns16550", "snps,dw-apb-uart" }, .io_width = 1, REGS,
};

const struct uart_driver uart_bcm2835_aux = {
	.compatible = { "brcm,bcm2835-aux-uart" }, .reg_shift = 2, .io_width = 4, REGS,
};
