/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulated serial port: its registers, the ring it shares with dom0's daemon and the events of
 * both sides, hostile indexes, the domctl that makes it; and a static domain's on the host's
 * console, with what is typed there.
 */
#include "domctl_world.h"
#include <xen/console.h>
#include <xen/evtchn.h>
#include <xen/mmio.h>
#include <xen/vpl011.h>
#include <public/arch-arm.h>
#include <public/io/console.h>
#include "xen/event/event.h"
#include "xen/vgic/vgic.h"

#define RING_PAGE	3u	/* of the guest's RAM */
#define DR	0x00
#define FR	0x18
#define IMSC	0x38
#define RIS	0x3c
#define MIS	0x40
#define ICR	0x44
#define RXFE	0x10u
#define TXFF	0x20u
#define RXFF	0x40u
#define TXFE	0x80u
#define BUSY	0x08u
#define RX	0x10u
#define TX	0x20u
#define RT	0x40u

static struct domain *g;
static struct xencons_interface *ring;
static char sent[100000];
static size_t nr_sent;
static const char *typed;

static void keep_char(char c)
{
	if (nr_sent < sizeof(sent) - 1)
		sent[nr_sent++] = c;
}

static int next_typed(void)
{
	return *typed ? (unsigned char)*typed++ : -1;
}

static const struct uart_ops test_uart = { keep_char, next_typed };

static int setup(void **state)
{
	world_setup(state);
	fake_domain_destroy(domu);
	domu = g = fake_domain_create_spis(1, 32);
	fake_domain_add_ram(g, gfn(DOMU_RAM >> PAGE_SHIFT), DOMU_PAGES);
	console_set_uart(&test_uart);
	nr_sent = 0;
	typed = "";
	ring = NULL;
	return 0;
}

static int teardown(void **state)
{
	console_set_uart(NULL);
	return world_teardown(state);
}

#define vtest(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static enum mmio_result try_access(uint32_t offset, uint8_t size, bool write, uint64_t *data)
{
	struct mmio_access a = {
		.ipa = GUEST_PL011_BASE + offset, .size = size, .write = write, .data = *data,
	};
	enum mmio_result r = mmio_dispatch(g->vcpu[0], &a);

	assert_true(lock_rank_none_held());
	*data = a.data;
	return r;
}

/* The short way, as vectors.S goes it. */
static uint64_t read32(uint32_t offset)
{
	struct vcpu *v = g->vcpu[0];

	if (v->mmio_page != mmio_page_tag(GUEST_PL011_BASE + offset))
		return MMIO_NOT_SHORT;
	return v->mmio_fn(v, (uint32_t)(v->mmio_offset | offset), v->mmio_ctx);
}

static uint32_t get(uint32_t offset)
{
	uint64_t data = ~0UL, quick;

	assert_int_equal(try_access(offset, 4, false, &data), MMIO_DONE);
	quick = read32(offset);
	if (offset == FR || offset == RIS || offset == MIS)
		assert_int_equal(quick, data);
	else
		assert_int_equal(quick, MMIO_NOT_SHORT);
	return (uint32_t)data;
}

static void put(uint32_t offset, uint64_t data)
{
	assert_int_equal(try_access(offset, 4, true, &data), MMIO_DONE);
}

static bool line(void)
{
	return g->vgic->spi[GUEST_VPL011_SPI - 32].line;
}

/* By the domctl; dom0 binds to the other end. Returns dom0's port. */
static uint32_t make(void)
{
	uint32_t port = 0;

	memset(&op.u, 0, sizeof(op.u));
	op.u.vuart_op.gfn = (DOMU_RAM >> PAGE_SHIFT) + RING_PAGE;
	assert_int_equal(call(XEN_DOMCTL_vuart_op, g->id), 0);
	assert_int_not_equal(op.u.vuart_op.evtchn, 0);
	ring = fake_guest_ptr(g, DOMU_RAM + RING_PAGE * PAGE_SIZE);
	assert_int_equal(evtchn_bind_interdomain(dom0, NULL, g->id, op.u.vuart_op.evtchn, &port),
			 0);
	return port;
}

static bool take_event(uint32_t port)
{
	uint64_t *word = &dom0->shared_info->evtchn_pending[port / 64];
	bool was = *word >> port % 64 & 1;

	*word &= ~(1UL << port % 64);
	return was;
}

