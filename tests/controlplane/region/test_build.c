/* SPDX-License-Identifier: BSD-3-Clause */
/* The plan has the meaning of the configuration, and passes the data plane's
 * own check.
 * Method: configurations as text (planmaker.h); no sockets, no region.
 * test_shares.c has the limits of sessions. */
#include <string.h>

#include "planmaker.h"
#include "runner.h"

static struct mx_addr
address(const char *text)
{
	struct mx_addr addr;

	ck_assert_int_eq(mx_addr_parse(text, &addr), 0);
	return addr;
}

static bool
is_snat(const struct mx_plan *plan, uint16_t row, const char *text)
{
	const struct mx_addr addr = address(text);
	const struct mx_owned *vip = mx_owned_find(&plan->owned, &addr, 0);

	return row < plan->snats && mx_addr_equal(&plan->snat[row], &addr) &&
	       vip->kind == MX_OWNED_SNAT && vip->index == row;
}

#define TWO_FAMILIES                                                           \
	"pools:\n"                                                             \
	"  - name: mx\n"                                                       \
	"    backends:\n"                                                      \
	"      - {name: a, address: \"10.0.2.11:25\"}\n"                       \
	"      - {name: b, address: \"[fd00:2::12]:25\"}\n"

START_TEST(local_addresses_of_a_family_are_side_by_side)
{
	const struct mx_plan *plan = planmaker_of(
		"services:\n"
		"  - name: one\n"
		"    listen: [\"198.51.100.25:25\", \"[2001:db8::25]:25\"]\n"
		"    pool: mx\n"
		"    snat: [\"fd00:2::100\", \"10.0.2.100\", \"fd00:2::101\",\n"
		"           \"10.0.2.101\"]\n"
		"    proxy-protocol: v2\n"
		"    timers: {idle: 20m, half-open: 5s, closing: 90s}\n"
		"  - name: two\n"
		"    listen: [\"198.51.100.26:25\"]\n"
		"    pool: mx\n"
		"    snat: [\"10.0.2.102\", \"fd00:2::102\"]\n"
		"    fail-over: [silent]\n"
		"    early-talkers: refuse\n"
		"    greeting-delay: 1500ms\n"
		"    proxy-protocol: v2\n" TWO_FAMILIES);
	const struct mx_service *one = &plan->service[0];
	const struct mx_service *two = &plan->service[1];

	ck_assert_uint_eq(one->forward, MX_FORWARD_FULLNAT);
	ck_assert_uint_eq(one->proxy, MX_PROXY_V2);
	ck_assert_uint_eq(one->idle_s, 1200);
	ck_assert_uint_eq(one->half_open_s, 5);
	ck_assert_uint_eq(one->closing_s, 90);
	ck_assert_uint_eq(one->fail_over,
			  MX_FAIL_OVER_REFUSED | MX_FAIL_OVER_SILENT |
				  MX_FAIL_OVER_BUSY | MX_FAIL_OVER_MUTE);
	ck_assert_uint_eq(one->patience_s, 20);
	ck_assert_uint_eq(one->cookies, MX_COOKIES_AUTO);
	ck_assert_uint_eq(one->delay_s, 0);
	ck_assert_uint_eq(two->early, MX_EARLY_REFUSE);
	ck_assert_uint_eq(two->delay_s, 2);
	ck_assert_uint_eq(two->cookies, MX_COOKIES_ALWAYS);
	ck_assert_uint_eq(two->fail_over, MX_FAIL_OVER_SILENT);
	ck_assert_uint_eq(two->idle_s, 900);
	ck_assert_uint_eq(two->half_open_s, 30);
	ck_assert_uint_eq(two->closing_s, 120);
	ck_assert_uint_eq(one->snat4.count, 2);
	ck_assert_uint_eq(one->snat6.count, 2);
	ck_assert(is_snat(plan, one->snat4.first, "10.0.2.100"));
	ck_assert(is_snat(plan, one->snat4.first + 1, "10.0.2.101"));
	ck_assert(is_snat(plan, one->snat6.first, "fd00:2::100"));
	ck_assert(is_snat(plan, one->snat6.first + 1, "fd00:2::101"));
	ck_assert(is_snat(plan, two->snat4.first, "10.0.2.102"));
	ck_assert(is_snat(plan, two->snat6.first, "fd00:2::102"));
	ck_assert_uint_eq(plan->snats, 6);
	ck_assert(plan->ipv6 && !plan->nat);
}
END_TEST

