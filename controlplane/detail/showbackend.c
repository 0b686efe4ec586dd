/* SPDX-License-Identifier: BSD-3-Clause */
/* `show backend`: the phases of its checks with what it said, what it offers,
 * and its TLS and certificate.  Texts of the MTA are printable (mtaprofile.h). */
#include "showbackend.h"

#include <string.h>
#include <time.h>

#include "clock.h"
#include "endpoint.h"
#include "mtaprofile.h"
#include "poolstate.h"
#include "publish.h"
#include "state.h"
#include "showwishes.h"
#include "table.h"

#define COLUMNS(list) (sizeof(list) / sizeof((list)[0]))

/* A wall clock that was set back makes no negative age. */
static json_t *
ago(int64_t at_s)
{
	const int64_t age_s = clock_wall_s() - at_s;

	return at_s == 0 ? NULL : json_integer(age_s > 0 ? age_s : 0);
}

static json_t *
date(int64_t at_s)
{
	const time_t at = (time_t)at_s;
	char text[32];
	struct tm utc;

	if (at_s == 0 || gmtime_r(&at, &utc) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%SZ", &utc) == 0)
		return NULL;
	return json_string(text);
}

static json_t *
phase_rows(const struct mta_profile *profile)
{
	json_t *rows = json_array();

	for (int i = 0; i < SMTP_PHASES; i++) {
		const struct profile_phase *phase = &profile->phase[i];

		if (phase->at_s == 0)
			continue;
		json_t *row = json_object();
		report_set(row, "phase",
			   json_string(smtp_phase_name((enum smtp_phase)i)));
		report_set(row, "ms", json_real(phase->ms));
		report_set(row, "said",
			   phase->said[0] != '\0' ? json_string(phase->said)
						  : NULL);
		report_set(row, "ago_s", ago(phase->at_s));
		json_array_append_new(rows, row);
	}
	return rows;
}

/* The words of EHLO; NULL if there was none. */
static json_t *
words_of(const struct ehlo *ehlo)
{
	json_t *words = json_array();

	if (ehlo->lines == 0) {
		json_decref(words);
		return NULL;
	}
	for (const char *at = ehlo->words; *at != '\0';) {
		const size_t length = strcspn(at, "\n");

		json_array_append_new(words, json_stringn(at, length));
		at += length + 1;
	}
	if (ehlo->cut)
		json_array_append_new(words, json_string("..."));
	return words;
}

static json_t *
fault_words(const struct certificate *certificate)
{
	json_t *words = json_array();

	for (int f = 0; f < CERTIFICATE_FAULT_KINDS; f++)
		if (certificate->faults & CERTIFICATE_BIT(f))
			json_array_append_new(
				words, json_string(certificate_fault_name(
					       (enum certificate_fault)f)));
	return words;
}

static json_t *
certificate_row(const struct profile_tls *tls)
{
	const struct certificate *c = &tls->certificate;
	json_t *row;

	if (!c->known)
		return NULL;
	row = json_object();
	report_set(row, "names", json_string(c->names));
	report_set(row, "issuer", json_string(c->issuer));
	report_set(row, "key", json_string(c->key));
	report_set(row, "key_sha256", json_string(c->key_digest));
	report_set(row, "begins", date(c->begin_s));
	report_set(row, "ends", date(c->end_s));
	report_set(row, "days_left",
		   json_integer(certificate_days_left(c, clock_wall_s())));
	report_set(row, "faults", fault_words(c));
	report_set(row, "ca_checked", json_boolean(tls->is_judged));
	report_set(row, "name_checked", json_boolean(tls->is_named));
	return row;
}

static json_t *
tls_row(const struct profile_tls *tls)
{
	json_t *row;

	if (tls->at_s == 0)
		return NULL;
	row = json_object();
	report_set(row, "ago_s", ago(tls->at_s));
	report_set(row, "version", json_string(tls->version));
	report_set(row, "cipher", json_string(tls->cipher));
	report_set(row, "offers", words_of(&tls->ehlo));
	report_set(row, "certificate", certificate_row(tls));
	return row;
}

static json_t *
check_row(const struct backend *b, const struct mx_config_check *check)
{
	const struct last_check *last = &b->check;
	json_t *row = json_object();

	report_set(row, "type", json_string(mx_check_type_name(check->type)));
	report_set(row, "ago_s", ago(b->profile.at_s));
	if (!last->known)
		return row;
	report_set(row, "passed", json_boolean(verdict_passes(last->verdict)));
	report_set(row, "reason", json_string(reason_name(last->reason)));
	report_set(row, "text", json_string(reason_text(last->reason)));
	report_set(row, "reply",
		   last->reply[0] != '\0' ? json_string(last->reply) : NULL);
	report_set(row, "ms", json_real(last->took_ms));
	return row;
}

/* The check of the backend's pool. */
static const struct mx_config_check *
check_of(const struct state *state, uint16_t id)
{
	for (uint16_t p = 0; p < state->config->pool_count; p++)
		for (uint16_t i = 0; i < state->config->pool[p].backend_count;
		     i++)
			if (state->pool[p].member[i] == id)
				return &state->config->pool[p].check;
	return NULL;
}

/* The local addresses that the backend sees, if each service has one for it. */
static json_t *
snats_of(const struct mx_plan *plan, uint16_t id)
{
	json_t *rows = json_array();
	char text[MX_ENDPOINT_TEXT_MAX];

	for (uint16_t s = 0; plan != NULL && s < MX_SERVICES_MAX; s++) {
		const struct mx_backend *b = &plan->backend[id];
		const struct mx_service *service = &plan->service[s];
		const struct mx_snat_range *range = mx_service_range(
			service, mx_addr_is4(&b->address.addr));
		const uint32_t at =
			(uint32_t)range->first + plan->snat_at[s][id];

		if (service->used && service->snat_stays && b->used &&
		    service->pool == b->pool && range->count > 0)
			json_array_append_new(rows,
					      json_string(mx_addr_format(
						      &plan->snat[at], text)));
	}
	if (json_array_size(rows) > 0)
		return rows;
	json_decref(rows);
	return NULL;
}

static json_t *
backend_rows(const struct sources *sources, const struct arguments *arguments,
	     struct report_result *result)
{
	const struct state *state = sources->state;
	const char *label = arguments_get(arguments, "POOL/BACKEND");
	const uint16_t id = state_find(state, label);
	const struct mx_config_check *check =
		id != MX_BACKEND_NONE ? check_of(state, id) : NULL;
	char address[MX_ENDPOINT_TEXT_MAX];
	char why[POOLSTATE_WHY_MAX];

	if (check == NULL)
		return report_refuse_backend(result, state, label);
	const struct backend *b = &state->backend[id];
	json_t *data = json_object();
	report_set(data, "pool", json_string(b->pool));
	report_set(data, "backend", json_string(b->name));
	report_set(data, "address",
		   json_string(mx_endpoint_format(&b->address, address)));
	report_set(data, "snat",
		   snats_of(publisher_plan(sources->publisher), id));
	report_set(data, "admin", json_string(admin_name(b->override.admin)));
	report_set(data, "health", json_string(state_health(b)));
	report_set(data, "effective_weight", json_integer(b->effective_weight));
	report_set(data, "why", json_string(backend_why(b, why)));
	wishes_set(data, b);
	report_set(data, "check", check_row(b, check));
	report_set(data, "phases", phase_rows(&b->profile));
	report_set(data, "offers", words_of(&b->profile.ehlo));
	report_set(data, "tls", tls_row(&b->profile.tls));
	return data;
}

/* Raise the fields of an inner object, with a prefix, so that one table has all
 * of them. */
static void
raise(json_t *data, const char *key, const char *prefix)
{
	const char *name;
	json_t *value;
	char raised[64];

	json_object_foreach(json_object_get(data, key), name, value) {
		snprintf(raised, sizeof(raised), "%s%s", prefix, name);
		json_object_set(data, raised, value);
	}
}

static const struct table_column phases_columns[] = {
	{"phase", "PHASE"},
	{"ms", "MS"},
	{"said", "SAID"},
	{"ago_s", "S AGO"},
};
static const struct table phases_table = TABLE("phases", phases_columns);

static void
print_backend(FILE *out, json_t *data, const struct table_style *style)
{
	static const struct table_column fields[] = {
		{"pool", "pool"},
		{"backend", "backend"},
		{"address", "address"},
		{"snat", "it sees us as"},
		{"admin", "admin"},
		{"health", "health"},
		{"effective_weight", "weight now"},
		{"why", "why"},
		{"check_type", "check"},
		{"check_ago_s", "last check, s ago"},
		{"check_text", "its result"},
		{"check_reply", "the MTA said"},
		{"check_ms", "it took ms"},
		{"offers", "EHLO offers"},
	};
	static const struct table_column tls[] = {
		{"tls_ago_s", "last TLS, s ago"},
		{"tls_version", "TLS version"},
		{"tls_cipher", "cipher"},
		{"tls_offers", "EHLO in TLS offers"},
		{"cert_names", "certificate of"},
		{"cert_issuer", "issuer"},
		{"cert_key", "key"},
		{"cert_key_sha256", "key in TLSA 3 1 1"},
		{"cert_begins", "begins"},
		{"cert_ends", "ends"},
		{"cert_days_left", "days left"},
		{"cert_faults", "faults"},
		{"cert_ca_checked", "CA is checked"},
		{"cert_name_checked", "name is checked"},
	};
	json_t *inner = json_object_get(data, "tls");

	raise(data, "check", "check_");
	table_print_fields(out, data, fields, COLUMNS(fields), style);
	if (json_is_object(inner)) {
		raise(data, "tls", "tls_");
		json_object_set(data, "cert",
				json_object_get(inner, "certificate"));
		raise(data, "cert", "cert_");
		table_print_fields(out, data, tls, COLUMNS(tls), style);
	}
	wishes_print(out, json_object_get(data, "wishes"), style);
	fputc('\n', out);
	table_print(out, json_object_get(data, "phases"), &phases_table, style);
}

const struct report report_backend = {
	backend_rows, print_backend, {&phases_table}};
