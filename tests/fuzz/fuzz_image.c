/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a guest's kernel or disk: refused, or with numbers within the file, the guest's
 * memory and what is promised of an image. Heads of Images, EFI zboots and zImages, whole ELF
 * files, zstd as the child of image_unpack.c reads it, magic numbers of disks.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tools/build/build_priv.h"
#include "tools/domain/block.h"
#include "xentools/fd_util.h"

#define MEMORY (64ull << 20)
#define UNPACKED_MAX (1u << 20)

static void check_plain(const struct image_arm64 *image, uint64_t file)
{
	if (image->mem_size < file || image->mem_size > IMAGE_ARM64_MAX)
		abort();
}

static void check_heads(const uint8_t head[IMAGE_ARM64_HEAD], uint64_t size)
{
	struct image_arm64 image;

	if (image_arm64_probe(head, size, &image) == 0) {
		if (image.kind == IMAGE_ARM64_PLAIN)
			check_plain(&image, size);
		else if (image.payload_size > size ||
			 image.payload_offset > size - image.payload_size)
			abort();
	}
	if (image_zimage_probe(head, size, &image) == 0)
		check_plain(&image, size);
}

static void check_elf(int fd, uint64_t size)
{
	struct image_file f = { .path = "x", .fd = dup(fd), .size = size };
	struct image_arm64 image;
	struct zerr *err = NULL;
	struct stat st;

	if (image_elf_flatten(&f, MEMORY, &image, &err) == 0) {
		if (fstat(f.fd, &st) != 0 || (uint64_t)st.st_size != f.size)
			abort();
		check_plain(&image, f.size);
		if (image.text_offset > MEMORY || image.mem_size > MEMORY - image.text_offset ||
		    image.entry >= image.mem_size)
			abort();
	} else if (err == NULL) {
		abort();
	}
	zerr_free(err);
	image_close(&f);
}

#ifdef HAVE_ZSTD
static void check_zstd(int fd)
{
	int out = memfd_create("unpacked", MFD_CLOEXEC);
	struct stat st;

	if (image_unzstd(fd, 0, out, UNPACKED_MAX) == UNPACK_OK &&
	    (fstat(out, &st) != 0 || st.st_size > UNPACKED_MAX))
		abort();
	close(out);
}
#else
static void check_zstd(int)
{
}
#endif

/* The program that serves such disks does not matter here. */
int block_nbd_check(struct zerr **)
{
	return 0;
}

static void check_disk(int fd, uint64_t size)
{
	static const enum disk_format formats[] = { DISK_RAW, DISK_QCOW2, DISK_QCOW, DISK_VPC };
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct domain_disk disk = { .source = path, .format = formats[i] };
		struct block_image image;
		struct zerr *err = NULL;
		int got;

		if (block_image_open(&disk, &image, &got, &err) == 0) {
			if (image.size != size)
				abort();
			close(got);
		} else if (err == NULL) {
			abort();
		}
		zerr_free(err);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("image", MFD_CLOEXEC);
	uint8_t head[IMAGE_ARM64_HEAD] = { 0 };

	if (fd < 0 || fd_write_all(fd, data, size) != 0)
		abort();
	memcpy(head, data, size < sizeof(head) ? size : sizeof(head));
	check_heads(head, size);
	check_elf(fd, size);
	check_zstd(fd);
	check_disk(fd, size);
	close(fd);
	return 0;
}

static const char *const tokens[] = {
	"MZ", "zimg", "gzip", "zstd", "zstd22", "ARM\x64", "\x1f\x8b\x08", "\x28\xb5\x2f\xfd",
	"\x18\x28\x6f\x01", "\177ELF", "\xff\xff\xff\xff", "\x40", "\x38", "\x10\x20", "QFI\xfb",
	"conectix", "\1", "\2", "\3", "\xb7", NULL
};

const struct fuzz_inputs fuzz_inputs = {
	.dirs = { "fuzz/corpus/image" },
	.files = 10,
	.tokens = tokens,
};
