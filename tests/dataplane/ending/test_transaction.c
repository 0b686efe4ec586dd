/* SPDX-License-Identifier: BSD-3-Clause */
/* A session may be ended behind the reply to a mail, and nowhere else.
 * Method: dialogues as turns of both sides, of which the test knows behind which
 * no mail can be doubled.  They come in segments of every size, with segments
 * that are repeated, overlap or were missed, from every byte on. */
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "transaction.h"

/* The client says something, then the server does.  place: the server has
 * answered a mail, and the client has sent nothing behind it. */
struct turn {
	const char *client;
	const char *server;
	bool place;
};

#define MAIL                                                                   \
	{                                                                      \
		"MAIL FROM:<a@example.org>\r\n", "250 2.1.0 Ok\r\n", false     \
	}
#define RCPT                                                                   \
	{                                                                      \
		"RCPT TO:<b@example.net>\r\n", "250 2.1.5 Ok\r\n", false       \
	}
#define DATA                                                                   \
	{                                                                      \
		"DATA\r\n", "354 End data with <CR><LF>.<CR><LF>\r\n", false   \
	}
#define BODY                                                                   \
	{                                                                      \
		"Subject: x\r\n\r\n..dot\r\ntext.\r\n.\r\n",                   \
			"250 2.0.0 Ok: queued\r\n", true                       \
	}

#define TURNS_MAX 16

static struct transaction t;
static uint32_t client_at, server_at; /* numbers of the next bytes */
static unsigned places, found;        /* places, and how many were named */

static void
begin(void)
{
	transaction_begin(&t);
	client_at = 0xfffffff0u; /* the numbers wrap */
	server_at = 0xffffff80u;
	places = found = 0;
}

static struct transaction_said
said(uint32_t seq, uint32_t ack, const char *text, size_t bytes)
{
	return (struct transaction_said){seq, ack, (const uint8_t *)text,
					 (uint16_t)bytes};
}

static void
client_says(const char *text, size_t bytes)
{
	const struct transaction_said segment =
		said(client_at, server_at, text, bytes);

	transaction_client(&t, &segment);
	client_at += (uint32_t)bytes;
}

static bool
server_says(const char *text, size_t bytes)
{
	const struct transaction_said segment =
		said(server_at, client_at, text, bytes);

	server_at += (uint32_t)bytes;
	return transaction_server(&t, &segment);
}

/* A turn, in segments of `size` bytes at most. */
static void
take_turn(const struct turn *turn, size_t size)
{
	const size_t client = strlen(turn->client);
	const size_t server = strlen(turn->server);

	for (size_t i = 0; i < client; i += size)
		client_says(turn->client + i,
			    client - i < size ? client - i : size);
	for (size_t i = 0; i < server; i += size) {
		const size_t bytes = server - i < size ? server - i : size;
		const bool named = server_says(turn->server + i, bytes);

		ck_assert(!named || (turn->place && i + bytes == server));
		found += named;
	}
	places += turn->place;
}

static void
talk(const struct turn *turns, size_t size)
{
	begin();
	for (int i = 0; i < TURNS_MAX && turns[i].client != NULL; i++)
		take_turn(&turns[i], size);
}

static const struct turn plain[TURNS_MAX] = {
	{"EHLO x\r\n", "250-mta\r\n250-CHUNKING\r\n250 PIPELINING\r\n", false},
	MAIL,
	RCPT,
	DATA,
	BODY,
	{"RSET\r\n", "250 2.0.0 Ok\r\n", false},
	MAIL,
	{"RCPT TO:<no@example.net>\r\n", "550-5.1.1 354 no\r\n550 354\r\n",
	 false},
	RCPT,
	{"data\r\n", "354 go on\r\n", false},
	{".\r\n", "554-5.7.1 no\r\n554 5.7.1 empty\r\n", true},
	MAIL,
	RCPT,
	{"DATA\r\n", "452 later\r\n", false},
	{"QUIT\r\n", "221 bye\r\n", false},
};

START_TEST(the_reply_to_a_mail_is_the_place_in_segments_of_any_size)
{
	talk(plain, (size_t)_i);
	ck_assert_uint_eq(places, 2);
	ck_assert_uint_eq(found, 2);
}
END_TEST

