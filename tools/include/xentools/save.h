/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain in a file: its configuration, what it wrote to the store once, its memory, and the state
 * that the hypervisor keeps of it. docs/save-format.md has the form. Whoever reads a file believes
 * nothing of it; what is wrong is told with the file's name and the place.
 */
#ifndef XENTOOLS_SAVE_H
#define XENTOOLS_SAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xentools/domain_config.h>

struct zerr;

enum save_packing { SAVE_PLAIN, SAVE_ZLIB, SAVE_PACKINGS };
/* "none", "zlib". */
extern const char *const save_packing_names[SAVE_PACKINGS];

enum save_type {
	SAVE_HEADER = 1, SAVE_XML, SAVE_STORE, SAVE_MEMORY, SAVE_PAGES, SAVE_CONTEXT, SAVE_END,
	SAVE_EARLY,				/* comes behind SAVE_XML */
};

/* Little-endian in the file, as it is in memory; nothing but what is named here. */
struct save_header {
	uint32_t bits;				/* 64 or, of a 32-bit guest, 32 */
	uint32_t gic_version, vcpus;
	uint32_t frequency;			/* of the counter; 0: it reads CNTFRQ */
	uint32_t sve_bytes;			/* of a vector; 0: no SVE */
	uint32_t page_size;
	uint32_t packing;			/* enum save_packing, of most pages */
	uint32_t store_port, console_port;
	uint32_t flags;				/* SAVE_* bits */
	uint64_t saved_ns;			/* CLOCK_REALTIME */
	uint64_t memory_kib;			/* as booted: the frames of its memory end there */
	uint64_t max_pages;			/* its limit */
	uint64_t pages;				/* that it has */
	uint8_t uuid[16];
	char name[DOMAIN_NAME_MAX + 1];
	char hypervisor[64];			/* for people */
};

#define SAVE_VUART	1u			/* it has the serial port */
#define SAVE_VPMU	2u			/* performance monitors */

/* Frames that the domain has, ascending. */
struct save_range {
	uint64_t gfn, count;
};

/* The two banks of its RAM as it is booted; a balloon has left holes anywhere in it. */
void save_ram(uint64_t memory_kib, struct save_range ret[2]);
/* Behind the last of those frames. */
uint64_t save_ram_end(uint64_t memory_kib);

/* ---- to write ---- */

struct save_out {
	int fd;
	const char *path;
	/* In place of the fd: what carries it to another host. 0, or -1 with *err set. */
	int (*write)(void *arg, const void *data, size_t len, struct zerr **err);
	void *arg;
	enum save_packing packing;
	bool early;				/* pages go as early ones */
	bool zeros;				/* those of zeros are told, too */
	uint8_t *packed;
	uint64_t bytes;				/* written */
};

int save_out_begin(struct save_out *o, const struct save_header *h, struct zerr **err);
int save_out_record(struct save_out *o, enum save_type type, const void *data, size_t len,
		    struct zerr **err);
/* At most SAVE_BATCH frames; those that hold nothing but zeros are left out, unless o->zeros. */
int save_out_pages(struct save_out *o, uint64_t gfn, size_t nr, const void *mem,
		   struct zerr **err);
void save_out_free(struct save_out *o);
bool save_page_is_zero(const void *page);

#define SAVE_BATCH 512u				/* frames of a record */

/* ---- to read ---- */

/* All of len bytes: 0, 1 when they end before, -1 with *err set. */
typedef int save_read_fn(void *arg, void *buf, size_t len, struct zerr **err);

struct save_in {
	int fd;
	save_read_fn *read;			/* NULL: of the fd */
	void *arg;
	const char *path;			/* caller's */
	uint64_t at, size;			/* of the file; at: behind the last record */
	struct save_header head;
	struct save_range *ranges;		/* from SAVE_MEMORY on */
	size_t nr_ranges, range;		/* range: where the last pages were */
	uint64_t next_gfn;			/* pages to come are from here on */
	enum save_type last;
	uint8_t *buf, *unpacked;
	size_t room;
	bool live;				/* early pages may come, and zeros be told */
	bool again;				/* the header has come a second time */
	bool any_sum;				/* checksums are not looked at: for fuzzing only */
};

/* A record; data lives until the next is read, and ends with a NUL that len does not count. */
struct save_record {
	enum save_type type;
	const uint8_t *data;			/* of pages: unpacked */
	size_t len;
	uint64_t gfn, count;			/* of pages */
	uint64_t at;				/* in the file */
};

