/* SPDX-License-Identifier: BSD-3-Clause */
/* What mxsteer-agent reads of its host: /proc, the folders of mail queues, and the
 * file of its admin state. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adminfile.h"
#include "proc.h"
#include "queue.h"
#include "runner.h"
#include "tempfolder.h"

static const char *folder;

static void
setup(void)
{
	folder = tempfolder_make();
}

static void
teardown(void)
{
	tempfolder_remove();
}

static const char *
path_of(const char *name)
{
	static char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
make_folder(const char *name)
{
	ck_assert_int_eq(mkdir(path_of(name), 0755), 0);
}

static void
write_file(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

START_TEST(the_cpu_is_busy_unless_it_idles_or_waits_for_disks)
{
	struct cpu_times from, to;

	ck_assert(proc_cpu("cpu  100 10 50 800 20 3 7 10 0 0\ncpu0 1", &from));
	ck_assert_uint_eq(from.busy, 180);
	ck_assert_uint_eq(from.idle, 820);
	ck_assert(proc_cpu("cpu 130 10 50 860 30 3 7 10 0 0\n", &to));
	ck_assert_double_eq_tol(proc_busy(&from, &to, 0), 0.3, 1e-9);
	ck_assert_double_eq(proc_busy(&to, &to, 0.7), 0.7);
	/* A processor was taken out. */
	ck_assert_double_eq(proc_busy(&to, &from, 0.7), 0.7);
}
END_TEST

START_TEST(what_is_no_proc_stat_is_refused)
{
	struct cpu_times times;

	ck_assert(proc_cpu("cpu 1 2 3 4\n", &times));
	ck_assert(!proc_cpu("", &times));
	ck_assert(!proc_cpu("cpu 1 2 3\n", &times));
	ck_assert(!proc_cpu("cpu0 1 2 3 4\n", &times));
}
END_TEST

START_TEST(the_average_follows_slowly)
{
	double average = 0;

	for (int i = 0; i < CPU_AVERAGE_S; i++)
		average = proc_average(average, 1.0);
	ck_assert_double_gt(average, 0.6);
	ck_assert_double_lt(average, 0.7);
}
END_TEST

START_TEST(memory_that_can_be_given_away_is_not_in_use)
{
	double used;

	ck_assert(proc_memory("MemTotal:  1000 kB\nMemFree: 1 kB\n"
			      "MemAvailable: 250 kB\n",
			      &used));
	ck_assert_double_eq(used, 0.75);
	ck_assert(!proc_memory("MemTotal: 1000 kB\n", &used));
	ck_assert(!proc_memory("MemTotal: 0 kB\nMemAvailable: 0 kB\n", &used));
	ck_assert(!proc_memory("MemTotal: 1 kB\nMemAvailable: 2 kB\n", &used));
	ck_assert(!proc_memory("", &used));
}
END_TEST

START_TEST(postfix_counts_what_is_under_way)
{
	const struct queue queue = {QUEUE_OF_POSTFIX, folder};
	uint64_t messages;

	ck_assert_int_eq(queue_count(&queue, QUEUE_LOOK_MAX, &messages),
			 -ENOENT);
	make_folder("incoming");
	make_folder("active");
	make_folder("active/A");
	make_folder("active/A/B");
	make_folder("deferred");
	write_file("incoming/1", "");
	write_file("active/2", "");
	write_file("active/A/3", "");
	write_file("active/A/B/4", "");
	write_file("deferred/5", "");
	ck_assert_int_eq(queue_count(&queue, QUEUE_LOOK_MAX, &messages), 0);
	ck_assert_uint_eq(messages, 4);
}
END_TEST

START_TEST(exim_counts_one_file_of_each_message)
{
	const struct queue queue = {QUEUE_OF_EXIM, folder};
	uint64_t messages;

	make_folder("input");
	make_folder("input/x");
	write_file("input/1a-D", "");
	write_file("input/1a-H", "");
	write_file("input/x/2b-D", "");
	write_file("input/x/2b-H", "");
	write_file("input/x/2b-J", "");
	ck_assert_int_eq(queue_count(&queue, QUEUE_LOOK_MAX, &messages), 0);
	ck_assert_uint_eq(messages, 2);
}
END_TEST

/* Half of the entries of Exim are no headers. */
START_TEST(a_spool_with_more_than_is_looked_at_is_full)
{
	static const enum queue_kind kinds[] = {QUEUE_OF_EXIM,
						QUEUE_OF_POSTFIX};
	char name[32];
	uint64_t messages;

	make_folder("input");
	make_folder("incoming");
	make_folder("active");
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "input/%d-H", i);
		write_file(name, "");
		snprintf(name, sizeof(name), "input/%d-D", i);
		write_file(name, "");
		snprintf(name, sizeof(name), "active/%d", i);
		write_file(name, "");
	}
	for (int i = 0; i < 2; i++) {
		const struct queue queue = {kinds[i], folder};

		ck_assert_int_eq(queue_count(&queue, 30, &messages), 0);
		ck_assert_uint_eq(messages, 30);
		ck_assert_int_eq(queue_count(&queue, 100, &messages), 0);
		ck_assert_uint_eq(messages, 40);
	}
}
END_TEST

