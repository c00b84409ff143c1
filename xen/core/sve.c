/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SVE: which vector lengths the host's CPUs have in common, which one a domain has, and the memory
 * for its vCPUs' registers, which a domain without SVE does not have.
 */
#include <xen/heap.h>
#include <xen/id_regs.h>
#include <xen/lib.h>
#include <xen/sve.h>
#include <xen/vcpu.h>

/* Bytes of all registers at 128 bits: 32 vectors, 16 predicates and FFR. */
#define BYTES_AT_128	(32u * 16u + 17u * 2u)

static uint32_t host_lengths __ro_after_init;

void sve_add_cpu(uint32_t lengths, bool first)
{
	uint32_t differ = first ? 0 : lengths ^ host_lengths;

	/* Below the lowest one that not both have. */
	host_lengths = lengths & ((differ & -differ) - 1);
}

bool sve_has_length(uint32_t vl)
{
	return vl && vl <= SVE_VL_MAX && (host_lengths >> (vl - 1) & 1);
}

uint32_t sve_max_length(void)
{
	return host_lengths ? 32u - (uint32_t)__builtin_clz(host_lengths) : 0;
}

int sve_choose(struct domain *d, uint32_t vl)
{
	if (vl > SVE_VL_MAX || (vl && d->is_aarch32))
		return -EINVAL;
	if (vl && !sve_has_length(vl))
		return -EOPNOTSUPP;
	if (!vl == !d->sve_vl || !id_regs_set_sve(d, vl)) {
		d->sve_vl = (uint8_t)vl;
		return 0;
	}
	return -ENOMEM;
}

uint32_t sve_words(const struct domain *d)
{
	return DIV_ROUND_UP(d->sve_vl * BYTES_AT_128, 8u);
}

static unsigned int order(const struct domain *d)
{
	size_t size = sizeof(struct vcpu_sve) + 8UL * sve_words(d);
	unsigned int n = 0;

	while (PAGE_SIZE << n < size)
		n++;
	return n;
}

uint32_t sve_pages(const struct domain *d) { return d->sve_vl ? 1u << order(d) : 0; }

void sve_vcpu_reset(struct vcpu *v)
{
	if (v->sve)
		memset(v->sve, 0, sizeof(*v->sve) + 8UL * sve_words(v->domain));
}

/* -ENOMEM. */
int sve_vcpu_init(struct vcpu *v)
{
	if (!v->domain->sve_vl)
		return 0;
	v->sve = domain_heap_alloc_pages(v->domain, order(v->domain));
	return v->sve ? 0 : -ENOMEM;
}

void sve_vcpu_free(struct vcpu *v)
{
	if (v->sve)
		domain_heap_free_pages(v->domain, v->sve, order(v->domain));
}
