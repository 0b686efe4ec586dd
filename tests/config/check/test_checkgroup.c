/* SPDX-License-Identifier: BSD-3-Clause */
/* A group of boxes: the services have the addresses of this box, and the group has
 * those of all others.  Mistakes are named with their lines.
 * Method: a small good file with one line changed; the whole message is compared. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "endpoint.h"
#include "load.h"
#include "runner.h"

static struct mx_config_errors errors;

static const char *const lines[] = {
	"instance: mx1",
	"dataplane: {workers: [1], ports: [{name: w, interface: e0}]}",
	"group:",
	"  box: 1",
	"  secret: /etc/mxsteer/group.secret",
	"  boxes:",
	"    - {box: 1, address: '10.9.0.1:9708'}",
	"    - {box: 2, address: '10.9.0.2:9708'}",
	"services:",
	"  - {name: s, listen: ['192.0.2.1:25'], pool: p, proxy-protocol: v2,",
	"     snat-of-boxes: [",
	"       {box: 1, snat: [10.0.2.101, 10.0.2.111]},",
	"       {box: 2, snat: [10.0.2.102]}]}",
	"  - {name: t, listen: ['192.0.2.1:26'], pool: q, proxy-protocol: v2,",
	"     snat-of-boxes: [",
	"       {box: 1, snat: [10.0.2.101]},",
	"       {box: 2, snat: [10.0.2.112, 10.0.2.102]}]}",
	"pools:",
	"  - {name: p, backends: [{name: a, address: '10.0.3.11:25'}]}",
	"  - {name: q, backends: [{name: a, address: '10.0.3.11:26'}]}",
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

/* The file with another text in the place of a line; 0: of none. */
static struct mx_config *
parse_with(size_t line, const char *other)
{
	char text[8192];
	size_t used = 0;

	for (size_t i = 0; i < LINES; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s\n",
					 i + 1 == line ? other : lines[i]);
	ck_assert_uint_lt(used, sizeof(text));
	return mx_config_parse(text, used, "f", &errors);
}

#define BOXES                                                                  \
	"[{box: 1, address: '10.9.0.1:9708'}, {box: 2, address: "              \
	"'10.9.0.2:9708'}]"
#define GROUP "group: {box: 1, secret: /s, boxes: " BOXES "}\n"

/* A file of one service, which says `service`, after the text `group`. */
static struct mx_config *
parse_service(const char *group, const char *service)
{
	static char text[16384];
	const int size = snprintf(
		text, sizeof(text),
		"instance: a\n"
		"dataplane: {workers: [1], ports: [{name: w, interface: e}]}\n"
		"%s"
		"services:\n"
		"- {name: s, listen: ['192.0.2.1:25'], pool: p,\n"
		"   %s}\n"
		"pools: [{name: p, backends: [{name: a, address: "
		"'10.0.3.11:25'}]}]\n",
		group, service);

	ck_assert_uint_lt((size_t)size, sizeof(text));
	return mx_config_parse(text, (size_t)size, "f", &errors);
}

/* The addresses of a service, or of the peers with their box. */
static const char *
snats_text(const struct mx_config_service *service)
{
	static char text[512];
	char each[MX_ENDPOINT_TEXT_MAX];

	text[0] = '\0';
	for (uint16_t i = 0; i < service->snat_count; i++)
		strcat(strcat(text, " "),
		       mx_addr_format(&service->snat[i], each));
	return text;
}

static const char *
peers_text(const struct mx_config_group *group)
{
	static char text[512];
	char each[MX_ENDPOINT_TEXT_MAX];
	size_t used = 0;

	text[0] = '\0';
	for (uint16_t i = 0; i < group->peer_snat_count; i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, " %s=%u",
			mx_addr_format(&group->peer_snat[i].address, each),
			group->peer_snat[i].box);
	return text;
}

