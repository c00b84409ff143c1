/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's memory and registers as an ELF core: one PT_LOAD a bank of RAM with the guest's
 * physical addresses, one NT_PRSTATUS a vCPU, and the guest kernel's own VMCOREINFO where it is
 * found, so that crash(8) needs no options. Pages that the guest does not have, and pages of
 * zeroes, are holes of the file.
 */
#ifndef XENTOOLS_CORE_DUMP_H
#define XENTOOLS_CORE_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xentools/domain.h"

#define CORE_BANKS 2u
#define CORE_VMCOREINFO_MAX 4096u		/* bytes; Linux has one page of it */

struct core_bank {
	uint64_t base, size;			/* guest physical, bytes */
};

/* Where in the file a bank begins, after what core_headers() makes. */
uint64_t core_offset(const struct core_bank *banks, size_t nr_banks, size_t cpus, size_t which);
/* Header, segments and notes; vmcoreinfo may be NULL. Malloc'd, *ret_len bytes; NULL: no memory. */
char *core_headers(const struct core_bank *banks, size_t nr_banks,
		   const struct hyp_vcpu_regs *cpus, size_t nr_cpus,
		   const char *vmcoreinfo, size_t vmcoreinfo_len, size_t *ret_len);
/* Is this page a kernel's VMCOREINFO note? Gives its text inside the page. */
bool core_find_vmcoreinfo(const void *page, const char **text, size_t *len);

struct core_dump_opts {
	bool live;				/* the guest runs on meanwhile */
	int fd;					/* ends the dump when it is readable; -1: none */
	void (*progress)(void *arg, uint64_t done, uint64_t total);	/* bytes; may be NULL */
	void *arg;
};

/*
 * Write the core of a domain to path (0600), by way of path.part. On failure nothing is left and
 * the guest goes on. Classes: ZERR_NO_RESOURCES the disk is full, ZERR_STATE another dump writes
 * there, ZERR_INTERRUPTED.
 */
int domain_dump_core(struct domain_ctx *ctx, uint16_t domid, const char *path,
		     const struct core_dump_opts *opts, struct zerr **err);
/* /var/lib/zl/dump/NAME-TIME.core; the folder is made. Malloc'd; NULL with *err set. */
char *domain_core_path(const struct domain_ctx *ctx, const char *name, struct zerr **err);
/* How many cores of that name the folder holds. */
size_t domain_core_count(const struct domain_ctx *ctx, const char *name);

#endif
