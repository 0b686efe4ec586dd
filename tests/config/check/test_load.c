/* SPDX-License-Identifier: BSD-3-Clause */
/* The loader: files made to take long are refused at once, an error may show
 * any content of a file, and damage to a shipped file is found.
 * Method: files of 4 MiB for which libyaml would take hours; every shipped file
 * with each of its lines left out, and with random bytes from a fixed seed. */
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "load.h"
#include "runner.h"
#include "tempfolder.h"

static struct mx_config_errors errors;

#define TEXT_BYTES (4 * 1024 * 1024)

static char text[TEXT_BYTES];
static size_t text_size;

static void
read_file(const char *path)
{
	FILE *file = fopen(path, "re");

	ck_assert_msg(file != NULL, "%s", path);
	text_size = fread(text, 1, sizeof(text), file);
	fclose(file);
	ck_assert_uint_gt(text_size, 0);
}

/* All files that are shipped; to be freed with globfree(). */
static void
find_files(glob_t *found)
{
	char pattern[512];

	snprintf(pattern, sizeof(pattern), "%s/config/mxsteer.yaml",
		 getenv("MXSTEER_SOURCE"));
	ck_assert_int_eq(glob(pattern, 0, NULL, found), 0);
	snprintf(pattern, sizeof(pattern), "%s/config/examples/*.yaml",
		 getenv("MXSTEER_SOURCE"));
	ck_assert_int_eq(glob(pattern, GLOB_APPEND, NULL, found), 0);
}

/* A config, or errors that each name the file and fit their line; not both. */
static void
parse_and_judge(const char *from, size_t size)
{
	struct mx_config *config = mx_config_parse(from, size, "f", &errors);

	ck_assert((config == NULL) == (errors.count > 0));
	for (uint16_t i = 0; i < errors.count && i < MX_CONFIG_ERRORS_MAX; i++)
		ck_assert_msg(strncmp(errors.text[i], "f:", 2) == 0, "%s",
			      errors.text[i]);
	for (uint16_t i = 0; i < errors.warnings && i < MX_CONFIG_ERRORS_MAX;
	     i++)
		ck_assert_msg(strstr(errors.warning[i], ": warning[") != NULL,
			      "%s", errors.warning[i]);
	mx_config_free(config);
}

START_TEST(every_shipped_file_loads)
{
	glob_t found;

	find_files(&found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct mx_config *config =
			mx_config_load(found.gl_pathv[i], &errors);
		ck_assert_msg(config != NULL, "%s", errors.text[0]);
		ck_assert_msg(errors.warnings == 0, "%s", errors.warning[0]);
		mx_config_free(config);
	}
	ck_assert_uint_eq(found.gl_pathc, 12);
	globfree(&found);
}
END_TEST

START_TEST(a_file_of_another_instance_is_refused)
{
	glob_t found;

	find_files(&found);
	const char *path = found.gl_pathv[0];
	struct mx_config *config = mx_config_load(path, &errors);
	ck_assert_ptr_nonnull(config);
	struct mx_config *same =
		mx_config_load_for(path, config->instance, &errors);
	ck_assert_ptr_nonnull(same);
	ck_assert_ptr_null(mx_config_load_for(path, "another", &errors));
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_ptr_nonnull(
		strstr(errors.text[0], ": instance: expected another, "));
	mx_config_free(same);
	mx_config_free(config);
	globfree(&found);
}
END_TEST

/* In an allocation of its own: the sanitizer sees a read past the end. */
static void
parse_copy(const char *from, size_t size)
{
	char *copy = malloc(size > 0 ? size : 1);

	memcpy(copy, from, size);
	parse_and_judge(copy, size);
	free(copy);
}

START_TEST(a_file_without_any_one_line_is_refused_or_good)
{
	static char shorter[TEXT_BYTES];
	glob_t found;

	find_files(&found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		read_file(found.gl_pathv[i]);
		for (size_t at = 0, next; at < text_size; at = next) {
			const char *end =
				memchr(text + at, '\n', text_size - at);

			next = end != NULL ? (size_t)(end - text) + 1
					   : text_size;
			memcpy(shorter, text, at);
			memcpy(shorter + at, text + next, text_size - next);
			parse_copy(shorter, text_size - (next - at));
			parse_copy(text, at); /* cut off here */
		}
	}
	globfree(&found);
}
END_TEST

