/* SPDX-License-Identifier: BSD-3-Clause */
#include "arguments.h"

#include <stdio.h>
#include <string.h>

#include "kind.h"
#include "place.h"

#define SHOWN_MAX 40 /* characters of a wrong word in an error */

/* How well a word fits an alternative: the best one takes it. */
enum fit {
	FIT_NONE,
	FIT_REST,
	FIT_SHORT, /* the beginning of a literal */
	FIT_VALUE,
	FIT_LITERAL,
};

struct word {
	const char *text;
	size_t length;
};

/* The alternative that takes a word. */
struct choice {
	enum fit fit;
	bool ambiguous;
	uint8_t token;
	struct place_word word;
};

/* The next word behind *at, which moves behind it.  Its length is 0 at the end. */
static struct word
next_word(const char **at, const char *end)
{
	struct word word;

	while (*at < end && (**at == ' ' || **at == '\t'))
		++*at;
	word.text = *at;
	while (*at < end && **at != ' ' && **at != '\t')
		++*at;
	word.length = (size_t)(*at - word.text);
	return word;
}

/* A word that begins with a hyphen is not abbreviated. */
static bool
can_be_short(const struct word *typed)
{
	return typed->length > 0 && typed->text[0] != '-';
}

static enum fit
fit_of(const struct place_word *word, const struct word *typed,
       bool abbreviated)
{
	if (word->value) {
		const struct kind *kind = kind_find(word->text, word->length);
		if (!kind_fits(kind, typed->text, typed->length))
			return FIT_NONE;
		return word->rest ? FIT_REST : FIT_VALUE;
	}
	if (typed->length > word->length ||
	    memcmp(typed->text, word->text, typed->length) != 0)
		return FIT_NONE;
	if (typed->length == word->length)
		return FIT_LITERAL;
	return abbreviated && can_be_short(typed) ? FIT_SHORT : FIT_NONE;
}

static struct choice
choose(const struct place *place, const struct word *typed, bool abbreviated)
{
	struct choice best = {.fit = FIT_NONE};
	bool end;
	uint64_t set = place_next(place, &end);

	for (; set != 0; set &= set - 1) {
		const uint8_t token = (uint8_t)__builtin_ctzll(set);
		struct place_word word;
		size_t at = 0;
		while (place_alternative(&place->token[token], &at, &word)) {
			const enum fit fit = fit_of(&word, typed, abbreviated);
			if (fit == FIT_SHORT && best.fit == FIT_SHORT)
				best.ambiguous = true;
			if (fit > best.fit)
				best = (struct choice){.fit = fit,
						       .token = token,
						       .word = word};
		}
	}
	return best;
}

/* Add one of the words that were expected. */
static void
list_word(FILE *out, const struct place_word *word, unsigned nth, bool last)
{
	const struct kind *kind =
		word->value ? kind_find(word->text, word->length) : NULL;

	fprintf(out, "%s%.*s",
		nth == 0 ? ""
		: last   ? " or "
			 : ", ",
		(int)word->length, word->text);
	if (kind != NULL)
		fprintf(out, " (such as %s)", kind->example);
}

/* List what may come at a place. */
static void
list_next(FILE *out, const struct place *place)
{
	struct place_word words[2 * PLACE_TOKENS_MAX];
	unsigned count = 0;
	bool end;
	uint64_t set = place_next(place, &end);

	for (; set != 0; set &= set - 1) {
		const struct place_token *token =
			&place->token[__builtin_ctzll(set)];
		size_t at = 0;
		while (count < sizeof(words) / sizeof(words[0]) &&
		       place_alternative(token, &at, &words[count]))
			count++;
	}
	for (unsigned i = 0; i < count; i++)
		list_word(out, &words[i], i, !end && i + 1 == count);
	if (end)
		fputs(count == 0 ? "nothing more" : " or nothing more", out);
}

/* Say which word is wrong, and what was expected in its place. */
static void
explain(const struct place *place, const struct word *typed, bool ambiguous,
	char why[ARGUMENTS_WHY_MAX])
{
	why[0] = '\0';
	FILE *out = fmemopen(why, ARGUMENTS_WHY_MAX, "w");
	if (out == NULL)
		return;
	if (typed->length == 0)
		fputs("the command is not complete: expected ", out);
	else
		fprintf(out, "'%.*s%s' %s: expected ",
			typed->length < SHOWN_MAX ? (int)typed->length
						  : SHOWN_MAX,
			typed->text, typed->length > SHOWN_MAX ? "..." : "",
			ambiguous ? "is the beginning of several words"
				  : "does not belong there");
	list_next(out, place);
	fclose(out);
	why[ARGUMENTS_WHY_MAX - 1] = '\0';
}

