/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl list: the table of domains with the columns of xl, the same as JSON, and -l with
 * configurations. Asks the hypervisor alone; the store only adds names.
 */
#include "zl.h"

#include "xentools/save.h"

#include <sys/ioctl.h>

/* Memory in bytes of a number of pages. */
static uint64_t pages(uint64_t n)
{
	return n * HYP_PAGE_SIZE;
}

static void add_flags(struct json_object *o, const struct hyp_domain_info *i)
{
	struct json_object *f = json_object_new_object();

	zl_json_bool(f, "running", i->running);
	zl_json_bool(f, "blocked", i->blocked);
	zl_json_bool(f, "paused", i->paused);
	zl_json_bool(f, "shutdown", i->shutdown);
	zl_json_bool(f, "dying", i->dying);
	zl_json_bool(f, "crashed", i->shutdown && i->shutdown_reason == HYP_SHUTDOWN_CRASH);
	json_object_object_add(o, "flags", f);
}

/* A domain as the contract's list entry; def: its definition, or NULL. */
struct json_object *zl_domain_json(struct zl *zl, const struct domain_summary *d,
				   const struct definition *def)
{
	const struct hyp_domain_info *i = &d->info;
	struct json_object *o = json_object_new_object();
	bool inactive = i->domid == ZL_INACTIVE;
	bool saved = def != NULL && managed_save_exists(&zl->ctx, def->cfg.name);
	char uuid[DOMAIN_UUID_TEXT];
	uint64_t uptime;
	uint32_t bits;

	if (inactive)
		json_object_object_add(o, "domid", NULL);
	else
		zl_json_uint(o, "domid", i->domid);
	zl_json_string(o, "name", d->name[0] ? d->name : i->domid == 0 ? "Domain-0" : NULL);
	domain_uuid_format(i->uuid, uuid);
	zl_json_string(o, "uuid", uuid);
	zl_json_string(o, "state", !inactive ? domain_state_word(i) : saved ? "saved" : "inactive");
	add_flags(o, i);
	if (i->shutdown)
		zl_json_string(o, "shutdown_reason", domain_shutdown_word(i->shutdown_reason));
	zl_json_uint(o, "memory_bytes", pages(i->tot_pages));
	if (i->max_pages < UINT64_MAX / HYP_PAGE_SIZE)
		zl_json_uint(o, "max_memory_bytes", pages(i->max_pages));
	zl_json_uint(o, "outstanding_bytes", pages(i->outstanding_pages));
	zl_json_uint(o, "shared_bytes", pages(i->shared_pages));
	zl_json_uint(o, "vcpus_online", i->nr_online_vcpus);
	zl_json_uint(o, "vcpus_max", i->max_vcpu_id == UINT32_MAX ? 0 : i->max_vcpu_id + 1);
	zl_json_uint(o, "cpu_time_ns", i->cpu_time_ns);
	zl_json_uint(o, "cpupool", i->cpupool);
	zl_json_string(o, "type", "pvh");
	if (inactive)
		bits = def->cfg.arch == DOMAIN_ARCH_ARMV7L ? 32 : 64;
	else if (hyp_domain_address_size(zl->ctx.hyp, i->domid, &bits, NULL) != 0)
		bits = 64;
	zl_json_string(o, "arch", bits == 32 ? "aarch32" : "aarch64");
	zl_json_bool(o, "autostart", def != NULL && def->autostart);
	zl_json_bool(o, "persistent", def != NULL);
	zl_json_bool(o, "managed_save", saved);
	if (!inactive && zl->ctx.xs != NULL &&
	    domain_uptime_ns(&zl->ctx, i->domid, &uptime, NULL) == 0)
		zl_json_uint(o, "uptime_ns", uptime);
	return o;
}

/* ---- which rows, and in which order ---- */

struct row {
	struct domain_summary d;	/* of a definition that does not run: domid ZL_INACTIVE */
	const struct definition *def;	/* NULL: it is transient */
	bool saved;
};

static const char *state_of(const struct row *r)
{
	return r->d.info.domid != ZL_INACTIVE ? domain_state_word(&r->d.info) :
		r->saved ? "saved" : "inactive";
}

