/* SPDX-License-Identifier: BSD-3-Clause */
/* Every value of a configuration arrives where it belongs.
 * Method: whole files in which no value is the default one. */
#include <stdio.h>
#include <string.h>

#include "load.h"
#include "prefix.h"
#include "runner.h"

static struct mx_config_errors errors;

START_TEST(every_value_arrives)
{
	static const char text[] =
		"instance: a\n"
		"user: someone\n"
		"http: {listen: '[::1]:8000', hosts: [lb.example.net, a.b]}\n"
		"dataplane: {workers: [3, 5], idle: sleep, sessions-max: 4000,\n"
		"  telemetry: on,\n"
		"  ports: [\n"
		"  {name: p, driver: af_packet, interface: eth9},\n"
		"  {name: d, driver: dpdk, device: '65:00.0,a=1', queues: 2,\n"
		"   mtu: 1400, interface: d0, twin: vhost},\n"
		"  {name: e, driver: dpdk, bond: {mode: lacp,\n"
		"   members: ['65:00.1,b=2', net_tap0]}},\n"
		"  {name: f, driver: dpdk, vlan: 42, bond: {mode: lacp,\n"
		"   members: ['65:00.1,b=2', net_tap0]}}]}\n"
		"services: [{name: s, direction: both, listen: "
		"['192.0.2.1:587', '[2001:db8::1]:25'],\n"
		"  pool: q, forward: fullnat, snat: [192.0.2.7, 'fd00::8'],\n"
		"  proxy-protocol: v1, fail-over: [silent, refused],\n"
		"  deny: {file: /a/d, answer: drop, allow-file: /a/e,\n"
		"    allow: [192.0.2.0/24, 'fd00::/64']},\n"
		"  timers: {idle: 20m, half-open: 5s, closing: 10m},\n"
		"  clients: {sessions: 50, per-10s: 30, answer: drop,\n"
		"    prefix: {v4: 22, v6: 56, sessions: 500, per-10s: 300},\n"
		"    allow: [192.0.2.0/24, '2001:db8::/32'],\n"
		"    allow-file: /a/f}}]\n"
		"pools: [{name: q, hash: source-prefix, load-bound: 101,\n"
		"  slow-start: 45s,\n"
		"  agent: {port: 9, interval: 2s, send: hi},\n"
		"  check: {type: tcp,\n"
		"  interval: 500ms, timeout: 2m, rise: 4, fall: 5, helo: h.x},\n"
		"  backends: [{name: b, address: '192.0.2.9:26', weight: 7,\n"
		"    tier: 20, connections-max: 200},\n"
		"    {name: c, address: '[fd00::9]:26'}]}]\n";
	struct mx_config *c = mx_config_parse(text, strlen(text), "f", &errors);
	char shown[MX_ENDPOINT_TEXT_MAX];

	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	ck_assert_str_eq(c->instance, "a");
	ck_assert_str_eq(c->user, "someone");
	ck_assert_str_eq(mx_endpoint_format(&c->http.listen, shown),
			 "[::1]:8000");
	ck_assert_uint_eq(c->http.host_count, 2);
	ck_assert_str_eq(c->http.host[1], "a.b");
	const struct mx_config_clients *clients = &c->service[0].clients;
	ck_assert_uint_eq(clients->sessions, 50);
	ck_assert_uint_eq(clients->per_10s, 30);
	ck_assert_uint_eq(clients->prefix4, 22);
	ck_assert_uint_eq(clients->prefix6, 56);
	ck_assert_uint_eq(clients->prefix_sessions, 500);
	ck_assert_uint_eq(clients->prefix_per_10s, 300);
	ck_assert_int_eq(clients->answer, MX_ANSWER_DROP);
	ck_assert_uint_eq(clients->allow_count, 2);
	ck_assert_str_eq(clients->allow_file, "/a/f");
	ck_assert_uint_eq(clients->allow[0].bits, 24);
	ck_assert_uint_eq(clients->allow[1].bits, 32);
	ck_assert_uint_eq(c->dataplane.worker_count, 2);
	ck_assert_uint_eq(c->dataplane.worker_core[1], 5);
	ck_assert_uint_eq(c->dataplane.idle, MX_IDLE_SLEEP);
	ck_assert_int_eq(c->dataplane.telemetry, MX_SWITCH_ON);
	ck_assert_uint_eq(c->dataplane.sessions_max, 4000);
	ck_assert_str_eq(c->dataplane.port[0].interface, "eth9");
	ck_assert_uint_eq(c->dataplane.port[1].driver, MX_DRIVER_DPDK);
	ck_assert_str_eq(c->dataplane.port[1].device, "65:00.0,a=1");
	ck_assert_uint_eq(c->dataplane.port[1].queues, 2);
	ck_assert_uint_eq(c->dataplane.port[1].mtu, 1400);
	ck_assert_int_eq(c->dataplane.port[1].twin, MX_TWIN_VHOST);
	ck_assert(mx_config_has_twin(&c->dataplane.port[1]));
	ck_assert(!mx_config_has_twin(&c->dataplane.port[0]));
	ck_assert_str_eq(c->dataplane.port[1].interface, "d0");
	ck_assert_int_eq(c->dataplane.port[2].bond, MX_BOND_LACP);
	ck_assert_uint_eq(c->dataplane.port[2].member_count, 2);
	ck_assert_str_eq(c->dataplane.port[2].member[0], "65:00.1,b=2");
	ck_assert_str_eq(c->dataplane.port[2].device,
			 "net_bonding2,mode=4,xmit_policy=l34,"
			 "member=0000:65:00.1,member=net_tap0");
	ck_assert_str_eq(c->dataplane.port[3].device,
			 c->dataplane.port[2].device);
	ck_assert_uint_eq(mx_config_first_of_device(&c->dataplane, 3), 2);
	ck_assert(mx_config_is_trunk(&c->dataplane, 2));
	ck_assert_uint_eq(c->service[0].direction, MX_DIRECTION_BOTH);
	ck_assert_str_eq(mx_endpoint_format(&c->service[0].vip[0], shown),
			 "192.0.2.1:587");
	ck_assert_str_eq(mx_endpoint_format(&c->service[0].vip[1], shown),
			 "[2001:db8::1]:25");
	ck_assert_uint_eq(c->service[0].snat_count, 2);
	ck_assert_str_eq(mx_addr_format(&c->service[0].snat[1], shown),
			 "fd00::8");
	ck_assert_uint_eq(c->service[0].forward, MX_FORWARD_FULLNAT);
	ck_assert_uint_eq(c->service[0].proxy, MX_PROXY_V1);
	ck_assert(!c->service[0].client_hidden);
	ck_assert_str_eq(c->service[0].deny.file, "/a/d");
	ck_assert_str_eq(c->service[0].deny.allow_file, "/a/e");
	ck_assert_uint_eq(c->service[0].deny.answer, MX_ANSWER_DROP);
	ck_assert_uint_eq(c->service[0].deny.allow_count, 2);
	ck_assert_uint_eq(c->service[0].deny.allow[1].bits, 64);
	ck_assert_uint_eq(c->service[0].fail_over_count, 2);
	ck_assert_int_eq(c->service[0].fail_over[0], MX_FAIL_OVER_IF_SILENT);
	ck_assert_int_eq(c->service[0].fail_over[1], MX_FAIL_OVER_IF_REFUSED);
	ck_assert_uint_eq(c->service[0].idle_ms, 20 * 60 * 1000);
	ck_assert_uint_eq(c->service[0].half_open_ms, 5000);
	ck_assert_uint_eq(c->service[0].closing_ms, 600 * 1000);
	ck_assert_uint_eq(c->pool[0].load_bound, 101);
	ck_assert_uint_eq(c->pool[0].slow_start_ms, 45000);
	ck_assert_uint_eq(c->pool[0].hash, MX_HASH_SOURCE_PREFIX);
	ck_assert_uint_eq(c->pool[0].agent.port, 9);
	ck_assert_uint_eq(c->pool[0].agent.interval_ms, 2000);
	ck_assert_str_eq(c->pool[0].agent.send, "hi");
	ck_assert_uint_eq(c->pool[0].check.type, MX_CHECK_TCP);
	ck_assert_uint_eq(c->pool[0].check.interval_ms, 500);
	ck_assert_uint_eq(c->pool[0].check.timeout_ms, 120000);
	ck_assert_uint_eq(c->pool[0].check.rise, 4);
	ck_assert_uint_eq(c->pool[0].check.fall, 5);
	ck_assert_str_eq(c->pool[0].check.helo, "h.x");
	ck_assert_uint_eq(c->pool[0].backend[0].weight, 7);
	ck_assert_uint_eq(c->pool[0].backend[0].tier, 20);
	ck_assert_uint_eq(c->pool[0].backend[0].connections_max, 200);
	ck_assert_str_eq(
		mx_endpoint_format(&c->pool[0].backend[1].address, shown),
		"[fd00::9]:26");
	mx_config_free(c);
}
END_TEST

