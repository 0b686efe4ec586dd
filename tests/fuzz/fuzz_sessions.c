/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes in the file of a worker's sessions: a data plane that starts with it
 * frees what cannot be, forwards, and steps nowhere else.
 * Method: libFuzzer.  Sessions of every mode are open.  An input changes their
 * lines in the file.  The worker takes the file up as after a restart, frames
 * come for the sessions, and time passes.
 *
 *   service, {session, at, value}...
 */
#include <stdlib.h>
#include <string.h>

#include "sessions.h"
#include "talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EDIT 3
#define INPUTS_PER_PASS 16
#define SESSIONS 256
#define LINES 64 /* that an edit can reach */

static struct rig *rig;
static struct mx_sessions_file *good;
static size_t file_bytes;

static void
open_sessions(void)
{
	for (int service = 0; service < RIG_SERVICES; service++)
		for (int six = 0; six < 2; six++) {
			const struct end client = talk_client(
				six, (uint16_t)(2000 + (int)service * 2 + six));
			struct talk talk = talk_make(
				rig, (enum rig_service)service, &client);
			struct segment said = talk_in(&talk, SYN);
			rig_send(rig, 0, WAN, &said);
			rig_poll(rig);
			rig_flush(rig);
		}
}

static void
begin(void)
{
	rig_start_dpdk();
	rig = rig_make_sized(1, SESSIONS, 2);
	open_sessions();
	const struct mx_sessions_file *file = rig->file[0];

	file_bytes = MX_SESSIONS_SIZE(file->count, file->wide);
	good = malloc(file_bytes);
	memcpy(good, file, file_bytes);
}

/* The lines that are in use stand first; both kinds of lines count. */
static void
edit(struct mx_sessions_file *file, const uint8_t *bytes)
{
	const uint32_t line = bytes[0] % LINES;
	const size_t wide_at = MX_SESSIONS_SIZE(file->count, 0);

	if (bytes[1] < 64)
		((uint8_t *)&file->session[line])[bytes[1]] = bytes[2];
	else if (bytes[1] < 128)
		((uint8_t *)file)[wide_at + line * 64u + bytes[1] % 64u] =
			bytes[2];
	else
		((uint8_t *)&file
			 ->session[file->count - 1 - line])[bytes[1] % 64u] =
			bytes[2];
}

static void
send_frames(enum rig_service service)
{
	for (int six = 0; six < 2; six++) {
		const struct end client = talk_client(
			six, (uint16_t)(2000 + (int)service * 2 + six));
		struct talk talk = talk_make(rig, service, &client);
		struct segment said = talk_in(&talk, ACK);

		said.payload_bytes = 10;
		rig_send(rig, 0, WAN, &said);
		said = talk_in(&talk, RST);
		rig_send(rig, 0, WAN, &said);
		said = talk_in(&talk, SYN);
		rig_send(rig, 0, WAN, &said);
		talk.local = six ? rig_local6 : rig_local;
		talk.mta = rig_mta(six ? 4 : 1);
		for (uint16_t port = 1024; port < 1032; port++) {
			talk.local.port = port;
			said = talk_back(&talk, SYN | ACK);
			rig_send(rig, 0, LAN, &said);
		}
		rig_poll(rig);
		rig_flush(rig);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint32_t inputs;

	if (rig == NULL)
		begin();
	if (size == 0)
		return 0;
	memcpy(rig->file[0], good, file_bytes);
	for (size_t at = 1; at + EDIT <= size; at += EDIT)
		edit(rig->file[0], data + at);
	rig_restart(rig);
	send_frames((enum rig_service)(data[0] % RIG_SERVICES));
	if (inputs++ % INPUTS_PER_PASS == 0)
		rig_pass_s(rig, 1000);
	rig_flush(rig);
	return 0;
}
