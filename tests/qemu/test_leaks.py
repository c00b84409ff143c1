# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests come and go by the hundred; afterwards nothing is missing and nothing is left."""
import re
import time

import pytest

from dom0 import FOLDER

MACHINE = {"smp": 2, "mem": "2G"}
ROUNDS = 10
PER_ROUND = 10
LIVES = 200


def state(d):
    """Free memory, xenstore nodes, dom0's processes, loop devices, the daemons' open files."""
    d.run("sync")
    # The scrubber works in idle time: ask until two answers are the same.
    last = None
    def steady():
        nonlocal last
        now = re.search(r'"free_memory_bytes":\s*(\d+)', d.zl("--json info")[1])
        same = now and last and now.group(1) == last
        last = now.group(1) if now else None
        return same
    d.poll(steady, 20, "the hypervisor's free memory is steady")
    nodes = d.run("xenstore-ls -f / | sed 's/ = .*//'")[1].split("\n")
    # The kernel's own threads come and go as it likes.
    processes = sorted(" ".join(l.split()[2:]) for l in d.run("ps")[1].splitlines()
                       if re.match(r"\s*\d+ ", l) and not re.search(r"\[[^\]]+\]$|\bps\b", l))
    files = {n: d.run(f"ls /proc/{pid}/fd | wc -l")[1].strip() for n, pid in d.daemons().items()}
    loops = d.run("losetup -a")[1].split("\n")
    return {"free bytes": int(last), "processes": processes, "open files": files,
            "xenstore nodes": sorted(n for n in nodes if n.startswith("/")),
            "loop devices": sorted(l for l in loops if l.startswith("/dev/")),
            "run-time files": d.run("find /run/zl -type f | sort")[1]}


def settled(d):
    """The state that three looks in a row agree on: daemons hear of a guest's end later than zl."""
    looks = []
    for _ in range(20):
        looks = looks[-2:] + [state(d)]
        if len(looks) == 3 and looks[0] == looks[1] == looks[2]:
            break
        time.sleep(2)
    return looks[-1]


def test_hundred_guests(dom0):
    d = dom0
    # The first guest makes log files and caches; count from after it.
    d.zl(f"create {FOLDER}/hello.xml")
    d.zl("destroy hello")
    d.wait_gone("hello", 10)
    before = settled(d)
    loop = (f"for i in $(seq {PER_ROUND}); do zl create {FOLDER}/hello.xml >/dev/null && "
            "zl destroy hello || break; done")
    for i in range(ROUNDS):
        d.run(loop, timeout=90, step=f"guests {i * PER_ROUND} to {(i + 1) * PER_ROUND - 1}")
        assert list(d.rows()) == ["Domain-0"], f"after {(i + 1) * PER_ROUND} guests"
    after = settled(d)
    for what, was in before.items():
        assert after[what] == was, f"{what}: {was} before, {after[what]} after"


@pytest.mark.full
def test_two_hundred_lives(dom0):
    """A defined guest with a disk: started and destroyed, or started and gone by itself."""
    d = dom0
    d.run("dd if=/dev/zero of=/tmp/disk.img bs=1k count=256 2>/dev/null")
    disk = ("<devices><disk type=\\'file\\'><source file=\\'/tmp/disk.img\\'/>"
            "<target dev=\\'xvda\\' bus=\\'xen\\'/></disk></devices></domain>")
    for name in ("hello", "poweroff"):
        d.run(f"sed $'s|</domain>|{disk}|' {FOLDER}/{name}.xml > /tmp/{name}.xml && "
              f"zl define --replace /tmp/{name}.xml")
    lives = ("zl start hello >/dev/null && zl destroy hello && zl start poweroff >/dev/null && "
             "zl wait --for=gone --timeout=60 poweroff")
    d.run(lives, timeout=90)
    first = int(d.zl("--json create -p " + FOLDER + "/hello.xml")[1].split('"domid":')[1].split(
        ",")[0])
    d.zl("destroy hello")
    before = settled(d)
    for i in range(LIVES // 10):
        d.run(f"for i in 1 2 3 4 5; do {lives} || break; done", timeout=300,
              step=f"lives {i * 10} to {i * 10 + 9}")
        assert list(d.rows()) == ["Domain-0"], f"after {i * 10 + 10} lives"
    after = settled(d)
    for what, was in before.items():
        assert after[what] == was, f"{what}: {was} before, {after[what]} after"
    # Each life took one number, none is stuck.
    last = int(d.zl("--json create -p " + FOLDER + "/hello.xml")[1].split('"domid":')[1].split(
        ",")[0])
    assert last == first + LIVES + 1, (first, last)
    d.zl("destroy hello")
    d.zl("undefine hello poweroff")