/* Also reads the header. in is to be closed in any case. */
int save_in_open(struct save_in *in, const char *path, struct zerr **err);
int save_in_open_fd(struct save_in *in, int fd, const char *path, struct zerr **err);
/* What comes one byte after the other, and may go on behind its last record, which ends this. */
int save_in_open_stream(struct save_in *in, save_read_fn *read, void *arg, const char *path,
			struct zerr **err);
int save_in_next(struct save_in *in, struct save_record *r, struct zerr **err);
void save_in_close(struct save_in *in);
/* Frames that SAVE_MEMORY names. */
uint64_t save_in_pages(const struct save_in *in);

struct strbuf;
/* Append a node to what SAVE_STORE holds; the next one from *pos on: 1 found, 0 none, -1 error. */
int save_store_add(struct strbuf *sb, const char *path, const char *value);
int save_store_next(const struct save_in *in, const struct save_record *r, size_t *pos,
		    const char **path, char **value, struct zerr **err);
/* Is this node, relative to the domain's directory, one of those that go with it? */
bool save_store_keeps(const char *rel);
/* The XML record, which comes behind the header, as a configuration. */
int save_in_config(struct save_in *in, struct domain_config *ret, char **text, struct zerr **err);

/* ---- whole domains ---- */

struct domain_ctx;

typedef void save_progress_fn(void *arg, uint64_t done, uint64_t total);	/* bytes */

/* Where a saved domain goes that goes into no file. */
struct save_sink {
	/* Before it suspends: the header as it is now; -1 with *err set refuses it. */
	int (*offer)(void *arg, const struct save_header *h, const struct domain_config *cfg,
		     const char *xml, struct zerr **err);
	int (*write)(void *arg, const void *data, size_t len, struct zerr **err);
	/*
	 * NULL: it stops before its memory is sent. Otherwise that is sent while it runs, and after
	 * each round this is told how many pages it wrote meanwhile: 1 once more, 0 it may stop.
	 */
	int (*more)(void *arg, uint64_t pages, struct zerr **err);
	void (*stopped)(void *arg);
	/* All is written: 0, and the domain is ended here. */
	int (*settle)(void *arg, struct zerr **err);
	void *arg;
};

struct domain_save_opts {
	bool checkpoint;			/* it goes on afterwards */
	bool paused;				/* so it does, and is paused */
	bool dry_run;				/* only what can be known before */
	enum save_packing packing;
	int timeout_ms;				/* for the guest to suspend */
	int fd;					/* ends it when it is readable; -1: none */
	save_progress_fn *progress;		/* may be NULL */
	void *arg;
	/* Called when all is written and the guest still is suspended; -1 is a failure. Or NULL. */
	int (*quiet)(void *arg, struct zerr **err);
	void *quiet_arg;
	const struct save_sink *sink;		/* NULL: the file; else path is only its name */
};

/*
 * Suspend a domain and write it to path (0600), by way of path.part, over what is there. Afterwards
 * it is gone, or goes on. On failure it goes on and no file is left. Classes: ZERR_UNSUPPORTED its
 * kernel cannot, or it has what cannot come along; ZERR_NO_RESOURCES the disk is full; ZERR_STATE,
 * ZERR_TIMEOUT, ZERR_INTERRUPTED.
 */
int domain_save(struct domain_ctx *ctx, uint16_t domid, const char *path,
		const struct domain_save_opts *opts, struct zerr **err);

/*
 * A domain that comes out of a file: domain_create_opts.saved. Open it, take the configuration,
 * create, close.
 */
struct domain_saved {
	struct save_in in;
	int fd;					/* ends it when it is readable; -1: none */
	save_progress_fn *progress;		/* may be NULL */
	void *arg;
	uint8_t *has;				/* frames that the domain has got, up to end */
	uint64_t end;
	uint8_t *context;
	size_t context_len;
	bool consume;				/* the file goes when its guest is about to run */
};

/*
 * Of a domain with a definition, in DOMAIN_SAVE_DIR/NAME.save: the next start takes it. Class
 * ZERR_STATE when it has none. What is not there is removed and renamed already.
 */
int managed_save(struct domain_ctx *ctx, uint16_t domid, const struct domain_save_opts *opts,
		 struct zerr **err);
char *managed_save_path(const struct domain_ctx *ctx, const char *name, struct zerr **err);
bool managed_save_exists(const struct domain_ctx *ctx, const char *name);
int managed_save_remove(const struct domain_ctx *ctx, const char *name, struct zerr **err);
int managed_save_rename(const struct domain_ctx *ctx, const char *name, const char *to,
			struct zerr **err);

int domain_saved_open(struct domain_saved *s, const char *path, struct domain_config *ret,
		      char **text, struct zerr **err);
void domain_saved_close(struct domain_saved *s);

#endif
