/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

#include <rte_cycles.h>

#include "run.h"

/* A busier core cannot be told from one that is late. */
#define LOAD_MAX 0.95
#define LAG_MAX_US 10000
#define FULL_MAX 0.01 /* of all frames: the share that a port did not take */

const char *const gen_phase_names[GEN_PHASES] = {
	[GEN_CONNECT] = "connect", [GEN_BANNER] = "banner", [GEN_EHLO] = "EHLO",
	[GEN_MAIL] = "MAIL",       [GEN_RCPT] = "RCPT",     [GEN_DATA] = "DATA",
	[GEN_DOT] = "dot",         [GEN_RSET] = "RSET",     [GEN_QUIT] = "QUIT",
	[GEN_WHOLE] = "whole",     [GEN_IDLE] = "idle",
};

const char *const gen_outcome_names[GEN_OUTCOMES] = {
	[GEN_COMPLETED] = "completed", [GEN_REFUSED] = "refused",
	[GEN_CLOSED] = "closed",       [GEN_RESET] = "reset",
	[GEN_TIMED_OUT] = "timed_out", [GEN_ABORTED] = "aborted",
};

static double
seconds_of(uint64_t tsc)
{
	return (double)tsc / (double)rte_get_tsc_hz();
}

static double
us_of(uint64_t tsc)
{
	return seconds_of(tsc) * 1e6;
}

static struct gen_latency
latency_of(const struct histogram *histogram)
{
	return (struct gen_latency){
		.count = histogram->count,
		.p50_us = us_of(histogram_percentile(histogram, 0.5)),
		.p90_us = us_of(histogram_percentile(histogram, 0.9)),
		.p99_us = us_of(histogram_percentile(histogram, 0.99)),
		.p999_us = us_of(histogram_percentile(histogram, 0.999)),
		.max_us = us_of(histogram->max),
	};
}

/* The reasons, one after the other.  Reasons that do not fit are left out. */
struct reasons {
	char *text;
	size_t room;
	size_t at;
};

static void __attribute__((format(printf, 2, 3)))
add_reason(struct reasons *reasons, const char *format, ...)
{
	va_list args;

	if (reasons->at >= reasons->room)
		return;
	if (reasons->at > 0)
		reasons->at +=
			(size_t)snprintf(reasons->text + reasons->at,
					 reasons->room - reasons->at, "; ");
	if (reasons->at >= reasons->room)
		return;
	va_start(args, format);
	reasons->at +=
		(size_t)vsnprintf(reasons->text + reasons->at,
				  reasons->room - reasons->at, format, args);
	va_end(args);
}

static void
judge_wire(struct reasons *reasons, const char *name,
	   const struct gen_wire *wire)
{
	if (wire->table_full > 0)
		add_reason(reasons,
			   "the %s table was full %lu times (--at-once)", name,
			   wire->table_full);
	if (wire->no_mbuf > 0)
		add_reason(reasons, "no frame buffers %lu times at the %s",
			   wire->no_mbuf, name);
	if ((double)wire->tx_full > FULL_MAX * (double)wire->tx)
		add_reason(reasons, "the %s port did not take %lu frames", name,
			   wire->tx_full);
}

/* Was the generator itself the limit? */
static void
judge_self(const struct gen *gen, const struct gen_report *report,
	   struct reasons *reasons)
{
	const struct gen_options *options = &gen->options;
	char text[64];

	if (neighbours_unresolved(&gen->client.hops, text) != NULL ||
	    neighbours_unresolved(&gen->server.hops, text) != NULL)
		add_reason(reasons, "nobody answers for %s", text);
	if (options->rate > 0 && !options->shares_core &&
	    report->load > LOAD_MAX)
		add_reason(reasons, "the generator's core was %.0f %% busy",
			   100 * report->load);
	if (options->rate > 0 && report->lag_p99_us > LAG_MAX_US)
		add_reason(reasons,
			   "sessions started late: 1 in 100 by %.0f ms or more",
			   report->lag_p99_us / 1000);
	judge_wire(reasons, "client", &report->client_wire);
	judge_wire(reasons, "server", &report->server_wire);
	if (report->traffic.untracked > 0)
		add_reason(reasons, "%lu messages without a number",
			   report->traffic.untracked);
	if (options->client.on && report->traffic.started == 0)
		add_reason(reasons, "no session has started");
}

static void
judge_mail(const struct gen_traffic *traffic, struct reasons *reasons)
{
	if (traffic->lost > 0)
		add_reason(reasons, "%lu messages LOST", traffic->lost);
	if (traffic->doubled > 0)
		add_reason(reasons, "%lu messages DOUBLED", traffic->doubled);
	if (traffic->damaged > 0)
		add_reason(reasons, "%lu messages DAMAGED", traffic->damaged);
	if (traffic->mismatch > 0)
		add_reason(reasons, "%lu sessions with a WRONG CLIENT address",
			   traffic->mismatch);
	if (traffic->proxy_bad > 0)
		add_reason(reasons, "%lu sessions without a PROXY header",
			   traffic->proxy_bad);
}

