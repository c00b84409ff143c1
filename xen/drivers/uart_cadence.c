/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Cadence UART of Zynq and ZynqMP (AMD UG1085, UG1087). Without a boot loader before us its
 * transmitter and receiver are still off.
 */
#include <xen/drivers.h>

/* Written ones clear ISR; RXWM: bytes in the FIFO for INT_RX. */
enum { CR = 0x00, IER = 0x08, IDR = 0x0c, ISR = 0x14, RXWM = 0x20, SR = 0x2c, FIFO = 0x30 };
#define CR_RX_EN	0x04u
#define CR_TX_EN	0x10u
#define SR_RX_EMPTY	BIT(1)
#define SR_TX_FULL	BIT(4)
#define INT_RX		0x001u

static void init(void)
{
	uart_write(IDR, 0xffff);
	uart_write(CR, CR_RX_EN | CR_TX_EN);
	uart_write(RXWM, 1);
}

const struct uart_driver uart_cadence = {
	.compatible = { "cdns,uart-r1p12", "cdns,uart-r1p8", "xlnx,xuartps" }, .io_width = 4,
	.nr_regs = 0x34, .data = FIFO, .status = SR, .rx_empty = SR_RX_EMPTY, .tx_full = SR_TX_FULL,
	.irq_enable = IER, .irq_clear = ISR, .irq_bits = INT_RX, .init = init,
};
