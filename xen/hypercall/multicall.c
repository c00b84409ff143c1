/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_multicall: a list of calls, run one after the other, each with a 64-bit result in
 * its entry. Preemptible between entries and inside them: the list pointer and count move past
 * what is finished, and an entry that wants to be executed again gets its new arguments written
 * back.
 */
#include "ops.h"

/*
 * Run entry i. 0: its result is written; -ERESTART: its arguments are, and it is to be run
 * again; -EFAULT: the list cannot be read or written.
 */
static int run_entry(struct hypercall_state *h, uint64_t list, uint64_t i)
{
	struct multicall_entry e;
	uint64_t va = list + i * sizeof(e);
	int64_t ret;

	if (copy_elem_from_guest(&e, list, i, sizeof(e)))
		return -EFAULT;
	h->restart = false;
	ret = e.op >= NR_HYPERCALLS ? -ENOSYS :
	      hypercall_table[index_nospec(e.op, NR_HYPERCALLS)](e.args[0], e.args[1], e.args[2],
								 e.args[3], e.args[4]);
	if (h->restart) {
		h->restart = false;
		return copy_to_guest(va + offsetof(struct multicall_entry, args), h->args,
				     sizeof(h->args)) ? -EFAULT : -ERESTART;
	}
	return copy_to_guest(va + offsetof(struct multicall_entry, result), &ret, sizeof(ret));
}

/*
 * Run nr entries (a 32-bit count) at list. 0 whatever their results; -EFAULT; -EINVAL inside a
 * multicall.
 */
int64_t do_multicall(uint64_t list, uint64_t nr, uint64_t a2, uint64_t a3, uint64_t a4)
{
	struct hypercall_state *h = &this_vcpu()->hcall;
	uint64_t i, n = (uint32_t)nr;
	int rc = 0;

	if (h->in_multicall)
		return -EINVAL;
	if (!list)
		return -EFAULT;
	h->in_multicall = true;
	for (i = 0; i < n; i++) {
		rc = i && hypercall_preempt() ? -ERESTART : run_entry(h, list, i);
		if (rc)
			break;
	}
	h->in_multicall = false;
	if (rc == -ERESTART)
		return hypercall_restart(list + i * sizeof(struct multicall_entry), n - i, 0, 0, 0);
	return rc;
}
