/* SPDX-License-Identifier: BSD-3-Clause */
#include "line.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "changeline.h"
#include "lineparts.h"

static const char *const end_words[] = {
	[MX_END_CLOSED] = "closed",
	[MX_END_CLIENT_RESET] = "client-reset",
	[MX_END_BACKEND_RESET] = "backend-reset",
	[MX_END_GIVEN_UP] = "given-up",
	[MX_END_REFUSED] = "refused",
	[MX_END_SILENT] = "silent",
};
static_assert(sizeof(end_words) / sizeof(end_words[0]) == MX_ENDS,
	      "one word per end");

static void
put_address(struct text *text, const struct mx_addr *addr)
{
	char number[INET6_ADDRSTRLEN];

	if (!mx_addr_is4(addr)) {
		if (inet_ntop(AF_INET6, addr->byte, number, sizeof(number)) !=
		    NULL)
			text_string(text, number);
		return;
	}
	for (unsigned i = 12; i < 16; i++) {
		if (i > 12)
			text_byte(text, '.');
		text_number(text, addr->byte[i], 1);
	}
}

uint64_t
line_duration_ms(const struct mx_ended *ended, uint64_t tsc_hz)
{
	const uint64_t about_ms =
		(uint64_t)(ended->at_s - ended->opened_s) * 1000;
	const uint64_t unit_us = tsc_hz == 0 ? 0
					     : (UINT64_C(1) << MX_BEGAN_SHIFT) *
						       1000000 / tsc_hz;

	if (ended->at_s < ended->opened_s)
		return 0;
	if (ended->began == 0 || unit_us == 0)
		return about_ms;
	const uint64_t units =
		(uint16_t)((ended->at_tsc >> MX_BEGAN_SHIFT) - ended->began);
	const uint64_t round_ms = 65536 * unit_us / 1000;
	const uint64_t exact_ms = units * unit_us / 1000;
	/* The seconds are a second wrong at most, and a round is more than 30
	 * of them. */
	const uint64_t rounds =
		about_ms < exact_ms
			? 0
			: (about_ms - exact_ms + round_ms / 2) / round_ms;
	const uint64_t ms = exact_ms + rounds * round_ms;

	/* A session of less than a unit may seem to be a round long. */
	return ms > about_ms + 3000 ? about_ms : ms;
}

/* The wall time of a session's end. */
static int64_t
wall_ms(const struct line_session *session)
{
	const uint64_t ago_tsc = session->now.tsc - session->ended->at_tsc;
	const uint64_t hz = session->tsc_hz == 0 ? 1 : session->tsc_hz;
	const int64_t now_ms = session->now.wall_ns / 1000000;

	if (session->now.tsc < session->ended->at_tsc)
		return now_ms;
	const uint64_t ago_ms = ago_tsc / hz * 1000 + ago_tsc % hz * 1000 / hz;
	return ago_ms < (uint64_t)now_ms ? now_ms - (int64_t)ago_ms : 0;
}

/* Each writes a value of a session, or returns false if it is not known. */
static bool
value_time(struct text *text, const struct line_session *session)
{
	part_time(text, wall_ms(session));
	return true;
}

static bool
value_event(struct text *text, const struct line_session *session)
{
	(void)session;
	text_string(text, "session");
	return true;
}

static bool
value_id(struct text *text, const struct line_session *session)
{
	text_hex(text, session->identity);
	text_byte(text, '.');
	text_number(text, session->ring, 1);
	text_byte(text, '.');
	text_number(text, session->ended->serial, 1);
	return true;
}

static bool
value_client(struct text *text, const struct line_session *session)
{
	put_address(text, &session->ended->client);
	return true;
}

static bool
value_client_port(struct text *text, const struct line_session *session)
{
	text_number(text, ntohs(session->ended->client_port_be), 1);
	return true;
}

static bool
value_vip(struct text *text, const struct line_session *session)
{
	put_address(text, &session->ended->vip);
	return true;
}

static bool
value_vip_port(struct text *text, const struct line_session *session)
{
	text_number(text, ntohs(session->ended->vip_port_be), 1);
	return true;
}

static bool
put_name(struct text *text, const struct logsheet_name *row,
	 const struct line_session *session)
{
	const char *name = logsheet_name(row, session->ended->opened_s);

	/* Names of the configuration have no byte that needs an escape. */
	text_string(text, name);
	return name[0] != '\0';
}

static bool
value_service(struct text *text, const struct line_session *session)
{
	const unsigned id = session->ended->service;

	return id < MX_SERVICES_MAX &&
	       put_name(text, &session->sheet->service[id], session);
}

static bool
value_backend(struct text *text, const struct line_session *session)
{
	const unsigned id = session->ended->backend;

	return id <= MX_BACKENDS_MAX &&
	       put_name(text, &session->sheet->backend[id], session);
}

static bool
value_bytes_in(struct text *text, const struct line_session *session)
{
	text_number(text, session->ended->bytes_in, 1);
	return session->ended->flags & MX_ENDED_BYTES;
}

static bool
value_bytes_out(struct text *text, const struct line_session *session)
{
	text_number(text, session->ended->bytes_out, 1);
	return session->ended->flags & MX_ENDED_BYTES;
}

