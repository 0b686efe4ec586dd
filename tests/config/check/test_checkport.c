/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports: each driver has keys of its own, and each device one port.
 * Method: a good file with other lines for its port; the whole message is
 * compared. */
#include "config.h"
#include "runner.h"
#include "smallfile.h"

#define PORT "name: wan, interface: eth0"

static const char good[] = SMALLFILE("mx1", "[1]", "1000", PORT);

/* Lines in the place of the port, and the message. */
static const struct {
	const char *text;
	const char *message;
} wrong[] = {
	{"    - {name: wan, interface: eth0, driver: magic}",
	 "f:6: driver: expected af_packet, af_xdp or dpdk, found \"magic\""},
	{"    - {name: wan, interface: a}\n    - {name: wan, interface: b}",
	 "f:7: port wan: expected a name of its own, line 6 has it already"},
	{"    - {name: wan, interface: a}\n    - {name: lan, interface: a}",
	 "f:7: interface: expected one that no other port has, port wan has a"},
	{"    - {name: wan}",
	 "f:6: interface is missing: expected the network interface to use, as "
	 "`ip link` shows it"},
	{"    - {name: wan, driver: dpdk}",
	 "f:6: device is missing: expected the PCI address of the network card, "
	 "as `lspci -D` shows it, or a virtual device of DPDK"},
	{"    - {name: wan, driver: dpdk, device: eth0}",
	 "f:6: device: expected a PCI address, such as \"0000:65:00.0\", or a "
	 "virtual device of DPDK, such as \"net_memif0,role=client\", found "
	 "\"eth0\""},
	{"    - {name: wan, interface: a, device: net_tap0}",
	 "f:6: device: expected only with driver: dpdk"},
	{"    - {name: wan, interface: a, mtu: 1400}",
	 "f:6: mtu: expected only with driver: dpdk"},
	{"    - {name: wan, driver: af_xdp, interface: a, queues: 1}",
	 "f:6: queues: expected only with driver: dpdk"},
	{"    - {name: wan, interface: a, twin: tap}",
	 "f:6: twin: expected only with driver: dpdk"},
	{"    - {name: wan, driver: dpdk, device: net_tap0, twin: vhost}",
	 "f:6: interface is missing: expected the name of the twin, such as "
	 "wan0"},
	{"    - {name: wan, driver: dpdk, device: net_tap0, interface: a, twin: on}",
	 "f:6: twin: expected auto, vhost, tap or off, found \"on\""},
	{"    - {name: wan, interface: eth0, vlan: 42}",
	 "f:6: vlan: expected only with driver: dpdk; of other drivers the "
	 "kernel has an interface for each VLAN: `ip link add link eth0 name "
	 "eth0.42 type vlan id 42`, and interface: eth0.42"},
	{"    - {name: wan, driver: dpdk, device: net_tap0, vlan: 42}\n"
	 "    - {name: lan, driver: dpdk, device: net_tap0, vlan: 42}",
	 "f:7: vlan: expected one that port wan, with the same device, does not "
	 "have"},
	{"    - {name: wan, driver: dpdk, bond: {members: [net_tap0, net_tap1]}}\n"
	 "    - {name: lan, driver: dpdk, bond: {members: [net_tap0, net_tap1]}}",
	 "f:7: members: expected devices that no other port has, port wan has "
	 "net_tap0"},
	{"    - {name: wan, driver: dpdk, vlan: 42, bond: {members: [net_tap0, net_tap1]}}\n"
	 "    - {name: lan, driver: dpdk, vlan: 43, bond: {members: [net_tap1, net_tap0]}}",
	 "f:7: members: expected devices that no other port has, port wan has "
	 "net_tap0"},
	{"    - {name: wan, driver: dpdk, vlan: 42, bond: {members: [net_tap0, net_tap1]}}\n"
	 "    - {name: lan, driver: dpdk, vlan: 43, bond: {mode: lacp, members: [net_tap0, net_tap1]}}",
	 "f:7: members: expected devices that no other port has, port wan has "
	 "net_tap0"},
	{"    - {name: wan, driver: dpdk, vlan: 42, bond: {members: [net_tap0, net_tap1]}}\n"
	 "    - {name: lan, driver: dpdk, bond: {members: [net_tap0, net_tap1]}}\n"
	 "    - {name: dmz, driver: dpdk, vlan: 42, bond: {members: [net_tap0, net_tap1]}}",
	 "f:8: vlan: expected one that port wan, with the same device, does not "
	 "have"},
	{"    - {name: wan, driver: dpdk, vlan: 42, bond: {members: [net_tap0, net_tap1]}}\n"
	 "    - {name: lan, driver: dpdk, queues: 1, bond: {members: [net_tap0, net_tap1]}}",
	 "f:7: queues: expected as port wan has it, with the same device"},
	{"    - {name: wan, driver: dpdk, device: net_tap0}\n"
	 "    - {name: lan, driver: dpdk, device: net_tap0, vlan: 42, mtu: 1400}",
	 "f:7: mtu: expected as port wan has it, with the same device"},
	{"    - {name: wan, driver: dpdk, device: net_tap0, vlan: 4095}",
	 "f:6: vlan: expected a whole number from 1 to 4094, found \"4095\""},
	{"    - {name: wan, driver: dpdk, device: net_tap0, queues: 2}",
	 "f:6: queues: expected at most 1, one for each worker, found 2"},
	{"    - {name: wan, driver: dpdk, device: net_tap0, mtu: 9000}",
	 "f:6: mtu: expected a whole number from 1280 to 2000, found \"9000\""},
	{"    - {name: wan, driver: dpdk, device: '65:00.0,a=1'}\n"
	 "    - {name: lan, driver: dpdk, device: '0000:65:00.0'}",
	 "f:7: device: expected one that no other port has, port wan has "
	 "0000:65:00.0"},
	{"    - {name: wan, driver: dpdk, device: 'net_bonding0,slave=65:00.0,slave=65:00.1'}\n"
	 "    - {name: lan, driver: dpdk, device: 'net_bonding1,slave=66:00.0,slave=0000:65:00.1'}",
	 "f:7: device: expected one that no other port has, port wan has "
	 "0000:65:00.1"},
	{"    - {name: wan, driver: dpdk, bond: {members: ['65:00.0', '65:00.1,a=1']}}\n"
	 "    - {name: lan, driver: dpdk, device: '0000:65:00.1'}",
	 "f:7: device: expected one that no other port has, port wan has "
	 "0000:65:00.1"},
	{"    - {name: wan, driver: dpdk, bond: {members: [net_tap0, net_tap1]}}\n"
	 "    - {name: lan, driver: dpdk, bond: {members: [net_tap2, 'net_tap1,a=1']}}",
	 "f:7: members: expected devices that no other port has, port wan has "
	 "net_tap1"},
	{"    - {name: wan, driver: dpdk, bond: {members: [net_tap0, net_tap1]}}\n"
	 "    - {name: lan, driver: dpdk, device: 'net_bonding7,mode=1,member=65:00.0,slave=net_tap1'}",
	 "f:7: device: expected PCI addresses as members of a bond; use `bond: "
	 "{members: [...]}` for other devices"},
	{"    - {name: wan, driver: dpdk, bond: {members: ['65:00.0', '0000:65:00.0']}}",
	 "f:6: members: expected each device once, found 0000:65:00.0 again"},
	{"    - {name: wan, driver: dpdk, bond: {members: [net_tap0]}}",
	 "f:6: members: expected at least two devices"},
	{"    - {name: wan, driver: dpdk, bond: {mode: lacp}}",
	 "f:6: members: expected at least two devices"},
	{"    - {name: wan, driver: dpdk, bond: {members: [net_tap0, net_bonding1]}}",
	 "f:6: members: expected a device that is no bond"},
	{"    - {name: wan, driver: dpdk, bond: {mode: 1, members: [net_tap0, net_tap1]}}",
	 "f:6: mode: expected active-backup or lacp, found \"1\""},
	{"    - {name: wan, driver: dpdk, device: net_tap9, bond: {members: [net_tap0, net_tap1]}}",
	 "f:6: bond: expected instead of device, found both"},
	{"    - {name: wan, interface: a, bond: {members: [net_tap0, net_tap1]}}",
	 "f:6: bond: expected only with driver: dpdk"},
	{"    - {name: wan, driver: dpdk, bond: {members: "
	 "[net_taaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0, "
	 "net_taaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1, "
	 "net_taaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2]}}",
	 "f:6: members: expected shorter names of devices"},
	{"    - wan",
	 "f:6: ports: expected a mapping of keys and values, found \"wan\""},
};

START_TEST(every_mistake_is_named_with_its_line)
{
	struct mx_config_errors errors;

	ck_assert_ptr_null(smallfile_try(good, "    - {" PORT "}",
					 wrong[_i].text, &errors));
	ck_assert_str_eq(errors.text[0], wrong[_i].message);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("checkport");
	TCase *t = tcase_create("checkport");

	tcase_add_loop_test(t, every_mistake_is_named_with_its_line, 0,
			    sizeof(wrong) / sizeof(wrong[0]));
	suite_add_tcase(s, t);
	return s;
}
