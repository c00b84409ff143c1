/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A domain's life in the hypervisor: create, pause, shut down, kill, and who keeps it alive. */
#include <xen/errno.h>
#include <xen/sched.h>
#include <public/sched.h>
#include "evtchn_world.h"
#include "xen/hypercall/domctl.h"

static const struct domain_config config = {
	.handle = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
	.max_vcpus = 2,
	.max_evtchn_port = 1023,
	.max_grant_frames = 4,
	.max_maptrack_frames = 8,
	.gic_version = 3,
};

static void end(struct domain *d)
{
	assert_int_equal(domain_kill(d), 0);
	domain_put(d);
}

/* Is VIRQ_DOM_EXC pending in dom0? Takes it back. */
static uint32_t exc_port;

static bool dom0_was_told(void)
{
	uint64_t *word = &((struct shared_info *)d0->shared_info)->evtchn_pending[exc_port / 64];
	bool pending = *word >> (exc_port % 64) & 1;

	*word &= ~(1UL << (exc_port % 64));
	return pending;
}

static int life_up(void **state)
{
	world_up(state);
	assert_int_equal(evtchn_bind_virq(d0, VIRQ_DOM_EXC, 0, &exc_port), 0);
	dom0_was_told();
	return 0;
}

static void test_create(void **state)
{
	uint32_t before = fake_domain_count();
	struct domain *d = NULL, *found;

	(void)state;
	assert_int_equal(domain_create(0x7FF4, &config, &d), 0);
	assert_int_equal(fake_domain_count(), before + 1);
	assert_true(d->id > d2->id);
	assert_memory_equal(d->handle, config.handle, 16);
	assert_false(d->is_privileged || d->is_direct_mapped || d->creation_finished ||
		     d->shut_down);
	assert_int_equal(d->pause_count, 1);
	assert_int_equal(d->shutdown_code, 0xff);
	assert_int_equal(d->refcnt, 2);
	assert_int_equal(d->event_ppi, 31);
	assert_int_equal(d->weight, 256);
	assert_int_equal(d->cntvoff, fake_now / 16);
	assert_non_null(d->shared_info);
	assert_int_equal(mfn_to_page(d->shared_info_mfn)->owner, d->id);
	assert_int_equal(mfn_to_page(d->shared_info_mfn)->type, PAGE_SHARED_INFO);
	found = domain_get_by_id(d->id);
	assert_ptr_equal(found, d);
	assert_int_equal(d->refcnt, 3);
	domain_put(found);
	/* Without vCPUs it can die as well. */
	end(d);
	assert_int_equal(fake_domain_count(), before);
	assert_true(dom0_was_told());
}

static void test_ids(void **state)
{
	struct domain *d = NULL, *other = (void *)1;

	(void)state;
	assert_int_equal(domain_create(500, &config, &d), 0);
	assert_int_equal(d->id, 500);
	assert_int_equal(domain_create(500, &config, &other), -EEXIST);
	assert_int_equal(domain_create(0, &config, &other), -EEXIST);
	assert_ptr_equal(other, (void *)1);
	end(d);
	assert_null(domain_get_by_id(500));
	assert_int_equal(domain_create(500, &config, &d), 0);
	end(d);
}

/* Each allocation of create and of the vCPUs fails once: an error, and nothing stays behind. */
static void test_allocations(void **state)
{
	uint32_t before = fake_domain_count();
	uint64_t used;
	struct domain *d = NULL;
	unsigned int n;
	int rc;

	(void)state;
	assert_int_equal(domain_create(600, &config, &d), 0);
	assert_int_equal(domain_create_vcpus(d, 2), 0);
	end(d);
	used = heap_pages_used();
	for (n = 1;; n++) {
		fake_fail_alloc(n);
		d = NULL;
		rc = domain_create(600, &config, &d);
		if (!fake_alloc_failed())
			break;
		assert_int_equal(rc, -ENOMEM);
		assert_null(d);
		assert_int_equal(fake_domain_count(), before);
		assert_int_equal(heap_pages_used(), used);
	}
	assert_true(n > 8);
	assert_int_equal(domain_create_vcpus(d, 3), -EINVAL);
	for (n = 1;; n++) {
		fake_fail_alloc(n);
		rc = domain_create_vcpus(d, 2);
		if (!fake_alloc_failed())
			break;
		/* Those that are whole stay; the call is made again. */
		assert_int_equal(rc, -ENOMEM);
	}
	assert_int_equal(rc, 0);
	assert_true(n > 3);
	assert_non_null(d->vcpu[0]);
	assert_non_null(d->vcpu[1]);
	assert_int_equal(domain_create_vcpus(d, 2), 0);
	end(d);
	assert_int_equal(heap_pages_used(), used);
}

