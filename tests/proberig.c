/* SPDX-License-Identifier: BSD-3-Clause */
#include "proberig.h"

#include <check.h>
#include <dirent.h>
#include <unistd.h>

struct proberig rig;
static uint32_t wanted;
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
	rig.probes = probes_new(rig.base, PROBES_AT_ONCE);
	rig.mta = mta_new(rig.base, "127.0.0.1");
	ck_assert_ptr_nonnull(rig.mta);
	rig.probe = NULL;
	rig.results = 0;
	rig.free_at_once = false;
	rig.proxy = MX_PROXY_OFF;
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
	if (++rig.results == wanted)
		event_base_loopbreak(rig.base);
}

struct probe *
proberig_start(enum mx_check_type type, const struct mx_endpoint *endpoint,
	       uint32_t interval_ms, uint32_t timeout_ms)
{
	const struct attempt_task task = {
		.check = {.type = type,
			  .interval_ms = interval_ms,
			  .timeout_ms = timeout_ms,
			  .helo = "lb.example.net"},
		.proxy = rig.proxy,
		.endpoint = *endpoint,
	};

	return probe_new(rig.probes, &task, take_result, NULL);
}

void
proberig_run_until(uint32_t count)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};

	wanted = count;
	event_base_loopexit(rig.base, &patience);
	event_base_dispatch(rig.base);
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
	for (int i = 0; i < 1000 && mta_seen(rig.mta)->open > 0; i++) {
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
	ck_assert_uint_eq(mta_seen(rig.mta)->open, 0);
}
