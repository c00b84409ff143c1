/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a running domain's file shows besides its configuration: where its consoles are, how far
 * its back-ends got, what its interfaces have got. Of another toolstack's it is the same.
 */
#include <xentools/config.h>

#include "tools/domain/device_priv.h"

static const enum device_kind shown[] = { DEVICE_VBD, DEVICE_VIF, DEVICE_CONSOLE };

/* An interface's address, and the name of its end where the configuration says none. */
static int show_nic(const struct device *d, const char *name, struct domain_config *cfg,
		    struct zerr **err)
{
	_cleanup_free_ char *mac = NULL;
	struct domain_nic *nic;
	unsigned int at;

	if (device_read(d, DEVICE_NOTE, "mac", &mac, err) < 0)
		return -1;
	at = domain_config_nic(cfg, mac);
	if (at == cfg->nic_count)
		return 0;
	nic = &cfg->nics[at];
	nic->mac_set = domain_mac_parse(mac, nic->mac) == NULL;
	if (nic->vifname[0] == '\0')
		memcpy(nic->vifname, name, sizeof(nic->vifname));
	return 0;
}

/* A plain console's terminal; its number is another than the configuration's after a detach. */
static int show_console(const struct device *d, const struct domain_config *cfg,
			struct config_live *live, struct zerr **err)
{
	_cleanup_free_ char *channel = NULL, *file = NULL;

	if (device_read(d, DEVICE_NOTE, "connection", &channel, err) < 0 ||
	    device_read(d, DEVICE_NOTE, "log-file", &file, err) < 0)
		return -1;
	for (unsigned int n = 1; !channel && n <= cfg->more_consoles; n++) {
		const char *path = cfg->outputs[n].path;

		if (live->ttys[n] || strcmp(path ? path : "", file ? file : "") != 0)
			continue;
		return device_read(d, DEVICE_BACK, "tty", &live->ttys[n], err) < 0 ? -1 : 0;
	}
	return 0;
}

static int show_kind(struct domain_ctx *ctx, enum device_kind kind, struct domain_config *cfg,
		     struct config_live *live, struct zerr **err)
{
	_cleanup_free_ struct device_info *list = NULL;
	struct config_backend *more;
	size_t n;
	int rc;

	rc = device_list(ctx, (uint16_t)live->domid, kind, &list, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct device d = { .ctx = ctx };

		memcpy(d.note, list[i].note, sizeof(d.note));
		memcpy(d.back, list[i].back, sizeof(d.back));
		if (kind == DEVICE_VIF)
			rc = show_nic(&d, list[i].name, cfg, err);
		else if (kind == DEVICE_CONSOLE)
			rc = show_console(&d, cfg, live, err);
		more = realloc(live->backends, (live->backend_count + 1) * sizeof(*more));
		if (!more)
			return zerr_no_memory(err);
		live->backends = more;
		more += live->backend_count++;
		memcpy(more->device, list[i].name, sizeof(more->device));
		more->state = xenbus_state_word(list[i].backend);
	}
	return rc;
}

int device_show(struct domain_ctx *ctx, struct domain_config *cfg, struct config_live *live,
		struct zerr **err)
{
	uint16_t domid = (uint16_t)live->domid;

	/* Without a console daemon there are none. */
	(void)domain_console_tty(ctx, domid, DOMAIN_CONSOLE_PV, 0, &live->ttys[0], NULL);
	if (cfg->vuart)
		(void)domain_console_tty(ctx, domid, DOMAIN_CONSOLE_VUART, 0,
					 &live->ttys[OUTPUT_SERIAL], NULL);
	for (size_t k = 0; k < ARRAY_SIZE(shown); k++)
		if (show_kind(ctx, shown[k], cfg, live, err) != 0)
			return -1;
	return 0;
}
