// The designer: a picture put together by pointer and by keys, from nothing and from a picture, and what becomes of it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Browser, owner, png, submit, until } from './support.mjs'

let browser
const field = (page, name) => page.locator(`[id="f-${name}"]`)
const stage = (page) => page.locator('[data-stage]')
const layers = (page) => page.locator('[data-layer]')
const tool = (page, name) => page.locator(`[data-tool=${name}]`)
const prop = (page, name) => page.locator(`[data-prop=${name}]:visible`)

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

// A photograph, as far as a test needs one.
async function photo(page, name = 'loom.png', [width, height] = [1600, 900]) {
  const drawn = await page.evaluate(([width, height]) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height })
    const context = canvas.getContext('2d')
    const sky = context.createLinearGradient(0, 0, width, height)
    sky.addColorStop(0, 'hsl(205 70% 62%)')
    sky.addColorStop(1, 'hsl(30 65% 45%)')
    context.fillStyle = sky
    context.fillRect(0, 0, width, height)
    context.fillStyle = 'hsl(40 90% 88%)'
    context.beginPath()
    context.arc(width * 0.7, height * 0.35, height * 0.18, 0, 7)
    context.fill()
    return canvas.toDataURL('image/png').split(',')[1]
  }, [width, height])
  return { name, mimeType: 'image/png', buffer: Buffer.from(drawn, 'base64') }
}

async function upload(page, file) {
  await page.goto('/media')
  await page.locator('#f-file').setInputFiles([file])
  await page.locator(`.media-frame[aria-label*="${file.name}"]`).waitFor()
}

// The stored file, decoded: its size and the colour at a point in shares of it.
function decoded(page, selector, points) {
  return page.locator(selector).evaluate(async (image, points) => {
    await image.decode()
    const canvas = Object.assign(document.createElement('canvas'), { width: image.naturalWidth, height: image.naturalHeight })
    const context = canvas.getContext('2d')
    context.drawImage(image, 0, 0)
    const colour = ([x, y]) => [...context.getImageData(Math.floor(x * canvas.width), Math.floor(y * canvas.height), 1, 1).data]
    return { size: [canvas.width, canvas.height], colours: points.map(colour) }
  }, points)
}

const saved = (page) => Promise.all([page.waitForURL(/\/media\/[0-9a-f-]{36}$/), page.locator('[data-designer-save]').click()])

test('a blank picture is made with the keys alone and becomes a file of the library', async () => {
  const page = await browser.page()
  await page.goto('/media/design')
  await browser.look(page, 'designer-blank')
  await page.locator('[data-size]').selectOption('1080x1350')
  await tool(page, 'rectangle').press('Enter')
  assert.ok(await stage(page).evaluate((stage) => stage === document.activeElement))
  await page.keyboard.press('Shift+ArrowRight')
  await page.keyboard.press('Control+d')
  assert.equal(await layers(page).count(), 2)
  await page.keyboard.press('Delete')
  assert.equal(await layers(page).count(), 1)
  await tool(page, 'text').press('Enter')
  await page.keyboard.type('Looms')
  await page.keyboard.press('Escape')
  assert.deepEqual(await layers(page).allInnerTexts(), ['Looms', 'Rectangle'])
  await page.keyboard.press('[')
  assert.deepEqual(await layers(page).allInnerTexts(), ['Rectangle', 'Looms'])
  await page.keyboard.press('Control+z')
  assert.deepEqual(await layers(page).allInnerTexts(), ['Looms', 'Rectangle'])
  await page.keyboard.press('Control+Shift+z')
  assert.deepEqual(await layers(page).allInnerTexts(), ['Rectangle', 'Looms'])
  await layers(page).first().press('Enter')
  await page.locator('[data-paint=fill] [data-colour="#16a34a"]:visible').press('Enter')
  await browser.look(page, 'designer-shapes')
  await stage(page).focus()
  await Promise.all([page.waitForURL(/\/media\/[0-9a-f-]{36}$/), page.keyboard.press('Control+Enter')])
  assert.equal(await page.locator('h1').innerText(), 'Design.png')
  const made = await decoded(page, '[data-focus-stage] img', [[0.5, 0.5], [0.02, 0.02]])
  assert.deepEqual(made, { size: [1080, 1350], colours: [[22, 163, 74, 255], [255, 255, 255, 255]] })
  browser.check()
})

test("a picture of the library is cut to a platform's size, made grey and kept beside the first one", async () => {
  const page = await browser.page()
  await upload(page, await photo(page))
  await page.locator('.media-frame[aria-label*="loom.png"]').click()
  await page.waitForURL(/\/media\/[0-9a-f-]{36}$/)
  const first = page.url()
  await Promise.all([page.waitForURL(/design\?from=/), page.locator('a[href*="design?from="]').click()])
  await page.locator('.designer.is-open').waitFor()
  assert.deepEqual([await page.locator('[data-side=width]').inputValue(), await page.locator('[data-side=height]').inputValue()], ['1600', '900'])
  await page.locator('[data-size]').selectOption('1080x1080')
  await layers(page).first().click()
  await prop(page, 'grey').check()
  await prop(page, 'brightness').fill('10')
  await page.locator('[data-undo]').click()
  assert.equal(await prop(page, 'brightness').inputValue(), '0')
  await page.locator('[data-redo]').click()
  assert.equal(await prop(page, 'brightness').inputValue(), '10')
  await browser.look(page, 'designer-picture')
  await saved(page)
  assert.notEqual(page.url(), first)
  assert.equal(await page.locator('h1').innerText(), 'loom.png')
  const { size, colours: [[red, green, blue, alpha]] } = await decoded(page, '[data-focus-stage] img', [[0.5, 0.5]])
  assert.deepEqual([size, alpha, Math.abs(red - green) < 3 && Math.abs(green - blue) < 3], [[1080, 1080], 255, true])
  await page.goto(first)
  assert.match(await page.locator('.item-facts').innerText(), /1600 × 900/)
  browser.check()
})

