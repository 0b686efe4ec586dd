/* SPDX-License-Identifier: BSD-3-Clause */
#include "boxrig.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "folder.h"
#include "regionfile.h"
#include "runner.h"

#define RIGS 4
#define BOXES 3

/* Those whose folders are there. */
static struct boxrig *rigs[RIGS];

static void
remove_folders(const struct boxrig *rig)
{
	char command[160];

	snprintf(command, sizeof(command),
		 "rm -rf /dev/shm/mxsteer-control.%s /dev/shm/mxsteer.%s",
		 rig->instance, rig->instance);
	if (system(command) != 0)
		fprintf(stdout, "%s fails\n", command);
}

static void
remove_all(void)
{
	for (int i = 0; i < RIGS; i++)
		if (rigs[i] != NULL)
			remove_folders(rigs[i]);
}

static uint32_t
now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (uint32_t)at.tv_sec;
}

static struct mx_addr
snat_of(uint8_t box)
{
	return mx_addr_from4(htonl(0x0a000264u + box)); /* 10.0.2.100 + box */
}

static void
fill_sheet(struct boxrig *rig)
{
	struct groupsheet *sheet = &rig->sheet;

	*sheet = (struct groupsheet){.box = rig->box, .ports = 2};
	strcpy(sheet->port[0], "wan");
	strcpy(sheet->port[1], "lan");
	for (uint8_t box = 1; box <= BOXES; box++)
		sheet->snat[sheet->snats++] =
			(struct groupsheet_snat){snat_of(box), box};
}

/* Make the file of a worker anew. */
static void
make_file(struct boxrig *rig, const struct mx_folder *folder, uint16_t worker)
{
	char name[MX_SESSIONS_NAME_MAX];

	mx_sessions_name(name, worker);
	mx_folder_remove(folder, name);
	const int fd = mx_folder_file(folder, name, O_CREAT | O_EXCL);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(mx_file_allocate(fd, rig->file_bytes), 0);
	struct mx_sessions_file *file =
		mmap(NULL, rig->file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		     fd, 0);
	ck_assert_ptr_ne(file, MAP_FAILED);
	close(fd);
	*file = (struct mx_sessions_file){
		.magic = MX_SESSIONS_MAGIC,
		.layout = MX_SESSIONS_LAYOUT,
		.count = rig->count,
		.worker = worker,
		.workers = rig->workers,
		.wide = rig->wide,
		.key = rig->key,
	};
	for (uint32_t i = 0; i < rig->count; i++)
		file->session[i].next = i + 1 < rig->count ? i + 1 : UINT32_MAX;
	rig->head[worker] = 0;
	rig->tail[worker] = rig->count - 1;
	rig->file[worker] = file;
	ck_assert_int_lt(snprintf(rig->region->header.sessions_path[worker],
				  MX_PATH_MAX, "%s/%s", folder->path, name),
			 MX_PATH_MAX);
}

void
boxrig_start(struct boxrig *rig)
{
	static int64_t starts;
	struct mx_folder folder;

	rig->region = mx_region_create(rig->instance, &rig->region_fd);
	ck_assert_ptr_nonnull(rig->region);
	ck_assert_int_eq(
		mx_folder_open(&folder, MX_FOLDER_BASE, rig->instance, true),
		0);
	rig->file_bytes = MX_SESSIONS_SIZE(rig->count, rig->wide);
	for (uint16_t i = 0; i < rig->workers; i++)
		make_file(rig, &folder, i);
	mx_folder_close(&folder);
	rig->region->header.workers = rig->workers;
	/* Long ago, and another second each time. */
	rig->region->header.started_s = time(NULL) - 1000 + starts++;
	atomic_store(&rig->region->ack.heartbeat, 1);
}

void
boxrig_stop(struct boxrig *rig)
{
	if (rig->region == NULL)
		return;
	for (uint16_t i = 0; i < rig->workers; i++)
		munmap(rig->file[i], rig->file_bytes);
	mx_region_close(rig->region, rig->region_fd);
	rig->region = NULL;
}

void
boxrig_make_control(const struct boxrig *rig)
{
	struct mx_folder folder;

	ck_assert_int_eq(mx_folder_open_control(&folder, rig->instance, true),
			 0);
	mx_folder_close(&folder);
}

void
boxrig_remove_control(const struct boxrig *rig)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -r /dev/shm/mxsteer-control.%s",
		 rig->instance);
	ck_assert_int_eq(system(command), 0);
}

void
boxrig_open(struct boxrig *rig, uint8_t box, const struct boxrig *shape)
{
	static bool watched;

	if (!watched)
		atexit(remove_all);
	watched = true;
	*rig = (struct boxrig){
		.box = box,
		.workers = shape->workers,
		.count = shape->count,
		.wide = shape->wide,
		.key = shape->key,
	};
	if (rig->key.word[0] == 0)
		rig->key = (struct mx_hash_key){
			{0x0123456789abcdef, 0xfedcba9876543210}};
	snprintf(rig->instance, sizeof(rig->instance), "replica-%d-%u",
		 (int)getpid(), box);
	rigs[box] = rig;
	fill_sheet(rig);
	boxrig_make_control(rig);
	boxrig_start(rig);
}

