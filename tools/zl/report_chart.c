/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One chart as inline SVG: axes with round figures, and a line for each domain, which stops where
 * the domain was not there. Colours are classes, so that the page's style turns light or dark.
 */
#include "report.h"

#include <math.h>
#include <time.h>

#include "xentools/macros.h"

#define WIDTH 640.0
#define HEIGHT 250.0
#define LEFT 62.0
#define RIGHT 10.0
#define TOP 10.0
#define BOTTOM 26.0
#define X_LABELS 5

struct scale {
	double top, step;		/* of the y axis, in the metric's own unit */
	double unit;			/* bytes of one of what is shown, or 1 */
	const char *suffix;
	uint64_t from, to;		/* when_ns */
};

/* A round step that makes two to four of `max`, which is above 0 and below 1e18. */
static double round_step(double max)
{
	double power = 1e-6, rest;

	while (power * 40 < max)
		power *= 10;
	rest = max / 4 / power;
	return (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 2.5 ? 2.5 : rest <= 5 ? 5 : 10) * power;
}

static struct scale make_scale(const struct report *r, enum report_metric a, enum report_metric b)
{
	static const struct {
		double unit;
		const char *suffix;
	} bytes[] = { { 1, "B" }, { 1 << 10, "KiB" }, { 1 << 20, "MiB" }, { 1 << 30, "GiB" } };
	struct scale s = { .unit = 1, .suffix = "%" };
	double max = a == REPORT_CPU ? 4 : a == REPORT_MEMORY ? 1 << 20 : 1 << 10;
	size_t u = 0;

	for (size_t i = 0; i < r->count; i++) {
		max = MAX(max, report_figures(r, r->domains[i].value[a]).max);
		max = MAX(max, report_figures(r, r->domains[i].value[b]).max);
	}
	if (a != REPORT_CPU) {
		while (u < 3 && max >= 2 * bytes[u + 1].unit)
			u++;
		s.unit = bytes[u].unit;
		s.suffix = bytes[u].suffix;
	}
	s.step = round_step(max / s.unit) * s.unit;
	for (s.top = s.step; s.top < max * 1.001; s.top += s.step)
		;
	s.from = r->samples[0]->when_ns;
	s.to = r->samples[r->points]->when_ns;
	return s;
}

static double y_of(const struct scale *s, double value)
{
	return HEIGHT - BOTTOM - value / s->top * (HEIGHT - TOP - BOTTOM);
}

static double x_of(const struct scale *s, uint64_t when)
{
	double span = s->to > s->from ? (double)(s->to - s->from) : 1;

	return LEFT + (double)(when - s->from) / span * (WIDTH - LEFT - RIGHT);
}

static void add_axes(struct strbuf *out, const struct report *r, const struct scale *s, bool rate)
{
	for (double v = 0; v <= s->top * 1.0001; v += s->step) {
		double y = y_of(s, v);

		strbuf_addf(out, "<line class='grid' x1='%.0f' x2='%.0f' y1='%.1f' y2='%.1f'/>"
			    "<text x='%.0f' y='%.1f' class='y'>%g%s</text>\n", LEFT, WIDTH - RIGHT,
			    y, y, LEFT - 6, y + 4, v / s->unit,
			    v + s->step > s->top * 1.0001 ? s->suffix : "");
	}
	if (rate)
		strbuf_addf(out, "<text x='%.0f' y='%.1f' class='y'>per s</text>\n", LEFT - 6,
			    TOP + 17);
	for (int i = 0; i < X_LABELS; i++) {
		size_t at = r->points * (size_t)i / (X_LABELS - 1);
		time_t t = (time_t)(r->samples[at]->wall_ns / 1000000000);
		char text[16] = "";
		struct tm tm;

		if (localtime_r(&t, &tm))
			strftime(text, sizeof(text), "%H:%M:%S", &tm);
		strbuf_addf(out, "<text x='%.1f' y='%.0f' class='%s'>%s</text>\n",
			    x_of(s, r->samples[at]->when_ns), HEIGHT - 7,
			    i == 0 ? "first" : i == X_LABELS - 1 ? "last" : "x", text);
	}
}

/* A value holds for its interval; its point is the interval's end. */
static void add_line(struct strbuf *out, const struct report *r, const struct scale *s,
		     const struct report_domain *d, enum report_metric m, bool dashed,
		     const char *what)
{
	const double *line = d->value[m];
	size_t drawn = 0;

	for (size_t i = 0; i < r->points; i++) {
		bool starts = i == 0 || isnan(line[i - 1]);
		bool alone = starts && (i + 1 == r->points || isnan(line[i + 1]));

		if (isnan(line[i]))
			continue;
		if (drawn++ == 0)
			strbuf_addf(out, "<path class='c%u%s' d='", d->color,
				    dashed ? " dash" : "");
		strbuf_addf(out, "%c%.1f %.1f%s", starts ? 'M' : 'L',
			    x_of(s, r->samples[i + 1]->when_ns), y_of(s, line[i]),
			    alone ? "h.1" : "");
	}
	if (drawn == 0)
		return;
	strbuf_addstr(out, "'><title>");
	report_escape(out, report_name(d->last));
	strbuf_addf(out, " (%u)%s</title></path>\n", d->last->info.domid, what);
}

/* Nothing of that kind on any domain? */
static bool is_flat(const struct report *r, enum report_metric m)
{
	for (size_t i = 0; i < r->count; i++)
		if (report_figures(r, r->domains[i].value[m]).max > 0)
			return false;
	return true;
}

void report_chart(struct strbuf *out, const struct report *r, enum report_metric solid,
		  enum report_metric dashed, const char *title)
{
	static const char *const words[] = { "", "", ", read", ", written", ", received",
					    ", sent" };
	struct scale s = make_scale(r, solid, dashed);

	strbuf_addf(out, "<svg viewBox='0 0 %.0f %.0f' role='img' aria-label='%s'>\n", WIDTH,
		    HEIGHT, title);
	add_axes(out, r, &s, solid != dashed);
	if (is_flat(r, solid) && is_flat(r, dashed)) {
		strbuf_addf(out,
			    "<text x='%.0f' y='%.0f' class='none'>none in this time</text></svg>\n",
			    (LEFT + WIDTH) / 2, HEIGHT / 2);
		return;
	}
	/* Those without a colour lie below the others. */
	for (size_t i = r->count; i-- > 0; ) {
		add_line(out, r, &s, &r->domains[i], solid, false, words[solid]);
		if (dashed != solid)
			add_line(out, r, &s, &r->domains[i], dashed, true, words[dashed]);
	}
	strbuf_addstr(out, "</svg>\n");
}
