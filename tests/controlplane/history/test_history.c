/* SPDX-License-Identifier: BSD-3-Clause */
/* The last configurations are kept with their texts, and what is needed to go back
 * is never dropped.
 * Method: revisions are added, written and read again, in a folder of their own.
 * What a full disk leaves is made with a folder in the place of a draft. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "historyfile.h"
#include "runner.h"
#include "tempfolder.h"

static struct history history, again;
static const char *folder;

static void
setup(void)
{
	folder = tempfolder_make();
	memset(&history, 0, sizeof(history));
	memset(&again, 0, sizeof(again));
	snprintf(history.path, sizeof(history.path), "%s/a.history.json",
		 folder);
	strcpy(again.path, history.path);
}

static void
teardown(void)
{
	history_free(&history);
	history_free(&again);
	tempfolder_remove();
}

static const struct revision *
add(const char *text, bool trial)
{
	const struct history_news news = {.path = "/etc/m.yaml",
					  .by = "alice",
					  .changes = "x: 1 -> 2",
					  .text = text,
					  .size = strlen(text),
					  .time_s = 7,
					  .trial = trial};

	return history_add(&history, &news);
}

/* What is on disk. */
static void
read_again(void)
{
	history_free(&again);
	again.in_force = again.last = 0;
	ck_assert_int_eq(historyfile_load(&again), 0);
}

static unsigned
count_files(void)
{
	unsigned files = 0;
	DIR *dir = opendir(folder);

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		files++;
	closedir(dir);
	return files - 2; /* . and .. */
}

START_TEST(what_is_written_is_read_again)
{
	add("one\n", false);
	add("two\n", true);
	ck_assert_int_eq(historyfile_save(&history), 0);
	read_again();
	ck_assert_uint_eq(again.count, 2);
	ck_assert_uint_eq(again.in_force, 2);
	const struct revision *trial = history_trial(&again);
	ck_assert_ptr_nonnull(trial);
	ck_assert_str_eq(trial->text, "two\n");
	ck_assert_uint_eq(trial->before, 1);
	ck_assert_str_eq(trial->by, "alice");
	ck_assert_str_eq(trial->path, "/etc/m.yaml");
	ck_assert_str_eq(trial->changes, "x: 1 -> 2");
	ck_assert_int_eq(trial->time_s, 7);
	history_go_back(&again, REVISION_EXPIRED);
	ck_assert_ptr_null(history_trial(&again));
	ck_assert_str_eq(history_in_force(&again)->text, "one\n");
}
END_TEST

START_TEST(what_is_in_force_is_never_dropped_and_files_are_bounded)
{
	char text[32];

	add("first\n", false);
	for (int i = 0; i < 50; i++) {
		snprintf(text, sizeof(text), "%d\n", i);
		add(text, true);
		ck_assert_int_eq(historyfile_save(&history), 0);
		/* A crash now must find what comes back. */
		read_again();
		ck_assert_str_eq(
			history_find(&again, history_trial(&again)->before)
				->text,
			"first\n");
		history_go_back(&history, REVISION_EXPIRED);
	}
	ck_assert_uint_eq(history.count, HISTORY_MAX);
	ck_assert_str_eq(history_in_force(&history)->text, "first\n");
	ck_assert_uint_le(count_files(), HISTORY_MAX + 2);
}
END_TEST

/* Drafts cannot be made where their names are folders: of the text in a slot, or
 * of the list. */
START_TEST(a_write_that_fails_leaves_what_was_there)
{
	static const char *const drafts[] = {"a.history.1.yaml.new",
					     "a.history.json.new"};
	char blocked[512], inside[520];

	add("one\n", false);
	ck_assert_int_eq(historyfile_save(&history), 0);
	for (size_t i = 0; i < 2; i++) {
		snprintf(blocked, sizeof(blocked), "%s/%s", folder, drafts[i]);
		snprintf(inside, sizeof(inside), "%s/x", blocked);
		ck_assert_int_eq(mkdir(blocked, 0700), 0);
		ck_assert_int_eq(mkdir(inside, 0700), 0);
		add("two\n", true);
		ck_assert_int_ne(historyfile_save(&history), 0);
		ck_assert(history.unsaved && history.error != 0);
		read_again();
		ck_assert_uint_eq(again.count, 1);
		ck_assert_str_eq(history_in_force(&again)->text, "one\n");
		history_take_back(&history);
		ck_assert_int_eq(rmdir(inside), 0);
		ck_assert_int_eq(rmdir(blocked), 0);
	}
	add("three\n", false);
	ck_assert_int_eq(historyfile_save(&history), 0);
	read_again();
	ck_assert_str_eq(history_in_force(&again)->text, "three\n");
}
END_TEST

/* While the list cannot be written, a crash brings the list on disk back, with its
 * texts. */
