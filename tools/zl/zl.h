/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of zl share: the run's global options, the command table's row, the arguments
 * of one command, and the ways to print; and the headers that most of them need. A command is one
 * row in cmd_table.c and one function cmd_NAME(): it parses, calls one library function, prints; it
 * holds no policy.
 */
#ifndef ZL_ZL_H
#define ZL_ZL_H

#include <inttypes.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "xentools/cleanup.h"
#include "xentools/config.h"
#include "xentools/definition.h"
#include "xentools/device.h"
#include "xentools/domain.h"
#include "xentools/error.h"
#include "xentools/fd_util.h"
#include "xentools/macros.h"
#include "xentools/parse_num.h"
#include "xentools/strbuf.h"
#include "xentools/xs.h"
#include "xentools/zl_conf.h"

#define ZL_TIMEOUT_DEFAULT 60u		/* seconds */
#define ZL_OPTIONS_MAX 16u		/* rows of one command */

/* One run of the program. */
struct zl {
	const char *prog;		/* "zl", for messages */
	int verbose;
	bool quiet, dry_run, json, no_color, classic;	/* classic: called as xl */
	bool force;			/* what the command has as --force */
	bool progress, stamps;		/* also without a terminal; time and pid before messages */
	bool paged;
	FILE *pager;			/* what stdout goes to; NULL: none */
	bool timeout_set;
	unsigned int timeout_s;
	const char *config_dir, *run_dir;
	struct zl_conf *conf;		/* read on demand */
	struct domain_ctx ctx;		/* hyp and xs are opened on demand */
	char *xs_dir, *log_dir;		/* below run_dir, when that was given */
	struct {			/* see record.c */
		const struct zl_command *cmd;	/* NULL: it leaves no record */
		const char *dom;
		uint64_t begun_ns;
		char *failure;		/* the first */
	} record;
	struct {			/* of a dry run with --json, see zl_plan() */
		struct json_object *lines, *details;
		bool answered;		/* there was nothing to plan: its own document is printed */
	} plan;
};

/* ---- command table ---- */

struct zl_option {
	char letter;			/* 0: long only */
	const char *name;		/* long form */
	const char *arg;		/* name of its argument, NULL: none */
	const char *help;
};
/* A list of them, with its end. */
#define ZL_OPTIONS(name, ...) \
	const struct zl_option name[] = { __VA_ARGS__, { 0, NULL, NULL, NULL } }

enum zl_command_flags {
	ZL_COMMON = 1 << 0,		/* named by plain `zl help` */
	ZL_CHANGES = 1 << 1,		/* changes state: must honour dry_run */
	ZL_JSON = 1 << 2,		/* prints a document with --json */
	ZL_DOMAINS = 1 << 3,		/* its first argument is a domain, or all before DOM... are */
	ZL_HEADED = 1 << 4,		/* its errors begin with its name and first argument */
	ZL_ALL = 1 << 5,		/* -a stands for all domains; see zl_for_each() */
};

struct strbuf;
struct zl_args;

typedef int zl_run(struct zl *zl, const struct zl_args *args, struct zerr **err);

struct zl_command {
	const char *name;
	const char *alias;		/* another name, or NULL */
	zl_run *run;
	unsigned int flags;
	unsigned int min_args, max_args;
	const struct zl_option *options;	/* ends with name NULL; may be NULL */
	const char *synopsis;		/* after the command's name; completion reads it, too */
	const char *summary;		/* one line */
	const char *help;		/* paragraphs separated by an empty line */
};

/* The commands of one kind; rows end with name NULL. */
struct zl_command_group {
	const char *title;
	const struct zl_command *rows;
};
extern const struct zl_command_group zl_group_life, zl_group_config, zl_group_device,
	zl_group_resource, zl_group_host;
extern const struct zl_command_group *const zl_groups[];	/* ends with NULL */

/* Every command, group by group; c is a const struct zl_command *. */
#define for_each_command(c) \
	for (const struct zl_command_group *const *g_ = zl_groups; *g_ != NULL; g_++) \
		for ((c) = (*g_)->rows; (c)->name != NULL; (c)++)

#define ZL_ANY 1000u			/* max_args: as many as you like */

