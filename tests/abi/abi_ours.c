/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our public headers against the csv files, at compile time: a wrong size, offset or number stops
 * the build with the row's name. Also makes our side of the table for test_abi.c. The same file is
 * compiled for arm64 by check_headers.sh.
 */
#include <public/arch-arm.h>
#include <public/domctl.h>
#include <public/errno.h>
#include <public/event_channel.h>
#include <public/features.h>
#include <public/grant_table.h>
#include <public/hvm_op.h>
#include <public/hvm_save.h>
#include <public/io/blkif.h>
#include <public/io/console.h>
#include <public/io/netif.h>
#include <public/io/xenbus.h>
#include <public/io/xs_wire.h>
#include <public/memory.h>
#include <public/physdev.h>
#include <public/platform.h>
#include <public/sched.h>
#include <public/sys/evtchn.h>
#include <public/sys/gntdev.h>
#include <public/sys/privcmd.h>
#include <public/sys/xenbus_dev.h>
#include <public/sysctl.h>
#include <public/vcpu.h>
#include <public/version.h>
#include <public/xen.h>

#include "tests/abi/abi_table.h"

#define ABI_TABLE abi_ours
#include "tests/abi/abi_rows.h"
const size_t abi_ours_count = sizeof(abi_ours) / sizeof(abi_ours[0]);

#include "tests/abi/abi_assert.h"

/* Ring sizes of one page, io-rings.md 1. */
_Static_assert(__CONST_RING_SIZE(blkif, 4096) == 32, "blkif ring");
_Static_assert(__CONST_RING_SIZE(netif_tx, 4096) == 256, "netif tx ring");
_Static_assert(__CONST_RING_SIZE(netif_rx, 4096) == 256, "netif rx ring");
_Static_assert(__CONST_RING_SIZE(xen_netif_ctrl, 4096) == 128, "netif ctrl ring");
