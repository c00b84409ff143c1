# SPDX-License-Identifier: GPL-2.0-or-later
"""Spinning for a vCPU that does not run: patch 0003 of dom0-kernel-patches.

Two guests of two vCPUs share the machine's one CPU.  In each two threads write to one file, so that
its lock is held most of the time, also when its holder has to leave the CPU.  Without the patch the
other vCPU spins until its own turn is over.  Time is counted in instructions: what a host does
beside the test makes little difference: dom0 waits for its disk a while before the guests run.
"""
import os
import re
import subprocess

import pytest

import dom0 as dom0_module
import lean
import machine
from conftest import HYPERVISOR, log_path

LOAD = os.path.join(machine.OUT, "guests", "lock_load")
MS = 1000
MORE_WRITES = 1.2	# than without the patch, in the same number of instructions

RUN = f"""mkdir -p /tmp
mount -t tmpfs none /tmp
/bin/lock_load 2 {MS} &
"""


def initramfs(tmp_path):
    """The example guest's, and the load, which its start runs at its end."""
    if not os.path.exists(LOAD):
        pytest.fail(f"no file {LOAD}: run tests/setup/build")
    root = tmp_path / "initramfs"
    (root / "bin").mkdir(parents=True)
    (root / "etc").mkdir()
    with open(os.path.join(machine.TOP, "tests/setup/guest/rcS"), encoding="utf-8") as f:
        (root / "etc/rcS").write_text(f.read() + RUN)
    (root / "etc/rcS").chmod(0o755)
    (root / "bin/lock_load").write_bytes(open(LOAD, "rb").read())
    (root / "bin/lock_load").chmod(0o755)
    more = subprocess.run("find . | cpio -o -H newc -R 0:0 --quiet | gzip -1n", shell=True, cwd=root,
                          check=True, capture_output=True).stdout
    path = str(tmp_path / "initramfs.gz")
    with open(path, "wb") as f, open(os.path.join(machine.OUT, "guest/initramfs.gz"), "rb") as g:
        f.write(g.read() + more)
    return path


def load(request, tmp_path, kernel, name):
    """[(writes, worst in us, late ones)] of the two guests with that kernel."""
    folder = dom0_module.FOLDER
    guests = ("a", "b")
    job = "".join([f"zl create -p {folder}/{g}.xml || exit 1\n" for g in guests] +
                  [f"zl unpause {g}\n" for g in guests] +
                  [f"while zl domid {g} >/dev/null 2>&1; do sleep 2; done\n" for g in guests] +
                  [f"grep -ao 'LOCK-LOAD.*' /var/log/zl/console/{g}.log || exit 1\n"
                   for g in guests])
    overlay, tar = str(tmp_path / f"{name}.tar"), str(tmp_path / f"{name}-job.tar")
    machine.make_job(tar, job)
    dom0_module.make_overlay(overlay, {
        f"{g}.xml": dom0_module.guest_xml(g, f"{folder}/{os.path.basename(kernel)}", 96, 2,
                                          f"{folder}/initramfs.gz", "console=hvc0 quiet")
        for g in guests}, [kernel, initramfs(tmp_path / name)])
    # 8 ns an instruction: a spinning vCPU costs the host most, and has fewer of them to spend.
    m = machine.Machine(
        hypervisor=HYPERVISOR, smp=1, mem="1G", dom0_mem="512M", seed=False, overlay=overlay, job=tar,
        dom0_kernel=lean.kernel("dom0-kernel/Image-plain"), append="dom0_max_vcpus=1",
        extra=("-icount", "shift=3,sleep=off"), log=log_path(f"{request.node.nodeid}-{name}"))
    with m:
        m.expect(r"^ZAZEN-JOB-EXIT 0", 400, f"the load runs with {name}")
        found = re.findall(r"^LOCK-LOAD writes=(\d+) worst_us=(\d+) late=(\d+)", m.text, re.M)
    assert len(found) == len(guests), m.text[-2000:]
    print(f"{name}: {found}")
    return [tuple(map(int, f)) for f in found]


@pytest.mark.full
def test_locks(request, tmp_path):
    plain = load(request, tmp_path, lean.kernel("dom0-kernel/Image-plain"), "plain")
    patched = load(request, tmp_path, lean.kernel(), "patched")
    writes = [sum(w for w, _, _ in r) for r in (plain, patched)]
    worst = [max(w for _, w, _ in r) for r in (plain, patched)]
    assert writes[1] > writes[0] * MORE_WRITES, f"writes, without and with: {writes}"
    assert worst[1] < worst[0], f"worst hold-off in us, without and with: {worst}"
