/* SPDX-License-Identifier: BSD-3-Clause */
#include "commandfind.h"

#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "editdistance.h"

#define SUGGESTED_MAX 3

#define ALL_WORDS 8 /* no command has more */

static const char blanks[] = " \t";

struct word {
	const char *text;
	size_t length;
};

static struct word
word_at(const char *text)
{
	text += strspn(text, blanks);
	return (struct word){.text = text, .length = strcspn(text, blanks)};
}

/* The nth word of a row; its length is 0 behind the last one. */
static struct word
row_word(const struct command_row *row, size_t n)
{
	struct word word = word_at(row->words);

	for (; n > 0 && word.length > 0; n--)
		word = word_at(word.text + word.length);
	return word;
}

static bool
begins(const struct word *whole, const struct word *typed)
{
	return typed->length <= whole->length &&
	       memcmp(whole->text, typed->text, typed->length) == 0;
}

/* Does the nth word of the row allow the typed one? */
static bool
allows(const struct command_row *row, size_t n, const struct word *typed,
       bool abbreviated)
{
	const struct word word = row_word(row, n);

	if (word.length == 0 || !begins(&word, typed))
		return false;
	if (word.length == typed->length)
		return true;
	return abbreviated && row->kind != COMMAND_HIDDEN &&
	       row->kind != COMMAND_ALIAS;
}

/* Keep the rows whose nth word is typed.  Returns whether any row is left; if
 * not, all of them stay. */
static bool
narrow(struct command_match *match, size_t n, const struct word *typed,
       bool abbreviated)
{
	bool left[COMMAND_ROWS];
	bool any = false;

	for (size_t i = 0; i < COMMAND_ROWS; i++) {
		left[i] = match->fits[i] &&
			  allows(&command_rows[i], n, typed, abbreviated);
		any |= left[i];
	}
	if (any)
		memcpy(match->fits, left, sizeof(left));
	return any;
}

static bool
same_words(const struct command_row *a, const struct command_row *b,
	   size_t words)
{
	for (size_t n = 0; n < words; n++) {
		const struct word one = row_word(a, n), other = row_word(b, n);
		if (one.length != other.length || !begins(&one, &other))
			return false;
	}
	return true;
}

/* Do all commands that fit have the words of this one, as far as words were
 * typed? */
static bool
is_alone(const struct command_match *match, const struct command_row *row)
{
	for (size_t i = 0; i < COMMAND_ROWS; i++)
		if (match->fits[i] &&
		    !same_words(&command_rows[i], row, match->words))
			return false;
	return true;
}

static bool
takes(const struct command_row *row, const char *rest)
{
	struct arguments arguments;
	char why[ARGUMENTS_WHY_MAX];
	char text[ARGUMENTS_WHY_MAX];

	return snprintf(text, sizeof(text), "%s", rest) < (int)sizeof(text) &&
	       arguments_parse(row->arguments, true, text, &arguments, why);
}

/* The only command, of those that fit, that takes the arguments; NULL if there is none,
 * or one fits too that changes something. */
static const struct command_row *
find_showing(const struct command_match *match)
{
	const struct command_row *found = NULL;

	for (size_t i = 0; i < COMMAND_ROWS; i++) {
		const struct command_row *row = &command_rows[i];
		if (!match->fits[i])
			continue;
		if (!command_only_shows(row))
			return NULL;
		if (row_word(row, match->words).length > 0 ||
		    !takes(row, match->rest))
			continue;
		if (found != NULL)
			return NULL;
		found = row;
	}
	return found;
}

/* Choose among the commands that fit.  Of rows with the same words the first one
 * counts; or a later alias, if that takes the arguments and the row before does
 * not. */
static void
choose(struct command_match *match)
{
	for (size_t i = 0; i < COMMAND_ROWS; i++) {
		const struct command_row *row = &command_rows[i];
		if (!match->fits[i] || row_word(row, match->words).length > 0 ||
		    !is_alone(match, row))
			continue;
		if (match->row == NULL || (row->kind == COMMAND_ALIAS &&
					   !takes(match->row, match->rest) &&
					   takes(row, match->rest)))
			match->row = row;
	}
	if (match->row == NULL)
		match->row = find_showing(match);
}