/* What a definition that does not run is shown as; see zl.h. */
void zl_inactive_domain(const struct definition *def, struct domain_summary *ret)
{
	struct hyp_domain_info *i = &ret->info;

	memset(ret, 0, sizeof(*ret));
	i->domid = ZL_INACTIVE;
	i->tot_pages = i->max_pages = def->cfg.memory_kib * 1024 / HYP_PAGE_SIZE;
	i->nr_online_vcpus = def->cfg.vcpus_current;
	i->max_vcpu_id = def->cfg.vcpus_max - 1;
	memcpy(i->uuid, def->cfg.uuid, sizeof(i->uuid));
	snprintf(ret->name, sizeof(ret->name), "%s", def->cfg.name);
}

/* Does the list of states name this one? */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; p != NULL; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (strncmp(p, word, len) == 0 && (p[len] == ',' || p[len] == '\0'))
			return true;
	return false;
}

static int by_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

#define COMPARE(name, value) \
	static int by_##name(const void *a, const void *b) \
	{ \
		const struct row *x = a, *y = b; \
		int rc = value; \
		return rc != 0 ? rc : by_number(x->d.info.domid, y->d.info.domid); \
	}
COMPARE(name, strcmp(x->d.name, y->d.name))
COMPARE(id, 0)
COMPARE(mem, by_number(x->d.info.tot_pages, y->d.info.tot_pages))
COMPARE(vcpus, by_number(x->d.info.nr_online_vcpus, y->d.info.nr_online_vcpus))
COMPARE(state, strcmp(state_of(x), state_of(y)))
COMPARE(time, by_number(y->d.info.cpu_time_ns, x->d.info.cpu_time_ns))	/* the busiest first */

static const struct {
	const char *name;
	int (*compare)(const void *a, const void *b);
} orders[] = {
	{ "id", by_id }, { "name", by_name }, { "mem", by_mem }, { "vcpus", by_vcpus },
	{ "state", by_state }, { "time", by_time },
};

/* The hypervisor tells domains in their order. */
static bool is_sorted(const struct row *rows, size_t n, int (*compare)(const void *, const void *))
{
	size_t i;

	for (i = 1; i < n && compare(&rows[i - 1], &rows[i]) <= 0; i++)
		;
	return i >= n;
}

/* With no rows it is looked whether that order is known. */
static int sort_rows(const struct zl_args *args, struct row *rows, size_t n, struct zerr **err)
{
	const char *by = zl_value(args, "sort");

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (strcmp(orders[i].name, by != NULL ? by : "id") != 0)
			continue;
		if (n > 0 && !is_sorted(rows, n, orders[i].compare))
			qsort(rows, n, sizeof(*rows), orders[i].compare);
		return 0;
	}
	return zerr_set(err, ZERR_USAGE, "E007", 0,
			"list: --sort=%s is not known "
			"(known: id, name, mem, vcpus, state, time)", by);
}

static int check_states(const char *states, struct zerr **err)
{
	static const char known[] = "running,blocked,paused,shutdown,crashed,dying,inactive,saved";
	char word[16];

	for (const char *p = states;; p += strcspn(p, ",") + 1) {
		size_t len = strcspn(p, ",");

		snprintf(word, sizeof(word), "%.*s", (int)len, p);
		if (len == 0 || len >= sizeof(word) || !has_word(known, word))
			return zerr_set(err, ZERR_USAGE, "E007", 0,
					"list: --state=%s is not known (known: %s)", states, known);
		if (p[len] == '\0')
			return 0;
	}
}

/* ---- the table ---- */

struct columns {
	const struct zl *zl;
	bool verbose, label, pool, nodes, words, paint;
	size_t name_room;		/* columns, on a narrow terminal */
	uint32_t nr_nodes;
	struct domain_ctx *ctx;
};

#define NAME_WIDTH 40u
#define NAME_LEAST 12u

