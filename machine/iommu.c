/* SPDX-License-Identifier: BSD-3-Clause */
#include "iommu.h"

#include <stdio.h>
#include <string.h>

#include "sysfile.h"

#define GROUPS "/sys/kernel/iommu_groups"

/* Words of the boot line, by the processor's maker.  With AMD the IOMMU is on
 * if the BIOS has it on. */
static const char *
boot_words(const char *root)
{
	char path[SYSFILE_PATH_MAX], line[256];
	const char *words = "intel_iommu=on iommu=pt";
	FILE *file = fopen(sysfile_path(root, path, "/proc/cpuinfo"), "re");

	if (file == NULL)
		return words;
	while (fgets(line, sizeof(line), file) != NULL)
		if (strstr(line, "AuthenticAMD") != NULL)
			words = "iommu=pt";
	fclose(file);
	return words;
}

/* vfio-pci can also work without an IOMMU, if the kernel was told so. */
static bool
is_unsafe(const char *root)
{
	char word[8];

	return sysfile_line(root, (struct sysfile_text){word, sizeof(word)},
			    "/sys/module/vfio/parameters/"
			    "enable_unsafe_noiommu_mode") &&
	       word[0] == 'Y';
}

static void
judge_none(const char *root, const struct pci_device *device, const char *port,
	   struct hazards *found)
{
	const char *mend = "turn on VT-d or AMD-Vi in the BIOS, and boot with "
			   "`%s`";

	if (is_unsafe(root))
		hazard_mend(hazards_add(found, false,
					"%sdevice %s has no IOMMU: it can "
					"write to all memory",
					port, device->address),
			    mend, boot_words(root));
	else
		hazard_mend(hazards_add(found, true,
					"%sdevice %s has no IOMMU, which "
					"vfio-pci needs",
					port, device->address),
			    mend, boot_words(root));
}

/* Drivers that leave a group to a program: those for programs, and that of
 * bridges. */
static bool
is_harmless(const struct pci_device *other)
{
	return other->driver[0] == '\0' || pci_is_bridge(other) ||
	       strcmp(other->driver, "vfio-pci") == 0 ||
	       strcmp(other->driver, "pci-stub") == 0;
}

static void
judge_group(const char *root, const struct pci_device *device, const char *port,
	    struct hazards *found)
{
	char address[PCI_DEVICES_MAX][PCI_ADDRESS_MAX];
	struct pci_device other;
	char folder[96];

	snprintf(folder, sizeof(folder), GROUPS "/%s/devices", device->group);
	const uint32_t count = pci_list(root, folder, address);
	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(address[i], device->address) == 0 ||
		    !pci_read(root, address[i], &other) || is_harmless(&other))
			continue;
		hazard_mend(hazards_add(found, true,
					"%sdevice %s shares IOMMU group %s "
					"with %s, which the kernel's %s has",
					port, device->address, device->group,
					other.address, other.driver),
			    "another slot, or `driverctl set-override %s "
			    "vfio-pci`",
			    other.address);
	}
}

void
iommu_judge(const char *root, const struct pci_device *device, const char *port,
	    struct hazards *found)
{
	char name[32];

	if (device->group[0] == '\0' ||
	    (sysfile_line(root, (struct sysfile_text){name, sizeof(name)},
			  GROUPS "/%s/name", device->group) &&
	     strcmp(name, "vfio-noiommu") == 0))
		judge_none(root, device, port, found);
	else
		judge_group(root, device, port, found);
}
