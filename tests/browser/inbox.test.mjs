// A post of unknown outcome, from the inbox: found and linked, and sent again; and the operator's page.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Browser, owner, submit, until } from './support.mjs'

let browser
const field = (page, name) => page.locator(`[id="f-${name}"]`)
const main = (page) => page.locator('main form')

before(async () => {
  browser = await Browser.start()
  const page = await browser.page({ signedIn: false })
  await page.goto(browser.setUpLink)
  for (const name of ['name', 'email', 'password', 'organisation']) await field(page, name).fill(owner[name])
  await submit(page, main(page).getByRole('button'))
  await browser.keepSession(page)
  await connect(page)
})

after(() => browser?.stop())

// How the platform inside behaves from now on, by the form of its wall.
async function behave(page, answer, { times = '', readDelay = '0' } = {}) {
  await page.goto('/sandbox')
  for (const [name, value] of Object.entries({ answer, times, delay: '0', read_delay: readDelay })) {
    await page.locator(`select[name=${name}]`).selectOption(value)
  }
  await submit(page, page.locator('form[action="/sandbox/behaviour"] button'))
}

async function connect(page) {
  await page.goto('/channels/connect/sandbox')
  const answer = await submit(page, main(page).locator('.primary'))
  assert.ok(answer.ok(), await page.locator('main').innerText())
}

// The platform took it, said nothing and shows it late; the channel is removed before anybody saw it, and connected again.
async function unknown(page, text) {
  await behave(page, 'drop_after', { times: '1', readDelay: '120000' })
  await send(page, text)
  const post = page.url()
  await until('the post to be uncertain', async () => {
    await page.goto(post)
    return /may be live/.test(await page.locator('main').innerText())
  }, { seconds: 20, every: 200, describe: () => page.locator('main').innerText() })
  await page.goto('/channels')
  const channel = await page.locator('.channel-row a.stretch').first().getAttribute('href')
  await page.goto(channel)
  await page.locator('details summary').last().click().catch(() => {})
  await submit(page, page.locator(`form[action="${channel}"]:has(input[value=DELETE]) button`))
  await until('a person to be asked', async () => {
    await page.goto('/inbox?filter=needs_you')
    return (await page.locator('.ask').count()) === 1
  }, { seconds: 60, every: 500, describe: () => page.locator('main').innerText() })
  await connect(page)
  await page.goto('/inbox')
  assert.match(await page.locator('main').innerText(), new RegExp(text))
}

async function send(page, text) {
  await page.goto('/posts/new')
  await page.locator('input[name=channels]').first().check({ force: true })
  await field(page, 'parts[0][text]').fill(text)
  await page.locator('input[name=when][value=now]').check({ force: true })
  const answer = await submit(page, page.locator('[data-save]'))
  assert.ok(answer.ok(), await page.locator('main').innerText())
}

test('an empty inbox says so', async () => {
  const page = await browser.page()
  await page.goto('/posts')
  await page.keyboard.press('g')
  await page.keyboard.press('i')
  await page.waitForURL('**/inbox')
  assert.match(await page.locator('main').innerText(), /Nothing waits for you/)
  await browser.look(page, 'inbox-empty')
})

test('what failed is tried again with the others, without JavaScript', async () => {
  const page = await browser.page({ javaScript: false })
  for (const text of ['First refused', 'Second refused']) {
    await behave(page, 'reject', { times: '1' })
    await send(page, text)
  }
  await until('both to have failed', async () => {
    await page.goto('/inbox')
    return (await page.locator('.inbox-item').count()) === 2
  }, { seconds: 20, every: 300, describe: () => page.locator('main').innerText() })
  const pretty = await browser.page()
  await pretty.goto('/inbox')
  await pretty.locator('[data-bulk-all]').check()
  assert.equal(await pretty.locator('.inbox-tick input:checked').count(), 2)
  await browser.look(pretty, 'inbox-failed')
  const nothing = await submit(page, page.locator('#bulk button[value=retry]'))
  assert.equal(nothing.status(), 422)
  assert.match(await page.locator('[role=alert]').innerText(), /Tick at least one/)
  await page.goto('/inbox')
  for (const box of await page.locator('.inbox-tick input').all()) await box.check()
  const answer = await submit(page, page.locator('#bulk button[value=retry]'))
  assert.ok(answer.ok())
  assert.match(await page.locator('main').innerText(), /2 posts are tried again now/)
})

test('a post that shows up late is found on the platform and linked', async () => {
  const page = await browser.page()
  await unknown(page, 'Did it go out')
  await submit(page, page.locator('.look-again button'))
  assert.match(await page.locator('main').innerText(), /saw nothing that looks like it/)
  await browser.look(page, 'inbox-nothing-found')
  await behave(page, 'ok')
  await page.goto('/inbox')
  await field(page, await page.locator('.answers input[name=url]').getAttribute('id').then((id) => id.slice(2))).fill('no-such-post')
  const refused = await submit(page, page.locator('.answers button[value=live]'))
  assert.equal(refused.status(), 422)
  assert.equal(await page.locator('.answers input[name=url]').inputValue(), 'no-such-post')
  await submit(page, page.locator('.look-again button'))
  assert.equal(await page.locator('.candidate').count(), 1)
  await page.locator('.ask details summary').click()
  await browser.look(page, 'inbox-found')
  await submit(page, page.locator('.candidate button'))
  assert.match(await page.locator('main').innerText(), /Linked/)
  assert.equal(await page.locator('.ask').count(), 0)
  await page.goto('/sandbox')
  assert.equal((await page.locator('main').innerText()).split('Did it go out').length - 1, 1, 'it stands there once')
})

test('what nobody sees is sent again when a person says so', async () => {
  const page = await browser.page()
  await unknown(page, 'Once more please')
  await behave(page, 'ok')
  await page.goto('/inbox')
  await submit(page, page.locator('.answers button[value=resend]'))
  assert.match(await page.locator('main').innerText(), /sent again/)
  await until('it to be there', async () => {
    await page.goto('/sandbox')
    return (await page.locator('main').innerText()).split('Once more please').length - 1 === 2
  }, { seconds: 20, every: 300, describe: () => page.locator('main').innerText() })
  await page.goto('/inbox')
  assert.match(await page.locator('main').innerText(), /Nothing waits for you/)
  browser.check()
})

test('the page of the server is for its operator', async () => {
  const page = await browser.page()
  await page.goto('/posts')
  await page.locator('.sidebar a[href="/admin"]').click()
  await page.waitForURL('**/admin')
  assert.match(await page.locator('main').innerText(), /Within 60 s/)
  await browser.look(page, 'admin')
})
