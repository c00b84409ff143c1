/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage-2 aborts: an access to emulated device memory, a race with a change of the tables (try
 * again), or the guest's own mistake, which comes back to it as an abort.
 */
#include <xen/p2m.h>
#include "machine.h"

/*
 * HPFAR_EL2.FIPA holds IPA[51:12] in bits 43:4; it is valid for translation faults and faults on
 * stage-1 walks.
 */
static ipa_t fault_ipa(uint64_t far)
{
	return (read_sysreg(hpfar_el2) & ~0xfUL) << 8 | (far & (PAGE_SIZE - 1));
}

/*
 * A load's value as the instruction wants it: sign-extended from size, then cut to 32 bits unless
 * SF.
 */
static uint64_t extend(uint64_t data, uint32_t iss, unsigned int size)
{
	if ((iss & ISS_DABT_SSE) && size < 8) {
		unsigned int shift = 64 - 8 * size;

		data = (uint64_t)((int64_t)(data << shift) >> shift);
	}
	return iss & ISS_DABT_SF ? data : (uint32_t)data;
}

static bool emulate(struct vcpu *v, uint32_t iss, ipa_t ipa)
{
	struct mmio_access a = {
		.ipa = ipa, .size = (uint8_t)(1u << ISS_DABT_SAS(iss)), .write = iss & ISS_DABT_WNR,
	};

	if (a.write)
		a.data = guest_reg_get(&v->regs, ISS_DABT_SRT(iss));
	enum mmio_result res = mmio_dispatch(v, &a);
	if (res == MMIO_ABORT)
		guest_inject_abort(v, read_sysreg(far_el2), false);
	if (res != MMIO_DONE)
		return res != MMIO_NONE;
	if (!a.write)
		guest_reg_set(v, ISS_DABT_SRT(iss), extend(a.data, iss, a.size));
	guest_regs_skip(&v->regs);
	return true;
}

/*
 * Does an access that lacked permission have it now, be it the first write to a page since
 * somebody asked? A walk reads what it may; the machine writes to stage-1 tables, too. The guest
 * may have changed its own translation meanwhile, or another CPU be splitting a block that its
 * tables are in: its next try tells.
 */
static bool permission_is_there(struct vcpu *v, uint32_t iss, uint64_t far)
{
	ipa_t ipa = fault_ipa(far);

	if (!(iss & ISS_DABT_S1PTW) && guest_va_to_ipa(far, false, &ipa))
		return true;
	return p2m_fault_is_spurious(v->domain, ipa, iss & (ISS_DABT_WNR | ISS_DABT_S1PTW));
}

/*
 * Data abort of the current vCPU from stage 2. An access whose syndrome has no register (ISV = 0),
 * a walk or a cache operation cannot be emulated.
 */
void trap_data_abort(struct vcpu *v, uint32_t iss)
{
	uint64_t far = read_sysreg(far_el2);
	uint32_t type = FSC_TYPE(iss);
	ipa_t ipa;

	if (type == FSC_TRANSLATION) {
		ipa = fault_ipa(far);
		if ((iss & (ISS_DABT_ISV | ISS_DABT_S1PTW | ISS_DABT_CM)) == ISS_DABT_ISV &&
		    emulate(v, iss, ipa))
			return;
		if (p2m_fault_is_spurious(v->domain, ipa, iss & ISS_DABT_WNR))
			return;
	} else if (type == FSC_PERMISSION && permission_is_there(v, iss, far)) {
		return;
	}
	guest_inject_abort(v, far, false);
}

/*
 * A fetch from outside the guest's memory is the guest's to handle. What is refused for its
 * permission is a fetch of what is not executable, or a walk's write.
 */
void trap_instruction_abort(struct vcpu *v, uint32_t iss)
{
	uint64_t far = read_sysreg(far_el2);
	uint32_t type = FSC_TYPE(iss);

	if (type == FSC_TRANSLATION ? !p2m_fault_is_spurious(v->domain, fault_ipa(far), false) :
	    type != FSC_PERMISSION || !(iss & ISS_DABT_S1PTW) || !permission_is_there(v, iss, far))
		guest_inject_abort(v, far, true);
}
