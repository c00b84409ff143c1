#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Turn the ABI tables into rows that C can check.

layout.csv and numbers.csv hold the facts of Xen 4.17's arm64 ABI. Each of their structs and
constants is either defined by the headers in xen/include/public, or listed below with the reason
why not; each constant of those headers is either in the tables or listed below too. Anything else
is an error here, so that neither side can drift unseen. Names are Xen's on both sides.

  gen_abi_test.py --rows HEADERS        rows for test_abi.c (stdout)
  gen_abi_test.py --abi-check           asserts for the hypervisor's build (stdout)
"""

import argparse
import csv
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent

# Structs and scalar types that our headers leave out: (pattern, reason).
SKIP_STRUCTS = [
    (r"struct (mmu_update|mmuext_op|xennmi_callback|dom0_vga_console_info|"
     r"xen_multiboot_mod_list|xen_mach.*|xen_mem_(access|paging|sharing)_op|"
     r"mem_sharing_op_\w+|xen_foreign_memory_map|xen_memory_map|vcpu_hvm_\w+|"
     r"xen_hvm_(altp2m|get_|pagetable|xentrace)\w*|xenpf_(?!settime)\w+|"
     r"xen_(msix_entry|pmu_arch)|vcpu_(get_physid|set_\w+|register_time_memory_area))",
     "x86 only, or an operation that arm64 refuses before it reads the argument"),
    (r"union xenpf_efi_info|struct (callback_\w+|xen_processor_\w+|xen_pct_register|"
     r"xen_power_register|xen_psd_package|physdev_(apic|dbgp_op|eoi|get_free_pirq|irq|"
     r"irq_status_query|map_pirq|op|pirq_eoi_gmfn|restore_msi|set_\w+|setup_gsi|unmap_pirq))"
     r"|xen_callback_t", "x86 or PV only"),
    (r"(struct|union) (vm_event_\w+|xen_(vmemrange|vnuma_\w+))|struct xen_domctl_"
     r"(audit_p2m|debug_op|ext_vcpucontext|gdbsx_\w+|get_device_group|hvmcontext_partial|"
     r"hypercall_init|ioport_\w+|mem_sharing_op|monitor_op|psr_\w+|set_broken_page_p2m|"
     r"tsc_info|vm_event_op|vmtrace_op|vnuma)",
     "domctl that arm64 refuses by number alone"),
    (r"struct (xen_sysctl_(arinc653_schedule|coverage_op|cpu_featureset|cpu_levelling_caps|"
     r"get_pmstat|livepatch\w*|lockprof_\w+|page_offline_op|pcitopoinfo|pm_op|psr_\w+)"
     r"|xen_livepatch_\w+|pm_\w+|xen_(get|set)_cpufreq_\w+|xen_ondemand|xen_userspace)",
     "sysctl that arm64 refuses by number alone"),
    (r"struct (buf_ioreq|buffered_iopage|ioreq|shared_iopage|xen_dm_op\w*)|ioservid_t",
     "device models (dm_op) are not offered"),
    (r"(struct xen_)?(xen_)?argo_\w+|xen_argo_\w+", "argo is not offered"),
    (r"struct (xen_hypfs_\w+|t_buf|t_info|t_rec|hvm_save_(?!descriptor)\w+|__HVM_SAVE_TYPE_END)",
     "hypfs, trace and x86 save records are not offered"),
    (r"struct evtchn_op", "superseded hypercall 16"),
    (r"(struct|union) (xen_pci_\w+|xen_pcie_\w+|xenfb_\w+|xenkbd_\w+)|"
     r"struct (vchan_interface|ring_shared)",
     "protocols that nothing of ours speaks"),
    (r"struct (ioctl_gntalloc_\w+|ioctl_gntdev_(dmabuf\w+|grant_copy\w*|set_max_grants)|"
     r"privcmd_(dm_op\w*|irqfd|ioeventfd|mmap|mmap_entry|mmapbatch|pcidev_get_gsi))",
     "kernel calls that our tools do not use"),
    (r"xen_uuid_t", "argo and xsm only"),
]

# Members of structs we do define.
SKIP_FIELDS = [
    (r"struct xen_domctl", r"u\.(ioport_|hypercall_init|tsc_info|hvmcontext_partial|get_device_group|"
     r"ext_vcpucontext|debug_op|vm_event_op|mem_sharing_op|audit_p2m|gdbsx_|set_broken_page|"
     r"vnuma|psr_|monitor_op|vmtrace_op)", "its struct is left out"),
    (r"struct xen_sysctl", r"u\.(pcitopoinfo|get_pmstat|pm_op|page_offline|"
     r"lockprof_op|coverage_op|psr_|cpu_levelling_caps|cpu_featureset|livepatch)",
     "its struct is left out"),
    (r"struct xen_platform_op", r"u\.(?!settime|pad)", "its struct is left out"),
]

# Constants by (category, name pattern).
SKIP_NUMBERS = [
    ("argo|callback|elfnote|nmi|trace|vm_event|hvm_ioreq|hvm_hvm_vcpu|hypfs|hvm_hvm_xs_strings|"
     "hvm_hvm_dm_op|hvm_dm_op", r".*", "interface that is not offered"),
    ("io_(fbif|kbdif|libxenvchan|pciif|protocols)", r".*", "protocols nothing of ours speaks"),
    ("xen_compat", r".*", "we define one version of the interface only"),
    ("device_tree_defs", r".*", "libfdt's users have their own names for cells"),
    ("hypercall", r"__HYPERVISOR_(set_trap_table|mmu_update|set_gdt|stack_switch|set_callbacks|"
     r"fpu_taskswitch|set_debugreg|get_debugreg|update_descriptor|update_va_mapping\w*|"
     r"set_timer_op|iret|set_segment_base|mmuext_op|nmi_op|xenoprof_op)", "x86 PV only"),
    ("xen", r"(MMU_|MMUEXT_|UVMF_|SIF_|XEN_PVCLOCK_|XEN_VGATYPE_|VMASST_TYPE_(?!runstate)).*",
     "x86 PV only"),
    ("hvm_hvm_op", r"(HVMMEM_|HVM_IOREQSRV_|HVMOP_(?!set_param|get_param)).*", "x86 only"),
    ("hvm_params?", r"(HVMPTM_|XEN_ALTP2M_|XEN_HVM_MCA_|HVM_PARAM_(PAE|IOREQ|BUFIOREQ|TIMER|HPET|"
     r"IDENT|DM_DOMAIN|ACPI|VM86|VPT|MEMORY_EVENT|NESTEDHVM|TRIPLE|NR_IOREQ|VM_GEN|ALTP2M|X87|"
     r"MCA|CALLBACK_TYPE_GSI|CALLBACK_TYPE_PCI)).*", "x86 only"),
    ("memory", r"XENMEM_(sharing_op_|SHARING|FORK|access_(?!op$)|paging_op_|mach(?!ine)|"
     r"resource_ioreq_server_frame).*", "x86 only"),
    ("vcpu", r"_?VCPU_SSHOTTMR_.*", "timer of x86 PV"),
    ("physdev", r"(MAP_PIRQ|PHYSDEVOP_(DBGP|IRQ|irq|set|apic|alloc|free|eoi|map|unmap|pirq|"
     r"restore|setup|get_free|dbgp)|_?XENIRQSTAT).*", "no physical interrupts by event on arm"),
    ("platform", r"(?!XENPF_(settime|INTERFACE)).*", "x86 or ACPI only"),
    ("domctl", r"XEN_DOMCTL_(DEBUG|MEM_CACHEATTR|MEM_SHARING|MONITOR|PFINFO|PSR|VM_EVENT|VMSI|"
     r"DELETE|DEV_RDM).*|XEN_VM_EVENT_.*|XEN_DOMCTL_(vmtrace_(?!op).*|ioport.*|hypercall_init|"
     r"real_mode_area|.*ext_vcpucontext|set_opt_feature|debug_op|gethvmcontext_partial|"
     r".*tscinfo|.*vcpuextstate|audit_p2m|set_broken_page_p2m|.*vcpu_msrs|psr_.*|.*cpu_policy|"
     r"gdbsx_.*)", "x86 only, or detail of an operation that is refused by number"),
    ("sysctl", r"(LIVEPATCH|LOCKPROF|PG_O|SCALING|SAMPLING|UP_THRESHOLD|CPUFREQ|PMSTAT|PM_PARA|"
     r"GET_CPUFREQ|SET_CPUFREQ|ARINC653|XEN_LIVEPATCH|XEN_GCOV|sysctl_|XEN_INVALID_DEV|"
     r"XEN_SYSCTL_(COVERAGE|CPU_HOTPLUG_SMT|CPU_LEVELCAP|LIVEPATCH|LOCKPROF|PSR|CX_|"
     r"cpu_featureset|psr|get_cpu_|pm_op_)).*", "detail of an operation that is refused by number"),
    ("ioctl", r"IOCTL_(GNTALLOC|GNTDEV_(DMABUF|GRANT_COPY|SET_MAX)|PRIVCMD_(UNIMPL|MMAP$|"
     r"MMAPBATCH$|DM_OP|PCIDEV|IRQFD|IOEVENTFD)).*", "kernel calls that our tools do not use"),
    ("sys_.*", r"(GNTALLOC_|GNTDEV_|PRIVCMD_).*", "kernel calls that our tools do not use"),
]

# Constants that only our headers have; a helper macro (leading or trailing _) needs no entry.
OURS_ONLY = {
    "XEN_PAGE_SIZE": "from XEN_PAGE_SHIFT",
    "PRI_xen_pfn": "text for printf", "PRI_xen_ulong": "text for printf",
    "GUEST_RAM_BANK_BASES": "list of checked values",
    "GUEST_RAM_BANK_SIZES": "list of checked values",
    "XEN_COMMANDLINE_LEN": "a bare 1024 in Xen; the type's size is checked",
    "MEMOP_EXTENT_SHIFT": "hypercalls.md 1", "MEMOP_CMD_MASK": "from MEMOP_EXTENT_SHIFT",
    "VCPUOP_register_runstate_phys_area": "of Xen 4.18", "XENFEAT_runstate_phys_area": "of Xen 4.18",
    "XEN_EWOULDBLOCK": "same as EAGAIN", "XEN_EDEADLOCK": "same as EDEADLK",
}

# Members with no fixed size (flexible arrays): only the offset is checked.
FLEXIBLE = {("struct xen_build_id", "buf"), ("struct physdev_pci_device_add", "optarr")}

# Structs that the generated abi_check.c asserts in every build of the hypervisor: what it reads from
# or writes to a guest's memory.
CORE_HEADERS = ["domctl.h", "grant_table.h", "hvm_op.h", "io/console.h", "memory.h", "platform.h",
                "sched.h", "sysctl.h", "vcpu.h", "version.h"]
CORE_NOT = r"_sched_arinc653|xen_domctl_getpageframeinfo3|" \
           r"xen_sysctl_sched_|grant_entry_(v2|header)|shadow_op_stats|batch_extra|" \
           r"bind_pirq|gnttab_(copy_ptr|transfer|dump_table|unmap_and_replace)|" \
           r"xen_memory_exchange|arch_\w+_info"

CORE_REGS = ("x1", "x30", "pc64", "cpsr", "spsr_el1", "spsr_fiq", "sp_el0", "sp_el1", "elr_el1")


def fail(msg):
    sys.exit(f"gen_abi_test.py: {msg}")


def strip_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


# Not Xen's: nothing of it can be in the tables.
OUR_OWN = "zazen.h"


class Headers:
    """What the public headers define, by name."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.structs, self.types, self.consts, self.errnos = {}, {}, {}, []
        files = sorted(p for p in self.root.rglob("*.h") if p.name != OUR_OWN)
        if not files:
            fail(f"no headers under {root}")
        for path in files:
            self.scan(str(path.relative_to(self.root)), strip_comments(path.read_text()))

    def scan(self, name, text):
        text = text.replace("\\\n", " ")
        defines = re.findall(r"^#define[ \t]+(\w+)(\(?)", text, flags=re.M)
        body = "\n".join(l for l in text.splitlines() if not l.lstrip().startswith("#"))
        for macro, paren in defines:
            if not paren and not macro.startswith("XEN_PUBLIC_") and not macro.endswith("_LIST"):
                self.consts[macro] = name
        for kind, tag in re.findall(r"\b(struct|union)\s+(\w+)\s*\{", body):
            self.structs[f"{kind} {tag}"] = name
        for ring in re.findall(r"DEFINE_RING_TYPES\((\w+),", body):
            for s in ("sring", "front_ring", "back_ring"):
                self.structs[f"struct {ring}_{s}"] = name
            self.structs[f"union {ring}_sring_entry"] = name
        for enum in re.findall(r"enum\s+\w+\s*\{(.*?)\}", body, flags=re.S):
            for const in re.findall(r"(\w+)\s*(?:=[^,]*)?(?:,|$)", enum):
                self.consts[const] = name
        for typ in re.findall(r"typedef\s[^;{}]*?\b(\w+)\s*(?:\[\w+\])?\s*"
                              r"(?:__attribute__\(\(.*?\)\))?;", body):
            self.types[typ] = name
        if name == "errno.h":
            self.errnos = re.findall(r"X\((\w+), \d+\)", text)


