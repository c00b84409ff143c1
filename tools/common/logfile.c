/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Write what a guest prints to a file that someone will later show on a terminal: control
 * sequences are taken out, so the text cannot steer it. The file is renamed when it is full and a
 * few old ones are kept; the guest chooses neither name nor size. A log that cannot be written
 * never stops the console.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xentools/cleanup.h>
#include <xentools/fd_util.h>
#include <xentools/logfile.h>

static enum log_filter_state after_escape(unsigned char c)
{
	if (c == '[')
		return FILTER_CSI;
	if (c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_')
		return FILTER_STRING;		/* OSC, DCS, SOS, PM, APC: up to BEL or ESC \ */
	return c >= 0x20 && c <= 0x2f ? FILTER_ESC : FILTER_TEXT;
}

/*
 * A byte outside of any sequence: is it shown, and what follows it? Terminals take U+0080 to
 * U+009F, of which one is as good as "ESC [", in UTF-8 (0xc2 and the byte) or as that byte alone.
 */
static enum log_filter_state after_text(unsigned char c, bool *ret_shown)
{
	*ret_shown = (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t' ||
		     (c >= 0xa0 && (c < 0xc0 || c > 0xc2));
	if (c == 0x1b)
		return FILTER_ESC;
	if (c < 0xc2 || c >= 0xf8)
		return FILTER_TEXT;
	return c == 0xc2 ? FILTER_C2 : c < 0xe0 ? FILTER_MORE1 : c < 0xf0 ? FILTER_MORE2 :
	       FILTER_MORE3;
}

/* Inside a character of UTF-8; a byte that is none of it begins anew. */
static enum log_filter_state after_utf8(enum log_filter_state s, unsigned char c, bool *ret_shown)
{
	if ((c & 0xc0) != 0x80)
		return after_text(c, ret_shown);
	*ret_shown = s != FILTER_C2 || c >= 0xa0;
	return s == FILTER_MORE3 ? FILTER_MORE2 : s == FILTER_MORE2 ? FILTER_MORE1 : FILTER_TEXT;
}

/*
 * Copy printable bytes, newlines and tabs of in to out (a byte larger than in) and drop the rest.
 * The state carries a sequence or a character across calls; a newline ends any, so a lone ESC
 * hides one line at most.
 */
size_t log_filter(enum log_filter_state *state, const char *in, size_t len, char *out)
{
	enum log_filter_state s = *state;
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)in[i];
		bool shown = false;

		if (c == '\n')
			s = FILTER_TEXT;
		switch (s) {
		case FILTER_TEXT:
			s = after_text(c, &shown);
			break;
		case FILTER_C2:
			if (c >= 0xa0 && c < 0xc0)
				out[n++] = (char)0xc2;
			/* fall through */
		case FILTER_MORE1:
		case FILTER_MORE2:
		case FILTER_MORE3:
			s = after_utf8(s, c, &shown);
			break;
		case FILTER_ESC:
			s = after_escape(c);
			break;
		case FILTER_CSI:
			if (c >= 0x40 && c <= 0x7e)
				s = FILTER_TEXT;
			break;
		case FILTER_STRING:
			if (c == 0x07)
				s = FILTER_TEXT;
			else if (c == 0x1b)
				s = FILTER_STRING_ESC;
			break;
		case FILTER_STRING_ESC:
			s = c == '\\' ? FILTER_TEXT : after_escape(c);
			break;
		}
		if (shown)
			out[n++] = in[i];
	}
	*state = s;
	return n;
}

