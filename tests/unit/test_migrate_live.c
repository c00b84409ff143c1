/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains that run while they go to another host. Each test's guest writes its memory, or moves its
 * balloon, between two takings of what it wrote; what arrives is what it had when it stopped, bit
 * for bit, and nothing else.
 */
#include "migrate_world.h"

#include <xentools/clock.h>

typedef void runs_fn(struct fake_hyp *f, struct fake_domain *d, unsigned int takes);

static const struct migrate_opts running = { .fd = -1, .timeout_ms = -1, .suspend_ms = 50,
					     .live = true };

/* As the hypervisor's slot still has it. */
static const struct fake_domain *as_it_was(void)
{
	for (size_t i = 0; i < FAKE_DOMAINS; i++)
		if (fake.domains[i].domid == guest)
			return &fake.domains[i];
	fail();
	return NULL;
}

static bool never_stopped(void)
{
	const struct fake_domain *d = fake_hyp_domain(&fake, guest);

	return d && d->start.user_regs.x0 != 1 && !d->dirty_logged;
}

/* Frames that were mapped between the last taking of what was written and the log's end. */
static unsigned int mapped_while_stopped(void)
{
	const char *p = strbuf_cstr(&fake.log), *last = NULL, *before = NULL;
	unsigned int n = 0, num;

	for (; (p = strstr(p, "domctl 10\n")) != NULL; p++) {
		before = last;
		last = p;
	}
	assert_non_null(before);
	for (p = before; (p = strstr(p, "map num ")) != NULL && p < last; p++)
		if (sscanf(p, "map num %u", &num) == 1)
			n += num;
	return n;
}

static void it_arrives(runs_fn *fn, struct migrate_opts opts)
{
	struct zerr *err = NULL;

	fake.dirty_runs = fn;
	if (migrate_over(&opts, WHOLE, WHOLE, &err) != 0)
		fail_msg("%s", err->message);
	assert_null(fake_hyp_domain(&fake, guest));
	assert_true(there->exists && there->started);
	assert_int_equal(there->ram, ram_sum());
	assert_int_equal(there->map, map_sum(as_it_was()));
	assert_int_equal(there->pages, as_it_was()->info.tot_pages);
	assert_true(result.rounds >= 2);
	assert_true(result.early_bytes > 0 && result.early_bytes < result.bytes);
}

/* Less each time, and what was sent becomes zeros. */
static void calms_down(struct fake_hyp *f, struct fake_domain *d, unsigned int takes)
{
	for (uint64_t i = 0; i < 40u >> takes; i++)
		fake_hyp_guest_writes(f, d, RAM_GFN + 90 + (64 * takes + 3) * i,
				      (uint8_t)(takes + 1));
	if (takes == 2 || takes == 4)
		fake_hyp_guest_writes(f, d, RAM_GFN + 5 + takes * 2, 0);
}

static void it_goes(void **state)
{
	(void)state;
	boot();
	it_arrives(calms_down, running);
	assert_in_range(result.rounds, 5, 7);
	/* Little is looked at and sent while it stands still. */
	assert_true(mapped_while_stopped() < 100);
	assert_true(result.bytes - result.early_bytes < 20000);
}

/* The other end of that: it stops at once where that is good enough, and sends what is left. */
static void soon(void **state)
{
	struct migrate_opts opts = running;

	(void)state;
	boot();
	opts.downtime_ms = 60000;
	fake.dirty_runs = calms_down;
	assert_int_equal(migrate_over(&opts, WHOLE, WHOLE, NULL), 0);
	assert_int_equal(result.rounds, 1);
	assert_int_equal(there->ram, ram_sum());
}

static void never_rests(struct fake_hyp *f, struct fake_domain *d, unsigned int takes)
{
	for (uint64_t i = 0; i < 300; i++)
		fake_hyp_guest_writes(f, d, RAM_GFN + 500 + i, (uint8_t)(takes + i));
}

/* It stops all the same; or, if there is a time by which it is to be there, it does not. */
static void too_fast(void **state)
{
	struct migrate_opts opts = running;
	struct zerr *err = NULL;
	int rc;

	(void)state;
	boot();
	warnings = 0;
	it_arrives(never_rests, running);
	assert_int_equal(result.rounds, 2);
	assert_int_equal(warnings, 1);
	assert_true(result.bytes - result.early_bytes > 290 * 4096);
	boot();
	opts.timeout_ms = 400;
	rc = migrate_over(&opts, WHOLE, WHOLE, &err);
	refused(rc, &err, ZERR_TIMEOUT, "the time is up");
	assert_true(never_stopped());
}

