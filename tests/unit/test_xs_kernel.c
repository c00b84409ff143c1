/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's end of the event device, against a guest that fires again as soon as its port is
 * unmasked. The file itself is taken in, with the device's functions replaced.
 */
#include <stdint.h>
#include <xentools/hyp.h>

static int fake_pending(struct evtchn_dev *e, uint32_t *port, struct zerr **err);
static int fake_unmask(struct evtchn_dev *e, uint32_t port, struct zerr **err);

#define evtchn_dev_pending fake_pending
#define evtchn_dev_unmask fake_unmask
#include "tools/xenstored/xen_kernel.c"
#include "xs_ring_world.h"

#define NOISY 101u

static unsigned long taken;
static bool fires;			/* the port is pending */

static int fake_pending(struct evtchn_dev *e UNUSED, uint32_t *port, struct zerr **err UNUSED)
{
	if (!fires)
		return 0;
	assert_true(++taken < 100000);	/* a daemon that is still here serves nobody */
	*port = NOISY;
	fires = false;
	return 1;
}

static int fake_unmask(struct evtchn_dev *e UNUSED, uint32_t port, struct zerr **err UNUSED)
{
	assert_int_equal(port, NOISY);
	fires = true;
	return 0;
}

/* Its broker is not asked: no domain ends here. */
int xen_broker_domains(int fd UNUSED, struct xen_domain_state **ret UNUSED, size_t *ret_n UNUSED,
		       struct zerr **err UNUSED)
{
	return -1;
}

static void a_guest_that_fires_for_ever_is_left_for_the_others(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	struct xen_kernel k = { .server = &w.server, .dom_exc_port = 1 };

	introduce(1);
	introduce(2);
	for (int i = 0; i < 3; i++) {
		fires = true;
		events_ready(&k, -1, POLLIN);
		assert_true(fires);	/* it is not lost: the loop comes back to it */
		work();
	}
	assert_int_equal(ask(2, XS_MKDIR, "x", &in), XS_MKDIR);
	assert_int_equal(ask(1, XS_MKDIR, "x", &in), XS_MKDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_guest_that_fires_for_ever_is_left_for_the_others, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
