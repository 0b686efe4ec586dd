/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of a group of boxes.  All boxes may have the same file but for the number
 * of the box, so the entries of other boxes are checked as those of this one. */
#include <arpa/inet.h>

#include "checks.h"
#include "lint.h"

/* The first port that any user may listen on (Linux: ip_unprivileged_port_start,
 * by default). */
#define PORT_MIN 1024

static bool
has_box(const struct mx_config_group *group, uint16_t box)
{
	for (uint16_t i = 0; i < group->box_count; i++)
		if (group->boxes[i].box == box)
			return true;
	return false;
}

static void
check_numbers(struct config_tree *tree)
{
	const struct mx_config_group *group = &tree->config->group;

	if (!has_box(group, group->box))
		config_error(tree, config_line(tree, &group->box),
			     "box: expected the number of an entry of boxes, "
			     "which has this box too, found %u",
			     group->box);
	for (uint16_t i = 0; i < group->box_count; i++)
		for (uint16_t j = 0; j < i; j++)
			if (group->boxes[i].box == group->boxes[j].box)
				config_error(
					tree,
					config_line(tree, &group->boxes[i]),
					"boxes: box %u: expected a number of "
					"its own, line %u has it already",
					group->boxes[i].box,
					config_line(tree, &group->boxes[j]));
}

static void
check_ports(struct config_tree *tree)
{
	const struct mx_config_group *group = &tree->config->group;

	for (uint16_t i = 0; i < group->box_count; i++) {
		const struct mx_endpoint *at = &group->boxes[i].address;

		if (ntohs(at->port_be) < PORT_MIN)
			config_error(
				tree, config_line(tree, at),
				"address: expected a port from %u on, such "
				"as 9708, as mxsteer-replica has no right "
				"to others, found %u",
				PORT_MIN, ntohs(at->port_be));
	}
}

static const struct mx_config_box_snat *
find_entry(const struct mx_config_service *s, uint16_t box)
{
	for (uint16_t i = 0; i < s->box_snat_count; i++)
		if (s->box_snat[i].box == box)
			return &s->box_snat[i];
	return NULL;
}

/* Check which boxes a service has addresses of. */
static void
check_entries(struct config_tree *tree, const struct mx_config_service *s)
{
	const struct mx_config_group *group = &tree->config->group;

	for (uint16_t i = 0; i < s->box_snat_count; i++) {
		const struct mx_config_box_snat *entry = &s->box_snat[i];
		const struct mx_config_box_snat *first =
			find_entry(s, entry->box);

		if (!has_box(group, entry->box))
			config_error(tree, config_line(tree, entry),
				     "service %s: snat-of-boxes: expected the "
				     "number of a box of the group, found %u: "
				     "add the box to boxes of group, or leave "
				     "the entry out",
				     s->name, entry->box);
		else if (first != entry)
			config_error(tree, config_line(tree, entry),
				     "service %s: snat-of-boxes: expected each "
				     "box once, line %u has box %u already",
				     s->name, config_line(tree, first),
				     entry->box);
	}
}

/* Take the addresses of this box as those of the service. */
static void
fill_own(struct config_tree *tree, struct mx_config_service *s)
{
	const struct mx_config_box_snat *own =
		find_entry(s, tree->config->group.box);

	for (uint16_t i = 0; own != NULL && i < own->snat_count; i++) {
		s->snat[i] = own->snat[i];
		config_same_line(tree, &s->snat[i], &own->snat[i]);
		s->snat_count++;
	}
}

/* Keep the addresses of the other boxes once each.  If there are too many, the
 * totals are refused. */
static void
fill_peers(struct mx_config *config, const struct mx_config_service *s)
{
	struct mx_config_group *group = &config->group;

	for (uint16_t i = 0; i < s->box_snat_count; i++) {
		const struct mx_config_box_snat *entry = &s->box_snat[i];

		for (uint16_t j = 0;
		     entry->box != group->box && j < entry->snat_count; j++)
			if (group->peer_snat_count < MX_SNATS_MAX &&
			    mx_config_snat_peer(config, &entry->snat[j]) == 0)
				group->peer_snat[group->peer_snat_count++] =
					(struct mx_config_peer_snat){
						entry->snat[j], entry->box};
	}
}

