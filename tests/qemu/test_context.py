# SPDX-License-Identifier: GPL-2.0-or-later
"""A domain's context, at hypercall level: context_probe makes one guest what another one is.

The first is paused in the middle of its work; the second, that has not run, gets its memory and its
context and goes on where it was, with every register, timer and interrupt.  Before that it is given
contexts with bytes changed at random, which must hurt nobody.
"""
import os
import re

import pytest

import dom0 as dom0_module
from conftest import overlay_texts
from dom0 import FOLDER

RAM, MIB = 0x40000, 16


@pytest.fixture(scope="module")
def probe_overlay(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("context") / "overlay.tar")
    texts = overlay_texts()
    texts["writer.xml"] = dom0_module.guest_xml("writer", f"{FOLDER}/neighbour.img", MIB,
                                                args="ms=100 mmu")
    texts["copy.xml"] = dom0_module.guest_xml("copy", f"{FOLDER}/neighbour.img", MIB, args="ms=100")
    dom0_module.make_overlay(path, texts, [
        os.path.join(dom0_module.IMAGES, f) for f in ("neighbour.img", "context_probe")])
    return path


def beats(d, name):
    return [int(n) for n in re.findall(r"^HEARTBEAT (\d+) ", d.log(name), re.M)]


def become(d, source, copy, rounds):
    """SOURCE is gone, and COPY goes on as it."""
    ids = [d.zl(f"domid {n}")[1].strip() for n in (source, copy)]
    text = d.run(f"{FOLDER}/context_probe {' '.join(ids)} {RAM:#x} {MIB * 256} {rounds}", 120)[1]
    assert re.search(r"^CONTEXT \d+ bytes", text, re.M), text
    before = beats(d, source)[-1]
    d.zl(f"destroy {source}")
    d.wait_gone(source, 20)
    d.zl(f"unpause {copy}")
    d.wait_log(copy, r"^HEARTBEAT \d+ ", 30, 10)
    after = beats(d, copy)
    assert after == list(range(before + 1, before + 1 + len(after))), (before, after)
    assert not re.search(r"^FAILED.*|^GUEST TRAP.*", d.log(copy), re.M), d.log(copy)
    d.zl(f"destroy {copy}")
    d.wait_gone(copy, 20)
    return text


@pytest.mark.parametrize("gic", [3, pytest.param(2, marks=pytest.mark.full)])
def test_a_copy_goes_on(boot, probe_overlay, gic):
    d = boot(overlay=probe_overlay, gic=gic)
    d.zl(f"create {FOLDER}/neighbour.xml")
    d.wait_log("neighbour", r"^HEARTBEAT \d+ ", 30, 3)
    d.zl("pause neighbour")
    d.zl(f"create -p {FOLDER}/copy.xml")
    become(d, "neighbour", "copy", 300)


@pytest.mark.full
def test_a_copy_of_a_running_one_goes_on(boot, probe_overlay):
    """Its memory is copied while it runs and writes to it, then what it wrote since; then its context."""
    d = boot(overlay=probe_overlay)
    d.zl(f"create {FOLDER}/writer.xml")
    d.wait_log("writer", r"^HEARTBEAT \d+ ", 30, 3)
    d.zl(f"create -p {FOLDER}/copy.xml")
    text = become(d, "writer", "copy", "live")
    print(text)
    # All of the slice and of the stack that it wrote to since the one before, and little else.
    assert f"COMPARED {MIB * 256} frames, 0 different" in text, text
    dirty = [int(n) for n in re.findall(r"^LIVE (\d+) dirty", text, re.M)]
    assert len(dirty) == 9 and all(0 < n < 300 for n in dirty) and max(dirty) > 32, text
