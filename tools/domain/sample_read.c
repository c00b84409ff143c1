/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Take a sample: domains and CPUs from the hypervisor, names from the store, devices from the
 * statistics that the kernel's back-ends keep in sysfs. Directories there are found by the
 * back-ends' names, so that a network device may be called anything.
 */
#include <xentools/clock.h>
#include <xentools/sample.h>

#include "tools/domain/domain_priv.h"

#define CPUS_MAX 1024u

/* A figure of a directory below fd, 0 where there is none. */
static uint64_t read_figure(int dir, const char *name)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	char text[32];
	uint64_t value;
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return parse_u64(text, 0, UINT64_MAX, &value) == 0 ? value : 0;
}

struct figure {
	const char *file;
	size_t offset;			/* of a uint64_t in the device's struct */
};

#define VBD(member) { #member, offsetof(struct sample_vbd, member) }
static const struct figure vbd_figures[] = {
	VBD(oo_req), VBD(rd_req), VBD(wr_req), VBD(f_req), VBD(ds_req), VBD(rd_sect), VBD(wr_sect),
};

/* The back-end's interface receives what the guest sends. */
#define VIF(file, member) { file, offsetof(struct sample_vif, member) }
static const struct figure vif_figures[] = {
	VIF("tx_bytes", rx_bytes), VIF("tx_packets", rx_packets), VIF("tx_errors", rx_errors),
	VIF("tx_dropped", rx_drops), VIF("rx_bytes", tx_bytes), VIF("rx_packets", tx_packets),
	VIF("rx_errors", tx_errors), VIF("rx_dropped", tx_drops),
};

static void read_figures(int dir, const struct figure *rows, size_t n, void *dst)
{
	for (size_t i = 0; i < n; i++)
		*(uint64_t *)(void *)((char *)dst + rows[i].offset) = read_figure(dir,
										  rows[i].file);
}

/* The statistics of the interface that a network back-end made: net/NAME/statistics. */
static int open_vif(int device)
{
	int fd = openat(device, "net", O_RDONLY | O_DIRECTORY | O_CLOEXEC), found = -1;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char path[300];

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	for (struct dirent *e; found < 0 && (e = readdir(dir)) != NULL; ) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/statistics", e->d_name);
		found = openat(dirfd(dir), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	closedir(dir);
	return found;
}

static struct sample_domain *by_id(struct sample *s, unsigned int domid)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->domains[i].info.domid == domid)
			return &s->domains[i];
	return NULL;
}

/* Room for one more at the place that devid, the first member of each, belongs to. */
static void *insert(void **list, size_t *count, size_t size, unsigned int devid)
{
	char *more = realloc(*list, (*count + 1) * size);
	size_t at;

	if (!more)
		return NULL;
	*list = more;
	for (at = 0; at < *count; at++)
		if (*(unsigned int *)(void *)(more + at * size) > devid)
			break;
	memmove(more + (at + 1) * size, more + at * size, (*count - at) * size);
	++*count;
	return memset(more + at * size, 0, size);
}

