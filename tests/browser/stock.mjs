// A lively instance to look at: channels of many platforms in all states of health, a month of posts in every state, people
// who talk about them. What a person can do is done through the pages and the API; what only time or a platform can do (a post
// that was published last week, an access that was taken back) is written into the database while the program is stopped.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { owner, submit } from './support.mjs'

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR
const field = (page, name) => page.locator(`[id="f-${name}"]`)

// As the program stores an instant.
const stored = (at) => `${new Date(at).toISOString().slice(0, 19)}+00:00`
const text = (id) => Buffer.from(id).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
const bytes = (id) => Buffer.from(id.replaceAll('-', ''), 'hex')

let counted = 0
// A UUIDv7 that rises.
function newId() {
  const time = Date.now().toString(16).padStart(12, '0')
  return Buffer.from(`${time}7${(counted++ % 4096).toString(16).padStart(3, '0')}8${Math.random().toString(16).slice(2).padEnd(15, '0').slice(0, 15)}`, 'hex')
}

const CHANNELS = [
  // Provider, name, handle, state, words of the platform, customer.
  ['bluesky', 'Olive & Co', 'olive.bsky.social', 'active', null, 'Own brand'],
  ['mastodon', 'Olive & Co', 'olive@mastodon.social', 'active', null, 'Own brand'],
  ['telegram', 'Olive news', 'olivenews', 'active', null, 'Own brand'],
  ['discord', 'Olive community', 'general', 'active', null, null],
  ['reddit', 'r/olivetrees', 'olive_co', 'reconnect', 'Your refresh token was revoked. Please log in again.', null],
  ['nostr', 'Olive', 'olive@nostr.example', 'active', null, null],
  ['mewe', 'Olive group', 'olivegroup', 'paused', null, null],
  ['tumblr', 'Harbour Bakery', 'harbourbakery', 'active', null, 'Harbour Bakery'],
  ['mastodon', 'Harbour Bakery', 'bakery@social.example', 'active', null, 'Harbour Bakery'],
  ['vk', 'Harbour Bakery', 'harbour', 'reconnect', 'User authorization failed: access_token has expired.', 'Harbour Bakery'],
  ['devto', 'Engineering at Olive', 'olive_eng', 'active', null, 'Own brand'],
  ['wordpress', 'The Olive Journal', 'journal.example', 'active', null, 'Own brand'],
  ['slack', 'A workspace whose name is a good deal longer than the room that lists have', 'announcements-for-everybody', 'active', null, 'Nordlicht Veranstaltungen'],
]

const WORDS = [
  'The first pressing of the year is in. Twelve hundred litres, and every one of them as green as it should be.',
  'Behind the scenes: how we decide which trees to prune and which to leave alone for another year.',
  'New in the shop: the small tin, for people who cook for two.\n\nhttps://olive.example/small-tin',
  'We are hiring a miller for the autumn season. No experience with olives needed, patience is.',
  'A reader asked whether olive oil should be kept in the fridge. Short answer: no. Long answer in the thread.',
  'Sourdough focaccia, three ways. Which one would you bake on a rainy Sunday?',
  'Harvest festival, 5 December, from ten in the morning. Bring children, leave the car.',
  'Thank you for ten thousand followers! As promised: the recipe for grandmother’s tapenade.',
  'Why our bottles are dark, and why you should be suspicious of those that are not.',
  'Monday market: we are at stand 14 until noon.',
  'زيت الزيتون الجديد وصل اليوم إلى المتجر.',
  'Wir liefern ab sofort auch nach Österreich. Versandkostenfrei bis Jahresende.',
]

// What a person without patience would write: nothing may break from it.
const LONG = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft https://example.com/a/very/long/address/that/does/not/end/anywhere/near/the/edge/of/a/phone?with=parameters&and=more'

export async function setUp(browser) {
  const page = await browser.page({ signedIn: false })
  await page.goto(browser.setUpLink)
  for (const name of ['name', 'email', 'password', 'organisation']) await field(page, name).fill(owner[name])
  await submit(page, page.locator('main form').getByRole('button').last())
  await browser.keepSession(page)
  await page.close()
}

// Sends forms as the pages do, in the session of the browser.
export class Door {
  static async open(browser) {
    const self = new Door()
    self.page = await browser.page()
    await self.page.goto('/settings/account')
    self.origin = browser.rostrum.url
    self.csrf = await self.page.locator('meta[name=csrf]').getAttribute('content')
    return self
  }

