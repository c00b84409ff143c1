/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows for <disk>. Rows fill one struct domain_disk in the build; it goes to the list when the
 * next <disk> begins or the document ends, after the rules that need more than one field. No
 * image is opened here: whether a source exists and is what it is said to be is found at the start.
 */
#include "field_rows.h"

#define DISKS_MAX 256u

#define NO_SUCH_STORAGE(word) \
	{ word, 0, FIELD_R, "disks are files and block devices of the control domain", \
	  "write type='file' or type='block'" }

static FIELD_WORDS(types, WORD("file", 0), WORD("block", 0),
	NO_SUCH_STORAGE("network"), NO_SUCH_STORAGE("dir"), NO_SUCH_STORAGE("volume"),
	NO_SUCH_STORAGE("nvme"), NO_SUCH_STORAGE("vhostuser"), NO_SUCH_STORAGE("vhostvdpa"));

static FIELD_WORDS(devices, WORD("disk", 0), WORD("cdrom", 0),
	{ "lun", 0, FIELD_R, "a guest cannot be given SCSI commands", "write device='disk'" },
	{ "floppy", 0, FIELD_D, "there is no floppy drive", "remove it" });

#define BY_FORMAT "what serves the image is chosen by its format"

static FIELD_WORDS(drivers, WORD("phy", DISK_BACKEND_PHY), WORD("file", DISK_BACKEND_FILE),
	WORD("qemu", DISK_BACKEND_QEMU),
	{ "tap", DISK_BACKEND_AUTO, FIELD_W, BY_FORMAT, NULL },
	{ "tap2", DISK_BACKEND_AUTO, FIELD_W, BY_FORMAT, NULL });

static FIELD_WORDS(formats, WORD("raw", DISK_RAW), WORD("qcow2", DISK_QCOW2),
	WORD("qcow", DISK_QCOW), WORD("vpc", DISK_VPC), WORD("vhd", DISK_VPC),
	{ "aio", DISK_RAW, FIELD_W, "it means raw", NULL },
	{ "*", 0, FIELD_R, "known formats are raw, qcow2, qcow, vpc",
	  "convert the image with qemu-img, then set type='qcow2'" });

static FIELD_WORDS(caches, WORD("default", DISK_CACHE_DEFAULT), WORD("none", DISK_CACHE_NONE),
	WORD("writeback", DISK_CACHE_WRITEBACK), WORD("writethrough", DISK_CACHE_WRITETHROUGH),
	WORD("directsync", DISK_CACHE_DIRECTSYNC),
	{ "unsafe", DISK_CACHE_DEFAULT, FIELD_W, "a guest's flush always reaches the disk", NULL });

static FIELD_WORDS(discards, WORD("ignore", 0), WORD("unmap", 1));

#define OTHER_BUS(word) { word, 0, FIELD_W, "the guest sees a disk of Xen", NULL }

static FIELD_WORDS(buses, WORD("xen", 0),
	OTHER_BUS("ide"), OTHER_BUS("scsi"), OTHER_BUS("sata"), OTHER_BUS("usb"), OTHER_BUS("sd"),
	OTHER_BUS("fdc"),
	{ "virtio", 0, FIELD_D, "guests see their disks as /dev/xvda and so on",
	  "write bus='xen', and root=/dev/xvda... on the guest's command line" });

#define DISK "domain/devices/disk"
#define FIELD(member) .offset = offsetof(struct config_build, disk.member)
#define ROW_DW(p, why) ROW_W(DISK "/" p, why)
#define NO_OPTION "the kernel's back-end has no such option"

/* ---- one whole <disk> ---- */

static bool attr_is(const struct xml_node *node, const char *attr, const char *word)
{
	const char *value = xml_attr_get(node, attr);

	return value != NULL && strcmp(value + strspn(value, " \t\r\n"), word) == 0;
}