START_TEST(each_backend_of_an_outbound_service_sees_one_address)
{
	const struct mx_plan *plan = planmaker_of(
		"services:\n"
		"  - name: one\n"
		"    listen: [\"198.51.100.25:25\"]\n"
		"    direction: outbound\n"
		"    pool: mx\n"
		"    snat: [\"10.0.2.100\", \"10.0.2.101\", \"10.0.2.102\"]\n"
		"    proxy-protocol: v2\n"
		"pools:\n"
		"  - name: mx\n"
		"    backends:\n"
		"      - {name: a, address: \"10.0.2.11:25\"}\n"
		"      - {name: b, address: \"10.0.2.12:25\"}\n"
		"      - {name: c, address: \"10.0.2.13:25\"}\n"
		"      - {name: d, address: \"10.0.2.14:25\"}\n");
	bool differ = false;

	ck_assert(plan->service[0].snat_stays);
	for (uint16_t id = 1; id <= 4; id++) {
		ck_assert_uint_lt(plan->snat_at[0][id], 3);
		differ |= plan->snat_at[0][id] != plan->snat_at[0][1];
	}
	ck_assert(differ);
}
END_TEST

START_TEST(without_an_ipv6_address_the_plan_says_so)
{
	const struct mx_plan *plan = planmaker_of(
		"services:\n"
		"  - name: one\n"
		"    listen: [\"198.51.100.25:25\"]\n"
		"    pool: mx\n"
		"    forward: dsr\n"
		"pools:\n"
		"  - name: mx\n"
		"    backends: [{name: a, address: \"10.0.2.11:25\"}]\n");

	ck_assert(!plan->ipv6);
	ck_assert_uint_eq(plan->service[0].forward, MX_FORWARD_DSR);
	ck_assert_uint_eq(plan->service[0].fail_over, 0);
	ck_assert_uint_eq(plan->snats, 0);
	ck_assert_uint_eq(plan->owned.count, 3);
	/* An address that is only retired counts as well. */
	state->backend[9] = (struct backend){
		.used = true,
		.retired = true,
		.address = {.addr = address("fd00:2::9"), .port_be = 25}};
	ck_assert(planmaker_build()->ipv6);
}
END_TEST

START_TEST(a_tunnel_has_a_source_of_each_family)
{
	const struct mx_plan *plan = planmaker_of(
		"services:\n"
		"  - name: one\n"
		"    listen: [\"198.51.100.25:25\"]\n"
		"    pool: mx\n"
		"    forward: tunnel\n"
		"    tunnel: {type: gue, port: 7000,\n"
		"             source: [\"10.0.2.64/26\", \"fd00:2:1::/68\"]}\n"
		"  - name: two\n"
		"    listen: [\"198.51.100.26:25\"]\n"
		"    pool: v4\n"
		"    forward: tunnel\n"
		"    tunnel: {source: [\"10.0.2.7/32\"]}\n" TWO_FAMILIES
		"  - name: v4\n"
		"    backends: [{name: a, address: \"10.0.2.11:25\"}]\n");
	const struct mx_service *one = &plan->service[0];
	const struct mx_service *two = &plan->service[1];
	const struct mx_addr from4 = address("10.0.2.64");
	const struct mx_addr from6 = address("fd00:2:1::");
	/* As an address, an IPv4 mask has 96 ones in front. */
	const struct mx_addr mask4 =
		address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffc0");
	const struct mx_addr mask6 = address("ffff:ffff:ffff:ffff:f000::");
	const struct mx_addr whole =
		address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	static const struct mx_tunnel_source none;

	ck_assert_uint_eq(one->forward, MX_FORWARD_TUNNEL);
	ck_assert_uint_eq(one->tunnel, MX_TUNNEL_GUE);
	ck_assert_uint_eq(one->tunnel_port_be, htons(7000));
	ck_assert(mx_addr_equal(&one->from4.addr, &from4));
	ck_assert(mx_addr_equal(&one->from4.mask, &mask4));
	ck_assert(mx_addr_equal(&one->from6.addr, &from6));
	ck_assert(mx_addr_equal(&one->from6.mask, &mask6));
	ck_assert_uint_eq(two->tunnel, MX_TUNNEL_IPIP);
	ck_assert(mx_addr_equal(&two->from4.mask, &whole));
	ck_assert_mem_eq(&two->from6, &none, sizeof(none));
}
END_TEST

static uint8_t
owned(const struct mx_plan *plan, const char *text, uint16_t port)
{
	const struct mx_addr addr = address(text);

	return mx_owned_find(&plan->owned, &addr, htons(port))->kind;
}

