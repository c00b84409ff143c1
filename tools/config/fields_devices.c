/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows for <devices>. Every guest has the console hvc0, declared or not; further ones, channels and
 * a serial port if they are declared. The other device classes are rows that say what becomes of
 * them.
 */
#include "field_rows.h"

static const struct field_range console_ports = { 0, 255 };

static FIELD_WORDS(console_types, WORD("pty", 0),
	{ "*", 0, FIELD_D, "the console is a pty", "write type='pty'" });

static FIELD_WORDS(mirror_types, WORD("pty", 0),
	{ "*", 0, FIELD_W, "it is the serial port's; the console is a pty", NULL });

static FIELD_WORDS(console_targets, WORD("xen", 0),
	{ "serial", 0, FIELD_W, "the console is hvc0", NULL },
	{ "virtio", 0, FIELD_W, "the console is hvc0", NULL },
	{ "sclp", 0, FIELD_W, "the console is hvc0", NULL },
	{ "sclplm", 0, FIELD_W, "the console is hvc0", NULL });

static FIELD_WORDS(on_off, WORD("on", 1), WORD("off", 0));

static FIELD_WORDS(channel_types, WORD("pty", 0), WORD("unix", 0),
	{ "*", 0, FIELD_D, "a channel is a pty or a socket", NULL });

static FIELD_WORDS(channel_targets, WORD("xen", 0),
	{ "virtio", 0, FIELD_D, "channels are Xen's, hvc1 and up",
	  "write <target type='xen' name='...'/>" },
	{ "*", 0, FIELD_D, "channels are Xen's", "write <target type='xen' name='...'/>" });

static FIELD_WORDS(channel_modes, WORD("bind", 0),
	{ "*", 0, FIELD_D, "programs connect to the channel, it connects to none",
	  "write mode='bind'" });

static FIELD_WORDS(serial_types, WORD("pty", 0), WORD("null", 0), WORD("file", 0),
	{ "*", 0, FIELD_D, "the serial port is a pty, a file or nothing", "write type='pty'" });

static FIELD_WORDS(serial_targets, WORD("system-serial", 0),
	{ "*", 0, FIELD_W, "the serial port is a PL011", NULL });

static FIELD_WORDS(balloon_models, WORD("xen", 0), WORD("none", 1),
	{ "*", 0, FIELD_W, "the balloon is Xen's", NULL });

/* Is there one of the same name before it? */
static bool is_second(const struct xml_node *node)
{
	for (const struct xml_node *s = node->parent->first; s != node; s = s->next)
		if (s->uri == NULL && strcmp(s->name, node->name) == 0)
			return true;
	return false;
}

/* Linux has eight terminals of that kind, hvc0 to hvc7. */
static bool room_for_channel(struct reader *r, const struct xml_node *node)
{
	if (r->build->cfg.more_consoles + r->build->cfg.channel_count < CHANNELS_MAX)
		return true;
	field_error(r, node, NULL, "E354", NULL,
		    "more than %u channels and consoles besides the first", CHANNELS_MAX);
	return false;
}

FIELD_HANDLER(check_console)
{
	if ((r->device || is_second(node)) && room_for_channel(r, node))
		r->build->cfg.more_consoles++;
}

static const char *attr_of(const struct xml_node *node, const char *attr)
{
	return node != NULL ? xml_attr_get(node, attr) : NULL;
}

/* libvirt shows the serial port once more as a console, which is no second loss. */
FIELD_HANDLER(check_console_type)
{
	const char *target = attr_of(xml_child(node, "target"), "type");
	bool mirror = target != NULL && strcmp(target, "serial") == 0 &&
		xml_child(node->parent, "serial") != NULL;
	struct field_row as = *row;

	as.arg = mirror ? mirror_types : console_types;
	type_words.parse(r, node, &as, value, NULL);
}

/*
 * What a <log> is of: the console that was read last, or the serial port; or the <source> of that
 * as a file. NULL: of a second port, and other sources.
 */
static struct domain_output *output_of(struct reader *r, const struct xml_node *node)
{
	struct domain_config *cfg = &r->build->cfg;

	if (strcmp(node->parent->name, "console") == 0)
		return &cfg->outputs[cfg->more_consoles];
	if (is_second(node->parent))
		return NULL;
	if (strcmp(node->name, "log") == 0)
		return &cfg->outputs[OUTPUT_SERIAL];
	return cfg->serial == SERIAL_FILE && !is_second(node) ? &cfg->outputs[OUTPUT_SOURCE] : NULL;
}

