// People: an invitation from one browser to another, roles, approval by a client's link on a phone, without JavaScript too.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Browser, owner, submit } from './support.mjs'

let browser
const field = (page, name) => page.locator(`[id="f-${name}"]`)
const ben = { name: 'Ben Writer', email: 'ben@example.com', password: 'another long password' }
let benSession

before(async () => {
  browser = await Browser.start()
  const page = await browser.page({ signedIn: false })
  await page.goto(browser.setUpLink)
  for (const name of ['name', 'email', 'password', 'organisation']) await field(page, name).fill(owner[name])
  await submit(page, page.locator('main form').getByRole('button'))
  await browser.keepSession(page)
  await page.goto('/channels/connect/sandbox')
  await field(page, 'handle').fill('byron')
  await submit(page, page.locator('main form .primary'))
  browser.check()
})

after(() => browser?.stop())

async function asBen() {
  const mine = browser.session
  browser.session = benSession
  const page = await browser.page()
  browser.session = mine
  return page
}

// A post for tomorrow, written by whoever this page belongs to; → its address.
async function write(page, text) {
  await page.goto('/posts/new')
  await page.locator('input[name=channels]').first().check({ force: true })
  await field(page, 'parts[0][text]').fill(text)
  await page.locator('input[name=when][value=at]').check({ force: true })
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  await field(page, 'date').fill(day)
  await field(page, 'time').fill('10:30')
  const answer = await submit(page, page.locator('[data-save]'))
  assert.ok(answer.ok(), await page.locator('main').innerText())
  await page.waitForURL(/\/posts\/[0-9a-f-]{36}$/)
  return new URL(page.url()).pathname
}

test('an invitation leads a stranger into the organisation', async () => {
  const page = await browser.page()
  await page.goto('/settings/members')
  await browser.look(page, 'members-alone')
  await field(page, 'email').fill(ben.email)
  await submit(page, page.locator('form[action="/settings/invites"] button'))
  const link = await page.locator('#invite-link').innerText()
  await browser.look(page, 'members-invited')

  const other = await browser.page({ signedIn: false })
  await other.goto(link)
  assert.match(await other.locator('main').innerText(), /Olive Owner invites you as Member/)
  assert.equal(await field(other, 'email').inputValue(), ben.email)
  await browser.look(other, 'join')
  await field(other, 'name').fill(ben.name)
  await field(other, 'password').fill('short')
  const wrong = await submit(other, other.locator('main form').first().getByRole('button'))
  assert.equal(wrong.status(), 422)
  assert.equal(await field(other, 'name').inputValue(), ben.name)
  await browser.look(other, 'join-wrong')
  await field(other, 'password').fill(ben.password)
  await submit(other, other.locator('main form').first().getByRole('button'))
  assert.notEqual(new URL(other.url()).pathname, '/login')
  benSession = await other.context().storageState()
  await other.goto('/settings/members')
  assert.match(await other.locator('main').innerText(), /Olive Owner/)
  await browser.look(other, 'members-as-member')

  const late = await browser.page({ signedIn: false })
  await late.goto(link)
  assert.match(await late.locator('main').innerText(), /over/)
  await browser.look(late, 'join-over')
  await page.goto('/settings/members')
  assert.match(await page.locator('main').innerText(), /Ben Writer/)
  await browser.look(page, 'members')
})

test('a member is shown what they may do, and refused the rest', async () => {
  const page = await asBen()
  await page.goto('/settings/account')
  assert.equal(await page.locator('.settings-nav a[href="/settings/tokens"]').count(), 0)
  const refused = await page.goto('/settings/organisation')
  assert.equal(refused.status(), 403)
  await browser.look(page, 'forbidden')
})

test('another organisation, by the switcher and without a script', async () => {
  const page = await browser.page()
  await page.goto('/organisations')
  await field(page, 'name').fill('Second Brand')
  await submit(page, page.locator('form[action="/organisations"] button'))
  await page.goto('/organisations')
  await browser.look(page, 'organisations')
  await page.locator('.sidebar .switcher summary').click()
  await page.locator('.sidebar .switcher-menu').waitFor()
  await browser.look(page, 'switcher')
  await submit(page, page.locator('.sidebar .switcher-menu button', { hasText: owner.organisation }))
  assert.match(await page.locator('.sidebar .switcher summary').innerText(), new RegExp(owner.organisation))

  const plain = await browser.page({ javaScript: false })
  await plain.goto('/posts')
  await plain.locator('.sidebar .switcher summary').click()
  await submit(plain, plain.locator('.sidebar .switcher-menu button', { hasText: 'Second Brand' }))
  assert.match(await plain.locator('.sidebar .switcher summary').innerText(), /Second Brand/)
  await plain.locator('.sidebar .switcher summary').click()
  await submit(plain, plain.locator('.sidebar .switcher-menu button', { hasText: owner.organisation }))
  browser.check()
})

