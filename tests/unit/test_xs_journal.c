/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal's bytes and file, and the store that comes back from it: whatever the byte where a
 * file is cut, what was committed before is there, and nothing else.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <xentools/fd_util.h>

#include "tools/xenstored/persist.h"
#include "xs_ring_world.h"

#define BOOT "6c1f0d7e-boot-of-this-test"

static char dir[] = "/tmp/test_xs_journal.XXXXXX";
static struct journal journal;

static void open_journal(void)
{
	assert_int_equal(journal_open(&journal, dir, BOOT, (unsigned int)-1, (unsigned int)-1,
				      NULL), 0);
}

static int journal_setup(void **state)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/journal", dir);
	unlink(path);
	if (setup(state))
		return -1;
	open_journal();
	return 0;
}

static int journal_teardown(void **state)
{
	int rc = teardown(state);

	journal_close(&journal);
	return rc;
}

/* Everything that a restart must bring back, as text. */
static char *dump(struct server *server)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	struct tree *tree = &server->store.tree;
	char path[XS_PATH_ABS_MAX];

	for (struct node *n = tree->root; n; n = node_next_in(tree->root, n)) {
		node_path(n, path);
		strbuf_addf(&sb, "%s=%.*s", path, (int)n->value_len, n->value ? n->value : "");
		for (size_t i = 0; i < n->perms->n; i++)
			strbuf_addf(&sb, " %u:%u", n->perms->p[i].domid, n->perms->p[i].access);
		strbuf_addch(&sb, '\n');
	}
	for (uint32_t domid = 0; domid < MAX_DOMS; domid++) {
		struct domain *d = domain_find(server, domid);
		struct account *a = quota_account_peek(&server->store.quotas, domid);

		if (a)
			strbuf_addf(&sb, "account %u %zu %zu %zu own %x", domid, a->used[QUOTA_NODES],
				    a->used[QUOTA_WATCHES], a->used[QUOTA_TRANSACTIONS], a->own);
		for (size_t i = 0; a && i <= QUOTA_ITEMS; i++)
			strbuf_addf(&sb, i < QUOTA_ITEMS ? " %u" : "\n", a->limit[i % QUOTA_ITEMS]);
		if (!d)
			continue;
		strbuf_addf(&sb, "domain %u port %u %d", domid, d->remote_port, d->shutdown);
		if (d->conn)
			strbuf_addf(&sb, " target %u in %zu tx %u watches",
				    d->conn->watcher.cred.target, d->conn->in_len,
				    d->conn->transactions ? d->conn->transactions->id : 0);
		/* Newest first in one process, oldest in the next. */
		for (struct watch *x = d->conn ? d->conn->watcher.watches : NULL; x; x = x->next)
			strbuf_addf(&sb, "%s", x->next ? "," : x->path);
		strbuf_addch(&sb, '\n');
	}
	return strbuf_steal(&sb);
}

static void records_are_read_as_written(void **state UNUSED)
{
	struct jrec rec = { .type = JREC_WATCH, .a = 7, .b = 0xffffffff, .c = 1,
			    .s = { { "/a", 2 }, { "", 0 }, { "x\0y", 3 } } };
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	struct jrec got;
	const char *records;
	size_t pos = 0, at = 0, n;

	journal_frame_begin(&sb);
	jrec_add(&sb, &rec);
	jrec_add(&sb, &rec);
	journal_frame_end(&sb);
	assert_true(journal_frame_next(sb.buf, sb.len, &pos, &records, &n));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(jrec_next(records, n, &at, &got), 1);
		assert_int_equal(got.type, JREC_WATCH);
		assert_int_equal(got.b, 0xffffffff);
		assert_memory_equal(got.s[0].p, "/a", 2);
		assert_memory_equal(got.s[2].p, "x\0y", 3);
	}
	assert_int_equal(jrec_next(records, n, &at, &got), 0);
	assert_false(journal_frame_next(sb.buf, sb.len, &pos, &records, &n));
	for (size_t cut = 1; cut < n; cut++) {	/* no checksum here: never beyond the end */
		at = 0;
		while (jrec_next(records, cut, &at, &got) == 1)
			assert_true(at <= cut);
	}
	for (size_t bit = 0; bit < sb.len * 8; bit++) {
		sb.buf[bit / 8] ^= (char)(1 << bit % 8);
		pos = 0;
		assert_false(journal_frame_next(sb.buf, sb.len, &pos, &records, &n));
		sb.buf[bit / 8] ^= (char)(1 << bit % 8);
	}
}

