/* SPDX-License-Identifier: BSD-3-Clause */
/* The requests behind `mxsteer capture`: what they ask the data plane for, and
 * what they refuse.
 * Method: requests over the real socket to a whole control plane; the test
 * plays the data plane on the file of the capture (serving.c). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capturefile.h"
#include "recorder.h"
#include "runner.h"
#include "serving.h"

static struct mx_capture dataplane;

/* Start a capture, and take it up.  Returns its number. */
static unsigned
start(const char *options)
{
	char line[256];
	unsigned number;
	bool ok;

	snprintf(line, sizeof(line), "capture start %s", options);
	char *text = plane_ask(&plane, line, &ok);
	ck_assert_msg(ok && sscanf(text, "%u", &number) == 1, "%s", text);
	free(text);
	ck_assert_int_eq(mx_capture_attach(&dataplane, plane.instance, 2), 0);
	mx_capture_take(&dataplane);
	return number;
}

static void
answers(const char *what, unsigned number, enum answer wanted, const char *part)
{
	char line[64];

	snprintf(line, sizeof(line), "capture %s %u", what, number);
	plane_answers(&plane, line, wanted, part);
}

static void
put(uint64_t packet)
{
	static uint64_t head;
	struct mx_capture_ring *ring = &dataplane.file->ring[0];

	if (packet == 0)
		head = 0;
	struct mx_capture_record *record = mx_capture_put(ring, &head, 60);
	record->event = MX_CAPTURE_IN;
	record->port = 0;
	record->packet = packet;
	atomic_store(&ring->head, head);
	ck_assert_int_eq(mx_capture_carry(&dataplane), 0);
}

START_TEST(a_capture_is_read_in_pieces_until_its_end)
{
	const unsigned number = start("packets 3");

	answers("read", number, ANSWER_NOTED, "0 0\n");
	put(0);
	answers("read", number, ANSWER_NOTED, "1 0\n");
	/* Nothing comes: the answer is that, after a while. */
	answers("read", number, ANSWER_NOTED, "1 0\n");
	atomic_store(&dataplane.file->ring[0].lost[0], 9);
	put(1);
	put(2);
	answers("read", number, ANSWER_OK, "3 9\n");
	answers("read", number, ANSWER_REFUSED, "no such capture");
	ck_assert(!mx_capture_is_named(&dataplane));
	ck_assert(plane_logged("capture begins, by command of "));
	ck_assert(plane_logged("capture ends: 3 frames, 9 lost"));
	mx_capture_close(&dataplane);
}
END_TEST

START_TEST(an_end_comes_at_once)
{
	const unsigned number = start("");

	answers("end", number, ANSWER_OK, "0 0\n");
	ck_assert(!mx_capture_is_named(&dataplane));
	mx_capture_close(&dataplane);
}
END_TEST

START_TEST(options_become_the_filter)
{
	start("from 192.0.2.64/26 backend mx/b bytes 100");
	const struct mx_capture_filter *filter = &dataplane.filter;
	ck_assert(filter->has_from && filter->has_backend);
	ck_assert_uint_eq(filter->bytes, 100);
	ck_assert_uint_eq(filter->backend[0], 1 << 2);
	ck_assert_uint_eq(filter->from.byte[12], 192);
	ck_assert_uint_eq(filter->from.byte[15], 64);
	ck_assert_uint_eq(filter->mask.byte[14], 0xff);
	ck_assert_uint_eq(filter->mask.byte[15], 0xc0);
	plane_expect(&plane, "capture start", false, "captures already");
	mx_capture_close(&dataplane);
}
END_TEST

START_TEST(an_address_is_the_prefix_of_itself)
{
	static const char *const from[] = {"from 192.0.2.7",
					   "from 2001:db8::7"};

	start(from[_i]);
	const struct mx_capture_filter *filter = &dataplane.filter;
	ck_assert(filter->has_from && !filter->has_backend);
	ck_assert_uint_eq(filter->bytes, MX_CAPTURE_BYTES);
	ck_assert_uint_eq(filter->from.byte[15], 7);
	for (int i = 0; i < 16; i++)
		ck_assert_uint_eq(filter->mask.byte[i], 0xff);
	mx_capture_close(&dataplane);
}
END_TEST

START_TEST(wrong_options_are_told_what_was_expected)
{
	/* clang-format off */
	static const char *const cases[][2] = {
		{"capture",                      "the program mxsteer does this"},
		{"capture /tmp/x.pcapng",        "the program mxsteer does this"},
		{"capture start from",           "expected: capture start [from PREFIX]"},
		{"capture start from nobody",    "'nobody' is no address and no prefix"},
		{"capture start from 1.2.3.4/33", "is no address and no prefix"},
		{"capture start backend mx/c",   "expected one of: mx/"},
		{"capture start packets 0",      "packets: expected 1 to"},
		{"capture start packets x",      "'x' does not belong there: expected N"},
		{"capture start bytes 63",       "bytes: expected 64 to 2048"},
		{"capture start bytes 2049",     "bytes: expected 64 to 2048"},
		{"capture start into file",      "expected from, backend, packets, bytes or nothing more"},
		{"capture read 1",               "there is no such capture"},
		{"capture read",                 "expected: capture read NUMBER"},
		{"capture end x",                "expected: capture end NUMBER"},
		{"capture end 7",                "there is no such capture"},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		plane_expect(&plane, cases[i][0], false, cases[i][1]);
	ck_assert_int_eq(mx_capture_unlink(plane.instance), -ENOENT);
}
END_TEST

START_TEST(a_data_plane_that_takes_no_captures_is_told_of)
{
	unsigned number;
	bool ok;

	char *text = plane_ask(&plane, "capture start", &ok);
	ck_assert_int_eq(sscanf(text, "%u", &number), 1);
	free(text);
	answers("read", number, ANSWER_REFUSED, "the data plane does not");
	ck_assert_int_eq(mx_capture_unlink(plane.instance), -ENOENT);
}
END_TEST

START_TEST(the_end_of_the_control_plane_ends_its_capture)
{
	start("");
	plane_stop_control(&plane);
	ck_assert(!mx_capture_is_named(&dataplane));
	mx_capture_close(&dataplane);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("capturing");
	TCase *t = tcase_create("capturing");

	tcase_add_checked_fixture(t, serving_setup, serving_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_capture_is_read_in_pieces_until_its_end);
	tcase_add_test(t, an_end_comes_at_once);
	tcase_add_test(t, options_become_the_filter);
	tcase_add_loop_test(t, an_address_is_the_prefix_of_itself, 0, 2);
	tcase_add_test(t, wrong_options_are_told_what_was_expected);
	tcase_add_test(t, a_data_plane_that_takes_no_captures_is_told_of);
	tcase_add_test(t, the_end_of_the_control_plane_ends_its_capture);
	suite_add_tcase(s, t);
	return s;
}
