/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of addresses: which addresses a host can have, and which uses of an
 * address exclude each other. */
#include <string.h>

#include "prefix.h"
#include "checks.h"

/* One use of an address. */
struct use {
	struct mx_endpoint endpoint; /* port 0: the address as a whole */
	const void *where;
	enum { USE_VIP, USE_SNAT, USE_PEER_SNAT, USE_BACKEND, USE_BOX } kind;
	uint16_t owner; /* pool of a backend, service of a snat address */
	uint16_t box;   /* whose snat address it is; 0: of this one */
};

/* All addresses of the file, whose totals are checked before. */
#define USES_MAX (MX_VIPS_MAX + MX_SNATS_MAX + MX_BACKENDS_MAX + MX_BOXES_MAX)

static const char *const use_name[] = {
	[USE_VIP] = "a listen address",
	[USE_SNAT] = "a snat address",
	[USE_PEER_SNAT] = "a snat address of another box",
	[USE_BACKEND] = "a backend's address",
	[USE_BOX] = "the address of a box",
};

static void
check_host(struct config_tree *tree, const struct mx_addr *addr,
	   const void *where)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	if (!mx_addr_is_host(addr))
		config_error(tree, config_line(tree, where),
			     "expected the address of a host, found %s",
			     mx_addr_format(addr, text));
	else if (mx_addr_is_link_local(addr))
		config_error(tree, config_line(tree, where),
			     "expected an address that is valid beyond one "
			     "link, such as one of fd00::/8, found %s",
			     mx_addr_format(addr, text));
}

/* Do two uses exclude each other? */
static bool
uses_clash(const struct use *a, const struct use *b)
{
	if (!mx_addr_equal(&a->endpoint.addr, &b->endpoint.addr))
		return false;
	if (a->kind != b->kind || a->box != b->box)
		return true;
	/* Services may share local addresses, and pools may share backends. */
	return a->endpoint.port_be == b->endpoint.port_be &&
	       a->owner == b->owner;
}

/* Returns the number of uses. */
static uint32_t
collect_service(const struct mx_config *config, uint16_t i, struct use *use)
{
	const struct mx_config_service *s = &config->service[i];
	uint32_t count = 0;

	for (uint16_t j = 0; j < s->vip_count; j++)
		use[count++] =
			(struct use){s->vip[j], &s->vip[j], USE_VIP, 0, 0};
	for (uint16_t j = 0; j < s->snat_count; j++)
		use[count++] = (struct use){
			{s->snat[j], 0}, &s->snat[j], USE_SNAT, i, 0};
	for (uint16_t j = 0; j < s->box_snat_count; j++) {
		const struct mx_config_box_snat *entry = &s->box_snat[j];

		for (uint16_t k = 0;
		     entry->box != config->group.box && k < entry->snat_count;
		     k++)
			use[count++] = (struct use){{entry->snat[k], 0},
						    &entry->snat[k],
						    USE_PEER_SNAT,
						    i,
						    entry->box};
	}
	return count;
}

static uint32_t
collect_uses(const struct mx_config *config, struct use *use)
{
	const struct mx_config_group *group = &config->group;
	uint32_t count = 0;

	for (uint16_t i = 0; i < config->service_count; i++)
		count += collect_service(config, i, &use[count]);
	for (uint16_t i = 0; i < config->pool_count; i++) {
		const struct mx_config_pool *pool = &config->pool[i];

		for (uint16_t j = 0; j < pool->backend_count; j++)
			use[count++] = (struct use){pool->backend[j].address,
						    &pool->backend[j].address,
						    USE_BACKEND, i, 0};
	}
	for (uint16_t i = 0; i < group->box_count; i++)
		use[count++] =
			(struct use){group->boxes[i].address,
				     &group->boxes[i].address, USE_BOX, 0, 0};
	return count;
}

static void
check_use(struct config_tree *tree, const struct use *use, uint32_t i)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	check_host(tree, &use[i].endpoint.addr, use[i].where);
	for (uint32_t j = 0; j < i; j++) {
		if (!uses_clash(&use[i], &use[j]))
			continue;
		config_error(tree, config_line(tree, use[i].where),
			     "%s: expected an address of its own, line %u has "
			     "it as %s",
			     mx_addr_format(&use[i].endpoint.addr, text),
			     config_line(tree, use[j].where),
			     use_name[use[j].kind]);
		return;
	}
}

/* The flow chooses among all addresses of a tunnel's source.  If a host had one
 * of them, it would get the answers. */
static void
check_source(struct config_tree *tree, const struct mx_config_prefix *source,
	     const struct use *use, uint32_t count)
{
	char prefix[MX_PREFIX_TEXT_MAX];
	char text[MX_ENDPOINT_TEXT_MAX];

	check_host(tree, &source->addr, source);
	for (uint32_t i = 0; i < count; i++) {
		if (!mx_prefix_contains(source, &use[i].endpoint.addr))
			continue;
		config_error(tree, config_line(tree, source),
			     "source: expected a prefix of unused addresses, "
			     "and %s has %s, %s in line %u",
			     mx_prefix_format(source, prefix),
			     mx_addr_format(&use[i].endpoint.addr, text),
			     use_name[use[i].kind],
			     config_line(tree, use[i].where));
		return;
	}
}

void
config_check_addresses(struct config_tree *tree)
{
	static struct use use[USES_MAX]; /* too large for a stack */
	const struct mx_config *config = tree->config;
	const uint32_t count = collect_uses(config, use);

	for (uint32_t i = 0; i < count; i++)
		check_use(tree, use, i);
	for (uint16_t i = 0; i < config->service_count; i++) {
		const struct mx_config_service *s = &config->service[i];

		for (uint16_t j = 0; j < s->tunnel_source_count; j++)
			check_source(tree, &s->tunnel_source[j], use, count);
	}
}
