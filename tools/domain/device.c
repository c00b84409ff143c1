/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attaching, taking away and listing of devices: the order of steps and the nodes common to all
 * kinds. Both ends' directories are made in one transaction, as libxl makes them, with libxl's
 * copy under /libxl that no guest reads; all that is read back to decide comes from there or from
 * the back-end's directory. Waiting is by the store's watches, with a look now and then. Signals
 * are held, so that no device is left half attached: hotplug_interrupted() tells of Ctrl-C.
 */
#include <xentools/event_loop.h>

#include "tools/domain/device_priv.h"
#include "tools/domain/xenbus_state.h"

#define NS_PER_MS INT64_C(1000000)
#define LOOK_MS 250			/* at most that long without a look, also for Ctrl-C */
#define ANSWER_MS 2000			/* a guest that has a driver answers in a tenth of it */
#define APART_MS 1000			/* for a guest to see that a device went */
#define AGAIN 3				/* so often, at most */
#define TOKEN "zl-device"
#define ERROR_PATH_MAX (DEVICE_PATH_MAX + 16)

static const char *side_path(const struct device *d, enum device_side side)
{
	return side == DEVICE_FRONT ? d->front : side == DEVICE_BACK ? d->back : d->note;
}

int device_read(const struct device *d, enum device_side side, const char *key, char **ret,
		struct zerr **err)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", side_path(d, side), key);
	return xs_read(d->ctx->xs, XS_NO_TX, path, ret, NULL, err);
}

int device_write(const struct device *d, unsigned int sides, const char *key, const char *value,
		 struct zerr **err)
{
	char path[160];

	for (unsigned int side = DEVICE_FRONT; side <= DEVICE_NOTE; side <<= 1) {
		if (!(sides & side))
			continue;
		snprintf(path, sizeof(path), "%s/%s", side_path(d, side), key);
		if (xs_write_str(d->ctx->xs, XS_NO_TX, path, value, err) != 0)
			return -1;
	}
	return 0;
}

/* A writer that failed makes the two others no-ops, too. */
static void put_one(struct device_writer *w, struct node_writer *side, const char *key,
		    const char *value)
{
	if ((w->front.rc | w->back.rc | w->note.rc) == 0)
		node_write(side, key, "%s", value);
}

void device_put(struct device_writer *w, unsigned int sides, const char *key, const char *fmt, ...)
{
	_cleanup_free_ char *value = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&value, fmt, ap) < 0)
		value = NULL;
	va_end(ap);
	if (!value) {
		w->note.rc = zerr_no_memory(w->note.err);
		return;
	}
	if (sides & DEVICE_FRONT)
		put_one(w, &w->front, key, value);
	if (sides & DEVICE_BACK)
		put_one(w, &w->back, key, value);
	if (sides & (DEVICE_BACK | DEVICE_NOTE))
		put_one(w, &w->note, key, value);
}

const struct device_class *device_class_of(enum device_kind kind)
{
	return kind == DEVICE_VBD ? &device_class_vbd :
	       kind == DEVICE_VIF ? &device_class_vif : &device_class_console;
}

static void set_paths(struct device *d)
{
	snprintf(d->front, sizeof(d->front), "/local/domain/%u/device/%s/%u", d->domid,
		 d->cls->type, d->devid);
	snprintf(d->back, sizeof(d->back), "/local/domain/%u/backend/%s/%u/%u", d->backend_domid,
		 d->cls->type, d->domid, d->devid);
	snprintf(d->note, sizeof(d->note), "/libxl/%u/device/%s/%u", d->domid, d->cls->type,
		 d->devid);
	d->cls->set_name(d);
}

int device_init(struct device *d, struct domain_ctx *ctx, const struct device_class *cls,
		uint16_t domid, unsigned int devid, const void *config,
		const char *backend_domain, struct zerr **err)
{
	*d = (struct device){ .ctx = ctx, .cls = cls, .domid = domid, .devid = devid,
			      .config = config };
	set_paths(d);	/* what fails has its name */
	if (domain_need_store(ctx, err) != 0 ||
	    (backend_domain && domain_resolve(ctx, backend_domain, &d->backend_domid, err) != 0) ||
	    (d->backend_domid != 0 && domain_check_peers(ctx, "backenddomain", err) != 0))
		return -1;
	set_paths(d);
	return 0;
}

/* Another domain serves it than device_init() knew. */
void device_set_backend(struct device *d, uint16_t backend_domid)
{
	d->backend_domid = backend_domid;
	set_paths(d);
}

