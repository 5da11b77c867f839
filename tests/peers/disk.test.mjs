// The disk of the data directory is full: it is said, nothing is half-done, nothing goes out unrecorded, and with room
// again everything goes on. Needs root, to mount a small disk.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Rostrum, png, until } from './support.mjs'
import { ask, count, processorSeconds, sandbox, signIn, tryToSignIn } from './trouble.mjs'

const place = fs.mkdtempSync(path.join(os.tmpdir(), 'rostrum-disk-'))
const disk = path.join(place, 'disk')
const data = path.join(disk, 'data')
const ballast = path.join(disk, 'ballast')

fs.mkdirSync(disk)
const mounted = process.getuid() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]).status === 0
const options = { skip: mounted ? false : 'a small disk can only be mounted by root' }

function unmount() {
  if (mounted) spawnSync('umount', ['-l', disk])
  fs.rmSync(place, { recursive: true, force: true })
}
process.on('exit', unmount)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

// Not one byte more fits.
function fill() {
  const file = fs.openSync(ballast, 'w')
  for (let size = 1 << 20; size >= 1; size >>= 4) {
    try {
      for (;;) fs.writeSync(file, Buffer.alloc(size))
    } catch (error) {
      assert.equal(error.code, 'ENOSPC')
    }
  }
  fs.closeSync(file)
}

const media = () => fs.readdirSync(path.join(data, 'media'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== 'rostrum-instance.json').map(({ name }) => name)

let platform, rostrum, channel, cookie

before(async () => {
  if (!mounted) return
  platform = await sandbox()
  rostrum = await Rostrum.start({ data })
  await rostrum.createOwner()
  channel = await rostrum.addChannel('sandbox', { server: platform.url })
  cookie = await signIn(rostrum)
})

after(async () => {
  await rostrum?.kill()
  await platform?.kill()
})

const draft = () => rostrum.call('POST', '/posts', {
  type: 'draft', date: new Date(Date.now() + 3_600_000).toISOString(), shortLink: false, tags: [],
  posts: [{ integration: { id: channel.id }, value: [{ content: 'A draft', image: [] }] }],
})

async function upload(bytes) {
  const form = new FormData()
  form.set('file', new Blob([bytes], { type: 'image/png' }), 'large.png')
  return rostrum.call('POST', '/upload', form)
}

const ready = async () => (await ask(`${rostrum.url}/readyz`)).status

test('full: everybody is told, reading goes on, and nothing is half-done or goes out', options, async () => {
  const kept = await rostrum.upload(png(20, 20), 'kept.png')
  const before = media()
  const due = new Date(Date.now() + 6000)
  rostrum.due = await rostrum.schedule(channel.id, [{ content: 'Due on a full disk', image: [] }], { date: due })
  fill()
  // What the database's log had room for, it takes; then nothing fits any more.
  await until('a draft to be refused', async () => (await draft()).status !== 201, { every: 1 })
  await until('no write to fit', async () => (await ready()) === 503, { every: 1 })

  const written = await draft()
  assert.equal(written.status, 503, JSON.stringify(written.body))
  assert.match(written.body.message, /disk[\s\S]*nothing was changed/i)
  const signing = await tryToSignIn(rostrum)
  assert.equal(signing.status, 503)
  assert.match(await signing.text(), /<html[\s\S]*disk/i)
  const uploaded = await upload(Buffer.concat([png(30, 30), Buffer.alloc(6 << 20)]))
  assert.equal(uploaded.status, 503, JSON.stringify(uploaded.body))
  assert.deepEqual(media(), before)

  for (const route of ['/posts', '/media']) assert.equal((await ask(rostrum.url + route, { headers: { cookie } })).status, 200, route)
  assert.equal((await ask(kept.path)).status, 200)
  const drafts = (await rostrum.posts()).length

  const begun = { at: Date.now(), processor: processorSeconds(rostrum.child.pid), lines: rostrum.stderr.split('\n').length }
  await until('it to be overdue', () => Date.now() > due.getTime() + 4000, { every: 200 })
  assert.equal(await count(platform, 'Due on a full disk'), 0)
  const busy = (processorSeconds(rostrum.child.pid) - begun.processor) / ((Date.now() - begun.at) / 1000)
  assert.ok(busy < 0.25, `it kept ${Math.round(busy * 100)} % of a processor busy`)
  const lines = rostrum.stderr.split('\n').length - begun.lines
  assert.ok(lines < 15, `${lines} lines of log:\n${rostrum.stderr.slice(-4000)}`)
  assert.equal((await rostrum.posts()).length, drafts)
  assert.equal(rostrum.child.exitCode, null)
})

test('with room again: what was due goes out once, and all goes on', options, async () => {
  fs.rmSync(ballast)
  await rostrum.state(rostrum.due, 'PUBLISHED', { seconds: 60 })
  assert.equal(await count(platform, 'Due on a full disk'), 1)
  assert.equal(await ready(), 200)
  assert.equal((await draft()).status, 201)
  assert.equal((await upload(png(40, 40))).status, 201)
})

test('killed on a full disk: the files are whole, and it starts again when there is room', options, async () => {
  fill()
  await until('no write to fit', async () => (await ready()) === 503, { every: 1 })
  const posts = (await rostrum.posts()).length
  await rostrum.kill()
  fs.rmSync(ballast)
  await rostrum.start()
  assert.equal((await rostrum.posts()).length, posts)
  await signIn(rostrum)
})
