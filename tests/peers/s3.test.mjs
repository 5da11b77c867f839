// Media in a bucket: uploaded, served, published and removed; two processes share it; wrong settings are said at once.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Postgres, missing } from './postgres.mjs'
import { Rostrum, folder, freePort, here, png, run, until } from './support.mjs'
import { resident, sandbox } from './trouble.mjs'

const secret = 'very-secret-key-of-the-bucket'
const room = folder()
let service, files, platform, rostrum, channel

const settings = (more = {}) => ({
  ROSTRUM_STORAGE__KIND: 's3', ROSTRUM_STORAGE__BUCKET: 'rostrum', ROSTRUM_STORAGE__ENDPOINT: service, ROSTRUM_STORAGE__ACCESS_KEY: 'rostrum-id',
  ROSTRUM_STORAGE__SECRET_KEY_FILE: path.join(room, 'secret'), ROSTRUM_STORAGE__PREFIX: 'media/of/one', ...more,
})

before(async () => {
  fs.writeFileSync(path.join(room, 'secret'), `${secret}\n`)
  const env = { RUN_DIR: path.join(room, 's3'), ACCESS_KEY: 'rostrum-id', SECRET_KEY: secret }
  const { code, stdout, stderr } = await run(path.join(here, 's3-seaweedfs.sh'), ['start'], { env, seconds: 300 })
  assert.equal(code, 0, stderr)
  ;[service, files] = stdout.trim().split('\n')
  platform = await sandbox()
  rostrum = await Rostrum.start({ env: settings() })
  await rostrum.createOwner()
  channel = await rostrum.addChannel('sandbox', { server: platform.url })
})

after(async () => {
  await rostrum?.kill()
  await platform?.kill()
  await run(path.join(here, 's3-seaweedfs.sh'), ['stop'], { env: { RUN_DIR: path.join(room, 's3') } })
})

// Everything in the bucket, as the store itself lists it.
async function objects(below = '') {
  const answer = await fetch(`${files}${below}/?limit=1000`, { headers: { accept: 'application/json' } })
  if (answer.status === 404) return []
  const { Entries: entries } = await answer.json()
  const found = await Promise.all((entries ?? []).map((entry) => {
    const name = `${below}/${path.basename(entry.FullPath)}`
    return entry.Mode & 0o20000000000 || entry.FileSize === 0 && !entry.chunks ? objects(name) : [name]
  }))
  return found.flat()
}

const box = (name, body) => {
  const size = Buffer.alloc(4)
  size.writeUInt32BE(body.length + 8)
  return Buffer.concat([size, Buffer.from(name), body])
}
const numbers = (...list) => {
  const bytes = Buffer.alloc(list.length * 4)
  list.forEach((n, at) => bytes.writeUInt32BE(n >>> 0, at * 4))
  return bytes
}

// A film of ten seconds whose content is random.
function film(size) {
  const one = 0x10000, matrix = numbers(one, 0, 0, 0, one, 0, 0, 0, 0x40000000)
  const mvhd = box('mvhd', Buffer.concat([numbers(0, 0, 0, 1000, 10_000, one, 0x01000000, 0, 0), matrix, Buffer.alloc(24), numbers(2)]))
  const tkhd = box('tkhd', Buffer.concat([numbers(3, 0, 0, 1, 0, 10_000, 0, 0, 0, 0), matrix, numbers(640 << 16, 360 << 16)]))
  const mdhd = box('mdhd', numbers(0, 0, 0, 90_000, 900_000, 0x55c40000))
  const hdlr = box('hdlr', Buffer.concat([Buffer.alloc(8), Buffer.from('vide'), Buffer.alloc(12), Buffer.from('film\0')]))
  const moov = box('moov', Buffer.concat([mvhd, box('trak', Buffer.concat([tkhd, box('mdia', Buffer.concat([mdhd, hdlr]))]))]))
  return Buffer.concat([box('ftyp', Buffer.from('isom\0\0\x02\0isomiso2avc1mp41', 'latin1')), box('mdat', crypto.randomBytes(size)), moov])
}

