/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole SMTP sessions through real workers: mail arrives exactly once, the MTAs
 * see the true clients, and each MTA has its share.
 * Method: mxsteer-gen at both of a rig's ports (mail.h); every mode in which
 * replies pass the balancer, every pair of families. */
#include "mail.h"

#include "runner.h"

#define SESSIONS 3000
#define TABLE 16384

static const struct subject {
	enum rig_service service;
	bool client6;
} subjects[] = {
	{RIG_FULLNAT_TO4, false}, {RIG_FULLNAT_TO4, true},
	{RIG_FULLNAT_TO6, false}, {RIG_FULLNAT_TO6, true},
	{RIG_V1_TO4, false},      {RIG_V1_TO6, true},
	{RIG_V2_TO4, false},      {RIG_V2_TO4, true},
	{RIG_V2_TO6, false},      {RIG_V2_TO6, true},
	{RIG_NAT_TO4, false},     {RIG_NAT_TO6, true},
};

static struct gen_report report;

START_TEST(mail_arrives_exactly_once)
{
	const struct subject *subject = &subjects[_i];

	rig_start_dpdk();
	struct rig *rig = rig_make_sized(1, TABLE, 2);
	struct gen_options options =
		mail_options(subject->service, subject->client6);
	options.sessions = SESSIONS;
	options.mix.size_high = 8000;
	options.mix.messages_high = 3;
	options.mix.recipients_high = 3;
	options.mix.pipelining = 0.3;
	mail_run(rig, &options, &report);
	rig_free(rig);
	const struct gen_traffic *traffic = &report.traffic;
	ck_assert_uint_eq(traffic->ended[GEN_COMPLETED], SESSIONS);
	ck_assert_uint_eq(traffic->server_messages, traffic->accepted);
	ck_assert_uint_eq(traffic->lost, 0);
	ck_assert_uint_eq(traffic->doubled, 0);
	ck_assert_uint_eq(traffic->damaged, 0);
	ck_assert_uint_eq(traffic->mismatch, 0);
	ck_assert_uint_eq(traffic->proxy_bad, 0);
	ck_assert_uint_eq(traffic->odd_replies, 0);
	ck_assert_uint_eq(report.client_wire.bad_checksum, 0);
	ck_assert_uint_eq(report.server_wire.bad_checksum, 0);
	/* Equal weights: a third each, and 4 deviations. */
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_gt(report.backend[i].sessions, 1000 - 104);
		ck_assert_uint_lt(report.backend[i].sessions, 1000 + 104);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("mail");
	TCase *c = tcase_create("mail");

	tcase_set_timeout(c, 0);
	tcase_add_loop_test(c, mail_arrives_exactly_once, 0,
			    (int)RTE_DIM(subjects));
	suite_add_tcase(s, c);
	return s;
}
