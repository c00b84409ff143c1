/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fake machine: a second implementation of xen/include/arch for host tests. RAM is a
 * memory file seen through several mappings (fake_raw() always; the heap, the windows and
 * the shared slots only while mapped, as on the machine), CPUs are structs, time stands
 * still until told, and whatever the machine would be told to do goes into an event log.
 *
 * A test program calls fake_start() in each set-up: the first call builds the machine (with
 * mm initialised), later ones reset time, log, faults and CPUs, and keep the memory.
 */
#ifndef FAKE_FAKE_H
#define FAKE_FAKE_H

#include <setjmp.h>
#include <xen/types.h>
#include <xen/percpu.h>
#include <xen/domain.h>
#include <xen/vcpu.h>
#include <arch/gic.h>
#include <arch/debug.h>
#include <arch/mmu.h>
#include <arch/pmu.h>

/* ---- the machine ---- */
#define FAKE_RAM_BASE	0x40000000UL
#define FAKE_RAM_SIZE	(64UL << 20)
#define FAKE_NR_CPUS	4u
#define FAKE_TIMER_HZ	62500000UL	/* a tick is 16 ns */

void fake_start(void);
/* Run as CPU n from now on. */
void fake_cpu_enter(unsigned int n);
/* Make v the vCPU that the running CPU executes (NULL: none); sets is_running and v->cpu. */
void fake_set_current(struct vcpu *v);
/* Machine address -> host memory, mapped or not at "EL2". */
void *fake_raw(pa_t pa);

/* ---- event log ---- */
enum fake_event_kind {
	FAKE_STAGE2_SYNC = 1,	/* - */
	FAKE_TLB_VMID,		/* vttbr */
	FAKE_TLB_IPA,		/* vttbr, ipa, pages */
	FAKE_TLB_ALL_LOCAL,	/* - */
	FAKE_TLB_VA,		/* va, pages (EL2, broadcast) */
	FAKE_WINDOW_SET,	/* slot, mfn */
	FAKE_WINDOW_CLEAR,	/* slot */
	FAKE_WINDOW_FLUSH,	/* - */
	FAKE_SHARED_SET,	/* slot, mfn */
	FAKE_SHARED_CLEAR,	/* slot */
	FAKE_HEAP_MAP,		/* first mfn */
	FAKE_HEAP_UNMAP,	/* first mfn */
	FAKE_CACHE_CLEAN,	/* va, size */
	FAKE_CACHE_CLEAN_INVAL,	/* va, size */
	FAKE_ICACHE,		/* - */
	FAKE_IPI,		/* cpu, enum ipi; cpu ~0: all others */
	FAKE_TIMER_SET,		/* system time */
	FAKE_CTXT_SAVE,		/* vcpu */
	FAKE_CTXT_LOAD,		/* vcpu */
	FAKE_INJECT_SERROR,	/* vcpu */
	FAKE_INJECT_UNDEF,	/* vcpu */
	FAKE_INJECT_SYSREG,	/* vcpu, iss */
	FAKE_INJECT_ABORT,	/* vcpu, far, fetch */
	FAKE_DEBUG_LOAD,	/* mdscr */
	FAKE_DEBUG_OFF,		/* - */
	FAKE_PMU_LOAD,		/* - */
	FAKE_PMU_SAVE,		/* - */
	FAKE_GIC_ENABLE,	/* intid */
	FAKE_GIC_DISABLE,	/* intid */
	FAKE_GIC_EDGE,		/* intid, edge */
	FAKE_GIC_ROUTE,		/* intid, cpu */
	FAKE_GIC_ACTIVE,	/* intid, active */
	FAKE_GIC_CLEAR_PENDING,	/* intid */
	FAKE_GIC_DEACTIVATE,	/* intid */
	FAKE_GIC_LR_WRITE,	/* n, value */
	FAKE_GIC_LR_READ,	/* n */
	FAKE_GIC_HCR,		/* value */
	FAKE_IDLE_WAIT,		/* - */
	FAKE_HALT,		/* - */
	FAKE_POWER_OFF,		/* - */
	FAKE_RESTART,		/* - */
	FAKE_ALLOC_FAILED,	/* an injected failure */
	FAKE_PRINT,		/* level (text: fake_last_line) */
};

struct fake_event {
	enum fake_event_kind kind;
	unsigned int cpu;
	uint64_t a, b, c;
};

#define FAKE_LOG_MAX	8192u
extern struct fake_event fake_log[FAKE_LOG_MAX];
extern unsigned int fake_log_len;		/* events beyond FAKE_LOG_MAX are counted only */
/* Called at each event when set; sees the machine as it is at that moment. */
extern void (*fake_on_event)(const struct fake_event *e);

void fake_event(enum fake_event_kind kind, uint64_t a, uint64_t b, uint64_t c);
void fake_log_clear(void);
/* Events of this kind since the last clear. */
unsigned int fake_log_count(enum fake_event_kind kind);
/* Index of the first event of this kind at or after from; -1 none. */
int fake_log_find(enum fake_event_kind kind, unsigned int from);

