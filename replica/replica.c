/* SPDX-License-Identifier: BSD-3-Clause */
#include "replica.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "clocks.h"
#include "log.h"
#include "scan.h"

/* Note what keeps it from its work, and say so if it is new. */
static void
fail(struct replica *replica, int error, const char *what, const char *why)
{
	int32_t *noted = &replica->own.replicated.error;

	if (error != 0 && *noted != error)
		log_line(LOG_LEVEL_ERROR, "%s: %s", what, why);
	*noted = error;
}

static void
on_accepted(void *arg, struct link *link, uint8_t box)
{
	struct replica *replica = arg;

	peers_accept(&replica->peers, link, box);
}

static void
on_refused(void *arg, enum replicated_refusal why)
{
	struct replica *replica = arg;

	own_count(&replica->own, NULL, why);
}

static void
listen_to_peers(struct replica *replica)
{
	static const struct links_calls calls = {.accepted = on_accepted,
						 .refused = on_refused};
	const int error =
		links_listen(replica->own.links, &replica->own.sheet.listen,
			     &calls, replica);

	replica->listens = error == 0;
	fail(replica, -error, "no other box can connect", strerror(-error));
}

/* Stop all work for the group.  The shadows stay, and are LOST. */
static void
end_work(struct replica *replica)
{
	if (!replica->works)
		return;
	replica->works = replica->listens = replica->scans = false;
	peers_close(&replica->peers);
	links_free(replica->own.links);
	source_close(&replica->own.source);
}

/* Begin to work for the group of the sheet.  It is tried again. */
static void
begin_work(struct replica *replica)
{
	struct own *own = &replica->own;
	const int error = mx_secret_read(&own->secret, own->sheet.secret);

	fail(replica, -error, own->sheet.secret, mx_secret_error(error));
	if (error != 0)
		return;
	own->links =
		links_make(replica->base, own->sheet.box, own->secret.stream);
	if (own->links == NULL) {
		fail(replica, ENOMEM, "TLS", "OpenSSL cannot do it");
		return;
	}
	if (source_open(&own->source, own->instance) != 0) {
		fail(replica, ENOMEM, "sessions", strerror(ENOMEM));
		source_close(&own->source);
		links_free(own->links);
		return;
	}
	source_set_homes(&own->source, &own->sheet, 0);
	replica->shape = 0;
	replica->scanned_ms = 0;
	replica->works = true;
	peers_open(&replica->peers, own);
	peers_follow(&replica->peers);
}

/* Does a new sheet need new keys? */
static bool
is_other_group(const struct groupsheet *was, const struct groupsheet *is)
{
	return was->box != is->box || strcmp(was->secret, is->secret) != 0;
}

static bool
greets_alike(const struct groupsheet *was, const struct groupsheet *is)
{
	return memcmp(was->digest, is->digest, sizeof(is->digest)) == 0 &&
	       was->ports == is->ports &&
	       memcmp(was->port, is->port, sizeof(is->port)) == 0;
}

static void
apply_sheet(struct replica *replica, const struct groupsheet *is)
{
	struct groupsheet *sheet = &replica->own.sheet;
	const struct groupsheet was = *sheet;

	if (is_other_group(&was, is))
		end_work(replica);
	*sheet = *is;
	replica->own.replicated.box = is->box;
	if (is->box == 0)
		peers_remove_shadows(replica->own.instance);
	if (!replica->works)
		return;
	if (!mx_endpoint_equal(&was.listen, &is->listen))
		replica->listens = false;
	if (!greets_alike(&was, is))
		peers_again(&replica->peers);
	peers_follow(&replica->peers);
	source_set_homes(&replica->own.source, sheet, replica->peers.synced);
}

static void
read_sheet(struct replica *replica)
{
	static struct groupsheet sheet;
	const int found = groupfile_read(&replica->sheet_file,
					 replica->own.instance, &sheet);

	if (found > 0)
		apply_sheet(replica, &sheet);
	if (found < 0)
		log_line(LOG_LEVEL_ERROR,
			 "the control plane is of another version: the group "
			 "stays as it is: restart mxsteer-replica");
}

/* A data plane that has started may have another secret. */
static void
follow_secret(struct replica *replica)
{
	struct own *own = &replica->own;
	struct mx_secret secret;

	if (replica->shape == own->source.shape || own->source.shape == 0)
		return;
	replica->shape = own->source.shape;
	if (mx_secret_read(&secret, own->sheet.secret) == 0 &&
	    memcmp(&secret, &own->secret, sizeof(secret)) != 0) {
		end_work(replica);
		begin_work(replica);
	}
}

/* Look whether the data plane has the group's key. */
static void
check_key(struct replica *replica)
{
	const bool lacks =
		replica->own.source.shape != 0 && !own_has_key(&replica->own);

	if (lacks || replica->own.replicated.error == ENOKEY)
		fail(replica, lacks ? ENOKEY : 0, "sessions",
		     "the data plane has another key than the group's: "
		     "restart it");
}

