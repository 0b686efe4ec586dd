/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "bond.h"
#include "card.h"
#include "cores.h"
#include "dpdklog.h"
#include "log.h"
#include "memory.h"
#include "port.h"
#include "smallpages.h"
#include "twin.h"

/* The time in which the pages of a killed process become free again.  Pages
 * that it had given to AF_XDP sockets took 20 ms. */
#define PAGES_WAIT_MS 500
#define PAGES_PAUSE_MS 10

/* The arguments that name the device of a port and the members of a bond.
 * Texts that name more PCI devices are refused. */
#define PORT_ARGS_MAX                                                          \
	(MX_DEVICE_MAX / sizeof("slave=65:00.0") + MX_BOND_MEMBERS_MAX)
#define ARGS_MAX (24 + MX_PORTS_MAX * PORT_ARGS_MAX)
#define ARG_BYTES 512

/* NUMA nodes that EAL knows: RTE_MAX_NUMA_NODES. */
#define NODES_MAX 31

/* The first part of the names of EAL's files; the instance's name follows. */
#define FILE_PREFIX "mxsteer-"

struct eal_args {
	int count;
	char *pointer[ARGS_MAX];
	char text[ARGS_MAX][ARG_BYTES];
	bool too_many;
};

static void
args_add(struct eal_args *args, const char *text)
{
	char *at = args->text[args->count];

	/* The last pointer stays NULL. */
	if (args->count == ARGS_MAX - 1) {
		args->too_many = true;
		return;
	}
	snprintf(at, ARG_BYTES, "%s", text);
	args->pointer[args->count++] = at;
}

/* Are there enough huge pages on a node, now or in a moment?  DPDK's main thread
 * takes a page of its own node (far), or else it aborts the process. */