/* Two cannot write one file; libvirt's first <console> mirrors a <serial>, with its <log>. */
static bool is_written(const struct domain_config *cfg, const struct domain_output *o)
{
	for (size_t i = 0; i < OUTPUTS; i++)
		if (&cfg->outputs[i] != o && cfg->outputs[i].path != NULL &&
		    strcmp(cfg->outputs[i].path, o->path) == 0)
			return true;
	return false;
}

/* A file that what a console or the serial port says is written to. */
FIELD_HANDLER(read_output)
{
	const char *key = strcmp(node->name, "log") == 0 ? "file" : "path";
	const char *file = xml_attr_get(node, key), *append = xml_attr_get(node, "append");
	const struct field_row *of_file = field_row_of(node, key);
	struct domain_output *o = output_of(r, node);

	if (file == NULL || o == NULL)
		return;
	type_path.parse(r, node, of_file, file, &o->path);
	o->append = append != NULL && strcmp(append, "on") == 0;
	if (o->path == NULL)
		return;
	if (strlen(o->path) >= OUTPUT_PATH_MAX)
		field_error(r, node, key, of_file->code, NULL,
			    "the path is longer than %u bytes", OUTPUT_PATH_MAX - 1);
	if (!is_written(&r->build->cfg, o))
		return;
	if (o == &r->build->cfg.outputs[OUTPUT_SOURCE]) {
		field_error(r, node, key, of_file->code, NULL, "its log goes there, or another's");
		return;
	}
	(void)field_report_class(r, FIELD_W, node, row, NULL,
				 "the output of another console goes there", NULL);
	free(o->path);
	o->path = NULL;
}

static void read_socket(struct reader *r, const struct xml_node *source, struct domain_channel *c)
{
	const struct field_row *row = field_row_of(source, "path");
	const struct domain_config *cfg = &r->build->cfg;

	type_path.parse(r, source, row, attr_of(source, "path"), &c->path);
	if (c->path != NULL && strlen(c->path) >= CHANNEL_PATH_MAX)
		field_error(r, source, "path", row->code, NULL,
			    "the path of a socket is at most %u bytes long", CHANNEL_PATH_MAX - 1);
	for (size_t i = 0; c->path != NULL && i < cfg->channel_count; i++)
		if (cfg->channels[i].path != NULL && strcmp(cfg->channels[i].path, c->path) == 0)
			field_error(r, source, "path", row->code, NULL,
				    "a channel before it has this path, too");
}

/* Not kept by a conversion: what the rows of its words have said is not available. */
static bool leave_out(struct reader *r, const char *type, const char *target)
{
	return r->opt != NULL && (r->opt->flags & CONFIG_CONVERT) &&
	       ((strcmp(type, "pty") != 0 && strcmp(type, "unix") != 0) ||
		(target != NULL && strcmp(target, "xen") != 0 && strcmp(target, "virtio") != 0));
}

FIELD_HANDLER(read_channel)
{
	const struct xml_node *target = xml_child(node, "target"), *source = xml_child(node, "source");
	const char *type = xml_attr_get(node, "type"), *name = attr_of(target, "name");
	struct domain_config *cfg = &r->build->cfg;
	struct domain_channel c = { .name = NULL }, *list;

	if (type == NULL || leave_out(r, type, attr_of(target, "type")) ||
	    !room_for_channel(r, node))
		return;
	list = realloc(cfg->channels, (cfg->channel_count + 1) * sizeof(*list));
	if (list == NULL) {
		r->rc = -ENOMEM;
		return;
	}
	cfg->channels = list;
	c.is_unix = strcmp(type, "unix") == 0;
	if (name != NULL)
		type_line.parse(r, target, field_row_of(target, "name"), name, &c.name);
	if (c.name != NULL && strlen(c.name) > DOMAIN_NAME_MAX)
		field_error(r, target, "name", "E338", NULL, "longer than %u bytes",
			    DOMAIN_NAME_MAX);
	if (attr_of(source, "path") != NULL)
		read_socket(r, source, &c);
	if (!c.is_unix) {		/* where a pty was, once */
		free(c.path);
		c.path = NULL;
	}
	list[cfg->channel_count++] = c;
}

