/* SPDX-License-Identifier: BSD-3-Clause */
/* What a restart with another configuration would cost, told before: each
 * session is counted once, by the reason it would be lost for.
 * Method: session files as workers write them, and a region that names them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reshape.h"
#include "runner.h"
#include "sessions.h"

#define SESSIONS 64
#define WORKERS 2

static struct mx_region region;
static char folder[] = "/tmp/mxtest-XXXXXX";
static union {
	struct mx_sessions_file file;
	uint8_t bytes[MX_SESSIONS_SIZE(SESSIONS, 0)];
} sessions[WORKERS];

static void
setup(void)
{
	strcpy(folder, "/tmp/mxtest-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	memset(sessions, 0, sizeof(sessions));
	region.header.workers = WORKERS;
	for (uint16_t w = 0; w < WORKERS; w++) {
		sessions[w].file.magic = MX_SESSIONS_MAGIC;
		sessions[w].file.layout = MX_SESSIONS_LAYOUT;
		sessions[w].file.count = SESSIONS;
		snprintf(region.header.sessions_path[w], MX_PATH_MAX,
			 "%s/sessions.%u", folder, w);
	}
}

static void
teardown(void)
{
	for (uint16_t w = 0; w < WORKERS; w++)
		unlink(region.header.sessions_path[w]);
	rmdir(folder);
}

static void
add(uint16_t worker, uint32_t count, enum mx_forward mode, uint8_t client_port)
{
	for (uint32_t i = 0; count > 0; i++) {
		struct mx_session *s = &sessions[worker].file.session[i];

		ck_assert_uint_lt(i, SESSIONS);
		if (atomic_load(&s->state) != MX_SESSION_FREE)
			continue;
		s->kind = (uint8_t)mode;
		s->client_port = client_port;
		atomic_store(&s->state, MX_SESSION_ESTABLISHED);
		count--;
	}
}

static void
expect(uint16_t workers, uint16_t ports, uint32_t sessions_max,
       const char *words)
{
	const struct mx_config_dataplane after = {.worker_count = workers,
						  .port_count = ports,
						  .sessions_max = sessions_max};
	char text[RESHAPE_TEXT_MAX];
	struct reshape reshape;

	for (uint16_t w = 0; w < WORKERS; w++) {
		const int fd = open(region.header.sessions_path[w],
				    O_CREAT | O_TRUNC | O_WRONLY, 0600);
		ck_assert_int_eq(write(fd, &sessions[w], sizeof(sessions[w])),
				 (ssize_t)sizeof(sessions[w]));
		close(fd);
	}
	ck_assert_int_eq(reshape_count(&reshape, &region, &after), 0);
	reshape_text(text, &reshape);
	ck_assert_str_eq(text, words);
}

START_TEST(what_nothing_is_lost_by_says_so)
{
	add(0, 5, MX_FORWARD_FULLNAT, 0);
	add(1, 6, MX_FORWARD_NAT, 1);
	expect(1, 2, 5000, "all of its 11 sessions go on");
	expect(2, 2, 11, "all of its 11 sessions go on");
}
END_TEST

START_TEST(each_reason_has_its_number)
{
	add(0, 5, MX_FORWARD_FULLNAT, 0);
	add(1, 6, MX_FORWARD_NAT, 1);
	expect(4, 2, 5000,
	       "of its 11 sessions these are lost: up to 5 of fullnat, by the "
	       "number of workers");
	expect(1, 2, 4,
	       "of its 11 sessions these are lost: 7 for want of room in "
	       "sessions-max");
	expect(1, 1, 5000,
	       "of its 11 sessions these are lost: 6 of clients by a port that "
	       "is gone");
	expect(4, 1, 4,
	       "of its 11 sessions these are lost: 1 for want of room in "
	       "sessions-max, up to 5 of fullnat, by the number of workers, 6 "
	       "of clients by a port that is gone");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("reshape");
	TCase *t = tcase_create("reshape");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_nothing_is_lost_by_says_so);
	tcase_add_test(t, each_reason_has_its_number);
	suite_add_tcase(s, t);
	return s;
}
