/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying between the hypervisor and guest memory. A guest virtual address is translated by the
 * vCPU's own stage 1 with its own rights, page by page; the frame behind it is looked up and
 * referenced under the p2m lock, mapped in this CPU's window for the time of the copy, and let
 * go. A guest that changes its tables meanwhile reaches only what it could have reached anyway.
 * No pointer into guest memory leaves this file.
 */
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/map_window.h>
#include <xen/p2m.h>
#include <xen/page.h>
#include <xen/percpu.h>
#include <xen/vcpu.h>
#include <arch/vcpu_ctxt.h>

#define SMALL_COPY	192u	/* up to here a loop of words beats the call of memcpy */

/* Words and bytes at any address, whatever they are part of. */
typedef uint64_t __attribute__((aligned(1), may_alias)) word_t;
typedef uint32_t __attribute__((aligned(1), may_alias)) half_t;

/*
 * Copy n bytes, few, each of them read and written once. Volatile keeps the loops from becoming
 * calls again.
 */
static inline void copy_bytes(void *dst, const void *src, size_t n)
{
	const volatile char *s = src;
	volatile char *d = dst;

	for (; n >= 2 * sizeof(word_t); n -= 2 * sizeof(word_t)) {
		word_t a = ((const volatile word_t *)s)[0], b = ((const volatile word_t *)s)[1];

		((volatile word_t *)d)[0] = a;
		((volatile word_t *)d)[1] = b;
		s += 2 * sizeof(word_t);
		d += 2 * sizeof(word_t);
	}
	if (n >= sizeof(word_t)) {
		*(volatile word_t *)d = *(const volatile word_t *)s;
		s += sizeof(word_t);
		d += sizeof(word_t);
		n -= sizeof(word_t);
	}
	if (n >= sizeof(half_t)) {
		*(volatile half_t *)d = *(const volatile half_t *)s;
		s += sizeof(half_t);
		d += sizeof(half_t);
		n -= sizeof(half_t);
	}
	for (; n; n--)
		*d++ = *s++;
}

/*
 * The page of the running guest that holds va, referenced and in the window; NULL when va
 * faults.
 */
static inline char *page_in(uint64_t va, bool write, mfn_t *m)
{
	ipa_t ipa;

	if (unlikely(guest_va_to_ipa(va, write, &ipa)))
		return NULL;
	*m = p2m_get_page(this_vcpu()->domain, ipa_to_gfn(ipa), write, NULL);
	if (unlikely(!mfn_valid(*m)))
		return NULL;
	return (char *)map_window_get(*m) + (va & ~PAGE_MASK);
}

static inline void page_out(char *p, mfn_t m)
{
	map_window_put((void *)((uintptr_t)p & PAGE_MASK));
	page_put(m);
}

/*
 * A few bytes in one page, the copy that every hypercall does. The p2m lock is kept over it
 * instead of a page reference: the entry under it holds one. The machine walks both stages; what
 * it finds must be memory, not a device.
 */
static inline __attribute__((always_inline)) int copy_small(uint64_t va, void *buf, size_t n,
							    bool write)
{
	struct p2m *p2m = &this_vcpu()->domain->p2m;
	unsigned int slot;
	int rc = -EFAULT;
	char *p;
	mfn_t m;

	spin_lock(&p2m->lock);
	m = guest_va_to_mfn(va, write);
	if (likely(mfn_is_in_use(m))) {
		p = (char *)map_window_brief(m, &slot) + (va & ~PAGE_MASK);
		if (write)
			copy_bytes(p, buf, n);
		else
			copy_bytes(buf, p, n);
		map_window_brief_end(slot);
		rc = 0;
	}
	spin_unlock(&p2m->lock);
	return rc;
}

static __attribute__((noinline)) int copy_in_small(void *dst, uint64_t va, size_t n)
{
	return copy_small(va, dst, n, false);
}

static __attribute__((noinline)) int copy_out_small(uint64_t va, const void *src, size_t n)
{
	return copy_small(va, (void *)(uintptr_t)src, n, true);
}

/* n bytes that lie in one page. */
static int copy_in_page(void *dst, uint64_t va, size_t n)
{
	mfn_t m;
	char *p;

	if (n <= SMALL_COPY)
		return copy_in_small(dst, va, n);
	p = page_in(va, false, &m);
	if (unlikely(!p))
		return -EFAULT;
	memcpy(dst, p, n);
	page_out(p, m);
	return 0;
}

