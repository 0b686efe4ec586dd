/* SPDX-License-Identifier: BSD-3-Clause */
#include "tlsrig.h"

#include <signal.h>
#include <string.h>

#include "clock.h"
#include "tlscontext.h"

const struct mta_step tlsrig_starttls[MTA_STEPS_MAX] = {UNTIL_TLS, WELL_IN_TLS};
const struct mta_step tlsrig_smtps[MTA_STEPS_MAX] = {
	{.secures = true, .say = "220 mta1 ESMTP\r\n"},
	{true, 0, "250 mta1\r\n", STAY},
	{true, 0, "221 bye\r\n", STAY},
};

const char *tlsrig_ca;
SSL_CTX *tlsrig_server;

void
tlsrig_setup(void)
{
	signal(SIGPIPE, SIG_IGN); /* as main() does */
	if (tlsrig_ca == NULL)
		tlsrig_ca = tlscerts_make(clock_wall_s());
	tlsrig_server = NULL;
	/* What OpenSSL opens stays open. */
	SSL_CTX_free(SSL_CTX_new(TLS_client_method()));
	proberig_setup();
	rig.check.starttls = MX_STARTTLS_TRY;
	rig.check.tls_every_ms = TLS_EVERY_MS;
	strcpy(rig.check.tls_name, TLSCERTS_NAME);
	strcpy(rig.check.ca, tlsrig_ca);
}

void
tlsrig_teardown(void)
{
	proberig_teardown();
	SSL_CTX_free(tlsrig_server);
	tlscontext_forget();
}

void
tlsrig_serve(enum tlscert kind, const struct mta_step script[MTA_STEPS_MAX])
{
	SSL_CTX_free(tlsrig_server);
	tlsrig_server = tlscerts_server(kind, 0);
	mta_use_tls(rig.mta, tlsrig_server);
	mta_play(rig.mta, script);
}

void
tlsrig_probe_once(enum mx_check_type type, uint32_t timeout_ms)
{
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);

	proberig_once(type, &endpoint, timeout_ms);
}

const struct mta_profile *
tlsrig_found(void)
{
	return rig.last.profile;
}
