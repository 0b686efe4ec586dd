/* SPDX-License-Identifier: BSD-3-Clause */
#include "discovery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "derive.h"
#include "discoverytell.h"
#include "eventlog.h"
#include "former.h"
#include "lastgood.h"
#include "timer.h"

static uint16_t
index_of(const struct discovery_pool *pool)
{
	const struct mx_config *file = pool->all->file;
	uint16_t i = 0;

	while (strcmp(file->pool[i].name, pool->pool) != 0)
		i++;
	return i; /* discovery_follow() has freed the others */
}

/* Can a backend take sessions? */
static bool
can_take(const struct backend *b)
{
	return b->override.admin == ADMIN_READY && health_serves(&b->health);
}

static bool
serves(void *arg, const struct mx_addr *addr)
{
	const struct discovery_pool *pool = arg;
	const struct mx_endpoint at = {*addr, htons(pool->config.port)};

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &pool->all->state->backend[id];

		if (b->config != NULL && strcmp(b->pool, pool->pool) == 0 &&
		    mx_endpoint_equal(&b->address, &at))
			return can_take(b);
	}
	return false;
}

/* Does a backend that the file itself has serve? */
static bool
others_serve(const struct discovery_pool *pool,
	     const struct mx_config_pool *file)
{
	char label[STATE_LABEL_MAX];
	struct backend wanted = {0};

	strcpy(wanted.pool, pool->pool);
	for (uint16_t i = 0; i < file->backend_count; i++) {
		strcpy(wanted.name, file->backend[i].name);
		const uint16_t id = state_find(pool->all->state,
					       state_label(&wanted, label));
		if (id != MX_BACKEND_NONE &&
		    can_take(&pool->all->state->backend[id]))
			return true;
	}
	return false;
}

/* How many may join, so that ids are left. */
static uint16_t
count_places(const struct state *state)
{
	uint16_t unused = 0;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		unused += !state->backend[id].used;
	return unused > DISCOVERY_IDS_LEFT ? unused - DISCOVERY_IDS_LEFT : 0;
}

static uint32_t
bound_ttl(const struct finding *finding)
{
	uint32_t ttl_s = finding->ttl_s;

	if (finding->end != DNS_ANSWERED && finding->addresses == 0)
		ttl_s = DISCOVERY_NO_TTL_S;
	if (ttl_s < DISCOVERY_TTL_MIN_S)
		return DISCOVERY_TTL_MIN_S;
	return ttl_s < DISCOVERY_TTL_MAX_S ? ttl_s : DISCOVERY_TTL_MAX_S;
}

/* Has any target an address of neither family? */
static bool
lacks_address(const struct finding *finding)
{
	for (uint16_t i = 0; i < finding->hosts; i++)
		if (!finding_has_address(finding, i))
			return true;
	return false;
}

static void
ask_in(struct discovery_pool *pool, uint32_t seconds)
{
	pool->next_ms = clock_ms() + UINT64_C(1000) * seconds;
	timer_set(pool->due, UINT64_C(1000) * seconds);
}

/* The members that a pool begins with. */
static void
begin_members(const struct discovery *discovery,
	      const struct mx_config_pool *from, struct membership *m)
{
	lastgood_find(discovery->remembered, from->name, from->discover.mx, m);
	former_add(discovery->state, from, m);
}

/* The members of a pool of a file, which may not be in force yet.  Valid until
 * the next call. */
static const struct membership *
members_of(void *arg, const struct mx_config_pool *pool)
{
	struct discovery *discovery = arg;
	const struct discovery_pool *found =
		discovery_find(discovery, pool->name);

	if (found != NULL && found->members.count > 0)
		return &found->members;
	begin_members(discovery, pool, &discovery->found);
	return &discovery->found;
}

static const char *
unfit(void *arg, const struct mx_config *file, uint16_t pool,
      const struct mx_addr *addr)
{
	const struct discovery *discovery = arg;

	return discovery->unfit(discovery->arg, file, pool, addr);
}

struct derive_source
discovery_source(struct discovery *discovery, const struct mx_config *file)
{
	return (struct derive_source){.file = file,
				      .members = members_of,
				      .unfit = unfit,
				      .arg = discovery};
}

