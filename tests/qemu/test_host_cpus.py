# SPDX-License-Identifier: GPL-2.0-or-later
"""Host CPUs go off and come back while guests and dom0 work; nobody is left on one that is off."""
import re

import pytest

from dom0 import FOLDER


def cpus(d):
    """{CPU: pool, or None if it is off} of zl cpu."""
    rows = re.findall(r"^ *(\d+) (online|offline) +(\S+)$", d.zl("cpu")[1], re.M)
    for _, state, pool in rows:
        assert (state == "offline") <= (pool == "-"), rows
    return {int(n): pool if state == "online" else None for n, state, pool in rows}


def places(d):
    """CPUs that vCPUs are on, of all domains."""
    rows = re.findall(r"^\S+ +\d+ +\d+ +(\d+|-) ", d.zl("vcpu-list")[1], re.M)
    assert len(rows) >= 6, rows
    return {int(r) for r in rows if r != "-"}


def ticks(d):
    """Timer interrupts that each of dom0's vCPUs has had."""
    return [int(n) for n in re.search(r"^ *\d+: ([\d ]+) GIC\S+ .*arch_timer$",
                                      d.run("cat /proc/interrupts")[1], re.M)[1].split()]


def works(d):
    """Every vCPU of dom0 gets its timer, its disk answers, both guests run."""
    before, t = ticks(d), [float(d.listed(n)[5]) for n in ("spin", "two")]
    d.run("dd if=/dev/vda of=/dev/null bs=64k count=64 iflag=direct 2>/dev/null || "
          "dd if=/dev/vda of=/dev/null bs=64k count=64", 60)
    d.poll(lambda: all(a > b for a, b in zip(ticks(d), before)), 20, "dom0's vCPUs have their timer")
    d.poll(lambda: all(float(d.listed(n)[5]) > b for n, b in zip(("spin", "two"), t)), 20,
           "the guests run")


def refused(d):
    for args, code, message in (("0", 7, "CPU 0 stays"), ("all", 7, "CPU 0 stays"),
                                ("4", 2, "there is no CPU 4"), ("x", 2, "not a list")):
        rc, out = d.zl(f"cpu offline {args}", check=False)
        assert rc == code and message in out, (args, rc, out)
    # The only CPU of a pool with a domain, and what the hypervisor itself says to that.
    d.zl("cpupool-cpu-remove Pool-0 2")
    d.zl("cpupool-create blue cpus=2")
    d.zl("cpupool-migrate two blue")
    rc, out = d.zl("cpu offline 2", check=False)
    assert rc == 7 and "need a CPU" in out, (rc, out)
    d.zl("cpupool-migrate two Pool-0")
    d.zl("cpu offline 2")
    rc, out = d.zl("cpupool-cpu-add Pool-0 2", check=False)
    assert rc == 7 and "CPU 2 is not free" in out, (rc, out)
    d.zl("cpupool-destroy blue")
    d.zl("cpu online 2")


@pytest.mark.parametrize("gic, rounds", [(3, 1), pytest.param(2, 3, marks=pytest.mark.full)])
def test_off_and_on(boot, gic, rounds):
    d = boot(smp=4, mem="1536M", gic=gic)
    assert cpus(d) == {n: "Pool-0" for n in range(4)}
    d.zl(f"create {FOLDER}/spin.xml")
    d.zl(f"create {FOLDER}/spin.xml name=two")
    d.zl("vcpu-pin spin 0 3")
    for _ in range(rounds):
        for n in (1, 2, 3):
            d.zl(f"cpu offline {n}")
            assert cpus(d)[n] is None and n not in places(d)
            assert d.zl("info -s nr_cpus")[1].split() == ["3"]
            assert d.zl("info -s free_cpus")[1].split() == ["0"]
            works(d)
            d.zl(f"cpu online {n}")
            assert cpus(d)[n] == "Pool-0"
    # What is pinned to one goes elsewhere, and comes back with it.
    assert " 3  r" in d.zl("vcpu-list spin")[1] or " 3   r" in d.zl("vcpu-list spin")[1]
    d.zl("cpu offline 1-3")
    assert places(d) == {0}
    works(d)
    d.zl("cpu online all")
    assert cpus(d) == {n: "Pool-0" for n in range(4)}
    d.poll(lambda: len(places(d)) > 2, 20, "the CPUs are used again")
    refused(d)
    works(d)
    assert "EL2 exception" not in d.zl("dmesg")[1]
    d.zl("destroy spin two")