/* What a terminal's line leaves for names beside the other columns; without one all they need. */
static size_t name_room(const struct columns *c)
{
	size_t rest = 39 + (c->label ? 17 : 0) + (c->pool ? 17 : 0) + (c->nodes ? 14 : 0);
	struct winsize ws;

	if (c->verbose || ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) != 0 || ws.ws_col == 0)
		return SIZE_MAX;
	return ws.ws_col > rest + NAME_LEAST ? ws.ws_col - rest : NAME_LEAST;
}

/* The name, cut if it must be; pads count bytes, so those that are no columns are added. */
static void add_name(struct strbuf *sb, const struct columns *c, char *name)
{
	size_t columns = 0, more = 0, cut_more = 0;
	char *cut = name;

	for (char *p = name; *p != '\0'; p++) {
		if (((unsigned char)*p & 0xc0) == 0x80) {
			more++;
			continue;
		}
		if (++columns == c->name_room) {
			cut = p;
			cut_more = more;
		}
	}
	if (columns > c->name_room) {
		strcpy(cut, "\xe2\x80\xa6");	/* ... in one column; it takes less than what it cuts */
		more = cut_more + 2;
	}
	strbuf_add_cell(sb, name, -(int)(MIN(c->name_room, (size_t)NAME_WIDTH) + more));
}

static void add_pool(struct strbuf *sb, const struct columns *c, uint32_t pool)
{
	_cleanup_free_ char *name = domain_pool_name(c->ctx, pool);
	char word[4 * DOMAIN_NAME_MAX + 1];

	strbuf_addf(sb, " %16s", zl_word(name != NULL ? name : "-", word, sizeof(word)));
}

/* Red has crashed or is going, yellow waits for somebody, green runs. */
static enum zl_paint paint_of(const struct hyp_domain_info *i)
{
	if (i->dying || (i->shutdown && i->shutdown_reason == HYP_SHUTDOWN_CRASH))
		return ZL_RED;
	return i->paused || i->shutdown ? ZL_YELLOW : i->domid == ZL_INACTIVE ? ZL_PLAIN : ZL_GREEN;
}

static void add_number(struct strbuf *sb, uint64_t n, int width)
{
	char buf[U64_TEXT];

	strbuf_addch(sb, ' ');
	strbuf_add_cell(sb, u64_text(n, buf), width);
}

/* Seconds with one digit behind the point, as " %9.1f" has them. */
static void add_seconds(struct strbuf *sb, uint64_t ns)
{
	uint64_t tenths = (ns + 50000000) / 100000000;

	add_number(sb, tenths / 10, 7);
	strbuf_addch(sb, '.');
	strbuf_addch(sb, (char)('0' + tenths % 10));
}

static void add_row(struct strbuf *sb, const struct columns *c, const struct row *r)
{
	const struct hyp_domain_info *i = &r->d.info;
	char name[4 * DOMAIN_NAME_MAX + 1], flags[7], uuid[DOMAIN_UUID_TEXT];
	const char *shown = zl_shown_name(&r->d, name, sizeof(name));

	if (shown != name)
		strcpy(name, shown);
	domain_state_flags(i, flags);
	add_name(sb, c, name);
	if (i->domid == ZL_INACTIVE)
		strbuf_addstr(sb, "     -");
	else
		add_number(sb, i->domid, 5);
	add_number(sb, pages(i->tot_pages + i->outstanding_pages) >> 20, 5);
	add_number(sb, i->nr_online_vcpus, 5);
	strbuf_addch(sb, ' ');
	if (c->paint)
		strbuf_addstr(sb, zl_paint(c->zl, stdout, paint_of(i)));
	strbuf_add_cell(sb, c->words ? state_of(r) : flags, 10);
	if (c->paint)
		strbuf_addstr(sb, zl_paint(c->zl, stdout, ZL_PLAIN));
	add_seconds(sb, i->cpu_time_ns);
	if (c->verbose) {
		domain_uuid_format(i->uuid, uuid);
		strbuf_addf(sb, " %s %11s", uuid,
			    i->shutdown ? domain_shutdown_word(i->shutdown_reason) : "-");
	}
	if (c->verbose || c->label)
		strbuf_addf(sb, " %16s", "-");
	if (c->pool)
		add_pool(sb, c, i->cpupool);
	if (c->nodes)
		strbuf_addf(sb, " %s", c->nr_nodes > 1 ? "-" : "all");
	strbuf_addch(sb, '\n');
}

