/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configurations: the commands' rows, sorted by name; see cmd_table.c.
 * Files: checking, storing, translating, printing them.
 */
#include "zl.h"

static ZL_OPTIONS(convert_options,
	{ 0, "from", "FORMAT", "auto (the default), xl, xl-json or libvirt" },
	{ 0, "to", "FORMAT", "xml (the default) or xl" },
	{ 0, "target-arch", "ARCH", "only aarch64" },
	{ 'o', "output", "OUT", "write to a file" },
	{ 0, "report", "FORMAT", "text (the default) or json: the changes, on stderr" },
	{ 0, "new-uuid", NULL, "do not keep the UUID" },
	{ 0, "drop-filters", NULL, "leave packet filters out" },
	{ 0, "relative-to", "DIR", "where relative paths begin" });

static ZL_OPTIONS(clone_options,
	{ 0, "reflink", NULL, "share the blocks of disk images, or fail" },
	{ 0, "copy", NULL, "copy all blocks" },
	{ 0, "new-mac", NULL, "new addresses for its interfaces (always done)" },
	{ 0, "new-uuid", NULL, "a new UUID (always done)" });

static ZL_OPTIONS(define_options,
	{ 0, "replace", NULL, "put it in the place of a definition with the same name" });

static ZL_OPTIONS(desc_options,
	{ 0, "title", NULL, "the title, which is one line" },
	{ 0, "description", NULL, "the description (the default)" });

static ZL_OPTIONS(dumpxml_options,
	{ 0, "inactive", NULL, "the definition; what only a running domain has is left out" },
	{ 0, "security-info", NULL, "with secrets (always done: none are left out)" });

static ZL_OPTIONS(snapshot_options,
	{ 0, "disk-only", NULL, "create: without its memory" },
	{ 0, "with-memory", NULL, "create: with the memory of a domain that runs" },
	{ 0, "quiesce", NULL, "create: have the guest's agent hold its file systems still" },
	{ 0, "description", "TEXT", "create: what it is for" },
	{ 0, "timeout", "SEC", "create: how long to wait for the guest to suspend, or for each "
	  "answer of its agent" },
	{ 'p', "paused", NULL, "revert: leave it paused, when its memory is there" },
	{ 'f', "force", NULL, "revert: destroy the domain if it runs" });

static ZL_OPTIONS(undefine_options,
	{ 0, "managed-save", NULL, "with its saved state" },
	{ 0, "snapshots", NULL, "with its snapshots" });

static ZL_OPTIONS(metadata_options,
	{ 0, "uri", "URI", "the namespace of the element" },
	{ 0, "key", "PREFIX", "with --set: the prefix of names that have none" },
	{ 0, "set", "XML", "put this element in its place, into the namespace if it has none" },
	{ 0, "remove", NULL, "take the element away" });

static ZL_OPTIONS(validate_options,
	{ 0, "strict", NULL, "warnings are errors" },
	{ 0, "lax", NULL, "unknown elements and attributes are warnings" },
	{ 0, "schema", NULL, "compare with the RELAX NG schema, too" },
	{ 0, "host", NULL, "check that this host has what is named: files, bridges, scripts, "
	  "memory, CPUs" },
	{ 0, "target-arch", "ARCH",
	  "what is for another architecture is a warning; only aarch64" });

