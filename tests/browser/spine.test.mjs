// From the set-up link to a post that others can read, as a person does it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Browser, owner, png, said, submit, until } from './support.mjs'

let browser
const picture = { name: 'sunset.png', mimeType: 'image/png', buffer: png(320, 200) }
const field = (page, name) => page.locator(`[id="f-${name}"]`)
const main = (page) => page.locator('main form')

before(async () => {
  browser = await Browser.start()
})

after(() => browser?.stop())

async function fillLogin(page, { email = owner.email, password = owner.password } = {}) {
  await field(page, 'email').fill(email)
  await field(page, 'password').fill(password)
}

// Waits until the page of a post says that it is out, by itself or when asked again; → the address on the platform.
async function published(page, { seconds, reload = false }) {
  await until('the post to be published', async () => {
    if (await page.locator('.target .badge.tone-broken, .target .badge.tone-look').count()) return true
    if (await page.locator('.card-head .badge.tone-done').count()) return true
    if (reload) await page.reload()
  }, { seconds, every: 500, describe: () => page.locator('main').innerText() })
  assert.equal(await page.locator('.card-head .badge.tone-done').count(), 1, await page.locator('main').innerText())
  return page.locator('.target-body > .stack > .actions a').first().getAttribute('href')
}

test('without the link nobody becomes the owner', async () => {
  const page = await browser.page({ signedIn: false })
  await page.goto('/setup?token=guessed')
  await field(page, 'token').fill('guessed')
  await field(page, 'name').fill('Mallory')
  await field(page, 'email').fill('mallory@example.com')
  await field(page, 'password').fill(owner.password)
  await field(page, 'organisation').fill('Mine')
  const answer = await submit(page, main(page).getByRole('button'))
  assert.ok(answer.status() >= 400, `answered ${answer.status()}`)
  assert.equal(await page.locator('[role=alert]').count(), 1)
  await browser.look(page, 'setup-refused')
})

test('the set-up link makes the owner', async () => {
  const page = await browser.page({ signedIn: false })
  const link = browser.setUpLink
  await page.goto(link)
  await browser.look(page, 'setup')
  for (const name of ['name', 'email', 'password', 'organisation']) await field(page, name).fill(owner[name])
  assert.equal(await field(page, 'timezone').inputValue(), 'Europe/Berlin', 'the zone is guessed from the browser')
  const answer = await submit(page, main(page).getByRole('button'))
  assert.ok(answer.ok(), `answered ${answer.status()}: ${await page.locator('main').innerText()}`)
  await browser.keepSession(page)
  await browser.look(page, 'after-setup')

  const other = await browser.page({ signedIn: false })
  await other.goto(link)
  assert.equal(await field(other, 'organisation').count(), 0, 'the link works once')
})

test('a channel of the sandbox', async () => {
  const page = await browser.page()
  await page.goto('/channels')
  await browser.look(page, 'channels-empty')
  await page.locator('main a[href="/channels/connect"]').first().click()
  await page.waitForURL('**/channels/connect')
  await page.locator('a[href="/channels/connect/sandbox"]').click()
  await page.waitForURL('**/channels/connect/sandbox')
  await browser.look(page, 'connect')
  const answer = await submit(page, main(page).locator('.primary'))
  assert.ok(answer.ok(), await page.locator('main').innerText())
  await page.goto('/channels')
  assert.equal(await page.locator('.channel-row').count(), 1)
  await browser.look(page, 'channels')
  await page.locator('.channel-row a.stretch').click()
  await page.locator('#slots').waitFor()
  await browser.look(page, 'channel')
})

