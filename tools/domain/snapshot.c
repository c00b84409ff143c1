/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making snapshots. What can be refused is refused before a guest stands still. A snapshot is made
 * in a folder that gets its name when all is in it and on the disk.
 */
#include <stdlib.h>

#include <xentools/clock.h>
#include <xentools/guest_agent.h>
#include <xentools/save.h>

#include "tools/domain/snapshot_priv.h"

/* ---- create ---- */

struct creation {
	struct domain_ctx *ctx;
	const struct definition *d;
	struct snapshot *s;		/* dir: where it is made */
	const struct snapshot_opts *opts;
	struct image_pair *pairs;
	size_t nr_pairs;
	uint16_t domid;
	bool running;
};

static int refuse(const struct domain_disk *d, const char *why, struct zerr **err)
{
	zerr_set(err, ZERR_UNSUPPORTED, "E508", 0, "%s: %s %s", d->target,
		 d->source ? d->source : "it", why);
	return zerr_hint(err, "a disk with <readonly/> is left out");
}

/* What becomes of one disk. */
static int plan_disk(struct creation *c, const struct domain_disk *d, struct zerr **err)
{
	struct snapshot_disk *to = &c->s->disks[c->s->disk_count++];
	struct image_pair *pair = &c->pairs[c->nr_pairs];
	struct stat st = { .st_size = 0 };
	bool there = d->source && stat(d->source, &st) == 0;

	memcpy(to->target, d->target, sizeof(to->target));
	to->format = d->format;
	to->bytes = (uint64_t)st.st_size;
	to->left_out = !d->source || d->readonly || d->cdrom;
	to->source = d->source ? strdup(d->source) : NULL;
	if (d->source && !to->source)
		return zerr_no_memory(err);
	if (to->left_out)
		return 0;
	if (d->script || d->backend_domain)
		return refuse(d, "is no file of the control domain", err);
	if (d->is_block || (there && !S_ISREG(st.st_mode)))
		return refuse(d, "is no file, but a block device", err);
	if (d->shareable)
		return refuse(d, "is shareable: another domain may write to it", err);
	if (!there)
		return domain_file_error(err, "read", d->source, errno);
	pair->from = strdup(d->source);
	pair->to = snapshot_file(c->s, d->target);
	c->nr_pairs++;
	return pair->from && pair->to ? 0 : zerr_no_memory(err);
}

static int plan_disks(struct creation *c, const struct domain_config *cfg, struct zerr **err)
{
	c->s->disks = calloc(cfg->disk_count + 1, sizeof(*c->s->disks));
	c->pairs = calloc(cfg->disk_count + 2, sizeof(*c->pairs));
	if (!c->s->disks || !c->pairs)
		return zerr_no_memory(err);
	for (size_t i = 0; i < cfg->disk_count; i++)
		if (plan_disk(c, &cfg->disks[i], err) != 0)
			return -1;
	return 0;
}

static int save_memory(struct creation *c, bool dry_run, struct zerr **err);

/* Room for all of the memory: which pages are empty is not known yet. */
static int plan_memory(struct creation *c, struct zerr **err)
{
	struct image_pair *pair = &c->pairs[c->nr_pairs];
	struct hyp_domain_info info;

	if (!c->running)
		return zerr_set(err, ZERR_STATE, "E704", 0, "it is off, and has no memory to keep");
	if (domain_must_exist(c->ctx, c->domid, &info, err) != 0 || save_memory(c, true, err) != 0)
		return -1;
	c->s->state = SNAPSHOT_RUNNING;
	pair->to = snapshot_file(c->s, SNAPSHOT_MEMORY);
	pair->bytes = info.tot_pages * HYP_PAGE_SIZE;
	c->nr_pairs++;
	return pair->to ? 0 : zerr_no_memory(err);
}

