/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_CLIENT_H
#define MX_GEN_CLIENT_H

/* The client's end: the commands of sessions, and their reaction to replies. */
#include "run.h"

extern const struct app client_app;

#endif /* MX_GEN_CLIENT_H */