test('a picture and a film of 50 MB: kept in the bucket, served whole and in part, published, in little memory', async () => {
  const picture = await rostrum.upload(png(320, 200), 'sun.png')
  const before = resident(rostrum.child.pid)
  const bytes = film(50 * 1024 * 1024)
  const begun = Date.now()
  const large = await rostrum.upload(bytes, 'film.mp4', 'video/mp4')
  console.log(`50 MB uploaded in ${Date.now() - begun} ms, memory grew by ${Math.round((resident(rostrum.child.pid) - before) / 1e6)} MB`)
  assert.ok(resident(rostrum.child.pid) - before < 80e6, 'it does not hold the film in memory')
  assert.ok(!fs.existsSync(path.join(rostrum.data, 'media')), 'nothing lies on the disk')
  const kept = await objects()
  assert.ok(kept.every((name) => name.startsWith('/media/of/one/')), kept.join())
  assert.equal(kept.filter((name) => /\.(png|mp4)$/.test(name)).length, 2, kept.join())

  const part = await fetch(large.path, { headers: { range: 'bytes=20000000-20000099' } })
  assert.equal(part.status, 206)
  assert.equal(part.headers.get('content-range'), `bytes 20000000-20000099/${bytes.length}`)
  assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(20_000_000, 20_000_100))
  const whole = Buffer.from(await (await fetch(large.path)).arrayBuffer())
  assert.ok(whole.equals(bytes), 'the whole film comes back')
  assert.equal((await fetch(large.path, { headers: { range: `bytes=${bytes.length}-` } })).status, 416)
  const end = await fetch(large.path, { headers: { range: 'bytes=-7' } })
  assert.deepEqual(Buffer.from(await end.arrayBuffer()), bytes.subarray(-7))

  // The sandbox takes films up to 20 MiB.
  const short = await rostrum.upload(film(15 * 1024 * 1024), 'short.mp4', 'video/mp4')
  for (const [text, media] of [['With a picture', picture], ['With a film', short]]) {
    const id = await rostrum.schedule(channel.id, [{ content: text, image: [{ id: media.id, path: media.path }] }], { type: 'now' })
    await rostrum.state(id, 'PUBLISHED', { seconds: 60 })
  }
  const { posts } = await (await fetch(`${platform.url}/api/posts`)).json()
  for (const text of ['With a picture', 'With a film']) assert.equal(posts.find((post) => post.text === text)?.media.length, 1, text)
})

test('an upload that breaks off leaves nothing in the bucket', async () => {
  const before = await objects()
  const { hostname, port } = new URL(rostrum.url)
  const { request } = await import('node:http')
  const bytes = film(20 * 1024 * 1024)
  await new Promise((done) => {
    const head = Buffer.from('--x\r\nContent-Disposition: form-data; name="file"; filename="cut.mp4"\r\nContent-Type: video/mp4\r\n\r\n')
    const sent = request({ hostname, port, method: 'POST', path: '/public/v1/upload', headers: { authorization: rostrum.key, 'content-type': 'multipart/form-data; boundary=x', 'content-length': head.length + bytes.length + 1000 } })
    sent.on('error', () => done())
    sent.write(head)
    sent.write(bytes, () => setTimeout(() => sent.destroy(), 1500))
    sent.on('close', done)
  })
  await until('the broken upload to be gone', async () => {
    const now = await objects()
    return now.length === before.length && !now.some((name) => name.includes('.uploads/'))
  }, { seconds: 20, describe: async () => (await objects()).join('\n') })
})