/* Things to do, each followed by a commit. */
static void act(unsigned int step)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	char path[64];

	switch (step) {
	case 0:
		introduce(1);
		break;
	case 1:
		guest_send(1, XS_WATCH, "a\0tok", 6, &in);
		break;
	case 2:
		guest_send(1, XS_TRANSACTION_START, "", 1, &in);
		break;
	case 3:
		ask(0, XS_SET_PERMS, "/tool\0n0\0r1\0b3", &in);
		break;
	case 4:
		introduce(2);
		ask(0, XS_SET_TARGET, "2\0" "1", &in);
		break;
	case 5:
		ask(0, XS_RM, "/local/domain/1/a/3", &in);
		break;
	case 6:
		guest_put(&w.page[1], "half a mess", 11);
		domain_port_fired(&w.server, 101);
		work();
		break;
	case 7:
		w.states[0].shutdown = true;
		domain_scan(&w.server);
		break;
	case 8:
		ask(0, XS_SET_PERMS, "@releaseDomain\0n0\0r2", &in);
		break;
	case 9:
		ask(0, XS_RELEASE, "2", &in);
		w.n_states = 1;
		break;
	case 10:
		ask(0, XS_CONTROL, "quota\0set\0" "2\0nodes\0" "50", &in);
		ask(0, XS_CONTROL, "quota\0set\0" "1\0watches\0" "0", &in);
		break;
	default:
		snprintf(path, sizeof(path), "/local/domain/1/a/%u", step % 5);
		assert_int_equal(store_write(&w.server.store, NULL, &dom1, path, "value", 5), 0);
		break;
	}
	work();
	persist_commit(&w.server);
}

static size_t file_size(void)
{
	return (size_t)lseek(journal.fd, 0, SEEK_END);
}

static char *read_journal(size_t *len)
{
	char path[64], *buf;

	snprintf(path, sizeof(path), "%s/journal", dir);
	assert_int_equal(fd_read_file(path, 1 << 24, &buf, len), 0);
	return buf;
}

static char *replayed(const char *buf, size_t len)
{
	struct server server;
	size_t pos;
	char *text;

	assert_int_equal(server_init(&server, w.loop, NULL), 0);
	server.xen = &w.xen;
	if (journal_is_ours(buf, len, BOOT, &pos))
		assert_int_equal(persist_replay(&server, buf, len, pos), 0);
	assert_int_equal(tree_check(&server.store.tree), 0);
	text = dump(&server);
	server_free(&server);
	return text;
}

#define STEPS 25

static void a_file_cut_anywhere_has_what_was_committed(void **state UNUSED)
{
	static const unsigned int order[STEPS] = { 0, 1, 11, 12, 13, 2, 3, 4, 14, 5, 10, 15, 16, 7,
						   8, 9, 17, 18, 19, 20, 21, 22, 23, 24, 6 };
	size_t size[STEPS + 1], len, done = 0;
	char *text[STEPS + 1], *buf;

	persist_start(&w.server, &journal);
	for (size_t i = 0; i <= STEPS; i++) {
		if (i)
			act(order[i - 1]);
		size[i] = file_size();
		text[i] = dump(&w.server);
	}
	buf = read_journal(&len);
	assert_int_equal(len, size[STEPS]);
	for (size_t cut = size[0]; cut <= len; cut++) {
		_cleanup_free_ char *got = NULL;

		while (done < STEPS && size[done + 1] <= cut)
			done++;
		if (cut != size[done] && cut % 7)
			continue;	/* each place is tried by the frames' own test */
		got = replayed(buf, cut);
		assert_true(cut != size[done] || !strcmp(got, text[done]));
	}
	for (size_t i = 0; i <= STEPS; i++)
		free(text[i]);
	free(buf);
}

/* A frame is all or nothing, byte by byte. */
static void no_half_of_a_frame_counts(void **state UNUSED)
{
	_cleanup_free_ char *before = NULL, *after = NULL, *buf = NULL;
	size_t start, len;

	persist_start(&w.server, &journal);
	act(0);
	act(11);
	before = dump(&w.server);
	start = file_size();
	for (unsigned int i = 0; i < 5; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/local/domain/1/b/%u", i);
		assert_int_equal(store_write(&w.server.store, NULL, &dom1, path, "v", 1), 0);
	}
	persist_commit(&w.server);
	after = dump(&w.server);
	buf = read_journal(&len);
	for (size_t cut = start; cut <= len; cut++) {
		_cleanup_free_ char *got = replayed(buf, cut);

		assert_string_equal(got, cut < len ? before : after);
	}
}

/* What a daemon has that begins with the file that is there now. */
static char *begun(void)
{
	struct server server;
	char *text;

	assert_int_equal(server_init(&server, w.loop, NULL), 0);
	server.xen = &w.xen;
	assert_int_equal(persist_load(&server, &journal, NULL), 0);
	text = dump(&server);
	server_free(&server);
	return text;
}

