/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls to the host's PSCI firmware, by the conduit that its device tree names. Numbers: Arm DEN
 * 0022.
 */
#include "machine.h"

#define PSCI_CPU_OFF		0x84000002u
#define PSCI_CPU_ON		0xC4000003u
#define PSCI_AFFINITY_INFO	0xC4000004u
#define AFFINITY_INFO_OFF	1
#define PSCI_SYSTEM_OFF		0x84000008u
#define PSCI_SYSTEM_RESET	0x84000009u

/* x4 to x17 need not survive: SMCCC 1.0 firmware. Nobody there: not supported. */
void firmware_call(uint64_t x[4])
{
	if (!host_info.psci) {
		x[0] = ~0UL;
		return;
	}
	__asm__ volatile("ldp	x0, x1, [%0]\n"
			 "ldp	x2, x3, [%0, #16]\n"
			 "tbz	%w1, #0, 1f\n"
			 "smc	#0\n"
			 "b	2f\n"
			 "1:	hvc	#0\n"
			 "2:	stp	x0, x1, [%0]\n"
			 "stp	x2, x3, [%0, #16]"
			 :: "r"(x), "r"((uint32_t)host_info.psci_smc)
			 : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
			   "x12", "x13", "x14", "x15", "x16", "x17", "memory");
}

/*
 * Start the CPU with this MPIDR at entry (physical), x0 = context. 0 or the firmware's negative
 * answer.
 */
int psci_cpu_on(uint64_t mpidr, pa_t entry, uint64_t context)
{
	uint64_t x[4] = { PSCI_CPU_ON, mpidr & 0xff00ffffffUL, entry, context };

	firmware_call(x);
	return (int)x[0];
}

bool cpu_is_off(const struct pcpu *c)
{
	uint64_t x[4] = { PSCI_AFFINITY_INFO, c->mpidr & 0xff00ffffffUL };

	firmware_call(x);
	return (int)x[0] == AFFINITY_INFO_OFF;
}

void cpu_power_off(void)
{
	gic_stop_cpu();
	firmware_call((uint64_t[4]){ PSCI_CPU_OFF });
	pr_err("CPU%u: the firmware does not switch it off\n", this_cpu()->id);
	secondary_again(this_cpu());
}

static void __noreturn end(uint64_t fn)
{
	firmware_call((uint64_t[4]){ fn });
	cpu_halt();
}

void machine_power_off(void) { end(PSCI_SYSTEM_OFF); }
void machine_restart(void) { end(PSCI_SYSTEM_RESET); }

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
