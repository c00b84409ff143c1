# SPDX-License-Identifier: GPL-2.0-or-later
"""Configurations on a machine: a guest from an xl.cfg, with settings of the command line over it, its
clock and its soft affinity; what no start can give, refused with nothing left; the schema as shipped."""
import re
import shlex

from dom0 import FOLDER, linux_xml

MACHINE = {"smp": 2, "mem": "2G"}
OFFSET = -400 * 86400

GUEST_CFG = f"""# As xl has it.
name = "fromxl"
type = "pvh"
kernel = "/var/lib/zl/boot/Image"
ramdisk = "/var/lib/zl/boot/initramfs.gz"
extra = "console=hvc0 quiet"
memory = 128
maxmem = 160
vcpus = 2
cpus = [ "1", "0" ]
cpus_soft = "0"
rtc_timeoffset = {OFFSET}
builder = "hvm"
"""


TEE = linux_xml("tee", extension="<z:tee type='optee'/>")
EFI = re.sub(r"<kernel>.*?</initrd>|<cmdline>.*?</cmdline>", "",
             linux_xml("efi").replace("<os>", "<os firmware='efi'>"), flags=re.S)


def lay(d, name, text):
    """A small file in dom0's folder of tests."""
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    d.run(f"printf %b {shlex.quote(text)} > {FOLDER}/{name}")


def test_guest_from_xl_cfg(dom0):
    d = dom0
    lay(d, "guest.cfg", GUEST_CFG)
    d.attach("fromxl", f"zl create -c {FOLDER}/guest.cfg maxvcpus=2 'extra=console=hvc0 quiet one'")
    there = int(re.findall(r"^\d+$", d.guest_run("fromxl", "date +%s")[1], re.M)[0])
    assert "one" in d.guest_run("fromxl", "cat /proc/cmdline")[1]
    d.detach()
    here = int(re.findall(r"^\d+$", d.run("date +%s")[1], re.M)[0])
    assert abs(there - here - OFFSET) <= 3, (there, here)
    assert re.search(r"^fromxl +\d+ +0 .* 1 / 0$", d.zl("vcpu-list fromxl")[1], re.M)
    assert re.search(r"^fromxl +\d+ +1 .* 0 / 0$", d.zl("vcpu-list fromxl")[1], re.M)
    assert "<clock offset='variable' adjustment='%d'" % OFFSET in d.zl("dumpxml fromxl")[1]
    d.zl("destroy fromxl")


def test_what_no_start_can_give(dom0):
    d = dom0
    lay(d, "tee.xml", TEE)
    lay(d, "efi.xml", EFI)
    before = d.run("xenstore-ls -f | wc -l")[1]
    code, text = d.zl(f"create {FOLDER}/tee.xml", check=False)
    assert code == 5 and "z:tee: not supported by this build [E501]" in text, text
    code, text = d.zl(f"create {FOLDER}/efi.xml", check=False)
    assert code == 5 and "guest-aarch64.fd" in text, text
    assert d.run("xenstore-ls -f | wc -l")[1] == before
    d.zl(f"validate --schema {FOLDER}/tee.xml {FOLDER}/efi.xml")


def test_define_from_xl_cfg(dom0):
    d = dom0
    lay(d, "guest.cfg", GUEST_CFG)
    text = d.zl(f"convert {FOLDER}/guest.cfg -o /tmp/c.xml")[1]
    assert "warning: builder: ignored" in text
    d.zl("validate --strict --schema /tmp/c.xml")
    d.zl(f"define {FOLDER}/guest.cfg")
    d.run("sed '/<uuid>/d' /tmp/c.xml > /tmp/c1; zl dumpxml fromxl | sed '/<uuid>/d' | cmp - /tmp/c1")
    d.zl("convert --to=xl /tmp/c.xml -o /tmp/c.cfg")
    d.run("zl convert /tmp/c.cfg | cmp - /tmp/c.xml")
    d.zl("undefine fromxl")


def test_console_log_is_kept_short(dom0):
    d = dom0
    lay(d, "short.xml", linux_xml("short", args="loglevel=8",
                                  extension="<z:console-log size='4096' rotate='1'/>"))
    d.zl(f"create {FOLDER}/short.xml")
    d.poll(lambda: "short.log.1" in d.run("ls /var/log/zl/console")[1], 60, "the log is rotated")
    d.poll(lambda: "READY" in d.run("cat /var/log/zl/console/short.log*")[1], 90, "it has booted")
    sizes = d.run("stat -c '%s %n' /var/log/zl/console/short.log*")[1]
    found = dict(reversed(l.split()) for l in sizes.splitlines() if "short.log" in l and l[0].isdigit())
    assert len(found) == 2 and all(int(n) <= 4096 for n in found.values()), sizes
    d.zl("destroy short")
