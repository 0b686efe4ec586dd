/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_WALK_H
#define MX_CONFIG_WALK_H

/* Load the file's mapping `root` of a parsed document into tree->config.  Adds
 * faults to the tree's errors. */
#include <yaml.h>

#include "tree.h"

void config_walk(struct config_tree *tree, yaml_document_t *document,
		 const yaml_node_t *root);

/* The line where a node begins, counted from 1. */
uint32_t config_node_line(const yaml_node_t *node);

#endif /* MX_CONFIG_WALK_H */
