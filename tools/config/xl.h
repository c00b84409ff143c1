/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xl.cfg and libxl's JSON, read into the same tree as domain XML, so that one set of rules
 * judges all. xl_cfg.c knows the syntax alone, xl_keys.c what each key means, xl_json.c turns
 * libxl's JSON into keys, xl_write.c is the way back.
 */
#ifndef CONFIG_XL_H
#define CONFIG_XL_H

#include "field_table.h"

enum xl_kind { XL_STRING, XL_NUMBER, XL_LIST };

/* A value; the text of a number is as written. Items of a list are strings and numbers. */
struct xl_value {
	enum xl_kind kind;
	unsigned int line, column;	/* 0: none, it came from JSON or the command line */
	char *text;			/* NULL for a list */
	bool nested;			/* a list had lists in it, which are left out */
	struct xl_value *items, *next;	/* items linked in order */
};

struct xl_entry {
	char *key;
	unsigned int line, column;
	struct xl_value value;
	struct xl_entry *next;
};

/* In file order; all of it lives in the arena. A later entry of a key wins. */
struct xl_cfg {
	struct arena *arena;
	struct xl_entry *first, *last;
};

/* Parse and append. 0, -EINVAL when diags says what is wrong, -ENOMEM. */
int xl_cfg_parse(const char *text, size_t size, struct xl_cfg *cfg, struct config_diags *diags);
/* libxl's JSON as entries of xl.cfg; the same results. */
int xl_json_parse(const char *text, size_t size, struct xl_cfg *cfg, struct config_diags *diags);
struct xl_entry *xl_add(struct xl_cfg *cfg, const char *key, const char *text, enum xl_kind kind);
struct xl_value *xl_add_item(struct xl_cfg *cfg, struct xl_entry *list, const char *text);

/* Make the reader's tree of a text; and put the settings of the command line over any tree. */
int xl_load(struct reader *r, bool json, const void *text, size_t size);
int xl_settings(struct reader *r);

/* What a key becomes: for the reader, and for the manual page zl.cfg(5). */
struct xl_key {
	const char *name;		/* "spice*": every key that begins so */
	enum field_class cls;
	const char *to;			/* class S: path in the XML, or what it means */
	int (*apply)(struct reader *r, const struct xl_key *key, const struct xl_entry *e);
	const void *arg;
	const char *note;		/* other classes: why; S: a word of help for the manual */
};
extern const struct xl_key xl_keys[];	/* sorted by name */
extern const size_t xl_key_count;

#endif
