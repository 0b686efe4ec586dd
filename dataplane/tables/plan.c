/* SPDX-License-Identifier: BSD-3-Clause */
#include "plan.h"

#include <string.h>

#include "crc32c.h"

static const char *const fault_text[MX_PLAN_FAULTS] = {
	[MX_PLAN_OK] = "accepted",
	[MX_PLAN_BAD_SIZE] = "its size does not fit its pools",
	[MX_PLAN_BAD_CRC] = "its checksum is wrong (half-written?)",
	[MX_PLAN_BAD_GENERATION] = "its generation is not the published one",
	[MX_PLAN_BAD_COUNT] = "a count exceeds its table",
	[MX_PLAN_BAD_VIP] = "an owned address has an impossible meaning",
	[MX_PLAN_BAD_SERVICE] = "a service has an impossible value",
	[MX_PLAN_BAD_POOL] = "a pool has an impossible value",
	[MX_PLAN_BAD_BACKEND] = "a backend has an impossible value",
	[MX_PLAN_BAD_PICK] = "a pick table names a backend that is not there",
	[MX_PLAN_NEEDS_PORT] =
		("it uses a port that mxsteer-dataplane was started without: "
		 "restart both planes with one file"),
	[MX_PLAN_EMPTY] = "it has no VIP",
	[MX_PLAN_NO_PORT_MAP] =
		"too many SNAT addresses: sessions still use removed ones",
	[MX_PLAN_NEEDS_IPV6] =
		"it has IPv6 addresses: restart mxsteer-dataplane for them",
	[MX_PLAN_BAD_RULE] = "a prefix of clients is impossible",
	[MX_PLAN_BAD_BOX] = "a box of the group has an impossible number",
	[MX_PLAN_BAD_ANNOUNCE] =
		"an address to announce is neither of a VIP nor for SNAT",
};

bool
mx_plan_allows(const struct mx_plan *plan,
	       const struct mx_client_limits *limits,
	       const struct mx_addr *client)
{
	for (uint16_t i = 0; i < limits->allow_count; i++) {
		const struct mx_prefix *allow =
			&plan->allow[limits->allow_first + i];
		const struct mx_addr first = mx_addr_first(client, allow->bits);

		if (mx_addr_equal(&first, &allow->addr))
			return true;
	}
	return false;
}

bool
mx_drop_is_for_room(enum mx_drop why)
{
	return why == MX_DROP_NO_BACKEND || why == MX_DROP_ALL_FULL ||
	       why == MX_DROP_NO_PORT || why == MX_DROP_TABLE_FULL;
}

enum mx_answer
mx_service_answer(const struct mx_service *service, enum mx_drop why)
{
	if (mx_drop_is_for_room(why))
		return (enum mx_answer)service->answer;
	switch (why) {
	case MX_DROP_CLIENT_LIMIT:
	case MX_DROP_PREFIX_LIMIT:
		return (enum mx_answer)service->clients.answer;
	case MX_DROP_DENIED:
		return (enum mx_answer)service->deny.answer;
	case MX_DROP_EARLY:
		return MX_ANSWER_554;
	default:
		return MX_ANSWER_DROP;
	}
}

enum mx_answer
mx_service_answer_waiting(const struct mx_service *service, enum mx_drop why)
{
	const enum mx_answer answer = mx_service_answer(service, why);

	if (answer == MX_ANSWER_DROP && !mx_drop_is_for_room(why))
		return MX_ANSWER_DROP;
	if (service->implicit_tls)
		return MX_ANSWER_RESET;
	return answer == MX_ANSWER_DROP ? MX_ANSWER_421 : answer;
}

/* The part that the CRC covers: everything behind its own field. */
static uint32_t
plan_crc(const struct mx_plan *plan)
{
	const size_t skip = offsetof(struct mx_plan, generation);

	return mx_crc32c((const uint8_t *)plan + skip, plan->size_bytes - skip);
}

void
mx_plan_init(struct mx_plan *plan, uint16_t pools)
{
	memset(plan, 0, MX_PLAN_SIZE(pools));
	plan->size_bytes = (uint32_t)MX_PLAN_SIZE(pools);
	plan->pools = pools;
}

/* The place of the address with the highest score for a backend. */
static uint8_t
choose_snat(const struct mx_plan *plan, const struct mx_snat_range *range,
	    const struct mx_addr *backend)
{
	/* The same everywhere and for ever: digits of pi. */
	static const struct mx_hash_key key = {
		{0xa4093822299f31d0, 0x082efa98ec4e6c89}};
	const uint64_t word = mx_hash_addr(&key, backend);
	uint64_t best = 0;
	uint16_t at = 0;

	for (uint16_t i = 0; i < range->count; i++) {
		const struct mx_addr *snat = &plan->snat[range->first + i];
		const uint64_t score =
			mx_hash_words(&key, word, mx_hash_addr(&key, snat));

		if (score > best) {
			best = score;
			at = i;
		}
	}
	return (uint8_t)at;
}

