/* SPDX-License-Identifier: BSD-3-Clause */
#include "resolver.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dnssocket.h"
#include "endpoint.h"
#include "timer.h"

/* Servers of one resolver; /etc/resolv.conf has three at most. */
#define SERVERS_MAX 8

/* A socket of c-ares. */
struct socket {
	struct resolver *resolver;
	ares_socket_t fd;
	struct event *event;
	struct socket *next;
};

struct resolver {
	struct event_base *base;
	ares_channel channel;
	struct dnssocket limit;
	struct socket *sockets;
	struct timer *timer; /* the next time-out of c-ares */
};

struct question {
	resolver_done done;
	void *arg;
};

/* Set the timer to the next time-out of c-ares.  If none is due, a timer that
 * fires nevertheless does no harm. */
static void
set_timer(struct resolver *resolver)
{
	struct timeval in;

	if (ares_timeout(resolver->channel, NULL, &in) != NULL)
		timer_set(resolver->timer, (uint64_t)in.tv_sec * 1000 +
						   (uint64_t)in.tv_usec / 1000 +
						   1);
}

static void
on_timer(void *arg)
{
	struct resolver *resolver = arg;

	dnssocket_begin(&resolver->limit);
	ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timer(resolver);
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct socket *from = arg;
	struct resolver *resolver = from->resolver;

	dnssocket_begin(&resolver->limit);
	/* May free *from. */
	ares_process_fd(resolver->channel,
			(what & EV_READ) != 0 ? fd : ARES_SOCKET_BAD,
			(what & EV_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
	if (dnssocket_is_flooded(&resolver->limit))
		ares_cancel(resolver->channel); /* calls on_answer() */
	set_timer(resolver);
}

static struct socket **
find_socket(struct resolver *resolver, ares_socket_t fd)
{
	struct socket **link = &resolver->sockets;

	while (*link != NULL && (*link)->fd != fd)
		link = &(*link)->next;
	return link;
}

static void
forget_socket(struct socket **link)
{
	struct socket *gone = *link;

	*link = gone->next;
	event_free(gone->event);
	free(gone);
}

/* c-ares wants to know when a socket can be read or written; neither: it is
 * about to close it.  Without memory the question runs into its time-out. */
static void
on_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct resolver *resolver = arg;
	struct socket **link = find_socket(resolver, fd);
	const short what =
		(short)((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));

	if (*link != NULL)
		forget_socket(link);
	if (what == 0)
		return;
	struct socket *added = calloc(1, sizeof(*added));
	if (added == NULL)
		return;
	*added = (struct socket){.resolver = resolver, .fd = fd};
	added->event = event_new(resolver->base, fd, (short)(what | EV_PERSIST),
				 on_socket, added);
	if (added->event == NULL || event_add(added->event, NULL) != 0) {
		if (added->event != NULL)
			event_free(added->event);
		free(added);
		return;
	}
	added->next = resolver->sockets;
	resolver->sockets = added;
}

static int
make_channel(struct resolver *resolver)
{
	char lookups[] = "b"; /* DNS alone, not /etc/hosts */
	/* With NOCHECKRESP an answer with SERVFAIL or REFUSED is given to us;
	 * otherwise it would look as if no server could be reached. */
	struct ares_options options = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
			 ARES_FLAG_NOCHECKRESP,
		.timeout = RESOLVER_TIMEOUT_MS,
		.tries = RESOLVER_TRIES,
		.lookups = lookups,
		.sock_state_cb = on_state,
		.sock_state_cb_data = resolver,
	};

	return ares_init_options(&resolver->channel, &options,
				 ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS |
					 ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
					 ARES_OPT_SOCK_STATE_CB);
}

static struct ares_addr_port_node
node_of(const struct mx_endpoint *server)
{
	struct ares_addr_port_node node = {
		.udp_port = ntohs(server->port_be),
		.tcp_port = ntohs(server->port_be),
	};

	if (mx_addr_is4(&server->addr)) {
		node.family = AF_INET;
		node.addr.addr4.s_addr = mx_addr_to4(&server->addr);
	} else {
		node.family = AF_INET6;
		memcpy(&node.addr.addr6, &server->addr,
		       sizeof(node.addr.addr6));
	}
	return node;
}

/* The servers of /etc/resolv.conf, as c-ares has read them.  Returns how
 * many. */
static uint16_t
read_servers(const struct resolver *resolver,
	     struct ares_addr_port_node node[static SERVERS_MAX])
{
	struct ares_addr_port_node *list = NULL;
	uint16_t count = 0;

	if (ares_get_servers_ports(resolver->channel, &list) != ARES_SUCCESS)
		return 0;
	for (const struct ares_addr_port_node *from = list;
	     from != NULL && count < SERVERS_MAX; from = from->next)
		node[count++] = *from;
	ares_free_data(list);
	return count;
}

