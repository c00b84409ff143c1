/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The primary console's nodes. It has a frontend and a backend directory like a device, but no
 * state machine: the guest takes ring and port from its HVM parameters, xenconsoled from here.
 */
#include <stdio.h>

#include "tools/domain/domain_priv.h"

#define CONSOLE_LIMIT 1048576		/* bytes the daemon keeps for a reader who is slow */

static void write_frontend(struct node_writer *w, const struct domain_nodes *n,
			   const char *backend)
{
	node_write(w, "", "%s", "");
	node_perms(w, "", NODE_RO, n->domid);
	node_write(w, "backend", "%s", backend);
	node_write(w, "backend-id", "0");
	node_perms(w, "backend-id", NODE_FRONTEND, n->domid);
	node_write(w, "limit", "%u", CONSOLE_LIMIT);
	node_write(w, "type", "xenconsoled");
	node_write(w, "output", "pty");
	node_write(w, "tty", "%s", "");
	node_write(w, "port", "%u", n->console_port);
	node_write(w, "ring-ref", "%llu", (unsigned long long)n->console_gfn);
}

static void write_backend(struct node_writer *w, const struct domain_nodes *n,
			  const char *frontend)
{
	node_write(w, "frontend", "%s", frontend);
	node_write(w, "frontend-id", "%u", n->domid);
	node_write(w, "online", "1");
	node_write(w, "state", "1");
	node_write(w, "protocol", "vt100");
}

/* Frontend, backend and libxl's note of them; the writer's base is put back to "". */
void device_console_write(struct node_writer *w, const struct domain_nodes *n)
{
	char frontend[64], backend[64], libxl[64];

	snprintf(frontend, sizeof(frontend), "/local/domain/%u/console", n->domid);
	snprintf(backend, sizeof(backend), "/local/domain/0/backend/console/%u/0", n->domid);
	snprintf(libxl, sizeof(libxl), "/libxl/%u/device/console/0", n->domid);
	w->base = frontend;
	write_frontend(w, n, backend);
	w->base = backend;
	node_write(w, "", "%s", "");
	node_perms(w, "", NODE_RO, n->domid);
	write_backend(w, n, frontend);
	w->base = libxl;
	node_write(w, "frontend", "%s", frontend);
	node_write(w, "backend", "%s", backend);
	write_backend(w, n, frontend);
	w->base = "";
}
