/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel header check, half of it the hypervisor's too: good heads, and every field bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <xen/errno.h>
#include <xentools/build.h>

#define MIB (1024 * 1024ull)

static void put(uint8_t *p, uint64_t v, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void plain_head(uint8_t head[64], uint64_t text_offset, uint64_t size, uint64_t flags)
{
	memset(head, 0, 64);
	put(head + 8, text_offset, 8);
	put(head + 16, size, 8);
	put(head + 24, flags, 8);
	put(head + 56, 0x644d5241, 4);
}

struct plain_case {
	uint64_t text_offset, size, flags, len;
	int rc;
	uint64_t want_offset, want_size;
};

static void plain_images(void **state)
{
	static const struct plain_case cases[] = {
		{ 0, 33 * MIB, 0xa, 32 * MIB, 0, 0, 33 * MIB },
		{ 0x80000, 20 * MIB, 0xa, 20 * MIB, 0, 0x80000, 20 * MIB },
		/* an image_size below the file's length is a lie: the file must fit */
		{ 0, 4096, 0xa, 10 * MIB, 0, 0, 10 * MIB },
		/* before Linux 3.17: no size, fixed offset */
		{ 0, 0, 0, 5 * MIB, 0, 0x80000, 5 * MIB },
		{ 0, 0, 0, 64, 0, 0x80000, 64 },
		{ 0, IMAGE_ARM64_MAX, 0xa, 64, 0, 0, IMAGE_ARM64_MAX },
		{ 0, IMAGE_ARM64_MAX + 1, 0xa, 64, -E2BIG, 0, 0 },
		{ 0, ~0ull, 0xa, 64, -E2BIG, 0, 0 },
		{ 2 * MIB, MIB, 0xa, MIB, -ERANGE, 0, 0 },
		{ 0x80001, MIB, 0xa, MIB, -ERANGE, 0, 0 },
		{ ~0ull, MIB, 0xa, MIB, -ERANGE, 0, 0 },
		{ 0, MIB, 0xb, MIB, -EOPNOTSUPP, 0, 0 },
		{ 0, MIB, 0xa, 63, -ENODATA, 0, 0 },
		{ 0, MIB, 0xa, 0, -ENODATA, 0, 0 },
	};
	struct image_arm64 out;
	uint8_t head[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct plain_case *c = &cases[i];

		memset(&out, 0x5a, sizeof(out));
		plain_head(head, c->text_offset, c->size, c->flags);
		assert_int_equal(image_arm64_probe(head, c->len, &out), c->rc);
		if (c->rc != 0) {
			assert_int_equal(out.text_offset, 0x5a5a5a5a5a5a5a5aull);
			continue;
		}
		assert_int_equal(out.kind, IMAGE_ARM64_PLAIN);
		assert_int_equal(out.text_offset, c->want_offset);
		assert_int_equal(out.mem_size, c->want_size);
	}
}

static void zboot(uint8_t head[64], uint64_t offset, uint64_t size, const char *packing)
{
	memset(head, 0, 64);
	memcpy(head, "MZ\0\0zimg", 8);
	put(head + 8, offset, 4);
	put(head + 12, size, 4);
	memcpy(head + 24, packing, strlen(packing));
}

static void packed_images(void **state)
{
	struct image_arm64 out;
	uint8_t head[64];

	(void)state;
	memset(head, 0, sizeof(head));
	memcpy(head, "\x1f\x8b\x08", 3);
	assert_int_equal(image_arm64_probe(head, 5000, &out), 0);
	assert_int_equal(out.kind, IMAGE_ARM64_PACKED);
	assert_int_equal(out.payload_offset, 0);
	assert_int_equal(out.payload_size, 5000);

	memcpy(head, "\x28\xb5\x2f\xfd", 4);
	assert_int_equal(image_arm64_probe(head, 5000, &out), 0);
	assert_int_equal(out.kind, IMAGE_ARM64_PACKED);

	zboot(head, 0x1000, 9000, "gzip");
	assert_int_equal(image_arm64_probe(head, 20000, &out), 0);
	assert_int_equal(out.kind, IMAGE_ARM64_PACKED);
	assert_int_equal(out.payload_offset, 0x1000);
	assert_int_equal(out.payload_size, 9000);
	assert_int_equal(image_arm64_probe(head, 0x1000 + 8999, &out), -ERANGE);
	zboot(head, 0xffffffff, 0xffffffff, "gzip");
	assert_int_equal(image_arm64_probe(head, 20000, &out), -ERANGE);
	zboot(head, 8, 100, "gzip");
	assert_int_equal(image_arm64_probe(head, 20000, &out), -ERANGE);
	zboot(head, 0x1000, 9000, "zstd");
	assert_int_equal(image_arm64_probe(head, 20000, &out), 0);
	zboot(head, 0x1000, 9000, "zstd22");
	assert_int_equal(image_arm64_probe(head, 20000, &out), 0);
	assert_int_equal(out.kind, IMAGE_ARM64_PACKED);
	zboot(head, 0x1000, 9000, "lzma");
	assert_int_equal(image_arm64_probe(head, 20000, &out), -EOPNOTSUPP);
	zboot(head, 0x1000, 9000, "gzipped");
	assert_int_equal(image_arm64_probe(head, 20000, &out), -EOPNOTSUPP);
}

static void other_files(void **state)
{
	struct image_arm64 out;
	uint8_t head[64];

	(void)state;
	memset(head, 0, sizeof(head));
	assert_int_equal(image_arm64_probe(head, 64, &out), -EINVAL);
	memcpy(head, "\x7f" "ELF", 4);
	assert_int_equal(image_arm64_probe(head, 64, &out), -EINVAL);
	memcpy(head, "MZ\0\0", 4);
	assert_int_equal(image_arm64_probe(head, 1 << 20, &out), -EINVAL);
}

/* Any head: the answer is an error or within the promised bounds. */
static void random_heads(void **state)
{
	struct image_arm64 out;
	uint8_t head[64];
	uint64_t x = 88172645463325252ull, len;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		for (size_t i = 0; i < sizeof(head); i += 8) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			put(head + i, x & (round & 1 ? ~0ull : 0xffffff), 8);
		}
		if (round % 3)
			put(head + 56, 0x644d5241, 4);
		else if (round % 5 == 0)
			memcpy(head, "MZ\0\0zimg", 8);
		len = x % (64 * MIB);
		if (image_arm64_probe(head, len, &out) != 0)
			continue;
		if (out.kind == IMAGE_ARM64_PLAIN) {
			assert_true(out.mem_size >= len && out.mem_size <= IMAGE_ARM64_MAX);
			assert_true(out.text_offset < IMAGE_ARM64_ALIGN);
		} else {
			assert_true(out.payload_size <= len);
			assert_true(out.payload_offset <= len - out.payload_size);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_images),
		cmocka_unit_test(packed_images),
		cmocka_unit_test(other_files),
		cmocka_unit_test(random_heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