void
command_find(const char *line, bool hidden, struct command_match *match)
{
	bool is_short = false;
	struct word typed;

	*match = (struct command_match){.rest = line};
	for (size_t i = 0; i < COMMAND_ROWS; i++)
		match->fits[i] =
			hidden || command_rows[i].kind != COMMAND_HIDDEN;
	for (;;) {
		typed = word_at(match->rest);
		if (typed.length == 0)
			break;
		if (!narrow(match, match->words, &typed, false)) {
			if (!narrow(match, match->words, &typed, true))
				break;
			is_short = true;
		}
		match->words++;
		match->rest = typed.text + typed.length;
	}
	match->rest = typed.text;
	if (match->words > 0)
		choose(match);
	if (match->row != NULL)
		match->result = is_short && !command_only_shows(match->row)
					? COMMAND_SHORT
					: COMMAND_FOUND;
	else
		match->result = match->words > 0 && typed.length == 0
					? COMMAND_SEVERAL
					: COMMAND_UNKNOWN;
}

/* Has a row before this one the same first words? */
static bool
is_listed(const struct command_match *match, size_t row, size_t words)
{
	for (size_t i = 0; i < row; i++)
		if (match->fits[i] && command_rows[i].kind != COMMAND_HIDDEN &&
		    same_words(&command_rows[i], &command_rows[row], words))
			return true;
	return false;
}

/* List the commands that fit: the first words of all, or all words of some. */
static void
list_fits(FILE *out, const struct command_match *match)
{
	const size_t words = match->words == 0 ? 1 : ALL_WORDS;
	const char *comma = "";

	for (size_t i = 0; i < COMMAND_ROWS; i++) {
		const struct command_row *row = &command_rows[i];
		const struct word first = row_word(row, 0);
		if (!match->fits[i] || row->kind == COMMAND_HIDDEN ||
		    (match->words == 0 && row->kind == COMMAND_ALIAS) ||
		    is_listed(match, i, words))
			continue;
		fprintf(out, "%s%.*s", comma,
			(int)(match->words == 0 ? first.length
						: strlen(row->words)),
			row->words);
		comma = ", ";
	}
}

/* How much a word differs from the one that a row has in its place. */
static uint32_t
slips(const struct command_row *row, size_t n, const struct word *typed)
{
	const struct word word = row_word(row, n);
	char a[EDITDISTANCE_MAX], b[EDITDISTANCE_MAX];

	snprintf(a, sizeof(a), "%.*s", (int)word.length, word.text);
	snprintf(b, sizeof(b), "%.*s",
		 typed->length < sizeof(b) ? (int)typed->length
					   : (int)sizeof(b) - 1,
		 typed->text);
	return word.length > 0 ? editdistance(a, b) : UINT32_MAX;
}

/* Add what was perhaps meant.  In a word of four characters or more, two slips
 * are likely; in a shorter one, one is.  Returns false if nothing is near. */
static bool
suggest(FILE *out, const struct command_match *match)
{
	const struct word typed = word_at(match->rest);
	const uint32_t likely = typed.length > 3 ? 2 : 1;
	uint32_t suggested = 0;

	for (size_t i = 0; i < COMMAND_ROWS; i++) {
		const struct command_row *row = &command_rows[i];
		if (!match->fits[i] || row->kind == COMMAND_HIDDEN ||
		    is_listed(match, i, match->words + 1) ||
		    slips(row, match->words, &typed) > likely ||
		    suggested == SUGGESTED_MAX)
			continue;
		const struct word last = row_word(row, match->words);
		fprintf(out, "%s%.*s",
			suggested++ == 0 ? "; did you mean " : " or ",
			(int)(last.text + last.length - row->words),
			row->words);
	}
	if (suggested > 0)
		fputs("?  See help", out);
	return suggested > 0;
}

void
command_explain(const char *line, const struct command_match *match,
		char text[COMMAND_TEXT_MAX])
{
	text[0] = '\0';
	FILE *out = fmemopen(text, COMMAND_TEXT_MAX, "w");
	if (out == NULL)
		return;
	line += strspn(line, blanks);
	if (match->result == COMMAND_SHORT) {
		fprintf(out,
			"'%.40s' is short for %s, which must be written whole: "
			"only what shows something may be abbreviated",
			line, match->row->words);
	} else if (match->result == COMMAND_SEVERAL) {
		fprintf(out,
			"'%.40s' is not a whole command; expected one of: ",
			line);
		list_fits(out, match);
	} else {
		fprintf(out, "unknown command '%.40s'", line);
		if (!suggest(out, match)) {
			fputs("; expected one of: ", out);
			list_fits(out, match);
		}
	}
	fclose(out);
	text[COMMAND_TEXT_MAX - 1] = '\0';
}

const char *
command_after(const char *line, const char *words)
{
	const struct command_row row = {.words = words};

	for (size_t n = 0;; n++) {
		const struct word wanted = row_word(&row, n);
		const struct word typed = word_at(line);
		if (wanted.length == 0)
			return typed.text;
		if (wanted.length != typed.length || !begins(&wanted, &typed))
			return NULL;
		line = typed.text + typed.length;
	}
}
