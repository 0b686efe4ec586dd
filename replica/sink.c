/* SPDX-License-Identifier: BSD-3-Clause */
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "clocks.h"
#include "folder.h"
#include "wiresession.h"

#define WORD_BITS 64u

/* This part of the memory for files is left to others: a data plane that starts
 * makes its sessions there. */
#define SPARE 8u

static void
set_state(struct sink *sink, enum mx_shadow_state state)
{
	atomic_store_explicit(&sink->file->state, state, memory_order_release);
}

enum mx_shadow_state
sink_state(const struct sink *sink)
{
	return sink->file == NULL ? MX_SHADOW_EMPTY
				  : mx_shadow_state_of(&sink->map);
}

uint32_t
sink_used(const struct sink *sink)
{
	return sink->file == NULL ? 0
				  : atomic_load_explicit(&sink->file->used,
							 memory_order_relaxed);
}

bool
sink_is_lost(const struct sink *sink)
{
	return sink->file != NULL && !mx_file_is_at(sink->fd, sink->path);
}

static void
forget_told(struct sink *sink)
{
	if (sink->told != NULL)
		munmap(sink->told, sink->told_bytes);
	sink->told = NULL;
}

void
sink_lose(struct sink *sink)
{
	forget_told(sink);
	if (sink->file != NULL && sink_state(sink) != MX_SHADOW_EMPTY)
		set_state(sink, MX_SHADOW_LOST);
}

static void
unmap(struct sink *sink)
{
	if (sink->file == NULL)
		return;
	munmap(sink->file, sink->map.size_bytes);
	close(sink->fd);
	sink->file = NULL;
}

void
sink_close(struct sink *sink)
{
	sink_lose(sink);
	unmap(sink);
}

void
sink_remove(const char *instance, uint8_t box)
{
	char name[MX_SHADOW_NAME_MAX];
	struct mx_folder folder;

	if (mx_folder_open_control(&folder, instance, false) != 0)
		return;
	mx_shadow_name(name, box);
	mx_folder_remove(&folder, name);
	mx_folder_close(&folder);
}

/* Map the open file, which becomes the sink's. */
static int
map_file(struct sink *sink, int fd, size_t size_bytes)
{
	void *at = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			fd, 0);

	if (at == MAP_FAILED) {
		const int error = -errno;
		close(fd);
		return error;
	}
	sink->file = at;
	sink->made++;
	sink->fd = fd;
	sink->map.size_bytes = size_bytes;
	return 0;
}

/* Take the file over that has the name.  A file that is no shadow of the box is
 * none. */
static void
take_file(struct sink *sink, const struct mx_folder *folder, const char *name)
{
	struct stat status;
	const int fd = mx_folder_file(folder, name, 0);

	if (fd < 0)
		return;
	if (fstat(fd, &status) < 0 || status.st_size == 0) {
		close(fd);
		return;
	}
	const size_t size_bytes = (size_t)status.st_size;
	if (map_file(sink, fd, size_bytes) != 0)
		return;
	if (mx_shadow_attach(&sink->map, sink->file, size_bytes) != 0 ||
	    sink->map.box != sink->box) {
		sink->map.size_bytes = size_bytes;
		unmap(sink);
	}
}

/* Open the folder, and note the file's path.  Returns 0 or -errno. */
static int
open_folder(struct sink *sink, struct mx_folder *folder,
	    char name[static MX_SHADOW_NAME_MAX])
{
	const int error = mx_folder_open_control(folder, sink->instance, false);

	if (error != 0)
		return error;
	mx_shadow_name(name, sink->box);
	if (snprintf(sink->path, sizeof(sink->path), "%s/%s", folder->path,
		     name) < (int)sizeof(sink->path))
		return 0;
	mx_folder_close(folder);
	return -ENAMETOOLONG;
}

/* Enter all entries into the index anew.  A process that was killed may have left
 * an entry that is not in the index, or half of one.  Meanwhile an entry may be
 * missing, and the shadow says so. */
static void
mend(struct sink *sink)
{
	struct mx_shadow_entry entry;
	uint32_t used = 0;

	set_state(sink, MX_SHADOW_TEACHING);
	for (uint32_t i = 0; i < sink->map.count; i++) {
		const bool whole = mx_shadow_at(&sink->map, i, &entry);

		mx_shadow_drop(sink->file, &sink->key, i);
		if (!whole)
			continue;
		mx_shadow_put(sink->file, &sink->key, i, &entry.session,
			      &entry.ends);
		used++;
	}
	atomic_store_explicit(&sink->file->used, used, memory_order_relaxed);
}

void
sink_open(struct sink *sink, const char *instance, uint8_t box,
	  const struct mx_hash_key *key)
{
	char name[MX_SHADOW_NAME_MAX];
	struct mx_folder folder;

	*sink = (struct sink){.instance = instance, .box = box, .fd = -1};
	if (key != NULL)
		sink->key = *key;
	if (open_folder(sink, &folder, name) != 0)
		return;
	take_file(sink, &folder, name);
	mx_folder_close(&folder);
	if (key != NULL && (sink_state(sink) == MX_SHADOW_TEACHING ||
			    sink_state(sink) == MX_SHADOW_SYNCED))
		mend(sink);
	sink_lose(sink);
}

/* Give a new file its memory, if enough is left then. */
static int
allocate(int fd, size_t size_bytes)
{
	struct statvfs memory;

	if (fstatvfs(fd, &memory) < 0)
		return -errno;
	if ((memory.f_bavail - memory.f_blocks / SPARE) * memory.f_frsize <
		    size_bytes ||
	    memory.f_bavail < memory.f_blocks / SPARE)
		return -ENOSPC;
	return mx_file_allocate(fd, size_bytes);
}

