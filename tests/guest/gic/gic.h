/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interrupt controller, of either version, as the cases of this payload use it. */
#ifndef TESTS_GUEST_GIC_H
#define TESTS_GUEST_GIC_H

#include "../lib/probe.h"

enum { GICD_CTLR, GICD_TYPER = 4, GICD_IIDR = 8, IGROUPR = 0x80, ISENABLER = 0x100,
       ICENABLER = 0x180, ISPENDR = 0x200, ICPENDR = 0x280, ISACTIVER = 0x300, ICACTIVER = 0x380,
       IPRIORITYR = 0x400, ITARGETSR = 0x800, ICFGR = 0xc00, SGIR = 0xf00, CPENDSGIR = 0xf10,
       SPENDSGIR = 0xf20, IROUTER = 0x6000 };
#define SPURIOUS 1020u
#define VTIMER 27u
#define PTIMER 30u

extern unsigned int version;
extern uint64_t gicd, gicr, gicc;
extern unsigned int main_group;		/* what a guest of this version uses: 0 or 1 */

static inline volatile uint32_t *reg(uint64_t base, uint64_t off)
{
	return (volatile uint32_t *)(base + off);
}

/* iface.c: registers of one interrupt; private ones are this CPU's. */
uint64_t frame_of(unsigned int intid, unsigned int cpu);
bool irq_bit(uint32_t at, unsigned int intid);
void set_irq_bit(uint32_t at, unsigned int intid);
void set_group(unsigned int intid, unsigned int group);
void set_priority(unsigned int intid, unsigned int priority);
void set_edge(unsigned int intid, bool edge);
void set_target(unsigned int intid, unsigned int cpu);
void enable(unsigned int intid);
void forget(unsigned int intid);		/* disabled, idle, edge, of the main group */

/* The CPU interface of this CPU. */
void iface_init(void);
void set_pmr(unsigned int pmr);
void set_eoi_mode(bool split);
void enable_groups(bool group0, bool group1);
unsigned int running_priority(void);
uint32_t take(void);				/* IAR: of the main group */
uint32_t take_group(unsigned int group);
void end(uint32_t iar);				/* EOIR */
void end_group(unsigned int group, uint32_t iar);
void deactivate(uint32_t iar);			/* DIR */
uint32_t wait_take(unsigned int ms);
void send_sgi(unsigned int intid, uint32_t targets);
void send_sgi_others(unsigned int intid);
void delay_us(uint64_t us);

/* main.c: the other CPU does one thing at a time for us. */
enum job { JOB_NONE, JOB_TAKE, JOB_END, JOB_SEND_TO_0, JOB_SEND_OTHERS };
uint32_t other(enum job job, uint32_t arg);

/* more.c */
void test_registers(void);
void test_timers(void);
void test_device(uint64_t base);

#endif
