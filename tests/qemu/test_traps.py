# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts of traps (sysctl perfc_op): what a payload does shows on the CPU where it does it, one for
one, on each CPU alike, and on one that was off meanwhile; nowhere else.  In dom0: zl stats.
"""
import json
import re

import pytest


@pytest.mark.parametrize("cpu,gic", [("cortex-a72", 3), ("cortex-a53", 2), ("max", 3)])
def test_counts(payload, cpu, gic):
    m = payload("traps", smp=2, mem="1G", dom0_mem="256M", append="dom0_max_vcpus=1", cpu=cpu,
                gic=gic, dom0_append=f"gic={gic}")
    m.expect(r"^(\d+) passed, (\d+) failed", 60, "the payload ends")
    assert not re.findall(r"^(?:FAILED|#) .*", m.text, re.M), m.text[-2000:]
    assert re.search(r"^17 passed, 0 failed", m.text, re.M), m.text[-2000:]


def traps(d):
    return json.loads(d.zl("--json stats")[1])["data"]["traps"]


def test_stats(dom0):
    """JSON and the exporter's text have the same counters, which only grow."""
    d = dom0
    first = traps(d)
    text = dict(re.findall(r'^zl_hypervisor_traps_total\{reason="(\w+)"\} (\d+)$',
                           d.zl("stats --format=prometheus")[1], re.M))
    last = traps(d)
    assert set(first) == set(text) == set(last) and len(first) == 17, (first, text)
    assert all(first[r] <= int(text[r]) <= last[r] for r in first), (first, text, last)
    assert last["hvc"] > first["hvc"] and last["serror"] == 0, last
