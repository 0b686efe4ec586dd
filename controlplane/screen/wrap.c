/* SPDX-License-Identifier: BSD-3-Clause */
#include "wrap.h"

#include <stdbool.h>
#include <string.h>

/* Characters of UTF-8 in so many bytes. */
static size_t
count_characters(const char *text, size_t bytes)
{
	size_t count = 0;

	for (size_t i = 0; i < bytes; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

/* What stands in brackets is not parted. */
static size_t
word_bytes(const char *word)
{
	size_t bytes = 0;

	for (int depth = 0;
	     word[bytes] != '\0' && (word[bytes] != ' ' || depth > 0); bytes++)
		depth += (word[bytes] == '[') - (word[bytes] == ']');
	return bytes;
}

void
wrap_print(FILE *out, const char *text, size_t width, size_t indent,
	   size_t used)
{
	size_t blanks = strspn(text, " ");
	bool begun = used > 0;

	for (; text[blanks] != '\0'; blanks = strspn(text, " ")) {
		const char *word = text + blanks;
		const size_t bytes = word_bytes(word);
		const size_t characters = count_characters(word, bytes);

		if (width > 0 && begun && used + blanks + characters > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			used = indent;
			blanks = 0;
		}
		fprintf(out, "%*s%.*s", (int)blanks, "", (int)bytes, word);
		used += blanks + characters;
		begun = true;
		text = word + bytes;
	}
	fputc('\n', out);
}
