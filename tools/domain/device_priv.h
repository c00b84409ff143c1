/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the devices: what device.c gives to the classes (device_vbd.c, device_vif.c) and what
 * a class is. device.c knows the order of steps and the nodes that every device has; a class adds
 * its own nodes and its hotplug step. xenbus_state.c decides, hotplug.c runs programs.
 */
#ifndef TOOLS_DEVICE_PRIV_H
#define TOOLS_DEVICE_PRIV_H

#include <limits.h>

#include <xentools/device.h>
#include <xentools/macros.h>
#include <xentools/signals.h>

#include "tools/domain/domain_priv.h"

#define DEVICE_STATE_MS 10000		/* a back-end's answer, as libxl waits */
#define DEVICE_HOTPLUG_MS 40000		/* a script's end, as libxl waits */

#define DEVICE_OURS "zl-made"		/* in the note: this toolstack attached it */

struct device_class;

/* One device that is being attached or taken away. Made by device_init(). */
struct device {
	struct domain_ctx *ctx;
	const struct device_class *cls;
	uint16_t domid, backend_domid;
	unsigned int devid;
	bool undo;			/* it is taken away: Ctrl-C does not stop that */
	char claim[48];			/* the class's: what its guard looked at */
	const void *config;		/* attach: struct domain_disk, domain_nic, wish; else NULL */
	char name[DISK_TARGET_MAX];	/* for messages: "xvda", "vif3.0" */
	/* Directories: the guest's own, the back-end's, and what nobody but domain 0 reads. */
	char front[DEVICE_PATH_MAX], back[DEVICE_PATH_MAX], note[DEVICE_PATH_MAX];
};

/* The sides that a node is written to. BACK alone makes libxl's copy of it, too. */
enum device_side { DEVICE_FRONT = 1, DEVICE_BACK = 2, DEVICE_NOTE = 4 };

/* Writes within the attaching transaction; a no-op after the first failure. */
struct device_writer {
	struct node_writer front, back, note;
};
void device_put(struct device_writer *w, unsigned int sides, const char *key, const char *fmt,
		...) PRINTF_LIKE(4, 5);

struct device_class {
	enum device_kind kind;
	const char *type;		/* "vbd": in paths, and XENBUS_TYPE */
	const char *word;		/* "disk": in messages */
	/* The back-end's kernel module, loaded when it is not there; NULL: xenconsoled it is. */
	const char *module;
	/* d->name from domid and devid: "xvda", "vif3.0". */
	void (*set_name)(struct device *d);
	/*
	 * The class's own nodes. Written already: backend, backend-id, state of the front;
	 * frontend, frontend-id, online, state of the back.
	 */
	void (*write_nodes)(const struct device *d, struct device_writer *w);
	/*
	 * The back-end is at state 2: make it real, and write hotplug-status "connected" when no
	 * script does that. Not called for devices of a driver domain. A failure is followed by
	 * hotplug_detach().
	 */
	int (*hotplug_attach)(struct device *d, struct zerr **err);
	/*
	 * The back-end has let go (or never began): undo, whatever there is to undo. May be called
	 * twice, and for devices of which only the nodes exist: what it needs is in the store.
	 */
	int (*hotplug_detach)(struct device *d, struct zerr **err);
	/*
	 * Or NULL: it is to close. Nothing that a killed program left may keep the back-end waiting.
	 */
	void (*let_go)(const struct device *d);
};
extern const struct device_class device_class_vbd, device_class_vif;
extern const struct device_class device_class_console;

/* ---- device.c ---- */

/* backend_domain: a name or NULL for domain 0. 0 or -1 (class ZERR_NOT_FOUND: no such domain). */
int device_init(struct device *d, struct domain_ctx *ctx, const struct device_class *cls,
		uint16_t domid, unsigned int devid, const void *config,
		const char *backend_domain, struct zerr **err);
/*
 * Both ends' nodes, the back-end's answer, the hotplug step; undone on failure. Class ZERR_STATE
 * when the device exists. guard, when not NULL, is called with domain_lock() held before the nodes
 * are written: where a class looks whether what it needs is in use.
 */
int device_attach(struct device *d, int (*guard)(struct device *d, struct zerr **err),
		  struct zerr **err);
/* device_init() with the lowest index that is free, and device_attach(). */
int device_attach_next(struct device *d, struct domain_ctx *ctx, uint16_t domid,
		       const struct device_class *cls, const void *config,
		       const char *backend_domain,
		       int (*guard)(struct device *d, struct zerr **err), struct zerr **err);
/* The halves of it: announce it to both kernels (nothing is left of a failure); and the
 * back-end's answer with the hotplug step, after whose failure device_remove() is due. */
int device_begin(struct device *d, int (*guard)(struct device *d, struct zerr **err),
		 struct zerr **err);
int device_finish(struct device *d, struct zerr **err);
/*
 * Ask the guest to let go and wait for it. Class ZERR_TIMEOUT: it does not, and may go on with it.
 */
int device_close(struct device *d, int timeout_ms, struct zerr **err);
/* Take the front-end's nodes away and tell the back-end to close; it does so by itself. */
int device_ask_close(const struct device *d, struct zerr **err);
/*
 * Take it away, whatever the guest does: wait for the back-end, undo the hotplug step, remove the
 * nodes. ask: device_ask_close() first. Every step is tried; *err is the first failure.
 */