static int print_table(struct zl *zl, const struct zl_args *args, const struct row *rows, size_t n,
		       struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct columns c = {
		.verbose = zl_has(args, "verbose") || zl->verbose > 0,
		.label = zl_has(args, "context"),
		.pool = zl_has(args, "cpupool"),
		.nodes = zl_has(args, "numa"),
		.words = zl_has(args, "long-state"),
		.paint = zl_paint(zl, stdout, ZL_PLAIN)[0] != '\0',
		.ctx = &zl->ctx,
		.zl = zl,
	};
	struct hyp_physinfo phys;

	c.name_room = name_room(&c);
	if (c.nodes && zl->ctx.hyp != NULL && hyp_physinfo(zl->ctx.hyp, &phys, NULL) == 0)
		c.nr_nodes = phys.nr_nodes;
	strbuf_addstr(&text, zl_paint(zl, stdout, ZL_BOLD));
	strbuf_add_cell(&text, "Name", -(int)MIN(c.name_room, (size_t)NAME_WIDTH));
	strbuf_addstr(&text, "    ID   Mem VCPUs      State   Time(s)");
	if (c.verbose)
		strbuf_addf(&text, " %-36s %11s", "UUID", "Reason-Code");
	if (c.verbose || c.label)
		strbuf_addf(&text, " %16s", "Security Label");
	if (c.pool)
		strbuf_addf(&text, " %16s", "Cpupool");
	if (c.nodes)
		strbuf_addstr(&text, " NODE Affinity");
	strbuf_addstr(&text, zl_paint(zl, stdout, ZL_PLAIN));
	strbuf_addch(&text, '\n');
	for (size_t i = 0; i < n; i++)
		add_row(&text, &c, &rows[i]);
	if (text.failed)
		return zerr_no_memory(err);
	fwrite(text.buf, 1, text.len, stdout);
	return 0;
}

/* The configuration a domain was created from, as JSON; NULL when it is not known. */
static struct json_object *config_of(struct zl *zl, uint16_t domid)
{
	struct json_object *o = NULL;
	struct domain_config cfg;

	if (domain_state_config(&zl->ctx, domid, &cfg, NULL) == 1) {
		o = zl_config_json(&cfg);
		domain_config_free(&cfg);
	}
	return o;
}

__attribute__((noinline))	/* seldom: not among what zl.ld lays together */
static int print_long(struct zl *zl, const struct row *rows, size_t n)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object(), *cfg;
		uint16_t domid = rows[i].d.info.domid;

		if (domid == ZL_INACTIVE)
			json_object_object_add(o, "domid", NULL);
		else
			zl_json_uint(o, "domid", domid);
		zl_json_string(o, "name", rows[i].d.name[0] ? rows[i].d.name : NULL);
		zl_json_string(o, "state", state_of(&rows[i]));
		cfg = domid == ZL_INACTIVE ? zl_config_json(&rows[i].def->cfg) :
			config_of(zl, domid);
		json_object_object_add(o, "config", cfg);
		json_object_array_add(all, o);
	}
	printf("%s\n", json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY |
						      JSON_C_TO_STRING_SPACED |
						      JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(all);
	return 0;
}

static bool is_named(const struct row *r, const char *text)
{
	return domain_is_meant(text, r->d.info.domid, r->d.name, r->d.info.uuid);
}

/* Those that were named; a name that is not there is an error. Gives the worst exit code. */
__attribute__((noinline))
static int select_named(struct zl *zl, const struct zl_args *args, struct row *rows, size_t *n)
{
	size_t kept = 0, a;
	int worst = 0, rc;

	for (a = 0; a < args->pos_count; a++) {
		struct zerr *err = NULL;
		uint16_t domid;
		bool found = false;

		for (size_t i = 0; i < *n; i++)
			found |= is_named(&rows[i], args->pos[a]);
		/* One that is being restarted is waited for, and told as missing if it stays so. */
		if (found || domain_resolve(&zl->ctx, args->pos[a], &domid, &err) == 0)
			continue;
		zerr_context(&err, "list", NULL);
		rc = zl_report(zl, err);
		worst = MAX(worst, rc);
	}
	for (size_t i = 0; i < *n; i++) {
		for (a = 0; a < args->pos_count && !is_named(&rows[i], args->pos[a]); a++)
			;
		if (a < args->pos_count)
			rows[kept++] = rows[i];
	}
	*n = kept;
	return worst;
}

