/* SPDX-License-Identifier: BSD-3-Clause */
#include "secret.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "owner.h"

/* A link is followed: programs that hand out secrets make links.  What counts is
 * the file at its end.  Without O_NONBLOCK a pipe would hold the caller. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

struct text {
	uint8_t byte[MX_SECRET_BYTES_MAX + 1]; /* one more: it is too long */
	size_t length;
};

static int
check_file(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	if (!mx_owner_is_trusted(status.st_uid, true) ||
	    (status.st_mode & (S_IRWXO | S_IWGRP)) != 0)
		return -EPERM;
	return 0;
}

static bool
is_space(uint8_t byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static int
read_text(int fd, struct text *text)
{
	ssize_t got = 1;

	text->length = 0;
	while (got > 0 && text->length < sizeof(text->byte)) {
		got = read(fd, text->byte + text->length,
			   sizeof(text->byte) - text->length);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got < 0)
			return -errno;
		else
			text->length += (size_t)got;
	}
	if (text->length > MX_SECRET_BYTES_MAX)
		return -EMSGSIZE;
	while (text->length > 0 && is_space(text->byte[text->length - 1]))
		text->length--;
	return text->length < MX_SECRET_BYTES_MIN ? -EMSGSIZE : 0;
}

/* One key, by RFC 5869 without salt. */
static bool
derive(EVP_KDF_CTX *kdf, struct text *text, char *label, void *key,
       size_t size_bytes)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest,
						 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
						  text->byte, text->length),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, label,
						  strlen(label)),
		OSSL_PARAM_construct_end(),
	};

	return EVP_KDF_derive(kdf, key, size_bytes, params) == 1;
}

/* The words are the same on every machine. */
static void
order_words(struct mx_hash_key *key)
{
	key->word[0] = le64toh(key->word[0]);
	key->word[1] = le64toh(key->word[1]);
}

static int
make_keys(struct mx_secret *secret, struct text *text)
{
	struct {
		char label[24];
		void *key;
		size_t size_bytes;
	} keys[] = {
		{"mxsteer sessions", &secret->sessions,
		 sizeof(secret->sessions)},
		{"mxsteer plan", &secret->plan, sizeof(secret->plan)},
		{"mxsteer stream", secret->stream, sizeof(secret->stream)},
		{"mxsteer check", secret->check, sizeof(secret->check)},
	};
	EVP_KDF *method = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *kdf = method != NULL ? EVP_KDF_CTX_new(method) : NULL;
	bool made = kdf != NULL;

	for (size_t i = 0; made && i < sizeof(keys) / sizeof(keys[0]); i++)
		made = derive(kdf, text, keys[i].label, keys[i].key,
			      keys[i].size_bytes);
	EVP_KDF_CTX_free(kdf);
	EVP_KDF_free(method);
	if (!made)
		return -ENOKEY;
	order_words(&secret->sessions);
	order_words(&secret->plan);
	return 0;
}

int
mx_secret_read(struct mx_secret *secret, const char *path)
{
	struct mx_secret made;
	struct text text;

	const int fd = open(path, OPEN_FLAGS);
	if (fd < 0)
		return -errno;
	int error = check_file(fd);
	if (error == 0)
		error = read_text(fd, &text);
	close(fd);
	if (error == 0)
		error = make_keys(&made, &text);
	if (error == 0)
		*secret = made;
	OPENSSL_cleanse(&text, sizeof(text));
	OPENSSL_cleanse(&made, sizeof(made));
	return error;
}

const char *
mx_secret_error(int error)
{
	switch (error) {
	case -EINVAL:
		return "expected a file, found something else";
	case -EPERM:
		return "expected a file of root or of the control plane's "
		       "user, without rights for others or for the group to "
		       "write: chmod 640";
	case -EMSGSIZE:
		return "expected 32 to 4096 bytes: openssl rand -hex 32 makes "
		       "a secret";
	case -ENOKEY:
		return "libcrypto makes no keys by HKDF-SHA256";
	default:
		return strerror(-error);
	}
}
