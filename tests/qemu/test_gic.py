# SPDX-License-Identifier: GPL-2.0-or-later
"""The interrupt controller: a payload for both versions, and Linux on a host with a GICv2."""
import os
import re

import pytest

import dom0 as dom0_module
import machine
from conftest import HYPERVISOR, log_path, overlay_texts
from dom0 import FOLDER, READY, linux_xml

CASES = {3: 96, 2: 91}


def run_payload(request, limit=60, **changes):
    m = machine.Machine(
        hypervisor=HYPERVISOR, mem="1G", dom0_mem="256M", dom0_initrd="", dom0_root="",
        dom0_kernel=os.path.join(dom0_module.IMAGES, "gic.img"),
        log=log_path(request.node.nodeid), **changes)
    with m:
        m.expect(r"^\d+ passed, \d+ failed$", limit, "the cases end")
        m.expect(r"power off", 20, "dom0 ends")
        return m.text


@pytest.mark.parametrize("gic", (3, 2))
def test_payload(request, gic):
    text = run_payload(request, smp=2, gic=gic)
    assert f"GIC version {gic}" in text
    bad = re.findall(r"^FAILED .*|^GUEST TRAP.*", text, re.M)
    found = re.findall(r"^(\d+) passed, (\d+) failed$", text, re.M)[-1]
    assert not bad and found == (str(CASES[gic]), "0"), (found, bad)


def test_payload_on_zcu102(payload):
    """A GIC-400 in which each page of GICC and GICV fills 64 KiB."""
    m = payload("gic", board="zcu102", dom0_mem="256M")
    m.expect(r"^82 passed, 0 failed$", 60, "the cases end")


@pytest.mark.parametrize("gic", (3, 2))
def test_payload_on_one_cpu(request, gic):
    """Two vCPUs on one CPU: whatever is in flight is put away and taken up again."""
    text = run_payload(request, limit=120, smp=1, gic=gic, append="dom0_max_vcpus=2")
    bad = re.findall(r"^FAILED .*|^GUEST TRAP.*", text, re.M)
    assert not bad, bad


@pytest.fixture(scope="module")
def gic_overlay(tmp_path_factory):
    texts = overlay_texts()
    texts["nine.xml"] = linux_xml("nine", vcpus=9)
    texts["three.xml"] = linux_xml("three", vcpus=3, args="zazen.then=reboot",
                                   on_reboot="destroy")
    for version in (2, 3):
        texts[f"gic{version}.xml"] = linux_xml(
            f"gic{version}", extra=f"  <features><gic version='{version}'/></features>\n")
    path = str(tmp_path_factory.mktemp("gic") / "overlay.tar")
    dom0_module.make_overlay(path, texts)
    return path


def test_linux_on_gicv2(boot, gic_overlay):
    """Guests have the host's version; eight vCPUs at most; dom0's devices go on afterwards."""
    d = boot(overlay=gic_overlay, gic=2)
    assert re.search(r"^gic_version\s*: 2$", d.zl("info")[1], re.M)
    assert "GIC-0" in d.run("cat /proc/interrupts")[1]
    for name in ("three", "gic2"):
        d.zl(f"create {FOLDER}/{name}.xml", timeout=60)
        d.wait_log(name, READY, 90)
    d.wait_gone("three", 60)
    rc, out = d.zl(f"create {FOLDER}/nine.xml", check=False)[:2]
    assert rc == 4 and "serves 8 vCPUs, not 9" in out, (rc, out)
    rc, out = d.zl(f"create {FOLDER}/gic3.xml", check=False)[:2]
    assert rc == 5 and "version 2 interrupt controller" in out, (rc, out)
    d.zl("destroy gic2")
    d.wait_gone("gic2", 20)
    d.run("for f in /dev/vd?; do dd if=$f of=/dev/null bs=64k count=64 || exit; done", timeout=60)
    d.poweroff()


def test_gicv2_guest_on_gicv3(boot, gic_overlay):
    """QEMU's GICv3 has no GICv2 in it to show."""
    d = boot(overlay=gic_overlay, gic=3)
    rc, out = d.zl(f"create {FOLDER}/gic2.xml", check=False)[:2]
    assert rc == 5 and "cannot give a guest version 2" in out, (rc, out)
    d.zl(f"create {FOLDER}/nine.xml", timeout=90)
    d.wait_log("nine", READY, 180)
    d.zl("destroy nine")
    d.wait_gone("nine", 20)
