/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a core file that are no memory: pure. gdb shows a thread for each NT_PRSTATUS; crash
 * takes the physical addresses of the segments and VMCOREINFO. Virtual addresses are the
 * guest's own affair: p_vaddr is the physical address, as it would be with the MMU off.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/core_dump.h>
#include <xentools/strbuf.h>

#define ALIGN4(n) (((n) + 3u) & ~3u)

/* struct elf_prstatus of arm64 Linux; the build host may have another. */
struct prstatus {
	int32_t si_signo, si_code, si_errno;
	int16_t cursig;
	uint64_t sigpend, sighold;
	int32_t pid, ppid, pgrp, sid;
	int64_t times[8];
	uint64_t x[31], sp, pc, pstate;
	int32_t fpvalid;
};
_Static_assert(sizeof(struct prstatus) == 392, "as gdb and crash expect it");

static void add_note(struct strbuf *sb, const char *name, uint32_t type, const void *desc,
		     size_t len)
{
	static const char zeroes[4];
	Elf64_Nhdr h = { (uint32_t)strlen(name) + 1, (uint32_t)len, type };

	strbuf_add(sb, &h, sizeof(h));
	strbuf_add(sb, name, h.n_namesz);
	strbuf_add(sb, zeroes, ALIGN4(h.n_namesz) - h.n_namesz);
	strbuf_add(sb, desc, len);
	strbuf_add(sb, zeroes, ALIGN4(len) - len);
}

static size_t note_size(const char *name, size_t len)
{
	return sizeof(Elf64_Nhdr) + ALIGN4(strlen(name) + 1) + ALIGN4(len);
}

/* Room for headers and notes, whole pages, whether VMCOREINFO is found or not. */
static uint64_t head_size(size_t nr_banks, size_t cpus)
{
	uint64_t n = sizeof(Elf64_Ehdr) + (1 + nr_banks) * sizeof(Elf64_Phdr) +
		     cpus * note_size("CORE", sizeof(struct prstatus)) +
		     note_size("VMCOREINFO", CORE_VMCOREINFO_MAX);

	return (n + HYP_PAGE_SIZE - 1) & ~(HYP_PAGE_SIZE - 1);
}

uint64_t core_offset(const struct core_bank *banks, size_t nr_banks, size_t cpus, size_t which)
{
	uint64_t at = head_size(nr_banks, cpus);

	for (size_t i = 0; i < which; i++)
		at += banks[i].size;
	return at;
}

static void add_cpu_note(struct strbuf *sb, const struct hyp_vcpu_regs *regs, size_t n)
{
	struct prstatus s;

	memset(&s, 0, sizeof(s));
	s.pid = (int32_t)n + 1;		/* 0 would be no thread to gdb */
	memcpy(s.x, regs->x, sizeof(s.x));
	s.sp = regs->sp;
	s.pc = regs->pc;
	s.pstate = regs->pstate;
	add_note(sb, "CORE", NT_PRSTATUS, &s, sizeof(s));
}

char *core_headers(const struct core_bank *banks, size_t nr_banks,
		   const struct hyp_vcpu_regs *cpus, size_t nr_cpus,
		   const char *vmcoreinfo, size_t vmcoreinfo_len, size_t *ret_len)
{
	_cleanup_strbuf_ struct strbuf notes = STRBUF_INIT;
	struct strbuf sb = STRBUF_INIT;
	Elf64_Phdr ph = { .p_type = PT_NOTE, .p_align = 4 };
	Elf64_Ehdr eh = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = EM_AARCH64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(eh),
		.e_ehsize = sizeof(eh),
		.e_phentsize = sizeof(ph),
		.e_phnum = (uint16_t)(1 + nr_banks),
	};
	size_t i;

	for (i = 0; i < nr_cpus; i++)
		add_cpu_note(&notes, &cpus[i], i);
	if (vmcoreinfo)
		add_note(&notes, "VMCOREINFO", 0, vmcoreinfo, vmcoreinfo_len);
	strbuf_add(&sb, &eh, sizeof(eh));
	ph.p_offset = sizeof(eh) + (1 + nr_banks) * sizeof(ph);
	ph.p_filesz = ph.p_memsz = notes.len;
	strbuf_add(&sb, &ph, sizeof(ph));
	for (i = 0; i < nr_banks; i++) {
		ph = (Elf64_Phdr){
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_W | PF_X,
			.p_offset = core_offset(banks, nr_banks, nr_cpus, i),
			.p_vaddr = banks[i].base,
			.p_paddr = banks[i].base,
			.p_filesz = banks[i].size,
			.p_memsz = banks[i].size,	/* p_align 0: crash takes it for a kdump */
		};
		strbuf_add(&sb, &ph, sizeof(ph));
	}
	strbuf_add(&sb, notes.buf, notes.len);
	sb.failed |= notes.failed;
	*ret_len = sb.len;
	return strbuf_steal(&sb);
}

/*
 * Linux keeps the note in pages of its own: it begins where a page does. The guest writes it, so
 * its length is held against the page.
 */
bool core_find_vmcoreinfo(const void *page, const char **text, size_t *len)
{
	static const char name[12] = "VMCOREINFO";	/* with its padding */
	const char *p = page;
	Elf64_Nhdr h;

	memcpy(&h, p, sizeof(h));
	if (h.n_namesz != sizeof(name) - 1 || h.n_type != 0 || h.n_descsz == 0 ||
	    h.n_descsz > HYP_PAGE_SIZE - sizeof(h) - sizeof(name) ||
	    memcmp(p + sizeof(h), name, sizeof(name)) != 0 ||
	    memcmp(p + sizeof(h) + sizeof(name), "OSRELEASE=", 10) != 0)
		return false;
	*text = p + sizeof(h) + sizeof(name);
	*len = h.n_descsz;
	return true;
}
