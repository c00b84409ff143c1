/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domains with disks, from create to destroy, and each step of a create that can fail. */
#include "device_world.h"

#include <pthread.h>
#include <sys/file.h>

#include "tools/domain/block.h"
#include "tools/domain/domain_priv.h"

static void give_disks(size_t n)
{
	cfg.disks = calloc(n, sizeof(*cfg.disks));
	cfg.disk_count = n;
	for (size_t i = 0; i < n; i++) {
		snprintf(cfg.disks[i].target, DISK_TARGET_MAX, "xvd%c", 'a' + (int)i);
		cfg.disks[i].source = strdup(i == 0 ? image : second);
	}
}

/* Domains with disks: all there before the first instruction, nothing left behind. */
static void a_domain_and_its_disks(void **state)
{
	size_t nodes;

	(void)state;
	give_disks(2);
	assert_int_equal(create(NULL, NULL), 3);
	assert_true(fake_hyp_domain(&fake, 3)->started);
	assert_non_null(fake_xs_get(ctx.xs, "/local/domain/0/backend/vbd/3/51728/physical-device"));
	assert_int_equal(domain_destroy(&ctx, 3, NULL), 0);
	assert_null(fake_xs_get(ctx.xs, "/local/domain/0/backend/vbd/3"));
	nodes = fake_xs_count(ctx.xs);
	assert_int_equal(create(NULL, NULL), 4);
	assert_int_equal(domain_destroy(&ctx, 4, NULL), 0);
	assert_int_equal(fake_xs_count(ctx.xs), nodes);
}

static void a_disk_that_fails_undoes_the_domain(void **state)
{
	struct zerr *err = NULL;
	size_t nodes;

	(void)state;
	give_disks(2);
	assert_int_equal(create(NULL, NULL), 3);
	assert_int_equal(domain_destroy(&ctx, 3, NULL), 0);
	nodes = fake_xs_count(ctx.xs);
	fake_devices.back_dies = true;
	assert_int_equal(create(NULL, &err), -1);
	assert_string_equal(err->object, "xvda");
	expect_class(err, ZERR_FAILED, "gave it up");
	assert_null(fake_hyp_domain(&fake, 4));
	assert_int_equal(fake_xs_count(ctx.xs), nodes);
	/* What can be seen before costs no domain id. */
	fake_devices.back_dies = false;
	unlink(second);
	err = NULL;
	assert_int_equal(create(&(struct domain_create_opts){ .dry_run = true }, &err), -1);
	expect_class(err, ZERR_NOT_FOUND, "b.img");
	assert_int_equal(fake.last_domid, 4);
}

static void give_seed(const char *text, size_t size)
{
	_cleanup_free_ char *path = NULL;

	assert_true(asprintf(&path, "%s/user", dir) > 0);
	assert_int_equal(fd_write_file_atomic(path, text, size, 0600), 0);
	cfg.cloud_init = true;
	free(cfg.seed[SEED_USER_DATA]);
	cfg.seed[SEED_USER_DATA] = steal_ptr(path);
}

/* Request number n of a create with disks fails, for n = 1, 2, ... until none is left to fail. */
static void every_request_of_create_fails_once(void **state)
{
	unsigned int n, failed = 0, before, used = 0;
	char seed[64];
	uint64_t pages;
	size_t nodes;
	int domid;

	(void)state;
	give_disks(2);
	give_seed("#cloud-config\n", 14);
	snprintf(seed, sizeof(seed), "%s/seed-3.iso", dir);
	domid = create(NULL, NULL);
	assert_int_equal(domain_destroy(&ctx, (uint16_t)domid, NULL), 0);
	nodes = fake_xs_count(ctx.xs);
	pages = fake.free_pages;
	for (n = 1; n < 2 || used >= n - 1; n++) {
		before = fake_xs_requests(ctx.xs);
		fake.last_domid = 2;		/* the back-end of the model knows a few only */
		fake_xs_fail_at(ctx.xs, n);
		domid = create(NULL, NULL);
		fake_xs_fail_at(ctx.xs, 0);
		used = fake_xs_requests(ctx.xs) - before;
		if (domid > 0)
			assert_int_equal(domain_destroy(&ctx, (uint16_t)domid, NULL), 0);
		else
			failed++;
		if (fake_xs_count(ctx.xs) != nodes || fake.free_pages != pages)
			fail_msg("request %u left %zu nodes", n, fake_xs_count(ctx.xs) - nodes);
		assert_null(fake_hyp_domain(&fake, 3));
		assert_int_equal(access(seed, F_OK), -1);
	}
	assert_true(failed > 100 && domid > 0);
}