static void check_source(struct reader *r, const struct xml_node *node)
{
	struct config_build *b = r->build;
	const struct xml_node *source = xml_child(node, "source");
	const char *want = b->disk.is_block ? "dev" : "file",
		*other = b->disk.is_block ? "file" : "dev";
	char hint[80];

	if (!b->disk.is_block && xml_attr_get(node, "type") != NULL &&
	    !attr_is(node, "type", "file"))
		return;		/* the walk has refused the type */
	if (source != NULL && xml_attr_get(source, other) != NULL) {
		snprintf(hint, sizeof(hint), "write type='%s'",
			 b->disk.is_block ? "file" : "block");
		field_error(r, source, other, "E313", hint, "a disk of type %s has none",
			    b->disk.is_block ? "block" : "file");
	} else if ((source == NULL || xml_attr_get(source, want) == NULL) && !b->disk.cdrom &&
		   b->disk.source == NULL) {
		snprintf(hint, sizeof(hint), "add <source %s='/path'/>", want);
		field_error(r, source != NULL ? source : node, NULL, "E313", hint,
			    "the image is missing");
	}
}

static void check_driver(struct reader *r, const struct xml_node *node)
{
	const struct domain_disk *d = &r->build->disk;
	const struct xml_node *driver = xml_child(node, "driver");

	if (d->format != DISK_RAW &&
	    (d->backend == DISK_BACKEND_PHY || d->backend == DISK_BACKEND_FILE))
		field_error(r, driver, "name", "E312", "write name='qemu', or leave it out",
			    "the kernel reads raw images only, not %s",
			    disk_format_name(d->format));
	if (d->backend == DISK_BACKEND_PHY && !d->is_block)
		field_error(r, driver, "name", "E312", "write name='file', or leave it out",
			    "phy serves block devices, and this is a file");
	if (d->backend == DISK_BACKEND_FILE && d->is_block)
		field_error(r, driver, "name", "E312", "write name='phy', or leave it out",
			    "a loop device serves files, and this is a block device");
}

/* The z:script of a disk, or NULL. */
const struct xml_node *config_disk_script(struct reader *r, const char *target)
{
	for (const struct xml_node *n = config_extension(r); n != NULL; n = n->next) {
		const char *disk = xml_attr_get(n, "disk");

		if (strcmp(n->name, "script") == 0 && disk != NULL && strcmp(disk, target) == 0)
			return n;
	}
	return NULL;
}

/* A script of its own makes the device: of what, is the script's affair. */
static void take_script(struct reader *r, const struct xml_node *node)
{
	const struct field_row at = { .path = "domain/metadata/z:domain/z:script@target" };
	struct domain_disk *d = &r->build->disk;
	const struct xml_node *script = config_disk_script(r, d->target);
	const char *path = script != NULL ? xml_attr_get(script, "path") : NULL;
	const char *target = script != NULL ? xml_attr_get(script, "target") : NULL;

	if (path == NULL)
		return;
	if (domain_script_problem(path) != NULL)
		field_error(r, script, "path", "E353", "a bare name is looked for in "
			    "/etc/zl/scripts", "\"%.200s\" %s", path, domain_script_problem(path));
	else if (target != NULL && d->source != NULL)
		field_error(r, script, "target", "E353", "leave one of them out",
			    "the disk has a <source>");
	else if (!d->is_block)
		field_error(r, node, "type", "E310", "write type='block'",
			    "a script makes a block device");
	else if (d->format != DISK_RAW || d->backend > DISK_BACKEND_PHY)
		field_error(r, xml_child(node, "driver"), NULL, "E312", "leave <driver> out",
			    "a script makes a block device, which is served as it is");
	d->script = strdup(path);
	if (d->script == NULL)
		r->rc = -ENOMEM;
	if (target != NULL && d->source == NULL)
		type_line.parse(r, script, &at, target, &d->source);
}

static bool is_taken(const struct domain_config *c, const char *target)
{
	for (size_t i = 0; i < c->disk_count; i++)
		if (strcmp(c->disks[i].target, target) == 0)
			return true;
	return false;
}

/* A conversion calls the later of two disks by the next free letter. */
static bool rename_disk(struct reader *r, const struct xml_node *node, struct domain_disk *disk)
{
	char name[DISK_TARGET_MAX];
	bool behind = false;

	if (r->opt == NULL || !(r->opt->flags & CONFIG_CONVERT))
		return false;
	for (unsigned int n = 0; disk_target_nth(n, name) == 0; n++) {
		if (behind && !is_taken(&r->build->cfg, name)) {
			field_warning(r, node, NULL, "W202", NULL,
				      "a disk before it is called %s, too: this one becomes %s",
				      disk->target, name);
			strcpy(disk->target, name);
			return true;
		}
		behind |= strcmp(name, disk->target) == 0;
	}
	return false;
}

