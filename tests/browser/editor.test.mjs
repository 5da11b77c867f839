// The editor in Chromium: formatting by button, key and paste, and that it survives saving, editing, own texts, threads and drafts.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Browser, owner, said, submit, until } from './support.mjs'

let browser
const field = (page, name) => page.locator(`[id="f-${name}"]`)
const words = (page, part = 'parts[0]') => field(page, `${part}[text]`)
const box = (page, name) => page.locator(`input[name=channels][data-name="${name}"]`)
const button = (page, name) => page.locator('[data-text=""] [data-part]').first().locator(`[data-format=${name}]`)
// Without the directions that the page adds for readers.
const html = (page, part = 'parts[0]') => page.locator(`input[name="${part}[html]"]`).inputValue().then((value) => value.replace(/ dir="auto"/g, ''))
const RICH = '<p>A <strong>bold</strong> word</p><ul><li><p>one</p></li><li><p>two</p></li></ul>'

before(async () => {
  browser = await Browser.start()
  const page = await browser.page({ signedIn: false })
  await page.goto(browser.setUpLink)
  for (const name of ['name', 'email', 'password', 'organisation']) await field(page, name).fill(owner[name])
  await submit(page, page.locator('main form').getByRole('button'))
  await browser.keepSession(page)
  for (const handle of ['ada', 'babbage']) {
    await page.goto('/channels/connect/sandbox')
    await field(page, 'handle').fill(handle)
    await submit(page, page.locator('main form .primary'))
  }
  await page.close()
})

after(() => browser?.stop())

async function begin(page) {
  await page.goto('/posts/new')
  await page.locator('.rich').first().waitFor()
  await words(page).focus()
}

// With the keyboard alone: a word in bold and a list of two.
async function type(page) {
  await page.keyboard.type('A ')
  await page.keyboard.press('Control+b')
  await page.keyboard.type('bold')
  await page.keyboard.press('Control+b')
  await page.keyboard.type(' word')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Control+Shift+8')
  await page.keyboard.type('one')
  await page.keyboard.press('Enter')
  await page.keyboard.type('two')
}

async function saveDraft(page) {
  await page.locator('input[name=when][value=draft]').check({ force: true })
  await submit(page, page.locator('[data-save]'))
}

async function openForEditing(page) {
  await page.locator('a[href$="/edit"]').first().click()
  await page.waitForURL('**/edit')
  await page.locator('.rich').first().waitFor()
}

test('bold and a list survive saving, editing and an own text', async () => {
  const page = await browser.page()
  await begin(page)
  await type(page)
  assert.equal(await html(page), RICH)
  assert.equal(await said(page), 'A bold word\n- one\n- two')
  for (const name of ['ada', 'babbage']) await box(page, name).check({ force: true })
  await page.locator('.check-item', { hasText: 'plain words' }).waitFor()
  await browser.look(page, 'editor')
  await page.getByRole('tab', { name: 'babbage' }).click()
  await page.getByRole('button', { name: 'Edit for babbage only' }).click()
  const own = page.locator('[data-own]:not([hidden]) .rich')
  assert.match(await own.innerHTML(), /<strong>bold<\/strong>.*<ul/)
  await own.press('Control+End')
  await page.keyboard.type(' more')
  await saveDraft(page)
  await openForEditing(page)
  assert.equal(await html(page), RICH)
  assert.match(await page.locator('[data-own] .rich').innerHTML(), /<strong>bold<\/strong>.*two more/)
  // Only the time is changed: nothing of the text is.
  await page.locator('[data-save]').click()
  await page.waitForURL(/\/posts\/[0-9a-f-]{36}$/)
  await openForEditing(page)
  assert.equal(await html(page), RICH)
  // Formatting can be taken away again.
  await words(page).press('Control+a')
  await page.keyboard.press('Control+b')
  if (/strong/.test(await html(page))) await page.keyboard.press('Control+b')
  await submit(page, page.locator('[data-save]'))
  await openForEditing(page)
  assert.doesNotMatch(await html(page), /strong/)
  browser.check()
  await page.close()
})

