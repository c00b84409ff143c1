/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulated serial port from the guest's side: registers, widths, its interrupt, and what is
 * typed. Words of the command line: name=N (said in each line's place), wait (echo bytes until
 * 'q'), bench (instructions of an access, under -icount), stay (idle instead of power off).
 */
#include "../lib/guest.h"
#include "../lib/probe.h"

#define GICD		0x03001000ul
#define SPI		32
#define DR		0x00
#define FR		0x18
#define CR		0x30
#define IMSC		0x38
#define RIS		0x3c
#define MIS		0x40
#define ICR		0x44
#define FR_RXFE		0x10
#define FR_TXFE		0x80
#define INT_TX		0x20
#define INT_RT		0x40

static uint64_t base;

/* Only loads and stores that move no base register have a syndrome to emulate them by. */
static uint32_t rd_at(uint64_t address)
{
	uint32_t val;

	asm volatile("ldr %w0, [%1]" : "=r"(val) : "r"(address) : "memory");
	return val;
}

static uint32_t rd(uint32_t offset)
{
	return rd_at(base + offset);
}

static void wr(uint32_t offset, uint32_t val)
{
	asm volatile("str %w0, [%1]" : : "r"(val), "r"(base + offset) : "memory");
}

static bool line_pending(void)
{
	return rd_at(GICD + 0x200 + SPI / 32 * 4) & 1u << SPI % 32;
}

static void registers(void)
{
	static const uint8_t ids[8] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
	bool same = true;
	uint32_t i;

	for (i = 0; i < 8; i++)
		same &= rd(0xfe0 + 4 * i) == ids[i];
	result(same, "identification", "not a PL011");
	result_equal(rd(FR) & FR_RXFE, FR_RXFE, "nothing was typed");
	wr(0x24, 0x12345);
	result_equal(rd(0x24), 0, "IBRD");
	wr(CR, 0);
	result_equal(rd(CR), 0x301, "CR: always on");
	wr(FR, 0);
	wr(0x48, ~0u);
	result_equal(rd(0x48), 0, "DMACR reads as zero");
	wr(IMSC, ~0u);
	result_equal(rd(IMSC), 0x7ff, "IMSC");
	wr(IMSC, 0);
}

static void widths(void)
{
	uint64_t val = 0;

	result(try_load(base + 0xfe0, 1, &val) && val == 0x11, "byte read", NULL);
	result(try_load(base + CR, 2, &val) && val == 0x301, "half word read", NULL);
	result(try_load(base + CR + 1, 1, &val) && val == 0, "inside a register", NULL);
	result(!try_load(base + 0xfe0, 8, &val), "no double word", "it was read");
	result(!try_store(base + DR, 8, 'x'), "no double word write", "it was written");
	result(!try_load(base + 0x1000, 4, &val), "behind the frame", "there is something");
	result(try_store(base + 0xff4, 4, 1), "identification is read-only", NULL);
}

static void interrupt(void)
{
	result(!line_pending(), "line low", "it is pending");
	wr(IMSC, INT_TX);
	result(line_pending(), "line high", "it is not pending");
	result_equal(rd(MIS), INT_TX, "MIS");
	wr(ICR, INT_TX);
	result(!line_pending(), "ICR lowers it", "still pending");
	wr(DR, ' ');
	wr(DR, '\n');
	result(line_pending(), "a write raises it again", "it is not pending");
	wr(IMSC, 0);
	result(!line_pending(), "mask lowers it", "still pending");
}

/* Echo what is typed, each as soon as it raises the line, until a 'q'. */
static void echo(void)
{
	uint32_t c = 0;

	wr(IMSC, INT_RT);
	printk("UART waits\n");
	while (c != 'q') {
		while (!line_pending())
			asm volatile("yield");
		c = rd(DR);
		printk("UART typed %c\n", c);
	}
	wr(IMSC, 0);
}

/* Under -icount shift=0 an instruction takes a nanosecond. */
static uint64_t now_ns(void)
{
	isb();
	return mrs(cntvct_el0) * 1000 / (mrs(cntfrq_el0) / 1000000);
}

static void bench(void)
{
	static const uint32_t reads[] = { FR, RIS, IMSC, DR };
	const unsigned int rounds = 1000;
	uint64_t empty, t;
	unsigned int i, r;

	t = now_ns();
	for (i = 0; i < rounds; i++)
		asm volatile("nop");
	empty = now_ns() - t;
	for (r = 0; r < 4; r++) {
		t = now_ns();
		for (i = 0; i < rounds; i++)
			rd(reads[r]);
		t = now_ns() - t - empty;
		printk("UART read of 0x%x: %u instructions\n", reads[r],
		       (unsigned int)(t / rounds));
	}
	t = now_ns();
	for (i = 0; i < rounds; i++)
		wr(DR, '.');
	t = now_ns() - t - empty;
	printk("\nUART write: %u instructions\n", (unsigned int)(t / rounds));
}

void guest_main(const void *dtb)
{
	const char *args = dt_bootargs(dtb);
	uint64_t size, n = arg_number(args, "name=", 0);

	console_init_any(dtb);
	printk("UART %u begins, arguments \"%s\"\n", (unsigned int)n, args);
	if (!dt_region(dtb, "arm,sbsa-uart", 0, &base, &size)) {
		result_failed("device", "the tree has no serial port");
		result_end();
	}
	result_equal(base, 0x22000000, "address");
	registers();
	widths();
	interrupt();
	if (arg_has(args, "bench"))
		bench();
	if (arg_has(args, "wait"))
		echo();
	while (arg_has(args, "stay"))
		asm volatile("wfi");
	result_end();
}
