/* SPDX-License-Identifier: BSD-3-Clause */
#include "tlsfound.h"

#include <stdio.h>

#include "clock.h"

static bool
knows_cas(const struct mx_config_check *check, bool ca_is_read)
{
	return check->ca[0] != '\0' && ca_is_read;
}

uint32_t
tlsfound_faults(const struct certificate *certificate,
		const struct mx_config_check *check, bool ca_is_read)
{
	return knows_cas(check, ca_is_read)
		       ? certificate->faults
		       : certificate->faults & ~CERTIFICATE_UNTRUSTED;
}

void
tlsfound_write(struct profile_tls *tls, const struct stream *stream,
	       const struct mx_config_check *check, bool ca_is_read)
{
	tls->at_s = clock_wall_s();
	snprintf(tls->version, sizeof(tls->version), "%s",
		 SSL_get_version(stream->ssl));
	snprintf(tls->cipher, sizeof(tls->cipher), "%s",
		 SSL_get_cipher_name(stream->ssl));
	tls->is_judged = knows_cas(check, ca_is_read);
	tls->is_named = check->tls_name[0] != '\0';
	tls->certificate = stream->certificate;
	if (!ca_is_read)
		tls->certificate.faults &= ~CERTIFICATE_UNTRUSTED;
	ehlo_clear(&tls->ehlo);
}
