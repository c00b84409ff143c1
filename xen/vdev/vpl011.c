/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A serial port for a guest: what the SBSA asks of a UART, and of the rest of a PL011 (Arm DDI
 * 0183) as much as its drivers look at. Its FIFOs are the rings of a console page. A domain of the
 * toolstack shares that page with dom0's console daemon, an event channel says that there is news;
 * a static domain's is the hypervisor's own: input is what is typed on the host's console, output
 * goes there by lines, named, and so many bytes a second. u->lock covers everything but the
 * daemon's indexes; the guest can write to a shared page, so indexes are masked at each use.
 */
#include <public/io/console.h>
#include <xen/console.h>
#include <xen/evtchn.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/vcpu_state.h>
#include <xen/mmio.h>
#include <xen/vgic.h>
#include <xen/vpl011.h>

enum {
	DR = 0x00, FR = 0x18, CR = 0x30, IMSC = 0x38, RIS = 0x3c, MIS = 0x40, ICR = 0x44, ID = 0xfe0
};

#define FR_BUSY		0x08u
#define FR_RXFE		0x10u
#define FR_TXFF		0x20u
#define FR_RXFF		0x40u
#define FR_TXFE		0x80u
#define CR_ON		0x301u	/* UARTEN, TXE, RXE: as firmware leaves it, for good */
#define INT_RX		0x10u
#define INT_TX		0x20u
#define INT_RT		0x40u
#define INT_ALL		0x7ffu
#define FIFO_HALF	16u	/* where the interrupts of a FIFO of 32 come */
#define LINE_LENGTH	128u	/* a longer line of a static domain is cut into several */
#define BYTES_PER_SECOND 32768u	/* of a static domain on the host's console */

struct vpl011 {
	spinlock_t lock;		/* LOCK_VUART */
	struct domain *domain;
	struct xencons_interface *ring;	/* shared, NULL: the domain is dying; or `own` */
	mfn_t ring_mfn;			/* of a shared one */
	uint32_t port;			/* the domain's end of the channel; 0 static */
	uint32_t fr, ris, imsc;		/* registers of these names */
	bool line;			/* level of the interrupt */
	bool tell;			/* an access is to be told to the daemon */
	bool named;			/* static: the line's beginning is written, or in own.out */
	s_time_t second;		/* static: begin of it, bytes written and dropped in it */
	uint32_t written, dropped;
	/* Static: input; in `out` what is yet to be written, of which out_cons bytes are a name. */
	struct xencons_interface own;
};

static uint32_t in_level(const struct vpl011 *u)
{
	return load_acquire(&u->ring->in_prod) - READ_ONCE(u->ring->in_cons);
}

/* A static domain's is always empty: what is in there is the line that is not yet written. */
static uint32_t out_level(const struct vpl011 *u)
{
	return u->port ? READ_ONCE(u->ring->out_prod) - load_acquire(&u->ring->out_cons) : 0;
}

static void drive_line(struct vpl011 *u)
{
	bool line = u->ris & u->imsc;

	if (u->line != line)
		vgic_set_spi_level(u->domain, GUEST_VPL011_SPI, line);
	u->line = line;
}

/*
 * The FIFOs changed, or the daemon said that it had to do with them: what FR shows, and interrupts;
 * those that ICR cleared come again if there is still reason for them.
 */
static void update(struct vpl011 *u)
{
	uint32_t in = in_level(u), out = out_level(u);

	u->fr = (in ? 0 : FR_RXFE) | (in >= sizeof(u->own.in) ? FR_RXFF : 0) |
		(out ? 0 : FR_TXFE) | (out >= sizeof(u->own.out) ? FR_TXFF | FR_BUSY : 0);
	u->ris = (in ? INT_RT : 0) | (in >= FIFO_HALF ? INT_RX : 0) |
		 (out <= sizeof(u->own.out) - FIFO_HALF ? INT_TX : 0);
	drive_line(u);
}

/* Take a byte out of the input ring; the daemon may wait for room. */
static uint8_t get_byte(struct vpl011 *u)
{
	uint32_t level = in_level(u), cons = READ_ONCE(u->ring->in_cons);
	uint8_t c = 0;

	if (level) {
		c = (uint8_t)u->ring->in[MASK_XENCONS_IDX(cons, u->ring->in)];
		store_release(&u->ring->in_cons, cons + 1);
	}
	u->tell = level == 1 || level == sizeof(u->ring->in);
	update(u);
	return c;
}

