#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dom0-kernel-patches/build with made-up sources of a few lines: what it refuses and how it says
so, what it leaves behind, what it does twice. The kernels themselves are for the long tests."""
import importlib.machinery
import importlib.util
import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import types

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
SCRIPT = os.path.join(TOP, "dom0-kernel-patches/build")
# A kernel in ten lines; "slow" and "broken" in a configuration make it so.
MAKEFILE = """VERSION = {0}
PATCHLEVEL = {1}
SUBLEVEL = 7
allnoconfig:
\tgrep -v LOST $(KCONFIG_ALLCONFIG) >$(O)/.config
Image:
\t@echo "  CC      one.o"; touch $(O)/begun
\t@! grep -q SLOW $(O)/.config || [ -e $(O)/again ] || {{ touch $(O)/again; sleep 60; }}
\t@! grep -q BROKEN $(O)/.config || {{ echo "one.c:1: error: so broken"; false; }}
\tmkdir -p $(O)/arch/arm64/boot
\tcat file.c $(O)/.config >$(O)/arch/arm64/boot/Image
"""
FILE = "".join(f"line {n}\n" for n in range(1, 21))
PATCH = """--- a/file.c
+++ b/file.c
@@ -{at},7 +{at},7 @@
 line 7
 line 8
 {before}
-line 10
+line ten
 line 11
 line 12
 line 13
