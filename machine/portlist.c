/* SPDX-License-Identifier: BSD-3-Clause */
#include "portlist.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "interface.h"
#include "pci.h"
#include "pmd.h"
#include "sysfile.h"

/* The columns of a card. */
#define CARD_ROW "%-13s %-12s %-15s %4s  %5s  %-4s  %s\n"

static const char *
or_dash(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

/* The link of an interface.  Only a driver in the kernel knows it. */
static const char *
link_word(const char *interface)
{
	const struct interface_state state = interface_state(interface);

	if (interface[0] == '\0' || !state.exists)
		return "-";
	if (!state.up)
		return "off";
	return state.carrier ? "up" : "down";
}

/* What hinders the card, each with what mends it, or how to use the card. */
static void
print_advice(const char *root, const struct pmds *pmds,
	     const struct pci_device *device, FILE *out)
{
	struct hazards found = {.count = 0};
	char line[HAZARD_LINE_MAX];

	card_judge(root, pmds, device, "", &found);
	for (uint32_t i = 0; i < found.count; i++)
		fprintf(out, "    %s\n", hazard_line(&found.list[i], line));
	if (!hazards_stop_mail(&found))
		fprintf(out, "    ready: driver: dpdk, device: \"%s\"\n",
			device->address);
}

static void
print_card(const char *root, const struct pmds *pmds,
	   const struct pci_device *device, FILE *out)
{
	char name[PCI_NAME_MAX], node[12] = "-";
	struct pmd pmd = {.name = ""};

	if (pmds == NULL || !pmds_find_pci(pmds, device, &pmd))
		pmd.name[0] = '\0';
	if (device->node >= 0)
		snprintf(node, sizeof(node), "%d", device->node);
	fprintf(out, CARD_ROW, device->address, or_dash(device->driver),
		or_dash(device->interface), node, or_dash(device->group),
		link_word(device->interface), or_dash(pmd.name));
	const bool named = pci_find_name(root, device, name);
	fprintf(out, "    %04x:%04x%s%s\n", device->vendor, device->device,
		named ? " " : "", name);
	print_advice(root, pmds, device, out);
}

static void
print_cards(const char *root, FILE *out)
{
	char address[PCI_DEVICES_MAX][PCI_ADDRESS_MAX];
	struct pmds *pmds = pmds_read(root);
	struct pci_device device;
	uint32_t cards = 0;
	const uint32_t count = pci_list(root, "/sys/bus/pci/devices", address);

	for (uint32_t i = 0; i < count; i++) {
		if (!pci_read(root, address[i], &device) ||
		    !pci_is_network(&device))
			continue;
		if (cards++ == 0)
			fprintf(out, CARD_ROW, "DEVICE", "DRIVER", "INTERFACE",
				"NODE", "IOMMU", "LINK", "DPDK");
		print_card(root, pmds, &device, out);
	}
	if (cards == 0)
		fputs("no network card is on the PCI bus\n", out);
	else if (!pci_has_names(root))
		fputs("names of cards: `apt install pci.ids`\n", out);
	pmds_free(pmds);
}

static void
print_interface(const char *name, FILE *out)
{
	const struct interface_state state = interface_state(name);
	const char *use = "af_packet or af_xdp";

	if (state.mtu > MX_MTU_MAX_AF_PACKET)
		use = "none: the MTU is too large";
	else if (state.mtu > MX_MTU_MAX_AF_XDP)
		use = "af_packet";
	fprintf(out, "%-15s %-4s  %5d  %s\n", name, link_word(name), state.mtu,
		use);
}

static void
print_interfaces(FILE *out)
{
	struct if_nameindex *interfaces = if_nameindex();
	uint32_t count = 0;

	for (const struct if_nameindex *at = interfaces;
	     at != NULL && at->if_index != 0; at++) {
		if (strcmp(at->if_name, "lo") == 0)
			continue;
		if (count++ == 0)
			fprintf(out, "\n%-15s %-4s  %5s  %s\n", "INTERFACE",
				"LINK", "MTU", "DRIVER");
		print_interface(at->if_name, out);
	}
	if (count == 0)
		fputs("\nthe kernel has no interface but lo here\n", out);
	if (interfaces != NULL)
		if_freenameindex(interfaces);
}

void
portlist_print(const char *root, FILE *out)
{
	print_cards(root, out);
	print_interfaces(out);
}
