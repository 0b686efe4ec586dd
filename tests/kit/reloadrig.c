/* SPDX-License-Identifier: BSD-3-Clause */
#include "reloadrig.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static union {
	struct mx_sessions_file file;
	uint8_t bytes[MX_SESSIONS_SIZE(SESSIONS, 1)];
} sessions[2];

void
reloadrig_save(void)
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

struct mx_session *
reloadrig_add(int place, const char *vip, const char *snat)
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
	reloadrig_save();
	return s;
}

void
reloadrig_set(struct mx_session *s, uint8_t state)
{
	atomic_store(&s->state, state);
	reloadrig_save();
}

void
reloadrig_setup(void)
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
	reloadrig_save();
	plane_start_control(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result("192.0.2.12:25", true);
}

void
reloadrig_teardown(void)
{
	memset(plane.region->header.sessions_path, 0,
	       sizeof(plane.region->header.sessions_path));
	memset(plane.region->worker, 0, sizeof(plane.region->worker));
	plane_close(&plane);
}

void
reloadrig_write(const char *listen, const char *snat, const char *pool,
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

const char *
reloadrig_apply(bool wanted)
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

void
reloadrig_expect(const char *reply, const char *part)
{
	ck_assert_msg(strstr(reply, part) != NULL, "%s in %s", part, reply);
}

void
reloadrig_expect_not(const char *reply, const char *part)
{
	ck_assert_msg(strstr(reply, part) == NULL, "%s in %s", part, reply);
}

const struct mx_plan *
reloadrig_plan(void)
{
	return mx_region_slot(plane.region,
			      atomic_load(&plane.region->generation));
}

enum mx_owned_kind
reloadrig_owned(const char *addr, uint16_t port)
{
	const struct mx_addr at = address(addr);

	return mx_owned_find(&reloadrig_plan()->owned, &at, htons(port))->kind;
}