/*
 * Write what there is of a line, unless the domain has written too much in this second; in the next
 * one it is said how many bytes were lost.
 */
static void write_out(struct vpl011 *u)
{
	uint32_t n = u->own.out_prod;
	s_time_t now = system_time();
	char text[64];

	u->own.out_prod = u->own.out_cons = 0;
	if (now - u->second >= NS_PER_SECOND) {
		if (u->dropped)
			console_write_guest(text, (size_t)snprintf(text, sizeof(text),
				"(d%u) [%u bytes dropped]\n", u->domain->id, u->dropped));
		u->second = now;
		u->written = u->dropped = 0;
	}
	if (u->written + n > BYTES_PER_SECOND) {
		u->dropped += n;
		return;
	}
	u->written += n;
	console_write_guest(u->own.out, n);
}

/*
 * A byte from a static domain. Lines of several domains share the console, so they come whole,
 * named, without control characters; but the one that is typed to, once it has been, answers at
 * once and as it likes.
 */
static void put_on_console(struct vpl011 *u, char c)
{
	struct xencons_interface *r = &u->own;
	bool typed_to = r->in_prod && console_input_domain() == u->domain->id;

	if (!typed_to && (c < ' ' || c > '~') && c != '\t' && c != '\n') {
		if (c == '\r' || c == '\0')
			return;
		c = '.';
	}
	if (!u->named)
		r->out_prod = r->out_cons = (uint32_t)snprintf(r->out, sizeof(r->out), "(d%u) ",
							       u->domain->id);
	u->named = c != '\n';
	r->out[r->out_prod++] = c;
	if (!typed_to && u->named && r->out_prod - r->out_cons == LINE_LENGTH) {
		r->out[r->out_prod++] = '\n';
		u->named = false;
	}
	if (typed_to || !u->named)
		write_out(u);
}

/*
 * Put a byte into the output ring; one more than fits is lost. The daemon has to be told when it
 * had taken everything before; else it will say that it has taken some, and be told then.
 */
static void put_byte(struct vpl011 *u, uint8_t c)
{
	struct xencons_interface *r = u->ring;
	uint32_t prod = READ_ONCE(r->out_prod);

	if (!u->port) {
		put_on_console(u, (char)c);
	} else if (out_level(u) < sizeof(r->out)) {
		r->out[MASK_XENCONS_IDX(prod, r->out)] = (char)c;
		store_release(&r->out_prod, prod + 1);
		smp_mb();
		u->tell = READ_ONCE(r->out_cons) == prod;
	}
	update(u);
}

static uint32_t read_reg(struct vpl011 *u, uint32_t offset)
{
	/* PeriphID0 to 3 and CellID0 to 3: a PL011, r1p5. */
	static const uint8_t ids[] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	switch (offset) {
	case DR:		return get_byte(u);
	case FR:		return u->fr;
	case CR:		return CR_ON;
	case IMSC:		return u->imsc;
	case RIS:		return u->ris;
	case MIS:		return u->ris & u->imsc;
	case ID ... 0xffc:	return ids[(offset - ID) / 4 % sizeof(ids)];
	default:		return 0;
	}
}

static void write_reg(struct vpl011 *u, uint32_t offset, uint32_t val)
{
	if (offset == DR)
		put_byte(u, (uint8_t)val);
	else if (offset == IMSC)
		u->imsc = val & INT_ALL;
	else if (offset == ICR)
		u->ris &= ~val;
	drive_line(u);
}

/*
 * A register is a word; its first byte or half word may be accessed alone. What is reserved, or
 * sets up a line that is not there, reads as zero; writes to it and to read-only registers are
 * ignored.
 */
static enum mmio_result vpl011_mmio(struct vcpu *v __unused, struct mmio_access *a, uint64_t offset,
				    void *ctx)
{
	struct vpl011 *u = ctx;
	bool tell;

	if (a->size > 4 || (offset & (a->size - 1u)))
		return MMIO_ABORT;
	a->data = a->write ? a->data : 0;
	if (offset & 3)
		return MMIO_DONE;
	spin_lock(&u->lock);
	u->tell = false;
	if (a->write)
		write_reg(u, (uint32_t)offset, (uint32_t)a->data);
	else
		a->data = read_reg(u, (uint32_t)offset);
	tell = u->tell && u->port;
	spin_unlock(&u->lock);
	/* It never fails: the port cannot be closed. */
	return tell && evtchn_send(u->domain, u->port) ? MMIO_ABORT : MMIO_DONE;
}

