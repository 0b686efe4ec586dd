/* SPDX-License-Identifier: BSD-3-Clause */
/* From text to a struct mx_config. libyaml makes a tree, whose nodes have their
 * lines.  walk.c fills the struct from the tree, and check.c checks the
 * struct. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include "load.h"

#include "checks.h"
#include "walk.h"

/* Twice the depth that the schema needs. */
#define DEPTH_MAX 16

/* The change of the nesting by a token. */
static int
token_depth(yaml_token_type_t type)
{
	switch (type) {
	case YAML_BLOCK_SEQUENCE_START_TOKEN:
	case YAML_BLOCK_MAPPING_START_TOKEN:
	case YAML_FLOW_SEQUENCE_START_TOKEN:
	case YAML_FLOW_MAPPING_START_TOKEN:
		return 1;
	case YAML_BLOCK_END_TOKEN:
	case YAML_FLOW_SEQUENCE_END_TOKEN:
	case YAML_FLOW_MAPPING_END_TOKEN:
		return -1;
	default:
		return 0;
	}
}

/* Check the tokens before a tree is made of them.  Aliases would make a large
 * tree of a small file. libyaml takes hours for deep nesting and for many
 * anchors or %TAG lines, as it compares each with all earlier ones.  The parser
 * reports errors of syntax. */
static void
check_tokens(struct config_tree *tree, const char *text, size_t size)
{
	yaml_parser_t parser;
	yaml_token_t token;
	uint32_t anchor_line = 0;
	int depth = 0;
	bool more = true;

	if (yaml_parser_initialize(&parser) == 0)
		return;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text,
				     size);
	while (more && yaml_parser_scan(&parser, &token) != 0) {
		const uint32_t line = (uint32_t)token.start_mark.line + 1;

		depth += token_depth(token.type);
		if (token.type == YAML_ALIAS_TOKEN)
			config_error(tree, line, "expected no aliases (*name)");
		else if (token.type == YAML_TAG_DIRECTIVE_TOKEN)
			config_error(tree, line, "expected no %%TAG lines");
		else if (token.type == YAML_ANCHOR_TOKEN && anchor_line == 0)
			anchor_line = line;
		else if (depth > DEPTH_MAX)
			config_error(tree, line,
				     "expected at most %d levels of nesting",
				     DEPTH_MAX);
		more = token.type != YAML_STREAM_END_TOKEN &&
		       tree->errors->count == 0;
		yaml_token_delete(&token);
	}
	yaml_parser_delete(&parser);
	/* Anchors come last: an alias without its anchor is the worse fault. */
	if (anchor_line != 0 && tree->errors->count == 0)
		config_error(tree, anchor_line, "expected no anchors (&name)");
}

static void
load_document(struct config_tree *tree, yaml_parser_t *parser)
{
	yaml_document_t document;

	if (yaml_parser_load(parser, &document) == 0) {
		config_error(tree, (uint32_t)parser->problem_mark.line + 1,
			     "not YAML: %s",
			     parser->problem != NULL ? parser->problem
						     : "unreadable");
		return;
	}
	const yaml_node_t *root = yaml_document_get_root_node(&document);
	if (root == NULL)
		config_error(tree, 1,
			     "the file is empty: expected instance, "
			     "dataplane, services and pools");
	else
		config_walk(tree, &document, root);
	yaml_document_delete(&document);

	if (tree->errors->count > 0)
		return;
	if (yaml_parser_load(parser, &document) == 0)
		config_error(tree, (uint32_t)parser->problem_mark.line + 1,
			     "not YAML: %s",
			     parser->problem != NULL ? parser->problem
						     : "unreadable");
	else if (yaml_document_get_root_node(&document) != NULL)
		config_error(tree,
			     config_node_line(
				     yaml_document_get_root_node(&document)),
			     "expected one document, found a second one");
	yaml_document_delete(&document);
}

static void
load_text(struct config_tree *tree, const char *text, size_t size)
{
	yaml_parser_t parser;

	check_tokens(tree, text, size);
	if (tree->errors->count > 0)
		return;
	if (yaml_parser_initialize(&parser) == 0) {
		config_error(tree, 1, "out of memory");
		return;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text,
				     size);
	load_document(tree, &parser);
	yaml_parser_delete(&parser);
}

/* The default of a name is that of this machine. */
static void
fill_names(struct mx_config *config)
{
	char own[MX_HOSTNAME_MAX] = "";

	if (gethostname(own, sizeof(own) - 1) != 0 || own[0] == '\0')
		strcpy(own, "localhost");
	for (uint16_t i = 0; i < config->pool_count; i++)
		if (config->pool[i].check.helo[0] == '\0')
			strcpy(config->pool[i].check.helo, own);
	for (uint16_t i = 0; i < config->service_count; i++)
		if (config->service[i].host[0] == '\0')
			strcpy(config->service[i].host, own);
}

