# SPDX-License-Identifier: GPL-2.0-or-later
"""Hypercalls counted from outside, under any hypervisor: QEMU logs each exception, and the address
behind the HVC instruction says which of Linux's stubs it is in.

The machine must have one CPU: the log's lines of several would mix.
"""
import collections
import os
import re

# What Linux makes of SMCCC calls, for Spectre's sake at each entry from user space, has another number.
XEN_HVC = "ESR 0x16/0x5a000ea1"


def stubs(d):
    """[(address, name)] of the functions of dom0's kernel around its stubs, sorted."""
    lines = d.run("grep -E -A1 ' T (HYPERVISOR_|privcmd_call)' /proc/kallsyms")[1].splitlines()
    found = sorted({(int(w[0], 16), w[2]) for w in map(str.split, lines) if len(w) >= 3})
    if not found or not found[-1][0]:
        d.fail("hypercalls are counted", "dom0's kernel does not tell its symbols")
    return found


def count(d, command, timeout=60):
    """Counter {stub: hypercalls} of dom0 while COMMAND runs in its shell."""
    known = stubs(d)
    path = os.path.join(d.m.scratch, "exceptions")
    d.m.monitor(f"logfile {path}")
    d.m.monitor("log int")
    try:
        d.run(command, timeout)
    finally:
        d.m.monitor("log none")
    counts, call = collections.Counter(), False
    with open(path, encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith("Taking exception"):
                call = "[Hypervisor Call]" in line
            elif "ESR" in line:
                call = call and XEN_HVC in line
            elif call and "ELR" in line:
                at = int(re.search(r"ELR (0x[0-9a-f]+)", line).group(1), 16)
                below = [name for address, name in known if address < at]
                counts[below[-1] if below else "?"] += 1
    os.unlink(path)
    return counts
