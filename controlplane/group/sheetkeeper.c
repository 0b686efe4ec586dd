/* SPDX-License-Identifier: BSD-3-Clause */
#include "sheetkeeper.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "configdigest.h"
#include "eventlog.h"
#include "folder.h"
#include "replacefile.h"

static void
add_boxes(struct groupsheet *sheet, const struct mx_config_group *group)
{
	for (uint16_t i = 0; i < group->box_count; i++) {
		const struct mx_config_box *box = &group->boxes[i];

		if (box->box == group->box)
			sheet->listen = box->address;
		else
			sheet->peer[sheet->peers++] = (struct groupsheet_peer){
				.box = (uint8_t)box->box,
				.address = box->address};
	}
}

/* Returns false: no memory. */
static bool
fill(struct groupsheet *sheet, const struct mx_config *file,
     const uint8_t *serves)
{
	const struct mx_config_dataplane *dataplane = &file->dataplane;

	memset(sheet, 0, sizeof(*sheet));
	if (file->group.box == 0)
		return true;
	sheet->box = (uint8_t)file->group.box;
	static_assert(sizeof(sheet->secret) >= MX_FILE_PATH_MAX, "all fit");
	snprintf(sheet->secret, sizeof(sheet->secret), "%s",
		 file->group.secret);
	memcpy(sheet->serves, serves, sizeof(sheet->serves));
	add_boxes(sheet, &file->group);
	configdigest_snats(file, sheet);
	sheet->ports = dataplane->port_count;
	for (uint16_t i = 0; i < dataplane->port_count; i++)
		memcpy(sheet->port[i], dataplane->port[i].name, MX_NAME_MAX);
	return configdigest_make(file, sheet->digest);
}

static int
write_sheet(struct sheetkeeper *keeper, const struct mx_config *file)
{
	static struct groupsheet sheet;
	static char text[GROUPSHEET_TEXT_MAX];
	char path[MX_PATH_MAX + sizeof(GROUPSHEET_NAME) + 1];
	struct mx_folder folder;

	if (!fill(&sheet, file, keeper->serves))
		return -ENOMEM;
	if (groupsheet_write(&sheet, text) == 0)
		return -EMSGSIZE;
	if (strcmp(text, keeper->text) == 0 && keeper->error == 0)
		return 0;
	int error = mx_folder_open_control(&folder, keeper->instance, true);
	if (error != 0)
		return error;
	snprintf(path, sizeof(path), "%s/" GROUPSHEET_NAME, folder.path);
	mx_folder_close(&folder);
	error = replacefile(path, text, 0660);
	if (error == 0)
		memcpy(keeper->text, text, sizeof(text));
	return error;
}

void
sheetkeeper_follow(struct sheetkeeper *keeper, const struct state *state,
		   const struct mx_config *file)
{
	uint8_t serves[GROUPSHEET_SERVES_BYTES];

	announcements_served(&state->announcements, serves);
	if (file == NULL ||
	    (keeper->written && keeper->applied == state->applied &&
	     memcmp(keeper->serves, serves, sizeof(serves)) == 0))
		return;
	memcpy(keeper->serves, serves, sizeof(serves));
	const int error = write_sheet(keeper, file);
	keeper->written = error == 0;
	keeper->applied = state->applied;
	if (error != 0 && error != keeper->error)
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_CONTROL, "group",
			      "mxsteer-replica is not told of the group: %s",
			      mx_folder_error(error));
	keeper->error = error;
}