START_TEST(the_list_on_disk_keeps_its_texts)
{
	char blocked[512], inside[520], text[32];

	snprintf(blocked, sizeof(blocked), "%s/a.history.json.new", folder);
	snprintf(inside, sizeof(inside), "%s/x", blocked);
	for (int i = 0; i < HISTORY_MAX; i++) {
		snprintf(text, sizeof(text), "old %d\n", i);
		add(text, false);
	}
	ck_assert_int_eq(historyfile_save(&history), 0);
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(mkdir(blocked, 0700), 0);
		ck_assert_int_eq(mkdir(inside, 0700), 0);
		for (int i = 0; i < 3 * HISTORY_MAX; i++) {
			snprintf(text, sizeof(text), "new %d\n", i);
			add(text, false);
			ck_assert_int_ne(historyfile_save(&history), 0);
			read_again();
			ck_assert_uint_eq(again.count, HISTORY_MAX);
			for (uint16_t k = 0; k < again.count; k++)
				ck_assert_ptr_nonnull(again.revision[k].text);
		}
		ck_assert_int_eq(rmdir(inside), 0);
		ck_assert_int_eq(rmdir(blocked), 0);
		ck_assert_int_eq(historyfile_save(&history), 0);
		read_again();
		ck_assert_str_eq(history_in_force(&again)->text, text);
	}
	ck_assert_uint_le(count_files(), HISTORY_SLOTS + 1);
}
END_TEST

START_TEST(a_text_that_could_not_be_read_once_is_not_lost)
{
	char path[512], aside[512];

	snprintf(path, sizeof(path), "%s/a.history.0.yaml", folder);
	snprintf(aside, sizeof(aside), "%s/aside", folder);
	add("one\n", false);
	add("two\n", false);
	ck_assert_int_eq(historyfile_save(&history), 0);
	ck_assert_int_eq(rename(path, aside), 0);
	read_again();
	ck_assert_ptr_null(history_find(&again, 1)->text);
	ck_assert_str_ne(history_find(&again, 1)->fault, "");
	again.unsaved = true;
	ck_assert_int_eq(historyfile_save(&again), 0);
	ck_assert_int_eq(rename(aside, path), 0);
	read_again();
	ck_assert_str_eq(history_find(&again, 1)->text, "one\n");
}
END_TEST

START_TEST(a_path_that_is_no_text_does_not_stop_the_history)
{
	const struct history_news news = {.path = "/etc/m\xe4.yaml",
					  .by = "alice",
					  .changes = "x: \xc3",
					  .text = "one\n",
					  .size = 4};

	ck_assert_ptr_nonnull(history_add(&history, &news));
	ck_assert_int_eq(historyfile_save(&history), 0);
	read_again();
	ck_assert_str_eq(history_find(&again, 1)->path, "/etc/m?.yaml");
	ck_assert_str_eq(history_find(&again, 1)->changes, "x: ?");
	ck_assert_str_eq(history_find(&again, 1)->text, "one\n");
}
END_TEST

START_TEST(the_newest_revision_with_a_text_decides)
{
	add("a\n", false);
	add("b\n", false);
	history_go_back(&history, REVISION_UNDONE);
	ck_assert_int_eq(history_find_text(&history, "b\n", 2)->fate,
			 REVISION_UNDONE);
	add("b\n", false);
	ck_assert_int_eq(history_find_text(&history, "b\n", 2)->fate,
			 REVISION_KEPT);
	ck_assert_ptr_null(history_find_text(&history, "b", 1));
}
END_TEST

START_TEST(a_list_that_is_no_plain_file_is_refused)
{
	ck_assert_int_eq(historyfile_load(&again), 0);
	ck_assert_int_eq(mkfifo(history.path, 0600), 0);
	ck_assert_int_eq(historyfile_load(&again), -EINVAL);
	ck_assert_int_eq(unlink(history.path), 0);
	ck_assert_int_eq(symlink("/etc/passwd", history.path), 0);
	ck_assert_int_eq(historyfile_load(&again), -ELOOP);
	ck_assert_int_eq(unlink(history.path), 0);
	ck_assert_int_eq(mkdir(history.path, 0700), 0);
	ck_assert_int_eq(historyfile_load(&again), -EINVAL);
	ck_assert_int_eq(rmdir(history.path), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("history");
	TCase *t = tcase_create("history");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_written_is_read_again);
	tcase_add_test(t,
		       what_is_in_force_is_never_dropped_and_files_are_bounded);
	tcase_add_test(t, a_write_that_fails_leaves_what_was_there);
	tcase_add_test(t, the_list_on_disk_keeps_its_texts);
	tcase_add_test(t, a_text_that_could_not_be_read_once_is_not_lost);
	tcase_add_test(t, a_path_that_is_no_text_does_not_stop_the_history);
	tcase_add_test(t, the_newest_revision_with_a_text_decides);
	tcase_add_test(t, a_list_that_is_no_plain_file_is_refused);
	suite_add_tcase(s, t);
	return s;
}
