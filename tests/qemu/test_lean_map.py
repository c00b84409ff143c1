# SPDX-License-Identifier: GPL-2.0-or-later
"""Batched foreign mapping (dom0-kernel-patches/0001, 0006): few hypercalls, no faults, the same answers.

Hypercalls are counted from outside (hvc.py): of map_probe, which fills a guest's memory as Debian's
tools do, of zl dump-core, and of zl create, which maps nothing. map_probe also asks for pages that
are there and pages that are not in all ways, and what it sees must be what it sees under Debian's
kernel.
"""
import os

import pytest

import dom0 as dom0_module
import hvc
import lean
import machine
from conftest import HYPERVISOR, log_path, overlay_texts

RAM, MIB = 0x40000, 16  # of map_probe's guest: its first frame, its memory
# Debian's kernel makes 16,630 calls to map and unmap a guest kernel of 33 MB, and takes a fault when
# each page is written to for the first time; a program's own pages take some hundred.
KERNEL_PAGES = 8315
MOST_CALLS, MOST_FAULTS = 166, 400

pytestmark = pytest.mark.full


def start(request, tmp_path, kernel, name, **changes):
    """A machine with one CPU, that kernel for dom0, and map_probe."""
    overlay = str(tmp_path / f"{name}.tar")
    dom0_module.make_overlay(overlay, overlay_texts(), [
        os.path.join(dom0_module.IMAGES, f) for f in ("hello.img", "map_probe")])
    return machine.Machine(hypervisor=HYPERVISOR, smp=1, dom0_kernel=kernel, overlay=overlay,
                           log=log_path(f"{request.node.nodeid}-{name}"), **changes)


def probe(request, tmp_path, kernel, name):
    """The rows of map_probe on that kernel; what it mapped must be let go."""
    with start(request, tmp_path, kernel, name) as m:
        m.wait_shell()
        d = dom0_module.Dom0(m)
        d.zl("create -p /root/t/hello.xml")
        domid = d.zl("domid hello")[1].strip()
        text = d.run(f"/root/t/map_probe {domid} {RAM:#x} {MIB * 256}", 120)[1]
        d.zl("destroy hello")
        d.wait_gone("hello", 20)
        assert "MAP-END" in text, text
        return [line for line in text.splitlines() if line.startswith("MAP ")]


def test_errors(request, tmp_path):
    """Each page's error at its index, each page at its place: as with Debian's kernel."""
    ours = probe(request, tmp_path, lean.kernel(), "lean")
    assert ours == probe(request, tmp_path, machine.Config.dom0_kernel, "debian")
    rows = dict(line[len("MAP "):].split(": ", 1) for line in ours)
    assert all(r.endswith(", 0 wrong") for r in rows.values()), rows
    assert rows["backward"] == "0, errors 0x1500, 0 wrong"
    assert rows["all absent"] == "0, errors -22x700, 0 wrong"
    assert rows["mixed"].startswith("0, errors -22x2 0x95 -22x1 0x96 "), rows["mixed"]
    assert rows["no domain"] == "0, errors -3x600, 0 wrong"
    assert rows["version 1"] == "0, errors 0x3 15x1 0x507 15x2 0x87, 0 wrong"


def mapping(calls):
    """The hypercalls of those counted that are about memory."""
    return calls["HYPERVISOR_memory_op"] + calls["HYPERVISOR_multicall"]


def test_hypercalls(request, tmp_path):
    """The pages of a 33 MB kernel come and go with a hundredth of the hypercalls and faults."""
    # A call that a slow machine interrupts is made again: only instructions make time pass here.
    with start(request, tmp_path, lean.kernel(), "lean", icount=True) as m:
        m.wait_shell(300)
        d = dom0_module.Dom0(m)
        d.zl("create -p /root/t/one.xml", 120)
        domid = d.zl("domid one")[1].strip()
        calls = hvc.count(d, f"/root/t/map_probe {domid} {RAM:#x} {KERNEL_PAGES} fill", 120)
        assert 0 < mapping(calls) <= MOST_CALLS, calls
        assert calls[hvc.FAULTS] <= MOST_FAULTS, calls
        d.zl("destroy one")
        d.zl("create -p /root/t/hello.xml")
        calls = hvc.count(d, "zl dump-core hello /tmp/core", 120)
        assert 0 < mapping(calls) <= MIB * 256 * 2 // 100, calls
        d.zl("destroy hello")


def test_create(request, tmp_path):
    """zl create hands a 33 MB kernel over without mapping it, so Debian's kernel makes few calls, too."""
    with start(request, tmp_path, machine.Config.dom0_kernel, "debian", icount=True) as m:
        m.wait_shell(300)
        d = dom0_module.Dom0(m)
        calls = hvc.count(d, "zl create -p /root/t/one.xml", 120)
        d.zl("destroy one")
        assert mapping(calls) <= MOST_CALLS // 8, calls
        assert 0 < calls["privcmd_call"] <= MOST_CALLS // 2, calls
        assert calls[hvc.FAULTS] <= MOST_FAULTS, calls
