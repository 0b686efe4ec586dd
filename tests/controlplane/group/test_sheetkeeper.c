/* SPDX-License-Identifier: BSD-3-Clause */
/* mxsteer-replica is told of the group in force, and boxes with equal services have
 * equal digests.
 * Method: configurations as text (planmaker.h), whose group the test fills in. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "configdigest.h"
#include "endpoint.h"
#include "folder.h"
#include "groupfiles.h"
#include "planmaker.h"
#include "runner.h"
#include "sheetkeeper.h"

#define CONFIG                                                                 \
	"services:\n"                                                          \
	"  - name: one\n"                                                      \
	"    listen: [\"198.51.100.25:25\"]\n"                                 \
	"    pool: mx\n"                                                       \
	"    snat: [\"10.0.2.101\"]\n"                                         \
	"    proxy-protocol: v2\n"                                             \
	"pools:\n"                                                             \
	"  - name: mx\n"                                                       \
	"    backends: [{name: a, address: \"10.0.2.11:25\"}]\n"

static char instance[MX_NAME_MAX];
static struct mx_folder folder;
static struct sheetkeeper keeper;
static struct groupsheet sheet;

static struct mx_addr
address(const char *text)
{
	struct mx_addr addr;

	ck_assert_int_eq(mx_addr_parse(text, &addr), 0);
	return addr;
}

/* Box 1 or 2 of a group of two, each with the SNAT address 10.0.2.10BOX. */
static void
be_box(uint16_t box)
{
	struct mx_config *config = state->config;
	struct mx_config_group *group = &config->group;

	group->box = box;
	snprintf(group->secret, sizeof(group->secret), "/etc/group.secret");
	group->box_count = 2;
	for (uint16_t i = 0; i < 2; i++) {
		group->boxes[i].box = (uint16_t)(i + 1);
		group->boxes[i].address = (struct mx_endpoint){
			address(i == 0 ? "10.9.0.1" : "10.9.0.2"), 9708};
	}
	config->service[0].snat[0] =
		address(box == 1 ? "10.0.2.101" : "10.0.2.102");
	group->peer_snat_count = 1;
	group->peer_snat[0].box = box == 1 ? 2 : 1;
	group->peer_snat[0].address =
		address(box == 1 ? "10.0.2.102" : "10.0.2.101");
}

static void
setup(void)
{
	planmaker_setup();
	planmaker_apply(CONFIG, 0);
	snprintf(instance, sizeof(instance), "sheet-%d", (int)getpid());
	ck_assert_int_eq(mx_folder_open_control(&folder, instance, true), 0);
	memset(&keeper, 0, sizeof(keeper));
	keeper.instance = instance;
}

static void
teardown(void)
{
	mx_folder_remove(&folder, GROUPSHEET_NAME);
	mx_folder_drop(&folder);
	planmaker_teardown();
}

/* Read the sheet, and remove it. */
static bool
read_sheet(void)
{
	static char text[GROUPSHEET_TEXT_MAX];
	const int fd = mx_folder_read(&folder, GROUPSHEET_NAME);

	if (fd < 0)
		return false;
	const ssize_t got = pread(fd, text, sizeof(text) - 1, 0);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	mx_folder_remove(&folder, GROUPSHEET_NAME);
	return groupsheet_read(&sheet, text);
}

static void
follow(void)
{
	sheetkeeper_follow(&keeper, state, state->config);
}

START_TEST(the_sheet_is_that_of_the_configuration_in_force)
{
	const struct mx_addr own = address("10.0.2.101");
	const struct mx_addr peers = address("10.0.2.102");

	follow();
	ck_assert(read_sheet());
	ck_assert_uint_eq(sheet.box, 0);
	be_box(1);
	state->applied++;
	follow();
	ck_assert(read_sheet());
	ck_assert_uint_eq(sheet.box, 1);
	ck_assert_str_eq(sheet.secret, "/etc/group.secret");
	ck_assert_uint_eq(sheet.peers, 1);
	ck_assert_uint_eq(sheet.peer[0].box, 2);
	ck_assert(mx_endpoint_equal(&sheet.listen,
				    &state->config->group.boxes[0].address));
	ck_assert_uint_eq(sheet.snats, 2);
	ck_assert_uint_eq(groupsheet_home(&sheet, &own), 1);
	ck_assert_uint_eq(groupsheet_home(&sheet, &peers), 2);
	ck_assert_uint_eq(sheet.ports, 2);
	ck_assert_str_eq(sheet.port[0], "wan");
	ck_assert_str_eq(sheet.port[1], "lan");
}
END_TEST

