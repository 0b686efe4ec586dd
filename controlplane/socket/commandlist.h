/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_COMMANDLIST_H
#define MX_COMMANDLIST_H

/* The commands of the CLI, one row each.  The control plane answers them
 * (command/commands.c).  The program mxsteer explains them (cli/help.c), also
 * without a control plane.
 *
 *   REPORT(id, words, arguments, least, most, help)      report_ID shows it
 *   RUN(id, words, arguments, least, most, rest, help)   command_ID() does it
 *   LOCAL(words, arguments, help)                        mxsteer does it itself
 *
 * arguments    as help shows them
 * least, most  how many
 * rest         the last one is the rest of the line
 *
 * Rows of one first word are neighbours. */
/* clang-format off */
#define COMMAND_LIST(REPORT, RUN, LOCAL) \
	REPORT(status, "status", "", 0, 0, \
		"trouble first; exit 0 OK, 1 WARNING, 2 CRITICAL") \
	REPORT(services, "show services", "", 0, 0, \
		"services, their VIPs and traffic") \
	REPORT(pools, "show pools", "", 0, 0, \
		"pools, how many of their backends are up") \
	REPORT(backends, "show backends", "", 0, 0, \
		"backends: admin state, health, weight, sessions") \
	REPORT(drain, "show drain", "", 0, 0, \
		"backends that drain: sessions left, of TLS, ended") \
	REPORT(sessions, "show sessions", "[N]", 0, 1, \
		"sessions by state, and N of them (20)") \
	REPORT(clients, "show clients", "[N]", 0, 1, \
		"clients: refused ones, then N with most sessions (20)") \
	REPORT(snat, "show snat", "", 0, 0, \
		"snat addresses, and the use of their ports") \
	REPORT(retired, "show retired", "", 0, 0, \
		"what left the file and still has sessions") \
	REPORT(denied, "show denied", "", 0, 0, \
		"deny lists, and the clients that they refused") \
	REPORT(drops, "show drops", "", 0, 0, \
		"drop reasons, and the sum of all frames") \
	REPORT(workers, "show workers", "", 0, 0, \
		"the frames and the load of each worker") \
	REPORT(ports, "show ports", "", 0, 0, \
		"ports: link, frames, address conflicts") \
	REPORT(next_hops, "show next-hops", "", 0, 0, \
		"gateways: which answer, and which are used") \
	REPORT(generation, "show generation", "", 0, 0, \
		"the plan published and the one in force") \
	RUN(drain, "drain", "POOL/BACKEND [--end-sessions]", 1, 2, false, \
		"no new sessions; old ones go on, or end behind a mail (not LMTP)") \
	RUN(ready, "ready", "POOL/BACKEND", 1, 1, false, \
		"new sessions again, if it is up") \
	RUN(maint, "maint", "POOL/BACKEND", 1, 1, false, \
		"as drain, and it is not checked") \
	RUN(weight, "weight", "POOL/BACKEND N", 2, 2, false, \
		"its share of new sessions, 0 to 1000 or default") \
	RUN(end_sessions, "end sessions", "POOL/BACKEND", 1, 1, false, \
		"reset the sessions that it has now") \
	RUN(deny, "deny", "PREFIX [for TIME]", 1, 3, false, \
		"refuse new sessions of these clients, of all services") \
	RUN(allow, "allow", "PREFIX [for TIME]", 1, 3, false, \
		"serve these clients, whatever lists and limits say") \
	RUN(forget, "forget", "PREFIX", 1, 1, false, \
		"undo deny or allow: the lists decide again") \
	RUN(wait, "wait", "SECONDS drained POOL/BACKEND", 3, 3, false, \
		"until it is drained, and has no session left") \
	REPORT(lookup, "lookup", "SRC:PORT VIP:PORT", 2, 2, \
		"the backend a new session would get, and why") \
	RUN(capture, "capture", "[from PREFIX] [backend POOL/BACKEND] [packets N] [bytes N] FILE", 1, 1, true, \
		"frames before and after the rewrite, as pcapng") \
	RUN(config_apply, "config apply", "FILE", 1, 1, true, \
		"put a file in force, all of it or nothing") \
	LOCAL("config check", "[--host] FILE", \
		"the mistakes of a file, or hazards of this host") \
	RUN(reload_lists, "reload lists", "", 0, 0, false, \
		"read the files of deny lists again, changed or not") \
	LOCAL("help", "[COMMAND]", \
		"this list, or the commands that begin so")
/* clang-format on */

#endif /* MX_COMMANDLIST_H */
