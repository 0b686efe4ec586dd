/* SPDX-License-Identifier: BSD-3-Clause */
#include "metriclabels.h"

#include <stdio.h>

#include "endpoint.h"
#include "peerwatch.h"
#include "phase.h"
#include "refusal.h"
#include "state.h"
#include "webcount.h"

#define LABELS char text[METRIC_LABELS_MAX][METRIC_LABEL_MAX]

enum mx_drop
metric_refusal(uint16_t j)
{
	return j < REFUSAL_REASONS ? refusal_reasons[j] : MX_DROP_DENIED;
}

static void
set_label(char *to, const char *value)
{
	snprintf(to, METRIC_LABEL_MAX, "%s", value);
}

static bool
write_one(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	(void)view, (void)i, (void)j, (void)text;
	return true;
}

static bool
write_version(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	(void)view, (void)i, (void)j;
	set_label(text[0], MX_VERSION);
	return true;
}

static bool
write_which(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	(void)view, (void)j;
	set_label(text[0], i == 0 ? "published" : "adopted");
	return true;
}

static bool
write_service(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	(void)j;
	if (view->state->service[i].config == NULL)
		return false;
	set_label(text[0], view->state->service[i].name);
	return true;
}

static bool
write_way(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	set_label(text[1], j == 0 ? "in" : "out");
	return write_service(view, i, j, text);
}

static bool
write_reason(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	set_label(text[1], mx_drop_name(metric_refusal(j)));
	return write_service(view, i, j, text);
}

static bool
write_rule(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	(void)view, (void)j;
	set_label(text[0], i == 0 ? "people" : "programs");
	return true;
}

static bool
write_pool(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	(void)j;
	if (i >= view->state->config->pool_count)
		return false;
	set_label(text[0], view->state->config->pool[i].name);
	return true;
}

static bool
write_state(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	static const char *const names[METRIC_STATES] = {
		[STATE_SERVING] = "serving", [STATE_STANDBY] = "standby",
		[STATE_SOFT] = "soft",       [STATE_DOWN] = "down",
		[STATE_DRAIN] = "drain",     [STATE_MAINT] = "maint",
	};

	set_label(text[1], names[j]);
	return write_pool(view, i, j, text);
}

static bool
write_phase(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	set_label(text[1], smtp_phase_name((enum smtp_phase)j));
	return write_pool(view, i, j, text);
}

static bool
write_backend(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	const struct backend *b = &view->state->backend[i];

	(void)j;
	if (b->config == NULL)
		return false;
	set_label(text[0], b->pool);
	set_label(text[1], b->name);
	return true;
}

static bool
write_worker(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	(void)j;
	snprintf(text[0], METRIC_LABEL_MAX, "%u", i);
	return i < view->workers;
}

static bool
write_drop(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	(void)j;
	if (i == MX_DROP_NONE || view->region == NULL)
		return false;
	set_label(text[0], mx_drop_name((enum mx_drop)i));
	return true;
}

static bool
write_snat(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	static const struct mx_addr none;
	struct mx_addr addr;

	(void)j;
	if (view->region == NULL)
		return false;
	addr = view->region->snat[i].address;
	mx_addr_format(&addr, text[0]);
	return !mx_addr_equal(&addr, &none);
}

/* The other plane writes the name: it may have no end. */
static bool
write_port(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	(void)j;
	if (view->region == NULL || i >= view->region->header.ports)
		return false;
	snprintf(text[0], METRIC_LABEL_MAX, "%.*s", MX_NAME_MAX - 1,
		 view->region->header.port[i].name);
	return true;
}

static bool
write_web(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	static const char *const names[WEB_REFUSAL_REASONS] = {
#define X(id, name, meaning) name,
		WEB_REFUSALS(X)
#undef X
	};

	(void)view, (void)j;
	set_label(text[0], names[i]);
	return true;
}

static bool
write_loss(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	(void)j;
	set_label(text[0], logged_loss_name(i));
	return view->has_log;
}

static bool
write_group(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	(void)i, (void)j, (void)text;
	return metricview_has_group(view);
}

static bool
write_box(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	const struct mx_config_group *group = &view->state->config->group;

	(void)j;
	if (group->box == 0 || i >= group->box_count ||
	    group->boxes[i].box == group->box)
		return false;
	snprintf(text[0], METRIC_LABEL_MAX, "%u", group->boxes[i].box);
	return true;
}

static bool
write_box_way(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	set_label(text[1], j == 0 ? "in" : "out");
	return write_box(view, i, j, text);
}

static bool
write_refusal(const struct metric_view *view, uint16_t i, uint16_t j, LABELS)
{
	(void)j;
	set_label(text[0], replicated_refusal_name(i));
	return metricview_has_group(view) && view->sources->peers->has_run;
}

/* clang-format off */
const struct metric_labels metric_labels[METRIC_OFS] = {
	[OF_ONE]     = {{NULL},                   1, 1, write_one},
	[OF_VERSION] = {{"version"},              1, 1, write_version},
	[OF_WHICH]   = {{"which"},                2, 1, write_which},
	[OF_SERVICE] = {{"service"},              MX_SERVICES_MAX, 1, write_service},
	[OF_SERVICE_WAY]    = {{"service", "direction"}, MX_SERVICES_MAX, 2, write_way},
	[OF_SERVICE_REASON] = {{"service", "reason"}, MX_SERVICES_MAX, METRIC_REFUSALS, write_reason},
	[OF_RULE]    = {{"by"},                   2, 1, write_rule},
	[OF_POOL]    = {{"pool"},                 MX_POOLS_MAX, 1, write_pool},
	[OF_POOL_STATE]     = {{"pool", "state"}, MX_POOLS_MAX, METRIC_STATES, write_state},
	[OF_POOL_PHASE]     = {{"pool", "phase"}, MX_POOLS_MAX, SMTP_PHASES, write_phase},
	[OF_BACKEND] = {{"pool", "backend"},      MX_BACKENDS_MAX + 1, 1, write_backend},
	[OF_WORKER]  = {{"worker"},               MX_WORKERS_MAX, 1, write_worker},
	[OF_DROP]    = {{"reason"},               MX_DROP_REASONS, 1, write_drop},
	[OF_SNAT]    = {{"address"},              MX_SNATS_MAX, 1, write_snat},
	[OF_PORT]    = {{"port"},                 MX_PORTS_MAX, 1, write_port},
	[OF_WEB]     = {{"reason"},               WEB_REFUSAL_REASONS, 1, write_web},
	[OF_LOSS]    = {{"reason"},               LOGGED_LOSSES, 1, write_loss},
	[OF_GROUP]   = {{NULL},                   1, 1, write_group},
	[OF_BOX]     = {{"box"},                  MX_BOXES_MAX, 1, write_box},
	[OF_BOX_WAY] = {{"box", "direction"},     MX_BOXES_MAX, 2, write_box_way},
	[OF_REFUSAL] = {{"reason"},               REPLICATED_REFUSALS, 1, write_refusal},
};
/* clang-format on */