/* A number that stands in both orders. */
static uint32_t both(const uint8_t *p)
{
	assert_true(p[0] == p[7] && p[1] == p[6] && p[2] == p[5] && p[3] == p[4]);
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* A file of an ISO 9660 image, by its path table, as text; NULL: there is none. */
static char *iso_text(const char *path, const char *name)
{
	static char text[5000];
	_cleanup_free_ char *raw = NULL;
	const uint8_t *iso, *dir_at;
	size_t size, at, n;

	assert_int_equal(fd_read_file(path, 1 << 22, &raw, &size), 0);
	iso = (const uint8_t *)raw;
	assert_memory_equal(iso + 0x8000, "\1CD001\1", 7);
	assert_memory_equal(iso + 0x8028, "cidata                          ", 32);
	assert_int_equal(both(iso + 0x8050) * 2048, size);
	assert_memory_equal(iso + 0x8800, "\377CD001", 6);
	dir_at = iso + 2048u * iso[0x808c] + 2;		/* in the path table */
	assert_int_equal(both(iso + 0x8000 + 156 + 2), dir_at[0]);
	dir_at = iso + 2048u * dir_at[0];
	for (at = 0; dir_at[at]; at += dir_at[at]) {
		if (dir_at[at + 32] != strlen(name) ||
		    memcmp(dir_at + at + 33, name, strlen(name)) != 0)
			continue;
		n = both(dir_at + at + 10);
		assert_true(n < sizeof(text) && both(dir_at + at + 2) * 2048 + n <= size);
		memcpy(text, iso + both(dir_at + at + 2) * 2048, n);
		text[n] = '\0';
		return text;
	}
	return NULL;
}

/* z:cloud-init: one more disk, read-only, behind all others; gone with the domain. */
static void a_seed(void **state)
{
	char text[4000], seed[64];
	struct zerr *err = NULL;
	struct stat st;

	(void)state;
	give_disks(2);
	strcpy(cfg.disks[1].target, "xvdc");
	memset(text, 'u', sizeof(text));
	give_seed(text, sizeof(text));
	assert_int_equal(create(NULL, NULL), 3);
	snprintf(seed, sizeof(seed), "%s/seed-3.iso", dir);
	assert_string_equal(fake_xs_get(ctx.xs, "/libxl/3/device/vbd/51760/params"), seed);
	assert_string_equal(fake_xs_get(ctx.xs, "/local/domain/0/backend/vbd/3/51760/mode"), "r");
	assert_int_equal(stat(seed, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_string_equal(iso_text(seed, "META-DATA.;1"),
			    "instance-id: " UUID_TEXT "\nlocal-hostname: web1\n");
	assert_int_equal(strlen(iso_text(seed, "USER-DATA.;1")), sizeof(text));
	assert_memory_equal(iso_text(seed, "USER-DATA.;1"), text, sizeof(text));
	assert_null(iso_text(seed, "NETWORK-CONFIG.;1"));
	assert_int_equal(domain_destroy(&ctx, 3, NULL), 0);
	assert_int_equal(access(seed, F_OK), -1);

	/* Files that cannot be: told before there is a domain. */
	cfg.seed[SEED_NETWORK_CONFIG] = strdup("/nowhere/net");
	assert_int_equal(create(&(struct domain_create_opts){ .dry_run = true }, &err), -1);
	expect_class(err, ZERR_NOT_FOUND, "cannot read /nowhere/net");
	free(cfg.seed[SEED_NETWORK_CONFIG]);
	cfg.seed[SEED_NETWORK_CONFIG] = strdup(cfg.seed[SEED_USER_DATA]);
	assert_int_equal(truncate(cfg.seed[SEED_USER_DATA], SEED_FILE_MAX + 1), 0);
	err = NULL;
	assert_int_equal(create(NULL, &err), -1);
	expect_class(err, ZERR_BAD_CONFIG, "more than");
	assert_int_equal(unlink(cfg.seed[SEED_USER_DATA]), 0);
	assert_int_equal(mkfifo(cfg.seed[SEED_USER_DATA], 0600), 0);
	err = NULL;
	alarm(60);
	assert_int_equal(create(NULL, &err), -1);
	alarm(0);
	expect_class(err, ZERR_BAD_CONFIG, "/user is not a regular file");
	assert_int_equal(unlink(cfg.seed[SEED_USER_DATA]), 0);
	give_seed("", 0);
	/* There is no name behind the last one. */
	strcpy(cfg.disks[1].target, "xvdfan");
	err = NULL;
	assert_int_equal(create(NULL, &err), -1);
	expect_class(err, ZERR_BAD_CONFIG, "no disk's name is left");
	fake.last_domid = 3;
	strcpy(cfg.disks[1].target, "xvdc");
	/* The largest ones, an empty one, a name that is no host's. */
	memcpy(cfg.name, "w b1", 4);
	assert_int_equal(create(NULL, NULL), 4);
	snprintf(seed, sizeof(seed), "%s/seed-4.iso", dir);
	assert_string_equal(iso_text(seed, "USER-DATA.;1"), "");
	assert_string_equal(iso_text(seed, "NETWORK-CONFIG.;1"), "");
	assert_string_equal(iso_text(seed, "META-DATA.;1"), "instance-id: " UUID_TEXT "\n");
	assert_int_equal(domain_destroy(&ctx, 4, NULL), 0);
	assert_int_equal(truncate(cfg.seed[SEED_USER_DATA], SEED_FILE_MAX), 0);
	assert_int_equal(create(NULL, NULL), 5);
}

/* Set aside (rename-restart) it lets go of its image. */
static void set_aside_frees_the_disks(void **state)
{
	(void)state;
	give_disks(1);
	assert_int_equal(create(NULL, NULL), 3);
	assert_int_equal(domain_set_aside(&ctx, 3, "web1-old", NULL), 0);
	assert_int_equal(create(NULL, NULL), 4);
}

/* Another program has the turn of domain 1 for a while, and does something at its end. */
struct other {
	pthread_t thread;
	void (*last)(void);
	int fd;
};

static void *other_main(void *arg)
{
	struct other *o = arg;

	usleep(200000);
	o->last();
	close(o->fd);
	return NULL;
}

static void other_begin(struct other *o, void (*last)(void))
{
	char path[80];

	snprintf(path, sizeof(path), "%s/devices-1.lock", dir);
	o->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	o->last = last;
	assert_int_equal(flock(o->fd, LOCK_EX), 0);
	assert_int_equal(pthread_create(&o->thread, NULL, other_main, o), 0);
}

static void it_is_destroyed(void)
{
	fake_hyp_domain(&fake, 1)->exists = false;
}

/* What is attached to a domain that goes meanwhile would have nobody who takes it away. */
static void attach_meets_a_destroy(void **state)
{
	size_t nodes = fake_xs_count(ctx.xs);
	struct zerr *err = NULL;
	struct other o;
	char path[80];

	(void)state;
	other_begin(&o, it_is_destroyed);
	assert_int_equal(device_attach_disk(&ctx, 1, &disk, &err), -1);
	pthread_join(o.thread, NULL);
	expect_class(err, ZERR_NOT_FOUND, "no domain 1");
	assert_int_equal(fake_xs_count(ctx.xs), nodes);
	assert_int_equal(fake_devices.loops_made, 0);
	snprintf(path, sizeof(path), "%s/devices-1.lock", dir);
	assert_int_equal(access(path, F_OK), -1);
}

static void it_is_attached(void)
{
	static const char note[] = "/libxl/1/device/vbd/51728";
	char path[80];

	fake_devices.nbds = 1;
	fake_xs_set(ctx.xs, "/local/domain/0/backend/vbd/1/51728/state", "6");
	snprintf(path, sizeof(path), "%s/backend", note);
	fake_xs_set(ctx.xs, path, "/local/domain/0/backend/vbd/1/51728");
	snprintf(path, sizeof(path), "%s/params", note);
	fake_xs_set(ctx.xs, path, image);
	snprintf(path, sizeof(path), "%s/zl-nbd", note);
	fake_xs_set(ctx.xs, path, "/dev/nbd0");
}

/* A destroy waits for the attach that is on its way, and takes away what that made. */
static void destroy_meets_an_attach(void **state)
{
	char path[80];
	struct other o;

	(void)state;
	other_begin(&o, it_is_attached);
	assert_int_equal(domain_destroy(&ctx, 1, NULL), 0);
	pthread_join(o.thread, NULL);
	assert_int_equal(fake_devices.nbds, 0);
	assert_null(fake_xs_get(ctx.xs, "/libxl/1/device/vbd/51728"));
	snprintf(path, sizeof(path), "%s/devices-1.lock", dir);
	assert_int_equal(access(path, F_OK), -1);
}

/* ---- disks by scripts of their own ---- */

static char script[64], words[] = "iqn=web,portal=10.0.0.1";
#define BACK "/local/domain/0/backend/vbd/1/51712/"

static void begin_script(void)
{
	snprintf(script, sizeof(script), "%s/block-own", dir);
	make_image(script, 1, NULL);
	chmod(script, 0755);
	disk = (struct domain_disk){ .target = "xvda", .source = words, .script = script,
				     .is_block = true };
}

static int attach_to(uint16_t domid, struct zerr **err)
{
	return device_attach_disk(&ctx, domid, &disk, err);
}

static void a_script_makes_the_disk(void **state)
{
	size_t nodes = fake_xs_count(ctx.xs);
	struct zerr *err = NULL;

	(void)state;
	begin_script();
	assert_int_equal(attach_to(1, NULL), 0);
	assert_string_equal(fake_devices.last_script, "block-own add");
	assert_string_equal(fake_xs_get(ctx.xs, BACK "params"), words);
	assert_string_equal(fake_xs_get(ctx.xs, BACK "script"), script);
	assert_string_equal(fake_xs_get(ctx.xs, BACK "physical-device"), "8:1");
	assert_string_equal(fake_xs_get(ctx.xs, BACK "hotplug-status"), "connected");
	assert_string_equal(fake_xs_get(ctx.xs, "/libxl/1/device/vbd/51712/physical-device-path"),
			    "/dev/sda1");
	/* The same words to the same script are the same disk. */
	assert_int_equal(attach_to(2, &err), -1);
	expect_class(err, ZERR_STATE, "is in use: xvda of domain 1");
	err = NULL;
	assert_int_equal(device_vbd_resize(&ctx, 1, 51712, 0, NULL), 0);
	assert_int_equal(device_vbd_resize(&ctx, 1, 51712, 1 << 20, &err), -1);
	expect_class(err, ZERR_UNSUPPORTED, "only the file");
	/* What is run is what was: the guest's words move nothing. */
	fake_xs_set(ctx.xs, "/local/domain/1/device/vbd/51712/script", "/tmp/evil");
	fake_xs_set(ctx.xs, BACK "script", "/tmp/evil");
	assert_int_equal(device_detach(&ctx, 1, DEVICE_VBD, 51712, true, 0, NULL), 0);
	assert_string_equal(fake_devices.last_script, "block-own remove");
	assert_int_equal(fake_xs_count(ctx.xs), nodes);
}

static void a_script_that_fails_leaves_nothing(void **state)
{
	size_t nodes = fake_xs_count(ctx.xs);
	struct zerr *err = NULL;
	unsigned int n = 0;

	(void)state;
	begin_script();
	fake_devices.script_fails = true;
	assert_int_equal(attach_to(1, &err), -1);
	expect_class(err, ZERR_FAILED, "failed with status 3: no way");
	assert_string_equal(fake_devices.last_script, "block-own remove");
	assert_int_equal(fake_xs_count(ctx.xs), nodes);
	err = NULL;
	fake_devices.script_fails = false;
	fake_devices.script_names_nothing = true;
	assert_int_equal(attach_to(1, &err), -1);
	expect_class(err, ZERR_FAILED, "named no device");
	assert_int_equal(fake_xs_count(ctx.xs), nodes);
	fake_devices.script_names_nothing = false;
	for (int rc = -1; rc != 0; ) {
		err = NULL;
		fake_xs_fail_at(ctx.xs, ++n);
		rc = attach_to(1, &err);
		fake_xs_fail_at(ctx.xs, 0);
		zerr_free(err);
		if (rc != 0)
			assert_int_equal(fake_xs_count(ctx.xs), nodes);
	}
	assert_in_range(n, 30, 100);
	assert_int_equal(device_remove_all(&ctx, 1, NULL), 0);
	err = NULL;
	chmod(script, 0600);
	disk.script = words;
	assert_int_equal(attach_to(1, &err), -1);
	expect_class(err, ZERR_NOT_FOUND, "cannot run the script");
}

/* Who makes a disk larger is killed while the guest waits: the next one lets it go on. */
static void killed_resize(void **state)
{
	struct domain_disk qcow = { .target = "xvdb", .source = image, .format = DISK_QCOW2 };
	char name[RESIZE_NAME_MAX];
	int fd = -1;

	(void)state;
	make_image(image, 1 << 20, "QFI\xfb\0\0\0\3");
	assert_int_equal(device_attach_disk(&ctx, 1, &qcow, NULL), 0);
	fake_devices.resized[0] = '\0';
	for (int held = 0; held < 2; held++) {
		fake_devices.held = held;
		assert_int_equal(domain_resize_begin(&ctx, 1, 51728, name, &fd, NULL), 0);
		assert_int_equal(domain_recover(&ctx, NULL), 0);
		assert_string_equal(fake_devices.resized, "");	/* it lives */
		close(fd);
		assert_int_equal(domain_recover(&ctx, NULL), 0);
		assert_string_equal(fake_devices.resized, held ?
				    "qcow2 00 0 zl-1-51728 /dev/dm-0 /dev/nbd0 0" : "");
	}
	fake_devices.resized[0] = '\0';
	assert_int_equal(domain_recover(&ctx, NULL), 0);
	assert_string_equal(fake_devices.resized, "");		/* once */
	assert_int_equal(domain_resize_begin(&ctx, 1, 51744, name, &fd, NULL), 0);
	close(fd);
	assert_int_equal(domain_recover(&ctx, NULL), 0);	/* it is gone meanwhile */
	assert_int_equal(domain_recover(&ctx, NULL), 0);
	fake_devices.held = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		D(a_domain_and_its_disks),
		D(a_disk_that_fails_undoes_the_domain),
		D(every_request_of_create_fails_once),
		D(a_seed),
		D(set_aside_frees_the_disks),
		D(attach_meets_a_destroy),
		D(destroy_meets_an_attach),
		D(a_script_makes_the_disk),
		D(a_script_that_fails_leaves_nothing),
		D(killed_resize),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
