/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of xl.cfg, one row each: where its value stands in domain XML and by which function
 * it gets there, or why it is not used. The manual page zl.cfg(5) is printed from these rows.
 */
#include "xl_priv.h"

#define EXT "metadata/z:domain"

static const char *text_of(struct reader *r, const struct xl_entry *e)
{
	if (e->value.kind == XL_LIST)
		(void)xl_error(r, e, &e->value, NULL, "a list has no meaning here");
	return e->value.text;
}

static int put_text(struct reader *r, const struct xl_key *key, const struct xl_entry *e)
{
	const char *text = text_of(r, e);

	return text != NULL ? xl_put(r, e, NULL, key->to, text) : 0;
}

/* A number with something behind it: "512" to "512MiB". */
static int put_suffixed(struct reader *r, const struct xl_key *key, const struct xl_entry *e)
{
	const char *text = text_of(r, e);
	char value[48];
	uint64_t n;

	if (text == NULL)
		return 0;
	if (parse_u64(text, 0, UINT64_MAX, &n) < 0)	/* the reader will say so */
		return xl_put(r, e, NULL, key->to, text);
	snprintf(value, sizeof(value), "%.40s%s", text, (const char *)key->arg);
	return xl_put(r, e, NULL, key->to, value);
}

/* Words of xl and of XML, in pairs; "": there is the element, NULL: nothing is set. */
static int put_word(struct reader *r, const struct xl_key *key, const struct xl_entry *e)
{
	const char *text = text_of(r, e);

	if (text == NULL)
		return 0;
	for (const char *const *pair = key->arg; pair[0] != NULL; pair += 2)
		if (strcmp(pair[0], text) == 0)
			return pair[1] != NULL ? xl_put(r, e, NULL, key->to, pair[1]) : 0;
	return xl_error(r, e, &e->value, key->note, "this value has no meaning here");
}

/* A firmware that this architecture never had is left out by convert, which names another. */
static int put_firmware(struct reader *r, const struct xl_key *key, const struct xl_entry *e)
{
	static const char *const others[] = { "bios", "seabios", "rombios", "pvgrub32",
					      "pvgrub64" };

	for (size_t i = 0; e->value.text != NULL && i < ARRAY_SIZE(others); i++)
		if (strcmp(e->value.text, others[i]) == 0)
			return xl_report(r, e, FIELD_D, "guests boot a kernel or UEFI");
	return put_word(r, key, e);
}

static int put_nothing(struct reader *r, const struct xl_key *, const struct xl_entry *e)
{
	(void)text_of(r, e);	/* root and extra: settle_cmdline() joins them */
	return 0;
}

static int put_cap(struct reader *r, const struct xl_key *key, const struct xl_entry *e)
{
	if (e->value.text != NULL && strcmp(e->value.text, "0") == 0)
		return 0;
	if (xl_put(r, e, NULL, "cputune/global_period", "100000") < 0)
		return -ENOMEM;
	return put_suffixed(r, key, e);
}