/* A domain that runs may have got other disks than its definition's. */
static int plan(struct creation *c, struct zerr **err)
{
	_cleanup_domain_config_ struct domain_config live;
	int rc = snapshot_running(c->ctx, c->d, &c->domid, err);

	domain_config_init(&live);
	if (rc < 0)
		return -1;
	c->running = rc == 1;
	c->s->state = c->running ? SNAPSHOT_DISKS : SNAPSHOT_SHUTOFF;
	rc = c->running ? domain_state_config(c->ctx, c->domid, &live, err) : 0;
	if (rc < 0 || plan_disks(c, rc == 1 ? &live : &c->d->cfg, err) != 0 ||
	    (c->opts->memory && plan_memory(c, err) != 0) ||
	    (c->opts->quiesce && c->running &&
	     guest_agent_ping(c->ctx, c->domid, c->opts->timeout_ms, c->opts->copying.fd,
			      err) != 0))
		return -1;
	return image_check_room(c->pairs, c->nr_pairs, err);
}

/* What qemu-nbd has of an image in its own memory is in the file then. */
static int flush_disk(struct creation *c, const char *target, struct zerr **err)
{
	_cleanup_free_ char *dev = NULL;
	_cleanup_close_ int fd = -1;
	unsigned int devid;
	char path[80];

	if (!c->ctx->xs || disk_target_number(target, &devid) != 0)
		return 0;
	snprintf(path, sizeof(path), "/libxl/%u/device/vbd/%u/physical-device-path", c->domid,
		 devid);
	if (xs_read(c->ctx->xs, XS_NO_TX, path, &dev, NULL, err) < 0)
		return -1;
	fd = dev ? open(dev, O_RDONLY | O_CLOEXEC) : -1;
	return dev && (fd < 0 || fsync(fd) != 0) ? domain_file_error(err, "flush", dev, errno) : 0;
}

/* Its vCPUs stand still; what is in flight is done anew by a guest with memory. */
static int copy_at_rest(void *arg, struct zerr **err)
{
	struct creation *c = arg;
	struct image_copying how = c->opts->copying;

	how.in_use = true;
	for (size_t i = 0; i < c->s->disk_count; i++)
		if (!c->s->disks[i].left_out && flush_disk(c, c->s->disks[i].target, err) != 0)
			return -1;
	return image_pairs_copy(c->pairs, c->nr_pairs, &how, err);
}

static void show_memory(void *arg, uint64_t done, uint64_t total)
{
	const struct image_copying *how = &((const struct creation *)arg)->opts->copying;

	if (how->progress)
		how->progress(how->arg, SNAPSHOT_MEMORY, done, total);
}

/* The disks are copied between the end of the memory and the guest's going on. */
static int save_memory(struct creation *c, bool dry_run, struct zerr **err)
{
	_cleanup_free_ char *path = snapshot_file(c->s, SNAPSHOT_MEMORY);
	struct domain_save_opts opts = {
		.checkpoint = true, .dry_run = dry_run, .timeout_ms = c->opts->timeout_ms,
		.fd = c->opts->copying.fd, .progress = show_memory, .arg = c,
		.quiet = copy_at_rest, .quiet_arg = c,
	};

	return path ? domain_save(c->ctx, c->domid, path, &opts, err) : zerr_no_memory(err);
}

/* A pause is enough for disks alone: what is in flight may be lost by a power cut as well. */
static int copy_paused(struct creation *c, struct zerr **err)
{
	struct hyp_domain_info info;
	int held, rc;

	if (domain_hold(c->ctx, c->domid, &info, &held, err) != 0)
		return -1;
	rc = copy_at_rest(c, err);
	if (domain_let_go(c->ctx, &info, held, rc == 0 ? err : NULL) != 0)
		rc = -1;
	return rc;
}

/* Nothing is in flight then, and the copies' file systems are as after unmounting. */
static int copy_frozen(struct creation *c, struct zerr **err)
{
	struct guest_freeze freeze;
	int rc;

	if (guest_freeze(c->ctx, c->domid, c->opts->timeout_ms, c->opts->copying.fd, &freeze,
			 err) != 0)
		return -1;
	rc = copy_paused(c, err);
	if (guest_thaw(&freeze, rc == 0 ? err : NULL) != 0)
		rc = -1;
	c->s->quiesced = rc == 0 && freeze.count > 0;
	if (rc == 0 && freeze.count == 0)
		domain_warn(c->ctx, "W721", "the guest's agent held no file system still: the "
			    "copies are as after a power cut");
	return rc;
}

