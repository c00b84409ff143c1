# SPDX-License-Identifier: GPL-2.0-or-later
"""A driver domain: a guest whose kernel serves another guest's card and disk, with our scripts run
there by driver-domain.  Its initramfs is the example guest's with what dom0 has for back-ends laid
over it.
"""
import re

import pytest

import dom0 as dom0_module
from dom0 import FOLDER, READY, disk_xml

pytestmark = pytest.mark.full
MACHINE = {"smp": 2, "mem": "2G", "append": "xsm=dummy"}
INITRAMFS = "/var/lib/zl/images/driver.gz"
DISK = "/srv/client.img"
MARK = "served by a guest"
SERVED = ("<interface type='bridge'><source bridge='br0'/><backenddomain name='driver'/></interface>" +
          disk_xml("xvda", DISK, more="<backenddomain name='driver'/>"))
GUESTS = {
    "driver": dom0_module.linux_xml("driver", memory=320, extension="<z:driver-domain/>").replace(
        "/var/lib/zl/boot/initramfs.gz", INITRAMFS),
    "client": dom0_module.linux_xml("client", memory=192, args="zazen.ip=10.0.9.2/24",
                                    extra=f"<devices>{SERVED}</devices>"),
}
# A root on a ramfs has no holes: the image is made with what it will have.
SET_UP = ("mkdir -p /srv /run && dd if=/dev/zero of=/srv/client.img bs=1M count=8 2>/dev/null && "
          "modprobe -a xen-netback xen-blkback bridge loop && ip link add br0 type bridge && "
          "ip addr add 10.0.9.1/24 dev br0 && ip link set br0 up && "
          "(PATH=$PATH:/usr/bin setsid /etc/zl/scripts/driver-domain >/run/log 2>&1 &)")


@pytest.fixture(scope="module")
def overlay(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("driver") / "overlay.tar")
    dom0_module.make_overlay(path, {f"{n}.xml": x for n, x in GUESTS.items()})
    return path


def make_initramfs(d):
    d.run("cd / && { find usr usr/bin etc etc/zl lib/aarch64-linux-gnu/ -maxdepth 0; "
          "find lib/modules lib/ld-linux-aarch64.so.1 lib/aarch64-linux-gnu/libc.so.6 "
          "lib/aarch64-linux-gnu/ld-linux-aarch64.so.1 usr/bin/xenstore* etc/zl/scripts; } | "
          "busybox cpio -o -H newc 2>/dev/null | gzip -1 >/tmp/more.gz && "
          f"cat /var/lib/zl/boot/initramfs.gz /tmp/more.gz >{INITRAMFS}; cd", 60)


def start_driver(d):
    d.attach("driver", f"zl create -c {FOLDER}/driver.xml")
    d.guest_run("driver", SET_UP, 60)
    d.detach()


def test_serves(dom0):
    """Card and disk by the driver domain: used, detached and attached, and gone with the guest."""
    d = dom0
    make_initramfs(d)
    code, out = d.zl(f"create {FOLDER}/client.xml 2>&1", check=False)
    if code != 3 or 'attach disk xvda: there is no domain "driver"' not in out:
        d.fail("a driver domain that does not run is named", f"exit code {code}\n{out}")
    start_driver(d)
    d.zl(f"create {FOLDER}/client.xml", timeout=90)
    d.zl(f"wait --for=console:/{READY}/ --timeout=120 client", timeout=130)
    driver = d.listed("driver")[1]
    row = d.zl("network-list client")[1].splitlines()[-1].split()
    if row[1] != driver:
        d.fail("zl network-list names the back-end", row)
    d.in_guest("client", "ping -c 2 -W 5 10.0.9.1", 60)
    d.in_guest("client", f"echo {MARK} | dd of=/dev/xvda bs=512 seek=9 conv=sync,fsync", 60)
    if MARK not in d.in_guest("driver", f"dd if={DISK} bs=512 skip=9 count=1", 60)[1]:
        d.fail("the disk is the driver domain's file", "")
    d.run("ls /sys/bus/xen-backend/devices | grep -c . ; xenstore-ls -f /local/domain/0/backend")
    d.zl("block-detach client xvda", timeout=60)
    d.zl("network-detach client 0", timeout=60)
    d.in_guest("driver", "n=0; while [ -n \"$(losetup -a)$(ls /run/zl-driver-domain)\" ]; do "
               "n=$((n + 1)); [ $n -lt 100 ] || break; usleep 100000; done; "
               "[ -z \"$(losetup -a)$(ls /run/zl-driver-domain /sys/class/net | grep vif)\" ]", 60)
    # Again, and the driver domain goes first.
    d.zl("network-attach client bridge=br0,backend=driver", timeout=60)
    d.in_guest("client", "i=$(ls /sys/class/net | grep eth); ip link set $i up; "
               "ip addr add 10.0.9.2/24 dev $i; ping -c 2 -W 5 10.0.9.1", 60)
    d.zl("destroy driver", timeout=60)
    if "client" not in d.rows():
        d.fail("the guest lives on", d.rows())
    d.zl("network-list client")
    d.zl("network-detach --force client 0", timeout=60)
    d.zl("destroy client", timeout=60)
    left = d.run("xenstore-ls -f | grep -E 'vif|vbd|/local/domain/[1-9]'; "
                 "zl check --repair 2>&1 | grep 'of those gone'", check=False)[1]
    if not re.fullmatch(r"domains +nothing left of those gone +pass\n", left):
        d.fail("nothing is left", left)
