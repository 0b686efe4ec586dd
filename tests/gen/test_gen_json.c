/* SPDX-License-Identifier: BSD-3-Clause */
/* The report for programs: every field is there, with its type.
 * Method: a run of both ends and one that is lost, read back by jansson. */
#include "json.h"

#include "genrig.h"
#include "runner.h"

static const struct genrig_wire good;

/* "sessions.started" of an object. */
static const json_t *
find(const json_t *object, const char *path)
{
	char name[64];

	while (object != NULL && *path != '\0') {
		const size_t bytes = strcspn(path, "/");

		memcpy(name, path, bytes);
		name[bytes] = '\0';
		object = json_object_get(object, name);
		path += bytes + (path[bytes] == '/');
	}
	return object;
}

static const struct {
	const char *path;
	json_type type;
} keys[] = {
	/* clang-format off */
	{"clean", JSON_TRUE},
	{"verdict", JSON_STRING},
	{"seed", JSON_INTEGER},
	{"seconds", JSON_REAL},
	{"whole_seconds", JSON_REAL},
	{"load", JSON_REAL},
	{"lag_p99_us", JSON_REAL},
	{"sessions/started", JSON_INTEGER},
	{"sessions/completed", JSON_INTEGER},
	{"sessions/refused", JSON_INTEGER},
	{"sessions/closed", JSON_INTEGER},
	{"sessions/reset", JSON_INTEGER},
	{"sessions/timed_out", JSON_INTEGER},
	{"sessions/aborted", JSON_INTEGER},
	{"sessions/unfinished", JSON_INTEGER},
	{"sessions/at_once_peak", JSON_INTEGER},
	{"sessions/wrong_client", JSON_INTEGER},
	{"sessions/proxy_bad", JSON_INTEGER},
	{"messages/accepted", JSON_INTEGER},
	{"messages/refused", JSON_INTEGER},
	{"messages/unanswered", JSON_INTEGER},
	{"messages/lost", JSON_INTEGER},
	{"messages/doubled", JSON_INTEGER},
	{"messages/damaged", JSON_INTEGER},
	{"per_second/offered_sessions", JSON_REAL},
	{"per_second/sessions", JSON_REAL},
	{"per_second/messages", JSON_REAL},
	{"per_second/packets", JSON_REAL},
	{"latency_us/connect/p50", JSON_REAL},
	{"latency_us/dot/p99.9", JSON_REAL},
	{"latency_us/whole/max", JSON_REAL},
	{"latency_us/whole/count", JSON_INTEGER},
	{"replies/banner/220", JSON_INTEGER},
	{"replies/QUIT/221", JSON_INTEGER},
	{"client_wire/retransmits", JSON_INTEGER},
	{"server_wire/rx_bytes", JSON_INTEGER},
	{"machine/cpu", JSON_STRING},
	{"machine/cores", JSON_INTEGER},
	{"machine/kernel", JSON_STRING},
	{"machine/dpdk", JSON_STRING},
	/* clang-format on */
};

START_TEST(every_key_is_there)
{
	struct gen_options options = genrig_options(100);
	static struct gen_report report;

	genrig_run(&options, &good, &report);
	json_t *json = json_report(&options, &report);
	ck_assert_ptr_nonnull(json);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *value = find(json, keys[i].path);

		ck_assert_msg(value != NULL, "%s", keys[i].path);
		ck_assert_msg(json_typeof(value) == keys[i].type, "%s",
			      keys[i].path);
	}
	ck_assert_int_eq(json_integer_value(find(json, "messages/accepted")),
			 100);
	const json_t *backends = find(json, "backends");
	ck_assert_uint_eq(json_array_size(backends), 2);
	ck_assert_str_eq(json_string_value(json_object_get(
				 json_array_get(backends, 0), "address")),
			 "198.19.0.1");
	json_decref(json);
}
END_TEST

START_TEST(what_one_end_cannot_know_is_null)
{
	struct gen_options options = genrig_options(100);
	static struct gen_report report;

	options.server.on = false;
	report = (struct gen_report){.client = true};
	json_t *json = json_report(&options, &report);
	ck_assert(json_is_null(find(json, "messages/lost")));
	ck_assert(json_is_null(find(json, "messages/doubled")));
	ck_assert(json_is_false(find(json, "valid")));
	json_decref(json);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("gen_json");
	TCase *c = tcase_create("gen_json");

	tcase_add_test(c, every_key_is_there);
	tcase_add_test(c, what_one_end_cannot_know_is_null);
	suite_add_tcase(s, c);
	return s;
}
