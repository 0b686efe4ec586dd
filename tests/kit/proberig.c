/* SPDX-License-Identifier: BSD-3-Clause */
#include "proberig.h"

#include <check.h>
#include <dirent.h>

#include "clock.h"
#include "faketime.h"

#define PATIENCE_MS 20000
#define QUIET_MS 20

struct proberig rig;
static int files_before;

const struct mta_step proberig_well[MTA_STEPS_MAX] = {
	{false, 0, "220 mta1 ESMTP\r\n", STAY},
	{true, 0, "250-mta1\r\n250 SIZE\r\n", STAY},
	{true, 0, "221 bye\r\n", STAY},
};
const struct mta_step proberig_silent[MTA_STEPS_MAX];

static int
open_files(void)
{
	int count = 0;
	DIR *dir = opendir("/proc/self/fd");

	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

void
proberig_setup(void)
{
	files_before = open_files();
	rig.base = event_base_new();
	event_base_priority_init(rig.base, 2);
	rig.probes = probes_new(rig.base, PROBES_AT_ONCE);
	rig.mta = mta_new(rig.base, "127.0.0.1");
	ck_assert_ptr_nonnull(rig.mta);
	rig.probe = NULL;
	rig.results = 0;
	rig.free_at_once = false;
	rig.proxy = MX_PROXY_OFF;
	rig.check = (struct mx_config_check){.helo = "lb.example.net"};
}

void
proberig_teardown(void)
{
	probe_free(rig.probe);
	probes_free(rig.probes);
	mta_free(rig.mta);
	event_base_free(rig.base);
	ck_assert_int_eq(open_files(), files_before);
}

static void
take_result(void *arg, const struct probe_result *result)
{
	(void)arg;
	rig.last = *result;
	if (rig.free_at_once) {
		probe_free(rig.probe);
		rig.probe = NULL;
	}
	rig.results++;
}

struct probe *
proberig_start(enum mx_check_type type, const struct mx_endpoint *endpoint,
	       uint32_t interval_ms, uint32_t timeout_ms)
{
	struct attempt_task task = {
		.check = rig.check,
		.proxy = rig.proxy,
		.endpoint = *endpoint,
	};

	task.check.type = type;
	task.check.interval_ms = interval_ms;
	task.check.timeout_ms = timeout_ms;
	return probe_new(rig.probes, &task, take_result, NULL);
}

/* Comes before everything else that is due in the same turn of the loop. */
static void
on_quiet(evutil_socket_t fd, short what, void *quiet)
{
	(void)fd, (void)what;
	*(bool *)quiet = event_base_get_num_events(
				 rig.base, EVENT_BASE_COUNT_ACTIVE) == 0;
}

/* The kernel carries what a probe and its server say to each other.  The clock
 * stands still until it has, or until there are so many results. */
static void
run_until_quiet(uint32_t count)
{
	const struct timeval while_ = {.tv_usec = QUIET_MS * 1000};
	bool quiet = false;
	struct event *guard = evtimer_new(rig.base, on_quiet, &quiet);

	event_priority_set(guard, 0);

	while (!quiet && rig.results < count) {
		faketime_run(rig.base, 0);
		event_add(guard, &while_);
		event_base_loop(rig.base, EVLOOP_ONCE);
	}
	event_free(guard);
}

void
proberig_run_until(uint32_t count)
{
	const uint64_t end_ms = clock_ms() + PATIENCE_MS;

	while (rig.results < count && clock_ms() < end_ms) {
		run_until_quiet(count);
		if (rig.results < count)
			faketime_step(rig.base, end_ms);
	}
	ck_assert_uint_ge(rig.results, count);
}

void
proberig_once(enum mx_check_type type, const struct mx_endpoint *endpoint,
	      uint32_t timeout_ms)
{
	rig.probe = proberig_start(type, endpoint, HOUR_MS, timeout_ms);
	probe_now(rig.probe);
	proberig_run_until(1);
}

void
proberig_mta(const struct mta_step script[MTA_STEPS_MAX], uint32_t timeout_ms)
{
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);

	mta_play(rig.mta, script);
	proberig_once(MX_CHECK_SMTP, &endpoint, timeout_ms);
}

void
proberig_run_until_hung_up(void)
{
	for (int i = 0; i < 50 && mta_seen(rig.mta)->open > 0; i++) {
		run_until_quiet(UINT32_MAX);
		faketime_run(rig.base, 1);
	}
	ck_assert_uint_eq(mta_seen(rig.mta)->open, 0);
}
