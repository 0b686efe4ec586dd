/* SPDX-License-Identifier: BSD-3-Clause */
#include "kind.h"

#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_number(const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!is_digit(word[i]))
			return false;
	return length > 0;
}

static bool
is_percent(const char *word, size_t length)
{
	return length > 1 && word[length - 1] == '%' &&
	       is_number(word, length - 1);
}

/* Numbers, each with a letter behind it: 90s, 1h30m. */
static bool
is_time(const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		const bool letter = word[i] >= 'a' && word[i] <= 'z';

		if (!letter && !is_digit(word[i]))
			return false;
		if (letter && (i == 0 || !is_digit(word[i - 1])))
			return false;
	}
	return length > 0 && !is_digit(word[length - 1]);
}

/* A word that begins with a hyphen is an option, or a misspelt one. */
static bool
is_no_option(const char *word, size_t length)
{
	return length > 0 && word[0] != '-';
}

static bool
is_pool(const char *word, size_t length)
{
	return is_no_option(word, length) && memchr(word, '/', length) == NULL;
}

static bool
is_host(const char *word, size_t length)
{
	return length > 1 && word[0] == '@';
}

/* "-" is stdout. */
static bool
is_file(const char *word, size_t length)
{
	return length == 1 || is_no_option(word, length);
}

static const struct kind kinds[] = {
	/* clang-format off */
	{"ADDRESS",      "an address of this host", "203.0.113.9", is_no_option, false},
	{"BACKEND",      "the name of an MTA in its pool", "mta1", is_pool, false},
	{"COMMAND",      "a command, or its first words", "show backends", NULL, true},
	{"DOMAIN",       "the domain whose mail is received", "example.net", is_no_option, false},
	{"FILE",         "the path of a file", "/etc/mxsteer/mxsteer.yaml", is_file, true},
	{"FILE.pcapng",  "the file to write, or - for stdout", "mail.pcapng", is_file, false},
	{"@HOST",        "all MTAs of a host, by name or address", "@10.0.2.11", is_host, false},
	{"LINE",         "the beginning of a command", "show ba", NULL, true},
	{"MAILBOX",      "a maildir, or a file of messages", "/var/mail/root", is_no_option, false},
	{"N",            "a number", "100", is_number, false},
	{"N%",           "a percentage", "50%", is_percent, false},
	{"NAME",         "the name that EHLO says", "client.example.net", is_no_option, false},
	{"NUMBER",       "the number that was given", "7", is_number, false},
	{"POOL",         "the name of a pool", "mx", is_pool, false},
	{"POOL/BACKEND", "an MTA, by its pool and its name there; * stands for any", "mx/mta1", is_no_option, false},
	{"PREFIX",       "addresses of clients", "192.0.2.0/24", is_no_option, false},
	{"PROGRAM",      "the name of a program that gives commands", "fail2ban", is_no_option, false},
	{"REASON",       "why, in your words", "kernel upgrade", is_no_option, true},
	{"RECIPIENT",    "a mail address", "postmaster@example.org", is_no_option, false},
	{"RESOLVER",     "the address of a DNS server", "10.0.2.53", is_no_option, false},
	{"SECONDS",      "a number of seconds", "600", is_number, false},
	{"SERVICE",      "the name of a service", "inbound-mx", is_no_option, false},
	{"SRC:PORT",     "the address and port of a client", "192.0.2.7:40000", is_no_option, false},
	{"STATE",        "of a session: opening, established, client-fin, backend-fin, closing, or another one that show sessions counts", "established", is_no_option, false},
	{"SUBJECT",      "a pool, an MTA, a service or an address", "mx/mta1", is_no_option, false},
	{"TIME",         "a time in s, m, h or d", "90s", is_time, false},
	{"VIP:PORT",     "the address and port of a service", "198.51.100.25:25", is_no_option, false},
	/* clang-format on */
};

const struct kind *
kind_find(const char *name, size_t length)
{
	while (length > 0 && name[length - 1] == '.')
		length--;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].name) == length &&
		    memcmp(kinds[i].name, name, length) == 0)
			return &kinds[i];
	return NULL;
}

bool
kind_fits(const struct kind *kind, const char *word, size_t length)
{
	return kind == NULL || kind->fits == NULL || kind->fits(word, length);
}
