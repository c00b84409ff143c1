/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A running domain's configuration follows its devices: what was attached is there again when the
 * guest reboots, what was taken away is not, and dumpxml shows both. The text is in the state
 * file; a domain of another toolstack has none. Under domain_lock(), as programs may do it at once.
 */
#include <xentools/config.h>

#include "tools/domain/device_priv.h"

struct change {
	const struct domain_disk *disk;		/* to be added, or NULL */
	const struct domain_nic *nic;		/* to be added, or NULL */
	const char *mac;			/* its address, once and for all */
	const bool *link;			/* of the one with that address: is up, or NULL */
	bool console;				/* to be added: channel, or a plain one */
	const struct domain_channel *channel;
	const struct domain_output *output;	/* of a plain one, or NULL */
	const struct device *gone;		/* or taken away */
	const struct device_identity *identity;	/* of that */
	const char *run_dir;
};

static int add_disk(struct domain_config *cfg, const struct domain_disk *disk)
{
	struct domain_disk *more = realloc(cfg->disks, (cfg->disk_count + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	cfg->disks = more;
	if (domain_disk_copy(&more[cfg->disk_count], disk) != 0)
		return -ENOMEM;
	cfg->disk_count++;
	return 0;
}

static int add_nic(struct domain_config *cfg, const struct domain_nic *nic, const char *mac)
{
	struct domain_nic *more = realloc(cfg->nics, (cfg->nic_count + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	cfg->nics = more;
	if (domain_nic_copy(&more[cfg->nic_count], nic) != 0)
		return -ENOMEM;
	more[cfg->nic_count].mac_set = mac && !domain_mac_parse(mac, more[cfg->nic_count].mac);
	cfg->nic_count++;
	return 0;
}

static int add_plain(struct domain_config *cfg, const struct domain_output *output)
{
	struct domain_output *o;

	if (cfg->more_consoles == CHANNELS_MAX)
		return -ENOSPC;
	o = &cfg->outputs[++cfg->more_consoles];
	if (!output)
		return 0;
	*o = (struct domain_output){ strdup(output->path), output->append };
	return o->path ? 0 : -ENOMEM;
}

static int add_channel(struct domain_config *cfg, const struct domain_channel *channel)
{
	struct domain_channel *more, c = { .is_unix = channel->is_unix };

	more = realloc(cfg->channels, (cfg->channel_count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	cfg->channels = more;
	if ((channel->name && !(c.name = strdup(channel->name))) ||
	    (channel->path && !(c.path = strdup(channel->path)))) {
		free(c.name);
		return -ENOMEM;
	}
	more[cfg->channel_count++] = c;
	return 0;
}

static void remove_disk(struct domain_config *cfg, unsigned int devid)
{
	unsigned int number;

	for (size_t i = 0; i < cfg->disk_count; i++) {
		if (disk_target_number(cfg->disks[i].target, &number) != 0 || number != devid)
			continue;
		domain_disk_clear(&cfg->disks[i]);
		cfg->disk_count--;
		memmove(&cfg->disks[i], &cfg->disks[i + 1],
			(cfg->disk_count - i) * sizeof(*cfg->disks));
		return;
	}
}

/* Those behind it get other numbers at the next start, and shall keep their addresses. */
static void remove_nic(struct domain_config *cfg, const char *mac)
{
	unsigned int at = domain_config_nic(cfg, mac);

	if (at == cfg->nic_count)
		return;
	for (unsigned int i = at + 1; i < cfg->nic_count; i++) {
		domain_nic_mac(&cfg->nics[i], cfg->uuid, i, cfg->nics[i].mac);
		cfg->nics[i].mac_set = true;
	}
	domain_nic_clear(&cfg->nics[at]);
	cfg->nic_count--;
	memmove(&cfg->nics[at], &cfg->nics[at + 1], (cfg->nic_count - at) * sizeof(*cfg->nics));
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Is a channel that which was at a path? One without a path got it from the run directory. */
static bool is_channel(const struct domain_channel *c, const struct device_identity *id,
		       const char *run_dir)
{
	return same_text(c->is_unix ? "socket" : "pty", id->connection) &&
	       same_text(c->name, id->name) &&
	       (c->path || !id->path ? same_text(c->path, id->path) :
		strncmp(id->path, run_dir, strlen(run_dir)) == 0);
}

/* The one with the file, if there is one; those behind it move up. */
static void remove_plain(struct domain_config *cfg, const char *file)
{
	struct domain_output *last = &cfg->outputs[cfg->more_consoles], *o = last;

	if (cfg->more_consoles == 0)
		return;
	while (o > cfg->outputs && !same_text(o->path, file))
		o--;
	if (o == cfg->outputs)
		o = last;
	free(o->path);
	memmove(o, o + 1, (size_t)(last - o) * sizeof(*o));
	last->path = NULL;
	cfg->more_consoles--;
}

/* Numbers are given anew at the next start; of channels that are alike any may go. */
static void remove_console(struct domain_config *cfg, const struct device_identity *id,
			   const char *run_dir)
{
	struct domain_channel *c = cfg->channels, *end = c + cfg->channel_count;

	if (!id->connection) {
		remove_plain(cfg, id->file);
		return;
	}
	while (c < end && !is_channel(c, id, run_dir))
		c++;
	if (c == end)
		return;
	free(c->name);
	free(c->path);
	cfg->channel_count--;
	memmove(c, c + 1, (size_t)(end - c - 1) * sizeof(*c));
}

static int apply(struct domain_config *cfg, const struct change *c)
{
	unsigned int at;

	if (c->disk)
		return add_disk(cfg, c->disk);
	if (c->nic)
		return add_nic(cfg, c->nic, c->mac);
	if (c->link) {
		at = domain_config_nic(cfg, c->mac);
		if (at < cfg->nic_count)
			cfg->nics[at].link_down = !*c->link;
		return 0;
	}
	if (c->console)
		return c->channel ? add_channel(cfg, c->channel) : add_plain(cfg, c->output);
	if (c->gone->cls->kind == DEVICE_VBD)
		remove_disk(cfg, c->gone->devid);
	else if (c->gone->cls->kind == DEVICE_VIF)
		remove_nic(cfg, c->identity->mac);
	else
		remove_console(cfg, c->identity, c->run_dir);
	return 0;
}

/* Here, for those who look at states and read no XML, zl-top, to be without it. */
int domain_state_config(const struct domain_ctx *ctx, uint16_t domid, struct domain_config *ret,
			struct zerr **err)
{
	struct domain_state s;
	int rc = domain_state_load(ctx, domid, &s, err);

	if (rc <= 0)
		return rc;
	rc = !s.config_text ? 0 : config_read_own("state", s.config_text, ret, err) == 0 ? 1 : -1;
	domain_state_clear(&s);
	return rc;
}

/* The text with the change, malloc'd; NULL with *err set. */
static char *changed_text(const char *text, const struct change *c, struct zerr **err)
{
	_cleanup_domain_config_ struct domain_config cfg;
	char *changed = NULL;

	domain_config_init(&cfg);
	if (config_read_own("configuration", text, &cfg, err) != 0)
		return NULL;
	if (apply(&cfg, c) == 0)
		changed = config_format(&cfg);
	if (!changed)
		zerr_no_memory(err);
	return changed;
}

static int change_state(struct domain_ctx *ctx, uint16_t domid, const struct change *c,
			struct zerr **err)
{
	_cleanup_close_ int lock = -1;
	struct domain_state s;
	char *text;
	int rc;

	if (domain_lock(ctx, &lock, err) != 0)
		return -1;
	rc = domain_state_load(ctx, domid, &s, err);
	if (rc <= 0)
		return rc;
	rc = 0;
	if (s.config_text) {
		text = changed_text(s.config_text, c, err);
		rc = text ? 0 : -1;
		if (text) {
			free(s.config_text);
			s.config_text = text;
			rc = domain_state_save(ctx, &s, err);
		}
	}
	domain_state_clear(&s);
	return rc;
}

/* The device is there, or gone, all the same: what goes wrong here is a warning. */
static void change(struct domain_ctx *ctx, uint16_t domid, const struct change *c)
{
	_cleanup_zerr_ struct zerr *err = NULL;

	if (change_state(ctx, domid, c, &err) != 0)
		domain_warn(ctx, "W713", "the domain's configuration could not follow, its next "
			    "reboot starts without the change: %s",
			    err ? err->message : "no memory");
}

void device_config_add_disk(struct domain_ctx *ctx, uint16_t domid, const struct domain_disk *disk)
{
	change(ctx, domid, &(struct change){ .disk = disk });
}

void device_config_add_nic(const struct device *d)
{
	_cleanup_free_ char *mac = NULL;

	device_read(d, DEVICE_NOTE, "mac", &mac, NULL);
	change(d->ctx, d->domid, &(struct change){ .nic = d->config, .mac = mac });
}

void device_config_set_link(const struct device *d, const char *mac, bool up)
{
	change(d->ctx, d->domid, &(struct change){ .link = &up, .mac = mac });
}

void device_config_add_console(struct domain_ctx *ctx, uint16_t domid,
			       const struct domain_channel *channel,
			       const struct domain_output *output)
{
	change(ctx, domid, &(struct change){ .console = true, .channel = channel,
					     .output = output });
}

void device_config_remove(const struct device *d, const struct device_identity *id)
{
	change(d->ctx, d->domid, &(struct change){ .gone = d, .identity = id,
						   .run_dir = domain_run_dir(d->ctx) });
}

int device_config_identify(const struct device *d, struct device_identity *ret, struct zerr **err)
{
	const struct { const char *key; char **ret; enum device_kind kind; } keys[] = {
		{ "mac", &ret->mac, DEVICE_VIF },
		{ "connection", &ret->connection, DEVICE_CONSOLE },
		{ "name", &ret->name, DEVICE_CONSOLE },
		{ "path", &ret->path, DEVICE_CONSOLE },
		{ "log-file", &ret->file, DEVICE_CONSOLE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].kind == d->cls->kind &&
		    device_read(d, DEVICE_NOTE, keys[i].key, keys[i].ret, err) < 0)
			return -1;
	return 0;
}

void device_identity_clear(struct device_identity *id)
{
	free(id->mac);
	free(id->connection);
	free(id->name);
	free(id->path);
	free(id->file);
}
