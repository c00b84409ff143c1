/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A store for tests of the tree, with operations that take and give plain text, and a watcher that
 * writes down what it hears.
 */
#ifndef TESTS_UNIT_XS_WORLD_H
#define TESTS_UNIT_XS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/strbuf.h>
#include <xentools/xs_path.h>
#include <xentools/xs_wire.h>

#include "tools/xenstored/store.h"
#include "tools/xenstored/transaction.h"

static struct store xs_store;
static const struct cred dom0 = { 0, CRED_NO_TARGET };
static const struct cred dom1 = { 1, CRED_NO_TARGET };
static const struct cred dom2 = { 2, CRED_NO_TARGET };

struct hearer {
	struct watcher watcher;
	struct strbuf heard;	/* "path:token " for each event */
};

static inline void hear(struct watcher *watcher, struct watch *watch, const char *path)
{
	struct hearer *h = container_of(watcher, struct hearer, watcher);

	strbuf_addf(&h->heard, "%s:%s ", path, watch->token);
}

static inline void hearer_init(struct hearer *h, const struct cred *cred)
{
	*h = (struct hearer){ { *cred, NULL, hear }, STRBUF_INIT };
}

static inline void hearer_free(struct hearer *h)
{
	watch_remove_all(&xs_store.watches, &h->watcher);
	strbuf_free(&h->heard);
}

static inline void assert_heard(struct hearer *h, const char *expected)
{
	assert_string_equal(strbuf_cstr(&h->heard), expected);
	strbuf_reset(&h->heard);
}

static inline void hearer_watch(struct hearer *h, const char *path, const char *token)
{
	struct watch *watch;

	assert_int_equal(watch_add(&xs_store.watches, &h->watcher, path, 0, token, &watch), 0);
}

static inline int put(struct tx *tx, const struct cred *cred, const char *path, const char *value)
{
	return store_write(&xs_store, tx, cred, path, value, strlen(value));
}

static inline void assert_value(struct tx *tx, const struct cred *cred, const char *path,
				const char *expected)
{
	const char *value;
	size_t len;

	assert_int_equal(store_read(&xs_store, tx, cred, path, &value, &len), 0);
	assert_int_equal(len, strlen(expected));
	if (len)
		assert_memory_equal(value, expected, len);
}

static inline int try_read(struct tx *tx, const struct cred *cred, const char *path)
{
	const char *value;
	size_t len;

	return store_read(&xs_store, tx, cred, path, &value, &len);
}

/* Children as "a b c". */
static inline void assert_list(struct tx *tx, const char *path, const char *expected)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	uint64_t gen;
	bool whole;

	assert_int_equal(store_list(&xs_store, tx, &dom0, path, 0, 4096, &sb, &whole, &gen), 0);
	assert_true(whole);
	for (size_t i = 0; i < sb.len; i++)
		if (!sb.buf[i])
			sb.buf[i] = i + 1 == sb.len ? '\0' : ' ';
	assert_string_equal(strbuf_cstr(&sb), expected);
}

/* Permissions from "n0 r1". */
static inline int chperm(struct tx *tx, const struct cred *cred, const char *path, const char *text)
{
	struct xs_perm perms[16];
	size_t n = 0;
	char copy[128], *save, *word;

	snprintf(copy, sizeof(copy), "%s", text);
	for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		assert_int_equal(xs_wire_perm_parse(word, &perms[n++]), 0);
	return store_set_perms(&xs_store, tx, cred, path, perms, n);
}

static inline void assert_perms(struct tx *tx, const char *path, const char *expected)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	const struct perm_list *list;
	char text[XS_WIRE_PERM_MAX];

	assert_int_equal(store_get_perms(&xs_store, tx, &dom0, path, &list), 0);
	for (size_t i = 0; i < list->n; i++) {
		xs_wire_perm_format(&list->p[i], text);
		strbuf_addf(&sb, "%s%s", i ? " " : "", text);
	}
	assert_string_equal(strbuf_cstr(&sb), expected);
}

static inline struct tx *begin(const struct cred *cred)
{
	struct tx *tx;

	assert_int_equal(tx_start(&xs_store, cred, 1, &tx), 0);
	return tx;
}

static inline size_t used(uint32_t domid, enum quota_item item)
{
	struct account *account = quota_account_peek(&xs_store.quotas, domid);

	return account ? account->used[item] : 0;
}

static inline int xs_world_setup(void **state UNUSED)
{
	return store_init(&xs_store);
}

/* Every test leaves a tree that fits together. */
static inline int xs_world_teardown(void **state UNUSED)
{
	unsigned int wrong = tree_check(&xs_store.tree);

	store_free(&xs_store);
	return wrong ? -1 : 0;
}

#define xs_test(fn) cmocka_unit_test_setup_teardown(fn, xs_world_setup, xs_world_teardown)

#endif