void
mx_plan_choose_snats(struct mx_plan *plan)
{
	for (uint16_t s = 0; s < MX_SERVICES_MAX; s++) {
		const struct mx_service *service = &plan->service[s];

		if (!service->used || !service->snat_stays)
			continue;
		for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
			const struct mx_backend *b = &plan->backend[id];

			if (b->used && b->pool == service->pool)
				plan->snat_at[s][id] = choose_snat(
					plan,
					mx_service_range(
						service,
						mx_addr_is4(&b->address.addr)),
					&b->address.addr);
		}
	}
}

void
mx_plan_seal(struct mx_plan *plan, uint64_t generation)
{
	plan->generation = generation;
	plan->size_bytes = (uint32_t)MX_PLAN_SIZE(plan->pools);
	plan->crc = plan_crc(plan);
}

/* Only addresses are quiet: no VIP, and no server. */
static bool
quiet_is_good(const struct mx_owned *vip)
{
	if (vip->kind != MX_OWNED_SNAT && vip->kind != MX_OWNED_ADDRESS)
		return vip->quiet == 0;
	return vip->quiet <= 1;
}

static bool
boxes_are_good(const struct mx_plan *plan)
{
	if (plan->box > MX_BOXES_MAX)
		return false;
	for (uint16_t row = 0; row < MX_SNATS_MAX; row++) {
		const uint8_t box = plan->snat_box[row];

		if (box != 0 && (box > MX_BOXES_MAX || row >= plan->snats ||
				 plan->box == 0 || box == plan->box))
			return false;
	}
	return true;
}

static bool
vips_are_good(const struct mx_plan *plan)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < MX_OWNED_SLOTS; i++) {
		const struct mx_owned *vip = &plan->owned.slot[i];

		if (vip->kind >= MX_OWNED_KINDS)
			return false;
		if (vip->kind != MX_OWNED_NOT && !plan->ipv6 &&
		    !mx_addr_is4(&vip->addr))
			return false;
		if ((mx_owned_has_service(vip) ||
		     (vip->kind == MX_OWNED_ADDRESS && vip->first_be != 0)) &&
		    (vip->index >= MX_SERVICES_MAX ||
		     !plan->service[vip->index].used))
			return false;
		if (vip->kind == MX_OWNED_SNAT && vip->index >= plan->snats)
			return false;
		if (!quiet_is_good(vip))
			return false;
		count += vip->kind != MX_OWNED_NOT;
	}
	return count == plan->owned.count && count <= MX_OWNED_MAX;
}

static bool
range_is_good(const struct mx_plan *plan, const struct mx_snat_range *range,
	      bool is4)
{
	if (range->first + range->count > plan->snats)
		return false;
	for (uint16_t i = 0; i < range->count; i++)
		if (mx_addr_is4(&plan->snat[range->first + i]) != is4 ||
		    plan->snat_box[range->first + i] != 0)
			return false;
	return true;
}

static bool
limits_are_good(const struct mx_plan *plan,
		const struct mx_client_limits *limits)
{
	return limits->prefix4 <= 128 && limits->prefix6 <= 128 &&
	       limits->answer < MX_ANSWERS &&
	       limits->allow_first + limits->allow_count <= plan->allows;
}

static bool
service_is_good(const struct mx_plan *plan, const struct mx_service *service)
{
	if (!service->used)
		return true;
	if (service->forward >= MX_FORWARDS || service->proxy >= MX_PROXIES ||
	    service->tunnel >= MX_TUNNELS ||
	    service->deny.answer >= MX_ANSWERS ||
	    (service->pool >= plan->pools && service->pool != MX_POOL_NONE))
		return false;
	if (service->answer >= MX_ANSWERS ||
	    service->host_bytes > sizeof(service->host))
		return false;
	/* A PROXY header needs both directions of the session to pass
	 * mxsteer. */
	if (service->proxy != MX_PROXY_OFF &&
	    service->forward != MX_FORWARD_FULLNAT)
		return false;
	if (service->fail_over != 0 && mx_forward_is_direct(service->forward))
		return false;
	if (service->early >= MX_EARLY_WORDS ||
	    (service->early != MX_EARLY_OFF &&
	     (mx_forward_is_direct(service->forward) || service->implicit_tls)))
		return false;
	if (service->delay_s > 0 && (service->cookies != MX_COOKIES_ALWAYS ||
				     service->early == MX_EARLY_OFF))
		return false;
	if (service->early == MX_EARLY_MARK && service->proxy != MX_PROXY_V2)
		return false;
	return range_is_good(plan, &service->snat4, true) &&
	       range_is_good(plan, &service->snat6, false) &&
	       limits_are_good(plan, &service->clients) &&
	       service->idle_s > 0 && service->half_open_s > 0 &&
	       service->greeting_s > 0 && service->closing_s > 0;
}

static bool
backend_is_good(const struct mx_plan *plan, const struct mx_backend *backend)
{
	if (!backend->used)
		return true;
	return backend->pool < MX_POOLS_MAX &&
	       (plan->ipv6 || mx_addr_is4(&backend->address.addr));
}

