/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A running domain into a file. What can be refused is refused while the guest runs; then it stops
 * its devices and shuts itself down, and its memory is mapped piece by piece, once to see what is
 * there and once to write it. Whatever fails, the guest goes on from where it stopped.
 *
 * One that is sent live is sent while it runs, then again and again what it wrote meanwhile, until
 * that is little; only what it wrote after that is written while it stands still.
 */
#include <poll.h>
#include <public/arch-arm.h>

#include <xentools/clock.h>
#include <xentools/config.h>
#include <xentools/save.h>

#include "tools/domain/domain_priv.h"
#include "tools/domain/save_bits.h"

#define MAGIC_GFN (GUEST_MAGIC_BASE >> HYP_PAGE_SHIFT)
#define MAGIC_PAGES 4u
#define UNKNOWN INT64_MIN

struct saving {
	struct domain_ctx *ctx;
	uint16_t domid;
	const struct domain_save_opts *opts;
	struct hyp_domain_info info;
	struct domain_state state;		/* config_text: what goes into the file */
	struct domain_config cfg;
	struct save_out out;
	char *part;				/* the file's name until it is whole */
	struct save_range *ranges, ram[2];
	size_t nr_ranges, room;
	uint64_t pages, done, total;
	uint64_t end;				/* of its RAM: the sets are of frames below */
	uint8_t *there;				/* frames that it had when they were looked at */
	uint8_t *written, *taken;		/* live: what is to be sent (again) */
	const uint8_t *only;			/* the walk is of these */
	void *copy;				/* of pages that may change */
	bool logged;
	int64_t others;				/* pages of it that are no RAM; UNKNOWN */
};

typedef int walk_fn(struct saving *s, uint64_t gfn, size_t nr, const uint8_t *mem,
		    struct zerr **err);

static int check_interrupt(const struct saving *s, struct zerr **err)
{
	struct pollfd p = { .fd = s->opts->fd, .events = POLLIN };

	if (s->opts->fd >= 0 && poll(&p, 1, 0) > 0)
		return zerr_set(err, ZERR_INTERRUPTED, "E930", 0, "interrupted; the guest goes on%s",
				s->opts->sink ? "" : ", no file is left");
	return 0;
}

/* Is the frame looked at in this walk, and there? */
static bool is_there(struct saving *s, uint64_t gfn, int error)
{
	if (s->only && !bits_has(s->only, gfn))
		return false;
	if (gfn < s->end)
		bits_put(s->there, gfn, error == 0);
	return error == 0;
}

/* At most SAVE_BATCH frames: fn, which may be NULL, for each run of them. */
static int walk_piece(struct saving *s, uint64_t gfn, size_t nr, walk_fn *fn, struct zerr **err)
{
	int errs[SAVE_BATCH] = { 0 }, rc = 0;
	struct hyp_map map;

	if (check_interrupt(s, err) != 0 ||
	    hyp_map_foreign(s->ctx->hyp, s->domid, gfn, nr, errs, &map, err) != 0)
		return -1;
	for (size_t i = 0, from = 0; i <= nr && rc == 0; i++) {
		if (i < nr && is_there(s, gfn + i, errs[i]))
			continue;
		if (i > from && fn)
			rc = fn(s, gfn + from, i - from,
				(const uint8_t *)map.addr + from * HYP_PAGE_SIZE, err);
		from = i + 1;
	}
	hyp_unmap(s->ctx->hyp, &map);
	return rc;
}

static int walk_range(struct saving *s, uint64_t gfn, uint64_t left, walk_fn *fn,
		      struct zerr **err)
{
	int rc = 0;

	for (uint64_t nr; left > 0 && rc == 0; gfn += nr, left -= nr) {
		if (s->only && !bits_has(s->only, gfn)) {
			nr = bits_run(s->only, gfn, gfn + left);
			continue;
		}
		nr = MIN(left, (uint64_t)SAVE_BATCH);
		while (s->only && !bits_has(s->only, gfn + nr - 1))
			nr--;
		rc = walk_piece(s, gfn, (size_t)nr, fn, err);
	}
	return rc;
}

/* Its RAM; of that only what is in the set, if there is one. */
static int walk_ram(struct saving *s, const uint8_t *only, walk_fn *fn, struct zerr **err)
{
	int rc = 0;

	s->only = only;
	for (size_t i = 0; i < ARRAY_SIZE(s->ram) && rc == 0; i++)
		rc = walk_range(s, s->ram[i].gfn, s->ram[i].count, fn, err);
	s->only = NULL;
	return rc;
}

