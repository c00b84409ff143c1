# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of zl report in a real browser: it shows something, light and dark, runs and loads
nothing.  Needs no machine: the host's zl draws a recording, headless Chromium looks at it."""
import json
import math
import os
import re
import struct
import subprocess
import zlib

import pytest

import machine

CHROMIUM = os.path.join(machine.OUT, "chromium", "chromium")
ZL = os.path.join(machine.OUT, "host", "zl")
NAMES = ("Domain-0", "web1", "<img src=//x.example/a onerror=alert(1)>", "mail & news", "a\x1bb",
         "x1", "x2", "x3", "x4", "</style><script>alert(2)</script>")


def recording(path):
    """Ten domains that do something for a minute."""
    with open(path, "w", encoding="utf-8") as f:
        for t in range(30):
            domains = [{"domid": i, "name": n, "uuid": f"0000000{i}-0000-4000-8000-000000000000",
                        "cpu_time_ns": int(2e9 * sum(0.5 + 0.4 * math.sin(k / 4 + i)
                                                     for k in range(t))),
                        "memory_bytes": (64 + 64 * i) << 20,
                        "disks": [{"devid": 51712, "read_sectors": t * 100 * i}],
                        "networks": [{"devid": 0, "rx_bytes": t * t * 1000 * i}]}
                       for i, n in enumerate(NAMES) if i != 3 or t > 9]
            f.write(json.dumps({"data": {
                "when_ns": (t + 1) * 2 * 10 ** 9, "wall_ns": (1700000000 + 2 * t) * 10 ** 9,
                "total_memory_bytes": 8 << 30, "free_memory_bytes": 5 << 30,
                "cpu_idle_ns": [t * 10 ** 9] * 2, "domains": domains}}) + "\n")


def pixels(path):
    """(width, rows) of a PNG with 8 bits a channel, rows of bytes."""
    with open(path, "rb") as f:
        data = f.read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            width, _, depth, color = struct.unpack(">IIBB", data[at + 8:at + 18])
        elif kind == b"IDAT":
            packed += data[at + 8:at + 8 + size]
        at += 12 + size
    assert depth == 8 and color in (2, 6)
    bpp = 3 if color == 2 else 4
    raw, stride, rows = zlib.decompress(packed), width * bpp, []
    last = bytes(stride)
    for y in range(0, len(raw), stride + 1):
        kind, line = raw[y], bytearray(raw[y + 1:y + 1 + stride])
        for x in range(stride):
            a = line[x - bpp] if x >= bpp else 0
            b, c = last[x], last[x - bpp] if x >= bpp else 0
            near = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            line[x] = (line[x] + (0, a, b, (a + b) // 2, near)[kind]) & 255
        last = bytes(line)
        rows.append([last[i:i + 3] for i in range(0, stride, bpp)])
    return rows


def look(page, scheme, tmp_path):
    """Colours of the page and how many pixels have each; fails on what the browser reports."""
    shot, log = str(tmp_path / f"{scheme}.png"), str(tmp_path / f"{scheme}.json")
    run = subprocess.run(
        [CHROMIUM, f"--blink-settings=preferredColorScheme={int(scheme == 'light')}",
         f"--screenshot={shot}", f"--log-net-log={log}", "--window-size=1000,700",
         "--enable-logging=stderr", "--disable-background-networking",
         "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
         "--virtual-time-budget=2000", f"file://{page}"],
        capture_output=True, text=True, timeout=120, check=True)
    assert "CONSOLE" not in run.stderr, run.stderr
    with open(log, encoding="utf-8") as f:
        urls = set(re.findall(r'"url":"([^"]+)"', f.read()))
    # The browser itself would like to know the time and its updates; the page wants nothing.
    own = r"(file|data|chrome)\b|https?://[\w.]*\b(google|googleapis|gvt1)\.com/"
    assert not [u for u in urls if not re.match(own, u)], urls
    count = {}
    for row in pixels(shot):
        for p in row:
            count[p] = count.get(p, 0) + 1
    return count


@pytest.mark.full
def test_report_in_browser(tmp_path):
    """Light and dark, not blank, lines in many colours, no script, no request."""
    if not os.path.exists(CHROMIUM):
        pytest.skip("no browser: tests/setup/fetch chromium")
    page = str(tmp_path / "report.html")
    recording(str(tmp_path / "rec.json"))
    subprocess.run([ZL, "report", f"--from={tmp_path}/rec.json", "-o", page], check=True)
    with open(page, encoding="utf-8") as f:
        text = f.read()
    assert text.count("<svg ") == 4 and "<script" not in text and "<img" not in text
    light, dark = (look(page, s, tmp_path) for s in ("light", "dark"))
    for count, bright in ((light, True), (dark, False)):
        ground = max(count, key=count.get)
        assert (sum(ground) > 384) == bright, ground
        assert count[ground] < 0.97 * sum(count.values()), "the page is blank"
        # The lines of eight domains: strong colours, each on many pixels.
        strong = [c for c, n in count.items() if n > 60 and max(c) - min(c) > 60]
        assert len(strong) >= 6, strong
