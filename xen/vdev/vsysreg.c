/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSR and MRS that trap. ID registers are an array, since they are read often: of the domain's
 * own or the common one. Everything else is a row of the table, or UNDEF to the guest.
 */
#include <xen/domain.h>
#include <xen/id_regs.h>
#include <xen/vcpu.h>
#include <xen/vsysreg.h>

#define ID_SPACE	ISS_SYS_ENC(3, 0, 0, 0, 0)
#define ID_SPACE_MASK	(SYSREG_ANY_CRM_OP2 | ISS_SYS_ENC(0, 0, 0, 8, 0) | ISS_SYS_READ)

void trap_sysreg(struct vcpu *v, uint32_t iss)
{
	const struct sysreg_row *row = sysreg_rows, *end = sysreg_rows + sysreg_nr_rows;
	uint32_t enc = iss & ISS_SYS_ENC_MASK;
	uint32_t rt = ISS_SYS_RT(iss);

	if ((iss & ID_SPACE_MASK) == (ID_SPACE | ISS_SYS_READ)) {
		guest_reg_set(v, rt, v->domain->id_regs[ID_REG(enc >> 1 & 7, enc >> 17 & 7)]);
		guest_regs_skip(&v->regs);
		return;
	}
	while (row < end && (enc & row->mask) != row->enc)
		row++;
	if (row < end && row->trap) {
		if (!row->trap(v, iss))
			guest_inject_undef(v);
	} else if (row < end && (iss & ISS_SYS_READ) && row->read) {
		guest_reg_set(v, rt, row->read(v));
		guest_regs_skip(&v->regs);
	} else if (row < end && !(iss & ISS_SYS_READ) && row->write) {
		guest_regs_skip(&v->regs);
		row->write(v, guest_reg_get(&v->regs, rt));
	} else {
		guest_inject_undef(v);
	}
}
