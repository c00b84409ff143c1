# SPDX-License-Identifier: GPL-2.0-or-later
"""The lean kernels at work: dom0's with its services, guests with Debian's kernel and with ours, disks,
network and NAT; what the lean dom0 saves; that the series fits its sources and nothing is built twice.
"""
import os
import subprocess
import sys
import tarfile

import pytest

import lean
import machine
from dom0 import ON_DISKS, READY

sys.path.insert(0, os.path.join(machine.TOP, "tests", "bench"))
import kernel_bench  # noqa: E402
import systems  # noqa: E402

pytestmark = pytest.mark.full
CONF = r"[network]\nbridge = zbr0\naddress = 10.9.0.1/24\nnat = yes\n"
XML = "/usr/share/zl/examples/disk-net.xml"
# What a kernel without modules must not make dom0's start say, nor one that lacks something.
COMPLAINTS = ("refused", "modprobe", "insmod", "error", "cannot", "not found", "regions are found")


@pytest.fixture
def guest_image(tmp_path):
    """A disk that lays the lean guest kernel into dom0 as /root/lean."""
    path = str(tmp_path / "overlay-lean.tar")
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as t:
        t.add(lean.kernel("guest-kernel/Image"), "root/lean")
    return ("overlay-lean", path, "ro")


def create(d, name, n, kernel="", xml=XML, **more):
    """Guest number N with a disk and a card; its shell is waited for."""
    sets = {"name": name, "memory": "200", "devices/disk/source@file": f"{ON_DISKS}/{name}.img",
            "os/cmdline": f"console=hvc0 quiet zazen.ip=10.9.0.2{n}/24 zazen.gw=10.9.0.1",
            "devices/interface/mac@address": f"00:16:3e:00:00:2{n}", **more}
    if kernel:
        sets["os/kernel"] = kernel
    d.run(f"truncate -s 64M {ON_DISKS}/{name}.img")
    d.zl("create " + " ".join(f"--set '{k}={v}'" for k, v in sets.items()) + f" {xml}", 90)
    d.zl(f"wait --for=console:/{READY}/ --timeout=120 {name}", timeout=130)


def use(d, name, release):
    """The guest runs this kernel, its disk keeps what it is given, the bridge and NAT serve it."""
    d.console(name)
    assert release in d.guest_run(name, "uname -r")[1]
    d.guest_run(name, "mke2fs /dev/xvda >/dev/null && mount -t ext4 /dev/xvda /tmp && "
                "cp /bin/busybox /tmp/ && umount /tmp && mount -t ext4 /dev/xvda /tmp && "
                "cmp /bin/busybox /tmp/busybox && umount /tmp", 60)
    d.guest_run(name, "ping -c 2 -W 10 10.9.0.1", 60)
    said = d.guest_run(name, f"wget -q -O - http://{machine.OUTSIDE_ADDRESS}/{name}", 60)[1]
    assert f"outside says /{name}" in said, said
    d.detach()


def test_dom0(boot, guest_image):
    """Lean dom0 without a word of complaint; a guest with Debian's kernel and one with ours."""
    d = boot(dom0_kernel=lean.kernel(), net=True, disks=(guest_image,))
    start = [l for l in d.m.text.splitlines() if not l.startswith("(") and "pci 0000:" not in l]
    bad = [l for l in start if any(c in l.lower() for c in COMPLAINTS)]
    assert not bad, bad
    assert "zazen" in d.run("uname -r")[1]
    d.run(f"printf '{CONF}' >/etc/zl/zl.conf && zl-services start", timeout=60)
    create(d, "stock", 1)
    create(d, "ours", 2, "/root/lean")
    use(d, "stock", "arm64")
    use(d, "ours", "zazen-guest")
    # As many as are configured (patch 0007), not the 16 that a kernel makes by itself.
    assert d.run("ls -d /sys/block/nbd* | wc -l")[1].strip() == "4"
    # Foreign pages and rings lie where there is no memory, so that dom0 gave none up for them.
    assert "Xen scratch" in d.run("cat /proc/iomem")[1]
    kept = d.run("cat /sys/devices/system/xen_memory/xen_memory0/info/current_kb")[1]
    assert int(kept.split()[0]) == 768 * 1024, kept
    d.zl("mem-set ours 128", timeout=60)
    d.poll(lambda: int(d.rows()["ours"][2]) <= 128, 60, "the balloon of our kernel gives memory back")
    for name in ("stock", "ours"):
        d.zl(f"shutdown -w {name}", timeout=90)
        d.wait_gone(name, 30)
    d.poweroff()