void device_script_path(const struct domain_ctx *ctx, const char *name, char ret[PATH_MAX])
{
	if (name[0] == '/')
		snprintf(ret, PATH_MAX, "%s", name);
	else
		snprintf(ret, PATH_MAX, "%s/scripts/%s",
			 ctx->config_dir ? ctx->config_dir : DOMAIN_CONFIG_DIR, name);
}

int device_script_check(const char *path, struct zerr **err)
{
	if (access(path, X_OK) == 0)
		return 0;
	return zerr_set(err, errno == ENOENT ? ZERR_NOT_FOUND : ZERR_FAILED, "E324", errno,
			"cannot run the script %s", path);
}

/* ---- what the store shows ---- */

static enum xenbus_hotplug hotplug_of(const char *text)
{
	if (text && strcmp(text, "connected") == 0)
		return XENBUS_HOTPLUG_CONNECTED;
	return text && strcmp(text, "error") == 0 ? XENBUS_HOTPLUG_ERROR : XENBUS_HOTPLUG_PENDING;
}

static int look(const struct device *d, struct xenbus_view *v, struct zerr **err)
{
	_cleanup_free_ char *back = NULL, *front = NULL, *online = NULL, *hotplug = NULL;
	int rc = device_read(d, DEVICE_BACK, "state", &back, err);

	if (rc < 0 || device_read(d, DEVICE_FRONT, "state", &front, err) < 0 ||
	    device_read(d, DEVICE_BACK, "online", &online, err) < 0 ||
	    device_read(d, DEVICE_BACK, "hotplug-status", &hotplug, err) < 0)
		return -1;
	v->exists = rc > 0;
	v->held = d->backend_domid != 0 || !d->cls->module ||
		  hotplug_backend_has(d->cls->type, d->domid, d->devid);
	v->back = xenbus_state_parse(back);
	v->front = xenbus_state_parse(front);
	v->online = online && strcmp(online, "1") == 0;
	v->hotplug = hotplug_of(hotplug);
	return 0;
}

/*
 * Sleep until something changed or a look is due; takes the time off *left_ns. Of events that come
 * within a millisecond each counts, too: a guest may make as many as it likes.
 */
static int wait_change(const struct device *d, int64_t *left_ns, struct zerr **err)
{
	uint64_t before = event_now_ns();
	int slice = (int)MIN(*left_ns / NS_PER_MS + 1, LOOK_MS), rc;
	struct xs_event ev;

	if (!d->undo && hotplug_interrupted())
		return zerr_set(err, ZERR_INTERRUPTED, "E920", 0, "interrupted");
	rc = xs_next_event(d->ctx->xs, slice, &ev, err);
	if (rc < 0)
		return -1;
	if (rc > 0)
		xs_event_clear(&ev);
	*left_ns -= rc == 0 ? slice * NS_PER_MS : (int64_t)(event_now_ns() - before);
	return 0;
}

/* Ask a device to close; front: take its directory away, too. In one transaction. */
struct closing {
	const struct device *d;
	bool remove_front;
};

static int write_close(struct xs *xs, uint32_t tx, void *arg, struct zerr **err)
{
	const struct closing *c = arg;
	struct node_writer w = { .xs = xs, .tx = tx, .base = c->d->back, .err = err };
	_cleanup_free_ char *text = NULL;
	enum xenbus_state state;
	char path[100];
	int rc;

	snprintf(path, sizeof(path), "%s/state", c->d->back);
	rc = xs_read(xs, tx, path, &text, NULL, err);
	if (rc > 0) {
		state = xenbus_state_parse(text);
		node_write(&w, "online", "0");
		/* What the back-end said last, "closed", must not be overwritten. */
		if (state != XENBUS_CLOSING && state != XENBUS_CLOSED)
			node_write(&w, "state", "%d", XENBUS_CLOSING);
	}
	if (rc < 0 || w.rc != 0)
		return -1;
	return c->remove_front ? xs_rm(xs, tx, c->d->front, err) : 0;
}

static int ask_close(const struct device *d, bool remove_front, struct zerr **err)
{
	struct closing c = { .d = d, .remove_front = remove_front };

	if (d->cls->let_go && d->backend_domid == 0)
		d->cls->let_go(d);
	return xs_transaction(d->ctx->xs, write_close, &c, err);
}

/* A guest that keeps the device may go on with it. */
static int write_reopen(struct xs *xs, uint32_t tx, void *arg, struct zerr **err)
{
	const struct device *d = arg;
	struct node_writer w = { .xs = xs, .tx = tx, .base = d->back, .err = err };
	_cleanup_free_ char *text = NULL;
	char path[100];

	snprintf(path, sizeof(path), "%s/state", d->back);
	if (xs_read(xs, tx, path, &text, NULL, err) < 0)
		return -1;
	if (xenbus_state_parse(text) != XENBUS_CLOSING)
		return 0;
	node_write(&w, "online", "1");
	node_write(&w, "state", "%d", XENBUS_CONNECTED);
	return w.rc;
}

