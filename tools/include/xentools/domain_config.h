/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest is asked to be: the plain-C image of one domain XML file. Filled by
 * config_read_*(), written back by config_format(), consumed by the builder and the life-cycle
 * library. It owns every string it points to; domain_config_init() makes an empty one that
 * domain_config_free() accepts. It knows nothing of running domains (domids, states) and
 * touches no file.
 */
#ifndef XENTOOLS_DOMAIN_CONFIG_H
#define XENTOOLS_DOMAIN_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xentools/store_limit.h>

#define DOMAIN_NAME_MAX		63u	/* bytes, without the final NUL */
#define DOMAIN_CMDLINE_MAX	4095u	/* bytes, without the final NUL */
#define DOMAIN_VCPUS_MAX	128u
#define DOMAIN_CPU_MAX		1024u	/* a cpuset names physical CPUs 0 to 1023 */
#define DOMAIN_MEMORY_MIN_KIB	(16u * 1024u)
#define DOMAIN_UUID_TEXT	37u	/* bytes of the text form with its NUL */
#define DOMAIN_WEIGHT_DEFAULT	256u

/* Physical CPUs; bit n of the array is CPU n. */
struct cpuset {
	uint64_t bits[DOMAIN_CPU_MAX / 64];
};

static inline bool cpuset_has(const struct cpuset *set, unsigned int cpu)
{
	return cpu < DOMAIN_CPU_MAX && (set->bits[cpu / 64] >> (cpu % 64) & 1) != 0;
}

/* What to do when a domain ends; "preserve" keeps its memory until zl destroy. */
enum domain_action {
	DOMAIN_ACTION_DESTROY,
	DOMAIN_ACTION_RESTART,
	DOMAIN_ACTION_PRESERVE,
	DOMAIN_ACTION_RENAME_RESTART,
	DOMAIN_ACTION_COREDUMP_DESTROY,		/* on_crash only */
	DOMAIN_ACTION_COREDUMP_RESTART,		/* on_crash only */
};

enum domain_arch {
	DOMAIN_ARCH_AARCH64,
	DOMAIN_ARCH_ARMV7L,			/* AArch32 guest: 32-bit kernel at EL1 */
};

/* Hard affinity of one vCPU; overrides domain_config.affinity. */
struct domain_vcpupin {
	unsigned int vcpu;
	struct cpuset cpus;
};

/* Device memory of the platform that the domain has: frames of 4 KiB. */
struct domain_iomem {
	uint64_t start, pages;			/* at the machine */
	uint64_t gfn;				/* where the domain sees it */
};

/* How the bytes of a disk's image are to be read. */
enum disk_format { DISK_RAW, DISK_QCOW2, DISK_QCOW, DISK_VPC };

/* Who serves it: chosen from source and format, or said by <driver name>. */
enum disk_backend {
	DISK_BACKEND_AUTO,
	DISK_BACKEND_PHY,			/* blkback on a block device */
	DISK_BACKEND_FILE,			/* loop device, then as PHY */
	DISK_BACKEND_QEMU,			/* qemu-nbd and the nbd device, then as PHY */
};

enum disk_cache { DISK_CACHE_DEFAULT, DISK_CACHE_NONE, DISK_CACHE_WRITEBACK,
		  DISK_CACHE_WRITETHROUGH, DISK_CACHE_DIRECTSYNC };

#define DISK_TARGET_MAX 16u			/* bytes of "xvda" with its NUL */

/* One <disk>. */
struct domain_disk {
	char target[DISK_TARGET_MAX];		/* "xvda": as the guest calls it */
	char *source;				/* absolute path; NULL: empty tray, left out */
	char *script;				/* NULL, or a block-* script, to which source is */
						/* whatever it makes a device of: name or path */
	bool is_block;				/* <disk type='block'>: a device, not a file */
	bool cdrom, readonly, shareable;
	bool discard;				/* unmap reaches the image */
	enum disk_format format;
	enum disk_backend backend;
	enum disk_cache cache;
	char *backend_domain;			/* NULL: the control domain */
};

/* Release what *disk owns and make it empty; deep copy into an uninitialised *dst (-ENOMEM). */
void domain_disk_clear(struct domain_disk *disk);
int domain_disk_copy(struct domain_disk *dst, const struct domain_disk *src);
/* "raw", "qcow2", "qcow", "vpc". */
const char *disk_format_name(enum disk_format format);
/* "xvda" to 51712 and back (Linux's numbers, with the extended form); -EINVAL for no such name. */
int disk_target_number(const char *target, unsigned int *ret);
int disk_target_name(unsigned int devid, char ret[DISK_TARGET_MAX]);
int disk_target_nth(unsigned int n, char ret[DISK_TARGET_MAX]);

