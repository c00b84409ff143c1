/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hash table under tree, transactions and watches. SipHash-1-3 over the parent's address and
 * the name; chains; doubling at load factor 1.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <xentools/macros.h>

#include "name_hash.h"

static inline uint64_t rotl(uint64_t x, unsigned int n)
{
	return x << n | x >> (64 - n);
}

/* Inline, so that the four words stay in registers. */
static inline __attribute__((always_inline)) void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static inline __attribute__((always_inline)) void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

static uint32_t hash_of(const struct name_hash *table, const void *parent, const char *name,
			size_t len)
{
	uint64_t v[4] = {
		table->key[0] ^ 0x736f6d6570736575u, table->key[1] ^ 0x646f72616e646f6du,
		table->key[0] ^ 0x6c7967656e657261u, table->key[1] ^ 0x7465646279746573u,
	};
	uint64_t word;
	size_t left = len;

	sip_word(v, (uint64_t)(uintptr_t)parent);
	for (; left >= 8; left -= 8, name += 8) {
		memcpy(&word, name, 8);
		sip_word(v, word);
	}
	word = (uint64_t)len << 56;
	memcpy(&word, name, left);
	sip_word(v, word);
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return (uint32_t)(v[0] ^ v[1] ^ v[2] ^ v[3]);
}

void name_hash_init(struct name_hash *table)
{
	memset(table, 0, sizeof(*table));
	table->buckets = table->small;
	table->n_buckets = ARRAY_SIZE(table->small);
	/* Without random bytes the addresses of the parents still vary. */
	if (getrandom(table->key, sizeof(table->key), GRND_NONBLOCK) < 0)
		table->key[0] = (uint64_t)(uintptr_t)table;
}

void name_hash_free(struct name_hash *table)
{
	if (table->buckets != table->small)
		free(table->buckets);
	table->buckets = NULL;
	table->n_buckets = 0;
}

static void grow(struct name_hash *table)
{
	size_t n = table->n_buckets * 2;
	struct name_entry **buckets = calloc(n, sizeof(struct name_entry *));

	if (!buckets)
		return;
	for (size_t i = 0; i < table->n_buckets; i++) {
		struct name_entry *entry = table->buckets[i], *next;

		for (; entry; entry = next) {
			next = entry->hash_next;
			entry->hash_next = buckets[entry->hash & (n - 1)];
			buckets[entry->hash & (n - 1)] = entry;
		}
	}
	if (table->buckets != table->small)
		free(table->buckets);
	table->buckets = buckets;
	table->n_buckets = n;
}

void name_hash_add(struct name_hash *table, struct name_entry *entry)
{
	struct name_entry **bucket;

	if (table->n_entries >= table->n_buckets)
		grow(table);
	entry->hash = hash_of(table, entry->parent, entry->name, entry->name_len);
	bucket = &table->buckets[entry->hash & (table->n_buckets - 1)];
	entry->hash_next = *bucket;
	*bucket = entry;
	table->n_entries++;
}

void name_hash_del(struct name_hash *table, struct name_entry *entry)
{
	struct name_entry **p = &table->buckets[entry->hash & (table->n_buckets - 1)];

	while (*p != entry)
		p = &(*p)->hash_next;
	*p = entry->hash_next;
	entry->hash_next = NULL;
	table->n_entries--;
}

static struct name_entry *match(struct name_entry *entry, uint32_t hash, const void *parent,
				const char *name, size_t len)
{
	for (; entry; entry = entry->hash_next)
		if (entry->hash == hash && entry->parent == parent && entry->name_len == len &&
		    !memcmp(entry->name, name, len))
			return entry;
	return NULL;
}

struct name_entry *name_hash_find(const struct name_hash *table, const void *parent,
				  const char *name, size_t len)
{
	uint32_t hash = hash_of(table, parent, name, len);

	return match(table->buckets[hash & (table->n_buckets - 1)], hash, parent, name, len);
}

struct name_entry *name_hash_next(const struct name_entry *entry)
{
	return match(entry->hash_next, entry->hash, entry->parent, entry->name, entry->name_len);
}
