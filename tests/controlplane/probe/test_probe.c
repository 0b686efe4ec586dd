/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes over loopback against good and bad servers.
 * Method: a probe and its server in one event base (proberig.c), real sockets,
 * and a clock that stands still while anything is on its way.  test_turns.c has
 * the times of probes. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "faketime.h"
#include "proberig.h"
#include "proxyheader.h"
#include "runner.h"
#include "servers.h"

#define OVER(phase) (1u << SMTP_##phase)

START_TEST(a_well_server_passes_and_sees_a_whole_session)
{
	proberig_mta(proberig_well, 10000);
	ck_assert(rig.last.verdict == VERDICT_UP && rig.last.counts);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert_str_eq(rig.last.text, "250 SIZE");
	ck_assert(rig.last.total_ms == 0);
	ck_assert_uint_eq(rig.last.phases, OVER(CONNECT) | OVER(BANNER) |
						   OVER(EHLO) | OVER(QUIT));
	ck_assert_str_eq(mta_seen(rig.mta)->heard, "EHLO lb.example.net|QUIT|");
	ck_assert(!mta_seen(rig.mta)->spoken_to_early);
	proberig_run_until_hung_up();
}
END_TEST

START_TEST(each_kind_of_server_gets_the_reason_it_deserves)
{
	const char *text = servers[_i].text;

	proberig_mta(servers[_i].script, servers[_i].timeout_ms);
	ck_assert_msg(rig.last.reason == servers[_i].reason, "%s: %s",
		      servers[_i].about, reason_name(rig.last.reason));
	ck_assert_int_eq(rig.last.verdict, reason_verdict(rig.last.reason));
	ck_assert(rig.last.counts);
	ck_assert_msg(text == NULL || strcmp(rig.last.text, text) == 0,
		      "%s: '%s'", servers[_i].about, rig.last.text);
	ck_assert(!mta_seen(rig.mta)->spoken_to_early);
	proberig_run_until_hung_up();
}
END_TEST

START_TEST(tcp_asks_for_no_word)
{
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);

	mta_play(rig.mta, proberig_silent);
	proberig_once(MX_CHECK_TCP, &endpoint, 10000);
	ck_assert_int_eq(rig.last.verdict, VERDICT_UP);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert_uint_eq(rig.last.phases, OVER(CONNECT));
	ck_assert_str_eq(rig.last.text, "");
	proberig_run_until_hung_up();
	ck_assert_str_eq(mta_seen(rig.mta)->heard, "");
}
END_TEST

START_TEST(a_phase_that_ran_out_of_time_is_not_over)
{
	proberig_mta(proberig_well, 10000);
	mta_play(rig.mta, proberig_silent);
	probe_now(rig.probe);
	proberig_run_until(2);
	ck_assert_int_eq(rig.last.reason, REASON_BANNER_TIMEOUT);
	ck_assert_uint_eq(rig.last.phases, OVER(CONNECT));
}
END_TEST

/* How an MTA that waits for a PROXY header is probed: over both families, in
 * both versions. */
static const struct {
	const char *host;
	enum mx_proxy version;
} proxies[] = {
	{"127.0.0.1", MX_PROXY_V1},
	{"127.0.0.1", MX_PROXY_V2},
	{"::1", MX_PROXY_V1},
	{"::1", MX_PROXY_V2},
};

/* The header that a probe of that server must send first.  The ports are known
 * only afterwards, and the length of version 1 depends on them. */
static uint8_t
header_of(const struct mta *server, uint8_t out[MX_PROXY_HEADER_MAX])
{
	const struct mx_endpoint to = mta_endpoint(server);

	if (rig.proxy == MX_PROXY_V2)
		return mx_proxy_write_local(out);
	return mx_proxy_write(out, rig.proxy, &mta_seen(server)->peer, &to);
}