"""


class World:
    """A checkout of its own: build, a series, configurations, out/, programs that it needs."""

    def __init__(self, folder):
        self.folder = folder
        self.home = os.path.join(folder, "dom0-kernel-patches")
        self.out = os.path.join(folder, "out")
        self.bin = os.path.join(folder, "bin")
        self.put("dom0-kernel-patches/series", "# comment\n0001-ten.patch  # why\n")
        self.put("dom0-kernel-patches/0001-ten.patch", PATCH.format(at=7, before="line 9"))
        for name in ("dom0", "guest"):
            self.put(f"dom0-kernel-patches/config/{name}.config", f"# c\nCONFIG_{name.upper()}=y\n")
        self.put("tests/setup/fetch", "#!/bin/sh\necho fetch: no network >&2\nexit 1\n", 0o755)
        shutil.copy(SCRIPT, self.home)
        os.mkdir(self.bin)
        for name in ("aarch64-linux-gnu-gcc", "bc", "flex", "bison"):
            self.put(f"bin/{name}", "#!/bin/sh\necho fake 1.0\n", 0o755)

    def put(self, name, text, mode=0o644):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def tar(self, version=(6, 1), drop=()):
        path = os.path.join(self.folder, "source.tar")
        with tarfile.open(path, "w") as t:
            for name, text in (("Makefile", MAKEFILE.format(*version)), ("file.c", FILE)):
                if name not in drop:
                    info = tarfile.TarInfo("linux/" + name)
                    info.size, info.mtime = len(text), 1000000000
                    t.addfile(info, io.BytesIO(text.encode()))
        return path

    def start(self, *words, path=""):
        env = dict(os.environ, ZAZEN_OUT=self.out, PATH=path or f"{self.bin}:{os.environ['PATH']}")
        env.pop("ZAZEN_START", None)
        return subprocess.Popen([sys.executable, os.path.join(self.home, "build"), *words], env=env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def run(self, code, *words, says="", hint="", path=""):
        """Run build; its exit code and the one message on stderr must be so."""
        p = self.start(*words, path=path)
        out, err = p.communicate(timeout=60)
        assert p.returncode == code, f"exit {p.returncode}: {out}{err}"
        errors = [l for l in err.splitlines() if l.startswith("build: error: ")]
        assert len(errors) == (1 if code else 0), err
        assert "Traceback" not in err, err
        for text in (says,) if isinstance(says, str) else says:
            assert text in (err if code else out), f"no {text!r} in {out}{err}"
        assert hint in err, f"no {hint!r} in {err}"
        return out

    def image(self, name="dom0-kernel/Image"):
        path = os.path.join(self.out, name)
        return open(path, encoding="utf-8").read() if os.path.exists(path) else None


def no_package(w):
    w.run(1, says="package linux-source-6.1 is not to be had", hint="--source")


def no_file(w):
    w.run(1, "--source", "/nowhere.tar", says="/nowhere.tar: no such file")


def usage(w):
    p = w.start("--only", "both")
    assert p.communicate()[1] and p.returncode == 2


def no_tar(w):
    w.run(1, "--check", "--source", w.put("x.tar.xz", "no tar\n"), says="x.tar.xz:", hint="whole tar")


def cut_tar(w):
    path = w.tar()
    os.truncate(path, 700)
    w.run(1, "--source", path, says="source.tar:", hint="whole tar")
    assert not os.path.exists(f"{w.out}/kernel-build/source")


def no_kernel(w):
    w.run(1, "--check", "--source", w.tar(drop=("Makefile",)), says="no kernel source")


def wrong_version(w):
    for words in ((), ("--check",)):
        w.run(1, *words, "--source", w.tar((5, 10)), says="Linux 5.10 has no series", hint="6.1")


def own_folder(w):
    w.put("dom0-kernel-patches/6.12/series", "0001-ten.patch\n")
    w.put("dom0-kernel-patches/6.12/0001-ten.patch", "rubbish\n")
    w.run(1, "--check", "--source", w.tar((6, 12)), says="6.12/0001-ten.patch does not apply")
    os.unlink(f"{w.home}/6.12/0001-ten.patch")
    w.run(0, "--check", "--source", w.tar((6, 12)), says="the series applies")


def no_patch(w):
    w.put("dom0-kernel-patches/series", "\n0001-ten.patch\n0002-gone.patch\n")
    w.run(1, "--check", "--source", w.tar(), says=("series, line 3", "no patch 0002-gone.patch"))


def patch_does_not_apply(w):
    # Another context line is fuzz; another place is none.
    w.put("dom0-kernel-patches/0001-ten.patch", PATCH.format(at=7, before="line nine"))
    for words in (("--check",), ()):
        w.run(1, *words, "--source", w.tar(), says=("0001-ten.patch does not apply to Linux 6.1.7",
                                                    "FAILED"))
    assert not os.path.exists(f"{w.out}/kernel-build/source")
    w.put("dom0-kernel-patches/0001-ten.patch", PATCH.format(at=5, before="line 9"))
    w.run(0, "--check", "--source", w.tar(), says="1 patches on Linux 6.1.7")
    w.run(0, "--source", w.tar())
    assert "line ten" in w.image()


def no_compiler(w):
    os.unlink(f"{w.bin}/aarch64-linux-gnu-gcc")
    for name in ("make", "gcc", "patch", "tar", "xz"):
        if not os.path.exists(f"{w.bin}/{name}"):
            w.put(f"bin/{name}", "#!/bin/sh\n", 0o755)
    w.run(1, "--source", w.tar(), path=w.bin, says="missing programs: aarch64-linux-gnu-gcc",
          hint="apt-get install gcc-aarch64-linux-gnu")


def no_room(w):
    loader = importlib.machinery.SourceFileLoader("build", os.path.join(w.home, "build"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("build", loader))
    loader.exec_module(module)
    module.WORK = w.folder
    module.OUT = w.folder
    module.shutil = types.SimpleNamespace(disk_usage=lambda _: types.SimpleNamespace(free=9 << 20))
    try:
        module.source(w.tar(), False)
    except module.Failure as e:
        assert e.code == 6 and "only 9 MiB are free" in str(e), e
    else:
        raise AssertionError("there was room")


def twice(w):
    w.run(0, "--source", w.tar())
    first = w.image()
    assert first == FILE.replace("line 10", "line ten") + "# c\nCONFIG_DOM0=y\n", first
    assert "CONFIG_GUEST=y" in w.image("guest-kernel/Image")
    os.unlink(f"{w.out}/kernel-build/dom0/begun")
    out = w.run(0, "--source", w.tar(), says=("dom0-kernel/Image: there", "guest-kernel/Image: there"))
    assert "building" not in out and not os.path.exists(f"{w.out}/kernel-build/dom0/begun")


def changes(w):
    """Another configuration, patch or source makes what hangs on it anew, and no more."""
    w.run(0, "--source", w.tar())
    w.put("dom0-kernel-patches/config/dom0.config", "CONFIG_MORE=y\n")
    out = w.run(0, "--source", w.tar(), says="guest-kernel/Image: there")
    assert "unpacking" not in out and "CONFIG_MORE=y" in w.image()
    w.put("dom0-kernel-patches/series", "\n")
    w.run(0, "--only", "dom0", "--source", w.tar(), says="unpacking")
    assert "line 10" in w.image() and "line ten" in w.image("guest-kernel/Image")
    w.run(0, "--only", "dom0", "--config", w.put("mine", "CONFIG_MINE=y\n"), "--source", w.tar())
    assert "CONFIG_MINE=y" in w.image()


def plain(w):
    """Without the series there are no patches, nor the options that they bring."""
    w.put("dom0-kernel-patches/config/dom0-series.config", "CONFIG_OF_PATCH=y\n")
    w.run(0, "--source", w.tar())
    w.run(0, "--plain", "--source", w.tar())
    assert "line 10" in w.image("dom0-kernel/Image-plain") and "line ten" in w.image()
    assert "OF_PATCH" in w.image() and "OF_PATCH" not in w.image("dom0-kernel/Image-plain")
    assert "OF_PATCH" not in w.image("guest-kernel/Image")


def only(w):
    w.run(0, "--only", "dom0", "--source", w.tar())
    assert w.image() and not w.image("guest-kernel/Image")


def option_not_taken(w):
    w.put("dom0-kernel-patches/config/dom0.config", "CONFIG_A=y\nCONFIG_LOST=y\n")
    w.run(1, "--source", w.tar(), says=("dom0.config, line 2", "does not take CONFIG_LOST=y"))
    w.run(1, "--source", w.tar(), "--config", "/nowhere", says="/nowhere: no such file")


def failed_build(w):
    w.put("dom0-kernel-patches/config/dom0.config", "CONFIG_BROKEN=y\n")
    w.run(1, "--source", w.tar(), says="one.c:1: error: so broken", hint="log/kernel-dom0.log")
    assert w.image() is None
    w.put("dom0-kernel-patches/config/dom0.config", "CONFIG_A=y\n")
    w.run(0, "--source", w.tar())


def interrupted(w):
    w.put("dom0-kernel-patches/config/dom0.config", "CONFIG_SLOW=y\n")
    for number in (signal.SIGINT, signal.SIGTERM):
        shutil.rmtree(w.out, ignore_errors=True)
        p = w.start("--source", w.tar(), "--only", "dom0")
        deadline = time.monotonic() + 30
        while not os.path.exists(f"{w.out}/kernel-build/dom0/again"):
            assert time.monotonic() < deadline and p.poll() is None, p.communicate()
            time.sleep(0.05)
        w.run(7, "--source", w.tar(), says="another build")
        p.send_signal(number)
        err = p.communicate(timeout=20)[1]
        assert p.returncode == 130 and "interrupted by SIG" in err and "Traceback" not in err, err
        assert w.image() is None
        out = w.run(0, "--source", w.tar(), "--only", "dom0")
        assert "unpacking" not in out and "CONFIG_SLOW" in w.image()


def interrupted_unpacking(w):
    os.makedirs(f"{w.out}/kernel-build/source.tmp/arch")
    os.makedirs(f"{w.out}/kernel-build/source/half")
    w.run(0, "--only", "dom0", "--source", w.tar())
    assert os.listdir(f"{w.out}/kernel-build/source").count("half") == 0


CASES = (no_package, no_file, usage, no_tar, cut_tar, no_kernel, wrong_version, own_folder, no_patch,
         patch_does_not_apply, no_compiler, no_room, twice, changes, plain, only,
         option_not_taken, failed_build, interrupted, interrupted_unpacking)


def main():
    bad = 0
    for number, case in enumerate(CASES, 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                case(World(folder))
                print(f"ok {number} - {case.__name__}")
            except (AssertionError, subprocess.TimeoutExpired) as e:
                print(f"not ok {number} - {case.__name__}: {e}")
                bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
