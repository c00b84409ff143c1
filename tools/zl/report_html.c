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
	":root{color-scheme:light dark;--bg:#fbfbf9;--card:#fff;--ink:#1d2126;--dim:#5c6570;"
	"--rule:#e2e4e7;--c0:#0a66a8;--c1:#c24e00;--c2:#0b7d57;--c3:#a8478a;--c4:#8a6400;"
	"--c5:#2b8fc9;--c6:#7a5230;--c7:#4d4fb8;--c8:#9aa1a9}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1c2024;--ink:#e7e9eb;"
	"--dim:#9aa4ae;--rule:#2f353b;--c0:#5eb1f0;--c1:#ff9a4d;--c2:#3fca96;--c3:#e79ccf;"
	"--c4:#e9c04a;--c5:#9ad4f5;--c6:#d0a27c;--c7:#a6a8ff;--c8:#69727b}}\n"
	"body{margin:0;padding:24px;background:var(--bg);color:var(--ink);"
	"font:15px/1.45 system-ui,sans-serif}\n"
	"main{max-width:1320px;margin:auto}h1{font-size:22px;margin:0}"
	"h2{font-size:15px;font-weight:600;margin:0 0 8px}"
	"p{margin:2px 0 16px;color:var(--dim)}\n"
	".tiles,.charts{display:grid;gap:14px;margin-bottom:14px}"
	".tiles{grid-template-columns:repeat(auto-fit,minmax(150px,1fr))}"
	".charts{grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr))}\n"
	"section,.tiles>div{background:var(--card);border:1px solid var(--rule);border-radius:8px;"
	"padding:12px 14px}.tiles b{display:block;font-size:20px}.tiles span,small{color:var(--dim);"
	"font-weight:400;font-size:13px}\n"
	"svg{display:block;width:100%;height:auto}svg text{fill:var(--dim);font-size:12px}"
	".grid{stroke:var(--rule)}.y,.last{text-anchor:end}.x,.none{text-anchor:middle}"
	".none{font-size:14px}\n"
	"path{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}"
	"path:hover{stroke-width:4}.dash{stroke-dasharray:5 4}path.c8{stroke-width:1.2}\n"
	".key{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;padding:0;margin:0 0 14px}"
	".key i{display:inline-block;width:18px;height:4px;border-radius:2px;margin-right:7px;"
	"vertical-align:middle}\n"
	".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13px}"
	"th,td{text-align:right;padding:5px 8px;border-bottom:1px solid var(--rule);white-space:nowrap;"
	"font-variant-numeric:tabular-nums}th{color:var(--dim);font-weight:600}"
	"th:first-child,td:first-child{text-align:left}tr:last-child td{border-bottom:0}\n";

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
