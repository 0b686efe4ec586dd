/* SPDX-License-Identifier: BSD-3-Clause */
#include "webtext.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>

#include "clock.h"

struct webtext *
webtext_new(void)
{
	struct webtext *text = calloc(1, sizeof(*text));

	if (text == NULL)
		return NULL;
	text->out = open_memstream(&text->text, &text->size);
	if (text->out == NULL) {
		free(text);
		return NULL;
	}
	/* No other thread writes to it: without a lock it is twice as fast. */
	__fsetlocking(text->out, FSETLOCKING_BYCALLER);
	text->users = 1;
	text->made_ms = clock_ms();
	return text;
}

struct webtext *
webtext_finish(struct webtext *text, int status)
{
	const int error = fclose(text->out);

	text->out = NULL;
	text->status = status;
	if (error == 0)
		return text;
	webtext_leave(text);
	return NULL;
}

void
webtext_leave(struct webtext *text)
{
	if (text == NULL || --text->users > 0)
		return;
	if (text->out != NULL)
		fclose(text->out);
	free(text->text);
	free(text);
}

bool
webtext_is_fresh(const struct webtext *text)
{
	return text != NULL && clock_ms() - text->made_ms < WEBTEXT_KEPT_MS;
}

static void
on_sent(const void *data, size_t size, void *arg)
{
	(void)data, (void)size;
	webtext_leave(arg);
}

int
webtext_add(struct webtext *text, struct evbuffer *to)
{
	text->users++;
	if (evbuffer_add_reference(to, text->text, text->size, on_sent, text) ==
	    0)
		return 0;
	text->users--;
	return -ENOMEM;
}
