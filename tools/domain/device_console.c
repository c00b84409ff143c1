/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nodes of the primary console and of the serial port. Each has a frontend and a backend
 * directory like a device, but no state machine: xenconsoled takes ring and port from here, the
 * guest from its HVM parameters, or, of the serial port, sees neither.
 */
#include "tools/domain/device_priv.h"

#define CONSOLE_LIMIT 1048576		/* bytes the daemon keeps for a reader who is slow */

static void write_frontend(struct node_writer *w, const struct domain_nodes *n,
			   const char *backend, enum domain_serial output, uint32_t port,
			   uint64_t gfn)
{
	node_write(w, "", "%s", "");
	node_perms(w, "", NODE_RO, n->domid);
	node_write(w, "backend", "%s", backend);
	node_write(w, "backend-id", "0");
	node_perms(w, "backend-id", NODE_FRONTEND, n->domid);
	node_write_uint(w, "limit", CONSOLE_LIMIT);
	node_write(w, "type", "xenconsoled");
	node_write(w, "output", "%s", domain_serial_words[output]);
	node_write(w, "tty", "%s", "");
	node_write_uint(w, "port", port);
	node_write_uint(w, "ring-ref", gfn);
}

static void write_backend(struct node_writer *w, const struct domain_nodes *n,
			  const char *frontend)
{
	node_write(w, "frontend", "%s", frontend);
	node_write_uint(w, "frontend-id", n->domid);
	node_write(w, "online", "1");
	node_write(w, "state", "1");
	node_write(w, "protocol", "vt100");
}

static void write_both(struct node_writer *w, const struct domain_nodes *n, const char *frontend,
		       const char *backend, enum domain_serial output, uint32_t port,
		       uint64_t gfn)
{
	w->base = frontend;
	write_frontend(w, n, backend, output, port, gfn);
	w->base = backend;
	node_write(w, "", "%s", "");
	node_perms(w, "", NODE_RO, n->domid);
	write_backend(w, n, frontend);
}

/* 0, or -errno: -EINVAL and -EMLINK: it is no file, or has another name; -ELOOP: it is a link. */
static int make_file(const struct domain_ctx *ctx, const struct domain_output *o)
{
	_cleanup_close_ int fd = open(o->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
				      O_NONBLOCK | O_NOCTTY, 0600);
	_cleanup_free_ char *logs = domain_console_log_path(ctx, "");
	struct stat st, daemon;

	if (fd < 0 || fstat(fd, &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return S_ISREG(st.st_mode) ? -EMLINK : -EINVAL;
	if (!o->append && ftruncate(fd, 0) != 0)
		return -errno;
	/* Its own logs' directory is the daemon's; before it ran there is none. */
	if (!logs)
		return -ENOMEM;
	*strrchr(logs, '/') = '\0';
	if (stat(logs, &daemon) != 0)
		return 0;
	return fchown(fd, daemon.st_uid, daemon.st_gid) != 0 ? -errno : 0;
}

/*
 * Make the file that a console is written to, empty unless it is to be continued, and give it to
 * the daemon, which has no right to make one in somebody's directory. False: it was warned of; the
 * console has its log and its pty all the same.
 */
bool device_output_make(const struct domain_ctx *ctx, const struct domain_output *o)
{
	int rc = make_file(ctx, o);

	if (rc < 0)
		domain_warn(ctx, "W904", "the console is not written to %s: %s", o->path,
			    rc == -EINVAL ? "it is no file" : strerror(-rc));
	return rc == 0;
}

/* Tell the daemon, and nobody else, of a file. path: NULL for none. */
void device_output_write(struct node_writer *w, const char *key, const char *path)
{
	if (!path)
		return;
	node_write(w, key, "%s", path);
	node_perms(w, key, NODE_PRIVATE, 0);
}

const char *device_output_of(const struct domain_nodes *n, unsigned int which)
{
	return n->outputs & 1u << which ? n->cfg->outputs[which].path : NULL;
}

/* Frontend, backend and libxl's note of them; the writer's base is put back to "". */
void device_console_write(struct node_writer *w, const struct domain_nodes *n)
{
	char frontend[64], backend[64], libxl[64];

	snprintf(frontend, sizeof(frontend), "/local/domain/%u/console", n->domid);
	snprintf(backend, sizeof(backend), "/local/domain/0/backend/console/%u/0", n->domid);
	snprintf(libxl, sizeof(libxl), "/libxl/%u/device/console/0", n->domid);
	write_both(w, n, frontend, backend, SERIAL_PTY, n->console_port, n->console_gfn);
	w->base = frontend;
	if (n->cfg->log_size != 0)
		node_write_uint(w, "log-size", n->cfg->log_size);
	if (n->cfg->log_keep >= 0)
		node_write(w, "log-keep", "%d", n->cfg->log_keep);
	device_output_write(w, "log-file", device_output_of(n, 0));
	w->base = libxl;
	node_write(w, "frontend", "%s", frontend);
	node_write(w, "backend", "%s", backend);
	write_backend(w, n, frontend);
	w->base = "";
}

static int write_vuart(struct xs *xs, uint32_t tx, void *arg, struct zerr **err)
{
	const struct domain_nodes *n = arg;
	struct node_writer w = { .xs = xs, .tx = tx, .err = err };
	char frontend[64], backend[64];

	snprintf(frontend, sizeof(frontend), "/local/domain/%u/vuart/0", n->domid);
	snprintf(backend, sizeof(backend), "/local/domain/0/backend/vuart/%u/0", n->domid);
	write_both(&w, n, frontend, backend, n->cfg->serial, n->vuart_port, n->vuart_gfn);
	w.base = frontend;
	device_output_write(&w, "log-file", device_output_of(n, OUTPUT_SERIAL));
	device_output_write(&w, "file", device_output_of(n, OUTPUT_SOURCE));
	return w.rc;
}

/* The serial port's nodes, which are complete before the domain is introduced. */
int device_vuart_write(struct xs *xs, const struct domain_nodes *n, struct zerr **err)
{
	return xs_transaction(xs, write_vuart, (void *)(uintptr_t)n, err);
}
