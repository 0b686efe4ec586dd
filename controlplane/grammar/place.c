/* SPDX-License-Identifier: BSD-3-Clause */
#include "place.h"

#include <assert.h>
#include <string.h>

#include "kind.h"

/* Groups in groups. */
#define DEPTH_MAX 4

/* Append the token at the text.  Returns its length, or 0 if there are too
 * many, or it is too long. */
static size_t
add_token(struct place *place, const char *text)
{
	struct place_token *token = &place->token[place->tokens];
	size_t length = 1;

	if (place->tokens == PLACE_TOKENS_MAX)
		return 0;
	*token = (struct place_token){.text = text};
	if (*text == '[') {
		token->kind = PLACE_OPEN;
	} else if (*text == ']') {
		token->kind = PLACE_CLOSE;
	} else {
		token->kind = PLACE_WORD;
		length = strcspn(text, "[] ");
	}
	if (length > UINT8_MAX)
		return 0;
	token->length = (uint8_t)length;
	place->tokens++;
	return length;
}

/* Pair the brackets.  Returns false if they do not match, or a group begins
 * with no word. */
static bool
pair_brackets(struct place *place)
{
	uint8_t open[DEPTH_MAX];
	uint8_t depth = 0;

	for (uint8_t i = 0; i < place->tokens; i++) {
		struct place_token *token = &place->token[i];
		if (token->kind == PLACE_WORD)
			continue;
		if (token->kind == PLACE_OPEN) {
			if (depth == DEPTH_MAX || i + 1 == place->tokens ||
			    token[1].kind != PLACE_WORD)
				return false;
			open[depth++] = i;
			continue;
		}
		if (depth == 0)
			return false;
		token->partner = open[--depth];
		place->token[token->partner].partner = i;
	}
	return depth == 0;
}

bool
place_begin(struct place *place, const char *grammar)
{
	*place = (struct place){.tokens = 0};
	while (*grammar != '\0') {
		if (*grammar == ' ') {
			grammar++;
			continue;
		}
		const size_t length = add_token(place, grammar);
		if (length == 0)
			return false;
		grammar += length;
	}
	return pair_brackets(place);
}

/* The first of the groups that follow each other, of which one ends at that
 * closing bracket. */
static uint8_t
first_group(const struct place *place, uint8_t close)
{
	uint8_t open = place->token[close].partner;

	while (open > 0 && place->token[open - 1].kind == PLACE_CLOSE)
		open = place->token[open - 1].partner;
	return open;
}

/* Each turn goes forward, except at the end of a group that has been read.  From
 * the first of its neighbours the walk jumps over all of them, so it comes to
 * that end no more. */
uint64_t
place_next(const struct place *place, bool *end)
{
	uint64_t set = 0;
	uint8_t i = place->at;

	*end = false;
	while (i < place->tokens) {
		const struct place_token *token = &place->token[i];
		if (token->kind == PLACE_WORD)
			return set | UINT64_C(1) << i;
		if (token->kind == PLACE_CLOSE) {
			i = first_group(place, i);
			continue;
		}
		if (!(place->used >> i & 1))
			set |= UINT64_C(1) << (i + 1);
		i = (uint8_t)(token->partner + 1);
	}
	*end = true;
	return set;
}

void
place_take(struct place *place, uint8_t token)
{
	assert(token < place->tokens);
	if (token > 0 && place->token[token - 1].kind == PLACE_OPEN)
		place->used |= UINT64_C(1) << (token - 1);
	place->at = (uint8_t)(token + 1);
}

static bool
has_upper_case(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			return true;
	return false;
}

bool
place_alternative(const struct place_token *token, size_t *at,
		  struct place_word *word)
{
	if (*at >= token->length)
		return false;
	const char *text = token->text + *at;
	const size_t left = token->length - *at;
	const char *bar = memchr(text, '|', left);
	size_t length = bar != NULL ? (size_t)(bar - text) : left;

	*at += length + 1;
	*word = (struct place_word){.text = text,
				    .value = has_upper_case(text, length)};
	if (length > 3 && memcmp(text + length - 3, "...", 3) == 0) {
		word->rest = word->value;
		length -= 3;
	}
	word->length = length;
	const struct kind *kind = word->value ? kind_find(text, length) : NULL;
	word->rest |= kind != NULL && kind->rest;
	return true;
}
