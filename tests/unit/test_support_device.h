/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What devices need of a machine, for tests: loop and nbd devices, programs, and a back-end that
 * answers in the fake store as the kernel does. Linked before the libraries, so it wins.
 */
#ifndef TEST_SUPPORT_DEVICE_H
#define TEST_SUPPORT_DEVICE_H

#include <stdbool.h>

struct xs;

struct fake_devices {
	struct xs *xs;
	bool no_driver;			/* no back-end answers */
	bool back_dies;			/* it gives up when it is given its device */
	bool guest_silent;		/* does not let go */
	bool back_keeps;		/* the back-end does not let go */
	bool back_gone;			/* it is gone and has said nothing */
	bool held;	/* requests to the device mapper's */
	bool no_nbd, nbd_fails, script_fails, loop_fails, interrupted;
	bool script_says_error;		/* ends well, but writes hotplug-status error */
	bool script_names_nothing;	/* of a disk: ends well without physical-device */
	bool misses_first;		/* the guest answers for the last of three alike */
	unsigned int pauses;		/* hotplug_pause() calls */
	unsigned int nbds, loops_made, scripts;	/* nbds: in use now */
	char nbd_name[32];		/* of the latest */
	char resized[100];		/* format, readonly, discard, cache, devices, MiB */
	char last_script[64];		/* its name and first argument */
};
extern struct fake_devices fake_devices;

/* A fresh machine with this store. */
void fake_devices_begin(struct xs *xs);
/* Let the guest of a domain connect to all devices that wait for it. */
void fake_devices_connect(unsigned int domid);

#endif