def skip_struct(name):
    for pattern, why in SKIP_STRUCTS:
        if re.fullmatch(pattern, name):
            return why
    return None


def skip_field(name, field):
    for struct, pattern, why in SKIP_FIELDS:
        if struct == name and re.match(pattern, field):
            return why
    return None


def skip_number(category, name):
    for cat, pattern, why in SKIP_NUMBERS:
        if re.fullmatch(cat, category) and re.fullmatch(pattern, name):
            return why
    return None


def read_csv(name, columns):
    with open(HERE / name, newline="") as f:
        rows = list(csv.reader(f))[1:]
    for row in rows:
        if len(row) != columns:
            fail(f"{name}: bad row {row}")
    return rows


def layout_rows(headers):
    """Yield (struct, field, offset, size) for all we define; field None is the whole."""
    known = set(headers.structs) | set(headers.types)
    missing, seen = set(), set()
    for struct, field, offset, size in read_csv("layout.csv", 4):
        if struct not in known:
            if not skip_struct(struct):
                missing.add(struct)
            continue
        if skip_struct(struct):
            fail(f"{struct}: defined, yet listed as left out")
        seen.add(struct)
        if field == "(sizeof)":
            yield struct, None, 0, int(size)
        elif not skip_field(struct, field):
            yield struct, field, int(offset), int(size)
    if missing:
        fail("not defined and not listed as left out: " + ", ".join(sorted(missing)))
    unknown = set(headers.structs) - seen
    if unknown:
        fail("structs of ours that layout.csv does not have: " + ", ".join(sorted(unknown)))


