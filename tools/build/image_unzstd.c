/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpack a zstd frame of a stranger, for the child of image_unpack.c. Kernels are packed with
 * windows of up to 128 MiB, so both files are mapped and the output is the window: what it takes
 * besides is the output's pages, as they are written.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "tools/build/build_priv.h"

static enum unpack_code unpack(const uint8_t *packed, size_t len, int out, size_t max)
{
	size_t frame = ZSTD_findFrameCompressedSize(packed, len), got;
	void *plain;

	if (ZSTD_isError(frame))
		return UNPACK_CORRUPT;
	if (ftruncate(out, (off_t)max) != 0)
		return UNPACK_FAILED;
	plain = mmap(NULL, max, PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);
	if (plain == MAP_FAILED)
		return UNPACK_FAILED;
	got = ZSTD_decompress(plain, max, packed, frame);
	munmap(plain, max);
	if (ZSTD_isError(got))
		return ZSTD_getErrorCode(got) == ZSTD_error_dstSize_tooSmall ? UNPACK_TOO_LARGE :
									       UNPACK_CORRUPT;
	return ftruncate(out, (off_t)got) == 0 ? UNPACK_OK : UNPACK_FAILED;
}

enum unpack_code image_unzstd(int in, uint64_t offset, int out, uint64_t max)
{
	enum unpack_code code;
	struct stat st;
	size_t size;
	void *packed;

	if (fstat(in, &st) != 0 || (uint64_t)st.st_size <= offset)
		return UNPACK_CORRUPT;
	size = (size_t)st.st_size;
	packed = mmap(NULL, size, PROT_READ, MAP_PRIVATE, in, 0);
	if (packed == MAP_FAILED)
		return UNPACK_FAILED;
	code = unpack((uint8_t *)packed + offset, size - offset, out, max);
	munmap(packed, size);
	return code;
}
