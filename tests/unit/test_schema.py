#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""B.9.2: the XML form of the domain's schema is what the converter makes of the compact form, which
is the source (make zl-schema)."""
import os
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
SCHEMA = os.path.join(TOP, "tools/schema/zl-domain")


def main():
    try:
        import rnc2rng
    except ImportError:
        print("skipped: python3-rnc2rng is not there")
        return 77
    made = rnc2rng.dumps(rnc2rng.load(SCHEMA + ".rnc"))
    made = made.replace(' xmlns:local=""', "")
    with open(SCHEMA + ".rng", encoding="utf-8") as f:
        kept = f.read()
    if made.split() == kept.split():
        return 0
    print("zl-domain.rng is not made of zl-domain.rnc: make zl-schema")
    return 1


sys.exit(main())
