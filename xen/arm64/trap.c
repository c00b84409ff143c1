/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the vectors arrive in C: the constant table of exception classes, the physical
 * interrupts, the work before a return to a guest, and EL2's own faults. A guest's exception that
 * no row knows becomes UNDEF in the guest.
 */
#include <arch/gic.h>
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/sched.h>
#include <xen/trace.h>
#include <xen/vgic.h>
#include <xen/vpmu.h>
#include "machine.h"

/* Called from vectors.S. */
struct vcpu *leave_to_guest(struct vcpu *v);
void el2_fault(const uint64_t *regs) __noreturn;
struct vcpu *trace_enter(struct vcpu *v, uint32_t trap);

static void trap_unknown(struct vcpu *v, uint32_t iss __unused)
{
	guest_inject_undef(v);
}

/* WFI and WFE. An interrupt that waits ends a WFI at once. */
static void trap_wfx(struct vcpu *v, uint32_t iss)
{
	guest_regs_skip(&v->regs);
	if (iss & 1)
		sched_yield();
	else
		vcpu_block(v);
}

/* SMC with 0 is SMCCC. It has not stepped over itself. */
static void trap_smc(struct vcpu *v, uint32_t iss)
{
	if ((iss & 0xffff) != 0) {
		guest_inject_undef(v);
		return;
	}
	guest_regs_skip(&v->regs);
	vsmccc_call(v);
}

/* HVC with another immediate than Xen's (the vectors answer that one). */
static void trap_hvc(struct vcpu *v, uint32_t iss)
{
	v->regs.elr -= 4;
	trap_smc(v, iss);
}

/*
 * By ESR_EL2.EC, read by vectors.S. No holes: a class without a row of its own is UNDEF to the
 * guest.
 */
#pragma GCC diagnostic ignored "-Woverride-init"
trap_fn *const trap_table[64] = {
	[0 ... 63] = trap_unknown,
	[EC_WFX] = trap_wfx,
	[EC_CP15] = trap_cp15,
	[EC_CP15_WIDE] = trap_cp15_wide,
	[EC_CP14] = trap_cp14,
	[EC_FP] = fp_trap,
	[EC_CP10] = trap_cp10,
	[EC_SVE] = sve_trap,
	[EC_HVC32] = trap_hvc32,
	[EC_SMC32] = trap_smc32,
	[EC_HVC64] = trap_hvc,
	[EC_SMC64] = trap_smc,
	[EC_SYS64] = trap_sysreg,
	[EC_IABT_LOWER] = trap_instruction_abort,
	[EC_DABT_LOWER] = trap_data_abort,
};

/*
 * SError while a guest ran: its own doing, or a machine error on its behalf. It learns of it,
 * nobody else.
 */
void trap_serror(struct vcpu *v)
{
	guest_printk(v->domain, "vCPU %u: asynchronous external abort", v->id);
	guest_inject_serror(v);
}

static bool counting;

/* Each CPU looks for itself. The recording ones count too. */
void traps_vectors_here(void)
{
	write_sysreg(vbar_el2, trace_here() ? el2_recording_vectors :
		     READ_ONCE(counting) ? el2_counting_vectors : el2_vectors);
}

void traps_update(void)
{
	traps_vectors_here();
	smp_mb();	/* a CPU that is not online yet for the IPI sees it when it is */
	ipi_send_others(IPI_VECTORS);
}

void traps_count(void)
{
	if (!__atomic_exchange_n(&counting, true, __ATOMIC_RELAXED))
		traps_update();
}

struct vcpu *trace_enter(struct vcpu *v, uint32_t trap)
{
	uint64_t esr = read_sysreg(esr_el2);
	uint32_t reason = trap ? trap : (uint32_t)(esr >> 26 & 0x3f);
	struct zazen_trace_record *r = trace_open(v, reason);

	this_cpu()->traps[reason]++;
	if (!r)
		return v;
	r->pc = read_sysreg(elr_el2);
	r->esr = trap ? 0 : (uint32_t)esr;
	r->number = (uint32_t)v->regs.x[reason == EC_HVC32 ? 12 : 16];
	if (trap == TRAP_IRQ)
		r->info = gic_pending();
	else if (reason == EC_IABT_LOWER || reason == EC_DABT_LOWER)
		r->info = (read_sysreg(hpfar_el2) & ~0xfUL) << 8 |
			  (read_sysreg(far_el2) & (PAGE_SIZE - 1));
	else
		r->info = v->regs.x[0];
	return v;
}

