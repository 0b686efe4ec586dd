/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ASKEREND_H
#define MX_ASKEREND_H

/* How an asking ended: one list, each with a text for people.
 * Threads    pure functions: any. */
/* clang-format off */
#define ASKER_ENDS_LIST(X) \
	X(NONE, "not asked yet") \
	X(LINE, "ok") \
	X(LOCAL_FAULT, "this host could not open a connection") \
	X(NO_CONNECT, "no connection") \
	X(SILENT, "no whole line in time") \
	X(CLOSED, "closed before the end of its line") \
	X(RESET, "reset before the end of its line") \
	X(TOO_LONG, "a line of over 1024 bytes") \
	X(NO_WORD, "no word of its line is known")
/* clang-format on */

enum asker_end {
#define X(id, text) ASKER_##id,
	ASKER_ENDS_LIST(X)
#undef X
		ASKER_ENDS,
};

const char *asker_end_text(enum asker_end end);

#endif /* MX_ASKEREND_H */
