/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a confined process can do and what it can't, tried in children. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xentools/confine.h>
#include <xentools/macros.h>

/* FN in a child; its result. No library code runs there that the filter may not like. */
static int in_child(int (*fn)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		syscall(SYS_exit_group, fn());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

static bool refused(long rc)
{
	return rc == -1 && errno == EPERM;
}

static int filtered(void)
{
	static const int more[] = { SYS_accept4 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || confine_calls(more, ARRAY_SIZE(more)))
		return 1;
	if (!refused(syscall(SYS_execve, "/bin/true", NULL, NULL)))
		return 2;
	if (!refused(syscall(SYS_setuid, 0)) || !refused(syscall(SYS_bpf, 0, NULL, 0)))
		return 3;
	if (!refused(syscall(SYS_clone, 0, 0, 0, 0, 0)) ||
	    !refused(syscall(SYS_mprotect, 0, 4096, PROT_EXEC)))
		return 4;
	if (!refused(syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)))
		return 5;
	if (syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1)
		return 6;
	if (syscall(SYS_getpid) <= 0 || syscall(SYS_accept4, -1, NULL, NULL, 0) != -1 ||
	    errno != EBADF)
		return 7;
	return 0;
}

static int sockets(void)
{
	static const int families[] = { AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || confine_calls(NULL, 0))
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (!refused(syscall(SYS_socket, families[i], SOCK_DGRAM, 0)))
			return 2 + (int)i;
	if (syscall(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) < 0)
		return 20;
	return syscall(SYS_socket, AF_UNIX | 1ull << 32, SOCK_STREAM, 0) < 0 ? 21 : 0;
}

static void sockets_are_local(void **state UNUSED)
{
	assert_int_equal(in_child(sockets), 0);
}

static void only_listed_calls_pass(void **state UNUSED)
{
	assert_int_equal(in_child(filtered), 0);
}

static void too_long_a_list_is_refused(void **state UNUSED)
{
	static const int many[200];

	assert_int_equal(confine_calls(many, ARRAY_SIZE(many)), -E2BIG);
}

/* Root alone can become somebody else; who is nobody special stays what he is. */
static int becomes_nobody(void)
{
	struct confine_user user;
	struct rlimit core;

	confine_user_find("a name that no machine has", &user);
	if ((geteuid() == 0) != (user.uid != (uid_t)-1))
		return 1;
	if (confine(&user, RLIM_INFINITY, NULL, 0, NULL))
		return 2;
	if (user.uid != (uid_t)-1 && (syscall(SYS_getpid) <= 0 || access("/root", R_OK) == 0))
		return 3;
	if (user.uid == (uid_t)-1 && (getrlimit(RLIMIT_CORE, &core) || core.rlim_max))
		return 4;
	return 0;
}

static void rights_are_given_up(void **state UNUSED)
{
	assert_int_equal(in_child(becomes_nobody), 0);
}

static bool has(const char *line, const char *field, int cap)
{
	const char *p = strstr(line, field);

	return p && (strtoull(p + strlen(field), NULL, 16) >> cap & 1);
}

/* zl-monitord: root it stays, with what its work needs. */
static int limited_root(void)
{
	static const char *const sets[] = { "CapBnd:", "CapPrm:", "CapEff:", "CapInh:" };
	static char status[8192];
	struct rlimit data;
	int fd;

	if (confine_root(64 << 20, NULL))
		return 1;
	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, status, sizeof(status) - 1) <= 0 ||
	    !strstr(status, "NoNewPrivs:\t1"))
		return 2;
	if (getrlimit(RLIMIT_DATA, &data) || data.rlim_cur != 64 << 20)
		return 3;
	if (getrlimit(RLIMIT_CORE, &data) || data.rlim_max)
		return 4;
	if (geteuid() != 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		if (has(status, sets[i], CAP_SYS_BOOT) || has(status, sets[i], CAP_SYS_TIME) ||
		    has(status, sets[i], CAP_SYSLOG))
			return 5;
	return has(status, "CapEff:", CAP_CHOWN) && has(status, "CapBnd:", CAP_CHOWN) ? 0 : 6;
}

static void root_can_do_less(void **state UNUSED)
{
	assert_int_equal(in_child(limited_root), 0);
}

/* A captured daemon may have linked a file to its directory that is not its own. */
static void only_its_own_files_are_given(void **state UNUSED)
{
	/* As nobody special one can give files to oneself. */
	struct confine_user user = { geteuid() ? geteuid() : 65534, getegid() };
	static const char *const files[] = { "own", "shadow", "log", "link" };
	char dir[] = "/tmp/test_confine.XXXXXX";
	struct stat st;
	int at;

	assert_non_null(mkdtemp(dir));
	at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(openat(at, "own", O_WRONLY | O_CREAT, 0600));
	close(openat(at, "shadow", O_WRONLY | O_CREAT, 0600));
	assert_int_equal(linkat(at, "shadow", at, "log", 0), 0);
	assert_int_equal(symlinkat("shadow", at, "link"), 0);
	assert_int_equal(confine_give_file(at, "own", &user), 0);
	assert_int_equal(fstatat(at, "own", &st, 0), 0);
	assert_int_equal(st.st_uid, user.uid);
	assert_int_equal(confine_give_file(at, "log", &user), -EMLINK);
	assert_int_equal(confine_give_file(at, "link", &user), -EINVAL);
	assert_int_equal(confine_give_file(at, ".", &user), -EINVAL);
	assert_int_equal(confine_give_file(at, "none", &user), -ENOENT);
	assert_int_equal(fstatat(at, "log", &st, 0), 0);
	assert_int_equal(st.st_uid, geteuid());
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		assert_int_equal(unlinkat(at, files[i], 0), 0);
	close(at);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_listed_calls_pass),
		cmocka_unit_test(sockets_are_local),
		cmocka_unit_test(too_long_a_list_is_refused),
		cmocka_unit_test(rights_are_given_up),
		cmocka_unit_test(root_can_do_less),
		cmocka_unit_test(only_its_own_files_are_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