START_TEST(every_value_of_a_tunnel_arrives)
{
	static const char text[] =
		"instance: a\n"
		"dataplane: {workers: [3], ports: [{name: p, interface: e}]}\n"
		"services: [{name: s, listen: ['192.0.2.1:25'], pool: q,\n"
		"  forward: tunnel, tunnel: {type: gue, port: 6081,\n"
		"    source: ['fd00:2:1::/64', 10.0.2.64/26]}}]\n"
		"pools: [{name: q, load-bound: 0, backends: [\n"
		"  {name: b, address: '192.0.2.9:25'}]}]\n";
	struct mx_config *c = mx_config_parse(text, strlen(text), "f", &errors);
	char shown[MX_PREFIX_TEXT_MAX];

	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	ck_assert_uint_eq(c->service[0].forward, MX_FORWARD_TUNNEL);
	ck_assert_uint_eq(c->service[0].tunnel, MX_TUNNEL_GUE);
	ck_assert_uint_eq(c->service[0].tunnel_port, 6081);
	ck_assert_uint_eq(c->service[0].tunnel_source_count, 2);
	ck_assert_str_eq(
		mx_prefix_format(&c->service[0].tunnel_source[0], shown),
		"fd00:2:1::/64");
	ck_assert_str_eq(
		mx_prefix_format(&c->service[0].tunnel_source[1], shown),
		"10.0.2.64/26");
	ck_assert_uint_eq(c->service[0].idle_ms, 900 * 1000);
	ck_assert_uint_eq(c->pool[0].load_bound, 0);
	ck_assert_uint_eq(c->pool[0].slow_start_ms, 0);
	mx_config_free(c);
}
END_TEST

