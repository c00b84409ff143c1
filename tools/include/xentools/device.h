/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paravirtual devices of a domain. Every class (disk, network, console) has the same life: nodes of
 * both ends are written, the back-end's kernel driver answers with state 2, a hotplug step makes
 * the back-end real, and the two kernels do the rest. It ends in the reverse order. What is common
 * is in device.c (the order of steps), xenbus_state.c (pure: what a pair of states means) and
 * hotplug.c (running scripts); a class adds its nodes and its hotplug step.
 * All functions return 0, or -1 with *err set, whose text names the device. They hold no lock;
 * the caller holds the domain's (domain_lock) where two programs could attach at once.
 */
#ifndef XENTOOLS_DEVICE_H
#define XENTOOLS_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xentools/domain.h"

/* XenBus states as both ends write them (xenbus.h of the public ABI). */
enum xenbus_state {
	XENBUS_UNKNOWN, XENBUS_INITIALISING, XENBUS_INIT_WAIT, XENBUS_INITIALISED,
	XENBUS_CONNECTED, XENBUS_CLOSING, XENBUS_CLOSED, XENBUS_RECONFIGURING,
	XENBUS_RECONFIGURED,
};

#define DEVICE_PATH_MAX 80u			/* bytes of "/local/domain/0/backend/vbd/1/51712" */

/* "connected", for people. */
const char *xenbus_state_word(enum xenbus_state state);

enum device_kind { DEVICE_VBD, DEVICE_VIF, DEVICE_CONSOLE };	/* consoles: from hvc1 on */

/* A device as the store shows it; only nodes that the guest cannot write decide anything. */
struct device_info {
	enum device_kind kind;
	uint16_t domid, backend_domid;
	unsigned int devid;			/* 51712 for xvda; index of a network device */
	enum xenbus_state frontend, backend;	/* as written; the guest's is only for show */
	char name[DISK_TARGET_MAX];		/* "xvda" or "vif3.0" */
	/* Directories in the store; the guest writes front. */
	char front[DEVICE_PATH_MAX], back[DEVICE_PATH_MAX], note[DEVICE_PATH_MAX];
};

/*
 * Attach one device to a domain that exists (running or being built) and wait until its
 * back-end and its hotplug step are through. On failure nothing is left: no node, no loop or nbd
 * device, no interface, no path. An interface gets the first free number. The domain's
 * configuration follows, so that its next reboot has the device.
 * Classes: ZERR_NOT_FOUND source missing, ZERR_STATE target or image in use, ZERR_UNSUPPORTED
 * no back-end for the format here, ZERR_TIMEOUT, ZERR_FAILED a script's failure with its name,
 * status and last line.
 */
int device_attach_disk(struct domain_ctx *ctx, uint16_t domid, const struct domain_disk *disk,
		       struct zerr **err);
int device_attach_nic(struct domain_ctx *ctx, uint16_t domid, const struct domain_nic *nic,
		      struct zerr **err);
/*
 * A channel, or a plain console (NULL), gets the first free number, too: N of the guest's hvcN.
 * output: of a plain one, or NULL.
 */
int device_attach_console(struct domain_ctx *ctx, uint16_t domid,
			  const struct domain_channel *channel,
			  const struct domain_output *output, struct zerr **err);
/* Is the path that a channel names free? */
int device_check_channel(struct domain_ctx *ctx, const struct domain_channel *channel,
			 struct zerr **err);

/*
 * Take one away: asks both ends to close, waits up to timeout_ms for the guest to let go (class
 * ZERR_TIMEOUT, the device stays usable), then undoes hotplug step and nodes. force does not wait
 * for the guest. Twice is no error: class ZERR_NOT_FOUND.
 */
int device_detach(struct domain_ctx *ctx, uint16_t domid, enum device_kind kind,
		  unsigned int devid, bool force, int timeout_ms, struct zerr **err);

/* All devices of a kind, ascending by devid; *ret is malloc'd. */
int device_list(struct domain_ctx *ctx, uint16_t domid, enum device_kind kind,
		struct device_info **ret, size_t *n, struct zerr **err);

struct config_live;
/*
 * What a domain has while it runs: *live, whose domid is given, is filled and to be freed by
 * config_live_free() also after a failure. Into its configuration go the addresses of its
 * interfaces, and the names of their ends in the control domain where it says none.
 */
int device_show(struct domain_ctx *ctx, struct domain_config *cfg, struct config_live *live,
		struct zerr **err);

/*
 * For domain_create(): all of a configuration's devices, undone in reverse when one fails; and
 * for domain_remove(): whatever the domain has, even when the domain is already gone. Removing
 * tries everything and reports the first failure.
 */
int device_attach_all(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
		      struct zerr **err);
int device_remove_all(struct domain_ctx *ctx, uint16_t domid, struct zerr **err);
/* Before a domain exists: sources, formats, bridges, scripts are there, no image is in use. */
int device_check_all(struct domain_ctx *ctx, const struct domain_config *cfg, struct zerr **err);

/*
 * Let an interface's link be up or down; its script sees the interface go and come again. The
 * domain's configuration follows. Nothing is done when it is so already; a failure is undone.
 * Classes: ZERR_NOT_FOUND, ZERR_UNSUPPORTED a driver domain serves it, a script's as at attaching.
 */
int device_vif_set_link(struct domain_ctx *ctx, uint16_t domid, unsigned int devid, bool up,
			struct zerr **err);

/*
 * Make a disk's file larger (size in bytes; 0: somebody has done that) and let the guest know.
 * Classes: ZERR_STATE it would shrink, ZERR_UNSUPPORTED not a file.
 */
int device_vbd_resize(struct domain_ctx *ctx, uint16_t domid, unsigned int devid, uint64_t size,
		      struct zerr **err);

#endif
