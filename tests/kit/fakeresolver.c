/* SPDX-License-Identifier: BSD-3-Clause */
#include "fakeresolver.h"

#include <arpa/nameser.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dnsmessage.h"
#include "resolver.h"
#include "timer.h"

#define RECORDS_MAX 1024

static struct record {
	int type; /* 0: a failure */
	char name[MX_HOSTNAME_MAX];
	char text[MX_HOSTNAME_MAX];
	uint32_t ttl_s;
	uint16_t preference;
	int code;
} record[RECORDS_MAX];
static int records;
static uint32_t asked, last_turn;

struct question {
	struct resolver *resolver;
	char name[MX_HOSTNAME_MAX];
	int type;
	resolver_done done;
	void *arg;
	struct timer *timer;
	struct question *next;
};

struct resolver {
	struct event_base *base;
	struct question *questions;
};

static struct record *
add(int type, const char *name, uint32_t ttl_s, const char *text)
{
	struct record *r = &record[records++];

	ck_assert_int_lt(records, RECORDS_MAX);
	*r = (struct record){.type = type, .ttl_s = ttl_s};
	snprintf(r->name, sizeof(r->name), "%s", name);
	snprintf(r->text, sizeof(r->text), "%s", text);
	return r;
}

void
fakeresolver_clear(void)
{
	records = 0;
}

void
fakeresolver_mx(const char *domain, uint32_t ttl_s, uint16_t preference,
		const char *host)
{
	add(ns_t_mx, domain, ttl_s, host)->preference = preference;
}

void
fakeresolver_cname(const char *owner, uint32_t ttl_s, const char *to)
{
	add(ns_t_cname, owner, ttl_s, to);
}

void
fakeresolver_address(const char *host, uint32_t ttl_s, const char *address)
{
	add(strchr(address, ':') != NULL ? ns_t_aaaa : ns_t_a, host, ttl_s,
	    address);
}

void
fakeresolver_fail(const char *name, int code)
{
	add(0, name, 0, "")->code = code;
}

uint32_t
fakeresolver_asked(void)
{
	return asked;
}

uint32_t
fakeresolver_turn(void)
{
	return last_turn;
}

static const struct record *
find(const char *name, int type)
{
	for (int i = 0; i < records; i++)
		if (record[i].type == type && strcmp(record[i].name, name) == 0)
			return &record[i];
	return NULL;
}

static bool
exists(const char *name)
{
	for (int i = 0; i < records; i++)
		if (strcmp(record[i].name, name) == 0)
			return true;
	return false;
}

static void
make(struct dnsmessage *message, const struct question *question)
{
	const char *owner = question->name;
	const struct record *fault = find(question->name, 0);
	const struct record *alias;

	dnsmessage_begin(message, question->name, question->type,
			 fault != NULL            ? fault->code
			 : exists(question->name) ? 0
						  : ns_r_nxdomain);
	if (fault != NULL)
		return;
	while ((alias = find(owner, ns_t_cname)) != NULL) {
		dnsmessage_cname(message, owner, alias->ttl_s, alias->text);
		owner = alias->text;
	}
	for (int i = 0; i < records; i++) {
		const struct record *r = &record[i];

		if (r->type != question->type || strcmp(r->name, owner) != 0)
			continue;
		if (r->type == ns_t_mx)
			dnsmessage_mx(message, owner, r->ttl_s, r->preference,
				      r->text);
		else
			dnsmessage_address(message, owner, r->ttl_s, r->text);
	}
}

static void
leave(struct question *question)
{
	struct question **link = &question->resolver->questions;

	while (*link != question)
		link = &(*link)->next;
	*link = question->next;
	timer_free(question->timer);
}

static void
on_time(void *arg)
{
	static struct dnsmessage message;
	struct question *question = arg;
	const struct record *fault = find(question->name, 0);

	leave(question);
	if (fault != NULL && fault->code < 0) {
		question->done(question->arg, DNS_SILENT, NULL, 0);
	} else {
		make(&message, question);
		question->done(question->arg, DNS_ANSWERED, message.byte,
			       message.size);
	}
	free(question);
}

struct resolver *
resolver_new(struct event_base *base, const struct mx_endpoint *server,
	     uint16_t servers, uint32_t turn)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	(void)server, (void)servers;
	resolver->base = base;
	last_turn = turn;
	return resolver;
}

void
resolver_free(struct resolver *resolver)
{
	while (resolver != NULL && resolver->questions != NULL) {
		struct question *question = resolver->questions;

		leave(question);
		free(question);
	}
	free(resolver);
}

void
resolver_ask(struct resolver *resolver, const char *name, enum dns_type type,
	     resolver_done done, void *arg)
{
	static const int types[] = {
		[DNS_MX] = ns_t_mx, [DNS_A] = ns_t_a, [DNS_AAAA] = ns_t_aaaa};
	struct question *question = calloc(1, sizeof(*question));
	const struct record *fault = find(name, 0);

	asked++;
	question->resolver = resolver;
	snprintf(question->name, sizeof(question->name), "%s", name);
	question->type = types[type];
	question->done = done;
	question->arg = arg;
	question->next = resolver->questions;
	resolver->questions = question;
	question->timer = timer_new(resolver->base, on_time, question);
	timer_set(question->timer, fault != NULL && fault->code < 0 ? 6000 : 1);
}

void
resolver_text(const struct resolver *resolver,
	      char text[static RESOLVER_TEXT_MAX])
{
	(void)resolver;
	strcpy(text, "10.0.2.53:53");
}