static void
tend_work(struct replica *replica)
{
	if (!replica->works && replica->own.sheet.box != 0)
		begin_work(replica);
	if (!replica->works)
		return;
	if (!replica->listens)
		listen_to_peers(replica);
	source_follow(&replica->own.source);
	follow_secret(replica);
	if (!replica->works)
		return;
	if (replica->listens)
		check_key(replica);
	peers_tend(&replica->peers);
}

static void
write_status(struct replica *replica)
{
	struct replicated *replicated = &replica->own.replicated;
	const struct source *source = &replica->own.source;

	replicated->at_ms = wall_ms();
	replicated->sessions =
		replica->works && source->shape != 0 ? source->fits : 0;
	statusfile_write(&replica->file, replicated);
}

/* Open the status file again if it was removed.  Its folder is not made: it is gone
 * if the instance was removed.  Returns false if it cannot be opened. */
static bool
hold_file(struct replica *replica)
{
	if (statusfile_is_held(&replica->file))
		return true;
	statusfile_close(&replica->file);
	const int error =
		statusfile_open(&replica->file, replica->own.instance, false);
	if (error != 0 && error != replica->file_error)
		log_line(LOG_LEVEL_WARN,
			 "the files of instance %s were removed, and nothing "
			 "is done: %s",
			 replica->own.instance,
			 error == -EBUSY ? "another mxsteer-replica is running"
					 : mx_folder_error(error));
	if (error == 0 && replica->file_error != 0)
		log_line(LOG_LEVEL_INFO, "instance %s is there again",
			 replica->own.instance);
	replica->file_error = error;
	if (error != 0)
		end_work(replica);
	return error == 0;
}

static void
on_tend(evutil_socket_t fd, short what, void *arg)
{
	struct replica *replica = arg;

	(void)fd;
	(void)what;
	if (!hold_file(replica))
		return;
	read_sheet(replica);
	tend_work(replica);
	write_status(replica);
}

static void
begin_scan(struct replica *replica)
{
	const struct timeval now = {0};

	replica->scans = evtimer_add(replica->slice, &now) == 0;
}

static void
on_slice(evutil_socket_t fd, short what, void *arg)
{
	struct replica *replica = arg;
	struct replicated *replicated = &replica->own.replicated;

	(void)fd;
	(void)what;
	replica->scans = false;
	if (!replica->works)
		return;
	if (scan_slice(&replica->own.source)) {
		begin_scan(replica);
		return;
	}
	replicated->scans++;
	replicated->scan_us = replica->own.source.scan_us;
	peers_tell(&replica->peers);
}

static void
on_glance(evutil_socket_t fd, short what, void *arg)
{
	struct replica *replica = arg;
	struct source *source = &replica->own.source;
	const int64_t at_ms = now_ms();

	(void)fd;
	(void)what;
	if (!replica->works)
		return;
	scan_glance(source);
	if (!replica->scans && source->shape != 0 &&
	    at_ms >= replica->scanned_ms + (int64_t)scan_pause_ms(source)) {
		replica->scanned_ms = at_ms;
		begin_scan(replica);
	}
	peers_tell(&replica->peers);
}

static struct event *
repeat(struct replica *replica, event_callback_fn call, uint32_t ms)
{
	const struct timeval every = {.tv_sec = ms / 1000,
				      .tv_usec = ms % 1000 * 1000};
	struct event *event =
		event_new(replica->base, -1, EV_PERSIST, call, replica);

	if (event != NULL)
		event_add(event, &every);
	return event;
}

static void
free_event(struct event *event)
{
	if (event != NULL)
		event_free(event);
}

int
replica_open(struct replica *replica, struct event_base *base,
	     const char *instance)
{
	struct own *own = &replica->own;

	memset(replica, 0, sizeof(*replica));
	own->instance = instance;
	replica->base = base;
	const int error = statusfile_open(&replica->file, instance, true);
	if (error != 0)
		return error;
	own->replicated = (struct replicated){
		.magic = REPLICATED_MAGIC,
		.layout = REPLICATED_LAYOUT,
		.pid = getpid(),
		.started_s = wall_ms() / 1000,
	};
	if (getrandom(&own->epoch, sizeof(own->epoch), 0) < 0)
		own->epoch = (uint64_t)wall_ms() << 20 ^ (uint64_t)getpid();
	replica->glance = repeat(replica, on_glance, SCAN_GLANCE_MS);
	replica->tend = repeat(replica, on_tend, REPLICA_TEND_MS);
	replica->slice = evtimer_new(base, on_slice, replica);
	if (replica->glance == NULL || replica->tend == NULL ||
	    replica->slice == NULL) {
		replica_close(replica);
		return -ENOMEM;
	}
	on_tend(-1, 0, replica);
	if (!replica->works)
		peers_lose_shadows(instance);
	return 0;
}

void
replica_close(struct replica *replica)
{
	end_work(replica);
	free_event(replica->glance);
	free_event(replica->tend);
	free_event(replica->slice);
	replica->own.replicated.pid = 0;
	if (replica->file.fd >= 0)
		write_status(replica);
	statusfile_close(&replica->file);
}
