/* SPDX-License-Identifier: BSD-3-Clause */
#include "parting.h"

#include <rte_tcp.h>

struct parting
parting_begin(uint32_t cut, uint32_t end, uint32_t text_bytes)
{
	return (struct parting){
		.end = end,
		.behind = end + text_bytes + 1,
		.cut = cut,
		.client_next = cut,
		.client_ack = end - 1,
		.client_room = PARTING_SPAN,
		.backend_next = end,
		.backend_ack = cut,
	};
}

/* Is the number one of the last `span` up to `last`? */
static bool
is_near(uint32_t number, uint32_t last, uint32_t span)
{
	return last - number <= span;
}

/* Can a stranger who guesses have sent it?  Hardly: both numbers are near to
 * what the client must say. */
static bool
is_of_client(const struct parting *p, const struct parting_said *said)
{
	return said->flags & RTE_TCP_ACK_FLAG &&
	       !(said->flags & RTE_TCP_SYN_FLAG) &&
	       is_near(said->ack, p->behind, PARTING_SPAN) &&
	       is_near(said->seq, p->client_next + PARTING_SPAN,
		       2 * PARTING_SPAN);
}

static unsigned
is_over(const struct parting *p)
{
	return p->client_is_over && p->backend_is_over ? PARTING_OVER : 0;
}

/* QUIT goes once the client has R, or will never have it. */
static unsigned
quit(struct parting *p)
{
	if (p->quits || (!parting_is_confirmed(p) && !p->client_is_over))
		return 0;
	p->quits = true;
	return p->backend_is_over ? 0 : PARTING_QUIT;
}

/* RFC 5961 3.2: only the exact number counts. */
static unsigned
client_resets(struct parting *p, const struct parting_said *said)
{
	if (said->seq != p->client_next)
		return 0;
	p->client_is_over = true;
	return quit(p) | is_over(p);
}

unsigned
parting_client(struct parting *p, const struct parting_said *said)
{
	const bool fin = said->flags & RTE_TCP_FIN_FLAG;
	const uint32_t end = said->seq + said->payload_bytes + (fin ? 1 : 0);
	unsigned todo = 0;

	if (said->flags & RTE_TCP_RST_FLAG)
		return client_resets(p, said);
	if (!is_of_client(p, said))
		return 0;
	if ((int32_t)(said->ack - p->client_ack) >= 0) {
		p->client_ack = said->ack;
		p->client_room = said->room;
	}
	/* A keepalive is one before what was acknowledged. */
	if (end != said->seq || said->seq + 1 == p->client_next)
		todo |= PARTING_ACK_CLIENT;
	if ((int32_t)(end - p->client_next) > 0)
		p->client_next = end;
	p->has_fin = p->has_fin || fin;
	if (p->has_fin && p->client_ack == p->behind)
		p->client_is_over = true;
	if (!p->told && parting_wants_text(p)) {
		p->told = true;
		todo |= PARTING_TEXT;
	}
	return todo | quit(p) | is_over(p);
}

/* Nobody will send R again. */
static unsigned
backend_resets(struct parting *p, const struct parting_said *said)
{
	if (!said->apart && said->seq != p->backend_next)
		return 0;
	p->backend_is_over = true;
	if (parting_is_confirmed(p) || p->client_is_over)
		return is_over(p);
	return PARTING_RESET | PARTING_PASS;
}

/* The answer to QUIT, and the backend's FIN. */
static unsigned
backend_ends(struct parting *p, const struct parting_said *said)
{
	const bool fin = said->flags & RTE_TCP_FIN_FLAG;
	const uint32_t end = said->seq + said->payload_bytes + (fin ? 1 : 0);

	if (end == said->seq)
		return 0;
	/* What is missing between comes again. */
	if ((int32_t)(said->seq - p->backend_next) <= 0 &&
	    (int32_t)(end - p->backend_next) > 0) {
		p->backend_next = end;
		p->backend_is_over = p->backend_is_over || fin;
	}
	return PARTING_ACK_BACKEND | is_over(p);
}

unsigned
parting_backend(struct parting *p, const struct parting_said *said)
{
	if (said->flags & RTE_TCP_RST_FLAG)
		return backend_resets(p, said);
	if (said->flags & RTE_TCP_SYN_FLAG || !(said->flags & RTE_TCP_ACK_FLAG))
		return 0;
	if (is_near(said->ack, p->cut + PARTING_QUIT_SPAN, PARTING_QUIT_SPAN) &&
	    (int32_t)(said->ack - p->backend_ack) > 0)
		p->backend_ack = said->ack;
	if (p->quits)
		return backend_ends(p, said);
	/* R or what was before it, again.  What is behind is not for the
	 * client, who has the text in its place. */
	return (int32_t)(said->seq - p->end) < 0 ? PARTING_PASS : 0;
}
