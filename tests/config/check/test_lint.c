/* SPDX-License-Identifier: BSD-3-Clause */
/* Each kind of warning has a file that triggers it alone, and is silent if that file
 * ignores it by its name.
 * Method: one line of a file without a hazard is replaced. */
#include <stdio.h>
#include <string.h>

#include "lint.h"
#include "load.h"
#include "runner.h"

static struct mx_config_errors errors;

static const char *const lines[] = {
	"instance: a",
	"dataplane: {workers: [1, 2], ports: [{name: w, interface: e0}]}",
	"services:",
	"  - {name: s, listen: ['192.0.2.1:25'], pool: p,",
	"     snat: [10.0.0.9], proxy-protocol: v2}",
	"pools:",
	"  - name: p",
	"    check: {type: smtp}",
	"    backends: [{name: a, address: '10.0.0.1:25'}]",
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

static const struct {
	enum lint lint;
	size_t line; /* of the file, from 1 on */
	const char *text;
} hazards[] = {
	{LINT_SHARED_CORE, 2,
	 "dataplane: {workers: [1, 1], ports: [{name: w, interface: e0}]}"},
	{LINT_NO_LIMIT, 5, "     forward: nat, clients: {answer: drop}}"},
	{LINT_IPV6_LIMIT, 4,
	 "  - {name: s, listen: ['[2001:db8::1]:25'], clients: {sessions: 9}, "
	 "pool: p,"},
	{LINT_FORGED_CLIENTS, 5, "     forward: dsr, clients: {sessions: 9}}"},
	{LINT_DIRECTION, 4,
	 "  - {name: s, listen: ['192.0.2.1:587'], direction: inbound, pool: p,"},
	{LINT_STRANGERS, 5,
	 "     forward: nat, direction: outbound, early-talkers: refuse}"},
	{LINT_FINAL_ANSWER, 5, "     forward: nat, answer: 554}"},
	{LINT_OPEN_RELAY, 5,
	 "     snat: [10.0.0.9], client-address: hidden, direction: outbound}"},
	{LINT_OPEN_RELAY, 4,
	 "  - {name: t, listen: ['192.0.2.1:26'], pool: p, snat: [10.0.0.9]}\n"
	 "  - {name: s, listen: ['192.0.2.1:25'], client-address: hidden, "
	 "pool: p,"},
	{LINT_IDLE, 5, "     forward: nat, timers: {idle: 10m}}"},
	{LINT_IDLE, 5, "     forward: nat, timers: {idle: 3h}}"},
	{LINT_BALANCE, 7, "  - name: p\n    balance: least"},
	{LINT_HTTP_OPEN, 1, "instance: a\nhttp: {listen: '0.0.0.0:9625'}"},
	{LINT_TCP_CHECK, 8, "    check: {type: tcp}"},
	{LINT_CHECK_PORT, 8, "    check: {type: smtps}"},
	{LINT_CHECK_AUTH, 8, "    check: {type: submission}"},
	{LINT_GREET_WAIT, 8, "    check: {type: smtp, timeout: 7s}"},
	{LINT_CERT_NAME, 8, "    check: {type: smtp, ca: /etc/ca.pem}"},
	{LINT_CERT_NAME, 8, "    check: {type: smtp, tls-name: mx}"},
	{LINT_MX_NAME, 8, "    check: {type: smtp, helo: mta-box}"},
	{LINT_MX_NAME, 5,
	 "     snat: [10.0.0.9], proxy-protocol: v2, answer: 421, host: mta-box}"},
	{LINT_LONE_BOX, 5,
	 "     forward: dsr}\n"
	 "group: {box: 1, secret: /s, boxes: [{box: 1, address: "
	 "'10.9.0.1:9708'}]}"},
	{LINT_NAT_GROUP, 5,
	 "     forward: nat}\n"
	 "group: {box: 1, secret: /s, boxes: [{box: 1, address: "
	 "'10.9.0.1:9708'}, {box: 2, address: '10.9.0.2:9708'}]}"},
	{LINT_JOURNALD, 1, "instance: a\nlog: {sessions: journald}"},
	{LINT_SUBMISSION_BEHIND_MX, 5,
	 "     forward: nat}\n"
	 "  - {name: t, listen: ['192.0.2.2:25'], direction: outbound, "
	 "pool: p, forward: nat}"},
};
#define HAZARDS (sizeof(hazards) / sizeof(hazards[0]))

/* The file with the hazard, and the last lines. */
static struct mx_config *
parse(size_t hazard, const char *last)
{
	char text[2048];
	size_t used = 0;

	for (size_t i = 0; i < LINES; i++) {
		const bool other =
			hazard < HAZARDS && hazards[hazard].line == i + 1;
		const char *line = other ? hazards[hazard].text : lines[i];

		/* Each file has what its hazard is beside. */
		if (hazard < HAZARDS && i == 4 && !other &&
		    hazards[hazard].lint == LINT_BALANCE)
			line = "     forward: dsr}";
		if (hazard < HAZARDS && i == 4 && !other &&
		    hazards[hazard].lint == LINT_OPEN_RELAY)
			line = "     snat: [10.0.0.9]}";
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s\n", line);
	}
	used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", last);
	return mx_config_parse(text, used, "f", &errors);
}

START_TEST(a_file_without_a_hazard_has_no_warning)
{
	struct mx_config *config = parse(HAZARDS, "");

	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	ck_assert_msg(errors.warnings == 0, "%s", errors.warning[0]);
	mx_config_free(config);
}
END_TEST

START_TEST(each_hazard_has_a_warning_of_its_name)
{
	const char *name = lint_name(hazards[_i].lint);
	char shown[64], ignored[128];

	struct mx_config *config = parse((size_t)_i, "");
	ck_assert_msg(config != NULL, "%s: %s", name, errors.text[0]);
	ck_assert_msg(errors.warnings == 1, "%s: %u warnings: %s, %s", name,
		      errors.warnings, errors.warning[0], errors.warning[1]);
	snprintf(shown, sizeof(shown), ": warning[%s]: ", name);
	ck_assert_msg(strstr(errors.warning[0], shown) != NULL, "%s: %s", name,
		      errors.warning[0]);
	ck_assert_uint_eq(errors.ignored, 0);
	mx_config_free(config);

	snprintf(ignored, sizeof(ignored),
		 "lints: [{name: %s, ignore: it is meant}]\n", name);
	config = parse((size_t)_i, ignored);
	ck_assert_msg(config != NULL, "%s: %s", name, errors.text[0]);
	ck_assert_msg(errors.warnings == 0, "%s", errors.warning[0]);
	ck_assert_uint_eq(errors.ignored, 1);
	mx_config_free(config);
}
END_TEST

START_TEST(each_lint_has_a_hazard_and_a_sentence)
{
	for (int lint = 0; lint < LINTS; lint++) {
		const char *about = lint_about((enum lint)lint);
		size_t i = 0;

		while (i < HAZARDS && (int)hazards[i].lint != lint)
			i++;
		ck_assert_msg(i < HAZARDS, "%s", lint_name((enum lint)lint));
		ck_assert(about[strlen(about) - 1] == '.');
		ck_assert(lint == 0 || strcmp(lint_name((enum lint)(lint - 1)),
					      lint_name((enum lint)lint)) < 0);
	}
}
END_TEST

START_TEST(what_is_ignored_has_a_name_and_a_reason)
{
	static const struct {
		const char *lints, *error;
	} wrong[] = {
		{"lints: [{name: tcp-chekc, ignore: x}]\n",
		 "f:10: lints: expected the name of a warning, as `mxsteer "
		 "config lints` lists them, found \"tcp-chekc\""},
		{"lints: [{name: idle}]\n",
		 "f:10: ignore is missing: expected why the warning is "
		 "ignored, in a few words"},
		{"lints: [{name: idle, ignore: ''}]\n",
		 "f:10: ignore: expected a few words on why it is ignored, up to "
		 "127 ASCII characters, found \"\""},
		{"lints: [{name: idle, ignore: x}, {name: idle, ignore: y}]\n",
		 "f:10: lint idle: expected a name of its own, line 10 has it "
		 "already"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_ptr_null(parse(HAZARDS, wrong[i].lints));
		ck_assert_str_eq(errors.text[0], wrong[i].error);
	}
}
END_TEST

START_TEST(workers_that_share_a_core_are_warned_of)
{
	static const char text[] =
		"instance: a\n"
		"dataplane:\n"
		"  workers: [1, 2, 1, 1]\n"
		"  ports: [{name: p, interface: e}]\n"
		"services: [{name: s, listen: ['192.0.2.1:25'], pool: q,\n"
		"  snat: [192.0.2.2], proxy-protocol: v2}]\n"
		"pools: [{name: q, backends: [\n"
		"  {name: b, address: '192.0.2.9:25'}]}]\n";
	struct mx_config *c = mx_config_parse(text, strlen(text), "f", &errors);

	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	ck_assert_uint_eq(c->dataplane.worker_count, 4);
	ck_assert_uint_eq(errors.warnings, 2);
	ck_assert_str_eq(
		errors.warning[0],
		"f:3: warning[shared-core]: workers: expected each core once, "
		"found 1 again: its workers will slow each other "
		"down");
	mx_config_free(c);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("lint");
	TCase *t = tcase_create("lint");

	tcase_add_test(t, a_file_without_a_hazard_has_no_warning);
	tcase_add_loop_test(t, each_hazard_has_a_warning_of_its_name, 0,
			    HAZARDS);
	tcase_add_test(t, each_lint_has_a_hazard_and_a_sentence);
	tcase_add_test(t, what_is_ignored_has_a_name_and_a_reason);
	tcase_add_test(t, workers_that_share_a_core_are_warned_of);
	suite_add_tcase(s, t);
	return s;
}
