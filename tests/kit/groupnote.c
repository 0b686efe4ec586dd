/* SPDX-License-Identifier: BSD-3-Clause */
#include "groupnote.h"

#include <check.h>
#include <fcntl.h>
#include <unistd.h>

#include "clock.h"
#include "folder.h"

void
groupnote_begin(void)
{
	plane.control->state->config->group = (struct mx_config_group){
		.box = 1,
		.secret = "/etc/mxsteer/group.secret",
		.box_count = 3,
	};
	for (uint16_t i = 0; i < 3; i++)
		plane.control->state->config->group.boxes[i] =
			(struct mx_config_box){
				.box = i + 1,
				.address = {mx_addr_from4(
						    htonl(0x0a090001u + i)),
					    htons(9708)},
			};
}

struct replicated
groupnote_synced(void)
{
	struct replicated replicated = {
		.magic = REPLICATED_MAGIC,
		.layout = REPLICATED_LAYOUT,
		.pid = 7,
		.box = 1,
		.sessions = 120,
		.scans = 9,
		.scan_us = 2500,
	};

	for (uint32_t i = 0; i < 2; i++)
		replicated.peer[i] = (struct replicated_peer){
			.box = i + 2,
			.workers = 4,
			.same = 1,
			.digest_known = 1,
			.from = {.state = REPLICATED_SYNCED,
				 .sessions = 80 + i,
				 .records = 500,
				 .bytes = 30000,
				 .teaches = 1,
				 .breaks = 2},
			.to = {.state = REPLICATED_SYNCED,
			       .records = 700,
			       .bytes = 50000,
			       .teaches = 3,
			       .breaks = 1,
			       .lag_ms = 40},
		};
	return replicated;
}

static void
note(struct replicated *replicated)
{
	struct mx_folder folder;

	replicated->at_ms = clock_wall_s() * 1000;
	ck_assert_int_eq(mx_folder_open_control(&folder, plane.instance, false),
			 0);
	const int fd = mx_folder_file(&folder, REPLICATED_NAME, O_CREAT);
	mx_folder_close(&folder);
	ck_assert_int_eq(pwrite(fd, replicated, sizeof(*replicated), 0),
			 (ssize_t)sizeof(*replicated));
	close(fd);
}

void
groupnote_go_on(struct replicated *replicated, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		note(replicated);
		plane_run(&plane, 1000);
	}
}

void
groupnote_write(struct replicated *replicated)
{
	groupnote_go_on(replicated, 2);
}
