/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Envelopes of domctl and sysctl, for the files of tools/hyp that fill them. */
#ifndef TOOLS_HYP_DOMCTL_H
#define TOOLS_HYP_DOMCTL_H

#include <public/domctl.h>
#include <public/sysctl.h>
#include <public/zazen.h>

#include "tools/hyp/hyp_priv.h"

/* struct xen_domctl op = DOMCTL(max_vcpus, domid, .max_vcpus.max = n); */
#define DOMCTL(name, id, ...) { .cmd = XEN_DOMCTL_##name, .domain = (id), \
	.interface_version = XEN_DOMCTL_INTERFACE_VERSION, .u = { __VA_ARGS__ } }
#define ZAZEN_DOMCTL(name, id, ...) { .cmd = ZAZEN_DOMCTL_##name, .domain = (id), \
	.interface_version = XEN_DOMCTL_INTERFACE_VERSION, .u = { __VA_ARGS__ } }
#define SYSCTL(name, ...) { .cmd = XEN_SYSCTL_##name, \
	.interface_version = XEN_SYSCTL_INTERFACE_VERSION, .u = { __VA_ARGS__ } }
/* A buffer as a member of an envelope. */
#define HANDLE(buf) { .p = hcall_addr(buf) }

long domctl_call(struct hyp *h, struct xen_domctl *op);
int domctl_do(struct hyp *h, struct xen_domctl *op, const char *what, struct zerr **err);
long sysctl_call(struct hyp *h, struct xen_sysctl *op);
int sysctl_do(struct hyp *h, struct xen_sysctl *op, const char *what, struct zerr **err);

#endif
