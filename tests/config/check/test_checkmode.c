/* SPDX-License-Identifier: BSD-3-Clause */
/* Forward modes: a setting that would lose mail, hide a client or leave an MTA
 * waiting is refused with its line and the correction.  The corrected file is
 * accepted.
 * Method: a file of a few lines of services and pools; all errors and warnings
 * compared in full. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "load.h"
#include "runner.h"

static struct mx_config_errors errors;

/* Services begin at line 3. */
#define HEAD                                                                   \
	"instance: mx1\n"                                                      \
	"dataplane: {workers: [1], ports: [{name: lan, interface: eth0}]}\n"   \
	"services:\n"

/* What most cases use: a pool of IPv4, of IPv6, and of both. */
#define V4                                                                     \
	"pools: [{name: p, backends: [{name: a, address: \"10.0.2.11:25\"},\n" \
	"  {name: b, address: \"10.0.2.12:25\"}]}]\n"
#define V6                                                                     \
	"pools: [{name: p, backends: [\n"                                      \
	"  {name: c, address: \"[fd00:2::14]:25\"}]}]\n"
#define BOTH                                                                   \
	"pools: [{name: p, backends: [{name: a, address: \"10.0.2.11:25\"},\n" \
	"  {name: c, address: \"[fd00:2::14]:25\"}]}]\n"

/* A service s of pool p on port 25 of IPv4, on line 4, and the rest of it. */
#define S(rest)                                                                \
	"- {name: s, pool: p, listen: [\"198.51.100.25:25\"],\n" rest "}\n"
/* The same on a VIP of its own. */
#define ON(vip, rest) "- {name: s, pool: p, listen: [\"" vip "\"],\n" rest "}\n"

#define SNAT4 "snat: [10.0.2.100]"
#define SNAT6 "snat: [\"fd00:2::100\"]"
#define SNAT46 "snat: [10.0.2.100, \"fd00:2::100\"]"
#define FROM4 "forward: tunnel, tunnel: {source: [10.0.2.128/26]}"

#define NO_SNAT4                                                               \
	"service s: snat: expected an IPv4 address that no host has, such as " \
	"\"10.0.2.100\", from which fullnat reaches backend a; one for each "  \
	"64,512 sessions"
#define NO_SNAT6                                                               \
	"service s: snat: expected an IPv6 address that no host has, such as " \
	"\"fd00:2::100\", from which fullnat reaches backend c; one for each " \
	"64,512 sessions"
#define OPEN_RELAY                                                             \
	"service s: expected proxy-protocol: v2. Without it all clients look " \
	"like the snat address: an open relay if that is in mynetworks, and "  \
	"no SPF or blocklists. If the MTAs cannot read it, say "               \
	"client-address: hidden"
#define LOOK_ALIKE                                                                      \
	"warning[open-relay]: service s: all clients look like the snat address: keep " \
	"that out of mynetworks. Expected proxy-protocol: v2, or "                      \
	"client-address: hidden if it is meant"
#define HIDDEN(word)                                                                \
	"client-address: hidden: expected proxy-protocol: off with it, found " word \
	", which names the client: leave one of the two out"
#define BALANCED(balance)                                                      \
	"pools: [{name: p, balance: " balance                                  \
	", backends: [{name: a, address: \"10.0.2.11:25\"}]}]\n"
#define BY_HASH(mode, balance, more)                                                \
	"warning[balance]: balance: expected hash, as service s has forward: " mode \
	": a session that a restart or another balancer does not know goes "        \
	"to the MTA that its hash names, and with " balance                         \
	" another MTA may have it" more
#define AS_LEAST "; mxsteer sees no greetings there, so load is as least"
#define FULLNAT_ONLY(key, mode)                                                \
	key ": expected only with forward: fullnat; in " mode                  \
	    " the MTAs see the client's own address: leave it out"
#define TUNNEL_ONLY(mode)                                                      \
	"tunnel: expected only with forward: tunnel, and service s has "       \
	"forward: " mode
#define NO_SOURCE4                                                             \
	"service s: tunnel: expected a source of unused IPv4 addresses, "      \
	"such as [\"10.0.2.128/26\"], for packets to backend a"
