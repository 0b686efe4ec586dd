/* SPDX-License-Identifier: BSD-3-Clause */
#include "configdigest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "dump.h"

static void
add_snat(struct groupsheet *sheet, const struct mx_addr *address, uint16_t box)
{
	struct groupsheet_snat *row = sheet->snat;
	uint16_t at = 0;

	if (groupsheet_home(sheet, address) != 0 ||
	    sheet->snats == MX_SNATS_MAX)
		return;
	while (at < sheet->snats &&
	       memcmp(&row[at].address, address, sizeof(*address)) < 0)
		at++;
	memmove(&row[at + 1], &row[at],
		(size_t)(sheet->snats++ - at) * sizeof(row[0]));
	row[at].address = *address;
	row[at].box = (uint8_t)box;
}

void
configdigest_snats(const struct mx_config *config, struct groupsheet *sheet)
{
	const struct mx_config_group *group = &config->group;

	for (uint16_t s = 0; s < config->service_count; s++)
		for (uint16_t i = 0; i < config->service[s].snat_count; i++)
			add_snat(sheet, &config->service[s].snat[i],
				 group->box);
	for (uint16_t i = 0; i < group->peer_snat_count; i++)
		add_snat(sheet, &group->peer_snat[i].address,
			 group->peer_snat[i].box);
}

/* A configuration that has of this one what must be equal. */
static struct mx_config *
common_part(const struct mx_config *config)
{
	struct mx_config *common = calloc(1, sizeof(*common));

	if (common == NULL)
		return NULL;
	common->strict_ports = config->strict_ports;
	common->dataplane.worker_count = config->dataplane.worker_count;
	for (uint16_t i = 0; i < config->dataplane.worker_count; i++)
		common->dataplane.worker_core[i] = i;
	common->service_count = config->service_count;
	memcpy(common->service, config->service, sizeof(common->service));
	common->pool_count = config->pool_count;
	memcpy(common->pool, config->pool, sizeof(common->pool));
	/* The defaults of names are those of the machine; the addresses are of
	 * one box. */
	for (uint16_t i = 0; i < common->service_count; i++) {
		common->service[i].host[0] = '\0';
		common->service[i].snat_count = 0;
	}
	for (uint16_t i = 0; i < common->pool_count; i++)
		common->pool[i].check.helo[0] = '\0';
	return common;
}

static bool
hash(const char *text, size_t size, const struct groupsheet *snats,
     uint8_t digest[static GROUPSHEET_DIGEST_BYTES])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context != NULL &&
		    EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
		    EVP_DigestUpdate(context, text, size) == 1;

	static_assert(sizeof(snats->snat[0]) ==
			      sizeof(struct mx_addr) + sizeof(uint8_t),
		      "no padding");
	good = good &&
	       EVP_DigestUpdate(context, snats->snat,
				snats->snats * sizeof(snats->snat[0])) == 1 &&
	       EVP_DigestFinal_ex(context, digest, NULL) == 1;
	EVP_MD_CTX_free(context);
	return good;
}

bool
configdigest_make(const struct mx_config *config,
		  uint8_t digest[static GROUPSHEET_DIGEST_BYTES])
{
	struct groupsheet *snats = calloc(1, sizeof(*snats));
	struct mx_config *common = common_part(config);
	char *text = NULL;
	size_t size = 0;

	if (common != NULL && snats != NULL) {
		configdigest_snats(config, snats);
		text = dump_text(common, &size);
	}
	const bool made = text != NULL && hash(text, size, snats, digest);
	free(text);
	mx_config_free(common);
	free(snats);
	return made;
}