static bool
value_duration(struct text *text, const struct line_session *session)
{
	text_number(text, line_duration_ms(session->ended, session->tsc_hz), 1);
	return true;
}

static bool
value_banner(struct text *text, const struct line_session *session)
{
	const uint32_t us = session->ended->wait_us;

	text_number(text, us / 1000, 1);
	text_byte(text, '.');
	text_number(text, us % 1000, 3);
	return us != 0;
}

static bool
value_end(struct text *text, const struct line_session *session)
{
	const unsigned how = session->ended->how;

	text_string(text, how < MX_ENDS ? end_words[how] : "?");
	return true;
}

static const struct key {
	const char *name;
	bool number; /* JSON does not quote it */
	bool (*value)(struct text *, const struct line_session *);
	const char *about;
} keys[] = {
	/* clang-format off */
	{"time", false, value_time, "when the session ended; RFC 3339, in UTC"},
	{"event", false, value_event, "session; or change, or lost: see below"},
	{"id", false, value_id, "tells the line from all others: ring, worker, number"},
	{"client", false, value_client, "the client's address"},
	{"client_port", true, value_client_port, "the client's port"},
	{"vip", false, value_vip, "the address that the client connected to"},
	{"vip_port", true, value_vip_port, "its port"},
	{"service", false, value_service, "the service's name"},
	{"backend", false, value_backend, "pool/name of the MTA that had the session last"},
	{"bytes_in", true, value_bytes_in, "bytes of data that the client sent, modulo 2^32; both are absent if the end does not tell them, and with dsr and tunnel"},
	{"bytes_out", true, value_bytes_out, "bytes of data that the MTA sent, the same"},
	{"duration_ms", true, value_duration, "from the client's SYN to the end; whole seconds if the data plane was started meanwhile"},
	{"banner_ms", true, value_banner, "from the MTA's handshake to its first byte; absent if it is not known, or the client spoke first"},
	{"end", false, value_end, "closed: both ends have closed; client-reset, backend-reset: a reset; silent: no segment for too long; given-up: mxsteer ended it; refused: the client was told that no MTA serves it"},
	/* clang-format on */
};

void
line_session(struct text *text, enum logsheet_format format,
	     const struct line_session *session)
{
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const bool quoted = format == LOGSHEET_JSON && !keys[i].number;
		char *before = text->at;

		part_key(text, format, keys[i].name, i == 0);
		if (quoted)
			text_byte(text, '"');
		if (!keys[i].value(text, session)) {
			text->at = before;
			continue;
		}
		if (quoted)
			text_byte(text, '"');
	}
	part_end(text, format);
}

void
line_lost(struct text *text, enum logsheet_format format,
	  const struct logged_untold *lost)
{
	const bool always = format == LOGSHEET_JSON;
	char when[40];
	struct text time = {when, when + sizeof(when) - 1, false};

	part_seconds(&time, lost->to_s);
	*time.at = '\0';
	part_key(text, format, "time", true);
	part_quoted(text, when, always);
	part_key(text, format, "event", false);
	part_quoted(text, "lost", always);
	part_key(text, format, "lines", false);
	text_number(text, lost->lines, 1);
	part_key(text, format, "why", false);
	part_quoted(text, logged_loss_name(lost->why), always);
	time.at = when;
	part_seconds(&time, lost->from_s);
	*time.at = '\0';
	part_key(text, format, "since", false);
	part_quoted(text, when, always);
	part_end(text, format);
}

void
line_keys(FILE *out)
{
	fprintf(out, "A line of a session (event=session):\n\n");
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		fprintf(out, "  %-12s %s\n", keys[i].name, keys[i].about);
	fputc('\n', out);
	changeline_keys(out);
	fprintf(out,
		"\nA line about lost lines (event=lost) has time, since, lines "
		"(how many) and why:\n\n"
		"  slow         mxsteer-log was too slow, or did not run\n"
		"  no-space     its file system was full\n"
		"  file         its file could not be written\n"
		"  reader-busy  syslog or journald did not read\n"
		"  reader-gone  syslog or journald did not run\n"
		"  rate-limit   journald keeps no more lines in 30 s\n"
		"  damaged      their records were not in the ring that says "
		"it had them\n");
}

bool
line_id(const char *line, size_t length, uint32_t *identity, uint16_t *ring,
	uint64_t *serial)
{
	static const char logfmt[] = " id=", json[] = "\"id\":\"";
	const char *at = memmem(line, length, logfmt, sizeof(logfmt) - 1);
	char id[64];

	if (at != NULL) {
		at += sizeof(logfmt) - 1;
	} else {
		at = memmem(line, length, json, sizeof(json) - 1);
		if (at == NULL)
			return false;
		at += sizeof(json) - 1;
	}
	const size_t rest = (size_t)(line + length - at);
	const size_t bytes = rest < sizeof(id) - 1 ? rest : sizeof(id) - 1;

	memcpy(id, at, bytes);
	id[bytes] = '\0';
	return sscanf(id, "%8" SCNx32 ".%" SCNu16 ".%" SCNu64, identity, ring,
		      serial) == 3;
}
