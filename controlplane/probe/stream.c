/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

void
stream_open(struct stream *s, int fd)
{
	*s = (struct stream){.fd = fd};
}

int
stream_begin_tls(struct stream *s, SSL_CTX *context, const char *name,
		 SSL_SESSION *session)
{
	s->ssl = SSL_new(context);
	if (s->ssl == NULL || SSL_set_fd(s->ssl, s->fd) != 1) {
		ERR_clear_error();
		return -ENOMEM;
	}
	s->certificate = (struct certificate){.known = false};
	SSL_set_app_data(s->ssl, &s->certificate);
	X509_VERIFY_PARAM_set_time(SSL_get0_param(s->ssl), clock_wall_s());
	if (name[0] != '\0') {
		SSL_set_hostflags(s->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
		if (SSL_set_tlsext_host_name(s->ssl, name) != 1 ||
		    SSL_set1_host(s->ssl, name) != 1) {
			ERR_clear_error();
			return -ENOMEM;
		}
	}
	if (session != NULL && SSL_set_session(s->ssl, session) != 1)
		ERR_clear_error(); /* it makes a whole handshake */
	SSL_set_connect_state(s->ssl);
	return 0;
}

/* What a fault of the TLS library says of the server. */
static enum reason
reason_of(int fault)
{
	switch (fault) {
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
		return REASON_TLS_PLAIN;
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_WRONG_SSL_VERSION:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
	case SSL_R_LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED:
		return REASON_TLS_TOO_OLD;
	default:
		return REASON_TLS_FAILED;
	}
}

static enum stream_end
break_by(struct stream *s, enum reason reason, const char *text)
{
	s->reason = reason;
	snprintf(s->text, sizeof(s->text), "%s", text != NULL ? text : "");
	return STREAM_BROKEN;
}

/* Its text.  No error of a verification ends a handshake (tlscontext.h), but for
 * a key that is not tried. */
static const char *
text_of(unsigned long fault)
{
	return ERR_GET_REASON(fault) == SSL_R_CERTIFICATE_VERIFY_FAILED
		       ? "a key of its certificates takes too long to check"
		       : ERR_reason_error_string(fault);
}

/* How a call of the TLS library ended that did not succeed. */
static enum stream_end
end_of(struct stream *s, int result)
{
	const int error = errno;
	const unsigned long fault = ERR_peek_error();
	enum stream_end end;

	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		end = STREAM_WAITS;
		break;
	case SSL_ERROR_ZERO_RETURN:
		end = STREAM_CLOSED;
		break;
	case SSL_ERROR_SYSCALL:
		end = error == 0 ? STREAM_CLOSED : STREAM_RESET;
		break;
	default:
		if (ERR_GET_REASON(fault) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
			end = STREAM_CLOSED;
		else
			end = break_by(s, reason_of(ERR_GET_REASON(fault)),
				       text_of(fault));
		break;
	}
	ERR_clear_error();
	return end;
}

/* Count a call that took bytes from the socket and gave none.  Returns the end
 * of the call. */
static enum stream_end
came_idle(struct stream *s)
{
	if (++s->idle_records > STREAM_IDLE_RECORDS_MAX)
		return break_by(s, REASON_TLS_FAILED,
				"too many TLS records without data");
	return STREAM_DONE;
}

static uint64_t
bytes_taken(const struct stream *s)
{
	return BIO_number_read(SSL_get_rbio(s->ssl));
}

/* Has more come since then than a part of a record's body?  That is no cost worth
 * counting: a path may carry a large record in many small packets.  "RB": the
 * library is reading a body. */
static bool
took_record(const struct stream *s, uint64_t before)
{
	return bytes_taken(s) != before &&
	       strcmp(SSL_rstate_string(s->ssl), "RB") != 0;
}

enum stream_end
stream_handshake(struct stream *s)
{
	enum stream_end end = STREAM_DONE;
	uint64_t before;
	int result;

	do {
		before = bytes_taken(s);
		errno = 0;
		result = SSL_do_handshake(s->ssl);
		if (result != 1)
			end = end_of(s, result);
		/* It stopped after a record, not for want of bytes. */
		if (end == STREAM_WAITS && took_record(s, before))
			end = came_idle(s);
	} while (result != 1 && end == STREAM_DONE);
	s->secured = result == 1;
	s->resumed = s->secured && SSL_session_reused(s->ssl) == 1;
	/* Before the end, it may be that of the session that is offered. */
	X509 *x509 = s->secured && !s->resumed
			     ? SSL_get0_peer_certificate(s->ssl)
			     : NULL;
	if (x509 != NULL) {
		certificate_read(&s->certificate, x509);
		ERR_clear_error();
	}
	return end;
}

static enum stream_end
read_plain(const struct stream *s, void *out, size_t size, size_t *bytes)
{
	const ssize_t n = recv(s->fd, out, size, 0);

	*bytes = n > 0 ? (size_t)n : 0;
	if (n > 0)
		return STREAM_DONE;
	if (n == 0)
		return STREAM_CLOSED;
	return errno == EAGAIN || errno == EINTR ? STREAM_WAITS : STREAM_RESET;
}

enum stream_end
stream_read(struct stream *s, void *out, size_t size, size_t *bytes)
{
	if (s->ssl == NULL)
		return read_plain(s, out, size, bytes);
	const uint64_t before = bytes_taken(s);
	*bytes = 0;
	errno = 0;
	const int result = SSL_read_ex(s->ssl, out, size, bytes);
	if (result == 1)
		return STREAM_DONE;
	const enum stream_end end = end_of(s, result);
	return end == STREAM_WAITS && took_record(s, before) ? came_idle(s)
							     : end;
}

enum stream_end
stream_write(struct stream *s, const void *bytes, size_t size)
{
	size_t written = 0;

	if (s->ssl == NULL)
		return send(s->fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size
			       ? STREAM_DONE
			       : STREAM_RESET;
	errno = 0;
	const int result = SSL_write_ex(s->ssl, bytes, size, &written);
	return result == 1 ? STREAM_DONE : end_of(s, result);
}

void
stream_close(struct stream *s)
{
	if (s->ssl != NULL) {
		if (s->secured && s->reason == REASON_NONE)
			SSL_shutdown(s->ssl);
		SSL_free(s->ssl);
		ERR_clear_error();
		s->ssl = NULL;
	}
	if (s->fd != STREAM_CLOSED_FD)
		close(s->fd);
	s->fd = STREAM_CLOSED_FD;
}
