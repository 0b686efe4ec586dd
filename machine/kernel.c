/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sysfile.h"

/* The processor's clock counts at one speed, and in every sleep state. */
static const char *const clock_flags[] = {"constant_tsc", "nonstop_tsc"};

/* Does a line of flags have that flag as a word? */
static bool
has_word(const char *line, const char *word)
{
	const size_t bytes = strlen(word);

	for (const char *at = strstr(line, word); at != NULL;
	     at = strstr(at + 1, word))
		if (at > line && at[-1] == ' ' &&
		    (at[bytes] == ' ' || at[bytes] == '\n' ||
		     at[bytes] == '\0'))
			return true;
	return false;
}

/* Workers measure time by the processor's time stamp counter. */
static void
check_clock(const char *root, struct hazards *found)
{
	char path[SYSFILE_PATH_MAX], source[32];
	char *line = NULL;
	size_t size = 0;
	const char *lacking = NULL;
	bool read = false;
	FILE *file = fopen(sysfile_path(root, path, "/proc/cpuinfo"), "re");

	while (file != NULL && !read && getline(&line, &size, file) > 0)
		read = strncmp(line, "flags", 5) == 0;
	for (size_t i = 0; read && i < 2 && lacking == NULL; i++)
		if (!has_word(line, clock_flags[i]))
			lacking = clock_flags[i];
	if (lacking != NULL)
		hazard_mend(hazards_add(found, false,
					"the processor's clock is not "
					"invariant (no %s): time limits of "
					"sessions may be wrong",
					lacking),
			    "in a virtual machine, give it the host's "
			    "processor, as with qemu's `-cpu host,+invtsc`");
	free(line);
	if (file != NULL)
		fclose(file);
	if (sysfile_line(root, (struct sysfile_text){source, sizeof(source)},
			 "/sys/devices/system/clocksource/clocksource0/"
			 "current_clocksource") &&
	    (strcmp(source, "hpet") == 0 || strcmp(source, "acpi_pm") == 0 ||
	     strcmp(source, "jiffies") == 0))
		hazard_mend(hazards_add(found, false,
					"the kernel uses the clock %s, since "
					"it does not trust that of the "
					"processor, which mxsteer uses",
					source),
			    "`dmesg | grep -i tsc` says why");
}

static void
check_balancing(const char *root, struct hazards *found)
{
	if (sysfile_number(root, 0, "/proc/sys/kernel/numa_balancing") > 0)
		hazard_mend(hazards_add(found, false,
					"the kernel moves memory between NUMA "
					"nodes, which stops workers again and "
					"again"),
			    "`sysctl kernel.numa_balancing=0`");
}

void
kernel_check(const char *root, struct hazards *found)
{
	check_clock(root, found);
	check_balancing(root, found);
}
