// Makes a profile on the configure page as a person does, in a real Chromium, and prints what was seen as JSON.
// BUTTON is the one that ends it: 'Save and install', or 'Make a self-contained link'.
//   node configure.mjs CONFIGURE-URL TORBOX-TOKEN JACKETT-URL JACKETT-KEY BUTTON
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [configure, token, jackett, key, button] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'headwater-journey-'));
const context = await chromium.launchPersistentContext(folder, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const messages = [];
try {
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on('console', (message) => { if (message.type() === 'error') messages.push(message.text()); });
  page.on('pageerror', (error) => messages.push(String(error)));
  await page.goto(configure);

  await page.getByLabel('Name', { exact: true }).first().fill('Living room');
  await page.getByRole('button', { name: 'TorBox', exact: true }).click();
  await page.locator('input[name^="service-"][name$="-token"]').fill(token);
  await page.getByRole('button', { name: 'Test TorBox' }).click();
  const service = page.locator('#services .said[data-ok]');
  await service.waitFor();

  await page.getByRole('button', { name: 'Jackett', exact: true }).click();
  await page.locator('input[name^="indexer-"][name$="-url"]').fill(jackett);
  await page.locator('input[name^="indexer-"][name$="-key"]').fill(key);
  await page.getByRole('button', { name: 'Test Jackett' }).click();
  const indexer = page.locator('#indexers .said[data-ok]');
  await indexer.waitFor();

  const said = async (place) => ({ ok: await place.getAttribute('data-ok'), text: await place.textContent() });
  const tests = { service: await said(service), indexer: await said(indexer) };
  await page.getByRole('button', { name: button }).click();
  await page.locator('#manifest').waitFor();
  const manifest = await page.locator('#manifest').inputValue();
  const stremio = await page.locator('#install-stremio').getAttribute('href');

  // Who comes back later finds the settings and none of the keys.
  await page.goto(manifest.replace('manifest.json', 'configure'));
  const name = await page.locator('#name').inputValue();
  const html = await page.content();
  console.log(JSON.stringify({ ...tests, manifest, stremio, name, html, messages }));
} finally {
  await context.close();
  rmSync(folder, { recursive: true, force: true });
}