struct lists {
	struct domain_summary *running;
	struct definition *defs;
	size_t nr_running, nr_defs;
};

/* Every row that the options ask for. */
static size_t make_rows(const struct zl *zl, const struct zl_args *args, const struct lists *l,
			struct row *rows)
{
	bool inactive = zl_has(args, "inactive"), all = zl_has(args, "all") || inactive;
	const char *states = zl_value(args, "state");
	size_t n = 0;

	for (size_t i = 0; i < l->nr_running; i++)
		rows[n++].d = l->running[i];
	for (size_t k = 0; k < l->nr_defs; k++) {
		size_t i;

		for (i = 0; i < l->nr_running; i++)
			if (memcmp(rows[i].d.info.uuid, l->defs[k].cfg.uuid, 16) == 0)
				break;
		if (i < l->nr_running) {
			rows[i].def = &l->defs[k];
		} else if (all || (states != NULL && (has_word(states, "inactive") ||
						      has_word(states, "saved")))) {
			zl_inactive_domain(&l->defs[k], &rows[n].d);
			rows[n].saved = managed_save_exists(&zl->ctx, l->defs[k].cfg.name);
			rows[n++].def = &l->defs[k];
		}
	}
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if ((!inactive || rows[i].d.info.domid == ZL_INACTIVE) &&
		    (states == NULL || has_word(states, state_of(&rows[i]))))
			rows[kept++] = rows[i];
	return kept;
}

static int print_list(struct zl *zl, const struct zl_args *args, struct lists *l,
		      struct zerr **err)
{
	_cleanup_free_ struct row *rows = calloc(l->nr_running + l->nr_defs + 1, sizeof(*rows));
	struct json_object *all;
	int worst = 0, rc;
	size_t n;

	if (rows == NULL)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", 0, "out of memory");
	n = make_rows(zl, args, l, rows);
	if (sort_rows(args, rows, n, err) < 0)
		return -1;
	if (args->pos_count > 0) {
		worst = select_named(zl, args, rows, &n);
		if (n == 0)
			return worst;	/* nothing on stdout: the code tells it */
	}
	if (zl_has(args, "long")) {
		rc = print_long(zl, rows, n);
	} else if (zl->json) {
		all = json_object_new_array();
		for (size_t i = 0; i < n; i++)
			json_object_array_add(all, zl_domain_json(zl, &rows[i].d, rows[i].def));
		rc = zl_print_json(zl, "zl.list/1", all, err);
	} else {
		rc = print_table(zl, args, rows, n, err);
	}
	return rc < 0 ? rc : worst;
}

/* Definitions cost a file each: they are read for those who see something of them. */
ZL_CMD(list)
{
	const char *states = zl_value(args, "state");
	bool defs = zl->json || states != NULL || zl_has(args, "all") || zl_has(args, "inactive");
	struct lists l = { .nr_defs = 0 };
	struct zerr *why = NULL;
	int rc;

	if ((states != NULL && check_states(states, err) < 0) || sort_rows(args, NULL, 0, err) < 0)
		return -1;
	/* Definitions can be seen without a hypervisor. */
	if (zl_has(args, "inactive"))
		why = zl_open_quietly(zl, ZL_WANT_STORE);
	else if (zl_open(zl, ZL_WANT_STORE, err) < 0)
		return -1;
	zerr_free(why);
	if (zl->ctx.hyp != NULL &&
	    domain_list(&zl->ctx, &l.running, &l.nr_running, err) < 0)
		return -1;
	rc = defs ? definition_list(&zl->ctx, &l.defs, &l.nr_defs, err) : 0;
	if (rc == 0)
		rc = print_list(zl, args, &l, err);
	definition_list_free(l.defs, l.nr_defs);
	free(l.running);
	return rc;
}
