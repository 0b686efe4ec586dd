/* SPDX-License-Identifier: BSD-3-Clause */
/* The lab's flooder: TCP segments of made-up clients, out of one interface of a
 * namespace, at a rate, for a time.
 *
 *   flood -i eth0 -m 02:00:00:00:00:01 -t 198.51.100.25 -p 25
 *         -f 198.18.0.0/15 -k syn -r 3000 -s 10
 *
 * A flow is one address of the prefix and one port.  -q: all flows have this
 * source port.  -p 0: each flow has a destination port of its own.  The kind
 * (-k) says which segments each flow sends, GAP_S apart.  The flooder reads no
 * answers, so it makes up every number.  Rate (-r): new flows in a second.  It stops when the
 * time is over, however far it came, and prints one JSON object: frames sent,
 * flows begun, flows in a second.  -o: the first flow's number, so that two
 * floods use different ones.
 *
 * It runs only in a namespace that `ip netns` has named, so that no flood
 * leaves the machine by mistake.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "floodsegment.h"

#define BATCH 64
#define GAP_S 0.3
#define STEPS_MAX 3
#define RATE_MAX 1000000

struct kind {
	const char *name;
	int steps;
	struct step step[STEPS_MAX];
};

static const struct kind kinds[] = {
	{"syn", 1, {{.flags = TH_SYN, .offset = -1}}},
	{"syn-data", 1, {{.flags = TH_SYN, .offset = -1, .data_bytes = 16}}},
	{"reuse",
	 3,
	 {{.flags = TH_SYN, .offset = -1},
	  {.flags = TH_SYN, .offset = 70000},
	  {.flags = TH_SYN, .offset = -1}}},
	{"ack", 1, {{.flags = TH_ACK}}},
	{"rst", 1, {{.flags = TH_RST}}},
	{"fin", 1, {{.flags = TH_FIN | TH_ACK}}},
	{"syn-ack", 1, {{.flags = TH_SYN | TH_ACK}}},
	{"wrong-ack", 2, {{.flags = TH_SYN, .offset = -1}, {.flags = TH_ACK}}},
	{"wrong-sum",
	 2,
	 {{.flags = TH_SYN, .offset = -1},
	  {.flags = TH_ACK, .wrong_sum = true}}},
	{"wrong-sum-data",
	 3,
	 {{.flags = TH_SYN, .offset = -1},
	  {.flags = TH_ACK},
	  {.flags = TH_ACK | TH_PUSH, .wrong_sum = true, .data_bytes = 6}}},
};

struct flood {
	int sock;
	struct sockaddr_ll to;
	struct floodsegment segment; /* what all segments have in common */
	const struct kind *kind;
	double rate;
	double seconds;
	uint64_t first;
	uint64_t next[STEPS_MAX]; /* flow of each step that is sent next */
	uint64_t frames;

	int count; /* frames in the batch */
	uint8_t frame[BATCH][FLOODSEGMENT_BYTES];
	struct iovec iov[BATCH];
	struct mmsghdr message[BATCH];
};

static void
fail(const char *what)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Add a flow's segment to the batch. */
static void
put_segment(struct flood *f, uint64_t flow, const struct step *step)
{
	f->iov[f->count].iov_len =
		floodsegment_make(&f->segment, flow, step, f->frame[f->count]);
	f->count++;
}

/* Send the batch.  If the queue of the interface is full, wait. */
static void
send_batch(struct flood *f)
{
	int sent = 0;

	while (sent < f->count) {
		const int n = sendmmsg(f->sock, f->message + sent,
				       (unsigned)(f->count - sent), 0);
		if (n > 0)
			sent += n;
		else if (errno == ENOBUFS || errno == EAGAIN || errno == EINTR)
			usleep(100);
		else
			fail("sendmmsg");
	}
	f->frames += (uint64_t)sent;
	f->count = 0;
}

/* Put the due segments of each step into the batch, the last step first.  So a
 * flooder that is late begins no flow that it cannot end. */
static void
put_due(struct flood *f, double passed_s)
{
	for (int i = f->kind->steps - 1; i >= 0; i--) {
		const double since = passed_s - i * GAP_S;
		uint64_t due = since > 0 ? (uint64_t)(since * f->rate) + 1 : 0;
		const uint64_t most = i == 0 ? (uint64_t)(f->rate * f->seconds)
					     : f->next[i - 1];

		if (due > most)
			due = most;
		for (; f->next[i] < due && f->count < BATCH; f->next[i]++)
			put_segment(f, f->first + f->next[i],
				    &f->kind->step[i]);
	}
}

