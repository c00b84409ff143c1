/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples as JSON, and back from a recording. The keys of counters are rows of a table that both
 * ways share. A recording is a file that anybody may have written: what it lacks is 0, and it has
 * no more domains and devices than memory holds.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/error.h>
#include <xentools/macros.h>
#include <xentools/sample.h>

struct key {
	const char *name;
	size_t offset;			/* of a uint64_t */
};

#define AT(type, key, member) { key, offsetof(struct type, member) }
static const struct key sample_keys[] = {
	AT(sample, "when_ns", when_ns), AT(sample, "wall_ns", wall_ns),
	AT(sample, "total_memory_bytes", total_bytes), AT(sample, "free_memory_bytes", free_bytes),
};
static const struct key vbd_keys[] = {
	AT(sample_vbd, "waits", oo_req), AT(sample_vbd, "read_requests", rd_req),
	AT(sample_vbd, "write_requests", wr_req), AT(sample_vbd, "flush_requests", f_req),
	AT(sample_vbd, "discard_requests", ds_req), AT(sample_vbd, "read_sectors", rd_sect),
	AT(sample_vbd, "write_sectors", wr_sect),
};
static const struct key vif_keys[] = {
	AT(sample_vif, "rx_bytes", rx_bytes), AT(sample_vif, "rx_packets", rx_packets),
	AT(sample_vif, "rx_errors", rx_errors), AT(sample_vif, "rx_drops", rx_drops),
	AT(sample_vif, "tx_bytes", tx_bytes), AT(sample_vif, "tx_packets", tx_packets),
	AT(sample_vif, "tx_errors", tx_errors), AT(sample_vif, "tx_drops", tx_drops),
};

static void put(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

static uint64_t get(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_uint64(v) : 0;
}

static void put_keys(struct json_object *o, const struct key *keys, size_t n, const void *src)
{
	for (size_t i = 0; i < n; i++)
		put(o, keys[i].name,
		    *(const uint64_t *)(const void *)((const char *)src + keys[i].offset));
}

static void get_keys(struct json_object *o, const struct key *keys, size_t n, void *dst)
{
	for (size_t i = 0; i < n; i++)
		*(uint64_t *)(void *)((char *)dst + keys[i].offset) = get(o, keys[i].name);
}

static struct json_object *devices_json(const struct key *keys, size_t n, const void *list,
					size_t size, size_t count)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		const char *at = (const char *)list + i * size;
		struct json_object *o = json_object_new_object();

		put(o, "devid", *(const unsigned int *)(const void *)at);
		put_keys(o, keys, n, at);
		json_object_array_add(all, o);
	}
	return all;
}

static struct json_object *domain_json(const struct sample_domain *d)
{
	struct json_object *o = json_object_new_object(), *vcpus = json_object_new_array();
	const struct hyp_domain_info *i = &d->info;
	char uuid[DOMAIN_UUID_TEXT];

	put(o, "domid", i->domid);
	if (d->name[0] || i->domid == 0)
		json_object_object_add(o, "name", json_object_new_string(d->name[0] ? d->name :
									 "Domain-0"));
	domain_uuid_format(i->uuid, uuid);
	json_object_object_add(o, "uuid", json_object_new_string(uuid));
	json_object_object_add(o, "state", json_object_new_string(domain_state_word(i)));
	put(o, "cpu_time_ns", i->cpu_time_ns);
	put(o, "vcpus_online", i->nr_online_vcpus);
	put(o, "memory_bytes", i->tot_pages * HYP_PAGE_SIZE);
	if (i->max_pages < UINT64_MAX / HYP_PAGE_SIZE)
		put(o, "max_memory_bytes", i->max_pages * HYP_PAGE_SIZE);
	put(o, "outstanding_bytes", i->outstanding_pages * HYP_PAGE_SIZE);
	put(o, "shared_bytes", i->shared_pages * HYP_PAGE_SIZE);
	if (d->weight) {
		put(o, "weight", d->weight);
		put(o, "cap_percent", d->cap);
	}
	for (size_t v = 0; v < d->vcpu_count; v++) {
		struct json_object *c = json_object_new_object();

		json_object_object_add(c, "online", json_object_new_boolean(d->vcpus[v].online));
		put(c, "cpu_time_ns", d->vcpus[v].cpu_time_ns);
		json_object_array_add(vcpus, c);
	}
	json_object_object_add(o, "vcpus", vcpus);
	json_object_object_add(o, "disks", devices_json(vbd_keys, ARRAY_SIZE(vbd_keys), d->vbds,
							sizeof(*d->vbds), d->vbd_count));
	json_object_object_add(o, "networks", devices_json(vif_keys, ARRAY_SIZE(vif_keys), d->vifs,
							   sizeof(*d->vifs), d->vif_count));
	return o;
}