START_TEST(it_is_written_once)
{
	be_box(1);
	follow();
	ck_assert(read_sheet());
	follow();
	ck_assert(!read_sheet());
	state->applied++; /* as when DNS names other members */
	follow();
	ck_assert(!read_sheet());
	state->config->group.peer_snat[0].box = 3;
	state->applied++;
	follow();
	ck_assert(read_sheet());
}
END_TEST

START_TEST(it_is_removed_with_the_instance)
{
	follow();
	ck_assert_uint_eq(mx_group_files_remove(instance), 1);
	ck_assert_uint_eq(mx_group_files_remove(instance), 0);
	ck_assert(!read_sheet());
}
END_TEST

START_TEST(what_cannot_be_written_is_tried_again)
{
	be_box(1);
	ck_assert_int_eq(mkdirat(folder.fd, GROUPSHEET_NAME ".new", 0700), 0);
	ck_assert_int_eq(mkdirat(folder.fd, GROUPSHEET_NAME ".new/x", 0700), 0);
	follow();
	ck_assert_int_ne(keeper.error, 0);
	ck_assert(!read_sheet());
	ck_assert_int_eq(
		unlinkat(folder.fd, GROUPSHEET_NAME ".new/x", AT_REMOVEDIR), 0);
	ck_assert_int_eq(
		unlinkat(folder.fd, GROUPSHEET_NAME ".new", AT_REMOVEDIR), 0);
	follow();
	ck_assert_int_eq(keeper.error, 0);
	ck_assert(read_sheet());
}
END_TEST

static void
make(uint8_t digest[static GROUPSHEET_DIGEST_BYTES])
{
	ck_assert(configdigest_make(state->config, digest));
}

START_TEST(what_each_box_has_of_its_own_is_not_in_the_digest)
{
	uint8_t first[GROUPSHEET_DIGEST_BYTES], second[GROUPSHEET_DIGEST_BYTES];
	struct mx_config *config = state->config;

	be_box(1);
	make(first);
	be_box(2);
	strcpy(config->instance, "other");
	strcpy(config->service[0].host, "mx2.example.org");
	strcpy(config->pool[0].check.helo, "mx2.example.org");
	config->dataplane.worker_core[0] = 9;
	config->dataplane.port_count = 1;
	config->dataplane.sessions_max++;
	config->group.boxes[0].address.port_be++;
	make(second);
	ck_assert_mem_eq(first, second, sizeof(first));
}
END_TEST

static void
add_worker(struct mx_config *config)
{
	config->dataplane.worker_count++;
}

static void
change_vip(struct mx_config *config)
{
	config->service[0].vip[0].addr.byte[15]++;
}

static void
change_mode(struct mx_config *config)
{
	config->service[0].forward = MX_FORWARD_NAT;
}

static void
change_proxy(struct mx_config *config)
{
	config->service[0].proxy = MX_PROXY_V1;
}

static void
change_pool(struct mx_config *config)
{
	strcpy(config->pool[0].name, "other");
}

static void
change_backend(struct mx_config *config)
{
	config->pool[0].backend[0].address.addr.byte[15]++;
}

static void
change_weight(struct mx_config *config)
{
	config->pool[0].backend[0].weight++;
}

static void
change_own_snat(struct mx_config *config)
{
	config->service[0].snat[0].byte[15] += 10;
}

static void
change_home(struct mx_config *config)
{
	config->group.peer_snat[0].box = 3;
}

static void (*const changes[])(struct mx_config *config) = {
	add_worker,    change_vip,      change_mode,
	change_proxy,  change_pool,     change_backend,
	change_weight, change_own_snat, change_home,
};

START_TEST(what_must_be_equal_is_in_the_digest)
{
	uint8_t first[GROUPSHEET_DIGEST_BYTES], second[GROUPSHEET_DIGEST_BYTES];

	be_box(1);
	make(first);
	changes[_i](state->config);
	make(second);
	ck_assert_mem_ne(first, second, sizeof(first));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("sheetkeeper");
	TCase *t = tcase_create("sheetkeeper");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_sheet_is_that_of_the_configuration_in_force);
	tcase_add_test(t, it_is_written_once);
	tcase_add_test(t, it_is_removed_with_the_instance);
	tcase_add_test(t, what_cannot_be_written_is_tried_again);
	tcase_add_test(t, what_each_box_has_of_its_own_is_not_in_the_digest);
	tcase_add_loop_test(t, what_must_be_equal_is_in_the_digest, 0,
			    sizeof(changes) / sizeof(changes[0]));
	suite_add_tcase(s, t);
	return s;
}
