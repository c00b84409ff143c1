/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Core files: their headers read back field by field, the kernel's own note, and whole dumps of a
 * model guest with holes, a full disk, an interrupt, and a failure of each hypercall.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <xentools/core_dump.h>
#include <xentools/error.h>
#include <xentools/fd_util.h>

#include "test_support_hyp.h"
#include "tools/domain/domain_priv.h"
#include "tools/zl-monitord/monitor.h"

#define PAGE 4096u
#define RAM_GFN 0x40000u
#define RAM_PAGES 3000u			/* not a multiple of what is mapped at a time */

static struct fake_hyp fake;
static struct domain_ctx ctx;
static char dir[40], path[64];

static struct fake_domain *guest(void)
{
	return fake_hyp_domain(&fake, 1);
}

static void populate(uint64_t gfn, size_t nr)
{
	for (size_t i = 0; i < nr; i++, gfn++)
		guest()->populated[gfn / 8] |= (uint8_t)(1u << gfn % 8);
}

static void write_ram(uint64_t gfn, size_t offset, const void *data, size_t len)
{
	assert_int_equal(pwrite(fake.ram_fd, data, len, (off_t)(gfn * PAGE + offset)), len);
}

static int set_up(void **state)
{
	static const uint8_t uuid[16] = { 1 };
	struct fake_domain *d;

	(void)state;
	strcpy(dir, "/tmp/zl-test-core-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/core", dir);
	fake_hyp_init(&fake);
	fake_hyp_add(&fake, 1, uuid);
	d = guest();
	d->info.max_pages = RAM_PAGES + 256;
	d->info.max_vcpu_id = 1;
	d->start.user_regs.x0 = 0x1111;
	d->start.user_regs.x30 = 0x3030;
	d->start.user_regs.pc64 = 0x40080000;
	d->start.user_regs.cpsr = 0x3c5;
	d->start.user_regs.sp_el1 = 0xe1;
	d->start.user_regs.sp_el0 = 0xe0;
	populate(0x39000, 2);
	populate(RAM_GFN, RAM_PAGES);
	ctx = (struct domain_ctx){ .run_dir = dir, .log_dir = dir, .dump_dir = dir };
	return hyp_open_ops(&ctx.hyp, &fake_hyp_ops, &fake, NULL);
}

static int tear_down(void **state)
{
	char cmd[80];

	(void)state;
	hyp_close(ctx.hyp);
	fake_hyp_free(&fake);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static const Elf64_Nhdr *next_note(const Elf64_Nhdr *n)
{
	return (const void *)((const char *)(n + 1) + ((n->n_namesz + 3) & ~3u) +
			      ((n->n_descsz + 3) & ~3u));
}

static const void *desc_of(const Elf64_Nhdr *n)
{
	return (const char *)(n + 1) + ((n->n_namesz + 3) & ~3u);
}

static void headers_by_field(void **state)
{
	static const struct core_bank banks[] = { { 0x40000000, 0xc0000000 },
						  { 0x200000000, 0x10000000 } };
	static const char info[] = "OSRELEASE=6.1\n";
	struct hyp_vcpu_regs cpus[3] = { { .pc = 1 }, { .pc = 2, .sp = 7 }, { .x = { [30] = 9 } } };
	const Elf64_Nhdr *n;
	const Elf64_Phdr *ph;
	const Elf64_Ehdr *eh;
	_cleanup_free_ char *h = NULL;
	size_t len;

	(void)state;
	h = core_headers(banks, 2, cpus, 3, info, sizeof(info) - 1, &len);
	eh = (void *)h;
	assert_memory_equal(eh->e_ident, "\177ELF\2\1\1", 7);
	assert_int_equal(eh->e_type, ET_CORE);
	assert_int_equal(eh->e_machine, EM_AARCH64);
	assert_int_equal(eh->e_phnum, 3);
	ph = (void *)(h + eh->e_phoff);
	assert_int_equal(ph[0].p_type, PT_NOTE);
	assert_int_equal(ph[0].p_offset + ph[0].p_filesz, len);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ph[1 + i].p_type, PT_LOAD);
		assert_int_equal(ph[1 + i].p_paddr, banks[i].base);
		assert_int_equal(ph[1 + i].p_memsz, banks[i].size);
		assert_int_equal(ph[1 + i].p_offset % PAGE, 0);
		assert_true(ph[1 + i].p_offset >= len);
	}
	assert_int_equal(ph[2].p_offset, ph[1].p_offset + banks[0].size);
	n = (void *)(h + ph[0].p_offset);
	for (size_t i = 0; i < 3; i++, n = next_note(n)) {
		const char *d = desc_of(n);

		assert_string_equal((const char *)(n + 1), "CORE");
		assert_int_equal(n->n_type, NT_PRSTATUS);
		assert_int_equal(n->n_descsz, 392);
		assert_int_equal(*(const uint32_t *)(d + 32), i + 1);	/* thread */
		assert_memory_equal(d + 112, &cpus[i], 34 * 8);
	}
	assert_string_equal((const char *)(n + 1), "VMCOREINFO");
	assert_memory_equal(desc_of(n), info, sizeof(info) - 1);
}

