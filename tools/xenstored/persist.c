/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State to records and back. A record says what became so, not what was asked for; replaying needs
 * neither rights nor limits and fires no events: those that were due are records too. A snapshot
 * is made of the same records, so there is one way back. What a commit covers is complete in
 * itself: requests taken from a ring, their effects, their answers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/error.h>
#include <xentools/log.h>
#include <xentools/xs_path.h>

#include "domain.h"
#include "persist.h"

/* --- records to state --- */

/* A record's strings are not NUL-terminated. Paths of nodes and of watches. */
static int copy_string(const struct jrec *rec, size_t i, char **ret)
{
	*ret = strndup(rec->s[i].p, rec->s[i].len);
	if (!*ret)
		return -ENOMEM;
	return strlen(*ret) == rec->s[i].len ? 0 : -EPROTO;
}

/* Each domain named gets an account, so that its end is noticed. */
static int take_perms(struct store *store, const struct jrec *rec, struct perm_list **ret)
{
	struct xs_perm perms[XS_WIRE_PAYLOAD_MAX / 3];
	size_t n = rec->s[1].len / sizeof(perms[0]);

	if (!n || rec->s[1].len % sizeof(perms[0]) || n > ARRAY_SIZE(perms))
		return -EPROTO;
	memcpy(perms, rec->s[1].p, rec->s[1].len);
	for (size_t i = 0; i < n; i++) {
		if (perms[i].domid > QUOTA_MAX_DOMID)
			return -EPROTO;
		if (!quota_account(&store->quotas, perms[i].domid))
			return -ENOMEM;
	}
	*ret = perm_list_get(&store->perms, perms, n);
	return *ret ? 0 : -ENOMEM;
}

static int make_node(struct tree *tree, const char *path, struct perm_list *perms,
		     struct node **ret)
{
	size_t parent_len = xs_path_parent_len(path);
	char parent_path[XS_PATH_ABS_MAX];
	const char *name = xs_path_name(path);
	struct node *parent;

	if (parent_len >= sizeof(parent_path))
		return -EPROTO;
	memcpy(parent_path, path, parent_len);
	parent_path[parent_len] = '\0';
	parent = node_find(tree, parent_path);
	if (!parent)
		return -EPROTO;
	*ret = node_new(tree, name, strlen(name), perms);
	if (!*ret)
		return -ENOMEM;
	node_link(tree, parent, *ret);
	return 0;
}

static int apply_node(struct server *server, const struct jrec *rec)
{
	struct tree *tree = &server->store.tree;
	_cleanup_free_ char *path = NULL, *value = NULL;
	struct perm_list *perms = NULL;
	struct node *node;
	int rc = copy_string(rec, 0, &path);

	if (!rc && !(xs_path_is_absolute(path) && xs_path_is_valid(path)))
		rc = -EPROTO;
	if (!rc && rec->s[2].len) {
		value = malloc(rec->s[2].len);
		if (!value)
			return -ENOMEM;
		memcpy(value, rec->s[2].p, rec->s[2].len);
	}
	if (!rc)
		rc = take_perms(&server->store, rec, &perms);
	if (rc)
		return rc;
	node = node_find(tree, path);
	if (node)
		node_set_perms(tree, node, perms);
	else
		rc = make_node(tree, path, perms, &node);
	if (rc)
		perm_list_put(&server->store.perms, perms);
	else
		node_set_value(tree, node, steal_ptr(value), rec->s[2].len);
	return rc;
}

static int apply_rm(struct server *server, const struct jrec *rec)
{
	struct tree *tree = &server->store.tree;
	_cleanup_free_ char *path = NULL;
	int rc = copy_string(rec, 0, &path);
	struct node *node = rc ? NULL : node_find(tree, path);

	if (!node || node == tree->root)
		return rc ? rc : -EPROTO;
	node_remove(tree, node);
	return 0;
}

static int apply_forget(struct server *server, const struct jrec *rec)
{
	struct account *account = quota_account_peek(&server->store.quotas, rec->a);

	if (rec->a == 0 || (account && account->owned))
		return -EPROTO;
	store_forget_domain(&server->store, rec->a);
	return 0;
}

static int apply_limit(struct server *server, const struct jrec *rec)
{
	_cleanup_free_ char *name = NULL;
	int rc = copy_string(rec, 0, &name);

	if (!rc)
		rc = quota_set_own(&server->store.quotas, rec->a, name, rec->b);
	return rc && rc != -ENOMEM ? -EPROTO : rc;
}

