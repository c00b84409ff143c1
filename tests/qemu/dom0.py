# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests do in dom0: zl, guests' console logs, and the files that are laid there.

A Dom0 wraps a Machine that has reached its shell.  Guests are described by guest_xml(); the
payloads of tests/guest and the XML files go in as an overlay, unpacked over dom0's root.
"""
import configparser
import io
import os
import re
import tarfile
import time

import machine

GUESTS_CFG = os.path.join(machine.TOP, "tests", "guest", "guests.cfg")
IMAGES = os.path.join(machine.OUT, "guests")
EXAMPLE = "/usr/share/zl/examples/linux.xml"
READY = "ZAZEN-GUEST-READY"
FOLDER = "/root/t"

ON_DISKS = "/var/lib/zl/images"


def disk_xml(target, source, kind="file", more=""):
    """A <disk>; SOURCE is in the folder of images unless it is a path."""
    path = source if source.startswith("/") else f"{ON_DISKS}/{source}"
    return (f"<disk type='{kind}'>{more}<source {'dev' if kind == 'block' else 'file'}='{path}'/>"
            f"<target dev='{target}'/></disk>")


# Guests of test_disk.py: one with a disk of each kind, others with the images of their names.
DISK_GUESTS = {
    "disks": (disk_xml("xvda", "a.img"),
              disk_xml("xvdb", "b.img").replace("<disk ", "<disk device='cdrom' "),
              disk_xml("xvdc", "/dev/loop7", "block"),
              disk_xml("xvdd", "d.qcow2", more="<driver type='qcow2' discard='unmap'/>")),
    "trim": (disk_xml("xvda", "a.img", more="<driver discard='unmap'/>"),
             disk_xml("xvdb", "b.img"),
             disk_xml("xvdc", "d.qcow2", more="<driver type='qcow2' discard='unmap'/>"),
             disk_xml("xvdd", "e.qcow2", more="<driver type='qcow2'/>")),
    "disk1": (disk_xml("xvda", "a.img"),),
    "disk2": (disk_xml("xvda", "a.img"),),
    "snap": (disk_xml("xvda", "a.img"),
             disk_xml("xvdb", "d.qcow2", more="<driver type='qcow2'/>")),
    "nodisk": (disk_xml("xvda", "missing.img"),),
    "badqcow": (disk_xml("xvda", "a.img", more="<driver type='qcow2'/>"),),
    "full": (disk_xml("xvda", "/mnt/sparse.img"),),
}


def guest_xml(name, kernel, memory=16, vcpus=1, initrd="", args="", on_poweroff="destroy",
              on_reboot="restart", on_crash="destroy", extension="", extra=""):
    """The XML of a guest; memory in MiB.  EXTENSION: elements of the extension block;
    EXTRA: of the domain."""
    if extension:
        extension = ("  <metadata><z:domain xmlns:z='urn:zazen:domain:1.0'>" + extension +
                     "</z:domain></metadata>\n")
    ird = f"<initrd>{initrd}</initrd>" if initrd else ""
    return (f"<domain type='xen'>\n  <name>{name}</name>\n  <memory unit='MiB'>{memory}</memory>\n"
            f"  <vcpu>{vcpus}</vcpu>\n  <os>\n    <type arch='aarch64' machine='xenpvh'>hvm</type>\n"
            f"    <kernel>{kernel}</kernel>{ird}\n    <cmdline>{args}</cmdline>\n  </os>\n"
            f"  <on_poweroff>{on_poweroff}</on_poweroff>\n  <on_reboot>{on_reboot}</on_reboot>\n"
            f"  <on_crash>{on_crash}</on_crash>\n{extension}{extra}</domain>\n")


def linux_xml(name, vcpus=1, memory=128, args="", **more):
    """The XML of a Debian Linux guest."""
    boot = "/var/lib/zl/boot"
    return guest_xml(name, f"{boot}/Image", memory, vcpus, f"{boot}/initramfs.gz",
                     ("console=hvc0 quiet " + args).strip(), **more)


def debian_xml(n):
    """The XML of Debian guest N: docs/examples/debian.xml with its disk and card."""
    with open(os.path.join(machine.TOP, "docs", "examples", "debian.xml"), encoding="utf-8") as f:
        return f.read().replace("debian1", f"debian{n}").replace("09:00:01", f"09:00:0{n}")


def payload_xmls():
    """{stanza: XML} of tests/guest/guests.cfg."""
    cfg = configparser.ConfigParser()
    cfg.read(GUESTS_CFG)
    return {name: guest_xml(name, f"{FOLDER}/{s['image']}.img", s.getint("memory"),
                            s.getint("cpus", 1), args=s.get("args", ""),
                            extension=s.get("extension", ""), extra=s.get("extra", ""))
            for name, s in cfg.items() if name != "DEFAULT"}


def make_overlay(path, texts, files=()):
    """A tar that lays TEXTS {name or path: text} and FILES (paths) into FOLDER of dom0."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as t:
        for name, text in texts.items():
            data = text.encode()
            info = tarfile.TarInfo(os.path.join(FOLDER, name)[1:])
            info.size = len(data)
            info.mode = 0o644
            t.addfile(info, io.BytesIO(data))
        for source in files:
            t.add(source, f"{FOLDER[1:]}/{os.path.basename(source)}")


def add_files(path, files):
    """Add files to such a tar: {path in dom0: path here}; links become what they lead to."""
    with tarfile.open(path, "a", format=tarfile.USTAR_FORMAT, dereference=True) as t:
        for name, source in files.items():
            t.add(source, name.lstrip("/"))


