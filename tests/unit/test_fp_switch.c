/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's own switch of FP/SIMD and SVE registers, on register files of the test's: vCPUs
 * with vectors of several lengths and without SVE take turns on several CPUs, at random, and each
 * finds all that it left and nothing else.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fake/fake.h"

/* In place of <arm64/sysreg.h>: registers by name, of the CPU at hand. */
#define ARM64_SYSREG_H
#define NAME_(reg)		#reg
#define NAME(reg)		NAME_(reg)
#define read_sysreg(reg)	(*reg_at(NAME(reg)))
#define write_sysreg(reg, val)	reg_write(NAME(reg), val)
#define isb()			((void)0)

static uint64_t *reg_at(const char *name);
static void reg_write(const char *name, uint64_t value);

#include "xen/arm64/fp_switch.h"

#define BYTES	256u		/* of a vector at most */
#define NR_VCPUS	6u
#define NR_P	17u		/* and FFR */

struct file {
	uint8_t z[32][BYTES], p[NR_P][BYTES / 8];
	uint64_t fpsr, fpcr, zcr;
};

static struct cpu {
	struct file file;
	uint64_t cptr, zcr_el2;
} machine[FAKE_NR_CPUS];

static struct guest {
	struct domain d;
	struct vcpu v;
	struct file is;		/* what its registers should be, as far as it can see */
} guests[NR_VCPUS];

static bool keeps;		/* what lies above a shorter length; else it is lost */

static struct cpu *here(void) { return &machine[this_cpu()->id]; }

static uint64_t *reg_at(const char *name)
{
	if (!strcmp(name, "cptr_el2"))
		return &here()->cptr;
	assert_false(here()->cptr & CPTR_TZ);
	return strcmp(name, "S3_4_C1_C2_0") ? &here()->file.zcr : &here()->zcr_el2;
}

static uint32_t length(void) { return (uint32_t)(here()->zcr_el2 + 1) * 16; }

static void reg_write(const char *name, uint64_t value)
{
	*reg_at(name) = value;
	for (unsigned int n = 0; !strcmp(name, "S3_4_C1_C2_0") && !keeps && n < 32; n++) {
		memset(here()->file.z[n] + length(), 0xee, BYTES - length());
		if (n < NR_P)
			memset(here()->file.p[n] + length() / 8, 0xee, (BYTES - length()) / 8);
	}
}

/* ---- fpsimd.S ---- */

void fp_save(struct fp_regs *fp)
{
	assert_false(here()->cptr & CPTR_TFP);
	for (unsigned int n = 0; n < 32; n++)
		memcpy(&fp->q[n], here()->file.z[n], 16);
	fp->fpsr = here()->file.fpsr;
	fp->fpcr = here()->file.fpcr;
}

void fp_load(const struct fp_regs *fp)
{
	assert_false(here()->cptr & CPTR_TFP);
	for (unsigned int n = 0; n < 32; n++)
		memcpy(here()->file.z[n], &fp->q[n], 16);
	here()->file.fpsr = fp->fpsr;
	here()->file.fpcr = fp->fpcr;
}

/* All of z and p that the length has, to or from regs. */
static void move(uint8_t *regs, bool save)
{
	assert_false(here()->cptr & (CPTR_TFP | CPTR_TZ));
	for (unsigned int n = 0; n < 32 + NR_P; n++) {
		uint8_t *in = n < 32 ? here()->file.z[n] : here()->file.p[n - 32];
		uint32_t size = n < 32 ? length() : length() / 8;

		memcpy(save ? regs : in, save ? in : regs, size);
		regs += size;
	}
}

void sve_save(uint64_t *regs, struct fp_regs *fp)
{
	move((uint8_t *)regs, true);
	fp->fpsr = here()->file.fpsr;
	fp->fpcr = here()->file.fpcr;
}

void sve_load(const uint64_t *regs, const struct fp_regs *fp)
{
	move((uint8_t *)(uintptr_t)regs, false);
	here()->file.fpsr = fp->fpsr;
	here()->file.fpcr = fp->fpcr;
}

/* ---- guests ---- */

static uint32_t bytes_of(const struct guest *g) { return g->d.sve_vl ? g->d.sve_vl * 16u : 16; }

/* What g can see of here, against what it knows. */
static void compare(const struct guest *g)
{
	const struct file *f = &here()->file;
	uint32_t size = bytes_of(g);

	for (unsigned int n = 0; n < 32; n++)
		assert_memory_equal(f->z[n], g->is.z[n], size);
	assert_int_equal(f->fpsr, g->is.fpsr);
	assert_int_equal(f->fpcr, g->is.fpcr);
	if (!g->d.sve_vl)
		return;
	assert_int_equal(length(), size);
	for (unsigned int n = 0; n < NR_P; n++)
		assert_memory_equal(f->p[n], g->is.p[n], size / 8);
	assert_int_equal(f->zcr, g->is.zcr);
}

