# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernels of dom0-kernel-patches, for the tests that boot them: ./check --full builds them."""
import os

import machine

BUILD = os.path.join(machine.TOP, "dom0-kernel-patches", "build")


def kernel(name="dom0-kernel/Image"):
    """The path of an image below out/; a test that misses one fails and says how to make it."""
    path = os.path.join(machine.OUT, name)
    if not os.path.exists(path):
        plain = " --plain" if name.endswith("-plain") else ""
        raise machine.MachineFailure(f"no file {path}: run dom0-kernel-patches/build{plain}")
    return path
