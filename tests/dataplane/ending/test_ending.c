/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions of a backend whose sessions are to end, end behind the reply to a
 * mail, and no mail is lost or doubled.
 * Method: real worker_poll(); both ends are played by hand, in all modes of
 * fullnat and nat.  A client never gets a reply whose mail the MTA does not
 * have, and an MTA never loses a connection whose reply may be lost. */
#include <string.h>

#include "onerig.h"
#include "options.h"
#include "proxytalk.h"
#include "runner.h"
#include "ways.h"

#define TEXT "421 4.3.2 mx.example.org shutting down\r\n"
#define TEXT_BYTES ((uint32_t)sizeof(TEXT) - 1)
#define HOST "mx.example.org"

/* A session, and how many bytes each end has said. */
static struct proxytalk p;
static uint32_t said_in, said_out;
static uint8_t frame[FRAME_MAX];

static struct mx_backend *
backend(void)
{
	return &rig_plan(rig)->backend[talk_session(&p.talk)->backend];
}

static void
watch(bool wanted)
{
	backend()->watched = wanted;
	backend()->ends_s = wanted ? UINT32_MAX : 0;
}

static void
hear(const char *text)
{
	struct segment said = proxytalk_back(&p, ACK | PSH, said_out, said_in);

	said.payload = (const uint8_t *)text;
	said.payload_bytes = (uint16_t)strlen(text);
	talk_send(&p.talk, LAN, &said);
	said_out += said.payload_bytes;
}

static void
say(const char *text)
{
	struct segment said = proxytalk_in(&p, ACK | PSH, said_in, said_out);

	said.payload = (const uint8_t *)text;
	said.payload_bytes = (uint16_t)strlen(text);
	talk_send(&p.talk, WAN, &said);
	said_in += said.payload_bytes;
}

/* The next frame that left by a port, without a name: only what matters. */
static void
expect(uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack,
       const char *text)
{
	struct segment left;
	const uint16_t bytes = rig_get(rig, port, frame);

	ck_assert_uint_gt(bytes, 0);
	ck_assert(frame_sums_are_right(frame, bytes));
	frame_read(frame, bytes, &left);
	ck_assert_uint_eq(left.flags, flags);
	ck_assert_uint_eq(left.seq, seq);
	ck_assert_uint_eq(left.ack, ack);
	ck_assert_uint_eq(left.payload_bytes, strlen(text));
	ck_assert_mem_eq(frame + bytes - left.payload_bytes, text,
			 left.payload_bytes);
}

/* The numbers of the next byte of each end, as each port sees them. */
static uint32_t
wan_seq(uint32_t more)
{
	return p.b - p.talk.ack_shift + 1 + said_out + more;
}

static uint32_t
wan_ack(uint32_t more)
{
	return p.c + 1 + said_in + more;
}

static uint32_t
lan_seq(uint32_t more)
{
	return p.c + 1 + p.shift + said_in + more;
}

static uint32_t
lan_ack(uint32_t more)
{
	return p.b + 1 + said_out + more;
}

static void
expect_quit(void)
{
	expect(LAN, ACK | PSH | FIN, lan_seq(0), lan_ack(0), "QUIT\r\n");
}

static void
expect_text(void)
{
	expect(WAN, ACK | PSH | FIN, wan_seq(0), wan_ack(0), TEXT);
}

/* The client acknowledges `more` bytes behind the reply. */
static void
acknowledge(uint32_t more)
{
	const struct segment said =
		proxytalk_in(&p, ACK, said_in, said_out + more);

	talk_send(&p.talk, WAN, &said);
}