static int take_step(struct device *d, enum xenbus_goal goal, struct zerr **err)
{
	if (goal != XENBUS_ATTACH)
		return ask_close(d, false, err);
	return d->backend_domid == 0 ? d->cls->hotplug_attach(d, err) : 0;
}

static int drive_watched(struct device *d, enum xenbus_goal goal, int timeout_ms,
			 enum xenbus_reason *why, struct zerr **err)
{
	int64_t left_ns = timeout_ms * NS_PER_MS;
	struct xenbus_view v = { .goal = goal };

	for (;;) {
		if (look(d, &v, err) != 0)
			return -1;
		v.in_time = left_ns > 0;
		switch (xenbus_decide(&v, why)) {
		case XENBUS_DONE:
		case XENBUS_GIVE_UP:
			return 0;
		case XENBUS_STEP:
			if (take_step(d, goal, err) != 0)
				return -1;
			v.stepped = true;
			if (goal == XENBUS_ATTACH)
				left_ns = DEVICE_HOTPLUG_MS * NS_PER_MS;
			break;
		default:
			if (wait_change(d, &left_ns, err) != 0)
				return -1;
		}
	}
}

/* Go towards a goal until it is reached (*why XENBUS_WHY_NONE) or given up. */
static int drive(struct device *d, enum xenbus_goal goal, int timeout_ms,
		 enum xenbus_reason *why, struct zerr **err)
{
	int rc;

	if (xs_watch(d->ctx->xs, d->back, TOKEN, err) != 0)
		return -1;
	rc = drive_watched(d, goal, timeout_ms, why, err);
	xs_unwatch(d->ctx->xs, d->back, TOKEN, NULL);
	return rc;
}

/* Where the back-end's kernel notes what went wrong with a device. */
static void error_path(const struct device *d, char ret[ERROR_PATH_MAX])
{
	const char *rel = strstr(d->back, "/backend/") + 1;

	snprintf(ret, ERROR_PATH_MAX, "/local/domain/%u/error/%s", d->backend_domid, rel);
}

/* What it said, malloc'd, or NULL. */
static char *kernel_error(const struct device *d)
{
	char dir[ERROR_PATH_MAX], path[ERROR_PATH_MAX + 8], *text = NULL;

	error_path(d, dir);
	snprintf(path, sizeof(path), "%s/error", dir);
	if (xs_read(d->ctx->xs, XS_NO_TX, path, &text, NULL, NULL) <= 0)
		return NULL;
	return text;
}

static int explain(const struct device *d, enum xenbus_reason why, struct zerr **err)
{
	_cleanup_free_ char *text = NULL;

	switch (why) {
	case XENBUS_WHY_NO_BACKEND:
		zerr_set(err, ZERR_TIMEOUT, "E801", 0, "no back-end driver takes it");
		return d->cls->module ? zerr_hint(err, "is the module %s loaded in domain %u?",
						  d->cls->module, d->backend_domid) :
					zerr_hint(err, "does xenconsoled run?");
	case XENBUS_WHY_BACKEND_FAILED:
		text = kernel_error(d);
		return zerr_set(err, ZERR_FAILED, "E330", 0, "the back-end driver gave it up%s%s",
				text ? ": " : "", text ? text : "");
	case XENBUS_WHY_HOTPLUG_FAILED:
		device_read(d, DEVICE_BACK, "hotplug-error", &text, NULL);
		return zerr_set(err, ZERR_FAILED, "E333", 0, "its hotplug script failed%s%s",
				text ? ": " : "", text ? text : "");
	case XENBUS_WHY_HOTPLUG_SLOW:
		zerr_set(err, ZERR_TIMEOUT, "E802", 0,
			 "its hotplug script did not say that it is connected");
		return d->backend_domid == 0 ? -1 :
		       zerr_hint(err, "does the script driver-domain run in domain %u?",
				 d->backend_domid);
	case XENBUS_WHY_GUEST_KEEPS:
	case XENBUS_WHY_GUEST_CLOSING:
		zerr_set(err, ZERR_TIMEOUT, "E804", 0, why == XENBUS_WHY_GUEST_CLOSING ?
			 "the guest is still closing it" :
			 "the guest does not answer the request to let it go");
		return zerr_hint(err, "--force takes it away all the same");
	default:
		return zerr_set(err, ZERR_STATE, "E711", 0, "it was taken away meanwhile");
	}
}

