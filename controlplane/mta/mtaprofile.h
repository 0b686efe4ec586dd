/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MTAPROFILE_H
#define MX_MTAPROFILE_H

/* What the checks of one MTA found, for the operator and for comparison with
 * other MTAs.  Zeroed memory is an MTA that was never checked.
 *
 * A check with TLS comes less often than a check without (tlspace.h), so the
 * part of TLS is older than the rest.
 *
 * Trust      every text in it is the MTA's.  Texts are cut and printable.
 * Threads    plain data. */
#include <stdbool.h>
#include <stdint.h>

#include "certificate.h"
#include "ehlo.h"
#include "phase.h"

/* The stored part of a server's line: one row of a terminal. */
#define PROFILE_LINE_MAX 81
#define PROFILE_TLS_VERSION_MAX 16
#define PROFILE_TLS_CIPHER_MAX 48

/* One phase of the last check that came to it. */
struct profile_phase {
	int64_t at_s;                /* CLOCK_REALTIME; 0: never came to it */
	double ms;                   /* how long it took */
	char said[PROFILE_LINE_MAX]; /* the last line of the reply */
};

/* TLS, of the last check that finished a handshake. */
struct profile_tls {
	int64_t at_s; /* CLOCK_REALTIME; 0: never */
	char version[PROFILE_TLS_VERSION_MAX];
	char cipher[PROFILE_TLS_CIPHER_MAX];
	bool is_judged; /* a CA file says which CAs are known */
	bool is_named;  /* the file says what name it must be for */
	struct certificate certificate;
	struct ehlo ehlo; /* inside TLS */
};

struct mta_profile {
	int64_t at_s; /* CLOCK_REALTIME, of the last check; 0: never */
	struct profile_phase phase[SMTP_PHASES];
	struct ehlo ehlo; /* of the first EHLO of a connection */
	struct profile_tls tls;
};

#endif /* MX_MTAPROFILE_H */