#define NO_SOURCE6                                                             \
	"service s: tunnel: expected a source of unused IPv6 addresses, "      \
	"such as [\"fd00:2:1::/64\"], for packets to backend c"
#define SECOND(family)                                                         \
	"source: expected one prefix of IPv4 and one of IPv6 at most, found "  \
	"a second of " family
#define TAKEN(prefix, what)                                                    \
	"source: expected a prefix of unused addresses, and " prefix           \
	" has " what
#define PORT(mode)                                                             \
	"198.51.100.25:587: expected port 25, as backend a has, because " mode \
	" leaves the port as it is; or a service and a pool of its own"
#define SHORT_IDLE                                                                  \
	"warning[idle]: idle: expected 11m or more, as the reply to the final dot " \
	"may take 10 minutes (RFC 5321 4.5.3.2.6) and a session cut before "        \
	"it sends the mail twice, found "
#define NAT(vip, family, backend)                                              \
	vip ": expected an " family " address, as backend " backend            \
	    " has one and nat does not translate between the two; forward: "   \
	    "fullnat does"

#define MESSAGES_MAX 4

#define FAIL_OVER(mode)                                                        \
	"fail-over: expected only with forward: fullnat or nat; with " mode    \
	" mxsteer does not see an MTA's answer"

#define COOKIES(mode)                                                          \
	"syn-cookies: expected auto or never with forward: " mode              \
	", as a client that mxsteer answers itself has other numbers than "    \
	"its MTA, whose answers do not come by mxsteer; or forward: fullnat "  \
	"or nat"

#define EARLY(mode)                                                            \
	"early-talkers: expected off with forward: " mode                      \
	", where mxsteer does not see an MTA's greeting; or forward: fullnat " \
	"or nat"

