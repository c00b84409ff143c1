# SPDX-License-Identifier: GPL-2.0-or-later
"""WFI, WFE, the lazy switch of translation registers, and caches, seen by a payload as dom0.

Two vCPUs and the domains beside them share one CPU under -icount, so what a waiting neighbour
costs is the same in each run.  QEMU never traps WFE; the payload says so and goes on.
"""
import os
import re

import dom0 as dom0_module
import machine
from conftest import HYPERVISOR, log_path


def test_waits(request):
    m = machine.Machine(
        hypervisor=HYPERVISOR, smp=1, mem="1G", dom0_mem="256M", dom0_initrd="", dom0_root="",
        dom0_kernel=os.path.join(dom0_module.IMAGES, "wfx.img"), append="dom0_max_vcpus=2",
        icount=True, log=log_path(request.node.nodeid))
    with m:
        m.expect(r"^\d+ passed, \d+ failed$", 120, "the wfx payload ends")
        assert not re.findall(r"^FAILED.*", m.text, re.M), m.text[-2000:]
        assert re.search(r"^17 passed, 0 failed$", m.text, re.M), m.text[-2000:]