static void
save(struct discovery *discovery)
{
	json_t *pools = json_array();

	for (uint16_t i = 0; i < discovery->count; i++) {
		const struct discovery_pool *pool = discovery->pool[i];

		if (pool->members.count > 0)
			json_array_append_new(
				pools, lastgood_row(pool->pool, pool->config.mx,
						    &pool->members));
	}
	json_decref(discovery->remembered);
	discovery->remembered = json_incref(pools);
	const int error = lastgood_save(discovery->path, pools);
	if (error != 0 && error != discovery->error)
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_DNS, "answers of DNS",
			      "not saved to %s: %s; a restart while DNS fails "
			      "would forget them",
			      discovery->path, strerror(-error));
	discovery->error = error;
}

/* Take what was found, with the rules of membership. */
static void
take(struct discovery_pool *pool, const struct finding *finding,
     struct membership *before)
{
	const struct mx_config_pool *file =
		&pool->all->file->pool[index_of(pool)];
	const struct membership_scene scene = {
		.now_ms = clock_ms(),
		.ttl_s = bound_ttl(finding),
		.trust = pool->config.trust == MX_SWITCH_ON,
		.join_max = count_places(pool->all->state),
		.others = file->backend_count,
		.others_serve = others_serve(pool, file),
		.serves = serves,
		.arg = pool,
	};

	*before = pool->members;
	pool->step = membership_take(&pool->members, finding, &scene);
	if (pool->step.hold == MEMBERSHIP_TAKEN)
		pool->answered_s = clock_wall_s();
	discoverytell_answer(pool);
	discoverytell_members(pool, before);
	if (!membership_equal(before, &pool->members))
		save(pool->all);
}

static void
on_found(void *arg, const struct finding *finding)
{
	struct discovery_pool *pool = arg;
	struct discovery *discovery = pool->all;
	struct finding *usable = malloc(sizeof(*usable));
	struct membership *before = malloc(sizeof(*before));
	const bool partial =
		!dns_is_answer(finding->end) || finding_is_partial(finding);

	if (pool->last == NULL)
		pool->last = malloc(sizeof(*pool->last));
	if (usable != NULL && before != NULL && pool->last != NULL) {
		*pool->last = *usable = *finding;
		const struct derive_source source =
			discovery_source(discovery, discovery->file);
		pool->refused = derive_drop(&source, index_of(pool), usable,
					    pool->refusal);
		take(pool, usable, before);
	}
	free(usable);
	free(before);
	pool->failures += finding->end > DNS_EMPTY;
	pool->turn = partial ? pool->turn + 1 : 0;
	uint32_t ttl_s = bound_ttl(finding);
	/* What is missing in a zone may come soon, whatever the TTL of the
	 * rest; and what is refused may be of use soon. */
	if ((pool->held[0] != '\0' || pool->refused > 0 ||
	     lacks_address(finding)) &&
	    ttl_s > DISCOVERY_NO_TTL_S)
		ttl_s = DISCOVERY_NO_TTL_S;
	ask_in(pool, partial && ttl_s > DISCOVERY_AGAIN_S ? DISCOVERY_AGAIN_S
							  : ttl_s);
	inquiry_free(pool->inquiry);
	pool->inquiry = NULL;
	discovery->changed(discovery->arg);
}

static void
on_due(void *arg)
{
	struct discovery_pool *pool = arg;
	const struct mx_config *file = pool->all->file;
	const uint16_t p = index_of(pool);
	const struct inquiry_task task = {
		.domain = pool->config.mx,
		.family = {mx_config_reaches(file, p, true),
			   mx_config_reaches(file, p, false)},
		.server = pool->config.resolver,
		.servers = pool->config.resolver_count,
		.turn = pool->turn,
	};

	inquiry_free(pool->inquiry);
	pool->inquiry = inquiry_new(pool->all->base, &task, on_found, pool);
	if (pool->inquiry == NULL) {
		ask_in(pool, DISCOVERY_AGAIN_S);
		return;
	}
	pool->asked_s = clock_wall_s();
	pool->inquiries++;
	inquiry_servers(pool->inquiry, pool->servers);
}

