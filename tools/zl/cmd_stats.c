/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl stats: counters of domains and host, once or again and again; as a table, as JSON (lines of
 * it with --watch: a recording for zl report), or as Prometheus text, which stats_prometheus.c
 * makes, with --http as the answer to a request on stdin.
 */
#include "zl.h"

#include "stats.h"

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_PROMETHEUS };

struct stats {
	enum format format;
	bool watch;
	uint32_t seconds, count;	/* count 0: without end */
	int signals;
};

/* Keep only the domains that are named; exit code 3 when one of them is not there. */
static int select_named(struct zl *zl, const struct zl_args *args, struct sample *s,
			struct zerr **err)
{
	size_t kept = 0;
	bool keep;

	if (args->pos_count == 0)
		return 0;
	for (size_t i = 0; i < s->count; i++) {
		keep = false;
		for (size_t a = 0; a < args->pos_count && !keep; a++) {
			uint16_t domid;

			if (domain_resolve(&zl->ctx, args->pos[a], &domid, err) < 0)
				return zerr_context(err, "stats", NULL);
			keep = s->domains[i].info.domid == domid;
		}
		if (keep) {
			struct sample_domain d = s->domains[kept];

			s->domains[kept++] = s->domains[i];
			s->domains[i] = d;
		}
	}
	for (size_t i = kept; i < s->count; i++) {
		free(s->domains[i].vcpus);
		free(s->domains[i].vbds);
		free(s->domains[i].vifs);
	}
	s->count = kept;
	return 0;
}

static void print_table(const struct sample *s)
{
	char name[4 * DOMAIN_NAME_MAX + 1], flags[7];

	printf("%-32s %5s %6s %10s %8s %5s %10s %10s %10s %10s\n", "Name", "ID", "State", "Time(s)",
	       "Mem(M)", "VCPUs", "Read(k)", "Write(k)", "NetRX(k)", "NetTX(k)");
	for (size_t i = 0; i < s->count; i++) {
		const struct sample_domain *d = &s->domains[i];
		struct sample_vbd vbd = sample_vbd_sum(d);
		struct sample_vif vif = sample_vif_sum(d);
		struct domain_summary sum = { .info = d->info };

		memcpy(sum.name, d->name, sizeof(sum.name));
		domain_state_flags(&d->info, flags);
		printf("%-32s %5u %6s %10.1f %8" PRIu64 " %5u %10" PRIu64 " %10" PRIu64 " %10" PRIu64
		       " %10" PRIu64 "\n", zl_shown_name(&sum, name, sizeof(name)), d->info.domid,
		       flags, (double)d->info.cpu_time_ns / 1e9,
		       d->info.tot_pages * HYP_PAGE_SIZE >> 20, d->info.nr_online_vcpus,
		       vbd.rd_sect / 2, vbd.wr_sect / 2, vif.rx_bytes >> 10, vif.tx_bytes >> 10);
	}
}

/* One line of a recording. */
int stats_print_line(const struct sample *s)
{
	struct json_object *top = zl_json_envelope("zl.stats/1", (time_t)(s->wall_ns / 1000000000),
						   sample_to_json(s));
	int rc = printf("%s\n", json_object_to_json_string_ext(top, JSON_C_TO_STRING_PLAIN |
							       JSON_C_TO_STRING_NOSLASHESCAPE));

	json_object_put(top);
	return rc < 0 ? -1 : 0;
}

static int print(struct zl *zl, const struct stats *st, const struct sample *s, struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_free_ char *store = NULL;

	if (st->format == FORMAT_JSON)
		return st->watch ? stats_print_line(s) :
			zl_print_json(zl, "zl.stats/1", sample_to_json(s), err);
	if (st->format == FORMAT_TABLE) {
		print_table(s);
		return 0;
	}
	stats_prometheus(&out, s);
	if (zl->ctx.xs && xs_control(zl->ctx.xs, "stats", sizeof("stats"), &store, NULL) == 0)
		stats_prometheus_store(&out, store);
	if (out.failed)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	return fwrite(out.buf, 1, out.len, stdout) == out.len ? 0 : -1;
}

static int run(struct zl *zl, const struct zl_args *args, const struct stats *st,
	       struct zerr **err)
{
	unsigned int traps = st->format == FORMAT_TABLE ? 0 : SAMPLE_TRAPS;

	for (uint32_t i = 0; st->count == 0 || i < st->count; i++) {
		struct zerr *stop = NULL;
		struct sample *s;
		int rc;

		if (i > 0 && zl_nap(st->signals, (int)st->seconds * 1000, &stop) < 0) {
			zerr_free(stop);
			break;
		}
		if (sample_read(&zl->ctx, SAMPLE_VCPUS | SAMPLE_DEVICES | traps, NULL, &s, err) < 0)
			return -1;
		rc = select_named(zl, args, s, err);
		if (rc == 0 && (print(zl, st, s, err) < 0 || fflush(stdout) != 0))
			rc = zerr_set(err, ZERR_FAILED, "E935", errno, "cannot write the output");
		sample_free(s);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int parse(const struct zl *zl, const struct zl_args *args, struct stats *st,
		 struct zerr **err)
{
	static const char *const formats[] = { "table", "json", "prometheus" };
	const char *watch = zl_value(args, "watch"), *count = zl_value(args, "count");
	const char *format = zl_value(args, "format");
	unsigned int f = zl->json ? FORMAT_JSON : FORMAT_TABLE;

	if (format) {
		for (f = 0; f < ARRAY_SIZE(formats) && strcmp(formats[f], format) != 0; f++)
			;
		if (f == ARRAY_SIZE(formats))
			return zerr_set(err, ZERR_USAGE, "E007", 0, "stats: the format \"%s\" is not "
					"known (known: table, json, prometheus)", format);
	}
	st->format = f;
	st->watch = watch != NULL;
	if (watch && parse_u32(watch, 1, 1000000, &st->seconds) < 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0,
				"stats: --watch=%s is not a number of seconds", watch);
	if (count && (!watch || parse_u32(count, 1, UINT32_MAX, &st->count) < 0))
		return zerr_set(err, ZERR_USAGE, "E007", 0, "stats: --count=N goes with --watch=S");
	if (!watch)
		st->count = 1;
	return 0;
}

/* A request is on stdin: the head of the answer, and whether the figures follow. */
static int answer_head(struct zl *, struct zerr **err)
{
	int rc = stats_http_request(STDIN_FILENO, STDOUT_FILENO);

	return rc < 0 ? zerr_set(err, ZERR_FAILED, "E936", -rc, "stats: no request that could be "
				 "answered") : rc;
}

ZL_CMD(stats)
{
	struct stats st = { .signals = -1 };
	int rc;

	if (parse(zl, args, &st, err) < 0)
		return -1;
	if (zl_has(args, "http")) {
		st.format = FORMAT_PROMETHEUS;
		if (st.watch)
			return zerr_set(err, ZERR_USAGE, "E006", 0, "stats: --http and --watch exclude "
					"each other");
		rc = answer_head(zl, err);
		if (rc <= 0)
			return rc;
	}
	if (zl_open(zl, ZL_WANT_STORE, err) < 0)
		return -1;
	if (st.watch)
		st.signals = zl_signal_fd();
	rc = run(zl, args, &st, err);
	if (st.signals >= 0)
		close(st.signals);
	return rc;
}