static int apply_special(struct server *server, const struct jrec *rec)
{
	struct perm_list *perms;
	int rc = rec->a < SPECIAL_COUNT ? take_perms(&server->store, rec, &perms) : -EPROTO;

	if (!rc)
		store_set_special(&server->store, (enum store_special)rec->a, perms);
	return rc;
}

static int apply_nothing(struct server *server UNUSED, const struct jrec *rec UNUSED)
{
	return 0;
}

static int apply_domain(struct server *server, const struct jrec *rec)
{
	return domain_restore(server, rec->a, rec->b, rec->c);
}

static int apply_release(struct server *server, const struct jrec *rec)
{
	if (domain_find(server, rec->a))
		domain_drop(domain_find(server, rec->a));
	return 0;
}

static int apply_connect(struct server *server, const struct jrec *rec)
{
	struct domain *domain = domain_find(server, rec->a);

	return domain ? domain_connect(domain, rec->b, rec->c) : -EPROTO;
}

static int apply_drop(struct server *server UNUSED, struct connection *conn,
		      const struct jrec *rec UNUSED)
{
	connection_close(conn);
	return 0;
}

static int apply_target(struct server *server UNUSED, struct connection *conn,
			const struct jrec *rec)
{
	conn->watcher.cred.target = rec->b;
	return 0;
}

static int apply_watch(struct server *server, struct connection *conn, const struct jrec *rec)
{
	_cleanup_free_ char *path = NULL, *token = NULL;
	struct watch *watch;
	int rc = copy_string(rec, 0, &path);

	if (!rc)
		rc = copy_string(rec, 1, &token);
	if (!rc && rec->b > strlen(path))
		rc = -EPROTO;
	if (!rc && rec->type == JREC_WATCH)
		rc = watch_add(&server->store.watches, &conn->watcher, path, rec->b, token,
			       &watch);
	else if (!rc)
		rc = watch_remove(&server->store.watches, &conn->watcher, path, token);
	return rc;
}

static int apply_reset(struct server *server UNUSED, struct connection *conn,
		       const struct jrec *rec UNUSED)
{
	connection_reset(conn);
	return 0;
}

/* What it had changed is lost: it may end, and cannot succeed. */
static int apply_tx(struct server *server, struct connection *conn, const struct jrec *rec)
{
	struct tx *tx;
	int rc = tx_start(&server->store, &conn->watcher.cred, rec->b, &tx);

	if (rc)
		return rc;
	tx->doomed = tx->lost = true;
	connection_add_tx(conn, tx);
	return 0;
}

static int apply_tx_end(struct server *server UNUSED, struct connection *conn,
			const struct jrec *rec)
{
	struct tx *tx = connection_find_tx(conn, rec->b);

	if (!tx)
		return -EPROTO;
	connection_forget_tx(conn, tx);
	tx_abort(tx);
	return 0;
}

static int apply_stream(struct server *server, struct connection *conn, const struct jrec *rec)
{
	struct domain *domain = domain_find(server, rec->a);

	if (rec->s[0].len > XS_WIRE_MESSAGE_MAX)
		return -EPROTO;
	if (!conn->in)
		conn->in = malloc(XS_WIRE_MESSAGE_MAX);
	if (!conn->in)
		return -ENOMEM;
	memcpy(conn->in, rec->s[0].p, rec->s[0].len);
	conn->in_len = domain->recorded_len = rec->s[0].len;
	domain->req_cons = domain->recorded_cons = rec->b;
	return 0;
}

static int apply_out(struct server *server UNUSED, struct connection *conn, const struct jrec *rec)
{
	return connection_restore_message(conn, rec->s[0].p, rec->s[0].len);
}

static int (*const of_server[JREC_TYPES])(struct server *server, const struct jrec *rec) = {
	[JREC_NODE] = apply_node,
	[JREC_RM] = apply_rm,
	[JREC_FORGET] = apply_forget,
	[JREC_SPECIAL] = apply_special,
	[JREC_DOMAIN] = apply_domain,
	[JREC_RELEASE] = apply_release,
	[JREC_CONNECT] = apply_connect,
	[JREC_WHOLE] = apply_nothing,
	[JREC_LIMIT] = apply_limit,
};

