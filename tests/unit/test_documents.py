#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""E.3: what zl prints with --json, in all tests of its commands, is valid by the schemas that are
shipped, and each schema has met a document. Run by make check in the build directory."""
import glob
import json
import os
import subprocess
import sys
import tempfile

import jsonschema

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
SCHEMAS = os.path.join(TOP, "tools/schema/json")


def load():
    schemas = {}
    for path in glob.glob(os.path.join(SCHEMAS, "*.json")):
        with open(path, encoding="utf-8") as f:
            schemas[os.path.basename(path)] = json.load(f)
    store = {"file:///" + name: schema for name, schema in schemas.items()}
    validators = {}
    for name, schema in schemas.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        resolver = jsonschema.RefResolver("file:///" + name, schema, store=store)
        validators[name[:-5]] = jsonschema.Draft202012Validator(schema, resolver=resolver)
    return validators


def documents():
    programs = sorted(p[:-2] for p in glob.glob(os.path.join(TOP, "tests/unit/test_zl*.c")))
    programs.append("test_events")
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, "documents")
        for program in programs:
            program = "tests/unit/" + os.path.basename(program)
            if os.access(program, os.X_OK):
                subprocess.run([program], env=dict(os.environ, ZL_DOCUMENTS=out), timeout=120,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        with open(out, encoding="utf-8") as f:
            for line in f:
                if line.startswith("{"):
                    doc = json.loads(line)
                    if "changes" in doc:	# convert --report=json, on stderr
                        doc = {"schema": "zl.convert/1", "data": doc}
                    yield doc
                    if doc.get("schema") == "zl.plan/1":	# in which are such as others print
                        yield from doc["data"].get("details", [])


def schema_of(doc):
    """Lines have no schema's name in them: they are told by their first key."""
    if "event" in doc:
        return "events"
    if "schema" not in doc:
        return "error"
    name = str(doc["schema"]).removeprefix("zl.").removesuffix("/1")
    return {"create-plan": "create"}.get(name, name)


def main():
    validators, seen, bad = load(), set(), 0
    for doc in documents():
        name = schema_of(doc)
        if name not in validators:
            print(f"not ok - {name}: no schema")
            bad += 1
            continue
        seen.add(name)
        for e in validators[name].iter_errors(doc):
            print(f"not ok - {name}: {e.json_path}: {e.message[:300]}")
            bad += 1
    # One that only refers to another is of a command that prints the other's documents.
    own = {name for name, v in validators.items() if "$ref" not in v.schema}
    for name in sorted(own - seen):
        print(f"not ok - {name}: no document met this schema")
        bad += 1
    print(f"ok - {len(seen)} kinds of documents" if not bad else f"{bad} mistakes")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
