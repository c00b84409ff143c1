/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two timers of a vCPU: registers, extreme values, interrupts.  Then vcpus= of them, each
 * taking ticks= periodic interrupts of both timers: none may be lost, early or doubled, however
 * the vCPUs share CPUs; and their runstates must add up to the time that passed.
 */
#include "../lib/probe.h"

#define ENABLE 1u
#define IMASK 2u
#define ISTATUS 4u
#define VIRT 27u
#define PHYS 30u
#define GICR_STRIDE 0x20000u
#define GICR_WAKER 0x14
#define GICR_IGROUPR0 0x10080
#define GICR_ISENABLER0 0x10100
#define GICR_ISPENDR0 0x10200
#define MOST_VCPUS 8u
#define VCPUOP_register_runstate 5

#define KCTL_PCTEN 1u
#define KCTL_VCTEN 2u
#define KCTL_VTEN (1u << 8)
#define KCTL_PTEN (1u << 9)

/* A timer by its registers. */
struct timer {
	const char *name;
	uint32_t intid;
	uint32_t ctl, cval, tval, cnt;
	uint32_t kctl_timer, kctl_counter;
	uint64_t (*get_ctl)(void), (*get_cval)(void), (*get_tval)(void), (*get_cnt)(void);
	void (*set_ctl)(uint64_t v), (*set_cval)(uint64_t v), (*set_tval)(uint64_t v);
};

#define ACCESS(t, reg) \
	static uint64_t t##_get_##reg(void) { isb(); return mrs(cnt##t##_##reg##_el0); } \
	static void t##_set_##reg(uint64_t v) { msr(cnt##t##_##reg##_el0, v); isb(); }
ACCESS(v, ctl) ACCESS(v, cval) ACCESS(v, tval) ACCESS(p, ctl) ACCESS(p, cval) ACCESS(p, tval)
static uint64_t v_get_cnt(void) { isb(); return mrs(cntvct_el0); }
static uint64_t p_get_cnt(void) { isb(); return mrs(cntpct_el0); }