test('a link is set over words, by paste and by key, and taken off', async () => {
  const page = await browser.page()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await begin(page)
  await page.keyboard.type('Read this')
  for (let n = 0; n < 4; n += 1) await page.keyboard.press('Shift+ArrowLeft')
  await page.evaluate(() => navigator.clipboard.writeText('https://example.org/loom'))
  await page.keyboard.press('Control+v')
  assert.equal(await html(page), '<p>Read <a href="https://example.org/loom">this</a></p>')
  assert.equal(await said(page), 'Read this (https://example.org/loom)')
  await page.keyboard.press('Control+k')
  await page.locator('[data-link-address]').first().fill('not an address')
  await page.keyboard.press('Enter')
  await page.locator('[data-link-wrong]:not([hidden])').waitFor()
  await browser.look(page, 'editor-link')
  await page.locator('[data-link-address]').first().fill('example.org/weave')
  await page.keyboard.press('Enter')
  assert.equal(await html(page), '<p>Read <a href="https://example.org/weave">this</a></p>')
  assert.equal(await page.evaluate(() => document.activeElement.matches('.rich')), true, 'writing goes on')
  await page.keyboard.press('Control+k')
  await page.locator('[data-link-remove]').first().click()
  assert.equal(await html(page), '<p>Read this</p>')
  browser.check()
  await page.close()
})

test('of what is pasted only the subset comes in', async () => {
  const page = await browser.page()
  await begin(page)
  await page.evaluate(() => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/html', '<b style="font-weight:normal"><h1>Big</h1><p style="color:red">a <span style="font-weight:700">b</span> <a href="javascript:alert(1)">c</a></p><table><tr><td>d</td></tr></table><ol><li>e</li></ol></b><script>alert(1)</script><img src="x">')
    clipboardData.setData('text/plain', 'Big')
    document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  })
  assert.equal(await html(page), '<h1>Big</h1><p>a <strong>b</strong> c</p><p>d</p><ol><li><p>e</p></li></ol>')
  browser.check()
  await page.close()
})

test('buttons by keyboard, one tab stop, and signs that format nothing', async () => {
  const page = await browser.page()
  await begin(page)
  await page.keyboard.type('*not* _this_ - nor this')
  assert.equal(await html(page), '<p>*not* _this_ - nor this</p>')
  await page.keyboard.press('Shift+Tab')
  assert.equal(await page.evaluate(() => document.activeElement.dataset.format), 'bold')
  await page.keyboard.press('ArrowRight')
  assert.equal(await page.evaluate(() => document.activeElement.dataset.format), 'italic')
  await page.keyboard.press('Enter')
  assert.equal(await button(page, 'italic').getAttribute('aria-pressed'), 'true')
  await page.keyboard.type(' slanted')
  assert.match(await html(page), /<em> slanted<\/em>/)
  await page.keyboard.press('Control+z')
  await page.keyboard.press('Control+z')
  assert.doesNotMatch(await html(page), /slanted/)
  // The sandbox shows words only: what it cannot carry is not offered.
  await box(page, 'ada').check({ force: true })
  assert.equal(await button(page, 'bold').isVisible(), false)
  assert.equal(await button(page, 'bullet_list').isVisible(), true)
  browser.check()
  await page.close()
})