/* A session that is watched, with nothing under way. */
static void
open_watched(int way)
{
	said_in = said_out = 0;
	for (int i = 0; i < RIG_SERVICES; i++) {
		struct mx_service *service = &rig_plan(rig)->service[i];

		service->host_bytes = sizeof(HOST) - 1;
		memcpy(service->host, HOST, sizeof(HOST) - 1);
	}
	p = proxytalk_make(rig, ways[way].service, ways[way].six);
	if (p.talk.service >= RIG_V1_TO4) {
		proxytalk_open(&p);
	} else {
		proxytalk_answer(&p);
		acknowledge(0);
	}
	hear("220 mta ESMTP\r\n");
	watch(true);
	say("EHLO client\r\n");
	hear("250 mta\r\n");
	rig_flush(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_WATCHED);
}

/* A mail up to its dot. */
static void
send_mail(void)
{
	say("MAIL FROM:<a@b>\r\n");
	hear("250 ok\r\n");
	say("RCPT TO:<c@d>\r\n");
	hear("250 ok\r\n");
	say("DATA\r\n");
	hear("354 go on\r\n");
	say("Subject: hello\r\n\r\n..\r\nhello\r\n.\r\n");
	rig_flush(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_WATCHED);
}

/* The reply to the mail has left, and the text. */
static void
end_mail(void)
{
	hear("250 queued\r\n");
	rig_get(rig, WAN, frame);
	rig_pass_ms(rig, 0);
	expect_text();
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_ENDING);
}

START_TEST(a_session_ends_behind_its_mail)
{
	open_watched(_i);
	send_mail();
	end_mail();
	const struct mx_flow_count *count =
		&rig->count[0].backend[talk_session(&p.talk)->backend];
	ck_assert_uint_eq(count->ending, 1);
	ck_assert_uint_eq(count->watched, 0);
	/* The client has the reply, and then the text. */
	acknowledge(0);
	expect_quit();
	talk_assert_silence(rig);
	acknowledge(TEXT_BYTES + 1);
	talk_assert_silence(rig);
	/* It ends too.  Its FIN does not pass. */
	struct segment said =
		proxytalk_in(&p, ACK | FIN, said_in, said_out + TEXT_BYTES + 1);
	talk_send(&p.talk, WAN, &said);
	expect(WAN, ACK, wan_seq(TEXT_BYTES + 1), wan_ack(1), "");
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_ENDING);
	/* So does the backend. */
	said = proxytalk_back(&p, ACK | FIN, said_out, said_in + 7);
	said.payload = (const uint8_t *)"221 bye\r\n";
	said.payload_bytes = 9;
	talk_send(&p.talk, LAN, &said);
	expect(LAN, ACK, lan_seq(7), lan_ack(10), "");
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_CLOSING);
	ck_assert_uint_eq(count->ending, 0);
	ck_assert_uint_eq(count->ended, 1);
	ck_assert_uint_eq(mx_flow_live(count), 0);
}
END_TEST

/* What the client has sent behind the reply is answered and thrown away. */
START_TEST(no_byte_behind_the_reply_passes)
{
	open_watched(_i);
	send_mail();
	end_mail();
	const uint32_t quit = lan_seq(0);
	say("MAIL FROM:<x@y>\r\n");
	expect(LAN, ACK | PSH | FIN, quit, lan_ack(0), "QUIT\r\n");
	expect(WAN, ACK, wan_seq(TEXT_BYTES + 1), wan_ack(0), "");
	said_in -= 17;
	say("MAIL FROM:<x@y>\r\n"); /* again */
	expect(WAN, ACK, wan_seq(TEXT_BYTES + 1), wan_ack(0), "");
	say("QUIT\r\n");
	expect(WAN, ACK, wan_seq(TEXT_BYTES + 1), wan_ack(0), "");
	talk_assert_silence(rig);
	ck_assert_uint_ge(rig_dropped(rig, MX_DROP_ENDING), 3);
}
END_TEST

