/* SPDX-License-Identifier: BSD-3-Clause */
#include "jsonpieces.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

/* The clock is read once for so many rows, some 0.1 ms. */
#define CLOCK_ROWS 32

#define FORMAT (JSON_COMPACT | JSON_ENCODE_ANY)

struct json_pieces {
	json_t *data;
	void *at;    /* the value that is written; NULL: all are */
	size_t row;  /* of that value: the next one */
	bool failed; /* there was no memory */
	FILE *out;
	char *text;
	size_t length;
};

struct json_pieces *
json_pieces_new(json_t *data)
{
	struct json_pieces *pieces = calloc(1, sizeof(*pieces));

	if (pieces != NULL && json_is_object(data))
		pieces->out = open_memstream(&pieces->text, &pieces->length);
	if (pieces == NULL || pieces->out == NULL) {
		json_decref(data);
		free(pieces);
		return NULL;
	}
	pieces->data = data;
	pieces->at = json_object_iter(data);
	fputs(pieces->at != NULL ? "{" : "{}", pieces->out);
	return pieces;
}

static void
write_key(struct json_pieces *pieces)
{
	json_t *key = json_string(json_object_iter_key(pieces->at));

	pieces->failed |= json_dumpf(key, pieces->out, FORMAT) != 0;
	json_decref(key);
	fputc(':', pieces->out);
}

/* Write a row, and free it. */
static void
write_row(struct json_pieces *pieces, json_t *rows)
{
	if (pieces->row > 0)
		fputc(',', pieces->out);
	pieces->failed |= json_dumpf(json_array_get(rows, pieces->row),
				     pieces->out, FORMAT) != 0;
	json_array_set_new(rows, pieces->row++, json_null());
}

/* Write the value in turn, or a part of it.  Returns whether it is whole. */
static bool
write_value(struct json_pieces *pieces, uint64_t until_ns)
{
	json_t *value = json_object_iter_value(pieces->at);

	if (pieces->row == 0)
		write_key(pieces);
	if (!json_is_array(value)) {
		pieces->failed |= json_dumpf(value, pieces->out, FORMAT) != 0;
		return true;
	}
	if (pieces->row == 0)
		fputc('[', pieces->out);
	while (pieces->row < json_array_size(value)) {
		write_row(pieces, value);
		if (pieces->row % CLOCK_ROWS == 0 && clock_ns() >= until_ns)
			return false;
	}
	fputc(']', pieces->out);
	return true;
}

bool
json_pieces_more(struct json_pieces *pieces)
{
	const uint64_t until_ns = clock_ns() + JSON_PIECE_MS * CLOCK_NS_PER_MS;

	while (pieces->at != NULL && !pieces->failed &&
	       write_value(pieces, until_ns)) {
		pieces->at = json_object_iter_next(pieces->data, pieces->at);
		pieces->row = 0;
		fputc(pieces->at != NULL ? ',' : '}', pieces->out);
	}
	return pieces->at != NULL && !pieces->failed;
}

char *
json_pieces_end(struct json_pieces *pieces)
{
	char *text;

	const bool lost = fclose(pieces->out) != 0 || pieces->failed;
	text = pieces->text;
	if (lost) {
		free(text);
		text = NULL;
	}
	json_decref(pieces->data);
	free(pieces);
	return text;
}
