/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scalars of the hypervisor. Frame numbers of the machine and of a guest are
 * different struct types, so that one cannot be passed for the other; byte
 * addresses are pa_t (machine), ipa_t (guest physical) and plain pointers (EL2).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/compiler.h>

typedef uint64_t pa_t;		/* machine physical byte address */
typedef uint64_t ipa_t;		/* guest (intermediate) physical byte address */
typedef uint64_t s_time_t;	/* nanoseconds of system time since the hypervisor's start */
typedef uint16_t domid_t;
#define NS_PER_SECOND	1000000000UL

typedef struct { uint64_t v; } gfn_t;	/* guest frame number, 4 KiB units */
typedef struct { uint64_t v; } mfn_t;	/* machine frame number, 4 KiB units */

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))

#define INVALID_MFN	((mfn_t){ ~0UL })
#define INVALID_GFN	((gfn_t){ ~0UL })

static inline gfn_t gfn(uint64_t v) { return (gfn_t){ v }; }
static inline mfn_t mfn(uint64_t v) { return (mfn_t){ v }; }
static inline gfn_t gfn_add(gfn_t g, uint64_t n) { return (gfn_t){ g.v + n }; }
static inline mfn_t mfn_add(mfn_t m, uint64_t n) { return (mfn_t){ m.v + n }; }
static inline bool mfn_eq(mfn_t a, mfn_t b) { return a.v == b.v; }
static inline bool mfn_valid(mfn_t m) { return m.v != ~0UL; }
static inline pa_t mfn_to_pa(mfn_t m) { return m.v << PAGE_SHIFT; }
static inline mfn_t pa_to_mfn(pa_t p) { return (mfn_t){ p >> PAGE_SHIFT }; }
static inline ipa_t gfn_to_ipa(gfn_t g) { return g.v << PAGE_SHIFT; }
static inline gfn_t ipa_to_gfn(ipa_t i) { return (gfn_t){ i >> PAGE_SHIFT }; }

struct domain;
struct vcpu;
struct pcpu;
struct page_info;
