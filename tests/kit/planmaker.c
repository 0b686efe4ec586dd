/* SPDX-License-Identifier: BSD-3-Clause */
#include "load.h"
#include "planmaker.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct state *state;
struct builder *builder;

void
planmaker_setup(void)
{
	state = state_new();
	builder = builder_new();
}

void
planmaker_teardown(void)
{
	builder_free(builder);
	state_free(state);
}

static const char head[] = "instance: t\n"
			   "dataplane:\n"
			   "  workers: [1, 2, 3]\n"
			   "  ports:\n"
			   "    - {name: wan, interface: eth0}\n"
			   "    - {name: lan, interface: eth1}\n";

void
planmaker_apply(const char *rest, int64_t now_s)
{
	struct mx_config_errors errors = {0};
	char text[PLANMAKER_TEXT_MAX];
	const int length = snprintf(text, sizeof(text), "%s%s", head, rest);

	ck_assert_int_lt(length, (int)sizeof(text));
	struct mx_config *config =
		mx_config_parse(text, (size_t)length, "t.yaml", &errors);
	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	ck_assert_int_eq(state_apply(state, config, now_s), 0);
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (state->backend[id].config != NULL)
			state->backend[id].health.state = HEALTH_UP;
}

const struct mx_plan *
planmaker_build(void)
{
	state_weigh(state);
	const struct mx_plan *plan = builder_run(builder, state);
	ck_assert_ptr_nonnull(plan);
	const size_t size = MX_PLAN_SIZE(plan->pools);
	struct mx_plan *copy = aligned_alloc(64, (size + 63) / 64 * 64);
	memcpy(copy, plan, size);
	mx_plan_seal(copy, 1);
	const enum mx_plan_fault fault = mx_plan_check(copy, size, 1, 2);
	ck_assert_msg(fault == MX_PLAN_OK, "%s", mx_plan_fault_text(fault));
	free(copy);
	return plan;
}

const struct mx_plan *
planmaker_of(const char *rest)
{
	planmaker_apply(rest, 0);
	return planmaker_build();
}