int device_remove(struct device *d, bool ask, struct zerr **err);
/* Say in what step at which device why happened, and hand it on; takes why; always -1. */
int device_failed(const struct device *d, const char *step, struct zerr *why, struct zerr **err);
/*
 * Be the only one that changes a domain's devices until *ret_fd is closed; devices that a killed
 * program left half attached are taken away. Class ZERR_STATE: another one is at it for long.
 */
int device_take_turn(struct domain_ctx *ctx, uint16_t domid, int *ret_fd, struct zerr **err);
/*
 * For who destroys the domain, to be held until it is dying: who waited for the turn then finds
 * it gone. A descriptor, or -1 when somebody has the turn for long. device_end_turns() takes the
 * file away.
 */
int device_take_last_turn(struct domain_ctx *ctx, uint16_t domid);
void device_end_turns(struct domain_ctx *ctx, uint16_t domid);
/*
 * Has the domain had a device of this name that was taken away since? turn: device_take_turn()'s.
 */
bool device_went_before(int turn, const struct device *d);
/* One value of a side: 1 found (malloc'd), 0 not there, -1 error. */
int device_read(const struct device *d, enum device_side side, const char *key, char **ret,
		struct zerr **err);
/* Write one value; the sides are or'ed. */
int device_write(const struct device *d, unsigned int sides, const char *key, const char *value,
		 struct zerr **err);
/* A device that exists, by its note: 1 found, 0 there is none, -1 error. */
int device_find(struct device *d, struct domain_ctx *ctx, uint16_t domid, enum device_kind kind,
		unsigned int devid, struct zerr **err);
void device_set_backend(struct device *d, uint16_t backend_domid);
/* A script's path: absolute, or a name in the directory of scripts; and whether it can be run. */
void device_script_path(const struct domain_ctx *ctx, const char *name, char ret[PATH_MAX]);
int device_script_check(const char *path, struct zerr **err);
/* The class of a kind. */
const struct device_class *device_class_of(enum device_kind kind);

/* ---- per class, for device_attach_all() and device_check_all() ---- */

int device_vbd_check(struct domain_ctx *ctx, const struct domain_disk *disk, struct zerr **err);
int device_vif_check(struct domain_ctx *ctx, const struct domain_nic *nic, struct zerr **err);
/* device_init() for one of a configuration's; guards as device_attach() has them. */
int device_vbd_init(struct device *d, struct domain_ctx *ctx, uint16_t domid,
		    const struct domain_disk *disk, struct zerr **err);
int device_vif_init(struct device *d, struct domain_ctx *ctx, uint16_t domid,
		    const struct domain_nic *nic, unsigned int index, struct zerr **err);
int device_vbd_guard(struct device *d, struct zerr **err);
int device_vif_guard(struct device *d, struct zerr **err);

/* ---- device_config.c: let a running domain's configuration follow ---- */

void device_config_add_disk(struct domain_ctx *ctx, uint16_t domid, const struct domain_disk *disk);
void device_config_add_nic(const struct device *d);
/* channel: NULL for a plain console; output: NULL for one without a file. */
void device_config_add_console(struct domain_ctx *ctx, uint16_t domid,
			       const struct domain_channel *channel,
			       const struct domain_output *output);
void device_config_set_link(const struct device *d, const char *mac, bool up);
/*
 * What the configuration knows a device by, from its note: to be read before it goes. Of a disk
 * it is its number, and nothing is read.
 */
struct device_identity {
	char *mac;			/* an interface's */
	char *connection, *name, *path, *file;	/* a console's */
};
int device_config_identify(const struct device *d, struct device_identity *ret, struct zerr **err);
void device_identity_clear(struct device_identity *id);
#define _cleanup_identity_ _cleanup_(device_identity_clear)
void device_config_remove(const struct device *d, const struct device_identity *id);

/* ---- hotplug.c ---- */

/*
 * Run a program to its end: argv[0] is looked up in PATH unless it has a slash. env: NULL-ended
 * "NAME=value" strings added to a clean environment, or NULL. 0 when it ends with status 0. Else
 * -1 with class ZERR_FAILED and its name, status and last line of stderr; ZERR_TIMEOUT when it was
 * killed at the end of timeout_ms; ZERR_NOT_FOUND when there is no such program.
 */
int hotplug_run(const char *const argv[], const char *const env[], int timeout_ms,
		struct zerr **err);
/* The same for what must be undone: Ctrl-C does not end it. */
int hotplug_undo(const char *const argv[], int timeout_ms, struct zerr **err);
/*
 * Run a device's hotplug script with the environment that Xen's have: script, XENBUS_TYPE,
 * XENBUS_PATH, XENBUS_BASE_PATH, and what is in env. args is NULL-ended: "add"; "online",
 * "type_if=vif". Also fails when the script ends well but wrote hotplug-status "error" (what it
 * wrote to hotplug-error is told).
 */
int hotplug_script(const struct device *d, const char *script, const char *const args[],
		   const char *const env[], struct zerr **err);
/* Is Ctrl-C waiting? (Programs of which it must not kill the middle block the signal.) */
bool hotplug_interrupted(void);
/* Let a guest have some time. */
void hotplug_pause(unsigned int ms);
/* Does this kernel have the back-end of a device? */
bool hotplug_backend_has(const char *type, uint16_t domid, unsigned int devid);
/* Load a kernel module unless path exists. Class ZERR_UNSUPPORTED with a hint when it fails. */
int hotplug_module(const char *module, const char *path, struct zerr **err);

#endif