static const struct turn pipelined[TURNS_MAX] = {
	{"EHLO x\r\n", "250 mta\r\n", false},
	{"MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n",
	 "250 ok\r\n250 ok\r\n354 go\r\n", false},
	/* The next mail's commands are behind the dot. */
	{"a\r\n.\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n", "250 ok\r\n",
	 false},
	{"", "250 ok\r\n250 ok\r\n354 go\r\n", false},
	{"b\r\n.\r\n", "250 ok\r\n", true},
	{"MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n",
	 "250 ok\r\n250 ok\r\n354 go\r\n", false},
	{"c\r\n.\r\nQUIT\r\n", "250 ok\r\n221 bye\r\n", false},
};

START_TEST(what_is_pipelined_behind_a_dot_rules_its_reply_out)
{
	talk(pipelined, (size_t)_i);
	ck_assert_uint_eq(found, 1);
}
END_TEST

/* In each of these no place may be named at all. */
static const struct turn never[][TURNS_MAX] = {
	/* Mails in chunks; two of them at once. */
	{{"EHLO x\r\n", "250 CHUNKING\r\n", false},
	 MAIL,
	 RCPT,
	 {"BDAT 3 LAST\r\n.\r\n", "250 ok\r\n", false},
	 MAIL,
	 RCPT,
	 {"BDAT 5 LAST\r\n\r\n.\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\n"
	  "BDAT 5 LAST\r\n\r\n.\r\n",
	  "250 ok\r\n250 ok\r\n250 ok\r\n", false},
	 {"", "250 ok\r\n", false}},
	/* A mail in chunks behind a dot; its last bytes look like a dot. */
	{{"EHLO x\r\n", "250 CHUNKING\r\n", false},
	 MAIL,
	 RCPT,
	 DATA,
	 {"a\r\n.\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\n"
	  "BDAT 5 LAST\r\n\r\n.\r\n",
	  "250 ok\r\n", false},
	 {"", "250 ok\r\n250 ok\r\n250 ok\r\n", false}},
	/* A chunk that holds what looks like commands. */
	{{"EHLO x\r\n", "250 CHUNKING\r\n", false},
	 MAIL,
	 RCPT,
	 {"BDAT 13 LAST\r\nDATA\r\nx\r\n.\r\n", "250 ok\r\n", false},
	 MAIL},
	/* One who does not wait for 354. */
	{{"EHLO x\r\n", "250 ok\r\n", false},
	 MAIL,
	 RCPT,
	 {"DATA\r\na\r\n.\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n",
	  "354 go\r\n", false},
	 {"b\r\n.\r\n", "250 first\r\n250 ok\r\n250 ok\r\n354 go\r\n", false},
	 {"", "250 second\r\n", false}},
	/* A dot that only a lenient server takes for the end of a mail. */
	{{"EHLO x\r\n", "250 ok\r\n", false},
	 MAIL,
	 RCPT,
	 DATA,
	 {"a\n.\nMAIL FROM:<a>\r\n\r\n.\r\n", "250 ok\r\n", false}},
	{{"EHLO x\r\n", "250 ok\r\n", false},
	 MAIL,
	 RCPT,
	 DATA,
	 {"a\r\n.\nMAIL FROM:<a>\r\n\r\n.\r\n", "250 ok\r\n", false}},
	{{"EHLO x\r\n", "250 ok\r\n", false},
	 MAIL,
	 RCPT,
	 DATA,
	 {"a\n.\r\nMAIL FROM:<a>\r\n\r\n.\r\n", "250 ok\r\n", false}},
	{{"EHLO x\r\n", "250 ok\r\n", false},
	 MAIL,
	 RCPT,
	 DATA,
	 {"a\r.\rMAIL FROM:<a>\r\n\r\n.\r\n", "250 ok\r\n", false}},
	{{"EHLO x\r\n", "250 ok\r\n", false},
	 MAIL,
	 RCPT,
	 DATA,
	 {"a\r\n.\rb\r\n.\r\n", "250 ok\r\n", false}},
	/* The end of the transaction, before the dot. */
	{{"EHLO x\r\n", "250 ok\r\n", false},
	 MAIL,
	 RCPT,
	 DATA,
	 {"a\r\n", "421 4.3.2 closing\r\n", false},
	 {".\r\n", "250 ok\r\n", false}},
	/* A reply for each recipient (PRDR). */
	{{"EHLO x\r\n", "250 PRDR\r\n", false},
	 MAIL,
	 RCPT,
	 DATA,
	 {"a\r\n.\r\n", "353 each\r\n", false},
	 {"", "250 one\r\n", false},
	 {"", "250 all\r\n", false}},
	/* TLS. */
	{{"EHLO x\r\n", "250 STARTTLS\r\n", false},
	 {"STARTTLS\r\n", "220 ready\r\n", false},
	 DATA,
	 {"a\r\n.\r\n", "250 ok\r\n", false}},
	{{"\x16\x03\x01 hello", "\x16\x03\x03 hello", false},
	 DATA,
	 {"a\r\n.\r\n", "250 ok\r\n", false}},
	/* RSET, NOOP, VRFY, another EHLO and a login end nothing. */
	{{"EHLO x\r\n", "250 ok\r\n", false},
	 {"AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n", false},
	 {"eA==\r\n", "235 ok\r\n", false},
	 {"RSET\r\n", "250 ok\r\n", false},
	 {"NOOP\r\n", "250 ok\r\n", false},
	 {"VRFY x\r\n", "252 perhaps\r\n", false},
	 {"HELO x\r\n", "250 ok\r\n", false},
	 MAIL,
	 {"RSET\r\n", "250 ok\r\n", false},
	 {"EHLO x\r\n", "250-ok\r\n250 8BITMIME\r\n", false}},
};

