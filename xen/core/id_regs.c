/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ID registers as guests read them. One row a register, one letter a field of 4 bits, the highest
 * field first. A register without a row, and a field that later architectures will invent, read as
 * zero. Fields and their order: Arm ARM, D19.2 and G8.2.
 */
#include <arch/vcpu_ctxt.h>
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/id_regs.h>
#include <xen/lib.h>

/*
 * u  unsigned: the lower value of two CPUs is safe
 * s  signed (0xf is "not there"): likewise
 * e  the same on all CPUs, or nothing: values are algorithms
 * w  unsigned, 1 at most: what is above is EL2's
 * h  the higher value is safe
 * a  single bits that all CPUs must have
 * v  unsigned, and only a domain that has SVE sees it
 * .  hidden, since its state is not switched or its use would not trap
 * -  hidden, since it is a higher level's; to see the host's value would do no harm
 */
static const char *const rules[NR_ID_REGS] = {
	/* ID_PFR0, PFR1, DFR0, MMFR0..3: no RAS, AMU, EL2, EL3, PMU, trace */
	[ID_REG(1, 0)] = ".u.uuuuu",
	[ID_PFR1] = "u--u-u-u",
	[ID_DFR0] = "..--.--u",
	[ID_REG(1, 4)] = "euuuueuu",
	[ID_REG(1, 5)] = "uuuuuuuu",
	[ID_REG(1, 6)] = "uuuuuuuu",
	[ID_REG(1, 7)] = "suuuuuuu",
	/* ID_ISAR0..5, MMFR4, ISAR6 */
	[ID_REG(2, 0) ... ID_REG(2, 5)] = "uuuuuuuu",
	[ID_REG(2, 6)] = "-uuuu-u.",
	[ID_REG(2, 7)] = "uuuuuuuu",
	/* MVFR0..2, ID_PFR2, MMFR5 */
	[ID_REG(3, 0) ... ID_REG(3, 2)] = "uuuuuuuu",
	[ID_REG(3, 4)] = "......uu",
	[ID_REG(3, 6)] = "......uu",
	/* ID_AA64PFR0: no RME, AMU, MPAM, RAS, EL3, EL2; EL1 is AArch64 only */
	[ID_AA64PFR0] = "uu.u..-v.uss--wu",
	/* ID_AA64PFR1: CSV2_frac, SSBS, BT; no SME, MTE, NMI, GCS */
	[ID_AA64PFR1] = ".......u-.....uu",
	/* ID_AA64ZFR0 */
	[ID_AA64ZFR0] = ".vv.vv.v.vvv..vv",
	/* ID_AA64DFR0: DoubleLock, CTX_CMPs, WRPs, BRPs, DebugVer; no PMU, SPE, trace, BRBE */
	[ID_AA64DFR0] = "-.....s.u.u.u..u",
	/* ID_AA64ISAR0: no TME; ISAR1: no LS64, XS; ISAR2: no LUT, MOPS, WFxT, 128-bit registers */
	[ID_AA64ISAR0] = "uuuuuuuuu.uuuuu.",
	[ID_AA64ISAR1] = "..uuuuuueeuuueeu",
	[ID_AA64ISAR2] = "..uu.u..uuu.eeu.",
	/* ID_AA64MMFR0: no FGT, ExS, stage 2 granules; ECV without CNTPOFF */
	[ID_AA64MMFR0] = "w-...---ssuuuuuu",
	/* ID_AA64MMFR1: no HCX, TWED, XNX, LO, VH, VMIDBits; MMFR2: no EVT, FWB, NV */
	[ID_AA64MMFR1] = "u..uu-u--.u.u--u",
	[ID_REG(7, 2)] = "u-uu.-uuu-uuuuuu",
};
/* CTR_EL0: IDC and DIC, CWG, ERG, DminLine, L1Ip, IminLine. No TminLine: MTE's. */
static const char ctr_rules[] = "ahhuu..u";

#define PARANGE_MAX	5u			/* 48 bits: 52 need FEAT_LPA2 of stage 2 */
#define GIC_SHIFT	24			/* of ID_AA64PFR0; ID_PFR1's is 28 */
#define RAS_SHIFT	28
#define CSV2_SHIFT	56
#define CSV2_FRAC_SHIFT	32
#define ISAR1_PAUTH	(GENMASK(11, 4) | GENMASK(31, 24))	/* APA, API, GPA, GPI */
#define ISAR2_PAUTH	GENMASK(15, 8)				/* GPA3, APA3 */