static int add_range(struct saving *s, uint64_t gfn, uint64_t nr, struct zerr **err)
{
	struct save_range *more;

	s->pages += nr;
	if (s->nr_ranges == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		more = realloc(s->ranges, s->room * sizeof(*more));
		if (!more)
			return zerr_no_memory(err);
		s->ranges = more;
	}
	s->ranges[s->nr_ranges++] = (struct save_range){ .gfn = gfn, .count = nr };
	return 0;
}

/* The memory map, of the frames that are there. */
static int list_ranges(struct saving *s, struct zerr **err)
{
	s->pages = s->nr_ranges = 0;
	for (size_t i = 0; i < ARRAY_SIZE(s->ram); i++) {
		uint64_t gfn = s->ram[i].gfn, end = gfn + s->ram[i].count, nr;

		for (; gfn < end; gfn += nr) {
			nr = bits_run(s->there, gfn, end);
			if (bits_has(s->there, gfn) && add_range(s, gfn, nr, err) != 0)
				return -1;
		}
	}
	return 0;
}

static int write_pages(struct saving *s, uint64_t gfn, size_t nr, const uint8_t *mem,
		       struct zerr **err)
{
	if (save_out_pages(&s->out, gfn, nr, mem, err) != 0)
		return -1;
	s->done += nr;
	if (s->opts->progress)
		s->opts->progress(s->opts->arg, s->done * HYP_PAGE_SIZE,
				  s->total * HYP_PAGE_SIZE);
	return 0;
}

/* It runs and may write them: what is packed, summed and sent must be the same. */
static int write_copy(struct saving *s, uint64_t gfn, size_t nr, const uint8_t *mem,
		      struct zerr **err)
{
	memcpy(s->copy, mem, nr * HYP_PAGE_SIZE);
	return write_pages(s, gfn, nr, s->copy, err);
}

/* A list that grows while it is gone through. */
struct node_list {
	char **paths;
	size_t n, room;
};

static int list_add(struct node_list *l, char *path, struct zerr **err)
{
	if (path && l->n == l->room) {
		char **more = realloc(l->paths, (l->room + 64) * 2 * sizeof(*more));

		if (!more) {
			free(path);
			path = NULL;
		} else {
			l->paths = more;
			l->room = (l->room + 64) * 2;
		}
	}
	if (!path)
		return zerr_no_memory(err);
	l->paths[l->n++] = path;
	return 0;
}

/* A node's value, if it goes along, and its children to the list. */
static int visit_node(struct saving *s, struct node_list *l, const char *rel, struct strbuf *out,
		      struct zerr **err)
{
	_cleanup_free_ char *path = domain_path(s->domid, rel), *value = NULL;
	_cleanup_free_ char **names = NULL;
	size_t n = 0;
	int rc;

	if (!path)
		return zerr_no_memory(err);
	if (save_store_keeps(rel)) {
		rc = xs_read(s->ctx->xs, XS_NO_TX, path, &value, NULL, err);
		if (rc < 0 || (rc == 1 && save_store_add(out, rel, value) != 0))
			return rc < 0 ? -1 : zerr_no_memory(err);
	}
	if (xs_directory(s->ctx->xs, XS_NO_TX, path, &names, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (list_add(l, text_printf("%s/%s", rel, names[i]), err) != 0)
			return -1;
	return 0;
}

static int write_store(struct saving *s, struct zerr **err)
{
	static const char *const tops[] = { "control", "memory", "cpu", "data", "attr", "feature",
					    "drivers" };
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	struct node_list l = { .n = 0 };
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tops) && rc == 0; i++)
		rc = list_add(&l, strdup(tops[i]), err);
	for (size_t i = 0; i < l.n && rc == 0; i++)
		rc = visit_node(s, &l, l.paths[i], &sb, err);
	for (size_t i = 0; i < l.n; i++)
		free(l.paths[i]);
	free(l.paths);
	return rc != 0 ? -1 : save_out_record(&s->out, SAVE_STORE, sb.buf, sb.len, err);
}