static const struct {
	const char *text;
	const char *message[MESSAGES_MAX]; /* errors, then warnings */
} files[] = {
	/* fullnat: an address to come from, of each family there is. */
	{S("proxy-protocol: v2, " SNAT4) V4, {0}},
	{S("proxy-protocol: v1, " SNAT46) BOTH, {0}},
	{ON("[2001:db8::25]:25", "proxy-protocol: v2, " SNAT4) V4, {0}},
	{ON("198.51.100.25:25", "proxy-protocol: v2, " SNAT6) V6, {0}},
	{S("proxy-protocol: v2") V4, {"f:4: " NO_SNAT4}},
	{S("proxy-protocol: v2, " SNAT6) V4, {"f:5: " NO_SNAT4}},
	{S("proxy-protocol: v2, " SNAT4) V6, {"f:5: " NO_SNAT6}},
	{S("proxy-protocol: v2, " SNAT4) BOTH, {"f:5: " NO_SNAT6}},
	{S("proxy-protocol: v2") BOTH, {"f:4: " NO_SNAT4, "f:4: " NO_SNAT6}},

	/* fullnat: the client is named to the MTA, or the file says that it is
	 * hidden. */
	{S(SNAT4) V4, {"f:4: " OPEN_RELAY}},
	{S(SNAT4 ",\nproxy-protocol: off") V4, {"f:6: " OPEN_RELAY}},
	{ON("198.51.100.25:465", SNAT4) V4, {"f:4: " OPEN_RELAY}},
	{ON("198.51.100.25:587", SNAT4) V4, {"f:4: " OPEN_RELAY}},
	{ON("198.51.100.25:2525\", \"[2001:db8::25]:25", SNAT4) V4,
	 {"f:4: " OPEN_RELAY}},
	{ON("198.51.100.25:2525", SNAT4) V4, {"f:4: " LOOK_ALIKE}},
	{ON("198.51.100.25:2525", SNAT4 ", proxy-protocol: off") V4,
	 {"f:5: " LOOK_ALIKE}},
	{ON("198.51.100.25:2525", SNAT4 ", client-address: hidden") V4, {0}},
	{ON("198.51.100.25:2525", SNAT4 ", proxy-protocol: v1") V4, {0}},
	{S(SNAT4 ", client-address: hidden") V4, {0}},
	{S(SNAT4 ", client-address: hidden, proxy-protocol: off") V4, {0}},
	{S(SNAT4 ", proxy-protocol: v1,\nclient-address: hidden") V4,
	 {"f:6: " HIDDEN("v1")}},
	{S(SNAT4 ",\nclient-address: hidden, proxy-protocol: v2") V4,
	 {"f:6: " HIDDEN("v2")}},

	/* nat: nothing is hidden, and nothing translated. */
	{S("forward: nat") V4, {0}},
	{S("forward: nat, proxy-protocol: off") V4, {0}},
	{ON("[2001:db8::25]:587", "forward: nat") V6, {0}},
	{ON("198.51.100.25:2525", "forward: nat") V4, {0}},
	{S("forward: nat") V6, {"f:4: " NAT("198.51.100.25", "IPv6", "c")}},
	{S("forward: nat") BOTH, {"f:4: " NAT("198.51.100.25", "IPv6", "c")}},
	{ON("[2001:db8::25]:25", "forward: nat") BOTH,
	 {"f:4: " NAT("2001:db8::25", "IPv4", "a")}},
	{ON("198.51.100.25:25\",\n\"[2001:db8::25]:25", "forward: nat") V4,
	 {"f:5: " NAT("2001:db8::25", "IPv4", "a")}},

	/* Keys of other modes. */
	{S("forward: nat,\n" SNAT4) V4, {"f:6: " FULLNAT_ONLY("snat", "nat")}},
	{S("forward: dsr,\n" SNAT4) V4, {"f:6: " FULLNAT_ONLY("snat", "dsr")}},
	{S("forward: nat,\nsnat-by: backend") V4,
	 {"f:6: " FULLNAT_ONLY("snat-by", "nat")}},
	{S(FROM4 ",\n" SNAT4) V4, {"f:6: " FULLNAT_ONLY("snat", "tunnel")}},
	{S("forward: nat,\nproxy-protocol: v1") V4,
	 {"f:6: " FULLNAT_ONLY("proxy-protocol", "nat")}},
	{S("forward: dsr,\nproxy-protocol: v2") V4,
	 {"f:6: " FULLNAT_ONLY("proxy-protocol", "dsr")}},
	{S(FROM4 ",\nproxy-protocol: v2") V4,
	 {"f:6: " FULLNAT_ONLY("proxy-protocol", "tunnel")}},
	{S("forward: nat,\nclient-address: hidden") V4,
	 {"f:6: " FULLNAT_ONLY("client-address", "nat")}},
	{S("forward: dsr,\nclient-address: hidden") V4,
	 {"f:6: " FULLNAT_ONLY("client-address", "dsr")}},
	{S(FROM4 ",\nclient-address: hidden") V4,
	 {"f:6: " FULLNAT_ONLY("client-address", "tunnel")}},
	{S("forward: nat,\ntunnel: {type: gue}") V4,
	 {"f:6: " TUNNEL_ONLY("nat")}},
	{S("forward: dsr,\ntunnel: {source: [10.0.2.64/26]}") V4,
	 {"f:6: " TUNNEL_ONLY("dsr")}},
	{S(SNAT4 ", proxy-protocol: v2,\ntunnel: {}") V4,
	 {"f:6: " TUNNEL_ONLY("fullnat")}},

	/* Another MTA for a new session, where the first one's answer passes. */
	{S("forward: nat, fail-over: [refused]") V4, {0}},
	{S("forward: nat, fail-over: [off]") V4, {0}},
	{S("forward: nat, fail-over: [busy, mute, refuses]") V4, {0}},
	{S("forward: nat, banner-patience: 30s") V4, {0}},
	{S("forward: dsr,\nbanner-patience: 30s") V4,
	 {"f:6: banner-patience: expected only with forward: fullnat or nat; "
	  "with dsr mxsteer does not see an MTA's banner"}},
	{S("forward: dsr, fail-over: [off]") V4, {0}},
	{S("forward: dsr,\nfail-over: [refused]") V4,
	 {"f:6: " FAIL_OVER("dsr")}},
	{S(FROM4 ",\nfail-over: [silent, refused]") V4,
	 {"f:6: " FAIL_OVER("tunnel")}},
	{S("forward: nat, syn-cookies: always") V4, {0}},
	{S("forward: dsr, syn-cookies: never") V4, {0}},
	{S("forward: dsr, syn-cookies: auto") V4, {0}},
	{S("forward: dsr,\nsyn-cookies: always") V4, {"f:6: " COOKIES("dsr")}},
	{S("forward: nat, early-talkers: refuse") V4, {0}},
	{S("forward: dsr, early-talkers: off") V4, {0}},
	{S("forward: dsr,\nearly-talkers: count") V4, {"f:6: " EARLY("dsr")}},
	{S(FROM4 ",\nearly-talkers: refuse") V4, {"f:6: " EARLY("tunnel")}},
	{S("forward: nat,\nfail-over: [refused, off]") V4,
	 {"f:6: fail-over: expected off alone, or reasons such as [refused, "
	  "silent]"}},

	{S("forward: dsr") BALANCED("least"),
	 {"f:6: " BY_HASH("dsr", "least", "")}},
	{S(FROM4) BALANCED("load"),
	 {"f:6: " BY_HASH("tunnel", "load", AS_LEAST)}},
	{S("forward: dsr") BALANCED("hash"), {0}},
	{S("forward: nat") BALANCED("least"), {0}},

	/* dsr: the packet's port is the MTA's, the family does not matter. */
	{S("forward: dsr") V4, {0}},
	{S("forward: dsr") V6, {0}},
	{S("forward: dsr") BOTH, {0}},
	{ON("198.51.100.25:25\", \"[2001:db8::25]:25", "forward: dsr") V4, {0}},
	{ON("198.51.100.25:587", "forward: dsr") V4, {"f:4: " PORT("dsr")}},
	{ON("198.51.100.25:25\",\n\"198.51.100.25:587",
	    "forward: dsr, direction: both") V4,
	 {"f:5: " PORT("dsr")}},
	{S("forward: dsr") "pools: [{name: p, backends: [\n"
			   "{name: a, address: \"10.0.2.11:25\"},\n"
			   "{name: b, address: \"10.0.2.12:26\"}]}]\n",
	 {"f:4: 198.51.100.25:25: expected port 26, as backend b has, because "
	  "dsr leaves the port as it is; or a service and a pool of its own"}},

	/* tunnel: a prefix of each family to come from. */
	{S(FROM4) V4, {0}},
	{ON("198.51.100.25:25\", \"[2001:db8::25]:25", FROM4) V4, {0}},
	{ON("198.51.100.25:587", FROM4) V4, {"f:4: " PORT("tunnel")}},
	{S("forward: tunnel, tunnel: {source: [10.0.2.64/26, \"fd00:3::/64\"]}")
		 BOTH,
	 {0}},
	{S("forward: tunnel, tunnel: {source: [\"fd00:3::/64\"]}") V6, {0}},
	{S("forward: tunnel, tunnel: {source: [\"fd00:3::7/128\"]}") V6, {0}},
	{S("forward: tunnel, tunnel: {source: [10.1.2.3/32]}") V4, {0}},
	{S("forward: tunnel") V4, {"f:4: " NO_SOURCE4}},
	{S("forward: tunnel,\ntunnel: {type: gue}") V4, {"f:6: " NO_SOURCE4}},
	{S(FROM4) BOTH, {"f:5: " NO_SOURCE6}},
	{S(FROM4) V6, {"f:5: " NO_SOURCE6}},
	{S("forward: tunnel") BOTH, {"f:4: " NO_SOURCE4, "f:4: " NO_SOURCE6}},
	{S("forward: tunnel, tunnel: {source: [10.0.2.64/26,\n10.1.0.0/16]}")
		 V4,
	 {"f:6: " SECOND("IPv4")}},
	{S("forward: tunnel, tunnel: {source: [\"fd00:3::/64\",\n"
	   "\"fd00:4::/64\"]}") V6,
	 {"f:6: " SECOND("IPv6")}},
	{S("forward: tunnel, tunnel: {source: [\"fd00:3::/63\"]}") V6,
	 {"f:5: source: expected /64 or more bits of IPv6, found /63"}},
	{S("forward: tunnel, tunnel: {source: [12.0.0.0/7]}") V4,
	 {"f:5: source: expected /8 or more bits of IPv4, found /7"}},
	{S("forward: tunnel, tunnel: {source: [12.0.0.0/8]}") V4, {0}},
	{S("forward: tunnel, tunnel: {source: [127.0.0.0/8]}") V4,
	 {"f:5: expected the address of a host, found 127.0.0.0"}},
	{S("forward: tunnel, tunnel: {source: [\"fe80::/64\"]}") V6,
	 {"f:5: expected an address that is valid beyond one link, such as one "
	  "of fd00::/8, found fe80::"}},

	/* If a host had a tunnel's source, it would get the answers. */
	{S("forward: tunnel, tunnel: {source: [10.0.2.0/28]}") V4,
	 {"f:5: " TAKEN("10.0.2.0/28",
			"10.0.2.11, a backend's address in line 6")}},
	{S("forward: tunnel, tunnel: {source: [198.51.100.0/24]}") V4,
	 {"f:5: " TAKEN("198.51.100.0/24",
			"198.51.100.25, a listen address in line 4")}},
	{S("forward: tunnel, tunnel: {source: [\"fd00:2::/64\"]}") V6,
	 {"f:5: " TAKEN("fd00:2::/64",
			"fd00:2::14, a backend's address in line 7")}},
	{S("forward: tunnel, tunnel: {source: [10.0.2.64/26]}") "- {name: t, pool: q, listen: [\"198.51.100.26:25\"],\n"
								"   proxy-protocol: v2, " SNAT4
								"}\n"
								"pools: [{name: p, backends: [\n"
								"{name: a, address: \"10.0.3.11:25\"}]},\n"
								"{name: q, backends: [{name: b, address: \"10.0.4.1:25\"}]}]\n",
	 {"f:5: " TAKEN("10.0.2.64/26",
			"10.0.2.100, a snat address in line 7")}},

	/* Timers: the shortest that never doubles a mail. */
	{S("forward: nat, timers: {idle: 660s}") V4, {0}},
	{S("forward: nat, timers: {idle: 11m}") V4, {0}},
	{S("forward: nat,\ntimers: {idle: 659s}") V4,
	 {"f:6: " SHORT_IDLE "659s"}},
	{S("forward: nat, timers: {idle: 5m}") V4, {"f:5: " SHORT_IDLE "300s"}},
};

