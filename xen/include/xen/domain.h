/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct domain: what several folders share of a domain. Each concept keeps its own
 * state behind a pointer (evtchn, grant, vgic, mmio) that only its folder follows; they are
 * created and torn down through the table of hooks in core/domain.c.
 *
 * Life: created paused -> first unpause -> (shut down) -> dying -> gone. A dying domain
 * accepts nothing new: mutators check domain_is_dying() again under their own lock. The
 * struct lives until its last reference and its last page are gone.
 */
#pragma once

#include <xen/p2m.h>

#define DOMID_FIRST_RESERVED_NR	0x7FF0u
#define MAX_VCPUS		128u
#define HVM_NR_PARAMS_KEPT	29u

/* CREATING: in the table, not yet whole; nobody but its creator may act on it. */
enum domain_dying { DOMAIN_ALIVE, DOMAIN_CREATING, DOMAIN_DYING, DOMAIN_DEAD };

struct domain {
	domid_t id;
	bool is_privileged;		/* dom0: controls, owns the console; constant */
	bool is_direct_mapped;		/* gfn == mfn for its own RAM; constant */
	uint32_t refcnt;		/* atomic; domain_get/_put */

	spinlock_t lock;		/* LOCK_DOMAIN: the members below unless said otherwise */
	uint8_t handle[16];		/* UUID */
	uint32_t pause_count;		/* of the controller (domctl), <= 255 */
	bool creation_finished;		/* first unpause was seen */
	uint8_t dying;			/* enum domain_dying; lock, read by load_acquire */
	bool killing;			/* atomic: a domain_kill is at work */
	bool shut_down;			/* is shut down, with the reason */
	uint8_t shutdown_code;		/* SHUTDOWN_*; 0xff none */
	bool counter_is_set;		/* a restored one's cntvoff is: not to begin anew */
	bool debugging;
	bool is_aarch32;		/* its vCPUs' EL1 is; set before it has memory */
	bool has_device;		/* had one of the host's mapped, which may know its frames */
	bool awaits_memory;		/* that it reported; racy, for the log */
	bool starves;			/* fights our atomics on shared words; atomic */
	uint64_t hvm_params[HVM_NR_PARAMS_KEPT];

	uint32_t tot_pages;		/* atomic; pages owned */
	uint32_t reported_pages;	/* atomic; pages reported as free, beside them */
	uint32_t max_pages;		/* WRITE_ONCE by domctl */
	uint32_t heap_pages;		/* atomic: page tables and such, charged to the domain */
	uint32_t max_heap_pages;

	uint32_t max_vcpus;		/* constant */
	struct vcpu **vcpu;		/* max_vcpus entries; set once by domctl max_vcpus */

	struct p2m p2m;
	struct shared_info *shared_info;	/* heap page, owner: this domain */
	mfn_t shared_info_mfn;

	struct evtchn_domain *evtchn;	/* event/ */
	struct gnttab *grant;		/* grant/ */
	struct vgic_dist *vgic;		/* vgic/ */
	struct mmio_space *mmio;	/* vdev/mmio.c */
	struct vpl011 *vpl011;		/* vdev/vpl011.c; NULL none */

	const uint64_t *id_regs;	/* [CRm][op2] as guests read them; core/id_regs.c; constant */
	uint64_t midr;			/* MIDR_EL1 of its choice; 0 the CPU's; constant */
	bool vpmu;			/* has performance monitors; constant */
	uint8_t sve_vl;			/* its vectors' length in 128 bits; 0 no SVE; core/sve.c; constant */
	uint64_t cntvoff;		/* CNTVOFF_EL2 of all its vCPUs; set till its start */
	int64_t wallclock_offset;	/* seconds added to the host's wall clock */
	struct cpupool *pool;		/* never NULL; cpupool_lock, public; sched/cpupool.c */
	uint16_t weight;		/* scheduling weight 1..65535, default 256; sched/ */
	uint16_t cap;			/* percent of a CPU, 0 none; sched/ */
	uint64_t cap_used, cap_period;	/* ns run in which cap period; atomics of sched_credit.c */
	bool runstate_update_flag;	/* vm_assist type 5 */
	bool allow_peers;		/* command line xsm=dummy: guests may talk to each other */

