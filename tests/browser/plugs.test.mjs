// What belongs to a channel that is connected: its plugs, people to mention, its health, and the customer it is run for.
// The account lives on a server of this file that speaks the AT Protocol as far as it is asked.
import assert from 'node:assert/strict'
import http from 'node:http'
import { after, before, test } from 'node:test'
import { Browser, owner, said, submit, until } from './support.mjs'

const did = 'did:plc:ada'
const people = [['babbage.test', 'Charles Babbage'], ['banneker.test', 'Benjamin Banneker']]
const records = []
const field = (page, name) => page.locator(`[id="f-${name}"]`)
const primary = (page) => page.locator('main form .primary').first()
const token = (name) => [{ alg: 'HS256' }, { exp: 4_000_000_000 }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).concat(name).join('.')
let server, browser, channel

function answer(request, response) {
  const url = new URL(request.url, 'http://localhost')
  let sent = ''
  request.on('data', (chunk) => (sent += chunk)).on('end', () => {
    const [status, body] = xrpc(url.pathname.split('/').pop(), url.searchParams, sent ? JSON.parse(sent) : {})
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
}

function xrpc(method, query, body) {
  const account = { did, handle: 'ada.test', active: true }
  const named = (record) => ({ uri: `at://${did}/app.bsky.feed.post/${record.rkey}`, cid: `cid-${record.rkey}`, value: record.record })
  switch (method) {
    case 'com.atproto.server.createSession': return [200, { ...account, accessJwt: token('access'), refreshJwt: token('refresh') }]
    case 'com.atproto.server.getSession': return [200, account]
    case 'app.bsky.actor.getProfile': return [200, { ...account, displayName: 'Ada Lovelace' }]
    case 'app.bsky.actor.searchActorsTypeahead': {
      const found = people.filter(([handle]) => handle.startsWith(query.get('q')))
      return [200, { actors: found.map(([handle, displayName]) => ({ did: `did:plc:${handle}`, handle, displayName })) }]
    }
    case 'com.atproto.identity.resolveHandle': return [200, { did: `did:plc:${query.get('handle')}` }]
    case 'com.atproto.repo.createRecord': return records.push(body), [200, named(body)]
    default: return [400, { error: 'RecordNotFound', message: 'no such record' }]
  }
}

before(async () => {
  server = http.createServer(answer).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  browser = await Browser.start()
  const page = await browser.page({ signedIn: false })
  await page.goto(browser.setUpLink)
  for (const name of ['name', 'email', 'password', 'organisation']) await field(page, name).fill(owner[name])
  await submit(page, primary(page))
  await browser.keepSession(page)
  await page.goto('/channels/connect/bluesky')
  for (const [name, value] of Object.entries({ service: `http://127.0.0.1:${server.address().port}`, identifier: 'ada.test', password: 'app-pass-word' })) {
    await page.locator(`[name="${name}"]`).fill(value)
  }
  await submit(page, primary(page))
  await page.locator('#slots').waitFor()
  channel = new URL(page.url()).pathname
})

after(async () => {
  await browser?.stop()
  server?.close()
})

test('a channel says how it is in words', async () => {
  const page = await browser.page()
  await page.goto(channel)
  const health = page.locator('section[aria-labelledby=health]')
  assert.match(await health.innerText(), /Renewed by itself|Does not end by itself/)
  assert.match(await health.innerText(), /Last published\s+Nothing yet/)
  await browser.look(page, 'channel-health')
})

test('a plug is refused until it knows when to act, then goes on and off, with JavaScript and without', async () => {
  for (const javaScript of [true, false]) {
    const page = await browser.page({ javaScript })
    await page.goto(channel)
    await Promise.all([page.waitForURL('**/plugs'), page.locator('.actions a[href$="/plugs"]').click()])
    const plug = page.locator('form[action$="/plugs/autoPlugPost"]')
    if (javaScript) await browser.look(page, 'plugs')
    await plug.locator('[name="autoPlugPost[likesAmount]"]').fill('')
    await plug.locator('[name="autoPlugPost[post]"]').fill('')
    await plug.locator('[name=active]').check()
    assert.equal((await submit(page, plug.locator('.primary'))).status(), 422)
    assert.equal(await plug.locator('[aria-invalid=true]').count(), 2)
    assert.equal(await plug.locator('[name=active]').isChecked(), true, 'what was chosen is still chosen')
    if (javaScript) await browser.look(page, 'plugs-refused')
    await plug.locator('[name="autoPlugPost[likesAmount]"]').fill('25')
    await plug.locator('[name="autoPlugPost[post]"]').fill('More of this in the newsletter.')
    await submit(page, plug.locator('.primary'))
    assert.match(await page.locator('.flashes').innerText(), /is on/)
    assert.equal(await plug.locator('[name="autoPlugPost[likesAmount]"]').inputValue(), '25')
    assert.equal(await page.locator('form[action$="/plugs/autoRepostPost"] [name=active]').isChecked(), false, 'the other one is not')
    if (javaScript) await browser.look(page, 'plugs-on')
    await plug.locator('[name=active]').uncheck()
    await submit(page, plug.locator('.primary'))
    assert.match(await page.locator('.flashes').innerText(), /is off/)
    assert.equal(await plug.locator('[name="autoPlugPost[post]"]').inputValue(), 'More of this in the newsletter.', 'what was written is kept')
  }
  browser.check()
})

test('people are found as they are typed, chosen by keyboard, and mentioned in what is published', async () => {
  const page = await browser.page()
  await page.goto('/posts/new')
  const text = page.locator('[id="f-parts[0][text]"]')
  await text.click()
  await page.keyboard.type('With thanks to @ba')
  await page.locator('#people').waitFor()
  const options = page.locator('#people [role=option]')
  assert.deepEqual(await options.locator('span').first().innerText(), 'babbage.test')
  assert.equal(await options.count(), 2)
  await browser.look(page, 'mentions')
  assert.equal(await text.getAttribute('aria-activedescendant'), await options.first().getAttribute('id'))
  await page.keyboard.press('ArrowDown')
  assert.equal(await text.getAttribute('aria-activedescendant'), await options.nth(1).getAttribute('id'))
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  assert.equal(await options.count(), 0)
  assert.equal(await said(page), 'With thanks to @babbage.test')
  assert.equal(await page.locator('input[name="parts[0][mention]"]').count(), 1)
  await page.keyboard.type('and @bannek')
  await options.first().waitFor()
  await page.keyboard.press('Escape')
  assert.equal(await page.locator('#people').count(), 0)
  await page.keyboard.type(', whom nobody chose')
  await page.locator('input[name=when][value=now]').check()
  const saved = await submit(page, page.locator('[data-save]'))
  assert.ok(saved.ok(), await page.locator('main').innerText())
  const { record } = await until('the record', () => records[0])
  assert.equal(record.text, 'With thanks to @babbage.test and @bannek, whom nobody chose')
  const mentioned = record.facets.filter(({ features }) => features[0].$type === 'app.bsky.richtext.facet#mention')
  assert.deepEqual(mentioned.map(({ features }) => features[0].did), ['did:plc:babbage.test'])
  await until('the channel to say so', async () => {
    await page.goto(channel)
    return !/Nothing yet/.test(await page.locator('section[aria-labelledby=health]').innerText())
  })
  browser.check()
})

test('a channel is run for a customer, without JavaScript too', async () => {
  const page = await browser.page()
  await page.goto('/channels/customers')
  for (const name of ['Menabrea Ltd', 'Babbage & Sons']) {
    await field(page, 'name').fill(name)
    await submit(page, page.getByRole('button', { name: 'Add' }))
  }
  await browser.look(page, 'customers-sort')
  await page.goto('/channels')
  await browser.look(page, 'channels-health')

  const plain = await browser.page({ javaScript: false })
  await plain.goto('/channels/customers')
  await plain.getByLabel('Ada Lovelace').selectOption({ label: 'Babbage & Sons' })
  await submit(plain, plain.locator('form[action$="/customer"] button'))
  assert.match(await plain.locator('.flashes').innerText(), /Babbage & Sons/)
  await plain.goto('/channels')
  assert.match(await plain.getByRole('region', { name: /Babbage & Sons/ }).innerText(), /Ada Lovelace/)
  browser.check()
})