START_TEST(the_backend_stays_until_the_client_has_the_reply)
{
	open_watched(_i);
	send_mail();
	end_mail();
	/* The reply was lost. */
	said_out -= 12;
	for (int i = 0; i < 3; i++) {
		acknowledge(0);
		hear("250 queued\r\n");
		said_out -= 12;
		expect(WAN, ACK | PSH, wan_seq(0), wan_ack(0),
		       "250 queued\r\n");
		talk_assert_silence(rig);
	}
	for (int i = 0; i < 5; i++)
		rig_pass_ms(rig, 60000);
	while (rig_get(rig, WAN, frame) > 0)
		;
	talk_assert_silence(rig);
	/* What the backend says next has no place, nor has its FIN. */
	struct segment said = proxytalk_back(&p, ACK | FIN, said_out, said_in);
	said.payload = (const uint8_t *)"250 queued\r\n421 timeout\r\n";
	said.payload_bytes = 25;
	talk_send(&p.talk, LAN, &said);
	expect(WAN, ACK, wan_seq(0), wan_ack(0), "250 queued\r\n");
	said.seq += 12;
	said.payload_bytes = 0;
	talk_send(&p.talk, LAN, &said);
	talk_assert_silence(rig);
	said_out += 12;
	acknowledge(0);
	expect_quit();
	/* Its socket is gone: all is said. */
	said = proxytalk_back(&p, RST, said_out, 0);
	said.ack = 0;
	talk_send(&p.talk, LAN, &said);
	talk_assert_silence(rig);
	said = proxytalk_in(&p, ACK | RST, said_in, said_out);
	talk_send(&p.talk, WAN, &said);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_CLOSING);
}
END_TEST

START_TEST(text_and_quit_are_repeated)
{
	open_watched(_i);
	send_mail();
	end_mail();
	rig_pass_ms(rig, 399);
	talk_assert_silence(rig);
	rig_pass_ms(rig, 1);
	expect_text();
	acknowledge(0);
	expect_quit();
	talk_assert_silence(rig);
	rig_pass_ms(rig, 400);
	expect_quit();
	rig_pass_ms(rig, 400);
	expect_text();
	rig_pass_ms(rig, 400);
	expect_quit();
	acknowledge(TEXT_BYTES + 1);
	const struct segment said =
		proxytalk_back(&p, ACK, said_out, said_in + 7);
	talk_send(&p.talk, LAN, &said);
	for (int i = 0; i < 8; i++)
		rig_pass_ms(rig, 1600);
	talk_assert_silence(rig);
	/* A minute later both are reset, since both have all that matters. */
	rig_pass_ms(rig, 60000);
	expect(WAN, ACK | RST, wan_seq(TEXT_BYTES + 1), wan_ack(0), "");
	expect(LAN, ACK | RST, lan_seq(7), lan_ack(0), "");
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_CLOSING);
	/* The reset was lost. */
	hear("221 bye\r\n");
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_CLOSING);
}
END_TEST

/* Without the reply the client would send the mail again. */
START_TEST(a_client_that_says_nothing_is_left_to_the_idle_timer)
{
	open_watched(_i);
	send_mail();
	end_mail();
	for (int i = 0; i < 5; i++)
		rig_pass_ms(rig, 60000);
	while (rig_get(rig, WAN, frame) > 0)
		;
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_ENDING);
	rig_pass_s(rig, rig_plan(rig)->service[0].idle_s + 1);
	ck_assert_uint_eq(rig_sessions(rig), 0);
	ck_assert_uint_eq(rig->count[0].backend[1].ending +
				  rig->count[0].backend[2].ending +
				  rig->count[0].backend[3].ending,
			  0);
}
END_TEST