static int (*const of_connection[JREC_TYPES])(struct server *server, struct connection *conn,
					      const struct jrec *rec) = {
	[JREC_DROP] = apply_drop,
	[JREC_TARGET] = apply_target,
	[JREC_WATCH] = apply_watch,
	[JREC_UNWATCH] = apply_watch,
	[JREC_RESET] = apply_reset,
	[JREC_TX] = apply_tx,
	[JREC_TX_END] = apply_tx_end,
	[JREC_STREAM] = apply_stream,
	[JREC_OUT] = apply_out,
};

static int apply(struct server *server, const struct jrec *rec)
{
	struct domain *domain;

	if (of_server[rec->type])
		return of_server[rec->type](server, rec);
	/* What was still said to a client that was dropped is of no account. */
	domain = domain_find(server, rec->a);
	if (!domain || !domain->conn)
		return 0;
	return of_connection[rec->type](server, domain->conn, rec);
}

int persist_replay(struct server *server, const char *buf, size_t len, size_t pos)
{
	struct tree *tree = &server->store.tree;
	const char *records;
	struct jrec rec;
	size_t n, at;
	int rc = 1;

	server->store.quotas.off = true;
	while (tree->root->first_child)
		node_remove(tree, tree->root->first_child);
	while (rc >= 0 && journal_frame_next(buf, len, &pos, &records, &n)) {
		at = 0;
		while ((rc = jrec_next(records, n, &at, &rec)) == 1) {
			rc = apply(server, &rec);
			if (rc)
				break;
		}
	}
	server->store.quotas.off = false;
	return rc < 0 ? rc : 0;
}

int persist_load(struct server *server, struct journal *j, struct zerr **err)
{
	_cleanup_free_ char *buf = NULL;
	size_t len, pos;
	int rc = journal_load(j, &buf, &len, &pos);

	if (rc > 0 && !journal_is_whole(buf, len, pos)) {
		zlog(ZLOG_ERROR, "the journal is damaged: the store begins anew, and guests that "
		     "run have none until they are started again");
		return 0;
	}
	if (rc > 0)
		rc = persist_replay(server, buf, len, pos);
	if (rc == -EPROTO)
		zlog(ZLOG_ERROR, "the journal says what cannot be: the store is as it was before");
	else if (rc)
		return zerr_set(err, ZERR_FAILED, "E128", -rc, "cannot read the journal");
	return 0;
}

/* --- state to records --- */

static void save_connection(const struct domain *domain)
{
	struct connection *conn = domain->conn;
	struct journal *j = domain->server->store.tree.journal;
	struct jrec rec = { .type = JREC_STREAM, .a = domain->domid, .b = domain->req_cons };

	domain_record_connection(domain, domain->req_cons,
				 domain->rsp_prod - (conn->out ? conn->out->sent : 0));
	if (conn->watcher.cred.target != CRED_NO_TARGET)
		connection_record(conn, JREC_TARGET, conn->watcher.cred.target, NULL, NULL);
	for (struct watch *w = conn->watcher.watches; w; w = w->next)
		connection_record(conn, JREC_WATCH, (uint32_t)w->skip, w->path, w->token);
	for (struct tx *tx = conn->transactions; tx; tx = tx->next)
		connection_record(conn, JREC_TX, tx->id, NULL, NULL);
	rec.s[0].p = conn->in;
	rec.s[0].len = conn->in_len;
	journal_add(j, &rec);
	rec.type = JREC_OUT;
	for (struct out_msg *m = conn->out; m; m = m->next) {
		rec.s[0].p = m->data;
		rec.s[0].len = m->len;
		journal_add(j, &rec);
	}
}

static void snapshot(struct server *server)
{
	struct store *store = &server->store;
	struct journal *j = store->tree.journal;

	journal_snapshot_begin(j);
	for (struct node *n = store->tree.root; n; n = node_next_in(store->tree.root, n))
		node_record(&store->tree, n);
	for (int i = 0; i < SPECIAL_COUNT; i++)
		store_set_special(store, (enum store_special)i, perm_list_ref(store->special[i]));
	for (uint32_t domid = 0; domid <= QUOTA_MAX_DOMID; domid++) {
		store_record_limits(store, domid);
		if (!server->domains[domid])
			continue;
		domain_record(server->domains[domid]);
		if (server->domains[domid]->conn)
			save_connection(server->domains[domid]);
	}
	journal_snapshot_end(j);
}

void persist_start(struct server *server, struct journal *j)
{
	server->store.tree.journal = j;
	snapshot(server);
}

void persist_commit(struct server *server)
{
	if (journal_commit(server->store.tree.journal))
		snapshot(server);
}
