/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains into files and out of them, on the models of hypervisor and store: what comes along, what
 * is refused, and that a failure of each call leaves a guest that goes on, or nothing.
 */
#include "domain_world.h"
#include "guest_suspends.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

#include <xentools/config.h>
#include <xentools/save.h>

#include "tools/domain/domain_priv.h"

#define RAM_GFN 0x40000u
#define HOLE (RAM_GFN + 700)

static char path[64], *text;
static bool deaf;			/* the guest takes no notice of a request */

static void guest_acts(void *arg)
{
	(void)arg;
	for (uint16_t id = 1; id < 20 && !deaf; id++)
		guest_suspends(&fake, ctx.xs, id);
}

static uint16_t boot(void)
{
	struct domain_create_opts opts = { 0 };
	char name[64];
	int id;

	free(text);
	text = config_format(&cfg);
	opts.config_text = text;
	id = create(&opts, NULL);
	assert_true(id > 0);
	snprintf(name, sizeof(name), "/local/domain/%d/control/feature-suspend", id);
	fake_xs_set(ctx.xs, name, "1");
	snprintf(name, sizeof(name), "/local/domain/%d/data/agent/version", id);
	fake_xs_set(ctx.xs, name, "7");
	return (uint16_t)id;
}

static int up(void **state)
{
	if (set_up(state) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/web1.save", dir);
	fake_xs_on_change(ctx.xs, guest_acts, NULL);
	deaf = false;
	return 0;
}

static int down(void **state)
{
	free(text);
	text = NULL;
	return tear_down(state);
}

static void write_ram(uint64_t gfn, const char *data)
{
	assert_int_equal(pwrite(fake.ram_fd, data, strlen(data), (off_t)(gfn * 4096 + 5)),
			 strlen(data));
}

static bool ram_has(uint64_t gfn, const char *data)
{
	char buf[64] = "";

	assert_int_equal(pread(fake.ram_fd, buf, strlen(data), (off_t)(gfn * 4096 + 5)),
			 strlen(data));
	return strcmp(buf, data) == 0;
}

static void wipe_ram(void)
{
	assert_int_equal(ftruncate(fake.ram_fd, 0), 0);
	assert_int_equal(ftruncate(fake.ram_fd, (off_t)FAKE_GFNS * 4096), 0);
}

static bool is_populated(uint16_t domid, uint64_t gfn)
{
	return fake_hyp_domain(&fake, domid)->populated[gfn / 8] >> gfn % 8 & 1;
}

static void make_hole(uint16_t domid)
{
	struct fake_domain *d = fake_hyp_domain(&fake, domid);

	d->populated[HOLE / 8] &= (uint8_t)~(1u << HOLE % 8);
	d->info.tot_pages--;
	fake.free_pages++;
}

static const struct domain_save_opts plain = { .fd = -1, .timeout_ms = 50 };

static int save(uint16_t domid, const struct domain_save_opts *opts, struct zerr **err)
{
	return domain_save(&ctx, domid, path, opts, err);
}

/* Restore with the configuration as it is in the file, changed by change. */
static int restore_as(void (*change)(struct domain_config *c), bool dry, struct zerr **err)
{
	_cleanup_domain_config_ struct domain_config c;
	struct domain_create_opts opts = { .dry_run = dry };
	struct domain_create_result made = { .domid = 0 };
	_cleanup_free_ char *xml = NULL;
	struct domain_saved saved;
	int rc;

	domain_config_init(&c);
	rc = domain_saved_open(&saved, path, &c, &xml, err);
	if (rc == 0 && change)
		change(&c);
	opts.saved = &saved;
	opts.config_text = xml;
	if (rc == 0)
		rc = domain_create(&ctx, &c, &opts, &made, err);
	domain_saved_close(&saved);
	return rc == 0 ? made.domid : -1;
}

static void node_is(uint16_t domid, const char *rel, const char *want)
{
	_cleanup_free_ char *node = domain_path(domid, rel);
	const char *value = fake_xs_get(ctx.xs, node);

	if (!value || strcmp(value, want) != 0)
		fail_msg("%s is %s", node, value ? value : "not there");
}

static bool part_is_there(void)
{
	char part[80];

	snprintf(part, sizeof(part), "%s.part", path);
	return access(part, F_OK) == 0;
}

static void there_and_back(void **state)
{
	enum save_packing packing = (enum save_packing)(uintptr_t)*state;
	struct domain_save_opts opts = plain;
	struct fake_domain *d;
	uint16_t id;
	struct stat st;
	int again;

	opts.packing = packing;
	id = boot();
	make_hole(id);
	write_ram(RAM_GFN + 3, "third");
	write_ram(RAM_GFN + 4095, "last");
	write_ram(0x39000, "console");
	fake_xs_set(ctx.xs, "/local/domain/1/cpu/1/availability", "online");
	fake_xs_set(ctx.xs, "/local/domain/1/memory/target", "12345");
	fake_hyp_domain(&fake, id)->info.max_pages = 4100;
	assert_int_equal(save(id, &opts, NULL), 0);
	assert_null(fake_hyp_domain(&fake, id));
	assert_null(fake_xs_get(ctx.xs, "/local/domain/1/name"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(st.st_size < 64 * 1024);		/* zeros take no room */
	assert_false(part_is_there());
	wipe_ram();
	again = restore_as(NULL, false, NULL);
	assert_int_equal(again, id + 1);
	d = fake_hyp_domain(&fake, (uint16_t)again);
	assert_true(d->started);
	assert_string_equal(d->context, "state of domain 1");
	assert_int_equal(d->start.user_regs.pc64, 0);	/* no boot */
	assert_int_equal(d->max_kib, 4100 * 4);
	assert_true(ram_has(RAM_GFN + 3, "third") && ram_has(RAM_GFN + 4095, "last") &&
		    ram_has(0x39000, "console"));
	assert_false(is_populated((uint16_t)again, HOLE));
	assert_true(is_populated((uint16_t)again, HOLE + 1));
	node_is((uint16_t)again, "control/feature-suspend", "1");
	node_is((uint16_t)again, "data/agent/version", "7");
	node_is((uint16_t)again, "cpu/1/availability", "online");
	node_is((uint16_t)again, "memory/target", "12345");
	node_is((uint16_t)again, "control/shutdown", "");
	node_is((uint16_t)again, "name", "web1");
	/* And it can be saved again, over the old file. */
	assert_int_equal(save((uint16_t)again, &opts, NULL), 0);
	assert_int_equal(restore_as(NULL, false, NULL), again + 1);
	assert_false(is_populated((uint16_t)(again + 1), HOLE));
}

static void it_stays(void **state)
{
	struct domain_save_opts opts = plain;
	uint16_t id = boot();
	struct fake_domain *d = fake_hyp_domain(&fake, id);

	(void)state;
	opts.checkpoint = true;
	assert_int_equal(save(id, &opts, NULL), 0);
	assert_false(d->info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_paused));
	assert_int_equal(d->start.user_regs.x0, 1);	/* same memory */
	opts = (struct domain_save_opts){ .fd = -1, .timeout_ms = 50, .paused = true };
	assert_int_equal(save(id, &opts, NULL), 0);
	assert_int_equal(d->info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_paused),
			 XEN_DOMINF_paused);
	assert_int_equal(domain_unpause(&ctx, id, NULL), 0);
	/* One that somebody has suspended stays suspended. */
	assert_int_equal(domain_suspend(&ctx, id, 50, -1, NULL), 0);
	opts.paused = false;
	opts.checkpoint = true;
	assert_int_equal(save(id, &opts, NULL), 0);
	assert_true(d->info.flags & XEN_DOMINF_shutdown);
	assert_int_equal(access(path, F_OK), 0);
}

static void expect_refusal(int rc, struct zerr **err, enum zerr_class cls, const char *what)
{
	if (rc != -1 || zerr_class_of(*err) != cls || !strstr((*err)->message, what))
		fail_msg("%d, class %d: %s", rc, zerr_class_of(*err), *err ? (*err)->message : "");
	zerr_free(*err);
	*err = NULL;
}

static void goes_on(uint16_t id)
{
	const struct fake_domain *d = fake_hyp_domain(&fake, id);

	assert_non_null(d);
	assert_false(d->info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_paused));
	assert_int_equal(access(path, F_OK), -1);
	assert_false(part_is_there());
}

