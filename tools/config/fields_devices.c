/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows for <devices>. Every guest has exactly one console, hvc0, declared or not, and a serial port
 * if it is declared; the other device classes are rows that say what becomes of them.
 */
#include <string.h>

#include "field_rows.h"
#include "xentools/macros.h"

static const struct field_word console_types[] = {
	{ "pty", 0, FIELD_S, NULL, NULL },
	{ "*", 0, FIELD_D, "the console is a pty", "write type='pty'" },
	{ NULL, 0, FIELD_S, NULL, NULL },
};

static const struct field_word console_targets[] = {
	{ "xen", 0, FIELD_S, NULL, NULL },
	{ "serial", 0, FIELD_W, "the console is hvc0", NULL },
	{ "virtio", 0, FIELD_W, "the console is hvc0", NULL },
	{ "sclp", 0, FIELD_W, "the console is hvc0", NULL },
	{ "sclplm", 0, FIELD_W, "the console is hvc0", NULL },
	{ NULL, 0, FIELD_S, NULL, NULL },
};

static const struct field_word console_ports[] = {
	{ "0", 0, FIELD_S, NULL, NULL },
	{ "*", 0, FIELD_L, NULL, "a guest has one console" },
	{ NULL, 0, FIELD_S, NULL, NULL },
};

static const struct field_word serial_types[] = {
	{ "pty", 0, FIELD_S, NULL, NULL },
	{ "*", 0, FIELD_D, "the serial port is a pty", "write type='pty'" },
	{ NULL, 0, FIELD_S, NULL, NULL },
};

static const struct field_word serial_targets[] = {
	{ "system-serial", 0, FIELD_S, NULL, NULL },
	{ "*", 0, FIELD_W, "the serial port is a PL011", NULL },
	{ NULL, 0, FIELD_S, NULL, NULL },
};

static const struct field_word balloon_models[] = {
	{ "xen", 0, FIELD_S, NULL, NULL },
	{ "none", 0, FIELD_L, NULL, NULL },
	{ "*", 0, FIELD_W, "the balloon is Xen's", NULL },
	{ NULL, 0, FIELD_S, NULL, NULL },
};

/* Is there one of the same name before it? */
static bool is_second(const struct xml_node *node)
{
	for (const struct xml_node *s = node->parent->first; s != node; s = s->next)
		if (s->uri == NULL && strcmp(s->name, node->name) == 0)
			return true;
	return false;
}

static void check_console(struct reader *r, const struct xml_node *node,
			  const struct field_row *row, const char *value)
{
	(void)value;
	if (is_second(node))
		(void)field_report_class(r, FIELD_L, node, row, "a second console", NULL, NULL);
}

static void read_serial(struct reader *r, const struct xml_node *node,
			const struct field_row *row, const char *value)
{
	(void)value;
	if (is_second(node))
		(void)field_report_class(r, FIELD_D, node, row, "a second serial port", NULL, NULL);
	r->build->cfg.vuart = true;
}

static void check_controller(struct reader *r, const struct xml_node *node,
			     const struct field_row *row, const char *value)
{
	const char *type = xml_attr_get(node, "type"), *model = xml_attr_get(node, "model");
	enum field_class cls = FIELD_W;

	(void)value;
	if (type != NULL && strcmp(type, "xenbus") == 0)
		cls = FIELD_L;
	else if (type != NULL && model != NULL && strcmp(type, "usb") == 0 &&
		 strcmp(model, "none") == 0)
		cls = FIELD_N;
	(void)field_report_class(r, cls, node, row, NULL,
				 cls == FIELD_W ? "guests have no emulated buses" : NULL, NULL);
}