// The coming minute, as the form wants it; the zone is the browser's.
function nextMinute() {
  const due = new Date(Math.ceil((Date.now() + 3000) / 60_000) * 60_000)
  const parts = Object.fromEntries(new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', dateStyle: 'short', timeStyle: 'short' }).formatToParts(due).map(({ type, value }) => [type, value]))
  return { due, date: `${parts.year}-${parts.month}-${parts.day}`, time: `${parts.hour}:${parts.minute}` }
}

async function compose(page, { javaScript }) {
  await page.goto('/posts/new')
  await page.locator('input[name=channels]').first().check({ force: true })
  await field(page, 'parts[0][text]').fill('The first part, with a sunset')
  await field(page, 'parts[0][files]').setInputFiles(picture)
  if (!javaScript) await submit(page, page.locator('button[value=upload]').first())
  const alt = page.locator('textarea[name^="parts[0][alt]"]')
  await alt.waitFor()
  await alt.fill('A sunset in one colour')
  if (javaScript) await page.locator('[data-add-part]').click()
  else await submit(page, page.locator('[data-add-part]'))
  await field(page, 'parts[1][text]').fill('The second part')
  assert.equal(await alt.inputValue(), 'A sunset in one colour')
  assert.equal(await page.locator('input[name=channels]').first().isChecked(), true)
}

test('a thread of two parts with a picture, at a time', async () => {
  const page = await browser.page()
  await compose(page, { javaScript: true })
  await browser.look(page, 'compose')
  const { date, time, due } = nextMinute()
  await page.locator('input[name=when][value=at]').check({ force: true })
  await field(page, 'date').fill(date)
  await field(page, 'time').fill(time)
  await field(page, 'zone').selectOption('Europe/Berlin')
  const answer = await submit(page, page.locator('[data-save]'))
  assert.ok(answer.ok(), await page.locator('main').innerText())
  await page.locator('.target').waitFor()
  await browser.look(page, 'post-scheduled')
  // The page follows by itself: nobody presses reload.
  const link = await published(page, { seconds: (due - Date.now()) / 1000 + 30 })
  assert.ok(Date.now() >= due.getTime() - 1000, 'it went out too early')
  assert.ok(link)
  assert.equal(await page.locator('.sent-part').count(), 2)
  assert.ok(await page.locator('.timeline li').count() >= 2)
  await browser.look(page, 'post-published')
  const wall = await page.goto(link)
  assert.ok(wall.ok())
  assert.match(await page.locator('main').innerText(), /The first part, with a sunset/)
  assert.match(await page.locator('main').innerText(), /The second part/)
  assert.equal(await page.getByAltText('A sunset in one colour').count(), 1)
  await browser.look(page, 'wall')
})

test('the same without JavaScript', async () => {
  const page = await browser.page({ javaScript: false })
  await compose(page, { javaScript: false })
  await page.locator('input[name=when][value=now]').check({ force: true })
  const answer = await submit(page, page.locator('[data-save]'))
  assert.ok(answer.ok(), await page.locator('main').innerText())
  const link = await published(page, { seconds: 30, reload: true })
  await page.goto(link)
  assert.match(await page.locator('main').innerText(), /The second part/)
  browser.check()
})

test('what is wrong is said at its field, and nothing that was written is lost', async () => {
  const page = await browser.page()
  await page.goto('/posts/new')
  await field(page, 'parts[0][text]').fill('To nobody yet')
  await page.locator('input[name=when][value=at]').check({ force: true })
  await field(page, 'date').fill('2020-01-01')
  await field(page, 'time').fill('09:00')
  const answer = await submit(page, page.locator('[data-save]'))
  assert.ok(answer.status() >= 400 && answer.status() < 500, `answered ${answer.status()}`)
  assert.equal(await page.locator('[role=alert]').count() > 0, true)
  assert.equal(await said(page), 'To nobody yet')
  assert.equal(await field(page, 'date').inputValue(), '2020-01-01')
  await browser.look(page, 'compose-wrong')
})

test('the other pages', async () => {
  const page = await browser.page()
  for (const path of ['/posts', '/media', '/settings/account', '/settings/organisation', '/docs']) {
    const answer = await page.goto(path)
    assert.equal(answer.status(), 200, path)
    await browser.look(page, path.slice(1).replaceAll('/', '-'))
  }
  const missing = await page.goto('/nowhere')
  assert.equal(missing.status(), 404)
  await browser.look(page, 'not-found')
})

test('a wrong password says so, and not what was wrong', async () => {
  const page = await browser.page({ signedIn: false })
  await page.goto('/posts')
  assert.equal(new URL(page.url()).pathname, '/login', 'who is not signed in is asked to')
  await browser.look(page, 'login')
  await fillLogin(page, { password: 'not the password' })
  const answer = await submit(page, main(page).getByRole('button'))
  assert.ok([400, 401, 403, 422].includes(answer.status()), `answered ${answer.status()}`)
  const words = await page.locator('[role=alert]').innerText()
  assert.ok(words.length > 10)
  assert.equal(await field(page, 'email').inputValue(), owner.email)
  assert.equal(await field(page, 'password').inputValue(), '')
  await browser.look(page, 'login-wrong')

  await fillLogin(page, { email: 'nobody@example.com' })
  await submit(page, main(page).getByRole('button'))
  assert.equal(await page.locator('[role=alert]').innerText(), words)
})

test('signing in and out with the keyboard alone', async () => {
  const page = await browser.page({ signedIn: false })
  await page.goto('/login')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'f-email')
  await page.keyboard.type(owner.email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(owner.password)
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname !== '/login')
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), '#main', 'the first stop leads past the navigation')
  await page.keyboard.press('c')
  await page.waitForURL('**/posts/new')
  await page.goto('/posts')
  const button = page.locator('form[action="/logout"] button').first()
  for (let presses = 0; !(await button.evaluate((element) => element === document.activeElement)); presses++) {
    assert.ok(presses < 60, 'the keyboard never reaches the way out')
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Enter')
  await page.waitForURL('**/login')
  await page.goto('/posts')
  assert.equal(new URL(page.url()).pathname, '/login')
  browser.check()
})

