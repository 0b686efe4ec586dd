/* SPDX-License-Identifier: BSD-3-Clause */
/* Real mail beside a flood of SYNs from made-up clients, with `syn-cookies:
 * auto`: do all sessions finish, how long do they take, how full does the
 * session table get, and how busy is the worker?  And what a packet of a session
 * that began by a cookie costs more than one of another session.
 *
 * Method: mail as in bench_mail, with so many new sessions a second, of MTAs that
 * answer at once, or after 1 to 5 ms.  Runs with the flood and without it take
 * turns.  One core makes the mail and the flood, and is the worker's: so the
 * flood delays the mail by the time that it takes to make, too.  The busy share
 * is of the worker's cycles alone.  Of an established session, packets come from
 * both ends, as in bench_poll.
 *
 *   taskset -c 1 build/bench/bench_cookies [--json] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "checksum.h"
#include "figure.h"
#include "flows.h"
#include "greet.h"
#include "mail.h"

#define RUNS 5
#define SESSIONS_A_SECOND 2000
#define RUN_MS 1000
#define TABLE 65536u
#define SNATS 2
#define MESSAGE_BYTES 4000
#define AT_ONCE 4096

#define FLOOD_A_SECOND 1000000
/* At a time at most, so that the mail's frames find room in the ring. */
#define FLOOD_BURST 256

#define PAIRS 15
#define BURSTS 4000u
#define FLOWS 1024u

static const struct subject subject = {"proxy4", RIG_V2_TO4, false};

static struct {
	uint64_t begin_tsc;
	uint64_t second_tsc; /* when the rig's next second begins */
	uint64_t end_tsc;    /* of the flood */
	uint64_t rate;       /* SYNs a second; 0: no flood */
	uint64_t put;
	uint32_t random;
	uint32_t slots_max; /* most that were in use */
	uint16_t bytes;     /* of a SYN */
	uint8_t syn[FRAME_MAX];
} flood;

/* What one run has shown. */
struct outcome {
	double p99_us;
	double busy_percent;
	double syns_s;
	double failed; /* sessions */
	double slots;
};

/* A SYN with the options of Linux, from the first of the flood's addresses. */
static void
make_syn(void)
{
	static const uint8_t option[] = {2, 4, 5, 180, 4, 2, 8, 10, 1, 2,
					 3, 4, 0, 0,   0, 0, 1, 3,  3, 7};
	struct segment syn = {
		.from = rig_client,
		.to = rig_vip_of(subject.service, subject.client6),
		.flags = SYN,
		.option_bytes = sizeof(option),
	};

	syn.from.ip = ip4(198, 18, 0, 0);
	syn.from.port = 0;
	memcpy(syn.option, option, sizeof(option));
	flood.bytes = frame_tcp(flood.syn, &syn);
}

/* Put such a SYN from another client.  Only its checksums' differences are
 * computed: the flood should take little time of the core. */
static void
put_syn(struct rig *rig)
{
	uint8_t frame[FRAME_MAX];
	struct rte_ipv4_hdr *ip = (void *)(frame + RTE_ETHER_HDR_LEN);
	struct rte_tcp_hdr *tcp = (void *)(ip + 1);

	memcpy(frame, flood.syn, flood.bytes);
	flood.random = flood.random * 1664525u + 1013904223u;
	const rte_be32_t from =
		rte_cpu_to_be_32(RTE_IPV4(198, 18, 0, 0) | flood.random >> 15);
	const rte_be16_t port =
		rte_cpu_to_be_16((uint16_t)(1024 + flood.put % 64000));
	const uint32_t moved = checksum_delta32(ip->src_addr, from);
	const uint32_t changed = moved + checksum_delta16(0, port) +
				 checksum_delta32(0, flood.random);

	ip->src_addr = from;
	ip->hdr_checksum = checksum_add(ip->hdr_checksum, checksum_fold(moved));
	tcp->src_port = port;
	tcp->sent_seq = flood.random;
	tcp->cksum = checksum_add(tcp->cksum, checksum_fold(changed));
	rig_put(rig, 0, WAN, frame, flood.bytes);
	flood.put++;
}

/* Put the SYNs that are due, and let the rig's time pass. */
static void
pour(struct rig *rig)
{
	const struct worker *w = rig->worker[0];
	const uint64_t now_tsc = rte_rdtsc();

	if (now_tsc >= flood.second_tsc) {
		rig->worker[0]->now_s++;
		flood.second_tsc += rte_get_tsc_hz();
	}
	flood.slots_max = RTE_MAX(flood.slots_max, w->sessions.used);
	if (now_tsc >= flood.end_tsc)
		return;
	const uint64_t due =
		(uint64_t)((double)(now_tsc - flood.begin_tsc) /
			   (double)rte_get_tsc_hz() * (double)flood.rate);
	for (int i = 0; i < FLOOD_BURST && flood.put < due; i++)
		put_syn(rig);
}

/* What was said to clients is said again in real time, as in the product. */
static void
keep_time(struct worker *w, const struct mx_hash_key *secret)
{
	w->tsc_hz = rte_get_tsc_hz();
	greet_free(w);
	rig_must(greet_make(w, w->tsc_hz) == 0);
	greet_begin(w, secret);
	w->greet_tsc = 0;
}