static void make_info_page(uint8_t page[PAGE], const char *text, uint32_t len)
{
	Elf64_Nhdr h = { 11, len, 0 };

	memset(page, 0, PAGE);
	memcpy(page, &h, sizeof(h));
	memcpy(page + 12, "VMCOREINFO", 11);
	memcpy(page + 24, text, strlen(text));
}

static void kernels_note(void **state)
{
	uint8_t page[PAGE];
	const char *text;
	size_t len;

	(void)state;
	make_info_page(page, "OSRELEASE=6.1\n", 14);
	assert_true(core_find_vmcoreinfo(page, &text, &len));
	assert_int_equal(len, 14);
	assert_ptr_equal(text, page + 24);
	/* A guest may write what it likes there. */
	make_info_page(page, "OSRELEASE=6.1\n", PAGE - 24);
	assert_true(core_find_vmcoreinfo(page, &text, &len));
	make_info_page(page, "OSRELEASE=6.1\n", PAGE - 23);
	assert_false(core_find_vmcoreinfo(page, &text, &len));
	make_info_page(page, "OSRELEASE=6.1\n", 0xffffffff);
	assert_false(core_find_vmcoreinfo(page, &text, &len));
	make_info_page(page, "nothing", 7);
	assert_false(core_find_vmcoreinfo(page, &text, &len));
}

static const struct core_dump_opts opts = { .fd = -1 };

