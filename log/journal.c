/* SPDX-License-Identifier: BSD-3-Clause */
#include "journal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_BYTES 4096

bool
mx_journal_is(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	return stream != NULL &&
	       sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(fd, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

struct cookie {
	int fd;
	bool in_line; /* the last write did not end one */
};

static const char *
priority_of(const char *line, size_t length)
{
	static const struct {
		const char *word;
		const char *priority;
	} words[] = {{"error ", "<3>"}, {"warn ", "<4>"}, {"info ", "<6>"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const size_t word = strlen(words[i].word);
		if (length >= word && memcmp(line, words[i].word, word) == 0)
			return words[i].priority;
	}
	return "";
}

/* Write a line by one call, so that it does not mix with lines of other
 * processes. */
static void
write_line(struct cookie *cookie, const char *line, size_t length)
{
	const char *priority = cookie->in_line ? "" : priority_of(line, length);
	char text[LINE_BYTES + 8];

	const int size = snprintf(text, sizeof(text), "%s%.*s", priority,
				  (int)length, line);
	/* A log that cannot be written is no reason to stop. */
	if (write(cookie->fd, text, (size_t)size) < 0)
		return;
	cookie->in_line = line[length - 1] != '\n';
}

static ssize_t
on_write(void *arg, const char *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		const char *end = memchr(data + done, '\n', size - done);
		size_t length = end != NULL ? (size_t)(end + 1 - data) - done
					    : size - done;
		if (length > LINE_BYTES)
			length = LINE_BYTES;
		write_line(arg, data + done, length);
		done += length;
	}
	return (ssize_t)size;
}

static int
on_close(void *arg)
{
	free(arg);
	return 0;
}

FILE *
mx_journal_stream(int fd)
{
	const cookie_io_functions_t functions = {.write = on_write,
						 .close = on_close};
	struct cookie *cookie = calloc(1, sizeof(*cookie));

	if (cookie == NULL)
		return NULL;
	cookie->fd = fd;
	FILE *stream = fopencookie(cookie, "w", functions);
	if (stream == NULL) {
		free(cookie);
		return NULL;
	}
	setvbuf(stream, NULL, _IOLBF, LINE_BYTES);
	return stream;
}
