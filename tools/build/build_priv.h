/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The builder's steps, for domain_build.c: each works on one domain and leaves its clean-up to
 * the domain's destruction.
 */
#ifndef TOOLS_BUILD_PRIV_H
#define TOOLS_BUILD_PRIV_H

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <xentools/build.h>
#include <xentools/error.h>

static inline uint32_t get_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* image_zimage.c */
bool image_is_zimage(const uint8_t head[IMAGE_ARM64_HEAD]);
int image_zimage_probe(const uint8_t head[IMAGE_ARM64_HEAD], uint64_t len,
		       struct image_arm64 *out);

/* image_elf.c */
bool image_is_elf(const uint8_t *head);
int image_elf_flatten(struct image_file *f, uint64_t max_bytes, struct image_arm64 *image,
		      struct zerr **err);

/* image_unpack.c, and what runs in its child */
enum unpack_code { UNPACK_OK, UNPACK_CORRUPT, UNPACK_TOO_LARGE, UNPACK_FAILED };

int image_unpack(const struct image_file *f, uint64_t offset, uint64_t max, struct image_file *ret,
		 struct zerr **err);
enum unpack_code image_unzstd(int in, uint64_t offset, int out, uint64_t max);

/*
 * guest_dt_part.c: what is merged into the guest's tree. Read and checked (ZERR_BAD_CONFIG), free()
 * it; and copied into a tree that libfdt writes, below a node that is open: 0 or libfdt's error.
 */
int guest_dt_part_read(const char *path, void **ret, struct zerr **err);
int guest_dt_part_check(const void *part, size_t size, const char *path, struct zerr **err);
int guest_dt_part_copy(void *fdt, const void *part);

/* guest_memory.c */
int guest_memory_load_file(struct hyp *h, uint16_t domid, const struct image_file *f,
			   uint64_t address, struct zerr **err);

/* magic_pages.c */
int magic_pages_make(struct hyp *h, const struct domain_build_args *args, struct zerr **err);
int magic_pages_grant(struct hyp *h, const struct domain_build_args *args, struct zerr **err);

#endif
