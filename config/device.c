/* SPDX-License-Identifier: BSD-3-Clause */
#include "device.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX "0123456789abcdefABCDEF"

struct pci_address {
	unsigned long domain, bus, slot, function;
};

/* Read a hexadecimal number of 1 to `digits` digits; *at moves past it and past
 * `end`, if that follows. */
static bool
read_part(const char **at, size_t digits, char end, unsigned long *value)
{
	const size_t length = strspn(*at, HEX);

	if (length == 0 || length > digits || (*at)[length] != end)
		return false;
	*value = strtoul(*at, NULL, 16);
	*at += length + (end != '\0');
	return true;
}

/* Parse "65:00.0" or "0000:65:00.0", the whole text. */
static bool
parse_pci(const char *text, struct pci_address *address)
{
	struct pci_address a = {0};
	const char *at = text;

	/* The second colon tells whether there is a domain. */
	const char *colon = strchr(text, ':');
	if (colon == NULL)
		return false;
	if (strchr(colon + 1, ':') != NULL &&
	    !read_part(&at, 8, ':', &a.domain))
		return false;
	if (!read_part(&at, 2, ':', &a.bus) ||
	    !read_part(&at, 2, '.', &a.slot) ||
	    !read_part(&at, 1, '\0', &a.function) || a.slot > 31 ||
	    a.function > 7)
		return false;
	*address = a;
	return true;
}

/* Copy the text up to the next comma.  Returns false if it does not fit. */
static bool
copy_part(const char *text, char part[static MX_DEVICE_NAME_MAX])
{
	const size_t length = strcspn(text, ",");

	if (length >= MX_DEVICE_NAME_MAX)
		return false;
	memcpy(part, text, length);
	part[length] = '\0';
	return true;
}

static void
format_pci(const struct pci_address *a, char name[static MX_DEVICE_NAME_MAX])
{
	snprintf(name, MX_DEVICE_NAME_MAX, "%04lx:%02lx:%02lx.%lx", a->domain,
		 a->bus, a->slot, a->function);
}

bool
mx_device_is_pci(const char *device)
{
	char name[MX_DEVICE_NAME_MAX];
	struct pci_address address;

	return copy_part(device, name) && parse_pci(name, &address);
}

/* Drivers of virtual devices have names with an underscore, such as net_tap and
 * virtio_user. */
bool
mx_device_is_valid(const char *device)
{
	char name[MX_DEVICE_NAME_MAX];
	struct pci_address address;

	if (!copy_part(device, name))
		return false;
	return parse_pci(name, &address) ||
	       (strchr(name, '_') != NULL && strpbrk(name, ":=/[]@") == NULL);
}

const char *
mx_device_name(const char *device, char name[static MX_DEVICE_NAME_MAX])
{
	struct pci_address address;

	if (!copy_part(device, name))
		name[0] = '\0';
	else if (parse_pci(name, &address))
		format_pci(&address, name);
	return name;
}

bool
mx_device_next_pci(const char **at, char name[static MX_DEVICE_NAME_MAX])
{
	char part[MX_DEVICE_NAME_MAX];
	struct pci_address address;

	while (**at != '\0') {
		const char *text = *at;

		*at += strcspn(*at, ",");
		*at += **at == ',';
		if (!copy_part(text, part))
			continue;
		const char *equals = strchr(part, '=');
		if (!parse_pci(equals != NULL ? equals + 1 : part, &address))
			continue;
		format_pci(&address, name);
		return true;
	}
	return false;
}

const char *
mx_device_argument(const char *device, const char *key)
{
	for (const char *at = strchr(device, ','); at != NULL;
	     at = strchr(at, ','))
		if (strncmp(++at, key, strlen(key)) == 0)
			return at + strlen(key);
	return NULL;
}

bool
mx_device_has(const char *device, const char *argument)
{
	const char *rest = mx_device_argument(device, argument);

	return rest != NULL && (*rest == ',' || *rest == '\0');
}
