/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a payload may use: console, hypercalls, the device tree's command line, traps, the GIC.
 * The numbers of the Xen interface are written down here a second time, on purpose: a wrong one
 * in the hypervisor's headers must not agree with itself.
 */
#ifndef TESTS_GUEST_H
#define TESTS_GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HYPERVISOR_memory_op 12
#define HYPERVISOR_xen_version 17
#define HYPERVISOR_console_io 18
#define HYPERVISOR_vcpu_op 24
#define HYPERVISOR_sched_op 29
#define HYPERVISOR_event_channel_op 32
#define HYPERVISOR_hvm_op 34
#define HYPERVISOR_sysctl 35
#define HYPERVISOR_domctl 36

#define SCHEDOP_yield 0
#define SCHEDOP_block 1
#define SCHEDOP_shutdown 2
#define SCHEDOP_watchdog 6
enum { SHUTDOWN_poweroff, SHUTDOWN_reboot, SHUTDOWN_suspend, SHUTDOWN_crash };
#define EVTCHNOP_send 4
#define DOMID_SELF 0x7ff0

#define XENFEAT_dom0 11
#define HVM_PARAM_STORE_PFN 1
#define HVM_PARAM_STORE_EVTCHN 2
#define HVM_PARAM_CONSOLE_PFN 17
#define HVM_PARAM_CONSOLE_EVTCHN 18

#define PSCI_VERSION 0x84000000u
#define PSCI_CPU_ON 0xc4000003u
#define PSCI_SYSTEM_OFF 0x84000008u

#define mrs(reg) ({ uint64_t v_; asm volatile("mrs %0, " #reg : "=r"(v_)); v_; })
#define msr(reg, value) asm volatile("msr " #reg ", %0" : : "r"((uint64_t)(value)) : "memory")
#define isb() asm volatile("isb" : : : "memory")
#define barrier() asm volatile("dmb ish" : : : "memory")

/* The general registers at an exception, in the order of start.S. */
struct frame {
	uint64_t x[31];
	uint64_t elr;
	uint64_t spsr;
};

/* The console ring of the PV console (public io/console.h). */
struct console_ring {
	char in[1024];
	char out[2048];
	uint32_t in_cons, in_prod;
	uint32_t out_cons, out_prod;
};

static inline int64_t hypercall(uint64_t n, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
				uint64_t e)
{
	register uint64_t x0 asm("x0") = a;
	register uint64_t x1 asm("x1") = b;
	register uint64_t x2 asm("x2") = c;
	register uint64_t x3 asm("x3") = d;
	register uint64_t x4 asm("x4") = e;
	register uint64_t x16 asm("x16") = n;

	asm volatile("hvc #0xea1"
		     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x16)
		     :
		     : "memory");
	return (int64_t)x0;
}

static inline int64_t smccc_hvc(uint64_t id, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 asm("x0") = id;
	register uint64_t x1 asm("x1") = a;
	register uint64_t x2 asm("x2") = b;
	register uint64_t x3 asm("x3") = c;

	asm volatile("hvc #0"
		     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
		     :
		     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
		       "x15", "x16", "x17", "memory");
	return (int64_t)x0;
}

/* A payload gives this one. */
void guest_main(const void *dtb);

/* xen.c */
extern bool guest_is_dom0;
extern struct console_ring *guest_console;
extern bool guest_has_xen;
void console_init(void);
void console_init_any(const void *dtb);
void console_write(const char *s, size_t n);
int64_t hvm_param(uint32_t index, uint64_t *value);
void notify(uint32_t port);
void guest_exit(unsigned int reason);
int start_cpu(uint64_t mpidr, void *stack_top, void (*fn)(void));

/* print.c: %s %c %d %u %x %p, with l and ll, width and 0. */
void printk(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* dt.c */
const char *dt_bootargs(const void *dtb);
bool dt_gicv3(const void *dtb, uint64_t *gicd, uint64_t *gicr);
bool dt_region(const void *dtb, const char *compatible, unsigned int index, uint64_t *base,
	       uint64_t *size);
bool arg_has(const char *args, const char *word);
uint64_t arg_number(const char *args, const char *key, uint64_t otherwise);

/* gic.c */
bool gic_init(const void *dtb, uint32_t mask);
uint32_t gic_ack(void);
void gic_eoi(uint32_t intid);
void sleep_ms(uint64_t ms);

/* mmu.c: stage 1, off unless a payload asks for it. */
void mmu_on(void);
void mmu_off(void);
uint64_t mmu_user(const void *p);
uint64_t mmu_normal(uint64_t address);

/* result.c: "ok NAME", "FAILED NAME: why", and at the end "N passed, N failed". */
void result_ok(const char *name);
void result_failed(const char *name, const char *why);
bool result(bool good, const char *name, const char *why);
bool result_equal(uint64_t got, uint64_t wanted, const char *name);
void result_end(void);

/* trap.c: what guest_trap does with a synchronous exception or an interrupt. */
extern void (*trap_irq)(void);
/* Asked first about a synchronous exception: true when that was all. */
extern bool (*trap_sync)(uint64_t kind, struct frame *f, uint64_t esr);
extern volatile uint64_t trap_expected;
extern volatile uint64_t trap_last_esr;
extern volatile uint64_t trap_last_far;
extern volatile uint64_t trap_count;
void guest_trap(uint64_t kind, struct frame *f);

/* string.c */
void *memset(void *d, int c, size_t n);
void *memcpy(void *d, const void *s, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strncmp(const char *a, const char *b, size_t n);

#endif
