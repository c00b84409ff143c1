/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replays the probes of tests/abi/golden-xen-4.17.csv: asks the hypervisor from dom0's user space
 * through privcmd and prints "probe,observed" rows in the golden file's order and form.
 * test_golden.py compares them.  This file holds the way to the hypervisor and the queries
 * that are about no domain in particular.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "probe.h"
#include <xen/sys/privcmd.h>

int privcmd_fd;
struct xen_domctl domctl;
struct xen_sysctl sysctl_arg;

long hyp(unsigned long op, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	struct privcmd_hypercall call = { .op = op, .arg = { a, b, c, d, 0 } };
	int rc = ioctl(privcmd_fd, IOCTL_PRIVCMD_HYPERCALL, &call);

	return rc < 0 ? -errno : rc;
}

void row(const char *name, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (strchr(text, ','))
		printf("GOLDEN %s,\"%s\"\n", name, text);
	else
		printf("GOLDEN %s,%s\n", name, text);
}

long do_domctl(uint32_t cmd, domid_t dom)
{
	domctl.cmd = cmd;
	domctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	domctl.domain = dom;
	return hyp(__HYPERVISOR_domctl, PTR(&domctl), 0, 0, 0);
}

long do_sysctl(uint32_t cmd)
{
	sysctl_arg.cmd = cmd;
	sysctl_arg.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return hyp(__HYPERVISOR_sysctl, PTR(&sysctl_arg), 0, 0, 0);
}

long memory_op(unsigned int op, void *arg)
{
	return hyp(__HYPERVISOR_memory_op, op, PTR(arg), 0, 0);
}

long evtchn_op(unsigned int op, void *arg)
{
	return hyp(__HYPERVISOR_event_channel_op, op, PTR(arg), 0, 0);
}

static long version(unsigned int cmd, void *arg)
{
	return hyp(__HYPERVISOR_xen_version, cmd, PTR(arg), 0, 0);
}

void probe_version(void)
{
	static char text[1024], zeros[256] __attribute__((aligned(64)));
	static struct xen_platform_parameters platform;
	static struct xen_feature_info feature;
	static const int absent[] = { 0, 6, 13, 16, 19, 27, 31, 37, 39, 40, 41, 42, 48, 55, 60, 100 };
	char name[32];
	long rc;

	row("version", "%#lx", version(XENVER_version, NULL));
	version(XENVER_extraversion, text);
	row("extra", "%s", text);
	memset(text, 0, sizeof(text));
	rc = version(XENVER_capabilities, text);
	row("caps", "%ld [%s]", rc, text);
	memset(text, 0, sizeof(text));
	rc = version(XENVER_changeset, text);
	row("changeset", "%ld [%s]", rc, text);
	rc = version(XENVER_platform_parameters, &platform);
	row("platform", "%ld virt_start=%#lx", rc, (unsigned long)platform.virt_start);
	feature.submap_idx = 0;
	rc = version(XENVER_get_features, &feature);
	row("features0", "%ld submap=%#x", rc, feature.submap);
	feature.submap_idx = 1;
	row("features1", "%ld", version(XENVER_get_features, &feature));
	rc = version(XENVER_pagesize, NULL);
	row("pagesize NULL", "%ld nonnull=%ld", rc, version(XENVER_pagesize, text));
	memset(text, 0, sizeof(text));
	rc = version(XENVER_commandline, text);
	row("cmdline", "%ld [%s]", rc, text);
	row("version99", "%ld", version(99, text));
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		snprintf(name, sizeof(name), "hypercall %d zeros", absent[i]);
		row(name, "%ld", hyp(absent[i], PTR(zeros), PTR(zeros), PTR(zeros), 0));
	}
}

static void probe_cpupools(void)
{
	static uint64_t map;
	struct xen_sysctl_cpupool_op *op = &sysctl_arg.u.cpupool_op;
	long rc;

	for (uint32_t pool = 0; pool < 2; pool++) {
		char name[32];

		memset(&sysctl_arg, 0, sizeof(sysctl_arg));
		map = 0;
		op->op = XEN_SYSCTL_CPUPOOL_OP_INFO;
		op->cpupool_id = pool;
		set_xen_guest_handle_raw(op->cpumap.bitmap, (uint8_t *)&map);
		op->cpumap.nr_bits = 64;
		rc = do_sysctl(XEN_SYSCTL_cpupool_op);
		snprintf(name, sizeof(name), "cpupool info(%u)", pool);
		row(name, "%ld id=%u sched=%u ndom=%u map=%#lx", rc, op->cpupool_id, op->sched_id,
		    op->n_dom, map);
	}
	memset(&sysctl_arg, 0, sizeof(sysctl_arg));
	map = 0;
	op->op = XEN_SYSCTL_CPUPOOL_OP_FREEINFO;
	set_xen_guest_handle_raw(op->cpumap.bitmap, (uint8_t *)&map);
	op->cpumap.nr_bits = 64;
	rc = do_sysctl(XEN_SYSCTL_cpupool_op);
	row("cpupool freeinfo", "%ld map=%#lx", rc, map);
}

