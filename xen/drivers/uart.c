/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console's UART: one, of the kind that the device tree names, with polled output and an
 * interrupt for input. Drivers (uart_*.c) only describe registers; mapping and reading them,
 * waiting for room and the interrupt's way are here. All calls come under the console's lock or at
 * start-up.
 */
#include <arch/gic.h>
#include <arch/mmu.h>
#include <xen/boot.h>
#include <xen/console.h>
#include <xen/drivers.h>

/* A UART that never has room (no cable, no clock) must not stop the hypervisor. */
#define MAX_POLLS	1000000u

const struct uart_driver *const uart_drivers[] = {
	&uart_pl011, &uart_cadence, &uart_ns16550, &uart_bcm2835_aux, NULL
};

static struct uart {
	volatile char *regs;
	const struct uart_driver *driver;
	uint8_t shift, width;
} uart;

uint32_t uart_read(uint32_t reg)
{
	volatile char *p = uart.regs + (reg << uart.shift);

	return uart.width == 4 ? *(volatile uint32_t *)p : *(volatile uint8_t *)p;
}

void uart_write(uint32_t reg, uint32_t v)
{
	volatile char *p = uart.regs + (reg << uart.shift);

	if (uart.width == 4)
		*(volatile uint32_t *)p = v;
	else
		*(volatile uint8_t *)p = (uint8_t)v;
}

static bool has_status(uint8_t bit)
{
	return (uart_read(uart.driver->status) ^ uart.driver->flip) & bit;
}

/* False: there is nothing to take back. */
static bool clear_irq(void)
{
	if (uart.driver->irq_clear)
		uart_write(uart.driver->irq_clear, uart.driver->irq_bits);
	return uart.driver->irq_clear;
}

static void tx(char c)
{
	static bool stuck;	/* it had no room for so long that nobody waits any more */
	uint32_t left = stuck ? 0 : MAX_POLLS;

	while ((stuck = has_status(uart.driver->tx_full)) && left--)
		cpu_relax();
	uart_write(uart.driver->data, (uint8_t)c);
}

/*
 * -1: no byte. One that comes in before the clear loses its interrupt, and no later one raises
 * another while it waits: look again behind the clear.
 */
static int rx(void)
{
	uint8_t empty = uart.driver->rx_empty;

	if (has_status(empty) && (!clear_irq() || has_status(empty)))
		return -1;
	return uart_read(uart.driver->data) & 0xff;
}

static const struct uart_ops ops = { .putc = tx, .getc = rx };

void uart_init(const struct host_info *h)
{
	const struct host_uart *u = &h->uart;
	uint32_t first = (uint32_t)(u->base & (PAGE_SIZE - 1)), end;

	if (!u->driver)
		return;
	end = first + ((uint32_t)u->driver->nr_regs << u->reg_shift);
	char *va = mmu_map_fixed(pa_to_mfn(u->base), (end >> PAGE_SHIFT) + 1, MMU_DEVICE);
	if (!va)
		return;
	uart = (struct uart){ va + first, u->driver, u->reg_shift, u->io_width };
	u->driver->init();
	console_set_uart(&ops);
}

void console_enable_rx(void)
{
	const struct host_irq *irq = &host_info.uart_irq;

	if (!uart.driver || !irq->intid)
		return;
	gic_irq_set_edge(irq->intid, irq->edge);
	gic_irq_route(irq->intid, 0);
	(void)clear_irq();
	uart_write(uart.driver->irq_enable, uart.driver->irq_bits);
	gic_irq_enable(irq->intid);
}
