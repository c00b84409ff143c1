/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The UART drivers against registers that are plain memory: what each writes, reads and waits
 * for, as wide and as far apart as the tree says, and how the console uses them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "fake/fake.h"
#include <xen/boot.h>
#include <xen/console.h>
#include <xen/drivers.h>

#define BASE 0x09000000

static volatile char *page; /* where the driver's registers are */

static int up(void **state)
{
	(void)state;
	fake_start();
	host_info.uart_irq = (struct host_irq){ 33, true };
	return 0;
}

static void init_at(const struct uart_driver *d, pa_t base, uint8_t shift, uint8_t width,
		    uint32_t idle_reg, uint32_t idle)
{
	/* Mappings follow each other: the driver's is the page after this one. */
	char *va = mmu_map_fixed(pa_to_mfn(BASE), 1, MMU_DEVICE);

	assert_non_null(va);
	host_info.uart = (struct host_uart){ base, d, shift, width };
	page = va + PAGE_SIZE + (base & (PAGE_SIZE - 1));
	uart_init(&host_info);
	page[idle_reg] = (char)idle;
}

static void init(const struct uart_driver *d, uint32_t idle_reg, uint32_t idle)
{
	init_at(d, BASE, d->reg_shift, d->io_width, idle_reg, idle);
}

static volatile uint32_t *reg(uint32_t at)
{
	return (volatile uint32_t *)(page + at);
}

/* No UART, or no room to map it: the console goes on. First, while there is none. */
static void test_none(void **state)
{
	(void)state;
	host_info.uart.driver = NULL;
	uart_init(&host_info);
	host_info.uart.driver = &uart_pl011;
	fake_fail_alloc(1);
	uart_init(&host_info);
	assert_true(fake_alloc_failed());
	console_enable_rx();
	assert_int_equal(fake_log_count(FAKE_GIC_ENABLE), 0);
	console_write("still here\n", 11);
	assert_string_equal(fake_last_line, "still here");
}

/* Each kind: its registers, and the bytes that say "nothing received, room to send". */
static const struct kind {
	const struct uart_driver *driver;
	uint32_t out, in, status, idle, received, full;
	uint32_t mask, mask_off, mask_on;	/* interrupts */
	uint32_t clear, cleared;		/* written when there is nothing more; 0 none */
} kinds[] = {
	{ &uart_pl011, 0x00, 0x00, 0x18, 0x10, 0x00, 0x30, 0x38, 0, 0x50, 0x44, 0x50 },
	{ &uart_cadence, 0x30, 0x30, 0x2c, 0x02, 0x00, 0x12, 0x08, 0, 0x01, 0x14, 0x01 },
	{ &uart_bcm2835_aux, 0x00, 0x00, 0x14, 0x20, 0x21, 0x00, 0x04, 0, 0x05, 0, 0 },
	{ &uart_ns16550, 0x00, 0x00, 0x05, 0x20, 0x21, 0x00, 0x01, 0, 0x05, 0, 0 },
};

static uint32_t get(const struct kind *k, uint32_t at)
{
	return k->driver->io_width == 4 ? *reg(at) : (uint8_t)page[at];
}

static void set(const struct kind *k, uint32_t at, uint32_t v)
{
	if (k->driver->io_width == 4)
		*reg(at) = v;
	else
		page[at] = (char)v;
}

static void one_kind(const struct kind *k)
{
	char buf[2000];
	unsigned int i;

	init(k->driver, k->status, k->idle);
	assert_int_equal(get(k, k->mask), k->mask_off);
	console_write("A", 1);
	assert_int_equal(get(k, k->out), 'A');
	console_write("\xe4", 1);
	assert_int_equal(get(k, k->out), 0xe4);	/* no sign in the data register */
	console_enable_rx();
	assert_int_equal(get(k, k->mask), k->mask_on);
	assert_true(fake_irqs[33].enabled);
	assert_true(fake_irqs[33].edge);
	assert_int_equal(fake_irqs[33].cpu, 0);
	/* Nothing there: the interrupt is taken back. */
	if (k->clear) {
		assert_int_equal(get(k, k->clear), k->cleared);
		set(k, k->clear, 0);
	}
	console_rx_irq();
	assert_int_equal(console_read_input(buf, sizeof(buf)), 0);
	if (k->clear)
		assert_int_equal(get(k, k->clear), k->cleared);
	/* A FIFO that never empties does not hold us; error bits above the byte are not its. */
	set(k, k->status, k->received);
	set(k, k->in, 0x700 | 'x');
	console_rx_irq();
	assert_int_equal(console_read_input(buf, sizeof(buf)), 1024);
	assert_int_equal(buf[0], 'x');
	assert_int_equal(buf[1023], 'x');
	/* Never room (no clock, no cable): waited for once, not for each character. */
	set(k, k->status, k->full);
	for (i = 0; i < 60; i++) {
		console_write("s", 1);
		assert_int_equal(get(k, k->out), 's');
		set(k, k->out, 0);
	}
	set(k, k->status, k->idle);
	console_write("t", 1);
	assert_int_equal(get(k, k->out), 't');
}

static void test_kinds(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		one_kind(&kinds[i]);
}

/* Without a boot loader nobody turned it on. */
static void test_cadence_is_turned_on(void **state)
{
	(void)state;
	init(&uart_cadence, 0x2c, 0x02);
	assert_int_equal(*reg(0x00), 0x14);
	assert_int_equal(*reg(0x0c), 0xffff);
	assert_int_equal(*reg(0x20), 1);
}

/* Far apart, not at the start of its page, over the end of it, divisor latch left open. */
static void test_16550_places(void **state)
{
	(void)state;
	init_at(&uart_ns16550, BASE + 0x40, 2, 4, 0x14, 0x20);
	assert_int_equal(*reg(2 << 2), 1);	/* FIFO on */
	assert_int_equal(*reg(4 << 2), 0xb);
	assert_int_equal(*reg(3 << 2), 0);	/* LCR: not written */
	console_write("p", 1);
	assert_int_equal(*reg(0), 'p');
	init_at(&uart_ns16550, BASE + 0x10, 0, 1, 5, 0x20);
	page[3] = (char)0x83;
	host_info.uart.driver->init();
	assert_int_equal(page[3], 3);
	init_at(&uart_ns16550, BASE + 0xff0, 2, 4, 0x14, 0x20);	/* two pages */
	console_write("q", 1);
	assert_int_equal(*reg(0), 'q');
}

/* A UART without an interrupt: output, and nothing is enabled. */
static void test_no_interrupt(void **state)
{
	(void)state;
	host_info.uart_irq.intid = 0;
	init(&uart_pl011, 0x18, 0x10);
	console_enable_rx();
	assert_int_equal(fake_log_count(FAKE_GIC_ENABLE), 0);
	assert_int_equal(*reg(0x38), 0);
}

#define row(f) cmocka_unit_test_setup(f, up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_none),		row(test_kinds),	row(test_cadence_is_turned_on),
		row(test_16550_places),	row(test_no_interrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
