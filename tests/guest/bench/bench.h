/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the bench share. */
#ifndef TESTS_GUEST_BENCH_H
#define TESTS_GUEST_BENCH_H

#include "../lib/domain.h"

#define SAMPLES 1001
#define FEW_SAMPLES 201			/* of what has to wait in between */

extern uint64_t samples[SAMPLES];
extern uint64_t overhead;		/* of two reads of the counter */

/* Print the line of N samples, from which OVERHEAD is to be taken off. */
void report(const char *name, int n);

void bench_switches(const char *args);		/* switch.c */
void bench_uart_domain(void);
void bench_log_dirty(void);
void bench_ipis(const void *dtb);		/* ipi.c */

/* ops.S */
uint64_t op_empty(uint64_t);
uint64_t op_null_hypercall(uint64_t);
uint64_t op_unknown_hypercall(uint64_t);
uint64_t op_id_register(uint64_t);
uint64_t op_midr(uint64_t);
uint64_t op_mpidr(uint64_t);
uint64_t op_psci_version(uint64_t);
uint64_t op_load32(uint64_t);
uint64_t op_self_sgi(uint64_t);
uint64_t op_pending_sgi(uint64_t);
uint64_t op_timer_now(uint64_t);
uint64_t op_timer_wfi(uint64_t);
uint64_t op_ipi(uint64_t);
void take_sgi(void);
void receive_spinning(volatile uint64_t *stamp, volatile uint32_t *control);
void receive_sleeping(volatile uint64_t *stamp, volatile uint32_t *control);
void call_yield_loop(volatile uint64_t *count, uint64_t limit, const void *loop);

#endif
