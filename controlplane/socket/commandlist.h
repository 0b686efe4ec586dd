/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_COMMANDLIST_H
#define MX_COMMANDLIST_H

/* The commands of the CLI, one row each.  The control plane answers them
 * (command/commands.c).  The program mxsteer explains them (cli/help.c), also
 * without a control plane.
 *
 *   REPORT(id, words, arguments, help)   report_ID shows it
 *   RUN(id, words, arguments, help)      command_ID() does it
 *   LOCAL(words, arguments, help)        mxsteer does it itself
 *   HIDDEN(id, words, arguments)         command_ID() does it, for mxsteer: help
 *                                        does not tell of it
 *
 * arguments    the grammar (grammar/place.h), and what help shows
 *
 * Rows of one first word are neighbours. */
/* clang-format off */
#define COMMAND_LIST(REPORT, RUN, LOCAL, HIDDEN) \
	REPORT(status, "status", "", \
		"trouble first; exit 0 OK, 1 WARNING, 2 CRITICAL") \
	REPORT(services, "show services", "", \
		"services, their VIPs and traffic") \
	REPORT(pools, "show pools", "", \
		"pools, how many of their backends are up") \
	REPORT(backends, "show backends", "[POOL|POOL/BACKEND|@HOST] [up|down|soft|drain|maint|standby|trouble]", \
		"backends: admin state, health, weight, sessions") \
	REPORT(backend, "show backend", "POOL/BACKEND", \
		"its checks: phases, replies, EHLO, TLS, certificate") \
	REPORT(events, "show events", "[N] [of SUBJECT] [by SOURCE] [info|warn|error]", \
		"the last N changes (20), the newest below") \
	REPORT(log, "show log", "", \
		"the log of sessions: its lines, and those that were lost") \
	REPORT(group, "show group", "", \
		"the other boxes of the group: their streams, lag, sessions") \
	REPORT(agents, "show agents", "", \
		"what the agents on the MTAs' hosts say, and what counts") \
	REPORT(announce, "show announce", "", \
		"addresses that the site's routers are told of, and why not") \
	RUN(access, "show access", "", \
		"sockets and levels, and who was refused a command") \
	REPORT(wishes, "show wishes", "", \
		"what operators and agents put beside the file: who, why, how long") \
	REPORT(drain, "show drain", "", \
		"backends that drain: sessions left, of TLS, ended") \
	REPORT(sessions, "show sessions", "[N] [from PREFIX] [backend POOL/BACKEND|@HOST] [service SERVICE] [older TIME] [state STATE]", \
		"sessions by state, and N of them (20)") \
	REPORT(clients, "show clients", "[N]", \
		"clients: refused ones, then N with most sessions (20)") \
	REPORT(snat, "show snat", "", \
		"snat addresses, and the use of their ports") \
	REPORT(retired, "show retired", "", \
		"what left the file and still has sessions") \
	REPORT(denied, "show denied", "", \
		"deny lists, and the clients that they refused") \
	REPORT(drops, "show drops", "", \
		"drop reasons, and the sum of all frames") \
	REPORT(workers, "show workers", "", \
		"the frames and the load of each worker") \
	REPORT(ports, "show ports", "", \
		"ports: link, frames, address conflicts") \
	REPORT(discovery, "show discovery", "", \
		"pools by DNS: what was asked, what is held and why") \
	REPORT(next_hops, "show next-hops", "", \
		"gateways: which answer, and which are used") \
	REPORT(http, "show http", "", \
		"the HTTP server, and why it refused connections") \
	REPORT(generation, "show generation", "", \
		"the plan published and the one in force") \
	RUN(drain, "drain", "POOL/BACKEND|@HOST [--end-sessions] [--even-last] [--dry-run] [for TIME] [REASON]", \
		"no new sessions; old ones go on, or end behind a mail (not LMTP)") \
	RUN(drain_box, "drain box", "[for TIME] [REASON]", \
		"routers send new sessions to other boxes: see show announce") \
	RUN(ready, "ready", "POOL/BACKEND|@HOST [--dry-run] [REASON]", \
		"new sessions again, if it is up") \
	RUN(ready_box, "ready box", "[REASON]", \
		"this box is announced again") \
	RUN(announce_on, "announce on", "[REASON]", \
		"ARP and ND are answered for VIPs, and all are told (neighbours: role)") \
	RUN(announce_off, "announce off", "[REASON]", \
		"another box answers for them: this one serves what it gets") \
	RUN(maint, "maint", "POOL/BACKEND|@HOST [--even-last] [--dry-run] [for TIME] [REASON]", \
		"as drain, and it is not checked") \
	RUN(weight, "weight", "POOL/BACKEND|@HOST N|N%|default [--even-last] [--dry-run] [for TIME] [REASON]", \
		"its share of new sessions, 0 to 1000, or a part of that of the file") \
	RUN(agent, "agent", "POOL/BACKEND|@HOST ignore|obey [--even-last] [--dry-run] [for TIME] [REASON]", \
		"what its agent says does not count, or counts again") \
	RUN(end_sessions, "end sessions", "POOL/BACKEND|@HOST [--all] [--dry-run] [REASON]", \
		"reset the sessions that it has now") \
	RUN(end_sessions_from, "end sessions from", "PREFIX [port N] [backend POOL/BACKEND] [--all] [--dry-run] [REASON]", \
		"reset the sessions that these clients have now") \
	RUN(end_session, "end session", "SRC:PORT [--dry-run] [REASON]", \
		"reset the session of a client's port") \
	RUN(deny, "deny", "PREFIX [--by PROGRAM] [--force] [--end-sessions] [for TIME] [REASON]", \
		"refuse new sessions of these clients, of all services") \
	RUN(allow, "allow", "PREFIX [--by PROGRAM] [for TIME] [REASON]", \
		"serve these clients, whatever lists and limits say") \
	RUN(forget, "forget", "PREFIX [--by PROGRAM]", \
		"undo deny or allow: the lists decide again") \
	RUN(wait, "wait", "SECONDS drained POOL/BACKEND|@HOST|box", \
		"until it is drained: no session is left, or another box has them") \
	REPORT(lookup, "lookup", "SRC:PORT VIP:PORT", \
		"the backend a new session would get, and why; exit status 1: none") \
	LOCAL("doctor mail", "SERVICE|VIP:PORT to RECIPIENT [from ADDRESS] [sender RECIPIENT] [helo NAME] [mailbox MAILBOX] [within SECONDS] [--no-data] [--no-tls]", \
		"send one message, and tell what client the MTA saw") \
	LOCAL("capture", "[from PREFIX] [backend POOL/BACKEND] [packets N] [bytes N] FILE.pcapng", \
		"frames before and after the rewrite, as pcapng") \
	RUN(config_apply, "config apply", "[--confirm-within TIME] FILE", \
		"put a file in force, all of it or nothing; for a time, if so") \
	RUN(config_confirm, "config confirm", "[N]", \
		"keep what was applied with --confirm-within") \
	RUN(config_undo, "config undo", "", \
		"the configuration before the one in force, again") \
	RUN(config_history, "config history", "[N]", \
		"the last 10: who, when, what changed; or the text of one") \
	RUN(config_diff, "config diff", "[FILE]", \
		"what it would change, and what that means; exit status as diff") \
	RUN(config_dump, "config dump", "", \
		"the configuration in force as a file, with all defaults") \
	LOCAL("config check", "[--host] FILE", \
		"the mistakes of a file, or hazards of this host") \
	LOCAL("config from-mx", "DOMAIN [RESOLVER]", \
		"a first configuration, by the MX records of a domain") \
	LOCAL("config lints", "", \
		"the names of all warnings about a file, and what each finds") \
	LOCAL("config schema", "", \
		"the keys of the file as a JSON Schema, for editors") \
	RUN(reload_lists, "reload lists", "", \
		"read the files of deny lists again, changed or not") \
	LOCAL("top", "[--read-only|-r] [--once|-b] [every SECONDS] [services|pools|mtas|workers|events]", \
		"a live screen of rates, sessions and trouble; ? shows its keys") \
	HIDDEN(top_read, "top read", "") \
	LOCAL("help", "[COMMAND]", \
		"this list, or the commands that begin so") \
	HIDDEN(complete, "complete", "KIND [BEGINNING]") \
	HIDDEN(text, "text", "") \
	HIDDEN(capture_start, "capture start", \
		"[from PREFIX] [backend POOL/BACKEND] [packets N] [bytes N]") \
	HIDDEN(capture_read, "capture read", "NUMBER") \
	HIDDEN(capture_end, "capture end", "NUMBER")

