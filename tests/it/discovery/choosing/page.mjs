// Sets on the page, by hand and out of the settings of other addons, what a list shall hold; or, told the manifest of
// a profile, opens the page of that and changes it. Prints what the page says then, and the addresses to install.
import { drive, open, order, scan } from '../../support/browser.mjs'

const ticked = (page, name) => page.locator(`[name=${name}]:checked`).evaluateAll(boxes => boxes.map(box => box.value))

/** What stands on the page now. */
async function settings(page) {
  const facts = { services: await order(page, 'service'), languages: await order(page, 'language') }
  for (const field of ['total', 'per-resolution', 'least-size', 'most-size', 'least-seeders', 'must-not-match']) {
    facts[field] = await page.locator(`#${field}`).inputValue()
  }
  for (const name of ['sort-by', 'without-resolution', 'without-medium', 'without-language']) {
    facts[name] = await ticked(page, name)
  }
  return facts
}

/** Saves, and tells what stands on the page afterwards and what there is to install. */
async function save(context, page) {
  await page.locator('.bar .primary').click()
  await page.waitForURL('**/configure?saved')
  const manifest = await page.locator('#manifest').inputValue()
  return { manifest, scanned: await scan(context, page.locator('svg.qr')), saved: await settings(page) }
}

/** Pastes somebody else's settings into a new page. */
async function paste(context, page, base, text) {
  await page.goto(`${base}/configure`)
  await page.locator('summary', { hasText: 'another addon' }).click()
  await page.locator('#import').fill(text)
  await page.locator('[name=do][value=import]').click()
  await page.locator('.notice[data-ok=yes]').waitFor()
  const told = await page.locator('.notice[data-ok=yes]').textContent()
  const shown = await settings(page)
  return { told, shown, ...await save(context, page) }
}

/** Changes what a person would change. */
async function choose(context, page, base) {
  await page.goto(`${base}/configure`)
  await page.locator('#name').fill('Den')
  await page.getByRole('button', { name: 'Samsung TV' }).click()
  await page.locator('label.chip', { has: page.locator('[name=without-codec][value=hevc]') }).click()
  await page.getByLabel('Largest, GB').fill('10')
  await page.getByLabel('Fewest seeders').fill('10')
  await page.getByLabel('The name must not match').fill('\\bcam\\b')
  await page.locator('#sort-size input[type=checkbox]').focus()
  for (let moved = 0; moved < 9; moved++) await page.keyboard.press('Alt+ArrowUp')
  await page.getByLabel('Left column').fill('Ours {{ resolution }}')
  return save(context, page)
}

/** Opens the page of an install, as the gear in Stremio does, and wants fewer rows. */
async function change(context, page, manifest) {
  await page.goto(manifest.replace(/manifest\.json$/, 'configure'))
  const before = await settings(page)
  await page.locator('label.chip', { has: page.locator('[name=without-resolution][value=p720]') }).click()
  return { before, ...await save(context, page) }
}

await drive(async (browser, { base, pairs, encoded, manifest }) => {
  const { context, page, complaints, answers } = await open(browser, { viewport: { width: 1280, height: 900 } })
  if (manifest) return { complaints, changed: await change(context, page, manifest) }
  const chosen = await choose(context, page, base)
  const fromPairs = await paste(context, page, base, pairs)
  const fromJson = await paste(context, page, base, encoded)
  return { complaints, chosen, fromPairs, fromJson, answers: await answers() }
})