  async post(where, fields = {}, method = undefined) {
    const form = new URLSearchParams()
    for (const [name, value] of Object.entries({ csrf: this.csrf, ...(method ? { _method: method } : {}), ...fields })) {
      for (const one of [value].flat()) form.append(name, one)
    }
    const answer = await this.page.request.post(where, { data: form.toString(), headers: { origin: this.origin, 'content-type': 'application/x-www-form-urlencoded' } })
    assert.ok(answer.ok(), `${where}: ${answer.status()} ${(await answer.text()).match(/<main[^]*?<\/main>/)?.[0].replace(/<[^>]*>|\s+/g, ' ')}`)
    // As a template writes them: a slash is told apart.
    return (await answer.text()).replaceAll('&#x2f;', '/')
  }

  // Pictures are drawn by the browser: a hill under a sun, each in colours of its own.
  async pictures(count) {
    const urls = await this.page.evaluate((count) => Array.from({ length: count }, (_, n) => {
      const canvas = document.createElement('canvas')
      Object.assign(canvas, n % 3 === 2 ? { width: 800, height: 1000 } : { width: 1200, height: 800 })
      const brush = canvas.getContext('2d'), { width, height } = canvas, hue = (n * 47) % 360
      const sky = brush.createLinearGradient(0, 0, 0, height)
      sky.addColorStop(0, `hsl(${hue} 60% 70%)`)
      sky.addColorStop(1, `hsl(${(hue + 50) % 360} 70% 88%)`)
      brush.fillStyle = sky
      brush.fillRect(0, 0, width, height)
      brush.fillStyle = `hsl(${(hue + 40) % 360} 90% 92%)`
      brush.beginPath()
      brush.arc(width * (0.25 + 0.07 * (n % 7)), height * 0.35, height * 0.12, 0, 7)
      brush.fill()
      for (const [depth, light] of [[0.62, 45], [0.74, 34], [0.86, 24]]) {
        brush.fillStyle = `hsl(${(hue + 130) % 360} 35% ${light}%)`
        brush.beginPath()
        brush.moveTo(0, height)
        for (let x = 0; x <= width; x += 8) brush.lineTo(x, height * depth + Math.sin(x / (90 + 30 * (n % 4)) + n + depth * 9) * height * 0.06)
        brush.lineTo(width, height)
        brush.fill()
      }
      return canvas.toDataURL('image/png')
    }), count)
    const stored = []
    for (const [n, url] of urls.entries()) {
      const answer = await this.page.request.post('/media', {
        headers: { accept: 'application/json', origin: this.origin, 'x-csrf-token': this.csrf },
        multipart: { file: { name: ['harvest', 'mill', 'grove', 'market', 'focaccia', 'tins', 'a-name-that-is-much-longer-than-the-card-below-which-it-stands'][n % 7] + `-${n + 1}.png`, mimeType: 'image/png', buffer: Buffer.from(url.split(',')[1], 'base64') } },
      })
      assert.equal(answer.status(), 201, await answer.text())
      stored.push(await answer.json())
    }
    return stored
  }
}

// Runs `work` on the database while the program is stopped.
export async function stopped(browser, work) {
  const { rostrum } = browser
  assert.equal(await rostrum.stop(), 0, rostrum.log)
  const db = new DatabaseSync(path.join(rostrum.data, 'rostrum.db'))
  try {
    db.exec('PRAGMA foreign_keys = ON; BEGIN')
    const result = await work(db)
    // What is due is repeated in the lanes.
    db.exec('UPDATE lanes SET next_due = (SELECT min(next_at) FROM parts WHERE parts.channel_id = lanes.channel_id)')
    db.exec('COMMIT')
    return result
  } finally {
    db.close()
    await rostrum.start()
  }
}

function addChannels(db, org, faces) {
  const first = db.prepare("SELECT id FROM channels WHERE provider = 'sandbox' ORDER BY id LIMIT 1").get().id
  const customers = Object.fromEntries(db.prepare('SELECT name, id FROM customers').all().map(({ name, id }) => [name, id]))
  return CHANNELS.map(([provider, name, handle, state, reason, customer], n) => {
    const id = newId()
    db.prepare(`INSERT INTO channels (id, org_id, provider, remote_id, name, handle, picture, url, credentials, state, reason, zone, created_at, customer_id)
      SELECT ?, org_id, ?, ?, ?, ?, ?, ?, credentials, ?, ?, zone, created_at, ? FROM channels WHERE id = ?`)
      .run(id, provider, `remote-${n}`, name, handle, n % 3 ? null : faces[n % faces.length].url, `https://example.com/${provider}`, state, reason, customers[customer] ?? null, first)
    db.prepare('INSERT INTO lanes (channel_id, org_id, epoch) VALUES (?, ?, 0)').run(id, org)
    for (const [minute, days] of [[560, 127], [850, 31], [1140, 127], [645, 96]].slice(0, 1 + (n % 4))) {
      db.prepare('INSERT INTO slots (id, org_id, channel_id, minute, weekdays) VALUES (?, ?, ?, ?, ?)').run(newId(), org, id, minute, days)
    }
    return { id: text(id), provider, name }
  })
}