START_TEST(where_a_mail_could_be_doubled_no_place_is_named)
{
	for (size_t size = 1; size < 80; size++)
		talk(never[_i], size);
	ck_assert_uint_eq(found, 0);
}
END_TEST

START_TEST(a_record_of_tls_makes_the_session_unreadable)
{
	begin();
	client_says("NOOP\r\n", 6);
	server_says("250 ok\r\n", 8);
	client_says("STARTTLS\r\n", 10);
	server_says("220 go\r\n", 8);
	ck_assert_uint_eq(t.phase, TRANSACTION_TLS);
	begin();
	client_says("\x17\x03\x03 data", 8);
	ck_assert_uint_eq(t.phase, TRANSACTION_TLS);
	begin();
	server_says("\x17\x03\x03 data", 8);
	ck_assert_uint_eq(t.phase, TRANSACTION_TLS);
}
END_TEST

START_TEST(repeated_and_overlapping_segments_make_no_difference)
{
	begin();
	for (int i = 0; i < 3; i++)
		take_turn(&plain[i], 100);
	client_says("DATA\r\n", 6);
	server_says("354 go\r\n", 8);
	client_says("a\r\n.\r", 5);
	client_at -= 5;
	client_says("a\r\n.\r\n", 6);
	client_at -= 3;
	client_says(".\r\n", 3);
	ck_assert(!server_says("250 o", 5));
	server_at -= 5;
	ck_assert(server_says("250 ok\r\n", 8));
	server_at -= 8;
	ck_assert(!server_says("250 ok\r\n", 8)); /* the same again */
}
END_TEST

/* A dialogue up to the answer to DATA, with numbers that both sides know. */
static void
reach_body(void)
{
	static const struct turn data = DATA;

	begin();
	for (int i = 0; i < 3; i++)
		take_turn(&plain[i], 100);
	take_turn(&data, 100);
}

START_TEST(a_missed_segment_rules_its_mail_out_and_the_next_one_is_read)
{
	reach_body();
	client_at += 100; /* missed */
	client_says("b\r\n.\r\n", 6);
	ck_assert(!server_says("250 ok\r\n", 8));
	for (int i = 1; i < 4; i++)
		take_turn(&plain[i], 100);
	client_says("b\r\n.\r\n", 6);
	ck_assert(server_says("250 ok\r\n", 8));

	reach_body();
	client_says("b\r\n.\r\n", 6);
	server_at += 20; /* missed */
	ck_assert(!server_says("250 ok\r\n", 8));
	for (int i = 1; i < 4; i++)
		take_turn(&plain[i], 100);
	client_says("b\r\n.\r\n", 6);
	ck_assert(server_says("250 ok\r\n", 8));
}
END_TEST

START_TEST(a_reply_that_does_not_acknowledge_all_is_not_the_place)
{
	struct transaction_said reply;

	for (uint32_t less = 1; less < 7; less++) {
		reach_body();
		client_says("b\r\n.\r\n", 6);
		reply = said(server_at, client_at - less, "250 ok\r\n", 8);
		ck_assert(!transaction_server(&t, &reply));
	}
	reach_body();
	client_says("b\r\n.\r\n", 6);
	reply = said(server_at, client_at + 1, "250 ok\r\n", 8);
	ck_assert(!transaction_server(&t, &reply));
}
END_TEST