static void test_pause(void **state)
{
	uint64_t counter;
	unsigned int i;

	(void)state;
	assert_int_equal(d1->pause_count, 1);
	assert_true(d1->vcpu[1]->flags & VPF_PAUSED);
	assert_false(d1->creation_finished);
	assert_int_equal(domain_pause(d1), 0);
	assert_int_equal(domain_unpause(d1), 0);
	assert_false(d1->creation_finished);
	/* Its counter begins, and its wall clock is told when, once it runs; not at later ones. */
	wallclock_set(1000, 0, fake_now);
	fake_now += 3 * 1000000000UL;
	assert_int_equal(domain_unpause(d1), 0);
	assert_true(d1->creation_finished);
	assert_false(d1->vcpu[0]->flags & VPF_PAUSED);
	counter = d1->cntvoff;
	assert_int_equal(counter, fake_now / 16);
	assert_int_equal(d1->shared_info->wc_sec, 1003);
	fake_now += 1000000000;
	assert_int_equal(domain_pause(d1), 0);
	assert_int_equal(domain_unpause(d1), 0);
	assert_int_equal(d1->cntvoff, counter);
	assert_int_equal(domain_unpause(d1), -EINVAL);
	assert_int_equal(d1->pause_count, 0);
	for (i = 0; i < 255; i++)
		assert_int_equal(domain_pause(d1), 0);
	assert_int_equal(domain_pause(d1), -EOVERFLOW);
	assert_int_equal(d1->pause_count, 255);
	assert_true(d1->vcpu[0]->flags & VPF_PAUSED);
	for (i = 0; i < 255; i++)
		assert_int_equal(domain_unpause(d1), 0);
	assert_false(d1->vcpu[0]->flags & VPF_PAUSED);
}

static void test_quiet(void **state)
{
	struct xen_domctl_getdomaininfo i;

	(void)state;
	assert_true(domain_is_quiet(d1));
	fake_cpu_enter(2);
	run_as(d1, 1);
	assert_false(domain_is_quiet(d1));
	domctl_fill_info(d1, &i);
	assert_int_equal(i.nr_online_vcpus, 0); /* both are down */
	assert_false(i.flags & (XEN_DOMINF_running | XEN_DOMINF_blocked));
	fake_set_current(NULL);
	vcpu_clear_flag(d1->vcpu[0], VPF_DOWN);
	vcpu_clear_flag(d1->vcpu[1], VPF_DOWN);
	domctl_fill_info(d1, &i);
	assert_int_equal(i.nr_online_vcpus, 2);
	assert_false(i.flags & (XEN_DOMINF_running | XEN_DOMINF_blocked));
	run_as(d1, 1);
	vcpu_set_flag(d1->vcpu[0], VPF_BLOCKED);
	domctl_fill_info(d1, &i);
	assert_true(i.flags & XEN_DOMINF_running);
	assert_false(i.flags & XEN_DOMINF_blocked);
	vcpu_set_flag(d1->vcpu[1], VPF_BLOCKED);
	domctl_fill_info(d1, &i);
	assert_true(i.flags & XEN_DOMINF_blocked);
	fake_set_current(NULL);
	fake_cpu_enter(0);
}

static void test_shutdown(void **state)
{
	(void)state;
	domain_shutdown(d1, SHUTDOWN_suspend);
	assert_true(d1->shut_down);
	assert_int_equal(d1->shutdown_code, SHUTDOWN_suspend);
	assert_true(d1->vcpu[0]->flags & d1->vcpu[1]->flags & VPF_SHUTDOWN);
	assert_true(dom0_was_told());
	/* The first reason stays, and is told once. */
	domain_shutdown(d1, SHUTDOWN_crash);
	domain_crash(d1, "it did it again");
	assert_int_equal(d1->shutdown_code, SHUTDOWN_suspend);
	assert_false(dom0_was_told());
	domain_resume(d1);
	assert_false(d1->shut_down);
	assert_int_equal(d1->shutdown_code, 0xff);
	assert_false((d1->vcpu[0]->flags | d1->vcpu[1]->flags) & VPF_SHUTDOWN);
	domain_resume(d1);
	assert_false(d1->shut_down);
	domain_crash(d1, "touched\nnothing");
	assert_int_equal(d1->shutdown_code, SHUTDOWN_crash);
	assert_non_null(strstr(fake_last_line, "crashed: touched.nothing"));
	assert_true(dom0_was_told());
}

static void dom0_ends(uint8_t reason, bool noreboot, int want, const char *line)
{
	volatile int how;

	opt.noreboot = noreboot;
	how = setjmp(fake_jump);
	if (!how) {
		fake_jump_armed = true;
		domain_shutdown(d0, reason);
	}
	opt.noreboot = false;
	assert_int_equal(how, want);
	assert_non_null(strstr(fake_last_line, line));
	assert_false(d0->shut_down);
}

