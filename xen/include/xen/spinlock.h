/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spinlocks with a rank. EL2 runs with interrupts masked throughout, so a
 * lock is never taken from an interrupt and needs no irq-save form. They are not
 * fair on purpose: in a queue, one waiter whose CPU is not running (an emulator with
 * more CPUs than its host has) would stop all that come after it, and no lock is held
 * for longer than some hundred instructions. Ranks give the one lock order
 * (docs/lock-order.md is made of this enum's comments): take only locks of a higher
 * rank than those held. Debug builds check it (lib/lock_rank.c). Spin loops execute
 * YIELD: there is nobody to wake on unlock, and QEMU needs it too.
 */
#pragma once

#include <arch/cpu.h>

/* Debug builds (configure --enable-debug) and host tests check the order. */
#if defined(ZAZEN_DEBUG) && !defined(CONFIG_LOCK_DEBUG)
#define CONFIG_LOCK_DEBUG
#endif

enum lock_rank {
	LOCK_NONE = 0,		/* unranked: only in tests */
	LOCK_TRACE,		/* whether a trace is taken, and its rings */
	LOCK_CPUPOOL,		/* which CPUs and domains are in which pool */
	LOCK_DOMAIN_TABLE,	/* domid table and list, creation of ids */
	LOCK_DOMAIN,		/* struct domain: pause counts, shutdown state, parameters */
	LOCK_GRANT,		/* one domain's grant table, or its maptrack */
	LOCK_VIRQ,		/* which domains handle global virtual IRQs */
	LOCK_EVTCHN,		/* one domain's event channels; two domains': lower domid first */
	LOCK_EVTCHN_FIFO,	/* one domain's FIFO event queues */
	LOCK_P2M,		/* one domain's stage 2; never two at once */
	LOCK_HWIRQ,		/* whose one physical SPI is */
	LOCK_VUART,		/* one domain's emulated serial port */
	LOCK_PTIMER,		/* one vCPU's physical timer */
	LOCK_VGIC,		/* one vCPU's or one domain's virtual interrupts */
	LOCK_GIC,		/* registers of the machine's that interrupts share */
	LOCK_SCHED,		/* one CPU's run queue; two: lower CPU first */
	LOCK_TIMER,		/* one CPU's timer heap */
	LOCK_POOL,		/* an object pool */
	LOCK_HEAP,		/* the hypervisor heap */
	LOCK_ZONE,		/* the host's free pages */
	LOCK_SHARED_MAP,	/* slots for pages shared with guests */
	LOCK_MMU,		/* EL2's own page tables */
	LOCK_CONSOLE,		/* console ring and UART: anybody may print */
};

typedef struct {
	uint32_t locked;	/* atomic; release-stored by the holder */
	uint32_t rank;		/* enum lock_rank */
} spinlock_t;

#define SPINLOCK_INIT(r)	{ 0, (r) }

static inline void spin_lock_init(spinlock_t *l, enum lock_rank rank)
{
	*l = (spinlock_t)SPINLOCK_INIT(rank);
}

#ifdef CONFIG_LOCK_DEBUG
void lock_rank_acquire(const spinlock_t *l);
void lock_rank_release(const spinlock_t *l);
bool lock_rank_none_held(void);
#else
static inline void lock_rank_acquire(const spinlock_t *l) { (void)l; }
static inline void lock_rank_release(const spinlock_t *l) { (void)l; }
static inline bool lock_rank_none_held(void) { return true; }
#endif

static inline void spin_lock(spinlock_t *l)
{
	lock_rank_acquire(l);
	while (__atomic_exchange_n(&l->locked, 1, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(&l->locked, __ATOMIC_RELAXED))
			cpu_relax();
}

static inline void spin_unlock(spinlock_t *l)
{
	lock_rank_release(l);
	__atomic_store_n(&l->locked, 0, __ATOMIC_RELEASE);
}

static inline spinlock_t *spin_guard_begin(spinlock_t *l)
{
	spin_lock(l);
	return l;
}
static inline void spin_guard_end(spinlock_t **l) { spin_unlock(*l); }

/* A declaration: l is held from here to the end of the block, however that is left. */
#define SPIN_GUARD(l) \
	spinlock_t *spin_guard __attribute__((cleanup(spin_guard_end))) = spin_guard_begin(l)
