/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_NOTIFY_H
#define MX_NOTIFY_H

/* What a program tells the service manager that started it: systemd's protocol
 * of sd_notify(3).
 *
 *   READY=1       the start is complete
 *   STATUS=...    one line for `systemctl status`
 *   WATCHDOG=1    a keep-alive; systemd restarts a service that sends none
 *   STOPPING=1    the program ends
 *
 * The protocol is one datagram to a socket whose name is in the environment.
 * libsystemd is not used: it would bring five more libraries into processes with
 * privileges.
 *
 * No message ever waits: a manager that does not read delays nobody.
 *
 * Threads    any. */
#include <stdint.h>

#define NOTIFY_MESSAGE_MAX 512

/* Send some of the lines above, with line feeds between them.
 *
 * Returns 1 if the message was sent, and 0 if no manager waits for messages.
 * Returns -errno if it was not sent: -EAGAIN if the manager does not read now,
 * -EPROTONOSUPPORT if the environment names something else than a local socket,
 * -EMSGSIZE if the message is too long. */
int notify_send(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The time in ms after which systemd restarts this process if no keep-alive has
 * come; 0: systemd expects none. */
uint64_t notify_watchdog_ms(void);

#endif /* MX_NOTIFY_H */
