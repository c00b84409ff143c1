/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct vcpu: a guest CPU. Its first member is the frame that the vectors fill. A vCPU that
 * is not on a CPU is fully described here; on a CPU, the EL1 and FP registers may be newer in
 * the machine. Scheduling state is changed through sched/ only.
 */
#pragma once

#include <xen/guest_regs.h>
#include <xen/list.h>
#include <xen/mmio.h>
#include <xen/percpu.h>
#include <xen/soft_timer.h>
#include <arch/vcpu_ctxt.h>

struct vgic_vcpu;

/* Why a vCPU may not run: any bit set keeps it off the run queues. LOCK_SCHED of its CPU. */
enum vcpu_pause_flags {
	VPF_DOWN	= 1u << 0,	/* PSCI: never on, or off */
	VPF_BLOCKED	= 1u << 1,	/* WFI, SCHEDOP_block or poll: until an event */
	VPF_PAUSED	= 1u << 2,	/* domain paused by its controller */
	VPF_SHUTDOWN	= 1u << 3,	/* domain is shut down */
	VPF_DYING	= 1u << 4,
};

/* Instructions by which a guest waits: bits of vcpu.sched.traps. */
enum { WAIT_WFI = 1u << 0, WAIT_WFE = 1u << 1 };

enum { RUNSTATE_running_, RUNSTATE_runnable_, RUNSTATE_blocked_, RUNSTATE_offline_ };

/* What a continuation or a multicall needs to know while a hypercall of this vCPU is open. */
struct hypercall_state {
	uint64_t args[5];		/* arguments for the restarted call */
	uint64_t progress[4];		/* private to the operation; re-validated on use */
	uint64_t progress_key;		/* which call the progress belongs to; 0 none */
	bool in_multicall;
	bool restart;			/* the call asked to be executed again with args[] */
};

struct vcpu {
	struct guest_regs regs;		/* must be first: the vectors' frame */
	/* The vectors' own, up to cpu: they name these by offset, some as pairs. */
	uint64_t stack_top;		/* EL2 stack of the CPU that runs it */
	mmio_read32_fn *mmio_fn;	/* answers words read from the page below */
	uint64_t mmio_offset;		/* of that page, from the start of its region */
	void *mmio_ctx;
	uint64_t mmio_page;		/* as HPFAR_EL2 names it */
	uint64_t mmio_key, id_key, sgi_key;	/* which ESR_EL2 the short ways take */
	struct pcpu *cpu;		/* CPU that runs or last ran it */

	struct domain *domain;
	uint32_t id;
	uint32_t flags;			/* enum vcpu_pause_flags; LOCK_SCHED */
	bool is_running;		/* on a CPU, or EL2 there for it; it release-stores */
	bool initialised;		/* has had a context */

	/* Accounted by sched/sched.c at each change of state; system time, ns. */
	struct {
		uint32_t state;		/* RUNSTATE_* */
		s_time_t entry_time;
		uint64_t time[4];
	} runstate;

	struct vcpu_ctxt ctxt;		/* EL1 and timer registers, HCR and friends (arch) */
	struct vgic_vcpu *vgic;		/* vgic/ */
	struct vdebug *debug;		/* vdev/vdebug.c */
	struct vpmu *vpmu;		/* vdev/vpmu.c; NULL: its domain has none */
	struct vcpu_sve *sve;		/* core/sve.c; NULL: its domain has no SVE */
	struct hypercall_state hcall;

	/* sched/: under LOCK_SCHED of the run queue */
	struct {
		struct list_head link;	/* in a bucket of the run queue */
		bool queued;
		uint32_t cpu;		/* run queue it belongs to */
		uint64_t vruntime;	/* virtual time, policy's unit */
		uint64_t affinity;	/* CPUs that it may run on: of hard_affinity, in its pool */
		uint64_t hard_affinity;	/* as asked for: bit per CPU */
		uint64_t soft_affinity;
		bool parked;	/* queued, but out of its budget, or its cap's */
		uint8_t traps;	/* sched/wfx.c, its CPU's: which waits trap */
		uint8_t alone;	/* times in a row that its own wake-up ended its CPU's idling */
		struct {	/* sched_rtds.c */
			uint32_t period_us, budget_us;	/* of each period it may run so long */
			uint32_t share;			/* budget / period, as a fraction of 2^20 */
			bool extra;		/* and longer when nobody with budget wants to */
			s_time_t deadline;	/* end of the present period; system time */
			int64_t left;		/* of its budget, ns; below 0: owed to the next */
		} rt;
	} sched;

