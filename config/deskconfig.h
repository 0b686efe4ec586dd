/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_DESKCONFIG_H
#define MX_CONFIG_DESKCONFIG_H

/* The parts of a configuration that are about its operators: what they are warned
 * of, who may do what, and where they read; and what the site's routers are told.
 * config.h has the whole.
 * Threads    plain data: any. */
#include <net/if.h>
#include <stdint.h>

#include "bounds.h"
#include "endpoint.h"
#include "logsheet.h"

/* Texts of the whole configuration, with a terminator. */
#define MX_FILE_PATH_MAX 256
#define MX_HOSTNAME_MAX 254 /* RFC 1035: 253 and a terminator */

/* A kind of warning that the file does not want to see; see check/lint.h. */
#define MX_CONFIG_LINTS_MAX 32
#define MX_LINT_REASON_MAX 128 /* with a terminator */
struct mx_config_lint {
	char name[MX_NAME_MAX];
	char reason[MX_LINT_REASON_MAX];
};

/* Who may use the CLI besides root and the group mxsteer. */
struct mx_config_access {
	char operate[MX_NAME_MAX]; /* a group; empty: nobody */
	char read[MX_NAME_MAX];    /* a group, or "everyone"; empty: nobody */
};

/* The log of sessions, which mxsteer-log writes. */
struct mx_config_log {
	enum logsheet_sink sessions;
	enum logsheet_format format;
	enum logsheet_only only;
	enum logsheet_lines lines;
	char file[MX_FILE_PATH_MAX]; /* empty: see mx_config_log_file() */
	uint16_t service_count;      /* 0: all services have lines */
	char service[MX_SERVICES_MAX][MX_NAME_MAX];
};

/* The HTTP server of the control plane. */
#define MX_HTTP_HOSTS_MAX 16

struct mx_config_http {
	struct mx_endpoint listen; /* port 0: off */
	uint16_t host_count;
	char host[MX_HTTP_HOSTS_MAX][MX_HOSTNAME_MAX]; /* its names */
};

/* The largest metric, so that a worse one still fits the kernel's. */
#define MX_ANNOUNCE_METRIC_MAX 1000000

/* When the address of a VIP is announced. */
enum mx_announce_while {
	MX_ANNOUNCE_SERVED, /* while a service of it has an MTA that serves */
	MX_ANNOUNCE_ALWAYS,
	MX_ANNOUNCE_WHILES,
};

/* When ARP and ND are answered for the addresses of VIPs. */
enum mx_announce_neighbours {
	MX_NEIGHBOURS_ALWAYS,
	MX_NEIGHBOURS_ROLE, /* while `announce on` is in force */
	MX_NEIGHBOURS_WHENS,
};

struct mx_config_announce {
	char interface[IF_NAMESIZE]; /* empty: there are no routes */
	uint32_t metric;
	enum mx_announce_while when;
	enum mx_announce_neighbours neighbours;
};

#endif /* MX_CONFIG_DESKCONFIG_H */
