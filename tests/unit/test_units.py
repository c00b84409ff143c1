#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The units of systemd agree with each other, with what is installed and with zl-services. What
they do is seen by tests/qemu/test_systemd_dom0.py; here is what a changed line breaks first."""
import os
import re
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
FOLDER = "tools/services/systemd"
HOST = "zl-host.service"
STORED = "/proc/xen/capabilities"
DAEMONS = ("xenstored", "xenconsoled", "zl-monitord")
OFF = ("zl-watchdogd.service",)		# until somebody wants it


def text(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def unit(name):
    """{key: list of all words given to it}."""
    keys = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", text(f"{FOLDER}/{name}"), re.M):
        keys.setdefault(key, []).extend(value.split())
    return keys


def closure(units, name, keys):
    """What NAME leads to by these keys."""
    seen, todo = set(), [name]
    while todo:
        for other in (w for k in keys for w in units.get(todo[-1], {}).get(k, [])):
            if other not in seen:
                seen.add(other)
                todo.insert(0, other)
        todo.pop()
    return seen


def complaints():
    names = [n for n in sorted(os.listdir(os.path.join(TOP, FOLDER))) if not n.endswith(".conf")]
    units = {n: unit(n) for n in names}
    installed = re.findall(rf"{FOLDER}/(\S+)", text("tools/services/local.am"))
    services = text("tools/services/zl-services")
    for name, u in units.items():
        if name not in installed:
            yield name, "is not installed"
        for key in ("Requires", "Wants", "After", "Before", "PartOf", "Also"):
            for other in u.get(key, []):
                if re.match(r"zl-|xen(store|console)d", other) and other not in units:
                    yield name, f"{key}={other}: there is none"
        if name == HOST or name.startswith("zl-metrics"):
            continue
        # Off, not failing again and again, on a machine without the hypervisor; /proc/xen is
        # mounted before anybody looks.
        if STORED not in u.get("ConditionPathExists", []):
            yield name, f"does not look for {STORED}"
        for keys in (("Requires", "Wants"), ("After",)):
            if HOST not in closure(units, name, keys):
                yield name, f"does not lead to {HOST} by {'/'.join(keys)}"
        together = closure(units, "zl-domains.service", ("Also",)) | {"zl-domains.service"}
        wanted = u.get("WantedBy") == ["multi-user.target"] and name not in OFF
        if wanted and "@" not in name and name not in together:
            yield name, "is not enabled with zl-domains"
        if name[:-8] in DAEMONS and u.get("OOMScoreAdjust") != ["-900"]:
            yield name, "is not spared when memory is short"
        if u.get("Restart") == ["always"]:
            run = u["PIDFile"][0].replace("/run/xenstored", "$STORE")
            if run not in services and u["PIDFile"] != [f"/run/zl/{name[:-8]}.pid"]:
                yield name, f"PIDFile={u['PIDFile']} is not that of zl-services"
            if u.get("RuntimeDirectoryPreserve") != ["yes"]:
                yield name, "takes its folder in /run along"
    # Both start programs for guests' disks, which outlive them.
    for name in ("zl-monitord.service", "zl-domain@.service"):
        if units[name].get("KillMode") != ["process"]:
            yield name, "ends what serves guests' disks"


def main():
    bad = list(complaints())
    for name, what in bad:
        print(f"{name}: {what}")
    print("not ok" if bad else "ok", "- units of systemd")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