	/* Guest memory registered to be shared with us, mapped for good (core/vcpu_areas.c). */
	/* the registered one, or &shared_info->vcpu_info for vCPU 0, or a dummy */
	struct vcpu_info *info;
	mfn_t info_mfn;			/* INVALID_MFN unless registered */
	struct vcpu_runstate_info *runstate_area;	/* NULL unless registered */
	mfn_t runstate_mfn[2];
	bool runstate_phys;		/* was registered by physical address */

	struct soft_timer vtimer;	/* wakes the vCPU when CNTV is due off the CPU */
	struct soft_timer ptimer;	/* emulated EL1 physical timer */
	spinlock_t ptimer_lock;		/* LOCK_PTIMER: its registers and line together */
	struct soft_timer poll_timer;	/* SCHEDOP_poll time-out */
	uint64_t poll_ports_left;	/* polling: nr of ports (0 not polling) */
	uint32_t poll_port;		/* the port polled when it is one, 0 for many */

	uint64_t ran_before_on;		/* running time at its last CPU_ON; vdev/vpsci.c */
	ipa_t info_at, runstate_at[2];	/* where the guest has what is registered; domain's lock */
};

/*
 * Set register Rt of the current vCPU's trapped instruction; 31 is xzr. The short way out does
 * not load x18..x29, which C code preserves: writing one of them asks for the long way.
 */
static inline void guest_reg_set(struct vcpu *v, unsigned int n, uint64_t val)
{
	if (n > 30)
		return;
	v->regs.x[n] = val;
	if (unlikely(n >= 18 && n < 30))
		cpu_raise_work(WORK_RESTORE);
}

/* Aff1:Aff0 as abi/boot.md 2.4: 16 vCPUs a cluster. */
static inline uint64_t vcpu_affinity(uint32_t id)
{
	return (id & 0xf) | ((uint64_t)(id >> 4) << 8);
}

/* ---- core/vcpu.c ---- */
struct vcpu *vcpu_create(struct domain *d, uint32_t id);	/* NULL: no memory */
void vcpu_free(struct vcpu *v);
/* Look a vCPU up by number, bounds-checked and speculation-safe; NULL when there is none. */
struct vcpu *domain_vcpu(const struct domain *d, uint64_t id);
/* Look a vCPU up by MPIDR affinity bits; NULL. */
struct vcpu *domain_vcpu_by_affinity(const struct domain *d, uint64_t aff);
/*
 * Give v a fresh EL1 state that starts at pc with x0 = arg (PSCI CPU_ON, dom0's build). v must
 * not be running.
 */
void vcpu_reset(struct vcpu *v, uint64_t pc, uint64_t arg);

/* ---- sched/sched.c: the only way to change flags ---- */
void vcpu_wake(struct vcpu *v);				/* clears VPF_BLOCKED */
void vcpu_block(struct vcpu *v);		/* the current one, if no event is pending */
void vcpu_set_flag(struct vcpu *v, uint32_t flag);	/* leaves its CPU soon (IPI) */
void vcpu_clear_flag(struct vcpu *v, uint32_t flag);
/*
 * v has news for its guest (interrupt pending): wake it, or make its CPU look (IPI, or WORK_VGIC
 * when here).
 */
void vcpu_kick(struct vcpu *v);

/* ---- core/vcpu_areas.c ---- */
int vcpu_register_info(struct vcpu *v, gfn_t g, uint32_t offset) __must_check;
int vcpu_register_runstate(struct vcpu *v, const gfn_t g[2], uint32_t offset,
			   bool phys) __must_check;
void vcpu_update_runstate_area(struct vcpu *v);
void vcpu_release_runstate(struct vcpu *v);
