# SPDX-License-Identifier: GPL-2.0-or-later
"""What the watching commands say agrees: info, list, vcpu-list, top, stats, the guest itself."""
import json
import re
import time

from dom0 import FOLDER, READY

MACHINE = {"smp": 2, "mem": "1536M"}


def top_rows(text):
    """Blocks of {name: words} of zl top -b."""
    blocks = []
    for line in text.splitlines():
        words = line.split()
        if words[:2] == ["NAME", "STATE"]:
            blocks.append({})
        elif blocks and len(words) == 19:
            blocks[-1][words[0]] = words
    return blocks


def prometheus(text):
    """{(metric, domain or ""): value} of the exporter's text."""
    found = {}
    for name, labels, value in re.findall(r"^(zl_\w+)(\{.*?\})? ([\d.]+)$", text, re.M):
        m = re.search(r'domain="([^"]*)"', labels)
        kind = re.search(r'kind="([^"]*)"', labels)
        found[name + (":" + kind.group(1) if kind else ""), m.group(1) if m else ""] = float(value)
    return found


def test_sleep_is_not_counted(dom0):
    """What dom0's kernel says that it worked is dom0's CPU time, though nobody watches."""
    def used():
        return json.loads(dom0.zl("--json list 0")[1])["data"][0]["cpu_time_ns"] / 1e9

    def worked():
        ticks = [int(w) for w in dom0.run("head -n 1 /proc/stat")[1].split()[1:]]
        return (sum(ticks) - ticks[3] - ticks[4]) / 100  # without idle and iowait
    time.sleep(4)
    before = used(), worked()
    time.sleep(12)
    assert used() - before[0] < worked() - before[1] + 6  # of the 24 that two CPUs have


def test_figures_agree(dom0):
    """Memory, vCPUs and states by each command; an idle guest uses nothing, a busy one a CPU."""
    d = dom0
    d.zl(f"create --set name=w {FOLDER}/one.xml", timeout=60)
    d.zl(f"wait --for=console:/{READY}/ --timeout=90 w", timeout=100)
    time.sleep(2)
    blocks = top_rows(d.zl("top -b -d 2 -i 2", timeout=30)[1])
    assert len(blocks) == 2
    for b in blocks:
        assert float(b["w"][3]) < 30, "an idle guest"
    listed = d.listed("w")
    data = json.loads(d.zl("--json list w")[1])["data"][0]
    stats = json.loads(d.zl("--json stats w")[1])["data"]
    metrics = prometheus(d.zl("stats --format=prometheus")[1])
    info = dict(l.split(":", 1) for l in d.zl("info")[1].splitlines() if ":" in l)
    info = {k.strip(): v.strip() for k, v in info.items()}
    kib = int(blocks[-1]["w"][4])
    assert kib == data["memory_bytes"] >> 10
    assert kib >> 10 == int(listed[2])
    assert stats["domains"][0]["memory_bytes"] == data["memory_bytes"]
    assert metrics["zl_domain_memory_bytes:current", "w"] == data["memory_bytes"]
    assert int(blocks[-1]["w"][8]) == int(listed[3]) == data["vcpus_online"] == 1
    assert int(info["nr_cpus"]) == 2 == len(stats["cpu_idle_ns"])
    assert abs(stats["free_memory_bytes"] / 2 ** 20 - int(info["free_memory"])) < 2
    assert abs(metrics["zl_host_memory_free_bytes", ""] / 2 ** 20 - int(info["free_memory"])) < 2
    assert stats["domains"][0]["cpu_time_ns"] >= data["cpu_time_ns"]
    assert metrics["zl_xenstore_nodes", ""] > 20 and metrics["zl_xenstore_journal_bytes", ""] > 0
    assert metrics["zl_xenstore_requests_total", ""] > metrics["zl_xenstore_connections", ""] > 0
    # Busy: about a CPU by top, and as long as the guest thinks.
    d.console("w")
    d.m.send("(while :; do :; done) & echo busy\n")
    d.m.expect(r"^busy$", 20, "the guest is busy")
    d.detach()
    last = top_rows(d.zl("top -b -d 4 -i 1", timeout=30)[1])[0]["w"]
    assert 60 < float(last[3]) <= 105, last


def test_recording_and_report(dom0):
    """stats records lines of JSON, report draws them and what it sees itself."""
    d = dom0
    d.zl("stats --watch=1 --count=3 --format=json > /tmp/rec.json", timeout=30)
    assert d.run("wc -l < /tmp/rec.json")[1].strip() == "3"
    d.zl("report --from=/tmp/rec.json -o /tmp/a.html")
    d.zl("report -i 1 -n 2 -o /tmp/b.html", timeout=30)
    for page in ("/tmp/a.html", "/tmp/b.html"):
        assert d.run(f"grep -c '<svg ' {page}")[1].strip() == "4"
    assert d.zl("report -o /tmp/c.html --from=/tmp/a.html", check=False)[0] == 4
    assert d.run("ls /tmp/c.html", check=False)[0] != 0


def test_exporter(dom0):
    """The answer to a scraper, over a socket as inetd and systemd hand it over."""
    d = dom0
    d.run("(nc -l -p 9417 -e /usr/bin/zl stats --http &) ; sleep 1")
    out = d.run("wget -q -O - http://127.0.0.1:9417/metrics | head -n 3")[1]
    assert "# TYPE zl_domain_cpu_seconds_total counter" in out, out


def test_screen(dom0):
    """zl top on a terminal shows the table and ends by q; without one it prints."""
    d = dom0
    d.m.send("TERM=vt100 zl top -d 1\n")
    d.m.expect(r"domains: ", 20, "zl top draws its screen")
    time.sleep(1.5)
    d.m.send("sq")
    d.m.send("\n")
    d.m.expect(re.escape("dom0:"), 20, "zl top ends by q")
    d.run("true")


def test_check(dom0):
    """A host that runs guests passes; what is left of domains is found and removed."""
    d = dom0
    code, out = d.zl("check")
    assert code == 0 and "FAIL" not in out, out
    assert re.search(r"^domains +nothing left of those gone +pass", out, re.M), out
    d.run("xenstore-write /local/domain/77/name ghost")
    out = d.zl("check --repair")[1]
    assert "removing what is left of domain 77" in out
    assert d.run("xenstore-exists /local/domain/77", check=False)[0] != 0
    assert "pass" in d.zl("check")[1].splitlines()[-1]


def test_log(dom0):
    """Times and levels of the hypervisor's lines; debug keys arrive there."""
    d = dom0
    d.zl("debug-keys q")
    # Counted there: such lines on the console count as the hypervisor's own.
    for options, line, want in (("", "(ZZ) debug keys: q", "1"),
                                ("-T", "^(ZZ) \\[ *[0-9]*[.][0-9]* I] debug keys: q", "1"),
                                ("-l warning", "debug keys", "0")):
        assert d.run(f"zl dmesg {options} | grep -c '{line}'", check=False)[1].strip() == want
