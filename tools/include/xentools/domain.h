/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a domain is to the toolstack: create, find, steer, watch and end one. Everything goes
 * through a `struct domain_ctx` of the caller: no global state. Functions return 0, or -1 with
 * *err set; the class in the error is the program's exit code. xs may be NULL where noted (the
 * store daemon is down): names are then missing, all else works.
 * The library trusts only store nodes that the guest cannot write.
 */
#ifndef XENTOOLS_DOMAIN_H
#define XENTOOLS_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xentools/domain_config.h"	/* also names, UUIDs and actions as text */
#include "xentools/hyp.h"
#include "xentools/log.h"

struct xs;
struct zl_conf;
struct zerr;
struct domain_saved;

#define DOMAIN_RUN_DIR "/run/zl"
#define DOMAIN_LOG_DIR "/var/log/zl"
#define DOMAIN_CONFIG_DIR "/etc/zl"
#define DOMAIN_DUMP_DIR "/var/lib/zl/dump"
#define DOMAIN_SNAPSHOT_DIR "/var/lib/zl/snapshots"
#define DOMAIN_SAVE_DIR "/var/lib/zl/save"

struct domain_ctx {
	struct hyp *hyp;
	struct xs *xs;
	const char *run_dir;		/* NULL: DOMAIN_RUN_DIR */
	const char *log_dir;		/* NULL: DOMAIN_LOG_DIR */
	const char *config_dir;		/* NULL: DOMAIN_CONFIG_DIR */
	const char *dump_dir;		/* of core files; NULL: DOMAIN_DUMP_DIR */
	const char *snapshot_dir;	/* NULL: DOMAIN_SNAPSHOT_DIR */
	const char *save_dir;		/* of saved definitions; NULL: DOMAIN_SAVE_DIR */
	const struct zl_conf *conf;	/* NULL: the defaults of zl_conf.h */
	/* Progress lines ("loading kernel"), level 1 = step, 2 = detail. May be NULL. */
	void (*progress)(void *arg, int level, const char *text);
	void *progress_arg;
	/* Things the user should know but that stop nothing. May be NULL. */
	void (*warn)(void *arg, const char *code, const char *text);
	void *warn_arg;
};

/* ---- find ---- */

struct domain_summary {
	struct hyp_domain_info info;
	char name[DOMAIN_NAME_MAX + 1];	/* "" when the store has none */
};

/* "running", "blocked", "paused", "shutdown", "crashed", "dying". */
const char *domain_state_word(const struct hyp_domain_info *info);
/* "poweroff", "reboot", "suspend", "crash", "watchdog", "soft_reset". */
const char *domain_shutdown_word(unsigned int reason);
/* Six flags "rbpscd" with '-' for what does not hold, as `zl list` shows them. */
void domain_state_flags(const struct hyp_domain_info *info, char ret[7]);

/* ---- CPU pools (cpupool.c) ---- */
#define DOMAIN_POOL_PATH 40
char *domain_pool_name(struct domain_ctx *ctx, uint32_t id);
void domain_pool_path(uint32_t id, const char *rel, char path[DOMAIN_POOL_PATH]);
int domain_pool_find(struct domain_ctx *ctx, const char *text, struct hyp_cpupool *ret,
		 struct zerr **err);

/* The one that runs with a UUID: 1 found, 0 none, -1 error. */
int domain_find_uuid(struct domain_ctx *ctx, const uint8_t uuid[16], uint16_t *ret,
		     struct zerr **err);
/* name | domid | UUID, or id=, name=, uuid=. Unknown: class ZERR_NOT_FOUND. xs may be NULL. */
int domain_resolve(struct domain_ctx *ctx, const char *text, uint16_t *ret, struct zerr **err);
/* NULL, or why such a text can mean no domain anywhere. */
const char *domain_text_problem(const char *text);
/* Does such a text mean the domain that has these? name may be "", domid UINT16_MAX for none. */
bool domain_is_meant(const char *text, uint16_t domid, const char *name, const uint8_t uuid[16]);
int domain_get(struct domain_ctx *ctx, uint16_t domid, struct domain_summary *ret,
	       struct zerr **err);
/* All domains, ascending; *ret is malloc'd. Without a store, or one that fails: no names. */
int domain_list(struct domain_ctx *ctx, struct domain_summary **ret, size_t *n, struct zerr **err);
/* The name, malloc'd; class ZERR_NOT_FOUND when there is none. */
int domain_name(struct domain_ctx *ctx, uint16_t domid, char **ret, struct zerr **err);
/* Nanoseconds since the domain was created (its /vm/UUID/start_time). */
int domain_uptime_ns(struct domain_ctx *ctx, uint16_t domid, uint64_t *ret, struct zerr **err);

