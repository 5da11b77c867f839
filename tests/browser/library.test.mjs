// The library: bringing files, finding them, choosing several, a file's own page, and choosing from the composer.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Browser, owner, submit, until } from './support.mjs'

let browser
let pictures
const field = (page, name) => page.locator(`[id="f-${name}"]`)
const cards = (page) => page.locator('.media-card')
const names = (page) => page.locator('.media-name').allInnerTexts()

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
  pictures = await draw(page, ['loom.png', 'cards.png', 'wheel.png', 'engine.png', 'edition.png'])
  browser.check()
})

after(() => browser?.stop())

// Pictures that can be told apart, one for each name.
async function draw(page, named) {
  const drawn = await page.evaluate((named) => named.map((name, n) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: n % 2 ? 600 : 900, height: n % 2 ? 900 : 600 })
    const context = canvas.getContext('2d')
    const sky = context.createLinearGradient(0, 0, canvas.width, canvas.height)
    sky.addColorStop(0, `hsl(${n * 67} 60% 62%)`)
    sky.addColorStop(1, `hsl(${n * 67 + 70} 55% 38%)`)
    context.fillStyle = sky
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.fillStyle = 'hsl(0 0% 100% / 0.85)'
    context.beginPath()
    context.arc(canvas.width * 0.3, canvas.height * 0.65, 110, 0, 7)
    context.fill()
    return canvas.toDataURL('image/png').split(',')[1]
  }), named)
  return named.map((name, n) => ({ name, mimeType: 'image/png', buffer: Buffer.from(drawn[n], 'base64') }))
}

// A second of a film, recorded from a canvas.
async function film(page) {
  const recorded = await page.evaluate(async () => {
    const type = ['video/mp4;codecs=avc1.42E01E', 'video/mp4;codecs=vp9', 'video/mp4'].find((type) => MediaRecorder.isTypeSupported(type))
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 })
    const context = canvas.getContext('2d')
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: type })
    const chunks = []
    recorder.ondataavailable = (event) => chunks.push(event.data)
    const ended = new Promise((done) => { recorder.onstop = done })
    recorder.start()
    for (let n = 0; n < 30; n += 1) {
      context.fillStyle = `hsl(${n * 8} 70% 50%)`
      context.fillRect(0, 0, 320, 180)
      await new Promise((done) => setTimeout(done, 40))
    }
    recorder.stop()
    await ended
    const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer())
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  })
  return { name: 'press.mp4', mimeType: 'video/mp4', buffer: Buffer.from(recorded, 'base64') }
}

test('files are brought by choosing them, and the empty library says what it is for', async () => {
  const page = await browser.page()
  await page.goto('/media')
  await browser.look(page, 'library-empty')
  await page.locator('#f-file').setInputFiles([...pictures, await film(page)])
  await until('six files are in the library', async () => (await cards(page).count()) === 6)
  await page.waitForLoadState()
  await browser.look(page, 'library')
})

test('a file is described, and the point that stays in sight is set by pointer and keys', async () => {
  const page = await browser.page()
  await page.goto('/media')
  await page.locator('.media-frame[aria-label*="loom.png"]').click()
  await page.waitForURL(/\/media\/[0-9a-f-]{36}$/)
  const stage = page.locator('[data-focus-stage]')
  const box = await stage.locator('img').boundingBox()
  await stage.click({ position: { x: box.width * 0.3, y: box.height * 0.5 } })
  await stage.press('ArrowDown')
  await stage.press('ArrowRight')
  assert.deepEqual([await page.locator('[name=focus_x]').inputValue(), await page.locator('[name=focus_y]').inputValue()], ['32', '52'])
  await field(page, 'alt').fill('A loom of oak')
  await field(page, 'tags').fill('Launch, looms')
  await submit(page, page.locator('form:has(#f-alt) .primary'))
  assert.equal(await field(page, 'tags').inputValue(), 'Launch, looms')
  await browser.look(page, 'library-item')
  await page.goto('/media?q=oak')
  const shown = await page.locator('.media-card img').evaluate((image) => getComputedStyle(image).objectPosition)
  assert.equal(shown, '30% 50%')
  browser.check()
})

test('a cut picture takes the place of the whole one, which comes back by one button', async () => {
  const page = await browser.page()
  await page.goto('/media?q=engine')
  await page.locator('.media-frame').click()
  await page.waitForURL(/\/media\/[0-9a-f-]{36}$/)
  const before = page.url()
  await page.locator('[data-crop]').click()
  await page.locator('.crop-ratio:has([value="1"])').click()
  await Promise.all([page.waitForURL((url) => url.href !== before), page.locator('[data-crop-save]').click()])
  assert.equal(await page.locator('h1').innerText(), 'engine.png')
  assert.match(await page.locator('.item-facts').innerText(), /600 × 600/)
  await submit(page, page.locator('.flashes form button'))
  assert.equal(page.url(), before)
  await page.goto('/media?q=engine')
  assert.equal(await cards(page).count(), 2)
  browser.check()
})

test("a film's cover is taken from the film", async () => {
  const page = await browser.page()
  await page.goto('/media?kind=film')
  await page.locator('.media-frame').click()
  await page.waitForURL(/\/media\/[0-9a-f-]{36}$/)
  await Promise.all([page.waitForResponse((answer) => answer.url().endsWith('/cover')), page.locator('[data-take-frame]').click()])
  await page.locator('.cover-now').waitFor()
  assert.ok(await page.locator('.cover-now').evaluate((image) => image.decode().then(() => image.naturalWidth)) === 320)
  await browser.look(page, 'library-film')
  await page.goto('/media?kind=film')
  assert.match(await page.locator('.media-card img').getAttribute('src'), /\.jpg$/)
  browser.check()
})

