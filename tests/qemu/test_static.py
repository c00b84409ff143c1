# SPDX-License-Identifier: GPL-2.0-or-later
"""Static domains: built by the hypervisor from the host's tree, with and without a dom0; and the
serial port that they and others have."""
import os
import re

import pytest

import dom0 as dom0_module
import machine
import tree
from conftest import HYPERVISOR, log_path
from dom0 import FOLDER, IMAGES

UART = os.path.join(IMAGES, "uart.img")
GUEST = os.path.join(machine.OUT, "guest")
KERNEL, RAMDISK = 0x60000000, 0x68000000
PASSED = r"(?m)^\(d{}\) (\d+) passed, 0 failed"


def domain(*modules, memory=32 << 10, cpus=1, **more):
    """The properties of a domain's node; memory is in KiB."""
    node = {"compatible": "xen,domain", "#address-cells": 2, "#size-cells": 2,
            "memory": tree.u64(memory), "cpus": cpus, "vpl011": True}
    for m in modules:
        node.update(m)
    node.update(more)
    return node


def seen(m, pattern, timeout, step):
    """Wait for PATTERN anywhere in the text so far: domains speak in any order."""
    m.pos = 0
    hit = m.expect(pattern, timeout, step)
    m.pos = len(m.text)
    return hit


def payload(args, at=KERNEL):
    return tree.module("kernel", at, UART, args)


def alone(domains, loads=((UART, KERNEL),), **changes):
    """A machine without a dom0."""
    return machine.Machine(hypervisor=HYPERVISOR, dom0_kernel="", dom0_initrd="", dom0_root="",
                           mem="1G", tree={"chosen": domains}, loads=loads, **changes)


@pytest.mark.parametrize("gic", [2, 3])
def test_two_without_dom0(request, gic):
    """Both run the same kernel at once; the host goes down with the second."""
    with alone({"first": domain(payload("name=1")),
                "second": domain(payload("name=2 wait"), cpus=2)},
               gic=gic, log=log_path(request.node.nodeid)) as m:
        m.expect(r"no dom0", 20, "the hypervisor starts")
        seen(m, PASSED.format(1), 20, "the first tests its port")
        seen(m, r"\(d2\) UART waits", 20, "the second waits")
        m.send("a")         # for the first, which has ended
        m.send("\x01\x01\x01")
        m.expect(r"input to d2", 10, "the switch")
        m.send("xq")
        m.expect(r"\(d2\) UART typed x", 10, "what was typed")
        m.expect(PASSED.format(2), 10, "the second")
        m.expect(r"the last domain ended: power off", 10, "the host's end")
        m.wait_exit(10)
        assert "FAILED" not in m.text


def test_bad_trees(request):
    """Each bad domain is left out with a line that says why; the good one runs."""
    good = payload("name=0")
    bad = {
        "no-memory": (domain(good, memory=0), "memory"),
        "no-cpus": (domain(good, cpus=0), "cpus"),
        "many-cpus": (domain(good, cpus=129), "cpus"),
        "no-kernel": (domain(), "no kernel"),
        "two-kernels": (domain(good, payload("", KERNEL + 0x1000)), "two kernels"),
        "no-image": (domain(payload("", KERNEL + 0x1000)), "no arm64 Image"),
        "not-aligned": (domain(payload("", KERNEL + 8)), "page-aligned"),
        "not-memory": (domain(payload("", 0x09000000)), "not in free memory"),
        "too-large": (domain(good, memory=64 << 20), "finding its memory"),
        "too-small": (domain(good, memory=1024), "placing"),
        "device-tree": (domain(good, {"module@1": {
            "compatible": ["multiboot,device-tree", "multiboot,module"],
            "reg": tree.u64(KERNEL, 4096)}}), "neither kernel nor ramdisk"),
        "cells": (domain(good, **{"#address-cells": 5}), "malformed"),
        "spis": (domain(good, {"nr_spis": 2000}), "nr_spis"),
    }
    nodes = {name: node for name, (node, _) in bad.items()}
    nodes["good"] = domain(payload("name=7"))
    with alone(nodes, log=log_path(request.node.nodeid)) as m:
        m.expect(r"UART 7 begins", 30, "the good one")
        m.wait_exit(20)
        for name, (_, why) in bad.items():
            lines = re.findall(rf"static domain /chosen/{name} is left out: (.*)", m.text)
            assert len(lines) == 1 and why in lines[0], (name, lines)
        assert "0 failed" in m.text


