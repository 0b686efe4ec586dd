/* SPDX-License-Identifier: BSD-3-Clause */
/* The sheet of the group is read as it was written, and a text that is none is
 * refused. */
#include "groupsheet.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"

#define DIGEST                                                                 \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char good[] = "mxsteer-group 1\n"
			   "box 1\n"
			   "secret /etc/mxsteer/group secret\n"
			   "digest " DIGEST "\n"
			   "serves " DIGEST "\n"
			   "peer 2 10.9.0.2:9708\n"
			   "peer 16 [fd00::2]:9708\n"
			   "listen 10.9.0.1:9708\n"
			   "snat 10.0.2.101 1\n"
			   "snat fd00::102 2\n"
			   "port wan\n"
			   "port lan\n";
static struct groupsheet sheet, again;
static char text[GROUPSHEET_TEXT_MAX];

static uint8_t
home(const char *address)
{
	struct mx_addr addr;

	ck_assert_int_eq(mx_addr_parse(address, &addr), 0);
	return groupsheet_home(&sheet, &addr);
}

START_TEST(a_sheet_is_written_as_it_was_read)
{
	ck_assert(groupsheet_read(&sheet, good));
	ck_assert_uint_eq(sheet.box, 1);
	ck_assert_str_eq(sheet.secret, "/etc/mxsteer/group secret");
	ck_assert_uint_eq(sheet.digest[1], 0x11);
	ck_assert_uint_eq(sheet.digest[31], 0xff);
	ck_assert_uint_eq(sheet.serves[1], 0x11);
	ck_assert_uint_eq(sheet.peers, 2);
	ck_assert_uint_eq(sheet.peer[1].box, 16);
	ck_assert_uint_eq(sheet.ports, 2);
	ck_assert_str_eq(sheet.port[1], "lan");
	ck_assert_uint_eq(home("10.0.2.101"), 1);
	ck_assert_uint_eq(home("fd00::102"), 2);
	ck_assert_uint_eq(home("10.0.2.103"), 0);
	ck_assert_uint_eq(groupsheet_write(&sheet, text), strlen(good));
	ck_assert_str_eq(text, good);
}
END_TEST

START_TEST(without_a_group_it_is_one_line)
{
	memset(&sheet, 0, sizeof(sheet));
	ck_assert_uint_gt(groupsheet_write(&sheet, text), 0);
	ck_assert_str_eq(text, "mxsteer-group 1\n");
	ck_assert(groupsheet_read(&again, text));
	ck_assert_mem_eq(&again, &sheet, sizeof(sheet));
}
END_TEST

START_TEST(the_largest_sheet_fits)
{
	memset(&sheet, 0, sizeof(sheet));
	sheet.box = MX_BOXES_MAX;
	memset(sheet.secret, 's', sizeof(sheet.secret) - 1);
	sheet.listen.port_be = 0xffff;
	sheet.peers = MX_BOXES_MAX - 1;
	for (uint8_t i = 0; i < sheet.peers; i++) {
		sheet.peer[i].box = (uint8_t)(i + 1);
		sheet.peer[i].address.port_be = 0xffff;
		memset(&sheet.peer[i].address.addr, 0xfe,
		       sizeof(struct mx_addr));
	}
	sheet.snats = MX_SNATS_MAX;
	for (uint16_t i = 0; i < sheet.snats; i++) {
		sheet.snat[i].box = MX_BOXES_MAX;
		memset(&sheet.snat[i].address, 0xfe, sizeof(struct mx_addr));
	}
	sheet.ports = MX_PORTS_MAX;
	for (uint16_t i = 0; i < sheet.ports; i++)
		memset(sheet.port[i], 'p', MX_NAME_MAX - 1);
	ck_assert_uint_gt(groupsheet_write(&sheet, text), 0);
	ck_assert(groupsheet_read(&again, text));
	ck_assert_mem_eq(&again, &sheet, sizeof(sheet));
}
END_TEST

