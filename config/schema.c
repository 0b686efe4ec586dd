/* SPDX-License-Identifier: BSD-3-Clause */
#include "schema.h"

#include "config.h"
#include "words.h"

static const char *const while_words[] = {"served", "always", NULL};
static const char *const neighbours_words[] = {"always", "role", NULL};

static bool
is_dpdk(const void *map)
{
	const struct mx_config_port *port = map;

	return port->driver == MX_DRIVER_DPDK;
}

/* The device of a port with a bond is made of the bond. */
static bool
has_device(const void *map)
{
	const struct mx_config_port *port = map;

	return is_dpdk(port) && port->member_count == 0;
}

static bool
has_bond(const void *map)
{
	const struct mx_config_port *port = map;

	return is_dpdk(port) && port->member_count > 0;
}

static bool
may_have_twin(const void *map)
{
	const struct mx_config_port *port = map;

	return is_dpdk(port) &&
	       (port->interface[0] != '\0' || port->twin == MX_TWIN_OFF);
}

static bool
has_group(const void *map)
{
	return ((const struct mx_config *)map)->group.box != 0;
}

static bool
has_routes(const void *map)
{
	return ((const struct mx_config_announce *)map)->interface[0] != '\0';
}

static bool
announces(const void *map)
{
	const struct mx_config_announce *announce =
		&((const struct mx_config *)map)->announce;

	return has_routes(announce) ||
	       announce->neighbours != MX_NEIGHBOURS_ALWAYS;
}

/* clang-format off */
static const struct key bond_keys[] = {
	{"mode", KEY_SCALAR, {SCALAR_WORD, .words = bond_words},
	 FIELD_FROM(mx_config_port, bond, bond), .fallback = "active-backup",
	 .about = "How the members of the bond share the work."},
	{"members", KEY_SCALARS, {SCALAR_DEVICE},
	 LIST_FROM(mx_config_port, bond, member, member_count),
	 .about = "The network cards of the bond: PCI addresses or virtual devices of DPDK."},
	{0},
};

static const struct key port_keys[] = {
	{"name", KEY_SCALAR, {SCALAR_NAME}, FIELD(mx_config_port, name),
	 .missing = "the name by which messages and tables call the port",
	 .about = "The name of the port in messages and tables."},
	{"driver", KEY_SCALAR, {SCALAR_WORD, .words = driver_words},
	 FIELD(mx_config_port, driver), .fallback = "af_packet",
	 .about = "How mxsteer gets the frames of the network."},
	{"interface", KEY_SCALAR, {SCALAR_INTERFACE},
	 FIELD(mx_config_port, interface),
	 .about = "The kernel's interface in this network; with driver dpdk the twin that mxsteer makes."},
	{"device", KEY_SCALAR, {SCALAR_DEVICE}, FIELD(mx_config_port, device),
	 .fits = has_device,
	 .about = "The network card that DPDK drives without the kernel."},
	{"bond", KEY_MAP, .map = bond_keys, FIELD(mx_config_port, bond),
	 .fits = has_bond,
	 .about = "Several network cards that work as one port, in place of device."},
	{"queues", KEY_SCALAR, {SCALAR_U16, 1, MX_WORKERS_MAX},
	 FIELD(mx_config_port, queues),
	 .fits = is_dpdk,
	 .about = "The receive queues of the card; without the key there is one for each worker."},
	{"mtu", KEY_SCALAR, {SCALAR_U16, MX_MTU_MIN_DPDK, MX_MTU_MAX_DPDK},
	 FIELD(mx_config_port, mtu),
	 .fits = is_dpdk,
	 .about = "The largest IP packet of the port, in bytes; without the key it is 1500."},
	{"twin", KEY_SCALAR, {SCALAR_WORD, .words = twin_words},
	 FIELD(mx_config_port, twin), .fallback = "auto",
	 .fits = may_have_twin,
	 .about = "How the kernel exchanges its own frames with the card."},
	{"vlan", KEY_SCALAR, {SCALAR_U16, 1, MX_VLAN_MAX},
	 FIELD(mx_config_port, vlan),
	 .fits = is_dpdk,
	 .about = "The number of the VLAN whose tagged frames belong to the port."},
	{0},
};