#define NIC_NAME_MAX 16u			/* IFNAMSIZ */
#define NIC_IPS_MAX 8u
#define NIC_USEC_MAX 4000000000u

/* One <interface>. */
struct domain_nic {
	bool mac_set;				/* false: derived from UUID and index */
	uint8_t mac[6];
	char bridge[NIC_NAME_MAX];		/* "": none (type ethernet), or by network */
	char *network;				/* NULL, or a name in zl.conf that means a bridge */
	char gatewaydev[NIC_NAME_MAX];		/* "": by the routes; type ethernet only */
	char vifname[NIC_NAME_MAX];		/* "": vifDOMID.INDEX */
	char *script;				/* NULL: by bridge and zl.conf; name or path */
	char *ips[NIC_IPS_MAX];			/* handed to the script: "10.0.0.2/24" */
	unsigned int ip_count;
	uint64_t rate_kib;			/* guest's transmit limit, KiB/s; 0: none */
	unsigned int rate_usec;			/* its period; 0: 50,000 */
	unsigned int mtu;			/* 0: the bridge's */
	bool link_down, isolated, openvswitch;
	unsigned int vlan;			/* 0: none */
	char *backend_domain;			/* NULL: the control domain */
};

#define CHANNELS_MAX 7u			/* with the consoles besides hvc0: Linux has eight */
#define CHANNEL_PATH_MAX 108u			/* sun_path */

/* One <channel>: a console of the guest's for a program of the control domain. */
struct domain_channel {
	char *name;				/* as the guest finds it; NULL: none */
	char *path;				/* of its socket; NULL: chosen at the start */
	bool is_unix;				/* a socket; else a pty */
};

/* A file that what a guest prints is written to as well. */
#define OUTPUT_PATH_MAX 1024u			/* with its end */
/*
 * Whose: that of the PV consoles, which come first, by their numbers, and of the serial port; and
 * what the serial port is.
 */
enum { OUTPUT_SERIAL = CHANNELS_MAX + 1, OUTPUT_SOURCE, OUTPUTS };
struct domain_output {
	char *path;				/* NULL: none */
	bool append;				/* what it holds already stays */
};

/* A serial port: with a terminal, with none, or that writes the file OUTPUT_SOURCE. */
enum domain_serial { SERIAL_PTY, SERIAL_NULL, SERIAL_FILE, SERIALS };
/* "pty", "null", "file": in the XML and in the store. */
extern const char *const domain_serial_words[SERIALS];

/* Files of z:cloud-init, as they are called on its disk. */
enum domain_seed { SEED_USER_DATA, SEED_META_DATA, SEED_NETWORK_CONFIG, SEED_FILES };
#define SEED_FILE_MAX (1024u * 1024u)		/* bytes of one */

enum domain_stop { DOMAIN_STOP_SHUTDOWN, DOMAIN_STOP_DESTROY, DOMAIN_STOP_SAVE };

/* z:start: how a domain starts with the host and ends with it. */
struct domain_start {
	unsigned int delay_s;			/* before it starts */
	unsigned int order;			/* lower ones first; 0: behind all others */
	char wait_for[DOMAIN_NAME_MAX + 1];	/* a domain that must run before; "": none */
	unsigned int retries;			/* of a start that failed */
	enum domain_stop stop;
};

/* Where the clock of a guest starts from; what is told to it is the host's UTC plus seconds. */
enum domain_clock { DOMAIN_CLOCK_UTC, DOMAIN_CLOCK_LOCALTIME, DOMAIN_CLOCK_TIMEZONE,
		    DOMAIN_CLOCK_VARIABLE, DOMAIN_CLOCK_ABSOLUTE };

#define SVE_HOST 1u				/* as many bits as the host's CPUs have */
#define SVE_BITS_MAX 2048u

/* Places of the document that elements without a member of their own are kept for. */
enum domain_place { DOMAIN_IN_FEATURES, DOMAIN_IN_EXTENSION, DOMAIN_PLACES };

