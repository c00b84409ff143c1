/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory reported as free and touched again in every way there is: loads, stores, pairs, DC ZVA, a
 * fetch, a stage-1 walk, hypercalls' arguments. Where it is not offered the answer is -ENOSYS.
 * Lines "TIME what ticks" are the time of a report and of a touch, for blocks and for pages.
 */
#include "../lib/guest.h"

#define XENMEM_decrease_reservation 1
#define XENMEM_report_free_pages 63
#define XENVER_extraversion 1
#define ENOSYS 38
#define UNDEF_EC 0
#define BLOCK (2ul << 20)
#define AREA (0x40000000ul + 8 * BLOCK)		/* behind image and stack, before the tree */
#define TURNS 4

struct reservation {
	const uint64_t *frames;
	uint64_t nr;
	uint32_t order, flags;
	uint16_t domid;
};

static uint64_t frames[512];

static int64_t report(uint64_t at, unsigned int n, unsigned int order)
{
	struct reservation r = { frames, n, order, 0, DOMID_SELF };
	unsigned int i;

	for (i = 0; i < n; i++)
		frames[i] = (at >> 12) + ((uint64_t)i << order);
	return hypercall(HYPERVISOR_memory_op, XENMEM_report_free_pages, (uint64_t)&r, 0, 0, 0);
}

static volatile uint64_t *word(uint64_t at)
{
	return (volatile uint64_t *)at;
}

static uint64_t now(void)
{
	isb();
	return mrs(cntvct_el0);
}

static void fill(uint64_t at, uint64_t size)
{
	for (uint64_t i = 0; i < size; i += 8)
		*word(at + i) = ~i;
}

static bool is_zero(uint64_t at, uint64_t size)
{
	for (uint64_t i = 0; i < size; i += 8)
		if (*word(at + i))
			return false;
	return true;
}

static unsigned int nr_fetched;

/* A synchronous exception: back to who called a page of zeroes. */
static bool fetched(uint64_t kind, struct frame *f, uint64_t esr)
{
	if ((kind & 3) || f->elr != AREA || esr >> 26 != UNDEF_EC)
		return false;
	nr_fetched++;
	f->elr = f->x[30];
	return true;
}

/* An instruction of each kind on the first page of a block that is reported. */
static void touches(void)
{
	uint64_t a, b, zva = 4ul << (mrs(dczid_el0) & 15);
	bool good;

	fill(AREA, BLOCK);
	result_equal((uint64_t)report(AREA, 1, 9), 1, "report");
	result(*word(AREA + 0x1238) == 0, "load", "not zeroed");
	result(is_zero(AREA, BLOCK), "all-zero", "an older word");
	good = report(AREA, 1, 9) == 1;
	*word(AREA + 64) = 5;
	result(good && *word(AREA + 64) == 5 && !*word(AREA + 72), "store", "not as written");
	good = report(AREA, 1, 9) == 1;
	asm volatile("ldp %0, %1, [%2]" : "=r"(a), "=r"(b) : "r"(AREA + 128));
	result(good && !a && !b, "pair", "not zeroed");
	good = report(AREA, 1, 9) == 1;
	mmu_on();
	asm volatile("dc zva, %0" : : "r"(AREA) : "memory");
	result(good && zva && *word(AREA) == 0, "dc-zva", "not zeroed");
	mmu_off();
	good = report(AREA, 1, 9) == 1;
	/* A word of zeroes is an undefined instruction: the trap comes from there. */
	trap_sync = fetched;
	((void (*)(void))AREA)();
	trap_sync = NULL;
	result(good && nr_fetched == 1, "fetch", "no UNDEF");
}

static void arguments(void)
{
	bool good = report(AREA, 1, 9) == 1;
	int64_t rc = hypercall(HYPERVISOR_xen_version, XENVER_extraversion, AREA + 0xffc, 0, 0, 0);

	result(good && !rc && *(volatile char *)(AREA + 0xffc) == '.', "written-to", "no text");
	good = report(AREA, 1, 9) == 1;
	/* The list of zeroed frames names frame 0, where there is no memory: none is done. */
	struct reservation r = { (const uint64_t *)AREA, 1, 0, 0, DOMID_SELF };
	rc = hypercall(HYPERVISOR_memory_op, XENMEM_decrease_reservation, (uint64_t)&r, 0, 0, 0);
	result(good && rc == 0, "read-from", "not 0");
	/* What is given up for good is a hole, and its neighbours are not. */
	good = report(AREA, 1, 9) == 1;
	frames[0] = (AREA >> 12) + 7;
	r.frames = frames;
	rc = hypercall(HYPERVISOR_memory_op, XENMEM_decrease_reservation, (uint64_t)&r, 0, 0, 0);
	result(good && rc == 1 && *word(AREA + 8 * 4096) == 0, "given-up", "not 1");
}

/* Every first of TURNS is the slowest: the others find zeroed memory. */
static void time_of(const char *what, uint64_t at, unsigned int n, unsigned int order)
{
	uint64_t t, reports = 0, touched = 0, size = 4096ul << order, i, turn;
	bool good = true;

	for (turn = 0; turn < TURNS; turn++) {
		t = now();
		good = report(at, n, order) == n && good;
		reports += now() - t;
		t = now();
		for (i = 0; i < n; i++)
			(void)*word(at + i * size);
		touched += now() - t;
	}
	result(good, what, "not all reported");
	printk("TIME report-%s %lu\n", what, reports / TURNS / n);
	printk("TIME touch-%s %lu\n", what, touched / TURNS / n);
}

void guest_main(const void *dtb)
{
	const char *args;

	console_init_any(dtb);
	args = dt_bootargs(dtb);
	if (arg_has(args, "off")) {
		result_equal((uint64_t)report(AREA, 1, 9), (uint64_t)-ENOSYS, "not-offered");
		result_equal((uint64_t)report(AREA, 0, 0), (uint64_t)-ENOSYS, "not-offered-probe");
		result_end();
		return;
	}
	result_equal((uint64_t)report(AREA, 0, 0), 0, "probe");
	touches();
	time_of("2m", AREA + BLOCK, 4, 9);
	time_of("4k", AREA + 5 * BLOCK, 512, 0);
	arguments();
	result_end();
}
