// Postgres goes away: it is said, nothing is lost, nothing goes out twice, and nothing needs a restart.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Postgres, missing } from './postgres.mjs'
import { Rostrum, freePort, pause, until } from './support.mjs'
import { ask, count, delayNextAnswer, processorSeconds, sandbox, signIn } from './trouble.mjs'

const SECRET = 'geheimes-wort'
// Five seconds for a connection, and some for a busy machine.
const PATIENCE = 8

let postgres, platform, rostrum, channel, cookie
const options = { skip: missing ?? false }

before(async () => {
  if (missing) return
  ;[postgres, platform] = await Promise.all([Postgres.start(), sandbox()])
  rostrum = await Rostrum.start({ env: { ROSTRUM_DATABASE__URL: postgres.url(SECRET) } })
  await rostrum.createOwner()
  channel = await rostrum.addChannel('sandbox', { server: platform.url })
  cookie = await signIn(rostrum)
})

after(async () => {
  await rostrum?.kill()
  await platform?.kill()
})

const page = () => ask(`${rostrum.url}/posts`, { headers: { cookie, accept: 'text/html' } })
const api = () => ask(`${rostrum.url}/public/v1/integrations`, { headers: { authorization: rostrum.key } })
const lines = () => rostrum.stderr.split('\n').length

// One post, and the list knows it.
async function wentOutOnce(id, text) {
  await rostrum.state(id, 'PUBLISHED', { seconds: 60 })
  assert.equal(await count(platform, text), 1)
}

test('stopped: everybody is told in words and in time, and what was due meanwhile goes out once', options, async () => {
  const id = await rostrum.schedule(channel.id, [{ content: 'Due meanwhile', image: [] }], { date: new Date(Date.now() + 2500) })
  await postgres.stop()
  const begun = { at: Date.now(), processor: processorSeconds(rostrum.child.pid), lines: lines() }
  const crowd = Promise.all(Array.from({ length: 40 }, api))
  // One answer of /readyz serves everybody for a second, so the first may still be the good one.
  const notReady = () => until('/readyz to say so', async () => {
    const answer = await ask(`${rostrum.url}/readyz`)
    return answer.status === 503 && answer
  }, { every: 200 })
  const [shown, called, ready, alive] = await Promise.all([page(), api(), notReady(), ask(`${rostrum.url}/livez`)])
  for (const [what, answer] of Object.entries({ shown, called, ready })) {
    assert.equal(answer.status, 503, `${what}: ${answer.text}`)
    assert.ok(answer.seconds < PATIENCE, `${what} took ${answer.seconds} s`)
    assert.doesNotMatch(answer.text, new RegExp(`${SECRET}|${postgres.port}|sqlx|panic`), what)
  }
  assert.match(shown.text, /<html[\s\S]*database/i)
  assert.match(JSON.parse(called.text).message, /away[\s\S]*try again/i)
  assert.equal(JSON.parse(ready.text).checks.database, 'not writable')
  assert.equal(alive.status, 200)
  assert.ok(alive.seconds < 1, `/livez took ${alive.seconds} s`)
  for (const answer of await crowd) assert.equal(answer.status, 503, answer.text)
  await until('the outage to last', () => Date.now() - begun.at > 9_000, { every: 200 })
  assert.equal(await count(platform, 'Due meanwhile'), 0)
  const busy = (processorSeconds(rostrum.child.pid) - begun.processor) / ((Date.now() - begun.at) / 1000)
  assert.ok(busy < 0.25, `it kept ${Math.round(busy * 100)} % of a processor busy`)
  assert.ok(lines() - begun.lines < 20, `${lines() - begun.lines} lines of log:\n${rostrum.stderr.slice(-4000)}`)
  await postgres.start()
  await wentOutOnce(id, 'Due meanwhile')
  assert.equal((await page()).status, 200)
  assert.equal((await ask(`${rostrum.url}/readyz`)).status, 200)
})

test('F2: stopped between acceptance and our record: one post, and we know it', options, async () => {
  await delayNextAnswer(platform, 2000)
  const id = await rostrum.schedule(channel.id, [{ content: 'Accepted', image: [] }], { type: 'now' })
  await until('the platform to have it', async () => (await count(platform, 'Accepted')) === 1, { every: 20 })
  const { length } = rostrum.stderr
  await postgres.stop()
  await until('the record to fail', () => /could not be written|lane stopped/.test(rostrum.stderr.slice(length)))
  await postgres.start()
  await wentOutOnce(id, 'Accepted')
})

test('frozen for eight seconds between acceptance and our record: one post, and no request hangs', options, async (t) => {
  t.after(() => postgres.thaw())
  await delayNextAnswer(platform, 1000)
  const id = await rostrum.schedule(channel.id, [{ content: 'Frozen', image: [] }], { type: 'now' })
  await until('the platform to have it', async () => (await count(platform, 'Frozen')) === 1, { every: 20 })
  postgres.freeze()
  const eight = pause(8000)
  const answers = await Promise.all([page(), api(), ask(`${rostrum.url}/readyz`)])
  for (const { status, seconds } of answers) {
    assert.equal(status, 503)
    assert.ok(seconds < PATIENCE, `${seconds} s`)
  }
  assert.equal((await ask(`${rostrum.url}/livez`)).status, 200)
  await eight
  postgres.thaw()
  await wentOutOnce(id, 'Frozen')
  assert.equal((await page()).status, 200)
})

test('stopped and told to end: it does', options, async () => {
  await postgres.stop()
  const begun = Date.now()
  assert.equal(await rostrum.stop(), 0)
  assert.ok(Date.now() - begun < 20_000, `it took ${Date.now() - begun} ms`)
})

test('away at start: exit code 7 and the reason, without the password', options, async () => {
  const args = ['serve', '--listen', `127.0.0.1:${await freePort()}`, '--database', postgres.url(SECRET)]
  const away = await rostrum.command(args, { seconds: 30 })
  assert.equal(away.code, 7, away.stderr)
  assert.match(away.stderr, /database cannot be opened/)
  await postgres.start()
  const wrong = await rostrum.command([...args.slice(0, -1), postgres.url(SECRET).replace(/postgres$/, 'no_such_database')], { seconds: 30 })
  assert.equal(wrong.code, 7, wrong.stderr)
  assert.match(wrong.stderr, /no_such_database/)
  for (const { stdout, stderr } of [away, wrong, rostrum]) assert.ok(!(stdout + stderr).includes(SECRET), stdout + stderr)
})
