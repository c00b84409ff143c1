/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a domain: what it leaves in hypervisor and store, and that every request of it may fail,
 * or its maker be killed, with nothing left behind.
 */
#include "domain_world.h"

static void created(void **state)
{
	static const struct {
		const char *path, *value, *perms;
	} nodes[] = {
		{ "/local/domain/1", "", "n0,r1" },
		{ "/local/domain/1/vm", "/vm/" UUID_TEXT, "n0,r1" },
		{ "/local/domain/1/name", "web1", "n0,r1" },
		{ "/local/domain/1/cpu/0/availability", "online", "n0,r1" },
		{ "/local/domain/1/cpu/1/availability", "offline", "n0,r1" },
		{ "/local/domain/1/memory/static-max", "16384", "n0,r1" },
		{ "/local/domain/1/memory/target", "16384", "n0,r1" },
		{ "/local/domain/1/memory/videoram", "0", "n0,r1" },
		{ "/local/domain/1/device", "", "n0,r1" },
		{ "/local/domain/1/device/suspend/event-channel", "", "n1" },
		{ "/local/domain/1/control", "", "n0,r1" },
		{ "/local/domain/1/control/shutdown", "", "n1" },
		{ "/local/domain/1/control/feature-poweroff", "", "n1" },
		{ "/local/domain/1/control/feature-reboot", "", "n1" },
		{ "/local/domain/1/control/feature-suspend", "", "n1" },
		{ "/local/domain/1/control/sysrq", "", "n1" },
		{ "/local/domain/1/control/platform-feature-multiprocessor-suspend", "1",
		  "n0,r1" },
		{ "/local/domain/1/control/platform-feature-xs_reset_watches", "1", "n0,r1" },
		{ "/local/domain/1/data", "", "n1" },
		{ "/local/domain/1/drivers", "", "n1" },
		{ "/local/domain/1/feature", "", "n1" },
		{ "/local/domain/1/attr", "", "n1" },
		{ "/local/domain/1/error", "", "n1" },
		{ "/local/domain/1/domid", "1", "n0,r1" },
		{ "/local/domain/1/store/port", "1", "n0,r1" },
		{ "/local/domain/1/store/ring-ref", "233473", "n0,r1" },
		{ "/local/domain/1/console/backend", "/local/domain/0/backend/console/1/0",
		  "n0,r1" },
		{ "/local/domain/1/console/backend-id", "0", "n1,r0" },
		{ "/local/domain/1/console/limit", "1048576", "n0,r1" },
		{ "/local/domain/1/console/type", "xenconsoled", "n0,r1" },
		{ "/local/domain/1/console/output", "pty", "n0,r1" },
		{ "/local/domain/1/console/tty", "", "n0,r1" },
		{ "/local/domain/1/console/port", "2", "n0,r1" },
		{ "/local/domain/1/console/ring-ref", "233472", "n0,r1" },
		{ "/local/domain/0/backend/console/1/0/frontend", "/local/domain/1/console",
		  "n0,r1" },
		{ "/local/domain/0/backend/console/1/0/protocol", "vt100", "n0,r1" },
		{ "/local/domain/0/backend/console/1", "", "n0" },
		{ "/vm/" UUID_TEXT "/uuid", UUID_TEXT, "n0,r1" },
		{ "/vm/" UUID_TEXT "/name", "web1", "n0,r1" },
		{ "/libxl/1", "", "n0" },
		{ "/libxl/1/type", "pvh", "n0" },
		{ "/libxl/1/dm-version", "qemu_xen", "n0" },
		{ "/libxl/1/device/console/0/state", "1", "n0" },
	};
	struct domain_create_opts opts = { .config_text = "<domain/>\n" };
	struct domain_state s;
	struct fake_domain *d;
	size_t i;

	(void)state;
	assert_int_equal(create(&opts, NULL), 1);
	for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		if (!fake_xs_get(ctx.xs, nodes[i].path))
			fail_msg("%s is missing", nodes[i].path);
		assert_string_equal(fake_xs_get(ctx.xs, nodes[i].path), nodes[i].value);
		if (strcmp(fake_xs_perms(ctx.xs, nodes[i].path), nodes[i].perms) != 0)
			fail_msg("%s has %s, not %s", nodes[i].path,
				 fake_xs_perms(ctx.xs, nodes[i].path), nodes[i].perms);
	}
	d = fake_hyp_domain(&fake, 1);
	assert_true(d->started);
	assert_int_equal(d->weight, 512);
	assert_int_equal(d->max_kib, 17 * 1024);
	assert_int_equal(fake_xs_introduced(ctx.xs), 1);
	assert_int_equal(domain_state_load(&ctx, 1, &s, NULL), 1);
	assert_string_equal(s.name, "web1");
	assert_string_equal(s.config_text, "<domain/>\n");
	assert_int_equal(s.on_reboot, DOMAIN_ACTION_RESTART);
	domain_state_clear(&s);
	/* neither console daemon nor monitor runs here: two warnings, no failure */
	assert_int_equal(warnings, 2);
}

