/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Golden probes about dom0 itself: its info, parameters, memory, grants, events, vCPUs. */
#include <stdio.h>
#include <string.h>

#include "probe.h"

/* getdomaininfo of DOM, in the golden file's form; domctl is cleared first. */
void row_domain(domid_t dom)
{
	const struct xen_domctl_getdomaininfo *i = &domctl.u.getdomaininfo;
	char name[40];
	long rc;

	memset(&domctl, 0, sizeof(domctl));
	rc = do_domctl(XEN_DOMCTL_getdomaininfo, dom);
	snprintf(name, sizeof(name), "getdomaininfo(%u)", dom);
	row(name, "%ld dom=%u flags=%#x tot=%lu max=%lu outst=%lu online=%u maxvcpu=%u cpupool=%u "
	    "gpaddr=%u gic=%u tee=%u spis=%u clk=%u", rc, domctl.domain, i->flags,
	    (unsigned long)i->tot_pages, (unsigned long)i->max_pages,
	    (unsigned long)i->outstanding_pages, i->nr_online_vcpus, i->max_vcpu_id, i->cpupool,
	    i->gpaddr_bits, i->arch_config.gic_version, i->arch_config.tee_type,
	    i->arch_config.nr_spis, i->arch_config.clock_frequency);
}

static long get_param(uint32_t index, uint64_t *value)
{
	static struct xen_hvm_param p;
	long rc;

	p = (struct xen_hvm_param){ .domid = DOMID_SELF, .index = index };
	rc = hyp(__HYPERVISOR_hvm_op, HVMOP_get_param, PTR(&p), 0, 0);
	*value = p.value;
	return rc;
}

static void probe_params(void)
{
	static struct xen_hvm_param p = { .domid = DOMID_SELF, .index = 1, .value = 1 };
	uint64_t v;
	long rc;
	char name[32];

	for (uint32_t i = 0; i < 3; i++) {
		rc = get_param(i, &v);
		snprintf(name, sizeof(name), "hvm get self %u", i);
		row(name, "%ld v=%#lx", rc, (unsigned long)v);
	}
	rc = get_param(17, &v);
	row("hvm get 17", "%ld %lu", rc, (unsigned long)v);
	row("hvm get 28", "%ld", get_param(28, &v));
	row("hvm get 5", "%ld", get_param(5, &v));
	row("hvm get 99", "%ld", get_param(99, &v));
	row("hvm set self 1", "%ld", hyp(__HYPERVISOR_hvm_op, HVMOP_set_param, PTR(&p), 0, 0));
	row("hvm op 15", "%ld", hyp(__HYPERVISOR_hvm_op, 15, PTR(&p), 0, 0));
}

static void probe_memory(void)
{
	static domid_t self = DOMID_SELF;
	static char zeros[256] __attribute__((aligned(64)));
	long pod, current, a, b, c, d, e;

	current = memory_op(XENMEM_current_reservation, &self);
	a = memory_op(XENMEM_maximum_reservation, &self);
	b = memory_op(XENMEM_maximum_gpfn, &self);
	c = memory_op(XENMEM_maximum_ram_page, NULL);
	d = memory_op(XENMEM_get_sharing_freed_pages, NULL);
	e = memory_op(XENMEM_get_sharing_shared_pages, NULL);
	row("mem current", "%ld max=%ld maxgpfn=%#lx maxram=%#lx shared=%ld,%ld", current, a, b, c, d,
	    e);
	pod = memory_op(XENMEM_set_pod_target, zeros);
	row("set_pod", "%ld get_pod=%ld", pod, memory_op(XENMEM_get_pod_target, zeros));
	a = memory_op(XENMEM_memory_map, zeros);
	b = memory_op(XENMEM_machine_memory_map, zeros);
	memset(zeros, 0, sizeof(zeros));
	c = memory_op(XENMEM_exchange, zeros);
	d = memory_op(XENMEM_get_vnumainfo, zeros);
	e = memory_op(XENMEM_reserved_device_memory_map, zeros);
	row("memory_map", "%ld machine_map=%ld exchange0=%ld vnuma=%ld rdm=%ld op63=%ld", a, b, c, d,
	    e, memory_op(63, zeros));
}

static long gnttab_op(unsigned int op, void *arg)
{
	return hyp(__HYPERVISOR_grant_table_op, op, PTR(arg), 1, 0);
}

static void probe_grants(void)
{
	static struct gnttab_query_size size = { .dom = DOMID_SELF };
	static struct gnttab_get_version get = { .dom = DOMID_SELF };
	static struct gnttab_set_version set;
	long rc = gnttab_op(GNTTABOP_query_size, &size);

	row("query_size", "%ld st=%d nr=%u max=%u", rc, size.status, size.nr_frames,
	    size.max_nr_frames);
	rc = gnttab_op(GNTTABOP_get_version, &get);
	row("get_version", "%ld v=%u", rc, get.version);
	set.version = 2;
	rc = gnttab_op(GNTTABOP_set_version, &set);
	row("set_version2", "%ld v=%u", rc, set.version);
	set.version = 3;
	rc = gnttab_op(GNTTABOP_set_version, &set);
	row("set_version3", "%ld v=%u", rc, set.version);
	row("gnttab op 50", "%ld", gnttab_op(50, &set));
}