static void test_domctl(void **state)
{
	struct domain *poor;
	uint32_t port;

	(void)state;
	memset(&op.u, 0, sizeof(op.u));
	op.u.vuart_op.gfn = 0x12345;
	assert_int_equal(call(XEN_DOMCTL_vuart_op, g->id), -EINVAL);
	op.u.vuart_op.type = 1;
	assert_int_equal(call(XEN_DOMCTL_vuart_op, g->id), -EINVAL);
	op.u.vuart_op.type = 0;
	op.u.vuart_op.gfn = (DOMU_RAM >> PAGE_SHIFT) + RING_PAGE;
	op.u.vuart_op.cmd = 1;
	assert_int_equal(call(XEN_DOMCTL_vuart_op, g->id), -EINVAL);
	op.u.vuart_op.cmd = 0;
	op.u.vuart_op.pad = 1;
	assert_int_equal(call(XEN_DOMCTL_vuart_op, g->id), -EINVAL);
	op.u.vuart_op.pad = 0;
	op.u.vuart_op.console_domid = 0x7ff0;
	assert_int_equal(call(XEN_DOMCTL_vuart_op, g->id), -EINVAL);
	assert_null(g->vpl011);
	assert_false(vpl011_event(g));
	g->dying = DOMAIN_DYING;
	assert_int_equal(vpl011_init(g, gfn((DOMU_RAM >> PAGE_SHIFT) + RING_PAGE), 0, &port),
			 -ESRCH);
	g->dying = DOMAIN_ALIVE;
	/* Without SPIs there is no interrupt for it. */
	poor = fake_domain_create(1);
	assert_int_equal(vpl011_init(poor, gfn(0), 0, &port), -EINVAL);
	fake_domain_destroy(poor);
	make();
	assert_int_equal(call(XEN_DOMCTL_vuart_op, g->id), -EBUSY);
	assert_int_equal(domain_unpause(g), 0);
	assert_int_equal(call(XEN_DOMCTL_vuart_op, g->id), -EPERM);
}

/* Each allocation failing once leaves a domain that ends without leaks. */
static void test_no_memory(void **state)
{
	unsigned int n;
	uint32_t port;
	int rc;

	for (n = 1;; n++) {
		fake_fail_alloc(n);
		rc = vpl011_init(g, gfn((DOMU_RAM >> PAGE_SHIFT) + RING_PAGE), 0, &port);
		if (!fake_alloc_failed())
			break;
		assert_int_equal(rc, -ENOMEM);
		teardown(state);
		setup(state);
	}
	assert_int_equal(rc, 0);
	assert_true(n > 1);
	for (n = 1;; n++) {
		teardown(state);
		setup(state);
		fake_fail_alloc(n);
		rc = vpl011_init_static(g);
		if (!fake_alloc_failed())
			break;
		assert_int_equal(rc, -ENOMEM);
	}
	assert_int_equal(rc, 0);
}

static void test_registers(void **state)
{
	static const uint8_t ids[8] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
	uint64_t data = 0;
	uint32_t off;

	(void)state;
	make();
	for (off = 0; off < 8; off++)
		assert_int_equal(get(0xfe0 + 4 * off), ids[off]);
	assert_int_equal(get(FR), RXFE | TXFE);
	assert_int_equal(get(0x30), 0x301);
	for (off = 0x20; off <= 0x34; off += 4)
		put(off, 0xffffffff);
	assert_int_equal(get(0x24), 0);
	assert_int_equal(get(0x2c), 0);
	assert_int_equal(get(0x30), 0x301);
	/* Read-only, reserved and identification registers ignore writes. */
	put(FR, 0);
	put(RIS, 0);
	put(0x48, 0xffff);
	put(0xfe0, 0);
	assert_int_equal(get(0x48), 0);
	assert_int_equal(get(0x04), 0);
	assert_int_equal(get(0x08), 0);
	assert_int_equal(get(0xfe0), 0x11);
	/* Widths: the first byte or half of a word; the rest reads as zero; no double word. */
	assert_int_equal(try_access(0xfe0, 1, false, &data), MMIO_DONE);
	assert_int_equal(data, 0x11);
	assert_int_equal(try_access(0x30, 2, false, &data), MMIO_DONE);
	assert_int_equal(data, 0x301);
	data = 7;
	assert_int_equal(try_access(0x31, 1, false, &data), MMIO_DONE);
	assert_int_equal(data, 0);
	assert_int_equal(try_access(0x32, 2, true, &data), MMIO_DONE);
	assert_int_equal(try_access(0x31, 2, false, &data), MMIO_ABORT);
	assert_int_equal(try_access(0, 8, false, &data), MMIO_ABORT);
	assert_int_equal(try_access(0xffd, 4, false, &data), MMIO_ABORT);
	/* Every offset and width is answered. */
	for (off = 0; off < 0x1000; off++) {
		data = 0x41;
		(void)try_access(off, 1, true, &data);
		(void)try_access(off, 1, false, &data);
		(void)try_access(off & ~1u, 2, false, &data);
		(void)try_access(off & ~3u, 4, false, &data);
	}
}

