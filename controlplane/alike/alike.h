/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ALIKE_H
#define MX_ALIKE_H

/* Are the MTAs of a pool alike, so that each can do the work of the others?
 *
 * Each keyword of their replies to EHLO, their TLS versions, the names in their
 * certificates and in their greetings are compared one by one.  What more than
 * half of the MTAs that are known say is right.  The others are named.  If no
 * such majority is there, the groups are listed.
 *
 * Own name   MTAs may each have a host name and a certificate of their own.  So
 *            for these, and for the end of a certificate, no majority is no
 *            difference.
 * Unknown    what is not known of an MTA is not compared.
 * Trust      every text is of an MTA.  An MTA with many keywords can hide the
 *            differences of others behind its own, which name it.
 * Threads    pure functions: any. */
#include <stdint.h>

#include "ehlo.h"

#define ALIKE_DIFFERENCES_MAX 16
#define ALIKE_TEXT_MAX 160

/* What one MTA says of itself.  NULL and 0: not known. */
struct alike_member {
	const char *name;
	const char *host; /* of its greeting */
	const struct ehlo *ehlo;
	const struct ehlo *ehlo_tls; /* inside TLS, after STARTTLS */
	const char *tls_version;
	const char *certificate_names;
	int64_t certificate_end_s;
};

struct alike {
	uint16_t compared; /* MTAs of which anything is known */
	uint16_t count;    /* of differences */
	uint16_t more;     /* that had no place in the list */
	char text[ALIKE_DIFFERENCES_MAX][ALIKE_TEXT_MAX];
};

/* Compare the members.  *alike is overwritten. */
void alike_compare(struct alike *alike, const struct alike_member *member,
		   uint16_t count);

#endif /* MX_ALIKE_H */
