/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TLSFOUND_H
#define MX_TLSFOUND_H

/* What a finished handshake says of a server.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "mtaprofile.h"
#include "stream.h"

/* The faults of a certificate that count.  Without a file of CAs none is known,
 * and no certificate is worse for that: most senders of mail check none. */
uint32_t tlsfound_faults(const struct certificate *certificate,
			 const struct mx_config_check *check, bool ca_is_read);

/* Write all but `ehlo`, which is cleared. */
void tlsfound_write(struct profile_tls *tls, const struct stream *stream,
		    const struct mx_config_check *check, bool ca_is_read);

#endif /* MX_TLSFOUND_H */
