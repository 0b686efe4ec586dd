/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_TRANSCRIPTS_H
#define MX_TESTS_TRANSCRIPTS_H

/* What servers say to a probe, what it must answer, how it must end. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "reason.h"

#define TURNS_MAX 10

/* In place of the answer to a turn: the probe begins TLS, and then sends what
 * stands behind. */
#define TLS "\1"

/* How the server ends it; STAYS: the last turn ends the dialogue. */
enum ending { STAYS, CLOSES, RESETS, SILENT };

struct turn {
	const char *in;
	size_t bytes; /* 0: up to the terminator */
	const char *out;
};

struct transcript {
	const char *about;
	enum ending ending;
	enum reason verdict;
	const char *text;
	struct turn turn[TURNS_MAX];
	struct mx_config_check check; /* but for helo */
	bool hasty;                   /* not thorough, and no words are known */
};

#define EHLO "EHLO lb.example.net\r\n"
#define HELO "HELO lb.example.net\r\n"
#define QUIT "QUIT\r\n"

/* clang-format off */
#define BYE {"221 2.0.0 Bye\r\n", 0, ""}
#define HI {"220 mta1 ESMTP\r\n", 0, EHLO}
#define OFFERS {"250-a\r\n250 STARTTLS\r\n", 0, "STARTTLS\r\n"}
#define GO {"220 go\r\n", 0, TLS EHLO}
#define MAIL "MAIL FROM:<>\r\n"
#define RCPT "RCPT TO:<probe@example.net>\r\n"
#define RSET "RSET\r\n"
#define TRY {.starttls = MX_STARTTLS_TRY}
#define REQUIRE {.starttls = MX_STARTTLS_REQUIRE}
#define DEEP {.starttls = MX_STARTTLS_TRY, .probe_recipient = "probe@example.net"}
#define EXPECTS(word, number) .expect_count = 1, \
	.expect = {{.keyword = word, .least = number}}

