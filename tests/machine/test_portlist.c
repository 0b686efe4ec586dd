/* SPDX-License-Identifier: BSD-3-Clause */
/* Each network card is listed with the command that gives it to DPDK.
 * Method: files as the kernel has them (fakesys.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakesys.h"
#include "portlist.h"
#include "runner.h"

#define CARD FAKESYS_CARD
#define PCI "/sys/bus/pci/devices/"
#define E810 "0000:17:00.0"

static char *
list(void)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	portlist_print(fakesys_root, out);
	fclose(out);
	return text;
}

static void
expect_part(const char *part)
{
	char *text = list();

	ck_assert_msg(strstr(text, part) != NULL, "%s\n- has not -\n%s", text,
		      part);
	free(text);
}

/* Most devices of a server are bridges and parts of the processor. */
START_TEST(a_card_among_hundreds_of_devices_is_listed)
{
	char address[32];

	for (unsigned i = 0; i < 600; i++) {
		snprintf(address, sizeof(address), "0000:%02x:%02x.0", i / 32,
			 i % 32);
		fakesys_device(&(struct fakesys_device){address, "0x060400\n",
							"0x1022\n", "0x14a4\n",
							"pcieport", ""});
	}
	fakesys_device(&(struct fakesys_device){E810, "0x020000\n", "0x8086\n",
						"0x1592\n", "vfio-pci", "9"});
	/* The first one of the folder, and the last one. */
	expect_part("\n" CARD "  vfio-pci ");
	expect_part("\n" E810 "  vfio-pci ");
}
END_TEST

START_TEST(a_card_is_listed_with_what_binds_it)
{
	fakesys_device(&(struct fakesys_device){
		"0000:00:1f.0", "0x060100\n", "0x8086\n", "0x1234\n", "", ""});
	expect_part("DEVICE        DRIVER       INTERFACE       NODE  IOMMU  "
		    "LINK  DPDK\n"
		    "0000:65:00.0  vfio-pci     -                  0     42  "
		    "-     net_i40e\n"
		    "    8086:1572\n"
		    "    ready: driver: dpdk, device: \"0000:65:00.0\"\n");
	expect_part("names of cards: `apt install pci.ids`\n");
	fakesys_link(PCI CARD "/driver", "i40e");
	fakesys_file(PCI CARD "/net/ens9/mtu", "");
	expect_part("0000:65:00.0  i40e         ens9               0     42  "
		    "-     net_i40e\n"
		    "    8086:1572\n"
		    "    device 0000:65:00.0 is bound to i40e, a driver of the "
		    "kernel: `driverctl set-override 0000:65:00.0 "
		    "vfio-pci`\n");
	char *text = list();
	ck_assert_ptr_null(strstr(text, "ready"));
	ck_assert_ptr_null(strstr(text, "1f.0"));
	free(text);
}
END_TEST

START_TEST(a_card_has_the_name_of_the_list_of_pci_ids)
{
	static const char ids[] = "# comment\n"
				  "8085  Other\n"
				  "\t1572  Not this one\n"
				  "8086  Intel Corporation\n"
				  "\t1571  Not this one\n"
				  "\t\t8086 1572  Nor this one\n"
				  "\t1572  Ethernet Controller X710\n"
				  "8087  Other\n";

	fakesys_file("/usr/share/misc/pci.ids", ids);
	expect_part("    8086:1572 Intel Corporation Ethernet Controller "
		    "X710\n");
	fakesys_file(PCI CARD "/device", "0x1573\n");
	expect_part("    8086:1573 Intel Corporation\n");
}
END_TEST

START_TEST(a_virtio_card_is_listed_with_its_interface)
{
	fakesys_device(&(struct fakesys_device){"0000:00:03.0", "0x020000\n",
						"0x1af4\n", "0x1041\n",
						"virtio-pci", ""});
	fakesys_file(PCI "0000:00:03.0/virtio2/net/eth7/mtu", "");
	expect_part("0000:00:03.0  virtio-pci   eth7 ");
}
END_TEST

START_TEST(a_machine_without_cards_has_a_list)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	portlist_print("/nowhere", out);
	fclose(out);
	ck_assert_ptr_nonnull(
		strstr(text, "no network card is on the PCI bus\n"));
	free(text);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("portlist");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, fakesys_setup, fakesys_teardown);
	tcase_add_test(t, a_card_among_hundreds_of_devices_is_listed);
	tcase_add_test(t, a_card_is_listed_with_what_binds_it);
	tcase_add_test(t, a_card_has_the_name_of_the_list_of_pci_ids);
	tcase_add_test(t, a_virtio_card_is_listed_with_its_interface);
	tcase_add_test(t, a_machine_without_cards_has_a_list);
	suite_add_tcase(s, t);
	return s;
}