static size_t entries(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static void nothing_left(size_t nodes, uint64_t pages)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/domains", dir);
	assert_int_equal(fake_xs_count(ctx.xs), nodes);
	assert_int_equal(fake.free_pages, pages);
	assert_null(fake_hyp_domain(&fake, fake.last_domid ? fake.last_domid : 1));
	assert_true(entries(path) <= 2);
}

/* Call number n of the hypervisor fails, for n = 1, 2, ... until a create succeeds. */
static void every_hypercall_fails_once(void **state)
{
	static const int errors[] = { ENOMEM, EINVAL, EFAULT };
	uint64_t pages = fake.free_pages;
	size_t fds = entries("/proc/self/fd"), nodes;
	struct zerr *err;
	unsigned int n;
	int domid;

	(void)state;
	fake_xs_set(ctx.xs, "/local/domain/0/backend", "");
	fake_xs_set(ctx.xs, "/local/domain/0/backend/console", "");
	fake_xs_set(ctx.xs, "/local/domain", "");
	fake_xs_set(ctx.xs, "/vm", "");
	fake_xs_set(ctx.xs, "/libxl", "");
	nodes = fake_xs_count(ctx.xs);
	for (n = 1; n < 200; n++) {
		err = NULL;
		fake.fail_at = fake.calls + n;
		fake.fail_errno = errors[n % 3];
		domid = create(NULL, &err);
		fake.fail_at = 0;
		if (domid > 0)
			break;
		assert_non_null(err);
		zerr_free(err);
		nothing_left(nodes, pages);
		assert_int_equal(entries("/proc/self/fd"), fds);
	}
	assert_in_range(n, 25, 100);
	assert_int_equal(domain_destroy(&ctx, (uint16_t)domid, NULL), 0);
	nothing_left(nodes, pages);
}

/* A console, a pty and two sockets: one at a path of its own. */
static void give_channels(void)
{
	cfg.more_consoles = 1;
	cfg.channel_count = 3;
	cfg.channels = calloc(3, sizeof(*cfg.channels));
	cfg.channels[0].name = strdup("org.example.pty");
	cfg.channels[1].is_unix = cfg.channels[2].is_unix = true;
	assert_true(asprintf(&cfg.channels[1].path, "%s/agent", dir) > 0);
	cfg.channels[2].name = strdup("a/b");
}

