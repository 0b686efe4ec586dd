/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_STATE_H
#define MX_STATE_H

/* What the control plane knows: the configuration in force, the ids of its
 * services and backends, the operator's overrides, the health of every backend.
 *
 * Sessions in the data plane refer to services and backends by id.  So an id
 * outlives the name it stands for: what leaves the configuration is retired
 * until no session can refer to it any more, and only then is its id given
 * away. A backend is the same one as long as pool, name and address are the
 * same; a service, as long as its name and its mode of forwarding are.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "balance.h"
#include "boxwish.h"
#include "config.h"
#include "endorders.h"
#include "mtaprofile.h"
#include "health.h"
#include "nexthop.h"
#include "passive.h"
#include "ramp.h"
#include "reason.h"
#include "retired.h"
#include "servicerow.h"
#include "settings.h"
#include "slotcount.h"
#include "weight.h"

/* An id is retired at least as long as the longest session without a word: RFC
 * 5321 4.5.3.2.6, the reply to the final dot may take 10 minutes. */
#define STATE_RETIRED_S MX_IDLE_S

#define STATE_LABEL_MAX (2 * MX_NAME_MAX)       /* "pool/name" */
#define STATE_SUBJECT_MAX (STATE_LABEL_MAX + 8) /* "backend pool/name" */

/* What the last probe found, for the operator's eyes. */
struct last_check {
	bool known;
	enum verdict verdict;
	enum reason reason;
	char reply[REASON_REPLY_MAX]; /* what the server said, or the system */
	double took_ms;
	uint64_t told; /* verdict.h: the reasons logged since it was up */
};

struct backend {
	bool used; /* configured or retired */
	bool retired;
	int64_t retired_since_s; /* CLOCK_REALTIME: outlives a restart */
	char pool[MX_NAME_MAX];
	char name[MX_NAME_MAX];
	struct mx_endpoint address;
	const struct mx_config_backend *config; /* NULL: retired */

	/* override.c alone writes these two.
	 *
	 * ended_s: sessions opened until then were ended by command;
	 * CLOCK_MONOTONIC, 0: none were.  The plan in the region remembers it.
	 */
	struct override override;
	uint32_t ended_s;

	bool dsr;     /* a dsr service uses its pool */
	bool direct;  /* a service of direct return uses its pool */
	bool nat;     /* a nat service uses its pool */
	bool was_nat; /* one did, and sessions of then may be left */

	struct health health;
	struct passive passive;        /* what its sessions say; observer.h */
	struct balance_member balance; /* how long they wait; balancer.h */
	bool soft;     /* it serves, and gets sessions only if no other can */
	bool degraded; /* its last pass found that it lacks something */
	bool flawed;   /* its last pass found faults of its certificate */
	struct last_check check;
	int64_t since_s; /* the admin state and state_health() are as they are
			  * now; CLOCK_REALTIME, 0: not known */
	struct mta_profile profile; /* what all its checks found */
	uint8_t certificate_mark; /* certwatch.h: days; 0: no event was told */
	int64_t certificate_mark_s; /* when one as urgent was last seen */

	/* wish.c alone writes these three. */
	bool has_agent; /* agent counts */
	struct agent_wish agent;
	uint16_t load_percent; /* 0: none was put */

	struct ramp ramp;      /* slowstart.h */
	uint16_t ramp_percent; /* 0: not known yet */

	struct nexthop hop;
	/* state_weigh() writes these: */
	uint16_t effective_weight; /* on the scale of the file */
	uint16_t share;            /* finer; see weight.h */
	uint16_t percent[WEIGHT_FACTORS];
	enum weight_reason why;
};

struct service {
	bool used;
	bool retired;
	int64_t retired_since_s;
	char name[MX_NAME_MAX];
	char pool[MX_NAME_MAX];
	struct mx_service row; /* as it is or was configured; used 0: unknown */
	const struct mx_config_service *config; /* NULL: retired */
};

struct pool {
	uint16_t member[MX_CONFIG_BACKENDS_MAX]; /* ids, as in the file */
	bool empty; /* no member has an effective weight */
	bool soft;  /* those that have one are soft: no other can serve */
};

#define DENY_PROGRAM_MAX 32

