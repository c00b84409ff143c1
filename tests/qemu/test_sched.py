# SPDX-License-Identifier: GPL-2.0-or-later
"""Weights divide a CPU: two spinning domains on one CPU, made by a payload that is dom0.

Under -icount with one CPU, dom0 asleep: a busy build machine takes no time from either of them,
and the shares are the same in each run.
"""
import os
import re

import pytest

import dom0 as dom0_module
import machine
from conftest import HYPERVISOR, log_path

TOLERANCE = 0.03
MS = 2000


def shares(request, w0, w1, ms):
    """CPU time in ns of the two domains."""
    m = machine.Machine(
        hypervisor=HYPERVISOR, smp=1, mem="1G", dom0_mem="256M", dom0_initrd="", dom0_root="",
        dom0_kernel=os.path.join(dom0_module.IMAGES, "sched.img"), append="dom0_max_vcpus=1",
        dom0_append=f"w0={w0} w1={w1} ms={ms}", icount=True, log=log_path(request.node.nodeid))
    with m:
        m.expect(r"^SCHED-END", 120, "the sched payload ends")
        assert "SCHED-ERROR" not in m.text, m.text[-2000:]
        return [int(n) for n in re.findall(r"^SCHED domain=\d weight=\d+ ns=(\d+)", m.text, re.M)]


@pytest.mark.parametrize("w0,w1", [(256, 512), (256, 256), (100, 900)])
def test_weights(request, w0, w1):
    a, b = shares(request, w0, w1, MS)
    assert a + b > 0.95e6 * MS, f"the CPU was idle: {a} + {b} ns in {MS} ms"
    ratio, wanted = b / a, w1 / w0
    assert abs(ratio / wanted - 1) <= TOLERANCE, f"shares {a} and {b} ns: 1 : {ratio:.3f}"
