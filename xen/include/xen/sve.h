/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SVE of domains that ask for it (core/sve.c). A domain's vector length is counted in 128 bits, 0
 * is none; it is chosen before there are vCPUs and constant from then on.
 */
#pragma once

#include <xen/domain.h>

#define SVE_VL_MAX	16u

struct vcpu_sve {
	uint64_t zcr, pad;
	/* By the domain's length: Z0..Z31, P0..P15, FFR. V0..V31 are in Z and not in vcpu_ctxt.fp. */
	uint64_t regs[];
};

/*
 * One more CPU: bit n of lengths is one of (n + 1) * 128 bits. first: begin anew. Domains are given
 * those up to which all CPUs are alike: by ZCR_EL1 a guest can ask for any.
 */
void sve_add_cpu(uint32_t lengths, bool first);
bool sve_has_length(uint32_t vl);
uint32_t sve_max_length(void);			/* 0: no SVE */

/* For d, of AArch64 and without vCPUs. -EINVAL; -EOPNOTSUPP: not on this host; -ENOMEM. */
int sve_choose(struct domain *d, uint32_t vl) __must_check;
/* Words of regs[], and pages that each vCPU of d has for it. */
uint32_t sve_words(const struct domain *d), sve_pages(const struct domain *d);
void sve_vcpu_reset(struct vcpu *v);
