# SPDX-License-Identifier: GPL-2.0-or-later
"""Steal time of a guest with kernel page-table isolation: patch 0002 of dom0-kernel-patches.

The guest's kernel is ours (out/guest-kernel), isolation is on by its command line, and it shares
a CPU with a guest of another weight, both busy.  What it says in /proc/stat must be what the
hypervisor accounts: the time that passed less the time that it ran, for it never sleeps.
"""
import json
import os
import re
import time

import pytest

import dom0 as dom0_module
import machine

KERNEL = os.environ.get("ZAZEN_GUEST_KERNEL", os.path.join(machine.OUT, "guest-kernel", "Image"))
TOLERANCE = 0.02
SECONDS = 30
WEIGHT, OTHER = 256, 512


def guest(name, vcpus, weight, kernel, args):
    text = dom0_module.guest_xml(
        name, kernel, 96, vcpus, "/var/lib/zl/boot/initramfs.gz", "console=hvc0 quiet " + args,
        extra=f"<cputune><shares>{weight}</shares></cputune>")
    return text.replace("<vcpu>", "<vcpu cpuset='1'>")


@pytest.fixture
def overcommitted(boot, tmp_path):
    """dom0 on CPU 0, on CPU 1 the guest "other" that spins; "lean" is described, not made."""
    if not os.path.exists(KERNEL):
        pytest.fail(f"no file {KERNEL}: run dom0-kernel-patches/build")
    kernel = f"{dom0_module.FOLDER}/{os.path.basename(KERNEL)}"
    path = str(tmp_path / "overlay.tar")
    dom0_module.make_overlay(path, {
        "lean.xml": guest("lean", 2, WEIGHT, kernel, "kpti=1"),
        "other.xml": guest("other", 1, OTHER, kernel, "zazen.then=spin")}, [KERNEL])
    d = boot(smp=2, overlay=path, append="dom0_max_vcpus=1 dom0_vcpus_pin")
    d.zl(f"create {dom0_module.FOLDER}/other.xml", 60)
    d.wait_log("other", dom0_module.READY, 90)
    return d


def ran(d, vcpu):
    """(dom0's uptime before, after, CPU time of a vCPU of "lean" in between), seconds."""
    up = "cut -d' ' -f1 /proc/uptime"
    text = d.run(f"{up}; zl --json vcpu-list lean; {up}")[1]
    row = next(r for r in json.loads(text[text.index("{"):text.rindex("}") + 1])["data"]
               if r["vcpu"] == vcpu)
    return float(text.split()[0]), float(text.split()[-1]), row["cpu_time_ns"] / 1e9


def stolen(d, cpu):
    """(the guest's uptime, steal of a CPU of it), seconds, at its attached console."""
    text = d.guest_run("lean", "cat /proc/uptime /proc/stat")[1]
    return (float(text.split()[0]),
            int(re.search(rf"^cpu{cpu} (.*)", text, re.M).group(1).split()[7]) / 100)


def rate(a, b):
    return (b[1] - a[1]) / (b[0] - a[0])


@pytest.mark.full
def test_steal(overcommitted):
    d = overcommitted
    d.attach("lean", f"zl create -c {dom0_module.FOLDER}/lean.xml")
    assert "detected: Kernel page table isolation" in d.guest_run("lean", "dmesg")[1], "no page-table isolation"
    # One vCPU is enough: the other goes, and comes back in the end.
    here, base = stolen(d, 1)
    d.guest_run("lean", "echo 0 >/sys/devices/system/cpu/cpu1/online")
    gone = stolen(d, 0)[0]
    d.guest_run("lean", "(while :; do :; done) & sleep 1")
    d.detach()
    a = ran(d, 0)
    d.console("lean")
    first = stolen(d, 0)
    time.sleep(SECONDS)
    last = stolen(d, 0)
    d.detach()
    b = ran(d, 0)
    least = 1 - (b[2] - a[2]) / (b[0] - a[1])
    most = 1 - (b[2] - a[2]) / (b[1] - a[0])
    steal = rate(first, last)
    print(f"stolen {steal:.4f}, accounted {least:.4f} to {most:.4f}")
    assert abs(most - OTHER / (WEIGHT + OTHER)) < 0.1, f"a share of {1 - most:.3f}"
    assert least * (1 - TOLERANCE) <= steal <= most * (1 + TOLERANCE), \
        f"{steal:.4f} stolen, {least:.4f} to {most:.4f} accounted"
    # A CPU that was away has its area again, and what it was away for was not stolen from it.
    d.console("lean")
    began = stolen(d, 0)[0]
    d.guest_run("lean", "echo 1 >/sys/devices/system/cpu/cpu1/online; "
                "(while :; do :; done) & sleep 3")
    up, total = stolen(d, 1)
    print(f"vCPU 1, here for {gone - here:.1f} + {up - began:.1f} s, away for {began - gone:.1f} s: "
          f"{total - base:.1f} s stolen; {base} s when it was asked first")
    assert 0.3 < total - base < gone - here + up - began
    d.detach()
