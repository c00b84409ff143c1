# SPDX-License-Identifier: GPL-2.0-or-later
"""One emulated machine: QEMU with a hypervisor, dom0 and its console.

A Machine starts QEMU, reads its serial console in a thread, and offers expect() with a deadline
for each step.  What goes wrong is raised as MachineFailure, whose text holds the step, the last
console lines and a dump of the CPUs.  Nothing outlives close(): QEMU is ended and its scratch
folder removed.  It knows nothing of what is tested.
"""
import ctypes
import dataclasses
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import threading
import time

import tree as device_tree

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.environ.get("ZAZEN_OUT", os.path.join(TOP, "out"))
QEMU = device_tree.QEMU
PROMPT = "dom0:"
PEER = os.path.join(OUT, "peer", "boot", "xen-4.17-arm64")
DEBIAN_ROOT = os.path.join(OUT, "debian", "root.img")
DEBIAN_DOM0 = os.path.join(OUT, "debian", "dom0.tar")
KERNEL_AT = 0x4A000000
INITRD_AT = 0x50000000
DISK_MODES = {"rw": "readonly=off", "ro": "readonly=on", "snapshot": "snapshot=on"}
# The outside as dom0 and guests see it: there is no internet, but TCP port 80 of this address
# answers any request with one line that names its path, and port 7 with what it is sent.
OUTSIDE_ADDRESS = "10.0.2.100"
OUTSIDE = r"""read -r verb path version
while read -r line && [ ${#line} -gt 1 ]; do :; done
printf 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\noutside says %s\n' "$path"
"""
# A slow build machine may stretch every deadline, never the bars of a test.
PATIENCE = float(os.environ.get("ZAZEN_PATIENCE", "1"))


class MachineFailure(AssertionError):
    """A step that failed or ran into its deadline."""


@dataclasses.dataclass
class Config:
    """What kind of machine; the defaults boot ours with the dom0 of out/dom0."""
    hypervisor: str = os.path.join(OUT, "zazen")
    smp: int = 2
    mem: str = "2G"
    gic: int = 3
    cpu: str = "cortex-a72"
    dom0_mem: str = "768M"
    append: str = ""                      # more options for the hypervisor
    dom0_kernel: str = os.path.join(OUT, "dom0", "Image")
    dom0_initrd: str = os.path.join(OUT, "dom0", "initramfs.gz")
    dom0_root: str = os.path.join(OUT, "dom0", "root.img")
    dom0_append: str = ""                 # more words for dom0's kernel
    job: str = ""                         # script or tar, run by dom0 in place of the shell
    overlay: str = ""                     # tar, unpacked over dom0's root before its services
    disks: tuple = ()                     # more raw disks: (name, path, "rw", "ro" or "snapshot")
    debian: int = 0                       # disks debian1, debian2… (out/debian), net and bridge
    net: bool = False                     # dom0 has eth0 in QEMU's user network
    forwards: tuple = ()                  # (port of 127.0.0.1 here, "address:port" there)
    board: str = "virt"                   # a row of tree.BOARDS
    console: int = -1                     # the board's serial line; -1 its usual one
    tree: object = None                   # dict laid over the machine's device tree (tree.py)
    loads: tuple = ()                     # more files in memory: (path, address)
    icount: bool = False
    cntfrq: int = 0
    seed: bool = True                     # rng-seed and kaslr-seed in the device tree
    extra: tuple = ()                     # more QEMU options
    log: str = ""                         # console log; "" keeps it in memory only


def is_peer(path):
    """Tell Debian's Xen from ours: it needs to be told its UART."""
    return os.path.basename(path).startswith("xen-")


def make_job(path, script, files=()):
    """Write a job tar: run.sh with this text and more files, given as (name, source path)."""
    tmp = path + ".run.sh"
    with open(tmp, "w", encoding="utf-8") as f:
        f.write(script)
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as t:
        t.add(tmp, "run.sh")
        for name, source in files:
            t.add(source, name)
    os.unlink(tmp)


def _pad(path, scratch, name):
    """A disk is whole sectors: a copy of the file, filled up with newlines (scripts) or NULs."""
    out = os.path.join(scratch, name)
    shutil.copyfile(path, out)
    size = os.path.getsize(out)
    with open(out, "rb") as f:
        fill = b"\n" if f.read(2) == b"#!" else b"\0"
    with open(out, "ab") as f:
        f.write(fill * (-size % 4096 or (4096 if size == 0 else 0)))
    return out


