// How signing in at a provider can end otherwise: each end has its own words, and nothing that was typed is lost.
import type { Page } from "@playwright/test";

import { jobLimit } from "../fixtures/connecting.js";
import type { Hub } from "../fixtures/hub.js";
import { allow } from "../fixtures/issuer.js";
import { arriveHome } from "../fixtures/people.js";
import { psql } from "../fixtures/shop.js";
import { expect } from "../fixtures/test.js";
import { fillForm, leave, registerClient, test } from "../fixtures/two-issuers.js";

/** Leaves for the provider; the window that is there, and the state that it was asked to send back. */
async function depart(page: Page, scripts: boolean, issuer: string): Promise<{ there: Page; state: string }> {
  const asked = page.context().waitForEvent("request", (request) => request.url().startsWith(`${issuer}/auth?`));
  const there = await leave(page, scripts, /^Sign in with Elbe ID/);
  const state = new URL((await asked).url()).searchParams.get("state") ?? "";
  await expect(there.locator("[name=login]")).toBeVisible();
  return { there, state };
}

/** The provider sends the person back with this. A window of its own closes itself there. */
async function sendBack(there: Page, page: Page, hub: Hub, said: Record<string, string>): Promise<void> {
  const callback = new URL(`/oauth/callback?${new URLSearchParams(said)}`, hub.url).href;
  if (there === page) await page.goto(callback);
  else await there.evaluate((address) => void setTimeout(() => window.location.assign(address)), callback);
}

test("a provider that was not told the hub's address: it stands there to be copied @mobile", async ({ page, visit, hub, world, javaScriptEnabled }) => {
  test.slow();
  const scripts = javaScriptEnabled !== false;
  await registerClient(page, visit, hub);
  await arriveHome(page, visit, hub);
  await fillForm(page, visit, world.shop, "Aller shop");
  const { there, state } = await depart(page, scripts, world.issuer.url);
  await sendBack(there, page, hub, { state, error: "redirect_uri_mismatch", iss: world.issuer.url });
  await expect(page.getByText("Elbe ID does not know the address of this hub")).toBeVisible({ timeout: jobLimit });
  await visit.settled();
  await expect(page.locator("code", { hasText: `${hub.url}/oauth/callback` }).first()).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue("Aller shop");
  await visit.look("connect-wrong-redirect");
});

test("a provider that stops on a page of its own: the address it lacks stands beside the form @mobile", async ({ page, visit, hub, world, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "without scripts there is no other window");
  test.setTimeout(6 * jobLimit);
  const address = `${hub.url}/oauth/callback`;
  await registerClient(page, visit, hub);
  await arriveHome(page, visit, hub);
  await fillForm(page, visit, world.shop, "Fuhse shop");
  world.issuer.register([`${hub.url}/another/callback`]);
  try {
    const there = await leave(page, true, "Sign in with Elbe ID");
    await expect(there.getByText("invalid_redirect_uri")).toBeVisible();
    await page.getByText("Does Elbe ID show an error?").click();
    // What is read stays open, whatever becomes of the window.
    await there.close();
    await expect(page.getByText("Signing in is not finished")).toBeVisible();
    await expect(page.locator("code").filter({ visible: true })).toHaveText(address);
    await visit.look("connect-stopped-there");
    await page.evaluate(() => {
      const board = { copied: "", writeText: async (text: string) => void (board.copied = text) };
      Object.defineProperty(navigator, "clipboard", { value: board });
    });
    await page.getByRole("button", { name: "Copy" }).filter({ visible: true }).click();
    expect(await page.evaluate(() => (navigator.clipboard as unknown as { copied: string }).copied)).toBe(address);
  } finally {
    world.issuer.register([address]);
  }
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue("Fuhse shop");
  await expect(page.getByRole("textbox", { name: "Database" })).toHaveValue(world.shop.database);
  const [again] = await Promise.all([page.waitForEvent("popup"), page.getByRole("link", { name: "Sign in again" }).click()]);
  await allow(again, "fenja");
  await expect(page.getByRole("heading", { level: 1, name: "Fuhse shop is connected" })).toBeVisible({ timeout: jobLimit });
});

