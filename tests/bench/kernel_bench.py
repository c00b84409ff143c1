#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What dom0 costs with Debian's kernel and with the one of dom0-kernel-patches: boot, memory, size.

Both boot on our hypervisor with the same root and services, on one CPU under -icount with a counter
of 1 GHz, where a nanosecond is an instruction.  The table is printed and written into
docs/performance.md between its marks; the exit code is 1 when a goal is missed.
"""
import argparse
import os
import re
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import bench  # noqa: E402
import systems  # noqa: E402
from systems import machine  # noqa: E402

BEGIN = "<!-- kernel bench: begin (written by tests/bench/kernel_bench.py) -->"
END = "<!-- kernel bench: end -->"
LEAN = os.path.join(machine.OUT, "dom0-kernel", "Image")
DOM0_MIB = 768
# The console loses a character now and then: each line comes more than once.
SCRIPT = r"""
boot=$(zl list --json Domain-0 | tr ',{' '\n\n' | sed -n 's/.*"cpu_time_ns": *//p')
first=$(dmesg | sed -n 's/^\[ *\([0-9.]*\)\].*Run \/init as init.*/\1/p')
set -- $(awk '/^(MemTotal|MemFree|MemAvailable|Slab|Percpu):/ {print $2}' /proc/meminfo)
for i in 1 2 3; do
	echo "KERNEL boot=$boot first=$first total=$1 free=$2 available=$3 slab=$4 percpu=$5 end"
done
"""
# Dom0's work at the end of which the guest runs; less memory than it takes ends in the OOM killer.
GUEST = r"""
zl create /usr/share/zl/examples/linux.xml && zl wait --for=console:/ZAZEN-GUEST-READY/ --timeout=120 linux1
"""
# (title, figure of a boot's values, what it is divided by, format, goal as a part of Debian's)
ROWS = (
    ("instructions from dom0's first to its shell", lambda v: v["boot"], "{:,.0f}", 3),
    ("of these, until the first program", lambda v: v["first"] * 1e9, "{:,.0f}", 0),
    (f"memory of {DOM0_MIB} MiB that is not to be had at the shell, MiB",
     lambda v: DOM0_MIB - v["available"] / 1024, "{:.1f}", 3),
    ("of these, kept from the start (image, page structures), MiB",
     lambda v: DOM0_MIB - v["total"] / 1024, "{:.1f}", 0),
    ("of these, slab caches, MiB", lambda v: v["slab"] / 1024, "{:.1f}", 0),
    ("Image, bytes", lambda v: v["size"], "{:,.0f}", 3),
)


def measure(kernel, hypervisor, log, words="", timeout=300, times=3):
    """{figure: value} of the shortest of so many boots with this kernel: the emulator's disk takes the
    time that the host gives it, and who waits has ticks to serve."""
    return min((boot(kernel, hypervisor, log, words, timeout) for _ in range(times)),
               key=lambda v: v["boot"])


def boot(kernel, hypervisor, log, words, timeout):
    """{figure: value} of one boot."""
    with tempfile.TemporaryDirectory(prefix="zazen-kernel-bench-") as scratch:
        job = os.path.join(scratch, "job.tar")
        machine.make_job(job, SCRIPT)

        class Bench(machine.Machine):
            def command(self):
                return [systems.QEMU] + super().command()[1:]

        # Without a seed for KASLR each boot is the same.  With none for random numbers Linux spins
        # until it has some.  An idle CPU that zeroes memory would make waits cost.
        with Bench(hypervisor=hypervisor, dom0_kernel=kernel, smp=1, mem="2G", job=job, icount=True,
                   dom0_mem=f"{DOM0_MIB}M", seed=False, cntfrq=1000000000, append="bootscrub=0",
                   tree={"chosen": {"rng-seed": bytes(range(1, 65))}}, dom0_append=words,
                   log=log) as m:
            m.expect(r"^ZAZEN-JOB-EXIT (\d+)", timeout, "dom0 boots and tells its figures")
            m.wait_exit(60)
            text = m.text
    hit = re.search(r"KERNEL boot=(\d+) first=([\d.]+) total=(\d+) free=(\d+) available=(\d+) "
                    r"slab=(\d+) percpu=(\d+) end", text)
    if not hit:
        raise machine.MachineFailure(f"no figures from dom0:\n{text[-2000:]}")
    names = ("boot", "first", "total", "free", "available", "slab", "percpu")
    return dict(zip(names, map(float, hit.groups())), size=os.path.getsize(kernel))


def starts_guest(kernel, hypervisor, mib, log):
    """Does a dom0 of so many MiB boot, and start a guest?"""
    with tempfile.TemporaryDirectory(prefix="zazen-kernel-bench-") as scratch:
        job = os.path.join(scratch, "job.tar")
        machine.make_job(job, GUEST)
        with machine.Machine(hypervisor=hypervisor, dom0_kernel=kernel, smp=1, job=job,
                             dom0_mem=f"{mib}M", log=log) as m:
            try:
                return m.expect(r"^ZAZEN-JOB-EXIT (\d+)", 120, "a guest starts").group(1) == "0"
            except machine.MachineFailure:
                return False


def smallest(kernel, hypervisor, log):
    """The least memory of dom0, in steps of 16 MiB, with which it starts a guest."""
    low, high = 1, 16
    while low < high:
        mid = (low + high) // 2
        low, high = (low, mid) if starts_guest(kernel, hypervisor, 16 * mid, log) else (mid + 1, high)
    return 16 * low


def table(stock, lean):
    """The table's lines, and the goals that are missed."""
    lines = ["| dom0 with | Debian's kernel | lean kernel | a part of | goal |",
             "| --- | ---: | ---: | ---: | ---: |"]
    missed = []
    least = [("dom0_mem= that starts a guest (a multiple of 16), MiB", lambda v: v["least"],
              "{:.0f}", 3)] if "least" in stock else []
    for title, figure, form, goal in (*ROWS, *least):
        s, l = figure(stock), figure(lean)
        lines.append(f"| {title} | {form.format(s)} | {form.format(l)} | 1/{s / l:.1f} | "
                     f"{f'1/{goal}' if goal else ''} |")
        if goal and l * goal > s:
            missed.append(f"{title}: {l / s:.2f} of Debian's, not 1/{goal}")
    return lines, missed


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hypervisor", default=os.path.join(machine.OUT, "zazen"))
    p.add_argument("--lean", default=LEAN, metavar="FILE", help="the kernel of our own")
    p.add_argument("--smallest", action="store_true",
                   help="look for the least memory that dom0 needs, too (minutes)")
    p.add_argument("--append", default="", metavar="WORDS", help="more words for its command line")
    p.add_argument("--no-write", action="store_true", help="leave docs/performance.md alone")
    a = p.parse_args()
    found = []
    try:
        for name, kernel, words in (("stock", systems.LINUX, ""), ("lean", a.lean, a.append)):
            log = os.path.join(machine.OUT, "log", f"kernel-bench-{name}.console")
            found.append(measure(kernel, a.hypervisor, log, words))
            if a.smallest:
                found[-1]["least"] = smallest(kernel, a.hypervisor, log)
    except machine.MachineFailure as e:
        print(f"kernel_bench: error: {e}", file=sys.stderr)
        return 1
    lines, missed = table(*found)
    print("\n".join(lines))
    if not a.no_write:
        bench.write_document("\n" + "\n".join(lines) + "\n", BEGIN, END)
    for m in missed:
        print(f"kernel_bench: short of its goal: {m}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
