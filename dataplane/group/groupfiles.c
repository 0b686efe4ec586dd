/* SPDX-License-Identifier: BSD-3-Clause */
#include "groupfiles.h"

#include "folder.h"
#include "groupsheet.h"
#include "replicated.h"
#include "shadow.h"

unsigned
mx_group_files_remove(const char *instance)
{
	char name[MX_SHADOW_NAME_MAX];
	struct mx_folder folder;
	unsigned removed = 0;

	if (mx_folder_open_control(&folder, instance, false) != 0)
		return 0;
	removed += mx_folder_remove(&folder, GROUPSHEET_NAME) == 0;
	removed += mx_folder_remove(&folder, REPLICATED_NAME) == 0;
	for (uint8_t box = 1; box <= MX_BOXES_MAX; box++) {
		mx_shadow_name(name, box);
		removed += mx_folder_remove(&folder, name) == 0;
	}
	mx_folder_drop(&folder);
	return removed;
}
