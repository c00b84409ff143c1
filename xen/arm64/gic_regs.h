/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers that both versions of the physical interrupt controller have, and what gic.c, gicv2.c
 * and gicv3.c share. Offsets: GIC architecture specification, GICD; the SGI frame of a GICv3
 * redistributor has the first ones at the same places.
 */
#ifndef ARM64_GIC_REGS_H
#define ARM64_GIC_REGS_H

#include <arch/gic.h>
#include <arch/vcpu_ctxt.h>

#define GICD_CTLR		0x0000
#define GICD_TYPER		0x0004
#define GICD_IGROUPR		0x0080
#define GICD_ISENABLER		0x0100
#define GICD_ICENABLER		0x0180
#define GICD_ISPENDR		0x0200
#define GICD_ICPENDR		0x0280
#define GICD_ISACTIVER		0x0300
#define GICD_ICACTIVER		0x0380
#define GICD_IPRIORITYR		0x0400
#define GICD_ICFGR		0x0c00

static inline uint32_t rd32(volatile char *p) { return *(volatile uint32_t *)p; }
static inline void wr32(volatile char *p, uint32_t v) { *(volatile uint32_t *)p = v; }

extern volatile char *gicd;

/* gic.c: INTIDs from..to - 1 of a frame: off, idle, in the group groups says, our priority. */
void gic_reset_irqs(volatile char *frame, uint32_t from, uint32_t to, uint32_t groups);
/* Map GICD and say in gic_info how many interrupts it has. -ENOMEM. */
int gic_map_dist(void);
/* The frame of this CPU that has the registers of SGIs and PPIs (gicv3.c). */
volatile char *gicv3_private_frame(void);

/* What gic.c and gicv3_lr.c hand on to, by gic_info.version. */
int gicv3_init_host(void);
void gicv3_init_cpu(void);
int gicv2_init_host(void);
void gicv2_init_cpu(void);
void gicv3_route(uint32_t intid, unsigned int cpu);
void gicv2_route(uint32_t intid, unsigned int cpu);
void gicv2_ipi(unsigned int cpu, uint32_t intid);
uint32_t gicv2_ack(void);
void gicv2_deactivate(uint32_t intid);
uint64_t gicv2_lr_read(unsigned int n);
void gicv2_lr_write(unsigned int n, uint64_t lr);
uint32_t gicv2_elrsr(void);
uint32_t gicv2_hcr(void);
void gicv2_hcr_set(uint32_t hcr);
void gicv2_save(struct vgic_hw *hw);
void gicv2_load(const struct vgic_hw *hw);

#endif
