#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What zl and Debian's xl cost in dom0: list, create and destroy with 1, 16 and 64 guests present.

Both run in the same emulated machine with the same kernel and root, zl on Zazen with its daemons,
xl on Debian's Xen with Debian's, without the process that it leaves behind for each guest (-e);
guests are a small payload and stay paused.  Under -icount with a
counter of 1 GHz a nanosecond of CPU time is an instruction.  The table is printed and written into
docs/performance.md between its marks; the exit code is 1 when a goal is missed.
"""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import bench  # noqa: E402
import systems  # noqa: E402
from systems import machine  # noqa: E402

BEGIN = "<!-- tools bench: begin (written by tests/bench/tools_bench.py) -->"
END = "<!-- tools bench: end -->"
PEER_TOOLS = os.path.join(machine.OUT, "peer-tools")
XEN = "usr/lib/xen-4.17/bin"
COUNTS = [1, 16, 64]
FIGURES = ("own", "all", "hypercalls", "store", "syscalls", "processes")

ZL_GUEST = """<domain type='xen'><name>NAME</name><memory unit='MiB'>16</memory><vcpu>1</vcpu><os>
<type arch='aarch64' machine='xenpvh'>hvm</type><kernel>/run/job/guest.img</kernel></os></domain>
"""
XL_GUEST = "name = 'NAME'\nmemory = 16\nvcpus = 1\nkernel = '/run/job/guest.img'\n"
# Guests have files of their own, as an administrator's have.
SCRIPT = """
make() { sed "s/NAME/g$1/" guest.txt >/tmp/g$1; @CREATE@ /tmp/g$1 >/tmp/out 2>&1 </dev/null || { cat /tmp/out; echo FAILED; exit 1; }; }
say() { echo "COST $*" | tee -a /tmp/costs; }
@START@
i=0
for n in @COUNTS@; do
	while [ $i -lt $n ]; do make $i; i=$((i + 1)); done
	sed "s/NAME/extra/" guest.txt >/tmp/extra
	@LIST@ >/dev/null
	say list $n $(./cost @LIST@)
	@CREATE@ /tmp/extra >/dev/null 2>&1 && @DESTROY@ extra
	say create $n $(./cost -u "@DESTROY@ extra; sleep 2" @CREATE@ /tmp/extra)
	say destroy $n $(./cost -u "@CREATE@ /tmp/extra; sleep 2" @DESTROY@ extra)
	say nothing $n $(./cost /bin/true)
