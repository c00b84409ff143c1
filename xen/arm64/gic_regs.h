/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers that both versions of the physical interrupt controller have, those of a GICv2's
 * frames, and what gic*.c share. Offsets: GIC architecture specification; the SGI frame of a GICv3
 * redistributor has the first ones of GICD at the same places.
 */
#pragma once

#include <arch/gic.h>

enum {
	GICD_CTLR = 0x0000, GICD_TYPER = 0x0004, GICD_IGROUPR = 0x0080, GICD_ISENABLER = 0x0100,
	GICD_ICENABLER = 0x0180, GICD_ISPENDR = 0x0200, GICD_ICPENDR = 0x0280,
	GICD_ISACTIVER = 0x0300, GICD_ICACTIVER = 0x0380, GICD_IPRIORITYR = 0x0400,
	GICD_ITARGETSR = 0x0800, GICD_ICFGR = 0x0c00, GICD_SGIR = 0x0f00,
};

enum {
	GICC_CTLR = 0x0000, GICC_PMR = 0x0004, GICC_BPR = 0x0008, GICC_IAR = 0x000c,
	GICC_EOIR = 0x0010, GICC_HPPIR = 0x0018, GICC_DIR = 0x1000,
};

enum {
	GICH_HCR = 0x0000, GICH_VTR = 0x0004, GICH_VMCR = 0x0008, GICH_ELRSR0 = 0x0030,
	GICH_APR = 0x00f0, GICH_LR0 = 0x0100,
};

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
