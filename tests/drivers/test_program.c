/* SPDX-License-Identifier: BSD-3-Clause */
/* The program that selects mxsteer's frames before the kernel (redirect.bpf.c).
 * Method: the kernel runs it over one frame at a time (BPF_PROG_TEST_RUN), as
 * if the frame came by the loopback.  Without a socket, selected frames are
 * dropped and the others passed.  Root only. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frames.h"
#include "redirect.h"
#include "program.h"
#include "runner.h"

/* The kernel accepts no shorter frame. */
#define ETHER_MIN 14

static struct bpf_object *object;
static int program_fd, owned_fd;
static uint8_t frame[FRAME_MAX];

static struct end vip, client, mta, host, vip6, client6, mta6, host6;

static void
own(const struct end *end, uint16_t port)
{
	const owned_round round = 1;
	struct owned_key key = {.port = htons(port)};

	memcpy(key.addr, &end->ip, sizeof(key.addr));
	ck_assert_int_eq(bpf_map_update_elem(owned_fd, &key, &round, BPF_ANY),
			 0);
}

static void
setup(void)
{
	char text[DRIVER_TEXT_MAX] = "";
	char path[32];

	vip = (struct end){.ip = ip4(198, 51, 100, 25), .port = 25};
	client = (struct end){.ip = ip4(203, 0, 113, 7), .port = 40000};
	mta = (struct end){.ip = ip4(10, 0, 2, 11), .port = 25};
	host = (struct end){.ip = ip4(10, 0, 2, 1), .port = 50000};
	vip6 = (struct end){.ip = ip6(0x2001, 0xdb8, 0x25), .port = 25};
	client6 = (struct end){.ip = ip6(0x2001, 0xbeef, 7), .port = 40000};
	mta6 = (struct end){.ip = ip6(0xfd00, 2, 0xb), .port = 25};
	host6 = (struct end){.ip = ip6(0xfd00, 2, 1), .port = 50000};

	const int file = program_file(text);
	ck_assert_msg(file >= 0, "%s", text);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	object = bpf_object__open_file(path, NULL);
	ck_assert_ptr_nonnull(object);
	ck_assert_int_eq(bpf_object__load(object), 0);
	program_fd = bpf_program__fd(
		bpf_object__find_program_by_name(object, REDIRECT_PROGRAM));
	owned_fd = bpf_object__find_map_fd_by_name(object, REDIRECT_MAP);
	own(&vip, 0);
	own(&vip6, 0);
	own(&mta, 25);
	own(&mta6, 25);
}

static void
teardown(void)
{
	bpf_object__close(object);
}

/* Does the program select a frame of so many bytes? */
static bool
is_ours(uint16_t bytes)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame,
		    .data_size_in = bytes);

	ck_assert_int_eq(bpf_prog_test_run_opts(program_fd, &run), 0);
	ck_assert(run.retval == XDP_PASS || run.retval == XDP_DROP);
	return run.retval == XDP_DROP;
}

static bool
segment_is_ours(struct end from, struct end to)
{
	const struct segment segment = {.from = from, .to = to, .flags = ACK};

	return is_ours(frame_tcp(frame, &segment));
}

static bool
error_is_ours(struct end from, struct end to, struct end sent_by,
	      struct end sent_to)
{
	const bool six = !mx_addr_is4(&from.ip);
	const struct error error = {
		.from = from,
		.to = to,
		.type = six ? 1 : 3,
		.code = six ? 4 : 1,
		.about = {.from = sent_by, .to = sent_to, .flags = ACK},
		.quote_bytes = 8,
	};

	return is_ours(frame_error(frame, &error));
}

static bool
solicitation_is_ours(struct end target, bool unicast)
{
	const struct solicitation ask = {
		.from = client6, .target = target, .unicast = unicast};

	return is_ours(frame_solicit(frame, &ask));
}

START_TEST(whatever_is_sent_to_an_address_of_ours_is_ours)
{
	struct end other = vip;

	ck_assert(segment_is_ours(client, vip));
	ck_assert(segment_is_ours(client6, vip6));
	other.port = 80;
	ck_assert(segment_is_ours(client, other));
	ck_assert(is_ours(frame_echo(frame, &client, &vip, 56)));
	ck_assert(is_ours(frame_echo(frame, &client6, &vip6, 56)));
	ck_assert(error_is_ours(client, vip, vip, client));
	ck_assert(error_is_ours(client6, vip6, vip6, client6));
}
END_TEST