/* A stranger knows no numbers. */
START_TEST(no_stranger_confirms_the_reply)
{
	static const uint32_t off[] = {1,        200,     100000,
				       1u << 31, 0u - 60, 0u - 70000};

	open_watched(_i);
	send_mail();
	/* Before the reply: it is not believed later. */
	struct segment said = proxytalk_in(&p, ACK, said_in, said_out + 5000);
	talk_send(&p.talk, WAN, &said);
	rig_flush(rig);
	end_mail();
	said_out -= 12;
	for (size_t i = 0; i < RTE_DIM(off); i++) {
		said = proxytalk_in(&p, ACK, said_in,
				    said_out + 12 + TEXT_BYTES + 1 + off[i]);
		talk_send(&p.talk, WAN, &said);
		said = proxytalk_in(&p, ACK, said_in + 100000 + off[i],
				    said_out + 12);
		said.seq += 70000;
		talk_send(&p.talk, WAN, &said);
		said = proxytalk_in(&p, RST, said_in + off[i], 0);
		talk_send(&p.talk, WAN, &said);
	}
	while (rig_get(rig, WAN, frame) > 0)
		;
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_ENDING);
	said_out += 12;
	acknowledge(0);
	expect_quit();
}
END_TEST

START_TEST(a_client_without_room_is_told_later)
{
	open_watched(_i);
	send_mail();
	struct segment said = proxytalk_in(&p, ACK, said_in, said_out);
	said.window = 12;
	talk_send(&p.talk, WAN, &said);
	rig_flush(rig);
	hear("250 queued\r\n");
	rig_get(rig, WAN, frame);
	rig_pass_ms(rig, 3000);
	rig_pass_ms(rig, 3000);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_ENDING);
	said = proxytalk_in(&p, ACK, said_in, said_out);
	said.window = 500;
	talk_send(&p.talk, WAN, &said);
	expect_text();
	expect_quit();
	talk_assert_silence(rig);
}
END_TEST

/* Add timestamps, as hosts do. */
static void
stamp(struct segment *said, uint32_t value, uint32_t echo)
{
	options_write_stamps(said->option,
			     &(struct options_stamps){value, echo});
	said->option_bytes = OPTIONS_STAMPS_BYTES;
}

/* The next frame that left by a port has these and no other options. */
static void
expect_stamps(uint16_t port, uint32_t value, uint32_t echo)
{
	const struct segment left = talk_next(rig, port);
	struct segment wanted = left;

	stamp(&wanted, value, echo);
	ck_assert_uint_eq(left.option_bytes, wanted.option_bytes);
	ck_assert_mem_eq(left.option, wanted.option, left.option_bytes);
}

/* The reply to the mail, with timestamps; it leaves. */
static void
hear_queued(uint32_t value, uint32_t echo)
{
	struct segment said = proxytalk_back(&p, ACK | PSH, said_out, said_in);

	said.payload = (const uint8_t *)"250 queued\r\n";
	said.payload_bytes = 12;
	stamp(&said, value, echo);
	talk_send(&p.talk, LAN, &said);
	expect_stamps(WAN, value, echo);
}

/* The client has the reply, or not. */
static void
acknowledge_stamped(uint32_t got, uint32_t value, uint32_t echo)
{
	struct segment said = proxytalk_in(&p, ACK, said_in, got);

	stamp(&said, value, echo);
	talk_send(&p.talk, WAN, &said);
}

/* A receiver may drop a segment without timestamps, or with older ones than it
 * has got (RFC 7323 3.2, 5.3). */
START_TEST(ends_that_agreed_on_timestamps_get_the_latest)
{
	open_watched(_i);
	send_mail();
	hear_queued(0xfffffff0u, 77);
	rig_pass_ms(rig, 0);
	expect_stamps(WAN, 0xfffffff0u, 77);
	/* Again, and an older one behind it. */
	hear_queued(20, 77);
	hear_queued(0xfffffff4u, 77);
	rig_pass_ms(rig, 400);
	expect_stamps(WAN, 20, 77);
	/* A client's clock is not the one that the backend has heard. */
	acknowledge_stamped(said_out + 12, 99, 20);
	expect_stamps(LAN, 77, 20);
	struct segment said = proxytalk_in(&p, ACK | FIN, said_in,
					   said_out + 12 + TEXT_BYTES + 1);
	stamp(&said, 99, 20);
	talk_send(&p.talk, WAN, &said);
	expect_stamps(WAN, 20, 77);
	said = proxytalk_back(&p, ACK | FIN, said_out + 12, said_in + 7);
	stamp(&said, 25, 77);
	talk_send(&p.talk, LAN, &said);
	expect_stamps(LAN, 77, 25);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_CLOSING);
}
END_TEST