FIELD_HANDLER(note_no_balloon)
{
	r->build->cfg.no_balloon = strcmp(value, "none") == 0;
}

/* Room for grants and event channels, as libvirt gives it for guests of Xen. */
static void read_xenbus(struct reader *r, const struct xml_node *node)
{
	const char *frames = xml_attr_get(node, "maxGrantFrames");
	const char *channels = xml_attr_get(node, "maxEventChannels");
	uint32_t n;

	if (frames != NULL && parse_u32(frames, 1, 4096, &n) == 0)
		r->build->cfg.grant_frames = n;
	else if (frames != NULL)
		field_error(r, node, "maxGrantFrames", "E365", NULL, "no number from 1 to 4096");
	if (channels != NULL && parse_u32(channels, 16, 131071, &n) == 0)
		r->build->cfg.event_channels = n;
	else if (channels != NULL)
		field_error(r, node, "maxEventChannels", "E365", NULL,
			    "no number from 16 to 131071");
}

FIELD_HANDLER(read_serial)
{
	const char *type = xml_attr_get(node, "type");
	struct domain_config *cfg = &r->build->cfg;

	cfg->vuart = true;
	if (is_second(node)) {
		(void)field_report_class(r, FIELD_D, node, row, "a second serial port", NULL, NULL);
		return;
	}
	for (unsigned int i = 0; type != NULL && i < SERIALS; i++)
		if (strcmp(type, domain_serial_words[i]) == 0)
			cfg->serial = (enum domain_serial)i;
	if (cfg->serial == SERIAL_FILE && attr_of(xml_child(node, "source"), "path") == NULL)
		field_error(r, node, NULL, row->code, "write <source path='/...'/>",
			    "the file is missing");
}

FIELD_HANDLER(check_controller)
{
	static const char *const types[] = { "ccid", "fdc", "ide", "isa", "nvme", "pci", "sata",
					     "scsi", "usb", "virtio-serial" };
	const char *type = xml_attr_get(node, "type"), *model = xml_attr_get(node, "model");
	size_t i = 0;

	if (type != NULL && strcmp(type, "xenbus") == 0) {
		read_xenbus(r, node);
		return;
	}
	while (type != NULL && i < ARRAY_SIZE(types) && strcmp(type, types[i]) != 0)
		i++;
	if (i == ARRAY_SIZE(types))
		field_error(r, node, "type", "E365", NULL, "unknown type \"%.40s\"", type);
	else if (model != NULL && strcmp(model, "none") == 0)
		(void)field_report_class(r, FIELD_N, node, row, NULL, NULL, NULL);
	else if (model != NULL && strncmp(model, "qusb", 4) == 0)
		(void)field_report_class(r, FIELD_D, node, row, NULL, "there is no USB", NULL);
	else
		(void)field_report_class(r, FIELD_W, node, row, NULL,
					 "guests have no emulated buses", NULL);
}

/* Every guest of Xen's has a mouse and a keyboard in libvirt, wanted or not. */
FIELD_HANDLER(check_input)
{
	const char *bus = xml_attr_get(node, "bus");
	bool noise = bus != NULL && strcmp(bus, "xen") == 0 &&
		xml_child(node->parent, "graphics") == NULL;

	(void)field_report_class(r, noise ? FIELD_N : FIELD_W, node, row, NULL,
				 noise ? NULL : "guests have no graphics", NULL);
}

/* What libvirt calls them, and the words of on_crash. */
FIELD_WORDS(field_watchdog_actions, WORD("reset", DOMAIN_ACTION_RESTART),
	WORD("poweroff", DOMAIN_ACTION_DESTROY), WORD("shutdown", DOMAIN_ACTION_DESTROY),
	WORD("none", DOMAIN_ACTION_PRESERVE), WORD("dump", DOMAIN_ACTION_COREDUMP_RESTART),
	WORD("destroy", DOMAIN_ACTION_DESTROY), WORD("restart", DOMAIN_ACTION_RESTART),
	WORD("preserve", DOMAIN_ACTION_PRESERVE),
	WORD("rename-restart", DOMAIN_ACTION_RENAME_RESTART),
	WORD("coredump-destroy", DOMAIN_ACTION_COREDUMP_DESTROY),
	WORD("coredump-restart", DOMAIN_ACTION_COREDUMP_RESTART),
	{ "*", DOMAIN_ACTION_RESTART, FIELD_W, "the guest is started anew", NULL });

