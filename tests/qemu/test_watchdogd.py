# SPDX-License-Identifier: GPL-2.0-or-later
"""The host's watchdog: as long as zl-watchdogd is let run nothing happens, then the host ends."""
import pytest


@pytest.mark.full
def test_host_starts_again(boot):
    d = boot(smp=1, mem="1G")
    assert "more often" in d.run("zl-watchdogd -t 2 -s 2 2>&1", check=False)[1]

    # Ended cleanly it leaves nobody to be afraid of.
    d.run("zl-watchdogd --timeout=4 --sleep=1")
    d.run("sleep 7; kill $(cat /run/zl/zl-watchdogd.pid); sleep 6", timeout=40)
    assert d.run("cat /run/zl/zl-watchdogd.pid", check=False)[0] != 0

    # One that hangs does not.
    d.run("zl-watchdogd --timeout=4 --sleep=1 --foreground & sleep 2")
    d.m.send("kill -STOP $(pidof zl-watchdogd)\n")
    d.m.expect("dom0 ended: watchdog", 20, "the watchdog ends dom0")