START_TEST(after_a_restart_the_client_tells_the_timestamps)
{
	open_watched(_i);
	send_mail();
	hear_queued(20, 77);
	rig_pass_ms(rig, 0);
	rig_flush(rig);
	rig_restart(rig);
	watch(true);
	/* Not one whom nobody believes. */
	acknowledge_stamped(said_out + 100000, 4711, 4712);
	talk_assert_silence(rig);
	acknowledge_stamped(said_out + 12, 99, 20);
	expect_stamps(WAN, 20, 99);
	expect_stamps(LAN, 99, 20);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(a_restart_goes_on_with_the_end)
{
	open_watched(_i);
	send_mail();
	end_mail();
	said_out -= 12;
	rig_restart(rig);
	watch(true);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_ENDING);
	/* The reply was lost with the process. */
	hear("250 queued\r\n");
	expect(WAN, ACK | PSH, wan_seq(0u - 12), wan_ack(0), "250 queued\r\n");
	rig_pass_ms(rig, 400);
	expect_text();
	talk_assert_silence(rig);
	/* The client has sent more, and was answered before. */
	const uint32_t quit = lan_seq(0);
	said_in += 30;
	acknowledge(TEXT_BYTES + 1);
	expect(LAN, ACK | PSH | FIN, quit, lan_ack(0), "QUIT\r\n");
	say("QUIT\r\n");
	expect(WAN, ACK, wan_seq(TEXT_BYTES + 1), wan_ack(0), "");
	talk_assert_silence(rig);
}
END_TEST

START_TEST(a_restart_begins_to_read_anew)
{
	open_watched(_i);
	send_mail();
	rig_restart(rig);
	watch(true);
	hear("250 queued\r\n");
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_WATCHED);
	send_mail();
	end_mail();
}
END_TEST

START_TEST(a_session_that_is_no_longer_to_end_goes_on)
{
	open_watched(_i);
	send_mail();
	watch(false);
	hear("250 queued\r\n");
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_ESTABLISHED);
	say("RSET\r\n");
	hear("250 ok\r\n");
	watch(true);
	send_mail();
	end_mail();
}
END_TEST

START_TEST(the_operator_may_lose_patience)
{
	open_watched(_i);
	send_mail();
	end_mail();
	backend()->ended_s = talk_session(&p.talk)->opened_s;
	acknowledge(0);
	expect(LAN, ACK | RST, lan_seq(0), lan_ack(0), "");
	expect(WAN, RST, wan_seq(0), 0, "");
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_RESET);
}
END_TEST

/* A dialogue, and where it may end. */
struct step {
	bool client;
	const char *text;
	bool safe; /* nothing is under way behind it */
};

#define ENVELOPE                                                               \
	{true, "MAIL FROM:<a@b>\r\n", false}, {false, "250 ok\r\n", false},    \
		{true, "RCPT TO:<c@d>\r\n", false},                            \
		{false, "250 ok\r\n", false}, {true, "DATA\r\n", false},       \
	{                                                                      \
		false, "354 go on\r\n", false                                  \
	}
#define MAIL                                                                   \
	ENVELOPE, {true, "A: b\r\n\r\n..\r\n.x\r\n.\r\n", false},              \
	{                                                                      \
		false, "250 queued\r\n", true                                  \
	}
#define TALK_STEPS 40