test("whoever comes back too late signs in again with everything still there @mobile", async ({ page, visit, hub, world, javaScriptEnabled }) => {
  test.slow();
  const scripts = javaScriptEnabled !== false;
  await registerClient(page, visit, hub);
  await arriveHome(page, visit, hub);
  await fillForm(page, visit, world.shop, "Oker shop");
  const { there, state } = await depart(page, scripts, world.issuer.url);
  await psql(world.control, "UPDATE oauth_flows SET expires_at = now() - interval '1 second' WHERE outcome IS NULL");
  await sendBack(there, page, hub, { state, code: "too-late", iss: world.issuer.url });
  await expect(page.getByText("Signing in took too long")).toBeVisible({ timeout: jobLimit });
  await visit.settled();
  await expect(page.getByRole("textbox", { name: "Database" })).toHaveValue(world.shop.database);
  await visit.look("connect-expired");
});

test("whoever allows too little is told what is missing, and allows it @mobile", async ({ page, visit, hub, world, javaScriptEnabled }) => {
  test.setTimeout(6 * jobLimit);
  const scripts = javaScriptEnabled !== false;
  await registerClient(page, visit, hub);
  await arriveHome(page, visit, hub);
  await fillForm(page, visit, world.shop, "Leine shop");
  world.issuer.offer(["openid", "email"]);
  await allow(await leave(page, scripts, "Sign in with Elbe ID"), "leni");
  await expect(page.getByText("Not everything was allowed")).toBeVisible({ timeout: jobLimit });
  await visit.settled();
  await expect(page.getByText("Without it rows would be missing: rows.")).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue("Leine shop");
  await visit.look("connect-missing-scope");

  world.issuer.offer(["openid", "email", "rows"]);
  await page.context().clearCookies({ name: /^_(session|interaction)/ });
  await allow(await leave(page, scripts, "Sign in with Elbe ID"), "leni");
  await expect(page.getByRole("heading", { level: 1, name: "Leine shop is connected" })).toBeVisible({ timeout: jobLimit });
});

test("a provider that cuts its window off from this page is waited for all the same", async ({ page, visit, hub, world, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "without scripts there is no other window");
  test.setTimeout(6 * jobLimit);
  await registerClient(page, visit, hub);
  await arriveHome(page, visit, hub);
  await fillForm(page, visit, world.shop, "Innerste shop");
  world.issuer.isolated = true;
  try {
    const there = await leave(page, true, "Sign in with Elbe ID");
    await expect(there.locator("[name=login]")).toBeVisible();
    expect(await there.evaluate(() => window.opener === null)).toBe(true);
    // Long enough for a closed window to be noticed: this one only looks like it.
    await page.waitForTimeout(4000);
    await expect(page.getByText("If it is still open, finish there")).toBeVisible();
    await visit.look("connect-window-cut-off");
    await allow(there, "ines");
    await expect(page.getByRole("heading", { level: 1, name: "Innerste shop is connected" })).toBeVisible({ timeout: jobLimit });
  } finally {
    world.issuer.isolated = false;
  }
});

test("a link whose time is over says so and shows no form @mobile", async ({ page, visit, hub, world }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/connect/postgresql/send");
  await page.getByRole("textbox", { name: "Who gets it" }).fill("maria@elbe.example");
  await page.getByRole("textbox", { name: "Name of the connection" }).fill("Elbe shop");
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = await page.locator("code", { hasText: /^http\S+\/link\/\S+$/ }).innerText();
  await psql(world.control, "UPDATE connect_links SET expires_at = now() - interval '1 second'");
  await page.context().clearCookies();
  await page.goto(link);
  await expect(page.getByRole("heading", { level: 1, name: "This link cannot be used" })).toBeVisible();
  await expect(page.getByText("The time of this link is over")).toBeVisible();
  await expect(page.getByRole("textbox")).toHaveCount(0);
  await page.screenshot({ path: `${test.info().project.outputDir}/../screens/${test.info().project.name}/link-over.png`, fullPage: true });
});