static void inflate(struct fake_hyp *f, struct fake_domain *d, uint64_t gfn)
{
	fake_hyp_depopulate(f, d, gfn);
}

static void deflate(struct fake_hyp *f, struct fake_domain *d, uint64_t gfn, uint8_t byte)
{
	d->populated[gfn / 8] |= (uint8_t)(1u << gfn % 8);
	d->info.tot_pages++;
	f->free_pages--;
	fake_hyp_guest_writes(f, d, gfn, byte);
}

/* As many come as go. */
static void balloon_moves(struct fake_hyp *f, struct fake_domain *d, unsigned int takes)
{
	fake_hyp_guest_writes(f, d, RAM_GFN + 300 + takes % 4, 3);
	if (takes == 2) {
		inflate(f, d, RAM_GFN + 9);
		inflate(f, d, RAM_GFN + 104);
		deflate(f, d, RAM_GFN + 3000, 7);
		deflate(f, d, RAM_GFN + 3009, 0);
	} else if (takes == 3) {
		inflate(f, d, RAM_GFN + 102);
		deflate(f, d, RAM_GFN + 102, 0);
	}
}

/* It gives back, and gets nothing. */
static void balloon_grows(struct fake_hyp *f, struct fake_domain *d, unsigned int takes)
{
	if (takes == 1)
		fake_hyp_guest_writes(f, d, RAM_GFN + 90, 1);
	for (uint64_t i = 0; takes == 2 && i < 1500; i++)
		inflate(f, d, RAM_GFN + 100 + i);
}

/* While the first round goes through its memory. */
static void balloon_in_round(void *arg, uint64_t done, uint64_t total)
{
	struct fake_domain *d = fake_hyp_domain(&fake, guest);

	(void)arg;
	if (d && done > total / 2 && d->populated[(RAM_GFN + 9) / 8] >> (RAM_GFN + 9) % 8 & 1)
		inflate(&fake, d, RAM_GFN + 9);
}

static void balloons(void **state)
{
	struct migrate_opts opts = running;

	(void)state;
	boot();
	for (uint64_t i = 0; i < 10; i++)
		inflate(&fake, fake_hyp_domain(&fake, guest), RAM_GFN + 3000 + i);
	it_arrives(balloon_moves, running);
	assert_true(mapped_while_stopped() > 4096);	/* nothing less tells what went */
	boot();
	it_arrives(balloon_grows, running);
	boot();
	opts.progress = balloon_in_round;
	for (uint64_t i = 0; i < 4096; i++)
		write_page(RAM_GFN + i, "full");
	it_arrives(calms_down, opts);
	assert_true(mapped_while_stopped() > 4096);
	/* What the hypervisor shares with it and does not count is not taken for that. */
	boot();
	fake_hyp_domain(&fake, guest)->info.tot_pages--;
	opts = running;
	assert_int_equal(migrate_over(&opts, WHOLE, WHOLE, NULL), 0);
	assert_int_equal(there->ram, ram_sum());
	assert_true(mapped_while_stopped() < 100);
}

static void at_a_rate(void **state)
{
	uint64_t begun = clock_ns(CLOCK_MONOTONIC);
	struct migrate_opts opts = running;

	(void)state;
	boot();
	opts.rate = 512 << 10;
	it_arrives(calms_down, opts);
	assert_true((clock_ns(CLOCK_MONOTONIC) - begun) / 1000000 >=
		    (result.early_bytes - 65536) * 1000 / opts.rate);
}

static void writes_the_same(struct fake_hyp *f, struct fake_domain *d, unsigned int takes)
{
	for (uint64_t i = 0; i < 40u >> takes; i++)
		fake_hyp_guest_writes(f, d, RAM_GFN + 300 + i, 8);
}

/* Cut in each round, and in what follows. */
static void cut(void **state)
{
	unsigned int early, head, whole, n;

	(void)state;
	fake.last_domid = 9;		/* all ids of one length */
	for (n = 0; n < 256; n++)
		write_page(RAM_GFN + 1000 + n, "early");
	for (n = 0; n < 2; n++) {	/* the second time as each time after it */
		boot();
		it_arrives(writes_the_same, running);
	}
	boot();
	head = (unsigned int)(HELLO + save_head(strlen(text)) + 8);
	early = (unsigned int)(head + result.early_bytes);
	whole = (unsigned int)(head + result.bytes - 8);		/* without COMMIT */
	for (n = 0; n < early - 300000; n += early / 13) {
		expect_cut_of(&running, n, WHOLE, "here");
		assert_true(never_stopped());
	}
	for (; n < whole; n += (whole - n) / 8 + 1)
		expect_cut_of(&running, n, WHOLE, "here");
	expect_cut_of(&running, whole, WHOLE, "paused");
	expect_cut_of(&running, WHOLE, HELLO + 4, "here");		/* READY */
	expect_cut_of(&running, WHOLE, HELLO + 12, "both");		/* RESTORED */
}

