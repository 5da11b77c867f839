// Posts on a real Nostr relay, which checks ids and signatures: what arrives there, and that it arrives once.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Rostrum, folder, freePort, here, png, run, until } from './support.mjs'

const room = folder()
const secret = '7f3b02c9d3f7b2a1c5d4e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b'
// The channel's way to the relay leads through this wire, which a test cuts.
const wire = { sockets: new Set(), isCutAtAnswer: false, cuts: 0 }
let relay, rostrum, channel

async function startWire(to) {
  wire.server = net.createServer((near) => {
    const far = net.connect(Number(new URL(to).port), '127.0.0.1')
    for (const socket of [near, far]) {
      wire.sockets.add(socket)
      socket.on('error', () => {}).on('close', () => { near.destroy(); far.destroy(); wire.sockets.delete(socket) })
    }
    near.pipe(far)
    far.on('data', (chunk) => {
      if (!wire.isCutAtAnswer || !chunk.includes('["OK"')) return near.write(chunk)
      wire.isCutAtAnswer = false
      wire.cuts++
      near.destroy()
    })
  }).listen(0, '127.0.0.1')
  await once(wire.server, 'listening')
  return `ws://127.0.0.1:${wire.server.address().port}`
}

// What the relay has of the account, oldest first: its notes, as any client would ask for them.
async function notes(word) {
  const socket = new WebSocket(relay.replace('http:', 'ws:'))
  const found = []
  await new Promise((done, failed) => {
    socket.onerror = () => failed(new Error('the relay does not answer'))
    socket.onopen = () => socket.send(JSON.stringify(['REQ', 'all', { kinds: [1], limit: 100 }]))
    socket.onmessage = ({ data }) => {
      const [kind, , event] = JSON.parse(data)
      if (kind === 'EVENT') found.push(event)
      else done()
    }
  })
  socket.close()
  return found.filter(({ content }) => content.startsWith(word)).sort((a, b) => a.content.localeCompare(b.content))
}

before(async () => {
  const { code, stdout, stderr } = await run(path.join(here, 'nostr-relay.sh'), ['start'], { env: { RUN_DIR: room }, seconds: 600 })
  assert.equal(code, 0, stderr)
  relay = stdout.trim()
  rostrum = await Rostrum.start({ env: { ROSTRUM_HTTP__TIMEOUT_SECONDS: '5' } })
  await rostrum.createOwner()
  channel = await rostrum.addChannel('nostr', { password: secret, relays: await startWire(relay) })
}, { timeout: 900_000 })

after(async () => {
  await rostrum?.kill()
  wire.server?.close()
  for (const socket of wire.sockets) socket.destroy()
  await run(path.join(here, 'nostr-relay.sh'), ['stop'], { env: { RUN_DIR: room } })
})

test('a relay that is not there is named, and makes no channel', async () => {
  const dead = `ws://127.0.0.1:${await freePort()}`
  const answer = await rostrum.command(['channel', 'add', 'nostr', '--organisation', rostrum.organisation, '--field', `password=${secret}`, '--field', `relays=${dead}`])
  assert.notEqual(answer.code, 0)
  assert.match(answer.stdout + answer.stderr, /127\.0\.0\.1/)
  assert.equal((await rostrum.call('GET', '/integrations')).body.length, 1)
})

test('a thread of three notes with a picture: each replies to the one before, and all name the first', async () => {
  const media = await rostrum.upload(png(40, 30), 'red.png')
  const id = await rostrum.schedule(channel.id, [
    { content: 'Note 1 about #bread', image: [{ id: media.id, path: media.path, alt: 'A red rectangle' }] },
    { content: 'Note 2', image: [] },
    { content: 'Note 3', image: [] },
  ])
  const post = await rostrum.state(id, 'PUBLISHED')
  const found = await notes('Note ')
  assert.equal(found.length, 3)
  const [one, two, three] = found
  const tags = (note, name) => note.tags.filter(([first]) => first === name)
  assert.deepEqual(tags(one, 't'), [['t', 'bread']])
  assert.equal(tags(one, 'e').length, 0)
  const [[, ...media1]] = tags(one, 'imeta')
  assert.ok(media1.includes('dim 40x30') && media1.includes('alt A red rectangle'), media1.join(', '))
  const reply = (note) => tags(note, 'e').map(([, id, , role]) => [role, id])
  assert.deepEqual(reply(two), [['root', one.id]])
  assert.deepEqual(reply(three), [['root', one.id], ['reply', two.id]])
  assert.equal(new Set(found.map(({ pubkey }) => pubkey)).size, 1)
  assert.match(post.releaseURL, /^https:\/\/.+/)
})

test('the relay took the note and its answer is lost: one note, and we know it', async () => {
  wire.isCutAtAnswer = true
  const id = await rostrum.schedule(channel.id, [{ content: 'Lost answer', image: [] }], { type: 'now' })
  await until('the answer to be lost', () => wire.cuts === 1)
  await rostrum.state(id, 'PUBLISHED', { seconds: 120 })
  assert.equal((await notes('Lost answer')).length, 1)
})

test('killed after the relay took the note: one note, and we know it', async () => {
  wire.isCutAtAnswer = true
  const before = wire.cuts
  const id = await rostrum.schedule(channel.id, [{ content: 'Killed after', image: [] }], { type: 'now' })
  await until('the answer to be lost', () => wire.cuts > before, { every: 1 })
  await rostrum.kill()
  await rostrum.start()
  await rostrum.state(id, 'PUBLISHED', { seconds: 120 })
  assert.equal((await notes('Killed after')).length, 1)
})
