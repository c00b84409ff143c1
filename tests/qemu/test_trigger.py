# SPDX-License-Identifier: GPL-2.0-or-later
"""SErrors for a guest, by domctl sendtrigger (`zl trigger DOM nmi`): pending while masked, over
switches of vCPUs, taken once, with the architecture's vector and syndrome; a WFI ends by one.
"""
import re

import pytest


@pytest.mark.parametrize("cpu,gic", [("cortex-a72", 3), ("cortex-a53", 3), ("max", 3)])
def test_serror(payload, cpu, gic):
    m = payload("serror", smp=1, mem="1G", dom0_mem="256M", append="dom0_max_vcpus=1", cpu=cpu,
                gic=gic, icount=True)
    m.expect(r"^(\d+) passed, (\d+) failed", 60, "the payload ends")
    assert not re.findall(r"^FAILED .*", m.text, re.M), m.text[-2000:]
    assert re.search(r"^16 passed, 0 failed", m.text, re.M), m.text[-2000:]
