// Events turned on, delivered, refused and turned off: the address and the secret are shown once.
import { createHmac } from "node:crypto";

import type { Page } from "@playwright/test";

import { connectShop, openConnection, openTab } from "../fixtures/connecting.js";
import { arriveHome } from "../fixtures/people.js";
import { openShop } from "../fixtures/shop.js";
import { expect, test, type Visit } from "../fixtures/test.js";

/** Sends an event as GitHub would; answers the status. */
async function deliver(url: string, secret: string, id: string): Promise<number> {
  const body = JSON.stringify({ action: "opened", number: 7 });
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  const headers = { "content-type": "application/json", "x-github-delivery": id, "x-github-event": "issues", "x-hub-signature-256": `sha256=${signature}` };
  const answer = await fetch(url, { method: "POST", headers, body });
  return answer.status;
}

/** The text in the card with this heading. */
function shown(page: Page, title: string): Promise<string> {
  return page.locator("section", { has: page.getByRole("heading", { level: 2, name: title, exact: true }) }).locator("code").innerText();
}

/** Opens the tab of events anew. */
async function openEvents(page: Page, visit: Visit): Promise<void> {
  await openConnection(page, visit, "Elbe shop");
  await openTab(page, visit, "Events");
}

/** The secret was too short: said at its form, on the tab, where the keyboard goes on. */
async function expectRefusedOnTheTab(page: Page, visit: Visit): Promise<void> {
  await expect(page).toHaveURL(/\?tab=events$/);
  await visit.settled();
  const alert = page.getByRole("alert");
  await expect(alert.getByRole("link", { name: "A signing secret has 8 to 512 characters." })).toHaveCount(1);
  await expect(alert).toBeFocused();
}

test("events are turned on, come in, are refused and turned off @mobile", async ({ page, visit, hub, javaScriptEnabled }) => {
  test.slow();
  const shop = await openShop();
  await arriveHome(page, visit, hub);
  await connectShop(page, visit, shop, "Elbe shop");
  await openEvents(page, visit);
  await visit.look("events-off");
  await page.getByLabel("Signing secret", { exact: false }).fill("short");
  await page.getByRole("button", { name: "Turn events on" }).click();
  await expectRefusedOnTheTab(page, visit);
  await page.getByRole("combobox", { name: "Kind of sender" }).selectOption("GitHub");
  await page.getByRole("button", { name: "Turn events on" }).click();
  await expect(page.getByText("Copy it now")).toBeVisible();
  await visit.look("events-made");
  const [url, secret] = [await shown(page, "Address"), await shown(page, "Signing secret")];
  await page.reload();
  await expect(page.getByText("The secret was shown once.")).toBeVisible();
  await expect(page.getByText("Saved", { exact: true })).toHaveCount(0);
  await openEvents(page, visit);
  await expect(page.getByText("none yet")).toBeVisible();
  await expect(page.getByText(secret)).toHaveCount(0);
  await visit.settled();
  await visit.look("events-on");

  // The tab follows by itself, and leaves whoever is typing alone.
  const field = page.getByLabel("New signing secret", { exact: false });
  await field.fill("half of it");
  const seen = async (text: string) => {
    if (javaScriptEnabled === false) await openEvents(page, visit);
    await expect(page.getByText(text, { exact: true })).toBeVisible();
    if (javaScriptEnabled === false) return;
    await expect(field).toBeFocused();
    await expect(field).toHaveValue("half of it");
  };
  expect(await deliver(url, secret, "d-1")).toBe(202);
  expect(await deliver(url, secret, "d-1")).toBe(202);
  await seen("1 event");
  expect(await deliver(url, "not this one", "d-2")).toBe(401);
  await seen("The last delivery of GitHub was refused");
  await openEvents(page, visit);
  await expect(page.getByText("Signature did not match: check the signing secret.").first()).toBeVisible();
  await visit.look("events-refused");

  await page.getByRole("button", { name: "Change the signing secret" }).click();
  await expect(page.getByText("Copy it now")).toBeVisible();
  const second = await shown(page, "Signing secret");
  await page.getByRole("link", { name: "I have copied it" }).click();
  await expect(page.getByText(second)).toHaveCount(0);
  expect(await deliver(url, second, "d-3")).toBe(202);
  expect(await deliver(url, secret, "d-4")).toBe(202);
  await openEvents(page, visit);
  await expect(page.getByText("The one before works until")).toBeVisible();
  await page.getByLabel("New signing secret", { exact: false }).fill("short");
  await page.getByRole("button", { name: "Change the signing secret" }).click();
  await expectRefusedOnTheTab(page, visit);
  await visit.look("events-secret-refused");

  await openEvents(page, visit);
  await page.getByRole("link", { name: "Make a new address…" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Make a new address" })).toBeVisible();
  await visit.settled();
  await visit.look("events-new-address");
  expect(await deliver(url, second, "d-5")).toBe(202);
  await page.getByRole("button", { name: "Make a new address" }).click();
  await expect(page.getByText("Copy it now")).toBeVisible();
  const moved = await shown(page, "Address");
  expect(await deliver(url, second, "d-6")).toBe(404);

  await openEvents(page, visit);
  await page.getByRole("link", { name: "Turn events off…" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Turn events off" })).toBeVisible();
  await visit.look("events-turn-off");
  await page.getByRole("button", { name: "Turn events off" }).click();
  await expect(page.getByRole("button", { name: "Turn events on" })).toBeVisible();
  expect(await deliver(moved, second, "d-7")).toBe(404);
  await visit.open("/activity?tab=changes");
  await expect(page.getByText("Turned events off").first()).toBeVisible();
});
