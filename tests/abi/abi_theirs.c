/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian's libxen-dev, as our table's counterpart. Its headers pick the architecture by the
 * compiler's macros; on a 64-bit x86 host these are exchanged once the C library's headers are in,
 * so that the arm64 layouts are compared on every build host (both are LP64 with the same
 * alignments). check_headers.sh repeats it with an arm64 compiler, as assertions (ABI_ASSERT).
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#if !__has_include(<xen/domctl.h>)
#error "Xen's public headers not found: install libxen-dev"
#endif

#if defined(__x86_64__)
#undef __x86_64__
#define __aarch64__ 1
#endif

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/device_tree_defs.h>
#include <xen/domctl.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/hvm/save.h>
#include <xen/io/blkif.h>
#include <xen/io/console.h>
#include <xen/io/netif.h>
#include <xen/io/xenbus.h>
#include <xen/io/xs_wire.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/gntdev.h>
#include <xen/sys/privcmd.h>
#include <xen/sys/xenbus_dev.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#include "tests/abi/abi_table.h"

#define ABI_TABLE abi_theirs
#include "tests/abi/abi_rows.h"
const size_t abi_theirs_count = sizeof(abi_theirs) / sizeof(abi_theirs[0]);

#ifdef ABI_ASSERT
#include "tests/abi/abi_assert.h"
#endif
