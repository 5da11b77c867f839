// Several processes on one Postgres, some of them killed; and archives that are put back: nothing goes out twice.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Postgres, missing } from './postgres.mjs'
import { Rostrum, folder, freePort, pause, png, run, until } from './support.mjs'
import { count, sandbox } from './trouble.mjs'

const options = { skip: missing ?? false }
let platform

before(async () => {
  platform = await sandbox()
})

after(() => platform?.kill())

const texts = async () => (await (await fetch(`${platform.url}/api/posts?limit=1000`)).json()).posts.map((post) => post.text)

// Another process of the same instance, with a data directory of its own.
async function join(first, role, env = {}) {
  const data = folder()
  fs.copyFileSync(path.join(first.data, 'key'), path.join(data, 'key'))
  return Rostrum.start({ data, env: { ...first.env, ROSTRUM_STORAGE__PATH: path.join(first.data, 'media'), ROSTRUM_SERVER__ROLE: role, ROSTRUM_SERVER__URL: first.url, ...env } })
}

test('one process for the pages and two that send: one is killed at work, every post goes out once, in order', options, async (t) => {
  const postgres = await Postgres.start()
  const web = await Rostrum.start({ env: { ROSTRUM_DATABASE__URL: postgres.url('x'), ROSTRUM_SERVER__ROLE: 'web', ROSTRUM_DELIVERY__LEASE_SECONDS: '4' } })
  t.after(() => web.kill())
  await web.createOwner()
  const workers = [await join(web, 'worker'), await join(web, 'worker')]
  t.after(() => Promise.all(workers.map((worker) => worker.kill())))
  const channels = []
  for (const handle of ['a', 'b', 'c', 'd', 'e', 'f']) channels.push(await web.addChannel('sandbox', { server: platform.url, handle }))
  const due = new Date(Date.now() + 2500)
  const slow = await fetch(`${platform.url}/api/behaviour`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ delay_ms: 300 }) })
  assert.equal(slow.status, 200)
  const posts = []
  for (let n = 0; n < 5; n++) {
    for (const [at, channel] of channels.entries()) {
      posts.push(await web.schedule(channel.id, [{ content: `shared ${at}-${n}`, image: [] }], { date: new Date(due.getTime() + n) }))
    }
  }
  await until('some to be live', async () => (await texts()).filter((text) => text.startsWith('shared')).length >= 4, { every: 20 })
  await workers[0].kill()
  for (const id of posts) await web.state(id, 'PUBLISHED', { seconds: 60 })
  const live = (await texts()).reverse().filter((text) => text.startsWith('shared'))
  assert.equal(live.length, 30, live.join())
  assert.equal(new Set(live).size, 30)
  for (const at of channels.keys()) {
    assert.deepEqual(live.filter((text) => text.startsWith(`shared ${at}-`)), [0, 1, 2, 3, 4].map((n) => `shared ${at}-${n}`))
  }
  await fetch(`${platform.url}/api/behaviour`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' })
  // The one that was killed comes back on its own directory: it is no copy, and takes part again.
  await workers[0].start()
  assert.equal((await (await fetch(`${workers[0].url}/readyz`)).json()).checks.sending, 'ok')
})

test('web and worker apart are refused on SQLite', async () => {
  const { code, stderr } = await run(process.env.ROSTRUM_BIN, ['serve', '--role', 'worker', '--data', folder(), '--listen', `127.0.0.1:${await freePort()}`])
  assert.equal(code, 3, stderr)
  assert.match(stderr, /server\.role.*Postgres/)
})

for (const database of ['SQLite', 'Postgres']) {
  test(`G22 on ${database}: an archive is put back after its posts went out, and the platform has each of them once`, database === 'Postgres' ? options : {}, async (t) => {
    const word = `restored on ${database}`
    const postgres = database === 'Postgres' ? await Postgres.start() : undefined
    const empty = async () => (postgres ? { ROSTRUM_DATABASE__URL: (await Postgres.start()).url('x') } : {})
    const first = await Rostrum.start({ env: postgres ? { ROSTRUM_DATABASE__URL: postgres.url('x') } : {} })
    t.after(() => first.kill())
    await first.createOwner()
    const channel = await first.addChannel('sandbox', { server: platform.url })
    const picture = await first.upload(png(40, 40), 'kept.png')
    const thread = [{ content: word, image: [{ id: picture.id, path: picture.path }] }, { content: `${word}, reply`, image: [] }]
    const published = await first.schedule(channel.id, thread, { date: new Date(Date.now() + 6000) })
    const archive = path.join(folder(), 'archive.tar.gz')
    assert.equal((await first.command(['backup', archive])).code, 0)
    await first.state(published, 'PUBLISHED', { seconds: 40 })
    await until('the reply to be live', async () => (await count(platform, `${word}, reply`)) === 1)
    await first.kill()

    const full = await first.command(['restore', archive], { env: postgres ? await empty() : {} })
    assert.equal(full.code, 3, full.stderr)
    assert.match(full.stderr, /not empty/)
    const data = path.join(folder(), 'again')
    const env = await empty()
    const again = await run(process.env.ROSTRUM_BIN, ['restore', archive, '--data', data, '--json'], { env })
    assert.equal(again.code, 0, again.stderr)
    assert.equal(JSON.parse(again.stdout).paused, true)
    assert.equal(fs.statSync(path.join(data, 'key')).mode & 0o077, 0)
    const second = await Rostrum.start({ data, env })
    t.after(() => second.kill())
    Object.assign(second, { key: first.key, organisation: first.organisation })
    // Without the operator's word nothing is sent: neither at the start nor at the next sign of life.
    await pause(2500)
    assert.equal(await count(platform, word), 1)
    assert.equal((await second.post(published)).state, 'QUEUE')
    assert.equal((await (await fetch(`${second.url}/readyz`)).json()).checks.sending, 'paused')
    const { overdue, paused } = await second.json(['resume', '--show', '--json'])
    assert.equal(paused, true)
    assert.deepEqual(overdue.map(({ posts, can_be_looked_up }) => [posts, can_be_looked_up]), [[1, true]])
    assert.deepEqual(await second.json(['resume', '--reconcile', '--json']), { held: 0, looked_up: 2 })
    await second.state(published, 'PUBLISHED', { seconds: 30 })
    const marker = await second.schedule(channel.id, [{ content: `${word}, next`, image: [] }], { type: 'now' })
    await second.state(marker, 'PUBLISHED', { seconds: 30 })
    await until('the reply to be looked up', async () => (await second.json(['post', 'show', published, '--json']))[0].state === 'published')
    for (const text of [word, `${word}, reply`, `${word}, next`]) assert.equal(await count(platform, text), 1, text)
    assert.equal((await second.command(['resume'])).code, 5)
    assert.ok((await fetch(`${second.url}/media/file/${new URL(picture.path).pathname.replace('/media/file/', '')}`)).ok, 'the picture is there')
    assert.equal(await second.stop(), 0)
    await second.start()
    assert.equal((await second.json(['resume', '--show', '--json'])).paused, false)
  })
}

test('what is no archive is refused, and nothing is left behind', async () => {
  const file = path.join(folder(), 'holiday.tar.gz')
  fs.writeFileSync(file, 'not an archive')
  const data = path.join(folder(), 'data')
  const { code, stderr } = await run(process.env.ROSTRUM_BIN, ['restore', file, '--data', data])
  assert.equal(code, 3, stderr)
  assert.match(stderr, /not an archive/)
  assert.deepEqual(fs.readdirSync(data).filter((name) => name !== 'rostrum.lock'), [])
})
