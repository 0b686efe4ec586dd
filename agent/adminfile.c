/* SPDX-License-Identifier: BSD-3-Clause */
#include "adminfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "replacefile.h"

#define TEXT_MAX (REPLY_TEXT_MAX + 16)

/* Copy the rest of the line.  It becomes a part of another line. */
static void
copy_why(char why[static REPLY_TEXT_MAX], const char *text)
{
	size_t i = 0;

	while (*text == ' ' || *text == '\t')
		text++;
	for (; text[i] != '\0' && text[i] != '\n' && i < REPLY_TEXT_MAX - 1;
	     i++)
		why[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	why[i] = '\0';
}

bool
adminfile_parse(const char *text, struct adminfile *file)
{
	text += strspn(text, " \t");
	const size_t length = strcspn(text, " \t\r\n");

	for (int i = 0; i < ADMINS; i++) {
		const char *word = admin_word((enum admin)i);

		if (strlen(word) != length || strncmp(text, word, length) != 0)
			continue;
		file->admin = (enum admin)i;
		copy_why(file->why, text + length);
		return true;
	}
	return false;
}

int
adminfile_read(const char *path, struct adminfile *file)
{
	char text[TEXT_MAX];
	/* A pipe in its place must not block. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT) {
		*file = (struct adminfile){.admin = ADMIN_IS_READY};
		return 0;
	}
	if (fd < 0)
		return -errno;
	const ssize_t length = read(fd, text, sizeof(text) - 1);
	const int error = length < 0 ? -errno : 0;
	close(fd);
	if (error != 0)
		return error;
	text[length] = '\0';
	return adminfile_parse(text, file) ? 0 : -EINVAL;
}

int
adminfile_write(const char *path, const struct adminfile *file)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%s%s%s\n", admin_word(file->admin),
		 file->why[0] != '\0' ? " " : "", file->why);
	/* The agent, which reads it, has another user. */
	return replacefile(path, text, 0644);
}