static int fill_header(struct saving *s, struct save_header *h, struct zerr **err)
{
	struct hyp_version v;
	uint64_t store, console;

	if (hyp_version(s->ctx->hyp, &v, err) != 0 ||
	    hyp_param_get(s->ctx->hyp, s->domid, HYP_PARAM_STORE_EVTCHN, &store, err) != 0 ||
	    hyp_param_get(s->ctx->hyp, s->domid, HYP_PARAM_CONSOLE_EVTCHN, &console, err) != 0)
		return -1;
	*h = (struct save_header){
		.bits = s->cfg.arch == DOMAIN_ARCH_ARMV7L ? 32 : 64,
		.gic_version = s->info.gic_version,
		.vcpus = s->info.max_vcpu_id + 1,
		.frequency = s->info.clock_frequency,
		.sve_bytes = s->info.sve_bits / 8,
		.page_size = HYP_PAGE_SIZE,
		.packing = s->opts->packing,
		.store_port = (uint32_t)store,
		.console_port = (uint32_t)console,
		.flags = (s->cfg.vuart ? SAVE_VUART : 0) | (s->cfg.vpmu ? SAVE_VPMU : 0),
		.saved_ns = clock_ns(CLOCK_REALTIME),
		.memory_kib = s->cfg.memory_kib,
		.max_pages = s->info.max_pages,
		.pages = s->pages,
	};
	memcpy(h->uuid, s->info.uuid, sizeof(h->uuid));
	snprintf(h->name, sizeof(h->name), "%s", s->cfg.name);
	snprintf(h->hypervisor, sizeof(h->hypervisor), "%u.%u%.16s %.32s", v.major, v.minor,
		 v.extra, v.changeset);
	return 0;
}

static int write_context(struct saving *s, struct zerr **err)
{
	_cleanup_free_ void *context = NULL;
	size_t len;

	if (hyp_domain_context_get(s->ctx->hyp, s->domid, &context, &len, err) != 0)
		return -1;
	return save_out_record(&s->out, SAVE_CONTEXT, context, len, err);
}

static int write_head(struct saving *s, struct zerr **err)
{
	struct save_header h;

	return fill_header(s, &h, err) != 0 || save_out_begin(&s->out, &h, err) != 0 ? -1 :
		save_out_record(&s->out, SAVE_XML, s->state.config_text,
				strlen(s->state.config_text), err);
}

/* What it wrote since the last time. It must be as it was offered, too. */
static int take_written(struct saving *s, uint64_t *count, struct zerr **err)
{
	struct domain_state now = { .config_text = NULL };
	int rc;

	if (hyp_dirty_take(s->ctx->hyp, s->domid, s->taken, s->end, count, err) != 0 ||
	    domain_must_exist(s->ctx, s->domid, &s->info, err) != 0)
		return -1;
	if (s->info.shutdown && s->info.shutdown_reason != HYP_SHUTDOWN_SUSPEND)
		return zerr_set(err, ZERR_STATE, "E704", 0, "it has shut down (%s)",
				domain_shutdown_word(s->info.shutdown_reason));
	rc = domain_state_load(s->ctx, s->domid, &now, err);
	if (rc >= 0 && (!now.config_text || strcmp(now.config_text, s->state.config_text) != 0))
		rc = zerr_set(err, ZERR_STATE, "E704", 0,
			      "its configuration has changed meanwhile");
	domain_state_clear(&now);
	return rc < 0 ? -1 : 0;
}

/*
 * What it has besides the frames that are there, less frames that the hypervisor shares with it and
 * does not count. Its balloon must not have moved while they were looked at.
 */
static int count_others(struct saving *s, uint64_t before, struct zerr **err)
{
	s->others = UNKNOWN;
	if (before != s->info.tot_pages)
		return 0;
	if (list_ranges(s, err) != 0)
		return -1;
	s->others = (int64_t)(s->info.tot_pages - s->pages);
	return 0;
}

/* All of its memory while it runs, then what it wrote meanwhile, until its sink has enough. */
static int write_early(struct saving *s, struct zerr **err)
{
	uint64_t count = MIN(s->info.tot_pages, s->cfg.memory_kib / 4), before;
	const uint8_t *only = NULL;
	int rc;

	s->written = calloc(s->end / 8 + 1, 1);
	s->taken = calloc(s->end / 8 + 1, 1);
	s->copy = malloc(SAVE_BATCH * HYP_PAGE_SIZE);
	if (!s->written || !s->taken || !s->copy)
		return zerr_no_memory(err);
	hyp_dirty_log(s->ctx->hyp, s->domid, false, NULL);	/* of one that was killed */
	if (hyp_dirty_log(s->ctx->hyp, s->domid, true, err) != 0)
		return -1;
	s->logged = s->out.early = true;
	s->pages = count;
	rc = take_written(s, &count, err) == 0 && write_head(s, err) == 0 ? 1 : -1;
	before = s->info.tot_pages;
	for (count = s->pages; rc == 1; only = s->written) {
		s->done = 0;
		s->total = count;
		rc = walk_ram(s, only, write_copy, err) == 0 &&
			take_written(s, &count, err) == 0 &&
			(only || count_others(s, before, err) == 0) ?
			s->opts->sink->more(s->opts->sink->arg, count, err) : -1;
		memcpy(s->written, s->taken, s->end / 8 + 1);
		s->out.zeros = true;
	}
	s->out.early = false;
	return rc;
}

