// The same page in a browser without scripts: every button posts the form.
import { drive, open, order } from '../support/browser.mjs'

await drive(async (browser, { base, token }) => {
  const { page, complaints, answers } = await open(browser, { javaScriptEnabled: false })
  const facts = { complaints }
  await page.goto(`${base}/configure`)
  await page.locator('#add-service-realdebrid').click()
  await page.locator('#services .row').waitFor()
  await page.locator('[name$=-token]').fill(token)
  await page.locator('#add-service-putio').click()
  await page.locator('#services .row').nth(1).waitFor()
  facts.afterAdding = page.url()
  await page.locator('[name=do][value^="service:test"]').first().click()
  await page.locator('#services .said[data-ok]').waitFor()
  facts.account = await page.locator('#services .said[data-ok]').textContent()
  await page.locator('[name=do][value^="service:down"]').first().click()
  await page.locator('#services .row').first().filter({ hasText: 'put.io' }).waitFor()
  facts.services = await order(page, 'service')
  // put.io has no token yet.
  await page.locator('.bar .primary').click()
  await page.locator('.notice[data-ok=no]').waitFor()
  facts.problems = await page.locator('.notice[data-ok=no] li').allTextContents()
  await page.locator('[name=do][value^="service:remove"]').first().click()
  await page.locator('#services .row:nth-child(2)').waitFor({ state: 'detached' })
  await page.locator('#preset-browser').click()
  await page.locator('#preset-browser[aria-pressed=true]').waitFor()
  facts.flags = await page.locator('[name=device]:checked').count()
  // The Enter key saves, and presses none of the many other buttons.
  await page.locator('#name').fill('Plain')
  await page.locator('#name').press('Enter')
  await page.waitForURL('**/configure?saved')
  facts.heading = await page.locator('h1').textContent()
  facts.saved = await order(page, 'service')

  await page.locator('summary', { hasText: 'another addon' }).click()
  await page.locator('#import').fill('providers=x|qualityfilter=480p,cam|limit=5|realdebrid=imported-secret')
  await page.locator('[name=do][value=import]').click()
  await page.locator('.notice[data-ok=yes]').waitFor()
  facts.imported = await page.locator('.notice[data-ok=yes]').textContent()
  facts.importedServices = await order(page, 'service')

  await page.locator('#more summary').click()
  await page.locator('[name=do][value=delete]').click()
  await page.locator('.notice[data-ok=no]').waitFor()
  const saved = page.url()
  await page.locator('#more summary').click()
  await page.locator('#sure').check()
  await page.locator('[name=do][value=delete]').click()
  await page.waitForURL('**/configure?deleted')
  facts.deleted = await page.locator('.notice').textContent()
  const gone = await page.goto(saved.split(/[?#]/)[0])
  facts.gone = [gone.status(), await page.locator('h1').textContent()]
  facts.answers = await answers()
  return facts
})
