/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of zl check: a row, and the state of one run. */
#ifndef ZL_CHECK_H
#define ZL_CHECK_H

#include "zl.h"

enum check_verdict { CHECK_PASS, CHECK_NOTE, CHECK_WARN, CHECK_FAIL };

#define CHECK_CAP_DIRECTIO (1u << 2)	/* in hyp_physinfo.capabilities */
#define CHECK_CAP_HAP (1u << 3)

struct check {
	struct zl *zl;
	const char *root;		/* "", or where a test keeps its /dev and /sys */
	struct hyp_physinfo phys;	/* all 0: there is no hypervisor */
	char detail[160];		/* of the present row */
	uint16_t *leftovers;
	size_t leftover_count;
};

struct check_row {
	const char *area, *what;
	bool (*look)(struct check *c, const char *arg);
	const char *arg;
	enum check_verdict otherwise;	/* when it is not well */
	const char *hint;
};

/* All rows, printed or put into all; how many failed. */
int check_run(struct check *c, struct json_object *all);

#endif