def test_none_left(request):
    with alone({"only": domain(memory=4096)}, log=log_path(request.node.nodeid)) as m:
        m.expect(r"only is left out: it has no kernel", 20, "the reason")
        m.wait_exit(20)


def test_linux_beside_dom0(boot):
    """A stock kernel shows its boot by its serial port; dom0's toolstack sees it."""
    image, initrd = os.path.join(GUEST, "Image"), os.path.join(GUEST, "initramfs.gz")
    d = boot(mem="2G", tree={"chosen": {"linux": domain(
        tree.module("kernel", KERNEL, image, "console=ttyAMA0 rdinit=/bin/sh"),
        tree.module("ramdisk", RAMDISK, initrd), memory=256 << 10, cpus=2)}},
        loads=((image, KERNEL), (initrd, RAMDISK)))
    seen(d.m, r"^\(d1\) .*Booting Linux", 60, "its first line")
    seen(d.m, r"^\(d1\) .*Run /bin/sh as init process", 90, "its shell")
    code, text = d.zl("list")
    assert code == 0 and re.search(r"^\S+ +1 +256 +2 ", text, re.M), text
    d.m.send("\x01\x01\x01")
    d.m.expect(r"input to d1", 10, "the switch")
    d.m.send("mount -t proc proc /proc; grep uart /proc/interrupts; echo done-$((6*7))\n")
    d.m.expect(r"uart-pl011", 20, "its interrupt")
    d.m.expect(r"done-42", 20, "its answer")
    d.m.send("\x01\x01\x01")
    d.m.expect(r"input to d0", 10, "back")
    d.zl("destroy 1")
    d.poll(lambda: list(d.rows()) == ["Domain-0"], 20, "it is gone")


def test_serial_of_a_guest(boot, tmp_path):
    """<serial>: the payload's checks, and a stock kernel whose console it is."""
    devices = "<devices><serial type='pty'/></devices>\n</domain>\n"
    linux = dom0_module.linux_xml("ser").replace("console=hvc0 quiet",
                                                 "console=ttyAMA0 rdinit=/bin/sh")
    payload_xml = dom0_module.guest_xml("port", f"{FOLDER}/uart.img")
    texts = {"ser.xml": linux, "port.xml": payload_xml}
    overlay = str(tmp_path / "overlay.tar")
    dom0_module.make_overlay(overlay, {n: t.replace("</domain>\n", devices)
                                       for n, t in texts.items()}, [UART])
    d = boot(overlay=overlay)
    d.zl(f"create {FOLDER}/port.xml")
    d.wait_log("port", r"passed, 0 failed", 20)
    d.zl(f"create {FOLDER}/ser.xml")
    d.wait_log("ser-vuart", r"Run /bin/sh as init process", 60)
    assert "Booting Linux" in d.log("ser-vuart")
    d.m.send("zl console -t vuart ser\n")
    d.m.expect(r"console attached", 20, "zl attaches to the port")
    d.m.expect(r"^/ # ", 20, "what the shell said before")
    d.m.send("echo said-$((6*7))\n")
    d.m.expect(r"^said-42", 20, "the guest's shell answers")
    d.m.send("\x1d")
    d.m.expect(r"dom0:\S*# ", 20, "the escape")
    code, text = d.zl("console -t vuart port", check=False)
    assert code != 0, text
    d.zl("destroy ser")
    d.wait_gone("ser", 20)
