/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpack a stranger's kernel, which begins as gzip or zstd has it: in a child without privileges,
 * without our descriptors and with limits on time, memory and output, into a memory file. The
 * parent looks at the first four bytes and believes nothing but the child's exit code and the
 * file's size, and checks both.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zlib.h>

#include <xentools/fd_util.h>
#include <xentools/macros.h>

#include "tools/build/build_priv.h"

#define CHUNK (64 * 1024)
#define NOBODY 65534
#define CPU_SECONDS 60
#define MEMORY_MORE (16u << 20)		/* bytes; the libraries need some 300 KiB */
#define MEMORY_ELSE (256u << 20)	/* where the kernel does not say what there is */
#define RATIO_MAX 64			/* kernels are packed to a quarter; others to 1/1000 */
#define RATIO_FREE (64ull << 20)	/* bytes that any file may unpack to */
#define IN_FD 3
#define OUT_FD 4

/* Until the end of the stream that is at offset of in; trailing bytes behind it do not matter. */
typedef enum unpack_code unpack_fn(int in, uint64_t offset, int out, uint64_t max);

static unpack_fn inflate_all;

static const struct packing {
	const char *name;
	uint8_t magic[4];
	size_t magic_len;
	bool maps;			/* works on both files in memory */
	unpack_fn *run;
} packings[] = {
	{ "gzip", { 0x1f, 0x8b }, 2, false, inflate_all },
#ifdef HAVE_ZSTD
	{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, true, image_unzstd },
#endif
};

static enum unpack_code inflate_all(int in_fd, uint64_t offset, int out_fd, uint64_t max)
{
	static uint8_t in[CHUNK], out[CHUNK];
	uint64_t total = 0;
	z_stream z;
	ssize_t n;
	size_t got;
	int rc = Z_OK;

	memset(&z, 0, sizeof(z));
	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return UNPACK_FAILED;
	while (rc != Z_STREAM_END) {
		if (z.avail_in == 0) {
			n = pread(in_fd, in, sizeof(in), (off_t)offset);
			if (n < 0)
				return UNPACK_FAILED;
			if (n == 0)
				return UNPACK_CORRUPT;
			offset += (uint64_t)n;
			z.next_in = in;
			z.avail_in = (uInt)n;
		}
		z.next_out = out;
		z.avail_out = sizeof(out);
		rc = inflate(&z, Z_NO_FLUSH);
		if (rc != Z_OK && rc != Z_STREAM_END)
			return UNPACK_CORRUPT;
		got = sizeof(out) - z.avail_out;
		total += got;
		if (total > max)
			return UNPACK_TOO_LARGE;
		if (fd_write_all(out_fd, out, got) != 0)
			return UNPACK_FAILED;
	}
	return UNPACK_OK;
}

static void limit(int what, uint64_t value)
{
	struct rlimit r = { .rlim_cur = value, .rlim_max = value };

	setrlimit(what, &r);
}