static FIELD_WORDS(watchdog_models, WORD("xen", 0),
	{ "*", 0, FIELD_W, "the guest's watchdog is the hypervisor's", NULL });

static const struct field_row rows[] = {
	ROW("domain/devices", CONTAINER),
	ROW_W("domain/devices/audio", "guests have no sound"),
	ROW("domain/devices/channel", .handler = read_channel, .flags = FIELD_REPEAT),
	ROW_N("domain/devices/channel/address"),
	ROW_N("domain/devices/channel/alias"),
	ROW_N("domain/devices/channel/log"),
	ROW_W("domain/devices/channel/protocol", "it is for TCP"),
	ROW("domain/devices/channel/source", CONTAINER),
	ROW("domain/devices/channel/source@mode", WORDS(channel_modes), .code = "E338"),
	ROW("domain/devices/channel/source@path", .code = "E338"),
	ROW("domain/devices/channel/target", CONTAINER),
	ROW_N("domain/devices/channel/target@address"),
	ROW("domain/devices/channel/target@name", .code = "E338"),
	ROW_N("domain/devices/channel/target@port"),
	ROW_N("domain/devices/channel/target@state"),
	ROW("domain/devices/channel/target@type", WORDS(channel_targets), .code = "E338",
	    .flags = FIELD_REQUIRED),
	ROW("domain/devices/channel@type", WORDS(channel_types), .code = "E338",
	    .flags = FIELD_REQUIRED),
	ROW("domain/devices/console", .handler = check_console, .flags = FIELD_REPEAT),
	ROW_N("domain/devices/console/address"),
	ROW_N("domain/devices/console/alias"),
	ROW("domain/devices/console/log", .handler = read_output, .code = "W101",
	    .note = "the console's output goes to that file besides /var/log/zl/console, "
		    "as text without control sequences. A start empties it unless append='on'; "
		    "at the size of z:console-log it is rotated, or begun anew where the console "
		    "daemon may not rename. Its user, xenconsoled, must be able to enter the "
		    "file's directory. A file that cannot be made is warned of, no more"),
	ROW("domain/devices/console/log@append", WORDS(on_off), .code = "E330"),
	ROW("domain/devices/console/log@file", .flags = FIELD_REQUIRED, .code = "E330"),
	ROW_W("domain/devices/console/protocol", "it is for TCP"),
	ROW_N("domain/devices/console/source"),
	ROW("domain/devices/console/target", CONTAINER),
	ROW("domain/devices/console/target@port", .type = &type_uint, INTO(console_port),
	    .arg = &console_ports, .code = "E330"),
	ROW("domain/devices/console/target@type", WORDS(console_targets), .code = "E330"),
	ROW_N("domain/devices/console@tty"),
	ROW("domain/devices/console@type", .handler = check_console_type, .code = "E330",
	    .note = "pty; of another type may only be what target type='serial' says of a "
		    "serial port"),
	ROW("domain/devices/controller", .handler = check_controller,
	    .flags = FIELD_REPEAT | FIELD_VERBATIM),
	ROW("domain/devices/controller@index", CONTAINER),
	ROW("domain/devices/controller@maxEventChannels", CONTAINER),
	ROW("domain/devices/controller@maxGrantFrames", CONTAINER),
	ROW("domain/devices/controller@model", CONTAINER),
	ROW("domain/devices/controller@ports", CONTAINER),
	ROW("domain/devices/controller@type", CONTAINER),
	ROW("domain/devices/controller@vectors", CONTAINER),
	ROW_D("domain/devices/crypto", "E335", "there is no such device", NULL),
	ROW_W("domain/devices/emulator", "there is no device model"),
	ROW_D("domain/devices/filesystem", "E335", "there are no shared file systems", NULL),
	ROW_W("domain/devices/graphics", "guests have no graphics; a password in it is not stored"),
	ROW_R("domain/devices/hostdev", "E333", "host devices cannot be given to a guest"),
	ROW_W("domain/devices/hub", "there is no USB"),
	ROW("domain/devices/input", .handler = check_input, .flags = FIELD_REPEAT | FIELD_VERBATIM),
	ROW("domain/devices/input@bus", CONTAINER),
	ROW("domain/devices/input@model", CONTAINER),
	ROW("domain/devices/input@type", CONTAINER),
	ROW_D("domain/devices/iommu", "E335", "there is no virtual IOMMU", NULL),
	ROW_R("domain/devices/lease", "E336", "there is no lock manager to honour it"),
	ROW("domain/devices/memballoon", CONTAINER),
	ROW_N("domain/devices/memballoon/address"),
	ROW_N("domain/devices/memballoon/alias"),
	ROW_W("domain/devices/memballoon/driver", "the balloon has no such options"),
	ROW_W("domain/devices/memballoon/stats", "the balloon has no statistics"),
	ROW_W("domain/devices/memballoon@autodeflate", "the balloon has no such mode"),
	ROW_W("domain/devices/memballoon@freePageReporting", "the balloon has no such mode"),
	ROW("domain/devices/memballoon@model", WORDS(balloon_models), .handler = note_no_balloon),
	ROW_R("domain/devices/memory", "E337", "there is no memory hotplug"),
	ROW_W("domain/devices/nvram", "there is no such device"),
	ROW_W("domain/devices/panic", "a guest tells its crash by hypercall"),
	ROW_D("domain/devices/parallel", "E332", "there is no parallel port", "remove it"),
	ROW_W("domain/devices/pstore", "there is no such device"),
	ROW_D("domain/devices/redirdev", "E332", "there is no USB", "remove it"),
	ROW_W("domain/devices/redirfilter", "there is no USB"),
	ROW_W("domain/devices/rng", "guests seed themselves"),
	ROW("domain/devices/serial", .handler = read_serial, .flags = FIELD_REPEAT, .code = "E331"),
	ROW_N("domain/devices/serial/address"),
	ROW_N("domain/devices/serial/alias"),
	ROW("domain/devices/serial/log", .handler = read_output, .code = "W101",
	    .note = "as a console's"),
	ROW("domain/devices/serial/log@append", WORDS(on_off), .code = "E331"),
	ROW("domain/devices/serial/log@file", .flags = FIELD_REQUIRED, .code = "E331"),
	ROW_W("domain/devices/serial/protocol", "it is for TCP"),
	ROW("domain/devices/serial/source", .handler = read_output, .code = "W101",
	    .flags = FIELD_REPEAT | FIELD_VERBATIM,
	    .note = "of a file: as a console's log; there is no terminal then"),
	ROW("domain/devices/serial/source@append", WORDS(on_off), .code = "E331"),
	ROW_N("domain/devices/serial/source@channel"),
	ROW_N("domain/devices/serial/source@host"),
	ROW_N("domain/devices/serial/source@mode"),
	ROW("domain/devices/serial/source@path", CONTAINER, .code = "E331"),
	ROW_N("domain/devices/serial/source@service"),
	ROW_N("domain/devices/serial/source@tls"),
	ROW_N("domain/devices/serial/source@wiremode"),
	ROW("domain/devices/serial/target", CONTAINER),
	ROW_N("domain/devices/serial/target/model"),
	ROW("domain/devices/serial/target@port", CONTAINER),
	ROW("domain/devices/serial/target@type", WORDS(serial_targets), .code = "E331"),
	ROW("domain/devices/serial@type", WORDS(serial_types), .code = "E331",
	    .note = "null: there is no terminal, and what the guest says is not logged"),
	ROW_D("domain/devices/shmem", "E335", "there is no such device", NULL),
	ROW_D("domain/devices/smartcard", "E332", "there is no such device", "remove it"),
	ROW_W("domain/devices/sound", "guests have no sound"),
	ROW_D("domain/devices/tpm", "E334", "there is no virtual TPM; the guest may need its keys",
	    NULL),
	ROW_W("domain/devices/video", "guests have no graphics"),
	ROW_D("domain/devices/vsock", "E335", "there is no such device", NULL),
	ROW("domain/devices/watchdog", CONTAINER),
	ROW_N("domain/devices/watchdog/address"),
	ROW_N("domain/devices/watchdog/alias"),
	ROW("domain/devices/watchdog@action", .type = &type_enum, .arg = field_watchdog_actions,
	    INTO(cfg.on_watchdog)),
	ROW("domain/devices/watchdog@model", WORDS(watchdog_models)),
};

const struct field_table fields_devices = { rows, ARRAY_SIZE(rows) };
