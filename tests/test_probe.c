/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes over loopback against servers that behave and servers that do not.
 * Method: probe and scripted server (mta.c) share one event base; a test runs
 * it until the results it wants are there, or fails after a generous limit.
 * Timeouts under test are short; nothing else depends on how long things take.
 * Every test must leave as many open files as it found. */
#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mta.h"
#include "probe.h"
#include "proxyheader.h"
#include "runner.h"
#include "servers.h"

#define PATIENCE_S 20
#define PROBES_AT_ONCE 2
#define HOUR_MS (3600 * 1000)

static struct event_base *base;
static struct probes *probes;
static struct mta *mta;
static struct probe *probe;
static struct probe_result last;
static uint32_t results;
static uint32_t wanted;
static bool free_at_once; /* the probe, by its own result */
static enum mx_proxy proxy;
static int files_before;

static const struct mta_step well[MTA_STEPS_MAX] = {
	{false, 0, "220 mta1 ESMTP\r\n", STAY},
	{true, 0, "250-mta1\r\n250 SIZE\r\n", STAY},
	{true, 0, "221 bye\r\n", STAY},
};
static const struct mta_step silent[MTA_STEPS_MAX];

static int
open_files(void)
{
	int count = 0;
	DIR *dir = opendir("/proc/self/fd");

	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static void
setup(void)
{
	files_before = open_files();
	base = event_base_new();
	probes = probes_new(base, PROBES_AT_ONCE);
	mta = mta_new(base, "127.0.0.1");
	ck_assert_ptr_nonnull(mta);
	probe = NULL;
	results = 0;
	free_at_once = false;
	proxy = MX_PROXY_OFF;
}

static void
teardown(void)
{
	probe_free(probe);
	probes_free(probes);
	mta_free(mta);
	event_base_free(base);
	ck_assert_int_eq(open_files(), files_before);
}

static void
take_result(void *arg, const struct probe_result *result)
{
	(void)arg;
	last = *result;
	if (free_at_once) {
		probe_free(probe);
		probe = NULL;
	}
	if (++results == wanted)
		event_base_loopbreak(base);
}

static struct probe *
start(enum mx_check_type type, const struct mx_endpoint *endpoint,
      uint32_t interval_ms, uint32_t timeout_ms)
{
	const struct mx_config_check check = {
		.type = type,
		.interval_ms = interval_ms,
		.timeout_ms = timeout_ms,
		.helo = "lb.example.net",
	};

	return probe_new(probes, &check, proxy, endpoint, take_result, NULL);
}

static void
run_until(uint32_t count)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};

	wanted = count;
	event_base_loopexit(base, &patience);
	event_base_dispatch(base);
	ck_assert_uint_ge(results, count);
}

/* The result of one probe. */
static void
probe_once(enum mx_check_type type, const struct mx_endpoint *endpoint,
	   uint32_t timeout_ms)
{
	probe = start(type, endpoint, HOUR_MS, timeout_ms);
	probe_now(probe);
	run_until(1);
}

static void
probe_mta(const struct mta_step script[MTA_STEPS_MAX], uint32_t timeout_ms)
{
	const struct mx_endpoint endpoint = mta_endpoint(mta);

	mta_play(mta, script);
	probe_once(MX_CHECK_SMTP, &endpoint, timeout_ms);
}