test('a post that must be approved: handed in, sent back, approved', async () => {
  const page = await browser.page()
  await page.goto('/reviews')
  await browser.look(page, 'reviews-off')
  await page.goto('/settings/reviews')
  await page.locator('input[name=policy][value=two]').check()
  await browser.look(page, 'review-settings')
  await page.locator('input[name=policy][value=one]').check()
  await submit(page, page.locator('main form > .actions button'))

  const writer = await asBen()
  const path = await write(writer, 'Loud words for tomorrow')
  assert.match(await writer.locator('main').innerText(), /waits for approval/i)
  assert.equal(await writer.locator('button[value=approve]').count(), 0, 'the writer may not approve')
  await browser.look(writer, 'post-in-review')

  await page.goto('/reviews')
  assert.match(await page.locator('main').innerText(), /Loud words/)
  await browser.look(page, 'reviews')
  await page.goto(path)
  await page.locator('#review-box details summary').click()
  await field(page, 'note').fill('Less loud, please')
  await browser.look(page, 'post-to-approve')
  await submit(page, page.locator('#review-box button[value=changes]'))
  assert.match(await page.locator('main').innerText(), /Changes wanted/)

  await writer.goto(path)
  assert.match(await writer.locator('main').innerText(), /Less loud, please/)
  await browser.look(writer, 'post-changes')
  await writer.goto(`${path}/edit`)
  await field(writer, 'parts[0][text]').fill('Quiet words for tomorrow')
  await writer.locator('input[name=when][value=at]').check({ force: true })
  await submit(writer, writer.locator('[data-save]'))
  await writer.waitForURL(/\/posts\/[0-9a-f-]{36}$/)

  await page.goto('/reviews')
  await page.locator('[data-bulk-all]').check()
  await submit(page, page.locator('#bulk button'))
  await page.goto(path)
  assert.match(await page.locator('.card-head .badge').first().innerText(), /Scheduled/)
  await browser.look(page, 'post-approved')
})

test('comments, with a mention', async () => {
  const page = await browser.page()
  const path = await write(page, 'Something to talk about')
  // Names are offered behind the sign, and chosen without leaving the field.
  await field(page, 'body').focus()
  await page.keyboard.type('Well, @wri')
  const option = page.locator('#people [role=option]')
  await option.waitFor()
  assert.equal(await option.innerText(), 'Ben Writer')
  await browser.look(page, 'post-mention')
  await page.keyboard.press('Escape')
  assert.equal(await option.count(), 0)
  await page.keyboard.type('t')
  await option.waitFor()
  await page.keyboard.press('Enter')
  assert.equal(await field(page, 'body').inputValue(), 'Well, @Ben Writer ')
  await page.keyboard.type('what do you think?')
  await submit(page, page.locator(`form[action="${path}/comments"] button`))
  assert.match(await page.locator('#talk').innerText(), /what do you think/)
  await submit(page, page.locator('#talk .comment form button').first())
  assert.match(await page.locator('#talk').innerText(), /Dealt with by Olive Owner/)
  await browser.look(page, 'post-comments')
})

test('a client approves on a phone by a link with a PIN', async () => {
  const page = await browser.page()
  const path = await write(page, 'What the client shall see')
  await page.locator('#shares summary').click()
  await field(page, 'label').fill('Lord Byron')
  await field(page, 'pin').fill('482913')
  await page.locator('[id="f-decides"]').check()
  await submit(page, page.locator(`form[action="${path}/shares"] button`))
  const link = await page.locator('#share-link').innerText()
  await browser.look(page, 'post-link')

  const client = await browser.page({ signedIn: false, javaScript: false, width: 'phone' })
  await client.goto(link)
  assert.doesNotMatch(await client.locator('main').innerText(), /What the client shall see/)
  await field(client, 'pin').fill('111111')
  assert.equal((await submit(client, client.locator('main form button'))).status(), 422)
  await field(client, 'pin').fill('482913')
  await submit(client, client.locator('main form button'))
  assert.match(await client.locator('main').innerText(), /What the client shall see/)
  assert.equal((await client.context().cookies()).some(({ name }) => name === 'session'), false)
  await client.locator('input[name=name]').fill('Lord Byron')
  await submit(client, client.locator('button[value=approve]'))
  assert.match(await client.locator('main').innerText(), /Approved. Thank you/)

  const shown = await browser.page({ signedIn: false, width: 'phone' })
  await shown.goto(link)
  await browser.look(shown, 'share-pin')
  await field(shown, 'pin').fill('482913')
  await submit(shown, shown.locator('main form button'))
  await browser.look(shown, 'share')
  await page.goto(path)
  assert.match(await page.locator('#review-box').innerText(), /Lord Byron approved/)
  await page.locator('#shares .share-list button').click()
  await shown.goto(link)
  assert.match(await shown.locator('main').innerText(), /over/)
  await browser.look(shown, 'share-over')
})
