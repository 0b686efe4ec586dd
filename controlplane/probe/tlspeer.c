/* SPDX-License-Identifier: BSD-3-Clause */
#include "tlspeer.h"

#include <errno.h>

#include "tlscontext.h"
#include "tlsfound.h"

void
tlspeer_forget(struct tlspeer *peer)
{
	SSL_SESSION_free(peer->session);
	peer->session = NULL;
}

int
tlspeer_begin(struct tlspeer *peer, struct stream *stream,
	      const struct mx_config_check *check, bool may_resume)
{
	SSL_CTX *context = tlscontext_get(check->ca, &peer->ca_fault);

	if (context == NULL)
		return -ENOMEM;
	SSL_SESSION *session = may_resume ? peer->session : NULL;
	const int error =
		stream_begin_tls(stream, context, check->tls_name, session);
	SSL_CTX_free(context);
	peer->offered = session != NULL;
	return error;
}

static void
be_shy(struct tlspeer *peer, uint64_t now_ms)
{
	peer->shy_ms = now_ms + TLSPEER_SHY_MS;
	tlspeer_forget(peer);
}

bool
tlspeer_fail(struct tlspeer *peer, uint64_t now_ms)
{
	if (!peer->offered)
		return false;
	peer->offered = false;
	be_shy(peer, now_ms);
	return true;
}

void
tlspeer_judge(const struct tlspeer *peer, const struct stream *stream,
	      struct profile_tls *found, struct smtp_dialogue *dialogue)
{
	const struct mx_config_check *check = dialogue->check;
	const bool ca_is_read = peer->ca_fault == NULL;
	char text[REASON_REPLY_MAX];

	if (!stream->resumed)
		tlsfound_write(found, stream, check, ca_is_read);
	const uint32_t faults =
		tlsfound_faults(&found->certificate, check, ca_is_read);
	/* The dialogue reports the first one of two flaws. */
	if (faults != 0)
		smtp_flaw(dialogue, REASON_CERTIFICATE,
			  certificate_faults_text(faults, text, sizeof(text)));
	if (!ca_is_read)
		smtp_flaw(dialogue, REASON_CA_UNREADABLE, peer->ca_fault);
}

void
tlspeer_keep(struct tlspeer *peer, const struct stream *stream,
	     const struct smtp_dialogue *dialogue, uint64_t now_ms)
{
	const bool has_new_words = stream->resumed && dialogue->thorough;

	peer->offered = false;
	if (!stream->secured)
		return;
	tlspeer_forget(peer);
	if (stream->resumed && smtp_verdict(dialogue) == VERDICT_DOWN)
		be_shy(peer, now_ms);
	if (has_new_words || peer->ca_fault != NULL || now_ms < peer->shy_ms)
		return;
	peer->session = SSL_get1_session(stream->ssl);
	if (peer->session != NULL && !SSL_SESSION_is_resumable(peer->session))
		tlspeer_forget(peer);
}
