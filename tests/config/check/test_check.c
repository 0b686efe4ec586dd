/* SPDX-License-Identifier: BSD-3-Clause */
/* The checks of meaning: which addresses and names exclude each other, and how
 * many of each a file may have.
 * Method: files put together from a few parts, and whole messages compared.
 * For conflicts of addresses, all pairs of uses against a table. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "load.h"
#include "runner.h"

static struct mx_config_errors errors;
static char text[1 << 20];
static size_t text_size;

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
add(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_size += (size_t)vsnprintf(text + text_size,
				       sizeof(text) - text_size, format, args);
	va_end(args);
	ck_assert_uint_lt(text_size, sizeof(text));
}

/* Lines 1 to 5; services begin at 6, each is one line. */
static void
begin(void)
{
	text_size = 0;
	add("instance: mx1\n"
	    "dataplane:\n"
	    "  workers: [1]\n"
	    "  ports: [{name: wan, interface: eth0}]\n"
	    "services:\n");
}

static void
add_service(unsigned n, const char *listen, const char *pool, const char *snat)
{
	add("  - {name: s%u, listen: [%s], pool: %s, snat: [%s], "
	    "client-address: hidden}\n",
	    n, listen, pool, snat);
}

static struct mx_config *
parse(void)
{
	return mx_config_parse(text, text_size, "f", &errors);
}

static void
expect_good(void)
{
	struct mx_config *config = parse();

	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	mx_config_free(config);
}

static void
expect_error(const char *message)
{
	ck_assert_ptr_null(parse());
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_str_eq(errors.text[0], message);
}

/* Two services of one line each and two pools of two: the places where an
 * address can stand.  Each place has one of its own until a test moves it. */
enum place {
	VIP1,
	SNAT1,
	SNAT1_ALSO,
	VIP2,
	SNAT2,
	POOL1,
	POOL1_ALSO,
	POOL2,
	PLACES,
};

/* In the order of the file: the later one of two is at fault. */
static const struct {
	unsigned line;
	const char *kind;
} place[PLACES] = {
	[VIP1] = {6, "a listen address"},
	[SNAT1] = {6, "a snat address"},
	[SNAT1_ALSO] = {6, "a snat address"},
	[VIP2] = {7, "a listen address"},
	[SNAT2] = {7, "a snat address"},
	[POOL1] = {11, "a backend's address"},
	[POOL1_ALSO] = {12, "a backend's address"},
	[POOL2] = {15, "a backend's address"},
};

static void
parts(const unsigned host[static PLACES])
{
	char listen[PLACES][40];
	char snat[48];

	for (unsigned p = 0; p < PLACES; p++)
		snprintf(listen[p], sizeof(listen[p]), "\"192.0.2.%u:25\"",
			 host[p]);
	begin();
	snprintf(snat, sizeof(snat), "192.0.2.%u, 192.0.2.%u", host[SNAT1],
		 host[SNAT1_ALSO]);
	add_service(1, listen[VIP1], "p1", snat);
	snprintf(snat, sizeof(snat), "192.0.2.%u", host[SNAT2]);
	add_service(2, listen[VIP2], "p2", snat);
	add("pools:\n"
	    "  - name: p1\n    backends: [\n"
	    "  {name: a, address: %s},\n  {name: b, address: %s}]\n"
	    "  - name: p2\n    backends: [\n  {name: a, address: %s}]\n",
	    listen[POOL1], listen[POOL1_ALSO], listen[POOL2]);
}

/* Services may share local addresses, and pools may share backends. */
static bool
may_share(unsigned a, unsigned b)
{
	return ((a == SNAT1 || a == SNAT1_ALSO) && b == SNAT2) ||
	       ((a == POOL1 || a == POOL1_ALSO) && b == POOL2);
}

START_TEST(an_address_stands_in_two_places_only_where_it_may)
{
	for (unsigned a = 0; a < PLACES; a++) {
		for (unsigned b = a + 1; b < PLACES; b++) {
			unsigned host[PLACES] = {1, 2, 3, 4, 5, 6, 7, 8};
			char message[MX_CONFIG_ERROR_TEXT_MAX];

			host[b] = host[a];
			parts(host);
			if (may_share(a, b)) {
				expect_good();
				continue;
			}
			snprintf(message, sizeof(message),
				 "f:%u: 192.0.2.%u: expected an address of its "
				 "own, line %u has it as %s",
				 place[b].line, host[a], place[a].line,
				 place[a].kind);
			expect_error(message);
		}
	}
}
END_TEST

#define NO_HOST "expected the address of a host, found "
#define ONE_LINK                                                               \
	"expected an address that is valid beyond one link, such as one of "   \
	"fd00::/8, found "

