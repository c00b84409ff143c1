# SPDX-License-Identifier: GPL-2.0-or-later
"""Dom0 boots to its shell, with several CPU counts and memory sizes, and powers off cleanly."""
import re

import pytest

BAD = re.compile(r"(Kernel panic|Oops|BUG:|WARNING: CPU|Unable to handle|rcu.*stall"
                 r"|dom0: module \S+ was refused|services? .*failed)")


def check_dom0(d, cpus):
    assert d.run("nproc")[1].strip() == str(cpus)
    assert d.run("cat /sys/hypervisor/type")[1].strip() == "xen"
    assert "control_d" in d.run("cat /proc/xen/capabilities")[1]
    bad = BAD.findall(d.run("dmesg", timeout=40)[1]) + BAD.findall(d.m.text)
    assert not bad, f"dom0's log has {bad}"


@pytest.mark.parametrize("cpus", [1, pytest.param(2, marks=pytest.mark.full), 4])
def test_boot(boot, cpus):
    d = boot(smp=cpus)
    check_dom0(d, cpus)
    rows = d.rows()
    assert list(rows) == ["Domain-0"], "zl list of a fresh machine"
    assert int(rows["Domain-0"][3]) == cpus
    info = d.zl("info")[1]
    assert re.search(rf"^nr_cpus\s*: {cpus}$", info, re.M), info
    assert re.search(r"^xen_major\s*: 4$", info, re.M), info
    assert re.search(r"^boot_method\s*: devicetree$", info, re.M), info
    more = d.zl("info -x")[1]
    assert re.search(r"^xenstore_nodes\s*: \d+$", more, re.M), more
    assert re.search(rf"^Pool-0 +0(-{cpus - 1})? +credit2 +1 +\d+$", more, re.M), more
    # run() leaves out lines of the hypervisor's own, so they are counted there.
    assert int(d.run("zl dmesg | wc -l")[1]) >= 3, "the hypervisor's log is empty"
    kept = int(d.run("wc -l < /var/log/zl/hypervisor.log")[1])
    assert kept >= 3, "the hypervisor's log is not drained to a file"
    assert set(d.daemons()) == {"xenstored", "xenconsoled", "zl-monitord"}
    assert d.poweroff() == 0


@pytest.mark.full
def test_boot_without_kpti(boot):
    """Without a seed Linux leaves KPTI off and registers its runstate areas."""
    d = boot(seed=False)
    check_dom0(d, 2)
    assert d.poweroff() == 0


@pytest.mark.full
def test_boot_with_much_memory(boot):
    """More memory than lies below 4 GiB, and a large dom0."""
    d = boot(mem="6G", dom0_mem="2G")
    check_dom0(d, 2)
    total = int(re.search(r"^MemTotal:\s*(\d+)", d.run("cat /proc/meminfo")[1], re.M).group(1))
    assert total > 1800 * 1024
    assert d.poweroff() == 0
