/* SPDX-License-Identifier: BSD-3-Clause */
#include "watching.h"

#include "accessing.h"
#include "counts.h"
#include "reply.h"

void
command_top_read(const struct request *request,
		 const struct arguments *arguments)
{
	struct sources sources = request->desk->sources;

	(void)arguments;
	sources.no_clients = !accessing_sees_clients(request);
	json_t *data = counts_new(&sources);
	report_set(data, "level",
		   json_string(level_name(ctl_level(request->ctl))));
	reply_json(request, ANSWER_OK, data);
}
