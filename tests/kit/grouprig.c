/* SPDX-License-Identifier: BSD-3-Clause */
#include "grouprig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "replacefile.h"
#include "runner.h"
#include "tempfolder.h"

#define LIMIT_S 60
#define PORT 9708

struct event_base *grouprig_base;
struct grouprig_box grouprig_box[GROUPRIG_BOXES + 1];
char grouprig_secret[64];

static unsigned boxes;
static time_t until;

/* Nobody is silent but on purpose, also on a slow machine. */
static void
be_patient(struct replica *replica)
{
	if (replica->works)
		links_set_times(replica->own.links, LIMIT_S * 1000,
				LIMIT_S * 1000);
}

/* Addresses of this process alone: 127/8 is all loopback. */
struct mx_endpoint
grouprig_address(uint8_t box)
{
	const uint32_t pid = (uint32_t)getppid() << 8 ^ (uint32_t)getpid();
	static uint32_t net; /* also for a process that was forked */

	if (net == 0)
		net = 0x7f000000u | (pid & 0x3fffu) << 8;
	return (struct mx_endpoint){mx_addr_from4(htonl(net | box)),
				    htons(PORT)};
}

void
grouprig_write_sheet(uint8_t box)
{
	static char text[GROUPSHEET_TEXT_MAX];
	const struct boxrig *rig = &grouprig_box[box].rig;
	char path[160];

	ck_assert_uint_gt(groupsheet_write(&rig->sheet, text), 0);
	snprintf(path, sizeof(path), "/dev/shm/mxsteer-control.%s/%s",
		 rig->instance, GROUPSHEET_NAME);
	ck_assert_int_eq(replacefile(path, text, 0640), 0);
}

static void
make_box(uint8_t box, const struct boxrig *shape)
{
	struct boxrig *rig = &grouprig_box[box].rig;
	struct groupsheet *sheet = &rig->sheet;

	boxrig_open(rig, box, shape);
	strcpy(sheet->secret, grouprig_secret);
	sheet->listen = grouprig_address(box);
	for (uint8_t peer = 1; peer <= boxes; peer++)
		if (peer != box)
			sheet->peer[sheet->peers++] = (struct groupsheet_peer){
				peer, grouprig_address(peer)};
	grouprig_write_sheet(box);
}

void
grouprig_setup(unsigned count_of_boxes, uint32_t count)
{
	struct mx_secret secret;
	struct boxrig shape = {.workers = 2, .count = count};

	signal(SIGPIPE, SIG_IGN);
	boxes = count_of_boxes;
	snprintf(grouprig_secret, sizeof(grouprig_secret), "%s/secret",
		 tempfolder_make());
	ck_assert_int_eq(replacefile(grouprig_secret,
				     "a secret of at least thirty-two bytes",
				     0600),
			 0);
	ck_assert_int_eq(mx_secret_read(&secret, grouprig_secret), 0);
	shape.key = secret.sessions;
	memset(grouprig_box, 0, sizeof(grouprig_box));
	grouprig_base = event_base_new();
	ck_assert_ptr_nonnull(grouprig_base);
	for (uint8_t box = 1; box <= boxes; box++)
		make_box(box, &shape);
}

void
grouprig_teardown(void)
{
	for (uint8_t box = 1; box <= boxes; box++) {
		grouprig_stop(box);
		grouprig_kill(box);
		boxrig_close(&grouprig_box[box].rig);
	}
	event_base_free(grouprig_base);
	tempfolder_remove();
}

void
grouprig_start(uint8_t box)
{
	struct grouprig_box *at = &grouprig_box[box];

	ck_assert_int_eq(
		replica_open(&at->replica, grouprig_base, at->rig.instance), 0);
	at->runs = true;
	be_patient(&at->replica);
}

void
grouprig_stop(uint8_t box)
{
	if (grouprig_box[box].runs)
		replica_close(&grouprig_box[box].replica);
	grouprig_box[box].runs = false;
}

void
grouprig_fork(uint8_t box)
{
	struct grouprig_box *at = &grouprig_box[box];

	at->pid = fork();
	ck_assert_int_ge(at->pid, 0);
	if (at->pid != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The parent's descriptors are its own: a lock of them goes only with
	 * the last one. */
	close_range(3, ~0u, 0);
	struct event_base *base = event_base_new();
	if (base == NULL ||
	    replica_open(&at->replica, base, at->rig.instance) != 0)
		_exit(EXIT_FAILURE);
	event_base_dispatch(base);
	_exit(EXIT_FAILURE);
}

void
grouprig_kill(uint8_t box)
{
	struct grouprig_box *at = &grouprig_box[box];

	if (at->pid == 0)
		return;
	kill(at->pid, SIGKILL);
	waitpid(at->pid, NULL, 0);
	at->pid = 0;
}

void
grouprig_begin_wait(void)
{
	until = time(NULL) + LIMIT_S;
}

void
grouprig_go_on(const char *condition)
{
	const struct timeval soon = {.tv_usec = 5000};

	ck_assert_msg(time(NULL) < until, "%s", condition);
	/* What is done twice a second need not be waited for. */
	for (uint8_t box = 1; box <= boxes; box++)
		if (grouprig_box[box].runs) {
			be_patient(&grouprig_box[box].replica);
			event_active(grouprig_box[box].replica.tend, EV_TIMEOUT,
				     0);
		}
	event_base_loopexit(grouprig_base, &soon);
	event_base_dispatch(grouprig_base);
}

uint32_t
grouprig_state(uint8_t box, uint8_t of)
{
	struct mx_shadow header;

	return boxrig_shadow(&grouprig_box[box].rig, of, &header)
		       ? header.state
		       : MX_SHADOW_EMPTY;
}

uint32_t
grouprig_used(uint8_t box, uint8_t of)
{
	struct mx_shadow header;

	return boxrig_shadow(&grouprig_box[box].rig, of, &header) ? header.used
								  : 0;
}