/* Bytes of addresses that this process has. */
static uint64_t address_space(void)
{
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[32] = "";
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	return n <= 0 ? MEMORY_ELSE : strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void close_above(int last)
{
	long fd, max = sysconf(_SC_OPEN_MAX);

	if (syscall(SYS_close_range, last + 1, ~0U, 0) == 0)
		return;
	for (fd = last + 1; fd < max; fd++)
		close((int)fd);
}

/* In the child: keep two descriptors and nothing else that is worth having. */
static int drop_all(int in, int out)
{
	int high_in = fcntl(in, F_DUPFD, 10), high_out = fcntl(out, F_DUPFD, 10);

	if (high_in < 0 || high_out < 0 || dup2(high_in, IN_FD) < 0 || dup2(high_out, OUT_FD) < 0)
		return -1;
	close_above(OUT_FD);
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		return -1;
	limit(RLIMIT_CPU, CPU_SECONDS);
	limit(RLIMIT_CORE, 0);
	return 0;
}

static void child_main(const struct packing *packing, int in, uint64_t size, int out,
		       uint64_t offset, uint64_t max)
{
	enum unpack_code code = UNPACK_FAILED;

	signal(SIGXFSZ, SIG_IGN);
	limit(RLIMIT_FSIZE, max + CHUNK);
	limit(RLIMIT_AS, address_space() + MEMORY_MORE + (packing->maps ? size + max : 0));
	if (drop_all(in, out) == 0)
		code = packing->run(IN_FD, offset, OUT_FD, max);
	_exit(code);
}

/* The memory file is the control domain's memory, whatever the guest will have. */
static uint64_t limit_of(uint64_t size, uint64_t max)
{
	max = MIN(max, (uint64_t)IMAGE_ARM64_MAX);
	return size > max ? max : MIN(max, RATIO_FREE + size * RATIO_MAX);
}

static const struct packing *find_packing(int fd, uint64_t offset)
{
	uint8_t head[4];

	if (pread(fd, head, sizeof(head), (off_t)offset) != (ssize_t)sizeof(head))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(packings); i++)
		if (memcmp(head, packings[i].magic, packings[i].magic_len) == 0)
			return &packings[i];
	return NULL;
}

static int child_error(const char *path, const char *packing, int status, uint64_t max,
		       bool enough_memory, struct zerr **err)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == UNPACK_CORRUPT)
		return zerr_set(err, ZERR_BAD_CONFIG, "E302", 0,
				"the kernel %s cannot be used: its %s data is damaged or cut off",
				path, packing);
	if (WIFEXITED(status) && WEXITSTATUS(status) == UNPACK_TOO_LARGE && enough_memory)
		return zerr_set(err, ZERR_BAD_CONFIG, "E304", 0,
				"the kernel %s cannot be used: it unpacks to more than %llu MiB, "
				"as no kernel does of that size", path,
				(unsigned long long)(max >> 20));
	if (WIFEXITED(status) && WEXITSTATUS(status) == UNPACK_TOO_LARGE)
		return zerr_set(err, ZERR_BAD_CONFIG, "E304", 0,
				"the kernel %s unpacks to more than the guest's %llu MiB of memory",
				path, (unsigned long long)(max >> 20));
	return zerr_set(err, ZERR_FAILED, "E301", 0, "unpacking the kernel %s failed (%s %d)", path,
			WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/*
 * Unpack the stream that starts at offset of f into a new memory file of at most max bytes.
 * Classes: ZERR_BAD_CONFIG damaged, too large or packed otherwise, ZERR_NO_RESOURCES, ZERR_FAILED.
 */
int image_unpack(const struct image_file *f, uint64_t offset, uint64_t max, struct image_file *ret,
		 struct zerr **err)
{
	const struct packing *packing = find_packing(f->fd, offset);
	_cleanup_close_ int out = -1;
	uint64_t memory = max;
	struct stat st;
	int status;
	pid_t pid;

	if (!packing)
		return zerr_set(err, ZERR_BAD_CONFIG, "E302", 0, "the kernel %s cannot be used: "
				"it is not packed in a way that zl can unpack", f->path);
	out = memfd_create("zl-kernel", MFD_CLOEXEC);
	max = limit_of(f->size, max);
	if (out < 0)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", errno,
				"no memory to unpack the kernel %s", f->path);
	pid = fork();
	if (pid < 0)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", errno,
				"no process to unpack the kernel %s", f->path);
	if (pid == 0)
		child_main(packing, f->fd, f->size, out, offset, max);
	if (TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) < 0)
		return zerr_set(err, ZERR_FAILED, "E301", errno, "unpacking the kernel %s failed",
				f->path);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != UNPACK_OK)
		return child_error(f->path, packing->name, status, max, max < memory, err);
	if (fstat(out, &st) < 0 || (uint64_t)st.st_size > max)
		return zerr_set(err, ZERR_FAILED, "E301", errno,
				"unpacking the kernel %s failed", f->path);
	*ret = (struct image_file){ .path = f->path, .size = (uint64_t)st.st_size,
				    .fd = steal_fd(&out) };
	return 0;
}
