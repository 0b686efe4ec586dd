/* SPDX-License-Identifier: BSD-3-Clause */
/* What a visit came to is told in the words of what is wrong.
 * Method: a table of visits that ended in some way, and a word of the finding. */
#include <errno.h>
#include <string.h>

#include "diagnosis.h"
#include "endpoint.h"
#include "runner.h"

#define OWN "203.0.113.9"
#define SNAT "10.0.2.100"

static struct visit_task task;
static struct visit visit;
static struct doctor_facts facts;
static struct diagnosis diagnosis;

static void
setup(void)
{
	memset(&task, 0, sizeof(task));
	memset(&visit, 0, sizeof(visit));
	memset(&facts, 0, sizeof(facts));
	mx_endpoint_parse("198.51.100.25:25", &task.to);
	strcpy(task.recipient, "a@example.org");
	visit.task = &task;
	mx_endpoint_parse(OWN ":4000", &visit.wire.own);
	facts.visit = &visit;
}

static void
has_service(const char *forward, const char *proxy)
{
	struct doctor_scene *scene = &facts.scene;

	scene->has_service = scene->has_session = true;
	strcpy(scene->service, "inbound");
	strcpy(scene->forward, forward);
	strcpy(scene->proxy, proxy);
	mx_addr_parse(SNAT, &scene->local);
}

static void
ends(enum visit_step step, enum visit_end end, uint16_t code, const char *text)
{
	visit.last = step;
	visit.end = end;
	visit.code = code;
	strcpy(visit.text, text);
	if (step > VISIT_EHLO || (step == VISIT_EHLO && code != 0))
		strcpy(visit.hello, "mta");
}

/* There is one finding, with these words. */
static void
finds(const char *wrong, const char *mend)
{
	diagnosis_see(&facts);
	diagnosis_make(&facts, &diagnosis);
	ck_assert_uint_eq(diagnosis.count, 1);
	ck_assert_msg(strstr(diagnosis.finding[0].wrong, wrong) != NULL, "%s",
		      diagnosis.finding[0].wrong);
	ck_assert_msg(strstr(diagnosis.finding[0].mend, mend) != NULL, "%s",
		      diagnosis.finding[0].mend);
}

static void
is_well(enum seen_by seen_by, const char *address)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	diagnosis_see(&facts);
	diagnosis_make(&facts, &diagnosis);
	ck_assert_uint_eq(diagnosis.count, 0);
	ck_assert_int_eq(facts.seen_by, seen_by);
	if (address != NULL)
		ck_assert_str_eq(mx_addr_format(&facts.seen, text), address);
}

START_TEST(a_header_or_the_mode_tells_what_the_mta_saw)
{
	ends(VISIT_MESSAGE, VISIT_YES, 250, "ok");
	is_well(SEEN_UNKNOWN, NULL);
	has_service("fullnat", "v2");
	is_well(SEEN_BY_HEADER, OWN);
	setup();
	ends(VISIT_MESSAGE, VISIT_YES, 250, "ok");
	has_service("nat", "off");
	is_well(SEEN_BY_SESSION, OWN);
}
END_TEST

START_TEST(a_client_that_is_hidden_is_told)
{
	ends(VISIT_MESSAGE, VISIT_YES, 250, "ok");
	has_service("fullnat", "off");
	finds("the MTA saw " SNAT ", the snat address", "mynetworks");
	setup();
	ends(VISIT_MESSAGE, VISIT_YES, 250, "ok");
	facts.seen_by = SEEN_BY_HELLO;
	mx_addr_parse(SNAT, &facts.seen);
	finds("the MTA saw " SNAT ", and this host is " OWN, "NAT before");
}
END_TEST

START_TEST(a_connection_that_fails_says_where_to_look)
{
	ends(VISIT_CONNECT, VISIT_BROKEN, 0, "no route");
	visit.error = EHOSTUNREACH;
	finds("not reached", "if mxsteer runs on this host");
	has_service("fullnat", "v2");
	finds("not reached", "Run this on another host: mxsteer doctor mail "
			     "198.51.100.25:25 to a@example.org");
	strcpy(facts.scene.refusal, "no backend is up");
	finds("no MTA for this client: no backend is up", "mxsteer status");
	setup();
	ends(VISIT_CONNECT, VISIT_BROKEN, 0, "refused");
	visit.error = ECONNREFUSED;
	finds("this client is denied or over a limit", "show denied");
	finds("refused the connection", "show ports");
	has_service("fullnat", "v2");
	strcpy(facts.scene.refusal, "192.0.2.7/32 is denied by command");
	finds("mxsteer has no MTA for this client: "
	      "192.0.2.7/32 is denied by command",
	      "mxsteer show denied");
	facts.scene.refusal[0] = '\0';
	visit.error = EADDRNOTAVAIL;
	finds("does not have the address", "ip address");
}
END_TEST

