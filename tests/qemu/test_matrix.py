# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines and guests of every kind: CPUs, interrupt controllers, boards, page sizes, guests with
much memory and many vCPUs.

The short rows run always: a payload as dom0's kernel on each CPU and interrupt controller, Linux
as dom0 where that shows more.  The long rows are marked full (./check --full).
"""
import glob
import gzip
import os
import re
import shutil
import struct
import subprocess

import pytest

import dom0 as dom0_module
import machine
import tree

CPUS = ("cortex-a53", "cortex-a57", "cortex-a72", "neoverse-n1", "max")
INITRD = os.path.join(machine.OUT, "guest", "initramfs.gz")
full = pytest.mark.full


def rows(short):
    """(cpu, gic) for all CPUs and both interrupt controllers; only those of SHORT run always."""
    return [pytest.param(cpu, gic, id=f"{cpu}-gicv{gic}",
                         marks=() if (cpu, gic) in short else full)
            for gic in (2, 3) for cpu in CPUS]


@pytest.mark.parametrize("cpu, gic", [pytest.param(c, g, id=f"{c}-gicv{g}")
                                      for g in (2, 3) for c in CPUS])
def test_payload(payload, cpu, gic):
    """Hypervisor and dom0 come up, on two CPUs, and the machine ends by itself."""
    m = payload("hello", cpu=cpu, gic=gic)
    m.expect(r"^\(ZZ\) .* 2 CPUs$", 20, "both CPUs come up")
    m.expect(r"HELLO from dom0", 20, "the payload runs")
    assert m.wait_exit(20) == 0


@pytest.mark.parametrize("cpu, gic, passed", [("cortex-a72", 3, 20), ("max", 3, 30), ("max", 2, 30)])
def test_granules(payload, cpu, gic, passed):
    """Stage 1 with 4, 16 and 64 KiB pages, and hypercall pointers into such."""
    m = payload("granule", cpu=cpu, gic=gic)
    m.expect(rf"^{passed} passed, 0 failed$", 30, "the granule payload passes")
    assert m.wait_exit(20) == 0


@pytest.mark.parametrize("cpu, gic", rows({("max", 3)}))
def test_linux(boot, lay, cpu, gic):
    """Linux as dom0, a Linux guest, and one with the most vCPUs of a GICv2, or four times those."""
    vcpus, many = 4, 8 if gic == 2 else 32
    payloads = dom0_module.payload_xmls()
    # Debian's Linux signs every return address; QEMU's own algorithm is much faster than QARMA.
    d = boot(cpu=cpu + (",pauth-impdef=on" if cpu == "max" else ""), gic=gic,
             overlay=lay({"granule.xml": payloads["granule"],
                          "many.xml": payloads["many"].replace("<vcpu>32", f"<vcpu>{many}"),
                          "lin.xml": dom0_module.linux_xml("lin", vcpus=vcpus, memory=192)},
                         [f"{dom0_module.IMAGES}/{n}.img" for n in ("granule", "many")]))
    guest(d, "lin", 90)
    assert re.search(rf"^Linux \S+, {vcpus} CPUs, ", d.log("lin"), re.M), d.log("lin")
    d.zl("destroy lin")
    for name in ("granule", "many"):
        d.zl(f"create {dom0_module.FOLDER}/{name}.xml")
        d.wait_log(name, r"^\d+ passed, 0 failed", 60)
    assert f"MANY {many} vCPUs" in d.log("many")
    assert d.poweroff() == 0


def elf_of(image):
    """An ELF file with these bytes as one segment at 2 MiB of a guest's memory, and bss."""
    at, offset = 0x40200000, 0x1000
    ident = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    head = ident + struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, at, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    program = struct.pack("<IIQQQQQQ", 1, 7, offset, at, at, len(image), len(image) + 65536, 4096)
    return (head + program).ljust(offset, b"\0") + image


def test_kernel_formats(boot, lay, tmp_path):
    """What firmware comes as: a raw ELF file, an Image from before its header had a size. What
    distributions have: packed ones, and an EFI zboot as Linux makes it by zstd."""
    with open(f"{dom0_module.IMAGES}/hello.img", "rb") as f:
        image = f.read()
    packed = subprocess.run(["zstd", "-22", "--ultra", "-c"], input=image, stdout=subprocess.PIPE,
                            check=True).stdout
    zboot = b"MZ\0\0zimg" + struct.pack("<II8x", 64, len(packed)) + b"zstd22"
    forms = {"elf": elf_of(image), "old": image[:8] + bytes(24) + image[32:],
             "gzip": gzip.compress(image), "zstd": packed,
             "zboot": zboot.ljust(64, b"\0") + packed + struct.pack("<I", len(image))}
    for name, data in forms.items():
        (tmp_path / f"{name}.img").write_bytes(data)
    d = boot(overlay=lay(
        {f"{n}.xml": dom0_module.guest_xml(n, f"{dom0_module.FOLDER}/{n}.img", 16) for n in forms},
        [str(tmp_path / f"{n}.img") for n in forms]))
    for name in forms:
        d.zl(f"create {dom0_module.FOLDER}/{name}.xml")
        d.wait_log(name, "HELLO from a guest", 30)
    assert d.poweroff() == 0


