# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures: a machine at dom0's shell, shared by a module's tests until one of them fails.

ZAZEN_HYPERVISOR boots another hypervisor (the peer, say); ZAZEN_PATIENCE stretches deadlines.
"""
import glob
import os
import re
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dom0 as dom0_module  # noqa: E402
import machine  # noqa: E402
import tree as device_tree  # noqa: E402

HYPERVISOR = os.environ.get("ZAZEN_HYPERVISOR", os.path.join(machine.OUT, "zazen"))


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="the long tests too (mark: full)")


def pytest_configure(config):
    config.addinivalue_line("markers", "full: long, run with --full alone")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--full"):
        for item in items:
            if item.get_closest_marker("full"):
                item.add_marker(pytest.mark.skip(reason="long: needs --full"))


def log_path(node):
    name = re.sub(r"[^\w.-]+", "-", node.strip("/"))
    return os.path.join(machine.OUT, "log", "qemu", name + ".console")


def overlay_texts():
    """XML files that any test may use: the payloads' stanzas and some Linux guests."""
    texts = {f"{n}.xml": x for n, x in dom0_module.payload_xmls().items()}
    texts["one.xml"] = dom0_module.linux_xml("one", on_reboot="restart")
    for n in ("lin1", "lin2", "lin3"):
        texts[f"{n}.xml"] = dom0_module.linux_xml(n, vcpus=2)
    texts["saver.xml"] = dom0_module.linux_xml(
        "saver", vcpus=2, memory=192, args="zazen.ip=10.0.7.9/24",
        extra="<devices>" + dom0_module.disk_xml("xvda", "saver.img") +
        "<interface type='bridge'><source bridge='zbr0'/></interface></devices>")
    for n in (1, 2):
        texts[f"debian{n}.xml"] = dom0_module.debian_xml(n)
    for n, disks in dom0_module.DISK_GUESTS.items():
        # A disk's ring and the pages that it keeps granted take the guest some 20 MiB.
        texts[f"{n}.xml"] = dom0_module.linux_xml(n, memory=128 + 32 * len(disks),
                                                  extra=f"<devices>{''.join(disks)}</devices>")
    texts["clock.xml"] = dom0_module.linux_xml(
        "clock", extension="<z:iomem start='0x9010'/><z:irq number='34'/>").replace(
            "</cmdline>", f"</cmdline><dtb>{dom0_module.FOLDER}/device-rtc.dtb</dtb>")
    # On arm64 Linux tells nobody of a panic; with panic=1 it asks for a reboot.
    texts["linux-panic.xml"] = dom0_module.linux_xml(
        "linux-panic", args="panic=1 zazen.then=crash", on_reboot="destroy")
    return texts


@pytest.fixture(scope="session")
def overlay(tmp_path_factory):
    """A tar with the payload images and XML files."""
    folder = tmp_path_factory.mktemp("overlay")
    path, clock = str(folder / "overlay.tar"), str(folder / "device-rtc.dtb")
    device_tree.compile_source(os.path.join(machine.TOP, "docs/examples/device-rtc.dts"), clock)
    dom0_module.make_overlay(path, overlay_texts(),
                             [*sorted(glob.glob(dom0_module.IMAGES + "/*.img")), clock])
    return path


@pytest.fixture
def boot(request, overlay):
    """boot(**changes): a machine at dom0's shell; ended with the test."""
    machines = []

    def start(**changes):
        changes.setdefault("hypervisor", HYPERVISOR)
        changes.setdefault("overlay", overlay)
        changes.setdefault("log", log_path(request.node.nodeid))
        m = machine.Machine(**changes)
        machines.append(m)
        m.start()
        m.wait_shell()
        return dom0_module.Dom0(m)
    yield start
    for m in machines:
        m.close()


@pytest.fixture
def payload(request):
    """payload(NAME, **changes): that payload is dom0's kernel; a machine, ended with the test."""
    machines = []

    def start(name, **changes):
        changes.setdefault("hypervisor", HYPERVISOR)
        changes.setdefault("log", log_path(request.node.nodeid))
        m = machine.Machine(dom0_kernel=os.path.join(dom0_module.IMAGES, name + ".img"),
                            dom0_initrd="", dom0_root="", **changes)
        machines.append(m)
        return m.start()
    yield start
    for m in machines:
        m.close()


class Shared:
    """The module's machine; thrown away after a failed test."""

    def __init__(self, overlay, node, changes):
        self.overlay, self.node, self.changes = overlay, node, changes
        self.d = None
        self.count = 0

    def get(self):
        if self.d is None:
            self.count += 1
            m = machine.Machine(hypervisor=HYPERVISOR, overlay=self.overlay,
                                log=log_path(f"{self.node}-{self.count}"), **self.changes)
            m.start()
            try:
                m.wait_shell()
            except BaseException:
                m.close()
                raise
            self.d = dom0_module.Dom0(m)
        return self.d

    def drop(self):
        if self.d:
            self.d.m.close()
            self.d = None


@pytest.fixture(scope="module")
def shared(request, overlay):
    s = Shared(overlay, request.node.nodeid, getattr(request.module, "MACHINE", {}))
    yield s
    s.drop()


@pytest.fixture
def dom0(request, shared):
    """A machine at dom0's shell, as clean as the module's earlier tests left it."""
    d = shared.get()
    yield d
    if getattr(request.node, "failed", False) or d.m.proc.poll() is not None:
        shared.drop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        item.failed = True
        # A failed step tells its own story; Python's frames around it are noise.
        if call.excinfo and call.excinfo.errisinstance(machine.MachineFailure):
            report.longrepr = str(call.excinfo.value)


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    """Tell a failure's story when it happens: a run that is ended early keeps it."""
    if report.failed and TERMINAL:
        TERMINAL[0].write_line("")
        for line in report.longreprtext.splitlines():
            TERMINAL[0].write_line("    " + line)


TERMINAL = []


def pytest_sessionstart(session):
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    if reporter:
        TERMINAL.append(reporter)