START_TEST(what_is_sent_to_others_is_the_kernels)
{
	ck_assert(!segment_is_ours(client, host));
	ck_assert(!segment_is_ours(client6, host6));
	ck_assert(!segment_is_ours(vip, client));
	ck_assert(!segment_is_ours(client, mta));
	ck_assert(!is_ours(frame_echo(frame, &client, &host, 56)));
	ck_assert(!is_ours(frame_echo(frame, &client6, &host6, 56)));
}
END_TEST

START_TEST(who_asks_for_an_address_of_ours_is_answered_by_us)
{
	ck_assert(is_ours(frame_arp(frame, &client, &vip)));
	ck_assert(!is_ours(frame_arp(frame, &client, &host)));
	ck_assert(!is_ours(frame_arp(frame, &vip, &client)));
	ck_assert(solicitation_is_ours(vip6, false));
	ck_assert(solicitation_is_ours(vip6, true));
	ck_assert(!solicitation_is_ours(host6, false));
	ck_assert(!solicitation_is_ours(host6, true));
}
END_TEST

START_TEST(who_claims_an_address_of_ours_is_seen_by_us)
{
	const struct solicitation ask = {.from = client6, .target = vip6};
	const struct solicitation other = {.from = client6, .target = host6};
	uint16_t bytes = frame_arp(frame, &vip, &client);

	frame[21] = 2; /* its own reply */
	ck_assert(is_ours(bytes));
	ck_assert(is_ours(frame_arp(frame, &vip, &vip)));
	bytes = frame_arp(frame, &host, &client);
	frame[21] = 2;
	ck_assert(!is_ours(bytes));
	ck_assert(is_ours(frame_advertise(frame, &ask, &client.mac)));
	ck_assert(!is_ours(frame_advertise(frame, &other, &client.mac)));
}
END_TEST

/* Put a tag before what follows the MAC addresses. */
static uint16_t
tag(uint16_t bytes, uint16_t vlan)
{
	memmove(frame + 16, frame + 12, bytes - 12u);
	memcpy(frame + 12,
	       (uint8_t[]){0x81, 0, (uint8_t)(vlan >> 8), (uint8_t)vlan}, 4);
	return (uint16_t)(bytes + 4);
}

START_TEST(a_tag_of_no_vlan_changes_nothing)
{
	const uint16_t priority = 0x6000;

	for (int tagged = 0; tagged < 2; tagged++) {
		const uint16_t vlan = tagged ? 7 : priority;
		struct segment said = {.from = client, .to = vip, .flags = ACK};

		/* A tagged frame to an owned address is selected, to forward or
		 * to count. */
		ck_assert(is_ours(tag(frame_tcp(frame, &said), vlan)));
		ck_assert(is_ours(tag(frame_arp(frame, &client, &vip), vlan)));
		said.to = host;
		ck_assert(!is_ours(tag(frame_tcp(frame, &said), vlan)));
		/* A nat backend's frame to its client is selected without a
		 * VLAN, and not with one. */
		said.from = mta;
		said.to = client;
		ck_assert_int_eq(is_ours(tag(frame_tcp(frame, &said), vlan)),
				 !tagged);
		ck_assert_int_eq(
			is_ours(tag(frame_arp(frame, &vip, &vip), vlan)), 1);
	}
}
END_TEST

START_TEST(arp_replies_and_odd_arp_are_the_kernels)
{
	const uint16_t bytes = frame_arp(frame, &client, &vip);
	/* Hardware, protocol, their lengths, and the operation. */
	static const uint8_t places[] = {15, 17, 18, 19, 21};

	frame[places[_i]]++;
	ck_assert(!is_ours(bytes));
}
END_TEST

START_TEST(what_a_nat_backend_sends_its_clients_is_ours)
{
	struct end other = mta;
	struct end other6 = mta6;

	ck_assert(segment_is_ours(mta, client));
	ck_assert(segment_is_ours(mta6, client6));
	other.port = other6.port = 80;
	ck_assert(!segment_is_ours(other, client));
	ck_assert(!segment_is_ours(other6, client6));
	ck_assert(error_is_ours(host, client, client, mta));
	ck_assert(error_is_ours(host6, client6, client6, mta6));
	ck_assert(!error_is_ours(host, client, client, other));
	ck_assert(!error_is_ours(host6, client6, client6, other6));
	/* Only the backend gets errors about its own segments. */
	ck_assert(!error_is_ours(client, mta, mta, client));
}
END_TEST

/* A connection of this host over the loopback, to a backend that listens on
 * another address.  The ends are as in the backend's segments. */
