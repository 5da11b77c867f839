// Connecting as a person does it: the gallery, a developer app, a consent page, a choice of pages, a word to be sent; and customers.
// The program is the example `rehearsal`, which knows the tests' own platforms; this file is the platforms' side.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, test } from 'node:test'

const target = process.env.CARGO_TARGET_DIR ?? path.join(path.dirname(fileURLToPath(import.meta.url)), '../../target')
process.env.ROSTRUM_BIN = path.join(target, 'debug/examples/rehearsal')
assert.ok(fs.existsSync(process.env.ROSTRUM_BIN), 'cargo build --example rehearsal first')
const { Browser, owner, png, submit, until } = await import('./support.mjs')

const platform = { me: { id: 'id:ann', name: 'Analytical Press', handle: 'press' }, chat: null, consents: 0 }
const field = (page, name) => page.locator(`[id="f-${name}"]`)
const primary = (page) => page.locator('main form .primary').first()
let server, browser

function answer(request, response) {
  const url = new URL(request.url, platform.url)
  const json = (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  if (url.pathname === '/oauth/authorize') {
    platform.consents++
    const back = new URL(url.searchParams.get('redirect_uri'))
    back.searchParams.set('state', url.searchParams.get('state'))
    for (const [name, value] of Object.entries(platform.answer ?? { code: 'good' })) back.searchParams.set(name, value)
    return response.writeHead(302, { location: back.href }).end()
  }
  if (url.pathname === '/oauth/token') return json({ access_token: 'access-good', refresh_token: 'r', expires_in: 3600 })
  if (url.pathname === '/me') return json(platform.me)
  if (url.pathname.startsWith('/words/')) return json({ chat: platform.chat })
  if (url.pathname === '/picture.png') return response.writeHead(200, { 'content-type': 'image/png' }).end(png(120, 120))
  response.writeHead(404).end()
}

// The consent page lies elsewhere, as it must; nothing else may.
function leftForConsent() {
  browser.troubles = browser.troubles.filter((trouble) => !trouble.includes(`asks ${platform.url}/oauth/authorize`))
}

function check() {
  leftForConsent()
  browser.check()
}

before(async () => {
  server = http.createServer(answer).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  platform.url = `http://127.0.0.1:${server.address().port}`
  process.env.ROSTRUM_PROVIDERS__LOOP__HOSTS__WEB = platform.url
  process.env.ROSTRUM_PROVIDERS__KNOCK__HOSTS__WEB = platform.url
  process.env.ROSTRUM_PROVIDERS__SECRETLY__ENABLED = 'true'
  browser = await Browser.start()
  const page = await browser.page({ signedIn: false })
  await page.goto(browser.setUpLink)
  for (const name of ['name', 'email', 'password', 'organisation']) await field(page, name).fill(owner[name])
  await submit(page, primary(page))
  await browser.keepSession(page)
})

after(async () => {
  await browser?.stop()
  server?.close()
})

test('the gallery is searched as one types, and without JavaScript by a button', async () => {
  const page = await browser.page()
  await page.goto('/channels/connect')
  await browser.look(page, 'gallery')
  await field(page, 'q').fill('loop')
  assert.equal(await page.locator('.gallery > li:visible').count(), 1)
  assert.equal(await page.locator('[data-group]:visible').count(), 1)
  await field(page, 'q').fill('nothing of the kind')
  assert.equal(await page.locator('#gallery-none').isVisible(), true)
  await browser.look(page, 'gallery-none')
  const plain = await browser.page({ javaScript: false })
  await plain.goto('/channels/connect')
  await field(plain, 'q').fill('bluesky')
  await submit(plain, plain.locator('.search button'))
  assert.equal(await plain.locator('.gallery > li:visible').count(), 1)
  check()
})

test('a platform that wants a developer app says who can enter it, and how', async () => {
  const page = await browser.page()
  await page.goto('/channels/connect/loop')
  await browser.look(page, 'connect-app-missing')
  await page.locator('.own-app summary').click()
  await browser.look(page, 'connect-own-app')
  await page.goto('/settings/apps')
  await browser.look(page, 'apps')
  await page.locator('main a[href="/settings/apps/loop"]').click()
  await field(page, 'client_id').waitFor()
  assert.equal(await page.locator('#redirect').innerText(), `${browser.rostrum.url}/integrations/social/loop`)
  await browser.look(page, 'app')
  check()
})

test('a developer app is entered and never shown again', async () => {
  const page = await browser.page()
  await page.goto('/settings/apps/loop')
  await field(page, 'client_id').fill('client-1')
  await field(page, 'client_secret').fill('secret-of-client-1')
  await submit(page, page.locator('main form[action="/settings/apps/loop"] .primary'))
  assert.match(await page.locator('.flashes').innerText(), /Saved/)
  assert.doesNotMatch(await page.content(), /secret-of-client-1/)
  await browser.look(page, 'app-entered')
  check()
})

test('an account is connected at the consent page, and a refusal begins again', async () => {
  const page = await browser.page()
  await page.goto('/channels/connect/loop')
  await browser.look(page, 'connect-consent')
  platform.answer = { error: 'access_denied' }
  await primary(page).click()
  await page.getByRole('button', { name: 'Try again' }).waitFor()
  leftForConsent()
  await browser.look(page, 'connect-stopped')
  platform.answer = undefined
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.locator('#slots').waitFor()
  assert.match(await page.locator('.flashes').innerText(), /Analytical Press is connected/)
  assert.equal(platform.consents, 2)
  leftForConsent()
  await browser.look(page, 'channel-connected')
  const plain = await browser.page({ javaScript: false })
  await plain.goto('/channels/connect/loop')
  await primary(plain).click()
  await plain.locator('#slots').waitFor()
  check()
})

test('pages are chosen', async () => {
  platform.me = { pages: [
    { id: 'one', name: 'The Analytical Engine', note: 'Blog, 1,843 readers', picture: `${platform.url}/picture.png` },
    { id: 'two', name: 'Notes by the translator', note: 'Page', picture: null },
    { id: 'three', name: 'A page whose name is so long that nobody could have expected it to fit into one line', note: '', picture: null },
  ] }
  const page = await browser.page()
  await page.goto('/channels/connect/loop')
  await primary(page).click()
  await page.locator('.choices').waitFor()
  await until('the picture', () => page.locator('.choices img').evaluate((image) => image.complete && image.naturalWidth > 0))
  leftForConsent()
  await page.locator('.choice').first().click()
  await browser.look(page, 'connect-choose')
  await page.locator('.choice').nth(1).click()
  await submit(page, page.locator('#choice .primary'))
  assert.match(await page.locator('.flashes').innerText(), /Page one, Page two are connected/)
  assert.equal(await page.locator('.channel-row').count(), 3)
  check()
})

test('a word is waited for, with JavaScript and without', async () => {
  const page = await browser.page()
  await page.goto('/channels/connect/knock')
  await submit(page, primary(page))
  assert.equal(await page.locator('#word').innerText(), '/connect abcd')
  await browser.look(page, 'connect-await')
  platform.chat = { id: '-100', name: 'Readers', handle: 'readers' }
  await page.locator('#slots').waitFor({ timeout: 15_000 })
  assert.match(await page.locator('.flashes').innerText(), /Readers is connected/)
  platform.chat = null
  const plain = await browser.page({ javaScript: false })
  await plain.goto('/channels/connect/knock')
  await submit(plain, primary(plain))
  platform.chat = { id: '-101', name: 'Writers', handle: 'writers' }
  await plain.locator('#slots').waitFor({ timeout: 15_000 })
  check()
})

test('customers sort channels', async () => {
  const page = await browser.page()
  await page.goto('/channels/customers')
  await browser.look(page, 'customers-empty')
  for (const name of ['Menabrea Ltd', 'Babbage & Sons']) {
    await field(page, 'name').fill(name)
    await submit(page, page.getByRole('button', { name: 'Add' }))
  }
  await browser.look(page, 'customers')
  await page.goto('/channels')
  await page.locator('.channel-row a.stretch').first().click()
  await field(page, 'customer').selectOption({ label: 'Menabrea Ltd' })
  await submit(page, page.locator('form[action$="/customer"] button'))
  await page.goto('/channels')
  await page.locator('.filters a', { hasText: 'Menabrea' }).click()
  await page.waitForURL('**/channels?customer=*')
  assert.equal(await page.locator('.channel-row').count(), 1)
  await browser.look(page, 'channels-customer')
  await page.goto('/channels')
  await browser.look(page, 'channels-many')
  check()
})