static void
judge(const struct gen *gen, struct gen_report *report)
{
	struct reasons reasons = {report->verdict, sizeof(report->verdict), 0};

	judge_self(gen, report, &reasons);
	report->valid = reasons.at == 0;
	const size_t before = reasons.at;
	judge_mail(&report->traffic, &reasons);
	report->clean = reasons.at == before;
}

static void
read_traffic(const struct gen *gen, struct gen_traffic *traffic)
{
	const struct ids_sum ids = ids_sum(&gen->ids);
	const bool both = gen->options.client.on && gen->options.server.on;
	uint64_t ended = 0;

	*traffic = gen->traffic;
	for (uint32_t i = 0; i < GEN_OUTCOMES; i++)
		ended += traffic->ended[i];
	traffic->unfinished = traffic->started - ended;
	traffic->lost = both ? ids.lost : 0;
	traffic->doubled = ids.doubled;
	traffic->unsure = both ? ids.unsure : 0;
	traffic->untracked = gen->ids.untracked;
}

static void
read_rates(const struct gen *gen, struct gen_report *report)
{
	const uint64_t begun_tsc =
		gen->begun_tsc != 0 ? gen->begun_tsc : gen->base_tsc;
	const uint64_t ended_tsc =
		gen->ended_tsc != 0 ? gen->ended_tsc : gen->now_tsc;
	const uint64_t over_tsc =
		gen->over_tsc != 0 ? gen->over_tsc : ended_tsc;

	report->seconds = seconds_of(over_tsc - begun_tsc);
	report->whole_seconds = seconds_of(ended_tsc - begun_tsc);
	report->rate_offered = gen->options.rate;
	if (report->whole_seconds <= 0)
		return;
	/* The wait for the last sessions is no part of the achieved rate. */
	const double seconds = gen->options.rate > 0 && report->seconds > 0
				       ? report->seconds
				       : report->whole_seconds;
	const struct gen_traffic *traffic = &report->traffic;
	const uint64_t sessions = gen->options.client.on
					  ? traffic->ended[GEN_COMPLETED]
					  : traffic->server_sessions;
	const uint64_t messages = gen->options.client.on
					  ? traffic->accepted
					  : traffic->server_messages;
	report->sessions_s = (double)sessions / seconds;
	report->messages_s = (double)messages / seconds;
	report->body_bytes_s = (double)traffic->body_bytes / seconds;
	report->packets_s =
		(double)(gen->client.count.tx + gen->server.count.tx) / seconds;
}

void
gen_report_read(const struct gen *gen, struct gen_report *report)
{
	const uint64_t all_tsc = gen->last_poll_tsc - gen->first_poll_tsc;

	*report = (struct gen_report){
		.client = gen->options.client.on,
		.server = gen->options.server.on,
		.load = all_tsc > 0 ? (double)gen->busy_tsc / (double)all_tsc
				    : 0,
		.lag_p99_us = us_of(histogram_percentile(&gen->lag, 0.99)),
		.lag_max_us = us_of(gen->lag.max),
		.at_once_peak = gen->options.client.on
					? gen->client.conns.used_max
					: gen->server.conns.used_max,
		.client_wire = gen->client.count,
		.server_wire = gen->server.count,
		.backends = gen->options.mta_count,
	};
	read_traffic(gen, &report->traffic);
	read_rates(gen, report);
	for (uint32_t i = 0; i < GEN_PHASES; i++)
		report->latency[i] = latency_of(&gen->latency[i]);
	memcpy(report->backend, gen->backend, sizeof(report->backend));
	memcpy(report->reply, gen->reply, sizeof(report->reply));
	judge(gen, report);
}

void
gen_live_read(const struct gen *gen, struct gen_live *live)
{
	const struct gen_traffic *traffic = &gen->traffic;

	*live = (struct gen_live){
		.started = traffic->started,
		.accepted = gen->options.client.on ? traffic->accepted
						   : traffic->server_messages,
		.retransmits = gen->client.count.retransmits +
			       gen->server.count.retransmits,
		.busy_tsc = gen->busy_tsc,
		.all_tsc = gen->last_poll_tsc - gen->first_poll_tsc,
		.at_once = gen->options.client.on ? gen->client.conns.used
						  : gen->server.conns.used,
	};
	for (uint32_t i = 0; i < GEN_OUTCOMES; i++)
		live->ended += traffic->ended[i];
	live->failed = live->ended - traffic->ended[GEN_COMPLETED] -
		       traffic->ended[GEN_ABORTED];
}
