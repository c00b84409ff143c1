# SPDX-License-Identifier: GPL-2.0-or-later
"""The four systems under the bench: the bare machine, KVM, Debian's Xen and ours.

Each runs the same payload image on the same emulated machine; runs() tells how often, with how
many CPUs and with what words, and measure() boots one of them and reads its figures.
"""
import dataclasses
import os
import re
import stat
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "qemu"))
import machine  # noqa: E402
import tree  # noqa: E402

PAYLOAD = os.path.join(machine.OUT, "guests", "bench.img")
VMM = os.path.join(machine.OUT, "guests", "vmm")
LINUX = os.path.join(machine.OUT, "dom0", "Image")
# Debian 12's QEMU 7.2 hardly gets on with two CPUs of which one spins without a hint.
QEMU = tree.QEMU10 if os.path.exists(tree.QEMU10) else tree.QEMU
CPU = "cortex-a72,cntfrq=1000000000"


@dataclasses.dataclass
class Run:
    """One boot: CPUs of the machine, vCPUs of the payload, its words, what to put in more; the kind of CPU."""
    cpus: int
    vcpus: int
    words: str
    options: str = ""
    cpu: str = ""


class Bench(machine.Machine):
    """A machine of the bench; SYSTEM says what runs on it."""

    def __init__(self, system, run, payload, hypervisor, log):
        self.system, self.bench_run, self.payload = system, run, payload
        files = {"hypervisor": hypervisor, "dom0_kernel": payload}
        if system == "bare":
            files = {"hypervisor": payload, "dom0_kernel": ""}
        elif system == "kvm":
            files = {"hypervisor": LINUX, "dom0_kernel": ""}
        super().__init__(
            smp=run.cpus, mem="1G", dom0_mem="256M", dom0_initrd="", dom0_root="", icount=True,
            dom0_append=run.words, append=f"dom0_max_vcpus={run.vcpus} {run.options}".strip(),
            cntfrq=1000000000, seed=False, log=log,
            **({"cpu": run.cpu} if run.cpu else {}), **files)

    def command(self):
        if self.system in ("ours", "peer"):
            return [QEMU] + super().command()[1:]
        kind = "virt,gic-version=3,dtb-randomness=off"
        args = [QEMU, "-M", kind, "-cpu", CPU, "-smp", str(self.bench_run.cpus), "-m", "1G",
                "-nographic", "-nodefaults", "-no-reboot", "-serial", "stdio", "-monitor", "none",
                "-icount", "shift=0,sleep=off",
                "-qmp", f"unix:{self.scratch}/qmp,server=on,wait=off"]
        if self.system == "bare":
            return args + ["-kernel", self.payload, "-append", self.bench_run.words]
        args[2] += ",virtualization=on"
        # Without a seed each system call would stir the random numbers for its stack: 9,500
        # instructions that a real machine does not pay.
        return args + ["-kernel", LINUX, "-initrd", self.initramfs(), "-append",
                       f"console=ttyAMA0 quiet panic=-1 randomize_kstack_offset=off "
                       f"vcpus={self.bench_run.vcpus}"]

    def initramfs(self):
        """The VMM as init, the payload and its device tree."""
        with open(os.path.join(HERE, "kvm", "guest.dts"), encoding="utf-8") as f:
            source = f.read().replace("@WORDS@", self.bench_run.words)
        blob = os.path.join(self.scratch, "bench.dtb")
        subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", blob], check=True,
                       input=source.encode())
        path = os.path.join(self.scratch, "initramfs")
        with open(path, "wb") as f:
            for name, source in (("init", VMM), ("bench.img", self.payload), ("bench.dtb", blob)):
                with open(source, "rb") as data:
                    f.write(cpio_entry(name, data.read()))
            f.write(cpio_entry("TRAILER!!!", b""))
        return path


def cpio_entry(name, data):
    """One file of a newc archive."""
    words = (0, stat.S_IFREG | 0o755, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % w for w in words) + name.encode() + b"\0"
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


def runs(system):
    """The boots that give all of a system's figures."""
    pin = "bootscrub=0 dom0_vcpus_pin" if system == "peer" else ""
    # What it says of the rest counts for nothing: those that follow are of the CPU of all others.
    every = [Run(1, 1, "switch=sve", cpu="max,sve-max-vq=2")] if system == "ours" else []
    every += [Run(1, 1, "switch=domains"), Run(2, 2, "cpus=2", pin)]
    if system in ("ours", "peer"):
        every.append(Run(1, 2, "switch=vcpus"))
    return every


def measure(system, run, payload, hypervisor, log):
    """Boot once; ({name: (min, median, max, n)}, console text)."""
    with Bench(system, run, payload, hypervisor, log) as m:
        m.expect(r"^BENCH-START", 120, "the bench payload starts")
        m.expect(r"^BENCH-END", 180, "the bench payload ends")
        m.wait_exit(30)
        found = {}
        for hit in re.finditer(r"^BENCH (\w+) n=(\d+) min=(\d+) med=(\d+) max=(\d+) unit=insn$",
                               m.text, re.M):
            found[hit.group(1)] = tuple(int(hit.group(i)) for i in (3, 4, 5, 2))
        for line in re.findall(r"^BENCH-ERROR.*$", m.text, re.M):
            print(f"bench: {system}: {line}", file=sys.stderr)
        return found, m.text


def qemu_version():
    return subprocess.run([QEMU, "--version"], check=True, capture_output=True,
                          text=True).stdout.splitlines()[0]


def linux_version():
    """Of the kernel that is KVM: its banner, out of the image."""
    with open(LINUX, "rb") as f:
        hit = re.search(rb"Linux version (\S+) .*?SMP (?:PREEMPT\S* )?Debian (\S+)", f.read())
    return f"Linux {hit.group(1).decode()} (Debian {hit.group(2).decode()})" if hit else "Linux"


def xen_version(text):
    hit = re.search(r"Xen version (\S+) \(Debian (\S+)\)", text)
    return f"Xen {hit.group(1)} (Debian {hit.group(2)})" if hit else "Xen 4.17"
