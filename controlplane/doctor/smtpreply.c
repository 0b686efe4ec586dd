/* SPDX-License-Identifier: BSD-3-Clause */
#include "smtpreply.h"

#include <string.h>
#include <strings.h>

void
smtpreply_begin(struct smtpreply *r)
{
	memset(r, 0, sizeof(*r));
}

static void
keep(struct smtpreply *r, char byte)
{
	if (r->text_bytes >= sizeof(r->text) - 1)
		return;
	if (byte != '\n' && (byte < ' ' || byte > '~'))
		byte = '?';
	r->text[r->text_bytes++] = byte;
}

/* The code of the line, or 0 if it has none. */
static uint16_t
line_code(const char head[4])
{
	if (head[0] < '2' || head[0] > '5')
		return 0;
	for (int i = 1; i < 3; i++)
		if (head[i] < '0' || head[i] > '9')
			return 0;
	if (head[3] != ' ' && head[3] != '-' && head[3] != '\0')
		return 0;
	return (uint16_t)((head[0] - '0') * 100 + (head[1] - '0') * 10 +
			  (head[2] - '0'));
}

static void
end_line(struct smtpreply *r)
{
	const uint16_t code = line_code(r->head);

	r->text[r->text_bytes] = '\0';
	if (code == 0)
		r->fault = "a line without a code";
	else if (r->code != 0 && code != r->code)
		r->fault = "a reply with two codes";
	else if (++r->lines == SMTP_REPLY_LINES_MAX && r->head[3] == '-')
		r->fault = "a reply with too many lines";
	if (r->fault != NULL)
		return;
	r->code = code;
	r->whole = r->head[3] != '-';
	if (!r->whole)
		keep(r, '\n');
	r->line_bytes = 0;
	memset(r->head, 0, sizeof(r->head));
}

static void
take(struct smtpreply *r, char byte)
{
	if (byte == '\n') {
		end_line(r);
		return;
	}
	if (r->line_bytes == SMTP_LINE_BYTES_MAX) {
		r->fault = "a line without an end";
		return;
	}
	/* The CR of an end is no part of the line.  Elsewhere it is no text. */
	if (byte != '\r') {
		if (r->line_bytes < sizeof(r->head))
			r->head[r->line_bytes] = byte;
		else
			keep(r, byte);
	}
	r->line_bytes++;
}

size_t
smtpreply_feed(struct smtpreply *r, const char *bytes, size_t count)
{
	size_t taken = 0;

	while (taken < count && !r->whole && r->fault == NULL)
		take(r, bytes[taken++]);
	return taken;
}

int
smtpreply_first_line(const struct smtpreply *r)
{
	return (int)strcspn(r->text, "\n");
}

bool
smtpreply_offers(const struct smtpreply *r, const char *keyword)
{
	const size_t length = strlen(keyword);
	const char *line = strchr(r->text, '\n');

	while (line != NULL) {
		line++;
		if (strncasecmp(line, keyword, length) == 0 &&
		    strchr(" \n", line[length]) != NULL)
			return true;
		line = strchr(line, '\n');
	}
	return false;
}
