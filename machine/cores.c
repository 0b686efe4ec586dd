/* SPDX-License-Identifier: BSD-3-Clause */
#include "cores.h"

#include <stdio.h>
#include <string.h>

#include "sysfile.h"

#define CPU "/sys/devices/system/cpu/"
#define LIST_MAX 1024
#define NODES_MAX 32

/* The NUMA node of a core, or -1. */
static int
node_of(const char *root, unsigned core)
{
	for (int node = 0; node < NODES_MAX; node++)
		if (sysfile_exists(root, CPU "cpu%u/node%d", core, node))
			return node;
	return -1;
}

cpu_set_t
cores_of_main(const struct mx_config_dataplane *dataplane, cpu_set_t cores)
{
	const cpu_set_t all = cores;

	for (uint16_t i = 0; i < dataplane->worker_count; i++)
		if (dataplane->worker_core[i] < CPU_SETSIZE)
			CPU_CLR(dataplane->worker_core[i], &cores);
	return CPU_COUNT(&cores) == 0 ? all : cores;
}

cpu_set_t
cores_not_isolated(const char *root)
{
	char online[LIST_MAX], isolated[LIST_MAX];
	cpu_set_t cores;

	CPU_ZERO(&cores);
	sysfile_line(root, (struct sysfile_text){online, sizeof(online)},
		     CPU "online");
	sysfile_line(root, (struct sysfile_text){isolated, sizeof(isolated)},
		     CPU "isolated");
	for (unsigned core = 0; core < CPU_SETSIZE; core++)
		if (sysfile_list_has(online, core) &&
		    !sysfile_list_has(isolated, core))
			CPU_SET(core, &cores);
	return cores;
}

int
cores_far_node(const char *root, const cpu_set_t *cores, int node)
{
	int far = -1;

	if (node < 0)
		return -1;
	for (unsigned core = 0; core < CPU_SETSIZE; core++) {
		if (!CPU_ISSET(core, cores))
			continue;
		if (far < 0)
			far = node_of(root, core);
		if (far < 0 || far == node ||
		    !sysfile_exists(root, CPU "cpu%u/node%d", core, far))
			return -1;
	}
	return far;
}

/* The first core has no switch if the kernel cannot turn it off. */
static void
check_exists(const char *root, unsigned core, struct hazards *found)
{
	if (!sysfile_exists(root, CPU "cpu%u", core))
		hazard_mend(hazards_add(found, true,
					"dataplane.workers: this host has no "
					"core %u",
					core),
			    "see `lscpu`");
	else if (sysfile_number(root, 1, CPU "cpu%u/online", core) == 0)
		hazard_mend(hazards_add(found, true,
					"dataplane.workers: core %u is turned "
					"off",
					core),
			    "`chcpu -e %u`", core);
}

/* Two workers on the threads of one core have half the speed each. */
static void
check_siblings(const char *root, const struct mx_config_dataplane *dataplane,
	       uint16_t worker, struct hazards *found)
{
	char list[LIST_MAX];
	const unsigned core = dataplane->worker_core[worker];

	if (!sysfile_line(root, (struct sysfile_text){list, sizeof(list)},
			  CPU "cpu%u/topology/thread_siblings_list", core))
		return;
	for (uint16_t i = 0; i < worker; i++)
		if (sysfile_list_has(list, dataplane->worker_core[i]))
			hazard_mend(
				hazards_add(found, false,
					    "dataplane.workers: cores %u and "
					    "%u are threads of one core, and "
					    "slow each other down",
					    dataplane->worker_core[i], core),
				"write other cores: `lscpu -e` shows threads "
				"of one core under CORE");
}

static void
check_governor(const char *root, unsigned core, struct hazards *found)
{
	char governor[32];

	if (sysfile_line(root,
			 (struct sysfile_text){governor, sizeof(governor)},
			 CPU "cpu%u/cpufreq/scaling_governor", core) &&
	    strcmp(governor, "performance") != 0)
		hazard_mend(hazards_add(found, false,
					"the clock of worker core %u follows "
					"the governor %s, which may slow it "
					"down",
					core, governor),
			    "`echo performance >" CPU
			    "cpu%u/cpufreq/scaling_governor`",
			    core);
}

/* "2,3": the worker cores that are not in a list of the kernel, into
 * text[LIST_MAX].  Returns how many there are. */
static unsigned
list_others(const char *root, const struct mx_config_dataplane *dataplane,
	    const char *list, char *text)
{
	unsigned count = 0;
	size_t at = 0;

	text[0] = '\0';
	for (uint16_t i = 0; i < dataplane->worker_count; i++) {
		const unsigned core = dataplane->worker_core[i];

		if (sysfile_list_has(list, core) ||
		    !sysfile_exists(root, CPU "cpu%u", core))
			continue;
		at += (size_t)snprintf(text + at, LIST_MAX - at, "%s%u",
				       count == 0 ? "" : ",", core);
		count++;
	}
	return count;
}

static void
check_isolation(const char *root, const struct mx_config_dataplane *dataplane,
		struct hazards *found)
{
	char isolated[LIST_MAX], cores[LIST_MAX], all[LIST_MAX];

	sysfile_line(root, (struct sysfile_text){isolated, sizeof(isolated)},
		     CPU "isolated");
	if (list_others(root, dataplane, isolated, cores) == 0)
		return;
	list_others(root, dataplane, "", all);
	hazard_mend(hazards_add(found, false,
				"other programs can run on worker cores %s",
				cores),
		    "boot with `isolcpus=%s`, and the same list for nohz_full "
		    "and rcu_nocbs",
		    all);
	/* With autogroups the scheduler shares a core among sessions (setsid)
	 * and not among threads.  A pinned worker then waits for seconds. */
	if (sysfile_number(root, 0,
			   "/proc/sys/kernel/sched_autogroup_enabled") > 0)
		hazard_mend(hazards_add(found, false,
					"the scheduler groups programs by "
					"session: a busy session can stop a "
					"worker of cores %s for seconds",
					cores),
			    "`sysctl kernel.sched_autogroup_enabled=0`");
}

void
cores_check(const char *root, const struct mx_config_dataplane *dataplane,
	    struct hazards *found)
{
	for (uint16_t i = 0; i < dataplane->worker_count; i++) {
		const unsigned core = dataplane->worker_core[i];

		check_exists(root, core, found);
		check_siblings(root, dataplane, i, found);
		check_governor(root, core, found);
	}
	check_isolation(root, dataplane, found);
}
