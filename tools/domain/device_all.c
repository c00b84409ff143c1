/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All devices of a domain: listed, attached with a new domain, and taken away with one that ends.
 * Both halves of attaching and of taking away are done for all devices before the next half, so
 * that the back-ends work at the same time.
 */
#include <sys/file.h>

#include "tools/domain/device_priv.h"
#include "tools/domain/xenbus_state.h"

#define TURN_MS 30000			/* how long another program may change the devices */
#define LAST_TURN_MS 10000		/* the same for who destroys the domain */

/* Those that go with their domain; consoles only when they are to go before it. */
static const enum device_kind kinds[] = { DEVICE_VBD, DEVICE_VIF, DEVICE_CONSOLE };
#define KINDS_OF_DOMAIN 2u

/* The device as its note says; 1 found, 0 there is none, -1 error. */
int device_find(struct device *d, struct domain_ctx *ctx, uint16_t domid, enum device_kind kind,
		unsigned int devid, struct zerr **err)
{
	_cleanup_free_ char *back = NULL;
	unsigned int backend;
	int rc;

	if (device_init(d, ctx, device_class_of(kind), domid, devid, NULL, NULL, err) != 0)
		return -1;
	rc = device_read(d, DEVICE_NOTE, "backend", &back, err);
	if (rc <= 0)
		return rc;
	if (sscanf(back, "/local/domain/%u/backend/", &backend) != 1 || backend > UINT16_MAX)
		return 0;
	device_set_backend(d, (uint16_t)backend);
	return 1;
}

static int compare_ids(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return x < y ? -1 : x > y;
}

/*
 * The numbers of a domain's devices of a kind, ascending, malloc'd; not that of its first console.
 */
static int scan(struct domain_ctx *ctx, uint16_t domid, enum device_kind kind,
		unsigned int **ret, size_t *ret_n, struct zerr **err)
{
	_cleanup_free_ char **names = NULL;
	_cleanup_free_ unsigned int *ids = NULL;
	size_t i, n = 0, k = 0;
	uint32_t id;
	char path[64];

	if (domain_need_store(ctx, err) != 0)
		return -1;
	snprintf(path, sizeof(path), "/libxl/%u/device/%s", domid, device_class_of(kind)->type);
	if (xs_directory(ctx->xs, XS_NO_TX, path, &names, &n, err) < 0)
		return -1;
	ids = calloc(n + 1, sizeof(*ids));
	if (!ids)
		return zerr_no_memory(err);
	for (i = 0; i < n; i++)
		if (parse_u32(names[i], kind == DEVICE_CONSOLE, UINT32_MAX, &id) == 0)
			ids[k++] = id;
	qsort(ids, k, sizeof(*ids), compare_ids);
	*ret = steal_ptr(ids);
	*ret_n = k;
	return 0;
}

/* The lowest index that no device of the class has. */
static int first_free(struct domain_ctx *ctx, uint16_t domid, const struct device_class *cls,
		      unsigned int *ret, struct zerr **err)
{
	_cleanup_free_ unsigned int *ids = NULL;
	unsigned int id = cls->kind == DEVICE_CONSOLE;
	size_t i, n;

	if (scan(ctx, domid, cls->kind, &ids, &n, err) != 0)
		return -1;
	for (i = 0; i < n && ids[i] == id; i++)
		id++;
	*ret = id;
	return 0;
}

/* Another program may take the number in between. */
int device_attach_next(struct device *d, struct domain_ctx *ctx, uint16_t domid,
		       const struct device_class *cls, const void *config,
		       const char *backend_domain,
		       int (*guard)(struct device *d, struct zerr **err), struct zerr **err)
{
	for (int tries = 0;; tries++) {
		struct zerr *why = NULL;
		unsigned int devid;

		if (first_free(ctx, domid, cls, &devid, &why) == 0 &&
		    device_init(d, ctx, cls, domid, devid, config, backend_domain, &why) == 0 &&
		    device_attach(d, guard, &why) == 0)
			return 0;
		if (tries < 3 && strcmp(why->code, "E703") == 0) {
			zerr_free(why);
			continue;
		}
		return zerr_pass(err, why);
	}
}

static int fill_info(const struct device *d, struct device_info *ret, struct zerr **err)
{
	_cleanup_free_ char *front = NULL, *back = NULL;

	if (device_read(d, DEVICE_FRONT, "state", &front, err) < 0 ||
	    device_read(d, DEVICE_BACK, "state", &back, err) < 0)
		return -1;
	*ret = (struct device_info){
		.kind = d->cls->kind,
		.domid = d->domid,
		.backend_domid = d->backend_domid,
		.devid = d->devid,
		.frontend = xenbus_state_parse(front),
		.backend = xenbus_state_parse(back),
	};
	memcpy(ret->name, d->name, sizeof(ret->name));
	memcpy(ret->front, d->front, sizeof(ret->front));
	memcpy(ret->back, d->back, sizeof(ret->back));
	memcpy(ret->note, d->note, sizeof(ret->note));
	return 0;
}

