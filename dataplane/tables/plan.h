/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_PLAN_H
#define MX_TABLES_PLAN_H

/* A plan is one generation of all lookup tables: what a worker needs to know
 * to forward mail, and nothing that names or explains it.
 *
 * The control plane builds a plan, seals it and publishes it (region.h).  The
 * data plane copies it into memory of its own and checks it before any worker
 * sees it: a plan comes from another process and is not trusted.
 *
 * Ids        Services and backends have ids that the control plane keeps for
 *            as long as a session may refer to them; a row whose `used` is 0
 *            is a hole.  SNAT addresses are found by value.
 * Shape      a fixed part, then one pick table per pool: size_bytes says how
 *            much of it is there.
 * Threads    build: one writer, on memory no worker can see.  Read: any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "hash.h"
#include "bounds.h"
#include "pick.h"
#include "vip.h"

enum mx_forward {
	MX_FORWARD_FULLNAT, /* both addresses rewritten, replies come back */
	MX_FORWARDS,
};

struct mx_service {
	uint8_t used;
	uint8_t forward;     /* enum mx_forward */
	uint16_t pool;       /* index of mx_plan.pool */
	uint16_t snat_first; /* its local addresses: mx_plan.snat[first..] */
	uint16_t snat_count;
	uint32_t idle_s;      /* established, nothing said; RFC 5321 4.5.3.2 */
	uint32_t half_open_s; /* handshake not finished */
	uint32_t closing_s;   /* both sides said FIN, or one said RST */
};

struct mx_pool {
	uint8_t hash_input; /* enum mx_hash_input */
};

struct mx_backend {
	struct mx_endpoint address;
	uint8_t used;
	uint8_t up;       /* a live session is not given up for a SYN */
	uint8_t serves;   /* takes new sessions: up, and not draining */
	uint8_t resolved; /* port and mac are known */
	uint8_t port;     /* index of the port that leads there */
	uint8_t mac[6];   /* of the next hop */
};

struct mx_plan {
	uint32_t size_bytes; /* of the whole plan, pick tables included */
	uint32_t crc;        /* CRC-32C of all that follows this field */
	uint64_t generation;
	struct mx_hash_key key; /* chooses backends; alike on equal boxes */
	uint16_t pools;
	uint16_t snats;
	struct mx_vip_table vips;
	struct mx_service service[MX_SERVICES_MAX];
	struct mx_pool pool[MX_POOLS_MAX];
	struct mx_addr snat[MX_SNATS_MAX];
	struct mx_backend backend[MX_BACKENDS_MAX + 1];
	struct mx_pick pick[]; /* one per pool */
};

#define MX_PLAN_SIZE(pools)                                                    \
	(sizeof(struct mx_plan) + (size_t)(pools) * sizeof(struct mx_pick))
#define MX_PLAN_SIZE_MAX MX_PLAN_SIZE(MX_POOLS_MAX)

/* Why a plan was refused; 0 is "it was not". */
enum mx_plan_fault {
	MX_PLAN_OK,
	MX_PLAN_BAD_SIZE,
	MX_PLAN_BAD_CRC,
	MX_PLAN_BAD_GENERATION,
	MX_PLAN_BAD_COUNT,
	MX_PLAN_BAD_VIP,
	MX_PLAN_BAD_SERVICE,
	MX_PLAN_BAD_POOL,
	MX_PLAN_BAD_BACKEND,
	MX_PLAN_BAD_PICK,
	MX_PLAN_EMPTY,
	MX_PLAN_NO_PORT_MAP, /* more SNAT addresses than can still be held */
	MX_PLAN_FAULTS,
};

/* Make *plan an empty plan with room for `pools` pick tables, all zero.
 * plan: MX_PLAN_SIZE(pools) bytes. */
void mx_plan_init(struct mx_plan *plan, uint16_t pools);

/* Set generation, size and CRC; nothing may change afterwards. */
void mx_plan_seal(struct mx_plan *plan, uint64_t generation);

/* Check everything a worker relies on.  plan: readable up to size_max bytes,
 * in memory nobody else can write.  ports: how many ports there are.
 * Returns MX_PLAN_OK or the first fault found. */
enum mx_plan_fault mx_plan_check(const struct mx_plan *plan, size_t size_max,
				 uint64_t generation, uint16_t ports);

/* The fault in words, for the operator. */
const char *mx_plan_fault_text(enum mx_plan_fault fault);

#endif /* MX_TABLES_PLAN_H */
