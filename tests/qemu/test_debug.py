# SPDX-License-Identifier: GPL-2.0-or-later
"""Debug, performance monitors and time, as a guest finds them: three payloads as dom0's kernel,
and a PMU for guests of dom0.

With one CPU and several vCPUs all of that state has to be switched.  Under -icount a run is the
same each time.
"""
import re

import pytest

import dom0 as dom0_module


def passes(m, timeout=60):
    """Wait for the payload's verdict; returns the number of cases."""
    hit = m.expect(r"^(\d+) passed, (\d+) failed", timeout, "the payload ends")
    failed = re.findall(r"^FAILED .*", m.text, re.M)
    assert hit.group(2) == "0" and not failed, "\n".join(failed)
    return int(hit.group(1))


def start(payload, name, vcpus, dom0_append, smp=1, append="", **changes):
    changes.setdefault("icount", smp == 1)
    return payload(name, smp=smp, mem="1G", dom0_mem="256M", dom0_append=dom0_append,
                   append=f"dom0_max_vcpus={vcpus} {append}", **changes)


@pytest.mark.parametrize("cpu,smp", [("cortex-a72", 1), ("max", 1), ("cortex-a53", 2)])
def test_debug(payload, cpu, smp):
    """Break- and watchpoints, single step, BRK; another vCPU's are not met."""
    m = start(payload, "debug", 2, "vcpus=2", smp, cpu=cpu)
    assert passes(m) >= 35


def test_debug_gicv2(payload):
    """Single step over the emulated interface of a GICv2."""
    assert passes(start(payload, "debug", 2, "vcpus=2", gic=2)) >= 35


def test_pmu_absent(payload):
    """Not asked for: every register is UNDEF, from EL1 and EL0."""
    assert passes(start(payload, "pmu", 1, "absent")) >= 9


@pytest.mark.parametrize("cpu,smp", [("cortex-a72", 1), ("max", 1), ("cortex-a72", 2)])
def test_pmu(payload, cpu, smp):
    """Counters count, interrupt at overflow, and belong to one vCPU."""
    words = "vcpus=2" + (" icount" if smp == 1 else "")
    assert passes(start(payload, "pmu", 2, words, smp, "dom0_vpmu=1", cpu=cpu)) >= 15


def test_pmu_not_on_this_host(payload):
    """A CPU without counters: the option is refused with a line, and nothing breaks."""
    m = start(payload, "hello", 1, "", append="dom0_vpmu=1", cpu="cortex-a53,pmu=off")
    m.expect(r"dom0_vpmu: not on this host", 30, "the option is refused")
    m.expect(r"^HELLO from dom0", 30, "dom0 runs")


@pytest.mark.parametrize("vcpus,smp,period", [(3, 1, 2000), (5, 2, 40000)])
def test_timers(payload, vcpus, smp, period):
    """Registers and extreme values; no tick lost or doubled with more vCPUs than CPUs."""
    exact = " exact" if smp == 1 else ""
    m = start(payload, "timer", vcpus, f"vcpus={vcpus} ticks=3000 period={period}{exact}", smp)
    assert passes(m, 120) >= 48
    total = int(re.search(r"^TICKS total=(\d+)", m.text, re.M).group(1))
    assert total == 2 * 3000 * vcpus


@pytest.mark.full
def test_a_million_ticks(payload):
    """A million timer interrupts of three vCPUs on one CPU: each comes once."""
    m = start(payload, "timer", 3, "many-only exact vcpus=3 ticks=170000")
    passes(m, 900)
    assert int(re.search(r"^TICKS total=(\d+)", m.text, re.M).group(1)) == 1020000


# ---- a guest of dom0's ----

MACHINE = {"smp": 2, "mem": "2G"}


def with_pmu(xml):
    """XML of a guest, and a PMU, on one line."""
    return xml.replace("<on_poweroff>", "<features><pmu state='on'/></features><on_poweroff>",
                       1).replace("\n", "")


def create(d, name, xml):
    d.run(f'echo "{xml}" >/tmp/{name}.xml')
    d.zl(f"create /tmp/{name}.xml")


def test_pmu_of_a_guest(dom0):
    """<pmu state='on'/>: counters, their node and their interrupt; its neighbour has none."""
    assert re.search(r"virt_caps.*\bvpmu\b", dom0.zl("info")[1])
    image = f"{dom0_module.FOLDER}/pmu.img"
    create(dom0, "pmu", with_pmu(dom0_module.guest_xml("pmu", image, vcpus=2, args="vcpus=2")))
    create(dom0, "nopmu", dom0_module.guest_xml("nopmu", image, args="absent").replace("\n", ""))
    dom0.wait_log("pmu", r"^15 passed, 0 failed", 60)
    dom0.wait_log("nopmu", r"^9 passed, 0 failed", 60)
    for name in ("pmu", "nopmu"):
        dom0.wait_gone(name, 20)


def test_pmu_of_linux(dom0):
    """A stock kernel's driver takes the counters."""
    xml = dom0_module.linux_xml("perf", vcpus=2).replace(" quiet", "")
    create(dom0, "perf", with_pmu(xml))
    dom0.wait_log("perf", r"hw perfevents: enabled with armv8_pmuv3", 60)
    dom0.wait_log("perf", dom0_module.READY, 60)
    dom0.zl("destroy perf")


def test_timers_of_a_guest(dom0):
    """Its virtual counter has an offset, and it shares CPUs with dom0."""
    create(dom0, "timer", dom0_module.guest_xml(
        "timer", f"{dom0_module.FOLDER}/timer.img", vcpus=3,
        args="vcpus=3 ticks=1000 period=60000").replace("\n", ""))
    found = dom0.wait_log("timer", r"^(\d+) passed, (\d+) failed", 90)
    assert found[0][1] == "0" and int(found[0][0]) >= 48, dom0.log("timer")