/* A prefix that the operator or a program denies or allows; see denial/rules.h */
struct deny_rule {
	struct mx_config_prefix at; /* trimmed */
	bool denied;
	char program[DENY_PROGRAM_MAX]; /* "fail2ban"; "": a person said so */
	struct wish_note note;
	struct slot_count refused; /* SYNs; see observe/rulecounts.h */
};

/* The slots by which the data plane counts what rules refuse. */
struct rule_counting {
	int64_t started_s; /* of the data plane whose counters were read last */
	uint32_t frees;    /* how often a slot became free */
	uint32_t
		freed[MX_DENY_RULES_MAX]; /* `frees` of each slot's last time */
	/* SYNs that rules of people refused, and those of programs.  After a
	 * restart: since the state file was written last. */
	uint64_t by_people;
	uint64_t by_programs;
};

struct state {
	struct mx_config *config;
	uint32_t applied;       /* how many configurations were */
	struct mx_hash_key key; /* of the plan */
	bool key_shared;        /* it is that of a group; see apply/plankey.h */
	struct service service[MX_SERVICES_MAX];     /* by id */
	struct backend backend[MX_BACKENDS_MAX + 1]; /* by id; 0 is none */
	struct pool pool[MX_POOLS_MAX]; /* by index of the configuration */
	struct retired retired;         /* addresses */
	uint32_t deny_round;            /* see denials.h */
	uint16_t deny_rules;
	struct deny_rule deny_rule[MX_DENY_RULES_MAX];
	struct rule_counting counting;
	struct end_orders ends; /* of sessions of clients */
	struct box_wish box;
	uint32_t lost_boxes; /* peers whose stream is lost, a bit each */
	struct announcements announcements; /* announced.h */
	uint16_t ways;
	struct mx_way way[MX_WAYS_MAX]; /* back to clients; see ways.h */
};

/* An empty state with a fresh hash key, or NULL with errno. */
struct state *state_new(void);
void state_free(struct state *state);

/* How long an id is retired at least after it left the configuration. */
int64_t state_retired_s(const struct state *state);

/* Is the backend where its service cannot reach it?  The dsr mode rewrites a
 * frame's MAC address and no more: a gateway would send the packet back to us.
 */
bool state_is_far(const struct backend *backend);

/* Compute every effective weight, and which pools are empty. */
void state_weigh(struct state *state);

/* The weight the operator or else the file gives a configured backend. */
uint16_t state_weight(const struct backend *backend);

/* The stricter admin state of the operator's and the agent's. */
enum admin_state state_admin(const struct backend *backend);

/* The most sessions at once of a configured backend: the lower limit of the file's
 * and the agent's.  0: no limit. */
uint32_t state_sessions_max(const struct backend *backend);

/* The backend's health in a word: "unchecked" in maintenance, "soft",
 * "degraded" if it is up and is that or flawed, or else the state of health.h.
 */
const char *state_health(const struct backend *backend);

/* The id of a configured backend by "pool/name", or MX_BACKEND_NONE. */
uint16_t state_find(const struct state *state, const char *label);

/* All ids whose sessions are those of the backend called "pool/name": that of
 * the configured one, those that bore the name before, and those that are
 * retired at its address and port under another name. Returns how many were
 * written into id[]. */
uint16_t state_ids(const struct state *state, const char *label,
		   uint16_t id[static MX_BACKENDS_MAX]);

/* Write "pool/name" into label[STATE_LABEL_MAX]; returns label. */
char *state_label(const struct backend *backend, char *label);

/* Write "backend pool/name", which events are about; returns subject. */
const char *state_subject(const struct backend *backend,
			  char subject[static STATE_SUBJECT_MAX]);

/* release.c: ids are given away.
 *
 * The functions by which state_release() asks how many sessions an id has. */
struct state_session_counts {
	uint64_t (*backend)(void *arg, uint16_t id);
	uint64_t (*service)(void *arg, uint16_t id);
	void *arg;
	/* The data plane runs without room for IPv6: it has no session of an
	 * IPv6 backend, and takes no plan that names one. */
	bool no_ipv6;
};

/* Give away the ids that have been retired long enough and have no session, and
 * forget the nat mode of backends that have none left.
 * Returns how many changed. */
uint32_t state_release(struct state *state,
		       const struct state_session_counts *counts,
		       int64_t now_s);

/* The service has no session in any table (sessioncounts.h): give its id away
 * if it is retired.  Returns true if it did. */
bool state_release_service(struct state *state, uint16_t id);

#endif /* MX_STATE_H */
