/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration in force, from a file and the members of its pools; and the
 * names of these members.
 * Method: a file in memory, and members made by hand. */
#include <stdlib.h>
#include <string.h>

#include "derive.h"
#include "endpoint.h"
#include "load.h"
#include "mtaname.h"
#include "runner.h"

static const char text[] =
	"instance: test\n"
	"dataplane:\n"
	"  workers: [1]\n"
	"  sessions-max: 1000\n"
	"  ports:\n"
	"    - {name: lan, driver: af_packet, interface: lo}\n"
	"services:\n"
	"  - name: inbound\n"
	"    listen: [\"198.51.100.25:25\"]\n"
	"    pool: mx\n"
	"    snat: [\"10.0.2.100\"]\n"
	"    client-address: hidden\n"
	"  - name: inside\n"
	"    listen: [\"198.51.100.26:25\", \"[fd00::26]:25\"]\n"
	"    pool: v2\n"
	"    snat: [\"10.0.2.101\", \"fd00:2::101\"]\n"
	"    proxy-protocol: v2\n"
	"pools:\n"
	"  - name: mx\n"
	"    discover: {mx: example.net, weight: 100, connections-max: 90}\n"
	"    backends:\n"
	"      - {name: own, address: \"10.0.2.11:25\"}\n"
	"  - name: v2\n"
	"    discover: {mx: inside.test}\n"
	"    backends:\n"
	"      - {name: mx9_10.0.2.99, address: \"10.0.2.21:25\"}\n";

static struct mx_config *file;
static struct membership members[2];

static void
setup(void)
{
	struct mx_config_errors errors = {0};

	file = mx_config_parse(text, strlen(text), "file", &errors);
	ck_assert_msg(file != NULL, "%s", errors.text[0]);
	memset(members, 0, sizeof(members));
}

static void
teardown(void)
{
	mx_config_free(file);
}

static void
add(int pool, const char *host, const char *address, uint16_t preference)
{
	struct member *m = &members[pool].member[members[pool].count++];

	ck_assert_int_eq(mx_addr_parse(address, &m->addr), 0);
	strcpy(m->host, host);
	m->preference = preference;
}

static const struct membership *
members_of(void *arg, const struct mx_config_pool *pool)
{
	(void)arg;
	return &members[pool == &file->pool[1]];
}

static const char *
unfit(void *arg, const struct mx_config *of, uint16_t pool,
      const struct mx_addr *addr)
{
	const struct mx_addr bad = mx_addr_from4(htonl(0x0a0002c8));

	(void)arg, (void)pool;
	ck_assert_ptr_eq(of, file);
	return mx_addr_equal(&bad, addr) ? "is unfit today" : NULL;
}

/* The configuration of the file and the members. */
static struct mx_config *
derived(void)
{
	const struct derive_source source = {
		.file = file, .members = members_of, .unfit = unfit};

	return derive(&source);
}

static void
is_backend(const struct mx_config *config, int pool, int i, const char *name,
	   const char *address)
{
	char own[MX_ENDPOINT_TEXT_MAX];

	ck_assert_int_lt(i, config->pool[pool].backend_count);
	ck_assert_str_eq(config->pool[pool].backend[i].name, name);
	ck_assert_str_eq(
		mx_endpoint_format(&config->pool[pool].backend[i].address, own),
		address);
}

START_TEST(members_stand_behind_the_backends_of_the_file)
{
	add(0, "mx1.example.net", "10.0.2.12", 10);
	add(0, "mx1.example.net", "10.0.2.13", 10);
	add(0, "mx2.example.net", "10.0.2.14", 20);
	ck_assert(derive_is_needed(file));
	struct mx_config *config = derived();

	ck_assert_uint_eq(config->pool[0].backend_count, 4);
	is_backend(config, 0, 0, "own", "10.0.2.11:25");
	is_backend(config, 0, 1, "mx1_10.0.2.12", "10.0.2.12:25");
	is_backend(config, 0, 2, "mx1_10.0.2.13", "10.0.2.13:25");
	is_backend(config, 0, 3, "mx2_10.0.2.14", "10.0.2.14:25");
	/* Targets of equal preference have equal shares. */
	ck_assert_uint_eq(config->pool[0].backend[1].weight, 50);
	ck_assert_uint_eq(config->pool[0].backend[2].weight, 50);
	ck_assert_uint_eq(config->pool[0].backend[3].weight, 100);
	ck_assert_uint_eq(config->pool[0].backend[1].tier, 10);
	ck_assert_uint_eq(config->pool[0].backend[3].tier, 20);
	ck_assert_uint_eq(config->pool[0].backend[3].connections_max, 90);
	ck_assert_uint_eq(file->pool[0].backend_count, 1);
	mx_config_free(config);
}
END_TEST

START_TEST(equal_members_make_equal_bytes)
{
	add(0, "mx1.example.net", "10.0.2.12", 10);
	add(1, "mx2.example.net", "fd00:2::12", 10);
	struct mx_config *a = derived();
	struct mx_config *b = derived();

	ck_assert_int_eq(memcmp(a, b, sizeof(*a)), 0);
	mx_config_free(a);
	mx_config_free(b);
}
END_TEST

