/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices: the commands' rows, sorted by name; see cmd_table.c.
 * Disks, networks and other devices of a domain.
 */
#include "zl.h"

static ZL_OPTIONS(detach_options,
	{ 0, "force", NULL, "do not wait for the guest to let it go" },
	{ 0, "timeout", "SEC", "how long to wait for the guest" });

static ZL_OPTIONS(set_options,
	{ 0, "link", "STATE", "up or down; may also be the third argument" },
	{ 0, "config", NULL, "in the definition, too; alone where the domain does not run" });

static const struct zl_command rows[] = {
	{ "block-attach", NULL, cmd_block_attach, ZL_CHANGES | ZL_DOMAINS, 2, ZL_ANY, NULL,
	  "DOM TARGET,FORMAT,VDEV,ACCESS | DOM KEY=VALUE... | DOM FILE", "give a domain a disk",
	  "As in xl: /images/web.img,raw,xvdb,rw or vdev=xvdb,access=ro,target=/images/web.img. "
	  "FORMAT is raw (also when left out), qcow2, qcow or vhd; KEY also devtype, backend, "
	  "backendtype, and the words cdrom, discard and no-discard. FILE holds one <disk> as in a "
	  "domain's XML. A guest that reboots has the disk again." },
	{ "block-detach", NULL, cmd_block_detach, ZL_CHANGES | ZL_DOMAINS | ZL_HEADED,
	  2, 2, detach_options, "[--force] [--timeout=SEC] DOM VDEV", "take a disk away",
	  "VDEV is the guest's name of it, xvdb. Waits until the guest has let it go; when the "
	  "time is up the guest keeps it and the exit code is 8. --force does not wait: what the "
	  "guest has not flushed is lost." },
	{ "block-list", NULL, cmd_block_list, ZL_JSON | ZL_DOMAINS, 1, ZL_ANY, NULL,
	  "DOM...", "list domains' disks",
	  "State is the guest's: 4 is connected. Target is the image." },
	{ "block-resize", NULL, cmd_block_resize, ZL_CHANGES | ZL_DOMAINS | ZL_HEADED, 2, 3, NULL,
	  "DOM VDEV [SIZE]", "make a disk larger while it is in use",
	  "SIZE is in MiB unless it has a suffix. The image's file grows; without SIZE somebody "
	  "has made it grow already. The guest sees the new size at once. Images of other formats "
	  "than raw are served anew, for which the guest's requests wait; where that does not come "
	  "about, the same without SIZE tries again. A volume (LVM, a partition) is made larger by "
	  "its own tools." },
	{ "cd-eject", NULL, cmd_cd_eject, ZL_CHANGES | ZL_DOMAINS | ZL_HEADED, 2, 2, detach_options,
	  "[--force] [--timeout=SEC] DOM VDEV", "take a cdrom away",
	  "As block-detach, of nothing but a cdrom: guests have no drives, the disk itself goes." },
	{ "cd-insert", NULL, cmd_cd_insert, ZL_CHANGES | ZL_DOMAINS | ZL_HEADED,
	  3, 3, detach_options,
	  "[--force] [--timeout=SEC] DOM VDEV TARGET", "give a domain a cdrom, or another one",
	  "TARGET is the image. The cdrom VDEV that the guest has goes before the new one comes; "
	  "it must not be mounted." },
	{ "channel-list", NULL, cmd_channel_list, ZL_JSON | ZL_DOMAINS, 1, ZL_ANY, NULL, "DOM...",
	  "list domains' channels, and consoles besides the first",
	  "Idx is what console -n takes, and N of the guest's hvcN. State is the guest's: 4 is "
	  "connected. Params is the pty, or the path of the socket; one program at a time is "
	  "connected to that." },
	{ "device-attach", NULL, cmd_device_attach, ZL_CHANGES | ZL_DOMAINS, 2, 2, NULL,
	  "DOM FILE", "give a domain the device in an XML file",
	  "FILE holds one <disk>, <interface>, <channel> or <console>, which is a console besides "
	  "the first. A guest that reboots has the device again." },
	{ "device-detach", NULL, cmd_device_detach, ZL_CHANGES | ZL_DOMAINS, 2, 2, detach_options,
	  "[--force] [--timeout=SEC] DOM NAME|FILE", "take a device away",
	  "NAME is as in device-list: xvdb, vif3.0, hvc1. FILE is the XML by which it was "
	  "attached." },
	{ "device-list", NULL, cmd_device_list, ZL_JSON | ZL_DOMAINS, 1, ZL_ANY, NULL, "DOM...",
	  "list domains' disks, interfaces, channels and consoles besides the first", "" },
	{ "network-attach", NULL, cmd_network_attach, ZL_CHANGES | ZL_DOMAINS, 1, ZL_ANY, NULL,
	  "DOM [KEY=VALUE[,KEY=VALUE]...]... | DOM FILE", "give a domain a network interface",
	  "KEY is one of xl's words: bridge, mac, ip, script, rate, vifname, mtu, vlan, "
	  "gatewaydev, backend. Without bridge and script the interface is on the network "
	  "\"default\", which "
	  "zl.conf names. FILE holds one <interface> as in a domain's XML." },
	{ "network-detach", NULL, cmd_network_detach, ZL_CHANGES | ZL_DOMAINS, 2, 2,
	  detach_options, "[--force] [--timeout=SEC] DOM DEVID|MAC|NAME",
	  "take a network interface away", "Waits until the guest has let it go." },
	{ "network-list", NULL, cmd_network_list, ZL_JSON | ZL_DOMAINS, 1, ZL_ANY, NULL,
	  "DOM...", "list domains' network interfaces",
	  "State is the guest's: 4 is connected. Vif is the interface in the control domain, Link "
	  "its state." },
	{ "network-set", "domif-setlink", cmd_network_set, ZL_CHANGES | ZL_DOMAINS | ZL_HEADED,
	  2, 3, set_options, "[--link=up|down] [--config] DOM DEVID|MAC|NAME [up|down]",
	  "let an interface's link be up or down",
	  "With the link down nothing passes; the guest keeps the interface, and its reboots find "
	  "it so. NAME is as in network-list: vif3.0. The interface's script is called with "
	  "offline and with online." },
	{ .name = NULL },
};

const struct zl_command_group zl_group_device = { "Devices", rows };