def number_rows(headers):
    """Yield (name, value or text) for all constants we define."""
    seen, missing = set(), []
    for category, name, value in read_csv("numbers.csv", 3):
        if name not in headers.consts:
            if not skip_number(category, name):
                missing.append(f"{category}:{name}")
            continue
        if skip_number(category, name):
            fail(f"{name}: defined, yet listed as left out")
        if name not in seen:
            yield name, value
        seen.add(name)
    if missing:
        fail("not defined and not listed as left out: " + ", ".join(missing))
    extra = [c for c in headers.consts
             if c not in seen and c not in OURS_ONLY and not c.endswith("_")
             and c not in ("xen_mb",) and not c.startswith("XEN_ERRNO")]
    if extra:
        fail("constants of ours that numbers.csv does not have: " + ", ".join(sorted(extra)))


def c_number(value):
    number = int(value)
    return str(number) if number < 0 else f"{number}ULL"


def emit_rows(headers):
    print("/* Generated by gen_abi_test.py from layout.csv and numbers.csv. */")
    for struct, field, offset, size in layout_rows(headers):
        if field is None:
            print(f"ABI_SIZE({struct}, {size})")
        elif (struct, field) in FLEXIBLE:
            print(f"ABI_OFFSET({struct}, {field}, {offset})")
        else:
            print(f"ABI_FIELD({struct}, {field}, {offset}, {size})")
    for name, value in number_rows(headers):
        if re.fullmatch(r"-?\d+", value):
            print(f"ABI_CONST({name}, {c_number(value)})")
        else:
            print(f'ABI_TEXT({name}, "{value}")')
    for name in headers.errnos:
        print(f"ABI_PAIR(XEN_{name})")