START_TEST(an_address_that_would_harm_is_refused)
{
	static const struct {
		int pool;
		const char *address;
		const char *part; /* NULL: it is taken */
	} row[] = {
		{0, "10.0.2.12", NULL},
		{0, "127.0.0.1", "not the address of a host"},
		{0, "0.0.0.0", "not the address of a host"},
		{0, "224.0.0.1", "not the address of a host"},
		{1, "fe80::1", "not the address of a host"},
		{1, "::1", "not the address of a host"},
		{0, "198.51.100.25", "a listen address"},
		{1, "198.51.100.25", "a listen address"},
		{0, "10.0.2.101", "a snat address"},
		{0, "fd00:2::11", "family"},
		{1, "fd00:2::11", NULL},
		{0, "10.0.2.200", "is unfit today"},
		{1, "10.0.2.99", "the name of a backend of the file"},
		{1, "10.0.2.11", "another proxy-protocol"},
		{0, "10.0.2.21", "another proxy-protocol"},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const struct derive_source source = {.file = file,
						     .unfit = unfit};
		char name[MX_NAME_MAX];
		struct mx_addr addr;

		ck_assert_int_eq(mx_addr_parse(row[i].address, &addr), 0);
		mtaname_make("mx9.test", &addr, name);
		const char *why = derive_refusal(&source, (uint16_t)row[i].pool,
						 name, &addr);
		if (row[i].part == NULL)
			ck_assert_msg(why == NULL, "%s", row[i].address);
		else
			ck_assert_msg(why != NULL &&
					      strstr(why, row[i].part) != NULL,
				      "%s: %s", row[i].address,
				      why == NULL ? "taken" : why);
		members[0].count = members[1].count = 0;
		add(row[i].pool, "mx9.test", row[i].address, 0);
		struct mx_config *config = derived();
		ck_assert_uint_eq(config->pool[row[i].pool].backend_count,
				  row[i].part == NULL ? 2 : 1);
		mx_config_free(config);
	}
}
END_TEST

START_TEST(a_member_at_an_address_of_the_file_is_the_files)
{
	add(0, "mx1.example.net", "10.0.2.11", 10);
	add(0, "mx1.example.net", "10.0.2.12", 10);
	struct mx_config *config = derived();

	ck_assert(
		derive_is_of_file(&file->pool[0], &members[0].member[0].addr));
	ck_assert(
		!derive_is_of_file(&file->pool[0], &members[0].member[1].addr));
	ck_assert_uint_eq(config->pool[0].backend_count, 2);
	is_backend(config, 0, 1, "mx1_10.0.2.12", "10.0.2.12:25");
	ck_assert_uint_eq(config->pool[0].backend[1].weight, 100);
	mx_config_free(config);
}
END_TEST

/* Two long addresses may have one hash; here one address is there twice. */
START_TEST(of_two_members_with_one_name_the_first_one_stays)
{
	add(1, "mx1.test", "2001:db8:1111:2222:3333:4444:5555:6666", 10);
	add(1, "mx1.test", "2001:db8:1111:2222:3333:4444:5555:6666", 20);
	struct mx_config *config = derived();

	ck_assert_uint_eq(config->pool[1].backend_count, 2);
	ck_assert_uint_eq(config->pool[1].backend[1].tier, 10);
	mx_config_free(config);
}
END_TEST

START_TEST(a_former_backend_has_its_name)
{
	add(0, "mta1", "10.0.2.12", 10);
	members[0].member[0].former = true;
	struct mx_config *config = derived();

	is_backend(config, 0, 1, "mta1", "10.0.2.12:25");
	mx_config_free(config);
}
END_TEST

START_TEST(a_name_that_the_file_has_stays_the_files)
{
	add(1, "mx9.test", "10.0.2.99", 0);
	add(1, "mx8.test", "10.0.2.98", 0);
	struct mx_config *config = derived();

	ck_assert_uint_eq(config->pool[1].backend_count, 2);
	is_backend(config, 1, 1, "mx8_10.0.2.98", "10.0.2.98:25");
	mx_config_free(config);
}
END_TEST

START_TEST(names_are_short_unique_and_stable)
{
	static const struct {
		const char *host, *address, *name;
	} row[] = {
		{"mx1.example.net", "10.0.2.11", "mx1_10.0.2.11"},
		{"mx1.example.net", "fd00:2::11", "mx1_fd00-2--11"},
		{"a-host-with-a-very-long-first-label.example.net",
		 "255.255.255.255", "a-host-with-a-v_255.255.255.255"},
		{"mx1.example.net", "2001:db8:1111:2222:3333:4444:5555:6666",
		 NULL},
		{"m-fd00.test", "fd00::1", "m-fd00_fd00--1"},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char name[MX_NAME_MAX];
		struct mx_addr addr;

		ck_assert_int_eq(mx_addr_parse(row[i].address, &addr), 0);
		mtaname_make(row[i].host, &addr, name);
		if (row[i].name != NULL)
			ck_assert_str_eq(name, row[i].name);
		else
			ck_assert_int_eq(strncmp(name, "mx1_v6-", 7), 0);
		ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz"
					       "0123456789._-"),
				  strlen(name));
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("derive");
	TCase *t = tcase_create("configuration");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, members_stand_behind_the_backends_of_the_file);
	tcase_add_test(t, equal_members_make_equal_bytes);
	tcase_add_test(t, an_address_that_would_harm_is_refused);
	tcase_add_test(t, a_member_at_an_address_of_the_file_is_the_files);
	tcase_add_test(t, of_two_members_with_one_name_the_first_one_stays);
	tcase_add_test(t, a_former_backend_has_its_name);
	tcase_add_test(t, a_name_that_the_file_has_stays_the_files);
	tcase_add_test(t, names_are_short_unique_and_stable);
	suite_add_tcase(s, t);
	return s;
}
