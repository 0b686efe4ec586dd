/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_TREE_H
#define MX_CONFIG_TREE_H

/* The data that walk.c and the checks share: the line of each value in the file.
 *
 * A mark links a field of the config struct to a line.  So a check that finds a
 * fault in a value can name its line. */
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

/* Far more than the largest legal file has.  A file with more is refused. */
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

/* Add "file:line: ..." to the errors.  line: 0 if the fault is of no line. */
void config_error(struct config_tree *tree, uint32_t line, const char *format,
		  ...) __attribute__((format(printf, 3, 4)));

/* Add "file:line: warning[NAME]: text" to the warnings, which are no reason to
 * refuse.  name: of check/lint.h. */
void config_warning(struct config_tree *tree, uint32_t line, const char *name,
		    const char *text);

/* The line of the value at `where`, or 1 if the file does not have it. */
uint32_t config_line(const struct config_tree *tree, const void *where);

/* Is the value in the file, or is it a default? */
bool config_said(const struct config_tree *tree, const void *where);

/* The value at `where` was made of the one at `like`, and has its line. */
void config_same_line(struct config_tree *tree, const void *where,
		      const void *like);

/* The line of the value at `where`; or of `whole`, which it belongs to, if the
 * value is a default. */
static inline uint32_t
config_line_in(const struct config_tree *tree, const void *where,
	       const void *whole)
{
	return config_line(tree, config_said(tree, where) ? where : whole);
}

#endif /* MX_CONFIG_TREE_H */
