/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains that a payload makes when it is dom0: one vCPU, one page that holds its code, and more if
 * it is given them.
 */
#ifndef TESTS_GUEST_DOMAIN_H
#define TESTS_GUEST_DOMAIN_H

#include "guest.h"

/* Where in its page a made domain counts; its x0 points there, x1 is ~0. */
#define DOMAIN_COUNT_AT 0x800
#define DOMAIN_PFN 0x40000ul		/* of its page */

enum { SHADOW_LOG_DIRTY = 2, SHADOW_CLEAN = 11 };

struct made_domain {
	uint16_t id;
	uint8_t *page;			/* its first page, mapped here */
	const char *step;		/* what failed, when something did */
	unsigned int sve_bits;		/* that its vectors are to have; 0: no SVE */
};

/* All return 0 or the hypervisor's negative errno. */
int64_t domain_make(struct made_domain *d, uint8_t *page, const void *code, size_t size);
int64_t domain_serial(struct made_domain *d);
int64_t domain_more(struct made_domain *d, uint64_t n);
int64_t domain_written(struct made_domain *d, uint32_t op, void *bits, uint64_t n);
int64_t domain_unpause(const struct made_domain *d);
int64_t domain_pause(const struct made_domain *d);
int64_t domain_trigger(const struct made_domain *d, uint32_t button, uint32_t vcpu);
int64_t domain_pin(uint16_t id, unsigned int cpu);
int64_t domain_weight(const struct made_domain *d, unsigned int weight);
int64_t domain_cpu_time(const struct made_domain *d, uint64_t *ns);

static inline volatile uint64_t *domain_count(const struct made_domain *d)
{
	return (volatile uint64_t *)(d->page + DOMAIN_COUNT_AT);
}

#endif