START_TEST(each_box_has_its_addresses_and_knows_the_others)
{
	struct mx_config *config = parse_with(0, NULL);
	struct mx_addr addr;

	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	ck_assert_uint_eq(errors.warnings, 0);
	ck_assert_uint_eq(config->group.box, 1);
	ck_assert_uint_eq(config->group.boxes[1].box, 2);
	ck_assert_str_eq(config->group.secret, "/etc/mxsteer/group.secret");
	ck_assert_str_eq(snats_text(&config->service[0]),
			 " 10.0.2.101 10.0.2.111");
	ck_assert_str_eq(snats_text(&config->service[1]), " 10.0.2.101");
	ck_assert_str_eq(peers_text(&config->group),
			 " 10.0.2.102=2 10.0.2.112=2");
	ck_assert_int_eq(mx_addr_parse("10.0.2.112", &addr), 0);
	ck_assert_uint_eq(mx_config_snat_peer(config, &addr), 2);
	ck_assert_int_eq(mx_addr_parse("10.0.2.111", &addr), 0);
	ck_assert_uint_eq(mx_config_snat_peer(config, &addr), 0);
	mx_config_free(config);

	/* The same file on the other box. */
	config = parse_with(4, "  box: 2");
	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	ck_assert_str_eq(snats_text(&config->service[0]), " 10.0.2.102");
	ck_assert_str_eq(snats_text(&config->service[1]),
			 " 10.0.2.112 10.0.2.102");
	ck_assert_str_eq(peers_text(&config->group),
			 " 10.0.2.101=1 10.0.2.111=1");
	mx_config_free(config);
}
END_TEST

START_TEST(a_file_without_a_group_has_none)
{
	struct mx_config *config =
		parse_service("", "snat: [10.0.2.101], proxy-protocol: v2");

	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	ck_assert_uint_eq(config->group.box, 0);
	ck_assert_uint_eq(config->group.peer_snat_count, 0);
	ck_assert_uint_eq(config->service[0].snat_count, 1);
	ck_assert_uint_eq(errors.warnings, 0);
	mx_config_free(config);
}
END_TEST

#define SERVICE                                                                \
	"  - {name: s, listen: ['192.0.2.1:25'], pool: p, proxy-protocol: v2, "

/* A line of the file, what to put in its place, and the message. */
static const struct {
	size_t line;
	const char *text;
	const char *message;
} wrong[] = {
	{4, "",
	 "f:5: box is missing: expected the number of this box, from 1 to 16"},
	{4, "  box: 3",
	 "f:4: box: expected the number of an entry of boxes, which has this "
	 "box too, found 3"},
	{5, "",
	 "f:4: secret is missing: expected the file of the secret that all "
	 "boxes have, such as /etc/mxsteer/group.secret"},
	{5, "  secret: group.secret",
	 "f:5: secret: expected a path that starts with /, of up to 255 bytes, "
	 "found \"group.secret\""},
	{7, "    - {box: 1}",
	 "f:7: address is missing: expected where mxsteer-replica of the box "
	 "listens, such as \"10.9.0.1:9708\""},
	{7, "    - {box: 1, address: 10.9.0.1}",
	 "f:7: address: expected an address and a port, such as "
	 "\"10.9.0.1:9708\", found \"10.9.0.1\""},
	{7, "    - {box: 1, address: '10.9.0.1:970'}",
	 "f:7: address: expected a port from 1024 on, such as 9708, as "
	 "mxsteer-replica has no right to others, found 970"},
	{8, "    - {box: 1, address: '10.9.0.2:9708'}",
	 "f:8: boxes: box 1: expected a number of its own, line 7 has it "
	 "already"},
	{8, "    - {box: 2, address: '10.9.0.1:9708'}",
	 "f:8: 10.9.0.1: expected an address of its own, line 7 has it as the "
	 "address of a box"},
	{8, "    - {box: 2, address: '127.0.0.1:9708'}",
	 "f:8: expected the address of a host, found 127.0.0.1"},
	{8, "    - {box: 2, address: '192.0.2.1:9708'}",
	 "f:8: 192.0.2.1: expected an address of its own, line 10 has it as a "
	 "listen address"},
	{8, "    - {box: 2, address: '10.0.2.101:9708'}",
	 "f:8: 10.0.2.101: expected an address of its own, line 12 has it as a "
	 "snat address"},
	{8, "    - {box: 2, address: '10.0.2.102:9708'}",
	 "f:8: 10.0.2.102: expected an address of its own, line 13 has it as a "
	 "snat address of another box"},
	{10, SERVICE "snat: [10.0.2.121],",
	 "f:10: service s: expected snat or snat-of-boxes, found both: leave "
	 "snat out, as each box of a group has addresses of its own"},
	{12, "       {box: 3, snat: [10.0.2.101]},",
	 "f:12: service s: snat-of-boxes: expected the number of a box of the "
	 "group, found 3: add the box to boxes of group, or leave the entry "
	 "out"},
	{12, "       {box: 2, snat: [10.0.2.122]},",
	 "f:13: service s: snat-of-boxes: expected each box once, line 12 has "
	 "box 2 already"},
	{12, "       {snat: [10.0.2.101]},",
	 "f:12: box is missing: expected the number of a box of the group"},
	{12, "       {box: 1},",
	 "f:12: snat is missing: expected the addresses from which the box "
	 "connects to the MTAs, such as [\"10.0.2.101\"]"},
	{12, "",
	 "f:13: service s: snat-of-boxes: expected addresses of each box of "
	 "the group, found none of box 1, which is this one: add {box: 1, "
	 "snat: [...]}"},
	{13, "       ]}",
	 "f:12: service s: snat-of-boxes: expected addresses of each box of "
	 "the group, found none of box 2: add {box: 2, snat: [...]}"},
	{13, "       {box: 2, snat: [10.0.2.101]}]}",
	 "f:13: 10.0.2.101: expected an address of its own, line 12 has it as "
	 "a snat address"},
	{13, "       {box: 2, snat: [10.0.2.104, 10.0.2.104]}]}",
	 "f:13: 10.0.2.104: expected an address of its own, line 13 has it as "
	 "a snat address of another box"},
	{13, "       {box: 2, snat: [192.0.2.1]}]}",
	 "f:13: 192.0.2.1: expected an address of its own, line 10 has it as a "
	 "listen address"},
	{13, "       {box: 2, snat: [10.0.3.11]}]}",
	 "f:19: 10.0.3.11: expected an address of its own, line 13 has it as a "
	 "snat address of another box"},
	{12, "       {box: 1, snat: [10.0.2.101, 'fd00::1']},",
	 "f:13: service s: snat-of-boxes: expected an IPv6 address of box 2, "
	 "such as \"fd00:2::101\", as box 1 has one: all boxes must reach the "
	 "same MTAs"},
	{13, "       {box: 2, snat: ['fd00::2']}]}",
	 "f:13: service s: snat-of-boxes: expected an IPv4 address of box 2 "
	 "that no host has, such as \"10.0.2.101\", from which fullnat reaches "
	 "backend a"},
	{11, "     forward: nat, snat-of-boxes: [",
	 "f:12: snat-of-boxes: expected only with forward: fullnat; in nat the "
	 "MTAs see the client's own address: leave it out"},
};

