/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_vcpu_op and _vm_assist: a guest registers memory that the hypervisor shares with
 * its vCPUs. Addresses become frames here, once; core/vcpu_areas.c pins and maps them. vCPUs are
 * started by PSCI, so nothing else of vcpu_op exists on arm.
 */
#include <public/vcpu.h>
#include "ops.h"

/* Its areas may be changed by us: it is the caller, or it runs nowhere. */
static bool may_register(const struct vcpu *v)
{
	return v == this_vcpu() || (READ_ONCE(v->flags) & VPF_DOWN);
}

static int64_t register_vcpu_info(struct vcpu *v, uint64_t arg)
{
	struct vcpu_register_vcpu_info info;

	if (copy_from_guest(&info, arg, sizeof(info)))
		return -EFAULT;
	return may_register(v) ? vcpu_register_info(v, gfn(info.mfn), info.offset) : -EINVAL;
}

/*
 * By virtual address, of which null takes the area down; or by physical address within a page, of
 * which ~0 does. Errors of the latter are those of Xen 4.18, where it comes from.
 */
static int64_t register_runstate(struct vcpu *v, uint64_t arg, bool phys)
{
	struct vcpu_register_runstate_memory_area area;
	uint64_t last;
	ipa_t begin, end;

	if (copy_from_guest(&area, arg, sizeof(area)))
		return -EFAULT;
	if (!may_register(v))
		return -EINVAL;
	uint64_t at = area.addr.p;
	if (at == (phys ? ~0UL : 0)) {
		/* Another's CPU may be writing there: VPF_DOWN comes before the last write. */
		if (v != this_vcpu())
			return -EINVAL;
		vcpu_release_runstate(v);
		return 0;
	}
	if (at & 7)
		return phys ? -ENXIO : -EINVAL;
	if (phys) {
		if ((at & ~PAGE_MASK) > PAGE_SIZE - sizeof(struct vcpu_runstate_info))
			return -ENXIO;
		begin = end = at;
	} else if (checked_add(at, sizeof(struct vcpu_runstate_info) - 1, &last) ||
		   guest_va_find(at, true, &begin) || guest_va_find(last, true, &end)) {
		return -EFAULT;
	}
	return vcpu_register_runstate(v, (gfn_t[]){ ipa_to_gfn(begin), ipa_to_gfn(end) },
				      (uint32_t)(at & ~PAGE_MASK), phys);
}

/* -ENOENT for no such vCPU; -EINVAL for what arm does not have; -EFAULT, -ENXIO, -ENOMEM. */
int64_t do_vcpu_op(uint64_t cmd, uint64_t vcpuid, uint64_t arg, uint64_t a3, uint64_t a4)
{
	struct vcpu *v = domain_vcpu(this_vcpu()->domain, vcpuid);

	if (!v)
		return -ENOENT;
	switch (cmd) {
	case VCPUOP_register_vcpu_info:
		return register_vcpu_info(v, arg);
	case VCPUOP_register_runstate_memory_area:
	case VCPUOP_register_runstate_phys_area:
		return register_runstate(v, arg, cmd == VCPUOP_register_runstate_phys_area);
	default:
		return -EINVAL;
	}
}

/*
 * Only the update flag in runstate areas is a thing on arm: 0, -EINVAL (type), -ENOSYS
 * (command).
 */
int64_t do_vm_assist(uint64_t cmd, uint64_t type, uint64_t a2, uint64_t a3, uint64_t a4)
{
	if (cmd != VMASST_CMD_enable && cmd != VMASST_CMD_disable)
		return -ENOSYS;
	if (type != VMASST_TYPE_runstate_update_flag)
		return -EINVAL;
	WRITE_ONCE(this_vcpu()->domain->runstate_update_flag, cmd == VMASST_CMD_enable);
	return 0;
}