static void probe_topology(void)
{
	static struct xen_sysctl_cputopo cpu[2];
	static struct xen_sysctl_meminfo mem[1];
	static uint32_t distance[1];
	struct xen_sysctl_cputopoinfo *c = &sysctl_arg.u.cputopoinfo;
	struct xen_sysctl_numainfo *n = &sysctl_arg.u.numainfo;
	long rc;

	memset(&sysctl_arg, 0, sizeof(sysctl_arg));
	rc = do_sysctl(XEN_SYSCTL_cputopoinfo);
	row("cputopo NULL", "%ld n=%u", rc, c->num_cpus);
	memset(&sysctl_arg, 0, sizeof(sysctl_arg));
	c->num_cpus = 2;
	set_xen_guest_handle_raw(c->cputopo, cpu);
	rc = do_sysctl(XEN_SYSCTL_cputopoinfo);
	row("cputopo", "%ld n=%u {%u,%u,%u} {%u,%u,%u}", rc, c->num_cpus, cpu[0].core, cpu[0].socket,
	    cpu[0].node, cpu[1].core, cpu[1].socket, cpu[1].node);
	memset(&sysctl_arg, 0, sizeof(sysctl_arg));
	rc = do_sysctl(XEN_SYSCTL_numainfo);
	row("numa NULL", "%ld n=%u", rc, n->num_nodes);
	memset(&sysctl_arg, 0, sizeof(sysctl_arg));
	n->num_nodes = 1;
	set_xen_guest_handle_raw(n->meminfo, mem);
	set_xen_guest_handle_raw(n->distance, distance);
	rc = do_sysctl(XEN_SYSCTL_numainfo);
	row("numa", "%ld n=%u size=%#lx dist=%u", rc, n->num_nodes, (unsigned long)mem[0].memsize,
	    distance[0]);
}

static void probe_sched(const char *name, uint32_t id, int show)
{
	struct xen_sysctl_scheduler_op *s = &sysctl_arg.u.scheduler_op;
	long rc;

	memset(&sysctl_arg, 0, sizeof(sysctl_arg));
	s->sched_id = id;
	s->cmd = XEN_SYSCTL_SCHEDOP_getinfo;
	rc = do_sysctl(XEN_SYSCTL_scheduler_op);
	if (show)
		row(name, "%ld ratelimit=%u", rc, s->u.sched_credit2.ratelimit_us);
	else
		row(name, "%ld", rc);
}

void probe_sysctl(void)
{
	static const struct {
		const char *name;
		uint32_t cmd;
	} plain[] = {
		{ "tbuf", XEN_SYSCTL_tbuf_op }, { "livepatch", XEN_SYSCTL_livepatch_op },
		{ "perfc", XEN_SYSCTL_perfc_op }, { "pcitopo", XEN_SYSCTL_pcitopoinfo },
		{ "pmstat", XEN_SYSCTL_get_pmstat }, { "coverage", XEN_SYSCTL_coverage_op },
	};
	static char log[200];
	const struct xen_sysctl_physinfo *p = &sysctl_arg.u.physinfo;
	long rc;

	rc = do_sysctl(XEN_SYSCTL_physinfo);
	row("physinfo", "%ld tpc=%u cps=%u cpus=%u maxcpu=%u nodes=%u maxnode=%u caps=%#x arch=%#x "
	    "total=%lu scrub=%lu outst=%lu maxmfn=%#lx", rc, p->threads_per_core,
	    p->cores_per_socket, p->nr_cpus, p->max_cpu_id, p->nr_nodes, p->max_node_id,
	    p->capabilities, p->arch_capabilities, (unsigned long)p->total_pages,
	    (unsigned long)p->scrub_pages, (unsigned long)p->outstanding_pages,
	    (unsigned long)p->max_mfn);
	memset(&sysctl_arg, 0, sizeof(sysctl_arg));
	rc = do_sysctl(XEN_SYSCTL_sched_id);
	row("sched_id", "%ld id=%u", rc, sysctl_arg.u.sched_id.sched_id);
	sysctl_arg.cmd = XEN_SYSCTL_sched_id;
	sysctl_arg.interface_version = 0x99;
	row("sysctl wrong version", "%ld", hyp(__HYPERVISOR_sysctl, PTR(&sysctl_arg), 0, 0, 0));
	row("sysctl unknown", "%ld", do_sysctl(9999));
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		memset(&sysctl_arg, 0, sizeof(sysctl_arg));
		row(plain[i].name, "%ld", do_sysctl(plain[i].cmd));
	}
	probe_cpupools();
	probe_topology();
	probe_sched("sched get credit2", XEN_SCHEDULER_CREDIT2, 1);
	probe_sched("sched get credit", XEN_SCHEDULER_CREDIT, 0);
	memset(&sysctl_arg, 0, sizeof(sysctl_arg));
	set_xen_guest_handle_raw(sysctl_arg.u.readconsole.buffer, log);
	sysctl_arg.u.readconsole.count = sizeof(log);
	rc = do_sysctl(XEN_SYSCTL_readconsole);
	row("readconsole", "%ld count=%u index=%u", rc, sysctl_arg.u.readconsole.count,
	    sysctl_arg.u.readconsole.index);
}

int main(void)
{
	int fd = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
	void *page = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	mlockall(MCL_CURRENT);
	row("hypercall mmap", "%s", page == MAP_FAILED ? "failed" : "ok");
	privcmd_fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (privcmd_fd < 0) {
		perror("/dev/xen/privcmd");
		return 1;
	}
	probe_version();
	probe_sysctl();
	probe_self();
	probe_events();
	probe_domain();
	printf("GOLDEN-END\n");
	return 0;
}