START_TEST(every_mistake_is_named_with_its_line)
{
	ck_assert_ptr_null(parse_with(wrong[_i].line, wrong[_i].text));
	ck_assert_str_eq(errors.text[0], wrong[_i].message);
}
END_TEST

/* What a service says, the text before it, and the message. */
static const struct {
	const char *group;
	const char *service;
	const char *message;
} services[] = {
	{"", "snat-of-boxes: [{box: 1, snat: [10.0.2.101]}]",
	 "f:5: service s: snat-of-boxes: expected only in a file with group, "
	 "found none: write snat in its place, or add group: {box, secret, "
	 "boxes}"},
	{GROUP, "snat: [10.0.2.101], proxy-protocol: v2",
	 "f:6: service s: expected snat-of-boxes in place of snat, as each box "
	 "of a group needs addresses of its own: snat-of-boxes: [{box: 1, "
	 "snat: [\"10.0.2.101\"]}, ...]"},
	{GROUP, "proxy-protocol: v2",
	 "f:5: service s: expected snat-of-boxes in place of snat, as each box "
	 "of a group needs addresses of its own: snat-of-boxes: [{box: 1, "
	 "snat: [\"10.0.2.101\"]}, ...]"},
	{GROUP, "forward: dsr, snat: [10.0.2.101]",
	 "f:6: snat: expected only with forward: fullnat; in dsr the MTAs see "
	 "the client's own address: leave it out"},
	{"group: {}\n", "forward: dsr",
	 "f:3: box is missing: expected the number of this box, from 1 to 16"},
	{"group: {box: 1, secret: /s, boxes: []}\n", "forward: dsr",
	 "f:3: boxes: expected at least one entry"},
};

