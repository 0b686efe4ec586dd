/* SPDX-License-Identifier: BSD-3-Clause */
#include "planroutes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "endpoint.h"
#include "log.h"
#include "tun.h"

int
planroutes_make(struct planroutes *routes, struct mx_region *region,
		const char *interface)
{
	char reason[TUN_REASON_MAX];

	*routes = (struct planroutes){.tun = -1, .ack = &region->ack};
	if (interface[0] == '\0')
		return 0;
	routes->tun = tun_make(interface, reason);
	if (routes->tun < 0) {
		log_line(LOG_LEVEL_ERROR, "cannot start: announce: %s (%s)",
			 reason, strerror(-routes->tun));
		return routes->tun;
	}
	const int error = hostroute_open(&routes->hostroute, interface);
	if (error != 0) {
		log_line(LOG_LEVEL_ERROR,
			 "cannot start: announce: no routes on interface %s: "
			 "%s",
			 interface, strerror(-error));
		return error;
	}
	snprintf(region->header.announce_interface, MX_NAME_MAX, "%s",
		 interface);
	return 0;
}

/* Is a SNAT address, of this box or another? */
static bool
is_snat(const struct mx_plan *plan, const struct mx_announced *row)
{
	return mx_owned_find(&plan->owned, &row->addr, 0)->kind ==
	       MX_OWNED_SNAT;
}

static bool
is_among(const struct mx_announced *row, uint16_t rows,
	 const struct mx_announced *wanted)
{
	for (uint16_t i = 0; i < rows; i++)
		if (row[i].metric == wanted->metric &&
		    mx_addr_equal(&row[i].addr, &wanted->addr))
			return true;
	return false;
}

static void
forget(struct planroutes *routes, uint16_t at)
{
	routes->row[at] = routes->row[--routes->rows];
}

static void
delete_row(struct planroutes *routes, uint16_t at)
{
	const struct mx_announced *row = &routes->row[at];
	char text[MX_ENDPOINT_TEXT_MAX];
	const int error = hostroute_delete(&routes->hostroute, row);

	/* Somebody may have deleted it before, or taken the interface down. */
	if (error != 0 && error != -ESRCH && error != -ENETDOWN)
		log_line(LOG_LEVEL_ERROR, "route to %s is not withdrawn: %s",
			 mx_addr_format(&row->addr, text), strerror(-error));
	forget(routes, at);
}

static void
delete_others(struct planroutes *routes, const struct mx_announced *wanted,
	      uint16_t count)
{
	for (uint16_t i = routes->rows; i-- > 0;)
		if (!is_among(wanted, count, &routes->row[i]))
			delete_row(routes, i);
}

static void
note_failure(struct planroutes *routes, const struct mx_announced *route,
	     int error)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	if (atomic_load_explicit(&routes->ack->announce_errno,
				 memory_order_relaxed) == -error)
		return;
	atomic_store_explicit(&routes->ack->announce_errno, -error,
			      memory_order_relaxed);
	log_line(LOG_LEVEL_ERROR, "route to %s with metric %u is not set: %s",
		 mx_addr_format(&route->addr, text), route->metric,
		 strerror(-error));
}

/* Set the SNAT addresses that are wanted and not set, or the VIPs.  Returns how many
 * routes failed. */
static uint32_t
add_missing(struct planroutes *routes, const struct mx_plan *plan, bool snats,
	    uint64_t now_ms)
{
	uint32_t failed = 0;

	for (uint16_t i = 0; i < plan->announces; i++) {
		const struct mx_announced *wanted = &plan->announce[i];

		if (is_snat(plan, wanted) != snats ||
		    is_among(routes->row, routes->rows, wanted))
			continue;
		const int error = hostroute_add(&routes->hostroute, wanted);
		if (error == 0 && routes->rows < MX_ANNOUNCES_MAX)
			routes->row[routes->rows++] = *wanted;
		else
			note_failure(routes, wanted, error);
		if (snats)
			routes->snat_ms = now_ms;
		failed += error != 0;
	}
	return failed;
}

/* Set what is missing, and VIPs only when the routers know the SNAT addresses.
 * Returns how many routes failed. */
static uint32_t
add_in_turn(struct planroutes *routes, const struct mx_plan *plan,
	    uint64_t now_ms)
{
	uint32_t failed = add_missing(routes, plan, true, now_ms);

	routes->waits = now_ms - routes->snat_ms < PLANROUTES_VIP_MS;
	if (!routes->waits)
		failed += add_missing(routes, plan, false, now_ms);
	return failed;
}

/* A route that somebody deleted is added again.  One that is there cannot be. */
static void
look_at_rows(struct planroutes *routes)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	for (uint16_t i = routes->rows; i-- > 0;) {
		const int error =
			hostroute_add(&routes->hostroute, &routes->row[i]);
		if (error == -EEXIST)
			continue;
		if (error == 0)
			log_line(LOG_LEVEL_WARN,
				 "route to %s was deleted by somebody: it is "
				 "set again",
				 mx_addr_format(&routes->row[i].addr, text));
		else
			forget(routes, i);
	}
}

static void
report(struct planroutes *routes, uint32_t failed)
{
	struct mx_region_ack *ack = routes->ack;

	if (failed == 0)
		atomic_store_explicit(&ack->announce_errno, 0,
				      memory_order_relaxed);
	atomic_store_explicit(&ack->announced, routes->rows,
			      memory_order_relaxed);
	atomic_store_explicit(&ack->announce_failed, failed,
			      memory_order_relaxed);
	atomic_store_explicit(&ack->announce_hold, routes->hold,
			      memory_order_relaxed);
}

static void
withdraw(struct planroutes *routes)
{
	delete_others(routes, NULL, 0);
	routes->hold = MX_ANNOUNCE_STALLS;
	report(routes, 0);
	log_line(LOG_LEVEL_ERROR, "all routes are withdrawn: a worker finishes "
				  "no round, and other boxes serve");
}

void
planroutes_hold(void *arg)
{
	struct planroutes *routes = arg;

	if (routes->tun >= 0 && routes->grouped &&
	    routes->hold != MX_ANNOUNCE_STALLS)
		withdraw(routes);
}

void
planroutes_poll(struct planroutes *routes, const struct mx_plan *plan,
		enum mx_announce_hold hold, uint64_t now_ms)
{
	const bool look = now_ms - routes->looked_ms >= PLANROUTES_LOOK_MS;

	if (routes->tun < 0)
		return;
	routes->grouped = plan->box != 0;
	if (hold == MX_ANNOUNCE_STALLS) {
		planroutes_hold(routes);
		if (routes->hold == MX_ANNOUNCE_STALLS)
			return;
	} else if (hold == MX_ANNOUNCE_HOMES && routes->grouped) {
		routes->hold = MX_ANNOUNCE_HOMES;
		report(routes, 0);
		return;
	}
	if (routes->generation == plan->generation && !routes->waits &&
	    routes->hold == MX_ANNOUNCE_GOES && !look)
		return;
	if (look) {
		look_at_rows(routes);
		routes->looked_ms = now_ms;
	}
	routes->hold = MX_ANNOUNCE_GOES;
	routes->generation = plan->generation;
	delete_others(routes, plan->announce, plan->announces);
	report(routes, add_in_turn(routes, plan, now_ms));
}

void
planroutes_end(struct planroutes *routes)
{
	const struct timespec pause = {.tv_nsec = PLANROUTES_PART_MS * 1000000};

	if (routes->tun < 0)
		return;
	hostroute_close(&routes->hostroute);
	close(routes->tun);
	routes->tun = -1;
	if (routes->grouped)
		nanosleep(&pause, NULL);
}
