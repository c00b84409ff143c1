/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands to the daemon itself (CONTROL), a row each. Answers are text for people.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <xentools/log.h>
#include <xentools/parse_num.h>
#include <xentools/str_table.h>

#include "journal.h"
#include "request.h"
#include "transaction.h"

#define MAX_PARAMS 4

static const struct str_row log_levels[] = {
	{ "error", ZLOG_ERROR }, { "warning", ZLOG_WARNING }, { "info", ZLOG_INFO },
	{ "debug", ZLOG_DEBUG }, { "on", ZLOG_DEBUG },	     { "off", ZLOG_INFO },
};

static int control_help(struct request *req, const char **params, size_t n);

static int control_check(struct request *req, const char **params UNUSED, size_t n UNUSED)
{
	unsigned int wrong = tree_check(&req->store->tree);

	if (wrong)
		strbuf_addf(&req->reply, "%u inconsistencies in the tree\n", wrong);
	return 0;
}

static int control_log(struct request *req UNUSED, const char **params, size_t n)
{
	int level;

	if (n != 1 || str_table_value(log_levels, ARRAY_SIZE(log_levels), params[0], &level))
		return -EINVAL;
	zlog_set_level((enum zlog_level)level);
	return 0;
}

static int control_print(struct request *req UNUSED, const char **params, size_t n)
{
	char text[256];

	if (n != 1)
		return -EINVAL;
	zlog(ZLOG_INFO, "control: %s",
	     zlog_clean(text, sizeof(text), params[0], strlen(params[0])));
	return 0;
}

/* "nodes 12 of 1000", "node-size 2048": what a domain has; with domid 0 what any has. */
static void show_limits(struct request *req, uint32_t domid)
{
	const struct quotas *quotas = &req->store->quotas;
	const struct account *account = quota_account_peek(quotas, domid);

	for (size_t i = 0; i < QUOTA_ITEMS; i++) {
		strbuf_addf(&req->reply, "%-18s ", quota_names[i]);
		if (domid && i < QUOTA_COUNTED)
			strbuf_addf(&req->reply, "%zu of ", account ? account->used[i] : 0);
		strbuf_addf(&req->reply, "%" PRIu32 "\n",
			    quota_limit(quotas, domid, (enum quota_item)i));
	}
}

/* The domain stands where the protocol's SET_QUOTA, which came later, has it: before the name. */
static int control_quota(struct request *req, const char **params, size_t n)
{
	bool set = n >= 3 && !strcmp(params[0], "set"), one = n == 1 || n == 4;
	uint32_t domid = 0, limit;
	int rc;

	if ((n && !set && n != 1) || (one && (parse_domid(params[set], &domid) || !domid)))
		return -EINVAL;
	if (!set) {
		show_limits(req, domid);
		return 0;
	}
	if (parse_u32(params[n - 1], 0, UINT32_MAX, &limit))
		return -EINVAL;
	rc = one ? store_set_limit(req->store, domid, params[2], limit) :
		   quota_set_limit(&req->store->quotas, params[1], limit);
	return rc == -ENOMEM ? rc : rc ? -EINVAL : 0;
}

static int control_stats(struct request *req, const char **params UNUSED, size_t n UNUSED)
{
	const struct server *server = req->server;
	const struct journal *j = server->store.tree.journal;
	size_t transactions = 0;

	for (const struct connection *c = server->connections; c; c = c->next)
		for (const struct tx *tx = c->transactions; tx; tx = tx->next)
			transactions++;
	strbuf_addf(&req->reply, "nodes %zu\nwatches %zu\nconnections %zu\ndomains %zu\n"
		    "transactions %zu\nrequests %" PRIu64 "\njournal_bytes %zu\n",
		    server->store.tree.n_nodes, server->store.watches.n_watches,
		    server->n_connections, server->n_domains, transactions, server->n_requests,
		    j ? j->size : 0);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(struct request *req, const char **params, size_t n);
	const char *help;
} commands[] = {
	{ "check", control_check, "" },
	{ "help", control_help, "" },
	{ "log", control_log, "error|warning|info|debug|on|off" },
	{ "print", control_print, "TEXT" },
	{ "quota", control_quota, "[DOMID | set [DOMID] NAME LIMIT]" },
	{ "stats", control_stats, "" },
};

static int control_help(struct request *req, const char **params UNUSED, size_t n UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		strbuf_addf(&req->reply, "%s %s\n", commands[i].name, commands[i].help);
	return 0;
}

int request_control(struct request *req)
{
	const char *strings[1 + MAX_PARAMS];
	size_t rest;
	size_t n = xs_wire_strings(req->body, req->len, strings, 1 + MAX_PARAMS, &rest);

	if (!n || rest != req->len)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		int rc;

		if (strcmp(commands[i].name, strings[0]))
			continue;
		rc = commands[i].fn(req, strings + 1, n - 1);
		if (!rc && req->reply.len)
			strbuf_addch(&req->reply, '\0');
		return rc;
	}
	return -EINVAL;
}
