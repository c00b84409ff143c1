/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What firmware says at start and what guests are told of it: the workarounds by CPU, the random
 * numbers, which calls reach the firmware and which never do.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <xen/id_regs.h>
#include <xen/vcpu.h>
#include <xen/vdev.h>
#include "fake/fake.h"

#define NOT_SUPPORTED	0xffffffffUL
#define NOT_REQUIRED	0xfffffffeUL
#define WA1		0x80008000U
#define WA2		0x80007fffU
#define WA3		0x80003fffU
#define A53		0x410fd034U
#define A72		0x410fd083U

static struct domain *d;
static struct vcpu *v;
static uint64_t id[NR_ID_REGS];

/* Firmware with SMCCC 1.1 or not, its answers for the workarounds, and a TRNG or not. */
static struct {
	bool old, trng;
	int32_t wa[3];
	uint64_t calls[16][4];
	unsigned int nr_calls;
} fw;

static void firmware(uint64_t x[4])
{
	uint32_t fn = (uint32_t)x[0];

	if (fw.nr_calls < 16)
		memcpy(fw.calls[fw.nr_calls], x, 32);
	fw.nr_calls++;
	x[0] = (uint64_t)-1;
	if (fw.old)
		return;
	if (fn == 0x8400000a)
		x[0] = x[1] == 0x80000000 ? 0 : (uint64_t)-1;
	else if (fn == 0x80000000)
		x[0] = 0x10002;
	else if (fn == 0x80000001)
		x[0] = (uint64_t)(int64_t)fw.wa[x[1] == WA1 ? 0 : x[1] == WA2 ? 1 : 2];
	else if (fn == WA1 || fn == WA2 || fn == WA3)
		x[0] = 0x77;
	else if (fw.trng && fn == 0x84000050)
		x[0] = 0x10000;
	else if (fw.trng && (fn == 0xc4000053 || fn == 0x84000053))
		for (unsigned int i = 0; i < 4; i++)
			x[i] = 0xa5a500000000 + i;
}

static uint64_t call(uint64_t fn, uint64_t a1)
{
	v->regs.x[0] = fn;
	v->regs.x[1] = a1;
	v->regs.x[2] = v->regs.x[3] = 0x1234567890ab;
	fw.nr_calls = 0;
	vsmccc_call(v);
	return v->regs.x[0];
}

static uint64_t feature(uint64_t fn) { return call(0x80000001, fn); }

static int set_up(void **state)
{
	(void)state;
	fake_start();
	fake_dom0_create(1);
	d = fake_domain_create(1);
	v = d->vcpu[0];
	memset(id, 0, sizeof(id));
	memset(&fw, 0, sizeof(fw));
	fw.wa[0] = fw.wa[1] = fw.wa[2] = -1;
	fake_firmware = firmware;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	memset(id, 0, sizeof(id));
	fake_firmware = NULL;
	vsmccc_add_cpu(id, 0, true);
	fake_domain_destroy(d);
	fake_domain_destroy(dom0);
	return 0;
}

/* Old firmware is asked nothing that it would not know, and everything is unknown. */
static void test_old_firmware(void **state)
{
	(void)state;
	fw.old = true;
	fw.trng = true;
	vsmccc_add_cpu(id, A72, true);
	assert_int_equal(fw.nr_calls, 1);
	assert_int_equal(fw.calls[0][0], 0x8400000a);
	assert_int_equal(feature(WA1), NOT_SUPPORTED);
	assert_int_equal(feature(WA2), NOT_SUPPORTED);
	assert_int_equal(feature(WA3), NOT_SUPPORTED);
	assert_int_equal(call(WA1, 0), NOT_SUPPORTED);
	assert_int_equal(call(WA3, 0), NOT_SUPPORTED);
	assert_int_equal(call(0x84000050, 0), NOT_SUPPORTED);
	assert_int_equal(fw.nr_calls, 0);
}

/* CPUs that need nothing, each for its reason; then the calls do nothing. */
static void test_not_required(void **state)
{
	static const struct {
		uint32_t midr, reg, shift, value;
		bool immune[3];
	} cpus_[] = {
		{ A53, 0, 0, 0, { true, true, true } },
		{ A72, 0, 0, 0, { false, false, false } },
		{ A72, ID_AA64PFR0, 56, 1, { true, false, false } },
		{ A72, ID_AA64PFR0, 56, 2, { true, false, false } },
		{ A72, ID_AA64PFR0, 56, 3, { true, false, true } },
		{ A72, ID_AA64PFR1, 4, 1, { false, true, false } },
		{ A72, ID_AA64ISAR2, 28, 1, { false, false, true } },
		/* The part number of A53 with another implementer. */
		{ 0x510fd034, 0, 0, 0, { false, false, false } },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cpus_); i++) {
		memset(id, 0, sizeof(id));
		id[cpus_[i].reg] = (uint64_t)cpus_[i].value << cpus_[i].shift;
		vsmccc_add_cpu(id, cpus_[i].midr, true);
		assert_int_equal(feature(WA1), cpus_[i].immune[0] ? 1 : NOT_SUPPORTED);
		assert_int_equal(feature(WA2), cpus_[i].immune[1] ? NOT_REQUIRED : NOT_SUPPORTED);
		assert_int_equal(feature(WA3), cpus_[i].immune[2] ? 1 : NOT_SUPPORTED);
		assert_int_equal(call(WA1, 0), cpus_[i].immune[0] ? WA1 : NOT_SUPPORTED);
		assert_int_equal(call(WA2, 0), cpus_[i].immune[1] ? WA2 : NOT_SUPPORTED);
		assert_int_equal(fw.nr_calls, 0);
	}
}