done
for k in 1 2 3 4 5 6 7 8; do cat /tmp/costs; sleep 1; done
"""
XEN_START = """
export PATH=/usr/lib/xen-4.17/bin:$PATH LD_LIBRARY_PATH=/usr/lib/xen-4.17/lib/aarch64-linux-gnu
mkdir -p /run/xen /var/lib/xen /var/log/xen /run/xenstored /etc/xen
: >/etc/xen/xl.conf
xenstored --pid-file /run/xenstored.pid >/dev/null 2>&1 </dev/null
xen-init-dom0 && xenconsoled
sleep 1
"""


def needed(path):
    out = subprocess.run(["aarch64-linux-gnu-readelf", "-d", path], capture_output=True,
                         text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", out)


def peer_overlay(path):
    """A tar with xl, its daemons and the libraries that they need."""
    libs = {os.path.basename(f): f for pattern in
            ("usr/lib/aarch64-linux-gnu/*.so*", "lib/aarch64-linux-gnu/*.so*",
             "usr/lib/xen-4.17/lib/**/*.so*") for f in
            glob.glob(os.path.join(PEER_TOOLS, pattern), recursive=True)}
    todo = [os.path.join(PEER_TOOLS, XEN, p) for p in
            ("xl", "xenstored", "xenconsoled", "xen-init-dom0", "libxl-save-helper")]
    done = set()
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT, dereference=True) as t:
        while todo:
            f = todo.pop()
            if f in done:
                continue
            done.add(f)
            t.add(f, os.path.relpath(f, PEER_TOOLS))
            todo += [libs[n] for n in needed(f) if n in libs]


def script(system):
    words = {"LIST": "zl list", "CREATE": "zl -q create -p", "DESTROY": "zl destroy",
             "START": "sleep 1"} if system == "ours" else \
            {"LIST": "xl list", "CREATE": "xl create -e -p -q", "DESTROY": "xl destroy",
             "START": XEN_START}
    text = SCRIPT
    for k, v in words.items():
        text = text.replace(f"@{k}@", v)
    return text.replace("@COUNTS@", " ".join(map(str, COUNTS)))


def measure(system, hypervisor, tools, cost, scratch, timeout):
    """{(what, guests): {figure: value}} of one system."""
    guest = os.path.join(scratch, "guest.txt")
    with open(guest, "w", encoding="utf-8") as f:
        f.write(ZL_GUEST if system == "ours" else XL_GUEST)
    job, overlay = os.path.join(scratch, "job.tar"), ""
    machine.make_job(job, script(system), [
        ("cost", cost), ("guest.txt", guest),
        ("guest.img", os.path.join(machine.OUT, "guests", "hello.img"))])
    if system == "peer":
        overlay = os.path.join(scratch, "overlay.tar")
        peer_overlay(overlay)
    elif tools:
        overlay = os.path.join(scratch, "overlay.tar")
        with tarfile.open(overlay, "w", format=tarfile.USTAR_FORMAT) as t:
            t.add(tools, "")

    class Bench(machine.Machine):
        def command(self):
            return [systems.QEMU] + super().command()[1:]

    # An idle CPU that zeroes free memory first would make each wait cost its whole time.
    with Bench(hypervisor=hypervisor, smp=1, mem="2304M", dom0_mem="512M", icount=True, seed=False,
               cntfrq=1000000000, job=job, overlay=overlay, append="bootscrub=0",
               dom0_append="zazen.noservices" if system == "peer" else "",
               log=os.path.join(machine.OUT, "log", f"tools-bench-{system}.console")) as m:
        m.expect(r"JOB-EXIT|Power down|ended: power off", timeout, f"the tools' bench on {system}")
        text = m.text
    found = {}
    # The hypervisor may print in between: each line comes often and has its sum.
    for what, n, line in re.findall(r"COST (\w+) (\d+) (own=.*)$", text, re.M):
        v = {k: int(x) for k, x in re.findall(r"(\w+)=(\d+)", line)}
        if set(v) != set(FIGURES) | {"exit", "sum"} or v["sum"] != sum(v[k] for k in FIGURES):
            continue
        if v["exit"]:
            raise machine.MachineFailure(f"{system}: {what} with {n} guests failed:\n{text[-2000:]}")
        found[what, int(n)] = v
    if len(found) != 4 * len(COUNTS):
        raise machine.MachineFailure(f"{system}: the script failed:\n{text[-3000:]}")
    return found


def everything(found, what, n):
    """Of all dom0, less what passes in the same time when a program does nothing."""
    nothing = found["nothing", n]
    return found[what, n]["all"] - (nothing["all"] - nothing["own"])


def table(ours, peer):
    """The table's lines, and the goals that are missed."""
    lines = ["| | guests | tool | instructions, own | of all dom0 | hypercalls | round trips to the store | "
             "system calls | processes |", "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    missed = []
    for what in ("list", "create", "destroy"):
        for n in COUNTS:
            for tool, f in (("xl", peer), ("zl", ours)):
                v = f.get((what, n))
                if not v:
                    continue  # not with so many guests
                shown = dict(v, all=everything(f, what, n))
                lines.append(f"| {what} | {n} | {tool} | " +
                             " | ".join(f"{shown[k]:,}" for k in FIGURES) + " |")
            if (what, n) not in ours or (what, n) not in peer:
                continue
            times = peer[what, n]["own"] / ours[what, n]["own"]
            every = everything(peer, what, n) / everything(ours, what, n)
            lines.append(f"| | | times better | {times:.1f} | {every:.1f} | | | | |")
            if times < 10 and what != "destroy":
                missed.append(f"{what} with {n} guests: {times:.1f} times less than xl, not 10")
    return lines, missed


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hypervisor", default=os.path.join(machine.OUT, "zazen"))
    p.add_argument("--cost", default=os.path.join(machine.OUT, "guests", "cost"), metavar="FILE",
                   help="the helper, tests/bench/tools/cost of the arm64 build")
    p.add_argument("--overlay", metavar="FOLDER",
                   help="tools of ours to lay over dom0's, as make install DESTDIR=FOLDER leaves them")
    p.add_argument("--only", choices=("ours", "peer"), help="print one system's figures")
    p.add_argument("--no-write", action="store_true", help="leave docs/performance.md alone")
    p.add_argument("--counts", help="guests present, by commas: 1,16,64")
    p.add_argument("--timeout", type=float, default=1800)
    a = p.parse_args()
    if a.counts:
        COUNTS[:] = [int(n) for n in a.counts.split(",")]
    found = {}
    for what in ("peer", "peer-tools"):
        if subprocess.call([os.path.join(HERE, "..", "setup", "fetch"), what]):
            return 1
    for system in (a.only,) if a.only else ("ours", "peer"):
        scratch = tempfile.mkdtemp(prefix="zazen-tools-bench-")
        try:
            found[system] = measure(system, machine.PEER if system == "peer" else a.hypervisor,
                                    a.overlay, a.cost, scratch, a.timeout)
        except machine.MachineFailure as e:
            print(f"tools_bench: error: {e}", file=sys.stderr)
            return 1
        finally:
            shutil.rmtree(scratch)
        for (what, n), v in sorted(found[system].items()):
            print(f"{system} {what} {n}: " + " ".join(f"{k}={v[k]}" for k in FIGURES), flush=True)
    if a.only:
        return 0
    lines, missed = table(found["ours"], found["peer"])
    print("\n".join(lines))
    if not a.no_write:
        bench.write_document("\n" + "\n".join(lines) + "\n", BEGIN, END)
    for m in missed:
        print(f"tools_bench: short of its goal: {m}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
