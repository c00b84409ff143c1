/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open a guest's kernel and initrd and say what they need, before any domain exists. Files are
 * strangers: only regular ones, sizes bounded by what the guest could hold, headers checked by
 * image_arm64_probe() or image_zimage_probe(). A packed kernel is unpacked first (image_unpack.c),
 * an ELF file laid out (image_elf.c), so that behind this file there are plain bytes only.
 */
#include <xentools/fd_util.h>

#include "tools/build/build_priv.h"

#define MIB (1024 * 1024ull)

static int open_failed(const char *path, const char *what, int e, struct zerr **err)
{
	zerr_set(err, e == ENOENT || e == ENOTDIR ? ZERR_BAD_CONFIG : ZERR_FAILED, "E301", e,
		 "cannot open the %s %s", what, path);
	if (e == ENOENT || e == ENOTDIR)
		zerr_hint(err, "the path is one of the control domain; check <%s> under <os>",
			  what);
	return -1;
}

static int open_regular(const char *path, const char *what, uint64_t max, struct image_file *ret,
			struct zerr **err)
{
	struct image_file f = { .path = path };
	struct stat st;

	f.fd = fd_open_regular(path, &st);
	if (f.fd == -EINVAL)
		return zerr_set(err, ZERR_BAD_CONFIG, "E302", 0, "the %s %s is not a regular file",
				what, path);
	if (f.fd < 0)
		return open_failed(path, what, -f.fd, err);
	f.size = (uint64_t)st.st_size;
	if (f.size == 0) {
		zerr_set(err, ZERR_BAD_CONFIG, "E302", 0, "the %s %s is empty", what, path);
		goto fail;
	}
	if (f.size > max || f.size > GUEST_FILE_MAX) {
		zerr_set(err, ZERR_BAD_CONFIG, "E304", 0,
			 "the %s %s has %llu MiB, the guest only %llu MiB of memory", what, path,
			 (unsigned long long)((f.size + MIB - 1) / MIB),
			 (unsigned long long)(max / MIB));
		goto fail;
	}
	*ret = f;
	return 0;
fail:
	close(f.fd);
	return -1;
}

static int read_head(const struct image_file *f, uint8_t head[IMAGE_ARM64_HEAD],
		     struct zerr **err)
{
	ssize_t n = pread(f->fd, head, IMAGE_ARM64_HEAD, 0);

	if (n < 0)
		return zerr_set(err, ZERR_FAILED, "E301", errno, "cannot read the kernel %s",
				f->path);
	memset(head + n, 0, IMAGE_ARM64_HEAD - (size_t)n);
	return 0;
}

/* Why image_arm64_probe() refused a file, in words; guesses common mistakes by their magic. */
static int refuse(const struct image_file *f, const uint8_t *head, int rc, struct zerr **err)
{
	const char *reason = "it is not an arm64 Linux Image";
	const char *hint = "give the arm64 Image (Debian: /boot/vmlinuz-*-arm64), plain or packed "
			   "by gzip or zstd, or an ELF file";

	if (rc == -ENODATA)
		reason = "it is too short for a kernel";
	else if (rc == -EOPNOTSUPP)
		reason = "big-endian kernels and packings other than gzip and zstd cannot "
			 "be started";
	else if (rc == -ERANGE)
		reason = "a field of its header is out of bounds";
	else if (rc == -E2BIG)
		reason = "its header asks for more than 1 GiB";
	else if (head[0x202] == 'H' && head[0x203] == 'd' && head[0x204] == 'r')
		reason = "it is a kernel for x86";
	else if (image_is_zimage(head)) {
		reason = "it is a kernel for 32-bit Arm";
		hint = "write <type arch='armv7l'> for a 32-bit guest";
	}
	zerr_set(err, ZERR_BAD_CONFIG, "E302", 0, "the kernel %s cannot be used: %s", f->path,
		 reason);
	return zerr_hint(err, "%s", hint);
}

/* The same for a 32-bit guest. */
static int refuse32(const struct image_file *f, int rc, struct zerr **err)
{
	const char *reason = "it is not a zImage";

	if (rc == -ENODATA)
		reason = "it is too short for a kernel";
	else if (rc == -EOPNOTSUPP)
		reason = "big-endian kernels and those made for one address cannot be started";
	else if (rc == -ERANGE || rc == -E2BIG)
		reason = "its header and its size do not agree";
	zerr_set(err, ZERR_BAD_CONFIG, "E302", 0, "the kernel %s cannot be used: %s", f->path,
		 reason);
	return zerr_hint(err, "a guest with arch='armv7l' boots a 32-bit zImage "
			 "(Debian: /boot/vmlinuz-*-armmp-lpae)");
}

static int probe32(const struct image_file *f, struct image_arm64 *image, struct zerr **err)
{
	uint8_t head[IMAGE_ARM64_HEAD];
	int rc;

	if (read_head(f, head, err) != 0)
		return -1;
	rc = image_zimage_probe(head, f->size, image);
	return rc == 0 ? 0 : refuse32(f, rc, err);
}

/* What a 64-bit guest's kernel is; an ELF file becomes plain bytes. */
static int probe(struct image_file *f, uint64_t max, struct image_arm64 *image, struct zerr **err)
{
	uint8_t head[IMAGE_ARM64_HEAD + 0x200];
	int rc;

	memset(head, 0, sizeof(head));
	if (read_head(f, head, err) != 0)
		return -1;
	if (image_is_elf(head))
		return image_elf_flatten(f, max, image, err);
	rc = image_arm64_probe(head, f->size, image);
	if (rc == 0)
		return 0;
	/* Only for the message: the x86 magic lies further in. */
	if (pread(f->fd, head, sizeof(head), 0) < 0)
		memset(head, 0, sizeof(head));
	return refuse(f, head, rc, err);
}

static int unpack(struct image_file *f, uint64_t max, struct image_arm64 *image,
		  struct zerr **err)
{
	struct image_file plain;

	if (image_unpack(f, image->payload_offset, max, &plain, err) != 0)
		return -1;
	if (probe(&plain, max, image, err) != 0) {
		close(plain.fd);
		return -1;
	}
	if (image->kind != IMAGE_ARM64_PLAIN) {
		close(plain.fd);
		return zerr_set(err, ZERR_BAD_CONFIG, "E302", 0,
				"the kernel %s cannot be used: it is packed twice", f->path);
	}
	close(f->fd);
	*f = plain;
	return 0;
}

/*
 * Open a kernel for a guest of max_bytes memory, 32-bit or not; *image then describes the plain
 * bytes behind ret->fd. Classes: ZERR_BAD_CONFIG missing or refused, ZERR_FAILED unreadable.
 */
int image_open_kernel(const char *path, uint64_t max_bytes, bool aarch32,
		      struct image_file *ret, struct image_arm64 *image, struct zerr **err)
{
	struct image_file f;

	if (open_regular(path, "kernel", max_bytes, &f, err) != 0)
		return -1;
	if ((aarch32 ? probe32(&f, image, err) : probe(&f, max_bytes, image, err)) != 0)
		goto fail;
	if (image->kind == IMAGE_ARM64_PACKED && unpack(&f, max_bytes, image, err) != 0)
		goto fail;
	*ret = f;
	return 0;
fail:
	close(f.fd);
	return -1;
}

/* Open an initrd; the kernel inside the guest is its judge. Classes as for the kernel. */
int image_open_initrd(const char *path, uint64_t max_bytes, struct image_file *ret,
		      struct zerr **err)
{
	return open_regular(path, "initrd", max_bytes, ret, err);
}

/* Close the file; it may have been closed or never opened (fd -1). */
void image_close(struct image_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}
