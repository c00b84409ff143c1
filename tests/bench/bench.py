#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions per operation: ours, Debian's Xen, KVM and the bare machine in one run.

The same EL1 payload (tests/guest/bench) runs on all four of them (systems.py), under -icount with
a counter of 1 GHz: a tick is an instruction, and the figures are the same in each run.  The table
is printed and written into docs/performance.md between its two marks; nothing else there is
touched.  The exit code is 1 when a numbered row is not at least BAR times better than the peer's;
rows over their goal are named.
"""
import argparse
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import systems  # noqa: E402
from systems import machine  # noqa: E402

BAR = 4.0
BEGIN = "<!-- bench: begin (written by make bench) -->"
END = "<!-- bench: end -->"
DOCUMENT = os.path.join(machine.TOP, "docs", "performance.md")
SYSTEMS = ("bare", "kvm", "peer", "ours")
# Row of the plan, name of the payload's line, what it is, goal in instructions.
ROWS = (
    ("1", "null_hypercall", "null hypercall `xen_version`", 42),
    ("2", "unknown_hypercall", "unknown hypercall, -ENOSYS", 37),
    ("3", "id_register", "ID-register read (`ID_AA64MMFR0_EL1`)", 43),
    ("", "midr", "`MIDR_EL1` read, not trapped", 1),
    ("", "mpidr", "`MPIDR_EL1` read, not trapped", 1),
    ("4", "psci_version", "`PSCI_VERSION` by HVC #0", 47),
    ("5", "gicd_typer", "`GICD_TYPER` read", 75),
    ("6", "gicr_waker", "`GICR_WAKER` read", 75),
    ("", "uart_fr", "emulated UART, `UARTFR` read", 75),
    ("7", "self_sgi", "self-IPI: SGI1R write to handler's end", 111),
    ("8", "pending_sgi", "SGI to self, already pending", 97),
    ("", "ipi_running", "IPI to a vCPU that runs, SGI1R write to its handler", 165),
    ("", "ipi_sleeping", "IPI to a vCPU in WFI, to its next instruction", 450),
    ("", "timer_now", "virtual timer set to now, to its handler", 110),
    ("", "timer_wfi", "virtual timer ends a WFI, from when it is due", 430),
    ("", "first_touch", "first touch of a 4 KiB page", 1),
    ("", "first_write", "first write to a 4 KiB page since it was asked for", None),
    ("", "take_dirty", "asking for it, a page that was written", None),
    ("12", "switch_vcpus", "vCPU switch by yield, one domain (TVM on)", 380),
    ("12", "switch_domains", "vCPU switch by yield, two domains (TVM on)", 380),
    ("", "switch_vcpus_ttbr", "one domain, both write TTBR0_EL1 each time (TVM drops out)", None),
    ("", "switch_domains_ttbr", "two domains, the same", None),
    ("", "switch_vcpus_seldom", "one domain, both write it every 16th time (TVM adapts)", None),
    ("", "switch_domains_seldom", "two domains, the same", None),
    ("", "switch_vcpus_simd", "one domain, both use SIMD each time (else: never)", None),
    ("", "switch_domains_simd", "two domains, the same", None),
    ("", "switch_beside_simd", "two domains, the same, on `-cpu max`, which has more to move", None),
    ("", "switch_beside_sve", "one of them uses SVE of 256 bits in place of SIMD", None),
)
# What the architecture alone makes of it: there is no ratio.
NO_RATIO = {"midr", "mpidr", "first_touch"}
# Xen on Arm does not note what a domain writes, and 4.17 has no SVE.
OURS_ALONE = {"first_write", "take_dirty", "switch_beside_simd", "switch_beside_sve"}


def all_runs(system, payload, hypervisor, words="", options=""):
    """All figures of one system, told some more words or options, and its last console's text."""
    print(f"bench: {system} ...", flush=True)
    start, figures, text = time.monotonic(), {}, ""
    for i, run in enumerate(systems.runs(system)):
        log = os.path.join(machine.OUT, "log", f"bench-{system}-{i + 1}.log")
        run.words += words
        run.options += options
        found, text = systems.measure(system, run, payload, hypervisor, log)
        figures.update(found)
    print(f"bench: {system}: {len(figures)} figures in {time.monotonic() - start:.0f} s")
    return figures, text


def number(figures, name):
    return f"{figures[name][1]:,}" if name in figures else "-"


