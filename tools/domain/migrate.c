/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain to another host, the side that has it: the other side checks the configuration while the
 * guest runs; then it suspends and goes over the line as domain_save() writes it (live: first its
 * memory goes), and ends here only after the other side has said that it has it.
 */
#include <xentools/clock.h>
#include <xentools/device.h>

#include "tools/domain/migrate_link.h"
#include "tools/domain/save_file.h"

#define ROUNDS_MAX 30u
#define SAMPLE (1u << 20)		/* bytes of a round by which the line's speed is told */

struct migration {
	struct migrate_link link;
	struct domain_ctx *ctx;
	const struct migrate_opts *opts;
	uint16_t domid;
	uint8_t uuid[16];
	char **images;				/* of disks that it writes; ends with NULL */
	uint64_t suspended_ns;			/* 0: it is not */
	unsigned int rounds;			/* live: */
	uint64_t early_bytes;			/* before it stopped */
	uint64_t pages;				/* that this round sent */
	uint64_t round_ns, round_bytes;		/* when it began, and what had been sent then */
	uint64_t speed;				/* bytes a second */
	bool waiting;				/* the other side may have it and wait for a word */
	bool settled;				/* it has, and the guest ends here */
};

/* What no other host can go on with. */
static int check(const struct domain_config *cfg, struct zerr **err)
{
	const char *kept = cfg->kept[DOMAIN_IN_EXTENSION];

	if (kept && strstr(kept, "<z:no-migrate"))
		return zerr_set(err, ZERR_UNSUPPORTED, "E517", 0,
				"its configuration forbids it (z:no-migrate)");
	for (size_t i = 0; i < cfg->disk_count; i++)
		if (cfg->disks[i].format != DISK_RAW && !cfg->disks[i].readonly) {
			zerr_set(err, ZERR_UNSUPPORTED, "E517", 0, "its disk %s is an image of "
				 "format %s, which two hosts cannot have open", cfg->disks[i].target,
				 disk_format_name(cfg->disks[i].format));
			return zerr_hint(err, "zl save, and zl restore on the other host, do");
		}
	return 0;
}

static int note_images(struct migration *m, const struct domain_config *cfg, struct zerr **err)
{
	size_t n = 0;

	m->images = calloc(cfg->disk_count + 1, sizeof(*m->images));
	if (!m->images)
		return zerr_no_memory(err);
	for (size_t i = 0; i < cfg->disk_count; i++)
		if (!cfg->disks[i].readonly && cfg->disks[i].source &&
		    !(m->images[n++] = strdup(cfg->disks[i].source)))
			return zerr_no_memory(err);
	return 0;
}

