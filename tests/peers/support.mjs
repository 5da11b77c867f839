// What the tests share: the program as a process of its own, its API, and waiting without fixed sleeps.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32, deflateSync } from 'node:zlib'

export const here = path.dirname(fileURLToPath(import.meta.url))
const target = process.env.CARGO_TARGET_DIR ?? path.join(here, '../../target')
const program = process.env.ROSTRUM_BIN ?? path.join(target, 'debug/rostrum')

// A folder of the test's own, removed when it ends; KEEP=1 keeps it.
export function folder() {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'rostrum-test-'))
  if (!process.env.KEEP) process.on('exit', () => fs.rmSync(made, { recursive: true, force: true, maxRetries: 3 }))
  return made
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

// Ends a wait at once: what is waited for cannot happen any more.
export class Stopped extends Error {}

// Asks again until the answer is truthy. What the last question threw, or `describe()`, explains a missed deadline.
export async function until(what, ask, { seconds = 30, every = 50, describe } = {}) {
  const deadline = Date.now() + seconds * 1000
  for (let trouble; ; await pause(every)) {
    try {
      const answer = await ask()
      if (answer) return answer
      trouble = undefined
    } catch (error) {
      if (error instanceof Stopped) throw error
      trouble = error
    }
    if (Date.now() > deadline) {
      const detail = trouble?.stack ?? (describe ? await describe() : '')
      throw new Error(`waited ${seconds} s for ${what}${detail ? `\n${detail}` : ''}`)
    }
  }
}

export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

