/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qcow2 images that grow while a guest has them: the order of steps, each of which fails once.
 * The kernel's nbd devices, its device mapper and the programs are a model; what serves an image
 * is a real process, as it is known by its command line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>

static int model_access(const char *path, int mode);
static int model_read(const char *path, size_t max, char **ret, size_t *ret_len);

#define access model_access
#define fd_read_file model_read
#include "tools/domain/block_nbd.c"
#undef access
#undef fd_read_file

#define NBDS_THERE 3u
#define IMAGE "/images/test.qcow2"
#define NAME "zl-1-51728"

static struct {
	pid_t pid[NBDS_THERE];		/* who serves it, or 0 */
	uint64_t sectors[NBDS_THERE];	/* of an nbd device */
	uint64_t image, dm;		/* sectors */
	int lead;			/* the nbd device it leads to, or -1 */
	bool held;
	unsigned int calls, fail_at;	/* steps that change anything */
	bool keeps;			/* qemu-nbd lets go, and has much to write */
	pid_t writing;			/* that one */
	pid_t begins;			/* one that will serve nbd0 */
	unsigned int pauses;		/* after so many */
	char note[BLOCK_DEV_MAX];
} m;
static char dir[40];

static int step(const char *what, struct zerr **err)
{
	return ++m.calls == m.fail_at ?
	       zerr_set(err, ZERR_FAILED, "E333", 0, "%s failed", what) : 0;
}

/* ---- the kernel ---- */

static int number(const char *path)
{
	const char *at = strstr(path, "/nbd");

	return at ? atoi(at + 4) : -1;
}

static int model_access(const char *path, int mode)
{
	int n = number(path);

	(void)mode;
	assert_true(n >= 0);
	if (n >= (int)NBDS_THERE)
		return -1;
	return !strstr(path, "/pid") || m.pid[n] || m.lead == n ? 0 : -1;
}

static int model_read(const char *path, size_t max, char **ret, size_t *ret_len)
{
	int n = number(path);

	(void)max;
	(void)ret_len;
	if (strstr(path, "/pid") && !m.pid[n])
		return -1;
	return asprintf(ret, "%llu\n", strstr(path, "/pid") ? (unsigned long long)m.pid[n] :
			(unsigned long long)(n < 0 ? m.dm : m.sectors[n])) < 0 ? -1 : 0;
}

int block_dm_lead(const char *name, const char *under, uint64_t sectors_, bool readonly,
		  struct zerr **err)
{
	(void)readonly;
	assert_string_equal(name, NAME);
	if (step("lead", err) != 0)
		return -1;
	/* A device that nobody serves fails what was held back. */
	assert_true(m.pid[number(under)] != 0);
	m.lead = number(under);
	m.dm = sectors_;
	m.held = false;
	return 0;
}

int block_dm_create(const char *name, const char *under, uint64_t sectors_, bool readonly,
		    char ret_dev[BLOCK_DEV_MAX], struct zerr **err)
{
	snprintf(ret_dev, BLOCK_DEV_MAX, "/dev/dm-0");
	return block_dm_lead(name, under, sectors_, readonly, err);
}

int block_dm_hold(const char *name, struct zerr **err)
{
	(void)name;
	if (step("hold", err) != 0)
		return -1;
	m.held = true;
	return 0;
}

int block_dm_go_on(const char *name, struct zerr **err)
{
	(void)name;
	(void)err;
	m.held = false;
	return 0;
}

bool block_dm_held(const char *name)
{
	(void)name;
	return m.held;
}

int block_dm_remove(const char *name, struct zerr **err)
{
	(void)name;
	m.held = false;
	m.lead = -1;
	return step("remove", err);
}

/* ---- the programs ---- */

static pid_t begin_process(const char *connect, const char *image)
{
	pid_t pid = fork();
	char text[24];

	if (pid == 0) {
		execl("/bin/sh", "qemu-nbd", "-c", "while :; do sleep 0.1; done", connect, "--",
		      image, NULL);
		_exit(1);
	}
	snprintf(text, sizeof(text), "%d", pid);
	while (!serves(text, connect + strlen("--connect="), image))
		usleep(1000);
	return pid;
}