/*
 * Which frames it has. What it got since they were looked at it also wrote; whether its balloon
 * took some away meanwhile is told by how many it has now.
 */
static int look(struct saving *s, struct zerr **err)
{
	uint64_t count;

	if (s->logged) {
		if (take_written(s, &count, err) != 0)
			return -1;
		for (uint64_t i = 0; i < s->end / 8 + 1; i++)
			s->written[i] |= s->taken[i];
		if (walk_ram(s, s->written, NULL, err) != 0 || list_ranges(s, err) != 0)
			return -1;
		if ((int64_t)(s->info.tot_pages - s->pages) == s->others)
			return 0;
	}
	return walk_ram(s, NULL, NULL, err) != 0 ? -1 : list_ranges(s, err);
}

static int write_header_again(struct saving *s, struct zerr **err)
{
	struct save_header h;

	return fill_header(s, &h, err) != 0 ? -1 :
		save_out_record(&s->out, SAVE_HEADER, &h, sizeof(h), err);
}

/* The guest is quiet. */
static int write_all(struct saving *s, struct zerr **err)
{
	if (look(s, err) != 0)
		return -1;
	s->done = 0;
	s->total = s->pages + MAGIC_PAGES;
	if ((s->logged ? write_header_again(s, err) : write_head(s, err)) != 0 ||
	    write_store(s, err) != 0 ||
	    save_out_record(&s->out, SAVE_MEMORY, s->ranges, s->nr_ranges * sizeof(*s->ranges),
			    err) != 0 ||
	    walk_range(s, MAGIC_GFN, MAGIC_PAGES, write_pages, err) != 0 ||
	    walk_ram(s, s->written, write_pages, err) != 0 || write_context(s, err) != 0 ||
	    save_out_record(&s->out, SAVE_END, NULL, 0, err) != 0)
		return -1;
	return check_interrupt(s, err);
}

static int settle(struct saving *s, const char *path, struct zerr **err)
{
	if (s->opts->sink)
		return s->opts->sink->settle(s->opts->sink->arg, err);
	if (fsync(s->out.fd) != 0)
		return domain_file_error(err, "write", path, errno);
	if (check_interrupt(s, err) != 0)
		return -1;
	if (rename(s->part, path) != 0)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot name %s", path);
	free(steal_ptr(s->part));
	return 0;
}

/* Its pages as far as they are known while it runs. */
static int offer(struct saving *s, struct zerr **err)
{
	const struct save_sink *sink = s->opts->sink;
	struct save_header h;
	int rc;

	s->pages = MIN(s->info.tot_pages, s->cfg.memory_kib / 4);
	rc = fill_header(s, &h, err);
	s->pages = 0;
	return rc != 0 ? -1 : sink->offer(sink->arg, &h, &s->cfg, s->state.config_text, err);
}

/* What keeps a domain from being saved, as far as it is known while it runs. */
static int check(struct saving *s, struct zerr **err)
{
	int rc;

	if (s->domid == 0)
		return zerr_set(err, ZERR_STATE, "E705", 0, "this is the control domain");
	if (domain_need_store(s->ctx, err) != 0)
		return -1;
	rc = domain_state_load(s->ctx, s->domid, &s->state, err);
	if (rc == 0 || (rc == 1 && !s->state.config_text))
		return zerr_set(err, ZERR_NOT_FOUND, "E721", 0, "it was not created by zl create");
	if (rc < 0 || config_read_own("state", s->state.config_text, &s->cfg, err) != 0)
		return -1;
	if (s->cfg.iomem_count || s->cfg.irq_count)
		return zerr_set(err, ZERR_UNSUPPORTED, "E516", 0, "it has devices of this machine "
				"(z:iomem, z:irq), which cannot come along");
	if (s->cfg.peers)
		return zerr_set(err, ZERR_UNSUPPORTED, "E516", 0, "what it shares with other "
				"guests (z:peer, z:driver-domain) cannot come along");
	if (s->info.shutdown && s->info.shutdown_reason != HYP_SHUTDOWN_SUSPEND)
		return zerr_set(err, ZERR_STATE, "E704", 0, "it has shut down (%s)",
				domain_shutdown_word(s->info.shutdown_reason));
	if (s->info.paused && !s->info.shutdown) {
		zerr_set(err, ZERR_STATE, "E704", 0, "it is paused, and has to stop by itself");
		return zerr_hint(err, "zl unpause lets it run");
	}
	return domain_can_suspend(s->ctx, s->domid, err);
}

