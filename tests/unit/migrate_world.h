/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two hosts for the tests of migrations: this process has one, a second process the other, each with
 * a model hypervisor and a model store, and a third is the line, which can be cut after any byte.
 */
#ifndef TEST_MIGRATE_WORLD_H
#define TEST_MIGRATE_WORLD_H

#include "domain_world.h"
#include "guest_suspends.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>

#include <xentools/config.h>
#include <xentools/migrate.h>

#include "tools/domain/domain_priv.h"
#include "tools/domain/migrate_link.h"
#include "tools/domain/save_file.h"

#define RAM_GFN 0x40000u
#define WHOLE 1000000000u
#define HELLO (8 + sizeof(struct migrate_hello))

/* What the receiver's process tells of its end. */
struct outcome {
	int rc, cls;
	bool told, exists, started, has_page;
	unsigned int left;			/* domains but the control domain */
	uint64_t pages;				/* that are not free again */
	uint64_t ram, map;			/* sums of its memory, and of which frames it has */
	char message[200], context[64], agent[8];
};

static struct outcome *there;		/* shared */
static char *text;
static uint16_t guest;
static void (*prepare)(void);		/* the receiver's host */
static unsigned int fail_there;		/* number of its hypercall */
static bool live;			/* how migrate() does it */

static void guest_acts(void *arg)
{
	(void)arg;
	guest_suspends(&fake, ctx.xs, guest);
}

static void write_page(uint64_t gfn, const char *data)
{
	assert_int_equal(pwrite(fake.ram_fd, data, strlen(data), (off_t)(gfn * 4096 + 5)),
			 strlen(data));
}

static void boot(void)
{
	struct domain_create_opts opts = { 0 };
	char name[64];
	int rc;

	free(text);
	text = config_format(&cfg);
	opts.config_text = text;
	rc = create(&opts, NULL);
	assert_true(rc > 0);
	guest = (uint16_t)rc;
	snprintf(name, sizeof(name), "/local/domain/%u/control/feature-suspend", guest);
	fake_xs_set(ctx.xs, name, "1");
	snprintf(name, sizeof(name), "/local/domain/%u/data/agent", guest);
	fake_xs_set(ctx.xs, name, "7");
	write_page(RAM_GFN + 9, "ninth");
	for (unsigned int i = 0; i < 16; i++)
		write_page(RAM_GFN + 100 + 2 * i, "others");
}

static int up(void **state)
{
	if (set_up(state) != 0)
		return -1;
	fake_xs_on_change(ctx.xs, guest_acts, NULL);
	there = mmap(NULL, sizeof(*there), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	prepare = NULL;
	fail_there = 0;
	live = false;
	signal(SIGPIPE, SIG_IGN);
	return there == MAP_FAILED ? -1 : 0;
}

static int down(void **state)
{
	free(text);
	text = NULL;
	munmap(there, sizeof(*there));
	return tear_down(state);
}

static uint64_t sum(const void *data, size_t len)
{
	const uint64_t *p = data;
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < len / sizeof(*p); i++)
		h = (h ^ p[i]) * 1099511628211u;
	return h;
}

/* Of the RAM as it is booted; the magic pages are the daemons'. */
static uint64_t ram_sum(void)
{
	uint8_t *p = fake_hyp_ram(&fake, RAM_GFN, 4096);
	uint64_t h = sum(p, 4096 * 4096);

	munmap(p, 4096 * 4096);
	return h;
}

static uint64_t map_sum(const struct fake_domain *d)
{
	return sum(d->populated + RAM_GFN / 8, 4096 / 8);
}

/* ---- the other host ---- */

static void look(void)
{
	char name[64], buf[6] = "";
	const char *agent;

	for (uint16_t i = 1; i <= fake.last_domid; i++) {
		const struct fake_domain *d = fake_hyp_domain(&fake, i);

		if (!d)
			continue;
		there->left++;
		if (memcmp(d->info.handle, cfg.uuid, sizeof(cfg.uuid)) != 0)
			continue;
		there->exists = true;
		there->started = d->started;
		there->ram = ram_sum();
		there->map = map_sum(d);
		snprintf(there->context, sizeof(there->context), "%s", d->context);
		snprintf(name, sizeof(name), "/local/domain/%u/data/agent", i);
		agent = fake_xs_get(ctx.xs, name);
		snprintf(there->agent, sizeof(there->agent), "%s", agent ? agent : "");
	}
	there->has_page = pread(fake.ram_fd, buf, 5, (RAM_GFN + 9) * 4096 + 5) == 5 &&
		strcmp(buf, "ninth") == 0;
}

static void receive(int in, int out)
{
	struct migrate_opts opts = { .in = in, .out = out, .fd = -1, .host = "the sender",
				     .timeout_ms = -1 };
	struct zerr *err = NULL;
	void *state = NULL;
	uint64_t free_pages;

	if (set_up(&state) != 0)
		_exit(2);
	if (prepare)
		prepare();
	free_pages = fake.free_pages;
	fake.calls = 0;
	fake.fail_at = fail_there;
	fake.fail_errno = EIO;
	there->rc = domain_migrate_receive(&ctx, &opts, &there->told, &err);
	fake.fail_at = 0;
	there->cls = (int)zerr_class_of(err);
	snprintf(there->message, sizeof(there->message), "%s", err ? err->message : "");
	look();
	there->pages = free_pages - fake.free_pages;
	tear_down(&state);
	_exit(0);
}

