/* SPDX-License-Identifier: BSD-3-Clause */
/* The lab's flooder: TCP segments of made-up clients, out of one interface of a
 * namespace, at a rate, for a time.
 *
 *   flood -i eth0 -m 02:00:00:00:00:01 -t 198.51.100.25 -p 25
 *         -f 198.18.0.0/15 -k syn -r 3000 -s 10
 *
 * A flow is one address of the prefix and one port.  The kind (-k) says which
 * segments each flow sends, GAP_S apart.  The flooder reads no answers, so it
 * makes up every number.  Rate (-r): new flows in a second.  It stops when the
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
#include <netinet/ip.h>
#include <netinet/ip6.h>
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

#define BATCH 64
#define GAP_S 0.3
#define STEPS_MAX 3
#define DATA_MAX 16
#define FRAME_BYTES                                                            \
	(sizeof(struct ether_header) + sizeof(struct ip6_hdr) +                \
	 sizeof(struct tcphdr) + DATA_MAX)
#define PORTS 64000u
#define RATE_MAX 1000000

/* One segment of a flow.  offset: from the client's first byte. */
struct step {
	uint8_t flags;
	bool wrong_sum;
	uint8_t data_bytes;
	int32_t offset;
};

struct kind {
	const char *name;
	int steps;
	struct step step[STEPS_MAX];
};

static const struct kind kinds[] = {
	{"syn", 1, {{.flags = TH_SYN, .offset = -1}}},
	{"ack", 1, {{.flags = TH_ACK}}},
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
	struct ether_header ether;
	int family;
	uint8_t vip[16];
	uint8_t prefix[16];
	int prefix_bits;
	uint16_t port;
	const struct kind *kind;
	double rate;
	double seconds;
	uint64_t first;
	uint64_t next[STEPS_MAX]; /* flow of each step that is sent next */
	uint64_t frames;

	int count; /* frames in the batch */
	uint8_t frame[BATCH][FRAME_BYTES];
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

/* The sum of 16-bit words, not yet folded. */
static uint64_t
sum_of(const void *bytes, size_t count, uint64_t sum)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i + 1 < count; i += 2)
		sum += (uint64_t)(at[i] << 8 | at[i + 1]);
	return count % 2 ? sum + (uint64_t)(at[count - 1] << 8) : sum;
}

static uint16_t
checksum_of(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* A number that depends on the flow alone (splitmix64), so that all segments of
 * a flow agree and no two flows are alike. */
static uint32_t
mix(uint64_t flow, uint64_t what)
{
	uint64_t x = flow * 4 + what + UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(x ^ x >> 31);
}

/* The flow's address: the prefix and a host that is neither its first nor its
 * last; of an IPv6 prefix the last 32 bits at most differ. */
static void
source_of(const struct flood *f, uint64_t flow, uint8_t *out)
{
	const int bytes = f->family == AF_INET ? 4 : 16;
	const int free_bits = bytes * 8 - f->prefix_bits;
	const uint64_t hosts =
		(UINT64_C(1) << (free_bits < 32 ? free_bits : 32)) - 2;
	uint32_t low;

	memcpy(out, f->prefix, (size_t)bytes);
	memcpy(&low, out + bytes - 4, 4);
	low = htonl(ntohl(low) | (uint32_t)(flow % hosts + 1));
	memcpy(out + bytes - 4, &low, 4);
}

/* The IP header of a segment of so many bytes; returns its size, with the sum
 * of the pseudo-header in *sum. */
static size_t
put_ip(const struct flood *f, uint8_t *at, const uint8_t *source,
       uint16_t tcp_bytes, uint64_t *sum)
{
	struct ip6_hdr six = {
		.ip6_flow = htonl(6u << 28),
		.ip6_plen = htons(tcp_bytes),
		.ip6_nxt = IPPROTO_TCP,
		.ip6_hlim = 64,
	};
	struct iphdr four = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons((uint16_t)(sizeof(four) + tcp_bytes)),
		.frag_off = htons(IP_DF),
		.ttl = 64,
		.protocol = IPPROTO_TCP,
	};
	const size_t bytes = f->family == AF_INET ? 4 : 16;

	*sum = sum_of(source, bytes, IPPROTO_TCP + (uint64_t)tcp_bytes);
	*sum = sum_of(f->vip, bytes, *sum);
	if (f->family == AF_INET6) {
		memcpy(&six.ip6_src, source, 16);
		memcpy(&six.ip6_dst, f->vip, 16);
		memcpy(at, &six, sizeof(six));
		return sizeof(six);
	}
	memcpy(&four.saddr, source, 4);
	memcpy(&four.daddr, f->vip, 4);
	four.check = checksum_of(sum_of(&four, sizeof(four), 0));
	memcpy(at, &four, sizeof(four));
	return sizeof(four);
}

/* Add a flow's segment to the batch. */
static void
put_segment(struct flood *f, uint64_t flow, const struct step *step)
{
	uint8_t *frame = f->frame[f->count];
	uint8_t *at = frame + sizeof(f->ether);
	const uint16_t bytes =
		(uint16_t)(sizeof(struct tcphdr) + step->data_bytes);
	uint8_t source[16];
	uint64_t sum;
	struct tcphdr tcp = {
		.th_sport = htons((uint16_t)(1024 + mix(flow, 0) % PORTS)),
		.th_dport = htons(f->port),
		.th_seq = htonl(mix(flow, 1) + (uint32_t)step->offset),
		.th_ack = step->flags & TH_ACK ? htonl(mix(flow, 2)) : 0,
		.th_off = sizeof(tcp) / 4,
		.th_flags = step->flags,
		.th_win = htons(64240),
	};

	source_of(f, flow, source);
	memcpy(frame, &f->ether, sizeof(f->ether));
	at += put_ip(f, at, source, bytes, &sum);
	memset(at + sizeof(tcp), 'x', step->data_bytes);
	sum = sum_of(&tcp, sizeof(tcp), sum);
	sum = sum_of(at + sizeof(tcp), step->data_bytes, sum);
	tcp.th_sum = checksum_of(sum);
	if (step->wrong_sum)
		tcp.th_sum ^= 0x5555;
	memcpy(at, &tcp, sizeof(tcp));
	f->iov[f->count].iov_len = (size_t)(at + bytes - frame);
	f->count++;
}

/* Send the batch.  A full queue of the interface is waited for. */
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

/* Put into the batch what is due of each step, the last one first, so that a
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
	f->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	f->prefix_bits = atoi(slash + 1);
	const int bits = f->family == AF_INET ? 32 : 128;
	if (inet_pton(f->family, text, f->prefix) == 1 && f->prefix_bits >= 8 &&
	    f->prefix_bits <= bits - 2)
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
	uint8_t *mac = f->ether.ether_dhost;

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
	memcpy(f->ether.ether_shost, request.ifr_hwaddr.sa_data, ETH_ALEN);
	f->ether.ether_type =
		htons(f->family == AF_INET ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	f->to = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(name),
		.sll_halen = ETH_ALEN,
		.sll_protocol = f->ether.ether_type,
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
	static struct flood flood = {.port = 25};
	const char *interface = NULL;
	const char *vip = NULL;
	int option;

	while ((option = getopt(argc, argv, "i:m:t:p:f:k:r:s:o:")) != -1) {
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
			flood.port = (uint16_t)atoi(optarg);
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
	    inet_pton(flood.family, vip, flood.vip) != 1 || flood.rate <= 0 ||
	    flood.rate > RATE_MAX || flood.seconds <= 0) {
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
