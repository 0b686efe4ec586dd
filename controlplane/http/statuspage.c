/* SPDX-License-Identifier: BSD-3-Clause */
#include "statuspage.h"

#include <event2/http.h>

#include "statuspage.html.h"

const char statuspage_policy[] = PAGE_POLICY;
const char statuspage_name[] = PAGE_NAME;

int
statuspage_write(FILE *out, const struct sources *sources)
{
	(void)sources;
	fwrite(page_text, 1, sizeof(page_text), out);
	return HTTP_OK;
}
