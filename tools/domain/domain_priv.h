/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the domain library: what its files share, the headers that most of them need included.
 * Store helpers note the first failure in *err and turn into no-ops after it, so that a list of
 * writes needs one test at its end.
 */
#ifndef TOOLS_DOMAIN_PRIV_H
#define TOOLS_DOMAIN_PRIV_H

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <xentools/domain.h>
#include <xentools/error.h>
#include <xentools/fd_util.h>
#include <xentools/parse_num.h>
#include <xentools/strbuf.h>
#include <xentools/xs.h>

/* domain_paths.c */
const char *domain_run_dir(const struct domain_ctx *ctx);
const char *domain_log_dir(const struct domain_ctx *ctx);
/* Append a domain's name as a file's: each byte outside [A-Za-z0-9._-] becomes %XX. */
struct strbuf;
void domain_file_name(struct strbuf *sb, const char *name);
int domain_lock(const struct domain_ctx *ctx, int *ret_fd, struct zerr **err);
/* "cannot WHAT PATH", by an errno; no room for it is of a class of its own. -1. */
int domain_file_error(struct zerr **err, const char *what, const char *path, int e);
/* Tell who called of something that stops nothing. */
void domain_warn(const struct domain_ctx *ctx, const char *code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* domain_suspend.c: class ZERR_UNSUPPORTED when it says it cannot */
int domain_can_suspend(struct domain_ctx *ctx, uint16_t domid, struct zerr **err);

/* core_dump.c: PATH.part, open, empty and locked; class ZERR_STATE when somebody else writes it */
int domain_part_open(const char *part, struct zerr **err);

/*
 * domain_restore.c: the saved domain against what is asked for and this host; against the domain
 * just made, which has no memory; its memory and nodes, a domain_fill_fn; and last, its state.
 */
struct domain_saved;
struct domain_build_args;
int domain_saved_check(struct domain_ctx *ctx, const struct domain_saved *s,
		       const struct domain_config *cfg, struct zerr **err);
int domain_saved_check_made(const struct domain_saved *s, const struct domain_build_args *made,
			    struct zerr **err);
struct saved_fill {
	struct domain_ctx *ctx;
	struct domain_saved *saved;
};
int domain_saved_fill(void *arg, uint16_t domid, struct zerr **err);
int domain_saved_state(struct domain_ctx *ctx, const struct domain_saved *s, uint16_t domid,
		       struct zerr **err);

/* definition.c */
bool definition_half_made(const char *file);

/* domain_intent.c */
int domain_intent_begin(const struct domain_ctx *ctx, const char *name, int *ret_fd,
			struct zerr **err);
void domain_intent_end(const struct domain_ctx *ctx, const char *name, int fd);
#define DOMAIN_TASK_SAVE "save"
#define DOMAIN_TASK_FREEZE "frozen"
int domain_task_begin(struct domain_ctx *ctx, uint16_t domid, const char *task,
		      struct hyp_domain_info *info, int *ret_fd, struct zerr **err);
void domain_task_end(const struct domain_ctx *ctx, const struct hyp_domain_info *info,
		     const char *task, int fd);
int domain_hold(struct domain_ctx *ctx, uint16_t domid, struct hyp_domain_info *info, int *ret_fd,
		struct zerr **err);
int domain_let_go(struct domain_ctx *ctx, const struct hyp_domain_info *info, int fd,
		  struct zerr **err);
bool domain_hold_keep(const struct domain_ctx *ctx, const struct hyp_domain_info *info, bool keep);
int domain_recover_locked(struct domain_ctx *ctx, struct zerr **err);
/* Announce that a disk's requests are held back; the name is for domain_intent_end(). */
#define RESIZE_NAME_MAX 32
int domain_resize_begin(const struct domain_ctx *ctx, uint16_t domid, unsigned int devid,
			char name[RESIZE_NAME_MAX], int *ret_fd, struct zerr **err);
/* Serve a disk anew whose requests wait; one that is not there, or whose do not, is no failure. */
int device_vbd_go_on(struct domain_ctx *ctx, uint16_t domid, unsigned int devid,
		     struct zerr **err);

/* domain_list.c: 1 it exists, -1 with class ZERR_NOT_FOUND or another error */
int domain_must_exist(struct domain_ctx *ctx, uint16_t domid, struct hyp_domain_info *info,
		      struct zerr **err);
int domain_list_named(struct domain_ctx *ctx, struct domain_summary **ret, size_t *n,
		      struct zerr **err);
/* The domain that has the name: 1 found, 0 none, -1 error. */
int domain_find_name(struct domain_ctx *ctx, const char *name, uint16_t *ret, struct zerr **err);

/* domain_node.c */
int domain_need_store(const struct domain_ctx *ctx, struct zerr **err);
char *domain_path(uint16_t domid, const char *rel);
/* Writes inside one transaction. */
struct node_writer {
	struct xs *xs;
	uint32_t tx;
	const char *base;		/* prefix of the paths, "" for none */
	struct zerr **err;
	int rc;				/* 0, -1 after the first failure */
};

enum node_perm { NODE_RO, NODE_RW, NODE_PRIVATE, NODE_FRONTEND };

void node_write(struct node_writer *w, const char *rel, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void node_write_uint(struct node_writer *w, const char *rel, uint64_t value);
/* ro: n0,rN; rw: nN; private: n0; frontend: nN,r0 */
void node_perms(struct node_writer *w, const char *rel, enum node_perm perm, uint16_t domid);

/* What the store is told of a new domain. */
struct domain_nodes {
	uint16_t domid;
	const char *name;
	char uuid[DOMAIN_UUID_TEXT];
	uint64_t memory_kib, target_kib;	/* target 0: it has no balloon */
	unsigned int vcpus_max, vcpus_online;
	uint32_t store_port, console_port;
	uint64_t store_gfn, console_gfn;
	uint32_t vuart_port;
	uint64_t vuart_gfn;
	const struct domain_config *cfg;	/* its log and its further consoles */
	const char *run_dir;
	uint32_t outputs;			/* bits of cfg's that the daemon can write */
};

/* domain_store.c */
int domain_nodes_write(struct xs *xs, const struct domain_nodes *n, struct zerr **err);
int domain_nodes_remove(struct xs *xs, uint16_t domid, const char *uuid, struct zerr **err);

/* device_console.c */
void device_console_write(struct node_writer *w, const struct domain_nodes *n);
bool device_output_make(const struct domain_ctx *ctx, const struct domain_output *o);
void device_output_write(struct node_writer *w, const char *key, const char *path);
const char *device_output_of(const struct domain_nodes *n, unsigned int which);
int device_vuart_write(struct xs *xs, const struct domain_nodes *n, struct zerr **err);

/* device_channel_nodes.c */
void device_channels_write(struct node_writer *w, const struct domain_nodes *n);
void device_channel_front(struct node_writer *w, uint16_t domid, const struct domain_channel *c);
void device_channel_back(struct node_writer *w, const struct domain_channel *c, const char *path,
			 const char *file);
unsigned int device_channel_last(const struct domain_config *cfg);
const struct domain_channel *device_channel_of(const struct domain_config *cfg,
					       unsigned int number);
char *device_channel_path(const char *run_dir, const char *name, const struct domain_channel *c,
			  unsigned int number);

/* device_channel.c */
int device_channels_check(struct domain_ctx *ctx, const struct domain_config *cfg,
			  struct zerr **err);
int device_channels_link(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
			 struct zerr **err);
void device_channels_unlink(struct domain_ctx *ctx, uint16_t domid);

/* domain_seed.c */
int domain_seed_check(const struct domain_config *cfg, struct zerr **err);
int domain_seed_attach(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
		       struct zerr **err);
void domain_seed_remove(struct domain_ctx *ctx, uint16_t domid);

/* iso9660.c */
struct iso_file {
	const char *name;		/* at most 30 bytes */
	const char *data;
	size_t size;
};
uint8_t *iso9660_make(const char *label, const struct iso_file *files, size_t n, size_t *ret_size);

/* domain_ended.c: for domain_ended_find() */
void domain_ended_note(const struct domain_ctx *ctx, const struct hyp_domain_info *info,
		       const char *name);

/*
 * domain_host.c: memory that a domain needs in all, and of it for its page tables; and whether the
 * machine has what its guest shall see.
 */
uint64_t domain_need_kib(const struct domain_config *cfg);
uint64_t domain_pool_bytes(const struct domain_config *cfg);
int domain_check_aarch32(struct domain_ctx *ctx, const struct domain_config *cfg,
			 struct zerr **err);
int domain_check_machine(struct domain_ctx *ctx, const struct domain_config *cfg,
			 struct zerr **err);
/* How long its vectors are, as the host's or the file's may be; 0: it has no SVE. */
int domain_sve_length(const struct domain_config *cfg, const struct domain_saved *saved,
		      const struct hyp_physinfo *phys, uint32_t *bits, struct zerr **err);

/*
 * domain_wishes.c: what can be refused before there is a domain; what it boots; and, with the
 * domain made and its vCPUs there, affinities and clock.
 */
/* The nth of the checks alone; 1: there are no more. */
int domain_check_wish(struct domain_ctx *ctx, const struct domain_config *cfg, unsigned int n,
		      struct zerr **err);
int domain_check_wishes(struct domain_ctx *ctx, const struct domain_config *cfg, struct zerr **err);
int domain_check_peers(struct domain_ctx *ctx, const char *what, struct zerr **err);
int domain_boot_image(const struct domain_config *cfg, const char **ret, struct zerr **err);
int domain_grant_wishes(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
			struct zerr **err);

/* domain_destroy.c: undo of a create; err may be NULL */
int domain_remove(struct domain_ctx *ctx, uint16_t domid, const char *uuid, bool keep_state,
		  struct zerr **err);

#endif
