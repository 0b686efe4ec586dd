/* SPDX-License-Identifier: BSD-3-Clause */
#include "listbuild.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "denybuild.h"
#include "denyfile.h"
#include "denytext.h"
#include "endpoint.h"
#include "folder.h"
#include "listfile.h"

/* A part of a text, after which the reader looks whether it is to stop: some
 * milliseconds of work. */
#define PART_BYTES ((size_t)1 << 20)

const char *
list_kind_name(enum list_kind kind)
{
	return kind == LIST_DENIES ? "deny list" : "allow list";
}

static bool
must_stop(const struct list_job *job)
{
	/* Relaxed: the flag stands for nothing but itself. */
	return job->stop != NULL &&
	       atomic_load_explicit(job->stop, memory_order_relaxed);
}

/* The length of the next part of a text.  It ends with a line. */
static size_t
part_of(const char *at, size_t left)
{
	if (left <= PART_BYTES)
		return left;
	const char *newline = memchr(at + PART_BYTES, '\n', left - PART_BYTES);
	return newline != NULL ? (size_t)(newline - at) + 1 : left;
}

/* Add the prefixes of a text. */
static int
add_text(struct mx_deny_list *list, const struct list_job *job,
	 const struct list_text *text, enum mx_deny_verdict verdict,
	 struct mx_deny_fault *fault)
{
	size_t length;

	list->lines = 0;
	for (size_t at = 0; at < text->size_bytes; at += length) {
		length = part_of(text->text + at, text->size_bytes - at);
		if (must_stop(job))
			return -ECANCELED;
		const int error = mx_deny_read(list, text->text + at, length,
					       verdict, fault);
		if (error != 0)
			return error;
	}
	return 0;
}

/* Add the prefixes of a file. */
static int
add_file(struct mx_deny_list *list, const struct list_job *job,
	 const char *path, enum mx_deny_verdict verdict,
	 struct list_built *built)
{
	struct list_text text;
	struct mx_deny_fault fault = {0};
	int error = list_file_read(path, &text);

	if (error != 0) {
		snprintf(built->fault, sizeof(built->fault), "%s: %s", path,
			 list_file_error(error));
		return error;
	}
	if (verdict == MX_DENY_DENIED)
		built->fresh_s = list_text_fresh_s(&text);
	error = add_text(list, job, &text, verdict, &fault);
	free(text.text);
	if (error != 0)
		snprintf(built->fault, sizeof(built->fault), "%s:%u: %s", path,
			 fault.line, fault.text);
	return error;
}

static int
add_all(struct mx_deny_list *list, const struct list_job *job,
	struct list_built *built)
{
	const struct mx_config_deny *deny = job->deny;
	int error = add_file(list, job, deny->file, MX_DENY_DENIED, built);

	if (error == 0 && deny->allow_file[0] != '\0')
		error = add_file(list, job, deny->allow_file, MX_DENY_EXEMPT,
				 built);
	for (uint16_t i = 0; i < deny->allow_count && error == 0; i++) {
		const struct mx_deny_key key =
			mx_deny_key_of(&deny->allow[i].addr);

		error = mx_deny_add(list, &key, deny->allow[i].bits,
				    MX_DENY_EXEMPT);
		if (error != 0)
			snprintf(built->fault, sizeof(built->fault),
				 "%s: more than %u prefixes", deny->file,
				 MX_DENY_PREFIXES_MAX);
	}
	return error;
}

/* Begin the warning, or go on with it. */
static void
warn(struct list_built *built, const char *path, const char *what)
{
	const size_t used = strlen(built->warning);
	char *at = built->warning + used;

	if (used == 0)
		snprintf(at, sizeof(built->warning), "deny list %s denies %s",
			 path, what);
	else
		snprintf(at, sizeof(built->warning) - used, ", and %s", what);
}

static void
warn_of_wide(struct list_built *built, const struct list_job *job,
	     const struct mx_deny_list *list)
{
	static const uint8_t wide[] = {LIST_WIDE4_BITS, LIST_WIDE6_BITS};
	char text[64];

	for (int f = 0; f < MX_DENY_FAMILIES; f++)
		for (uint32_t i = 0; i < list->of[f].count; i++) {
			const struct mx_deny_entry *entry =
				&list->of[f].entry[i];

			if (!entry->denied || entry->bits >= wide[f])
				continue;
			snprintf(text, sizeof(text), "a whole /%u of IPv%d",
				 entry->bits, f == MX_DENY_V4 ? 4 : 6);
			warn(built, job->deny->file, text);
			break;
		}
}

/* MTAs send mail too: that of outbound services, and probes. */
static void
warn_of_mtas(struct list_built *built, const struct list_job *job,
	     const struct mx_deny_table *table)
{
	char addr[MX_ENDPOINT_TEXT_MAX], text[MX_ENDPOINT_TEXT_MAX + 64];

	for (uint16_t p = 0; p < job->config->pool_count; p++) {
		const struct mx_config_pool *pool = &job->config->pool[p];

		for (uint16_t i = 0; i < pool->backend_count; i++) {
			const struct mx_addr *at =
				&pool->backend[i].address.addr;

			if (mx_deny_find(table, at) != MX_DENY_DENIED)
				continue;
			snprintf(text, sizeof(text), "the MTA %.31s (%.45s)",
				 pool->backend[i].name,
				 mx_addr_format(at, addr));
			warn(built, job->deny->file, text);
			return;
		}
	}
}

static int
make_table(const struct list_job *job, struct mx_deny_list *list,
	   struct list_built *built)
{
	built->prefixes =
		list->of[MX_DENY_V4].count + list->of[MX_DENY_V6].count;
	struct mx_deny_table *table =
		mx_deny_build(list, MX_DENY_BY_FILES, job->key);
	int error = table != NULL ? mx_deny_file_write(job->instance, table)
				  : -ENOMEM;
	if (error != 0) {
		snprintf(built->fault, sizeof(built->fault),
			 "%s %s: its table cannot be written: %s",
			 list_kind_name(job->kind), job->deny->file,
			 mx_folder_error(error));
	} else {
		built->serial = mx_deny_serial(table);
		built->size_bytes = table->size_bytes;
		if (job->kind == LIST_DENIES) {
			warn_of_wide(built, job, list);
			warn_of_mtas(built, job, table);
		}
	}
	free(table);
	return error;
}

int
list_build(const struct list_job *job, struct list_built *built)
{
	struct mx_deny_list list = {0};

	*built = (struct list_built){0};
	int error = add_all(&list, job, built);
	if (error == 0 && must_stop(job))
		error = -ECANCELED;
	if (error == 0)
		error = make_table(job, &list, built);
	mx_deny_list_free(&list);
	return error;
}