// The states of what lies in the past, and of what waits for somebody.
const FATES = ['published', 'published', 'published', 'failed', 'published', 'published', 'needs_you', 'published', 'published', 'published_incomplete', 'published', 'missed']
const UNCERTAIN = { kind: { is: 'uncertain' }, message: 'The connection was closed before the answer arrived.', code: null, raw: null }
const REJECTED = { kind: { is: 'rejected' }, message: 'This image is larger than the 1 MB that are allowed here.', code: '413', raw: '{"error":"BlobTooLarge","message":"This image is larger than the 1 MB that are allowed here."}' }

// Gives a target another time in the past, and what became of it then.
function befall(db, id, state, at) {
  const due = stored(at), done = stored(at + 1_800)
  const live = state.startsWith('published')
  db.prepare('UPDATE targets SET state = ?, reason = ?, due_at = ?, url = ?, published_at = ?, begun_at = ?, lateness_ms = ?, created_at = ? WHERE id = ?')
    .run(state, { missed: 'late', held: 'reconnect' }[state] ?? null, due, live ? 'https://example.com/post/1' : null, live ? done : null, state === 'missed' ? null : due, state === 'missed' ? null : 240, stored(at - 3 * DAY), id)
  const parts = db.prepare('SELECT id, position FROM parts WHERE target_id = ? ORDER BY position').all(id)
  for (const { id: part, position } of parts) {
    const of = state === 'published_incomplete' ? (position === 0 ? 'published' : 'failed') : { missed: 'waiting', held: 'waiting' }[state] ?? state
    const failure = of === 'failed' ? REJECTED : of === 'needs_you' ? UNCERTAIN : null
    db.prepare('UPDATE parts SET state = ?, next_at = NULL, failure = ?, published_at = ?, tries = 1, candidates = ?, candidates_at = ? WHERE id = ?')
      .run(of, failure && JSON.stringify(failure), of === 'published' ? done : null, of === 'needs_you' ? '[]' : null, of === 'needs_you' ? done : null, part)
    if (of === 'published') {
      db.prepare("INSERT INTO remotes (part_id, n, org_id, remote_id, url, extra, created_at) SELECT ?, 0, org_id, ?, ?, '{}', ? FROM targets WHERE id = ?").run(part, `r-${text(part)}`, 'https://example.com/post/1', done, id)
    }
  }
}

function tell(db, org, kind, post, data, count, at, channel = null) {
  const id = newId()
  db.prepare(`INSERT INTO notices (id, org_id, role, kind, channel_id, post_id, data, count, gathers_until, closed, created_at, told_at)
    VALUES (?, ?, 'member', ?, ?, ?, ?, ?, ?, 1, ?, ?)`).run(id, org, kind, channel, post, JSON.stringify(data), count, stored(at), stored(at), stored(at))
}

async function apiKey(door) {
  const shown = (await door.post('/settings/api-key')).match(/id="new-key">([^<]+)</)
  assert.ok(shown, 'the page shows the new API key once')
  return shown[1]
}

