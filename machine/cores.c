/* SPDX-License-Identifier: BSD-3-Clause */
#include "cores.h"

#include <stdio.h>
#include <string.h>

#include "sysfile.h"

#define CPU "/sys/devices/system/cpu/"
#define LIST_MAX 1024

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
