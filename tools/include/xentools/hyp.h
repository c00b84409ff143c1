/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor as a program in dom0 sees it: hypercalls through /dev/xen/privcmd and the
 * kernel's other Xen devices. `struct hyp` owns the privcmd descriptor and a pool of pages that
 * the hypervisor may read; there is no global state. Plain structs of our own are handed out, so
 * that a user of this header never meets the ABI's layouts.
 * Results: 0 or -1 with *err set (err may be NULL); functions that look something up return 1 for
 * found and 0 for not there. One handle serves one thread.
 */
#ifndef XENTOOLS_HYP_H
#define XENTOOLS_HYP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct zerr;
struct hyp;

#define HYP_PAGE_SHIFT 12
#define HYP_PAGE_SIZE 4096UL
#define HYP_DOMID_FIRST_RESERVED 0x7ff0U

/*
 * How the library reaches the kernel. Unit tests replace it; each function has the meaning of
 * the system call of its name, with -1 and errno for an error.
 */
struct hyp_ops {
	int (*open)(void *priv, const char *path, int flags);
	int (*close)(void *priv, int fd);
	int (*ioctl)(void *priv, int fd, unsigned long request, void *arg);
	void *(*mmap)(void *priv, size_t len, int prot, int flags, int fd, off_t offset);
	int (*munmap)(void *priv, void *addr, size_t len);
	ssize_t (*read)(void *priv, int fd, void *buf, size_t len);
	ssize_t (*write)(void *priv, int fd, const void *buf, size_t len);
};

int hyp_open(struct hyp **ret, struct zerr **err);
int hyp_open_ops(struct hyp **ret, const struct hyp_ops *ops, void *priv, struct zerr **err);
void hyp_close(struct hyp *h);

/* ---- version (xen_version) ---- */

struct hyp_version {
	unsigned int major, minor;
	char extra[16];
	char capabilities[1024];
	char changeset[64];
	char commandline[1024];
	char compiler[64], compile_by[16], compile_domain[32], compile_date[32];
	uint64_t virt_start;
	uint32_t features;		/* submap 0 */
	uint32_t page_size;
	char build_id[129];		/* hex digits, "" when there is none */
};

int hyp_version(struct hyp *h, struct hyp_version *ret, struct zerr **err);

/* ---- host (sysctl) ---- */

#define HYP_CAP_VPMU (1u << 7)		/* in hyp_physinfo.capabilities */
#define HYP_SVE_BITS(arch_capabilities) (((arch_capabilities) & 0x1f) * 128)	/* longest vectors */

struct hyp_physinfo {
	uint32_t threads_per_core, cores_per_socket, nr_cpus, max_cpu_id, nr_nodes;
	uint32_t cpu_khz, capabilities, arch_capabilities;
	uint64_t total_pages, free_pages, scrub_pages, outstanding_pages, max_mfn;
	uint32_t hw_cap[8];
};

/* The values of XEN_SYSCTL_CPUPOOL_OP_*. */
enum hyp_pool_op {
	HYP_POOL_CREATE = 1, HYP_POOL_DESTROY = 2, HYP_POOL_ADD_CPU = 4, HYP_POOL_REMOVE_CPU = 5,
	HYP_POOL_MOVE_DOMAIN = 6,
};
#define HYP_POOL_ANY UINT32_MAX

struct hyp_cpupool {
	uint32_t id, sched_id, n_dom, nr_cpus;
	uint8_t cpumap[128];		/* bit n = CPU n, LSB first */
};

struct hyp_cputopo {
	uint32_t core, socket, node;
};

int hyp_physinfo(struct hyp *h, struct hyp_physinfo *ret, struct zerr **err);
int hyp_sched_id(struct hyp *h, uint32_t *ret, struct zerr **err);
const char *hyp_sched_name(uint32_t sched_id);
bool hyp_sched_find(const char *name, uint32_t *ret);
/* First pool with an id >= first: 1 found, 0 none, -1 error. */
int hyp_cpupool_info(struct hyp *h, uint32_t first, struct hyp_cpupool *ret, struct zerr **err);
int hyp_cpupool_free_cpus(struct hyp *h, struct hyp_cpupool *ret, struct zerr **err);
int hyp_cpupool_change(struct hyp *h, enum hyp_pool_op op, uint32_t *pool, uint32_t arg,
		       struct zerr **err);