int device_list(struct domain_ctx *ctx, uint16_t domid, enum device_kind kind,
		struct device_info **ret, size_t *ret_n, struct zerr **err)
{
	_cleanup_free_ struct device_info *list = NULL;
	_cleanup_free_ unsigned int *ids = NULL;
	size_t i, n, k = 0;
	struct device d;
	int rc;

	if (scan(ctx, domid, kind, &ids, &n, err) != 0)
		return -1;
	list = calloc(n + 1, sizeof(*list));
	if (!list)
		return zerr_no_memory(err);
	for (i = 0; i < n; i++) {
		rc = device_find(&d, ctx, domid, kind, ids[i], err);
		if (rc < 0 || (rc > 0 && fill_info(&d, &list[k++], err) != 0))
			return -1;
	}
	*ret = steal_ptr(list);
	*ret_n = k;
	return 0;
}

/* All devices of a domain, of the first so many kinds; *ret is malloc'd. */
static int find_all(struct domain_ctx *ctx, uint16_t domid, size_t nr_kinds, struct device **ret,
		    size_t *ret_n, struct zerr **err)
{
	_cleanup_free_ struct device *all = NULL;
	size_t count = 0;

	for (size_t k = 0; k < nr_kinds; k++) {
		_cleanup_free_ unsigned int *ids = NULL;
		struct device *more;
		size_t n = 0;

		if (scan(ctx, domid, kinds[k], &ids, &n, err) != 0)
			return -1;
		more = realloc(all, (count + n + 1) * sizeof(*all));
		if (!more)
			return zerr_no_memory(err);
		all = more;
		for (size_t i = 0; i < n; i++) {
			int rc = device_find(&all[count], ctx, domid, kinds[k], ids[i], err);

			if (rc < 0)
				return -1;
			count += (size_t)rc;
		}
	}
	*ret = steal_ptr(all);
	*ret_n = count;
	return 0;
}

/* ---- one program at a time changes a domain's devices ---- */

static char *turn_path(const struct domain_ctx *ctx, uint16_t domid)
{
	char *path;

	return asprintf(&path, "%s/devices-%u.lock", domain_run_dir(ctx), domid) < 0 ? NULL : path;
}

/* Class ZERR_STATE when somebody has it for too long. */
static int lock_turn(const char *path, int timeout_ms, int *ret_fd, struct zerr **err)
{
	const struct timespec nap = { .tv_nsec = 50000000 };
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot open %s", path);
	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited += 50) {
		if (hotplug_interrupted())
			return zerr_set(err, ZERR_INTERRUPTED, "E920", 0, "interrupted");
		if (errno != EWOULDBLOCK || waited >= timeout_ms)
			return zerr_set(err, ZERR_STATE, "E715", 0, "another program is changing "
					"the domain's devices");
		nanosleep(&nap, NULL);
	}
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* A device of ours that is not through although nobody is at it: who attached it was killed. */
static int is_orphan(const struct device *d, struct zerr **err)
{
	_cleanup_free_ char *ours = NULL, *status = NULL;

	if (device_read(d, DEVICE_NOTE, DEVICE_OURS, &ours, err) < 0 ||
	    device_read(d, DEVICE_BACK, "hotplug-status", &status, err) < 0)
		return -1;
	return ours && d->backend_domid == 0 && (!status || strcmp(status, "connected") != 0);
}