/*
 * In a file that was appended to and in a snapshot: the limits are there, lower than what is used
 * as they may be, and hold; those of all domains are the new process's own.
 */
static void a_domains_own_limits_come_back(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;

	persist_start(&w.server, &journal);
	introduce(1);
	introduce(2);
	guest_send(1, XS_WATCH, "a\0t1", 5, &in);
	guest_send(1, XS_WATCH, "a\0t2", 5, &in);
	guest_send(1, XS_WATCH, "a\0t3", 5, &in);
	guest_send(1, XS_TRANSACTION_START, "", 1, &in);
	assert_int_equal(quota_account_peek(&w.server.store.quotas, 1)->used[QUOTA_WATCHES], 3);
	assert_int_equal(ask(0, XS_CONTROL, "quota\0set\0" "1\0watches\0" "2", &in), XS_CONTROL);
	assert_int_equal(ask(0, XS_CONTROL, "quota\0set\0" "1\0transactions\0" "0", &in),
			 XS_CONTROL);
	assert_int_equal(ask(0, XS_CONTROL, "quota\0set\0nodes\0" "3", &in), XS_CONTROL);
	for (int turn = 0; turn < 2; turn++) {
		_cleanup_free_ char *want = dump(&w.server), *got = NULL;
		struct server next;

		if (turn)
			persist_start(&w.server, &journal);
		got = begun();
		assert_string_equal(got, want);
		assert_non_null(strstr(got, "own 6 "));
		assert_int_equal(server_init(&next, w.loop, NULL), 0);
		next.xen = &w.xen;
		assert_int_equal(persist_load(&next, &journal, NULL), 0);
		assert_int_equal(quota_check(&next.store.quotas, 1, QUOTA_WATCHES, 1), -E2BIG);
		assert_int_equal(quota_check(&next.store.quotas, 1, QUOTA_TRANSACTIONS, 1), -ENOSPC);
		assert_int_equal(quota_check(&next.store.quotas, 2, QUOTA_WATCHES, 100), 0);
		assert_int_equal(quota_check(&next.store.quotas, 1, QUOTA_NODES, 900), 0);
		server_free(&next);
	}
	assert_int_equal(ask(0, XS_RELEASE, "1", &in), XS_RELEASE);
	persist_commit(&w.server);
	assert_int_equal(quota_limit(&w.server.store.quotas, 1, QUOTA_WATCHES), 128);
}

/* Half a snapshot is none: the store then begins as without a file, with its first nodes. */
static void a_damaged_snapshot_is_void(void **state UNUSED)
{
	_cleanup_free_ char *fresh = begun(), *want = NULL, *old = NULL, *buf = NULL;
	char path[64], value[1000];
	size_t len, whole;

	assert_non_null(strstr(fresh, "/tool/xenstored="));
	memset(value, 'v', sizeof(value));
	for (unsigned int i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "/big/%u", i);
		assert_int_equal(store_write(&w.server.store, NULL, &dom0, path, value,
					     sizeof(value)), 0);
	}
	persist_start(&w.server, &journal);
	whole = file_size();
	assert_true(whole > 3 * 64 * 1024);	/* frames */
	act(0);
	want = dump(&w.server);
	buf = read_journal(&len);
	snprintf(path, sizeof(path), "%s/journal", dir);
	for (size_t at = 60; at < whole; at += at < 200 ? 7 : 20011) {
		_cleanup_free_ char *got = NULL;

		buf[at] ^= 4;
		assert_int_equal(fd_write_file_atomic(path, buf, len, 0600), 0);
		buf[at] ^= 4;
		got = begun();
		assert_string_equal(got, fresh);
	}
	assert_int_equal(fd_write_file_atomic(path, buf, len, 0600), 0);
	old = begun();
	assert_string_equal(old, want);
	/* A file of the daemon before this one, which does not say where its snapshot ends. */
	free(old);
	buf[8] = 1;
	assert_int_equal(fd_write_file_atomic(path, buf, len, 0600), 0);
	old = begun();
	assert_string_equal(old, want);
}

static void another_boot_or_version_is_void(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	size_t pos;

	journal_add_header(&sb, BOOT);
	assert_true(journal_is_ours(sb.buf, sb.len, BOOT, &pos));
	assert_int_equal(pos, sb.len);
	assert_false(journal_is_ours(sb.buf, sb.len, "another", &pos));
	assert_false(journal_is_ours(sb.buf, sb.len - 1, BOOT, &pos));
	sb.buf[8]++;
	assert_false(journal_is_ours(sb.buf, sb.len, BOOT, &pos));
}

