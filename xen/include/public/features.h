/* SPDX-License-Identifier: MIT */
/*
 * Bits of XENVER_get_features: what a guest may rely on. Bit numbers count through all submaps of
 * 32 bits.
 */
#ifndef XEN_PUBLIC_FEATURES_H
#define XEN_PUBLIC_FEATURES_H

#define XENFEAT_writable_page_tables		0	/* page tables need not be read-only */
#define XENFEAT_writable_descriptor_tables	1	/* x86 */
#define XENFEAT_auto_translated_physmap		2	/* guest frames are translated by stage 2 */
#define XENFEAT_supervisor_mode_kernel		3	/* x86 */
#define XENFEAT_pae_pgdir_above_4gb		4	/* x86 */
#define XENFEAT_mmu_pt_update_preserve_ad	5	/* x86 */
#define XENFEAT_highmem_assist			6	/* x86 */
#define XENFEAT_gnttab_map_avail_bits		7	/* x86 */
#define XENFEAT_hvm_callback_vector		8	/* x86 */
#define XENFEAT_hvm_safe_pvclock		9	/* x86 */
#define XENFEAT_hvm_pirqs			10	/* x86 */
#define XENFEAT_dom0				11	/* the caller is the control domain */
#define XENFEAT_memory_op_vnode_supported	13	/* XENMEMF_vnode is understood */
#define XENFEAT_ARM_SMCCC_supported		14	/* SMCCC services by HVC */
#define XENFEAT_linux_rsdp_unrestricted		15	/* x86 */
#define XENFEAT_not_direct_mapped		16	/* guest frames are not machine frames */
#define XENFEAT_direct_mapped			17	/* guest frames are machine frames */
#define XENFEAT_runstate_phys_area		18	/* Xen 4.18: VCPUOP_register_runstate_phys_area */

#define XENFEAT_NR_SUBMAPS			1

#endif /* XEN_PUBLIC_FEATURES_H */