static const struct key dataplane_keys[] = {
	{"workers", KEY_SCALARS, {SCALAR_U16, 0, 1023},
	 LIST(mx_config_dataplane, worker_core, worker_count),
	 .missing = "the cores to poll on, such as [1]",
	 .about = "The CPU cores that poll the ports, one worker each."},
	{"idle", KEY_SCALAR, {SCALAR_WORD, .words = idle_words},
	 FIELD(mx_config_dataplane, idle), .fallback = "poll",
	 .about = "Whether a worker uses up its core, or sleeps while no mail comes."},
	{"telemetry", KEY_SCALAR, {SCALAR_WORD, .words = switch_words},
	 FIELD(mx_config_dataplane, telemetry), .fallback = "off",
	 .about = "Whether DPDK's own tools may ask for counters, at a socket of root."},
	{"sessions-max", KEY_SCALAR, {SCALAR_U32, 1000, MX_SESSIONS_MAX},
	 FIELD(mx_config_dataplane, sessions_max), .fallback = "1000000",
	 .about = "The most sessions at once, of all workers together."},
	{"ports", KEY_MAPS, .map = port_keys,
	 LIST(mx_config_dataplane, port, port_count),
	 .missing = "a list of network ports, each {name: wan, driver: af_packet, interface: eth0}",
	 .about = "The network ports from which mxsteer forwards mail."},
	{0},
};

static const struct key box_keys[] = {
	{"box", KEY_SCALAR, {SCALAR_U16, 1, MX_BOXES_MAX},
	 FIELD(mx_config_box, box),
	 .missing = "the number of the box, from 1 to 16",
	 .about = "The number of the box."},
	{"address", KEY_SCALAR, {SCALAR_ENDPOINT,
	  .expected = "an address and a port, such as \"10.9.0.1:9708\""},
	 FIELD(mx_config_box, address),
	 .missing = "where mxsteer-replica of the box listens, such as \"10.9.0.1:9708\"",
	 .about = "The address and port at which mxsteer-replica of the box listens."},
	{0},
};

static const struct key group_keys[] = {
	{"box", KEY_SCALAR, {SCALAR_U16, 1, MX_BOXES_MAX},
	 FIELD(mx_config_group, box),
	 .missing = "the number of this box, from 1 to 16",
	 .about = "The number of this box; a change needs a restart of mxsteer-dataplane."},
	{"secret", KEY_SCALAR, {SCALAR_PATH}, FIELD(mx_config_group, secret),
	 .missing = "the file of the secret that all boxes have, such as /etc/mxsteer/group.secret",
	 .about = "The file of the secret that all boxes have; a change needs a restart of mxsteer-dataplane."},
	{"boxes", KEY_MAPS, .map = box_keys,
	 LIST(mx_config_group, boxes, box_count),
	 .missing = "a list of all boxes, each {box: 1, address: \"10.9.0.1:9708\"}",
	 .about = "All boxes of the group, this one too."},
	{0},
};

static const struct key lint_keys[] = {
	{"name", KEY_SCALAR, {SCALAR_NAME}, FIELD(mx_config_lint, name),
	 .missing = "the name of a warning, such as tcp-check",
	 .about = "The name of the warning; mxsteer config lints lists all."},
	{"ignore", KEY_SCALAR,
	 {SCALAR_TEXT, 1, MX_LINT_REASON_MAX,
	  .expected = "a few words on why it is ignored, up to 127 ASCII characters"},
	 FIELD(mx_config_lint, reason),
	 .missing = "why the warning is ignored, in a few words",
	 .about = "Why the warning is ignored."},
	{0},
};

static const struct key access_keys[] = {
	{"operate", KEY_SCALAR, {SCALAR_NAME}, FIELD(mx_config_access, operate),
	 .about = "The group whose members may drain, weigh, deny and end sessions, and see clients."},
	{"read", KEY_SCALAR, {SCALAR_NAME}, FIELD(mx_config_access, read),
	 .about = "The group whose members may see services, pools and MTAs; or everyone."},
	{0},
};

static const struct key log_keys[] = {
	{"sessions", KEY_SCALAR, {SCALAR_WORD, .words = logsheet_sink_words},
	 FIELD(mx_config_log, sessions), .fallback = "off",
	 .about = "Where the lines go: one for each session that is over, and one for each change."},
	{"lines", KEY_SCALAR, {SCALAR_WORD, .words = logsheet_lines_words},
	 FIELD(mx_config_log, lines), .fallback = "both",
	 .about = "Whether sessions and changes have lines, or only one of them."},
	{"format", KEY_SCALAR, {SCALAR_WORD, .words = logsheet_format_words},
	 FIELD(mx_config_log, format), .fallback = "logfmt",
	 .about = "How a line is written."},
	{"file", KEY_SCALAR, {SCALAR_PATH}, FIELD(mx_config_log, file),
	 .about = "The file of the lines with sessions: file; without it /var/log/mxsteer/INSTANCE.log."},
	{"only", KEY_SCALAR, {SCALAR_WORD, .words = logsheet_only_words},
	 FIELD(mx_config_log, only), .fallback = "all",
	 .about = "Whether only sessions have a line that did not end by both ends closing."},
	{"services", KEY_SCALARS, {SCALAR_NAME},
	 LIST(mx_config_log, service, service_count),
	 .about = "The services whose sessions have lines; without the key all have."},
	{0},
};