void
config_check_boxes(struct config_tree *tree)
{
	struct mx_config *config = tree->config;
	const bool grouped = config->group.box != 0;

	if (grouped) {
		check_numbers(tree);
		check_ports(tree);
	}
	for (uint16_t i = 0; i < config->service_count; i++) {
		struct mx_config_service *s = &config->service[i];

		if (s->box_snat_count == 0)
			continue;
		if (!grouped) {
			config_error(tree, config_line(tree, &s->box_snat[0]),
				     "service %s: snat-of-boxes: expected only "
				     "in a file with group, found none: write "
				     "snat in its place, or add group: {box, "
				     "secret, boxes}",
				     s->name);
		} else if (s->snat_count > 0) {
			config_error(tree, config_line(tree, &s->snat[0]),
				     "service %s: expected snat or "
				     "snat-of-boxes, found both: leave snat "
				     "out, as each box of a group has "
				     "addresses of its own",
				     s->name);
		} else {
			check_entries(tree, s);
			fill_own(tree, s);
			fill_peers(config, s);
		}
	}
}

static bool
entry_has(const struct mx_config_box_snat *entry, bool is4)
{
	for (uint16_t i = 0; i < entry->snat_count; i++)
		if (mx_addr_is4(&entry->snat[i]) == is4)
			return true;
	return false;
}

/* The number of a box with an address of the family, or 0. */
static uint16_t
box_with(const struct mx_config_service *s, bool is4)
{
	for (uint16_t i = 0; i < s->box_snat_count; i++)
		if (entry_has(&s->box_snat[i], is4))
			return s->box_snat[i].box;
	return 0;
}

/* Boxes that reach different MTAs would not choose alike.  So each has addresses of
 * the families that the backends have, or that another box has. */
static void
check_family(struct config_tree *tree, const struct mx_config_service *s,
	     bool is4)
{
	const char *family = is4 ? "IPv4" : "IPv6";
	const char *example = is4 ? "\"10.0.2.101\"" : "\"fd00:2::101\"";
	const struct mx_config_backend *backend =
		config_find_backend(&tree->config->pool[s->pool], is4);
	const uint16_t other = box_with(s, is4);

	for (uint16_t i = 0; i < s->box_snat_count; i++) {
		const struct mx_config_box_snat *entry = &s->box_snat[i];
		const uint32_t line = config_line(tree, entry);

		if (entry_has(entry, is4))
			continue;
		if (backend != NULL)
			config_error(tree, line,
				     "service %s: snat-of-boxes: expected an "
				     "%s address of box %u that no host has, "
				     "such as %s, from which fullnat reaches "
				     "backend %s",
				     s->name, family, entry->box, example,
				     backend->name);
		else if (other != 0)
			config_error(tree, line,
				     "service %s: snat-of-boxes: expected an "
				     "%s address of box %u, such as %s, as box "
				     "%u has one: all boxes must reach the "
				     "same MTAs",
				     s->name, family, entry->box, example,
				     other);
	}
}

/* A box opens sessions only from its own addresses. */
static void
check_fullnat(struct config_tree *tree, const struct mx_config_service *s)
{
	const struct mx_config_group *group = &tree->config->group;

	if (s->box_snat_count == 0) {
		config_error(tree, config_line_in(tree, &s->snat[0], s),
			     "service %s: expected snat-of-boxes in place of "
			     "snat, as each box of a group needs addresses of "
			     "its own: snat-of-boxes: [{box: %u, snat: "
			     "[\"10.0.2.101\"]}, ...]",
			     s->name, group->box);
		return;
	}
	for (uint16_t i = 0; i < group->box_count; i++) {
		const uint16_t box = group->boxes[i].box;

		if (find_entry(s, box) == NULL)
			config_error(tree, config_line(tree, &s->box_snat[0]),
				     "service %s: snat-of-boxes: expected "
				     "addresses of each box of the group, "
				     "found none of box %u%s: add {box: %u, "
				     "snat: [...]}",
				     s->name, box,
				     box == group->box ? ", which is this one"
						       : "",
				     box);
	}
	check_family(tree, s, true);
	check_family(tree, s, false);
}

void
config_check_group(struct config_tree *tree)
{
	const struct mx_config *config = tree->config;

	if (config->group.box == 0)
		return;
	if (config->group.box_count == 1)
		lint_warn(tree, LINT_LONE_BOX,
			  config_line(tree, &config->group.boxes[0]),
			  "boxes: expected two boxes or more, found one: no "
			  "other box carries its sessions; all boxes of the "
			  "group, this one too, have an entry here");
	for (uint16_t i = 0; i < config->service_count; i++) {
		const struct mx_config_service *s = &config->service[i];

		if (s->forward == MX_FORWARD_FULLNAT)
			check_fullnat(tree, s);
		else if (s->forward == MX_FORWARD_NAT)
			lint_warn(tree, LINT_NAT_GROUP,
				  config_line_in(tree, &s->forward, s),
				  "service %s: with forward: nat the MTAs send "
				  "their replies to one gateway, which must be "
				  "the box that has the clients' packets: let "
				  "keepalived move the VIPs and the MTAs' "
				  "gateway address together. Expected forward: "
				  "fullnat if routers share clients out to "
				  "several boxes",
				  s->name);
	}
}
