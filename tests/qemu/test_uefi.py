# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest whose disk boots it: UEFI, GRUB from the EFI system partition, Debian's kernel from the root.

Disk and UEFI image are made by tests/setup/mkefidisk and mkfirmware.  The cases go on in one guest.
"""
import os

import pytest

import machine

pytestmark = pytest.mark.full
DISK = os.path.join(machine.OUT, "efidisk", "disk.img")
FIRMWARE = os.path.join(machine.OUT, "firmware", "guest-aarch64.fd")
MACHINE = {"mem": "3G", "debian": 1,
           "disks": (("efi", DISK, "snapshot"), ("firmware", FIRMWARE, "ro"))}
XML = "/usr/share/zl/examples/debian-efi.xml"
PLACE = "/usr/share/zl/firmware"
READY = r"root@debian-efi:~#"


@pytest.fixture(scope="module", autouse=True)
def _made():
    for path, how in ((FIRMWARE, "mkfirmware"), (DISK, "mkefidisk")):
        if not os.path.exists(path):
            pytest.skip(f"no {path}: tests/setup/{how} could not make it")


def test_refused_without_image(dom0):
    code, out = dom0.zl(f"create {XML}", check=False)
    if code != 5 or "E510" not in out or f"{PLACE}/guest-aarch64.fd" not in out:
        dom0.fail("without an image it is refused, with the place for one", f"exit code {code}\n{out}")
    if dom0.listed("debian-efi"):
        dom0.fail("a refused create leaves nothing", "it is listed")


def test_boots_from_its_disk(dom0):
    """Firmware, boot loader, kernel and root, each from where the one before found it."""
    dom0.run(f"mkdir -p {PLACE}; cat /dev/disk/by-id/virtio-firmware >{PLACE}/guest-aarch64.fd")
    dom0.zl(f"create {XML}", timeout=60)
    dom0.wait_log("debian-efi", "GRUB", 90)
    dom0.wait_log("debian-efi", READY, 300)
    answer = dom0.run("ssh root@10.9.0.11 'cat /sys/firmware/efi/fw_platform_size; "
                      "findmnt -no SOURCE /; nproc; hostname'", 60)[1]
    for word in ("64", "/dev/xvda2", "2", "debian-efi"):
        if word not in answer.split():
            dom0.fail(f"the guest says {word!r}", answer)


def test_reboots_and_ends(dom0):
    """A reboot goes through the firmware's ResetSystem and its boot; so does the end."""
    before = dom0.listed("debian-efi")[1]
    dom0.run("ssh root@10.9.0.11 'touch /srv/kept; systemctl reboot'; ssh -O exit root@10.9.0.11",
             check=False)
    dom0.poll(lambda: (dom0.listed("debian-efi") or [0, before])[1] != before, 90,
              "debian-efi comes again")
    dom0.wait_log("debian-efi", READY, 300, count=2)
    if "/srv/kept" not in dom0.run("ssh root@10.9.0.11 ls /srv/kept", 60)[1]:
        dom0.fail("the file is there after the reboot", "it is not")
    dom0.zl("shutdown -w debian-efi", timeout=120)
    dom0.wait_gone("debian-efi", 20)