static void
connect_to_backend(int domain, int fd[2], struct end *backend, struct end *us)
{
	struct sockaddr_in6 server = {.sin6_family = AF_INET6,
				      .sin6_addr = in6addr_loopback};
	struct sockaddr_in6 local;
	struct sockaddr_in *server4 = (struct sockaddr_in *)&server;
	socklen_t size = sizeof(server);

	if (domain == AF_INET)
		*server4 = (struct sockaddr_in){
			.sin_family = AF_INET,
			.sin_addr = {htonl(INADDR_LOOPBACK)}};
	fd[0] = socket(domain, SOCK_STREAM, 0);
	fd[1] = socket(domain, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd[0], (struct sockaddr *)&server, size), 0);
	ck_assert_int_eq(listen(fd[0], 1), 0);
	getsockname(fd[0], (struct sockaddr *)&server, &size);
	ck_assert_int_eq(connect(fd[1], (struct sockaddr *)&server, size), 0);
	size = sizeof(local);
	getsockname(fd[1], (struct sockaddr *)&local, &size);
	/* The port is at the same place in both families. */
	backend->port = ntohs(server.sin6_port);
	us->port = ntohs(local.sin6_port);
	backend->ip = us->ip = mx_addr_from4(htonl(INADDR_LOOPBACK));
	if (domain == AF_INET6) {
		memcpy(&backend->ip, &in6addr_loopback, sizeof(backend->ip));
		us->ip = backend->ip;
	}
}

START_TEST(what_a_nat_backend_sends_this_host_is_the_kernels)
{
	const int domain = _i == 0 ? AF_INET : AF_INET6;
	struct end backend = {0};
	struct end us = {0};
	struct end stranger;
	int fd[2];

	connect_to_backend(domain, fd, &backend, &us);
	own(&backend, backend.port);
	ck_assert(!segment_is_ours(backend, us));
	ck_assert(!error_is_ours(us, us, us, backend));

	/* To a port without a connection, or with a listening socket only. */
	stranger = us;
	stranger.port ^= 1;
	ck_assert(segment_is_ours(backend, stranger));
	stranger.port = backend.port;
	ck_assert(segment_is_ours(backend, stranger));
	close(fd[0]);
	close(fd[1]);
}
END_TEST

START_TEST(what_is_cut_short_or_has_no_ports_is_judged_by_its_address_alone)
{
	const struct segment back = {.from = mta, .to = client, .flags = ACK};
	const struct segment in = {.from = client, .to = vip, .flags = ACK};
	const uint16_t bytes = frame_tcp(frame, &back);

	for (uint16_t cut = ETHER_MIN; cut < bytes; cut++)
		ck_assert(!is_ours(cut));
	frame[14] = 0x46; /* with an option, the ports are elsewhere */
	ck_assert(!is_ours(bytes));
	frame[14] = 0x45;
	frame[21] = 1; /* a later fragment */
	ck_assert(!is_ours(bytes));

	frame_tcp(frame, &in);
	for (uint16_t cut = ETHER_MIN; cut < bytes; cut++)
		ck_assert(is_ours(cut) == (cut >= 14 + 20));
}
END_TEST

START_TEST(frames_of_other_kinds_are_the_kernels)
{
	static const uint16_t types[] = {0x8100, 0x88cc, 0x8847, 0x0000};
	const struct segment in = {.from = client, .to = vip, .flags = ACK};
	const uint16_t bytes = frame_tcp(frame, &in);

	frame[12] = (uint8_t)(types[_i] >> 8);
	frame[13] = (uint8_t)types[_i];
	ck_assert(!is_ours(bytes));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("program");
	TCase *t = tcase_create("program");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, whatever_is_sent_to_an_address_of_ours_is_ours);
	tcase_add_test(t, what_is_sent_to_others_is_the_kernels);
	tcase_add_test(t, who_asks_for_an_address_of_ours_is_answered_by_us);
	tcase_add_test(t, a_tag_of_no_vlan_changes_nothing);
	tcase_add_test(t, who_claims_an_address_of_ours_is_seen_by_us);
	tcase_add_loop_test(t, arp_replies_and_odd_arp_are_the_kernels, 0, 5);
	tcase_add_test(t, what_a_nat_backend_sends_its_clients_is_ours);
	tcase_add_loop_test(
		t, what_a_nat_backend_sends_this_host_is_the_kernels, 0, 2);
	tcase_add_test(
		t,
		what_is_cut_short_or_has_no_ports_is_judged_by_its_address_alone);
	tcase_add_loop_test(t, frames_of_other_kinds_are_the_kernels, 0, 4);
	suite_add_tcase(s, t);
	return s;
}
