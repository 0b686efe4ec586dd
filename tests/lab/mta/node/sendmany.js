// SPDX-License-Identifier: BSD-3-Clause
// Sends COUNT messages by nodemailer, each in a session of its own, AT_ONCE at
// the same time: node sendmany.js FOLDER HOST COUNT AT_ONCE
'use strict'
const [folder, host, count, atOnce] = process.argv.slice(2)
const nodemailer = require(`${folder}/node_modules/nodemailer`)
const transport = nodemailer.createTransport(
  { host, port: 25, secure: false, ignoreTLS: true,
    connectionTimeout: 60000, greetingTimeout: 120000 })
let next = 0
let failed = 0

async function client () {
  while (next < Number(count)) {
    const n = next++
    await transport.sendMail({
      from: 'sender@example.net', to: 'inbox@example.org', text: 'x',
      messageId: `<nodemailer${n}@client>`
    }).catch(error => { failed++; console.error(n, error.message) })
  }
}

Promise.all(Array.from({ length: Number(atOnce) }, client))
  .then(() => process.exit(failed > 0 ? 1 : 0))