/* Refuse a zero byte, as in UTF-16: what keeps the text as a string would keep a
 * part of it. */
static void
check_bytes(struct config_tree *tree, const char *text, size_t size)
{
	if (memchr(text, '\0', size) != NULL)
		config_error(tree, 1,
			     "expected text in UTF-8, found a zero byte");
}

/* Refuse a file that does not end in a line feed: a full disk or an interrupted
 * copy has cut it short.  The rest may be good YAML with another meaning:
 * "weight: 1" for "weight: 100". */
static void
check_end(struct config_tree *tree, const char *text, size_t size)
{
	uint32_t line = 1;

	if (size == 0 || text[size - 1] == '\n')
		return;
	for (size_t i = 0; i < size; i++)
		line += text[i] == '\n';
	config_error(tree, line,
		     "the last line does not end in a line feed: the file "
		     "looks cut short");
}

struct mx_config *
mx_config_parse(const char *text, size_t size, const char *file,
		struct mx_config_errors *errors)
{
	struct config_tree tree = {.file = file, .errors = errors};

	errors->count = errors->warnings = errors->ignored = 0;
	check_bytes(&tree, text, size);
	check_end(&tree, text, size);
	if (errors->count > 0)
		return NULL;
	tree.config = calloc(1, sizeof(*tree.config));
	tree.mark = malloc(CONFIG_MARKS_MAX * sizeof(*tree.mark));
	if (tree.config == NULL || tree.mark == NULL) {
		config_error(&tree, 1, "out of memory");
		goto out;
	}
	load_text(&tree, text, size);
	if (errors->count == 0)
		config_check(&tree);
	if (errors->count == 0)
		fill_names(tree.config);
out:
	free(tree.mark);
	if (errors->count > 0) {
		free(tree.config);
		return NULL;
	}
	return tree.config;
}

/* Open a file without waiting: the operator names the file, and a pipe without
 * a writer would stop the control plane's probes. */
static FILE *
open_at_once(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? NULL : fdopen(fd, "r");
}

static bool
is_pipe(FILE *file)
{
	struct stat status;

	return fstat(fileno(file), &status) == 0 && S_ISFIFO(status.st_mode);
}

static const char *
read_fault(void)
{
	return errno == EACCES ? "permission denied: this program's user may "
				 "not read it, or look into a folder above it"
			       : strerror(errno);
}

char *
mx_config_read(const char *path, size_t *size, struct mx_config_errors *errors)
{
	struct config_tree tree = {.file = path, .errors = errors};
	char *text = malloc(MX_CONFIG_FILE_MAX + 1);

	*size = 0;
	errors->count = errors->warnings = errors->ignored = 0;
	FILE *file = open_at_once(path);
	if (file == NULL || text == NULL) {
		config_error(&tree, 0, "cannot read it: %s", read_fault());
		goto out;
	}
	if (is_pipe(file)) {
		config_error(&tree, 0, "expected a file, found a pipe");
		goto out;
	}
	*size = fread(text, 1, MX_CONFIG_FILE_MAX + 1, file);
	if (ferror(file))
		config_error(&tree, 0, "cannot read it: %s", strerror(errno));
	else if (*size > MX_CONFIG_FILE_MAX)
		config_error(&tree, 0, "expected a file of up to 4 MiB");
out:
	if (file != NULL)
		fclose(file);
	if (errors->count > 0 || text == NULL) {
		free(text);
		return NULL;
	}
	text[*size] = '\0';
	return text;
}

struct mx_config *
mx_config_load(const char *path, struct mx_config_errors *errors)
{
	size_t size;
	char *text = mx_config_read(path, &size, errors);

	if (text == NULL)
		return NULL;
	struct mx_config *config = mx_config_parse(text, size, path, errors);
	free(text);
	return config;
}

struct mx_config *
mx_config_load_for(const char *path, const char *instance,
		   struct mx_config_errors *errors)
{
	struct mx_config *config = mx_config_load(path, errors);

	if (config == NULL || instance == NULL ||
	    strcmp(config->instance, instance) == 0)
		return config;
	errors->count = 1;
	snprintf(errors->text[0], MX_CONFIG_ERROR_TEXT_MAX,
		 "%s: instance: expected %.64s, the name behind the @ of the "
		 "unit, found %s",
		 path, instance, config->instance);
	mx_config_free(config);
	return NULL;
}
