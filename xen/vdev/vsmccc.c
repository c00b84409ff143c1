/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SMC calling convention for guests: who owns a function id, what version and which features
 * there are, and the identity of each service. PSCI is vpsci.c. What the machine's firmware has to
 * say is asked once, at start, on every CPU; two kinds of call are handed on to it: workarounds
 * that a CPU needs, and its random numbers. Everything else is unknown. Arm DEN 0028, 0070, 0098.
 */
#include <xen/id_regs.h>
#include <xen/lib.h>
#include <xen/vcpu.h>
#include <xen/vdev.h>
#include "vsmccc.h"

#define SMCCC_VERSION_1_1	0x00010001
#define SMCCC_NOT_SUPPORTED	0xffffffffu
#define SMCCC_NOT_REQUIRED	0xfffffffeu	/* of ARCH_WORKAROUND_2 */
#define WORKAROUND_NEEDED	0
#define WORKAROUND_NOT_NEEDED	1		/* of ARCH_WORKAROUND_1 and _3 */
#define PSCI_FEATURES		0x8400000au
#define TRNG_VERSION		0x84000050u
#define TRNG_RND64		0xc4000053u
#define TRNG_VERSION_1_0	0x10000u

#define SSBS_SHIFT		4
#define CSV2_SHIFT		56
#define CLRBHB_SHIFT		28

/*
 * Queries about a service: how many calls, its UID, its revision (0.1). They are those of the
 * standard secure service, and of Xen's.
 */
#define QUERY_MASK		0xff00ffffu
static const struct query { uint32_t fn, nr, answer[4]; } queries[] = {
	{ 0x8400ff00, 1, { 14 } },
	{ 0x8400ff01, 4, { 0x6f3863f8, 0xbd4c394b, 0x16ce2092, 0x6f9fe541 } },
	{ 0x8400ff03, 2, { 0, 1 } },
	{ 0x8500ff00, 1, { 3 } },
	{ 0x8500ff01, 4, { 0xdc1218a7, 0x694398c6, 0xd179cf9a, 0x67e6de8d } },
	{ 0x8500ff03, 2, { 0, 1 } },
};

/*
 * ARCH_WORKAROUND_1 (branch targets), _2 (store bypass), _3 (branch history): what
 * ARCH_FEATURES answers, the worst of all CPUs.
 */
static struct workaround {
	uint32_t fn, answer;
} workarounds[] __ro_after_init = {
	{ 0x80008000, SMCCC_NOT_SUPPORTED }, { 0x80007fff, SMCCC_NOT_SUPPORTED },
	{ 0x80003fff, SMCCC_NOT_SUPPORTED },
};
static bool has_trng __ro_after_init;

/* Arm's parts that do not speculate so far: Cortex-A34, A35, A53, A55, A510. */
static bool is_in_order(uint32_t midr)
{
	uint32_t part = midr & 0xff00fff0;

	return part == 0x4100d020 || part == 0x4100d040 || part == 0x4100d030 ||
	       part == 0x4100d050 || part == 0x4100d460;
}

static uint32_t ask_firmware(uint32_t fn, uint32_t arg)
{
	uint64_t x[4] = { fn, arg };

	firmware_call(x);
	return (uint32_t)x[0];
}

static bool failed(uint32_t answer) { return (int32_t)answer < 0; }

/*
 * This CPU's answer for workaround n. Store bypass is switched for good where the firmware can: a
 * state of each vCPU's own would be one call for each switch.
 */
static uint32_t answer_of_cpu(uint32_t n, const uint64_t *id, uint32_t midr, bool speaks_1_1)
{
	uint32_t csv2 = ID_FIELD(id[ID_AA64PFR0], CSV2_SHIFT), answer = SMCCC_NOT_SUPPORTED;
	const bool immune[] = {
		csv2 >= 1,	/* contexts do not train each other's branch targets */
		/* PSTATE.SSBS does it, and is safe until it is set */
		ID_FIELD(id[ID_AA64PFR1], SSBS_SHIFT) != 0,
		/* nor their history; or there is an instruction for it */
		csv2 >= 3 || ID_FIELD(id[ID_AA64ISAR2], CLRBHB_SHIFT) != 0,
	};

	if (immune[n] || is_in_order(midr))
		return n == 1 ? SMCCC_NOT_REQUIRED : WORKAROUND_NOT_NEEDED;
	if (speaks_1_1)
		answer = ask_firmware(SMCCC_ARCH_FEATURES, workarounds[n].fn);
	if (n != 1 || failed(answer))
		return answer;
	if (answer == WORKAROUND_NEEDED)
		(void)ask_firmware(workarounds[n].fn, 1);
	return SMCCC_NOT_REQUIRED;
}

