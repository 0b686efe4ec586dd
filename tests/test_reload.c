/* SPDX-License-Identifier: BSD-3-Clause */
/* A new configuration lets go of nothing that is in use: addresses rest while
 * they have sessions, health and wishes follow what they are about, probes of
 * what stays go on; the reply says so.
 * Method: the whole control plane on a real region, fake probes, and session
 * files as workers write them. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "census.h"
#include "plane.h"
#include "runner.h"
#include "sessions.h"

static struct plane plane;

#define SESSIONS 64

static union {
	struct mx_sessions_file file;
	uint8_t bytes[MX_SESSIONS_SIZE(SESSIONS, 1)];
} sessions[2];

static void
save_sessions(void)
{
	for (int w = 0; w < 2; w++) {
		const char *path = plane.region->header.sessions_path[w];
		const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

		ck_assert_int_eq(write(fd, &sessions[w], sizeof(sessions[w])),
				 (ssize_t)sizeof(sessions[w]));
		close(fd);
	}
}

static struct mx_addr
address(const char *text)
{
	struct mx_endpoint endpoint;
	char with_port[80];

	snprintf(with_port, sizeof(with_port),
		 strchr(text, ':') != NULL ? "[%s]:1" : "%s:1", text);
	ck_assert_int_eq(mx_endpoint_parse(with_port, &endpoint), 0);
	return endpoint.addr;
}

/* A session of the second worker, from a VIP at port 25 through a SNAT address
 * to backend and service 1 and 0. */
static struct mx_session *
add_session(int place, const char *vip, const char *snat)
{
	struct mx_session *s = &sessions[1].file.session[place];
	struct mx_session_wide *wide =
		mx_session_wide_of(&sessions[1].file, (uint32_t)place);

	wide->vip = address(vip);
	wide->local = address(snat);
	if (mx_addr_is4(&wide->vip))
		s->vip_be = mx_addr_to4(&wide->vip);
	else
		s->kind |= MX_SESSION_CLIENT6;
	if (mx_addr_is4(&wide->local))
		s->local_be = mx_addr_to4(&wide->local);
	else
		s->kind |= MX_SESSION_SERVER6;
	s->vip_port_be = htons(25);
	s->backend = 1;
	s->kind |= MX_FORWARD_FULLNAT;
	atomic_store(&s->state, MX_SESSION_ESTABLISHED);
	save_sessions();
	return s;
}

static void
set_state(struct mx_session *s, uint8_t state)
{
	atomic_store(&s->state, state);
	save_sessions();
}

