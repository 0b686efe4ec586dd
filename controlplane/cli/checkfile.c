/* SPDX-License-Identifier: BSD-3-Clause */
#include "checkfile.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "answer.h"
#include "checkuser.h"
#include "config.h"
#include "lint.h"
#include "load.h"
#include "host.h"
#include "regionfile.h"
#include "reshape.h"

static json_t *
pack_lines(uint16_t count, const char (*line)[MX_CONFIG_ERROR_TEXT_MAX])
{
	json_t *lines = json_array();

	for (uint16_t i = 0; i < count && i < MX_CONFIG_ERRORS_MAX; i++)
		json_array_append_new(lines, json_string(line[i]));
	return lines;
}

static json_t *
pack_hazards(const struct hazards *hazards)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < hazards->count; i++)
		json_array_append_new(
			rows, json_pack("{s:s s:s s:b}", "text",
					hazards->list[i].text, "mend",
					hazards->list[i].mend, "stops_mail",
					hazards->list[i].stops_mail));
	return rows;
}

static void
print_json(FILE *out, bool good, const struct mx_config_errors *errors,
	   const struct hazards *hazards)
{
	json_t *result =
		json_pack("{s:b s:o s:o s:i s:s}", "ok", good, "errors",
			  pack_lines(errors->count, errors->text), "warnings",
			  pack_lines(errors->warnings, errors->warning),
			  "ignored", errors->ignored, "outcome",
			  answer_outcome(good ? ANSWER_OK : ANSWER_REFUSED));

	if (hazards != NULL)
		json_object_set_new(result, "host", pack_hazards(hazards));
	json_dumpf(result, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(result);
}

static void
print_lines(uint16_t count, const char (*line)[MX_CONFIG_ERROR_TEXT_MAX],
	    const char *kind)
{
	for (uint16_t i = 0; i < count && i < MX_CONFIG_ERRORS_MAX; i++)
		fprintf(stderr, "%s\n", line[i]);
	if (count > MX_CONFIG_ERRORS_MAX)
		fprintf(stderr, "and %d more %s\n",
			count - MX_CONFIG_ERRORS_MAX, kind);
}

static void
print_text(FILE *out, const char *path, const struct mx_config *config,
	   const struct mx_config_errors *errors, const struct hazards *hazards)
{
	char line[HAZARD_LINE_MAX];

	print_lines(errors->count, errors->text, "errors");
	print_lines(errors->warnings, errors->warning, "warnings");
	if (errors->ignored > 0)
		fprintf(stderr, "%u warning%s ignored by lints\n",
			errors->ignored,
			errors->ignored == 1 ? " is" : "s are");
	for (uint32_t i = 0; hazards != NULL && i < hazards->count; i++)
		fprintf(stderr, "this host: %s%s\n",
			hazards->list[i].stops_mail ? "" : "warning: ",
			hazard_line(&hazards->list[i], line));
	if (hazards != NULL && hazards->left_out > 0)
		fprintf(stderr, "this host: and %u more\n", hazards->left_out);
	if (config != NULL)
		fprintf(out, "%s: good: %u service%s, %u pool%s%s\n", path,
			config->service_count,
			config->service_count == 1 ? "" : "s",
			config->pool_count, config->pool_count == 1 ? "" : "s",
			hazards != NULL && hazards_stop_mail(hazards)
				? ", but this host is not ready for it"
				: "");
}

/* Check this host for the configuration. */
static void
look(const struct mx_config *config, struct hazards *found)
{
	struct host *host = host_new();

	if (host == NULL) {
		hazards_add(found, true, "no netlink socket: %s",
			    strerror(errno));
		return;
	}
	host_check(host, config, found);
	host_free(host);
}

/* Warn if a restart of the data plane with this file would lose sessions that
 * its instance has on this host.  There is no warning without an instance, or
 * if this user may not read its files. */
static void
warn_of_restart(const char *path, const struct mx_config *config,
		struct mx_config_errors *errors)
{
	char text[RESHAPE_TEXT_MAX];
	struct reshape reshape;
	int fd;
	struct mx_region *region = mx_region_attach(config->instance, &fd);

	if (region == NULL)
		return;
	if (reshape_count(&reshape, region, config) == 0 &&
	    reshape_loses(&reshape)) {
		reshape_text(text, &reshape);
		if (errors->warnings < MX_CONFIG_ERRORS_MAX)
			snprintf(errors->warning[errors->warnings],
				 MX_CONFIG_ERROR_TEXT_MAX,
				 "%s: warning: when mxsteer-dataplane restarts "
				 "with this file: %s",
				 path, text);
		errors->warnings++;
	}
	mx_region_close(region, fd);
}

bool
checkfile(const char *path, bool host, bool json, FILE *out)
{
	struct mx_config_errors errors = {0};
	struct hazards hazards = {.count = 0};
	struct mx_config *config = mx_config_load(path, &errors);

	if (config != NULL)
		warn_of_restart(path, config, &errors);
	if (host && config != NULL) {
		look(config, &hazards);
		checkuser(path, config, &hazards);
	}
	const bool good = config != NULL && !hazards_stop_mail(&hazards);
	if (json)
		print_json(out, good, &errors, host ? &hazards : NULL);
	else
		print_text(out, path, config, &errors, host ? &hazards : NULL);
	mx_config_free(config);
	return good;
}

void
checkfile_lints(bool json, FILE *out)
{
	json_t *rows = json_array();

	for (int i = 0; i < LINTS; i++) {
		const char *name = lint_name((enum lint)i);
		const char *about = lint_about((enum lint)i);

		if (!json)
			fprintf(out, "%-22s%s\n", name, about);
		json_array_append_new(rows, json_pack("{s:s s:s}", "name", name,
						      "about", about));
	}
	json_t *data = json_pack("{s:o s:s}", "lints", rows, "outcome",
				 answer_outcome(ANSWER_OK));
	if (json) {
		json_dumpf(data, out, JSON_COMPACT);
		fputc('\n', out);
	}
	json_decref(data);
}