/* A random number below `below`. */
static unsigned
any(unsigned below)
{
	return (unsigned)rand() % below;
}

/* A client that waits for every reply that RFC 2920 and RFC 3030 make it wait
 * for, and else sends as it likes; the server's kernel acknowledges at once what
 * its program has not read. */
struct dialogue {
	char client[4096];
	size_t said;         /* bytes the client has sent */
	char reply[256][12]; /* that the server still owes, in order */
	bool mail[256];      /* ... and whether a mail depends on it */
	unsigned replies, told;
};

static void
client_adds(struct dialogue *d, const char *text, const char *reply, bool mail)
{
	strcat(d->client, text);
	strcpy(d->reply[d->replies], reply);
	d->mail[d->replies++] = mail;
}

static void
client_sends(struct dialogue *d)
{
	const size_t all = strlen(d->client);

	while (d->said < all) {
		const size_t bytes = 1 + any((unsigned)(all - d->said));

		if (any(20) == 0)
			client_at += (uint32_t)bytes; /* missed here */
		else
			client_says(d->client + d->said, bytes);
		d->said += bytes;
	}
}

/* The server tells replies, until it owes `left`. */
static void
server_tells(struct dialogue *d, unsigned left)
{
	while (d->replies - d->told > left) {
		const char *text = d->reply[d->told];
		bool mail_later = false;

		for (unsigned i = d->told + 1; i < d->replies; i++)
			mail_later |= d->mail[i];
		if (any(30) == 0) {
			server_at += (uint32_t)strlen(text);
		} else if (server_says(text, strlen(text))) {
			found++;
			ck_assert(d->mail[d->told]);
			ck_assert(!mail_later);
			ck_assert_uint_eq(d->told + 1, d->replies);
		}
		d->told++;
	}
}

static void
converse(struct dialogue *d)
{
	const bool wait = any(2);

	*d = (struct dialogue){0};
	for (unsigned mails = 1 + any(4); mails > 0; mails--) {
		client_adds(d, "MAIL FROM:<a>\r\n", "250 1\r\n", false);
		client_adds(d, "RCPT TO:<b>\r\n", "250 2\r\n", false);
		if (any(3) == 0) {
			client_adds(d, "BDAT 11 LAST\r\nDATA\r\n\r\n.\r\n",
				    "250 5\r\n", true);
		} else {
			client_adds(d, "DATA\r\n", "354 3\r\n", false);
			client_sends(d);
			server_tells(d, 0);
			client_adds(d, any(2) ? "x\r\n.\r\n" : ".\r\n",
				    "250 4\r\n", true);
		}
		if (wait || any(2)) {
			client_sends(d);
			server_tells(d, wait ? 0 : any(2));
		}
	}
	client_sends(d);
	server_tells(d, 0);
}

START_TEST(of_random_dialogues_none_can_double_a_mail)
{
	static struct dialogue dialogue;
	unsigned all = 0;

	srand(8);
	for (int i = 0; i < 200000; i++) {
		begin();
		converse(&dialogue);
		all += found;
	}
	ck_assert_uint_gt(all, 20000);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("transaction");
	TCase *c = tcase_create("transaction");

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(
		c, the_reply_to_a_mail_is_the_place_in_segments_of_any_size, 1,
		80);
	tcase_add_loop_test(
		c, what_is_pipelined_behind_a_dot_rules_its_reply_out, 1, 80);
	tcase_add_loop_test(c, where_a_mail_could_be_doubled_no_place_is_named,
			    0, (int)(sizeof(never) / sizeof(never[0])));
	tcase_add_test(c, a_record_of_tls_makes_the_session_unreadable);
	tcase_add_test(c, repeated_and_overlapping_segments_make_no_difference);
	tcase_add_test(
		c,
		a_missed_segment_rules_its_mail_out_and_the_next_one_is_read);
	tcase_add_test(c,
		       a_reply_that_does_not_acknowledge_all_is_not_the_place);
	tcase_add_test(c, of_random_dialogues_none_can_double_a_mail);
	suite_add_tcase(s, c);
	return s;
}