static const struct zl_command rows[] = {
	{ "clone", NULL, cmd_clone, ZL_CHANGES | ZL_DOMAINS, 2, 2, clone_options,
	  "[--reflink | --copy] DOM NEW", "define a domain like another",
	  "Disk images are copied beside the originals, as NEW-xvda; their blocks are shared where "
	  "the file system can. Disks that are read-only or shareable are used by both. Files "
	  "that its consoles write are its own likewise, NEW-console0; sockets of its channels are "
	  "where they are without a path. The original must not run." },
	{ "config-update", NULL, cmd_config_update, ZL_CHANGES | ZL_DOMAINS, 2, ZL_ANY, NULL,
	  "DOM [FILE] [KEY=VALUE]...", "change a definition from its next start on",
	  "FILE is put in its place, if there is one; then KEY=VALUE as in xl.cfg. Name and UUID "
	  "stay. A reboot is no start; it keeps what runs." },
	{ "convert", NULL, cmd_convert, ZL_COMMON | ZL_CHANGES | ZL_JSON, 1, 1,
	  convert_options,
	  "[--from=auto|xl|xl-json|libvirt] [--to=xml|xl] [--target-arch=aarch64] [-o OUT] "
	  "[--report=json] [--new-uuid] [--drop-filters] [--relative-to=DIR] FILE",
	  "translate a configuration",
	  "Reads xl.cfg, the JSON of xl list -l, or domain XML for any hypervisor, and writes "
	  "domain XML, or xl.cfg for going back. What is changed or left out is reported; exit "
	  "code 4 when something has no honest translation. Disk images are never touched: the "
	  "commands that you may need for them are printed." },
	{ "define", NULL, cmd_define, ZL_COMMON | ZL_CHANGES | ZL_JSON, 1, 1,
	  define_options, "[--replace] FILE", "store a domain's configuration",
	  "It is kept as it was written, with a UUID filled in, until undefine; start runs it. "
	  "Needs no hypervisor." },
	{ "desc", NULL, cmd_desc, ZL_CHANGES | ZL_JSON | ZL_DOMAINS, 1, ZL_ANY, desc_options,
	  "[--title | --description] DOM [TEXT...]", "print or write a definition's description",
	  "An empty TEXT takes it away. The rest of the definition's text stays as it is." },
	{ "dumpxml", NULL, cmd_dumpxml, ZL_COMMON | ZL_JSON | ZL_DOMAINS, 1, 1, dumpxml_options,
	  "[--inactive] DOM", "print a domain's configuration",
	  "The form is canonical: fixed order, sizes in KiB. create accepts it. One that runs has "
	  "its id, terminals of its consoles and <z:runtime>, its back-ends, besides." },
	{ "edit", NULL, cmd_edit, ZL_CHANGES | ZL_DOMAINS, 1, 1, NULL, "DOM",
	  "change a definition in an editor",
	  "VISUAL or EDITOR name the editor. The text is checked; what was typed is never lost." },
	{ "metadata", NULL, cmd_metadata, ZL_CHANGES | ZL_JSON | ZL_DOMAINS, 1, 1,
	  metadata_options, "--uri=URI [[--key=PREFIX] --set=XML | --remove] DOM",
	  "print or write what a program keeps in a definition",
	  "It is one element of <metadata>, found by its namespace, URI." },
	{ "snapshot", NULL, cmd_snapshot, ZL_CHANGES | ZL_JSON | ZL_DOMAINS, 2, 3, snapshot_options,
	  "create [--with-memory | [--disk-only] [--quiesce]] [--description=TEXT] [--timeout=SEC] DOM "
	  "[NAME] | list DOM | info DOM SNAPSHOT | revert [--force] [-p] DOM SNAPSHOT | "
	  "delete DOM SNAPSHOT",
	  "keep a domain's disks as they are, and go back to that",
	  "create copies the files of the domain's disks, sharing their blocks where the file "
	  "system can, and its definition. Disks that cannot be written are left out; a block "
	  "device that can is refused. A guest that runs is paused meanwhile; its disks are then "
	  "as after a power cut (disk-snapshot). With --with-memory it suspends, as for zl save, "
	  "and what is kept is memory and disks of one moment (running). With --quiesce QEMU's "
	  "guest agent (channel org.qemu.guest_agent.0) has written all that is to be written "
	  "before the copies and holds the file systems still; whatever happens they go on "
	  "afterwards. A guest that is off needs none of that. NAME is made of the date if it is "
	  "left out.\n\n"
	  "revert puts copies of the kept files into the place of the domain's disks, and the "
	  "definition of then; what was written since is lost. The domain must be off. One "
	  "with memory then goes on from where it was. The snapshot stays.\n\n"
	  "Snapshots are in /var/lib/zl/snapshots/DOM/NAME, or where <z:snapshot-dir path=''/> "
	  "says. Each is whole by itself. Needs no hypervisor for a domain that is off." },
	{ "undefine", NULL, cmd_undefine, ZL_CHANGES | ZL_DOMAINS, 1, ZL_ANY, undefine_options,
	  "[--managed-save] [--snapshots] DOM...",
	  "remove a definition",
	  "A domain that runs is left alone. One with a saved state or with snapshots is refused "
	  "without --managed-save or --snapshots." },
	{ "validate", NULL, cmd_validate, ZL_COMMON, 1, ZL_ANY, validate_options,
	  "[--strict] [--lax] [--host] [--schema] [--target-arch=ARCH] FILE...",
	  "check configuration files",
	  "Needs neither hypervisor nor root rights. Prints nothing for a good file; all mistakes "
	  "of a bad one in one run." },
	{ .name = NULL },
};

const struct zl_command_group zl_group_config = { "Configurations", rows };
