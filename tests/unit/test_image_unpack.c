/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packed kernels, alone and in an EFI zboot: good ones, and what strangers make of them. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#include <xentools/build.h>
#include <xentools/error.h>
#include <xentools/macros.h>

#define MIB (1024 * 1024ull)
#define IMAGE_SIZE 100000
#define ZBOOT_HEAD 64

struct blob {
	uint8_t *data;
	size_t size;
};

static struct blob gzip(const void *data, size_t size)
{
	struct blob b = { malloc(size + 4096), size + 4096 };
	z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size,
		       .next_out = b.data, .avail_out = (uInt)b.size };

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	b.size = z.total_out;
	deflateEnd(&z);
	return b;
}

#ifdef HAVE_ZSTD
static struct blob zstd_by(const void *data, size_t size, int level, int sized)
{
	struct blob b = { malloc(ZSTD_compressBound(size)), ZSTD_compressBound(size) };
	ZSTD_CCtx *c = ZSTD_createCCtx();

	ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, sized);
	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);	/* as the program does */
	b.size = ZSTD_compress2(c, b.data, b.size, data, size);
	assert_false(ZSTD_isError(b.size));
	ZSTD_freeCCtx(c);
	return b;
}

static struct blob zstd(const void *data, size_t size)
{
	return zstd_by(data, size, 3, 1);
}
#endif

static const struct packing {
	const char *name, *zboot;
	struct blob (*pack)(const void *data, size_t size);
} packings[] = {
	{ "gzip", "gzip", gzip },
#ifdef HAVE_ZSTD
	{ "zstd", "zstd", zstd },
	{ "zstd", "zstd22", zstd },
#endif
};

static char dir[32];

static const char *make_file(const char *name, const void *data, size_t size)
{
	static char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	fclose(f);
	return path;
}

static uint8_t image[IMAGE_SIZE];

