/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which guests have a console here. The store says who was introduced and who was released; a
 * guest whose console nodes come later is watched until they are there. Consoles stay open while
 * the store is away. Only nodes that the guest cannot write are believed. Consoles besides the
 * first are further.c's.
 */
#include <xentools/build.h>
#include <xentools/parse_num.h>

#include "tools/xenconsoled/consoled.h"

#define RETRY_NS 100000000ull
#define TOKEN_INTRODUCE "introduce"
#define TOKEN_RELEASE "release"
#define TOKEN_NODES "nodes:"

/* Where a console's nodes are below its domain, which grant its ring is, and its log's name. */
static const struct console_kind {
	const char *dir, *suffix;
	uint32_t grant;
} pv_kind = { "console", "", 0 }, vuart_kind = { "vuart/0", "-vuart", GUEST_VUART_GRANT };

/* Remember whose local port it is; 0 or -ENOMEM. */
int consoled_add_port(struct consoled *d, uint32_t port, struct domain_console *c)
{
	struct domain_console **more;
	uint32_t n;

	if (port >= d->nr_ports) {
		n = port + 64;
		more = realloc(d->by_port, n * sizeof(*more));
		if (!more)
			return -ENOMEM;
		memset(more + d->nr_ports, 0, (n - d->nr_ports) * sizeof(*more));
		d->by_port = more;
		d->nr_ports = n;
	}
	d->by_port[port] = c;
	return 0;
}

/* The console no longer belongs to a domid. */
void consoled_forget(struct consoled *d, struct domain_console *c)
{
	if (c->number != 0 && d->xs)
		further_watch(d, c, false);
	if (d->by_domid[c->domid] != c)
		return;
	d->by_domid[c->domid] = NULL;
	d->nr_consoles--;
}

/* A node of a console's directory: 1 found, else 0 or -1. */
int consoled_read(struct consoled *d, uint16_t domid, const char *dir, const char *key, char **ret)
{
	char path[80];

	snprintf(path, sizeof(path), "/local/domain/%u/%s/%s", domid, dir, key);
	return xs_read(d->xs, XS_NO_TX, path, ret, NULL, NULL);
}

int consoled_read_number(struct consoled *d, uint16_t domid, const char *dir, const char *key,
		       uint32_t *ret)
{
	_cleanup_free_ char *text = NULL;

	if (consoled_read(d, domid, dir, key, &text) != 1 || parse_u32(text, 1, UINT32_MAX, ret) != 0)
		return -1;
	return 0;
}

/* A node, and the value that it has: malloc'd, NULL where there is none. */
struct wanted {
	uint16_t domid;
	const char *dir, *key;
	char *value;
};

#define WANTED_MAX XS_DOMIDS_MAX

/* All of them in one round trip to the store. */
static void read_wanted(struct consoled *d, struct wanted *w, size_t n)
{
	char text[WANTED_MAX][80], *values[WANTED_MAX] = { NULL };
	const char *paths[WANTED_MAX] = { NULL };

	for (size_t i = 0; i < n; i++) {
		snprintf(text[i], sizeof(text[i]), "/local/domain/%u/%s%s%s", w[i].domid, w[i].dir,
			 w[i].dir[0] != '\0' ? "/" : "", w[i].key);
		paths[i] = text[i];
	}
	if (xs_read_all(d->xs, paths, n, values, NULL) != 0)
		for (size_t i = 0; i < n; i++)
			free(steal_ptr(values[i]));
	for (size_t i = 0; i < n; i++)
		w[i].value = values[i];
}

static void free_wanted(struct wanted *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(w[i].value);
}

/* What z:console-log says, in nodes that the guest cannot write; else the daemon's own. */
static uint32_t limit_of(const char *text, uint32_t min, uint32_t max, uint32_t otherwise)
{
	uint32_t n;

	return text != NULL && parse_u32(text, min, max, &n) == 0 ? n : otherwise;
}

/*
 * What all of a domain's consoles have: 0, or -1 while the nodes are not complete. Of what the
 * guest cannot write in dir, below the owner's directory.
 */
int consoled_read_common(struct consoled *d, const char *suffix, uint16_t owner, const char *dir,
			 struct console_nodes *n)
{
	enum { NAME, VM, LOG_SIZE, LOG_KEEP, OWN, SOURCE, COUNT };
	const struct domain_ctx ctx = { .log_dir = d->log_dir };
	struct wanted w[COUNT] = {
		[NAME] = { n->domid, "", "name", NULL },
		[VM] = { n->domid, "", "vm", NULL },
		[LOG_SIZE] = { n->domid, "console", "log-size", NULL },
		[LOG_KEEP] = { n->domid, "console", "log-keep", NULL },
		[OWN] = { owner, dir, "log-file", NULL },
		[SOURCE] = { owner, dir, "file", NULL },
	};
	int rc = -1;

