/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_TREE_H
#define MX_CONFIG_TREE_H

/* What load.c and check.c share: where in the file everything stood.
 *
 * A mark ties a place in the config struct to a line, so that a check that
 * finds fault with a value can name its line without carrying one about. */
#include "config.h"

struct config_mark {
	const void *where;
	uint32_t line;
};

/* A pool named by a service; becomes an index once all pools are known. */
struct config_reference {
	uint16_t *where;
	uint32_t line;
	char name[MX_NAME_MAX];
};

/* Far more than the largest legal file has; one with more is refused. */
#define CONFIG_MARKS_MAX 262144

struct config_tree {
	const char *file; /* for messages */
	struct mx_config *config;
	struct mx_config_errors *errors;
	struct config_mark *mark;
	uint32_t marks;
	struct config_reference reference[MX_SERVICES_MAX];
	uint16_t references;
};

/* Add "file:line: ..." to the errors. */
void config_error(struct config_tree *tree, uint32_t line, const char *format,
		  ...) __attribute__((format(printf, 3, 4)));

/* Add "file:line: warning: ..." to the warnings, which refuse nothing. */
void config_warning(struct config_tree *tree, uint32_t line, const char *format,
		    ...) __attribute__((format(printf, 3, 4)));

/* The line where the value at `where` stood, or 1 if it stood nowhere. */
uint32_t config_line(const struct config_tree *tree, const void *where);

/* Did the file say it, or is it a default? */
bool config_said(const struct config_tree *tree, const void *where);

/* Find fault with the meaning of a loaded tree: adds errors and warnings,
 * resolves the references. */
void config_check(struct config_tree *tree);

/* Its rooms.  Both want indexes in range: no errors so far. */
void config_check_addresses(struct config_tree *tree);
void config_check_modes(struct config_tree *tree); /* fills pool.proxy */

#endif /* MX_CONFIG_TREE_H */
