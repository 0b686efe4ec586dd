/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_SERVER_H
#define MX_GEN_SERVER_H

/* The server's end: MTAs that accept all mail. */
#include "run.h"

extern const struct app server_app;

#endif /* MX_GEN_SERVER_H */