void
boxrig_close(struct boxrig *rig)
{
	boxrig_stop(rig);
	remove_folders(rig);
	rigs[rig->box] = NULL;
}

struct mx_session *
boxrig_at(const struct boxrig *rig, uint32_t slot)
{
	return &rig->file[slot / rig->count]->session[slot % rig->count];
}

static struct mx_session
session_of(uint32_t number, uint8_t home)
{
	const struct mx_addr snat = snat_of(home);

	return (struct mx_session){
		.client_be = htonl(0x0b000001u + number / 60000),
		.client_port_be = htons((uint16_t)(1024 + number % 60000)),
		.vip_be = htonl(0xc0000219u), /* 192.0.2.25 */
		.vip_port_be = htons(25),
		.server_be = htonl(0x0a000101u), /* 10.0.1.1 */
		.server_port_be = htons(25),
		.local_be = mx_addr_to4(&snat),
		.local_port_be = htons((uint16_t)(1024 + number % 60000)),
		.deadline_s = now() + 900,
		.opened_s = now(),
		.backend = 1,
		.client_mac = {2, 0, 0, 0, 0, 1},
		.client_seq = number,
		.server_seq = ~number,
	};
}

void
boxrig_put(const struct boxrig *rig, uint32_t slot, uint32_t number,
	   uint8_t home)
{
	struct mx_session *s = boxrig_at(rig, slot);

	atomic_store(&s->state, MX_SESSION_FREE);
	*s = session_of(number, home);
	atomic_store_explicit(&s->state, MX_SESSION_ESTABLISHED,
			      memory_order_release);
}

uint32_t
boxrig_take(struct boxrig *rig, uint16_t worker, uint32_t number)
{
	const uint32_t index = rig->head[worker];
	const uint32_t slot = worker * rig->count + index;

	ck_assert_uint_ne(index, UINT32_MAX);
	rig->head[worker] = boxrig_at(rig, slot)->next;
	boxrig_put(rig, slot, number, rig->box);
	return slot;
}

void
boxrig_end(struct boxrig *rig, uint32_t slot)
{
	struct mx_sessions_file *file = rig->file[slot / rig->count];
	uint32_t *tail = &rig->tail[slot / rig->count];
	struct mx_session *s = &file->session[slot % rig->count];

	atomic_store(&s->state, MX_SESSION_FREE);
	s->next = UINT32_MAX;
	file->session[*tail].next = slot % rig->count;
	*tail = slot % rig->count;
}

/* Map a shadow for reading.  Returns false if there is none. */
static bool
map_shadow(const struct boxrig *rig, uint8_t peer, struct mx_shadow_map *map)
{
	char path[MX_PATH_MAX], name[MX_SHADOW_NAME_MAX];
	struct stat status;

	mx_shadow_name(name, peer);
	snprintf(path, sizeof(path), "/dev/shm/mxsteer-control.%s/%s",
		 rig->instance, name);
	const int fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	ck_assert_int_eq(fstat(fd, &status), 0);
	void *at = status.st_size == 0 ? MAP_FAILED
				       : mmap(NULL, (size_t)status.st_size,
					      PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		return false;
	if (mx_shadow_attach(map, at, (size_t)status.st_size) == 0)
		return true;
	munmap(at, (size_t)status.st_size);
	return false;
}

static void
unmap_shadow(const struct mx_shadow_map *map)
{
	munmap((void *)(uintptr_t)map->file, map->size_bytes);
}

bool
boxrig_shadow(const struct boxrig *rig, uint8_t peer, struct mx_shadow *header)
{
	struct mx_shadow_map map;

	if (!map_shadow(rig, peer, &map))
		return false;
	memcpy(header, map.file, sizeof(*header));
	unmap_shadow(&map);
	return true;
}

bool
boxrig_entry(const struct boxrig *rig, uint8_t peer, uint32_t slot,
	     struct mx_shadow_entry *entry)
{
	struct mx_shadow_map map;

	if (!map_shadow(rig, peer, &map))
		return false;
	const bool found = mx_shadow_at(&map, slot, entry);
	unmap_shadow(&map);
	return found;
}

bool
boxrig_has(const struct boxrig *rig, uint8_t peer, uint32_t number,
	   uint8_t home)
{
	const struct mx_session s = session_of(number, home);
	const struct mx_session_wide ends = mx_session_ends(&s, NULL);
	const struct mx_flow client = {ends.client, ends.vip, s.client_port_be,
				       s.vip_port_be};
	const struct mx_flow local = {ends.server, ends.local, s.server_port_be,
				      s.local_port_be};
	struct mx_shadow_entry entry;
	struct mx_shadow_map map;

	if (!map_shadow(rig, peer, &map))
		return false;
	const bool found =
		mx_shadow_find_client(&map, &rig->key, &client, &entry) &&
		entry.session.client_seq == number &&
		mx_shadow_find_local(&map, &rig->key, &local, &entry) &&
		entry.session.client_seq == number;
	unmap_shadow(&map);
	return found;
}
