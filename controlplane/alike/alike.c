/* SPDX-License-Identifier: BSD-3-Clause */
#include "alike.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "config.h"

#define MEMBERS_MAX MX_CONFIG_BACKENDS_MAX
#define VALUE_MAX 64    /* a longer value is cut, and compared as cut */
#define KEYWORD_MAX 32  /* as above */
#define KEYWORDS_MAX 64 /* real MTAs have 10 to 15 */

/* A comparison under way: what each member says about one thing. */
struct table {
	struct alike *alike;
	const struct alike_member *member;
	uint16_t members;
	char what[KEYWORD_MAX + 8];
	bool own;                /* it may differ from all others */
	bool known[MEMBERS_MAX]; /* of this thing */
	char value[MEMBERS_MAX][VALUE_MAX];
};

/* The value of a keyword that an MTA does not offer.  No line contains it. */
static const char not_offered[] = "\n";

static bool
is_offered(const char *value)
{
	return strcmp(value, not_offered) != 0;
}

static void
add_text(char *text, size_t size, const char *more)
{
	const size_t used = strlen(text);

	snprintf(text + used, size - used, "%s", more);
}

static void
describe_value(const char *value, char *text, size_t size)
{
	if (!is_offered(value))
		snprintf(text, size, "does not offer it");
	else if (value[0] == '\0')
		snprintf(text, size, "offers it");
	else
		snprintf(text, size, "says %s", value);
}

/* "mta1, mta2 and 3 more": those who say what `which` says. */
static void
name_group(const struct table *t, uint16_t which, char *text, size_t size)
{
	uint16_t named = 0, more = 0;
	char rest[24];

	text[0] = '\0';
	for (uint16_t i = 0; i < t->members; i++) {
		if (!t->known[i] || strcmp(t->value[i], t->value[which]) != 0)
			continue;
		if (named == 4) {
			more++;
			continue;
		}
		add_text(text, size, named++ > 0 ? ", " : "");
		add_text(text, size, t->member[i].name);
	}
	snprintf(rest, sizeof(rest), " and %u more", more);
	if (more > 0)
		add_text(text, size, rest);
}

static uint16_t
group_size(const struct table *t, uint16_t which)
{
	uint16_t size = 0;

	for (uint16_t i = 0; i < t->members; i++)
		if (t->known[i] && strcmp(t->value[i], t->value[which]) == 0)
			size++;
	return size;
}

/* Is it the first member that says so? */
static bool
is_first(const struct table *t, uint16_t which)
{
	for (uint16_t i = 0; i < which; i++)
		if (t->known[i] && strcmp(t->value[i], t->value[which]) == 0)
			return false;
	return t->known[which];
}

/* Add a difference: "WHAT: GROUP says X[, the others Y]".  most: a member of the
 * majority, or members if there is none. */
static void
tell(const struct table *t, uint16_t most)
{
	struct alike *alike = t->alike;
	char names[ALIKE_TEXT_MAX], says[VALUE_MAX + 8];
	bool first = true;

	if (alike->count == ALIKE_DIFFERENCES_MAX) {
		alike->more++;
		return;
	}
	char *text = alike->text[alike->count++];
	snprintf(text, ALIKE_TEXT_MAX, "%s: ", t->what);
	for (uint16_t i = 0; i < t->members; i++) {
		if (!is_first(t, i) ||
		    (most < t->members &&
		     strcmp(t->value[i], t->value[most]) == 0))
			continue;
		name_group(t, i, names, sizeof(names));
		describe_value(t->value[i], says, sizeof(says));
		add_text(text, ALIKE_TEXT_MAX, first ? "" : ", ");
		add_text(text, ALIKE_TEXT_MAX, names);
		add_text(text, ALIKE_TEXT_MAX, " ");
		add_text(text, ALIKE_TEXT_MAX, says);
		first = false;
	}
	if (most == t->members)
		return;
	describe_value(t->value[most], says, sizeof(says));
	add_text(text, ALIKE_TEXT_MAX, "; most: ");
	add_text(text, ALIKE_TEXT_MAX, says);
}

/* Judge the table's values. */
static void
judge(const struct table *t)
{
	uint16_t known = 0, largest = 0, most = 0;

	for (uint16_t i = 0; i < t->members; i++) {
		if (!t->known[i])
			continue;
		known++;
		const uint16_t size = group_size(t, i);
		if (size > largest) {
			largest = size;
			most = i;
		}
	}
	if (largest == known)
		return;
	if (largest * 2 > known)
		tell(t, most);
	else if (!t->own)
		tell(t, t->members);
}

static void
begin(struct table *t, const char *prefix, const char *what, bool own)
{
	snprintf(t->what, sizeof(t->what), "%s%.*s", prefix, KEYWORD_MAX - 1,
		 what);
	t->own = own;
	memset(t->known, 0, sizeof(t->known));
}

