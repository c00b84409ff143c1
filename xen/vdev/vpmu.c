/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Performance monitors for a domain that asked for them. A vCPU's counters trap until it touches
 * one; then they are in the machine, untrapped, and move with the vCPU until it is switched out
 * with nothing counting. The overflow interrupt is a level: while it is up the physical PPI stays
 * active, so that it does not fire again, and it is looked at anew when the guest has ended the
 * virtual one (its list register asks for that) and at a switch. Touched by the CPU that has the
 * vCPU's state only: no locks.
 */
#include <arch/gic.h>
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/id_regs.h>
#include <xen/lib.h>
#include <xen/vcpu.h>
#include <xen/vgic.h>
#include <xen/vpmu.h>

/* ID_AA64DFR0_EL1.PMUVer and ID_DFR0_EL1.PerfMon, which begins to count at 3. */
#define PMUVER_SHIFT	8
#define PERFMON_SHIFT	24

bool vpmu_is_available(void) { return pmu_version && host_info.pmu_ppi; }

/* The line is this high now, and the physical interrupt need not wait any more. */
static void settle(struct vcpu *v, bool level)
{
	struct vpmu *p = v->vpmu;

	if (p->active)
		gic_deactivate(host_info.pmu_ppi);
	p->active = false;
	if (p->line != level)
		vgic_set_ppi_level(v, v->domain->is_privileged ? host_info.pmu_ppi : VPMU_PPI,
				   level);
	p->line = level;
}

void vpmu_irq(struct vcpu *v, uint32_t intid)
{
	if (!v || !(v->ctxt.extra & CTXT_PMU)) {
		gic_deactivate(intid);
		return;
	}
	settle(v, true);
	v->vpmu->active = true;
}

void vpmu_sync(struct vcpu *v)
{
	if (v->vpmu->line && !pmu_hw_overflow())
		settle(v, false);
}

bool vpmu_trap(struct vcpu *v, uint32_t iss __unused)
{
	/* With the state loaded nothing of it traps: another trap is not the PMU's. */
	if (!v->vpmu || (v->ctxt.extra & CTXT_PMU))
		return false;
	v->ctxt.extra |= CTXT_PMU;
	vpmu_load(v);
	return true;
}

/* The line follows an overflow that the CPU has not told of yet. */
void vpmu_save(struct vcpu *v)
{
	struct pmu_state *s = &v->vpmu->state;

	pmu_hw_save(s);
	settle(v, (s->pmcr & PMCR_E) && (s->ovsset & s->intenset));
	if (!v->vpmu->line && !((s->pmcr & PMCR_E) && s->cntenset))
		v->ctxt.extra &= ~(uint32_t)CTXT_PMU;
}

void vpmu_load(struct vcpu *v) { pmu_hw_load(&v->vpmu->state); }

void vpmu_restored(struct vcpu *v)
{
	const struct pmu_state *s = v->vpmu ? &v->vpmu->state : NULL;

	if (s && (s->pmcr & PMCR_E) && (s->cntenset | (s->ovsset & s->intenset)))
		v->ctxt.extra |= CTXT_PMU;
}

/* All off. v is on no CPU. */
void vpmu_vcpu_reset(struct vcpu *v)
{
	if (!v->vpmu)
		return;
	settle(v, false);
	memset(v->vpmu, 0, sizeof(*v->vpmu));
}

/* Tell the domain's ID registers. -ENOMEM, -EINVAL when it cannot have what it asks for. */
int vpmu_domain_init(struct domain *d, const struct domain_config *cfg)
{
	if (!cfg->vpmu)
		return 0;
	if (!vpmu_is_available())
		return -EINVAL;
	uint64_t *own = id_regs_own(d);
	if (!own)
		return -ENOMEM;
	own[ID_AA64DFR0] |= (uint64_t)pmu_version << PMUVER_SHIFT;
	own[ID_DFR0] |= (uint64_t)MAX(pmu_version, 3u) << PERFMON_SHIFT;
	d->vpmu = true;
	return 0;
}

/* -ENOMEM. */
int vpmu_vcpu_init(struct vcpu *v)
{
	if (v->domain->vpmu)
		v->vpmu = xzalloc(struct vpmu);
	return v->domain->vpmu && !v->vpmu ? -ENOMEM : 0;
}

void vpmu_vcpu_free(struct vcpu *v) { xfree(v->vpmu); }
