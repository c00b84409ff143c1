/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal's file. It is written for a killed process, not for a lost machine: after a power
 * cut there are no domains either, and the boot id in the header makes the file void. So nothing
 * is synced; write() and rename() are enough for the next process to find what this one did.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xentools/confine.h>
#include <xentools/error.h>
#include <xentools/event_loop.h>
#include <xentools/fd_util.h>
#include <xentools/log.h>

#include "journal.h"

#define FILE_NAME "journal"
#define FILE_NEW "journal.new"
#define FILE_MAX ((size_t)1 << 30)
#define GROWTH_MIN ((size_t)1 << 20)	/* a snapshot is not worth its while before */
#define FLUSH_AT ((size_t)64 << 10)	/* while a snapshot is made */
#define RETRY_NS 1000000000ull

int journal_open(struct journal *j, const char *dir, const char *boot_id, unsigned int uid,
		 unsigned int gid, struct zerr **err)
{
	const struct confine_user user = { uid, gid };
	int rc;

	*j = (struct journal){ .dir_fd = -1, .fd = -1, .boot_id = boot_id, .batch = STRBUF_INIT };
	rc = fd_mkdir_p(dir, 0700);
	if (!rc) {
		j->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		rc = j->dir_fd < 0 ? -errno : 0;
	}
	if (!rc && flock(j->dir_fd, LOCK_EX | LOCK_NB)) {
		journal_close(j);
		return zerr_set(err, ZERR_STATE, "E701", 0, "another xenstored uses %s", dir);
	}
	if (!rc && uid != (unsigned int)-1) {
		rc = fchown(j->dir_fd, uid, gid) || fchmod(j->dir_fd, 0700) ? -errno :
		     confine_give_file(j->dir_fd, FILE_NAME, &user);
		rc = rc == -ENOENT ? 0 : rc;
	}
	if (!rc)
		return 0;
	journal_close(j);
	return zerr_set(err, ZERR_FAILED, "E123", -rc, "cannot use directory %s", dir);
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		close(j->fd);
	if (j->dir_fd >= 0)
		close(j->dir_fd);
	strbuf_free(&j->batch);
	j->fd = j->dir_fd = -1;
}

int journal_load(struct journal *j, char **ret, size_t *ret_len, size_t *ret_pos)
{
	_cleanup_free_ char *buf = NULL;
	_cleanup_close_ int fd = -1;
	int rc;

	fd = openat(j->dir_fd, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	rc = fd_read_to_end(fd, FILE_MAX, &buf, ret_len);
	if (rc)
		return rc;
	if (!journal_is_ours(buf, *ret_len, j->boot_id, ret_pos))
		return 0;
	*ret = steal_ptr(buf);
	return 1;
}

static void forget_batch(struct journal *j)
{
	strbuf_free(&j->batch);
	j->batch = (struct strbuf)STRBUF_INIT;
}

static void give_up(struct journal *j, int rc)
{
	zlog(ZLOG_WARNING, "cannot write the journal: %s", strerror(-rc));
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
	forget_batch(j);
}

/* Write the batch out; on failure the file ends in the middle of it and must be replaced. */
static int flush(struct journal *j)
{
	int rc = -ENOMEM;

	if (!j->batch.failed) {
		journal_frame_end(&j->batch);
		rc = fd_write_all(j->fd, j->batch.buf, j->batch.len);
	}
	if (rc) {
		give_up(j, rc);
		return rc;
	}
	j->size += j->batch.len;
	strbuf_reset(&j->batch);
	return 0;
}

void journal_add(struct journal *j, const struct jrec *rec)
{
	if (!j || (j->in_snapshot && j->fd < 0))
		return;
	if (!j->batch.len)
		journal_frame_begin(&j->batch);
	jrec_add(&j->batch, rec);
	if (j->in_snapshot && (j->batch.failed || j->batch.len >= FLUSH_AT))
		(void)flush(j);
}

int journal_commit(struct journal *j)
{
	if (!j || (!j->batch.len && !j->batch.failed))
		return 0;
	if (j->fd < 0) {
		forget_batch(j);
		return event_now_ns() >= j->retry_ns;
	}
	if (flush(j))
		return 1;
	return j->size > j->snapshot_size + MAX(j->snapshot_size, GROWTH_MIN);
}

void journal_snapshot_begin(struct journal *j)
{
	_cleanup_strbuf_ struct strbuf header = STRBUF_INIT;
	int rc;

	if (j->fd >= 0)
		close(j->fd);
	forget_batch(j);
	j->in_snapshot = true;
	journal_add_header(&header, j->boot_id);
	j->size = header.len;
	j->fd = openat(j->dir_fd, FILE_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		       0600);
	rc = j->fd < 0 ? -errno : header.failed ? -ENOMEM
						: fd_write_all(j->fd, header.buf, header.len);
	if (rc)
		give_up(j, rc);
}

void journal_snapshot_end(struct journal *j)
{
	journal_add(j, &(struct jrec){ .type = JREC_WHOLE });
	j->in_snapshot = false;
	if (j->fd >= 0 && j->batch.len)
		(void)flush(j);
	if (j->fd >= 0 && renameat(j->dir_fd, FILE_NEW, j->dir_fd, FILE_NAME))
		give_up(j, -errno);
	j->snapshot_size = j->size;
	if (j->fd >= 0)
		return;
	zlog(ZLOG_ERROR, "without a journal: the store would not survive the daemon's end");
	unlinkat(j->dir_fd, FILE_NAME, 0);
	unlinkat(j->dir_fd, FILE_NEW, 0);
	j->retry_ns = event_now_ns() + RETRY_NS;
}
