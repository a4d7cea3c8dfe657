// The pages of a workspace before anything is connected, and its settings.
import { arriveHome } from "../fixtures/people.js";
import { expect, test } from "../fixtures/test.js";

const pages = [
  { path: "/connections", heading: "Connections", name: "connections-empty" },
  { path: "/apps", heading: "Apps", name: "apps-empty" },
  { path: "/activity", heading: "Activity", name: "activity-empty" },
  { path: "/activity?tab=changes", heading: "Activity", name: "activity-changes-new" },
  { path: "/settings", heading: "Settings", name: "settings" },
  { path: "/settings/keys", heading: "Settings", name: "settings-keys-empty" },
  { path: "/settings/security", heading: "Settings", name: "settings-security" },
  { path: "/integrations?view=all", heading: "Integrations", name: "integrations-all" },
  { path: "/verify", heading: "Your address is confirmed", name: "verify-done" },
];

test("every page of a new workspace says what to do next @mobile", async ({ page, visit, hub }) => {
  test.slow();
  await arriveHome(page, visit, hub);
  await visit.look("home-ready");
  for (const { path, heading, name } of pages) {
    await visit.open(path);
    await expect(page.getByRole("heading", { level: 1, name: heading })).toBeVisible();
    await visit.look(name);
  }
});

test("the way to a page is marked in the navigation", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/integrations/postgresql");
  const current = page.getByRole("navigation", { name: "Main" }).filter({ visible: true }).locator("[aria-current=page]");
  await expect(current).toHaveText(/Integrations/);
});

test("an API key is shown once and can be revoked @mobile", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/settings/keys");
  await page.getByRole("link", { name: "Make an API key" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Make an API key" })).toBeVisible();
  await visit.look("settings-key-new");
  await page.getByRole("textbox", { name: "Name" }).fill("Nightly report");
  await page.getByRole("button", { name: "Make key" }).click();
  await expect(page.getByText("Copy the key now")).toBeVisible();
  await visit.look("settings-key-made");
  const key = (await page.locator("pre, code").allInnerTexts()).join("\n").match(/hub_\w+/)?.[0] ?? "";
  const ask = () => page.request.get("/api/v1/connections", { headers: { authorization: `Bearer ${key}` } });
  expect((await ask()).status()).toBe(200);

  await visit.open("/settings/keys");
  expect(await page.content()).not.toContain(key);
  await visit.look("settings-keys");
  await page.getByRole("link", { name: /^Revoke/ }).click();
  await visit.look("settings-key-revoke");
  await page.getByRole("button", { name: "Revoke key" }).click();
  await expect(page.getByText("revoked")).toBeVisible();
  expect((await ask()).status()).toBe(401);
});

test("a browser that is signed out elsewhere is out", async ({ page, visit, hub, browser }) => {
  const person = await arriveHome(page, visit, hub);
  const other = await (await browser.newContext()).newPage();
  await other.goto(`${hub.url}/sign-in`);
  await other.getByLabel("E-mail").fill(person.email);
  await other.getByLabel("Password").fill(person.password);
  await other.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await expect(other.getByRole("heading", { level: 1, name: person.company })).toBeVisible();

  await visit.open("/settings/security");
  await page.getByRole("main").getByRole("button", { name: /^Sign out/ }).first().click();
  await expect(page.getByRole("main").getByRole("button", { name: /^Sign out/ })).toHaveCount(0);
  await other.goto(`${hub.url}/connections`);
  await expect(other).toHaveURL(/\/sign-in\?next=/);
  await other.context().close();
});