static void test_dom0_shutdown(void **state)
{
	(void)state;
	dom0_ends(SHUTDOWN_poweroff, false, FAKE_POWER_OFF, "dom0 ended: power off");
	dom0_ends(SHUTDOWN_reboot, false, FAKE_RESTART, "dom0 ended: reboot");
	dom0_ends(SHUTDOWN_reboot, true, FAKE_POWER_OFF, "dom0 ended: reboot");
	dom0_ends(SHUTDOWN_crash, false, FAKE_RESTART, "dom0 ended: crash");
	assert_int_equal(domain_kill(d0), -EINVAL);
}

static void test_kill(void **state)
{
	struct domain *d = d2;

	(void)state;
	d2 = NULL;
	assert_true(domain_get(d));
	fake_cpu_enter(1);
	run_as(d, 0);
	fake_cpu_enter(0);
	/* Its vCPU must leave its CPU first. */
	assert_int_equal(domain_kill(d), -ERESTART);
	assert_true(domain_is_dying(d));
	assert_true(d->vcpu[0]->flags & VPF_DYING);
	assert_int_equal(domain_kill(d), -ERESTART);
	domain_shutdown(d, SHUTDOWN_poweroff); /* of no interest any more */
	assert_false(d->shut_down);
	domain_resume(d);
	fake_cpu_enter(1);
	fake_set_current(NULL);
	fake_cpu_enter(0);
	dom0_was_told();
	/* Another CPU is at it. */
	d->killing = true;
	assert_int_equal(domain_kill(d), -ERESTART);
	assert_int_not_equal(d->tot_pages, 0);
	d->killing = false;
	assert_int_equal(domain_kill(d), 0);
	assert_false(d->killing);
	assert_true(dom0_was_told());
	assert_int_equal(domain_kill(d), -ESRCH);
	/* Two references are left, ours and the creator's: it can still be found. */
	assert_int_equal(d->refcnt, 2);
	domain_put(d);
	assert_ptr_equal(domain_get_by_id(d->id), d);
	domain_put(d);
	domain_put(d);
	assert_true(dom0_was_told());
}

/* Interrupted wherever it asks, the kill comes to its end when it is called often enough. */
static void test_kill_preempted(void **state)
{
	struct domain *d = d1;
	unsigned int calls = 0;
	int rc;

	(void)state;
	d1 = NULL;
	do {
		fake_irq_pending_after = 3;
		rc = domain_kill(d);
		calls++;
	} while (rc == -ERESTART && calls < 10000);
	fake_irq_pending_after = 0;
	assert_int_equal(rc, 0);
	domain_put(d);
}

/* Pages that somebody still holds keep the domain, which then has no vCPU to run. */
static void test_pages_keep_it(void **state)
{
	struct domain *d = d1;
	domid_t id = d->id;
	mfn_t m = p2m_lookup(d, ram_gfn(d, 2)).mfn;

	(void)state;
	d1 = NULL;
	assert_true(page_get(m));
	fake_domain_destroy(d);
	assert_int_equal(d->refcnt, 1);
	assert_int_equal(d->tot_pages, 1);
	assert_ptr_equal(domain_get_by_id(id), d);
	domain_put(d);
	dom0_was_told();
	page_put(m);
	assert_null(domain_get_by_id(id));
	assert_true(dom0_was_told());
}

static void test_lookups(void **state)
{
	struct domain *d;

	(void)state;
	run_as(d1, 0);
	d = domain_get_or_self(0x7FF0);
	assert_ptr_equal(d, d1);
	domain_put(d);
	d = domain_get_or_self(d2->id);
	assert_ptr_equal(d, d2);
	domain_put(d);
	assert_null(domain_get_or_self(0x7FF1));
	assert_null(domain_get_or_self(30000));
	assert_null(domain_get_by_id(0xffff));
	d = domain_get_from(0);
	assert_ptr_equal(d, d0);
	domain_put(d);
	d = domain_get_from(1);
	assert_ptr_equal(d, d1);
	domain_put(d);
	d = domain_get_from((domid_t)(d1->id + 1));
	assert_ptr_equal(d, d2);
	domain_put(d);
	assert_null(domain_get_from((domid_t)(d2->id + 1)));
	assert_null(domain_get_from(0x7FF0));
	assert_null(domain_get_from(0xffff));
}

#define row(f) cmocka_unit_test_setup_teardown(f, life_up, world_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_create),	 row(test_ids),	    row(test_allocations),
		row(test_pause),	 row(test_quiet),   row(test_shutdown),
		row(test_dom0_shutdown), row(test_kill),    row(test_kill_preempted),
		row(test_pages_keep_it), row(test_lookups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