static void test_output(void **state)
{
	uint32_t port, i;

	(void)state;
	port = make();
	(void)take_event(port);
	put(DR, 'h');
	assert_true(take_event(port));
	put(DR, 'i');
	assert_false(take_event(port));	/* the daemon has not taken the first yet */
	assert_int_equal(get(FR), RXFE);
	assert_memory_equal(ring->out, "hi", 2);
	assert_int_equal(ring->out_prod, 2);
	/* The daemon took the first and says so; there is more, and it hears that. */
	ring->out_cons = 1;
	assert_int_equal(evtchn_send(dom0, port), 0);
	assert_true(take_event(port));
	ring->out_cons = 2;
	assert_int_equal(evtchn_send(dom0, port), 0);
	assert_false(take_event(port));
	assert_int_equal(get(FR), RXFE | TXFE);
	/* Interrupt: while there is room for half a FIFO. */
	assert_false(line());
	put(IMSC, TX);
	assert_true(line());
	assert_int_equal(get(MIS), TX);
	for (i = 0; i < sizeof(ring->out); i++)
		put(DR, 'a' + i % 26);
	assert_false(line());
	assert_int_equal(get(FR), RXFE | TXFF | BUSY);
	put(DR, '!');		/* lost */
	assert_int_equal(ring->out_prod, 2 + sizeof(ring->out));
	assert_int_equal(ring->out[2], 'a');
	ring->out_cons += 100;
	assert_int_equal(evtchn_send(dom0, port), 0);
	assert_true(line());
	assert_int_equal(get(FR), RXFE);
	put(ICR, TX);
	assert_false(line());
	assert_int_equal(get(RIS) & TX, 0);
	put(DR, 'x');		/* there is room still: a reason again */
	assert_true(line());
	put(IMSC, 0);
	assert_false(line());
	assert_int_equal(get(MIS), 0);
}

static void type_in(uint32_t port, const char *s)
{
	for (; *s; s++)
		ring->in[ring->in_prod++ % sizeof(ring->in)] = *s;
	assert_int_equal(evtchn_send(dom0, port), 0);
}

static void test_input(void **state)
{
	uint32_t port, i;

	(void)state;
	port = make();
	put(IMSC, RT | RX);
	assert_int_equal(get(DR), 0);	/* empty */
	type_in(port, "ok");
	assert_int_equal(get(FR), TXFE);
	assert_int_equal(get(MIS), RT);
	assert_true(line());
	(void)take_event(port);
	assert_int_equal(get(DR), 'o');
	assert_true(line());
	assert_false(take_event(port));
	assert_int_equal(get(DR), 'k');
	assert_false(line());
	assert_true(take_event(port));	/* all taken */
	assert_int_equal(get(FR), TXFE | RXFE);
	type_in(port, "0123456789abcdef");
	assert_int_equal(get(MIS), RT | RX);
	assert_int_equal(get(DR), '0');
	assert_int_equal(get(MIS), RT);
	put(ICR, RT);
	assert_false(line());
	for (i = 0; i < sizeof(ring->in) / 16; i++)
		type_in(port, "0123456789abcdef");
	ring->in_cons = ring->in_prod - sizeof(ring->in);
	assert_int_equal(evtchn_send(dom0, port), 0);
	assert_int_equal(get(FR), TXFE | RXFF);
	(void)take_event(port);
	assert_int_equal(get(DR), '0');
	assert_true(take_event(port));	/* it may have waited for room */
}

/* The guest has the page: whatever it writes there hurts nobody. */
static void test_hostile_ring(void **state)
{
	static const uint32_t bad[] = { 0, 1, 1024, 2048, 2049, 0x7fffffff, 0x80000000, ~0u };
	uint32_t port, a, b;

	(void)state;
	port = make();
	for (a = 0; a < ARRAY_SIZE(bad); a++)
		for (b = 0; b < ARRAY_SIZE(bad); b++) {
			ring->in_cons = ring->out_cons = bad[a];
			ring->in_prod = ring->out_prod = bad[b];
			put(DR, 'x');
			(void)get(DR);
			(void)get(FR);
			assert_int_equal(evtchn_send(dom0, port), 0);
		}
}

/* The port is the hypervisor's: its owner cannot close it, a reset passes it by. */
static void test_channel(void **state)
{
	uint32_t port = make(), own = op.u.vuart_op.evtchn, other;
	struct evtchn_status s = { .port = own };

	(void)state;
	assert_int_equal(evtchn_close(g, own), -EINVAL);
	assert_int_equal(evtchn_alloc(g, 0, false, &other), 0);
	assert_int_equal(evtchn_reset_all(g), 0);
	assert_int_equal(evtchn_status_get(g, &s), 0);
	assert_int_equal(s.status, EVTCHNSTAT_interdomain);
	put(DR, 'x');
	assert_true(take_event(port));
	/* The daemon goes and comes again. */
	assert_int_equal(evtchn_close(dom0, port), 0);
	put(DR, 'y');
	assert_int_equal(evtchn_bind_interdomain(dom0, NULL, g->id, own, &port), 0);
	assert_int_equal(ring->out_prod, 2);
	/* Dying it lets go of everything, whoever still has the channel. */
	fake_domain_destroy(g);
	domu = NULL;
	assert_int_equal(evtchn_send(dom0, port), 0);
	assert_int_equal(evtchn_close(dom0, port), 0);
}