/* An address as a listen, a snat and a backend's address, and what is said of
 * it. */
static const struct {
	const char *addr;
	const char *message; /* NULL: fine */
} hosts[] = {
	{"0.0.0.0", NO_HOST "0.0.0.0"},
	{"0.1.2.3", NO_HOST "0.1.2.3"},
	{"1.0.0.0", NULL},
	{"126.255.255.255", NULL},
	{"127.0.0.1", NO_HOST "127.0.0.1"},
	{"127.255.0.9", NO_HOST "127.255.0.9"},
	{"128.0.0.1", NULL},
	{"223.255.255.255", NULL},
	{"224.0.0.1", NO_HOST "224.0.0.1"},
	{"239.1.1.1", NO_HOST "239.1.1.1"},
	{"255.255.255.255", NO_HOST "255.255.255.255"},
	{"::", NO_HOST "::"},
	{"::1", NO_HOST "::1"},
	{"64:ff9b::1", NULL},
	{"2001:db8::1", NULL},
	{"fd00::1", NULL},
	{"fe7f::1", NULL},
	{"fe80::1", ONE_LINK "fe80::1"},
	{"febf::1", ONE_LINK "febf::1"},
	{"fec0::1", NULL},
	{"feff::1", NULL},
	{"ff02::1", NO_HOST "ff02::1"},
};

START_TEST(only_addresses_that_a_host_can_have_are_used)
{
	const char *addr = hosts[_i].addr;
	const bool v6 = strchr(addr, ':') != NULL;
	char message[MX_CONFIG_ERROR_TEXT_MAX];
	char endpoint[64], snat[64];

	snprintf(endpoint, sizeof(endpoint), v6 ? "\"[%s]:25\"" : "\"%s:25\"",
		 addr);
	snprintf(snat, sizeof(snat), "\"%s\", 10.9.9.9, \"fd09::9\"", addr);
	for (unsigned role = 0; role < 3; role++) {
		begin();
		add_service(1, role == 0 ? endpoint : "\"10.9.9.7:25\"", "p",
			    role == 1 ? snat : "10.9.9.9, \"fd09::9\"");
		add("pools: [{name: p, backends: "
		    "[{name: b, address: %s}]}]\n",
		    role == 2 ? endpoint : "\"10.9.9.8:25\"");
		if (hosts[_i].message == NULL) {
			expect_good();
			continue;
		}
		snprintf(message, sizeof(message), "f:%u: %s",
			 role == 2 ? 7u : 6u, hosts[_i].message);
		expect_error(message);
	}
}
END_TEST

/* One form or another, it is one address. */
START_TEST(ipv6_addresses_clash_as_ipv4_ones_do)
{
	begin();
	add_service(1, "\"[2001:db8::1]:25\"", "p", "\"fd00::7\"");
	add("pools: [{name: p, backends: [\n"
	    "  {name: a, address: \"[2001:DB8:0::1]:26\"},\n"
	    "  {name: b, address: \"[fd00:0::7]:25\"}]}]\n");
	ck_assert_ptr_null(parse());
	ck_assert_uint_eq(errors.count, 2);
	ck_assert_str_eq(errors.text[0],
			 "f:8: 2001:db8::1: expected an address of its own, "
			 "line 6 has it as a listen address");
	ck_assert_str_eq(errors.text[1],
			 "f:9: fd00::7: expected an address of its own, "
			 "line 6 has it as a snat address");
}
END_TEST

/* Three workers keep a share each, and none of them may be nothing. */
static const struct {
	unsigned max;
	const char *message; /* NULL: fine */
} limits[] = {
	{0, NULL},
	{1, "f:8: connections-max: expected 0 for no limit, or 3 at least, as "
	    "each of the 3 workers keeps a share of it, found 1"},
	{2, "f:8: connections-max: expected 0 for no limit, or 3 at least, as "
	    "each of the 3 workers keeps a share of it, found 2"},
	{3, NULL},
	{200, NULL},
};

START_TEST(a_limit_has_a_share_for_each_worker)
{
	text_size = 0;
	add("instance: mx1\n"
	    "dataplane:\n"
	    "  workers: [1, 2, 3]\n"
	    "  ports: [{name: wan, interface: eth0}]\n"
	    "services:\n");
	add_service(1, "\"192.0.2.1:25\"", "p", "192.0.2.2");
	add("pools: [{name: p, backends: [\n"
	    "  {name: b, address: \"192.0.2.3:25\", connections-max: %u}]}]\n",
	    limits[_i].max);
	if (limits[_i].message == NULL)
		expect_good();
	else
		expect_error(limits[_i].message);
}
END_TEST

