# SPDX-License-Identifier: GPL-2.0-or-later
"""What Xen 4.17 answered (tests/abi/golden-xen-4.17.csv), asked again.

golden_probe runs in dom0 without the toolstack's daemons.  A row that differs must be listed in
golden-differences.csv with what we answer (a regular expression) and why; a listed row that does
not differ any more fails too, so that the list stays true.
"""
import csv
import os
import re

import machine
from conftest import HYPERVISOR, log_path

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(machine.TOP, "tests", "abi", "golden-xen-4.17.csv")
DIFFERENCES = os.path.join(HERE, "golden-differences.csv")
PROBE = os.path.join(machine.OUT, "guests", "golden_probe")


def rows(lines):
    """[(probe, observed)]; a probe's name comes several times when it is asked again."""
    return [(r[0], r[1]) for r in csv.reader(lines) if len(r) >= 2]


def ask(request, tmp_path):
    job = str(tmp_path / "job.tar")
    machine.make_job(job, "chmod +x golden_probe; exec ./golden_probe\n", [("golden_probe", PROBE)])
    m = machine.Machine(hypervisor=HYPERVISOR, smp=2, mem="2G", dom0_mem="768M", job=job,
                        append="dom0_max_vcpus=2 loglvl=all guest_loglvl=all",
                        dom0_append="zazen.noservices", log=log_path(request.node.nodeid))
    with m:
        m.expect(r"^GOLDEN-END", 120, "golden_probe runs in dom0")
        return rows(l[len("GOLDEN "):] for l in m.text.splitlines() if l.startswith("GOLDEN "))


def test_golden(request, tmp_path):
    with open(GOLDEN, encoding="utf-8") as f:
        wanted = rows(f)[1:]
    with open(DIFFERENCES, encoding="utf-8") as f:
        listed = {r[0]: (r[1], r[2]) for r in csv.reader(l for l in f if not l.startswith("#"))
                  if len(r) == 3}
    got = ask(request, tmp_path)
    assert len(got) == len(wanted), f"{len(got)} rows, {len(wanted)} were expected"
    faults, used = [], set()
    if machine.is_peer(HYPERVISOR):  # it needs to be told its UART
        listed["cmdline"] = (".*", "")
    for (name, golden), (asked, observed) in zip(wanted, got):
        if name != asked and name not in listed:
            faults.append(f"asked {asked!r} where {name!r} was expected")
        elif golden != observed:
            used.add(name)
            regex = listed.get(name, ("(not listed)", ""))[0]
            if not re.fullmatch(regex, observed):
                faults.append(f"{name}: Xen {golden!r}, here {observed!r}, listed {regex!r}")
    if not machine.is_peer(HYPERVISOR):
        faults += [f"{name} is listed as different but is not" for name in sorted(set(listed) - used)]
    assert not faults, "\n".join(faults)