static void refused_before(void **state)
{
	struct domain_save_opts dry = plain;
	struct zerr *err = NULL;
	uint16_t id = boot();
	int rc;

	(void)state;
	expect_refusal(save(0, &plain, &err), &err, ZERR_STATE, "the control domain");
	expect_refusal(save(9, &plain, &err), &err, ZERR_NOT_FOUND, "9");
	fake_xs_set(ctx.xs, "/local/domain/1/control/feature-suspend", "");
	expect_refusal(save(id, &plain, &err), &err, ZERR_UNSUPPORTED, "kernel cannot suspend");
	fake_xs_set(ctx.xs, "/local/domain/1/control/feature-suspend", "1");
	fake_hyp_domain(&fake, id)->info.flags |= XEN_DOMINF_paused;
	expect_refusal(save(id, &plain, &err), &err, ZERR_STATE, "it is paused");
	fake_hyp_domain(&fake, id)->info.flags &= ~XEN_DOMINF_paused;
	deaf = true;
	rc = save(id, &plain, &err);
	expect_refusal(rc, &err, ZERR_TIMEOUT, "");
	goes_on(id);
	node_is(id, "control/shutdown", "");
	deaf = false;
	dry.dry_run = true;
	assert_int_equal(save(id, &dry, NULL), 0);
	goes_on(id);
	err = NULL;
	fake_hyp_domain(&fake, id)->info.flags |=
		XEN_DOMINF_shutdown | 3u << XEN_DOMINF_shutdownshift;
	expect_refusal(save(id, &plain, &err), &err, ZERR_STATE, "it has shut down (crash)");
}