START_TEST(servers_behind_nat_are_known_by_their_address)
{
	const struct mx_plan *plan = planmaker_of(ONE_SERVICE("forward: nat"));

	ck_assert_uint_eq(plan->service[0].forward, MX_FORWARD_NAT);
	ck_assert(plan->nat);
	ck_assert_uint_eq(owned(plan, "10.0.2.11", 25), MX_OWNED_SERVER);
	ck_assert_uint_eq(owned(plan, "10.0.2.12", 25), MX_OWNED_SERVER);
	ck_assert_uint_eq(owned(plan, "10.0.2.11", 0), MX_OWNED_NOT);
	/* With another mode, or none, the rows stay while old sessions may
	 * exist. */
	planmaker_apply(
		"services:\n"
		"  - {name: one, listen: [\"198.51.100.25:25\"], pool: mx, "
		"forward: dsr}\n"
		"pools:\n"
		"  - name: mx\n"
		"    backends: [{name: b, address: \"10.0.2.12:25\"}]\n",
		10);
	plan = planmaker_build();
	ck_assert(plan->nat);
	ck_assert(plan->backend[1].used && !plan->backend[1].serves);
	ck_assert_uint_eq(owned(plan, "10.0.2.11", 25), MX_OWNED_SERVER);
	ck_assert_uint_eq(owned(plan, "10.0.2.12", 25), MX_OWNED_SERVER);
	state->backend[1].was_nat = state->backend[2].was_nat = false;
	plan = planmaker_build();
	ck_assert(!plan->nat);
	/* No client opens a session with its address. */
	ck_assert_uint_eq(owned(plan, "10.0.2.11", 25), MX_OWNED_BACKEND);
}
END_TEST

START_TEST(two_pools_may_share_a_server)
{
	const struct mx_plan *plan = planmaker_of(
		"services:\n"
		"  - {name: one, listen: [\"198.51.100.25:25\"], pool: p, "
		"forward: nat}\n"
		"  - {name: two, listen: [\"198.51.100.26:25\"], pool: q, "
		"forward: nat}\n"
		"pools:\n"
		"  - name: p\n"
		"    backends: [{name: a, address: \"10.0.2.11:25\"}]\n"
		"  - name: q\n"
		"    backends: [{name: a, address: \"10.0.2.11:25\"}]\n");

	ck_assert_uint_eq(owned(plan, "10.0.2.11", 25), MX_OWNED_SERVER);
	ck_assert_uint_eq(plan->owned.count, 5);
	ck_assert_uint_eq(plan->backend[1].pool, 0);
	ck_assert_uint_eq(plan->backend[2].pool, 1);
}
END_TEST

static const struct nexthop hop = {.known = true,
				   .interface = "eth1",
				   .mac = {2, 0, 0, 0, 0, 7},
				   .mtu = 1400};

START_TEST(a_next_hop_is_known_by_its_port)
{
	planmaker_apply(ONE_SERVICE("forward: dsr"), 0);
	state->backend[1].hop = hop;
	state->backend[2].hop = hop;
	strcpy(state->backend[2].hop.interface, "eth9");
	const struct mx_plan *plan = planmaker_build();

	ck_assert(plan->backend[1].resolved && plan->backend[1].serves);
	ck_assert_uint_eq(plan->backend[1].port, 1);
	ck_assert_uint_eq(plan->backend[1].mtu, 1400);
	ck_assert_mem_eq(plan->backend[1].mac, hop.mac, 6);
	ck_assert(!plan->backend[2].resolved);
	ck_assert_uint_eq(plan->backend[2].mtu, 0);
}
END_TEST

START_TEST(behind_a_gateway_dsr_has_no_next_hop_and_others_have)
{
	planmaker_apply(ONE_SERVICE("forward: dsr"), 0);
	state->backend[1].hop = state->backend[2].hop = hop;
	state->backend[2].hop.routed = true;
	const struct mx_plan *plan = planmaker_build();
	ck_assert(plan->backend[1].resolved && plan->backend[1].serves);
	ck_assert(!plan->backend[2].resolved && !plan->backend[2].serves);
	ck_assert_uint_eq(plan->pick[0].slot[7], 1);
	ck_assert_int_eq(state->backend[2].why, WEIGHT_FAR);

	planmaker_apply(ONE_SERVICE("forward: nat"), 0);
	plan = planmaker_build();
	ck_assert(plan->backend[2].resolved && plan->backend[2].serves);
}
END_TEST

START_TEST(what_was_ended_is_in_the_plan)
{
	planmaker_apply(ONE_SERVICE("forward: dsr"), 0);
	state->backend[2].ended_s = 12345;
	const struct mx_plan *plan = planmaker_build();

	ck_assert_uint_eq(plan->backend[1].ended_s, 0);
	ck_assert_uint_eq(plan->backend[2].ended_s, 12345);
}
END_TEST