START_TEST(one_address_listens_on_many_ports)
{
	begin();
	add_service(1, "\"192.0.2.1:25\", \"192.0.2.1:587\"", "p", "192.0.2.2");
	add_service(2, "\"192.0.2.1:465\"", "p", "192.0.2.2");
	add("pools: [{name: p, backends: "
	    "[{name: b, address: \"192.0.2.3:25\"}]}]\n");
	expect_good();
}
END_TEST

/* `services` services, each with `snats` local addresses of its own. */
static void
many_snats(unsigned services, unsigned snats)
{
	char listen[40];

	begin();
	for (unsigned n = 0; n < services; n++) {
		char list[16 * MX_CONFIG_SNATS_MAX] = "";
		size_t at = 0;

		for (unsigned k = 0; k < snats; k++)
			at += (size_t)snprintf(list + at, sizeof(list) - at,
					       "%s10.1.%u.%u", k > 0 ? "," : "",
					       n, k);
		snprintf(listen, sizeof(listen), "\"10.2.%u.1:25\"", n);
		add_service(n, listen, "p", list);
	}
	add("pools: [{name: p, backends: "
	    "[{name: b, address: \"10.3.0.1:25\"}]}]\n");
}

START_TEST(all_snat_addresses_fit_the_plan)
{
	many_snats(4, MX_SNATS_MAX / 4);
	expect_good();
	many_snats(5, MX_SNATS_MAX / 4);
	expect_error("f:1: expected at most 256 snat addresses in all, "
		     "found 320");
}
END_TEST

/* Listen addresses: 16 to a service, so 16 services are full. */
static void
many_vips(unsigned services)
{
	begin();
	for (unsigned n = 0; n < services; n++) {
		char list[24 * MX_CONFIG_VIPS_MAX] = "";
		size_t at = 0;

		for (unsigned k = 0; k < MX_CONFIG_VIPS_MAX; k++)
			at += (size_t)snprintf(list + at, sizeof(list) - at,
					       "%s\"10.1.%u.%u:25\"",
					       k > 0 ? "," : "", n, k);
		add_service(n, list, "p", "10.2.0.1");
	}
	add("pools: [{name: p, backends: "
	    "[{name: b, address: \"10.3.0.1:25\"}]}]\n");
}

START_TEST(all_listen_addresses_fit_the_plan)
{
	many_vips(MX_VIPS_MAX / MX_CONFIG_VIPS_MAX);
	expect_good();
	many_vips(MX_VIPS_MAX / MX_CONFIG_VIPS_MAX + 1);
	expect_error("f:1: expected at most 256 listen addresses in all, "
		     "found 272");
}
END_TEST

/* `pools` pools of 200 backends, and one with the `rest`. */
static void
many_backends(unsigned pools, unsigned rest)
{
	char listen[40], name[8];

	begin();
	for (unsigned p = 0; p <= pools; p++) {
		snprintf(listen, sizeof(listen), "\"10.1.%u.1:25\"", p);
		snprintf(name, sizeof(name), "p%u", p);
		add_service(p, listen, name, "10.2.0.1");
	}
	add("pools:\n");
	for (unsigned p = 0; p <= pools; p++) {
		add("  - name: p%u\n    backends:\n", p);
		for (unsigned b = 0; b < (p < pools ? 200 : rest); b++)
			add("    - {name: b%u, address: \"10.3.%u.%u:25\"}\n",
			    b, p, b);
	}
}

START_TEST(all_backends_fit_the_plan)
{
	many_backends(MX_BACKENDS_MAX / 200, MX_BACKENDS_MAX % 200);
	expect_good();
	many_backends(MX_BACKENDS_MAX / 200, MX_BACKENDS_MAX % 200 + 1);
	expect_error("f:1: expected at most 1023 backends in all, found 1024");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("check");
	TCase *t = tcase_create("check");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, an_address_stands_in_two_places_only_where_it_may);
	tcase_add_loop_test(t, only_addresses_that_a_host_can_have_are_used, 0,
			    sizeof(hosts) / sizeof(hosts[0]));
	tcase_add_test(t, ipv6_addresses_clash_as_ipv4_ones_do);
	tcase_add_loop_test(t, a_limit_has_a_share_for_each_worker, 0,
			    sizeof(limits) / sizeof(limits[0]));
	tcase_add_test(t, one_address_listens_on_many_ports);
	tcase_add_test(t, all_snat_addresses_fit_the_plan);
	tcase_add_test(t, all_listen_addresses_fit_the_plan);
	tcase_add_test(t, all_backends_fit_the_plan);
	suite_add_tcase(s, t);
	return s;
}
