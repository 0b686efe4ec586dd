/* SPDX-License-Identifier: BSD-3-Clause */
#include "groupfile.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

static bool
is_same(const struct groupfile *file, const struct stat *status)
{
	return status->st_ino == file->ino &&
	       status->st_mtim.tv_sec == file->at.tv_sec &&
	       status->st_mtim.tv_nsec == file->at.tv_nsec;
}

int
groupfile_read(struct groupfile *file, const char *instance,
	       struct groupsheet *sheet)
{
	static char text[GROUPSHEET_TEXT_MAX];
	struct mx_folder folder;
	struct stat status;
	int found = 0;

	if (mx_folder_open_control(&folder, instance, false) != 0)
		return 0;
	const int fd = mx_folder_read(&folder, GROUPSHEET_NAME);
	mx_folder_close(&folder);
	if (fd < 0)
		return 0;
	if (fstat(fd, &status) == 0 && !is_same(file, &status)) {
		const ssize_t got = pread(fd, text, GROUPSHEET_TEXT_MAX - 1, 0);

		text[got > 0 ? got : 0] = '\0';
		found = got > 0 && groupsheet_read(sheet, text) ? 1 : -EPROTO;
		file->ino = status.st_ino;
		file->at = status.st_mtim;
	}
	close(fd);
	return found;
}