/* ---- attach ---- */

/* A directory of one end, which the other end may read. */
static void set_perms(struct node_writer *w, uint16_t owner, uint16_t reader)
{
	const struct xs_perm perms[] = { { owner, XS_ACCESS_NONE }, { reader, XS_ACCESS_READ } };

	if (w->rc == 0)
		w->rc = xs_set_perms(w->xs, w->tx, w->base, perms, 2, w->err);
}

static int write_nodes(struct xs *xs, uint32_t tx, void *arg, struct zerr **err)
{
	const struct device *d = arg;
	const struct node_writer side = { .xs = xs, .tx = tx, .err = err };
	struct device_writer w = { side, side, side };
	_cleanup_free_ char *there = NULL;
	int rc = xs_read(xs, tx, d->note, &there, NULL, err);

	if (rc < 0)
		return -1;
	if (rc > 0)
		return zerr_set(err, ZERR_STATE, "E703", 0, "the domain has one already");
	w.front.base = d->front;
	w.back.base = d->back;
	w.note.base = d->note;
	/* Nothing that is left of an earlier domain may be inherited. */
	if (xs_rm(xs, tx, d->front, err) != 0 || xs_rm(xs, tx, d->back, err) != 0)
		return -1;
	device_put(&w, DEVICE_FRONT | DEVICE_BACK, "", "%s", "");
	set_perms(&w.front, d->domid, d->backend_domid);
	set_perms(&w.back, d->backend_domid, d->domid);
	node_perms(&w.note, "", NODE_PRIVATE, 0);
	device_put(&w, DEVICE_NOTE, "backend", "%s", d->back);
	device_put(&w, DEVICE_NOTE, DEVICE_OURS, "1");
	device_put(&w, DEVICE_FRONT, "backend", "%s", d->back);
	device_put(&w, DEVICE_FRONT, "backend-id", "%u", d->backend_domid);
	device_put(&w, DEVICE_BACK, "frontend", "%s", d->front);
	device_put(&w, DEVICE_BACK, "frontend-id", "%u", d->domid);
	device_put(&w, DEVICE_BACK, "online", "1");
	d->cls->write_nodes(d, &w);
	/* Last, as the kernels look at a device when its state appears. */
	device_put(&w, DEVICE_BACK | DEVICE_FRONT, "state", "%d", XENBUS_INITIALISING);
	return w.front.rc | w.back.rc | w.note.rc;
}

int device_begin(struct device *d, int (*guard)(struct device *d, struct zerr **err),
		 struct zerr **err)
{
	_cleanup_close_ int lock = -1;
	char driver[64];

	snprintf(driver, sizeof(driver), "/sys/bus/xen-backend/drivers/%s", d->cls->type);
	if ((d->backend_domid == 0 && d->cls->module &&
	     hotplug_module(d->cls->module, driver, err) != 0) ||
	    domain_lock(d->ctx, &lock, err) != 0 || (guard && guard(d, err) != 0))
		return -1;
	return xs_transaction(d->ctx->xs, write_nodes, d, err);
}

int device_finish(struct device *d, struct zerr **err)
{
	enum xenbus_reason why;

	if (drive(d, XENBUS_ATTACH, DEVICE_STATE_MS, &why, err) != 0)
		return -1;
	return why == XENBUS_WHY_NONE ? 0 : explain(d, why, err);
}

int device_failed(const struct device *d, const char *step, struct zerr *why, struct zerr **err)
{
	char text[40];

	snprintf(text, sizeof(text), "%s %s", step, d->cls->word);
	zerr_context(&why, text, d->name);
	return zerr_pass(err, why);
}

/*
 * Does the guest begin with the device within ANSWER_MS? 1, 0 or -1. One that closes it is still
 * at the one before, whose nodes it takes these for.
 */
static int guest_answers(const struct device *d, struct zerr **err)
{
	int64_t left_ns = ANSWER_MS * NS_PER_MS;
	int rc = 0;

	if (xs_watch(d->ctx->xs, d->front, TOKEN, err) != 0)
		return -1;
	while (rc == 0 && left_ns > 0) {
		_cleanup_free_ char *state = NULL;

		rc = device_read(d, DEVICE_FRONT, "state", &state, err);
		if (rc >= 0)
			rc = xenbus_state_parse(state) >= XENBUS_INIT_WAIT &&
			     xenbus_state_parse(state) <= XENBUS_CONNECTED;
		if (rc == 0)
			rc = wait_change(d, &left_ns, err);
	}
	xs_unwatch(d->ctx->xs, d->front, TOKEN, NULL);
	return rc;
}

