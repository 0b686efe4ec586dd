/* SPDX-License-Identifier: BSD-3-Clause */
#include "groupsheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"

#define FIRST_LINE "mxsteer-group 1"

/* "peer 16 ", an endpoint; "secret " and a path. */
#define LINE_MAX_BYTES (GROUPSHEET_PATH_MAX + 32)

static void
print_hex(FILE *out, const char *key, const uint8_t *byte, unsigned bytes)
{
	fprintf(out, "%s ", key);
	for (unsigned i = 0; i < bytes; i++)
		fprintf(out, "%02x", byte[i]);
	fputc('\n', out);
}

static void
print_rows(FILE *out, const struct groupsheet *sheet)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	for (uint16_t i = 0; i < sheet->peers; i++)
		fprintf(out, "peer %u %s\n", sheet->peer[i].box,
			mx_endpoint_format(&sheet->peer[i].address, text));
	fprintf(out, "listen %s\n", mx_endpoint_format(&sheet->listen, text));
	for (uint16_t i = 0; i < sheet->snats; i++)
		fprintf(out, "snat %s %u\n",
			mx_addr_format(&sheet->snat[i].address, text),
			sheet->snat[i].box);
	for (uint16_t i = 0; i < sheet->ports; i++)
		fprintf(out, "port %s\n", sheet->port[i]);
}

size_t
groupsheet_write(const struct groupsheet *sheet,
		 char text[static GROUPSHEET_TEXT_MAX])
{
	FILE *out = fmemopen(text, GROUPSHEET_TEXT_MAX, "w");

	if (out == NULL)
		return 0;
	fputs(FIRST_LINE "\n", out);
	if (sheet->box != 0) {
		fprintf(out, "box %u\nsecret %s\n", sheet->box, sheet->secret);
		print_hex(out, "digest", sheet->digest, sizeof(sheet->digest));
		print_hex(out, "serves", sheet->serves, sizeof(sheet->serves));
		print_rows(out, sheet);
	}
	fflush(out);
	const long length = ftell(out);
	const bool failed = ferror(out) != 0;
	return fclose(out) == 0 && !failed && length > 0 &&
			       length < GROUPSHEET_TEXT_MAX - 1
		       ? (size_t)length
		       : 0;
}

/* A line of the sheet: reads its value.  Returns false if that cannot be. */
typedef bool line_reader(struct groupsheet *sheet, char *value);

static bool
read_box(const char *text, uint8_t *box)
{
	char *end;

	if (text[0] < '1' || text[0] > '9')
		return false;
	const unsigned long number = strtoul(text, &end, 10);
	*box = (uint8_t)number;
	return *end == '\0' && number <= MX_BOXES_MAX;
}

static bool
read_own(struct groupsheet *sheet, char *value)
{
	return sheet->box == 0 && read_box(value, &sheet->box);
}

static bool
read_secret(struct groupsheet *sheet, char *value)
{
	return sheet->secret[0] == '\0' && value[0] != '\0' &&
	       snprintf(sheet->secret, sizeof(sheet->secret), "%s", value) <
		       (int)sizeof(sheet->secret);
}

static int
digit_of(char letter)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = letter != '\0' ? strchr(digits, letter) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

static bool
read_hex(const char *value, uint8_t *byte, unsigned bytes)
{
	if (strlen(value) != 2 * (size_t)bytes)
		return false;
	for (unsigned i = 0; i < bytes; i++) {
		const int high = digit_of(value[2 * i]);
		const int low = digit_of(value[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		byte[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool
read_digest(struct groupsheet *sheet, char *value)
{
	return read_hex(value, sheet->digest, sizeof(sheet->digest));
}

static bool
read_serves(struct groupsheet *sheet, char *value)
{
	return read_hex(value, sheet->serves, sizeof(sheet->serves));
}

static bool
read_peer(struct groupsheet *sheet, char *value)
{
	char *address = strchr(value, ' ');

	if (address == NULL || sheet->peers == MX_BOXES_MAX)
		return false;
	*address++ = '\0';
	struct groupsheet_peer *peer = &sheet->peer[sheet->peers++];
	return read_box(value, &peer->box) &&
	       mx_endpoint_parse(address, &peer->address) == 0;
}

static bool
read_listen(struct groupsheet *sheet, char *value)
{
	return sheet->listen.port_be == 0 &&
	       mx_endpoint_parse(value, &sheet->listen) == 0;
}

static bool
read_snat(struct groupsheet *sheet, char *value)
{
	char *box = strchr(value, ' ');

	if (box == NULL || sheet->snats == MX_SNATS_MAX)
		return false;
	*box++ = '\0';
	struct groupsheet_snat *snat = &sheet->snat[sheet->snats++];
	return mx_addr_parse(value, &snat->address) == 0 &&
	       read_box(box, &snat->box);
}

static bool
read_port(struct groupsheet *sheet, char *value)
{
	if (sheet->ports == MX_PORTS_MAX || value[0] == '\0' ||
	    strlen(value) >= MX_NAME_MAX)
		return false;
	strcpy(sheet->port[sheet->ports++], value);
	return true;
}

static bool
read_line(struct groupsheet *sheet, char *line)
{
	static const struct {
		const char *key;
		line_reader *read;
	} keys[] = {
		{"box", read_own},       {"secret", read_secret},
		{"digest", read_digest}, {"peer", read_peer},
		{"listen", read_listen}, {"snat", read_snat},
		{"port", read_port},     {"serves", read_serves},
	};
	char *value = strchr(line, ' ');

	if (value == NULL)
		return false;
	*value++ = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(line, keys[i].key) == 0)
			return keys[i].read(sheet, value);
	return true; /* of a later version */
}

/* Is nothing missing, and are the peers other boxes, each there once? */
static bool
is_whole(const struct groupsheet *sheet)
{
	uint32_t seen = 1u << sheet->box;

	for (uint16_t i = 0; i < sheet->peers; i++) {
		if (seen >> sheet->peer[i].box & 1)
			return false;
		seen |= 1u << sheet->peer[i].box;
	}
	return sheet->box != 0 && sheet->secret[0] != '\0' &&
	       sheet->listen.port_be != 0;
}

bool
groupsheet_read(struct groupsheet *sheet, const char *text)
{
	char line[LINE_MAX_BYTES];
	unsigned number = 0;

	memset(sheet, 0, sizeof(*sheet));
	for (; *text != '\0'; number++) {
		const size_t length = strcspn(text, "\n");

		if (length >= sizeof(line) || text[length] != '\n')
			return false;
		memcpy(line, text, length);
		line[length] = '\0';
		text += length + 1;
		if (number == 0 ? strcmp(line, FIRST_LINE) != 0
				: !read_line(sheet, line))
			return false;
	}
	return number == 1 || is_whole(sheet);
}

uint8_t
groupsheet_home(const struct groupsheet *sheet, const struct mx_addr *address)
{
	for (uint16_t i = 0; i < sheet->snats; i++)
		if (mx_addr_equal(&sheet->snat[i].address, address))
			return sheet->snat[i].box;
	return 0;
}