bool config_add_disk(struct reader *r, const struct xml_node *node, struct domain_disk *disk)
{
	struct domain_config *c = &r->build->cfg;
	struct domain_disk *disks;

	if (disk->target[0] != '\0' && is_taken(c, disk->target) && !rename_disk(r, node, disk)) {
		field_error(r, node, NULL, "E311", "give each disk another <target dev>",
			    "a disk before it is called %s, too", disk->target);
		domain_disk_clear(disk);
		return false;
	}
	if (c->disk_count == DISKS_MAX) {
		field_error(r, node, NULL, "E310", NULL, "more than %u disks", DISKS_MAX);
		domain_disk_clear(disk);
		return false;
	}
	disks = realloc(c->disks, (c->disk_count + 1) * sizeof(*disks));
	if (disks == NULL) {
		r->rc = -ENOMEM;
		domain_disk_clear(disk);
		return false;
	}
	c->disks = disks;
	disks[c->disk_count++] = *disk;
	*disk = (struct domain_disk){ .source = NULL };
	return true;
}

/* The rules of one <disk>, and it goes to the list. */
void config_finish_disk(struct reader *r)
{
	struct config_build *b = r->build;
	const struct xml_node *node = b->disk_node;

	if (node == NULL || r->rc != 0)
		return;
	b->disk_node = NULL;
	if (attr_is(node, "device", "floppy")) {
		domain_disk_clear(&b->disk);
		return;		/* the walk has said so; a conversion leaves it out */
	}
	b->disk.discard = b->disk_discard != 0;
	b->disk.readonly |= b->disk.cdrom;
	take_script(r, node);
	check_source(r, node);
	check_driver(r, node);
	if (xml_child(node, "target") == NULL)
		field_error(r, node, NULL, "E311", "add <target dev='xvda' bus='xen'/>",
			    "the name of the disk is missing");
	if (b->disk.source != NULL) {
		(void)config_add_disk(r, node, &b->disk);
		return;
	}
	if (b->disk.cdrom && xml_child(node, "source") == NULL)
		field_warning(r, node, NULL, "W201", NULL, "an empty tray: the device is left out");
	domain_disk_clear(&b->disk);
}

/* After its attributes, before its children. */
FIELD_HANDLER(begin_disk)
{
	struct config_build *b = r->build;

	config_finish_disk(r);
	domain_disk_clear(&b->disk);
	b->disk.is_block = attr_is(node, "type", "block");
	b->disk.cdrom = attr_is(node, "device", "cdrom");
	b->disk_discard = 0;
	b->disk_node = node;
}

/* ---- its parts ---- */

