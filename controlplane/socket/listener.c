/* SPDX-License-Identifier: BSD-3-Clause */
#include "listener.h"

#include <errno.h>
#include <event2/listener.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "timer.h"

/* The pause between two looks whether the socket's name is there. */
#define LOOK_INTERVAL_MS 1000
/* The pause in accepting while there are no descriptors. */
#define ACCEPT_PAUSE_MS 1000

struct listener {
	struct event_base *base;
	struct evconnlistener *socket;
	struct socketfile file;
	int backlog;
	void (*accepted)(void *arg, int fd);
	void *arg;
	struct timer *look;
	int lost_error;      /* errno of the last attempt to make it anew */
	struct timer *again; /* set: accepting pauses */
	int accept_error;    /* why accepting pauses; 0: it does not */
};

static void
on_accept(struct evconnlistener *socket, evutil_socket_t fd,
	  struct sockaddr *address, int length, void *arg)
{
	struct listener *l = arg;

	(void)socket, (void)address, (void)length;
	if (l->accept_error != 0)
		log_line(LOG_LEVEL_INFO, "CLI clients are accepted again");
	l->accept_error = 0;
	l->accepted(l->arg, fd);
}

/* Pause, since there are no descriptors or no memory.  The connection stays in
 * the socket's queue, and the loop would find it again at once. */
static void
on_accept_error(struct evconnlistener *socket, void *arg)
{
	const int error = EVUTIL_SOCKET_ERROR();
	struct listener *l = arg;

	if (error != l->accept_error)
		log_line(LOG_LEVEL_ERROR, "no CLI client can be accepted: %s",
			 strerror(error));
	l->accept_error = error;
	evconnlistener_disable(socket);
	timer_set(l->again, ACCEPT_PAUSE_MS);
}

static void
on_again(void *arg)
{
	struct listener *l = arg;

	evconnlistener_enable(l->socket);
}

/* Returns 0 or -errno. */
static int
open_socket(struct listener *l, const char *path)
{
	const int fd = socketfile_listen(&l->file, path, l->backlog);

	if (fd < 0)
		return fd;
	/* Backlog 0: the socket listens already. */
	struct evconnlistener *socket = evconnlistener_new(
		l->base, on_accept, l,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (socket == NULL) {
		socketfile_remove(&l->file);
		close(fd);
		return -ENOMEM;
	}
	evconnlistener_set_error_cb(socket, on_accept_error);
	if (l->socket != NULL)
		evconnlistener_free(l->socket);
	l->socket = socket;
	return 0;
}

/* Make the socket anew if its name was removed.  A file that another process
 * has put there stays. */
static void
on_look(void *arg)
{
	struct listener *l = arg;
	char path[PATH_MAX];

	if (socketfile_is_ours(&l->file))
		return;
	snprintf(path, sizeof(path), "%s", l->file.path);
	const int error = open_socket(l, path);
	if (error == 0)
		log_line(LOG_LEVEL_WARN, "%s was removed: made anew", path);
	else if (error != l->lost_error)
		log_line(LOG_LEVEL_ERROR,
			 "%s was removed, no CLI can connect: %s", path,
			 strerror(-error));
	l->lost_error = error;
}

struct listener *
listener_new(struct event_base *base, const struct listener_options *options,
	     void (*accepted)(void *arg, int fd), void *arg)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->file.right = options->right;
	l->base = base;
	l->backlog = options->backlog;
	l->accepted = accepted;
	l->arg = arg;
	l->look = timer_new(base, on_look, l);
	l->again = timer_new(base, on_again, l);
	int error = -ENOMEM;
	if (l->look != NULL && l->again != NULL &&
	    timer_repeat(l->look, LOOK_INTERVAL_MS) == 0)
		error = open_socket(l, options->path);
	if (error != 0) {
		listener_free(l);
		errno = -error;
		return NULL;
	}
	return l;
}

void
listener_free(struct listener *l)
{
	timer_free(l->look);
	timer_free(l->again);
	if (l->socket != NULL) {
		socketfile_remove(&l->file);
		evconnlistener_free(l->socket);
	}
	free(l);
}