struct domain_config {
	char *name;				/* always set after a successful read */
	bool uuid_set;				/* false: domain_config_fill_uuid() makes one */
	uint8_t uuid[16];			/* network byte order, as printed */
	char *title;				/* NULL or text */
	char *description;			/* NULL or text */
	char *metadata;				/* NULL or the children of <metadata> verbatim */

	uint64_t memory_kib;			/* static maximum, a multiple of 4 KiB */
	uint64_t current_kib;			/* balloon target at start, <= memory_kib */

	unsigned int vcpus_max;			/* 1 .. DOMAIN_VCPUS_MAX */
	unsigned int vcpus_current;		/* online at start, 1 .. vcpus_max */
	bool affinity_set;			/* false: all CPUs */
	struct cpuset affinity;			/* hard affinity of every vCPU without a pin */
	struct domain_vcpupin *pins;		/* sorted by vcpu, no duplicates */
	size_t pin_count;

	struct domain_vcpupin *soft_pins;	/* where they would rather run; sorted as pins */
	size_t soft_pin_count;
	bool soft_affinity_set;
	struct cpuset soft_affinity;		/* of every vCPU without a soft pin */

	char *cpupool;				/* NULL: the first one */
	char *sched_class;			/* NULL, or the scheduler it is for */
	unsigned int weight;			/* 1 .. 65535; 0 = scheduler's default (256) */
	unsigned int cap;			/* per cent of one CPU; 0 = no cap */
	unsigned int period_us, budget_us;	/* of rtds; 0 = as the scheduler has it */
	int extratime;				/* of rtds: 1 yes, -1 no, 0 as it has it */

	uint64_t cpu_disabled;			/* features it is without: bits of cpu_feature.h */
	unsigned int sve_bits;			/* of its vectors; 0 = no SVE; or SVE_HOST */
	unsigned int pa_bits;			/* physical address size shown; 0 = the host's */
	uint32_t midr;				/* MIDR_EL1 shown; 0 = the CPU's own */

	enum domain_arch arch;
	int gic_version;			/* interrupt controller: 0 as the host, 2 or 3 */
	int vpmu;				/* has performance monitors: 0 or 1 */
	bool firmware_efi;			/* boots the packaged firmware, not a kernel */
	char *loader;				/* NULL or a firmware image of one's own */
	char *dtb;				/* NULL or a device tree to be merged */
	char *kernel;				/* absolute path in the control domain; or NULL */
	char *initrd;				/* NULL or absolute path */
	char *cmdline;				/* NULL or at most DOMAIN_CMDLINE_MAX bytes */

	struct domain_iomem *iomem;
	size_t iomem_count;
	uint32_t *irqs;				/* INTIDs of shared interrupts, 32 .. 1019 */
	size_t irq_count;
	bool vuart;				/* a serial port, ttyAMA0 */
	enum domain_serial serial;		/* what that is here */
	struct domain_output outputs[OUTPUTS];	/* besides the logs; no channels' */
	unsigned int more_consoles;		/* besides hvc0: hvc1 ... */
	struct domain_channel *channels;	/* the guest's consoles after those */
	size_t channel_count;
	bool cloud_init;			/* has a disk with these files, of which some are NULL */
	char *seed[SEED_FILES];
	unsigned int log_size;			/* bytes of its console's log; 0: the daemon's */
	int log_keep;				/* how many old ones; -1: the daemon's */
	bool no_balloon;			/* its memory stays what it is at start */
	bool no_sharing;			/* its pages may not be shared (none are) */
	bool peers;				/* z:peer or z:driver-domain: talks to guests */
	unsigned int nr_spis;			/* shared interrupts; 0: as many as it needs */
	unsigned int grant_frames, maptrack_frames, event_channels;	/* limits; 0: defaults */
	unsigned int store_limits[QUOTA_ITEMS];		/* in xenstored; 0: the daemon's */

	enum domain_clock clock;
	int clock_local;			/* 1: basis='localtime' of a variable clock */
	int64_t clock_seconds;			/* adjustment (variable), start (absolute) */
	char *timezone;				/* "Europe/Berlin" */

	char *xsm_label;			/* NULL, or of a security policy */
	char *snapshot_dir;			/* NULL: the host's */
	char *kept[DOMAIN_PLACES];		/* canonical XML; NULL: nothing */
	char *unserved;				/* NULL, or the first that no start can give */

	struct domain_disk *disks;		/* in the file's order, targets unique */
	size_t disk_count;
	struct domain_nic *nics;		/* index = handle in the guest */
	size_t nic_count;

