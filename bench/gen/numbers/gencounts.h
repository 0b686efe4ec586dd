/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_COUNTS_H
#define MX_GEN_COUNTS_H

/* What a run counts, and the report that is made of it: plain numbers. */
#include <stdbool.h>
#include <stdint.h>

#define GEN_BACKENDS_MAX 64

/* The phase of a session.  A reply belongs to the phase that waits for it. */
enum gen_phase {
	GEN_CONNECT, /* from the scheduled start */
	GEN_BANNER,
	GEN_EHLO,
	GEN_MAIL,
	GEN_RCPT,
	GEN_DATA,
	GEN_DOT, /* from the first byte of the message */
	GEN_RSET,
	GEN_QUIT,
	GEN_WHOLE, /* from the scheduled start to the reply to QUIT */
	GEN_IDLE,  /* a pause by the clock: has no latency */
	GEN_PHASES,
};

/* How a session ended, as the client saw it. */
enum gen_outcome {
	GEN_COMPLETED, /* QUIT was answered */
	GEN_REFUSED,   /* turned away by a reply: 421, or a bad greeting */
	GEN_CLOSED,    /* the other end closed too early */
	GEN_RESET,     /* or reset */
	GEN_TIMED_OUT, /* or fell silent */
	GEN_ABORTED,   /* reset on purpose */
	GEN_OUTCOMES,
};

/* What an end of the wire has counted. */
struct gen_wire {
	uint64_t rx;
	uint64_t tx;
	uint64_t rx_bytes;
	uint64_t tx_bytes;
	uint64_t retransmits;
	uint64_t out_of_order; /* segments that were useless, and acked again */
	uint64_t resets_got;
	uint64_t resets_sent;
	uint64_t timeouts;
	uint64_t bad_checksum; /* of IP or TCP: damaged on the way */
	uint64_t stray;        /* segments of no connection */
	uint64_t other;        /* frames that are not for this end */
	uint64_t injected;     /* dropped on purpose (drop_every) */
	uint64_t tx_full;      /* the port took no more */
	uint64_t no_mbuf;
	uint64_t table_full;
};

struct gen_backend_count {
	uint64_t sessions;
	uint64_t messages;
};

/* Client side, server side, and results that need both. */
struct gen_traffic {
	uint64_t started;
	uint64_t ended[GEN_OUTCOMES];
	uint64_t unfinished; /* still there at the end */
	uint64_t accepted;   /* messages: 250 for the final dot */
	uint64_t refused;
	uint64_t unanswered;  /* sent whole, but without a reply */
	uint64_t cut;         /* ended before the whole message was sent */
	uint64_t body_bytes;  /* of accepted ones */
	uint64_t late;        /* sessions that started 10 ms late or more */
	uint64_t odd_replies; /* that are no replies, or answer unacked data */

	uint64_t server_sessions;
	uint64_t server_messages;
	uint64_t foreign_sessions; /* of other clients: health checks */
	uint64_t foreign_messages;
	uint64_t early_talkers;
	uint64_t proxy_bad; /* no header, or one that cannot be read */
	uint64_t
		mismatch; /* the server sees another client than the true one */
	uint64_t damaged; /* messages longer or shorter than they were sent */

	uint64_t lost; /* accepted, but never arrived */
	uint64_t doubled;
	uint64_t unsure;    /* arrived, but the client got no reply */
	uint64_t untracked; /* more messages than there is memory for */
};

struct gen_latency {
	uint64_t count;
	double p50_us;
	double p90_us;
	double p99_us;
	double p999_us;
	double max_us;
};

#define GEN_CODE_FIRST 200u /* codes from 200 to 599; other codes are odd */
#define GEN_CODES 400u
#define GEN_VERDICT_MAX 512

struct gen_report {
	bool client;
	bool server;
	bool valid; /* the generator itself was not the limit */
	bool clean; /* nothing lost, doubled, damaged or mistaken */
	char verdict[GEN_VERDICT_MAX]; /* the reason, if not valid or not
				        * clean */
	double seconds;                /* of starting sessions */
	double whole_seconds;          /* the same, with the time for them to
				        * end */
	double rate_offered;           /* 0: a closed loop */
	double sessions_s;             /* completed */
	double messages_s;
	double body_bytes_s;
	double packets_s;  /* sent by both ends */
	double load;       /* busy cycles, as a share of all */
	double lag_p99_us; /* how late sessions started */
	double lag_max_us;
	uint32_t at_once_peak;
	struct gen_traffic traffic;
	struct gen_wire client_wire;
	struct gen_wire server_wire;
	struct gen_latency latency[GEN_PHASES];
	uint16_t backends;
	struct gen_backend_count backend[GEN_BACKENDS_MAX];
	uint64_t reply[GEN_PHASES][GEN_CODES];
};

struct gen_live {
	uint64_t started;
	uint64_t ended;
	uint64_t failed; /* of those: not completed, nor aborted on purpose */
	uint64_t accepted;
	uint64_t retransmits;
	uint64_t busy_tsc;
	uint64_t all_tsc;
	uint32_t at_once;
};

#endif /* MX_GEN_COUNTS_H */
