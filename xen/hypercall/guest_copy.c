/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying between the hypervisor and guest memory. A guest virtual address is translated by the
 * vCPU's own stage 1 with its own rights, page by page; the frame behind it is looked up and
 * referenced under the p2m lock, mapped in this CPU's window for the time of the copy, and let
 * go. A guest that changes its tables meanwhile reaches only what it could have reached anyway.
 * No pointer into guest memory leaves this file.
 */
#include <xen/heap.h>
#include <xen/map_window.h>
#include <xen/page.h>
#include "ops.h"

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
#define COPY_ONE(type)								\
	if (n >= sizeof(type)) {						\
		*(volatile type *)d = *(const volatile type *)s;		\
		s += sizeof(type);						\
		d += sizeof(type);						\
		n -= sizeof(type);						\
	}
	COPY_ONE(word_t)
	COPY_ONE(half_t)
	for (; n; n--)
		*d++ = *s++;
}

/*
 * guest_va_to_ipa: 0 or -EFAULT. Another CPU may be splitting the block in which the guest's own
 * tables are, but not under the lock.
 */
int guest_va_find(uint64_t va, bool write, ipa_t *ipa)
{
	if (likely(!guest_va_to_ipa(va, write, ipa)))
		return 0;
	SPIN_GUARD(&this_vcpu()->domain->p2m.lock);
	return guest_va_to_ipa(va, write, ipa);
}

/*
 * A page of the guest's cannot be reached: did it report it as free, or is a write to be seen, and
 * is it there now?
 */
static __noinline bool took_back(uint64_t va, bool write)
{
	struct domain *d = this_vcpu()->domain;
	ipa_t ipa;

	if (!(READ_ONCE(d->reported_pages) | READ_ONCE(d->p2m.dirty_log)) ||
	    guest_va_find(va, write, &ipa))
		return false;
	mfn_t m = p2m_get_page(d, ipa_to_gfn(ipa), write, NULL);
	if (mfn_valid(m))
		page_put(m);
	return mfn_valid(m);
}

/*
 * A few bytes in one page, the copy that every hypercall does. The p2m lock is kept over it
 * instead of a page reference: the entry under it holds one. The machine walks both stages; what
 * it finds must be memory, not a device.
 */
static inline __attribute__((always_inline))
int copy_small(uint64_t va, void *buf, size_t n, bool write)
{
	struct p2m *p2m = &this_vcpu()->domain->p2m;
	unsigned int slot, tries = 0;
	int rc = -EFAULT;
	mfn_t m;

	do {
		spin_lock(&p2m->lock);
		m = guest_va_to_mfn(va, write);
		if (likely(mfn_is_in_use(m))) {
			char *p = (char *)map_window_brief(m, &slot) + (va & ~PAGE_MASK);

			if (write)
				copy_bytes(p, buf, n);
			else
				copy_bytes(buf, p, n);
			map_window_brief_end(slot);
			rc = 0;
		}
		spin_unlock(&p2m->lock);
	} while (unlikely(rc) && tries++ < 4 && took_back(va, write));
	return rc;
}

static __noinline int copy_in_small(void *dst, uint64_t va, size_t n)
{
	return copy_small(va, dst, n, false);
}

static __noinline int copy_out_small(uint64_t va, const void *src, size_t n)
{
	return copy_small(va, (void *)(uintptr_t)src, n, true);
}

/* n bytes that lie in one page. Writing with buf NULL writes zeroes. */
static int copy_one_page(uint64_t va, char *buf, size_t n, bool write)
{
	ipa_t ipa;

	if (n <= SMALL_COPY && buf)
		return write ? copy_out_small(va, buf, n) : copy_in_small(buf, va, n);
	if (unlikely(guest_va_find(va, write, &ipa)))
		return -EFAULT;
	mfn_t m = p2m_get_page(this_vcpu()->domain, ipa_to_gfn(ipa), write, NULL);
	if (unlikely(!mfn_valid(m)))
		return -EFAULT;
	char *p = map_window_get(m);
	if (!write)
		memcpy(buf, p + (va & ~PAGE_MASK), n);
	else if (buf)
		memcpy(p + (va & ~PAGE_MASK), buf, n);
	else
		memset(p + (va & ~PAGE_MASK), 0, n);
	map_window_put(p);
	page_put(m);
	return 0;
}

static inline size_t left_in_page(uint64_t va)
{
	return PAGE_SIZE - (va & ~PAGE_MASK);
}

/* The same for any range, page by page. */
static __noinline int copy_pages(uint64_t va, char *buf, size_t size, bool write)
{
	size_t n;
	uint64_t end;

	if (checked_add(va, size, &end) && end)
		return -EFAULT;
	for (size_t done = 0; done < size; done += n) {
		n = MIN(size - done, left_in_page(va + done));
		if (copy_one_page(va + done, buf ? buf + done : NULL, n, write))
			return -EFAULT;
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
	return copy_pages(guest_va, dst, size, false);
}

/*
 * Copy size bytes at src to the running guest at guest_va. 0, or -EFAULT: some of it may be
 * written.
 */
int copy_to_guest(uint64_t guest_va, const void *src, size_t size)
{
	if (likely(size - 1 < MIN(left_in_page(guest_va), (size_t)SMALL_COPY)))
		return copy_out_small(guest_va, src, size);
	return copy_pages(guest_va, (char *)(uintptr_t)src, size, true);
}

/* Write size zero bytes at guest_va. 0 or -EFAULT. */
int clear_guest(uint64_t guest_va, size_t size)
{
	return copy_pages(guest_va, NULL, size, true);
}

/* Address of element i; false when it is beyond the address space. The copy checks its end. */
static bool elem_va(uint64_t base, uint64_t i, size_t size, uint64_t *va)
{
	uint64_t off;

	return !checked_mul(i, size, &off) && !checked_add(base, off, va);
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
