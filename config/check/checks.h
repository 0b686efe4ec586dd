/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_CHECKS_H
#define MX_CONFIG_CHECKS_H

/* Checks of values that have the right shape and may still make no sense.
 * Threads    none of its own; the caller owns the tree. */
#include "tree.h"

/* Check the meaning of a loaded tree: add errors and warnings, and resolve the
 * references. */
void config_check(struct config_tree *tree);

/* Check the ports: the keys of each driver, and what two ports may not share. */
void config_check_ports(struct config_tree *tree);

/* Check the boxes of a group, and the entries of snat-of-boxes.  Fills service.snat
 * with the addresses of this box, and group.peer_snat with all others. */
void config_check_boxes(struct config_tree *tree);

/* The parts of config_check().  They need indexes in range, so no errors
 * before. */
void config_check_addresses(struct config_tree *tree);
void config_check_modes(struct config_tree *tree);      /* fills pool.proxy */
void config_check_directions(struct config_tree *tree); /* fills defaults */
void config_check_crossings(struct config_tree *tree);
void config_check_answers(struct config_tree *tree);
void config_check_handshakes(struct config_tree *tree);
void config_check_discover(struct config_tree *tree);
void config_check_probes(struct config_tree *tree); /* fills pool.check */
void config_check_said_names(struct config_tree *tree);
void config_check_agents(struct config_tree *tree); /* fills agent.port */
void config_check_log(struct config_tree *tree);
void config_check_http(struct config_tree *tree);
void config_check_group(struct config_tree *tree);

/* The pool's first backend of a family, or NULL. */
const struct mx_config_backend *
config_find_backend(const struct mx_config_pool *pool, bool is4);

/* Do only the site's own users connect to the port? */
bool config_is_submission_port(uint16_t port);

/* Is each service of the pool outbound? */
bool config_is_outbound(const struct mx_config *config, uint16_t pool);

#endif /* MX_CONFIG_CHECKS_H */
