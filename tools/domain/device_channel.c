/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Channels, and consoles besides the first, that come and go. A channel's socket is the daemon's,
 * below the run directory; the path that people know is a symbolic link to it, made and taken away
 * here.
 */
#include "tools/domain/device_priv.h"

/* The daemon's own name of it. */
static void socket_path(const char *run_dir, uint16_t domid, unsigned int number,
			char ret[CHANNEL_PATH_MAX])
{
	snprintf(ret, CHANNEL_PATH_MAX, CONSOLE_SOCKET, run_dir, domid, number);
}

/* Does a link lead to a socket that the daemon has, or had? Then of which domain and console. */
static bool is_ours(const char *run_dir, const char *path, uint16_t *ret_domid,
		    unsigned int *ret_number)
{
	char text[CHANNEL_PATH_MAX], made[CHANNEL_PATH_MAX];
	ssize_t len = readlink(path, text, sizeof(text) - 1);
	const char *name;
	unsigned int domid, number;

	if (len <= 0)
		return false;
	text[len] = '\0';
	name = strrchr(text, '/');
	if (!name || sscanf(name, "/%u.%u.sock", &domid, &number) != 2 || domid > UINT16_MAX)
		return false;
	*ret_domid = (uint16_t)domid;
	*ret_number = number;
	socket_path(run_dir, *ret_domid, number, made);
	return strcmp(made, text) == 0;
}

/*
 * Is a link of the domain that it leads to? A domain that went without a word has left its link,
 * and its number may be another's by now. 1, 0 or -1; without a store any domain is believed.
 */
static int is_owned(struct domain_ctx *ctx, const struct stat *link, uint16_t domid,
		    unsigned int number, struct zerr **err)
{
	_cleanup_free_ char *path = NULL;
	struct hyp_domain_info info;
	struct device d;
	struct stat st;
	int rc = ctx->hyp ? hyp_domain_info(ctx->hyp, domid, &info, err) : 0;

	if (rc <= 0 || !ctx->xs)
		return rc;
	rc = device_find(&d, ctx, domid, DEVICE_CONSOLE, number, err);
	if (rc == 1)
		rc = device_read(&d, DEVICE_NOTE, "path", &path, err);
	return rc < 1 ? rc : lstat(path, &st) == 0 && st.st_dev == link->st_dev &&
			     st.st_ino == link->st_ino;
}

/*
 * A path must be free, or a link that a domain has left behind: 1 there is one, 0 none, or -1.
 * own: the domain that wants it; 0: none yet.
 */
static int check_path(struct domain_ctx *ctx, uint16_t own, const char *path, struct zerr **err)
{
	unsigned int number;
	struct stat st;
	uint16_t domid;

	if (strlen(path) >= CHANNEL_PATH_MAX) {
		zerr_set(err, ZERR_BAD_CONFIG, "E338", 0, "%s is too long for a socket", path);
		return zerr_hint(err, "give the channel a shorter one by <source path=''/>");
	}
	if (lstat(path, &st) != 0)
		return errno == ENOENT ? 0 : zerr_set(err, ZERR_FAILED, "E338", errno,
						      "cannot look at %s", path);
	if (!is_ours(domain_run_dir(ctx), path, &domid, &number)) {
		zerr_set(err, ZERR_STATE, "E716", EEXIST, "a channel cannot be at %s", path);
		return zerr_hint(err, "remove the file, or choose another path");
	}
	switch (domid == own ? 0 : is_owned(ctx, &st, domid, number, err)) {
	case 0:
		return 1;
	case 1:
		return zerr_set(err, ZERR_STATE, "E716", 0, "a channel of domain %u is at %s",
				domid, path);
	default:
		return -1;
	}
}

int device_check_channel(struct domain_ctx *ctx, const struct domain_channel *channel,
			 struct zerr **err)
{
	return channel->path && check_path(ctx, 0, channel->path, err) < 0 ? -1 : 0;
}

static char *path_of(struct domain_ctx *ctx, const struct domain_config *cfg, unsigned int number)
{
	return device_channel_path(domain_run_dir(ctx), cfg->name, device_channel_of(cfg, number),
				   number);
}

/* Before a domain is made: are the paths of its sockets free? */
int device_channels_check(struct domain_ctx *ctx, const struct domain_config *cfg,
			  struct zerr **err)
{
	for (unsigned int number = 1; number <= device_channel_last(cfg); number++) {
		_cleanup_free_ char *path = path_of(ctx, cfg, number);

		if (!path)
			return zerr_no_memory(err);
		if (path[0] && check_path(ctx, 0, path, err) < 0)
			return -1;
	}
	return 0;
}

/* Lead a path to a socket, under domain_lock(): what two domains have between them. */
static int link_path(struct domain_ctx *ctx, uint16_t domid, unsigned int number,
		     const char *path, struct zerr **err)
{
	_cleanup_free_ char *dir = NULL;
	char target[CHANNEL_PATH_MAX];
	int rc = check_path(ctx, domid, path, err);

	if (rc < 0)
		return -1;
	if (asprintf(&dir, "%s/console", domain_run_dir(ctx)) < 0) {
		dir = NULL;
		return zerr_no_memory(err);
	}
	if (rc == 1)
		unlink(path);
	fd_mkdir_p(dir, 0755);		/* the daemon may not have been there yet */
	socket_path(domain_run_dir(ctx), domid, number, target);
	if (symlink(target, path) == 0)
		return 0;
	zerr_set(err, errno == ENOENT ? ZERR_NOT_FOUND : ZERR_FAILED, "E338", errno,
		 "cannot make the channel's %s", path);
	return zerr_hint(err, "its directory must exist");
}