/* A link to a parent would make a walk without end. */
START_TEST(links_in_a_spool_are_not_followed)
{
	const struct queue queue = {QUEUE_OF_POSTFIX, folder};
	uint64_t messages;

	make_folder("incoming");
	make_folder("active");
	write_file("active/1", "");
	ck_assert_int_eq(symlink(folder, path_of("active/loop")), 0);
	ck_assert_int_eq(queue_count(&queue, QUEUE_LOOK_MAX, &messages), 0);
	ck_assert_uint_le(messages, 2);
}
END_TEST

START_TEST(folders_that_are_too_deep_do_not_count)
{
	const struct queue queue = {QUEUE_OF_POSTFIX, folder};
	char name[64] = "active";
	uint64_t messages;

	make_folder("incoming");
	make_folder("active");
	for (int i = 0; i < 8; i++) {
		strcat(name, "/d");
		make_folder(name);
	}
	strcat(name, "/f");
	write_file(name, "");
	ck_assert_int_eq(queue_count(&queue, QUEUE_LOOK_MAX, &messages), 0);
	ck_assert_uint_eq(messages, 0);
}
END_TEST

/* clang-format off */
static const struct {
	const char *text;
	bool good;
	enum admin admin;
	const char *why;
} texts[] = {
	{"drain",              true, ADMIN_IS_DRAIN, ""},
	{"drain\n",            true, ADMIN_IS_DRAIN, ""},
	{" maint new kernel\n", true, ADMIN_IS_MAINT, "new kernel"},
	{"ready\nmaint\n",     true, ADMIN_IS_READY, ""},
	{"drain a\tb\x1b[3\n", true, ADMIN_IS_DRAIN, "a?b?[3"},
	{"",                   false, ADMIN_IS_READY, ""},
	{"drained",            false, ADMIN_IS_READY, ""},
	{"DRAIN",              false, ADMIN_IS_READY, ""},
	{"yes",                false, ADMIN_IS_READY, ""},
};
/* clang-format on */

START_TEST(a_file_has_a_word_and_a_reason)
{
	struct adminfile file = {.admin = ADMINS};

	ck_assert(adminfile_parse(texts[_i].text, &file) == texts[_i].good);
	if (!texts[_i].good) {
		ck_assert_int_eq(file.admin, ADMINS);
		return;
	}
	ck_assert_int_eq(file.admin, texts[_i].admin);
	ck_assert_str_eq(file.why, texts[_i].why);
}
END_TEST

START_TEST(what_is_written_is_read)
{
	const struct adminfile written = {ADMIN_IS_MAINT, "new disk"};
	struct adminfile file;

	ck_assert_int_eq(adminfile_read(path_of("s"), &file), 0);
	ck_assert_int_eq(file.admin, ADMIN_IS_READY);
	ck_assert_int_eq(adminfile_write(path_of("s"), &written), 0);
	ck_assert_int_eq(adminfile_read(path_of("s"), &file), 0);
	ck_assert_int_eq(file.admin, ADMIN_IS_MAINT);
	ck_assert_str_eq(file.why, "new disk");
}
END_TEST

START_TEST(a_file_that_is_none_changes_nothing)
{
	struct adminfile file = {ADMIN_IS_DRAIN, "x"};

	make_folder("s");
	ck_assert_int_eq(adminfile_read(path_of("s"), &file), -EISDIR);
	ck_assert_int_eq(mkfifo(path_of("p"), 0600), 0);
	ck_assert_int_eq(adminfile_read(path_of("p"), &file), -EINVAL);
	write_file("f", "what?");
	ck_assert_int_eq(adminfile_read(path_of("f"), &file), -EINVAL);
	ck_assert_int_eq(file.admin, ADMIN_IS_DRAIN);
	ck_assert_int_eq(
		adminfile_write(path_of("none/s"),
				&(struct adminfile){.admin = ADMIN_IS_DRAIN}),
		-ENOENT);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("hostfiles");
	TCase *t = tcase_create("hostfiles");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_cpu_is_busy_unless_it_idles_or_waits_for_disks);
	tcase_add_test(t, what_is_no_proc_stat_is_refused);
	tcase_add_test(t, the_average_follows_slowly);
	tcase_add_test(t, memory_that_can_be_given_away_is_not_in_use);
	tcase_add_test(t, postfix_counts_what_is_under_way);
	tcase_add_test(t, exim_counts_one_file_of_each_message);
	tcase_add_test(t, a_spool_with_more_than_is_looked_at_is_full);
	tcase_add_test(t, links_in_a_spool_are_not_followed);
	tcase_add_test(t, folders_that_are_too_deep_do_not_count);
	tcase_add_loop_test(t, a_file_has_a_word_and_a_reason, 0,
			    sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(t, what_is_written_is_read);
	tcase_add_test(t, a_file_that_is_none_changes_nothing);
	suite_add_tcase(s, t);
	return s;
}