// Runs a program to its end; never throws because of its exit code.
export async function run(file, args, { input, env, cwd, seconds = 120 } = {}) {
  const child = spawn(file, args, { env: { ...process.env, ...env }, cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = '', stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  child.stdin.on('error', () => {})
  child.stdin.end(input ?? '')
  const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  return { code, signal, stdout, stderr }
}

process.setMaxListeners(100)

// A server of ours: `rostrum serve`, or `rostrum sandbox serve`. Killed when the test process ends.
export class Program {
  constructor(args, { env = {}, url, ready }) {
    Object.assign(this, { args, env, url, ready, stdout: '', stderr: '' })
    process.on('exit', () => this.child?.kill('SIGKILL'))
  }

  get log() {
    return `${this.stdout}\n${this.stderr}`
  }

  async start() {
    this.child = spawn(program, this.args, { env: { ...process.env, ...this.env }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.exit = once(this.child, 'exit')
    this.child.stdout.on('data', (chunk) => (this.stdout += chunk))
    this.child.stderr.on('data', (chunk) => (this.stderr += chunk))
    const { child } = this
    await until(`${this.args.join(' ')} to answer`, async () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Stopped(`exit code ${child.exitCode}\n${this.log}`)
      return (await fetch(this.url + this.ready)).ok
    }, { seconds: 30, every: 10, describe: () => this.log })
    return this
  }

  // As a power cut would: no handler runs.
  async kill() {
    this.child.kill('SIGKILL')
    await this.exit
  }

  // As an upgrade would; the exit code is the answer.
  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode
    this.child.kill('SIGTERM')
    const [code] = await this.exit
    return code
  }
}

export class Rostrum extends Program {
  static async start({ data = folder(), env = {} } = {}) {
    const address = `127.0.0.1:${await freePort()}`
    const rostrum = new Rostrum(['serve', '--data', data, '--listen', address], {
      env: { ROSTRUM_HTTP__ALLOW_PRIVATE: '["127.0.0.0/8"]', ...env }, url: `http://${address}`, ready: '/readyz',
    })
    rostrum.data = data
    return rostrum.start()
  }

  // A one-shot command; the test decides what its exit code means.
  command(args, options = {}) {
    return run(program, [...args, '--data', this.data], { ...options, env: { ...this.env, ...options.env } })
  }

  // A one-shot command that must succeed and print JSON.
  async json(args, options) {
    const { code, stdout, stderr } = await this.command(args, options)
    assert.equal(code, 0, `rostrum ${args.join(' ')}: exit code ${code}\n${stdout}${stderr}`)
    return JSON.parse(stdout)
  }

  // The owner and the organisation that the tests act for; keeps the API key.
  async createOwner({ email = 'owner@example.com', password = 'correct horse battery', organisation = 'Example' } = {}) {
    const answer = await this.json(['admin', 'create', '--email', email, '--password-stdin', '--organisation', organisation], { input: password })
    assert.deepEqual(Object.keys(answer).sort(), ['api_key', 'organisation_id', 'user_id'])
    this.organisation = answer.organisation_id
    this.key = answer.api_key
    return answer
  }

  addChannel(provider, fields) {
    const pairs = Object.entries(fields).flatMap(([name, value]) => ['--field', `${name}=${value}`])
    return this.json(['channel', 'add', provider, '--organisation', this.organisation, ...pairs])
  }

  // → { status, body }: the key as Postiz's clients send it, without a scheme.
  async call(method, route, body, headers = {}) {
    const isForm = body instanceof FormData
    const answer = await fetch(`${this.url}/public/v1${route}`, {
      method,
      headers: { authorization: this.key, ...(body && !isForm ? { 'content-type': 'application/json' } : {}), ...headers },
      body: isForm || body === undefined ? body : JSON.stringify(body),
    })
    const text = await answer.text()
    try {
      return { status: answer.status, body: JSON.parse(text) }
    } catch {
      return { status: answer.status, body: text }
    }
  }

  async upload(bytes, name, type = 'image/png') {
    const form = new FormData()
    form.set('file', new Blob([bytes], { type }), name)
    const { status, body } = await this.call('POST', '/upload', form)
    assert.equal(status, 201, JSON.stringify(body))
    return body
  }

  // Creates a post with one entry for the channel; → its id.
  async schedule(channel, value, { date = new Date(Date.now() + 1000), type = 'schedule', settings } = {}) {
    const { status, body } = await this.call('POST', '/posts', {
      type, date: date.toISOString(), shortLink: false, tags: [],
      posts: [{ integration: { id: channel }, value, ...(settings ? { settings } : {}) }],
    })
    assert.equal(status, 201, JSON.stringify(body))
    assert.equal(body.length, 1)
    assert.equal(body[0].integration, channel)
    return body[0].postId
  }

  async posts() {
    const day = 24 * 3600 * 1000
    const range = new URLSearchParams({ startDate: new Date(Date.now() - 30 * day).toISOString(), endDate: new Date(Date.now() + 30 * day).toISOString() })
    const { status, body } = await this.call('GET', `/posts?${range}`)
    assert.equal(status, 200, JSON.stringify(body))
    return body.posts
  }

  async post(id) {
    return (await this.posts()).find((post) => post.id === id)
  }

  // Waits for a state of the list; a post that fails meanwhile ends the wait at once.
  async state(id, state, { seconds = 30 } = {}) {
    let last
    return until(`post ${id} to be ${state}`, async () => {
      last = await this.post(id)
      if (last?.state === 'ERROR' && state !== 'ERROR') throw new Stopped(`${JSON.stringify(last)}\n${this.log.slice(-4000)}`)
      return last?.state === state && last
    }, { seconds, describe: () => `${JSON.stringify(last)}\n${this.log.slice(-4000)}` })
  }
}

// Stands between Rostrum and a platform. `intercept(request, forward)` returns the answer to deliver, after whatever it
// does in between, or undefined to cut the connection. `request` is { method, path, headers, body }.
export class Proxy {
  static async start(to) {
    const proxy = new Proxy()
    Object.assign(proxy, { to, seen: [], intercept: undefined, sockets: new Set() })
    proxy.server = http.createServer((incoming, outgoing) => proxy.#serve(incoming, outgoing))
    proxy.server.on('connection', (socket) => {
      proxy.sockets.add(socket)
      socket.on('close', () => proxy.sockets.delete(socket))
    })
    proxy.server.listen(0, '127.0.0.1')
    await once(proxy.server, 'listening')
    proxy.url = `http://localhost:${proxy.server.address().port}`
    return proxy
  }

  async #serve(incoming, outgoing) {
    try {
      const chunks = []
      for await (const chunk of incoming) chunks.push(chunk)
      const request = { method: incoming.method, path: incoming.url, headers: incoming.headers, body: Buffer.concat(chunks) }
      this.seen.push(request)
      const forward = () => this.#forward(request)
      const answer = this.intercept ? await this.intercept(request, forward) : await forward()
      if (!answer) return incoming.socket.destroy()
      outgoing.writeHead(answer.status, answer.headers).end(answer.body)
    } catch {
      incoming.socket.destroy()
    }
  }

  async #forward({ method, path: route, headers, body }) {
    const { host, connection, 'content-length': length, 'transfer-encoding': encoding, ...rest } = headers
    const answer = await fetch(this.to + route, { method, headers: { ...rest, 'accept-encoding': 'identity' }, body: body.length ? body : undefined })
    let bytes = Buffer.from(await answer.arrayBuffer())
    const type = answer.headers.get('content-type') ?? 'application/octet-stream'
    // A platform may name its own address (an identity document does): the next request shall come here again.
    if (type.includes('json')) bytes = Buffer.from(bytes.toString().replaceAll(this.to, this.url))
    return { status: answer.status, headers: { 'content-type': type }, body: bytes }
  }

  // Resets every connection that is open.
  cut() {
    for (const socket of this.sockets) socket.destroy()
  }

  stop() {
    this.server.close()
    this.cut()
  }
}

// A picture of one colour, as a PNG file.
export function png(width, height, [red, green, blue] = [200, 60, 30]) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const size = Buffer.alloc(4), sum = Buffer.alloc(4)
    size.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([size, body, sum])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from([red, green, blue]))])
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(Array(height).fill(row)))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
