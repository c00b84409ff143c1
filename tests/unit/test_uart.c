/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PL011 driver against registers that are plain memory: what it writes, reads and waits for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "fake/fake.h"
#include <xen/boot.h>
#include <xen/console.h>
#include <xen/drivers.h>

#define DR (0x00 / 4)
#define FR (0x18 / 4)
#define IMSC (0x38 / 4)
#define ICR (0x44 / 4)
#define RXFE 0x10u
#define TXFF 0x20u

static volatile uint32_t *regs;

static int up(void **state)
{
	(void)state;
	fake_start();
	host_info.uart_node = 100;
	host_info.uart_base = 0x09000000;
	host_info.uart_size = 0x1000;
	host_info.uart_irq = (struct host_irq){ 33, true };
	return 0;
}

/* No UART, or no room to map it: the console goes on. First, while the driver has none. */
static void test_none(void **state)
{
	(void)state;
	host_info.uart_node = -1;
	uart_init(&host_info);
	host_info.uart_node = 100;
	fake_fail_alloc(1);
	uart_init(&host_info);
	assert_true(fake_alloc_failed());
	console_enable_rx();
	assert_int_equal(fake_log_count(FAKE_GIC_ENABLE), 0);
	console_write("still here\n", 11);
	assert_string_equal(fake_last_line, "still here");
}

static void init(void)
{
	/* Mappings follow each other: the driver's is the page after this one. */
	char *va = mmu_map_fixed(pa_to_mfn(0x09000000), 1, MMU_DEVICE);

	assert_non_null(va);
	uart_init(&host_info);
	regs = (volatile uint32_t *)(va + PAGE_SIZE);
	regs[FR] = RXFE;
}

static void test_output(void **state)
{
	(void)state;
	init();
	assert_int_equal(regs[IMSC], 0);
	console_write("A", 1);
	assert_int_equal(regs[DR], 'A');
	console_write("\xe4", 1);
	assert_int_equal(regs[DR], 0xe4); /* no sign in the data register */
}

static void test_receive_irq(void **state)
{
	(void)state;
	console_enable_rx();
	assert_int_equal(regs[IMSC], 0x50);
	assert_int_equal(regs[ICR], 0x50);
	assert_true(fake_irqs[33].enabled);
	assert_true(fake_irqs[33].edge);
	assert_int_equal(fake_irqs[33].cpu, 0);
}

static void test_input(void **state)
{
	char buf[2000];

	(void)state;
	regs[ICR] = 0;
	console_rx_irq();
	assert_int_equal(console_read_input(buf, sizeof(buf)), 0);
	assert_int_equal(regs[ICR], 0x50); /* the interrupt is taken back */
	/* A FIFO that never empties does not hold us. */
	regs[FR] = 0;
	regs[DR] = 0x700 | 'x'; /* error bits above the byte */
	console_rx_irq();
	assert_int_equal(console_read_input(buf, sizeof(buf)), 1024);
	assert_int_equal(buf[0], 'x');
	assert_int_equal(buf[1023], 'x');
	regs[FR] = RXFE;
}

/* A FIFO that never has room (no clock, no cable): waited for once, not for each character. */
static void test_stuck(void **state)
{
	unsigned int i;

	(void)state;
	regs[FR] = RXFE | TXFF;
	for (i = 0; i < 60; i++) {
		console_write("s", 1);
		assert_int_equal(regs[DR], 's');
		regs[DR] = 0;
	}
	regs[FR] = RXFE;
	console_write("t", 1);
	assert_int_equal(regs[DR], 't');
}

#define row(f) cmocka_unit_test_setup(f, up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_none),	 row(test_output), row(test_receive_irq),
		row(test_input), row(test_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
