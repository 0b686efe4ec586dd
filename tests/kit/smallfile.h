/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_SMALLFILE_H
#define MX_TESTS_SMALLFILE_H

/* A configuration with one port, one service and one backend, and the same file
 * with one change. */
#include "config.h"

/* The text of the file.  Each part is a string literal. */
#define SMALLFILE(instance, workers, sessions_max, port)                       \
	"instance: " instance "\n"                                             \
	"dataplane:\n"                                                         \
	"  workers: " workers "\n"                                             \
	"  sessions-max: " sessions_max "\n"                                   \
	"  ports:\n"                                                           \
	"    - {" port "}\n"                                                   \
	"services:\n"                                                          \
	"  - name: in\n"                                                       \
	"    listen: [\"198.51.100.25:25\"]\n"                                 \
	"    pool: mx\n"                                                       \
	"    forward: fullnat\n"                                               \
	"    snat: [\"10.0.2.100\"]\n"                                         \
	"    client-address: hidden\n"                                         \
	"pools:\n"                                                             \
	"  - name: mx\n"                                                       \
	"    backends: [{name: a, address: \"10.0.2.11:25\"}]\n"

/* Parse a text in which `from`, which it must have, is written as `to`.  Returns
 * the configuration, which the caller frees; or NULL with the errors. */
struct mx_config *smallfile_try(const char *text, const char *from,
				const char *to,
				struct mx_config_errors *errors);

/* The same.  The test fails if the text is refused. */
struct mx_config *smallfile_parse(const char *text, const char *from,
				  const char *to);

#endif /* MX_TESTS_SMALLFILE_H */
