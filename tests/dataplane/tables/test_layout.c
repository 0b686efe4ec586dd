/* SPDX-License-Identifier: BSD-3-Clause */
/* The layout of shared data: the region of both planes, and the file of a
 * worker's sessions, which the next version of the data plane opens; and the rings
 * that mxsteer-log reads.
 * Method: write down every field with its offset and size, and compare with the
 * text in layout.region, layout.sessions and layout.rings.  The compiler refuses a list of
 * fields that is not complete. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "changed.h"
#include "ended.h"
#include "region.h"
#include "runner.h"
#include "sessions.h"

#define TEXT_MAX 32768

/* A field that is missing in a list below leaves a member without its value. */
#pragma GCC diagnostic error "-Wmissing-field-initializers"
/* {0} is the value of any array and any struct. */
#pragma GCC diagnostic ignored "-Wmissing-braces"

static char text[TEXT_MAX];
static char kept[TEXT_MAX];
static FILE *out;

#define PLAIN(field) 0,
#define BRACED(field) {0},
#define FIELD(field)                                                           \
	fprintf(out, "%8zu %8zu  %s\n", offsetof(typeof(*it), field),          \
		sizeof(it->field), #field);

/* Write down a struct; and the flexible array at the end of one. */
#define LAYOUT(type, fields)                                                   \
	do {                                                                   \
		const struct type *it = NULL;                                  \
		(void)sizeof((struct type){fields(PLAIN, BRACED)});            \
		fprintf(out, "struct %s: %zu bytes, aligned to %zu\n", #type,  \
			sizeof(*it), alignof(struct type));                    \
		fields(FIELD, FIELD)                                           \
	} while (0)

/* A field of a union whose first member is in the list. */
#define IN_UNION(type, field)                                                  \
	fprintf(out, "%8zu %8zu  %s\n", offsetof(struct type, field),          \
		sizeof(((struct type *)NULL)->field), #field)

#define FLEXIBLE(type, field)                                                  \
	fprintf(out, "%8zu        -  %s\n", offsetof(struct type, field),      \
		#field)

#define NUMBER(constant)                                                       \
	fprintf(out, "%8lu  %s\n", (unsigned long)(constant), #constant)

/* The fields of each struct in order: X a plain one, A an array or a struct. */
/* clang-format off */
#define ADDR(X, A) A(byte)
#define ENDPOINT(X, A) A(addr) X(port_be)
#define HASH_KEY(X, A) A(word)
#define REGION_PORT(X, A) \
	A(name) A(interface) A(mac) X(queues) A(device) X(twin) A(rss_lack) \
	X(vlan)
#define REGION_HEADER(X, A) \
	X(magic) X(abi) X(size) X(dataplane_pid) X(workers) X(ports) \
	X(started_s) X(tsc_hz) X(sessions_max) X(hugepages) X(ipv6) \
	X(steering) X(idling) A(worker_core) A(port) A(sessions_path) \
	A(announce_interface)
#define REGION_ACK(X, A) X(generation) X(adopted) X(fault) X(took_ns) X(heartbeat) \
	X(deny_missing) X(announced) X(announce_failed) X(announce_errno) \
	X(announce_hold)
#define REGION_SNAT(X, A) A(address) X(used) X(fullest_percent) X(spilled)
#define REGION_LINK(X, A) \
	X(state) X(since_s) X(rx) X(tx) X(missed) X(errors) X(partial) \
	X(claims) A(claimed) A(claimant) X(no_memory) X(members) A(member) \
	X(other_vlan) X(rss4) X(rss6) X(rss_segments) X(rss_astray)
#define REGION_MEMBER(X, A) A(name) X(state)
#define STAGED(X, A) A(bytes)
#define REGION(X, A) \
	A(header) A(ack) A(snat) A(link) A(worker) A(unused) A(plans) \
	X(generation) A(staged)
#define REGION_PLANS(X, A) X(magic) X(abi) X(size)
#define SNAT_RANGE(X, A) X(first) X(count)
#define TUNNEL_SOURCE(X, A) A(addr) A(mask)
#define SERVICE(X, A) \
	X(used) X(forward) X(proxy) X(tunnel) X(martians) X(fail_over) X(pool) \
	X(tunnel_port_be) A(snat4) A(snat6) A(from4) A(from6) X(idle_s) \
	X(half_open_s) X(greeting_s) X(closing_s) X(patience_s) X(delay_s) A(clients) \
	X(cookies) X(implicit_tls) X(answer) X(early) X(host_bytes) X(snat_stays) A(host) A(deny) \
	A(allow)
#define CLIENT_LIMITS(X, A) \
	X(sessions) X(per_10s) X(prefix_sessions) X(prefix_per_10s) \
	X(prefix4) X(prefix6) X(used) X(answer) X(allow_first) X(allow_count)
#define PREFIX(X, A) A(addr) X(bits)
#define SERVICE_DENY(X, A) X(serial) X(size_bytes) X(answer)
#define DENY_RULE(X, A) A(addr) X(bits) X(denied) X(slot)
#define END_ORDER(X, A) A(client) X(port_be) X(some) X(denied) A(backend) X(ended_s)
#define POOL(X, A) X(hash_input) X(least)
#define BACKEND(X, A) \
	A(address) X(used) X(up) X(serves) X(resolved) X(port) X(routed) A(mac) X(pool) \
	X(mtu) X(watched) X(sessions_max) X(sessions_extra) X(weight) X(share_max) X(ended_s) X(ends_s)
#define VIP(X, A) A(addr) X(port_be) X(index) X(kind) X(quiet) X(first_be)
#define VIP_TABLE(X, A) X(count) A(slot)
#define WAY(X, A) A(hop) X(moved_s) A(mac) A(before) X(port) X(gateway) X(to_port) X(instead)
#define ANNOUNCED(X, A) A(addr) X(metric)
#define PICK(X, A) A(slot)
#define PLAN(X, A) \
	X(size_bytes) X(crc) X(generation) A(key) X(pools) X(snats) X(ipv6) \
	X(nat) X(retired) X(strict_ports) A(owned) A(service) A(pool) A(snat) \
	X(box) A(snat_box) A(backend) X(ways) X(other_ports) A(way) X(allows) A(allow) \
	X(deny_round) X(deny_rules) A(deny_rule) X(end_orders) A(end_order) \
	X(announces) A(announce) A(snat_at)
#define FLOW_COUNT(X, A) \
	X(packets_in) X(packets_out) X(bytes_in) X(bytes_out) X(opened) \
	X(closed) X(abandoned) X(doubted) X(attempts) X(lapsed) X(watched) \
	X(sealed) X(ending) X(ended) A(unserved)
#define WORKER_COUNT(X, A) \
	X(heartbeat) X(rx) X(tx) X(to_kernel) X(handed_off) X(made) \
	X(busy_cycles) X(polls) X(slots_used) X(answered) X(proxy_resent) \
	X(proxy_given_up) X(ended) X(diverted) X(strayed) X(moved) X(sleeps) \
	X(doubts_asked) X(doubts_alive) X(doubts_dead) X(doubts_unanswered) \
	X(doubts_refused) X(ways_moved) X(resets_unknown) X(stateless) \
	X(from_kernel) X(synacks) X(synacks_again) X(synacks_proven) \
	X(synacks_unproven) X(texts_again) X(texts_missed) \
	X(failovers_refused) X(failovers_silent) X(failovers_busy) X(failovers_mute) \
	X(failovers_none) X(failovers_missed) X(joins) X(joins_failed) \
	X(joins_mismatched) X(joins_missed) \
	A(cookies_until_s) A(peak) A(dropped) A(refused) A(rule_refused) A(limits_full) A(early) \
	A(refused_client) A(told) \
	A(service) A(backend) A(timing) A(events) X(borrowed) X(borrowed_over) A(borrow_refused) X(homed)
#define TIMING(X, A) X(waits) X(wait_us) A(wait) A(length) A(greeting)
#define EVENT(X, A) \
	X(serial) X(at_tsc) X(at_s) X(opened_s) A(client) X(wait_us) \
	X(client_port_be) X(backend) X(service) X(kind) X(what) X(flags)
#define EVENT_SLOT(X, A) A(word)
#define EVENT_RING(X, A) X(head) A(slot)
#define REFUSED_CLIENT(X, A) A(addr) X(bits) X(service) X(last_s) X(count) X(early)
#define SESSION(X, A) \
	X(client_be) X(vip_be) X(client_port_be) X(vip_port_be) X(server_be) \
	X(local_be) X(server_port_be) X(local_port_be) X(ip_delta) \
	X(tcp_delta) X(deadline_s) X(opened_s) X(backend) X(service) X(state) \
	A(client_mac) X(client_port) X(snat_slot) X(next) X(kind) X(flags) X(syn) X(shifts) X(client_seq) X(server_seq)
#define SESSION_WIDE(X, A) A(client) A(vip) A(server) A(local)
#define SESSIONS_FILE(X, A) \
	X(magic) X(layout) X(count) X(worker) X(workers) X(wide) A(key)
#define RING(X, A) \
	X(magic) X(layout) X(kind) X(words) X(slots) X(identity) X(tsc_hz) X(head)
#define CHANGED(X, A) \
	X(serial) X(at_s) A(level) A(source) A(subject) A(what) A(before) \
	A(after) A(why) A(who)
#define ENDED(X, A) \
	X(serial) X(at_tsc) X(at_s) X(opened_s) A(client) A(vip) X(wait_us) \
	X(bytes_in) X(bytes_out) X(client_port_be) X(vip_port_be) X(backend) \
	X(began) X(service) X(how) X(flags)
/* clang-format on */

static void
dump_plan(void)
{
	LAYOUT(mx_addr, ADDR);
	LAYOUT(mx_endpoint, ENDPOINT);
	LAYOUT(mx_hash_key, HASH_KEY);
	LAYOUT(mx_plan, PLAN);
	FLEXIBLE(mx_plan, pick);
	LAYOUT(mx_owned_table, VIP_TABLE);
	LAYOUT(mx_owned, VIP);
	LAYOUT(mx_service, SERVICE);
	LAYOUT(mx_client_limits, CLIENT_LIMITS);
	LAYOUT(mx_prefix, PREFIX);
	LAYOUT(mx_snat_range, SNAT_RANGE);
	LAYOUT(mx_tunnel_source, TUNNEL_SOURCE);
	LAYOUT(mx_pool, POOL);
	LAYOUT(mx_backend, BACKEND);
	LAYOUT(mx_way, WAY);
	LAYOUT(mx_end_order, END_ORDER);
	LAYOUT(mx_announced, ANNOUNCED);
	LAYOUT(mx_pick, PICK);
}

/* The meaning of the numbers in these fields. */
static void
dump_region_numbers(void)
{
	NUMBER(MX_FORWARD_FULLNAT);
	NUMBER(MX_FORWARD_NAT);
	NUMBER(MX_FORWARD_DSR);
	NUMBER(MX_FORWARD_TUNNEL);
	NUMBER(MX_FORWARDS);
	NUMBER(MX_ANSWER_DROP);
	NUMBER(MX_ANSWER_421);
	NUMBER(MX_ANSWER_554);
	NUMBER(MX_ANSWER_RESET);
	NUMBER(MX_ANSWERS);
	NUMBER(MX_EARLY_OFF);
	NUMBER(MX_EARLY_COUNT);
	NUMBER(MX_EARLY_DELAY);
	NUMBER(MX_EARLY_REFUSE);
	NUMBER(MX_EARLY_MARK);
	NUMBER(MX_PROXY_OFF);
	NUMBER(MX_PROXY_V1);
	NUMBER(MX_PROXY_V2);
	NUMBER(MX_PROXIES);
	NUMBER(MX_TUNNEL_IPIP);
	NUMBER(MX_TUNNEL_GUE);
	NUMBER(MX_TUNNELS);
	NUMBER(MX_HASH_FLOW);
	NUMBER(MX_HASH_SOURCE);
	NUMBER(MX_HASH_SOURCE_PREFIX);
	NUMBER(MX_HASH_INPUTS);
	NUMBER(MX_OWNED_NOT);
	NUMBER(MX_OWNED_VIP);
	NUMBER(MX_OWNED_SNAT);
	NUMBER(MX_OWNED_ADDRESS);
	NUMBER(MX_OWNED_SERVER);
	NUMBER(MX_OWNED_RETIRED);
	NUMBER(MX_OWNED_BACKEND);
	NUMBER(MX_OWNED_KINDS);
	NUMBER(MX_STEERING_ALONE);
	NUMBER(MX_STEERING_RINGS);
	NUMBER(MX_STEERING_RSS);
	NUMBER(MX_STEERINGS);
	NUMBER(MX_IDLING_POLLS);
	NUMBER(MX_IDLING_SLEEPS);
	NUMBER(MX_IDLING_WAITS);
	NUMBER(MX_IDLINGS);
	NUMBER(MX_ANNOUNCE_GOES);
	NUMBER(MX_ANNOUNCE_STALLS);
	NUMBER(MX_ANNOUNCE_HOMES);
	NUMBER(MX_ANNOUNCE_HOLDS);
	NUMBER(MX_LINK_UP);
	NUMBER(MX_LINK_DOWN);
	NUMBER(MX_LINK_GONE);
	NUMBER(MX_LINKS);
	NUMBER(MX_MEMBER_DOWN);
	NUMBER(MX_MEMBER_WAITS);
	NUMBER(MX_MEMBER_ACTIVE);
	NUMBER(MX_MEMBERS);
	NUMBER(MX_EVENT_GREETED);
	NUMBER(MX_EVENT_UNSERVED);
	NUMBER(MX_EVENT_KINDS);
	NUMBER(MX_GREETING_SERVES);
	NUMBER(MX_GREETING_4XX);
	NUMBER(MX_GREETING_5XX);
	NUMBER(MX_GREETING_FIN);
	NUMBER(MX_GREETING_RST);
	NUMBER(MX_GREETINGS);
	NUMBER(MX_EVENT_OWN);
	for (unsigned fault = 0; fault < MX_PLAN_FAULTS; fault++)
		fprintf(out, "%8u  plan fault: %s\n", fault,
			mx_plan_fault_text(fault));
	for (unsigned reason = 1; reason < MX_DROP_REASONS; reason++)
		fprintf(out, "%8u  drop: %s\n", reason, mx_drop_name(reason));
}

static void
dump_region(void)
{
	NUMBER(MX_REGION_ABI);
	LAYOUT(mx_region, REGION);
	LAYOUT(mx_region_header, REGION_HEADER);
	LAYOUT(mx_region_port, REGION_PORT);
	LAYOUT(mx_region_ack, REGION_ACK);
	LAYOUT(mx_region_snat, REGION_SNAT);
	LAYOUT(mx_region_link, REGION_LINK);
	LAYOUT(mx_region_member, REGION_MEMBER);
	LAYOUT(mx_staged, STAGED);
	LAYOUT(mx_worker_count, WORKER_COUNT);
	LAYOUT(mx_refused_client, REFUSED_CLIENT);
	LAYOUT(mx_flow_count, FLOW_COUNT);
	LAYOUT(mx_timing, TIMING);
	LAYOUT(mx_event_ring, EVENT_RING);
	LAYOUT(mx_event_slot, EVENT_SLOT);
	LAYOUT(mx_event, EVENT);
	dump_plan();
	dump_region_numbers();
}

static void
dump_sessions(void)
{
	NUMBER(MX_SESSIONS_LAYOUT);
	NUMBER(MX_LOCAL_PORT_FIRST);
	LAYOUT(mx_sessions_file, SESSIONS_FILE);
	FLEXIBLE(mx_sessions_file, session);
	LAYOUT(mx_hash_key, HASH_KEY);
	LAYOUT(mx_session, SESSION);
	IN_UNION(mx_session, ack_shift);
	LAYOUT(mx_session_wide, SESSION_WIDE);
	LAYOUT(mx_addr, ADDR);
	NUMBER(MX_SESSION_MODE);
	NUMBER(MX_SESSION_CLIENT6);
	NUMBER(MX_SESSION_SERVER6);
	NUMBER(MX_SESSION_PROXY_SHIFT);
	NUMBER(MX_SESSION_V2);
	NUMBER(MX_SESSION_EARLY);
	NUMBER(MX_SESSION_HEADER);
	NUMBER(MX_SESSION_TOLD);
	NUMBER(MX_SESSION_PROXY_NONE);
	NUMBER(MX_SESSION_PROXY_ARMED);
	NUMBER(MX_SESSION_PROXY_SENT);
	NUMBER(MX_SESSION_PROXY_ACKED);
	NUMBER(MX_SESSION_FREE);
	NUMBER(MX_SESSION_OPENING);
	NUMBER(MX_SESSION_ANSWERED);
	NUMBER(MX_SESSION_ESTABLISHED);
	NUMBER(MX_SESSION_CLIENT_FIN);
	NUMBER(MX_SESSION_BACKEND_FIN);
	NUMBER(MX_SESSION_CLOSING);
	NUMBER(MX_SESSION_RESET);
	NUMBER(MX_SESSION_GREETING);
	NUMBER(MX_SESSION_DOUBTED);
	NUMBER(MX_SESSION_DOUBTED_FIN);
	NUMBER(MX_SESSION_REFUSED);
	NUMBER(MX_SESSION_WATCHED);
	NUMBER(MX_SESSION_SEALED);
	NUMBER(MX_SESSION_ENDING);
	NUMBER(MX_SESSION_JOINING);
	NUMBER(MX_SESSION_HELD);
}

static void
dump_rings(void)
{
	NUMBER(MX_RING_LAYOUT);
	LAYOUT(mx_ring, RING);
	FLEXIBLE(mx_ring, word);
	LAYOUT(mx_ended, ENDED);
	LAYOUT(mx_changed, CHANGED);
	NUMBER(MX_RING_ENDED);
	NUMBER(MX_RING_CHANGED);
	NUMBER(MX_END_CLOSED);
	NUMBER(MX_END_CLIENT_RESET);
	NUMBER(MX_END_BACKEND_RESET);
	NUMBER(MX_END_GIVEN_UP);
	NUMBER(MX_END_REFUSED);
	NUMBER(MX_END_SILENT);
	NUMBER(MX_ENDS);
	NUMBER(MX_ENDED_BYTES);
	NUMBER(MX_BEGAN_SHIFT);
}

/* Each text begins with the number of its layout. */
static const struct {
	const char *file;
	const char *number;
	const char *heading; /* of its table in ABI.md */
	void (*dump)(void);
} layouts[] = {
	{"tests/dataplane/tables/layout.region", "MX_REGION_ABI",
	 "## The region", dump_region},
	{"tests/dataplane/tables/layout.sessions", "MX_SESSIONS_LAYOUT",
	 "## The session file", dump_sessions},
	{"tests/dataplane/tables/layout.rings", "MX_RING_LAYOUT",
	 "## The rings of the log", dump_rings},
};

static void
path_in_source(char path[static 512], const char *file)
{
	const char *source = getenv("MXSTEER_SOURCE");

	snprintf(path, 512, "%s/%s", source == NULL ? "." : source, file);
}

static void
read_file(const char *file, char to[static TEXT_MAX])
{
	char path[512];

	path_in_source(path, file);
	FILE *in = fopen(path, "r");
	const size_t size = in == NULL ? 0 : fread(to, 1, TEXT_MAX - 1, in);
	to[size] = '\0';
	if (in != NULL)
		fclose(in);
}

static void
write_file(const char *file)
{
	char path[512];

	path_in_source(path, file);
	FILE *to = fopen(path, "w");
	ck_assert_ptr_nonnull(to);
	fputs(text, to);
	ck_assert_int_eq(fclose(to), 0);
}

/* The place of the first difference of two texts, at the start of its line. */
static const char *
first_difference(void)
{
	size_t line = 0;

	for (size_t i = 0; text[i] == kept[i] && text[i] != '\0'; i++)
		if (text[i] == '\n')
			line = i + 1;
	return &text[line];
}

static void
dump(int which)
{
	memset(text, 0, sizeof(text));
	out = fmemopen(text, sizeof(text) - 1, "w");
	ck_assert_ptr_nonnull(out);
	layouts[which].dump();
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_uint_lt(strlen(text), sizeof(text) - 2);
}

START_TEST(a_layout_is_the_one_that_its_number_was_given_to)
{
	const char *file = layouts[_i].file;
	const char *number = layouts[_i].number;

	dump(_i);
	read_file(file, kept);
	if (strcmp(text, kept) == 0)
		return;
	const char *line = first_difference();
	/* The first line of both is the number. */
	ck_assert_msg(kept[0] == '\0' || strtoul(text, NULL, 10) !=
						 strtoul(kept, NULL, 10),
		      "the layout differs from %s, and %s is the same.  "
		      "Raise it, say in dataplane/tables/ABI.md what changed, "
		      "and accept it: MXSTEER_ACCEPT=1 "
		      "build/tests/test_layout, in the source folder.  First "
		      "difference: %.*s",
		      file, number, (int)strcspn(line, "\n"), line);
	ck_assert_msg(getenv("MXSTEER_ACCEPT") != NULL,
		      "%s is new: accept its layout by MXSTEER_ACCEPT=1 "
		      "build/tests/test_layout (in the source folder), and "
		      "commit %s",
		      number, file);
	write_file(file);
}
END_TEST

START_TEST(the_history_has_a_row_for_the_number)
{
	char row[32];

	dump(_i);
	snprintf(row, sizeof(row), "\n| %lu |", strtoul(text, NULL, 10));
	read_file("dataplane/tables/ABI.md", kept);
	char *chapter = strstr(kept, layouts[_i].heading);
	ck_assert_ptr_nonnull(chapter);
	char *next = strstr(chapter + 1, "\n## ");
	if (next != NULL)
		*next = '\0';
	ck_assert_msg(strstr(chapter, row) != NULL,
		      "dataplane/tables/ABI.md, \"%s\", has no row for %s %lu",
		      layouts[_i].heading, layouts[_i].number,
		      strtoul(text, NULL, 10));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("layout");
	TCase *t = tcase_create("layout");

	tcase_add_loop_test(t, a_layout_is_the_one_that_its_number_was_given_to,
			    0, 3);
	tcase_add_loop_test(t, the_history_has_a_row_for_the_number, 0, 3);
	suite_add_tcase(s, t);
	return s;
}
