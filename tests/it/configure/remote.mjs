// A remote control: four arrows and one button. Everything on the page is reached, and nothing holds the focus.
import { SCREENS, drive, open } from '../support/browser.mjs'

/** How many presses of one arrow are tried: more than there are stops on the page. */
const MOST = 150

await drive(async (browser, { base }) => {
  const { page, complaints } = await open(browser, { ...SCREENS.tv, reducedMotion: 'reduce' })
  await page.goto(`${base}/configure`)
  // Every stop of the form, by its number; -1 is elsewhere.
  await page.evaluate(() => {
    globalThis.stops = [...document.querySelectorAll('form a[href], form button, form input:not([type=hidden]), form select, form textarea, form summary')]
      .filter(one => one.tabIndex >= 0 && one.checkVisibility())
    globalThis.at = () => globalThis.stops.indexOf(document.activeElement)
  })
  const at = () => page.evaluate(() => globalThis.at())
  const names = await page.evaluate(() => globalThis.stops.map(one =>
    one.id || one.getAttribute('aria-label') || (one.name ? `${one.name}=${one.value}` : one.textContent.trim())))
  const seen = new Set()

  /** Presses an arrow until the focus stays, or `done`; says how often. */
  const press = async (arrow, most, done = () => false) => {
    for (let count = 0; count < most; count++) {
      const before = await page.evaluate(() => { globalThis.before = document.activeElement; return globalThis.at() })
      let here, stayed = true
      // In a text the caret goes to its end first.
      for (let tries = 0; stayed && tries < 4; tries++) {
        await page.keyboard.press(arrow)
        here = await at()
        stayed = await page.evaluate(() => globalThis.before === document.activeElement)
        if (!await page.evaluate(() => document.activeElement.matches('input:not([type=checkbox]), textarea'))) break
      }
      seen.add(here)
      if (stayed || done(here, before)) return count
    }
    return most
  }

  // From nowhere to the list of sections, and from there into the form.
  await press('ArrowDown', 3)
  await press('ArrowRight', 5, here => here >= 0)
  const entered = await at()
  await press('ArrowUp', MOST, here => here === 0)
  // Down to the end, and from every stop along its line.
  for (let step = 0; step < MOST; step++) {
    for (const side of ['ArrowLeft', 'ArrowRight']) {
      await page.evaluate(() => { globalThis.start = document.activeElement })
      await press(side, 15, here => here < 0)
      await page.evaluate(() => globalThis.start.focus({ preventScroll: true }))
    }
    if (await press('ArrowDown', 1) === 0 && await page.evaluate(() => globalThis.before === document.activeElement)) break
  }
  const missed = names.filter((_, index) => !seen.has(index))
  await press('ArrowUp', MOST)
  const top = await page.evaluate(() => document.activeElement.getBoundingClientRect().top + scrollY)

  // The one button ticks boxes and opens lists; the arrows leave both as they are.
  await page.locator('#only-checked').focus()
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('ArrowDown')
  await page.locator('#only-checked').focus()
  await page.keyboard.press('Enter')
  const ticked = await page.locator('#only-checked').isChecked()
  await page.locator('#policy').focus()
  await page.keyboard.press('ArrowDown')
  const policy = await page.locator('#policy').inputValue()
  await page.locator('#preset-any').focus()
  const ring = await page.evaluate(() => parseFloat(getComputedStyle(document.activeElement).outlineWidth))
  return { entered, missed, top, ticked, policy, ring, url: page.url(), complaints }
})