/* Set the servers, beginning with number `turn`. */
static int
set_servers(const struct resolver *resolver, const struct mx_endpoint *server,
	    uint16_t servers, uint32_t turn)
{
	struct ares_addr_port_node node[SERVERS_MAX];
	struct ares_addr_port_node ordered[SERVERS_MAX];
	uint16_t count = 0;

	for (uint16_t i = 0; i < servers && i < SERVERS_MAX; i++)
		node[count++] = node_of(&server[i]);
	if (count == 0)
		count = read_servers(resolver, node);
	if (count == 0)
		return ARES_SUCCESS; /* c-ares has one of its own */
	for (uint16_t i = 0; i < count; i++) {
		ordered[i] = node[(i + turn) % count];
		ordered[i].next = i + 1 < count ? &ordered[i + 1] : NULL;
	}
	return ares_set_servers_ports(resolver->channel, ordered);
}

struct resolver *
resolver_new(struct event_base *base, const struct mx_endpoint *server,
	     uint16_t servers, uint32_t turn)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (resolver == NULL)
		return NULL;
	resolver->base = base;
	resolver->timer = timer_new(base, on_timer, resolver);
	if (resolver->timer == NULL || make_channel(resolver) != ARES_SUCCESS) {
		timer_free(resolver->timer);
		free(resolver);
		return NULL;
	}
	dnssocket_use(resolver->channel, &resolver->limit);
	if (set_servers(resolver, server, servers, turn) != ARES_SUCCESS) {
		resolver_free(resolver);
		return NULL;
	}
	return resolver;
}

void
resolver_free(struct resolver *resolver)
{
	if (resolver == NULL)
		return;
	ares_destroy(
		resolver->channel); /* calls on_answer(), which passes on nothing */
	while (resolver->sockets != NULL)
		forget_socket(&resolver->sockets);
	timer_free(resolver->timer);
	free(resolver);
}

static enum dns_end
end_of(int status)
{
	switch (status) {
	case ARES_ETIMEOUT:
		return DNS_SILENT;
	case ARES_ECONNREFUSED:
		return DNS_UNREACHABLE;
	case ARES_ENOMEM:
		return DNS_OTHER;
	default:
		return DNS_BROKEN;
	}
}

static void
on_answer(void *arg, int status, int timeouts, unsigned char *bytes, int size)
{
	struct question *question = arg;
	const struct question asked = *question;

	(void)timeouts;
	free(question);
	if (status == ARES_EDESTRUCTION)
		return;
	if (status == ARES_ECANCELLED) {
		asked.done(asked.arg, DNS_FLOODED, NULL, 0);
		return;
	}
	if (bytes != NULL && size > 0)
		asked.done(asked.arg, DNS_ANSWERED, bytes, (size_t)size);
	else
		asked.done(asked.arg, end_of(status), NULL, 0);
}

void
resolver_ask(struct resolver *resolver, const char *name, enum dns_type type,
	     resolver_done done, void *arg)
{
	static const int types[] = {
		[DNS_MX] = ns_t_mx, [DNS_A] = ns_t_a, [DNS_AAAA] = ns_t_aaaa};
	struct question *question = NULL;

	if (!dnssocket_is_flooded(&resolver->limit))
		question = malloc(sizeof(*question));
	if (question == NULL) {
		done(arg,
		     dnssocket_is_flooded(&resolver->limit) ? DNS_FLOODED
							    : DNS_OTHER,
		     NULL, 0);
		return;
	}
	*question = (struct question){done, arg};
	ares_query(resolver->channel, name, ns_c_in, types[type], on_answer,
		   question);
	set_timer(resolver);
}

void
resolver_text(const struct resolver *resolver,
	      char text[static RESOLVER_TEXT_MAX])
{
	struct ares_addr_port_node node[SERVERS_MAX];
	const uint16_t count = read_servers(resolver, node);
	char one[MX_ENDPOINT_TEXT_MAX];
	size_t used = 0;

	text[0] = '\0';
	for (uint16_t i = 0; i < count && used < RESOLVER_TEXT_MAX; i++) {
		struct mx_endpoint server = {
			.port_be =
				htons((uint16_t)(node[i].udp_port == 0
							 ? NS_DEFAULTPORT
							 : node[i].udp_port))};

		if (node[i].family == AF_INET)
			server.addr = mx_addr_from4(node[i].addr.addr4.s_addr);
		else
			memcpy(&server.addr, &node[i].addr.addr6,
			       sizeof(server.addr));
		used += (size_t)snprintf(text + used, RESOLVER_TEXT_MAX - used,
					 "%s%s", i > 0 ? ", " : "",
					 mx_endpoint_format(&server, one));
	}
}