static int add_vbd(struct sample_domain *d, unsigned int devid, int device)
{
	_cleanup_close_ int dir = openat(device, "statistics", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct sample_vbd *v;

	if (dir < 0)
		return 0;
	v = insert((void **)(void *)&d->vbds, &d->vbd_count, sizeof(*v), devid);
	if (!v)
		return -ENOMEM;
	v->devid = devid;
	read_figures(dir, vbd_figures, ARRAY_SIZE(vbd_figures), v);
	return 0;
}

static int add_vif(struct sample_domain *d, unsigned int devid, int device)
{
	_cleanup_close_ int dir = open_vif(device);
	struct sample_vif *v;

	if (dir < 0)
		return 0;
	v = insert((void **)(void *)&d->vifs, &d->vif_count, sizeof(*v), devid);
	if (!v)
		return -ENOMEM;
	v->devid = devid;
	read_figures(dir, vif_figures, ARRAY_SIZE(vif_figures), v);
	return 0;
}

/* A back-end's directory: "vbd-DOMID-DEVID", "vif-DOMID-DEVID", or something else. */
static int add_device(struct sample *s, int devices, const char *name)
{
	_cleanup_close_ int device = -1;
	unsigned int domid, devid;
	struct sample_domain *d;
	int end = 0;

	if (sscanf(name, "v%*2[bdif]-%u-%u%n", &domid, &devid, &end) != 2 || name[end] ||
	    (d = by_id(s, domid)) == NULL)
		return 0;
	device = openat(devices, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (device < 0)
		return 0;
	if (strncmp(name, "vbd-", 4) == 0)
		return add_vbd(d, devid, device);
	return strncmp(name, "vif-", 4) == 0 ? add_vif(d, devid, device) : 0;
}

static int read_devices(struct sample *s, const char *sysfs, struct zerr **err)
{
	_cleanup_closedir_ DIR *dir = NULL;
	char path[300];

	snprintf(path, sizeof(path), "%s/bus/xen-backend/devices", sysfs ? sysfs : "/sys");
	dir = opendir(path);
	if (!dir)
		return 0;	/* no back-end drivers, no devices */
	for (struct dirent *e; (e = readdir(dir)) != NULL; )
		if (add_device(s, dirfd(dir), e->d_name) < 0)
			return zerr_no_memory(err);
	return 0;
}

/*
 * A domain that vanishes meanwhile has no vCPUs. *pool is that of the domain before, so that a host
 * of one pool is asked once for its scheduler; weights are that scheduler's, not the host's.
 */
static int read_vcpus(struct domain_ctx *ctx, struct sample_domain *d, struct hyp_cpupool *pool,
		      struct zerr **err)
{
	uint32_t n = d->info.max_vcpu_id == UINT32_MAX ? 0 : d->info.max_vcpu_id + 1;
	struct hyp_vcpu_info v;

	d->vcpus = calloc(n + 1, sizeof(*d->vcpus));
	if (!d->vcpus)
		return zerr_no_memory(err);
	for (uint32_t i = 0; i < n; i++) {
		if (hyp_vcpu_info(ctx->hyp, d->info.domid, i, &v, NULL) != 1)
			break;
		d->vcpus[d->vcpu_count++] = (struct sample_vcpu){ v.online, v.cpu_time_ns };
	}
	if (pool->id != d->info.cpupool &&
	    hyp_cpupool_info(ctx->hyp, d->info.cpupool, pool, NULL) != 1)
		return 0;
	if (hyp_sched_params_get(ctx->hyp, d->info.domid, pool->sched_id, &d->weight, &d->cap,
				 NULL) != 0)
		d->weight = d->cap = 0;
	return 0;
}

static int read_host(struct domain_ctx *ctx, struct sample *s, struct zerr **err)
{
	struct hyp_physinfo phys;

	if (hyp_physinfo(ctx->hyp, &phys, err) != 0)
		return -1;
	s->total_bytes = phys.total_pages * HYP_PAGE_SIZE;
	s->free_bytes = phys.free_pages * HYP_PAGE_SIZE;
	s->cpu_count = phys.max_cpu_id < CPUS_MAX ? phys.max_cpu_id + 1 : CPUS_MAX;
	s->idle_ns = calloc(s->cpu_count, sizeof(*s->idle_ns));
	if (!s->idle_ns)
		return zerr_no_memory(err);
	s->when_ns = clock_ns(CLOCK_BOOTTIME);
	s->wall_ns = clock_ns(CLOCK_REALTIME);
	return hyp_cpu_idle_ns(ctx->hyp, s->idle_ns, &s->cpu_count, err);
}

static int read_domains(struct domain_ctx *ctx, struct sample *s, unsigned int what,
			struct zerr **err)
{
	_cleanup_free_ struct domain_summary *list = NULL;
	struct hyp_cpupool pool = { .id = HYP_POOL_ANY };
	size_t n;

	if (domain_list(ctx, &list, &n, err) != 0)
		return -1;
	s->domains = calloc(n + 1, sizeof(*s->domains));
	if (!s->domains)
		return zerr_no_memory(err);
	for (; s->count < n; s->count++) {
		struct sample_domain *d = &s->domains[s->count];

		d->info = list[s->count].info;
		memcpy(d->name, list[s->count].name, sizeof(d->name));
		if ((what & SAMPLE_VCPUS) && read_vcpus(ctx, d, &pool, err) != 0)
			return -1;
	}
	return 0;
}

int sample_read(struct domain_ctx *ctx, unsigned int what, const char *sysfs, struct sample **ret,
		struct zerr **err)
{
	struct sample *s = calloc(1, sizeof(*s));

	if (!s)
		return zerr_no_memory(err);
	if (read_host(ctx, s, err) != 0 || read_domains(ctx, s, what, err) != 0 ||
	    ((what & SAMPLE_TRAPS) && hyp_traps(ctx->hyp, s->traps, &s->trap_count, err) != 0) ||
	    ((what & SAMPLE_DEVICES) && read_devices(s, sysfs, err) != 0)) {
		sample_free(s);
		return -1;
	}
	*ret = s;
	return 0;
}