/* An IPv4 prefix is one of ::ffff:0:0/96, so it has 96 bits or more. */
static bool
order_is_good(const struct mx_end_order *order)
{
	return order->client.bits <= 128 && order->some <= 1 &&
	       order->denied <= 1 &&
	       (order->client.bits >= 96 || !mx_addr_is4(&order->client.addr));
}

static bool
rules_are_good(const struct mx_plan *plan)
{
	for (uint16_t i = 0; i < plan->deny_rules; i++) {
		const struct mx_deny_rule *rule = &plan->deny_rule[i];

		if (rule->bits > (mx_addr_is4(&rule->addr) ? 32 : 128) ||
		    rule->denied > 1 || rule->slot > MX_DENY_RULES_MAX)
			return false;
	}
	for (uint16_t i = 0; i < plan->end_orders; i++)
		if (!order_is_good(&plan->end_order[i]))
			return false;
	return true;
}

/* Only addresses that this plan owns: no other address of the site may get a
 * route. */
static bool
announces_are_good(const struct mx_plan *plan)
{
	for (uint16_t i = 0; i < plan->announces; i++) {
		const struct mx_announced *row = &plan->announce[i];
		const uint8_t kind =
			mx_owned_find(&plan->owned, &row->addr, 0)->kind;

		if (row->metric == 0 ||
		    (kind != MX_OWNED_ADDRESS && kind != MX_OWNED_SNAT))
			return false;
	}
	return true;
}

static bool
pick_is_good(const struct mx_plan *plan, const struct mx_pick *pick)
{
	bool none = false;
	bool some = false;

	for (uint32_t i = 0; i < MX_PICK_SLOTS; i++) {
		const uint16_t id = pick->slot[i];

		if (id > MX_BACKENDS_MAX)
			return false;
		if (id != MX_BACKEND_NONE && !plan->backend[id].used)
			return false;
		none |= id == MX_BACKEND_NONE;
		some |= id != MX_BACKEND_NONE;
	}
	return none != some;
}

static enum mx_plan_fault
check_rows(const struct mx_plan *plan, uint16_t ports)
{
	for (uint32_t i = 0; i < MX_SERVICES_MAX; i++)
		if (!service_is_good(plan, &plan->service[i]))
			return MX_PLAN_BAD_SERVICE;
	for (uint32_t i = 0; i <= MX_BACKENDS_MAX; i++) {
		const struct mx_backend *backend = &plan->backend[i];

		if (!backend_is_good(plan, backend))
			return MX_PLAN_BAD_BACKEND;
		if (backend->used && backend->resolved &&
		    backend->port >= ports)
			return MX_PLAN_NEEDS_PORT;
	}
	for (uint32_t i = 0; i < plan->pools; i++) {
		if (plan->pool[i].hash_input >= MX_HASH_INPUTS)
			return MX_PLAN_BAD_POOL;
		if (!pick_is_good(plan, &plan->pick[i]))
			return MX_PLAN_BAD_PICK;
	}
	if (plan->other_ports >> ports != 0)
		return MX_PLAN_NEEDS_PORT;
	for (uint32_t i = 0; i < plan->ways; i++)
		if (plan->way[i].port >= ports || plan->way[i].to_port >= ports)
			return MX_PLAN_NEEDS_PORT;
	for (uint32_t i = 0; i < plan->allows; i++)
		if (plan->allow[i].bits > 128)
			return MX_PLAN_BAD_SERVICE;
	if (!rules_are_good(plan))
		return MX_PLAN_BAD_RULE;
	if (!boxes_are_good(plan))
		return MX_PLAN_BAD_BOX;
	if (!announces_are_good(plan))
		return MX_PLAN_BAD_ANNOUNCE;
	return vips_are_good(plan) ? MX_PLAN_OK : MX_PLAN_BAD_VIP;
}

enum mx_plan_fault
mx_plan_check(const struct mx_plan *plan, size_t size_max, uint64_t generation,
	      uint16_t ports)
{
	if (size_max < sizeof(*plan) || plan->pools > MX_POOLS_MAX ||
	    plan->size_bytes != MX_PLAN_SIZE(plan->pools) ||
	    plan->size_bytes > size_max)
		return MX_PLAN_BAD_SIZE;
	if (plan->crc != plan_crc(plan))
		return MX_PLAN_BAD_CRC;
	if (plan->generation != generation)
		return MX_PLAN_BAD_GENERATION;
	if (plan->snats > MX_SNATS_MAX || plan->ways > MX_WAYS_MAX ||
	    plan->allows > MX_ALLOWS_MAX ||
	    plan->deny_rules > MX_DENY_RULES_MAX ||
	    plan->end_orders > MX_END_ORDERS_MAX ||
	    plan->announces > MX_ANNOUNCES_MAX)
		return MX_PLAN_BAD_COUNT;
	if (plan->owned.count == 0)
		return MX_PLAN_EMPTY;
	return check_rows(plan, ports);
}

const char *
mx_plan_fault_text(enum mx_plan_fault fault)
{
	return fault < MX_PLAN_FAULTS ? fault_text[fault] : "unknown fault";
}
