/* SPDX-License-Identifier: BSD-3-Clause */
/* The lines of the log, and the sheet that names what is in them.
 * Method: lines of made-up sessions, compared as texts. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "changeline.h"
#include "line.h"
#include "runner.h"

#define HZ UINT64_C(2000000000)

static struct logsheet sheet;
static struct mx_ended ended;
static struct line_session session;
static char bytes[LINE_MAX_BYTES + 1];

static void
setup(void)
{
	memset(&sheet, 0, sizeof(sheet));
	logsheet_set(&sheet.service[2], "inbound", 0);
	logsheet_set(&sheet.backend[7], "mx/mta1", 0);
	ended = (struct mx_ended){
		.serial = 17,
		.at_tsc = 100 * HZ,
		.at_s = 1100,
		.opened_s = 1098,
		.client = mx_addr_from4(htonl(0xc0000207)),
		.client_port_be = htons(40000),
		.vip = mx_addr_from4(htonl(0xc6336419)),
		.vip_port_be = htons(25),
		.wait_us = 2310,
		.bytes_in = 4000000000u,
		.bytes_out = 567,
		.backend = 7,
		.service = 2,
		.how = MX_END_CLOSED,
		.flags = MX_ENDED_BYTES,
	};
	session = (struct line_session){
		.sheet = &sheet,
		/* 250 ms after its end */
		.now = {.tsc = 100 * HZ + HZ / 4,
			.wall_ns = INT64_C(1793223773373000000)},
		.tsc_hz = HZ,
		.identity = 0x5f3a9c21,
		.ring = 3,
		.ended = &ended,
	};
}

static const char *
line(enum logsheet_format format)
{
	struct text text = {bytes, bytes + LINE_MAX_BYTES, false};

	line_session(&text, format, &session);
	*text.at = '\0';
	ck_assert(!text.cut);
	return bytes;
}

START_TEST(a_line_has_all_that_is_known)
{
	ck_assert_str_eq(line(LOGSHEET_LOGFMT),
			 "time=2026-10-28T21:42:53.123Z event=session "
			 "id=5f3a9c21.3.17 client=192.0.2.7 client_port=40000 "
			 "vip=198.51.100.25 vip_port=25 service=inbound "
			 "backend=mx/mta1 bytes_in=4000000000 bytes_out=567 "
			 "duration_ms=2000 banner_ms=2.310 end=closed\n");
	ck_assert_str_eq(
		line(LOGSHEET_JSON),
		"{\"time\":\"2026-10-28T21:42:53.123Z\",\"event\":\"session\","
		"\"id\":\"5f3a9c21.3.17\",\"client\":\"192.0.2.7\","
		"\"client_port\":40000,\"vip\":\"198.51.100.25\","
		"\"vip_port\":25,\"service\":\"inbound\","
		"\"backend\":\"mx/mta1\",\"bytes_in\":4000000000,"
		"\"bytes_out\":567,\"duration_ms\":2000,\"banner_ms\":2.310,"
		"\"end\":\"closed\"}\n");
}
END_TEST