/* Fill up to *n entries, set *n to how many there are. */
int hyp_cputopo(struct hyp *h, struct hyp_cputopo *ret, uint32_t *n, struct zerr **err);
int hyp_cpu_hotplug(struct hyp *h, uint32_t cpu, bool online, struct zerr **err);
int hyp_cpu_idle_ns(struct hyp *h, uint64_t *ret, uint32_t *n, struct zerr **err);

/* How often guests came to the hypervisor, by reason, on all CPUs, since somebody asked first. */
struct hyp_trap {
	char reason[32];
	uint64_t count;
};
#define HYP_TRAPS_MAX 64u
/* Fill up to HYP_TRAPS_MAX; *n: how many there are, 0 where the hypervisor does not count. */
int hyp_traps(struct hyp *h, struct hyp_trap ret[HYP_TRAPS_MAX], size_t *n, struct zerr **err);
/*
 * The record of what guests come to the hypervisor for (public/zazen.h). Class ZERR_STATE: there is
 * one already, or none. read: *ret and *n are what comes from *next on, which moves on; it is good
 * until the next call. *lost grows by those that are overwritten.
 */
struct zazen_trace_record;
int hyp_trace_start(struct hyp *h, uint32_t order, const uint64_t events[2], struct zerr **err);
int hyp_trace_stop(struct hyp *h, struct zerr **err);
int hyp_trace_read(struct hyp *h, uint32_t cpu, uint64_t *next, uint64_t *lost,
		   const struct zazen_trace_record **ret, uint32_t *n, bool *more,
		   struct zerr **err);
/*
 * Read the hypervisor's console ring. *index: where to go on (0 = oldest), moved on; returns with
 * *len = bytes put into buf (0 = no more). clear: empty the ring.
 */
int hyp_readconsole(struct hyp *h, char *buf, size_t size, size_t *len, uint32_t *index, bool clear,
		    struct zerr **err);
int hyp_debug_keys(struct hyp *h, const char *keys, struct zerr **err);
int hyp_sched_credit2_ratelimit(struct hyp *h, uint32_t pool, uint32_t *us, bool set,
				struct zerr **err);

/* ---- domains (domctl) ---- */

enum hyp_shutdown {
	HYP_SHUTDOWN_POWEROFF = 0,
	HYP_SHUTDOWN_REBOOT = 1,
	HYP_SHUTDOWN_SUSPEND = 2,
	HYP_SHUTDOWN_CRASH = 3,
	HYP_SHUTDOWN_WATCHDOG = 4,
	HYP_SHUTDOWN_SOFT_RESET = 5,
};

struct hyp_domain_info {
	uint16_t domid;
	bool dying, shutdown, paused, blocked, running;
	uint8_t shutdown_reason;	/* enum hyp_shutdown; valid when shutdown */
	uint64_t tot_pages, max_pages, outstanding_pages, shared_pages;
	uint64_t cpu_time_ns;
	uint32_t nr_online_vcpus, max_vcpu_id;	/* max_vcpu_id 0xffffffff: none yet */
	uint8_t uuid[16];
	uint32_t ssidref, cpupool;
	uint8_t gpaddr_bits, gic_version;
	uint32_t clock_frequency;
	uint32_t sve_bits;		/* of its vectors; 0: no SVE */
};

struct hyp_create_args {
	uint8_t uuid[16];
	uint32_t max_vcpus;
	uint32_t max_evtchn_port;	/* 0: 1023 */
	int32_t max_grant_frames, max_maptrack_frames;	/* -1: the hypervisor's default */
	uint32_t cpupool;
	uint8_t gic_version;		/* 0 as the host, 2, 3 */
	bool vpmu;			/* performance monitors */
	uint32_t nr_spis;
};

struct hyp_create_result {
	uint16_t domid;
	uint8_t gic_version;		/* 2 or 3 */
	uint32_t clock_frequency;	/* 0: read CNTFRQ */
};