/* What libvirt calls them, and the words of on_crash. */
const struct field_word field_watchdog_actions[] = {
	{ "reset", DOMAIN_ACTION_RESTART, FIELD_S, NULL, NULL },
	{ "poweroff", DOMAIN_ACTION_DESTROY, FIELD_S, NULL, NULL },
	{ "shutdown", DOMAIN_ACTION_DESTROY, FIELD_S, NULL, NULL },
	{ "none", DOMAIN_ACTION_PRESERVE, FIELD_S, NULL, NULL },
	{ "dump", DOMAIN_ACTION_COREDUMP_RESTART, FIELD_S, NULL, NULL },
	{ "destroy", DOMAIN_ACTION_DESTROY, FIELD_S, NULL, NULL },
	{ "restart", DOMAIN_ACTION_RESTART, FIELD_S, NULL, NULL },
	{ "preserve", DOMAIN_ACTION_PRESERVE, FIELD_S, NULL, NULL },
	{ "rename-restart", DOMAIN_ACTION_RENAME_RESTART, FIELD_S, NULL, NULL },
	{ "coredump-destroy", DOMAIN_ACTION_COREDUMP_DESTROY, FIELD_S, NULL, NULL },
	{ "coredump-restart", DOMAIN_ACTION_COREDUMP_RESTART, FIELD_S, NULL, NULL },
	{ "*", DOMAIN_ACTION_RESTART, FIELD_W, "the guest is started anew", NULL },
	{ NULL, 0, FIELD_S, NULL, NULL },
};

static const struct field_word watchdog_models[] = {
	{ "xen", 0, FIELD_S, NULL, NULL },
	{ "*", 0, FIELD_W, "the guest's watchdog is the hypervisor's", NULL },
	{ NULL, 0, FIELD_S, NULL, NULL },
};

static const struct field_row rows[] = {
	ROW("domain/devices", CONTAINER),
	ROW_W("domain/devices/audio", "guests have no sound"),
	ROW_L("domain/devices/channel"),
	ROW("domain/devices/console", .handler = check_console, .flags = FIELD_REPEAT),
	ROW_N("domain/devices/console/address"),
	ROW_N("domain/devices/console/alias"),
	ROW_L("domain/devices/console/log"),
	ROW_L("domain/devices/console/protocol"),
	ROW_N("domain/devices/console/source"),
	ROW("domain/devices/console/target", CONTAINER),
	ROW("domain/devices/console/target@port", WORDS(console_ports), .code = "E330"),
	ROW("domain/devices/console/target@type", WORDS(console_targets), .code = "E330"),
	ROW_N("domain/devices/console@tty"),
	ROW("domain/devices/console@type", WORDS(console_types), .code = "E330"),
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
	ROW_W("domain/devices/input", "guests have no graphics"),
	ROW_D("domain/devices/iommu", "E335", "there is no virtual IOMMU", NULL),
	ROW_R("domain/devices/lease", "E336", "there is no lock manager to honour it"),
	ROW("domain/devices/memballoon", CONTAINER),
	ROW_N("domain/devices/memballoon/address"),
	ROW_N("domain/devices/memballoon/alias"),
	ROW_W("domain/devices/memballoon/driver", "the balloon has no such options"),
	ROW_W("domain/devices/memballoon/stats", "the balloon has no statistics"),
	ROW_W("domain/devices/memballoon@autodeflate", "the balloon has no such mode"),
	ROW_W("domain/devices/memballoon@freePageReporting", "the balloon has no such mode"),
	ROW("domain/devices/memballoon@model", WORDS(balloon_models)),
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
	ROW_L("domain/devices/serial/log"),
	ROW_L("domain/devices/serial/protocol"),
	ROW_N("domain/devices/serial/source"),
	ROW("domain/devices/serial/target", CONTAINER),
	ROW_N("domain/devices/serial/target/model"),
	ROW("domain/devices/serial/target@port", CONTAINER),
	ROW("domain/devices/serial/target@type", WORDS(serial_targets), .code = "E331"),
	ROW("domain/devices/serial@type", WORDS(serial_types), .code = "E331"),
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
