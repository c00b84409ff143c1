#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What it costs to build a guest with Debian's 33 MB kernel, and to write its core, by dom0 kernel:
hypercalls of dom0's kernel for the guest's pages and faults on them, in `zl create -p` and `zl
dump-core` on Zazen and in `xl create -p` on Debian's Xen.

The kernels are Debian's, our lean one without patches and with them (dom0-kernel-patches/build,
with and without --plain).  The table is printed and written into docs/performance.md.
"""
import argparse
import os
import re
import shutil
import sys
import tarfile
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench  # noqa: E402
import systems  # noqa: E402
import tools_bench  # noqa: E402
from systems import machine  # noqa: E402
import dom0 as dom0_module  # noqa: E402  (systems knows where)
import hvc  # noqa: E402

BEGIN = "<!-- map bench: begin (written by tests/bench/map_bench.py) -->"
END = "<!-- map bench: end -->"
LEAN = os.path.join(machine.OUT, "dom0-kernel")
KERNELS = {"Debian's": systems.LINUX, "lean, no patches": os.path.join(LEAN, "Image-plain"),
           "lean": os.path.join(LEAN, "Image")}
BOOT = "/var/lib/zl/boot"
XL_GUEST = (f"name = 'one'\nmemory = 128\nvcpus = 1\nkernel = '{BOOT}/Image'\n"
            f"ramdisk = '{BOOT}/initramfs.gz'\n")
# What is counted, in turn: the first makes the guest, and what ends it comes after the last.
WORDS = {"ours": (("zl -q create -p /root/t/one.xml", "zl -q dump-core one /tmp/core"),
                  "zl destroy one; rm /tmp/core"),
         "peer": (("xl create -e -p -q /root/t/one.cfg",), "xl destroy one")}


def overlay(path, system, tools):
    """dom0's overlay: the guest, and the tools of the system."""
    if system == "peer":
        tools_bench.peer_overlay(path)
    else:
        tarfile.open(path, "w", format=tarfile.USTAR_FORMAT).close()
    more = path + ".more"
    dom0_module.make_overlay(more, {"one.xml": dom0_module.linux_xml("one"), "one.cfg": XL_GUEST})
    with tarfile.open(path, "a", format=tarfile.USTAR_FORMAT) as t, tarfile.open(more) as m:
        for entry in m:
            t.addfile(entry, m.extractfile(entry))
        for name in os.listdir(tools) if tools and system == "ours" else ():
            t.add(os.path.join(tools, name), name)
    os.unlink(more)


class Counted(machine.Machine):
    def command(self):
        return [systems.QEMU] + super().command()[1:]


def measure(system, hypervisor, kernel, scratch, a):
    """For each command (its name, memory_op hypercalls, multicalls, all of dom0's; faults)."""
    path = os.path.join(scratch, "overlay.tar")
    overlay(path, system, a.tools)
    commands, destroy = WORDS[system]
    rows = []
    with Counted(hypervisor=hypervisor, smp=1, mem="2304M", dom0_mem="512M", icount=True,
                 seed=False, cntfrq=1000000000, overlay=path, dom0_kernel=kernel,
                 append="bootscrub=0", log=os.path.join(machine.OUT, "log", f"map-{system}.console"),
                 dom0_append="zazen.noservices" if system == "peer" else "") as m:
        m.wait_shell(300)
        d = dom0_module.Dom0(m)
        if system == "peer":
            for line in tools_bench.XEN_START.strip().splitlines():
                d.run(line, 60)
        for command in (*commands, destroy):  # its files are in memory from now on
            d.run(command, 120)
        for command in commands:
            calls = hvc.count(d, command, 300)
            faults = calls.pop(hvc.FAULTS, 0)
            rows.append((re.search("(create|dump-core)", command).group(),
                         calls["HYPERVISOR_memory_op"], calls["HYPERVISOR_multicall"],
                         sum(calls.values()), faults))
        d.run(destroy, 60)
    return rows


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hypervisor", default=os.path.join(machine.OUT, "zazen"))
    p.add_argument("--tools", metavar="FOLDER", help="make install's DESTDIR, if not dom0's own zl")
    p.add_argument("--kernel", action="append", default=[], metavar="NAME=FILE")
    p.add_argument("--only", choices=("ours", "peer"))
    p.add_argument("--no-write", action="store_true", help="leave docs/performance.md alone")
    a = p.parse_args()
    kernels = dict(k.split("=", 1) for k in a.kernel) or KERNELS
    rows = []
    for system in (a.only,) if a.only else ("ours", "peer"):
        for name, kernel in kernels.items():
            scratch = tempfile.mkdtemp(prefix="zazen-map-bench-")
            try:
                found = measure(system, machine.PEER if system == "peer" else a.hypervisor,
                                kernel, scratch, a)
            except machine.MachineFailure as e:
                print(f"map_bench: error: {e}", file=sys.stderr)
                return 1
            finally:
                shutil.rmtree(scratch)
            for command, *v in found:
                rows.append(f"| {'zl' if system == 'ours' else 'xl'} {command} | {name} | " +
                            " | ".join(f"{n:,}" if n else "-" for n in v) + " |")
                print(rows[-1], flush=True)
    lines = ["| command | dom0's kernel | memory_op | multicall | all hypercalls | faults |",
             "| --- | --- | ---: | ---: | ---: | ---: |"]
    lines += sorted(rows, key=lambda r: r.split(" | ")[0] != "| zl create")
    if not a.no_write:
        bench.write_document("\n" + "\n".join(lines) + "\n", BEGIN, END)
    return 0


if __name__ == "__main__":
    sys.exit(main())