START_TEST(a_header_that_lacks_is_silence)
{
	visit.last_ms = 5003;
	ends(VISIT_BANNER, VISIT_LATER, 421, "4.3.0 Server local error");
	finds("did not greet: 4.3.0 Server local error after 5.0 s", "see");
	ends(VISIT_BANNER, VISIT_SILENT, 0, "");
	has_service("fullnat", "off");
	finds("silence", "sends no PROXY header");
	strcpy(facts.scene.proxy, "v1");
	finds("silence", "sends PROXY v1");
	ends(VISIT_EHLO, VISIT_NO, 503,
	     "Command refused, required Proxy negotiation failed");
	strcpy(facts.scene.proxy, "off");
	finds("got no PROXY header", "sends no PROXY header");
}
END_TEST

START_TEST(an_answer_of_mxsteer_itself_is_known)
{
	ends(VISIT_BANNER, VISIT_LATER, 421, "4.3.2 mx no server");
	has_service("fullnat", "v2");
	strcpy(facts.scene.refusal, "no backend is up");
	finds("no MTA for this client: no backend is up", "mxsteer status");
}
END_TEST

START_TEST(a_header_too_many_is_a_second_reply)
{
	ends(VISIT_EHLO, VISIT_NO, 502, "5.5.2 command not recognized");
	strcpy(visit.extra, "250 mta1");
	finds("took a PROXY header for commands", "proxy-protocol: off");
	ends(VISIT_EHLO, VISIT_NO, 554, "SMTP synchronization error");
	visit.extra[0] = '\0';
	finds("took a PROXY header for commands", "proxy-protocol: off");
	has_service("nat", "off"); /* there was none */
	finds("EHLO was not taken: 554", "log");
	setup();
	ends(VISIT_EHLO, VISIT_NO, 504, "5.5.2 <vm>: Helo command rejected");
	strcpy(task.helo, "vm");
	finds("EHLO was not taken: 504", "than vm: say helo NAME");
}
END_TEST

START_TEST(a_refusal_says_what_it_may_mean)
{
	ends(VISIT_BANNER, VISIT_NO, 554, "no");
	finds("does not want this client: 554 no", "log");
	ends(VISIT_BANNER, VISIT_LATER, 421,
	     "4.7.0 Error: too many connections");
	finds("does not want this client: 421",
	      "counts the balancer: proxy-protocol: v2");
	ends(VISIT_RCPT, VISIT_LATER, 450, "greylisted");
	finds("RCPT was not taken: 450 greylisted", "greylist");
	ends(VISIT_MAIL, VISIT_NO, 530, "login first");
	finds("MAIL was not taken: 530", "login");
	ends(VISIT_TLS, VISIT_BROKEN, 0, "wrong version");
	finds("TLS failed: wrong version", "--no-tls");
	ends(VISIT_MESSAGE, VISIT_RESET, 0, "");
	finds("message failed: the connection was reset", "log");
}
END_TEST

START_TEST(a_certificate_that_is_over_is_told)
{
	ends(VISIT_MESSAGE, VISIT_YES, 250, "ok");
	visit.certificate.known = true;
	visit.certificate.faults = CERTIFICATE_BIT(CERTIFICATE_EXPIRED);
	finds("the certificate is expired", "renew");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("diagnosis");
	TCase *t = tcase_create("diagnosis");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_header_or_the_mode_tells_what_the_mta_saw);
	tcase_add_test(t, a_client_that_is_hidden_is_told);
	tcase_add_test(t, a_connection_that_fails_says_where_to_look);
	tcase_add_test(t, a_header_that_lacks_is_silence);
	tcase_add_test(t, an_answer_of_mxsteer_itself_is_known);
	tcase_add_test(t, a_header_too_many_is_a_second_reply);
	tcase_add_test(t, a_refusal_says_what_it_may_mean);
	tcase_add_test(t, a_certificate_that_is_over_is_told);
	suite_add_tcase(s, t);
	return s;
}
