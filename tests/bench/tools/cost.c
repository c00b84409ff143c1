/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cost COMMAND...: what a command of dom0's tools costs. It is run twice: once untouched, for the
 * CPU time of it and its children, which under -icount with a 1 GHz counter is instructions, and
 * of all of dom0's processes; and once traced, for hypercalls, round trips to the store, system calls
 * and processes. Between the two runs of a command that changes something, -u COMMAND undoes the first.
 * Prints one line of "name=value" with their sum, since others print on the console, too.
 */
#include <asm/ptrace.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define SYS_IOCTL 29
#define SYS_WRITE 64
#define SYS_WRITEV 66
#define SYS_SENDMSG 211
#define SYS_SENDTO 206
#define PRIVCMD_HYPERCALL 0x5000	/* _IOC(0, 'P', 0, size) without the size */
#define XS_TYPES 64u

static unsigned long hypercalls, store, syscalls, processes = 1;

/* ns that all processes have run on all CPUs: the 7th figure of each cpu line. */
static uint64_t all_ns(void)
{
	FILE *f = fopen("/proc/schedstat", "r");
	unsigned long long ns, sum = 0;
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "cpu%*u %*u %*u %*u %*u %*u %*u %llu", &ns) == 1)
			sum += ns;
	if (f)
		fclose(f);
	return sum;
}

static void quiet_exec(char **argv)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(null, 1);
	execvp(argv[0], argv);
	_exit(127);
}

/* The same in a child that gets no copy of our pages: to make and drop that is not its cost. */
static pid_t quiet_spawn(char **argv)
{
	posix_spawn_file_actions_t files;
	pid_t pid = -1;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&files, 0, 1);
	return posix_spawnp(&pid, argv[0], &files, NULL, argv, environ) ? -1 : pid;
}

static uint64_t read_word(pid_t pid, uint64_t at)
{
	uint64_t word = 0;
	struct iovec here = { &word, sizeof(word) }, there = { (void *)at, sizeof(word) };

	return process_vm_readv(pid, &here, 1, &there, 1, 0) == sizeof(word) ? word : 0;
}

/* Is a buffer one or more whole messages of the store? It is one round trip then. */
static int is_request(pid_t pid, uint64_t buf, uint64_t len)
{
	uint64_t pos = 0;
	uint32_t head[4];
	struct iovec here = { head, sizeof(head) }, there = { NULL, sizeof(head) };

	for (; pos < len; pos += sizeof(head) + head[3]) {
		there.iov_base = (void *)(buf + pos);
		if (len - pos < sizeof(head) ||
		    process_vm_readv(pid, &here, 1, &there, 1, 0) != (ssize_t)sizeof(head) ||
		    head[0] >= XS_TYPES || head[3] > 4096)
			return 0;
		if (len == sizeof(head))
			return 1;	/* its body comes with another call */
	}
	return len && pos == len;
}

static void on_syscall(pid_t pid)
{
	struct user_pt_regs r;
	struct iovec io = { &r, sizeof(r) };

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &io) != 0)
		return;
	syscalls++;
	switch (r.regs[8]) {
	case SYS_IOCTL:
		hypercalls += (r.regs[1] & 0xffff) == PRIVCMD_HYPERCALL;
		break;
	case SYS_WRITE:
	case SYS_SENDTO:
		store += (unsigned long)is_request(pid, r.regs[1], r.regs[2]);
		break;
	case SYS_WRITEV:
		store += (unsigned long)is_request(pid, read_word(pid, r.regs[1]),
						   read_word(pid, r.regs[1] + 8));
		break;
	case SYS_SENDMSG:	/* msg_iov is the third word, its first entry counts */
		store += (unsigned long)is_request(pid, read_word(pid, read_word(pid, r.regs[1] + 16)),
						   read_word(pid, read_word(pid, r.regs[1] + 16) + 8));
		break;
	}
}

/* Run under ptrace to the end of the first process; its children are let go then. */
static int traced(char **argv)
{
	static unsigned char inside[1 << 16];	/* by pid: between entry and exit */
	int status;
	pid_t first = fork(), pid;

	if (first == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		quiet_exec(argv);
	}
	waitpid(first, &status, 0);
	ptrace(PTRACE_SETOPTIONS, first, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
	       PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC);
	ptrace(PTRACE_SYSCALL, first, 0, 0);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		int sig = 0;

		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid == first)
				return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			inside[pid & 0xffff] ^= 1;
			if (inside[pid & 0xffff])
				on_syscall(pid);
		} else if (status >> 16) {
			processes += status >> 16 == PTRACE_EVENT_FORK ||
				     status >> 16 == PTRACE_EVENT_VFORK;
		} else if (WSTOPSIG(status) != SIGSTOP) {
			sig = WSTOPSIG(status);
		}
		ptrace(PTRACE_SYSCALL, pid, 0, sig);
	}
	return 1;
}

static uint64_t cpu_ns(const struct rusage *r)
{
	return ((uint64_t)r->ru_utime.tv_sec + (uint64_t)r->ru_stime.tv_sec) * 1000000000u +
	       ((uint64_t)r->ru_utime.tv_usec + (uint64_t)r->ru_stime.tv_usec) * 1000u;
}

int main(int argc, char **argv)
{
	const char *undo = NULL;
	struct rusage r;
	uint64_t start, all;
	int status, rc;
	pid_t pid;

	if (argc > 3 && strcmp(argv[1], "-u") == 0) {
		undo = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc < 2) {
		fputs("usage: cost [-u UNDO] COMMAND...\n", stderr);
		return 2;
	}
	start = all_ns();
	pid = quiet_spawn(argv + 1);
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	usleep(300000);		/* who serves it has done so, too */
	all = all_ns() - start;
	getrusage(RUSAGE_CHILDREN, &r);
	if (undo && system(undo) != 0)
		fprintf(stderr, "cost: %s failed\n", undo);
	rc = traced(argv + 1);
	printf("own=%llu all=%llu hypercalls=%lu store=%lu syscalls=%lu processes=%lu exit=%d sum=%llu\n",
	       (unsigned long long)cpu_ns(&r), (unsigned long long)all, hypercalls, store, syscalls,
	       processes, WEXITSTATUS(status) | rc, (unsigned long long)(cpu_ns(&r) + all) +
	       hypercalls + store + syscalls + processes);
	return 0;
}
