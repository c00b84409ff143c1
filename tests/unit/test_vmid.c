/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mm/vmid.c: numbers are never shared by two domains within what any CPU's TLB can know. A model
 * TLB of each CPU remembers which domain a VMID meant when it ran there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <xen/lib.h>
#include <xen/p2m.h>
#include "fake/fake.h"

#define NR_P2M	600u
static struct p2m p2m[NR_P2M];
/* whose entries a CPU may hold under a VMID */
static const struct p2m *tlb[FAKE_NR_CPUS][65536];
static const struct p2m *loaded[FAKE_NR_CPUS];
static uint64_t loaded_vttbr[FAKE_NR_CPUS];

static void on_event(const struct fake_event *e)
{
	if (e->kind == FAKE_TLB_ALL_LOCAL)
		memset(tlb[e->cpu], 0, sizeof(tlb[0]));
}

static int setup(void **state)
{
	(void)state;
	fake_start();
	fake_on_event = on_event;
	memset(tlb, 0, sizeof(tlb));
	memset(loaded, 0, sizeof(loaded));
	for (unsigned int i = 0; i < NR_P2M; i++)
		if (!p2m[i].vttbr)
			p2m[i].vttbr = (uint64_t)(i + 1) << 12;
	return 0;
}

static void load(unsigned int cpu, struct p2m *p)
{
	uint32_t vmid;

	fake_cpu_enter(cpu);
	vmid_make_current(p);
	vmid = (uint32_t)(p->vttbr >> 48);
	assert_int_equal(p->vttbr & GENMASK(47, 0), (uint64_t)(p - p2m + 1) << 12);
	assert_int_equal((uint16_t)p->vmid_tag, vmid);
	assert_true(vmid != 0);
	/* Nobody else's translations may be known here under this number. */
	assert_true(tlb[cpu][vmid] == NULL || tlb[cpu][vmid] == p);
	tlb[cpu][vmid] = p;
	loaded[cpu] = p;
	loaded_vttbr[cpu] = p->vttbr;
	/* Domains on other CPUs keep the number that is in their VTTBR, and it is theirs alone. */
	for (unsigned int c = 0; c < FAKE_NR_CPUS; c++) {
		if (!loaded[c])
			continue;
		if (loaded[c] == p)
			assert_int_equal(loaded_vttbr[c], p->vttbr);
		else
			assert_true(loaded_vttbr[c] >> 48 != vmid);
		tlb[c][loaded_vttbr[c] >> 48] = loaded[c];	/* it goes on running */
	}
}

static void test_same_domain_costs_nothing(void **state)
{
	uint64_t vttbr;

	(void)state;
	load(0, &p2m[0]);
	load(0, &p2m[1]);
	vttbr = p2m[0].vttbr;
	fake_log_clear();
	for (unsigned int i = 0; i < 100; i++)
		load(0, &p2m[i % 2]);
	assert_int_equal(p2m[0].vttbr, vttbr);
	assert_int_equal(fake_log_count(FAKE_TLB_ALL_LOCAL), 0);
}

static void test_roll_over_flushes_once_a_generation(void **state)
{
	(void)state;
	fake_log_clear();
	for (unsigned int round = 0; round < 4; round++)
		for (unsigned int i = 0; i < NR_P2M; i++)
			load(0, &p2m[i]);
	/* 2400 new numbers of 255 each. */
	assert_in_range(fake_log_count(FAKE_TLB_ALL_LOCAL), 9, 11);
}

/*
 * A domain that stays on its CPU over several generations keeps its number, wherever else it is
 * loaded.
 */
static void test_long_runner(void **state)
{
	(void)state;
	load(1, &p2m[7]);
	for (unsigned int i = 100; i < NR_P2M; i++)
		load(0, &p2m[i]);
	for (unsigned int i = 100; i < NR_P2M; i++)
		load(0, &p2m[i]);
	load(2, &p2m[7]);
	for (unsigned int i = 100; i < NR_P2M; i++)
		load(0, &p2m[i]);
	load(1, &p2m[8]);
	load(1, &p2m[7]);
}

static void test_random(void **state)
{
	unsigned int seed = getenv("SEED") ? (unsigned int)atoi(getenv("SEED")) : 1;

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (unsigned int n = 0; n < 60000; n++) {
		unsigned int cpu = (unsigned int)rand() % FAKE_NR_CPUS;

		/* Some CPUs switch rarely. */
		if (cpu && rand() % (int)(cpu * 100))
			cpu = 0;
		load(cpu, &p2m[(unsigned int)rand() % (n % 2000 < 1000 ? NR_P2M : 10)]);
	}
}

static void test_sixteen_bits(void **state)
{
	(void)state;
	vmid_init(16);
	fake_log_clear();
	for (unsigned int round = 0; round < 20; round++)
		for (unsigned int i = 0; i < NR_P2M; i++)
			load(round % 3, &p2m[i]);
	assert_in_range(fake_log_count(FAKE_TLB_ALL_LOCAL), 0, 3);
	vmid_init(8);
}

static void test_vtcr(void **state)
{
	static const struct { uint32_t bits; uint64_t vtcr; } rows[] = {
		/* RES1 | PS | SH0 | ORGN0 | IRGN0 | SL0 | T0SZ */
		{ 32, 0x80003540UL | 0 << 16 | 32 }, { 36, 0x80003540UL | 1 << 16 | 28 },
		{ 40, 0x80003540UL | 2 << 16 | 24 }, { 42, 0x80003540UL | 3 << 16 | 22 },
		{ 44, 0x80003580UL | 4 << 16 | 20 }, { 48, 0x80003580UL | 5 << 16 | 16 },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		vmid_init(8);
		p2m_host_ipa_bits = rows[i].bits;
		assert_int_equal(p2m_vtcr(), rows[i].vtcr);
	}
	assert_false(p2m_vtcr() & BIT(19));
	vmid_init(16);
	assert_true(p2m_vtcr() & BIT(19));
	vmid_init(8);
	p2m_host_ipa_bits = 40;
}

int main(void)
{
#define T(t) cmocka_unit_test_setup(t, setup)
	const struct CMUnitTest tests[] = {
		T(test_same_domain_costs_nothing), T(test_roll_over_flushes_once_a_generation),
		T(test_long_runner),
		T(test_random), T(test_sixteen_bits), T(test_vtcr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
