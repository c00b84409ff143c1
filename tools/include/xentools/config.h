/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domain XML in and out. One read gives a struct domain_config or a list of diagnostics with
 * file, line, column, path, reason, code and hint; every mistake of a file is found in one run.
 * Only the text is looked at: whether a CPU is there is the caller's question, and files only with
 * CONFIG_HOST. No host state, no root rights, no network, no DTD.
 */
#ifndef XENTOOLS_CONFIG_H
#define XENTOOLS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "xentools/domain_config.h"

struct zerr;
struct json_object;
struct zl_conf;

#define CONFIG_NAMESPACE	"urn:zazen:domain:1.0"
#define CONFIG_FILE_MAX		(1024u * 1024u)	/* bytes */
#define CONFIG_DEPTH_MAX	32u
#define CONFIG_ELEMENTS_MAX	10000u
#define CONFIG_ERRORS_SHOWN	20u

enum config_severity { CONFIG_ERROR, CONFIG_WARNING, CONFIG_NOTE };

struct config_diag {
	enum config_severity severity;
	unsigned int line, column;	/* 1-based; line 0: no position (an override) */
	unsigned int order;		/* keeps the order of discovery at one position */
	char code[8];			/* "E361" */
	char *path;			/* "domain/os/type@arch"; may be NULL */
	char *message;
	char *hint;			/* may be NULL */
};

struct config_diags {
	char *file;			/* the name to print */
	struct config_diag *items;	/* sorted by position when a read returns */
	size_t count;
	unsigned int errors, warnings, notes;
};

enum config_flags {
	CONFIG_STRICT = 1 << 0,		/* warnings become errors */
	CONFIG_LAX = 1 << 1,		/* unknown elements and attributes become warnings */
	CONFIG_TARGET_ARCH = 1 << 2,	/* of another architecture: warnings */
	CONFIG_CONVERT = 1 << 3,	/* what would be missed is left out, with a warning */
	CONFIG_DROP_FILTERS = 1 << 4,	/* packet filters too */
	CONFIG_HOST = 1 << 5,		/* files that are named must be here and readable */
	CONFIG_TO_XL = 1 << 6,		/* what this build cannot serve stays: Xen may */
};

struct config_options {
	unsigned int flags;		/* enum config_flags */
	const char *const *overrides;	/* "vcpu=4", "os/cmdline=...", "vcpu@current=1" */
	size_t override_count;
	const struct zl_conf *conf;	/* NULL: names in it are not looked up */
	const char *const *settings;	/* "vcpus=4": lines of xl.cfg over whatever was read */
	size_t setting_count;
	const char *base_dir;		/* of relative paths; NULL: they are errors */
};

enum config_syntax { CONFIG_XML, CONFIG_XL, CONFIG_XL_JSON, CONFIG_DEVICE, CONFIG_ANY };

/* An empty list: all members zero. */
void config_diags_free(struct config_diags *diags);
#define _cleanup_config_diags_ __attribute__((cleanup(config_diags_free)))

/*
 * Read a file, or size bytes that came from "name". 0: *cfg is filled (free it), diags may hold
 * warnings and notes. -1: *cfg is untouched, *err says why in one sentence (class
 * ZERR_BAD_CONFIG, or ZERR_NOT_FOUND / ZERR_FAILED when the file cannot be read) and diags
 * holds the details, if any. opt may be NULL; diags must be empty at entry and is to be freed
 * in both cases.
 */
int config_read_file(const char *path, const struct config_options *opt, struct domain_config *cfg,
		     struct config_diags *diags, struct zerr **err);
int config_read_mem(const char *name, const void *text, size_t size,
		    const struct config_options *opt, struct domain_config *cfg,
		    struct config_diags *diags, struct zerr **err);
/*
 * The same for text that was found good before: nobody is told the details of what is wrong in it.
 */
int config_read_own(const char *name, const char *text, struct domain_config *cfg,
		    struct zerr **err);

/*
 * The same for a file of any format: domain XML, xl.cfg or libxl's JSON, told apart by content.
 * What create, define and validate call.
 */
int config_read_any(const char *path, const struct config_options *opt, struct domain_config *cfg,
		    struct config_diags *diags, struct zerr **err);