// Everything; → ids and addresses by which pages are found.
export async function stock(browser) {
  const { rostrum } = browser
  const door = await Door.open(browser)
  const key = await apiKey(door)
  rostrum.key = key
  for (const handle of ['ada', 'byron', 'babbage']) await door.post('/channels/connect/sandbox', { handle })
  for (const name of ['Own brand', 'Harbour Bakery', 'Nordlicht Veranstaltungen']) await door.post('/channels/customers', { name })
  for (const [name, colour] of [['Launch', 'blue'], ['Evergreen', 'green'], ['Recipes', 'orange'], ['Hiring', 'purple'], ['Ask first', 'red']]) await door.post('/settings/tags', { name, colour })
  await door.post('/settings/signatures', { kind: 'signature', name: 'House style', content: '— Olive & Co, since 1921', auto: 'true' })
  await door.post('/settings/signatures', { kind: 'hashtags', name: 'Harvest', content: 'olives harvest slowfood' })
  const media = await door.pictures(14)
  for (const { id } of media.slice(0, 9)) await door.post(`/media/${id}`, { alt: 'Hills under a low sun, drawn in flat colours' }, 'PUT')

  const org = await stopped(browser, (db) => {
    const { id } = db.prepare('SELECT id FROM organisations ORDER BY id LIMIT 1').get()
    addChannels(db, id, media)
    return id
  })
  const { body: integrations } = await rostrum.call('GET', '/integrations')
  const channels = integrations.map(({ id, name, identifier, disabled }) => ({ id, name, provider: identifier, disabled }))
  // Those that take a plain text without any setting.
  const easy = channels.filter(({ provider }) => ['sandbox', 'bluesky', 'mastodon', 'telegram', 'nostr', 'vk'].includes(provider))
  const posts = await write(rostrum, easy, media)
  await inReview(door, rostrum, easy)
  const people = await invite(browser, door)
  const facts = await stopped(browser, (db) => age(db, org, posts, channels))
  await rebegin(browser, door)
  await door.page.close()
  return { ...facts, ...people, channels, media, posts: posts.map(({ id }) => id), key }
}

// A month of posts, all in the future for now; → targets with the time at which each shall stand.
async function write(rostrum, channels, media) {
  const now = Math.floor(Date.now() / HOUR) * HOUR
  const wanted = []
  for (let day = -21; day <= 34; day++) {
    const busy = day === 2 ? 7 : [1, 2, 0, 1, 3, 1, 2][((day % 7) + 7) % 7]
    for (let n = 0; n < busy; n++) wanted.push({ at: now + day * DAY + ([9, 12, 16, 19, 7, 21, 14][n] - 10) * HOUR + ((day * 7 + n * 20 + 147) % 4) * 15 * MINUTE, n: wanted.length })
  }
  const made = []
  for (const { at, n } of wanted) {
    const later = at > Date.now() + 2 * HOUR ? at : Date.now() + 50 * DAY + n * 20 * MINUTE
    const isThread = n % 6 === 4
    const own = isThread ? channels.filter(({ provider }) => ['sandbox', 'bluesky', 'mastodon'].includes(provider)) : channels
    const some = [0, ...(n % 3 === 0 ? [3] : []), ...(n % 5 === 0 ? [5] : [])].map((step) => own[(n + step) % own.length]).filter((one, at, all) => all.indexOf(one) === at)
    const thread = isThread ? ['The long answer: heat, light and air are what oil fears. A cool cupboard is enough.', 'And if it has become cloudy: warm it in your hands. It clears by itself.'] : []
    const picture = n % 2 ? [{ id: media[n % media.length].id, path: media[n % media.length].path ?? media[n % media.length].url }] : []
    const words = [n === 40 ? LONG : WORDS[n % WORDS.length], ...thread].map((content, part) => ({ content: `<p>${content.replaceAll('&', '&amp;').replaceAll('\n\n', '</p><p>')}</p>`, image: part ? [] : picture }))
    const { status, body } = await rostrum.call('POST', '/posts', {
      type: n % 13 === 7 ? 'draft' : 'schedule', date: new Date(later).toISOString(), shortLink: false, ...(n === 44 ? { inter: 7 } : {}),
      tags: n % 4 === 1 ? [{ value: 'Launch', label: 'Launch' }] : n % 4 === 3 ? [{ value: 'Recipes', label: 'Recipes' }, { value: 'Evergreen', label: 'Evergreen' }] : [],
      posts: some.map(({ id, provider }) => ({ integration: { id }, value: words, settings: { __type: provider } })),
    })
    assert.equal(status, 201, `${some.map(({ provider }) => provider)}: ${JSON.stringify(body)}`)
    made.push({ id: body[0].postId, targets: body.map(({ postId }) => postId), at, n })
  }
  return made
}

async function inReview(door, rostrum, channels) {
  await door.post('/settings/reviews', { policy: 'one' }, 'PUT')
  for (const [n, words] of ['A draft of the harvest announcement. Is the second sentence too loud?', 'Prices for the new season', 'Opening hours between the years'].entries()) {
    const { status, body } = await rostrum.call('POST', '/posts', {
      type: 'schedule', date: new Date(Date.now() + (n + 3) * DAY).toISOString(), shortLink: false, tags: [],
      posts: [{ integration: { id: channels[n].id }, value: [{ content: `<p>${words}</p>`, image: [] }], settings: { __type: channels[n].provider } }],
    })
    assert.equal(status, 201, JSON.stringify(body))
  }
}