/* ---- create and end ---- */

struct domain_create_opts {
	bool keep_paused;		/* -p */
	/*
	 * Called when all is ready and before the first instruction, with the console's pty path
	 * (NULL when the console daemon does not answer). -1 with *err set undoes the domain.
	 */
	int (*before_unpause)(void *arg, uint16_t domid, const char *tty, struct zerr **err);
	void *arg;
	/* The text that a restart and dumpxml read again (canonical XML); may be NULL. */
	const char *config_text;
	unsigned int restarts;		/* how often the domain was restarted before */
	bool no_monitor_check;		/* the monitor itself creates it */
	uint16_t successor_of;		/* refused when the end of that one is final; 0: of none */
	bool dry_run;			/* check names, files and memory, change nothing */
	struct domain_saved *saved;	/* it comes out of that file (save.h), and boots nothing */
};

struct domain_create_result {
	uint16_t domid;
	bool monitored;			/* zl-monitord runs and will carry out on_* */
	bool console;			/* the console daemon took the console */
};

/*
 * Tell all that this host has not of what a configuration names or needs: files, bridges, scripts;
 * with a hypervisor (ctx->hyp) CPUs, memory, interrupt controller. tell takes each error.
 */
void domain_check_host(struct domain_ctx *ctx, const struct domain_config *cfg,
		       void (*tell)(void *arg, struct zerr *why), void *arg);

/*
 * Build and start a domain. On failure nothing is left behind.
 * Classes: ZERR_STATE name or UUID in use, ZERR_NO_RESOURCES memory (with figures),
 * ZERR_BAD_CONFIG kernel or initrd missing or refused,
 * ZERR_NO_HYPERVISOR store or hypervisor out of reach, ZERR_FAILED the rest.
 */
int domain_create(struct domain_ctx *ctx, const struct domain_config *cfg,
		  const struct domain_create_opts *opts, struct domain_create_result *ret,
		  struct zerr **err);
/* Ends it at once, removes nodes and state file; waits until the hypervisor has forgotten it. */
int domain_destroy(struct domain_ctx *ctx, uint16_t domid, struct zerr **err);
/* The same but for the state file: the monitor goes on from there. */
int domain_destroy_keep_state(struct domain_ctx *ctx, uint16_t domid, struct zerr **err);
/*
 * Whatever its configuration asks for, the domain is not to come back; a destroy begins with this.
 * It is there still when this is done, *ret tells of it; else class ZERR_NOT_FOUND.
 */
int domain_make_final(struct domain_ctx *ctx, uint16_t domid, struct hyp_domain_info *ret,
		      struct zerr **err);

/*
 * Ids of domains that are gone but have store nodes, back-ends or a state file still; *ret is
 * malloc'd. xs may be NULL. Then remove that, and what a killed program left half made.
 */
int domain_leftovers(struct domain_ctx *ctx, uint16_t **ret, size_t *n, struct zerr **err);
int domain_leftovers_remove(struct domain_ctx *ctx, const uint16_t *ids, size_t n,
			    struct zerr **err);
/*
 * Append to *ret, a line each, the files that a change of a definition or a dump in the middle of
 * which the program or the machine ended has left; remove them.
 */
struct strbuf;
int domain_half_made(const struct domain_ctx *ctx, bool remove, struct strbuf *ret,
		     struct zerr **err);

/*
 * Remove what a killed program left half made, unpause what it had paused for itself. A create and
 * the monitor do it, too; without xs only the latter is done.
 */
int domain_recover(struct domain_ctx *ctx, struct zerr **err);
/* A descriptor that is readable, shortly before there may be something of that; -errno. */
int domain_recover_watch(const struct domain_ctx *ctx);

/* ---- steer ---- */

enum domain_request {
	DOMAIN_REQUEST_POWEROFF,
	DOMAIN_REQUEST_REBOOT,
	DOMAIN_REQUEST_HALT,
	DOMAIN_REQUEST_SUSPEND,
};

int domain_pause(struct domain_ctx *ctx, uint16_t domid, struct zerr **err);
int domain_unpause(struct domain_ctx *ctx, uint16_t domid, struct zerr **err);
/* Write control/shutdown. Class ZERR_STATE when the domain has already ended. */
int domain_request(struct domain_ctx *ctx, uint16_t domid, enum domain_request what,
		   struct zerr **err);
/* Stop a domain that does not listen: it counts as shut down with that reason (-F). */
int domain_force_shutdown(struct domain_ctx *ctx, uint16_t domid, enum domain_request what,
			  struct zerr **err);
