/* SPDX-License-Identifier: BSD-3-Clause */
#include "print.h"

#include <arpa/inet.h>

#include "report.h"

static void
print_count(FILE *out, const char *name, uint64_t count)
{
	if (count > 0)
		fprintf(out, "  %s %lu", name, count);
}

static void
print_traffic(FILE *out, const struct gen_report *report)
{
	const struct gen_traffic *traffic = &report->traffic;

	if (report->client) {
		fprintf(out, "sessions   started %lu", traffic->started);
		for (uint32_t i = 0; i < GEN_OUTCOMES; i++)
			print_count(out, gen_outcome_names[i],
				    traffic->ended[i]);
		print_count(out, "unfinished", traffic->unfinished);
		print_count(out, "odd replies", traffic->odd_replies);
		fprintf(out,
			"\nmessages   accepted %lu  refused %lu"
			"  unanswered %lu  cut %lu\n",
			traffic->accepted, traffic->refused,
			traffic->unanswered, traffic->cut);
	}
	if (report->server) {
		fprintf(out, "at servers sessions %lu  messages %lu",
			traffic->server_sessions, traffic->server_messages);
		print_count(out, "early talkers", traffic->early_talkers);
		print_count(out, "others' sessions", traffic->foreign_sessions);
		print_count(out, "others' messages", traffic->foreign_messages);
		fputc('\n', out);
	}
	if (report->client && report->server)
		fprintf(out,
			"mail       lost %lu  doubled %lu  damaged %lu"
			"  wrong client %lu  delivered untold %lu\n",
			traffic->lost, traffic->doubled, traffic->damaged,
			traffic->mismatch, traffic->unsure);
}

static void
print_rates(FILE *out, const struct gen_report *report)
{
	if (report->rate_offered > 0)
		fprintf(out, "offered    %.0f sessions/s for %.2f s\n",
			report->rate_offered, report->seconds);
	fprintf(out,
		"achieved   %.0f sessions/s  %.0f messages/s  %.1f MB/s  "
		"%.0f packets/s  in %.2f s\n",
		report->sessions_s, report->messages_s,
		report->body_bytes_s / 1e6, report->packets_s,
		report->whole_seconds);
	fprintf(out, "at once    %u at most\n", report->at_once_peak);
}

static void
print_wire(FILE *out, const char *name, const struct gen_wire *wire)
{
	fprintf(out, "%-10s rx %lu  tx %lu  retransmits %lu", name, wire->rx,
		wire->tx, wire->retransmits);
	print_count(out, "resets got", wire->resets_got);
	print_count(out, "resets sent", wire->resets_sent);
	print_count(out, "timeouts", wire->timeouts);
	print_count(out, "out of order", wire->out_of_order);
	print_count(out, "bad checksums", wire->bad_checksum);
	print_count(out, "stray", wire->stray);
	print_count(out, "other", wire->other);
	print_count(out, "dropped on purpose", wire->injected);
	print_count(out, "not sent", wire->tx_full);
	print_count(out, "table full", wire->table_full);
	fputc('\n', out);
}

static void
print_latencies(FILE *out, const struct gen_report *report)
{
	fprintf(out, "\n%-8s %10s %10s %10s %10s %10s %10s\n", "us", "count",
		"p50", "p90", "p99", "p99.9", "max");
	for (uint32_t i = 0; i < GEN_PHASES; i++) {
		const struct gen_latency *latency = &report->latency[i];

		if (latency->count > 0)
			fprintf(out,
				"%-8s %10lu %10.1f %10.1f %10.1f %10.1f %10.1f\n",
				gen_phase_names[i], latency->count,
				latency->p50_us, latency->p90_us,
				latency->p99_us, latency->p999_us,
				latency->max_us);
	}
}

static void
print_replies(FILE *out, const struct gen_report *report)
{
	fputs("\nreplies\n", out);
	for (uint32_t i = 0; i < GEN_PHASES; i++) {
		bool named = false;

		for (uint32_t code = 0; code < GEN_CODES; code++) {
			if (report->reply[i][code] == 0)
				continue;
			if (!named)
				fprintf(out, "%-8s", gen_phase_names[i]);
			named = true;
			fprintf(out, "  %u: %lu", GEN_CODE_FIRST + code,
				report->reply[i][code]);
		}
		if (named)
			fputc('\n', out);
	}
}

static void
print_backends(FILE *out, const struct gen_options *options,
	       const struct gen_report *report)
{
	char text[INET6_ADDRSTRLEN];
	uint64_t all = 0;

	for (uint16_t i = 0; i < report->backends; i++)
		all += report->backend[i].sessions;
	fprintf(out, "\n%-39s %10s %7s %10s\n", "server", "sessions", "share",
		"messages");
	for (uint16_t i = 0; i < report->backends; i++) {
		const struct mx_addr *addr = &options->mta[i].addr;
		const struct gen_backend_count *backend = &report->backend[i];
		const bool four = mx_addr_is4(addr);

		inet_ntop(four ? AF_INET : AF_INET6, &addr->byte[four ? 12 : 0],
			  text, sizeof(text));
		fprintf(out, "%-39s %10lu %6.2f%% %10lu\n", text,
			backend->sessions,
			all > 0 ? 100 * (double)backend->sessions / (double)all
				: 0,
			backend->messages);
	}
}

void
print_report(FILE *out, const struct gen_options *options,
	     const struct gen_report *report)
{
	print_traffic(out, report);
	print_rates(out, report);
	if (report->client)
		print_wire(out, "clients", &report->client_wire);
	if (report->server)
		print_wire(out, "servers", &report->server_wire);
	if (report->client) {
		print_latencies(out, report);
		print_replies(out, report);
	}
	if (report->server)
		print_backends(out, options, report);
	fprintf(out, "\nthe generator's core was %.0f %% busy\n",
		100 * report->load);
	if (report->valid && report->clean)
		fputs("VALID\n", out);
	else
		fprintf(out, "%s: %s\n", report->valid ? "FAILED" : "INVALID",
			report->verdict);
}
