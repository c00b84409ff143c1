/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Envelopes of domctl and sysctl, for the files of tools/hyp that fill them. *_new() forgets all
 * buffers of the call before; further buffers come from hcall_alloc().
 */
#ifndef TOOLS_HYP_DOMCTL_H
#define TOOLS_HYP_DOMCTL_H

#include <public/domctl.h>
#include <public/sysctl.h>

#include "tools/hyp/hyp_priv.h"

struct xen_domctl *domctl_new(struct hyp *h, uint32_t cmd, uint16_t domid, struct zerr **err);
long domctl_call(struct hyp *h, struct xen_domctl *op);
int domctl_do(struct hyp *h, struct xen_domctl *op, const char *what, struct zerr **err);

struct xen_sysctl *sysctl_new(struct hyp *h, uint32_t cmd, struct zerr **err);
long sysctl_call(struct hyp *h, struct xen_sysctl *op);
int sysctl_do(struct hyp *h, struct xen_sysctl *op, const char *what, struct zerr **err);

#endif