	enum domain_action on_poweroff;		/* default destroy */
	enum domain_action on_reboot;		/* default restart */
	enum domain_action on_crash;		/* default destroy */
	int on_watchdog;			/* enum domain_action; -1: as on_reboot */
	struct domain_start start;
};

/* Put the defaults of the XML contract into *cfg; nothing is allocated. */
void domain_config_init(struct domain_config *cfg);

/* Free what *cfg owns and make it empty again; NULL is fine. */
void domain_config_free(struct domain_config *cfg);

/* Free what one <interface> owns and make it empty; the same for a copy into it. */
void domain_nic_clear(struct domain_nic *nic);
int domain_nic_copy(struct domain_nic *dst, const struct domain_nic *src);

/*
 * The MAC address of the index-th <interface>: its own, else 00:16:3e and 24 bits that depend on
 * UUID and index alone, so that it stays from start to start.
 */
void domain_nic_mac(const struct domain_nic *nic, const uint8_t uuid[16], unsigned int index,
		    uint8_t ret[6]);

/* The number of the interface with an address ("00:16:3e:01:02:03"), or nic_count: none has it. */
unsigned int domain_config_nic(const struct domain_config *cfg, const char *mac);

#define DOMAIN_MAC_TEXT 18u		/* bytes of "00:16:3e:01:02:03" with its NUL */
void domain_mac_format(const uint8_t mac[6], char text[DOMAIN_MAC_TEXT]);
/* Six hex octets; NULL when it may be a guest's address, else the reason as a clause. */
const char *domain_mac_parse(const char *text, uint8_t ret[6]);

/* Why a text is no script's name or path; NULL: it is one. */
const char *domain_script_problem(const char *path);
/* Why a text is no interface's name, no "ADDRESS" or "ADDRESS/PREFIX"; NULL: it is one. */
const char *domain_ifname_problem(const char *name);
const char *domain_ip_problem(const char *text);

/* Give a domain without a UUID a random version 4 one. 0 or negative errno of getrandom(). */
int domain_config_fill_uuid(struct domain_config *cfg);

/* Hard affinity of one vCPU: its pin, else the domain's, else NULL (any CPU). */
const struct cpuset *domain_config_vcpu_affinity(const struct domain_config *cfg,
						 unsigned int vcpu);
const struct cpuset *domain_config_vcpu_soft(const struct domain_config *cfg, unsigned int vcpu);

/*
 * Seconds to add to the host's UTC for the guest's clock at the time `now`. 0, or -ENOENT for a
 * time zone that the host does not know.
 */
int domain_config_clock(const struct domain_config *cfg, int64_t now, int64_t *ret);

/* "destroy", "rename-restart", ...: the XML word of an action. */
const char *domain_action_name(enum domain_action action);

/* 0 and *action, or -EINVAL for an unknown word. */
int domain_action_parse(const char *word, enum domain_action *action);

/* Lower-case text with dashes. */
void domain_uuid_format(const uint8_t uuid[16], char text[DOMAIN_UUID_TEXT]);

/* 32 hex digits, dashes anywhere between digits; all-zero refused. 0 or -EINVAL. */
int domain_uuid_parse(const char *text, uint8_t uuid[16]);

/*
 * The rules for a domain's name: 1 to 63 bytes of UTF-8 without '/' and control characters, not
 * all digits, not ".", ".." or "Domain-0". NULL when the name is good, else the reason as a
 * clause.
 */
const char *domain_name_problem(const char *name);
bool text_is_utf8(const char *text);

/* What the words of a list stand for. pool: NULL where none is meant. */
struct cpuset_words {
	const struct cpuset *all, *host, *pool;
};

/*
 * "0-3,^2,8", "all,^1", "none", "nodes:0", "pool"; words NULL: of a host that is not known. 0,
 * -EINVAL (syntax), -ERANGE (CPU number too large), -ENOENT (selects none), -ENXIO (no such
 * node) or -EDOM (there is no pool to speak of).
 */
int cpuset_parse(const char *text, const struct cpuset_words *words, struct cpuset *set);
struct cpuset cpuset_range(unsigned int first, unsigned int last);

/* Ranges such as "0-3,6" into buf; -ENOSPC when it does not fit. */
int cpuset_format(const struct cpuset *set, char *buf, size_t size);

#define _cleanup_domain_config_ __attribute__((cleanup(domain_config_free)))

#endif
