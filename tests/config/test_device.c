/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of a DPDK device: what is one, which name DPDK gives it, and which
 * network cards it names.
 * Method: tables of texts. */
#include <string.h>

#include "device.h"
#include "runner.h"

/* clang-format off */
static const struct {
	const char *device;
	const char *name; /* NULL: it is no device */
	bool pci;
} devices[] = {
	{"0000:65:00.0", "0000:65:00.0", true},
	{"65:00.0", "0000:65:00.0", true},
	{"0000:AF:1f.7", "0000:af:1f.7", true},
	{"10000:01:00.0", "10000:01:00.0", true},
	{"0000:65:00.1,rx_vec_enable=1,a=b", "0000:65:00.1", true},
	{"net_memif0,role=client,socket=/run/m", "net_memif0", false},
	{"net_af_packet3,iface=eth0", "net_af_packet3", false},
	{"virtio_user0,path=/dev/vhost-net", "virtio_user0", false},
	{"net_bonding0,slave=65:00.0", "net_bonding0", false},
	{"eth0", NULL, false},
	{"enp101s0f0", NULL, false},
	{"", NULL, false},
	{",", NULL, false},
	{"65:00", NULL, false},
	{"65:00.8", NULL, false},
	{"65:20.0", NULL, false},
	{"165:00.0", NULL, false},
	{"65:00.0.", NULL, false},
	{"65:00.", NULL, false},
	{":65:00.0", NULL, false},
	{"0000:65:00.0:1", NULL, false},
	{"000000000:65:00.0", NULL, false},
	{"a_b:65:00.0", NULL, false},
	{"net_a=b", NULL, false},
	{"net_789012345678901234567890123456789012345678901234567890123456", NULL, false},
};
/* clang-format on */

START_TEST(a_device_has_the_name_that_dpdk_gives_it)
{
	char name[MX_DEVICE_NAME_MAX];

	ck_assert_msg(mx_device_is_valid(devices[_i].device) ==
			      (devices[_i].name != NULL),
		      "%s", devices[_i].device);
	ck_assert_msg(mx_device_is_pci(devices[_i].device) == devices[_i].pci,
		      "%s", devices[_i].device);
	if (devices[_i].name != NULL)
		ck_assert_str_eq(mx_device_name(devices[_i].device, name),
				 devices[_i].name);
}
END_TEST

/* clang-format off */
static const struct {
	const char *device;
	const char *cards; /* each with a space behind it */
} cards[] = {
	{"", ""},
	{"65:00.0", "0000:65:00.0 "},
	{"65:00.0,mac=00:11:22:33:44:55", "0000:65:00.0 "},
	{"net_tap0,iface=65:00", ""},
	{"net_bonding0,mode=1,slave=65:00.0,slave=0000:65:00.1", "0000:65:00.0 0000:65:00.1 "},
	{"net_bonding0,member=65:00.0,,x,", "0000:65:00.0 "},
	{"net_a0,path=/789012345678901234567890123456789012345678901234567890,slave=65:00.0", "0000:65:00.0 "},
};
/* clang-format on */

START_TEST(each_card_that_a_text_names_is_found)
{
	char name[MX_DEVICE_NAME_MAX], found[256] = "";
	const char *at = cards[_i].device;

	while (mx_device_next_pci(&at, name))
		strcat(strcat(found, name), " ");
	ck_assert_str_eq(found, cards[_i].cards);
}
END_TEST

START_TEST(an_argument_is_found_by_its_key)
{
	const char *device = "net_memif0,role=client,socket=/run/m";

	ck_assert_str_eq(mx_device_argument(device, "socket="), "/run/m");
	ck_assert_str_eq(mx_device_argument(device, "role="),
			 "client,socket=/run/m");
	ck_assert_ptr_null(mx_device_argument(device, "ole="));
	ck_assert_ptr_null(mx_device_argument("net_memif0", "role="));
	ck_assert(mx_device_has(device, "role=client"));
	ck_assert(mx_device_has(device, "socket=/run/m"));
	ck_assert(!mx_device_has(device, "role=cli"));
	ck_assert(!mx_device_has(device, "role=server"));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("device");
	TCase *t = tcase_create("device");

	tcase_add_loop_test(t, a_device_has_the_name_that_dpdk_gives_it, 0,
			    (int)(sizeof(devices) / sizeof(devices[0])));
	tcase_add_loop_test(t, each_card_that_a_text_names_is_found, 0,
			    (int)(sizeof(cards) / sizeof(cards[0])));
	tcase_add_test(t, an_argument_is_found_by_its_key);
	suite_add_tcase(s, t);
	return s;
}