/* ---- static domains ---- */

static void say(const char *s)
{
	while (*s)
		put(DR, (uint8_t)*s++);
}

static void assert_sent(const char *s)
{
	sent[nr_sent] = '\0';
	assert_string_equal(sent, s);
	nr_sent = 0;
}

static const char *named(const char *text)
{
	static char buf[300];

	snprintf(buf, sizeof(buf), "(d%u) %s", g->id, text);
	return buf;
}

static void test_static_output(void **state)
{
	char text[200];

	(void)state;
	assert_int_equal(vpl011_init_static(g), 0);
	say("hello");
	assert_sent("");
	say(" \x1b[1mworld\t\r\n");
	assert_sent(named("hello .[1mworld\t\r\n"));
	say("\n");
	assert_sent(named("\r\n"));
	assert_int_equal(get(FR), RXFE | TXFE);
	assert_int_equal(get(RIS), TX);
	/* A line without end comes in pieces. */
	memset(text, 'x', sizeof(text));
	text[130] = '\0';
	say(text);
	text[128] = '\0';
	sent[nr_sent - 2] = '\0';
	assert_string_equal(sent, named(text));
	nr_sent = 0;
	say("\n");
	assert_sent(named("xx\r\n"));
	/* There is no other end to make. */
	assert_int_equal(vpl011_init(g, gfn(DOMU_RAM >> PAGE_SHIFT), 0, &(uint32_t){ 0 }), -EBUSY);
}

static void test_static_limit(void **state)
{
	char end[80];
	int i;

	(void)state;
	fake_now = 5000000000;
	assert_int_equal(vpl011_init_static(g), 0);
	for (i = 0; i < 5000; i++)
		say("0123456789\n");
	assert_in_range(nr_sent, 30000, 36000);
	nr_sent = 0;
	fake_now += 1000000000;
	say("again\n");
	sent[nr_sent] = '\0';
	snprintf(end, sizeof(end), "bytes dropped]\r\n(d%u) again\r\n", g->id);
	assert_non_null(strstr(sent, end));
}

static void type_on_host(const char *s)
{
	typed = s;
	console_rx_irq();
}

static void test_static_input(void **state)
{
	char buf[16];

	(void)state;
	assert_int_equal(vpl011_init_static(g), 0);
	console_add_input_domain(g->id);
	/* dom0 has it at first. Single keys are kept until it is clear what they are. */
	type_on_host("a\x01\x01");
	assert_int_equal(console_read_input(buf, sizeof(buf)), 1);
	type_on_host("b");
	assert_int_equal(console_read_input(buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "\x01\x01" "b", 3);
	type_on_host("\x01\x01\x01");
	assert_int_equal(console_input_domain(), g->id);
	nr_sent = 0;
	/* Until something comes it speaks in whole lines. */
	say("hello");
	assert_int_equal(nr_sent, 0);
	say("\n");
	assert_sent(named("hello\r\n"));
	put(IMSC, RT);
	type_on_host("ls");
	assert_int_equal(console_read_input(buf, sizeof(buf)), 0);
	assert_true(line());
	assert_int_equal(get(DR), 'l');
	assert_int_equal(get(DR), 's');
	assert_int_equal(get(FR), TXFE | RXFE);
	/* Who is typed to answers at once, byte by byte. */
	say("l");
	assert_sent(named("l"));
	say("s\x1b");
	assert_sent("s\x1b");
	say("\n");
	assert_sent("\r\n");
	/* More than it takes is lost. */
	for (int i = 0; i < 1100; i++)
		type_on_host("z");
	assert_int_equal(get(FR), TXFE | RXFF);
	type_on_host("\x01\x01\x01");
	assert_int_equal(console_input_domain(), 0);
	/* One that is gone is passed by; one without a port takes nothing. */
	type_on_host("\x01\x01\x01");
	fake_domain_destroy(g);
	domu = NULL;
	type_on_host("q\x01\x01\x01");
	assert_int_equal(console_input_domain(), 0);
	assert_false(vpl011_input(dom0, 'x'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vtest(test_domctl),	    vtest(test_no_memory),     vtest(test_registers),
		vtest(test_output),	    vtest(test_input),	       vtest(test_hostile_ring),
		vtest(test_channel),	    vtest(test_static_output), vtest(test_static_limit),
		vtest(test_static_input),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