START_TEST(a_service_says_what_fits_the_file)
{
	ck_assert_ptr_null(
		parse_service(services[_i].group, services[_i].service));
	ck_assert_str_eq(errors.text[0], services[_i].message);
}
END_TEST

/* A box with 32 addresses, which all services may have. */
static void
write_snats(char *text, size_t size, unsigned box, unsigned count)
{
	size_t used = (size_t)snprintf(text, size, "{box: %u, snat: [", box);

	for (unsigned i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, size - used,
					 "%s10.%u.0.%u", i > 0 ? "," : "", box,
					 i);
	snprintf(text + used, size - used, "]}");
}

START_TEST(the_addresses_of_a_box_have_a_limit)
{
	char own[1024], line[1024 + 16];

	write_snats(own, sizeof(own), 1, MX_CONFIG_BOX_SNATS_MAX);
	snprintf(line, sizeof(line), "%s,", own);
	struct mx_config *config = parse_with(12, line);
	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	ck_assert_uint_eq(config->service[0].snat_count,
			  MX_CONFIG_BOX_SNATS_MAX);
	mx_config_free(config);

	write_snats(own, sizeof(own), 1, MX_CONFIG_BOX_SNATS_MAX + 1);
	snprintf(line, sizeof(line), "%s,", own);
	ck_assert_ptr_null(parse_with(12, line));
	ck_assert_str_eq(errors.text[0],
			 "f:12: snat: expected at most 32 entries");
}
END_TEST

/* Nine boxes of 32 addresses: the plan has room for eight. */
START_TEST(all_boxes_together_fit_the_plan)
{
	static char boxes[1024], snats[8192];
	size_t b =
		(size_t)sprintf(boxes, "group: {box: 1, secret: /s, boxes: [");
	size_t s = (size_t)sprintf(snats, "snat-of-boxes: [");

	for (unsigned box = 1; box <= 9; box++) {
		char own[1024];

		b += (size_t)snprintf(boxes + b, sizeof(boxes) - b,
				      "%s{box: %u, address: '10.9.0.%u:9708'}",
				      box > 1 ? "," : "", box, box);
		write_snats(own, sizeof(own), box, MX_CONFIG_BOX_SNATS_MAX);
		s += (size_t)snprintf(snats + s, sizeof(snats) - s, "%s%s",
				      box > 1 ? "," : "", own);
	}
	strcat(boxes, "]}\n");
	strcat(snats, "]");
	ck_assert_ptr_null(parse_service(boxes, snats));
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_str_eq(errors.text[0],
			 "f:1: expected at most 256 snat addresses in all, "
			 "found 288");
}
END_TEST

START_TEST(hazards_of_a_group_are_warned_of)
{
	struct mx_config *config = parse_service(GROUP, "forward: nat");

	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	ck_assert_uint_eq(errors.warnings, 1);
	ck_assert_str_eq(
		errors.warning[0],
		"f:6: warning[nat-group]: service s: with forward: nat the "
		"MTAs send their replies to one gateway, which must be the box "
		"that has the clients' packets: let keepalived move the VIPs "
		"and the MTAs' gateway address together. Expected forward: "
		"fullnat if routers share clients out to several boxes");
	mx_config_free(config);

	config = parse_service("group: {box: 1, secret: /s, boxes: [{box: 1, "
			       "address: '10.9.0.1:9708'}]}\n",
			       "forward: dsr");
	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	ck_assert_uint_eq(errors.warnings, 1);
	ck_assert_str_eq(errors.warning[0],
			 "f:3: warning[lone-box]: boxes: expected two boxes or "
			 "more, found one: no other box carries its sessions; "
			 "all boxes of the group, this one too, have an entry "
			 "here");
	mx_config_free(config);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("checkgroup");
	TCase *t = tcase_create("checkgroup");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, each_box_has_its_addresses_and_knows_the_others);
	tcase_add_test(t, a_file_without_a_group_has_none);
	tcase_add_loop_test(t, every_mistake_is_named_with_its_line, 0,
			    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_loop_test(t, a_service_says_what_fits_the_file, 0,
			    sizeof(services) / sizeof(services[0]));
	tcase_add_test(t, the_addresses_of_a_box_have_a_limit);
	tcase_add_test(t, all_boxes_together_fit_the_plan);
	tcase_add_test(t, hazards_of_a_group_are_warned_of);
	suite_add_tcase(s, t);
	return s;
}