START_TEST(who_waits_for_a_proxy_header_gets_it_before_the_banner)
{
	struct mta *server = mta_new(rig.base, proxies[_i].host);
	uint8_t header[MX_PROXY_HEADER_MAX + 1];
	struct mta_step script[MTA_STEPS_MAX];

	if (server == NULL)
		return; /* this kernel has no IPv6 */
	const struct mx_endpoint endpoint = mta_endpoint(server);
	rig.proxy = proxies[_i].version;
	memcpy(script, proberig_well, sizeof(script));
	/* It sends nothing before it has the whole header. */
	if (rig.proxy == MX_PROXY_V1)
		script[0].hears = true;
	else
		script[0].header_bytes = 16;
	mta_play(server, script);
	proberig_once(MX_CHECK_SMTP, &endpoint, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert(!mta_seen(server)->spoken_to_early);
	const uint8_t bytes = header_of(server, header);
	if (rig.proxy == MX_PROXY_V1) {
		char heard[MTA_HEARD_MAX];
		snprintf(heard, sizeof(heard), "%.*s|EHLO lb.example.net|QUIT|",
			 bytes - 2, header);
		ck_assert_str_eq(mta_seen(server)->heard, heard);
	} else {
		ck_assert_uint_eq(mta_seen(server)->header_bytes, bytes);
		ck_assert_mem_eq(mta_seen(server)->header, header, bytes);
		ck_assert_str_eq(mta_seen(server)->heard,
				 "EHLO lb.example.net|QUIT|");
	}
	mta_free(server);
}
END_TEST

START_TEST(who_takes_the_header_for_a_command_is_told_of)
{
	static const struct mta_step kinds[][MTA_STEPS_MAX] = {
		{{.say = "220 postfix\r\n502 5.5.2 what\r\n"}},
		{{.say = "554 SMTP synchronization error\r\n", .then = CLOSE}},
	};
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);

	rig.proxy = MX_PROXY_V2;
	mta_play(rig.mta, kinds[_i]);
	proberig_once(MX_CHECK_SMTP, &endpoint, 10000);
	ck_assert_int_eq(reason_kind(rig.last.reason), REASON_FAILS);
	ck_assert_str_eq(rig.last.text, "it does not expect the PROXY header");
}
END_TEST

START_TEST(tcp_probes_send_the_header_too)
{
	/* What comes after it would be an answer out of turn. */
	static const struct mta_step listens[MTA_STEPS_MAX] = {
		{.say = "", .header_bytes = 16}};
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);
	uint8_t header[MX_PROXY_HEADER_MAX];

	rig.proxy = MX_PROXY_V2;
	mta_play(rig.mta, listens);
	proberig_once(MX_CHECK_TCP, &endpoint, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	proberig_run_until_hung_up();
	ck_assert_uint_eq(mta_seen(rig.mta)->header_bytes, 16);
	ck_assert_uint_eq(header_of(rig.mta, header), 16);
	ck_assert_mem_eq(mta_seen(rig.mta)->header, header, 16);
}
END_TEST

START_TEST(ipv6_is_probed_like_ipv4)
{
	struct mta *mta6 = mta_new(rig.base, "::1");

	if (mta6 == NULL)
		return; /* this kernel has no IPv6 */
	const struct mx_endpoint endpoint = mta_endpoint(mta6);
	mta_play(mta6, proberig_well);
	proberig_once(MX_CHECK_SMTP, &endpoint, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	mta_free(mta6);
}
END_TEST

/* A listening socket that never accepts, on a free port. */
static int
listen_deaf(struct mx_endpoint *endpoint)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(fd, 0), 0);
	getsockname(fd, (struct sockaddr *)&address, &size);
	endpoint->addr = mx_addr_from4(address.sin_addr.s_addr);
	endpoint->port_be = address.sin_port;
	return fd;
}

START_TEST(a_port_nobody_listens_on_refuses)
{
	struct mx_endpoint endpoint;

	close(listen_deaf(&endpoint));
	proberig_once(MX_CHECK_SMTP, &endpoint, 10000);
	ck_assert(rig.last.verdict == VERDICT_DOWN && rig.last.counts);
	ck_assert_int_eq(rig.last.reason, REASON_CONNECT_REFUSED);
	ck_assert_str_eq(rig.last.text, "Connection refused");
}
END_TEST