START_TEST(who_rests_is_counted_where_it_was)
{
	const struct mx_plan *plan = planmaker_of(
		"services:\n"
		"  - {name: one, listen: [\"198.51.100.25:25\"], pool: p, "
		"forward: nat}\n"
		"  - {name: two, listen: [\"198.51.100.26:25\"], pool: q, "
		"forward: nat}\n"
		"pools:\n"
		"  - name: p\n"
		"    backends: [{name: a, address: \"10.0.2.11:25\"}]\n"
		"  - name: q\n"
		"    backends: [{name: b, address: \"10.0.2.12:25\"},\n"
		"               {name: c, address: \"10.0.2.13:25\"}]\n");

	ck_assert_uint_eq(plan->backend[3].pool, 1);
	planmaker_apply(
		"services:\n"
		"  - {name: two, listen: [\"198.51.100.26:25\"], pool: q, "
		"forward: nat}\n"
		"pools:\n"
		"  - name: q\n"
		"    backends: [{name: b, address: \"10.0.2.12:25\"}]\n",
		10);
	plan = planmaker_build();
	ck_assert_uint_eq(plan->backend[2].pool, 0);
	ck_assert_uint_eq(plan->backend[3].pool, 0);
	ck_assert_uint_eq(plan->backend[1].pool, MX_POOLS_MAX - 1);
	/* It is not probed, and a live session is not given up. */
	ck_assert(plan->backend[1].up && !plan->backend[1].serves);
}
END_TEST

START_TEST(the_same_state_gives_the_same_bytes)
{
	static const char *const configs[] = {
		ONE_SERVICE("forward: nat"),
		ONE_SERVICE("snat: [\"10.0.2.100\"], proxy-protocol: v1"),
		ONE_SERVICE("forward: tunnel, "
			    "tunnel: {source: [\"10.0.2.64/26\"]}"),
	};

	/* Compare a builder that has built other plans with a new one. */
	for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++)
		planmaker_of(configs[i]);
	const struct mx_plan *used = planmaker_of(configs[_i]);
	struct builder *fresh = builder_new();
	const struct mx_plan *plan = builder_run(fresh, state);
	ck_assert(plan_same(used, plan));
	ck_assert_mem_eq(used, plan, MX_PLAN_SIZE(plan->pools));
	builder_free(fresh);
}
END_TEST

START_TEST(too_many_addresses_are_no_plan)
{
	planmaker_apply(ONE_SERVICE("forward: dsr"), 0);
	struct mx_config_service *service = &state->config->service[0];

	service->snat_count = MX_CONFIG_SNATS_MAX;
	for (uint16_t i = 0; i < MX_CONFIG_SNATS_MAX; i++)
		service->snat[i] = mx_addr_from4(htonl(0x0a000300u + i));
	state_weigh(state);
	ck_assert_ptr_nonnull(builder_run(builder, state));
	/* The same addresses again and again; each backend still has a row. */
	for (uint16_t id = 0; id <= MX_SNATS_MAX / MX_CONFIG_SNATS_MAX; id++) {
		struct mx_config_service *copy = &state->config->service[id];
		*copy = *service;
		copy->vip[0].port_be = htons((uint16_t)(100 + id));
		state->service[id] =
			(struct service){.used = true, .config = copy};
	}
	ck_assert_ptr_null(builder_run(builder, state));
	/* VIPs are counted before all. */
	state->config->service_count = MX_SERVICES_MAX;
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		state->config->service[id].vip_count = 5;
	ck_assert_ptr_null(builder_run(builder, state));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("build");
	TCase *t = tcase_create("build");

	tcase_add_checked_fixture(t, planmaker_setup, planmaker_teardown);
	tcase_add_test(t, local_addresses_of_a_family_are_side_by_side);
	tcase_add_test(t, each_backend_of_an_outbound_service_sees_one_address);
	tcase_add_test(t, without_an_ipv6_address_the_plan_says_so);
	tcase_add_test(t, a_tunnel_has_a_source_of_each_family);
	tcase_add_test(t, servers_behind_nat_are_known_by_their_address);
	tcase_add_test(t, two_pools_may_share_a_server);
	tcase_add_test(t, a_next_hop_is_known_by_its_port);
	tcase_add_test(t, behind_a_gateway_dsr_has_no_next_hop_and_others_have);
	tcase_add_test(t, what_was_ended_is_in_the_plan);
	tcase_add_test(t, who_rests_is_counted_where_it_was);
	tcase_add_loop_test(t, the_same_state_gives_the_same_bytes, 0, 3);
	tcase_add_test(t, too_many_addresses_are_no_plan);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
