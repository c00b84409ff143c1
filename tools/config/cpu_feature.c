/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of features that a domain can be without. Names are those that Linux and other
 * toolstacks use. Fields: Arm ARM, D19.2 (AArch64) and G8.2 (AArch32). What a field cannot say is
 * not enforced: an instruction that does not trap still works for a guest that tries it.
 */
#include "xentools/cpu_feature.h"

#include <string.h>

#include "xentools/macros.h"
#include "xentools/str_table.h"

#define R(crm, op2)	((crm) << 3 | (op2))
#define PFR0		R(4, 0)
#define PFR1		R(4, 1)
#define ISAR0		R(6, 0)
#define ISAR1		R(6, 1)
#define ISAR2		R(6, 2)
#define MMFR0		R(7, 0)
#define MMFR1		R(7, 1)
#define MMFR2		R(7, 2)
#define A32_PFR0	R(1, 0)
#define A32_MMFR3	R(1, 7)
#define A32_ISAR5	R(2, 5)
#define A32_ISAR6	R(2, 7)
#define A32_MVFR1	R(3, 1)
#define A32_PFR2	R(3, 4)
#define SIGNED_NONE	0xf

/* Sorted by name; the order is not stored anywhere. A row's fields end with reg 0. */
static const struct {
	const char *name;
	struct cpu_field field[CPU_FEATURE_FIELDS + 1];
} features[] = {
	{ "aarch32", { { PFR0, 0, 1 } } },
	{ "aes", { { ISAR0, 4, 0 }, { A32_ISAR5, 4, 0 } } },
	{ "bf16", { { ISAR1, 44, 0 }, { A32_ISAR6, 20, 0 } } },
	{ "bti", { { PFR1, 0, 0 } } },
	{ "clrbhb", { { ISAR2, 28, 0 }, { A32_ISAR6, 28, 0 } } },
	{ "cnp", { { MMFR2, 0, 0 } } },
	{ "crc32", { { ISAR0, 16, 0 }, { A32_ISAR5, 16, 0 } } },
	{ "cssc", { { ISAR2, 52, 0 } } },
	{ "csv2", { { PFR0, 56, 0 }, { PFR1, 32, 0 }, { A32_PFR0, 16, 0 } } },
	{ "csv3", { { PFR0, 60, 0 }, { A32_PFR2, 0, 0 } } },
	{ "dgh", { { ISAR1, 48, 0 } } },
	{ "dit", { { PFR0, 48, 0 }, { A32_PFR0, 24, 0 } } },
	{ "dotprod", { { ISAR0, 44, 0 }, { A32_ISAR6, 4, 0 } } },
	{ "dpb", { { ISAR1, 0, 0 } } },
	{ "e0pd", { { MMFR2, 60, 0 } } },
	{ "ecv", { { MMFR0, 60, 0 } } },
	{ "fcma", { { ISAR1, 16, 0 }, { A32_ISAR5, 28, 0 } } },
	{ "fhm", { { ISAR0, 48, 0 }, { A32_ISAR6, 8, 0 } } },
	{ "flagm", { { ISAR0, 52, 0 } } },
	{ "fp16", { { PFR0, 16, 0 }, { PFR0, 20, 0 }, { A32_MVFR1, 24, 2 },
		    { A32_MVFR1, 20, 1 } } },
	{ "frintts", { { ISAR1, 32, 0 } } },
	{ "hafdbs", { { MMFR1, 0, 0 } } },
	{ "i8mm", { { ISAR1, 52, 0 }, { A32_ISAR6, 24, 0 } } },
	{ "jscvt", { { ISAR1, 12, 0 }, { A32_ISAR6, 0, 0 } } },
	{ "lrcpc", { { ISAR1, 20, 0 } } },
	{ "lse", { { ISAR0, 20, 0 } } },
	{ "lse2", { { MMFR2, 32, 0 } } },
	{ "lva", { { MMFR2, 16, 0 } } },
	{ "pan", { { MMFR1, 20, 0 }, { A32_MMFR3, 16, 0 } } },
	/* APA, API, GPA, GPI; GPA3, APA3, PAC_frac */
	{ "pauth", { { ISAR1, 4, 0 }, { ISAR1, 8, 0 }, { ISAR1, 24, 0 }, { ISAR1, 28, 0 },
		     { ISAR2, 8, 0 }, { ISAR2, 12, 0 }, { ISAR2, 24, 0 } } },
	{ "pmull", { { ISAR0, 4, 1 }, { A32_ISAR5, 4, 1 } } },
	{ "rdm", { { ISAR0, 28, 0 }, { A32_ISAR5, 24, 0 } } },
	{ "rng", { { ISAR0, 60, 0 } } },
	{ "sb", { { ISAR1, 36, 0 }, { A32_ISAR6, 12, 0 } } },
	{ "sha1", { { ISAR0, 8, 0 }, { A32_ISAR5, 8, 0 } } },
	{ "sha2", { { ISAR0, 12, 0 }, { A32_ISAR5, 12, 0 } } },
	{ "sha3", { { ISAR0, 32, 0 } } },
	{ "sha512", { { ISAR0, 12, 1 } } },
	{ "sm3", { { ISAR0, 36, 0 } } },
	{ "sm4", { { ISAR0, 40, 0 } } },
	{ "specres", { { ISAR1, 40, 0 }, { A32_ISAR6, 16, 0 } } },
	{ "ssbs", { { PFR1, 4, 0 }, { A32_PFR2, 4, 0 } } },
	{ "tgran16", { { MMFR0, 20, 0 } } },
	{ "tgran4", { { MMFR0, 28, SIGNED_NONE } } },
	{ "tgran64", { { MMFR0, 24, SIGNED_NONE } } },
	{ "tlbi-range", { { ISAR0, 56, 0 } } },
	{ "uao", { { MMFR2, 4, 0 } } },
};
_Static_assert(ARRAY_SIZE(features) <= CPU_FEATURES_MAX, "a bit for each");

const char *cpu_feature_name(unsigned int n)
{
	return n < ARRAY_SIZE(features) ? features[n].name : NULL;
}

int cpu_feature_find(const char *name)
{
	for (unsigned int n = 0; n < ARRAY_SIZE(features); n++)
		if (strcmp(features[n].name, name) == 0)
			return (int)n;
	return -1;
}

const char *cpu_feature_nearest(const char *name)
{
	struct str_near near = { name, 2, NULL };

	for (unsigned int n = 0; n < ARRAY_SIZE(features); n++)
		str_near_try(&near, features[n].name);
	return near.best;
}

int cpu_pa_range(uint64_t bits)
{
	static const uint8_t sizes[] = { 32, 36, 40, 42, 44, 48 };

	for (unsigned int n = 0; n < ARRAY_SIZE(sizes); n++)
		if (sizes[n] == bits)
			return (int)n;
	return -1;
}

size_t cpu_feature_fields(uint64_t disabled, unsigned int pa_bits, struct cpu_field *fields,
			  size_t room)
{
	size_t count = 0;

	if (pa_bits != 0 && room > 0)
		fields[count++] = (struct cpu_field){ MMFR0, 0, (uint8_t)cpu_pa_range(pa_bits) };
	for (unsigned int n = 0; n < ARRAY_SIZE(features); n++) {
		if (!(disabled >> n & 1))
			continue;
		for (const struct cpu_field *f = features[n].field; f->reg && count < room; f++)
			fields[count++] = *f;
	}
	return count;
}
