/* SPDX-License-Identifier: BSD-3-Clause */
#include "words.h"

#include "config.h"

const char *const driver_words[] = {"af_packet", "af_xdp", "dpdk", NULL};
const char *const twin_words[] = {"auto", "vhost", "tap", "off", NULL};
const char *const idle_words[] = {"poll", "sleep", NULL};
const char *const direction_words[] = {"inbound", "outbound", "both", NULL};
const char *const snat_by_words[] = {"session", "backend", NULL};
const char *const hash_words[] = {"flow", "source", "source-prefix", NULL};
const char *const check_words[] = {"tcp", "smtp", "smtps", "submission", NULL};
const char *const starttls_words[] = {"off", "try", "require", NULL};
const char *const balance_words[] = {"hash", "least", "load", NULL};
const char *const forward_words[] = {"fullnat", "nat", "dsr", "tunnel", NULL};
const char *const proxy_words[] = {"off", "v1", "v2", NULL};
const char *const tunnel_words[] = {"ipip", "gue", NULL};
const char *const hidden_words[] = {"hidden", NULL};
const char *const sources_words[] = {"any", NULL};
const char *const refusal_words[] = {"drop", "421", "554", "reset", NULL};
const char *const cookie_words[] = {"never", "always", "auto", NULL};
const char *const early_words[] = {"off",    "count", "delay",
				   "refuse", "mark",  NULL};
const char *const fail_over_words[] = {"off",     "refused", "silent", "busy",
				       "refuses", "mute",    NULL};
const char *const switch_words[] = {"off", "on", NULL};

const char *const bond_words[] = {"active-backup", "lacp", NULL};

const char *
mx_direction_name(enum mx_direction direction)
{
	return direction_words[direction];
}

const char *
mx_forward_name(enum mx_forward forward)
{
	return forward_words[forward];
}

const char *
mx_proxy_name(enum mx_proxy proxy)
{
	return proxy_words[proxy];
}

const char *
mx_answer_name(enum mx_answer answer)
{
	return refusal_words[answer];
}

const char *
mx_cookies_name(enum mx_cookies cookies)
{
	return cookie_words[cookies];
}

const char *
mx_early_name(enum mx_early early)
{
	return early_words[early];
}

const char *
mx_tunnel_name(enum mx_tunnel tunnel)
{
	return tunnel_words[tunnel];
}

const char *
mx_balance_name(enum mx_balance balance)
{
	return balance_words[balance];
}

const char *
mx_hash_input_name(enum mx_hash_input input)
{
	return hash_words[input];
}

const char *
mx_check_type_name(enum mx_check_type type)
{
	return check_words[type];
}
