/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text as a deny list, and any table that a hostile control plane could
 * write: both are refused, or answer for every address within their memory.  A
 * table of a good text says of an address what the text says.
 * Method: libFuzzer.  An input is a text, a zero byte, and changes of the table
 * that the text gives.
 *
 *   text, 0, {at[3], value}...
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "denybuild.h"
#include "denytext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EDIT 4

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Addresses near those of the seeds, and some of the input's own. */
static struct mx_addr
address(const uint8_t *data, size_t size, size_t turn)
{
	struct mx_addr addr;

	memset(&addr, 0, sizeof(addr));
	for (size_t i = 0; i < 16 && size > 0; i++)
		addr.byte[i] = data[(turn * 7 + i) % size];
	if (turn % 2 == 0) {
		uint32_t four;
		memcpy(&four, addr.byte, 4);
		addr = mx_addr_from4(turn % 4 ? four
					      : inet_addr("192.0.2.7") +
							(four << 24));
	}
	return addr;
}

/* Does a prefix of the list cover an address? */
static bool
covers(const struct mx_deny_list *list, const struct mx_addr *addr)
{
	const struct mx_deny_key asked = mx_deny_key_of(addr);
	const struct mx_deny_entries *entries = &list->of[asked.family];

	for (uint32_t i = 0; i < entries->count; i++) {
		const struct mx_deny_key key = {entries->entry[i].high,
						entries->entry[i].low,
						asked.family};

		if (mx_deny_covers(&key, entries->entry[i].bits, &asked))
			return true;
	}
	return false;
}

static void
compare(const struct mx_deny_table *table, const struct mx_deny_list *list,
	const uint8_t *data, size_t size)
{
	for (size_t turn = 0; turn < 16; turn++) {
		const struct mx_addr addr = address(data, size, turn);
		const bool denied =
			mx_deny_find(table, &addr) == MX_DENY_DENIED;

		require(denied == covers(list, &addr));
	}
}

/* The data plane has a copy of its own size, as here. */
static void
spoil(const struct mx_deny_table *table, const uint8_t *edits, size_t size)
{
	const size_t bytes = table->size_bytes;
	struct mx_deny_table *copy = aligned_alloc(64, (bytes + 63) / 64 * 64);

	require(copy != NULL);
	memcpy(copy, table, bytes);
	for (size_t i = 0; i + EDIT <= size; i += EDIT) {
		size_t at = (size_t)edits[i] | (size_t)edits[i + 1] << 8;
		if (edits[i + 2] & 1) /* the header, or behind it */
			at = at % offsetof(struct mx_deny_table, short4);
		else
			at = sizeof(*copy) + at * 64 + edits[i + 2];
		((uint8_t *)copy)[at % bytes] = edits[i + 3];
	}
	/* Sealed over the bytes that there are, whatever the header says. */
	copy->crc =
		mx_crc32c(&copy->size_bytes,
			  bytes - offsetof(struct mx_deny_table, size_bytes));
	if (mx_deny_check(copy, bytes) == 0)
		for (size_t turn = 0; turn < 64; turn++) {
			const struct mx_addr addr = address(edits, size, turn);
			require(mx_deny_find(copy, &addr) < MX_DENY_VERDICTS);
		}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mx_hash_key key = {{1, 2}};
	const uint8_t *end = memchr(data, 0, size);
	const size_t text_bytes = end != NULL ? (size_t)(end - data) : size;
	struct mx_deny_fault fault;
	struct mx_deny_list list = {0}, plain = {0};
	char *text = malloc(text_bytes + 1);

	require(text != NULL);
	memcpy(text, data, text_bytes);
	text[text_bytes] = '\0';
	if (mx_deny_read(&list, text, text_bytes, MX_DENY_DENIED, &fault) ==
	    0) {
		struct mx_deny_table *table = mx_deny_build(
			&list, size % 2 ? MX_DENY_BY_FILES : MX_DENY_BY_RULES,
			&key);
		/* A build drops prefixes that decide nothing. */
		require(mx_deny_read(&plain, text, text_bytes, MX_DENY_DENIED,
				     &fault) == 0);
		require(table != NULL &&
			mx_deny_check(table, table->size_bytes) == 0);
		compare(table, &plain, data, size);
		if (end != NULL)
			spoil(table, end + 1, size - text_bytes - 1);
		free(table);
	}
	mx_deny_list_free(&list);
	mx_deny_list_free(&plain);
	free(text);
	return 0;
}
