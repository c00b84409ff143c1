/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl console: attach to a running domain, or show what is left of one that has ended. The console's
 * node is waited for, since a guest may be quicker than its console daemon.
 */
#include "zl.h"

#include <ctype.h>
#include <fcntl.h>

#define ESCAPE_DEFAULT 0x1d		/* ^] */
#define TAIL_BYTES 4096
#define TAIL_LINES 20

/* The monitor may have been quicker: then the reason is in its notes. */
void zl_find_end(struct zl *zl, uint16_t domid, const uint8_t uuid[16], struct domain_end *end)
{
	if (!end->known && domain_ended_find(&zl->ctx, domid, uuid, &end->reason) == 1)
		end->known = true;
}

/* The exit code that the contract gives to an end. */
int zl_end_code(const struct domain_end *end)
{
	if (end->known && end->reason == HYP_SHUTDOWN_CRASH)
		return ZERR_GUEST_CRASHED;
	return end->known && end->reason == HYP_SHUTDOWN_WATCHDOG ? ZERR_WATCHDOG : 0;
}

/* Say how a guest ended. */
void zl_note_end(struct zl *zl, const char *name, const struct domain_end *end)
{
	if (!end->known)
		zl_note(zl, "%s has ended", name);
	else
		zl_note(zl, "%s has ended: %s", name, domain_shutdown_word(end->reason));
}

static int parse_escape(const char *text, int *ret, struct zerr **err)
{
	if (text == NULL)
		*ret = ESCAPE_DEFAULT;
	else if (strcmp(text, "none") == 0)
		*ret = -1;
	else if (text[0] == '^' && text[1] != '\0' && text[2] == '\0')
		*ret = toupper((unsigned char)text[1]) & 0x1f;
	else if (text[0] != '\0' && text[1] == '\0')
		*ret = toupper((unsigned char)text[0]) & 0x1f;
	else
		return zerr_set(err, ZERR_USAGE, "E007", 0,
				"\"%s\" is no escape character (a letter, ^X or none)",
				text);
	return 0;
}

/* Which of a guest's consoles. */
struct which {
	bool vuart;			/* the serial port */
	uint32_t number;		/* of a PV console; 0: the first */
	char suffix[12];		/* of its log's name */
};

static int parse_which(const struct zl_args *args, struct which *w, struct zerr **err)
{
	const char *type = zl_value(args, "type"), *number = zl_value(args, "number");

	*w = (struct which){ .vuart = type != NULL && strcmp(type, "vuart") == 0 };
	if (type != NULL && !w->vuart && strcmp(type, "pv") != 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0, "\"%s\" is no type (pv, vuart)",
				type);
	if (number != NULL && parse_u32(number, 0, w->vuart ? 0 : CHANNELS_MAX, &w->number) != 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0,
				"\"%s\" is no number of a console (0 to %u)", number,
				w->vuart ? 0 : CHANNELS_MAX);
	if (w->vuart)
		strcpy(w->suffix, "-vuart");
	else if (w->number != 0)
		snprintf(w->suffix, sizeof(w->suffix), "-%u", w->number);
	return 0;
}

/* The start of the last lines in text. */
static const char *last_lines(const char *text, size_t len, unsigned int lines)
{
	const char *p = text + len;

	while (p > text && lines > 0) {
		p--;
		if (p > text && p[-1] == '\n')
			lines--;
	}
	return p;
}

/* Print the log from an offset, or its last lines only. 0, or 1 when there is no log. */
static int print_log(struct zl *zl, const char *name, const struct which *which, off_t from,
		     bool tail, struct zerr **err)
{
	_cleanup_free_ char *full = NULL;
	int len = asprintf(&full, "%s%s", name, which->suffix);
	_cleanup_free_ char *path = len > 0 ? domain_console_log_path(&zl->ctx, full) : NULL;
	_cleanup_close_ int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char buf[TAIL_BYTES], last = '\n';
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 1;
	if (from > st.st_size)
		from = 0;		/* the log was rotated meanwhile */
	if (tail && st.st_size - from > TAIL_BYTES)
		from = st.st_size - TAIL_BYTES;
	if (lseek(fd, from, SEEK_SET) < 0)
		return zerr_set(err, ZERR_FAILED, "E934", errno, "cannot read %s", path);
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		const char *p = tail ? last_lines(buf, (size_t)n, TAIL_LINES) : buf;

		zl_print_clean(stdout, p, (size_t)(buf + n - p));
		last = buf[n - 1];
	}
	if (last != '\n')
		putchar('\n');
	fflush(stdout);
	return 0;
}

static off_t log_start(struct zl *zl, uint16_t domid, const struct which *which)
{
	_cleanup_free_ char *text = NULL;
	struct zerr *ignored = NULL;
	uint64_t start = 0;

	if (which->suffix[0] == '\0' &&
	    domain_store_read(&zl->ctx, domid, "console/log-start", &text, &ignored) == 1 &&
	    parse_u64(text, 0, INT64_MAX, &start) < 0)
		start = 0;
	zerr_free(ignored);
	return (off_t)start;
}