extern const struct zl_option zl_global_options[];
/* Commands of xl and of the contract that this build lacks, and why; ends with names NULL. */
struct zl_missing {
	const char *names;		/* separated by blanks; "psr-*": all that begin so */
	const char *why;
};
extern const struct zl_missing zl_missing[];
const char *zl_missing_why(const char *name);	/* NULL: not among them */

/* Exact name, else unambiguous prefix; NULL with *err set. */
const struct zl_command *zl_command_find(struct zl *zl, const char *name, struct zerr **err);

/* ---- arguments ---- */

struct zl_args {
	const struct zl_command *cmd;
	unsigned int count[ZL_OPTIONS_MAX];	/* by option row */
	struct {
		const struct zl_option *option;
		const char *value;
	} *given;				/* in order, for repeated ones */
	size_t given_count;
	const char **pos;			/* positional arguments */
	size_t pos_count;
	size_t doms;				/* the first of them name domains */
	bool help;
};

/* Parse argv behind the command's name. 0 or -1; zl_args_free() in both cases. */
int zl_args_parse(struct zl *zl, const struct zl_command *cmd, int argc, char **argv,
		  struct zl_args *args, struct zerr **err);
void zl_args_free(struct zl_args *args);
unsigned int zl_count(const struct zl_args *args, const char *option);
static inline bool zl_has(const struct zl_args *args, const char *option)
{
	return zl_count(args, option) > 0;
}
static inline bool zl_all(const struct zl_args *args)
{
	return args->cmd->flags & ZL_ALL && zl_has(args, "all");
}
const char *zl_value(const struct zl_args *args, const char *option);	/* the last, or NULL */
/* Global options at argv[*i]: 1 taken (*i behind it), 0 not one, -1 error. */
int zl_global_option(struct zl *zl, int argc, char **argv, int *i, struct zerr **err);
/* Seconds of --timeout=, the command's own or the global one; or what stands for "not given". */
int zl_timeout_ms(const struct zl *zl, const struct zl_args *args, int otherwise, int *ret,
		  struct zerr **err);

/* ---- the hypervisor and the store ---- */

enum zl_need { ZL_NEED_PATHS, ZL_NEED_HYP, ZL_WANT_STORE, ZL_NEED_STORE };

/*
 * Open what the command needs; ZL_WANT_STORE goes on without a store, ZL_NEED_PATHS opens nothing.
 */
int zl_open(struct zl *zl, enum zl_need need, struct zerr **err);
/* Read zl.conf into zl->conf, as zl_open() does; its defaults for the options take effect. */
int zl_load_conf(struct zl *zl, struct zerr **err);
/* The same where failing is no failure: the error, or NULL. */
struct zerr *zl_open_quietly(struct zl *zl, enum zl_need need);
void zl_close(struct zl *zl);

/*
 * Call fn for each DOM argument, or all but the control domain where the command's row is ZL_ALL
 * and -a was given; one that fails is reported and stops no other. The worst class counts.
 */
int zl_for_each(struct zl *zl, const struct zl_args *args,
		int (*fn)(struct zl *zl, uint16_t domid, const char *name, void *arg,
			  struct zerr **err), void *arg, struct zerr **err);

/* Text as one word of a table: blanks and control characters are shown as \x20. */
const char *zl_word(const char *text, char *buf, size_t size);
/* A name to print: the domain's, or "(null)", as zl_word(). */
const char *zl_shown_name(const struct domain_summary *d, char *buf, size_t size);

/*
 * A descriptor that becomes readable on SIGINT, SIGTERM and SIGHUP, which are blocked. -1:
 * errno.
 */
int zl_signal_fd(void);
uint64_t zl_now_ms(void);
/* Sleep, but not beyond a signal: then -1 with class ZERR_INTERRUPTED. */
int zl_nap(int signal_fd, int ms, struct zerr **err);

/* ---- printing ---- */

/* Colours, for people: "" unless the stream is a terminal that wants them. */
enum zl_paint { ZL_PLAIN, ZL_BOLD, ZL_RED, ZL_GREEN, ZL_YELLOW };
const char *zl_paint(const struct zl *zl, FILE *f, enum zl_paint paint);

/*
 * How far a long step is, in bytes: on stderr, in place on a terminal, with --progress as lines to
 * other places; quick steps say nothing. Zeroed but for zl and what before the first call.
 */
