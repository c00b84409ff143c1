/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_physdev_op: dom0 reports PCI devices that a hypervisor with pass-through would want
 * to know. We have none, so nothing is to be reported: Linux then prints a line per device and
 * goes on.
 */
#include "ops.h"

int64_t do_physdev_op(uint64_t cmd, uint64_t arg)
{
	(void)cmd;
	(void)arg;
	return -ENOSYS;
}
