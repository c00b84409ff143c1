/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl-top: the full-screen view that zl top starts. Rows move sideways and down where the terminal
 * is too small. Takes the letters of zl top; -R is zl's --run-dir. Everything that comes from a
 * guest has its control bytes escaped before it reaches the terminal.
 */
#include <curses.h>
#include <getopt.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "top.h"
#include "xentools/clock.h"
#include "xentools/error.h"
#include "xentools/parse_num.h"
#include "xentools/strbuf.h"
#include "xentools/xs.h"

struct screen {
	struct top_options o;
	uint32_t delay_s, blocks;
	int left, down;			/* what is scrolled out */
	bool end;
};

static const char *const sort_names[TOP_SORTS] = { "id", "CPU", "memory", "network", "disk" };

static int usage(void)
{
	fputs("usage: zl-top [-R DIR] [-d S] [-i N] [-bfnpqrvxz]; see zl top\n", stderr);
	return ZERR_USAGE;
}

static int parse(int argc, char **argv, struct screen *s, const char **run_dir)
{
	int c;

	while ((c = getopt(argc, argv, "R:d:i:bfnprvxz")) != -1) {
		switch (c) {
		case 'R':
			*run_dir = optarg;
			break;
		case 'd':
			if (parse_u32(optarg, 1, 1000000, &s->delay_s) != 0)
				return -1;
			break;
		case 'i':
			if (parse_u32(optarg, 1, 1000000, &s->blocks) != 0)
				return -1;
			break;
		case 'f': s->o.full_names = true; break;
		case 'n': s->o.networks = true; break;
		case 'p': s->o.pcpus = true; break;
		case 'r': s->o.repeat_header = true; break;
		case 'v': s->o.vcpus = true; break;
		case 'x': s->o.disks = true; break;
		case 'z': s->o.dom0_first = true; break;
		default:
			return c == 'b' ? 0 : -1;
		}
	}
	return optind == argc ? 0 : -1;
}

/* One line from its column `left` on; bytes of UTF-8 count as columns, so keep names whole. */
static void draw_line(int y, const char *line, size_t len, int left, attr_t attr)
{
	size_t skip = len < (size_t)left ? len : (size_t)left;

	attrset(attr);
	mvaddnstr(y, 0, line + skip, (int)MIN(len - skip, (size_t)COLS));
}

