# SPDX-License-Identifier: GPL-2.0-or-later
"""A hundred guests come and go; afterwards nothing is missing and nothing is left."""
import re
import time

from dom0 import FOLDER

MACHINE = {"smp": 2, "mem": "2G"}
ROUNDS = 10
PER_ROUND = 10


def state(d):
    """Free memory, xenstore nodes, dom0's processes and the daemons' open files."""
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
    nodes = int(d.run("xenstore-ls / | wc -l")[1].split()[-1])
    # The kernel's own threads come and go as it likes.
    processes = sorted(" ".join(l.split()[2:]) for l in d.run("ps")[1].splitlines()
                       if re.match(r"\s*\d+ ", l) and not re.search(r"\[[^\]]+\]$|\bps\b", l))
    files = {n: d.run(f"ls /proc/{pid}/fd | wc -l")[1].strip() for n, pid in d.daemons().items()}
    return {"free bytes": int(last), "xenstore nodes": nodes, "processes": processes,
            "open files": files}


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
