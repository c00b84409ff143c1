/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of what is wrong with a configuration. Entries are added in the order of discovery,
 * sorted by position once, and printed in the form of the user interface contract.
 */
#ifndef CONFIG_DIAG_H
#define CONFIG_DIAG_H

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "xentools/cleanup.h"
#include "xentools/config.h"
#include "xentools/error.h"
#include "xentools/macros.h"

/* Takes path (malloc'd or NULL). A failed allocation still counts the entry. */
void diag_addv(struct config_diags *d, enum config_severity severity, unsigned int line,
	       unsigned int column, char *path, const char *code, const char *hint,
	       const char *fmt, va_list ap) __attribute__((format(printf, 8, 0)));
void diag_add(struct config_diags *d, enum config_severity severity, unsigned int line,
	      unsigned int column, char *path, const char *code, const char *hint,
	      const char *fmt, ...) __attribute__((format(printf, 8, 9)));
void diag_sort(struct config_diags *d);

#endif