/* What drivers poll, without the lock: each is a moment's truth. */
static uint64_t vpl011_read32(struct vcpu *v __unused, uint32_t offset, void *ctx)
{
	const struct vpl011 *u = ctx;

	if (likely(offset == FR))
		return READ_ONCE(u->fr);
	if (offset == RIS)
		return READ_ONCE(u->ris);
	return offset == MIS ? READ_ONCE(u->ris) & READ_ONCE(u->imsc) : MMIO_NOT_SHORT;
}

/*
 * dom0's daemon has read from the ring or written to it. Returns whether there is more to read:
 * then it is to be told so. The sender's event channel lock is held.
 */
bool vpl011_event(struct domain *d)
{
	struct vpl011 *u = load_acquire(&d->vpl011);

	/* The channel is there before the port. */
	if (unlikely(!u))
		return false;
	SPIN_GUARD(&u->lock);
	update(u);
	return out_level(u);
}

/* A byte typed for d; false when d has no port of that kind. Lost when d does not read. */
bool vpl011_input(struct domain *d, char c)
{
	struct vpl011 *u = load_acquire(&d->vpl011);

	if (!u || u->port || domain_is_dying(d))
		return false;
	SPIN_GUARD(&u->lock);
	if (in_level(u) < sizeof(u->own.in))
		u->own.in[MASK_XENCONS_IDX(u->own.in_prod++, u->own.in)] = c;
	update(u);
	return true;
}

/* The mask of interrupts: all that is not in the ring or follows from it. d has a port. */
uint32_t vpl011_imsc_get(struct domain *d) { return READ_ONCE(d->vpl011->imsc); }

void vpl011_imsc_set(struct domain *d, uint32_t imsc)
{
	SPIN_GUARD(&d->vpl011->lock);
	d->vpl011->imsc = imsc & INT_ALL;
	if (d->vpl011->ring)
		update(d->vpl011);
}

/* Only one can be made; it is the domain's from here on, whatever fails later. */
static int attach(struct domain *d, struct vpl011 *u)
{
	spin_lock_init(&u->lock, LOCK_VUART);
	u->domain = d;
	update(u);
	SPIN_GUARD(&d->lock);
	if (domain_is_dying(d) || d->vpl011)
		return domain_is_dying(d) ? -ESRCH : -EBUSY;
	store_release(&d->vpl011, u);
	return mmio_register(d, GUEST_PL011_BASE, GUEST_PL011_SIZE, vpl011_mmio, vpl011_read32, u);
}

/* Let go of a page that is shared. */
static void release(struct vpl011 *u)
{
	if (u && u->ring && u->ring != &u->own) {
		shared_unmap_ram(u->ring, &u->ring_mfn, 1);
		u->ring = NULL;
	}
}

/*
 * Give d, that has not run yet, a serial port whose ring is frame g of its RAM and whose other end
 * domain `daemon` may bind to, at *port. -EINVAL: no RAM there, or d has no SPI for it; -EBUSY: it
 * has one; -ENOMEM and what evtchn_alloc says.
 */
int vpl011_init(struct domain *d, gfn_t g, domid_t daemon, uint32_t *port)
{
	void *page;

	if (d->nr_spis <= GUEST_VPL011_SPI - 32)
		return -EINVAL;
	if (load_acquire(&d->vpl011))
		return -EBUSY;
	struct vpl011 *u = xzalloc(struct vpl011);
	if (!u)
		return -ENOMEM;
	int rc = shared_map_ram(d, &g, 1, &u->ring_mfn, &page);
	u->ring = page;
	if (!rc)
		rc = evtchn_alloc(d, daemon, true, &u->port);
	if (!rc) {
		*port = u->port;
		rc = attach(d, u);
	}
	if (rc && load_acquire(&d->vpl011) != u) {
		release(u);
		xfree(u);
	}
	return rc;
}

/* Give d, static and not running yet, a serial port on the host's console. -ENOMEM. */
int vpl011_init_static(struct domain *d)
{
	struct vpl011 *u = xzalloc(struct vpl011);

	if (!u)
		return -ENOMEM;
	u->ring = &u->own;
	return attach(d, u);
}

/* Hook: d is dying and quiet, its channel closed; let go of its page. */
int vpl011_relinquish(struct domain *d)
{
	release(d->vpl011);
	return 0;
}

/* Hook: nothing refers to d any more. */
void vpl011_domain_free(struct domain *d)
{
	xfree(d->vpl011);
	d->vpl011 = NULL;
}