struct hyp_vcpu_info {
	bool online, blocked, running;
	uint64_t cpu_time_ns;
	uint32_t cpu;			/* physical CPU it runs or ran on */
};

struct hyp_vcpu_start {
	uint64_t pc, dtb;
	bool aarch32;
};

#define HYP_AFFINITY_HARD 1U
#define HYP_AFFINITY_SOFT 2U
#define HYP_AFFINITY_FORCE 4U	/* of set: end a temporary affinity */

int hyp_domain_create(struct hyp *h, const struct hyp_create_args *args,
		      struct hyp_create_result *ret, struct zerr **err);
int hyp_domain_destroy(struct hyp *h, uint16_t domid, struct zerr **err);
int hyp_domain_pause(struct hyp *h, uint16_t domid, struct zerr **err);
int hyp_domain_unpause(struct hyp *h, uint16_t domid, struct zerr **err);
/* That very domain: 1 found, 0 no such domain, -1 error. */
int hyp_domain_info(struct hyp *h, uint16_t domid, struct hyp_domain_info *ret, struct zerr **err);
/* All domains in ascending order; *ret is malloc'd. One hypercall for up to 256 domains. */
int hyp_domain_list(struct hyp *h, struct hyp_domain_info **ret, size_t *n, struct zerr **err);
int hyp_domain_max_vcpus(struct hyp *h, uint16_t domid, uint32_t n, struct zerr **err);
/*
 * What the CPUs of a domain without vCPUs will show: count fields of ID registers lowered, MIDR_EL1
 * (0: the CPU's own), SVE with vectors of so many bits (0: none).
 */
struct cpu_field;
int hyp_domain_cpu_model(struct hyp *h, uint16_t domid, uint32_t midr, uint32_t sve_bits,
			 const struct cpu_field *fields, size_t count, struct zerr **err);
int hyp_domain_max_mem(struct hyp *h, uint16_t domid, uint64_t kib, struct zerr **err);
int hyp_domain_set_paging_pool(struct hyp *h, uint16_t domid, uint64_t bytes, struct zerr **err);
int hyp_domain_set_address_size(struct hyp *h, uint16_t domid, uint32_t bits, struct zerr **err);
int hyp_domain_address_size(struct hyp *h, uint16_t domid, uint32_t *bits, struct zerr **err);
int hyp_domain_set_handle(struct hyp *h, uint16_t domid, const uint8_t uuid[16],
			  struct zerr **err);
int hyp_domain_set_time_offset(struct hyp *h, uint16_t domid, int64_t seconds, struct zerr **err);
/* Platform devices: what the control domain has and does not use. Gone with the domain. */
int hyp_domain_give_mmio(struct hyp *h, uint16_t domid, uint64_t mfn, uint64_t nr, uint64_t gfn,
			 struct zerr **err);
int hyp_domain_give_irq(struct hyp *h, uint16_t domid, uint32_t intid, struct zerr **err);
/*
 * A serial port whose ring is the domain's frame gfn; *port is the domain's, for dom0 to bind to.
 */
int hyp_domain_vuart(struct hyp *h, uint16_t domid, uint64_t gfn, uint32_t *port,
		     struct zerr **err);
int hyp_domain_remote_shutdown(struct hyp *h, uint16_t domid, enum hyp_shutdown reason,
			       struct zerr **err);
int hyp_watchdog(struct hyp *h, uint32_t *id, uint32_t seconds, struct zerr **err);
int hyp_vcpu_start_state(struct hyp *h, uint16_t domid, uint32_t vcpu,
			 const struct hyp_vcpu_start *s, struct zerr **err);
/* Registers as the vCPU sees them; of a 32-bit guest in the AArch64 view of them. */
struct hyp_vcpu_regs {
	uint64_t x[31], sp, pc, pstate;
};

int hyp_vcpu_regs(struct hyp *h, uint16_t domid, uint32_t vcpu, struct hyp_vcpu_regs *ret,
		  struct zerr **err);
int hyp_vcpu_set_x0(struct hyp *h, uint16_t domid, uint32_t vcpu, uint64_t value,
		    struct zerr **err);