static void
set(struct table *t, uint16_t i, const char *value)
{
	t->known[i] = true;
	snprintf(t->value[i], VALUE_MAX, "%s", value);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sort the words of a value: "AUTH PLAIN LOGIN" is "AUTH LOGIN PLAIN". */
static void
sort_words(char value[static VALUE_MAX])
{
	const char *word[VALUE_MAX / 2];
	char copy[VALUE_MAX];
	size_t words = 0;
	char *left;

	memcpy(copy, value, VALUE_MAX);
	for (char *at = strtok_r(copy, " \t", &left); at != NULL;
	     at = strtok_r(NULL, " \t", &left))
		word[words++] = at;
	qsort(word, words, sizeof(word[0]), by_text);
	value[0] = '\0';
	for (size_t i = 0; i < words; i++) {
		add_text(value, VALUE_MAX, i > 0 ? " " : "");
		add_text(value, VALUE_MAX, word[i]);
	}
}

/* Take the next line of a reply apart.  Returns what follows it, or NULL if
 * there is no line. */
static const char *
next_line(const char *at, char keyword[static KEYWORD_MAX],
	  char value[static VALUE_MAX])
{
	if (*at == '\0')
		return NULL;
	const size_t length = strcspn(at, "\n");
	const size_t word = strcspn(at, " \t\n");
	const size_t kept = word < KEYWORD_MAX ? word : KEYWORD_MAX - 1;

	memcpy(keyword, at, kept);
	keyword[kept] = '\0';
	snprintf(value, VALUE_MAX, "%.*s",
		 (int)(length > word ? length - word - 1 : 0),
		 length > word ? at + word + 1 : "");
	return at + length + (at[length] == '\n');
}

/* Set what a member says about the keyword. */
static void
look_up(struct table *t, uint16_t i, const struct ehlo *ehlo,
	const char *keyword)
{
	char own[KEYWORD_MAX], value[VALUE_MAX];
	const char *at = ehlo->words;

	set(t, i, not_offered);
	while ((at = next_line(at, own, value)) != NULL)
		if (strcasecmp(own, keyword) == 0) {
			sort_words(value);
			set(t, i, value);
			return;
		}
}

/* Which reply of a member is compared? */
typedef const struct ehlo *(*ehlo_of)(const struct alike_member *member);

static const struct ehlo *
first_ehlo(const struct alike_member *member)
{
	return member->ehlo;
}

static const struct ehlo *
tls_ehlo(const struct alike_member *member)
{
	return member->ehlo_tls;
}

static void
compare_keyword(struct table *t, ehlo_of of, const char *prefix,
		const char *keyword)
{
	begin(t, prefix, keyword, false);
	for (uint16_t i = 0; i < t->members; i++) {
		const struct ehlo *ehlo = of(&t->member[i]);

		/* A keyword may be in the part that was cut. */
		if (ehlo != NULL && ehlo->lines > 0 && !ehlo->cut)
			look_up(t, i, ehlo, keyword);
	}
	judge(t);
}

/* Compare each keyword that any member offers. */
static void
compare_keywords(struct table *t, ehlo_of of, const char *prefix)
{
	char keyword[KEYWORDS_MAX][KEYWORD_MAX], value[VALUE_MAX];
	uint16_t keywords = 0;

	for (uint16_t i = 0; i < t->members; i++) {
		const struct ehlo *ehlo = of(&t->member[i]);
		const char *at = ehlo != NULL ? ehlo->words : "";

		while (keywords < KEYWORDS_MAX &&
		       (at = next_line(at, keyword[keywords], value)) != NULL) {
			bool is_new = true;

			for (uint16_t k = 0; k < keywords; k++)
				is_new &= strcasecmp(keyword[k],
						     keyword[keywords]) != 0;
			keywords += is_new;
		}
	}
	for (uint16_t k = 0; k < keywords; k++)
		compare_keyword(t, of, prefix, keyword[k]);
}

/* Which text of a member is compared?  NULL: it is not known. */
typedef const char *(*text_of)(const struct alike_member *member);

static const char *
host_of(const struct alike_member *member)
{
	return member->host;
}

static const char *
version_of(const struct alike_member *member)
{
	return member->tls_version;
}

static const char *
names_of(const struct alike_member *member)
{
	return member->certificate_names;
}

static void
compare_texts(struct table *t, text_of of, const char *what, bool own)
{
	begin(t, "", what, own);
	for (uint16_t i = 0; i < t->members; i++)
		if (of(&t->member[i]) != NULL)
			set(t, i, of(&t->member[i]));
	judge(t);
}

static void
compare_ends(struct table *t)
{
	char value[VALUE_MAX];

	begin(t, "", "certificate ends", true);
	for (uint16_t i = 0; i < t->members; i++) {
		const time_t end_s = (time_t)t->member[i].certificate_end_s;
		struct tm utc;

		if (end_s == 0 || gmtime_r(&end_s, &utc) == NULL)
			continue;
		strftime(value, sizeof(value), "%Y-%m-%d %H:%M:%S UTC", &utc);
		set(t, i, value);
	}
	judge(t);
}

static bool
is_known(const struct alike_member *member)
{
	return member->host != NULL ||
	       (member->ehlo != NULL && member->ehlo->lines > 0);
}

void
alike_compare(struct alike *alike, const struct alike_member *member,
	      uint16_t count)
{
	struct table *t = calloc(1, sizeof(*t));

	*alike = (struct alike){.count = 0};
	if (t == NULL)
		return;
	assert(count <= MEMBERS_MAX);
	t->alike = alike;
	t->member = member;
	t->members = count;
	for (uint16_t i = 0; i < count; i++)
		if (is_known(&member[i]))
			alike->compared++;
	compare_texts(t, host_of, "host of the greeting", true);
	compare_keywords(t, first_ehlo, "");
	compare_texts(t, version_of, "TLS version", false);
	compare_keywords(t, tls_ehlo, "in TLS ");
	compare_texts(t, names_of, "certificate names", true);
	compare_ends(t);
	free(t);
}