	uint32_t event_ppi;		/* INTID of the event upcall; constant after build */
	/* limits given at creation; constant */
	uint32_t max_grant_frames, max_maptrack_frames, nr_spis;
	uint8_t gic_version;		/* of the guest's view, 2 or 3; constant */

	/* rate limit of guest_printk: window start and lines in it; racy on purpose */
	s_time_t log_window;
	uint32_t log_lines, log_dropped;

	/* Saving and restoring: behind all that a switch reads. */
	gfn_t shared_info_gfn;		/* where it was mapped last; WRITE_ONCE */
	struct watchdogs *watchdogs;	/* core/watchdog.c; NULL none yet; store-released */
	uint32_t restoring;	/* it has a part of its state: not to be unpaused; lock; 0 no */
};

/* With every vCPU that is made: v, which is declared here. */
#define for_each_vcpu(d, v)								\
	for (struct vcpu *v, **v##_at = (d)->vcpu; v##_at < (d)->vcpu + (d)->max_vcpus; v##_at++) \
		if ((v = load_acquire(v##_at)) != NULL)

static inline bool domain_is_dying(const struct domain *d)
{
	return load_acquire(&d->dying) != DOMAIN_ALIVE;
}

/* ---- core/domain_table.c ---- */

/* Take a reference on domain id (a plain number, no DOMID_SELF): NULL when there is none. */
struct domain *domain_get_by_id(domid_t id);
/* The same for the domain with the lowest id >= id that is not still being made. */
struct domain *domain_get_from(uint64_t id);
/* DOMID_SELF or a number -> reference; NULL when there is none. */
struct domain *domain_get_or_self(domid_t id);
bool domain_get(struct domain *d);	/* false when the last reference is already gone */
void domain_put(struct domain *d);
static inline void domain_put_held(struct domain **d)
{
	if (*d)
		domain_put(*d);
}
/* A local of this attribute gives back the reference that it has at the end of its block. */
#define HELD	__attribute__((cleanup(domain_put_held)))
extern struct domain *dom0;		/* NULL until built; never freed */

/* ---- core/domain.c ---- */

struct domain_config {
	uint8_t handle[16];
	uint32_t max_vcpus, max_evtchn_port, max_grant_frames, max_maptrack_frames, nr_spis;
	uint32_t cpupool;
	uint8_t gic_version;
	bool is_privileged, is_direct_mapped, vpmu;
};

/* Make a domain, paused, without vCPUs and RAM; id 0..0x7FEF or DOMID_INVALID to allocate one.
 * -ENOMEM, -EEXIST, -EINVAL. On success *ret holds a reference of the caller's. */
int domain_create(domid_t id, const struct domain_config *cfg, struct domain **ret) __must_check;
/* Make all its vCPUs, down. -ENOMEM, -EINVAL when n differs from max_vcpus, 0 when they exist. */
int domain_create_vcpus(struct domain *d, uint32_t n) __must_check;
/*
 * Controller pause: +1. Returns -EOVERFLOW at 255; the vCPUs leave their CPUs soon (see
 * domain_is_quiet).
 */
int domain_pause(struct domain *d) __must_check;
/*
 * Controller pause: -1; -EINVAL below zero, -EBUSY while it has half of a state. The first unpause
 * finishes creation.
 */
int domain_unpause(struct domain *d) __must_check;
/*
 * No vCPU of d is on a CPU at this moment. Callers who paused d and need that return -ERESTART
 * until true.
 */
bool domain_is_quiet(const struct domain *d);
/*
 * All vCPUs stop; remembers the reason (SHUTDOWN_*), raises VIRQ_DOM_EXC in dom0. dom0's own: the
 * host goes down.
 */
void domain_shutdown(struct domain *d, uint8_t reason);
extern uint32_t domains_alone;	/* without dom0: static domains that have not ended; atomic */
/* After suspend: run again. 0. */
int domain_resume(struct domain *d);
/* Destroy; preemptible: 0 done, -ERESTART call again, -EINVAL for dom0. */
int domain_kill(struct domain *d) __must_check;
/* A guest did what nobody answers for: log it once and shut the domain down with reason crash. */
void domain_crash(struct domain *d, const char *why);
/* d does so with an atomic of ours (arch/guest_atomic.h): it crashes, but not under a lock. */
void domain_starves(struct domain *d);
void domains_crash_starving(void);	/* WORK_STARVED */

/*
 * n pages of RAM were given to d / taken back: tot_pages changes, and the domain lives while it
 * owns any. sub is called by the page allocator for every freed page of a domain, and may free
 * the domain.
 */
void domain_pages_add(struct domain *d, uint32_t n);
void domain_pages_sub(struct domain *d, uint32_t n);
/*
 * Look a domain up without a reference: only for the owner of a page that is being freed, which
 * keeps it alive.
 */
struct domain *domain_of_page_owner(domid_t id);

/* ---- core/wallclock.c ---- */

/* UTC was secs.nsecs at system time at (ns). */
void wallclock_set(uint64_t secs, uint32_t nsecs, s_time_t at);
/* Write d's shared_info.wc_* : UTC at which d's virtual counter was 0. */
void wallclock_update_domain(struct domain *d);
uint64_t wallclock_now(void);
/* Spans of time; they wrap. */
uint64_t ticks_to_ns(uint64_t ticks), ns_to_ticks(uint64_t ns);

typedef int domain_init_fn(struct domain *d, const struct domain_config *cfg);
typedef int domain_relinquish_fn(struct domain *d);	/* dying: give back, preemptibly */
typedef void domain_free_fn(struct domain *d);		/* last reference gone */
typedef int vcpu_init_fn(struct vcpu *v);
typedef void vcpu_free_fn(struct vcpu *v);

/*
 * What each folder does in a domain's life. Rows in core/domain.c, in order; undone in reverse.
 * Every function may be NULL. kill and relinquish are idempotent; relinquish may return -ERESTART
 * to be called again.
 */
struct domain_hooks {
	domain_init_fn *init;
	vcpu_init_fn *vcpu_init;
	vcpu_free_fn *vcpu_free;
	domain_relinquish_fn *relinquish;
	domain_free_fn *free;
};
/* Run the vCPU hooks for v: core/vcpu.c alone calls these. */
int domain_vcpu_hooks_init(struct vcpu *v) __must_check;
void domain_vcpu_hooks_free(struct vcpu *v);
domain_init_fn cpupool_domain_init, evtchn_domain_init, gnttab_domain_init, id_regs_domain_init,
	       mmio_domain_init, p2m_domain_init, vgic_domain_init, vpmu_domain_init;
domain_relinquish_fn cpupool_relinquish, evtchn_relinquish, gnttab_relinquish, p2m_relinquish,
		     vgic_relinquish, vpl011_relinquish, vcpu_areas_relinquish,
		     watchdog_relinquish;
domain_free_fn cpupool_domain_free, evtchn_domain_free, gnttab_domain_free, id_regs_domain_free,
	       mmio_domain_free, p2m_domain_free, vgic_domain_free, vpl011_domain_free,
	       watchdog_domain_free;
/* poll_*: SCHEDOP_poll's timer, hypercall/sched_op.c */
vcpu_init_fn poll_vcpu_init, sched_vcpu_init, sve_vcpu_init, vdebug_vcpu_init, vgic_vcpu_init,
	     vpmu_vcpu_init, vtimer_vcpu_init;
vcpu_free_fn sched_vcpu_free, sve_vcpu_free, vdebug_vcpu_free, vgic_vcpu_free, vpmu_vcpu_free,
	     vtimer_vcpu_free;

/* ---- core/watchdog.c ---- */

struct sched_watchdog;
/*
 * SCHEDOP_watchdog of d itself: the number of a new one, 0, -EINVAL (no such one), -ENOSPC (it has
 * two), -ENOMEM. No lock is held.
 */
int watchdog_op(struct domain *d, const struct sched_watchdog *s) __must_check;
