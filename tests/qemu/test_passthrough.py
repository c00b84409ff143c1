# SPDX-License-Identifier: GPL-2.0-or-later
"""A device of the platform (the real-time clock) in a guest's hands, and back in dom0's."""
import re

from dom0 import FOLDER

MACHINE = {"smp": 2, "mem": "2G"}
DRIVER = "/sys/bus/amba/drivers/rtc-pl031"
DEVICE = "9010000.pl031"


def release(d):
    """Dom0's driver lets go of the clock."""
    d.run(f"echo {DEVICE} > {DRIVER}/unbind")


def use(d):
    """Dom0's driver takes it, sets an alarm and gets its interrupt."""
    d.run(f"echo {DEVICE} > {DRIVER}/bind")
    count = "grep -i rtc-pl031 /proc/interrupts | awk '{ print $2 + $3 }'"
    before = int(d.run(count)[1])
    rtc = "/sys/class/rtc/$(ls /sys/class/rtc | head -n1)"
    d.run(f"echo +1 > {rtc}/wakealarm", timeout=10)
    d.poll(lambda: int(d.run(count)[1]) > before, 15, "dom0's alarm rings")


def test_device(dom0):
    d = dom0
    code, text = d.zl(f"create {FOLDER}/device.xml", check=False)
    assert code != 0 and "no driver that uses it" in text, "dom0's driver still had it"
    release(d)
    code, text = d.zl(f"create {FOLDER}/device-ram.xml", check=False)
    assert code != 0 and "only device memory" in text
    d.zl(f"create {FOLDER}/device.xml")
    d.wait_log("device", r"DEVICE done", 30)
    log = d.log("device")
    assert len(re.findall(r"DEVICE interrupt 34 raw 1 after [1-9]", log)) == 3, log
    d.wait_gone("device", 20)
    use(d)
    release(d)
    d.zl(f"create {FOLDER}/device-hang.xml")
    d.wait_log("device-hang", r"DEVICE hangs", 30)
    d.zl("destroy device-hang")
    d.wait_gone("device-hang", 20)
    use(d)
    assert list(d.rows()) == ["Domain-0"]


def test_linux(dom0):
    """A Linux guest finds the clock by the partial tree that its configuration names."""
    d = dom0
    release(d)
    d.attach("clock", f"zl create -c {FOLDER}/clock.xml")
    rtc = "/sys/class/rtc/rtc0"     # the partial tree's alias
    assert d.guest_run("clock", f"cat {rtc}/name")[1].strip() == "rtc-pl031 9010000.rtc"
    count = "grep rtc-pl031 /proc/interrupts | awk '{ print $2 }'"
    assert d.guest_run("clock", count)[1].strip() == "0"
    d.guest_run("clock", f"echo +1 >{rtc}/wakealarm; for i in $(seq 20); do "
                f"[ $({count}) = 0 ] || break; sleep .5; done; [ $({count}) -ge 1 ]", 30)
    d.detach()
    d.zl("destroy clock")
    d.wait_gone("clock", 20)
    use(d)

    # Nothing is made of a tree that has what is the guest's own.
    d.run(f"cp /sys/firmware/fdt {FOLDER}/whole.dtb && sed s/device-rtc.dtb/whole.dtb/ {FOLDER}/clock.xml "
          f">{FOLDER}/whole.xml")
    code, text = d.zl(f"create {FOLDER}/whole.xml", check=False)
    assert code == 4 and "cannot be merged: it has a node /" in text, text
    assert list(d.rows()) == ["Domain-0"]