struct zl_progress {
	const struct zl *zl;
	const char *what;
	uint64_t begun_ns, shown_ns;
};
void zl_progress(struct zl_progress *p, uint64_t done, uint64_t total);
/* The same of one file after the other, which what is; p is a struct zl_progress. */
void zl_copy_progress(void *p, const char *what, uint64_t done, uint64_t total);

/*
 * The record of a command that changes something: begins with it, notes its errors (zl_report()
 * does), which then name the domain's log, and is written at its end with what argv says. Nothing
 * of others.
 */
void zl_record_begin(struct zl *zl, const struct zl_args *args);
void zl_record_error(struct zl *zl, struct zerr *err);
void zl_record_end(struct zl *zl, int argc, char **argv, int code);

/* Print the error, free it, give its exit code. */
int zl_report(struct zl *zl, struct zerr *err);
void zl_message(struct zl *zl, bool wanted, const char *word, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
#define zl_warn(zl, ...) zl_message(zl, !(zl)->quiet, "warning", __VA_ARGS__)
#define zl_note(zl, ...) zl_message(zl, !(zl)->quiet, "note", __VA_ARGS__)
/* Only with so many -v. */
#define zl_verbose(zl, level, ...) zl_message(zl, (zl)->verbose >= (level), "note", __VA_ARGS__)
void zl_warn_coded(struct zl *zl, const char *code, const char *text);
/*
 * A line of what a dry run would have done: on stdout, or of the document zl.plan/1, into which
 * documents printed behind it go, too. Gives 0.
 */
int zl_plan(struct zl *zl, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The end of a dry run that gave rc: prints that document, with --json; rc, or -1. */
int zl_end_plan(struct zl *zl, const struct zl_args *args, int rc, struct zerr **err);
/* Diagnostics of a configuration to stderr, as text or JSON. */
void zl_print_diags(struct zl *zl, const struct config_diags *diags);

/* The envelope {"schema","host","time","data"}, as of then; takes data. */
struct json_object *zl_json_envelope(const char *schema, time_t then, struct json_object *data);
/* As of now, printed to stdout. */
int zl_print_json(struct zl *zl, const char *schema, struct json_object *data, struct zerr **err);
/* The same with the schema that the command's name gives: "zl.NAME/1". */
int zl_print_document(struct zl *zl, const struct zl_args *args, struct json_object *data,
		      struct zerr **err);
/* An array of what was found, unless nothing was and rc tells why, or NULL: gives rc, or -1. */
int zl_print_list(struct zl *zl, const struct zl_args *args, int rc, struct json_object *array,
		  struct zerr **err);
/* A NULL value is left out. */
void zl_json_string(struct json_object *o, const char *key, const char *value);
void zl_json_uint(struct json_object *o, const char *key, uint64_t value);
void zl_json_bool(struct json_object *o, const char *key, bool value);

/* "1 day, 2:03:04" */
char *zl_duration(uint64_t seconds, char *buf, size_t size);
/* Text of a guest or a log, control bytes escaped. */
void zl_print_clean(FILE *f, const char *text, size_t len);

/* ---- pieces used by several commands ---- */

#define ZL_MAP_BYTES (DOMAIN_CPU_MAX / 8)
/* The CPUs of the host from 0 on; one that is off has no place in the machine. */
struct zl_host_cpus {
	uint32_t nr;
	struct hyp_cputopo topo[DOMAIN_CPU_MAX];
};
int zl_host_cpus(struct zl *zl, struct zl_host_cpus *c, struct zerr **err);
bool zl_cpu_is_online(const struct zl_host_cpus *c, uint32_t cpu);
/* A row of cpupool-list. */
struct json_object *zl_cpupool_json(struct zl *zl, const struct hyp_cpupool *p);
/*
 * A list of CPUs (cpuset_parse) to a bitmap of the host's CPUs; at least one. all: what that word
 * stands for, NULL: every one; pool: NULL where that word says nothing. ret may be one of them.
 */
int zl_cpu_list(const char *text, unsigned int nr_cpus, const uint8_t *all, const uint8_t *pool,
		uint8_t ret[ZL_MAP_BYTES], struct zerr **err);
struct cpuset zl_cpuset_of(const uint8_t map[ZL_MAP_BYTES]);
/* A size: suffixes, a bare number is MiB; rounded up to pages. "1024 MiB" or "1028 KiB". */
int zl_size_kib(const char *text, uint64_t *kib, struct zerr **err);
const char *zl_kib_text(uint64_t kib, char *buf, size_t size);
/* Look each 100 ms until done says 1 (0: not yet, -1 error); class ZERR_TIMEOUT. */
int zl_poll(struct zl *zl, const struct zl_args *args,
	    int (*done)(struct zl *zl, void *arg, struct zerr **err), void *arg,
	    struct zerr **err);

/* info.domid of a definition that does not run. */
#define ZL_INACTIVE UINT16_MAX
void zl_inactive_domain(const struct definition *def, struct domain_summary *ret);
/* A domain as `list` shows it in JSON; takes no references. def: its definition, or NULL. */
struct json_object *zl_domain_json(struct zl *zl, const struct domain_summary *d,
				   const struct definition *def);
struct json_object *zl_config_json(const struct domain_config *cfg);
struct json_object *zl_nic_json(const struct domain_nic *nic);
/* NULL: a plain console */
struct json_object *zl_channel_json(const struct domain_channel *c);
struct json_object *zl_disk_json(const struct domain_disk *disk);

/* A device's words, which xl takes as one argument or as several, behind the domain's. */
void zl_device_words(const struct zl_args *args, struct strbuf *spec);
/* A file with one device in XML; mistakes are printed. */
int zl_read_device(struct zl *zl, const char *path, struct domain_config *cfg, struct zerr **err);
/* Give the first argument's domain the one device of cfg, or print what would happen. */
int zl_attach_device(struct zl *zl, const struct zl_args *args, const struct domain_config *cfg,
		     struct zerr **err);
/* Take it away, by the options force and timeout; or print what would happen. */
int zl_detach_device(struct zl *zl, const struct zl_args *args, uint16_t domid,
		     enum device_kind kind, unsigned int devid, struct zerr **err);
/* Warn of each interface of a running domain that has the address of a new one. */
void zl_warn_of_mac(struct zl *zl, const struct domain_nic *nic);
/* Class ZERR_NOT_FOUND when it has none. */
int zl_has_device(struct zl *zl, uint16_t domid, enum device_kind kind, unsigned int devid,
		  struct zerr **err);
/* A node of a device's directory, malloc'd, or NULL. */
char *zl_device_node(struct zl *zl, const char *dir, const char *key);
/*
 * A number that the guest wrote, with one queue or with several; -1: none, shown as "-". It goes
 * into o, too, unless that is NULL.
 */
int64_t zl_guest_number(struct zl *zl, const struct device_info *d, const char *key,
			struct json_object *o, const char *json_key);
const char *zl_number_text(int64_t n, char buf[24]);
/* A command that lists devices: row prints one, or with o adds what is special of its kind. */
struct zl_device_table {
	const char *header;
	enum device_kind first, last;
	void (*row)(struct zl *zl, const struct device_info *d, struct json_object *o);
};
int zl_list_devices(struct zl *zl, const struct zl_args *args,
		    const struct zl_device_table *table, struct zerr **err);

/*
 * Start what cfg describes as create and start do, with their options: console, paused, foreground,
 * print-id; out of a file, unless saved is NULL. An exit code, or -1 with *err set.
 */
struct domain_saved;
int zl_start(struct zl *zl, const struct zl_args *args, struct domain_config *cfg,
	     struct domain_saved *saved, struct zerr **err);
/* The same of a definition: out of its saved state, if there is one and --fresh is not given. */
int zl_start_definition(struct zl *zl, const struct zl_args *args, struct definition *d,
			struct zerr **err);
/* The service's part of start: until the domain is gone for good. An exit code, or -1. */
int zl_unit_stay(struct zl *zl, const struct domain_config *cfg, uint16_t domid, int signals,
		 struct zerr **err);
/* A definition that must be there: 0, or -1, of class ZERR_NOT_FOUND when it is not. */
int zl_find_definition(struct zl *zl, const char *name, struct definition *d, struct zerr **err);
/* As zl_for_each(), for definitions. */
int zl_for_each_definition(struct zl *zl, const struct zl_args *args,
			   int (*fn)(struct zl *zl, struct definition *d, void *arg,
				     struct zerr **err), void *arg);
/*
 * Change a definition, by name or UUID, under its lock: fn changes its cfg and says 1 to have it
 * stored, 0 not, -1 error. With dry_run nothing is stored.
 */
int zl_change_definition(struct zl *zl, const char *name,
			 int (*fn)(struct zl *zl, struct definition *d, void *arg,
				   struct zerr **err), void *arg, struct zerr **err);
/*
 * Read a definition, the file or text (NULL: the file's) that comes from there, as define, edit and
 * their like do. Mistakes are printed.
 */
int zl_read_definition(struct zl *zl, const char *path, const char *text,
		       const struct config_options *opt, struct definition *ret, struct zerr **err);

/* Class ZERR_STATE when it has snapshots, unless they are to go: then they are gone. */
int zl_drop_snapshots(struct zl *zl, const struct definition *d, bool wished, struct zerr **err);

/* Attach the terminal to a pty until escape, hang-up or signal; see terminal.c. */
enum zl_attach_end { ZL_ATTACH_HANGUP, ZL_ATTACH_ESCAPE, ZL_ATTACH_SIGNAL };
struct zl_attach {
	int fd;				/* the pty */
	int escape;			/* character, -1: none */
	bool readonly;
	uint64_t shown;			/* bytes of the guest that were printed */
	enum zl_attach_end end;
};
int zl_attach(struct zl *zl, struct zl_attach *a, struct zerr **err);
/* Look up why a domain ended that domain_wait() found gone; fills *end. */
void zl_find_end(struct zl *zl, uint16_t domid, const uint8_t uuid[16], struct domain_end *end);
/* The exit code that belongs to an end: 0, 10 crashed or 11 watchdog. */
int zl_end_code(const struct domain_end *end);
/* Say how the guest ended ("note: web1 has ended: poweroff"). */
void zl_note_end(struct zl *zl, const char *name, const struct domain_end *end);

/* Help, manual pages and completion from the table; see help.c, manual.c, completion.c. */
void zl_help_command(FILE *f, const struct zl_command *cmd);
void zl_help_all(FILE *f, bool complete);
/* Pages of the manual that are made of tables; ends with name NULL. */
typedef void zl_text_part(FILE *f);
struct zl_page {
	const char *name;		/* "zl.conf.5" */
	const char *text;
	zl_text_part *parts[3];
};
extern const struct zl_page zl_pages[];
/* A text with a part in the place of each "@@". */
void zl_print_text(FILE *f, const char *text, zl_text_part *const *parts);
void zl_completion_bash(FILE *f);
void zl_completion_zsh(FILE *f);
void zl_completion_fish(FILE *f);

int zl_main(int argc, char **argv);

/* The functions of the rows; ZL_CMD(name) begins one. */
extern zl_run cmd_autostart, cmd_block_attach, cmd_block_detach, cmd_block_list, cmd_block_resize,
	cmd_cd_eject, cmd_cd_insert, cmd_channel_list, cmd_check, cmd_claims, cmd_clone,
	cmd_completion, cmd_config_update, cmd_console, cmd_convert, cmd_cpu, cmd_cpupool_cpu_add,
	cmd_cpupool_cpu_remove, cmd_cpupool_create, cmd_cpupool_destroy, cmd_cpupool_list,
	cmd_cpupool_migrate, cmd_cpupool_rename, cmd_create, cmd_debug_keys, cmd_define, cmd_desc,
	cmd_destroy, cmd_device_attach, cmd_device_detach, cmd_device_list, cmd_dmesg, cmd_domid,
	cmd_domname, cmd_dump_core, cmd_dumpxml, cmd_edit, cmd_events, cmd_help, cmd_info, cmd_list,
	cmd_managed_save, cmd_mem_max, cmd_mem_set, cmd_metadata, cmd_migrate, cmd_migrate_receive,
	cmd_network_attach, cmd_network_detach, cmd_network_list, cmd_network_set, cmd_pause,
	cmd_reboot, cmd_rename, cmd_report, cmd_restore, cmd_resume, cmd_save, cmd_save_info,
	cmd_sched, cmd_set_parameters, cmd_sharing, cmd_show, cmd_shutdown, cmd_snapshot, cmd_start,
	cmd_stats, cmd_suspend, cmd_sysrq, cmd_top, cmd_trace, cmd_trigger, cmd_undefine,
	cmd_unpause, cmd_uptime, cmd_validate, cmd_vcpu_list, cmd_vcpu_pin, cmd_vcpu_set,
	cmd_version, cmd_vm_list, cmd_wait;
#define ZL_CMD(name) \
	int cmd_##name(struct zl *zl, const struct zl_args *args, struct zerr **err)

#endif