static void draw(struct screen *s, const struct sample *before, const struct sample *now)
{
	_cleanup_strbuf_ struct strbuf head = STRBUF_INIT, out = STRBUF_INIT;
	char clock[16] = "";
	time_t t = time(NULL);
	struct tm tm;
	int y = 0, skip = s->down;
	const char *p;

	if (localtime_r(&t, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	strbuf_addf(&head, "zl top - %s  every %u s, by %s\n", clock, s->delay_s,
		    sort_names[s->o.sort]);
	top_summary(&head, before, now);
	if (top_rows(&out, before, now, &s->o) < 0)
		return;
	erase();
	for (p = strbuf_cstr(&head); *p; p += strcspn(p, "\n") + 1, y++)
		draw_line(y, p, strcspn(p, "\n"), 0, y == 0 ? A_BOLD : A_NORMAL);
	strbuf_reset(&head);
	top_header(&head);
	draw_line(y++, head.buf, head.len - 1, s->left, A_REVERSE);
	for (p = strbuf_cstr(&out); *p && y < LINES - 1; p += strcspn(p, "\n") + 1) {
		if (skip > 0) {
			skip--;
			continue;
		}
		draw_line(y++, p, strcspn(p, "\n"), s->left, A_NORMAL);
	}
	p = "N networks  B disks  V vCPUs  P CPUs  S sort  F names  Z dom0 first  arrows  Q quit";
	draw_line(LINES - 1, p, strlen(p), 0, A_DIM);
	refresh();
}

static void on_key(struct screen *s, int key)
{
	switch (key) {
	case 'q': case 'Q': case 27: case 3: s->end = true; break;
	case 'n': case 'N': s->o.networks = !s->o.networks; break;
	case 'b': case 'B': case 'x': s->o.disks = !s->o.disks; break;
	case 'v': case 'V': s->o.vcpus = !s->o.vcpus; break;
	case 'p': case 'P': s->o.pcpus = !s->o.pcpus; break;
	case 'f': case 'F': s->o.full_names = !s->o.full_names; break;
	case 'r': case 'R': s->o.repeat_header = !s->o.repeat_header; break;
	case 'z': case 'Z': s->o.dom0_first = !s->o.dom0_first; break;
	case 's': case 'S': s->o.sort = (s->o.sort + 1) % TOP_SORTS; break;
	case '+': s->delay_s++; break;
	case '-': s->delay_s -= s->delay_s > 1; break;
	case KEY_LEFT: s->left -= MIN(s->left, 8); break;
	case KEY_RIGHT: s->left += s->left < 160 ? 8 : 0; break;
	case KEY_UP: s->down -= s->down > 0; break;
	case KEY_DOWN: s->down++; break;
	default: break;
	}
}

static uint64_t now_ms(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

/* Until the next sample is due: keys, each of which draws again. */
static void attend(struct screen *s, const struct sample *before, const struct sample *now)
{
	uint64_t start = now_ms(), gone;

	while (!s->end && (gone = now_ms() - start) < s->delay_s * 1000ull) {
		int key;

		timeout((int)(s->delay_s * 1000ull - gone));
		key = getch();
		if (key == ERR)
			continue;
		on_key(s, key);
		if (now)
			draw(s, before, now);
	}
}

static int show(struct domain_ctx *ctx, struct screen *s, struct zerr **err)
{
	const unsigned int what = SAMPLE_VCPUS | SAMPLE_DEVICES;
	struct sample *before = NULL, *now = NULL;
	uint32_t drawn = 0;
	int rc = sample_read(ctx, what, NULL, &before, err);

	mvaddstr(0, 0, "zl top: measuring...");
	refresh();
	if (rc == 0)
		attend(s, before, NULL);
	while (rc == 0 && !s->end && (s->blocks == 0 || drawn++ < s->blocks)) {
		rc = sample_read(ctx, what, NULL, &now, err);
		if (rc != 0)
			break;
		draw(s, before, now);
		attend(s, before, now);
		sample_free(before);
		before = now;
	}
	sample_free(before);
	return rc;
}

static int open_all(struct domain_ctx *ctx, const char *run_dir, struct zerr **err)
{
	struct zerr *no_store = NULL;
	char *dir = NULL;

	ctx->run_dir = run_dir;
	if (hyp_open(&ctx->hyp, err) != 0)
		return -1;
	if (run_dir && asprintf(&dir, "%s/xenstored", run_dir) < 0)
		dir = NULL;
	if (xs_open(&ctx->xs, dir, &no_store) != 0)
		ctx->xs = NULL;		/* names are missing, all else works */
	zerr_free(no_store);
	free(dir);
	return 0;
}

int main(int argc, char **argv)
{
	struct screen s = { .delay_s = 3 };
	struct domain_ctx ctx = { .hyp = NULL };
	_cleanup_zerr_ struct zerr *err = NULL;
	const char *run_dir = NULL;
	int rc;

	setlocale(LC_ALL, "");
	if (parse(argc, argv, &s, &run_dir) != 0)
		return usage();
	rc = open_all(&ctx, run_dir, &err);
	if (rc == 0) {
		SCREEN *terminal = newterm(NULL, stdout, stdin);

		if (terminal) {
			cbreak();
			noecho();
			keypad(stdscr, TRUE);
			curs_set(0);
			rc = show(&ctx, &s, &err);
			endwin();
			delscreen(terminal);
		} else {
			zerr_set(&err, ZERR_UNSUPPORTED, "E508", 0, "top: the terminal \"%s\" is "
				 "not known", getenv("TERM") ? getenv("TERM") : "");
			zerr_hint(&err, "zl top -b prints text; or set TERM, as to vt100");
			rc = -1;
		}
	}
	xs_close(ctx.xs);
	if (ctx.hyp)
		hyp_close(ctx.hyp);
	if (rc == 0)
		return 0;
	zerr_print(stderr, err, false);
	return (int)zerr_class_of(err);
}