/* What this host has not written to them yet, the other one would not see. */
static void sync_images(const struct migration *m)
{
	for (char **path = m->images; *path; path++) {
		int fd = open(*path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		if (fd >= 0 && fsync(fd) != 0 && errno != EINVAL)
			domain_warn(m->ctx, "W716", "%s may not be written out: %s", *path,
				    strerror(errno));
		if (fd >= 0)
			close(fd);
	}
}

/* Before the guest notices anything. */
static int knows_live(const struct migration *m, const struct migrate_hello *theirs,
		      struct zerr **err)
{
	if (!m->opts->live || theirs->flags & MIGRATE_LIVE)
		return 0;
	zerr_set(err, ZERR_UNSUPPORTED, "E732", 0, "the zl of %s does not know live migrations",
		 m->opts->host);
	return zerr_hint(err, "without --live the guest stops while its memory is sent");
}

/* From now on the rate holds. */
static uint64_t pace(struct migration *m)
{
	m->link.bytes = 0;
	m->link.rate = m->opts->rate;
	m->link.begun_ns = clock_ns(CLOCK_MONOTONIC);
	return m->link.begun_ns;
}

/* It runs still: may it come? */
static int offer(void *arg, const struct save_header *h, const struct domain_config *cfg,
		 const char *xml, struct zerr **err)
{
	struct migration *m = arg;
	struct save_out o = { .fd = -1, .path = m->opts->host, .write = migrate_write,
			      .arg = &m->link };
	struct migrate_hello hello = {
		.flags = (m->opts->paused ? MIGRATE_PAUSED : 0) |
			 (m->opts->dry_run ? MIGRATE_DRY_RUN : 0) |
			 (m->opts->live ? MIGRATE_LIVE : 0),
		.silence_s = MIGRATE_SILENCE_S + (uint32_t)MAX(m->opts->suspend_ms, 0) / 1000,
	}, theirs;
	struct migrate_message msg;

	if (m->opts->config_text)
		xml = m->opts->config_text;
	memcpy(m->uuid, h->uuid, sizeof(m->uuid));
	if (check(cfg, err) != 0 || note_images(m, cfg, err) != 0 ||
	    migrate_greeted(&m->link, &theirs, err) != 0 || knows_live(m, &theirs, err) != 0 ||
	    migrate_greet(&m->link, &hello, err) != 0 ||
	    save_out_begin(&o, h, err) != 0 ||
	    save_out_record(&o, SAVE_XML, xml, strlen(xml), err) != 0 ||
	    migrate_expect(&m->link, MIGRATE_READY, &msg, err) != 0)
		return -1;
	if (m->opts->dry_run)
		return 0;
	if (migrate_send(&m->link, MIGRATE_STREAM, NULL, 0, err) != 0)
		return -1;
	m->round_ns = pace(m);
	return 0;
}

/* A round is over, and so many pages were written meanwhile. Do they go while it stands still? */
static int more(void *arg, uint64_t pages, struct zerr **)
{
	struct migration *m = arg;
	const struct migrate_opts *opts = m->opts;
	uint64_t now = clock_ns(CLOCK_MONOTONIC), bytes = m->link.bytes - m->round_bytes, us;
	uint64_t ms = (now - m->round_ns) / 1000000 + 1;
	bool last, stuck = m->rounds++ > 0 && pages >= m->pages;

	if (bytes >= SAMPLE || m->speed == 0)
		m->speed = bytes * 1000 / ms + 1;
	us = pages * SAVE_PAGE * 1000000 / m->speed;
	last = us <= opts->downtime_ms * 1000;
	if (!last && opts->timeout_ms < 0 && (stuck || m->rounds == ROUNDS_MAX)) {
		domain_warn(m->ctx, "W720", "it writes its memory as fast as that is sent: after "
			    "%u rounds it stops for the last %llu MiB", m->rounds,
			    (unsigned long long)(pages * SAVE_PAGE >> 20));
		last = true;
	}
	if (last)
		sync_images(m);			/* so that there is less to write when it has */
	if (opts->round)
		opts->round(opts->arg, last ? 0 : m->rounds + 1, pages * SAVE_PAGE * 1000 / ms);
	m->pages = pages;
	m->round_bytes = m->link.bytes;
	m->round_ns = clock_ns(CLOCK_MONOTONIC);
	return !last;
}

static int carry(void *arg, const void *data, size_t len, struct zerr **err)
{
	return migrate_write(&((struct migration *)arg)->link, data, len, err);
}

/* The other side opens its disks when it has heard all. */
static void stopped(void *arg)
{
	struct migration *m = arg;

	sync_images(m);
	m->early_bytes = m->rounds ? m->link.bytes : 0;
	m->suspended_ns = pace(m);
}

/* All of it is on its way. After this there is no way back, so nobody interrupts it any more. */
static int settle(void *arg, struct zerr **err)
{
	struct migration *m = arg;
	struct migrate_message msg;

	m->waiting = true;
	m->link.rate = 0;
	if (migrate_expect(&m->link, MIGRATE_RESTORED, &msg, err) != 0)
		return -1;
	m->settled = m->link.deaf = true;
	m->link.end_ns = 0;
	return 0;
}

/* Can the domain never run here again? */
static bool is_gone(const struct migration *m)
{
	struct hyp_domain_info info;
	int rc = hyp_domain_info(m->ctx->hyp, m->domid, &info, NULL);

	return rc == 0 || (rc == 1 && (info.dying ||
				       memcmp(info.uuid, m->uuid, sizeof(info.uuid)) != 0));
}

/* Its end began, and something failed. */
static int end_again(struct migration *m, struct zerr **err)
{
	struct zerr *why = NULL;

	if (is_gone(m) || domain_destroy(m->ctx, m->domid, &why) == 0 || is_gone(m)) {
		if (*err)
			domain_warn(m->ctx, "W717", "it has left something: %s", (*err)->message);
		zerr_free(*err);
		*err = NULL;
		zerr_free(why);
		return 0;
	}
	zerr_free(why);
	return zerr_hint(err, "it is still here, stopped, and nothing of it is on %s: zl destroy "
			 "ends it", m->opts->host);
}

static int commit(struct migration *m, struct zerr **err)
{
	struct migrate_message msg;
	struct zerr *why = NULL;

	sync_images(m);
	if (migrate_send(&m->link, MIGRATE_COMMIT, NULL, 0, &why) == 0 &&
	    migrate_expect(&m->link, MIGRATE_RUNNING, &msg, &why) == 0)
		return 0;
	zerr_set(err, ZERR_FAILED, "E733", 0, "it is gone here and was made on %s, which did not "
		 "say that it runs: %s", m->opts->host, why ? why->message : "?");
	zerr_free(why);
	return zerr_hint(err, "look there: if it is paused, zl unpause lets it go on");
}

static int migrate(struct migration *m, const struct domain_save_opts *save, struct zerr **err)
{
	struct zerr *why = NULL;
	int rc = domain_save(m->ctx, m->domid, m->opts->host, save, &why);

	if (rc != 0 && m->settled)
		rc = end_again(m, &why);
	if (rc != 0) {
		m->link.deaf = true;
		m->link.silence_s = 1;
		if (m->waiting)
			migrate_send(&m->link, MIGRATE_ABORT, NULL, 0, NULL);
		return zerr_pass(err, why);
	}
	return m->opts->dry_run ? 0 : commit(m, err);
}

int domain_migrate(struct domain_ctx *ctx, uint16_t domid, const struct migrate_opts *opts,
		   struct migrate_result *ret, struct zerr **err)
{
	struct migration m = { .ctx = ctx, .opts = opts, .domid = domid };
	const struct save_sink sink = {
		.offer = offer, .write = carry, .more = opts->live ? more : NULL,
		.stopped = stopped, .settle = settle, .arg = &m,
	};
	struct domain_save_opts save = {
		.dry_run = opts->dry_run, .timeout_ms = opts->suspend_ms, .fd = opts->fd,
		.progress = opts->progress, .arg = opts->arg, .sink = &sink,
	};
	int rc;

	if (opts->timeout_ms >= 0)
		save.timeout_ms = MIN(save.timeout_ms, opts->timeout_ms);
	migrate_link_init(&m.link, opts);
	rc = migrate(&m, &save, err);
	*ret = (struct migrate_result){
		.bytes = m.early_bytes + m.link.bytes,
		.early_bytes = m.early_bytes,
		.rounds = m.rounds,
		.down_ns = clock_ns(CLOCK_MONOTONIC) - m.suspended_ns,
	};
	for (size_t i = 0; m.images && m.images[i]; i++)
		free(m.images[i]);
	free(m.images);
	return rc;
}
