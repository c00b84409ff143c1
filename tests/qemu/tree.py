# SPDX-License-Identifier: GPL-2.0-or-later
"""Boards and their device trees: what QEMU has to be told, and trees that a test changes.

make() takes a base tree (a board's, or what QEMU makes for `virt`), lays nodes and properties from
a Python dict over it and writes a new blob by dtc.  QEMU rewrites trees that it is given (memory,
PSCI), so a changed tree is not handed to it: stub() is a kernel of a few instructions that enters
the hypervisor as the boot protocol asks, with exactly this tree.
"""
import dataclasses
import glob
import os
import shutil
import struct
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.environ.get("ZAZEN_OUT", os.path.join(TOP, "out"))
QEMU = os.environ.get("ZAZEN_QEMU", "qemu-system-aarch64")
QEMU10 = os.environ.get("ZAZEN_QEMU10", os.path.join(OUT, "qemu10", "qemu-system-aarch64"))
# Offsets from the base of RAM; QEMU's stub and tree are at 0 and at 128 MiB.
HYPERVISOR_AT, TREE_AT, KERNEL_AT, INITRD_AT = 0x1000000, 0x1800000, 0xA000000, 0x10000000


class TreeError(Exception):
    """No such tree, or dtc refuses it."""


@dataclasses.dataclass(frozen=True)
class Board:
    """How QEMU makes this machine, and where its RAM and its tree are."""
    machine: str
    ram: int
    dtb: str = ""               # in Debian's kernel package; "" = QEMU makes it
    smp: int = 0                # as many as the board has, 0 = any number
    mem: str = ""               # only this size
    console: int = 0            # which of QEMU's serial lines is the tree's stdout-path
    qemu: str = QEMU
    changes: dict = dataclasses.field(default_factory=dict)


def u64(*values):
    """Cells of 64-bit numbers, two each."""
    return [half for v in values for half in (v >> 32, v & 0xffffffff)]


OFF = {"status": "disabled"}
BOARDS = {
    "virt": Board("virt,virtualization=on", 0x40000000),
    # Two banks, as the board has them; the firmware's services are not there in QEMU.
    "zcu102": Board("xlnx-zcu102,secure=off,virtualization=on", 0, "xilinx/zynqmp-zcu102-rev1.0.dtb",
                    smp=4, mem="4G",
                    changes={"firmware": {"zynqmp-firmware": OFF}}),
    # The firmware of a real one fills the memory node in.  serial1 is the mini UART.  QEMU lacks
    # the disabled devices: Linux without a hypervisor panics at them too.
    "raspi4b": Board("raspi4b", 0, "broadcom/bcm2711-rpi-4-b.dtb", smp=4, mem="2G", console=1,
                     qemu=QEMU10,
                     changes={"memory@0": {"reg": [0, 0, 0x3c000000, 0, 0x40000000, 0x40000000]},
                              "soc": {"interrupt-controller@7ef00100": OFF, "rng@7e104000": OFF,
                                      "i2c@7ef04500": OFF, "i2c@7ef09500": OFF,
                                      "avs-monitor@7d5d2000": {"thermal": OFF}},
                              "scb": {"pcie@7d500000": OFF, "ethernet@7d580000": OFF}}),
}


def _value(v):
    if isinstance(v, str):
        return '"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(v, (bytes, bytearray)):
        return "[" + v.hex() + "]"
    if isinstance(v, int):
        return f"<{v:#x}>"
    if all(isinstance(x, int) for x in v):
        return "<" + " ".join(f"{x:#x}" for x in v) + ">"
    return ", ".join(_value(x) for x in v)


def source(changes, depth=1):
    """Device tree source of a dict: a dict is a node, True an empty property, None takes away
    (a property, or with a name that ends in "/" a node); str, int, bytes and lists are values."""
    pad, props, nodes = "\t" * depth, [], []
    for name, v in changes.items():
        if isinstance(v, dict):
            nodes.append(f"{pad}{name} {{\n{source(v, depth + 1)}{pad}}};\n")
        elif v is None and name.endswith("/"):
            nodes.append(f"{pad}/delete-node/ {name[:-1]};\n")
        elif v is None:
            props.append(f"{pad}/delete-property/ {name};\n")
        else:
            props.append(f"{pad}{name};\n" if v is True else f"{pad}{name} = {_value(v)};\n")
    return "".join(props + nodes)


def _dtc(form, out_form, path, out):
    r = subprocess.run(["dtc", "-q", "-I", form, "-O", out_form, "-o", out, path],
                       capture_output=True, text=True, check=False)
    if r.returncode:
        raise TreeError(f"dtc refuses {path}: {r.stderr.strip()}")


def compile_source(path, out):
    """Write to OUT the blob of the source PATH."""
    _dtc("dts", "dtb", path, out)


def make(base, changes, out, *more):
    """Write to OUT the tree of the file BASE with CHANGES (and MORE dicts, in order) laid over."""
    if not shutil.which("dtc"):
        raise TreeError("no dtc: install device-tree-compiler")
    _dtc("dtb", "dts", base, out + ".dts")
    with open(out + ".dts", "a", encoding="utf-8") as f:
        for c in (changes, *more):
            f.write("\n/ {\n" + source(c) + "};\n")
    _dtc("dts", "dtb", out + ".dts", out)
    return out


def board_dtb(board, scratch, machine="", options=()):
    """The board's own tree: Debian's file, or QEMU's for these machine and CPU options."""
    if board.dtb:
        found = glob.glob(os.path.join(OUT, "kernel", "usr/lib/linux-image-*", board.dtb))
        if not found:
            raise TreeError(f"no {board.dtb} in {OUT}/kernel: run tests/setup/fetch kernel")
        return sorted(found)[-1]
    path = os.path.join(scratch, "base.dtb")
    r = subprocess.run([board.qemu, "-M", f"{machine},dumpdtb={path}", "-nodefaults", "-display",
                        "none", *options], capture_output=True, text=True, check=False)
    if r.returncode or not os.path.exists(path):
        raise TreeError(f"QEMU writes no tree: {r.stderr.strip()}")
    return path


def module(kind, at, path, bootargs=""):
    """A boot module's node {name: properties} for the file PATH loaded at AT; KIND is kernel or
    ramdisk.  Its parent has two cells for addresses and two for sizes."""
    props = {"compatible": [f"multiboot,{kind}", "multiboot,module"],
             "reg": u64(at, os.path.getsize(path))}
    if bootargs:
        props["bootargs"] = bootargs
    return {f"module@{at:x}": props}


def stub(path, entry, tree):
    """Write an arm64 Image that enters ENTRY with x0 = TREE."""
    code = struct.pack("<6I2Q",
                       0x580000c0,      # ldr x0, tree
                       0x580000e4,      # ldr x4, entry
                       0xd2800001, 0xd2800002, 0xd2800003,      # x1, x2, x3 = 0
                       0xd61f0080,      # br x4
                       tree, entry)
    head = struct.pack("<2I3Q3Q2I", 0x14000010, 0, 0, 4096, 0xA, 0, 0, 0, 0x644d5241, 0)
    with open(path, "wb") as f:
        f.write(head + code)
    return path