START_TEST(every_mode_says_what_it_needs)
{
	char text[2048];
	uint16_t seen = 0;

	snprintf(text, sizeof(text), HEAD "%s", files[_i].text);
	struct mx_config *config =
		mx_config_parse(text, strlen(text), "f", &errors);
	for (uint16_t i = 0; i < errors.count; i++, seen++) {
		ck_assert_msg(files[_i].message[seen] != NULL, "%s",
			      errors.text[i]);
		ck_assert_str_eq(errors.text[i], files[_i].message[seen]);
	}
	for (uint16_t i = 0; i < errors.warnings; i++, seen++) {
		ck_assert_msg(files[_i].message[seen] != NULL, "%s",
			      errors.warning[i]);
		ck_assert_str_eq(errors.warning[i], files[_i].message[seen]);
	}
	ck_assert_msg(files[_i].message[seen] == NULL, "unsaid: %s",
		      files[_i].message[seen]);
	ck_assert((config == NULL) == (errors.count > 0));
	mx_config_free(config);
}
END_TEST

/* The remedy stands last, and names may be long. */
START_TEST(no_message_is_cut_off)
{
#define LONG "abcdefghijklmnopqrstuvwxyz01234"
	static const char text[] =
		HEAD "- {name: " LONG ", pool: p, listen: [\"192.0.2.1:25\"],\n"
		     "   snat: [10.0.2.100]}\n" V4;
	char file[200] = "";

	memset(file, 'f', sizeof(file) - 1);
	ck_assert_ptr_null(mx_config_parse(text, strlen(text), file, &errors));
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_ptr_nonnull(
		strstr(errors.text[0], "say client-address: hidden"));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("checkmode");
	TCase *t = tcase_create("checkmode");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_mode_says_what_it_needs, 0,
			    sizeof(files) / sizeof(files[0]));
	tcase_add_test(t, no_message_is_cut_off);
	suite_add_tcase(s, t);
	return s;
}
