/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header of an arm64 kernel `Image`, and of the two wrappings it comes in
 * (packed, EFI zboot). Used by the hypervisor for dom0's kernel and by the domain
 * builder for a guest's: one check, one set of tests. Needs nothing but stdint.h.
 */
#pragma once

#include <stdint.h>

#define IMAGE_ARM64_HEAD	64u		/* bytes that a probe looks at */
#define IMAGE_ARM64_MAX		(1ull << 30)	/* largest image, unpacked, in bytes */
#define IMAGE_ARM64_ALIGN	(2ull << 20)	/* of the base that text_offset counts from */

enum image_arm64_kind {
	IMAGE_ARM64_PLAIN,		/* text_offset and mem_size are valid */
	IMAGE_ARM64_PACKED,		/* the payload is one, packed by gzip or zstd */
};

struct image_arm64 {
	enum image_arm64_kind kind;
	uint64_t text_offset;		/* bytes from a 2 MiB-aligned base to the image */
	uint64_t mem_size;		/* bytes of memory it takes with its bss; >= file's */
	uint64_t payload_offset;	/* packed stream in the file, bytes */
	uint64_t payload_size;
	uint64_t entry;			/* bytes from the image's start; an Image's: 0 */
};

int image_arm64_probe_plain(const void *head, uint64_t len, struct image_arm64 *out);
