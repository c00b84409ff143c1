/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tell whether a file is a kernel Image from its first 64 bytes. The bytes come from a
 * stranger: each field is read once at its place, little endian whatever the
 * host is, and compared before it is believed. Pure: no state, no allocation,
 * no memory access outside the head. Packed ones: tools/build/image_packed.c.
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

/*
 * Look at the head of a kernel file of len bytes; head holds the first
 * IMAGE_ARM64_HEAD of them, or all when there are fewer. *out is untouched on
 * failure: -ENODATA too short, -EINVAL no arm64 kernel or a packed one,
 * -EOPNOTSUPP big endian, -ERANGE a header field out of bounds, -E2BIG needs
 * more than IMAGE_ARM64_MAX.
 */
int image_arm64_probe_plain(const void *head, uint64_t len, struct image_arm64 *out)
{
	const uint8_t *p = head;

	if (len < IMAGE_ARM64_HEAD)
		return -ENODATA;
	if (get_le(p + MAGIC_OFFSET, 4) != MAGIC_ARM64)
		return -EINVAL;
	if (get_le(p + 24, 8) & FLAG_BIG_ENDIAN)
		return -EOPNOTSUPP;
	uint64_t text_offset = get_le(p + 8, 8);
	uint64_t size = get_le(p + 16, 8);
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
	};
	return 0;
}
