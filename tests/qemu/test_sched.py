# SPDX-License-Identifier: GPL-2.0-or-later
"""Weights divide a CPU: two spinning domains on one CPU, made by a payload that is dom0.

Under -icount with one CPU, dom0 asleep: a busy build machine takes no time from either of them,
and the shares are the same in each run. Periods and budgets do in a pool of rtds, beside Linux.
"""
import os
import re

import pytest

import dom0 as dom0_module
import machine
from conftest import HYPERVISOR, log_path
from dom0 import FOLDER

TOLERANCE = 0.03
MS = 2000


def shares(request, w0, w1, ms):
    """CPU time in ns of the two domains."""
    m = machine.Machine(
        hypervisor=HYPERVISOR, smp=1, mem="1G", dom0_mem="256M", dom0_initrd="", dom0_root="",
        dom0_kernel=os.path.join(dom0_module.IMAGES, "sched.img"), append="dom0_max_vcpus=1",
        dom0_append=f"w0={w0} w1={w1} ms={ms}", icount=True, log=log_path(request.node.nodeid))
    with m:
        m.expect(r"^SCHED-END", 120, "the sched payload ends")
        assert "SCHED-ERROR" not in m.text, m.text[-2000:]
        return [int(n) for n in re.findall(r"^SCHED domain=\d weight=\d+ ns=(\d+)", m.text, re.M)]


@pytest.mark.parametrize("w0,w1", [(256, 512), (100, 900),
                                   pytest.param(256, 256, marks=pytest.mark.full)])
def test_weights(request, w0, w1):
    a, b = shares(request, w0, w1, MS)
    assert a + b > 0.95e6 * MS, f"the CPU was idle: {a} + {b} ns in {MS} ms"
    ratio, wanted = b / a, w1 / w0
    assert abs(ratio / wanted - 1) <= TOLERANCE, f"shares {a} and {b} ns: 1 : {ratio:.3f}"


SCHED = ("<metadata><z:domain xmlns:z='urn:zazen:domain:1.0'><z:cpupool name='rt'/>"
         "<z:sched class='rtds' period='10000' budget='%d' extratime='no'/></z:domain></metadata>")


def parts(d, seconds):
    """What spin and two had of their CPU meanwhile, by the machine's clock."""
    def read():
        out = d.run("cut -d' ' -f1 /proc/uptime; zl list")[1].splitlines()
        rows = {l.split()[0]: float(l.split()[5]) for l in out[2:]}
        return float(out[0]), rows["spin"], rows["two"]
    first = read()
    d.run(f"sleep {seconds}", 60)
    passed, spin, two = (b - a for a, b in zip(first, read()))
    return spin / passed, two / passed


@pytest.mark.full
def test_budgets(boot):
    """
    Two busy guests in a pool of deadlines beside dom0's of weights: each has its budget.

    A build machine that is busy takes from both, and what one runs too long it owes: so it is never
    more, and less only by what was not given.
    """
    d = boot(smp=2, mem="1536M")
    d.zl("cpupool-cpu-remove Pool-0 1")
    d.zl("cpupool-create rt sched=rtds cpus=1")
    assert re.search(r"^Pool-0 +1 +credit2 .*\n(.*\n)*rt +1 +rtds ", d.zl("cpupool-list")[1], re.M)
    for name, budget in ("spin", 2000), ("two", 5000):
        d.run(f'sed "s|</name>|</name>{SCHED % budget}|" {FOLDER}/spin.xml >/tmp/{name}.xml')
        d.zl(f"create /tmp/{name}.xml name={name}")
    spin, two = parts(d, 8)
    assert 0.1 < spin < 0.22 and 0.3 < two < 0.52 and two > 1.6 * spin, (spin, two)
    # From now on; the rest of the CPU is for who may have more.
    d.zl("sched-rtds -d spin -b 4000")
    d.zl("sched-rtds -d two -p 20000 -b 2000 -e 1")
    rows = [l.split() for l in d.zl("sched-rtds")[1].splitlines()]
    assert [r[2:] for r in rows if r[0] in ("spin", "two")] == [
        ["10000", "4000", "no"], ["20000", "2000", "yes"]], rows
    spin, two = parts(d, 8)
    assert 0.2 < spin < 0.42 and two > 0.4, (spin, two)
    # To dom0's pool and back while it runs; it has a weight there.
    d.zl("cpupool-migrate spin Pool-0")
    assert d.zl("sched-rtds -d spin -b 1000", check=False)[0] == 5
    d.zl("sched-credit2 -d spin -w 100")
    d.zl("cpupool-migrate spin rt")
    assert re.search(r"^spin .* 10000 +4000 +no\s*$", d.zl("sched-rtds -d spin")[1], re.M)
    spin, two = parts(d, 4)
    assert 0.15 < spin < 0.45 and two > 0.4, (spin, two)
    for name in "spin", "two":
        d.zl(f"destroy {name}")
        d.wait_gone(name, 10)
    d.zl("cpupool-destroy rt")
    d.zl("cpupool-cpu-add Pool-0 all")
    assert re.search(r"^Pool-0 +2 +credit2 ", d.zl("cpupool-list")[1], re.M)
