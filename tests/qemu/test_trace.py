# SPDX-License-Identifier: GPL-2.0-or-later
"""The trace: what a payload does is recorded where it does it, in that order, and who took turns with
it; off it costs nothing, before and after.
"""
import re

import pytest


def ends_well(m, n):
    m.expect(r"^(\d+) passed, (\d+) failed", 60, "the payload ends")
    assert not re.findall(r"^FAILED.*", m.text, re.M), m.text[-3000:]
    assert re.search(rf"^{n} passed, 0 failed", m.text, re.M), m.text[-3000:]


@pytest.mark.parametrize("cpu,gic", [("cortex-a72", 3), ("cortex-a53", 2), ("max", 3)])
def test_records(payload, cpu, gic):
    ends_well(payload("trace", smp=2, mem="1G", dom0_mem="256M", append="dom0_max_vcpus=1", cpu=cpu,
                      gic=gic, dom0_append=f"gic={gic}"), 36 if gic == 3 else 35)


def test_cost(payload):
    ends_well(payload("trace", smp=1, mem="1G", dom0_mem="256M", icount=True, dom0_append="cost"), 2)