uint64_t guest_id_regs[NR_ID_REGS] __ro_after_init;
uint64_t guest_ctr __ro_after_init;
bool host_ctr_differs __ro_after_init;
static bool hosts_view __ro_after_init;
static bool host_has_ras __ro_after_init;	/* one of its CPUs */
/* What domains with SVE see beside the common view. */
static const uint8_t sve_regs[] = { ID_AA64PFR0, ID_AA64ZFR0 };
static uint64_t sve_fields[ARRAY_SIZE(sve_regs)] __ro_after_init;

static uint64_t merge_field(char rule, uint64_t a, uint64_t b)
{
	bool less = rule == 's' ? (a ^ 8) < (b ^ 8) : a < b;
	uint64_t low = less ? a : b;

	return rule == 'u' || rule == 's' ? low :
	       rule == 'w' ? low != 0 :
	       rule == 'h' ? a ^ b ^ low :
	       rule == 'a' ? a & b :
	       rule == 'e' && a == b ? a : 0;
}

/* Two CPUs' values as one. *seen: the fields that a guest may not read from the CPU itself. */
static uint64_t merge(const char *rule, uint64_t a, uint64_t b, uint64_t *seen)
{
	uint32_t n = rule ? (uint32_t)strlen(rule) : 0;
	uint64_t v = 0;

	*seen = ~0UL;
	for (; n--; rule++) {
		v |= merge_field(*rule, a >> 4 * n & 0xf, b >> 4 * n & 0xf) << 4 * n;
		if (*rule == '-' || *rule == 'w')
			*seen &= ~(0xfUL << 4 * n);
	}
	return v;
}

/* Their fields of rule v. */
static uint64_t merge_sve(const char *rule, uint64_t a, uint64_t b)
{
	uint64_t v = 0;

	for (uint32_t n = 16; n--; rule++)
		if (*rule == 'v')
			v |= merge_field('u', a >> 4 * n & 0xf, b >> 4 * n & 0xf) << 4 * n;
	return v;
}

void id_regs_add_cpu(const uint64_t *raw, uint64_t ctr, bool first)
{
	uint64_t v, seen;

	hosts_view |= first;
	host_has_ras = ID_FIELD(raw[ID_AA64PFR0], RAS_SHIFT) || (!first && host_has_ras);
	for (uint32_t n = ID_REG(1, 0); n < NR_ID_REGS; n++) {
		v = merge(rules[n], raw[n], first ? raw[n] : guest_id_regs[n], &seen);
		if (n == ID_AA64MMFR0 && ID_FIELD(v, 0) > PARANGE_MAX)
			v = (v & ~0xfUL) | PARANGE_MAX;
		/* What this CPU shows, and what was decided before it. */
		if (((v ^ raw[n]) & seen) || (!first && ((v ^ guest_id_regs[n]) & seen)))
			hosts_view = false;
		guest_id_regs[n] = v;
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(sve_regs); i++) {
		uint32_t n = sve_regs[i];

		sve_fields[i] = merge_sve(rules[n], raw[n], first ? raw[n] : sve_fields[i]);
	}
	host_ctr_differs = !first && (host_ctr_differs || ctr != guest_ctr);
	/* Bit 31 is RES1, and IDC and DIC come with it. */
	guest_ctr = merge(ctr_rules, ctr, first ? ctr : guest_ctr, &seen) | BIT(31);
}

static bool has_as_much(const uint64_t *raw, const uint64_t *boot, uint32_t reg, uint32_t shift)
{
	return ID_FIELD(raw[reg], shift) >= ID_FIELD(boot[reg], shift);
}

/* PARange, which is stage 2's input size; VMIDBits; Atomic. */
bool id_regs_cpu_fits(const uint64_t *raw, const uint64_t *boot)
{
	return has_as_much(raw, boot, ID_AA64MMFR0, 0) && has_as_much(raw, boot, ID_AA64MMFR1, 4) &&
	       has_as_much(raw, boot, ID_AA64ISAR0, 20);
}

uint32_t id_regs_pa_bits(const uint64_t *regs)
{
	static const uint8_t bits[] = { 32, 36, 40, 42, 44, 48 };

	return bits[MIN(ID_FIELD(regs[ID_AA64MMFR0], 0), PARANGE_MAX)];
}