/* The file is whole: what becomes of the guest. */
static int conclude(struct saving *s, const char *path, bool suspended, struct zerr **err)
{
	const char *what = s->opts->sink ? "migrated" : "saved";

	domain_event(s->ctx, s->domid, s->cfg.name, what, path);
	domain_log(s->ctx, &ZLOG_ABOUT(ZLOG_INFO, s->cfg.name, s->info.uuid, what), "%s to %s", what,
		   path);
	if (!s->opts->checkpoint && !s->opts->paused)
		return domain_destroy(s->ctx, s->domid, err);
	if (s->opts->paused && hyp_domain_pause(s->ctx->hyp, s->domid, err) != 0)
		return -1;
	return suspended ? 0 : domain_resume(s->ctx, s->domid, err);
}

/* held: what domain_task_begin() gave; it is let go here. */
static int save(struct saving *s, const char *path, int held, struct zerr **err)
{
	bool suspended = s->info.shutdown;	/* already, by somebody's wish */
	const struct save_sink *sink = s->opts->sink;
	struct zerr *why = NULL;
	int rc = 0;

	if (!suspended && sink && sink->more)
		rc = write_early(s, err);
	if (!suspended && rc == 0)
		rc = domain_suspend(s->ctx, s->domid, s->opts->timeout_ms, s->opts->fd, err);
	if (rc == 0) {
		if (sink)
			sink->stopped(sink->arg);
		rc = write_all(s, err);
		if (rc == 0 && s->opts->quiet)
			rc = s->opts->quiet(s->opts->quiet_arg, err);
		if (rc == 0)
			rc = settle(s, path, err);
		if (rc != 0 && !suspended && domain_resume(s->ctx, s->domid, &why) != 0)
			zerr_hint(err, "it is still suspended (%s): zl resume lets it go on",
				  why ? why->message : "?");
	}
	zerr_free(why);
	if (s->logged)
		hyp_dirty_log(s->ctx->hyp, s->domid, false, NULL);
	domain_task_end(s->ctx, &s->info, DOMAIN_TASK_SAVE, held);
	if (rc != 0)
		return -1;
	if (!s->opts->sink && fd_sync_parent(path) < 0)
		domain_warn(s->ctx, "W715", "after a power cut the file may be gone");
	return conclude(s, path, suspended, err);
}

static int open_part(struct saving *s, const char *path, struct zerr **err)
{
	s->part = text_printf("%s.part", path);
	if (!s->part)
		return zerr_no_memory(err);
	s->out.fd = domain_part_open(s->part, err);
	if (s->out.fd >= 0)
		return 0;
	free(steal_ptr(s->part));
	return -1;
}

static int begin(struct saving *s, const char *path, struct zerr **err)
{
	int held = -1;

	if (domain_must_exist(s->ctx, s->domid, &s->info, err) != 0 || check(s, err) != 0 ||
	    (s->opts->sink && offer(s, err) != 0))
		return -1;
	if (s->opts->dry_run)
		return 0;
	s->out.path = path;
	save_ram(s->cfg.memory_kib, s->ram);
	s->end = save_ram_end(s->cfg.memory_kib);
	s->there = calloc(s->end / 8 + 1, 1);
	if (!s->there)
		return zerr_no_memory(err);
	if ((!s->opts->sink && open_part(s, path, err) != 0) ||
	    domain_task_begin(s->ctx, s->domid, DOMAIN_TASK_SAVE, &s->info, &held, err) != 0)
		return -1;
	return save(s, path, held, err);
}

int domain_save(struct domain_ctx *ctx, uint16_t domid, const char *path,
		const struct domain_save_opts *opts, struct zerr **err)
{
	struct saving s = {
		.ctx = ctx, .domid = domid, .opts = opts,
		.out = { .fd = -1, .packing = opts->packing },
	};
	int rc;

	if (opts->sink) {
		s.out.write = opts->sink->write;
		s.out.arg = opts->sink->arg;
	}
	domain_config_init(&s.cfg);
	rc = begin(&s, path, err);
	if (rc != 0 && s.part)
		unlink(s.part);
	if (s.out.fd >= 0)
		close(s.out.fd);
	free(s.part);
	save_out_free(&s.out);
	free(s.ranges);
	free(s.there);
	free(s.written);
	free(s.taken);
	free(s.copy);
	domain_config_free(&s.cfg);
	domain_state_clear(&s.state);
	return rc;
}
