/* SPDX-License-Identifier: BSD-3-Clause */
/* The message of a visit is found where MTAs deliver, and its first Received
 * header is read.
 * Method: files in a folder of the test. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "delivered.h"
#include "runner.h"
#include "tempfolder.h"

#define ID "00112233445566778899aabbccddeeff"
#define MESSAGE                                                                 \
	"Return-Path: <>\nReceived: from filter (localhost [127.0.0.1])\n\tby " \
	"mx\nReceived: from vm (unknown\n [203.0.113.9])\r\n\tby mx1\x1b\n"     \
	"From: <a@b>\nX-mxsteer-doctor: " ID "\n\nReceived: from the body\n"
#define OTHER                                                                  \
	"Received: from other ([192.0.2.1]) by mx\nFrom: <c@d>\n\nX-mxsteer\n\n"

static const char *folder;
static char path[PATH_MAX];
static char received[DELIVERED_HEADER_MAX];

static void
write_file(const char *name, const char *text)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	fclose(out);
}

static void
make_folder(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static int
find(const char *where)
{
	return delivered_find(where, ID, time(NULL), received);
}

static void
setup(void)
{
	folder = tempfolder_make();
}

#define FOUND "from vm (unknown [203.0.113.9]) by mx1 "

START_TEST(it_is_found_in_a_file_of_messages)
{
	write_file("mbox",
		   "From a\n" OTHER "From b\n" MESSAGE "\nFrom c\n" OTHER);
	ck_assert_int_eq(find(path), 0);
	ck_assert_str_eq(received, FOUND);
}
END_TEST

START_TEST(it_is_found_in_a_maildir_and_in_a_folder)
{
	write_file("1", OTHER);
	write_file("2", MESSAGE);
	ck_assert_int_eq(find(folder), 0);
	ck_assert_str_eq(received, FOUND);
	tempfolder_remove();
	setup();
	make_folder("new");
	make_folder("cur");
	ck_assert_int_eq(find(folder), -ENOENT);
	write_file("new/1", OTHER);
	ck_assert_int_eq(find(folder), -ENOENT);
	write_file("cur/2:2,S", MESSAGE);
	ck_assert_int_eq(find(folder), 0);
	ck_assert_str_eq(received, FOUND);
}
END_TEST

START_TEST(another_message_is_none)
{
	ck_assert_int_eq(find("/nowhere"), -ENOENT);
	write_file("mbox", OTHER);
	ck_assert_int_eq(find(path), -ENOENT);
	write_file("mbox", "From: a\nX-mxsteer-doctor: " ID "\n\nb\n");
	ck_assert_int_eq(find(path), -ENODATA);
	write_file("mbox", "");
	ck_assert_int_eq(find(path), -ENOENT);
	ck_assert_int_eq(find("/dev/zero"), -ENOENT);
}
END_TEST

START_TEST(the_end_of_a_large_file_is_read)
{
	snprintf(path, sizeof(path), "%s/mbox", folder);
	FILE *out = fopen(path, "w");

	for (int i = 0; i < 3 * DELIVERED_TAIL / 64; i++)
		fprintf(out, "%063d\n", i);
	fputs("\nFrom b\n" MESSAGE, out);
	fclose(out);
	ck_assert_int_eq(find(path), 0);
	ck_assert_str_eq(received, FOUND);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("delivered");
	TCase *t = tcase_create("delivered");

	tcase_add_checked_fixture(t, setup, tempfolder_remove);
	tcase_add_test(t, it_is_found_in_a_file_of_messages);
	tcase_add_test(t, it_is_found_in_a_maildir_and_in_a_folder);
	tcase_add_test(t, another_message_is_none);
	tcase_add_test(t, the_end_of_a_large_file_is_read);
	suite_add_tcase(s, t);
	return s;
}
