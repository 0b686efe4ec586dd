/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_TLSRIG_H
#define MX_TESTS_TLSRIG_H

/* A probe and a server with TLS: real handshakes over loopback with a server by
 * script (mta.h), with certificates that the rig makes (tlscerts.h).  The clock
 * stands still meanwhile.
 * Threads    main. */
#include <openssl/ssl.h>

#include "proberig.h"
#include "tlscerts.h"

/* The pace of handshakes of the rig's checks. */
#define TLS_EVERY_MS 5000

/* Steps of a server: until STARTTLS has been answered, and then inside TLS. */
/* clang-format off */
#define UNTIL_TLS \
	{false, 0, "220 mta1 ESMTP\r\n", STAY}, \
	{true, 0, "250-mta1\r\n250 STARTTLS\r\n", STAY}, \
	{true, 0, "220 go\r\n", STAY}
#define IN_TLS(reply) {.secures = true, .hears = true, .say = reply}
#define WELL_IN_TLS \
	IN_TLS("250-mta1\r\n250 AUTH PLAIN\r\n"), {true, 0, "221 bye\r\n", STAY}
/* clang-format on */

/* Servers that do all well, with TLS after STARTTLS and from the start. */
extern const struct mta_step tlsrig_starttls[MTA_STEPS_MAX];
extern const struct mta_step tlsrig_smtps[MTA_STEPS_MAX];

extern const char *tlsrig_ca;  /* the path of the CA's certificate */
extern SSL_CTX *tlsrig_server; /* of the server that serves now */

void tlsrig_setup(void);
void tlsrig_teardown(void);

/* Let the server serve by this script, with a certificate of this kind. */
void tlsrig_serve(enum tlscert kind,
		  const struct mta_step script[MTA_STEPS_MAX]);

/* Make one check, and wait for its result. */
void tlsrig_probe_once(enum mx_check_type type, uint32_t timeout_ms);

/* What the last check found. */
const struct mta_profile *tlsrig_found(void);

#endif /* MX_TESTS_TLSRIG_H */
