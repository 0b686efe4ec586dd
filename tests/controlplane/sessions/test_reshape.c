/* SPDX-License-Identifier: BSD-3-Clause */
/* The sessions that a restart with another configuration would lose: each is
 * counted once, by its reason, before the restart.
 * Method: session files as workers write them, and a region that names them. */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checkfile.h"
#include "owner.h"
#include "regionfile.h"
#include "reshape.h"
#include "runner.h"
#include "sessions.h"
#include "tempfolder.h"

#define SESSIONS 600 /* two workers have more than the least sessions-max */
#define WORKERS 2
#define STRANGER 65534

static char instance[MX_NAME_MAX];
static struct mx_region *region;
static int region_fd;
static const char *folder;
static union {
	struct mx_sessions_file file;
	uint8_t bytes[MX_SESSIONS_SIZE(SESSIONS, 0)];
} sessions[WORKERS];

static void
setup(void)
{
	folder = tempfolder_make();
	memset(sessions, 0, sizeof(sessions));
	snprintf(instance, sizeof(instance), "test-%d", getpid());
	region = mx_region_create(instance, &region_fd);
	ck_assert_ptr_nonnull(region);
	region->header.workers = WORKERS;
	for (uint16_t w = 0; w < WORKERS; w++) {
		sessions[w].file.magic = MX_SESSIONS_MAGIC;
		sessions[w].file.layout = MX_SESSIONS_LAYOUT;
		sessions[w].file.count = SESSIONS;
		snprintf(region->header.sessions_path[w], MX_PATH_MAX,
			 "%s/sessions.%u", folder, w);
	}
}

static void
teardown(void)
{
	tempfolder_remove();
	mx_region_close(region, region_fd);
	mx_region_unlink(instance);
}

static void
add(uint16_t worker, uint32_t count, uint8_t kind, uint8_t client_port)
{
	for (uint32_t i = 0; count > 0; i++) {
		struct mx_session *s = &sessions[worker].file.session[i];

		ck_assert_uint_lt(i, SESSIONS);
		if (atomic_load(&s->state) != MX_SESSION_FREE)
			continue;
		s->kind = kind;
		s->client_port = client_port;
		atomic_store(&s->state, MX_SESSION_ESTABLISHED);
		count--;
	}
}

static void
write_files(void)
{
	for (uint16_t w = 0; w < WORKERS; w++) {
		const int fd = open(region->header.sessions_path[w],
				    O_CREAT | O_TRUNC | O_WRONLY, 0600);
		ck_assert_int_eq(write(fd, &sessions[w], sizeof(sessions[w])),
				 (ssize_t)sizeof(sessions[w]));
		close(fd);
	}
}

static void
expect(uint16_t workers, uint16_t ports, uint32_t sessions_max,
       const char *words)
{
	static struct mx_config after;
	char text[RESHAPE_TEXT_MAX];
	struct reshape reshape;

	write_files();
	after.dataplane.worker_count = workers;
	after.dataplane.port_count = ports;
	after.dataplane.sessions_max = sessions_max;
	ck_assert_int_eq(reshape_count(&reshape, region, &after), 0);
	reshape_text(text, &reshape);
	ck_assert_str_eq(text, words);
	ck_assert(reshape_loses(&reshape) == (strncmp(text, "all", 3) != 0));
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

START_TEST(sessions_of_ipv6_need_an_address_of_it)
{
	add(0, 3, MX_FORWARD_NAT, 0);
	add(0, 2, MX_FORWARD_NAT | MX_SESSION_CLIENT6, 0);
	add(1, 1, MX_FORWARD_NAT | MX_SESSION_SERVER6, 0);
	expect(2, 2, 3,
	       "of its 6 sessions these are lost: 3 for want of an IPv6 "
	       "address in the file");
}
END_TEST

static const char yaml[] =
	"instance: %s\n"
	"dataplane:\n"
	"  workers: [0, 1]\n"
	"  sessions-max: %u\n"
	"  ports:\n"
	"    - {name: lan, driver: af_packet, interface: lo}\n"
	"services:\n"
	"  - name: in\n"
	"    listen: [\"198.51.100.25:25\"]\n"
	"    pool: mx\n"
	"    forward: fullnat\n"
	"    snat: [\"10.0.2.100\"]\n"
	"    client-address: hidden\n"
	"pools:\n"
	"  - name: mx\n"
	"    backends: [{name: a, address: \"10.0.2.11:25\"}]\n";

/* The result of `config check` for a file: its JSON, which the caller frees. */
static json_t *
check_file(const char *of_instance, unsigned sessions_max)
{
	char path[64];
	char *text = NULL;
	size_t size = 0;

	write_files();
	snprintf(path, sizeof(path), "%s/f.yaml", folder);
	FILE *file = fopen(path, "w");
	fprintf(file, yaml, of_instance, sessions_max);
	fclose(file);
	FILE *out = open_memstream(&text, &size);
	ck_assert(checkfile(path, false, true, out));
	fclose(out);
	unlink(path);
	json_t *said = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(said);
	free(text);
	return said;
}

START_TEST(config_check_warns_of_what_a_restart_would_lose)
{
	char wanted[256];

	add(0, 600, MX_FORWARD_FULLNAT, 0);
	add(1, 500, MX_FORWARD_FULLNAT, 0);
	json_t *said = check_file(instance, 1000);
	const json_t *lines = json_object_get(said, "warnings");
	ck_assert_uint_eq(json_array_size(lines), 1);
	snprintf(wanted, sizeof(wanted),
		 "%s/f.yaml: warning: when mxsteer-dataplane restarts with "
		 "this file: of its 1100 sessions these are lost: 100 for want "
		 "of room in sessions-max",
		 folder);
	ck_assert_str_eq(json_string_value(json_array_get(lines, 0)), wanted);
	json_decref(said);
}
END_TEST

START_TEST(config_check_warns_of_nothing_if_nothing_is_lost)
{
	json_t *said;

	add(0, 600, MX_FORWARD_FULLNAT, 0);
	add(1, 500, MX_FORWARD_FULLNAT, 0);
	said = check_file(instance, 1100);
	ck_assert_uint_eq(json_array_size(json_object_get(said, "warnings")),
			  0);
	json_decref(said);
	said = check_file("of-no-host", 1000);
	ck_assert_uint_eq(json_array_size(json_object_get(said, "warnings")),
			  0);
	json_decref(said);
}
END_TEST

/* The check runs as root and has not looked for the file's user.  Another
 * group would keep the control plane from the region. */
START_TEST(config_check_leaves_the_region_as_it_is)
{
	struct stat before, after;

	if (geteuid() == 0)
		ck_assert_int_eq(fchown(region_fd, 0, STRANGER), 0);
	ck_assert_int_eq(fstat(region_fd, &before), 0);
	mx_owner_believe(geteuid(), getegid());
	json_decref(check_file(instance, 1000));
	ck_assert_int_eq(fstat(region_fd, &after), 0);
	ck_assert_uint_eq(after.st_uid, before.st_uid);
	ck_assert_uint_eq(after.st_gid, before.st_gid);
	ck_assert_uint_eq(after.st_mode, before.st_mode);
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
	tcase_add_test(t, sessions_of_ipv6_need_an_address_of_it);
	tcase_add_test(t, config_check_warns_of_what_a_restart_would_lose);
	tcase_add_test(t, config_check_warns_of_nothing_if_nothing_is_lost);
	tcase_add_test(t, config_check_leaves_the_region_as_it_is);
	suite_add_tcase(s, t);
	return s;
}