enum hyp_trigger {
	HYP_TRIGGER_NMI = 0,
	HYP_TRIGGER_RESET = 1,
	HYP_TRIGGER_POWER = 3,
	HYP_TRIGGER_SLEEP = 4,
};

int hyp_domain_trigger(struct hyp *h, uint16_t domid, enum hyp_trigger trigger, uint32_t vcpu,
		       struct zerr **err);
int hyp_domain_resume(struct hyp *h, uint16_t domid, struct zerr **err);
/*
 * All that the hypervisor keeps of a domain that is shut down, malloc'd, to be given to another one
 * of the same shape that has its memory and never ran. ZERR_UNSUPPORTED: it is from a host that
 * had what this one has not.
 */
int hyp_domain_context_get(struct hyp *h, uint16_t domid, void **ret, size_t *len,
			   struct zerr **err);
int hyp_domain_context_set(struct hyp *h, uint16_t domid, const void *data, size_t len,
			   struct zerr **err);
/*
 * Note from now on which of its frames the domain writes, or stop it. ZERR_UNSUPPORTED where that
 * cannot be seen: it has devices of the machine, or is the control domain (ZERR_FAILED).
 */
int hyp_dirty_log(struct hyp *h, uint16_t domid, bool on, struct zerr **err);
/*
 * Which of the frames [0, nr) were written, or got memory, since the last call or since it was
 * switched on: bit n % 8 of byte n / 8. All of them count as not written afterwards. What others
 * hold and may write at any time (rings, registered pages) is in it every time; what they write
 * through a mapping that this toolstack made and ended in between is not. A frame that lost its
 * memory is not told. *count: how many bits. After an error those in bitmap count as well.
 */
int hyp_dirty_take(struct hyp *h, uint16_t domid, uint8_t *bitmap, uint64_t nr, uint64_t *count,
		   struct zerr **err);
/* 1 found, 0 no such vCPU or domain, -1 error. */
int hyp_vcpu_info(struct hyp *h, uint16_t domid, uint32_t vcpu, struct hyp_vcpu_info *ret,
		  struct zerr **err);
/* Affinity: map_len bytes each, bit n = CPU n; `which` is HYP_AFFINITY_*; set writes back. */
int hyp_vcpu_get_affinity(struct hyp *h, uint16_t domid, uint32_t vcpu, uint8_t *hard,
			  uint8_t *soft, size_t map_len, struct zerr **err);
int hyp_vcpu_set_affinity(struct hyp *h, uint16_t domid, uint32_t vcpu, uint32_t which,
			  const uint8_t *map, size_t map_len, struct zerr **err);
/* Credit scheduler parameters. set: weight 0 leaves the weight alone. */
int hyp_sched_params_get(struct hyp *h, uint16_t domid, uint32_t sched_id, uint16_t *weight,
			 uint16_t *cap, struct zerr **err);
int hyp_sched_params_set(struct hyp *h, uint16_t domid, uint32_t sched_id, uint16_t weight,
			 uint16_t cap, struct zerr **err);

/* What a vCPU has under rtds. */
struct hyp_rtds {
	uint32_t period_us, budget_us;
	bool extra;
};
int hyp_rtds(struct hyp *h, uint16_t domid, uint32_t vcpu, struct hyp_rtds *p, bool set,
	     struct zerr **err);

/* ---- HVM parameters and event channels on behalf of a domain ---- */

#define HYP_PARAM_CALLBACK_IRQ 0U
#define HYP_PARAM_STORE_PFN 1U
#define HYP_PARAM_STORE_EVTCHN 2U
#define HYP_PARAM_CONSOLE_PFN 17U
#define HYP_PARAM_CONSOLE_EVTCHN 18U
#define HYP_PARAM_MONITOR_RING_PFN 28U

int hyp_param_set(struct hyp *h, uint16_t domid, uint32_t index, uint64_t value,
		  struct zerr **err);
int hyp_param_get(struct hyp *h, uint16_t domid, uint32_t index, uint64_t *ret, struct zerr **err);
int hyp_evtchn_alloc_unbound(struct hyp *h, uint16_t domid, uint16_t remote, uint32_t *port,
			     struct zerr **err);