/* The grammar's text from the literal before a value, or from the value. */
static const char *
text_before(const struct place *place, uint8_t token)
{
	return token > 0 && place->token[token - 1].kind == PLACE_WORD
		       ? place->token[token - 1].text
		       : place->token[token].text;
}

/* The whole literal that an abbreviated word stands for. */
static const char *
keep_whole(struct arguments *found, const struct place_word *word)
{
	char *at = found->whole + found->whole_length;

	if (found->whole_length + word->length >= sizeof(found->whole))
		return NULL;
	memcpy(at, word->text, word->length);
	at[word->length] = '\0';
	found->whole_length = (uint8_t)(found->whole_length + word->length + 1);
	return at;
}

/* Returns false if there is no room. */
static bool
add(struct arguments *found, const struct place *place,
    const struct choice *choice, const struct word *typed)
{
	const struct place_token *slot = &place->token[choice->token];
	const bool is_short = choice->fit == FIT_SHORT;

	if (found->count == ARGUMENTS_MAX || typed->length > UINT16_MAX)
		return false;
	struct argument *argument = &found->list[found->count++];
	*argument = (struct argument){
		.before = text_before(place, choice->token),
		.slot = slot->text,
		.slot_length = slot->length,
		.name = choice->word.text,
		.name_length = (uint8_t)choice->word.length,
		.length = is_short ? 0 : (uint16_t)typed->length,
		.value = is_short ? keep_whole(found, &choice->word)
				  : typed->text,
	};
	return argument->value != NULL;
}

/* A walk through the words of a text. */
struct walk {
	struct place place;
	const char *at, *end; /* the rest of the text */
	struct word wrong;    /* the first word that does not fit */
	bool ambiguous;       /* it may be several words */
};

/* Returns false if a word does not fit the grammar. */
static bool
walk(struct walk *walk, bool abbreviated, struct arguments *found)
{
	for (;;) {
		struct word typed = next_word(&walk->at, walk->end);
		if (typed.length == 0)
			return true;
		const struct choice choice =
			choose(&walk->place, &typed, abbreviated);
		if (choice.word.rest) {
			typed.length = (size_t)(walk->end - typed.text);
			walk->at = walk->end;
		}
		walk->wrong = typed;
		walk->ambiguous = choice.ambiguous;
		if (choice.fit == FIT_NONE || choice.ambiguous ||
		    !add(found, &walk->place, &choice, &typed))
			return false;
		place_take(&walk->place, choice.token);
	}
}

bool
arguments_parse(const char *grammar, bool abbreviated, char *text,
		struct arguments *found, char why[ARGUMENTS_WHY_MAX])
{
	struct walk w = {.at = text, .end = text + strlen(text)};
	bool end;

	found->count = 0;
	found->whole_length = 0;
	if (!place_begin(&w.place, grammar)) {
		snprintf(why, ARGUMENTS_WHY_MAX, "the grammar is malformed");
		return false;
	}
	if (!walk(&w, abbreviated, found)) {
		explain(&w.place, &w.wrong, w.ambiguous, why);
		return false;
	}
	place_next(&w.place, &end);
	if (!end) {
		explain(&w.place, &(struct word){.length = 0}, false, why);
		return false;
	}
	for (uint8_t i = 0; i < found->count; i++) {
		const struct argument *argument = &found->list[i];
		if (argument->length > 0)
			text[argument->value - text + argument->length] = '\0';
	}
	return true;
}

static bool
is_text(const char *text, size_t length, const char *name)
{
	return strlen(name) == length && memcmp(text, name, length) == 0;
}

const char *
arguments_get(const struct arguments *found, const char *name)
{
	for (uint8_t i = 0; i < found->count; i++) {
		const struct argument *a = &found->list[i];
		const size_t lead = (size_t)(a->name - a->before);
		if (is_text(a->name, a->name_length, name) ||
		    is_text(a->slot, a->slot_length, name) ||
		    is_text(a->before, lead + a->name_length, name))
			return a->value;
	}
	return NULL;
}

bool
arguments_has(const struct arguments *found, const char *name)
{
	return arguments_get(found, name) != NULL;
}

size_t
arguments_next(const char *grammar, const char *text, size_t length,
	       struct arguments_next next[ARGUMENTS_MAX], bool *end)
{
	struct walk w = {.at = text, .end = text + length};
	struct arguments found = {.count = 0};
	size_t count = 0;

	*end = false;
	if (!place_begin(&w.place, grammar) || !walk(&w, true, &found))
		return 0;
	uint64_t set = place_next(&w.place, end);
	for (; set != 0; set &= set - 1) {
		const struct place_token *token =
			&w.place.token[__builtin_ctzll(set)];
		struct place_word word;
		size_t at = 0;
		while (count < ARGUMENTS_MAX &&
		       place_alternative(token, &at, &word))
			next[count++] =
				(struct arguments_next){.text = word.text,
							.length = word.length,
							.value = word.value};
	}
	return count;
}