/* ---- the line ---- */

/* Move what is there, at most *left bytes: false when one byte more should have gone. */
static bool move(int from, int to, unsigned int *left)
{
	char buf[4096];
	ssize_t n = read(from, buf, *left < sizeof(buf) ? *left + 1 : sizeof(buf));

	if (n <= 0)
		return false;
	if ((size_t)n > *left) {
		if (*left > 0 && write(to, buf, *left) < 0)
			return false;
		return false;
	}
	*left -= (unsigned int)n;
	return fd_write_all(to, buf, (size_t)n) == 0;
}

static void relay(int a_in, int a_out, int b_in, int b_out, unsigned int there_max,
		  unsigned int back_max)
{
	struct pollfd p[] = { { a_in, POLLIN, 0 }, { b_in, POLLIN, 0 } };

	while (poll(p, 2, -1) > 0) {
		if (p[0].revents && !move(a_in, b_out, &there_max))
			break;
		if (p[1].revents && !move(b_in, a_out, &back_max))
			break;
	}
	_exit(0);
}

static void pipes(int p[2])
{
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
}

static struct migrate_result result;

/* Migrate over a line that carries so many bytes there and back. */
static int migrate_over(struct migrate_opts *opts, unsigned int there_max, unsigned int back_max,
			struct zerr **err)
{
	int ends[4][2], rc;			/* me to line, line to other, other to line, line to me */
	pid_t line, side;

	memset(there, 0, sizeof(*there));
	for (int i = 0; i < 4; i++)
		pipes(ends[i]);
	side = fork();
	if (side == 0) {
		for (int i = 0; i < 4; i++)
			for (int k = 0; k < 2; k++)
				if (!(i == 1 && k == 0) && !(i == 2 && k == 1))
					close(ends[i][k]);
		receive(ends[1][0], ends[2][1]);
	}
	line = fork();
	if (line == 0) {
		close(ends[0][1]);
		close(ends[1][0]);
		close(ends[2][1]);
		close(ends[3][0]);
		relay(ends[0][0], ends[3][1], ends[2][0], ends[1][1], there_max, back_max);
	}
	close(ends[0][0]);
	close(ends[1][0]);
	close(ends[1][1]);
	close(ends[2][0]);
	close(ends[2][1]);
	close(ends[3][1]);
	opts->in = ends[3][0];
	opts->out = ends[0][1];
	opts->host = "far";
	rc = domain_migrate(&ctx, guest, opts, &result, err);
	close(opts->in);
	close(opts->out);
	assert_int_equal(waitpid(side, NULL, 0), side);
	assert_int_equal(waitpid(line, NULL, 0), line);
	return rc;
}

static const struct migrate_opts plain = { .fd = -1, .timeout_ms = -1, .suspend_ms = 50 };

static int migrate(struct zerr **err)
{
	struct migrate_opts opts = plain;

	opts.live = live;
	return migrate_over(&opts, WHOLE, WHOLE, err);
}

/* ---- what has become of it ---- */

static bool runs_here(void)
{
	const struct fake_domain *d = fake_hyp_domain(&fake, guest);

	return d && d->started && !(d->info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_paused));
}

static void nothing_there(void)
{
	assert_false(there->exists);
	assert_int_equal(there->pages, 0);
}

static void refused(int rc, struct zerr **err, enum zerr_class cls, const char *what)
{
	if (rc != -1 || zerr_class_of(*err) != cls || !strstr((*err)->message, what))
		fail_msg("%d, class %d: %s", rc, zerr_class_of(*err), *err ? (*err)->message : "");
	zerr_free(*err);
	*err = NULL;
	assert_true(runs_here());
	nothing_there();
}

/*
 * What holds after a line was cut: it runs at one place at most, and it is at one place at least.
 * Kept tells which sides have it: "here", "there", or "paused", which is there.
 */
static const char *who_has_it(unsigned int n, int rc)
{
	const struct fake_domain *d = fake_hyp_domain(&fake, guest);

	if (d && there->started)
		fail_msg("byte %u: it runs there, and is here, too", n);
	if (!d && !there->exists)
		fail_msg("byte %u: it is lost", n);
	if (d && !runs_here())
		fail_msg("byte %u: it is here, and does not go on", n);
	if (d && rc == 0)
		fail_msg("byte %u: all went well, and it is here", n);
	if (!there->exists)
		nothing_there();
	return d ? there->exists ? "both" : "here" : there->started ? "there" : "paused";
}

static void expect_cut_of(const struct migrate_opts *how, unsigned int there_max,
			  unsigned int back_max, const char *want)
{
	struct migrate_opts opts = *how;
	struct zerr *err = NULL;
	int rc = migrate_over(&opts, there_max, back_max, &err);
	const char *has = who_has_it(there_max, rc);

	if (strcmp(has, want) != 0)
		fail_msg("cut at %u there, %u back: %s has it, %s should; %s", there_max,
			 back_max, has, want, err ? err->message : "no error");
	if (rc != 0 && !strstr(err->message, "cut"))
		fail_msg("cut at %u there, %u back: %s", there_max, back_max, err->message);
	zerr_free(err);
	if (!fake_hyp_domain(&fake, guest))
		boot();
}

/* Magic, header and configuration. */
static inline size_t save_head(size_t xml)
{
	return SAVE_MAGIC_LEN + 2 * sizeof(struct save_frame) + sizeof(struct save_header) + xml;
}

#endif