static const struct dialogue {
	struct step step[TALK_STEPS];
	bool ends; /* in the last mail, if watched before it */
} dialogues[] = {
	{{MAIL, {true, "RSET\r\n", false}, {false, "250 ok\r\n", false}, MAIL},
	 true},
	/* The next mail is behind the dot in the same segment. */
	{{ENVELOPE,
	  {true, "A: b\r\n\r\n.\r\nMAIL FROM:<x@y>\r\n", false},
	  {false, "250 queued\r\n", false},
	  {false, "250 ok\r\n", false},
	  {true, "RCPT TO:<c@d>\r\nDATA\r\n", false},
	  {false, "250 ok\r\n354 go on\r\n", false},
	  {true, "A: b\r\n\r\n.\r\n", false},
	  {false, "250-queued\r\n250 thanks\r\n", true}},
	 true},
	/* A body with the end of another inside. */
	{{ENVELOPE,
	  {true, "A: b\r\n\r\n.\n.\r\nMAIL FROM:<x@y>\r\n.\r\n", false},
	  {false, "250 queued\r\n", false}},
	 false},
	/* Two mails by BDAT, one behind the other. */
	{{{true, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 6 LAST\r\nRSET\r\n",
	   false},
	  {false, "250 ok\r\n250 ok\r\n", false},
	  {true, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 6 LAST\r\nDATA\r\n",
	   false},
	  {false, "250 queued\r\n", false},
	  {false, "250 ok\r\n250 ok\r\n250 queued\r\n", false}},
	 false},
	/* TLS from the middle on. */
	{{{true, "STARTTLS\r\n", false},
	  {false, "220 go on\r\n", false},
	  {true, "\x16\x03\x01 DATA\r\n", false},
	  {false, "\x16\x03\x03 354 \r\n", false},
	  {true, "\x17\x03\x03 .\r\n", false},
	  {false, "250 queued\r\n", false}},
	 false},
	/* Commands that end no mail. */
	{{{true, "EHLO c\r\n", false},
	  {false, "250-mta\r\n250 AUTH LOGIN\r\n", false},
	  {true, "AUTH LOGIN\r\n", false},
	  {false, "334 VXNlcm5hbWU6\r\n", false},
	  {true, "eA==\r\n", false},
	  {false, "334 UGFzc3dvcmQ6\r\n", false},
	  {true, "eA==\r\n", false},
	  {false, "235 ok\r\n", false},
	  {true, "MAIL FROM:<a@b>\r\n", false},
	  {false, "250 ok\r\n", false},
	  {true, "RCPT TO:<no@d>\r\n", false},
	  {false, "550 no\r\n", false},
	  {true, "RSET\r\n", false},
	  {false, "250 ok\r\n", false},
	  {true, "NOOP\r\n", false},
	  {false, "250 ok\r\n", false},
	  {true, "VRFY c\r\n", false},
	  {false, "252 perhaps\r\n", false},
	  {true, "HELO c\r\n", false},
	  {false, "250 mta\r\n", false},
	  {true, "DATA\r\n", false},
	  {false, "503 no recipients\r\n", false}},
	 false},
	/* The same behind a mail whose reply was not the place. */
	{{ENVELOPE,
	  {true, "A: b\r\n\r\n.\r\nNOOP\r\n", false},
	  {false, "250 queued\r\n", false},
	  {false, "250 ok\r\n", false},
	  {true, "RSET\r\n", false},
	  {false, "250 ok\r\n", false},
	  {true, "VRFY c\r\n", false},
	  {false, "252 perhaps\r\n", false},
	  {true, "EHLO c\r\n", false},
	  {false, "250-mta\r\n250 8BITMIME\r\n", false},
	  {true, "MAIL FROM:<a@b> BODY=8BITMIME\r\n", false},
	  {false, "250 ok\r\n", false},
	  {true, "RSET\r\n", false},
	  {false, "250 ok\r\n", false},
	  MAIL},
	 true},
	/* Chunks that were sent before the session is read; one looks like a
	 * command. */
	{{{true,
	   "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 6 LAST\r\nRSET\r\n"
	   "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 6 LAST\r\nRSET\r\n",
	   false},
	  {false, "250 ok\r\n250 ok\r\n250 queued\r\n", false},
	  {true, "RSET\r\n", false},
	  {false, "250 ok\r\n", false},
	  {false, "250 ok\r\n", false},
	  {false, "250 queued\r\n", false},
	  {false, "250 ok\r\n", false}},
	 false},
	/* A mail that is refused has ended, too. */
	{{ENVELOPE,
	  {true, "A: b\r\n\r\n.\r\n", false},
	  {false, "451 later\r\n", true}},
	 true},
};