def test_guest_on_stock(boot, guest_image):
    """Our guest kernel, rebooted and with two CPUs, when dom0 has Debian's."""
    d = boot(net=True, disks=(guest_image,))
    d.run(f"printf '{CONF}' >/etc/zl/zl.conf && zl-services start", timeout=60)
    create(d, "ours", 2, "/root/lean", vcpu="2")
    use(d, "ours", "zazen-guest")
    d.zl("reboot -w ours", timeout=120)
    # The log holds this test's own words, too: it is counted where it lies.
    d.poll(lambda: d.run("grep -c 'zazen-guest, 2 CPUs' /var/log/zl/console/ours.log",
                         check=False)[1].strip() == "2", 90, "the guest boots again")
    d.zl("destroy ours", timeout=60)


def test_debian_guest(boot, guest_image):
    """Debian's systemd is content with our guest kernel: no unit fails, without an initrd."""
    d = boot(mem="3G", debian=1, disks=(guest_image,), dom0_kernel=lean.kernel())
    d.run("sed -e /initrd/d -e 's|<kernel>.*</kernel>|<kernel>/root/lean</kernel>|' "
          "/usr/share/zl/examples/debian.xml >/run/debian.xml")
    d.zl("create /run/debian.xml", timeout=60)
    d.wait_log("debian1", r"root@debian1:~#", 240)
    d.m.send("zl console debian1\n")
    d.m.expect("console attached", 20, "the guest's console")
    # The line that is typed must not match.
    d.m.send("systemctl is-system-running --wait; systemctl --failed --plain --no-legend; "
             "ip -4 addr show enX0 | grep -o 10.9.0.11; echo E''ND\n")
    # The shell switches a mode of the terminal off in front of it.
    d.m.expect(r"^(?:\x1b\[\?2004l)?running\n(.*\n)?10\.9\.0\.11\n(.*\n)?END", 180,
               "systemd is content, DHCP answers")


def test_saves(tmp_path):
    """A third of the instructions to the shell and of the image; less than half of the memory."""
    found = [kernel_bench.measure(kernel, os.path.join(machine.OUT, "zazen"),
                                  os.path.join(machine.OUT, "log", "qemu", f"lean-{name}.console"),
                                  timeout=600)
             for name, kernel in (("stock", systems.LINUX), ("lean", lean.kernel()))]
    lines = kernel_bench.table(*found)[0]
    print("\n".join(lines))
    stock, ours = found
    assert ours["boot"] * 3 <= stock["boot"], lines
    assert ours["size"] * 3 <= stock["size"], lines
    memory = kernel_bench.ROWS[2][1]
    assert memory(ours) * 2.25 <= memory(stock), lines


@pytest.mark.parametrize("version", ["6.1", "6.12"])
def test_series(version):
    """The series applies to the packages' sources without fuzz."""
    name = f"linux-source-{version}"
    path = os.path.join(machine.OUT, name, "usr/src", name + ".tar.xz")
    assert os.path.exists(path), f"no file {path}: run tests/setup/fetch {name}"
    r = subprocess.run([lean.BUILD, "--check", "--source", path], capture_output=True, text=True,
                       timeout=600, check=False)
    assert r.returncode == 0 and "the series applies" in r.stdout, r.stdout + r.stderr


def test_not_twice():
    """A second build without changes does nothing, and at once."""
    images = [lean.kernel(n) for n in ("dom0-kernel/Image", "guest-kernel/Image")]
    before = [os.stat(i).st_mtime_ns for i in images]
    r = subprocess.run([lean.BUILD], capture_output=True, text=True, timeout=60, check=False)
    assert r.returncode == 0 and r.stdout.count(": there") == 2, r.stdout + r.stderr
    assert [os.stat(i).st_mtime_ns for i in images] == before