/* The same in the words of HAProxy's runtime API, so that its users find their
 * way.  An alias is written whole.
 *
 *   ALIAS(words, arguments, becomes)
 *
 * becomes    our command.  What names a part of the alias's grammar stands for
 *            what was typed there.
 *
 * `show stat` has HAProxy's proxy, types and server.  The types 4, 7 and -1 include
 * servers.  The server -1 means all servers. */
#define COMMAND_ALIASES(ALIAS) \
	ALIAS("set server", "POOL/BACKEND state ready|drain|maint", \
		"ready|drain|maint POOL/BACKEND") \
	ALIAS("set server", "POOL/BACKEND weight N|N%", \
		"weight POOL/BACKEND N|N%") \
	ALIAS("set weight", "POOL/BACKEND N|N%", "weight POOL/BACKEND N|N%") \
	ALIAS("get weight", "POOL/BACKEND", "show backends POOL/BACKEND") \
	ALIAS("enable server", "POOL/BACKEND|@HOST [--dry-run] [REASON]", \
		"ready POOL/BACKEND|@HOST --dry-run REASON") \
	ALIAS("disable server", "POOL/BACKEND|@HOST [--even-last] [--dry-run] [for TIME] [REASON]", \
		"maint POOL/BACKEND|@HOST --even-last --dry-run for TIME REASON") \
	ALIAS("show stat", "[POOL|-1 [4|7|-1 -1]] [up]", "show backends POOL up") \
	ALIAS("show servers state", "[POOL]", "show backends POOL") \
	ALIAS("show info", "", "status") \
	ALIAS("shutdown session", "SRC:PORT", "end session SRC:PORT") \
	ALIAS("shutdown sessions server", "POOL/BACKEND", \
		"end sessions POOL/BACKEND")
/* clang-format on */

#endif /* MX_COMMANDLIST_H */