/* ---- time ---- */
extern s_time_t fake_now;			/* what system_time() answers */
extern bool fake_traps_count;				/* traps_count() was called */
/* A bit for each CPU that has interrupts masked for long: traps_update() does not reach it. */
extern uint64_t fake_vectors_late;
void fake_take_vectors(unsigned int cpu);		/* now it does */
extern s_time_t fake_deadline[MAX_CPUS];	/* last timer_set_deadline of each CPU; 0 off */

/* ---- firmware ---- */
/* What firmware_call() does when set; else every function is unknown (-1). */
extern void (*fake_firmware)(uint64_t x[4]);

/* ---- CPUs that go off and come back ---- */
extern uint64_t fake_cpus_off;		/* bit per CPU: a test lets none of them run */
extern bool fake_cpu_stays;		/* the firmware refuses to switch one off */
extern int fake_cpu_start;		/* what cpu_start() answers */
extern bool fake_cpu_is_slow;		/* cpu_start() succeeds, but the CPU does not come */

/* ---- faults on demand ---- */
/* The nth allocation from now (1: the next) fails, and only that one; 0: none. */
void fake_fail_alloc(unsigned int nth);
/* Has the failure asked for happened? No: the sweep is at its end. Takes an unused request back. */
bool fake_alloc_failed(void);
/*
 * Guest virtual addresses in [start, end) do not translate (reads, writes); several ranges may be
 * added.
 */
void fake_va_fault(uint64_t start, uint64_t end, bool reads, bool writes);
void fake_va_fault_clear(void);
/* The guest keeps our atomics from ending; how many it did so with. */
extern bool fake_atomic_starved;
extern unsigned int fake_nr_starved;
/* Called before a page is cleared, when set. */
extern void (*fake_clear_hook)(void);
/* cpu_irq_pending(): always true, or true from the nth question on (0: never). */
extern bool fake_irq_pending;
extern unsigned int fake_irq_pending_after;
/* Called by cpu_idle_wait(); without it an idle wait fails the test, as nothing could end it. */
extern void (*fake_idle_hook)(void);

/*
 * panic(), failed assertions, cpu_halt(), power-off and restart end here: with the jump armed they
 * longjmp (value: enum fake_event_kind), else they abort the test.
 *	if (setjmp(fake_jump) == 0) { fake_jump_armed = true; ...; fail(); }
 */
extern jmp_buf fake_jump;
extern bool fake_jump_armed;
extern char fake_last_line[256];	/* last printed line */
extern bool fake_print;			/* show printk on stderr (environment FAKE_PRINT=1) */

/* ---- interrupt controller ---- */
struct fake_irq { bool enabled, active, pending, edge; unsigned int cpu; };
extern struct fake_irq fake_irqs[1020];
extern uint64_t fake_lr[MAX_CPUS][16];	/* list registers of each CPU */
extern uint32_t fake_ich_hcr[MAX_CPUS], fake_eoi_count[MAX_CPUS];

/* ---- debug and performance monitors ---- */
extern struct fake_debug { uint64_t mdscr; struct debug_point point[32]; } fake_debug[MAX_CPUS];
extern struct fake_pmu { bool loaded; struct pmu_state state; } fake_pmu[MAX_CPUS];

/* ---- stage-2 TLB ---- */
/*
 * Translate as the machine would for a guest whose VTTBR is p2m's: from the fake TLB, else by a
 * walk (own decoder) that fills it. Returns false on a fault. Flushes empty it as on the machine.
 */
bool fake_guest_access(struct p2m *p2m, ipa_t ipa, bool write, pa_t *pa);
/*
 * Does the TLB hold anything that the tables of p2m no longer say? Then some invalidation was
 * forgotten.
 */
bool fake_tlb_is_stale(struct p2m *p2m);

/* ---- domains ---- */
/*
 * A live domain with nr_vcpus vCPUs and no RAM; hooks of all folders that are linked have run. The
 * first has id 1.
 */
struct domain *fake_domain_create(unsigned int nr_vcpus);
struct domain *fake_domain_create_spis(unsigned int nr_vcpus, uint32_t nr_spis);
/* The same for dom0: privileged, direct mapped, id 0. */
struct domain *fake_dom0_create(unsigned int nr_vcpus);
/* Run the relinquish and free hooks and drop it. */
void fake_domain_destroy(struct domain *d);
/* How many domains there are, but for those still being made. */
uint32_t fake_domain_count(void);
/* 2^order zeroed pages of d; INVALID_MFN for all errors. */
mfn_t domain_alloc_pages(struct domain *d, unsigned int order);
/* Give d nr zeroed pages of RAM at g on. */
void fake_domain_add_ram(struct domain *d, gfn_t g, unsigned int nr);
/*
 * Host memory behind a guest-physical address of d, NULL when nothing is there. Valid to the end of
 * the page.
 */
void *fake_guest_ptr(struct domain *d, ipa_t ipa);

/* Free frames now, counting heap chunks as used: compare around a test to find leaks. */
uint64_t fake_free_frames(void);

/* Both ways to a number of the current generation, as vcpu_ctxt_stage2 goes them. */
static inline void vmid_make_current(struct p2m *p2m)
{
	if (!vmid_take(p2m))
		vmid_renew(p2m);
}

#endif