struct json_object *sample_to_json(const struct sample *s)
{
	struct json_object *o = json_object_new_object(), *idle = json_object_new_array();
	struct json_object *domains = json_object_new_array();
	struct json_object *traps = s->trap_count ? json_object_new_object() : NULL;

	put_keys(o, sample_keys, ARRAY_SIZE(sample_keys), s);
	for (uint32_t i = 0; i < s->cpu_count; i++)
		json_object_array_add(idle, json_object_new_uint64(s->idle_ns[i]));
	json_object_object_add(o, "cpu_idle_ns", idle);
	if (traps)
		json_object_object_add(o, "traps", traps);
	for (size_t i = 0; i < s->trap_count; i++)
		put(traps, s->traps[i].reason, s->traps[i].count);
	for (size_t i = 0; i < s->count; i++)
		json_object_array_add(domains, domain_json(&s->domains[i]));
	json_object_object_add(o, "domains", domains);
	return o;
}

/* An array that is a member; NULL for none. */
static struct json_object *array_of(struct json_object *o, const char *key, size_t *n)
{
	struct json_object *a;

	if (!json_object_object_get_ex(o, key, &a) || !json_object_is_type(a, json_type_array)) {
		*n = 0;
		return NULL;
	}
	*n = json_object_array_length(a);
	return a;
}

/* Devices of one kind; devid is their first member. */
static void *devices_of(struct json_object *o, const char *name, const struct key *keys, size_t nk,
			size_t size, size_t *count)
{
	struct json_object *a = array_of(o, name, count);
	char *list = calloc(*count + 1, size);

	for (size_t i = 0; list && i < *count; i++) {
		struct json_object *e = json_object_array_get_idx(a, i);
		char *at = list + i * size;

		*(unsigned int *)(void *)at = (unsigned int)get(e, "devid");
		get_keys(e, keys, nk, at);
	}
	return list;
}

static int domain_of(struct json_object *o, struct sample_domain *d)
{
	struct json_object *v;

	if (!json_object_is_type(o, json_type_object))
		return -EINVAL;
	d->info.domid = (uint16_t)get(o, "domid");
	d->info.cpu_time_ns = get(o, "cpu_time_ns");
	d->info.nr_online_vcpus = (uint32_t)get(o, "vcpus_online");
	d->info.tot_pages = get(o, "memory_bytes") / HYP_PAGE_SIZE;
	d->info.max_pages = get(o, "max_memory_bytes") / HYP_PAGE_SIZE;
	if (json_object_object_get_ex(o, "name", &v))
		snprintf(d->name, sizeof(d->name), "%s", json_object_get_string(v));
	/* The control domain's is all zeros, which no other may have. */
	if (json_object_object_get_ex(o, "uuid", &v) && json_object_get_string(v) &&
	    d->info.domid != 0 && domain_uuid_parse(json_object_get_string(v), d->info.uuid) != 0)
		return -EINVAL;
	d->vbds = devices_of(o, "disks", vbd_keys, ARRAY_SIZE(vbd_keys), sizeof(*d->vbds),
			     &d->vbd_count);
	d->vifs = devices_of(o, "networks", vif_keys, ARRAY_SIZE(vif_keys), sizeof(*d->vifs),
			     &d->vif_count);
	return d->vbds && d->vifs ? 0 : -ENOMEM;
}

static int fill(struct json_object *o, struct sample *s)
{
	struct json_object *idle, *domains;
	size_t cpus, n;
	int rc = 0;

	get_keys(o, sample_keys, ARRAY_SIZE(sample_keys), s);
	idle = array_of(o, "cpu_idle_ns", &cpus);
	domains = array_of(o, "domains", &n);
	if (!domains || cpus > UINT32_MAX)
		return -EINVAL;
	s->idle_ns = calloc(cpus + 1, sizeof(*s->idle_ns));
	s->domains = calloc(n + 1, sizeof(*s->domains));
	if (!s->idle_ns || !s->domains)
		return -ENOMEM;
	for (; s->cpu_count < cpus; s->cpu_count++)
		s->idle_ns[s->cpu_count] =
			json_object_get_uint64(json_object_array_get_idx(idle, s->cpu_count));
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = domain_of(json_object_array_get_idx(domains, i), &s->domains[s->count++]);
	return rc;
}

int sample_from_json(struct json_object *o, struct sample **ret, struct zerr **err)
{
	struct sample *s = calloc(1, sizeof(*s));
	int rc = s ? fill(o, s) : -ENOMEM;

	if (rc == 0) {
		*ret = s;
		return 0;
	}
	sample_free(s);
	if (rc == -ENOMEM)
		return zerr_no_memory(err);
	return zerr_set(err, ZERR_BAD_CONFIG, "E130", 0, "it is no recording of zl stats");
}
