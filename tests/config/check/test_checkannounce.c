/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of `announce`: their defaults, and what is refused.
 * Method: whole files that differ in one line. */
#include <stdio.h>
#include <string.h>

#include "load.h"
#include "runner.h"

static struct mx_config_errors errors;

static struct mx_config *
parse_with(const char *line)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "instance: a\n%s\n"
		 "dataplane: {workers: [3], ports: [{name: p, interface: e}]}\n"
		 "services: [{name: s, listen: ['192.0.2.1:25'], pool: q,\n"
		 "  snat: [192.0.2.2], client-address: hidden}]\n"
		 "pools: [{name: q, backends: [\n"
		 "  {name: b, address: '192.0.2.9:25'}]}]\n",
		 line);
	memset(&errors, 0, sizeof(errors));
	return mx_config_parse(text, strlen(text), "f", &errors);
}

/* clang-format off */
static const struct {
	const char *line;
	const char *interface;
	uint32_t metric;
	enum mx_announce_while when;
	enum mx_announce_neighbours neighbours;
} good[] = {
	{"", "", 100, MX_ANNOUNCE_SERVED, MX_NEIGHBOURS_ALWAYS},
	{"announce: {interface: mxsteer0}", "mxsteer0", 100, MX_ANNOUNCE_SERVED, MX_NEIGHBOURS_ALWAYS},
	{"announce: {interface: t, metric: 7, while: always}", "t", 7, MX_ANNOUNCE_ALWAYS, MX_NEIGHBOURS_ALWAYS},
	{"announce: {neighbours: role}", "", 100, MX_ANNOUNCE_SERVED, MX_NEIGHBOURS_ROLE},
};

static const struct {
	const char *line;
	const char *error;
} bad[] = {
	{"announce: {metric: 7}", "interface"},
	{"announce: {interface: e}", "a name that no port has, port p has e"},
	{"announce: {interface: a/b}", "the name of a network interface"},
	{"announce: {interface: t, metric: 0}", "metric"},
	{"announce: {interface: t, metric: 1000001}", "metric"},
	{"announce: {interface: t, while: never}", "served"},
	{"announce: {neighbours: role, metric: 7}", "interface"},
	{"announce: {neighbours: never}", "role"},
};
/* clang-format on */

START_TEST(a_file_says_what_to_announce)
{
	struct mx_config *config = parse_with(good[_i].line);

	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	ck_assert_str_eq(config->announce.interface, good[_i].interface);
	ck_assert_uint_eq(config->announce.metric, good[_i].metric);
	ck_assert_int_eq(config->announce.when, good[_i].when);
	ck_assert_int_eq(config->announce.neighbours, good[_i].neighbours);
	mx_config_free(config);
}
END_TEST

START_TEST(nonsense_is_refused_with_words)
{
	ck_assert_ptr_null(parse_with(bad[_i].line));
	ck_assert_msg(strstr(errors.text[0], bad[_i].error) != NULL, "%s",
		      errors.text[0]);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("announce");
	TCase *t = tcase_create("announce");

	tcase_add_loop_test(t, a_file_says_what_to_announce, 0,
			    sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(t, nonsense_is_refused_with_words, 0,
			    sizeof(bad) / sizeof(bad[0]));
	suite_add_tcase(s, t);
	return s;
}