def table(figures, peer_name, kvm_name):
    """Markdown rows, what is to be said of rows below the bar, and of those over their goal."""
    lines = [f"| # | operation | bare | KVM, {kvm_name} | {peer_name} | Zazen | times better | goal |",
             "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    short, over = [], []
    for row, name, what, goal in ROWS:
        peer, ours = figures["peer"].get(name), figures["ours"].get(name)
        ratio = "-"
        if not ours or not (peer or name in OURS_ALONE):
            short.append(f"{name}: no figure of {'ours' if peer else 'the peer'}")
        elif name not in NO_RATIO | OURS_ALONE:
            times = peer[1] / max(ours[1], 1)
            ratio = f"{times:.1f}"
            if row and times < BAR:
                short.append(f"{name}: {times:.2f} times")
        if goal and ours and ours[1] > goal:
            over.append(f"{name}: {ours[1]}, goal {goal}")
        cells = [number(figures[s], name) for s in SYSTEMS]
        lines.append(f"| {row} | {what} | {' | '.join(cells)} | {ratio} | {goal or '-'} |")
    return lines, short, over


def write_document(block, begin=BEGIN, end=END):
    head = ("# Performance\n\nRetired instructions per operation, counted under QEMU's `-icount`; "
            "a regression is a fact,\nnot noise.\n\n")
    text = head + begin + "\n" + end + "\n"
    if os.path.exists(DOCUMENT):
        with open(DOCUMENT, encoding="utf-8") as f:
            text = f.read()
    if begin not in text or end not in text:
        text = text.rstrip() + f"\n\n{begin}\n{end}\n"
    before, rest = text.split(begin, 1)
    after = rest.split(end, 1)[1]
    with open(DOCUMENT + ".new", "w", encoding="utf-8") as f:
        f.write(before + begin + "\n" + block + "\n" + end + after)
    os.replace(DOCUMENT + ".new", DOCUMENT)


def note():
    return (f"{systems.qemu_version()}, `-M virt,gic-version=3,virtualization=on -cpu "
            f"{systems.CPU}`,\n`-icount shift=0,sleep=off`; `-smp 2` for the two rows of IPIs between "
            "CPUs, else `-smp 1`. One EL1 payload (`tests/guest/bench`,\nMMU off): dom0's kernel on "
            "Zazen and on Xen, the guest of a minimal VMM (`tests/bench/kvm`, GICv3 of the kernel, "
            "UART in\nuser space) on KVM, alone without `virtualization=on` in the column \"bare\". "
            "Median of 1,001 single operations (201\nof those that sleep, 255 of the UART, mean of "
            "4,000 switches), without the guest's own loop. A domU reads the UART on Zazen and Xen.\n"
            "On KVM memory comes when it is touched.\n")


def fetch():
    """The peer, and QEMU 10 where it is to be had."""
    script = os.path.join(HERE, "..", "setup", "fetch")
    if subprocess.call([script, "peer"]):
        return False
    if not os.path.exists(systems.tree.QEMU10) and subprocess.call([script, "qemu10"]):
        print("bench: no QEMU 10: rows between two CPUs may miss", file=sys.stderr)
    return True


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hypervisor", default=os.path.join(machine.OUT, "zazen"))
    p.add_argument("--payload", default=systems.PAYLOAD)
    p.add_argument("--only", help="systems, by commas: " + ",".join(SYSTEMS))
    p.add_argument("--no-write", action="store_true", help="leave docs/performance.md alone")
    p.add_argument("--options", default="", help="more for the hypervisors' command line")
    p.add_argument("--count-traps", action="store_true", help="ours alone, while it counts them")
    p.add_argument("--trace", action="store_true", help="ours alone, while it records traps")
    a = p.parse_args()
    if not fetch():
        return 1
    figures, texts = {s: {} for s in SYSTEMS}, {s: "" for s in SYSTEMS}
    try:
        words = " count=1" if a.count_traps else " trace=1" if a.trace else ""
        a.only = "ours" if words else a.only
        for s in a.only.split(",") if a.only else SYSTEMS:
            hypervisor = machine.PEER if s == "peer" else a.hypervisor
            figures[s], texts[s] = all_runs(s, a.payload, hypervisor, words, " " + a.options)
    except machine.MachineFailure as e:
        print(f"bench: error: {e}", file=sys.stderr)
        return 1
    lines, short, over = table(figures, systems.xen_version(texts["peer"]), systems.linux_version())
    print("\n".join(lines))
    if a.only:
        return 0
    if not a.no_write:
        write_document(note() + "\n" + "\n".join(lines) + "\n")
    for s in over:
        print(f"bench: over its goal: {s}")
    for s in short:
        print(f"bench: below the bar of {BAR:g}: {s}", file=sys.stderr)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
