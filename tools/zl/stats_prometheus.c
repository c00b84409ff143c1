/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sample as Prometheus text, and the answer to one HTTP request for it. The names of metrics
 * are a contract. Rows give each metric its figure; labels are escaped, since names are the
 * guests' owners'. The HTTP is what a scraper needs: one request, one answer, the connection ends.
 */
#include "stats.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "xentools/event_loop.h"
#include "xentools/fd_util.h"
#include "xentools/macros.h"

#define HEAD_MAX 8192u
#define HEAD_MS 5000

static void label(struct strbuf *out, const char *key, const char *value)
{
	strbuf_addf(out, "%s=\"", key);
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c == '\\' || c == '"')
			strbuf_addf(out, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			strbuf_addf(out, "\\\\x%02x", c);
		else
			strbuf_addch(out, (char)c);
	}
	strbuf_addch(out, '"');
}

static void head(struct strbuf *out, const char *name, const char *type, const char *help)
{
	strbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* name{domain="web1",uuid="..." */
static void begin(struct strbuf *out, const char *name, const struct sample_domain *d)
{
	char uuid[DOMAIN_UUID_TEXT];

	domain_uuid_format(d->info.uuid, uuid);
	strbuf_addf(out, "%s{", name);
	label(out, "domain", d->name[0] ? d->name : d->info.domid == 0 ? "Domain-0" : "");
	strbuf_addf(out, ",uuid=\"%s\"", uuid);
}

static void cpu_seconds(struct strbuf *out, const struct sample *s)
{
	static const char name[] = "zl_domain_cpu_seconds_total";

	head(out, name, "counter", "Time that a virtual CPU has run.");
	for (size_t i = 0; i < s->count; i++) {
		for (size_t v = 0; v < s->domains[i].vcpu_count; v++) {
			begin(out, name, &s->domains[i]);
			strbuf_addf(out, ",vcpu=\"%zu\"} %.9f\n", v,
				    (double)s->domains[i].vcpus[v].cpu_time_ns / 1e9);
		}
	}
}

static void memory(struct strbuf *out, const struct sample *s)
{
	static const struct {
		const char *kind;
		size_t offset;
	} kinds[] = {
		{ "current", offsetof(struct hyp_domain_info, tot_pages) },
		{ "max", offsetof(struct hyp_domain_info, max_pages) },
		{ "outstanding", offsetof(struct hyp_domain_info, outstanding_pages) },
		{ "shared", offsetof(struct hyp_domain_info, shared_pages) },
	};
	static const char name[] = "zl_domain_memory_bytes";

	head(out, name, "gauge", "Memory of a domain.");
	for (size_t i = 0; i < s->count; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			const char *at = (const char *)&s->domains[i].info + kinds[k].offset;
			uint64_t pages = *(const uint64_t *)(const void *)at;

			if (pages >= UINT64_MAX / HYP_PAGE_SIZE)
				continue;	/* no limit */
			begin(out, name, &s->domains[i]);
			strbuf_addf(out, ",kind=\"%s\"} %" PRIu64 "\n", kinds[k].kind,
				    pages * HYP_PAGE_SIZE);
		}
	}
}

static void states(struct strbuf *out, const struct sample *s)
{
	head(out, "zl_domain_state", "gauge", "1 for the state that a domain is in.");
	for (size_t i = 0; i < s->count; i++) {
		begin(out, "zl_domain_state", &s->domains[i]);
		strbuf_addf(out, ",state=\"%s\"} 1\n", domain_state_word(&s->domains[i].info));
	}
}

static void schedule(struct strbuf *out, const struct sample *s)
{
	for (int cap = 0; cap < 2; cap++) {
		const char *name = cap ? "zl_sched_cap_percent" : "zl_sched_weight";

		head(out, name, "gauge", cap ? "Most that a domain may use of one CPU; 0: all." :
		     "Share of a domain beside others'.");
		for (size_t i = 0; i < s->count; i++) {
			if (!s->domains[i].weight)
				continue;
			begin(out, name, &s->domains[i]);
			strbuf_addf(out, "} %u\n", cap ? s->domains[i].cap : s->domains[i].weight);
		}
	}
}

/* A counter of devices. */
struct metric {
	const char *name, *help;
	size_t offset;
	unsigned int times;
};

#define VBD(what, member, times, help) \
	{ "zl_vbd_" what "_total", help, offsetof(struct sample_vbd, member), times }
static const struct metric vbd_metrics[] = {
	VBD("read_requests", rd_req, 1, "Requests to read from a disk."),
	VBD("read_bytes", rd_sect, SAMPLE_SECTOR, "Bytes read from a disk."),
	VBD("write_requests", wr_req, 1, "Requests to write to a disk."),
	VBD("write_bytes", wr_sect, SAMPLE_SECTOR, "Bytes written to a disk."),
};

#define VIF(what, help) \
	{ "zl_vif_" #what "_total", help, offsetof(struct sample_vif, what), 1 }
static const struct metric vif_metrics[] = {
	VIF(rx_bytes, "Bytes that a guest received."),
	VIF(rx_packets, "Packets that a guest received."),
	VIF(rx_errors, "Packets to a guest that failed."),
	VIF(rx_drops, "Packets to a guest that were dropped."),
	VIF(tx_bytes, "Bytes that a guest sent."),
	VIF(tx_packets, "Packets that a guest sent."),
	VIF(tx_errors, "Packets of a guest that failed."),
	VIF(tx_drops, "Packets of a guest that were dropped."),
};

static void devices(struct strbuf *out, const struct sample *s, const struct metric *rows, size_t n,
		    bool disks)
{
	for (size_t r = 0; r < n; r++) {
		head(out, rows[r].name, "counter", rows[r].help);
		for (size_t i = 0; i < s->count; i++) {
			const struct sample_domain *d = &s->domains[i];
			size_t count = disks ? d->vbd_count : d->vif_count;

			for (size_t k = 0; k < count; k++) {
				const char *at = disks ? (const char *)&d->vbds[k] :
					(const char *)&d->vifs[k];

				begin(out, rows[r].name, d);
				strbuf_addf(out, ",device=\"%u\"} %" PRIu64 "\n",
					    *(const unsigned int *)(const void *)at,
					    *(const uint64_t *)(const void *)(at + rows[r].offset) *
					    rows[r].times);
			}
		}
	}
}

static void host(struct strbuf *out, const struct sample *s)
{
	static const char busy[] = "zl_pcpu_busy_seconds_total";
	static const char traps[] = "zl_hypervisor_traps_total";

	head(out, "zl_host_memory_total_bytes", "gauge", "Memory of the machine.");
	strbuf_addf(out, "zl_host_memory_total_bytes %" PRIu64 "\n", s->total_bytes);
	head(out, "zl_host_memory_free_bytes", "gauge", "Memory that nobody has.");
	strbuf_addf(out, "zl_host_memory_free_bytes %" PRIu64 "\n", s->free_bytes);
	/* Since the control domain started, a moment after the hypervisor did. */
	head(out, busy, "counter", "Time that a CPU has run domains.");
	for (uint32_t c = 0; c < s->cpu_count; c++)
		strbuf_addf(out, "%s{cpu=\"%u\"} %.9f\n", busy, c, s->when_ns > s->idle_ns[c] ?
			    (double)(s->when_ns - s->idle_ns[c]) / 1e9 : 0.0);
	if (s->trap_count)
		head(out, traps, "counter",
		     "Times that domains came to the hypervisor, since it counts.");
	for (size_t i = 0; i < s->trap_count; i++)
		strbuf_addf(out, "%s{reason=\"%s\"} %" PRIu64 "\n", traps, s->traps[i].reason,
			    s->traps[i].count);
}

void stats_prometheus(struct strbuf *out, const struct sample *s)
{
	cpu_seconds(out, s);
	memory(out, s);
	states(out, s);
	schedule(out, s);
	devices(out, s, vbd_metrics, ARRAY_SIZE(vbd_metrics), true);
	devices(out, s, vif_metrics, ARRAY_SIZE(vif_metrics), false);
	host(out, s);
}

const char *stats_store_figure(const char *text, const char *name)
{
	size_t len = strlen(name);

	while (strncmp(text, name, len) != 0 || text[len] != ' ') {
		text = strchr(text, '\n');
		if (!text++)
			return NULL;
	}
	return text + len + 1;
}

void stats_prometheus_store(struct strbuf *out, const char *text)
{
	static const struct {
		const char *key, *suffix, *type, *help;
	} rows[] = {
		{ "nodes", "", "gauge", "Nodes of the store." },
		{ "watches", "", "gauge", "Watches that clients of the store have." },
		{ "connections", "", "gauge", "Clients of the store, guests included." },
		{ "domains", "", "gauge", "Domains that the store has been told of." },
		{ "transactions", "", "gauge", "Transactions that are open." },
		{ "requests", "_total", "counter", "Requests that the store has answered." },
		{ "journal_bytes", "", "gauge", "Length of the store's journal." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *at = stats_store_figure(text, rows[i].key);
		char name[64];

		if (!at)
			continue;
		snprintf(name, sizeof(name), "zl_xenstore_%s%s", rows[i].key, rows[i].suffix);
		head(out, name, rows[i].type, rows[i].help);
		strbuf_addf(out, "%s %.*s\n", name, (int)strspn(at, "0123456789"), at);
	}
}

/* The head up to its empty line, or the errno that ended it. */
static int read_head(int in, char buf[HEAD_MAX])
{
	uint64_t end = event_now_ns() / 1000000 + HEAD_MS, now;
	size_t len = 0;

	while ((now = event_now_ns() / 1000000) < end) {
		struct pollfd p = { .fd = in, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, (int)(end - now)) <= 0)
			continue;
		n = read(in, buf + len, HEAD_MAX - 1 - len);
		if (n <= 0)
			return n == 0 ? -EPIPE : -errno;
		len += (size_t)n;
		buf[len] = '\0';
		if (strstr(buf, "\r\n\r\n") || strstr(buf, "\n\n"))
			return 0;
		if (len == HEAD_MAX - 1)
			return -E2BIG;
	}
	return -ETIMEDOUT;
}

static int answer(int out, const char *status, const char *text)
{
	char buf[256];
	int n = snprintf(buf, sizeof(buf), "HTTP/1.0 %s\r\nContent-Type: text/plain; version=0.0.4; "
			 "charset=utf-8\r\nConnection: close\r\n\r\n%s", status, text);

	return fd_write_all(out, buf, (size_t)n);
}

int stats_http_request(int in, int out)
{
	char buf[HEAD_MAX], *path;
	size_t len;
	int rc = read_head(in, buf);
	bool body;

	if (rc == -E2BIG || rc == -ETIMEDOUT) {
		(void)!answer(out, rc == -E2BIG ? "431 Request Header Fields Too Large" :
			      "408 Request Timeout", "");
		return rc;
	}
	if (rc < 0)
		return rc;
	body = strncmp(buf, "GET ", 4) == 0;
	if (!body && strncmp(buf, "HEAD ", 5) != 0)
		return answer(out, "405 Method Not Allowed", "only GET\n");
	path = strchr(buf, ' ') + 1;
	len = strcspn(path, " ?\r\n");
	if (!(len == 8 && memcmp(path, "/metrics", 8) == 0) && !(len == 1 && path[0] == '/'))
		return answer(out, "404 Not Found", "only /metrics\n");
	rc = answer(out, "200 OK", "");
	return rc < 0 ? rc : body;
}
