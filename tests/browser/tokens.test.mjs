// Access tokens: made on the page, used by a program, revoked; and the pages that document the API.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Browser, owner, submit } from './support.mjs'

let browser
const field = (page, name) => page.locator(`[id="f-${name}"]`)
const main = (page) => page.locator('main form')
let token

const me = () => fetch(`${browser.rostrum.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })

before(async () => {
  browser = await Browser.start()
  const page = await browser.page({ signedIn: false })
  await page.goto(browser.setUpLink)
  for (const name of ['name', 'email', 'password', 'organisation']) await field(page, name).fill(owner[name])
  await submit(page, main(page).getByRole('button'))
  await browser.keepSession(page)
})

after(() => browser?.stop())

test('a token without a scope is refused at its field', async () => {
  const page = await browser.page()
  await page.goto('/settings/tokens')
  await browser.look(page, 'tokens-none')
  await field(page, 'name').fill('Publishing robot')
  const answer = await submit(page, page.getByRole('button', { name: 'Make the token' }))
  assert.equal(answer.status(), 422)
  assert.equal(await field(page, 'name').inputValue(), 'Publishing robot')
  assert.equal(await page.locator('#e-scopes').count(), 1)
  await browser.look(page, 'tokens-refused')
})

test('a token is made, shown once, and used', async () => {
  const page = await browser.page()
  await page.goto('/settings/tokens')
  await field(page, 'name').fill('Publishing robot')
  for (const scope of ['posts:read', 'posts:write']) await page.locator(`input[value="${scope}"]`).check()
  await submit(page, page.getByRole('button', { name: 'Make the token' }))
  token = await page.locator('#new-token').innerText()
  assert.match(token, /^rst_[0-9A-Za-z]{42}$/)
  await browser.look(page, 'tokens-new')
  assert.deepEqual((await (await me()).json()).token.scopes, ['posts:read', 'posts:write'])
  await page.goto('/settings/tokens')
  assert.ok(!(await page.content()).includes(token))
  await browser.look(page, 'tokens')
})

test('a revoked token works no more, also without JavaScript', async () => {
  const page = await browser.page({ javaScript: false })
  await page.goto('/settings/tokens')
  await submit(page, page.getByRole('button', { name: 'Revoke' }))
  assert.equal(await page.getByRole('button', { name: 'Revoke' }).count(), 0)
  assert.equal((await me()).status, 401)
})

test('the API is documented', async () => {
  const page = await browser.page({ signedIn: false })
  for (const path of ['/docs/v1', '/docs/errors']) {
    assert.equal((await page.goto(path)).status(), 200)
    await browser.look(page, path.slice(1).replaceAll('/', '-'))
  }
})
