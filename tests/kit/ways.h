/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_KIT_WAYS_H
#define MX_KIT_WAYS_H

/* The modes and families in which replies pass mxsteer: a test of what a session
 * does goes through all of them. */
#include "rig.h"

static const struct {
	enum rig_service service;
	bool six; /* the client's family */
} ways[] = {
	{RIG_FULLNAT_TO4, false}, {RIG_FULLNAT_TO4, true},
	{RIG_FULLNAT_TO6, false}, {RIG_FULLNAT_TO6, true},
	{RIG_NAT_TO4, false},     {RIG_NAT_TO6, true},
	{RIG_V1_TO4, false},      {RIG_V2_TO6, true},
	{RIG_V2_TO4, true},       {RIG_V1_TO6, false},
};
#define WAYS (int)RTE_DIM(ways)

#endif
