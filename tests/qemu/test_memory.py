# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory and vCPUs of a stock Debian kernel: ballooned, pinned, capped, taken off and on."""
import re

from dom0 import FOLDER, READY

MACHINE = {"smp": 2, "mem": "1536M"}


def free_mib(d):
    """Memory that nobody has, in MiB."""
    return int(d.zl("info -s free_memory")[1].split()[0])


def start(d, name, memory, current=0, vcpus=1, online=0):
    """A Linux guest that is ready; memory in MiB."""
    sets = [f"name={name}", f"memory={memory}", f"vcpu={vcpus}"]
    if current:
        sets += [f"currentMemory={current * 1024}"]
    if online:
        sets += [f"vcpu@current={online}"]
    d.zl("create " + " ".join(f"--set {s}" for s in sets) + f" {FOLDER}/one.xml", timeout=60)
    d.zl(f"wait --for=console:/{READY}/ --timeout=90 {name}", timeout=100)


def test_balloon(dom0):
    """The guest gives memory back, which another one gets; it takes some again; figures."""
    d = dom0
    start(d, "big", 384)
    full = int(d.listed("big")[2])
    before = free_mib(d)
    out = d.zl("mem-set --wait --timeout=60 big 192", timeout=70)[1]
    assert "big: memory target 192 MiB" in out
    assert 191 <= int(d.listed("big")[2]) <= 194 and full >= 384
    assert free_mib(d) >= before + 180
    # What it gave back is another's; then there is not enough to take it again.
    room = free_mib(d) - 60
    start(d, "two", room)
    code, out = d.zl("mem-set big 384", check=False)
    assert code == 6 and re.search(r"it has 19\d MiB and would need 19\d MiB more, free \d+ MiB",
                                   out), out
    code, out = d.zl("mem-set big 500", check=False)
    assert code == 6 and "more than the 384 MiB it was started with" in out
    code, out = d.zl("mem-set 0 256", check=False)
    assert code == 5 and re.search(r"768 MiB lie at fixed places.*\d+ MiB are free", out), out
    d.zl("destroy two")
    d.wait_gone("two", 10)
    d.zl("mem-set --wait --timeout=60 big 320", timeout=70)
    assert 319 <= int(d.listed("big")[2]) <= 322
    # The guest sees it and may have no more than it was asked to.
    d.console("big")
    total = int(d.guest_run("big", "grep MemTotal /proc/meminfo")[1].split()[1])
    assert 230 * 1024 < total < 322 * 1024, total
    d.detach()
    d.zl("destroy big")
    d.wait_gone("big", 10)
    assert free_mib(d) >= before + 380


def test_starts_ballooned(dom0):
    """currentMemory below memory, and fewer vCPUs than it may have: so it is once it runs."""
    d = dom0
    start(d, "slim", 256, 160, 2, 1)
    d.poll(lambda: int(d.listed("slim")[2]) <= 162, 30, "the guest has given memory back")
    d.poll(lambda: int(d.listed("slim")[3]) == 1, 30, "the guest has one vCPU online")
    d.zl("mem-set --wait --timeout=60 slim 224", timeout=70)
    d.zl("mem-max slim 230")
    code, out = d.zl("mem-max slim 100", check=False)
    assert code == 7 and "less than its present target of 224 MiB" in out


def test_vcpus(dom0):
    """A vCPU is taken off by the tools and put on again, where they run, and how much."""
    d = dom0
    start(d, "pair", 128, vcpus=2)
    assert d.listed("pair")[3] == "2"
    d.zl("vcpu-set --wait --timeout=60 pair 1", timeout=70)
    assert re.search(r"^pair\s+\d+\s+1\s+-\s+--p\s", d.zl("vcpu-list pair")[1], re.M)
    d.zl("vcpu-set pair 2")
    # Linux on arm64 waits for somebody to say so inside.
    d.console("pair")
    d.guest_run("pair", "for i in 1 2 3 4 5 6 7 8; do echo 1 > "
                "/sys/devices/system/cpu/cpu1/online && break; sleep 1; done", timeout=60)
    assert "2" in d.guest_run("pair", "nproc")[1].split()
    d.detach()
    d.poll(lambda: d.listed("pair")[3] == "2", 20, "the guest has two vCPUs again")
    d.zl("vcpu-pin pair all 1")
    d.zl("vcpu-pin pair 1 - 0")
    rows = [l.split() for l in d.zl("vcpu-list pair")[1].splitlines() if l.startswith("pair ")]
    assert [r[-3:] for r in rows] == [["1", "/", "all"], ["1", "/", "0"]], rows
    d.console("pair")
    d.guest_run("pair", "i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); done")
    d.detach()
    rows = [l.split() for l in d.zl("vcpu-list pair")[1].splitlines() if l.startswith("pair ")]
    assert all(r[3] == "1" for r in rows), rows
    code, out = d.zl("vcpu-pin pair 0 7", check=False)
    assert code == 2 and "the host has 0 to 1" in out
    d.zl("sched-credit2 -d pair -w 512 -c 50")
    assert re.search(r"^pair\s+\d+\s+512\s+50$", d.zl("sched")[1], re.M)
    d.zl("shutdown -ww pair", timeout=60)