/* Where the firmware says so the call is handed on, on whichever CPU it comes. */
static void test_required(void **state)
{
	(void)state;
	fw.wa[0] = fw.wa[1] = fw.wa[2] = 0;
	vsmccc_add_cpu(id, A72, true);
	assert_int_equal(feature(WA1), 0);
	assert_int_equal(feature(WA3), 0);
	assert_int_equal(call(WA1, 0xdead), WA1);
	assert_int_equal(fw.nr_calls, 1);
	assert_int_equal(fw.calls[0][0], WA1);
	assert_int_equal(v->regs.x[1], 0xdead);
	assert_int_equal(v->regs.x[3], 0x1234567890ab);
	assert_int_equal(call(WA3, 0), WA3);
	assert_int_equal(fw.calls[0][0], WA3);
	/* Store bypass is off for good since start; a guest cannot switch it for others. */
	assert_int_equal(feature(WA2), NOT_REQUIRED);
	(void)call(WA2, 0);
	assert_int_equal(fw.nr_calls, 0);
	fw.wa[1] = 0;
	vsmccc_add_cpu(id, A72, true);
	for (unsigned int i = 0, seen = 0; i < fw.nr_calls; i++)
		if (fw.calls[i][0] == WA2) {
			assert_int_equal(fw.calls[i][1], 1);
			assert_int_equal(seen++, 0);
		}
	/* Firmware that says "not on this CPU". */
	fw.wa[0] = fw.wa[2] = 1;
	fw.wa[1] = -2;
	vsmccc_add_cpu(id, A72, true);
	assert_int_equal(feature(WA1), 1);
	assert_int_equal(feature(WA2), NOT_SUPPORTED - 1);
	assert_int_equal(feature(WA3), 1);
}

/* Different CPUs: the worst counts, in any order. */
static void test_mixed(void **state)
{
	(void)state;
	fw.wa[0] = 0;
	for (int order = 0; order < 2; order++) {
		vsmccc_add_cpu(id, order ? A53 : A72, true);
		vsmccc_add_cpu(id, order ? A72 : A53, false);
		assert_int_equal(feature(WA1), 0);
		assert_int_equal(feature(WA3), NOT_SUPPORTED);
		assert_int_equal(feature(WA2), NOT_SUPPORTED);
	}
}

static void test_trng(void **state)
{
	(void)state;
	vsmccc_add_cpu(id, A72, true);
	assert_int_equal(call(0x84000050, 0), NOT_SUPPORTED);
	fw.trng = true;
	vsmccc_add_cpu(id, A72, true);
	assert_int_equal(call(0x84000050, 0), 0x10000);
	assert_int_equal(call(0xc4000053, 0xffffffff00000080), 0xa5a500000000);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(v->regs.x[i], 0xa5a500000000 + i);
	assert_int_equal(fw.calls[0][1], 0xffffffff00000080);
	/* 32 bits of each argument. */
	(void)call(0x84000053, 0xffffffff00000020);
	assert_int_equal(fw.nr_calls, 1);
	assert_int_equal(fw.calls[0][1], 0x20);
	assert_int_equal(fw.calls[0][2], 0x567890ab);
	/* Not part of it. */
	assert_int_equal(call(0x84000054, 0), NOT_SUPPORTED);
	assert_int_equal(call(0xc4000050, 0), NOT_SUPPORTED);
	assert_int_equal(fw.nr_calls, 0);
}

/* Every function number of every service, 32 and 64 bits: the firmware hears of none. */
static void test_sweep(void **state)
{
	(void)state;
	vsmccc_add_cpu(id, A72, true);
	for (uint32_t owner = 0; owner < 64; owner++)
		for (uint32_t n = 0; n < 0x10000; n += n > 0x200 && n < 0xff00 ? 13 : 1)
			for (uint32_t kind = 0; kind < 4; kind++) {
				uint32_t fn = kind << 30 | owner << 24 | n;
				uint32_t low = fn & ~0x40000000u;

				/* PSCI's own tests are in test_vpsci. */
				if (low - 0x84000000 < 0x20 || fn == 1 || fn == 2)
					continue;
				(void)call(fn, 0);
				assert_int_equal(fw.nr_calls, 0);
				if (low - 0x80000000 > 0x3fffffff && fn < 0x80000000)
					assert_int_equal(v->regs.x[0], NOT_SUPPORTED);
			}
	/* What is neither: no SoC id, no vendor's hypervisor, no paravirtual time. */
	assert_int_equal(feature(0x80000002), NOT_SUPPORTED);
	assert_int_equal(call(0x80000002, 0), NOT_SUPPORTED);
	assert_int_equal(feature(0xc5000020), NOT_SUPPORTED);
	assert_int_equal(feature(0x80000001), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_old_firmware), T(test_not_required), T(test_required),
		T(test_mixed),	      T(test_trng),	    T(test_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
