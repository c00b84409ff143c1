/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run a function on other CPUs without waiting for them (core/smp_call.c). */
#ifndef XEN_SMP_CALL_H
#define XEN_SMP_CALL_H

#include <xen/types.h>

typedef void smp_call_fn(void *arg);
/* Queue fn for CPU cpu (also this one) and return; it runs there before its next guest entry. -EAGAIN: queue full. */
int smp_call_async(unsigned int cpu, smp_call_fn *fn, void *arg) __must_check;
void smp_call_run(void);
int smp_call_init_cpu(struct pcpu *c);

#endif
