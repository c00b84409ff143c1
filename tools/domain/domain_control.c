/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steer a living domain: pause it, ask it to end, press its sysrq key, rename it. Requests go
 * through the store and depend on the guest; what must happen goes through the hypervisor.
 */
#include <sys/random.h>

#include <xentools/device.h>

#include "tools/domain/domain_priv.h"

static const char *const request_words[] = {
	[DOMAIN_REQUEST_POWEROFF] = "poweroff",
	[DOMAIN_REQUEST_REBOOT] = "reboot",
	[DOMAIN_REQUEST_HALT] = "halt",
	[DOMAIN_REQUEST_SUSPEND] = "suspend",
};

static int not_dom0(uint16_t domid, const char *what, struct zerr **err)
{
	if (domid != 0)
		return 0;
	return zerr_set(err, ZERR_STATE, "E705", 0,
			"domain 0 is the control domain, it cannot be %s", what);
}

/* Nobody begins or ends a pause of a program's own meanwhile, and what was orphaned is gone. */
static void lock_pauses(struct domain_ctx *ctx, int *ret_lock)
{
	domain_lock(ctx, ret_lock, NULL);
	domain_recover_locked(ctx, NULL);
}

int domain_pause(struct domain_ctx *ctx, uint16_t domid, struct zerr **err)
{
	_cleanup_close_ int lock = -1;
	struct hyp_domain_info info;

	if (not_dom0(domid, "paused", err) != 0)
		return -1;
	lock_pauses(ctx, &lock);
	if (domain_must_exist(ctx, domid, &info, err) != 0)
		return -1;
	if (!(domain_hold_keep(ctx, &info, true) && info.paused) &&
	    hyp_domain_pause(ctx->hyp, domid, err) != 0)
		return -1;
	if (!info.paused)
		domain_did(ctx, domid, "paused", NULL);
	return 0;
}

/* Class ZERR_STATE when the domain is not paused. */
int domain_unpause(struct domain_ctx *ctx, uint16_t domid, struct zerr **err)
{
	_cleanup_close_ int lock = -1;
	struct hyp_domain_info info;

	if (domain_must_exist(ctx, domid, &info, err) != 0)
		return -1;
	if (!info.paused)
		return zerr_set(err, ZERR_STATE, "E704", 0, "domain %u is not paused", domid);
	/* Perhaps it was a killed program's pause, which has ended with this. */
	lock_pauses(ctx, &lock);
	if (domain_must_exist(ctx, domid, &info, err) != 0 ||
	    (info.paused && !domain_hold_keep(ctx, &info, false) &&
	     hyp_domain_unpause(ctx->hyp, domid, err) != 0))
		return -1;
	domain_did(ctx, domid, "unpaused", NULL);
	return 0;
}

/* The guest says by a node of its own whether it listens: a hint, nothing to rely on. */
static void warn_if_deaf(struct domain_ctx *ctx, uint16_t domid, enum domain_request what)
{
	_cleanup_free_ char *value = NULL;
	char rel[40];

	snprintf(rel, sizeof(rel), "control/feature-%s", what == DOMAIN_REQUEST_HALT ?
		 "poweroff" : request_words[what]);
	if (domain_store_read(ctx, domid, rel, &value, NULL) == 1 && strcmp(value, "1") != 0)
		domain_warn(ctx, "W410", "domain %u has not said that it obeys %s requests", domid,
			    request_words[what]);
}

int domain_request(struct domain_ctx *ctx, uint16_t domid, enum domain_request what,
		   struct zerr **err)
{
	struct hyp_domain_info info;

	if (not_dom0(domid, "shut down from here", err) != 0 ||
	    domain_need_store(ctx, err) != 0 ||
	    domain_must_exist(ctx, domid, &info, err) != 0)
		return -1;
	if (info.dying || info.shutdown)
		return zerr_set(err, ZERR_STATE, "E704", 0, "domain %u has already ended (%s)",
				domid,
				info.dying ? "dying" : domain_shutdown_word(info.shutdown_reason));
	if (info.paused) {
		zerr_set(err, ZERR_STATE, "E704", 0, "domain %u is paused and cannot take requests",
			 domid);
		return zerr_hint(err, "zl unpause it first%s", what == DOMAIN_REQUEST_SUSPEND ?
				 "" : ", or do not ask it: --force");
	}
	warn_if_deaf(ctx, domid, what);
	return domain_store_write(ctx, domid, "control/shutdown", request_words[what], err);
}

int domain_force_shutdown(struct domain_ctx *ctx, uint16_t domid, enum domain_request what,
			  struct zerr **err)
{
	struct hyp_domain_info info;

	if (not_dom0(domid, "shut down from here", err) != 0 ||
	    domain_must_exist(ctx, domid, &info, err) != 0)
		return -1;
	return hyp_domain_remote_shutdown(ctx->hyp, domid, what == DOMAIN_REQUEST_REBOOT ?
					  HYP_SHUTDOWN_REBOOT : HYP_SHUTDOWN_POWEROFF, err);
}

int domain_sysrq(struct domain_ctx *ctx, uint16_t domid, char letter, struct zerr **err)
{
	struct hyp_domain_info info;
	const char text[2] = { letter, '\0' };

	if (domain_must_exist(ctx, domid, &info, err) != 0)
		return -1;
	if (info.shutdown || info.dying || info.paused)
		return zerr_set(err, ZERR_STATE, "E704", 0, "it cannot hear: its state is \"%s\"",
				domain_state_word(&info));
	return domain_store_write(ctx, domid, "control/sysrq", text, err);
}

