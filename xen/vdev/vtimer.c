/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU's timers. The virtual one is the hardware's while the vCPU's state is in a CPU: its PPI
 * comes to us and goes on to the guest. While a blocked vCPU is in memory a soft timer stands for
 * it. The physical one is emulated by a soft timer all the time; it counts without the virtual
 * offset.
 */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/vcpu_state.h>
#include <xen/vdev.h>
#include <xen/vgic.h>

#define CTL_ENABLE	BIT(0)
#define CTL_IMASK	BIT(1)
#define CTL_ISTATUS	BIT(2)

/* Dom0's tree has the host's PPIs (0: not told), a domU's those of abi/boot.md 3. */
static uint32_t ppi_of(bool is_hosts, uint32_t host, uint32_t usual)
{
	return is_hosts && host ? host : usual;
}

static bool can_fire(uint64_t ctl) { return (ctl & (CTL_ENABLE | CTL_IMASK)) == CTL_ENABLE; }

/* The virtual timer of v, which is on no CPU, is due. */
static void vtimer_fires(void *arg)
{
	struct vcpu *v = arg;
	uint32_t ppi = host_info.timer_ppi_virt;

	vgic_hw_vtimer(v, ppi_of(true, ppi, VTIMER_PPI),
		       ppi_of(v->domain->is_privileged, ppi, VTIMER_PPI));
}

/* v's state has left this CPU: if it sleeps, its virtual timer has to wake it. */
void vtimer_put_cpu(struct vcpu *v)
{
	uint64_t ticks, off = v->domain->cntvoff;

	if (!(READ_ONCE(v->flags) & VPF_BLOCKED) || !can_fire(v->ctxt.cntv_ctl))
		return;
	/*
	 * A time beyond the counter's end never comes. A restored domain may have counted since
	 * before the host's start: then its offset is a negative one, and a time before that past.
	 */
	if (unlikely(checked_add(v->ctxt.cntv_cval, off, &ticks))) {
		if (!(off >> 63))
			return;
	} else if (unlikely(off >> 63)) {
		ticks = 0;
	}
	soft_timer_migrate(&v->vtimer, this_cpu()->id);
	soft_timer_set(&v->vtimer, ticks_to_system_time(ticks));
}

/*
 * v's state goes into this CPU: the hardware's timer takes over. Another CPU may just be telling
 * the vGIC that the timer fired; it has to end first, or the interrupt would come twice.
 */
void vtimer_load_cpu(struct vcpu *v)
{
	if (likely(!v->vtimer.expires))
		return;
	soft_timer_kill(&v->vtimer);
	v->vtimer.expires = 0;
}

static bool ptimer_is_due(const struct vcpu *v) { return timer_ticks() >= v->ctxt.cntp_cval; }

/*
 * The physical timer's line follows its registers; arm the soft timer for the moment when it will
 * rise. ptimer_lock is held: the soft timer may fire on one CPU while v writes on another.
 */
static void ptimer_update_locked(struct vcpu *v)
{
	bool fires = can_fire(v->ctxt.cntp_ctl);
	bool due = fires && ptimer_is_due(v);

	vgic_set_ppi_level(v, ppi_of(v->domain->is_privileged, host_info.timer_ppi_phys,
				     PTIMER_PPI), due);
	soft_timer_migrate(&v->ptimer, this_cpu()->id);
	if (fires && !due)
		soft_timer_set(&v->ptimer, ticks_to_system_time(v->ctxt.cntp_cval));
	else
		soft_timer_stop(&v->ptimer);
}

static void ptimer_fires(void *arg)
{
	struct vcpu *v = arg;
	SPIN_GUARD(&v->ptimer_lock);

	ptimer_update_locked(v);
}

static void ptimer_set(struct vcpu *v, uint64_t ctl, uint64_t cval)
{
	SPIN_GUARD(&v->ptimer_lock);

	v->ctxt.cntp_ctl = ctl & (CTL_ENABLE | CTL_IMASK);
	v->ctxt.cntp_cval = cval;
	ptimer_update_locked(v);
}

/* CNTPCT_EL0: no offset. */
uint64_t vptimer_read_count(struct vcpu *v __unused) { return timer_ticks(); }

/* CNTP_CTL_EL0 as v reads it. */
uint64_t vptimer_read_ctl(struct vcpu *v)
{
	uint64_t ctl = v->ctxt.cntp_ctl;

	return (ctl & CTL_ENABLE) && ptimer_is_due(v) ? ctl | CTL_ISTATUS : ctl;
}

uint64_t vptimer_read_cval(struct vcpu *v) { return v->ctxt.cntp_cval; }

/* CNTP_TVAL_EL0: what is left, as a signed 32-bit number. */
uint64_t vptimer_read_tval(struct vcpu *v) { return (uint32_t)(v->ctxt.cntp_cval - timer_ticks()); }

void vptimer_write_ctl(struct vcpu *v, uint64_t val) { ptimer_set(v, val, v->ctxt.cntp_cval); }
void vptimer_write_cval(struct vcpu *v, uint64_t val) { ptimer_set(v, v->ctxt.cntp_ctl, val); }

void vptimer_write_tval(struct vcpu *v, uint64_t val)
{
	ptimer_set(v, v->ctxt.cntp_ctl, timer_ticks() + (uint64_t)(int64_t)(int32_t)val);
}

/* The same distance from `to` that t has from `from`, at most to either end. */
static uint64_t shifted(uint64_t t, uint64_t from, uint64_t to)
{
	uint64_t ret;

	if (t < from)
		return to - MIN(from - t, to);
	return checked_add(to, t - from, &ret) ? ~0UL : ret;
}

uint64_t vptimer_cval_get(const struct vcpu *v)
{
	uint64_t now = timer_ticks();

	return shifted(v->ctxt.cntp_cval, now, now - v->domain->cntvoff);
}

void vtimer_restored(struct vcpu *v)
{
	uint64_t now = timer_ticks();

	v->ctxt.cntv_ctl &= CTL_ENABLE | CTL_IMASK;
	ptimer_set(v, v->ctxt.cntp_ctl,
		   shifted(v->ctxt.cntp_cval, now - v->domain->cntvoff, now));
}

/* Both timers off, as after a CPU's reset. v is on no CPU. */
void vtimer_vcpu_reset(struct vcpu *v)
{
	v->ctxt.cntv_ctl = v->ctxt.cntv_cval = 0;
	soft_timer_kill(&v->vtimer);
	ptimer_set(v, 0, 0);
}

/* Room for v's timers (these two and the one of SCHEDOP_poll). -ENOMEM. */
int vtimer_vcpu_init(struct vcpu *v)
{
	int rc = soft_timer_reserve(3);

	if (rc)
		return rc;
	soft_timer_init(&v->vtimer, vtimer_fires, v, v->cpu->id);
	soft_timer_init(&v->ptimer, ptimer_fires, v, v->cpu->id);
	spin_lock_init(&v->ptimer_lock, LOCK_PTIMER);
	return 0;
}

void vtimer_vcpu_free(struct vcpu *v)
{
	soft_timer_kill(&v->vtimer);
	soft_timer_kill(&v->ptimer);
	soft_timer_kill(&v->poll_timer);
	(void)soft_timer_reserve(-3);
}
