/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drain the hypervisor's ring of messages into a file. The hypervisor raises nothing when it
 * prints, so a timer asks; the ring holds 64 KiB, which is many periods' worth. Up to where the
 * ring was written stands in memory that the next process has too. It is done here, not by
 * xenconsoled, because that reads guests' bytes and so holds no door to the hypervisor.
 */
#include "tools/zl-monitord/ring_log.h"

#include <sys/mman.h>

#include <xentools/error.h>
#include <xentools/fd_util.h>
#include <xentools/hyp.h>
#include <xentools/log.h>
#include <xentools/logfile.h>

#define PERIOD_NS 5000000000ull
#define FILE_SIZE ((off_t)1024 * 1024)
#define FILES_KEPT 4			/* older ones beside the current one */
#define OWNER 1				/* of the note: there is one ring */

struct ring_log {
	struct hyp *hyp;
	struct event_source *timer;
	struct logfile file;
	struct log_note *note;		/* shared with the next process */
	char *path;
	bool told;			/* that the ring or the file is not to be had */
};

static void tell(struct ring_log *r, const char *what, struct zerr *why)
{
	if (!r->told)
		zlog(ZLOG_WARNING, "%s: %s", r->path, why ? why->message : what);
	r->told = true;
	zerr_free(why);
}

/* What is new in the ring. A file that was away is tried again, and has lost nothing meanwhile. */
void ring_log_drain(struct ring_log *r)
{
	struct zerr *why = NULL;
	char buf[16384];
	uint32_t index;
	size_t len;

	if (r->file.fd < 0) {
		logfile_close(&r->file);
		if (logfile_open(&r->file, r->path, FILE_SIZE, FILES_KEPT) != 0)
			return tell(r, "cannot be written", NULL);
		logfile_resume(&r->file, r->note, OWNER, r->note->position);
	}
	for (index = r->note->position; r->file.fd >= 0; r->note->position = index) {
		if (hyp_readconsole(r->hyp, buf, sizeof(buf), &len, &index, false, &why) != 0)
			return tell(r, NULL, why);
		if (len == 0)
			break;
		logfile_write(&r->file, buf, len, index - (uint32_t)len);
		/* They stand for good, even if the ring is cleared before our next life. */
		r->note->before = (uint8_t)r->file.filter;
		__atomic_store_n(&r->note->size, (uint64_t)r->file.size, __ATOMIC_RELEASE);
	}
	r->told = false;
}

static void on_timer(void *data)
{
	struct ring_log *r = data;

	ring_log_drain(r);
	event_timer_set(r->timer, PERIOD_NS);
}

int ring_log_open(struct ring_log **ret, struct event_loop *loop, const struct domain_ctx *ctx,
		  struct zerr **err)
{
	const char *logs = ctx->log_dir ? ctx->log_dir : DOMAIN_LOG_DIR;
	struct ring_log *r = calloc(1, sizeof(*r));

	*ret = NULL;
	if (!r)
		return zerr_no_memory(err);
	r->hyp = ctx->hyp;
	r->file.fd = -1;
	if (asprintf(&r->path, "%s/hypervisor.log", logs) < 0)
		r->path = NULL;
	r->note = log_notes_map(ctx->run_dir ? ctx->run_dir : DOMAIN_RUN_DIR, "hypervisor.note", 1,
				NULL);
	r->timer = event_loop_add_timer(loop, on_timer, r);
	if (!r->path || !r->note || !r->timer) {
		ring_log_close(r);
		return zerr_set(err, ZERR_FAILED, "E920", errno, "no log of the hypervisor");
	}
	event_timer_set(r->timer, 0);
	*ret = r;
	return 0;
}

void ring_log_close(struct ring_log *r)
{
	if (!r)
		return;
	event_source_remove(r->timer);
	logfile_close(&r->file);
	if (r->note)
		munmap(r->note, sizeof(*r->note));
	free(r->path);
	free(r);
}