CORE_HEAD = """\
/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compile-time proof that the structs the hypervisor shares with guests and tools have the sizes
 * and offsets of the Xen ABI. Made by tests/abi/gen_abi_test.py --abi-check from layout.csv by
 * the build. A host test checks the many structs that are not here. Holds no code and no data.
 */
"""


def emit_core(headers):
    print(CORE_HEAD)
    for header in CORE_HEADERS:
        print(f"#include <public/{header}>")
    print("\n#define SIZE(type, size)\t_Static_assert(sizeof(type) == (size), #type)")
    print("#define AT(type, field, offset) \\")
    print('\t_Static_assert(offsetof(type, field) == (offset), #type "." #field)')
    wanted = set(CORE_HEADERS) | {"xen.h", "arch-arm.h", "event_channel.h"}
    groups = {}
    for struct, field, offset, size in layout_rows(headers):
        if headers.structs.get(struct) not in wanted or re.search(CORE_NOT, struct):
            continue
        rows = groups.setdefault(struct, [])
        if field is None:
            rows.append(f"SIZE({struct}, {size});")
        elif offset and "." not in field and "pad" not in field and \
                (struct != "struct vcpu_guest_core_regs" or field in CORE_REGS):
            rows.append(f"AT({struct}, {field}, {offset});")
    print()
    for rows in groups.values():
        if len(rows) == 1:
            print(rows[0])
    for rows in groups.values():
        if len(rows) > 1:
            print("\n" + "\n".join(rows))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--headers", default=HERE.parent.parent / "xen/include/public")
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("--abi-check", action="store_true")
    args = parser.parse_args()
    headers = Headers(args.headers)
    if args.rows == args.abi_check:
        parser.error("one of --rows and --abi-check")
    (emit_rows if args.rows else emit_core)(headers)


if __name__ == "__main__":
    main()