static void
run(struct flood *f)
{
	const double begin_s = now_s();
	const double limit_s = f->seconds + f->kind->steps * GAP_S;
	double passed_s;

	while ((passed_s = now_s() - begin_s) < limit_s) {
		put_due(f, passed_s);
		if (f->count > 0)
			send_batch(f);
		else
			usleep(500);
	}
	printf("{\"frames\": %llu, \"flows\": %llu, \"rate\": %.0f}\n",
	       (unsigned long long)f->frames, (unsigned long long)f->next[0],
	       (double)f->next[0] / f->seconds);
}

static void
parse_prefix(struct flood *f, char *text)
{
	char *slash = strchr(text, '/');

	if (slash == NULL)
		goto bad;
	*slash = '\0';
	f->segment.family = strchr(text, ':') ? AF_INET6 : AF_INET;
	f->segment.prefix_bits = atoi(slash + 1);
	const int bits = f->segment.family == AF_INET ? 32 : 128;
	if (inet_pton(f->segment.family, text, f->segment.prefix) == 1 &&
	    f->segment.prefix_bits >= 8 && f->segment.prefix_bits <= bits - 2)
		return;
bad:
	fprintf(stderr, "flood: -f: expected ADDRESS/BITS\n");
	exit(2);
}

static void
parse_kind(struct flood *f, const char *text)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(text, kinds[i].name) == 0)
			f->kind = &kinds[i];
}

static void
parse_mac(struct flood *f, const char *text)
{
	uint8_t *mac = f->segment.ether.ether_dhost;

	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2,
		   mac + 3, mac + 4, mac + 5) != 6) {
		fprintf(stderr, "flood: -m: expected a MAC address\n");
		exit(2);
	}
}

/* The socket, bound to nothing: it sends only. */
static void
open_interface(struct flood *f, const char *name)
{
	const int one = 1;
	struct ifreq request = {0};

	f->sock = socket(AF_PACKET, SOCK_RAW, 0);
	if (f->sock < 0)
		fail("socket");
	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	if (ioctl(f->sock, SIOCGIFHWADDR, &request) != 0)
		fail(name);
	memcpy(f->segment.ether.ether_shost, request.ifr_hwaddr.sa_data,
	       ETH_ALEN);
	f->segment.ether.ether_type = htons(
		f->segment.family == AF_INET ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	f->to = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(name),
		.sll_halen = ETH_ALEN,
		.sll_protocol = f->segment.ether.ether_type,
	};
	setsockopt(f->sock, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	for (int i = 0; i < BATCH; i++) {
		f->iov[i].iov_base = f->frame[i];
		f->message[i].msg_hdr = (struct msghdr){
			.msg_name = &f->to,
			.msg_namelen = sizeof(f->to),
			.msg_iov = &f->iov[i],
			.msg_iovlen = 1,
		};
	}
}

/* Is this process in a namespace that `ip netns` has named? */
static bool
is_inside(void)
{
	DIR *spaces = opendir("/run/netns");
	struct stat here;
	struct stat named;
	bool found = false;

	if (spaces == NULL)
		return false;
	if (stat("/proc/self/ns/net", &here) != 0)
		fail("/proc/self/ns/net");
	for (struct dirent *entry; (entry = readdir(spaces)) != NULL;)
		found |=
			fstatat(dirfd(spaces), entry->d_name, &named, 0) == 0 &&
			named.st_ino == here.st_ino;
	closedir(spaces);
	return found;
}

int
main(int argc, char **argv)
{
	static struct flood flood = {.segment.port = 25};
	const char *interface = NULL;
	const char *vip = NULL;
	int option;

	while ((option = getopt(argc, argv, "i:m:t:p:q:f:k:r:s:o:")) != -1) {
		switch (option) {
		case 'i':
			interface = optarg;
			break;
		case 'm':
			parse_mac(&flood, optarg);
			break;
		case 't':
			vip = optarg;
			break;
		case 'p':
			flood.segment.port = (uint16_t)atoi(optarg);
			break;
		case 'q':
			flood.segment.source_port = (uint16_t)atoi(optarg);
			break;
		case 'f':
			parse_prefix(&flood, optarg);
			break;
		case 'k':
			parse_kind(&flood, optarg);
			break;
		case 'r':
			flood.rate = atof(optarg);
			break;
		case 's':
			flood.seconds = atof(optarg);
			break;
		case 'o':
			flood.first = strtoull(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	}
	if (interface == NULL || vip == NULL || flood.kind == NULL ||
	    inet_pton(flood.segment.family, vip, flood.segment.vip) != 1 ||
	    flood.rate <= 0 || flood.rate > RATE_MAX || flood.seconds <= 0) {
		fprintf(stderr, "flood: see the top of flood.c\n");
		return 2;
	}
	if (!is_inside()) {
		fprintf(stderr, "flood: runs in a lab's namespace only\n");
		return 2;
	}
	open_interface(&flood, interface);
	run(&flood);
	return 0;
}
