/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PSCI 1.1 for guests: which vCPUs are on, and the end of the whole domain. A vCPU is off by
 * VPF_DOWN; turning one on is decided under the domain's lock, so that of two callers one finds
 * it on. Nothing reaches the machine's firmware.
 */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/vcpu.h>
#include <xen/vdev.h>
#include <xen/vgic.h>
#include <public/sched.h>
#include "vsmccc.h"

#define PSCI_SUCCESS			0
#define PSCI_NOT_SUPPORTED		(-1)
#define PSCI_INVALID_PARAMETERS		(-2)
#define PSCI_ALREADY_ON			(-4)
#define PSCI_INVALID_ADDRESS		(-9)

#define AFFINITY_ON			0
#define AFFINITY_OFF			1
#define MIGRATE_NOT_NEEDED		2
#define PSCI_VERSION_1_1		0x00010001

/* Function numbers: 0x84000000 + n, and 0xC4000000 + n where addresses are passed. */
enum {
	FN_VERSION,
	FN_CPU_SUSPEND,
	FN_CPU_OFF,
	FN_CPU_ON,
	FN_AFFINITY_INFO,
	FN_MIGRATE_INFO_TYPE = 6,
	FN_SYSTEM_OFF = 8,
	FN_SYSTEM_RESET,
	FN_FEATURES,
	NR_FNS
};

static bool is_off(const struct vcpu *v)
{
	/* Off for good when its last state has left its CPU. */
	return (READ_ONCE(v->flags) & VPF_DOWN) && !load_acquire(&v->is_running);
}

static int64_t version(struct vcpu *v, const uint64_t *arg)
{
	(void)v, (void)arg;
	return PSCI_VERSION_1_1;
}

/*
 * Any power state is a wait for an interrupt: the vCPU keeps its registers, which the caller must
 * cope with.
 */
static int64_t cpu_suspend(struct vcpu *v, const uint64_t *arg)
{
	(void)arg;
	vcpu_block(v);
	return PSCI_SUCCESS;
}

static int64_t cpu_off(struct vcpu *v, const uint64_t *arg)
{
	(void)arg;
	vcpu_set_flag(v, VPF_DOWN);
	return PSCI_SUCCESS;
}

/* arg: target's affinity, entry point, context for its x0. */
static int64_t cpu_on(struct vcpu *v, const uint64_t *arg)
{
	struct domain *d = v->domain;
	struct vcpu *target = domain_vcpu_by_affinity(d, arg[0]);
	int64_t ret = PSCI_ALREADY_ON;

	if (!target || (arg[0] & ~0xff00ffffffUL))
		return PSCI_INVALID_PARAMETERS;
	if (arg[1] & 3)
		return PSCI_INVALID_ADDRESS;
	spin_lock(&d->lock);
	if (is_off(target)) {
		vcpu_reset(target, arg[1], arg[2]);
		vgic_vcpu_reset(target);
		vcpu_clear_flag(target, VPF_DOWN | VPF_BLOCKED);
		ret = PSCI_SUCCESS;
	}
	spin_unlock(&d->lock);
	return ret;
}

/* arg: affinity, lowest affinity level; only single vCPUs are told of, as PSCI 1.0 allows. */
static int64_t affinity_info(struct vcpu *v, const uint64_t *arg)
{
	const struct vcpu *target = domain_vcpu_by_affinity(v->domain, arg[0]);

	if (!target || (arg[0] & ~0xff00ffffffUL) || arg[1] != 0)
		return PSCI_INVALID_PARAMETERS;
	return is_off(target) ? AFFINITY_OFF : AFFINITY_ON;
}

static int64_t migrate_info_type(struct vcpu *v, const uint64_t *arg)
{
	(void)v, (void)arg;
	return MIGRATE_NOT_NEEDED;
}

static int64_t system_off(struct vcpu *v, const uint64_t *arg)
{
	(void)arg;
	domain_shutdown(v->domain, SHUTDOWN_poweroff);
	return PSCI_SUCCESS;
}

static int64_t system_reset(struct vcpu *v, const uint64_t *arg)
{
	(void)arg;
	domain_shutdown(v->domain, SHUTDOWN_reboot);
	return PSCI_SUCCESS;
}

static int64_t features(struct vcpu *v, const uint64_t *arg);

static const struct {
	int64_t (*fn)(struct vcpu *v, const uint64_t *arg);
	bool has_64;		/* the function exists as SMC64 too */
} functions[] = {
	[FN_VERSION]		= { version, false },
	[FN_CPU_SUSPEND]	= { cpu_suspend, true },
	[FN_CPU_OFF]		= { cpu_off, false },
	[FN_CPU_ON]		= { cpu_on, true },
	[FN_AFFINITY_INFO]	= { affinity_info, true },
	[FN_MIGRATE_INFO_TYPE]	= { migrate_info_type, false },
	[FN_SYSTEM_OFF]		= { system_off, false },
	[FN_SYSTEM_RESET]	= { system_reset, false },
	[FN_FEATURES]		= { features, false },
};
_Static_assert(ARRAY_SIZE(functions) == NR_FNS, "a PSCI function has no row");

/* Index of a PSCI function that we have; NR_FNS for any other id. */
static uint32_t lookup(uint32_t fn)
{
	uint32_t n = fn & 0x1f;

	if ((fn & ~(SMCCC_64 | 0x1fu)) != PSCI_BASE || n >= NR_FNS)
		return NR_FNS;
	n = (uint32_t)index_nospec(n, NR_FNS);
	return functions[n].fn && (!(fn & SMCCC_64) || functions[n].has_64) ? n : NR_FNS;
}

static int64_t features(struct vcpu *v, const uint64_t *arg)
{
	(void)v;
	return lookup((uint32_t)arg[0]) < NR_FNS || (uint32_t)arg[0] == SMCCC_VERSION ?
	       PSCI_SUCCESS : PSCI_NOT_SUPPORTED;
}

/*
 * Carry out PSCI function fn of v, arguments in its x1 to x3, and put the result in *ret. False
 * when fn is not PSCI's.
 */
bool vpsci_call(struct vcpu *v, uint32_t fn, uint64_t *ret)
{
	uint64_t arg[3] = { v->regs.x[1], v->regs.x[2], v->regs.x[3] };
	uint32_t n = lookup(fn), i;

	/* PSCI 0.1: ids of the device tree's choice, and ours are these. */
	if (fn == PSCI_0_1_CPU_OFF)
		n = FN_CPU_OFF;
	else if (fn == PSCI_0_1_CPU_ON)
		n = FN_CPU_ON;
	else if ((fn & ~(SMCCC_64 | 0x1fu)) != PSCI_BASE)
		return false;
	if (n == NR_FNS) {
		*ret = (uint32_t)PSCI_NOT_SUPPORTED;
		return true;
	}
	/* An SMC32 call's arguments are 32 bits wide. */
	if (fn >= PSCI_BASE && !(fn & SMCCC_64))
		for (i = 0; i < ARRAY_SIZE(arg); i++)
			arg[i] = (uint32_t)arg[i];
	*ret = (uint32_t)functions[n].fn(v, arg);
	return true;
}
