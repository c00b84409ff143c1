/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows in which another vCPU or another domain has the same CPU: switches by yield, in five kinds
 * of loop, a domain that reads its own serial port, and one whose writes are noted.
 */
#include "bench.h"

#define SWITCHES 2000ul

extern char yield_plain[], yield_plain_end[], yield_ttbr[], yield_ttbr_end[],
	    yield_ttbr_seldom[], yield_ttbr_seldom_end[], yield_simd[], yield_simd_end[],
	    yield_sve[], yield_sve_end[],
	    uart_domain[], uart_domain_end[], write_domain[], write_domain_end[];

static const struct kind {
	const char *vcpus, *domains;
	const char *loop, *end;
} kinds[] = {
	{ "switch_vcpus", "switch_domains", yield_plain, yield_plain_end },
	{ "switch_vcpus_ttbr", "switch_domains_ttbr", yield_ttbr, yield_ttbr_end },
	{ "switch_vcpus_seldom", "switch_domains_seldom", yield_ttbr_seldom,
	  yield_ttbr_seldom_end },
	{ "switch_vcpus_simd", "switch_domains_simd", yield_simd, yield_simd_end },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static uint8_t pages[N_KINDS + 4][4096] __attribute__((aligned(4096)));
static char second_stack[4096] __attribute__((aligned(16)));
static volatile uint64_t second_count;
static const void *volatile second_loop;

static void yield(void)
{
	hypercall(HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}

static void second_vcpu(void)
{
	for (uint64_t limit = 100;; limit += 100)
		call_yield_loop(&second_count, limit, second_loop);
}

/* Yield N times while the other side counts its own yields in *OTHER. */
static void bench_switch(const char *name, const void *loop, volatile uint64_t *other)
{
	uint64_t before = *other, start, ticks, switches, limit = 1000, mine = 0;

	while (*other < before + 300 && limit--)
		yield();
	if (*other == before) {
		printk("BENCH-ERROR %s: the other side does not run\n", name);
		return;
	}
	call_yield_loop(&mine, 200, loop);
	mine = 0;
	before = *other;
	start = mrs(cntvct_el0);
	call_yield_loop(&mine, SWITCHES, loop);
	ticks = mrs(cntvct_el0) - start;
	switches = SWITCHES + (*other - before);
	printk("BENCH %s n=%lu min=%lu med=%lu max=%lu unit=insn\n", name, switches,
	       ticks / switches, ticks / switches, ticks / switches);
	printk("BENCH-NOTE %s: other side ran %lu of %lu\n", name, switches - SWITCHES, switches);
}

static void between_vcpus(void)
{
	int rc;

	second_loop = kinds[0].loop;
	rc = start_cpu(1, second_stack + sizeof(second_stack), second_vcpu);
	if (rc)
		printk("BENCH-ERROR switch_vcpus: CPU_ON answered %d\n", rc);
	for (size_t i = 0; i < N_KINDS && !rc; i++) {
		second_loop = kinds[i].loop;
		bench_switch(kinds[i].vcpus, kinds[i].loop, &second_count);
	}
}

/* This domain's loop is k's; the other one's, which has SVE unless BITS is 0, is LOOP. */
static void between_domains(const struct kind *k, uint8_t *page, const char *loop,
			    const char *end, unsigned int bits)
{
	struct made_domain d = { .sve_bits = bits };
	int64_t rc = domain_make(&d, page, loop, (size_t)(end - loop));

	if (!rc) {
		d.step = "unpausedomain";
		rc = domain_unpause(&d);
	}
	if (rc) {
		printk("BENCH-ERROR %s: %s answered %ld\n", k->domains, d.step, rc);
		return;
	}
	bench_switch(k->domains, k->loop, domain_count(&d));
	domain_pause(&d);
}

void bench_switches(const char *args)
{
	if (arg_has(args, "switch=vcpus"))
		between_vcpus();
	if (arg_has(args, "switch=domains"))
		for (size_t i = 0; i < N_KINDS; i++)
			between_domains(&kinds[i], pages[i], kinds[i].loop, kinds[i].end, 0);
	if (arg_has(args, "switch=sve")) {
		struct kind k = { NULL, "switch_beside_simd", yield_simd, yield_simd_end };

		between_domains(&k, pages[N_KINDS + 2], k.loop, k.end, 0);
		k.domains = "switch_beside_sve";
		between_domains(&k, pages[N_KINDS + 3], yield_sve, yield_sve_end, 256);
	}
}

/* D, which is made, runs until it has taken its 255 samples, which are reported then. */
static bool take_samples(struct made_domain *d, const char *name)
{
	int64_t rc;

	d->step = "unpausedomain";
	rc = domain_unpause(d);
	for (int i = 0; i < 1000 && !rc && !*domain_count(d); i++)
		yield();
	if (rc || !*domain_count(d)) {
		printk("BENCH-ERROR %s: %s answered %ld\n", name, d->step, rc);
		return false;
	}
	for (int i = 0; i < 255; i++)
		samples[i] = domain_count(d)[1 + i];
	report(name, 255);
	domain_pause(d);
	return true;
}

/* A domain with an emulated serial port samples it. */
void bench_uart_domain(void)
{
	struct made_domain d = { .sve_bits = 0 };
	int64_t rc = domain_make(&d, pages[N_KINDS], uart_domain,
				 (size_t)(uart_domain_end - uart_domain));

	if (!rc)
		rc = domain_serial(&d);
	if (rc)
		printk("BENCH-ERROR uart_fr: %s answered %ld\n", d.step, rc);
	else
		take_samples(&d, "uart_fr");
}

/* A domain's first write to each of 255 pages, and what it takes to ask for all of them. */
void bench_log_dirty(void)
{
	static uint8_t bits[(DOMAIN_PFN + 256) / 8];
	struct made_domain d = { .sve_bits = 0 };
	uint64_t start, none, all;
	int64_t rc = domain_make(&d, pages[N_KINDS + 1], write_domain,
				 (size_t)(write_domain_end - write_domain));

	if (!rc)
		rc = domain_more(&d, 255);
	if (!rc)
		rc = domain_written(&d, SHADOW_LOG_DIRTY, NULL, 0);
	if (rc) {
		printk("BENCH-NOTE first_write: %s answered %ld\n", d.step, rc);
		return;
	}
	if (!take_samples(&d, "first_write"))
		return;
	start = mrs(cntvct_el0);
	rc = domain_written(&d, SHADOW_CLEAN, bits, DOMAIN_PFN);
	none = mrs(cntvct_el0) - start;
	start = mrs(cntvct_el0);
	rc |= domain_written(&d, SHADOW_CLEAN, bits, DOMAIN_PFN + 256);
	all = (mrs(cntvct_el0) - start - none) / 256;
	if (rc || bits[DOMAIN_PFN / 8 + 1] != 0xff)
		printk("BENCH-ERROR take_dirty: answered %ld\n", rc);
	else
		printk("BENCH take_dirty n=256 min=%lu med=%lu max=%lu unit=insn\n", all, all, all);
}