int id_regs_lower(uint64_t *regs, uint32_t reg, uint32_t shift, uint32_t max)
{
	if (reg >= NR_ID_REGS || !rules[reg] || shift % 4 || max > 0xf ||
	    shift / 4 >= strlen(rules[reg]))
		return -EINVAL;
	char rule = rules[reg][strlen(rules[reg]) - 1 - shift / 4];
	uint64_t now = regs[reg] >> shift & 0xf;
	now ^= merge_field(rule == 's' ? 's' : 'u', now, max);
	regs[reg] ^= now << shift;
	return 0;
}

/* Can a CPU that shows b be shown as a? */
static bool can_be(const char *rule, uint64_t a, uint64_t b)
{
	uint32_t n = rule ? (uint32_t)strlen(rule) : 0;

	if (n < 16 && (a ^ b) >> 4 * n)
		return false;
	for (; n--; rule++) {
		uint64_t want = a >> 4 * n & 0xf, is = b >> 4 * n & 0xf;

		/* An upper limit is safe, and what is set apart from the rules is the domain's. */
		if (want != (*rule == '.' || *rule == '-' ? is :
			     merge_field(*rule == 'w' || *rule == 'v' ? 'u' : *rule, want, is)))
			return false;
	}
	return true;
}

int id_regs_restore(struct domain *d, const uint64_t *saved)
{
	for (uint32_t n = 0; n < NR_ID_REGS; n++)
		if (!can_be(rules[n], saved[n], d->id_regs[n]))
			return -EOPNOTSUPP;
	if (!memcmp(saved, d->id_regs, sizeof(guest_id_regs)))
		return 0;
	uint64_t *own = id_regs_own(d);
	if (!own)
		return -ENOMEM;
	memcpy(own, saved, sizeof(guest_id_regs));
	return 0;
}

uint64_t *id_regs_own(struct domain *d)
{
	if (d->id_regs != guest_id_regs)
		return (uint64_t *)d->id_regs;
	uint64_t *own = xzalloc_array(uint64_t, NR_ID_REGS);
	if (own)
		d->id_regs = memcpy(own, guest_id_regs, sizeof(guest_id_regs));
	return own;
}

int id_regs_set_sve(struct domain *d, bool on)
{
	uint64_t *own = id_regs_own(d);

	for (uint32_t i = 0; own && i < ARRAY_SIZE(sve_regs); i++)
		own[sve_regs[i]] ^= (own[sve_regs[i]] ^ (on ? sve_fields[i] : 0)) &
				    merge_sve(rules[sve_regs[i]], ~0UL, ~0UL);
	return own ? 0 : -ENOMEM;
}

/* The common view; without the system register interface where the guest has a GICv2. */
int id_regs_domain_init(struct domain *d, const struct domain_config *cfg)
{
	d->id_regs = guest_id_regs;
	if (cfg->gic_version != 2 || !ID_FIELD(guest_id_regs[ID_AA64PFR0], GIC_SHIFT))
		return 0;
	uint64_t *own = id_regs_own(d);
	if (!own)
		return -ENOMEM;
	own[ID_AA64PFR0] &= ~(0xfUL << GIC_SHIFT);
	own[ID_PFR1] &= ~(0xfUL << 28);
	return 0;
}

void id_regs_domain_free(struct domain *d)
{
	if (d->id_regs != guest_id_regs)
		xfree((void *)d->id_regs);
	d->id_regs = guest_id_regs;
}

bool id_regs_are_hosts(const struct domain *d)
{
	return hosts_view && d->id_regs == guest_id_regs;
}

uint32_t id_regs_extras(const struct domain *d)
{
	const uint64_t *r = d->id_regs;
	uint32_t csv2 = ID_FIELD(r[ID_AA64PFR0], CSV2_SHIFT);
	bool has_pauth = (r[ID_AA64ISAR1] & ISAR1_PAUTH) || (r[ID_AA64ISAR2] & ISAR2_PAUTH);
	/* FEAT_CSV2_2 and CSV2_1p2: SCXTNUM_EL0 and _EL1 exist. */
	bool has_scxtnum = csv2 >= 2 ||
			   (csv2 == 1 && ID_FIELD(r[ID_AA64PFR1], CSV2_FRAC_SHIFT) >= 2);

	return (has_pauth ? CTXT_PAUTH : 0) | (has_scxtnum ? CTXT_SCXTNUM : 0) |
	       (d->midr ? CTXT_MIDR : 0) | (host_has_ras ? CTXT_DISR : 0);
}
