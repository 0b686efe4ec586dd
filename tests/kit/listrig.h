/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LISTRIG_H
#define MX_LISTRIG_H

/* The file of a deny list for a whole control plane (serving.h), and what the plan
 * has of it. */
#include "serving.h"

extern char listrig_path[128];

/* Begin serving, with no list yet. */
void listrig_setup(void);
void listrig_teardown(void);

/* Replace the file as a whole. */
void listrig_write(const char *text);

/* Write the configuration `name` with one service.  deny: of the service, in YAML;
 * or empty. */
void listrig_configure(const char *name, const char *deny);

const struct mx_plan *listrig_plan(void);

/* The list of the first service of the plan. */
const struct mx_service_deny *listrig_published(void);

/* Does the table that the plan names deny an IPv4 address? */
bool listrig_denies(uint32_t addr);

#endif /* MX_LISTRIG_H */