static int open_file(struct logfile *log)
{
	struct stat st;

	/* What an administrator named may be a pipe, or one by now: do not wait for its reader. */
	log->fd = open(log->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
		       O_NONBLOCK | O_NOCTTY, 0600);
	if (log->fd < 0)
		return -errno;
	if (fstat(log->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(log->fd);
		log->fd = -1;
		return -EINVAL;
	}
	log->size = st.st_size;
	return 0;
}

/* Open for appending; 0 or -errno, and then logfile_write() does nothing. */
int logfile_open(struct logfile *log, const char *path, off_t max_size, unsigned int keep)
{
	*log = (struct logfile){ .fd = -1, .max_size = max_size, .keep = keep };
	log->path = strdup(path);
	return log->path ? open_file(log) : -ENOMEM;
}

/*
 * NAME.log.3 -> .4, ..., NAME.log -> .1, and a new NAME.log; or, in a directory where we may not
 * rename, the same one anew: the guest has no more of the disk than that.
 */
static void rotate(struct logfile *log)
{
	_cleanup_free_ char *from = NULL, *to = NULL;
	unsigned int i;

	close(log->fd);
	log->fd = -1;
	for (i = log->keep; i > 0; i--) {
		free(from);
		free(to);
		from = to = NULL;
		if (asprintf(&to, "%s.%u", log->path, i) < 0)
			to = NULL;
		if (i > 1 && asprintf(&from, "%s.%u", log->path, i - 1) < 0)
			from = NULL;
		if (to && (from || i == 1))
			rename(i > 1 ? from : log->path, to);
	}
	if (log->keep == 0)
		unlink(log->path);
	if (open_file(log) == 0 && log->size > 0 && ftruncate(log->fd, 0) == 0)
		log->size = 0;
}

/*
 * Go on where an earlier process ended: the guest's stream stands at `position`. A note with the
 * same position is of a write that the guest was not told of; its bytes come again.
 */
void logfile_resume(struct logfile *log, struct log_note *note, uint64_t owner, uint32_t position)
{
	log->note = note;
	if (note->owner != owner) {
		*note = (struct log_note){ .size = (uint64_t)log->size, .position = position };
		__atomic_store_n(&note->owner, owner, __ATOMIC_RELEASE);
		return;
	}
	if (note->position != position) {
		log->filter = (enum log_filter_state)note->after;
		return;
	}
	log->filter = (enum log_filter_state)note->before;
	if (log->fd >= 0 && log->size > (off_t)note->size && !ftruncate(log->fd, (off_t)note->size))
		log->size = (off_t)note->size;
}

struct log_note *log_notes_map(const char *run_dir, const char *name, size_t n, struct zerr **err)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	void *notes;

	if (asprintf(&path, "%s/%s", run_dir, name) < 0) {
		path = NULL;
		zerr_no_memory(err);
		return NULL;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)(n * sizeof(struct log_note))) != 0) {
		zerr_set(err, ZERR_FAILED, "E920", errno, "cannot use %s", path);
		return NULL;
	}
	notes = mmap(NULL, n * sizeof(struct log_note), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (notes != MAP_FAILED)
		return notes;
	zerr_set(err, ZERR_FAILED, "E920", errno, "cannot map %s", path);
	return NULL;
}

/* Each store leaves a note that is right for the moment: see logfile_resume(). */
static void take_note(struct logfile *log, enum log_filter_state before, uint32_t position)
{
	struct log_note *note = log->note;

	if (!note)
		return;
	__atomic_store_n(&note->size, (uint64_t)log->size, __ATOMIC_RELEASE);
	__atomic_store_n(&note->before, (uint8_t)before, __ATOMIC_RELEASE);
	__atomic_store_n(&note->position, position, __ATOMIC_RELEASE);
	__atomic_store_n(&note->after, (uint8_t)log->filter, __ATOMIC_RELEASE);
}

/* Append what is fit to be shown of the guest's bytes, which begin at `position` of its stream. */
void logfile_write(struct logfile *log, const char *buf, size_t len, uint32_t position)
{
	char text[LOG_CHUNK + 1];
	size_t n, part;

	for (; len > 0; buf += part, len -= part, position += (uint32_t)part) {
		enum log_filter_state before = log->filter;

		part = len < LOG_CHUNK ? len : LOG_CHUNK;
		n = log_filter(&log->filter, buf, part, text);
		if (n > 0 && log->fd >= 0 && log->size + (off_t)n > log->max_size)
			rotate(log);
		take_note(log, before, position);
		if (n > 0 && log->fd >= 0 && fd_write_all(log->fd, text, n) == 0)
			log->size += (off_t)n;
	}
}

void logfile_close(struct logfile *log)
{
	if (log->fd >= 0)
		close(log->fd);
	free(log->path);
	*log = (struct logfile){ .fd = -1 };
}
