/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader is one table: a row per element and attribute, with its class, its type, where its
 * value goes and which function has a last word. What is in no row is an error. Adding an
 * element is adding a row (and a golden file); the walk in field_table.c never changes for it.
 * Rows are sorted by path and their paths are unique within all tables together; a unit test
 * checks both.
 */
#ifndef CONFIG_FIELD_TABLE_H
#define CONFIG_FIELD_TABLE_H

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "xentools/config.h"
#include "xentools/macros.h"
#include "xentools/parse_num.h"
#include "xentools/str_table.h"
#include "xml_tree.h"

/* The classes of the contract. */
enum field_class {
	FIELD_S,	/* supported */
	FIELD_N,	/* noise: a note */
	FIELD_W,	/* ignored or adapted, with a warning */
	FIELD_A,	/* of another architecture: error, warning with CONFIG_TARGET_ARCH */
	FIELD_D,	/* ignoring it would change what the guest gets: error */
	FIELD_R,	/* no honest translation exists: error */
};

enum field_flags {
	FIELD_REPEAT = 1 << 0,		/* may stand more than once */
	FIELD_TEXT = 1 << 1,		/* has text, though no type reads it */
	FIELD_VERBATIM = 1 << 2,	/* what is inside is not ours to judge */
	FIELD_REQUIRED = 1 << 3,	/* an attribute that its element must have */
	FIELD_FILE = 1 << 4,		/* a path of a file to be read: CONFIG_HOST looks at it */
};

struct reader;
struct field_row;

/*
 * A type turns text into a value at dst; it reports its own errors and leaves *dst alone then.
 * attr is NULL for the text of the element itself.
 */
struct field_type {
	const char *name;
	void (*parse)(struct reader *r, const struct xml_node *node, const struct field_row *row,
		      const char *value, void *dst);
};
/* A function for it; see FIELD_HANDLER(). */
#define FIELD_PARSER(name) \
	static void name(struct reader *r, const struct xml_node *node UNUSED, \
			 const struct field_row *row UNUSED, const char *value, void *dst)

struct field_row {
	const char *path;		/* "domain/os/type", "domain/os/type@arch" */
	enum field_class cls;
	unsigned int flags;
	const struct field_type *type;	/* NULL: nothing to parse */
	size_t offset;			/* into struct config_build */
	const void *arg;		/* of the type: range, words, ... */
	size_t sets;			/* the same for a bool that it makes true; 0: none */
	/* After the attributes and the type. value is "" for elements without text. */
	void (*handler)(struct reader *r, const struct xml_node *node,
			const struct field_row *row, const char *value);
	const char *code;		/* of what the row reports; NULL: by class */
	const char *note;		/* why it is not class S, or what the value means */
	const char *hint;
};

struct field_table {
	const struct field_row *rows;
	size_t count;
};
extern const struct field_table *const field_tables[];
extern const size_t field_table_count;

/* What is being filled: the configuration, and values that only the cross-field rules need. */
struct config_build {
	struct domain_config cfg;
	const struct xml_node *root;
	bool vcpus_current_set, current_set;
	uint64_t shares;			/* 0: absent */
	int64_t quota, global_quota;		/* <= 0: no cap */
	bool quota_set, global_quota_set;
	uint64_t period, global_period;		/* microseconds */
	uint64_t vcpu_id, console_port;		/* of the element that was read last */
	bool sched_set;				/* z:sched; weight 0, cap > 65535: not given */
	unsigned int sched_weight, sched_cap;
	uint64_t numa_kib, cell_kib;		/* of all cells, of one; 0: absent */
	unsigned int vcpus_listed;		/* the highest id of <vcpus> and 1 */
	uint64_t topology[5];	/* sockets, dies, clusters, cores, threads; 0: absent */
	struct domain_nic nic;			/* the <interface> that is being read */
	const struct xml_node *nic_node;	/* NULL: none */
	int nic_link_down, nic_openvswitch;
	struct domain_disk disk;		/* the <disk> that is being read */
	const struct xml_node *disk_node;	/* NULL: none */
	int disk_discard;
};

struct reader {
	struct xml_tree *tree;
	struct config_diags *diags;
	const struct config_options *opt;
	struct config_build *build;
	bool xl;				/* the tree was made of xl.cfg */
	bool device;				/* it is one device, for a domain that runs */
	int rc;					/* -ENOMEM */
};