/* Lead all paths of a new domain to their sockets; undone by device_channels_unlink(). */
int device_channels_link(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
			 struct zerr **err)
{
	_cleanup_close_ int lock = -1;

	if (device_channel_last(cfg) > 0 && domain_lock(ctx, &lock, err) != 0)
		return -1;
	for (unsigned int number = 1; number <= device_channel_last(cfg); number++) {
		_cleanup_free_ char *path = path_of(ctx, cfg, number);

		if (!path)
			return zerr_no_memory(err);
		if (path[0] && link_path(ctx, domid, number, path, err) != 0)
			return -1;
	}
	return 0;
}

/* Take away what leads to a console, and its socket, by the path in its note. */
static int unlink_path(struct device *d, struct zerr **err)
{
	const char *run_dir = domain_run_dir(d->ctx);
	_cleanup_free_ char *path = NULL;
	char target[CHANNEL_PATH_MAX];
	unsigned int number;
	uint16_t domid;
	int rc = device_read(d, DEVICE_NOTE, "path", &path, err);

	if (rc < 1)
		return rc;
	if (is_ours(run_dir, path, &domid, &number) && domid == d->domid && number == d->devid)
		unlink(path);
	/* The daemon may have been down when it ended. */
	socket_path(run_dir, d->domid, d->devid, target);
	unlink(target);
	return 0;
}

/* Before the nodes of a domain go, which say what there is. */
void device_channels_unlink(struct domain_ctx *ctx, uint16_t domid)
{
	_cleanup_free_ struct device_info *list = NULL;
	size_t n = 0;

	if (device_list(ctx, domid, DEVICE_CONSOLE, &list, &n, NULL) != 0)
		return;
	for (size_t i = 0; i < n; i++) {
		struct device d = { .ctx = ctx, .domid = domid, .devid = list[i].devid };

		memcpy(d.note, list[i].note, sizeof(d.note));
		unlink_path(&d, NULL);
	}
}

/* ---- the class: a console that comes and goes while its guest runs ---- */

struct wish {
	const struct domain_channel *channel;	/* NULL: a plain console */
	const char *domain;			/* its name */
	char *path;				/* CHANNEL_PATH_MAX bytes: of its socket, or "" */
	const struct domain_output *output;	/* or NULL */
	int *made;				/* of that: -1 not tried yet, 0 it cannot be */
};

static void set_name(struct device *d)
{
	snprintf(d->name, sizeof(d->name), "hvc%u", d->devid);
}

static void write_nodes(const struct device *d, struct device_writer *w)
{
	const struct wish *wish = d->config;

	device_channel_front(&w->front, d->domid, wish->channel);
	device_channel_back(&w->back, wish->channel, wish->path,
			    *wish->made ? wish->output->path : NULL);
	device_channel_back(&w->note, wish->channel, wish->path,
			    wish->output ? wish->output->path : NULL);
}

/* Under the lock: is there room for it, and is its path free? */
static int guard(struct device *d, struct zerr **err)
{
	const struct wish *wish = d->config;
	_cleanup_free_ char *path = NULL;

	if (d->devid > CHANNELS_MAX)
		return zerr_set(err, ZERR_NO_RESOURCES, "E354", 0, "the domain has %u channels and "
				"consoles besides the first already", CHANNELS_MAX);
	path = device_channel_path(domain_run_dir(d->ctx), wish->domain, wish->channel, d->devid);
	if (!path)
		return zerr_no_memory(err);
	if (path[0] && check_path(d->ctx, 0, path, err) < 0)
		return -1;
	snprintf(wish->path, CHANNEL_PATH_MAX, "%s", path);
	if (*wish->made < 0)
		*wish->made = wish->output && device_output_make(d->ctx, wish->output);
	return 0;
}

static int hotplug_attach(struct device *d, struct zerr **err)
{
	const struct wish *wish = d->config;
	_cleanup_close_ int lock = -1;

	if (wish->path[0] && (domain_lock(d->ctx, &lock, err) != 0 ||
			      link_path(d->ctx, d->domid, d->devid, wish->path, err) != 0))
		return -1;
	return device_write(d, DEVICE_BACK, "hotplug-status", "connected", err);
}

int device_attach_console(struct domain_ctx *ctx, uint16_t domid,
			  const struct domain_channel *channel,
			  const struct domain_output *output, struct zerr **err)
{
	_cleanup_free_ char *name = NULL;
	char path[CHANNEL_PATH_MAX] = "";
	int made = -1;
	struct wish wish = { .channel = channel, .path = path, .output = output, .made = &made };
	struct hyp_domain_info info;
	struct device d;

	if (domain_must_exist(ctx, domid, &info, err) != 0 || domain_need_store(ctx, err) != 0 ||
	    domain_store_read(ctx, domid, "name", &name, err) < 0)
		return -1;
	wish.domain = name ? name : "";
	if (device_attach_next(&d, ctx, domid, &device_class_console, &wish, NULL, guard, err) != 0)
		return -1;
	device_config_add_console(ctx, domid, channel, output);
	domain_did(ctx, domid, "device-attached", d.name);
	return 0;
}

const struct device_class device_class_console = {
	.kind = DEVICE_CONSOLE, .type = "console", .word = "console", .set_name = set_name,
	.write_nodes = write_nodes, .hotplug_attach = hotplug_attach,
	.hotplug_detach = unlink_path,
};
