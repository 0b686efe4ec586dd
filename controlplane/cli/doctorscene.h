/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DOCTORSCENE_H
#define MX_DOCTORSCENE_H

/* What the control plane of this host knows of a visit, if there is one.
 * Threads    one. */
#include <stdbool.h>

#include "asking.h"
#include "diagnosis.h"

/* Connect to the control plane.  Says nothing if there is none, unless the
 * caller named its socket.  Returns false if there is none. */
bool doctorscene_open(struct asking *asking);

/* Find a service by its name, or by a VIP and port.  Returns true with the
 * service in *scene, and its first VIP in *to if it was found by its name. */
bool doctorscene_service(struct asking *asking, const char *wanted,
			 struct doctor_scene *scene, struct mx_endpoint *to);

/* Find the session of a client. */
void doctorscene_session(struct asking *asking, const struct mx_endpoint *own,
			 struct doctor_scene *scene);

/* Why would no MTA serve the client?  Nothing is written if one would. */
void doctorscene_lookup(struct asking *asking, const struct mx_endpoint *own,
			const struct mx_endpoint *to,
			struct doctor_scene *scene);

#endif /* MX_DOCTORSCENE_H */
