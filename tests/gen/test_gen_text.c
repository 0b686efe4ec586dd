/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of clients: it has the same bytes in any slices, and servers read it
 * correctly.
 * Method: every text whole, then in slices of all sizes; strstr() as the naive
 * twin finds the final dot. */
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "runner.h"
#include "text.h"

#define WHOLE_MAX 4096

static struct conn c;
static struct text_rcpt rcpt;
static uint8_t whole[WHOLE_MAX + TEXT_COMMANDS_MAX];

static void
setup(void)
{
	memset(&c, 0, sizeof(c));
	ck_assert(text_rcpt_init(&rcpt, NULL));
	c.key.local = mx_addr_from4(htonl(0xc6120102));
	c.key.local_port_be = htons(40000);
	c.client.id = 0x00c0ffee;
	c.client.bytes = text_message_bytes(1000);
	c.client.recipients = 12;
	c.client.recipients_left = 12;
}

START_TEST(a_slice_is_a_slice_of_the_whole)
{
	uint8_t slice[WHOLE_MAX + TEXT_COMMANDS_MAX];

	c.client.text = (uint8_t)_i;
	const uint32_t bytes = text_bytes(&c, &rcpt);
	ck_assert_uint_le(bytes, WHOLE_MAX);
	text_write(&c, &rcpt, whole, 0, bytes);
	for (uint32_t width = 1; width <= bytes; width = width * 3 + 1)
		for (uint32_t at = 0; at + width <= bytes; at++) {
			text_write(&c, &rcpt, slice, at, width);
			ck_assert_mem_eq(slice, whole + at, width);
		}
}
END_TEST

START_TEST(a_message_ends_where_it_says)
{
	for (uint32_t wanted = 0; wanted < 2000; wanted++) {
		uint8_t state = TEXT_DOT_START;

		c.client.text = TEXT_MESSAGE;
		c.client.bytes = text_message_bytes(wanted);
		const uint32_t bytes = text_bytes(&c, &rcpt);
		text_write(&c, &rcpt, whole, 0, bytes);
		ck_assert_uint_eq(bytes, c.client.bytes + 3);
		ck_assert_mem_eq(whole + bytes - 5, "\r\n.\r\n", 5);
		ck_assert_uint_eq(text_find_dot(&state, whole, bytes), bytes);
		whole[bytes] = '\0';
		/* Lines end by CR LF, and by nothing else. */
		for (const char *at = (char *)whole;
		     (at = strpbrk(at, "\r\n")) != NULL; at += 2)
			ck_assert(at[0] == '\r' && at[1] == '\n');
	}
}
END_TEST

START_TEST(a_message_says_its_number_and_size_in_any_pieces)
{
	c.client.text = TEXT_MESSAGE;
	const uint32_t bytes = text_bytes(&c, &rcpt);
	text_write(&c, &rcpt, whole, 0, bytes);
	for (uint32_t width = 1; width < 64; width++) {
		struct conn_server server = {0};

		for (uint32_t at = 0; at < bytes; at += width) {
			const uint32_t part =
				bytes - at < width ? bytes - at : width;
			text_read_message(&server, whole + at, part);
			server.body_read += part;
		}
		ck_assert_uint_eq(server.id, c.client.id);
		ck_assert_uint_eq(server.bytes, c.client.bytes);
		ck_assert(!server.strange);
	}
}
END_TEST

START_TEST(the_longest_group_fits)
{
	char address[100];

	memset(address, 'a', sizeof(address));
	address[78] = '\0';
	ck_assert(text_rcpt_init(&rcpt, address));
	c.client.text = TEXT_GROUP;
	c.client.recipients = TEXT_RECIPIENTS_MAX;
	ck_assert_uint_le(text_bytes(&c, &rcpt), TEXT_COMMANDS_MAX);
	address[78] = 'a';
	address[79] = '\0';
	ck_assert(!text_rcpt_init(&rcpt, address));
}
END_TEST

START_TEST(somebody_elses_message_is_strange)
{
	static const char *const others[] = {
		"From: <a@example.net>\r\nSubject: not one of ours\r\n",
		"Message-ID: <0000000g.000000.gen@client.example>\r\n",
		"Message-ID: <00000000-000000.gen@client.example>\r\n",
		"\r\nan empty head is rare but allowed by all\r\n",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct conn_server server = {0};

		text_read_message(&server, (const uint8_t *)others[i],
				  (uint32_t)strlen(others[i]));
		ck_assert(server.strange);
	}
}
END_TEST

START_TEST(an_ehlo_says_who_its_client_is)
{
	struct mx_addr addr;
	uint16_t port_be;

	c.client.text = TEXT_EHLO;
	const uint32_t bytes = text_bytes(&c, &rcpt);
	text_write(&c, &rcpt, whole, 0, bytes);
	ck_assert(text_read_ehlo(whole, bytes, &addr, &port_be));
	ck_assert(mx_addr_equal(&addr, &c.key.local));
	ck_assert_uint_eq(port_be, c.key.local_port_be);
	ck_assert(!text_read_ehlo(whole, bytes - 1, &addr, &port_be));
	whole[20] = 'x';
	ck_assert(!text_read_ehlo(whole, bytes, &addr, &port_be));
	ck_assert(!text_read_ehlo((const uint8_t *)"EHLO probe\r\n", 12, &addr,
				  &port_be));
}
END_TEST

START_TEST(the_dot_is_found_where_strstr_finds_it)
{
	uint64_t random = 3;
	char text[65] = "\r\n"; /* a message begins at the start of a line */

	for (int round = 0; round < 200000; round++) {
		uint32_t found = 0, at = 0;
		uint8_t state = TEXT_DOT_START;

		for (int i = 2; i < 64; i++)
			text[i] = "\r\n.a"[random_next(&random) >> 62];
		const char *dot = strstr(text, "\r\n.\r\n");
		while (at < 62 && found == 0) {
			const uint32_t most = 62 - at;
			uint32_t part = random_between(&random, 1, 20);

			part = part < most ? part : most;
			found = text_find_dot(
				&state, (const uint8_t *)text + 2 + at, part);
			at += found > 0 ? found : part;
		}
		if (dot == NULL)
			ck_assert_uint_eq(found, 0);
		else
			ck_assert_int_eq((int)at, (int)(dot - text) + 5 - 2);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("gen_text");
	TCase *t = tcase_create("gen_text");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, a_slice_is_a_slice_of_the_whole, TEXT_EHLO,
			    TEXT_QUIT + 1);
	tcase_add_test(t, a_message_ends_where_it_says);
	tcase_add_test(t, a_message_says_its_number_and_size_in_any_pieces);
	tcase_add_test(t, the_longest_group_fits);
	tcase_add_test(t, somebody_elses_message_is_strange);
	tcase_add_test(t, an_ehlo_says_who_its_client_is);
	tcase_add_test(t, the_dot_is_found_where_strstr_finds_it);
	suite_add_tcase(s, t);
	return s;
}
