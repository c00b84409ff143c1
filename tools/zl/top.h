/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of zl top (top_table.c), between zl's batch mode and zl-top, the program with the screen.
 * That is one of its own so that no other command has to load its library.
 */
#ifndef ZL_TOP_H
#define ZL_TOP_H

#include <stdbool.h>

#include "xentools/sample.h"

struct strbuf;

enum top_sort { TOP_SORT_ID, TOP_SORT_CPU, TOP_SORT_MEMORY, TOP_SORT_NETWORK, TOP_SORT_DISK };
#define TOP_SORTS 5

struct top_options {
	bool networks, disks, vcpus, pcpus, full_names, dom0_first, repeat_header;
	enum top_sort sort;
};

void top_header(struct strbuf *out);
/* A line for each domain of now; -1: no memory. */
int top_rows(struct strbuf *out, const struct sample *before, const struct sample *now,
	     const struct top_options *o);
/* The two lines above the table on a screen. */
void top_summary(struct strbuf *out, const struct sample *before, const struct sample *now);

#endif