test('a thread is cut and joined with its formatting', async () => {
  const page = await browser.page()
  await begin(page)
  await type(page)
  await words(page).press('Control+Home')
  await page.keyboard.press('End')
  await page.keyboard.press('Control+Shift+Enter')
  assert.deepEqual([await html(page), await html(page, 'parts[1]')], ['<p>A <strong>bold</strong> word</p>', '<ul><li><p>one</p></li><li><p>two</p></li></ul>'])
  await page.locator('[data-text=""] [data-merge-all]').click()
  assert.equal(await html(page), '<p>A <strong>bold</strong> word</p><p></p><ul><li><p>one</p></li><li><p>two</p></li></ul>')
  // One press cuts a long text for its channels, and the formatting stays where it was.
  await words(page).fill(`${'One half of it. '.repeat(25).trim()}\n\n${'The other half. '.repeat(25).trim()}`)
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Control+i')
  await box(page, 'ada').check({ force: true })
  await page.locator('.check-item [data-fix]').first().click()
  await field(page, 'parts[1][text]').waitFor()
  assert.match(await html(page), /^<p><em>One half.*<\/em><\/p>$/)
  assert.match(await html(page, 'parts[1]'), /<em>The other half.*<\/em><\/p>$/)
  browser.check()
  await page.close()
})

test('a draft comes back formatted', async () => {
  const page = await browser.page()
  await begin(page)
  await type(page)
  await page.keyboard.type(' unsaved')
  await until('the draft to be kept', async () => /^Saved/.test(await page.locator('[data-saved]').innerText()), { seconds: 15 })
  await page.close({ runBeforeUnload: false })
  const again = await browser.page()
  await again.goto('/posts/new')
  await again.getByRole('link', { name: 'Go on with it' }).first().click()
  await again.locator('.rich').first().waitFor()
  assert.equal(await html(again), RICH.replace('two', 'two unsaved'))
  browser.check()
  await again.close()
})

test('without scripts an existing text keeps its formatting when only the time is changed', async () => {
  const page = await browser.page()
  await begin(page)
  await type(page)
  await saveDraft(page)
  const plain = await browser.page({ javaScript: false })
  await plain.goto(page.url())
  await plain.locator('a[href$="/edit"]').first().click()
  await plain.waitForURL('**/edit')
  assert.equal(await words(plain).inputValue(), 'A bold word\n- one\n- two')
  // A round trip through another button does not lose it either.
  await submit(plain, plain.locator('[data-add-part]'))
  await submit(plain, plain.locator('[data-remove-part]').nth(1))
  await plain.locator('input[name=when][value=at]').check({ force: true })
  await field(plain, 'date').fill('2031-02-03')
  await field(plain, 'time').fill('10:00')
  await plain.locator('input[name=when][value=draft]').check({ force: true })
  await submit(plain, plain.locator('[data-save]'))
  await plain.close()
  await openForEditing(page)
  assert.equal(await html(page), RICH)
  browser.check()
  await page.close()
})

test('Arabic is written from its side, and an input method is let finish', async () => {
  const page = await browser.page()
  await begin(page)
  await page.keyboard.insertText('نص عربي')
  assert.equal(await words(page).evaluate((element) => getComputedStyle(element).direction), 'rtl')
  await page.keyboard.press('Enter')
  const session = await page.context().newCDPSession(page)
  await session.send('Input.imeSetComposition', { text: 'に', selectionStart: 1, selectionEnd: 1 })
  await session.send('Input.imeSetComposition', { text: 'にほ', selectionStart: 2, selectionEnd: 2 })
  await session.send('Input.insertText', { text: '日本' })
  await until('the words to be there', async () => (await said(page)) === 'نص عربي\n日本', { seconds: 5, describe: () => said(page) })
  browser.check()
  await page.close()
})

test('what is written before the editor arrives is kept, with the caret where it was', async () => {
  const page = await browser.page()
  let arrive
  const arrived = new Promise((done) => { arrive = done })
  await page.route('**/js/rich.js', async (route) => {
    await arrived
    await route.continue()
  })
  await page.goto('/posts/new', { waitUntil: 'domcontentloaded' })
  const plain = page.locator('textarea[id="f-parts[0][text]"]')
  await plain.focus()
  await page.keyboard.type('First line\nTo the moon ')
  assert.equal(await plain.inputValue(), 'First line\nTo the moon ')
  arrive()
  await page.locator('html[data-started]').waitFor()
  await page.keyboard.type('and back')
  assert.equal(await said(page), 'First line\nTo the moon and back')
  browser.check()
  await page.close()
})
