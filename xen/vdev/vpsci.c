/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PSCI 1.1 for guests: which vCPUs are on, and the end of the whole domain. A vCPU is off by
 * VPF_DOWN; turning one on is decided under the domain's lock, so that of two callers one finds
 * it on. Nothing reaches the machine's firmware. Of what is optional there is SYSTEM_RESET2; a
 * domain's memory is cleared in any case when it ends, so there is no MEM_PROTECT to ask for.
 */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/vcpu.h>
#include <xen/vdev.h>
#include <xen/vgic.h>
#include <public/sched.h>
#include "vsmccc.h"

enum {
	PSCI_SUCCESS = 0, PSCI_NOT_SUPPORTED = -1, PSCI_INVALID_PARAMETERS = -2,
	PSCI_ALREADY_ON = -4, PSCI_ON_PENDING = -5, PSCI_INVALID_ADDRESS = -9,
};

enum { AFFINITY_ON, AFFINITY_OFF, AFFINITY_ON_PENDING };
#define AFFINITY_MASK			0xff00ffffffUL
#define MIGRATE_NOT_NEEDED		2

/* Function numbers: 0x84000000 + n, and 0xC4000000 + n where addresses are passed. */
enum {
	FN_VERSION, FN_CPU_SUSPEND, FN_CPU_OFF, FN_CPU_ON, FN_AFFINITY_INFO,
	FN_MIGRATE_INFO_TYPE = 6,
	FN_SYSTEM_OFF = 8, FN_SYSTEM_RESET, FN_FEATURES, FN_SYSTEM_RESET2 = 0x12, NR_FNS
};

/* CPU_SUSPEND's power state, original format: StateID, StateType, PowerLevel. */
#define POWER_STATE_MASK	0x0301ffffUL

static bool is_off(const struct vcpu *v)
{
	/* Off for good when its last state has left its CPU. */
	return (READ_ONCE(v->flags) & VPF_DOWN) && !load_acquire(&v->is_running);
}

/* Turned on, and not once on a CPU since. */
static bool is_on_pending(const struct vcpu *v)
{
	return !load_acquire(&v->is_running) &&
	       READ_ONCE(v->runstate.time[RUNSTATE_running_]) == v->ran_before_on;
}

/* Can code be there? In AArch32 bit 0 says T32, which may begin at any even address. */
static bool is_entry(const struct domain *d, uint64_t pc)
{
	return (pc & 3) == 0 || (d->is_aarch32 && (pc & 1));
}

/* arg: target's affinity, entry point, context for its x0. */
static int64_t cpu_on(struct vcpu *v, const uint64_t *arg)
{
	struct domain *d = v->domain;
	struct vcpu *target = domain_vcpu_by_affinity(d, arg[0]);

	if (!target || (arg[0] & ~AFFINITY_MASK))
		return PSCI_INVALID_PARAMETERS;
	if (!is_entry(d, arg[1]))
		return PSCI_INVALID_ADDRESS;
	SPIN_GUARD(&d->lock);
	if (!is_off(target))
		return is_on_pending(target) ? PSCI_ON_PENDING : PSCI_ALREADY_ON;
	target->ran_before_on = target->runstate.time[RUNSTATE_running_];
	vcpu_reset(target, arg[1], arg[2]);
	vgic_vcpu_reset(target);
	/* With it went the interrupt that the upcall byte says is on its way. */
	if (mfn_valid(target->info_mfn) && READ_ONCE(target->info->evtchn_upcall_pending))
		(void)vgic_inject_ppi(target, d->event_ppi);
	vcpu_clear_flag(target, VPF_DOWN | VPF_BLOCKED);
	return PSCI_SUCCESS;
}

/*
 * arg: affinity, lowest affinity level: fields below it do not count. A group of vCPUs is on when
 * one of them is, and off when all are.
 */
static int64_t affinity_info(struct vcpu *v, const uint64_t *arg)
{
	static const uint64_t counts[] = { AFFINITY_MASK, 0xff00ffff00UL, 0xff00ff0000UL,
					   0xff00000000UL };
	int64_t ret = PSCI_INVALID_PARAMETERS;

	if (arg[1] >= ARRAY_SIZE(counts) || (arg[0] & ~AFFINITY_MASK))
		return PSCI_INVALID_PARAMETERS;
	for_each_vcpu(v->domain, target) {
		if ((target->ctxt.vmpidr ^ arg[0]) & counts[index_nospec(arg[1], ARRAY_SIZE(counts))])
			continue;
		if (!is_off(target) && !is_on_pending(target))
			return AFFINITY_ON;
		if (ret != AFFINITY_ON_PENDING)
			ret = is_off(target) ? AFFINITY_OFF : AFFINITY_ON_PENDING;
	}
	return ret;
}

