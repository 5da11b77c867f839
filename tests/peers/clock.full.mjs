// The wall clock of the running program is set, with libfaketime, by an hour, a day and across both changes of the clocks, and
// back again: nothing goes out twice and nothing is lost. Takes three minutes, because the engine stands still for one after
// each step; so `.ci/full` runs it. Needs the dynamic build (a static program loads nothing) and the package `faketime`.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Program, Rostrum, folder, freePort, until } from './support.mjs'

const HOUR = 3600
const library = ['/usr/lib/x86_64-linux-gnu/faketime', '/usr/lib/aarch64-linux-gnu/faketime']
  .map((place) => path.join(place, 'libfaketimeMT.so.1')).find((file) => fs.existsSync(file))

let platform

before(async () => {
  assert.ok(library, 'the package faketime is not installed')
  const address = `127.0.0.1:${await freePort()}`
  platform = await new Program(['sandbox', 'serve', '--listen', address, '--data', folder()], { url: `http://${address}`, ready: '/api/posts' }).start()
})

after(() => platform?.stop())

const wall = async (word) => {
  const { posts } = await (await fetch(`${platform.url}/api/posts?limit=1000`)).json()
  return posts.map(({ text }) => text).filter((text) => text.startsWith(`${word} `))
}

// Seconds from now to an instant.
const to = (instant) => Math.round((Date.parse(instant) - Date.now()) / 1000)

// `base` and `by` are seconds: where the clock stands at first, and by how much it is set.
async function clock(word, base, by) {
  const data = folder(), file = path.join(data, 'offset')
  const set = (offset) => {
    fs.writeFileSync(`${file}.new`, `${offset >= 0 ? '+' : ''}${offset}\n`)
    fs.renameSync(`${file}.new`, file)
  }
  set(base)
  const rostrum = await Rostrum.start({ data, env: {
    LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1',
    // Whatever is late goes out, so that a loss cannot look like caution.
    ROSTRUM_DELIVERY__LATE_MINUTES: String(3 * 24 * 60), ROSTRUM_DELIVERY__BURST_PER_MINUTE: '0',
  } })
  await rostrum.createOwner()
  const channels = []
  for (let n = 0; n < 4; n += 1) channels.push((await rostrum.addChannel('sandbox', { server: platform.url, handle: `${word}${n}` })).id)
  const now = () => Date.now() + base * 1000
  const ids = []
  // Some go out before the step, some are due while it happens, some are due after it in either direction.
  for (const [n, seconds] of [1, 2, 3, 4, 5, 6, 7, 8, 75, 90, 100, 110].entries()) {
    const date = new Date(now() + seconds * 1000)
    ids.push(await rostrum.schedule(channels[n % 4], [{ content: `${word} ${n}`, image: [] }], { date }))
  }
  await until('the first ones to go out', async () => (await wall(word)).length >= 4)
  set(base + by)
  await until('the step to be noticed', () => rostrum.log.includes('the clock was set'), { seconds: 60 })
  set(base)
  for (const id of ids) await until(`post ${id}`, async () => ['PUBLISHED'].includes((await post(rostrum, id, now()))?.state), { seconds: 200, every: 500 })
  assert.equal(await rostrum.stop(), 0)
  assert.deepEqual((await wall(word)).sort(), ids.map((_, n) => `${word} ${n}`).sort())
}

async function post(rostrum, id, now) {
  const range = new URLSearchParams({ startDate: new Date(now - 3 * 24 * HOUR * 1000).toISOString(), endDate: new Date(now + 3 * 24 * HOUR * 1000).toISOString() })
  const { body } = await rostrum.call('GET', `/posts?${range}`)
  return body.posts?.find((one) => one.id === id)
}

const steps = {
  'an hour forward': ['hour', 0, HOUR],
  'an hour back': ['back', 0, -HOUR],
  'a day forward': ['day', 0, 24 * HOUR],
  'a day back': ['yesterday', 0, -24 * HOUR],
  // Both are two in the morning in Berlin, where the clocks change.
  'across the spring change, set by an hour': ['spring', to('2027-03-28T00:59:30Z'), HOUR],
  'across the autumn change, set back by an hour': ['autumn', to('2027-10-31T00:59:30Z'), -HOUR],
}

test('a clock that is set sends nothing twice and loses nothing', { concurrency: true }, async (t) => {
  await Promise.all(Object.entries(steps).map(([name, step]) => t.test(name, () => clock(...step))))
})