	read_wanted(d, w, COUNT);
	if (w[NAME].value && w[VM].value && asprintf(&n->name, "%s%s", w[NAME].value, suffix) >= 0) {
		n->vm = steal_ptr(w[VM].value);
		n->log_size = limit_of(w[LOG_SIZE].value, 4096, 1u << 30, (uint32_t)d->log_size);
		n->log_keep = limit_of(w[LOG_KEEP].value, 0, 64, CONSOLED_LOG_KEEP);
		if (!n->no_log)
			n->files[FILE_LOG] = domain_console_log_path(&ctx, n->name);
		n->files[FILE_OWN] = steal_ptr(w[OWN].value);
		n->files[FILE_SOURCE] = steal_ptr(w[SOURCE].value);
		rc = 0;
	}
	free_wanted(w, COUNT);
	return rc;
}

/*
 * All that is needed to open one of a domain's consoles: 0, or -1 while the nodes are not
 * complete, or when another program serves it.
 */
static int read_nodes(struct consoled *d, uint16_t domid, const struct console_kind *kind,
		      struct console_nodes *ret)
{
	enum { PORT, TYPE, OUTPUT, COUNT };
	struct wanted w[COUNT] = {
		[PORT] = { domid, kind->dir, "port", NULL },
		[TYPE] = { domid, kind->dir, "type", NULL },
		[OUTPUT] = { domid, kind->dir, "output", NULL },
	};
	struct console_nodes n = { .domid = domid, .dir = kind->dir, .grant = kind->grant };
	bool ours;

	read_wanted(d, w, COUNT);
	ours = w[PORT].value && parse_u32(w[PORT].value, 1, UINT32_MAX, &n.port) == 0 &&
	       (!w[TYPE].value || strcmp(w[TYPE].value, "xenconsoled") == 0);
	if (w[OUTPUT].value) {
		/* The other one is "file". */
		n.no_pty = strcmp(w[OUTPUT].value, "pty") != 0;
		n.no_log = strcmp(w[OUTPUT].value, "null") == 0;
	}
	free_wanted(w, COUNT);
	if (!ours || consoled_read_common(d, kind->suffix, domid, kind->dir, &n) != 0)
		return -1;
	*ret = n;
	return 0;
}

static void watch_nodes(struct consoled *d, uint16_t domid, bool on)
{
	char path[64], token[32];

	snprintf(path, sizeof(path), "/local/domain/%u/console", domid);
	snprintf(token, sizeof(token), TOKEN_NODES "%u", domid);
	if (on)
		xs_watch(d->xs, path, token, NULL);
	else
		xs_unwatch(d->xs, path, token, NULL);
}

/*
 * Where the console is found; and where this life's lines begin in its log, which goes on from one
 * domain of a name to the next: zl console and zl wait ask. The first process that has the domain
 * says so. The node of the tty is the creator's: where it is gone its domain is, and nothing is
 * made anew.
 */
static int set_nodes(struct xs *xs, uint32_t tx, void *arg, struct zerr **err)
{
	const struct domain_console *c = arg;
	_cleanup_free_ char *was = NULL, *start = NULL;
	char path[64], text[24];
	int rc;

	snprintf(path, sizeof(path), "/local/domain/%u/%s/tty", c->domid, c->dir);
	rc = xs_read(xs, tx, path, &was, NULL, err);
	if (rc != 1)
		return rc;
	if (c->pty.master >= 0 && strcmp(was, c->pty.name) != 0 &&
	    xs_write_str(xs, tx, path, c->pty.name, err) != 0)
		return -1;
	if (c->log_start < 0)
		return 0;
	snprintf(path, sizeof(path), "/local/domain/%u/%s/log-start", c->domid, c->dir);
	rc = xs_read(xs, tx, path, &start, NULL, err);
	if (rc != 0)
		return MIN(rc, 0);
	snprintf(text, sizeof(text), "%lld", (long long)c->log_start);
	return xs_write_str(xs, tx, path, text, err);
}

static void write_nodes(struct consoled *d, struct domain_console *c)
{
	_cleanup_zerr_ struct zerr *err = NULL;

	if ((c->pty.master >= 0 || c->log_start >= 0) &&
	    xs_transaction(d->xs, set_nodes, c, &err) != 0)
		zlog_zerr(ZLOG_WARNING, err);
}

