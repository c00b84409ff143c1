/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of zl top: xentop's columns for the time between two samples, sorted, with detail
 * lines for vCPUs, networks and disks where asked. Pure; screen and batch mode print what it makes.
 */
#include "top.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xentools/strbuf.h"

#define NAME_WIDTH 10

static double percent(uint64_t part, uint64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

/* "-b---r": dying, shut down, blocked, crashed, paused, running, as xentop has them. */
static void state_text(const struct hyp_domain_info *i, char ret[7])
{
	bool crashed = i->shutdown && i->shutdown_reason == HYP_SHUTDOWN_CRASH;

	snprintf(ret, 7, "%c%c%c%c%c%c", i->dying ? 'd' : '-', i->shutdown && !crashed ? 's' : '-',
		 i->blocked ? 'b' : '-', crashed ? 'c' : '-', i->paused ? 'p' : '-',
		 i->running ? 'r' : '-');
}

/* One word; cut to the column unless full names are wanted. */
static void add_name(struct strbuf *out, const struct sample_domain *d, bool full)
{
	const char *name = d->name[0] ? d->name : d->info.domid == 0 ? "Domain-0" : "(null)";
	struct strbuf word = STRBUF_INIT;

	for (; *name; name++) {
		if ((unsigned char)*name <= ' ' || *name == 0x7f)
			strbuf_addf(&word, "\\x%02x", (unsigned char)*name);
		else
			strbuf_addch(&word, *name);
	}
	if (!full && word.len > NAME_WIDTH)
		word.buf[word.len = NAME_WIDTH] = '\0';
	strbuf_addf(out, "%*s ", NAME_WIDTH, strbuf_cstr(&word));
	strbuf_free(&word);
}

static void add_domain(struct strbuf *out, const struct sample *before, const struct sample *now,
		       const struct sample_domain *d, const struct top_options *o)
{
	const struct hyp_domain_info *i = &d->info;
	struct sample_vbd vbd = sample_vbd_sum(d);
	struct sample_vif vif = sample_vif_sum(d);
	struct sample_rate rate = { 0 };
	uint64_t mem = i->tot_pages * HYP_PAGE_SIZE;
	char state[7];

	state_text(i, state);
	add_name(out, d, o->full_names);
	sample_rate(before, now, d, &rate);
	strbuf_addf(out, "%6s %10" PRIu64 " %6.1f %10" PRIu64 " %6.1f ", state,
		    i->cpu_time_ns / 1000000000, rate.cpu_percent, mem >> 10,
		    percent(mem, now->total_bytes));
	/* Above what any machine has: nobody set one. */
	if (i->max_pages >= UINT64_MAX / HYP_PAGE_SIZE ||
	    (i->domid == 0 && i->max_pages * HYP_PAGE_SIZE > now->total_bytes))
		strbuf_addf(out, "%10s %9s ", "-", "-");
	else
		strbuf_addf(out, "%10" PRIu64 " %9.1f ", i->max_pages * HYP_PAGE_SIZE >> 10,
			    percent(i->max_pages * HYP_PAGE_SIZE, now->total_bytes));
	strbuf_addf(out, "%5u %4zu %8" PRIu64 " %8" PRIu64 " %4zu %8" PRIu64 " %8" PRIu64
		    " %8" PRIu64 " %10" PRIu64 " %10" PRIu64 " %4u\n", i->nr_online_vcpus,
		    d->vif_count, vif.tx_bytes >> 10, vif.rx_bytes >> 10, d->vbd_count, vbd.oo_req,
		    vbd.rd_req, vbd.wr_req, vbd.rd_sect, vbd.wr_sect, i->ssidref);
}

static void add_details(struct strbuf *out, const struct sample_domain *d,
			const struct top_options *o)
{
	for (size_t v = 0; o->vcpus && v < d->vcpu_count; v++)
		strbuf_addf(out, "%s%3zu: %9.1fs%s", v % 5 ? "   " : v ? "\n      " : "VCPUs ",
			    v, (double)d->vcpus[v].cpu_time_ns / 1e9,
			    v + 1 == d->vcpu_count ? "\n" : "");
	for (size_t k = 0; o->networks && k < d->vif_count; k++) {
		const struct sample_vif *n = &d->vifs[k];

		strbuf_addf(out, "Net%u RX: %8" PRIu64 "bytes %8" PRIu64 "pkts %8" PRIu64 "err %8"
			    PRIu64 "drop  TX: %8" PRIu64 "bytes %8" PRIu64 "pkts %8" PRIu64 "err %8"
			    PRIu64 "drop\n", n->devid, n->rx_bytes, n->rx_packets, n->rx_errors,
			    n->rx_drops, n->tx_bytes, n->tx_packets, n->tx_errors, n->tx_drops);
	}
	for (size_t k = 0; o->disks && k < d->vbd_count; k++) {
		const struct sample_vbd *b = &d->vbds[k];

		strbuf_addf(out, "VBD BlkBack %6u [%2x:%2x]  OO: %8" PRIu64 "   RD: %8" PRIu64
			    "   WR: %8" PRIu64 "  RSECT: %10" PRIu64 "  WSECT: %10" PRIu64 "\n",
			    b->devid, b->devid >> 8, b->devid & 0xff, b->oo_req, b->rd_req,
			    b->wr_req, b->rd_sect, b->wr_sect);
	}
}

struct row {
	const struct sample_domain *d;
	double key;			/* what is sorted by, largest first */
};

static int larger_first(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? 1 : -1;
	return (int)x->d->info.domid - (int)y->d->info.domid;
}

static double sort_key(const struct sample *before, const struct sample *now,
		       const struct sample_domain *d, const struct top_options *o)
{
	struct sample_rate rate = { 0 };

	if (o->dom0_first && d->info.domid == 0)
		return 1e30;
	sample_rate(before, now, d, &rate);
	switch (o->sort) {
	case TOP_SORT_CPU:
		return rate.cpu_percent;
	case TOP_SORT_MEMORY:
		return (double)d->info.tot_pages;
	case TOP_SORT_NETWORK:
		return rate.vif_rx_bytes + rate.vif_tx_bytes;
	case TOP_SORT_DISK:
		return rate.vbd_rd_bytes + rate.vbd_wr_bytes;
	case TOP_SORT_ID:
	default:
		return 0;
	}
}

void top_header(struct strbuf *out)
{
	strbuf_addstr(out, "      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) "
		      "VCPUS NETS NETTX(k) NETRX(k) VBDS   VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  "
		      "VBD_WSECT SSID\n");
}

int top_rows(struct strbuf *out, const struct sample *before, const struct sample *now,
	     const struct top_options *o)
{
	struct row *rows = calloc(now->count + 1, sizeof(*rows));

	if (!rows)
		return -1;
	for (size_t i = 0; i < now->count; i++)
		rows[i] = (struct row){ &now->domains[i],
			sort_key(before, now, &now->domains[i], o) };
	qsort(rows, now->count, sizeof(*rows), larger_first);
	for (size_t i = 0; i < now->count; i++) {
		if (o->repeat_header && i > 0)
			top_header(out);
		add_domain(out, before, now, rows[i].d, o);
		add_details(out, rows[i].d, o);
	}
	free(rows);
	if (!o->pcpus || now->cpu_count != before->cpu_count || now->when_ns <= before->when_ns)
		return 0;
	for (uint32_t c = 0; c < now->cpu_count; c++) {
		double idle = percent(now->idle_ns[c] - before->idle_ns[c],
				      now->when_ns - before->when_ns);

		strbuf_addf(out, "CPU%-3u busy %5.1f %%\n", c, idle > 100 ? 0 : 100 - idle);
	}
	return 0;
}

void top_summary(struct strbuf *out, const struct sample *before, const struct sample *now)
{
	unsigned int running = 0, blocked = 0, paused = 0, crashed = 0, shut = 0, dying = 0;
	double busy = sample_host_busy(before, now);

	for (size_t i = 0; i < now->count; i++) {
		const char *w = domain_state_word(&now->domains[i].info);

		running += strcmp(w, "running") == 0;
		blocked += strcmp(w, "blocked") == 0;
		paused += strcmp(w, "paused") == 0;
		crashed += strcmp(w, "crashed") == 0;
		shut += strcmp(w, "shutdown") == 0;
		dying += strcmp(w, "dying") == 0;
	}
	strbuf_addf(out, "%zu domains: %u running, %u blocked, %u paused, %u crashed, %u dying, "
		    "%u shutdown\n", now->count, running, blocked, paused, crashed, dying, shut);
	strbuf_addf(out, "Mem: %" PRIu64 "k total, %" PRIu64 "k used, %" PRIu64 "k free    CPUs: %u, "
		    "%.1f %% busy\n", now->total_bytes >> 10,
		    (now->total_bytes - now->free_bytes) >> 10, now->free_bytes >> 10,
		    now->cpu_count, busy < 0 ? 0 : busy);
}
