# SPDX-License-Identifier: GPL-2.0-or-later
"""Free page reporting of a guest with our kernel: patch 0004 of dom0-kernel-patches.

What the guest frees is the host's a little later, without a target, and another guest gets it.
The first one has its memory back when it touches it: at once as far as the host keeps a reserve,
then when there is some again.
"""
import os
import shutil
import time

import pytest

import dom0 as dom0_module
import machine
from conftest import overlay_texts

KERNEL = os.path.join(machine.OUT, "guest-kernel", "Image")
MEMORY, RESERVE = 512, 128      # MiB
# Reporting looks at the free lists every two seconds, and at a sixteenth of each.
SETTLE = 90

pytestmark = pytest.mark.full


@pytest.fixture
def host(boot, tmp_path):
    """dom0 of a host that lends, and the guest "lean" at its shell, attached."""
    if not os.path.exists(KERNEL):
        pytest.fail(f"no file {KERNEL}: run dom0-kernel-patches/build")
    texts = dict(overlay_texts())
    texts["lean.xml"] = dom0_module.guest_xml(
        "lean", f"{dom0_module.FOLDER}/lean-guest", MEMORY, 1, "/var/lib/zl/boot/initramfs.gz",
        "console=hvc0 quiet")
    path = str(tmp_path / "overlay.tar")
    copy = str(tmp_path / "lean-guest")
    shutil.copy(KERNEL, copy)
    dom0_module.make_overlay(path, texts, [copy])
    d = boot(smp=2, mem="2G", overlay=path, append=f"reported_reserve={RESERVE}M")
    d.attach("lean", f"zl create -c {dom0_module.FOLDER}/lean.xml")
    d.guest_run("lean", "mkdir -p /t && mount -t tmpfs -o size=480M none /t && "
                "dd if=/dev/urandom of=/piece bs=1M count=4")
    d.detach()
    return d


def free_mib(d):
    return int(d.zl("info -s free_memory")[1].split()[0])


def settled(d):
    """Free memory of the host, in MiB, once it does not grow any more."""
    seen, since = free_mib(d), time.monotonic()
    end = since + SETTLE * machine.PATIENCE
    while time.monotonic() < min(end, since + 12):
        time.sleep(1)
        now = free_mib(d)
        if now != seen:
            seen, since = now, time.monotonic()
    return seen


def pieces(mib):
    """A guest's command that writes MIB, a multiple of 4, to its output."""
    return f"for i in $(seq {mib // 4}); do cat /piece; done"


def fill(d, name, mib):
    """A file of MIB in the guest's memory, made at its console."""
    d.console("lean")
    d.guest_run("lean", f"{pieces(mib)} >/t/{name}", timeout=120)
    d.detach()


def waits(d):
    """How often the hypervisor said that a guest waits; its lines are not in an output as such."""
    return int(d.run("zl dmesg | grep -c 'waits for memory'", check=False)[1].split()[0])


def test_cache(host):
    """A file cache comes and goes; others get the memory; it comes back, later than the reserve."""
    d = host
    d.console("lean")
    assert "Free page reporting enabled" in d.guest_run("lean", "dmesg")[1]
    d.detach()
    before = settled(d)
    fill(d, "cache", 300)
    full = free_mib(d)
    assert full <= before - 280, (before, full)
    d.console("lean")
    d.guest_run("lean", "rm /t/cache")
    d.detach()
    after = settled(d)
    print(f"free: {before} MiB, with a cache of 300 MiB {full} MiB, without it again {after} MiB")
    # All but blocks of 2 MiB with a page in use.
    assert after >= full + 210, (before, full, after)
    # It is still a guest of that size, and may not grow beyond it.
    assert int(d.listed("lean")[2]) >= MEMORY - 1
    # Another guest has it, as far as no reserve is kept.
    d.zl(f"create --set name=other --set memory={free_mib(d) - 12} {dom0_module.FOLDER}/one.xml", 120)
    d.wait_log("other", dom0_module.READY, 90)
    assert free_mib(d) < 24
    # Out of the reserve: at once.
    fill(d, "back", RESERVE - 24)
    assert not waits(d)
    # More than that: the guest waits, nobody else does.
    d.console("lean")
    digest = d.guest_run("lean", f"({pieces(240)}) | md5sum", timeout=120)[1].split()[0]
    d.guest_run("lean", f"(({pieces(240)}) >/t/more; md5sum /t/more >/dev/hvc0) & true")
    d.detach()
    d.poll(lambda: waits(d), 60, "the hypervisor says that a guest waits")
    time.sleep(3)
    assert d.listed("lean") and d.listed("other")
    d.zl("destroy other")
    d.poll(lambda: d.run(f"grep -c '{digest}  /t/more' /var/log/zl/console/lean.log",
                         check=False)[1].split()[0] != "0", 120, "the guest goes on, unharmed")
    assert waits(d) <= 12
    d.zl("destroy lean")
    d.wait_gone("lean", 20)
    assert free_mib(d) >= before + 100


@pytest.mark.parametrize("option, words, passed", [("reported_reserve=0", "", 13), ("", "off", 2)])
def test_payload(boot, tmp_path, option, words, passed):
    """Every kind of access and of argument finds zeroed memory; without the option no such call."""
    text = dom0_module.guest_xml("reported", f"{dom0_module.FOLDER}/reported.img", 32, args=words)
    path = str(tmp_path / "overlay.tar")
    dom0_module.make_overlay(path, {"reported.xml": text},
                             [os.path.join(dom0_module.IMAGES, "reported.img")])
    d = boot(smp=1, overlay=path, append=option)
    d.zl(f"create {dom0_module.FOLDER}/reported.xml")
    d.wait_log("reported", r"^\d+ passed, \d+ failed", 60)
    log = d.log("reported")
    print(log)
    assert f"{passed} passed, 0 failed" in log, log