static const struct key http_keys[] = {
	{"listen", KEY_SCALAR,
	 {SCALAR_LISTEN},
	 FIELD(mx_config_http, listen), .fallback = "127.0.0.1:9625",
	 .about = "Where it listens; who reaches the address can read it."},
	{"hosts", KEY_SCALARS, {SCALAR_WEBHOST},
	 LIST(mx_config_http, host, host_count),
	 .about = "The names of this server in requests, besides the address and localhost."},
	{0},
};

static const struct key announce_keys[] = {
	{"interface", KEY_SCALAR, {SCALAR_INTERFACE},
	 FIELD(mx_config_announce, interface), .fits = has_routes,
	 .about = "The interface that mxsteer makes for the routes; it goes with mxsteer-dataplane."},
	{"metric", KEY_SCALAR, {SCALAR_U32, 1, MX_ANNOUNCE_METRIC_MAX},
	 FIELD(mx_config_announce, metric), .fits = has_routes, .fallback = "100",
	 .about = "The metric of the routes; those to SNAT addresses of other boxes have 1000 more."},
	{"while", KEY_SCALAR, {SCALAR_WORD, .words = while_words},
	 FIELD(mx_config_announce, when), .fits = has_routes, .fallback = "served",
	 .about = "Whether a VIP without an MTA that serves is still announced."},
	{"neighbours", KEY_SCALAR, {SCALAR_WORD, .words = neighbours_words},
	 FIELD(mx_config_announce, neighbours), .fallback = "always",
	 .about = "Whether ARP and ND are answered for VIPs always, or while `mxsteer announce on` is in force."},
	{0},
};

const struct key schema_file[] = {
	{"instance", KEY_SCALAR, {SCALAR_NAME}, FIELD(mx_config, instance),
	 .missing = "a name for this balancer, such as mx1; files and sockets carry it",
	 .about = "The name of this balancer; its files and sockets carry it."},
	{"user", KEY_SCALAR, {SCALAR_NAME}, FIELD(mx_config, user),
	 .about = "The user as which the control plane runs."},
	{"access", KEY_MAP, .map = access_keys, FIELD(mx_config, access),
	 .about = "Who may use the command line besides root and the group mxsteer."},
	{"dataplane", KEY_MAP, .map = dataplane_keys,
	 FIELD(mx_config, dataplane),
	 .missing = "a mapping with workers and ports",
	 .about = "The program that forwards packets; a change needs a restart of mxsteer-dataplane."},
	{"strict-ports", KEY_SCALAR, {SCALAR_WORD, .words = switch_words},
	 FIELD(mx_config, strict_ports), .fallback = "on",
	 .about = "Whether a reply counts only if it comes by a port that leads to an MTA."},
	{"log", KEY_MAP, .map = log_keys, FIELD(mx_config, log),
	 .about = "The log of sessions, which the program mxsteer-log writes."},
	{"services", KEY_MAPS, .map = schema_service,
	 LIST(mx_config, service, service_count),
	 .missing = "a list of services, each with name, listen and pool",
	 .about = "The addresses that clients connect to, and what their clients get."},
	{"pools", KEY_MAPS, .map = schema_pool, LIST(mx_config, pool, pool_count),
	 .missing = "a list of pools, each with name and backends",
	 .about = "The groups of MTAs that serve the services."},
	{"group", KEY_MAP, .map = group_keys, FIELD(mx_config, group),
	 .fits = has_group,
	 .about = "Boxes with mxsteer that carry each other's sessions."},
	{"lints", KEY_MAPS, .map = lint_keys, LIST(mx_config, lint, lint_count),
	 .about = "Warnings about this file that are ignored."},
	{"http", KEY_MAP, .map = http_keys, FIELD(mx_config, http),
	 .about = "The control plane's HTTP server, which only tells: metrics and health."},
	{"announce", KEY_MAP, .map = announce_keys, FIELD(mx_config, announce),
	 .fits = announces,
	 .about = "How routers and neighbours learn which addresses are here."},
	{0},
};
/* clang-format on */
