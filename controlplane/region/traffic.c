/* SPDX-License-Identifier: BSD-3-Clause */
#include "traffic.h"

#include "clock.h"

/* The most attempts to read between two bursts.  A burst is over within
 * microseconds, but a preempted worker takes longer. */
#define READS_MAX 200
#define PAUSE_NS 20000

/* Read a plain field that another process writes.  The value is whole, but
 * several reads may see the writes in another order. */
static uint64_t
read_count(const uint64_t *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

static void
add_flow_count(struct mx_flow_count *sum, const struct mx_flow_count *count)
{
	/* `closed` is read first, so that a session that opens in between
	 * counts. */
	sum->closed += read_count(&count->closed);
	sum->opened += read_count(&count->opened);
	sum->packets_in += read_count(&count->packets_in);
	sum->packets_out += read_count(&count->packets_out);
	sum->bytes_in += read_count(&count->bytes_in);
	sum->bytes_out += read_count(&count->bytes_out);
	sum->abandoned += read_count(&count->abandoned);
	sum->doubted += read_count(&count->doubted);
	sum->watched += read_count(&count->watched);
	sum->sealed += read_count(&count->sealed);
	sum->ending += read_count(&count->ending);
	sum->ended += read_count(&count->ended);
	for (int i = 0; i < MX_UNSERVED_KINDS; i++)
		sum->unserved[i] +=
			__atomic_load_n(&count->unserved[i], __ATOMIC_RELAXED);
	/* Read in this order, a half-open session that ends in between counts
	 * too. */
	sum->lapsed += read_count(&count->lapsed);
	sum->attempts += read_count(&count->attempts);
}

uint16_t
traffic_workers(const struct mx_region *region)
{
	/* Once: the number that is compared is the number that is returned. */
	const uint16_t workers =
		__atomic_load_n(&region->header.workers, __ATOMIC_RELAXED);

	return workers <= MX_WORKERS_MAX ? workers : MX_WORKERS_MAX;
}

uint32_t
traffic_room(const struct mx_region *region)
{
	const uint16_t workers = traffic_workers(region);

	return workers == 0 ? 0 : region->header.sessions_max / workers;
}

struct mx_flow_count
traffic_backend(const struct mx_region *region, uint16_t id)
{
	struct mx_flow_count sum = {0};

	for (uint16_t w = 0; w < traffic_workers(region); w++)
		add_flow_count(&sum, &region->worker[w].backend[id]);
	return sum;
}

struct mx_flow_count
traffic_service(const struct mx_region *region, uint16_t id)
{
	struct mx_flow_count sum = {0};

	for (uint16_t w = 0; w < traffic_workers(region); w++)
		add_flow_count(&sum, &region->worker[w].service[id]);
	return sum;
}

static uint32_t
read_small(const uint32_t *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

static void
add_timing(struct mx_timing *sum, const struct mx_timing *timing)
{
	sum->waits += read_count(&timing->waits);
	sum->wait_us += read_count(&timing->wait_us);
	for (int i = 0; i < MX_TIME_BUCKETS; i++) {
		sum->wait[i] += read_small(&timing->wait[i]);
		sum->length[i] += read_small(&timing->length[i]);
	}
	for (int i = 0; i < MX_GREETINGS; i++)
		sum->greeting[i] += read_small(&timing->greeting[i]);
}

struct mx_timing
traffic_timing(const struct mx_region *region, uint16_t id)
{
	struct mx_timing sum = {0};

	for (uint16_t w = 0; w < traffic_workers(region); w++)
		add_timing(&sum, &region->worker[w].timing[id]);
	return sum;
}

uint64_t
traffic_peak(const struct mx_region *region, uint16_t service)
{
	uint64_t sum = 0;

	for (uint16_t w = 0; w < traffic_workers(region); w++)
		sum += read_small(&region->worker[w].peak[service]);
	return sum;
}

struct mx_flow_count
traffic_worker_backend(const struct mx_region *region, uint16_t worker,
		       uint16_t id)
{
	struct mx_flow_count count = {0};

	add_flow_count(&count, &region->worker[worker].backend[id]);
	return count;
}

uint64_t
traffic_refused(const struct mx_region *region, uint16_t service,
		enum mx_drop reason)
{
	uint64_t sum = 0;

	for (uint16_t w = 0; w < traffic_workers(region); w++)
		sum += read_count(&region->worker[w].refused[service][reason]);
	return sum;
}

uint64_t
traffic_rule(const struct mx_region *region, uint16_t slot)
{
	uint64_t sum = 0;

	for (uint16_t w = 0; w < traffic_workers(region); w++)
		sum += read_count(&region->worker[w].rule_refused[slot]);
	return sum;
}

uint64_t
traffic_early(const struct mx_region *region, uint16_t service)
{
	uint64_t sum = 0;

	for (uint16_t w = 0; w < traffic_workers(region); w++)
		sum += read_count(&region->worker[w].early[service]);
	return sum;
}

uint64_t
traffic_told(const struct mx_region *region, uint16_t service,
	     enum mx_answer answer, enum mx_drop reason)
{
	uint64_t sum = 0;

	for (uint16_t w = 0; w < traffic_workers(region); w++)
		sum += read_count(
			&region->worker[w].told[service][answer][reason]);
	return sum;
}

uint64_t
traffic_told_any(const struct mx_region *region, uint16_t service,
		 enum mx_drop reason)
{
	uint64_t sum = 0;

	for (int answer = 0; answer < MX_ANSWERS; answer++)
		sum += traffic_told(region, service, (enum mx_answer)answer,
				    reason);
	return sum;
}

bool
traffic_worker_has_cookies_on(const struct mx_region *region, uint16_t worker,
			      uint16_t service, uint32_t now_s)
{
	return now_s <
	       __atomic_load_n(&region->worker[worker].cookies_until_s[service],
			       __ATOMIC_RELAXED);
}

uint16_t
traffic_cookies_on(const struct mx_region *region, uint16_t service,
		   uint32_t now_s)
{
	uint16_t workers = 0;

	for (uint16_t w = 0; w < traffic_workers(region); w++)
		workers += traffic_worker_has_cookies_on(region, w, service,
							 now_s);
	return workers;
}

uint16_t
traffic_worker_cookies_on(const struct mx_region *region, uint16_t worker,
			  uint32_t now_s)
{
	uint16_t services = 0;

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		services += traffic_worker_has_cookies_on(region, worker, id,
							  now_s);
	return services;
}

uint64_t
traffic_sessions(const struct mx_flow_count *count)
{
	return count->opened > count->closed ? count->opened - count->closed
					     : 0;
}

uint64_t
traffic_backend_sessions(const struct mx_region *region, uint16_t id)
{
	if (region == NULL)
		return 0;
	const struct mx_flow_count count = traffic_backend(region, id);
	return traffic_sessions(&count);
}

uint64_t
traffic_service_sessions(const struct mx_region *region, uint16_t id)
{
	if (region == NULL)
		return 0;
	const struct mx_flow_count count = traffic_service(region, id);
	return traffic_sessions(&count);
}

uint64_t
traffic_half_open(const struct mx_flow_count *count)
{
	const uint64_t over = count->lapsed + count->opened;

	return count->attempts > over ? count->attempts - over : 0;
}

uint64_t
traffic_dropped(const struct frame_count *count)
{
	uint64_t sum = 0;

	for (int reason = 0; reason < MX_DROP_REASONS; reason++)
		sum += count->dropped[reason];
	return sum;
}

bool
traffic_balanced(const struct frame_count *count)
{
	return count->rx + count->made == count->tx + count->to_kernel +
						  count->handed_off +
						  traffic_dropped(count);
}

static struct frame_count
read_frames(const struct mx_worker_count *worker)
{
	struct frame_count count = {
		.rx = read_count(&worker->rx),
		.tx = read_count(&worker->tx),
		.to_kernel = read_count(&worker->to_kernel),
		.handed_off = read_count(&worker->handed_off),
		.made = read_count(&worker->made),
	};

	for (int reason = 0; reason < MX_DROP_REASONS; reason++)
		count.dropped[reason] = read_count(&worker->dropped[reason]);
	return count;
}

struct frame_count
traffic_frames(const struct mx_region *region, uint16_t worker)
{
	struct frame_count count = read_frames(&region->worker[worker]);

	for (int i = 0; i < READS_MAX && !traffic_balanced(&count); i++) {
		clock_pause_ns(PAUSE_NS);
		count = read_frames(&region->worker[worker]);
	}
	return count;
}