// Presses Tab until `selector` has the focus.
async function tabTo(page, selector) {
  for (let presses = 0; !(await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)); presses++) {
    assert.ok(presses < 80, `the keyboard never reaches ${selector}`)
    await page.keyboard.press('Tab')
  }
}

test('from a new channel to a published post with the keyboard alone', async () => {
  const page = await browser.page()
  await page.goto('/posts')
  await page.keyboard.press('?')
  await page.locator('dialog[open]').waitFor()
  await page.keyboard.press('Escape')
  assert.equal(await page.locator('dialog[open]').count(), 0)
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await page.waitForURL('**/channels')
  await tabTo(page, 'main a[href="/channels/connect"]')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/channels/connect')
  await tabTo(page, 'a[href="/channels/connect/sandbox"]')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/channels/connect/sandbox')
  await tabTo(page, '[id="f-handle"]')
  await page.keyboard.press('Control+A')
  await page.keyboard.type('keys')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/channels\/[0-9a-f-]{36}$/)
  await page.keyboard.press('c')
  await page.waitForURL('**/posts/new')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'f-parts[0][text]', 'a new post begins with its text')
  await page.keyboard.type('Written without a mouse c ?')
  await tabTo(page, 'input[name=channels][data-name="keys"]')
  await page.keyboard.press('Space')
  await tabTo(page, 'input[name=when]')
  while (!(await page.locator('input[name=when][value=now]').isChecked())) await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Control+Enter')
  await page.waitForURL(/\/posts\/[0-9a-f-]{36}$/)
  await published(page, { seconds: 30 })
  assert.match(await page.locator('main').innerText(), /Written without a mouse c \?/)
  await page.keyboard.press('g')
  await page.keyboard.press('p')
  await page.waitForURL('**/posts')
  browser.check()
})

test('a draft keeps its day, whatever was chosen before', async () => {
  const page = await browser.page()
  await page.goto('/posts/new')
  await field(page, 'parts[0][text]').fill('Not today')
  for (const when of ['at', 'slot', 'draft']) await page.locator(`input[name=when][value=${when}]`).check({ force: true })
  const answer = await submit(page, page.locator('[data-save]'))
  assert.ok(answer.ok(), await page.locator('main').innerText())
  assert.match(await page.locator('main').innerText(), /Not today/)
  browser.check()
})

test('a form that was open for too long is refused in words that help', async () => {
  const page = await browser.page()
  await page.goto('/settings/account')
  await page.locator('input[name=csrf]').evaluateAll((inputs) => inputs.forEach((input) => (input.value = 'expired')))
  const answer = await submit(page, page.locator('form[action="/settings/account"] button').first())
  assert.equal(answer.status(), 403)
  assert.match(await page.locator('main').innerText(), /reload|again|go back/i)
  await browser.look(page, 'expired')
  await page.goto('/settings/account')
  assert.equal(await field(page, 'name').inputValue(), owner.name)
})

test('a phone shows the whole way', async () => {
  const page = await browser.page({ width: 'phone' })
  await page.goto('/posts')
  await page.locator('.bottombar a[href="/posts/new"]').click()
  await page.waitForURL('**/posts/new')
  await page.locator('input[name=channels]').first().check({ force: true })
  await field(page, 'parts[0][text]').fill('From a phone')
  await page.locator('input[name=when][value=draft]').check()
  const answer = await submit(page, page.locator('[data-save]'))
  assert.ok(answer.ok(), await page.locator('main').innerText())
  await page.goto('/posts')
  assert.match(await page.locator('main').innerText(), /From a phone/)
  browser.check()
})
