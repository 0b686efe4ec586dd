/* SPDX-License-Identifier: BSD-3-Clause */
#include "diagnosis.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "endpoint.h"

/* MTAs that expect a PROXY header give up after 3 s (Exim), 5 s (Postfix) or 30 s
 * (Haraka). */
#define HEADER_WAIT_MS 2500

static const struct {
	const char *name;
	const char *text;
} seers[] = {
	[SEEN_UNKNOWN] = {"unknown", "nobody said it"},
	[SEEN_BY_RECEIVED] = {"received",
			      "by the Received header of the message"},
	[SEEN_BY_HELLO] = {"ehlo", "by its reply to EHLO"},
	[SEEN_BY_REFUSAL] = {"refusal", "by its refusal"},
	[SEEN_BY_HEADER] = {"proxy",
			    "by the PROXY header of mxsteer, which it took"},
	[SEEN_BY_SESSION] = {"session",
			     "by mxsteer's session: its packets come from "
			     "there"},
};

const char *
seen_by_text(enum seen_by seen_by)
{
	return seers[seen_by].text;
}

const char *
seen_by_name(enum seen_by seen_by)
{
	return seers[seen_by].name;
}

/* Add what is wrong; what to do follows by mend(). */
static struct finding_text *add(struct diagnosis *d, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static struct finding_text *
add(struct diagnosis *d, const char *format, ...)
{
	static struct finding_text spare;
	struct finding_text *f =
		d->count < FINDINGS_MAX ? &d->finding[d->count++] : &spare;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(f->wrong, sizeof(f->wrong), format, arguments);
	va_end(arguments);
	f->mend[0] = '\0';
	return f;
}

static void mend(struct finding_text *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void
mend(struct finding_text *f, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(f->mend, sizeof(f->mend), format, arguments);
	va_end(arguments);
}

static bool
is_fullnat(const struct doctor_scene *scene)
{
	return strcmp(scene->forward, "fullnat") == 0;
}

static bool
sends_header(const struct doctor_scene *scene)
{
	return scene->has_service && is_fullnat(scene) &&
	       strcmp(scene->proxy, "off") != 0;
}

/* Has the MTA answered EHLO as one does that was told all it waits for? */
static bool
has_understood(const struct visit *v)
{
	return v->hello[0] != '\0' && v->extra[0] == '\0' &&
	       (v->last > VISIT_EHLO || v->end == VISIT_YES);
}

void
diagnosis_see(struct doctor_facts *f)
{
	const struct visit *v = f->visit;
	const struct doctor_scene *scene = &f->scene;

	if (f->seen_by != SEEN_UNKNOWN || !scene->has_service ||
	    !has_understood(v))
		return;
	if (sends_header(scene)) {
		f->seen_by = SEEN_BY_HEADER;
		f->seen = v->wire.own.addr;
	} else if (scene->has_session) {
		f->seen_by = SEEN_BY_SESSION;
		f->seen = is_fullnat(scene) ? scene->local : v->wire.own.addr;
	}
}

bool
diagnosis_is_hidden(const struct doctor_facts *f)
{
	return f->seen_by != SEEN_UNKNOWN &&
	       !mx_addr_equal(&f->seen, &f->visit->wire.own.addr);
}

/* ---- the connection ---------------------------------------------------- */

static void
judge_connection(const struct doctor_facts *f, struct diagnosis *d)
{
	const struct visit *v = f->visit;
	const struct doctor_scene *scene = &f->scene;
	char to[MX_ENDPOINT_TEXT_MAX];
	struct finding_text *finding;

	mx_endpoint_format(&v->task->to, to);
	if (v->error == EADDRNOTAVAIL || v->error == EINVAL) {
		finding = add(d, "this host does not have the address that is "
				 "to be the client's");
		mend(finding, "name one that `ip address` lists");
		return;
	}
	if (v->error == ECONNREFUSED) {
		finding = add(d,
			      "%s refused the connection: no MTA served, or "
			      "this client is denied or over a limit, or the "
			      "address is another host's",
			      to);
		mend(finding,
		     "on the balancer: mxsteer status; mxsteer show denied "
		     "and mxsteer lookup CLIENT:PORT %s tell of this client; "
		     "mxsteer show ports tells of address conflicts",
		     to);
		return;
	}
	finding = add(d, "%s was not reached from this host", to);
	if (scene->has_service)
		mend(finding,
		     "mxsteer runs on this host, and its own host is no "
		     "client: a VIP is no address of the kernel.  Run this "
		     "on another host: mxsteer doctor mail %s to %s",
		     to, v->task->recipient);
	else
		mend(finding,
		     "if mxsteer runs on this host, use another one: a VIP is "
		     "no address of the kernel.  If not: on the balancer, "
		     "mxsteer status and mxsteer lookup CLIENT:PORT %s",
		     to);
}

/* mxsteer drops such a client, or answers it by itself. */
static void
judge_refusal(const struct doctor_facts *f, struct diagnosis *d)
{
	struct finding_text *finding = add(
		d, "mxsteer has no MTA for this client: %s", f->scene.refusal);

	mend(finding, "see mxsteer status, mxsteer show backends, and of "
		      "denied clients mxsteer show denied");
}

/* ---- the banner, and a PROXY header too many or too few ------------------ */

/* How the MTA failed that may wait for a header. */
static struct finding_text *
add_missing_header(const struct visit *v, struct diagnosis *d)
{
	if (v->last == VISIT_EHLO)
		return add(d, "the MTA got no PROXY header: %u %s", v->code,
			   v->text);
	return add(d, "the MTA did not greet: %s after %.1f s",
		   v->end == VISIT_SILENT ? "silence"
		   : v->code != 0         ? v->text
					  : "it closed the connection",
		   v->last_ms / 1000);
}

static void
judge_missing_header(const struct doctor_facts *f, struct diagnosis *d)
{
	const struct doctor_scene *scene = &f->scene;
	struct finding_text *finding = add_missing_header(f->visit, d);

	if (!scene->has_service)
		mend(finding,
		     "an MTA that waits for a PROXY header does so, if the "
		     "service sends none: see proxy-protocol on the balancer "
		     "(mxsteer show services), and the MTA's own log");
	else if (sends_header(scene))
		mend(finding,
		     "the service %s sends PROXY %s: does the MTA know that "
		     "version (OpenSMTPD knows v2 alone, Haraka v1), and "
		     "trust the snat address?  See its log",
		     scene->service, scene->proxy);
	else
		mend(finding,
		     "the service %s sends no PROXY header (%s).  If the MTA "
		     "waits for one, let it stop, or use fullnat with "
		     "proxy-protocol: v2",
		     scene->service, scene->forward);
}

static void
judge_banner(const struct doctor_facts *f, struct diagnosis *d)
{
	const struct visit *v = f->visit;
	struct finding_text *finding;

	if (v->last_ms >= HEADER_WAIT_MS || v->end == VISIT_SILENT) {
		judge_missing_header(f, d);
	} else if (v->end == VISIT_CLOSED || v->end == VISIT_RESET) {
		finding = add(d, "the connection ended before a greeting");
		mend(finding, "the MTA's log says why, or mxsteer show drops: "
			      "an MTA that lost its handshake is one");
	} else {
		finding = add(d, "the MTA does not want this client: %u %s",
			      v->code, v->text);
		/* Postfix, Exim and Exchange limit one address's sessions. */
		mend(finding,
		     strcasestr(v->text, "too many") != NULL ||
				     strcasestr(v->text, "maximum number")
			     ? "if it counts the balancer: proxy-protocol: v2, "
			       "or raise its limit of one address's sessions"
			     : "its log says why; if it takes every client for "
			       "the balancer, see what it saw");
	}
}

static void
judge_extra_header(const struct doctor_facts *f, struct diagnosis *d)
{
	const struct visit *v = f->visit;
	const char *extra = v->extra[0] != '\0' ? v->extra : "it hung up";
	struct finding_text *finding =
		add(d,
		    "the MTA took a PROXY header for commands: it answered "
		    "EHLO by %u %.200s, and then %.200s",
		    v->code, v->text, extra);

	mend(finding,
	     "tell the MTA to expect the header (smtpd_upstream_proxy_protocol "
	     "of Postfix, hosts_proxy of Exim, proxy-v2 of OpenSMTPD, "
	     "haproxy_hosts of Haraka), or set proxy-protocol: off and read "
	     "what that costs");
}

/* Exim greets after its wait for the header, and then refuses EHLO: "503 Command
 * refused, required Proxy negotiation failed". */
static bool
speaks_of_header(const struct visit *v)
{
	return v->last == VISIT_EHLO && strcasestr(v->text, "proxy") != NULL;
}

/* Is the reply one to a command that this client did not send? */
static bool
has_extra_header(const struct doctor_facts *f)
{
	const struct visit *v = f->visit;

	if (v->last != VISIT_EHLO || v->end != VISIT_NO)
		return false;
	if (f->scene.has_service && !sends_header(&f->scene))
		return false;
	return v->extra[0] != '\0' ||
	       strcasestr(v->text, "synchronization") != NULL ||
	       strcasestr(v->text, "pipelining") != NULL;
}

/* ---- the dialogue -------------------------------------------------------- */

static const char *
end_text(const struct visit *v)
{
	switch (v->end) {
	case VISIT_SILENT:
		return "no reply in time";
	case VISIT_CLOSED:
		return "it closed the connection";
	case VISIT_RESET:
		return "the connection was reset";
	default:
		return v->text;
	}
}

static void
judge_step(const struct visit *v, struct diagnosis *d)
{
	struct finding_text *finding =
		v->code != 0 ? add(d, "%s was not taken: %u %s",
				   visit_step_name(v->last), v->code, v->text)
			     : add(d, "%s failed: %s", visit_step_name(v->last),
				   end_text(v));

	if (v->code == 530 || strcasestr(v->text, "auth") != NULL)
		mend(finding, "this service wants a login, and this command "
			      "has none: test it with a client of mail");
	else if (strcasestr(v->text, "helo") != NULL)
		mend(finding,
		     "the MTA wants another name of its client than %.100s: "
		     "say helo NAME, with the full name of this host",
		     v->task->helo);
	else if (v->end == VISIT_LATER)
		mend(finding, "a greylist says so to every new client, and an "
			      "MTA that is busy: try again in some minutes");
	else if (v->last == VISIT_TLS)
		mend(finding, "say --no-tls to test without it; the MTA's log "
			      "says more");
	else
		mend(finding, "the MTA's log says why");
}

static void
judge_certificate(const struct visit *v, struct diagnosis *d)
{
	char text[128];

	if (!v->certificate.known || v->certificate.faults == 0)
		return;
	struct finding_text *finding =
		add(d, "the certificate is %s",
		    certificate_faults_text(v->certificate.faults, text,
					    sizeof(text)));
	mend(finding, "senders with DANE or MTA-STS turn away: renew it");
}

/* ---- the client's address ------------------------------------------------ */

static void
judge_sight(const struct doctor_facts *f, struct diagnosis *d)
{
	const struct doctor_scene *scene = &f->scene;
	char seen[MX_ENDPOINT_TEXT_MAX], own[MX_ENDPOINT_TEXT_MAX];
	struct finding_text *finding;

	if (!diagnosis_is_hidden(f))
		return;
	mx_addr_format(&f->seen, seen);
	mx_addr_format(&f->visit->wire.own.addr, own);
	if (scene->has_session && mx_addr_equal(&f->seen, &scene->local)) {
		finding = add(d,
			      "the MTA saw %s, the snat address, as the "
			      "client of every session: SPF, blocklists, "
			      "greylists and limits judge the balancer",
			      seen);
		mend(finding,
		     "use proxy-protocol: v2, and tell the MTA to expect the "
		     "header.  Until then %s must not be in "
		     "mynetworks, or the MTA relays mail of everybody",
		     seen);
		return;
	}
	finding = add(d, "the MTA saw %s, and this host is %s", seen, own);
	mend(finding,
	     "if %s is an address of mxsteer, the MTA sees no client: use "
	     "proxy-protocol: v2, nat, dsr or tunnel, and keep %s out of "
	     "mynetworks.  If it is the address of a NAT before this host, "
	     "all is well",
	     seen, seen);
}

void
diagnosis_make(const struct doctor_facts *f, struct diagnosis *d)
{
	const struct visit *v = f->visit;

	memset(d, 0, sizeof(*d));
	if (v->end != VISIT_YES) {
		if (f->scene.refusal[0] != '\0')
			judge_refusal(f, d);
		else if (v->last == VISIT_CONNECT)
			judge_connection(f, d);
		else if (v->last == VISIT_BANNER)
			judge_banner(f, d);
		else if (speaks_of_header(v))
			judge_missing_header(f, d);
		else if (has_extra_header(f))
			judge_extra_header(f, d);
		else
			judge_step(v, d);
	}
	judge_certificate(v, d);
	judge_sight(f, d);
}
