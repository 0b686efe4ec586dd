/* SPDX-License-Identifier: BSD-3-Clause */
#include "frommx.h"

#include <stdlib.h>
#include <string.h>

#include "derive.h"
#include "endpoint.h"
#include "inquiry.h"
#include "load.h"
#include "mtaname.h"

#define DNS_PORT 53

/* What was asked for, and the end. */
struct asking {
	char domain[MX_HOSTNAME_MAX];
	struct mx_endpoint server;
	uint16_t servers;
	bool done;
	struct finding finding;
	struct membership members; /* that discovery would take */
	char asked[RESOLVER_TEXT_MAX];
};

static int
parse_server(const char *text, struct mx_endpoint *server)
{
	if (mx_addr_parse(text, &server->addr) == 0) {
		server->port_be = htons(DNS_PORT);
		return 0;
	}
	return mx_endpoint_parse(text, server);
}

static bool
parse(const char *domain, const char *resolver, struct asking *asking)
{
	size_t length = strlen(domain);

	if (length > 0 && domain[length - 1] == '.')
		length--;
	if (length >= sizeof(asking->domain))
		return false;
	memcpy(asking->domain, domain, length);
	if (!dns_is_host(asking->domain))
		return false;
	asking->servers = resolver != NULL;
	return resolver == NULL || parse_server(resolver, &asking->server) == 0;
}

static void
on_found(void *arg, const struct finding *finding)
{
	struct asking *asking = arg;

	asking->finding = *finding;
	asking->done = true;
}

/* Returns false if there is no memory. */
static bool
ask(struct asking *asking)
{
	const struct inquiry_task task = {.domain = asking->domain,
					  .family = {true, true},
					  .server = &asking->server,
					  .servers = asking->servers};
	struct event_base *base = event_base_new();
	struct inquiry *inquiry =
		base != NULL ? inquiry_new(base, &task, on_found, asking)
			     : NULL;

	if (inquiry != NULL)
		inquiry_servers(inquiry, asking->asked);
	/* An inquiry has a limit of its own. */
	while (inquiry != NULL && !asking->done &&
	       event_base_loop(base, EVLOOP_ONCE) == 0)
		;
	inquiry_free(inquiry);
	if (base != NULL)
		event_base_free(base);
	return asking->done;
}

static bool
has_ipv6(const struct finding *finding)
{
	for (uint16_t i = 0; i < finding->addresses; i++)
		if (!mx_addr_is4(&finding->address[i].addr))
			return true;
	return false;
}

static void
write_head(FILE *out, const struct asking *asking)
{
	fprintf(out,
		"# A first configuration for %s, by its MX records as %s\n"
		"# gave them.  Change what is marked with CHANGE, and check it "
		"with\n"
		"#   mxsteer config check --host FILE\n"
		"# All keys are in mxsteer.yaml, with their comments.\n\n"
		"instance: mx1\n\n"
		"dataplane:\n"
		"  workers: [1]                # CHANGE: cores that only "
		"mxsteer uses\n"
		"  ports:                      # CHANGE: see "
		"mxsteer-dataplane --list-ports\n"
		"    - {name: wan, driver: af_packet, interface: eth0}\n"
		"    - {name: lan, driver: af_packet, interface: eth1}\n\n",
		asking->domain, asking->asked);
}

static void
write_service(FILE *out, const struct finding *finding)
{
	fprintf(out,
		"services:\n"
		"  - name: inbound-mx\n"
		"    # CHANGE: a new address that no host has.  When all works, "
		"the MX of\n"
		"    # the domain points to it.\n"
		"    listen: [\"198.51.100.25:25\"]\n"
		"    pool: mx\n"
		"    forward: fullnat\n"
		"    # CHANGE: unused addresses in the network of the MTAs.\n"
		"    snat: [\"10.0.2.100\"%s]\n"
		"    # The MTAs must expect the header: see the README.\n"
		"    proxy-protocol: v2\n\n",
		has_ipv6(finding) ? ", \"fd00:2::100\"" : "");
}

static const struct membership *
members_of(void *arg, const struct mx_config_pool *pool)
{
	const struct asking *asking = arg;

	(void)pool;
	return &asking->members;
}

static bool
serves(void *arg, const struct mx_addr *addr)
{
	(void)arg, (void)addr;
	return false; /* nobody has asked them */
}

/* The file that is to be written, with `discover` in place of the backends.
 * Returns NULL with the fault in text. */
static struct mx_config *
read_draft(const struct asking *asking, char text[static FROMMX_TEXT_MAX])
{
	struct mx_config_errors errors = {.text = {"not enough memory"}};
	struct mx_config *config = NULL;
	char *draft = NULL;
	size_t length;
	FILE *out = open_memstream(&draft, &length);

	if (out != NULL) {
		write_head(out, asking);
		write_service(out, &asking->finding);
		fprintf(out, "pools:\n  - {name: mx, discover: {mx: \"%s\"}}\n",
			asking->domain);
		if (fclose(out) == 0)
			config = mx_config_parse(draft, length, asking->domain,
						 &errors);
	}
	free(draft);
	if (config == NULL)
		snprintf(text, FROMMX_TEXT_MAX, "%s", errors.text[0]);
	return config;
}

/* Give the pool of the draft the members that discovery would take.  Returns NULL
 * with the fault in text. */