/* The same to the guest; src NULL writes zeroes. */
static int copy_out_page(uint64_t va, const void *src, size_t n)
{
	mfn_t m;
	char *p;

	if (n <= SMALL_COPY && src)
		return copy_out_small(va, src, n);
	p = page_in(va, true, &m);
	if (unlikely(!p))
		return -EFAULT;
	if (src)
		memcpy(p, src, n);
	else
		memset(p, 0, n);
	page_out(p, m);
	return 0;
}

static inline size_t left_in_page(uint64_t va)
{
	return PAGE_SIZE - (va & ~PAGE_MASK);
}

static __attribute__((noinline)) int read_guest(char *dst, uint64_t va, size_t size)
{
	uint64_t end;

	if (checked_add(va, size, &end) && end)
		return -EFAULT;
	while (size) {
		size_t n = MIN(size, left_in_page(va));

		if (copy_in_page(dst, va, n))
			return -EFAULT;
		dst += n;
		va += n;
		size -= n;
	}
	return 0;
}

/*
 * Copy size bytes from the running guest at guest_va to dst. 0, or -EFAULT when a byte of them
 * cannot be read by the guest itself or the range wraps; dst then is partly written.
 */
int copy_from_guest(void *dst, uint64_t guest_va, size_t size)
{
	if (likely(size - 1 < MIN(left_in_page(guest_va), (size_t)SMALL_COPY)))
		return copy_in_small(dst, guest_va, size);
	return read_guest(dst, guest_va, size);
}

static __attribute__((noinline)) int write_guest(uint64_t va, const char *src, size_t size)
{
	uint64_t end;

	if (checked_add(va, size, &end) && end)
		return -EFAULT;
	while (size) {
		size_t n = MIN(size, left_in_page(va));

		if (copy_out_page(va, src, n))
			return -EFAULT;
		va += n;
		size -= n;
		if (src)
			src += n;
	}
	return 0;
}

/*
 * Copy size bytes at src to the running guest at guest_va. 0, or -EFAULT: some of it may be
 * written.
 */
int copy_to_guest(uint64_t guest_va, const void *src, size_t size)
{
	if (likely(size - 1 < MIN(left_in_page(guest_va), (size_t)SMALL_COPY)))
		return copy_out_small(guest_va, src, size);
	return write_guest(guest_va, src, size);
}

/* Write size zero bytes at guest_va. 0 or -EFAULT. */
int clear_guest(uint64_t guest_va, size_t size)
{
	return write_guest(guest_va, NULL, size);
}

/* Address of element i; false when it, or its last byte, is beyond the address space. */
static bool elem_va(uint64_t base, uint64_t i, size_t size, uint64_t *va)
{
	uint64_t off, end;

	return !checked_mul(i, size, &off) && !checked_add(base, off, va) &&
	       (!checked_add(*va, size, &end) || end == 0);
}

/* Copy element i of the guest's array of size-byte elements at base. 0 or -EFAULT. */
int copy_elem_from_guest(void *dst, uint64_t base, uint64_t i, size_t size)
{
	uint64_t va;

	return elem_va(base, i, size, &va) ? copy_from_guest(dst, va, size) : -EFAULT;
}

/* Copy src to element i of the guest's array at base. 0 or -EFAULT. */
int copy_elem_to_guest(uint64_t base, uint64_t i, const void *src, size_t size)
{
	uint64_t va;

	return elem_va(base, i, size, &va) ? copy_to_guest(va, src, size) : -EFAULT;
}

/*
 * Copy size bytes at offset in guest frame g of any domain d, which the caller has a reference on.
 * -EINVAL when they leave the page, -EFAULT when nothing that can be read is there.
 */
int copy_from_gfn(struct domain *d, gfn_t g, uint32_t offset, void *dst, size_t size)
{
	char *p;
	mfn_t m;

	if (offset > PAGE_SIZE || size > PAGE_SIZE - offset)
		return -EINVAL;
	m = p2m_get_page(d, g, false, NULL);
	if (!mfn_valid(m))
		return -EFAULT;
	p = map_window_get(m);
	memcpy(dst, p + offset, size);
	map_window_put(p);
	page_put(m);
	return 0;
}

/*
 * The guest frame behind va of the running vCPU, if the guest itself may read it (write: write).
 * Only stage 1 is looked at: whoever uses the frame checks what it maps. 0 or -EFAULT.
 */
int guest_va_to_gfn(uint64_t va, bool write, gfn_t *g)
{
	ipa_t ipa;

	if (guest_va_to_ipa(va, write, &ipa))
		return -EFAULT;
	*g = ipa_to_gfn(ipa);
	return 0;
}