def _comma(s):
    return s.replace(",", ",,")


def _load(path, at):
    """Lay a file into memory as it is."""
    return ["-device", f"loader,file={_comma(path)},addr={at:#x},force-raw=on"]


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Machine:
    """A running QEMU.  Use it as a context manager."""

    def __init__(self, config=None, **changes):
        self.config = dataclasses.replace(config or Config(), **changes)
        self.text = ""
        self.pos = 0
        self.proc = None
        self.started = time.monotonic()
        self.scratch = tempfile.mkdtemp(prefix="zazen-qemu-")
        self._cond = threading.Condition()
        self._eof = False
        self._log = None
        self._saved_dump = ""

    # -- start and end ----------------------------------------------------------------------

    def command(self):
        """The QEMU command line of this machine."""
        c = self.config
        board = device_tree.BOARDS[c.board]
        machine = board.machine
        options = ["-smp", str(board.smp or c.smp), "-m", board.mem or c.mem]
        if c.board == "virt":
            machine += f",gic-version={c.gic}" + ("" if c.seed else ",dtb-randomness=off")
            options += ["-cpu", c.cpu + (f",cntfrq={c.cntfrq}" if c.cntfrq else "")]
        args = [board.qemu, "-M", machine, *options, "-nographic", "-nodefaults", "-no-reboot"]
        args += ["-serial", "null"] * (board.console if c.console < 0 else c.console)
        args += ["-serial", "stdio", "-monitor", "none",
                 "-qmp", f"unix:{self.scratch}/qmp,server=on,wait=off"]
        append = f"dom0_mem={c.dom0_mem}"
        if is_peer(c.hypervisor):
            append += " console=dtuart"
            append += " dtuart=/pl011@9000000" if c.board == "virt" else ""
        append = (append + " " + c.append).strip()
        words = ("console=hvc0 quiet " + c.dom0_append).strip()
        if c.job:
            words += " zazen.job"
        if c.debian:
            words += " zazen.bridge"
        if c.icount:
            args += ["-icount", "shift=0,sleep=off"]
        if c.board == "virt" and c.tree is None:
            args += self._guest_loader(append, words)
        else:
            args += self._own_tree(board, machine, options, append, words)
        for path, at in c.loads:
            args += _load(path, at)
        return args + (self._disks() + self._net() if c.board == "virt" else []) + list(c.extra)

    def _guest_loader(self, append, words):
        """Hypervisor, its command line and dom0 as QEMU's own tree tells them."""
        c = self.config
        args = ["-kernel", c.hypervisor, "-append", append]
        if c.dom0_kernel:
            args += ["-device", f"guest-loader,addr={KERNEL_AT:#x},kernel={_comma(c.dom0_kernel)},"
                     f"bootargs={_comma(words)}"]
        if c.dom0_initrd:
            args += ["-device", f"guest-loader,addr={INITRD_AT:#x},initrd={_comma(c.dom0_initrd)}"]
        return args

    def _own_tree(self, board, machine, options, append, words):
        """The same with a tree that is the board's with changes, entered by a stub."""
        c = self.config
        base = device_tree.board_dtb(board, self.scratch, machine, options)
        at = lambda offset: board.ram + offset
        chosen = {"#address-cells": 2, "#size-cells": 2, "xen,xen-bootargs": append}
        args = []
        if c.dom0_kernel:
            chosen.update(device_tree.module("kernel", at(device_tree.KERNEL_AT), c.dom0_kernel,
                                             words))
            args += _load(c.dom0_kernel, at(device_tree.KERNEL_AT))
        if c.dom0_initrd:
            chosen.update(device_tree.module("ramdisk", at(device_tree.INITRD_AT), c.dom0_initrd))
            args += _load(c.dom0_initrd, at(device_tree.INITRD_AT))
        blob = device_tree.make(base, board.changes, f"{self.scratch}/tree.dtb",
                                {"chosen": chosen}, c.tree or {})
        stub = device_tree.stub(f"{self.scratch}/stub", at(device_tree.HYPERVISOR_AT),
                                at(device_tree.TREE_AT))
        return (["-kernel", stub, "-dtb", base] + _load(blob, at(device_tree.TREE_AT)) +
                _load(c.hypervisor, at(device_tree.HYPERVISOR_AT)) + args)

    def _more_disks(self):
        """All disks that are not dom0's own."""
        debian = [(f"debian{n + 1}", DEBIAN_ROOT, "snapshot") for n in range(self.config.debian)]
        return [*self.config.disks, *debian]

    def _disks(self):
        c = self.config
        args, disks = [], []
        if c.dom0_root:
            disks.append(("root", c.dom0_root, "snapshot=on"))
        for name, path in (("overlay", c.overlay), ("job", c.job),
                           ("overlay-debian", DEBIAN_DOM0 if c.debian else "")):
            if path:
                disks.append((name, _pad(path, self.scratch, name), "readonly=on"))
        disks += [(name, path, DISK_MODES[how]) for name, path, how in self._more_disks()]
        for name, path, how in disks:
            args += ["-drive", f"file={_comma(path)},format=raw,if=none,id={name},{how}",
                     "-device", f"virtio-blk-device,drive={name},serial={name}"]
        return args

    def _net(self):
        """A network with QEMU's user stack and nothing behind it but two services of ours."""
        if not self.config.net and not self.config.debian:
            return []
        script = f"{self.scratch}/outside"
        with open(script, "w", encoding="utf-8") as f:
            f.write(OUTSIDE)
        user = (f"user,id=net,restrict=on,guestfwd=tcp:{OUTSIDE_ADDRESS}:80-cmd:/bin/sh {script},"
                f"guestfwd=tcp:{OUTSIDE_ADDRESS}:7-cmd:/bin/cat")
        for here, there in self.config.forwards:
            user += f",hostfwd=tcp:127.0.0.1:{here}-{there}"
        return ["-netdev", user, "-device", "virtio-net-device,netdev=net"]

    def start(self):
        """Start QEMU; raises MachineFailure when a file or QEMU itself is missing."""
        c = self.config
        for path in (c.hypervisor, c.dom0_kernel, c.dom0_initrd, c.dom0_root, c.job, c.overlay,
                     *(l[0] for l in c.loads), *(d[1] for d in self._more_disks())):
            if path and not os.path.exists(path):
                how = ("tests/setup/fetch debian-base and tests/setup/mkdebian"
                       if path == DEBIAN_ROOT else "./quickstart --batch or ./check first")
                raise MachineFailure(f"no file {path}: run {how}")
        qemu = device_tree.BOARDS[c.board].qemu
        if not shutil.which(qemu):
            raise MachineFailure(f"no {qemu}: run tests/setup/packages or tests/setup/fetch qemu10")
        if c.log:
            os.makedirs(os.path.dirname(os.path.abspath(c.log)), exist_ok=True)
            self._log = open(c.log, "w", encoding="utf-8", errors="replace")
        self.started = time.monotonic()
        try:
            command = self.command()
        except device_tree.TreeError as e:
            raise MachineFailure(str(e)) from None
        self.proc = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, preexec_fn=_die_with_parent,
                                     env=dict(os.environ, TMPDIR=self.scratch,
                                              QEMU_AUDIO_DRV="none"))
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def close(self):
        """End QEMU if it still runs, and clean up."""
        if self.proc and self.proc.poll() is None:
            self.proc.terminate()
            try:
                self.proc.wait(5)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()
        if self._log:
            self._log.close()
            self._log = None
        shutil.rmtree(self.scratch, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *exc):
        self.close()

    def _read(self):
        while True:
            data = os.read(self.proc.stdout.fileno(), 65536)
            text = data.decode("utf-8", "replace").replace("\r", "").replace("\0", "")
            with self._cond:
                self.text += text
                if self._log and text:
                    self._log.write(text)
                    self._log.flush()
                if not data:
                    self._eof = True
                self._cond.notify_all()
            if not data:
                return

    # -- the console ------------------------------------------------------------------------

    def expect(self, pattern, timeout, step=None):
        """Wait until PATTERN (a regular expression) comes up behind the last match."""
        step = step or f"waiting for {pattern!r}"
        regex = re.compile(pattern, re.M)
        deadline = time.monotonic() + timeout * PATIENCE
        with self._cond:
            while True:
                m = regex.search(self.text, self.pos)
                if m:
                    self.pos = m.end()
                    return m
                left = deadline - time.monotonic()
                if self._eof:
                    break
                if left <= 0:
                    break
                self._cond.wait(min(left, 1))
        why = "QEMU ended" if self._eof else f"no answer within {timeout * PATIENCE:.0f} s"
        raise self.failure(step, f"{why} ({pattern!r} did not come up)")

    def send(self, text):
        """Type TEXT; in small pieces, because the way to dom0's shell holds few bytes."""
        data = text.encode()
        for i in range(0, len(data), 48):
            self.proc.stdin.write(data[i:i + 48])
            self.proc.stdin.flush()
            if len(data) > 48:
                time.sleep(0.05)

    def wait_shell(self, timeout=90):
        """Wait for dom0's root shell."""
        self.expect(r"dom0: up after", timeout, "dom0 boots")
        self.expect(re.escape(PROMPT) + r"\S*# ", 20, "dom0 gives a shell")

    def wait_prompt(self, step):
        """Wait for the shell's prompt, with an empty line now and then.

        busybox's shell writes its prompt once: where a child's end interrupts that (Linux' n_tty_write() gives
        up on a pending signal, the shell does not write again), it waits for a line without one. While jobs
        end in the background one prompt in some 400 is lost so. What is left in its buffer comes with the next.
        """
        prompt = re.escape(PROMPT) + r"\S*# "
        for patience in (4, 8):
            try:
                return self.expect(prompt, patience, step)
            except MachineFailure:
                if self._eof:
                    raise
                self.send("\n")
        return self.expect(prompt, 20, step)

    def run(self, command, timeout=30, check=True, step=None):
        """Run COMMAND in dom0's shell; returns (exit code, output without hypervisor lines)."""
        step = step or f"dom0 runs: {command}"
        self.send(f'echo @@"BEGIN"@@; {command}; echo @@"RC"$?@@\n')
        self.expect(r"@@BEGIN@@\n", timeout, step)
        start = self.pos
        m = self.expect(r"@@RC(\d+)@@\n", timeout, step)
        self.wait_prompt(step)
        # Programs take the console for a terminal and may colour what they print.
        lines = re.sub(r"\x1b\[[0-9;]*m", "", self.text[start:m.start()]).split("\n")
        output = "\n".join(l for l in lines if not re.match(r"\((XEN|ZZ)\)", l))
        rc = int(m.group(1))
        if check and rc != 0:
            raise self.failure(step, f"exit code {rc}, output:\n{output}")
        return rc, output

    def wait_exit(self, timeout, step="the machine powers off"):
        """Wait until QEMU ends by itself; returns its exit code."""
        try:
            return self.proc.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            raise self.failure(step, f"still running after {timeout * PATIENCE:.0f} s") from None

    # -- reports ----------------------------------------------------------------------------

    def monitor(self, command):
        """Ask QEMU's monitor; returns its text."""
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(5)
        try:
            s.connect(f"{self.scratch}/qmp")
            f = s.makefile("rw", encoding="utf-8")
            f.readline()
            for request in ({"execute": "qmp_capabilities"},
                            {"execute": "human-monitor-command",
                             "arguments": {"command-line": command}}):
                f.write(json.dumps(request) + "\n")
                f.flush()
                reply = json.loads(f.readline())
                while "event" in reply:
                    reply = json.loads(f.readline())
            return reply.get("return", str(reply))
        except OSError as e:
            return f"(no monitor: {e})"
        finally:
            s.close()

    def dump(self):
        """Registers of every CPU, and what the hypervisor says of its domains when it still does."""
        if not self.proc or self.proc.poll() is not None:
            code = self.proc.poll() if self.proc else None
            return f"QEMU is not running (exit code {code})"
        regs = self.monitor("info registers -a")
        keep = [l for l in regs.splitlines() if re.match(r"CPU#|\s*PC=|PSTATE|\s*X(00|29)", l)]
        return "\n".join(keep)

    def failure(self, step, why):
        """Make the exception for a failed step."""
        tail = "\n".join("    | " + l for l in self.text.splitlines()[-40:])
        after = time.monotonic() - self.started
        return MachineFailure(
            f"step failed: {step}\n  {why}\n  {after:.1f} s after start\n"
            f"  hypervisor: {self.config.hypervisor}\n  last console lines:\n{tail}\n"
            f"  CPUs:\n" + "\n".join("    " + l for l in self.dump().splitlines()) +
            (f"\n  whole console: {self.config.log}" if self.config.log else ""))
