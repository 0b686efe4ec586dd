/* SPDX-License-Identifier: BSD-3-Clause */
#include "fakesys.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tempfolder.h"

#define PATH_BYTES 512
#define PCI "/sys/bus/pci/devices"

const char *fakesys_root;

/* Make all folders above a file. */
static void
make_folders(const char *path)
{
	char folder[PATH_BYTES];

	snprintf(folder, sizeof(folder), "%s", path);
	for (char *at = folder + strlen(fakesys_root) + 1; *at != '\0'; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		mkdir(folder, 0700);
		*at = '/';
	}
}

static void
open_path(const char *path, char full[static PATH_BYTES])
{
	snprintf(full, PATH_BYTES, "%s%s", fakesys_root, path);
	make_folders(full);
	unlink(full);
}

void
fakesys_file(const char *path, const char *text)
{
	char full[PATH_BYTES];

	open_path(path, full);
	if (text == NULL)
		return;
	FILE *file = fopen(full, "w");
	ck_assert_msg(file != NULL, "%s", full);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

void
fakesys_link(const char *path, const char *name)
{
	char full[PATH_BYTES], target[PATH_BYTES];

	open_path(path, full);
	if (name[0] == '\0')
		return;
	snprintf(target, sizeof(target), "../../some/where/%s", name);
	ck_assert_int_eq(symlink(target, full), 0);
}

static const char *
format(char text[static PATH_BYTES], const char *folder, const char *value,
       const char *tail)
{
	ck_assert_int_lt(
		snprintf(text, PATH_BYTES, "%s/%s%s", folder, value, tail),
		PATH_BYTES);
	return text;
}

void
fakesys_device(const struct fakesys_device *device)
{
	char path[PATH_BYTES], folder[PATH_BYTES];

	format(folder, PCI, device->address, "");
	fakesys_file(format(path, folder, "class", ""), device->class_code);
	fakesys_file(format(path, folder, "vendor", ""), device->vendor);
	fakesys_file(format(path, folder, "device", ""), device->device);
	fakesys_file(format(path, folder, "numa_node", ""), "0\n");
	fakesys_link(format(path, folder, "driver", ""), device->driver);
	fakesys_link(format(path, folder, "iommu_group", ""), device->group);
	if (device->group[0] == '\0')
		return;
	format(folder, "/sys/kernel/iommu_groups", device->group, "/devices");
	fakesys_link(format(path, folder, device->address, ""),
		     device->address);
}

void
fakesys_thread(const struct fakesys_thread *thread)
{
	char folder[PATH_BYTES], path[PATH_BYTES], text[PATH_BYTES];

	snprintf(path, sizeof(path), "/proc/%u/comm", thread->process);
	snprintf(text, sizeof(text), "%s\n", thread->name);
	fakesys_file(path, text);
	snprintf(folder, sizeof(folder), "/proc/%u/task/%u", thread->process,
		 thread->process);
	snprintf(text, sizeof(text),
		 "%u (%s) %c 1 1 1 0 -1 %u 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 "
		 "16 17 18 19 20 21 22 23 24 25 26 27 28 17 %u 0 0\n",
		 thread->process, thread->name, thread->state, thread->flags,
		 thread->core);
	fakesys_file(format(path, folder, "stat", ""), text);
	snprintf(text, sizeof(text), "Name:\tx\nCpus_allowed_list:\t%s\n",
		 thread->allowed);
	fakesys_file(format(path, folder, "status", ""), text);
}

void
fakesys_open(unsigned process, unsigned descriptor, const char *path)
{
	char full[PATH_BYTES], target[PATH_BYTES], name[64];

	snprintf(target, sizeof(target), "%s%s", fakesys_root, path);
	if (access(target, F_OK) != 0)
		fakesys_file(path, "");
	snprintf(name, sizeof(name), "/proc/%u/fd/%u", process, descriptor);
	open_path(name, full);
	ck_assert_int_eq(symlink(target, full), 0);
}

static void
make_drivers(void)
{
#define MARK                                                                   \
	"\x7f"                                                                 \
	"ELF PMD_INFO_STRING= "
#define UIO "\"kmod\": \"* igb_uio | uio_pci_generic | vfio-pci\", "
	static const struct {
		const char *name, *text;
	} drivers[] = {
		{"librte_net_i40e.so.23",
		 MARK "{\"name\": \"net_i40e\", \"params\": \"a=<int>\", " UIO
		      "\"pci_ids\": [[32902, 5490, 65535, 65535], "
		      "[32902, 5490, 1, 2]]}"},
		{"librte_net_ice.so.23",
		 MARK "{\"name\": \"net_ice\", " UIO
		      "\"pci_ids\": [[32902, 5522, 65535, 65535]]}"},
		{"librte_net_mlx5.so.23",
		 MARK "{\"name\": \"mlx5_eth\", \"kmod\": \"* ib_uverbs & "
		      "mlx5_core & mlx5_ib\", "
		      "\"pci_ids\": [[5555, 4119, 65535, 65535]]}"},
		{"librte_net_memif.so.23",
		 MARK "{\"name\": \"net_memif\", \"pci_ids\": []}"},
		{"librte_net_tap.so.23",
		 MARK "{\"name\": \"net_tap\", \"pci_ids\": []}"},
		{"librte_net_virtio.so.23",
		 MARK "{\"name\": \"net_virtio_user\", \"pci_ids\": []}"},
		/* A name that DPDK does not load. */
		{"librte_net_ena.so",
		 MARK "{\"name\": \"net_ena\", " UIO
		      "\"pci_ids\": [[7439, 60448, 65535, 65535]]}"},
	};
	char path[PATH_BYTES];

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		fakesys_file(format(path, MX_PMD_FOLDER, drivers[i].name, ""),
			     drivers[i].text);
}

static void
make_cores(void)
{
	char path[PATH_BYTES], core[12];

	for (unsigned i = 0; i < 4; i++) {
		char siblings[12];

		snprintf(core, sizeof(core), "cpu%u", i);
		snprintf(siblings, sizeof(siblings), "%u\n", i);
		format(path, "/sys/devices/system/cpu", core, "/online");
		fakesys_file(path, "1\n");
		format(path, "/sys/devices/system/cpu", core,
		       "/topology/thread_siblings_list");
		fakesys_file(path, siblings);
		format(path, "/sys/devices/system/cpu", core,
		       i < 2 ? "/node0" : "/node1");
		fakesys_file(path, "");
	}
	fakesys_file("/sys/devices/system/cpu/online", "0-3\n");
	fakesys_file("/sys/devices/system/cpu/isolated", "1-3\n");
	fakesys_file("/sys/devices/system/node/node0/cpulist", "0-1\n");
	fakesys_file("/proc/cpuinfo",
		     "processor\t: 0\nvendor_id\t: GenuineIntel\n"
		     "flags\t\t: fpu tsc constant_tsc nonstop_tsc sse\n");
	fakesys_file("/sys/devices/system/clocksource/clocksource0/"
		     "current_clocksource",
		     "tsc\n");
	fakesys_file("/proc/sys/kernel/sched_autogroup_enabled", "1\n");
	fakesys_file("/proc/sys/kernel/numa_balancing", "0\n");
}

void
fakesys_setup(void)
{
	static const char *const folders[] = {
		"/sys/kernel/mm/hugepages/hugepages-2048kB",
		"/sys/devices/system/node/node0/hugepages/hugepages-2048kB",
		"/sys/devices/system/node/node1/hugepages/hugepages-2048kB",
	};
	char path[PATH_BYTES];

	fakesys_root = tempfolder_make();
	make_cores();
	make_drivers();
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		fakesys_file(format(path, folders[i], "nr_hugepages", ""),
			     "64\n");
		fakesys_file(format(path, folders[i], "free_hugepages", ""),
			     "64\n");
	}
	fakesys_device(&(struct fakesys_device){FAKESYS_CARD, "0x020000\n",
						"0x8086\n", "0x1572\n",
						"vfio-pci", "42"});
	fakesys_file("/lib/firmware/intel/ice/ddp/ice.pkg", "");
	fakesys_file("/dev/net/tun", "");
	fakesys_file("/dev/vhost-net", "");
}

void
fakesys_teardown(void)
{
	tempfolder_remove();
}