static struct outcome
run(uint64_t rate, uint32_t delay_low_ms, uint32_t delay_high_ms)
{
	static struct gen_report report;
	struct rig *rig = rig_make_sized(1, TABLE, SNATS);
	struct mx_service *service = &rig_plan(rig)->service[subject.service];
	struct gen_options options =
		mail_options(subject.service, subject.client6);

	service->cookies = MX_COOKIES_AUTO;
	keep_time(rig->worker[0], &rig->file[0]->key);
	options.sessions = 0;
	options.rate = SESSIONS_A_SECOND;
	options.duration_ms = RUN_MS;
	options.at_once = AT_ONCE;
	options.mix.size_low = MESSAGE_BYTES;
	options.mix.size_high = MESSAGE_BYTES;
	options.behaviour.delay_low_ms = delay_low_ms;
	options.behaviour.delay_high_ms = delay_high_ms;
	flood.begin_tsc = rte_rdtsc();
	flood.second_tsc = flood.begin_tsc + rte_get_tsc_hz();
	flood.end_tsc = flood.begin_tsc + rte_get_tsc_hz() / 1000 * RUN_MS;
	flood.rate = rate;
	flood.put = 0;
	make_syn();
	flood.slots_max = 0;
	const uint64_t busy_tsc = mail_run_beside(rig, &options, &report, pour);
	const double all_tsc = (double)(rte_rdtsc() - flood.begin_tsc);

	/* The flood's SYNs turned cookies on, and none got a session. */
	rig_must(rate == 0 || rig->count[0].synacks + TABLE > flood.put);
	const struct outcome outcome = {
		.p99_us = report.latency[GEN_WHOLE].p99_us,
		.busy_percent = 100.0 * (double)busy_tsc / all_tsc,
		.syns_s = (double)flood.put * 1000 / RUN_MS,
		.failed = (double)(report.traffic.started -
				   report.traffic.ended[GEN_COMPLETED]),
		.slots = flood.slots_max,
	};
	if (!report.clean)
		fprintf(stderr, "not all mail arrived: %s\n", report.verdict);
	rig_must(report.clean);
	rig_free(rig);
	return outcome;
}

static void
add(struct figures *figures, const char *what, const char *name,
    const char *unit, double value[RUNS])
{
	char text[96];

	snprintf(text, sizeof(text), "%s, %s", what, name);
	figures_add(figures, text, unit, value, RUNS);
}

static void
measure_flood(struct figures *figures, const char *mtas, uint32_t low_ms,
	      uint32_t high_ms)
{
	double calm_us[RUNS], flood_us[RUNS], times[RUNS];
	double calm_busy[RUNS], flood_busy[RUNS], syns[RUNS];
	double failed[RUNS], slots[RUNS];

	for (int i = 0; i < RUNS; i++) {
		const struct outcome calm = run(0, low_ms, high_ms);
		const struct outcome flooded =
			run(FLOOD_A_SECOND, low_ms, high_ms);

		calm_us[i] = calm.p99_us;
		flood_us[i] = flooded.p99_us;
		times[i] = flooded.p99_us / calm.p99_us;
		calm_busy[i] = calm.busy_percent;
		flood_busy[i] = flooded.busy_percent;
		syns[i] = flooded.syns_s;
		failed[i] = calm.failed + flooded.failed;
		slots[i] = flooded.slots - calm.slots;
	}
	add(figures, mtas, "p99, calm", "us", calm_us);
	add(figures, mtas, "p99, flood", "us", flood_us);
	add(figures, mtas, "flood / calm", "times", times);
	add(figures, mtas, "sessions that failed", "sessions", failed);
	add(figures, mtas, "SYNs that came", "1/s", syns);
	add(figures, mtas, "slots more in a flood", "slots", slots);
	add(figures, mtas, "busy, calm", "% of a core", calm_busy);
	add(figures, mtas, "busy, flood", "% of a core", flood_busy);
}

/* Established sessions of which clients were told other numbers than their
 * MTAs', as after a cookie; or not. */
static struct flows *
make_flows(bool told)
{
	struct rig *rig = flows_rig(1, FLOWS);
	struct flows *flows = flows_make(&subject, rig, 0, FLOWS);
	struct session_table *table = &rig->worker[0]->sessions;

	flows_establish(flows, FLOWS);
	for (uint32_t i = 0; told && i < FLOWS; i++)
		mx_session_set_ack_shift(&table->file->session[i],
					 i * 2654435761u | 1);
	return flows;
}

static void
measure_packets(struct figures *figures)
{
	struct flows *plain = make_flows(false);
	struct flows *told = make_flows(true);
	double without[PAIRS], by_cookie[PAIRS], more[PAIRS];

	for (int i = -1; i < PAIRS; i++) { /* the first warms up */
		const double a = flows_time(plain, BURSTS, flows_put_both);
		const double b = flows_time(told, BURSTS, flows_put_both);

		if (i < 0)
			continue;
		without[i] = a;
		by_cookie[i] = b;
		more[i] = b - a;
	}
	figures_add(figures, "packet, no cookie", "cycles/packet", without,
		    PAIRS);
	figures_add(figures, "packet, cookie", "cycles/packet", by_cookie,
		    PAIRS);
	figures_add(figures, "packet, cookie - no cookie", "cycles/packet",
		    more, PAIRS);
	rig_free(plain->rig);
	rig_free(told->rig);
	flows_free(plain);
	flows_free(told);
}

int
main(int argc, char **argv)
{
	struct figures figures;

	if (!rig_start_dpdk_huge())
		fprintf(stderr, "no huge pages are free: figures are worse\n");
	figures = figures_begin(argc, argv);
	measure_flood(&figures, "MTAs at once", 0, 0);
	measure_flood(&figures, "MTAs after 1-5 ms", 1, 5);
	measure_packets(&figures);
	figures_end(&figures);
	return EXIT_SUCCESS;
}