static int signals[2];
static unsigned int stop_in;

static uint64_t dirtied_most;

static void interrupt(void *arg, unsigned int round, uint64_t dirtied)
{
	(void)arg;
	dirtied_most = MAX(dirtied_most, dirtied);
	if (round == stop_in)
		assert_int_equal(write(signals[1], "x", 1), 1);
}

static void interrupted(void **state)
{
	struct migrate_opts opts = running;
	struct zerr *err = NULL;
	int rc;

	(void)state;
	boot();
	fake.dirty_runs = calms_down;
	opts.round = interrupt;
	for (stop_in = 3; stop_in < 4; stop_in--) {		/* 3, 2, and 0 is the stop */
		dirtied_most = 0;
		pipes(signals);
		opts.fd = signals[0];
		rc = migrate_over(&opts, WHOLE, WHOLE, &err);
		close(signals[0]);
		close(signals[1]);
		assert_true(dirtied_most > 4096);
		if (stop_in == 1) {		/* no round is told before the first */
			assert_int_equal(rc, 0);
			boot();
			continue;
		}
		refused(rc, &err, ZERR_INTERRUPTED, "interrupted");
		assert_true(stop_in == 0 || never_stopped());
	}
}

static void changes(struct fake_hyp *f, struct fake_domain *d, unsigned int takes)
{
	struct domain_state s = { .config_text = NULL };

	(void)f;
	if (takes != 2)
		return;
	assert_int_equal(domain_state_load(&ctx, d->domid, &s, NULL), 1);
	free(s.config_text);
	s.config_text = strdup("<domain/>\n");
	assert_int_equal(domain_state_save(&ctx, &s, NULL), 0);
	domain_state_clear(&s);
}

static void ends(struct fake_hyp *f, struct fake_domain *d, unsigned int takes)
{
	(void)f;
	if (takes == 2)
		d->info.flags |= XEN_DOMINF_shutdown;
}

/* It is given a device, or powers off. */
static void meanwhile(void **state)
{
	struct zerr *err = NULL;
	int rc;

	(void)state;
	boot();
	live = true;
	fake.dirty_runs = changes;
	refused(migrate(&err), &err, ZERR_STATE, "its configuration has changed");
	assert_true(never_stopped());
	assert_int_equal(domain_destroy(&ctx, guest, NULL), 0);
	boot();
	fake.dirty_runs = ends;
	rc = migrate(&err);
	assert_int_equal(rc, -1);
	assert_non_null(strstr(err->message, "it has shut down (poweroff)"));
	zerr_free(err);
	nothing_there();
	assert_non_null(fake_hyp_domain(&fake, guest));
}

/* Known before the guest notices anything. */
static void unable(void **state)
{
	struct zerr *err = NULL;
	struct migrate_opts opts = running;
	int in[2], out[2];

	(void)state;
	boot();
	live = true;
	fake.dirty_errno = EOPNOTSUPP;
	refused(migrate(&err), &err, ZERR_UNSUPPORTED, "");
	assert_true(never_stopped());
	pipes(in);
	pipes(out);
	assert_int_equal(write(in[1], "\1\0\0\0\x14\0\0\0ZZMIGRAT\1\0\0\0\0\0\0\0\0\0\0", 28),
			 28);
	opts.in = in[0];
	opts.out = out[1];
	opts.host = "far";
	refused(domain_migrate(&ctx, guest, &opts, &result, &err), &err, ZERR_UNSUPPORTED,
		"the zl of far does not know live migrations");
	assert_true(never_stopped());
	for (int i = 0; i < 2; i++) {
		close(in[i]);
		close(out[i]);
	}
	opts = running;
	opts.dry_run = true;
	assert_int_equal(migrate_over(&opts, WHOLE, WHOLE, &err), 0);
	assert_true(never_stopped());
	nothing_there();
}

#define M(fn) cmocka_unit_test_setup_teardown(fn, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		M(it_goes), M(soon), M(too_fast), M(balloons), M(at_a_rate), M(cut),
		M(interrupted), M(meanwhile), M(unable),
	};

	return cmocka_run_group_tests_name("migrate_live", tests, NULL, NULL);
}
