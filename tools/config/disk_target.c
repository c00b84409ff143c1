/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers by which Linux's front-end knows disks: xvda is 51712, one more disk 16 more; from
 * the sixteenth disk or partition on the extended form, with 256 numbers for each disk. Pure.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xentools/domain_config.h"
#include "xentools/parse_num.h"

#define MAJOR_XVD 202u
#define EXTENDED (1u << 28)
#define DISKS_MAX 4096u			/* that Linux's front-end can number */

int disk_target_number(const char *target, unsigned int *ret)
{
	unsigned int disk = 0, part = 0;
	const char *p = target + 3;

	if (strncmp(target, "xvd", 3) != 0 || *p < 'a' || *p > 'z')
		return -EINVAL;
	for (; *p >= 'a' && *p <= 'z'; p++) {
		disk = disk * 26 + (unsigned int)(*p - 'a') + 1;
		if (disk > DISKS_MAX)
			return -EINVAL;
	}
	disk--;
	if (*p && (*p == '0' || parse_u32(p, 1, 255, &part) != 0))
		return -EINVAL;
	*ret = disk < 16 && part < 16 ? MAJOR_XVD << 8 | disk << 4 | part
				      : EXTENDED | disk << 8 | part;
	return 0;
}

/* The disk with that number, from 0 on; -EINVAL behind the last. */
int disk_target_nth(unsigned int n, char ret[DISK_TARGET_MAX])
{
	return n >= DISKS_MAX ? -EINVAL :
		disk_target_name(n < 16 ? MAJOR_XVD << 8 | n << 4 : EXTENDED | n << 8, ret);
}

int disk_target_name(unsigned int devid, char ret[DISK_TARGET_MAX])
{
	unsigned int disk, part, n;
	char letters[8];
	int i = (int)sizeof(letters) - 1;

	if (devid & EXTENDED) {
		disk = (devid & ~EXTENDED) >> 8;
		part = devid & 255;
	} else {
		disk = (devid & 255) >> 4;
		part = devid & 15;
	}
	if (disk >= DISKS_MAX || (!(devid & EXTENDED) && devid >> 8 != MAJOR_XVD)) {
		snprintf(ret, DISK_TARGET_MAX, "%u", devid);
		return -EINVAL;
	}
	letters[i] = '\0';
	for (n = disk + 1; n > 0; n = (n - 1) / 26)
		letters[--i] = (char)('a' + (n - 1) % 26);
	snprintf(ret, DISK_TARGET_MAX, part ? "xvd%s%u" : "xvd%s", letters + i, part);
	return 0;
}