test('a backup names what stays in the bucket; a restart finds its store again', async () => {
  const file = path.join(room, 'backup.tar.gz')
  assert.equal((await rostrum.command(['backup', file])).code, 0)
  const manifest = JSON.parse((await run('tar', ['-xzOf', file, 'rostrum/manifest.json'])).stdout)
  assert.ok(manifest.media.objects >= 3 && manifest.media.bytes > 50e6, JSON.stringify(manifest))
  assert.doesNotMatch((await run('tar', ['-tzf', file])).stdout, /media/)
  assert.equal(await rostrum.stop(), 0)
  await rostrum.start()
})

test('wrong settings are said at once, and never the secret', async () => {
  const check = (env) => run(process.env.ROSTRUM_BIN, ['storage', 'check', '--data', folder()], { env, seconds: 90 })
  const right = await check(settings())
  assert.equal(right.code, 0, right.stderr)
  fs.writeFileSync(path.join(room, 'wrong'), 'another-secret-entirely')
  const cases = [
    [{ ROSTRUM_STORAGE__SECRET_KEY_FILE: path.join(room, 'wrong') }, 7, /refuses this key.*SignatureDoesNotMatch/],
    [{ ROSTRUM_STORAGE__ACCESS_KEY: 'nobody' }, 7, /refuses this key.*InvalidAccessKeyId/],
    [{ ROSTRUM_STORAGE__ENDPOINT: `http://127.0.0.1:${await freePort()}` }, 7, /media store is away/],
    [{ ROSTRUM_STORAGE__BUCKET: '' }, 3, /storage\.bucket/],
  ]
  for (const [change, code, words] of cases) {
    const wrong = await check(settings(change))
    assert.equal(wrong.code, code, JSON.stringify(change) + wrong.stderr)
    assert.match(wrong.stderr, words, JSON.stringify(change))
    assert.doesNotMatch(wrong.stdout + wrong.stderr, new RegExp(`${secret}|another-secret`))
  }
  // The server itself does not start with them either.
  const args = ['serve', '--data', folder(), '--listen', `127.0.0.1:${await freePort()}`]
  const start = await run(process.env.ROSTRUM_BIN, args, { env: settings(cases[0][0]), seconds: 90 })
  assert.equal(start.code, 7, start.stderr)
  assert.match(start.stderr, /refuses this key/)
  const shown = await rostrum.command(['config', 'show'])
  assert.doesNotMatch(shown.stdout, new RegExp(secret))
  assert.ok(!rostrum.log.includes(secret), 'the secret stands in the log')
})

test('a bucket of another instance is refused', async () => {
  const args = ['serve', '--data', folder(), '--listen', `127.0.0.1:${await freePort()}`]
  const other = await run(process.env.ROSTRUM_BIN, args, { env: settings(), seconds: 60 })
  assert.equal(other.code, 7, other.stderr)
  assert.match(other.stderr, /belongs to another instance/)
})

test('pages in one process, sending in another: the picture reaches the platform', { skip: missing ?? false }, async (t) => {
  const postgres = await Postgres.start()
  const env = settings({ ROSTRUM_STORAGE__PREFIX: 'media/of/two', ROSTRUM_DATABASE__URL: postgres.url('x') })
  const web = await Rostrum.start({ env: { ...env, ROSTRUM_SERVER__ROLE: 'web' } })
  t.after(() => web.kill())
  const data = folder()
  fs.copyFileSync(path.join(web.data, 'key'), path.join(data, 'key'))
  const worker = await Rostrum.start({ data, env: { ...env, ROSTRUM_SERVER__ROLE: 'worker', ROSTRUM_SERVER__URL: web.url } })
  t.after(() => worker.kill())
  await web.createOwner()
  const there = await web.addChannel('sandbox', { server: platform.url })
  const picture = await web.upload(png(64, 64), 'shared.png')
  const id = await web.schedule(there.id, [{ content: 'From another process', image: [{ id: picture.id, path: picture.path }] }], { type: 'now' })
  await web.state(id, 'PUBLISHED', { seconds: 30 })
  assert.equal((await fetch(`${worker.url}/login`)).status, 404)
})
