/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the store's limits, for those who set them and for the daemon. */
#include <xentools/store_limit.h>

const char *const quota_names[QUOTA_ITEMS] = {
	[QUOTA_NODES] = "nodes",
	[QUOTA_WATCHES] = "watches",
	[QUOTA_TRANSACTIONS] = "transactions",
	[QUOTA_MEMORY] = "memory",
	[QUOTA_NODE_SIZE] = "node-size",
	[QUOTA_NODE_PERMS] = "node-permissions",
	[QUOTA_TRANSACTION_NODES] = "transaction-nodes",
	[QUOTA_PATH_LENGTH] = "path-length",
	[QUOTA_PATH_DEPTH] = "path-depth",
	[QUOTA_REQUESTS] = "outstanding",
	[QUOTA_EVENTS] = "queued-events",
};
