/* SPDX-License-Identifier: BSD-3-Clause */
#include "staterig.h"

#include <check.h>
#include <stdio.h>

#include "assignment.h"
#include "load.h"

struct state *state;

void
staterig_setup(void)
{
	plane_open(&plane, PLANE_BACKENDS);
	state = state_new();
}

void
staterig_teardown(void)
{
	state_free(state);
	plane_close(&plane);
}

static void
load_and_apply(int64_t now_s)
{
	struct mx_config_errors errors = {0};
	struct mx_config *config = mx_config_load(plane.config, &errors);

	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	ck_assert_int_eq(state_apply(state, config, now_s), 0);
}

void
staterig_apply(const char *backends, int64_t now_s)
{
	plane_write_config(&plane, "c.yaml", backends);
	load_and_apply(now_s);
}

void
staterig_apply_mode(const char *mode, int64_t now_s)
{
	char rest[512];

	snprintf(
		rest, sizeof(rest),
		"services:\n"
		"  - {name: in, listen: [\"198.51.100.25:25\"], pool: mx, %s}\n"
		"pools:\n"
		"  - name: mx\n"
		"    backends:\n"
		"      - {name: a, address: \"192.0.2.11:25\"}\n",
		mode);
	plane_write_rest(&plane, "c.yaml", rest);
	load_and_apply(now_s);
}