START_TEST(a_file_with_random_bytes_is_refused_or_good)
{
	static char damaged[TEXT_BYTES];
	glob_t found;

	srand(2);
	find_files(&found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		read_file(found.gl_pathv[i]);
		for (int round = 0; round < 200; round++) {
			memcpy(damaged, text, text_size);
			for (int k = rand() % 3; k >= 0; k--)
				damaged[(size_t)rand() % text_size] ^=
					(char)(1 << rand() % 8);
			parse_copy(damaged, text_size);
		}
	}
	globfree(&found);
}
END_TEST

/* Files that libyaml's own searches are quadratic in: without a guard each
 * of them takes minutes to days. */
static const struct {
	const char *first;
	const char *before; /* repeated, with a running number in between */
	bool numbered;
	const char *after;
	const char *message;
} slow[] = {
	{"", "- &a", true, " x\n", "f:1: expected no anchors (&name)"},
	{"", "%TAG !a", true, "! b\n", "f:1: expected no %TAG lines"},
	{"", "[", false, "", "f:1: expected at most 16 levels of nesting"},
	{"", "- ", false, "", "f:1: expected at most 16 levels of nesting"},
	{"a: &a b\n", "b", true, ": *a\n", "f:2: expected no aliases (*name)"},
};

START_TEST(a_file_made_to_be_slow_is_refused_at_once)
{
	char *end = stpcpy(text, slow[_i].first);

	for (unsigned n = 0; end < text + sizeof(text) - 64; n++) {
		end = stpcpy(end, slow[_i].before);
		if (slow[_i].numbered)
			end += sprintf(end, "%u", n);
		end = stpcpy(end, slow[_i].after);
	}
	end = stpcpy(end, "\n");
	text_size = (size_t)(end - text);
	ck_assert_ptr_null(mx_config_parse(text, text_size, "f", &errors));
	ck_assert_str_eq(errors.text[0], slow[_i].message);
}
END_TEST

START_TEST(an_anchor_alone_is_refused_by_its_line)
{
	static const char anchored[] = "instance: mx1\npools: &p []\n";

	ck_assert_ptr_null(
		mx_config_parse(anchored, strlen(anchored), "f", &errors));
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_str_eq(errors.text[0], "f:2: expected no anchors (&name)");
}
END_TEST

/* A pipe without a writer blocks a program that opens it for ever. */
START_TEST(a_pipe_is_refused_at_once)
{
	char path[64], message[128];

	snprintf(path, sizeof(path), "%s/pipe", tempfolder_make());
	snprintf(message, sizeof(message), "%s: expected a file, found a pipe",
		 path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_ptr_null(mx_config_load(path, &errors));
	ck_assert_str_eq(errors.text[0], message);
	tempfolder_remove();
}
END_TEST

/* What is left of a file that was cut in mid-line is often good YAML. */
START_TEST(a_file_that_was_cut_in_mid_line_is_refused)
{
	char path[64], shipped[512];

	snprintf(path, sizeof(path), "%s/cut.yaml", tempfolder_make());
	const int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ge(fd, 0);
	snprintf(shipped, sizeof(shipped), "%s/config/mxsteer.yaml",
		 getenv("MXSTEER_SOURCE"));
	read_file(shipped);
	ck_assert_int_eq(write(fd, text, text_size), (ssize_t)text_size);
	for (size_t at = text_size - 1; at > 0; at--) {
		if (text[at - 1] == '\n')
			continue;
		ck_assert_int_eq(ftruncate(fd, (off_t)at), 0);
		ck_assert_ptr_null(mx_config_load(path, &errors));
		ck_assert_uint_eq(errors.count, 1);
		ck_assert_ptr_nonnull(strstr(errors.text[0], "cut short"));
	}
	close(fd);
	tempfolder_remove();
}
END_TEST

START_TEST(a_zero_byte_is_refused)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/zero.yaml", tempfolder_make());
	const int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	ck_assert_int_eq(write(fd, "\xfe\xff\0#\0\n", 6), 6);
	ck_assert_ptr_null(mx_config_load(path, &errors));
	ck_assert_ptr_nonnull(strstr(errors.text[0], "found a zero byte"));
	close(fd);
	tempfolder_remove();
}
END_TEST

