/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits, one row each, and the accounts that the counted ones are charged to. Callers charge
 * before the work and give back what they do not use; quota_check() is asked for things that are
 * charged later, at a transaction's commit. Accounts of dead domains are dropped as a whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "quota.h"

static const struct {
	uint32_t limit;
	int error;
} rows[QUOTA_ITEMS] = {
	[QUOTA_NODES] = { 1000, ENOSPC },
	[QUOTA_WATCHES] = { 128, E2BIG },
	[QUOTA_TRANSACTIONS] = { 10, ENOSPC },
	[QUOTA_MEMORY] = { 2560 * 1024, ENOSPC },
	[QUOTA_NODE_SIZE] = { 2048, ENOSPC },
	[QUOTA_NODE_PERMS] = { 5, ENOSPC },
	[QUOTA_TRANSACTION_NODES] = { 1024, ENOSPC },
	[QUOTA_PATH_LENGTH] = { 2048, EINVAL },
	[QUOTA_PATH_DEPTH] = { 64, EINVAL },
	[QUOTA_REQUESTS] = { 20, ENOSPC },
	[QUOTA_EVENTS] = { 512, ENOSPC },
};

int quotas_init(struct quotas *q)
{
	for (size_t i = 0; i < QUOTA_ITEMS; i++)
		q->limit[i] = rows[i].limit;
	q->accounts = calloc(QUOTA_MAX_DOMID + 1, sizeof(struct account *));
	return q->accounts ? 0 : -ENOMEM;
}

void quotas_free(struct quotas *q)
{
	if (!q->accounts)
		return;
	for (size_t i = 0; i <= QUOTA_MAX_DOMID; i++)
		free(q->accounts[i]);
	free(q->accounts);
	q->accounts = NULL;
}

/* The item of a name that may have the limit, or a negative errno. */
static int find(const char *name, uint32_t limit)
{
	int i = 0;

	while (i < QUOTA_ITEMS && strcmp(quota_names[i], name))
		i++;
	if (i == QUOTA_ITEMS)
		return -ENOENT;
	/* Who may ask nothing waits for ever, domain 0 too. */
	return i == QUOTA_REQUESTS && !limit ? -EINVAL : i;
}

int quota_set_limit(struct quotas *q, const char *name, uint32_t limit)
{
	int i = find(name, limit);

	if (i >= 0)
		q->limit[i] = limit;
	return MIN(i, 0);
}

int quota_set_own(struct quotas *q, uint32_t domid, const char *name, uint32_t limit)
{
	int i = find(name, limit);
	struct account *account;

	if (i < 0 || domid == 0 || domid > QUOTA_MAX_DOMID)
		return i < 0 ? i : -EINVAL;
	account = quota_account(q, domid);
	if (!account)
		return -ENOMEM;
	account->own |= 1u << i;
	account->limit[i] = limit;
	return 0;
}

uint32_t quota_limit(const struct quotas *q, uint32_t domid, enum quota_item item)
{
	const struct account *account = quota_account_peek(q, domid);

	return account && account->own >> item & 1 ? account->limit[item] : q->limit[item];
}

struct account *quota_account_peek(const struct quotas *q, uint32_t domid)
{
	return domid <= QUOTA_MAX_DOMID ? q->accounts[domid] : NULL;
}

struct account *quota_account(struct quotas *q, uint32_t domid)
{
	struct account *account = quota_account_peek(q, domid);

	if (account || domid > QUOTA_MAX_DOMID)
		return account;
	account = calloc(1, sizeof(*account));
	if (!account)
		return NULL;
	account->domid = domid;
	q->accounts[domid] = account;
	q->present[domid / 64] |= UINT64_C(1) << domid % 64;
	return account;
}

uint32_t quota_next_domain(const struct quotas *q, uint32_t domid)
{
	uint32_t i = domid / 64;
	uint64_t word;

	if (domid > QUOTA_MAX_DOMID)
		return domid;
	for (word = q->present[i] & ~UINT64_C(0) << domid % 64; !word; word = q->present[i])
		if (++i == ARRAY_SIZE(q->present))
			return QUOTA_MAX_DOMID + 1;
	return i * 64 + (uint32_t)__builtin_ctzll(word);
}

/* The domain's nodes, watches, transactions and messages must be gone. */
void quota_forget_domain(struct quotas *q, uint32_t domid)
{
	if (domid > QUOTA_MAX_DOMID)
		return;
	free(q->accounts[domid]);
	q->accounts[domid] = NULL;
	q->present[domid / 64] &= ~(UINT64_C(1) << domid % 64);
}

int quota_check(const struct quotas *q, uint32_t domid, enum quota_item item, size_t more)
{
	const struct account *account = quota_account_peek(q, domid);
	size_t used = item < QUOTA_COUNTED && account ? account->used[item] : 0;
	size_t limit = quota_limit(q, domid, item);

	if (domid == 0 || q->off)
		return 0;
	if (used > limit || more > limit - used)
		return -rows[item].error;
	return 0;
}

int quota_charge(struct quotas *q, uint32_t domid, enum quota_item item, size_t n)
{
	struct account *account;
	int rc = quota_check(q, domid, item, n);

	if (rc)
		return rc;
	account = quota_account(q, domid);
	if (!account)
		return -ENOMEM;
	account->used[item] += n;
	return 0;
}

void quota_uncharge(struct quotas *q, uint32_t domid, enum quota_item item, size_t n)
{
	struct account *account = quota_account_peek(q, domid);

	if (account)
		account->used[item] -= MIN(n, account->used[item]);
}