START_TEST(a_host_that_does_not_answer_times_out_connecting)
{
	struct mx_endpoint endpoint;
	const int fd = listen_deaf(&endpoint);
	int filler[4];

	/* Its queue is full after two: further SYNs get no answer. */
	for (int i = 0; i < 4; i++) {
		const struct sockaddr_in to = {
			.sin_family = AF_INET,
			.sin_port = endpoint.port_be,
			.sin_addr.s_addr = mx_addr_to4(&endpoint.addr),
		};
		filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(filler[i], (const struct sockaddr *)&to, sizeof(to));
	}
	proberig_once(MX_CHECK_SMTP, &endpoint, 200);
	ck_assert_int_eq(rig.last.reason, REASON_CONNECT_TIMEOUT);
	ck_assert(rig.last.total_ms > 0);
	for (int i = 0; i < 4; i++)
		close(filler[i]);
	close(fd);
}
END_TEST

START_TEST(an_address_without_a_route_says_so)
{
	/* TCP has no route to a group, whatever network the host is on. */
	const struct mx_endpoint endpoint = {
		.addr = mx_addr_from4(inet_addr("224.0.0.1")),
		.port_be = htons(25),
	};

	proberig_once(MX_CHECK_SMTP, &endpoint, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_CONNECT_NO_ROUTE);
}
END_TEST

START_TEST(a_fault_of_this_host_does_not_count)
{
	struct rlimit before, none;
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);

	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	mta_play(rig.mta, proberig_well);
	setrlimit(RLIMIT_NOFILE, &none);
	proberig_once(MX_CHECK_SMTP, &endpoint, 10000);
	setrlimit(RLIMIT_NOFILE, &before);
	ck_assert(!rig.last.counts);
	ck_assert_int_eq(rig.last.reason, REASON_LOCAL_FAULT);

	probe_now(rig.probe);
	proberig_run_until(2);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
}
END_TEST

START_TEST(a_probe_freed_by_its_own_result_hangs_up)
{
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);

	mta_play(rig.mta, proberig_well);
	rig.free_at_once = true;
	rig.probe = proberig_start(MX_CHECK_SMTP, &endpoint, HOUR_MS, 10000);
	proberig_run_until(1);
	ck_assert_ptr_null(rig.probe);
	proberig_run_until_hung_up();
	ck_assert_uint_eq(rig.results, 1);
}
END_TEST

START_TEST(a_probe_freed_in_mid_dialogue_hangs_up)
{
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);

	mta_play(rig.mta, proberig_silent);
	rig.probe = proberig_start(MX_CHECK_SMTP, &endpoint, HOUR_MS, 10000);
	probe_now(rig.probe);
	while (mta_seen(rig.mta)->accepted == 0)
		faketime_run(rig.base, 0);
	probe_free(rig.probe);
	rig.probe = NULL;
	proberig_run_until_hung_up();
	ck_assert_uint_eq(rig.results, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("probe");
	TCase *t = tcase_create("probe");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, proberig_setup, proberig_teardown);
	tcase_add_test(t, a_well_server_passes_and_sees_a_whole_session);
	tcase_add_loop_test(t, each_kind_of_server_gets_the_reason_it_deserves,
			    0, sizeof(servers) / sizeof(servers[0]));
	tcase_add_test(t, tcp_asks_for_no_word);
	tcase_add_test(t, a_phase_that_ran_out_of_time_is_not_over);
	tcase_add_loop_test(
		t, who_waits_for_a_proxy_header_gets_it_before_the_banner, 0,
		sizeof(proxies) / sizeof(proxies[0]));
	tcase_add_loop_test(t, who_takes_the_header_for_a_command_is_told_of, 0,
			    2);
	tcase_add_test(t, tcp_probes_send_the_header_too);
	tcase_add_test(t, ipv6_is_probed_like_ipv4);
	tcase_add_test(t, a_port_nobody_listens_on_refuses);
	tcase_add_test(t, a_host_that_does_not_answer_times_out_connecting);
	tcase_add_test(t, an_address_without_a_route_says_so);
	tcase_add_test(t, a_fault_of_this_host_does_not_count);
	tcase_add_test(t, a_probe_freed_by_its_own_result_hangs_up);
	tcase_add_test(t, a_probe_freed_in_mid_dialogue_hangs_up);
	suite_add_tcase(s, t);
	return s;
}
