/* SPDX-License-Identifier: BSD-3-Clause */
/* What limits of clients cost a new session, and what a denied SYN costs.
 *
 * Real worker_poll() over ports made of rings, as in bench_poll.c.  Each session
 * is of another client, in tables with room for a million sessions.  The SYNs of
 * a run come first, then all SYN-ACKs, then all ACKs: so what a step reads has
 * left the cache since the step before.  Runs with limits and without take
 * turns, and a ratio is that of successive runs.  A denied client is on a list
 * of two million addresses.
 *
 *   taskset -c 1 build/bench/bench_clients [--json] */
#include <stdio.h>
#include <stdlib.h>

#include "denybuild.h"
#include "figure.h"
#include "flows.h"

#define PAIRS 9
#define BURSTS 512u
#define A_RUN (BURSTS * BURST_MAX) /* sessions */
#define MILLION 1000000u
#define LISTED MX_DENY_PREFIXES_MAX
#define DENIED_BURSTS 1000u
#define DENIED_RUNS 5

static const struct subject four = {"fullnat4", RIG_FULLNAT_TO4, false};
static const struct subject six = {"fullnat6", RIG_FULLNAT_TO6, true};

static const struct mx_client_limits address = {
	.sessions = 1000,
	.per_10s = 1000,
	.prefix4 = 96 + 24,
	.prefix6 = 64,
	.used = 1,
};
static const struct mx_client_limits both = {
	.sessions = 1000,
	.per_10s = 1000,
	.prefix_sessions = 1000000,
	.prefix_per_10s = 60000,
	.prefix4 = 96 + 24,
	.prefix6 = 64,
	.used = 1,
};

static uint32_t step; /* the session that a step of handshakes has come to */

static void
put_syns(struct flows *flows)
{
	flows_put_syns(flows, BURST_MAX);
}

static void
put_synacks(struct flows *flows)
{
	flows_put_synacks(flows, step);
	step += BURST_MAX;
}

static void
put_acks(struct flows *flows)
{
	flows_put_acks(flows, step);
	step += BURST_MAX;
}

static struct flows *
make(const struct subject *subject, const struct mx_client_limits *limits)
{
	struct rig *rig = rig_make_sized(1, MILLION, 24);
	struct flows *flows = flows_make(subject, rig, 0, (PAIRS + 2) * A_RUN);

	flows->ports = 1;
	if (limits != NULL)
		rig_set_limits(rig, limits);
	return flows;
}

static void
drop(struct flows *flows)
{
	struct rig *rig = flows->rig;

	flows_free(flows);
	rig_free(rig);
}

/* Cycles a session, of all three steps. */
static double
time_sessions(struct flows *flows)
{
	const uint32_t first = flows->count;
	double cycles = flows_time(flows, BURSTS, put_syns);

	flows_note(flows, first, A_RUN);
	step = first;
	cycles += flows_time(flows, BURSTS, put_synacks);
	step = first;
	cycles += flows_time(flows, BURSTS, put_acks);
	rig_must(rig_sessions(flows->rig) == flows->count);
	return cycles;
}

struct kind {
	const char *name;
	const struct mx_client_limits *limits;
	struct flows *flows;
	double value[PAIRS];
	double more[PAIRS];
};

static void
measure_sessions(struct figures *figures, const struct subject *subject)
{
	struct kind kind[] = {
		{"new session, no limits", NULL, NULL, {0}, {0}},
		{"new session, limits of addresses", &address, NULL, {0}, {0}},
		{"new session, and of prefixes", &both, NULL, {0}, {0}},
	};
	char name[96];

	for (size_t k = 0; k < RTE_DIM(kind); k++)
		kind[k].flows = make(subject, kind[k].limits);
	for (int pair = -1; pair < PAIRS; pair++) /* the first warms up */
		for (size_t k = 0; k < RTE_DIM(kind); k++) {
			const double cycles = time_sessions(kind[k].flows);

			if (pair < 0)
				continue;
			kind[k].value[pair] = cycles;
			kind[k].more[pair] = cycles - kind[0].value[pair];
		}
	for (size_t k = 0; k < RTE_DIM(kind); k++) {
		snprintf(name, sizeof(name), "%s %s", subject->name,
			 kind[k].name);
		figures_add(figures, name, "cycles/session", kind[k].value,
			    PAIRS);
		drop(kind[k].flows);
	}
	for (size_t k = 1; k < RTE_DIM(kind); k++) {
		snprintf(name, sizeof(name), "%s %s, more", subject->name,
			 kind[k].name);
		figures_add(figures, name, "cycles/session", kind[k].more,
			    PAIRS);
	}
}