/* `show` prints the same words that the file has. */
START_TEST(words_are_shown_as_they_are_written)
{
	ck_assert_str_eq(mx_forward_name(MX_FORWARD_FULLNAT), "fullnat");
	ck_assert_str_eq(mx_forward_name(MX_FORWARD_NAT), "nat");
	ck_assert_str_eq(mx_forward_name(MX_FORWARD_DSR), "dsr");
	ck_assert_str_eq(mx_forward_name(MX_FORWARD_TUNNEL), "tunnel");
	ck_assert_str_eq(mx_proxy_name(MX_PROXY_OFF), "off");
	ck_assert_str_eq(mx_proxy_name(MX_PROXY_V1), "v1");
	ck_assert_str_eq(mx_proxy_name(MX_PROXY_V2), "v2");
	ck_assert_str_eq(mx_tunnel_name(MX_TUNNEL_IPIP), "ipip");
	ck_assert_str_eq(mx_tunnel_name(MX_TUNNEL_GUE), "gue");
}
END_TEST

START_TEST(each_instance_has_a_log_file_of_its_own)
{
	static const char *const cases[][2] = {
		{"instance: a\nlog: {sessions: file}",
		 "/var/log/mxsteer/a.log"},
		{"instance: b", "/var/log/mxsteer/b.log"},
		{"instance: b\nlog: {sessions: file, file: /tmp/x}", "/tmp/x"},
	};
	char text[1024], path[MX_FILE_PATH_MAX];
	const int length = snprintf(
		text, sizeof(text),
		"%s\n"
		"dataplane: {workers: [1], ports: [{name: w, interface: e}]}\n"
		"services: [{name: s, listen: ['192.0.2.1:25'], pool: p,\n"
		"  forward: nat}]\n"
		"pools: [{name: p, check: {type: smtp},\n"
		"  backends: [{name: b, address: '10.0.0.9:25'}]}]\n",
		cases[_i][0]);
	struct mx_config *c =
		mx_config_parse(text, (size_t)length, "f", &errors);

	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	mx_config_log_file(c, path);
	ck_assert_str_eq(path, cases[_i][1]);
	mx_config_free(c);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("values");
	TCase *t = tcase_create("values");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, every_value_arrives);
	tcase_add_test(t, every_value_of_a_tunnel_arrives);
	tcase_add_loop_test(t, each_instance_has_a_log_file_of_its_own, 0, 3);
	tcase_add_test(t, words_are_shown_as_they_are_written);
	suite_add_tcase(s, t);
	return s;
}