int device_take_turn(struct domain_ctx *ctx, uint16_t domid, int *ret_fd, struct zerr **err)
{
	_cleanup_free_ char *path = turn_path(ctx, domid);
	_cleanup_free_ struct device *all = NULL;
	_cleanup_close_ int fd = -1;
	size_t n = 0;

	if (!path)
		return zerr_no_memory(err);
	if (lock_turn(path, TURN_MS, &fd, err) != 0 ||
	    find_all(ctx, domid, ARRAY_SIZE(kinds), &all, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int orphan = is_orphan(&all[i], err);

		if (orphan < 0 || (orphan > 0 && device_remove(&all[i], true, err) != 0))
			return -1;
	}
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* Best effort: a domain is destroyed whatever other programs do. */
int device_take_last_turn(struct domain_ctx *ctx, uint16_t domid)
{
	_cleanup_free_ char *path = turn_path(ctx, domid);
	int fd = -1;

	return path && lock_turn(path, LAST_TURN_MS, &fd, NULL) == 0 ? fd : -1;
}

void device_end_turns(struct domain_ctx *ctx, uint16_t domid)
{
	_cleanup_free_ char *path = turn_path(ctx, domid);

	if (path)
		unlink(path);
}

/* The turn's file holds the names of devices that went, a line each; true also when it is full. */
bool device_went_before(int turn, const struct device *d)
{
	char text[4096], line[DISK_TARGET_MAX + 2];
	ssize_t n = pread(turn, text, sizeof(text) - 1, 0);

	text[MAX(n, (ssize_t)0)] = '\0';
	snprintf(line, sizeof(line), "%s\n", d->name);
	for (const char *at = text; (at = strstr(at, line)); at++)
		if (at == text || at[-1] == '\n')
			return true;
	return n == (ssize_t)sizeof(text) - 1;
}

/* A name that cannot be kept is one less to be careful with. */
static void note_gone(int turn, const struct device *d)
{
	if (!device_went_before(turn, d) && lseek(turn, 0, SEEK_END) >= 0)
		dprintf(turn, "%s\n", d->name);
}

int device_detach(struct domain_ctx *ctx, uint16_t domid, enum device_kind kind,
		  unsigned int devid, bool force, int timeout_ms, struct zerr **err)
{
	_cleanup_signals_ sigset_t signals = signals_hold();
	_cleanup_close_ int turn = -1;
	_cleanup_identity_ struct device_identity id = { .mac = NULL };
	struct zerr *why = NULL;
	struct device d;
	int rc;

	if (domain_need_store(ctx, err) != 0)
		return -1;
	rc = device_find(&d, ctx, domid, kind, devid, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return zerr_set(err, ZERR_NOT_FOUND, "E302", 0, "domain %u has no %s %s", domid,
				d.cls->word, d.name);
	if (device_config_identify(&d, &id, err) != 0 ||
	    device_take_turn(ctx, domid, &turn, err) != 0 ||
	    (rc = device_find(&d, ctx, domid, kind, devid, err)) < 0)
		return -1;
	/* One that its guest has wrecked is gone with the turn. */
	if (rc > 0 && ((!force && device_close(&d, timeout_ms, &why) != 0) ||
		       device_remove(&d, true, &why) != 0))
		return device_failed(&d, "detach", why, err);
	note_gone(turn, &d);
	device_config_remove(&d, &id);
	domain_did(ctx, domid, "device-detached", d.name);
	return 0;
}

int device_attach_all(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
		      struct zerr **err)
{
	size_t n = cfg->disk_count + cfg->nic_count, begun = 0, i, k;
	_cleanup_free_ struct device *all = calloc(n + 1, sizeof(*all));
	_cleanup_signals_ sigset_t signals = signals_hold();
	_cleanup_close_ int turn = -1;
	struct zerr *why = NULL;
	int rc = 0;

	if (n == 0)
		return 0;
	if (!all)
		return zerr_no_memory(err);
	if (device_take_turn(ctx, domid, &turn, err) != 0)
		return -1;
	for (i = k = 0; i < n && rc == 0; i++) {
		const struct domain_disk *disk = i < cfg->disk_count ? &cfg->disks[i] : NULL;

		if (disk && !disk->source)
			continue;	/* an empty tray */
		rc = disk ? device_vbd_init(&all[k], ctx, domid, disk, &why)
			  : device_vif_init(&all[k], ctx, domid, &cfg->nics[i - cfg->disk_count],
					    (unsigned int)(i - cfg->disk_count), &why);
		if (rc != 0)
			break;
		rc = device_begin(&all[k], disk ? device_vbd_guard : device_vif_guard, &why);
		if (rc == 0)
			begun = ++k;
	}
	for (i = 0; i < begun && rc == 0; i++) {
		rc = device_finish(&all[i], &why);
		k = i;
	}
	if (rc == 0)
		return 0;
	device_failed(&all[k], "attach", why, err);
	for (i = 0; i < begun; i++)
		device_ask_close(&all[i], NULL);
	while (begun-- > 0)
		device_remove(&all[begun], false, NULL);
	return -1;
}

int device_remove_all(struct domain_ctx *ctx, uint16_t domid, struct zerr **err)
{
	_cleanup_free_ struct device *all = NULL;
	_cleanup_signals_ sigset_t signals = signals_hold();
	size_t i, n = 0;
	int rc = 0;

	if (find_all(ctx, domid, KINDS_OF_DOMAIN, &all, &n, err) != 0)
		return -1;
	for (i = 0; i < n; i++)
		if (device_ask_close(&all[i], err) != 0)
			rc = -1;
	for (i = 0; i < n; i++) {
		struct zerr *why = NULL;

		if (device_remove(&all[i], false, &why) != 0)
			rc = device_failed(&all[i], "detach", why, err);
	}
	return rc;
}

int device_check_all(struct domain_ctx *ctx, const struct domain_config *cfg, struct zerr **err)
{
	for (size_t i = 0; i < cfg->disk_count; i++)
		if (cfg->disks[i].source && device_vbd_check(ctx, &cfg->disks[i], err) != 0)
			return -1;
	for (size_t i = 0; i < cfg->nic_count; i++)
		if (device_vif_check(ctx, &cfg->nics[i], err) != 0)
			return -1;
	return 0;
}
