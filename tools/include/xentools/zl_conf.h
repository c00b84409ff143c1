/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/zl/zl.conf: the host's defaults. Sections in brackets, lines "key = value"; the keys are
 * rows of one table in zl_conf.c with type and default, named "section.key" here. In [network] a
 * key that is no row is a network: the bridge that <source network='NAME'/> means. A getter for
 * a key that was not set, and every getter of NULL, gives the default.
 */
#ifndef XENTOOLS_ZL_CONF_H
#define XENTOOLS_ZL_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_diags;
struct zerr;
struct zl_conf;

#define ZL_CONF_PATH "/etc/zl/zl.conf"

/*
 * Read the file; one that is not there is one without a line. Unknown keys and sections are
 * warnings in *diags, values of the wrong type errors: then -1 with class ZERR_BAD_CONFIG.
 */
int zl_conf_load(const char *path, struct zl_conf **ret, struct config_diags *diags,
		 struct zerr **err);
void zl_conf_free(struct zl_conf *conf);

/* key must be a row of the type. NULL: not set and no default. */
const char *zl_conf_str(const struct zl_conf *conf, const char *key);
uint64_t zl_conf_uint(const struct zl_conf *conf, const char *key);

/* The i-th key of the table: its default and words (may be NULL), what it says. False: no more. */
bool zl_conf_key(size_t i, const char **key, const char **otherwise, const char **words,
		 const char **help);

/* The bridge that a network means, or NULL. "default" is zbr0 unless the file says otherwise. */
const char *zl_conf_bridge(const struct zl_conf *conf, const char *network);

#endif