static bool
find_pages(unsigned wanted_mib, int node, int far)
{
	const struct timespec pause = {.tv_nsec = PAGES_PAUSE_MS * 1000000};

	if (memory_all_mib("", node) < wanted_mib)
		return false;
	for (int ms = 0; ms < PAGES_WAIT_MS; ms += PAGES_PAUSE_MS) {
		if (memory_free_mib("", node) >= wanted_mib &&
		    (far < 0 || memory_free_mib("", far) > 0))
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

/* Run this thread on one core.  Returns whether that is possible. */
static bool
pin_to(unsigned core)
{
	cpu_set_t one;

	if (core >= CPU_SETSIZE)
		return false;
	CPU_ZERO(&one);
	CPU_SET(core, &one);
	return sched_setaffinity(0, sizeof(one), &one) == 0;
}

/* Can each worker be pinned to its core?  The inherited set of cores does not
 * answer this: with isolcpus=, the isolated cores are not in it.  cpus: the
 * cores of this thread afterwards. */
static int
check_cores(const struct mx_config_dataplane *dataplane, const cpu_set_t *cpus)
{
	int error = 0;

	for (uint16_t i = 0; i < dataplane->worker_count && error == 0; i++) {
		const unsigned core = dataplane->worker_core[i];

		if (pin_to(core))
			continue;
		log_line(LOG_LEVEL_ERROR,
			 "dataplane.workers: core %u does not exist here, "
			 "or this process may not use it: see `lscpu`",
			 core);
		error = -EINVAL;
	}
	sched_setaffinity(0, sizeof(*cpus), cpus);
	return error;
}

/* "0@(0,2,3),1@1": main on its cores, each worker on its own. */
static void
format_lcores(const struct mx_config_dataplane *dataplane, cpu_set_t cpus,
	      char text[static ARG_BYTES])
{
	size_t at = 0;

	at += (size_t)snprintf(text, ARG_BYTES, "--lcores=0@(");
	bool first = true;
	for (unsigned core = 0; core < CPU_SETSIZE && at < ARG_BYTES / 2;
	     core++) {
		if (!CPU_ISSET(core, &cpus))
			continue;
		at += (size_t)snprintf(text + at, ARG_BYTES - at, "%s%u",
				       first ? "" : ",", core);
		first = false;
	}
	at += (size_t)snprintf(text + at, ARG_BYTES - at, ")");
	for (uint16_t i = 0; i < dataplane->worker_count; i++)
		at += (size_t)snprintf(text + at, ARG_BYTES - at, ",%u@%u",
				       i + 1u, dataplane->worker_core[i]);
}

/* Take memory, on the node of the network cards if there is one. */
static void
add_memory(struct eal_args *args, const struct mx_config *config,
	   const struct eal_memory *memory)
{
	const unsigned mib = memory_need_mib(&config->dataplane);
	char text[ARG_BYTES];
	size_t at = (size_t)snprintf(text, sizeof(text), "--socket-mem=");

	if (memory->node < 0 || memory->node > NODES_MAX) {
		snprintf(text, sizeof(text), "-m%u", mib);
	} else {
		for (int node = 0; node < memory->node; node++)
			at += (size_t)snprintf(text + at, sizeof(text) - at,
					       "0,");
		snprintf(text + at, sizeof(text) - at, "%u", mib);
	}
	args_add(args, text);
	if (memory->huge) {
		args_add(args, "--in-memory");
	} else {
		/* DPDK 22.11 refuses --in-memory without huge pages. */
		args_add(args, "--no-huge");
		args_add(args, "--no-shconf");
	}
	/* With huge pages nothing is there but the socket of telemetry. */
	if (memory->huge && config->dataplane.telemetry == MX_SWITCH_OFF)
		return;
	snprintf(text, sizeof(text), "--file-prefix=" FILE_PREFIX "%s",
		 config->instance);
	args_add(args, text);
}

static void
add_device(struct eal_args *args, const char *devargs)
{
	char text[ARG_BYTES];

	snprintf(text, sizeof(text), "%s=%s",
		 mx_device_is_pci(devargs) ? "--allow" : "--vdev", devargs);
	args_add(args, text);
}

/* Let EAL open the PCI devices that a text names.  If none is named, EAL opens
 * all of this host, so absent ones are named too. */
static void
allow_cards(struct eal_args *args, const char *device)
{
	char text[ARG_BYTES], name[MX_DEVICE_NAME_MAX];

	while (mx_device_next_pci(&device, name)) {
		snprintf(text, sizeof(text), "--allow=%s", name);
		args_add(args, text);
	}
}

/* Let EAL open the members of a bond, with their own arguments. */
static void
add_members(struct eal_args *args, const struct mx_config_port *port)
{
	for (uint16_t i = 0; i < port->member_count; i++) {
		const char *member = port->member[i];

		add_device(args, member);
		allow_cards(args, member + strcspn(member, ","));
	}
}

static int
add_ports(struct eal_args *args, const struct mx_config_dataplane *dataplane)
{
	char devargs[DRIVER_TEXT_MAX];

	for (uint16_t i = 0; i < dataplane->port_count; i++) {
		const struct mx_config_port *port = &dataplane->port[i];

		if (mx_config_first_of_device(dataplane, i) != i)
			continue;
		if (port_is_absent(port)) {
			allow_cards(args, port->device);
			continue;
		}
		const int error =
			port_devargs(port, i, dataplane->worker_count, devargs);
		if (error != 0) {
			log_line(LOG_LEVEL_ERROR, "port %s: %s", port->name,
				 devargs);
			return error;
		}
		add_device(args, devargs);
		/* Those in its arguments: the members of a bond. */
		allow_cards(args, port->device + strcspn(port->device, ","));
		add_members(args, port);
	}
	return 0;
}

/* Without a network card, EAL need not look for one, and frames need no
 * physical addresses.  With a card, EAL chooses what the card's kernel driver
 * and the IOMMU can do. */
static void
add_buses(struct eal_args *args, const struct mx_config_dataplane *dataplane)
{
	for (uint16_t i = 0; i < dataplane->port_count; i++)
		if (port_has_card(&dataplane->port[i]))
			return;
	args_add(args, "--iova-mode=va");
	args_add(args, "--no-pci");
}

static void
warn_few_pages(unsigned wanted_mib, int node, int far)
{
	char where[128] = "";

	if (node >= 0)
		snprintf(where, sizeof(where),
			 " on NUMA node %d, where the network cards are", node);
	if (far >= 0)
		snprintf(where + strlen(where), sizeof(where) - strlen(where),
			 ", or none on NUMA node %d, where the main thread is",
			 far);
	log_line(LOG_LEVEL_WARN,
		 "too few free huge pages for %u MiB%s: using 4 KiB pages, "
		 "which is slower; `mxsteer-dataplane --check FILE` says how "
		 "to reserve more",
		 wanted_mib, where);
}

int
eal_start(const struct mx_config *config, bool no_huge,
	  struct eal_memory *memory)
{
	static struct eal_args args; /* EAL keeps pointers into it */
	char lcores[ARG_BYTES];
	cpu_set_t cpus;
	const unsigned wanted = memory_need_mib(&config->dataplane);
	const int node = card_node("", &config->dataplane);

	if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return -errno;
	int error = check_cores(&config->dataplane, &cpus);
	if (error != 0)
		return error;

	const cpu_set_t main_cores = cores_of_main(&config->dataplane, cpus);
	const int far = cores_far_node("", &main_cores, node);

	memory->huge = !no_huge && find_pages(wanted, node, far);
	/* Pages of 4 KiB come from where the kernel takes them. */
	memory->node = memory->huge ? node : -1;
	if (!no_huge && !memory->huge)
		warn_few_pages(wanted, node, far);

	dpdklog_begin();
	args_add(&args, "mxsteer-dataplane");
	format_lcores(&config->dataplane, main_cores, lcores);
	args_add(&args, lcores);
	args_add(&args, "--main-lcore=0");
	add_memory(&args, config, memory);
	add_buses(&args, &config->dataplane);
	/* Its thread is not wanted where nobody asks. */
	if (config->dataplane.telemetry == MX_SWITCH_OFF)
		args_add(&args, "--no-telemetry");
	args_add(&args, "--log-level=warning");
	/* Otherwise EAL warns of every unused page size. */
	args_add(&args, "--log-level=lib.eal:error");
	error = add_ports(&args, &config->dataplane);
	if (error != 0)
		return error;
	if (args.too_many) {
		log_line(LOG_LEVEL_ERROR, "dataplane.ports: the arguments of "
					  "devices name too many PCI devices");
		return -E2BIG;
	}
	if (rte_eal_init(args.count, args.pointer) < 0) {
		if (memory->huge && rte_errno == ENOMEM) {
			warn_few_pages(wanted, node, far);
			return smallpages_restart();
		}
		log_line(LOG_LEVEL_ERROR, "DPDK does not start: %s",
			 rte_strerror(rte_errno));
		return -rte_errno;
	}
	return 0;
}

/* A bond uses DPDK's alarms.  DPDK 22.11 frees their memory here while its
 * thread for interrupts still reads it, which crashes now and then.  The end of
 * the process gives back everything just as well. */
void
eal_end(const struct mx_config *config)
{
	for (uint16_t i = 0; i < config->dataplane.port_count; i++)
		if (mx_bond_is(config->dataplane.port[i].device))
			return;
	rte_eal_cleanup();
}

void
eal_remove_folder(void)
{
	const char *path = rte_eal_get_runtime_dir();

	/* With huge pages, all DPDK programs share this folder. */
	if (path != NULL && strstr(path, FILE_PREFIX) != NULL)
		rmdir(path);
}