/* The domain is not there: its log may be, and why it ended. */
static int show_gone(struct zl *zl, const char *name, const struct which *which, struct zerr **err)
{
	struct domain_end end = { .known = true };
	struct zerr *ignored = NULL;
	int rc;

	if (*err == NULL || (*err)->cls != ZERR_NOT_FOUND || strchr(name, '=') != NULL)
		return -1;
	rc = print_log(zl, name, which, 0, true, &ignored);
	zerr_free(ignored);
	if (rc == 0)
		zl_note(zl, "this is the end of the log of a former domain \"%s\"", name);
	if (domain_ended_called(&zl->ctx, name, &end.reason) == 1)
		zl_note_end(zl, name, &end);
	return -1;
}

/* Where its nodes are, of which the guest cannot write any. */
static int find_nodes(struct zl *zl, uint16_t domid, const struct which *which, char dir[64],
		      struct zerr **err)
{
	_cleanup_free_ char *there = NULL, *output = NULL;
	int rc;

	if (which->number != 0) {
		snprintf(dir, 64, DOMAIN_CONSOLE_FURTHER, domid, which->number);
		there = zl_device_node(zl, dir, "type");
		if (there != NULL)
			return 0;
		zerr_set(err, ZERR_NOT_FOUND, "E722", 0, "it has no console %u", which->number);
		return zerr_hint(err, "zl channel-list shows those besides the first");
	}
	snprintf(dir, 64, "%s", which->vuart ? DOMAIN_CONSOLE_VUART : DOMAIN_CONSOLE_PV);
	if (!which->vuart)
		return 0;
	rc = domain_store_read(&zl->ctx, domid, DOMAIN_CONSOLE_VUART "/port", &there, err);
	if (rc < 0 || domain_store_read(&zl->ctx, domid, DOMAIN_CONSOLE_VUART "/output", &output,
					err) < 0)
		return -1;
	if (rc > 0 && (output == NULL || strcmp(output, domain_serial_words[SERIAL_PTY]) == 0))
		return 0;
	zerr_set(err, ZERR_NOT_FOUND, "E722", 0, rc == 0 ? "it has no serial port" :
		 strcmp(output, domain_serial_words[SERIAL_NULL]) == 0 ?
		 "its serial port has no terminal: what it says goes nowhere" :
		 "its serial port has no terminal: what it says goes to a file");
	return zerr_hint(err, "<serial type='pty'/> in <devices> gives it one");
}

static int attach(struct zl *zl, const struct zl_args *args, const struct domain_summary *d,
		  const char *name, const struct which *which, int escape, struct zerr **err)
{
	_cleanup_free_ char *tty = NULL;
	struct zl_attach a = { .readonly = zl_has(args, "readonly"), .escape = escape };
	struct domain_end end = { .known = false };
	struct zerr *ignored = NULL;
	char nodes[64];
	int timeout_ms, rc;

	if (zl_timeout_ms(zl, args, (int)zl->timeout_s * 1000, &timeout_ms, err) < 0)
		return -1;
	if (find_nodes(zl, d->info.domid, which, nodes, err) < 0 ||
	    domain_console_tty(&zl->ctx, d->info.domid, nodes, timeout_ms, &tty, err) < 0)
		return -1;
	a.fd = domain_console_open(tty, err);
	if (a.fd < 0)
		return -1;
	rc = zl_attach(zl, &a, err);
	close(a.fd);
	if (rc < 0 || a.end != ZL_ATTACH_HANGUP)
		return rc;
	(void)domain_wait(&zl->ctx, d->info.domid, DOMAIN_WAIT_SHUTDOWN, 0, -1, &end, &ignored);
	zerr_free(ignored);
	zl_find_end(zl, d->info.domid, d->info.uuid, &end);
	zl_note_end(zl, name, &end);
	return 0;
}

ZL_CMD(console)
{
	const char *name = args->pos[0];
	struct domain_summary d;
	struct domain_end end = { .known = true };
	uint16_t domid;
	struct which which;
	int escape = -1;

	if (parse_which(args, &which, err) < 0 ||
	    parse_escape(zl_value(args, "escape"), &escape, err) < 0 ||
	    zl_open(zl, ZL_NEED_STORE, err) < 0)
		return -1;
	if (domain_resolve(&zl->ctx, name, &domid, err) < 0)
		return show_gone(zl, name, &which, err);
	if (domain_get(&zl->ctx, domid, &d, err) < 0)
		return -1;
	if (domid == 0)
		return zerr_set(err, ZERR_STATE, "E705", 0,
				"this is the control domain, where you are");
	if (d.name[0] != '\0')
		name = d.name;
	if (zl_has(args, "log")) {
		if (print_log(zl, name, &which, log_start(zl, domid, &which), false, err) == 1)
			zerr_set(err, ZERR_NOT_FOUND, "E721", 0, "it has no console log");
		return *err != NULL ? -1 : 0;
	}
	if (d.info.shutdown || d.info.dying) {
		(void)print_log(zl, name, &which, log_start(zl, domid, &which), true, err);
		end.known = d.info.shutdown;
		end.reason = d.info.shutdown_reason;
		zl_note_end(zl, name, &end);
		return *err != NULL ? -1 : 0;
	}
	return attach(zl, args, &d, name, &which, escape, err);
}
