/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of keys: each row says what its key does, and has a default that is
 * a right value of it.  The JSON schema and the man page are made of them.
 * Method: all tables are walked. */
#include <string.h>

#include "runner.h"
#include "schema.h"

/* A reader takes it in at one glance. */
#define ABOUT_MAX 110

#define FIELD_BYTES_MAX 1024 /* more than any value has */

static void
check_sentence(const struct key *key)
{
	const char *about = key->about;
	const size_t length = about != NULL ? strlen(about) : 0;

	ck_assert_msg(length > 0, "%s has no sentence", key->name);
	ck_assert_msg(length <= ABOUT_MAX, "%s: more than %d letters",
		      key->name, ABOUT_MAX);
	ck_assert_msg(about[0] >= 'A' && about[0] <= 'Z',
		      "%s: no capital letter first", key->name);
	ck_assert_msg(about[length - 1] == '.' && strstr(about, ". ") == NULL,
		      "%s: not one sentence: %s", key->name, about);
	for (size_t i = 0; i < length; i++)
		ck_assert_msg(about[i] >= ' ' && about[i] <= '~',
			      "%s: a letter that is not ASCII", key->name);
}

static void
check_default(const struct key *key)
{
	_Alignas(max_align_t) char value[FIELD_BYTES_MAX];

	if (key->fallback == NULL)
		return;
	ck_assert_msg(key->missing == NULL, "%s is required", key->name);
	ck_assert_int_eq(key->kind, KEY_SCALAR);
	ck_assert_msg(scalar_parse(&key->scalar, key->fallback, value) == 0,
		      "%s: %s is no value of it", key->name, key->fallback);
}

static unsigned
check_table(const struct key *table)
{
	unsigned rows = 0;

	for (const struct key *key = table; key->name != NULL; key++) {
		check_sentence(key);
		check_default(key);
		rows++;
		if (key->kind == KEY_MAP || key->kind == KEY_MAPS)
			rows += check_table(key->map);
	}
	return rows;
}

START_TEST(each_key_has_a_sentence_and_a_right_default)
{
	ck_assert_uint_gt(check_table(schema_file), 90);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("schema");
	TCase *t = tcase_create("schema");

	tcase_add_test(t, each_key_has_a_sentence_and_a_right_default);
	suite_add_tcase(s, t);
	return s;
}