int domain_sysrq(struct domain_ctx *ctx, uint16_t domid, char letter, struct zerr **err);
int domain_rename(struct domain_ctx *ctx, uint16_t domid, const char *name, struct zerr **err);
/* The same and a new random UUID: makes way for another domain with its name and UUID. */
int domain_set_aside(struct domain_ctx *ctx, uint16_t domid, const char *name, struct zerr **err);

/* ---- memory and vCPUs of a living domain ---- */

#define DOMAIN_SLACK_KIB 1024u	/* above its memory: magic pages and the like, as libxl allows */

struct domain_memory {
	uint64_t current_kib;		/* what it has, with the pages above */
	uint64_t max_kib;		/* what the hypervisor lets it have; UINT64_MAX: no limit */
	uint64_t target_kib, static_max_kib;	/* of the store; 0: not told */
};

/* Classes: ZERR_STATE for a domain that has ended, ZERR_NO_HYPERVISOR without the store. */
int domain_memory_get(struct domain_ctx *ctx, uint16_t domid, struct domain_memory *ret,
		      struct zerr **err);
/*
 * Would domain_set_memory() be right? Classes: ZERR_UNSUPPORTED the control domain, ZERR_USAGE
 * too little, ZERR_NO_RESOURCES more than it was started with or than is free, with figures.
 */
int domain_memory_check(struct domain_ctx *ctx, uint16_t domid, const struct domain_memory *m,
			uint64_t kib, struct zerr **err);
/* Ask the guest to have that much, and let it have no more. It does so in its own time. */
int domain_set_memory(struct domain_ctx *ctx, uint16_t domid, uint64_t kib, struct zerr **err);
/* Has the guest done so? */
bool domain_memory_reached(const struct domain_memory *m, uint64_t kib);
/* Only the hypervisor's limit; ZERR_STATE below the target. */
int domain_set_max_memory(struct domain_ctx *ctx, uint16_t domid, uint64_t kib, bool dry_run,
			  struct zerr **err);
/* Ask the guest to have vCPUs 0 to n - 1 online. Class ZERR_USAGE for a number it cannot have. */
int domain_set_vcpus(struct domain_ctx *ctx, uint16_t domid, unsigned int n, bool dry_run,
		     struct zerr **err);

/*
 * The guest stops in its own memory, with its devices quiet, and goes on. fd, when not -1, ends the
 * waiting. Classes: ZERR_UNSUPPORTED its kernel cannot, ZERR_TIMEOUT, ZERR_STATE not suspended.
 */
int domain_suspend(struct domain_ctx *ctx, uint16_t domid, int timeout_ms, int fd,
		   struct zerr **err);
int domain_resume(struct domain_ctx *ctx, uint16_t domid, struct zerr **err);

/*
 * Tell those who watch (zl events) that something has happened: one word, and detail or NULL. The
 * monitor passes it on; without one nothing happens. Does it have it now?
 */
#define DOMAIN_NOTIFY_SOCKET "notify.sock"	/* in the run-time folder: to the monitor */
#define DOMAIN_EVENTS_SOCKET "events.sock"	/* and from it: lines of JSON */
bool domain_event(const struct domain_ctx *ctx, uint16_t domid, const char *name,
		  const char *event, const char *detail);
/* The same and a line in the domain's log, by the name that the store has. */
void domain_did(struct domain_ctx *ctx, uint16_t domid, const char *event, const char *detail);

/* ---- wait ---- */

enum domain_wait {
	DOMAIN_WAIT_SHUTDOWN,		/* shut down, dying or gone */
	DOMAIN_WAIT_GONE,		/* the hypervisor knows it no more */
};

struct domain_end {
	bool gone;
	bool known;			/* reason is valid */
	unsigned int reason;		/* enum hyp_shutdown */
};

/*
 * Wait for the end of a domain by the store's @releaseDomain and a look each second. timeout_ms
 * -1 waits for ever; class ZERR_TIMEOUT when it passes. fd, when not -1, ends the wait with class
 * ZERR_INTERRUPTED as soon as it is readable. ret may be NULL.
 */
int domain_wait(struct domain_ctx *ctx, uint16_t domid, enum domain_wait what, int timeout_ms,
		int fd, struct domain_end *ret, struct zerr **err);

/*
 * Why a domain that is gone had ended, if it had shut down before it was destroyed: 1 and the
 * reason (enum hyp_shutdown), 0 not known.
 */
