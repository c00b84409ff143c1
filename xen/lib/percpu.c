/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where every CPU's area is found by number; filled while CPUs come up (arm64/smp.c), constant
 * afterwards.
 */
#include <xen/percpu.h>

struct pcpu *cpus[MAX_CPUS];
uint32_t nr_cpus;