/* Make an empty shadow in place of the one that is there. */
static int
make_file(struct sink *sink, const struct wire_hello *hello)
{
	const size_t size_bytes =
		mx_shadow_size(hello->sessions_max, hello->wide);
	char name[MX_SHADOW_NAME_MAX];
	struct mx_folder folder;

	unmap(sink);
	int error = open_folder(sink, &folder, name);
	if (error != 0)
		return error;
	mx_folder_remove(&folder, name);
	const int fd = mx_folder_file(&folder, name, O_CREAT | O_EXCL);
	error = fd < 0 ? fd : allocate(fd, size_bytes);
	if (fd >= 0 && error != 0)
		close(fd);
	if (error == 0)
		error = map_file(sink, fd, size_bytes);
	if (error == 0) {
		mx_shadow_make(sink->file, sink->box, hello->workers,
			       hello->sessions_max, hello->wide);
		memcpy(sink->file->check, hello->check,
		       sizeof(sink->file->check));
		mx_shadow_attach(&sink->map, sink->file, size_bytes);
	} else if (fd >= 0) {
		mx_folder_remove(&folder, name);
	}
	mx_folder_close(&folder);
	return error;
}

static bool
fits(const struct sink *sink, const struct wire_hello *hello)
{
	return sink->file != NULL && !sink_is_lost(sink) &&
	       sink->map.count == hello->sessions_max &&
	       sink->map.wide == hello->wide &&
	       sink->map.workers == hello->workers &&
	       memcmp(sink->file->check, hello->check,
		      sizeof(sink->file->check)) == 0;
}

/* Which of our ports has the name; UINT8_MAX: none. */
static uint8_t
port_of(const struct groupsheet *sheet, const char *name)
{
	for (uint16_t i = 0; i < sheet->ports; i++)
		if (strcmp(sheet->port[i], name) == 0)
			return (uint8_t)i;
	return UINT8_MAX;
}

/* Zeroed memory, which is taken as it is written to. */
static int
begin_told(struct sink *sink)
{
	forget_told(sink);
	sink->told_bytes = (sink->map.count / WORD_BITS + 1) * sizeof(uint64_t);
	void *at = mmap(NULL, sink->told_bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED)
		return -ENOMEM;
	sink->told = at;
	return 0;
}

int
sink_begin(struct sink *sink, const struct wire_hello *hello,
	   const struct groupsheet *sheet)
{
	int error = fits(sink, hello) ? 0 : make_file(sink, hello);

	if (error == 0)
		error = begin_told(sink);
	if (error != 0)
		return error;
	sink->ports = hello->ports;
	for (uint8_t i = 0; i < hello->ports; i++)
		sink->port[i] = port_of(sheet, hello->port[i]);
	set_state(sink, MX_SHADOW_TEACHING);
	return 0;
}

bool
sink_put(struct sink *sink, const struct wire_session *session)
{
	struct mx_session made;
	struct mx_session_wide ends;
	const uint32_t slot = session->slot;
	const bool six =
		session->kind & (MX_SESSION_CLIENT6 | MX_SESSION_SERVER6);

	if (slot >= sink->map.count || session->port >= sink->ports ||
	    (six && !sink->map.wide))
		return false;
	wiresession_to(session, &made, &ends, now_s());
	made.client_port = sink->port[session->port];
	mx_shadow_put(sink->file, &sink->key, slot, &made, &ends);
	sink->told[slot / WORD_BITS] |= UINT64_C(1) << slot % WORD_BITS;
	return true;
}

bool
sink_end(struct sink *sink, uint32_t slot)
{
	if (slot >= sink->map.count)
		return false;
	mx_shadow_drop(sink->file, &sink->key, slot);
	return true;
}

bool
sink_session(const struct sink *sink, uint32_t slot,
	     struct wire_session *session)
{
	struct mx_shadow_entry entry;

	return mx_shadow_at(&sink->map, slot, &entry) &&
	       wiresession_from(session, slot, &entry.session, &entry.ends,
				now_s());
}

/* Has the stream told the entry? */
static bool
is_told(const struct sink *sink, uint32_t slot)
{
	return sink->told[slot / WORD_BITS] >> slot % WORD_BITS & 1;
}

void
sink_synced(struct sink *sink)
{
	if (sink_state(sink) == MX_SHADOW_SYNCED)
		return;
	for (uint32_t i = 0; i < sink->map.count; i++)
		if (!is_told(sink, i))
			mx_shadow_drop(sink->file, &sink->key, i);
	atomic_fetch_add_explicit(&sink->file->rounds, 1, memory_order_relaxed);
	set_state(sink, MX_SHADOW_SYNCED);
}

bool
sink_keeps(const struct sink *sink, uint32_t slot)
{
	switch (sink_state(sink)) {
	case MX_SHADOW_LOST:
		return true;
	case MX_SHADOW_TEACHING:
		return sink->told != NULL && !is_told(sink, slot);
	default:
		return false;
	}
}

void
sink_take_over(struct sink *sink, const struct wire_session *session)
{
	const struct mx_flow flow = {session->client, session->vip,
				     session->client_port_be,
				     session->vip_port_be};
	struct mx_shadow_entry entry;

	if (sink->file == NULL ||
	    !mx_shadow_find_client(&sink->map, &sink->key, &flow, &entry) ||
	    entry.session.local_port_be != session->local_port_be ||
	    !mx_addr_equal(&entry.ends.local, &session->local) ||
	    !sink_keeps(sink, entry.slot))
		return;
	if ((int32_t)(now_s() + session->left_s - entry.session.deadline_s) >=
	    0)
		mx_shadow_drop(sink->file, &sink->key, entry.slot);
}
