# SPDX-License-Identifier: GPL-2.0-or-later
"""The sweep: a payload that tries every register encoding, frame offset and call number.

Alone as dom0's kernel, and as a guest beside one that checks its memory, registers and clock.
The short runs sweep all encodings and one in 64 of the large spaces; --full takes more seeds.
"""
import os
import re

import pytest

import dom0 as dom0_module
import machine
from conftest import HYPERVISOR, log_path
from dom0 import FOLDER

MACHINE = {"smp": 2, "mem": "2G"}
VERDICT = r"^(\d+) passed, (\d+) failed$"
STOPPED = r"panic|EL2 exception|broken lock|ASSERT"


def verdict(text, least=17):
    """Fail with the payload's own words unless all its parts passed."""
    found = re.findall(VERDICT, text, re.M)
    assert found, f"no verdict:\n{text[-1500:]}"
    bad = re.findall(r"^FAILED .*|^GUEST TRAP.*", text, re.M)
    assert found[-1][1] == "0" and int(found[-1][0]) >= least and not bad, (found[-1], bad)
    assert not re.search(STOPPED, text), text[-1500:]


def alone(request, words, limit, cpus=1, **changes):
    m = machine.Machine(
        hypervisor=HYPERVISOR, smp=cpus, mem="1G", dom0_mem="256M", dom0_initrd="", dom0_root="",
        dom0_kernel=os.path.join(dom0_module.IMAGES, "sweep.img"), dom0_append=words,
        append=f"dom0_max_vcpus={cpus}", log=log_path(request.node.nodeid), **changes)
    with m:
        m.expect(VERDICT, limit, f"the sweep ends ({words})")
        m.expect(r"power off", 20, "dom0 ends")
        verdict(m.text)


def test_alone(request):
    alone(request, "seed=1 thin=64", 180)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2, 10))
def test_alone_seeds(request, seed):
    alone(request, f"seed={seed} thin=16", 600)


@pytest.mark.full
@pytest.mark.parametrize("cpu,gic", [("cortex-a72", 2), ("cortex-a53", 3), ("neoverse-n1", 3),
                                     ("max", 2), ("max", 3)])
def test_alone_processors(request, cpu, gic):
    alone(request, "seed=11 thin=64", 600, cpu=cpu, gic=gic)


@pytest.mark.full
@pytest.mark.parametrize("gic", [2, 3])
def test_hammer(request, gic):
    """A second vCPU keeps the domain's locks and tables moving meanwhile."""
    alone(request, "seed=12 thin=64 hammer", 900, cpus=2, gic=gic)


@pytest.mark.full
def test_alone_everything(request):
    """All 2^24 function numbers, every offset at every width."""
    alone(request, "seed=10 thin=1", 3600)


def beats(d):
    return [int(n) for n in re.findall(r"^HEARTBEAT (\d+) ", d.log("neighbour"), re.M)]


def beside(d, words, limit, change="", least=17):
    """Run the sweep as a guest while its neighbour's heart beats; CHANGE: sed's, to its XML."""
    d.zl(f"create {FOLDER}/neighbour.xml")
    d.wait_log("neighbour", r"^HEARTBEAT \d+ ", 30, 3)
    before = beats(d)[-1]
    d.run(f"sed 's/seed=1 thin=64/{words}/{change}' {FOLDER}/sweep.xml >/tmp/sweep.xml; "
          "rm -f /var/log/zl/console/sweep.log")
    d.zl("create /tmp/sweep.xml")
    d.wait_log("sweep", VERDICT, limit)
    d.wait_gone("sweep", 20)
    verdict(d.log("sweep"), least)
    during = beats(d)[-1]
    assert during > before, "the neighbour stood still while the sweep ran"
    d.poll(lambda: beats(d)[-1] >= during + 3, 30, "the neighbour's heart goes on beating")
    assert not re.search(r"^FAILED.*|^GUEST TRAP.*", d.log("neighbour"), re.M), d.log("neighbour")
    assert not re.search(STOPPED, d.m.text)
    d.zl("destroy neighbour")
    d.wait_gone("neighbour", 10)


def test_beside_a_neighbour(dom0):
    beside(dom0, "seed=1 thin=64", 180)


# One vCPU: QEMU mixes up the banked registers of two 32-bit ones on a CPU (test_aarch32.py).
IN_A32 = "; s/sweep.img/sweep32.img/; s/aarch64/armv7l/; s/<vcpu>2/<vcpu>1/"
needs_a32 = pytest.mark.skipif(
    not os.path.exists(os.path.join(dom0_module.IMAGES, "sweep32.img")),
    reason="no sweep32.img: arm-linux-gnueabihf-gcc was not there")


@needs_a32
def test_a32_beside_a_neighbour(dom0):
    beside(dom0, "seed=1 thin=64", 180, IN_A32, 6)


@needs_a32
@pytest.mark.full
@pytest.mark.parametrize("seed", range(30, 34))
def test_a32_beside_a_neighbour_seeds(dom0, seed):
    beside(dom0, f"seed={seed} thin=8", 900, IN_A32, 6)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(20, 24))
def test_beside_a_neighbour_seeds(dom0, seed):
    beside(dom0, f"seed={seed} thin=16" + (" hammer" if seed & 1 else ""), 900)
