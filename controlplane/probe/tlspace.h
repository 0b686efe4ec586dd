/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TLSPACE_H
#define MX_TLSPACE_H

/* When a check is thorough, that is, when it makes a whole TLS handshake and
 * judges the words of EHLO.  A handshake costs three times as much as all the
 * rest of a check, so it comes at a pace of its own:
 *
 *   - the first time, and then each `tls-every`;
 *   - again and again while the last one did not pass;
 *   - while the health of the backend is in doubt;
 *   - when the words of EHLO have changed (smtp.h).
 *
 * A handshake that fails ends a check, and would hide that the server takes no
 * mail either.  So if the last thorough check found a lack, the next check is
 * plain, and so are all others until one passes.  In doubt they stay plain.
 * A server that says "try later" is asked often, and keeps the pace.
 *
 * What the last thorough check found stands until the next one.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#include "reason.h"
#include "smtp.h"

/* How a check ended. */
struct check_end {
	enum verdict verdict;
	enum reason reason;
	char text[REASON_REPLY_MAX];
};

struct tlspace {
	/* The last thorough check. */
	bool done; /* there was one */
	uint64_t at_ms;
	uint64_t mark; /* smtp_mark() of then */
	struct check_end end;
	bool may_hide; /* that the server takes no mail */

	/* The last check that held a dialogue. */
	bool was_thorough;
	enum verdict last;
};

/* Must the next check be plain, whatever the words of EHLO are? */
bool tlspace_rests(const struct tlspace *pace);

bool tlspace_is_due(const struct tlspace *pace, uint64_t now_ms,
		    uint32_t every_ms, bool in_doubt);

/* A check is over.  Keep what a thorough one found.  If another one passed, and
 * the last thorough one found that the server lacks something, it ends as that
 * one. */
void tlspace_take(struct tlspace *pace, const struct smtp_dialogue *dialogue,
		  uint64_t now_ms, struct check_end *end);

#endif /* MX_TLSPACE_H */