static uint64_t
draw(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random;
}

/* A table of two million addresses: those of the flows' clients, if they are
 * to be denied, and others. */
static struct mx_deny_table *
make_list(const struct subject *subject, bool denies, uint32_t clients)
{
	struct mx_deny_list list = {0};
	const struct mx_hash_key key = {{1, 2}};
	uint64_t random = 88172645463325252u;
	struct end client = subject->client6 ? rig_client6 : rig_client;

	for (uint32_t n = 0; n < LISTED; n++) {
		const uint64_t drawn = draw(&random);
		const uint32_t host = n < clients ? n : (uint32_t)drawn;

		if (!subject->client6)
			client.ip.byte[12] =
				n < clients && denies
					? 11
					: (uint8_t)(100 + (drawn >> 32) % 90);
		else
			client.ip.byte[7] = n < clients && denies
						    ? rig_client6.ip.byte[7]
						    : 0x55;
		client.ip.byte[13] = (uint8_t)(host >> 16);
		client.ip.byte[14] = (uint8_t)(host >> 8);
		client.ip.byte[15] = (uint8_t)host;
		const struct mx_deny_key at = mx_deny_key_of(&client.ip);
		rig_must(mx_deny_add(&list, &at, subject->client6 ? 128 : 32,
				     MX_DENY_DENIED) == 0);
	}
	struct mx_deny_table *table =
		mx_deny_build(&list, MX_DENY_BY_FILES, &key);
	mx_deny_list_free(&list);
	rig_must(table != NULL);
	return table;
}

static void
measure_denied(struct figures *figures, const struct subject *subject)
{
	static const struct {
		enum mx_answer answer;
		const char *name;
	} answers[] = {{MX_ANSWER_DROP, "dropped"}, {MX_ANSWER_RESET, "reset"}};
	const uint32_t clients = (DENIED_RUNS + 1) * DENIED_BURSTS * BURST_MAX;

	for (size_t a = 0; a < RTE_DIM(answers); a++) {
		struct rig *rig = rig_make_sized(1, MILLION, 24);
		struct flows *flows =
			flows_make(subject, rig, 0, clients + BURST_MAX);
		struct mx_deny_table *table = make_list(subject, true, clients);
		double value[DENIED_RUNS];
		char name[96];

		flows->ports = 1;
		rig->active->deny[subject->service] = table;
		rig_plan(rig)->service[subject->service].deny.answer =
			(uint8_t)answers[a].answer;
		flows_time(flows, DENIED_BURSTS, put_syns);
		for (int i = 0; i < DENIED_RUNS; i++)
			value[i] = flows_time(flows, DENIED_BURSTS, put_syns);
		rig_must(rig_sessions(rig) == 0);
		snprintf(name, sizeof(name), "%s SYN denied, %s", subject->name,
			 answers[a].name);
		figures_add(figures, name, "cycles/packet", value, DENIED_RUNS);
		drop(flows);
		free(table);
	}
}

int
main(int argc, char **argv)
{
	struct figures figures;

	if (!rig_start_dpdk_huge())
		fprintf(stderr, "no huge pages are free: figures are worse\n");
	figures = figures_begin(argc, argv);
	measure_sessions(&figures, &four);
	measure_denied(&figures, &four);
	measure_denied(&figures, &six);
	figures_end(&figures);
	return 0;
}