static void with_devices_of_the_host(void **state)
{
	struct zerr *err = NULL;
	uint16_t id;

	(void)state;
	cfg.iomem = calloc(1, sizeof(*cfg.iomem));
	cfg.iomem[0] = (struct domain_iomem){ .start = 0x9000, .pages = 1, .gfn = 0x8000 };
	cfg.iomem_count = 1;
	id = boot();
	expect_refusal(save(id, &plain, &err), &err, ZERR_UNSUPPORTED, "devices of this machine");
	goes_on(id);
}

/* The signal's descriptor is readable from the start, or from the first pages on. */
static int ends[2];

static void interrupt(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	assert_true(done <= total);
	assert_int_equal(write(ends[1], "x", 1), 1);
}

static int look_and_fail(void *arg, struct zerr **err)
{
	assert_true(fake_hyp_domain(&fake, 1)->info.flags & XEN_DOMINF_shutdown);
	assert_true(part_is_there());
	return zerr_set(err, ZERR_FAILED, "E999", 0, "%s", (char *)arg);
}

/* Somebody has more to do while the guest is quiet, and fails. */
static void more_to_do(void **state)
{
	struct domain_save_opts opts = plain;
	struct zerr *err = NULL;
	uint16_t id = boot();
	int rc;

	(void)state;
	opts.quiet = look_and_fail;
	opts.quiet_arg = (void *)(uintptr_t)"as it was told";
	rc = save(id, &opts, &err);
	expect_refusal(rc, &err, ZERR_FAILED, "as it was told");
	goes_on(id);
}

static void interrupted(void **state)
{
	struct domain_save_opts opts = plain;
	struct zerr *err = NULL;
	uint16_t id = boot();
	int rc;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	opts.fd = ends[0];
	opts.progress = interrupt;
	write_ram(RAM_GFN, "x");
	rc = save(id, &opts, &err);
	expect_refusal(rc, &err, ZERR_INTERRUPTED, "the guest goes on");
	goes_on(id);
	assert_int_equal(fake_hyp_domain(&fake, id)->start.user_regs.x0, 1);
	close(ends[0]);
	close(ends[1]);
}

