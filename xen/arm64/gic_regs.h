/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers that both versions of the physical interrupt controller have, those of a GICv2's
 * frames, and what gic*.c share. Offsets: GIC architecture specification; the SGI frame of a GICv3
 * redistributor has the first ones of GICD at the same places.
 */
#pragma once

#include <arch/gic.h>

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
#define GICD_ITARGETSR		0x0800
#define GICD_ICFGR		0x0c00
#define GICD_SGIR		0x0f00

#define GICC_CTLR		0x0000
#define GICC_PMR		0x0004
#define GICC_BPR		0x0008
#define GICC_IAR		0x000c
#define GICC_EOIR		0x0010
#define GICC_DIR		0x1000

#define GICH_HCR		0x0000
#define GICH_VTR		0x0004
#define GICH_VMCR		0x0008
#define GICH_ELRSR0		0x0030
#define GICH_APR		0x00f0
#define GICH_LR0		0x0100

static inline uint32_t rd32(volatile char *p) { return *(volatile uint32_t *)p; }
static inline void wr32(volatile char *p, uint32_t v) { *(volatile uint32_t *)p = v; }

/* GICC and GICH: a GICv2's, each CPU sees its own there. */
extern volatile char *gicd, *gicc, *gich;
extern uint8_t gicv2_cpu_mask[];	/* bit of each CPU's interface */

/* gic.c: INTIDs from..to - 1, private or not: off, idle, in our group, our priority. */
void gic_reset_irqs(uint32_t from, uint32_t to);

/* IROUTER and SGI1R use the affinity fields where MPIDR has them. */
static inline uint64_t mpidr_affinity(uint64_t mpidr)
{
	return mpidr & 0xff00ffffffUL;
}

/* The frame of this CPU that has the registers of SGIs and PPIs. */
volatile char *gicv3_private_frame(void);

/* What gic.c hands on to at start-up, by the version: map; 0 or -ENOMEM, -ENODEV. */
int gicv2_map(void), gicv3_map(void);
/* This CPU's interface. They return GICH_VTR and ICH_VTR_EL2, whose fields used are alike. */
uint32_t gicv2_init_cpu(void), gicv3_init_cpu(void);
