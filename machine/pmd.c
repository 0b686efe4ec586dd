/* SPDX-License-Identifier: BSD-3-Clause */
#include "pmd.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sysfile.h"

/* What each text begins with. */
#define MARK "PMD_INFO_STRING= "

/* Drivers, and bytes of a text, that are kept.  DPDK 22.11 has 140 network
 * drivers; the longest text has 8 KiB. */
#define PMDS_MAX 512u
#define TEXT_MAX 65536u

#define ANY_ID 65535

struct pmds {
	uint32_t count;
	char *text[PMDS_MAX];
};

static void
add(struct pmds *pmds, const char *at, size_t bytes)
{
	const size_t size = strnlen(at, bytes < TEXT_MAX ? bytes : TEXT_MAX);

	if (pmds->count == PMDS_MAX)
		return;
	char *text = strndup(at, size);
	if (text != NULL)
		pmds->text[pmds->count++] = text;
}

static void
read_library(struct pmds *pmds, const char *path)
{
	struct stat status;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
	    status.st_size <= 0) {
		close(fd);
		return;
	}
	const size_t size = (size_t)status.st_size;
	char *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return;
	const char *end = bytes + size;
	const char *at = bytes;
	while ((at = memmem(at, (size_t)(end - at), MARK, strlen(MARK))) !=
	       NULL) {
		at += strlen(MARK);
		add(pmds, at, (size_t)(end - at));
	}
	munmap(bytes, size);
}

/* The libraries are there under several names: "librte_net_ice.so", ".so.23"
 * and ".so.23.0".  DPDK loads those whose name ends in ".so" and its version.
 */
static bool
is_library(const char *name)
{
	const char *suffix = strstr(name, ".so.");

	return suffix != NULL && strchr(suffix + 4, '.') == NULL;
}

struct pmds *
pmds_read(const char *root)
{
	char path[SYSFILE_PATH_MAX];
	const struct dirent *entry;

	if (MX_PMD_FOLDER[0] == '\0')
		return NULL;
	struct pmds *pmds = calloc(1, sizeof(*pmds));
	if (pmds == NULL)
		return NULL;
	DIR *dir = opendir(sysfile_path(root, path, "%s", MX_PMD_FOLDER));
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (is_library(entry->d_name))
			read_library(pmds, sysfile_path(root, path, "%s/%s",
							MX_PMD_FOLDER,
							entry->d_name));
	if (dir != NULL)
		closedir(dir);
	return pmds;
}

void
pmds_free(struct pmds *pmds)
{
	if (pmds == NULL)
		return;
	for (uint32_t i = 0; i < pmds->count; i++)
		free(pmds->text[i]);
	free(pmds);
}

/* Copy the value of a key of the text: "key": "value". */
static void
read_value(const char *text, const char *key, char value[static PMD_NAME_MAX])
{
	char quoted[32];

	snprintf(quoted, sizeof(quoted), "\"%s\"", key);
	const char *at = strstr(text, quoted);
	value[0] = '\0';
	if (at != NULL)
		sscanf(at + strlen(quoted), " : \"%47[^\"]", value);
}

static void
read_pmd(const char *text, struct pmd *pmd)
{
	char modules[PMD_NAME_MAX];

	read_value(text, "name", pmd->name);
	read_value(text, "kmod", modules);
	pmd->shares_kernel = strstr(modules, "ib_uverbs") != NULL;
}

static bool
fits(int wanted, uint16_t id)
{
	return wanted == ANY_ID || wanted == id;
}

/* Does the text list the device?  A row is [vendor, device, subsystem's vendor,
 * subsystem's device]. */
static bool
lists(const char *text, const struct pci_device *device)
{
	const char *at = strstr(text, "\"pci_ids\"");
	int row[4];

	while (at != NULL && (at = strchr(at, '[')) != NULL) {
		at++;
		if (sscanf(at, " %d , %d , %d , %d", &row[0], &row[1], &row[2],
			   &row[3]) == 4 &&
		    fits(row[0], device->vendor) &&
		    fits(row[1], device->device) &&
		    fits(row[2], device->subsystem_vendor) &&
		    fits(row[3], device->subsystem_device))
			return true;
	}
	return false;
}

/* Drivers of other kinds list network cards too: vDPA, cryptography. */
static bool
makes_ports(const char *name)
{
	return (strncmp(name, "net_", 4) == 0 && !strstr(name, "vdpa") &&
		!strstr(name, "_dcf")) ||
	       strcmp(name, "mlx5_eth") == 0;
}

bool
pmds_find_pci(const struct pmds *pmds, const struct pci_device *device,
	      struct pmd *found)
{
	for (uint32_t i = 0; i < pmds->count; i++) {
		if (!lists(pmds->text[i], device))
			continue;
		read_pmd(pmds->text[i], found);
		if (makes_ports(found->name))
			return true;
	}
	return false;
}

bool
pmds_find_virtual(const struct pmds *pmds, const char *device,
		  struct pmd *found)
{
	char name[PMD_NAME_MAX];

	/* Older names, which DPDK still takes. */
	if (strncmp(device, "eth_bond", 8) == 0)
		device = "net_bonding";
	if (strncmp(device, "eth_", 4) == 0 || strncmp(device, "net_", 4) == 0)
		device += 4;
	snprintf(name, sizeof(name), "net_%s", device);
	for (uint32_t i = 0; i < pmds->count; i++) {
		read_pmd(pmds->text[i], found);
		/* DPDK compares the beginning too. */
		if (found->name[0] != '\0' &&
		    strncmp(name, found->name, strlen(found->name)) == 0)
			return true;
	}
	return false;
}
