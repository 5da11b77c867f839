// A throw-away Postgres from the machine's own binaries, on a port of its own, that can be stopped, started and frozen.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { freePort, run } from './support.mjs'

const home = '/usr/lib/postgresql'

// Why there can be none here, or undefined.
export const missing = binaries() ? undefined : `no Postgres below ${home}`

function binaries() {
  if (!fs.existsSync(home)) return undefined
  const found = fs.readdirSync(home).map((version) => path.join(home, version, 'bin')).filter((bin) => fs.existsSync(path.join(bin, 'initdb')))
  return found.sort().at(-1)
}

// Postgres refuses to run as root.
const asServer = process.getuid() === 0 ? ['runuser', '-u', 'postgres', '--'] : []

export class Postgres {
  static async start() {
    const server = new Postgres()
    server.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'rostrum-pg-'))
    server.data = path.join(server.dir, 'data')
    server.port = await freePort()
    if (asServer.length) await server.#must(['chown', 'postgres', server.dir])
    server.#guard()
    await server.#must([...asServer, path.join(binaries(), 'initdb'), '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C', '-D', server.data])
    await server.start()
    return server
  }

  // The password is of no use to the server; it must never be seen again.
  url(password) {
    return `postgres://postgres:${password}@127.0.0.1:${this.port}/postgres`
  }

  async start() {
    const options = `-c listen_addresses=127.0.0.1 -c port=${this.port} -c unix_socket_directories=${this.dir} -c shared_buffers=32MB`
    // It goes on writing to its log: no pipe of ours may be its output.
    const script = '"$@" >/dev/null 2>&1'
    await this.#must(['sh', '-c', script, 'sh', ...this.#control(), '-w', '-l', path.join(this.dir, 'log'), '-o', options, 'start'])
  }

  // As a crash would.
  async stop() {
    await this.#must([...this.#control(), '-m', 'immediate', 'stop'])
  }

  freeze() {
    this.#signal('SIGSTOP')
  }

  thaw() {
    this.#signal('SIGCONT')
  }

  #control() {
    return [...asServer, path.join(binaries(), 'pg_ctl'), '-s', '-D', this.data]
  }

  #signal(signal) {
    const postmaster = Number(fs.readFileSync(path.join(this.data, 'postmaster.pid'), 'utf8').split('\n')[0])
    process.kill(postmaster, signal)
    for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const parent = Number(fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1])
        if (parent === postmaster) process.kill(Number(pid), signal)
      } catch {
        // It ended meanwhile.
      }
    }
  }

  // A shell that waits for our end of its input to close, however we end, and cleans up.
  #guard() {
    const stop = this.#control().map((word) => `'${word}'`).join(' ')
    const script = `cat >/dev/null; kill -CONT $(head -n 1 '${this.data}/postmaster.pid') 2>/dev/null; ${stop} -m immediate stop; rm -rf '${this.dir}'`
    this.guard = spawn('sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    this.guard.unref()
    this.guard.stdin.unref()
  }

  async #must([program, ...args]) {
    const { code, stderr } = await run(program, args, { cwd: '/', seconds: 60 })
    assert.equal(code, 0, `${program} ${args.join(' ')}: ${stderr}`)
  }
}