#define TIMER(t, name_, intid_, crm, op2, kt, kc)					\
	{ name_, intid_, SYSREG(3, 3, 14, crm, 1), SYSREG(3, 3, 14, crm, 2),		\
	  SYSREG(3, 3, 14, crm, 0), SYSREG(3, 3, 14, 0, op2), kt, kc,			\
	  t##_get_ctl, t##_get_cval, t##_get_tval, t##_get_cnt,				\
	  t##_set_ctl, t##_set_cval, t##_set_tval }
static const struct timer timers[2] = {
	TIMER(v, "virtual", VIRT, 3, 2, KCTL_VTEN, KCTL_VCTEN),
	TIMER(p, "physical", PHYS, 2, 1, KCTL_PTEN, KCTL_PCTEN),
};

struct vcpu {
	volatile uint64_t count[2], next[2];	/* interrupts taken; CVAL */
	volatile uint64_t spurious, early, late_most;
	uint64_t ticks, period[2];
	volatile uint64_t lost, done;
	struct {
		int32_t state;
		uint64_t entry, time[4];
	} volatile runstate __attribute__((aligned(64)));
	uint64_t stack[512] __attribute__((aligned(16)));
};
static struct vcpu vcpus[MOST_VCPUS];
static uint64_t gicr_base;
static volatile unsigned int irqs[32];
static unsigned int nr_vcpus;
static uint64_t ticks_wanted, period_wanted;

static void irq_on(void) { asm volatile("msr daifclr, #2\n\tisb" : : : "memory"); }
static void irq_off(void) { asm volatile("msr daifset, #2\n\tisb" : : : "memory"); }

static unsigned int me(void)
{
	return (unsigned int)(mrs(mpidr_el1) & 0xf);
}

static volatile uint32_t *gicr(uint32_t offset)
{
	return (volatile uint32_t *)(gicr_base + me() * GICR_STRIDE + offset);
}

static void gic_this_vcpu(void)
{
	*gicr(GICR_WAKER) &= ~2u;
	*gicr(GICR_IGROUPR0) = ~0u;
	*gicr(GICR_ISENABLER0) = 1u << VIRT | 1u << PHYS;
	msr(s3_0_c12_c12_5, 7);				/* ICC_SRE_EL1 */
	isb();
	msr(s3_0_c4_c6_0, 0xf0);			/* ICC_PMR_EL1 */
	msr(s3_0_c12_c12_7, 1);				/* ICC_IGRPEN1_EL1 */
	isb();
}

static void say(bool good, const struct timer *t, const char *what)
{
	char name[48];
	size_t n = strlen(t->name), m = strlen(what);

	memcpy(name, t->name, n);
	name[n] = '-';
	memcpy(name + n + 1, what, m + 1);
	result(good, name, NULL);
}

static void spin(uint64_t n)
{
	asm volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r"(n));
}

/*
 * The last time that a comparison may be set to.  QEMU 7.2 adds the counter's offset without
 * looking for an overflow, and hangs itself with later ones.
 */
static uint64_t latest(const struct timer *t)
{
	uint64_t now = t->get_cnt();

	return ~0ul - (p_get_cnt() - now);
}

/* ---- one timer ---- */

static void take_once(void)
{
	uint64_t intid = mrs(s3_0_c12_c12_0);

	if (intid >= 32)
		return;
	irqs[intid]++;
	if (intid == VIRT)
		v_set_ctl(0);
	else if (intid == PHYS)
		p_set_ctl(0);
	msr(s3_0_c12_c12_1, intid);
}

static void test_registers(const struct timer *t)
{
	static const uint64_t values[] = { 0, 1, 0x7fffffff, 0x80000000, 0x123456789abcdef0,
					   1ul << 62, 1ul << 63, ~0ul - 1, ~0ul };
	uint64_t before, after, val;
	bool good = true;

	t->set_ctl(0);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		t->set_cval(values[i]);
		good = good && t->get_cval() == values[i];
	}
	say(good, t, "cval");
	t->set_cval(latest(t));
	t->set_ctl(~0ul);
	say(t->get_ctl() == (ENABLE | IMASK), t, "ctl");
	t->set_cval(0);
	say(t->get_ctl() == (ENABLE | IMASK | ISTATUS), t, "istatus-past");
	good = true;
	for (unsigned int bit = 50; bit < 64; bit++) {
		t->set_cval(1ul << bit);
		good = good && !(t->get_ctl() & ISTATUS);
	}
	say(good, t, "istatus-future");
	before = t->get_cnt();
	t->set_tval(0x10000);
	after = t->get_cnt();
	val = t->get_cval();
	say(val >= before + 0x10000 && val <= after + 0x10000, t, "tval-write");
	t->set_cval(after + (1ul << 30));
	before = t->get_cnt();
	val = t->get_tval();
	after = t->get_cval() - t->get_cnt();
	say(val >= after && val <= t->get_cval() - before, t, "tval-read");
	t->set_tval(0xffffff00);
	val = t->get_tval();
	say(val <= 0xffffff00 && val > 0x80000000 && (t->get_ctl() & ISTATUS), t, "tval-negative");
	t->set_tval(0x80000000);
	/* The sum wraps while the counter is young, and what is due is an unsigned question. */
	say(!(t->get_ctl() & ISTATUS) == (t->get_cval() > t->get_cnt()), t, "tval-most-negative");
	t->set_tval(0x7fffffff);
	say(!(t->get_ctl() & ISTATUS), t, "tval-most");
	t->set_ctl(0);
}

/* How many interrupts come in a while of N loops. */
static unsigned int taken_in(const struct timer *t, uint64_t n)
{
	unsigned int before = irqs[t->intid];

	irq_on();
	spin(n);
	irq_off();
	return irqs[t->intid] - before;
}

static unsigned int pending(const struct timer *t)
{
	return *gicr(GICR_ISPENDR0) >> t->intid & 1;
}

