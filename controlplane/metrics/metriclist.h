/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_METRICLIST_H
#define MX_METRICLIST_H

/* The metrics, one row each:
 *
 *   X(id, type, of, name, unit, help)
 *
 * id     value_ID() of metricvalues.c is its value
 * type   GAUGE, COUNTER or HISTOGRAM of Prometheus
 * of     what has one, and so its labels: metriclabels.h
 * name   behind "mxsteer_"; base units, and _total at the end of counters
 * unit   for METRICS.md; "-" if the value is a number without one
 *
 * A row is here for good: dashboards and alerts name it. */
/* clang-format off */
#define METRICS(X) \
	X(build, GAUGE, VERSION, "build_info", "-", \
	  "Always 1; the label has the version of the control plane.") \
	X(status, GAUGE, ONE, "status", "-", \
	  "What mxsteer status says: 0 OK, 1 WARNING, 2 CRITICAL.") \
	X(dataplane_up, GAUGE, ONE, "dataplane_up", "-", \
	  "1 if a data plane runs and gives heartbeats.") \
	X(heartbeat_age, GAUGE, ONE, "dataplane_heartbeat_age_seconds", "seconds", \
	  "Time since the last heartbeat of the data plane.") \
	X(dataplane_start, GAUGE, ONE, "dataplane_start_time_seconds", "seconds since 1970", \
	  "When the data plane started; its counters began at 0 then.") \
	X(generation, GAUGE, WHICH, "plan_generation", "-", \
	  "The plan that was published last, and the one in force.") \
	X(in_force, GAUGE, ONE, "plan_in_force", "-", \
	  "1 if the data plane works by all that the control plane has decided.") \
	X(applied, COUNTER, ONE, "config_applied_total", "configurations", \
	  "Configurations that were put in force since the start of the control plane.") \
	X(events, COUNTER, ONE, "events_total", "events", \
	  "Changes of state since the start of the control plane, as show events has them.") \
	X(service_sessions, GAUGE, SERVICE, "service_sessions", "sessions", \
	  "Sessions of the service now.") \
	X(service_half_open, GAUGE, SERVICE, "service_half_open_sessions", "handshakes", \
	  "Handshakes of the service that are under way.") \
	X(service_opened, COUNTER, SERVICE, "service_sessions_total", "sessions", \
	  "Sessions of the service whose handshake was completed.") \
	X(service_abandoned, COUNTER, SERVICE, "service_abandoned_total", "sessions", \
	  "Sessions of the service that a timer ended.") \
	X(service_bytes, COUNTER, SERVICE_WAY, "service_bytes_total", "bytes", \
	  "Bytes of IP packets: in from clients, out to clients.") \
	X(service_packets, COUNTER, SERVICE_WAY, "service_packets_total", "packets", \
	  "IP packets: in from clients, out to clients.") \
	X(service_refused, COUNTER, SERVICE_REASON, "service_refused_total", "clients", \
	  "New sessions that were refused, by reason.") \
	X(rule_refused, COUNTER, RULE, "rule_refused_total", "SYNs", \
	  "SYNs that rules of deny refused, by who gave the rules. After a restart it begins with those since the state file was written last.") \
	X(service_early, COUNTER, SERVICE, "service_early_talkers_total", "clients", \
	  "Clients that spoke before their greeting, where early-talkers looks for them.") \
	X(service_cookies, GAUGE, SERVICE, "service_cookie_workers", "workers", \
	  "Workers that answer SYNs of the service by cookies now, because of a flood.") \
	X(pool_backends, GAUGE, POOL_STATE, "pool_backends", "backends", \
	  "Backends of the pool in each state; only serving ones get new sessions.") \
	X(time_to_banner, HISTOGRAM, POOL, "time_to_banner_seconds", "seconds", \
	  "Time from the end of a client's handshake to the first byte of the MTA.") \
	X(probe_duration, HISTOGRAM, POOL_PHASE, "probe_duration_seconds", "seconds", \
	  "How long a phase of the checks of the pool took, until its reply or handshake came.") \
	X(backend_serving, GAUGE, BACKEND, "backend_serving", "-", \
	  "1 if the backend gets new sessions.") \
	X(backend_weight, GAUGE, BACKEND, "backend_weight", "-", \
	  "The weight that the file or the operator gives it.") \
	X(backend_effective, GAUGE, BACKEND, "backend_effective_weight", "-", \
	  "The weight in force: 0 if it does not serve.") \
	X(backend_sessions, GAUGE, BACKEND, "backend_sessions", "sessions", \
	  "Sessions of the backend now.") \
	X(backend_limit, GAUGE, BACKEND, "backend_sessions_limit", "sessions", \
	  "The most sessions that the backend may have at once, where there is a limit.") \
	X(backend_opened, COUNTER, BACKEND, "backend_sessions_total", "sessions", \
	  "Sessions of the backend whose handshake was completed.") \
	X(backend_abandoned, COUNTER, BACKEND, "backend_abandoned_total", "sessions", \
	  "Sessions of the backend that a timer ended.") \
	X(backend_unserved, COUNTER, BACKEND, "backend_unserved_total", "sessions", \
	  "Sessions that the backend refused, or left without an answer or a greeting.") \
	X(backend_since, GAUGE, BACKEND, "backend_state_change_timestamp_seconds", "seconds since 1970", \
	  "When its health or its admin state changed last.") \
	X(backend_check, GAUGE, BACKEND, "backend_check_duration_seconds", "seconds", \
	  "How long its last health check took.") \
	X(backend_certificate, GAUGE, BACKEND, "backend_tls_expiry_timestamp_seconds", "seconds since 1970", \
	  "When the certificate ends that the last check with TLS saw.") \
	X(discover_success, GAUGE, POOL, "discover_last_success_timestamp_seconds", "seconds since 1970", \
	  "When an answer of DNS was last taken for the pool.") \
	X(discover_failures, COUNTER, POOL, "discover_failures_total", "inquiries", \
	  "Inquiries of DNS about the pool that failed.") \
	X(worker_busy, GAUGE, WORKER, "worker_busy_ratio", "ratio", \
	  "The part of the core's cycles that went to polls which found a frame.") \
	X(worker_received, COUNTER, WORKER, "worker_received_frames_total", "frames", \
	  "Frames that the worker received.") \
	X(worker_sent, COUNTER, WORKER, "worker_sent_frames_total", "frames", \
	  "Frames that the worker sent.") \
	X(drops, COUNTER, DROP, "dropped_frames_total", "frames", \
	  "Frames that were not forwarded, by reason; mxsteer show drops explains each.") \
	X(slots_used, GAUGE, ONE, "session_slots_used", "sessions", \
	  "Places of the session tables that are taken, by sessions of all states.") \
	X(slots, GAUGE, ONE, "session_slots", "sessions", \
	  "Places of the session tables: sessions-max.") \
	X(snat_used, GAUGE, SNAT, "snat_used_ratio", "ratio", \
	  "The part of the ports of a snat address that is taken.") \
	X(snat_spilled, COUNTER, SNAT, "snat_spilled_total", "sessions", \
	  "Sessions that were to have this address, and found no port.") \
	X(port_up, GAUGE, PORT, "port_up", "-", \
	  "1 if the link of the port is up.") \
	X(port_received, COUNTER, PORT, "port_received_frames_total", "frames", \
	  "Frames that the driver of the port received.") \
	X(port_sent, COUNTER, PORT, "port_sent_frames_total", "frames", \
	  "Frames that the driver of the port sent.") \
	X(port_missed, COUNTER, PORT, "port_missed_frames_total", "frames", \
	  "Frames that were lost, as the queues of the port were full.") \
	X(port_errors, COUNTER, PORT, "port_errors_total", "frames", \
	  "Errors of either direction, as the driver counts them.") \
	X(records_lost, COUNTER, WORKER, "session_records_lost_total", "records", \
	  "Records of sessions that came faster than the control plane read them.") \
	X(log_lost, COUNTER, LOSS, "log_lost_total", "lines", \
	  "Lines of mxsteer-log that are lost, by reason, as it counted them itself.") \
	X(replica_up, GAUGE, GROUP, "replica_up", "-", \
	  "1 if mxsteer-replica runs; only in a group of boxes, as all that follows of it.") \
	X(replica_synced, GAUGE, BOX_WAY, "replica_synced", "-", \
	  "1 if all sessions are known: in, those of the box here; out, ours there.") \
	X(replica_sessions, GAUGE, BOX_WAY, "replica_sessions", "sessions", \
	  "Sessions: in, those of the box that are known here; out, ours that it gets.") \
	X(replica_records, COUNTER, BOX_WAY, "replica_records_total", "records", \
	  "Changes of sessions: in from the box, out to it.") \
	X(replica_bytes, COUNTER, BOX_WAY, "replica_bytes_total", "bytes", \
	  "Bytes of the stream: in from the box, out to it.") \
	X(replica_lag, GAUGE, BOX, "replica_lag_seconds", "seconds", \
	  "How old what the box has of our sessions may be.") \
	X(replica_same, GAUGE, BOX, "replica_config_same", "-", \
	  "1 if the box has the same services, pools and workers as this one.") \
	X(replica_refused, COUNTER, REFUSAL, "replica_refused_total", "connections", \
	  "Connections of mxsteer-replica that were refused or ended, by reason.") \
	X(http_pages, COUNTER, ONE, "http_requests_total", "requests", \
	  "Requests to the HTTP server that got their page.") \
	X(http_refused, COUNTER, WEB, "http_refused_total", "connections", \
	  "Connections to the HTTP server that got no page, by reason.")
/* clang-format on */

#endif /* MX_METRICLIST_H */