/* Each hypercall of a save fails once, then each request to the store. */
static void save_fails_anywhere(void **state)
{
	uint16_t id = boot();
	struct fake_domain *d = fake_hyp_domain(&fake, id);
	struct domain_save_opts opts = plain;
	unsigned int n;
	int rc;

	(void)state;
	opts.checkpoint = true;
	opts.timeout_ms = 0;
	for (n = 1; n < 200; n++) {
		fake.calls = 0;
		fake.fail_at = n;
		fake.fail_errno = EIO;
		rc = save(id, &opts, NULL);
		fake.fail_at = 0;
		if (fake.calls < n)
			break;
		if (rc == 0 || access(path, F_OK) == 0)	/* it was the resume, or told nobody */
			unlink(path);
		if (d->info.flags & XEN_DOMINF_shutdown)
			assert_int_equal(domain_resume(&ctx, id, NULL), 0);
		goes_on(id);
	}
	assert_in_range(n, 15, 199);
	assert_int_equal(rc, 0);
	unlink(path);
	for (n = 1; n < 200; n++) {
		unsigned int before = fake_xs_requests(ctx.xs);

		fake_xs_fail_at(ctx.xs, n);
		rc = save(id, &opts, NULL);
		fake_xs_fail_at(ctx.xs, 0);
		if (fake_xs_requests(ctx.xs) - before < n)
			break;
		unlink(path);
		if (d->info.flags & XEN_DOMINF_shutdown)
			assert_int_equal(domain_resume(&ctx, id, NULL), 0);
		goes_on(id);
	}
	assert_in_range(n, 5, 199);
	assert_int_equal(rc, 0);
}

/* What a failed restore leaves: nothing. */
static void restore_fails_anywhere(void **state)
{
	_cleanup_free_ char *nodes = NULL;
	uint64_t free_pages;
	uint16_t id = boot();
	unsigned int n;
	int rc;

	(void)state;
	write_ram(RAM_GFN + 3, "third");
	assert_int_equal(save(id, &plain, NULL), 0);
	nodes = fake_xs_dump(ctx.xs);
	free_pages = fake.free_pages;
	for (int with = 0; with < 2; with++) {
		for (n = 1; n < 400; n++) {
			unsigned int before = fake_xs_requests(ctx.xs);
			_cleanup_free_ char *now = NULL;

			fake.calls = 0;
			fake.fail_at = with == 0 ? n : 0;
			fake.fail_errno = ENOMEM;
			fake_xs_fail_at(ctx.xs, with == 1 ? n : 0);
			rc = restore_as(NULL, false, NULL);
			fake.fail_at = 0;
			fake_xs_fail_at(ctx.xs, 0);
			if ((with == 0 ? fake.calls : fake_xs_requests(ctx.xs) - before) < n)
				break;
			if (rc > 0)		/* what failed did not matter */
				assert_int_equal(domain_destroy(&ctx, (uint16_t)rc, NULL), 0);
			for (uint16_t left = 1; left <= fake.last_domid; left++)
				if (fake_hyp_domain(&fake, left))	/* the undo failed */
					domain_remove(&ctx, left, UUID_TEXT, false, NULL);
			now = fake_xs_dump(ctx.xs);
			assert_string_equal(now, nodes);
			assert_int_equal(fake.free_pages, free_pages);
		}
		assert_in_range(n, 20, 399);
		assert_true(rc > 0);
		assert_int_equal(domain_destroy(&ctx, (uint16_t)rc, NULL), 0);
	}
}

static void more_memory(struct domain_config *c)
{
	c->memory_kib += 4;
}

static void more_vcpus(struct domain_config *c)
{
	c->vcpus_max = 3;
}

static void serial_port(struct domain_config *c)
{
	c->vuart = true;
}

static void old_gic(struct domain_config *c)
{
	c->gic_version = 2;
}

static void as_32_bit(struct domain_config *c)
{
	c->arch = DOMAIN_ARCH_ARMV7L;
}

static void another_name(struct domain_config *c)
{
	free(c->name);
	c->name = strdup("web2");
}

