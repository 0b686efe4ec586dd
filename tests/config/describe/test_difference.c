/* SPDX-License-Identifier: BSD-3-Clause */
/* Each difference of two configurations is told once, with its place.
 * Method: a text of a file is changed at one place, or at none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "difference.h"
#include "load.h"
#include "runner.h"

static struct mx_config_errors errors;
static char told[4096];

static const char *const lines[] = {
	"instance: a",
	"dataplane: {workers: [1, 2], ports: [{name: w, interface: e0}]}",
	"services:",
	"  - {name: s, listen: ['192.0.2.1:25'], pool: p, snat: [10.0.0.9],",
	"     proxy-protocol: v2,",
	"     answer: drop}",
	"pools:",
	"  - name: p",
	"    check: {type: smtp}",
	"    backends:",
	"      - {name: a, address: '10.0.0.1:25'}",
	"      - {name: b, address: '10.0.0.2:25', weight: 7}",
	"",
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

/* The file with another text in the place of a line. */
static struct mx_config *
parse_with(size_t line, const char *other)
{
	char text[4096] = "";
	size_t used = 0;

	for (size_t i = 0; i < LINES; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s\n",
					 i + 1 == line ? other : lines[i]);
	struct mx_config *config = mx_config_parse(text, used, "f", &errors);
	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	return config;
}

static void
note(void *arg, const char *path, const char *before, const char *after)
{
	const size_t used = strlen(told);

	(void)arg;
	snprintf(told + used, sizeof(told) - used, "%s: %s -> %s\n", path,
		 before != NULL ? before : "none",
		 after != NULL ? after : "none");
}

static int
count_differences(const struct mx_config *before, const struct mx_config *after)
{
	told[0] = '\0';
	return difference_each(before, after, note, NULL);
}

static const struct {
	size_t line;
	const char *other;
	const char *told;
} changes[] = {
	{1, "instance: b\nuser: me", "instance: a -> b\nuser: none -> me\n"},
	{2, "dataplane: {workers: [2, 1], ports: [{name: w, interface: e0}]}",
	 "dataplane/workers: one order -> another order\n"},
	{2, "dataplane: {workers: [1], ports: [{name: w, interface: e1}]}",
	 "dataplane/workers: 2 -> none\n"
	 "dataplane/ports/w/interface: e0 -> e1\n"},
	{4,
	 "  - {name: s, listen: ['192.0.2.2:25', '192.0.2.1:25'], pool: p, "
	 "snat: [10.0.0.8],",
	 "services/s/listen: none -> 192.0.2.2:25\n"
	 "services/s/snat: 10.0.0.9 -> none\n"
	 "services/s/snat: none -> 10.0.0.8\n"},
	{6, "     answer: '421', timers: {idle: 20m}}",
	 "services/s/answer: drop -> 421\n"
	 "services/s/timers/idle: 15m -> 20m\n"},
	{6,
	 "     answer: drop, clients: {sessions: 9, allow: [10.0.0.0/8, "
	 "'fd00::/8']}}",
	 "services/s/clients: none -> sessions 9, allow 10.0.0.0/8 fd00::/8\n"},
	{9, "    check: {type: tcp, interval: 500ms}",
	 "pools/p/check/type: smtp -> tcp\n"
	 "pools/p/check/interval: 10s -> 500ms\n"
	 "pools/p/check/starttls: try -> none\n"
	 "pools/p/check/tls-every: 1m -> none\n"},
	{11, "", "pools/p/backends/a: address 10.0.0.1:25 -> none\n"},
	{12, "      - {name: c, address: '10.0.0.2:25', weight: 7}",
	 "pools/p/backends/b: address 10.0.0.2:25, weight 7 -> none\n"
	 "pools/p/backends/c: none -> address 10.0.0.2:25, weight 7\n"},
	{11,
	 "      - {name: d, address: '10.0.0.4:25'}\n"
	 "      - {name: a, address: '10.0.0.1:25'}",
	 "pools/p/backends/d: none -> address 10.0.0.4:25\n"},
};

START_TEST(a_change_is_told_with_its_place)
{
	struct mx_config *before = parse_with(0, "");

	ck_assert_int_eq(count_differences(before, before), 0);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct mx_config *after =
			parse_with(changes[i].line, changes[i].other);

		ck_assert_int_gt(count_differences(before, after), 0);
		ck_assert_str_eq(told, changes[i].told);
		/* The way back tells of as much. */
		const int there = count_differences(before, after);
		ck_assert_int_eq(count_differences(after, before), there);
		mx_config_free(after);
	}
	mx_config_free(before);
}
END_TEST

