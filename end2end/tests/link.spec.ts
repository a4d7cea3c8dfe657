// Somebody without an account fills in a form that was sent to them.
import { type AddressInfo, connect, createServer } from "node:net";

import { typePostgres } from "../fixtures/connecting.js";
import { arriveHome } from "../fixtures/people.js";
import { type Shop, openShop } from "../fixtures/shop.js";
import { expect, test } from "../fixtures/test.js";
import { watch } from "../fixtures/watch.js";

/** Another port of the shop's server, which is shut until it is opened. */
async function shutDoor(shop: Shop): Promise<{ port: string; open(): Promise<void>; shut(): void }> {
  const door = createServer((inside) => {
    const outside = connect(Number(shop.port), shop.host);
    for (const [from, to] of [[inside, outside], [outside, inside]] as const) {
      from.on("error", () => to.destroy());
      from.pipe(to);
    }
  });
  const listen = (port: number) => new Promise<void>((ready) => door.listen(port, "127.0.0.1", ready));
  await listen(0);
  const { port } = door.address() as AddressInfo;
  await new Promise((done) => door.close(done));
  return { port: String(port), open: () => listen(port), shut: () => void door.close() };
}

test("a form is sent to whoever has the keys, who connects the tool @mobile", async ({ page, visit, visiting, hub, browser, javaScriptEnabled, viewport }) => {
  test.slow();
  const shop = await openShop();
  await arriveHome(page, visit, hub);
  await visit.open("/connect/postgresql");
  await page.getByRole("link", { name: "Send this form to them" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Send to someone else" })).toBeVisible();
  await visit.look("link-send");
  await page.getByRole("textbox", { name: "Who gets it" }).fill("maria@elbe.example");
  await page.getByRole("textbox", { name: "Name of the connection" }).fill("Elbe shop");
  await page.getByRole("button", { name: "Make the link" }).click();
  await expect(page.getByText("Copy it now")).toBeVisible();
  await visit.look("link-made");
  const link = await page.locator("code", { hasText: /^http\S+\/link\/\S+$/ }).innerText();

  const elsewhere = await browser.newContext({ baseURL: hub.url, javaScriptEnabled, viewport, locale: "en-GB" });
  const maria = await elsewhere.newPage();
  const faults = watch(maria);
  const guest = visiting(maria);
  await maria.goto(link);
  await expect(maria.getByRole("heading", { level: 1, name: "Elbe Bicycles asks you to connect PostgreSQL" })).toBeVisible();
  await maria.screenshot({ path: `${test.info().project.outputDir}/../screens/${test.info().project.name}/link-opened.png`, fullPage: true });
  await maria.getByRole("button", { name: "Go on" }).click();
  await expect(maria.getByRole("heading", { level: 1, name: "Connect PostgreSQL for Elbe Bicycles" })).toBeVisible();
  expect(maria.url()).toBe(new URL("/link", hub.url).href);
  await guest.look("link-form");

  const door = await shutDoor(shop);
  await typePostgres(maria, { ...shop, host: "127.0.0.1", port: door.port, password: "not this one" });
  await maria.getByRole("button", { name: "Test the connection" }).click();
  await expect(async () => {
    if (javaScriptEnabled === false) await guest.open("/link");
    await expect(maria.getByRole("heading", { level: 1, name: "PostgreSQL is not connected yet" })).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
  await guest.look("link-failed");
  // The server can be reached now: what was typed is tried again, and found to be wrong.
  await expect(maria.getByText("refused this user name and password")).toHaveCount(0);
  await door.open();
  await maria.getByRole("button", { name: "Test again" }).click();
  await expect(async () => {
    if (javaScriptEnabled === false) await guest.open("/link");
    await expect(maria.getByText("refused this user name and password").first()).toBeVisible({ timeout: 2_000 });
    await expect(maria.getByRole("heading", { level: 1, name: "PostgreSQL is not connected yet" })).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
  await maria.getByRole("link", { name: "Go to this setting" }).first().click();
  await expect(maria.locator(":focus")).toHaveAttribute("id", /^f-/);
  await expect(maria.getByRole("textbox", { name: "Host" })).toHaveValue("127.0.0.1");
  await guest.settled();
  await maria.getByLabel("Password", { exact: true }).fill(shop.password);
  await maria.getByRole("button", { name: "Test the connection" }).click();
  await expect(async () => {
    if (javaScriptEnabled === false) await guest.open("/link");
    await expect(maria.getByRole("heading", { level: 1, name: "PostgreSQL is connected" })).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
  await guest.look("link-done");
  expect(faults, "faults behind the guest's pages").toEqual([]);
  await elsewhere.close();
  door.shut();

  await visit.open("/connect/postgresql/send");
  await expect(page.getByRole("row", { name: /maria@elbe\.example.*connected/ })).toBeVisible();
  await visit.look("link-list");
  await visit.open("/connections");
  await expect(page.getByRole("link", { name: "Elbe shop" })).toBeVisible();
});
