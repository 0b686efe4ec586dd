/* SPDX-License-Identifier: BSD-3-Clause */
#include "ehlo.h"

#include <string.h>

void
ehlo_clear(struct ehlo *ehlo)
{
	ehlo->lines = ehlo->bytes = 0;
	ehlo->cut = false;
	ehlo->mark = 0;
	ehlo->words[0] = '\0';
}

uint64_t
ehlo_hash(const char *text, size_t length)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) *
		       UINT64_C(0x100000001b3);
	return hash;
}

void
ehlo_add(struct ehlo *ehlo, const char *line)
{
	const size_t length = strlen(line);

	if (ehlo->lines < UINT16_MAX)
		ehlo->lines++;
	if (ehlo->lines == 1)
		return;
	ehlo->mark += ehlo_hash(line, length);
	if (ehlo->bytes + length + 2 > sizeof(ehlo->words)) {
		ehlo->cut = true;
		return;
	}
	memcpy(ehlo->words + ehlo->bytes, line, length);
	ehlo->bytes = (uint16_t)(ehlo->bytes + length);
	ehlo->words[ehlo->bytes++] = '\n';
	ehlo->words[ehlo->bytes] = '\0';
}

bool
ehlo_meets(const struct ehlo *ehlo, const struct expectation *expectation)
{
	char line[EHLO_WORDS_MAX];

	for (const char *at = ehlo->words; *at != '\0';) {
		const size_t length = strcspn(at, "\n");

		memcpy(line, at, length);
		line[length] = '\0';
		if (expectation_is_met_by(expectation, line))
			return true;
		at += length + 1;
	}
	return false;
}

bool
ehlo_offers(const struct ehlo *ehlo, const char *keyword)
{
	struct expectation word;

	return expectation_parse(keyword, &word) == 0 &&
	       ehlo_meets(ehlo, &word);
}