START_TEST(a_key_that_is_not_known_is_absent)
{
	ended.flags = 0;
	ended.wait_us = 0;
	ended.backend = 8;
	ended.service = 200; /* no worker writes that */
	ended.how = MX_ENDS;
	ended.client = (struct mx_addr){{0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
	ck_assert_str_eq(line(LOGSHEET_LOGFMT),
			 "time=2026-10-28T21:42:53.123Z event=session "
			 "id=5f3a9c21.3.17 client=2001:db8::1 "
			 "client_port=40000 vip=198.51.100.25 vip_port=25 "
			 "duration_ms=2000 end=?\n");
}
END_TEST

static const char *
change(enum logsheet_format format, const struct mx_changed *changed)
{
	struct text text = {bytes, bytes + LINE_MAX_BYTES, false};

	changeline_put(&text, format, 0x5f3a9c21, changed);
	*text.at = '\0';
	ck_assert(!text.cut);
	return bytes;
}

START_TEST(a_change_has_what_is_known)
{
	const struct mx_changed changed = {
		.serial = 7,
		.at_s = 1793223773,
		.level = "info",
		.source = "operator",
		.subject = "backend mx/mta1",
		.before = "ready",
		.after = "drain",
		.why = "\"n\xc3\xa4her\" \xc3 \x1b[1m \xc2\x9b \xe2\x82",
		.who = "command of alice",
	};

	ck_assert_str_eq(
		change(LOGSHEET_LOGFMT, &changed),
		"time=2026-10-28T21:42:53.000Z event=change id=5f3a9c21.32.7 "
		"level=info source=operator subject=\"backend mx/mta1\" "
		"before=ready after=drain "
		"why=\"\\\"n\xc3\xa4her\\\" ? ?[1m ? ??\" "
		"who=\"command of alice\"\n");
	ck_assert_str_eq(
		change(LOGSHEET_JSON, &changed),
		"{\"time\":\"2026-10-28T21:42:53.000Z\",\"event\":"
		"\"change\",\"id\":\"5f3a9c21.32.7\",\"level\":\"info\","
		"\"source\":\"operator\",\"subject\":\"backend mx/mta1\","
		"\"before\":\"ready\",\"after\":\"drain\","
		"\"why\":\"\\\"n\xc3\xa4her\\\" ? ?[1m ? ??\","
		"\"who\":\"command of alice\"}\n");
}
END_TEST

START_TEST(the_longest_change_fits)
{
	struct mx_changed changed = {.serial = UINT64_MAX};

	memset(changed.level, '"',
	       sizeof(changed) - offsetof(struct mx_changed, level));
	changed.level[sizeof(changed.level) - 1] = '\0';
	changed.source[sizeof(changed.source) - 1] = '\0';
	changed.subject[sizeof(changed.subject) - 1] = '\0';
	changed.what[sizeof(changed.what) - 1] = '\0';
	changed.before[sizeof(changed.before) - 1] = '\0';
	changed.after[sizeof(changed.after) - 1] = '\0';
	changed.why[sizeof(changed.why) - 1] = '\0';
	/* One that does not end is left out. */
	ck_assert_ptr_null(strstr(change(LOGSHEET_JSON, &changed), "who"));
	changed.who[sizeof(changed.who) - 1] = '\0';
	ck_assert_ptr_nonnull(strstr(change(LOGSHEET_JSON, &changed), "who"));
}
END_TEST

START_TEST(the_longest_line_fits)
{
	memset(sheet.service[2].now, 'x', LOGSHEET_NAME_MAX - 1);
	memset(sheet.backend[7].now, 'x', LOGSHEET_NAME_MAX - 1);
	memset(&ended.client, 0xee, sizeof(ended.client));
	memset(&ended.vip, 0xee, sizeof(ended.vip));
	ended.serial = UINT64_MAX;
	ended.wait_us = UINT32_MAX;
	ended.how = MX_END_BACKEND_RESET;
	ck_assert_uint_lt(strlen(line(LOGSHEET_JSON)), LINE_MAX_BYTES / 2);
}
END_TEST

/* Seconds that a session lasts, and how far its beginning is from the start of a
 * second. */
START_TEST(a_duration_is_exact_to_some_milliseconds)
{
	static const uint32_t last_ms[] = {0,     1,     40,     999,   1500,
					   33000, 70000, 140000, 900000};

	for (uint64_t from_ms = 0; from_ms < 1000; from_ms += 37) {
		const uint64_t to_ms = from_ms + last_ms[_i];
		const uint64_t began =
			(7000 * HZ + from_ms * HZ / 1000) >> MX_BEGAN_SHIFT;

		ended.began = (uint16_t)(began | 1);
		ended.at_tsc = 7000 * HZ + to_ms * HZ / 1000;
		ended.opened_s = 1000;
		ended.at_s = (uint32_t)(1000 + to_ms / 1000);
		const uint64_t ms = line_duration_ms(&ended, HZ);
		ck_assert_msg(ms + 4 + last_ms[_i] / 500 >= last_ms[_i] &&
				      ms <= last_ms[_i] + 4 + last_ms[_i] / 500,
			      "%u ms came out as %" PRIu64, last_ms[_i], ms);
	}
}
END_TEST

START_TEST(the_id_is_found_in_a_line_again)
{
	const char *made = line(_i == 0 ? LOGSHEET_LOGFMT : LOGSHEET_JSON);
	uint32_t identity;
	uint16_t ring;
	uint64_t serial;

	ck_assert(line_id(made, strlen(made), &identity, &ring, &serial));
	ck_assert_uint_eq(identity, 0x5f3a9c21);
	ck_assert_uint_eq(ring, 3);
	ck_assert_uint_eq(serial, 17);
	ck_assert(!line_id(made, 20, &identity, &ring, &serial));
}
END_TEST

START_TEST(a_session_has_the_name_that_its_id_had_then)
{
	logsheet_set(&sheet.backend[7], "mx/mta9", 1099);
	ck_assert_ptr_nonnull(
		strstr(line(LOGSHEET_LOGFMT), "backend=mx/mta1 "));
	ended.opened_s = 1099;
	ck_assert_ptr_nonnull(
		strstr(line(LOGSHEET_LOGFMT), "backend=mx/mta9 "));
}
END_TEST

START_TEST(a_sheet_is_read_as_it_was_written)
{
	static char text[LOGSHEET_TEXT_MAX];
	static struct logsheet again;

	sheet.sessions = LOGSHEET_FILE;
	sheet.format = LOGSHEET_JSON;
	sheet.only = LOGSHEET_FAILED;
	sheet.services = 4;
	strcpy(sheet.file, "/var/log/a name.log");
	logsheet_set(&sheet.backend[7], "mx/mta9", 1099);
	const size_t length = logsheet_write(&sheet, text);
	ck_assert_uint_gt(length, 0);
	ck_assert(logsheet_read(&again, text));
	ck_assert_mem_eq(&again, &sheet, sizeof(sheet));
	/* A text that was cut, or is of another version, is none. */
	text[length - 1] = '\0';
	ck_assert(!logsheet_read(&again, text));
	ck_assert(!logsheet_read(&again, "mxsteer-log 2\nsessions file\n"));
	ck_assert(!logsheet_read(&again, "mxsteer-log 1\nsessions paper\n"));
	ck_assert(!logsheet_read(&again,
				 "mxsteer-log 1\nbackend 1024 0 mx/a -\n"));
}
END_TEST

START_TEST(the_largest_sheet_fits)
{
	static char text[LOGSHEET_TEXT_MAX];

	for (unsigned i = 0; i <= MX_BACKENDS_MAX; i++) {
		sheet.backend[i].since_s = UINT32_MAX;
		memset(sheet.backend[i].now, 'x', LOGSHEET_NAME_MAX - 1);
		memset(sheet.backend[i].before, 'x', LOGSHEET_NAME_MAX - 1);
	}
	for (unsigned i = 0; i < MX_SERVICES_MAX; i++)
		sheet.service[i] = sheet.backend[1];
	ck_assert_uint_gt(logsheet_write(&sheet, text), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("line");
	TCase *t = tcase_create("line");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_line_has_all_that_is_known);
	tcase_add_test(t, a_key_that_is_not_known_is_absent);
	tcase_add_test(t, the_longest_line_fits);
	tcase_add_test(t, a_change_has_what_is_known);
	tcase_add_test(t, the_longest_change_fits);
	tcase_add_loop_test(t, a_duration_is_exact_to_some_milliseconds, 0, 9);
	tcase_add_loop_test(t, the_id_is_found_in_a_line_again, 0, 2);
	tcase_add_test(t, a_session_has_the_name_that_its_id_had_then);
	tcase_add_test(t, a_sheet_is_read_as_it_was_written);
	tcase_add_test(t, the_largest_sheet_fits);
	suite_add_tcase(s, t);
	return s;
}
