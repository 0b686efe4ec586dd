/* SPDX-License-Identifier: BSD-3-Clause */
#include "telemetry.h"

#include <pthread.h>
#include <rte_telemetry.h>
#include <rte_version.h>
#include <stdio.h>
#include <string.h>

#include "region.h"

/* DPDK 23.03 has given them these names. */
#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0)
#define rte_tel_data_add_array_uint rte_tel_data_add_array_u64
#define rte_tel_data_add_dict_uint rte_tel_data_add_dict_u64
#define RTE_TEL_UINT_VAL RTE_TEL_U64_VAL
#endif

#define NAME_MAX_BYTES 64

/* The lock keeps the region where it is during an answer.  DPDK gives a command no
 * pointer of ours. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct mx_region *shown;

static uint64_t
read_count(const uint64_t *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

/* A list of numbers.  It is given away with the answer that it is added to. */
static struct rte_tel_data *
list_new(void)
{
	struct rte_tel_data *list = rte_tel_data_alloc();

	if (list != NULL)
		rte_tel_data_start_array(list, RTE_TEL_UINT_VAL);
	return list;
}

static void
list_add(struct rte_tel_data *list, uint64_t number)
{
	if (list != NULL)
		rte_tel_data_add_array_uint(list, number);
}

static void
give_list(struct rte_tel_data *answer, const char *name,
	  struct rte_tel_data *list)
{
	if (list != NULL &&
	    rte_tel_data_add_dict_container(answer, name, list, 0) != 0)
		rte_tel_data_free(list);
}

static void
tell_workers(const struct mx_region *region, struct rte_tel_data *answer)
{
	static const struct {
		const char *name;
		size_t offset;
	} counts[] = {
#define COUNT(name) {#name, offsetof(struct mx_worker_count, name)}
		COUNT(rx),    COUNT(tx),         COUNT(to_kernel),
		COUNT(made),  COUNT(handed_off), COUNT(busy_cycles),
		COUNT(polls), COUNT(slots_used), COUNT(synacks),
		COUNT(joins), COUNT(diverted),   COUNT(resets_unknown),
#undef COUNT
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct rte_tel_data *list = list_new();

		for (uint16_t w = 0; w < region->header.workers; w++)
			list_add(list,
				 read_count((const void *)((const char *)&region
								   ->worker[w] +
							   counts[i].offset)));
		give_list(answer, counts[i].name, list);
	}
}

static struct mx_flow_count
sum_of(const struct mx_region *region, uint16_t service)
{
	struct mx_flow_count sum = {0};

	for (uint16_t w = 0; w < region->header.workers; w++) {
		const struct mx_flow_count *count =
			&region->worker[w].service[service];

		/* `closed` first: what opens in between counts. */
		sum.closed += read_count(&count->closed);
		sum.opened += read_count(&count->opened);
		sum.bytes_in += read_count(&count->bytes_in);
		sum.bytes_out += read_count(&count->bytes_out);
		sum.attempts += read_count(&count->attempts);
	}
	return sum;
}

static void
tell_services(const struct mx_region *region, struct rte_tel_data *answer)
{
	struct rte_tel_data *id = list_new();
	struct rte_tel_data *sessions = list_new();
	struct rte_tel_data *opened = list_new();
	struct rte_tel_data *in = list_new();
	struct rte_tel_data *out = list_new();

	for (uint16_t s = 0; s < MX_SERVICES_MAX; s++) {
		const struct mx_flow_count sum = sum_of(region, s);

		if (sum.attempts == 0)
			continue;
		list_add(id, s);
		list_add(sessions,
			 sum.opened > sum.closed ? sum.opened - sum.closed : 0);
		list_add(opened, sum.opened);
		list_add(in, sum.bytes_in);
		list_add(out, sum.bytes_out);
	}
	give_list(answer, "id", id);
	give_list(answer, "sessions", sessions);
	give_list(answer, "sessions_total", opened);
	give_list(answer, "bytes_in", in);
	give_list(answer, "bytes_out", out);
}

/* DPDK allows letters, digits, '_' and '/' in names. */
static void
tell_drops(const struct mx_region *region, struct rte_tel_data *answer)
{
	for (int reason = 1; reason < MX_DROP_REASONS; reason++) {
		char name[NAME_MAX_BYTES];
		uint64_t sum = 0;

		snprintf(name, sizeof(name), "%s",
			 mx_drop_name((enum mx_drop)reason));
		for (char *c = name; *c != '\0'; c++)
			if (*c == '-')
				*c = '_';
		for (uint16_t w = 0; w < region->header.workers; w++)
			sum += read_count(&region->worker[w].dropped[reason]);
		rte_tel_data_add_dict_uint(answer, name, sum);
	}
}

static const struct {
	const char *command;
	const char *help;
	void (*tell)(const struct mx_region *region,
		     struct rte_tel_data *answer);
} commands[] = {
	{"/mxsteer/workers", "Counters of the workers of mxsteer.",
	 tell_workers},
	{"/mxsteer/services", "Sessions and bytes of services, by id.",
	 tell_services},
	{"/mxsteer/drops", "Frames that were not forwarded, by reason.",
	 tell_drops},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int
on_command(const char *command, const char *parameters,
	   struct rte_tel_data *answer)
{
	(void)parameters;
	rte_tel_data_start_dict(answer);
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < COMMANDS && shown != NULL; i++)
		if (strcmp(commands[i].command, command) == 0)
			commands[i].tell(shown, answer);
	pthread_mutex_unlock(&lock);
	return 0;
}

int
telemetry_begin(const struct mx_region *region)
{
	pthread_mutex_lock(&lock);
	shown = region;
	pthread_mutex_unlock(&lock);
	for (size_t i = 0; i < COMMANDS; i++) {
		const int error = rte_telemetry_register_cmd(
			commands[i].command, on_command, commands[i].help);

		if (error != 0)
			return error;
	}
	return 0;
}

void
telemetry_end(void)
{
	pthread_mutex_lock(&lock);
	shown = NULL;
	pthread_mutex_unlock(&lock);
}