void probe_self(void)
{
	row_domain(0);
	row_domain(1);
	row_domain(32752);
	memset(&domctl, 0, sizeof(domctl));
	domctl.cmd = XEN_DOMCTL_getdomaininfo;
	domctl.interface_version = 0x99;
	row("domctl wrong version", "%ld", hyp(__HYPERVISOR_domctl, PTR(&domctl), 0, 0, 0));
	row("domctl unknown", "%ld", do_domctl(9999, 0));
	row("pause nodom", "%ld", do_domctl(XEN_DOMCTL_pausedomain, 77));
	row("pause self", "%ld", do_domctl(XEN_DOMCTL_pausedomain, 0));
	probe_params();
	probe_memory();
	probe_grants();
}

static long bind_virq(uint32_t virq, uint32_t vcpu)
{
	static struct evtchn_bind_virq b;

	b = (struct evtchn_bind_virq){ .virq = virq, .vcpu = vcpu };
	return evtchn_op(EVTCHNOP_bind_virq, &b);
}

void probe_events(void)
{
	static struct evtchn_status s;
	static struct evtchn_send send;
	static struct evtchn_close close_arg;
	static struct xen_platform_op platform;
	static char zeros[256] __attribute__((aligned(64)));
	char name[32];
	long a, b;

	for (uint32_t port = 0; port < 10; port++) {
		memset(&s, 0, sizeof(s));
		s.dom = DOMID_SELF;
		s.port = port;
		a = evtchn_op(EVTCHNOP_status, &s);
		snprintf(name, sizeof(name), "evtchn status %u", port);
		row(name, "%ld st=%u vcpu=%u u=%#x,%u", a, s.status, s.vcpu,
		    s.u.interdomain.dom | (s.status == EVTCHNSTAT_virq ? s.u.virq : 0),
		    s.u.interdomain.port);
	}
	s.port = 0xfffff;
	row("evtchn status big", "%ld", evtchn_op(EVTCHNOP_status, &s));
	row("bind DOM_EXC vcpu1", "%ld", bind_virq(VIRQ_DOM_EXC, 1));
	row("bind CONSOLE again", "%ld", bind_virq(VIRQ_CONSOLE, 0));
	row("bind virq99", "%ld", bind_virq(99, 0));
	row("bind timer vcpu99", "%ld", bind_virq(VIRQ_TIMER, 99));
	row("send 0", "%ld", evtchn_op(EVTCHNOP_send, &send));
	send.port = 3000;
	row("send 3000", "%ld", evtchn_op(EVTCHNOP_send, &send));
	close_arg.port = 3000;
	row("close 3000", "%ld", evtchn_op(EVTCHNOP_close, &close_arg));
	row("evtchn op 77", "%ld", evtchn_op(77, &close_arg));
	a = hyp(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0, PTR(zeros), 0);
	b = hyp(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 0, 0, 0);
	row("vcpu_op get_runstate", "%ld is_up=%ld badvcpu=%ld", a, b,
	    hyp(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 99, PTR(zeros), 0));
	a = hyp(__HYPERVISOR_vm_assist, VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag, 0, 0);
	b = hyp(__HYPERVISOR_vm_assist, VMASST_CMD_enable, 0, 0, 0);
	row("vm_assist en5", "%ld en0=%ld en99=%ld cmd9=%ld", a, b,
	    hyp(__HYPERVISOR_vm_assist, VMASST_CMD_enable, 99, 0, 0),
	    hyp(__HYPERVISOR_vm_assist, 9, VMASST_TYPE_runstate_update_flag, 0, 0));
	a = hyp(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
	row("sched yield", "%ld op99=%ld", a, hyp(__HYPERVISOR_sched_op, 99, PTR(zeros), 0, 0));
	a = hyp(__HYPERVISOR_physdev_op, PHYSDEVOP_pci_device_add, PTR(zeros), 0, 0);
	b = hyp(__HYPERVISOR_physdev_op, PHYSDEVOP_manage_pci_add, PTR(zeros), 0, 0);
	row("physdev add", "%ld mng=%ld op99=%ld", a, b,
	    hyp(__HYPERVISOR_physdev_op, 99, PTR(zeros), 0, 0));
	a = hyp(__HYPERVISOR_platform_op, PTR(&platform), 0, 0, 0);
	platform.cmd = XENPF_firmware_info;
	platform.interface_version = XENPF_INTERFACE_VERSION;
	row("platform badver", "%ld fwinfo=%ld", a,
	    hyp(__HYPERVISOR_platform_op, PTR(&platform), 0, 0, 0));
	a = hyp(__HYPERVISOR_console_io, 9, 1, PTR(zeros), 0);
	row("console_io cmd9", "%ld badptr write=%ld", a,
	    hyp(__HYPERVISOR_console_io, CONSOLEIO_write, 4, 8, 0));
}