static int set_up(void **state UNUSED)
{
	for (size_t i = 64; i < IMAGE_SIZE; i++)
		image[i] = (uint8_t)(i * 7 + i / 256 * (i / 1000));
	image[16 + 2] = 2;			/* image_size 0x20000 */
	image[24] = 0xa;
	memcpy(image + 56, "ARM\x64", 4);
	strcpy(dir, "/tmp/zl-test-unpack-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state UNUSED)
{
	char cmd[64];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static void refused(const char *path, uint64_t max, const char *words)
{
	struct image_arm64 head;
	struct image_file f;
	struct zerr *err = NULL;

	assert_int_equal(image_open_kernel(path, max, false, &f, &head, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_BAD_CONFIG);
	if (!strstr(err->message, words) || !strstr(err->message, path))
		fail_msg("\"%s\" does not say \"%s\" and \"%s\"", err->message, words, path);
	zerr_free(err);
}

static void taken(const char *path)
{
	static uint8_t back[IMAGE_SIZE + 1];
	struct image_arm64 head;
	struct image_file f;

	assert_int_equal(image_open_kernel(path, 64 * MIB, false, &f, &head, NULL), 0);
	assert_int_equal(head.kind, IMAGE_ARM64_PLAIN);
	assert_int_equal(head.mem_size, 0x20000);
	assert_int_equal(f.size, IMAGE_SIZE);
	assert_int_equal(pread(f.fd, back, sizeof(back), 0), IMAGE_SIZE);
	assert_memory_equal(back, image, IMAGE_SIZE);
	image_close(&f);
}

/* What the library limits in its child, which the parent can see. */
static rlim_t *limits_set;

int setrlimit(__rlimit_resource_t what, const struct rlimit *r)
{
	if (limits_set)
		limits_set[what] = r->rlim_max;
	return prlimit(0, what, r, NULL);
}

static void packed_kernels(void **state UNUSED)
{
	limits_set = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < ARRAY_SIZE(packings); i++) {
		struct blob b = packings[i].pack(image, IMAGE_SIZE);

		memset(limits_set, 0, 4096);
		taken(make_file("kernel", b.data, b.size));
		assert_in_range(limits_set[RLIMIT_FSIZE], 64 * MIB, 65 * MIB);
		assert_in_range(limits_set[RLIMIT_CPU], 1, 600);
		/* sanitizers have much */
		assert_in_range(limits_set[RLIMIT_AS], 1, RLIM_INFINITY - 1);
		refused(make_file("kernel", b.data, b.size), 50000, "unpacks to more");
		b.data = realloc(b.data, b.size + 100);
		memset(b.data + b.size, 0xa5, 100);
		taken(make_file("trailing", b.data, b.size + 100));
		free(b.data);
	}
	munmap(limits_set, 4096);
	limits_set = NULL;
}

static void damaged_kernels(void **state UNUSED)
{
	char words[64];

	for (size_t i = 0; i < ARRAY_SIZE(packings); i++) {
		struct blob b = packings[i].pack(image, IMAGE_SIZE);

		snprintf(words, sizeof(words), "its %s data is damaged", packings[i].name);
		for (size_t cut = 64; cut < b.size; cut += b.size / 7 + 1)
			refused(make_file("cut", b.data, cut), 64 * MIB, words);
		refused(make_file("cut", b.data, b.size - 1), 64 * MIB, words);
		refused(make_file("short", b.data, 63), 64 * MIB, "too short");
		b.data[b.size / 2] ^= 0x55;
		b.data[b.size / 2 + 1] ^= 0x55;
		refused(make_file("bad", b.data, b.size), 64 * MIB, words);
		free(b.data);
	}
}

/* A small file that would fill the control domain's memory. */
static void bombs(void **state UNUSED)
{
	uint8_t *zeroes = calloc(1, 128 * MIB);

	for (size_t i = 0; i < ARRAY_SIZE(packings); i++) {
		struct blob b = packings[i].pack(zeroes, 128 * MIB);

		assert_true(b.size < MIB);
		refused(make_file("bomb", b.data, b.size), 1024 * MIB, "as no kernel does");
		refused(make_file("bomb", b.data, b.size), 32 * MIB, "unpacks to more than the");
		free(b.data);
	}
	free(zeroes);
}

/* A packed file inside. */
static void packed_twice(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(packings); i++) {
		struct blob inner = packings[i].pack(image, IMAGE_SIZE);
		struct blob b = packings[i].pack(inner.data, inner.size);

		refused(make_file("twice", b.data, b.size), 64 * MIB, "packed twice");
		free(b.data);
		free(inner.data);
	}
}

static const char *make_zboot(const char *packing, const struct blob *payload)
{
	uint32_t place[2] = { ZBOOT_HEAD, (uint32_t)payload->size };
	uint8_t *all = calloc(1, ZBOOT_HEAD + payload->size + 4);
	const char *path;

	memcpy(all, "MZ\0\0zimg", 8);
	memcpy(all + 8, place, 8);
	memcpy(all + 24, packing, strlen(packing));
	memcpy(all + ZBOOT_HEAD, payload->data, payload->size);
	memcpy(all + ZBOOT_HEAD + payload->size, "\xa0\x86\1", 4);	/* Linux adds the size */
	path = make_file("vmlinuz.efi", all, ZBOOT_HEAD + payload->size + 4);
	free(all);
	return path;
}

static void zboot_kernels(void **state UNUSED)
{
	struct blob plain = { image, IMAGE_SIZE };

	for (size_t i = 0; i < ARRAY_SIZE(packings); i++) {
		struct blob b = packings[i].pack(image, IMAGE_SIZE);

		taken(make_zboot(packings[i].zboot, &b));
		b.size /= 2;
		refused(make_zboot(packings[i].zboot, &b), 64 * MIB, "damaged");
		free(b.data);
		refused(make_zboot(packings[i].zboot, &plain), 64 * MIB, "can unpack");
	}
	refused(make_zboot("xzkern", &plain), 64 * MIB, "packings other than gzip and zstd");
}

#ifdef HAVE_ZSTD
/* As Linux packs its own: without the size, and by a window of more than the child's memory. */
static void zstd_of_linux(void **state UNUSED)
{
	size_t size = 40 * MIB;
	struct image_arm64 head;
	struct image_file f;
	uint8_t *large = malloc(size), *back = malloc(size);
	uint32_t x = 1;
	struct blob b;

	for (size_t i = 0; i < size; i++) {
		x = x * 1103515245 + 12345;
		large[i] = i < size / 2 ? (uint8_t)(x >> 16 & x >> 24) : large[i - size / 2];
	}
	memcpy(large, image, IMAGE_SIZE);
	large[16 + 3] = 3;				/* image_size 50 MiB */
	b = zstd_by(large, size, 1, 0);
	assert_int_equal(image_open_kernel(make_file("large", b.data, b.size), 64 * MIB, false, &f,
					   &head, NULL), 0);
	assert_int_equal(f.size, size);
	assert_int_equal(pread(f.fd, back, size, 0), size);
	assert_memory_equal(back, large, size);
	image_close(&f);
	free(b.data);
	free(large);
	free(back);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packed_kernels),
		cmocka_unit_test(damaged_kernels),
		cmocka_unit_test(bombs),
		cmocka_unit_test(packed_twice),
		cmocka_unit_test(zboot_kernels),
#ifdef HAVE_ZSTD
		cmocka_unit_test(zstd_of_linux),
#endif
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
