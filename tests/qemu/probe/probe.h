/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the parts of golden_probe: hypercalls from dom0's user space with libxen-dev's
 * own headers, so that what is asked is what Xen's users ask.
 */
#ifndef TESTS_QEMU_PROBE_H
#define TESTS_QEMU_PROBE_H

#define __XEN_TOOLS__ 1
#include <stdint.h>

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>

/* What a hypercall answered: its value, or a negative errno. */
long hyp(unsigned long op, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
#define PTR(p) ((unsigned long)(p))

extern int privcmd_fd;
extern struct xen_domctl domctl;
extern struct xen_sysctl sysctl_arg;

long do_domctl(uint32_t cmd, domid_t dom);
long do_sysctl(uint32_t cmd);
long memory_op(unsigned int op, void *arg);
long evtchn_op(unsigned int op, void *arg);

/* Print a row "name,observed"; observed is quoted when it holds a comma. */
void row(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void row_domain(domid_t dom);

/* The parts. */
void probe_version(void);
void probe_sysctl(void);
void probe_self(void);
void probe_events(void);
void probe_domain(void);

#endif