static const struct transcript transcripts[] = {
	{"Postfix", STAYS, REASON_OK, "250 CHUNKING", {
		{"220 mta1.example.net ESMTP Postfix (Debian/GNU)\r\n", 0, EHLO},
		{"250-mta1.example.net\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n"
		 "250-ETRN\r\n250-8BITMIME\r\n250 CHUNKING\r\n", 0, QUIT},
		BYE}},
	{"postscreen greets in two pieces", STAYS, REASON_OK, "250 mta1", {
		{"220-mta1.example.net ESMTP\r\n", 0, ""},
		{"220 mta1.example.net ESMTP Postfix\r\n", 0, EHLO},
		{"250 mta1\r\n", 0, QUIT}, BYE}},
	{"bare codes end replies", STAYS, REASON_OK, "250", {
		{"220\r\n", 0, EHLO}, {"250-\r\n250\r\n", 0, QUIT}, {"221\r\n", 0, ""}}},
	{"bare LF", STAYS, REASON_OK, "250 b", {
		{"220-a\n220 b\n", 0, EHLO}, {"250-a\n250 b\n", 0, QUIT}, {"221 c\n", 0, ""}}},
	{"any 2xx will do", STAYS, REASON_OK, "299 x", {
		{"200 x\r\n", 0, EHLO}, {"299 x\r\n", 0, QUIT}, {"250 x\r\n", 0, ""}}},
	{"HELO after 500", STAYS, REASON_OK, "250 old", {
		HI, {"500 5.5.1 what?\r\n", 0, HELO}, {"250 old\r\n", 0, QUIT}, BYE}},
	{"HELO after 502", STAYS, REASON_OK, "250 old", {
		HI, {"502-not\r\n502 here\r\n", 0, HELO}, {"250 old\r\n", 0, QUIT}, BYE}},
	{"HELO after 504", STAYS, REASON_OK, "250 old", {
		HI, {"504 no\r\n", 0, HELO}, {"250 old\r\n", 0, QUIT}, BYE}},
	{"what is said after the end is nobody's business", STAYS, REASON_OK, "250 a", {
		HI, {"250 a\r\n", 0, QUIT}, {"221 bye\r\nand more\r\n", 0, ""}}},

	{"no 221: closed", CLOSES, REASON_NO_GOODBYE, "250 a", {
		HI, {"250 a\r\n", 0, QUIT}}},
	{"no 221: reset", RESETS, REASON_NO_GOODBYE, "250 a", {
		HI, {"250 a\r\n", 0, QUIT}}},
	{"no 221: half of it, then silence", SILENT, REASON_NO_GOODBYE, "250 a", {
		HI, {"250 a\r\n", 0, QUIT}, {"221", 0, ""}}},
	{"no 221: another code", STAYS, REASON_NO_GOODBYE, "250 a", {
		HI, {"250 a\r\n", 0, QUIT}, {"502 QUIT?\r\n", 0, ""}}},
	{"no 221: rubbish", STAYS, REASON_NO_GOODBYE, "250 a", {
		HI, {"250 a\r\n", 0, QUIT}, {"bye!\r\n", 0, ""}}},

	{"banner 554", STAYS, REASON_BANNER_REFUSED, "554 5.7.1 go away", {
		{"554-no\r\n554 5.7.1 go", 0, ""}, {" away\r\n", 0, QUIT}, BYE}},
	{"banner 500", STAYS, REASON_BANNER_REFUSED, "500 x", {
		{"500 x\r\n", 0, QUIT}, BYE}},
	{"banner 554, then closed", CLOSES, REASON_BANNER_REFUSED, "554 no", {
		{"554 no\r\n", 0, QUIT}}},
	{"banner 554, then silence", SILENT, REASON_BANNER_REFUSED, "554 no", {
		{"554 no\r\n", 0, QUIT}}},
	{"banner 450", STAYS, REASON_BANNER_LATER, "450 busy", {
		{"450 busy\r\n", 0, QUIT}, BYE}},
	{"banner 421: the server closes by itself", STAYS, REASON_BANNER_LATER, "421 4.3.2 no", {
		{"421 4.3.2 no\r\n", 0, ""}}},
	{"banner 354", STAYS, REASON_UNEXPECTED_CODE, "354 go", {
		{"354 go\r\n", 0, QUIT}, BYE}},
	{"EHLO 550", STAYS, REASON_HELLO_REFUSED, "550 bad name", {
		HI, {"550 bad name\r\n", 0, QUIT}, BYE}},
	{"EHLO 451", STAYS, REASON_HELLO_LATER, "451 later", {
		HI, {"451 later\r\n", 0, QUIT}, BYE}},
	{"EHLO 421", STAYS, REASON_HELLO_LATER, "421 stop", {
		HI, {"421 stop\r\n", 0, ""}}},
	{"EHLO 334", STAYS, REASON_UNEXPECTED_CODE, "334 x", {
		HI, {"334 x\r\n", 0, QUIT}, BYE}},
	{"EHLO 502, HELO 502", STAYS, REASON_HELLO_REFUSED, "502 b", {
		HI, {"502 a\r\n", 0, HELO}, {"502 b\r\n", 0, QUIT}, BYE}},
	{"EHLO 502, HELO 550", STAYS, REASON_HELLO_REFUSED, "550 b", {
		HI, {"502 a\r\n", 0, HELO}, {"550 b\r\n", 0, QUIT}, BYE}},
	{"EHLO 502, HELO 450", STAYS, REASON_HELLO_LATER, "450 b", {
		HI, {"502 a\r\n", 0, HELO}, {"450 b\r\n", 0, QUIT}, BYE}},
	{"EHLO 502, HELO 421", STAYS, REASON_HELLO_LATER, "421 b", {
		HI, {"502 a\r\n", 0, HELO}, {"421 b\r\n", 0, ""}}},

	{"silent server", SILENT, REASON_BANNER_TIMEOUT, "", {{"", 0, ""}}},
	{"banner never ends", SILENT, REASON_BANNER_TIMEOUT, "220-a", {{"220-a\r\n", 0, ""}}},
	{"closed at once", CLOSES, REASON_BANNER_CLOSED, "", {{"", 0, ""}}},
	{"closed in the banner", CLOSES, REASON_BANNER_CLOSED, "220 mta", {{"220 mta", 0, ""}}},
	{"reset at once", RESETS, REASON_BANNER_RESET, "", {{"", 0, ""}}},
	{"silent after EHLO", SILENT, REASON_HELLO_TIMEOUT, "220 mta1 ESMTP", {HI}},
	{"closed after EHLO", CLOSES, REASON_HELLO_CLOSED, "220 mta1 ESMTP", {HI}},
	{"reset after EHLO", RESETS, REASON_HELLO_RESET, "250-a", {HI, {"250-a\r\n", 0, ""}}},
	{"silent after HELO", SILENT, REASON_HELLO_TIMEOUT, "502 a", {HI, {"502 a\r\n", 0, HELO}}},
	{"closed after HELO", CLOSES, REASON_HELLO_CLOSED, "502 a", {HI, {"502 a\r\n", 0, HELO}}},
	{"reset after HELO", RESETS, REASON_HELLO_RESET, "502 a", {HI, {"502 a\r\n", 0, HELO}}},

	{"SSH", STAYS, REASON_NOT_SMTP, "SSH-2.0-OpenSSH_9.2", {{"SSH-2.0-OpenSSH_9.2\r\n", 0, ""}}},
	{"an empty line", STAYS, REASON_NOT_SMTP, "", {{"\r\n", 0, ""}}},
	{"a short code", STAYS, REASON_NOT_SMTP, "22", {{"22\r\n", 0, ""}}},
	{"a long code", STAYS, REASON_NOT_SMTP, "2200 x", {{"2200 x\r\n", 0, ""}}},
	{"a code out of range", STAYS, REASON_NOT_SMTP, "620 x", {{"620 x\r\n", 0, ""}}},
	{"a code with a letter", STAYS, REASON_NOT_SMTP, "2x0 x", {{"2x0 x\r\n", 0, ""}}},
	{"an indented code", STAYS, REASON_NOT_SMTP, " 220 x", {{" 220 x\r\n", 0, ""}}},
	{"another separator", STAYS, REASON_NOT_SMTP, "220?x", {{"220\tx\r\n", 0, ""}}},
	{"two CRs", STAYS, REASON_NOT_SMTP, "220?", {{"220\r\r\n", 0, ""}}},
	{"rubbish in the second line", STAYS, REASON_NOT_SMTP, "what", {
		HI, {"250-a\r\nwhat\r\n", 0, ""}}},
	{"a NUL", STAYS, REASON_NUL_BYTE, "220 a?", {{"220 a\0b\r\n", 9, ""}}},
	{"a NUL first", STAYS, REASON_NUL_BYTE, "?", {{"\0", 1, ""}}},
	{"mixed codes", STAYS, REASON_MIXED_CODES, "250 b", {{"220-a\r\n250 b\r\n", 0, ""}}},
	{"control bytes and 8-bit text are shown as ?", STAYS, REASON_BANNER_REFUSED,
	 "554 \?\?[2J\?\?", {{"554 \033\x9b[2J\xc3\xa9\r\n", 0, QUIT}, BYE}},

	{"two replies for a banner", STAYS, REASON_EARLY_DATA, "220 a", {
		{"220 a\r\n250 b\r\n", 0, ""}}},
	{"all replies at once", STAYS, REASON_EARLY_DATA, "220 a", {
		{"220 a\r\n250 b\r\n221 c\r\n", 0, ""}}},
	{"221 before QUIT", STAYS, REASON_EARLY_DATA, "250 b", {
		HI, {"250 b\r\n221 c\r\n", 0, ""}}},
	{"more after a refusal changes nothing", STAYS, REASON_BANNER_REFUSED, "554 a", {
		{"554 a\r\n250 b\r\n", 0, ""}}},

	{"STARTTLS", STAYS, REASON_OK, "250 SIZE", {
		HI, OFFERS, GO, {"250-a\r\n250 SIZE\r\n", 0, QUIT}, BYE}, .check = TRY},
	{"STARTTLS is offered, and left alone", STAYS, REASON_OK, "250 STARTTLS", {
		HI, {"250-a\r\n250 STARTTLS\r\n", 0, QUIT}, BYE}},
	{"no STARTTLS, and none is required", STAYS, REASON_OK, "250 a", {
		HI, {"250 a\r\n", 0, QUIT}, BYE}, .check = TRY},
	{"no STARTTLS, and it is required", STAYS, REASON_STARTTLS_MISSING, "250 a", {
		HI, {"250 a\r\n", 0, QUIT}, BYE}, .check = REQUIRE},
	{"HELO only, and TLS is required", STAYS, REASON_STARTTLS_MISSING, "250 a", {
		HI, {"502 a\r\n", 0, HELO}, {"250 a\r\n", 0, QUIT}, BYE}, .check = REQUIRE},
	{"a byte after the 220 is an injection", STAYS, REASON_EARLY_DATA, "220 go", {
		HI, OFFERS, {"220 go\r\n250 injected\r\n", 0, ""}}, .check = TRY},
	{"so is a line feed", STAYS, REASON_EARLY_DATA, "220 go", {
		HI, OFFERS, {"220 go\r\n\n", 0, ""}}, .check = TRY},
	{"STARTTLS 454", STAYS, REASON_STARTTLS_REFUSED, "454 no key", {
		HI, OFFERS, {"454 no key\r\n", 0, QUIT}, BYE}, .check = TRY},
	{"STARTTLS 502, and it is required", STAYS, REASON_STARTTLS_REFUSED, "502 what", {
		HI, OFFERS, {"502 what\r\n", 0, QUIT}, BYE}, .check = REQUIRE},
	{"STARTTLS 421", STAYS, REASON_CLOSING, "421 bye", {
		HI, OFFERS, {"421 bye\r\n", 0, ""}}, .check = TRY},
	{"STARTTLS 354", STAYS, REASON_UNEXPECTED_CODE, "354 x", {
		HI, OFFERS, {"354 x\r\n", 0, QUIT}, BYE}, .check = TRY},
	{"silent after STARTTLS", SILENT, REASON_TLS_TIMEOUT, "250 STARTTLS", {
		HI, OFFERS}, .check = TRY},
	{"closed after STARTTLS", CLOSES, REASON_TLS_CLOSED, "250 STARTTLS", {
		HI, OFFERS}, .check = TRY},
	{"silent in TLS", SILENT, REASON_TLS_TIMEOUT, "220 go", {
		HI, OFFERS, GO}, .check = TRY},
	{"closed in TLS", CLOSES, REASON_TLS_CLOSED, "220 go", {
		HI, OFFERS, GO}, .check = TRY},
	{"reset in TLS", RESETS, REASON_TLS_CLOSED, "250-b", {
		HI, OFFERS, GO, {"250-b\r\n", 0, ""}}, .check = TRY},
	{"EHLO refused in TLS", STAYS, REASON_TLS_HELLO_REFUSED, "500 b", {
		HI, OFFERS, GO, {"500 b\r\n", 0, QUIT}, BYE}, .check = TRY},
	{"EHLO later in TLS", STAYS, REASON_HELLO_LATER, "451 b", {
		HI, OFFERS, GO, {"451 b\r\n", 0, QUIT}, BYE}, .check = TRY},
	{"no 221 in TLS", CLOSES, REASON_NO_GOODBYE, "250 b", {
		HI, OFFERS, GO, {"250 b\r\n", 0, QUIT}}, .check = TRY},
	{"a hasty check meets new words", STAYS, REASON_OK, "250 b", {
		HI, OFFERS, GO, {"250 b\r\n", 0, QUIT}, BYE}, .check = TRY, .hasty = true},

	{"words are expected", STAYS, REASON_OK, "250 DSN", {
		HI, {"250-a\r\n250-SIZE 35000000\r\n250 DSN\r\n", 0, QUIT}, BYE},
	 .check = {EXPECTS("SIZE", 35000000)}},
	{"a word is missing", STAYS, REASON_EXPECT_MISSING, "SIZE>=35000000", {
		HI, {"250-a\r\n250-SIZE 34999999\r\n250 DSN\r\n", 0, QUIT}, BYE},
	 .check = {EXPECTS("SIZE", 35000000)}},
	{"a word that comes inside TLS alone", STAYS, REASON_OK, "250 AUTH PLAIN", {
		HI, OFFERS, GO, {"250-b\r\n250 AUTH PLAIN\r\n", 0, QUIT}, BYE},
	 .check = {.starttls = MX_STARTTLS_TRY, EXPECTS("AUTH", 0)}},
	{"a word that comes before TLS alone", STAYS, REASON_OK, "250 DSN", {
		HI, OFFERS, GO, {"250-b\r\n250 DSN\r\n", 0, QUIT}, BYE},
	 .check = {.starttls = MX_STARTTLS_TRY, EXPECTS("STARTTLS", 0)}},
	{"HELO has no words", STAYS, REASON_EXPECT_MISSING, "DSN", {
		HI, {"502 a\r\n", 0, HELO}, {"250 a\r\n", 0, QUIT}, BYE},
	 .check = {EXPECTS("DSN", 0)}},

	{"a recipient", STAYS, REASON_OK, "250 reset", {
		HI, {"250 a\r\n", 0, MAIL}, {"250 b\r\n", 0, RCPT}, {"250 c\r\n", 0, RSET},
		{"250 reset\r\n", 0, QUIT}, BYE}, .check = DEEP},
	{"a recipient inside TLS", STAYS, REASON_OK, "250 d", {
		HI, OFFERS, GO, {"250 a\r\n", 0, MAIL}, {"250 b\r\n", 0, RCPT}, {"250 c\r\n", 0, RSET},
		{"250 d\r\n", 0, QUIT}, BYE}, .check = DEEP},
	{"MAIL needs TLS that is not there", STAYS, REASON_MAIL_REFUSED, "530 TLS", {
		HI, {"250 a\r\n", 0, MAIL}, {"530 TLS\r\n", 0, QUIT}, BYE}, .check = DEEP},
	{"MAIL 451", STAYS, REASON_MAIL_LATER, "451 b", {
		HI, {"250 a\r\n", 0, MAIL}, {"451 b\r\n", 0, QUIT}, BYE}, .check = DEEP},
	{"MAIL 421", STAYS, REASON_CLOSING, "421 b", {
		HI, {"250 a\r\n", 0, MAIL}, {"421 b\r\n", 0, ""}}, .check = DEEP},
	{"RCPT 550", STAYS, REASON_RCPT_REFUSED, "550 c", {
		HI, {"250 a\r\n", 0, MAIL}, {"250 b\r\n", 0, RCPT}, {"550 c\r\n", 0, QUIT}, BYE}, .check = DEEP},
	{"RCPT 451", STAYS, REASON_RCPT_LATER, "451 c", {
		HI, {"250 a\r\n", 0, MAIL}, {"250 b\r\n", 0, RCPT}, {"451 c\r\n", 0, QUIT}, BYE}, .check = DEEP},
	{"it greets, and does no work", SILENT, REASON_WORK_TIMEOUT, "250 b", {
		HI, {"250 a\r\n", 0, MAIL}, {"250 b\r\n", 0, RCPT}}, .check = DEEP},
	{"it greets, and closes", CLOSES, REASON_WORK_CLOSED, "250 a", {
		HI, {"250 a\r\n", 0, MAIL}}, .check = DEEP},
	{"RSET does not matter", STAYS, REASON_OK, "500 what", {
		HI, {"250 a\r\n", 0, MAIL}, {"250 b\r\n", 0, RCPT}, {"250 c\r\n", 0, RSET},
		{"500 what\r\n", 0, QUIT}, BYE}, .check = DEEP},
	{"no STARTTLS, and then no work: the worse counts", STAYS, REASON_RCPT_REFUSED, "550 c", {
		HI, OFFERS, {"454 no\r\n", 0, MAIL}, {"250 b\r\n", 0, RCPT}, {"550 c\r\n", 0, QUIT}, BYE},
	 .check = DEEP},
	{"no STARTTLS, and all is well: the flaw stays", STAYS, REASON_STARTTLS_REFUSED, "454 no", {
		HI, OFFERS, {"454 no\r\n", 0, MAIL}, {"250 b\r\n", 0, RCPT}, {"250 c\r\n", 0, RSET},
		{"250 d\r\n", 0, QUIT}, BYE}, .check = DEEP},
};
/* clang-format on */

#endif /* MX_TESTS_TRANSCRIPTS_H */
