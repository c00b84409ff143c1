# SPDX-License-Identifier: GPL-2.0-or-later
"""SVE of guests that ask for it: each has its length and its registers, whoever runs beside it,
and those that do not ask have none of it, and nothing of the others'.  A saved one comes back.
"""
import os
import re

import pytest

import dom0 as dom0_module
from conftest import overlay_texts
from dom0 import FOLDER, READY
from test_context import MIB, become
from test_sweep import beside

CPU = "max,sve-max-vq=4"
GUESTS = {"long": (512, 512), "short": (256, 256), "other": ("", 512), "none": (None, 0)}


def feature(bits):
    return f"<cpu mode='custom'><feature policy='require' name='sve{bits}'/></cpu>\n"


@pytest.fixture(scope="module")
def sve_overlay(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("sve") / "overlay.tar")
    texts = overlay_texts()
    for n, (name, (asked, bits)) in enumerate(GUESTS.items()):
        texts[f"{name}.xml"] = dom0_module.guest_xml(
            name, f"{FOLDER}/neighbour.img", MIB, args=f"ms=30 sve={bits} seed={n * 1000}",
            extra="" if asked is None else feature(asked))
    texts["neighbour.xml"] = dom0_module.guest_xml("neighbour", f"{FOLDER}/neighbour.img", MIB,
                                                   args="ms=100 sve=512", extra=feature(512))
    texts["copy.xml"] = dom0_module.guest_xml("copy", f"{FOLDER}/neighbour.img", MIB,
                                              extra=feature(512))
    texts["longest.xml"] = dom0_module.guest_xml("longest", f"{FOLDER}/neighbour.img", MIB,
                                                 extra=feature(1024))
    texts["linux-sve.xml"] = dom0_module.linux_xml("vectors", extra=feature(""))
    files = ("neighbour.img", "sweep.img", "context_probe")
    dom0_module.make_overlay(path, texts, [os.path.join(dom0_module.IMAGES, f) for f in files])
    return path


def faults(d, name):
    return re.findall(r"^FAILED.*|^GUEST TRAP.*", d.log(name), re.M)


def test_side_by_side(boot, sve_overlay):
    """Four guests and dom0 on one CPU; then one of them goes on as another domain."""
    d = boot(cpu=CPU, smp=1, overlay=sve_overlay)
    assert re.search(r"^arm_sve_vector_length *: 512$", d.zl("info")[1], re.M)
    code, text = d.zl(f"create {FOLDER}/longest.xml", check=False)
    assert code == 5 and "vectors of 1024 bits, and this host's have at most 512" in text, text
    for name in GUESTS:
        d.zl(f"create {FOLDER}/{name}.xml")
    for name in GUESTS:
        d.wait_log(name, r"^HEARTBEAT \d+ ", 60, 40)
        assert not faults(d, name), d.log(name)
    # The control domain has none.
    info = d.run("grep -m1 Features /proc/cpuinfo")[1]
    assert " asimd" in info and " sve" not in info, info
    assert "name='sve512'" in d.zl("dumpxml long")[1]
    for name in ("short", "none"):
        d.zl(f"destroy {name}")
    d.zl("pause long")
    d.zl(f"create -p {FOLDER}/copy.xml")
    become(d, "long", "copy", 100)
    assert not faults(d, "other"), d.log("other")


@pytest.mark.full
def test_sweep(boot, sve_overlay):
    """A hostile guest with SVE, ZCR_EL1 within its reach, beside one with longer vectors."""
    d = boot(cpu=CPU, smp=1, overlay=sve_overlay)
    element = feature(256).strip().replace("'", '"')
    beside(d, "seed=3 thin=64", 300, f"; s#<devices>#{element}<devices>#")
    d.run("grep sve256 /tmp/sweep.xml")


@pytest.mark.full
def test_linux(boot, sve_overlay):
    """Debian's kernel finds it, and is saved and restored."""
    d = boot(cpu=CPU, smp=2, mem="2G", overlay=sve_overlay)
    d.zl(f"create {FOLDER}/linux-sve.xml", timeout=60)
    d.zl(f"wait --for=console:/{READY}/ --timeout=120 vectors", timeout=130)
    d.console("vectors")
    log = d.guest_run("vectors", "dmesg | grep -E 'SVE|Vector'")[1]
    assert "CPU features: detected: Scalable Vector Extension" in log, log
    assert "SVE: maximum available vector length 64 bytes per vector" in log, log
    d.detach()
    d.zl("save vectors /run/vectors.save", timeout=120)
    info = d.zl("save-info /run/vectors.save")[1]
    assert re.search(r"^vectors *: 512 bits$", info, re.M), info
    d.zl("restore /run/vectors.save", timeout=120)
    d.console("vectors")
    assert " sve" in d.guest_run("vectors", "grep -m1 Features /proc/cpuinfo")[1]
    d.detach()
    d.zl("destroy vectors")


def test_host_without(boot, sve_overlay):
    d = boot(cpu="cortex-a72", overlay=sve_overlay)
    assert re.search(r"^arm_sve_vector_length *: 0$", d.zl("info")[1], re.M)
    for name in ("other", "short"):
        code, text = d.zl(f"create {FOLDER}/{name}.xml", check=False)
        assert code == 5 and "this host has no SVE to give a guest" in text, text
    d.zl(f"create {FOLDER}/none.xml")
    d.wait_log("none", r"^HEARTBEAT \d+ ", 60, 5)
    assert not faults(d, "none"), d.log("none")