static void another_machine(void **state)
{
	static const struct {
		void (*change)(struct domain_config *c);
		const char *what;
	} rows[] = {
		{ more_memory, "its memory in KiB was 16384 when it was saved, and is 16388" },
		{ more_vcpus, "the number of vCPUs was 2 when it was saved, and is 3" },
		{ serial_port, "serial port" },
		{ old_gic, "interrupt controller's version was 3" },
		{ as_32_bit, "size of registers was 64" },
	};
	struct fake_domain *host = fake_hyp_domain(&fake, 0);
	struct domain_save_opts stays = plain;
	struct zerr *err = NULL;
	uint16_t id = boot();
	int rc;

	(void)state;
	assert_int_equal(save(id, &plain, NULL), 0);
	fake.calls = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rc = restore_as(rows[i].change, false, &err);
		expect_refusal(rc, &err, ZERR_BAD_CONFIG, rows[i].what);
	}
	host->info.arch_config.gic_version = XEN_DOMCTL_CONFIG_GIC_V2;
	rc = restore_as(NULL, true, &err);
	expect_refusal(rc, &err, ZERR_UNSUPPORTED, "version was 3 when it was saved, and is 2 on");
	host->info.arch_config.gic_version = 0;
	fake.free_pages = 4000;
	rc = restore_as(NULL, true, &err);
	expect_refusal(rc, &err, ZERR_NO_RESOURCES, "not enough memory");
	fake.free_pages = 0x20000;
	for (int i = 0; i < 2; i++) {
		fake.context_errno = i ? EINVAL : EOPNOTSUPP;
		rc = restore_as(NULL, false, &err);
		expect_refusal(rc, &err, i ? ZERR_BAD_CONFIG : ZERR_UNSUPPORTED,
			       i ? "refused by the hypervisor" : "has not: its CPUs");
	}
	fake.context_errno = 0;
	assert_int_equal(fake.free_pages, 0x20000);
	/* As long as the one runs there is no second. */
	rc = restore_as(NULL, false, NULL);
	assert_true(rc > 0);
	stays.checkpoint = true;
	assert_int_equal(save((uint16_t)rc, &stays, NULL), 0);
	rc = restore_as(NULL, false, &err);
	expect_refusal(rc, &err, ZERR_STATE, "the name is in use");
	rc = restore_as(another_name, false, &err);
	expect_refusal(rc, &err, ZERR_STATE, "the UUID is in use");
}

static void be_killed(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)done;
	(void)total;
	raise(SIGKILL);
}

/* The saver is killed with its guest suspended: who comes next lets it go on. */
static void killed_meanwhile(void **state)
{
	struct domain_save_opts dying = plain;
	struct hyp_domain_info info;
	struct zerr *err = NULL;
	uint16_t id = boot();
	int held = -1;
	pid_t pid;

	(void)state;
	write_ram(RAM_GFN, "x");
	dying.progress = be_killed;
	pid = fork();
	if (pid == 0) {
		save(id, &dying, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	/* What it did to the models died with it. */
	fake_hyp_domain(&fake, id)->info.flags |=
		XEN_DOMINF_shutdown | 2u << XEN_DOMINF_shutdownshift;
	assert_int_equal(domain_recover(&ctx, NULL), 0);
	assert_false(fake_hyp_domain(&fake, id)->info.flags & XEN_DOMINF_shutdown);
	assert_int_equal(fake_hyp_domain(&fake, id)->start.user_regs.x0, 1);
	/* Suspended by somebody, it stays so; and one saver at a time. */
	assert_int_equal(domain_suspend(&ctx, id, 50, -1, NULL), 0);
	assert_int_equal(domain_recover(&ctx, NULL), 0);
	assert_true(fake_hyp_domain(&fake, id)->info.flags & XEN_DOMINF_shutdown);
	assert_int_equal(domain_task_begin(&ctx, id, DOMAIN_TASK_SAVE, &info, &held, NULL), 0);
	expect_refusal(save(id, &plain, &err), &err, ZERR_STATE, "in hand");
	domain_task_end(&ctx, &info, DOMAIN_TASK_SAVE, held);
	assert_int_equal(save(id, &plain, NULL), 0);
}

#define S(fn) cmocka_unit_test_setup_teardown(fn, up, down)

static int up_packed(void **state)
{
	int rc = up(state);

	*state = (void *)(uintptr_t)SAVE_ZLIB;
	return rc;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		S(there_and_back),
		cmocka_unit_test_setup_teardown(there_and_back, up_packed, down),
		S(it_stays),
		S(refused_before),
		S(with_devices_of_the_host),
		S(interrupted),
		S(more_to_do),
		S(save_fails_anywhere),
		S(restore_fails_anywhere),
		S(another_machine),
		S(killed_meanwhile),
	};

	return cmocka_run_group_tests_name("save", tests, NULL, NULL);
}
