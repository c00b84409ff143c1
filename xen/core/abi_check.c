/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compile-time proof that the structs the hypervisor shares with guests and tools have the sizes
 * and offsets of the Xen ABI. Made by tests/abi/gen_abi_test.py --abi-check from layout.csv; the
 * host test checks that it is up to date, and checks the many structs that are not here. Holds no
 * code and no data.
 */

#include <public/domctl.h>
#include <public/grant_table.h>
#include <public/hvm_op.h>
#include <public/io/console.h>
#include <public/memory.h>
#include <public/platform.h>
#include <public/sched.h>
#include <public/sysctl.h>
#include <public/vcpu.h>
#include <public/version.h>

#define SIZE(type, size)	_Static_assert(sizeof(type) == (size), #type)
#define AT(type, field, offset) \
	_Static_assert(offsetof(type, field) == (offset), #type "." #field)

SIZE(struct evtchn_close, 4);
SIZE(struct evtchn_expand_array, 8);
SIZE(struct evtchn_reset, 2);
SIZE(struct evtchn_send, 4);
SIZE(struct evtchn_unmask, 4);
SIZE(struct gnttab_set_version, 4);
SIZE(struct sched_pin_override, 4);
SIZE(struct sched_shutdown, 4);
SIZE(struct vcpu_register_runstate_memory_area, 8);
SIZE(struct xen_domctl_address_size, 4);
SIZE(struct xen_domctl_max_mem, 8);
SIZE(struct xen_domctl_max_vcpus, 4);
SIZE(struct xen_domctl_nodeaffinity, 16);
SIZE(struct xen_domctl_paging_mempool, 8);
SIZE(struct xen_domctl_set_access_required, 1);
SIZE(struct xen_domctl_set_target, 2);
SIZE(struct xen_domctl_set_virq_handler, 4);
SIZE(struct xen_domctl_setdebugging, 1);
SIZE(struct xen_domctl_setdomainhandle, 16);
SIZE(struct xen_domctl_settimeoffset, 8);
SIZE(struct xen_domctl_subscribe, 4);
SIZE(struct xen_memory_domain, 2);
SIZE(struct xen_platform_parameters, 8);
SIZE(struct xen_sysctl_cpuinfo, 8);
SIZE(struct xen_sysctl_credit2_schedule, 4);

SIZE(struct evtchn_alloc_unbound, 8);
AT(struct evtchn_alloc_unbound, remote_dom, 2);
AT(struct evtchn_alloc_unbound, port, 4);

SIZE(struct evtchn_bind_interdomain, 12);
AT(struct evtchn_bind_interdomain, remote_port, 4);
AT(struct evtchn_bind_interdomain, local_port, 8);

SIZE(struct evtchn_bind_ipi, 8);
AT(struct evtchn_bind_ipi, port, 4);

SIZE(struct evtchn_bind_vcpu, 8);
AT(struct evtchn_bind_vcpu, vcpu, 4);

SIZE(struct evtchn_bind_virq, 12);
AT(struct evtchn_bind_virq, vcpu, 4);
AT(struct evtchn_bind_virq, port, 8);

SIZE(struct evtchn_fifo_control_block, 72);
AT(struct evtchn_fifo_control_block, _rsvd, 4);
AT(struct evtchn_fifo_control_block, head, 8);

SIZE(struct evtchn_init_control, 24);
AT(struct evtchn_init_control, offset, 8);
AT(struct evtchn_init_control, vcpu, 12);
AT(struct evtchn_init_control, link_bits, 16);

SIZE(struct evtchn_set_priority, 8);
AT(struct evtchn_set_priority, priority, 4);

SIZE(struct evtchn_status, 24);
AT(struct evtchn_status, port, 4);
AT(struct evtchn_status, status, 8);
AT(struct evtchn_status, vcpu, 12);
AT(struct evtchn_status, u, 16);

SIZE(struct gnttab_cache_flush, 16);
AT(struct gnttab_cache_flush, offset, 8);
AT(struct gnttab_cache_flush, length, 10);
AT(struct gnttab_cache_flush, op, 12);

SIZE(struct gnttab_copy, 40);
AT(struct gnttab_copy, dest, 16);
AT(struct gnttab_copy, len, 32);
AT(struct gnttab_copy, flags, 34);
AT(struct gnttab_copy, status, 36);

SIZE(struct gnttab_get_status_frames, 16);
AT(struct gnttab_get_status_frames, dom, 4);
AT(struct gnttab_get_status_frames, status, 6);
AT(struct gnttab_get_status_frames, frame_list, 8);

SIZE(struct gnttab_get_version, 8);
AT(struct gnttab_get_version, version, 4);

SIZE(struct gnttab_map_grant_ref, 32);
AT(struct gnttab_map_grant_ref, flags, 8);
AT(struct gnttab_map_grant_ref, ref, 12);
AT(struct gnttab_map_grant_ref, dom, 16);
AT(struct gnttab_map_grant_ref, status, 18);
AT(struct gnttab_map_grant_ref, handle, 20);
AT(struct gnttab_map_grant_ref, dev_bus_addr, 24);

SIZE(struct gnttab_query_size, 16);
AT(struct gnttab_query_size, nr_frames, 4);
AT(struct gnttab_query_size, max_nr_frames, 8);
AT(struct gnttab_query_size, status, 12);

SIZE(struct gnttab_setup_table, 24);
AT(struct gnttab_setup_table, nr_frames, 4);
AT(struct gnttab_setup_table, status, 8);
AT(struct gnttab_setup_table, frame_list, 16);

SIZE(struct gnttab_swap_grant_ref, 12);
AT(struct gnttab_swap_grant_ref, ref_b, 4);
AT(struct gnttab_swap_grant_ref, status, 8);

SIZE(struct gnttab_unmap_grant_ref, 24);
AT(struct gnttab_unmap_grant_ref, dev_bus_addr, 8);
AT(struct gnttab_unmap_grant_ref, handle, 16);
AT(struct gnttab_unmap_grant_ref, status, 20);

SIZE(struct grant_entry_v1, 8);
AT(struct grant_entry_v1, domid, 2);
AT(struct grant_entry_v1, frame, 4);

SIZE(struct multicall_entry, 64);
AT(struct multicall_entry, result, 8);
AT(struct multicall_entry, args, 16);

SIZE(struct sched_poll, 24);
AT(struct sched_poll, nr_ports, 8);
AT(struct sched_poll, timeout, 16);

SIZE(struct sched_remote_shutdown, 8);
AT(struct sched_remote_shutdown, reason, 4);

SIZE(struct sched_watchdog, 8);
AT(struct sched_watchdog, timeout, 4);

SIZE(struct shared_info, 1088);
AT(struct shared_info, evtchn_pending, 48);
AT(struct shared_info, evtchn_mask, 560);
AT(struct shared_info, wc_version, 1072);
AT(struct shared_info, wc_sec, 1076);
AT(struct shared_info, wc_nsec, 1080);
AT(struct shared_info, wc_sec_hi, 1084);
AT(struct shared_info, arch, 1088);

SIZE(struct vcpu_guest_context, 352);
AT(struct vcpu_guest_context, user_regs, 8);
AT(struct vcpu_guest_context, sctlr, 320);
AT(struct vcpu_guest_context, ttbcr, 328);
AT(struct vcpu_guest_context, ttbr0, 336);
AT(struct vcpu_guest_context, ttbr1, 344);

SIZE(struct vcpu_guest_core_regs, 312);
AT(struct vcpu_guest_core_regs, x1, 8);
AT(struct vcpu_guest_core_regs, x30, 240);
AT(struct vcpu_guest_core_regs, pc64, 248);
AT(struct vcpu_guest_core_regs, cpsr, 256);
AT(struct vcpu_guest_core_regs, spsr_el1, 264);
AT(struct vcpu_guest_core_regs, spsr_fiq, 272);
AT(struct vcpu_guest_core_regs, sp_el0, 288);
AT(struct vcpu_guest_core_regs, sp_el1, 296);
AT(struct vcpu_guest_core_regs, elr_el1, 304);

SIZE(struct vcpu_info, 48);
AT(struct vcpu_info, evtchn_pending_sel, 8);
AT(struct vcpu_info, arch, 16);
AT(struct vcpu_info, time, 16);

SIZE(struct vcpu_register_vcpu_info, 16);
AT(struct vcpu_register_vcpu_info, offset, 8);
AT(struct vcpu_register_vcpu_info, rsvd, 12);

SIZE(struct vcpu_runstate_info, 48);
AT(struct vcpu_runstate_info, state_entry_time, 8);
AT(struct vcpu_runstate_info, time, 16);

SIZE(struct vcpu_time_info, 32);
AT(struct vcpu_time_info, tsc_timestamp, 8);
AT(struct vcpu_time_info, system_time, 16);
AT(struct vcpu_time_info, tsc_to_system_mul, 24);
AT(struct vcpu_time_info, tsc_shift, 28);
AT(struct vcpu_time_info, flags, 29);

SIZE(struct xen_add_to_physmap, 24);
AT(struct xen_add_to_physmap, size, 2);
AT(struct xen_add_to_physmap, space, 4);
AT(struct xen_add_to_physmap, idx, 8);
AT(struct xen_add_to_physmap, gpfn, 16);

SIZE(struct xen_add_to_physmap_batch, 32);
AT(struct xen_add_to_physmap_batch, space, 2);
AT(struct xen_add_to_physmap_batch, size, 4);
AT(struct xen_add_to_physmap_batch, u, 6);
AT(struct xen_add_to_physmap_batch, idxs, 8);
AT(struct xen_add_to_physmap_batch, gpfns, 16);
AT(struct xen_add_to_physmap_batch, errs, 24);

SIZE(struct xen_arch_domainconfig, 12);
AT(struct xen_arch_domainconfig, tee_type, 2);
AT(struct xen_arch_domainconfig, nr_spis, 4);
AT(struct xen_arch_domainconfig, clock_frequency, 8);

SIZE(struct xen_build_id, 4);
AT(struct xen_build_id, buf, 4);

SIZE(struct xen_compile_info, 144);
AT(struct xen_compile_info, compile_by, 64);
AT(struct xen_compile_info, compile_domain, 80);
AT(struct xen_compile_info, compile_date, 112);

SIZE(struct xen_domctl, 144);
AT(struct xen_domctl, interface_version, 4);
AT(struct xen_domctl, domain, 8);
AT(struct xen_domctl, u, 16);

SIZE(struct xen_domctl_assign_device, 24);
AT(struct xen_domctl_assign_device, flags, 4);
AT(struct xen_domctl_assign_device, u, 8);

SIZE(struct xen_domctl_bind_pt_irq, 24);
AT(struct xen_domctl_bind_pt_irq, irq_type, 4);
AT(struct xen_domctl_bind_pt_irq, u, 8);

SIZE(struct xen_domctl_cacheflush, 16);
AT(struct xen_domctl_cacheflush, nr_pfns, 8);

SIZE(struct xen_domctl_createdomain, 68);
AT(struct xen_domctl_createdomain, handle, 4);
AT(struct xen_domctl_createdomain, flags, 20);
AT(struct xen_domctl_createdomain, iommu_opts, 24);
AT(struct xen_domctl_createdomain, max_vcpus, 28);
AT(struct xen_domctl_createdomain, max_evtchn_port, 32);
AT(struct xen_domctl_createdomain, max_grant_frames, 36);
AT(struct xen_domctl_createdomain, max_maptrack_frames, 40);
AT(struct xen_domctl_createdomain, grant_opts, 44);
AT(struct xen_domctl_createdomain, vmtrace_size, 48);
AT(struct xen_domctl_createdomain, cpupool_id, 52);
AT(struct xen_domctl_createdomain, arch, 56);

SIZE(struct xen_domctl_getdomaininfo, 120);
AT(struct xen_domctl_getdomaininfo, flags, 4);
AT(struct xen_domctl_getdomaininfo, tot_pages, 8);
AT(struct xen_domctl_getdomaininfo, max_pages, 16);
AT(struct xen_domctl_getdomaininfo, outstanding_pages, 24);
AT(struct xen_domctl_getdomaininfo, shr_pages, 32);
AT(struct xen_domctl_getdomaininfo, paged_pages, 40);
AT(struct xen_domctl_getdomaininfo, shared_info_frame, 48);
AT(struct xen_domctl_getdomaininfo, cpu_time, 56);
AT(struct xen_domctl_getdomaininfo, nr_online_vcpus, 64);
AT(struct xen_domctl_getdomaininfo, max_vcpu_id, 68);
AT(struct xen_domctl_getdomaininfo, ssidref, 72);
AT(struct xen_domctl_getdomaininfo, handle, 76);
AT(struct xen_domctl_getdomaininfo, cpupool, 92);
AT(struct xen_domctl_getdomaininfo, arch_config, 104);

SIZE(struct xen_domctl_getvcpuinfo, 24);
AT(struct xen_domctl_getvcpuinfo, online, 4);
AT(struct xen_domctl_getvcpuinfo, blocked, 5);
AT(struct xen_domctl_getvcpuinfo, running, 6);
AT(struct xen_domctl_getvcpuinfo, cpu_time, 8);
AT(struct xen_domctl_getvcpuinfo, cpu, 16);

SIZE(struct xen_domctl_iomem_permission, 24);
AT(struct xen_domctl_iomem_permission, nr_mfns, 8);
AT(struct xen_domctl_iomem_permission, allow_access, 16);

SIZE(struct xen_domctl_irq_permission, 8);
AT(struct xen_domctl_irq_permission, allow_access, 4);

SIZE(struct xen_domctl_memory_mapping, 32);
AT(struct xen_domctl_memory_mapping, first_mfn, 8);
AT(struct xen_domctl_memory_mapping, nr_mfns, 16);
AT(struct xen_domctl_memory_mapping, add_mapping, 24);

SIZE(struct xen_domctl_sched_credit, 4);
AT(struct xen_domctl_sched_credit, cap, 2);

SIZE(struct xen_domctl_sched_credit2, 4);
AT(struct xen_domctl_sched_credit2, cap, 2);

SIZE(struct xen_domctl_scheduler_op, 24);
AT(struct xen_domctl_scheduler_op, cmd, 4);
AT(struct xen_domctl_scheduler_op, u, 8);

SIZE(struct xen_domctl_sendtrigger, 8);
AT(struct xen_domctl_sendtrigger, vcpu, 4);

SIZE(struct xen_domctl_shadow_op, 40);
AT(struct xen_domctl_shadow_op, mode, 4);
AT(struct xen_domctl_shadow_op, mb, 8);
AT(struct xen_domctl_shadow_op, dirty_bitmap, 16);
AT(struct xen_domctl_shadow_op, pages, 24);
AT(struct xen_domctl_shadow_op, stats, 32);

SIZE(struct xen_domctl_vcpuaffinity, 40);
AT(struct xen_domctl_vcpuaffinity, flags, 4);
AT(struct xen_domctl_vcpuaffinity, cpumap_hard, 8);
AT(struct xen_domctl_vcpuaffinity, cpumap_soft, 24);

SIZE(struct xen_domctl_vcpucontext, 16);
AT(struct xen_domctl_vcpucontext, ctxt, 8);

SIZE(struct xen_domctl_vuart_op, 24);
AT(struct xen_domctl_vuart_op, type, 4);
AT(struct xen_domctl_vuart_op, gfn, 8);
AT(struct xen_domctl_vuart_op, console_domid, 16);
AT(struct xen_domctl_vuart_op, evtchn, 20);

SIZE(struct xen_feature_info, 8);
AT(struct xen_feature_info, submap, 4);

SIZE(struct xen_hvm_param, 16);
AT(struct xen_hvm_param, index, 4);
AT(struct xen_hvm_param, value, 8);

SIZE(struct xen_mem_acquire_resource, 32);
AT(struct xen_mem_acquire_resource, type, 2);
AT(struct xen_mem_acquire_resource, id, 4);
AT(struct xen_mem_acquire_resource, nr_frames, 8);
AT(struct xen_mem_acquire_resource, frame, 16);
AT(struct xen_mem_acquire_resource, frame_list, 24);

SIZE(struct xen_memory_reservation, 32);
AT(struct xen_memory_reservation, nr_extents, 8);
AT(struct xen_memory_reservation, extent_order, 16);
AT(struct xen_memory_reservation, mem_flags, 20);
AT(struct xen_memory_reservation, domid, 24);

SIZE(struct xen_platform_op, 136);
AT(struct xen_platform_op, interface_version, 4);
AT(struct xen_platform_op, u, 8);

SIZE(struct xen_pod_target, 40);
AT(struct xen_pod_target, tot_pages, 8);
AT(struct xen_pod_target, pod_cache_pages, 16);
AT(struct xen_pod_target, pod_entries, 24);
AT(struct xen_pod_target, domid, 32);

SIZE(struct xen_remove_from_physmap, 16);
AT(struct xen_remove_from_physmap, gpfn, 8);

SIZE(struct xen_reserved_device_memory, 16);
AT(struct xen_reserved_device_memory, nr_pages, 8);

SIZE(struct xen_reserved_device_memory_map, 24);
AT(struct xen_reserved_device_memory_map, nr_entries, 4);
AT(struct xen_reserved_device_memory_map, buffer, 8);
AT(struct xen_reserved_device_memory_map, dev, 16);

SIZE(struct xen_sysctl, 136);
AT(struct xen_sysctl, interface_version, 4);
AT(struct xen_sysctl, u, 8);

SIZE(struct xen_sysctl_availheap, 24);
AT(struct xen_sysctl_availheap, max_bitwidth, 4);
AT(struct xen_sysctl_availheap, node, 8);
AT(struct xen_sysctl_availheap, avail_bytes, 16);

SIZE(struct xen_sysctl_cpu_hotplug, 8);
AT(struct xen_sysctl_cpu_hotplug, op, 4);

SIZE(struct xen_sysctl_cpupool_op, 40);
AT(struct xen_sysctl_cpupool_op, cpupool_id, 4);
AT(struct xen_sysctl_cpupool_op, sched_id, 8);
AT(struct xen_sysctl_cpupool_op, domid, 12);
AT(struct xen_sysctl_cpupool_op, cpu, 16);
AT(struct xen_sysctl_cpupool_op, n_dom, 20);
AT(struct xen_sysctl_cpupool_op, cpumap, 24);

SIZE(struct xen_sysctl_cputopo, 12);
AT(struct xen_sysctl_cputopo, socket, 4);
AT(struct xen_sysctl_cputopo, node, 8);

SIZE(struct xen_sysctl_cputopoinfo, 16);
AT(struct xen_sysctl_cputopoinfo, cputopo, 8);

SIZE(struct xen_sysctl_credit_schedule, 12);
AT(struct xen_sysctl_credit_schedule, ratelimit_us, 4);
AT(struct xen_sysctl_credit_schedule, vcpu_migr_delay_us, 8);

SIZE(struct xen_sysctl_debug_keys, 16);
AT(struct xen_sysctl_debug_keys, nr_keys, 8);

SIZE(struct xen_sysctl_getcpuinfo, 24);
AT(struct xen_sysctl_getcpuinfo, info, 8);
AT(struct xen_sysctl_getcpuinfo, nr_cpus, 16);

SIZE(struct xen_sysctl_getdomaininfolist, 24);
AT(struct xen_sysctl_getdomaininfolist, max_domains, 4);
AT(struct xen_sysctl_getdomaininfolist, buffer, 8);
AT(struct xen_sysctl_getdomaininfolist, num_domains, 16);

SIZE(struct xen_sysctl_meminfo, 16);
AT(struct xen_sysctl_meminfo, memfree, 8);

SIZE(struct xen_sysctl_numainfo, 24);
AT(struct xen_sysctl_numainfo, meminfo, 8);
AT(struct xen_sysctl_numainfo, distance, 16);

SIZE(struct xen_sysctl_physinfo, 112);
AT(struct xen_sysctl_physinfo, cores_per_socket, 4);
AT(struct xen_sysctl_physinfo, nr_cpus, 8);
AT(struct xen_sysctl_physinfo, max_cpu_id, 12);
AT(struct xen_sysctl_physinfo, nr_nodes, 16);
AT(struct xen_sysctl_physinfo, max_node_id, 20);
AT(struct xen_sysctl_physinfo, cpu_khz, 24);
AT(struct xen_sysctl_physinfo, capabilities, 28);
AT(struct xen_sysctl_physinfo, arch_capabilities, 32);
AT(struct xen_sysctl_physinfo, total_pages, 40);
AT(struct xen_sysctl_physinfo, free_pages, 48);
AT(struct xen_sysctl_physinfo, scrub_pages, 56);
AT(struct xen_sysctl_physinfo, outstanding_pages, 64);
AT(struct xen_sysctl_physinfo, max_mfn, 72);
AT(struct xen_sysctl_physinfo, hw_cap, 80);

SIZE(struct xen_sysctl_readconsole, 24);
AT(struct xen_sysctl_readconsole, incremental, 1);
AT(struct xen_sysctl_readconsole, index, 4);
AT(struct xen_sysctl_readconsole, buffer, 8);
AT(struct xen_sysctl_readconsole, count, 16);

SIZE(struct xen_sysctl_scheduler_op, 32);
AT(struct xen_sysctl_scheduler_op, sched_id, 4);
AT(struct xen_sysctl_scheduler_op, cmd, 8);
AT(struct xen_sysctl_scheduler_op, u, 16);

SIZE(struct xen_sysctl_tbuf_op, 48);
AT(struct xen_sysctl_tbuf_op, cpu_mask, 8);
AT(struct xen_sysctl_tbuf_op, evt_mask, 24);
AT(struct xen_sysctl_tbuf_op, buffer_mfn, 32);
AT(struct xen_sysctl_tbuf_op, size, 40);

SIZE(struct xencons_interface, 3088);
AT(struct xencons_interface, out, 1024);
AT(struct xencons_interface, in_cons, 3072);
AT(struct xencons_interface, in_prod, 3076);
AT(struct xencons_interface, out_cons, 3080);
AT(struct xencons_interface, out_prod, 3084);

SIZE(struct xenctl_bitmap, 16);
AT(struct xenctl_bitmap, nr_bits, 8);

SIZE(struct xenpf_settime32, 16);
AT(struct xenpf_settime32, nsecs, 4);
AT(struct xenpf_settime32, system_time, 8);

SIZE(struct xenpf_settime64, 24);
AT(struct xenpf_settime64, nsecs, 8);
AT(struct xenpf_settime64, mbz, 12);
AT(struct xenpf_settime64, system_time, 16);
