/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asynchronous aborts, which the control domain raises by the trigger NMI: dom0 makes a domain and
 * presses the button while that has them masked, and while it sleeps with them open.
 */
#include "../lib/domain.h"

enum { STATE, KEPT, ESR, TAKEN, AFTER, ELR };
enum { TRIGGER_NMI, TRIGGER_RESET };
#define EC_SERROR_IL 0xbe000000ul

extern char serror_domain[], serror_domain_end[];
static uint8_t pages[2][4096] __attribute__((aligned(4096)));
static struct made_domain d, other;

static bool reaches(uint64_t state)
{
	for (int i = 0; i < 20000; i++) {
		if (domain_count(&d)[STATE] == state)
			return true;
		hypercall(HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	}
	return false;
}

static bool start(struct made_domain *m, uint8_t *page)
{
	int64_t rc = domain_make(m, page, serror_domain,
				 (size_t)(serror_domain_end - serror_domain));

	if (!rc)
		rc = domain_unpause(m);
	if (rc)
		printk("# %s answered %ld\n", m->step, rc);
	return !rc;
}

void guest_main(const void *dtb)
{
	volatile uint64_t *words;

	(void)dtb;
	console_init();
	if (!start(&d, pages[0]) || !start(&other, pages[1])) {
		result(false, "domains", "cannot be made");
		result_end();
		return;
	}
	words = domain_count(&d);
	result(reaches(1), "starts", "the domain does not run");
	result_equal((uint64_t)domain_trigger(&d, TRIGGER_RESET, 0), (uint64_t)-38, "no-reset");
	result_equal((uint64_t)domain_trigger(&d, TRIGGER_NMI, 1), (uint64_t)-22, "no-such-vcpu");
	result_equal(words[TAKEN], 0, "none-by-itself");
	result_equal((uint64_t)domain_trigger(&d, TRIGGER_NMI, 0), 0, "pressed");
	/* Before it is taken: two are one. */
	result_equal((uint64_t)domain_trigger(&d, TRIGGER_NMI, 0), 0, "pressed-again");
	result(reaches(2), "taken", "no SError came");
	result_equal(words[KEPT], 1, "kept-while-masked");
	result_equal(words[TAKEN], 1, "once");
	result_equal(words[ESR], EC_SERROR_IL, "syndrome");
	result_equal(words[AFTER], 0, "not-pending-after");
	result_equal((uint64_t)domain_trigger(&d, TRIGGER_NMI, 0), 0, "pressed-in-wfi");
	result(reaches(3), "ends-wfi", "it sleeps on");
	result_equal(words[TAKEN], 2, "once-more");
	result_equal(words[ESR], EC_SERROR_IL, "the same syndrome");
	result(domain_count(&other)[STATE] == 1 && domain_count(&other)[TAKEN] == 0, "others",
	       "another domain had one");
	result_end();
}
