/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page around the charts: one file that needs nothing else and runs nothing. Its policy
 * forbids the browser to load anything. Names are other people's text and are escaped; colours
 * follow the reader's choice of light or dark, and lines differ in more than colour.
 */
#include "report.h"

#include <inttypes.h>
#include <time.h>

#include "xentools/macros.h"

static const char style[] =
#include "text/report.css"
;

/* A name that may be written in any direction. */
static void add_name(struct strbuf *out, const struct sample_domain *d)
{
	strbuf_addstr(out, "<bdi>");
	report_escape(out, report_name(d));
	strbuf_addstr(out, "</bdi>");
}

/* "1.5 MiB" */
static void add_bytes(struct strbuf *out, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t u = 0;

	for (; u < 4 && bytes >= 1024; u++)
		bytes /= 1024;
	strbuf_addf(out, bytes < 10 && u > 0 ? "%.1f %s" : "%.0f %s", bytes, units[u]);
}

static void add_style(struct strbuf *out)
{
	strbuf_addstr(out, style);
	for (unsigned int c = 0; c <= REPORT_COLORS; c++)
		strbuf_addf(out, "path.c%u{stroke:var(--c%u)}i.c%u{background:var(--c%u)}", c, c, c,
			    c);
}

static void add_time(struct strbuf *out, uint64_t wall_ns)
{
	time_t t = (time_t)(wall_ns / 1000000000);
	char text[40] = "";
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &tm);
	report_escape(out, text);
}

static void add_tiles(struct strbuf *out, const struct report *r)
{
	const struct sample *last = r->samples[r->points];
	struct report_figures busy = report_figures(r, r->busy);

	strbuf_addf(out, "<div class='tiles'>\n<div><b>%.0f %%</b><span>of %" PRIu32 " CPUs busy on "
		    "average, %.0f %% at most</span></div>\n<div><b>", busy.mean, last->cpu_count,
		    busy.max);
	add_bytes(out, (double)(last->total_bytes - last->free_bytes));
	strbuf_addstr(out, "</b><span>of ");
	add_bytes(out, (double)last->total_bytes);
	strbuf_addstr(out, " memory given out</span></div>\n<div><b>");
	add_bytes(out, (double)last->free_bytes);
	strbuf_addf(out, "</b><span>memory free for guests</span></div>\n<div><b>%zu</b><span>domains "
		    "at the end, %zu in all</span></div>\n</div>\n", last->count, r->count);
}

static void add_key(struct strbuf *out, const struct report *r)
{
	strbuf_addstr(out, "<ul class='key'>\n");
	for (size_t i = 0; i < r->count && i < REPORT_COLORS; i++) {
		strbuf_addf(out, "<li><i class='c%u'></i>", r->domains[i].color);
		add_name(out, r->domains[i].last);
		strbuf_addstr(out, "</li>\n");
	}
	if (r->count > REPORT_COLORS)
		strbuf_addf(out, "<li><i class='c%u'></i>%zu others (point at a line for its name)"
			    "</li>\n", REPORT_COLORS, r->count - REPORT_COLORS);
	strbuf_addstr(out, "</ul>\n");
}

/* The mean and the most of a metric in two cells. */
static void add_rates(struct strbuf *out, const struct report *r, const double *line)
{
	struct report_figures f = report_figures(r, line);

	strbuf_addstr(out, "<td>");
	add_bytes(out, f.mean);
	strbuf_addstr(out, "/s</td><td>");
	add_bytes(out, f.max);
	strbuf_addstr(out, "/s</td>");
}

static void add_table(struct strbuf *out, const struct report *r)
{
	strbuf_addstr(out, "<section><h2>Domains</h2><div class='scroll'><table>\n<tr><th>Name</th>"
		      "<th>ID</th><th>CPU mean</th><th>most</th><th>Memory</th><th>Read mean</th>"
		      "<th>most</th><th>Written mean</th><th>most</th><th>Received mean</th>"
		      "<th>most</th><th>Sent mean</th><th>most</th></tr>\n");
	for (size_t i = 0; i < r->count; i++) {
		const struct report_domain *d = &r->domains[i];
		struct report_figures cpu = report_figures(r, d->value[REPORT_CPU]);

		strbuf_addstr(out, "<tr><td>");
		add_name(out, d->last);
		strbuf_addf(out, "</td><td>%u</td><td>%.1f %%</td><td>%.1f %%</td><td>",
			    d->last->info.domid, cpu.mean, cpu.max);
		add_bytes(out, report_figures(r, d->value[REPORT_MEMORY]).last);
		strbuf_addstr(out, "</td>");
		for (int m = REPORT_READ; m <= REPORT_TX; m++)
			add_rates(out, r, d->value[m]);
		strbuf_addstr(out, "</tr>\n");
	}
	strbuf_addstr(out, "</table></div></section>\n");
}

void report_page(struct strbuf *out, const struct report *r, const char *host)
{
	static const struct {
		enum report_metric solid, dashed;
		const char *title, *note;
	} charts[] = {
		{ REPORT_CPU, REPORT_CPU, "CPU", "100 % is one CPU" },
		{ REPORT_MEMORY, REPORT_MEMORY, "Memory", "what each domain has" },
		{ REPORT_READ, REPORT_WRITE, "Disk", "read; dashed: written" },
		{ REPORT_RX, REPORT_TX, "Network", "received; dashed: sent" },
	};

	strbuf_addstr(out, "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>\n"
		      "<meta name='viewport' content='width=device-width'>\n"
		      "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; "
		      "style-src 'unsafe-inline'; img-src data:\">\n"
		      "<link rel='icon' href='data:,'>\n<title>");
	report_escape(out, host);
	strbuf_addstr(out, ": what domains use</title>\n<style>\n");
	add_style(out);
	strbuf_addstr(out, "</style></head><body><main>\n<h1>");
	report_escape(out, host);
	strbuf_addstr(out, ": what domains use</h1>\n<p>");
	add_time(out, r->samples[0]->wall_ns);
	strbuf_addstr(out, " to ");
	add_time(out, r->samples[r->points]->wall_ns);
	strbuf_addf(out, ", %zu intervals</p>\n", r->points);
	add_tiles(out, r);
	add_key(out, r);
	strbuf_addstr(out, "<div class='charts'>\n");
	for (size_t i = 0; i < ARRAY_SIZE(charts); i++) {
		strbuf_addf(out, "<section><h2>%s <small>%s</small></h2>\n", charts[i].title,
			    charts[i].note);
		report_chart(out, r, charts[i].solid, charts[i].dashed, charts[i].title);
		strbuf_addstr(out, "</section>\n");
	}
	strbuf_addstr(out, "</div>\n");
	add_table(out, r);
	strbuf_addstr(out, "</main></body></html>\n");
}
