/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tell what a kernel file is from its first 64 bytes. The bytes come from a
 * stranger: each field is read once at its place, little endian whatever the
 * host is, and compared before it is believed. Pure: no state, no allocation,
 * no memory access outside the head. Unpacking is the callers' work.
 */
#include <xen/errno.h>
#include <xen/image_arm64.h>

#define MAGIC_OFFSET		56
#define MAGIC_ARM64		0x644d5241u	/* "ARM\x64" */
#define FLAG_BIG_ENDIAN		1ull
/* What a kernel from before the image_size field (Linux 3.16 and older) expects. */
#define LEGACY_TEXT_OFFSET	0x80000ull

static uint64_t get_le(const uint8_t *p, unsigned int bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | p[bytes];
	return v;
}

static int probe_plain(const uint8_t *head, uint64_t len, struct image_arm64 *out)
{
	uint64_t text_offset = get_le(head + 8, 8);
	uint64_t size = get_le(head + 16, 8);
	uint64_t flags = get_le(head + 24, 8);

	if (flags & FLAG_BIG_ENDIAN)
		return -EOPNOTSUPP;
	if (size == 0)
		text_offset = LEGACY_TEXT_OFFSET;
	if (text_offset >= IMAGE_ARM64_ALIGN || text_offset % 4096 != 0)
		return -ERANGE;
	if (size < len)
		size = len;
	if (size > IMAGE_ARM64_MAX)
		return -E2BIG;
	*out = (struct image_arm64){
		.kind = IMAGE_ARM64_PLAIN, .text_offset = text_offset, .mem_size = size,
		.flags = flags,
	};
	return 0;
}

/* EFI zboot: "MZ\0\0", "zimg", payload's offset and size, 8 bytes, name of the compression. */
static int probe_zboot(const uint8_t *head, uint64_t len, struct image_arm64 *out)
{
	static const uint8_t gzip[5] = "gzip";
	uint64_t offset = get_le(head + 8, 4);
	uint64_t size = get_le(head + 12, 4);
	unsigned int i;

	for (i = 0; i < sizeof(gzip); i++)
		if (head[24 + i] != gzip[i])
			return -EOPNOTSUPP;
	if (offset < IMAGE_ARM64_HEAD || offset > len || size > len - offset || size < 18)
		return -ERANGE;
	*out = (struct image_arm64){
		.kind = IMAGE_ARM64_GZIP, .payload_offset = offset, .payload_size = size,
	};
	return 0;
}

/*
 * Look at the head of a kernel file of len bytes; head holds the first
 * IMAGE_ARM64_HEAD of them, or all when there are fewer. *out is untouched on
 * failure: -ENODATA too short, -EINVAL no arm64 kernel, -EOPNOTSUPP big endian
 * or packed otherwise than by gzip, -ERANGE a header field out of bounds,
 * -E2BIG needs more than IMAGE_ARM64_MAX.
 */
int image_arm64_probe(const void *head, uint64_t len, struct image_arm64 *out)
{
	const uint8_t *p = head;

	if (len < IMAGE_ARM64_HEAD)
		return -ENODATA;
	if (p[0] == 0x1f && p[1] == 0x8b) {
		*out = (struct image_arm64){ .kind = IMAGE_ARM64_GZIP, .payload_size = len };
		return 0;
	}
	if (get_le(p, 4) == 0x00005a4d && get_le(p + 4, 4) == 0x676d697a)
		return probe_zboot(p, len, out);
	if (get_le(p + MAGIC_OFFSET, 4) == MAGIC_ARM64)
		return probe_plain(p, len, out);
	return -EINVAL;
}
