#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions per operation, ours and Debian's Xen side by side in one run.

The same EL1 payload (tests/guest/bench) runs as dom0's kernel on both, on one emulated CPU under
-icount with a counter of 1 GHz: a tick is an instruction, and the figures are the same in each
run.  The table is printed and written into docs/performance.md between its two marks.  The exit
code is 1 when a row is not at least BAR times better than the peer's.
"""
import argparse
import os
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "qemu"))
import machine  # noqa: E402

BAR = 4.0
BEGIN = "<!-- bench: begin (written by make bench) -->"
END = "<!-- bench: end -->"
DOCUMENT = os.path.join(machine.TOP, "docs", "performance.md")
# Row of the plan, name of the payload's line, what it is, goal in instructions.
ROWS = (
    ("1", "null_hypercall", "null hypercall `xen_version`", 42),
    ("2", "unknown_hypercall", "unknown hypercall, -ENOSYS", 37),
    ("3", "id_register", "ID-register read (`ID_AA64MMFR0_EL1`)", 43),
    ("4", "psci_version", "`PSCI_VERSION` by HVC #0", 47),
    ("5", "gicd_typer", "`GICD_TYPER` read", 75),
    ("6", "gicr_waker", "`GICR_WAKER` read", 75),
    ("7", "self_sgi", "self-IPI: SGI1R write to handler's end", 111),
    ("8", "pending_sgi", "SGI to self, already pending", 97),
    ("12", "switch_vcpus", "vCPU switch by yield, one domain", 380),
    ("12", "switch_domains", "vCPU switch by yield, two domains", 380),
)


def measure(hypervisor, payload, vcpus, words, log):
    """Boot PAYLOAD as dom0's kernel; returns ({name: (min, median, max, n)}, console text)."""
    m = machine.Machine(
        hypervisor=hypervisor, smp=1, mem="1G", dom0_mem="256M", dom0_kernel=payload,
        dom0_initrd="", dom0_root="", dom0_append=words, append=f"dom0_max_vcpus={vcpus}",
        icount=True, cntfrq=1000000000, seed=False, log=log)
    with m:
        m.expect(r"^BENCH-START", 60, "the bench payload starts")
        m.expect(r"^BENCH-END", 120, "the bench payload ends")
        m.wait_exit(20)
        found = {}
        for hit in re.finditer(r"^BENCH (\w+) n=(\d+) min=(\d+) med=(\d+) max=(\d+) unit=insn$",
                               m.text, re.M):
            found[hit.group(1)] = tuple(int(hit.group(i)) for i in (3, 4, 5, 2))
        for line in re.findall(r"^BENCH-ERROR.*$", m.text, re.M):
            print(f"bench: {os.path.basename(hypervisor)}: {line}", file=sys.stderr)
        return found, m.text


def both_settings(title, hypervisor, payload):
    """All rows of one hypervisor: dom0 with one vCPU, then with two for the switch."""
    print(f"bench: {title} ...", flush=True)
    start = time.monotonic()
    name = re.sub(r"\W+", "-", title)
    figures, text = measure(hypervisor, payload, 1, "switch=domains",
                            os.path.join(machine.OUT, "log", f"bench-{name}-1.log"))
    more, _ = measure(hypervisor, payload, 2, "switch=vcpus",
                      os.path.join(machine.OUT, "log", f"bench-{name}-2.log"))
    if "switch_vcpus" in more:
        figures["switch_vcpus"] = more["switch_vcpus"]
    print(f"bench: {title}: {len(figures)} figures in {time.monotonic() - start:.0f} s")
    return figures, text


def versions(peer_text):
    qemu = subprocess.run([machine.QEMU, "--version"], check=True, capture_output=True,
                          text=True).stdout.splitlines()[0]
    m = re.search(r"Xen version (\S+) \(Debian (\S+)\)", peer_text)
    return qemu, f"Xen {m.group(1)} (Debian {m.group(2)})" if m else "Xen 4.17"


def table(ours, peer, peer_name):
    """Markdown rows, and the names of the rows below the bar."""
    lines = [f"| # | operation | {peer_name} | Zazen | times better | goal |",
             "| --- | --- | ---: | ---: | ---: | ---: |"]
    short = []
    for row, name, what, goal in ROWS:
        a, b = peer.get(name), ours.get(name)
        if not a or not b:
            short.append(f"{name}: no figure on {'the peer' if not a else 'ours'}")
            lines.append(f"| {row} | {what} | {a[1] if a else '-'} | {b[1] if b else '-'} | - | {goal} |")
            continue
        ratio = a[1] / max(b[1], 1)
        if ratio < BAR:
            short.append(f"{name}: {ratio:.2f} times")
        lines.append(f"| {row} | {what} | {a[1]:,} | {b[1]:,} | {ratio:.1f} | {goal} |")
    return lines, short


def write_document(block):
    head = ("# Performance\n\nRetired instructions per operation, counted under QEMU's `-icount`; "
            "a regression is a fact,\nnot noise.\n\n")
    text = head + BEGIN + "\n" + END + "\n"
    if os.path.exists(DOCUMENT):
        with open(DOCUMENT, encoding="utf-8") as f:
            text = f.read()
    if BEGIN not in text or END not in text:
        text = text.rstrip() + f"\n\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    with open(DOCUMENT + ".new", "w", encoding="utf-8") as f:
        f.write(before + BEGIN + "\n" + block + "\n" + END + after)
    os.replace(DOCUMENT + ".new", DOCUMENT)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hypervisor", default=os.path.join(machine.OUT, "zazen"))
    p.add_argument("--payload", default=os.path.join(machine.OUT, "guests", "bench.img"))
    p.add_argument("--no-write", action="store_true", help="leave docs/performance.md alone")
    a = p.parse_args()
    if subprocess.call([os.path.join(HERE, "..", "setup", "fetch"), "peer"]):
        return 1
    try:
        peer, text = both_settings("the peer", machine.PEER, a.payload)
        ours, _ = both_settings("ours", a.hypervisor, a.payload)
    except machine.MachineFailure as e:
        print(f"bench: error: {e}", file=sys.stderr)
        return 1
    qemu, peer_name = versions(text)
    lines, short = table(ours, peer, peer_name)
    note = (f"{qemu}, `-M virt,gic-version=3,virtualization=on -smp 1 -cpu "
            "cortex-a72,cntfrq=1000000000`,\n`-icount shift=0,sleep=off`; one EL1 payload "
            "(`tests/guest/bench`, MMU off) as dom0's kernel on both.\nMedian of 1,001 single "
            "operations (4,000 for the switches), without the guest's own loop.\n")
    print("\n".join(lines))
    if not a.no_write:
        write_document(note + "\n" + "\n".join(lines) + "\n")
    for s in short:
        print(f"bench: below the bar of {BAR:g}: {s}", file=sys.stderr)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
