# SPDX-License-Identifier: GPL-2.0-or-later
"""Hypercalls counted from outside, under any hypervisor: QEMU logs each exception, and the address
behind the HVC instruction says which of Linux's stubs it is in.  Faults of programs and of the kernel on
pages that they may not write to yet are counted beside them.

The machine must have one CPU: the log's lines of several would mix.
"""
import collections
import os
import re

# What Linux makes of SMCCC calls, for Spectre's sake at each entry from user space, has another number.
XEN_HVC = "ESR 0x16/0x5a000ea1"
# A data abort of EL0 or EL1 by rights, with the page there: what a first write to a clean page is.
RIGHTS = re.compile(r"ESR 0x2[45]/0x\w*[048c]f$")
FAULTS = "faults"


def stubs(d):
    """[(address, name)] of the functions of dom0's kernel around its stubs, sorted."""
    lines = d.run("grep -E -A1 ' T (HYPERVISOR_|privcmd_call)' /proc/kallsyms")[1].splitlines()
    found = sorted({(int(w[0], 16), w[2]) for w in map(str.split, lines) if len(w) >= 3})
    if not found or not found[-1][0]:
        d.fail("hypercalls are counted", "dom0's kernel does not tell its symbols")
    return found


def count(d, command, timeout=60):
    """Counter {stub: hypercalls} of dom0 while COMMAND runs in its shell, and FAULTS."""
    known = stubs(d)
    path = os.path.join(d.m.scratch, "exceptions")
    d.m.monitor(f"logfile {path}")
    d.m.monitor("log int")
    try:
        d.run(command, timeout)
    finally:
        d.m.monitor("log none")
    counts, call, fault = collections.Counter(), False, False
    with open(path, encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith("Taking exception"):
                call, fault = "[Hypervisor Call]" in line, "[Data Abort]" in line
            elif "ESR" in line:
                call = call and XEN_HVC in line
                counts[FAULTS] += bool(fault and RIGHTS.search(line.rstrip()))
            elif call and "ELR" in line:
                at = int(re.search(r"ELR (0x[0-9a-f]+)", line).group(1), 16)
                below = [name for address, name in known if address < at]
                counts[below[-1] if below else "?"] += 1
    os.unlink(path)
    return counts
