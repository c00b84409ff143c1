#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One way through the hypervisor, stepped: instructions by function and by kind, from one exception
of the guest to its next one.

QEMU executes one instruction at a time and logs each address in the hypervisor.  Of the ways that
pass the function of --hit the most frequent one is shown.  docs/performance.md ("Floors") has the
figures of a switch: `path.py`, and `path.py --words switch=domains --mark timer_wfi`.
"""
import argparse
import collections
import os
import re
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import systems  # noqa: E402
from systems import machine  # noqa: E402

TEXT = "0x800000200000..0x800000280000"		# the image, as EL2 sees it
BARRIERS = ("isb", "dmb", "dsb")
BRANCHES = ("b", "bl", "blr", "br", "ret", "eret", "cbz", "cbnz", "tbz", "tbnz")


class Stepped(systems.Bench):
    """A machine of the bench that will log to a FIFO what it executes."""
    fifo = ""

    def command(self):
        return super().command() + ["-accel", "tcg,one-insn-per-tb=on", "-d", "nochain",
                                    "-D", self.fifo, "-dfilter", TEXT]


def disassemble(elf):
    """{address: (function, instruction)}, and where the vectors of lower levels begin."""
    tool = os.environ.get("OBJDUMP", "aarch64-linux-gnu-objdump")
    text = subprocess.run([tool, "-d", elf], check=True, capture_output=True, text=True).stdout
    code, function, vectors = {}, "", 0
    for line in text.splitlines():
        head = re.match(r"([0-9a-f]{16}) <(.*)>:", line)
        body = re.match(r"\s*([0-9a-f]+):\s+[0-9a-f]{8}\s+(.*)", line)
        if head:
            function = head.group(2)
            if function == "el2_vectors":
                vectors = int(head.group(1), 16)
        elif body:
            code[int(body.group(1), 16)] = (function, body.group(2).split("//")[0].strip())
    return code, range(vectors + 0x400, vectors + 0x800, 0x80)


def kind(instruction):
    op = instruction.split()[0]
    if op in ("mrs", "msr"):
        return "system"
    if op[:2] in ("ld", "st"):
        return "memory"
    if op in BARRIERS:
        return "barrier"
    return "branch" if op in BRANCHES or op.startswith("b.") else "other"


def collect(fifo, code, entries, hit, count, ways):
    """Read the log until COUNT ways passed HIT; append them to WAYS."""
    way = []
    with open(fifo, encoding="ascii") as f:
        for line in f:
            found = re.search(r"\[[0-9a-f]+/([0-9a-f]+)/", line)
            if not found:
                continue
            pc = int(found.group(1), 16)
            if pc in entries:
                if any(code.get(a, ("",))[0] == hit for a in way):
                    ways.append(tuple(way))
                    if len(ways) == count:
                        return
                way = []
            way.append(pc)


def show(way, code, listing):
    total, parts = collections.Counter(), []
    for pc in way:
        function, instruction = code.get(pc, ("?", "?"))
        if listing:
            print(f"{pc:x} {function:24} {instruction}")
        if not parts or parts[-1][0] != function:
            parts.append((function, collections.Counter()))
        parts[-1][1][kind(instruction)] += 1
        total[kind(instruction)] += 1
    for function, kinds in parts + [("all", total)]:
        print(f"{sum(kinds.values()):5} {function:24} " +
              " ".join(f"{k} {n}" for k, n in sorted(kinds.items())))


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hypervisor", default=os.path.join(machine.OUT, "zazen"),
                   help="with its .elf beside it")
    p.add_argument("--payload", default=systems.PAYLOAD)
    p.add_argument("--words", default="switch=vcpus")
    p.add_argument("--cpus", type=int, default=1)
    p.add_argument("--mark", default="START", help="step from this line of the bench on")
    p.add_argument("--hit", default="sched_switch", metavar="FUNCTION")
    p.add_argument("--count", type=int, default=1000, help="ways to look at")
    p.add_argument("--listing", action="store_true", help="each instruction too")
    a = p.parse_args()
    code, entries = disassemble(a.hypervisor + ".elf")
    vcpus = 2 if "vcpus" in a.words else a.cpus
    ways = []
    m = Stepped("ours", systems.Run(a.cpus, vcpus, a.words), a.payload, a.hypervisor, "")
    m.fifo = os.path.join(m.scratch, "steps")
    os.mkfifo(m.fifo)
    reader = threading.Thread(target=collect, daemon=True,
                              args=(m.fifo, code, entries, a.hit, a.count, ways))
    reader.start()
    with m:
        m.expect(f"^BENCH[- ]{a.mark}", 120, "the bench comes to where stepping begins")
        m.monitor("log exec,nochain")
        reader.join(300)
    if not ways:
        print(f"path: nothing passed {a.hit}", file=sys.stderr)
        return 1
    best, times = collections.Counter(ways).most_common(1)[0]
    print(f"{times} of {len(ways)} ways past {a.hit} are this one:")
    show(best, code, a.listing)
    return 0


if __name__ == "__main__":
    sys.exit(main())