FIELD_HANDLER(read_target)
{
	static const char *const prefixes[] = { "xvd", "hd", "sd", "vd" };
	char *target = r->build->disk.target;
	const char *text = field_trim(r, value);
	unsigned int number;

	if (text == NULL || attr_is(r->build->disk_node, "device", "floppy"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t len = strlen(prefixes[i]);

		if (strncmp(text, prefixes[i], len) != 0 || strlen(text) > 10)
			continue;
		snprintf(target, DISK_TARGET_MAX, "xvd%s", text + len);
		if (disk_target_number(target, &number) != 0)
			break;
		if (i > 0)
			field_warning(r, node, "dev", "W202", NULL, "the guest will call \"%s\" %s",
				      text, target);
		return;
	}
	target[0] = '\0';
	field_error(r, node, "dev", "E311", "disks are called xvda, xvdb and so on",
		    "\"%.40s\" is no name of a disk", text);
}

FIELD_HANDLER(set_readonly)
{
	r->build->disk.readonly = true;
}

FIELD_HANDLER(set_shareable)
{
	r->build->disk.shareable = true;
}

static const struct field_row rows[] = {
	ROW(DISK, .handler = begin_disk, .flags = FIELD_REPEAT),
	ROW_DW("acpi", NOT_ON_ARM),
	ROW_N(DISK "/address"),
	ROW_N(DISK "/alias"),
	ROW_R(DISK "/auth", "E310", "there is no storage that asks for it"),
	ROW(DISK "/backenddomain", CONTAINER),
	ROW(DISK "/backenddomain@name", .type = &type_line, FIELD(backend_domain),
	    .flags = FIELD_REQUIRED),
	ROW_DW("backingStore", "an image names its backing file itself"),
	ROW_DW("blockio", "the sector size is the device's"),
	ROW_DW("boot", "the kernel is named in <os>"),
	ROW(DISK "/driver", CONTAINER),
	ROW_DW("driver/iothreads", NO_OPTION),
	ROW_DW("driver/metadata_cache", NO_OPTION),
	ROW_DW("driver@ats", NO_OPTION),
	ROW(DISK "/driver@cache", .type = &type_enum, FIELD(cache), .arg = caches, .code = "E312"),
	ROW_DW("driver@copy_on_read", NO_OPTION),
	ROW_DW("driver@detect_zeroes", NO_OPTION),
	ROW(DISK "/driver@discard", .type = &type_enum, INTO(disk_discard), .arg = discards,
	    .code = "E312"),
	ROW_DW("driver@discard_no_unref", NO_OPTION),
	ROW_DW("driver@error_policy", "an error goes to the guest"),
	ROW_DW("driver@event_idx", NO_OPTION),
	ROW_DW("driver@io", NO_OPTION),
	ROW_DW("driver@ioeventfd", NO_OPTION),
	ROW_DW("driver@iommu", NO_OPTION),
	ROW_DW("driver@iothread", NO_OPTION),
	ROW_DW("driver@max_bufs", NO_OPTION),
	ROW(DISK "/driver@name", .type = &type_enum, FIELD(backend), .arg = drivers,
	    .code = "E312"),
	ROW_DW("driver@packed", NO_OPTION),
	ROW_DW("driver@page_per_vq", NO_OPTION),
	ROW_DW("driver@queue_size", NO_OPTION),
	ROW_DW("driver@queues", "the ends agree on it"),
	ROW_DW("driver@rerror_policy", "an error goes to the guest"),
	ROW(DISK "/driver@type", .type = &type_enum, FIELD(format), .arg = formats,
	    .code = "E312"),
	ROW_R(DISK "/encryption", "E310", "an encrypted image cannot be opened here"),
	ROW_DW("geometry", "the guest counts sectors only"),
	ROW_DW("iotune", "there is no limit of a disk's speed"),
	ROW_DW("mirror", "it tells of a job of another hypervisor"),
	ROW_DW("product", "guests cannot ask for it"),
	ROW(DISK "/readonly", .handler = set_readonly),
	ROW_DW("serial", "guests cannot ask for it"),
	ROW(DISK "/shareable", .handler = set_shareable),
	ROW(DISK "/source", CONTAINER),
	ROW_N(DISK "/source/address"),
	ROW_R(DISK "/source/auth", "E310", "there is no storage that asks for it"),
	ROW_R(DISK "/source/encryption", "E310", "an encrypted image cannot be opened here"),
	ROW_R(DISK "/source/reservations", "E310", "a guest cannot be given SCSI commands"),
	ROW_DW("source/seclabel", "images keep the owner they have"),
	ROW_D(DISK "/source/slices", "E310", "an image is taken as a whole", NULL),
	ROW(DISK "/source@dev", .type = &type_path, FIELD(source), .code = "E313"),
	ROW(DISK "/source@file", .type = &type_path, FIELD(source), .code = "E313"),
	ROW_N(DISK "/source@index"),
	ROW_DW("source@startupPolicy", "an image that is missing stops the start"),
	ROW(DISK "/target", CONTAINER),
	ROW(DISK "/target@bus", WORDS(buses), .code = "E310"),
	ROW(DISK "/target@dev", .handler = read_target, .flags = FIELD_REQUIRED),
	ROW_DW("target@removable", "guests cannot ask for it"),
	ROW_DW("target@rotation_rate", "guests cannot ask for it"),
	ROW_DW("target@tray", "guests cannot open it"),
	ROW_D(DISK "/transient", "E310", "what the guest writes would be kept",
	      "work on a copy of the image"),
	ROW_DW("vendor", "guests cannot ask for it"),
	ROW_DW("wwn", "guests cannot ask for it"),
	ROW(DISK "@device", WORDS(devices), .code = "E310"),
	ROW_W(DISK "@model", "the guest sees a disk of Xen"),
	ROW_W(DISK "@rawio", "a guest cannot be given SCSI commands"),
	ROW_W(DISK "@sgio", "a guest cannot be given SCSI commands"),
	ROW_W(DISK "@snapshot", "zl snapshot copies every disk that can be written"),
	ROW(DISK "@type", WORDS(types), .code = "E310"),
};

const struct field_table fields_disk = { rows, ARRAY_SIZE(rows) };