static void test_interrupts(const struct timer *t)
{
	uint64_t at;
	unsigned int before = irqs[t->intid];

	t->set_cval(0);
	say(taken_in(t, 10000) == 0, t, "off-is-silent");
	t->set_ctl(ENABLE | IMASK);
	say(taken_in(t, 10000) == 0 && !pending(t), t, "masked-is-silent");
	t->set_ctl(ENABLE);
	say(taken_in(t, 10000) == 1, t, "far-past");
	at = t->get_cnt() + mrs(cntfrq_el0) / 1000;
	t->set_cval(at);
	t->set_ctl(ENABLE);
	irq_on();
	while (irqs[t->intid] == before + 1 && t->get_cnt() < at + mrs(cntfrq_el0))
		;
	irq_off();
	say(irqs[t->intid] == before + 2 && t->get_cnt() >= at, t, "in-time");
	for (unsigned int bit = 48; bit < 64; bit++) {
		t->set_cval(1ul << bit);
		t->set_ctl(ENABLE);
		(void)taken_in(t, 2000);
		/* The hypervisor's own timers must have survived it. */
		hypercall(HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	}
	t->set_cval(latest(t));
	t->set_ctl(ENABLE);
	say(taken_in(t, 10000) == 0 && irqs[t->intid] == before + 2, t, "far-future");
	t->set_cval(0);
	spin(2000);
	say(pending(t), t, "ispendr-shows-the-line");
	t->set_ctl(0);
	say(!pending(t), t, "ispendr-drops-with-it");
	say(taken_in(t, 10000) == 0, t, "dropped-is-not-taken");
}

/* WFI until it is due. */
static void test_sleep(const struct timer *t)
{
	uint64_t at = t->get_cnt() + mrs(cntfrq_el0) / 500;
	unsigned int before = irqs[t->intid];

	t->set_cval(at);
	t->set_ctl(ENABLE);
	while (irqs[t->intid] == before && t->get_cnt() < at + mrs(cntfrq_el0)) {
		asm volatile("wfi" : : : "memory");
		irq_on();
		isb();
		irq_off();
	}
	say(irqs[t->intid] == before + 1 && t->get_cnt() >= at, t, "wakes-wfi");
}

static bool el0_may(uint32_t reg)
{
	uint64_t val;

	return try_sysreg_read_el0(reg, &val);
}

static void test_el0(const struct timer *t)
{
	bool good = true;

	msr(cntkctl_el1, 0);
	isb();
	good = !el0_may(t->cval) && probe_class(&probe_last) == EC_SYSREG;
	good = good && !el0_may(t->cnt) && probe_class(&probe_last) == EC_SYSREG;
	say(good, t, "el0-forbidden");
	msr(cntkctl_el1, t->kctl_timer);
	isb();
	t->set_cval(0x1234);
	good = el0_may(t->cval) && probe_last.x[0] == 0x1234 && el0_may(t->ctl) &&
	       try_sysreg_write_el0(t->cval, 0x4321) && t->get_cval() == 0x4321;
	say(good && !el0_may(t->cnt), t, "el0-timer-alone");
	msr(cntkctl_el1, t->kctl_counter);
	isb();
	say(!el0_may(t->cval) && el0_may(t->cnt), t, "el0-counter-alone");
	msr(cntkctl_el1, 0);
	isb();
}

/* ---- many ---- */

static void on_tick(void)
{
	struct vcpu *v = &vcpus[me()];
	uint64_t intid = mrs(s3_0_c12_c12_0), now;
	unsigned int i = intid == PHYS;
	const struct timer *t = &timers[i];

	if (intid >= 1020)
		return;
	if ((intid != VIRT && intid != PHYS) || !(t->get_ctl() & ISTATUS)) {
		v->spurious++;
	} else {
		now = t->get_cnt();
		if (now < v->next[i])
			v->early++;
		else if (now - v->next[i] > v->late_most)
			v->late_most = now - v->next[i];
		v->next[i] += v->period[i];
		t->set_cval(v->next[i]);
		if (++v->count[i] == v->ticks)
			t->set_ctl(0);
	}
	msr(s3_0_c12_c12_1, intid);
}

/* Take all ticks of both timers, sleeping and spinning by turns. */
static void tick(struct vcpu *v)
{
	uint64_t limit = 4 * mrs(cntfrq_el0), last = 0, last_at = v_get_cnt(), sum;
	uint64_t naps = 0;

	v->ticks = ticks_wanted;
	for (unsigned int i = 0; i < 2; i++) {
		v->period[i] = period_wanted * (10 + 3 * i + me()) / 10;
		v->next[i] = timers[i].get_cnt() + v->period[i];
		timers[i].set_cval(v->next[i]);
		timers[i].set_ctl(ENABLE);
	}
	for (;;) {
		sum = v->count[0] + v->count[1];
		if (sum == 2 * v->ticks)
			break;
		if (sum != last) {
			last = sum;
			last_at = v_get_cnt();
		} else if (v_get_cnt() - last_at > limit) {
			v->lost++;
			break;
		}
		if (naps++ & 1)
			asm volatile("wfi" : : : "memory");
		irq_on();
		spin(50);
		irq_off();
	}
	/* Nothing may come after the last. */
	irq_on();
	spin(20000);
	irq_off();
}

static void vcpu_main(void)
{
	struct vcpu *v = &vcpus[me()];

	gic_this_vcpu();
	tick(v);
	v->done = 1;
	smccc_hvc(0x84000002, 0, 0, 0);		/* CPU_OFF */
}

static void yield(void)
{
	hypercall(HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}

static void test_many(void)
{
	uint64_t total = 0, spurious = 0, early = 0, lost = 0, late = 0;

	trap_irq = on_tick;
	for (unsigned int i = 1; i < nr_vcpus; i++)
		if (start_cpu(i, vcpus[i].stack + 512, vcpu_main))
			result_failed("start-vcpu", "CPU_ON");
	tick(&vcpus[0]);
	vcpus[0].done = 1;
	for (unsigned int i = 0; i < nr_vcpus; i++) {
		struct vcpu *v = &vcpus[i];

		while (!v->done)
			yield();
		total += v->count[0] + v->count[1];
		spurious += v->spurious;
		early += v->early;
		lost += v->lost;
		late = v->late_most > late ? v->late_most : late;
	}
	printk("TICKS total=%lu late_most=%lu\n", total, late);
	result_equal(total, 2 * ticks_wanted * nr_vcpus, "ticks-none-lost");
	result_equal(lost, 0, "ticks-all-in-time");
	result_equal(spurious, 0, "ticks-none-doubled");
	result_equal(early, 0, "ticks-none-early");
}

/* ---- runstate ---- */

static volatile unsigned int spin_end;

static void spinner_main(void)
{
	while (!spin_end)
		spin(1000);
	vcpus[me()].done = 2;
	smccc_hvc(0x84000002, 0, 0, 0);
}

struct sample { uint64_t entry, sum, running, before, cnt; };

/*
 * Right after this vCPU was let run again: with a CPU to itself, as when another one took the
 * spinners, it goes on at once, and its times are those of before.
 */
static void sample(struct sample *s)
{
	volatile struct vcpu *v = &vcpus[0];
	uint64_t entry = v->runstate.entry, start = v_get_cnt();

	do {
		s->before = v_get_cnt();
		yield();
		s->cnt = v_get_cnt();
	} while (v->runstate.entry == entry && s->cnt - start < mrs(cntfrq_el0));
	s->entry = v->runstate.entry;
	s->running = v->runstate.time[0];
	s->sum = s->running + v->runstate.time[1] + v->runstate.time[2] + v->runstate.time[3];
}

static uint64_t nanoseconds(uint64_t counts)
{
	return counts * 1000000000u / mrs(cntfrq_el0);	/* a second at most */
}

/*
 * exact: where time is counted in instructions, what the hypervisor accounts is what the counter
 * says.  Elsewhere a sample was taken at some time between two looks at the counter.
 */
static void test_runstate(bool exact)
{
	void *area = (void *)&vcpus[0].runstate;
	struct sample a, b;
	uint64_t elapsed, accounted, steal;
	int64_t rc = hypercall(HYPERVISOR_vcpu_op, VCPUOP_register_runstate, 0, (uint64_t)&area, 0,
			       0);

	if (rc) {
		result_equal((uint64_t)rc, 0, "runstate-registered");
		return;
	}
	for (unsigned int i = 1; i < nr_vcpus; i++)
		/* It may not be off yet. */
		while (start_cpu(i, vcpus[i].stack + 512, spinner_main))
			yield();
	sample(&a);
	do {
		spin(20000);
		sample(&b);
	} while (b.cnt - a.cnt < mrs(cntfrq_el0) / 2);
	spin_end = 1;
	elapsed = nanoseconds(b.cnt - a.cnt);
	accounted = b.sum - a.sum;
	steal = accounted - (b.running - a.running);
	printk("RUNSTATE elapsed=%lu accounted=%lu steal=%lu\n", elapsed, accounted, steal);
	result_equal(b.entry - a.entry, accounted, "runstate-adds-up");
	if (exact)
		result(accounted > elapsed - elapsed / 1000 && accounted < elapsed + elapsed / 1000,
		       "runstate-is-elapsed-time", "off by more than 0.1 %");
	else
		result(accounted + 1000 > nanoseconds(b.before - a.cnt) &&
		       accounted < nanoseconds(b.cnt - a.before) + 1000,
		       "runstate-is-elapsed-time", "not between the looks at the counter");
}

void guest_main(const void *dtb)
{
	const char *args = dt_bootargs(dtb);
	uint64_t gicd;

	console_init();
	nr_vcpus = (unsigned int)arg_number(args, "vcpus=", 1);
	ticks_wanted = arg_number(args, "ticks=", 1000);
	period_wanted = arg_number(args, "period=", 2000);	/* counter ticks */
	if (nr_vcpus > MOST_VCPUS)
		nr_vcpus = MOST_VCPUS;
	if (!dt_gicv3(dtb, &gicd, &gicr_base) || !gic_init(dtb, 0)) {
		result_failed("gic", "no GICv3");
		result_end();
	}
	gic_this_vcpu();
	trap_irq = take_once;
	for (unsigned int i = 0; i < 2 && !arg_has(args, "many-only"); i++) {
		test_registers(&timers[i]);
		test_interrupts(&timers[i]);
		test_sleep(&timers[i]);
		test_el0(&timers[i]);
	}
	test_many();
	if (nr_vcpus > 1)
		test_runstate(arg_has(args, "exact"));
	result_end();
}