/* From worst to best: unknown, needed, not needed. */
static uint32_t badness(uint32_t answer)
{
	return answer == SMCCC_NOT_SUPPORTED ? 2 : answer == WORKAROUND_NEEDED;
}

/*
 * One more CPU (the running one) with these ID registers and MIDR: what it and its firmware need
 * and have. first: begin anew.
 */
void vsmccc_add_cpu(const uint64_t *id, uint32_t midr, bool first)
{
	bool speaks_1_1 = !failed(ask_firmware(PSCI_FEATURES, SMCCC_VERSION)) &&
			  (int32_t)ask_firmware(SMCCC_VERSION, 0) >= SMCCC_VERSION_1_1;

	for (uint32_t n = 0; n < ARRAY_SIZE(workarounds); n++) {
		uint32_t answer = answer_of_cpu(n, id, midr, speaks_1_1);

		if (first || badness(answer) > badness(workarounds[n].answer))
			workarounds[n].answer = answer;
	}
	if (first)
		has_trng = speaks_1_1 &&
			   (int32_t)ask_firmware(TRNG_VERSION, 0) >= (int32_t)TRNG_VERSION_1_0;
}

/* Answer a query about the service that owns fn; anything else is unknown. */
static void service_query(struct vcpu *v, uint32_t fn)
{
	const struct query *q = queries;

	v->regs.x[0] = SMCCC_NOT_SUPPORTED;
	for (; q < queries + ARRAY_SIZE(queries); q++)
		for (uint32_t n = 0; q->fn == (fn & QUERY_MASK) && n < q->nr; n++)
			v->regs.x[n] = q->answer[n];
}

/* NULL: fn is none. */
static const struct workaround *find_workaround(uint32_t fn)
{
	const struct workaround *w = workarounds;

	while (w->fn != fn)
		if (++w == &workarounds[ARRAY_SIZE(workarounds)])
			return NULL;
	return w;
}

static uint32_t arch_features(uint32_t fn)
{
	const struct workaround *w = find_workaround(fn);

	return w ? w->answer :
	       fn == SMCCC_VERSION || fn == SMCCC_ARCH_FEATURES ? 0 : SMCCC_NOT_SUPPORTED;
}

/* Hand the call on. A call of 32 bits has arguments and results of 32. */
static void forward_call(struct vcpu *v, uint32_t fn)
{
	uint64_t mask = fn & SMCCC_64 ? ~0UL : UINT32_MAX;
	uint64_t x[4] = { fn, v->regs.x[1] & mask, v->regs.x[2] & mask, v->regs.x[3] & mask };

	firmware_call(x);
	memcpy(v->regs.x, x, sizeof(x));
}

/* Carry out the SMCCC call whose function id is in v's x0; results in x0 to x3. */
void vsmccc_call(struct vcpu *v)
{
	uint32_t fn = (uint32_t)v->regs.x[0];
	const struct workaround *w;

	/*
	 * By kernels at each entry from EL0, where the CPU needs it; those who were told that they
	 * need not may call all the same.
	 */
	if (fn >> 16 == SMCCC_VERSION >> 16 && (w = find_workaround(fn)) &&
	    w->answer != SMCCC_NOT_SUPPORTED) {
		if (w->answer == WORKAROUND_NEEDED)
			(void)ask_firmware(fn, 0);
		return;
	}
	if (vpsci_call(v, fn, &v->regs.x[0]))
		return;
	if (fn == SMCCC_VERSION)
		v->regs.x[0] = SMCCC_VERSION_1_1;
	else if (fn == SMCCC_ARCH_FEATURES)
		v->regs.x[0] = arch_features((uint32_t)v->regs.x[1]);
	/* TRNG_VERSION, FEATURES, GET_UUID, RND32, RND64 */
	else if (has_trng && (fn - TRNG_VERSION < 4 || fn == TRNG_RND64))
		forward_call(v, fn);
	else
		service_query(v, fn);
}