/* Takes the names in the nodes. */
struct domain_console *consoled_new(struct consoled *d, const struct console_nodes *nodes)
{
	_cleanup_zerr_ struct zerr *err = NULL;
	struct domain_console *c = domain_console_new(d, nodes, &err);

	if (c)
		return c;
	zlog_zerr(ZLOG_WARNING, err);
	free(nodes->name);
	free(nodes->vm);
	for (size_t i = 0; i < CONSOLE_FILES; i++)
		free(nodes->files[i]);
	return NULL;
}

/* Open a console whose nodes are complete: 1 opened, 0 not yet, -1 refused. */
static int open_kind(struct consoled *d, uint16_t domid, const struct console_kind *kind,
		     struct domain_console **ret)
{
	_cleanup_zerr_ struct zerr *err = NULL;
	struct console_nodes nodes;

	if (read_nodes(d, domid, kind, &nodes) != 0)
		return 0;
	*ret = consoled_new(d, &nodes);
	if (!*ret)
		return -1;
	if (domain_console_connect(*ret, nodes.grant, nodes.port, &err) == 0)
		return 1;
	zlog_zerr(ZLOG_WARNING, err);
	domain_console_free(*ret);
	*ret = NULL;
	return -1;
}

/* Open a domain's consoles: those besides the first are written before its introduction. */
static int try_open(struct consoled *d, uint16_t domid)
{
	struct domain_console *c;
	int rc = open_kind(d, domid, &pv_kind, &c);

	if (rc != 1)
		return rc;
	d->by_domid[domid] = c;
	d->nr_consoles++;
	/* Who waits for the first tty has all. */
	if (open_kind(d, domid, &vuart_kind, &c->next) == 1)
		write_nodes(d, c->next);
	further_open_all(d, c);
	write_nodes(d, c);
	return 1;
}

/* Look at all domains of the store and open what is new. */
static void scan_introduced(struct consoled *d)
{
	_cleanup_free_ char **names = NULL;
	uint32_t domid;
	size_t i, n;

	if (xs_directory(d->xs, XS_NO_TX, "/local/domain", &names, &n, NULL) != 1)
		return;
	for (i = 0; i < n; i++) {
		if (parse_domid(names[i], &domid) != 0 || domid == 0 || d->by_domid[domid])
			continue;
		if (xs_is_introduced(d->xs, domid, NULL) != 1)
			continue;
		if (try_open(d, (uint16_t)domid) == 0)
			watch_nodes(d, (uint16_t)domid, true);
	}
}

/* What the store says of some consoles' domains, asked for in two trips. */
struct asked {
	struct domain_console *c[XS_DOMIDS_MAX];
	size_t n;
};

/* Those that are gone end: no longer there, or another has the domid. An error ends nobody. */
static void look_at(struct consoled *d, struct asked *a)
{
	struct wanted vms[XS_DOMIDS_MAX];
	bool there[XS_DOMIDS_MAX];
	uint32_t domids[XS_DOMIDS_MAX];

	for (size_t i = 0; i < a->n; i++) {
		domids[i] = a->c[i]->domid;
		vms[i] = (struct wanted){ a->c[i]->domid, "", "vm", NULL };
	}
	if (xs_are_introduced(d->xs, domids, a->n, there, NULL) != 0)
		memset(there, true, sizeof(there));
	/* What cannot be read is not another's. */
	read_wanted(d, vms, a->n);
	for (size_t i = 0; i < a->n; i++) {
		struct domain_console *c = a->c[i];

		if (!there[i] || (vms[i].value && strcmp(vms[i].value, c->vm) != 0)) {
			domain_console_end(c);
			c = NULL;
		}
		for (; c; c = c->next)
			domain_console_drain(c);
	}
	free_wanted(vms, a->n);
	a->n = 0;
}

/* Somebody died or shut down: last words of all, and the end of those that are gone. */
static void scan_released(struct consoled *d)
{
	unsigned int left = d->nr_consoles;
	struct asked a = { .n = 0 };
	uint32_t domid;

	for (domid = 1; domid < HYP_DOMID_FIRST_RESERVED && left > 0; domid++) {
		if (!d->by_domid[domid])
			continue;
		a.c[a.n++] = d->by_domid[domid];
		if (--left == 0 || a.n == XS_DOMIDS_MAX)
			look_at(d, &a);
	}
}

