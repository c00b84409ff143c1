/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rows of xl_keys.c use; see xl.h. All return 0 (also when reported) or -ENOMEM. */
#ifndef CONFIG_XL_PRIV_H
#define CONFIG_XL_PRIV_H

#include "xl.h"

/* Set "a/b" or "a/b@c" below top (NULL: the root); reports about it name the key. */
int xl_put(struct reader *r, const struct xl_entry *e, struct xml_node *top, const char *path,
	   const char *text);
/* Append an element to the one at a path. NULL: no memory. */
struct xml_node *xl_new(struct reader *r, const struct xl_entry *e, const char *parent,
			const char *name);
/* Report an error at a value, or with v NULL at the key. Always 0. */
int xl_error(struct reader *r, const struct xl_entry *e, const struct xl_value *v,
	     const char *hint, const char *what);

/* Report a class of the contract at the key. Always 0. */
int xl_report(struct reader *r, const struct xl_entry *e, enum field_class cls, const char *note);

/* The keys disk and vif: specifications that become part of the configuration at once. */
int xl_put_disks(struct reader *r, const struct xl_key *key, const struct xl_entry *e);
int xl_put_vifs(struct reader *r, const struct xl_key *key, const struct xl_entry *e);

#endif