static bool leads(const char *path, const char *to)
{
	char text[80], want[120];
	ssize_t n = readlink(path, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	snprintf(want, sizeof(want), "%s/console/%s", dir, to);
	return strcmp(text, want) == 0;
}

static void channels(void **state)
{
	static const struct {
		const char *path, *value, *perms;
	} nodes[] = {
		{ "/local/domain/1/device/console/1", "", "n1,r0" },
		{ "/local/domain/1/device/console/1/state", "1", "n1,r0" },
		{ "/local/domain/1/device/console/1/backend-id", "0", "n1,r0" },
		{ "/local/domain/1/device/console/1/tty", "", "n0,r1" },
		{ "/local/domain/1/device/console/1/type", "xenconsoled", "n0,r1" },
		{ "/local/domain/1/device/console/2/name", "org.example.pty", "n0,r1" },
		{ "/local/domain/0/backend/console/1/2", "", "n0,r1" },
		{ "/local/domain/0/backend/console/1/2/name", "org.example.pty", "n0,r1" },
		{ "/local/domain/0/backend/console/1/2/connection", "pty", "n0,r1" },
		{ "/local/domain/0/backend/console/1/2/type", "xenconsoled", "n0,r1" },
		{ "/local/domain/0/backend/console/1/3/connection", "socket", "n0,r1" },
		{ "/local/domain/0/backend/console/1/4/frontend",
		  "/local/domain/1/device/console/4", "n0,r1" },
		{ "/libxl/1/device/console/4/backend", "/local/domain/0/backend/console/1/4",
		  "n0" },
	};
	char own[80], made[80];
	struct zerr *err = NULL;

	(void)state;
	give_channels();
	assert_int_equal(create(NULL, NULL), 1);
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		if (!fake_xs_get(ctx.xs, nodes[i].path))
			fail_msg("%s is missing", nodes[i].path);
		assert_string_equal(fake_xs_get(ctx.xs, nodes[i].path), nodes[i].value);
		assert_string_equal(fake_xs_perms(ctx.xs, nodes[i].path), nodes[i].perms);
	}
	assert_null(fake_xs_get(ctx.xs, "/local/domain/0/backend/console/1/1/connection"));
	assert_null(fake_xs_get(ctx.xs, "/local/domain/1/device/console/5"));
	snprintf(own, sizeof(own), "%s/agent", dir);
	snprintf(made, sizeof(made), "%s/console/web1-a%%2fb.sock", dir);
	assert_string_equal(fake_xs_get(ctx.xs, "/libxl/1/device/console/4/path"), made);
	assert_true(leads(own, "1.3.sock") && leads(made, "1.4.sock"));

	/* Another domain cannot be at the same path; later it can. */
	cfg.name[3] = '2';
	cfg.uuid[0]++;
	assert_int_equal(create(NULL, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_STATE);
	assert_non_null(strstr(err->message, "a channel of domain 1 is at"));
	zerr_free(err);
	assert_int_equal(domain_destroy(&ctx, 1, NULL), 0);
	assert_int_equal(access(own, F_OK) | access(made, F_OK), -1);
	assert_int_equal(lstat(own, &(struct stat){ 0 }), -1);
	assert_int_equal(lstat(made, &(struct stat){ 0 }), -1);
	assert_int_equal(fd_write_file_atomic(own, "x", 1, 0600), 0);
	err = NULL;
	assert_int_equal(create(NULL, &err), -1);
	assert_non_null(strstr(err->message, "a channel cannot be at"));
	zerr_free(err);
	assert_int_equal(unlink(own), 0);
	/* A link that was left behind is in nobody's way. */
	snprintf(made, sizeof(made), "%s/console/1.3.sock", dir);
	assert_int_equal(symlink(made, own), 0);
	assert_int_equal(create(NULL, NULL), 2);
	assert_true(leads(own, "2.3.sock"));
}

static void expect_error(enum zerr_class cls, const char *words)
{
	struct zerr *err = NULL;

	assert_int_equal(create(NULL, &err), -1);
	assert_int_equal(zerr_class_of(err), cls);
	if (!strstr(err->message, words))
		fail_msg("\"%s\" does not say \"%s\"", err->message, words);
	zerr_free(err);
}

/* Once, in the midst of a create: another with the same channels begins and ends. */
static void create_another(void *arg, int level, const char *text)
{
	static char name[] = "web2";
	struct domain_config other = cfg;
	struct domain_create_result made;

	(void)arg;
	(void)level;
	(void)text;
	ctx.progress = NULL;
	other.name = name;
	other.uuid[0]++;
	assert_int_equal(domain_create(&ctx, &other, NULL, &made, NULL), 0);
	assert_int_equal(made.domid, 2);
}

static void channels_of_two_creates(void **state)
{
	char own[80], left[80];

	(void)state;
	give_channels();
	snprintf(own, sizeof(own), "%s/agent", dir);
	/* Both found the path free: it is the first one's who has it. */
	ctx.progress = create_another;
	expect_error(ZERR_STATE, "a channel of domain 2 is at");
	assert_true(leads(own, "2.3.sock"));
	assert_null(fake_hyp_domain(&fake, 1));
	/* That one goes without a word, and its number is another's. */
	fake_hyp_domain(&fake, 2)->exists = false;
	fake_xs_set(ctx.xs, "/libxl/2/device/console/3/path", "/elsewhere");
	fake_hyp_add(&fake, 2, (const uint8_t[16]){ 7 });
	assert_int_equal(create(NULL, NULL), 3);
	assert_true(leads(own, "3.3.sock"));
	assert_int_equal(domain_destroy(&ctx, 3, NULL), 0);
	/* Or the new one's own. */
	snprintf(left, sizeof(left), "%s/console/4.3.sock", dir);
	assert_int_equal(symlink(left, own), 0);
	assert_int_equal(create(NULL, NULL), 4);
	assert_true(leads(own, "4.3.sock"));
}

static void every_store_request_fails_once(void **state)
{
	char own[80], console[80];
	uint64_t pages = fake.free_pages;
	struct zerr *err;
	size_t nodes;
	unsigned int n;
	int domid;

	(void)state;
	give_channels();
	snprintf(own, sizeof(own), "%s/agent", dir);
	snprintf(console, sizeof(console), "%s/console", dir);
	assert_int_equal(domain_destroy(&ctx, (uint16_t)create(NULL, NULL), NULL), 0);
	nodes = fake_xs_count(ctx.xs);
	for (n = 1; n < 500; n++) {
		err = NULL;
		fake_xs_fail_at(ctx.xs, n);
		domid = create(NULL, &err);
		if (domid > 0 && fake_xs_requests(ctx.xs) > 0 && !err)
			break;
		assert_non_null(err);
		zerr_free(err);
		fake_xs_fail_at(ctx.xs, 0);
		nothing_left(nodes, pages);
		assert_int_equal(lstat(own, &(struct stat){ 0 }), -1);
		assert_int_equal(entries(console), 2);
	}
	assert_in_range(n, 160, 499);
}

static int refuse_start(void *arg, uint16_t domid, const char *tty, struct zerr **err)
{
	(void)arg;
	(void)tty;
	assert_false(fake_hyp_domain(&fake, domid)->started);
	return zerr_set(err, ZERR_INTERRUPTED, NULL, 0, "interrupted");
}

static void caller_may_stop_it(void **state)
{
	struct domain_create_opts opts = { .before_unpause = refuse_start };
	struct zerr *err = NULL;

	(void)state;
	assert_int_equal(create(&opts, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_INTERRUPTED);
	zerr_free(err);
	assert_null(fake_hyp_domain(&fake, 1));
	opts = (struct domain_create_opts){ .keep_paused = true };
	assert_int_equal(create(&opts, NULL), 2);
	assert_false(fake_hyp_domain(&fake, 2)->started);
	assert_int_equal(domain_unpause(&ctx, 2, NULL), 0);
	assert_true(fake_hyp_domain(&fake, 2)->started);
}

/* Only where the CPUs can, and with a 32-bit kernel. */
static void aarch32(void **state)
{
	static const uint8_t z[128] = { [0x24] = 0x18, 0x28, 0x6f, 0x01, [0x2c] = 128 };
	char *path;

	(void)state;
	cfg.arch = DOMAIN_ARCH_ARMV7L;
	expect_error(ZERR_BAD_CONFIG, "not a zImage");
	free(cfg.kernel);
	assert_true(asprintf(&path, "%s/zImage", dir) > 0);
	assert_int_equal(fd_write_file_atomic(path, z, sizeof(z), 0600), 0);
	cfg.kernel = path;
	expect_error(ZERR_UNSUPPORTED, "AArch32");
	assert_null(fake_hyp_domain(&fake, 1));
	fake.aarch32 = true;
	assert_int_equal(create(NULL, NULL), 1);
	assert_int_equal(fake_hyp_domain(&fake, 1)->address_size, 32);
}

static void refusals(void **state)
{
	struct xs *xs = ctx.xs;

	(void)state;
	assert_int_equal(create(NULL, NULL), 1);
	expect_error(ZERR_STATE, "domain 1 is called \"web1\"");
	free(cfg.name);
	cfg.name = strdup("web2");
	expect_error(ZERR_STATE, "the UUID is in use: domain 1 (web1)");
	cfg.uuid[0] ^= 1;
	cfg.memory_kib = 4 * 1024 * 1024;
	expect_error(ZERR_NO_RESOURCES, "need 4116 MiB, free 495 MiB");
	cfg.memory_kib = 16 * 1024;
	cfg.vcpus_max = 0;
	expect_error(ZERR_FAILED, "createdomain");
	cfg.vcpus_max = 2;
	free(cfg.kernel);
	cfg.kernel = strdup("/nonexistent");
	expect_error(ZERR_BAD_CONFIG, "/nonexistent");
	ctx.xs = NULL;
	expect_error(ZERR_NO_HYPERVISOR, "store daemon");
	ctx.xs = xs;
}

/* What a configuration asks for is given, or the domain is not made. */
static void wishes(void **state)
{
	struct fake_domain *d;
	struct domain_memory m;
	struct zerr *err = NULL;

	(void)state;
	cfg.unserved = strdup("domain/devices/channel");
	expect_error(ZERR_UNSUPPORTED, "domain/devices/channel: not supported");
	free(cfg.unserved);
	cfg.unserved = NULL;
	cfg.cpupool = strdup("other");
	expect_error(ZERR_NOT_FOUND, "no CPU pool \"other\"");
	free(cfg.cpupool);
	cfg.cpupool = strdup("Pool-0");
	cfg.sched_class = strdup("rtds");
	expect_error(ZERR_UNSUPPORTED, "not rtds");
	fake.sched_id = XEN_SCHEDULER_RTDS;
	cfg.weight = 5;
	expect_error(ZERR_UNSUPPORTED, "the scheduler rtds has neither weights nor caps");
	cfg.weight = 0;
	free(cfg.sched_class);
	cfg.sched_class = NULL;
	fake.sched_id = 0;
	cfg.peers = true;
	expect_error(ZERR_UNSUPPORTED, "z:peer");
	cfg.peers = false;
	cfg.clock = DOMAIN_CLOCK_TIMEZONE;
	cfg.timezone = strdup("No/Such_Place");
	expect_error(ZERR_NOT_FOUND, "No/Such_Place");
	cfg.clock = DOMAIN_CLOCK_UTC;
	cfg.affinity_set = true;
	cfg.affinity.bits[0] = 1;
	cfg.affinity.bits[10] = 1;
	expect_error(ZERR_UNSUPPORTED, "no CPU 640 here");
	cfg.affinity_set = false;
	assert_null(fake_hyp_domain(&fake, 1));

	cfg.clock = DOMAIN_CLOCK_VARIABLE;
	cfg.clock_seconds = -7200;
	cfg.no_balloon = true;
	cfg.soft_affinity_set = true;
	cfg.soft_affinity.bits[0] = 2;
	cfg.grant_frames = 32;
	cfg.store_limits[QUOTA_NODES] = 40;
	cfg.store_limits[QUOTA_EVENTS] = 7;
	cfg.log_size = 8192;
	cfg.log_keep = 0;
	assert_int_equal(create(NULL, NULL), 1);
	d = fake_hyp_domain(&fake, 1);
	assert_int_equal(d->time_offset, -7200);
	assert_int_equal(d->soft_affinity[0][0], 2);
	assert_int_equal(d->grant_frames, 32);
	assert_string_equal(fake_xs_limits(ctx.xs), "quota set 1 nodes 40;"
			    "quota set 1 queued-events 7;");
	assert_null(fake_xs_get(ctx.xs, "/local/domain/1/memory/target"));
	assert_string_equal(fake_xs_get(ctx.xs, "/local/domain/1/console/log-size"), "8192");
	assert_string_equal(fake_xs_get(ctx.xs, "/local/domain/1/console/log-keep"), "0");
	assert_string_equal(fake_xs_perms(ctx.xs, "/local/domain/1/console/log-keep"), "n0,r1");
	assert_int_equal(domain_memory_get(&ctx, 1, &m, NULL), 0);
	assert_int_equal(domain_set_memory(&ctx, 1, 16384, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_UNSUPPORTED);
	zerr_free(err);
}

/* Under rtds each vCPU gets what the configuration says, and keeps what it does not. */
static void deadlines(void **state)
{
	(void)state;
	fake.sched_id = XEN_SCHEDULER_RTDS;
	cfg.weight = cfg.cap = 0;
	cfg.sched_class = strdup("rtds");
	cfg.budget_us = 2500;
	cfg.extratime = -1;
	assert_int_equal(create(NULL, NULL), 1);
	for (unsigned int v = 0; v < cfg.vcpus_max; v++) {
		const struct xen_domctl_sched_rtds *r = &fake_hyp_domain(&fake, 1)->rtds[v];

		assert_int_equal(r->period, 10000);
		assert_int_equal(r->budget, 2500);
		assert_int_equal(r->flags, 0);
	}
}

/* No kernel: the loader is booted, or the packaged firmware, which is not there. */
static void firmware(void **state)
{
	(void)state;
	cfg.loader = cfg.kernel;
	cfg.kernel = NULL;
	assert_int_equal(create(NULL, NULL), 1);
	free(cfg.loader);
	cfg.loader = NULL;
	cfg.firmware_efi = true;
	expect_error(ZERR_UNSUPPORTED, "firmware='efi'");
}

static void small_pages_when_large_are_out(void **state)
{
	(void)state;
	fake.big_orders = 3;
	assert_int_equal(create(NULL, NULL), 1);
	assert_non_null(strstr(fake.log.buf, "populate order 9 nr 8 first 0x40000\n"
			       "populate order 0 nr 256 first 0x40600\n"));
	assert_int_equal(fake_hyp_domain(&fake, 1)->info.tot_pages, 4096 + 4);
}

static int die_here(void *arg, uint16_t domid, const char *tty, struct zerr **err)
{
	(void)domid;
	(void)tty;
	(void)err;
	longjmp(*(jmp_buf *)arg, 1);
}

/* The maker vanishes before the domain runs: who comes next removes the half-made one. */
static void killed_maker(void **state)
{
	static struct domain_create_opts opts = { .before_unpause = die_here };
	static jmp_buf killed;
	size_t nodes;
	char path[120];
	int fd, max = 1024;

	(void)state;
	assert_int_equal(domain_destroy(&ctx, (uint16_t)create(NULL, NULL), NULL), 0);
	nodes = fake_xs_count(ctx.xs);
	opts.arg = &killed;
	if (setjmp(killed) == 0)
		create(&opts, NULL);
	assert_non_null(fake_hyp_domain(&fake, 2));
	assert_int_equal(domain_recover(&ctx, NULL), 0);
	/* still locked: its maker lives */
	assert_non_null(fake_hyp_domain(&fake, 2));
	snprintf(path, sizeof(path), "%s/building/" UUID_TEXT, dir);
	assert_int_equal(access(path, F_OK), 0);
	/* "Kill" it: close its descriptors, of which only the library knows the numbers. */
	for (fd = 3; fd < max; fd++) {
		char link[40], target[200];
		ssize_t n;

		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, target, sizeof(target) - 1);
		if (n > 0 && strncmp(target, path, (size_t)n) == 0)
			close(fd);
	}
	assert_int_equal(domain_recover(&ctx, NULL), 0);
	assert_null(fake_hyp_domain(&fake, 2));
	assert_int_equal(fake_xs_count(ctx.xs), nodes);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(create(NULL, NULL), 3);
}

/* A domain without some features: the hypervisor hears of their fields before it makes vCPUs. */
static void cpu_model(void **state)
{
	const struct fake_domain *d;
	uint64_t all = 0;
	int domid;

	(void)state;
	domid = create(NULL, NULL);
	assert_int_equal(fake_hyp_domain(&fake, (uint16_t)domid)->cpu_models, 0);
	assert_int_equal(domain_destroy(&ctx, (uint16_t)domid, NULL), 0);
	cfg.cpu_disabled = UINT64_C(1) << cpu_feature_find("aes");
	cfg.pa_bits = 40;
	cfg.midr = 0x410fd034;
	domid = create(NULL, NULL);
	assert_true(domid > 0);
	d = fake_hyp_domain(&fake, (uint16_t)domid);
	assert_int_equal(d->cpu_models, 1);
	assert_int_equal(d->cpu_model.midr, 0x410fd034);
	assert_int_equal(d->nr_cpu_fields, 3);
	/* PARange 2; ID_AA64ISAR0.AES; ID_ISAR5.AES */
	assert_int_equal(d->cpu_fields[0].reg, 7 << 3);
	assert_int_equal(d->cpu_fields[0].max, 2);
	assert_int_equal(d->cpu_fields[1].reg, 6 << 3);
	assert_int_equal(d->cpu_fields[1].shift, 4);
	assert_int_equal(d->cpu_fields[1].max, 0);
	assert_int_equal(d->cpu_fields[2].reg, 2 << 3 | 5);
	assert_int_equal(domain_destroy(&ctx, (uint16_t)domid, NULL), 0);
	/* Everything at once takes several calls; each field is one of its register. */
	for (unsigned int n = 0; cpu_feature_name(n); n++)
		all |= UINT64_C(1) << n;
	cfg.cpu_disabled = all;
	domid = create(NULL, NULL);
	d = fake_hyp_domain(&fake, (uint16_t)domid);
	assert_true(d->cpu_models > 1);
	assert_int_equal(d->cpu_model.midr, 0x410fd034);
	assert_true(d->nr_cpu_fields > (d->cpu_models - 1) * ZAZEN_CPU_FIELDS);
	for (unsigned int n = 0; n < d->nr_cpu_fields; n++) {
		assert_in_range(d->cpu_fields[n].reg, 1 << 3, 7 << 3 | 7);
		assert_int_equal(d->cpu_fields[n].shift % 4, 0);
		assert_true(d->cpu_fields[n].shift < (d->cpu_fields[n].reg < 4 << 3 ? 32 : 64));
		assert_true(d->cpu_fields[n].max <= 0xf);
	}
	for (unsigned int n = 1; cpu_feature_name(n); n++)
		assert_true(strcmp(cpu_feature_name(n - 1), cpu_feature_name(n)) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(created), T(channels), T(channels_of_two_creates),
		T(every_hypercall_fails_once), T(every_store_request_fails_once),
		T(caller_may_stop_it), T(aarch32), T(refusals), T(wishes), T(deadlines), T(firmware),
		T(small_pages_when_large_are_out),
		T(killed_maker), T(cpu_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
