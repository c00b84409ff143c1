# SPDX-License-Identifier: GPL-2.0-or-later
"""What guests see of their processor: ID registers, identity, SMCCC and PSCI, and what EL2 traps.

The payload idregs runs as dom0's kernel: a second to boot.  With one CPU and two vCPUs their
state has to be switched.
"""
import os
import re

import pytest

import dom0 as dom0_module
import machine
from conftest import HYPERVISOR, log_path

# Bits that must be set and bits that must be clear in each control, whatever else is there.
CONTROLS = {
    "hcr_el2": (0x807C0039, 0x438000004),    # VM, FMO..AMO, TID3, TSC, TIDCP, TACR, TSW, RW
    "mdcr_el2": (0x00000A00, 0x03000100),    # TDA, TDRA; no TDE, no buffers for EL1
    "cptr_el2": (0x00000500, 0x80000000),    # TFP (lazy), TZ
    "hstr_el2": (0x8000, 0xFFFF7FFF),        # T15, which AArch32 has in place of TIDCP
    "cnthctl_el2": (0x1, 0x2),               # EL1PCTEN, not EL1PCEN
    "vtcr_el2": (0x80003500, 0x0000C000),    # inner shareable, write-back, 4 KiB
    "vpidr_el2": (0x410FD083, 0),
    "vmpidr_el2": (0x80000000, 0),
    "cntvoff_el2": (0, 0xFFFFFFFF),
    "icc_sre_el2": (0x7, 0),
    "ich_hcr_el2": (0, 0xFFFFFFFF),
}


def run_idregs(request, cpu, smp=1, append="", dom0_append="", gic=3):
    m = machine.Machine(
        hypervisor=HYPERVISOR, smp=smp, mem="1G", dom0_mem="256M", dom0_initrd="", dom0_root="",
        cpu=cpu, gic=gic, append="dom0_max_vcpus=2 " + append, dom0_append=dom0_append,
        dom0_kernel=os.path.join(dom0_module.IMAGES, "idregs.img"), log=log_path(request.node.nodeid))
    with m:
        hit = m.expect(r"^(\d+) passed, (\d+) failed", 60, "the idregs payload ends")
        failed = re.findall(r"^FAILED .*", m.text, re.M)
        assert hit.group(2) == "0" and not failed, "\n".join(failed)
        assert int(hit.group(1)) >= 130
        return m.text


@pytest.mark.parametrize("cpu,smp", [
    ("max", 1), ("max", 2), ("cortex-a72", 1), ("cortex-a53", 1), ("cortex-a57", 1),
    ("neoverse-n1", 1), ("max,pauth=off", 1)])
def test_idregs(request, cpu, smp):
    text = run_idregs(request, cpu, smp)
    if cpu == "max":
        assert "PAUTH 1 SCXTNUM 1" in text, "max has both, and guests see neither"
    if cpu == "max,pauth=off":
        assert "PAUTH 0 SCXTNUM 1" in text


def test_idregs_gicv2(request):
    """The system-register interface of the GIC is not shown where there is none."""
    text = run_idregs(request, "cortex-a72", gic=2)
    pfr0 = int(re.search(r"^ID 4 0 (0x[0-9a-f]+)", text, re.M).group(1), 16)
    assert pfr0 >> 24 & 0xF == 0


def test_untrapped(request):
    """Without its PMU a Cortex-A53 has nothing to hide: ID registers do not trap."""
    run_idregs(request, "cortex-a53,pmu=off", dom0_append="untrapped")


def test_el2_controls(request):
    """Every CPU reads its trap controls back; the values, against bits written down here."""
    text = run_idregs(request, "cortex-a72", smp=2, append="loglvl=all")
    seen = {(int(n), r): int(v, 16)
            for n, r, v in re.findall(r"CPU(\d) (\w+_el2) (0x[0-9a-f]+)", text)}
    for cpu in (0, 1):
        for name, (ones, zeros) in CONTROLS.items():
            value = seen.get((cpu, name))
            assert value is not None, f"CPU{cpu} does not tell {name}"
            assert value & ones == ones, f"CPU{cpu} {name} is {value:#x}: lacks {ones:#x}"
            assert not value & zeros, f"CPU{cpu} {name} is {value:#x}: has some of {zeros:#x}"


@pytest.mark.full
def test_masked(boot):
    """A guest with features disabled and a MIDR of its own; another one beside it has them all."""
    d = boot(cpu="max", append="loglvl=all")
    d.zl(f"create -q {dom0_module.FOLDER}/idregs-less.xml")
    d.wait_log("idregs-less", r"^\d+ passed, \d+ failed", 60)
    text = d.log("idregs-less")
    assert not re.findall(r"^FAILED .*", text, re.M), text[-1500:]
    regs = {(int(c), int(o)): int(v, 16)
            for c, o, v in re.findall(r"^ID (\d) (\d) (0x[0-9a-f]+)", text, re.M)}
    isar0 = regs[6, 0]
    for name, shift in (("AES", 4), ("SHA2", 12), ("Atomic", 20)):
        assert isar0 >> shift & 0xF == 0, f"{name} is shown"
    assert isar0 >> 8 & 0xF == 1, "SHA1 is gone too"
    assert regs[7, 0] & 0xF == 2, "PARange is not that of 40 bits"
    assert regs[4, 0] >> 16 & 0xFF == 0, "half precision is shown"
    assert "PAUTH 0 SCXTNUM 1" in text
    assert "MIDR 0x410fd083" in text
    # The control domain's view is whole.
    code, info = d.run("grep -m1 Features /proc/cpuinfo")
    assert code == 0 and " aes " in info and " paca " in info, info
