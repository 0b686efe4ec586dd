/* SPDX-License-Identifier: BSD-3-Clause */
#include "shadowwatch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cutguard.h"
#include "folder.h"
#include "log.h"
#include "replicated.h"
#include "worker.h"

static void
unmap(struct shadowwatch_file *file)
{
	if (file->at != NULL)
		munmap(file->at, file->size_bytes);
	*file = (struct shadowwatch_file){0};
}

/* Map a file, and check that it is the shadow of a box.  Returns NULL, or what is
 * wrong. */
static const char *
map_file(const struct shadowwatch *watch, struct shadowwatch_file *file, int fd,
	 uint8_t box)
{
	if (file->size_bytes > mx_shadow_size(MX_SESSIONS_MAX, true))
		return "it is too large";
	/* The file may be cut, and then ends nobody. */
	mx_cutguard_begin();
	void *at = mmap(NULL, file->size_bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return "there is no memory to map it";
	file->at = at;
	if (mx_shadow_attach(&file->map, at, file->size_bytes) != 0)
		return "it is damaged, or of another version of mxsteer: run "
		       "one version on this host";
	if (file->map.box != box)
		return "it is of another box";
	if (file->map.workers != watch->workers)
		return "its box has another number of workers: all boxes need "
		       "the same";
	return NULL;
}

/* Try a file that is not mapped.  One that is refused is tried again: its writer
 * may not be done. */
static void
take_file(const struct shadowwatch *watch, struct shadowwatch_file *file,
	  int fd, uint8_t box, const struct stat *status)
{
	const bool known =
		file->inode == status->st_ino && file->device == status->st_dev;

	*file = (struct shadowwatch_file){
		.device = status->st_dev,
		.inode = status->st_ino,
		.size_bytes = (size_t)status->st_size,
	};
	const char *fault = map_file(watch, file, fd, box);

	if (fault == NULL) {
		log_line(LOG_LEVEL_INFO, "group: sessions of box %u are known",
			 box);
		return;
	}
	if (file->at != NULL)
		munmap(file->at, file->size_bytes);
	file->at = NULL;
	if (known)
		return; /* the log has said so */
	log_line(LOG_LEVEL_WARN,
		 "group: sessions of box %u are not carried on here: "
		 "%s/mxsteer-control.%s/shadow.%u: %s",
		 box, MX_FOLDER_BASE, watch->instance, box, fault);
}

/* Keep what workers may still use. */
static void
put_aside(struct shadowwatch *watch, struct shadowwatch_file *file)
{
	if (file->at != NULL)
		watch->gone[watch->gone_count++] = *file;
	*file = (struct shadowwatch_file){0};
}

/* Look at the file of a box.  Returns whether the workers need another set.  A file
 * that cannot be opened is none: it is not believed, or about to be named. */
static bool
look_at(struct shadowwatch *watch, const struct mx_folder *folder, uint8_t box)
{
	struct shadowwatch_file *file = &watch->file[box];
	const bool had = file->at != NULL;
	char name[MX_SHADOW_NAME_MAX];
	struct stat status;

	mx_shadow_name(name, box);
	const int fd = folder == NULL ? -ENOENT : mx_folder_read(folder, name);
	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size == 0) {
		put_aside(watch, file);
		if (fd >= 0)
			close(fd);
		return had;
	}
	const bool same = had && file->inode == status.st_ino &&
			  file->device == status.st_dev &&
			  file->size_bytes == (size_t)status.st_size;
	if (had && !same)
		put_aside(watch, file);
	if (!same)
		take_file(watch, file, fd, box, &status);
	close(fd);
	return !same && (had || file->at != NULL);
}

/* Does mxsteer-replica hold its file? */
static bool
is_kept(const struct mx_folder *folder)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	const int fd = mx_folder_read(folder, REPLICATED_NAME);
	bool kept;

	if (fd < 0)
		return false;
	kept = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return kept;
}

/* Give the workers a set of what is mapped now. */
static void
give(struct shadowwatch *watch)
{
	struct shadows *set = calloc(1, sizeof(*set));

	if (set != NULL)
		set->kept = watch->kept;
	for (uint8_t box = 1; set != NULL && box <= MX_BOXES_MAX; box++)
		if (watch->file[box].at != NULL)
			set->map[set->count++] = watch->file[box].map;
	if (set != NULL && set->count == 0) {
		free(set);
		set = NULL;
	}
	for (uint16_t i = 0; i < watch->workers; i++)
		/* Release: with the pointer the whole set is visible. */
		atomic_store_explicit(&watch->worker[i]->shadows, set,
				      memory_order_release);
	watch->before = watch->set;
	watch->set = set;
	watch->retiring = true;
	watch->token = rte_rcu_qsbr_start(watch->quiescent);
}

static void
finish(struct shadowwatch *watch)
{
	free(watch->before);
	watch->before = NULL;
	while (watch->gone_count > 0)
		unmap(&watch->gone[--watch->gone_count]);
	watch->retiring = false;
}

static void
look(struct shadowwatch *watch, uint8_t own)
{
	struct mx_folder folder;
	bool news = false;
	const bool there =
		own != 0 &&
		mx_folder_open_control(&folder, watch->instance, false) == 0;

	const bool kept = there && is_kept(&folder);
	if (kept != watch->kept)
		news = true;
	watch->kept = kept;
	for (uint8_t box = 1; box <= MX_BOXES_MAX; box++)
		news |= look_at(watch, there && box != own ? &folder : NULL,
				box);
	if (there)
		mx_folder_close(&folder);
	if (news)
		give(watch);
}

void
shadowwatch_poll(struct shadowwatch *watch, uint8_t box, uint32_t now_s)
{
	if (watch->retiring) {
		if (rte_rcu_qsbr_check(watch->quiescent, watch->token, false) ==
		    1)
			finish(watch);
	} else if (now_s != watch->looked_s) {
		watch->looked_s = now_s;
		look(watch, box);
	}
}

void
shadowwatch_end(struct shadowwatch *watch)
{
	finish(watch);
	for (uint16_t i = 0; i < watch->workers; i++)
		atomic_store_explicit(&watch->worker[i]->shadows, NULL,
				      memory_order_relaxed);
	free(watch->set);
	watch->set = NULL;
	for (uint8_t box = 1; box <= MX_BOXES_MAX; box++)
		unmap(&watch->file[box]);
}
