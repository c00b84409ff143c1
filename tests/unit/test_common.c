/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tools' basics: error objects in both printed forms, strict numbers, strings, tables of
 * words, files, and the event loop's promises about sources that go while it runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xentools/error.h>
#include <xentools/event_loop.h>
#include <xentools/fd_util.h>
#include <xentools/log.h>
#include <xentools/parse_num.h>
#include <xentools/str_table.h>
#include <xentools/strbuf.h>

static char *printed(const struct zerr *err, bool json)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	zerr_print(f, err, json);
	fclose(f);
	return text;
}

static void error_keeps_the_first(void **state UNUSED)
{
	struct zerr *err = NULL;

	assert_int_equal(zerr_set(&err, ZERR_NO_RESOURCES, "E601", 0, "need %d", 5), -1);
	assert_int_equal(zerr_set(&err, ZERR_FAILED, "E100", EIO, "later"), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NO_RESOURCES);
	assert_string_equal(err->message, "need 5");
	assert_string_equal(err->code, "E601");
	zerr_free(err);
	assert_int_equal(zerr_set(NULL, ZERR_FAILED, "E1", 0, "nobody listens"), -1);
	assert_int_equal(zerr_class_of(NULL), ZERR_OK);
}

/* A message may quote a file, or what a driver domain wrote into the store. */
static void error_text_does_not_steer_the_terminal(void **state UNUSED)
{
	struct zerr *err = NULL;
	char *text;

	zerr_set(&err, ZERR_FAILED, "E330", 0, "gave it up: a\033[2Jb\x7f\rc\xc2\x9b" "31m \xc3\xa4\xc2\xa7");
	zerr_hint(&err, "see \a\nthere\t.");
	text = printed(err, false);
	assert_non_null(strstr(text, "gave it up: a?[2Jb??c??31m \xc3\xa4\xc2\xa7 [E330]\n"));
	assert_non_null(strstr(text, "see ?\nthere\t."));
	free(text);
	zerr_free(err);
}

static void error_prints_context_outermost_first(void **state UNUSED)
{
	struct zerr *err = NULL;
	char *text;

	zerr_set(&err, ZERR_FAILED, "E110", ENOENT, "cannot read \"x\"");
	zerr_hint(&err, "look");
	zerr_context(&err, "attach", "vda");
	zerr_context(&err, "create", "web1");
	text = printed(err, false);
	assert_non_null(strstr(text, ": error: create web1: attach vda: cannot read \"x\": "
				     "No such file or directory [E110]\n    hint: look\n"));
	free(text);
	text = printed(err, true);
	assert_string_equal(text, "{\"error\":{\"class\":\"failed\",\"exit\":1,\"code\":\"E110\","
				  "\"step\":\"create\",\"object\":\"web1\",\"errno\":2,"
				  "\"message\":\"attach vda: cannot read \\\"x\\\": "
				  "No such file or directory\",\"hint\":\"look\"}}\n");
	free(text);
	zerr_free(err);
}

static void error_prints_a_place_in_a_file(void **state UNUSED)
{
	struct zerr *err = NULL;
	char *text;

	zerr_set(&err, ZERR_BAD_CONFIG, "E312", 0, "bad");
	zerr_at(&err, "vm.xml", 12, 7, "domain/vcpu");
	text = printed(err, false);
	assert_string_equal(text, "vm.xml:12:7: error: domain/vcpu: bad [E312]\n");
	free(text);
	zerr_free(err);
}

