/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where every CPU's area is found by number: filled at start-up. They stay. */
#include <xen/percpu.h>

struct pcpu *cpus[MAX_CPUS];
uint32_t nr_cpus;
