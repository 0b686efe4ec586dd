/* SPDX-License-Identifier: BSD-3-Clause */
#include "doctorscene.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "ctl.h"
#include "endpoint.h"

bool
doctorscene_open(struct asking *asking)
{
	if (asking->fd >= 0)
		return true;
	if (asking->path[0] != '\0')
		return asking_connect(asking) == DONE;
	if (client_find_socket(asking->path, sizeof(asking->path)) == 0)
		asking->fd = client_connect(asking->path);
	if (asking->fd < 0)
		asking->path[0] = '\0';
	return asking->fd >= 0;
}

/* Ask for a report.  Returns NULL if there is none.  A report with bad news, such
 * as that of a lookup that finds no MTA, is one. */
static json_t *
ask(struct asking *asking, const char *command)
{
	char line[CTL_LINE_MAX];
	struct client_reply reply;

	if (asking->fd < 0)
		return NULL;
	snprintf(line, sizeof(line), "-j %s", command);
	if (client_follow(asking->fd, line, client_silence_s(command), NULL,
			  &reply) != 0) {
		close(asking->fd);
		asking->fd = -1;
		return NULL;
	}
	json_t *report = json_loadb(reply.text, reply.length, 0, NULL);
	free(reply.text);
	return report;
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

/* The VIP of a service that was wanted: by the service's name, any. */
static const char *
find_vip(const json_t *service, const char *wanted)
{
	const json_t *vips = json_object_get(service, "vips");
	const bool by_name = strcmp(text_of(service, "service"), wanted) == 0;
	size_t i;
	const json_t *vip;

	json_array_foreach(vips, i, vip) {
		const char *text = json_string_value(vip);

		if (text != NULL && (by_name || strcmp(text, wanted) == 0))
			return text;
	}
	return NULL;
}

static void
take_service(struct doctor_scene *scene, const json_t *service)
{
	scene->has_service = true;
	snprintf(scene->service, sizeof(scene->service), "%s",
		 text_of(service, "service"));
	snprintf(scene->state, sizeof(scene->state), "%s",
		 text_of(service, "state"));
	snprintf(scene->forward, sizeof(scene->forward), "%s",
		 text_of(service, "forward"));
	snprintf(scene->proxy, sizeof(scene->proxy), "%s",
		 text_of(service, "proxy"));
}

bool
doctorscene_service(struct asking *asking, const char *wanted,
		    struct doctor_scene *scene, struct mx_endpoint *to)
{
	json_t *report = ask(asking, "show services");
	const json_t *services = json_object_get(report, "services");
	const json_t *service;
	size_t i;

	json_array_foreach(services, i, service) {
		const char *vip = find_vip(service, wanted);

		if (vip == NULL || mx_endpoint_parse(vip, to) != 0)
			continue;
		take_service(scene, service);
		break;
	}
	json_decref(report);
	return scene->has_service;
}

void
doctorscene_session(struct asking *asking, const struct mx_endpoint *own,
		    struct doctor_scene *scene)
{
	char command[128], client[MX_ENDPOINT_TEXT_MAX];
	struct mx_endpoint local;
	const json_t *session;
	size_t i;

	mx_addr_format(&own->addr, client);
	snprintf(command, sizeof(command), "show sessions 10000 from %s",
		 client);
	json_t *report = ask(asking, command);
	mx_endpoint_format(own, client);
	json_array_foreach(json_object_get(report, "sessions"), i, session) {
		if (strcmp(text_of(session, "client"), client) != 0)
			continue;
		scene->has_session = true;
		snprintf(scene->backend, sizeof(scene->backend), "%s",
			 text_of(session, "backend"));
		snprintf(scene->server, sizeof(scene->server), "%s",
			 text_of(session, "server"));
		if (mx_endpoint_parse(text_of(session, "local"), &local) == 0)
			scene->local = local.addr;
		break;
	}
	json_decref(report);
}

void
doctorscene_lookup(struct asking *asking, const struct mx_endpoint *own,
		   const struct mx_endpoint *to, struct doctor_scene *scene)
{
	char command[2 * MX_ENDPOINT_TEXT_MAX + 16];
	char client[MX_ENDPOINT_TEXT_MAX], vip[MX_ENDPOINT_TEXT_MAX];

	if (own->port_be == 0)
		return;
	snprintf(command, sizeof(command), "lookup %s %s",
		 mx_endpoint_format(own, client), mx_endpoint_format(to, vip));
	json_t *report = ask(asking, command);
	if (json_is_null(json_object_get(report, "backend")))
		snprintf(scene->refusal, sizeof(scene->refusal), "%s",
			 text_of(report, "reason"));
	json_decref(report);
}
