/* SPDX-License-Identifier: BSD-3-Clause */
#include "enclosure.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define WORD "text "
#define DIGITS_MAX 7 /* of ENCLOSURE_MAX */

bool
enclosure_is_announced(const char *line)
{
	return strncmp(line, WORD, strlen(WORD)) == 0;
}

/* Returns false if the text is no length. */
static bool
read_length(const char *text, size_t *length)
{
	const size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > DIGITS_MAX || text[digits] != '\0')
		return false;
	*length = strtoul(text, NULL, 10);
	return *length <= ENCLOSURE_MAX;
}

const char *
enclosure_begin(struct enclosure *e, const char *line)
{
	size_t size;

	if (e->begun)
		return "a text is followed by its request";
	if (!read_length(line + strlen(WORD), &size))
		return "text: expected its length, up to 4194304 bytes";
	*e = (struct enclosure){
		.begun = true, .size = size, .since_ms = clock_ms()};
	return NULL;
}

bool
enclosure_keep(struct enclosure *e)
{
	e->text = malloc(e->size + 1);
	return e->text != NULL;
}

bool
enclosure_read(struct enclosure *e, struct evbuffer *in)
{
	size_t bytes = evbuffer_get_length(in);

	if (bytes > e->size - e->got)
		bytes = e->size - e->got;
	if (e->text != NULL)
		evbuffer_remove(in, e->text + e->got, bytes);
	else
		evbuffer_drain(in, bytes);
	e->got += bytes;
	return e->got == e->size;
}

bool
enclosure_is_slow(const struct enclosure *e)
{
	return e->text != NULL && clock_ms() - e->since_ms >= ENCLOSURE_SLOW_MS;
}

char *
enclosure_take(struct enclosure *e, size_t *size)
{
	char *text = e->text;

	if (text == NULL)
		return NULL;
	*size = e->size;
	text[*size] = '\0';
	e->text = NULL;
	return text;
}

void
enclosure_end(struct enclosure *e)
{
	free(e->text);
	*e = (struct enclosure){.begun = false};
}
