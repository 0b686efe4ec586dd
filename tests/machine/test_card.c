/* SPDX-License-Identifier: BSD-3-Clause */
/* What keeps DPDK from a network card is found.
 * Method: files as the kernel has them (fakesys.h), with one change for each
 * hazard. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "fakesys.h"
#include "findings.h"
#include "pmd.h"
#include "runner.h"

#define CARD FAKESYS_CARD
#define PCI "/sys/bus/pci/devices/"
#define E810 "0000:17:00.0"
#define CONNECTX "0000:ca:00.1"

static void
check(const char *device, uint16_t core)
{
	struct mx_config_dataplane dataplane = {
		.worker_count = 1,
		.worker_core = {core},
		.port_count = 1,
		.port = {{.name = "wan", .driver = MX_DRIVER_DPDK}}};

	snprintf(dataplane.port[0].device, sizeof(dataplane.port[0].device),
		 "%s", device);
	findings = (struct hazards){.count = 0};
	card_check(fakesys_root, &dataplane, &findings);
}

START_TEST(a_card_that_is_bound_to_vfio_is_right)
{
	check(CARD, 1);
	findings_none();
	check("net_memif0,role=client", 1);
	findings_none();
}
END_TEST

static const struct {
	const char *path, *link;
	bool stops_mail;
	const char *wanted;
} bindings[] = {
	{PCI CARD "/driver", "i40e", true,
	 "port wan: device 0000:65:00.0 is bound to i40e, a driver of the "
	 "kernel: `driverctl set-override 0000:65:00.0 vfio-pci`"},
	{PCI CARD "/driver", "", true,
	 "port wan: device 0000:65:00.0 is bound to no driver: `driverctl "
	 "set-override 0000:65:00.0 vfio-pci`"},
	{PCI CARD "/driver", "uio_pci_generic", false,
	 "port wan: device 0000:65:00.0 is bound to uio_pci_generic: it can "
	 "write to all memory, and workers cannot sleep: `driverctl "
	 "set-override 0000:65:00.0 vfio-pci`"},
	{PCI CARD "/iommu_group", "", true,
	 "port wan: device 0000:65:00.0 has no IOMMU, which vfio-pci needs: "
	 "turn on VT-d or AMD-Vi in the BIOS, and boot with `intel_iommu=on "
	 "iommu=pt`"},
};

START_TEST(a_card_that_is_not_bound_as_it_must_be_is_found)
{
	fakesys_link(bindings[_i].path, bindings[_i].link);
	check(CARD, 1);
	findings_one(bindings[_i].stops_mail, bindings[_i].wanted);
}
END_TEST

START_TEST(the_boot_line_for_an_amd_processor_is_its_own)
{
	fakesys_file("/proc/cpuinfo", "vendor_id\t: AuthenticAMD\n");
	fakesys_link(PCI CARD "/iommu_group", "");
	check(CARD, 1);
	ck_assert_ptr_nonnull(strstr(findings.list[0].mend, "with `iommu=pt`"));
}
END_TEST

START_TEST(without_an_iommu_the_kernel_can_be_told_to_go_on)
{
	fakesys_link(PCI CARD "/iommu_group", "");
	fakesys_file("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
		     "Y\n");
	check(CARD, 1);
	ck_assert_uint_eq(findings.count, 1);
	ck_assert(!hazards_stop_mail(&findings));
	ck_assert_ptr_nonnull(
		strstr(findings.list[0].text, "can write to all memory"));
}
END_TEST

START_TEST(a_group_is_shared_only_with_devices_that_the_kernel_leaves)
{
	static const struct fakesys_device others[] = {
		{"0000:64:00.0", "0x060400\n", "0x8086\n", "0x2030\n",
		 "pcieport", "42"},
		{"0000:65:00.1", "0x020000\n", "0x8086\n", "0x1572\n",
		 "vfio-pci", "42"},
		{"0000:65:00.2", "0x020000\n", "0x8086\n", "0x1572\n", "",
		 "42"},
	};

	for (size_t i = 0; i < 3; i++)
		fakesys_device(&others[i]);
	check(CARD, 1);
	findings_none();
	fakesys_device(&(struct fakesys_device){"0000:66:00.0", "0x010700\n",
						"0x1000\n", "0x0097\n",
						"mpt3sas", "42"});
	check(CARD, 1);
	findings_one(true,
		     "port wan: device 0000:65:00.0 shares IOMMU group 42 with "
		     "0000:66:00.0, which the kernel's mpt3sas has: another "
		     "slot, or `driverctl set-override 0000:66:00.0 "
		     "vfio-pci`");
}
END_TEST

START_TEST(a_device_that_is_no_card_is_found)
{
	check("0000:99:00.0", 1);
	findings_one(true,
		     "port wan: there is no device 0000:99:00.0 on this host: "
		     "see `mxsteer-dataplane --list-ports`");
	fakesys_device(&(struct fakesys_device){"0000:99:00.0", "0x010802\n",
						"0x1234\n", "0x5678\n",
						"vfio-pci", "7"});
	check("0000:99:00.0", 1);
	findings_one(true,
		     "port wan: device 0000:99:00.0 is no network card: see "
		     "`mxsteer-dataplane --list-ports`");
}
END_TEST

/* A library of another version is not loaded. */
START_TEST(a_driver_of_dpdk_that_is_not_installed_is_found)
{
	fakesys_device(&(struct fakesys_device){"0000:00:05.0", "0x020000\n",
						"0x1d0f\n", "0xec20\n",
						"vfio-pci", "5"});
	check("0000:00:05.0", 1);
	findings_one(true,
		     "port wan: no driver of DPDK is installed for device "
		     "0000:00:05.0 (1d0f:ec20): `apt install "
		     "librte-meta-net`");
	check("net_vhost0,iface=/run/v", 1);
	findings_one(true,
		     "port wan: no driver of DPDK is installed for device "
		     "net_vhost0: `apt install librte-meta-net`");
}
END_TEST

