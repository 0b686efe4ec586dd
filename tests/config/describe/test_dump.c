/* SPDX-License-Identifier: BSD-3-Clause */
/* The dump of a configuration is a file of the same meaning.
 * Method: the shipped files, and texts of what they do not have, are read, dumped
 * and read again.  The fuzzer of files does the same. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "load.h"
#include "runner.h"

static struct mx_config_errors errors, again_errors;

/* The dump, which is checked to be an equal configuration. */
static char *
dump_of(const struct mx_config *config, const char *file)
{
	size_t size;
	char *text = dump_text(config, &size);

	ck_assert_msg(text != NULL && text[size - 1] == '\n', "%s", file);
	struct mx_config *again =
		mx_config_parse(text, size, "dump", &again_errors);
	ck_assert_msg(again != NULL, "%s: %s\n%s", file, again_errors.text[0],
		      text);
	/* mx_config_parse() begins with zeroes, so the gaps are equal. */
	ck_assert_msg(memcmp(config, again, sizeof(*config)) == 0,
		      "%s: another configuration:\n%s", file, text);
	mx_config_free(again);
	return text;
}

static void
check_file(const char *path)
{
	struct mx_config *config = mx_config_load(path, &errors);

	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	free(dump_of(config, path));
	/* Nor is there a hazard that the file does not have. */
	ck_assert_uint_le(again_errors.warnings, errors.warnings);
	mx_config_free(config);
}

START_TEST(the_shipped_files_come_back_as_they_are)
{
	const char *source = getenv("MXSTEER_SOURCE");
	char pattern[4096];
	glob_t found;

	ck_assert_ptr_nonnull(source);
	snprintf(pattern, sizeof(pattern), "%s/config/examples/*.yaml", source);
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	ck_assert_uint_gt(found.gl_pathc, 8);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_file(found.gl_pathv[i]);
	globfree(&found);
	snprintf(pattern, sizeof(pattern), "%s/config/mxsteer.yaml", source);
	check_file(pattern);
}
END_TEST

#define SERVICE "services: [{name: s, listen: ['192.0.2.1:25'], pool: p, "
#define FULLNAT SERVICE "snat: [10.0.0.9], proxy-protocol: v2"
#define POOL "pools: [{name: p, backends: [{name: a, address: '10.0.0.1:25'}]"

/* The rest of a file after the instance and the data plane. */
static const char *const rest[] = {
	FULLNAT "}]\n" POOL "}]\n",
	/* A default by direction that the file has not taken. */
	FULLNAT ", direction: outbound, snat-by: session, banner-patience: "
		"20s}]\n" POOL ", check: {type: smtp, timeout: 20s}}]\n",
	FULLNAT ", direction: outbound}]\n" POOL "}]\n",
	FULLNAT ", clients: {prefix: {v4: 20}}}]\n" POOL "}]\n",
	FULLNAT ", clients: {}, fail-over: [off]}]\n" POOL "}]\n",
	FULLNAT ", answer: 554, greeting-delay: 1500ms, early-talkers: "
		"refuse}]\n" POOL ", load-bound: 0, slow-start: 1h}]\n",
	SERVICE "forward: dsr}]\n" POOL ", check: {type: tcp}}]\n",
	SERVICE "forward: dsr, answer: 421}]\n" POOL
		", check: {type: smtps}}]\n",
	SERVICE "forward: nat, timers: {idle: 24h, greeting: 301s}}]\n" POOL
		"}]\n",
	SERVICE "forward: tunnel, tunnel: {type: gue, port: 9, source: "
		"[10.9.0.0/24]}}]\n" POOL "}]\n",
	/* Texts that YAML would read in another way without quotes. */
	FULLNAT "}]\n" POOL
		", agent: {send: \"a: #\\n\\t'\\\"\\r- \"}, check: {ca: "
		"\"/a: b #\\x7f\\u00e9\\u0085\\u2028\"}}]\n",
	FULLNAT "}]\n" POOL ", agent: {send: \" \"}, check: {ca: \"/ \", "
		"expect: [AUTH =X, SIZE>=1]}}]\n",
	/* Boxes, and two services with addresses of the same ones. */
	"group: {box: 2, secret: /s, boxes: [{box: 7, address: '[fd00::7]:9708'}, "
	"{box: 2, address: '10.9.0.2:9708'}]}\n"
	"services:\n"
	"- {name: s, listen: ['192.0.2.1:25'], pool: p, proxy-protocol: v2, "
	"snat-of-boxes: [{box: 7, snat: [10.0.0.7, 10.0.0.8]}, "
	"{box: 2, snat: [10.0.0.9]}]}\n"
	"- {name: t, listen: ['192.0.2.1:26'], pool: p, proxy-protocol: v2, "
	"snat-of-boxes: [{box: 2, snat: [10.0.0.9]}, "
	"{box: 7, snat: [10.0.0.6, 10.0.0.7]}]}\n" POOL "}]\n",
	/* AUTH comes by itself. */
	"services: [{name: s, listen: ['192.0.2.1:587'], pool: p, snat: "
	"[10.0.0.9], proxy-protocol: v2}]\n"
	"pools: [{name: p, backends: [{name: a, address: '10.0.0.1:587'}]}]\n",
};

START_TEST(what_the_shipped_files_do_not_have_comes_back_too)
{
	char text[4096];

	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
		snprintf(text, sizeof(text),
			 "instance: '1'\n"
			 "dataplane: {workers: [1], ports: [{name: w, "
			 "interface: e0}]}\n%s",
			 rest[i]);
		struct mx_config *config =
			mx_config_parse(text, strlen(text), "f", &errors);
		ck_assert_msg(config != NULL, "%s\n%s", errors.text[0], text);
		char *dump = dump_of(config, rest[i]);
		/* Defaults are there. */
		ck_assert_ptr_nonnull(strstr(dump, "half-open: 30s"));
		ck_assert_ptr_nonnull(strstr(dump, "load-bound: "));
		free(dump);
		mx_config_free(config);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("dump");
	TCase *t = tcase_create("dump");

	tcase_add_test(t, the_shipped_files_come_back_as_they_are);
	tcase_add_test(t, what_the_shipped_files_do_not_have_comes_back_too);
	suite_add_tcase(s, t);
	return s;
}
