/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Consoles besides the first, and channels: devices device/console/1 and up of a guest, whose
 * front-end gives ring and event channel and whose back-end is xenconsoled. The nodes are libxl's.
 * What decides anything in the control domain stands in the back-end's directory, which the guest
 * reads only: its own directory it may replace as a whole.
 */
#include "tools/domain/device_priv.h"

/* The channel that is the guest's console of a number, or NULL: a plain console. */
const struct domain_channel *device_channel_of(const struct domain_config *cfg,
					       unsigned int number)
{
	return number > cfg->more_consoles ? &cfg->channels[number - cfg->more_consoles - 1] : NULL;
}

/* The number of the last of a domain's, 0 when it has none. */
unsigned int device_channel_last(const struct domain_config *cfg)
{
	return cfg->more_consoles + (unsigned int)cfg->channel_count;
}

/* Where people find a channel's socket, malloc'd; "" when it has none. name: the domain's. */
char *device_channel_path(const char *run_dir, const char *name, const struct domain_channel *c,
			  unsigned int number)
{
	struct strbuf sb = STRBUF_INIT;

	if (c && c->path) {
		strbuf_addstr(&sb, c->path);
	} else if (c && c->is_unix) {
		strbuf_addf(&sb, "%s/console/", run_dir);
		domain_file_name(&sb, name);
		if (c->name)
			strbuf_addch(&sb, '-');
		else
			strbuf_addf(&sb, "-%u", number);
		domain_file_name(&sb, c->name ? c->name : "");
		strbuf_addstr(&sb, ".sock");
	} else {
		strbuf_addstr(&sb, "");
	}
	return strbuf_steal(&sb);
}

/* What only a console has, in the guest's directory. */
void device_channel_front(struct node_writer *w, uint16_t domid, const struct domain_channel *c)
{
	const char *const read_only[][2] = {
		{ "limit", "1048576" }, { "type", "xenconsoled" }, { "output", "pty" },
		{ "tty", "" }, { "name", c ? c->name : NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(read_only); i++) {
		if (!read_only[i][1])
			continue;
		node_write(w, read_only[i][0], "%s", read_only[i][1]);
		node_perms(w, read_only[i][0], NODE_RO, domid);
	}
	node_write(w, "protocol", "vt100");
}

/*
 * The same for the back-end's directory and its note. c: NULL for a plain console, which may have
 * a file.
 */
void device_channel_back(struct node_writer *w, const struct domain_channel *c, const char *path,
			 const char *file)
{
	node_write(w, "protocol", "vt100");
	node_write(w, "type", "xenconsoled");
	if (c)
		node_write(w, "connection", "%s", c->is_unix ? "socket" : "pty");
	if (c && c->name)
		node_write(w, "name", "%s", c->name);
	if (path[0])
		node_write(w, "path", "%s", path);
	device_output_write(w, "log-file", file);
}

static void write_front(struct node_writer *w, const struct domain_nodes *n,
			const struct domain_channel *c, const char *backend)
{
	node_write(w, "", "%s", "");
	node_perms(w, "", NODE_FRONTEND, n->domid);
	device_channel_front(w, n->domid, c);
	node_write(w, "backend", "%s", backend);
	node_write(w, "backend-id", "0");
	node_write(w, "state", "1");
}

static void write_back(struct node_writer *w, const struct domain_nodes *n,
		       const struct domain_channel *c, const char *frontend, const char *path,
		       const char *file)
{
	node_write(w, "frontend", "%s", frontend);
	node_write(w, "frontend-id", "%u", n->domid);
	node_write(w, "online", "1");
	device_channel_back(w, c, path, file);
	node_write(w, "state", "1");
}

/* All of a domain's; the writer's base is put back to "". */
void device_channels_write(struct node_writer *w, const struct domain_nodes *n)
{
	char front[64], back[64], note[64];

	for (unsigned int number = 1; number <= device_channel_last(n->cfg); number++) {
		const struct domain_channel *c = device_channel_of(n->cfg, number);
		_cleanup_free_ char *path = device_channel_path(n->run_dir, n->cfg->name, c,
								number);

		if (!path && w->rc == 0)
			w->rc = zerr_no_memory(w->err);
		snprintf(front, sizeof(front), "/local/domain/%u/device/console/%u", n->domid,
			 number);
		snprintf(back, sizeof(back), DOMAIN_CONSOLE_FURTHER, n->domid, number);
		snprintf(note, sizeof(note), "/libxl/%u/device/console/%u", n->domid, number);
		w->base = front;
		write_front(w, n, c, back);
		w->base = back;
		node_write(w, "", "%s", "");
		node_perms(w, "", NODE_RO, n->domid);
		write_back(w, n, c, front, path ? path : "",
			   c ? NULL : device_output_of(n, number));
		w->base = note;
		node_write(w, "backend", "%s", back);
		/* By which the configuration knows it, written or not. */
		write_back(w, n, c, front, path ? path : "",
			   c ? NULL : n->cfg->outputs[number].path);
	}
	w->base = "";
}