static void serve_by_process(const char *connect, const char *image)
{
	m.pid[number(connect)] = begin_process(connect, image);
	m.sectors[number(connect)] = m.image;
}

static void end_process(int n)
{
	kill(m.pid[n], SIGKILL);
	waitpid(m.pid[n], NULL, 0);
	m.pid[n] = 0;
}

int hotplug_run(const char *const argv[], const char *const env[], int timeout_ms,
		struct zerr **err)
{
	int n;

	(void)env;
	(void)timeout_ms;
	if (step(argv[0], err) != 0)
		return -1;
	if (strcmp(argv[0], "qemu-img") == 0) {
		for (unsigned int i = 0; i < NBDS_THERE; i++)
			assert_int_equal(m.pid[i], 0);	/* it is locked */
		assert_int_equal(m.writing, 0);
		assert_true(m.held);
		m.image = strtoull(argv[6], NULL, 10) / 512;
	} else if (strcmp(argv[1], "--disconnect") == 0) {
		n = number(argv[2]);
		if (!m.keeps)
			end_process(n);
		m.writing = m.keeps ? m.pid[n] : 0;
		m.pid[n] = 0;
	} else {
		serve_by_process(argv[1], IMAGE);
	}
	return 0;
}

int hotplug_undo(const char *const argv[], int timeout_ms, struct zerr **err)
{
	return hotplug_run(argv, NULL, timeout_ms, err);
}

void hotplug_pause(unsigned int ms)
{
	(void)ms;
	if (m.begins && --m.pauses == 0) {
		/* A signal might have made it wait for ever, and did not come. */
		assert_int_equal(waitpid(m.begins, NULL, WNOHANG), 0);
		m.pid[0] = m.begins;
		m.begins = 0;
	}
}

int hotplug_module(const char *module, const char *path, struct zerr **err)
{
	(void)module;
	(void)path;
	(void)err;
	return 0;
}

/* ---- tests ---- */

static int chosen(void *arg, const char *nbd, struct zerr **err)
{
	(void)arg;
	if (step("note", err) != 0)
		return -1;
	snprintf(m.note, sizeof(m.note), "%s", nbd);
	return 0;
}

static const struct block_nbd_note note = { chosen, NULL };
static const struct domain_disk disk = { .target = "xvdb", .source = (char[]){ IMAGE },
					 .format = DISK_QCOW2 };

static int resize_to(uint64_t size, struct zerr **err)
{
	char nbd[BLOCK_DEV_MAX];

	memcpy(nbd, m.note, sizeof(nbd));
	return block_nbd_resize(&disk, NAME, "/dev/dm-0", nbd, size, dir, &note, err);
}

static int set_up(void **state)
{
	char dev[BLOCK_DEV_MAX];

	(void)state;
	strcpy(dir, "/tmp/zl-test-nbd-XXXXXX");
	memset(&m, 0, sizeof(m));
	m.lead = -1;
	m.image = 100;
	return !mkdtemp(dir) || block_nbd_attach(&disk, NAME, dir, &note, dev, NULL) != 0;
}