static void
setup(void)
{
	plane_open(&plane, PLANE_BACKENDS);
	plane_start_data(&plane);
	memset(sessions, 0, sizeof(sessions));
	for (int w = 0; w < 2; w++) {
		sessions[w].file.magic = MX_SESSIONS_MAGIC;
		sessions[w].file.layout = MX_SESSIONS_LAYOUT;
		sessions[w].file.count = SESSIONS;
		sessions[w].file.wide = 1;
		snprintf(plane.region->header.sessions_path[w], MX_PATH_MAX,
			 "%s/sessions.%d", plane.folder, w);
	}
	save_sessions();
	plane_start_control(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result("192.0.2.12:25", true);
}

static void
teardown(void)
{
	memset(plane.region->header.sessions_path, 0,
	       sizeof(plane.region->header.sessions_path));
	memset(plane.region->worker, 0, sizeof(plane.region->worker));
	plane_close(&plane);
}

/* Services as in plane_write_config(), with these addresses and this pool. */
static void
write_config(const char *listen, const char *snat, const char *pool,
	     const char *backends)
{
	char rest[2048];

	snprintf(rest, sizeof(rest),
		 "services:\n"
		 "  - {name: inbound, listen: [%s], pool: %s, snat: [%s],\n"
		 "     client-address: hidden}\n"
		 "pools:\n"
		 "  - name: %s\n"
		 "    hash: source\n"
		 "    check: {type: smtp, interval: 10s, timeout: 20s, "
		 "rise: 1, fall: 1, helo: lb.example.net}\n"
		 "    backends:\n%s",
		 listen, pool, snat, pool, backends);
	plane_write_rest(&plane, "c.yaml", rest);
}

#define VIP "\"198.51.100.25:25\""
#define SNAT "\"10.0.2.100\""

/* Apply the file; the reply is kept until the next one. */
static const char *
apply(bool wanted)
{
	static char *reply;
	char line[128];
	bool ok;

	free(reply);
	snprintf(line, sizeof(line), "config apply %s", plane.config);
	reply = plane_ask(&plane, line, &ok);
	ck_assert_msg(ok == wanted, "%s", reply);
	return reply;
}

static void
expect(const char *reply, const char *part)
{
	ck_assert_msg(strstr(reply, part) != NULL, "%s in %s", part, reply);
}

static void
expect_not(const char *reply, const char *part)
{
	ck_assert_msg(strstr(reply, part) == NULL, "%s in %s", part, reply);
}

static const struct mx_plan *
published(void)
{
	return mx_region_slot(plane.region,
			      atomic_load(&plane.region->generation));
}

static enum mx_owned
owned(const char *addr, uint16_t port)
{
	const struct mx_addr at = address(addr);

	return mx_vip_find(&published()->vips, &at, htons(port))->kind;
}

static bool
nothing_rests(struct plane *p)
{
	return p->control->state->resting.count == 0;
}

static bool
nothing_rests_in_the_plan(struct plane *p)
{
	return nothing_rests(p) && plane_is_settled(p) &&
	       !published()->resting && published()->snats == 1;
}

/* Two looks of the census, and more. */
static void
let_it_look(void)
{
	const struct timeval while_ = {.tv_sec = 2};

	event_base_loopexit(plane.base, &while_);
	event_base_dispatch(plane.base);
}

START_TEST(a_vip_with_sessions_rests_until_they_end)
{
	struct mx_session *s = add_session(7, "198.51.100.25", "10.0.2.100");

	write_config("\"198.51.100.26:25\"", SNAT, "mx", PLANE_BACKENDS);
	const char *reply = apply(true);
	expect(reply, "rests: VIP 198.51.100.25:25 with 1 session, owned until "
		      "they end, takes no new ones\n");
	ck_assert_int_eq(owned("198.51.100.25", 25), MX_OWNED_RESTING);
	ck_assert_int_eq(owned("198.51.100.25", 0), MX_OWNED_ADDRESS);
	ck_assert_int_eq(owned("198.51.100.26", 25), MX_OWNED_VIP);
	ck_assert(published()->resting);
	plane_expect(&plane, "show resting", true, "198.51.100.25:25");
	plane_expect(&plane, "lookup 192.0.2.7:4000 198.51.100.25:25", false,
		     "takes no new sessions");
	let_it_look();
	ck_assert_int_eq(owned("198.51.100.25", 25), MX_OWNED_RESTING);
	/* Its last segments may be said again. */
	set_state(s, MX_SESSION_CLOSING);
	let_it_look();
	ck_assert_int_eq(owned("198.51.100.25", 25), MX_OWNED_RESTING);
	set_state(s, MX_SESSION_FREE);
	ck_assert(plane_run_until(&plane, nothing_rests_in_the_plan));
	ck_assert_int_eq(owned("198.51.100.25", 0), MX_OWNED_NOT);
	ck_assert(plane_logged("VIP 198.51.100.25:25 is let go"));
	plane_expect(&plane, "show resting", true, "nothing rests");
}
END_TEST

START_TEST(a_port_of_a_vip_rests_alone)
{
	write_config(VIP ", \"198.51.100.25:587\"", SNAT, "mx", PLANE_BACKENDS);
	apply(true);
	add_session(7, "198.51.100.25", "10.0.2.100")->vip_port_be = htons(587);
	save_sessions();
	write_config(VIP, SNAT, "mx", PLANE_BACKENDS);
	expect(apply(true), "rests: VIP 198.51.100.25:587 with 1 session");
	ck_assert_int_eq(owned("198.51.100.25", 587), MX_OWNED_RESTING);
	ck_assert_int_eq(owned("198.51.100.25", 25), MX_OWNED_VIP);
}
END_TEST

START_TEST(a_snat_address_with_sessions_rests_until_they_end)
{
	struct mx_session *s = add_session(3, "198.51.100.25", "10.0.2.100");

	write_config(VIP, "\"10.0.2.101\"", "mx", PLANE_BACKENDS);
	expect(apply(true), "rests: SNAT address 10.0.2.100 with 1 session");
	ck_assert_int_eq(owned("10.0.2.100", 0), MX_OWNED_SNAT);
	ck_assert_uint_eq(published()->snats, 2);
	/* No new session gets it. */
	ck_assert_uint_eq(published()->service[0].snat4.count, 1);
	ck_assert_uint_eq(published()->service[0].snat4.first, 0);
	ck_assert_int_eq(owned("10.0.2.101", 0), MX_OWNED_SNAT);
	set_state(s, MX_SESSION_FREE);
	ck_assert(plane_run_until(&plane, nothing_rests_in_the_plan));
	ck_assert_int_eq(owned("10.0.2.100", 0), MX_OWNED_NOT);
}
END_TEST

START_TEST(an_ipv6_address_rests_too)
{
	struct mx_session *s = add_session(9, "2001:db8::25", "fd00::100");

	plane.region->header.ipv6 = 1;
	write_config("\"[2001:db8::25]:25\"", "\"fd00::100\"", "mx",
		     "      - {name: six, address: \"[fd00::11]:25\"}\n");
	apply(true);
	write_config("\"[2001:db8::26]:25\"", "\"fd00::101\"", "mx",
		     "      - {name: six, address: \"[fd00::11]:25\"}\n");
	const char *reply = apply(true);
	expect(reply, "VIP [2001:db8::25]:25 with 1 session");
	expect(reply, "SNAT address fd00::100 with 1 session");
	set_state(s, MX_SESSION_FREE);
	ck_assert(plane_run_until(&plane, nothing_rests_in_the_plan));
}
END_TEST

START_TEST(an_address_that_comes_back_rests_no_more)
{
	add_session(1, "198.51.100.25", "10.0.2.100");
	write_config("\"198.51.100.26:25\"", "\"10.0.2.101\"", "mx",
		     PLANE_BACKENDS);
	apply(true);
	write_config(VIP, SNAT, "mx", PLANE_BACKENDS);
	const char *reply = apply(true);
	expect(reply, "ends: VIP 198.51.100.26:25, no session uses it");
	expect_not(reply, "rests: VIP");
	ck_assert_int_eq(owned("198.51.100.25", 25), MX_OWNED_VIP);
	ck_assert_uint_eq(published()->service[0].snat4.count, 1);
}
END_TEST

START_TEST(an_address_in_use_takes_no_other_part)
{
	struct mx_session *s = add_session(1, "198.51.100.25", "10.0.2.100");

	write_config("\"10.0.2.100:25\"", "\"10.0.2.101\"", "mx",
		     PLANE_BACKENDS);
	expect(apply(false), "10.0.2.100 cannot be a VIP yet: 1 sessions use "
			     "it as a SNAT address");
	write_config("\"198.51.100.26:25\"", "\"198.51.100.25\"", "mx",
		     PLANE_BACKENDS);
	expect(apply(false), "198.51.100.25 cannot be a SNAT address yet");
	ck_assert_int_eq(owned("198.51.100.25", 25), MX_OWNED_VIP);
	set_state(s, MX_SESSION_FREE);
	apply(true);
	ck_assert_int_eq(owned("198.51.100.25", 0), MX_OWNED_SNAT);
}
END_TEST

START_TEST(what_rests_outlives_a_restart)
{
	struct mx_session *s = add_session(5, "198.51.100.25", "10.0.2.100");

	write_config("\"198.51.100.26:25\"", "\"10.0.2.101\"", "mx",
		     PLANE_BACKENDS);
	apply(true);
	plane_stop_control(&plane);
	plane_start_control(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	let_it_look();
	ck_assert_int_eq(owned("198.51.100.25", 25), MX_OWNED_RESTING);
	ck_assert_int_eq(owned("10.0.2.100", 0), MX_OWNED_SNAT);
	set_state(s, MX_SESSION_FREE);
	ck_assert(plane_run_until(&plane, nothing_rests_in_the_plan));
}
END_TEST

/* As when it was killed, and the file replaced before it came back. */
START_TEST(a_file_changed_while_nobody_ran_lets_go_of_nothing)
{
	add_session(5, "198.51.100.25", "10.0.2.100");
	plane_stop_control(&plane);
	write_config("\"198.51.100.26:25\"", "\"10.0.2.101\"", "mx",
		     PLANE_BACKENDS);
	plane_start_control(&plane);
	let_it_look();
	ck_assert_int_eq(owned("198.51.100.25", 25), MX_OWNED_RESTING);
	ck_assert_int_eq(owned("198.51.100.26", 25), MX_OWNED_VIP);
	ck_assert_int_eq(owned("10.0.2.100", 0), MX_OWNED_SNAT);
}
END_TEST

START_TEST(while_the_plan_is_not_in_force_nothing_is_let_go)
{
	plane.silent = true;
	write_config("\"198.51.100.26:25\"", SNAT, "mx", PLANE_BACKENDS);
	char line[128];
	bool ok;
	snprintf(line, sizeof(line), "config apply %s", plane.config);
	free(plane_ask(&plane, line, &ok)); /* noted, not in force */
	let_it_look();
	ck_assert(!nothing_rests(&plane));
	plane.silent = false;
	ck_assert(plane_run_until(&plane, nothing_rests));
}
END_TEST

START_TEST(sessions_nobody_can_read_hold_what_they_may_use)
{
	unlink(plane.region->header.sessions_path[1]);
	write_config("\"198.51.100.26:25\"", SNAT, "mx", PLANE_BACKENDS);
	expect(apply(true), "rests: VIP 198.51.100.25:25, owned");
	let_it_look();
	ck_assert_int_eq(owned("198.51.100.25", 25), MX_OWNED_RESTING);
}
END_TEST

static void
write_service(const char *name, const char *mode)
{
	char rest[1024];

	snprintf(rest, sizeof(rest),
		 "services:\n"
		 "  - {name: %s, listen: [\"198.51.100.25:25\"], pool: mx,\n"
		 "     timers: {idle: 20m}, %s}\n"
		 "pools:\n"
		 "  - name: mx\n"
		 "    backends: [{name: a, address: \"192.0.2.11:25\"}]\n",
		 name, mode);
	plane_write_rest(&plane, "c.yaml", rest);
}

static bool
no_service_rests(struct plane *p)
{
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (p->control->state->service[id].resting)
			return false;
	return true;
}

START_TEST(sessions_of_a_service_that_left_go_on_as_they_began)
{
	write_service("one", "forward: dsr");
	apply(true);
	const uint16_t id = 1; /* that of `inbound` is 0 */
	ck_assert_uint_eq(published()->service[id].forward, MX_FORWARD_DSR);
	struct mx_session *s = add_session(2, "198.51.100.25", "10.0.2.100");
	s->kind = MX_FORWARD_DSR;
	s->service = 1;
	save_sessions();
	write_service("two", "forward: dsr");
	apply(true);
	ck_assert(published()->service[id].used);
	ck_assert_uint_eq(published()->service[id].forward, MX_FORWARD_DSR);
	ck_assert_uint_eq(published()->service[id].idle_s, 1200);
	plane_expect(&plane, "show resting", true, "one");
	plane_stop_control(&plane);
	plane_start_control(&plane);
	let_it_look();
	ck_assert_uint_eq(published()->service[id].forward, MX_FORWARD_DSR);
	ck_assert_uint_eq(published()->service[id].idle_s, 1200);
	set_state(s, MX_SESSION_FREE);
	ck_assert(plane_run_until(&plane, no_service_rests));
}
END_TEST

START_TEST(probes_of_what_stays_go_on)
{
	const uint32_t started = fakeprobe_started();

	apply(true);
	ck_assert_uint_eq(fakeprobe_started(), started);
	write_config(VIP, SNAT, "mx",
		     "      - {name: b, address: \"192.0.2.12:25\"}\n"
		     "      - {name: c, address: \"192.0.2.13:25\"}\n");
	apply(true);
	ck_assert_uint_eq(fakeprobe_started(), started + 1); /* c's */
	/* Another name is no other server. */
	write_config(VIP, SNAT, "mx2",
		     "      - {name: bb, address: \"192.0.2.12:25\"}\n"
		     "      - {name: c, address: \"192.0.2.13:25\"}\n");
	apply(true);
	ck_assert_uint_eq(fakeprobe_started(), started + 1);
	ck_assert_uint_eq(fakeprobe_count(), 2);
	/* Its results count where it is now. */
	fakeprobe_result("192.0.2.12:25", false);
	plane_expect(&plane, "show backends", true, "down");
}
END_TEST

START_TEST(another_check_is_another_probe)
{
	const uint32_t started = fakeprobe_started();
	char command[256];

	snprintf(command, sizeof(command), "sed -i 's/rise: 1/rise: 3/' %s",
		 plane.config);
	ck_assert_int_eq(system(command), 0);
	apply(true);
	ck_assert_uint_eq(fakeprobe_started(), started);
	snprintf(command, sizeof(command),
		 "sed -i 's/interval: 10s/interval: 11s/' %s", plane.config);
	ck_assert_int_eq(system(command), 0);
	apply(true);
	ck_assert_uint_eq(fakeprobe_started(), started + 2);
	ck_assert_uint_eq(fakeprobe_count(), 2);
}
END_TEST

START_TEST(an_apply_that_changes_nothing_changes_nothing)
{
	const uint32_t started = fakeprobe_started();

	apply(true);
	const uint64_t generation = atomic_load(&plane.region->generation);
	expect(apply(true), "nothing changed");
	ck_assert_uint_eq(atomic_load(&plane.region->generation), generation);
	ck_assert_uint_eq(fakeprobe_started(), started);
}
END_TEST

START_TEST(health_follows_address_and_port)
{
	write_config(VIP, SNAT, "renamed", PLANE_BACKENDS);
	expect_not(apply(true), "begins:");
	ck_assert(published()->backend[3].serves);
	ck_assert(published()->backend[4].serves);
	/* Another port is another server. */
	write_config(VIP, SNAT, "renamed",
		     "      - {name: a, address: \"192.0.2.11:26\"}\n"
		     "      - {name: b, address: \"192.0.2.12:26\"}\n");
	const char *reply = apply(true);
	expect(reply,
	       "begins: warning: pool renamed has no backend that is up: "
	       "new sessions are dropped until 1 check of one has "
	       "passed\n");
	expect(reply, "begins: backend renamed/a (192.0.2.11:26) from down");
}
END_TEST

START_TEST(wishes_go_by_label_or_by_address)
{
	plane_expect(&plane, "drain mx/a", true, "drain");
	plane_expect(&plane, "weight mx/b 7", true, "7");
	write_config(VIP, SNAT, "mx",
		     "      - {name: a, address: \"192.0.2.11:26\"}\n"
		     "      - {name: b, address: \"192.0.2.12:25\"}\n");
	expect(apply(true),
	       "goes on: drain of backend mx/a (192.0.2.11:26), as "
	       "of mx/a until now\n");
	write_config(VIP, SNAT, "renamed",
		     "      - {name: a, address: \"192.0.2.11:26\"}\n"
		     "      - {name: b, address: \"192.0.2.12:25\"}\n");
	const char *reply = apply(true);
	expect(reply, "goes on: drain of backend renamed/a (192.0.2.11:26), as "
		      "of mx/a until now");
	expect(reply, "goes on: weight 7 of backend renamed/b");
	plane_expect(&plane, "show backends", true, "drain");
	/* One that leaves keeps it while it rests. */
	write_config(VIP, SNAT, "renamed",
		     "      - {name: b, address: \"192.0.2.12:25\"}\n");
	expect(apply(true), "its wish is kept while it rests: drain");
	write_config(VIP, SNAT, "renamed",
		     "      - {name: a, address: \"192.0.2.11:26\"}\n"
		     "      - {name: b, address: \"192.0.2.12:25\"}\n");
	expect(apply(true), "goes on: drain of backend renamed/a");
}
END_TEST

START_TEST(a_label_means_all_ids_of_it_and_of_its_address)
{
	struct mx_worker_count *count = &plane.region->worker[0];

	count->backend[1].opened = 3;
	write_config(VIP, SNAT, "renamed", PLANE_BACKENDS);
	expect(apply(true), "rests: backend mx/a (192.0.2.11:25) with 3 "
			    "sessions, takes no new ones");
	plane_expect(&plane, "show resting", true, "mx/a 192.0.2.11:25");
	plane_expect(&plane, "drain renamed/a", true, "drain");
	plane_expect(&plane, "wait 0 drained renamed/a", false,
		     "3 sessions left");
	plane_expect(&plane, "wait 0 drained mx/a", false, "3 sessions left");
	plane_expect(&plane, "end sessions renamed/a", true,
		     "renamed/a: 3 sessions end");
	ck_assert_uint_gt(published()->backend[1].ended_s, 0);
	ck_assert_uint_eq(published()->backend[2].ended_s, 0);
}
END_TEST

START_TEST(a_refusal_says_what_the_restart_would_cost)
{
	char line[256];

	add_session(1, "198.51.100.25", "10.0.2.100");
	add_session(2, "198.51.100.25", "10.0.2.100");
	snprintf(line, sizeof(line),
		 "sed 's/workers: .*/workers: [0, 1, 2]/' %s > %s/three.yaml",
		 plane.config, plane.folder);
	ck_assert_int_eq(system(line), 0);
	snprintf(line, sizeof(line), "config apply %s/three.yaml",
		 plane.folder);
	plane_expect(&plane, line, false,
		     "restart both planes with this file instead; of its 2 "
		     "sessions these are lost: up to 2 of fullnat, by the "
		     "number of workers");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("reload");
	TCase *t = tcase_create("reload");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_vip_with_sessions_rests_until_they_end);
	tcase_add_test(t, a_port_of_a_vip_rests_alone);
	tcase_add_test(t, a_snat_address_with_sessions_rests_until_they_end);
	tcase_add_test(t, an_ipv6_address_rests_too);
	tcase_add_test(t, an_address_that_comes_back_rests_no_more);
	tcase_add_test(t, an_address_in_use_takes_no_other_part);
	tcase_add_test(t, what_rests_outlives_a_restart);
	tcase_add_test(t, a_file_changed_while_nobody_ran_lets_go_of_nothing);
	tcase_add_test(t, while_the_plan_is_not_in_force_nothing_is_let_go);
	tcase_add_test(t, sessions_nobody_can_read_hold_what_they_may_use);
	tcase_add_test(t, sessions_of_a_service_that_left_go_on_as_they_began);
	tcase_add_test(t, probes_of_what_stays_go_on);
	tcase_add_test(t, another_check_is_another_probe);
	tcase_add_test(t, an_apply_that_changes_nothing_changes_nothing);
	tcase_add_test(t, health_follows_address_and_port);
	tcase_add_test(t, wishes_go_by_label_or_by_address);
	tcase_add_test(t, a_label_means_all_ids_of_it_and_of_its_address);
	tcase_add_test(t, a_refusal_says_what_the_restart_would_cost);
	suite_add_tcase(s, t);
	return s;
}
