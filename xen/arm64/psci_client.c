/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls to the host's PSCI firmware, by the conduit that its device tree names. Numbers: Arm DEN
 * 0022.
 */
#include <arch/cpu.h>
#include <arm64/sysreg.h>
#include "machine.h"

#define PSCI_CPU_ON		0xC4000003u
#define PSCI_SYSTEM_OFF		0x84000008u
#define PSCI_SYSTEM_RESET	0x84000009u

bool psci_by_smc __ro_after_init = true;	/* else by HVC */

static int64_t psci(uint64_t fn, uint64_t a1, uint64_t a2, uint64_t a3)
{
	return psci_by_smc ? smccc_smc(fn, a1, a2, a3) : smccc_hvc(fn, a1, a2, a3);
}

/*
 * Start the CPU with this MPIDR at entry (physical), x0 = context. 0 or the firmware's negative
 * answer.
 */
int psci_cpu_on(uint64_t mpidr, pa_t entry, uint64_t context)
{
	return (int)psci(PSCI_CPU_ON, mpidr & 0xff00ffffffUL, entry, context);
}

void machine_power_off(void)
{
	psci(PSCI_SYSTEM_OFF, 0, 0, 0);
	cpu_halt();
}

void machine_restart(void)
{
	psci(PSCI_SYSTEM_RESET, 0, 0, 0);
	cpu_halt();
}

void cpu_halt(void)
{
	for (;;)
		__asm__ volatile("wfi");
}

/* Interrupts are masked: WFI ends all the same when one is pending. */
void cpu_idle_wait(void)
{
	dsb(sy);
	__asm__ volatile("wfi" ::: "memory");
}