/* The functions that we have; those that exist as SMC64 too. */
#define FNS	(BIT(FN_VERSION) | BIT(FN_CPU_OFF) | BIT(FN_MIGRATE_INFO_TYPE) | \
		 BIT(FN_SYSTEM_OFF) | BIT(FN_SYSTEM_RESET) | BIT(FN_FEATURES) | FNS_64)
#define FNS_64	(BIT(FN_CPU_SUSPEND) | BIT(FN_CPU_ON) | BIT(FN_AFFINITY_INFO) | \
		 BIT(FN_SYSTEM_RESET2))

/* Number of a PSCI function that we have; NR_FNS for any other id. */
static uint32_t lookup(uint32_t fn)
{
	uint32_t n = fn & 0x1f;

	if ((fn & ~(SMCCC_64 | 0x1fu)) != PSCI_BASE)
		return NR_FNS;
	return (fn & SMCCC_64 ? FNS_64 : FNS) & BIT(n) ? n : NR_FNS;
}

/* Carry out function n of v. */
static int64_t call(struct vcpu *v, uint32_t n, const uint64_t *arg)
{
	switch (n) {
	case FN_VERSION:
		return PSCI_VERSION_1_1;
	case FN_CPU_SUSPEND:
		/*
		 * Any power state is a wait for an interrupt: the vCPU keeps its registers, which
		 * the caller must cope with.
		 */
		if (arg[0] & ~POWER_STATE_MASK)
			return PSCI_INVALID_PARAMETERS;
		vcpu_block(v);
		return PSCI_SUCCESS;
	case FN_CPU_OFF:
		vcpu_set_flag(v, VPF_DOWN);
		return PSCI_SUCCESS;
	case FN_CPU_ON:
		return cpu_on(v, arg);
	case FN_AFFINITY_INFO:
		return affinity_info(v, arg);
	case FN_MIGRATE_INFO_TYPE:
		return MIGRATE_NOT_NEEDED;
	case FN_SYSTEM_OFF:
		domain_shutdown(v->domain, SHUTDOWN_poweroff);
		return PSCI_SUCCESS;
	case FN_SYSTEM_RESET:
	case FN_SYSTEM_RESET2:
		/* 0: SYSTEM_WARM_RESET, the architecture's only one. */
		if (n == FN_SYSTEM_RESET2 && arg[0] != 0)
			return PSCI_INVALID_PARAMETERS;
		domain_shutdown(v->domain, SHUTDOWN_reboot);
		return PSCI_SUCCESS;
	case FN_FEATURES:
		return lookup((uint32_t)arg[0]) < NR_FNS || (uint32_t)arg[0] == SMCCC_VERSION ?
		       PSCI_SUCCESS : PSCI_NOT_SUPPORTED;
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

/*
 * Carry out PSCI function fn of v, arguments in its x1 to x3, and put the result in *ret. False
 * when fn is not PSCI's.
 */
bool vpsci_call(struct vcpu *v, uint32_t fn, uint64_t *ret)
{
	/* An SMC32 call's arguments are 32 bits wide. */
	uint64_t mask = fn >= PSCI_BASE && !(fn & SMCCC_64) ? UINT32_MAX : ~0UL;
	uint64_t arg[3] = { v->regs.x[1] & mask, v->regs.x[2] & mask, v->regs.x[3] & mask };
	uint32_t n = lookup(fn);

	/* PSCI 0.1: ids of the device tree's choice, and ours are these. */
	if (fn == PSCI_0_1_CPU_OFF)
		n = FN_CPU_OFF;
	else if (fn == PSCI_0_1_CPU_ON)
		n = FN_CPU_ON;
	else if ((fn & ~(SMCCC_64 | 0x1fu)) != PSCI_BASE)
		return false;
	*ret = (uint32_t)call(v, n, arg);
	return true;
}