#define BOX1 "{box: 1, address: '10.9.0.1:9708'}"
#define BOX2 "{box: 2, address: '10.9.0.2:9708'}"
#define SERVICE                                                                \
	"services:\n"                                                          \
	"  - {name: s, listen: ['192.0.2.1:25'], pool: p, proxy-protocol: v2, "
#define SNATS(one, other)                                                      \
	SERVICE "snat-of-boxes: [{box: 1, snat: [" one                         \
		"]}, {box: 2, snat: [" other "]}]}\n"

/* What comes before the pools, what comes in its place, and what is told. */
static const struct {
	const char *before, *after, *told;
} groups[] = {
	{SERVICE "snat: [10.0.0.9]}\n",
	 "group: {box: 1, secret: /s, boxes: [" BOX1 ", " BOX2
	 "]}\n" SNATS("10.0.0.9", "10.0.0.8"),
	 "services/s/snat: 10.0.0.9 -> none\n"
	 "services/s/snat-of-boxes/1: none -> snat 10.0.0.9\n"
	 "services/s/snat-of-boxes/2: none -> snat 10.0.0.8\n"
	 "group: none -> box 1, secret /s\n"
	 "group/boxes/1: none -> address 10.9.0.1:9708\n"
	 "group/boxes/2: none -> address 10.9.0.2:9708\n"},
	{"group: {box: 1, secret: /s, boxes: [" BOX1 ", " BOX2
	 "]}\n" SNATS("10.0.0.9", "10.0.0.8"),
	 "group: {box: 2, secret: /t, boxes: [" BOX1
	 ", {box: 2, address: '10.9.0.9:9708'}]}\n" SNATS("10.0.0.9",
							  "10.0.0.7, 10.0.0.8"),
	 "services/s/snat-of-boxes/2/snat: none -> 10.0.0.7\n"
	 "group/box: 1 -> 2\n"
	 "group/secret: /s -> /t\n"
	 "group/boxes/2/address: 10.9.0.2:9708 -> 10.9.0.9:9708\n"},
	{"group: {box: 1, secret: /s, boxes: [" BOX1 ", " BOX2
	 "]}\n" SNATS("10.0.0.9", "10.0.0.8"),
	 "group: {box: 1, secret: /s, boxes: [" BOX2 ", " BOX1
	 "]}\n" SNATS("10.0.0.9", "10.0.0.8"),
	 "group/boxes: one order -> another order\n"},
};

static struct mx_config *
parse_group(const char *before_pools)
{
	char text[4096];

	snprintf(text, sizeof(text),
		 "instance: a\n"
		 "dataplane: {workers: [1], ports: [{name: w, interface: e}]}\n"
		 "%spools: [{name: p, backends: [{name: a, address: "
		 "'10.0.0.1:25'}]}]\n",
		 before_pools);
	struct mx_config *config =
		mx_config_parse(text, strlen(text), "f", &errors);
	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	return config;
}

START_TEST(boxes_are_followed_by_their_numbers)
{
	struct mx_config *before = parse_group(groups[_i].before);
	struct mx_config *after = parse_group(groups[_i].after);

	ck_assert_int_gt(count_differences(before, after), 0);
	ck_assert_str_eq(told, groups[_i].told);
	ck_assert_int_gt(count_differences(after, before), 0);
	mx_config_free(before);
	mx_config_free(after);
}
END_TEST

START_TEST(pools_are_followed_by_their_names)
{
	struct mx_config *before = parse_with(0, "");
	struct mx_config *after = parse_with(
		7,
		"  - {name: t, listen: ['192.0.2.3:25'], pool: q, "
		"forward: nat, host: h.x}\n"
		"pools:\n"
		"  - {name: q, check: {helo: h.x}, backends: [{name: z, address: "
		"'10.0.0.7:25'}]}");

	ck_assert_int_eq(count_differences(before, after), 3);
	ck_assert_str_eq(told,
			 "services/t: none -> listen 192.0.2.3:25, pool q, "
			 "forward nat, host h.x\n"
			 "pools/q: none -> check/helo h.x\n"
			 "pools/q/backends/z: none -> address 10.0.0.7:25\n");
	mx_config_free(before);
	mx_config_free(after);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("difference");
	TCase *t = tcase_create("difference");

	tcase_add_test(t, a_change_is_told_with_its_place);
	tcase_add_loop_test(t, boxes_are_followed_by_their_numbers, 0,
			    sizeof(groups) / sizeof(groups[0]));
	tcase_add_test(t, pools_are_followed_by_their_names);
	suite_add_tcase(s, t);
	return s;
}
