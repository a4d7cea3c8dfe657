// Signing in at a provider in place of pasting keys: there and back, a refusal, another account, another issuer.
import { jobLimit, openConnection, saveAndRun, chooseTables } from "../fixtures/connecting.js";
import { allow, refuse } from "../fixtures/issuer.js";
import { arriveHome, somebody } from "../fixtures/people.js";
import { expect } from "../fixtures/test.js";
import { fillForm, leave, registerClient, test } from "../fixtures/two-issuers.js";

test("somebody signs in at a provider instead of typing a password @mobile", async ({ page, visit, hub, world, javaScriptEnabled }) => {
  test.setTimeout(6 * jobLimit);
  const scripts = javaScriptEnabled !== false;
  await registerClient(page, visit, hub);
  await arriveHome(page, visit, hub);
  await fillForm(page, visit, world.shop, "Elbe shop");
  await expect(page.getByLabel("Password", { exact: true })).toHaveCount(0);
  await expect(page.getByText("Read the tables of the shop")).toBeVisible();
  await visit.look("connect-sign-in");

  const there = await leave(page, scripts, "Sign in with Elbe ID");
  if (scripts) await visit.look("connect-waiting");
  await allow(there, "anna");
  await expect(page.getByRole("heading", { level: 1, name: "Elbe shop is connected" })).toBeVisible({ timeout: jobLimit });
  await visit.settled();
  await chooseTables(page, visit);
  await saveAndRun(page, visit);

  await openConnection(page, visit, "Elbe shop");
  await visit.open(`${new URL(page.url()).pathname}/edit`);
  await expect(page.getByText("anna@elbe.example")).toBeVisible();
  await visit.look("connection-edit-signed-in");

  // Another account would fill the tables of this one with its own rows.
  await page.context().clearCookies({ name: /^_(session|interaction)/ });
  const again = await leave(page, scripts, "Sign in with Elbe ID again");
  await allow(again, "ben");
  await expect(page.getByText("That is another account")).toBeVisible({ timeout: jobLimit });
  await visit.look("connection-edit-wrong-account");
});

test("a refusal at the provider loses nothing that was typed @mobile", async ({ page, visit, hub, world, javaScriptEnabled }) => {
  test.slow();
  const scripts = javaScriptEnabled !== false;
  await registerClient(page, visit, hub);
  await arriveHome(page, visit, hub);
  await fillForm(page, visit, world.shop, "Weser shop");
  const there = await leave(page, scripts, "Sign in with Elbe ID");
  await refuse(there);
  await expect(page.getByText("Elbe ID was not allowed")).toBeVisible({ timeout: jobLimit });
  await visit.settled();
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue("Weser shop");
  await expect(page.getByRole("textbox", { name: "Database" })).toHaveValue(world.shop.database);
  await expect(page.getByRole("radio", { name: /^Not encrypted/ })).toBeChecked();
  await visit.look("connect-refused-there");

  await page.getByRole("link", { name: "Fill in by hand instead" }).click();
  await expect(page.getByLabel("Password", { exact: true })).toBeVisible();
});

test("a window that was closed is told, and signing in goes on in a new one", async ({ page, visit, hub, world, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "without scripts there is no other window");
  test.setTimeout(6 * jobLimit);
  await registerClient(page, visit, hub);
  await arriveHome(page, visit, hub);
  await fillForm(page, visit, world.shop, "Saale shop");
  const there = await leave(page, true, "Sign in with Elbe ID");
  await expect(there.locator("[name=login]")).toBeVisible();
  // An open window is not taken for a closed one, wherever it has gone.
  await page.waitForTimeout(3000);
  await expect(page.getByText("Waiting for Elbe ID")).toBeVisible();
  await there.close();
  await expect(page.getByText("Signing in is not finished")).toBeVisible({ timeout: 4000 });
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue("Saale shop");
  await visit.look("connect-window-closed");

  const [again] = await Promise.all([page.waitForEvent("popup"), page.getByRole("link", { name: "Sign in again" }).click()]);
  await expect(page.getByText("Waiting for Elbe ID")).toBeVisible();
  await allow(again, "clara");
  await expect(page.getByRole("heading", { level: 1, name: "Saale shop is connected" })).toBeVisible({ timeout: jobLimit });
});

test("waiting for a window that was closed can be given up", async ({ page, visit, hub, world, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "without scripts there is no other window");
  test.slow();
  await registerClient(page, visit, hub);
  await arriveHome(page, visit, hub);
  await fillForm(page, visit, world.shop, "Unstrut shop");
  const there = await leave(page, true, "Sign in with Elbe ID");
  await there.close();
  await expect(page.getByText("Signing in is not finished")).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByText("Signing in is not finished")).toHaveCount(0);
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue("Unstrut shop");
});