/* A new period for all: one without a port may have to be looked at, too. */
void consoled_unthrottle(struct consoled *d)
{
	unsigned int left = d->nr_consoles;
	uint32_t domid;

	for (domid = 1; domid < HYP_DOMID_FIRST_RESERVED && left > 0; domid++) {
		left -= d->by_domid[domid] != NULL;
		for (struct domain_console *c = d->by_domid[domid]; c; c = c->next)
			domain_console_unthrottle(c);
	}
}

static void on_nodes(struct consoled *d, const char *token)
{
	uint32_t domid;

	if (parse_domid(token + strlen(TOKEN_NODES), &domid) != 0)
		return;
	if (d->by_domid[domid] || try_open(d, (uint16_t)domid) != 0 ||
	    xs_is_introduced(d->xs, domid, NULL) == 0)
		watch_nodes(d, (uint16_t)domid, false);
}

static void on_store_lost(struct consoled *d)
{
	zlog(ZLOG_WARNING, "the store daemon went away; consoles go on");
	event_source_remove(d->xs_source);
	d->xs_source = NULL;
	xs_close(d->xs);
	d->xs = NULL;
	event_timer_set(d->xs_retry, RETRY_NS);
}

static void on_store(void *data, int, unsigned int)
{
	struct consoled *d = data;
	bool introduced = false, released = false;
	struct xs_event ev;
	int rc;

	/* Look-ups while handling an event may queue further ones, hence the outer loop. */
	do {
		introduced = released = false;
		while ((rc = xs_next_event(d->xs, 0, &ev, NULL)) == 1) {
			if (strcmp(ev.token, TOKEN_INTRODUCE) == 0)
				introduced = true;
			else if (strcmp(ev.token, TOKEN_RELEASE) == 0)
				released = true;
			else if (strncmp(ev.token, TOKEN_FRONT, strlen(TOKEN_FRONT)) == 0)
				further_event(d, ev.token);
			else if (strcmp(ev.token, TOKEN_BACK) == 0)
				further_back_event(d, ev.path);
			else if (strncmp(ev.token, TOKEN_NODES, strlen(TOKEN_NODES)) == 0)
				on_nodes(d, ev.token);
			xs_event_clear(&ev);
		}
		if (rc < 0) {
			on_store_lost(d);
			return;
		}
		if (released)
			scan_released(d);
		if (introduced)
			scan_introduced(d);
	} while (introduced || released);
}

static void on_retry(void *data)
{
	_cleanup_zerr_ struct zerr *err = NULL;
	struct consoled *d = data;

	if (consoled_connect(d, &err) == 0) {
		zlog(ZLOG_INFO, "the store daemon is back");
		consoled_begin(d);
	} else if (err->errnum == EACCES) {
		/* We gave up the right to its socket: the next process begins with it. */
		zlog(ZLOG_WARNING, "the store is not for us any more: starting anew");
		event_loop_stop(d->loop, 1);
	} else {
		event_timer_set(d->xs_retry, RETRY_NS);
	}
}

/* Connect to the store and watch it; consoled_begin() is next. */
int consoled_connect(struct consoled *d, struct zerr **err)
{
	struct xs *xs = NULL;

	if (!d->xs_retry)
		d->xs_retry = event_loop_add_timer(d->loop, on_retry, d);
	if (xs_open(&xs, NULL, err) != 0)
		return -1;
	/* Consoles go on while the store is away: on_retry() waits for it. */
	xs_set_reconnect(xs, 0);
	if (xs_watch(xs, "@introduceDomain", TOKEN_INTRODUCE, err) != 0 ||
	    xs_watch(xs, "@releaseDomain", TOKEN_RELEASE, err) != 0 ||
	    xs_watch(xs, DOMAIN_CONSOLES, TOKEN_BACK, err) != 0)
		goto fail;
	d->xs_source = event_loop_add_fd(d->loop, xs_fd(xs), POLLIN, on_store, d);
	if (!d->xs_source || !d->xs_retry) {
		zerr_no_memory(err);
		goto fail;
	}
	d->xs = xs;
	return 0;
fail:
	event_source_remove(d->xs_source);
	d->xs_source = NULL;
	xs_close(xs);
	return -1;
}

/* Open all consoles that the store knows of, and tell where all are. */
void consoled_begin(struct consoled *d)
{
	uint32_t domid;

	/* The first event of each watch is here already: do what it asks for now. */
	on_store(d, -1, 0);
	for (domid = 1; d->xs && domid < HYP_DOMID_FIRST_RESERVED && d->nr_consoles; domid++) {
		for (struct domain_console *c = d->by_domid[domid]; c; c = c->next) {
			if (c->number == 0)
				write_nodes(d, c);
			else
				further_watch(d, c, true);
		}
	}
}