@pytest.fixture
def lay(tmp_path):
    """lay(TEXTS, FILES): an overlay of a test's own."""
    def make(texts, files=()):
        path = str(tmp_path / "overlay.tar")
        dom0_module.make_overlay(path, texts, files)
        return path
    return make


def guest(d, name, timeout):
    """Create the Linux guest of FOLDER/NAME.xml and wait until it is up."""
    d.zl(f"create {dom0_module.FOLDER}/{name}.xml", timeout=timeout)
    d.wait_log(name, dom0_module.READY, timeout)


# ---- boards -----------------------------------------------------------------------------------

def test_board_payload(payload):
    """ZCU102: GICv2, Cadence UART, memory in two banks, one above 4 GiB."""
    m = payload("hello", board="zcu102")
    mib = int(m.expect(r"^\(ZZ\) .* (\d+) MiB of memory", 20, "memory is found").group(1))
    assert mib > 4000
    m.expect(r"^\(ZZ\) .* 4 CPUs$", 20, "all CPUs come up")
    m.expect(r"HELLO from dom0", 20, "the payload runs")


@pytest.mark.parametrize("board, uart", [
    pytest.param("zcu102", "serial0", id="zcu102"),
    pytest.param("raspi4b", "serial1", id="raspi4b-mini-uart", marks=full),
    pytest.param("raspi4b", "serial0", id="raspi4b-pl011", marks=full)])
def test_board_linux(request, board, uart):
    """Linux as dom0 comes up on the board, and hears what is typed."""
    row = tree.BOARDS[board]
    if not shutil.which(row.qemu):
        pytest.skip(f"no {row.qemu}: tests/setup/fetch qemu10 could not fetch it")
    with machine.Machine(board=board, hypervisor=os.environ.get("ZAZEN_HYPERVISOR",
                                                                machine.Config.hypervisor),
                         append=f"dtuart={uart}", console=int(uart[-1]),
                         dom0_initrd=INITRD, dom0_root="", dom0_append="clk_ignore_unused",
                         log=log_of(request)) as m:
        m.expect(dom0_module.READY, 90, "dom0's init runs")
        m.expect(r"guest# ", 20, "dom0 gives a shell")
        m.send("echo $(nproc) typed $((6 * 7))\n")
        m.expect(r"^4 typed 42$", 20, "the shell answers")


def log_of(request):
    name = re.sub(r"[^\w.-]+", "-", request.node.nodeid.strip("/"))
    return os.path.join(machine.OUT, "log", "qemu", name + ".console")


# ---- guests of unusual size -------------------------------------------------------------------

@full
def test_guest_with_second_bank(boot, lay):
    """More memory than the bank below 4 GiB holds: 3 GiB there, the rest from 8 GiB on."""
    d = boot(mem="6G", overlay=lay({"big.xml": dom0_module.linux_xml("big", memory=3584)}))
    guest(d, "big", 120)
    kib = int(re.search(r"^Linux .* (\d+) kB", d.log("big"), re.M).group(1))
    assert kib > 3400 * 1024, d.log("big")
    assert d.poweroff() == 0


@full
def test_guest_with_many_vcpus(boot, lay):
    """As many vCPUs as the interface knows, and Linux on as many as two emulated CPUs bear: its
    CPUs wait for each other by WFE, which QEMU never traps."""
    d = boot(mem="3G",
             overlay=lay({"most.xml": dom0_module.payload_xmls()["most"],
                          "linux.xml": dom0_module.linux_xml("linux", vcpus=16, memory=512)},
                         [f"{dom0_module.IMAGES}/many.img"]))
    d.zl(f"create {dom0_module.FOLDER}/most.xml")
    d.wait_log("most", r"^\d+ passed, 0 failed", 120)
    assert "MANY 128 vCPUs" in d.log("most")
    guest(d, "linux", 300)
    assert re.search(r"^Linux \S+, 16 CPUs, ", d.log("linux"), re.M), d.log("linux")
    assert d.poweroff() == 0


@full
def test_guest_with_16k_pages(boot, lay, tmp_path):
    """Debian's kernel with 16 KiB pages."""
    kernel = glob.glob(os.path.join(machine.OUT, "kernel-16k", "boot", "vmlinuz-*"))
    if not kernel:
        pytest.skip("no kernel-16k: tests/setup/fetch kernel-16k could not fetch it")
    image = str(tmp_path / "Image16k")
    shutil.copyfile(kernel[0], image)
    xml = dom0_module.linux_xml("k16", vcpus=2, memory=512).replace(
        "/var/lib/zl/boot/Image", f"{dom0_module.FOLDER}/Image16k")
    d = boot(cpu="max,pauth-impdef=on", overlay=lay({"k16.xml": xml}, [image]))
    guest(d, "k16", 120)
    assert re.search(r"^Linux 6\.\S+-16k, 2 CPUs, ", d.log("k16"), re.M), d.log("k16")
    assert d.poweroff() == 0
