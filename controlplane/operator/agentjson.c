/* SPDX-License-Identifier: BSD-3-Clause */
#include "agentjson.h"

#include <stdio.h>
#include <string.h>

json_t *
agent_encode(const struct agent_wish *wish, bool percents)
{
	const uint16_t percent =
		percents || wish->percent == 0 ? wish->percent : 100;

	if (wish->admin == ADMIN_READY && !wish->down && percent == 100 &&
	    wish->sessions_max == 0)
		return NULL;
	return json_pack("{s:s s:b s:i s:I s:s}", "admin",
			 admin_name(wish->admin), "down", wish->down, "percent",
			 percent, "sessions_max",
			 (json_int_t)wish->sessions_max, "text",
			 percents ? wish->text : "");
}

bool
agent_decode(json_t *object, struct agent_wish *wish)
{
	const char *admin, *text;
	json_int_t sessions_max;
	int down, percent;

	if (json_unpack(object, "{s:s s:b s:i s:I s:s}", "admin", &admin,
			"down", &down, "percent", &percent, "sessions_max",
			&sessions_max, "text", &text) < 0 ||
	    !admin_parse(admin, &wish->admin) || percent < 0 ||
	    percent > WEIGHT_PERCENT_MAX || sessions_max < 0 ||
	    sessions_max > UINT32_MAX || strlen(text) >= AGENT_TEXT_MAX)
		return false;
	wish->down = down != 0;
	wish->percent = (uint16_t)percent;
	wish->sessions_max = (uint32_t)sessions_max;
	snprintf(wish->text, sizeof(wish->text), "%s", text);
	return true;
}
