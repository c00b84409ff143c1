/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domains from one host to another: whatever fails, the guest never runs twice, and is never lost. */
#include "migrate_world.h"

#include <xentools/clock.h>

static void it_goes(void **state)
{
	(void)state;
	boot();
	assert_int_equal(migrate(NULL), 0);
	assert_null(fake_hyp_domain(&fake, guest));
	assert_null(fake_xs_get(ctx.xs, "/local/domain/1/name"));
	assert_int_equal(there->rc, 0);
	assert_true(there->exists && there->started && there->has_page);
	assert_string_equal(there->context, "state of domain 1");
	assert_string_equal(there->agent, "7");
	assert_true(result.bytes > 17 * 4096 && result.bytes < 64 * 4096);
	assert_true(result.down_ns > 0);
}

static void paused_there(void **state)
{
	struct migrate_opts opts = plain;

	(void)state;
	boot();
	opts.paused = true;
	assert_int_equal(migrate_over(&opts, WHOLE, WHOLE, NULL), 0);
	assert_null(fake_hyp_domain(&fake, guest));
	assert_true(there->exists && !there->started);
}

/* It asks there and changes nothing. */
static void dry(void **state)
{
	struct migrate_opts opts = plain;
	_cleanup_free_ char *before = NULL, *after = NULL;

	(void)state;
	boot();
	opts.dry_run = true;
	before = fake_xs_dump(ctx.xs);
	assert_int_equal(migrate_over(&opts, WHOLE, WHOLE, NULL), 0);
	after = fake_xs_dump(ctx.xs);
	assert_string_equal(before, after);
	assert_int_equal(there->rc, 0);
	assert_true(runs_here());
	nothing_there();
}

static void another_name(void **state)
{
	struct migrate_opts opts = plain;
	_cleanup_free_ char *other = NULL;

	(void)state;
	boot();
	free(cfg.name);
	cfg.name = strdup("web2");
	opts.config_text = other = config_format(&cfg);
	assert_int_equal(migrate_over(&opts, WHOLE, WHOLE, NULL), 0);
	assert_true(there->exists && there->started);
}

static void with_its_name(void)
{
	struct domain_config other = cfg;
	struct domain_create_result made;

	other.uuid[0] ^= 1;
	assert_int_equal(domain_create(&ctx, &other, NULL, &made, NULL), 0);
}

static void with_its_uuid(void)
{
	struct domain_config other = cfg;
	struct domain_create_result made;

	other.name = (char *)(uintptr_t)"other";
	assert_int_equal(domain_create(&ctx, &other, NULL, &made, NULL), 0);
}

static void without_memory(void)
{
	fake.free_pages = 100;
}

static void another_machine(void)
{
	fake.context_errno = EOPNOTSUPP;
}

static void refused_there(void **state)
{
	struct zerr *err = NULL;
	int rc;

	(void)state;
	boot();
	prepare = with_its_name;
	refused(migrate(&err), &err, ZERR_STATE, "far: the name is in use");
	assert_true(there->told);
	assert_int_equal(there->left, 1);
	prepare = with_its_uuid;
	rc = migrate(&err);
	assert_true(there->exists && there->started);	/* it is the other one */
	there->exists = false;
	refused(rc, &err, ZERR_STATE, "far: the UUID is in use");
	prepare = without_memory;
	refused(migrate(&err), &err, ZERR_NO_RESOURCES, "far: not enough memory");
	prepare = another_machine;	/* known at the very end only */
	refused(migrate(&err), &err, ZERR_UNSUPPORTED, "far: it was saved on a host that has");
	assert_int_equal(fake_hyp_domain(&fake, guest)->start.user_regs.x0, 1);
}

static void refused_here(void **state)
{
	struct zerr *err = NULL;

	(void)state;
	cfg.kept[DOMAIN_IN_EXTENSION] = strdup("      <z:no-migrate/>\n");
	boot();
	refused(migrate(&err), &err, ZERR_UNSUPPORTED, "forbids it (z:no-migrate)");
	assert_int_equal(domain_destroy(&ctx, guest, NULL), 0);
	free(cfg.kept[DOMAIN_IN_EXTENSION]);
	cfg.kept[DOMAIN_IN_EXTENSION] = NULL;
	boot();
	fake_hyp_domain(&fake, guest)->info.flags |= XEN_DOMINF_paused;
	assert_int_equal(migrate(&err), -1);
	assert_non_null(strstr(err->message, "it is paused"));
	zerr_free(err);
	nothing_there();
}

static void expect_cut(unsigned int there_max, unsigned int back_max, const char *want)
{
	expect_cut_of(&plain, there_max, back_max, want);
}