static struct mx_config *
derive_draft(struct asking *asking, const struct derive_source *source,
	     char text[static FROMMX_TEXT_MAX])
{
	const struct membership_scene scene = {.join_max = MEMBERSHIP_MAX,
					       .serves = serves};
	static struct finding usable; /* too large for a stack */
	char refusal[DERIVE_TEXT_MAX] = "";

	usable = asking->finding;
	derive_drop(source, 0, &usable, refusal);
	const struct membership_step step =
		membership_take(&asking->members, &usable, &scene);
	if (asking->finding.end > DNS_EMPTY)
		snprintf(text, FROMMX_TEXT_MAX, "%.100s: %s (asked: %.60s)",
			 asking->domain, dns_end_text(asking->finding.end),
			 asking->asked);
	else if (step.hold != MEMBERSHIP_TAKEN)
		snprintf(text, FROMMX_TEXT_MAX, "%.100s: %s%s%s (asked: %.60s)",
			 asking->domain, membership_hold_text(step.hold),
			 refusal[0] != '\0' ? ": " : "", refusal,
			 asking->asked);
	else
		return derive(source);
	return NULL;
}

static void
write_pool(FILE *out, const struct asking *asking)
{
	fprintf(out,
		"pools:\n"
		"  - name: mx\n"
		"    # In place of the backends, mxsteer can ask DNS itself, "
		"again and again.\n"
		"    # CHANGE: that needs a domain whose MX are the MTAs; the "
		"MX of %s\n"
		"    # will be mxsteer.  See discover.yaml.\n"
		"    # discover: {mx: inside.%s}\n"
		"    # CHANGE: connections-max of each, fewer than the MTA has "
		"processes.\n"
		"    backends:\n",
		asking->domain, asking->domain);
}

/* The member at this address, or NULL. */
static const struct member *
find_member(const struct membership *members, const struct mx_addr *addr)
{
	for (uint16_t i = 0; i < members->count; i++)
		if (mx_addr_equal(&members->member[i].addr, addr))
			return &members->member[i];
	return NULL;
}

static void
write_backend(FILE *out, const struct asking *asking,
	      const struct mx_config_backend *backend)
{
	const struct member *member =
		find_member(&asking->members, &backend->address.addr);
	char text[MX_ENDPOINT_TEXT_MAX];

	fprintf(out,
		"      # %s\n"
		"      - {name: \"%s\", address: \"%s\", weight: %u, tier: "
		"%u}\n",
		member->host, backend->name,
		mx_endpoint_format(&backend->address, text), backend->weight,
		backend->tier);
}

/* What DNS names and is not among the backends, as comments. */
static void
write_others(FILE *out, const struct asking *asking,
	     const struct derive_source *source)
{
	const struct finding *finding = &asking->finding;
	char name[MX_NAME_MAX], text[MX_ENDPOINT_TEXT_MAX];

	for (uint16_t h = 0; h < finding->hosts; h++)
		if (!finding_has_address(finding, h))
			fprintf(out, "      # %s has no address: %s\n",
				finding->host[h].name,
				dns_end_text(finding->host[h].end[0]));
	for (uint16_t i = 0; i < finding->addresses; i++) {
		const struct finding_address *found = &finding->address[i];
		const char *host = finding->host[found->host].name;
		const struct member *member =
			find_member(&asking->members, &found->addr);

		mtaname_make(host, &found->addr, name);
		const char *why = derive_refusal(source, 0, name, &found->addr);
		if (why == NULL && member == NULL)
			why = "is over the limit";
		else if (why == NULL && strcmp(member->host, host) != 0)
			why = "is a better target's";
		if (why != NULL)
			fprintf(out, "      # not taken: %s of %s: it %s\n",
				mx_addr_format(&found->addr, text), host, why);
	}
}

/* Write the file whose draft is the source's.  Returns 0 or 1. */
static int
write_file(FILE *out, struct asking *asking, const struct derive_source *source,
	   char text[static FROMMX_TEXT_MAX])
{
	snprintf(text, FROMMX_TEXT_MAX, "not enough memory");
	struct mx_config *config = derive_draft(asking, source, text);

	if (config == NULL)
		return 1;
	write_head(out, asking);
	write_service(out, &asking->finding);
	write_pool(out, asking);
	for (uint16_t i = 0; i < config->pool[0].backend_count; i++)
		write_backend(out, asking, &config->pool[0].backend[i]);
	write_others(out, asking, source);
	mx_config_free(config);
	return 0;
}

int
frommx(const char *domain, const char *resolver, FILE *out,
       char text[static FROMMX_TEXT_MAX])
{
	static struct asking asking; /* too large for a stack */

	memset(&asking, 0, sizeof(asking));
	if (!parse(domain, resolver, &asking)) {
		snprintf(text, FROMMX_TEXT_MAX,
			 "expected: config from-mx DOMAIN [RESOLVER], such as "
			 "example.net, or example.net 10.0.2.53");
		return 2;
	}
	if (!ask(&asking)) {
		snprintf(text, FROMMX_TEXT_MAX, "not enough memory");
		return 1;
	}
	struct mx_config *draft = read_draft(&asking, text);
	if (draft == NULL)
		return 1;
	const struct derive_source source = {
		.file = draft, .members = members_of, .arg = &asking};
	const int status = write_file(out, &asking, &source, text);
	mx_config_free(draft);
	return status;
}
