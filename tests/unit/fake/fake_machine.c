/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building the fake machine, its CPUs, what spins or idles on them, and its console. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/heap.h>
#include <xen/id_regs.h>
#include <xen/lib.h>
#include <xen/page.h>
#include <xen/sched.h>
#include <xen/soft_timer.h>
#include "fake.h"
#include "fake_private.h"

_Thread_local struct pcpu *fake_this_cpu;
bool fake_irq_pending;
unsigned int fake_irq_pending_after;
void (*fake_idle_hook)(void);
void (*fake_firmware)(uint64_t x[4]);
uint64_t fake_cpus_off;
bool fake_cpu_stays, fake_cpu_is_slow;
int fake_cpu_start;
char fake_last_line[256];
bool fake_print;

static struct pcpu pcpus[FAKE_NR_CPUS];
static struct page_info frames[FAKE_RAM_SIZE / PAGE_SIZE];
static _Thread_local unsigned int spins;

#define SPIN_LIMIT	50000000u	/* far above what a lock between test threads takes */

void fake_die(const char *why)
{
	fprintf(stderr, "fake machine: %s\n", why);
	abort();
}

/* Keep the line that is being printed; a new one starts after a newline. */
static void uart_putc(char c)
{
	static bool ended;
	size_t n;

	if (fake_print)
		fputc(c, stderr);
	if (c == '\r')
		return;
	if (c == '\n') {
		ended = true;
		fake_event(FAKE_PRINT, 0, 0, 0);
		return;
	}
	n = ended ? 0 : strlen(fake_last_line);
	ended = false;
	if (n < sizeof(fake_last_line) - 1) {
		fake_last_line[n] = c;
		fake_last_line[n + 1] = '\0';
	}
}

static int uart_getc(void) { return -1; }
static const struct uart_ops uart = { uart_putc, uart_getc };

static void build(void)
{
	fake_ram_init();
	fake_print = getenv("FAKE_PRINT") != NULL;
	opt.log_level = LOG_DEBUG;
	for (unsigned int i = 0; i < FAKE_NR_CPUS; i++) {
		cpus[i] = &pcpus[i];
		pcpus[i].id = i;
		pcpus[i].mpidr = i;
		pcpus[i].online = true;
		spin_lock_init(&pcpus[i].timer_lock, LOCK_TIMER);
	}
	nr_cpus = FAKE_NR_CPUS;
	fake_this_cpu = cpus[0];
	console_set_uart(&uart);
	page_info_init(frames, pa_to_mfn(FAKE_RAM_BASE), FAKE_RAM_SIZE / PAGE_SIZE);
	zone_add(pa_to_mfn(FAKE_RAM_BASE), FAKE_RAM_SIZE / PAGE_SIZE);
	if (zone_scrub_some())
		fake_die("a page was zeroed before dom0 has its memory");
	zone_scrub_begin();
	p2m_host_ipa_bits = 40;
	guest_id_regs[ID_AA64MMFR0] = 2;
	vmid_init(8);
	for (unsigned int i = 0; i < FAKE_NR_CPUS; i++) {
		fake_this_cpu = cpus[i];
		if (soft_timer_init_cpu(cpus[i]) || sched_init_cpu(cpus[i]))
			fake_die("per-CPU areas");
	}
}

void fake_start(void)
{
	static bool built;

	fake_gic_reset();
	fake_debug_reset();
	if (!built)
		build();
	built = true;
	for (unsigned int i = 0; i < FAKE_NR_CPUS; i++) {
		cpus[i]->current = NULL;
		cpus[i]->work = 0;
	}
	fake_this_cpu = cpus[0];
	fake_guest_reset();
	fake_tlb_clear();
	fake_fail_alloc(0);
	fake_irq_pending = false;
	fake_irq_pending_after = 0;
	fake_idle_hook = NULL;
	fake_firmware = NULL;
	fake_jump_armed = false;
	fake_on_event = NULL;
	fake_log_clear();
}

void fake_cpu_enter(unsigned int n)
{
	if (n >= nr_cpus)
		fake_die("no such CPU");
	fake_this_cpu = cpus[n];
}

void fake_set_current(struct vcpu *v)
{
	struct vcpu *old = this_cpu()->current;

	if (old)
		store_release(&old->is_running, false);
	this_cpu()->current = v;
	if (v) {
		v->cpu = this_cpu();
		store_release(&v->is_running, true);
	}
}

void fake_cpu_relax(void)
{
	if (++spins == SPIN_LIMIT)
		fake_die("a spin loop does not end");
	syscall(SYS_sched_yield);	/* <sched.h> and <xen/sched.h> do not go together */
}

bool fake_cpu_irq_pending(void)
{
	if (fake_irq_pending_after && --fake_irq_pending_after == 0) {
		fake_irq_pending_after = 1;
		return true;
	}
	return fake_irq_pending;
}

void firmware_call(uint64_t x[4])
{
	if (fake_firmware)
		fake_firmware(x);
	else
		x[0] = ~0UL;
}

int cpu_start(const struct pcpu *c)
{
	if (fake_cpu_start || fake_cpu_is_slow)
		return fake_cpu_start;
	fake_cpus_off &= ~BIT(c->id);
	cpus[c->id]->online = true;
	return 0;
}

bool cpu_is_off(const struct pcpu *c) { return fake_cpus_off >> c->id & 1; }

/* One that stays goes on in its idle loop, which is where one that begins anew comes to. */
void cpu_power_off(void)
{
	if (fake_cpu_stays) {
		store_release(&this_cpu()->online, true);
		return;
	}
	fake_cpus_off |= BIT(this_cpu()->id);
	fake_idle_hook();
	fake_die("a CPU that is off goes on");
}

void cpu_idle_wait(void)
{
	fake_event(FAKE_IDLE_WAIT, 0, 0, 0);
	if (!fake_idle_hook)
		fake_die("idle, and nothing will end it");
	fake_idle_hook();
}

/*
 * Interrupts of the fake machine are work bits that ipi_send() and tests set; nothing is left to
 * take.
 */
void arch_handle_irqs(void)
{
}

void cpu_do_work(void)
{
	struct pcpu *c = this_cpu();
	uint32_t work = c->work;

	c->work &= ~(uint32_t)(WORK_TIMER | WORK_STARVED);
	if (work & WORK_TIMER)
		soft_timer_run();
	if (work & WORK_STARVED)
		domains_crash_starving();
}

uint64_t fake_free_frames(void)
{
	return zone_free_pages();
}