static int attach_once(struct device *d, int (*guard)(struct device *d, struct zerr **err),
		       struct zerr **err)
{
	if (device_begin(d, guard, err) != 0)
		return -1;
	if (device_finish(d, err) == 0)
		return 0;
	device_remove(d, true, NULL);
	return -1;
}

/*
 * Linux finds devices by their directories. One that is made anew before a busy guest has seen
 * that the old one went is taken for the old one, and nobody answers for it, or it is closed with
 * the old one: it goes and comes again, longer and longer apart. A guest without a driver never
 * answers, and that is no failure.
 */
static int attach_again(struct device *d, int (*guard)(struct device *d, struct zerr **err),
			struct zerr **err)
{
	for (unsigned int tries = 0; tries < AGAIN; tries++) {
		int rc = guest_answers(d, err);

		if (rc > 0)
			return 0;
		device_remove(d, true, NULL);
		d->undo = false;
		if (rc < 0)
			return -1;
		hotplug_pause(APART_MS << tries);
		if (attach_once(d, guard, err) != 0)
			return -1;
	}
	return 0;
}

/* Who has waited for the turn may have it from the one that destroyed the domain. */
static int check_domain(const struct device *d, struct zerr **err)
{
	struct hyp_domain_info info;
	int rc = hyp_domain_info(d->ctx->hyp, d->domid, &info, err);

	if (rc < 0 || (rc == 1 && !info.dying))
		return rc < 0 ? -1 : 0;
	device_end_turns(d->ctx, d->domid);
	return zerr_set(err, ZERR_NOT_FOUND, "E701", 0, "there is no domain %u any more", d->domid);
}

int device_attach(struct device *d, int (*guard)(struct device *d, struct zerr **err),
		  struct zerr **err)
{
	_cleanup_signals_ sigset_t signals = signals_hold();
	_cleanup_close_ int turn = -1;
	struct zerr *why = NULL;

	if (device_take_turn(d->ctx, d->domid, &turn, &why) != 0 || check_domain(d, &why) != 0 ||
	    attach_once(d, guard, &why) != 0 ||
	    (device_went_before(turn, d) && attach_again(d, guard, &why) != 0))
		return device_failed(d, "attach", why, err);
	return 0;
}

/* ---- take away ---- */

/* A directory that has become empty goes, too. */
static int rm_empty(struct xs *xs, uint32_t tx, const char *path, struct zerr **err)
{
	_cleanup_free_ char **names = NULL;
	size_t n = 0;
	int rc = xs_directory(xs, tx, path, &names, &n, err);

	return rc <= 0 || n > 0 ? rc < 0 ? -1 : 0 : xs_rm(xs, tx, path, err);
}

static int remove_nodes(struct xs *xs, uint32_t tx, void *arg, struct zerr **err)
{
	const struct device *d = arg;
	char error[ERROR_PATH_MAX], parent[ERROR_PATH_MAX];
	const char *const paths[] = { d->front, d->back, d->note, error };

	error_path(d, error);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (xs_rm(xs, tx, paths[i], err) != 0)
			return -1;
		snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(paths[i], '/') - paths[i]),
			 paths[i]);
		if (rm_empty(xs, tx, parent, err) != 0)
			return -1;
	}
	return 0;
}

int device_ask_close(const struct device *d, struct zerr **err)
{
	return ask_close(d, true, err);
}

int device_remove(struct device *d, bool ask, struct zerr **err)
{
	enum xenbus_reason why = XENBUS_WHY_NONE;
	int rc = ask ? device_ask_close(d, err) : 0;

	d->undo = true;
	if (drive(d, XENBUS_REMOVE, DEVICE_STATE_MS, &why, err) != 0)
		rc = -1;
	if (why == XENBUS_WHY_BACKEND_KEEPS)
		domain_warn(d->ctx, "W711", "a back-end driver does not let go of a device; its "
			    "nodes are removed all the same");
	if (d->backend_domid == 0 && d->cls->hotplug_detach(d, err) != 0)
		rc = -1;
	if (xs_transaction(d->ctx->xs, remove_nodes, d, err) != 0)
		rc = -1;
	return rc;
}

int device_close(struct device *d, int timeout_ms, struct zerr **err)
{
	enum xenbus_reason why;

	if (drive(d, XENBUS_DETACH, timeout_ms, &why, err) != 0)
		return -1;
	if (why == XENBUS_WHY_NONE)
		return 0;
	if (why == XENBUS_WHY_GUEST_KEEPS)
		xs_transaction(d->ctx->xs, write_reopen, d, NULL);
	return explain(d, why, err);
}
