/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_SERVERS_H
#define MX_TESTS_SERVERS_H

/* Good and bad mail servers as scripts, and the result of a probe of each. */
#include "mta.h"
#include "reason.h"

/* clang-format off */
static const struct {
	const char *about;
	uint32_t timeout_ms;
	enum reason reason;
	const char *text;
	struct mta_step script[MTA_STEPS_MAX];
} servers[] = {
	{"a slow second half of the banner", 10000, REASON_OK, "250 b", {
		{false, 0, "220-a\r\n", STAY}, {false, 150, "220 b\r\n", STAY},
		{true, 0, "250 b\r\n", STAY}, {true, 0, "221 c\r\n", STAY}}},
	{"lines cut in pieces", 10000, REASON_OK, "250 b", {
		{false, 10, "22", STAY}, {false, 10, "0 a\r", STAY}, {false, 10, "\n", STAY},
		{true, 10, "250", STAY}, {false, 10, " b\r\n", STAY},
		{true, 0, "221", STAY}, {false, 10, "\r\n", STAY}}},
	{"HELO only", 10000, REASON_OK, "250 old", {
		{false, 0, "220 a\r\n", STAY}, {true, 0, "502 what\r\n", STAY},
		{true, 0, "250 old\r\n", STAY}, {true, 0, "221 c\r\n", STAY}}},
	{"closes in place of 221", 10000, REASON_NO_GOODBYE, "250 b", {
		{false, 0, "220 a\r\n", STAY}, {true, 0, "250 b\r\n", STAY}, {true, 0, "", CLOSE}}},
	{"resets in place of 221", 10000, REASON_NO_GOODBYE, "250 b", {
		{false, 0, "220 a\r\n", STAY}, {true, 0, "250 b\r\n", STAY}, {true, 0, "", RESET}}},
	{"silent in place of 221", 200, REASON_NO_GOODBYE, "250 b", {
		{false, 0, "220 a\r\n", STAY}, {true, 0, "250 b\r\n", STAY}}},
	{"silent", 200, REASON_BANNER_TIMEOUT, "", {{0}}},
	{"a banner that does not end", 200, REASON_BANNER_TIMEOUT, "220-a", {
		{false, 0, "220-a\r\n", STAY}}},
	{"silent after EHLO", 200, REASON_HELLO_TIMEOUT, "220 a", {
		{false, 0, "220 a\r\n", STAY}}},
	{"closes at once", 10000, REASON_BANNER_CLOSED, "", {{false, 0, "", CLOSE}}},
	{"resets at once", 10000, REASON_BANNER_RESET, "", {{false, 0, "", RESET}}},
	{"closes after EHLO", 10000, REASON_HELLO_CLOSED, "220 a", {
		{false, 0, "220 a\r\n", STAY}, {true, 0, "", CLOSE}}},
	{"refuses and closes", 10000, REASON_BANNER_REFUSED, "554 go", {
		{false, 0, "554 go\r\n", CLOSE}}},
	{"refuses and says goodbye", 10000, REASON_BANNER_REFUSED, "554 go", {
		{false, 0, "554 go\r\n", STAY}, {true, 0, "221 c\r\n", CLOSE}}},
	{"too busy", 10000, REASON_BANNER_LATER, "421 4.3.2 busy", {
		{false, 0, "421 4.3.2 busy\r\n", CLOSE}}},
	{"a banner without end", 10000, REASON_REPLY_TOO_LONG, "220-on and on", {
		{false, 0, "220-on and on\r\n", FLOOD}}},
	{"a line without end", 10000, REASON_LINE_TOO_LONG, NULL, {
		{false, 0, "220 on and on ", FLOOD}}},
	{"a web server", 10000, REASON_NOT_SMTP, "HTTP/1.1 400 Bad Request", {
		{false, 0, "HTTP/1.1 400 Bad Request\r\n", STAY}}},
	{"answers what was not asked", 10000, REASON_EARLY_DATA, "220 a", {
		{false, 0, "220 a\r\n250 b\r\n", STAY}}},
};
/* clang-format on */

#endif /* MX_TESTS_SERVERS_H */