/* A terminal obeys the first two; half of the third is not UTF-8, which no
 * JSON string can hold. */
static const char *const unfit[] = {
	"instance: \"\\e[31m\"\n",
	"instance: \"\\x9b31m\"\n",
	"instance: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\303\251\303\251\"\n",
};

START_TEST(messages_are_fit_for_terminals_and_json)
{
	ck_assert_ptr_null(
		mx_config_parse(unfit[_i], strlen(unfit[_i]), "f", &errors));
	for (const char *c = errors.text[0]; *c != '\0'; c++)
		ck_assert_msg(*c >= ' ' && *c <= '~', "%s", errors.text[0]);
}
END_TEST

START_TEST(errors_past_the_last_line_are_counted)
{
	text_size = 0;
	for (unsigned n = 0; n < 3 * MX_CONFIG_ERRORS_MAX; n++)
		text_size += (size_t)sprintf(text + text_size, "k%u: 1\n", n);
	ck_assert_ptr_null(mx_config_parse(text, text_size, "f", &errors));
	/* The four keys of the file are missing as well. */
	ck_assert_uint_eq(errors.count, 3 * MX_CONFIG_ERRORS_MAX + 4);
	ck_assert_str_eq(
		errors.text[MX_CONFIG_ERRORS_MAX - 1],
		"f:20: expected one of the keys instance, user, access, "
		"dataplane, "
		"strict-ports, log, "
		"services, pools, group, lints, http, announce, found \"k19\"");
}
END_TEST

START_TEST(warnings_past_the_last_line_are_counted)
{
	text_size = (size_t)sprintf(text,
				    "instance: mx1\n"
				    "dataplane: {workers: [1], ports: "
				    "[{name: lan, interface: eth0}]}\n"
				    "pools: [{name: p, backends: "
				    "[{name: a, address: \"10.0.2.11:25\"}]}]\n"
				    "services:\n");
	for (unsigned n = 0; n < MX_CONFIG_ERRORS_MAX + 5; n++)
		text_size += (size_t)sprintf(
			text + text_size,
			"- {name: s%u, pool: p, forward: nat, listen: "
			"[\"192.0.2.%u:25\"], timers: {idle: 400s}}\n",
			n, n);
	struct mx_config *config =
		mx_config_parse(text, text_size, "f", &errors);
	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	mx_config_free(config);
	ck_assert_uint_eq(errors.warnings, MX_CONFIG_ERRORS_MAX + 5);
	ck_assert_ptr_eq(strstr(errors.warning[MX_CONFIG_ERRORS_MAX - 1],
				"f:24: warning[idle]: idle: "),
			 errors.warning[MX_CONFIG_ERRORS_MAX - 1]);

	/* The next file begins with none. */
	ck_assert_ptr_null(mx_config_parse("", 0, "f", &errors));
	ck_assert_uint_eq(errors.warnings, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("load");
	TCase *t = tcase_create("load");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, every_shipped_file_loads);
	tcase_add_test(t, a_file_of_another_instance_is_refused);
	tcase_add_test(t, a_file_without_any_one_line_is_refused_or_good);
	tcase_add_test(t, a_file_with_random_bytes_is_refused_or_good);
	tcase_add_loop_test(t, a_file_made_to_be_slow_is_refused_at_once, 0,
			    sizeof(slow) / sizeof(slow[0]));
	tcase_add_test(t, a_pipe_is_refused_at_once);
	tcase_add_test(t, a_zero_byte_is_refused);
	tcase_add_test(t, a_file_that_was_cut_in_mid_line_is_refused);
	tcase_add_test(t, an_anchor_alone_is_refused_by_its_line);
	tcase_add_loop_test(t, messages_are_fit_for_terminals_and_json, 0,
			    sizeof(unfit) / sizeof(unfit[0]));
	tcase_add_test(t, errors_past_the_last_line_are_counted);
	tcase_add_test(t, warnings_past_the_last_line_are_counted);
	suite_add_tcase(s, t);
	return s;
}