static void numbers_are_strict(void **state UNUSED)
{
	static const struct {
		const char *text;
		int rc;
		uint64_t value;
	} rows[] = {
		{ "0", 0, 0 }, { "10", 0, 10 }, { "0x10", 0, 16 }, { "100", 0, 100 },
		{ "101", -ERANGE, 0 }, { "", -EINVAL, 0 }, { " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 }, { "-1", -EINVAL, 0 }, { "+1", -EINVAL, 0 },
		{ "0x", -EINVAL, 0 }, { "99999999999999999999999", -ERANGE, 0 },
		{ "1a", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t v = 77;

		assert_int_equal(parse_u64(rows[i].text, 0, 100, &v), rows[i].rc);
		assert_int_equal(v, rows[i].rc ? 77 : rows[i].value);
	}
}

static void signed_numbers_reach_both_ends(void **state UNUSED)
{
	int64_t v;

	assert_int_equal(parse_i64("-9223372036854775808", INT64_MIN, INT64_MAX, &v), 0);
	assert_true(v == INT64_MIN);
	assert_int_equal(parse_i64("9223372036854775807", INT64_MIN, INT64_MAX, &v), 0);
	assert_true(v == INT64_MAX);
	assert_int_equal(parse_i64("9223372036854775808", INT64_MIN, INT64_MAX, &v), -ERANGE);
	assert_int_equal(parse_i64("-5", -4, 4, &v), -ERANGE);
	assert_int_equal(parse_i64("--5", -9, 9, &v), -EINVAL);
}

static void sizes_have_units(void **state UNUSED)
{
	static const struct {
		const char *text;
		int rc;
		uint64_t value;
	} rows[] = {
		{ "5", 0, 5u << 20 }, { "5k", 0, 5u << 10 }, { "5KiB", 0, 5u << 10 },
		{ "1G", 0, 1u << 30 }, { "7b", 0, 7 }, { "5KB", -EINVAL, 0 },
		{ "5x", -EINVAL, 0 }, { "k", -EINVAL, 0 }, { "5kk", -EINVAL, 0 },
		{ "99999999999t", -ERANGE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t v = 77;

		assert_int_equal(parse_size(rows[i].text, 1u << 20, &v), rows[i].rc);
		assert_int_equal(v, rows[i].rc ? 77 : rows[i].value);
	}
}

static void domids_end_below_the_reserved(void **state UNUSED)
{
	uint32_t v;

	assert_int_equal(parse_domid("32751", &v), 0);
	assert_int_equal(parse_domid("32752", &v), -ERANGE);
	assert_int_equal(parse_domid("0x1", &v), -EINVAL);
}

static void strings_grow_and_shrink(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	char number[U64_TEXT];

	assert_string_equal(strbuf_cstr(&sb), "");
	for (int i = 0; i < 1000; i++)
		strbuf_addf(&sb, "%d,", i);
	assert_int_equal(sb.len, 3890);
	strbuf_consume(&sb, 3886);
	assert_string_equal(strbuf_cstr(&sb), "999,");
	strbuf_reset(&sb);
	strbuf_add_cell(&sb, "ab", 4);
	strbuf_add_cell(&sb, "ab", -4);
	strbuf_add_cell(&sb, "abcde", 4);
	strbuf_add_cell(&sb, u64_text(0, number), 0);
	strbuf_add_cell(&sb, u64_text(UINT64_MAX, number), 21);
	assert_string_equal(strbuf_cstr(&sb), "  abab  abcde0 18446744073709551615");
	strbuf_reset(&sb);
	strbuf_add_json(&sb, "a\"\\\n\x01");
	assert_string_equal(strbuf_cstr(&sb), "\"a\\\"\\\\\\n\\u0001\"");
}

/* What strbuf_addf() writes itself is what printf writes. */
#define SAME_AS_PRINTF(...) do {						\
	_cleanup_strbuf_ struct strbuf sb_ = STRBUF_INIT;			\
	_cleanup_free_ char *alone_ = text_printf(__VA_ARGS__);			\
	char want_[600];							\
										\
	assert_in_range(snprintf(want_, sizeof(want_), __VA_ARGS__), 0, 599);	\
	strbuf_addstr(&sb_, "=");						\
	strbuf_addf(&sb_, __VA_ARGS__);						\
	assert_string_equal(sb_.buf + 1, want_);				\
	assert_int_equal(sb_.len, strlen(want_) + 1);				\
	assert_string_equal(alone_, want_);					\
} while (0)

static void texts_are_as_printf_has_them(void **state UNUSED)
{
	char wide[500];

	memset(wide, 'w', sizeof(wide));
	wide[sizeof(wide) - 1] = '\0';
	SAME_AS_PRINTF("%s", "");
	SAME_AS_PRINTF("no word, %d%% of %s%c", 100, wide, '!');
	SAME_AS_PRINTF("%d %d %d %d", 0, -1, INT_MAX, INT_MIN);
	SAME_AS_PRINTF("%u %u", 0u, UINT_MAX);
	SAME_AS_PRINTF("%ld %lld %lu %llu %zu", LONG_MIN, LLONG_MAX, ULONG_MAX, ULLONG_MAX, SIZE_MAX);
	SAME_AS_PRINTF("%s/%u: %5d|%-5s|%.2s|%x", wide, 7u, -3, "ab", "abc", 255u);
	SAME_AS_PRINTF("%hhu %s %02d", (unsigned char)200, "a", 3);
	SAME_AS_PRINTF("%#lx %td", 16ul, (ptrdiff_t)-4);
}

static const char *nearest(const struct str_row *rows, size_t n, const char *word)
{
	struct str_near near = { word, 3, NULL };

	for (size_t i = 0; i < n; i++)
		str_near_try(&near, rows[i].name);
	return near.best;
}

static void words_are_suggested(void **state UNUSED)
{
	static const struct str_row rows[] = { { "vcpu", 1 }, { "memory", 2 }, { "os", 3 } };
	int v;

	assert_int_equal(str_table_value(rows, 3, "memory", &v), 0);
	assert_int_equal(v, 2);
	assert_int_equal(str_table_value(rows, 3, "mem", &v), -ENOENT);
	assert_string_equal(str_table_name(rows, 3, 1), "vcpu");
	assert_string_equal(nearest(rows, 3, "vcpuu"), "vcpu");
	assert_string_equal(nearest(rows, 3, "mmeory"), "memory");
	assert_null(nearest(rows, 3, "abcdef"));
	assert_int_equal(str_distance("ab", "ba"), 1);
	assert_int_equal(str_distance("", "abc"), 3);
	/* As others count it, in one go or in two. */
	assert_int_equal(str_hash(STR_HASH_INIT, "foobar", 6), UINT64_C(0x85944171f73967e8));
	assert_int_equal(str_hash(str_hash(STR_HASH_INIT, "foo", 3), "bar", 3),
			 UINT64_C(0x85944171f73967e8));
}

static void files_are_replaced_whole(void **state UNUSED)
{
	char dir[] = "/tmp/test_common.XXXXXX", path[64], *text;
	size_t len;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a/b", dir);
	assert_int_equal(fd_mkdir_p(path, 0755), 0);
	assert_int_equal(fd_mkdir_p(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/a/b/file", dir);
	assert_int_equal(fd_write_file_atomic(path, "one", 3, 0600), 0);
	assert_int_equal(fd_write_file_atomic(path, "second", 6, 0600), 0);
	assert_int_equal(fd_read_file(path, 100, &text, &len), 0);
	assert_string_equal(text, "second");
	assert_int_equal(len, 6);
	free(text);
	assert_int_equal(fd_read_file(path, 5, &text, &len), -EFBIG);
	assert_int_equal(fd_mkdir_p(path, 0755), -ENOTDIR);
	assert_int_equal(unlink(path), 0);
	for (int i = 0; i < 3; i++) {
		*strrchr(path, '/') = '\0';
		assert_int_equal(rmdir(path), 0);	/* no temporary is left */
	}
}

/* Whenever a signal comes: the file is whole, and nothing lies beside it. */
static void a_signal_leaves_no_temporary(void **state UNUSED)
{
	char dir[] = "/tmp/test_common.XXXXXX", path[64], text[4096];

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 100; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			while (!fd_write_file_atomic(path, text, sizeof(text), 0600))
				continue;
			_exit(1);
		}
		usleep(2000 + (useconds_t)i * 37);
		assert_int_equal(kill(pid, i % 2 ? SIGINT : SIGTERM), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* Nothing waits for a FIFO's writer, who may never come; one who is there is heard out. */
static void nobody_waits_at_a_fifo(void **state UNUSED)
{
	char dir[] = "/tmp/test_common.XXXXXX", path[64], *text = NULL;
	struct stat st;
	int ends[2], fd;
	size_t len;

	alarm(60);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(fd_read_file(path, 100, &text, &len), -ENODATA);
	assert_int_equal(fd_open_regular(path, &st), -EINVAL);
	assert_int_equal(fd_open_regular(dir, &st), -EINVAL);
	assert_int_equal(fd_open_regular("/dev/zero", &st), -EINVAL);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(fd_open_regular(path, &st), -ENOENT);
	assert_int_equal(fd_write_file_atomic(path, "x", 1, 0600), 0);
	fd = fd_open_regular(path, &st);
	assert_true(fd >= 0 && st.st_size == 1);
	close(fd);
	assert_int_equal(unlink(path) | rmdir(dir), 0);
	/* "zl create <(program)" */
	assert_int_equal(pipe(ends), 0);
	if (fork() == 0) {
		usleep(100000);
		_exit(write(ends[1], "late", 4) != 4);
	}
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_int_equal(fd_read_file(path, 100, &text, &len), 0);
	assert_string_equal(text, "late");
	free(text);
	close(ends[0]);
	assert_true(wait(NULL) > 0);
	alarm(0);
}

static void log_text_is_cleaned(void **state UNUSED)
{
	char buf[8];

	assert_string_equal(zlog_clean(buf, sizeof(buf), "a\x1b[0m\n\x80xyz", 10), "a.[0m..");
}

/* --- the event loop --- */

struct loop_world {
	struct event_loop *loop;
	struct event_source *first, *second;
	int calls;
	char order[8];
};

static void remove_both(void *data, int fd UNUSED, unsigned int revents UNUSED)
{
	struct loop_world *w = data;

	w->calls++;
	event_source_remove(w->first);
	event_source_remove(w->second);
}

static void removed_sources_stay_silent(void **state UNUSED)
{
	struct loop_world w = { .loop = event_loop_new() };
	int a[2], b[2];

	assert_int_equal(pipe(a), 0);
	assert_int_equal(pipe(b), 0);
	assert_int_equal(write(a[1], "x", 1), 1);
	assert_int_equal(write(b[1], "x", 1), 1);
	w.first = event_loop_add_fd(w.loop, a[0], POLLIN, remove_both, &w);
	w.second = event_loop_add_fd(w.loop, b[0], POLLIN, remove_both, &w);
	assert_int_equal(event_loop_run_once(w.loop, 0), 0);
	assert_int_equal(event_loop_run_once(w.loop, 0), 0);
	assert_int_equal(w.calls, 1);
	event_loop_free(w.loop);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

struct timer_arg {
	struct loop_world *w;
	struct event_source *source;
	char name;
};

static void note_timer(void *data)
{
	struct timer_arg *arg = data;

	strncat(arg->w->order, &arg->name, 1);
	if (arg->name == 'e')
		event_loop_stop(arg->w->loop, 5);
}

static void timers_fire_in_order(void **state UNUSED)
{
	static const struct {
		char name;
		unsigned int ms;
	} rows[] = { { 'e', 9 }, { 'b', 3 }, { 'd', 7 }, { 'a', 0 }, { 'c', 5 } };
	struct loop_world w = { .loop = event_loop_new() };
	struct timer_arg args[ARRAY_SIZE(rows)];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		args[i] = (struct timer_arg){ &w, NULL, rows[i].name };
		args[i].source = event_loop_add_timer(w.loop, note_timer, &args[i]);
		assert_int_equal(event_timer_set(args[i].source, rows[i].ms * 1000000u), 0);
	}
	event_timer_cancel(args[2].source);
	event_source_remove(args[4].source);
	assert_int_equal(event_loop_run(w.loop), 5);
	assert_string_equal(w.order, "abe");
	event_loop_free(w.loop);
}

static void note_signal(void *data, int signo)
{
	event_loop_stop(data, signo);
}

static void signals_arrive_in_the_loop(void **state UNUSED)
{
	struct event_loop *loop = event_loop_new();

	assert_non_null(event_loop_add_signal(loop, SIGUSR1, note_signal, loop));
	kill(getpid(), SIGUSR1);
	assert_int_equal(event_loop_run(loop), SIGUSR1);
	assert_true(event_loop_is_stopped(loop));
	event_loop_free(loop);
}

/* The fields beside a line, as the journal's protocol has them; a journal that is started anew. */
static void lines_have_fields(void **state UNUSED)
{
	static const uint8_t uuid[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255 };
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/tmp/zl-test-journal" };
	struct zlog_about about = ZLOG_ABOUT(ZLOG_INFO, "web1", uuid, "create");
	char buf[512], head[200];
	ssize_t n;
	int fd;

	zlog_of(&about, "it is not opened");
	for (int life = 0; life < 2; life++) {
		snprintf(a.sun_path, sizeof(a.sun_path), "/tmp/zl-test-journal-%d", (int)getpid());
		unlink(a.sun_path);
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
		if (life == 0)
			zlog_open_at("zl", a.sun_path, ZLOG_INFO);
		zlog_of(&about, "created as domain 3");
		n = recv(fd, buf, sizeof(buf) - 1, 0);
		assert_true(n > 0);
		buf[n] = '\0';
		snprintf(head, sizeof(head), "MESSAGE=web1: created as domain 3\nPRIORITY=6\n"
			 "SYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=zl\nSYSLOG_PID=%d\n", (int)getpid());
		assert_memory_equal(buf, head, strlen(head));
		assert_string_equal(buf + strlen(head), "ZL_DOMAIN=web1\n"
				    "ZL_UUID=01020304-0506-0708-090a-0b0c0d0e0fff\nZL_OP=create\n");
		zlog(ZLOG_DEBUG, "not at this level");
		zlog_set_level_word("nonsense");
		zlog(ZLOG_WARNING, "two\nlines");
		n = recv(fd, buf, sizeof(buf), 0);
		assert_memory_equal(buf, "MESSAGE\n\x09\0\0\0\0\0\0\0two\nlines\nPRIORITY=4\n", 37);
		assert_null(memmem(buf, (size_t)n, "ZL_", 3));
		close(fd);
	}
	zlog_set_level_word("error");
	about = (struct zlog_about){ .level = ZLOG_WARNING, .vm = "/vm/abc" };
	zlog_of(&about, "not at this level");
	unlink(a.sun_path);
	zlog(ZLOG_ERROR, "to nobody");
	zlog_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error_keeps_the_first),
		cmocka_unit_test(error_text_does_not_steer_the_terminal),
		cmocka_unit_test(error_prints_context_outermost_first),
		cmocka_unit_test(error_prints_a_place_in_a_file),
		cmocka_unit_test(numbers_are_strict),
		cmocka_unit_test(signed_numbers_reach_both_ends),
		cmocka_unit_test(sizes_have_units),
		cmocka_unit_test(domids_end_below_the_reserved),
		cmocka_unit_test(strings_grow_and_shrink),
		cmocka_unit_test(texts_are_as_printf_has_them),
		cmocka_unit_test(words_are_suggested),
		cmocka_unit_test(files_are_replaced_whole),
		cmocka_unit_test(a_signal_leaves_no_temporary),
		cmocka_unit_test(nobody_waits_at_a_fifo),
		cmocka_unit_test(log_text_is_cleaned),
		cmocka_unit_test(lines_have_fields),
		cmocka_unit_test(removed_sources_stay_silent),
		cmocka_unit_test(timers_fire_in_order),
		cmocka_unit_test(signals_arrive_in_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
