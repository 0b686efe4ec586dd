// SPDX-License-Identifier: BSD-3-Clause
'use strict';

// Take every message, and send it to the server that $SERVER names.
exports.hook_connect = (next, connection) => {
    connection.relaying = true;
    next();
};

exports.hook_rcpt = (next) => next(OK);

exports.hook_get_mx = (next) =>
    next(OK, { exchange: process.env.SERVER, port: 25, priority: 0 });
