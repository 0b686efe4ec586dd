/* SPDX-License-Identifier: BSD-3-Clause */
#include "json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <rte_version.h>

#include "report.h"

static void
put(json_t *object, const char *name, uint64_t number)
{
	json_object_set_new(object, name, json_integer((json_int_t)number));
}

static void
put_real(json_t *object, const char *name, double number)
{
	json_object_set_new(object, name, json_real(number));
}

/* From /proc/cpuinfo; "" if it does not say. */
static void
read_cpu_model(char *model, size_t room)
{
	char line[256];
	FILE *file = fopen("/proc/cpuinfo", "r");

	model[0] = '\0';
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, "model name", 10) != 0 || colon == NULL)
			continue;
		snprintf(model, room, "%.*s", (int)strcspn(colon + 2, "\n"),
			 colon + 2);
		break;
	}
	fclose(file);
}

static json_t *
machine(void)
{
	char model[128];
	struct utsname name;
	json_t *object = json_object();

	read_cpu_model(model, sizeof(model));
	uname(&name);
	json_object_set_new(object, "cpu", json_string(model));
	put(object, "cores", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	json_object_set_new(object, "kernel", json_string(name.release));
	json_object_set_new(object, "dpdk", json_string(rte_version()));
	json_object_set_new(object, "version", json_string(MX_VERSION));
	return object;
}

static json_t *
sessions(const struct gen_report *report)
{
	const struct gen_traffic *traffic = &report->traffic;
	json_t *object = json_object();

	put(object, "started", traffic->started);
	for (uint32_t i = 0; i < GEN_OUTCOMES; i++)
		put(object, gen_outcome_names[i], traffic->ended[i]);
	put(object, "unfinished", traffic->unfinished);
	put(object, "late", traffic->late);
	put(object, "at_once_peak", report->at_once_peak);
	put(object, "server", traffic->server_sessions);
	put(object, "foreign", traffic->foreign_sessions);
	put(object, "early_talkers", traffic->early_talkers);
	put(object, "proxy_bad", traffic->proxy_bad);
	put(object, "wrong_client", traffic->mismatch);
	put(object, "odd_replies", traffic->odd_replies);
	return object;
}

static json_t *
messages(const struct gen_report *report)
{
	const struct gen_traffic *traffic = &report->traffic;
	const bool both = report->client && report->server;
	json_t *object = json_object();

	put(object, "accepted", traffic->accepted);
	put(object, "refused", traffic->refused);
	put(object, "unanswered", traffic->unanswered);
	put(object, "cut", traffic->cut);
	put(object, "bytes", traffic->body_bytes);
	put(object, "server", traffic->server_messages);
	put(object, "foreign", traffic->foreign_messages);
	json_object_set_new(object, "lost",
			    both ? json_integer((json_int_t)traffic->lost)
				 : json_null());
	json_object_set_new(object, "unsure",
			    both ? json_integer((json_int_t)traffic->unsure)
				 : json_null());
	json_object_set_new(object, "doubled",
			    report->server
				    ? json_integer((json_int_t)traffic->doubled)
				    : json_null());
	put(object, "damaged", traffic->damaged);
	put(object, "untracked", traffic->untracked);
	return object;
}

static json_t *
rates(const struct gen_report *report)
{
	json_t *object = json_object();

	put_real(object, "offered_sessions", report->rate_offered);
	put_real(object, "sessions", report->sessions_s);
	put_real(object, "messages", report->messages_s);
	put_real(object, "body_bytes", report->body_bytes_s);
	put_real(object, "packets", report->packets_s);
	return object;
}

static json_t *
wire(const struct gen_wire *wire)
{
	json_t *object = json_object();

	put(object, "rx", wire->rx);
	put(object, "tx", wire->tx);
	put(object, "rx_bytes", wire->rx_bytes);
	put(object, "tx_bytes", wire->tx_bytes);
	put(object, "retransmits", wire->retransmits);
	put(object, "out_of_order", wire->out_of_order);
	put(object, "resets_got", wire->resets_got);
	put(object, "resets_sent", wire->resets_sent);
	put(object, "timeouts", wire->timeouts);
	put(object, "bad_checksum", wire->bad_checksum);
	put(object, "stray", wire->stray);
	put(object, "other", wire->other);
	put(object, "injected", wire->injected);
	put(object, "tx_full", wire->tx_full);
	put(object, "no_mbuf", wire->no_mbuf);
	put(object, "table_full", wire->table_full);
	return object;
}

static json_t *
latencies(const struct gen_report *report)
{
	json_t *object = json_object();

	for (uint32_t i = 0; i < GEN_PHASES; i++) {
		const struct gen_latency *latency = &report->latency[i];
		json_t *row;

		if (latency->count == 0)
			continue;
		row = json_object();
		put(row, "count", latency->count);
		put_real(row, "p50", latency->p50_us);
		put_real(row, "p90", latency->p90_us);
		put_real(row, "p99", latency->p99_us);
		put_real(row, "p99.9", latency->p999_us);
		put_real(row, "max", latency->max_us);
		json_object_set_new(object, gen_phase_names[i], row);
	}
	return object;
}

static json_t *
replies(const struct gen_report *report)
{
	json_t *object = json_object();
	char code[8];

	for (uint32_t i = 0; i < GEN_PHASES; i++) {
		json_t *row = json_object();

		for (uint32_t c = 0; c < GEN_CODES; c++) {
			if (report->reply[i][c] == 0)
				continue;
			snprintf(code, sizeof(code), "%u", GEN_CODE_FIRST + c);
			put(row, code, report->reply[i][c]);
		}
		if (json_object_size(row) > 0)
			json_object_set_new(object, gen_phase_names[i], row);
		else
			json_decref(row);
	}
	return object;
}

static json_t *
backends(const struct gen_options *options, const struct gen_report *report)
{
	json_t *array = json_array();
	char text[INET6_ADDRSTRLEN];

	for (uint16_t i = 0; i < report->backends; i++) {
		const struct mx_addr *addr = &options->mta[i].addr;
		const bool four = mx_addr_is4(addr);
		json_t *row = json_object();

		inet_ntop(four ? AF_INET : AF_INET6, &addr->byte[four ? 12 : 0],
			  text, sizeof(text));
		json_object_set_new(row, "address", json_string(text));
		put(row, "sessions", report->backend[i].sessions);
		put(row, "messages", report->backend[i].messages);
		json_array_append_new(array, row);
	}
	return array;
}

json_t *
json_report(const struct gen_options *options, const struct gen_report *report)
{
	json_t *object = json_object();

	json_object_set_new(object, "valid", json_boolean(report->valid));
	json_object_set_new(object, "clean", json_boolean(report->clean));
	json_object_set_new(object, "verdict", json_string(report->verdict));
	put(object, "seed", options->seed);
	put_real(object, "seconds", report->seconds);
	put_real(object, "whole_seconds", report->whole_seconds);
	put_real(object, "load", report->load);
	put_real(object, "lag_p99_us", report->lag_p99_us);
	put_real(object, "lag_max_us", report->lag_max_us);
	json_object_set_new(object, "sessions", sessions(report));
	json_object_set_new(object, "messages", messages(report));
	json_object_set_new(object, "per_second", rates(report));
	json_object_set_new(object, "latency_us", latencies(report));
	json_object_set_new(object, "replies", replies(report));
	json_object_set_new(object, "backends", backends(options, report));
	json_object_set_new(object, "client_wire", wire(&report->client_wire));
	json_object_set_new(object, "server_wire", wire(&report->server_wire));
	json_object_set_new(object, "machine", machine());
	return object;
}

int
json_write(const char *path, json_t *report, int argc, char *argv[])
{
	json_t *arguments = json_array();

	for (int i = 1; i < argc; i++)
		json_array_append_new(arguments, json_string(argv[i]));
	json_object_set_new(report, "arguments", arguments);
	return json_dump_file(report, path, JSON_INDENT(2)) == 0 ? 0 : -EIO;
}