static void what_cannot_be_is_refused(void **state UNUSED)
{
	static const struct jrec bad[] = {
		{ .type = JREC_NODE, .s = { { "/x/y", 4 }, { "\0\0\0\0\0\0\0\0", 8 } } },
		{ .type = JREC_NODE, .s = { { "/x", 2 }, { "", 0 } } },
		{ .type = JREC_NODE, .s = { { "/x", 2 }, { "\377\377\377\0\0\0\0\0", 8 } } },
		{ .type = JREC_NODE, .s = { { "x", 1 }, { "\0\0\0\0\0\0\0\0", 8 } } },
		{ .type = JREC_NODE, .s = { { "/\0x", 3 }, { "\0\0\0\0\0\0\0\0", 8 } } },
		{ .type = JREC_RM, .s = { { "/none", 5 } } },
		{ .type = JREC_RM, .s = { { "/", 1 } } },
		{ .type = JREC_FORGET, .a = 0 },
		{ .type = JREC_SPECIAL, .a = 9 },
		{ .type = JREC_DOMAIN, .a = 99999 },
		{ .type = JREC_CONNECT, .a = 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
		struct server server;

		journal_frame_begin(&sb);
		jrec_add(&sb, &bad[i]);
		journal_frame_end(&sb);
		assert_int_equal(server_init(&server, w.loop, NULL), 0);
		assert_int_equal(persist_replay(&server, sb.buf, sb.len, 0), -EPROTO);
		assert_int_equal(tree_check(&server.store.tree), 0);
		server_free(&server);
	}
}

/* The disk refuses once: the next commit is a snapshot, and nothing is missing. */
static void a_failed_write_is_followed_by_a_snapshot(void **state UNUSED)
{
	_cleanup_free_ char *want = NULL, *got = NULL, *buf = NULL;
	int fd = open("/dev/full", O_WRONLY);
	size_t len;

	persist_start(&w.server, &journal);
	act(0);
	dup2(fd, journal.fd);
	close(fd);
	act(11);
	assert_true(journal.fd >= 0);
	act(12);
	want = dump(&w.server);
	buf = read_journal(&len);
	got = replayed(buf, len);
	assert_string_equal(got, want);
}

/* Without a directory to write in there is no file that tells of the past. */
static void no_file_is_better_than_an_old_one(void **state UNUSED)
{
	struct journal *j = &journal;
	int old = j->dir_fd, fd = open("/proc/self", O_RDONLY | O_DIRECTORY);
	char path[64];

	persist_start(&w.server, j);
	act(0);
	close(j->fd);
	j->fd = open("/dev/full", O_WRONLY);
	j->dir_fd = fd;
	act(11);
	assert_int_equal(j->fd, -1);
	j->dir_fd = old;
	close(fd);
	act(12);		/* too early for another try */
	assert_int_equal(j->fd, -1);
	j->retry_ns = 0;
	act(13);
	assert_true(j->fd >= 0);
	snprintf(path, sizeof(path), "%s/journal", dir);
	assert_int_equal(access(path, R_OK), 0);
}

static void a_long_journal_becomes_a_snapshot(void **state UNUSED)
{
	_cleanup_free_ char *want = NULL, *got = NULL, *buf = NULL;
	char value[2000];
	size_t len;

	memset(value, 'v', sizeof(value));
	persist_start(&w.server, &journal);
	act(0);
	for (int i = 0; i < 2000; i++) {
		assert_int_equal(store_write(&w.server.store, NULL, &dom0, "/big", value,
					     sizeof(value)), 0);
		persist_commit(&w.server);
	}
	want = dump(&w.server);
	buf = read_journal(&len);
	assert_in_range(len, 2000, 3 << 20);
	got = replayed(buf, len);
	assert_string_equal(got, want);
}

#define journal_test(fn) cmocka_unit_test_setup_teardown(fn, journal_setup, journal_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_read_as_written),
		cmocka_unit_test(another_boot_or_version_is_void),
		journal_test(a_file_cut_anywhere_has_what_was_committed),
		journal_test(no_half_of_a_frame_counts),
		journal_test(a_domains_own_limits_come_back),
		journal_test(a_damaged_snapshot_is_void),
		journal_test(what_cannot_be_is_refused),
		journal_test(a_failed_write_is_followed_by_a_snapshot),
		journal_test(no_file_is_better_than_an_old_one),
		journal_test(a_long_journal_becomes_a_snapshot),
	};
	char command[64];
	int rc;

	if (!mkdtemp(dir))
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command) || rc;
}
