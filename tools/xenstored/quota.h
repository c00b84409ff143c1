/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an unprivileged domain may use of the store. Counted items live in an account per domain;
 * the others are limits of a single thing. A domain may have limits of its own, in its account,
 * which go with it. Domain 0 is counted and never refused.
 */
#ifndef XENSTORED_QUOTA_H
#define XENSTORED_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xentools/macros.h>
#include <xentools/store_limit.h>

#define QUOTA_MAX_DOMID 0x7fefu		/* the last below DOMID_FIRST_RESERVED */

struct node;

struct account {
	uint32_t domid;
	size_t used[QUOTA_COUNTED];
	uint32_t own;		/* a bit for each item whose limit is the domain's own */
	uint32_t limit[QUOTA_ITEMS];
	struct node *owned;	/* every node of this owner, see node.c */
};

struct quotas {
	uint32_t limit[QUOTA_ITEMS];
	bool off;			/* what was within the limits of its time is replayed */
	struct account **accounts;	/* by domid */
	uint64_t present[QUOTA_MAX_DOMID / 64 + 1];	/* a bit for each that there is */
};

int quotas_init(struct quotas *q) MUST_CHECK;
void quotas_free(struct quotas *q);

/* 0, -ENOENT for a name that none has, -EINVAL for a limit nobody could live with. */
int quota_set_limit(struct quotas *q, const char *name, uint32_t limit) MUST_CHECK;
/* The same for one domain, other than 0; -ENOMEM. */
int quota_set_own(struct quotas *q, uint32_t domid, const char *name, uint32_t limit) MUST_CHECK;
/* What holds for the domain. */
uint32_t quota_limit(const struct quotas *q, uint32_t domid, enum quota_item item);

/* The domain's account, made when missing; NULL without memory. domid <= QUOTA_MAX_DOMID. */
struct account *quota_account(struct quotas *q, uint32_t domid);
/* The account, or NULL when the domain uses nothing. */
struct account *quota_account_peek(const struct quotas *q, uint32_t domid);
void quota_forget_domain(struct quotas *q, uint32_t domid);
/* The first domain from this one on that has an account; above QUOTA_MAX_DOMID: none. */
uint32_t quota_next_domain(const struct quotas *q, uint32_t domid);

/* 0, or the error that the protocol asks for (-ENOSPC, -E2BIG). Changes nothing. */
int quota_check(const struct quotas *q, uint32_t domid, enum quota_item item, size_t more)
	MUST_CHECK;
/* Check, then count: 0, -ENOSPC, -E2BIG or -ENOMEM. */
int quota_charge(struct quotas *q, uint32_t domid, enum quota_item item, size_t n) MUST_CHECK;
void quota_uncharge(struct quotas *q, uint32_t domid, enum quota_item item, size_t n);

#endif