static void whole_dump(void **state)
{
	uint8_t page[PAGE];
	_cleanup_free_ char *file = NULL;
	const Elf64_Phdr *ph;
	struct hyp_vcpu_regs regs;
	const char *reg;
	struct stat st;
	size_t len;

	(void)state;
	write_ram(RAM_GFN, 0, "first", 5);
	write_ram(RAM_GFN + RAM_PAGES - 1, PAGE - 4, "last", 4);
	make_info_page(page, "OSRELEASE=6.1\n", 14);
	write_ram(RAM_GFN + 1023, 0, page, PAGE);
	/* A hole that the balloon made, with old content behind it. */
	write_ram(RAM_GFN + 50, 0, "gone", 4);
	guest()->populated[(RAM_GFN + 50) / 8] &= (uint8_t)~(1u << (RAM_GFN + 50) % 8);
	assert_int_equal(domain_dump_core(&ctx, 1, path, &opts, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(st.st_blocks * 512 < 64 * 1024);	/* the rest is holes */
	assert_false(guest()->info.flags & XEN_DOMINF_paused);
	assert_non_null(strstr(fake.log.buf, "domctl 3\n"));	/* it was paused */
	assert_int_equal(fd_read_file(path, 1u << 26, &file, &len), 0);
	ph = (void *)(file + sizeof(Elf64_Ehdr));
	assert_int_equal(((Elf64_Ehdr *)file)->e_phnum, 2);
	assert_int_equal(ph[1].p_paddr, 0x40000000);
	assert_int_equal(ph[1].p_filesz, RAM_PAGES * PAGE);
	assert_int_equal(ph[1].p_offset + ph[1].p_filesz, len);
	assert_memory_equal(file + ph[1].p_offset, "first", 5);
	assert_memory_equal(file + len - 4, "last", 4);
	assert_int_equal(file[ph[1].p_offset + 50 * PAGE], 0);
	/* Registers: x0, sp as EL1h has it, pc. */
	reg = file + ph[0].p_offset + 12 + 8 + 112;
	memcpy(&regs, reg, sizeof(regs));
	assert_int_equal(regs.x[0], 0x1111);
	assert_int_equal(regs.sp, 0xe1);
	assert_int_equal(regs.pc, 0x40080000);
	assert_non_null(memmem(file, ph[1].p_offset, "OSRELEASE=6.1", 13));
}

static void runs_on_meanwhile(void **state)
{
	struct core_dump_opts live = { .live = true, .fd = -1 };

	(void)state;
	assert_int_equal(domain_dump_core(&ctx, 1, path, &live, NULL), 0);
	assert_null(strstr(fake.log.buf, "domctl 3\n"));
	/* One that was paused stays so. */
	guest()->info.flags |= XEN_DOMINF_paused;
	assert_int_equal(domain_dump_core(&ctx, 1, path, &opts, NULL), 0);
	assert_true(guest()->info.flags & XEN_DOMINF_paused);
}

static void nothing_left(void)
{
	struct stat st;
	char part[80];

	snprintf(part, sizeof(part), "%s.part", path);
	assert_int_equal(lstat(path, &st), -1);
	assert_int_equal(lstat(part, &st), -1);
	assert_false(guest()->info.flags & XEN_DOMINF_paused);
}

static void failures(void **state)
{
	struct rlimit small = { 1 << 20, RLIM_INFINITY }, old;
	struct core_dump_opts stopped = opts;
	struct zerr *err = NULL;
	int ends[2], rc;
	unsigned int n;

	(void)state;
	for (size_t i = 0; i < RAM_PAGES; i++)
		write_ram(RAM_GFN + i, 0, "x", 1);
	/* A file that may not grow is a full disk to the writer. */
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	rc = domain_dump_core(&ctx, 1, path, &opts, &err);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(rc, -1);
	assert_int_equal(zerr_class_of(err), ZERR_NO_RESOURCES);
	zerr_free(err);
	err = NULL;
	nothing_left();
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	stopped.fd = ends[0];
	assert_int_equal(domain_dump_core(&ctx, 1, path, &stopped, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_INTERRUPTED);
	zerr_free(err);
	err = NULL;
	nothing_left();
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(domain_dump_core(&ctx, 0, path, &opts, NULL), -1);
	assert_int_equal(domain_dump_core(&ctx, 5, path, &opts, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NOT_FOUND);
	zerr_free(err);
	/* Each hypercall and each mapping fails once. */
	for (n = 1; n < 100; n++) {
		fake.calls = 0;
		fake.fail_at = n;
		fake.fail_errno = ENOMEM;
		rc = domain_dump_core(&ctx, 1, path, &opts, NULL);
		fake.fail_at = 0;
		if (fake.calls < n)
			break;
		guest()->info.flags &= ~XEN_DOMINF_paused;	/* when it was the unpause */
		if (rc == 0)
			unlink(path);
		else if (unlink(path) != 0)
			nothing_left();
	}
	assert_int_equal(rc, 0);
	assert_in_range(n, 8, 99);
	unlink(path);
}

static void one_at_a_time(void **state)
{
	_cleanup_free_ char *name = NULL;
	struct zerr *err = NULL;
	char part[80];
	int fd;

	(void)state;
	/* What a killed dump left is taken over, a link is not followed. */
	snprintf(part, sizeof(part), "%s.part", path);
	fd = open(part, O_WRONLY | O_CREAT, 0644);
	close(fd);
	assert_int_equal(domain_dump_core(&ctx, 1, path, &opts, NULL), 0);
	assert_int_equal(symlink("/tmp/zl-test-nowhere", part), 0);
	assert_int_equal(domain_dump_core(&ctx, 1, path, &opts, &err), -1);
	zerr_free(err);
	assert_int_equal(access("/tmp/zl-test-nowhere", F_OK), -1);
	name = domain_core_path(&ctx, "../a b", NULL);
	assert_non_null(name);
	assert_non_null(strstr(name, "/%2e.%2fa%20b-20"));
}

static void be_killed(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)done;
	(void)total;
	raise(SIGKILL);
}

/* A dump by a process that is killed; what it told the model dies with it. */
static void killed_dump(void)
{
	struct core_dump_opts dying = opts;
	pid_t pid = fork();

	dying.progress = be_killed;
	if (pid == 0) {
		domain_dump_core(&ctx, 1, path, &dying, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static bool is_paused(void)
{
	return guest()->info.flags & XEN_DOMINF_paused;
}

/* Who comes next lets the guest go on, and none that somebody wants to be paused. */
static void killed_while_the_guest_waits(void **state)
{
	struct pollfd told = { .fd = domain_recover_watch(&ctx), .events = POLLIN };
	struct hyp_domain_info info;
	struct zerr *err = NULL;
	int held, again;

	(void)state;
	assert_true(told.fd >= 0);
	killed_dump();
	assert_int_equal(poll(&told, 1, 5000), 1);
	close(told.fd);
	guest()->info.flags |= XEN_DOMINF_paused;
	assert_int_equal(domain_recover(&ctx, NULL), 0);
	assert_false(is_paused());
	/* Paused by somebody: before the dump, and after all is well again. */
	guest()->info.flags |= XEN_DOMINF_paused;
	killed_dump();
	assert_int_equal(domain_recover(&ctx, NULL), 0);
	assert_true(is_paused());
	/* By hand, and by the next dump. */
	guest()->info.flags &= ~XEN_DOMINF_paused;
	killed_dump();
	guest()->info.flags |= XEN_DOMINF_paused;
	assert_int_equal(domain_unpause(&ctx, 1, NULL), 0);
	assert_false(is_paused());
	killed_dump();
	guest()->info.flags |= XEN_DOMINF_paused;
	assert_int_equal(domain_dump_core(&ctx, 1, path, &opts, NULL), 0);
	assert_false(is_paused());
	/* Its number is another domain's by now, or that domain runs. */
	killed_dump();
	guest()->info.flags |= XEN_DOMINF_paused;
	guest()->info.handle[0] ^= 1;
	assert_int_equal(domain_recover(&ctx, NULL), 0);
	assert_true(is_paused());
	guest()->info.flags &= ~XEN_DOMINF_paused;
	/* As long as the process lives it is its own affair. */
	assert_int_equal(domain_hold(&ctx, 1, &info, &held, NULL), 0);
	told.fd = domain_recover_watch(&ctx);
	assert_int_equal(domain_recover(&ctx, NULL), 0);
	assert_true(is_paused());
	/* Who looks tells nobody: a daemon would wake itself again and again. */
	assert_int_equal(poll(&told, 1, 0), 0);
	close(told.fd);
	guest()->info.flags &= ~XEN_DOMINF_paused;
	assert_int_equal(domain_hold(&ctx, 1, &info, &again, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_STATE);
	zerr_free(err);
	guest()->info.flags |= XEN_DOMINF_paused;
	assert_int_equal(domain_let_go(&ctx, &info, held, NULL), 0);
	assert_false(is_paused());
}

/* Somebody's own pause, while a dump has the guest stopped: it stays, wherever the dump ends. */
static void paused_by_hand_in_a_dump(void **state)
{
	char hold[120], uuid[DOMAIN_UUID_TEXT], aside[60];
	struct hyp_domain_info info;
	int held;

	(void)state;
	domain_uuid_format(guest()->info.handle, uuid);
	snprintf(hold, sizeof(hold), "%s/building/pause-1-%s", dir, uuid);
	snprintf(aside, sizeof(aside), "%s/aside", dir);
	assert_int_equal(domain_hold(&ctx, 1, &info, &held, NULL), 0);
	assert_int_equal(domain_pause(&ctx, 1, NULL), 0);
	assert_int_equal(domain_let_go(&ctx, &info, held, NULL), 0);
	assert_true(is_paused());
	assert_int_equal(domain_unpause(&ctx, 1, NULL), 0);
	assert_false(is_paused());
	/* Killed when it had let go and its file was still there. */
	for (int by_hand = 0; by_hand < 2; by_hand++) {
		assert_int_equal(domain_hold(&ctx, 1, &info, &held, NULL), 0);
		if (by_hand)
			assert_int_equal(domain_pause(&ctx, 1, NULL), 0);
		assert_int_equal(link(hold, aside), 0);
		assert_int_equal(domain_let_go(&ctx, &info, held, NULL), 0);
		assert_int_equal(rename(aside, hold), 0);
		assert_int_equal(domain_recover(&ctx, NULL), 0);
		assert_int_equal(access(hold, F_OK), -1);
		assert_int_equal(is_paused(), by_hand);
	}
	assert_int_equal(domain_unpause(&ctx, 1, NULL), 0);
	assert_false(is_paused());
	/*
	 * He thinks better of it; or lets it go without having paused it, and pauses it then: no
	 * dump has the guest run under it.
	 */
	for (int again = 0; again < 2; again++) {
		assert_int_equal(domain_hold(&ctx, 1, &info, &held, NULL), 0);
		if (!again)
			assert_int_equal(domain_pause(&ctx, 1, NULL), 0);
		assert_int_equal(domain_unpause(&ctx, 1, NULL), 0);
		assert_true(is_paused());
		if (again)
			assert_int_equal(domain_pause(&ctx, 1, NULL), 0);
		assert_int_equal(domain_let_go(&ctx, &info, held, NULL), 0);
		assert_int_equal(is_paused(), again);
	}
}

static void make(const char *name)
{
	char file[100];

	snprintf(file, sizeof(file), "%s/%s", dir, name);
	close(open(file, O_WRONLY | O_CREAT, 0600));
}

/* The monitor dumps what a guest makes it dump, but does not fill the disk. */
static void a_guest_has_so_many_cores(void **state)
{
	static const char *const others[] = {
		"web-1-20260101-000000.core", "web-20260101-000000.core.part",
		"web-20260101.core", "web.core", "we-20260101-000000.core",
	};
	struct domain_state s = { .domid = 1, .name = "web" };
	struct zerr *err = NULL;
	char name[40];
	pid_t pid;
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		make(others[i]);
	assert_int_equal(domain_core_count(&ctx, "web"), 0);
	assert_int_equal(domain_core_count(&ctx, "web-1"), 1);
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "web-2026010%d-010203.core", i);
		make(name);
	}
	assert_int_equal(domain_core_count(&ctx, "web"), 8);
	assert_int_equal(monitor_core_begin(&ctx, &s, &pid, &fd, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NO_RESOURCES);
	zerr_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_by_field),
		cmocka_unit_test(kernels_note),
		cmocka_unit_test_setup_teardown(whole_dump, set_up, tear_down),
		cmocka_unit_test_setup_teardown(runs_on_meanwhile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(failures, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_at_a_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(killed_while_the_guest_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(paused_by_hand_in_a_dump, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_guest_has_so_many_cores, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
