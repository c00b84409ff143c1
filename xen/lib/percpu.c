/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where every CPU's area is found by number: filled at start-up, also for CPUs that go off later. */
#include <xen/percpu.h>

struct pcpu *cpus[MAX_CPUS];
uint32_t nr_cpus;
