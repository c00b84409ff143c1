/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an unprivileged domain may use of the store. Counted items live in an account per domain;
 * the others are limits of a single thing. Domain 0 is counted and never refused.
 */
#ifndef XENSTORED_QUOTA_H
#define XENSTORED_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xentools/macros.h>

#define QUOTA_MAX_DOMID 0x7fefu		/* the last below DOMID_FIRST_RESERVED */

enum quota_item {
	/* counted per domain */
	QUOTA_NODES,
	QUOTA_WATCHES,
	QUOTA_TRANSACTIONS,
	QUOTA_MEMORY,
	QUOTA_COUNTED,
	/* limits of one thing */
	QUOTA_NODE_SIZE = QUOTA_COUNTED,
	QUOTA_NODE_PERMS,
	QUOTA_TRANSACTION_NODES,
	QUOTA_PATH_LENGTH,
	QUOTA_PATH_DEPTH,
	QUOTA_REQUESTS,
	QUOTA_EVENTS,
	QUOTA_ITEMS,
};

struct node;

struct account {
	uint32_t domid;
	size_t used[QUOTA_COUNTED];
	struct node *owned;	/* every node of this owner, see node.c */
};

struct quotas {
	size_t limit[QUOTA_ITEMS];
	struct account **accounts;	/* by domid */
};

int quotas_init(struct quotas *q) MUST_CHECK;
void quotas_free(struct quotas *q);

const char *quota_name(enum quota_item item);
int quota_set_limit(struct quotas *q, const char *name, size_t limit);

/* The domain's account, made when missing; NULL without memory. domid <= QUOTA_MAX_DOMID. */
struct account *quota_account(struct quotas *q, uint32_t domid);
/* The account, or NULL when the domain uses nothing. */
struct account *quota_account_peek(const struct quotas *q, uint32_t domid);
void quota_forget_domain(struct quotas *q, uint32_t domid);

/* 0, or the error that the protocol asks for (-ENOSPC, -E2BIG). Changes nothing. */
int quota_check(const struct quotas *q, uint32_t domid, enum quota_item item, size_t more)
	MUST_CHECK;
/* Check, then count: 0, -ENOSPC, -E2BIG or -ENOMEM. */
int quota_charge(struct quotas *q, uint32_t domid, enum quota_item item, size_t n) MUST_CHECK;
void quota_uncharge(struct quotas *q, uint32_t domid, enum quota_item item, size_t n);

#endif