static __noinline void rare_ipi(uint32_t intid)
{
	if (intid == IPI_HALT)
		cpu_halt();
	traps_vectors_here();
}

/*
 * The virtual timer's line is level: it stays physically active until the guest has dealt with
 * it.
 */
static void handle_vtimer(uint32_t intid)
{
	struct pcpu *c = this_cpu();
	struct vcpu *v = c->current ? c->current : c->el1_owner;

	if (v) {
		/* dom0's tree names the host's interrupt, a guest's the ABI's. */
		vgic_hw_vtimer(v, intid, v->domain->is_privileged ? intid : VTIMER_PPI);
		return;
	}
	write_sysreg(cntv_ctl_el0, 0);
	isb();
	gic_deactivate(intid);
}

static void handle_irq(uint32_t intid)
{
	if (intid == host_info.timer_ppi_virt) {
		handle_vtimer(intid);
	} else if (intid < GIC_NR_SGIS) {
		gic_deactivate(intid);
		cpu_raise_work(WORK_RESCHED | WORK_VGIC | WORK_TIMER);
		if (unlikely(intid != IPI_RESCHED))
			rare_ipi(intid);
	} else if (intid == host_info.timer_ppi_hyp) {
		timer_set_deadline(0);
		gic_deactivate(intid);
		cpu_raise_work(WORK_TIMER);
	} else if (intid == host_info.maintenance_ppi) {
		/* It may be waiting: as long as its list registers are here they can ask. */
		struct vcpu *v = this_cpu()->el1_owner;

		if (v && v->vpmu)
			vpmu_sync(v);
		if (v)
			vgic_maintenance(v);
		gic_deactivate(intid);
	} else if (intid == host_info.pmu_ppi) {
		vpmu_irq(this_cpu()->el1_owner, intid);
	} else if (intid == host_info.uart_irq.intid) {
		console_rx_irq();
		gic_deactivate(intid);
	} else if (!vgic_hw_irq(intid)) {
		/* Nobody's: never again. */
		gic_irq_disable(intid);
		gic_deactivate(intid);
	}
}

/* Take every physical interrupt that is pending. */
void arch_handle_irqs(void)
{
	uint32_t intid;

	while ((intid = gic_ack()) < GIC_SPURIOUS)
		handle_irq(intid);
}

/* Timers that are due on this CPU. */
void cpu_do_work(void)
{
	struct pcpu *c = this_cpu();
	uint32_t work = c->work;

	c->work &= ~(uint32_t)(WORK_TIMER | WORK_STARVED);
	if (work & WORK_TIMER)
		soft_timer_run();
	if (unlikely(work & WORK_STARVED))
		domains_crash_starving();
}

/*
 * Do what must be done before this CPU runs a guest again and say which vCPU it is. v is the one
 * that trapped, its registers all in its frame; NULL when the CPU has just come up.
 */
struct vcpu *leave_to_guest(struct vcpu *v)
{
	struct pcpu *c = this_cpu();

	do {
		c->work &= ~(uint32_t)WORK_RESTORE;
		if (c->work & WORK_RESTART) {
			c->work &= ~(uint32_t)WORK_RESTART;
			/*
			 * The call is executed again, with the arguments that its continuation
			 * left.
			 */
			memcpy(v->regs.x, v->hcall.args, sizeof(v->hcall.args));
			v->regs.elr -= 4;
			/* For who steps it: it has not been executed. */
			if (v->ctxt.extra & CTXT_DEBUG)
				v->regs.spsr |= SPSR_SS;
			v->hcall.restart = false;
		}
		cpu_do_work();
		if (!v || (c->work & WORK_RESCHED)) {
			/* It clears WORK_RESCHED; WORK_VGIC is set if somebody new has to be served. */
			v = sched_switch(v);
		}
		if (c->work & WORK_VGIC) {
			c->work &= ~(uint32_t)WORK_VGIC;
			vgic_flush(v);
		}
	} while (c->work);
	ASSERT(map_window_empty());
	ASSERT(lock_rank_none_held());
	return v;
}

/* An exception from EL2 itself: only a bug of ours leads here. regs: x0..x30 as they were. */
void el2_fault(const uint64_t *regs)
{
	pr_err("EL2 exception: ESR 0x%lx FAR 0x%lx ELR 0x%lx SPSR 0x%lx\n",
	       read_sysreg(esr_el2), read_sysreg(far_el2), read_sysreg(elr_el2),
	       read_sysreg(spsr_el2));
	for (unsigned int i = 0; i < 31; i++)
		pr_err("x%u 0x%lx\n", i, regs[i]);
	panic("exception in the hypervisor");
}