/* A word, its value and its class; the word "*" stands for all others. Ends with NULL. */
struct field_word {
	const char *word;
	int value;
	enum field_class cls;
	const char *note, *hint;
};
struct field_range {
	uint64_t min, max;
};

extern const struct field_type type_uint;	/* uint64_t; arg: struct field_range */
extern const struct field_type type_unsigned;	/* unsigned int; arg: struct field_range */
extern const struct field_type type_int;	/* int64_t, any */
extern const struct field_type type_size;	/* uint64_t KiB, by the attribute unit */
extern const struct field_type type_bool;	/* bool: yes, no, on, off */
extern const struct field_type type_enum;	/* int; arg: struct field_word[] */
extern const struct field_type type_words;	/* as type_enum, the value is not kept */
extern const struct field_type type_cpuset;	/* struct cpuset */
extern const struct field_type type_uuid;	/* uint8_t[16] */
extern const struct field_type type_path;	/* char *, absolute; arg of files: range of size */
extern const struct field_type type_line;	/* char *, one line without control characters */
extern const struct field_type type_text;	/* char *, lines allowed */
extern const struct field_type type_mac;	/* uint8_t[6] */
extern const struct field_type type_ifname;	/* char[NIC_NAME_MAX] */

/*
 * Walk an element and all below it: the root, or the extension block. Errors go to r->diags;
 * -ENOMEM is the only failure. Names of the extension namespace have the prefix "z:" in the rows.
 */
int field_walk(struct reader *r, const struct xml_node *top);

/* Reports; path and position are the node's (attr may be NULL). */
void field_report(struct reader *r, enum config_severity severity, const struct xml_node *node,
		  const char *attr, const char *code, const char *hint, const char *fmt, ...)
		  __attribute__((format(printf, 7, 8)));
#define field_error(r, node, attr, code, hint, ...) \
	field_report(r, CONFIG_ERROR, node, attr, code, hint, __VA_ARGS__)
/* What is wrong with the value of a row. */
#define field_bad(r, node, row, ...) \
	field_error(r, node, field_attr(row), (row)->code ? (row)->code : "E365", (row)->hint, \
		    __VA_ARGS__)
#define field_warning(r, node, attr, code, hint, ...) \
	field_report(r, CONFIG_WARNING, node, attr, code, hint, __VA_ARGS__)

/* Report something by its class; false for the classes that are errors. */
bool field_report_class(struct reader *r, enum field_class cls, const struct xml_node *node,
			const struct field_row *row, const char *what, const char *note,
			const char *hint);

/* The row of an element or its attribute, or NULL. */
const struct field_row *field_row_of(const struct xml_node *node, const char *attr);

/* How field_keep() treats an element; the argument of its row. */
struct field_kept {
	enum domain_place place;
	bool served;			/* false: a start is refused */
};
void field_keep(struct reader *r, const struct xml_node *node, const struct field_row *row,
		const char *value);
void field_keep_text(struct reader *r, enum domain_place place, const char *text);
/*
 * What the contract has for later: a warning, and a start is refused. A conversion leaves it out,
 * which is what false says.
 */
#define FIELD_LATER "no guest can be started yet: exit code 5"	/* what the manual says of it */
bool field_unserved(struct reader *r, const struct xml_node *node, const char *attr);

/* "type" of "domain/os@type", else NULL. */
const char *field_attr(const struct field_row *row);

/*
 * Copy of value without white space at its ends, in the reader's arena. Never NULL but for
 * memory.
 */
char *field_trim(struct reader *r, const char *value);

/* The rules of the <interface> that was read last, if it is not in the list yet. */
void config_finish_nic(struct reader *r);
void config_finish_disk(struct reader *r);
/* Put a disk into the list, taking what it owns; node is for reports. False: it was refused. */
bool config_add_disk(struct reader *r, const struct xml_node *node, struct domain_disk *disk);
/* One more for the list, which takes it over; node is where a report would be. */
void config_add_nic(struct reader *r, const struct xml_node *node, struct domain_nic *nic);

/* Rules across fields (config_check.c): defaults filled in, contradictions reported. */
void config_check(struct reader *r);
void config_check_devices(struct reader *r);
/* The first element of the extension block; the z:script of a disk. NULL: there is none. */
const struct xml_node *config_extension(struct reader *r);
const struct xml_node *config_disk_script(struct reader *r, const char *target);

#endif
