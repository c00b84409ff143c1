/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing a domain's device tree in sequence (boot/dt_write.c): the first error stays in rc. */
#pragma once

#include <libfdt.h>
#include <xen/boot.h>
#include <xen/lib.h>

struct dt_writer {
	void *out;
	uint32_t gic_phandle;
	int ac, sc;		/* the root's counts of cells */
	int rc;			/* first error, negative errno */
};

void dt_note(struct dt_writer *w, int rc);
void dt_check(struct dt_writer *w, int fdt_rc);
void dt_begin(struct dt_writer *w, const char *name);
void dt_end(struct dt_writer *w);
void dt_prop(struct dt_writer *w, const char *name, const void *val, size_t len);
void dt_prop_u32(struct dt_writer *w, const char *name, uint32_t v);
void dt_prop_str(struct dt_writer *w, const char *name, const char *s);
void dt_prop_cells(struct dt_writer *w, const char *name, uint32_t *cells, size_t n);
void dt_prop_reg(struct dt_writer *w, const struct mem_range *r, size_t n);
void dt_write_cpus(struct dt_writer *w, uint32_t nr, const char *compatible, uint32_t frequency);
void dt_write_memory(struct dt_writer *w, const struct mem_range *r, size_t n);
void dt_write_ppi_device(struct dt_writer *w, const char *name, const char *compatible,
			 const uint32_t *ppis, size_t n, uint32_t frequency);
void dt_write_hypervisor(struct dt_writer *w, const struct dom0_plan *p);
void dt_write_boot(struct dt_writer *w, const struct dom0_plan *p, const char *bootargs);