static int name_is_free(struct domain_ctx *ctx, const char *name, struct zerr **err)
{
	const char *problem = domain_name_problem(name);
	uint16_t other;
	int rc;

	if (problem)
		return zerr_set(err, ZERR_USAGE, "E201", 0, "the name \"%s\" is not possible: %s",
				name, problem);
	rc = domain_find_name(ctx, name, &other, err);
	if (rc == 1)
		return zerr_set(err, ZERR_STATE, "E703", 0, "domain %u has the name \"%s\"", other,
				name);
	return rc;
}

struct rename_args {
	uint16_t domid;
	const char *name;
	char old_uuid[DOMAIN_UUID_TEXT], uuid[DOMAIN_UUID_TEXT];
};

static int rename_nodes(struct xs *xs, uint32_t tx, void *arg, struct zerr **err)
{
	const struct rename_args *a = arg;
	struct node_writer w = { .xs = xs, .tx = tx, .err = err };
	_cleanup_free_ char *start = NULL;
	char base[80];

	w.base = base;
	snprintf(base, sizeof(base), "/local/domain/%u", a->domid);
	node_write(&w, "name", "%s", a->name);
	node_write(&w, "vm", "/vm/%s", a->uuid);
	snprintf(base, sizeof(base), "/vm/%s/start_time", a->old_uuid);
	if (w.rc != 0 || xs_read(xs, tx, base, &start, NULL, err) < 0)
		return -1;
	snprintf(base, sizeof(base), "/vm/%s", a->old_uuid);
	if (strcmp(a->uuid, a->old_uuid) != 0)
		w.rc = xs_rm(xs, tx, base, err);
	snprintf(base, sizeof(base), "/vm/%s", a->uuid);
	node_write(&w, "", "%s", "");
	node_perms(&w, "", NODE_RO, a->domid);
	node_write(&w, "uuid", "%s", a->uuid);
	node_write(&w, "name", "%s", a->name);
	if (start)
		node_write(&w, "start_time", "%s", start);
	return w.rc;
}

/* Who destroys a domain removes the nodes that are there now: none may come after. */
static int not_being_destroyed(struct domain_ctx *ctx, uint16_t domid, struct domain_state *s,
			       struct zerr **err)
{
	struct hyp_domain_info info;

	if (domain_must_exist(ctx, domid, &info, err) != 0 ||
	    domain_state_load(ctx, domid, s, err) < 0)
		return -1;
	if (info.dying || s->final)
		return zerr_set(err, ZERR_NOT_FOUND, "E701", 0, "domain %u is being destroyed",
				domid);
	return 0;
}

/* Under the lock; s is what the state file has, or empty. */
static int rename_locked(struct domain_ctx *ctx, const struct hyp_domain_info *info,
			 const char *name, const uint8_t uuid[16], struct domain_state *s,
			 struct zerr **err)
{
	struct rename_args args = { .domid = info->domid, .name = name };

	domain_uuid_format(info->uuid, args.old_uuid);
	domain_uuid_format(uuid, args.uuid);
	if (not_being_destroyed(ctx, info->domid, s, err) != 0 ||
	    name_is_free(ctx, name, err) != 0)
		return -1;
	if (memcmp(uuid, info->uuid, 16) != 0 &&
	    hyp_domain_set_handle(ctx->hyp, info->domid, uuid, err) != 0)
		return -1;
	if (xs_transaction(ctx->xs, rename_nodes, &args, err) != 0)
		return -1;
	if (s->domid == 0)
		return 0;
	snprintf(s->name, sizeof(s->name), "%s", name);
	memcpy(s->uuid, uuid, sizeof(s->uuid));
	return domain_state_save(ctx, s, err);
}

static int rename_to(struct domain_ctx *ctx, const struct hyp_domain_info *info, const char *name,
		     const uint8_t uuid[16], struct zerr **err)
{
	struct domain_state s = { .domid = 0 };
	_cleanup_close_ int lock = -1;
	int rc = domain_lock(ctx, &lock, err);

	if (rc == 0)
		rc = rename_locked(ctx, info, name, uuid, &s, err);
	domain_state_clear(&s);
	return rc;
}

/* Classes: ZERR_STATE the name is taken, ZERR_USAGE it is no name for a domain. */
int domain_rename(struct domain_ctx *ctx, uint16_t domid, const char *name, struct zerr **err)
{
	struct hyp_domain_info info;

	if (not_dom0(domid, "renamed", err) != 0 || domain_need_store(ctx, err) != 0 ||
	    domain_must_exist(ctx, domid, &info, err) != 0)
		return -1;
	if (rename_to(ctx, &info, name, info.uuid, err) != 0)
		return -1;
	domain_did(ctx, domid, "renamed", NULL);
	return 0;
}

int domain_set_aside(struct domain_ctx *ctx, uint16_t domid, const char *name, struct zerr **err)
{
	struct hyp_domain_info info;
	uint8_t uuid[16];

	if (domain_need_store(ctx, err) != 0 || domain_must_exist(ctx, domid, &info, err) != 0)
		return -1;
	if (getrandom(uuid, sizeof(uuid), 0) != (ssize_t)sizeof(uuid))
		return zerr_set(err, ZERR_FAILED, "E920", errno, "no random numbers");
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
	/* It has ended: who comes after it needs its disks, addresses and sockets. */
	if (device_remove_all(ctx, domid, err) != 0)
		return -1;
	device_channels_unlink(ctx, domid);
	return rename_to(ctx, &info, name, uuid, err);
}