/* A line of `good`, and what stands in its place. */
static const struct {
	const char *line;
	const char *bad;
} wrong[] = {
	{"mxsteer-group 1\n", "mxsteer-group 2\n"},
	{"mxsteer-group 1\n", ""},
	{"mxsteer-group 1\n", "mxsteer-log 1\n"},
	{"box 1\n", ""},
	{"box 1\n", "box\n"},
	{"box 1\n", "box 0\n"},
	{"box 1\n", "box 17\n"},
	{"box 1\n", "box 257\n"},
	{"box 1\n", "box 1 \n"},
	{"box 1\n", "box -1\n"},
	{"box 1\n", "box 01\n"},
	{"box 1\n", "box 1\nbox 1\n"},
	{"box 1\n", "box 2\n"},
	{"box 1\n", "box 99999999999999999999\n"},
	{"secret /etc/mxsteer/group secret\n", ""},
	{"secret /etc/mxsteer/group secret\n", "secret \n"},
	{"secret /etc/mxsteer/group secret\n", "secret /a\nsecret /b\n"},
	{"digest " DIGEST "\n", "digest 00\n"},
	{"serves " DIGEST "\n", "serves 00\n"},
	{"digest " DIGEST "\n", "digest " DIGEST "00\n"},
	{"digest " DIGEST "\n",
	 "digest "
	 "0g112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"},
	{"peer 2 10.9.0.2:9708\n", "peer 2\n"},
	{"peer 2 10.9.0.2:9708\n", "peer 10.9.0.2:9708\n"},
	{"peer 2 10.9.0.2:9708\n", "peer 2 10.9.0.2\n"},
	{"peer 2 10.9.0.2:9708\n", "peer 1 10.9.0.2:9708\n"},
	{"peer 2 10.9.0.2:9708\n", "peer 16 10.9.0.2:9708\n"},
	{"peer 2 10.9.0.2:9708\n", "peer x 10.9.0.2:9708\n"},
	{"listen 10.9.0.1:9708\n", ""},
	{"listen 10.9.0.1:9708\n", "listen 10.9.0.1\n"},
	{"listen 10.9.0.1:9708\n",
	 "listen 10.9.0.1:9708\nlisten 10.9.0.1:9709\n"},
	{"snat 10.0.2.101 1\n", "snat 10.0.2.101\n"},
	{"snat 10.0.2.101 1\n", "snat 10.0.2.101 0\n"},
	{"snat 10.0.2.101 1\n", "snat 10.0.2 1\n"},
	{"port wan\n", "port \n"},
	{"port wan\n", "port\n"},
	{"port lan\n", "port lan"},
	{"port wan\n",
	 "port aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"},
};

START_TEST(a_text_that_is_no_sheet_is_refused)
{
	const char *at = strstr(good, wrong[_i].line);

	ck_assert_ptr_nonnull(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good,
		 wrong[_i].bad, at + strlen(wrong[_i].line));
	ck_assert_msg(!groupsheet_read(&sheet, text), "%s", text);
}
END_TEST

START_TEST(lines_of_a_later_version_are_passed_over)
{
	snprintf(text, sizeof(text), "%sweather fine today\n", good);
	ck_assert(groupsheet_read(&sheet, text));
}
END_TEST

START_TEST(no_line_is_too_long_or_too_many)
{
	size_t at = strlen(good);

	memcpy(text, good, at);
	memset(text + at, 'a', 1000);
	text[at + 3] = ' ';
	strcpy(text + at + 1000, "\n");
	ck_assert(!groupsheet_read(&sheet, text));
	for (uint32_t i = 0; i < MX_SNATS_MAX; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "snat 10.0.2.101 1\n");
	ck_assert(!groupsheet_read(&sheet, text));
}
END_TEST

/* Whatever the bytes are. */
START_TEST(a_text_of_chance_is_harmless)
{
	srand(1);
	for (unsigned n = 0; n < 20000; n++) {
		strcpy(text, good);
		for (unsigned i = 0; i < 3; i++)
			text[(size_t)rand() % strlen(good)] =
				(char)(1 + rand() % 127);
		groupsheet_read(&sheet, text);
		ck_assert_uint_le(sheet.peers, MX_BOXES_MAX);
		ck_assert_uint_le(sheet.snats, MX_SNATS_MAX);
		ck_assert_uint_le(sheet.ports, MX_PORTS_MAX);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("groupsheet");
	TCase *t = tcase_create("groupsheet");

	tcase_add_test(t, a_sheet_is_written_as_it_was_read);
	tcase_add_test(t, without_a_group_it_is_one_line);
	tcase_add_test(t, the_largest_sheet_fits);
	tcase_add_loop_test(t, a_text_that_is_no_sheet_is_refused, 0,
			    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(t, lines_of_a_later_version_are_passed_over);
	tcase_add_test(t, no_line_is_too_long_or_too_many);
	tcase_add_test(t, a_text_of_chance_is_harmless);
	suite_add_tcase(s, t);
	return s;
}
