/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drivers of the host's devices: UARTs for the console. Each is a description of its registers;
 * drivers/uart.c holds the table of them and does all the rest; boot/dt_uart.c chooses one by the
 * device tree. To add one: its file, and a row in uart_drivers[].
 */
#pragma once

#include <xen/types.h>

struct host_info;

/* Set up by the firmware (speed, pins, clock); only what its console may have left off is set. */
struct uart_driver {
	const char *compatible[4];
	uint8_t reg_shift, io_width;		/* unless the tree says otherwise */
	uint8_t nr_regs;			/* before the shift */
	uint8_t data, status;			/* registers */
	uint8_t rx_empty, tx_full, flip;	/* bits of status, once flip has turned some */
	uint8_t irq_enable, irq_clear;		/* registers; irq_clear 0: none needed */
	uint8_t irq_bits;			/* of both: bytes were received */
	void (*init)(void);			/* sends and receives, raises no interrupt */
};
extern const struct uart_driver *const uart_drivers[];	/* NULL ends it */
extern const struct uart_driver uart_pl011, uart_cadence, uart_ns16550, uart_bcm2835_aux;

/* A register of the console's UART, by the width and distance that its node tells. */
uint32_t uart_read(uint32_t reg);
void uart_write(uint32_t reg, uint32_t v);

/*
 * Give the console UART that host_info names to the console; without one the ring alone is
 * written.
 */
void uart_init(const struct host_info *h);
/* The console's receive interrupt, once dom0 may be told. */
void console_enable_rx(void);
