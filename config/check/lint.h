/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_LINT_H
#define MX_CONFIG_LINT_H

/* Hazards for mail in a file that works.  Each kind has a name, by which a file can
 * say that its warnings are ignored, and why:
 *
 *   lints:
 *     - {name: tcp-check, ignore: the MTAs are appliances}
 *
 * Threads    none of its own; the caller owns the tree. */
#include "tree.h"

/* clang-format off */
/* identifier, name, and what it finds */
#define LINT_LIST(X) \
	X(BALANCE, "balance", "With direct return, a pool chooses MTAs by more than the hash of the client.") \
	X(CERT_NAME, "cert-name", "Checks of a certificate do not look for the name that senders look for.") \
	X(CHECK_AUTH, "check-auth", "A check expects AUTH of MTAs for strangers, who do not log in.") \
	X(CHECK_PORT, "check-port", "A check begins with TLS where the MTA speaks first, or the other way round.") \
	X(DIRECTION, "direction", "A service on a port of users says that it takes mail of strangers.") \
	X(FINAL_ANSWER, "final-answer", "Clients without a session hear 554, and some senders return their mail then.") \
	X(FORGED_CLIENTS, "forged-clients", "Clients are counted where anyone can forge their packets.") \
	X(GREET_WAIT, "greet-wait", "A check may end before a postscreen has greeted.") \
	X(HTTP_OPEN, "http-open", "The HTTP server, which asks for no password, listens where other hosts may come.") \
	X(IDLE, "idle", "Sessions are forgotten while a reply may come, or long after both ends are gone.") \
	X(IPV6_LIMIT, "ipv6-limit", "A client of IPv6 passes a limit by another address of its prefix.") \
	X(JOURNALD, "journald", "Lines of sessions go to journald, which keeps 10,000 in 30 s.") \
	X(LONE_BOX, "lone-box", "A group has one box, and no other box carries its sessions.") \
	X(MX_NAME, "mx-name", "Senders or MTAs hear a host name without a domain.") \
	X(NAT_GROUP, "nat-group", "In a group, MTAs of a nat service send replies to one gateway alone.") \
	X(NO_LIMIT, "no-limit", "The file has limits of clients, and none of them limits anything.") \
	X(OPEN_RELAY, "open-relay", "MTAs see a snat address as the client, and may relay for everyone.") \
	X(SHARED_CORE, "shared-core", "Workers have the same core, and slow each other down.") \
	X(STRANGERS, "strangers", "Tests that are meant for strangers delay or refuse the site's own users.") \
	X(SUBMISSION_BEHIND_MX, "submission-behind-mx", "Mail of users and mail of strangers come to one port of an MTA.") \
	X(TCP_CHECK, "tcp-check", "A check does not see whether an MTA takes mail, and fills its log.")
/* clang-format on */

enum lint {
#define X(id, name, about) LINT_##id,
	LINT_LIST(X)
#undef X
		LINTS,
};

/* Add a warning, unless the file ignores those of its kind. */
void lint_warn(struct config_tree *tree, enum lint lint, uint32_t line,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));

const char *lint_name(enum lint lint);

/* One sentence: what it finds. */
const char *lint_about(enum lint lint);

/* Does a lint have the name? */
bool lint_is(const char *name);

#endif /* MX_CONFIG_LINT_H */