# What a guest's kernel must not say.
COMPLAINTS = "WARNING|BUG|Oops|Call trace|stall|lockup|I/O error|EXT4-fs error"


class Dom0:
    """A machine at dom0's shell."""

    def __init__(self, m):
        self.m = m

    def run(self, command, timeout=30, check=True, step=None):
        return self.m.run(command, timeout, check, step)

    def zl(self, args, timeout=30, check=True):
        """Run zl; returns (exit code, output)."""
        return self.m.run(f"zl {args}", timeout, check, f"zl {args}")

    def fail(self, step, why):
        raise self.m.failure(step, why)

    def rows(self):
        """{name: row as a list of words} of zl list."""
        lines = self.zl("list")[1].splitlines()
        at = [i for i, l in enumerate(lines) if l.split()[:2] == ["Name", "ID"]]
        if not at:
            self.fail("zl list", "no header line")
        return {l.split()[0]: l.split() for l in lines[at[0] + 1:] if len(l.split()) >= 6}

    def listed(self, name):
        """The row of a guest in zl list, or None."""
        return self.rows().get(name)

    def wait_gone(self, name, timeout):
        """Wait until zl list does not show NAME any more."""
        self.poll(lambda: not self.listed(name), timeout, f"guest {name} is gone")

    def poll(self, done, timeout, step, why=None):
        """Ask DONE every half second until it says yes; fails STEP after TIMEOUT seconds, with what
        WHY answers then."""
        deadline = time.monotonic() + timeout * machine.PATIENCE
        while True:
            answer = done()
            if answer:
                return answer
            if time.monotonic() > deadline:
                after = f"not so after {timeout * machine.PATIENCE:.0f} s"
                self.fail(step, f"{after}:\n{why()}" if why else after)
            time.sleep(0.5)

    def log(self, name):
        """A guest's console log so far, over all its lives; without guest_run()'s own marks."""
        return self.run(f"sed s/@@/@/g /var/log/zl/console/{name}.log 2>/dev/null", check=False)[1]

    def wait_log(self, name, pattern, timeout, count=1):
        """Wait until PATTERN stands COUNT times in the guest's console log."""
        def done():
            found = re.findall(pattern, self.log(name), re.M)
            return found if len(found) >= count else None
        return self.poll(done, timeout, f"guest {name} prints {pattern!r} ({count} times)")

    def attach(self, name, command):
        """Run COMMAND (zl create -c, zl console) and wait for the Linux guest's shell."""
        self.m.send(command + "\n")
        self.m.expect(re.escape(READY), 90, f"guest {name} boots")
        self.m.expect(r"guest# ", 30, f"guest {name} gives a shell")
        self.guest_says(name, "hello from $(hostname)", "hello from guest")

    def console(self, name):
        """Attach to a running Linux guest's console and reach its prompt."""
        self.m.send(f"zl console {name}\n")
        self.m.expect(r"console attached", 20, f"zl console {name} attaches")
        time.sleep(0.3)
        self.m.send("\n")
        self.m.expect(r"guest# ", 20, f"guest {name} gives a prompt")

    def guest_says(self, name, words, answer):
        """Have the attached guest's shell echo WORDS; waits for ANSWER."""
        self.m.send(f"echo {words}\n")
        self.m.expect(rf"^{answer}$", 20, f"guest {name}'s shell answers")
        self.m.expect(r"guest# ", 20, f"guest {name}'s shell answers")

    def guest_run(self, name, command, timeout=30, check=True):
        """Run COMMAND in the attached guest's shell; returns (exit code, output)."""
        step = f"guest {name} runs: {command}"
        self.m.send(f'echo @@"BEGIN"@@; {command}; echo @@"RC"$?@@\n')
        self.m.expect(r"@@BEGIN@@\n", timeout, step)
        start = self.m.pos
        m = self.m.expect(r"@@RC(\d+)@@\n", timeout, step)
        output = self.m.text[start:m.start()]
        self.m.expect(r"guest# ", 20, step)
        if check and m.group(1) != "0":
            self.fail(step, f"exit code {m.group(1)}, output:\n{output}")
        return int(m.group(1)), output

    def in_guest(self, name, command, timeout=30, check=True):
        """Run COMMAND in a running guest whose console is free."""
        self.console(name)
        answer = self.guest_run(name, command, timeout, check)
        self.detach()
        return answer

    def same_time(self, ask):
        """A guest's clock is ours; ask(COMMAND) has it run one and returns what that says."""
        first = int(self.run("date +%s")[1])
        there = int(ask("date +%s"))
        last = int(self.run("date +%s")[1])
        if not first - 2 <= there <= last + 2:
            self.fail("the guest's clock is right", f"{there}, here {first} to {last}")

    def detach(self):
        """Leave a guest's console by Ctrl-]."""
        self.m.send("\x1d")
        time.sleep(0.3)
        self.m.send("\n")
        self.m.expect(re.escape(machine.PROMPT) + r"\S*# ", 20, "the console is left by Ctrl-]")
        # Whatever prompts are still on their way belong to the past.
        self.run("true", step="dom0's shell is back")

    def daemons(self):
        """{name: pid} of the toolstack's daemons."""
        text = self.run("ps")[1]
        names = ("xenstored", "xenconsoled", "zl-monitord")
        found = {}
        for line in text.splitlines():
            words = line.split()
            for n in names:
                if len(words) > 2 and words[0].isdigit() and os.path.basename(words[2]) == n:
                    found.setdefault(n, int(words[0]))  # its broker comes later
        return found

    def poweroff(self):
        """End the machine from inside; QEMU's exit code."""
        self.m.send("poweroff -f\n")
        return self.m.wait_exit(40)