/* Each message's bytes one by one, and the stream at some places. */
static void cut_there(void **state)
{
	unsigned int whole, stream, n;

	(void)state;
	fake.last_domid = 9;		/* so that all have ids, and states, of one length */
	boot();
	assert_int_equal(migrate(NULL), 0);
	stream = (unsigned int)result.bytes - 8;		/* without COMMIT */
	boot();
	/* How long all of it is: the offer is as long as the stream's head. */
	whole = (unsigned int)(HELLO + save_head(strlen(text)) + 8 + stream);
	for (n = 0; n < HELLO; n += 5)
		expect_cut(n, WHOLE, "here");
	for (n = HELLO; n < whole; n += 1 + (whole - HELLO) / 23)
		expect_cut(n, WHOLE, "here");
	expect_cut(whole - 1, WHOLE, "here");
	for (n = 0; n < 8; n++)					/* COMMIT */
		expect_cut(whole + n, WHOLE, "paused");
	expect_cut(whole + 8, WHOLE, "there");
}

static void cut_back(void **state)
{
	unsigned int n;

	(void)state;
	boot();
	for (n = 0; n < HELLO + 8; n += 3)			/* HELLO, READY */
		expect_cut(WHOLE, n, "here");
	/*
	 * It has said that it has it, and nobody heard: who is cut off cannot know that the other
	 * one does not either.
	 */
	for (n = HELLO + 8; n < HELLO + 16; n++)		/* RESTORED */
		expect_cut(WHOLE, n, "both");
	for (n = HELLO + 16; n < HELLO + 24; n++)		/* RUNNING */
		expect_cut(WHOLE, n, "there");
	expect_cut(WHOLE, HELLO + 24, "there");
}

/* Each hypercall fails once, here or there. */
static void fails_anywhere(void **state)
{
	unsigned int n, gone = 0;
	int rc = -1;

	(void)state;
	for (n = 1; n < 400; n++) {
		if (!fake_hyp_domain(&fake, guest) || guest == 0)
			boot();
		fake.calls = 0;
		fake.fail_at = n;
		fake.fail_errno = EIO;
		rc = migrate(NULL);
		fake.fail_at = 0;
		if (fake.calls < n)
			break;
		if (fake_hyp_domain(&fake, guest) &&
		    fake_hyp_domain(&fake, guest)->info.flags & XEN_DOMINF_shutdown)
			assert_int_equal(domain_resume(&ctx, guest, NULL), 0);	/* that failed */
		if (strcmp(who_has_it(n, rc), "both") == 0)
			fail_msg("call %u here: both have it", n);
		gone += rc == 0;
	}
	assert_in_range(n, 15, 399);
	assert_int_equal(rc, 0);
	for (n = 1; n < 400; n++) {
		struct zerr *err = NULL;

		if (!fake_hyp_domain(&fake, guest))
			boot();
		fail_there = n;
		rc = migrate(&err);
		if (rc == 0 && there->rc == 0 && there->started && n > 60)
			break;
		if (strcmp(who_has_it(n, rc), "both") == 0)
			fail_msg("call %u there: both have it", n);
		zerr_free(err);
	}
	assert_in_range(n, 20, 399);
}

static void writes_a_little(struct fake_hyp *f, struct fake_domain *d, unsigned int takes)
{
	for (uint64_t i = 0; i < 12u >> takes; i++)
		fake_hyp_guest_writes(f, d, RAM_GFN + 400 + i, 7);
	if (takes == 2)
		fake_hyp_depopulate(f, d, RAM_GFN + 401);
}

static void fails_anywhere_live(void **state)
{
	live = true;
	fake.dirty_runs = writes_a_little;
	fails_anywhere(state);
}

static int signals[2];

static void interrupt(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)done;
	(void)total;
	assert_int_equal(write(signals[1], "x", 1), 1);
}

static void interrupted(void **state)
{
	struct migrate_opts opts = plain;
	struct zerr *err = NULL;
	int rc;

	(void)state;
	boot();
	pipes(signals);
	opts.fd = signals[0];
	opts.progress = interrupt;
	rc = migrate_over(&opts, WHOLE, WHOLE, &err);
	refused(rc, &err, ZERR_INTERRUPTED, "interrupted; the guest goes on");
	rc = migrate_over(&opts, WHOLE, WHOLE, &err);	/* from the start */
	refused(rc, &err, ZERR_INTERRUPTED, "interrupted");
	close(signals[0]);
	close(signals[1]);
}

/* So slow that it can be seen; and too slow. */
static void at_a_rate(void **state)
{
	uint64_t begun = clock_ns(CLOCK_MONOTONIC);
	struct migrate_opts opts = plain;
	struct zerr *err = NULL;
	int rc;

	(void)state;
	boot();
	opts.rate = 256 << 10;
	assert_int_equal(migrate_over(&opts, WHOLE, WHOLE, &err), 0);
	assert_true((clock_ns(CLOCK_MONOTONIC) - begun) / 1000000 >=
		    (result.bytes - 65536) * 1000 / opts.rate);
	boot();
	opts.rate = 1 << 10;
	opts.timeout_ms = 1500;
	rc = migrate_over(&opts, WHOLE, WHOLE, &err);
	refused(rc, &err, ZERR_TIMEOUT, "the time is up");
}