static void
pool_free(struct discovery_pool *pool)
{
	inquiry_free(pool->inquiry);
	timer_free(pool->due);
	free(pool->last);
	free(pool);
}

static struct discovery_pool *
pool_new(struct discovery *discovery, const struct mx_config_pool *from)
{
	struct discovery_pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		return NULL;
	pool->due = timer_new(discovery->base, on_due, pool);
	if (pool->due == NULL) {
		free(pool);
		return NULL;
	}
	pool->all = discovery;
	strcpy(pool->pool, from->name);
	begin_members(discovery, from, &pool->members);
	return pool;
}

/* Take the pool of this name out of the list, or make it.  Another domain, other
 * resolvers or other families are asked at once. */
static struct discovery_pool *
take_pool(struct discovery *discovery, const struct mx_config_pool *from)
{
	struct discovery_pool *pool = NULL;

	for (uint16_t i = 0; i < discovery->count && pool == NULL; i++)
		if (strcmp(discovery->pool[i]->pool, from->name) == 0) {
			pool = discovery->pool[i];
			discovery->pool[i] =
				discovery->pool[--discovery->count];
		}
	if (pool == NULL)
		pool = pool_new(discovery, from);
	else if (pool->members.count == 0)
		former_add(discovery->state, from, &pool->members);
	if (pool == NULL)
		return NULL;
	/* An MX that another domain had is none that vanished. */
	if (pool->config.mx[0] != '\0' &&
	    strcmp(pool->config.mx, from->discover.mx) != 0)
		pool->members.explicit_mx = false;
	pool->config = from->discover;
	timer_fire_now(pool->due);
	return pool;
}

int
discovery_follow(struct discovery *discovery, const struct mx_config *file)
{
	struct discovery_pool *followed[MX_POOLS_MAX];
	uint16_t count = 0;
	int error = 0;

	for (uint16_t p = 0; file != NULL && p < file->pool_count; p++) {
		if (file->pool[p].discover.mx[0] == '\0')
			continue;
		struct discovery_pool *pool =
			take_pool(discovery, &file->pool[p]);
		if (pool != NULL)
			followed[count++] = pool;
		else
			error = -ENOMEM;
	}
	while (discovery->count > 0)
		pool_free(discovery->pool[--discovery->count]);
	for (uint16_t i = 0; i < count; i++)
		discovery->pool[i] = followed[i];
	discovery->count = count;
	discovery->file = file;
	/* A restart must find the members under the domain of now, and nobody
	 * those of a pool that is not followed any more. */
	if (count > 0 || json_array_size(discovery->remembered) > 0)
		save(discovery);
	return error;
}

const struct discovery_pool *
discovery_find(const struct discovery *discovery, const char *pool)
{
	for (uint16_t i = 0; i < discovery->count; i++)
		if (strcmp(discovery->pool[i]->pool, pool) == 0)
			return discovery->pool[i];
	return NULL;
}

const char *
discovery_host(const struct discovery *discovery, const char *pool,
	       const struct mx_endpoint *at)
{
	const struct discovery_pool *found = discovery_find(discovery, pool);

	if (found == NULL || at->port_be != htons(found->config.port))
		return NULL;
	for (uint16_t i = 0; i < found->members.count; i++)
		if (mx_addr_equal(&found->members.member[i].addr, &at->addr))
			return found->members.member[i].host;
	return NULL;
}

void
discovery_start(struct discovery *discovery)
{
	int error;

	discovery->remembered = lastgood_load(discovery->path, &error);
	if (error != 0)
		eventlog_tell(LOG_LEVEL_WARN, EVENT_DNS, discovery->path,
			      "is of no use (%s): pools by DNS begin empty",
			      error == -EINVAL ? "not as this version writes it"
					       : strerror(-error));
}

void
discovery_end(struct discovery *discovery)
{
	while (discovery->count > 0)
		pool_free(discovery->pool[--discovery->count]);
	json_decref(discovery->remembered);
	discovery->remembered = NULL;
	discovery->file = NULL;
}
