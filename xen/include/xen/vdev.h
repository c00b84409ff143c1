/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual timers, PSCI and SMCCC as the trap handlers and the scheduler call them. */
#pragma once

#include <xen/types.h>

#define VTIMER_PPI	27u
#define PTIMER_PPI	30u
#define EVTCHN_PPI_DOMU	31u

/* v left a CPU with ctxt.cntv_* saved: arm a soft timer for it; v comes back: disarm. */
void vtimer_put_cpu(struct vcpu *v), vtimer_load_cpu(struct vcpu *v);
void vtimer_vcpu_reset(struct vcpu *v);
/*
 * The guest's physical timer registers, emulated: CNTP_CTL, CNTP_CVAL, CNTP_TVAL, (CNTPCT is not
 * trapped).
 */
typedef uint64_t sysreg_read_fn(struct vcpu *v);
typedef void sysreg_write_fn(struct vcpu *v, uint64_t val);
sysreg_read_fn vptimer_read_count, vptimer_read_ctl, vptimer_read_cval, vptimer_read_tval;
sysreg_write_fn vptimer_write_ctl, vptimer_write_cval, vptimer_write_tval;

/*
 * SMCCC call of v (HVC #0 or SMC #0): function id in x0. Results go to v->regs.x[0..3]. PSCI
 * calls that end the vCPU's or the domain's run set flags and raise WORK_RESCHED.
 */
void vsmccc_call(struct vcpu *v);
/* What this CPU and its firmware need and have; id: its ID registers. first: begin anew. */
void vsmccc_add_cpu(const uint64_t *id, uint32_t midr, bool first);
/* PSCI part: returns false when function is not PSCI's. */
bool vpsci_call(struct vcpu *v, uint32_t fn, uint64_t *ret);
