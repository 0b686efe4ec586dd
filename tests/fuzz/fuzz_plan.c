/* SPDX-License-Identifier: BSD-3-Clause */
/* Any plan that a hostile control plane could write: it is refused, or workers
 * forward by it without a step outside their memory, and each frame is
 * accounted for.
 * Method: libFuzzer.  An input changes a good plan, field by field.  The plan is
 * sealed, goes through the product's plan swap, and clients open sessions of
 * several services by it.
 *
 *   sizes, service, {table, row[2], at[2], value}...
 */
#include <stdlib.h>
#include <string.h>

#include "planswap.h"
#include "talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EDIT 6
#define SERVICES 4
#define POOLS_MAX 4 /* more are only slower */
#define PLAN_BYTES MX_PLAN_SIZE(POOLS_MAX)
#define INPUTS_PER_PASS 256

enum table { HEAD, OWNED, SERVICE, POOL, SNAT, BACKEND, WAY, PICK, TABLES };

static struct rig *rig;
static struct mx_region *region;
static struct plan_swap swap;
static struct watchdog watchdog;
static struct mx_plan *good, *plan;
static struct active_plan *first; /* the rig's own */

static void
begin(void)
{
	const size_t size = rte_rcu_qsbr_get_memsize(1);

	rig_start_dpdk();
	rig = rig_make(1);
	first = rig->active;
	good = malloc(PLAN_BYTES);
	plan = malloc(PLAN_BYTES);
	memset(good, 0, PLAN_BYTES);
	memcpy(good, rig_plan(rig), MX_PLAN_SIZE(RIG_POOLS));
	region = aligned_alloc(64, sizeof(*region));
	memset(region, 0, sizeof(*region));
	watchdog = (struct watchdog){.worker = region->worker};
	swap = (struct plan_swap){
		.region = region,
		.ports = 2,
		.wide = true,
		.quiescent = aligned_alloc(64, (size + 63) / 64 * 64),
		.watchdog = &watchdog,
	};
	rte_rcu_qsbr_init(swap.quiescent, 1);
	rte_rcu_qsbr_thread_register(swap.quiescent, 0);
	rte_rcu_qsbr_thread_offline(swap.quiescent, 0);
	snat_free(&rig->snat);
	rig_must(plan_swap_make(&swap, rig->worker, 1) == 0);
}

/* The table that an edit is for: where it begins, its rows and their size. */
static uint8_t *
find_table(enum table table, size_t *rows, size_t *row_bytes)
{
#define TABLE(array)                                                           \
	(*rows = sizeof(array) / sizeof((array)[0]),                           \
	 *row_bytes = sizeof((array)[0]), (uint8_t *)(array))
	switch (table) {
	case OWNED:
		return TABLE(plan->owned.slot);
	case SERVICE:
		return TABLE(plan->service);
	case POOL:
		return TABLE(plan->pool);
	case SNAT:
		return TABLE(plan->snat);
	case BACKEND:
		return TABLE(plan->backend);
	case WAY:
		return TABLE(plan->way);
	case PICK:
		*rows = plan->pools <= POOLS_MAX ? plan->pools : 0;
		*row_bytes = sizeof(plan->pick[0]);
		return (uint8_t *)plan->pick;
	default:
		*rows = 1;
		*row_bytes = offsetof(struct mx_plan, owned) + 2;
		return (uint8_t *)plan;
	}
}

/* A row to change.  The address table has few used rows among thousands. */
static size_t
pick_row(enum table table, size_t row, size_t rows)
{
	if (table != OWNED || row % 4 == 0)
		return row % rows;
	for (size_t step = 0; step < rows; step++) {
		const size_t at = (row * 37 + step) % rows;
		if (plan->owned.slot[at].kind != MX_OWNED_NOT)
			return at;
	}
	return 0;
}

static void
edit(const uint8_t *bytes)
{
	const enum table table = (enum table)(bytes[0] % TABLES);
	const size_t row = (size_t)(bytes[1] | bytes[2] << 8);
	const size_t at = (size_t)(bytes[3] | bytes[4] << 8);
	size_t rows, row_bytes;

	/* Fields behind the tables. */
	if (table == WAY && row == 0) {
		plan->ways = (uint16_t)(at % 2 ? bytes[5] : at);
		plan->other_ports = bytes[5];
		return;
	}
	if (table == WAY && row == 1) {
		plan->box = bytes[5] >> 4;
		plan->snat_box[at % MX_SNATS_MAX] = bytes[5] & 15;
		return;
	}
	uint8_t *begin_of = find_table(table, &rows, &row_bytes);
	if (rows == 0)
		return;
	begin_of[pick_row(table, row, rows) * row_bytes + at % row_bytes] =
		bytes[5];
}

static void
open_session(enum rig_service service, bool six)
{
	static uint16_t port = 1024;
	const struct end client = talk_client(six, port);
	struct talk talk = talk_make(rig, service, &client);
	uint8_t out[FRAME_MAX];
	struct segment said = talk_in(&talk, SYN);

	port = port == UINT16_MAX ? 1024 : (uint16_t)(port + 1);
	rig_send(rig, 0, WAN, &said);
	rig_poll(rig);
	const uint16_t bytes = rig_get(rig, LAN, out);
	if (bytes >= 54) {
		frame_read(out, bytes, &said);
		const struct segment answer = {.from = said.to,
					       .to = said.from,
					       .flags = SYN | ACK,
					       .seq = 5000,
					       .ack = said.seq + 1};
		rig_send(rig, 0, LAN, &answer);
		rig_poll(rig);
	}
	said = talk_in(&talk, ACK);
	said.seq = 1;
	said.ack = 5001;
	said.payload_bytes = 20;
	rig_send(rig, 0, WAN, &said);
	rig_poll(rig);
	rig_flush(rig);
}

static void
publish(const uint8_t *sizes)
{
	const uint64_t generation = atomic_load(&region->generation) + 1;
	struct mx_plan *slot = mx_region_slot(region, generation);
	const uint16_t pools = plan->pools;

	/* What seals a plan believes its number of pools. */
	plan->pools = pools <= POOLS_MAX ? pools : POOLS_MAX;
	mx_plan_seal(plan, generation);
	memcpy(slot, plan, plan->size_bytes);
	if (sizes[0] == 0xff)
		slot->size_bytes = (uint32_t)sizes[1] << 16;
	if (sizes[0] == 0xfe)
		slot->crc ^= 1u << sizes[1] % 32;
	atomic_store(&region->generation, generation);
	rig_must(plan_swap_poll(&swap));
	rig->active =
		(struct active_plan *)(uintptr_t)atomic_load(&swap.current);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint32_t inputs;

	if (rig == NULL)
		begin();
	if (size < 3)
		return 0;
	memcpy(plan, good, PLAN_BYTES);
	for (size_t at = 3; at + EDIT <= size; at += EDIT)
		edit(data + at);
	publish(data);
	if (inputs++ % INPUTS_PER_PASS == 0)
		rig_pass_s(rig, 1000);
	for (int i = 0; i < SERVICES; i++)
		open_session(
			(enum rig_service)((data[2] + i * 5) % RIG_SERVICES),
			(data[2] >> i & 1) != 0);
	return 0;
}
