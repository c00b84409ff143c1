/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tell whether a kernel file is a zImage, the 32-bit kernel that unpacks itself. As for
 * image_arm64_probe() the bytes are a stranger's, and this is pure.
 */
#include "tools/build/build_priv.h"

#define MAGIC_OFFSET 0x24
#define MAGIC 0x016f2818u
#define START_OFFSET 0x28
#define END_OFFSET 0x2c
#define ENDIAN_OFFSET 0x30
#define ENDIAN_BIG 0x01020304u
#define LOAD_OFFSET 0x8000		/* from the start of memory: where a kernel used to lie */
/*
 * Room to unpack: what xz makes of a kernel is a fifth of it, and the packed one moves behind it.
 */
#define UNPACKED_FACTOR 8

/* Is it one, usable or not? */
bool image_is_zimage(const uint8_t head[IMAGE_ARM64_HEAD])
{
	return get_le32(head + MAGIC_OFFSET) == MAGIC;
}

/*
 * Where a zImage of len bytes goes and how much memory it takes until it runs, in *out. -ENODATA
 * too short, -EINVAL no zImage, -EOPNOTSUPP big endian or made for one address, -ERANGE longer
 * than its file, -E2BIG.
 */
int image_zimage_probe(const uint8_t head[IMAGE_ARM64_HEAD], uint64_t len,
		       struct image_arm64 *out)
{
	uint32_t start = get_le32(head + START_OFFSET), end = get_le32(head + END_OFFSET);

	if (len < IMAGE_ARM64_HEAD)
		return -ENODATA;
	if (!image_is_zimage(head))
		return -EINVAL;
	if (get_le32(head + ENDIAN_OFFSET) == ENDIAN_BIG || start != 0)
		return -EOPNOTSUPP;
	if (end > len || end < IMAGE_ARM64_HEAD)
		return -ERANGE;
	if (len > IMAGE_ARM64_MAX / UNPACKED_FACTOR)
		return -E2BIG;
	*out = (struct image_arm64){
		.kind = IMAGE_ARM64_PLAIN, .text_offset = LOAD_OFFSET,
		.mem_size = len * UNPACKED_FACTOR,
	};
	return 0;
}