/* Who does not speak of migrations, or in another version, or not at all. */
static void strangers(void **state)
{
	static const struct {
		const char *says;
		size_t len;
		enum zerr_class cls;
		const char *what;
	} rows[] = {
		{ "Welcome to far!\n", 16, ZERR_FAILED, "no message of a migration" },
		{ "\1\0\0\0\x14\0\0\0ZZMIGRAT\2\0\0\0\0\0\0\0\0\0\0\0", 28, ZERR_UNSUPPORTED,
		  "speaks version 2 of the migration, this zl knows 1" },
		{ "\1\0\0\0\x14\0\0\0ZZMIGRAX\1\0\0\0\0\0\0\0\0\0\0\0", 28, ZERR_FAILED,
		  "does not speak of migrations" },
		{ "\1\0\0\0\0\0\0\0", 8, ZERR_FAILED, "does not speak of migrations" },
		{ "\1\0\0\0\xff\xff\0\0", 8, ZERR_FAILED, "no message of a migration" },
		{ "\2\0\0\0\0\0\0\0", 8, ZERR_FAILED, "message 2 of far came where 1 belongs" },
		{ "\x8\0\0\0\4\0\0\0\0\1\0\0", 12, ZERR_FAILED, "far: " },
		{ "\x8\0\0\0\x9\0\0\0\6\0\0\0E\0a\x1b" "b", 17, ZERR_NO_RESOURCES, "far: a b" },
		{ "", 0, ZERR_FAILED, "the line to far is cut" },
	};
	struct zerr *err = NULL;

	(void)state;
	boot();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct migrate_opts opts = plain;
		int in[2], out[2];

		pipes(in);
		pipes(out);
		assert_int_equal(write(in[1], rows[i].says, rows[i].len), rows[i].len);
		close(in[1]);
		opts.in = in[0];
		opts.out = out[1];
		opts.host = "far";
		refused(domain_migrate(&ctx, guest, &opts, &result, &err), &err, rows[i].cls,
			rows[i].what);
		close(in[0]);
		close(out[0]);
		close(out[1]);
	}
}

/* The other way round: who calls is told, as far as he listens, and nothing is made. */
static void strange_callers(void **state)
{
	static const struct {
		const char *says;
		size_t len;
		enum zerr_class cls;
		const char *what;
	} rows[] = {
		{ "GET / HTTP/1.0\r\n\r\n", 18, ZERR_FAILED, "no message of a migration" },
		{ "\1\0\0\0\x14\0\0\0ZZMIGRAT\2\0\0\0\0\0\0\0\0\0\0\0", 28, ZERR_UNSUPPORTED,
		  "version 2 of the migration" },
		{ "\1\0\0\0\x14\0\0\0ZZMIGRAT\1\0\0\0\0\0\0\0\0\0\0\0ZZSAVED?1234567", 43,
		  ZERR_BAD_CONFIG, "is not a saved domain" },
		{ "\1\0\0\0\x14\0\0\0ZZMIGRAT\1\0\0\0\0\0\0\0\0\0\0\0", 28, ZERR_BAD_CONFIG,
		  "it ends there" },
		{ "\6\0\0\0\0\0\0\0", 8, ZERR_INTERRUPTED, "has given up" },
		{ "", 0, ZERR_FAILED, "is cut" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct migrate_opts opts = plain;
		struct zerr *err = NULL;
		char answer[HELLO + 8];
		int in[2], out[2];
		bool told;

		pipes(in);
		pipes(out);
		assert_int_equal(write(in[1], rows[i].says, rows[i].len), rows[i].len);
		close(in[1]);
		opts.in = in[0];
		opts.out = out[1];
		opts.host = "the sender";
		assert_int_equal(domain_migrate_receive(&ctx, &opts, &told, &err), -1);
		if (zerr_class_of(err) != rows[i].cls || !strstr(err->message, rows[i].what))
			fail_msg("row %zu: class %d: %s", i, zerr_class_of(err), err->message);
		assert_true(told);
		assert_int_equal(fd_read_exact(out[0], answer, sizeof(answer)), 0);
		assert_int_equal(answer[HELLO], MIGRATE_REFUSED);
		assert_null(fake_hyp_domain(&fake, 1));
		zerr_free(err);
		close(in[0]);
		close(out[0]);
		close(out[1]);
	}
}

/* A line that is there, and on which nothing comes. */
static void silence(void **state)
{
	struct migrate_opts opts = plain;
	struct migrate_link l;
	struct zerr *err = NULL;
	int p[2];
	char c;

	(void)state;
	pipes(p);
	opts.in = p[0];
	opts.out = p[1];
	opts.host = "far";
	migrate_link_init(&l, &opts);
	l.silence_s = 1;
	assert_int_equal(migrate_read(&l, &c, 1, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_TIMEOUT);
	assert_non_null(strstr(err->message, "far has been silent for 1 s"));
	zerr_free(err);
	close(p[0]);
	close(p[1]);
}

#define M(fn) cmocka_unit_test_setup_teardown(fn, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		M(it_goes), M(paused_there), M(dry), M(another_name), M(refused_there),
		M(refused_here), M(cut_there), M(cut_back), M(fails_anywhere),
		M(fails_anywhere_live), M(interrupted),
		M(at_a_rate), M(strangers), M(strange_callers), M(silence),
	};

	return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