/* ---- memory ---- */

/*
 * Bytes at data to a guest's memory, there behind caches, too. 1: the hypervisor cannot see them
 * now, as the kernel may take away what is not locked, or the guest has no memory there.
 */
int hyp_domain_write(struct hyp *h, uint16_t domid, uint64_t address, const void *data,
		     uint64_t size, struct zerr **err);
/*
 * The same in pieces that it can see: fill puts those from offset on at `to`, and uses no handle.
 */
typedef int hyp_fill_fn(const void *arg, uint64_t offset, uint8_t *to, size_t len,
			struct zerr **err);
int hyp_domain_fill(struct hyp *h, uint16_t domid, uint64_t address, uint64_t size,
		    hyp_fill_fn *fill, const void *arg, struct zerr **err);
/* How many of nr extents of 2^order pages were populated at gfns[] (all or a prefix); -1 error. */
long hyp_populate(struct hyp *h, uint16_t domid, const uint64_t *gfns, size_t nr,
		  unsigned int order, struct zerr **err);
int hyp_depopulate(struct hyp *h, uint16_t domid, const uint64_t *gfns, size_t nr,
		   struct zerr **err);
int hyp_domain_max_gfn(struct hyp *h, uint16_t domid, uint64_t *ret, struct zerr **err);
int hyp_sharing_pages(struct hyp *h, uint64_t *freed, uint64_t *used, struct zerr **err);

/* A run of guest pages mapped here. Unmap with hyp_unmap(). */
struct hyp_map {
	void *addr;
	size_t nr;			/* pages */
};

/*
 * Map nr consecutive guest frames read-write, with holes: errs[i] is not 0 where there is no page,
 * and its address is not to be used.
 */
int hyp_map_foreign(struct hyp *h, uint16_t domid, uint64_t gfn, size_t nr, int *errs,
		    struct hyp_map *ret, struct zerr **err);
void hyp_unmap(struct hyp *h, struct hyp_map *m);
/* Place frame 0 of the domain's grant table at its gfn; what is there goes away again. */
int hyp_add_grant_frame(struct hyp *h, uint16_t domid, uint64_t gfn, struct zerr **err);
int hyp_remove_from_physmap(struct hyp *h, uint16_t domid, uint64_t gfn, struct zerr **err);

/* ---- /dev/xen/evtchn: one descriptor, many ports ---- */

struct evtchn_dev;

int evtchn_dev_open(struct evtchn_dev **ret, const struct hyp_ops *ops, void *priv,
		    struct zerr **err);		/* ops NULL: the real kernel */
void evtchn_dev_close(struct evtchn_dev *e);
int evtchn_dev_fd(const struct evtchn_dev *e);
int evtchn_dev_bind_interdomain(struct evtchn_dev *e, uint16_t domid, uint32_t remote_port,
				uint32_t *local_port, struct zerr **err);
int evtchn_dev_bind_virq(struct evtchn_dev *e, uint32_t virq, uint32_t *local_port,
			 struct zerr **err);
int evtchn_dev_unbind(struct evtchn_dev *e, uint32_t port, struct zerr **err);
int evtchn_dev_notify(struct evtchn_dev *e, uint32_t port, struct zerr **err);
/* Take one fired port (it is masked then): 1 got one, 0 none waiting, -1 error. */
int evtchn_dev_pending(struct evtchn_dev *e, uint32_t *port, struct zerr **err);
int evtchn_dev_unmask(struct evtchn_dev *e, uint32_t port, struct zerr **err);

/* ---- /dev/xen/gntdev ---- */

struct gnttab_dev;

int gnttab_dev_open(struct gnttab_dev **ret, const struct hyp_ops *ops, void *priv,
		    struct zerr **err);
void gnttab_dev_close(struct gnttab_dev *g);
/* Map one granted page of a domain read-write; NULL with *err set when refused. */
void *gnttab_dev_map(struct gnttab_dev *g, uint16_t domid, uint32_t ref, struct zerr **err);
void gnttab_dev_unmap(struct gnttab_dev *g, void *page);

#endif