test('several files are chosen with Shift, sorted, deleted and put back', async () => {
  const page = await browser.page()
  await page.goto('/media?kind=picture')
  const boxes = page.locator('.media-tick input')
  await boxes.nth(0).check({ force: true })
  await boxes.nth(2).click({ force: true, modifiers: ['Shift'] })
  assert.match(await page.locator('[data-select-count]').innerText(), /3/)
  await browser.look(page, 'library-chosen')
  await page.keyboard.press('Escape')
  assert.equal(await page.locator('.media-tick :checked').count(), 0)
  await boxes.nth(0).focus()
  await page.keyboard.press('Space')
  await boxes.nth(2).focus()
  await page.keyboard.press('Shift+Space')
  await page.locator('[name=tag][list]').fill('Autumn')
  await submit(page, page.locator('button[value=tag]'))
  assert.equal(new URL(page.url()).search, '?kind=picture')
  await page.locator('[name=tag]:not([list])').selectOption('autumn')
  await page.waitForURL(/tag=autumn/)
  assert.equal(await cards(page).count(), 3)
  const there = await names(page)
  await page.locator('[data-bulk-all]').evaluate((all) => all.click())
  await submit(page, page.locator('button[value=delete]'))
  assert.match(await page.locator('main').innerText(), /No file fits/)
  await submit(page, page.locator('.flashes form button'))
  await page.goto('/media?tag=autumn')
  assert.deepEqual(await names(page), there)
  browser.check()
})

test('the list goes on by itself when its end comes into sight', async () => {
  const page = await browser.page()
  await page.goto('/media')
  await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 8, height: 8 })
    for (let n = 0; n < 62; n += 1) {
      canvas.getContext('2d').fillRect(n % 8, 0, 1, 8)
      const form = new FormData()
      form.append('file', await new Promise((done) => canvas.toBlob(done)), `dot ${n}.png`)
      const headers = { 'X-CSRF-Token': document.querySelector('meta[name=csrf]').content, Accept: 'application/json' }
      const answer = await fetch('/media', { method: 'POST', body: form, headers })
      if (answer.status !== 201) throw new Error(String(answer.status))
    }
  })
  await page.reload()
  assert.equal(await cards(page).count(), 60)
  await page.locator('[data-more]').scrollIntoViewIfNeeded()
  await until('everything is there', async () => (await page.locator('[data-more]').count()) === 0)
  assert.ok((await cards(page).count()) > 62)
  assert.equal(new Set(await page.locator('.media-tick input').evaluateAll((boxes) => boxes.map((box) => box.value))).size, await cards(page).count())
  browser.check()
})

test('the composer chooses from the whole library', async () => {
  const page = await browser.page()
  await page.goto('/posts/new')
  await page.locator('[contenteditable]').first().waitFor()
  const opener = page.locator('[data-open-picker]:visible').first()
  await opener.click()
  const picker = page.locator('dialog.picker')
  await picker.locator('[data-pick]').first().waitFor()
  await browser.look(page, 'library-picker')
  await picker.locator('[name=q]').fill('loom')
  await until('one file fits', async () => (await picker.locator('[data-pick]').count()) === 1)
  await picker.locator('[data-pick]').check({ force: true })
  await picker.locator('[name=q]').fill('')
  await picker.locator('[name=kind]').selectOption('film')
  await until('only films', async () => (await picker.locator('[data-mime="video/mp4"]').count()) === (await picker.locator('[data-pick]').count()))
  await picker.locator('[data-pick]').check({ force: true })
  assert.match(await picker.locator('[data-picker-count]').innerText(), /2/)
  await picker.locator('[data-picker-add]').click()
  assert.equal(await page.locator('[data-shots] [data-media]').count(), 2)
  assert.equal(await page.locator('[data-shots] textarea').first().inputValue(), 'A loom of oak')
  assert.ok(await page.locator('[data-shots] video').getAttribute('poster'))
  assert.ok(await opener.evaluate((button) => button === document.activeElement))
  browser.check()
})

test('without a script the library is filtered, gone through and sorted, too', async () => {
  const page = await browser.page({ javaScript: false })
  await page.goto('/media')
  await page.locator('[rel=next]').click()
  await page.waitForURL(/after=/)
  await page.goto('/media')
  await page.locator('.library-filter [name=q]').fill('loom')
  await submit(page, page.locator('.library-filter button'))
  assert.deepEqual(await names(page), ['loom.png'])
  await page.locator('.media-tick input').check()
  await submit(page, page.locator('button[value=delete]'))
  assert.match(await page.locator('.flashes').innerText(), /no longer in the library/)
  await submit(page, page.locator('.flashes form button'))
  await page.goto('/media?q=loom')
  await page.locator('.media-frame').click()
  await page.waitForURL(/\/media\/[0-9a-f-]{36}$/)
  await field(page, 'name').fill('The loom')
  await submit(page, page.locator('form:has(#f-alt) .primary'))
  assert.equal(await page.locator('h1').innerText(), 'The loom.png')
  browser.check()
})