test("where the browser blocks the window, signing in goes on in the page @mobile", async ({ page, visit, hub, world, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "without scripts there is no other window");
  test.setTimeout(6 * jobLimit);
  await page.addInitScript(() => {
    window.open = () => null;
  });
  await registerClient(page, visit, hub);
  await arriveHome(page, visit, hub);
  await fillForm(page, visit, world.shop, "Bode shop");
  await page.getByRole("button", { name: "Sign in with Elbe ID" }).click();
  await expect(page.getByText("Your browser blocked the window")).toBeVisible();
  await visit.look("connect-window-blocked");

  await page.getByRole("link", { name: "Go on in this page" }).click();
  await refuse(page);
  await expect(page.getByText("Elbe ID was not allowed")).toBeVisible({ timeout: jobLimit });
  await visit.settled();
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue("Bode shop");
  await expect(page.getByRole("textbox", { name: "Database" })).toHaveValue(world.shop.database);

  await page.getByRole("button", { name: "Sign in with Elbe ID" }).click();
  await page.getByRole("link", { name: "Go on in this page" }).click();
  await allow(page, "dana");
  await expect(page.getByRole("heading", { level: 1, name: "Bode shop is connected" })).toBeVisible({ timeout: jobLimit });
});

test("a code that another issuer speaks for connects nothing", async ({ page, visit, hub, world, javaScriptEnabled }) => {
  test.slow();
  const scripts = javaScriptEnabled !== false;
  await registerClient(page, visit, hub);
  await arriveHome(page, visit, hub);
  await fillForm(page, visit, world.shop, "Ilm shop");
  const asked = page.context().waitForEvent("request", (request) => request.url().startsWith(`${world.issuer.url}/auth`));
  await leave(page, scripts, "Sign in with Elbe ID");
  const state = new URL((await asked).url()).searchParams.get("state") ?? "";
  const said = new URLSearchParams({ state, code: "made-up", iss: world.other.url });
  const stranger = await page.context().browser()!.newPage();
  expect((await stranger.goto(`${hub.url}/oauth/callback?${said}`))?.status()).toBe(400);
  await expect(stranger.getByRole("heading", { name: "This sign-in is not known here" })).toBeVisible();
  await stranger.close();
  await page.goto(`${hub.url}/oauth/callback?${said}`);
  await visit.open(`/connections`);
  await expect(page.getByRole("link", { name: "Ilm shop" })).toHaveCount(0);
  const again = await page.goto(`${hub.url}/oauth/callback?${said}`);
  expect(again?.status(), "a callback counts once").toBe(400);
});

test("an account elsewhere signs people up and in @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const name = `dora${Date.now()}`;
  await visit.open("/sign-up");
  await expect(page.getByRole("link", { name: "Continue with Other ID" })).toBeVisible();
  await visit.look("sign-up-elsewhere");
  await page.getByRole("link", { name: "Continue with Other ID" }).click();
  await allow(page, name);
  await expect(page.getByRole("heading", { level: 1, name: "Who do you work for?" })).toBeVisible();
  await visit.look("sign-up-company");
  await page.getByLabel("Company or project").fill("Dora & Daughters");
  await page.getByRole("button", { name: "Create workspace" }).click();
  await expect(page.getByRole("heading", { name: "What do you work in?" })).toBeVisible();

  // Known from now on, in any browser.
  await page.context().clearCookies();
  await visit.open("/sign-in");
  await visit.look("sign-in-elsewhere");
  await page.getByRole("link", { name: "Continue with Other ID" }).click();
  await allow(page, name);
  await expect(page.getByRole("heading", { level: 1 })).not.toHaveText("Sign in");
  await visit.open("/settings");
  await expect(page.getByRole("main").getByText(`${name}@elbe.example`)).toBeVisible();
});

test("an account elsewhere finds the person whose address it has proven, and no other", async ({ page, visit, hub }) => {
  test.slow();
  const mark = Date.now();
  const emil = { ...somebody("Emil's Boats"), email: `emil${mark}@elbe.example` };
  await arriveHome(page, visit, hub, emil);
  await page.context().clearCookies();
  await visit.open("/sign-in");
  await page.getByRole("link", { name: "Continue with Other ID" }).click();
  await allow(page, `emil${mark}`);
  await expect(page.getByRole("heading", { level: 1, name: "Emil's Boats" })).toBeVisible();

  const fritz = { ...somebody("Fritz' Tools"), email: `unproven${mark}@elbe.example` };
  await page.context().clearCookies();
  await arriveHome(page, visit, hub, fritz);
  await page.context().clearCookies();
  await visit.open("/sign-in");
  await page.getByRole("link", { name: "Continue with Other ID" }).click();
  await allow(page, `unproven${mark}`);
  await expect(page.getByText("has no address its provider has verified")).toBeVisible();
  await visit.look("sign-in-not-arrived");
  // A callback nobody waits for signs nobody in.
  await visit.open("/sign-in/callback?code=c&state=s");
  await expect(page.getByText("was not begun in this browser")).toBeVisible();
});
