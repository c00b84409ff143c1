/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A raw ELF file as a guest's kernel: firmware and small kernels that are linked to where they
 * run. Its loadable segments are laid into a memory file as they will lie in memory, so that what
 * comes behind sees plain bytes, a place and an entry. Every number in it is a stranger's.
 */
#include <elf.h>

#include "tools/build/build_priv.h"
#include "tools/build/guest_map.h"

#define MAX_HEADERS 64
#define CHUNK (64 * 1024)

struct elf {
	const struct image_file *f;
	Elf64_Ehdr head;
	Elf64_Phdr ph[MAX_HEADERS];
	unsigned int nr;		/* loadable ones, put first */
	uint64_t slide;			/* added to addresses: position-independent files */
	uint64_t base, end;		/* of the segments, guest physical */
	uint64_t limit;			/* end of the guest's first bank */
};

bool image_is_elf(const uint8_t *head)
{
	return memcmp(head, ELFMAG, SELFMAG) == 0;
}

static int refuse(const struct elf *e, struct zerr **err, const char *reason, const char *hint)
{
	zerr_set(err, ZERR_BAD_CONFIG, "E302", 0, "the kernel %s cannot be used: %s", e->f->path,
		 reason);
	return hint ? zerr_hint(err, "%s", hint) : -1;
}

static bool read_at(const struct elf *e, uint64_t offset, void *to, size_t size)
{
	return offset <= e->f->size && size <= e->f->size - offset &&
	       pread(e->f->fd, to, size, (off_t)offset) == (ssize_t)size;
}

static int read_headers(struct elf *e, struct zerr **err)
{
	const Elf64_Ehdr *h = &e->head;
	unsigned int i;

	if (!read_at(e, 0, &e->head, sizeof(e->head)) || h->e_ident[EI_CLASS] != ELFCLASS64 ||
	    h->e_ident[EI_DATA] != ELFDATA2LSB || h->e_machine != EM_AARCH64)
		return refuse(e, err, "it is an ELF file, but not for 64-bit little-endian Arm",
			      NULL);
	if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
		return refuse(e, err, "it is an ELF file that is not linked", NULL);
	if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum > MAX_HEADERS ||
	    !read_at(e, h->e_phoff, e->ph, h->e_phnum * sizeof(Elf64_Phdr)))
		return refuse(e, err, "its ELF program headers are out of bounds", NULL);
	for (i = 0; i < h->e_phnum; i++) {
		if (e->ph[i].p_type == PT_INTERP)
			return refuse(e, err, "it is a program for an operating system", NULL);
		if (e->ph[i].p_type == PT_LOAD && e->ph[i].p_memsz != 0)
			e->ph[e->nr++] = e->ph[i];
	}
	if (e->nr == 0)
		return refuse(e, err, "it is an ELF file with nothing to load", NULL);
	return 0;
}

/* Where the segments go: all in the first bank, the file's part of each in the file. */
static int place(struct elf *e, struct zerr **err)
{
	uint64_t left = e->f->size;
	unsigned int i;

	e->base = UINT64_MAX;
	for (i = 0; i < e->nr; i++)
		e->base = MIN(e->base, e->ph[i].p_paddr);
	if (e->head.e_type == ET_DYN && e->base < GUEST_RAM0_BASE)
		e->slide = GUEST_RAM0_BASE;
	e->base = (e->base + e->slide) & ~(uint64_t)(HYP_PAGE_SIZE - 1);
	for (i = 0; i < e->nr; i++) {
		Elf64_Phdr *p = &e->ph[i];

		if (p->p_filesz > p->p_memsz || p->p_offset > e->f->size ||
		    p->p_filesz > e->f->size - p->p_offset)
			return refuse(e, err, "an ELF segment is not within the file", NULL);
		/* The memory file is no longer than this one, and as quickly written. */
		if (p->p_filesz > left)
			return refuse(e, err, "its ELF segments share parts of the file", NULL);
		left -= p->p_filesz;
		if (p->p_paddr > UINT64_MAX - e->slide || p->p_paddr + e->slide < GUEST_RAM0_BASE ||
		    p->p_paddr + e->slide > e->limit ||
		    p->p_memsz > e->limit - (p->p_paddr + e->slide))
			return refuse(e, err, "an ELF segment is not within the guest's memory",
				      "guest memory starts at 0x40000000: link the kernel to "
				      "there, or position-independent, or give an arm64 Image");
		p->p_paddr += e->slide;
		e->end = e->end > p->p_paddr + p->p_memsz ? e->end : p->p_paddr + p->p_memsz;
	}
	return 0;
}