/* Let the server notice what the probe did. */
static void
run_until_hung_up(void)
{
	for (int i = 0; i < 1000 && mta_seen(mta)->open > 0; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
	ck_assert_uint_eq(mta_seen(mta)->open, 0);
}

START_TEST(a_well_server_passes_and_sees_a_whole_session)
{
	probe_mta(well, 10000);
	ck_assert(last.passed && last.counts);
	ck_assert_int_eq(last.reason, REASON_OK);
	ck_assert_uint_eq(last.code, 250);
	ck_assert_str_eq(last.text, "250 SIZE");
	ck_assert(last.connect_ms > 0 && last.total_ms >= last.connect_ms);
	ck_assert_str_eq(mta_seen(mta)->heard, "EHLO lb.example.net|QUIT|");
	ck_assert(!mta_seen(mta)->spoken_to_early);
	run_until_hung_up();
}
END_TEST

START_TEST(each_kind_of_server_gets_the_reason_it_deserves)
{
	const char *text = servers[_i].text;

	probe_mta(servers[_i].script, servers[_i].timeout_ms);
	ck_assert_msg(last.reason == servers[_i].reason, "%s: %s",
		      servers[_i].about, reason_name(last.reason));
	ck_assert(last.passed == (reason_kind(last.reason) == REASON_PASSES));
	ck_assert(last.counts);
	ck_assert_msg(text == NULL || strcmp(last.text, text) == 0, "%s: '%s'",
		      servers[_i].about, last.text);
	ck_assert(!mta_seen(mta)->spoken_to_early);
	run_until_hung_up();
}
END_TEST

START_TEST(tcp_asks_for_no_word)
{
	const struct mx_endpoint endpoint = mta_endpoint(mta);

	mta_play(mta, silent);
	probe_once(MX_CHECK_TCP, &endpoint, 10000);
	ck_assert(last.passed);
	ck_assert_int_eq(last.reason, REASON_OK);
	ck_assert_str_eq(last.text, "");
	run_until_hung_up();
	ck_assert_str_eq(mta_seen(mta)->heard, "");
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

/* What a probe of that server must send before all else.  The ports are known
 * only afterwards, and the length of version 1 depends on them. */
static uint8_t
header_of(const struct mta *server, uint8_t out[MX_PROXY_HEADER_MAX])
{
	const struct mx_endpoint to = mta_endpoint(server);

	return mx_proxy_write(out, proxy, &mta_seen(server)->peer, &to);
}

START_TEST(who_waits_for_a_proxy_header_gets_it_before_the_banner)
{
	static const uint32_t v2_bytes[] = {28, 28, 52, 52};
	struct mta *server = mta_new(base, proxies[_i].host);
	uint8_t header[MX_PROXY_HEADER_MAX + 1];
	struct mta_step script[MTA_STEPS_MAX];

	if (server == NULL)
		return; /* this kernel has no IPv6 */
	const struct mx_endpoint endpoint = mta_endpoint(server);
	proxy = proxies[_i].version;
	memcpy(script, well, sizeof(script));
	/* It says nothing before it has heard all of the header. */
	if (proxy == MX_PROXY_V1)
		script[0].hears = true;
	else
		script[0].header_bytes = v2_bytes[_i];
	mta_play(server, script);
	probe_once(MX_CHECK_SMTP, &endpoint, 10000);
	ck_assert_int_eq(last.reason, REASON_OK);
	ck_assert(!mta_seen(server)->spoken_to_early);
	const uint8_t bytes = header_of(server, header);
	if (proxy == MX_PROXY_V1) {
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

START_TEST(tcp_probes_send_the_header_too)
{
	/* What comes after it would be an answer out of turn. */
	static const struct mta_step listens[MTA_STEPS_MAX] = {
		{.say = "", .header_bytes = 28}};
	const struct mx_endpoint endpoint = mta_endpoint(mta);
	uint8_t header[MX_PROXY_HEADER_MAX];

	proxy = MX_PROXY_V2;
	mta_play(mta, listens);
	probe_once(MX_CHECK_TCP, &endpoint, 10000);
	ck_assert_int_eq(last.reason, REASON_OK);
	run_until_hung_up();
	ck_assert_uint_eq(mta_seen(mta)->header_bytes, 28);
	ck_assert_uint_eq(header_of(mta, header), 28);
	ck_assert_mem_eq(mta_seen(mta)->header, header, 28);
}
END_TEST

START_TEST(ipv6_is_probed_like_ipv4)
{
	struct mta *mta6 = mta_new(base, "::1");

	if (mta6 == NULL)
		return; /* this kernel has no IPv6 */
	const struct mx_endpoint endpoint = mta_endpoint(mta6);
	mta_play(mta6, well);
	probe_once(MX_CHECK_SMTP, &endpoint, 10000);
	ck_assert_int_eq(last.reason, REASON_OK);
	mta_free(mta6);
}
END_TEST

/* A listening socket nobody accepts from, on a free port. */
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
	probe_once(MX_CHECK_SMTP, &endpoint, 10000);
	ck_assert(!last.passed && last.counts);
	ck_assert_int_eq(last.reason, REASON_CONNECT_REFUSED);
	ck_assert_str_eq(last.text, "Connection refused");
	ck_assert_uint_eq(last.code, 0);
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
	probe_once(MX_CHECK_SMTP, &endpoint, 200);
	ck_assert_int_eq(last.reason, REASON_CONNECT_TIMEOUT);
	ck_assert(last.connect_ms == 0 && last.total_ms > 0);
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

	probe_once(MX_CHECK_SMTP, &endpoint, 10000);
	ck_assert_int_eq(last.reason, REASON_CONNECT_NO_ROUTE);
}
END_TEST

START_TEST(a_fault_of_this_host_does_not_count)
{
	struct rlimit before, none;
	const struct mx_endpoint endpoint = mta_endpoint(mta);

	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	mta_play(mta, well);
	setrlimit(RLIMIT_NOFILE, &none);
	probe_once(MX_CHECK_SMTP, &endpoint, 10000);
	setrlimit(RLIMIT_NOFILE, &before);
	ck_assert(!last.passed && !last.counts);
	ck_assert_int_eq(last.reason, REASON_LOCAL_FAULT);

	probe_now(probe);
	run_until(2);
	ck_assert_int_eq(last.reason, REASON_OK);
}
END_TEST

START_TEST(a_probe_that_this_host_could_not_make_is_made_again_soon)
{
	struct rlimit before, none;
	const struct mx_endpoint endpoint = mta_endpoint(mta);

	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	mta_play(mta, well);
	setrlimit(RLIMIT_NOFILE, &none);
	probe_once(MX_CHECK_SMTP, &endpoint, 10000);
	setrlimit(RLIMIT_NOFILE, &before);
	ck_assert_int_eq(last.reason, REASON_LOCAL_FAULT);
	run_until(2); /* the interval is an hour */
	ck_assert_int_eq(last.reason, REASON_OK);
}
END_TEST

/* Each of several probes has ended so often. */
#define CROWD 7
static uint32_t ends[CROWD];
static uint32_t least_ends;

static void
count_end(void *arg, const struct probe_result *result)
{
	(void)result;
	++*(uint32_t *)arg;
	for (int i = 0; i < CROWD; i++)
		if (ends[i] < least_ends)
			return;
	event_base_loopbreak(base);
}

START_TEST(probes_take_turns_and_each_gets_one)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	const struct mx_config_check check = {.type = MX_CHECK_SMTP,
					      .interval_ms = 100,
					      .timeout_ms = 50,
					      .helo = "lb.example.net"};
	const struct mx_endpoint endpoint = mta_endpoint(mta);
	struct probe *crowd[CROWD];

	mta_play(mta, silent);
	memset(ends, 0, sizeof(ends));
	least_ends = 3;
	for (int i = 0; i < CROWD; i++) {
		crowd[i] = probe_new(probes, &check, MX_PROXY_OFF, &endpoint,
				     count_end, &ends[i]);
		probe_now(crowd[i]);
	}
	event_base_loopexit(base, &patience);
	event_base_dispatch(base);
	for (int i = 0; i < CROWD; i++)
		ck_assert_uint_ge(ends[i], least_ends);
	/* Server and client are in one loop: a connection may have been closed
	 * by a probe and not yet by its server. */
	ck_assert_uint_le(mta_seen(mta)->open_most, 2 * PROBES_AT_ONCE);
	/* Some are under way now, and some in line. */
	for (int i = 0; i < CROWD; i++)
		probe_free(crowd[i]);
}
END_TEST

START_TEST(who_leaves_the_line_keeps_nobody_waiting)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	const struct mx_config_check check = {.type = MX_CHECK_SMTP,
					      .interval_ms = HOUR_MS,
					      .timeout_ms = 300,
					      .helo = "lb.example.net"};
	const struct mx_endpoint endpoint = mta_endpoint(mta);
	struct probe *crowd[CROWD];

	mta_play(mta, silent);
	memset(ends, 0, sizeof(ends));
	for (int i = 0; i < CROWD; i++) {
		crowd[i] = probe_new(probes, &check, MX_PROXY_OFF, &endpoint,
				     count_end, &ends[i]);
		probe_now(crowd[i]);
	}
	while (mta_seen(mta)->accepted < PROBES_AT_ONCE)
		event_base_loop(base, EVLOOP_ONCE);
	/* One that is under way goes, and the first, one inside and the last in
	 * line, wherever those are. */
	for (int i = 0; i < CROWD; i += 2)
		probe_free(crowd[i]);
	for (int i = 0; i < CROWD; i += 2)
		ends[i] = 1;
	least_ends = 1;
	event_base_loopexit(base, &patience);
	event_base_dispatch(base);
	for (int i = 1; i < CROWD; i += 2) {
		ck_assert_uint_eq(ends[i], 1);
		probe_free(crowd[i]);
	}
}
END_TEST

START_TEST(the_first_probe_comes_by_itself_and_soon)
{
	const struct mx_endpoint endpoint = mta_endpoint(mta);

	mta_play(mta, well);
	probe = start(MX_CHECK_SMTP, &endpoint, HOUR_MS, 10000);
	run_until(1);
	ck_assert(last.passed);
}
END_TEST

START_TEST(a_probe_repeats_and_never_overlaps_itself)
{
	const struct mx_endpoint endpoint = mta_endpoint(mta);

	/* The timeout is longer than the interval. */
	mta_play(mta, silent);
	probe = start(MX_CHECK_SMTP, &endpoint, 100, 200);
	run_until(4);
	ck_assert_uint_eq(mta_seen(mta)->open_most, 1);
	ck_assert_int_eq(last.reason, REASON_BANNER_TIMEOUT);
}
END_TEST

START_TEST(asking_for_a_probe_during_one_starts_no_second)
{
	const struct mx_endpoint endpoint = mta_endpoint(mta);

	mta_play(mta, silent);
	probe = start(MX_CHECK_SMTP, &endpoint, HOUR_MS, 200);
	probe_now(probe);
	while (mta_seen(mta)->accepted == 0)
		event_base_loop(base, EVLOOP_ONCE);
	probe_now(probe);
	probe_in_doubt(probe, true);
	run_until(1);
	ck_assert_uint_eq(mta_seen(mta)->accepted, 1);
}
END_TEST

START_TEST(doubt_shortens_the_pause_and_its_end_restores_it)
{
	const struct timeval more_than_doubt = {.tv_sec = 1, .tv_usec = 500000};

	probe_mta(well, 10000);
	/* An hour would be beyond PATIENCE_S. */
	probe_in_doubt(probe, true);
	run_until(2);

	probe_in_doubt(probe, false);
	event_base_loopexit(base, &more_than_doubt);
	event_base_dispatch(base);
	ck_assert_uint_eq(results, 2);
}
END_TEST

START_TEST(a_probe_may_be_freed_by_its_own_result)
{
	const struct mx_endpoint endpoint = mta_endpoint(mta);

	mta_play(mta, well);
	free_at_once = true;
	probe = start(MX_CHECK_SMTP, &endpoint, 100, 10000);
	run_until(1);
	ck_assert_ptr_null(probe);
	run_until_hung_up();
	ck_assert_uint_eq(results, 1);
}
END_TEST

START_TEST(a_probe_freed_in_mid_dialogue_leaves_no_result)
{
	const struct mx_endpoint endpoint = mta_endpoint(mta);

	mta_play(mta, silent);
	probe = start(MX_CHECK_SMTP, &endpoint, HOUR_MS, 10000);
	probe_now(probe);
	while (mta_seen(mta)->accepted == 0)
		event_base_loop(base, EVLOOP_ONCE);
	probe_free(probe);
	probe = NULL;
	run_until_hung_up();
	ck_assert_uint_eq(results, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("probe");
	TCase *t = tcase_create("probe");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_well_server_passes_and_sees_a_whole_session);
	tcase_add_loop_test(t, each_kind_of_server_gets_the_reason_it_deserves,
			    0, sizeof(servers) / sizeof(servers[0]));
	tcase_add_test(t, tcp_asks_for_no_word);
	tcase_add_loop_test(
		t, who_waits_for_a_proxy_header_gets_it_before_the_banner, 0,
		sizeof(proxies) / sizeof(proxies[0]));
	tcase_add_test(t, tcp_probes_send_the_header_too);
	tcase_add_test(t, ipv6_is_probed_like_ipv4);
	tcase_add_test(t, a_port_nobody_listens_on_refuses);
	tcase_add_test(t, a_host_that_does_not_answer_times_out_connecting);
	tcase_add_test(t, an_address_without_a_route_says_so);
	tcase_add_test(t, a_fault_of_this_host_does_not_count);
	tcase_add_test(
		t, a_probe_that_this_host_could_not_make_is_made_again_soon);
	tcase_add_test(t, probes_take_turns_and_each_gets_one);
	tcase_add_test(t, who_leaves_the_line_keeps_nobody_waiting);
	tcase_add_test(t, the_first_probe_comes_by_itself_and_soon);
	tcase_add_test(t, a_probe_repeats_and_never_overlaps_itself);
	tcase_add_test(t, asking_for_a_probe_during_one_starts_no_second);
	tcase_add_test(t, doubt_shortens_the_pause_and_its_end_restores_it);
	tcase_add_test(t, a_probe_may_be_freed_by_its_own_result);
	tcase_add_test(t, a_probe_freed_in_mid_dialogue_leaves_no_result);
	suite_add_tcase(s, t);
	return s;
}