/* Say a step.  Watching begins after *left more bytes: in the middle of a step,
 * which then comes in two segments. */
static void
say_step(const struct step *step, uint32_t *left)
{
	char part[2][200] = {"", ""};
	const size_t bytes = strlen(step->text);
	const size_t first = RTE_MIN((size_t)*left, bytes);

	memcpy(part[0], step->text, first);
	memcpy(part[1], step->text + first, bytes - first);
	for (int i = 0; i < 2; i++) {
		if (i == 1 && first < bytes)
			watch(true);
		if (part[i][0] == '\0')
			continue;
		if (step->client)
			say(part[i]);
		else
			hear(part[i]);
	}
	*left -= (uint32_t)first;
}

START_TEST(watching_begun_at_any_byte_ends_no_session_at_a_wrong_place)
{
	const struct dialogue *d = &dialogues[_i];
	uint32_t total = 0;

	for (int i = 0; i < TALK_STEPS && d->step[i].text != NULL; i++)
		total += (uint32_t)strlen(d->step[i].text);
	for (uint32_t begin = 0; begin < total; begin++) {
		uint32_t left = begin;
		bool ended = false;

		open_watched(6); /* with a header */
		watch(false);
		say("RSET\r\n");
		hear("250 ok\r\n");
		for (int i = 0;
		     i < TALK_STEPS && d->step[i].text != NULL && !ended; i++) {
			say_step(&d->step[i], &left);
			ended = talk_state(&p.talk) == MX_SESSION_ENDING;
			ck_assert(!ended || d->step[i].safe);
		}
		ck_assert(ended || begin > 0 || !d->ends);
		ck_assert(!ended || d->ends);
		rig_flush(rig);
		proxytalk_free(&p);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("ending");
	TCase *t = tcase_create("ending");
	const int all = WAYS;

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_session_ends_behind_its_mail, 0, all);
	tcase_add_loop_test(t, no_byte_behind_the_reply_passes, 0, all);
	tcase_add_loop_test(t, the_backend_stays_until_the_client_has_the_reply,
			    0, all);
	tcase_add_loop_test(t, text_and_quit_are_repeated, 0, all);
	tcase_add_loop_test(
		t, a_client_that_says_nothing_is_left_to_the_idle_timer, 0,
		all);
	tcase_add_loop_test(t, no_stranger_confirms_the_reply, 0, all);
	tcase_add_loop_test(t, a_client_without_room_is_told_later, 0, all);
	tcase_add_loop_test(t, ends_that_agreed_on_timestamps_get_the_latest, 0,
			    all);
	tcase_add_loop_test(t, after_a_restart_the_client_tells_the_timestamps,
			    0, all);
	tcase_add_loop_test(t, a_restart_goes_on_with_the_end, 0, all);
	tcase_add_loop_test(t, a_restart_begins_to_read_anew, 0, all);
	tcase_add_loop_test(t, a_session_that_is_no_longer_to_end_goes_on, 0,
			    all);
	tcase_add_loop_test(t, the_operator_may_lose_patience, 0, all);
	tcase_add_loop_test(
		t, watching_begun_at_any_byte_ends_no_session_at_a_wrong_place,
		0, RTE_DIM(dialogues));
	suite_add_tcase(s, t);
	return s;
}
