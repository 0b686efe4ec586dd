/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_PLANE_H
#define MX_TESTS_PLANE_H

/* A control plane under test.  The test plays the data plane in the same event
 * base: the region is real, and its acks are made here.  Probes are fakes
 * (fakeprobe.c), linked in place of the real ones.  So is time (faketime.c): it
 * passes only while a function of this header runs.
 *
 * Nothing here needs root.  The files are in a temporary folder, and the
 * instance is named after the process. */
#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>

#include "answer.h"
#include "control.h"
#include "reason.h"
#include "planfile.h"
#include "region.h"

/* The backends of most tests. */
#define PLANE_BACKENDS                                                         \
	"      - {name: a, address: \"192.0.2.11:25\", weight: 100}\n"         \
	"      - {name: b, address: \"192.0.2.12:25\", weight: 100}\n"

struct plane {
	struct event_base *base;
	struct control *control;  /* NULL: not running */
	struct mx_region *region; /* NULL: no data plane */
	int region_fd;
	struct mx_plan_writer plans; /* the control plane's file, too */
	struct timer *ack_tick;
	uint32_t ack_ms;          /* how often the data plane looks */
	bool silent;              /* do not ack */
	bool frozen;              /* and give no heartbeat, as a stopped
				   * process */
	enum mx_plan_fault fault; /* to ack with */
	bool hasty;               /* time passes while lists are read */
	char instance[MX_NAME_MAX];
	char folder[64];
	char config[96];
	char socket[96];
};

/* Make the folder and a configuration file with these backends. */
void plane_open(struct plane *plane, const char *backends);
void plane_close(struct plane *plane);

/* Write the configuration file anew, to a path in the folder. */
void plane_write_config(struct plane *plane, const char *name,
			const char *backends);

/* The same with services and pools of the test's own, as YAML. */
void plane_write_rest(struct plane *plane, const char *name, const char *rest);

void plane_start_control(struct plane *plane);
/* End as kill -9 would, as far as one process can: no last message to
 * anyone. */
void plane_stop_control(struct plane *plane);
void plane_start_data(struct plane *plane);
void plane_stop_data(struct plane *plane);

/* Let time pass until done() holds, 5 s at most.  Returns done(). */
bool plane_run_until(struct plane *plane, bool (*done)(struct plane *plane));

/* Let so much time pass. */
void plane_run(struct plane *plane, uint64_t ms);

/* Everything that was published has been acked, and something was. */
bool plane_is_settled(struct plane *plane);

/* Ask over the socket.  The caller frees the text. */
char *plane_ask(struct plane *plane, const char *line, bool *ok);

/* Ask.  The reply must be ok or not, and contain this part. */
void plane_expect(struct plane *plane, const char *line, bool wanted,
		  const char *part);

/* The same for one kind of answer. */
void plane_answers(struct plane *plane, const char *line, enum answer wanted,
		   const char *part);

/* Ask with a line that begins with "-j".  Returns the answer as JSON. */
json_t *plane_json(struct plane *plane, const char *line);
json_t *plane_data(struct plane *plane, const char *line, enum answer wanted);
json_t *plane_row(const json_t *data, const char *list, size_t index);
json_int_t plane_number(const json_t *row, const char *key);
const char *plane_text(const json_t *row, const char *key);

/* Has a log line with this part been written since the last call of
 * plane_forget_log()? */
bool plane_logged(const char *part);
void plane_forget_log(void);

/* Enter MAC addresses for the backends, which this machine's kernel does not
 * know. */
void plane_seed_hops(struct plane *plane);

/* Give the next result of the probe of that address, such as
 * "192.0.2.11:25". */
void fakeprobe_result(const char *address, bool passed);

/* How often it was asked to check at once. */
uint32_t fakeprobe_hastened(const char *address);
void fakeprobe_end(const char *address, enum reason reason);

/* The same, and this is all that was found, in the phases whose time at_s is not
 * 0; NULL: nothing. */
void fakeprobe_found(const char *address, enum reason reason,
		     const struct mta_profile *profile);
uint32_t fakeprobe_count(void);
uint32_t fakeprobe_started(void); /* how many probes this program started, ended
				   * or not */

#endif /* MX_TESTS_PLANE_H */
