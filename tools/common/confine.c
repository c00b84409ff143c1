/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter is a list of numbers compared one by one, the frequent ones first; what is not in it
 * fails as if forbidden, which libraries bear better than being killed, and which gives a captured
 * daemon as little. Memory can't be made executable, and sockets are those of this machine's
 * programs: the store's, the log's. Filters are inherited and never loosened.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <xentools/cleanup.h>
#include <xentools/confine.h>
#include <xentools/log.h>

#if defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#elif defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#else
#error "name the machine's audit architecture"
#endif

#define MAX_RULES 120
#define NOBODY 65534

/* What the C library, the event loop, logs and files need. */
static const int base_calls[] = {
	SYS_epoll_pwait, SYS_read, SYS_write, SYS_ioctl, SYS_clock_gettime, SYS_epoll_ctl,
	SYS_close, SYS_openat, SYS_fstat, SYS_newfstatat, SYS_fcntl, SYS_lseek, SYS_ftruncate,
	SYS_renameat, SYS_unlinkat, SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex,
	SYS_getrandom, SYS_getpid, SYS_gettid, SYS_rt_sigprocmask, SYS_rt_sigaction,
	SYS_rt_sigreturn, SYS_restart_syscall, SYS_clock_nanosleep, SYS_ppoll, SYS_sendto,
	SYS_connect, SYS_dup3, SYS_chdir, SYS_tgkill, SYS_exit, SYS_exit_group,
#ifdef __x86_64__
	SYS_epoll_wait, SYS_poll, SYS_open, SYS_stat, SYS_rename, SYS_unlink, SYS_dup2,
#endif
};

#define SAY(verdict) BPF_STMT(BPF_RET | BPF_K, (verdict))
#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned int)offsetof(struct seccomp_data, field))
#define DENY SAY(SECCOMP_RET_ERRNO | EPERM)

/* "When it is this call, allow it." */
static size_t allow(struct sock_filter *f, int call)
{
	f[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)call, 0, 1);
	f[1] = (struct sock_filter)SAY(SECCOMP_RET_ALLOW);
	return 2;
}

int confine_calls(const int *calls, size_t n)
{
	const struct sock_filter head[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0),
		SAY(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
	};
	const struct sock_filter tail[] = {
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 2),
		LOAD(args[0]),			/* the kernel looks at these bits alone, too */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 3, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 3),
		LOAD(args[2]),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0),
		SAY(SECCOMP_RET_ALLOW),
		DENY,
	};
	struct sock_filter rules[MAX_RULES * 2 + ARRAY_SIZE(head) + ARRAY_SIZE(tail)];
	struct sock_fprog program = { .filter = rules };
	size_t len = 0;

	if (ARRAY_SIZE(base_calls) + n > MAX_RULES)
		return -E2BIG;
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		rules[len++] = head[i];
	for (size_t i = 0; i < ARRAY_SIZE(base_calls); i++)
		len += allow(rules + len, base_calls[i]);
	for (size_t i = 0; i < n; i++)
		len += allow(rules + len, calls[i]);
	for (size_t i = 0; i < ARRAY_SIZE(tail); i++)
		rules[len++] = tail[i];
	program.len = (unsigned short)len;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) ? -errno : 0;
}

void confine_user_find(const char *name, struct confine_user *ret)
{
	const struct passwd *pw;

	*ret = (struct confine_user){ (uid_t)-1, (gid_t)-1 };
	if (geteuid() != 0)
		return;
	pw = getpwnam(name);
	if (!pw)
		zlog(ZLOG_WARNING, "there is no user %s: running as nobody", name);
	ret->uid = pw ? pw->pw_uid : NOBODY;
	ret->gid = pw ? pw->pw_gid : NOBODY;
}

int confine_give_file(int dir_fd, const char *name, const struct confine_user *user)
{
	_cleanup_close_ int fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return S_ISREG(st.st_mode) ? -EMLINK : -EINVAL;
	return fchownat(fd, "", user->uid, user->gid, AT_EMPTY_PATH) ? -errno : 0;
}

static int limit(int resource, rlim_t n)
{
	const struct rlimit both = { n, n };

	return setrlimit((__rlimit_resource_t)resource, &both);
}

int confine(const struct confine_user *user, size_t memory, const int *calls, size_t n,
	    struct zerr **err)
{
	struct rlimit files;
	int rc;

	if (limit(RLIMIT_CORE, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return zerr_set(err, ZERR_FAILED, "E129", errno, "cannot limit privileges");
	if (user->uid == (uid_t)-1)
		return 0;
	if (!getrlimit(RLIMIT_NOFILE, &files))
		limit(RLIMIT_NOFILE, files.rlim_max);
	if (limit(RLIMIT_AS, memory) || setgroups(0, NULL) ||
	    setresgid(user->gid, user->gid, user->gid) ||
	    setresuid(user->uid, user->uid, user->uid) || limit(RLIMIT_NPROC, 0))
		return zerr_set(err, ZERR_FAILED, "E129", errno, "cannot become user %ld",
				(long)user->uid);
	/* A change of user may have set it back. */
	rc = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ? -errno : confine_calls(calls, n);
	if (rc)
		return zerr_set(err, ZERR_FAILED, "E129", -rc, "cannot limit system calls");
	return 0;
}

/* Of no use to who makes and ends domains, or to the programs that it runs for their devices. */
static const uint8_t spare[] = {
	CAP_LINUX_IMMUTABLE, CAP_NET_BROADCAST, CAP_SYS_PACCT, CAP_SYS_BOOT, CAP_SYS_TIME,
	CAP_SYS_TTY_CONFIG, CAP_LEASE, CAP_AUDIT_CONTROL, CAP_SETFCAP, CAP_MAC_OVERRIDE,
	CAP_MAC_ADMIN, CAP_SYSLOG, CAP_WAKE_ALARM, CAP_BLOCK_SUSPEND, CAP_AUDIT_READ,
};

static int drop_spare(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, sets))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(spare); i++) {
		struct __user_cap_data_struct *set = &sets[spare[i] / 32];

		/* A kernel may be older than the last ones. */
		if (prctl(PR_CAPBSET_DROP, spare[i], 0, 0, 0) && errno != EINVAL)
			return -1;
		set->effective &= ~(1u << spare[i] % 32);
		set->permitted &= set->effective;
		set->inheritable &= set->effective;
	}
	return syscall(SYS_capset, &head, sets) ? -1 : 0;
}

int confine_root(size_t memory, struct zerr **err)
{
	struct rlimit data;

	if (limit(RLIMIT_CORE, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    getrlimit(RLIMIT_DATA, &data))
		return zerr_set(err, ZERR_FAILED, "E129", errno, "cannot limit privileges");
	data.rlim_cur = MIN((rlim_t)memory, data.rlim_max);
	if (setrlimit(RLIMIT_DATA, &data) || (geteuid() == 0 && drop_spare() != 0))
		return zerr_set(err, ZERR_FAILED, "E129", errno, "cannot limit privileges");
	return 0;
}
