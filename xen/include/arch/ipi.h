/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machine contract: interrupts between physical CPUs (SGIs). */
#pragma once

#include <xen/types.h>

enum ipi { IPI_RESCHED, IPI_HALT };

/*
 * Make CPU cpu leave its guest or its idle loop. IPI_RESCHED: it sets WORK_RESCHED | WORK_VGIC |
 * WORK_TIMER; IPI_HALT: it stops. All earlier stores of the caller are visible to the handler.
 */
void ipi_send(unsigned int cpu, enum ipi ipi);
void ipi_send_others(enum ipi ipi);
