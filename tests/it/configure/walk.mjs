// Makes a profile as a person does: services and indexers are tested as they are typed, rows are moved by keys, then
// everything is saved, looked at again, and changed.
import { drive, open, order } from '../support/browser.mjs'

await drive(async (browser, { base, token, torboxToken, wrongToken, jackett, wrongKey, jackettKey, broken, password }) => {
  const { context, page, complaints, answers } = await open(browser, { viewport: { width: 1280, height: 900 } })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: base })
  const facts = { complaints }
  await page.goto(`${base}/configure`)

  await page.getByLabel('Name', { exact: true }).first().fill('Den')
  await page.getByRole('button', { name: 'Real-Debrid', exact: true }).click()
  const field = page.getByLabel('Token of Real-Debrid')
  const said = page.locator('#services .said').first()
  if (password) await page.getByLabel('Password of this server').fill(password)
  await field.fill(wrongToken)
  await field.blur()
  await page.locator('#services .said[data-ok=no]').waitFor()
  facts.refused = await said.textContent()
  await field.fill(token)
  await field.blur()
  await page.locator('#services .said[data-ok=yes]').waitFor()
  facts.account = await said.textContent()

  await page.getByRole('button', { name: 'TorBox', exact: true }).click()
  await page.locator('#services .row').nth(1).waitFor()
  await page.waitForFunction(() => document.activeElement.matches('input'))
  facts.focusAfterAdding = await page.evaluate(() => document.activeElement.id)
  facts.accountStillTold = await said.textContent()
  await page.getByLabel('Token of TorBox').fill(torboxToken)
  await page.getByLabel('Token of TorBox').blur()
  await page.locator('#services .said[data-ok=yes]').nth(1).waitFor()
  await page.getByRole('button', { name: 'Move TorBox up' }).focus()
  await page.keyboard.press('Enter')
  facts.focusAfterMove = await page.evaluate(() => document.activeElement.getAttribute('aria-label'))
  // It is written in the next frame, which a busy machine draws late.
  await page.locator('#live', { hasText: 'place' }).waitFor({ state: 'attached' })
  facts.announced = await page.locator('#live').textContent()
  facts.services = await order(page, 'service')

  await page.getByRole('button', { name: 'Jackett', exact: true }).click()
  const row = page.locator('#indexers .row').first()
  const found = page.locator('#indexers .said')
  await row.getByLabel('Address').fill(jackett)
  // Leaving a field is what starts a test: without a key, with a wrong one, and with the right one.
  await row.getByLabel('API key').fill(wrongKey)
  await row.getByLabel('API key').blur()
  await page.locator('#indexers .said[data-ok=no]', { hasText: 'API Key' }).waitFor()
  facts.indexerRefused = await found.textContent()
  await row.getByLabel('API key').fill(jackettKey)
  await row.getByLabel('API key').blur()
  await page.locator('#indexers .said[data-ok=yes]').waitFor()
  facts.indexer = await found.textContent()

  await page.getByRole('button', { name: 'Bitmagnet', exact: true }).click()
  await page.locator('#indexers .row').nth(1).waitFor()
  const other = page.locator('#indexers .row').nth(1)
  await other.getByLabel('Address').fill(broken)
  await other.getByLabel('Address').blur()
  await page.locator('#indexers .said[data-ok=no]').waitFor()
  facts.indexerBroken = await found.nth(1).textContent()
  facts.indexerStillTold = await found.first().textContent()
  await page.getByRole('button', { name: 'Remove Bitmagnet' }).click()
  await page.waitForFunction(() => document.querySelectorAll('#indexers .row').length === 1)

  await page.locator('#sort-size input[type=checkbox]').focus()
  for (let moved = 0; moved < 9; moved++) await page.keyboard.press('Alt+ArrowUp')
  facts.sort = await order(page, 'sort')

  await page.locator('#sort-seeders .grip').scrollIntoViewIfNeeded()
  const from = await page.locator('#sort-seeders .grip').boundingBox()
  const to = await page.locator('#sort-cached').boundingBox()
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2)
  await page.mouse.down()
  await page.mouse.move(to.x + 20, to.y + to.height / 4, { steps: 8 })
  await page.mouse.up()
  facts.dragged = await order(page, 'sort')

  await page.getByRole('button', { name: 'Samsung TV' }).click()
  facts.flags = await page.locator('[name=device]:checked').evaluateAll(boxes => boxes.map(box => box.value))
  facts.pressed = await page.locator('[aria-pressed=true]').allTextContents()

  await page.getByLabel('Add a language').selectOption('de')
  await page.locator('#add-language').click()
  await page.locator('#language-de').waitFor()

  const left = page.getByLabel('Left column')
  await left.fill('{{ resolution')
  await page.waitForFunction(() => document.querySelector('[data-preview-error]').textContent)
  facts.templateError = await page.locator('[data-preview-error]').textContent()
  await left.fill('Ours {{ resolution }}')
  await page.waitForFunction(() => document.querySelector('.stream-name')?.textContent.startsWith('Ours'))
  facts.preview = await page.locator('.stream-name').allTextContents()

  await page.locator('.bar .primary').click()
  await page.waitForURL('**/configure?saved')
  facts.url = page.url()
  facts.title = await page.title()
  facts.stremio = await page.locator('#install-stremio').getAttribute('href')
  facts.web = await page.locator('#install-web').getAttribute('href')
  facts.manifest = await page.locator('#manifest').inputValue()
  facts.qr = await page.locator('svg.qr').getAttribute('aria-label')
  await page.locator('#copy').click()
  await page.locator('#copy', { hasText: 'Copied' }).waitFor()
  facts.copied = await page.evaluate(() => navigator.clipboard.readText())

  // Opened anew, as the gear in Stremio does.
  await page.goto(facts.url.split('?')[0])
  facts.reopened = {
    name: await page.getByLabel('Name', { exact: true }).first().inputValue(),
    services: await order(page, 'service'),
    sort: await order(page, 'sort'),
    tokens: await page.locator('#services input[type=password]').evaluateAll(fields => fields.map(one => [one.value, one.placeholder])),
    address: await page.locator('#indexers [name$=-url]').inputValue(),
    key: await page.locator('#indexers [name$=-key]').evaluate(one => [one.value, one.placeholder]),
    languages: await order(page, 'language'),
    label: await page.getByLabel('Left column').inputValue()
  }
  // What was saved is tested without being typed again.
  if (password) await page.getByLabel('Password of this server').fill(password)
  await page.getByRole('button', { name: 'Test Real-Debrid' }).click()
  await page.locator('#services .said[data-ok=yes]').waitFor()
  await page.getByRole('button', { name: 'Remove TorBox' }).click()
  await page.waitForFunction(() => document.querySelectorAll('#services .row').length === 1)
  await page.locator('.bar .primary').click()
  await page.waitForURL('**/configure?saved')
  facts.afterRemoval = await order(page, 'service')
  facts.answers = await answers()
  return facts
})