static int tear_down(void **state)
{
	char cmd[80];

	(void)state;
	for (int i = 0; i < (int)NBDS_THERE; i++)
		if (m.pid[i])
			end_process(i);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

/* Requests go to a device that is served with the image's length, and no other one is. */
static void expect_served(uint64_t sectors_)
{
	assert_false(m.held);
	assert_true(m.lead >= 0 && m.pid[m.lead] != 0);
	assert_int_equal(number(m.note), m.lead);
	assert_int_equal(m.dm, sectors_);
	for (int i = 0; i < (int)NBDS_THERE; i++)
		assert_true(i == m.lead || m.pid[i] == 0);
}

static void expect(struct zerr **err, enum zerr_class cls, const char *part)
{
	assert_non_null(*err);
	assert_int_equal((*err)->cls, cls);
	if (!strstr((*err)->message, part))
		fail_msg("\"%s\" is not in \"%s\"", part, (*err)->message);
	zerr_free(*err);
	*err = NULL;
}

static void it_grows(void **state)
{
	(void)state;
	expect_served(100);
	assert_int_equal(resize_to(200 * 512, NULL), 0);
	expect_served(200);
	assert_int_equal(resize_to(300 * 512, NULL), 0);
	expect_served(300);
	assert_int_equal(block_nbd_detach(NAME, m.note, IMAGE, NULL), 0);
	for (int i = 0; i < (int)NBDS_THERE; i++)
		assert_int_equal(m.pid[i], 0);
}

/* It is as it was, or the guest waits, that is told, and another call makes it good. */
static void each_step_fails_once(void **state)
{
	unsigned int waits = 0, n = 0;
	struct zerr *err = NULL;
	uint64_t size = 100;

	(void)state;
	for (n = 1; n < 20; n++) {
		m.calls = 0;
		m.fail_at = n;
		if (resize_to((size + 10) * 512, &err) == 0)
			break;
		m.fail_at = 0;
		assert_non_null(strstr(err->message, "failed"));
		assert_int_equal(m.held, err->hint && strstr(err->hint, "to the disk wait"));
		waits += m.held;
		zerr_free(err);
		err = NULL;
		if (m.held)
			assert_int_equal(resize_to(0, NULL), 0);
		size = m.image;
		expect_served(size);
	}
	/* hold, disconnect, qemu-img; note, qemu-nbd, lead. */
	assert_int_equal(n, 7);
	assert_int_equal(waits, 3);
}

static void refused(void **state)
{
	struct zerr *err = NULL;
	unsigned int before = m.calls;

	(void)state;
	assert_int_equal(resize_to(99 * 512, &err), -1);
	expect(&err, ZERR_STATE, "can only grow");
	m.pid[1] = m.pid[2] = getpid();
	assert_int_equal(resize_to(0, &err), -1);
	expect(&err, ZERR_NO_RESOURCES, "all nbd devices");
	m.pid[1] = m.pid[2] = 0;
	/* Killed by somebody: what it had acknowledged may be lost. */
	end_process(m.lead);
	assert_int_equal(resize_to(0, &err), -1);
	assert_non_null(strstr(err->hint, "block-detach"));
	expect(&err, ZERR_STATE, "has ended");
	assert_int_equal(m.calls, before);
}

/* It has let go of the device, and of the image not yet: it is waited for, and not killed. */
static void one_that_does_not_end(void **state)
{
	struct zerr *err = NULL;

	(void)state;
	m.keeps = true;
	assert_int_equal(resize_to(200 * 512, &err), -1);
	assert_non_null(strstr(err->hint, "requests to the disk wait"));
	expect(&err, ZERR_TIMEOUT, "does not end");
	assert_true(m.held);
	assert_int_equal(m.image, 100);
	assert_int_equal(waitpid(m.writing, NULL, WNOHANG), 0);
	kill(m.writing, SIGKILL);
	waitpid(m.writing, NULL, 0);
	m.keeps = false;
	m.writing = 0;
	assert_int_equal(resize_to(200 * 512, NULL), 0);
	expect_served(200);
}

/* Its toolstack was killed before it came to the device. */
static void one_that_only_begins(void **state)
{
	struct zerr *err = NULL;

	(void)state;
	assert_int_equal(block_nbd_detach(NAME, m.note, IMAGE, &err), 0);
	m.begins = begin_process("--connect=/dev/nbd0", IMAGE);
	m.pauses = 5;
	m.calls = 0;
	assert_int_equal(block_nbd_detach(NAME, "/dev/nbd0", IMAGE, &err), 0);
	assert_int_equal(m.pauses, 0);
	assert_int_equal(m.pid[0], 0);
	assert_int_equal(m.calls, 2);		/* removed and disconnected */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(it_grows), T(each_step_fails_once), T(refused), T(one_that_does_not_end),
		T(one_that_only_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
