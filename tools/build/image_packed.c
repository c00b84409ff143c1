/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tell what a 64-bit kernel file is from its first 64 bytes: an Image, or one that is packed by
 * gzip or zstd, alone or in an EFI zboot. As for image_arm64_probe_plain() the bytes are a
 * stranger's, and this is pure: unpacking is the callers' work.
 */
#include "tools/build/build_priv.h"

#define ZBOOT_OFFSET 8			/* of the payload in the file */
#define ZBOOT_SIZE 12
#define ZBOOT_PACKING 24

/* EFI zboot: "MZ\0\0", "zimg", payload's offset and size, 8 bytes, name of the compression. */
static int probe_zboot(const uint8_t *head, uint64_t len, struct image_arm64 *out)
{
	uint64_t offset = get_le32(head + ZBOOT_OFFSET);
	uint64_t size = get_le32(head + ZBOOT_SIZE);

	/* Linux says zstd22, the level. */
	if (memcmp(head + ZBOOT_PACKING, "gzip", 5) != 0 &&
	    memcmp(head + ZBOOT_PACKING, "zstd", 5) != 0 &&
	    memcmp(head + ZBOOT_PACKING, "zstd22", 7) != 0)
		return -EOPNOTSUPP;
	if (offset < IMAGE_ARM64_HEAD || offset > len || size > len - offset || size < 18)
		return -ERANGE;
	*out = (struct image_arm64){
		.kind = IMAGE_ARM64_PACKED, .payload_offset = offset, .payload_size = size,
	};
	return 0;
}

/*
 * As image_arm64_probe_plain(), for packed kernels as well: -EOPNOTSUPP is also one that is packed
 * otherwise.
 */
int image_arm64_probe(const void *head, uint64_t len, struct image_arm64 *out)
{
	const uint8_t *p = head;

	if (len < IMAGE_ARM64_HEAD)
		return -ENODATA;
	if (memcmp(p, "\x1f\x8b", 2) == 0 || memcmp(p, "\x28\xb5\x2f\xfd", 4) == 0) {
		*out = (struct image_arm64){ .kind = IMAGE_ARM64_PACKED, .payload_size = len };
		return 0;
	}
	if (memcmp(p, "MZ\0\0zimg", 8) == 0)
		return probe_zboot(p, len, out);
	return image_arm64_probe_plain(p, len, out);
}