START_TEST(an_e810_needs_its_package)
{
	fakesys_device(&(struct fakesys_device){E810, "0x020000\n", "0x8086\n",
						"0x1592\n", "vfio-pci", "9"});
	check(E810, 1);
	findings_none();
	fakesys_file("/lib/firmware/intel/ice/ddp/ice.pkg", NULL);
	check(E810, 1);
	findings_one(true,
		     "port wan: device 0000:17:00.0 does not start without the "
		     "file /lib/firmware/intel/ice/ddp/ice.pkg: `apt install "
		     "firmware-misc-nonfree`");
}
END_TEST

START_TEST(a_connectx_stays_with_the_kernel)
{
	fakesys_device(&(struct fakesys_device){CONNECTX, "0x020000\n",
						"0x15b3\n", "0x1017\n",
						"mlx5_core", ""});
	check(CONNECTX, 1);
	findings_none();
	fakesys_link(PCI CONNECTX "/driver", "vfio-pci");
	check(CONNECTX, 1);
	findings_one(true,
		     "port wan: device 0000:ca:00.1 is not bound to its own "
		     "driver of the kernel, which DPDK's mlx5_eth needs: "
		     "`driverctl unset-override 0000:ca:00.1`");
}
END_TEST

/* lo stands for an interface that has addresses. */
START_TEST(addresses_that_the_host_would_lose_are_named)
{
	fakesys_file(PCI CARD "/net/lo/mtu", "");
	fakesys_link(PCI CARD "/driver", "i40e");
	check(CARD, 1);
	findings_one(true,
		     "port wan: device 0000:65:00.0 is bound to i40e, a driver "
		     "of the kernel, whose interface lo has addresses that "
		     "this host would lose: `driverctl set-override "
		     "0000:65:00.0 vfio-pci`");
	fakesys_device(&(struct fakesys_device){CONNECTX, "0x020000\n",
						"0x15b3\n", "0x1017\n",
						"mlx5_core", ""});
	fakesys_file(PCI CONNECTX "/net/lo/mtu", "");
	check(CONNECTX, 1);
	findings_one(false,
		     "port wan: device 0000:ca:00.1 takes all frames, and its "
		     "interface lo has addresses that this host would lose: "
		     "give them to the twin, which `interface` of the port "
		     "names");
}
END_TEST

START_TEST(workers_on_another_numa_node_are_found)
{
	check(CARD, 2);
	findings_one(false,
		     "port wan: device 0000:65:00.0 is on NUMA node 0, and "
		     "worker cores 2 are not: dataplane.workers: write some "
		     "of 0-1");
}
END_TEST

START_TEST(each_member_of_a_bond_is_looked_at)
{
	check("net_bonding0,mode=1,slave=65:00.0,slave=0000:99:00.0", 1);
	ck_assert_uint_eq(findings.count, 2);
	ck_assert_ptr_nonnull(strstr(findings.list[0].text, "net_bonding0"));
	ck_assert_ptr_nonnull(strstr(findings.list[1].text, "0000:99:00.0"));
}
END_TEST

/* The list. */

/* The drivers that are installed here, and none that only look like it. */
START_TEST(the_drivers_of_this_machine_can_be_read)
{
	struct pmds *pmds = pmds_read("");
	struct pmd pmd;

	ck_assert_ptr_nonnull(pmds);
	ck_assert(pmds_find_virtual(pmds, "net_ring0", &pmd));
	ck_assert_str_eq(pmd.name, "net_ring");
	ck_assert(pmds_find_virtual(pmds, "eth_ring0", &pmd));
	ck_assert(!pmds_find_virtual(pmds, "net_nonsense0", &pmd));
	pmds_free(pmds);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("card");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, fakesys_setup, fakesys_teardown);
	tcase_add_test(t, a_card_that_is_bound_to_vfio_is_right);
	tcase_add_loop_test(t, a_card_that_is_not_bound_as_it_must_be_is_found,
			    0, sizeof(bindings) / sizeof(bindings[0]));
	tcase_add_test(t, the_boot_line_for_an_amd_processor_is_its_own);
	tcase_add_test(t, without_an_iommu_the_kernel_can_be_told_to_go_on);
	tcase_add_test(
		t, a_group_is_shared_only_with_devices_that_the_kernel_leaves);
	tcase_add_test(t, a_device_that_is_no_card_is_found);
	tcase_add_test(t, a_driver_of_dpdk_that_is_not_installed_is_found);
	tcase_add_test(t, an_e810_needs_its_package);
	tcase_add_test(t, a_connectx_stays_with_the_kernel);
	tcase_add_test(t, addresses_that_the_host_would_lose_are_named);
	tcase_add_test(t, workers_on_another_numa_node_are_found);
	tcase_add_test(t, each_member_of_a_bond_is_looked_at);
	tcase_add_test(t, the_drivers_of_this_machine_can_be_read);
	suite_add_tcase(s, t);
	return s;
}
