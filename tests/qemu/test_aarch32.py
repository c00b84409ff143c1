# SPDX-License-Identifier: GPL-2.0-or-later
"""32-bit guests, and exceptions raised in a guest.

A payload that checks what it is owed in AArch32, Debian's armhf kernel with one and two vCPUs on
GICv3 and GICv2, and the refusal where the CPUs cannot.  The Linux tests are skipped where the armhf
packages were not to be had (tests/setup/fetch armhf).
"""
import os
import re

import pytest

import dom0 as dom0_module
import machine
from conftest import HYPERVISOR, log_path
from dom0 import FOLDER, READY

MACHINE = {"cpu": "cortex-a53"}
VERDICT = r"^(\d+) passed, (\d+) failed$"
ZIMAGE = os.path.join(machine.OUT, "guest", "zImage")
INITRAMFS = os.path.join(machine.OUT, "guest", "initramfs-armhf.gz")
A32 = os.path.join(dom0_module.IMAGES, "a32.img")
needs_linux = pytest.mark.skipif(not os.path.exists(ZIMAGE),
                                 reason="no armhf kernel: tests/setup/fetch armhf, mkguest")


def xml32(name, kernel, cpus, **more):
    """A 32-bit guest, its vCPUs each on the CPU of this list.

    Pinned, since QEMU (7.2 to 10) loses the SPSR of an AArch32 mode that is left for EL2 when
    another AArch32 EL1 runs on that CPU before it goes on.
    """
    text = dom0_module.guest_xml(name, f"{FOLDER}/{kernel}", vcpus=len(cpus), **more)
    pins = "".join(f"<vcpupin vcpu='{v}' cpuset='{c}'/>" for v, c in enumerate(cpus))
    return (text.replace("aarch64", "armv7l")
            .replace("  <os>", f"  <cputune>{pins}</cputune>\n  <os>"))


@pytest.fixture(scope="module")
def overlay(tmp_path_factory):
    """This module's own: 32-bit kernels and the XML for them."""
    texts = {
        # Both vCPUs on one CPU, so that each switch moves their banked registers.
        "a32.xml": xml32("a32", "a32.img", (1, 1)),
    }
    for n in (1, 2):
        texts[f"arm{n}.xml"] = xml32(f"arm{n}", "zImage", range(n), memory=192,
                                     initrd=f"{FOLDER}/initramfs-armhf.gz",
                                     args="console=hvc0 quiet")
    path = str(tmp_path_factory.mktemp("aarch32") / "overlay.tar")
    dom0_module.make_overlay(path, texts, [f for f in (A32, ZIMAGE, INITRAMFS)
                                           if os.path.exists(f)])
    return path


def check_verdict(text, least):
    found = re.findall(VERDICT, text, re.M)
    assert found, f"no verdict:\n{text[-1500:]}"
    bad = re.findall(r"^FAILED .*|^GUEST TRAP.*|^#.*", text, re.M)
    assert found[-1][1] == "0" and int(found[-1][0]) >= least, (found[-1], bad)


def check_payload(d):
    d.zl(f"create {FOLDER}/a32.xml")
    d.wait_log("a32", VERDICT, 90)
    check_verdict(d.log("a32"), 60)
    d.wait_gone("a32", 20)


def check_linux(d, vcpus):
    name = f"arm{vcpus}"
    d.zl(f"create {FOLDER}/{name}.xml", timeout=60)
    d.wait_log(name, READY, 90)
    assert re.search(rf"Linux \S+armmp-lpae, {vcpus} CPUs,", d.log(name)), d.log(name)
    assert '"aarch32"' in d.zl("--json list")[1]
    d.console(name)
    d.guest_says(name, "it is $(uname -m)", "it is armv[78]l")
    # A second that the guest sleeps, and programs that it starts meanwhile.
    d.guest_says(name, "slept $(sleep 1; i=0; while [ $i -lt 10 ]; do /bin/true; i=$((i+1)); "
                 "done; echo $i)", "slept 10")
    d.detach()
    d.zl(f"shutdown -w {name}", timeout=60)
    d.wait_gone(name, 20)


def test_payload(dom0):
    check_payload(dom0)


@needs_linux
@pytest.mark.parametrize("vcpus", [pytest.param(1, marks=pytest.mark.full), 2])
def test_linux(dom0, vcpus):
    check_linux(dom0, vcpus)


@needs_linux
@pytest.mark.full
def test_linux_gicv2(boot):
    d = boot(cpu="cortex-a72", gic=2)
    check_payload(d)
    check_linux(d, 2)
    assert d.poweroff() == 0


@pytest.mark.parametrize("cpu", ["neoverse-n1"])
def test_refused(boot, cpu):
    """CPUs without AArch32 at EL1: no such guest, and a word about it; others go on."""
    d = boot(cpu=cpu)
    rc, text = d.zl(f"create {FOLDER}/a32.xml", check=False)
    assert rc == 5 and "AArch32" in text and "hint" in text, (rc, text)
    assert list(d.rows()) == ["Domain-0"]
    assert "armv7l" not in d.zl("info")[1]
    assert d.poweroff() == 0


@pytest.mark.parametrize("cpu", ["cortex-a53", "max"])
def test_injected(request, cpu):
    """What the hypervisor raises in an AArch64 EL1, from all states that it can come from."""
    m = machine.Machine(
        hypervisor=HYPERVISOR, smp=1, mem="1G", dom0_mem="256M", dom0_initrd="", dom0_root="",
        dom0_kernel=os.path.join(dom0_module.IMAGES, "inject.img"), append="dom0_max_vcpus=1",
        cpu=cpu, log=log_path(request.node.nodeid))
    with m:
        m.expect(VERDICT, 30, "the payload ends")
        check_verdict(m.text, 30)