test('things are moved, drawn and written by pointer, and pictures brought from everywhere', async () => {
  const page = await browser.page()
  await page.goto('/media/design')
  await tool(page, 'ellipse').click()
  const box = await stage(page).boundingBox()
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  await page.mouse.move(x, y)
  await page.mouse.down()
  await page.mouse.move(x + 90, y + 70, { steps: 4 })
  await page.mouse.up()
  await tool(page, 'pen').click()
  assert.equal(await tool(page, 'pen').getAttribute('aria-pressed'), 'true')
  await page.mouse.move(x - 120, y - 90)
  await page.mouse.down()
  await page.mouse.move(x + 60, y - 120, { steps: 6 })
  await page.mouse.up()
  await stage(page).press('Escape')
  await tool(page, 'arrow').click()
  await tool(page, 'line').click()
  await page.locator('[data-open-picker]').click()
  const picker = page.locator('dialog.picker')
  await picker.locator('[data-pick]').first().check({ force: true })
  await picker.locator('[data-picker-add]').click()
  await until('the picture is there', async () => (await layers(page).count()) === 5)
  await page.locator('[data-designer-file]').setInputFiles([{ name: 'dot.png', mimeType: 'image/png', buffer: png(40, 30) }])
  await until('the file is there', async () => (await layers(page).count()) === 6)
  await page.locator('[data-designer-file]').setInputFiles([{ name: 'no.png', mimeType: 'image/png', buffer: Buffer.from('none') }])
  await until('it is said that this is no picture', async () => (await page.locator('[data-designer-told]').innerText()).includes('cannot be read'))
  assert.deepEqual(await layers(page).allInnerTexts(), ['Picture', 'Picture', 'Line', 'Arrow', 'Drawing', 'Circle'])
  await layers(page).nth(1).click()
  await page.locator('[data-act=cover]').click()
  await page.locator('[data-act=back]').click({ clickCount: 4, delay: 10 })
  assert.equal((await layers(page).allInnerTexts()).at(-1), 'Picture')
  await tool(page, 'text').click()
  await page.keyboard.type('Woven by cards')
  await prop(page, 'fontSize').fill('120')
  await prop(page, 'fontSize').press('Tab')
  await browser.look(page, 'designer-all')
  // Leaving would lose it.
  const asked = page.waitForEvent('dialog')
  page.goto('/media').catch(() => {})
  const dialog = await asked
  assert.equal(dialog.type(), 'beforeunload')
  await dialog.dismiss()
  for (let n = 0; n < 40 && await page.locator('[data-undo]').isEnabled(); n += 1) await page.locator('[data-undo]').click()
  assert.equal(await layers(page).count(), 0)
  await page.goto('/media')
  browser.check()
})

test('a picture is made for a post, and a picture of a post is worked on', async () => {
  const page = await browser.page()
  await page.goto('/posts/new')
  await page.locator('[contenteditable]').first().waitFor()
  const open = async (button) => {
    const [designer] = await Promise.all([page.context().waitForEvent('page'), button.click()])
    await designer.locator('.designer.is-open').waitFor()
    return designer
  }
  const designer = await open(page.locator('[data-part] [data-design]:visible').first())
  await designer.locator('[data-size]').selectOption('1200x628')
  await Promise.all([designer.waitForEvent('close'), designer.locator('[data-designer-save]').click()])
  await page.locator('[data-shots] [data-media] img').waitFor()
  assert.deepEqual((await decoded(page, '[data-shots] [data-media] img', [])).size, [1200, 628])
  await page.locator('[data-shots] textarea').fill('A plain card')
  const again = await open(page.locator('[data-shots] [data-design]'))
  await again.locator('[data-size]').selectOption('1080x1080')
  await Promise.all([again.waitForEvent('close'), again.locator('[data-designer-save]').click()])
  await until('the picture has changed', async () => (await decoded(page, '[data-shots] [data-media] img', [])).size[1] === 1080)
  assert.equal(await page.locator('[data-shots] [data-media]').count(), 1)
  assert.equal(await page.locator('[data-shots] textarea').inputValue(), 'A plain card')
  await browser.look(page, 'designer-composer')
  browser.check()
})

test('the designer says what it needs without scripts, and is written from right to left', async () => {
  const plain = await browser.page({ javaScript: false })
  await plain.goto('/media/design')
  assert.match(await plain.locator('main').innerText(), /needs JavaScript/)
  assert.equal(await plain.locator('[data-designer-save]').isVisible(), false)
  const page = await browser.page()
  await page.goto('/settings/account')
  await page.evaluate(async () => {
    const body = new URLSearchParams({ _method: 'PUT', language: 'ar', csrf: document.querySelector('meta[name=csrf]').content })
    const answer = await fetch('/settings/language', { method: 'POST', body })
    if (!answer.ok) throw new Error(String(answer.status))
  })
  await page.goto('/media/design')
  assert.equal(await page.locator('html').getAttribute('dir'), 'rtl')
  await tool(page, 'text').click()
  await page.keyboard.type('مرحبا بكم، 2026!')
  await page.keyboard.press('Escape')
  await browser.look(page, 'designer-arabic')
})