// A colleague joins, somebody else is asked, and there is a second organisation.
async function invite(browser, door) {
  const page = await door.post('/settings/invites', { email: 'ben@example.com', role: 'member' })
  const join = page.match(/https?:\/\/[^\s<"]+\/join\/[\w-]+/)?.[0]
  assert.ok(join, 'the page shows the link of the invitation')
  const guest = await browser.page({ signedIn: false })
  await guest.goto(join)
  await field(guest, 'name').fill('Ben Writer')
  await field(guest, 'password').fill('another long password')
  await submit(guest, guest.locator('main form').first().getByRole('button'))
  await guest.close()
  const open = (await door.post('/settings/invites', { email: 'carla@example.com', role: 'admin' })).match(/https?:\/\/[^\s<"]+\/join\/[\w-]+/)[0]
  await door.post('/organisations', { name: 'Second Brand', timezone: 'Europe/Berlin' })
  await rebegin(browser, door)
  return { join: open }
}

// Back into the first organisation.
async function rebegin(browser, door) {
  await door.page.goto('/organisations')
  const first = door.page.locator('form[action="/organisations/entry"] button', { hasText: owner.organisation }).first()
  if (await first.count()) {
    await door.page.evaluate(() => document.querySelectorAll('details').forEach((box) => (box.open = true)))
    const value = await first.getAttribute('value')
    await door.post('/organisations/entry', { organisation: value })
  }
}

// What only time can bring.
function age(db, org, posts, channels) {
  const sample = db.prepare('SELECT created_at FROM posts LIMIT 1').get().created_at
  assert.match(sample, /\+00:00$/)
  const past = posts.filter(({ at }) => at <= Date.now() + 2 * HOUR)
  const kept = {}
  for (const [turn, { targets, at }] of past.entries()) {
    for (const [nth, target] of targets.entries()) {
      const isDraft = db.prepare('SELECT state FROM targets WHERE id = ?').get(bytes(target))?.state === 'draft'
      const state = isDraft ? 'draft' : nth ? 'published' : FATES[turn % FATES.length]
      if (isDraft) db.prepare('UPDATE targets SET due_at = ? WHERE id = ?').run(stored(at), bytes(target))
      else befall(db, bytes(target), state, Math.min(at, Date.now() - HOUR))
      const post = db.prepare('SELECT post_id FROM targets WHERE id = ?').get(bytes(target)).post_id
      if (!nth) kept[state] = text(post)
    }
  }
  const held = db.prepare("SELECT t.id, t.post_id, t.due_at FROM targets t JOIN channels c ON c.id = t.channel_id WHERE c.state = 'reconnect' AND t.state = 'scheduled' ORDER BY t.due_at LIMIT 2").all()
  for (const [n, { id, post_id: post }] of held.entries()) {
    befall(db, id, 'held', Date.now() - (n + 2) * HOUR)
    kept.held = text(post)
  }
  const of = (id) => db.prepare('SELECT post_id FROM targets WHERE id = ?').get(bytes(id)).post_id
  const newest = of(posts.at(-1).id)
  const reader = db.prepare('SELECT id FROM users ORDER BY id LIMIT 1').get().id
  const broken = channels.find(({ provider }) => provider === 'reddit')
  for (const [kind, post, data, count, hours, channel] of [
    ['post.failed', kept.failed, {}, 1, 2, channels[0].id], ['post.needs_you', kept.needs_you, {}, 1, 5, channels[1].id], ['post.held', kept.held, { reason: 'reconnect' }, 2, 9, broken.id],
    ['channel.reconnect', null, {}, 1, 10, broken.id], ['review.asked', text(newest), { who: 'Ben Writer' }, 1, 26, null], ['comment.mention', text(newest), { who: 'Ben Writer' }, 1, 30, null],
  ]) tell(db, org, kind, post && bytes(post), data, count, Date.now() - hours * HOUR, channel && bytes(channel))
  const outage = newId()
  db.prepare('INSERT INTO outages (id, began_at, ended_at, due) VALUES (?, ?, ?, 1)').run(outage, stored(Date.now() - 30 * HOUR), stored(Date.now() - 28 * HOUR))
  db.prepare('INSERT INTO outage_notes (org_id, outage_id, due, dismissed_at) VALUES (?, ?, 1, ?)').run(org, outage, stored(Date.now()))
  db.prepare('INSERT INTO outage_targets (outage_id, org_id, due_at, target_id) VALUES (?, ?, ?, ?)').run(outage, org, stored(Date.now() - 29 * HOUR), bytes(past[3].targets[0]))
  for (const [kind, error] of [['mail', 'smtp.example.com: connection refused'], ['thumbnail', 'the file ends too early']]) {
    db.prepare("INSERT INTO jobs (id, kind, payload, state, run_at, tries, epoch, error, created_at, finished_at) VALUES (?, ?, '{}', 'dead', ?, 10, 1, ?, ?, ?)")
      .run(newId(), kind, stored(Date.now() - HOUR), error, stored(Date.now() - 2 * HOUR), stored(Date.now() - HOUR))
  }
  const future = posts.filter(({ at, n }) => at > Date.now() + DAY && n % 13 !== 7)
  const thread = future.find(({ n }) => n % 6 === 4), plain = future.find(({ n }) => n % 6 === 1)
  const talked = of(plain.id)
  for (const [body, author, done] of [['@Ben can we have a warmer picture for this one?', reader, null], ['The one from the mill? I put it in.', null, null], ['Perfect, thank you.', reader, stored(Date.now() - HOUR)]]) {
    db.prepare('INSERT INTO comments (id, org_id, post_id, author_id, guest, body, shared, created_at, resolved_at, resolved_by) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?)')
      .run(newId(), org, talked, author, author ? null : 'Lord Byron', body, stored(Date.now() - 3 * HOUR), done, done && reader)
  }
  const slots = db.prepare('SELECT id FROM slots LIMIT 1').get()
  const open = db.prepare("SELECT post_id FROM reviews WHERE state = 'open' LIMIT 1").get()
  const series = db.prepare('SELECT post_id FROM recurrences LIMIT 1').get()
  return { ...kept, org: text(org), user: text(reader), outage: text(outage), thread: text(of(thread.id)), talked: text(talked), slot: text(slots.id), series: series && text(series.post_id), inReview: open && text(open.post_id) }
}

// So many posts for one channel each, spread over the month after next: what a full calendar costs. → a day in the middle of it.
export async function fill(browser, count) {
  const { rostrum } = browser
  const door = await Door.open(browser)
  rostrum.key = await apiKey(door)
  for (let n = 0; n < 12; n++) await door.post('/channels/connect/sandbox', { handle: `reader-${n}` })
  await door.pictures(24)
  await door.page.close()
  const channels = (await rostrum.call('GET', '/integrations')).body
  const month = new Date()
  month.setUTCMonth(month.getUTCMonth() + 2, 1)
  month.setUTCHours(0, 0, 0, 0)
  const target = bytes(await rostrum.schedule(channels[0].id, [{ content: '<p>A post among many</p>', image: [] }], { date: new Date(+month + DAY) }))
  await stopped(browser, (db) => {
    const rows = {
      posts: db.prepare('SELECT p.* FROM posts p JOIN targets t ON t.post_id = p.id WHERE t.id = ?').get(target),
      post_versions: db.prepare('SELECT v.* FROM post_versions v JOIN targets t ON t.version_id = v.id WHERE t.id = ?').get(target),
      targets: db.prepare('SELECT * FROM targets WHERE id = ?').get(target),
      parts: db.prepare('SELECT * FROM parts WHERE target_id = ?').get(target),
    }
    const writers = Object.fromEntries(Object.entries(rows).map(([table, row]) => [table, db.prepare(`INSERT INTO ${table} (${Object.keys(row)}) VALUES (${Object.keys(row).map(() => '?')})`)]))
    const put = (table, changes) => writers[table].run(...Object.values({ ...rows[table], ...changes }))
    for (let n = 0; n < count; n++) {
      const [post, version, one, part] = [newId(), newId(), newId(), newId()]
      const channel = bytes(channels[n % channels.length].id), at = stored(+month + Math.floor((n * 28 * DAY) / count))
      const words = `${WORDS[n % WORDS.length].split('\n')[0]} (${n})`
      put('posts', { id: post })
      put('post_versions', { id: version, post_id: post })
      put('targets', { id: one, post_id: post, version_id: version, channel_id: channel, due_at: at })
      put('parts', { id: part, target_id: one, channel_id: channel, content: `<p>${words}</p>`, next_at: at, content_hash: newId() })
    }
    // Made anew at the start from what is there.
    fs.rmSync(path.join(rostrum.data, 'search'), { recursive: true, force: true })
  })
  return new Date(+month + 14 * DAY).toISOString().slice(0, 10)
}
