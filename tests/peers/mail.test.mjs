// A foreign mail server in place of a provider's: what a person finds in their mailbox after a post failed.
import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Program, Rostrum, folder, freePort, here, run, until } from './support.mjs'

const room = folder()
const login = { SMTP_USER: 'rostrum', SMTP_PASS: 'a secret word' }
let url, port, platform, rostrum, channel

const maildev = (word) => run(path.join(here, 'maildev.sh'), [word], { env: { RUN_DIR: room, ...login }, seconds: 600 })
// The mails to this address; nothing when there are none yet.
const to = async (address) => {
  const all = await (await fetch(`${url}/api/email`)).json()
  const found = all.filter((mail) => mail.envelope.to.some((t) => t.address === address))
  return found.length && found
}
const settings = (more = {}) => ({
  ROSTRUM_MAIL__TRANSPORT: 'smtp',
  ROSTRUM_MAIL__SECURITY: 'none',
  ROSTRUM_MAIL__HOST: '127.0.0.1',
  ROSTRUM_MAIL__PORT: port,
  ROSTRUM_MAIL__USER: login.SMTP_USER,
  ROSTRUM_MAIL__PASSWORD: login.SMTP_PASS,
  ROSTRUM_MAIL__FROM: 'Rostrum <rostrum@example.org>',
  ROSTRUM_NOTICES__GATHER_SECONDS: '2',
  ...more,
})

before(async () => {
  const { code, stdout, stderr } = await maildev('start')
  assert.equal(code, 0, stderr)
  ;[url, port] = stdout.trim().split('\n').slice(-2)
  const address = `127.0.0.1:${await freePort()}`
  platform = await new Program(['sandbox', 'serve', '--listen', address, '--data', folder()], { url: `http://${address}`, ready: '/api/posts' }).start()
  rostrum = await Rostrum.start({ env: settings() })
  await rostrum.createOwner({ email: 'ann@example.org' })
  channel = await rostrum.addChannel('sandbox', { server: platform.url })
})

after(async () => {
  await rostrum?.kill()
  await platform?.kill()
  await maildev('stop')
})

test('mail test arrives, by the running server', async () => {
  assert.deepEqual(await rostrum.json(['mail', 'test', '--to', 'bea@example.org', '--json']), { sent: true, to: 'bea@example.org' })
  const [mail] = await until('the test mail', () => to('bea@example.org'))
  assert.equal(mail.subject, 'A test mail from Rostrum')
  assert.equal(mail.from[0].address, 'rostrum@example.org')
  assert.match(mail.text, /can send mails/)
})

test('mail test says what is wrong', async () => {
  const bad = await rostrum.command(['mail', 'test', '--to', 'ann@example.org\r\nBcc: eve@example.org'])
  assert.equal(bad.code, 3, bad.stderr)
  assert.match(bad.stderr, /to: .*not an e-mail address/)
  const data = folder()
  const wrong = await run(process.env.ROSTRUM_BIN, ['mail', 'test', '--to', 'a@example.org', '--data', data], { env: settings({ ROSTRUM_MAIL__PASSWORD: 'wrong' }) })
  assert.equal(wrong.code, 7, wrong.stderr)
  assert.ok(!wrong.stderr.includes('wrong\n') && !wrong.stderr.includes(login.SMTP_PASS), wrong.stderr)
  const off = await run(process.env.ROSTRUM_BIN, ['mail', 'test', '--to', 'a@example.org', '--data', data], { env: { ROSTRUM_MAIL__TRANSPORT: 'none' } })
  assert.equal(off.code, 5, off.stderr)
  assert.match(off.stderr, /Mail is off/)
  const shown = await rostrum.command(['config', 'show'])
  assert.ok(!shown.stdout.includes(login.SMTP_PASS))
})

test('twelve failures are one mail, and the link in it ends them', async () => {
  await fetch(`${platform.url}/api/behaviour`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"mode":"reject"}' })
  const now = new Date()
  for (let n = 0; n < 12; n++) await rostrum.schedule(channel.id, [{ content: `Grüße ${n}` }], { date: now, type: 'now' })
  const [mail] = await until('the mail', () => to('ann@example.org'), { describe: () => rostrum.log.slice(-3000) })
  assert.match(mail.subject, /^\d+ posts failed on /)
  assert.match(mail.text, /They are not live/)
  assert.match(mail.html, /They are not live/)
  const raw = (await (await fetch(`${url}/api/email/${mail.id}/source`)).text()).replace(/\r?\n[ \t]/g, ' ')
  assert.match(raw, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click/m)
  assert.match(raw, /^Message-ID: <notice\.[0-9a-f]{32}\.[0-9a-f]{32}@/m)
  const link = raw.match(/^List-Unsubscribe: <([^>]+)>/m)[1]
  // As a mail program does it: no cookie, no origin.
  const left = await fetch(link, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'List-Unsubscribe=One-Click' })
  assert.equal(left.status, 200)
  assert.match(await left.text(), /No more mails/)
  // A restart neither repeats nor loses: it is still one mail for what has been told.
  assert.equal(await rostrum.stop(), 0)
  await rostrum.start()
  const told = (await to('ann@example.org')).length
  assert.ok(told <= 2, `${told} mails`)
})
