/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLB maintenance of guests and cache maintenance by address. TLBI by IPA or VMID acts on the
 * VMID in VTTBR_EL2, so that register is switched around it; callers run at EL2 with interrupts
 * masked, nothing is fetched through stage 2 meanwhile.
 */
#include <arch/mmu.h>
#include <arm64/sysreg.h>
#include <xen/lib.h>

/* Past this many pages one flush of the whole VMID is cheaper. */
#define MAX_FLUSH_BY_IPA	32u

static uint64_t enter_vmid(uint64_t vttbr)
{
	uint64_t old = read_sysreg(vttbr_el2);

	dsb(ishst);
	if (old != vttbr) {
		write_sysreg(vttbr_el2, vttbr);
		isb();
	}
	return old;
}

static void leave_vmid(uint64_t old, uint64_t vttbr)
{
	dsb(ish);
	if (old != vttbr)
		write_sysreg(vttbr_el2, old);
	isb();
}

void tlb_flush_vmid(uint64_t vttbr)
{
	uint64_t old = enter_vmid(vttbr);

	__asm__ volatile("tlbi vmalls12e1is" ::: "memory");
	leave_vmid(old, vttbr);
}

void tlb_flush_ipa(uint64_t vttbr, ipa_t ipa, uint64_t nr_pages)
{
	if (nr_pages > MAX_FLUSH_BY_IPA) {
		tlb_flush_vmid(vttbr);
		return;
	}
	uint64_t old = enter_vmid(vttbr);
	for (uint64_t i = 0; i < nr_pages; i++)
		__asm__ volatile("tlbi ipas2e1is, %0" :: "r"((ipa >> 12) + i) : "memory");
	/* Combined stage 1+2 entries are not found by IPA: all of the VMID's stage 1 goes too. */
	dsb(ish);
	__asm__ volatile("tlbi vmalle1is" ::: "memory");
	leave_vmid(old, vttbr);
}

void tlb_flush_all_guests_local(void) { flush_tlb("tlbi alle1\n\tic iallu", nsh); }

void stage2_sync(void)
{
	/* ISB: a store to a table must be seen by this CPU's own walks of a guest address too. */
	__asm__ volatile("dsb ishst\n\tisb" ::: "memory");
}

/* An operation by address over [p, end), four steps a turn. */
#define BY_ADDRESS(op, p, end, step) do {							\
	for (; p + 3 * step < end; p += 4 * step)						\
		__asm__ volatile(op ", %0\n\t" op ", %1\n\t" op ", %2\n\t" op ", %3" ::		\
				 "r"(p), "r"(p + step), "r"(p + 2 * step), "r"(p + 3 * step)	\
				 : "memory");							\
	for (; p < end; p += step)								\
		__asm__ volatile(op ", %0" :: "r"(p) : "memory");				\
} while (0)

#define DEFINE_DCACHE_OP(name, op)								\
void name(const void *va, size_t size)								\
{												\
	uint64_t line = 4UL << (read_sysreg(ctr_el0) >> 16 & 0xf);				\
	uint64_t p = (uint64_t)va & ~(line - 1), end = (uint64_t)va + size;			\
												\
	BY_ADDRESS(op, p, end, line);								\
	dsb(sy);										\
}

DEFINE_DCACHE_OP(cache_clean_poc, "dc cvac")
DEFINE_DCACHE_OP(cache_clean_inval_poc, "dc civac")

void icache_inval_all(void)
{
	__asm__ volatile("ic ialluis" ::: "memory");
	dsb(ish);
	isb();
}

void clear_page(void *page)
{
	uint64_t dczid = read_sysreg(dczid_el0);
	uint64_t step = 4UL << (dczid & 0xf);
	uint64_t p = (uint64_t)page, end = p + PAGE_SIZE;

	if (dczid & 0x10)
		memset(page, 0, PAGE_SIZE);
	else
		BY_ADDRESS("dc zva", p, end, step);
}

void copy_page(void *dst, const void *src)
{
	uint64_t *d = dst;
	const uint64_t *s = src;

	for (unsigned int i = 0; i < PAGE_SIZE / 8; i += 8) {
		uint64_t a, b, c, e, f, g, h, k;

		__asm__ volatile("ldp %0, %1, [%8]\n\tldp %2, %3, [%8, #16]\n\t"
				 "ldp %4, %5, [%8, #32]\n\tldp %6, %7, [%8, #48]\n\t"
				 "stp %0, %1, [%9]\n\tstp %2, %3, [%9, #16]\n\t"
				 "stp %4, %5, [%9, #32]\n\tstp %6, %7, [%9, #48]"
				 : "=&r"(a), "=&r"(b), "=&r"(c), "=&r"(e), "=&r"(f), "=&r"(g),
				   "=&r"(h), "=&r"(k) : "r"(s + i), "r"(d + i) : "memory");
	}
}