/* One element for each item of a list, or for a single value. arg: "attribute". */
static int put_each(struct reader *r, const struct xl_key *key, const struct xl_entry *e)
{
	const struct xl_value *v = e->value.kind == XL_LIST ? e->value.items : &e->value;

	for (; v != NULL; v = v->next) {
		struct xml_node *n = xl_new(r, e, EXT, key->to + sizeof(EXT));

		if (n == NULL || xl_put(r, e, n, key->arg, v->text) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* "START,PAGES[@GFN]", the frame numbers in hexadecimal. */
static int put_iomem(struct reader *r, const struct xl_key *, const struct xl_entry *e)
{
	const struct xl_value *v = e->value.kind == XL_LIST ? e->value.items : &e->value;

	for (; v != NULL; v = v->next) {
		char start[20], pages[20], gfn[20] = "", value[24];
		struct xml_node *n;
		int fields = sscanf(v->text, "%19[0-9a-fA-Fx],%19[0-9a-fA-Fx]@%19[0-9a-fA-Fx]",
				    start, pages, gfn);

		if (fields < 2) {
			(void)xl_error(r, e, v, "START,PAGES[@GFN] in hexadecimal",
				       "not a range of device memory");
			continue;
		}
		n = xl_new(r, e, EXT, "z:iomem");
		for (int i = 0; n != NULL && i < fields; i++) {
			const char *s = i == 0 ? start : i == 1 ? pages : gfn;

			snprintf(value, sizeof(value), "%s%s", strncmp(s, "0x", 2) ? "0x" : "", s);
			if (xl_put(r, e, n, i == 0 ? "@start" : i == 1 ? "@pages" : "@gfn",
				   value) < 0)
				return -ENOMEM;
		}
		if (n == NULL)
			return -ENOMEM;
	}
	return 0;
}

/*
 * The numbers of a list, which are all that XML has: what is wrong stays as it is and the reader
 * says so. NULL: nothing is to be set, the vCPU may run, or would rather run, anywhere.
 */
static const char *cpu_numbers(const char *text, bool soft, char buf[5 * DOMAIN_CPU_MAX])
{
	const struct cpuset every = cpuset_range(0, DOMAIN_CPU_MAX - 1);
	struct cpuset set;
	int rc = cpuset_parse(text, NULL, &set);

	if (rc == -ENOENT)
		return soft ? NULL : "none";
	if (rc == 0 && memcmp(&set, &every, sizeof(set)) == 0)
		return NULL;
	return rc == 0 && text[strspn(text, "0123456789-^, ")] != '\0' &&
	       cpuset_format(&set, buf, 5 * DOMAIN_CPU_MAX) == 0 ? buf : text;
}

/* A string for all vCPUs, or a list with one for each. */
static int put_cpus(struct reader *r, const struct xl_key *key, const struct xl_entry *e)
{
	bool soft = key->arg != NULL, list = e->value.kind == XL_LIST;
	char buf[5 * DOMAIN_CPU_MAX];
	unsigned int vcpu = 0;

	for (const struct xl_value *v = list ? e->value.items : &e->value; v != NULL;
	     v = v->next, vcpu++) {
		const char *text = cpu_numbers(v->text, soft, buf);
		struct xml_node *n;
		char number[12];

		if (text == NULL)
			continue;
		if (!list && !soft)
			return xl_put(r, e, NULL, "vcpu@cpuset", text);
		snprintf(number, sizeof(number), "%u", vcpu);
		n = soft ? xl_new(r, e, EXT, "z:affinity") : xl_new(r, e, "cputune", "vcpupin");
		if (n == NULL || xl_put(r, e, n, soft ? "@soft" : "@cpuset", text) < 0 ||
		    (list && xl_put(r, e, n, "@vcpu", number) < 0))
			return -ENOMEM;
	}
	return 0;
}

/* SVE as a CPU feature: "hw" is all that there is, a number that many bits. */
static int put_sve(struct reader *r, const struct xl_key *, const struct xl_entry *e)
{
	const char *text = text_of(r, e);
	struct xml_node *n;
	char name[24];

	if (text == NULL || strcmp(text, "0") == 0 || strcmp(text, "disabled") == 0)
		return 0;
	snprintf(name, sizeof(name), "sve%.16s", strcmp(text, "hw") == 0 ? "" : text);
	n = xl_new(r, e, "cpu", "feature");
	return n == NULL || xl_put(r, e, n, "@policy", "require") < 0 ||
	       xl_put(r, e, n, "@name", name) < 0 ? -ENOMEM : 0;
}

static int put_rtc(struct reader *r, const struct xl_key *key, const struct xl_entry *e)
{
	if (xl_put(r, e, NULL, "clock@offset", "variable") < 0)
		return -ENOMEM;
	return put_text(r, key, e);
}

/* "connection=pty|socket, name=NAME, path=PATH" */
static int put_channel(struct reader *r, const struct xl_key *, const struct xl_entry *e)
{
	static const struct {
		const char *word, *path;
	} parts[] = {
		{ "connection=", "@type" }, { "name=", "target@name" }, { "path=", "source@path" },
	};
	const struct xl_value *v = e->value.kind == XL_LIST ? e->value.items : &e->value;

	for (; v != NULL; v = v->next) {
		struct xml_node *n = xl_new(r, e, "devices", "channel");
		char *copy = arena_strndup(&r->tree->arena, v->text, strlen(v->text)), *save, *w;

		if (n == NULL || copy == NULL || xl_put(r, e, n, "target@type", "xen") < 0)
			return -ENOMEM;
		for (w = strtok_r(copy, ",", &save); w != NULL; w = strtok_r(NULL, ",", &save)) {
			size_t i = 0;

			w += strspn(w, " ");
			while (i < ARRAY_SIZE(parts) &&
			       strncmp(w, parts[i].word, strlen(parts[i].word)) != 0)
				i++;
			if (i == ARRAY_SIZE(parts)) {
				(void)xl_error(r, e, v, "connection=, name= or path=",
					       "a channel has no such property");
				continue;
			}
			w += strlen(parts[i].word);
			if (xl_put(r, e, n, parts[i].path,
				   i == 0 && strcmp(w, "socket") == 0 ? "unix" : w) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static const char *const types[] = { "pvh", NULL, "pv", NULL, "hvm", NULL, "generic", NULL, NULL };
static const char *const flag[] = { "0", NULL, "1", "", NULL };
static const char *const traps[] = { "1", "", NULL };
static const char *const off_on[] = { "0", NULL, "1", "on", NULL };
static const char *const efi[] = { "uefi", "efi", "ovmf", "efi", NULL };
static const char *const no_yes[] = { "0", "no", "1", "yes", NULL };
static const char *const gics[] = { "default", NULL, "v2", "2", "v3", "3", NULL };
static const char *const uarts[] = { "sbsa_uart", "", "none", NULL, "0", NULL, NULL };
static const char *const tees[] = { "none", NULL, "optee", "optee", "ffa", "ffa", NULL };
static const char *const passes[] = { "disabled", NULL, "unknown", NULL, "enabled", "on",
				      "share_pt", "on", "sync_pt", "on", NULL };
static const char *const localtimes[] = { "0", NULL, "1", "localtime", NULL };

#define X86 "it does not apply to Arm guests"
#define NO_DM "there is no device model"
#define NO_GFX "guests have no graphics"
#define NO_USB "there is no USB"
#define S(n, t, fn, ...) { .name = (n), .cls = FIELD_S, .to = (t), .apply = (fn), __VA_ARGS__ }
#define OF(cl, n, why) { .name = (n), .cls = FIELD_##cl, .note = (why) }

const struct xl_key xl_keys[] = {
	OF(W, "acpi", "guests get a device tree"),
	OF(W, "acpi_*", X86),
	OF(W, "altp2m", X86),
	OF(W, "apic", X86),
	OF(W, "argo", "there is no Argo"),
	S("bios", "os@firmware", put_firmware, .arg = efi, .note = "only uefi (the same: ovmf)"),
	OF(W, "bios_path_override", NO_DM),
	OF(W, "blkdev_start", NO_DM),
	OF(W, "boot", "there is no boot order"),
	OF(D, "bootloader", "guest disks are never parsed in the control domain"),
	OF(D, "bootloader_args", "guest disks are never parsed in the control domain"),
	S("budget", EXT "/z:sched@budget", put_text, .note = "us of each period, by rtds"),
	OF(W, "builder", "there is one type of guest"),
	S("cap", "cputune/global_quota", put_cap, .arg = "000",
	  .note = "per cent of one CPU; 0: no cap"),
	S("channel", "devices/channel", put_channel),
	OF(W, "claim_mode", "memory is always claimed first"),
	S("cmdline", "os/cmdline", put_text),
	S("cpu_weight", "cputune/shares", put_text),
	OF(W, "cpuid", X86),
	S("cpus", "vcpu@cpuset", put_cpus, .note = "such as all,^1; a list: one for each vCPU"),
	S("cpus_soft", EXT "/z:affinity@soft", put_cpus, .arg = "soft"),
	OF(W, "device_model_*", NO_DM),
	S("device_tree", "os/dtb", put_text),
	S("disk", "devices/disk", xl_put_disks),
	OF(W, "dm_restrict", NO_DM),
	S("driver_domain", EXT "/z:driver-domain", put_word, .arg = flag),
	S("dtdev", EXT "/z:dtdev", put_each, .arg = "@path"),
	OF(W, "e820_host", X86),
	OF(W, "event_channels", "write max_event_channels"),
	S("extra", "os/cmdline", put_nothing, .note = "joined to root, unless cmdline is given"),
	S("extratime", EXT "/z:sched@extratime", put_word, .arg = no_yes, .note = "0 or 1"),
	S("firmware", "os@firmware", put_firmware, .arg = efi,
	  .note = "only uefi (the same: ovmf)"),
	OF(D, "firmware_override", "write firmware=\"uefi\""),
	OF(W, "gfx_passthru", NO_GFX),
	S("gic_version", "features/gic@version", put_word, .arg = gics, .note = "default, v2, v3"),
	OF(W, "hap", "stage 2 translation is always used"),
	OF(W, "hdtype", NO_DM),
	OF(W, "hpet", X86),
	OF(W, "hvm", X86),
	S("iomem", EXT "/z:iomem", put_iomem, .note = "START,PAGES[@GFN], frames in hexadecimal"),
	OF(W, "ioports", X86),
	S("irqs", EXT "/z:irq", put_each, .arg = "@number"),
	S("kernel", "os/kernel", put_text),
	OF(W, "keymap", NO_GFX),
	S("llc_colors", EXT "/z:llc-colors", put_each, .arg = "@cache"),
	S("localtime", "clock@offset", put_word, .arg = localtimes),
	S("max_event_channels", EXT "/z:limits@event-channels", put_text),
	S("max_grant_frames", EXT "/z:limits@max-grant-frames", put_text),
	S("max_grant_version", EXT "/z:limits@grant-version", put_text),
	S("max_maptrack_frames", EXT "/z:limits@max-maptrack-frames", put_text),
	S("maxmem", "memory", put_suffixed, .arg = "MiB", .note = "MiB"),
	S("maxvcpus", "vcpu", put_text),
	OF(W, "mca_caps", X86),
	S("memory", "currentMemory", put_suffixed, .arg = "MiB", .note = "MiB"),
	OF(W, "mmio_hole", X86),
	OF(W, "ms_vm_genid", "there is no generation counter device"),
	OF(W, "msr_relaxed", X86),
	S("name", "name", put_text),
	OF(W, "nestedhvm", X86),
	S("nomigrate", EXT "/z:no-migrate", put_word, .arg = flag),
	OF(W, "nographic", NO_GFX),
	S("nr_spis", EXT "/z:nr-spis@number", put_text),
	OF(W, "nx", X86),
	S("on_crash", "on_crash", put_text),
	S("on_poweroff", "on_poweroff", put_text),
	S("on_reboot", "on_reboot", put_text),
	OF(W, "on_soft_reset", "a soft reset is a reboot"),
	S("on_watchdog", EXT "/z:watchdog@action", put_text),
	OF(W, "opengl", NO_GFX),
	OF(D, "p9", "there are no shared file systems"),
	OF(W, "pae", X86),
	OF(W, "parallel", "there is no parallel port"),
	S("passthrough", "features/xen/passthrough@state", put_word, .arg = passes),
	OF(R, "pci", "host devices cannot be given to a guest"),
	OF(W, "pci_*", "host devices cannot be given to a guest"),
	OF(W, "perf_*", X86),
	S("period", EXT "/z:sched@period", put_text, .note = "us, by rtds"),
	S("pool", EXT "/z:cpupool@name", put_text),
	OF(D, "pvcalls", "there is no such device"),
	OF(W, "pvh", "there is one type of guest"),
	OF(W, "pvshim*", X86),
	S("ramdisk", "os/initrd", put_text),
	OF(D, "rdm", "host devices cannot be given to a guest"),
	S("root", "os/cmdline", put_nothing, .note = "joined to extra, unless cmdline is given"),
	S("rtc_timeoffset", "clock@adjustment", put_rtc, .note = "seconds"),
	OF(W, "scsiid*", NO_DM),
	OF(W, "sdl", NO_GFX),
	S("seclabel", EXT "/z:xsm@label", put_text),
	OF(W, "serial", "the serial port is vuart = \"sbsa_uart\""),
	OF(W, "shadow_memory", "stage 2 translation is always used"),
	OF(W, "smbios*", "there are no SMBIOS tables"),
	OF(W, "soundhw", "guests have no sound"),
	OF(W, "spice*", NO_GFX),
	OF(D, "static_shm", "there is no shared memory between guests"),
	OF(W, "stdvga", NO_GFX),
	OF(W, "stubdomain_*", NO_DM),
	S("sve", "cpu/feature", put_sve, .note = "disabled, hw, or bits of a vector"),
	OF(W, "suppress_spurious_page_faults", X86),
	OF(W, "system_firmware", NO_DM),
	S("tee", EXT "/z:tee@type", put_word, .arg = tees, .note = "none, optee, ffa"),
	OF(W, "timer_mode", X86),
	S("trap_unmapped_accesses", EXT "/z:trap-unmapped", put_word, .arg = traps,
	  .note = "they always trap"),
	OF(W, "tsc_mode", X86),
	S("type", "os/type", put_word, .arg = types, .note = "pv, pvh and hvm are one here"),
	OF(W, "usb", NO_USB),
	OF(D, "usbctrl", NO_USB),
	OF(D, "usbdev", NO_USB),
	OF(W, "usbdevice", NO_USB),
	OF(W, "usbversion", NO_USB),
	S("uuid", "uuid", put_text),
	S("vcpus", "vcpu@current", put_text),
	OF(W, "vdispl", NO_GFX),
	OF(W, "vendor_device", NO_DM),
	OF(W, "vfb", NO_GFX),
	OF(W, "vga", NO_GFX),
	S("vif", "devices/interface", xl_put_vifs),
	OF(W, "vif_*", "set it in each vif"),
	OF(W, "videoram", NO_GFX),
	OF(W, "viridian", X86),
	OF(D, "virtio", "there are no virtio devices"),
	OF(W, "vkb", NO_GFX),
	OF(W, "vm_event*", X86),
	OF(W, "vmtrace*", X86),
	OF(W, "vnc*", NO_GFX),
	OF(W, "vnuma", "the guest's memory is one node"),
	S("vpmu", "features/pmu@state", put_word, .arg = off_on),
	OF(W, "vpt_align", X86),
	OF(W, "vsnd", "guests have no sound"),
	OF(D, "vtpm", "there is no virtual TPM; the guest may need its keys"),
	S("vuart", EXT "/z:vuart", put_word, .arg = uarts),
	OF(W, "xen_platform_pci", X86),
	OF(W, "xend_suspend_evtchn_compat", X86),
};
const size_t xl_key_count = ARRAY_SIZE(xl_keys);