/* It writes all that it can. */
static void change(struct guest *g)
{
	struct file *f = &here()->file;
	uint32_t size = bytes_of(g);

	for (unsigned int n = 0; n < 32; n++)
		for (unsigned int i = 0; i < size; i++)
			f->z[n][i] = g->is.z[n][i] = (uint8_t)rand();
	f->fpsr = g->is.fpsr = (uint64_t)rand();
	f->fpcr = g->is.fpcr = (uint64_t)rand();
	for (unsigned int n = 0; g->d.sve_vl && n < NR_P; n++)
		for (unsigned int i = 0; i < size / 8; i++)
			f->p[n][i] = g->is.p[n][i] = (uint8_t)rand();
	if (g->d.sve_vl)
		f->zcr = g->is.zcr = (uint64_t)rand() % 16;
}

/* As vcpu_ctxt_load() and _save() have it. */
static void come(struct guest *g)
{
	struct vcpu_ctxt *c = &g->v.ctxt;

	assert_int_equal(here()->cptr, CPTR_GUEST | CPTR_TFP);
	if ((c->extra & CTXT_FP) && (fp_is_loaded(&g->v) || c->fp_uses >= 2))
		fp_get(&g->v);
}

static void use(struct guest *g)
{
	if (here()->cptr & (CPTR_TFP | (g->d.sve_vl ? CPTR_TZ : 0)))
		fp_get(&g->v);
	/* Nobody else's instructions of SVE end elsewhere than in a trap. */
	assert_int_equal(!!(here()->cptr & CPTR_TZ), !g->d.sve_vl);
	compare(g);
	change(g);
}

static int set_up(void **state)
{
	static const uint8_t lengths[NR_VCPUS] = { 0, 2, 4, 0, 16, 2 };

	(void)state;
	fake_start();
	memset(machine, 0xa5, sizeof(machine));
	memset(guests, 0, sizeof(guests));
	for (unsigned int i = 0; i < FAKE_NR_CPUS; i++) {
		machine[i].cptr = CPTR_GUEST | CPTR_TFP;
		machine[i].zcr_el2 = 15;
		cpus[i]->fp_owner = NULL;
	}
	for (unsigned int i = 0; i < NR_VCPUS; i++) {
		struct guest *g = &guests[i];

		g->d.sve_vl = lengths[i];
		g->v.domain = &g->d;
		g->v.ctxt.fp_cpu = ~0u;
		g->v.ctxt.cptr = (uint32_t)(CPTR_GUEST & ~(lengths[i] ? CPTR_TZ : 0));
		if (lengths[i])
			g->v.sve = calloc(1, sizeof(struct vcpu_sve) + sve_words(&g->d) * 8UL);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < FAKE_NR_CPUS; i++)
		cpus[i]->fp_owner = NULL;
	for (unsigned int i = 0; i < NR_VCPUS; i++)
		free(guests[i].v.sve);
	return 0;
}

static void at_random(unsigned int seed)
{
	srand(seed);
	for (unsigned int step = 0; step < 4000; step++) {
		struct guest *g = &guests[rand() % NR_VCPUS];

		fake_cpu_enter((unsigned int)rand() % FAKE_NR_CPUS);
		come(g);
		for (int uses = rand() % 3; uses; uses--)
			use(g);
		fp_put(&g->v);
	}
}

static void test_lost_above(void **state)
{
	(void)state;
	keeps = false;
	at_random(1);
}

static void test_kept_above(void **state)
{
	(void)state;
	keeps = true;
	at_random(2);
}

/* An owner that comes back to its CPU moves nothing, though one with shorter vectors was there. */
static void test_owner(void **state)
{
	struct guest *g = &guests[2];

	(void)state;
	keeps = false;
	fake_cpu_enter(1);
	come(g);
	use(g);
	fp_put(&g->v);
	come(&guests[1]);
	fp_put(&guests[1].v);
	memset(g->v.sve->regs, 0, sve_words(&g->d) * 8UL);
	come(g);
	assert_false(here()->cptr & CPTR_TFP);
	compare(g);
	fp_put(&g->v);
	/* One who uses its own becomes the owner. */
	come(&guests[1]);
	use(&guests[1]);
	assert_ptr_equal(this_cpu()->fp_owner, &guests[1].v);
	fp_put(&guests[1].v);
	come(g);
	use(g);
	fp_put(&g->v);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = { T(test_lost_above), T(test_kept_above), T(test_owner) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