static int copy_off(struct creation *c, struct zerr **err)
{
	if (image_pairs_copy(c->pairs, c->nr_pairs, &c->opts->copying, err) != 0)
		return -1;
	if (snapshot_running(c->ctx, c->d, &c->domid, err) == 0)
		return 0;
	return zerr_set(err, ZERR_STATE, "E704", 0, "it was started meanwhile");
}

/* All that is in the folder; and the folder gets its name. */
static int fill(struct creation *c, const char *path, struct zerr **err)
{
	_cleanup_free_ char *text = snapshot_file(c->s, SNAPSHOT_DEFINITION);
	int rc = c->opts->memory ? save_memory(c, false, err) :
		!c->running ? copy_off(c, err) :
		c->opts->quiesce ? copy_frozen(c, err) : copy_paused(c, err);

	if (rc != 0 || snapshot_write(c->s, err) != 0)
		return -1;
	if (!text)
		return zerr_no_memory(err);
	rc = fd_write_file_atomic(text, c->d->text, strlen(c->d->text), 0600);
	if (rc < 0)
		return domain_file_error(err, "write", text, -rc);
	if (rename(c->s->dir, path) != 0)
		return domain_file_error(err, "make", path, errno);
	free(c->s->dir);
	c->s->dir = strdup(path);
	snapshot_sync(c->ctx, path);
	c->s->current = snapshot_set_current(c->ctx, c->d, c->s->name) == 0;
	return c->s->dir ? 0 : zerr_no_memory(err);
}

static int make(struct creation *c, const char *base, struct zerr **err)
{
	_cleanup_free_ char *path = snapshot_path(c->ctx, &c->d->cfg, "", c->s->name);
	int rc;

	if (!path)
		return zerr_no_memory(err);
	rc = fd_mkdir_p(base, 0700);
	snapshot_remove_tree(c->s->dir);	/* of one that was killed */
	if (rc == 0 && mkdir(c->s->dir, 0700) != 0)
		rc = -errno;
	if (rc < 0)
		return domain_file_error(err, "make", c->s->dir, -rc);
	if (fill(c, path, err) == 0)
		return 0;
	snapshot_remove_tree(c->s->dir);
	rmdir(base);
	return -1;
}

/* What it comes from: the current one. */
static int find_parent(struct creation *c, struct zerr **err)
{
	struct snapshot *list;
	bool taken = false;
	size_t n;

	if (snapshot_list(c->ctx, c->d, &list, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		taken = taken || strcmp(list[i].name, c->s->name) == 0;
		if (list[i].current)
			c->s->parent = steal_ptr(list[i].name);
	}
	snapshot_list_free(list, n);
	return taken ? zerr_set(err, ZERR_STATE, "E726", 0, "it has a snapshot \"%s\" already",
				c->s->name) : 0;
}

int snapshot_create(struct domain_ctx *ctx, const struct definition *d, struct snapshot *s,
		    const struct snapshot_opts *opts, struct zerr **err)
{
	struct creation c = { .ctx = ctx, .d = d, .s = s, .opts = opts };
	_cleanup_free_ char *base = snapshot_path(ctx, &d->cfg, NULL, NULL);
	int rc;

	s->dir = snapshot_path(ctx, &d->cfg, ".new-", s->name);
	s->created_ns = clock_ns(CLOCK_REALTIME);
	memcpy(s->uuid, d->cfg.uuid, sizeof(s->uuid));
	if (!base || !s->dir)
		return zerr_no_memory(err);
	rc = opts->dry_run ? 0 : snapshot_finish_alone(ctx, d, err);
	if (rc == 0)
		rc = find_parent(&c, err);
	if (rc == 0)
		rc = plan(&c, err);
	if (rc == 0 && !opts->dry_run)
		rc = make(&c, base, err);
	image_pairs_free(c.pairs, c.nr_pairs);
	if (rc == 0 && !opts->dry_run)
		domain_log(ctx, &ZLOG_ABOUT(ZLOG_INFO, d->cfg.name, d->cfg.uuid, "snapshot"),
			   "snapshot %s: %s%s", s->name, snapshot_state_words[s->state],
			   s->quiesced ? ", quiesced" : "");
	return rc;
}
