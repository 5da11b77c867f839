// Bodies that are far too large or break off: an answer in words, little memory, nothing kept.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Rostrum, png, until } from './support.mjs'
import { ask, resident } from './trouble.mjs'

const GIB = 2 ** 30
const BOUNDARY = 'a-boundary-of-the-test'
const ZEROS = Buffer.alloc(1 << 20)
const film = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom'), Buffer.from([0, 0, 2, 0]), Buffer.from('isommp42'), Buffer.from([127, 255, 255, 255]), Buffer.from('mdat')])

let rostrum

before(async () => {
  rostrum = await Rostrum.start()
  await rostrum.createOwner()
  // What is loaded once is no matter of these tests.
  await rostrum.upload(png(30, 30), 'first.png')
})

after(() => rostrum?.kill())

const files = () => fs.readdirSync(path.join(rostrum.data, 'media'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== 'rostrum-instance.json').map(({ name }) => name).sort()

const opening = (name, head) => Buffer.concat([
  Buffer.from(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: application/octet-stream\r\n\r\n`), head,
])
const closing = Buffer.from(`\r\n--${BOUNDARY}--\r\n`)

const head = (route, type, length) => ['POST /public/v1' + route + ' HTTP/1.1', `host: ${new URL(rostrum.url).host}`, `authorization: ${rostrum.key}`,
  `content-type: ${type}`, `content-length: ${length}`, '', ''].join('\r\n')

// Sends a file of so many zeros, as fast as they are taken, until there is an answer; → { status, text, sent, peak }.
function send(name, beginning, bytes) {
  const first = opening(name, beginning)
  const rest = bytes - beginning.length
  const request = http.request(`${rostrum.url}/public/v1/upload`, {
    method: 'POST', headers: { authorization: rostrum.key, 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, 'content-length': first.length + rest + closing.length },
  })
  return new Promise((resolve, reject) => {
    let answered = false, sent = 0, peak = 0
    const watch = setInterval(() => (peak = Math.max(peak, resident(rostrum.child.pid))), 20)
    const done = () => {
      clearInterval(watch)
      request.destroy()
    }
    request.on('error', (error) => {
      if (answered) return
      done()
      reject(error)
    })
    request.on('response', async (response) => {
      answered = true
      const chunks = []
      for await (const chunk of response) chunks.push(chunk)
      done()
      resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString(), sent, peak })
    })
    const more = () => {
      while (!answered && !request.destroyed && sent < rest) {
        const chunk = rest - sent < ZEROS.length ? ZEROS.subarray(0, rest - sent) : ZEROS
        sent += chunk.length
        if (!request.write(chunk)) return request.once('drain', more)
      }
      if (!answered && sent >= rest) request.end(closing)
    }
    request.write(first)
    more()
  })
}

for (const [name, beginning] of [['huge.png', png(30, 30)], ['huge.mp4', film]]) {
  test(`2 GiB as ${name}: refused in words, in little memory, and nothing is kept`, { timeout: 60_000 }, async () => {
    const before = { files: files(), memory: resident(rostrum.child.pid) }
    const answer = await send(name, beginning, 2 * GIB)
    assert.equal(answer.status, 413, answer.text)
    assert.match(JSON.parse(answer.text).message, /MiB|GiB/)
    const grown = answer.peak - before.memory
    assert.ok(grown < 64 << 20, `memory grew by ${Math.round(grown / (1 << 20))} MiB`)
    await until('nothing to be left', () => { assert.deepEqual(files(), before.files); return true })
    assert.equal((await ask(`${rostrum.url}/readyz`)).status, 200)
  })
}

test('a film without an announced end that breaks off: in little memory, and nothing is kept', async () => {
  const before = { files: files(), memory: resident(rostrum.child.pid) }
  const request = http.request(`${rostrum.url}/public/v1/upload`, {
    method: 'POST', headers: { authorization: rostrum.key, 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
  })
  request.on('error', () => {})
  request.write(opening('endless.mp4', film))
  let peak = 0
  for (let sent = 0; sent < 80; sent++) {
    if (!request.write(ZEROS)) await once(request, 'drain')
    peak = Math.max(peak, resident(rostrum.child.pid))
  }
  assert.equal(files().length, before.files.length + 1, 'it is being written')
  request.destroy()
  assert.ok(peak - before.memory < 64 << 20, `memory grew by ${Math.round((peak - before.memory) / (1 << 20))} MiB`)
  await until('nothing to be left', () => { assert.deepEqual(files(), before.files); return true })
})

test('a client that reads only after it has sent all gets the answer too', async () => {
  const form = new FormData()
  form.set('file', new Blob([png(30, 30), Buffer.alloc(40 << 20)]), 'large.png')
  const { status, body } = await rostrum.call('POST', '/upload', form)
  assert.equal(status, 413, JSON.stringify(body))
  const json = await rostrum.call('POST', '/posts', { type: 'x'.repeat(20 << 20) })
  assert.equal(json.status, 413, JSON.stringify(json.body))
  const stranger = await fetch(`${rostrum.url}/public/v1/upload`, { method: 'POST', body: form })
  assert.equal(stranger.status, 401)
})

// Sends half of a body and then no more; → what was answered before the end of the connection.
async function half(route, type, body, { close }) {
  const socket = net.connect({ host: '127.0.0.1', port: new URL(rostrum.url).port, allowHalfOpen: true })
  let answer = ''
  socket.on('data', (chunk) => (answer += chunk))
  socket.on('error', () => {})
  socket.write(head(route, type, body.length))
  socket.write(body.subarray(0, Math.floor(body.length / 2)))
  const ended = new Promise((resolve) => socket.on('close', resolve))
  if (close === 'end') socket.end()
  else setTimeout(() => socket.destroy(), 100)
  await ended
  return answer
}

const bodies = () => [
  ['/posts', 'application/json', Buffer.from(JSON.stringify({ type: 'draft', date: new Date().toISOString(), shortLink: false, tags: [], posts: [] }))],
  ['/upload', `multipart/form-data; boundary=${BOUNDARY}`, Buffer.concat([opening('half.png', png(60, 60)), Buffer.alloc(3 << 20), closing])],
]

for (const close of ['end', 'reset']) {
  test(`half a body, then the ${close} of the connection: nothing is kept`, async () => {
    for (const [route, type, body] of bodies()) {
      const before = files()
      const answer = await half(route, type, body, { close })
      if (answer) assert.match(answer, /^HTTP\/1.1 400 [\s\S]*message/, route)
      await until('nothing to be left', () => { assert.deepEqual(files(), before, route); return true })
    }
    assert.equal((await ask(`${rostrum.url}/readyz`)).status, 200)
    assert.deepEqual(await rostrum.posts(), [])
    assert.doesNotMatch(rostrum.stderr, /ERROR|panic/)
  })
}
