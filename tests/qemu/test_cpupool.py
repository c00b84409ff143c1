# SPDX-License-Identifier: GPL-2.0-or-later
"""CPU pools: a CPU is taken from dom0's pool, and guests are moved to it and back while they run."""
import re

import pytest

from dom0 import FOLDER

MACHINE = {"smp": 2, "mem": "1536M"}


def where(d, name):
    """CPUs that a domain's vCPUs are on."""
    rows = [l.split() for l in d.zl(f"vcpu-list {name}")[1].splitlines() if l.startswith(name)]
    return {r[3] for r in rows}


def refused(d, args, message):
    code, out = d.zl(args, check=False)
    assert code == 7 and message in out, (code, out)


@pytest.mark.full
def test_pool(dom0):
    d = dom0
    d.zl("cpupool-cpu-remove Pool-0 1")
    assert where(d, "Domain-0") == {"0"}
    refused(d, "cpupool-cpu-remove Pool-0 0", "need a CPU")
    assert d.zl("info -s free_cpus")[1].split() == ["1"]
    d.zl("cpupool-create blue cpus=1")
    d.zl(f"create {FOLDER}/spin.xml")
    assert where(d, "spin") == {"0"}
    d.zl("cpupool-migrate spin blue")
    assert where(d, "spin") == {"1"} and where(d, "Domain-0") == {"0"}
    before = float(d.listed("spin")[5])
    d.poll(lambda: float(d.listed("spin")[5]) > before + 1, 20, "it runs in its pool")
    # Born there; the two share the CPU, dom0 has its own.
    d.zl(f"create {FOLDER}/spin.xml name=two pool=blue")
    assert where(d, "two") == {"1"}
    assert re.search(r"^two .* blue$", d.zl("list -c")[1], re.M)
    refused(d, "cpupool-destroy blue", "it has 2 domains")
    refused(d, "cpupool-cpu-remove blue 1", "need a CPU")
    refused(d, "cpupool-cpu-add Pool-0 1", "CPU 1 is not free")
    refused(d, "cpupool-migrate 0 blue", "the control domain stays")
    assert d.zl("vcpu-pin spin all 0", check=False)[0] != 0
    # To and fro: each time it is where it was sent when zl ends.
    out = d.run("for i in 1 2 3; do for p in Pool-0 blue; do zl cpupool-migrate spin $p"
                " && zl vcpu-list spin | tail -n 1; done; done", 60)[1]
    assert [l.split()[3] for l in out.splitlines() if l.startswith("spin")] == ["0", "1"] * 3, out
    d.zl("destroy two")
    d.wait_gone("two", 10)
    d.zl("cpupool-migrate spin Pool-0")
    d.zl("cpupool-destroy blue")
    d.zl("cpupool-cpu-add Pool-0 all")
    assert re.search(r"^Pool-0\s+0-1$", d.zl("cpupool-list -c")[1], re.M)
    d.zl("destroy spin")
