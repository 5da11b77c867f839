// What the tests of outages share: a sandbox that counts, a signed-in browser, answers within their time.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { Program, folder, freePort } from './support.mjs'

// The sandbox as a process of its own: it has its own disk and database.
export async function sandbox() {
  const address = `127.0.0.1:${await freePort()}`
  return new Program(['sandbox', 'serve', '--listen', address, '--data', folder()], { url: `http://${address}`, ready: '/api/posts' }).start()
}

// How often others can read this text there.
export async function count(platform, text) {
  const { posts } = await (await fetch(`${platform.url}/api/posts`)).json()
  return posts.filter((post) => post.text === text).length
}

// The next post is accepted at once, and its answer comes so much later.
export async function delayNextAnswer(platform, milliseconds) {
  const body = JSON.stringify({ mode: 'ok', times: 1, delay_ms: milliseconds })
  const answer = await fetch(`${platform.url}/api/behaviour`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body })
  assert.equal(answer.status, 200, await answer.text())
}

// Signs the owner in; → the cookie.
export async function signIn(rostrum) {
  const answer = await tryToSignIn(rostrum)
  assert.equal(answer.status, 303, await answer.text())
  return answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ')
}

export function tryToSignIn(rostrum) {
  const body = new URLSearchParams({ email: 'owner@example.com', password: 'correct horse battery' })
  return fetch(`${rostrum.url}/login`, { method: 'POST', headers: { origin: rostrum.url }, body, redirect: 'manual' })
}

// → { status, text, seconds }; an answer that does not come is an error.
export async function ask(url, { seconds = 30, ...options } = {}) {
  const begun = Date.now()
  const answer = await fetch(url, { ...options, redirect: 'manual', signal: AbortSignal.timeout(seconds * 1000) })
  const text = await answer.text()
  return { status: answer.status, text, seconds: (Date.now() - begun) / 1000 }
}

// Seconds of processor time that a process has used.
export function processorSeconds(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

// Resident memory in bytes.
export function resident(pid) {
  return Number(/VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
}