int domain_ended_find(const struct domain_ctx *ctx, uint16_t domid, const uint8_t uuid[16],
		      unsigned int *ret_reason);
/* The same of the last one that was called so. */
int domain_ended_called(const struct domain_ctx *ctx, const char *name, unsigned int *ret_reason);

/* ---- the store ---- */

/* Read and write below /local/domain/N. 1 found (malloc'd), 0 not there, -1 error. */
int domain_store_read(struct domain_ctx *ctx, uint16_t domid, const char *rel, char **ret,
		      struct zerr **err);
int domain_store_write(struct domain_ctx *ctx, uint16_t domid, const char *rel, const char *value,
		       struct zerr **err);
/* A domain's consoles as the store has them: the PV console, and the emulated serial port. */
#define DOMAIN_CONSOLE_PV	"console"
#define DOMAIN_CONSOLE_VUART	"vuart/0"
/* The back-end's directory of a further one, which the guest can only read; domid and number. */
#define DOMAIN_CONSOLES		"/local/domain/0/backend/console"
#define DOMAIN_CONSOLE_FURTHER	DOMAIN_CONSOLES "/%u/%u"
/* A channel's socket, as the console daemon makes it; run directory, domid, number. */
#define CONSOLE_SOCKET		"%s/console/%u.%u.sock"
/* The pty of one of them; waits for the daemon up to timeout_ms. Class ZERR_TIMEOUT. */
int domain_console_tty(struct domain_ctx *ctx, uint16_t domid, const char *which, int timeout_ms,
		       char **ret, struct zerr **err);
/* Open that pty in raw mode, or a channel's socket; does not block. -1 with *err set. */
int domain_console_open(const char *tty, struct zerr **err);
/*
 * LOG_DIR/console/NAME.log, malloc'd; the name is made harmless first. NULL: no memory. The serial
 * port's name is the domain's with "-vuart" behind.
 */
char *domain_console_log_path(const struct domain_ctx *ctx, const char *name);
struct strbuf;
/* A time of CLOCK_REALTIME as in logs: "2026-11-23T07:00:00.000Z". */
void domain_add_time(struct strbuf *sb, uint64_t ns);
/* LOG_DIR/domain-NAME.log: what the tools did with the domain. */
char *domain_log_path(const struct domain_ctx *ctx, const char *name);
/* Append a line with time, program and text to it, and tell the system's log; never fails. */
void domain_log(const struct domain_ctx *ctx, const struct zlog_about *about, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same of a whole command, to LOG_DIR/zl.log. */
void domain_log_command(const struct domain_ctx *ctx, const struct zlog_about *about,
			const char *text);

/* ---- state file RUN_DIR/domains/DOMID.json ---- */

struct domain_state {
	uint16_t domid;
	char name[DOMAIN_NAME_MAX + 1];
	uint8_t uuid[16];
	uint64_t created_ns;		/* CLOCK_REALTIME */
	unsigned int restarts;
	enum domain_action on_poweroff, on_reboot, on_crash;
	bool restart_pending;		/* the monitor was about to start it anew */
	bool final;			/* somebody destroys it: it does not come back */
	char *config_text;		/* may be NULL */
};

/* 1 found, 0 no such file, -1 error (broken file: class ZERR_STATE). Free with _clear. */
int domain_state_load(const struct domain_ctx *ctx, uint16_t domid, struct domain_state *ret,
		      struct zerr **err);
/* The configuration in it: 1 read, 0 it has none, or there is no file, -1 error. */
int domain_state_config(const struct domain_ctx *ctx, uint16_t domid, struct domain_config *ret,
			struct zerr **err);
int domain_state_save(const struct domain_ctx *ctx, const struct domain_state *s,
		      struct zerr **err);
int domain_state_remove(const struct domain_ctx *ctx, uint16_t domid, struct zerr **err);
/* The domids that have a file, ascending, malloc'd. */
int domain_state_scan(const struct domain_ctx *ctx, uint16_t **ret, size_t *n, struct zerr **err);
void domain_state_clear(struct domain_state *s);

/* ---- daemons ---- */

/* Is a daemon of that name ("zl-monitord", "xenconsoled") running? By its locked pid file. */
bool domain_daemon_running(const struct domain_ctx *ctx, const char *name);
/*
 * Take RUN_DIR/NAME.pid for this daemon: locked until the descriptor is closed. Class ZERR_STATE
 * when another one runs. daemon_pid_write() puts the caller's process id in, after its last fork.
 */
int daemon_pid_lock(const char *run_dir, const char *name, int *ret_fd, struct zerr **err);
int daemon_pid_write(int fd, struct zerr **err);

#endif
