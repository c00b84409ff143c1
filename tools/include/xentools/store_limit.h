/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What xenstored limits of an unprivileged domain: the daemon's names, which are those of its
 * CONTROL command and, behind "xenstore-", of the attributes of <z:limits>.
 */
#ifndef XENTOOLS_STORE_LIMIT_H
#define XENTOOLS_STORE_LIMIT_H

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

extern const char *const quota_names[QUOTA_ITEMS];

#endif