int config_read_any_mem(const char *name, const void *text, size_t size,
			const struct config_options *opt, struct domain_config *cfg,
			struct config_diags *diags, struct zerr **err);

/*
 * One <disk>, <interface>, <channel> or further <console> alone, for attaching it: *cfg has it in
 * its list, or counts it, and is no domain.
 * Positions are the file's, paths begin with domain/devices.
 */
int config_read_device(const char *path, const struct config_options *opt,
		       struct domain_config *cfg, struct config_diags *diags, struct zerr **err);

/* A CPU pool as xl's cpupool.cfg describes it; NULL: not said. */
struct cpupool_config {
	char *name, *cpus, *sched;
};
int cpupool_config_read(struct cpupool_config *c, const char *text, size_t size,
			struct config_diags *diags);
void cpupool_config_free(struct cpupool_config *c);

/* What a text is: '<' or UTF-16 first is XML, '{' or '[' is JSON, all else is xl.cfg. */
enum config_syntax config_sniff(const void *text, size_t size);

/* For a text whose format is known. */
int config_read_as(enum config_syntax syntax, const char *name, const void *text, size_t size,
		   const struct config_options *opt, struct domain_config *cfg,
		   struct config_diags *diags, struct zerr **err);

/*
 * xl's words for a disk: "/images/web.img,raw,xvda,rw". *ret is untouched on failure, to be cleared
 * by domain_disk_clear() otherwise; source NULL is an empty tray. asked: the name in the words when
 * it is not what the guest will call the disk ("hda"), else "". Class ZERR_BAD_CONFIG.
 */
int xl_disk_parse(const char *spec, struct domain_disk *ret, char asked[DISK_TARGET_MAX],
		  struct zerr **err);

/*
 * xl's words for a network interface: "mac=...,bridge=zbr0,rate=10MB/s". *ret is untouched on
 * failure, to be cleared by domain_nic_clear() otherwise; class ZERR_BAD_CONFIG. *note: NULL or
 * what has no effect. Without bridge and script it is on the network "default".
 */
int xl_vif_parse(const char *spec, struct domain_nic *ret, struct zerr **err);
int xl_vif_parse_noted(const char *spec, struct domain_nic *ret, const char **note,
		       struct zerr **err);

/*
 * Print as FILE:LINE:COL: error: PATH: reason [CODE] with indented hint lines, at most
 * CONFIG_ERRORS_SHOWN errors and a count of the rest. notes: also those of severity
 * CONFIG_NOTE. json: one object a line.
 */
void config_diags_print(FILE *out, const struct config_diags *diags, bool notes, bool json);

/* One of them as an object: severity, code, file, line, column, path, message, hint. */
struct json_object *config_diag_json(const struct config_diags *diags,
				     const struct config_diag *it);

/*
 * Canonical XML in malloc'd memory: fixed order, two blanks, KiB, single quotes. NULL: no
 * memory.
 */
char *config_format(const struct domain_config *cfg);

/* What only a running domain has. A reader leaves it out. */
struct config_backend {
	char device[DISK_TARGET_MAX];		/* "xvda", "vif3.0" */
	const char *state;			/* "connected" */
};
struct config_live {
	unsigned int domid;
	char *ttys[OUTPUTS];			/* of its consoles and OUTPUT_SERIAL; NULL: none */
	struct config_backend *backends;
	size_t backend_count;
};
void config_live_free(struct config_live *live);
#define _cleanup_config_live_ __attribute__((cleanup(config_live_free)))

/* The same with that: id of <domain>, tty of <console>, <z:runtime>. */
char *config_format_live(const struct domain_config *cfg, const struct config_live *live);

/*
 * The opinion of a RELAX NG schema file on XML that a reader found well-formed: 0, or -1 with
 * diagnostics (class ZERR_BAD_CONFIG) or without (there is no such schema).
 */
int config_schema_check(const char *schema_path, const void *text, size_t size,
			struct config_diags *diags, struct zerr **err);

/*
 * xl.cfg in malloc'd memory; what it has no key for is added to loss. NULL: no memory.
 */
char *config_format_xl(const struct domain_config *cfg, struct config_diags *loss);

#endif