/* The entry, a virtual address, as an offset from base. */
static int find_entry(const struct elf *e, uint64_t *ret, struct zerr **err)
{
	unsigned int i;

	for (i = 0; i < e->nr; i++) {
		const Elf64_Phdr *p = &e->ph[i];

		if (e->head.e_entry - p->p_vaddr < p->p_memsz && e->head.e_entry % 4 == 0) {
			*ret = p->p_paddr + (e->head.e_entry - p->p_vaddr) - e->base;
			return 0;
		}
	}
	return refuse(e, err, "its ELF entry point is in no segment", NULL);
}

static bool copy_segment(const struct elf *e, const Elf64_Phdr *p, int to)
{
	static uint8_t buf[CHUNK];
	uint64_t done = 0;

	while (done < p->p_filesz) {
		size_t n = (size_t)MIN(p->p_filesz - done, (uint64_t)sizeof(buf));

		if (!read_at(e, p->p_offset + done, buf, n) ||
		    pwrite(to, buf, n, (off_t)(p->p_paddr - e->base + done)) != (ssize_t)n)
			return false;
		done += n;
	}
	return true;
}

/*
 * Put the bytes of the ELF file f, for a guest of max_bytes memory, in f's place as they lie in
 * memory; *image says where that is. Classes: ZERR_BAD_CONFIG refused, ZERR_FAILED.
 */
int image_elf_flatten(struct image_file *f, uint64_t max_bytes, struct image_arm64 *image,
		      struct zerr **err)
{
	struct elf e = { .f = f };
	struct image_file flat = { .path = f->path, .fd = -1 };
	uint64_t entry = 0;
	unsigned int i;

	e.limit = GUEST_RAM0_BASE + MIN(max_bytes, (uint64_t)GUEST_RAM0_SIZE);
	if (read_headers(&e, err) != 0 || place(&e, err) != 0 || find_entry(&e, &entry, err) != 0)
		return -1;
	if (e.end - e.base > IMAGE_ARM64_MAX)
		return refuse(&e, err, "its ELF segments span more than 1 GiB", NULL);
	flat.fd = memfd_create("kernel", MFD_CLOEXEC);
	if (flat.fd < 0)
		return zerr_set(err, ZERR_FAILED, "E301", errno, "no memory file for %s", f->path);
	for (i = 0; i < e.nr; i++) {
		uint64_t end = e.ph[i].p_paddr + e.ph[i].p_filesz - e.base;

		if (e.ph[i].p_filesz)
			flat.size = flat.size > end ? flat.size : end;
		if (!copy_segment(&e, &e.ph[i], flat.fd)) {
			close(flat.fd);
			return zerr_set(err, ZERR_FAILED, "E301", errno, "cannot read %s", f->path);
		}
	}
	if (flat.size == 0) {
		close(flat.fd);
		return refuse(&e, err, "it is an ELF file with nothing to load", NULL);
	}
	*image = (struct image_arm64){
		.kind = IMAGE_ARM64_PLAIN, .text_offset = e.base - GUEST_RAM0_BASE,
		.mem_size = e.end - e.base, .entry = entry,
	};
	close(f->fd);
	*f = flat;
	return 0;
}
