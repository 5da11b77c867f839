// How late posts start: N posts over 250 channels, all due at the same instant, on the sandbox as its own process.
//   node benches/lateness.mjs [1 100 1000]      ROSTRUM_BIN names the program (default: the static release build)
// Prints, per N, the time from "due" to the arrival of the request at the platform, in milliseconds, and what the server
// used: CPU seconds over the run, resident memory idle and after it; before that the start-up time and the binary's size.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const counts = process.argv.slice(2).map(Number)
const CHANNELS = 250
const bin = process.env.ROSTRUM_BIN ?? ['target/x86_64-unknown-linux-gnu/dist/rostrum', 'target/x86_64-unknown-linux-gnu/release/rostrum', 'target/debug/rostrum'].find((p) => existsSync(p))
const work = mkdtempSync(join(tmpdir(), 'rostrum-bench-'))
const children = []
const env = { ...process.env, ROSTRUM_HTTP__ALLOW_PRIVATE: '["127.0.0.0/8"]', ROSTRUM_LOG__LEVEL: 'warn' }
const database = process.env.ROSTRUM_BENCH_DATABASE ? ['--database', process.env.ROSTRUM_BENCH_DATABASE] : []

const freePort = () =>
  new Promise((done) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })
const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
const until = async (what, ready) => {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(2)) {
    const value = await ready().catch(() => null)
    if (value) return value
  }
  throw new Error(`waited in vain: ${what}`)
}
const start = (...args) => {
  const child = spawn(bin, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  children.push(child)
  return child
}
const data = join(work, 'data')
const cli = (...args) => JSON.parse(execFileSync(bin, [...args, '--data', data, '--json'], { env, input: 'correct horse battery staple\n', maxBuffer: 1 << 28 }))
const cpu = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
const resident = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * p) / 100) - 1)]

try {
  const sandbox = `http://127.0.0.1:${await freePort()}`
  start('sandbox', 'serve', '--listen', sandbox.slice(7), '--data', join(work, 'sandbox'))
  await until('the sandbox', () => fetch(`${sandbox}/api/stats`).then((r) => r.ok))
  const address = `127.0.0.1:${await freePort()}`
  for (const kind of ['first start', 'second start']) {
    const began = performance.now()
    const child = start('serve', '--data', data, '--listen', address, ...database)
    await until('the first 200', () => fetch(`http://${address}/livez`).then((r) => r.ok))
    console.log(`${kind} to first 200: ${(performance.now() - began).toFixed(0)} ms`)
    if (kind === 'first start') {
      const gone = new Promise((done) => child.once('exit', done))
      child.kill('SIGTERM')
      await gone
    }
  }
  const server = children.at(-1)
  console.log(`binary: ${(statSync(bin).size / 1e6).toFixed(1)} MB (${bin})`)
  cli('admin', 'create', '--email', 'bench@example.org', '--password-stdin', '--organisation', 'Bench')
  await sleep(3000)
  console.log(`idle resident memory: ${resident(server.pid).toFixed(1)} MB`)
  const channels = []
  for (let n = 0; n < CHANNELS; n++) {
    channels.push(cli('channel', 'add', 'sandbox', '--field', `server=${sandbox}`, '--field', `handle=c${n}`).id)
  }
  for (const count of counts.length ? counts : [1, 100, 1000]) {
    const due = new Date(Math.ceil(Date.now() / 1000) * 1000 + 15_000)
    const mark = `n${count}-${due.getTime()}`
    for (let left = count; left > 0; left -= CHANNELS) {
      const flags = channels.slice(0, Math.min(left, CHANNELS)).flatMap((id) => ['--channel', id])
      cli('post', 'create', ...flags, '--text', mark, '--at', due.toISOString())
    }
    if (Date.now() > due - 1000) throw new Error('the posts were not written in time')
    const before = cpu(server.pid)
    const arrived = await until(`${count} posts`, async () => {
      await sleep(Math.max(0, due - Date.now()) + 50)
      const { posts } = await fetch(`${sandbox}/api/posts?limit=10000`).then((r) => r.json())
      const mine = posts.filter((p) => p.text === mark)
      return mine.length >= count && mine
    })
    const late = arrived.map((p) => p.arrived_at / 1000 - due).sort((a, b) => a - b)
    const used = cpu(server.pid) - before
    const figures = [50, 99, 100].map((p) => `p${p} ${percentile(late, p).toFixed(1)}`).join('  ')
    console.log(`${count} posts due at once: ${figures} ms; earliest ${late[0].toFixed(1)} ms; CPU ${((used * 1000) / count).toFixed(2)} ms a post`)
    await sleep(1500)
  }
  console.log(`resident memory after it: ${resident(server.pid).toFixed(1)} MB`)
} finally {
  for (const child of children) child.kill('SIGKILL')
  rmSync(work, { recursive: true, force: true })
}
